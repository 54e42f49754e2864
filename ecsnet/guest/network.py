"""The gateway, netmask, metrics and interface names that a guest uses."""

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
_LINUX_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,14}")  # IFNAMSIZ, without characters special to a shell
_WINDOWS_PUNCTUATION: Final = frozenset(" .,()[]{}#+=@~*'_-")
"""The punctuation that has no special meaning between double quotes for cmd, PowerShell and netsh."""


def metric_of(position: int) -> int:
    """Returns the metric, and the number of the route table, of an instance's ENI at a position: 1001 for the first
    secondary one. The primary ENI, at position 0, has a number too, but no routes of its own."""
    return BASE_METRIC + _position(position)


def name_of(position: int, image: Image) -> str:
    """Returns the operating system's name of an instance's ENI at a position: ``eth0`` is the primary one."""
    number = _position(position)
    if image.family is Family.WINDOWS:
        return "Ethernet" if number == 0 else f"Ethernet {number + 1}"
    return f"eth{number}"


def _position(position: Any) -> int:
    return checks.number("position", position, 0, MOST_INTERFACES)


def checked_name(name: Any, image: Image) -> str:
    """Returns the name. Raises `GuestError` if it cannot be the name of an interface on the image."""
    checked = checks.text("name", name)
    if not (_is_windows_name(checked) if image.family is Family.WINDOWS else _LINUX_NAME.fullmatch(checked)):
        raise GuestError(f"{checked!r} is not the name of a network interface on {image}")
    return checked


def _is_windows_name(name: str) -> bool:
    # Letters of any script, but only listed punctuation: a console treats several Unicode signs as quotation marks.
    return 0 < len(name) <= 256 and all(
        one in _WINDOWS_PUNCTUATION or unicodedata.category(one)[0] in "LMN" for one in name
    )


def checked_metric(metric: Any) -> int:
    """Returns the metric. Raises `GuestError` if it cannot be a metric and the number of a route table."""
    return checks.number("metric", metric, 0, 0xFFFF_FFFF)


def gateway(vswitch: VSwitch) -> str:
    """Returns the gateway of a VSwitch, the third last address of its block: ``.253`` in a /24. Raises `GuestError`
    for a block without one."""
    block = _block(vswitch)
    if block.prefixlen > 30:
        raise GuestError(f"{block} is too small for a VSwitch: it has no gateway")
    return str(block.broadcast_address - 2)


def prefix_length(vswitch: VSwitch) -> int:
    """Returns the number of bits of the subnet mask. Raises `GuestError` for an invalid block."""
    return _block(vswitch).prefixlen


def netmask(vswitch: VSwitch) -> str:
    """Returns the subnet mask, dotted. Raises `GuestError` for an invalid block."""
    return str(_block(vswitch).netmask)


def _block(vswitch: VSwitch) -> IPv4Network:
    return checks.block("cidr_block", vswitch.cidr_block)


def primary_address(interface: NetworkInterface) -> str:
    """Returns the primary address of an ENI. Raises `GuestError` for an invalid address."""
    return checks.address("primary_private_ip", interface.primary_private_ip)


def private_addresses(interface: NetworkInterface) -> tuple[str, ...]:
    """Returns the addresses of an ENI, the primary one first. Raises `GuestError` for an invalid address."""
    if not isinstance(interface.private_ips, tuple | list):
        raise GuestError(f"private_ips must be a tuple of addresses, not {type(interface.private_ips).__name__}")
    return tuple(checks.address("private_ips", one) for one in interface.private_ips)


def check_vswitch(interface: NetworkInterface, vswitch: VSwitch) -> None:
    """Raises `GuestError` unless the VSwitch is the interface's."""
    if interface.vswitch_id != vswitch.id:
        raise GuestError(f"{interface.id} is in {interface.vswitch_id}, not in {vswitch.id}")
