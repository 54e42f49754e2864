"""Stories about the classic network and ClassicLink."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsnet import Command
from ecsnet import commands as c
from tests.support.net import Net
from tests.support.setups import CLOSING, OPEN, OPEN_BY_HAND, classic, classic_command, enable, link
from tests.support.witnesses import keeps, trips

# The classic network


@trips("network.classic.closed", start=CLOSING + timedelta(microseconds=1))
def run_a_classic_instance_too_late(net: Net) -> Command[Any]:
    return classic_command(net)


@keeps("network.classic.closed", start=CLOSING)
def run_a_classic_instance_at_the_last_moment(net: Net) -> Command[Any]:
    return classic_command(net)


@keeps("network.classic.closed", start=CLOSING + timedelta(days=1))
def run_in_a_vpc_after_the_classic_network_was_closed(net: Net) -> Command[Any]:
    return net.run_command()


# Linking


@trips("classic-link.attach.network-type", **OPEN)
def link_an_instance_of_a_vpc(net: Net) -> Command[Any]:
    enable(net)
    return link(net, net.run())


@trips("classic-link.attach.linked", **OPEN)
def link_twice(net: Net) -> Command[Any]:
    enable(net)
    vm = classic(net)
    net.cloud.execute(link(net, vm))
    return link(net, vm)


@trips("classic-link.attach.instance-state", **OPEN_BY_HAND)
def link_while_stopping(net: Net) -> Command[Any]:
    enable(net)
    vm = classic(net)
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return link(net, vm)


@trips("classic-link.attach.enabled", **OPEN)
def link_to_a_vpc_that_is_not_enabled(net: Net) -> Command[Any]:
    return link(net, classic(net))


@trips("classic-link.attach.quota", **OPEN)
def link_one_too_many(net: Net) -> Command[Any]:
    enable(net)
    for _ in range(10):
        for vm in net.cloud.execute(classic_command(net, amount=100)):
            net.cloud.execute(link(net, vm))
    return link(net, classic(net))


@keeps(
    "classic-link.attach.network-type",
    "classic-link.attach.linked",
    "classic-link.attach.instance-state",
    "classic-link.attach.enabled",
    "classic-link.attach.quota",
    **OPEN,
)
def link_a_classic_instance(net: Net) -> Command[Any]:
    enable(net)
    return link(net, classic(net))


@keeps("classic-link.attach.quota", **OPEN)
def link_the_thousandth(net: Net) -> Command[Any]:
    enable(net)
    vms = [vm for _ in range(10) for vm in net.cloud.execute(classic_command(net, amount=100))]
    for vm in vms[1:]:
        net.cloud.execute(link(net, vm))
    return link(net, vms[0])


# Unlinking


@trips("classic-link.detach.linked", **OPEN)
def unlink_what_is_not_linked(net: Net) -> Command[Any]:
    return c.DetachClassicLinkVpc(instance_id=classic(net).id, vpc_id=net.vpc.id)


@keeps("classic-link.detach.linked", **OPEN)
def unlink_a_linked_instance(net: Net) -> Command[Any]:
    enable(net)
    vm = classic(net)
    net.cloud.execute(link(net, vm))
    return c.DetachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id)


@trips("vpc.not-found", **OPEN)
@trips("classic-link.detach.linked", **OPEN)
def unlink_what_is_not_linked_from_a_vpc_that_is_not_there(net: Net) -> Command[Any]:
    return c.DetachClassicLinkVpc(instance_id=classic(net).id, vpc_id="vpc-unknown")


@trips("classic-link.detach.linked", **OPEN)
def unlink_from_another_vpc(net: Net) -> Command[Any]:
    enable(net)
    vm, other = classic(net), net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
    net.cloud.execute(link(net, vm))
    return c.DetachClassicLinkVpc(instance_id=vm.id, vpc_id=other.id)
