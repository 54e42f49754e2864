"""The base of every command, and the checks of values that can never be right.

A parameter has one meaning wherever it appears, so its check is found by its name: `vswitch_id` is an id in every
command that has one. What only a look at the network can tell is a rule, not a check.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from inspect import get_annotations
from itertools import islice
from typing import Any, Final, Generic, TypeVar

import msgspec

from ecsnet._arguments import (
    MOST_CHARACTERS,
    MOST_ITEMS,
    account_problem,
    id_problem,
    member_of,
    region_problem,
    shown,
    text_problem,
    whole_number,
)
from ecsnet.errors import InvalidCommand
from ecsnet.values import QUOTAS, ChargeType, NetworkType

R_co = TypeVar("R_co", covariant=True)
Check = Callable[[str, Any], object]

MOST_MONTHS: Final = 60
"""The longest period that the API sells at once."""
MOST_OF_A_QUOTA: Final = 1_000_000


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
    # What is right is told first: every id of every command comes through here.
    if type(value) is str and value.isprintable() and len(value) <= MOST_CHARACTERS and value and not value.isspace():
        return value
    return _exact(name, value, id_problem(value))


def _free_text(name: str, value: Any) -> str:
    return _exact(name, value, text_problem(value))


def _exact(name: str, value: Any, problem: str | None) -> str:
    """Returns a text that has no problem as a plain str: a subclass of str cannot be stored."""
    if problem is not None:
        raise InvalidCommand(f"{name} {problem}")
    return str.__str__(value)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    texts = tuple([_text(name, item) for item in _items(name, value)])
    if len(texts) > 1 and len(set(texts)) != len(texts):
        named = texts if len(texts) <= 16 else [text for text, times in Counter(texts).items() if times > 1][:16]
        raise InvalidCommand(f"{name} names something twice: {', '.join(named)}")
    return texts


def _items(name: str, value: Any) -> Iterable[Any]:
    if type(value) is list or type(value) is tuple:
        items = value
    elif isinstance(value, str | bytes | bytearray | memoryview) or not isinstance(value, Iterable):
        raise InvalidCommand(f"{name} must be a list, not {shown(value)}")
    else:
        items = tuple(islice(value, MOST_ITEMS + 1))  # it may have no end
    if len(items) > MOST_ITEMS:
        raise InvalidCommand(f"{name} must have at most {MOST_ITEMS:,} items")
    return items


def _account(name: str, value: Any) -> str:
    return _exact(name, value, account_problem(value))


def _region(name: str, value: Any) -> str:
    return _exact(name, value, region_problem(value))


def _ipv4(name: str, value: Any) -> str:
    import ipaddress  # worth milliseconds to those who import ecsnet and give no address

    try:
        return str(ipaddress.IPv4Address(_text(name, value)))
    except ipaddress.AddressValueError as error:
        raise InvalidCommand(f"{name} must be an IPv4 address, not {shown(value)}: {error}") from None


def _ipv4s(name: str, value: Any) -> tuple[str, ...]:
    # The same address twice is not malformed but denied: the API has a code for it.
    return tuple([_ipv4(name, item) for item in _items(name, value)])


def _cidr(name: str, value: Any) -> str:
    import ipaddress

    text = _text(name, value)
    try:
        if "/" not in text:
            raise ValueError("the mask is missing")
        return str(ipaddress.IPv4Network(text))
    except ValueError as error:
        raise InvalidCommand(f"{name} must be an IPv4 CIDR block, not {shown(value)}: {error}") from None


def _whole(name: str, value: Any, least: int, most: int, what: str) -> int:
    if not whole_number(value) or value < least:
        raise InvalidCommand(f"{name} must be a whole number of at least {least}, not {shown(value)}")
    if value > most:
        raise InvalidCommand(f"{name} must be at most {most:,}{what}, not {shown(value)}")
    return int.__int__(value)


def _address_count(name: str, value: Any) -> int:
    return _whole(name, value, 1, MOST_ITEMS, "")


def _months(name: str, value: Any) -> int:
    return _whole(name, value, 1, MOST_MONTHS, " months")


def _quota(name: str, value: Any) -> int:
    return _whole(name, value, 1, MOST_OF_A_QUOTA, "")


def _amount(name: str, value: Any) -> int:
    return _whole(name, value, 1, 100, "")


def _bandwidth(name: str, value: Any) -> int:
    if not whole_number(value) or not 0 <= value <= 200:
        raise InvalidCommand(f"{name} must be a whole number of Mbit/s from 0 to 200, not {shown(value)}")
    return int.__int__(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidCommand(f"{name} must be True or False, not {shown(value)}")
    return value


def _charge_type(name: str, value: Any) -> ChargeType:
    if (charge_type := member_of(ChargeType, value)) is None:
        raise InvalidCommand(f"{name} must be 'PostPaid' or 'PrePaid', not {shown(value)}")
    return charge_type


def _network_type(name: str, value: Any) -> NetworkType:
    if (network_type := member_of(NetworkType, value)) is None:
        raise InvalidCommand(f"{name} must be 'vpc' or 'classic', not {shown(value)}")
    return network_type


def _interface_name(name: str, value: Any) -> str:
    text = _free_text(name, value)
    if not re.fullmatch(r"[^\W\d_][\w:.-]{1,127}", text) or text.startswith(("http://", "https://")):
        raise InvalidCommand(
            f"{name} must have 2 to 128 characters, begin with a letter and hold only letters, digits "
            f"and : . _ - (and not begin with http:// or https://), not {shown(value)}"
        )
    return text


def _description(name: str, value: Any) -> str:
    text = _free_text(name, value)
    if not 2 <= len(text) <= 256 or text.startswith(("http://", "https://")):
        raise InvalidCommand(
            f"{name} must have 2 to 256 characters and not begin with http:// or https://, not {shown(value)}"
        )
    return text


def _quota_name(name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in QUOTAS:
        raise InvalidCommand(f"{name} must be one of {', '.join(QUOTAS)}, not {shown(value)}")
    return str.__str__(value)


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
    "period": _months,
    "primary_ip_address": _ipv4,
    "private_ip_address": _ipv4,
    "private_ip_addresses": _ipv4s,
    "region_id": _region,
    "secondary_private_ip_address_count": _address_count,
    "security_group_id": _text,
    "security_group_ids": _texts,
    "source_account_id": _account,
    "source_group_id": _text,
    "value": _quota,
    "vpc_id": _text,
    "vswitch_id": _text,
    "zone_id": _text,
}


@cache
def parameters_of(command: type[Command[Any]]) -> tuple[str, ...]:
    """Returns the names of a command's parameters."""
    annotated = [get_annotations(one) for one in reversed(command.__mro__)]
    return tuple(dict.fromkeys(name for names in annotated for name in names))
