"""The responses of the vendor's Describe actions for the network of a cloud."""

from __future__ import annotations

from typing import Any

from ecsnet import Cloud, Instance, NetworkInterface


def describe(cloud: Cloud) -> list[dict[str, Any]]:
    """One answer of each action, in the vendor's shapes, with fields that nobody here knows."""
    vpcs = [
        {
            "VpcId": v.id,
            "CidrBlock": v.cidr_block,
            "RegionId": v.region_id,
            "CreationTime": time(v),
            "SecondaryCidrBlocks": {"SecondaryCidrBlock": list(v.secondary_cidr_blocks)},
            "VRouterId": "vrt-1",
        }
        for v in cloud.vpcs.values()
    ]
    vswitches = [
        {
            "VSwitchId": v.id,
            "VpcId": v.vpc_id,
            "ZoneId": v.zone_id,
            "CidrBlock": v.cidr_block,
            "CreationTime": time(v),
            "AvailableIpAddressCount": v.available_ip_address_count,
        }
        for v in cloud.vswitches.values()
    ]
    groups = [
        {
            "SecurityGroupId": g.id,
            "VpcId": g.vpc_id or "",
            "CreationTime": time(g),
            "SecurityGroupType": str(g.type),
            "RuleCount": 0,
        }
        for g in cloud.security_groups.values()
    ]
    eips = [
        {
            "AllocationId": e.id,
            "IpAddress": e.ip_address,
            "Status": str(e.status),
            "InstanceId": e.instance_id or "",
            "InstanceType": "EcsInstance" if e.instance_id else "",
            "AllocationTime": time(e),
        }
        for e in cloud.eips.values()
    ]
    return [
        {"RequestId": "1", "TotalCount": len(vpcs), "Vpcs": {"Vpc": vpcs}},
        {"RequestId": "2", "VSwitches": {"VSwitch": vswitches}},
        {"RequestId": "3", "RegionId": cloud.region_id, "SecurityGroups": {"SecurityGroup": groups}},
        {"RequestId": "4", "Instances": {"Instance": [of_instance(i) for i in cloud.instances.values()]}},
        {
            "RequestId": "5",
            "NetworkInterfaceSets": {
                "NetworkInterfaceSet": [of_interface(i) for i in cloud.network_interfaces.values()]
            },
        },
        {"RequestId": "6", "EipAddresses": {"EipAddress": eips}},
    ]


def time(resource: Any) -> str:
    return str(resource.created_at.isoformat().replace("+00:00", "Z"))


def of_instance(instance: Instance) -> dict[str, Any]:
    classic = instance.vpc_id is None
    return {
        "InstanceId": instance.id,
        "Status": str(instance.status),
        "RegionId": instance.region_id,
        "ZoneId": instance.zone_id,
        "InstanceType": instance.instance_type,
        "InstanceNetworkType": str(instance.network_type),
        "InstanceChargeType": str(instance.charge_type),
        "InternetMaxBandwidthOut": instance.internet_max_bandwidth_out,
        "CreationTime": time(instance),
        "ExpiredTime": instance.expires_at.strftime("%Y-%m-%dT%H:%MZ") if instance.expires_at else "2099-12-31T15:59Z",
        "ImageId": instance.image_id or "",
        "PublicIpAddress": {"IpAddress": [instance.public_ip] if instance.public_ip else []},
        "InnerIpAddress": {"IpAddress": [instance.private_ip] if classic else []},
        "VpcAttributes": {
            "VpcId": instance.vpc_id or "",
            "VSwitchId": instance.vswitch_id or "",
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [] if classic else [instance.private_ip]},
        },
        "EipAddress": {"AllocationId": instance.eip_id or "", "IpAddress": ""},
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_group_ids)},
        "OperationLocks": {"LockReason": []},
    }


def of_interface(interface: NetworkInterface) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": interface.id,
        "Status": str(interface.status),
        "Type": str(interface.type),
        "VpcId": interface.vpc_id,
        "VSwitchId": interface.vswitch_id,
        "ZoneId": interface.zone_id,
        "PrivateIpAddress": interface.primary_private_ip,
        "PrivateIpSets": {
            "PrivateIpSet": [
                {"PrivateIpAddress": ip, "Primary": ip == interface.primary_private_ip}
                for ip in (*interface.private_ips[1:], interface.primary_private_ip)
            ]
        },
        "MacAddress": interface.mac_address,
        "SecurityGroupIds": {"SecurityGroupId": list(interface.security_group_ids)},
        "NetworkInterfaceName": interface.name or "",
        "Description": interface.description or "",
        "InstanceId": interface.instance_id or "",
        "CreationTime": time(interface),
        "AssociatedPublicIp": {},
    }
