"""Every promise of an event store, for each engine and a user's store; and a broken store for each promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ecsnet import StoreError, VersionConflict
from ecsnet.events import EventStore, MemoryStore, NewEvent, RecordedEvent
from ecsnet.events.stores.base import numbered
from ecsnet.events.stores.jetstream import JetStreamStore
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.testing import check_event_store
from ecsnet.testing._event_stores import PROMISES
from tests.support import nats
from tests.support.postgres import fresh


@pytest.mark.parametrize("promise", PROMISES)
def test_the_memory_store_keeps_each_promise(promise: str) -> None:
    check_event_store(MemoryStore, only=[promise])


@pytest.mark.parametrize("promise", PROMISES)
def test_the_sqlite_store_keeps_each_promise(promise: str, tmp_path: Path) -> None:
    paths: dict[EventStore, Path] = {}

    def make() -> EventStore:
        path = tmp_path / f"{len(paths)}.db"
        store = SqliteStore(path)
        paths[store] = path
        return store

    def open_again(store: EventStore) -> EventStore:
        again = SqliteStore(paths[store])
        paths[again] = paths[store]
        return again

    check_event_store(make, open_again=open_again, only=[promise])


@pytest.mark.parametrize("promise", PROMISES)
def test_the_postgres_store_keeps_each_promise(promise: str, postgres_address: str) -> None:
    addresses: dict[EventStore, str] = {}

    def make() -> EventStore:
        address = fresh(postgres_address)
        store = PostgresStore(address)
        addresses[store] = address
        return store

    def open_again(store: EventStore) -> EventStore:
        again = PostgresStore(addresses[store])
        addresses[again] = addresses[store]
        return again

    check_event_store(make, open_again=open_again, only=[promise])


@pytest.mark.parametrize("servers", [1, 3])
@pytest.mark.parametrize("promise", PROMISES)
def test_the_jetstream_store_keeps_each_promise(promise: str, servers: int, request: pytest.FixtureRequest) -> None:
    address = request.getfixturevalue("nats_address" if servers == 1 else "three_servers")
    addresses: dict[EventStore, str] = {}

    def make() -> EventStore:
        stream = nats.fresh(address if servers == 1 else address.address)
        store = JetStreamStore(stream)
        assert store.replicas == servers
        addresses[store] = stream
        return store

    def open_again(store: EventStore) -> EventStore:
        again = JetStreamStore(addresses[store])
        addresses[again] = addresses[store]
        return again

    check_event_store(make, open_again=open_again, only=[promise])


class OwnStore:
    """The least that a user may write: a list, one lock from ours, and none of our classes but the contract's."""

    def __init__(self) -> None:
        self.inner = MemoryStore()

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        return self.inner.append(events, expected)

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        return self.inner.read(after=after, until=until, naming=naming)

    def head(self) -> int:
        return self.inner.head()

    def close(self) -> None:
        self.inner.close()


@pytest.mark.parametrize("promise", PROMISES)
def test_a_users_store_keeps_each_promise(promise: str) -> None:
    check_event_store(OwnStore, only=[promise])


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
    ],
)
def test_check_event_store_names_the_broken_promise(broken: Callable[[], EventStore], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_event_store(broken, only=[promise])
