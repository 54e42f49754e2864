"""Commands on several instances: all of them or none, or each that admits it."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, CommandDenied, Instance, RuleRegistry, audit, rules
from ecsnet import commands as c
from ecsnet.errors import InvalidCommand
from ecsnet.testing import invariants
from tests.support.net import Net


def ids(*instances: Instance) -> list[str]:
    return [one.id for one in instances]


def statuses(net: Net, *instances: Instance) -> list[str]:
    return [str(net.cloud.instances[one.id].status) for one in instances]


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        (c.StopInstances, "Running", "Stopped"),
        (c.StartInstances, "Stopped", "Running"),
        (c.RebootInstances, "Running", "Running"),
    ],
)
def test_each_instance_is_as_after_the_command_on_one(net: Net, command: Any, before: str, after: str) -> None:
    one, other = net.run(), net.run()
    if before == "Stopped":
        net.cloud.execute(c.StopInstances(instance_ids=ids(one, other)))
    results = net.cloud.execute(command(instance_ids=ids(other, one)))
    assert [result.id for result in results] == ids(other, one)
    assert {result.status for result in results} == {after}
    assert audit(net.cloud) == ()


def test_all_are_started_or_none(net: Net) -> None:
    one, other = net.run(), net.run()
    net.cloud.execute(c.StopInstance(instance_id=one.id))
    decision = net.cloud.check(c.StartInstances(instance_ids=[*ids(one, other), "i-none"]))
    assert [violation.rule for violation in decision.violations] == ["instance.not-found", "instance.start.state"]
    assert decision.events == ()
    with pytest.raises(CommandDenied) as denied:
        net.cloud.execute(decision.command)
    assert denied.value.code == "InvalidInstanceId.NotFound"
    assert statuses(net, one, other) == ["Stopped", "Running"]


@pytest.mark.parametrize("batch_optimization", ["AllTogether", "SuccessFirst"])
def test_another_commands_token_denies_a_batch_once_and_whatever_its_parts_are(
    net: Net, batch_optimization: Any
) -> None:
    one, other = net.run(), net.run()
    net.cloud.execute(c.StopInstance(instance_id=one.id), client_token="t-1")
    for instances, others in (([one], []), ([one, other], ["instance.start.state"])):
        command = c.StartInstances(instance_ids=ids(*instances), batch_optimization=batch_optimization)
        with pytest.raises(CommandDenied) as denied:
            net.cloud.execute(command, client_token="t-1")
        assert sorted(violation.rule for violation in denied.value.violations) == [*others, "request.client-token"]
    assert statuses(net, one, other) == ["Stopped", "Running"]


def test_success_first_starts_those_that_can_be_started(net: Net) -> None:
    one, other = net.run(), net.run()
    net.cloud.execute(c.StopInstance(instance_id=one.id))
    command = c.StartInstances(instance_ids=["i-none", *ids(one, other)], batch_optimization="SuccessFirst")
    results = net.cloud.execute(command)
    assert [result.id for result in results] == ids(one, other)
    assert statuses(net, one, other) == ["Running", "Running"]
    with pytest.raises(CommandDenied):
        net.cloud.execute(command)


def test_a_batch_takes_the_time_of_the_command_on_one() -> None:
    net = Net(settle_after={"StopInstance": "manual"})
    one, other = net.run(), net.run()
    results = net.cloud.execute(c.StopInstances(instance_ids=ids(one, other)))
    assert [result.status for result in results] == ["Stopping", "Stopping"]
    net.cloud.settle()
    assert statuses(net, one, other) == ["Stopped", "Stopped"]


@pytest.mark.parametrize("settle_after", ["at once", "manual"])
def test_instances_are_released_each_with_what_is_on_it(settle_after: str) -> None:
    net = Net() if settle_after == "at once" else Net(settle_after="manual")
    one, other = net.run(), net.run()
    on_one, on_other = net.attached(one), net.attached(other, delete_on_release=False)
    eip = net.cloud.execute(c.AllocateEipAddress())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=eip.id, instance_id=other.id))
    net.cloud.settle()
    running = c.DeleteInstances(instance_ids=ids(one, other))
    assert [v.rule for v in net.cloud.check(running).violations] == ["instance.release.state"] * 2
    results = net.cloud.execute(c.DeleteInstances(instance_ids=ids(one, other), force=True))
    assert [result.id for result in results] == ids(one, other)
    for _ in range(3):
        net.cloud.settle()
    assert not net.cloud.instances
    assert list(net.cloud.network_interfaces) == [on_other.id]
    assert net.cloud.eips[eip.id].status == "Available"
    assert invariants(net.cloud) == ()
    assert audit(net.cloud) == ()
    causes = {record.position: record for record in net.cloud.history()}
    for interface_id, instance in ((on_one.id, one), (on_other.id, other)):
        last = net.cloud.history(interface_id)[-1]
        assert last.caused_by is not None
        released = causes[last.caused_by].event
        assert released.names(instance.id)


def test_a_released_batch_is_returned_in_its_last_status_and_by_its_token(net: Net) -> None:
    one, other = net.run(), net.run()
    command = c.DeleteInstances(instance_ids=ids(one, other), force=True)
    results = net.cloud.execute(command, client_token="t-1")
    assert [result.status for result in results] == ["Released", "Released"]
    assert net.cloud.execute(command, client_token="t-1") == results
    reopened = Cloud(net.cloud.store, clock=net.clock)
    assert reopened.execute(command, client_token="t-1") == results


def test_instances_of_another_region_are_not_found(net: Net) -> None:
    vm = net.run()
    elsewhere = c.StopInstances(instance_ids=[vm.id], region_id="cn-beijing")
    (violation,) = net.cloud.check(elsewhere).violations
    assert violation.rule == "instance.not-found"
    assert violation.message == f"there is no instance {vm.id} in cn-beijing: {vm.id} is in cn-hangzhou"


def test_another_accounts_instances_are_neither_stopped_nor_shown(net: Net) -> None:
    vm = net.run()
    other = net.cloud.as_account("1000000000000001")
    command = c.StopInstances(instance_ids=[vm.id], batch_optimization="SuccessFirst")
    with pytest.raises(CommandDenied, match="there is no instance"):
        other.execute(command)


def test_a_rule_of_your_own_on_one_instance_holds_for_several(net: Net) -> None:
    own = RuleRegistry(rules)

    @own.denies("x.protected", c.StopInstance, message="{id} is protected")
    def protected(instance: Any) -> dict[str, str] | None:
        """A protected instance is not stopped."""
        return {"id": instance.id} if instance.tags.get("protected") else None

    one, other = net.run(), net.run(tags={"protected": "yes"})
    command = c.StopInstances(instance_ids=ids(one, other))
    (violation,) = net.cloud.check(command, rules=own).violations
    assert violation.message == f"{other.id} is protected"
    some = c.StopInstances(instance_ids=ids(one, other), batch_optimization="SuccessFirst")
    assert [event.named_resources() for event in net.cloud.check(some, rules=own).events] == [(one.id,)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"instance_ids": []},
        {"instance_ids": [f"i-{number}" for number in range(101)]},
        {"instance_ids": ["i-1", "i-1"]},
        {"instance_ids": ["i-1"], "batch_optimization": "Sometimes"},
    ],
)
def test_a_malformed_batch_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidCommand):
        c.StartInstances(**parameters)
