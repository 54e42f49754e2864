"""The actions that real clients call besides the commands and the Describe actions of the network.

Most of them show what is remembered of a resource, or what ecsnet does not model and clients expect to be there: disks,
images, route tables. They read and change a cloud by its public methods only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ecsnet.cloud import Cloud
from ecsnet.openapi.actions import ACTIONS
from ecsnet.openapi.answers import Body, route_table_of, router_of
from ecsnet.openapi.parameters import is_modelled, pattern_of, remembered_of
from ecsnet.openapi.refusals import Refusal

Parameters = Mapping[str, str]
Further = Callable[[Cloud, str, Parameters], Body]
_ZERO_TIME: Final = "2019-01-01T00:00:00Z"
_PAGE: Final = {"PageNumber": 1, "PageSize": 10}


def needed(parameters: Parameters, name: str) -> str:
    """Returns a parameter. Raises `Refusal` if it is missing."""
    value = parameters.get(name)
    if not value:
        raise Refusal("MissingParameter", 400, f"{name} is missing")
    return value


def items(parameters: Parameters, name: str) -> list[str]:
    """Returns the items of a list that is given as ``Name.1``, ``Name.2`` and so on, or as one value."""
    found: list[tuple[int, str]] = []
    for key, value in parameters.items():
        head, _, number = key.rpartition(".")
        if head == name and number.isascii() and number.isdigit() and len(number) < 6:
            found.append((int(number), value))
    return [value for _, value in sorted(found)] or ([parameters[name]] if name in parameters else [])


# Attributes of resources that no rule reads


_MODIFIED: Final[Mapping[str, tuple[str, str, str]]] = {
    "ModifyInstanceAttribute": ("instances", "InstanceId", "InvalidInstanceId.NotFound"),
    "ModifyVpcAttribute": ("vpcs", "VpcId", "InvalidVpcID.NotFound"),
    "ModifySecurityGroupAttribute": ("security_groups", "SecurityGroupId", "InvalidSecurityGroupId.NotFound"),
    "ModifyEipAddressAttribute": ("eips", "AllocationId", "InvalidAllocationId.NotFound"),
}


def _owned(cloud: Cloud, table: str, resource_id: str, code: str) -> Any:
    resource = getattr(cloud, table).get(resource_id)
    if resource is None or resource.account_id != cloud.account_id:
        raise Refusal(code, 404, f"{resource_id} does not exist")
    return resource


def _modify(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    table, name, code = _MODIFIED[action]
    resource = _owned(cloud, table, needed(parameters, name), code)
    attributes = remembered_of(action, parameters)
    if attributes:
        cloud.remember(resource.id, attributes)
    return {}


def _instance(cloud: Cloud, parameters: Parameters) -> Any:
    return _owned(cloud, "instances", needed(parameters, "InstanceId"), "InvalidInstanceId.NotFound")


def _user_data(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    instance = _instance(cloud, parameters)
    return {
        "InstanceId": instance.id,
        "RegionId": instance.region_id,
        "UserData": cloud.remembered(instance.id).get("UserData", ""),
    }


def _ids_of_json(text: str) -> list[str]:
    return [
        one.strip().strip('"') for one in text.strip().removeprefix("[").removesuffix("]").split(",") if one.strip()
    ]


def _ram_roles(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    ids = _ids_of_json(needed(parameters, "InstanceIds"))
    found = [
        {"InstanceId": one, "RamRoleName": cloud.remembered(one).get("RamRoleName", "")}
        for one in ids
        if one in cloud.instances
    ]
    return {
        "InstanceRamRoleSets": {"InstanceRamRoleSet": found},
        **_PAGE,
        "RegionId": parameters.get("RegionId", cloud.region_id),
        "TotalCount": len(found),
    }


def _maintenance(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    found = [
        {
            "ActionOnMaintenance": {
                "DefaultValue": "AutoRecover",
                "SupportedValues": {"SupportedValue": ["AutoRecover", "Stop"]},
                "Value": "AutoRecover",
            },
            "InstanceId": one,
            "MaintenanceWindows": {"MaintenanceWindow": []},
            "NotifyOnMaintenance": False,
        }
        for one in items(parameters, "InstanceId")
        if one in cloud.instances
    ]
    return {
        "MaintenanceAttributes": {"MaintenanceAttribute": found},
        **_PAGE,
        "TotalCount": len(found),
    }


# Disks and images


def _disks(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    named = parameters.get("InstanceId")
    if named is not None:
        instances = [one for one in (cloud.instances.get(named),) if one is not None]
    else:
        instances = list(cloud.instances.values())
    kind = parameters.get("DiskType", "all")
    wanted = set(_ids_of_json(parameters["DiskIds"])) if "DiskIds" in parameters else None
    found = [
        disk
        for instance in instances
        if instance.account_id == cloud.account_id
        for disk in _disks_of(cloud, instance)
        if kind in ("all", disk["Type"]) and (wanted is None or disk["DiskId"] in wanted)
    ]
    size, page = _number(parameters, "PageSize", 10), _number(parameters, "PageNumber", 1)
    return {
        "Disks": {"Disk": found[(page - 1) * size : page * size]},
        "NextToken": "",
        "PageNumber": page,
        "PageSize": size,
        "TotalCount": len(found),
    }


def _number(parameters: Parameters, name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise Refusal("InvalidParameter", 400, f"{name} must be a number from 1 on")
    return int(text)


def _disks_of(cloud: Cloud, instance: Any) -> Iterable[dict[str, Any]]:
    kept = cloud.remembered(instance.id)
    of_system = {"Category": "cloud_efficiency", "Size": "40", **kept.get("SystemDisk", {})}
    for number, given in enumerate([of_system, *kept.get("DataDisks", [])]):
        size = given.get("Size", "40")
        yield {
            "Category": given.get("Category", "cloud_efficiency"),
            "CreationTime": instance.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "DeleteWithInstance": True,
            "Description": given.get("Description", ""),
            "Device": f"/dev/xvd{chr(ord('a') + number % 26)}",
            "DiskChargeType": "PostPaid",
            "DiskId": f"d-{instance.id.partition('-')[2]}{number or ''}",
            "DiskName": given.get("DiskName", ""),
            "Encrypted": False,
            "ImageId": (instance.image_id or "") if number == 0 else "",
            "InstanceId": instance.id,
            "OperationLocks": {"OperationLock": []},
            "Portable": number > 0,
            "RegionId": instance.region_id,
            "Size": int(size) if size.isascii() and size.isdigit() and len(size) < 10 else 40,
            "Status": "In_use",
            "Tags": {"Tag": []},
            "Type": "data" if number else "system",
            "ZoneId": instance.zone_id,
        }


_IMAGES: Final = (
    ("centos_7_9_x64_20G_alibase_20210318.vhd", "CentOS  7.9 64位", "CentOS", "linux"),
    ("debian_10_9_x64_20G_alibase_20210318.vhd", "Debian  10.9 64位", "Debian", "linux"),
    ("win2019_1809_x64_dtc_zh-cn_40G_alibase_20210316.vhd", "Windows Server  2019", "Windows Server 2019", "windows"),
)


def _images(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """Any image that is asked for by its id exists; by name and in lists there are a few of the vendor's."""
    wanted = parameters["ImageId"].split(",") if "ImageId" in parameters else None
    listed = [(one, one, "Linux", "linux") for one in wanted] if wanted is not None else list(_IMAGES)
    name, owner = parameters.get("ImageName"), parameters.get("ImageOwnerAlias", "system")
    found = [
        {
            "Architecture": "x86_64",
            "CreationTime": _ZERO_TIME,
            "Description": "",
            "DiskDeviceMappings": {"DiskDeviceMapping": []},
            "ImageId": image_id,
            "ImageName": image_id,
            "ImageOwnerAlias": "system",
            "IsSupportCloudinit": True,
            "IsSupportIoOptimized": True,
            "OSName": os_name,
            "OSNameEn": os_name,
            "OSType": os_type,
            "Platform": platform,
            "Progress": "100%",
            "Size": 20,
            "Status": "Available",
            "Tags": {"Tag": []},
            "Usage": "none",
        }
        for image_id, os_name, platform, os_type in listed
        if name in (None, image_id) and owner == "system"
    ]
    return {
        "Images": {"Image": found},
        **_PAGE,
        "RegionId": parameters.get("RegionId", cloud.region_id),
        "TotalCount": len(found),
    }


# Route tables


def _route_tables(cloud: Cloud, parameters: Parameters) -> list[Any]:
    vpc_id = parameters.get("VpcId")
    vpcs = [cloud.vpcs.get(vpc_id)] if vpc_id is not None else list(cloud.vpcs.values())
    asked = parameters.get("RouteTableId")
    return [
        one
        for one in vpcs
        if one is not None
        and one.account_id == cloud.account_id
        and asked in (None, route_table_of(one.id))
        and parameters.get("RouterId", parameters.get("VRouterId")) in (None, router_of(one.id))
    ]


def _route_table_list(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    found = [
        {
            "AssociateType": "VSwitch",
            "CreationTime": vpc.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Description": "",
            "OwnerId": int(vpc.account_id) if vpc.account_id.isascii() and vpc.account_id.isdigit() else 0,
            "ResourceGroupId": "",
            "RouteTableId": route_table_of(vpc.id),
            "RouteTableName": "",
            "RouteTableType": "System",
            "RouterId": router_of(vpc.id),
            "RouterType": "VRouter",
            "Status": "Available",
            "Tags": {"Tag": []},
            "VSwitchIds": {"VSwitchId": [one.id for one in cloud.vswitches.where(vpc_id=vpc.id)]},
            "VpcId": vpc.id,
        }
        for vpc in _route_tables(cloud, parameters)
    ]
    return {"RouterTableList": {"RouterTableListType": found}, **_PAGE, "TotalCount": len(found)}


def _route_tables_of_ecs(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    found = [
        {
            "CreationTime": vpc.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ResourceGroupId": "",
            "RouteEntrys": {"RouteEntry": []},
            "RouteTableId": route_table_of(vpc.id),
            "RouteTableType": "System",
            "VRouterId": router_of(vpc.id),
        }
        for vpc in _route_tables(cloud, parameters)
    ]
    return {"RouteTables": {"RouteTable": found}, **_PAGE, "TotalCount": len(found)}


# Rules of security groups for address blocks, which reach what is outside of the network


_OF_PERMISSION: Final = (
    *("Description", "DestCidrIp", "IpProtocol", "Ipv6DestCidrIp", "Ipv6SourceCidrIp", "NicType", "Policy"),
    *("PortRange", "Priority", "SourceCidrIp", "SourcePortRange"),
)
_DEFAULTS: Final = {"NicType": "intranet", "Policy": "Accept", "Priority": "1"}
_SAME: Final = ("Direction", "IpProtocol", "PortRange", "NicType", "Policy", "SourceCidrIp", "DestCidrIp")
MOST_PERMISSIONS: Final = 200


def is_further(action: str, parameters: Parameters) -> bool:
    """Returns whether a request is about what is not modelled: it has an action of `FURTHER`, and if that is a command,
    too, it gives a security group a rule for a block of addresses, or a resource attributes that no rule reads."""
    if action not in FURTHER:
        return False
    row = ACTIONS.get(action)
    if row is None:
        return True
    if action in _MODIFIED:
        own = {_MODIFIED[action][1], "RegionId", "ClientToken", "DryRun"}
        return not any(is_modelled(row, pattern_of(name)) for name in parameters if name not in own)
    return not any(name.rpartition(".")[2] in ("SourceGroupId", "DestGroupId") for name in parameters)


def _permissions(action: str, parameters: Parameters) -> list[dict[str, str]]:
    numbers = sorted({name.split(".")[1] for name in parameters if name.startswith("Permissions.")})
    prefixes = [f"Permissions.{number}." for number in numbers] or [""]
    direction = "egress" if action.endswith("Egress") else "ingress"
    return [
        {
            **dict.fromkeys(_OF_PERMISSION, ""),
            **_DEFAULTS,
            **{name: parameters[prefix + name] for name in _OF_PERMISSION if prefix + name in parameters},
            "Direction": direction,
        }
        for prefix in prefixes
    ]


def _authorize(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    group = _owned(cloud, "security_groups", needed(parameters, "SecurityGroupId"), "InvalidSecurityGroupId.NotFound")
    kept: list[dict[str, str]] = list(cloud.remembered(group.id).get("Permissions", []))
    for new in _permissions(action, parameters):
        kept = [one for one in kept if any(one[name] != new[name] for name in _SAME)]
        if action.startswith("Authorize"):
            kept.append(new)
    if len(kept) > MOST_PERMISSIONS:
        raise Refusal("AuthorizationLimitExceed", 403, f"{group.id} has {MOST_PERMISSIONS} rules, which is the most")
    cloud.remember(group.id, {"Permissions": kept or None})
    return {}


# Tags


_TAGGED: Final[Mapping[str, tuple[str, ...]]] = {
    "instance": ("instances",),
    "eni": ("network_interfaces",),
    "securitygroup": ("security_groups",),
    "vpc": ("vpcs",),
    "vswitch": ("vswitches",),
    "eip": ("eips",),
}
DESCRIBED_BY: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "vpcs": ("DescribeVpcs", "VpcId", "Vpcs", "Vpc"),
    "vswitches": ("DescribeVSwitches", "VSwitchId", "VSwitches", "VSwitch"),
    "security_groups": ("DescribeSecurityGroups", "SecurityGroupIds", "SecurityGroups", "SecurityGroup"),
    "instances": ("DescribeInstances", "InstanceIds", "Instances", "Instance"),
    "network_interfaces": (
        "DescribeNetworkInterfaces",
        "NetworkInterfaceId",
        "NetworkInterfaceSets",
        "NetworkInterfaceSet",
    ),
    "eips": ("DescribeEipAddresses", "AllocationId", "EipAddresses", "EipAddress"),
}
"""The action that describes each kind, its filter by id, and the names of its list and of the items."""


def tags_of(described: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns the tags in the description of a resource."""
    return [
        (one.get("TagKey", one.get("Key", "")), one.get("TagValue", one.get("Value", "")))
        for one in described.get("Tags", {}).get("Tag", ())
    ]


def _list_tags(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    kind = needed(parameters, "ResourceType")
    tables = _TAGGED.get(kind.lower(), ())
    ids = items(parameters, "ResourceId")[:50]
    keys = {value for name, value in parameters.items() if name.startswith("Tag.") and name.endswith(".Key")}
    found = []
    for table in tables:
        of_action, by_id, outer, inner = DESCRIBED_BY[table]
        filters: dict[str, Any] = {by_id: ids} if ids else {}
        if "RegionId" in parameters:
            filters["RegionId"] = parameters["RegionId"]
        for one in cloud.describe(of_action, **filters)[outer][inner]:
            resource_id = one.get(by_id.removesuffix("s")) or one.get(by_id)
            found += [
                {"ResourceId": resource_id, "ResourceType": kind, "TagKey": key, "TagValue": value}
                for key, value in tags_of(one)
                if not keys or key in keys
            ]
    return {"NextToken": "", "TagResources": {"TagResource": found}}


# Key pairs


def _key_pair(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    name = needed(parameters, "KeyPairName")
    return {"KeyPairFingerPrint": "0" * 32, "KeyPairName": name}


def _key_pairs(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    return {"KeyPairs": {"KeyPair": []}, **_PAGE, "TotalCount": 0}


def _key_pair_of_instances(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    name = needed(parameters, "KeyPairName")
    ids = [one for one in _ids_of_json(needed(parameters, "InstanceIds")) if one in cloud.instances]
    for one in ids:
        cloud.remember(one, {"KeyPairName": name if action == "AttachKeyPair" else None})
    return {"FailCount": "0", "KeyPairName": name, "Results": {"Result": []}, "TotalCount": str(len(ids))}


def _done(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    return {}


FURTHER: Final[Mapping[str, Further]] = {
    **dict.fromkeys(_MODIFIED, _modify),
    "AttachKeyPair": _key_pair_of_instances,
    "AuthorizeSecurityGroup": _authorize,
    "AuthorizeSecurityGroupEgress": _authorize,
    "DeleteKeyPairs": _done,
    "DescribeDisks": _disks,
    "DescribeImages": _images,
    "DescribeInstanceMaintenanceAttributes": _maintenance,
    "DescribeInstanceRamRole": _ram_roles,
    "DescribeKeyPairs": _key_pairs,
    "DescribeRouteTableList": _route_table_list,
    "DescribeRouteTables": _route_tables_of_ecs,
    "DescribeUserData": _user_data,
    "DetachKeyPair": _key_pair_of_instances,
    "ImportKeyPair": _key_pair,
    "ListTagResources": _list_tags,
    "RevokeSecurityGroup": _authorize,
    "RevokeSecurityGroupEgress": _authorize,
}
"""The actions by name. Those that are commands, too, are commands if their parameters are about what is modelled."""
