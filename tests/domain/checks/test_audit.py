"""`audit` finds what a left-out rule let through: the rule, at the position of the command that broke it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import (
    Cloud,
    Command,
    CommandDenied,
    ImpossibleOperation,
    NewNetworkInterface,
    RuleError,
    RuleRegistry,
    audit,
    rules,
)
from ecsnet import commands as c
from ecsnet.events.stores import codec
from ecsnet.strategies import NETWORK_SETUP, RESOURCE_SETUP, commands
from ecsnet.testing import cloud_after
from tests.domain.subjects import stories  # noqa: F401  # registers the witnesses
from tests.support.net import Net
from tests.support.setups import LAST_DECEMBER, SUBSCRIPTION
from tests.support.witnesses import MANUAL, WITNESSES, Story, named


def findings_by_command(cloud: Cloud) -> dict[str, set[str]]:
    """The rules that were found broken, by the id of the command."""
    command_at = {record.position: record.command_id for record in cloud.history()}
    found: dict[str, set[str]] = {}
    for finding in audit(cloud):
        if finding.position is not None:
            found.setdefault(command_at[finding.position], set()).add(finding.rule)
    return found


def execute(cloud: Cloud, command: Command[Any], expected: dict[str, set[str]]) -> bool:
    """Execute a command, and note what the vendor's rules say; False if it is denied, or cannot be carried out."""
    try:
        broken = {violation.rule for violation in cloud.check(command, rules=rules).violations}
    except (LookupError, RuleError):
        return False  # the state is one that only a registry without rules leads to: a VSwitch without its VPC
    before = cloud.position
    try:
        cloud.execute(command)
    except (CommandDenied, ImpossibleOperation):
        return False
    recorded = [record for record in cloud.history(after=before) if record.settles is None]
    if broken and recorded:
        expected[recorded[-1].command_id] = broken
    return True


@pytest.mark.parametrize("pace", [{}, MANUAL], ids=["at once", "by hand"])
@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_a_witness_that_was_let_through_is_found(
    rule_id: str, story: Story, options: dict[str, Any], pace: dict[str, Any]
) -> None:
    options = {**pace, **options}
    try:
        net = Net(**options)
        broken = [violation.rule for violation in net.cloud.check(story(net)).violations]
    except CommandDenied:
        pytest.skip("the story is not told by hand")
    if rule_id not in broken:
        pytest.skip("the story is another one by hand")
    lax = Net(**options, rules=rules.without(*broken))
    expected: dict[str, set[str]] = {}
    if not execute(lax.cloud, story(lax), expected):
        pytest.skip("the history cannot be folded")
    assert findings_by_command(lax.cloud) == expected


def test_a_client_token_of_another_command_is_found() -> None:
    net = Net(rules=rules.without("request.client-token"))
    for block in ("10.1.0.0/16", "10.2.0.0/16"):
        net.cloud.execute(c.CreateVpc(cidr_block=block), client_token="t")
    net.cloud.execute(c.CreateVpc(cidr_block="10.3.0.0/16"), client_token="other")
    last_but_one = net.cloud.history(type="VpcCreated")[-2]
    assert [(one.position, one.rule) for one in audit(net.cloud)] == [(last_but_one.position, "request.client-token")]


def test_what_repeated_commands_with_a_token_record_is_in_order(net: Net) -> None:
    for _ in range(2):
        net.cloud.execute(net.run_command(amount=2, network_interfaces=[NewNetworkInterface()]), client_token="t")
    assert audit(net.cloud) == ()


# Creations


def test_every_instance_of_a_creation_is_judged_with_its_own_interface() -> None:
    net = Net(rules=rules.without("account.interface-quota", "interface.attach.zone"))
    net.quota("interfaces-per-region", 1)
    far = net.new_vswitch("10.0.2.0/24", zone="c")
    run = net.run_command(amount=2, network_interfaces=[NewNetworkInterface(vswitch_id=far.id)])
    net.cloud.execute(run)
    first, second = net.cloud.history(type="InstanceLaunched")
    assert [(one.position, one.rule) for one in audit(net.cloud) if one.position is not None] == [
        (first.position, "interface.attach.zone"),
        (second.position, "account.interface-quota"),
        (second.position, "interface.attach.zone"),
    ]


def test_an_interface_that_existed_is_judged_with_the_instance_that_it_was_attached_to() -> None:
    net = Net(rules=rules.without("interface.attach.zone", "instance.create.one-secondary"))
    far = net.new_vswitch("10.0.2.0/24", zone="c")
    ids = [net.eni(vswitch_id=far.id).id, net.eni().id]
    (vm,) = net.cloud.execute(net.run_command(network_interface_ids=ids))
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=ids[0], instance_id=vm.id))
    launched = net.cloud.history(type="InstanceLaunched")[-1].position
    assert [(one.position, one.rule) for one in audit(net.cloud)] == [
        (launched, "instance.create.one-secondary"),
        (launched, "interface.attach.zone"),
    ]


def test_a_release_that_was_not_forced_is_found_and_one_of_an_older_history_is_taken_to_be() -> None:
    net = Net(rules=rules.without("instance.release.state"))
    vm = net.run()
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id))
    assert [one.rule for one in audit(net.cloud)] == ["instance.release.state"]
    older = codec.decode("InstanceReleased", 1, f'{{"instance_id":"{vm.id}"}}')
    *before, last = net.cloud.history()
    assert audit([*before, msgspec.structs.replace(last, event=older)]) == ()


def test_the_months_of_a_subscription_are_judged() -> None:
    net = Net(start=LAST_DECEMBER, rules=rules.without("instance.period.calendar"))
    vm = net.run(**SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, period=2))
    positions = [net.cloud.history(type=name)[0].position for name in ("InstanceLaunched", "InstanceRenewed")]
    assert [(one.position, one.rule) for one in audit(net.cloud)] == [
        (position, "instance.period.calendar") for position in positions
    ]


def test_a_renewal_that_begins_its_cycle_at_once_is_judged_with_its_bandwidth() -> None:
    net = Net()
    vm = net.run(**SUBSCRIPTION, internet_max_bandwidth_out=5)
    net.clock.advance(timedelta(days=40))
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=9))
    own = RuleRegistry(rules)

    @own.denies("x.bandwidth", c.RenewInstance, message="{bandwidth}")
    def bandwidth(command: c.RenewInstance) -> Any:
        """It tells the bandwidth."""
        return {"bandwidth": command.internet_max_bandwidth_out}

    assert [one.message for one in audit(net.cloud, rules=own)] == ["9"]


# Any history


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(st.sets(st.sampled_from(list(rules)), min_size=1), st.sampled_from([{}, MANUAL]), st.data())
def test_what_rules_let_through_that_are_left_out_is_found(
    left_out: set[str], pace: dict[str, Any], data: st.DataObject
) -> None:
    cloud = cloud_after(rules=rules.without(*left_out), **pace)
    for make_step in (*NETWORK_SETUP, *RESOURCE_SETUP):
        cloud.execute(make_step(cloud))  # type: ignore[arg-type]  # all are commands
        cloud.settle()
    expected: dict[str, set[str]] = {}
    for _ in range(data.draw(st.integers(1, 15))):
        execute(cloud, data.draw(commands(cloud)), expected)
        if data.draw(st.booleans()):
            cloud.settle()
    assert findings_by_command(cloud) == expected
