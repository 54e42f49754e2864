"""Stories about instances: creation, statuses, private address, subscription and bandwidth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsnet import Command, Instance, NewNetworkInterface
from ecsnet import commands as c
from tests.support.accounts import LATER_TYPE, instance_types, limits, of_a_later_type
from tests.support.net import Net
from tests.support.setups import (
    LAST_DECEMBER,
    OPEN,
    OPEN_BY_HAND,
    OWN_TYPES,
    SUBSCRIPTION,
    assign,
    associated,
    classic,
    classic_command,
    created,
    move,
    other_vpc_group,
    stopped,
)
from tests.support.witnesses import MANUAL, keeps, trips

# An instance or a type that does not exist


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


# Creating


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


# Creating a secondary ENI with the instance


def run_with_new(net: Net, *, changes: dict[str, Any] | None = None, **described: Any) -> Command[Any]:
    return net.run_command(network_interfaces=[NewNetworkInterface(**described)], **(changes or {}))


@keeps(
    "instance.create.one-secondary",
    "account.interface-quota",
    "address.private.in-cidr",
    "address.private.reserved",
    "address.private.repeated",
    "address.private.in-use",
    "interface.attach.zone",
    "interface.attach.vpc",
    "interface.attach.quota",
    "interface.attach.instance-type",
    "interface.security-groups.vpc",
    "interface.security-groups.count",
    "security-group.address-quota",
    "security-group.not-found",
    "vswitch.not-found",
)
def run_with_a_new_interface(net: Net) -> Command[Any]:
    net.quota("interfaces-per-region", 1)
    net.quota("addresses-per-security-group", 1)
    return run_with_new(
        net,
        vswitch_id=net.new_vswitch("10.0.2.0/24").id,
        security_group_ids=[net.new_group().id],
        primary_ip_address="10.0.2.9",
        network_interface_name="web-1",
        description="of the web",
        changes={"private_ip_address": "10.0.1.9"},
    )


@trips("instance.create.one-secondary")
def run_with_two_new_interfaces(net: Net) -> Command[Any]:
    return net.run_command(network_interfaces=[NewNetworkInterface(), NewNetworkInterface()])


@trips("instance.create.one-secondary")
def run_with_a_new_interface_beside_another(net: Net) -> Command[Any]:
    return run_with_new(net, changes={"network_interface_ids": [net.eni().id]})


@trips("vswitch.not-found")
def run_with_a_new_interface_in_no_vswitch(net: Net) -> Command[Any]:
    return run_with_new(net, vswitch_id="vsw-none")


@trips("security-group.not-found")
def run_with_a_new_interface_in_no_group(net: Net) -> Command[Any]:
    return run_with_new(net, security_group_ids=[net.group.id, "sg-none"])


@trips("interface.security-groups.vpc")
def run_with_a_new_interface_in_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return run_with_new(net, security_group_ids=[other_vpc_group(net)])


@trips("interface.security-groups.count")
def run_with_a_new_interface_without_a_group(net: Net) -> Command[Any]:
    return run_with_new(net, security_group_ids=[])


@trips("interface.security-groups.count")
def run_with_a_new_interface_in_six_groups(net: Net) -> Command[Any]:
    return run_with_new(net, security_group_ids=[net.new_group().id for _ in range(6)])


@trips("security-group.address-quota")
def run_with_a_new_interface_in_the_group_of_the_instance_that_has_one_place(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 1)
    return run_with_new(net)


@keeps("security-group.address-quota")
def run_with_a_new_interface_in_the_group_of_the_instance_that_has_two_places(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 2)
    return run_with_new(net)


@trips("account.interface-quota")
def run_with_a_new_interface_beyond_the_quota(net: Net) -> Command[Any]:
    net.quota("interfaces-per-region", 1)
    net.eni()
    return run_with_new(net)


@trips("address.private.in-cidr")
def run_with_a_new_interface_outside_its_vswitch(net: Net) -> Command[Any]:
    return run_with_new(net, vswitch_id=net.new_vswitch("10.0.2.0/24").id, primary_ip_address="10.0.1.9")


@trips("address.private.reserved")
def run_with_a_new_interface_at_the_gateway_address(net: Net) -> Command[Any]:
    return run_with_new(net, primary_ip_address="10.0.1.253")


@trips("address.private.repeated")
def run_with_a_new_interface_at_the_address_of_the_instance(net: Net) -> Command[Any]:
    return run_with_new(net, primary_ip_address="10.0.1.9", changes={"private_ip_address": "10.0.1.9"})


@trips("address.private.in-use")
def run_with_a_new_interface_at_an_address_in_use(net: Net) -> Command[Any]:
    return run_with_new(net, primary_ip_address=net.eni().primary_private_ip)


@trips("address.private.exhausted")
def run_with_a_new_interface_in_a_vswitch_with_one_address(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.eni(secondary_private_ip_address_count=2)
    return run_with_new(net)


@keeps("address.private.exhausted")
def run_with_a_new_interface_in_a_vswitch_with_two_addresses(net: Net) -> Command[Any]:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.eni(secondary_private_ip_address_count=1)
    return run_with_new(net)


@trips("interface.attach.zone")
def run_with_a_new_interface_in_another_zone(net: Net) -> Command[Any]:
    return run_with_new(net, vswitch_id=net.new_vswitch("10.0.2.0/24", zone="c").id)


@trips("interface.attach.vpc")
def run_with_a_new_interface_in_another_vpc(net: Net) -> Command[Any]:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vswitch = net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    return run_with_new(net, vswitch_id=vswitch.id, security_group_ids=[group.id])


@trips("interface.attach.vpc", **OPEN)
def run_a_classic_instance_with_a_new_interface(net: Net) -> Command[Any]:
    new = NewNetworkInterface(vswitch_id=net.vswitch.id, security_group_ids=[net.group.id])
    return classic_command(net, network_interfaces=[new])


@trips("interface.attach.instance-type", "interface.attach.quota", **OWN_TYPES)
def run_with_a_new_interface_on_a_type_with_one(net: Net) -> Command[Any]:
    return run_with_new(net, changes={"instance_type": "ecs.one.large"})


@trips("instance.create.zone", **OPEN)
def run_a_classic_instance_in_a_zone_of_another_region(net: Net) -> Command[Any]:
    return classic_command(net, zone_id="cn-beijing-b")


@keeps("instance.create.zone", **OPEN)
def run_a_classic_instance_in_a_zone_of_its_region(net: Net) -> Command[Any]:
    return classic_command(net, zone_id="cn-hangzhou-d", amount=2)


# Starting, stopping and rebooting


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


# Moving to another private address


@trips("instance.modify-vpc.state")
def move_while_running(net: Net) -> Command[Any]:
    return move(net.run(), net.vswitch.id)


@trips("instance.modify-vpc.zone")
def move_to_another_zone(net: Net) -> Command[Any]:
    return move(stopped(net), net.new_vswitch("10.0.2.0/24", zone="c").id)


@trips("instance.modify-vpc.zone")
def move_to_another_vpc(net: Net) -> Command[Any]:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vswitch = net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    return move(stopped(net), vswitch.id)


@trips("instance.modify-vpc.pending")
def move_one_that_was_never_started(net: Net) -> Command[Any]:
    return move(created(net), net.vswitch.id)


@trips("instance.modify-vpc.pending")
def move_twice_without_a_start(net: Net) -> Command[Any]:
    vm = stopped(net)
    net.cloud.execute(move(vm, net.vswitch.id))
    return move(vm, net.vswitch.id)


@trips("instance.modify-vpc.secondary-addresses")
def move_with_secondary_addresses(net: Net) -> Command[Any]:
    vm = stopped(net)
    primary = net.primary(vm)
    net.cloud.execute(c.AssignPrivateIpAddresses(network_interface_id=primary.id, secondary_private_ip_address_count=1))
    return move(vm, net.new_vswitch("10.0.2.0/24").id)


@trips("instance.modify-vpc.same-address")
def move_to_the_same_address(net: Net) -> Command[Any]:
    vm = stopped(net)
    return move(vm, vm.vswitch_id, vm.private_ip)


@trips("address.private.in-cidr")
def move_outside_the_vswitch(net: Net) -> Command[Any]:
    return move(stopped(net), net.vswitch.id, "10.0.9.9")


@keeps(
    "instance.modify-vpc.state",
    "instance.modify-vpc.zone",
    "instance.modify-vpc.pending",
    "instance.modify-vpc.secondary-addresses",
    "instance.modify-vpc.same-address",
)
def move_to_another_vswitch_after_a_start(net: Net) -> Command[Any]:
    vm = stopped(net)
    net.cloud.execute(move(vm, net.vswitch.id))
    net.cloud.execute(c.StartInstance(instance_id=vm.id))
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return move(vm, net.new_vswitch("10.0.2.0/24").id, "10.0.2.20")


@keeps("instance.modify-vpc.secondary-addresses")
def another_address_of_the_same_vswitch_beside_secondary_ones(net: Net) -> Command[Any]:
    vm = stopped(net)
    net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=net.primary(vm).id, secondary_private_ip_address_count=1)
    )
    return move(vm, net.vswitch.id, "10.0.1.99")


@trips("instance.modify-vpc.network-type", **OPEN)
def move_a_classic_instance(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=classic(net).id))
    return c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=net.vswitch.id)


@keeps("instance.modify-vpc.network-type", **OPEN)
def move_an_instance_of_a_vpc(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=net.run().id))
    return c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=net.vswitch.id)


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


# Subscriptions


@trips("instance.renew.charge-type")
def renew_pay_as_you_go(net: Net) -> Command[Any]:
    return c.RenewInstance(instance_id=net.run().id)


@keeps("instance.renew.charge-type", "instance.network-spec.pending-change")
def renew_a_subscription_again(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    return c.RenewInstance(instance_id=vm.id, period=12)


@trips("instance.period.calendar", start=LAST_DECEMBER)
def subscribe_beyond_the_calendar(net: Net) -> Command[Any]:
    return net.run_command(**SUBSCRIPTION)


@trips("instance.period.calendar", start=LAST_DECEMBER - timedelta(days=30))
def renew_beyond_the_calendar(net: Net) -> Command[Any]:
    return c.RenewInstance(instance_id=net.run(**SUBSCRIPTION).id)


@keeps("instance.period.calendar", start=LAST_DECEMBER - timedelta(days=30))
def subscribe_to_the_end_of_the_calendar(net: Net) -> Command[Any]:
    return net.run_command(**SUBSCRIPTION)


@keeps("instance.period.calendar", start=LAST_DECEMBER - timedelta(days=61))
def renew_to_the_end_of_the_calendar(net: Net) -> Command[Any]:
    return c.RenewInstance(instance_id=net.run(**SUBSCRIPTION).id)


# Bandwidth


@trips("instance.network-spec.pending-change")
def change_the_bandwidth_while_a_change_waits(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=20)


@trips("instance.network-spec.pending-change")
def renew_with_another_bandwidth_while_a_change_waits(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    return c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=20)


@trips("instance.network-spec.classic-state", **OPEN)
def give_a_running_classic_instance_its_first_bandwidth(net: Net) -> Command[Any]:
    return c.ModifyInstanceNetworkSpec(instance_id=classic(net, **SUBSCRIPTION).id, internet_max_bandwidth_out=1)


@trips("instance.network-spec.classic-state", **OPEN)
def give_a_running_classic_instance_its_bandwidth_back(net: Net) -> Command[Any]:
    vm = classic(net, internet_max_bandwidth_out=5)
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=0))
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5)


@trips("instance.network-spec.classic-state", **OPEN_BY_HAND)
def give_a_stopping_classic_instance_its_first_bandwidth(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=classic(net).id))
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=1)


@keeps("instance.network-spec.classic-state", **OPEN)
def give_a_stopped_classic_instance_its_first_bandwidth(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=classic(net, **SUBSCRIPTION).id))
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=1)


@keeps("instance.network-spec.classic-state", **OPEN)
def give_a_running_classic_instance_more_bandwidth(net: Net) -> Command[Any]:
    vm = classic(net, internet_max_bandwidth_out=1)
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=2)


@keeps("instance.network-spec.classic-state", **OPEN)
def leave_a_running_classic_instance_without_bandwidth(net: Net) -> Command[Any]:
    return c.ModifyInstanceNetworkSpec(instance_id=classic(net).id, internet_max_bandwidth_out=0)


@keeps("instance.network-spec.classic-state")
def give_a_running_instance_of_a_vpc_its_first_bandwidth(net: Net) -> Command[Any]:
    return c.ModifyInstanceNetworkSpec(instance_id=net.run(**SUBSCRIPTION).id, internet_max_bandwidth_out=1)


# Releasing


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


# While an instance is being released


def releasing(net: Net, vm: Instance | None = None) -> Instance:
    return net.cloud.execute(c.DeleteInstance(instance_id=(vm or net.run()).id, force=True))


@trips("instance.being-released", **MANUAL)
def start_what_is_being_released(net: Net) -> Command[Any]:
    vm = releasing(net)
    net.cloud.settle(vm.id)  # it is shown as Stopped
    return c.StartInstance(instance_id=vm.id)


@trips("instance.being-released", **MANUAL)
def stop_what_is_being_released(net: Net) -> Command[Any]:
    return c.StopInstance(instance_id=releasing(net).id)


@trips("instance.being-released", **MANUAL)
def attach_to_what_is_being_released(net: Net) -> Command[Any]:
    interface = net.eni()
    return net.attach_command(interface, releasing(net))


@trips("instance.being-released", **MANUAL)
def detach_from_what_is_being_released(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    releasing(net, vm)
    return c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id)


@trips("instance.being-released", **MANUAL)
def assign_addresses_on_what_is_being_released(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    releasing(net, vm)
    return assign(interface.id, 1)


@trips("eip.unassociate.instance-state", **MANUAL)
def unassociate_from_what_is_being_released(net: Net) -> Command[Any]:
    vm = net.run()
    address = associated(net, vm)
    net.cloud.settle()
    releasing(net, vm)
    return c.UnassociateEipAddress(allocation_id=address.id)


@trips("instance.being-released", **MANUAL)
def join_a_group_with_what_is_being_released(net: Net) -> Command[Any]:
    other = net.new_group()
    return c.JoinSecurityGroup(security_group_id=other.id, instance_id=releasing(net).id)


@trips("instance.being-released", **MANUAL)
def change_the_bandwidth_of_what_is_being_released(net: Net) -> Command[Any]:
    return c.ModifyInstanceNetworkSpec(instance_id=releasing(net).id, internet_max_bandwidth_out=5)


@keeps("instance.release.state", "instance.release.charge-type", **MANUAL)
def release_again(net: Net) -> Command[Any]:
    return c.DeleteInstance(instance_id=releasing(net).id)


@keeps("instance.being-released", **MANUAL)
def stop_the_one_beside_what_is_being_released(net: Net) -> Command[Any]:
    releasing(net)
    return c.StopInstance(instance_id=net.run().id)


# Instance types of the account


@trips("instance-type.not-found")
def run_a_type_that_came_after_the_catalogue(net: Net) -> Command[Any]:
    return net.run_command(instance_type=LATER_TYPE)


@keeps("instance-type.not-found")
def run_a_type_that_is_described(net: Net) -> Command[Any]:
    net.cloud.import_resources([instance_types(limits())])
    return net.run_command(instance_type=LATER_TYPE)


@keeps("instance-type.not-found", "interface.attach.instance-type")
def run_a_type_that_a_described_instance_has(net: Net) -> Command[Any]:
    net.cloud.import_resources(of_a_later_type())
    return net.run_command(instance_type=LATER_TYPE, network_interface_ids=[net.eni().id])
