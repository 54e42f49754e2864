"""Witnesses for the rules about public addresses, EIPs, bandwidth, and the move of an instance's private address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ecsnet import Command, Eip, Instance
from ecsnet import commands as c
from tests.net import Net
from tests.stories import MANUAL, keeps, trips

LAST_DECEMBER = datetime(9999, 12, 1, tzinfo=UTC)
SUBSCRIPTION: dict[str, Any] = {"instance_charge_type": "PrePaid"}


def stopped(net: Net, **changes: Any) -> Instance:
    return net.cloud.execute(c.StopInstance(instance_id=net.run(**changes).id))


def created(net: Net, **changes: Any) -> Instance:
    run = net.run_command(**changes)
    fields = {name: getattr(run, name) for name in run.__struct_fields__ if name != "amount"}
    return net.cloud.execute(c.CreateInstance(**fields))


def eip(net: Net) -> Eip:
    return net.cloud.execute(c.AllocateEipAddress())


def associated(net: Net, vm: Instance) -> Eip:
    return net.cloud.execute(c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id))


# Allocating


@trips("public-ip.assign.already")
def allocate_beside_a_public_address(net: Net) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=net.run(internet_max_bandwidth_out=5).id)


@trips("public-ip.assign.already")
def allocate_beside_an_eip(net: Net) -> Command[Any]:
    vm = created(net, internet_max_bandwidth_out=5)
    associated(net, vm)
    return c.AllocatePublicIpAddress(instance_id=vm.id)


@trips("public-ip.assign.state", **MANUAL)
def allocate_while_pending(net: Net) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=created(net, internet_max_bandwidth_out=5).id)


@trips("public-ip.assign.pay-as-you-go")
def allocate_for_one_that_was_created_without(net: Net) -> Command[Any]:
    vm = net.run()
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5))
    return c.AllocatePublicIpAddress(instance_id=vm.id)


@trips("public-ip.assign.subscription")
def allocate_for_a_subscription_without_bandwidth(net: Net) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=net.run(**SUBSCRIPTION).id)


@keeps(
    "public-ip.assign.already",
    "public-ip.assign.state",
    "public-ip.assign.pay-as-you-go",
    "public-ip.assign.subscription",
)
def allocate_what_was_bought_at_creation(net: Net) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=created(net, internet_max_bandwidth_out=5).id)


@keeps("public-ip.assign.subscription")
def allocate_for_a_subscription_with_bandwidth(net: Net) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=created(net, internet_max_bandwidth_out=5, **SUBSCRIPTION).id)


# Releasing


@trips("public-ip.nat.release")
def release_on_pay_as_you_go(net: Net) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=net.run(internet_max_bandwidth_out=5).id)


@trips("public-ip.release.assigned")
def release_what_is_not_there(net: Net) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=net.run(**SUBSCRIPTION).id)


@keeps("public-ip.nat.release", "public-ip.release.assigned")
def release_on_a_subscription(net: Net) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION).id)


# Changing


def change(vm: Instance) -> Command[Any]:
    return c.ChangePublicIpAddress(instance_id=vm.id)


@trips("public-ip.change.assigned")
def change_without_a_public_address(net: Net) -> Command[Any]:
    vm = stopped(net)
    associated(net, vm)
    return change(vm)


@trips("public-ip.change.state")
def change_while_running(net: Net) -> Command[Any]:
    return change(net.run(internet_max_bandwidth_out=5))


@trips("public-ip.change.window")
def change_after_six_hours(net: Net) -> Command[Any]:
    vm = stopped(net, internet_max_bandwidth_out=5)
    net.clock.advance(timedelta(hours=6))
    return change(vm)


@trips("public-ip.change.limit")
def change_a_fourth_time(net: Net) -> Command[Any]:
    vm = stopped(net, internet_max_bandwidth_out=5)
    for _ in range(3):
        net.cloud.execute(change(vm))
    return change(vm)


@keeps("public-ip.change.assigned", "public-ip.change.state", "public-ip.change.window", "public-ip.change.limit")
def change_a_third_time_within_six_hours(net: Net) -> Command[Any]:
    vm = stopped(net, internet_max_bandwidth_out=5)
    net.cloud.execute(change(vm))
    net.cloud.execute(change(vm))
    net.clock.advance(timedelta(hours=6) - timedelta(microseconds=1))
    return change(vm)


# Converting


def convert(vm: Instance) -> Command[Any]:
    return c.ConvertNatPublicIpToEip(instance_id=vm.id)


@trips("public-ip.convert.assigned")
def convert_what_is_not_there(net: Net) -> Command[Any]:
    return convert(net.run())


@trips("public-ip.convert.assigned")
def convert_twice(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    net.cloud.execute(convert(vm))
    return convert(vm)


@trips("public-ip.convert.state", **MANUAL)
def convert_while_stopping(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    return convert(net.cloud.execute(c.StopInstance(instance_id=vm.id)))


@trips("public-ip.convert.pending-change")
def convert_with_a_renewal_waiting(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    return convert(vm)


@trips("public-ip.convert.expiring")
def convert_on_the_last_day(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.clock.advance(timedelta(days=30))
    return convert(vm)


@keeps(
    "public-ip.convert.assigned",
    "public-ip.convert.state",
    "public-ip.convert.pending-change",
    "public-ip.convert.expiring",
)
def convert_once_the_renewal_took_effect(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    net.clock.advance(timedelta(days=31))
    net.cloud.settle()
    return convert(vm)


# EIPs


@trips("account.eip-quota")
def one_eip_too_many(net: Net) -> Command[Any]:
    for region_id in ("cn-hangzhou", "cn-beijing"):
        for _ in range(10):
            net.cloud.execute(c.AllocateEipAddress(region_id=region_id))
    return c.AllocateEipAddress()


@trips("account.eip-quota")
def convert_beyond_the_quota(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    one_eip_too_many(net)
    return convert(vm)


@keeps("account.eip-quota")
def an_eip_in_the_place_of_another(net: Net) -> Command[Any]:
    command = one_eip_too_many(net)
    net.cloud.execute(c.ReleaseEipAddress(allocation_id=next(iter(net.cloud.eips))))
    return command


@trips("eip.not-found")
def eip_is_not_there(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id="eip-none")


@trips("eip.associate.state", "eip.associate.duplicate")
def associate_twice(net: Net) -> Command[Any]:
    vm = net.run()
    return c.AssociateEipAddress(allocation_id=associated(net, vm).id, instance_id=vm.id)


@trips("eip.associate.duplicate")
def associate_a_second_one(net: Net) -> Command[Any]:
    vm = net.run()
    associated(net, vm)
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id)


@trips("eip.associate.region")
def associate_across_regions(net: Net) -> Command[Any]:
    far = net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing"))
    return c.AssociateEipAddress(allocation_id=far.id, instance_id=net.run().id)


@trips("eip.associate.instance-state", **MANUAL)
def associate_while_pending(net: Net) -> Command[Any]:
    (vm,) = net.cloud.execute(net.run_command())
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id)


@trips("eip.associate.public-ip")
def associate_beside_a_public_address(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id)


@keeps(
    "eip.not-found",
    "eip.associate.state",
    "eip.associate.duplicate",
    "eip.associate.region",
    "eip.associate.instance-state",
    "eip.associate.public-ip",
)
def associate_an_available_one(net: Net) -> Command[Any]:
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=net.run().id)


@trips("eip.unassociate.state")
def unassociate_an_available_one(net: Net) -> Command[Any]:
    return c.UnassociateEipAddress(allocation_id=eip(net).id)


@trips("eip.unassociate.wrong-instance")
def unassociate_from_another_instance(net: Net) -> Command[Any]:
    return c.UnassociateEipAddress(allocation_id=associated(net, net.run()).id, instance_id=net.run().id)


@keeps("eip.unassociate.state", "eip.unassociate.wrong-instance")
def unassociate_from_its_instance(net: Net) -> Command[Any]:
    vm = net.run()
    return c.UnassociateEipAddress(allocation_id=associated(net, vm).id, instance_id=vm.id)


@trips("eip.release.state")
def release_an_associated_one(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=associated(net, net.run()).id)


@keeps("eip.release.state")
def release_an_available_one(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=eip(net).id)


# Bandwidth


@trips("instance.renew.charge-type")
def renew_pay_as_you_go(net: Net) -> Command[Any]:
    return c.RenewInstance(instance_id=net.run().id)


@trips("instance.network-spec.pending-change")
def change_the_bandwidth_while_a_change_waits(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=20)


@keeps("instance.renew.charge-type", "instance.network-spec.pending-change")
def renew_a_subscription_again(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    return c.RenewInstance(instance_id=vm.id, period=12)


# The end of the calendar


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


# The end of a region's public addresses


def use_up_the_public_addresses(net: Net, but: int = 0) -> None:
    net.quota("addresses-per-security-group", 10_000)
    net.vswitch = net.new_vswitch("10.0.64.0/18")
    for amount in (*[100] * 20, 46 - but):
        net.cloud.execute(net.run_command(amount=amount, internet_max_bandwidth_out=5))


@trips("address.region.exhausted")
def run_with_one_public_address_too_many(net: Net) -> Command[Any]:
    use_up_the_public_addresses(net, but=1)
    return net.run_command(amount=2, internet_max_bandwidth_out=5)


@trips("address.region.exhausted")
def allocate_an_eip_when_none_is_left(net: Net) -> Command[Any]:
    use_up_the_public_addresses(net)
    return c.AllocateEipAddress()


@keeps("address.region.exhausted")
def run_with_the_last_public_address(net: Net) -> Command[Any]:
    use_up_the_public_addresses(net, but=1)
    return net.run_command(internet_max_bandwidth_out=5)


@keeps("address.region.exhausted")
def run_without_a_public_address_when_none_is_left(net: Net) -> Command[Any]:
    use_up_the_public_addresses(net)
    return net.run_command(amount=2)


@trips("address.region.exhausted")
def buy_bandwidth_when_no_address_is_left(net: Net) -> Command[Any]:
    vm = net.run(**SUBSCRIPTION)
    use_up_the_public_addresses(net)
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5)


@keeps("address.region.exhausted")
def buy_bandwidth_for_an_address_that_is_there(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    use_up_the_public_addresses(net, but=1)
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=7)


# The private address of an instance


def move(vm: Instance, vswitch_id: str | None, address: str | None = None) -> Command[Any]:
    assert vswitch_id is not None
    return c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=vswitch_id, private_ip_address=address)


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
