"""Files with rows changed by SQL either raise an error of ecsnet or can be used."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, ReplayError, StoreError
from ecsnet import commands as c
from ecsnet.events import StoredEvent
from ecsnet.events.stores.codec import EVENT_TYPES
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.stores.sqlite import SqliteStore
from tests.attack.damage import (
    LOOSEN,
    Statement,
    change,
    change_tables,
    places_in,
    use,
    use_on_the_command_line,
    with_value,
    write_history,
)
from tests.support import postgres
from tests.support.hypothesis_settings import budget

COLUMNS = (
    "position",
    "stream",
    "version",
    "type",
    "schema_version",
    "payload",
    "recorded_at",
    "account_id",
    "command_id",
    "caused_by",
    "settles",
    "hash",
)


@cache
def whole() -> tuple[bytes, tuple[tuple[int, str, Any], ...]]:
    """A whole file, and position, type and payload of what is in it."""
    folder = Path(tempfile.mkdtemp())
    try:
        write_history(folder / "n.db")
        database = sqlite3.connect(folder / "n.db")
        rows = database.execute("SELECT position, type, payload FROM events ORDER BY position").fetchall()
        database.close()
        return (folder / "n.db").read_bytes(), tuple((n, name, json.loads(payload)) for n, name, payload in rows)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


def fresh(folder: Path) -> Path:
    """The whole file again."""
    for name in ("n.db", "n.db-wal", "n.db-shm", "n.db-journal"):
        (folder / name).unlink(missing_ok=True)
    path = folder / "n.db"
    path.write_bytes(whole()[0])
    return path


HUGE = 2**63 - 1
DEEP = '{"a":' * 5_000 + "1" + "}" * 5_000
envelope_values = st.sampled_from(
    [
        None,
        "",
        " ",
        b"",
        b"\xff",
        b"cn-hangzhou",
        "x",
        "cn-hangzhou",
        "cn-elsewhere",
        "cn-described",
        "cn-new",
        "account/1234567890123456",
        "account/x",
        "account/",
        "addresses/public/0",
        "a/b/c",
        "/",
        0,
        1,
        2,
        -1,
        HUGE,
        -HUGE - 1,
        2**53,
        1.0,
        1.5,
        -0.0,
        float("inf"),
        "1",
        "VpcCreated",
        "Event",
        "InstanceBirth",
        "ClientTokenUsed",
        "2019-03-11",
        "2019-03-11T00:00:00",
        "9999-12-31T23:59:59-23:00",
        "0001-01-01T00:00:00+23:00",
        "2019-03-11T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00Z",
        "1234567890123456",
        "{}",
        "[]",
        "null",
        "\x1b[31m\n",
        "\0",
        "é" * 5_000,
        DEEP,
    ]
)
payload_values = st.sampled_from(
    [
        None,
        True,
        0,
        1,
        -1,
        2**31,
        2**63,
        2**64,
        10**30,
        1.5,
        1e308,
        "",
        " ",
        "x",
        "\0",
        "\ud800",
        "a\nb",
        "10.0.0.1",
        "10.0.1.255",
        "10.0.1.7",
        "10.0.1.07",
        "10.0.1",
        "10.0.1.7.8",
        "10.0.1.256",
        "10.0.1.-1",
        "10.0.1.٣",
        "10. 0.1.7",
        "::1",
        "255.255.255.255",
        "0.0.0.0",
        "10.0.0.0/16",
        "10.0.0.0/-1",
        "10.0.0.0/-100000000000",
        "10.0.0.0/33",
        "10.0.0.0/x",
        "10.0.0.0",
        "10.0.0.0/16/2",
        "0.0.0.0/0",
        "10.0.1.1/32",
        "10.0.1.0/30",
        "00:16:3e:00:00:0g",
        "cn-hangzhou-",
        "2019-03-11T00:00:00",
        "2019-03-11T00:00:00Z",
        "2019-03-11T00:00:00+08:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "Running",
        "Pending",
        "Released",
        "Deleted",
        "Creating",
        "InUse",
        "Available",
        "PrePaid",
        "Primary",
        "eips-per-account",
        "public",
        "VpcCreated",
        "Vpc",
        "Instance",
        "Resource",
        "msgspec",
        "vpc-1",
        "i-1",
        "eni-0",
        "sg-1",
        "vsw-1",
        [],
        [""],
        ["10.0.1.9", "10.0.1.9"],
        ["10.0.1.200"],
        ["x"],
        ["sg-1", "sg-1"],
        {},
        {"a": 1},
        [[]],
    ]
)


@st.composite
def payloads(draw: st.DrawFn) -> list[Statement]:
    """One value of one payload is another one, or is gone, or there is one more."""
    _, rows = whole()
    name = draw(st.sampled_from(sorted({name for _, name, _ in rows})))  # every type as often
    position, _, payload = draw(st.sampled_from([row for row in rows if row[1] == name]))
    place = draw(st.sampled_from(list(places_in(payload))))
    kind = draw(st.sampled_from(["another", "another", "another", "of others", "gone", "more"]))
    if kind == "gone" and place and isinstance(place[-1], str):
        parent = payload
        for key in place[:-1]:
            parent = parent[key]
        payload = with_value(payload, place[:-1], {key: item for key, item in parent.items() if key != place[-1]})
    elif kind == "more":
        payload = {
            **payload,
            draw(st.sampled_from(["created_at", "status", "x", "instance_id", "security_group_ids"])): 1,
        }
    elif kind == "of others":  # a value that another event has, where it makes sense
        _, _, other = draw(st.sampled_from(rows))
        values = [other]
        for key in draw(st.sampled_from(list(places_in(other)))):
            values.append(values[-1][key])
        payload = with_value(payload, place, values[-1])
    else:
        payload = with_value(payload, place, draw(payload_values))
    return [("UPDATE events SET payload = ? WHERE position = ?", (json.dumps(payload), position))]


@st.composite
def envelopes(draw: st.DrawFn) -> list[Statement]:
    """One value of one row's envelope is another one."""
    _, rows = whole()
    position, _, _ = draw(st.sampled_from(rows))
    column = draw(st.sampled_from(COLUMNS))
    loosened = list(LOOSEN) if draw(st.booleans()) else []
    kind = draw(st.sampled_from(["another", "another", "shifted", "of others", "no Unicode", "a type"]))
    where = ("" if draw(st.integers(0, 9)) == 0 else " WHERE position = ?") if loosened else " WHERE position = ?"
    parameters = (position,) if where else ()
    if kind == "a type":
        name = draw(st.sampled_from(sorted(EVENT_TYPES)))
        return [*loosened, (f"UPDATE events SET type = ?{where}", (name, *parameters))]
    if kind == "shifted":
        by = draw(st.sampled_from([1, -1, 2, 500, -500, HUGE - 100, 0.5]))
        column = draw(st.sampled_from(["position", "version", "schema_version"]))
        return [*loosened, (f"UPDATE events SET {column} = {column} + ?{where}", (by, *parameters))]
    if kind == "of others":
        other = draw(st.sampled_from(rows))[0]
        value = f"(SELECT {column} FROM events WHERE position = ?)"
        return [*loosened, (f"UPDATE events SET {column} = {value}{where}", (other, *parameters))]
    if kind == "no Unicode":
        return [*loosened, (f"UPDATE events SET {column} = CAST(x'ff' || {column} AS TEXT){where}", parameters)]
    return [*loosened, (f"UPDATE events SET {column} = ?{where}", (draw(envelope_values), *parameters))]


@st.composite
def row_sets(draw: st.DrawFn) -> list[Statement]:
    """Rows are gone, doubled, exchanged or moved."""
    _, rows = whole()
    last = len(rows)
    first = draw(st.integers(1, last))
    second = draw(st.integers(1, last))
    statements: dict[str, list[Statement]] = {
        "gone": [("DELETE FROM events WHERE position = ?", (first,))],
        "a stretch gone": [
            ("DELETE FROM events WHERE position BETWEEN ? AND ?", (min(first, second), max(first, second)))
        ],
        "the end gone": [("DELETE FROM events WHERE position > ?", (first,))],
        "the beginning gone": [("DELETE FROM events WHERE position < ?", (first,))],
        "a stream gone": ["DELETE FROM events WHERE stream = 'cn-elsewhere'"],
        "gone, and closed up": [
            ("DELETE FROM events WHERE position = ?", (first,)),
            ("UPDATE events SET position = -position + 1 WHERE position > ?", (first,)),
            "UPDATE events SET position = -position WHERE position < 0",
        ],
        "all gone": ["DELETE FROM events"],
        "moved": [("UPDATE events SET position = ? WHERE position = ?", (last + second, first))],
        "doubled": [
            *LOOSEN,
            ("INSERT INTO events SELECT * FROM events WHERE position = ?", (first,)),
        ],
        "repeated at the end": [
            (
                "INSERT INTO events SELECT ?, stream, "
                "(SELECT max(version) + 1 FROM events o WHERE o.stream = e.stream), "
                "type, schema_version, payload, recorded_at, account_id, command_id, caused_by, settles, hash "
                "FROM events e WHERE position = ?",
                (last + 1, first),
            )
        ],
        "exchanged": [
            ("UPDATE events SET position = -1 WHERE position = ?", (first,)),
            ("UPDATE events SET position = ? WHERE position = ?", (first, second)),
            ("UPDATE events SET position = ? WHERE position = -1", (second,)),
        ],
        "exchanged with their versions": [
            *LOOSEN,
            ("CREATE TEMP TABLE kept AS SELECT * FROM events WHERE position IN (?, ?)", (first, second)),
            (
                "UPDATE events SET (type, payload) = (SELECT type, payload FROM kept WHERE position = ?) "
                "WHERE position = ?",
                (second, first),
            ),
            (
                "UPDATE events SET (type, payload) = (SELECT type, payload FROM kept WHERE position = ?) "
                "WHERE position = ?",
                (first, second),
            ),
        ],
    }
    return statements[draw(st.sampled_from(sorted(statements)))]


@pytest.mark.parametrize("damages", [payloads, envelopes, row_sets], ids=lambda kind: kind.__name__)
def test_a_row_of_any_content_raises_only_errors_of_ecsnet(folder: Path, damages: Any) -> None:
    tries = {payloads: 150, envelopes: 100, row_sets: 40}[damages]

    @settings(max_examples=budget(tries), deadline=None, suppress_health_check=list(HealthCheck))
    @given(statements=damages(), deep=st.booleans())
    def run(statements: list[Statement], deep: bool) -> None:
        path = fresh(folder)
        if change(path, *statements):
            if deep:
                before = path.read_bytes()
                use_on_the_command_line(path)
                path.write_bytes(before)
            use(path, deep=deep)

    run()


@cache
def rows() -> tuple[StoredEvent, ...]:
    """The rows of the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "n.db"
        path.write_bytes(whole()[0])
        store = SqliteStore(path)
        found = tuple(store.stored())
        store.close()
    return found


@pytest.mark.parametrize("damages", [payloads, envelopes, row_sets], ids=lambda kind: kind.__name__)
def test_a_row_of_any_content_in_a_database_raises_only_errors_of_ecsnet(postgres_address: str, damages: Any) -> None:
    @settings(max_examples=budget(10), deadline=None, suppress_health_check=list(HealthCheck))
    @given(statements=damages())
    def run(statements: list[Statement]) -> None:
        address = postgres.fresh(postgres_address)
        store = PostgresStore(address)
        store.restore(rows())
        store.close()
        if change_tables(address, *statements):
            use(address, deep=False)

    run()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cidr_block", "x"),
        ("cidr_block", "10.0.0.0/-100000000000"),
        ("cidr_block", "10.0.0.0/33"),
        ("private_ip_address", "banana"),
        ("private_ip_address", "10.0.1.256"),
        ("private_ip_address", "10.0.1.07"),
        ("private_ip_addresses", ["x"]),
        ("private_ip_addresses", ["10.0.1.-1"]),
        ("expires_at", "2019-03-11T00:00:00"),
        ("next_cycle_at", "2019-03-11T00:00:00"),
        ("created_at", "2019-03-11T00:00:00"),
    ],
)
def test_an_invalid_stored_value_raises_a_replay_error_with_its_version(folder: Path, field: str, value: Any) -> None:
    for event_type in sorted({name for _, name, payload in whole()[1] if field in payload or field == "created_at"}):
        if (field == "created_at") != event_type.endswith("Imported") and value != "x":
            continue  # what was described is not judged as strictly
        position, _, payload = next(row for row in whole()[1] if row[1] == event_type)
        if field != "created_at":
            position, _, payload = next(row for row in whole()[1] if row[1] == event_type and field in row[2])
        path = fresh(folder)
        text = json.dumps({**payload, field: value})
        assert change(path, ("UPDATE events SET payload = ? WHERE position = ?", (text, position)))
        with pytest.raises(ReplayError) as told:
            Cloud(path)
        with sqlite3.connect(path) as database:
            where = database.execute("SELECT stream, version FROM events WHERE position = ?", (position,)).fetchone()
        database.close()
        assert (told.value.stream, told.value.version) == where


LOST = [
    ("DELETE FROM events WHERE position = 1", "version 1"),
    ("DELETE FROM events WHERE position = 60", "missing"),
    ("DELETE FROM events WHERE position = (SELECT max(position) FROM events WHERE stream = 'cn-elsewhere')", "missing"),
    ("DELETE FROM events WHERE stream = 'cn-elsewhere'", "missing"),
    ("DELETE FROM events WHERE position < 10", "missing"),
    ("UPDATE events SET position = position + 1000 WHERE position = (SELECT max(position) FROM events)", "missing"),
]


@pytest.mark.parametrize(("statement", "told"), LOST)
def test_a_missing_row_raises(folder: Path, statement: str, told: str) -> None:
    path = fresh(folder)
    assert change(path, statement)
    with pytest.raises(ReplayError, match=told):
        Cloud(path)


# Tables that are not as they were laid out

TABLES = [
    ["ALTER TABLE events ADD COLUMN more TEXT"],
    ["ALTER TABLE events RENAME COLUMN payload TO other"],
    ["ALTER TABLE events RENAME COLUMN position TO other"],
    ["ALTER TABLE events RENAME TO others"],
    ["ALTER TABLE events DROP COLUMN command_id"],
    ["DROP TABLE events"],
    ["DELETE FROM events", "ALTER TABLE events RENAME COLUMN version TO other"],
    ["ALTER TABLE events RENAME TO old", "CREATE VIEW events AS SELECT * FROM old"],
    ["ALTER TABLE events RENAME TO old", "CREATE VIRTUAL TABLE events USING fts5(position, stream)"],
    ["ALTER TABLE events RENAME TO old", "CREATE TABLE events (x)"],
    [*LOOSEN],
    [*LOOSEN, "INSERT INTO events SELECT * FROM events"],
    [*LOOSEN, "UPDATE events SET version = CAST(version AS TEXT)"],
    [*LOOSEN, "UPDATE events SET position = CAST(position AS TEXT)"],
    [*LOOSEN, "UPDATE events SET payload = CAST(payload AS BLOB)"],
    [*LOOSEN, "UPDATE events SET stream = CAST(stream AS BLOB)"],
    [*LOOSEN, "UPDATE events SET position = NULL"],
    ["CREATE TRIGGER t BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END"],
    ["CREATE TRIGGER t BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"],
    ["CREATE TRIGGER t BEFORE INSERT ON events BEGIN SELECT RAISE(FAIL, 'no'); END"],
    ["CREATE TRIGGER t BEFORE INSERT ON events BEGIN SELECT RAISE(ROLLBACK, 'no'); END"],
    ["CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events WHERE position = NEW.position; END"],
    ["CREATE TRIGGER t AFTER INSERT ON events BEGIN UPDATE events SET payload = 'x' WHERE position = 1; END"],
    [
        "CREATE TRIGGER t AFTER INSERT ON events WHEN NEW.position < 1000 BEGIN INSERT INTO events VALUES "
        "(NEW.position + 1000, NEW.stream, NEW.version + 1000, NEW.type, 1, '{}', '', '', '', NULL, NULL, ''); END"
    ],
    ["CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT no_such_function(); END"],
    ["CREATE UNIQUE INDEX i ON events (type)"],
    ["CREATE UNIQUE INDEX i ON events (account_id) WHERE position > 190"],
    ["DROP TABLE events_by_resource"],
    ["DELETE FROM events_by_resource"],
    ["UPDATE events_by_resource SET position = position + 1"],
    ["ALTER TABLE events_by_resource RENAME COLUMN resource_id TO other"],
    ["ALTER TABLE events_by_resource RENAME TO resource_events"],
    ["DROP TABLE indexed_events"],
    ["DELETE FROM indexed_events"],
    ["INSERT INTO indexed_events VALUES (1000)"],
    ["CREATE TABLE more (x)", "CREATE INDEX i ON events (type)"],
    ["PRAGMA user_version = 0"],
    ["PRAGMA user_version = 1"],
    ["PRAGMA user_version = 2"],
    ["PRAGMA user_version = 2", "ALTER TABLE events DROP COLUMN hash"],
    ["PRAGMA user_version = 3"],
    ["PRAGMA user_version = 5"],
    ["ALTER TABLE events DROP COLUMN hash"],
    ["UPDATE events SET hash = NULL"],
    ["UPDATE events SET hash = CAST(x'ff' AS TEXT)"],
    ["PRAGMA user_version = -1"],
    ["PRAGMA application_id = 0"],
    ["PRAGMA application_id = -1"],
]


@pytest.mark.parametrize(
    "statements",
    random.Random(8).sample(TABLES, min(len(TABLES), budget(40))),
    ids=lambda statements: statements[-1][:60],
)
def test_a_changed_table_is_refused_or_works(folder: Path, statements: list[Statement]) -> None:
    path = fresh(folder)
    if not change(path, *statements):
        pytest.skip("SQLite does not do that here")
    before = path.read_bytes()
    use(path, deep=False)
    fresh(folder)
    path.write_bytes(before)
    use_on_the_command_line(path)


@pytest.mark.parametrize("statements", TABLES, ids=lambda statements: statements[-1][:60])
def test_a_changed_table_never_loses_an_acknowledged_command(folder: Path, statements: list[Statement]) -> None:
    path = fresh(folder)
    if not change(path, *statements):
        pytest.skip("SQLite does not do that here")
    try:
        with Cloud(path) as cloud:
            vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    except (ReplayError, StoreError):
        return
    with Cloud(path) as cloud:
        assert vpc.id in cloud.vpcs
