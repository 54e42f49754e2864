"""A network as the vendor's Describe actions show it, and a cloud that imports it."""

from __future__ import annotations

from typing import Any

from ecsnet import Cloud
from ecsnet import commands as c
from tests.support.describe import describe
from tests.support.net import Net
from tests.support.setups import SUBSCRIPTION, associated, eip


def network(**options: Any) -> Net:
    net = Net(**options)
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block="172.16.0.0/16"))
    net.attached(vm, private_ip_addresses=["10.0.1.100", "10.0.1.101"], network_interface_name="web-1")
    net.eni(vswitch_id=net.new_vswitch("10.0.2.0/29").id, description="a spare one")
    net.eni(vswitch_id=net.new_vswitch("172.16.2.0/24").id)
    associated(net, net.run(image_id="centos_7_3"))
    eip(net)
    net.cloud.execute(c.StopInstance(instance_id=net.run(instance_type="ecs.g5.4xlarge").id))
    return net


def imported(net: Net, answers: list[dict[str, Any]] | None = None) -> Cloud:
    cloud = Cloud(clock=net.clock)
    cloud.import_resources(describe(net.cloud) if answers is None else answers)
    return cloud


LISTS = (
    "DescribeVpcs",
    "DescribeVSwitches",
    "DescribeSecurityGroups",
    "DescribeInstances",
    "DescribeNetworkInterfaces",
    "DescribeEipAddresses",
)
"""The actions that describe a whole network, in the order of the collections."""
COLLECTIONS = ("vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips")


def entries(answers: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    found = next(answer[kind] for answer in answers if kind in answer)
    (listed,) = found.values()
    return listed  # type: ignore[no-any-return]
