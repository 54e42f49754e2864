"""From the vendor's answers to events: `Cloud.import_resources` reads what Describe actions say a real account has.

An answer is the JSON object of DescribeVpcs, DescribeVSwitches, DescribeSecurityGroups, DescribeInstances,
DescribeNetworkInterfaces or DescribeEipAddresses, one page or many. Fields that are not known are ignored; an answer
that does not have its shape, or refers to what no answer describes, is refused with its path, and nothing is imported.

An import is the only way into a history that no rule has judged, so everything that the fold and the rules rely on is
checked here, in three steps. Every field by itself: texts, addresses, times, and numbers are what they should be, and
are kept in their normal form. Every resource among the others: what it refers to is described, in its region, and its
status and its attachments leave it a way on. Last, what may be once only: ids, primary ENIs, EIPs of an instance,
blocks. What merely contradicts a rule is taken as it is, so that `ecsnet.audit` can report it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from typing import Annotated, Any, Final, Generic, TypeVar

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
)

T = TypeVar("T")
Mbits = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]

# The shapes of the answers: only what is read


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
    type: NetworkInterfaceType | None = None
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
    internet_max_bandwidth_out: Mbits = 0
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
    instance_type: str = ""
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


# Every field by itself

_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")  # the escapes of a name or a description are text, if odd text
_REGION_ID: Final = re.compile("[a-z]{2}(-[a-z0-9]+)+")
_MAC_ADDRESS: Final = re.compile("[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")
_MASK: Final = re.compile("/[0-9]{1,2}")
_LONGEST_ID: Final = 256
_LONGEST_TEXT: Final = 4096
_LAST_YEAR: Final = 9000  # the calendar ends at 9999, and subscriptions are renewed


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 80 else f"{text[:77]!r}..."


def _id(path: str, text: str) -> str:
    if not text.strip() or len(text) > _LONGEST_ID or not text.isprintable():
        raise InvalidAnswer(f"{_shown(text)} is no id: 1 to {_LONGEST_ID} printable characters", path=path)
    return text


def _region(path: str, text: str) -> str:
    if len(text) > 64 or not _REGION_ID.fullmatch(text):
        raise InvalidAnswer(f"{_shown(text)} is no region: they look like 'cn-hangzhou'", path=path)
    return text


def _label(path: str, text: str) -> str:
    if len(text) > _LONGEST_TEXT or _NO_TEXT.search(text):
        raise InvalidAnswer(f"{_shown(text)} is no text of at most {_LONGEST_TEXT} characters", path=path)
    return text


def _zone(path: str, text: str) -> str:
    if not text.strip():
        raise InvalidAnswer(f"{_shown(text)} is no zone", path=path)
    return _label(path, text)


def _mac(path: str, text: str) -> str:
    if not _MAC_ADDRESS.fullmatch(text):
        raise InvalidAnswer(f"{_shown(text)} is no MAC address", path=path)
    return text.replace("-", ":").lower()


def _ip(path: str, text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise InvalidAnswer(f"{_shown(text)} is no IPv4 address", path=path) from None


def _cidr(path: str, text: str) -> str:
    try:
        if not _MASK.fullmatch(text[text.find("/") :]):
            raise ValueError(text)
        return str(ipaddress.IPv4Network(text))
    except ValueError:
        raise InvalidAnswer(f"{_shown(text)} is no CIDR block", path=path) from None


_CHECKS: Final[dict[str, Callable[[str, str], str]]] = {
    "allocation_id": _id,
    "cidr_block": _cidr,
    "description": _label,
    "image_id": _id,
    "instance_id": _id,
    "instance_type": _id,
    "ip_address": _ip,
    "mac_address": _mac,
    "network_interface_id": _id,
    "network_interface_name": _label,
    "primary_ip_address": _ip,
    "private_ip_address": _ip,
    "region_id": _region,
    "security_group_id": _id,
    "vpc_id": _id,
    "vswitch_id": _id,
    "zone_id": _zone,
}
"""By field, whatever it is a field of."""


@cache
def _fields_of(shape: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(shape)


def _normal(path: str, shape: msgspec.Struct) -> None:
    """Check every field of a shape, and put what it has into its normal form. An optional text may be empty."""
    for field in _fields_of(type(shape)):
        value, check = getattr(shape, field.name), _CHECKS.get(field.name)
        if value == field.default or (value == "" and not field.required):
            continue
        place = f"{path}.{field.encode_name}"
        if isinstance(value, tuple):
            normal: Any = tuple([_normal_item(f"{place}[{n}]", item, check) for n, item in enumerate(value)])
        else:
            normal = _normal_item(place, value, check)
        if normal is not value:
            msgspec.structs.force_setattr(shape, field.name, normal)


def _normal_item(path: str, item: Any, check: Callable[[str, str], str] | None) -> Any:
    if isinstance(item, msgspec.Struct):
        _normal(path, item)
    elif check is not None:
        return check(path, item)
    return item


def _time(found: _Found[Any]) -> datetime | None:
    return _moment(f"{found.path}.CreationTime", found.one.creation_time)


def _moment(path: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidAnswer(f"{_shown(text)} is no time", path=path) from None
    if moment.tzinfo is None:
        raise InvalidAnswer(f"{_shown(text)} has no timezone", path=path)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC)
    if moment.year > _LAST_YEAR:
        raise InvalidAnswer(f"{_shown(text)} is out of the calendar", path=path)
    return moment


# Every resource among the others

_ATTACHED = (NetworkInterfaceStatus.Attaching, NetworkInterfaceStatus.InUse, NetworkInterfaceStatus.Detaching)
_ASSOCIATED = (EipStatus.Associating, EipStatus.InUse, EipStatus.Unassociating)
_KINDS = ("Vpcs", "VSwitches", "SecurityGroups", "Instances", "NetworkInterfaceSets", "EipAddresses")


class _Found(msgspec.Struct, Generic[T], frozen=True):
    """One described resource: where it stands, and in which region it is if its answer says so."""

    path: str
    region_id: str | None
    one: T


def events_of(
    answers: Iterable[Mapping[str, Any]], *, region_id: str, instance_types: Mapping[str, InstanceType]
) -> dict[str, list[Import]]:
    """Returns the import events of answers, by region; ``region_id`` is where an answer is about that does not say it.

    Whatever it returns can be folded into regions that have none of it, in the order of the events, and leaves the
    regions such that every command, look, and passage of time is possible there. Raises `InvalidAnswer`.
    """
    reader = _Reader(region_id, instance_types)
    if isinstance(answers, str | bytes | Mapping) or not isinstance(answers, Iterable):
        raise InvalidAnswer(f"a list of answers is wanted, not {type(answers).__name__}", path="answers")
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
        self._paths: dict[str, str] = {}
        self._regions: dict[str, str] = {}
        self._primaries: dict[str, str] = {}
        self._eip_of: dict[str, str] = {}
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
        except (TypeError, ValueError, LookupError, ArithmeticError, RecursionError) as error:
            # what is no JSON, such as a lone surrogate where a list should be
            raise InvalidAnswer(f"cannot be read: {type(error).__name__}", path=place) from error
        _normal(place, answer)
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
                self._take(described, getattr(one, ids), _Found(path, one.region_id or answer.region_id or None, one))

    def _take(self, table: dict[str, _Found[Any]], resource_id: str, found: _Found[Any]) -> None:
        """A resource is taken once. Pages may overlap: what is described again must be the same."""
        known = table.get(resource_id)
        if known is None:
            if resource_id in self._paths:
                reason = f"{resource_id} is the id of another resource, at {self._paths[resource_id]}"
                raise InvalidAnswer(reason, path=found.path)
            self._paths[resource_id] = found.path
            table[resource_id] = found
            return
        one = msgspec.structs.replace(found.one, region_id=known.one.region_id)
        if one != known.one or (known.region_id and found.region_id and known.region_id != found.region_id):
            raise InvalidAnswer(f"{resource_id} is described differently at {known.path}", path=found.path)
        table[resource_id] = _Found(known.path, known.region_id or found.region_id, known.one)

    def events(self) -> dict[str, list[Import]]:
        """The events, those of what others refer to before those of who refers."""
        for vpc in self._vpcs.values():
            self._add(
                self._place(vpc, vpc.one.vpc_id),
                VpcImported(vpc_id=vpc.one.vpc_id, cidr_block=vpc.one.cidr_block, created_at=_time(vpc)),
            )
        for vswitch in self._vswitches.values():
            self._vswitch(vswitch)
        self._check_blocks()
        for group in self._groups.values():
            self._group(group)
        for instance in self._instances.values():
            self._instance(instance)
        primary_first = sorted(self._interfaces.values(), key=lambda found: found.one.type != "Primary")
        for interface in primary_first:
            self._interface(interface)
        self._check_primaries()
        for eip in self._eips.values():
            self._eip(eip)
        return self._events

    def _add(self, region_id: str, event: Import) -> None:
        self._events.setdefault(region_id, []).append(event)

    def _place(
        self, found: _Found[Any], resource_id: str, *references: tuple[str, Mapping[str, _Found[Any]], Iterable[str]]
    ) -> str:
        """The region of a resource: the one that it says, and that of all it refers to.

        ``references`` are the field, the table that has to have it, and the ids. Raises `InvalidAnswer` for what is not
        described, and for what is in another region.
        """
        region_id = found.region_id
        for field, table, ids in references:
            for target_id in ids:
                target = table.get(target_id)
                if target is None:
                    reason = f"{target_id} is not described by any answer" if target_id else "is missing"
                    raise InvalidAnswer(reason, path=f"{found.path}.{field}")
                its_region = self._regions[target_id]
                if region_id is not None and region_id != its_region:
                    reason = f"{target_id} is in {its_region}, and {resource_id} in {region_id}"
                    raise InvalidAnswer(reason, path=f"{found.path}.{field}")
                region_id = its_region
        region_id = self._regions[resource_id] = region_id or self._region_id
        return region_id

    def _groups_of(self, found: _Found[_Instance] | _Found[_Interface]) -> tuple[str, ...]:
        group_ids = found.one.security_group_ids.security_group_id
        if len(set(group_ids)) != len(group_ids):
            raise InvalidAnswer("a security group is listed twice", path=f"{found.path}.SecurityGroupIds")
        return group_ids

    def _vswitch(self, found: _Found[_VSwitch]) -> None:
        one = found.one
        self._add(
            self._place(found, one.vswitch_id, ("VpcId", self._vpcs, [one.vpc_id])),
            VSwitchImported(
                vswitch_id=one.vswitch_id,
                vpc_id=one.vpc_id,
                zone_id=one.zone_id,
                cidr_block=one.cidr_block,
                created_at=_time(found),
            ),
        )

    def _check_blocks(self) -> None:
        """VSwitches of a VPC share no address: nobody could tell which of them gives it."""
        blocks = sorted(
            (found.one.vpc_id, *cidr_bounds(found.one.cidr_block), i) for i, found in self._vswitches.items()
        )
        for _, of_vpc in groupby(blocks, key=lambda block: block[0]):
            end, before = -1, ""
            for _, first, last, vswitch_id in of_vpc:
                if first <= end:
                    found = self._vswitches[vswitch_id]
                    reason = f"{found.one.cidr_block} overlaps {self._vswitches[before].one.cidr_block} of {before}"
                    raise InvalidAnswer(reason, path=f"{found.path}.CidrBlock")
                end, before = last, vswitch_id

    def _group(self, found: _Found[_SecurityGroup]) -> None:
        one = found.one
        self._add(
            self._place(found, one.security_group_id, ("VpcId", self._vpcs, [one.vpc_id] if one.vpc_id else [])),
            SecurityGroupImported(
                security_group_id=one.security_group_id, vpc_id=one.vpc_id or None, created_at=_time(found)
            ),
        )

    def _instance(self, found: _Found[_Instance]) -> None:
        one, vpc_id = found.one, found.one.vpc_attributes.vpc_id
        group_ids = () if vpc_id else self._groups_of(found)
        region_id = self._place(
            found,
            one.instance_id,
            ("VpcAttributes.VpcId", self._vpcs, [vpc_id] if vpc_id else []),
            ("SecurityGroupIds", self._groups, group_ids),
        )
        if one.status is InstanceStatus.Released:
            raise InvalidAnswer("what is Released is not described", path=f"{found.path}.Status")
        if not vpc_id and not one.inner_ip_address.ip_address:
            raise InvalidAnswer("a classic instance has an address", path=f"{found.path}.InnerIpAddress")
        if len(one.public_ip_address.ip_address) > 1:
            raise InvalidAnswer("an instance has one public address", path=f"{found.path}.PublicIpAddress")
        expires_at = None
        if one.instance_charge_type is ChargeType.PrePaid:
            expires_at = _moment(f"{found.path}.ExpiredTime", one.expired_time)
            if expires_at is None:
                raise InvalidAnswer("a subscription expires", path=f"{found.path}.ExpiredTime")
        for number, embedded in enumerate(one.network_interfaces.network_interface):
            self._embedded(found, f"{found.path}.NetworkInterfaces.NetworkInterface[{number}]", embedded)
        self._add(
            region_id,
            InstanceImported(
                instance_id=one.instance_id,
                status=one.status,
                instance_type=self._instance_types.get(one.instance_type) or unknown_type(one.instance_type),
                zone_id=one.zone_id,
                vpc_id=vpc_id or None,
                private_ip_address=None if vpc_id else one.inner_ip_address.ip_address[0],
                security_group_ids=group_ids,
                charge_type=one.instance_charge_type,
                expires_at=expires_at,
                image_id=one.image_id or None,
                internet_max_bandwidth_out=one.internet_max_bandwidth_out,
                public_ip_address=next(iter(one.public_ip_address.ip_address), None),
                created_at=_time(found),
            ),
        )

    def _embedded(self, instance: _Found[_Instance], path: str, interface: _Interface) -> None:
        """An ENI that its instance's answer describes: in the instance's VSwitch and groups, if no other answer says
        more of it."""
        one = instance.one
        known = self._interfaces.get(interface.network_interface_id)
        if known is not None:
            if not _agree(known.one, interface, one.instance_id):
                reason = f"{interface.network_interface_id} is described differently at {known.path}"
                raise InvalidAnswer(reason, path=path)
            return
        described = msgspec.structs.replace(
            interface,
            vswitch_id=interface.vswitch_id or one.vpc_attributes.vswitch_id,
            security_group_ids=one.security_group_ids,
            instance_id=one.instance_id,
            creation_time=interface.creation_time or one.creation_time,
        )
        self._take(
            self._interfaces, interface.network_interface_id, _Found(path, interface.region_id or None, described)
        )

    def _interface(self, found: _Found[_Interface]) -> None:
        one, group_ids = found.one, self._groups_of(found)
        region_id = self._place(
            found,
            one.network_interface_id,
            ("VSwitchId", self._vswitches, [one.vswitch_id]),
            ("SecurityGroupIds", self._groups, group_ids),
            ("InstanceId", self._instances, [one.instance_id] if one.instance_id else []),
        )
        self._check_attachment(found)
        self._add(
            region_id,
            NetworkInterfaceImported(
                network_interface_id=one.network_interface_id,
                type=one.type or NetworkInterfaceType.Secondary,
                status=one.status,
                vswitch_id=one.vswitch_id,
                mac_address=one.mac_address,
                private_ip_addresses=_addresses(found),
                security_group_ids=group_ids,
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
        if one.instance_id:
            its_vpc = self._instances[one.instance_id].one.vpc_attributes.vpc_id
            vpc_id = self._vswitches[one.vswitch_id].one.vpc_id
            if its_vpc != vpc_id:
                where = its_vpc or "the classic network"
                reason = f"{one.instance_id} is in {where}, and its ENI in {vpc_id}"
                raise InvalidAnswer(reason, path=f"{found.path}.InstanceId")
        if one.type is NetworkInterfaceType.Primary:
            if one.status is not NetworkInterfaceStatus.InUse:
                raise InvalidAnswer(f"a primary ENI is InUse, not {one.status}", path=f"{found.path}.Status")
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
        instance_id = one.instance_id if one.instance_type in ("", "EcsInstance") else ""
        region_id = self._place(
            found, one.allocation_id, ("InstanceId", self._instances, [instance_id] if instance_id else [])
        )
        if one.status is EipStatus.Released:
            raise InvalidAnswer("what is Released is not described", path=f"{found.path}.Status")
        if (one.status in _ASSOCIATED) != bool(one.instance_id):
            whose = "somebody's" if one.status in _ASSOCIATED else "nobody's"
            raise InvalidAnswer(f"an EIP that is {one.status} is {whose}", path=f"{found.path}.InstanceId")
        if instance_id:
            if self._instances[instance_id].one.public_ip_address.ip_address:
                raise InvalidAnswer(f"{instance_id} has a public address", path=f"{found.path}.InstanceId")
            other = self._eip_of.setdefault(instance_id, one.allocation_id)
            if other != one.allocation_id:
                raise InvalidAnswer(f"{instance_id} has the EIP {other}", path=f"{found.path}.InstanceId")
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


def _agree(known: _Interface, embedded: _Interface, instance_id: str) -> bool:
    """Whether what an instance's answer says of an ENI, which is not all, is what is known of it."""
    ip = embedded.private_ip_address or embedded.primary_ip_address
    return (
        known.instance_id == instance_id
        and known.mac_address == embedded.mac_address
        and embedded.type in (None, known.type)
        and ip in ("", known.private_ip_address or known.primary_ip_address)
    )


def _addresses(found: _Found[_Interface]) -> tuple[str, ...]:
    """The addresses of an ENI, the primary one first. It is listed once more among all of them."""
    one = found.one
    primary = one.private_ip_address or one.primary_ip_address
    listed = sorted(one.private_ip_sets.private_ip_set, key=lambda ip: not ip.primary)
    ips = [ip.private_ip_address for ip in listed]
    if len(set(ips)) != len(ips):
        raise InvalidAnswer("an address is listed twice", path=f"{found.path}.PrivateIpSets")
    ips = list(dict.fromkeys([*([primary] if primary else []), *ips]))
    if not ips:
        raise InvalidAnswer("an ENI has a private address", path=f"{found.path}.PrivateIpAddress")
    return tuple(ips)


def unknown_type(type_id: str) -> InstanceType:
    """A type that is in no catalogue, of which nothing is known: it is taken to have no room for anything more."""
    return InstanceType(id=type_id, eni_quantity=1, private_ipv4_per_eni=1)
