"""Every rule, told twice: by a witness that trips it and by a counter-witness that does not.

A story is a function from a network to the command that is judged. A witness's command is refused with its rule among
the reasons, by `check` and by `execute` alike, and leaves nothing behind; a counter-witness's command is allowed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ecsnet import Command, CommandDenied, InstanceType, RuleRegistry, rules
from ecsnet import commands as c
from ecsnet.domain.rules import RuleKind
from ecsnet.testing import invariants
from tests import boundary_stories, classic_stories, public_stories  # noqa: F401  # more witnesses
from tests.net import Net
from tests.stories import COUNTER_WITNESSES, MANUAL, WITNESSES, Story, keeps, trips


def named(stories: list[tuple[str, Story, dict[str, Any]]]) -> Any:
    return [pytest.param(*entry, id=f"{entry[0]}-{entry[1].__name__}") for entry in stories]


OWN_TYPES = {
    "instance_types": [
        InstanceType(id="ecs.old.large", eni_quantity=3, private_ipv4_per_eni=4, io_optimized=False),
        InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=2),
    ]
}

# What is not there


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


@trips("vswitch.not-found")
def vswitch_is_not_there(net: Net) -> Command[Any]:
    return net.eni_command(vswitch_id="vsw-none")


@trips("security-group.not-found")
def group_is_not_there(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, "sg-none"])


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


@trips("interface.not-found")
def interface_is_not_there(net: Net) -> Command[Any]:
    return c.DeleteNetworkInterface(network_interface_id="eni-none")


@keeps("interface.not-found", "interface.delete.state", "interface.delete.primary")
def delete_an_available_interface(net: Net) -> Command[Any]:
    return c.DeleteNetworkInterface(network_interface_id=net.eni().id)


@trips("instance.not-found")
def instance_is_not_there(net: Net) -> Command[Any]:
    return c.StartInstance(instance_id="i-none")


@trips("instance.not-found")
def instance_was_released(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    return c.AttachNetworkInterface(network_interface_id=net.eni().id, instance_id=vm.id)


@keeps("instance.not-found", "instance.start.state")
def start_a_stopped_instance(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return c.StartInstance(instance_id=vm.id)


@trips("instance-type.not-found")
def instance_type_is_unknown(net: Net) -> Command[Any]:
    return net.run_command(instance_type="ecs.none.large")


@keeps("instance-type.not-found", **OWN_TYPES)
def instance_type_of_ones_own(net: Net) -> Command[Any]:
    return net.run_command(instance_type="ecs.old.large")


# VPC and VSwitch


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


# Security groups


def other_vpc_group(net: Net) -> str:
    other = net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
    return net.cloud.execute(c.CreateSecurityGroup(vpc_id=other.id)).id


@trips("interface.security-groups.vpc")
def interface_with_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, other_vpc_group(net)])


@trips("interface.security-groups.vpc")
def interface_with_a_classic_group(net: Net) -> Command[Any]:
    classic = net.cloud.execute(c.CreateSecurityGroup())
    return net.eni_command(security_group_ids=[classic.id])


@trips("interface.security-groups.vpc")
def instance_with_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=[other_vpc_group(net)])


@trips("interface.security-groups.vpc")
def join_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=other_vpc_group(net), instance_id=net.run().id)


@trips("interface.security-groups.vpc")
def modify_to_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=net.eni().id, security_group_ids=[other_vpc_group(net)]
    )


@trips("interface.security-groups.count")
def interface_without_a_group(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[])


@trips("interface.security-groups.count")
def interface_with_six_groups(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, *[net.new_group().id for _ in range(5)]])


@keeps("interface.security-groups.count")
def interface_with_five_groups(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, *[net.new_group().id for _ in range(4)]])


@trips("interface.security-groups.count")
def modify_to_no_group(net: Net) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=net.eni().id, security_group_ids=[])


@trips("interface.security-groups.count")
def leave_the_last_group(net: Net) -> Command[Any]:
    return c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=net.run().id)


@keeps("interface.security-groups.count", "security-group.leave.member", "security-group.leave.instance-state")
def leave_the_last_group_but_one(net: Net) -> Command[Any]:
    vm = net.run(security_group_ids=[net.group.id, net.new_group().id])
    return c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@trips("interface.security-groups.count")
def join_a_sixth_group(net: Net) -> Command[Any]:
    vm = net.run(security_group_ids=[net.group.id, *[net.new_group().id for _ in range(4)]])
    return c.JoinSecurityGroup(security_group_id=net.new_group().id, instance_id=vm.id)


@trips("security-group.join.member")
def join_a_group_twice(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=net.run().id)


@keeps(
    "security-group.join.member",
    "security-group.join.instance-state",
    "interface.security-groups.vpc",
    "interface.security-groups.count",
)
def join_a_second_group(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=net.new_group().id, instance_id=net.run().id)


@trips("security-group.join.instance-state", **MANUAL)
def join_while_pending(net: Net) -> Command[Any]:
    (vm,) = net.cloud.execute(net.run_command())
    return c.JoinSecurityGroup(security_group_id=net.new_group().id, instance_id=vm.id)


@trips("security-group.leave.instance-state", **MANUAL)
def leave_while_stopping(net: Net) -> Command[Any]:
    vm = net.run(security_group_ids=[net.group.id, net.new_group().id])
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@trips("security-group.leave.member")
def leave_a_group_never_joined(net: Net) -> Command[Any]:
    return c.LeaveSecurityGroup(security_group_id=net.new_group().id, instance_id=net.run().id)


def full_group(net: Net) -> None:
    net.quota("addresses-per-security-group", 3)
    net.eni(private_ip_addresses=["10.0.1.11", "10.0.1.12"])


@trips("security-group.address-quota")
def create_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    return net.eni_command()


@trips("security-group.address-quota")
def run_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    return net.run_command()


@trips("security-group.address-quota")
def assign_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    (interface,) = net.cloud.network_interfaces.values()
    return c.AssignPrivateIpAddresses(network_interface_id=interface.id, secondary_private_ip_address_count=1)


@trips("security-group.address-quota")
def join_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    vm = net.run(security_group_ids=[net.new_group().id])
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@trips("security-group.address-quota")
def modify_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    other = net.eni(security_group_ids=[net.new_group().id])
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=other.id, security_group_ids=[net.group.id])


@trips("security-group.address-quota")
def two_thousand_addresses_and_one(net: Net) -> Command[Any]:
    net.quota("interfaces-per-region", 200)
    net.vswitch = net.new_vswitch("10.0.32.0/20")
    for _ in range(181):
        net.cloud.execute(net.eni_command(secondary_private_ip_address_count=10))
    for _ in range(9):
        net.cloud.execute(net.eni_command())
    assert net.cloud.security_groups[net.group.id].private_ip_count == 2000
    return net.eni_command()


@keeps("security-group.address-quota")
def the_last_address_of_a_group(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    net.eni(private_ip_addresses=["10.0.1.11"])
    return net.eni_command()


@keeps("security-group.address-quota")
def a_full_group_is_kept(net: Net) -> Command[Any]:
    full_group(net)
    (interface,) = net.cloud.network_interfaces.values()
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=interface.id, security_group_ids=[net.group.id, net.new_group().id]
    )


@trips("account.security-group-quota")
def one_group_too_many(net: Net) -> Command[Any]:
    for _ in range(99):
        net.new_group()
    return c.CreateSecurityGroup(vpc_id=net.vpc.id)


@keeps("account.security-group-quota")
def a_group_in_the_place_of_another(net: Net) -> Command[Any]:
    command = one_group_too_many(net)
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    return command


@trips("security-group.delete.in-use")
def delete_a_group_with_a_member(net: Net) -> Command[Any]:
    net.eni()
    return c.DeleteSecurityGroup(security_group_id=net.group.id)


@trips("security-group.delete.in-use")
def delete_a_group_that_another_authorizes(net: Net) -> Command[Any]:
    other = net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=other.id, source_group_id=net.group.id))
    return c.DeleteSecurityGroup(security_group_id=net.group.id)


@keeps("security-group.delete.in-use")
def delete_a_group_that_authorizes_another(net: Net) -> Command[Any]:
    other = net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other.id))
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.group.id))
    return c.DeleteSecurityGroup(security_group_id=net.group.id)


@trips("security-group.authorize.vpc")
def authorize_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other_vpc_group(net))


@keeps("security-group.authorize.vpc")
def authorize_a_group_of_the_same_vpc(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.new_group().id)


# Instances


@trips("instance.create.zone")
def run_in_another_zone_than_the_vswitch(net: Net) -> Command[Any]:
    return net.run_command(zone_id="cn-hangzhou-c")


@keeps("instance.create.zone")
def run_in_the_zone_of_the_vswitch(net: Net) -> Command[Any]:
    return net.run_command(zone_id="cn-hangzhou-b", region_id="cn-hangzhou")


@trips("instance.create.one-secondary")
def run_with_two_interfaces(net: Net) -> Command[Any]:
    return net.run_command(network_interface_ids=[net.eni().id, net.eni().id])


@keeps(
    "instance.create.one-secondary",
    "interface.attach.zone",
    "interface.attach.vpc",
    "interface.attach.quota",
    "interface.attach.address-quota",
    "interface.attach.instance-type",
)
def run_with_one_interface(net: Net) -> Command[Any]:
    return net.run_command(network_interface_ids=[net.eni().id])


@trips("instance.start.state")
def start_a_running_instance(net: Net) -> Command[Any]:
    return c.StartInstance(instance_id=net.run().id)


@trips("instance.stop.state")
def stop_a_stopped_instance(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return c.StopInstance(instance_id=vm.id)


@keeps("instance.stop.state")
def stop_a_running_instance(net: Net) -> Command[Any]:
    return c.StopInstance(instance_id=net.run().id)


@trips("instance.reboot.state", **MANUAL)
def reboot_while_starting(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.RebootInstance(instance_id=vm.id))
    return c.RebootInstance(instance_id=vm.id)


@keeps("instance.reboot.state")
def reboot_a_running_instance(net: Net) -> Command[Any]:
    return c.RebootInstance(instance_id=net.run().id)


@trips("instance.release.state")
def release_a_running_instance(net: Net) -> Command[Any]:
    return c.DeleteInstance(instance_id=net.run().id)


@trips("instance.release.state", **MANUAL)
def release_while_pending(net: Net) -> Command[Any]:
    (vm,) = net.cloud.execute(net.run_command())
    return c.DeleteInstance(instance_id=vm.id, force=True)


@trips("instance.release.state", **MANUAL)
def release_while_stopping(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return c.DeleteInstance(instance_id=vm.id, force=True)


@keeps("instance.release.state", "instance.release.charge-type")
def force_the_release_of_a_running_instance(net: Net) -> Command[Any]:
    return c.DeleteInstance(instance_id=net.run().id, force=True)


@keeps("instance.release.state")
def release_a_stopped_instance(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return c.DeleteInstance(instance_id=vm.id)


@trips("instance.release.charge-type")
def release_a_subscription(net: Net) -> Command[Any]:
    vm = net.run(instance_charge_type="PrePaid", period=2)
    net.clock.advance(timedelta(days=60))  # from 11 March: 11 May is a day away
    return c.DeleteInstance(instance_id=vm.id, force=True)


@keeps("instance.release.charge-type")
def release_an_expired_subscription(net: Net) -> Command[Any]:
    vm = net.run(instance_charge_type="PrePaid", period=2)
    net.clock.advance(timedelta(days=61))
    return c.DeleteInstance(instance_id=vm.id, force=True)


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
def attach_while_creating(net: Net) -> Command[Any]:
    vm = net.run()
    return net.attach_command(net.cloud.execute(net.eni_command()), vm)


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


# Detaching


def detach(interface_id: str | None, instance_id: str) -> Command[Any]:
    assert interface_id is not None
    return c.DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id)


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


@trips("account.interface-quota")
def one_interface_too_many(net: Net) -> Command[Any]:
    for _ in range(100):
        net.eni()
    return net.eni_command()


@keeps("account.interface-quota")
def primary_interfaces_do_not_count(net: Net) -> Command[Any]:
    net.cloud.execute(net.run_command(amount=100))
    for _ in range(99):
        net.eni()
    return net.eni_command()


# Addresses


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


def assign(interface_id: str, count: int) -> Command[Any]:
    return c.AssignPrivateIpAddresses(network_interface_id=interface_id, secondary_private_ip_address_count=count)


@trips("interface.assign.state", **MANUAL)
def assign_while_creating(net: Net) -> Command[Any]:
    return assign(net.cloud.execute(net.eni_command()).id, 1)


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


def unassign(interface_id: str, *addresses: str) -> Command[Any]:
    return c.UnassignPrivateIpAddresses(network_interface_id=interface_id, private_ip_addresses=addresses)


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


# The judgement


@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_a_witness_trips_its_rule(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    command = story(net)
    before, history = net.cloud.fork(), net.cloud.history()

    decision = net.cloud.check(command)
    with pytest.raises(CommandDenied) as denied:
        net.cloud.execute(command)

    violation = next(v for v in decision.violations if v.rule == rule_id)
    assert not decision
    assert not decision.events
    assert denied.value.violations == decision.violations
    assert denied.value.code == decision.violations[0].code
    rule = rules[rule_id]
    assert type(command) in rule.commands
    assert (violation.guide, violation.message.count("{")) == (rule.guide, 0)
    assert violation.code != "-"
    assert 400 <= violation.http_status < 500
    assert net.cloud.history() == history
    assert everything(net) == everything(before)


@pytest.mark.parametrize(("rule_id", "story", "options"), named(COUNTER_WITNESSES))
def test_a_counter_witness_is_allowed(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    command = story(net)
    assert type(command) in rules[rule_id].commands
    decision = net.cloud.check(command)
    assert decision.violations == ()
    recorded = len(net.cloud.history())
    net.cloud.execute(command)
    assert tuple(record.event for record in net.cloud.history()[recorded:]) == decision.events
    assert invariants(net.cloud) == ()


def everything(net: Any) -> Any:
    cloud = getattr(net, "cloud", net)
    return [
        dict(collection)
        for collection in (
            cloud.vpcs,
            cloud.vswitches,
            cloud.security_groups,
            cloud.instances,
            cloud.network_interfaces,
            cloud.eips,
        )
    ]


def test_every_denial_has_a_witness_and_a_counter_witness() -> None:
    elsewhere = {"request.client-token"}  # comes with `execute`, not with the command
    denials = {rule.id for rule in rules if rule.kind is RuleKind.Denial} - elsewhere
    assert {rule_id for rule_id, _, _ in WITNESSES} == denials
    assert {rule_id for rule_id, _, _ in COUNTER_WITNESSES} == denials


def test_all_violations_are_reported_what_is_missing_first(net: Net) -> None:
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


def test_one_rule_answers_with_the_code_of_its_action(net: Net) -> None:
    by_start = net.cloud.check(c.StartInstance(instance_id="i-none"))
    by_attach = net.cloud.check(c.AttachNetworkInterface(network_interface_id=net.eni().id, instance_id="i-none"))
    assert by_start.violations[0].rule == by_attach.violations[0].rule == "instance.not-found"
    assert by_start.violations[0].code == "InvalidInstanceId.NotFound"
    assert by_attach.violations[0].code == "InvalidEcsId.NotFound"


def test_a_denial_says_why(net: Net) -> None:
    vm = net.run()
    with pytest.raises(
        CommandDenied, match=r"interface\.detach\.primary, InvalidOperation\.DetachPrimaryEniNotAllowed"
    ):
        net.cloud.execute(detach(vm.primary_network_interface_id, vm.id))


def test_a_registry_of_ones_own_stands_on_the_vendors() -> None:
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


def test_a_registry_without_a_rule_holds_all_the_others() -> None:
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


def test_a_registry_refuses_what_cannot_be_a_rule() -> None:
    own = RuleRegistry(rules)
    with pytest.raises(ValueError, match=r"begins with 'x\.'"):
        own.denies("mine", c.DeleteVpc, message="no")(lambda vpc: None)
    with pytest.raises(ValueError, match="registered already"):
        own.denies("vpc.not-found", c.DeleteVpc, message="no")(lambda vpc: None)
    with pytest.raises(ValueError, match="a case has no banana"):
        own.denies("x.one", c.DeleteVpc, message="no")(lambda banana: None)
    with pytest.raises(ValueError, match="needs commands"):
        own.denies("x.two", message="no")(lambda vpc: None)


def test_a_rule_that_crashes_is_a_bug_and_says_so() -> None:
    own = RuleRegistry(rules)
    own.denies("x.crash", c.DeleteVpc, message="no")(lambda vpc: {}[vpc.id])
    net = Net(rules=own)
    with pytest.raises(KeyError):
        net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))
