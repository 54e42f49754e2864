"""What a guest has to know of the network around it, and how it calls what it has."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Network
from typing import Any, Final

from ecsnet.guest import checks
from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image
from ecsnet.resources import NetworkInterface, VSwitch

BASE_METRIC: Final = 1000
MOST_INTERFACES: Final = 0xFFFF
"""Far more than any instance type takes."""
_LINUX_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,14}")  # IFNAMSIZ; and nothing that a shell would read
_WINDOWS_PUNCTUATION: Final = frozenset(" .,()[]{}#+=@~*'_-")
"""What means nothing between double quotes, to cmd, to PowerShell and to netsh."""


def metric_of(position: int) -> int:
    """The metric, and the number of the route table, of an instance's ENI at a position: 1001 for the first secondary
    one. The primary ENI, at 0, has a number too, but no routes of its own."""
    return BASE_METRIC + _position(position)


def name_of(position: int, image: Image) -> str:
    """The name that the operating system gives to an instance's ENI at a position: ``eth0`` is the primary one."""
    number = _position(position)
    if image.family is Family.WINDOWS:
        return "Ethernet" if number == 0 else f"Ethernet {number + 1}"
    return f"eth{number}"


def _position(position: Any) -> int:
    return checks.number("position", position, 0, MOST_INTERFACES)


def checked_name(name: Any, image: Image) -> str:
    """The name, if it can be one; otherwise `GuestError`."""
    checked = checks.text("name", name)
    if not (_is_windows_name(checked) if image.family is Family.WINDOWS else _LINUX_NAME.fullmatch(checked)):
        raise GuestError(f"{checked!r} is not the name of a network interface on {image}")
    return checked


def _is_windows_name(name: str) -> bool:
    # Letters of any script, and no sign but those listed: a console takes several signs of Unicode for quotation marks.
    return 0 < len(name) <= 256 and all(
        one in _WINDOWS_PUNCTUATION or unicodedata.category(one)[0] in "LMN" for one in name
    )


def checked_metric(metric: Any) -> int:
    """The metric, if it can be one, and the number of a route table; otherwise `GuestError`."""
    return checks.number("metric", metric, 0, 0xFFFF_FFFF)


def gateway(vswitch: VSwitch) -> str:
    """The gateway of a VSwitch: the last address of its block but two, ``.253`` in a /24. Raises `GuestError` for a
    block that has none."""
    block = _block(vswitch)
    if block.prefixlen > 30:
        raise GuestError(f"{block} is too small for a VSwitch: it has no gateway")
    return str(block.broadcast_address - 2)


def prefix_length(vswitch: VSwitch) -> int:
    """The number of bits of the subnet mask. Raises `GuestError` for what is no block."""
    return _block(vswitch).prefixlen


def netmask(vswitch: VSwitch) -> str:
    """The subnet mask, dotted. Raises `GuestError` for what is no block."""
    return str(_block(vswitch).netmask)


def _block(vswitch: VSwitch) -> IPv4Network:
    return checks.block("cidr_block", vswitch.cidr_block)


def primary_address(interface: NetworkInterface) -> str:
    """The primary address of an ENI. Raises `GuestError` for what is no address."""
    return checks.address("primary_private_ip", interface.primary_private_ip)


def private_addresses(interface: NetworkInterface) -> tuple[str, ...]:
    """The addresses of an ENI, the primary one first. Raises `GuestError` for what are no addresses."""
    if not isinstance(interface.private_ips, tuple | list):
        raise GuestError(f"private_ips must be a tuple of addresses, not {type(interface.private_ips).__name__}")
    return tuple(checks.address("private_ips", one) for one in interface.private_ips)


def check_vswitch(interface: NetworkInterface, vswitch: VSwitch) -> None:
    """Raises `GuestError` unless the VSwitch is the interface's."""
    if interface.vswitch_id != vswitch.id:
        raise GuestError(f"{interface.id} is in {interface.vswitch_id}, not in {vswitch.id}")
