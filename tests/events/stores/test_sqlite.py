"""The writing of a SQLite file: one statement for an event, and an index that is written for many events at a time."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from ecsnet import Cloud, ReplayError, StoreError, VersionConflict
from ecsnet.events import NewEvent, RecordedEvent
from ecsnet.events.network_interface import NetworkInterfaceAttached, NetworkInterfaceModified
from ecsnet.events.stores import sqlite
from ecsnet.events.stores.hashes import verify
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.events.stores.sqlite_index import INDEXED_UP_TO, UNINDEXED
from tests.attack.damage import change
from tests.support.net import START, Net

FORMAT_3 = Path(__file__).parents[2] / "fixtures" / "every_event_format_3.db"
NAMES = ("a-1", "b-1", "x", "y", "z")
"""The resources that its events name."""
AT_ONCE = 8


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "AT_ONCE", AT_ONCE)


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.db"


def news(*names: str, stream: str = "a") -> list[NewEvent]:
    return [
        NewEvent(stream, NetworkInterfaceAttached(network_interface_id=name, instance_id="i-1"), START, "1", "c")
        for name in names
    ]


def asked(path: Path, query: str) -> int:
    connection = sqlite3.connect(path)
    value: int = connection.execute(query).fetchone()[0]
    connection.close()
    return value


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that connections execute which are opened from here on."""
    statements: list[str] = []
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    return statements


def test_an_event_is_appended_by_one_statement_while_nobody_else_appends(path: Path, statements: list[str]) -> None:
    store = SqliteStore(path)
    store.append(news("n-1"), {"a": 0})
    statements.clear()
    store.append(news("n-2"), {"a": 1})
    assert [statement.split()[0] for statement in statements] == ["INSERT"]
    store.close()


def test_events_of_two_stores_of_one_file_follow_each_other(path: Path, store: SqliteStore) -> None:
    other = SqliteStore(path)
    random, versions = Random(5), {"a": 0, "b": 0}
    for _ in range(60):
        stream, number = random.choice("ab"), random.choice((1, 1, 1, 2))
        one = random.choice((store, other))
        recorded = one.append(news(*["n-1"] * number, stream=stream), {stream: versions[stream]})
        versions[stream] += number
        assert [record.version for record in recorded][-1:] == [versions[stream]]
        with pytest.raises(VersionConflict):
            random.choice((store, other)).append(news("n-1", stream=stream), {stream: versions[stream] - 1})
    assert store.head() == other.head() == sum(versions.values())
    assert [record.position for record in store.read()] == list(range(1, store.head() + 1))
    assert verify(store).intact
    other.close()


def test_an_append_after_somebody_elses_is_refused_only_for_a_stream_of_its_decision(
    path: Path, store: SqliteStore
) -> None:
    store.append(news("n-1"), {"a": 0})
    other = SqliteStore(path)
    other.append(news("n-2", stream="b"), {"b": 0})
    other.close()
    with pytest.raises(VersionConflict):
        store.append(news("n-3"), {"a": 1, "b": 0})
    (recorded,) = store.append(news("n-3"), {"a": 1})
    assert (recorded.position, recorded.version) == (3, 2)


def test_the_events_of_a_resource_are_found_whether_they_are_indexed_or_not(path: Path, store: SqliteStore) -> None:
    """At every length of the history, between all bounds, and by a store that only reads."""
    reader = SqliteStore(path, read_only=True)
    names = ("n-1", "n-10", 'n-"', "n-名", "n-\\", "n-\n")
    random, version = Random(3), 0
    for _ in range(30):
        number = random.choice((1, 1, 1, 3, 20))
        store.append(news(*random.choices(names, k=number)), {"a": version})
        version += number
        history = list(store.read())
        for name in (*names, "i-1", "n-2"):
            named = [record for record in history if record.event.names(name)]
            assert list(store.read(naming=name)) == named
            after, until = random.randint(0, version), random.randint(0, version)
            assert list(store.read(naming=name, after=after, until=until)) == between(named, after, until)
        assert asked(path, INDEXED_UP_TO) > version - AT_ONCE
    assert list(reader.read(naming="n-1")) == list(store.read(naming="n-1"))
    reader.close()


def between(records: list[RecordedEvent], after: int, until: int) -> list[RecordedEvent]:
    return [record for record in records if after < record.position <= until]


def test_the_events_behind_the_index_are_searched_by_their_positions(path: Path, store: SqliteStore) -> None:
    connection = sqlite3.connect(path)
    (step,) = connection.execute(f"EXPLAIN QUERY PLAN {UNINDEXED} ORDER BY position", (0, 9, "x")).fetchall()
    connection.close()
    assert step[-1] == "SEARCH events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"


def test_events_are_indexed_without_being_read_unless_somebody_else_wrote(path: Path, statements: list[str]) -> None:
    store, other = SqliteStore(path), SqliteStore(path)
    version = 0

    def written_until_indexed() -> list[str]:
        nonlocal version
        statements.clear()
        while not any("indexed_events VALUES" in statement for statement in statements):
            store.append(news("n-1"), {"a": version})
            version += 1
        return [statement for statement in statements if "payload FROM events" in statement]

    assert written_until_indexed() == []
    assert written_until_indexed() == []
    other.append(news("n-2", stream="b"), {"b": 0})
    assert len(written_until_indexed()) == 1
    assert written_until_indexed() == []
    assert [record.position for record in store.read(naming="n-2")] == [2 * AT_ONCE + 1]
    assert len(list(store.read(naming="n-1"))) == version
    store.close()
    other.close()


def test_an_id_is_indexed_as_it_is_stored_whatever_its_type_was(path: Path, store: SqliteStore) -> None:
    of_another_type: Any = UUID(int=7)
    several: Any = [str(n) for n in range(3)]
    store.append(news(*["n-1"] * (AT_ONCE - 2), of_another_type), {"a": 0})
    modified = NetworkInterfaceModified(network_interface_id="n-1", security_group_ids=several)
    store.append([NewEvent("a", modified, START, "1", "c")], {"a": AT_ONCE - 1})
    assert asked(path, INDEXED_UP_TO) == AT_ONCE
    assert [record.position for record in store.read(naming=str(of_another_type))] == [AT_ONCE - 1]
    assert [record.position for record in store.read(naming="2")] == [AT_ONCE]


def test_a_time_is_stored_in_utc_whatever_its_timezone_and_type_were(path: Path, store: SqliteStore) -> None:
    class Moment(datetime):
        """The clocks of some test libraries return such times."""

    moments = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2019, 3, 11, 8, 0, 0, 7, tzinfo=UTC),
        datetime(2019, 3, 11, 8, 0, 0, 7, tzinfo=timezone(timedelta(hours=8))),
        Moment(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]
    store.append([replace(*news("n-1"), recorded_at=moment) for moment in moments], {"a": 0})
    stored = [row.recorded_at for row in store.stored()]
    assert stored == [moment.astimezone(UTC).isoformat().replace("+00:00", "Z") for moment in moments]
    assert [record.recorded_at for record in store.read()] == moments


def test_an_event_that_cannot_be_indexed_is_reported_and_nothing_is_appended(path: Path, store: SqliteStore) -> None:
    for version in range(AT_ONCE - 1):
        store.append(news("n-1"), {"a": version})
    assert change(path, "UPDATE events SET payload = '{' WHERE position = 3")
    with pytest.raises(StoreError, match="NetworkInterfaceAttached cannot be read"):
        store.append(news("n-1"), {"a": AT_ONCE - 1})
    assert store.head() == AT_ONCE - 1
    with pytest.raises(ReplayError):
        list(store.read())


def test_an_index_of_events_that_are_not_there_is_reported_by_an_append(path: Path) -> None:
    store = SqliteStore(path)
    assert change(path, "INSERT INTO indexed_events VALUES (1)")
    with pytest.raises(StoreError, match="position 1 is indexed, and was not recorded"):
        store.append(news("n-1"), {"a": 0})
    assert store.head() == 0
    store.close()


@pytest.mark.parametrize(
    "work",
    [
        "BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE)",
        "AFTER INSERT ON events WHEN NEW.position < 1000 BEGIN INSERT INTO events VALUES (NEW.position + 1000, "
        "NEW.stream, NEW.version + 1000, NEW.type, 1, '{}', '', '', '', NULL, NULL, '')",
    ],
)
def test_a_trigger_that_swallows_or_adds_events_is_reported(path: Path, store: SqliteStore, work: str) -> None:
    store.append(news("n-1"), {"a": 0})
    assert change(path, f"CREATE TRIGGER t {work}; END")
    with pytest.raises(StoreError, match="a trigger in the file swallows events"):
        store.append(news("n-2"), {"a": 1})


def test_a_removed_file_is_noticed_by_an_append_alone(path: Path, store: SqliteStore) -> None:
    store.append(news("n-1"), {"a": 0})
    path.rename(path.with_name("away.db"))
    with pytest.raises(StoreError, match="removed"):
        store.append(news("n-2"), {"a": 1})


def test_a_file_of_format_3_is_read_without_a_change(path: Path) -> None:
    shutil.copy(FORMAT_3, path)
    store = SqliteStore(path, read_only=True)
    history = list(store.read())
    for name in NAMES:
        assert list(store.read(naming=name)) == [record for record in history if record.event.names(name)] != []
    store.close()
    assert path.read_bytes() == FORMAT_3.read_bytes()


def test_a_file_of_format_3_is_converted_when_it_is_opened_to_be_written(path: Path) -> None:
    shutil.copy(FORMAT_3, path)
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="no such table: indexed_events"):
        connection.execute(INDEXED_UP_TO)
    store = SqliteStore(path)
    assert asked(path, "PRAGMA user_version") == 4
    before = store.head()
    for name in NAMES:
        store.append(news(name, stream="new"), {"new": NAMES.index(name)})
    assert verify(store).intact
    history = list(store.read())
    for name in NAMES:
        named = [record for record in history if record.event.names(name)]
        assert list(store.read(naming=name)) == named
        assert named[-1].position > before
    # A process that knows only format 3 does not append without the index that this one expects.
    with pytest.raises(sqlite3.OperationalError, match="no such table: resource_events"):
        connection.execute("INSERT INTO resource_events VALUES ('n-1', 1)")
    connection.close()
    store.close()


def test_an_empty_file_of_format_3_is_converted(path: Path) -> None:
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.executescript(
        "ALTER TABLE events_by_resource RENAME TO resource_events; DROP TABLE indexed_events; PRAGMA user_version = 3"
    )
    connection.close()
    with Cloud(path) as cloud:
        net = Net(store=cloud.store)
        interface = net.attached(net.run())
        named = [record for record in cloud.history() if record.event.names(interface.id)]
        assert list(cloud.history(interface.id)) == named != []


def test_a_store_sees_the_events_of_others_after_a_fork(path: Path, store: SqliteStore) -> None:
    """Its connection is another one then, which counts the changes of others anew."""
    other = SqliteStore(path)
    other.append(news("n-1"), {"a": 0})
    assert store.head() == 1
    other.append(news("n-1"), {"a": 1})
    assert store.head() == 2
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    store.append(news("n-2"), {"a": 2})
    other.append(news("n-2"), {"a": 3})
    assert store.head() == 4
    other.close()
