"""Responses that describe an account of a few instances, ENIs, groups, VSwitches and EIPs, in the vendor's shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

LATER_TYPE = "ecs.g8i.xlarge"
"""A type that came after the catalogue."""


def instance_types(*types: Mapping[str, Any]) -> dict[str, Any]:
    return {"InstanceTypes": {"InstanceType": list(types)}, "NextToken": ""}


def limits(type_id: str = LATER_TYPE, enis: int | None = 4, addresses: int | None = 15, **more: Any) -> dict[str, Any]:
    return {"InstanceTypeId": type_id, "EniQuantity": enis, "EniPrivateIpAddressQuantity": addresses, **more}


def quotas(**values: Any) -> dict[str, Any]:
    """Returns the response of DescribeAccountAttributes with these attributes, with underscores for hyphens."""
    items = [
        {"AttributeName": name.replace("_", "-"), "AttributeValues": {"ValueItem": [{"Value": value}]}}
        for name, value in values.items()
    ]
    return {"AccountAttributeItems": {"AccountAttributeItem": items}}


def network(*, vswitches: int = 1, groups: int = 1, secondary_blocks: int = 0) -> list[dict[str, Any]]:
    """Returns a VPC with VSwitches vsw-0, … and security groups sg-0, …"""
    blocks = {"SecondaryCidrBlock": [f"172.{16 + n}.0.0/16" for n in range(secondary_blocks)]}
    vpc = {"VpcId": "vpc-0", "CidrBlock": "10.0.0.0/8", "RegionId": "cn-hangzhou", "SecondaryCidrBlocks": blocks}
    return [
        {"Vpcs": {"Vpc": [vpc]}},
        {
            "VSwitches": {
                "VSwitch": [
                    {
                        "VSwitchId": f"vsw-{n}",
                        "VpcId": "vpc-0",
                        "ZoneId": "cn-hangzhou-b",
                        "CidrBlock": f"10.{n}.0.0/16",
                    }
                    for n in range(vswitches)
                ]
            }
        },
        {
            "SecurityGroups": {
                "SecurityGroup": [{"SecurityGroupId": f"sg-{n}", "VpcId": "vpc-0"} for n in range(groups)]
            }
        },
    ]


def instance(instance_id: str, type_id: str = LATER_TYPE) -> dict[str, Any]:
    return {
        "InstanceId": instance_id,
        "Status": "Running",
        "InstanceType": type_id,
        "ZoneId": "cn-hangzhou-b",
        "VpcAttributes": {"VpcId": "vpc-0", "VSwitchId": "vsw-0"},
        "SecurityGroupIds": {"SecurityGroupId": ["sg-0"]},
    }


def interfaces(*wanted: tuple[str, str, int], groups: Sequence[str] = ("sg-0",), mac: int = 1) -> dict[str, Any]:
    """Returns ENIs: triples of an id, the instance ("" for none) and the number of private IPs. The first ENI of an
    instance is its primary one."""
    numbers, seen, found = count(10), set(), []
    for number, (interface_id, instance_id, addresses) in enumerate(wanted):
        primary = instance_id not in {"", *seen}
        seen.add(instance_id)
        held = [f"10.0.{n // 200}.{n % 200 + 10}" for n in (next(numbers) for _ in range(addresses))]
        found.append(
            {
                "NetworkInterfaceId": interface_id,
                "InstanceId": instance_id,
                "VSwitchId": "vsw-0",
                "Type": "Primary" if primary else "Secondary",
                "Status": "InUse" if instance_id else "Available",
                "MacAddress": f"00:16:3e:{mac:02x}:{number // 256:02x}:{number % 256:02x}",
                "PrivateIpAddress": held[0],
                "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": ip, "Primary": ip == held[0]} for ip in held]},
                "SecurityGroupIds": {"SecurityGroupId": list(groups)},
            }
        )
    return {"NetworkInterfaceSets": {"NetworkInterfaceSet": found}}


def eips(amount: int, region_id: str = "cn-hangzhou") -> dict[str, Any]:
    return {
        "EipAddresses": {
            "EipAddress": [
                {
                    "AllocationId": f"eip-{region_id}-{n}",
                    "IpAddress": f"203.0.{'113' if region_id == 'cn-hangzhou' else '114'}.{n + 1}",
                    "Status": "Available",
                    "RegionId": region_id,
                }
                for n in range(amount)
            ]
        }
    }


def of_a_later_type(*more: dict[str, Any], spare_addresses: int = 1) -> list[dict[str, Any]]:
    """Returns an account with the instance i-0 of a type that is in no catalogue, with eni-p and eni-1, of which eni-1
    has two private IPs, and with the spare eni-2."""
    return [
        *network(),
        {"Instances": {"Instance": [instance("i-0")]}},
        interfaces(("eni-p", "i-0", 1), ("eni-1", "i-0", 2), ("eni-2", "", spare_addresses)),
        *more,
    ]
