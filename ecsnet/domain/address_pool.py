"""Which private addresses are free, and who holds the others.

An address belongs to one ENI and lies in that ENI's VSwitch. VSwitches of a VPC never overlap, so an address that is
free in its VSwitch is free in its VPC. The free ones are bits, 256 to a word, with one summary bit a word on the
VSwitch: drawing the lowest free address costs the same in an empty VSwitch and in one of 65,536 addresses with one
left.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from ecsnet.domain.case import Case
from ecsnet.domain.state import NetworkInterfaceState, VSwitchState
from ecsnet.domain.world import Region
from ecsnet.values import int_to_ipv4, ipv4_to_int


def usable(vswitch: VSwitchState, address: int) -> bool:
    """Whether an address of the block is for users: the first and the last three are the system's."""
    return vswitch.first < address <= vswitch.last - 3


def hold(region: Region, interface: NetworkInterfaceState, addresses: Iterable[str]) -> None:
    """The ENI holds these addresses from now on. Raises KeyError for one that is held already."""
    vswitch = region.vswitches.edit(interface.vswitch_id)
    first, vpc_id = vswitch.first, vswitch.vpc_id
    for text in addresses:
        address = ipv4_to_int(text)
        if not first <= address <= vswitch.last or region.addresses[vpc_id, address] is not None:
            raise KeyError(text)
        region.addresses.put((vpc_id, address), interface.id)
        word, bit = divmod(address - first, 256)
        free = free_bits(region, vswitch, word) & ~(1 << bit)
        region.free_words[vswitch.id, word] = free
        if not free:
            vswitch.open_words &= ~(1 << word)
        vswitch.available_ip_address_count -= 1


def let_go(region: Region, interface: NetworkInterfaceState, addresses: Iterable[str]) -> None:
    """The addresses are free again."""
    vswitch = region.vswitches.edit(interface.vswitch_id)
    for text in addresses:
        address = ipv4_to_int(text)
        region.addresses.drop((vswitch.vpc_id, address))
        word, bit = divmod(address - vswitch.first, 256)
        region.free_words[vswitch.id, word] = free_bits(region, vswitch, word) | 1 << bit
        vswitch.open_words |= 1 << word
        vswitch.available_ip_address_count += 1


def resolve_named(case: Case, addresses: Iterable[str]) -> None:
    """Note the addresses that a command asks for by name, and how many of them it could have."""
    case.addresses = tuple([ipv4_to_int(address) for address in addresses])
    vswitch, region = case.vswitch, case.region
    if vswitch is not None:
        free = {a for a in case.addresses if usable(vswitch, a) and region.addresses[vswitch.vpc_id, a] is None}
        case.had_by_name = len(free)


def free_bits(region: Region, vswitch: VSwitchState, word: int) -> int:
    """The free ones among the n-th 256 addresses of a VSwitch."""
    bits = region.free_words[vswitch.id, word]
    return _usable_bits(vswitch, word) if bits is None else bits


def _usable_bits(vswitch: VSwitchState, word: int) -> int:
    size = vswitch.last - vswitch.first + 1
    bits = (1 << min(256, size)) - 1
    if word == 0:
        bits &= ~1
    if word == (size - 1) // 256:
        bits &= ~(0b111 << ((size - 3) % 256))
    return bits


def draw(region: Region, vswitch: VSwitchState, count: int, avoiding: Container[int] = ()) -> tuple[str, ...]:
    """The lowest free addresses of a VSwitch. The caller has made sure that there are so many."""
    drawn: list[str] = []
    words = vswitch.open_words
    while len(drawn) < count:
        word = (words & -words).bit_length() - 1
        words &= words - 1
        bits = free_bits(region, vswitch, word)
        while bits and len(drawn) < count:
            address = vswitch.first + word * 256 + (bits & -bits).bit_length() - 1
            bits &= bits - 1
            if address not in avoiding:
                drawn.append(int_to_ipv4(address))
    return tuple(drawn)
