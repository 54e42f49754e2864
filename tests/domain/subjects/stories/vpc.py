"""Stories about VPCs and VSwitches."""

from __future__ import annotations

from typing import Any

from ecsnet import Command, NewNetworkInterface, Vpc, VSwitch
from ecsnet import commands as c
from tests.support.accounts import network
from tests.support.net import Net
from tests.support.setups import OPEN, classic, enable, link
from tests.support.witnesses import MANUAL, keeps, trips

# A VPC


@trips("vpc.not-found")
def vpc_is_not_there(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id="vpc-none", zone_id="cn-hangzhou-b", cidr_block="10.0.9.0/24")


@trips("vpc.not-found")
def vpc_was_deleted(net: Net) -> Command[Any]:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    net.cloud.execute(c.DeleteVpc(vpc_id=vpc.id))
    return c.DeleteVpc(vpc_id=vpc.id)


@trips("vpc.not-found")
def vpc_is_in_another_region_than_the_group(net: Net) -> Command[Any]:
    return c.CreateSecurityGroup(vpc_id=net.vpc.id, region_id="cn-beijing")


@keeps("vpc.not-found", "vswitch.create.zone", "vswitch.create.cidr", "vswitch.create.overlap", "vpc.vswitch-quota")
def vswitch_next_to_the_first(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.2.0/24")


@trips("vpc.create.cidr")
def vpc_with_public_addresses(net: Net) -> Command[Any]:
    return c.CreateVpc(cidr_block="8.8.0.0/16")


@trips("vpc.create.cidr")
def vpc_that_is_too_small(net: Net) -> Command[Any]:
    return c.CreateVpc(cidr_block="10.0.0.0/29")


@keeps("vpc.create.cidr")
def vpc_of_a_whole_private_range(net: Net) -> Command[Any]:
    return c.CreateVpc(cidr_block="172.16.0.0/12")


@trips("vpc.delete.in-use")
def delete_a_vpc_with_a_vswitch(net: Net) -> Command[Any]:
    return c.DeleteVpc(vpc_id=net.vpc.id)


@trips("vpc.delete.in-use")
def delete_a_vpc_with_a_group(net: Net) -> Command[Any]:
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    return c.DeleteVpc(vpc_id=net.vpc.id)


@keeps("vpc.delete.in-use")
def delete_an_empty_vpc(net: Net) -> Command[Any]:
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    return c.DeleteVpc(vpc_id=net.vpc.id)


@trips("vpc.delete.in-use", **OPEN)
def delete_a_vpc_with_a_linked_instance(net: Net) -> Command[Any]:
    enable(net)
    net.cloud.execute(link(net, classic(net)))
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    return c.DeleteVpc(vpc_id=net.vpc.id)


def vpc(cidr_block: str) -> Command[Any]:
    return c.CreateVpc(cidr_block=cidr_block)


@keeps("vpc.create.cidr")
def the_largest_vpc(net: Net) -> Command[Any]:
    return vpc("10.0.0.0/8")


@keeps("vpc.create.cidr")
def the_smallest_vpc_at_the_end_of_its_range(net: Net) -> Command[Any]:
    return vpc("192.168.255.240/28")


@trips("vpc.create.cidr")
def a_vpc_larger_than_its_range(net: Net) -> Command[Any]:
    return vpc("192.168.0.0/15")


@trips("vpc.create.cidr")
def a_vpc_just_after_its_range(net: Net) -> Command[Any]:
    return vpc("172.32.0.0/16")


# A VSwitch


@trips("vswitch.not-found")
def vswitch_is_not_there(net: Net) -> Command[Any]:
    return net.eni_command(vswitch_id="vsw-none")


@keeps(
    "vswitch.not-found",
    "security-group.not-found",
    "interface.security-groups.vpc",
    "interface.security-groups.count",
    "account.interface-quota",
    "address.private.exhausted",
)
def eni_in_its_vswitch(net: Net) -> Command[Any]:
    return net.eni_command()


@trips("vswitch.create.zone")
def vswitch_in_a_zone_of_another_region(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-beijing-b", cidr_block="10.0.2.0/24")


@trips("vswitch.create.cidr")
def vswitch_outside_its_vpc(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.1.0.0/24")


@trips("vswitch.create.cidr")
def vswitch_of_eight_addresses_less(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.2.0/30")


@keeps("vswitch.create.cidr", "vswitch.create.overlap")
def smallest_vswitch(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.2.0/29")


@trips("vswitch.create.overlap")
def vswitch_around_another(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/23")


@trips("vswitch.create.overlap")
def vswitch_inside_another(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.128/25")


@trips("vpc.vswitch-quota")
def one_vswitch_too_many(net: Net) -> Command[Any]:
    for n in range(2, 25):
        net.new_vswitch(f"10.0.{n}.0/24")
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.25.0/24")


@keeps("vpc.vswitch-quota")
def one_vswitch_more_after_a_raise(net: Net) -> Command[Any]:
    command = one_vswitch_too_many(net)
    net.quota("vswitches-per-vpc", 25)
    return command


@trips("vswitch.delete.in-use")
def delete_a_vswitch_with_an_interface(net: Net) -> Command[Any]:
    net.eni()
    return c.DeleteVSwitch(vswitch_id=net.vswitch.id)


@keeps("vswitch.delete.in-use")
def delete_a_vswitch_that_was_emptied(net: Net) -> Command[Any]:
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=net.eni().id))
    return c.DeleteVSwitch(vswitch_id=net.vswitch.id)


@trips("vswitch.create.cidr")
def a_vswitch_with_a_mask_of_15(net: Net) -> Command[Any]:
    large = net.cloud.execute(vpc("10.0.0.0/8"))
    return c.CreateVSwitch(vpc_id=large.id, zone_id="cn-hangzhou-b", cidr_block="10.2.0.0/15")


def vswitch(net: Net, cidr_block: str) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block=cidr_block)


@keeps("vswitch.create.cidr", "vpc.vswitch-quota")
def a_vswitch_as_large_as_its_vpc(net: Net) -> Command[Any]:
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    return vswitch(net, "10.0.0.0/16")


@keeps("vswitch.create.overlap")
def a_vswitch_that_ends_where_another_begins(net: Net) -> Command[Any]:
    return vswitch(net, "10.0.0.0/24")


@keeps("vswitch.create.cidr", "vswitch.create.overlap")
def the_last_vswitch_of_a_vpc(net: Net) -> Command[Any]:
    return vswitch(net, "10.0.255.0/24")


@trips("vpc.not-found", "vswitch.create.cidr")
def a_vswitch_with_a_mask_that_is_wrong_in_any_vpc(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id="vpc-none", zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/30")


@trips("vswitch.create.cidr")
def a_vswitch_that_begins_before_its_vpc(net: Net) -> Command[Any]:
    small = net.cloud.execute(vpc("10.9.128.0/17"))
    return c.CreateVSwitch(vpc_id=small.id, zone_id="cn-hangzhou-b", cidr_block="10.9.0.0/16")


@trips("vswitch.not-found")
def run_in_a_vswitch_that_is_not_there(net: Net) -> Command[Any]:
    return net.run_command(vswitch_id="vsw-none")


# While a VPC or a VSwitch is created or deleted


def pending_vpc(net: Net) -> Vpc:
    return net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))


def deleting_vpc(net: Net) -> Vpc:
    vpc = pending_vpc(net)
    net.cloud.settle()
    return net.cloud.execute(c.DeleteVpc(vpc_id=vpc.id))


def pending_vswitch(net: Net) -> VSwitch:
    return net.cloud.execute(net.vswitch_command("10.0.9.0/24"))


def deleting_vswitch(net: Net) -> VSwitch:
    return net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.new_vswitch("10.0.9.0/24").id))


@trips("vpc.state", **MANUAL)
def vswitch_in_a_pending_vpc(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=pending_vpc(net).id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24")


@keeps("vpc.state", **MANUAL)
def vswitch_in_a_vpc_that_was_pending(net: Net) -> Command[Any]:
    command = vswitch_in_a_pending_vpc(net)
    net.cloud.settle()
    return command


@trips("vpc.state", **MANUAL)
def vswitch_in_a_vpc_that_is_deleting(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=deleting_vpc(net).id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24")


@trips("vpc.state", **MANUAL)
def group_in_a_pending_vpc(net: Net) -> Command[Any]:
    return c.CreateSecurityGroup(vpc_id=pending_vpc(net).id)


@trips("vpc.state", **MANUAL)
def enable_classic_link_for_a_vpc_that_is_deleting(net: Net) -> Command[Any]:
    return c.EnableVpcClassicLink(vpc_id=deleting_vpc(net).id)


@trips("vpc.state", **MANUAL)
def delete_a_pending_vpc(net: Net) -> Command[Any]:
    return c.DeleteVpc(vpc_id=pending_vpc(net).id)


@keeps("vpc.state", "vpc.delete.in-use", **MANUAL)
def delete_a_vpc_again(net: Net) -> Command[Any]:
    return c.DeleteVpc(vpc_id=deleting_vpc(net).id)


@trips("vpc.delete.in-use", **MANUAL)
def delete_a_vpc_whose_vswitch_and_group_are_being_deleted(net: Net) -> Command[Any]:
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    return c.DeleteVpc(vpc_id=net.vpc.id)


@keeps("vpc.delete.in-use", "vpc.state", **MANUAL)
def delete_a_vpc_whose_vswitch_and_group_were_deleted(net: Net) -> Command[Any]:
    command = delete_a_vpc_whose_vswitch_and_group_are_being_deleted(net)
    net.cloud.settle()
    return command


@trips("vswitch.state", **MANUAL)
def interface_in_a_pending_vswitch(net: Net) -> Command[Any]:
    return net.eni_command(vswitch_id=pending_vswitch(net).id)


@trips("vswitch.state", **MANUAL)
def instance_in_a_vswitch_that_is_being_deleted(net: Net) -> Command[Any]:
    return net.run_command(vswitch_id=deleting_vswitch(net).id)


@trips("vswitch.state", **MANUAL)
def run_with_a_new_interface_in_a_pending_vswitch(net: Net) -> Command[Any]:
    return net.run_command(network_interfaces=[NewNetworkInterface(vswitch_id=pending_vswitch(net).id)])


@trips("vswitch.not-found", "vswitch.state", **MANUAL)
def run_where_there_is_no_vswitch_with_a_new_interface_in_a_pending_one(net: Net) -> Command[Any]:
    new = NewNetworkInterface(vswitch_id=pending_vswitch(net).id)
    return net.run_command(vswitch_id="vsw-none", network_interfaces=[new])


@trips("interface.attach.vpc", "vswitch.state", **MANUAL)
def run_a_classic_instance_with_a_new_interface_in_a_pending_vswitch(net: Net) -> Command[Any]:
    new = NewNetworkInterface(vswitch_id=pending_vswitch(net).id)
    return net.run_command(vswitch_id=None, network_type="classic", network_interfaces=[new])


@keeps("vswitch.state", **MANUAL)
def run_with_a_new_interface_in_a_vswitch_that_was_pending(net: Net) -> Command[Any]:
    vswitch = pending_vswitch(net)
    net.cloud.settle()
    return net.run_command(network_interfaces=[NewNetworkInterface(vswitch_id=vswitch.id)])


@keeps("vswitch.state", **MANUAL)
def instance_in_a_vswitch_that_was_pending(net: Net) -> Command[Any]:
    vswitch = pending_vswitch(net)
    net.cloud.settle()
    return net.run_command(vswitch_id=vswitch.id)


@trips("vswitch.state", **MANUAL)
def move_an_instance_into_a_pending_vswitch(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    net.cloud.settle()
    return c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=pending_vswitch(net).id)


@trips("vswitch.state", **MANUAL)
def delete_a_pending_vswitch(net: Net) -> Command[Any]:
    return c.DeleteVSwitch(vswitch_id=pending_vswitch(net).id)


@keeps("vswitch.state", "vswitch.delete.in-use", **MANUAL)
def delete_a_vswitch_again(net: Net) -> Command[Any]:
    return c.DeleteVSwitch(vswitch_id=deleting_vswitch(net).id)


@trips("vswitch.delete.in-use", **MANUAL)
def delete_a_vswitch_with_an_instance_that_is_being_released(net: Net) -> Command[Any]:
    net.cloud.execute(c.DeleteInstance(instance_id=net.run().id, force=True))
    return c.DeleteVSwitch(vswitch_id=net.vswitch.id)


@keeps("vswitch.delete.in-use", **MANUAL)
def delete_a_vswitch_whose_instance_was_released(net: Net) -> Command[Any]:
    command = delete_a_vswitch_with_an_instance_that_is_being_released(net)
    net.cloud.settle()
    return command


# More described than the default quota


@keeps("vpc.vswitch-quota")
def one_more_than_the_described_vswitches(net: Net) -> Command[Any]:
    net.cloud.import_resources(network(vswitches=30))
    return c.CreateVSwitch(vpc_id="vpc-0", zone_id="cn-hangzhou-b", cidr_block="10.99.0.0/16")


# Secondary blocks


def associate(net: Net, cidr_block: str) -> Command[Any]:
    return c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block=cidr_block)


def unassociate(net: Net, cidr_block: str) -> Command[Any]:
    return c.UnassociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block=cidr_block)


@keeps("vpc.cidr-block.range", "vpc.cidr-block.overlap", "vpc.cidr-block.quota", "vpc.state")
def a_second_block(net: Net) -> Command[Any]:
    return associate(net, "172.16.0.0/16")


@keeps("vpc.cidr-block.range", "vpc.cidr-block.overlap")
def a_second_block_of_public_addresses_next_to_a_range_that_no_vpc_has(net: Net) -> Command[Any]:
    return associate(net, "100.128.0.0/28")


@keeps("vpc.cidr-block.range")
def the_largest_second_block(net: Net) -> Command[Any]:
    return associate(net, "11.0.0.0/8")


@trips("vpc.cidr-block.range")
def a_second_block_that_is_too_small(net: Net) -> Command[Any]:
    return associate(net, "172.16.0.0/29")


@trips("vpc.cidr-block.range")
def a_second_block_that_is_too_large(net: Net) -> Command[Any]:
    return associate(net, "12.0.0.0/7")


@trips("vpc.cidr-block.range")
def a_second_block_in_a_range_that_no_vpc_has(net: Net) -> Command[Any]:
    return associate(net, "100.64.3.0/24")


@trips("vpc.cidr-block.range")
def a_second_block_around_a_range_that_no_vpc_has(net: Net) -> Command[Any]:
    return associate(net, "169.0.0.0/8")


@trips("vpc.cidr-block.range")
def a_second_block_that_begins_with_zero(net: Net) -> Command[Any]:
    return associate(net, "0.1.0.0/16")


@trips("vpc.cidr-block.overlap")
def a_second_block_inside_the_first(net: Net) -> Command[Any]:
    return associate(net, "10.0.9.0/24")


@trips("vpc.cidr-block.overlap")
def a_second_block_around_the_first(net: Net) -> Command[Any]:
    return associate(net, "10.0.0.0/8")


@trips("vpc.cidr-block.overlap")
def the_same_second_block_again(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "172.16.0.0/16"))
    return associate(net, "172.16.0.0/16")


@keeps("vpc.cidr-block.overlap", "vpc.cidr-block.quota")
def the_fifth_secondary_block(net: Net) -> Command[Any]:
    for number in range(16, 20):
        net.cloud.execute(associate(net, f"172.{number}.0.0/16"))
    return associate(net, "172.20.0.0/16")


@trips("vpc.cidr-block.quota")
def the_sixth_secondary_block(net: Net) -> Command[Any]:
    net.cloud.execute(the_fifth_secondary_block(net))
    return associate(net, "172.21.0.0/16")


@trips("vpc.cidr-block.secondary")
def take_away_a_block_that_the_vpc_has_not(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "172.16.0.0/16"))
    return unassociate(net, "172.16.0.0/17")


@trips("vpc.cidr-block.secondary")
def take_away_the_block_that_the_vpc_was_created_with(net: Net) -> Command[Any]:
    return unassociate(net, "10.0.0.0/16")


@keeps("vpc.cidr-block.secondary", "vpc.cidr-block.in-use", "vpc.state")
def take_away_a_block_without_vswitches(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "172.16.0.0/16"))
    net.cloud.execute(associate(net, "172.17.0.0/16"))
    net.new_vswitch("172.17.0.0/24")
    return unassociate(net, "172.16.0.0/16")


@trips("vpc.cidr-block.in-use")
def take_away_a_block_with_a_vswitch(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "172.16.0.0/16"))
    net.new_vswitch("172.16.255.248/29")
    return unassociate(net, "172.16.0.0/16")


@trips("vpc.cidr-block.in-use", **MANUAL)
def take_away_a_block_whose_vswitch_is_being_deleted(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "172.16.0.0/16"))
    vswitch = net.new_vswitch("172.16.1.0/24")
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=vswitch.id))
    return unassociate(net, "172.16.0.0/16")


@keeps("vpc.cidr-block.in-use", **MANUAL)
def take_away_a_block_whose_vswitch_was_deleted(net: Net) -> Command[Any]:
    command = take_away_a_block_whose_vswitch_is_being_deleted(net)
    net.cloud.settle()
    return command


@keeps("vswitch.create.cidr", "vswitch.create.overlap")
def vswitch_in_a_secondary_block(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "172.16.0.0/16"))
    return net.vswitch_command("172.16.255.0/24")


@trips("vswitch.create.cidr")
def vswitch_over_two_blocks_of_its_vpc(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "10.1.0.0/16"))
    return net.vswitch_command("10.0.0.0/15")


@trips("vswitch.create.cidr")
def vswitch_in_a_block_that_was_taken_away(net: Net) -> Command[Any]:
    net.cloud.execute(associate(net, "172.16.0.0/16"))
    net.cloud.execute(unassociate(net, "172.16.0.0/16"))
    return net.vswitch_command("172.16.255.0/24")


@trips("vpc.state", **MANUAL)
def a_second_block_of_a_pending_vpc(net: Net) -> Command[Any]:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
    return c.AssociateVpcCidrBlock(vpc_id=vpc.id, secondary_cidr_block="172.16.0.0/16")


@keeps("vpc.cidr-block.quota")
def one_more_than_the_described_blocks(net: Net) -> Command[Any]:
    net.cloud.import_resources(network(secondary_blocks=8))
    return c.AssociateVpcCidrBlock(vpc_id="vpc-0", secondary_cidr_block="172.24.0.0/16")
