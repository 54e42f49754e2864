"""The promises of every event store, for memory and SQLite; then the tests of SQLite files."""

from __future__ import annotations

import re
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest

from ecsnet import Cloud, CommandDenied, ReplayError, StoreError, VersionConflict
from ecsnet import commands as c
from ecsnet.events import EventStore, MemoryStore, NewEvent
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.events.stores.sqlite_index import NAMED
from ecsnet.events.vpc import VpcDeleted
from tests.support.net import START, Net

Open = Callable[[], EventStore]
FORMAT_1 = Path(__file__).parents[2] / "fixtures" / "format_1.db"
"""A file that a library with format 1 wrote: a VPC, with a client token."""


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventStore]:
    opened: EventStore = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "network.db")
    yield opened
    opened.close()


def news(stream: str, *names: str) -> list[NewEvent]:
    return [NewEvent(stream, VpcDeleted(vpc_id=name), START, "1", "c") for name in names]


def test_an_empty_store_has_no_events(store: EventStore) -> None:
    assert store.head() == 0
    assert list(store.read()) == []


def test_positions_and_versions_have_no_gaps(store: EventStore) -> None:
    store.append(news("a", "1", "2"), {"a": 0})
    (other,) = store.append(news("b", "3"), {"b": 0})
    (third,) = store.append(news("a", "4"), {"a": 2})
    assert [(r.position, r.stream, r.version) for r in store.read()] == [
        (1, "a", 1),
        (2, "a", 2),
        (3, "b", 1),
        (4, "a", 3),
    ]
    assert (other.position, third.version) == (3, 3)
    assert store.head() == 4


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_an_append_with_a_wrong_expected_version_stores_nothing(store: EventStore, expected: int) -> None:
    store.append(news("a", "1", "2"), {"a": 0})
    with pytest.raises(VersionConflict, match=f"at version 2, not {expected}"):
        store.append(news("a", "3", "4"), {"a": expected})
    assert store.head() == 2
    store.append(news("a", "3"), {"a": 2})


def test_read_returns_the_events_between_two_positions_in_order(store: EventStore) -> None:
    store.append(news("a", "1", "2", "3", "4"), {"a": 0})
    assert [r.position for r in store.read(after=1, until=3)] == [2, 3]
    assert [r.position for r in store.read(after=4)] == []
    assert [r.position for r in store.read(until=0)] == []
    assert "3" in [r.event.vpc_id for r in store.read(naming="3")]  # type: ignore[attr-defined]


def test_read_returns_the_appended_events(store: EventStore) -> None:
    recorded = store.append(news("a", "1", "2"), {"a": 0})
    assert list(store.read()) == list(recorded)


def test_a_store_can_be_closed_twice_and_then_refuses_use(store: EventStore) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.append(news("a", "1"), {"a": 0})
    with pytest.raises(StoreError, match="closed"):
        list(store.read())


def test_clouds_can_share_a_store(store: EventStore) -> None:
    one, two = Cloud(store), Cloud(store)
    vpc = one.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert two.vpcs[vpc.id] == vpc
    other = two.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    assert list(one.vpcs) == [vpc.id, other.id]
    one.execute(c.DeleteVpc(vpc_id=vpc.id))
    with pytest.raises(CommandDenied):
        two.execute(c.DeleteVpc(vpc_id=vpc.id))


def test_a_cloud_decides_again_after_a_version_conflict(store: EventStore) -> None:
    """Another cloud appends between this one's look and its append: the id that was drawn is taken, another is."""
    overtaking = Cloud(store)

    class Overtaken:
        """Hides what was appended until the first conflict."""

        def __init__(self) -> None:
            self.hidden: int | None = 0

        def head(self) -> int:
            return store.head() if self.hidden is None else self.hidden

        def append(self, *args: Any) -> Any:
            try:
                return store.append(*args)
            except VersionConflict:
                self.hidden = None
                raise

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

    cloud = Cloud(Overtaken())  # type: ignore[arg-type]
    first = overtaking.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    second = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert first.id != second.id
    assert list(cloud.vpcs) == [first.id, second.id]


def test_concurrent_appends_to_another_region_are_kept(store: EventStore) -> None:
    class Late:
        """Reports the head before the other cloud's append, once."""

        old: ClassVar[list[int]] = []

        def head(self) -> int:
            return self.old.pop() if self.old else store.head()

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

    late: Any = Late()
    one, two = Cloud(late), Cloud(store)
    one.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    beijing = two.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    Late.old.append(1)
    hangzhou = one.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert beijing.id in one.vpcs
    assert list(one.vpcs)[-2:] == [beijing.id, hangzhou.id]


def test_threads_do_not_exceed_a_limit_together(store: EventStore) -> None:
    net = Net(store=store)
    net.quota("interfaces-per-region", 5)
    barrier, denied = Barrier(4), []

    def work(cloud: Cloud) -> None:
        barrier.wait()
        for _ in range(5):
            try:
                cloud.execute(net.eni_command())
            except CommandDenied as error:
                denied.append(error.code)

    threads = [Thread(target=work, args=(net.cloud,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(net.cloud.network_interfaces) == 5
    assert denied == ["MaxEniCountExceeded"] * 15


# SQLite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.db"


def test_a_reopened_file_has_the_same_state_and_history(path: Path) -> None:
    with Cloud(path, clock=lambda: START) as cloud:
        net = Net(store=cloud.store)
        vm = net.run()
        interface = net.attached(vm, description="für alle")
        history = net.cloud.history()
    with Cloud(str(path)) as again:
        assert again.instances[vm.id].network_interface_ids == (vm.primary_network_interface_id, interface.id)
        assert again.network_interfaces[interface.id] == interface
        assert again.history() == history
        assert [r.type for r in again.history(interface.id)] == ["NetworkInterfaceCreated", "NetworkInterfaceAttached"]
        fork = again.fork()
        fork.execute(c.StopInstance(instance_id=vm.id))
        assert len(fork.history()) == len(history) + 1
        assert again.history() == history


def test_client_tokens_are_kept_in_the_file(path: Path) -> None:
    command = c.CreateVpc(cidr_block="10.0.0.0/16")
    with Cloud(path) as cloud:
        first = cloud.execute(command, client_token="t-1")
        cloud.execute(c.DeleteVpc(vpc_id=first.id))
    with Cloud(path) as cloud:
        assert cloud.execute(command, client_token="t-1") == first
        assert not cloud.vpcs


def test_payloads_can_be_read_with_sqlite3(path: Path) -> None:
    with Cloud(path) as cloud:
        vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    with sqlite3.connect(path) as connection:
        row = connection.execute(
            "SELECT position, stream, version, type, schema_version, payload FROM events"
        ).fetchone()
    connection.close()
    assert row == (1, "cn-hangzhou", 1, "VpcCreated", 2, f'{{"vpc_id":"{vpc.id}","cidr_block":"10.0.0.0/16"}}')


@pytest.mark.parametrize("statement", ["UPDATE events SET payload = ''", "DELETE FROM events"])
def test_the_database_refuses_to_change_the_past(path: Path, statement: str) -> None:
    with Cloud(path) as cloud:
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        connection.execute(statement)
    connection.close()


def test_the_file_is_durable_on_return(path: Path) -> None:
    store = SqliteStore(path)
    connection = store._usable()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    store.close()


def test_an_append_that_fails_in_the_middle_stores_nothing(path: Path) -> None:
    store = SqliteStore(path)
    bad = NewEvent("a", VpcDeleted(vpc_id="x"), START, None, "c")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="VpcDeleted cannot be stored"):
        store.append([*news("a", "1"), bad], {"a": 0})
    assert store.head() == 0
    store.append(news("a", "1"), {"a": 0})
    store.close()


def test_a_killed_process_leaves_whole_commands(path: Path) -> None:
    code = (
        "import os, sys; from tests.support.net import Net; net = Net(store=sys.argv[1]); net.run();"
        "net.vswitch = net.new_vswitch('10.0.64.0/18'); print('ready', flush=True)\nwhile True: net.run(amount=3)"
    )
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        writer.kill()
        writer.wait()
        writer.stdout.close()
        with Cloud(path) as cloud:
            count = len(cloud.instances)
            events = [r for r in cloud.history() if r.type == "InstanceLaunched"]
            assert len(events) == count
            by_command: dict[str, int] = {}
            for record in events:
                by_command[record.command_id] = by_command.get(record.command_id, 0) + 1
            assert set(by_command.values()) <= {1, 3}
        path.unlink()
        for sidecar in path.parent.glob("network.db-*"):
            sidecar.unlink()


def refused(path: Path, message: str) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match=message):
        Cloud(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_text_file_is_refused_and_unchanged(path: Path) -> None:
    path.write_text("not a database, " * 50)
    refused(path, "no SQLite file")


def test_another_applications_database_is_refused_and_unchanged(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE events (a)")
    connection.close()
    refused(path, "another program")


def test_a_file_of_a_newer_version_is_refused_and_unchanged(path: Path) -> None:
    SqliteStore(path).close()
    content = bytearray(path.read_bytes())
    content[60:64] = struct.pack(">I", 99)
    path.write_bytes(content)
    refused(path, "newer ecsnet")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_format_1_is_refused_and_unchanged(path: Path, read_only: bool) -> None:
    content = FORMAT_1.read_bytes()
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"was written by an older ecsnet \(format 1; this one knows 4\)"):
        SqliteStore(path, read_only=read_only)
    assert path.read_bytes() == content


def test_a_file_finds_the_events_of_a_resource_by_an_index(path: Path) -> None:
    """The query for them searches both tables by their keys."""
    with Cloud(path) as cloud:
        net = Net(store=cloud.store)
        net.attached(net.run())
    connection = sqlite3.connect(path)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {NAMED} ORDER BY position LIMIT 500", (0, 9, "x")).fetchall()
    connection.close()
    assert [re.sub(r" \(.*", "", step[-1]) for step in plan] == [
        "SEARCH events_by_resource USING PRIMARY KEY",
        "SEARCH events USING INTEGER PRIMARY KEY",
    ]


def test_a_read_only_file_can_be_read_but_not_written(path: Path) -> None:
    with Cloud(path) as cloud:
        vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    path.chmod(0o444)
    refused(path, "read-only")
    with Cloud(SqliteStore(path, read_only=True)) as cloud:
        assert list(cloud.vpcs) == [vpc.id]
        with pytest.raises(StoreError, match="readonly"):
            cloud.execute(c.DeleteVpc(vpc_id=vpc.id))
        assert list(cloud.vpcs) == [vpc.id]


def test_a_path_that_cannot_be_a_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Cloud(tmp_path)
    with pytest.raises(StoreError, match="there is no folder"):
        Cloud(tmp_path / "nowhere" / "network.db")
    with pytest.raises(StoreError, match="there is no store to read"):
        SqliteStore(tmp_path / "network.db", read_only=True)
    with pytest.raises(StoreError, match="no store for such an address"):
        Cloud("mysql://user@host/db")
    assert list(tmp_path.iterdir()) == []


# Damage


def damaged(path: Path, statement: str) -> ReplayError:
    with Cloud(path) as cloud:
        net = Net(store=cloud.store)
        vm = net.run()
        net.attached(vm)
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted;" + statement
    )
    connection.close()
    with pytest.raises(ReplayError) as error:
        Cloud(path)
    return error.value


@pytest.mark.parametrize(
    ("statement", "version", "reason"),
    [
        ("DELETE FROM events WHERE version = 2", 3, "version 2 is missing"),
        ("UPDATE events SET type = 'Banana' WHERE version = 4", 4, "unknown event type 'Banana'"),
        ("UPDATE events SET payload = '{' WHERE version = 3", 3, "SecurityGroupCreated cannot be read"),
        ("UPDATE events SET payload = '{\"a\": 1}' WHERE version = 3", 3, "cannot be read"),
        (
            "UPDATE events SET schema_version = 3 WHERE version = 1",
            1,
            "schema version 3, and this library knows 1 to 2",
        ),
        ("UPDATE events SET recorded_at = 'yesterday' WHERE version = 1", 1, "yesterday"),
        (
            "UPDATE events SET type = 'NetworkInterfaceDetached' WHERE type = 'NetworkInterfaceAttached'",
            6,
            "NetworkInterfaceDetached is not possible in status Available",
        ),
        ("UPDATE events SET payload = replace(payload, 'eni-', 'eno-') WHERE version = 6", 6, "does not fit"),
        (
            "UPDATE events SET payload = replace(payload, '10.0.1.2', '10.0.1.1') WHERE version = 5",
            5,
            "NetworkInterfaceCreated does not fit what came before",
        ),
    ],
)
def test_a_damaged_history_raises_a_replay_error_with_its_version(
    path: Path, statement: str, version: int, reason: str
) -> None:
    error = damaged(path, statement)
    assert (error.stream, error.version) == ("cn-hangzhou", version)
    assert reason in str(error)


def test_a_recorded_move_of_a_primary_interface_raises_a_replay_error(path: Path) -> None:
    with Cloud(path) as cloud:
        net = Net(store=cloud.store)
        vm = net.run()
        attached = net.attached(vm)
    primary = vm.primary_network_interface_id
    error = damaged_by_rename(path, attached.id, str(primary))
    assert "is not possible in status InUse of the primary network interface" in str(error)


def damaged_by_rename(path: Path, old: str, new: str) -> ReplayError:
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TRIGGER events_are_never_changed;"
        f"UPDATE events SET payload = replace(payload, '{old}', '{new}') WHERE type = 'NetworkInterfaceAttached'"
    )
    connection.close()
    with pytest.raises(ReplayError) as error:
        Cloud(path)
    return error.value
