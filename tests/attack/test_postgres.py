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

import psycopg
import pytest
from click.testing import CliRunner

from ecsnet import Cloud, StoreError, VersionConflict
from ecsnet import commands as c
from ecsnet.cli import main
from ecsnet.events import NewEvent
from ecsnet.events.stores.addresses import shown_address
from ecsnet.events.stores.hashes import verify
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.events.vpc import VpcDeleted
from tests.attack.processes import Child
from tests.attack.racing import RACERS, Begin, Racers
from tests.support import postgres
from tests.support.hypothesis_settings import budget
from tests.support.net import Net

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


def test_a_cloud_keeps_its_history_in_a_database(address: str) -> None:
    with Cloud(address) as cloud:
        net = Net(store=cloud.store)
        vm = net.run()
        interface = net.attached(vm)
        history = cloud.history()
    with Cloud(address, verified=True) as again:
        assert again.network_interfaces[interface.id] == interface
        assert again.history() == history
        assert [record.type for record in again.history(interface.id)] == [
            "NetworkInterfaceCreated",
            "NetworkInterfaceAttached",
        ]


def test_the_database_and_a_file_compute_the_same_hashes(address: str, tmp_path: Any) -> None:
    with opened(address) as store, Cloud(store, settle_after="manual") as cloud:
        net = Net(store=store)
        net.attached(net.run())
        cloud.execute(VPC, client_token="t-1")
        cloud.execute(c.StopInstance(instance_id=next(iter(cloud.instances))))
        cloud.settle()
        verification = verify(store)
        assert verification.intact
        assert verification.unhashed == 0
        assert any(record.caused_by for record in cloud.history())
        file = SqliteStore(tmp_path / "network.db")
        for record in cloud.history():
            new = (record.stream, record.event, record.recorded_at, record.account_id, record.command_id)
            file.append([NewEvent(*new, record.caused_by, record.settles)], {record.stream: record.version - 1})
        assert list(file.stored()) == list(store.stored())
        assert verify(file).head == verification.head
        file.close()


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


def test_parent_and_child_write_to_one_database(address: str) -> None:
    with Cloud(address) as cloud:
        cloud.execute(VPC)
        child = Child(lambda say: say(cloud.execute(VPC).id))
        mine = [cloud.execute(VPC).id for _ in range(5)]
        (theirs,) = child.lines()
        assert theirs in cloud.vpcs
        assert len(cloud.vpcs) == 7
        assert theirs not in mine
        cloud.execute(VPC)


# Addresses and schemas


def test_networks_in_schemas_of_one_database_are_independent(postgres_address: str) -> None:
    with Cloud(postgres.fresh(postgres_address)) as one, Cloud(postgres.fresh(postgres_address)) as two:
        one.execute(VPC)
        assert not two.vpcs
        assert two.position == 0


def test_a_store_that_is_read_only_writes_nothing(address: str) -> None:
    with pytest.raises(StoreError, match="no store to read"):
        PostgresStore(address, read_only=True)
    with Cloud(address) as cloud:
        vpc = cloud.execute(VPC)
    with Cloud(PostgresStore(address, read_only=True)) as cloud:
        assert list(cloud.vpcs) == [vpc.id]
        with pytest.raises(StoreError, match="read-only"):
            cloud.execute(VPC)
        cloud.close()
        cloud.store.close()


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


SECRETS = [
    "postgresql://me:s3cret@127.0.0.1:1/db",
    "postgresql://127.0.0.1:1/db?user=me&password=s3cret",
    "postgresql://me:s3cret@127.0.0.1:s3cret/db",
    "postgresql://me:s3cret",
    "postgresql://me:s3cret/db",
    "postgresql://me:x@s3cret@127.0.0.1:1/db",
    "postgresql://me:x/s3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret/x@127.0.0.1:1/db",
    "postgresql://me:x?s3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret?x@127.0.0.1:1/db",
    "postgresql://me:x#s3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret#x@127.0.0.1:1/db",
    "postgresql://me:%zzs3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret@127.0.0.1:1/db?s3cret=1",
    "postgresql://me:s3cret@127.0.0.1:1/db?schema=S3CRET",
    "postgresql://me:s3cret@[::1/db",
    "mysql://me:s3cret@host/db",
    "my sql://me:s3cret@host/db",
    "://me:s3cret@host/db",
]


@pytest.mark.parametrize("address", SECRETS)
def test_a_password_is_in_no_message(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StoreError) as told:
        Cloud(address)
    error: BaseException | None = told.value
    while error is not None:
        assert "s3cret" not in f"{error!s} {error!r} {error.args!r}"
        error = error.__cause__ if error.__suppress_context__ else error.__context__
    assert "s3cret" not in caplog.text
    result = CliRunner().invoke(main, ["history", address])
    assert result.exit_code == 2
    assert "s3cret" not in result.output


def test_a_password_is_not_in_the_repr(address: str) -> None:
    given = address.replace("://ecsnet@", "://ecsnet:s3cret@")
    with opened(given) as store:
        assert "s3cret" not in repr(store)
        assert "127.0.0.1" in repr(store)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:pw@h1:5432,h2:5433/db?target_session_attrs=read-write", "postgresql://me@h1:5432,h2:5433/db"),
        ("postgresql:///db?host=/tmp", "postgresql:///db"),
        ("postgresql://host", "postgresql://host"),
        ("nats://me:pw@host/stream", "nats://me@host/stream"),
    ],
)
def test_what_is_shown_of_an_address(address: str, shown: str) -> None:
    assert shown_address(address) == shown


def test_the_command_line_takes_an_address(address: str, tmp_path: Any) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('[{"Action": "CreateVpc", "CidrBlock": "10.0.0.0/8"}]')

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(main, arguments)

    assert run("run", str(plan), "--store", address).exit_code == 0
    assert run("run", str(plan), "--store", address, "--dry-run").exit_code == 0
    assert run("history", address).output.count("VpcCreated") == 1
    assert "vpc-" in run("show", address).output
    assert run("verify", address).output.startswith("intact  1 events")
