"""Describes a resource: builds the object that stands for it in the response of a Describe action.

A field that is one attribute is a field of its kind's schema (`ecsnet.openapi.describe`), annotated with `Attribute`:
one row for imports and for responses. The functions here are the other fields: those of several values, and the lists
and objects of the vendor's current model that ecsnet knows nothing for, which clients expect to be there. Fields have
the vendor's order, that of the alphabet; clients depend on it. What the description of a held resource said is shown
as it was said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from ecsnet.domain.state.records import NetworkInterfaceState
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import Region, World
from ecsnet.openapi.describe import (
    DescribedEip,
    DescribedInstance,
    DescribedInterface,
    DescribedSecurityGroup,
    DescribedVpc,
    DescribedVSwitch,
    attributes_of,
)
from ecsnet.resources import Resource

Object = dict[str, Any]


class Subject(NamedTuple):
    """A resource that is described: its state, and as users see it."""

    world: World
    region: Region
    state: Any
    resource: Any


Field = Callable[[Subject], Any]


class Kind(NamedTuple):
    """A kind of resource: its table, the schema of its description, and the fields that are no attribute; or ``whole``,
    which returns all fields of a state at once."""

    table: str
    schema: type[msgspec.Struct]
    fields: Mapping[str, Field]
    whole: Callable[[Region, Any], Object] | None = None


@lru_cache(maxsize=4096)  # many resources were created at one time, and each is described often
def _time(moment: datetime) -> str:
    """Returns a time in UTC, to the second, or more exactly if it is known more exactly."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time_of_instance(moment: datetime) -> str:
    """Returns a time of an instance, which the vendor gives to the minute: more exactly if it is known more exactly."""
    text = _time(moment)
    return text.replace(":00Z", "Z") if len(text) == len("2019-03-11T08:00:00Z") and text.endswith(":00Z") else text


def _created(one: Subject) -> str:
    return _time(one.resource.created_at)


def _region(one: Subject) -> str:
    return one.region.region_id


def _owner_number(one: Subject) -> int:
    owner = one.state.account_id
    return int(owner) if owner.isascii() and owner.isdigit() else 0


def _always(value: Any) -> Field:
    return lambda one: value


def _nothing(one: Subject) -> Object:
    """An object of which ecsnet knows nothing."""
    return {}


def _no(items: str) -> Field:
    """A list of which ecsnet knows nothing, with the name of its items."""
    return lambda one: {items: []}


# VPCs, VSwitches and security groups


def router_of(vpc_id: str) -> str:
    """Returns the id of the router that a VPC has."""
    return "vrt-" + vpc_id.partition("-")[2]


def route_table_of(vpc_id: str) -> str:
    """Returns the id of the system route table that a VPC has."""
    return "vtb-" + vpc_id.partition("-")[2]


def _vswitches_of(one: Subject) -> Object:
    return {"VSwitchId": list(one.region.vswitches_of_vpc.get_existing(one.state.id).live_keys())}


_VPC: Final = Kind(
    "vpcs",
    DescribedVpc,
    {
        "CreationTime": _created,
        "Ipv6CidrBlocks": _no("Ipv6CidrBlock"),
        "IsDefault": _always(False),
        "NatGatewayIds": _no("NatGatewayIds"),
        "OwnerId": _owner_number,
        "RegionId": _region,
        "RouterTableIds": lambda one: {"RouterTableIds": [route_table_of(one.state.id)]},
        "UserCidrs": _no("UserCidr"),
        "VRouterId": lambda one: router_of(one.state.id),
        "VSwitchIds": _vswitches_of,
    },
)
_VSWITCH: Final = Kind(
    "vswitches",
    DescribedVSwitch,
    {
        "CreationTime": _created,
        "IsDefault": _always(False),
        "OwnerId": _owner_number,
        "RouteTable": lambda one: {"RouteTableId": route_table_of(one.state.vpc_id), "RouteTableType": "System"},
    },
)
_SECURITY_GROUP: Final = Kind(
    "security_groups",
    DescribedSecurityGroup,
    {
        "CreationTime": _created,
        "ServiceManaged": _always(False),
    },
)


# ENIs


def _public_ip_at(region: Region, state: NetworkInterfaceState, private_ip: str) -> Object:
    """Returns the EIP at a private address of an ENI; empty if there is none."""
    if not state.eips:
        return {}
    eip_id = state.eip_at(private_ip)
    eip = None if eip_id is None else region.eips[eip_id]
    return {} if eip is None else {"AllocationId": eip.id, "PublicIpAddress": eip.ip_address}


def _prefixes(interface: NetworkInterfaceState) -> Object:
    return {"Ipv4PrefixSet": [{"Ipv4Prefix": prefix} for prefix in interface.ipv4_prefixes]}


def _ipv6(interface: NetworkInterfaceState) -> Object:
    return {"Ipv6Set": [{"Ipv6Address": address} for address in interface.ipv6_addresses]}


def _network_interface(region: Region, state: NetworkInterfaceState) -> Object:
    """Returns the fields of an ENI. They are written out, as its pages are the longest: a function for each of them
    takes longer than what it returns."""
    primary = state.primary_ip
    instance_id = state.instance_id or ""
    said_instance_id = (state.described or {}).get("InstanceId") or instance_id
    return {
        "AssociatedPublicIp": _public_ip_at(region, state, primary),
        "Attachment": {"InstanceId": said_instance_id} if said_instance_id else {},
        "CreationTime": _time(state.created_at),
        "DeleteOnRelease": state.delete_on_release,
        "Description": state.description or "",
        "InstanceId": instance_id,
        "Ipv4PrefixSets": _prefixes(state),
        "Ipv6PrefixSets": {"Ipv6PrefixSet": []},
        "Ipv6Sets": _ipv6(state),
        "MacAddress": state.mac_address or "",
        "NetworkInterfaceId": state.id,
        "NetworkInterfaceName": state.name or "",
        "OwnerId": state.account_id,
        "PrivateIpAddress": primary,
        "PrivateIpSets": {
            "PrivateIpSet": [
                {
                    "AssociatedPublicIp": _public_ip_at(region, state, ip),
                    "Primary": ip is primary,
                    "PrivateIpAddress": ip,
                }
                for ip in state.private_ips
            ]
        },
        "SecurityGroupIds": {"SecurityGroupId": list(state.security_group_ids)},
        "ServiceManaged": False,
        "Status": str(state.status),
        "Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in state.tags.items()]},
        "Type": str(state.type),
        "VSwitchId": state.vswitch_id,
        "VpcId": state.vpc_id,
        "ZoneId": state.zone_id,
    }


_NETWORK_INTERFACE: Final = Kind("network_interfaces", DescribedInterface, {}, _network_interface)


def _groups(one: Subject) -> Object:
    return {"SecurityGroupId": list(one.resource.security_group_ids)}


# Instances


def _interfaces(one: Subject) -> Object:
    found = map(one.region.network_interfaces.get_existing, one.state.network_interface_ids)
    return {"NetworkInterface": [_inside(interface) for interface in found]}


def _inside(interface: NetworkInterfaceState) -> Object:
    """Returns an ENI as the description of its instance has it."""
    primary = interface.primary_ip
    return {
        "Ipv4PrefixSets": _prefixes(interface),
        "Ipv6PrefixSets": {"Ipv6PrefixSet": []},
        "Ipv6Sets": _ipv6(interface),
        "MacAddress": interface.mac_address,
        "NetworkInterfaceId": interface.id,
        "PrimaryIpAddress": primary,
        "PrivateIpSets": {
            "PrivateIpSet": [{"Primary": ip is primary, "PrivateIpAddress": ip} for ip in interface.private_ips]
        },
        "Type": (interface.described or {}).get("Type", str(interface.type)),
    }


def _expires(one: Subject) -> str:
    expires_at = one.state.expires_at
    return "2099-12-31T15:59Z" if expires_at is None else _time_of_instance(expires_at)


def _eip(one: Subject) -> Object:
    eip = None if one.state.eip_id is None else one.region.eips[one.state.eip_id]
    if eip is None:
        return {"AllocationId": "", "IpAddress": ""}
    shown: Object = {"AllocationId": eip.id, "IpAddress": eip.ip_address}
    kept = one.region.remembered_of(eip.id)
    if "InternetChargeType" in kept:
        shown["InternetChargeType"] = kept["InternetChargeType"]
    bandwidth = str(kept.get("Bandwidth", ""))
    if bandwidth.isascii() and bandwidth.isdigit() and len(bandwidth) < 10:
        shown["Bandwidth"] = int(bandwidth)
    return dict(sorted(shown.items()))


def _vpc_attributes(one: Subject) -> Object:
    vpc = one.resource
    return {
        "NatIpAddress": "",
        "PrivateIpAddress": {"IpAddress": [vpc.private_ip] if vpc.vpc_id and vpc.private_ip else []},
        "VSwitchId": vpc.vswitch_id or "",
        "VpcId": vpc.vpc_id or "",
    }


def _public_ips(one: Subject) -> Object:
    return {"IpAddress": [] if one.state.public_ip is None else [one.state.public_ip]}


def _classic_ips(one: Subject) -> Object:
    return {"IpAddress": [one.state.classic_ip] if one.state.classic_ip else []}


def family_of(type_id: str) -> str:
    """Returns the family of an instance type: ``ecs.g5`` of ``ecs.g5.xlarge``."""
    return type_id.rpartition(".")[0]


_INSTANCE: Final = Kind(
    "instances",
    DescribedInstance,
    {
        "AdditionalInfo": _nothing,
        "ClockOptions": _nothing,
        "Cpu": lambda one: one.state.instance_type.vcpu,
        "CpuOptions": _nothing,
        "CreationTime": lambda one: _time_of_instance(one.state.created_at),
        "DedicatedHostAttribute": _nothing,
        "DedicatedInstanceAttribute": _nothing,
        "DeletionProtection": lambda one: one.state.deletion_protection,
        "EcsCapacityReservationAttr": _nothing,
        "EipAddress": _eip,
        "ExpiredTime": _expires,
        "HibernationOptions": _nothing,
        "ImageOptions": _nothing,
        "InnerIpAddress": _classic_ips,
        "InstanceNetworkType": lambda one: str(one.resource.network_type),
        "InstanceTypeFamily": lambda one: family_of(one.state.instance_type.id),
        "IoOptimized": lambda one: one.state.instance_type.io_optimized,
        "Memory": lambda one: round(one.state.instance_type.memory_gib * 1024),
        "MetadataOptions": _nothing,
        "NetworkInterfaces": _interfaces,
        "OperationLocks": _no("LockReason"),
        "PrivateDnsNameOptions": _nothing,
        "PublicIpAddress": _public_ips,
        "RdmaIpAddress": _no("IpAddress"),
        "RegionId": _region,
        "SecurityGroupIds": _groups,
        "SecurityOptions": _nothing,
        "VpcAttributes": _vpc_attributes,
    },
)


# EIPs

_EIP: Final = Kind(
    "eips",
    DescribedEip,
    {
        "AllocationTime": _created,
        "ChargeType": lambda one: str(one.state.charge_type),
        "DeletionProtection": lambda one: one.state.deletion_protection,
        "InstanceType": lambda one: str(one.resource.instance_type or ""),
        "OperationLocks": _no("LockReason"),
        "PrivateIpAddress": lambda one: one.resource.private_ip_address or "",
        "RegionId": _region,
        "SecurityProtectionTypes": _no("SecurityProtectionType"),
    },
)

KINDS: Final[Mapping[str, Kind]] = {
    kind.table: kind for kind in (_VPC, _VSWITCH, _SECURITY_GROUP, _INSTANCE, _NETWORK_INTERFACE, _EIP)
}
"""The kinds of resources, by their table."""


NOT_SHOWN: Final = frozenset(["DataDisks", "Permissions", "RamRoleName", "SystemDisk", "UserData"])
"""The remembered attributes that other actions show than the one that describes the resource."""


class _Fields(NamedTuple):
    """The fields of a kind: the names of all in the order in which they are described; those that show an attribute as
    it is, and what gets these attributes in that order; and the others, each with what computes it."""

    names: dict[str, None]
    plain: tuple[str, ...]
    attributes: Callable[[Any], tuple[Any, ...]]
    others: tuple[tuple[str, Field], ...]


def _attribute(name: str, show: Callable[[Any], Any]) -> Field:
    return lambda one: show(getattr(one.resource, name))


@cache
def _fields_of(table: str) -> _Fields:
    kind = KINDS[table]
    marks = {name: mark for name, (_, mark) in attributes_of(kind.schema).items()}
    plain = {name: mark.name for name, mark in marks.items() if mark.show is None}
    shown = {name: _attribute(mark.name, mark.show) for name, mark in marks.items() if mark.show is not None}
    others = {name: field for name, field in {**kind.fields, **shown}.items() if name not in plain}
    return _Fields(
        dict.fromkeys(sorted({*plain, *others})), tuple(plain), attrgetter(*plain.values()), tuple(others.items())
    )


def subject(world: World, region: Region, table: str, state: Any) -> Subject:
    """Returns a resource of a region, to be described."""
    resource: Resource = VIEWS[table](region, state)
    return Subject(world, region, state, resource)


def record(world: World, region: Region, table: str, state: Any) -> Object:
    """Returns the object that describes a resource, built anew."""
    whole = KINDS[table].whole
    shown = whole(region, state) if whole is not None else _by_field(table, subject(world, region, table, state))
    said = getattr(state, "described", None)
    if said is not None:
        shown = {**shown, **msgspec.to_builtins(said)}
    kept = region.remembered_of(state.id)
    if kept:
        remembered = {name: value for name, value in kept.items() if name not in NOT_SHOWN}
        shown = dict(sorted({**shown, **remembered}.items()))
    return shown


def _by_field(table: str, one: Subject) -> Object:
    fields = _fields_of(table)
    shown: Object = {**fields.names}
    for name, value in zip(fields.plain, fields.attributes(one.resource), strict=True):
        if type(value) is str:
            shown[name] = value
        else:
            shown[name] = str(value) if isinstance(value, StrEnum) else "" if value is None else value
    for name, field in fields.others:
        shown[name] = field(one)
    return shown
