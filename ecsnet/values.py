"""The small values that everything else is made of: the vendor's enumerations, and IPv4 arithmetic on plain ints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

from ecsnet._arguments import id_problem, shown
from ecsnet._attrs import ReadOnlyDict, frozen
from ecsnet.errors import InvalidArgument


class VpcStatus(StrEnum):
    """DescribeVpcs ``Status``; Deleted is what is left of a VPC that was deleted."""

    Pending = "Pending"
    Available = "Available"
    Deleting = "Deleting"
    Deleted = "Deleted"


class VSwitchStatus(StrEnum):
    """DescribeVSwitches ``Status``. A VSwitch that is Deleting is shown as Pending, as the API does; Deleted is what is
    left of one that was deleted."""

    Pending = "Pending"
    Available = "Available"
    Deleting = "Deleting"
    Deleted = "Deleted"


class SecurityGroupStatus(StrEnum):
    """The status of a security group. The API shows none: a group that is being deleted is described until it is
    gone."""

    Available = "Available"
    Deleting = "Deleting"
    Deleted = "Deleted"


class SecurityGroupType(StrEnum):
    """DescribeSecurityGroups ``SecurityGroupType``: Normal is a basic group, Enterprise an advanced one, which takes
    more members, isolates them, and authorizes no other group."""

    Normal = "normal"
    Enterprise = "enterprise"


class InnerAccessPolicy(StrEnum):
    """DescribeSecurityGroupAttribute ``InnerAccessPolicy``: whether members of the group reach each other."""

    Accept = "Accept"
    Drop = "Drop"


class InstanceStatus(StrEnum):
    """DescribeInstances ``Status``; Released is what is left of an instance that was deleted.

    An instance that is being released is StoppingForRelease while it still runs, which is shown as Stopping, and then
    Releasing, which is shown as Stopped: the API has no status for a release.
    """

    Pending = "Pending"
    Stopped = "Stopped"
    Starting = "Starting"
    Running = "Running"
    Stopping = "Stopping"
    StoppingForRelease = "StoppingForRelease"
    Releasing = "Releasing"
    Released = "Released"


class NetworkInterfaceStatus(StrEnum):
    """DescribeNetworkInterfaces ``Status``; the console's word for InUse is Bound."""

    Creating = "Creating"
    CreateFailed = "CreateFailed"
    Available = "Available"
    Attaching = "Attaching"
    InUse = "InUse"
    Detaching = "Detaching"
    Deleting = "Deleting"
    Deleted = "Deleted"


class EipStatus(StrEnum):
    """DescribeEipAddresses ``Status``."""

    Available = "Available"
    Associating = "Associating"
    InUse = "InUse"
    Unassociating = "Unassociating"
    Releasing = "Releasing"
    Released = "Released"


class EipInstanceType(StrEnum):
    """DescribeEipAddresses ``InstanceType``, as far as it is modelled: what an EIP is associated with."""

    EcsInstance = "EcsInstance"
    NetworkInterface = "NetworkInterface"


class NetworkInterfaceType(StrEnum):
    """DescribeNetworkInterfaces ``Type``. Trunk and Member are imported only: no command creates or changes one."""

    Primary = "Primary"
    Secondary = "Secondary"
    Trunk = "Trunk"
    Member = "Member"


class NetworkType(StrEnum):
    """DescribeInstances ``InstanceNetworkType``."""

    Vpc = "vpc"
    Classic = "classic"


class ChargeType(StrEnum):
    """DescribeInstances ``InstanceChargeType``: PostPaid is pay-as-you-go, PrePaid is subscription."""

    PostPaid = "PostPaid"
    PrePaid = "PrePaid"


class BatchOptimization(StrEnum):
    """``BatchOptimization`` of commands on several instances: for all of them or none, or for each that admits it."""

    AllTogether = "AllTogether"
    SuccessFirst = "SuccessFirst"


class TaggedType(StrEnum):
    """``ResourceType`` of TagResources, as the two APIs spell the kinds of resources that ecsnet has."""

    Instance = "instance"
    NetworkInterface = "eni"
    SecurityGroup = "securitygroup"
    Vpc = "VPC"
    VSwitch = "VSWITCH"
    Eip = "EIP"


class Tags(ReadOnlyDict[str, str]):
    """The tags of a resource: a read-only mapping in the order of its keys, with a hash."""

    __slots__ = ()

    def __init__(self, tags: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(sorted(dict(tags).items()))

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none, and this one never changes
        return hash(tuple(self.items()))


NO_TAGS: Final = Tags()


def as_tags(value: Mapping[str, str] | Iterable[tuple[str, str]]) -> Tags:
    """Returns tags as `Tags`. A converter."""
    return value if type(value) is Tags else Tags(value)


CATALOGUE_COMPLETE_UP_TO: Final = "2021-07"
"""The month up to which the vendor's instance types are in the catalogue; later types are unknown until described."""
QUOTAS: dict[str, int] = {
    "interfaces-per-region": 100,
    "addresses-per-interface": 20,
    "addresses-per-available-interface": 10,
    "addresses-per-security-group": 2000,
    "addresses-per-enterprise-security-group": 65_536,
    "security-groups-per-interface": 5,
    "security-groups-per-region": 100,
    "vswitches-per-vpc": 24,
    "secondary-cidr-blocks-per-vpc": 5,
    "eips-per-account": 20,
}
"""The quotas that `SetQuota` knows, with the vendor's defaults (guide 4.1, 4.5, 4.6; limits page of 2019-04; pages of
AssociateVpcCidrBlock and of the types of security groups)."""
UNKNOWN_QUOTA: Final = 2**63 - 1
"""The value of a quota of which it is only known that it is above the default: so high that it denies nothing."""
ACCOUNT_QUOTAS = frozenset({"eips-per-account"})
"""The quotas that an account has over all its regions; it has the others in each region."""


def ipv4_to_int(address: str) -> int:
    """``"10.0.0.1"`` as a number. It was checked when its command was built."""
    a, b, c, d = address.split(".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def must_be_ipv4(address: str) -> None:
    """Raises ValueError for what is no IPv4 address in its normal form."""
    number = ipv4_to_int(address)
    if number >> 32 or int_to_ipv4(number) != address:
        raise ValueError(f"{address!r} is no IPv4 address")


ADDRESSES_OF_PREFIX: Final = 16
"""An IPv4 prefix of an ENI has a mask of 28."""


def addresses_of(prefix: str) -> tuple[str, ...]:
    """The sixteen addresses of an IPv4 prefix. Raises ValueError for what is none in its normal form."""
    base, _, mask = prefix.partition("/")
    must_be_ipv4(base)
    first = ipv4_to_int(base)
    if mask != "28" or first % ADDRESSES_OF_PREFIX:
        raise ValueError(f"{prefix!r} is no IPv4 prefix")
    return tuple([int_to_ipv4(first + number) for number in range(ADDRESSES_OF_PREFIX)])


def int_to_ipv4(number: int) -> str:
    """The dotted text of an address."""
    return _THREE_OCTETS[number >> 8] + _OCTETS[number & 255]


class _ThreeOctets(dict[int, str]):
    """The texts of the first three octets, as far as they were needed. An `lru_cache` takes twice the time."""

    def __missing__(self, number: int) -> str:
        if len(self) >= _MOST_OCTETS:
            self.clear()
        text = self[number] = f"{number >> 16}.{number >> 8 & 255}.{number & 255}."
        return text


_MOST_OCTETS: Final = 1_024
_THREE_OCTETS: Final = _ThreeOctets()
_OCTETS: Final = tuple(map(str, range(256)))


def cidr_bounds(cidr_block: str) -> tuple[int, int]:
    """The first and the last address of a CIDR block, as numbers. Raises ValueError for what is no CIDR block."""
    network, _, mask = cidr_block.partition("/")
    first, bits = ipv4_to_int(network), int(mask)
    if not 0 <= bits <= 32 or first >> 32:
        raise ValueError(f"{cidr_block!r} is no CIDR block")
    return first, first + (1 << (32 - bits)) - 1


_MOST: Final = 1_000_000
"""The largest number that an instance type may have: more than any has."""


def _valid_id(one: InstanceType, field: attrs.Attribute[str], value: str) -> None:
    if type(value) is not str or (problem := id_problem(value)):
        raise InvalidArgument(f"the id of an instance type {problem if type(value) is str else 'must be a str'}")


def _valid_count(one: InstanceType, field: attrs.Attribute[Any], value: int) -> None:
    if type(value) is not int or not 1 <= value <= _MOST:
        raise InvalidArgument(
            f"{field.name} of {one.id} must be a whole number from 1 to {_MOST:,}, not {shown(value)}"
        )


def _valid_count_if_known(one: InstanceType, field: attrs.Attribute[int | None], value: int | None) -> None:
    if value is not None:
        _valid_count(one, field, value)


def _valid_memory(one: InstanceType, field: attrs.Attribute[float], value: float) -> None:
    if type(value) not in (int, float) or not 0 < value <= _MOST:
        raise InvalidArgument(f"{field.name} of {one.id} must be a number above 0, up to {_MOST:,}, not {shown(value)}")


def _valid_flag(one: InstanceType, field: attrs.Attribute[bool], value: bool) -> None:
    if not isinstance(value, bool):
        raise InvalidArgument(f"{field.name} of {one.id} must be True or False, not {shown(value)}")


@frozen(kw_only=True)
class InstanceType:
    """The limits of an instance type (DescribeInstanceTypes).

    ``eni_quantity`` is the number of ENIs on one instance, the primary included; ``private_ipv4_per_eni`` the number of
    private IPs on one attached ENI, its primary address included; ``nic_queues`` the most queues of one ENI,
    None where it is not known. ``attach_requires_stopped``: ENIs are attached and detached only while the instance is
    Stopped. ``limits_known`` is False for a type of which only instances were described: ``eni_quantity`` and
    ``private_ipv4_per_eni`` are then the most that any of them has, and the type may allow more.

    Raises `InvalidArgument` unless the id is printable text, each count is a whole number from 1 on, ``memory_gib`` is
    above 0 and each flag is True or False.
    """

    id: str = attrs.field(validator=_valid_id)
    eni_quantity: int = attrs.field(validator=_valid_count)
    private_ipv4_per_eni: int = attrs.field(validator=_valid_count)
    vcpu: int = attrs.field(default=1, validator=_valid_count)
    memory_gib: float = attrs.field(default=1.0, validator=_valid_memory)
    nic_queues: int | None = attrs.field(default=None, validator=_valid_count_if_known)
    io_optimized: bool = attrs.field(default=True, validator=_valid_flag)
    attach_requires_stopped: bool = attrs.field(default=False, validator=_valid_flag)
    limits_known: bool = attrs.field(default=True, validator=_valid_flag)
