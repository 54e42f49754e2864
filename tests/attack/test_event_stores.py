"""Every promise of an event store, for each engine and a user's store; and a broken store for each promise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import msgspec
import pytest

from ecsnet import StoreError, VersionConflict
from ecsnet.events import EventStore, NewEvent, RecordedEvent
from ecsnet.events.stores.base import numbered
from ecsnet.testing import check_event_store
from ecsnet.testing._event_stores import PROMISES
from tests.support.engines import ENGINES, SHARED, OwnStore

KEPT = [
    pytest.param(name, text, id=f"{name}-{text}")
    for name, engine in ENGINES.items()
    for text, promise in PROMISES.items()
    if engine.shared or not promise.is_shared
]


@pytest.mark.parametrize(("name", "promise"), KEPT)
def test_an_engine_keeps_each_promise(name: str, promise: str, request: pytest.FixtureRequest) -> None:
    engine = ENGINES[name]
    new_address = (lambda: "") if engine.addresses is None else engine.addresses(request)
    addresses: dict[EventStore, str] = {}

    def open_at(address: str) -> EventStore:
        store = engine.open(address)
        addresses[store] = address
        return store

    open_again = (lambda store: open_at(addresses[store])) if engine.shared else None
    check_event_store(lambda: open_at(new_address()), open_again=open_again, only=[promise])


def test_every_promise_is_tested_with_every_shared_engine() -> None:
    assert {"sqlite", "postgres", "jetstream"} <= set(SHARED)
    for name in SHARED:
        assert [param.values[1] for param in KEPT if param.values[0] == name] == list(PROMISES)


class Careless(OwnStore):
    """Expects versions only of the streams that get events."""

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        streams = {new.stream for new in events}
        return super().append(events, {name: version for name, version in expected.items() if name in streams})


class Forgetful(OwnStore):
    """Believes whatever version is expected."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[RecordedEvent] = []

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        recorded = numbered(events, expected, self.head())
        self.kept += recorded
        return recorded

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        return iter(self.kept[max(after, 0) : until])

    def head(self) -> int:
        return len(self.kept)


class OneByOne(OwnStore):
    """Appends the events that come before one that cannot be stored."""

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        recorded, versions = [], dict(expected)
        for new in events:
            recorded += self.inner.append([new], versions)
            versions[new.stream] += 1
        return recorded


class Endless(OwnStore):
    """Reads on behind the bound."""

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        return self.inner.read(after=after)


class Unclosed(OwnStore):
    """Has nothing to give back, and so goes on after it was closed."""

    def close(self) -> None:
        pass


class Backwards(OwnStore):
    """Reads the last event first."""

    def read(self, **bounds: Any) -> Iterator[RecordedEvent]:
        return iter(list(self.inner.read(**bounds))[::-1])


class Renumbered(OwnStore):
    """Counts positions from zero."""

    def head(self) -> int:
        return max(0, self.inner.head() - 1)


class Quiet(OwnStore):
    """Takes a conflict for any other failure."""

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        try:
            return super().append(events, expected)
        except VersionConflict as error:
            raise StoreError(str(error)) from error


class Holey(OwnStore):
    """Draws positions before it looks at the versions, as a sequence of a database does."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[RecordedEvent] = []
        self.drawn = 0

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        first, self.drawn = self.drawn, self.drawn + len(events)
        self.inner.append(events, expected)
        recorded = numbered(events, expected, first)
        self.kept += recorded
        return recorded

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        return iter([record for record in self.kept if record.position > after])

    def head(self) -> int:
        return self.kept[-1].position if self.kept else 0


class Piecemeal(OwnStore):
    """Shows the events of a large append one by one, as they come, and keeps its lock for none of them."""

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        versions, recorded = dict(expected), list[RecordedEvent]()
        for new in events:
            recorded += self.inner.append([new], versions)
            versions[new.stream] += 1
            if len(events) > 100:
                time.sleep(0)  # another thread's turn
        return recorded


class Doubling(OwnStore):
    """Gives each of its streams a second one after every tenth append: what was recorded is not what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.appends = count(1)

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        recorded = super().append(events, expected)
        if next(self.appends) % 10 == 0:
            self.inner.append(events, {**expected, **{record.stream: record.version for record in recorded}})
        return recorded


class Small(OwnStore):
    """Cuts long texts off, as a column of a fixed length does."""

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        cut = [
            msgspec.structs.replace(new, event=msgspec.structs.replace(new.event, name=name[:1_000_000]))  # type: ignore[call-arg]
            if isinstance(name := getattr(new.event, "name", None), str)
            else new
            for new in events
        ]
        return super().append(cut, expected)


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (Careless, "a version is expected of streams that are only read"),
        (Forgetful, "another version than expected appends nothing"),
        (OneByOne, "an append with an event that cannot be stored is refused as a whole"),
        (Endless, "reading has bounds, and an order"),
        (Backwards, "positions and versions have no gaps"),
        (Renumbered, "positions and versions have no gaps"),
        (Unclosed, "closing is final and can be repeated, and every method of a closed store raises StoreError"),
        (Quiet, "another version than expected appends nothing"),
        (Holey, "a refused append leaves no hole in the positions"),
        (Piecemeal, "the events of a large append are seen together, and hide none from a reader"),
        (Doubling, "the same commands give the same history as in memory"),
        (Small, "a batch of twelve megabytes is kept"),
    ],
)
def test_check_event_store_names_the_broken_promise(broken: Callable[[], EventStore], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_event_store(broken, only=[promise])
