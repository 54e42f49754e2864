"""A registry: which rules a check applies, how violations are reported, and own rules."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import CommandDenied, RuleRegistry, rules
from ecsnet import commands as c
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
from tests.support.witnesses import MANUAL, Story


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


# A registry of one's own


def test_a_users_registry_adds_rules_to_the_vendors() -> None:
    own = RuleRegistry(rules)

    @own.denies("x.frozen", c.DetachNetworkInterface, message="{name} is frozen")
    def frozen(network_interface: Any) -> dict[str, Any] | None:
        """What is named frozen-… stays where it is."""
        name = network_interface.name or ""
        return {"name": name} if name.startswith("frozen-") else None

    net = Net(rules=own)
    vm = net.run()
    interface = net.attached(vm, network_interface_name="frozen-1")
    decision = net.cloud.check(detach(interface.id, vm.id))
    assert [v.rule for v in decision.violations] == ["x.frozen"]
    assert decision.violations[0].message == "frozen-1 is frozen"
    assert own["x.frozen"].doc == "What is named frozen-… stays where it is."
    assert "x.frozen" not in rules
    assert len(own) == len(rules) + 1
    assert net.cloud.check(detach(net.attached(vm).id, vm.id)).allowed


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


def test_a_registry_refuses_an_invalid_rule() -> None:
    own = RuleRegistry(rules)
    with pytest.raises(ValueError, match=r"begins with 'x\.'"):
        own.denies("mine", c.DeleteVpc, message="no")(lambda vpc: None)
    with pytest.raises(ValueError, match="registered already"):
        own.denies("vpc.not-found", c.DeleteVpc, message="no")(lambda vpc: None)
    with pytest.raises(ValueError, match="a case has no banana"):
        own.denies("x.one", c.DeleteVpc, message="no")(lambda banana: None)
    with pytest.raises(ValueError, match="needs commands"):
        own.denies("x.two", message="no")(lambda vpc: None)


def test_an_exception_inside_a_rule_propagates() -> None:
    own = RuleRegistry(rules)
    own.denies("x.crash", c.DeleteVpc, message="no")(lambda vpc: {}[vpc.id])
    net = Net(rules=own)
    with pytest.raises(KeyError):
        net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))


def test_a_rule_added_later_applies_from_then_on() -> None:
    own = RuleRegistry(rules)
    net = Net(rules=own)
    command = c.DeleteNetworkInterface(network_interface_id=net.eni().id)
    assert net.cloud.check(command)
    own.denies("x.kept", c.DeleteNetworkInterface, message="kept")(lambda network_interface: {})
    assert [v.rule for v in net.cloud.check(command).violations] == ["x.kept"]
