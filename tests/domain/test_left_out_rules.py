"""Registries without some of the vendor's rules: what they allow never damages a history."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsnet import (
    Cloud,
    Command,
    CommandDenied,
    ImpossibleOperation,
    InvalidCommand,
    ManualClock,
    RuleError,
    RuleRegistry,
    rules,
)
from ecsnet import commands as c
from ecsnet.clocks import SettleAfter
from ecsnet.domain import decide
from ecsnet.domain.fold import replay
from ecsnet.domain.rulebook import RULES
from ecsnet.domain.state.world import World
from ecsnet.testing import invariants
from ecsnet.testing._generate import GENERATORS, Inventory
from tests.domain.subjects import stories  # noqa: F401  # registers the witnesses
from tests.support.hypothesis_settings import budget
from tests.support.net import START, Net
from tests.support.resources import everything
from tests.support.setups import detach
from tests.support.witnesses import MANUAL, WITNESSES, Story, named


def test_a_registry_without_a_rule_keeps_all_others() -> None:
    lax = rules.without("interface.detach.instance-state", "instance.stop.state")
    net = Net(rules=lax, **MANUAL)
    vm = net.run()
    interface = net.attached(vm)
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert net.cloud.check(detach(interface.id, vm.id)).allowed
    assert [v.rule for v in net.cloud.check(c.StartInstance(instance_id=vm.id)).violations] == ["instance.start.state"]
    assert len(lax) == len(rules) - 2
    assert "instance.stop.state" in rules
    with pytest.raises(KeyError):
        rules.without("x.banana")


@pytest.mark.parametrize("rule_id", rules)
def test_any_rule_can_be_left_out(rule_id: str) -> None:
    lax = rules.without(rule_id)
    assert list(lax) == [other for other in rules if other != rule_id]
    assert lax.lacks(RULES) == (rule_id,)
    assert RULES.lacks(lax) == ()


def impossible(cloud: Cloud, command: Command[Any]) -> ImpossibleOperation | None:
    """Execute a command that is allowed; the error if the model cannot carry it out."""
    try:
        cloud.execute(command)
    except ImpossibleOperation as error:
        return error
    return None


@pytest.mark.parametrize("pace", [{}, MANUAL], ids=["at once", "by hand"])
@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_what_a_left_out_rule_would_deny_is_carried_out_or_raises_an_error_that_names_it(
    rule_id: str, story: Story, options: dict[str, Any], pace: dict[str, Any]
) -> None:
    net = Net(**{**pace, **options}, rules=rules.without(rule_id))
    try:
        command = story(net)
    except CommandDenied:
        assert pace, "the story of a witness succeeds"
        pytest.skip("the story is not told by hand")
    before, position = everything(net), net.cloud.position
    with suppress(CommandDenied):
        if (error := impossible(net.cloud, command)) is not None:
            assert rule_id in error.rules
            assert rule_id in str(error)
            assert (net.cloud.position, everything(net)) == (position, before)
            return
    everything(net)
    net.cloud.settle()
    invariants(net.cloud)  # whatever it finds
    replay(World(), net.cloud.history())


def test_a_file_of_a_registry_without_a_rule_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    net = Net(store=path, rules=rules.without("interface.detach.primary"))
    vm = net.run()
    command = detach(vm.primary_network_interface_id, vm.id)
    recorded = net.cloud.history()
    assert net.cloud.check(command).allowed
    with pytest.raises(ImpossibleOperation) as error:
        net.cloud.execute(command)
    assert error.value.command == command
    assert error.value.rules == ("interface.detach.primary",)
    assert str(error.value) == (
        "DetachNetworkInterface cannot be carried out; the registry lacks interface.detach.primary: "
        "NetworkInterfaceDetached is not possible in status InUse of the primary network interface"
    )
    net.cloud.close()
    with Cloud(path) as again:
        assert again.history() == recorded


def test_a_registry_without_any_rule_names_those_that_deny_the_operation() -> None:
    net = Net(rules=RuleRegistry())
    with pytest.raises(ImpossibleOperation) as error:
        net.cloud.execute(c.StopInstance(instance_id="i-none"))
    assert "instance.not-found" in error.value.rules
    assert str(error.value).startswith("StopInstance cannot be carried out; the registry lacks instance.not-found: ")


def test_a_command_that_cannot_be_judged_in_a_state_that_lax_rules_led_to_is_impossible() -> None:
    """A VSwitch whose VPC is gone: no rule denies a new ENI in it, and none of its addresses is known."""
    net = Net(rules=rules.without("vpc.delete.in-use"))
    net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))
    command, position = net.eni_command(private_ip_addresses=["10.0.1.9"]), net.cloud.position
    for judge in (net.cloud.execute, net.cloud.check, lambda command: net.cloud.check(command, rules=rules)):
        with pytest.raises(ImpossibleOperation, match="KeyError") as error:
            judge(command)
        assert (error.value.command, error.value.rules) == (command, ())
    assert net.cloud.position == position


@pytest.mark.parametrize("kind", ["vswitch", "group"])
def test_a_transition_that_could_not_be_completed_is_not_begun(kind: str) -> None:
    """Nothing is wrong with the request to delete what is in a VPC that is gone, but it cannot be taken out of that."""
    pace: SettleAfter = {"default": "manual", "DeleteVpc": timedelta(0)}
    net = Net(rules=rules.without("vpc.delete.in-use"), settle_after=pace)
    net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))
    before, position = everything(net), net.cloud.position
    delete: Command[Any] = c.DeleteVSwitch(vswitch_id=net.vswitch.id)
    if kind == "group":
        delete = c.DeleteSecurityGroup(security_group_id=net.group.id)
    assert len(net.cloud.check(delete).events) == 1
    with pytest.raises(ImpossibleOperation):
        net.cloud.execute(delete)
    assert (net.cloud.settle(), net.cloud.position, everything(net)) == ((), position, before)


def test_a_registry_with_rules_of_ones_own_folds_nothing_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("folded ahead")

    monkeypatch.setattr(decide, "fold_ahead", never)
    net = Net(rules=RuleRegistry(rules))
    assert net.run().status == "Running"
    with pytest.raises(ImpossibleOperation, match="folded ahead"):
        Net(rules=rules.without("vpc.create.cidr"))


def test_what_is_allowed_without_a_rule_is_recorded() -> None:
    net = Net(rules=rules.without("interface.attach.quota"))
    vm = net.run(instance_type="ecs.g5.large")
    for _ in range(3):
        net.attached(vm)
    assert len(net.cloud.instances[vm.id].network_interface_ids) == 4
    assert [breach.invariant for breach in invariants(net.cloud)] == ["interface.attach.quota"]


@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=budget(30), deadline=None)
def test_a_state_that_lax_rules_led_to_is_judged_by_all_rules(seed: int) -> None:
    """A check by the vendor's rules raises nothing there but errors that are documented."""
    rng = Random(seed)
    lax = rules.without(*rng.sample(list(rules), rng.randint(1, len(rules))))
    cloud = Cloud(clock=ManualClock(START), rules=lax)
    for _ in range(30):
        try:
            command = GENERATORS[rng.choice(list(GENERATORS))](Inventory(cloud), rng.choice)
        except InvalidCommand:
            continue
        with suppress(RuleError, ImpossibleOperation):
            cloud.check(command, rules=rules)
        with suppress(CommandDenied, RuleError, ImpossibleOperation):
            cloud.execute(command)
