"""Addresses that are allocated per region: public ones, and the private ones of the classic network.

Each region allocates from one block of a range, in ascending order, and starts again at the block's first address after
the last one; so no address is allocated twice over all regions and accounts. Each region listed here has a block of its
own. Other regions hash to one of the remaining blocks. Regions that share a block check each other's allocations and
record their own in the block's stream (`ecsnet.domain.state.streams`), so that no two of them allocate the same address
at once.

The state has the address that was allocated last: of a block of its own in the region, of a shared one in the block's
stream. An allocation looks from there on, so it passes each address that is taken once in a round through the block,
however many there are. Addresses outside of the block, of imported resources or of the range of an older version, are
held like all others, and no allocation comes to them.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Final

from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Region, SharedStream, World
from ecsnet.events.base import RecordedEvent
from ecsnet.events.public_ip import SharedAddressDrawn
from ecsnet.values import cidr_bounds, int_to_ipv4, ipv4_to_int

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
_BLOCK_NUMBERS: Final = {region_id: number for number, region_id in enumerate(_KNOWN)}
_BLOCKS: Final = 64
ADDRESSES: Final = "addresses"


@cache
def block_number(region_id: str) -> int:
    """Returns the number of the region's block, from 0 to 63."""
    if region_id in _BLOCK_NUMBERS:
        return _BLOCK_NUMBERS[region_id]
    spare = _BLOCKS - len(_KNOWN)
    return len(_KNOWN) + int.from_bytes(blake2b(region_id.encode(), digest_size=4).digest(), "big") % spare


def shares_block(region_id: str) -> bool:
    """Returns whether other regions may have the same block as the region."""
    return region_id not in _BLOCK_NUMBERS


def address_stream(pool: str, region_id: str) -> str:
    """Returns the stream of a region's block of addresses."""
    return f"{ADDRESSES}/{pool}/{block_number(region_id)}"


@cache
def block_bounds(cidr_block: str, region_id: str) -> tuple[int, int]:
    """Returns the first address of a region's block in a range, and the number of its addresses."""
    first, last = cidr_bounds(cidr_block)
    size = (last - first + 1) // _BLOCKS
    return first + block_number(region_id) * size + 1, size - 2  # without the network and broadcast addresses


class RegionalPool:
    """A range of addresses; a table of each region has the region's allocations."""

    def __init__(self, name: str, cidr_block: str, table: str) -> None:
        self.name = name
        self.cidr_block = cidr_block
        self._table = table

    def _allocated(self, region: Region) -> Table[str, str]:
        allocated: Table[str, str] = getattr(region, self._table)
        return allocated

    def allocate(self, region: Region, ip: str, owner_id: str) -> None:
        """Allocates an address, which `next_free` gave, to an instance or EIP.

        Raises KeyError for an address that is allocated already, except in a region with imported resources: two of
        those may have the same address, and one of them may convert it to an EIP.
        """
        self._hold(region, ip, owner_id)
        region.drawn[self.name] = ip

    def _hold(self, region: Region, ip: str, owner_id: str) -> None:
        if region.imported:
            self._allocated(region).set(ip, owner_id)
        else:
            self._allocated(region).add(ip, owner_id)

    def release(self, region: Region, ip: str, owner_id: str) -> None:
        """Releases an address, unless it is allocated to another owner, which may have been imported with the same
        address."""
        allocated = self._allocated(region)
        if allocated[ip] == owner_id:
            allocated.delete(ip)

    def transfer(self, region: Region, ip: str, owner_id: str, new_owner_id: str) -> None:
        """Gives an allocated address to another owner."""
        self.release(region, ip, owner_id)
        self._hold(region, ip, new_owner_id)

    def _gone_through(self, world: World, region: Region, first: int, size: int) -> int:
        """Returns how many addresses of the region's block, which has these bounds, an allocation need not look at
        first."""
        if not shares_block(region.region_id):
            last = region.drawn[self.name]
        else:
            stream = world.shared.get(address_stream(self.name, region.region_id))
            last = None if stream is None else stream.drawn
        if last is None:
            return 0
        try:
            passed = ipv4_to_int(last) - first + 1
        except ValueError:  # a history may have any text
            return 0
        return passed if 0 < passed <= size else 0

    def _allocated_in_block(self, world: World, region: Region) -> list[Table[str, str]]:
        if not shares_block(region.region_id):
            return [self._allocated(region)]
        block = block_number(region.region_id)
        others = [one for one in world.regions.values() if one.region_id != region.region_id]
        return [self._allocated(one) for one in (region, *others) if block_number(one.region_id) == block]

    def free_count(self, world: World, region: Region) -> int:
        """Returns how many addresses of the region's block are free at least: one that is held outside of the block is
        counted as if it were in it."""
        size = block_bounds(self.cidr_block, region.region_id)[1]
        for table in self._allocated_in_block(world, region):
            size -= table.size
        return size

    def next_free(self, world: World, region: Region, count: int) -> tuple[str, ...]:
        """Returns the next free addresses; fewer than ``count`` if there are not as many."""
        first, size = block_bounds(self.cidr_block, region.region_id)
        allocated = self._allocated_in_block(world, region)
        found: list[str] = []
        start = self._gone_through(world, region, first, size)
        for place in range(start, start + size):
            if len(found) == count:
                break
            ip = int_to_ipv4(first + place % size)
            for table in allocated:
                if not table.lacks(ip):
                    break
            else:
                found.append(ip)
        return tuple(found)


PUBLIC: Final = RegionalPool("public", "240.0.0.0/4", "public_ips")
"""Public addresses, four million a region, from the range that RFC 1112 reserves. No host on the Internet has one of
them, so that nothing that acts on what this library answers reaches a stranger."""
CLASSIC: Final = RegionalPool("classic", "10.0.0.0/8", "classic_ips")
"""The private addresses of the classic network."""


def shared_address_drawn(stream: SharedStream, event: SharedAddressDrawn, record: RecordedEvent) -> None:
    """Applies the event of an allocation to the stream of a block that regions share."""
    stream.drawn = event.ip_address
