"""Deterministic ids and MAC addresses of new resources, in the vendor's format.

The n-th resource of a kind in a region always has the same id.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Final, Literal

Kind = Literal["vpc", "vswitch", "security_group", "instance", "network_interface", "eip"]

_SHAPES: Final[dict[Kind, tuple[str, int]]] = {
    "vpc": ("vpc-", 21),
    "vswitch": ("vsw-", 21),
    "security_group": ("sg-", 20),
    "instance": ("i-", 20),
    "network_interface": ("eni-", 20),
    "eip": ("eip-", 21),
}
# From the vendor's examples; the three letters of other regions are derived from the region's id.
_REGION_CODES: Final = {
    "cn-hangzhou": "bp1",
    "cn-beijing": "2ze",
    "cn-shanghai": "uf6",
    "cn-shenzhen": "wz9",
    "ap-southeast-1": "t4n",
    "eu-central-1": "gw8",
}

_ALPHANUMERIC: Final = bytes(b"0123456789abcdefghijklmnopqrstuvwxyz"[byte % 36] for byte in range(256))


def _letters(seed: str, length: int) -> str:
    return blake2b(seed.encode(), digest_size=length).digest().translate(_ALPHANUMERIC).decode()


def resource_id(region_id: str, kind: Kind, number: int) -> str:
    """Returns the id of the ``number``-th resource of its kind in a region, counted from 1."""
    beginning, seed = _beginning(region_id, kind)
    seed = seed.copy()
    seed.update(b"%d" % number)
    return beginning + seed.digest().translate(_ALPHANUMERIC).decode()


@cache
def _beginning(region_id: str, kind: Kind) -> tuple[str, blake2b]:
    """Returns what the ids of a kind in a region begin with, and the hash of what their other letters are of, without
    the number."""
    prefix, length = _SHAPES[kind]
    code = _REGION_CODES.get(region_id) or _letters(region_id, 3)
    return prefix + code, blake2b(f"{region_id}/{kind}/".encode(), digest_size=length - 3)


@cache
def _first_mac(region_id: str) -> int:
    return int.from_bytes(blake2b(region_id.encode(), digest_size=3).digest(), "big")


def mac_address(region_id: str, number: int) -> str:
    """Returns the MAC of the ``number``-th ENI of a region; the first 2**24 of a region are unique in it."""
    scattered = (_first_mac(region_id) + number * 0x9E3779) & 0xFFFFFF  # an odd factor maps no two numbers to one
    return "00:16:3e:" + scattered.to_bytes(3, "big").hex(":")
