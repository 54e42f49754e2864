"""What a guest has to know of the network around it, and how it calls what it has."""

from __future__ import annotations

import re
from typing import Final

from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image
from ecsnet.resources import NetworkInterface, VSwitch
from ecsnet.values import cidr_bounds, int_to_ipv4

BASE_METRIC: Final = 1000
_NAMES: Final = {Family.WINDOWS: re.compile(r'[^"&|<>^%\x00-\x1f]+')}
_LINUX_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,14}")  # IFNAMSIZ; and nothing that a shell would read


def metric_of(position: int) -> int:
    """The metric, and the number of the route table, of an instance's ENI at a position: 1001 for the first secondary
    one. The primary ENI, at 0, has a number too, but no routes of its own."""
    return BASE_METRIC + position


def name_of(position: int, image: Image) -> str:
    """The name that the operating system gives to an instance's ENI at a position: ``eth0`` is the primary one."""
    if image.family is Family.WINDOWS:
        return "Ethernet" if position == 0 else f"Ethernet {position + 1}"
    return f"eth{position}"


def checked_name(name: str, image: Image) -> str:
    """The name, if it can be one; otherwise `GuestError`."""
    if _NAMES.get(image.family, _LINUX_NAME).fullmatch(name) is None:
        raise GuestError(f"{name!r} is not the name of a network interface on {image}")
    return name


def gateway(vswitch: VSwitch) -> str:
    """The gateway of a VSwitch: the last address of its block but two, ``.253`` in a /24."""
    return int_to_ipv4(cidr_bounds(vswitch.cidr_block)[1] - 2)


def prefix_length(vswitch: VSwitch) -> int:
    """The number of bits of the subnet mask."""
    return int(vswitch.cidr_block.partition("/")[2])


def netmask(vswitch: VSwitch) -> str:
    """The subnet mask, dotted."""
    return int_to_ipv4((0xFFFFFFFF << 32 - prefix_length(vswitch)) & 0xFFFFFFFF)


def check_vswitch(interface: NetworkInterface, vswitch: VSwitch) -> None:
    """Raises `GuestError` unless the VSwitch is the interface's."""
    if interface.vswitch_id != vswitch.id:
        raise GuestError(f"{interface.id} is in {interface.vswitch_id}, not in {vswitch.id}")
