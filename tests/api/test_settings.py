"""The settings of a cloud, and those that forks, checks and histories take over."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud, InstanceType, InvalidArgument, ManualClock, RuleRegistry, rules
from ecsnet import commands as c
from ecsnet.clocks import utc_now
from ecsnet.events import MemoryStore
from ecsnet.events.instance import InstanceCreation
from ecsnet.events.network_interface import NetworkInterfaceAttached
from ecsnet.testing import cloud_after
from tests.support.net import START, Net

OWN_TYPE = InstanceType(id="ecs.own.large", eni_quantity=2, private_ipv4_per_eni=2)


def own_rules() -> RuleRegistry:
    own = RuleRegistry(rules)

    @own.denies("x.no-vpcs", c.CreateVpc, message="no {cidr_block} today")
    def no_vpcs(command: c.CreateVpc) -> Any:
        """No VPC is created."""
        return {"cidr_block": command.cidr_block}

    return own


def test_the_settings_of_a_cloud_can_be_read_and_not_changed() -> None:
    clock, own, store = ManualClock(START), own_rules(), MemoryStore()
    cloud = Cloud(store, clock=clock, settle_after="manual", rules=own, instance_types=[OWN_TYPE])
    assert (cloud.position, cloud.clock, cloud.settle_after, cloud.rules) == (0, clock, "manual", own)
    assert cloud.store is store
    assert cloud.instance_types["ecs.own.large"] is OWN_TYPE
    assert "ecs.g5.large" in cloud.instance_types
    assert cloud.quotas["interfaces-per-region"].value == 100
    assert (Cloud().clock, Cloud().settle_after, Cloud().rules) == (utc_now, timedelta(0), rules)
    for name in ("position", "clock", "settle_after", "rules", "instance_types", "quotas", "store"):
        with pytest.raises(AttributeError):
            setattr(cloud, name, None)
    for mapping in (cloud.instance_types, cloud.quotas):
        with pytest.raises(TypeError):
            mapping["x"] = None  # type: ignore[index]


def test_quotas_are_those_of_the_acting_account_in_the_clouds_region() -> None:
    cloud = Cloud()
    cloud.execute(c.SetQuota(name="interfaces-per-region", value=7))
    quota = cloud.quotas["interfaces-per-region"]
    assert (quota.value, quota.name, quota.region_id, quota.account_id) == (
        7,
        "interfaces-per-region",
        "cn-hangzhou",
        cloud.account_id,
    )
    assert cloud.as_account("B").quotas["interfaces-per-region"].value == 100
    assert Cloud(cloud.store, region_id="cn-beijing").quotas["interfaces-per-region"].value == 100


def test_check_judges_by_other_rules_and_changes_none(net: Net) -> None:
    create = c.CreateVpc(cidr_block="10.0.0.0/8")
    assert [violation.rule for violation in net.cloud.check(create, rules=own_rules()).violations] == ["x.no-vpcs"]
    assert net.cloud.check(create)
    with pytest.raises(InvalidArgument, match="rules must be a RuleRegistry, not 'none'"):
        net.cloud.check(create, rules="none")  # type: ignore[arg-type]


# Forks


def test_time_that_passes_in_a_fork_passes_nowhere_else() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    fork = net.cloud.fork()
    assert isinstance(fork.clock, ManualClock)
    vm = net.cloud.execute(net.run_command())[0]
    fork.clock.advance(timedelta(hours=1))
    assert (net.clock(), fork.clock()) == (START, START + timedelta(hours=1))
    assert net.cloud.instances[vm.id].status == "Pending"
    net.clock.advance(timedelta(seconds=1))
    assert fork.clock() == START + timedelta(hours=1)


def test_a_fork_keeps_a_clock_that_is_no_manual_clock() -> None:
    assert Cloud().fork().clock is utc_now


def test_a_fork_copies_a_clock_that_is_derived_from_a_manual_clock() -> None:
    class Named(ManualClock):
        name = "mine"

    fork = Cloud(clock=Named(START)).fork()
    assert isinstance(fork.clock, Named)
    assert fork.clock() == START


def test_a_fork_takes_another_clock_settle_after_and_rules() -> None:
    net = Net()
    later, own = ManualClock(START + timedelta(days=1)), own_rules()
    fork = net.cloud.fork(clock=later, settle_after="manual", rules=own)
    assert (fork.clock, fork.settle_after, fork.rules) == (later, "manual", own)
    assert fork.execute(net.run_command())[0].status == "Pending"
    assert fork.history()[-1].recorded_at == START + timedelta(days=1)
    assert not fork.check(c.CreateVpc(cidr_block="10.0.0.0/8"))
    assert (net.cloud.clock, net.cloud.settle_after, net.cloud.rules) == (net.clock, timedelta(0), rules)


def test_a_fork_of_the_past_can_be_given_a_clock_that_moves(net: Net) -> None:
    then = net.cloud.at(net.cloud.position)
    fork = then.fork(clock=ManualClock(then.clock()))
    assert isinstance(fork.clock, ManualClock)
    fork.clock.advance(timedelta(hours=1))
    assert then.clock() == START


@pytest.mark.parametrize("wrong", [{"clock": 5}, {"settle_after": timedelta(-1)}, {"settle_after": "x"}, {"rules": 1}])
def test_a_fork_refuses_impossible_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        Cloud().fork(**wrong)


# Histories


def test_a_history_is_filtered_by_type_command_and_position(net: Net) -> None:
    vm = net.run()
    interface = net.attached(vm)
    (launched,) = net.cloud.history(type=InstanceCreation)
    assert net.cloud.history(type="InstanceLaunched") == (launched,)
    assert net.cloud.history(command_id=launched.command_id) == (launched,)
    assert net.cloud.history(command_id="none") == ()
    (attached,) = net.cloud.history(vm.id, type=NetworkInterfaceAttached)
    assert attached == net.cloud.history(interface.id)[-1]
    assert net.cloud.history(vm.id, after=attached.position - 1) == (attached,)
    assert net.cloud.history(vm.id, after=attached.position, type=NetworkInterfaceAttached) == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"type": "InstanceLaunchd"}, "not 'InstanceLaunchd': did you mean 'InstanceLaunched'?"),
        ({"type": int}, "not <class 'int'>"),
        ({"type": 7}, "not 7"),
        ({"command_id": 7}, "command_id must be text, not 7"),
    ],
)
def test_a_history_refuses_what_no_event_has(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        Cloud().history(**wrong)


@pytest.mark.parametrize("on", ["memory", "file", "fork of a file", "fork of a fork"])
def test_the_history_of_a_resource_is_complete_wherever_its_events_are(on: str, tmp_path: Path) -> None:
    cloud = Cloud(tmp_path / "network.db" if "file" in on else None, clock=lambda: START)
    net = Net(store=cloud.store)
    vm, other = net.run(), net.run()
    interface = net.attached(vm)
    assert [record.type for record in cloud.history(interface.id)] == [
        "NetworkInterfaceCreated",
        "NetworkInterfaceAttached",
    ]
    if "fork" in on:
        cloud = cloud.fork()
    detach = c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id)
    cloud.execute(detach)
    if on == "fork of a fork":
        net.cloud.execute(detach)  # what the origin does is not in the fork's history
        cloud = cloud.fork()
    cloud.execute(net.attach_command(interface, other))
    for resource_id in (interface.id, vm.id, other.id, net.vswitch.id, net.group.id, net.vpc.id, "eni-none"):
        assert cloud.history(resource_id) == tuple(
            record for record in cloud.history() if record.event.names(resource_id)
        )
    assert len(cloud.history(interface.id)) == 4
    assert cloud.at(cloud.position - 1).history(other.id) == cloud.history(other.id)[:-1]


# Digests and command ids


def test_the_digest_of_a_state_is_equal_in_every_process(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    with Cloud(path, clock=ManualClock(START)) as cloud:
        net = Net(store=cloud.store, start=START)
        net.attached(net.run())
        digest = net.cloud.state_digest()
    code = f"from ecsnet import Cloud; print(Cloud({str(path)!r}).state_digest())"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert seen == {digest}
    assert re.fullmatch("[0-9a-f]{32}", digest)


def test_the_digest_changes_with_the_state_and_with_due_transitions() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    seen = [net.cloud.state_digest()]
    net.cloud.execute(net.run_command())
    seen.append(net.cloud.state_digest())
    net.clock.advance(timedelta(seconds=5))
    seen.append(net.cloud.state_digest())
    assert len(set(seen)) == 3
    net.cloud.settle()
    assert net.cloud.state_digest() == seen[-1]


def test_a_folded_state_is_a_copy(net: Net) -> None:
    state = net.cloud.folded_state()
    net.eni()
    assert not state.region("cn-hangzhou").network_interfaces.size
    state.writable("cn-hangzhou").vpcs.delete(net.vpc.id)
    assert net.vpc.id in net.cloud.vpcs


def test_a_folded_state_shows_what_an_allowed_decision_would_do(net: Net) -> None:
    decision = net.cloud.check(net.eni_command())
    after = net.cloud.folded_state(after=decision)
    recorded = net.cloud.position
    net.eni()
    assert net.cloud.position == recorded + 1
    assert list(after.region("cn-hangzhou").network_interfaces) == list(net.cloud.network_interfaces)


def test_deterministic_command_ids_are_the_stream_and_the_version_of_the_first_event() -> None:
    cloud = cloud_after(command_ids="deterministic")
    cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    cloud.execute(c.AllocateEipAddress())
    cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    group = cloud.execute(c.CreateSecurityGroup())
    authorize = c.AuthorizeSecurityGroup(security_group_id=group.id, source_group_id=group.id)
    cloud.execute(authorize)
    cloud.execute(authorize, client_token="t-1")
    assert [record.command_id for record in cloud.history()] == [
        "cn-hangzhou:1",
        "cn-hangzhou:2",
        "cn-hangzhou:2",
        "cn-beijing:1",
        "cn-hangzhou:3",
        "cn-hangzhou:4",
        f"account/{cloud.account_id}:2",
    ]


def test_the_same_commands_record_the_same_history_under_deterministic_ids() -> None:
    def history(**options: Any) -> Any:
        net = Net(settle_after=timedelta(seconds=5), **options)
        vm = net.cloud.execute(net.run_command())[0]
        net.clock.advance(timedelta(seconds=5))
        net.cloud.settle(vm.id)
        net.cloud.execute(c.AllocateEipAddress())
        return net.cloud.history()

    one = history(command_ids="deterministic")
    assert one == history(command_ids="deterministic")
    assert len({record.command_id for record in one}) == 6
    assert [record.event for record in one] == [record.event for record in history()]
    assert one != history()


def test_a_fork_goes_on_with_deterministic_ids() -> None:
    fork = cloud_after(c.CreateVpc(cidr_block="10.0.0.0/16"), command_ids="deterministic").fork()
    fork.execute(c.CreateVpc(cidr_block="10.1.0.0/16"))
    assert fork.history()[-1].command_id == "cn-hangzhou:2"


@pytest.mark.parametrize("wrong", ["sequential", None, 5])
def test_other_command_ids_are_refused(wrong: Any) -> None:
    with pytest.raises(InvalidArgument, match="command_ids are 'random' or 'deterministic'"):
        Cloud(command_ids=wrong)
