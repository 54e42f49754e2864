"""Snapshots: a history is opened, and its past is read, from the state that was kept last, and never differs by it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ecsnet import Cloud, ManualClock, audit
from ecsnet import _snapshots as kept
from ecsnet import commands as c
from ecsnet.cli import main
from ecsnet.domain.checks.state_digest import state_digest
from ecsnet.domain.fold import replay
from ecsnet.domain.state.world import World
from ecsnet.events import MemoryStore, NewEvent, RecordedEvent
from ecsnet.events.stores.opening import open_address
from ecsnet.events.stores.snapshots import Snapshot
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.strategies import clouds
from ecsnet.testing import START
from tests.attack.damage import write_history
from tests.attack.processes import Child
from tests.support.engines import ENGINES, OwnStore

EVERY = 7
patient = settings(suppress_health_check=list(HealthCheck), deadline=None)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots are kept after a few events."""
    monkeypatch.setattr(kept, "_LEAST", EVERY)
    monkeypatch.setattr(kept, "_LEAST_IN_MEMORY", EVERY)
    monkeypatch.setattr(kept, "_EVENTS_A_RESOURCE", 0)
    monkeypatch.setattr(kept, "_BYTES_AN_EVENT", 10**9)


class Counting(SqliteStore):
    """Counts the events that are read."""

    count = 0

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        for record in super().read(after=after, until=until, naming=naming):
            self.count += 1
            yield record


def positions(path: Path) -> list[int]:
    """The positions of the snapshots in a file, of whatever kind."""
    with sqlite3.connect(path) as connection:
        found = [row[0] for row in connection.execute("SELECT position FROM snapshots ORDER BY position")]
    connection.close()
    return found


def changed(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


def more(cloud: Cloud) -> None:
    """Creates as many VPCs as events lie between two snapshots."""
    for _ in range(EVERY):
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))


def digests(history: Sequence[RecordedEvent]) -> list[str]:
    """The digest of the state after each number of events, folded from the first one."""
    world = World()
    found = [state_digest(world)]
    for record in history:
        replay(world, [record])
        found.append(state_digest(world))
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with twenty VPCs, created a minute apart."""
    clock = ManualClock(START)
    with Cloud(tmp_path / "network.db", clock=clock) as cloud:
        for _ in range(20):
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
            clock.advance(timedelta(minutes=1))
    return tmp_path / "network.db"


def test_a_snapshot_is_kept_every_so_many_events(path: Path) -> None:
    assert positions(path) == [7, 14]


def test_the_events_between_two_snapshots_grow_with_what_a_snapshot_takes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_BYTES_AN_EVENT", 100)
    with Cloud(path) as cloud:
        for _ in range(60):
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    last, then, *others = positions(path)[-2:]
    assert then - last > 3 * EVERY
    assert not others


def test_opening_reads_the_events_after_the_newest_snapshot(path: Path) -> None:
    store = Counting(path)
    cloud = Cloud(store)
    assert store.count == 8  # six behind the snapshot, and the one that it is of when it is loaded and when it goes on
    assert len(cloud.vpcs) == 20
    store.close()


def test_the_past_is_read_from_the_snapshot_before_it(path: Path) -> None:
    store = Counting(path)
    cloud, expected = Cloud(store), digests(tuple(store.read()))
    for position, events in ((0, 0), (6, 6), (7, 0), (13, 6), (17, 3), (20, 0)):
        store.count = 0
        assert cloud.at(position).state_digest() == expected[position]
        assert store.count <= events + 1  # the event at the position says what time it is
        store.count = 0
        then = START + timedelta(minutes=position - 1)
        assert cloud.at(then).state_digest() == expected[position]
        assert store.count <= EVERY + 1
    store.close()


def test_a_time_is_looked_for_behind_the_last_snapshot_without_a_later_event(tmp_path: Path) -> None:
    clock = ManualClock(START)
    with Cloud(tmp_path / "network.db", clock=clock) as cloud:
        for minute in [0, 1, 2, 50, 3, 4, 5, 6, 7, 8, 9, 10, 11, 60, 12, 13, 14, 15, 16, 17]:
            clock.set(START + timedelta(minutes=minute))
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    with Cloud(tmp_path / "network.db") as cloud:
        counts = {
            minute: len(cloud.at(START + timedelta(minutes=minute)).vpcs) for minute in (0, 2, 20, 49, 50, 59, 60)
        }
    assert counts == {0: 1, 2: 3, 20: 3, 49: 3, 50: 13, 59: 13, 60: 20}


def test_every_kind_of_event_has_the_state_of_the_events_at_each_position(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    write_history(path)
    with Cloud(path, settle_after="manual") as cloud:
        history = cloud.history()
        expected = digests(history)
        assert cloud.state_digest() == expected[-1]
        assert len(positions(path)) > len(history) // (4 * EVERY)
        fork = cloud.fork()
        for position in random.Random(5).sample(range(len(history) + 1), 30):
            past = cloud.at(position)
            assert past.state_digest() == expected[position]
            assert past.at(position // 2).state_digest() == expected[position // 2]
            assert fork.at(position).fork().at(position // 3).state_digest() == expected[position // 3]
        assert audit(cloud) == audit(history)
        assert cloud.verify().intact


@patient
@given(clouds(min_commands=6, settle_after="manual"), st.data())
def test_forks_have_the_past_that_their_events_lead_to(cloud: Cloud, data: st.DataObject) -> None:
    fork = cloud.fork().fork()
    for _ in range(9):
        fork.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    expected = digests(fork.history())
    position = data.draw(st.integers(0, fork.position), label="position")
    assert fork.at(position).state_digest() == expected[position]
    assert fork.at(position).fork().state_digest() == expected[position]


@pytest.mark.parametrize("make", [MemoryStore, OwnStore])
def test_a_store_without_snapshots_has_worlds_in_memory_to_begin_with(make: Any) -> None:
    cloud = Cloud(make(), clock=ManualClock(START))
    for _ in range(20):
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    expected = digests(cloud.history())
    assert [past.world.position for past in cloud._engine.snapshots._worlds] == [7, 14]
    assert [cloud.at(position).state_digest() for position in range(21)] == expected


def test_a_past_that_is_read_again_begins_at_what_was_kept_on_the_way(path: Path) -> None:
    changed(path, "DELETE FROM snapshots WHERE position < 10")
    store = Counting(path)
    cloud = Cloud(store)
    cloud.at(13)
    store.count = 0
    cloud.at(13)
    assert store.count <= 7
    assert positions(path) == [7, 14]
    store.close()


def test_a_read_only_file_is_opened_by_its_snapshots_and_gets_none(path: Path) -> None:
    changed(path, "DELETE FROM snapshots WHERE position > 10")
    store = SqliteStore(path, read_only=True)
    with Cloud(store) as cloud:
        assert len(cloud.vpcs) == 20
        assert [len(cloud.at(position).vpcs) for position in (3, 9, 16)] == [3, 9, 16]
    store.close()
    assert positions(path) == [7]


def test_a_verified_cloud_is_folded_from_its_events(path: Path) -> None:
    store = Counting(path)
    with Cloud(store, verified=True) as cloud:
        assert store.count >= 20
        assert len(cloud.vpcs) == 20
    store.close()


def test_processes_that_write_to_one_file_keep_one_snapshot_after_so_many_events(path: Path) -> None:
    def work(say: Any) -> None:
        with Cloud(path) as cloud:
            for _ in range(10):
                cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))

    children = [Child(work) for _ in range(3)]
    assert [child.lines() for child in children] == [[], [], []]
    with Cloud(path) as cloud:
        assert cloud.position == 50
        assert cloud.verify().snapshots == len(positions(path)) <= 50 // (EVERY // 2)
        assert cloud.state_digest() == digests(cloud.history())[-1]


# What is not used, and said so


def ignored(path: Path) -> list[str]:
    """Opens a file, and returns the reasons why snapshots were not used. The state is that of the events."""
    with capture_logs() as entries, Cloud(path) as cloud:
        assert cloud.state_digest() == digests(cloud.history())[-1]
    return [entry["reason"] for entry in entries if entry["event"] == "snapshot ignored"]


def test_a_damaged_snapshot_is_replaced(path: Path) -> None:
    changed(path, "UPDATE snapshots SET content = x'00' WHERE position = 14")
    assert len(ignored(path)) == 1
    assert ignored(path) == []
    assert positions(path) == [7, 14]


def test_a_whole_snapshot_is_used_without_a_word(path: Path) -> None:
    assert ignored(path) == []


@pytest.mark.parametrize("column", ["content", "latest", "position"])
def test_a_damaged_snapshot_is_ignored_and_the_one_before_it_used(path: Path, column: str) -> None:
    new = {"content": "substr(content, 1, 200) || x'00' || substr(content, 202)", "latest": "latest + 1"}
    changed(path, f"UPDATE snapshots SET {column} = {new.get(column, 'position + 3')} WHERE position = 14")
    store = Counting(path, read_only=True)
    with Cloud(store):
        assert store.count == 15
    (reason,) = ignored(path)
    assert "checksum" in reason


@pytest.mark.parametrize("value", [None, "text", 7, b"", b"x" * 79, b"x" * 80, b"x" * 500])
def test_a_snapshot_with_any_content_is_ignored(path: Path, value: Any) -> None:
    changed(path, "ALTER TABLE snapshots RENAME TO before")
    changed(path, "CREATE TABLE snapshots (position, kind, latest, content, PRIMARY KEY (position, kind))")
    changed(path, "INSERT INTO snapshots SELECT position, kind, latest, ? FROM before", value)
    assert len(ignored(path)) == 2


@pytest.mark.parametrize("bit", [0, 3, 7])
def test_a_bit_that_flips_anywhere_in_a_snapshot_is_noticed(path: Path, bit: int) -> None:
    store = SqliteStore(path)
    snapshot = store.snapshot(None, until=20)
    assert snapshot is not None
    for place in range(0, len(snapshot.content), 9):
        content = bytearray(snapshot.content)
        content[place] ^= 1 << bit
        broken = Snapshot(snapshot.kind, snapshot.position, snapshot.latest, bytes(content))
        assert isinstance(kept._opened(store, broken), str)
    assert isinstance(kept._opened(store, snapshot), kept.Past)
    store.close()


def test_a_snapshot_of_another_version_is_ignored(path: Path) -> None:
    changed(path, "UPDATE snapshots SET kind = '0.0.9/older'")
    (reason,) = ignored(path)
    assert "'0.0.9/older'" in reason
    assert positions(path) == [7, 14, 14]  # those of this version, and the newest of the other


def test_a_snapshot_of_another_history_is_ignored(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with Cloud(other, clock=ManualClock(START)) as cloud:
        for number in range(20):
            cloud.execute(c.CreateVpc(cidr_block=f"10.{number}.0.0/16"))
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM snapshots").fetchall()
    connection.close()
    changed(other, "DELETE FROM snapshots")
    for row in rows:
        changed(other, "INSERT INTO snapshots VALUES (?, ?, ?, ?)", *row)
    assert ignored(other) == ["it is one of another history"] * 2


def test_a_table_of_another_program_with_that_name_is_left_alone(path: Path) -> None:
    changed(path, "DROP TABLE snapshots")
    changed(path, "CREATE TABLE snapshots (of_my_own TEXT)")
    with capture_logs() as entries, Cloud(path) as cloud:
        for _ in range(9):
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        assert cloud.position == 29
    assert {"snapshot ignored", "snapshot not kept"} <= {entry["event"] for entry in entries}


class Disturbed(SqliteStore):
    """Fails while it keeps a snapshot."""

    error: BaseException | None = None

    def history_digest(self, versions: Mapping[str, int]) -> str | None:
        if self.error is not None:
            raise self.error
        return super().history_digest(versions)


def test_a_command_is_executed_though_its_snapshot_cannot_be_kept(path: Path) -> None:
    lock = sqlite3.connect(path, isolation_level=None)
    with Cloud(path) as cloud:
        store: Any = cloud.store
        appended = store.append

        def append(events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
            recorded: Sequence[RecordedEvent] = appended(events, expected)
            lock.execute("BEGIN IMMEDIATE")
            return recorded

        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        store.append = append
        with capture_logs() as entries:
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        lock.execute("ROLLBACK")
        del store.append
    lock.close()
    assert [entry["event"] for entry in entries].count("snapshot not kept") <= 1
    assert ignored(path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_an_interrupt_while_a_snapshot_is_kept_loses_nothing(path: Path, error: BaseException) -> None:
    store = Disturbed(path)
    with Cloud(store) as cloud:
        store.error = error
        with pytest.raises(type(error)):
            more(cloud)
        store.error = None
        before = cloud.position
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        assert cloud.position == before + 1 == len(cloud.vpcs)
        assert cloud.state_digest() == digests(cloud.history())[-1]
    store.close()
    assert ignored(path) == []


# Verification


def test_verify_compares_every_snapshot_with_the_events(path: Path) -> None:
    with Cloud(path) as cloud:
        assert (cloud.verify().snapshots, cloud.verify().intact) == (2, True)
    assert "2 snapshots say what the events say" in CliRunner().invoke(main, ["verify", str(path)]).output


def test_verify_names_a_snapshot_that_says_something_else(path: Path) -> None:
    store = SqliteStore(path)
    world = World()
    replay(world, store.read(until=14))
    world.regions["cn-hangzhou"].vpcs.delete(next(iter(world.regions["cn-hangzhou"].vpcs)))
    changed(path, "DELETE FROM snapshots WHERE position = 14")
    kept.Snapshots.of(store).keep(kept.Past(world, START))
    store.close()
    with Cloud(path) as cloud:
        assert len(cloud.vpcs) == 19  # nothing tells it from a true one but the events
        fault = cloud.verify().fault
    assert fault is not None
    assert (fault.kind, fault.position) == ("snapshot", 14)
    assert "not the one that the events lead to" in str(fault)
    result = CliRunner().invoke(main, ["verify", str(path)])
    assert result.exit_code == 1
    assert "position 14 is snapshot" in result.output


def test_verify_names_a_damaged_snapshot(path: Path) -> None:
    changed(path, "UPDATE snapshots SET content = x'00' WHERE position = 7")
    with Cloud(path) as cloud:
        fault = cloud.verify().fault
    assert fault is not None
    assert (fault.kind, fault.position) == ("snapshot", 7)


# Databases and servers


@pytest.fixture(params=["postgres", "jetstream"])
def address(request: pytest.FixtureRequest) -> str:
    """The address of a history that does not exist yet."""
    addresses = ENGINES[request.param].addresses
    assert addresses is not None
    return addresses(request)()


def test_an_engine_is_opened_by_its_snapshots(address: str) -> None:
    with Cloud(address, clock=ManualClock(START)) as cloud:
        for _ in range(20):
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        expected = digests(cloud.history())
    store = open_address(address, read_only=True)
    read: list[int] = []
    reading = store.read

    def counted(**bounds: Any) -> Iterator[RecordedEvent]:
        for record in reading(**bounds):
            read.append(record.position)
            yield record

    store.read = counted  # type: ignore[method-assign]
    cloud = Cloud(store)
    assert sorted(set(read)) == [14, 15, 16, 17, 18, 19, 20]
    assert [cloud.at(position).state_digest() for position in (5, 10, 20)] == [expected[n] for n in (5, 10, 20)]
    assert cloud.verify().snapshots == 2
    cloud.close()


def test_an_engine_without_snapshots_is_read(address: str) -> None:
    with Cloud(address) as cloud:
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    with Cloud(open_address(address, read_only=True)) as cloud:
        assert len(cloud.vpcs) == 1
        assert cloud.verify().snapshots == 0
