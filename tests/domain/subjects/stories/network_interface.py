"""Stories about network interfaces and their private addresses."""

from __future__ import annotations

from typing import Any

from ecsnet import Command, Instance, NetworkInterface
from ecsnet import commands as c
from tests.support.accounts import instance_types, interfaces, limits, network, of_a_later_type, quotas
from tests.support.net import Net
from tests.support.setups import OPEN, OWN_TYPES, assign, classic, classic_command, detach, unassign
from tests.support.witnesses import MANUAL, keeps, trips

# An interface that does not exist


@trips("interface.not-found")
def interface_is_not_there(net: Net) -> Command[Any]:
    return c.DeleteNetworkInterface(network_interface_id="eni-none")


@keeps("interface.not-found", "interface.delete.state", "interface.delete.primary")
def delete_an_available_interface(net: Net) -> Command[Any]:
    return c.DeleteNetworkInterface(network_interface_id=net.eni().id)


@trips("interface.not-found")
def run_with_an_interface_that_is_not_there(net: Net) -> Command[Any]:
    return net.run_command(network_interface_ids=["eni-none"])


# Attaching


@trips("interface.attach.primary", "interface.attach.state")
def attach_a_primary_interface(net: Net) -> Command[Any]:
    return net.attach_command(net.primary(net.run()), net.run())


@trips("interface.attach.state")
def attach_an_attached_interface(net: Net) -> Command[Any]:
    return net.attach_command(net.attached(net.run()), net.run())


@trips("interface.attach.state")
def run_with_an_attached_interface(net: Net) -> Command[Any]:
    return net.run_command(network_interface_ids=[net.attached(net.run()).id])


@trips("interface.attach.state", **MANUAL)
def attach_while_deleting(net: Net) -> Command[Any]:
    vm, interface = net.run(), net.eni()
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    return net.attach_command(interface, vm)


@trips("interface.attach.state", **MANUAL)
def attach_while_attaching(net: Net) -> Command[Any]:
    vm, interface = net.run(), net.eni()
    net.cloud.execute(net.attach_command(interface, vm))
    return net.attach_command(interface, vm)


def stuck(net: Net) -> tuple[Instance, NetworkInterface]:
    vm, interface = net.run(), net.eni()
    net.cloud.execute(net.attach_command(interface, vm))
    net.cloud.settle(interface.id, outcome="stuck")
    return vm, interface


@keeps("interface.attach.state", "interface.attach.again", "interface.attach.quota", **MANUAL)
def attach_again_what_is_stuck(net: Net) -> Command[Any]:
    vm, interface = stuck(net)
    return net.attach_command(interface, vm)


@trips("interface.attach.again", **MANUAL)
def attach_what_is_stuck_to_another_instance(net: Net) -> Command[Any]:
    _, interface = stuck(net)
    return net.attach_command(interface, net.run())


@trips("interface.attach.state", **MANUAL)
def create_an_instance_with_what_is_stuck(net: Net) -> Command[Any]:
    _, interface = stuck(net)
    return net.run_command(network_interface_ids=[interface.id])


@keeps(
    "interface.attach.primary",
    "interface.attach.state",
    "interface.attach.instance-state",
    "interface.attach.stopped-only-type",
    "interface.attach.zone",
    "interface.attach.vpc",
    "interface.attach.instance-type",
)
def attach_from_another_vswitch_of_the_zone(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(vswitch_id=net.new_vswitch("10.0.2.0/24").id), net.run())


@trips("interface.attach.instance-state", **MANUAL)
def attach_while_the_instance_is_stopping(net: Net) -> Command[Any]:
    vm, interface = net.run(), net.eni()
    return net.attach_command(interface, net.cloud.execute(c.StopInstance(instance_id=vm.id)))


@keeps("interface.attach.instance-state")
def attach_to_a_stopped_instance(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=net.run().id))
    return net.attach_command(net.eni(), vm)


@trips("interface.attach.stopped-only-type")
def attach_to_a_running_t6(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(), net.run(instance_type="ecs.t6-c1m1.large"))


@keeps("interface.attach.stopped-only-type")
def attach_to_a_stopped_t6(net: Net) -> Command[Any]:
    vm = net.run(instance_type="ecs.t6-c1m1.large")
    return net.attach_command(net.eni(), net.cloud.execute(c.StopInstance(instance_id=vm.id)))


@trips("interface.attach.zone")
def attach_across_zones(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(vswitch_id=net.new_vswitch("10.0.2.0/24", zone="c").id), net.run())


@trips("interface.attach.zone", "interface.attach.vpc")
def attach_across_regions(net: Net) -> Command[Any]:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    vswitch = net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-beijing-b", cidr_block="10.0.1.0/24"))
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    return net.attach_command(net.eni(vswitch_id=vswitch.id, security_group_ids=[group.id]), net.run())


@trips("interface.attach.vpc")
def attach_across_vpcs(net: Net) -> Command[Any]:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vswitch = net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    return net.attach_command(net.eni(vswitch_id=vswitch.id, security_group_ids=[group.id]), net.run())


@trips("interface.attach.instance-type", **OWN_TYPES)
def attach_to_a_type_that_is_not_io_optimized(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(), net.run(instance_type="ecs.old.large"))


@trips("interface.attach.instance-type", "interface.attach.quota")
def attach_to_a_type_of_generation_one(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(), net.run(instance_type="ecs.c2.xlarge"))


@trips("interface.attach.instance-type", "interface.attach.quota")
def attach_to_a_type_of_one_interface(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(), net.run(instance_type="ecs.n4.small"))


@trips("interface.attach.quota")
def attach_a_fourth_interface(net: Net) -> Command[Any]:
    vm = net.run()
    net.attached(vm)
    net.attached(vm)
    return net.attach_command(net.eni(), vm)


@trips("interface.attach.quota", **MANUAL)
def an_interface_that_is_detaching_still_counts(net: Net) -> Command[Any]:
    vm = net.run()
    net.attached(vm)
    second, third = net.attached(vm), net.eni()
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=second.id, instance_id=vm.id))
    return net.attach_command(third, vm)


@keeps("interface.attach.quota")
def attach_a_third_interface(net: Net) -> Command[Any]:
    vm = net.run()
    net.attached(vm)
    return net.attach_command(net.eni(), vm)


@trips("interface.attach.address-quota", **OWN_TYPES)
def attach_with_too_many_addresses(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(secondary_private_ip_address_count=2), net.run(instance_type="ecs.two.large"))


@keeps("interface.attach.address-quota", **OWN_TYPES)
def attach_with_as_many_addresses_as_the_type_allows(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(secondary_private_ip_address_count=1), net.run(instance_type="ecs.two.large"))


@trips("interface.attach.vpc", **OPEN)
def attach_to_a_classic_instance(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(), classic(net))


@trips("interface.attach.vpc", **OPEN)
def run_a_classic_instance_with_an_interface(net: Net) -> Command[Any]:
    return classic_command(net, network_interface_ids=[net.eni().id])


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


# Detaching


@trips("interface.detach.primary")
def detach_a_primary_interface(net: Net) -> Command[Any]:
    vm = net.run()
    return detach(vm.primary_network_interface_id, vm.id)


@trips("interface.detach.state", "interface.detach.wrong-instance")
def detach_an_available_interface(net: Net) -> Command[Any]:
    return detach(net.eni().id, net.run().id)


@trips("interface.detach.state", **MANUAL)
def detach_while_attaching(net: Net) -> Command[Any]:
    vm, interface = net.run(), net.eni()
    net.cloud.execute(net.attach_command(interface, vm))
    return detach(interface.id, vm.id)


@trips("interface.detach.instance-state", **MANUAL)
def detach_while_the_instance_is_stopping(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return detach(interface.id, vm.id)


@trips("interface.detach.instance-state", "interface.detach.wrong-instance", **MANUAL)
def detach_from_another_instance_while_its_own_is_stopping(net: Net) -> Command[Any]:
    vm, other = net.run(), net.run()
    interface = net.attached(vm)
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return detach(interface.id, other.id)


@trips("interface.attach.stopped-only-type", "interface.detach.wrong-instance")
def detach_from_another_instance_while_its_own_t6_is_running(net: Net) -> Command[Any]:
    vm = net.run(instance_type="ecs.t6-c1m1.large")
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    interface = net.attached(vm)
    net.cloud.execute(c.StartInstance(instance_id=vm.id))
    return detach(interface.id, net.run().id)


@trips("interface.detach.wrong-instance")
def detach_from_another_instance(net: Net) -> Command[Any]:
    return detach(net.attached(net.run()).id, net.run().id)


@keeps(
    "interface.detach.primary",
    "interface.detach.state",
    "interface.detach.instance-state",
    "interface.detach.wrong-instance",
)
def detach_an_attached_interface(net: Net) -> Command[Any]:
    vm = net.run()
    return detach(net.attached(vm).id, vm.id)


@keeps("interface.detach.state", **MANUAL)
def detach_again_while_detaching(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
    return detach(interface.id, vm.id)


# Deleting


@trips("interface.delete.primary", "interface.delete.state")
def delete_a_primary_interface(net: Net) -> Command[Any]:
    return c.DeleteNetworkInterface(network_interface_id=net.primary(net.run()).id)


@trips("interface.delete.state")
def delete_an_attached_interface(net: Net) -> Command[Any]:
    return c.DeleteNetworkInterface(network_interface_id=net.attached(net.run()).id)


@keeps("interface.delete.state", **MANUAL)
def delete_again_while_deleting(net: Net) -> Command[Any]:
    interface = net.eni()
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    return c.DeleteNetworkInterface(network_interface_id=interface.id)


# Modifying


def rename(interface_id: str) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=interface_id, network_interface_name="web-1")


@trips("interface.modify.primary")
def modify_a_primary_interface(net: Net) -> Command[Any]:
    return rename(net.primary(net.run()).id)


@trips("interface.modify.state", **MANUAL)
def modify_while_attaching(net: Net) -> Command[Any]:
    return rename(net.cloud.execute(net.attach_command(net.eni(), net.run())).id)


@keeps("interface.modify.primary", "interface.modify.state")
def modify_an_attached_interface(net: Net) -> Command[Any]:
    return rename(net.attached(net.run()).id)


# Private addresses


@trips("address.private.in-cidr")
def address_outside_the_vswitch(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.2.5")


@trips("address.private.in-cidr")
def run_at_an_address_outside_the_vswitch(net: Net) -> Command[Any]:
    return net.run_command(private_ip_address="10.0.2.5")


@trips("address.private.reserved")
def first_address(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.0")


@trips("address.private.reserved")
def gateway_address(net: Net) -> Command[Any]:
    return net.eni_command(private_ip_addresses=["10.0.1.253"])


@keeps("address.private.in-cidr", "address.private.reserved", "address.private.in-use", "address.private.repeated")
def last_address_for_users(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.252", private_ip_addresses=["10.0.1.1"])


@trips("address.private.repeated")
def address_asked_for_twice(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.9", private_ip_addresses=["10.0.1.9"])


@trips("address.private.in-use")
def address_of_another(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address=net.run().private_ip)


@trips("address.private.in-use")
def assign_an_address_of_ones_own(net: Net) -> Command[Any]:
    interface = net.eni()
    return c.AssignPrivateIpAddresses(
        network_interface_id=interface.id, private_ip_addresses=[interface.primary_private_ip]
    )


@keeps("address.private.in-use")
def same_address_in_another_vpc(net: Net) -> Command[Any]:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vswitch = net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    taken = net.eni().primary_private_ip
    return net.eni_command(vswitch_id=vswitch.id, security_group_ids=[group.id], primary_ip_address=taken)


@keeps("address.private.in-use")
def address_of_a_deleted_interface(net: Net) -> Command[Any]:
    interface = net.eni()
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    return net.eni_command(primary_ip_address=interface.primary_private_ip)


@trips("address.private.exhausted")
def fifth_address_of_four(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.eni(secondary_private_ip_address_count=2)
    return net.eni_command(secondary_private_ip_address_count=1)


@trips("address.private.exhausted")
def named_addresses_leave_none_to_draw(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.eni(secondary_private_ip_address_count=2)
    return net.eni_command(private_ip_addresses=["10.0.2.4"])


@trips("address.private.exhausted")
def more_instances_than_addresses(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    return net.run_command(amount=5)


@keeps("address.private.exhausted")
def last_address_of_four(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.eni(secondary_private_ip_address_count=2)
    return net.eni_command()


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


# Assigning private addresses


@trips("interface.assign.state", **MANUAL)
def assign_while_attaching(net: Net) -> Command[Any]:
    vm, interface = net.run(), net.eni()
    net.cloud.execute(net.attach_command(interface, vm))
    return assign(interface.id, 1)


@trips("interface.assign.instance-state", **MANUAL)
def assign_to_a_primary_while_stopping(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return assign(net.primary(vm).id, 1)


@keeps("interface.assign.instance-state", **MANUAL)
def assign_to_a_secondary_while_stopping(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return assign(interface.id, 1)


@trips("interface.assign.limit")
def twenty_first_address(net: Net) -> Command[Any]:
    vm = net.run(instance_type="ecs.g5.4xlarge")
    return assign(net.primary(vm).id, 20)


@keeps("interface.assign.state", "interface.assign.limit", "interface.assign.type-quota")
def twentieth_address(net: Net) -> Command[Any]:
    return assign(net.primary(net.run(instance_type="ecs.g5.4xlarge")).id, 19)


@trips("interface.assign.limit", "interface.assign.available-limit")
def create_with_twenty_secondary_addresses(net: Net) -> Command[Any]:
    return net.eni_command(secondary_private_ip_address_count=20)


@trips("interface.assign.available-limit")
def create_with_eleven_secondary_addresses(net: Net) -> Command[Any]:
    return net.eni_command(secondary_private_ip_address_count=11)


@trips("interface.assign.available-limit")
def eleventh_secondary_address_while_available(net: Net) -> Command[Any]:
    return assign(net.eni(secondary_private_ip_address_count=10).id, 1)


@trips("interface.assign.available-limit")
def an_interface_that_came_back_full_takes_no_more(net: Net) -> Command[Any]:
    vm = net.run(instance_type="ecs.g5.4xlarge")
    interface = net.attached(vm)
    net.cloud.execute(assign(interface.id, 15))
    back = net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
    assert len(back.private_ips) == 16
    return assign(interface.id, 1)


@keeps("interface.assign.available-limit", "interface.assign.limit")
def create_with_ten_secondary_addresses(net: Net) -> Command[Any]:
    return net.eni_command(secondary_private_ip_address_count=10)


@trips("interface.assign.type-quota")
def eleventh_address_on_a_g5_xlarge(net: Net) -> Command[Any]:
    return assign(net.attached(net.run()).id, 10)


@trips("interface.assign.type-quota", "interface.assign.limit")
def beyond_type_and_limit(net: Net) -> Command[Any]:
    return assign(net.attached(net.run()).id, 20)


@keeps("interface.assign.type-quota")
def tenth_address_on_a_g5_xlarge(net: Net) -> Command[Any]:
    return assign(net.attached(net.run()).id, 9)


@trips("interface.assign.available-limit")
def create_with_eleven_named_secondary_addresses(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.9", private_ip_addresses=[f"10.0.1.{n}" for n in range(20, 31)])


@keeps("interface.assign.available-limit")
def create_with_ten_named_secondary_addresses(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.9", private_ip_addresses=[f"10.0.1.{n}" for n in range(20, 30)])


# Unassigning private addresses


@trips("interface.unassign.primary-address")
def revoke_the_primary_address(net: Net) -> Command[Any]:
    interface = net.eni()
    return unassign(interface.id, interface.primary_private_ip)


@trips("interface.unassign.unknown-address")
def revoke_an_address_of_another(net: Net) -> Command[Any]:
    return unassign(net.eni().id, net.eni().primary_private_ip)


@trips("interface.unassign.state", **MANUAL)
def revoke_while_attaching(net: Net) -> Command[Any]:
    interface = net.eni(private_ip_addresses=["10.0.1.9"])
    return unassign(net.cloud.execute(net.attach_command(interface, net.run())).id, "10.0.1.9")


@trips("interface.unassign.instance-state", **MANUAL)
def revoke_from_a_primary_while_stopping(net: Net) -> Command[Any]:
    vm = net.run()
    primary = net.cloud.execute(assign(net.primary(vm).id, 1))
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return unassign(primary.id, primary.private_ips[1])


@keeps(
    "interface.unassign.primary-address",
    "interface.unassign.unknown-address",
    "interface.unassign.state",
    "interface.unassign.instance-state",
)
def revoke_a_secondary_address_of_a_primary(net: Net) -> Command[Any]:
    primary = net.cloud.execute(assign(net.primary(net.run()).id, 1))
    return unassign(primary.id, primary.private_ips[1])


# Instance types of which only instances are described


@trips("interface.attach.quota")
def attach_more_than_instances_of_an_unknown_type_have(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type())
    return c.AttachNetworkInterface(network_interface_id="eni-2", instance_id="i-0")


@keeps("interface.attach.quota", "interface.attach.instance-type", "interface.attach.address-quota")
def attach_again_what_an_instance_of_an_unknown_type_had(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type())
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id="eni-1", instance_id="i-0"))
    return c.AttachNetworkInterface(network_interface_id="eni-1", instance_id="i-0")


@keeps("interface.attach.quota", "interface.attach.instance-type")
def attach_to_an_instance_whose_type_is_described_later(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type())
    net.cloud.import_resources([instance_types(limits(enis=3))])
    return c.AttachNetworkInterface(network_interface_id="eni-2", instance_id="i-0")


@trips("interface.attach.quota")
def attach_more_than_a_described_type_takes(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type(instance_types(limits(enis=2))))
    return c.AttachNetworkInterface(network_interface_id="eni-2", instance_id="i-0")


@trips("interface.attach.address-quota")
def attach_with_more_addresses_than_an_unknown_type_shows(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type(spare_addresses=3))
    return c.AttachNetworkInterface(network_interface_id="eni-2", instance_id="i-0")


@trips("interface.assign.type-quota")
def assign_more_than_an_unknown_type_shows(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type())
    return assign("eni-1", 1)


@keeps("interface.assign.type-quota")
def assign_as_many_as_an_unknown_type_shows(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type())
    return assign("eni-p", 1)


# Quotas of which more is described than the default


@keeps("account.interface-quota")
def one_more_than_the_described_interfaces(net: Net) -> Command[Any]:
    net.cloud.import_resources([*network(), interfaces(*((f"eni-{n}", "", 1) for n in range(101)))])
    return net.eni_command()


@trips("account.interface-quota")
def one_more_than_the_described_quota_of_interfaces(net: Net) -> Command[Any]:
    described = interfaces(*((f"eni-{n}", "", 1) for n in range(101)))
    net.cloud.import_resources([*network(), described, quotas(max_elastic_network_interfaces="101")])
    return net.eni_command()


@trips("account.interface-quota")
def one_more_than_the_default_that_is_described(net: Net) -> Command[Any]:
    net.cloud.import_resources([*network(), interfaces(*((f"eni-{n}", "", 1) for n in range(100)))])
    return net.eni_command()


@keeps("interface.assign.limit", "interface.assign.available-limit")
def assign_to_an_interface_that_is_described_with_more_than_the_quotas(net: Net) -> Command[Any]:
    net.cloud.import_resources([*network(), interfaces(("eni-0", "", 30))])
    return assign("eni-0", 1)


@trips("interface.assign.limit")
def assign_beyond_a_quota_that_was_set_after_more_was_described(net: Net) -> Command[Any]:
    net.cloud.import_resources([*network(), interfaces(("eni-0", "", 30))])
    net.quota("addresses-per-interface", 30)
    return assign("eni-0", 1)


@keeps("interface.security-groups.count")
def an_interface_in_as_many_groups_as_one_is_described_in(net: Net) -> Command[Any]:
    groups = [f"sg-{n}" for n in range(7)]
    net.cloud.import_resources([*network(groups=7), interfaces(("eni-0", "", 1), groups=groups)])
    return c.CreateNetworkInterface(vswitch_id="vsw-0", security_group_ids=groups)


@keeps("security-group.address-quota")
def one_more_address_in_a_group_that_is_described_with_more(net: Net) -> Command[Any]:
    described = interfaces(*((f"eni-{n}", "", 25) for n in range(81)))
    net.cloud.import_resources([*network(), described])
    return c.CreateNetworkInterface(vswitch_id="vsw-0", security_group_ids=["sg-0"])


# IPv4 prefixes


def small(net: Net) -> str:
    """Returns a VSwitch of 64 addresses, of which 60 are usable: it has room for two prefixes."""
    return net.new_vswitch("10.0.2.0/26").id


@keeps("address.prefix.exhausted", "address.private.exhausted", "address.private.in-use", "address.private.repeated")
def create_with_all_prefixes_of_a_vswitch(net: Net) -> Command[Any]:
    return net.eni_command(vswitch_id=small(net), ipv4_prefix_count=2)


@trips("address.prefix.exhausted")
def create_with_more_prefixes_than_a_vswitch_has(net: Net) -> Command[Any]:
    return net.eni_command(vswitch_id=small(net), ipv4_prefix_count=3)


@trips("address.prefix.exhausted")
def assign_a_prefix_where_every_block_has_an_address_in_use(net: Net) -> Command[Any]:
    vswitch_id = small(net)
    net.eni(vswitch_id=vswitch_id, primary_ip_address="10.0.2.20")
    interface = net.eni(vswitch_id=vswitch_id, primary_ip_address="10.0.2.40")
    return c.AssignPrivateIpAddresses(network_interface_id=interface.id, ipv4_prefix_count=1)


@trips("address.private.exhausted")
def create_with_more_addresses_than_the_prefixes_leave(net: Net) -> Command[Any]:
    net.quota("addresses-per-interface", 100)
    net.quota("addresses-per-available-interface", 100)
    return net.eni_command(vswitch_id=small(net), ipv4_prefix_count=2, secondary_private_ip_address_count=28)


@trips("address.private.in-use")
def create_in_the_prefix_of_another_interface(net: Net) -> Command[Any]:
    net.eni(ipv4_prefixes=["10.0.1.48/28"])
    return net.eni_command(primary_ip_address="10.0.1.50")


@trips("address.private.in-use")
def assign_a_prefix_that_has_an_address_in_use(net: Net) -> Command[Any]:
    net.eni(primary_ip_address="10.0.1.50")
    return c.AssignPrivateIpAddresses(network_interface_id=net.eni().id, ipv4_prefixes=["10.0.1.48/28"])


@trips("address.private.repeated")
def create_with_an_address_of_its_own_prefix(net: Net) -> Command[Any]:
    return net.eni_command(primary_ip_address="10.0.1.50", ipv4_prefixes=["10.0.1.48/28"])


@trips("address.private.reserved")
def assign_the_first_prefix_of_a_block(net: Net) -> Command[Any]:
    return c.AssignPrivateIpAddresses(network_interface_id=net.eni().id, ipv4_prefixes=["10.0.1.0/28"])


@trips("address.private.in-cidr")
def assign_a_prefix_of_another_block(net: Net) -> Command[Any]:
    return c.AssignPrivateIpAddresses(network_interface_id=net.eni().id, ipv4_prefixes=["10.0.9.16/28"])


def with_prefixes(net: Net, count: int) -> Command[Any]:
    interface = net.attached(net.run(), ipv4_prefix_count=5)  # the type takes ten addresses, and it has six
    return c.AssignPrivateIpAddresses(network_interface_id=interface.id, ipv4_prefix_count=count)


@trips("interface.assign.type-quota")
def assign_more_prefixes_than_the_type_takes_addresses(net: Net) -> Command[Any]:
    return with_prefixes(net, 5)


@keeps("interface.assign.type-quota", "interface.assign.limit")
def assign_as_many_prefixes_as_the_type_takes_addresses(net: Net) -> Command[Any]:
    return with_prefixes(net, 4)


@trips("interface.assign.available-limit")
def create_with_a_prefix_and_ten_addresses(net: Net) -> Command[Any]:
    return net.eni_command(ipv4_prefix_count=1, secondary_private_ip_address_count=10)


@trips("interface.unassign.unknown-address")
def revoke_a_prefix_that_the_interface_does_not_hold(net: Net) -> Command[Any]:
    return c.UnassignPrivateIpAddresses(network_interface_id=net.eni().id, ipv4_prefixes=["10.0.1.48/28"])


@trips("interface.unassign.unknown-address")
def revoke_one_address_of_a_prefix(net: Net) -> Command[Any]:
    interface = net.eni(ipv4_prefixes=["10.0.1.48/28"])
    return c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=["10.0.1.50"])


@keeps("interface.unassign.unknown-address")
def revoke_a_prefix_and_an_address(net: Net) -> Command[Any]:
    interface = net.eni(ipv4_prefix_count=1, secondary_private_ip_address_count=1)
    return c.UnassignPrivateIpAddresses(
        network_interface_id=interface.id,
        private_ip_addresses=interface.private_ips[1:],
        ipv4_prefixes=interface.ipv4_prefixes,
    )
