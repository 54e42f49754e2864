"""The engines of event stores that every promise is tested with. One more engine is one more line in `ENGINES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from ecsnet.events import EventStore, MemoryStore, NewEvent, RecordedEvent
from ecsnet.events.stores.opening import open_address
from ecsnet.events.stores.sqlite import SqliteStore
from tests.support import nats, postgres

NewAddress = Callable[[], str]
"""Returns the address of a history that does not exist yet."""


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


def _files(request: pytest.FixtureRequest) -> NewAddress:
    folder: Path = request.getfixturevalue("tmp_path")
    numbers = count(1)
    return lambda: str(folder / f"network-{next(numbers)}.db")


def _schemas(request: pytest.FixtureRequest) -> NewAddress:
    database: str = request.getfixturevalue("postgres_address")
    return lambda: postgres.fresh(database)


def _streams(request: pytest.FixtureRequest) -> NewAddress:
    server: str = request.getfixturevalue("nats_address")
    return lambda: nats.fresh(server)


@dataclass(frozen=True)
class Engine:
    """An engine: its name on the page of the stores, and how a history at an address is opened.

    Without ``addresses`` its histories have no address: they are in this process alone.
    """

    title: str
    open: Callable[[str], EventStore]
    addresses: Callable[[pytest.FixtureRequest], NewAddress] | None = None

    @property
    def shared(self) -> bool:
        """True if several connections and processes may open one history."""
        return self.addresses is not None


ENGINES: Final = {
    "memory": Engine("memory", lambda _: MemoryStore()),
    "sqlite": Engine("SQLite", SqliteStore, _files),
    "postgres": Engine("PostgreSQL", open_address, _schemas),
    "jetstream": Engine("JetStream", open_address, _streams),
    "own": Engine("your own", lambda _: OwnStore()),
}
SHARED: Final = [name for name, engine in ENGINES.items() if engine.shared]
