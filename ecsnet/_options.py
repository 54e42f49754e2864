"""The arguments of a `Cloud`: their checks, and the store that a path or nothing stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from ecsnet._arguments import closest, shown
from ecsnet._attrs import ReadOnlyDict
from ecsnet.clocks import AT_ONCE, LONGEST_SETTLING, Duration, SettleAfter
from ecsnet.domain.pace import KINDS
from ecsnet.domain.rules import RuleRegistry
from ecsnet.errors import InvalidArgument
from ecsnet.events.base import Event
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.codec import EVENT_TYPES
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.events.stores.opening import open_address


def event_type(given: object) -> type[Event]:
    """Returns the event class that is given, or named. Raises `InvalidArgument` for anything else."""
    if isinstance(given, type) and issubclass(given, Event):
        return given
    if isinstance(given, str) and given in EVENT_TYPES:
        return EVENT_TYPES[given]
    hint = closest(given, EVENT_TYPES) if isinstance(given, str) else ""
    raise InvalidArgument(f"type must be a class of events or the name of one, not {shown(given)}{hint}")


def check_store(store: object) -> None:
    """Raises `InvalidArgument` for what is no store and cannot be opened as one."""
    methods = ("append", "read", "head", "close")
    is_store = all(callable(getattr(store, name, None)) for name in methods)
    if not (store is None or isinstance(store, str | os.PathLike) or is_store):
        raise InvalidArgument(f"store is a path, an EventStore or None, not {shown(store)}")


def check_settings(clock: object, settle_after: object, outcomes: object, rules: object) -> SettleAfter:
    """Returns a valid ``settle_after``, a mapping as a read-only copy. Raises `InvalidArgument` for settings that no
    cloud can have."""
    if not callable(clock):
        raise InvalidArgument(f"clock must be callable and give an aware datetime, not {shown(clock)}")
    if outcomes is not None and not callable(outcomes):
        raise InvalidArgument(f"outcomes must be callable and give the outcome of a Transition, not {shown(outcomes)}")
    check_rules(rules)
    if not isinstance(settle_after, Mapping):
        return _duration("settle_after", settle_after)
    for kind in settle_after:
        if not isinstance(kind, str) or kind not in KINDS:
            hint = closest(kind, KINDS) if isinstance(kind, str) else ""
            raise InvalidArgument(f"settle_after: no operation {shown(kind)} takes time{hint}")
    return ReadOnlyDict({str(kind): _duration(f"settle_after[{kind!r}]", one) for kind, one in settle_after.items()})


def _duration(name: str, given: object) -> Duration:
    if isinstance(given, timedelta) and AT_ONCE <= given <= LONGEST_SETTLING:
        return given
    if isinstance(given, str) and given == "manual":
        return "manual"
    what = " or a mapping from operations to these" if name == "settle_after" else ""
    raise InvalidArgument(f"{name} is a timedelta of 0 to 10,000 days or 'manual'{what}, not {shown(given)}")


def check_rules(rules: object) -> None:
    """Raises `InvalidArgument` for what is no registry."""
    if not isinstance(rules, RuleRegistry):
        raise InvalidArgument(f"rules must be a RuleRegistry, not {shown(rules)}")


def opened(store: str | os.PathLike[str] | EventStore | None) -> EventStore:
    """Returns the store that an argument is, or stands for. Raises `StoreError` if it cannot be used."""
    if store is None:
        return MemoryStore()
    if not isinstance(store, str | os.PathLike):
        return store
    if "://" in str(store):
        return open_address(str(store))
    from ecsnet.events.stores.sqlite import SqliteStore  # sqlite3 is loaded only by those who use it

    return SqliteStore(store)


def attributes_of(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns attributes that are to be remembered, as a copy of plain JSON values. Raises `InvalidArgument` for what
    is none."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) and name for name in given):
        raise InvalidArgument(f"attributes are given by name, as a mapping, not as {shown(given)}")
    try:
        copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(dict(given)))
        msgspec.msgpack.encode(copy)  # the digest of a state needs numbers of at most 64 bits
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidArgument(f"attributes are JSON values: {error}") from error
    return dict(sorted(copy.items()))
