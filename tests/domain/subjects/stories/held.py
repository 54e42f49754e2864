"""Stories about imported resources that are held."""

from __future__ import annotations

from typing import Any

from ecsnet import Command, NewNetworkInterface
from ecsnet import commands as c
from tests.support import held
from tests.support.net import Net
from tests.support.witnesses import keeps, trips


@trips("interface.held")
def delete_an_interface_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.DeleteNetworkInterface(network_interface_id=held.MANAGED)


@keeps("interface.held")
def delete_an_interface_beside_one_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.DeleteNetworkInterface(network_interface_id=held.OWN)


@trips("interface.held")
def modify_an_interface_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=held.MANAGED, network_interface_name="mine")


@trips("interface.held")
def detach_a_trunk_interface(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.DetachNetworkInterface(network_interface_id=held.TRUNK, instance_id=held.INSTANCE)


@trips("interface.held")
def assign_an_address_to_a_trunk_interface(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.AssignPrivateIpAddresses(network_interface_id=held.TRUNK, secondary_private_ip_address_count=1)


@trips("interface.held")
def unassign_an_address_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.UnassignPrivateIpAddresses(network_interface_id=held.MANAGED, private_ip_addresses=["10.0.77.12"])


@trips("interface.held")
def move_a_primary_interface_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, primary={"Status": "Migrating"})
    net.cloud.execute(c.StopInstance(instance_id=held.INSTANCE))
    return c.ModifyInstanceVpcAttribute(
        instance_id=held.INSTANCE, vswitch_id=held.VSWITCH, private_ip_address="10.0.77.99"
    )


@trips("interface.attach.held")
def attach_an_interface_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.AttachNetworkInterface(network_interface_id=held.MANAGED, instance_id=held.INSTANCE)


@keeps("interface.attach.held")
def attach_an_interface_beside_a_trunk_one(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.AttachNetworkInterface(network_interface_id=held.OWN, instance_id=held.INSTANCE)


@trips("interface.attach.held")
def run_an_instance_with_an_interface_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.RunInstances(
        instance_type="ecs.g5.xlarge",
        vswitch_id=held.VSWITCH,
        security_group_ids=[held.GROUP],
        network_interface_ids=[held.MANAGED],
    )


@trips("instance.held-interface")
def release_an_instance_with_a_trunk_interface(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.DeleteInstance(instance_id=held.INSTANCE, force=True)


@keeps("instance.held-interface")
def release_an_instance_without_a_trunk_interface(net: Net) -> Command[Any]:
    held.import_into(net.cloud, trunk=False)
    return c.DeleteInstance(instance_id=held.INSTANCE, force=True)


@trips("instance.held-interface")
def join_a_group_with_a_primary_interface_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, primary={"Status": "Migrating"})
    return c.JoinSecurityGroup(instance_id=held.INSTANCE, security_group_id="sg-other")


@trips("instance.held-interface")
def leave_a_group_with_a_primary_interface_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, primary={"Status": "Migrating"})
    return c.LeaveSecurityGroup(instance_id=held.INSTANCE, security_group_id=held.GROUP)


@keeps("instance.held-interface")
def join_a_group_with_a_trunk_interface(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.JoinSecurityGroup(instance_id=held.INSTANCE, security_group_id="sg-other")


@trips("eip.held")
def unassociate_an_eip_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.UnassociateEipAddress(allocation_id=held.EIP)


@trips("eip.held")
def associate_an_eip_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.AssociateEipAddress(allocation_id=held.EIP, instance_id=held.INSTANCE)


@trips("eip.held")
def release_an_eip_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.ReleaseEipAddress(allocation_id=held.EIP)


@keeps("eip.held")
def release_an_eip_beside_one_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    own = net.cloud.execute(c.AllocateEipAddress())
    return c.ReleaseEipAddress(allocation_id=own.id)


@trips("instance.held")
def stop_an_instance_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, instance={"Status": "Hibernating"})
    return c.StopInstance(instance_id=held.INSTANCE)


@trips("instance.held")
def release_an_instance_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, trunk=False, instance={"InstanceChargeType": "Spot"})
    return c.DeleteInstance(instance_id=held.INSTANCE, force=True)


@trips("instance.held")
def attach_an_interface_to_an_instance_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, instance={"Status": "Hibernating"})
    return c.AttachNetworkInterface(network_interface_id=held.OWN, instance_id=held.INSTANCE)


@keeps("instance.held")
def stop_an_instance_with_a_trunk_interface(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.StopInstance(instance_id=held.INSTANCE)


# What is described of a resource without being held


def with_eip(net: Net, **described: Any) -> str:
    """Imports an Available EIP that is described so, and returns its id."""
    one = {"AllocationId": "eip-own", "IpAddress": "203.0.113.78", "Status": "Available", **described}
    net.cloud.import_resources([{"EipAddresses": {"EipAddress": [one]}}])
    return "eip-own"


@trips("eip.release.charge-type")
def release_a_subscription_eip(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=with_eip(net, ChargeType="PrePaid"))


@trips("eip.release.deletion-protection")
def release_a_protected_eip(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=with_eip(net, DeletionProtection=True))


@keeps("eip.release.charge-type", "eip.release.deletion-protection")
def release_an_unprotected_pay_as_you_go_eip(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=with_eip(net, ChargeType="PostPaid", DeletionProtection=False))


@trips("instance.release.deletion-protection")
def release_a_protected_instance(net: Net) -> Command[Any]:
    held.import_into(net.cloud, instance={"DeletionProtection": True}, trunk=False)
    return c.DeleteInstance(instance_id=held.INSTANCE, force=True)


@keeps("instance.release.deletion-protection")
def release_an_unprotected_instance(net: Net) -> Command[Any]:
    held.import_into(net.cloud, instance={"DeletionProtection": False}, trunk=False)
    return c.DeleteInstance(instance_id=held.INSTANCE, force=True)


# EIPs and ENIs that are held


@trips("interface.held")
def associate_an_eip_with_an_interface_of_a_gateway(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.AssociateEipAddress(
        allocation_id=with_eip(net), instance_id=held.MANAGED, instance_type="NetworkInterface"
    )


# Networks that are held or shared


@trips("vpc.held")
def create_a_vswitch_in_a_vpc_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vpc={"Status": "Frozen"})
    return c.CreateVSwitch(vpc_id=held.VPC, zone_id="cn-hangzhou-b", cidr_block="10.0.78.0/24")


@keeps("vpc.held")
@keeps("vpc.shared")
def create_a_vswitch_in_a_vpc_that_was_imported(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vpc={"OwnerId": net.cloud.account_id})
    return c.CreateVSwitch(vpc_id=held.VPC, zone_id="cn-hangzhou-b", cidr_block="10.0.78.0/24")


@trips("vpc.shared")
def create_a_vswitch_in_a_vpc_that_is_shared(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vpc={"OwnerId": held.OTHER_ACCOUNT}, vswitch={"OwnerId": net.cloud.account_id})
    return c.CreateVSwitch(vpc_id=held.VPC, zone_id="cn-hangzhou-b", cidr_block="10.0.78.0/24")


@keeps("vpc.held")
def create_a_group_in_a_vpc_that_is_shared(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vpc={"OwnerId": held.OTHER_ACCOUNT}, vswitch={"OwnerId": net.cloud.account_id})
    return c.CreateSecurityGroup(vpc_id=held.VPC)


@trips("vswitch.held")
def create_an_interface_in_a_vswitch_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vswitch={"Status": "Frozen"})
    return c.CreateNetworkInterface(vswitch_id=held.VSWITCH, security_group_ids=[held.GROUP])


@trips("vswitch.held")
def run_an_instance_with_an_interface_in_a_vswitch_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vswitch={"Status": "Frozen"})
    return net.run_command(network_interfaces=[NewNetworkInterface(vswitch_id=held.VSWITCH)])


@trips("vswitch.not-found", "vswitch.held")
def run_where_there_is_no_vswitch_with_an_interface_in_one_that_is_not_understood(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vswitch={"Status": "Frozen"})
    new = NewNetworkInterface(vswitch_id=held.VSWITCH)
    return net.run_command(vswitch_id="vsw-none", network_interfaces=[new])


@keeps("vswitch.held")
def create_an_interface_in_a_vswitch_that_is_shared(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vpc={"OwnerId": net.cloud.account_id}, vswitch={"OwnerId": held.OTHER_ACCOUNT})
    return c.CreateNetworkInterface(vswitch_id=held.VSWITCH, security_group_ids=[held.GROUP])


@trips("vswitch.shared")
def delete_a_vswitch_that_is_shared(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vpc={"OwnerId": net.cloud.account_id}, vswitch={"OwnerId": held.OTHER_ACCOUNT})
    return c.DeleteVSwitch(vswitch_id=held.VSWITCH)


@keeps("vswitch.shared")
def delete_an_own_vswitch_beside_one_that_is_shared(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vpc={"OwnerId": net.cloud.account_id}, vswitch={"OwnerId": held.OTHER_ACCOUNT})
    return c.DeleteVSwitch(vswitch_id=net.new_vswitch("10.0.2.0/24").id)


# What is named and not described


def without(net: Net, *kinds: str) -> None:
    """Imports the account without the descriptions of some kinds."""
    named = held.responses(primary={"VpcId": held.VPC})
    net.cloud.import_resources([one for one in named if one.keys().isdisjoint(kinds)])


@trips("vpc.held")
def rename_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.ModifyVpcAttribute(vpc_id=held.VPC, vpc_name="mine")


@trips("vpc.held")
def give_a_block_to_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.AssociateVpcCidrBlock(vpc_id=held.VPC, secondary_cidr_block="172.16.0.0/16")


@trips("vpc.held")
def take_a_block_from_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.UnassociateVpcCidrBlock(vpc_id=held.VPC, secondary_cidr_block="172.16.0.0/16")


@keeps("vpc.held")
def give_a_block_to_a_vpc_beside_one_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block="172.16.0.0/16")


@trips("vswitch.held", "security-group.held")
def create_an_interface_in_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.CreateNetworkInterface(vswitch_id=held.VSWITCH, security_group_ids=[held.GROUP])


@trips("vswitch.held")
def rename_a_vswitch_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "VSwitches")
    return c.ModifyVSwitchAttribute(vswitch_id=held.VSWITCH, vswitch_name="mine")


@trips("vswitch.held")
def create_an_interface_in_a_vswitch_without_a_zone(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vswitch={"ZoneId": ""})
    return c.CreateNetworkInterface(vswitch_id=held.VSWITCH, security_group_ids=[held.GROUP])


@keeps("vswitch.held", "security-group.held")
def create_an_interface_beside_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return net.eni_command()


@trips("security-group.held")
def rename_a_group_of_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.ModifySecurityGroupAttribute(security_group_id=held.GROUP, security_group_name="mine")


@trips("security-group.held")
def delete_a_group_of_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.DeleteSecurityGroup(security_group_id="sg-other")


@trips("security-group.held")
def authorize_a_group_of_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.AuthorizeSecurityGroup(security_group_id=held.GROUP, source_group_id="sg-other")


@trips("security-group.held", "instance.held")
def leave_a_group_of_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.LeaveSecurityGroup(security_group_id=held.GROUP, instance_id=held.INSTANCE)


@keeps("security-group.held")
def delete_a_group_of_a_vpc_that_was_imported(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.DeleteSecurityGroup(security_group_id="sg-other")


@trips("interface.held")
def delete_an_interface_in_a_vswitch_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "VSwitches")
    return c.DeleteNetworkInterface(network_interface_id=held.OWN)


@keeps("interface.held")
def delete_an_interface_in_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.DeleteNetworkInterface(network_interface_id=held.OWN)


@trips("interface.attach.held")
def attach_an_interface_in_a_vswitch_without_a_zone(net: Net) -> Command[Any]:
    held.import_into(net.cloud, vswitch={"ZoneId": ""})
    return c.AttachNetworkInterface(network_interface_id=held.OWN, instance_id=held.INSTANCE)


@trips("instance.held")
def stop_an_instance_without_its_primary_interface(net: Net) -> Command[Any]:
    without(net, "NetworkInterfaceSets")
    return c.StopInstance(instance_id=held.INSTANCE)


@trips("tags.held")
def tag_a_group_of_a_vpc_that_is_not_described(net: Net) -> Command[Any]:
    without(net, "Vpcs")
    return c.TagResources(resource_type="securitygroup", resource_ids=[held.GROUP], tags={"team": "web"})


@trips("eip.held")
def release_a_second_eip_of_an_instance(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    eips = [
        {"AllocationId": f"eip-{n}", "IpAddress": f"203.0.113.{n}", "Status": "InUse", "InstanceId": held.INSTANCE}
        for n in (1, 2)
    ]
    net.cloud.import_resources([{"EipAddresses": {"EipAddress": eips}}])
    return c.ReleaseEipAddress(allocation_id="eip-2")
