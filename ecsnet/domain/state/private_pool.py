"""Allocates and releases the private addresses of VSwitches.

An address belongs to one ENI and lies in that ENI's VSwitch. VSwitches of a VPC never overlap, so an address that is
free in its VSwitch is free in its VPC.

Addresses are allocated in ascending order, each once. After the end of the block, released addresses are reused, the
last released one first. So an allocation looks at no more addresses than it returns, however full the VSwitch is.
Released addresses are reused last, so that code which keeps using one collides with the new owner only eventually.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState, Released, VSwitchState
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Region
from ecsnet.values import ADDRESSES_OF_PREFIX, int_to_ipv4, ipv4_to_int, must_be_ipv4


def usable(first: int, last: int, address: int) -> bool:
    """Returns whether users may have an address of a VSwitch's block; the system reserves the first and the last
    three."""
    return first < address <= last - 3


def allocate(region: Region, interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> None:
    """Allocates addresses to an ENI.

    Raises KeyError for an address that is allocated already, ValueError for a malformed one.
    """
    vswitch = region.vswitches.mutable(interface.vswitch_id)
    allocated = region.addresses.mutable(vswitch.vpc_id)
    address, next_ip = vswitch.next_address, vswitch.next_ip
    for ip in addresses:
        if ip == next_ip:  # the common case, which needs no check
            address += 1
            next_ip = int_to_ipv4(address)
        else:
            must_be_ipv4(ip)
    allocated.add_all(addresses, interface.id)
    if next_ip is not None and address != vswitch.next_address:
        _advance(vswitch, allocated, address, next_ip)
    if vswitch.next_ip is None:
        while vswitch.released is not None:
            ip, rest = _last_released(vswitch.released)
            if allocated[ip] is None:
                break
            vswitch.released = rest
            vswitch.released_count -= 1
    vswitch.available_ip_address_count -= len(addresses)


def _advance(vswitch: VSwitchState, allocated: Table[str, str], address: int, ip: str) -> None:
    """Finds the next address that was never allocated, from one on that is given as a number and as text."""
    end = vswitch.last - 2
    while address < end:
        if allocated.lacks(ip):
            vswitch.next_address, vswitch.next_ip = address, ip
            return
        address += 1
        ip = int_to_ipv4(address)
    vswitch.next_ip = None


def release(region: Region, interface: NetworkInterfaceState | StandIn, addresses: tuple[str, ...]) -> None:
    """Releases addresses of an ENI."""
    if region.imported:
        _release_adopted(region, interface, addresses)
        return
    vswitch = region.vswitches.mutable(interface.vswitch_id)
    allocated = region.addresses.mutable(vswitch.vpc_id)
    allocated.delete_all(addresses)
    _make_available(vswitch, allocated, addresses)


def _make_available(vswitch: VSwitchState, allocated: Table[str, str], addresses: Collection[str]) -> None:
    released = vswitch.released
    for ip in addresses:
        released = (ip, released)
    vswitch.released = released
    vswitch.released_count += len(addresses)
    vswitch.available_ip_address_count += len(addresses)
    if vswitch.released_count > 2 * (vswitch.last - vswitch.first):  # the same addresses were released repeatedly
        _compact(vswitch, allocated)


# An imported address may lie outside its ENI's VSwitch, in the block of another VSwitch of the VPC or in none. Several
# imported ENIs may have the same address: it is allocated to the first that was created, and to the next when the first
# releases it.


class StandIn(NamedTuple):
    """An instance in the place of its primary ENI, which no response describes. ``vswitch_id`` is empty where it is not
    known."""

    id: str
    position: int
    vpc_id: str
    vswitch_id: str
    held_addresses: tuple[str, ...]
    address_count: int = 1


def stand_in(region: Region, instance: InstanceState) -> StandIn | None:
    """Returns an instance in the place of its primary ENI, None if that is described. Its VSwitch may be of another VPC
    than it is described in itself."""
    unseen = instance.unseen_primary
    if unseen is None:
        return None
    vpc_id = region.vswitches.get_existing(unseen.vswitch_id).vpc_id if unseen.vswitch_id else instance.vpc_id
    addresses = (unseen.private_ip,) if unseen.private_ip else ()
    return StandIn(instance.id, instance.position, vpc_id or "", unseen.vswitch_id, addresses)


def _position_of(region: Region, holder_id: str) -> int:
    holder = region.network_interfaces[holder_id] or region.instances.get_existing(holder_id)
    return holder.position


def adopt(region: Region, interface: NetworkInterfaceState | StandIn) -> None:
    """Allocates the addresses of an imported ENI, whether or not they are free and in its VSwitch."""
    allocated, held = region.addresses.mutable(interface.vpc_id), interface.held_addresses
    own = region.vswitches.mutable(interface.vswitch_id) if interface.vswitch_id else None
    if own is not None and len(held) == 1 and own.next_ip == held[0] and allocated[held[0]] is None:  # mostly
        allocated.add(held[0], interface.id)
        own.available_ip_address_count -= 1
        _advance(own, allocated, own.next_address, held[0])
        return
    free = []
    for ip in held:
        holder_id = allocated[ip]
        if holder_id is None:
            free.append(ip)
            continue
        if region.other_holders[interface.vpc_id, ip] is None:
            region.other_holders.set((interface.vpc_id, ip), Table())
        other_id = interface.id
        if _position_of(region, holder_id) > interface.position:
            allocated.set(ip, interface.id)
            other_id = holder_id
        region.other_holders.mutable((interface.vpc_id, ip)).set(other_id, True)
    allocated.add_all(free, interface.id)
    if own is not None and len(free) == 1 and own.next_ip != free[0] and _is_usable(own, free[0]):
        own.available_ip_address_count -= 1
        return
    for vswitch, addresses in _by_block(region, interface, free):
        vswitch.available_ip_address_count -= len(addresses)
        if vswitch.next_ip is not None and vswitch.next_ip in addresses:
            _advance(vswitch, allocated, vswitch.next_address, vswitch.next_ip)


def _is_usable(vswitch: VSwitchState, ip: str) -> bool:
    return usable(vswitch.first, vswitch.last, ipv4_to_int(ip))


def exclude_allocated(region: Region, vswitch: VSwitchState) -> None:
    """Excludes from a new VSwitch the addresses of its block that imported ENIs of other VSwitches have."""
    allocated = region.addresses.get_existing(vswitch.vpc_id)
    count = sum(_is_usable(vswitch, ip) for ip in allocated.live_keys())
    if count:
        vswitch.available_ip_address_count -= count
        if vswitch.next_ip is not None and allocated[vswitch.next_ip] is not None:
            _advance(vswitch, allocated, vswitch.next_address, vswitch.next_ip)


def _release_adopted(region: Region, interface: NetworkInterfaceState | StandIn, addresses: tuple[str, ...]) -> None:
    vpc_id = interface.vpc_id
    allocated = region.addresses.mutable(vpc_id)
    free = [ip for ip in addresses if region.other_holders[vpc_id, ip] is None]
    if len(free) < len(addresses):
        for ip in addresses:
            if region.other_holders[vpc_id, ip] is not None:
                _remove_holder(region, vpc_id, ip, interface.id)
    allocated.delete_all(free)
    for vswitch, ips in _by_block(region, interface, free):
        _make_available(vswitch, allocated, ips)


def _remove_holder(region: Region, vpc_id: str, ip: str, holder_id: str) -> None:
    """Removes one of several ENIs with the same address; if it had the allocation, the next ENI gets it."""
    allocated, others = region.addresses.mutable(vpc_id), region.other_holders.mutable((vpc_id, ip))
    no_longer_other = holder_id
    if allocated[ip] == holder_id:
        no_longer_other = min(others.live_keys(), key=lambda one: _position_of(region, one))
        allocated.set(ip, no_longer_other)
    others.delete(no_longer_other)
    if not others.size:
        region.other_holders.delete((vpc_id, ip))


def _by_block(
    region: Region, interface: NetworkInterfaceState | StandIn, addresses: Iterable[str]
) -> Iterator[tuple[VSwitchState, Collection[str]]]:
    """Yields the VSwitches whose blocks contain the addresses, each with the usable ones among them."""
    own = region.vswitches.get_existing(interface.vswitch_id) if interface.vswitch_id else None
    inside: dict[str, dict[str, None]] = {}
    for ip in addresses:
        number = ipv4_to_int(ip)
        in_own = own is not None and own.first <= number <= own.last
        vswitch = own if in_own else _block_of(region, interface.vpc_id, number)
        if vswitch is not None and usable(vswitch.first, vswitch.last, number):
            inside.setdefault(vswitch.id, {})[ip] = None
    for vswitch_id, ips in inside.items():
        yield region.vswitches.mutable(vswitch_id), ips


def _block_of(region: Region, vpc_id: str, address: int) -> VSwitchState | None:
    for vswitch_id in region.vswitches_of_vpc.get_existing(vpc_id).live_keys():
        vswitch = region.vswitches.get_existing(vswitch_id)
        if vswitch.first <= address <= vswitch.last:
            return vswitch
    return None


def _compact(vswitch: VSwitchState, allocated: Table[str, str]) -> None:
    ips = [ip for ip in dict.fromkeys(released(vswitch)) if allocated[ip] is None]
    vswitch.released, vswitch.released_count = None, len(ips)
    for ip in reversed(ips):
        vswitch.released = (ip, vswitch.released)


def released(vswitch: VSwitchState) -> Iterator[str]:
    """Yields the released addresses, the last released one first. Some may be allocated again, some occur twice."""
    released = vswitch.released
    while released is not None:
        one, released = released
        if isinstance(one, str):
            yield one
        else:
            yield from map(int_to_ipv4, one)


def _last_released(released: tuple[str | range, Any]) -> tuple[str, Released]:
    """Returns the first address of a list, and the list without it."""
    first, rest = released
    if isinstance(first, str):
        return first, rest
    return int_to_ipv4(first[0]), (first[1:], rest) if len(first) > 1 else rest


def pack(vswitch: VSwitchState) -> list[range]:
    """Returns the released addresses as runs of addresses in a row, and keeps them in this form, which says the same.

    Addresses that were allocated together and released together are such a run.
    """
    runs = list[range]()
    node = vswitch.released
    while node is not None:
        one, node = node
        run = one if isinstance(one, range) else _single(ipv4_to_int(one))
        if runs:
            last = runs[-1]
            step = run[0] - last[-1]
            if step in (1, -1) and all(len(part) == 1 or part.step == step for part in (last, run)):
                runs[-1] = range(last[0], run[-1] + step, step)
                continue
        runs.append(run)
    vswitch.released = chained(runs)
    return runs


def _single(address: int) -> range:
    return range(address, address + 1)


def chained(runs: Sequence[range]) -> Released:
    """Returns runs of addresses as a list of released ones, the last released run first."""
    chain: Released = None
    for run in reversed(runs):
        chain = (run, chain)
    return chain


def next_free(region: Region, vswitch: VSwitchState, count: int, excluding: Collection[str] = ()) -> tuple[str, ...]:
    """Returns the next free addresses of a VSwitch; fewer than ``count`` if there are not as many."""
    if count == 1 and vswitch.next_ip is not None and vswitch.next_ip not in excluding:
        return (vswitch.next_ip,)
    found: dict[str, None] = {}
    if count:
        excluding = frozenset(excluding)  # it may have as many items as the block has addresses
        for ip in candidates(region, vswitch):
            if ip not in excluding:
                found[ip] = None
                if len(found) == count:
                    break
    return tuple(found)


def draw(region: Region, vswitch: VSwitchState, count: int, excluding: Collection[str] = ()) -> tuple[str, ...]:
    """Returns the next free addresses of a VSwitch. Raises ValueError if there are fewer than ``count``, as only a
    registry without the rule about that allows."""
    found = next_free(region, vswitch, count, excluding)
    if len(found) < count:
        raise ValueError(f"{vswitch.id} has {len(found)} free addresses, not {count}")
    return found


def candidates(region: Region, vswitch: VSwitchState) -> Iterator[str]:
    """Yields the free addresses of a VSwitch in the order of allocation; a released one may occur twice."""
    allocated = region.addresses.get_existing(vswitch.vpc_id)
    if vswitch.next_ip is not None:
        for address in range(vswitch.next_address, vswitch.last - 2):
            ip = int_to_ipv4(address)
            if allocated.lacks(ip):
                yield ip
    for ip in released(vswitch):
        if allocated.lacks(ip):
            yield ip


# Prefixes of sixteen addresses are allocated from the end of the block downwards, so that they and the single addresses
# meet last. The search goes round, and each allocation says where the next one begins: it passes no block twice in a
# round, and looks at all of them only where few are free.


def _prefix_bounds(vswitch: VSwitchState) -> tuple[int, int]:
    """Returns the first addresses of the lowest and of the highest prefix whose addresses are all usable."""
    size = ADDRESSES_OF_PREFIX
    return (vswitch.first // size + 1) * size, (vswitch.last - 2 - size) // size * size


def _prefixes_in_order(vswitch: VSwitchState) -> Iterator[int]:
    lowest, highest = _prefix_bounds(vswitch)
    begin = highest if vswitch.next_prefix is None else vswitch.next_prefix
    yield from range(begin, lowest - 1, -ADDRESSES_OF_PREFIX)
    yield from range(highest, begin, -ADDRESSES_OF_PREFIX)


def next_free_prefixes(
    region: Region, vswitch: VSwitchState, count: int, excluding: Collection[str] = ()
) -> tuple[str, ...]:
    """Returns the next free prefixes of a VSwitch, without those that have one of the addresses in ``excluding``; fewer
    than ``count`` if there are not as many."""
    if vswitch.available_ip_address_count < ADDRESSES_OF_PREFIX:
        return ()
    allocated, excluding, found = region.addresses.get_existing(vswitch.vpc_id), frozenset(excluding), list[str]()
    for first in _prefixes_in_order(vswitch):
        ips = map(int_to_ipv4, range(first, first + ADDRESSES_OF_PREFIX))
        if all(allocated.lacks(ip) and ip not in excluding for ip in ips):
            found.append(f"{int_to_ipv4(first)}/28")
            if len(found) == count:
                break
    return tuple(found)


def pass_prefixes(region: Region, interface: NetworkInterfaceState, prefixes: tuple[str, ...]) -> None:
    """The next search for a free prefix begins behind the last of these."""
    if prefixes:
        vswitch = region.vswitches.mutable(interface.vswitch_id)
        lowest, highest = _prefix_bounds(vswitch)
        following = ipv4_to_int(prefixes[-1].partition("/")[0]) - ADDRESSES_OF_PREFIX
        vswitch.next_prefix = following if lowest <= following <= highest else None
