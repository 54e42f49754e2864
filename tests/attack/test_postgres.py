"""PostgreSQL: what is refused, what is lost connections' and servers' end, and processes that race."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import msgspec
import psycopg
import pytest

from ecsnet import Cloud, StoreError, VersionConflict
from ecsnet import commands as c
from ecsnet.events import NewEvent
from ecsnet.events.stores.hashes import verify
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.vpc import VpcDeleted
from tests.attack.processes import Child
from tests.attack.racing import RACERS, Begin, Racers
from tests.support import postgres
from tests.support.hypothesis_settings import budget

NOW = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)
VPC = c.CreateVpc(cidr_block="10.0.0.0/16")


@pytest.fixture
def address(postgres_address: str) -> str:
    """The address of a schema that does not exist yet."""
    return postgres.fresh(postgres_address)


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A server that the test may kill."""
    with postgres.server() as started:
        yield started


@contextmanager
def session(address: str) -> Iterator[Any]:
    """A connection of somebody else to the database of a schema, whose tables it finds without the schema's name."""
    url, _, schema = address.rpartition("schema=")
    with psycopg.connect(url.rstrip("?&")) as connection:
        connection.execute(f"SET search_path = {schema}")
        yield connection


@contextmanager
def opened(address: str, **options: Any) -> Iterator[PostgresStore]:
    store = PostgresStore(address, **options)
    try:
        yield store
    finally:
        store.close()


def news(stream: str, *names: str, command_id: str = "c") -> list[NewEvent]:
    return [NewEvent(stream, VpcDeleted(vpc_id=name), NOW, "1", command_id) for name in names]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET payload = ''",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE resource_events SET position = 7",
        "DELETE FROM resource_events",
        "TRUNCATE resource_events",
    ],
)
def test_the_database_refuses_to_change_the_past(address: str, statement: str) -> None:
    with opened(address) as store, session(address) as connection:
        store.append(news("a", "1"), {"a": 0})
        with pytest.raises(psycopg.errors.RaiseException, match="never changed or deleted"):
            connection.execute(statement)


def test_an_altered_row_is_found(address: str) -> None:
    with opened(address) as store, session(address) as connection:
        store.append(news("a", "1", "2", "3"), {"a": 0})
        connection.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        connection.execute("UPDATE events SET account_id = '2' WHERE position = 2")
        connection.commit()
        fault = verify(store).fault
        assert fault is not None
        assert (fault.kind, fault.position) == ("altered", 2)


# Readers


def test_a_reader_waits_for_no_slow_transaction_and_misses_none_of_its_events(address: str) -> None:
    """A transaction that began first and ends last gets the first position, and later ones wait for it."""
    with opened(address) as store, opened(address) as reader, session(address) as slow:
        slow.execute(
            "SELECT append(ARRAY['a'], ARRAY[0], ARRAY['a'], ARRAY['VpcDeleted'], ARRAY[1], "
            "ARRAY['{\"vpc_id\":\"1\"}'], ARRAY['2019-03-11T08:00:00Z'], ARRAY['1'], ARRAY['c'], "
            "ARRAY[NULL]::bigint[], ARRAY[NULL]::int[], ARRAY[NULL]::text[], ARRAY[''], "
            "ARRAY[]::text[], ARRAY[]::int[])"
        )
        thread = Thread(target=store.append, args=(news("b", "2"), {"b": 0}))
        thread.start()
        time.sleep(0.2)
        assert reader.head() == 0
        assert list(reader.read()) == []
        slow.commit()
        thread.join(30)
        assert [(record.position, record.stream) for record in reader.read()] == [(1, "a"), (2, "b")]


def test_an_append_that_is_rolled_back_leaves_no_hole(address: str) -> None:
    with opened(address) as store:
        store.append(news("a", "1"), {"a": 0})
        with pytest.raises(StoreError, match="NUL"):
            store.append([*news("b", "2"), *news("b", "3", command_id="c\x00")], {"b": 0})
        store.append(news("b", "2"), {"b": 0})
        assert [record.position for record in store.read()] == [1, 2]


def test_an_append_that_saw_the_end_before_another_moved_it_comes_after_it(address: str) -> None:
    """The other one has the next position and is not committed yet; it did without the lock, as nobody else does."""
    recorded: list[Any] = []
    with opened(address) as store, session(address) as other, session(address) as watching:
        store.append(news("a", "1"), {"a": 0})
        other.execute(
            "INSERT INTO events SELECT 2, 'b', 1, type, 1, payload, recorded_at, '1', 'c', NULL, NULL, '' FROM events"
        )
        thread = Thread(target=lambda: recorded.extend(store.append(news("a", "2"), {"a": 1})))
        thread.start()
        waiting = (
            "SELECT count(*) FROM pg_locks w JOIN pg_locks h ON h.transactionid = w.transactionid AND h.granted "
            "WHERE NOT w.granted AND h.pid = %s"
        )
        deadline = time.monotonic() + 30
        while watching.execute(waiting, (other.info.backend_pid,)).fetchone() == (0,) and time.monotonic() < deadline:
            time.sleep(0.01)
        other.commit()
        thread.join(30)
        assert [(record.position, record.version) for record in recorded] == [(3, 2)]
        assert [record.stream for record in store.read()] == ["a", "b", "a"]


def test_an_event_alone_has_the_hash_that_it_has_together_with_others(address: str) -> None:
    """One event is appended by another statement than several."""
    (first,) = news("a", "1")
    events = [first, msgspec.structs.replace(first, caused_by=1, settles="x"), first]
    with opened(address) as together, opened(postgres.fresh(address.partition("?")[0])) as alone:
        together.append(events, {"a": 0})
        for version, event in enumerate(events):
            alone.append([event], {"a": version})
        assert list(alone.stored()) == list(together.stored())
        assert verify(alone).intact
        assert list(alone.read(naming="1")) == list(together.read(naming="1")) != []


def write_many(address: str, number: int, begin: Begin, count: int) -> None:
    with opened(address) as store:
        begin()
        for n in range(count):
            store.append(news(f"r-{number}", f"{number}/{n}"), {f"r-{number}": n})


def test_a_reader_beside_eight_processes_sees_every_position_once_and_in_order(racers: Racers, address: str) -> None:
    count, seen, over = 25, list[int](), Event()
    with opened(address) as reader:

        def read() -> None:
            is_last = False
            while not is_last:
                is_last = over.is_set()
                seen.extend(record.position for record in reader.read(after=seen[-1] if seen else 0))

        thread = Thread(target=read)
        thread.start()
        try:
            racers.race(write_many, address, count)
        finally:
            over.set()
            thread.join(60)
        assert seen == list(range(1, RACERS * count + 1))
        assert verify(reader).intact


def write_serial(address: str, number: int, begin: Begin, count: int) -> None:
    with session(address) as connection:
        begin()
        for _ in range(count):
            connection.execute("INSERT INTO serial DEFAULT VALUES")
            connection.execute("SELECT pg_sleep(random() * 0.003)")
            connection.commit()


def test_a_reader_of_serial_ids_misses_some(racers: Racers, address: str) -> None:
    """So the test before this one would find the classic loss."""
    count, seen = 25, list[int]()
    with opened(address), session(address) as connection:
        connection.execute("CREATE TABLE serial (id bigserial)")
        connection.commit()
        connection.autocommit = True
        thread = Thread(target=racers.race, args=(write_serial, address, count))
        thread.start()
        while thread.is_alive():
            query = "SELECT id FROM serial WHERE id > %s ORDER BY id"
            seen += [row[0] for row in connection.execute(query, (seen[-1] if seen else 0,)).fetchall()]
        assert connection.execute("SELECT count(*) FROM serial").fetchone() == (RACERS * count,)
        assert len(seen) < RACERS * count


# Lost connections


def end_sessions(address: str) -> None:
    """Ends the sessions of all stores on a database, as its operator can."""
    with session(address) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'ecsnet' AND datname = current_database()"
        )


def test_a_store_whose_sessions_were_ended_goes_on(address: str) -> None:
    with Cloud(address) as cloud:
        for _ in range(3):
            first = cloud.execute(VPC)
            end_sessions(address)
            assert first.id in cloud.vpcs
            end_sessions(address)
        assert len(cloud.vpcs) == 3


class Cut(PostgresStore):
    """Loses the connection of an append, before or after it was recorded."""

    cut = ""

    def _called(self, connection: Any, parameters: Any) -> Any:
        when, self.cut = self.cut, ""
        if when == "before":
            connection.close()
        result = super()._called(connection, parameters)
        if when == "after":
            connection.close()
            raise psycopg.OperationalError("the connection is lost")
        return result


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_append_whose_answer_was_lost_is_recorded_once(address: str, when: str) -> None:
    store = Cut(address)
    store.append(news("a", "1"), {"a": 0})
    store.cut = when
    recorded = store.append([*news("a", "2"), *news("b", "3"), *news("a", "4")], {"a": 1, "b": 0})
    assert [(record.position, record.stream, record.version) for record in recorded] == [
        (2, "a", 2),
        (3, "b", 1),
        (4, "a", 3),
    ]
    assert list(store.read(after=1)) == list(recorded)
    store.cut = when
    with pytest.raises(VersionConflict):
        store.append(news("a", "2", command_id="other"), {"a": 1})
    store.close()


def write_acknowledged(address: str, say: Any) -> None:
    with opened(address) as store:
        stream = f"r-{os.getpid()}"
        for version in range(100_000):
            store.append(news(stream, f"{stream}/{version}", command_id=f"{stream}/{version}"), {stream: version})
            say(f"{stream}/{version}")


def test_a_killed_server_loses_and_doubles_no_acknowledged_event(server: postgres.Server) -> None:
    """Three processes write while the server is killed and started again; they go on, and then are killed too."""
    address = postgres.fresh(server.address)
    PostgresStore(address).close()
    children = [Child(lambda say: write_acknowledged(address, say)) for _ in range(3)]
    time.sleep(0.7)
    for _ in range(2):
        server.stop(signal.SIGQUIT)
        server.start()
        time.sleep(0.7)
    for child in children:
        child.kill()
    check_acknowledged(address, [line for child in children for line in child.lines()])


def check_acknowledged(address: str, said: list[str]) -> None:
    """Every acknowledged event of `write_acknowledged` is there once, and the history is intact."""
    assert not [line for line in said if not line.startswith("r-")]
    with opened(address) as store:
        names = [record.event.vpc_id for record in store.read()]  # type: ignore[attr-defined]
        assert len(names) == len(set(names)) > 20
        assert set(said) <= set(names)
        assert verify(store).intact


def test_writers_whose_sessions_are_ended_again_and_again_lose_and_double_nothing(address: str) -> None:
    PostgresStore(address).close()
    children = [Child(lambda say: write_acknowledged(address, say)) for _ in range(3)]
    said = [child.next_line() for child in children]
    for _ in range(budget(60)):
        end_sessions(address)
        said += [child.next_line() for child in children]  # each of them goes on
    for child in children:
        child.kill()
    said += [line for child in children for line in child.lines()]
    check_acknowledged(address, said)


def test_a_promoted_standby_has_every_acknowledged_event_and_the_writers_go_on() -> None:
    """Two servers, the second a synchronous standby of the first, which is killed while processes write."""
    with postgres.server() as primary, primary.standby() as second:
        both = primary.address.replace(f":{primary.port}/", f":{primary.port},127.0.0.1:{second.port}/")
        address = postgres.fresh(f"{both}?target_session_attrs=read-write")
        PostgresStore(address).close()
        children = [Child(lambda say: write_acknowledged(address, say)) for _ in range(3)]
        said = [child.next_line() for child in children for _ in range(10)]
        primary.stop()
        second.promote()
        said += [child.next_line() for child in children for _ in range(30)]
        for child in children:
            child.kill()
        said += [line for child in children for line in child.lines()]
        check_acknowledged(address, said)


def test_a_server_that_cannot_be_reached_is_reported(server: postgres.Server, monkeypatch: Any) -> None:
    monkeypatch.setattr("ecsnet.events.stores.postgres._HEALING", 0.2)
    address = postgres.fresh(server.address)
    with Cloud(address) as cloud:
        vpc = cloud.execute(VPC)
        server.stop(signal.SIGINT)
        with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
            cloud.execute(VPC)
        with pytest.raises(StoreError, match="not known"):
            cloud.store.append(news("a", "1"), {"a": 0})
        with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
            Cloud(address)
        server.start()
        assert list(cloud.vpcs) == [vpc.id]
        cloud.execute(VPC)


# Addresses and schemas


def test_a_server_without_encryption_is_refused_where_the_address_asks_for_it(server: postgres.Server) -> None:
    """The server of the package is built without it, so that no test can use it."""
    with pytest.raises(StoreError, match="server does not support SSL"):
        Cloud(f"{server.address}?sslmode=verify-full&sslrootcert=system&schema=encrypted")
    with Cloud(f"{server.address}?sslmode=prefer&schema=encrypted") as cloud:
        assert cloud.history() == ()


def test_a_schema_of_another_program_is_refused_and_unchanged(address: str) -> None:
    schema = address.rpartition("=")[2]
    with session(address) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute("CREATE TABLE events (a int)")
        connection.commit()
        with pytest.raises(StoreError, match="another program"):
            PostgresStore(address)
        count = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(%s)", (schema,)
        ).fetchone()
        assert count == (1,)


def test_a_schema_of_a_newer_version_is_refused_and_unchanged(address: str) -> None:
    with opened(address) as store:
        recorded = list(store.append(news("a", "1"), {"a": 0}))
    with session(address) as connection:
        connection.execute("UPDATE layout SET format = 99")
        connection.commit()
        with pytest.raises(StoreError, match="has format 99; this ecsnet knows 1"):
            PostgresStore(address)
        connection.execute("UPDATE layout SET format = 1")
        connection.commit()
    with opened(address) as store:
        assert list(store.read()) == recorded


def test_a_password_is_not_in_the_repr(address: str) -> None:
    given = address.replace("://ecsnet@", "://ecsnet:s3cret@")
    with opened(given) as store:
        assert "s3cret" not in repr(store)
        assert "127.0.0.1" in repr(store)
