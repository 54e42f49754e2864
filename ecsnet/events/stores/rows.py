"""The stored form of an event, which all engines share: one row of plain values, and the event that it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, Protocol, TypeGuard

import msgspec

from ecsnet.errors import ReplayError
from ecsnet.events.base import RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.base import EventStore

COLUMNS: Final = (
    "position, stream, version, type, schema_version, payload, recorded_at, account_id, command_id, caused_by, settles"
)
"""The columns of a row but its hash, in their order."""
_AT_ONCE: Final = 1_000
_NO_TIME: Final = datetime.max.replace(tzinfo=UTC)
_encode: Final = msgspec.json.Encoder().encode


class StoredEvent(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An event as a store has it: the columns of its row, undecoded, and its hash.

    ``payload`` is JSON in the shape of ``schema_version``, ``recorded_at`` a UTC time in ISO 8601. ``hash`` is None if
    the event has none: stores in memory keep no hashes, and files of former formats have none. The values of a damaged
    row may be of any type.
    """

    position: int
    stream: str
    version: int
    type: str
    schema_version: int
    payload: str
    recorded_at: str
    account_id: str
    command_id: str
    caused_by: int | None
    settles: str | None
    hash: str | None = None


class KeepsRows(Protocol):
    """A store that keeps its events as rows."""

    @property
    def keeps_hashes(self) -> bool:
        """True if the rows have hashes; those of a file of a former format have none. Raises `StoreError`."""

    def stored(self, *, after: int = 0, until: int | None = None) -> Iterator[StoredEvent]:
        """Yields the rows with ``after`` < position <= ``until``, in order. Raises `StoreError`."""

    def restore(self, rows: Iterable[StoredEvent]) -> int:
        """Stores the rows of another store as they are, all or none, and returns their number.

        Raises `StoreError` if there are events already, `ReplayError` for a row that this library cannot read.
        """


def keeps_rows(store: object) -> TypeGuard[KeepsRows]:
    """Returns whether a store keeps its events as rows."""
    return callable(getattr(store, "stored", None))


def stored_events(store: EventStore, *, after: int = 0, until: int | None = None) -> Iterator[StoredEvent]:
    """Yields the rows of a store in the order of their positions, without hashes if the store keeps none."""
    if keeps_rows(store):
        yield from store.stored(after=after, until=until)
    else:
        for record in store.read(after=after, until=until):
            yield StoredEvent(*row_of(record))


def restored(rows: Iterable[StoredEvent]) -> Iterator[tuple[list[tuple[Any, ...]], list[tuple[str, int]]]]:
    """Yields rows with their hashes, some at a time, each time with the resources that their events name.

    Raises `ReplayError` for a row that this library cannot read.
    """
    left = iter(rows)
    while some := [msgspec.structs.astuple(row) for row in islice(left, _AT_ONCE)]:
        yield some, [(name, row[0]) for row in some for name in record_of(row[:-1]).event.named_resources()]


def row_of(record: RecordedEvent) -> tuple[Any, ...]:
    """Returns the row of an event, without its hash."""
    event = record.event
    return (
        record.position,
        record.stream,
        record.version,
        type(event).__name__,
        event.SCHEMA,
        codec.encode(event),
        _time(record.recorded_at),
        record.account_id,
        record.command_id,
        record.caused_by,
        record.settles,
    )


def _time(moment: datetime) -> str:
    """Returns a time as it is stored, in UTC."""
    if type(moment) is datetime and moment.tzinfo is UTC:
        return _encode(moment).decode()[1:-1]  # as below, without the quotes, in a tenth of the time
    return moment.astimezone(UTC).isoformat()[:-6] + "Z"


def record_of(row: Any) -> RecordedEvent:
    """Returns the event of a row without its hash. Raises `ReplayError` for a damaged row."""
    (record,) = records_of((row,))
    return record


def records_of(rows: Iterable[Any]) -> Iterator[RecordedEvent]:
    """Yields the events of rows without their hashes. Raises `ReplayError` at a damaged row."""
    decoders, last, moment = codec.DECODERS, None, _NO_TIME
    for row in rows:
        (
            position,
            stream,
            version,
            type_name,
            schema_version,
            payload,
            recorded_at,
            account_id,
            command_id,
            caused_by,
            settles,
        ) = row
        try:
            event = decoders[type_name, schema_version](payload)
            if recorded_at != last:  # events that were recorded together have one time
                moment = datetime.fromisoformat(recorded_at)
                if moment.tzinfo is not UTC:
                    moment = moment.astimezone(UTC) if moment.tzinfo is not None else _no_timezone(recorded_at)
                last = recorded_at
        except codec.CANNOT_READ as error:
            raise _unreadable(row, str(error)) from error
        if not (
            type(stream) is type(account_id) is type(command_id) is str
            and type(position) is type(version) is type(schema_version) is int
            and position > 0 < version
            and (caused_by is None or type(caused_by) is int)
            and (settles is None or type(settles) is str)
        ):
            raise _unreadable(row, "its envelope is damaged")
        yield RecordedEvent(position, stream, version, event, moment, account_id, command_id, caused_by, settles)


def _no_timezone(text: str) -> datetime:
    raise ValueError(f"{text!r} has no timezone")


def _unreadable(row: Any, reason: str) -> ReplayError:
    position, stream, version, type_name, *_ = row
    return ReplayError(
        f"{type_name} cannot be read: {reason} (position {position})",
        stream=stream if isinstance(stream, str) else None,
        version=version if isinstance(version, int) else None,
    )
