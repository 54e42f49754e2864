"""Histories as lines of JSON: equal for every engine, imported whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from ecsnet import Cloud, EcsnetError, ReplayError, StoreError
from ecsnet import commands as c
from ecsnet.cli import main
from ecsnet.events import EventStore, MemoryStore, StoredEvent, export_history, import_history
from ecsnet.events.stores.hashes import BEGINNING, HashChain, event_hash, verify
from ecsnet.events.stores.jetstream import JetStreamStore
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.stores.sqlite import SqliteStore
from tests.support import nats, postgres
from tests.support.net import Net

FORMAT_2 = Path(__file__).parents[2] / "fixtures" / "format_2.db"
Make = Callable[[], EventStore]


@pytest.fixture(params=["memory", "sqlite", "postgres", "jetstream"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes empty stores of an engine."""
    opened: list[EventStore] = []
    numbers = count()

    def new() -> EventStore:
        store: EventStore
        if request.param == "memory":
            store = MemoryStore()
        elif request.param == "sqlite":
            store = SqliteStore(tmp_path / f"{next(numbers)}.db")
        elif request.param == "jetstream":
            store = JetStreamStore(nats.fresh(request.getfixturevalue("nats_address")))
        else:
            store = PostgresStore(postgres.fresh(request.getfixturevalue("postgres_address")))
        opened.append(store)
        return store

    yield new
    for store in opened:
        store.close()


def fill(store: EventStore) -> None:
    cloud = Cloud(store, settle_after="manual")
    net = Net(store=store)
    interface = net.attached(net.run())
    cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"), client_token="t-1")
    cloud.execute(c.StopInstance(instance_id=next(iter(cloud.instances))))
    cloud.settle()
    cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=str(interface.instance_id)))


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    store = SqliteStore(tmp_path_factory.mktemp("exchange") / "network.db")
    fill(store)
    exported = list(export_history(store))
    store.close()
    return exported


def test_a_history_is_equal_after_a_round_trip_through_every_engine(make: Make, lines: list[bytes]) -> None:
    store = make()
    assert import_history(lines, store) == len(lines) - 1 == store.head()
    assert list(export_history(store)) == lines
    assert verify(store).intact
    cloud = Cloud(store)
    assert cloud.history(next(iter(cloud.instances)))[0].type == "InstanceLaunched"
    cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert verify(store, expect=msgspec.json.decode(lines[-1])["head"]).intact


def test_what_an_engine_recorded_is_exported(make: Make) -> None:
    store, other = make(), MemoryStore()
    fill(store)
    exported = list(export_history(store))
    import_history(exported, other)
    assert list(export_history(other)) == exported
    assert list(other.read()) == list(store.read())


def test_an_empty_history_is_one_line(make: Make) -> None:
    store = make()
    (line,) = export_history(store)
    assert import_history([line], make()) == 0
    assert store.head() == 0


def test_a_store_with_events_is_refused_and_unchanged(make: Make, lines: list[bytes]) -> None:
    store = make()
    import_history(lines, store)
    with pytest.raises(StoreError, match="there are events already"):
        import_history(lines, store)
    assert list(export_history(store)) == lines


def half(line: bytes) -> bytes:
    return line[: len(line) // 2]


DAMAGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "half of the last line": (lambda them: [*them[:-1], half(them[-1])], "line {last}: its end is missing"),
    "half of an event at the end": (lambda them: [*them[:5], half(them[5])], "line 6: its end is missing"),
    "the last newline": (lambda them: [*them[:-1], them[-1].rstrip()], "line {last}: its end is missing"),
    "the last line": (lambda them: them[:-1], "line {last}: it is missing"),
    "all lines": (lambda them: [], "line 1: it is missing"),
    "half of an event": (lambda them: [*them[:5], half(them[5]) + b"\n", *them[6:]], "line 6: "),
    "an event": (lambda them: [*them[:5], *them[6:]], "line 6: position 6 is missing"),
    "the last event": (lambda them: [*them[:-2], them[-1]], "its head is not that of the events before it"),
    "an event twice": (lambda them: [*them[:5], them[4], *them[5:]], "line 6: position 5 .* is inserted"),
    "more": (lambda them: [*them, them[0]], "the history has ended before it"),
    "a value": (
        lambda them: [*them[:5], them[5].replace(b"1234567890123456", b"1234567890123457"), *them[6:]],
        "line 6: position 6 .* is altered",
    ),
    "a field": (lambda them: [*them[:5], b'{"more":1,' + them[5][1:], *them[6:]], "line 6: .*more"),
    "no UTF-8": (lambda them: [*them[:5], them[5].replace(b"cn-", b"c\xff-"), *them[6:]], "line 6: "),
    "no object": (lambda them: [*them[:5], b"[]\n", *them[6:]], "line 6: "),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_lines_are_refused_with_their_number(make: Make, lines: list[bytes], damage: str) -> None:
    change, message = DAMAGES[damage]
    store = make()
    with pytest.raises(ReplayError, match=message.format(last=len(lines))):
        import_history(change(lines), store)
    assert store.head() == 0
    assert list(store.read()) == []
    assert import_history(lines, store) == len(lines) - 1


def rehashed(rows: list[StoredEvent]) -> list[bytes]:
    """The lines of rows with hashes that are right."""
    chain, found = HashChain(), []
    for row in rows:
        _, previous = chain.ends.get(row.stream, (0, BEGINNING))
        row = msgspec.structs.replace(row, hash=event_hash(previous, msgspec.structs.astuple(row)[:-1]))
        chain.add(row)
        found.append(msgspec.json.encode(row) + b"\n")
    return [*found, msgspec.json.encode({"head": chain.head()}) + b"\n"]


def test_an_event_of_a_former_schema_is_kept_as_it_is(make: Make) -> None:
    old = StoredEvent(
        1, "cn-hangzhou", 1, "InstanceNetworkSpecModified", 1,
        '{"instance_id":"i-1","internet_max_bandwidth_out":5}', "2019-03-11T08:00:00Z", "1", "c", None, None,
    )  # fmt: skip
    store = make()
    exported = rehashed([old])
    assert import_history(exported, store) == 1
    if not isinstance(store, MemoryStore):  # which keeps events, not their rows
        assert list(export_history(store)) == exported
    assert [record.event.instance_id for record in store.read()] == ["i-1"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", [{"type": "NetworkInterfaceTeleported"}, {"schema_version": 99}, {"payload": "{}"}])
def test_an_event_that_this_library_does_not_know_is_refused(make: Make, change: dict[str, Any]) -> None:
    good = StoredEvent(
        1, "a", 1, "VpcDeleted", 1, '{"vpc_id":"vpc-1"}', "2019-03-11T08:00:00Z", "1", "c", None, None
    )  # fmt: skip
    store = make()
    bad = msgspec.structs.replace(good, position=2, version=2, **change)
    with pytest.raises(ReplayError, match="cannot be read"):
        import_history(rehashed([good, bad]), store)
    assert store.head() == 0


def test_a_damaged_history_is_not_exported(tmp_path: Path, lines: list[bytes]) -> None:
    class Damaged(MemoryStore):
        keeps_hashes = True

        def stored(self, **bounds: Any) -> Iterator[StoredEvent]:
            for number, line in enumerate(lines[:-1]):
                row = msgspec.json.decode(line, type=StoredEvent)
                yield msgspec.structs.replace(row, account_id="another") if number == 3 else row

    with pytest.raises(ReplayError, match=r"position 4 .* is altered"):
        list(export_history(Damaged()))


def test_a_file_without_hashes_is_exported_with_hashes(tmp_path: Path) -> None:
    path = Path(shutil.copy(FORMAT_2, tmp_path / "old.db"))
    store = SqliteStore(path, read_only=True)
    exported = list(export_history(store))
    store.close()
    other = SqliteStore(tmp_path / "new.db")
    import_history(exported, other)
    assert list(export_history(other)) == exported
    assert verify(other).unhashed == 0
    other.close()


def run(*arguments: str, **options: Any) -> Any:
    return CliRunner().invoke(main, arguments, **options)


def test_the_command_line_exports_and_imports(tmp_path: Path, lines: list[bytes], postgres_address: str) -> None:
    file, database = tmp_path / "network.db", postgres.fresh(postgres_address)
    (tmp_path / "lines").write_bytes(b"".join(lines))
    result = run("import-history", str(tmp_path / "lines"), str(file))
    assert (result.exit_code, result.output) == (0, f"{len(lines) - 1} events\n")
    assert run("export", str(file)).stdout_bytes == b"".join(lines)
    assert run("import-history", "-", database, input=b"".join(lines)).exit_code == 0
    assert run("export", database, "-o", str(tmp_path / "again")).exit_code == 0
    assert (tmp_path / "again").read_bytes() == b"".join(lines)
    assert run("import-history", str(tmp_path / "lines"), str(file)).exit_code == 2
    result = run("import-history", "-", str(tmp_path / "other.db"), input=b"".join(lines)[:-10])
    assert result.exit_code == 2
    assert f"line {len(lines)}: its end is missing" in result.output
    with Cloud(tmp_path / "other.db") as cloud:
        assert cloud.position == 0


def test_a_file_that_cannot_be_exported_whole_is_not_written(tmp_path: Path) -> None:
    target = tmp_path / "lines"
    target.write_text("before")
    (tmp_path / "none.db").write_text("no store, " * 100)
    assert run("export", str(tmp_path / "none.db"), "-o", str(target)).exit_code == 2
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lines", "none.db"]
    with pytest.raises(EcsnetError):
        SqliteStore(tmp_path / "none.db")
