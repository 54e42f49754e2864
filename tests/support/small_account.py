"""A small account as Describe responses, of which tests change this or that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ecsnet import Cloud, ManualClock
from tests.support.described import COLLECTIONS, LISTS

START = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)
Parts = dict[str, list[dict[str, Any]]]


def vpc(vpc_id: str = "vpc-1", **changes: Any) -> dict[str, Any]:
    return {"VpcId": vpc_id, "CidrBlock": "10.0.0.0/16", "RegionId": "cn-hangzhou", **changes}


def vswitch(vswitch_id: str = "vsw-1", **changes: Any) -> dict[str, Any]:
    block = {"VSwitchId": vswitch_id, "VpcId": "vpc-1", "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.1.0/24"}
    return {**block, **changes}


def group(group_id: str = "sg-1", **changes: Any) -> dict[str, Any]:
    return {"SecurityGroupId": group_id, "VpcId": "vpc-1", **changes}


def interface(interface_id: str = "eni-1", **changes: Any) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": interface_id,
        "VSwitchId": "vsw-1",
        "Type": "Secondary",
        "Status": "Available",
        "MacAddress": "00:16:3e:00:00:01",
        "PrivateIpAddress": "10.0.1.9",
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        **changes,
    }


def primary(instance_id: str = "i-1", interface_id: str = "eni-0", **changes: Any) -> dict[str, Any]:
    attached = {"Type": "Primary", "Status": "InUse", "InstanceId": instance_id, "PrivateIpAddress": "10.0.1.8"}
    return interface(interface_id, **{**attached, **changes})


def instance(instance_id: str = "i-1", **changes: Any) -> dict[str, Any]:
    return {
        "InstanceId": instance_id,
        "Status": "Running",
        "InstanceType": "ecs.g5.xlarge",
        "ZoneId": "cn-hangzhou-b",
        "RegionId": "cn-hangzhou",
        "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1"},
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        **changes,
    }


CLASSIC: dict[str, Any] = {"VpcAttributes": {}, "InnerIpAddress": {"IpAddress": ["10.1.1.1"]}}


def eip(allocation_id: str = "eip-1", **changes: Any) -> dict[str, Any]:
    return {"AllocationId": allocation_id, "IpAddress": "47.1.1.1", "Status": "Available", "InstanceId": "", **changes}


def network(**changes: Any) -> Parts:
    """A VPC with a VSwitch, a group, an instance, a spare ENI and a spare EIP, and other lists for some of them."""
    parts = {
        "vpcs": [vpc()],
        "vswitches": [vswitch()],
        "groups": [group()],
        "instances": [instance()],
        "interfaces": [primary(), interface()],
        "eips": [eip()],
    }
    return {**parts, **changes}


def answers(parts: Parts) -> list[dict[str, Any]]:
    return [
        {"Vpcs": {"Vpc": parts["vpcs"]}},
        {"VSwitches": {"VSwitch": parts["vswitches"]}},
        {"SecurityGroups": {"SecurityGroup": parts["groups"]}},
        {"Instances": {"Instance": parts["instances"]}},
        {"NetworkInterfaceSets": {"NetworkInterfaceSet": parts["interfaces"]}},
        {"EipAddresses": {"EipAddress": parts["eips"]}},
    ]


def imported(**changes: Any) -> Cloud:
    cloud = Cloud(clock=ManualClock(START))
    cloud.import_resources(answers(network(**changes)))
    return cloud


def describe(cloud: Cloud) -> list[dict[str, Any]]:
    """Returns what the cloud describes of everything, in any region, without the ids of the requests."""
    regions = sorted({one.region_id for table in COLLECTIONS for one in getattr(cloud, table).values()})
    found = [cloud.describe(action, RegionId=region_id) for region_id in regions for action in LISTS]
    for one in found:
        del one["RequestId"]
    return found


def again(cloud: Cloud) -> Cloud:
    """Describes a cloud and imports that, which must describe itself in the same way."""
    copy = Cloud(clock=ManualClock(START))
    described = describe(cloud)
    copy.import_resources(described)
    assert describe(copy) == described
    return copy
