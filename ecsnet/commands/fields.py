"""The fields of commands: a converter each, which checks a value and returns it in its one form.

A field names its converter: ``vpc_id: str = attrs.field(converter=fields.identifier)``. The first parameter's type is
what users may give, the returned type is what the command then has. The default of ``name`` becomes the name of the
field (`ecsnet._attrs.named_converters`). What only a look at the network can tell is a rule, and no converter's
matter.

A converter that begins with ``optional_`` leaves None as it is. All raise `InvalidCommand`, with the field as its
``parameter``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

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
from ecsnet.values import (
    QUOTAS,
    BatchOptimization,
    ChargeType,
    EipInstanceType,
    NetworkType,
    SecurityGroupType,
    TaggedType,
    Tags,
)

MONTHS: Final = (*range(1, 10), 12, 24, 36, 48, 60)
"""The periods that the API sells."""
MOST_OF_A_QUOTA: Final = 1_000_000
MOST_INSTANCES: Final = 100
"""The most instances that one RunInstances creates, and that a command on several instances names."""
MOST_PREFIXES: Final = 10
"""The most IPv4 prefixes that a request has."""
NOT_MODELLED_USERS: Final = ("Nat", "SlbInstance", "HaVip", "IpAddress")
"""The other kinds of resources that the API associates EIPs with."""
MOST_BANDWIDTH: Final = 200
"""Mbit/s."""

LONGEST_TAG_TEXT: Final = 128
"""The most characters of a tag's key, and of its value."""
SYSTEM_TAGS: Final = ("acs:", "aliyun")
"""The beginnings of the keys of tags that only the vendor's services give."""

_INTERFACE_NAME: Final = r"[^\W\d_][\w:.-]{1,127}"
_WEB: Final = ("http://", "https://")


# Texts


def identifier(value: str, name: str = "an id") -> str:
    """Returns an id: 1 to 128 printable characters, not all of them spaces."""
    # The usual case comes first: every id of every command comes through here.
    if type(value) is str and value.isprintable() and len(value) <= MOST_CHARACTERS and value and not value.isspace():
        return value
    return _plain(name, value, id_problem(value))


def optional_identifier(value: str | None, name: str = "an id") -> str | None:
    """Returns an `identifier`, or None."""
    return None if value is None else identifier(value, name)


def identifiers(value: Iterable[str], name: str = "ids") -> tuple[str, ...]:
    """Returns ids, all different, as a tuple."""
    ids = tuple([identifier(item, name) for item in items_of(name, value)])
    if len(ids) > 1 and len(set(ids)) != len(ids):
        twice = ids if len(ids) <= 16 else [text for text, times in Counter(ids).items() if times > 1][:16]
        raise InvalidCommand(f"names something twice: {', '.join(twice)}", parameter=name)
    return ids


def optional_identifiers(value: Iterable[str] | None, name: str = "ids") -> tuple[str, ...] | None:
    """Returns `identifiers`, or None."""
    return None if value is None else identifiers(value, name)


def instance_ids(value: Iterable[str], name: str = "instance_ids") -> tuple[str, ...]:
    """Returns the ids of 1 to 100 instances, all different."""
    ids = identifiers(value, name)
    if not 1 <= len(ids) <= MOST_INSTANCES:
        raise InvalidCommand(f"must name 1 to {MOST_INSTANCES} instances, not {len(ids)}", parameter=name)
    return ids


def optional_account(value: str | None, name: str = "an account id") -> str | None:
    """Returns an account id, or None."""
    return None if value is None else _plain(name, value, account_problem(value))


def optional_region(value: str | None, name: str = "a region id") -> str | None:
    """Returns a region id, which looks like ``cn-hangzhou``, or None."""
    return None if value is None else _plain(name, value, region_problem(value))


def optional_interface_name(value: str | None, name: str = "a name") -> str | None:
    """Returns the name of an ENI, a security group or an instance, or None: 2 to 128 characters, as the API takes
    them."""
    if value is None:
        return None
    text = _plain(name, value, text_problem(value))
    if not re.fullmatch(_INTERFACE_NAME, text) or text.startswith(_WEB):
        raise InvalidCommand(
            "must have 2 to 128 characters, begin with a letter and hold only letters, digits "
            f"and : . _ - (and not begin with http:// or https://), not {shown(value)}",
            parameter=name,
        )
    return text


def optional_description(value: str | None, name: str = "a description") -> str | None:
    """Returns a description of 2 to 256 characters, or None."""
    if value is None:
        return None
    text = _plain(name, value, text_problem(value))
    if not 2 <= len(text) <= 256 or text.startswith(_WEB):
        raise InvalidCommand(
            f"must have 2 to 256 characters and not begin with http:// or https://, not {shown(value)}", parameter=name
        )
    return text


def optional_label(value: str | None, name: str = "a name") -> str | None:
    """Returns the name of a VPC, a VSwitch or an EIP, or None: 1 to 128 characters."""
    return None if value is None else _label(name, value, 128)


def optional_long_label(value: str | None, name: str = "a description") -> str | None:
    """Returns the description of a VPC, a VSwitch or an EIP, or None: 1 to 256 characters."""
    return None if value is None else _label(name, value, 256)


def _label(name: str, value: Any, most: int) -> str:
    text = _plain(name, value, text_problem(value))
    if not 1 <= len(text) <= most or text.startswith(_WEB):
        raise InvalidCommand(
            f"must have 1 to {most} characters and not begin with http:// or https://, not {shown(value)}",
            parameter=name,
        )
    return text


def quota_name(value: str, name: str = "a quota") -> str:
    """Returns the name of a quota, one of `ecsnet.values.QUOTAS`."""
    if not isinstance(value, str) or value not in QUOTAS:
        raise InvalidCommand(f"must be one of {', '.join(QUOTAS)}, not {shown(value)}", parameter=name)
    return str.__str__(value)


# Tags


def tags(value: Mapping[str, str] | Iterable[tuple[str, str]], name: str = "tags") -> Tags:
    """Returns tags, given as a mapping or as pairs of a key and a value, which may be empty."""
    if type(value) is Tags and not value:
        return value
    pairs = value.items() if isinstance(value, Mapping) else items_of(name, value)
    found: dict[str, str] = {}
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidCommand(
                f"must be a mapping, or pairs of a key and a value, not {shown(value)}", parameter=name
            )
        key = _tag_key(name, pair[0])
        of_key = "" if pair[1] == "" else _plain(name, pair[1], text_problem(pair[1]))
        if len(of_key) > LONGEST_TAG_TEXT or of_key.startswith("acs:") or any(web in of_key for web in _WEB):
            raise InvalidCommand(
                f"must have values of at most {LONGEST_TAG_TEXT} characters that do not begin with acs: and have no "
                f"http:// and no https://, not {shown(pair[1])}",
                parameter=name,
            )
        if key in found:
            raise InvalidCommand(f"has the key {shown(key)} twice", parameter=name)
        found[key] = of_key
    return Tags(found)


def tag_keys(value: Iterable[str], name: str = "keys") -> tuple[str, ...]:
    """Returns keys of tags, all different, as a tuple."""
    keys = tuple([_tag_key(name, key) for key in items_of(name, value)])
    if len(set(keys)) != len(keys):
        raise InvalidCommand("names a key twice", parameter=name)
    return keys


def _tag_key(name: str, value: Any) -> str:
    key = _plain(name, value, text_problem(value))
    if not 1 <= len(key) <= LONGEST_TAG_TEXT or key.startswith(SYSTEM_TAGS) or any(web in key for web in _WEB):
        raise InvalidCommand(
            f"must have keys of 1 to {LONGEST_TAG_TEXT} characters that do not begin with acs: or aliyun and have no "
            f"http:// and no https://, not {shown(value)}",
            parameter=name,
        )
    return key


def tagged_type(value: str, name: str = "a resource type") -> TaggedType:
    """Returns the `TaggedType` that a text names, in capitals or not."""
    folded = value.casefold() if isinstance(value, str) else value
    member = next((one for one in TaggedType if one.casefold() == folded), None)
    if member is None:
        raise InvalidCommand(f"must be one of {', '.join(TaggedType)}, not {shown(value)}", parameter=name)
    return member


# Addresses


def optional_ipv4(value: str | None, name: str = "an address") -> str | None:
    """Returns an IPv4 address in its normal form, or None."""
    return None if value is None else _ipv4(name, value)


def ipv4s(value: Iterable[str], name: str = "addresses") -> tuple[str, ...]:
    """Returns IPv4 addresses as a tuple."""
    # The same address twice is not malformed but denied: the API has a code for it.
    return tuple([_ipv4(name, item) for item in items_of(name, value)])


def cidr_block(value: str, name: str = "a CIDR block") -> str:
    """Returns an IPv4 CIDR block."""
    import ipaddress

    text = identifier(value, name)
    try:
        if "/" not in text:
            raise ValueError("the mask is missing")
        return str(ipaddress.IPv4Network(text))
    except ValueError as error:
        raise InvalidCommand(f"must be an IPv4 CIDR block, not {shown(value)}: {error}", parameter=name) from None


def ipv4_prefixes(value: Iterable[str], name: str = "prefixes") -> tuple[str, ...]:
    """Returns at most ten IPv4 prefixes, blocks with a mask of 28, as a tuple."""
    prefixes = tuple([cidr_block(item, name) for item in items_of(name, value)])
    for prefix in prefixes:
        if not prefix.endswith("/28"):
            raise InvalidCommand(f"must be blocks of sixteen addresses (/28), not {prefix}", parameter=name)
    if len(prefixes) > MOST_PREFIXES:
        raise InvalidCommand(f"must have at most {MOST_PREFIXES} items", parameter=name)
    return prefixes


# Numbers, flags and enumerations


def optional_address_count(value: int | None, name: str = "a count") -> int | None:
    """Returns how many addresses are asked for, at least one, or None."""
    return None if value is None else _whole(name, value, MOST_ITEMS)


def optional_prefix_count(value: int | None, name: str = "a count") -> int | None:
    """Returns how many IPv4 prefixes are asked for, 1 to 10, or None."""
    return None if value is None else _whole(name, value, MOST_PREFIXES)


def amount(value: int, name: str = "amount") -> int:
    """Returns how many instances are asked for, 1 to 100."""
    return _whole(name, value, MOST_INSTANCES)


def quota_value(value: int, name: str = "value") -> int:
    """Returns the value of a quota, at least one."""
    return _whole(name, value, MOST_OF_A_QUOTA)


def months(value: int, name: str = "months") -> int:
    """Returns a period in months that the API sells: 1 to 9, 12, 24, 36, 48 or 60."""
    if not whole_number(value) or value not in MONTHS:
        raise InvalidCommand(f"must be 1 to 9, 12, 24, 36, 48 or 60 months, not {shown(value)}", parameter=name)
    return int.__int__(value)


def optional_months(value: int | None, name: str = "months") -> int | None:
    """Returns a period in `months`, or None."""
    return None if value is None else months(value, name)


def bandwidth(value: int, name: str = "bandwidth") -> int:
    """Returns a bandwidth in Mbit/s, 0 to 200."""
    if not whole_number(value) or not 0 <= value <= MOST_BANDWIDTH:
        raise InvalidCommand(
            f"must be a whole number of Mbit/s from 0 to {MOST_BANDWIDTH}, not {shown(value)}", parameter=name
        )
    return int.__int__(value)


def optional_bandwidth(value: int | None, name: str = "bandwidth") -> int | None:
    """Returns a `bandwidth`, or None."""
    return None if value is None else bandwidth(value, name)


def flag(value: bool, name: str = "a flag") -> bool:
    """Returns True or False."""
    if not isinstance(value, bool):
        raise InvalidCommand(f"must be True or False, not {shown(value)}", parameter=name)
    return value


def optional_flag(value: bool | None, name: str = "a flag") -> bool | None:
    """Returns True, False or None."""
    return None if value is None else flag(value, name)


def batch_optimization(value: str, name: str = "a mode") -> BatchOptimization:
    """Returns the `BatchOptimization` that a text names."""
    if (member := member_of(BatchOptimization, value)) is None:
        raise InvalidCommand(f"must be 'AllTogether' or 'SuccessFirst', not {shown(value)}", parameter=name)
    return member


def charge_type(value: str, name: str = "a charge type") -> ChargeType:
    """Returns the `ChargeType` that a text names."""
    if (member := member_of(ChargeType, value)) is None:
        raise InvalidCommand(f"must be 'PostPaid' or 'PrePaid', not {shown(value)}", parameter=name)
    return member


def eip_instance_type(value: str, name: str = "an instance type") -> EipInstanceType:
    """Returns the `EipInstanceType` that a text names."""
    if (member := member_of(EipInstanceType, value)) is None:
        if isinstance(value, str) and value in NOT_MODELLED_USERS:
            reason = f"{value} is not modelled, only 'EcsInstance' and 'NetworkInterface' are"
            raise InvalidCommand(reason, parameter=name)
        reason = f"must be 'EcsInstance' or 'NetworkInterface', not {shown(value)}"
        raise InvalidCommand(reason, parameter=name)
    return member


def network_type(value: str, name: str = "a network type") -> NetworkType:
    """Returns the `NetworkType` that a text names."""
    if (member := member_of(NetworkType, value)) is None:
        raise InvalidCommand(f"must be 'vpc' or 'classic', not {shown(value)}", parameter=name)
    return member


def security_group_type(value: str, name: str = "a type of security groups") -> SecurityGroupType:
    """Returns the `SecurityGroupType` that a text names."""
    if (member := member_of(SecurityGroupType, value)) is None:
        raise InvalidCommand(f"must be 'normal' or 'enterprise', not {shown(value)}", parameter=name)
    return member


def must_modify(command: object, *names: str) -> None:
    """Raises `InvalidCommand` for a command that gives none of these attributes."""
    if all(getattr(command, name) is None for name in names):
        listed = ", ".join(f"{{{name}}}" for name in names[:-1])
        raise InvalidCommand(f"nothing to modify: give {listed} or {{{names[-1]}}}", together=names)


def _plain(name: str, value: Any, problem: str | None) -> str:
    """Returns a text that has no problem as a plain str: a subclass of str cannot be stored."""
    if problem is not None:
        raise InvalidCommand(problem, parameter=name)
    return str.__str__(value)


def items_of(name: str, value: Any) -> Iterable[Any]:
    """Returns the items of a list, or of any other iterable, which may have no end: at most `MOST_ITEMS`."""
    if type(value) is list or type(value) is tuple:
        items = value
    elif isinstance(value, str | bytes | bytearray | memoryview) or not isinstance(value, Iterable):
        raise InvalidCommand(f"must be a list, not {shown(value)}", parameter=name)
    else:
        items = tuple(islice(value, MOST_ITEMS + 1))  # it may have no end
    if len(items) > MOST_ITEMS:
        raise InvalidCommand(f"must have at most {MOST_ITEMS:,} items", parameter=name)
    return items


def _ipv4(name: str, value: Any) -> str:
    import ipaddress  # worth milliseconds to those who import ecsnet and give no address

    try:
        return str(ipaddress.IPv4Address(identifier(value, name)))
    except ipaddress.AddressValueError as error:
        raise InvalidCommand(f"must be an IPv4 address, not {shown(value)}: {error}", parameter=name) from None


def _whole(name: str, value: Any, most: int) -> int:
    if not whole_number(value) or value < 1:
        raise InvalidCommand(f"must be a whole number of at least 1, not {shown(value)}", parameter=name)
    if value > most:
        raise InvalidCommand(f"must be at most {most:,}, not {shown(value)}", parameter=name)
    return int.__int__(value)
