"""Which private addresses are free, and who holds the others.

An address belongs to one ENI and lies in that ENI's VSwitch. VSwitches of a VPC never overlap, so an address that is
free in its VSwitch is free in its VPC.

Addresses are given out in their order, each once; when the block has been gone through, those that came back are given
again, the last one first. So a draw looks at no more addresses than it takes, however full the VSwitch is, and whoever
still uses an address that he gave back finds out late rather than never.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ecsnet.domain.state.records import NetworkInterfaceState, VSwitchState
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Region
from ecsnet.values import int_to_ipv4, ipv4_to_int, must_be_ipv4


def usable(vswitch: VSwitchState, address: int) -> bool:
    """Whether an address of the block is for users: the first and the last three are the system's."""
    return vswitch.first < address <= vswitch.last - 3


def allocate(region: Region, interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> None:
    """The ENI holds these addresses from now on.

    Raises KeyError for one that is held already, ValueError for what is no address.
    """
    vswitch = region.vswitches.mutable(interface.vswitch_id)
    for ip in addresses:
        if ip != vswitch.next_ip:  # most are, and are known to be addresses without being looked at
            must_be_ipv4(ip)
    allocated = region.addresses.mutable(vswitch.vpc_id)
    allocated.add_all(addresses, interface.id)
    if vswitch.next_ip in addresses:
        _advance(vswitch, allocated)
    if vswitch.next_ip is None:
        while vswitch.released is not None and allocated[vswitch.released[0]] is not None:
            vswitch.released = vswitch.released[1]
            vswitch.released_count -= 1
    vswitch.available_ip_address_count -= len(addresses)


def _advance(vswitch: VSwitchState, allocated: Table[str, str]) -> None:
    for address in range(vswitch.next_address + 1, vswitch.last - 2):
        ip = int_to_ipv4(address)
        if allocated[ip] is None:
            vswitch.next_address, vswitch.next_ip = address, ip
            return
    vswitch.next_ip = None


def release(region: Region, interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> None:
    """The addresses are free again."""
    if region.imported:
        _release_adopted(region, interface, addresses)
        return
    vswitch = region.vswitches.mutable(interface.vswitch_id)
    allocated = region.addresses.mutable(vswitch.vpc_id)
    allocated.delete_all(addresses)
    _released(vswitch, allocated, addresses)


def _released(vswitch: VSwitchState, allocated: Table[str, str], addresses: Collection[str]) -> None:
    for ip in addresses:
        vswitch.released = (ip, vswitch.released)
    vswitch.released_count += len(addresses)
    vswitch.available_ip_address_count += len(addresses)
    if vswitch.released_count > 2 * (vswitch.last - vswitch.first):  # the same addresses came back over and over
        _compact(vswitch, allocated)


# What was described may be outside its VSwitch, in the block of another one of the VPC or in nobody's; and several ENIs
# may have been described with one address: the first holds it, and when it lets go the next one does.


def adopt(region: Region, interface: NetworkInterfaceState) -> None:
    """The ENI was described to hold its addresses, whether they are free and in its VSwitch or not."""
    allocated = region.addresses.mutable(interface.vpc_id)
    given = []
    for ip in interface.private_ips:
        if allocated[ip] is None:
            given.append(ip)
        else:
            if region.other_holders[interface.vpc_id, ip] is None:
                region.other_holders.set((interface.vpc_id, ip), Table())
            region.other_holders.mutable((interface.vpc_id, ip)).set(interface.id, True)
    allocated.add_all(given, interface.id)
    for vswitch, addresses in _by_block(region, interface, given):
        vswitch.available_ip_address_count -= len(addresses)
        if vswitch.next_ip in addresses:
            _advance(vswitch, allocated)


def open_among_described(region: Region, vswitch: VSwitchState) -> None:
    """The VSwitch is new, and addresses of its block may have been described as held by ENIs of others."""
    allocated = region.addresses.get_existing(vswitch.vpc_id)
    count = sum(usable(vswitch, ipv4_to_int(ip)) for ip in allocated.live_keys())
    if count:
        vswitch.available_ip_address_count -= count
        if allocated[vswitch.next_ip or ""] is not None:
            _advance(vswitch, allocated)


def _release_adopted(region: Region, interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> None:
    vpc_id = region.vswitches.get_existing(interface.vswitch_id).vpc_id
    allocated = region.addresses.mutable(vpc_id)
    free = [ip for ip in addresses if region.other_holders[vpc_id, ip] is None]
    if len(free) < len(addresses):
        for ip in addresses:
            if region.other_holders[vpc_id, ip] is not None:
                _pass_on(region, vpc_id, ip, interface.id)
    allocated.delete_all(free)
    for vswitch, ips in _by_block(region, interface, free):
        _released(vswitch, allocated, ips)


def _pass_on(region: Region, vpc_id: str, ip: str, holder_id: str) -> None:
    allocated, others = region.addresses.mutable(vpc_id), region.other_holders.mutable((vpc_id, ip))
    gone = holder_id
    if allocated[ip] == holder_id:
        gone = next(others.live_keys())
        allocated.set(ip, gone)
    others.delete(gone)
    if not others.size:
        region.other_holders.delete((vpc_id, ip))


def _by_block(
    region: Region, interface: NetworkInterfaceState, addresses: Iterable[str]
) -> Iterator[tuple[VSwitchState, Collection[str]]]:
    """The VSwitches that give addresses, each with those of its block that are for users."""
    own = region.vswitches.get_existing(interface.vswitch_id)
    inside: dict[str, dict[str, None]] = {}
    for ip in addresses:
        number = ipv4_to_int(ip)
        vswitch = own if own.first <= number <= own.last else _block_of(region, own.vpc_id, number)
        if vswitch is not None and usable(vswitch, number):
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
    """The addresses that came back, the last one first; some may be held again, some may come twice."""
    released = vswitch.released
    while released is not None:
        ip, released = released
        yield ip


def next_free(region: Region, vswitch: VSwitchState, count: int, excluding: Collection[str] = ()) -> tuple[str, ...]:
    """The next free addresses of a VSwitch, as many as there are up to ``count``."""
    if count == 1 and vswitch.next_ip is not None and vswitch.next_ip not in excluding:
        return (vswitch.next_ip,)
    drawn: dict[str, None] = {}
    if count:
        excluding = frozenset(excluding)  # as many as there are may stand in the way
        for ip in candidates(region, vswitch):
            if ip not in excluding:
                drawn[ip] = None
                if len(drawn) == count:
                    break
    return tuple(drawn)


def candidates(region: Region, vswitch: VSwitchState) -> Iterator[str]:
    """The free addresses of a VSwitch in the order in which they will be given; one that came back may come twice."""
    allocated = region.addresses.get_existing(vswitch.vpc_id)
    if vswitch.next_ip is not None:
        for address in range(vswitch.next_address, vswitch.last - 2):
            ip = int_to_ipv4(address)
            if allocated[ip] is None:
                yield ip
    for ip in released(vswitch):
        if allocated[ip] is None:
            yield ip
