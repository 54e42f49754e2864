"""The small values that everything else is made of: the vendor's enumerations, and IPv4 arithmetic on plain ints."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import msgspec


class InstanceStatus(StrEnum):
    """DescribeInstances ``Status``; Released is what is left of an instance that was deleted."""

    Pending = "Pending"
    Stopped = "Stopped"
    Starting = "Starting"
    Running = "Running"
    Stopping = "Stopping"
    Released = "Released"


class NetworkInterfaceStatus(StrEnum):
    """DescribeNetworkInterfaces ``Status``; the console's word for InUse is Bound."""

    Creating = "Creating"
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


class NetworkInterfaceType(StrEnum):
    """DescribeNetworkInterfaces ``Type``."""

    Primary = "Primary"
    Secondary = "Secondary"


class NetworkType(StrEnum):
    """DescribeInstances ``InstanceNetworkType``."""

    Vpc = "vpc"
    Classic = "classic"


class ChargeType(StrEnum):
    """DescribeInstances ``InstanceChargeType``: PostPaid is pay-as-you-go, PrePaid is subscription."""

    PostPaid = "PostPaid"
    PrePaid = "PrePaid"


QUOTAS: dict[str, int] = {
    "interfaces-per-region": 100,
    "addresses-per-interface": 20,
    "addresses-per-available-interface": 10,
    "addresses-per-security-group": 2000,
    "security-groups-per-interface": 5,
    "security-groups-per-region": 100,
    "vswitches-per-vpc": 24,
    "eips-per-account": 20,
}
"""The quotas that `SetQuota` knows, with the vendor's defaults (guide 4.1, 4.5, 4.6; limits page of 2019-04)."""


def ipv4_to_int(address: str) -> int:
    """``"10.0.0.1"`` as a number. It was checked when its command was built."""
    a, b, c, d = address.split(".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def must_be_ipv4(address: str) -> None:
    """Raises ValueError for what is no IPv4 address in its normal form."""
    number = ipv4_to_int(address)
    if number >> 32 or int_to_ipv4(number) != address:
        raise ValueError(f"{address!r} is no IPv4 address")


def int_to_ipv4(number: int) -> str:
    """The dotted text of an address."""
    return _three_octets(number >> 8) + _OCTETS[number & 255]


@lru_cache(maxsize=1024)
def _three_octets(number: int) -> str:
    return f"{number >> 16}.{number >> 8 & 255}.{number & 255}."


_OCTETS = tuple(map(str, range(256)))


def cidr_bounds(cidr_block: str) -> tuple[int, int]:
    """The first and the last address of a CIDR block, as numbers. Raises ValueError for what is no CIDR block."""
    network, _, mask = cidr_block.partition("/")
    first, bits = ipv4_to_int(network), int(mask)
    if not 0 <= bits <= 32 or first >> 32:
        raise ValueError(f"{cidr_block!r} is no CIDR block")
    return first, first + (1 << (32 - bits)) - 1


class InstanceType(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance type allows (DescribeInstanceTypes).

    ``eni_quantity`` is the number of ENIs on one instance, the primary included; ``private_ipv4_per_eni`` the number of
    private IPs on one attached ENI, its primary address included; ``nic_queues`` the most queues of one ENI.
    ``attach_requires_stopped``: ENIs are attached and detached only while the instance is Stopped.

    A `Cloud` that is given one checks it: counts are whole numbers from 1 on, ``memory_gib`` is above 0.
    """

    id: str
    eni_quantity: int
    private_ipv4_per_eni: int
    vcpu: int = 1
    memory_gib: float = 1.0
    nic_queues: int = 1
    io_optimized: bool = True
    attach_requires_stopped: bool = False
