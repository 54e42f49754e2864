"""Measures the engines of stores beside bare statements with the same bytes and the same durability, and beside the
recorders of the `eventsourcing` package; and eight processes that write to one region and to eight.

PostgreSQL is a server on this machine that waits for its disk with each commit, as SQLite does (WAL, synchronous FULL).
The recorders of the other package keep fewer columns and no index of resources, but the same payload. An append of
several processes in one region may conflict with another's: then the command is decided again, after a pause.
"""

# ruff: noqa: T201  # a benchmark prints its table

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from benchmarks._measure import Contender, Effort, measure, per_operation, print_table, stopwatch
from benchmarks.store import INSERT, TABLE
from ecsnet import Cloud, VersionConflict
from ecsnet import commands as c
from ecsnet.events import EventStore, NewEvent, RecordedEvent
from ecsnet.events.network_interface import NetworkInterfaceAttached
from ecsnet.events.stores import hashes
from ecsnet.events.stores.base import numbered
from ecsnet.events.stores.hashes import event_hash
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.stores.rows import row_of
from ecsnet.events.stores.sqlite import SqliteStore
from tests.attack.racing import RACERS, Begin, Racers
from tests.support import postgres

NOW = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)
ATTACHED = NetworkInterfaceAttached(
    network_interface_id="eni-bp1fi3oqsr2r8hk3ad2u", instance_id="i-bp1gz6bt2nmd9q2dw1ot"
)
STREAM = "cn-hangzhou"
BARE = """
CREATE TABLE bare (position bigint PRIMARY KEY, stream text COLLATE "C" NOT NULL, version bigint NOT NULL,
    type text NOT NULL, schema_version integer NOT NULL, payload text NOT NULL, recorded_at text NOT NULL,
    account_id text NOT NULL, command_id text NOT NULL, caused_by bigint, settles text, hash text NOT NULL,
    UNIQUE (stream, version));
CREATE FUNCTION bare_append(bigint, text, bigint, text, integer, text, text, text, text, bigint, text, text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);
END $$;
"""
COLUMNS = "position, stream, version, type, schema_version, payload, recorded_at, account_id, command_id"
UNNESTED = (
    "INSERT INTO bare SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::integer[], "
    "%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])"
)
PEER = "eventsourcing, recorder"


def news(number: int) -> list[NewEvent]:
    """Returns events to append."""
    return [NewEvent(STREAM, ATTACHED, NOW, "1234567890123456", "0123456789abcdef-1")] * number


def row(position: int) -> tuple[Any, ...]:
    """Returns the row of an event, with a hash."""
    (record,) = numbered(news(1), {STREAM: position - 1}, position - 1)
    return (*row_of(record), "0" * 64)


def run(effort: Effort) -> None:
    """Measures both engines and prints the tables."""
    with TemporaryDirectory() as folder, postgres.server(durable=True) as server:
        _postgres(effort, server.address)
        _sqlite(effort, Path(folder))
        _hashes(effort, Path(folder))
        _writers(effort, Path(folder), server.address)


def _appending(store: EventStore, times: int, batch: int) -> Callable[[], float]:
    versions = count(store.head(), batch)

    def work() -> float:
        with stopwatch() as watch:
            for _ in range(times):
                store.append(news(batch), {STREAM: next(versions)})
        return watch.seconds / (times * batch)

    return work


def _recording(recorder: Any, times: int, batch: int) -> Callable[[], float]:
    versions, state = count(1), row(1)[5].encode()
    aggregate = uuid4()

    def work() -> float:
        with stopwatch() as watch:
            for _ in range(times):
                events = [StoredEvent(aggregate, next(versions), "ecsnet:Attached", state) for _ in range(batch)]
                recorder.insert_events(events)
        return watch.seconds / (times * batch)

    return work


def _postgres(effort: Effort, address: str) -> None:
    times, batches, many = effort.of(300), effort.of(50), effort.of(10_000)
    place = urlsplit(address)
    connection = psycopg.connect(address, autocommit=True)
    connection.execute(BARE)
    positions = count(1)
    store = PostgresStore(f"{address}?schema=appends")
    batched = PostgresStore(f"{address}?schema=batches")
    datastore = PostgresDatastore(place.path[1:], str(place.hostname), place.port or 5432, str(place.username), "")
    recorders = [PostgresApplicationRecorder(datastore, events_table_name=f"recorded_{n}") for n in range(2)]
    for recorder in recorders:
        recorder.create_table()
    called = f"SELECT bare_append({', '.join(['%s'] * 12)})"
    inserted = f"INSERT INTO bare VALUES ({', '.join(['%s'] * 12)})"

    def unnested() -> object:
        rows = [row(next(positions)) for _ in range(100)]
        return connection.execute(UNNESTED, [list(column) for column in zip(*rows, strict=True)])

    floor = "bare lock and INSERT in one round trip"
    measure(
        "PostgreSQL: append one event durably",
        [
            Contender("round trip", lambda: per_operation(lambda: connection.execute("SELECT 1"), times)),
            Contender(
                "bare INSERT and COMMIT",
                lambda: per_operation(lambda: connection.execute(inserted, row(next(positions))), times),
            ),
            Contender(floor, lambda: per_operation(lambda: connection.execute(called, row(next(positions))), times)),
            Contender("PostgresStore.append", _appending(store, times, 1), floor, "at most 1.5"),
            Contender(PEER, _recording(recorders[0], times, 1), floor),
        ],
        effort.rounds,
    )
    floor = "bare INSERT by unnest"
    measure(
        "PostgreSQL: append 100 events at once, per event",
        [
            Contender(floor, lambda: per_operation(unnested, batches) / 100),
            Contender("PostgresStore.append", _appending(batched, batches, 100), floor),
            Contender(PEER, _recording(recorders[1], batches, 100), floor),
        ],
        effort.rounds,
    )
    many = min(many, batched.head())
    floor = "bare SELECT, text results"
    select = f"SELECT {COLUMNS} FROM bare ORDER BY position LIMIT {many}"
    measure(
        "PostgreSQL: read many events, per event",
        [
            Contender(floor, lambda: per_operation(lambda: connection.execute(select).fetchall(), 1) / many),
            Contender("PostgresStore.read, events", lambda: _per(lambda: list(batched.read(until=many)), many), floor),
            Contender(
                "PostgresStore.stored, undecoded", lambda: _per(lambda: list(batched.stored(until=many)), many), floor
            ),
            Contender(
                "eventsourcing, recorder, undecoded",
                lambda: _per(lambda: recorders[1].select_notifications(1, many), many),
                floor,
            ),
        ],
        effort.rounds,
    )
    store.close()
    batched.close()
    datastore.close()
    connection.close()


def _per(work: Callable[[], object], number: int) -> float:
    return per_operation(work, 1) / number


def _sqlite(effort: Effort, folder: Path) -> None:
    times, batches = effort.of(300), effort.of(50)
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)
    positions = count(1)
    stores = [SqliteStore(folder / f"ours-{n}.db") for n in range(2)]
    recorders = [SQLiteApplicationRecorder(SQLiteDatastore(str(folder / f"theirs-{n}.db"))) for n in range(2)]
    for recorder in recorders:
        recorder.create_table()  # it uses WAL, and SQLite's default, which is FULL

    def inserting(batch: int) -> Callable[[], object]:
        def work() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, [row(next(positions)) for _ in range(batch)])
            connection.execute("COMMIT")

        return work

    for n, (batch, tries) in enumerate(((1, times), (100, batches))):
        floor = "bare INSERT and COMMIT"
        measure(
            f"SQLite: append {batch} events durably, per event",
            [
                Contender(floor, lambda batch=batch, tries=tries: per_operation(inserting(batch), tries) / batch),
                Contender("SqliteStore.append", _appending(stores[n], tries, batch), floor),
                Contender(PEER, _recording(recorders[n], tries, batch), floor),
            ],
            effort.rounds,
        )
    for store in stores:
        store.close()
    connection.close()


def _hashes(effort: Effort, folder: Path) -> None:
    times, one, previous = effort.of(10_000), row(1)[:-1], "0" * 64
    stores = [SqliteStore(folder / f"hashes-{n}.db") for n in range(2)]
    stores[1].append(news(1), {STREAM: 0})
    appending, appending_without = [_appending(store, effort.of(300), 1) for store in stores]
    computed = hashes.event_hash

    def without() -> float:
        hashes.event_hash = lambda previous, row: previous
        try:
            return appending_without()
        finally:
            hashes.event_hash = computed

    floor = "SqliteStore.append, without hashes"
    measure(
        "the hash of an event",
        [
            Contender(floor, without),
            Contender("SqliteStore.append", appending, floor, "at most 1.1, or 3 µs more"),
            Contender("event_hash", lambda: per_operation(lambda: event_hash(previous, one), times), floor),
        ],
        effort.rounds,
    )
    for store in stores:
        store.close()


class _Counting:
    """A store that counts the appends and conflicts, and the time that the appends take."""

    def __init__(self, inner: EventStore) -> None:
        self.inner = inner
        self.conflicts = 0
        self.seconds = 0.0

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        try:
            with stopwatch() as watch:
                return self.inner.append(events, expected)
        except VersionConflict:
            self.conflicts += 1
            raise
        finally:
            self.seconds += watch.seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def write(address: str, number: int, begin: Begin, regions: int, times: int) -> tuple[float, int, float, float]:
    """Executes commands in one of some regions, and returns the seconds, conflicts, pauses and seconds of appends."""
    from ecsnet._options import opened

    paused, sleep = [0.0], time.sleep

    def pausing(seconds: float) -> None:
        paused[0] += seconds
        sleep(seconds)

    store: Any = _Counting(opened(address))
    with Cloud(store, region_id=f"cn-r{number % regions}") as cloud:
        time.sleep = pausing  # this process is for nothing else
        begin()
        with stopwatch() as watch:
            for _ in range(times):
                cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        time.sleep = sleep
    store.inner.close()
    return watch.seconds, store.conflicts, paused[0], store.seconds


def _writers(effort: Effort, folder: Path, address: str) -> None:
    times = effort.of(100)
    racers, lines = Racers(), []
    for engine in ("SQLite", "PostgreSQL"):
        for regions in (1, RACERS):
            rounds = []
            for turn in range(1 + effort.rounds // 2):
                name = f"{engine}_{regions}_{turn}".lower()
                place = str(folder / f"{name}.db") if engine == "SQLite" else f"{address}?schema={name}"
                Cloud(place).close()
                told = racers.race(write, place, regions, times)
                longest = max(seconds for seconds, *_ in told)
                commands = RACERS * times
                conflicts, paused, appending = (sum(one[n] for one in told) for n in (1, 2, 3))
                rounds.append((commands / longest, conflicts / commands, paused / commands, appending / commands))
            rounds.sort()
            rate, conflicts, paused, appending = rounds[len(rounds) // 2]
            cells = (f"{rate:,.0f}", f"{conflicts:.2f}", f"{paused * 1e3:.2f}", f"{appending * 1e3:.2f}")
            lines.append((f"{engine}, {regions} region{'s' if regions > 1 else ''}", *cells))
    racers.close()
    print("\n### eight processes that write\n")
    head = ("engine", "commands a second", "conflicts a command", "ms of pauses a command", "ms of appends a command")
    print_table(head, lines)
