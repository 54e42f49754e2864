"""A network in which every operation is possible, and one allowed command of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ecsnet import Cloud, ManualClock
from ecsnet import commands as c
from ecsnet.commands import Command
from ecsnet.testing._generate import GENERATORS, Inventory, all_commands

BEGIN = datetime(2017, 3, 11, 8, 0, tzinfo=UTC)
"""A time at which the classic network was still open."""
KINDS = {
    "vpc_id": "vpcs",
    "vswitch_id": "vswitches",
    "security_group_id": "security_groups",
    "security_group_ids": "security_groups",
    "source_group_id": "security_groups",
    "instance_id": "instances",
    "instance_ids": "instances",
    "network_interface_id": "network_interfaces",
    "network_interface_ids": "network_interfaces",
    "allocation_id": "eips",
}
"""The parameters that name resources, and what they name."""


def rich_network(cloud: Cloud) -> None:
    """Fill a cloud, whose clock must stand at `BEGIN`, with something for every operation to work on."""
    do = cloud.execute
    vpc = do(c.CreateVpc(cidr_block="10.0.0.0/16"))
    extended = do(c.CreateVpc(cidr_block="172.16.0.0/16"))
    do(c.TagResources(resource_type="VPC", resource_ids=[extended.id, vpc.id], tags={"team": "network"}))
    do(c.AssociateVpcCidrBlock(vpc_id=extended.id, secondary_cidr_block="192.168.0.0/16"))
    vsw = do(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    do(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.2.0/24"))
    sg, other, lonely = (do(c.CreateSecurityGroup(vpc_id=vpc.id)) for _ in range(3))
    do(c.AuthorizeSecurityGroup(security_group_id=sg.id, source_group_id=other.id))
    classic = do(c.CreateSecurityGroup())

    def run(group: str = sg.id, **changes: Any) -> Any:
        place = {} if changes.get("network_type") == "classic" else {"vswitch_id": vsw.id}
        parameters: dict[str, Any] = {
            "instance_type": "ecs.g5.xlarge",
            "security_group_ids": [group],
            **place,
            **changes,
        }
        return do(c.RunInstances(**parameters))[0]

    first, second = run(), run()
    subscription = {"instance_charge_type": "PrePaid", "period": 1}
    run(internet_max_bandwidth_out=5, **subscription)
    stopped = run(internet_max_bandwidth_out=5)
    do(c.StopInstance(instance_id=stopped.id))
    new = c.CreateInstance(
        instance_type="ecs.g5.xlarge", vswitch_id=vsw.id, security_group_ids=[sg.id], internet_max_bandwidth_out=5
    )
    do(new)
    two_groups = run()
    do(c.JoinSecurityGroup(security_group_id=other.id, instance_id=two_groups.id))
    linked = run(classic.id, network_type="classic", internet_max_bandwidth_out=1)
    run(classic.id, network_type="classic")
    do(c.EnableVpcClassicLink(vpc_id=vpc.id))
    do(c.AttachClassicLinkVpc(instance_id=linked.id, vpc_id=vpc.id))
    create = c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id])
    do(create)
    attached = do(create)
    do(c.AssignPrivateIpAddresses(network_interface_id=attached.id, secondary_private_ip_address_count=2))
    do(c.AttachNetworkInterface(network_interface_id=attached.id, instance_id=first.id))
    do(c.AllocateEipAddress())
    bound = do(c.AllocateEipAddress())
    do(c.AssociateEipAddress(allocation_id=bound.id, instance_id=second.id))
    do(c.AllocateEipAddress(region_id="cn-elsewhere"))
    assert lonely.id


def rich_cloud(**options: Any) -> Cloud:
    """Returns a cloud with a `rich_network`, in memory if no store is given."""
    cloud = Cloud(**{"clock": ManualClock(BEGIN), **options})
    rich_network(cloud)
    return cloud


def one_of_each(cloud: Cloud) -> dict[str, Command[Any]]:
    """Returns an allowed command of every kind, by its name."""
    see = Inventory(cloud)
    return {
        operation.__name__: next(command for command in all_commands(see, [operation]) if cloud.check(command).events)
        for operation in GENERATORS
    }
