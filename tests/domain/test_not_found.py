"""Every resource that a command names and that does not exist is reported."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ecsnet import Command, rules
from ecsnet import commands as c
from tests.support.net import Net

NOTHING: dict[str, Any] = {
    "vpc_id": "vpc-none",
    "vswitch_id": "vsw-none",
    "security_group_id": "sg-none",
    "source_group_id": "sg-gone",
    "network_interface_id": "eni-none",
    "instance_id": "i-none",
    "allocation_id": "eip-none",
}


MISSING = {
    "vpc_id": "vpc.not-found",
    "vswitch_id": "vswitch.not-found",
    "security_group_id": "security-group.not-found",
    "network_interface_id": "interface.not-found",
    "instance_id": "instance.not-found",
    "allocation_id": "eip.not-found",
}


REST: dict[str, Any] = {
    "cidr_block": "10.0.9.0/24",
    "zone_id": "cn-hangzhou-b",
    "internet_max_bandwidth_out": 5,
    "private_ip_addresses": ["10.0.1.9"],
    "description": "one that is not there",
}
"""Further parameters that some of the commands need."""


@pytest.mark.parametrize(
    "command",
    [
        c.DeleteVpc,
        c.CreateVSwitch,
        c.EnableVpcClassicLink,
        c.DeleteVSwitch,
        c.DeleteSecurityGroup,
        c.AuthorizeSecurityGroup,
        c.RevokeSecurityGroup,
        c.JoinSecurityGroup,
        c.LeaveSecurityGroup,
        c.StartInstance,
        c.StopInstance,
        c.RebootInstance,
        c.DeleteInstance,
        c.ModifyInstanceVpcAttribute,
        c.ModifyInstanceNetworkSpec,
        c.RenewInstance,
        c.AttachNetworkInterface,
        c.DetachNetworkInterface,
        c.DeleteNetworkInterface,
        c.ModifyEipAddressAttribute,
        c.ModifyInstanceAttribute,
        c.ModifyNetworkInterfaceAttribute,
        c.ModifySecurityGroupAttribute,
        c.ModifyVSwitchAttribute,
        c.ModifyVpcAttribute,
        c.AssignPrivateIpAddresses,
        c.UnassignPrivateIpAddresses,
        c.AllocatePublicIpAddress,
        c.ChangePublicIpAddress,
        c.ReleasePublicIpAddress,
        c.ConvertNatPublicIpToEip,
        c.AssociateEipAddress,
        c.UnassociateEipAddress,
        c.ReleaseEipAddress,
        c.AttachClassicLinkVpc,
        c.DetachClassicLinkVpc,
    ],
)
def test_a_command_reports_every_missing_resource_and_nothing_else(net: Net, command: type[Command[Any]]) -> None:
    fields = attrs.fields_dict(command)
    named = {name: value for name, value in NOTHING.items() if name in fields}
    rest = {name: value for name, value in REST.items() if name in fields}
    decision = net.cloud.check(command(**named, **rest))
    assert {v.rule for v in decision.violations} == {MISSING[name] for name in named if name in MISSING}
    missing = [resource_id for violation in decision.violations for resource_id in violation.facts["ids"]]
    assert sorted(missing) == sorted(named.values())
    assert all(resource_id in str(decision.violations) for resource_id in missing)


def commands() -> list[type[Command[Any]]]:
    named = [getattr(c, name) for name in c.__all__]
    return [one for one in named if isinstance(one, type) and issubclass(one, Command) and one is not Command]


@pytest.mark.parametrize("rule_id", ["vpc.not-found", "instance.not-found", "interface.not-found", "eip.not-found"])
def test_a_not_found_rule_guards_every_command_with_the_parameter(rule_id: str) -> None:
    parameter = next(name for name, rule in MISSING.items() if rule == rule_id)
    naming = {command for command in commands() if parameter in attrs.fields_dict(command)}
    assert naming <= set(rules[rule_id].commands)


def test_the_first_resource_that_exists_tells_the_region(net: Net) -> None:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    tagging = c.TagResources(resource_type="VPC", resource_ids=["vpc-none", vpc.id], tags={"team": "web"})
    (violation,) = net.cloud.check(tagging).violations
    assert violation.facts["ids"] == ("vpc-none",)


@pytest.mark.parametrize("named", [{}, {"private_ip_address": "10.0.1.9"}])
def test_only_the_vswitch_is_not_found_whether_or_not_addresses_of_it_are_named(
    net: Net, named: dict[str, Any]
) -> None:
    nowhere = net.run_command(vswitch_id="vsw-none", **named)
    assert [violation.rule for violation in net.cloud.check(nowhere).violations] == ["vswitch.not-found"]


@pytest.mark.parametrize("command", [c.JoinSecurityGroup, c.LeaveSecurityGroup])
def test_an_instance_or_a_group_that_is_missing_says_nothing_about_the_other(net: Net, command: Any) -> None:
    vm = net.run()
    for ids, rule_id in (
        ({"instance_id": vm.id, "security_group_id": "sg-none"}, "security-group.not-found"),
        ({"instance_id": "i-none", "security_group_id": net.group.id}, "instance.not-found"),
    ):
        assert [violation.rule for violation in net.cloud.check(command(**ids)).violations] == [rule_id]
