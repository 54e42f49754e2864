"""A small account with resources of other services, which its own network imports and holds."""

from __future__ import annotations

from typing import Any

from ecsnet import Cloud

VPC = "vpc-held"
VSWITCH = "vsw-held"
OTHER_ACCOUNT = "1999999999999999"
GROUP = "sg-held"
INSTANCE = "i-held"
PRIMARY = "eni-held-0"
TRUNK = "eni-held-1"
MANAGED = "eni-held-2"
OWN = "eni-held-3"
EIP = "eip-held"


def interface(interface_id: str, number: int, **changes: Any) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": interface_id,
        "VSwitchId": VSWITCH,
        "Type": "Secondary",
        "Status": "Available",
        "MacAddress": f"00:16:3e:77:00:{number:02x}",
        "PrivateIpAddress": f"10.0.77.{10 + number}",
        "SecurityGroupIds": {"SecurityGroupId": [GROUP]},
        **changes,
    }


def responses(
    *,
    primary: dict[str, Any] | None = None,
    instance: dict[str, Any] | None = None,
    vpc: dict[str, Any] | None = None,
    vswitch: dict[str, Any] | None = None,
    trunk: bool = True,
) -> list[dict[str, Any]]:
    """Describes a VPC, an instance with a Trunk ENI, the ENI of a NAT gateway, an Available one, and the gateway's EIP.

    ``primary`` are fields of the instance's primary ENI, ``instance`` its own, ``vpc`` and ``vswitch`` those of the
    network; without ``trunk`` there is no Trunk ENI.
    """
    described = {
        "InstanceId": INSTANCE,
        "Status": "Running",
        "InstanceType": "ecs.g5.xlarge",
        "ZoneId": "cn-hangzhou-b",
        "VpcAttributes": {"VpcId": "vpc-held", "VSwitchId": VSWITCH},
        "SecurityGroupIds": {"SecurityGroupId": [GROUP]},
        **(instance or {}),
    }
    block = {"VSwitchId": VSWITCH, "VpcId": VPC, "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.77.0/24"}
    groups = [{"SecurityGroupId": group_id, "VpcId": "vpc-held"} for group_id in (GROUP, "sg-other")]
    interfaces = [
        interface(PRIMARY, 0, **{"Type": "Primary", "Status": "InUse", "InstanceId": INSTANCE, **(primary or {})}),
        *([interface(TRUNK, 1, Type="Trunk", Status="InUse", InstanceId=INSTANCE)] if trunk else []),
        interface(MANAGED, 2, Status="InUse", InstanceId="ngw-1", ServiceManaged=True),
        interface(OWN, 3),
    ]
    eip = {
        "AllocationId": EIP,
        "IpAddress": "203.0.113.77",
        "Status": "InUse",
        "InstanceId": "ngw-1",
        "InstanceType": "Nat",
    }
    return [
        {"Vpcs": {"Vpc": [{"VpcId": VPC, "CidrBlock": "10.0.0.0/16", "RegionId": "cn-hangzhou", **(vpc or {})}]}},
        {"VSwitches": {"VSwitch": [{**block, **(vswitch or {})}]}},
        {"SecurityGroups": {"SecurityGroup": groups}},
        {"Instances": {"Instance": [described]}},
        {"NetworkInterfaceSets": {"NetworkInterfaceSet": interfaces}},
        {"EipAddresses": {"EipAddress": [eip]}},
    ]


def import_into(cloud: Cloud, **options: Any) -> None:
    """Imports the account into a cloud."""
    cloud.import_resources(responses(**options))
