"""Processes that are killed while they create a file or write to it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsnet import Cloud, audit
from ecsnet import commands as c
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.testing import invariants
from tests.attack.damage import time_limit
from tests.attack.processes import Child, killed_at
from tests.support.engines import NewAddress
from tests.support.hypothesis_settings import budget

SUFFIXES = ("", "-wal", "-shm", "-journal")


def works(path: Path | str) -> None:
    """The history opens, takes a command, and has it when it is opened again."""
    with time_limit():
        with Cloud(path) as cloud:
            before = len(cloud.vpcs)
            vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        with Cloud(path) as cloud:
            assert len(cloud.vpcs) == before + 1
            assert vpc.id in cloud.vpcs


def _places(work: Callable[[Path], object], folder: Path) -> int:
    """Returns about how many places there are to be killed at: doubled, then halved."""

    def killed(place: int) -> bool:
        return killed_at(place, lambda: work(folder / f"count-{place}.db"))

    low, high = 0, 64
    while killed(high):
        low, high = high, high * 2
    while high - low > 8:
        middle = (low + high) // 2
        low, high = (middle, high) if killed(middle) else (low, middle)
    return high


def _create(path: Path) -> None:
    SqliteStore(path).close()


def test_a_process_killed_anywhere_in_the_creation_of_a_file_leaves_one_that_works(tmp_path: Path) -> None:
    places = _places(_create, tmp_path)
    assert places > 100
    kills = min(places, budget(400))
    for place in random.Random(8).sample(range(1, places + 1), kills):
        path = tmp_path / f"{place}.db"
        killed_at(place, lambda path=path: _create(path))
        works(path)


def test_processes_killed_one_after_another_in_the_creation_of_one_file_leave_it_usable(tmp_path: Path) -> None:
    chosen = random.Random(8)
    for number in range(budget(25)):
        path = tmp_path / f"{number}.db"
        for _ in range(4):
            killed_at(chosen.randint(1, 400), lambda path=path: _create(path))
        works(path)


STRACE = shutil.which("strace")
SYSCALLS = ("openat", "pwrite64", "unlink", "ftruncate", "fsync", "fdatasync", "fcntl", "close", "mmap", "newfstatat")
_CREATING = "import sys; from ecsnet.events.stores.sqlite import SqliteStore as S; sys.stdin.read(); S(sys.argv[1])"


@pytest.mark.skipif(STRACE is None, reason="needs strace")
@pytest.mark.parametrize("syscall", SYSCALLS)
def test_a_process_killed_at_any_syscall_of_the_creation_leaves_a_file_that_works(tmp_path: Path, syscall: str) -> None:
    assert STRACE is not None
    inject = f"{syscall}:signal=SIGKILL"
    for number in range(1, 1 + budget(4)):
        path = tmp_path / f"{number}.db"
        filters = ["-P", path, "-P", f"{path}-journal", "-P", f"{path}-wal", "-P", f"{path}-shm", "-P", tmp_path]
        arguments = [STRACE, "-qq", "-o", "/dev/null", *filters, "-e", f"inject={inject}:when={number}"]
        killed = subprocess.run(
            [*arguments, sys.executable, "-c", _CREATING, path], input=b"", capture_output=True, timeout=60
        )
        if b"attach" in killed.stderr or b"ptrace" in killed.stderr:
            pytest.skip("strace may not trace here")
        works(path)
        if killed.returncode == 0:
            break  # there are no more


def test_a_process_killed_at_any_time_while_it_creates_a_file_leaves_one_that_works(tmp_path: Path) -> None:
    chosen = random.Random(8)
    for number in range(budget(100)):
        path = tmp_path / f"{number}.db"
        child = Child(lambda say, path=path: Cloud(path).execute(c.CreateVpc(cidr_block="10.0.0.0/16")))
        time.sleep(chosen.random() * 0.02)
        child.kill()
        child.lines()
        works(path)


def _empty_in_wal(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.close()


def _empty_with_pages(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE t (x)")
    database.execute("DROP TABLE t")
    database.close()


def _killed_with_a_journal(path: Path) -> None:
    def write(say: Callable[[str], None]) -> None:
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA cache_size = 1")
        database.execute("PRAGMA cache_spill = 1")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("CREATE TABLE t (x)")
        for _ in range(200):
            database.execute("INSERT INTO t VALUES (zeroblob(4000))")
        os.kill(os.getpid(), signal.SIGKILL)

    Child(write).lines()
    assert Path(f"{path}-journal").stat().st_size


def _marked_only(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA application_id = {0x6563736E}")
    database.close()


def _zeroes_with_a_journal(path: Path) -> None:
    _killed_with_a_journal(path)
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize(
    "spoil",
    [
        Path.touch,
        _empty_in_wal,
        _empty_with_pages,
        _killed_with_a_journal,
        _zeroes_with_a_journal,
        _marked_only,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_an_empty_file_left_by_a_kill_is_initialized(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "n.db"
    spoil(path)
    works(path)


# While they write


def _writer(path: Path | str, number: int) -> Callable[[Callable[[str], None]], None]:
    """Writes commands of one stream and of several, of one event and of many, and says which are done."""

    def write(say: Callable[[str], None]) -> None:
        region = f"cn-{number}"  # no region that the vendor knows: it shares its block of addresses
        cloud = Cloud(path, region_id=region)
        vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        say(f"vpcs {vpc.id}")
        vsw = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id=f"{region}-b", cidr_block="10.0.0.0/20"))
        say(f"vswitches {vsw.id}")
        group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
        say(f"security_groups {group.id}")
        run = c.RunInstances(
            instance_type="ecs.g5.xlarge",
            vswitch_id=vsw.id,
            security_group_ids=[group.id],
            amount=3,
            internet_max_bandwidth_out=1,
        )
        for turn in range(10_000):
            vms = cloud.execute(run, client_token=f"{number}-{os.getpid()}-{turn}")
            say("instances " + " ".join(vm.id for vm in vms))
            eip = cloud.execute(c.AllocateEipAddress())
            say(f"eips {eip.id}")
            cloud.execute(c.ReleaseEipAddress(allocation_id=eip.id))
            say(f"gone {eip.id}")
            for vm in vms:
                cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
                say(f"gone {vm.id}")

    return write


def test_commands_acknowledged_before_a_kill_are_stored_whole_and_in_order(new_address: NewAddress) -> None:
    chosen = random.Random(8)
    for _ in range(budget(20)):
        path = new_address()
        Cloud(path).close()
        children = [Child(_writer(path, index)) for index in range(3)]
        time.sleep(0.02 + chosen.random() * 0.3)
        for child in children:
            child.kill()
        lines = [line for child in children for line in child.lines()]
        check(path, lines)


def test_a_kill_during_an_append_leaves_the_whole_command_or_nothing(tmp_path: Path) -> None:
    def append(path: Path) -> None:
        cloud = Cloud(path, region_id="cn-x")
        cloud.execute(c.AllocateEipAddress(), client_token="t")
        cloud.close()

    places = _places(append, tmp_path)
    for place in random.Random(8).sample(range(1, places + 1), min(places, budget(150))):
        path = tmp_path / f"{place}.db"
        killed_at(place, lambda path=path: append(path))
        check(path, [])


def check(path: Path | str, lines: list[str]) -> None:
    """The history has all that was acknowledged, only whole commands, no gaps; and it goes on."""
    assert not [line for line in lines if "Error" in line or "Denied" in line]
    with time_limit(60), Cloud(path) as cloud:
        records = cloud.history()
        assert [record.position for record in records] == list(range(1, len(records) + 1))
        born: dict[str, list[str]] = {}
        for record in records:
            born.setdefault(record.command_id, []).append(record.type)
        for types in born.values():
            launched, drawn = types.count("InstanceLaunched"), types.count("SharedAddressDrawn")
            allocated = types.count("EipAddressAllocated")
            assert launched in (0, 3)
            assert drawn == launched + allocated
            assert types.count("EipAddressRegistered") == allocated
            if launched:
                assert types.count("ClientTokenUsed") == 1
        named = {resource_id for record in records for resource_id in _ids(record.event)}
        gone = {line.split()[1] for line in lines if line.startswith("gone")}
        for line in lines:
            kind, *ids = line.split()
            for one in ids:
                assert one in named
                if kind == "gone":
                    assert one not in cloud.instances
                    assert one not in cloud.eips
                elif kind in ("vpcs", "vswitches", "security_groups"):
                    assert one in getattr(cloud, kind)
        assert gone <= named
        assert not invariants(cloud)
        assert not audit(cloud)
    works(path)


def _ids(event: object) -> list[str]:
    return [value for field in event.__struct_fields__ if isinstance(value := getattr(event, field), str)]  # type: ignore[attr-defined]
