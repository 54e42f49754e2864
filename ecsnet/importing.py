"""From the vendor's answers to events: `Cloud.import_resources` reads what Describe actions say a real account has.

An answer is the JSON object of DescribeVpcs, DescribeVSwitches, DescribeSecurityGroups, DescribeInstances,
DescribeNetworkInterfaces or DescribeEipAddresses, one page or many. Fields that are not known are ignored; an answer
that does not have its shape, or refers to what no answer describes, is refused with its path, and nothing is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from ecsnet.errors import InvalidAnswer
from ecsnet.events.imported import (
    EipImported,
    Import,
    InstanceImported,
    NetworkInterfaceImported,
    SecurityGroupImported,
    VpcImported,
    VSwitchImported,
)
from ecsnet.values import (
    ChargeType,
    EipStatus,
    InstanceStatus,
    InstanceType,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    cidr_bounds,
    ipv4_to_int,
)

T = TypeVar("T")


class _Described(msgspec.Struct, frozen=True, rename="pascal"):
    region_id: str | None = None
    creation_time: str | None = None


class _Vpc(_Described, frozen=True, kw_only=True, rename="pascal"):
    vpc_id: str
    cidr_block: str


class _VSwitch(_Described, frozen=True, kw_only=True, rename="pascal"):
    vswitch_id: str = msgspec.field(name="VSwitchId")
    vpc_id: str
    zone_id: str
    cidr_block: str


class _SecurityGroup(_Described, frozen=True, kw_only=True, rename="pascal"):
    security_group_id: str
    vpc_id: str | None = None


class _Ids(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    security_group_id: tuple[str, ...] = ()


class _Ips(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    ip_address: tuple[str, ...] = ()


class _PrivateIp(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    private_ip_address: str
    primary: bool = False


class _PrivateIps(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    private_ip_set: tuple[_PrivateIp, ...] = ()


class _Interface(_Described, frozen=True, kw_only=True, rename="pascal"):
    network_interface_id: str
    mac_address: str
    type: NetworkInterfaceType = NetworkInterfaceType.Secondary
    status: NetworkInterfaceStatus = NetworkInterfaceStatus.InUse
    vswitch_id: str = msgspec.field(name="VSwitchId", default="")
    private_ip_address: str = ""
    primary_ip_address: str = ""
    private_ip_sets: _PrivateIps = _PrivateIps()
    security_group_ids: _Ids = _Ids()
    network_interface_name: str = ""
    description: str = ""
    instance_id: str = ""


class _Interfaces(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    network_interface: tuple[_Interface, ...] = ()


class _VpcAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    vpc_id: str = ""
    vswitch_id: str = msgspec.field(name="VSwitchId", default="")


class _Instance(_Described, frozen=True, kw_only=True, rename="pascal"):
    instance_id: str
    status: InstanceStatus
    instance_type: str
    zone_id: str
    image_id: str = ""
    instance_charge_type: ChargeType = ChargeType.PostPaid
    expired_time: str = ""
    internet_max_bandwidth_out: int = 0
    public_ip_address: _Ips = _Ips()
    inner_ip_address: _Ips = _Ips()
    vpc_attributes: _VpcAttributes = _VpcAttributes()
    security_group_ids: _Ids = _Ids()
    network_interfaces: _Interfaces = _Interfaces()


class _Eip(_Described, frozen=True, kw_only=True, rename="pascal"):
    allocation_id: str
    ip_address: str
    status: EipStatus
    instance_id: str = ""
    instance_type: str = "EcsInstance"
    allocation_time: str | None = None


class _Vpcs(msgspec.Struct, frozen=True, rename="pascal"):
    vpc: tuple[_Vpc, ...]


class _VSwitches(msgspec.Struct, frozen=True):
    vswitch: tuple[_VSwitch, ...] = msgspec.field(name="VSwitch")


class _SecurityGroups(msgspec.Struct, frozen=True, rename="pascal"):
    security_group: tuple[_SecurityGroup, ...]


class _Instances(msgspec.Struct, frozen=True, rename="pascal"):
    instance: tuple[_Instance, ...]


class _InterfaceSets(msgspec.Struct, frozen=True, rename="pascal"):
    network_interface_set: tuple[_Interface, ...]


class _Eips(msgspec.Struct, frozen=True, rename="pascal"):
    eip_address: tuple[_Eip, ...]


class _Answer(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    region_id: str | None = None
    vpcs: _Vpcs = _Vpcs(())
    vswitches: _VSwitches = msgspec.field(name="VSwitches", default=_VSwitches(()))
    security_groups: _SecurityGroups = _SecurityGroups(())
    instances: _Instances = _Instances(())
    network_interface_sets: _InterfaceSets = _InterfaceSets(())
    eip_addresses: _Eips = _Eips(())


_ATTACHED = (NetworkInterfaceStatus.Attaching, NetworkInterfaceStatus.InUse, NetworkInterfaceStatus.Detaching)
_KINDS = ("Vpcs", "VSwitches", "SecurityGroups", "Instances", "NetworkInterfaceSets", "EipAddresses")


class _Found(msgspec.Struct, Generic[T], frozen=True):
    """One described resource: where it stands, and in which region it is if its answer says so."""

    path: str
    region_id: str | None
    one: T


def events_of(
    answers: Iterable[Mapping[str, Any]], *, region_id: str, instance_types: Mapping[str, InstanceType]
) -> dict[str, list[Import]]:
    """The import events of answers, by region; ``region_id`` is where an answer is about that does not say it.

    Raises `InvalidAnswer`.
    """
    reader = _Reader(region_id, instance_types)
    for number, answer in enumerate(answers):
        reader.read(f"answers[{number}]", answer)
    return reader.events()


class _Reader:
    """All that the answers describe, by kind and id; a resource that several pages describe is taken once."""

    def __init__(self, region_id: str, instance_types: Mapping[str, InstanceType]) -> None:
        self._region_id = region_id
        self._instance_types = instance_types
        self._vpcs: dict[str, _Found[_Vpc]] = {}
        self._vswitches: dict[str, _Found[_VSwitch]] = {}
        self._groups: dict[str, _Found[_SecurityGroup]] = {}
        self._instances: dict[str, _Found[_Instance]] = {}
        self._interfaces: dict[str, _Found[_Interface]] = {}
        self._eips: dict[str, _Found[_Eip]] = {}
        self._primaries: dict[str, str] = {}
        self._events: dict[str, list[Import]] = {}

    def read(self, place: str, given: Mapping[str, Any]) -> None:
        """Take in one answer."""
        if not isinstance(given, Mapping) or not any(kind in given for kind in _KINDS):
            raise InvalidAnswer("not the answer of a Describe action: none of " + ", ".join(_KINDS), path=place)
        try:
            answer = msgspec.convert(given, _Answer)
        except msgspec.ValidationError as error:
            reason, _, path = str(error).partition(" - at `$")
            raise InvalidAnswer(reason, path=place + path.rstrip("`")) from None
        for kind, found, ids, table in (
            ("Vpcs.Vpc", answer.vpcs.vpc, "vpc_id", self._vpcs),
            ("VSwitches.VSwitch", answer.vswitches.vswitch, "vswitch_id", self._vswitches),
            ("SecurityGroups.SecurityGroup", answer.security_groups.security_group, "security_group_id", self._groups),
            ("Instances.Instance", answer.instances.instance, "instance_id", self._instances),
            (
                "NetworkInterfaceSets.NetworkInterfaceSet",
                answer.network_interface_sets.network_interface_set,
                "network_interface_id",
                self._interfaces,
            ),
            ("EipAddresses.EipAddress", answer.eip_addresses.eip_address, "allocation_id", self._eips),
        ):
            described: dict[str, Any] = table
            for number, one in enumerate(found):
                path = f"{place}.{kind}[{number}]"
                described[getattr(one, ids)] = _Found(path, one.region_id or answer.region_id, one)

    def events(self) -> dict[str, list[Import]]:
        """The events, those of what others refer to before those of who refers."""
        for vpc in self._vpcs.values():
            _check_cidr(vpc.path, vpc.one.cidr_block)
            self._add(
                vpc.region_id,
                VpcImported(vpc_id=vpc.one.vpc_id, cidr_block=vpc.one.cidr_block, created_at=_time(vpc)),
            )
        for vswitch in self._vswitches.values():
            self._vswitch(vswitch)
        for group in self._groups.values():
            region_id = group.region_id
            if group.one.vpc_id:
                region_id = self._region_of(self._vpcs, group, "VpcId", group.one.vpc_id)
            self._add(
                region_id,
                SecurityGroupImported(
                    security_group_id=group.one.security_group_id,
                    vpc_id=group.one.vpc_id or None,
                    created_at=_time(group),
                ),
            )
        for instance in self._instances.values():
            self._instance(instance)
        primary_first = sorted(self._interfaces.values(), key=lambda found: found.one.type != "Primary")
        for interface in primary_first:
            self._interface(interface)
        self._check_primaries()
        for eip in self._eips.values():
            self._eip(eip)
        return self._events

    def _add(self, region_id: str | None, event: Import) -> None:
        self._events.setdefault(region_id or self._region_id, []).append(event)

    def _region_of(self, table: Mapping[str, _Found[Any]], found: _Found[Any], field: str, resource_id: str) -> str:
        target = table.get(resource_id)
        if target is None:
            raise InvalidAnswer(f"{resource_id} is not described by any answer", path=f"{found.path}.{field}")
        return target.region_id or self._region_id

    def _vswitch(self, found: _Found[_VSwitch]) -> None:
        one = found.one
        _check_cidr(found.path, one.cidr_block)
        self._add(
            self._region_of(self._vpcs, found, "VpcId", one.vpc_id),
            VSwitchImported(
                vswitch_id=one.vswitch_id,
                vpc_id=one.vpc_id,
                zone_id=one.zone_id,
                cidr_block=one.cidr_block,
                created_at=_time(found),
            ),
        )

    def _instance(self, found: _Found[_Instance]) -> None:
        one, in_vpc = found.one, bool(found.one.vpc_attributes.vpc_id)
        region_id = found.region_id
        if in_vpc:
            region_id = self._region_of(self._vpcs, found, "VpcAttributes.VpcId", one.vpc_attributes.vpc_id)
        else:
            for group_id in one.security_group_ids.security_group_id:
                self._region_of(self._groups, found, "SecurityGroupIds", group_id)
            if not one.inner_ip_address.ip_address:
                raise InvalidAnswer("a classic instance has an address", path=f"{found.path}.InnerIpAddress")
        for ip in (*one.public_ip_address.ip_address, *one.inner_ip_address.ip_address):
            _check_ip(found.path, ip)
        for embedded in one.network_interfaces.network_interface:
            self._embedded(found, embedded)
        subscribed = one.instance_charge_type is ChargeType.PrePaid
        self._add(
            region_id,
            InstanceImported(
                instance_id=one.instance_id,
                status=one.status,
                instance_type=self._instance_types.get(one.instance_type) or unknown_type(one.instance_type),
                zone_id=one.zone_id,
                vpc_id=one.vpc_attributes.vpc_id or None,
                private_ip_address=None if in_vpc else one.inner_ip_address.ip_address[0],
                security_group_ids=() if in_vpc else one.security_group_ids.security_group_id,
                charge_type=one.instance_charge_type,
                expires_at=_moment(f"{found.path}.ExpiredTime", one.expired_time) if subscribed else None,
                image_id=one.image_id or None,
                internet_max_bandwidth_out=one.internet_max_bandwidth_out,
                public_ip_address=next(iter(one.public_ip_address.ip_address), None),
                created_at=_time(found),
            ),
        )

    def _embedded(self, instance: _Found[_Instance], interface: _Interface) -> None:
        """An ENI that only its instance's answer describes, in the instance's VSwitch and groups."""
        if interface.network_interface_id in self._interfaces:
            return
        one = instance.one
        described = msgspec.structs.replace(
            interface,
            vswitch_id=interface.vswitch_id or one.vpc_attributes.vswitch_id,
            security_group_ids=one.security_group_ids,
            instance_id=one.instance_id,
            creation_time=interface.creation_time or one.creation_time,
        )
        path = f"{instance.path}.NetworkInterfaces.NetworkInterface"
        self._interfaces[interface.network_interface_id] = _Found(path, instance.region_id, described)

    def _interface(self, found: _Found[_Interface]) -> None:
        one = found.one
        region_id = self._region_of(self._vswitches, found, "VSwitchId", one.vswitch_id)
        region_id = self._region_of(self._vpcs, found, "VpcId", self._vswitches[one.vswitch_id].one.vpc_id)
        for group_id in one.security_group_ids.security_group_id:
            self._region_of(self._groups, found, "SecurityGroupIds", group_id)
        if one.instance_id:
            self._region_of(self._instances, found, "InstanceId", one.instance_id)
        self._check_attachment(found)
        primary = one.private_ip_address or one.primary_ip_address
        ips = [
            ip.private_ip_address for ip in sorted(one.private_ip_sets.private_ip_set, key=lambda ip: not ip.primary)
        ]
        ips = list(dict.fromkeys([*([primary] if primary else []), *ips]))
        if not ips:
            raise InvalidAnswer("an ENI has a private address", path=f"{found.path}.PrivateIpAddress")
        for ip in ips:
            _check_ip(found.path, ip)
        self._add(
            region_id,
            NetworkInterfaceImported(
                network_interface_id=one.network_interface_id,
                type=one.type,
                status=one.status,
                vswitch_id=one.vswitch_id,
                mac_address=one.mac_address,
                private_ip_addresses=tuple(ips),
                security_group_ids=one.security_group_ids.security_group_id,
                name=one.network_interface_name or None,
                description=one.description or None,
                instance_id=one.instance_id or None,
                created_at=_time(found),
            ),
        )

    def _check_attachment(self, found: _Found[_Interface]) -> None:
        one = found.one
        if one.status is NetworkInterfaceStatus.Deleted:
            raise InvalidAnswer("what is Deleted is not described", path=f"{found.path}.Status")
        if (one.status in _ATTACHED) != bool(one.instance_id):
            where = "an instance" if one.status in _ATTACHED else "no instance"
            raise InvalidAnswer(f"an ENI that is {one.status} is on {where}", path=f"{found.path}.InstanceId")
        if one.type is NetworkInterfaceType.Primary:
            other = self._primaries.setdefault(one.instance_id, one.network_interface_id)
            if other != one.network_interface_id:
                raise InvalidAnswer(f"{one.instance_id} has another primary ENI", path=f"{found.path}.Type")

    def _check_primaries(self) -> None:
        for found in self._instances.values():
            if found.one.vpc_attributes.vpc_id and found.one.instance_id not in self._primaries:
                reason = f"no answer describes the primary ENI of {found.one.instance_id}"
                raise InvalidAnswer(reason, path=f"{found.path}.NetworkInterfaces")

    def _eip(self, found: _Found[_Eip]) -> None:
        one = found.one
        _check_ip(found.path, one.ip_address)
        instance_id = one.instance_id if one.instance_type in ("", "EcsInstance") else ""
        region_id = found.region_id
        if instance_id:
            region_id = self._region_of(self._instances, found, "InstanceId", instance_id)
        self._add(
            region_id,
            EipImported(
                allocation_id=one.allocation_id,
                ip_address=one.ip_address,
                status=one.status,
                instance_id=instance_id or None,
                created_at=_moment(f"{found.path}.AllocationTime", one.allocation_time),
            ),
        )


def unknown_type(type_id: str) -> InstanceType:
    """A type that is in no catalogue, of which nothing is known: it is taken to have no room for anything more."""
    return InstanceType(id=type_id, eni_quantity=1, private_ipv4_per_eni=1)


def _time(found: _Found[Any]) -> datetime | None:
    return _moment(f"{found.path}.CreationTime", found.one.creation_time)


def _moment(path: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidAnswer(f"{text!r} is no time", path=path) from None
    if moment.tzinfo is None:
        raise InvalidAnswer(f"{text!r} has no timezone", path=path)
    return moment


def _check_cidr(path: str, cidr_block: str) -> None:
    try:
        cidr_bounds(cidr_block)
    except ValueError:
        raise InvalidAnswer(f"{cidr_block!r} is no CIDR block", path=f"{path}.CidrBlock") from None


def _check_ip(path: str, ip: str) -> None:
    try:
        right = 0 <= ipv4_to_int(ip) < 1 << 32
    except ValueError:
        right = False
    if not right:
        raise InvalidAnswer(f"{ip!r} is no IPv4 address", path=path)
