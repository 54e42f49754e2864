"""Files in every condition: paths of every kind, missing permissions, full disks and other processes."""

from __future__ import annotations

import gc
import os
import random
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, EcsnetError, ManualClock, StoreError
from ecsnet import commands as c
from ecsnet.events.stores import sqlite, sqlite_file
from ecsnet.events.stores.sqlite import SqliteStore
from tests.attack.damage import time_limit
from tests.attack.processes import NOBODY, Child, as_root
from tests.support.hypothesis_settings import budget
from tests.support.net import START

VPC = c.CreateVpc(cidr_block="10.0.0.0/16")
SUFFIXES = ("", "-wal", "-shm", "-journal")


def new_vpc(path: Any) -> None:
    with Cloud(path, clock=ManualClock(START)) as cloud:
        cloud.execute(VPC)


def count_of(path: Any) -> int:
    store = SqliteStore(path, read_only=True)
    try:
        return len(list(store.read()))
    finally:
        store.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter and read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


# Paths: what is checked is what is opened


def _others(path: Path) -> bytes:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE mine (x)")
    database.close()
    return path.read_bytes()


NAMES = st.one_of(
    st.sampled_from(
        [
            "?", "a?mode=memory", "a?vfs=none&x=1", "#", "a#b", "%", "%00", "a%00b", "%2e%2e%2fother.db", "a b", " ",
            "a\nb", "~", "~root", "file:n.db", "file::memory:?cache=shared", ":memory:", "café", "網", "\udce9",
            "\udcff\udcfe", "é.db?mode=ro", "-", "--", "'", '"', ";", "&", "=", "\\", "n.db-x", "CON", "\x7f",
            "\x1b[31m", "...", "a\tb", "\u202e", "\u0301",
        ]
    ),
    st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=40),
    st.binary(min_size=1, max_size=40).map(lambda raw: os.fsdecode(raw.replace(b"/", b"_").replace(b"\0", b"_"))),
)  # fmt: skip


@settings(max_examples=budget(250), deadline=None, suppress_health_check=list(HealthCheck))
@given(name=NAMES, form=st.sampled_from([str, Path, os.fsencode, os.path.relpath, lambda path: "/" + path]))
def test_a_store_is_created_at_exactly_the_given_path(name: str, form: Callable[[str], Any]) -> None:
    if name in (".", "..") or "/" in name or len(os.fsencode(name)) > 200:
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.realpath(temporary)
        others = _others(Path(folder, "other.db"))
        given = os.path.join(folder, name)
        store = SqliteStore(form(given))
        before = os.getcwd()
        try:
            os.chdir("/")
            cloud = Cloud(store)
            cloud.execute(VPC)
            cloud.close()
        finally:
            os.chdir(before)
        store.close()
        assert set(os.listdir(folder)) == {name, "other.db"}
        assert Path(folder, "other.db").read_bytes() == others
        assert count_of(form(given)) == 1


@pytest.mark.parametrize("text", ["other.db\0", "other.db\0.db", "\0", "a\0/../other.db"])
@pytest.mark.parametrize("form", [str, os.fsencode, Path])
def test_a_nul_in_a_path_is_refused(tmp_path: Path, text: str, form: Callable[[str], Any]) -> None:
    others = _others(tmp_path / "other.db")
    with pytest.raises(StoreError, match="NUL"):
        SqliteStore(form(f"{tmp_path}/{text}"))
    assert (tmp_path / "other.db").read_bytes() == others
    assert os.listdir(tmp_path) == ["other.db"]


@pytest.mark.parametrize("path", ["", b"", "\ud800", "a\udfff.db", 5, None, ["n.db"], NotImplemented], ids=ascii)
def test_a_value_that_is_not_a_path_is_refused(path: Any) -> None:
    with pytest.raises(StoreError):
        SqliteStore(path)


def test_a_path_through_a_link_opens_the_target(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "to-b").symlink_to(tmp_path / "a" / "b")
    (tmp_path / "to-file").symlink_to("a/n.db")
    new_vpc(tmp_path / "to-file")  # dangling until now
    new_vpc(f"{tmp_path}/to-b/../n.db")  # the same: the folder above is that of where the link leads to
    assert count_of(tmp_path / "a" / "n.db") == 2
    assert sorted(os.listdir(tmp_path)) == ["a", "to-b", "to-file"]


def test_a_reader_through_a_link_sees_the_log_of_a_running_writer(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    (tmp_path / "in").mkdir()
    link.symlink_to(tmp_path / "in" / "n.db")
    with Cloud(tmp_path / "in" / "n.db") as cloud:
        cloud.execute(VPC)
        assert count_of(link) == 1
        reader = Cloud(SqliteStore(link, read_only=True))
        cloud.execute(VPC)
        assert len(reader.vpcs) == 2


def test_retargeting_a_link_does_not_move_an_open_store(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "one.db")
    with Cloud(link) as cloud:
        cloud.execute(VPC)
        link.unlink()
        link.symlink_to(tmp_path / "two.db")
        cloud.execute(VPC)
    assert count_of(tmp_path / "one.db") == 2
    assert not (tmp_path / "two.db").exists()


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "no" / "folder")


def _listening(path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.close()


def _text(path: Path) -> None:
    path.write_text("hello")


def _link_to_others(path: Path) -> None:
    _others(path.parent / "other.db")
    path.symlink_to(path.parent / "other.db")


@pytest.mark.parametrize(
    "make",
    [Path.mkdir, os.mkfifo, _loop, _link_to_nowhere, _listening, _text, _others, _link_to_others],
    ids=lambda make: make.__name__,
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_not_a_store_is_refused_and_unchanged(
    tmp_path: Path, make: Callable[[Path], object], read_only: bool
) -> None:
    path = tmp_path / "n"
    make(path)
    before = {one: one.lstat().st_mtime_ns for one in tmp_path.iterdir()}
    with time_limit(), pytest.raises(StoreError):
        SqliteStore(path, read_only=read_only)
    assert {one: one.lstat().st_mtime_ns for one in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "path", ["/dev/null", "/dev/zero", "/dev/full", "/dev/stdin", "/", "//", "/proc/self/mem", "/proc/version", "."]
)
@pytest.mark.parametrize("read_only", [False, True])
def test_devices_and_the_like_are_refused(path: str, read_only: bool) -> None:
    with time_limit(), pytest.raises(StoreError):
        SqliteStore(path, read_only=read_only)
    assert not any(os.path.exists(path + suffix) for suffix in SUFFIXES[1:])


@pytest.mark.parametrize("length", [247, 248, 250, 251, 252, 255, 256, 1_000, 5_000])
def test_a_name_too_long_for_its_sidecar_files_is_refused_without_effect(tmp_path: Path, length: int) -> None:
    path = str(tmp_path / ("n" * length))
    try:
        new_vpc(path)
    except StoreError:
        assert not os.listdir(tmp_path)
    else:
        assert length <= 247
        assert count_of(path) == 1


def test_a_deep_path_works_or_is_refused(tmp_path: Path) -> None:
    folder = str(tmp_path)
    for _ in range(30):
        folder += "/" + "d" * 30
        os.mkdir(folder)
        try:
            new_vpc(folder + "/n.db")
        except StoreError:
            assert not os.listdir(folder)
        else:
            assert count_of(folder + "/n.db") == 1


@pytest.mark.parametrize("suffix", SUFFIXES[1:])
def test_the_sidecar_files_of_a_store_are_refused(tmp_path: Path, suffix: str) -> None:
    with Cloud(tmp_path / "n.db") as cloud:
        beside = tmp_path / f"n.db{suffix}"
        before = beside.read_bytes() if beside.exists() else None
        with pytest.raises(StoreError, match="part of"):
            SqliteStore(beside)
        assert (beside.read_bytes() if beside.exists() else None) == before
        cloud.execute(VPC)


def test_a_missing_folder_raises(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    before = os.getcwd()
    os.chdir(gone)
    gone.rmdir()
    try:
        for path in ("n.db", gone / "n.db", "../gone/n.db"):
            with pytest.raises(StoreError):
                SqliteStore(path)
    finally:
        os.chdir(before)


def test_the_database_of_another_killed_program_is_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "other.db"

    def write(say: Callable[[str], None]) -> None:
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE mine (x)")
        os._exit(0)

    Child(write).lines()
    before = {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal")}
    assert before["-wal"]
    with pytest.raises(StoreError, match="belongs to another program"):
        SqliteStore(path)
    assert {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal")} == before


# Readers


def _as_nobody(work: Callable[[], object]) -> str:
    """Returns the outcome of a call that an unprivileged user makes: the value, or the kind of error."""

    def run(say: Callable[[str], None]) -> None:
        try:
            say(str(work()))
        except EcsnetError as error:
            say(type(error).__name__)

    (said,) = Child(run, as_user=NOBODY).lines()
    return said


READERS = list(
    product(
        [False, True],
        [0o600, 0o640, 0o644, 0o666],
        ["closed", "living", "killed"],
        ["kept", "no index", "no log", "neither"],
    )
)


@as_root
@pytest.mark.parametrize(
    ("may_write_folder", "mode", "writer", "beside"), random.Random(8).sample(READERS, min(len(READERS), budget(200)))
)
def test_a_reader_sees_everything_or_refuses_and_never_locks_the_owner_out(
    open_folder: Path, may_write_folder: bool, mode: int, writer: str, beside: str
) -> None:
    path = open_folder / "n.db"
    new_vpc(path)
    path.chmod(mode)
    living: Cloud | None = None
    if writer == "living":
        living = Cloud(path)
        living.execute(VPC)
    elif writer == "killed":

        def write(say: Callable[[str], None]) -> None:
            Cloud(path).execute(VPC)
            os._exit(0)

        Child(write).lines()
    else:
        new_vpc(path)
    if living is None:
        for suffix, kept in (("-shm", ("kept", "no log")), ("-wal", ("kept", "no index"))):
            if beside not in kept:
                Path(f"{path}{suffix}").unlink(missing_ok=True)
    open_folder.chmod(0o777 if may_write_folder else 0o755)
    seen = _as_nobody(lambda: count_of(path))
    lost = writer == "killed" and beside in ("no log", "neither")  # a lost log is a shorter history
    assert seen in ({"0", "1", "2", "StoreError"} if lost else {"2", "StoreError"})
    if mode in (0o644, 0o666) and writer != "killed":
        assert seen == "2"
    if mode in (0o600, 0o640):
        assert seen == "StoreError"
    if not may_write_folder:
        assert {one.stat().st_uid for one in open_folder.iterdir()} == {0}
    # The owner, who is not root, goes on.
    if living is not None:
        living.execute(VPC)
        living.close()
    owner = 1001
    for one in (open_folder, *open_folder.iterdir()):
        if one.stat().st_uid == 0:
            os.chown(one, owner, owner)

    def go_on(say: Callable[[str], None]) -> None:
        new_vpc(path)
        say("done")

    assert Child(go_on, as_user=owner).lines() == ["done"]


@as_root
@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_an_open_reader_sees_each_acknowledged_event(open_folder: Path, mode: int) -> None:
    path = open_folder / "n.db"
    new_vpc(path)
    open_folder.chmod(mode)
    acknowledged = open_folder / "acknowledged"
    acknowledged.write_text("1")
    rounds = budget(60)

    def read(say: Callable[[str], None]) -> None:
        reader = SqliteStore(path, read_only=True)
        cloud = Cloud(SqliteStore(path, read_only=True))
        refused = looks = seen = 0
        say("ready")
        while seen <= rounds:
            before = int(acknowledged.read_text() or 0)
            try:
                head = reader.head()
                records = list(reader.read())
                looked = len(cloud.vpcs)
            except StoreError:
                refused += 1
                continue
            looks += 1
            assert before <= head <= len(records), (before, head, len(records))
            assert before <= looked, (before, looked)
            assert [record.position for record in records] == list(range(1, len(records) + 1))
            seen = len(records)
        say(f"looks {looks} refused {refused}")

    child = Child(read, as_user=NOBODY)
    assert child.next_line() == "ready"
    for number in range(2, rounds + 2):
        new_vpc(path)  # opens it, writes, checkpoints, closes
        beside = open_folder / "next"
        beside.write_text(str(number))
        beside.replace(acknowledged)
    (last,) = child.lines()
    assert last.startswith("looks"), last
    assert {one.stat().st_uid for one in open_folder.iterdir()} == {0}


def test_opening_a_file_twice_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    with Cloud(path) as cloud:
        cloud.execute(VPC)
        for _ in range(2):
            assert count_of(path) == 1
            Cloud(path).close()
        new = subprocess.run(
            [sys.executable, "-c", _NEW_VPC, path], capture_output=True, text=True, check=True
        )  # it must not take itself for the last who has the file open, and put away the log
        assert not new.stderr
        assert len(cloud.vpcs) == 2
        cloud.execute(VPC)
    assert count_of(path) == 3


def test_a_forked_child_has_locks_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    cloud = Cloud(path)
    cloud.execute(VPC)

    def go_on(say: Callable[[str], None]) -> None:
        cloud.execute(VPC)
        say("ready")
        while len(cloud.vpcs) < 3:
            pass
        cloud.execute(VPC)
        say(str(len(cloud.vpcs)))

    child = Child(go_on)
    assert child.next_line() == "ready"
    cloud.close()
    subprocess.run([sys.executable, "-c", _NEW_VPC, path], capture_output=True, check=True)
    assert child.lines() == ["4"]
    assert count_of(path) == 4


_NEW_VPC = "import sys; from ecsnet import *; from ecsnet.commands import *; c = Cloud(sys.argv[1]); \
c.execute(CreateVpc(cidr_block='10.0.0.0/16')); c.close()"


@as_root
def test_sidecar_files_created_by_root_belong_to_the_owner(open_folder: Path) -> None:
    path = open_folder / "n.db"
    os.chown(open_folder, NOBODY, NOBODY)
    assert _as_nobody(lambda: new_vpc(path)) == "None"

    def killed(say: Callable[[str], None]) -> None:
        Cloud(path).execute(VPC)
        os._exit(0)

    Child(killed, as_user=NOBODY).lines()
    assert count_of(path) == 2

    def killed_root(say: Callable[[str], None]) -> None:
        Cloud(path).execute(VPC)
        os._exit(0)

    Child(killed_root).lines()
    assert {one.stat().st_uid for one in open_folder.iterdir()} == {NOBODY}
    assert _as_nobody(lambda: new_vpc(path)) == "None"
    assert count_of(path) == 4


@as_root
@pytest.mark.parametrize("what", ["the folder", "the file", "a folder above"])
def test_missing_permissions_raise(open_folder: Path, what: str) -> None:
    inner = open_folder / "inner"
    inner.mkdir()
    path = inner / "n.db"
    if what == "the file":
        new_vpc(path)
        inner.chmod(0o777)
        path.chmod(0o644)
    elif what == "the folder":
        inner.chmod(0o755)
    else:
        inner.chmod(0o600)
    assert _as_nobody(lambda: new_vpc(path)) == "StoreError"
    assert sorted(os.listdir(inner)) == (["n.db"] if what == "the file" else [])


# Full disks, limits, and what others do to the file meanwhile


def _goes_on_after(path: Path, cloud: Cloud, hinder: Callable[[], object], help_: Callable[[], object]) -> None:
    """While it is hindered every command is wholly done or a `StoreError`; once it is not, the cloud goes on."""
    done, failed = len(cloud.vpcs), 0
    hinder()
    for _ in range(400):
        try:
            cloud.execute(VPC)
            done += 1
        except StoreError:
            failed += 1
            if failed == 3:
                break
    help_()
    assert failed
    assert len(cloud.vpcs) == done
    cloud.execute(VPC)
    cloud.close()
    with Cloud(path) as again:
        assert len(again.vpcs) == done + 1
        assert [record.position for record in again.history()] == list(range(1, done + 2))


@pytest.mark.parametrize("limit", [0, 1, 4096, 16384, 40_000, 70_000, 200_000])
def test_a_file_size_limit_raises_and_stores_no_partial_command(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "n.db"

    def work(say: Callable[[str], None]) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        cloud = Cloud(path)
        _goes_on_after(
            path,
            cloud,
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard)),
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)),
        )
        say("done")

    assert Child(work).lines() == ["done"]


@pytest.mark.parametrize("limit", [0, 1, 1000, 4096, 8192, 20_000, 32_767])
def test_a_file_can_be_created_after_a_full_disk_has_room_again(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "n.db"

    def work(say: Callable[[str], None]) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            Cloud(path).close()
        except StoreError:
            say("refused")
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        new_vpc(path)
        say(str(count_of(path)))

    assert Child(work).lines()[-1] == "1"


def test_a_database_at_its_page_limit_raises(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    cloud = Cloud(path)
    connection: Any = cloud.store._connection  # type: ignore[attr-defined]
    _goes_on_after(
        path,
        cloud,
        lambda: connection.execute("PRAGMA max_page_count = 1"),
        lambda: connection.execute("PRAGMA max_page_count = 1000000"),
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() or mount is None:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_raises_until_there_is_room(small_disk: Path) -> None:
    path = small_disk / "n.db"
    ballast = small_disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1024))

    _goes_on_after(path, Cloud(path), fill, ballast.unlink)


def test_a_disk_that_becomes_read_only_raises(small_disk: Path) -> None:
    path = small_disk / "n.db"
    new_vpc(path)

    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", small_disk], capture_output=True, check=how == "rw")

    remount("ro")
    with pytest.raises(StoreError):
        Cloud(path)
    assert count_of(path) == 1
    remount("rw")
    new_vpc(path)
    assert count_of(path) == 2


def test_a_moved_file_raises_until_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    away = tmp_path / "away"

    def move(source: Path, target: Path) -> None:
        target.mkdir(exist_ok=True)
        for suffix in SUFFIXES:
            if Path(f"{source / path.name}{suffix}").exists():
                os.rename(f"{source / path.name}{suffix}", f"{target / path.name}{suffix}")

    cloud = Cloud(path)
    cloud.execute(VPC)
    _goes_on_after(path, cloud, lambda: move(tmp_path, away), lambda: move(away, tmp_path))


def test_a_moved_folder_raises_until_it_is_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "here", tmp_path / "away"
    folder.mkdir()
    cloud = Cloud(folder / "n.db")
    cloud.execute(VPC)
    _goes_on_after(folder / "n.db", cloud, lambda: folder.rename(away), lambda: away.rename(folder))


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("lacking", [None, "O_PATH", "/proc"])
def test_a_removed_or_replaced_file_or_log_raises_and_no_command_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, replaced: bool, lacking: str | None
) -> None:
    def no_links(path: str) -> str:
        raise FileNotFoundError(path)

    if lacking == "O_PATH":
        monkeypatch.delattr(os, "O_PATH", raising=False)
    elif lacking == "/proc":
        monkeypatch.setattr(os, "readlink", no_links)
    path = tmp_path / "n.db"
    with Cloud(path) as cloud:
        cloud.execute(VPC)
        gone = Path(f"{path}{suffix}")
        content = gone.read_bytes()
        kept = gone.rename(tmp_path / "kept")  # so that its number is not given to another file
        if replaced:
            gone.write_bytes(content)
        for _ in range(3):
            with pytest.raises(StoreError):
                cloud.execute(VPC)
            with pytest.raises(StoreError):
                len(cloud.vpcs)
        kept.rename(gone)
        cloud.execute(VPC)
        assert len(cloud.vpcs) == 2
    assert count_of(path) == 2


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="there are no descriptors that stand for a place only")
def test_a_command_does_not_ask_for_the_times_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "n.db"
    asked: list[str] = []
    stat = os.stat

    def asking(name: Any, **options: Any) -> os.stat_result:
        asked.append(str(name))
        return stat(name, **options)

    with Cloud(path) as cloud:
        for _ in range(2):
            cloud.execute(VPC)
        monkeypatch.setattr(os, "stat", asking)
        cloud.execute(VPC)
        monkeypatch.undo()
    assert asked == [str(path)]


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="there are no descriptors that stand for a place only")
def test_a_closed_cloud_leaves_no_descriptor(tmp_path: Path) -> None:
    gc.collect()
    before = os.listdir("/proc/self/fd")
    with Cloud(tmp_path / "n.db") as cloud:
        cloud.execute(VPC)
        cloud.execute(VPC)
        assert len(os.listdir("/proc/self/fd")) > len(before)
    assert os.listdir("/proc/self/fd") == before


def test_every_operation_raises_when_the_file_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "n.db"
    cloud = Cloud(path)
    cloud.execute(VPC)
    past, fork = cloud.at(1), cloud.fork()
    shutil.rmtree(folder)
    for work in (
        lambda: cloud.execute(VPC),
        lambda: cloud.check(VPC),
        lambda: len(cloud.vpcs),
        cloud.history,
        cloud.fork,
        lambda: cloud.at(0),
        past.history,
        fork.history,
        lambda: Cloud(path),
    ):
        with pytest.raises(StoreError):
            work()
    for one in (past, fork, cloud):
        one.close()


# Other processes that hold the file


def test_a_lock_held_too_long_by_another_program_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_TIMEOUT", 0.3)
    path = tmp_path / "n.db"
    with Cloud(path) as cloud:
        cloud.execute(VPC)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with time_limit(), pytest.raises(StoreError, match="locked"):
            cloud.execute(VPC)
        assert len(cloud.vpcs) == 1
        with Cloud(path) as second:  # who only looks need not wait
            assert len(second.vpcs) == 1
        other.execute("ROLLBACK")
        other.close()
        cloud.execute(VPC)
        assert len(cloud.vpcs) == 2


def test_closing_does_not_wait_for_the_lock_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    cloud = Cloud(path)
    cloud.execute(VPC)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told: list[BaseException] = []

    def write() -> None:
        try:
            cloud.execute(VPC)
        except StoreError as error:
            told.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    begun = time.monotonic()
    cloud.close()
    thread.join()
    assert time.monotonic() - begun < 5
    assert told
    other.close()
    assert count_of(path) == 1


def test_a_file_that_another_process_is_creating_for_too_long_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_TIMEOUT", 0.2)
    path = tmp_path / "n.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with time_limit(), pytest.raises(StoreError, match="locked"):
        Cloud(path)
    other.close()
    new_vpc(path)
    assert count_of(path) == 1
