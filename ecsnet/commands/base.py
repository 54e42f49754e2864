"""The base of every command, and the checks of values that can never be right.

A parameter has one meaning wherever it appears, so its check is found by its name: `vswitch_id` is an id in every
command that has one. What only a look at the network can tell is a rule, not a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from ecsnet.errors import InvalidCommand
from ecsnet.values import QUOTAS, ChargeType, NetworkType

R_co = TypeVar("R_co", covariant=True)
Check = Callable[[str, Any], object]


class Command(msgspec.Struct, Generic[R_co], frozen=True, kw_only=True, repr_omit_defaults=True):
    """Something a user asks for, named and parameterised as the vendor's API action, in snake_case.

    ``Command[Vpc]`` is one whose `Cloud.execute` answers a `Vpc`. Lists may be given as any iterable and are kept as
    tuples. Raises `InvalidCommand` for a value that can never be right.
    """

    def __post_init__(self) -> None:
        for name, check, default in _checks(type(self)):
            given = getattr(self, name)
            if given is default:
                continue
            value = check(name, given)
            if value is not given:
                msgspec.structs.force_setattr(self, name, value)
        self._check_together()

    def _check_together(self) -> None:
        """Refuse parameters that are right alone but never together."""


@cache
def _checks(command: type[Command[Any]]) -> tuple[tuple[str, Check, object], ...]:
    return tuple((field.name, _CHECK_OF[field.name], field.default) for field in msgspec.structs.fields(command))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidCommand(f"{name} must be a non-empty string, not {value!r}")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    texts = tuple([_text(name, item) for item in _items(name, value)])
    if len(texts) > 1 and len(set(texts)) != len(texts):
        raise InvalidCommand(f"{name} names something twice: {', '.join(texts)}")
    return texts


def _items(name: str, value: Any) -> Iterable[Any]:
    if type(value) is not list and (isinstance(value, str) or not isinstance(value, Iterable)):
        raise InvalidCommand(f"{name} must be a list, not {value!r}")
    return value


def _region(name: str, value: Any) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z0-9]+)+", _text(name, value)):
        raise InvalidCommand(f"{name} must look like 'cn-hangzhou', not {value!r}")
    return str(value)


def _ipv4(name: str, value: Any) -> str:
    import ipaddress  # worth milliseconds to those who import ecsnet and give no address

    try:
        return str(ipaddress.IPv4Address(_text(name, value)))
    except ipaddress.AddressValueError as error:
        raise InvalidCommand(f"{name} must be an IPv4 address, not {value!r}: {error}") from None


def _ipv4s(name: str, value: Any) -> tuple[str, ...]:
    # The same address twice is not malformed but denied: the API has a code for it.
    return tuple([_ipv4(name, item) for item in _items(name, value)])


def _cidr(name: str, value: Any) -> str:
    import ipaddress

    try:
        if "/" not in _text(name, value):
            raise ValueError("the mask is missing")
        return str(ipaddress.IPv4Network(value))
    except ValueError as error:
        raise InvalidCommand(f"{name} must be an IPv4 CIDR block, not {value!r}: {error}") from None


def _positive(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidCommand(f"{name} must be a whole number of at least 1, not {value!r}")
    return value


def _bandwidth(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 200:
        raise InvalidCommand(f"{name} must be a whole number of Mbit/s from 0 to 200, not {value!r}")
    return value


def _amount(name: str, value: Any) -> int:
    if _positive(name, value) > 100:
        raise InvalidCommand(f"{name} must be at most 100, not {value!r}")
    return int(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidCommand(f"{name} must be True or False, not {value!r}")
    return value


def _charge_type(name: str, value: Any) -> ChargeType:
    try:
        return ChargeType(value)
    except ValueError:
        raise InvalidCommand(f"{name} must be 'PostPaid' or 'PrePaid', not {value!r}") from None


def _network_type(name: str, value: Any) -> NetworkType:
    try:
        return NetworkType(value)
    except ValueError:
        raise InvalidCommand(f"{name} must be 'vpc' or 'classic', not {value!r}") from None


def _interface_name(name: str, value: Any) -> str:
    text = _text(name, value)
    if not re.fullmatch(r"[^\W\d_][\w:.-]{1,127}", text) or text.startswith(("http://", "https://")):
        raise InvalidCommand(
            f"{name} must have 2 to 128 characters, begin with a letter and hold only letters, digits "
            f"and : . _ - (and not begin with http:// or https://), not {value!r}"
        )
    return text


def _description(name: str, value: Any) -> str:
    text = _text(name, value)
    if not 2 <= len(text) <= 256 or text.startswith(("http://", "https://")):
        raise InvalidCommand(
            f"{name} must have 2 to 256 characters and not begin with http:// or https://, not {value!r}"
        )
    return text


def _quota_name(name: str, value: Any) -> str:
    if value not in QUOTAS:
        raise InvalidCommand(f"{name} must be one of {', '.join(QUOTAS)}, not {value!r}")
    return str(value)


_CHECK_OF: dict[str, Check] = {
    "allocation_id": _text,
    "amount": _amount,
    "cidr_block": _cidr,
    "description": _description,
    "force": _flag,
    "image_id": _text,
    "instance_charge_type": _charge_type,
    "instance_id": _text,
    "instance_type": _text,
    "internet_max_bandwidth_out": _bandwidth,
    "name": _quota_name,
    "network_interface_id": _text,
    "network_interface_ids": _texts,
    "network_interface_name": _interface_name,
    "network_type": _network_type,
    "period": _positive,
    "primary_ip_address": _ipv4,
    "private_ip_address": _ipv4,
    "private_ip_addresses": _ipv4s,
    "region_id": _region,
    "secondary_private_ip_address_count": _positive,
    "security_group_id": _text,
    "security_group_ids": _texts,
    "source_account_id": _text,
    "source_group_id": _text,
    "value": _positive,
    "vpc_id": _text,
    "vswitch_id": _text,
    "zone_id": _text,
}
