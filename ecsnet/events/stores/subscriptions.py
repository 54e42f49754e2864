"""`subscribe`: the events of a store as they are appended, by whatever process, each once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from threading import Event as Flag
from time import monotonic
from typing import Final, Protocol, TypeGuard

from ecsnet.errors import ReplayError
from ecsnet.events.base import RecordedEvent
from ecsnet.events.stores.base import EventStore

_AT_ONCE: Final = 1_000
_SHORTEST, _LONGEST = 0.001, 0.05
"""Seconds between two looks at the head of a store that cannot wake its readers: they grow while nothing happens."""


class Waits(Protocol):
    """A store that wakes those who wait for its next event."""

    def wait(self, position: int, timeout: float) -> None:
        """Returns when there may be an event after a position, at the latest after some seconds.

        Raises `StoreError` if the store is closed.
        """


class Subscription:
    """An iterator over the events after a position, which waits for those that are not there yet.

    ``position`` is that of the last event that it returned. `close` ends it, also while another thread waits in it; the
    store stays open.
    """

    def __init__(self, store: EventStore, after: int) -> None:
        self.position = after
        self._store = store
        self._closed = Flag()
        self._batch: Iterator[RecordedEvent] = iter(())

    def __iter__(self) -> Iterator[RecordedEvent]:
        return self

    def __next__(self) -> RecordedEvent:
        while not self._closed.is_set():
            for record in self._batch:
                self.position = record.position
                return record
            self._batch = iter(self._next_events(timeout=1.0))
        raise StopIteration

    def poll(self, timeout: float = 0.0) -> list[RecordedEvent]:
        """Returns the next events, at most a thousand; an empty list if there are none within some seconds, or if the
        subscription was closed.

        Raises `ReplayError` if an event is missing, `StoreError` for a store that is closed or cannot be read.
        """
        found = list(self._batch) or self._next_events(timeout)
        if found:
            self.position = found[-1].position
        return found

    def close(self) -> None:
        """Ends the subscription. Closing twice is allowed."""
        self._closed.set()

    def _next_events(self, timeout: float) -> list[RecordedEvent]:
        store, after = self._store, self.position
        deadline, pause = monotonic() + timeout, _SHORTEST
        while not self._closed.is_set():
            head = store.head()
            if head > after:
                found = list(islice(store.read(after=after, until=min(head, after + _AT_ONCE)), _AT_ONCE))
                for position, record in enumerate(found, start=after + 1):
                    if record.position != position:
                        raise _missing(position)
                if not found:
                    raise _missing(after + 1)
                return found
            left = deadline - monotonic()
            if left <= 0:
                break
            if _waits(store):
                store.wait(after, min(left, 1.0))
            else:
                self._closed.wait(min(left, pause))
                pause = min(pause * 2, _LONGEST)
        return []


def subscribe(store: EventStore, *, after: int = 0) -> Subscription:
    """Returns the events of a store after a position, those that are there and those to come, in order and each once.

    PostgreSQL and JetStream wake a subscription; the heads of other stores are looked at up to a thousand times a
    second, and twenty times while nothing happens.
    """
    return Subscription(store, after)


def _waits(store: object) -> TypeGuard[Waits]:
    return callable(getattr(store, "wait", None))


def _missing(position: int) -> ReplayError:
    return ReplayError(f"the event at position {position} is missing", stream=None, version=None)
