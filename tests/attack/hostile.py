"""Values of wrong types, and the checks that only errors of ecsnet are raised for them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import attrs
from hypothesis import strategies as st

from ecsnet import Cloud
from ecsnet import commands as c
from tests.support.net import Net


class Text(str):
    """A subclass of str: no codec stores it."""


class Number(int):
    """A subclass of int."""


class Word(StrEnum):
    Vpc = "vpc-1"


class Two(IntEnum):
    Two = 2


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("this has no repr")


class Unhashable:
    __hash__ = None  # type: ignore[assignment]


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def nested_objects(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def endless() -> list[Any]:
    value: list[Any] = []
    value += [value, value]
    return value


SURROGATE = "\ud800x"
TEXTS: tuple[str, ...] = (
    "",
    " ",
    "\t\n",
    "\x00",
    "a\x00b",
    "\x1b[31mred",
    "\x7f",
    SURROGATE,
    "x\udfff",
    "\u202eright to left",
    "\ufeff",
    "\U0010ffff",
    "网卡",
    "a" * 128,
    "a" * 129,
    "a" * 100_000,
    "-1",
    "0",
    "9" * 5_000,
    "1e400",
    "NaN",
    "null",
    "$vpc",
    "$$",
    "../../etc/passwd",
    "account/1",
    "cn-hangzhou\n",
    "cn-" + "a" * 200,
    "10.0.0.0/8",
    "10.0.0.0/" + "9" * 4_400,
    "10.0.0.1",
    "0010.0.0.1",
    "10.0.1.٣",
    "'; DROP TABLE events; --",
    "%s{0}{}%n",
)
NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    10**30,
    10**5_000,
    -(10**5_000),
    True,
    False,
    1.0,
    0.5,
    math.nan,
    math.inf,
    -math.inf,
    1e308,
    Decimal("NaN"),
    2j,
    Number(3),
    Two.Two,
)
OTHERS: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: ...,
    lambda: b"bytes",
    lambda: bytearray(b"10.0.0.1"),
    list,
    lambda: (),
    dict,
    lambda: [None],
    lambda: [[]],
    lambda: ["a", "a"],
    lambda: [SURROGATE],
    lambda: ["10.0.1.9", "10.0.1.9"],
    lambda: [10**5_000],
    lambda: {"a": 1},
    lambda: {"1": "10.0.1.9"},
    lambda: {1: 2},
    lambda: {"a", "b"},
    lambda: ["a"] * 70_000,
    lambda: list(map(str, range(70_000))),
    lambda: nested(50),
    lambda: nested(5_000),
    lambda: nested_objects(50),
    lambda: nested_objects(5_000),
    endless,
    lambda: itertools.repeat("sg-1"),
    lambda: itertools.count(),
    lambda: iter(["sg-1"]),
    lambda: (text for text in "abc"),
    lambda: range(3),
    lambda: memoryview(b"abc"),
    object,
    lambda: object,
    Unprintable,
    lambda: [Unprintable()],
    Unhashable,
    lambda: Text("vpc-1"),
    lambda: Word.Vpc,
    lambda: MappingProxyType({"a": 1}),
    lambda: datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
    lambda: datetime(2019, 3, 11),  # noqa: DTZ001  # a time without timezone is what is wrong with it
    lambda: datetime(2019, 3, 11, tzinfo=UTC),
    lambda: timedelta.max,
    lambda: c.DeleteVpc(vpc_id="vpc-1"),
    lambda: c.DeleteVpc,
    lambda: Exception("no value"),
)
HOSTILE: tuple[Callable[[], Any], ...] = (
    *(lambda text=text: text for text in TEXTS),
    *(lambda number=number: number for number in NUMBERS),
    *OTHERS,
)
"""Makers: some of the values are used up by who reads them."""


def makers() -> st.SearchStrategy[Callable[[], Any]]:
    """A maker of one of all these, or of any text or number."""
    return st.one_of(
        st.sampled_from(HOSTILE),
        st.text(st.characters(), max_size=20).map(lambda text: lambda: text),
        st.integers().map(lambda number: lambda: number),
    )


def state_of(cloud: Cloud) -> tuple[str, Any]:
    """All that a cloud keeps, and what it has recorded."""
    return cloud.state_digest(), cloud.history()


def must_be_told(error: Exception, most: int = 10_000) -> None:
    """Checks that a message can be printed and is not too long."""
    told = str(error)
    told.encode()
    assert len(told) < most


def inhabited() -> Net:
    """A network with something of every kind, and of everything that passes."""
    net = Net()
    net.vm = net.run(internet_max_bandwidth_out=5)  # type: ignore[attr-defined]
    net.attached(net.vm)  # type: ignore[attr-defined]
    net.eni(private_ip_addresses=["10.0.1.100"])
    net.run(instance_charge_type="PrePaid")
    net.cloud.execute(c.AllocateEipAddress())
    net.cloud.execute(c.StopInstance(instance_id=net.run().id))
    return net


def ids(cloud: Cloud) -> list[str]:
    """Every id of a cloud."""
    tables = (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces, cloud.eips)
    return [resource_id for table in tables for resource_id in table]


_PREFIXES = {
    "vpc": "vpc-",
    "vswitch": "vsw-",
    "group": "sg-",
    "interface": "eni-",
    "instance": "i-",
    "allocation": "eip-",
}


def fitting(name: str, known: Sequence[str]) -> Sequence[str]:
    """Those of the ids that a parameter of a name may mean."""
    for kind, prefix in _PREFIXES.items():
        if kind in name.lower():
            return [one for one in known if one.startswith(prefix)]
    return known


def is_stored_as_it_is(events: Any) -> bool:
    """Returns whether events can be written and read again."""
    from ecsnet.events.stores import codec

    return all(codec.decode(type(one).__name__, one.SCHEMA, codec.encode(one)) == one for one in events)


COMMANDS = tuple(getattr(c, name) for name in c.__all__ if name != "Command")
FIELDS = {command: {field.name: field for field in attrs.fields(command)} for command in COMMANDS}
