"""Set-ups that many stories share: resources in a certain state, and commands that several stories check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from ecsnet import Command, Eip, Instance, InstanceType
from ecsnet import commands as c
from ecsnet.domain.state.regional_pool import PUBLIC
from tests.support.net import Net

SUBSCRIPTION: dict[str, Any] = {"instance_charge_type": "PrePaid"}
CLOSING = datetime(2017, 6, 14, 9, 0, tzinfo=UTC)  # 17:00 in China
OPEN: dict[str, Any] = {"start": datetime(2016, 5, 4, tzinfo=UTC)}
OPEN_BY_HAND: dict[str, Any] = {**OPEN, "settle_after": "manual"}
LAST_DECEMBER = datetime(9999, 12, 1, tzinfo=UTC)
OWN_TYPES: dict[str, Any] = {
    "instance_types": [
        InstanceType(id="ecs.old.large", eni_quantity=3, private_ipv4_per_eni=4, io_optimized=False),
        InstanceType(id="ecs.one.large", eni_quantity=1, private_ipv4_per_eni=4),
        InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=2),
    ]
}


# VPCs and groups


def other_vpc_group(net: Net) -> str:
    other = net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
    return net.cloud.execute(c.CreateSecurityGroup(vpc_id=other.id)).id


# Instances


def stopped(net: Net, **changes: Any) -> Instance:
    return net.cloud.execute(c.StopInstance(instance_id=net.run(**changes).id))


def created(net: Net, **changes: Any) -> Instance:
    run = net.run_command(**changes)
    fields = {name: getattr(run, name) for name in attrs.fields_dict(type(run)) if name != "amount"}
    return net.cloud.execute(c.CreateInstance(**fields))


def subscription(net: Net, **changes: Any) -> Instance:
    return net.run(**{**SUBSCRIPTION, "internet_max_bandwidth_out": 5, **changes})


def move(vm: Instance, vswitch_id: str | None, address: str | None = None) -> Command[Any]:
    assert vswitch_id is not None
    return c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=vswitch_id, private_ip_address=address)


# Network interfaces


def detach(interface_id: str | None, instance_id: str) -> Command[Any]:
    assert interface_id is not None
    return c.DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id)


def assign(interface_id: str, count: int) -> Command[Any]:
    return c.AssignPrivateIpAddresses(network_interface_id=interface_id, secondary_private_ip_address_count=count)


def unassign(interface_id: str, *addresses: str) -> Command[Any]:
    return c.UnassignPrivateIpAddresses(network_interface_id=interface_id, private_ip_addresses=addresses)


# Public addresses


def convert(vm: Instance) -> Command[Any]:
    return c.ConvertNatPublicIpToEip(instance_id=vm.id)


def eip(net: Net) -> Eip:
    return net.cloud.execute(c.AllocateEipAddress())


def associated(net: Net, vm: Instance) -> Eip:
    return net.cloud.execute(c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id))


def use_up_the_public_addresses(net: Net, but: int = 0) -> None:
    """Leaves so many of the 62 public addresses that a region has from here to the end of the test."""
    PUBLIC.cidr_block = "240.0.0.0/20"
    taken = sum(one.public_ip is not None for one in net.cloud.instances.values()) + len(net.cloud.eips)
    net.cloud.execute(net.run_command(amount=62 - but - taken, internet_max_bandwidth_out=5))


# The classic network


def classic_command(net: Net, **changes: Any) -> c.RunInstances:
    group = net.cloud.execute(c.CreateSecurityGroup())
    parameters = {"instance_type": "ecs.g5.xlarge", "security_group_ids": [group.id], "network_type": "classic"}
    return c.RunInstances(**{**parameters, **changes})


def classic(net: Net, **changes: Any) -> Instance:
    (vm,) = net.cloud.execute(classic_command(net, **changes))
    net.cloud.settle()
    return net.cloud.instances[vm.id]


def enable(net: Net) -> None:
    net.cloud.execute(c.EnableVpcClassicLink(vpc_id=net.vpc.id))


def link(net: Net, vm: Instance) -> Command[Any]:
    return c.AttachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id)
