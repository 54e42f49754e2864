"""The commands that `Cloud.permitted` lists for each status of a resource."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ecsnet import Command, NetworkInterface, RuleRegistry, rules
from ecsnet import commands as c
from tests.support.net import Net
from tests.support.setups import (
    OPEN,
    SUBSCRIPTION,
    assign,
    classic,
    classic_command,
    created,
    enable,
    use_up_the_public_addresses,
)


def test_permitted_commands_of_vpcs_vswitches_and_groups(net: Net) -> None:
    assert set(net.cloud.permitted(net.vpc.id)) == {
        c.DeleteVpc,
        c.ModifyVpcAttribute,
        c.AssociateVpcCidrBlock,
        c.UnassociateVpcCidrBlock,
        c.CreateVSwitch,
        c.CreateSecurityGroup,
        c.EnableVpcClassicLink,
        c.AttachClassicLinkVpc,
        c.DetachClassicLinkVpc,
    }
    assert set(net.cloud.permitted(net.vswitch.id)) == {
        c.DeleteVSwitch,
        c.ModifyVSwitchAttribute,
        c.CreateNetworkInterface,
        c.RunInstances,
        c.CreateInstance,
        c.ModifyInstanceVpcAttribute,
    }
    assert set(net.cloud.permitted(net.group.id)) == {
        c.DeleteSecurityGroup,
        c.ModifySecurityGroupAttribute,
        c.AuthorizeSecurityGroup,
        c.RevokeSecurityGroup,
        c.JoinSecurityGroup,
        c.LeaveSecurityGroup,
    }


WHATEVER_THE_STATUS = {
    c.ModifyInstanceAttribute,
    c.ModifyInstanceNetworkSpec,
    c.RenewInstance,
    c.ReleasePublicIpAddress,
    c.UnassociateEipAddress,
    c.DetachClassicLinkVpc,
}


STABLE = WHATEVER_THE_STATUS | {
    c.DeleteInstance,
    c.AttachNetworkInterface,
    c.DetachNetworkInterface,
    c.JoinSecurityGroup,
    c.LeaveSecurityGroup,
    c.AllocatePublicIpAddress,
    c.ConvertNatPublicIpToEip,
    c.AssociateEipAddress,
    c.AttachClassicLinkVpc,
}


def test_permitted_commands_of_an_instance_depend_on_its_status(slow_net: Net) -> None:
    cloud = slow_net.cloud
    (vm,) = cloud.execute(slow_net.run_command())
    expected = {
        "Pending": WHATEVER_THE_STATUS,
        "Running": STABLE | {c.StopInstance, c.RebootInstance},
        "Stopping": WHATEVER_THE_STATUS,
        "Stopped": STABLE | {c.StartInstance, c.ModifyInstanceVpcAttribute, c.ChangePublicIpAddress},
        "Starting": WHATEVER_THE_STATUS,
    }
    admitted = {vm.status: set(cloud.permitted(vm.id))}
    for command in (None, c.StopInstance, None, c.StartInstance):
        cloud.settle() if command is None else cloud.execute(command(instance_id=vm.id))
        admitted[cloud.instances[vm.id].status] = set(cloud.permitted(vm.id))
    assert admitted == expected


def test_permitted_commands_of_an_eip_depend_on_its_status(slow_net: Net) -> None:
    cloud, vm = slow_net.cloud, slow_net.run()
    address = cloud.execute(c.AllocateEipAddress())
    admitted = {address.status: set(cloud.permitted(address.id))}
    for command in (c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id), None):
        cloud.settle() if command is None else cloud.execute(command)
        admitted[cloud.eips[address.id].status] = set(cloud.permitted(address.id))
    assert admitted == {
        "Available": {c.AssociateEipAddress, c.ReleaseEipAddress, c.ModifyEipAddressAttribute},
        "Associating": {c.ModifyEipAddressAttribute},
        "InUse": {c.UnassociateEipAddress, c.ModifyEipAddressAttribute},
    }


def test_permitted_commands_of_an_interface_depend_on_its_status(slow_net: Net) -> None:
    cloud, vm = slow_net.cloud, slow_net.run()
    interface = cloud.execute(slow_net.eni_command())
    anything = {
        c.ModifyNetworkInterfaceAttribute,
        c.AssignPrivateIpAddresses,
        c.UnassignPrivateIpAddresses,
        c.AssociateEipAddress,
        c.UnassociateEipAddress,
    }
    admitted = {interface.status: set(cloud.permitted(interface.id))}
    detach = c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id)
    delete = c.DeleteNetworkInterface(network_interface_id=interface.id)
    for command in (None, slow_net.attach_command(interface, vm), None, detach, None, delete):
        cloud.settle() if command is None else cloud.execute(command)
        admitted[cloud.network_interfaces[interface.id].status] = set(cloud.permitted(interface.id))
    assert admitted == {
        "Available": anything | {c.AttachNetworkInterface, c.DeleteNetworkInterface},
        "Attaching": {c.AttachNetworkInterface, c.UnassociateEipAddress},  # denied, unless it is stuck
        "InUse": anything | {c.DetachNetworkInterface},
        "Detaching": {c.DetachNetworkInterface, c.UnassociateEipAddress},
        "Deleting": {c.DeleteNetworkInterface},
    }


def test_permitted_applies_the_rules_that_need_only_the_resource(net: Net) -> None:
    vm, address = net.run(), net.cloud.execute(c.AllocateEipAddress())
    assert all(net.cloud.permitted(address.id).values())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    permitted = net.cloud.permitted(vm.id)
    assert [v.rule for v in permitted[c.AssociateEipAddress].violations] == ["eip.associate.duplicate"]


def denied(net: Net, resource_id: str, command: type[Command[Any]]) -> list[str]:
    """Returns the rules that deny the command whatever its other parameters are."""
    return [violation.rule for violation in net.cloud.permitted(resource_id)[command].violations]


def test_an_instance_with_an_eip_may_unassociate_it(net: Net) -> None:
    vm, address = net.run(), net.cloud.execute(c.AllocateEipAddress())
    assert denied(net, vm.id, c.UnassociateEipAddress) == ["eip.unassociate.wrong-instance"]
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    permitted = net.cloud.permitted(vm.id)
    assert permitted[c.UnassociateEipAddress]
    assert not permitted[c.AssociateEipAddress]
    assert net.cloud.permitted(address.id)[c.UnassociateEipAddress]


def test_an_instance_attaches_no_more_interfaces_than_its_type_takes(net: Net) -> None:
    vm = net.run()
    for _ in range(2):
        assert denied(net, vm.id, c.AttachNetworkInterface) == []
        net.attached(vm)
    assert denied(net, vm.id, c.AttachNetworkInterface) == ["interface.attach.quota"]


def test_an_instance_whose_type_takes_no_second_interface_attaches_none(net: Net) -> None:
    vm = net.run(instance_type="ecs.t5-lc1m1.small")
    assert "interface.attach.instance-type" in denied(net, vm.id, c.AttachNetworkInterface)


def test_an_instance_detaches_secondary_interfaces_only(net: Net) -> None:
    vm = net.run()
    assert denied(net, vm.id, c.DetachNetworkInterface) == ["interface.detach.primary"]
    net.attached(vm)
    assert denied(net, vm.id, c.DetachNetworkInterface) == []


def test_an_instance_leaves_a_group_only_if_it_stays_in_another(net: Net) -> None:
    vm, other = net.run(), net.new_group()
    assert denied(net, vm.id, c.LeaveSecurityGroup) == ["interface.security-groups.count"]
    assert denied(net, net.group.id, c.LeaveSecurityGroup) == ["interface.security-groups.count"]
    assert denied(net, other.id, c.LeaveSecurityGroup) == ["security-group.leave.member"]
    net.cloud.execute(c.JoinSecurityGroup(security_group_id=other.id, instance_id=vm.id))
    for resource_id in (vm.id, net.group.id, other.id):
        assert denied(net, resource_id, c.LeaveSecurityGroup) == []


def test_a_group_is_left_by_any_instance_that_may_leave_it(net: Net) -> None:
    sole, vm = net.run(), net.run()
    net.eni()  # a member that no instance stands for
    net.cloud.execute(c.JoinSecurityGroup(security_group_id=net.new_group().id, instance_id=vm.id))
    assert denied(net, sole.id, c.LeaveSecurityGroup) == ["interface.security-groups.count"]
    assert denied(net, net.group.id, c.LeaveSecurityGroup) == []


def test_an_instance_joins_no_more_groups_than_the_quota(net: Net) -> None:
    net.quota("security-groups-per-interface", 1)
    assert denied(net, net.run().id, c.JoinSecurityGroup) == ["interface.security-groups.count"]


def test_a_full_group_is_not_joined(net: Net) -> None:
    net.eni()
    net.quota("addresses-per-security-group", 1)
    assert denied(net, net.group.id, c.JoinSecurityGroup) == ["security-group.address-quota"]


def test_an_interface_with_its_primary_address_alone_revokes_none(net: Net) -> None:
    interface = net.eni()
    assert denied(net, interface.id, c.UnassignPrivateIpAddresses) == ["interface.unassign.primary-address"]
    more = c.AssignPrivateIpAddresses(network_interface_id=interface.id, secondary_private_ip_address_count=1)
    net.cloud.execute(more)
    assert denied(net, interface.id, c.UnassignPrivateIpAddresses) == []


def test_an_interface_with_all_the_addresses_of_the_quota_is_assigned_none(net: Net) -> None:
    net.quota("addresses-per-interface", 1)
    assert denied(net, net.eni().id, c.AssignPrivateIpAddresses) == ["interface.assign.limit"]


def test_an_attached_interface_is_assigned_no_more_addresses_than_the_type_allows(net: Net) -> None:
    vm = net.run()
    full = net.attached(vm, secondary_private_ip_address_count=9)
    assert denied(net, full.id, c.AssignPrivateIpAddresses) == ["interface.assign.type-quota"]


def test_a_vswitch_without_a_free_address_takes_nothing_more(net: Net) -> None:
    vswitch = net.new_vswitch("10.0.2.0/29")
    interface = net.eni(vswitch_id=vswitch.id, secondary_private_ip_address_count=2)
    taking = (c.CreateNetworkInterface, c.RunInstances, c.CreateInstance, c.ModifyInstanceVpcAttribute)
    assert [denied(net, vswitch.id, command) for command in taking] == [[], [], [], []]
    assert denied(net, interface.id, c.AssignPrivateIpAddresses) == []
    net.cloud.execute(assign(interface.id, 1))
    for command in taking:
        assert denied(net, vswitch.id, command) == ["address.private.exhausted"]
    assert denied(net, interface.id, c.AssignPrivateIpAddresses) == ["address.private.exhausted"]


def test_the_last_free_address_of_a_vswitch_may_be_named(net: Net) -> None:
    vswitch = net.new_vswitch("10.0.2.0/29")
    (last,) = {f"10.0.2.{n}" for n in range(1, 5)} - {
        *net.eni(vswitch_id=vswitch.id, secondary_private_ip_address_count=2).private_ips
    }
    assert net.run(vswitch_id=vswitch.id, private_ip_address=last).private_ip == last


def test_an_instance_that_cannot_leave_a_full_vswitch_changes_no_address(net: Net) -> None:
    vswitch = net.new_vswitch("10.0.2.0/29")
    vm = net.run(vswitch_id=vswitch.id)
    net.eni(vswitch_id=vswitch.id, secondary_private_ip_address_count=1)
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert denied(net, vm.id, c.ModifyInstanceVpcAttribute) == []
    primary_id = vm.primary_network_interface_id or ""
    more = c.AssignPrivateIpAddresses(network_interface_id=primary_id, secondary_private_ip_address_count=1)
    net.cloud.execute(more)
    assert denied(net, vm.id, c.ModifyInstanceVpcAttribute) == ["address.private.exhausted"]


def test_a_vpc_takes_vswitches_until_no_block_is_free(net: Net) -> None:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/26"))

    def divide(cidr_block: str) -> None:
        net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block=cidr_block))

    for block in ("192.168.0.32/27", "192.168.0.0/28", "192.168.0.24/29"):
        divide(block)
        assert denied(net, vpc.id, c.CreateVSwitch) == []
    divide("192.168.0.16/29")
    assert denied(net, vpc.id, c.CreateVSwitch) == ["vswitch.create.overlap"]


def test_a_vpc_without_a_free_block_takes_vswitches_in_a_secondary_one(net: Net) -> None:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/28"))
    net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="192.168.0.0/28"))
    assert denied(net, vpc.id, c.CreateVSwitch) == ["vswitch.create.overlap"]
    net.cloud.execute(c.AssociateVpcCidrBlock(vpc_id=vpc.id, secondary_cidr_block="172.16.0.0/28"))
    assert denied(net, vpc.id, c.CreateVSwitch) == []


def test_a_vpc_gives_up_a_secondary_block_that_has_no_vswitch(net: Net) -> None:
    assert denied(net, net.vpc.id, c.UnassociateVpcCidrBlock) == ["vpc.cidr-block.secondary"]
    for block in ("172.16.0.0/16", "172.17.0.0/16"):
        net.cloud.execute(c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block=block))
        assert denied(net, net.vpc.id, c.UnassociateVpcCidrBlock) == []
    net.new_vswitch("172.16.0.0/24")
    assert denied(net, net.vpc.id, c.UnassociateVpcCidrBlock) == []
    net.new_vswitch("172.17.0.0/24")
    assert denied(net, net.vpc.id, c.UnassociateVpcCidrBlock) == ["vpc.cidr-block.in-use"]


def test_a_vpc_takes_secondary_blocks_up_to_the_quota(net: Net) -> None:
    blocks = ("11.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "9.0.0.0/8", "10.1.0.0/16")
    for block in blocks:
        assert denied(net, net.vpc.id, c.AssociateVpcCidrBlock) == []
        net.cloud.execute(c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block=block))
    assert denied(net, net.vpc.id, c.AssociateVpcCidrBlock) == ["vpc.cidr-block.quota"]


def test_a_bandwidth_that_waits_for_the_next_cycle_admits_a_renewal_only(net: Net) -> None:
    vm = net.run(**SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=7))
    assert denied(net, vm.id, c.ModifyInstanceNetworkSpec) == ["instance.network-spec.pending-change"]
    assert denied(net, vm.id, c.RenewInstance) == []


def test_bandwidth_can_be_changed_where_more_of_it_would_be_denied(net: Net) -> None:
    """A change to 0 Mbit/s takes no address, and needs no classic instance that is Stopped."""
    bare = net.run(**SUBSCRIPTION)
    use_up_the_public_addresses(net)
    assert denied(net, bare.id, c.ModifyInstanceNetworkSpec) == []
    then = Net(**OPEN)
    (vm,) = then.cloud.execute(classic_command(then))
    assert denied(then, vm.id, c.ModifyInstanceNetworkSpec) == []


@pytest.mark.parametrize(("month", "broken"), [(10, []), (11, ["instance.period.calendar"])])
def test_a_renewal_is_permitted_if_a_month_is_left_in_the_calendar(month: int, broken: list[str]) -> None:
    net = Net(datetime(9999, month, 15, tzinfo=UTC))
    assert denied(net, net.run(**SUBSCRIPTION).id, c.RenewInstance) == broken


def test_no_public_address_is_allocated_when_none_is_left(net: Net) -> None:
    vm = created(net, internet_max_bandwidth_out=5)
    use_up_the_public_addresses(net)
    assert denied(net, vm.id, c.AllocatePublicIpAddress) == ["address.region.exhausted"]


def test_a_classic_instance_takes_no_interface_and_leaves_only_a_vpc_that_it_is_linked_to() -> None:
    net = Net(**OPEN)
    (vm,) = net.cloud.execute(classic_command(net))
    assert denied(net, vm.id, c.AttachNetworkInterface) == ["interface.attach.vpc"]
    assert denied(net, vm.id, c.DetachNetworkInterface) == ["interface.detach.wrong-instance"]
    for resource_id in (vm.id, net.vpc.id):
        assert denied(net, resource_id, c.DetachClassicLinkVpc) == ["classic-link.detach.linked"]
    net.cloud.execute(c.EnableVpcClassicLink(vpc_id=net.vpc.id))
    net.cloud.execute(c.AttachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id))
    for resource_id in (vm.id, net.vpc.id):
        assert denied(net, resource_id, c.DetachClassicLinkVpc) == []


def test_what_nothing_can_be_separated_from_is_said_in_words(net: Net) -> None:
    (violation,) = net.cloud.permitted(net.new_group().id)[c.LeaveSecurityGroup].violations
    assert violation.message.startswith("no instance is in sg-")
    assert (violation.code, violation.http_status) == ("InstanceNotInSecurityGroup", 403)


def test_permitted_goes_by_the_rules_of_the_cloud() -> None:
    net = Net(rules=rules.without("security-group.leave.member"))
    assert net.cloud.permitted(net.new_group().id)[c.LeaveSecurityGroup]


def test_a_users_rule_about_one_counterpart_does_not_deny_another() -> None:
    own = RuleRegistry(rules)

    @own.denies("x.kept", c.DetachNetworkInterface, message="{name} is kept")
    def kept(network_interface: NetworkInterface) -> dict[str, Any] | None:
        """An ENI that is named kept-… stays attached."""
        return {"name": network_interface.name} if (network_interface.name or "").startswith("kept-") else None

    net = Net(rules=own)
    vm = net.run()
    net.attached(vm, network_interface_name="kept-1")
    assert denied(net, vm.id, c.DetachNetworkInterface) == ["x.kept"]
    net.attached(vm, network_interface_name="free-1")
    assert denied(net, vm.id, c.DetachNetworkInterface) == []


def test_permitted_applies_a_users_rule_about_attached_interfaces() -> None:
    own = RuleRegistry(rules)

    @own.denies("x.frozen", c.AttachNetworkInterface, message="{name} is frozen")
    def frozen(network_interface: NetworkInterface) -> dict[str, Any] | None:
        """A frozen resource is never moved."""
        return {"name": network_interface.name} if network_interface.name == "frozen-1" else None

    net = Net(rules=own)
    permitted = net.cloud.permitted(net.eni(network_interface_name="frozen-1").id)
    assert [v.rule for v in permitted[c.AttachNetworkInterface].violations] == ["x.frozen"]
    assert net.cloud.permitted(net.eni(network_interface_name="free-1").id)[c.AttachNetworkInterface]


def test_what_there_is_nothing_to_separate_from_is_named_in_the_facts() -> None:
    net = Net(**OPEN)
    enable(net)
    bare, vm, interface, group = classic(net), net.run(), net.eni(), net.new_group()
    wrong = "eip.unassociate.wrong-instance"
    expected: list[tuple[str, type[Command[Any]], str, str]] = [
        (bare.id, c.AttachNetworkInterface, "interface.attach.vpc", "instance_id"),
        (bare.id, c.DetachNetworkInterface, "interface.detach.wrong-instance", "instance_id"),
        (bare.id, c.DetachClassicLinkVpc, "classic-link.detach.linked", "instance_id"),
        (bare.id, c.UnassociateEipAddress, wrong, "instance_id"),
        (vm.id, c.UnassociateEipAddress, wrong, "instance_id"),
        (interface.id, c.UnassociateEipAddress, wrong, "instance_id"),
        (net.vpc.id, c.DetachClassicLinkVpc, "classic-link.detach.linked", "vpc_id"),
        (group.id, c.LeaveSecurityGroup, "security-group.leave.member", "security_group_id"),
    ]
    for resource_id, command, rule_id, fact in expected:
        violations = {one.rule: one for one in net.cloud.permitted(resource_id)[command].violations}
        assert violations[rule_id].facts == {fact: resource_id}
        assert resource_id in violations[rule_id].message


def test_a_group_that_cannot_be_left_is_denied_without_the_rule_about_instances_that_are_in_none() -> None:
    net = Net(rules=rules.without("security-group.leave.member"))
    vm, empty = net.run(), net.new_group()
    for resource_id in (vm.id, net.group.id):
        violations = net.cloud.permitted(resource_id)[c.LeaveSecurityGroup].violations
        assert [violation.rule for violation in violations] == ["interface.security-groups.count"]
    assert net.cloud.permitted(empty.id)[c.LeaveSecurityGroup].allowed
