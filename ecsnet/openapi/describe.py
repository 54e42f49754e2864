"""The schemas of the vendor's Describe responses, and the check and normal form of each field.

The schemas have the fields that ecsnet uses; other fields are ignored. A malformed text, address, time or number raises
`InvalidResponse` with the path of the field; valid values are converted to their normal form.

A schema is the table of its kind for both directions: a field that is annotated with `Attribute` is imported into the
event's field of that name (`imported_fields`), and `Cloud.describe` shows the resource's attribute in it
(`ecsnet.openapi.records`). Other fields need more than one value, and are read and shown by functions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Final, NamedTuple, get_origin

import msgspec

from ecsnet.errors import InvalidResponse
from ecsnet.values import (
    ChargeType,
    VpcStatus,
    VSwitchStatus,
)


class Attribute(NamedTuple):
    """The attribute of the resource that a described field shows, and the field of the import's event: by default the
    same, None if the event has no such field. ``read`` makes the event's value of the described one, ``show`` the
    described value of the attribute; by default (None) an empty text stands for None."""

    name: str
    event: str | None = ""
    read: Callable[[Any], Any] | None = None
    show: Callable[[Any], Any] | None = None


def _text(described: str | None) -> str:
    return described or ""


Mbits = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Addresses = Annotated[int, msgspec.Meta(ge=0, le=2**32)]

# The schemas, with the fields that are used


class _Tag(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A tag: the actions on VPCs, VSwitches and EIPs say Key and Value, the others TagKey and TagValue."""

    tag_key: str = ""
    tag_value: str = ""
    vpc_tag_key: str = msgspec.field(name="Key", default="")
    vpc_tag_value: str = msgspec.field(name="Value", default="")


class _Tags(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    tag: tuple[_Tag, ...] = ()


def _tag_pairs(tags: _Tags) -> tuple[tuple[str, str], ...]:
    """Returns tags in the order of their keys; of a key that is described twice the first."""
    if not tags.tag:
        return ()
    pairs: dict[str, str] = {}
    for one in tags.tag:
        key = one.tag_key or one.vpc_tag_key
        if key:
            pairs.setdefault(key, one.tag_value or one.vpc_tag_value)
    return tuple(sorted(pairs.items()))


def _tags(key: str, value: str) -> Attribute:
    """Returns the attribute of tags that are described by these two names."""
    return Attribute(
        "tags",
        read=_tag_pairs,
        show=lambda tags: {"Tag": [{key: one, value: of_key} for one, of_key in tags.items()]},
    )


_OF_ECS_API: Final = _tags("TagKey", "TagValue")
_OF_VPC_API: Final = _tags("Key", "Value")


class _Described(msgspec.Struct, frozen=True, rename="pascal", gc=False):
    region_id: str | None = None
    creation_time: str | None = None
    description: Annotated[str, Attribute("description")] = ""


class _SecondaryBlocks(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    secondary_cidr_block: tuple[str, ...] = ()


class DescribedVpc(_Described, frozen=True, kw_only=True, rename="pascal"):
    vpc_id: Annotated[str, Attribute("id", "vpc_id")]
    cidr_block: Annotated[str, Attribute("cidr_block", read=_text)] = ""
    status: Annotated[str, Attribute("status", None)] = VpcStatus.Available
    owner_id: Any = None
    vpc_name: Annotated[str, Attribute("name")] = ""
    tags: Annotated[_Tags, _OF_VPC_API] = _Tags()
    secondary_cidr_blocks: Annotated[
        _SecondaryBlocks,
        Attribute("secondary_cidr_blocks", event=None, show=lambda blocks: {"SecondaryCidrBlock": list(blocks)}),
    ] = _SecondaryBlocks()


class DescribedVSwitch(_Described, frozen=True, kw_only=True, rename="pascal"):
    vswitch_id: Annotated[str, Attribute("id", "vswitch_id")] = msgspec.field(name="VSwitchId")
    vpc_id: Annotated[str, Attribute("vpc_id")]
    zone_id: Annotated[str, Attribute("zone_id", read=_text)] = ""
    cidr_block: Annotated[str, Attribute("cidr_block", read=_text)] = ""
    status: Annotated[str, Attribute("status", None)] = VSwitchStatus.Available
    owner_id: Any = None
    available_ip_address_count: Annotated[Addresses | None, Attribute("available_ip_address_count", None)] = None
    vswitch_name: Annotated[str, Attribute("name")] = msgspec.field(name="VSwitchName", default="")
    tags: Annotated[_Tags, _OF_VPC_API] = _Tags()


class DescribedSecurityGroup(_Described, frozen=True, kw_only=True, rename="pascal"):
    security_group_id: Annotated[str, Attribute("id", "security_group_id")]
    vpc_id: Annotated[str | None, Attribute("vpc_id")] = None
    security_group_name: Annotated[str, Attribute("name")] = ""
    tags: Annotated[_Tags, _OF_ECS_API] = _Tags()
    security_group_type: Annotated[str, Attribute("type", event=None)] = ""
    group_to_group_rule_count: Annotated[int, msgspec.Meta(ge=0)] = 0


class DescribedPermission(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A rule of a security group."""

    direction: str = ""
    policy: str = ""
    priority: str | int = ""
    ip_protocol: str = ""
    port_range: str = ""
    source_port_range: str = ""
    nic_type: str = ""
    source_group_id: str = ""
    dest_group_id: str = ""
    security_group_rule_id: str = ""


class _Permissions(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    permission: tuple[DescribedPermission, ...] = ()


class _Ids(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    security_group_id: tuple[str, ...] = ()


class _Ips(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    ip_address: tuple[str, ...] = ()


class _PublicIp(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    allocation_id: str = ""
    public_ip_address: str = ""


class _PrivateIp(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    private_ip_address: str = ""
    primary: bool = False
    associated_public_ip: _PublicIp = _PublicIp()


class _PrivateIps(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    private_ip_set: tuple[_PrivateIp, ...] = ()


class _Ipv4Prefix(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    ipv4_prefix: str = ""


class _Ipv4Prefixes(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    ipv4_prefix_set: tuple[_Ipv4Prefix, ...] = ()


class _Ipv6(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    ipv6_address: str = ""


class _Ipv6s(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    ipv6_set: tuple[_Ipv6, ...] = ()


class _Attachment(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    instance_id: str = ""


def _goes(delete_on_release: Any) -> bool:
    return delete_on_release not in (False, "false", "False")


class DescribedInterface(_Described, frozen=True, kw_only=True, rename="pascal"):
    network_interface_id: Annotated[str, Attribute("id", "network_interface_id")]
    mac_address: Annotated[str, Attribute("mac_address", read=_text)] = ""
    type: Annotated[str | None, Attribute("type", None)] = None
    status: Annotated[str, Attribute("status", None)] = ""
    vswitch_id: Annotated[str, Attribute("vswitch_id")] = msgspec.field(name="VSwitchId", default="")
    vpc_id: str = ""
    zone_id: str = ""
    private_ip_address: Annotated[str, Attribute("primary_private_ip", None)] = ""
    primary_ip_address: str = ""
    private_ip_sets: _PrivateIps = _PrivateIps()
    ipv4_prefix_sets: _Ipv4Prefixes = _Ipv4Prefixes()
    ipv6_sets: _Ipv6s = _Ipv6s()
    security_group_ids: _Ids = _Ids()
    network_interface_name: Annotated[str, Attribute("name")] = ""
    delete_on_release: Annotated[Any, Attribute("delete_on_release", read=_goes)] = True
    instance_id: Annotated[str, Attribute("instance_id", None)] = ""
    tags: Annotated[_Tags, _OF_ECS_API] = _Tags()
    attachment: _Attachment = _Attachment()
    associated_public_ip: _PublicIp = _PublicIp()
    service_managed: Any = False
    owner_id: Any = None

    @property
    def its_instance_id(self) -> str:
        """The instance that the ENI is on, which some responses have in the attachment alone; empty if there is
        none."""
        return self.instance_id or self.attachment.instance_id


class _Interfaces(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    network_interface: tuple[DescribedInterface, ...] = ()


class _VpcAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    vpc_id: str = ""
    vswitch_id: str = msgspec.field(name="VSwitchId", default="")
    private_ip_address: _Ips = _Ips()


class _InstanceEip(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    allocation_id: str = ""
    ip_address: str = ""


class _Lock(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    lock_reason: str = ""


class _Locks(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    lock_reason: tuple[_Lock, ...] = ()


class DescribedInstance(_Described, frozen=True, kw_only=True, rename="pascal"):
    instance_id: Annotated[str, Attribute("id", "instance_id")]
    status: Annotated[str, Attribute("status", None)] = ""
    instance_type: Annotated[str, Attribute("instance_type", None)] = ""
    zone_id: Annotated[str, Attribute("zone_id", read=_text)] = ""
    instance_name: Annotated[str, Attribute("name")] = ""
    tags: Annotated[_Tags, _OF_ECS_API] = _Tags()
    image_id: Annotated[str, Attribute("image_id")] = ""
    instance_network_type: str = ""
    instance_charge_type: Annotated[str, Attribute("charge_type", None)] = ChargeType.PostPaid
    expired_time: str = ""
    internet_max_bandwidth_out: Annotated[Mbits, Attribute("internet_max_bandwidth_out")] = 0
    public_ip_address: _Ips = _Ips()
    eip_address: _InstanceEip = _InstanceEip()
    inner_ip_address: _Ips = _Ips()
    vpc_attributes: _VpcAttributes = _VpcAttributes()
    security_group_ids: _Ids = _Ids()
    network_interfaces: _Interfaces = _Interfaces()
    operation_locks: _Locks = _Locks()
    deletion_protection: Any = False


class DescribedEip(_Described, frozen=True, kw_only=True, rename="pascal"):
    allocation_id: Annotated[str, Attribute("id", "allocation_id")]
    ip_address: Annotated[str, Attribute("ip_address")]
    status: Annotated[str, Attribute("status", None)] = ""
    instance_id: Annotated[str, Attribute("instance_id", None)] = ""
    instance_type: str = ""
    private_ip_address: str = ""
    name: Annotated[str, Attribute("name")] = ""
    other_description: str = msgspec.field(name="Descritpion", default="")  # a spelling of the vendor's
    tags: Annotated[_Tags, _OF_VPC_API] = _Tags()
    allocation_time: str | None = None
    charge_type: str = ""
    operation_locks: _Locks = _Locks()
    deletion_protection: Any = False


class DescribedInstanceType(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A number that is absent or null is not known."""

    instance_type_id: str
    cpu_core_count: Count | None = None
    memory_size: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    eni_quantity: Count | None = None
    eni_private_ip_address_quantity: Count | None = None
    primary_eni_queue_number: Count | None = None
    maximum_queue_number_per_eni: Count | None = None


class _Vpcs(msgspec.Struct, frozen=True, rename="pascal"):
    vpc: tuple[DescribedVpc, ...]


class _VSwitches(msgspec.Struct, frozen=True):
    vswitch: tuple[DescribedVSwitch, ...] = msgspec.field(name="VSwitch")


class _SecurityGroups(msgspec.Struct, frozen=True, rename="pascal"):
    security_group: tuple[DescribedSecurityGroup, ...]


class _Instances(msgspec.Struct, frozen=True, rename="pascal"):
    instance: tuple[DescribedInstance, ...]


class _InterfaceSets(msgspec.Struct, frozen=True, rename="pascal"):
    network_interface_set: tuple[DescribedInterface, ...]


class _Eips(msgspec.Struct, frozen=True, rename="pascal"):
    eip_address: tuple[DescribedEip, ...]


class _AttributeValue(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    value: str | int | None = None


class _AttributeValues(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    value_item: tuple[_AttributeValue, ...] = ()


class DescribedAttribute(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    attribute_name: str = ""
    attribute_values: _AttributeValues = _AttributeValues()


class _AccountAttributes(msgspec.Struct, frozen=True, rename="pascal"):
    account_attribute_item: tuple[DescribedAttribute, ...]


class _InstanceTypes(msgspec.Struct, frozen=True):
    types: tuple[DescribedInstanceType, ...] = msgspec.field(name="InstanceType")


class DescribeResponse(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The response of any of the Describe actions; the resources of the other actions are empty. The fields from
    ``security_group_id`` to ``permissions`` are those of DescribeSecurityGroupAttribute."""

    region_id: str | None = None
    security_group_id: str = ""
    vpc_id: str = ""
    inner_access_policy: str = ""
    permissions: _Permissions = _Permissions()
    vpcs: _Vpcs = _Vpcs(())
    vswitches: _VSwitches = msgspec.field(name="VSwitches", default=_VSwitches(()))
    security_groups: _SecurityGroups = _SecurityGroups(())
    instances: _Instances = _Instances(())
    network_interface_sets: _InterfaceSets = _InterfaceSets(())
    eip_addresses: _Eips = _Eips(())
    instance_types: _InstanceTypes = _InstanceTypes(())
    account_attribute_items: _AccountAttributes = _AccountAttributes(())


_KINDS: Final = (
    "Vpcs",
    "VSwitches",
    "SecurityGroups",
    "Instances",
    "NetworkInterfaceSets",
    "EipAddresses",
    "InstanceTypes",
    "AccountAttributeItems",
    "Permissions",
    "InnerAccessPolicy",
)
_NUMBERS: Final = frozenset(
    {
        "AvailableIpAddressCount",
        "CpuCoreCount",
        "EniPrivateIpAddressQuantity",
        "EniQuantity",
        "GroupToGroupRuleCount",
        "InternetMaxBandwidthOut",
        "MaximumQueueNumberPerEni",
        "MemorySize",
        "Primary",
        "PrimaryEniQueueNumber",
    }
)
"""The numbers and flags, of which an empty text says nothing."""
_OF_A_GROUP: Final = frozenset({"SecurityGroupId", "VpcId", "InnerAccessPolicy", "Permissions"})
"""The fields of DescribeSecurityGroupAttribute, which describes one group, with its rules or without any."""


def read_response(place: str, given: object) -> DescribeResponse:
    """Returns a response with its fields in normal form. Raises `InvalidResponse` if it is malformed.

    ``place`` is the path of the response in error messages.
    """
    if not isinstance(given, Mapping) or not any(kind in given for kind in _KINDS):
        raise InvalidResponse("not the response of a Describe action: none of " + ", ".join(_KINDS), path=place)
    try:
        try:
            response = msgspec.convert(given, DescribeResponse)
            _normalize(place, response)
        except (msgspec.ValidationError, InvalidResponse):
            # a field may be null instead of absent, a list have a null or an empty text, and a number be a text
            without = {
                name: _with_list(value) for name, value in given.items() if value is not None or name not in _OF_A_GROUP
            }
            response = msgspec.convert(without, DescribeResponse, strict=False)
            _normalize(place, response)
    except InvalidResponse:
        raise
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        raise InvalidResponse(reason, path=place + path.rstrip("`")) from None
    except (TypeError, ValueError, LookupError, ArithmeticError, RecursionError) as error:
        # a value that JSON does not have, such as a lone surrogate where a list should be
        raise InvalidResponse(f"cannot be read: {type(error).__name__}", path=place) from error
    return response


def _with_list(value: Any) -> Any:
    """Returns the value of a response's field without nulls, and a list of resources that is null as an empty one."""
    if isinstance(value, Mapping) and len(value) == 1:
        return {name: [] if one is None else _without_nulls(one) for name, one in value.items()}
    return _without_nulls(value)


def _without_nulls(value: Any) -> Any:
    """Returns a value without the fields that are null, and without what is null or an empty text in lists."""
    if isinstance(value, Mapping):
        return {
            name: _without_nulls(one)
            for name, one in value.items()
            if one is not None and not (one == "" and name in _NUMBERS)
        }
    if isinstance(value, list | tuple):
        return [_without_nulls(one) for one in value if one is not None and one != ""]
    return value


# The fields that are one attribute


@cache
def attributes_of(schema: type[msgspec.Struct]) -> Mapping[str, tuple[str, Attribute]]:
    """Returns the fields of a schema that show one attribute: by the vendor's name, the field's own name and what it
    shows."""
    return {
        field.encode_name: (field.name, mark)
        for field in msgspec.structs.fields(schema)
        for mark in getattr(field.type, "__metadata__", ())
        if isinstance(mark, Attribute)
    }


class _Imported(NamedTuple):
    """The fields of a schema that are one field of the import's event each: the names of the event's fields, what gets
    the described values in that order, and the readers of those that are not taken as they are."""

    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    readers: tuple[tuple[str, Callable[[Any], Any]], ...]


@cache
def _imported(schema: type[msgspec.Struct]) -> _Imported:
    marks = [(name, mark) for name, mark in attributes_of(schema).values() if mark.event is not None]
    return _Imported(
        tuple([mark.event or mark.name for _, mark in marks]),
        attrgetter(*[name for name, _ in marks]),
        tuple([(mark.event or mark.name, mark.read) for _, mark in marks if mark.read is not None]),
    )


def imported_fields(described: msgspec.Struct) -> dict[str, Any]:
    """Returns the fields of the import's event that are one field of the description each."""
    imported = _imported(type(described))
    fields: dict[str, Any] = {}
    for name, value in zip(imported.names, imported.values(described), strict=True):
        fields[name] = value or (None if value == "" else value)
    for name, read in imported.readers:
        fields[name] = read(fields[name])
    return fields


# Checks of the fields

_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")  # names and descriptions may contain line breaks and escapes
_REGION_ID: Final = re.compile("[a-z]{2}(-[a-z0-9]+)+")
_MAC_ADDRESS: Final = re.compile("[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")
_NORMAL_MAC_ADDRESS: Final = re.compile("[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_MASK: Final = re.compile("/[0-9]{1,2}")
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IP: Final = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_LONGEST_ID: Final = 256
_LONGEST_TEXT: Final = 4096
_LAST_YEAR: Final = 9000  # the calendar ends at 9999, and renewals extend subscriptions beyond the described time


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 80 else f"{text[:77]!r}..."


class _InvalidText(ValueError):
    """A text is not valid in its field."""


def _id(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST_ID or not text.isprintable():
        raise _InvalidText(f"{_shown(text)} is no id: 1 to {_LONGEST_ID} printable characters")
    return text


def _region(text: str) -> str:
    if len(text) > 64 or not _REGION_ID.fullmatch(text):
        raise _InvalidText(f"{_shown(text)} is no region: they look like 'cn-hangzhou'")
    return text


def _label(text: str) -> str:
    if len(text) > _LONGEST_TEXT or _NO_TEXT.search(text):
        raise _InvalidText(f"{_shown(text)} is no text of at most {_LONGEST_TEXT} characters")
    return text


def _zone(text: str) -> str:
    if not text.strip():
        raise _InvalidText(f"{_shown(text)} is no zone")
    return _label(text)


def _mac(text: str) -> str:
    if not _MAC_ADDRESS.fullmatch(text):
        raise _InvalidText(f"{_shown(text)} is no MAC address")
    return text.replace("-", ":").lower()


def _ip(text: str) -> str:
    if not _IP.fullmatch(text):
        raise _InvalidText(f"{_shown(text)} is no IPv4 address")
    return text


def _ipv6(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise _InvalidText(f"{_shown(text)} is no IPv6 address") from None


def _cidr(text: str) -> str:
    try:
        if not _MASK.fullmatch(text[text.find("/") :]):
            raise ValueError(text)
        return str(ipaddress.IPv4Network(text))
    except ValueError:
        raise _InvalidText(f"{_shown(text)} is no CIDR block") from None


Check = Callable[[str], str]
_CHECKS: Final[dict[str, Check]] = {
    "allocation_id": _id,
    "cidr_block": _cidr,
    "description": _label,
    "dest_group_id": _id,
    "image_id": _id,
    "instance_charge_type": _label,
    "instance_id": _id,
    "instance_name": _label,
    "instance_type": _id,
    "instance_type_id": _id,
    "ip_address": _ip,
    "charge_type": _label,
    "ipv4_prefix": _cidr,
    "ipv6_address": _ipv6,
    "mac_address": _mac,
    "name": _label,
    "network_interface_id": _id,
    "network_interface_name": _label,
    "other_description": _label,
    "primary_ip_address": _ip,
    "private_ip_address": _ip,
    "public_ip_address": _ip,
    "region_id": _region,
    "secondary_cidr_block": _cidr,
    "status": _label,
    "type": _label,
    "security_group_id": _id,
    "security_group_name": _label,
    "tag_key": _label,
    "tag_value": _label,
    "security_group_type": _label,
    "source_group_id": _id,
    "vpc_id": _id,
    "vpc_name": _label,
    "vpc_tag_key": _label,
    "vpc_tag_value": _label,
    "vswitch_id": _id,
    "vswitch_name": _label,
    "zone_id": _zone,
}
"""The check of each field, by the field's name in any schema."""


def region_of_zone(zone_id: str) -> str | None:
    """Returns the region of a zone, as its name tells it: ``cn-hangzhou`` of ``cn-hangzhou-b``, ``ap-southeast-1`` of
    ``ap-southeast-1a``; None for a zone that is not named like one of a region."""
    region_id = zone_id[:-1].removesuffix("-")
    return region_id if zone_id[-1:].islower() and len(region_id) <= 64 and _REGION_ID.fullmatch(region_id) else None


class _Fields(NamedTuple):
    """The fields of a schema that are checked: texts, lists of texts, and what contains fields in turn."""

    texts: tuple[tuple[str, str, object, bool, Check], ...]
    """The name of each, the vendor's spelling, the default, whether it may be empty, and its check."""
    lists: tuple[tuple[str, str, Check], ...]
    structs: tuple[tuple[str, str, object], ...]


@cache
def _fields_of(schema: type[msgspec.Struct]) -> _Fields:
    texts, lists, structs = [], [], []
    for field in msgspec.structs.fields(schema):
        check = _CHECKS.get(field.name)
        if check is None or isinstance(field.default, msgspec.Struct):
            if get_origin(field.type) is tuple or isinstance(field.default, msgspec.Struct):
                structs.append((field.name, field.encode_name, field.default))
        elif get_origin(field.type) is tuple:
            lists.append((field.name, field.encode_name, check))
        else:
            texts.append((field.name, field.encode_name, field.default, not field.required, check))
    return _Fields(tuple(texts), tuple(lists), tuple(structs))


# Almost everything that is described is valid and in its normal form. Of many resources together that is found out
# quickly, field by field; only for resources of which it is not true each is looked at alone.


def _are_ids(texts: Collection[str]) -> bool:
    joined = "".join(texts)
    return joined.isprintable() and " " not in joined and "" not in texts and max(map(len, texts)) <= _LONGEST_ID


def _are_labels(texts: Collection[str]) -> bool:
    return _NO_TEXT.search("".join(texts)) is None and max(map(len, texts)) <= _LONGEST_TEXT


def _are_macs(texts: Collection[str]) -> bool:
    return all(map(_NORMAL_MAC_ADDRESS.fullmatch, texts))


def _are_ips(texts: Collection[str]) -> bool:
    return all(map(_IP.fullmatch, texts))


_TOGETHER: Final[Mapping[Check, Callable[[Collection[str]], bool]]] = {
    _id: _are_ids,
    _label: _are_labels,
    _mac: _are_macs,
    _ip: _are_ips,
}
"""The checks that tell quickly of many texts whether all of them are valid and in their normal form."""


def _are_normal(check: Check, texts: Collection[str]) -> bool:
    """Returns whether all texts pass a check and are in their normal form."""
    if not texts:
        return True
    together = _TOGETHER.get(check)
    try:
        return all(check(text) == text for text in texts) if together is None else together(texts)
    except _InvalidText:
        return False


def _all_normal(structs: Sequence[msgspec.Struct]) -> bool:
    """Returns whether each field of structs of one schema is valid and in its normal form."""
    fields = _fields_of(type(structs[0]))
    for name, _, default, may_be_empty, check in fields.texts:
        texts = set(map(attrgetter(name), structs))
        texts.discard(default)
        if may_be_empty:
            texts -= {"", None}
        if not _are_normal(check, texts):
            return False
    for name, _, check in fields.lists:
        lists = set(map(attrgetter(name), structs))
        if not _are_normal(check, {text for one in lists for text in one}):
            return False
    for name, _, default in fields.structs:
        inner: list[Any] = [one for one in map(attrgetter(name), structs) if one is not default]
        if inner and isinstance(inner[0], tuple):
            inner = [one for several in inner for one in several]
        if inner and not _all_normal(inner):
            return False
    return True


def _normalize(path: str, struct: msgspec.Struct) -> None:
    """Checks every field of a struct and converts its value to the normal form. An optional text may be empty."""
    fields = _fields_of(type(struct))
    place = ""
    try:
        for name, encoded_name, default, may_be_empty, check in fields.texts:
            place = encoded_name
            value = getattr(struct, name)
            if value == default or (may_be_empty and not value):
                continue
            normal = check(value)
            if normal is not value:
                msgspec.structs.force_setattr(struct, name, normal)
        for name, encoded_name, check in fields.lists:
            if given := getattr(struct, name):
                normal_list = []
                for number, one in enumerate(given):
                    place = f"{encoded_name}[{number}]"
                    normal_list.append(check(one))
                msgspec.structs.force_setattr(struct, name, tuple(normal_list))
    except _InvalidText as error:
        raise InvalidResponse(str(error), path=f"{path}.{place}") from None
    for name, encoded_name, default in fields.structs:
        value = getattr(struct, name)
        if value is default:
            continue
        if not isinstance(value, tuple):
            _normalize(f"{path}.{encoded_name}", value)
            continue
        if value and _all_normal(value):
            continue
        for number, item in enumerate(value):
            _normalize(f"{path}.{encoded_name}[{number}]", item)


def moment_of(path: str, text: str | None) -> datetime | None:
    """Returns the time of a text in UTC, None for a missing or empty text. Raises `InvalidResponse`."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidResponse(f"{_shown(text)} is no time", path=path) from None
    if moment.tzinfo is None:
        raise InvalidResponse(f"{_shown(text)} has no timezone", path=path)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC)
    if moment.year > _LAST_YEAR:
        raise InvalidResponse(f"{_shown(text)} is out of the calendar", path=path)
    return moment
