"""Subscriptions see each event once and in order, those that are there and those to come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from ecsnet import ReplayError, StoreError
from ecsnet.events import EventStore, MemoryStore, NewEvent, subscribe
from ecsnet.events.stores.jetstream import JetStreamStore
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.events.vpc import VpcDeleted
from tests.support import nats, postgres
from tests.support.net import START

Open = Callable[[], EventStore]


@pytest.fixture(params=["memory", "sqlite", "postgres", "jetstream"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens one history, with each call as another process would."""
    opened: list[EventStore] = []
    address = ""
    if request.param == "postgres":
        address = postgres.fresh(request.getfixturevalue("postgres_address"))
    elif request.param == "jetstream":
        address = nats.fresh(request.getfixturevalue("nats_address"))

    def new() -> EventStore:
        store: EventStore
        if request.param == "memory":
            store = opened[0] if opened else MemoryStore()
        elif request.param == "sqlite":
            store = SqliteStore(tmp_path / "network.db")
        elif request.param == "jetstream":
            store = JetStreamStore(address)
        else:
            store = PostgresStore(address)
        opened.append(store)
        return store

    yield new
    for store in opened:
        store.close()


def append(store: EventStore, first: int, last: int) -> None:
    for number in range(first, last + 1):
        store.append([NewEvent("a", VpcDeleted(vpc_id=str(number)), START, "1", "c")], {"a": number - 1})


def test_a_subscription_returns_what_is_there_and_then_what_is_appended(open_store: Open) -> None:
    writer, reader = open_store(), open_store()
    append(writer, 1, 3)
    subscription = subscribe(reader, after=1)
    assert [record.position for record in subscription.poll()] == [2, 3]
    assert subscription.poll() == []
    assert subscription.position == 3
    append(writer, 4, 4)
    assert [record.position for record in subscription.poll(30)] == [4]
    thread = Thread(target=append, args=(writer, 5, 8))
    thread.start()
    assert [next(subscription).position for _ in range(4)] == [5, 6, 7, 8]
    thread.join()
    assert subscription.poll(0.05) == []


def test_several_subscriptions_see_all_events_beside_a_writer(open_store: Open) -> None:
    writer, reader = open_store(), open_store()
    seen: list[list[int]] = [[], [], []]

    def follow(positions: list[int]) -> None:
        for record in subscribe(reader):
            positions.append(record.position)
            if record.position == 40:
                return

    threads = [Thread(target=follow, args=(positions,)) for positions in seen]
    for thread in threads:
        thread.start()
    append(writer, 1, 40)
    for thread in threads:
        thread.join(60)
    assert seen == [list(range(1, 41))] * 3


def test_a_closed_subscription_ends_while_another_thread_waits(open_store: Open) -> None:
    store = open_store()
    append(store, 1, 2)
    subscription, seen = subscribe(store), list[int]()
    thread = Thread(target=lambda: seen.extend(record.position for record in subscription))
    thread.start()
    deadline = time.monotonic() + 30
    while subscription.position < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    subscription.close()
    subscription.close()
    thread.join(30)
    assert not thread.is_alive()
    assert seen == [1, 2]
    assert subscription.poll() == []
    assert store.head() == 2


def test_closing_the_store_ends_a_subscription_with_an_error(open_store: Open) -> None:
    store, told = open_store(), list[StoreError]()

    def follow() -> None:
        try:
            next(subscribe(store))
        except StoreError as error:
            told.append(error)

    thread = Thread(target=follow)
    thread.start()
    time.sleep(0.1)
    store.close()
    thread.join(30)
    assert len(told) == 1


def test_a_missing_event_raises() -> None:
    class Gap(MemoryStore):
        def read(self, **bounds: object) -> Iterator[object]:  # type: ignore[override]
            return iter([record for record in super().read(**bounds) if record.position != 2])  # type: ignore[arg-type]

    store = Gap()
    append(store, 1, 3)
    with pytest.raises(ReplayError, match="position 2 is missing"):
        subscribe(store).poll()
    with pytest.raises(ReplayError, match="position 2 is missing"):
        subscribe(store, after=1).poll()


def test_a_subscription_goes_on_after_its_session_was_ended(postgres_address: str) -> None:
    import psycopg

    writer = PostgresStore(postgres.fresh(postgres_address))
    subscription = subscribe(writer)
    assert subscription.poll(0.1) == []
    with psycopg.connect(postgres_address) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ecsnet'")
    append(writer, 1, 2)
    assert [next(subscription).position for _ in range(2)] == [1, 2]
    writer.close()
