"""Addresses that a region draws by itself: public ones, and the private ones of the classic network.

Each region draws from a block of its own of a range, in order, and again from the block's beginning when it has been
gone through: so no address is held twice over all regions and accounts. The blocks of the regions known here are
disjoint; another region may share its block with some that fall on the same one. It looks what these hold, and records
what it draws in a stream of the block (`ecsnet.domain.state.streams`), so that no two of them draw the same at once.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cache
from hashlib import blake2b
from typing import Final

from ecsnet.domain.state.ids import Counted
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Region, World
from ecsnet.values import cidr_bounds, int_to_ipv4

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


def shares_block(region_id: str) -> bool:
    """Whether other regions may draw from the region's block too."""
    return region_id not in _KNOWN


@cache
def block_bounds(cidr_block: str, region_id: str) -> tuple[int, int]:
    """The first address of a region's block of a range, and how many there are in it."""
    first, last = cidr_bounds(cidr_block)
    size = (last - first + 1) // _BLOCKS
    return first + block_number(region_id) * size + 1, size - 2  # no address that looks like a network or a broadcast


class RegionalPool:
    """A range of addresses; what is held of it is in a table of each region."""

    def __init__(self, cidr_block: str, table: str, counter: Counted) -> None:
        self._cidr_block = cidr_block
        self._table = table
        self._counter: Counted = counter

    def _held(self, region: Region) -> Table[str, str]:
        allocated: Table[str, str] = getattr(region, self._table)
        return allocated

    def allocate(self, region: Region, ip: str, owner_id: str) -> None:
        """The address is somebody's from now on. Raises KeyError for one that is somebody's already, unless something
        was imported: two owners of one address may have been described, and one of them converts it to an EIP."""
        region.count_created(self._counter)
        if region.imported:
            self._held(region).set(ip, owner_id)
        else:
            self._held(region).add_all((ip,), owner_id)

    def release(self, region: Region, ip: str, owner_id: str) -> None:
        """The address is not the owner's any more; if it was described to be another's too, it stays that one's."""
        if self._held(region)[ip] == owner_id:
            self._held(region).delete(ip)

    def _held_in_block(self, world: World, region: Region) -> list[Table[str, str]]:
        block = block_number(region.region_id)
        others = [one for one in world.regions.values() if one.region_id != region.region_id]
        return [self._held(one) for one in (region, *others) if block_number(one.region_id) == block]

    def free_count(self, world: World, region: Region) -> int:
        """How many addresses the region has left."""
        allocated = sum(table.size for table in self._held_in_block(world, region))
        return block_bounds(self._cidr_block, region.region_id)[1] - allocated

    def next_free(self, world: World, region: Region, count: int, excluding: Container[str] = ()) -> tuple[str, ...]:
        """The next free addresses, as many as there are up to ``count``."""
        first, size = block_bounds(self._cidr_block, region.region_id)
        allocated = self._held_in_block(world, region)
        drawn: list[str] = []
        start = region.next_number(self._counter) - 1
        for number in range(start, start + size):
            if len(drawn) == count:
                break
            ip = int_to_ipv4(first + number % size)
            if ip not in excluding and all(table[ip] is None for table in allocated):
                drawn.append(ip)
        return tuple(drawn)


PUBLIC: Final = RegionalPool("198.18.0.0/15", "public_ips", "public_ip")
"""Of the range that RFC 2544 keeps for benchmarks, so that none of them is anybody's."""
CLASSIC: Final = RegionalPool("10.0.0.0/8", "classic_ips", "classic_ip")
"""The private addresses of the classic network."""
