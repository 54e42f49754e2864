"""What a store of events promises, and the one that keeps them in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Protocol

from ecsnet.errors import StoreError, VersionConflict
from ecsnet.events.base import NewEvent, RecordedEvent


class EventStore(Protocol):
    """An append-only history of several streams, with one sequence of positions over all of them.

    Every method raises `StoreError` where the store cannot do it, and then has changed nothing.
    """

    def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> Sequence[RecordedEvent]:
        """Add events to the end of a stream, all or none, durable on return.

        Raises `VersionConflict` if the stream's version is not ``expected_version`` (0: the stream is new).
        """

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        """The events with ``after`` < position <= ``until``, in order; with ``naming`` at least those whose payload
        contains that text. Raises `ReplayError` at an event that cannot be read."""

    def head(self) -> int:
        """The position of the last event, 0 for an empty store. Cheap: it is asked before every command."""

    def close(self) -> None:
        """Give back what the store holds. Closing twice is fine."""


class MemoryStore:
    """A store in memory. One that `follows` another begins where that one stood, and reads the older events from it."""

    def __init__(self) -> None:
        self._events: list[RecordedEvent] = []
        self._versions: dict[str, int] = {}
        self._older: EventStore | None = None
        self._offset = 0
        self._lock = Lock()
        self._closed = False

    @classmethod
    def follows(cls, older: EventStore, position: int, versions: Mapping[str, int]) -> MemoryStore:
        """A store that shares the older one's events up to a position, in constant time."""
        store = cls()
        store._older, store._offset, store._versions = older, position, dict(versions)
        return store

    def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> Sequence[RecordedEvent]:
        with self._lock:
            if self._closed:
                raise StoreError("the store is closed")
            version = self._versions.get(stream, 0)
            if version != expected_version:
                raise VersionConflict(stream, expected=expected_version, actual=version)
            position = self._offset + len(self._events)
            recorded = []
            for new in events:
                position += 1
                version += 1
                recorded.append(
                    RecordedEvent(position, stream, version, new.event, new.recorded_at, new.account_id, new.command_id)
                )
            self._events += recorded
            self._versions[stream] = version
            return recorded

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        if self._closed:
            raise StoreError("the store is closed")
        if self._older is not None and after < self._offset:
            older_until = self._offset if until is None else min(until, self._offset)
            yield from self._older.read(after=after, until=older_until, naming=naming)
        start = max(after - self._offset, 0)
        stop = None if until is None else max(until - self._offset, 0)
        yield from islice(self._events, start, stop)

    def head(self) -> int:
        return self._offset + len(self._events)

    def close(self) -> None:
        self._closed = True
