"""Which private addresses are free, and who holds the others.

An address belongs to one ENI and lies in that ENI's VSwitch. VSwitches of a VPC never overlap, so an address that is
free in its VSwitch is free in its VPC.

Addresses are given out in their order, each once; when the block has been gone through, those that came back are given
again, the last one first. So a draw looks at no more addresses than it takes, however full the VSwitch is, and whoever
still uses an address that he gave back finds out late rather than never.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from ecsnet.domain.case import Case
from ecsnet.domain.state import NetworkInterfaceState, VSwitchState
from ecsnet.domain.tables import Table
from ecsnet.domain.world import Region
from ecsnet.values import int_to_ipv4, ipv4_to_int, must_be_ipv4


def usable(vswitch: VSwitchState, address: int) -> bool:
    """Whether an address of the block is for users: the first and the last three are the system's."""
    return vswitch.first < address <= vswitch.last - 3


def hold(region: Region, interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> None:
    """The ENI holds these addresses from now on. Raises KeyError for one that is held already, ValueError for one that
    is none."""
    vswitch = region.vswitches.edit(interface.vswitch_id)
    for ip in addresses:
        if ip != vswitch.next_ip:  # most are, and are known to be addresses without being looked at
            must_be_ipv4(ip)
    held = region.addresses.edit(vswitch.vpc_id)
    held.add_all(addresses, interface.id)
    if vswitch.next_ip in addresses:
        _advance(vswitch, held)
    if vswitch.next_ip is None:
        while vswitch.freed is not None and held[vswitch.freed[0]] is not None:
            vswitch.freed = vswitch.freed[1]
            vswitch.freed_count -= 1
    vswitch.available_ip_address_count -= len(addresses)


def _advance(vswitch: VSwitchState, held: Table[str, str]) -> None:
    for address in range(vswitch.next_address + 1, vswitch.last - 2):
        ip = int_to_ipv4(address)
        if held[ip] is None:
            vswitch.next_address, vswitch.next_ip = address, ip
            return
    vswitch.next_ip = None


def let_go(region: Region, interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> None:
    """The addresses are free again."""
    vswitch = region.vswitches.edit(interface.vswitch_id)
    held = region.addresses.edit(vswitch.vpc_id)
    if region.imported:
        addresses = _let_go_described(vswitch, held, interface, addresses)
    else:
        held.drop_all(addresses)
    for ip in addresses:
        vswitch.freed = (ip, vswitch.freed)
    vswitch.freed_count += len(addresses)
    vswitch.available_ip_address_count += len(addresses)
    if vswitch.freed_count > 2 * (vswitch.last - vswitch.first):  # the same addresses came back over and over
        _compact(vswitch, held)


def hold_described(region: Region, interface: NetworkInterfaceState) -> None:
    """The ENI was described to hold its addresses, whether they are free and in its VSwitch or not."""
    vswitch = region.vswitches.edit(interface.vswitch_id)
    held = region.addresses.edit(vswitch.vpc_id)
    given = [ip for ip in interface.private_ips if held[ip] is None and usable(vswitch, ipv4_to_int(ip))]
    held.add_all([ip for ip in interface.private_ips if held[ip] is None], interface.id)
    if vswitch.next_ip in given:
        _advance(vswitch, held)
    vswitch.available_ip_address_count -= len(given)


def _let_go_described(
    vswitch: VSwitchState, held: Table[str, str], interface: NetworkInterfaceState, addresses: tuple[str, ...]
) -> tuple[str, ...]:
    own = [ip for ip in addresses if held[ip] == interface.id]
    held.drop_all(own)
    return tuple([ip for ip in own if usable(vswitch, ipv4_to_int(ip))])


def _compact(vswitch: VSwitchState, held: Table[str, str]) -> None:
    ips = [ip for ip in dict.fromkeys(freed(vswitch)) if held[ip] is None]
    vswitch.freed, vswitch.freed_count = None, len(ips)
    for ip in reversed(ips):
        vswitch.freed = (ip, vswitch.freed)


def freed(vswitch: VSwitchState) -> Iterator[str]:
    """The addresses that came back, the last one first; some may be held again, some may come twice."""
    freed = vswitch.freed
    while freed is not None:
        ip, freed = freed
        yield ip


def draw(region: Region, vswitch: VSwitchState, count: int, avoiding: Container[str] = ()) -> tuple[str, ...]:
    """The next free addresses of a VSwitch, as many as there are up to ``count``."""
    if count == 1 and vswitch.next_ip is not None and vswitch.next_ip not in avoiding:
        return (vswitch.next_ip,)
    drawn: dict[str, None] = {}
    if count:
        for ip in candidates(region, vswitch):
            if ip not in avoiding:
                drawn[ip] = None
                if len(drawn) == count:
                    break
    return tuple(drawn)


def candidates(region: Region, vswitch: VSwitchState) -> Iterator[str]:
    """The free addresses of a VSwitch in the order in which they will be given; one that came back may come twice."""
    held = region.addresses.peek(vswitch.vpc_id)
    if vswitch.next_ip is not None:
        for address in range(vswitch.next_address, vswitch.last - 2):
            ip = int_to_ipv4(address)
            if held[ip] is None:
                yield ip
    for ip in freed(vswitch):
        if held[ip] is None:
            yield ip


def resolve_named(case: Case, addresses: Iterable[str]) -> None:
    """Note the addresses that a command asks for by name, and how many of them it could have."""
    case.addresses = tuple(addresses)
    vswitch = case.vswitch
    if vswitch is not None:
        held = case.region.addresses.peek(vswitch.vpc_id)
        case.had_by_name = len({ip for ip in case.addresses if usable(vswitch, ipv4_to_int(ip)) and held[ip] is None})
