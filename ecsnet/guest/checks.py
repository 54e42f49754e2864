"""Checks of values that are written into a script, a file or a command.

Anybody can build resources, instance types and images by hand, and imported resources contain text from a file, so none
of their values is trusted. Each check returns the value as a plain str or int, to be used instead of the original, and
raises `GuestError` with the name of the value if it does not have the expected form.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Final

from ecsnet._escaping import escaped
from ecsnet.guest.errors import GuestError

_MAC_ADDRESS: Final = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}")


def text(what: str, value: Any) -> str:
    """Returns a text unchanged, as a plain str."""
    if not isinstance(value, str):
        raise GuestError(f"{what} must be text, not {type(value).__name__}")
    return str.__str__(value)  # a subclass could format itself as another text than the checked one


def line(what: str, value: Any) -> str:
    """Returns a text that is one line of visible characters, not empty."""
    checked = text(what, value)
    if not checked or escaped(checked) != checked:
        raise GuestError(f"{what} must be one line of visible characters, not {checked!r}")
    return checked


def lines(what: str, value: Any) -> str:
    """Returns a text of any number of lines, of visible characters and tabs."""
    checked = text(what, value)
    for one in checked.replace("\t", " ").split("\n"):
        if escaped(one) != one:
            raise GuestError(f"{what} must be lines of visible characters, and has one that is not: {one!r}")
    return checked


def number(what: str, value: Any, lowest: int, highest: int) -> int:
    """Returns a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise GuestError(f"{what} must be a whole number from {lowest} to {highest}")
    return int(value)


def address(what: str, value: Any) -> str:
    """Returns an IPv4 address in normal form."""
    checked = text(what, value)
    try:
        return str(ipaddress.IPv4Address(checked))
    except ValueError:
        raise GuestError(f"{what} must be an IPv4 address, not {checked!r}") from None


def block(what: str, value: Any) -> ipaddress.IPv4Network:
    """Returns an IPv4 CIDR block."""
    checked = text(what, value)
    try:
        if "/" not in checked:
            raise ValueError("the mask is missing")
        return ipaddress.IPv4Network(checked)
    except ValueError:
        raise GuestError(f"{what} must be an IPv4 CIDR block, not {checked!r}") from None


def mac_address(what: str, value: Any) -> str:
    """Returns a MAC address."""
    checked = text(what, value)
    if _MAC_ADDRESS.fullmatch(checked) is None:
        raise GuestError(f"{what} must be a MAC address such as 00:16:3e:00:00:01, not {checked!r}")
    return checked
