"""Client tokens: a repeated one has the first result, read from the history, whoever repeats it and when."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecsnet import Cloud, Command, CommandDenied, ReplayError
from ecsnet import commands as c
from ecsnet.domain.subjects.account import canonical_parameters
from ecsnet.events import MemoryStore, NewEvent, RecordedEvent
from ecsnet.events.account import ClientTokenUsed
from ecsnet.events.stores import codec
from tests.support.net import Net
from tests.support.replay import replayed

SCHEMA_1 = Path(__file__).parents[1] / "fixtures" / "client_tokens_of_schema_1.jsonl"
"""A history that a library with schema 1 of `ClientTokenUsed` recorded: fifteen commands, each with a token."""


def used(cloud: Cloud, token: str) -> ClientTokenUsed:
    (event,) = [r.event for r in cloud.history(type=ClientTokenUsed) if r.event.client_token == token]  # type: ignore[attr-defined]
    assert isinstance(event, ClientTokenUsed)
    return event


def test_a_token_is_stored_with_the_command_in_canonical_json_and_the_ids_of_the_result(net: Net) -> None:
    made = net.cloud.execute(net.run_command(amount=2), client_token="t-1")
    event = used(net.cloud, "t-1")
    assert event.command_type == "RunInstances"
    assert event.resource_ids == tuple(vm.id for vm in made)
    parameters = json.loads(event.parameters)
    assert list(parameters) == sorted(parameters)
    assert (parameters["amount"], parameters["instance_charge_type"]) == (2, "PostPaid")  # a default is written out
    assert "period" not in parameters


def test_equal_commands_have_equal_canonical_parameters() -> None:
    one = c.RunInstances(instance_type="ecs.g5.large", vswitch_id="vsw-1", security_group_ids=["sg-1"])
    other = c.RunInstances(
        security_group_ids=("sg-1",), vswitch_id="vsw-1", instance_type="ecs.g5.large", amount=1, period=None
    )
    assert canonical_parameters(one) == canonical_parameters(other)
    assert canonical_parameters(one) != canonical_parameters(
        c.RunInstances(instance_type="ecs.g5.large", vswitch_id="vsw-1", security_group_ids=["sg-1"], amount=2)
    )


def test_parameters_that_came_later_are_left_out_unless_they_are_given() -> None:
    """A token that an older version recorded is repeated by the same command."""
    run: dict[str, Any] = {"instance_type": "ecs.g5.large", "vswitch_id": "vsw-1", "security_group_ids": ["sg-1"]}
    assert "network_interfaces" not in json.loads(canonical_parameters(c.RunInstances(**run)))
    given = json.loads(canonical_parameters(c.RunInstances(**run, network_interfaces=[{"vswitch_id": "vsw-2"}])))
    assert given["network_interfaces"][0]["vswitch_id"] == "vsw-2"
    assert json.loads(canonical_parameters(c.CreateSecurityGroup(vpc_id="vpc-1"))) == {"vpc_id": "vpc-1"}
    advanced = c.CreateSecurityGroup(vpc_id="vpc-1", security_group_type="enterprise")
    assert json.loads(canonical_parameters(advanced))["security_group_type"] == "enterprise"


def after_a_life(net: Net) -> list[tuple[str, Command[Any], Any]]:
    """Commands with a token, and their results, whose resources then changed or went."""
    done: list[tuple[str, Command[Any], Any]] = []

    def do(command: Command[Any]) -> Any:
        token = f"t-{len(done)}"
        done.append((token, command, net.cloud.execute(command, client_token=token)))
        return done[-1][2]

    vm, _ = do(net.run_command(amount=2))
    interface = do(net.eni_command(network_interface_name="web-1"))
    do(net.attach_command(interface, vm))
    do(c.SetQuota(name="eips-per-account", value=5))
    eip = do(c.AllocateEipAddress())
    do(c.AssociateEipAddress(allocation_id=eip.id, instance_id=vm.id))
    do(c.StopInstance(instance_id=vm.id))
    do(c.DeleteInstance(instance_id=vm.id))
    do(c.ReleaseEipAddress(allocation_id=eip.id))
    group = do(c.CreateSecurityGroup(vpc_id=net.vpc.id))
    do(c.AuthorizeSecurityGroup(security_group_id=group.id, source_group_id=net.group.id))
    do(c.DeleteSecurityGroup(security_group_id=group.id))
    do(c.SetQuota(name="eips-per-account", value=6))
    return done


def test_a_repetition_returns_the_first_result_whatever_happened_since(net: Net) -> None:
    done = after_a_life(net)
    recorded = net.cloud.history()
    for token, command, result in done:
        assert net.cloud.execute(command, client_token=token) == result
    assert net.cloud.history() == recorded


def test_a_repetition_in_another_cloud_returns_the_first_result_from_the_history(net: Net) -> None:
    done = after_a_life(net)
    for again in (replayed(net.cloud), Cloud(net.cloud.store, clock=net.clock), net.cloud.fork()):
        for token, command, result in done:
            assert again.execute(command, client_token=token) == result
        assert again.history() == net.cloud.history()


def test_a_repetition_returns_a_first_result_in_a_transitional_state(slow_net: Net) -> None:
    vm = slow_net.run()
    interface = slow_net.eni()
    attach = slow_net.attach_command(interface, vm)
    first = slow_net.cloud.execute(attach, client_token="t-1")
    assert first.status == "Attaching"
    slow_net.cloud.settle()
    delete = c.DeleteInstance(instance_id=vm.id, force=True)
    gone = slow_net.cloud.execute(delete, client_token="t-2")
    for again in (slow_net.cloud, replayed(slow_net.cloud)):
        assert again.execute(attach, client_token="t-1") == first
        assert again.execute(delete, client_token="t-2") == gone


def test_a_deleted_resource_is_shown_again_as_overdue_transitions_left_it() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    interface = net.cloud.execute(net.eni_command())
    net.clock.advance(timedelta(seconds=5))
    delete = c.DeleteNetworkInterface(network_interface_id=interface.id)
    deleting = net.cloud.execute(delete, client_token="t-1")
    net.clock.advance(timedelta(seconds=5))
    net.cloud.settle()
    again = replayed(net.cloud)
    assert again.execute(delete, client_token="t-1") == deleting
    assert (deleting.status, again.network_interfaces.get(interface.id)) == ("Deleting", None)


def test_first_results_beyond_those_that_are_kept_are_read_from_the_history(net: Net) -> None:
    first = net.cloud.execute(c.SetQuota(name="eips-per-account", value=3), client_token="first")
    for number in range(1_001):
        net.cloud.execute(c.SetQuota(name="eips-per-account", value=3 + number % 2), client_token=f"t-{number}")
    assert net.cloud.execute(c.SetQuota(name="eips-per-account", value=3), client_token="first") == first


def test_a_repetition_from_a_cloud_of_another_region_returns_the_first_result() -> None:
    store = MemoryStore()
    quota = c.SetQuota(name="eips-per-account", value=3)
    first = Cloud(store).execute(quota, client_token="t-1")
    assert Cloud(store, region_id="cn-beijing").execute(quota, client_token="t-1") == first


def old_history() -> tuple[MemoryStore, dict[str, tuple[Command[Any], Any]]]:
    """A store with a history of schema 1, and, by token, what was asked for and what schema 1 stored as the result."""
    store, versions = MemoryStore(), dict[str, int]()
    results: dict[str, tuple[Command[Any], Any]] = {}
    names = {name: getattr(c, name) for name in c.__all__}
    for line in SCHEMA_1.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        event = codec.decode(row["type"], row["schema"], row["payload"])
        if isinstance(event, ClientTokenUsed):
            old = json.loads(row["payload"])
            command = names[event.command_type](**json.loads(event.parameters))
            results[event.client_token] = command, (old["resources"], old.get("many", False))
        moment = datetime.fromisoformat(row["recorded_at"])
        new = NewEvent(row["stream"], event, moment, row["account_id"], row["command_id"])
        version = versions.get(new.stream, 0)
        store.append([new], {new.stream: version})
        versions[new.stream] = version + 1
    return store, results


def test_tokens_of_schema_1_are_recognised_and_return_what_they_returned() -> None:
    store, results = old_history()
    cloud = Cloud(store)
    assert len(results) == 15
    for token, (command, (resources, many)) in results.items():
        result = cloud.execute(command, client_token=token)
        found = [json.loads(msgspec.json.encode(one)) for one in (result if many else [result])]
        assert [{name: one[name] for name in old} for one, old in zip(found, resources, strict=True)] == resources
    assert cloud.position == store.head()


def test_a_token_of_schema_1_with_another_command_is_denied() -> None:
    store, results = old_history()
    for token in results:
        with pytest.raises(CommandDenied, match=f"client token {token} was used for"):
            Cloud(store).execute(c.CreateVpc(cidr_block="192.168.0.0/16"), client_token=token)


def test_a_token_of_schema_1_with_an_unreadable_command_counts_as_used() -> None:
    payload = '{"client_token":"t-1","command":"lost(","resource_type":"Vpc","resources":[{"id":"vpc-1"}]}'
    store = MemoryStore()
    moment = datetime.fromisoformat("2019-03-11T08:00:00Z")
    event = codec.decode("ClientTokenUsed", 1, payload)
    account_id = Cloud().account_id
    store.append([NewEvent(f"account/{account_id}", event, moment, account_id, "c-1")], {f"account/{account_id}": 0})
    with pytest.raises(CommandDenied, match=r"client token t-1 was used for lost\("):
        Cloud(store).execute(c.CreateVpc(cidr_block="10.0.0.0/16"), client_token="t-1")


@pytest.mark.parametrize(
    ("command", "ids"),
    [
        (c.DeleteVpc(vpc_id="vpc-none"), ("vpc-none",)),
        (c.CreateVpc(cidr_block="10.0.0.0/16"), ()),
        (c.SetQuota(name="eips-per-account", value=3), ("banana",)),
    ],
)
def test_a_first_result_that_is_not_in_the_history_raises_a_replay_error(
    command: Command[Any], ids: tuple[str, ...]
) -> None:
    store, account_id = MemoryStore(), Cloud().account_id
    event = ClientTokenUsed(
        client_token="t-1",
        command_type=type(command).__name__,
        parameters=canonical_parameters(command),
        resource_ids=ids,
    )
    moment = datetime.fromisoformat("2019-03-11T08:00:00Z")
    store.append([NewEvent(f"account/{account_id}", event, moment, account_id, "c-1")], {f"account/{account_id}": 0})
    with pytest.raises(ReplayError, match="the first result of client token 't-1' is not in the history"):
        Cloud(store).execute(command, client_token="t-1")


def test_a_command_with_a_token_is_one_append_whose_last_event_is_the_token() -> None:
    appends: list[int] = []

    class Counting(MemoryStore):
        def append(self, events: Any, expected: Any) -> Any:
            appends.append(len(events))
            return super().append(events, expected)

    cloud = Cloud(Counting())
    cloud.execute(c.AllocateEipAddress(), client_token="t-1")
    records: tuple[RecordedEvent, ...] = cloud.history()
    assert appends == [3]
    assert [record.type for record in records] == ["EipAddressAllocated", "EipAddressRegistered", "ClientTokenUsed"]
    assert len({record.command_id for record in records}) == 1
