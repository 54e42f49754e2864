"""Public addresses: of the range that RFC 2544 keeps for benchmarks, so that none of them is anybody's.

Each region draws from a block of its own, in order, and again from the block's beginning when it has been gone through.
The blocks of the regions known here are disjoint; another region shares its block with those that fall on the same one.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Final

from ecsnet.domain.world import Region
from ecsnet.values import cidr_bounds, int_to_ipv4

RANGE: Final = "198.18.0.0/15"
_KNOWN: Final = [
    "cn-hangzhou",
    "cn-shanghai",
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-shenzhen",
    "cn-hongkong",
    "cn-chengdu",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-south-1",
    "ap-northeast-1",
    "us-west-1",
    "us-east-1",
    "eu-central-1",
    "eu-west-1",
    "me-east-1",
]
_BLOCKS: Final = 64


@cache
def block_number(region_id: str) -> int:
    """Which of 64 blocks of a range is the region's."""
    if region_id in _KNOWN:
        return _KNOWN.index(region_id)
    spare = _BLOCKS - len(_KNOWN)
    return len(_KNOWN) + int.from_bytes(blake2b(region_id.encode(), digest_size=4).digest(), "big") % spare


@cache
def block_bounds(cidr_block: str, region_id: str) -> tuple[int, int]:
    """The first address of a region's block of a range, and how many there are in it."""
    first, last = cidr_bounds(cidr_block)
    size = (last - first + 1) // _BLOCKS
    return first + block_number(region_id) * size + 1, size - 2  # no address that looks like a network or a broadcast


def hold(region: Region, ip: str, owner_id: str) -> None:
    """The address is somebody's from now on."""
    region.count_created("public_ip")
    region.public_ips.add_all((ip,), owner_id)


def free_count(region: Region) -> int:
    """How many addresses the region has left."""
    return block_bounds(RANGE, region.region_id)[1] - region.public_ips.size


def draw(region: Region, count: int) -> tuple[str, ...]:
    """The next free addresses. The caller has made sure that there are so many."""
    first, size = block_bounds(RANGE, region.region_id)
    drawn: list[str] = []
    number = region.next_number("public_ip") - 1
    while len(drawn) < count:
        ip = int_to_ipv4(first + number % size)
        if region.public_ips[ip] is None:
            drawn.append(ip)
        number += 1
    return tuple(drawn)
