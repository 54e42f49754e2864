"""`MemoryStore`: events in memory."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from threading import RLock
from typing import Final

from ecsnet.errors import StoreError, VersionConflict
from ecsnet.events.base import NewEvent, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.base import EventStore, numbered

_AT_ONCE: Final = 1_000
# One lock for all stores, so that a fork of a cloud creates none: nobody waits for anything while holding one of them.
_appending = RLock()
_indexing = RLock()


class _Log:
    """The events of one store, which its forks share, and an index of the resources that they name.

    The index is made when it is first asked for, and brought up to date when it is asked again, so that an append pays
    nothing for it.
    """

    __slots__ = ("_indexed", "_places", "events")

    def __init__(self) -> None:
        self.events: list[RecordedEvent] = []
        self._places: dict[str, list[int]] = {}
        self._indexed = 0

    def between(self, start: int, stop: int, naming: str | None) -> Iterator[RecordedEvent]:
        """The events from one index to another, or those of them that name a resource."""
        if naming is not None:
            places = self._places_of(naming)
            for place in places[bisect_left(places, start) : bisect_right(places, stop - 1)]:
                yield self.events[place]
            return
        while start < stop:  # those before are not gone through, as `islice` would
            yield from self.events[start : min(start + _AT_ONCE, stop)]
            start += _AT_ONCE

    def _places_of(self, resource_id: str) -> list[int]:
        with _indexing:
            while self._indexed < len(self.events):
                for name in self.events[self._indexed].event.named_resources():
                    places = self._places.setdefault(name, [])
                    if not places or places[-1] != self._indexed:  # after an interrupt it may be there already
                        places.append(self._indexed)
                self._indexed += 1
            return self._places.get(resource_id, [])


class MemoryStore:
    """A store in memory.

    A store that `follows` another one begins at a position of its history and reads the older events from it. If the
    older store is a `MemoryStore`, it may be closed; any other must stay open (see `Lease`).
    """

    __slots__ = ("__weakref__", "_closed", "_counted", "_log", "_offset", "_older", "_versions")

    def __init__(self) -> None:
        self._log = _Log()
        self._versions: dict[str, int] = {}
        self._counted = 0  # number of events that _versions takes into account
        self._offset = 0
        self._older: tuple[tuple[int, EventStore | _Log], ...] = ()
        """The older events: pairs of a position and the store, or log of a store, that has those up to it."""
        self._closed = False

    @classmethod
    def follows(cls, older: EventStore, position: int, versions: Mapping[str, int]) -> MemoryStore:
        """Returns a store that shares the older one's events up to a position, in constant time."""
        store = cls()
        store._offset, store._versions = position, dict(versions)
        if not isinstance(older, MemoryStore):
            store._older = ((position, older),)
        elif position > older._offset:
            store._older = (*older._older, (position, older._log))
        elif position == older._offset:
            store._older = older._older
        else:  # the past of a fork, at a position within the events that the fork reads from others
            begun = sum(end < position for end, _ in older._older)
            store._older = (*older._older[:begun], (position, older._older[begun][1]))
        return store

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        for new in events:
            codec.check(new)
        with _appending:
            if self._closed:
                raise StoreError("the store is closed")
            kept, versions = self._log.events, self._versions
            if self._counted != len(kept):  # an append was interrupted
                self._count(kept)
            for stream, version in expected.items():
                actual = versions.get(stream, 0)
                if actual != version:
                    raise VersionConflict(stream, expected=version, actual=actual)
            recorded = numbered(events, expected, self._offset + self._counted)
            kept += recorded  # atomic even if an interrupt ends this thread
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
        head = self._offset + len(self._log.events)
        after, until = max(after, 0), head if until is None else min(until, head)
        begin = 0
        for end, older in self._older:
            if after < end and until > begin:
                stop = min(until, end)
                if isinstance(older, _Log):  # it has the events after `begin`; its owner may have appended more to it
                    for record in older.between(max(after - begin, 0), stop - begin, naming):
                        self._check_open()
                        yield record
                else:
                    yield from older.read(after=after, until=stop, naming=naming)
            begin = end
        for record in self._log.between(max(after - self._offset, 0), until - self._offset, naming):
            self._check_open()
            yield record

    def head(self) -> int:
        if self._closed:
            self._check_open()
        return self._offset + len(self._log.events)

    def close(self) -> None:
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")


def _begin_in_child() -> None:
    global _appending, _indexing
    _appending, _indexing = RLock(), RLock()  # they may be held by threads that do not exist in the child


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
