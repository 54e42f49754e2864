"""A history as lines of JSON: one for each row of a store, with its hash, and a last one with the head of them all.

The lines are the same for every engine that has the history, byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ecsnet.errors import ReplayError, StoreError
from ecsnet.events.base import NewEvent
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.hashes import HashChain, HistoryFault
from ecsnet.events.stores.rows import StoredEvent, keeps_rows, record_of, stored_events


class _End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line of an exported history."""

    head: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode
_END = b'{"head":'


def export_history(store: EventStore) -> Iterator[bytes]:
    """Yields the events of a store as lines of JSON, each with its newline.

    Events that have no hash get one. Raises `ReplayError` at the first event that was altered, is missing, was inserted
    or was exchanged, `StoreError` for a store that cannot be read.
    """
    chain = HashChain()
    for row in stored_events(store):
        if (fault := chain.fault(row)) is not None:
            raise _damaged(fault)
        chain.add(row)
        yield _encode(msgspec.structs.replace(row, hash=chain.ends[row.stream][1])) + b"\n"
    yield _encode(_End(chain.head())) + b"\n"


def import_history(lines: Iterable[bytes], store: EventStore) -> int:
    """Stores an exported history in an empty store, all of it or nothing, and returns the number of its events.

    Raises `ReplayError`, with the number of the line, for a line that is damaged, incomplete or missing, and for an
    event that this library does not know; `StoreError` for a store that has events already or that cannot be written.
    """
    rows = _verified(lines)
    if keeps_rows(store):
        return store.restore(rows)
    if store.head():
        raise StoreError("there are events already")
    records = [record_of(msgspec.structs.astuple(row)[:-1]) for row in rows]
    news = [
        NewEvent(one.stream, one.event, one.recorded_at, one.account_id, one.command_id, one.caused_by, one.settles)
        for one in records
    ]
    store.append(news, dict.fromkeys((one.stream for one in records), 0))
    return len(records)


def _verified(lines: Iterable[bytes]) -> Iterator[StoredEvent]:
    """Yields the rows of an exported history, and raises `ReplayError` if its end is missing."""
    chain, number = HashChain(), 0
    ended = False
    for number, line in enumerate(lines, start=1):
        if ended:
            raise _unreadable(number, "the history has ended before it")
        if not line.endswith(b"\n"):
            raise _unreadable(number, "its end is missing")
        try:
            if line.startswith(_END):
                ended = _decode(line, type=_End).head == chain.head()
                if not ended:
                    raise _unreadable(number, "its head is not that of the events before it")
                continue
            row = _decode(line, type=StoredEvent)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _unreadable(number, str(error)) from error
        if row.hash is None:
            raise _unreadable(number, "it has no hash")
        if (fault := chain.fault(row)) is not None:
            raise _unreadable(number, str(fault), fault)
        chain.add(row)
        yield row
    if not ended:
        raise _unreadable(number + 1, "it is missing: the last line of a history has its head")


def _unreadable(number: int, reason: str, fault: HistoryFault | None = None) -> ReplayError:
    stream, version = (None, None) if fault is None else (fault.stream, fault.version)
    return ReplayError(f"line {number}: {reason}", stream=stream, version=version)


def _damaged(fault: HistoryFault) -> ReplayError:
    return ReplayError(str(fault), stream=fault.stream, version=fault.version)
