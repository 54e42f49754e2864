"""`freeze_events` and `check_upcasters`: examples of stored events, and the test that they are read as they were."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import msgspec

from ecsnet.events.base import Event
from ecsnet.events.stores import codec
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.rows import stored_events
from ecsnet.events.stores.upcasters import UPCASTERS


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: int
    payload: str


class _Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A payload as it is stored, and one of a later schema, or the same, which stands for the same event."""

    type: str
    stored: _Payload
    read_as: _Payload


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Example).decode


def freeze_events(store: EventStore, *, each: int = 1) -> list[str]:
    """Returns examples of the events of a history, each a line of JSON: the payload as it is stored, and the event that
    this version of ecsnet reads it as. There are up to ``each`` for every type and schema version.

    Lines that were kept in a file are a test of every later version: `check_upcasters`. They contain what the events
    contain. Raises `StoreError` for a store that cannot be read, `ReplayError` or AssertionError for an event that
    cannot.

    >>> from ecsnet import Cloud
    >>> from ecsnet.commands import CreateVpc
    >>> cloud = Cloud()
    >>> vpc = cloud.execute(CreateVpc(cidr_block="10.0.0.0/16"))
    >>> check_upcasters(freeze_events(cloud.store))
    1
    """
    counts: dict[tuple[str, int], int] = {}
    lines = []
    for row in stored_events(store):
        key = (row.type, row.schema_version)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= each:
            event = _read(row.type, row.schema_version, row.payload, f"position {row.position}")
            lines.append(_line(row.type, row.schema_version, row.payload, event))
    return lines


def check_upcasters(lines: Iterable[str], *, complete: bool = False) -> int:
    """Checks that events are read as they were when `freeze_events` made the lines, and returns the number of lines.

    For each line: the stored payload and the one that it was read as give the same event; that event, stored again,
    gives the same; each upcaster on the way leaves the payload that it was given as it was, and gives the same when it
    is called again. ``complete`` also asks for an upcaster and a line of every older schema of every event of ecsnet.

    Raises AssertionError with the number of the line and what is wrong with it.
    """
    seen, number = set[tuple[str, int]](), 0
    for number, line in enumerate(lines, start=1):
        where = f"line {number}"
        try:
            one = _decode(line)
        except msgspec.MsgspecError as error:
            raise AssertionError(f"{where}: {error}") from error
        where = f"{where}: {one.type} of schema {one.stored.schema_version}"
        event = _read(one.type, one.stored.schema_version, one.stored.payload, where)
        before = _read(one.type, one.read_as.schema_version, one.read_as.payload, where)
        _same(where, "it is read as another event than before", event, before)
        again = _read(one.type, event.SCHEMA, codec.encode(event), where)
        _same(where, "stored again, it is another event", again, event)
        _check_steps(where, one, event.SCHEMA)
        seen.add((one.type, one.stored.schema_version))
    if complete:
        older = {(name, version) for name, event in codec.EVENT_TYPES.items() for version in range(1, event.SCHEMA)}
        _none_of("no upcaster for", older - UPCASTERS.keys())
        _none_of("an upcaster for a schema that there is not:", UPCASTERS.keys() - older)
        _none_of("no line of", older - seen)
    return number


def _line(name: str, version: int, payload: str, event: Event) -> str:
    read_as = _Payload(event.SCHEMA, codec.encode(event))
    return _encode(_Example(name, _Payload(version, payload), read_as)).decode()


def _read(name: str, version: int, payload: str, where: str) -> Event:
    try:
        return codec.decode(name, version, payload)
    except codec.UnreadableEvent as error:
        raise AssertionError(f"{where}: {error}") from error


def _check_steps(where: str, one: _Example, current: int) -> None:
    fields: Any = msgspec.json.decode(one.stored.payload)
    for version in range(one.stored.schema_version, current):
        upcaster = UPCASTERS[one.type, version]
        given = deepcopy(fields)
        made = deepcopy(upcaster(fields))
        _same(where, f"the upcaster from schema {version} changes what it is given", fields, given)
        _same(where, f"the upcaster from schema {version} gives another payload the second time", upcaster(given), made)
        fields = made


def _same(where: str, what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise AssertionError(f"{where}: {what}: {actual!r:.300}, not {expected!r:.300}")


def _none_of(what: str, keys: Iterable[tuple[str, int]]) -> None:
    if found := sorted(keys):
        raise AssertionError(f"{what} {', '.join(f'{name} of schema {version}' for name, version in found)}")
