"""Stories about the public addresses of instances."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsnet import Command, Instance
from ecsnet import commands as c
from tests.support.net import Net
from tests.support.setups import (
    OPEN,
    SUBSCRIPTION,
    associated,
    classic,
    convert,
    created,
    stopped,
    use_up_the_public_addresses,
)
from tests.support.witnesses import MANUAL, keeps, trips

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


@trips("public-ip.assign.pay-as-you-go")
def allocate_when_what_was_bought_was_given_up(net: Net) -> Command[Any]:
    vm = created(net, internet_max_bandwidth_out=5)
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=0))
    return c.AllocatePublicIpAddress(instance_id=vm.id)


@keeps("public-ip.assign.subscription", "public-ip.assign.pay-as-you-go")
def allocate_the_least_bandwidth(net: Net) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=created(net, internet_max_bandwidth_out=1).id)


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


@keeps("public-ip.change.window", **OPEN)
def change_a_classic_public_address(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=classic(net, internet_max_bandwidth_out=5).id))
    return c.ChangePublicIpAddress(instance_id=vm.id)


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


@trips("public-ip.classic.kept", **OPEN)
def release_a_classic_public_address(net: Net) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=classic(net, internet_max_bandwidth_out=5, **SUBSCRIPTION).id)


@keeps("public-ip.classic.kept", **OPEN)
def release_a_nat_public_ip(net: Net) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION).id)


# Converting into an EIP


@trips("public-ip.convert.assigned")
def convert_what_is_not_there(net: Net) -> Command[Any]:
    return convert(net.run())


@trips("public-ip.convert.assigned")
def convert_twice(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    net.cloud.execute(convert(vm))
    return convert(vm)


@trips("public-ip.convert.assigned")
def convert_without_bandwidth(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=0))
    return convert(vm)


@keeps("public-ip.convert.assigned")
def convert_with_the_least_bandwidth(net: Net) -> Command[Any]:
    return convert(net.run(internet_max_bandwidth_out=1))


@trips("public-ip.convert.assigned")
def convert_what_a_cycle_without_bandwidth_took(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    net.clock.advance(timedelta(days=31))
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


@trips("public-ip.convert.network-type", **OPEN)
def convert_a_classic_public_address(net: Net) -> Command[Any]:
    return c.ConvertNatPublicIpToEip(instance_id=classic(net, internet_max_bandwidth_out=5).id)


@keeps("public-ip.convert.network-type", **OPEN)
def convert_a_nat_public_ip(net: Net) -> Command[Any]:
    return c.ConvertNatPublicIpToEip(instance_id=net.run(internet_max_bandwidth_out=5).id)


@keeps("public-ip.convert.expiring")
def convert_just_before_the_last_day(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.clock.advance(timedelta(days=30) - timedelta(microseconds=1))
    return c.ConvertNatPublicIpToEip(instance_id=vm.id)


# The public addresses of a region


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
def buy_bandwidth_with_the_last_address(net: Net) -> Command[Any]:
    vm = net.run(**SUBSCRIPTION)
    use_up_the_public_addresses(net, but=1)
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5)


@keeps("address.region.exhausted")
def buy_bandwidth_for_an_address_that_is_there(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    use_up_the_public_addresses(net)
    return c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=7)


@trips("address.region.exhausted")
def renew_an_ended_subscription_with_bandwidth_when_no_address_is_left(net: Net) -> Command[Any]:
    vm = net.run(**SUBSCRIPTION)
    use_up_the_public_addresses(net)
    net.clock.advance(timedelta(days=31))
    return c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5)


@keeps("address.region.exhausted")
def renew_with_bandwidth_for_the_next_cycle_when_no_address_is_left(net: Net) -> Command[Any]:
    vm = net.run(**SUBSCRIPTION)
    use_up_the_public_addresses(net)
    return c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5)


@keeps("address.region.exhausted")
def renew_an_ended_subscription_as_it_was_when_no_address_is_left(net: Net) -> Command[Any]:
    vm = net.run(**SUBSCRIPTION)
    use_up_the_public_addresses(net)
    net.clock.advance(timedelta(days=31))
    return c.RenewInstance(instance_id=vm.id)


@trips("address.region.exhausted")
def allocate_when_no_public_address_is_left(net: Net) -> Command[Any]:
    vm = created(net, internet_max_bandwidth_out=5)
    use_up_the_public_addresses(net)
    return c.AllocatePublicIpAddress(instance_id=vm.id)


@trips("address.region.exhausted")
def change_when_no_public_address_is_left(net: Net) -> Command[Any]:
    vm = stopped(net, internet_max_bandwidth_out=5)
    use_up_the_public_addresses(net)
    return c.ChangePublicIpAddress(instance_id=vm.id)


@keeps("address.region.exhausted")
def allocate_the_last_eip_of_a_region(net: Net) -> Command[Any]:
    use_up_the_public_addresses(net, but=1)
    return c.AllocateEipAddress()
