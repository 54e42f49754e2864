"""The arguments of a `Cloud`: their checks, and the store that a path or nothing stands for."""

from __future__ import annotations

import os
from datetime import timedelta

from ecsnet._arguments import closest, shown
from ecsnet.clocks import AT_ONCE, LONGEST_SETTLING
from ecsnet.domain.rules import RuleRegistry
from ecsnet.errors import InvalidArgument, StoreError
from ecsnet.events.base import Event
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.codec import EVENT_TYPES
from ecsnet.events.stores.memory import MemoryStore


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


def check_settings(clock: object, settle_after: object, rules: object) -> None:
    """Raises `InvalidArgument` for settings that no cloud can have."""
    if not callable(clock):
        raise InvalidArgument(f"clock must be callable and give an aware datetime, not {shown(clock)}")
    lasts = isinstance(settle_after, timedelta) and AT_ONCE <= settle_after <= LONGEST_SETTLING
    if not lasts and settle_after != "manual":
        raise InvalidArgument(f"settle_after is a timedelta of 0 to 10,000 days or 'manual', not {shown(settle_after)}")
    check_rules(rules)


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
        raise StoreError(f"{store!s}: no store for such an address; give the path of a SQLite file, or an EventStore")
    from ecsnet.events.stores.sqlite import SqliteStore  # sqlite3 is loaded only by those who use it

    return SqliteStore(store)
