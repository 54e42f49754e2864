"""Hashes of stored events: every alteration of a history is found and named, and files without hashes are converted."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from ecsnet import Cloud, InvalidArgument, ReplayError, StoreError
from ecsnet import commands as c
from ecsnet.cli import main
from ecsnet.events import MemoryStore, StoredEvent, Verification
from ecsnet.events.stores.hashes import HashChain, event_hash, verify
from ecsnet.events.stores.sqlite import SqliteStore
from tests.attack.processes import Child
from tests.support.net import Net

FORMAT_2 = Path(__file__).parents[2] / "fixtures" / "format_2.db"
"""A file that a library with format 2, without hashes, wrote: two VPCs, one with a client token, and a VSwitch."""
COLUMNS = ", ".join(StoredEvent.__struct_fields__)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with more than a hundred events of several streams, with causes and settled transitions."""
    path = tmp_path_factory.mktemp("hashes") / "whole.db"
    with Cloud(path, settle_after="manual") as cloud:
        net = Net(store=cloud.store)
        vm = net.run()
        for number in range(12):
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"), client_token=f"t-{number}")
            interface = net.cloud.execute(net.eni_command())
            net.cloud.execute(
                c.AssignPrivateIpAddresses(network_interface_id=interface.id, secondary_private_ip_address_count=2)
            )
            cloud.execute(c.AttachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
            cloud.settle()
            cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
            cloud.settle()
            cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
        assert cloud.position > 100
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "network.db"))


def stored(path: Path) -> list[StoredEvent]:
    store = SqliteStore(path, read_only=True)
    rows = list(store.stored())
    store.close()
    return rows


def verified(path: Path, expect: str | None = None) -> Verification:
    store = SqliteStore(path, read_only=True)
    try:
        return verify(store, expect=expect)
    finally:
        store.close()


def change(path: Path, *statements: str) -> None:
    """Changes a file whose triggers refuse it."""
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted;" + ";".join(statements)
    )
    connection.close()


def found(path: Path) -> tuple[str, int]:
    fault = verified(path).fault
    assert fault is not None
    return fault.kind, fault.position


def test_a_history_as_it_was_recorded_is_intact(path: Path) -> None:
    with Cloud(path, verified=True) as cloud:
        verification = cloud.verify()
        assert verification.intact
        assert (verification.events, verification.unhashed) == (cloud.position, 0)
        assert cloud.verify(expect=verification.head) == verification
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        later = cloud.verify(expect=verification.head)
        assert later.intact
        assert later.events == cloud.position > verification.events
        assert later.head != verification.head


def test_a_hash_is_of_the_one_before_it_in_its_stream_and_of_the_row(path: Path) -> None:
    ends: dict[str, str] = {}
    for row in stored(path):
        *values, end = msgspec.structs.astuple(row)
        assert end == event_hash(ends.get(row.stream, ""), tuple(values))
        ends[row.stream] = str(end)
    assert len(ends) == 3


def flipped(value: Any) -> Iterator[Any]:
    """Yields a value as a store would give it, with each of its bits flipped."""
    if value is None:
        return
    content = value.encode() if isinstance(value, str) else value.to_bytes(8, "big", signed=True)
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        if isinstance(value, int):
            yield int.from_bytes(changed, "big", signed=True)
        else:
            try:
                yield changed.decode()
            except UnicodeDecodeError:
                yield bytes(changed)


def test_each_flipped_bit_of_a_hundred_events_is_found(path: Path) -> None:
    chain, flips = HashChain(), 0
    for row in stored(path)[:100]:
        for column in StoredEvent.__struct_fields__:
            for value in flipped(getattr(row, column)):
                flips += 1
                assert chain.fault(msgspec.structs.replace(row, **{column: value})) is not None, (column, value)
        assert chain.fault(row) is None
        chain.add(row)
    assert flips > 200_000


@pytest.mark.parametrize("column", StoredEvent.__struct_fields__)
def test_a_flipped_bit_in_a_file_is_found(path: Path, column: str) -> None:
    position, old = next(
        (row.position, value) for row in stored(path)[50:] if (value := getattr(row, column)) is not None
    )
    new = (
        f"{column} | 1024"
        if isinstance(old, int)
        else f"CAST(x'{bytes([old.encode()[0] ^ 16]).hex()}' || substr({column}, 2) AS TEXT)"
    )
    change(path, f"UPDATE events SET {column} = {new} WHERE position = {position}")
    assert found(path)[1] == position
    with pytest.raises((ReplayError, StoreError)):
        Cloud(path, verified=True)


def streams(path: Path) -> list[str]:
    return [row.stream for row in stored(path)]


SWAP_CONTENT = (
    "CREATE TEMP TABLE kept AS SELECT * FROM events WHERE position IN ({a}, {b})",
    "UPDATE events SET ({columns}) = (SELECT {columns} FROM kept WHERE position = {b}) WHERE position = {a}",
    "UPDATE events SET ({columns}) = (SELECT {columns} FROM kept WHERE position = {a}) WHERE position = {b}",
)


@pytest.mark.parametrize(
    "columns", ["type, schema_version, payload, recorded_at, account_id, command_id, caused_by, settles", "payload"]
)
@pytest.mark.parametrize("with_hash", [False, True])
def test_exchanged_events_are_found(path: Path, columns: str, with_hash: bool) -> None:
    columns += ", hash" if with_hash else ""
    change(path, *(one.format(a=20, b=60, columns=columns) for one in SWAP_CONTENT))
    kind, position = found(path)
    assert position == 20
    assert kind == ("altered" if columns.startswith("payload") else "exchanged")


def test_events_at_exchanged_positions_are_found(path: Path) -> None:
    of = streams(path)
    first = next(n for n in range(30, 90) if of[n] != of[n + 1]) + 1
    change(
        path,
        f"UPDATE events SET position = -1 WHERE position = {first}",
        f"UPDATE events SET position = {first} WHERE position = {first + 1}",
        f"UPDATE events SET position = {first + 1} WHERE position = -1",
    )
    assert found(path) == ("exchanged", first)


def test_a_missing_event_is_found(path: Path) -> None:
    change(path, "DELETE FROM events WHERE position = 40")
    assert found(path) == ("missing", 40)


def test_a_missing_event_is_found_if_the_later_ones_were_renumbered(path: Path) -> None:
    of = streams(path)
    last = len(of) - of[::-1].index("cn-beijing")
    change(
        path,
        f"DELETE FROM events WHERE position = {last}",
        f"UPDATE events SET position = -position + 1 WHERE position > {last}",
        "UPDATE events SET position = -position WHERE position < 0",
    )
    assert found(path) == ("missing", last)


def test_an_inserted_event_is_found(path: Path) -> None:
    shift = "UPDATE events SET position = -position - 1 WHERE position >= 30"
    back = "UPDATE events SET position = -position WHERE position < 0"
    insert = (
        f"INSERT INTO events SELECT 30, 'cn-qingdao', 1, {COLUMNS.split(', ', 3)[3]} FROM events WHERE position = 1"
    )
    change(path, shift, back, insert)
    assert found(path) == ("inserted", 30)
    change_again = sqlite3.connect(path)
    change_again.execute("UPDATE events SET hash = NULL WHERE position = 30")
    change_again.commit()
    change_again.close()
    assert found(path)[1] in (30, 31)


def test_an_event_appended_without_a_hash_is_found(path: Path) -> None:
    count = len(stored(path))
    change(
        path,
        f"INSERT INTO events SELECT {count + 1}, 'cn-qingdao', 1, type, schema_version, payload, recorded_at, "
        "account_id, command_id, caused_by, settles, NULL FROM events WHERE position = 1",
    )
    assert found(path) == ("altered", count + 1)


def test_removed_hashes_are_found(path: Path) -> None:
    change(path, "UPDATE events SET hash = NULL WHERE position = 50")
    assert found(path) == ("altered", 50)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE events SET hash = NULL")
    connection.commit()
    connection.close()
    assert found(path)[0] == "altered"


def test_a_shortened_history_is_found_by_its_former_head(path: Path) -> None:
    head = verified(path).head
    count = len(stored(path))
    change(path, f"DELETE FROM events WHERE position > {count - 3}")
    assert verified(path).intact
    fault = verified(path, head).fault
    assert fault is not None
    assert (fault.kind, fault.position) == ("shortened", count - 2)


def test_a_history_whose_hashes_were_written_anew_is_found_by_its_former_head(path: Path, tmp_path: Path) -> None:
    head = verified(path).head
    rows, ends = [], dict[str, str]()
    for row in stored(path):
        *values, _ = msgspec.structs.astuple(row)
        values[7] = "another"
        ends[row.stream] = event_hash(ends.get(row.stream, ""), tuple(values))
        rows.append((*values, ends[row.stream]))
    forged = tmp_path / "forged.db"
    SqliteStore(forged).close()
    connection = sqlite3.connect(forged)
    connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * 12)})", rows)
    connection.commit()
    connection.close()
    assert verified(forged).intact
    fault = verified(forged, head).fault
    assert fault is not None
    assert (fault.kind, fault.position) == ("altered", len(rows))


@pytest.mark.parametrize("head", ["", "x", "3", "3:ab", "-1:" + 64 * "0", "٣:" + 64 * "0"])
def test_a_head_that_is_none_is_refused(head: str) -> None:
    with pytest.raises(InvalidArgument, match="a head is a position"):
        Cloud().verify(expect=head)


def test_the_head_of_an_empty_history_is_expected_of_it(tmp_path: Path) -> None:
    empty = Cloud().verify()
    assert (empty.events, empty.intact) == (0, True)
    assert Cloud(tmp_path / "network.db").verify(expect=empty.head).intact
    assert not Cloud().verify(expect="0:" + 64 * "0").intact


def test_a_history_in_memory_has_the_head_that_it_would_have_in_a_file(path: Path) -> None:
    store = MemoryStore()
    with Cloud(path) as cloud:
        for record in cloud.history():
            new = (record.stream, record.event, record.recorded_at, record.account_id, record.command_id)
            store.append([_new(*new, record.caused_by, record.settles)], {record.stream: record.version - 1})
    verification = verify(store)
    assert verification.head == verified(path).head
    assert verification.unhashed == verification.events


def _new(*values: Any) -> Any:
    from ecsnet.events import NewEvent

    return NewEvent(*values)


def test_a_file_of_format_2_is_read_without_a_change_and_says_so(tmp_path: Path) -> None:
    path = Path(shutil.copy(FORMAT_2, tmp_path / "network.db"))
    verification = verified(path)
    assert (verification.events, verification.unhashed, verification.fault) == (4, 4, None)
    assert path.read_bytes() == FORMAT_2.read_bytes()


def test_a_file_of_format_2_is_converted_when_it_is_opened_to_be_written(tmp_path: Path) -> None:
    path = Path(shutil.copy(FORMAT_2, tmp_path / "network.db"))
    before = verified(path)
    with Cloud(path) as cloud:
        assert [vpc.cidr_block for vpc in cloud.vpcs.values()] == ["10.0.0.0/16", "172.16.0.0/12"]
        assert [vswitch.cidr_block for vswitch in cloud.vswitches.values()] == ["10.0.1.0/24"]
        verification = cloud.verify(expect=before.head)
        assert verification.intact
        assert (verification.events, verification.unhashed) == (4, 1)  # two streams have one event each
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        assert cloud.verify().intact
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute("UPDATE events SET hash = NULL")
    connection.close()
    change(path, "UPDATE events SET payload = replace(payload, '10.0.0.0', '10.1.0.0') WHERE position = 1")
    assert found(path) == ("altered", 3)  # the hash of the last event of the stream covers it


def test_a_file_of_format_2_is_converted_by_several_processes_at_once(tmp_path: Path) -> None:
    path = Path(shutil.copy(FORMAT_2, tmp_path / "network.db"))

    def work(say: Any) -> None:
        with Cloud(path) as cloud:
            say(cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16")).id)

    children = [Child(work) for _ in range(4)]
    ids = [line for child in children for line in child.lines()]
    with Cloud(path, verified=True) as cloud:
        assert len(ids) == 4
        assert set(ids) <= set(cloud.vpcs)
        assert cloud.position == 8


def test_a_process_killed_in_a_conversion_leaves_the_file_in_either_format(tmp_path: Path) -> None:
    for delay in range(12):
        folder = tmp_path / str(delay)
        folder.mkdir()
        path = Path(shutil.copy(FORMAT_2, folder / "network.db"))
        child = Child(lambda say, path=path: SqliteStore(path).close())
        time.sleep(delay / 2_000)
        child.kill()
        child.lines()
        with Cloud(path, verified=True) as cloud:
            assert (cloud.verify().events, cloud.verify().unhashed) == (4, 1)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, arguments)


def test_the_command_line_verifies_a_file(path: Path, tmp_path: Path) -> None:
    result = run("verify", str(path))
    assert result.exit_code == 0
    head = result.output.split()[-1]
    assert run("verify", str(path), "--expect", head, "--json").exit_code == 0
    assert json.loads(run("verify", str(path), "--json").output)["head"] == head
    assert run("verify", str(path), "--expect", "x").exit_code == 2
    assert run("verify", str(tmp_path / "none.db")).exit_code == 2
    assert "written before hashes existed" in run("verify", str(FORMAT_2)).output
    change(path, "UPDATE events SET account_id = 'another' WHERE position = 7")
    result = run("verify", str(path), "--expect", head)
    assert result.exit_code == 1
    assert "position 7 (stream 'cn-hangzhou', version 5) is altered" in result.output
