"""The rules that a check applies, and how violations are reported."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable

import attrs
import pytest

from ecsnet import Cloud, CommandDenied, RuleError, RuleRegistry, rules
from ecsnet import commands as c
from ecsnet.domain.context import RuleContext
from ecsnet.domain.rule_parameters import ALWAYS_KNOWN, UnusablePredicate, judge_of_library
from ecsnet.domain.rules import SubjectRules
from ecsnet.domain.state.world import Region
from tests.domain.subjects.stories.instance import move_to_another_vpc, move_to_another_zone, release_a_running_instance
from tests.domain.subjects.stories.public_ip import allocate_beside_a_public_address, allocate_beside_an_eip
from tests.domain.subjects.stories.security_group import (
    interface_with_a_classic_group,
    interface_with_a_group_of_another_vpc,
)
from tests.domain.subjects.stories.vpc import (
    delete_a_vpc_with_a_group,
    delete_a_vpc_with_a_vswitch,
    vswitch_of_eight_addresses_less,
    vswitch_outside_its_vpc,
)
from tests.support.net import Net
from tests.support.setups import detach, other_vpc_group
from tests.support.witnesses import Story


def test_all_violations_are_reported_and_missing_resources_come_first(net: Net) -> None:
    decision = net.cloud.check(
        net.eni_command(
            security_group_ids=["sg-none", other_vpc_group(net)],
            primary_ip_address="10.0.1.0",
            private_ip_addresses=["10.9.9.9"],
        )
    )
    assert [violation.rule for violation in decision.violations] == [
        "security-group.not-found",
        "interface.security-groups.vpc",
        "address.private.in-cidr",
        "address.private.reserved",
    ]
    assert decision.violations[0].facts["ids"] == ("sg-none",)


def test_a_rule_of_the_library_is_called_with_all_its_parameters() -> None:
    for rule in rules.values():
        judge = judge_of_library(rule.predicate, rule.commands)
        parameters = inspect.signature(rule.predicate).parameters.values()
        assert judge.parameters == tuple(one.name for one in parameters), rule.id
        assert {one.kind for one in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}, rule.id


def test_a_rule_of_the_library_asks_for_nothing_that_a_context_lacks() -> None:
    with pytest.raises(UnusablePredicate, match="a RuleContext has no apple, banana"):
        judge_of_library(lambda now, banana, apple: None, [c.DeleteVpc])


def rule_of_the_library(predicate: Callable[[Region], None]) -> RuleRegistry:
    subject = SubjectRules()
    predicate.__doc__ = "Nothing is ever wrong."
    subject.denies("vpc.create.sound", c.CreateVpc, message="it is")(predicate)
    return RuleRegistry(subject.rules)


def test_an_error_inside_of_a_rule_of_the_library_names_the_rule() -> None:
    def fails(region: Region) -> None:
        raise KeyError("gone")

    cloud = Cloud(rules=rule_of_the_library(fails))
    with pytest.raises(RuleError, match=r"vpc\.create\.sound: KeyError: 'gone'"):
        cloud.check(c.CreateVpc(cidr_block="10.0.0.0/16"))


@pytest.mark.parametrize("error", [KeyError(), MemoryError(), TimeoutError(), KeyboardInterrupt()])
def test_an_interrupt_of_a_rule_is_raised_though_the_rule_finds_nothing_when_it_is_asked_again(
    error: BaseException,
) -> None:
    coming = [error]

    def interrupted(region: Region) -> None:
        if coming:
            raise coming.pop()

    cloud = Cloud(rules=rule_of_the_library(interrupted))
    with pytest.raises(type(error)):
        cloud.check(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert cloud.check(c.CreateVpc(cidr_block="10.0.0.0/16"))


def test_a_missing_resource_hides_no_other_violation(net: Net) -> None:
    vm = net.run()
    command = c.DetachNetworkInterface(network_interface_id=vm.primary_network_interface_id or "", instance_id="i-none")
    assert [v.rule for v in net.cloud.check(command).violations] == ["instance.not-found", "interface.detach.primary"]


def test_the_code_of_a_rule_depends_on_the_command(net: Net) -> None:
    by_start = net.cloud.check(c.StartInstance(instance_id="i-none"))
    by_attach = net.cloud.check(c.AttachNetworkInterface(network_interface_id=net.eni().id, instance_id="i-none"))
    assert by_start.violations[0].rule == by_attach.violations[0].rule == "instance.not-found"
    assert by_start.violations[0].code == "InvalidInstanceId.NotFound"
    assert by_attach.violations[0].code == "InvalidEcsId.NotFound"


@pytest.mark.parametrize(
    ("story", "code", "http_status"),
    [
        (move_to_another_vpc, "InvalidVSwitchId.NotFound", 404),
        (move_to_another_zone, "InvalidVSwitchId.Mismatch", 400),
        (allocate_beside_a_public_address, "AllocatedAlready", 403),
        (allocate_beside_an_eip, "OperationDenied", 400),
        (delete_a_vpc_with_a_vswitch, "DependencyViolation.VSwitch", 400),
        (delete_a_vpc_with_a_group, "DependencyViolation.SecurityGroup", 400),
        (vswitch_outside_its_vpc, "InvalidParameter", 400),
        (vswitch_of_eight_addresses_less, "InvalidCirdrBlock.MaskLength", 400),
        (interface_with_a_group_of_another_vpc, "InvalidOperation.VpcMismatch", 403),
        (interface_with_a_classic_group, "InvalidSecurityGroupId.NotVpc", 403),
        (release_a_running_instance, "IncorrectInstanceStatus", 403),
    ],
)
def test_the_code_and_status_of_a_rule_depend_on_the_facts(net: Net, story: Story, code: str, http_status: int) -> None:
    (violation,) = net.cloud.check(story(net)).violations
    assert (violation.code, violation.http_status) == (code, http_status)


def test_a_denial_names_its_rule_and_code(net: Net) -> None:
    vm = net.run()
    with pytest.raises(
        CommandDenied, match=r"interface\.detach\.primary, InvalidOperation\.DetachPrimaryEniNotAllowed"
    ):
        net.cloud.execute(detach(vm.primary_network_interface_id, vm.id))


# The vendor's rules


def test_a_rule_tells_every_code_that_it_may_be_answered_with() -> None:
    assert rules["vpc.delete.in-use"].codes == (
        ("DependencyViolation.VSwitch", 400),
        ("DependencyViolation.SecurityGroup", 400),
    )
    count = rules["interface.security-groups.count"]
    assert set(count.codes) == {
        ("JoinedGroupLimitExceed", 400),
        ("InstanceSecurityGroupLimitExceeded", 400),
        ("InstanceLastSecurityGroup", 403),
        ("MissingParameter", 400),
    }
    assert count.codes[0] == (count.code, count.http_status)
    assert count.codes_for(c.RunInstances) == (("JoinedGroupLimitExceed", 400), ("MissingParameter", 400))
    assert count.codes_for(c.LeaveSecurityGroup)[0].code == "InstanceLastSecurityGroup"
    with pytest.raises(KeyError):
        count.codes_for(c.CreateVpc)


def test_the_codes_of_a_rule_are_those_of_its_commands() -> None:
    for rule in rules.values():
        assert set(rule.codes) == {code for command in rule.commands for code in rule.codes_for(command)}


def test_a_rule_is_a_frozen_value_that_hashes_by_its_id() -> None:
    rule = rules["interface.detach.primary"]
    with pytest.raises(AttributeError):
        rule.code = "Other"  # type: ignore[misc]
    assert {rule: 1}[rules["interface.detach.primary"]] == 1
    assert hash(attrs.evolve(rule, code="Other")) == hash(rule)
    assert attrs.evolve(rule, code="Other") != rule
    assert attrs.evolve(rule) == rule
    assert repr(rule) == "<Rule interface.detach.primary>"
    assert copy.copy(rule) == copy.deepcopy(rule) == rule


def test_the_fields_of_a_context_that_are_always_known_are_those_that_are_never_none() -> None:
    annotations = RuleContext.__annotations__
    assert {name for name in annotations if "None" not in annotations[name]} == ALWAYS_KNOWN | {"command"}
