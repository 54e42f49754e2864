"""The actions that real clients call besides the commands and the Describe actions of the network.

Most of them show what is remembered of a resource, or what ecsnet does not model and clients expect to be there: disks,
images, route tables. They read and change a cloud by its public methods only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ecsnet.cloud import Cloud
from ecsnet.commands import ModifyNetworkInterfaceAttribute
from ecsnet.openapi.actions import ACTIONS
from ecsnet.openapi.answers import Body
from ecsnet.openapi.images import ACTIONS_OF_IMAGES
from ecsnet.openapi.key_pairs import ACTIONS_OF_KEY_PAIRS
from ecsnet.openapi.parameters import is_modelled, pattern_of, remembered_of
from ecsnet.openapi.reading import Parameters, ids_of_json, items, needed, page_of
from ecsnet.openapi.records import route_table_of, router_of
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.selection import Flat, tags

Further = Callable[[Cloud, str, Parameters], Body]


# Attributes of resources that no rule reads


_MODIFIED: Final[Mapping[str, tuple[str, str, str]]] = {
    "ModifyInstanceAttribute": ("instances", "InstanceId", "InvalidInstanceId.NotFound"),
    "ModifyVpcAttribute": ("vpcs", "VpcId", "InvalidVpcID.NotFound"),
    "ModifySecurityGroupAttribute": ("security_groups", "SecurityGroupId", "InvalidSecurityGroupId.NotFound"),
    "ModifyEipAddressAttribute": ("eips", "AllocationId", "InvalidAllocationId.NotFound"),
    "ModifyNetworkInterfaceAttribute": ("network_interfaces", "NetworkInterfaceId", "InvalidEniId.NotFound"),
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
    if table == "network_interfaces":
        unchanged = ModifyNetworkInterfaceAttribute(
            network_interface_id=resource.id, delete_on_release=resource.delete_on_release
        )
        if violations := cloud.check(unchanged).violations:
            raise Refusal.of_violations(violations)
        if not attributes:
            raise Refusal("InvalidParameter", 400, f"nothing of {resource.id} is to be modified")
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


def _ram_roles(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    ids = ids_of_json(needed(parameters, "InstanceIds"))
    found = [
        {"InstanceId": one, "RamRoleName": cloud.remembered(one).get("RamRoleName", "")}
        for one in ids
        if one in cloud.instances and cloud.instances[one].account_id == cloud.account_id
    ]
    return {
        "InstanceRamRoleSets": {"InstanceRamRoleSet": found},
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
        if one in cloud.instances and cloud.instances[one].account_id == cloud.account_id
    ]
    return page_of(parameters, "MaintenanceAttributes", "MaintenanceAttribute", found)


# Route tables


def _route_tables(cloud: Cloud, parameters: Parameters) -> list[Any]:
    vpc_id = parameters.get("VpcId")
    vpcs = [cloud.vpcs.get(vpc_id)] if vpc_id is not None else list(cloud.vpcs.values())
    region_id = parameters.get("RegionId", cloud.region_id if vpc_id is None else None)
    asked = parameters.get("RouteTableId")
    return [
        one
        for one in vpcs
        if one is not None
        and one.account_id == cloud.account_id
        and region_id in (None, one.region_id)
        and asked in (None, route_table_of(one.id))
        and parameters.get("RouterId", parameters.get("VRouterId")) in (None, router_of(one.id))
    ]


def _route_table_list(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    found = [
        {
            "AssociateType": "VSwitch",
            "CreationTime": vpc.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Description": "",
            "GatewayIds": {"GatewayIds": []},
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
    return page_of(parameters, "RouterTableList", "RouterTableListType", found)


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
    return page_of(parameters, "RouteTables", "RouteTable", found)


# Rules of security groups for address blocks, which reach what is outside of the network


_OF_PERMISSION: Final = (
    *("Description", "DestCidrIp", "IpProtocol", "Ipv6DestCidrIp", "Ipv6SourceCidrIp", "NicType", "Policy"),
    *("PortRange", "Priority", "SourceCidrIp", "SourcePortRange", "SourcePrefixListId", "DestPrefixListId"),
)
_DEFAULTS: Final = {"NicType": "intranet", "Policy": "Accept", "Priority": "1"}
_SAME: Final = (
    *("Direction", "IpProtocol", "PortRange", "SourcePortRange", "NicType", "Policy"),
    *("SourceCidrIp", "DestCidrIp", "Ipv6SourceCidrIp", "Ipv6DestCidrIp", "SourcePrefixListId", "DestPrefixListId"),
)
"""Two rules with equal values of these are one rule; upper and lower case are equal: ``tcp`` is ``TCP``."""
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


def of_one_permission(action: str, parameters: Parameters) -> Parameters:
    """Returns the parameters of an action on rules that name groups without ``Permissions.N.`` before them. Raises
    `Refusal` if they are of several rules."""
    if action not in ("AuthorizeSecurityGroup", "RevokeSecurityGroup"):
        return parameters
    numbers = {name.split(".")[1] for name in parameters if name.startswith("Permissions.")}
    if len(numbers) > 1:
        reason = f"{action} of several Permissions, of which one names a group, is not modelled: ask for each alone"
        raise Refusal("InvalidParameter.NotSupported", 400, reason)
    before = "".join(f"Permissions.{number}." for number in numbers)
    return {name.removeprefix(before): value for name, value in parameters.items()}


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


def _is_same(one: Parameters, other: Parameters) -> bool:
    return all(one.get(name, "").casefold() == other.get(name, "").casefold() for name in _SAME)


def _authorize(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    group = _owned(cloud, "security_groups", needed(parameters, "SecurityGroupId"), "InvalidSecurityGroupId.NotFound")
    kept: list[dict[str, str]] = list(cloud.remembered(group.id).get("Permissions", []))
    for new in _permissions(action, parameters):
        if action.startswith("Authorize"):
            for name in ("IpProtocol", "PortRange"):
                needed(new, name)
        kept = [one for one in kept if not _is_same(one, new)]
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
    of_tags = Flat({name.removeprefix("Tag."): value for name, value in parameters.items() if name.startswith("Tag.")})
    wanted = tags(of_tags) if of_tags else {}
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
                if not wanted or (key in wanted and wanted[key] in (None, value))
            ]
    return {"NextToken": "", "TagResources": {"TagResource": found}}


FURTHER: Final[Mapping[str, Further]] = {
    **dict.fromkeys(_MODIFIED, _modify),
    **ACTIONS_OF_IMAGES,
    **ACTIONS_OF_KEY_PAIRS,
    "AuthorizeSecurityGroup": _authorize,
    "AuthorizeSecurityGroupEgress": _authorize,
    "DescribeInstanceMaintenanceAttributes": _maintenance,
    "DescribeInstanceRamRole": _ram_roles,
    "DescribeRouteTableList": _route_table_list,
    "DescribeRouteTables": _route_tables_of_ecs,
    "DescribeUserData": _user_data,
    "ListTagResources": _list_tags,
    "RevokeSecurityGroup": _authorize,
    "RevokeSecurityGroupEgress": _authorize,
}
"""The actions by name. Those that are commands, too, are commands if their parameters are about what is modelled."""
