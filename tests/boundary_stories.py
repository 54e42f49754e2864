"""Witnesses at the very edge of a rule, and for each command that a rule guards and no other story gives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsnet import Command, InstanceType
from ecsnet import commands as c
from tests.classic_stories import CLOSING, OPEN, classic, classic_command, enable, link
from tests.net import Net
from tests.public_stories import SUBSCRIPTION, created, eip, move, stopped, use_up_the_public_addresses
from tests.stories import MANUAL, keeps, trips

OWN_TYPES: dict[str, Any] = {
    "instance_types": [
        InstanceType(id="ecs.old.large", eni_quantity=3, private_ipv4_per_eni=4, io_optimized=False),
        InstanceType(id="ecs.one.large", eni_quantity=1, private_ipv4_per_eni=4),
        InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=2),
    ]
}

# Blocks


def vpc(cidr_block: str) -> Command[Any]:
    return c.CreateVpc(cidr_block=cidr_block)


def vswitch(net: Net, cidr_block: str) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block=cidr_block)


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


@trips("vswitch.create.cidr")
def a_vswitch_with_a_mask_of_15(net: Net) -> Command[Any]:
    large = net.cloud.execute(vpc("10.0.0.0/8"))
    return c.CreateVSwitch(vpc_id=large.id, zone_id="cn-hangzhou-b", cidr_block="10.2.0.0/15")


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


@trips("vswitch.create.cidr")
def a_vswitch_that_begins_before_its_vpc(net: Net) -> Command[Any]:
    small = net.cloud.execute(vpc("10.9.128.0/17"))
    return c.CreateVSwitch(vpc_id=small.id, zone_id="cn-hangzhou-b", cidr_block="10.9.0.0/16")


# Addresses


@keeps("address.private.reserved", "address.private.in-cidr")
def the_first_and_the_last_address_of_a_small_vswitch(net: Net) -> Command[Any]:
    small = net.new_vswitch("10.0.2.0/29")
    return net.eni_command(vswitch_id=small.id, primary_ip_address="10.0.2.1", private_ip_addresses=["10.0.2.4"])


@trips("address.private.reserved")
def the_last_address_of_a_vswitch(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.255")


@trips("address.private.in-cidr")
def the_address_after_a_vswitch(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.2.0")


@trips("address.private.in-cidr")
def the_address_before_a_vswitch(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.0.255")


def assign_by_name(net: Net, *addresses: str) -> Command[Any]:
    return c.AssignPrivateIpAddresses(network_interface_id=net.eni().id, private_ip_addresses=addresses)


@trips("address.private.in-cidr")
def assign_an_address_outside_the_vswitch(net: Net) -> Command[Any]:
    return assign_by_name(net, "10.0.2.5")


@trips("address.private.reserved")
def assign_the_gateway_address(net: Net) -> Command[Any]:
    return assign_by_name(net, "10.0.1.253")


@trips("address.private.repeated")
def assign_an_address_twice(net: Net) -> Command[Any]:
    return assign_by_name(net, "10.0.1.9", "10.0.1.9")


@keeps("address.private.repeated")
def assign_two_addresses(net: Net) -> Command[Any]:
    return assign_by_name(net, "10.0.1.9", "10.0.1.10")


@trips("address.private.exhausted")
def assign_more_than_is_left(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    return c.AssignPrivateIpAddresses(network_interface_id=net.eni().id, secondary_private_ip_address_count=4)


@keeps("address.private.exhausted")
def assign_all_that_is_left(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    return c.AssignPrivateIpAddresses(network_interface_id=net.eni().id, secondary_private_ip_address_count=3)


@keeps("address.private.exhausted")
def as_many_instances_as_addresses(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    return net.run_command(amount=4)


@keeps("address.private.exhausted")
def run_at_the_last_address_by_name(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.eni(secondary_private_ip_address_count=2)
    return net.run_command(private_ip_address="10.0.2.4")


@trips("address.private.exhausted")
def run_in_a_full_vswitch(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.eni(secondary_private_ip_address_count=3)
    return net.run_command()


@trips("address.private.reserved")
def run_at_the_gateway_address(net: Net) -> Command[Any]:
    return net.run_command(private_ip_address="10.0.1.253")


@trips("address.private.in-use")
def run_at_the_address_of_another(net: Net) -> Command[Any]:
    return net.run_command(private_ip_address=net.eni().primary_private_ip)


@trips("interface.assign.available-limit")
def create_with_eleven_named_secondary_addresses(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.9", private_ip_addresses=[f"10.0.1.{n}" for n in range(20, 31)])


@keeps("interface.assign.available-limit")
def create_with_ten_named_secondary_addresses(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.9", private_ip_addresses=[f"10.0.1.{n}" for n in range(20, 30)])


@trips("security-group.address-quota")
def the_secondary_addresses_of_one_that_joins_count(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    vm = net.run(security_group_ids=[net.new_group().id])
    net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=net.primary(vm).id, secondary_private_ip_address_count=2)
    )
    net.eni()
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@keeps("security-group.address-quota")
def the_last_addresses_of_a_group_join(net: Net) -> Command[Any]:
    command = the_secondary_addresses_of_one_that_joins_count(net)
    net.quota("addresses-per-security-group", 4)
    return command


@trips("security-group.address-quota")
def one_instance_more_than_a_group_takes(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    return net.run_command(amount=4)


@keeps("security-group.address-quota")
def as_many_instances_as_a_group_takes(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    return net.run_command(amount=3)


# New instances with an ENI; what refuses `RunInstances` refuses `CreateInstance` too, as a test says of all of them


@trips("interface.security-groups.count")
def run_without_a_group(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=[])


@trips("vswitch.not-found")
def run_in_a_vswitch_that_is_not_there(net: Net) -> Command[Any]:
    return net.run_command(vswitch_id="vsw-none")


@trips("security-group.not-found")
def run_with_a_group_that_is_not_there(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=["sg-none"])


@trips("interface.not-found")
def run_with_an_interface_that_is_not_there(net: Net) -> Command[Any]:
    return net.run_command(network_interface_ids=["eni-none"])


@trips("interface.attach.primary")
def run_with_a_primary_interface(net: Net) -> Command[Any]:
    return net.run_command(network_interface_ids=[net.primary(net.run()).id])


@trips("interface.attach.zone")
def run_with_an_interface_of_another_zone(net: Net) -> Command[Any]:
    return net.run_command(network_interface_ids=[net.eni(vswitch_id=net.new_vswitch("10.0.2.0/24", zone="c").id).id])


@trips("interface.attach.instance-type", **OWN_TYPES)
def run_a_type_that_is_not_io_optimized_with_an_interface(net: Net) -> Command[Any]:
    return net.run_command(instance_type="ecs.old.large", network_interface_ids=[net.eni().id])


@trips("interface.attach.instance-type", "interface.attach.quota", **OWN_TYPES)
def run_a_type_of_one_interface_with_an_interface(net: Net) -> Command[Any]:
    return net.run_command(instance_type="ecs.one.large", network_interface_ids=[net.eni().id])


@keeps("interface.attach.instance-type", "interface.attach.quota", **OWN_TYPES)
def run_types_that_take_no_interface_without_one(net: Net) -> Command[Any]:
    net.run(instance_type="ecs.old.large")
    return net.run_command(instance_type="ecs.one.large")


@keeps("interface.attach.instance-type", "interface.attach.quota", **OWN_TYPES)
def run_a_type_of_two_interfaces_with_the_second(net: Net) -> Command[Any]:
    return net.run_command(instance_type="ecs.two.large", network_interface_ids=[net.eni().id])


@trips("interface.attach.address-quota", **OWN_TYPES)
def run_with_an_interface_of_too_many_addresses(net: Net) -> Command[Any]:
    interface = net.eni(secondary_private_ip_address_count=2)
    return net.run_command(instance_type="ecs.two.large", network_interface_ids=[interface.id])


@trips("interface.attach.stopped-only-type")
def detach_from_a_running_t6(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=net.run(instance_type="ecs.t6-c1m1.large").id))
    interface = net.attached(vm)
    net.cloud.execute(c.StartInstance(instance_id=vm.id))
    return c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id)


# By the clock


@keeps("network.classic.closed", start=CLOSING + timedelta(days=1))
def run_in_a_vpc_after_the_classic_network_was_closed(net: Net) -> Command[Any]:
    return net.run_command()


@trips("instance.release.charge-type")
def release_a_subscription_just_before_it_expires(net: Net) -> Command[Any]:
    vm = net.run(**SUBSCRIPTION)
    net.clock.advance(timedelta(days=31) - timedelta(microseconds=1))
    return c.DeleteInstance(instance_id=vm.id, force=True)


@keeps("instance.release.charge-type")
def release_a_subscription_at_the_moment_it_expires(net: Net) -> Command[Any]:
    vm = net.run(**SUBSCRIPTION)
    net.clock.advance(timedelta(days=31))
    return c.DeleteInstance(instance_id=vm.id, force=True)


@keeps("public-ip.convert.expiring")
def convert_just_before_the_last_day(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.clock.advance(timedelta(days=30) - timedelta(microseconds=1))
    return c.ConvertNatPublicIpToEip(instance_id=vm.id)


# Public addresses


@trips("instance.network-spec.pending-change")
def renew_with_another_bandwidth_while_a_change_waits(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    return c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=20)


@trips("public-ip.assign.pay-as-you-go")
def allocate_when_what_was_bought_was_given_up(net: Net) -> Command[Any]:
    vm = created(net, internet_max_bandwidth_out=5)
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=0))
    return c.AllocatePublicIpAddress(instance_id=vm.id)


@keeps("public-ip.assign.subscription", "public-ip.assign.pay-as-you-go")
def allocate_the_least_bandwidth(net: Net) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=created(net, internet_max_bandwidth_out=1).id)


@trips("address.region.exhausted")
def allocate_when_no_public_address_is_left(net: Net) -> Command[Any]:
    vm = created(net, internet_max_bandwidth_out=5)
    use_up_the_public_addresses(net)
    return c.AllocatePublicIpAddress(instance_id=vm.id)


@trips("address.region.exhausted")
def change_when_no_public_address_is_left(net: Net) -> Command[Any]:
    vm = stopped(net, internet_max_bandwidth_out=5)
    use_up_the_public_addresses(net, but=1)
    return c.ChangePublicIpAddress(instance_id=vm.id)


@keeps("address.region.exhausted")
def allocate_the_last_eip_of_a_region(net: Net) -> Command[Any]:
    use_up_the_public_addresses(net, but=1)
    return c.AllocateEipAddress()


@keeps("account.eip-quota")
def the_twentieth_eip(net: Net) -> Command[Any]:
    for _ in range(19):
        eip(net)
    return c.AllocateEipAddress()


@trips("eip.unassociate.state", **MANUAL)
def unassociate_while_associating(net: Net) -> Command[Any]:
    address = net.cloud.execute(c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=net.run().id))
    return c.UnassociateEipAddress(allocation_id=address.id)


# ClassicLink


@trips("classic-link.detach.linked", **OPEN)
def unlink_from_another_vpc(net: Net) -> Command[Any]:
    enable(net)
    vm, other = classic(net), net.cloud.execute(vpc("192.168.0.0/16"))
    net.cloud.execute(link(net, vm))
    return c.DetachClassicLinkVpc(instance_id=vm.id, vpc_id=other.id)


@keeps("classic-link.attach.quota", **OPEN)
def link_the_thousandth(net: Net) -> Command[Any]:
    enable(net)
    vms = [vm for _ in range(10) for vm in net.cloud.execute(classic_command(net, amount=100))]
    for vm in vms[1:]:
        net.cloud.execute(link(net, vm))
    return link(net, vms[0])


# Moving an instance


def two_addresses(net: Net) -> tuple[Any, str]:
    vm = stopped(net)
    primary = net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=net.primary(vm).id, secondary_private_ip_address_count=1)
    )
    return vm, primary.private_ips[1]


@trips("address.private.in-use")
def move_to_a_secondary_address_of_ones_own(net: Net) -> Command[Any]:
    vm, secondary = two_addresses(net)
    return move(vm, vm.vswitch_id, secondary)


@trips("instance.modify-vpc.same-address")
def move_to_the_primary_address_beside_a_secondary_one(net: Net) -> Command[Any]:
    vm, _ = two_addresses(net)
    return move(vm, vm.vswitch_id, vm.private_ip)


@trips("address.private.reserved")
def move_to_the_gateway_address(net: Net) -> Command[Any]:
    return move(stopped(net), net.vswitch.id, "10.0.1.253")


@trips("address.private.exhausted")
def move_to_a_full_vswitch(net: Net) -> Command[Any]:
    full = net.new_vswitch("10.0.2.0/29")
    net.eni(vswitch_id=full.id, secondary_private_ip_address_count=3)
    return move(stopped(net), full.id)


@keeps("address.private.exhausted")
def move_to_the_last_address_of_a_vswitch(net: Net) -> Command[Any]:
    small = net.new_vswitch("10.0.2.0/29")
    net.eni(vswitch_id=small.id, secondary_private_ip_address_count=2)
    return move(stopped(net), small.id)


@keeps("address.private.exhausted")
def move_to_the_last_address_of_a_vswitch_by_name(net: Net) -> Command[Any]:
    small = net.new_vswitch("10.0.2.0/29")
    net.eni(vswitch_id=small.id, secondary_private_ip_address_count=2)
    return move(stopped(net), small.id, "10.0.2.4")
