"""Witnesses for the rules about the classic network and ClassicLink, in the days when it was open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ecsnet import Command, Instance
from ecsnet import commands as c
from tests.net import Net
from tests.public_stories import SUBSCRIPTION
from tests.stories import keeps, trips

CLOSING = datetime(2017, 6, 14, 9, 0, tzinfo=UTC)  # 17:00 in China
OPEN: dict[str, Any] = {"start": datetime(2016, 5, 4, tzinfo=UTC)}
OPEN_BY_HAND: dict[str, Any] = {**OPEN, "settle_after": "manual"}


def classic_command(net: Net, **changes: Any) -> c.RunInstances:
    group = net.cloud.execute(c.CreateSecurityGroup())
    parameters = {"instance_type": "ecs.g5.xlarge", "security_group_ids": [group.id], "network_type": "classic"}
    return c.RunInstances(**{**parameters, **changes})


def classic(net: Net, **changes: Any) -> Instance:
    (vm,) = net.cloud.execute(classic_command(net, **changes))
    net.cloud.settle()
    return net.cloud.instances[vm.id]


def link(net: Net, vm: Instance) -> Command[Any]:
    return c.AttachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id)


def enable(net: Net) -> None:
    net.cloud.execute(c.EnableVpcClassicLink(vpc_id=net.vpc.id))


@trips("network.classic.closed", start=CLOSING + timedelta(microseconds=1))
def run_a_classic_instance_too_late(net: Net) -> Command[Any]:
    return classic_command(net)


@keeps("network.classic.closed", start=CLOSING)
def run_a_classic_instance_at_the_last_moment(net: Net) -> Command[Any]:
    return classic_command(net)


@trips("instance.create.zone", **OPEN)
def run_a_classic_instance_in_a_zone_of_another_region(net: Net) -> Command[Any]:
    return classic_command(net, zone_id="cn-beijing-b")


@keeps("instance.create.zone", **OPEN)
def run_a_classic_instance_in_a_zone_of_its_region(net: Net) -> Command[Any]:
    return classic_command(net, zone_id="cn-hangzhou-d", amount=2)


@trips("interface.security-groups.vpc", **OPEN)
def run_a_classic_instance_with_a_group_of_a_vpc(net: Net) -> Command[Any]:
    return classic_command(net, security_group_ids=[net.group.id])


@trips("interface.security-groups.vpc", **OPEN)
def a_classic_instance_joins_a_group_of_a_vpc(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=classic(net).id)


@keeps("interface.security-groups.vpc", **OPEN)
def a_classic_instance_joins_a_classic_group(net: Net) -> Command[Any]:
    other = net.cloud.execute(c.CreateSecurityGroup())
    return c.JoinSecurityGroup(security_group_id=other.id, instance_id=classic(net).id)


@trips("interface.security-groups.count", **OPEN)
def a_classic_instance_leaves_its_last_group(net: Net) -> Command[Any]:
    vm = classic(net)
    return c.LeaveSecurityGroup(security_group_id=vm.security_group_ids[0], instance_id=vm.id)


@trips("interface.attach.vpc", **OPEN)
def attach_to_a_classic_instance(net: Net) -> Command[Any]:
    return net.attach_command(net.eni(), classic(net))


@trips("interface.attach.vpc", **OPEN)
def run_a_classic_instance_with_an_interface(net: Net) -> Command[Any]:
    return classic_command(net, network_interface_ids=[net.eni().id])


@trips("instance.modify-vpc.network-type", **OPEN)
def move_a_classic_instance(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=classic(net).id))
    return c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=net.vswitch.id)


@keeps("instance.modify-vpc.network-type", **OPEN)
def move_an_instance_of_a_vpc(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=net.run().id))
    return c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=net.vswitch.id)


@trips("public-ip.classic.kept", **OPEN)
def release_a_classic_public_address(net: Net) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=classic(net, internet_max_bandwidth_out=5, **SUBSCRIPTION).id)


@keeps("public-ip.classic.kept", **OPEN)
def release_a_nat_public_ip(net: Net) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION).id)


@keeps("public-ip.change.window", **OPEN)
def change_a_classic_public_address(net: Net) -> Command[Any]:
    vm = net.cloud.execute(c.StopInstance(instance_id=classic(net, internet_max_bandwidth_out=5).id))
    return c.ChangePublicIpAddress(instance_id=vm.id)


@trips("public-ip.convert.network-type", **OPEN)
def convert_a_classic_public_address(net: Net) -> Command[Any]:
    return c.ConvertNatPublicIpToEip(instance_id=classic(net, internet_max_bandwidth_out=5).id)


@keeps("public-ip.convert.network-type", **OPEN)
def convert_a_nat_public_ip(net: Net) -> Command[Any]:
    return c.ConvertNatPublicIpToEip(instance_id=net.run(internet_max_bandwidth_out=5).id)


@trips("eip.associate.network-type", **OPEN)
def associate_with_a_classic_instance(net: Net) -> Command[Any]:
    address = net.cloud.execute(c.AllocateEipAddress())
    return c.AssociateEipAddress(allocation_id=address.id, instance_id=classic(net).id)


@keeps("eip.associate.network-type", **OPEN)
def associate_with_an_instance_of_a_vpc(net: Net) -> Command[Any]:
    address = net.cloud.execute(c.AllocateEipAddress())
    return c.AssociateEipAddress(allocation_id=address.id, instance_id=net.run().id)


# ClassicLink


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


@trips("classic-link.detach.linked", **OPEN)
def unlink_what_is_not_linked(net: Net) -> Command[Any]:
    return c.DetachClassicLinkVpc(instance_id=classic(net).id, vpc_id=net.vpc.id)


@keeps("classic-link.detach.linked", **OPEN)
def unlink_a_linked_instance(net: Net) -> Command[Any]:
    enable(net)
    vm = classic(net)
    net.cloud.execute(link(net, vm))
    return c.DetachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id)


@trips("vpc.delete.in-use", **OPEN)
def delete_a_vpc_with_a_linked_instance(net: Net) -> Command[Any]:
    enable(net)
    net.cloud.execute(link(net, classic(net)))
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    return c.DeleteVpc(vpc_id=net.vpc.id)
