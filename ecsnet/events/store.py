"""What a store of events promises, and the one that keeps them in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from threading import RLock
from typing import Final, Protocol
from weakref import WeakSet

from ecsnet.errors import StoreError, VersionConflict
from ecsnet.events import codec
from ecsnet.events.base import NewEvent, RecordedEvent

_AT_ONCE: Final = 1_000


class EventStore(Protocol):
    """An append-only history of several streams, with one sequence of positions over all of them.

    Every method raises `StoreError` where the store cannot do it, and then has changed nothing. Methods may be called
    from several threads at once. `ecsnet.testing.check_event_store` tests all that is promised here.
    """

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        """Add events to the ends of their streams, in this order: all or none, durable on return.

        ``expected`` has the version of every stream that the decision read, 0 for one in which nothing has happened.
        All streams of the events are among them; others may be.

        Raises `VersionConflict` if one of these streams has another version, `StoreError` for an event that cannot be
        stored (text that is no Unicode, for one) or whose stream ``expected`` does not name.
        """

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        """The events with ``after`` < position <= ``until``, in order; with ``naming`` at least those whose payload
        contains that text. Other threads may append meanwhile, or close the store: the next event is then a
        `StoreError`. Raises `ReplayError` at an event that cannot be read."""

    def head(self) -> int:
        """The position of the last event, 0 for an empty store. Cheap: it is asked before every command."""

    def close(self) -> None:
        """Give back what the store holds. Waits for no other thread's work to end; closing twice is fine."""


class MemoryStore:
    """A store in memory.

    One that `follows` another begins where that one stood, and reads the older events from where they are. It does so
    when the other one is closed, too, if that is a `MemoryStore`; any other must stay open (see `Lease`).
    """

    def __init__(self) -> None:
        self._events: list[RecordedEvent] = []
        self._versions: dict[str, int] = {}
        self._counted = 0  # how many of the events the versions are those of
        self._offset = 0
        self._older: tuple[tuple[int, EventStore | list[RecordedEvent]], ...] = ()
        """Up to which position which store, or list of the events of one, has the older events."""
        self._lock = RLock()
        self._closed = False
        _STORES.add(self)

    @classmethod
    def follows(cls, older: EventStore, position: int, versions: Mapping[str, int]) -> MemoryStore:
        """A store that shares the older one's events up to a position, in constant time."""
        store = cls()
        store._offset, store._versions = position, dict(versions)
        if not isinstance(older, MemoryStore):
            store._older = ((position, older),)
        elif position > older._offset:
            store._older = (*older._older, (position, older._events))
        elif position == older._offset:
            store._older = older._older
        else:  # the past of a fork: it ends within what the fork reads from others
            begun = sum(end < position for end, _ in older._older)
            store._older = (*older._older[:begun], (position, older._older[begun][1]))
        return store

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        for new in events:
            codec.check(new)
        with self._lock:
            if self._closed:
                raise StoreError("the store is closed")
            kept, versions = self._events, self._versions
            if self._counted != len(kept):  # an append was interrupted
                self._count(kept)
            for stream, version in expected.items():
                actual = versions.get(stream, 0)
                if actual != version:
                    raise VersionConflict(stream, expected=version, actual=actual)
            recorded = numbered(events, expected, self._offset + self._counted)
            kept += recorded  # one step, whatever ends this thread
            for record in recorded:
                versions[record.stream] = record.version
            self._counted = len(kept)
            return recorded

    def _count(self, kept: list[RecordedEvent]) -> None:
        for record in kept[self._counted :]:
            self._versions[record.stream] = record.version
        self._counted = len(kept)

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        self._check_open()
        head = self._offset + len(self._events)
        after, until = max(after, 0), head if until is None else min(until, head)
        begin = 0
        for end, older in self._older:
            if after < end and until > begin:
                stop = min(until, end)
                if isinstance(older, list):  # of the events behind `begin`; its owner may have appended more to it
                    for record in _between(older, max(after - begin, 0), stop - begin):
                        self._check_open()
                        yield record
                else:
                    yield from older.read(after=after, until=stop, naming=naming)
            begin = end
        for record in _between(self._events, max(after - self._offset, 0), until - self._offset):
            self._check_open()
            yield record

    def head(self) -> int:
        if self._closed:
            self._check_open()
        return self._offset + len(self._events)

    def close(self) -> None:
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")


_STORES: Final[WeakSet[MemoryStore]] = WeakSet()


def _begin_in_child() -> None:
    for store in list(_STORES):
        store._lock = RLock()  # another thread may have held it, and that is not there any more


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)


def _between(events: list[RecordedEvent], start: int, stop: int) -> Iterator[RecordedEvent]:
    """The events from one index to another; those before are not gone through, as `islice` would."""
    while start < stop:
        yield from events[start : min(start + _AT_ONCE, stop)]
        start += _AT_ONCE


def numbered(events: Sequence[NewEvent], expected: Mapping[str, int], position: int) -> list[RecordedEvent]:
    """Returns events as they are recorded behind a position, in streams that have the expected versions.

    Raises `StoreError` for an event in a stream without one.
    """
    try:
        if len(events) == 1:  # as most commands have
            (new,) = events
            version = expected[new.stream] + 1
            return [
                RecordedEvent(
                    position + 1, new.stream, version, new.event, new.recorded_at, new.account_id, new.command_id
                )
            ]
        versions, recorded = dict(expected), []
        for new in events:
            stream, position = new.stream, position + 1
            versions[stream] = version = versions[stream] + 1
            recorded.append(
                RecordedEvent(position, stream, version, new.event, new.recorded_at, new.account_id, new.command_id)
            )
        return recorded
    except KeyError as error:
        raise StoreError(f"an event for stream {error}, of which no version is expected") from None


class _Use:
    """How a store is used: by whom, and whether it is to be closed when nobody does any more."""

    __slots__ = ("ends", "users")

    def __init__(self, ends: bool) -> None:
        self.users: set[int] = set()
        self.ends = ends


class Lease:
    """A cloud's use of a store, which its forks and its clouds of the past share.

    The store is closed when the last of them lets go of it, by `release` or by not being there any more, if one of them
    was closed, or if the store is ``own``: made for the cloud, and known to nobody else.
    """

    def __init__(self, store: EventStore, *, own: bool = False, use: _Use | None = None) -> None:
        self.store = store
        self._use = _Use(ends=own) if use is None else use
        self._use.users.add(id(self))

    def share(self) -> Lease:
        """Returns another use of the same store."""
        return Lease(self.store, use=self._use)

    def release(self) -> None:
        """Let go of the store, which is to be closed. Letting go twice is fine."""
        self._use.ends = True
        self._let_go()

    def _let_go(self) -> None:
        users = self._use.users
        if id(self) in users:
            users.discard(id(self))
            if not users and self._use.ends:
                self.store.close()

    def __del__(self) -> None:
        self._let_go()
