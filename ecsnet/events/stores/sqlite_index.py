"""The index of a SQLite file from resources to the events that name them.

Its pages are spread over the whole file, so that an append which wrote to it would write twice as many pages. It is
therefore written for some hundred events at a time, by the append that makes them so many and in its transaction:
`indexed_events` has the position up to which it is complete. The events behind that are searched by their payloads. A
store that has appended all of them itself, while nobody else wrote, does not read them again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from ecsnet.events.base import RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.rows import COLUMNS

AT_ONCE: Final = 512
"""The number of events after which the index is written."""
INDEX: Final = """
CREATE TABLE events_by_resource (
    resource_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (resource_id, position)
) WITHOUT ROWID"""
INDEXED: Final = "CREATE TABLE indexed_events (position INTEGER PRIMARY KEY)"
TABLES: Final = ("events_by_resource", "indexed_events")
FORMER_TABLES: Final = ("resource_events",)
"""The tables of the index up to format 3, which was complete up to the last event."""

_WITHIN: Final = "WHERE position > ? AND position <= ?"
INDEXED_UP_TO: Final = "SELECT coalesce(max(position), 0) FROM indexed_events"
NAMED: Final = f"SELECT {COLUMNS} FROM events_by_resource JOIN events USING (position) {_WITHIN} AND resource_id = ?"
FORMER_NAMED: Final = (
    f"SELECT {COLUMNS} FROM resource_events JOIN events USING (position) {_WITHIN} AND resource_id = ?"
)
UNINDEXED: Final = f"SELECT {COLUMNS} FROM events {_WITHIN} AND instr(payload, ?)"
"""The events with a text in their payload: `within_payload` of the id of a resource."""
_PAIR: Final = "INSERT INTO events_by_resource VALUES (?, ?)"
_UP_TO: Final = "INSERT INTO indexed_events VALUES (?)"
_PAYLOADS: Final = f"SELECT position, type, schema_version, payload FROM events {_WITHIN}"
_encode = msgspec.json.Encoder().encode


def within_payload(resource_id: str) -> str:
    """Returns an id as it stands in the payload of an event that names it."""
    return _encode(resource_id).decode()


def index_events(connection: sqlite3.Connection, after: int, until: int, known: Sequence[RecordedEvent]) -> int:
    """Writes the index of the events with ``after`` < position <= ``until``, which are the last ones, and returns the
    number of its rows. Unless all of them are ``known``, they are read. Raises `UnreadableEvent` for one that cannot be
    read."""
    if len(known) == until - after:
        pairs = [(name, record.position) for record in known for name in record.event.named_resources()]
        if all(type(name) is str for name, _ in pairs):  # an id of another type is stored as a text
            return add_pairs(connection, pairs, until)
    written = 0
    for begin in range(after, until, AT_ONCE):
        end = min(begin + AT_ONCE, until)
        rows = connection.execute(_PAYLOADS, (begin, end)).fetchall()
        pairs = [(name, position) for position, *stored in rows for name in codec.decode(*stored).named_resources()]
        written += add_pairs(connection, pairs, end)
    return written


def add_pairs(connection: sqlite3.Connection, pairs: list[tuple[str, int]], until: int) -> int:
    """Adds resources with the positions of events that name them to the index, which is then complete up to a position,
    and returns the number of rows."""
    pairs.sort()  # neighbours are written to one page
    connection.executemany(_PAIR, pairs)
    connection.execute(_UP_TO, (until,))
    return len(pairs) + 1


def take_over(connection: sqlite3.Connection) -> None:
    """Makes the index out of that of a former format. Its table gets another name, so that a process that knows only
    the former format raises an error, and neither writes nor reads the index in its own way."""
    connection.execute("ALTER TABLE resource_events RENAME TO events_by_resource")
    connection.execute(INDEXED)
    connection.execute("INSERT INTO indexed_events SELECT max(position) FROM events HAVING max(position) > 0")
