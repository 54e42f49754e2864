"""Files with changed bytes either raise an error of ecsnet or can be used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, ReplayError, StoreError
from ecsnet import commands as c
from ecsnet.events.stores import sqlite
from ecsnet.events.stores.sqlite import SqliteStore
from tests.attack.damage import time_limit, use, use_on_the_command_line, write_history
from tests.attack.processes import Child
from tests.support.hypothesis_settings import budget

PAGE = 4096
SUFFIXES = ("", "-wal", "-shm", "-journal")
Files = dict[str, bytes]


@cache
def whole(logged: bool) -> Files:
    """The files of a whole history: the database alone, or with a log that a killed writer left."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "n.db"

    def write(say: Callable[[str], None]) -> None:
        write_history(path)
        if logged:
            cloud = Cloud(path)
            for _ in range(5):
                cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
            os._exit(0)

    try:
        Child(write).lines()
        return {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in SUFFIXES if Path(f"{path}{suffix}").exists()}
    finally:
        shutil.rmtree(folder)


@st.composite
def damaged(draw: st.DrawFn) -> Files:
    """The files with one to three things done to them."""
    files = dict(whole(draw(st.booleans())))
    for _ in range(draw(st.integers(1, 3))):
        suffix = draw(st.sampled_from(sorted(files)))
        content = bytearray(files[suffix])
        page = draw(st.integers(0, max(0, len(content) // PAGE - 1))) * PAGE
        place = draw(st.integers(0, max(0, len(content) - 1)))
        near = page + draw(st.integers(0, 120))  # headers of pages, where it hurts
        other = draw(st.integers(0, max(0, len(content) // PAGE - 1))) * PAGE
        match draw(st.sampled_from(_KINDS)):
            case "a bit" if content:
                content[place] ^= 1 << draw(st.integers(0, 7))
            case "a byte near the start of a page" if near < len(content):
                content[near] = draw(st.sampled_from([0, 1, 2, 5, 10, 13, 127, 128, 255]))
            case "many bytes" if content:
                for at in draw(st.lists(st.integers(0, len(content) - 1), max_size=30)):
                    content[at] = draw(st.integers(0, 255))
            case "a page zeroed":
                content[page : page + PAGE] = bytes(len(content[page : page + PAGE]))
            case "a page of ones":
                content[page : page + PAGE] = b"\xff" * len(content[page : page + PAGE])
            case "a page of another":
                content[page : page + PAGE] = content[other : other + PAGE]
            case "pages exchanged":
                content[page : page + PAGE], content[other : other + PAGE] = (
                    content[other : other + PAGE],
                    content[page : page + PAGE],
                )
            case "cut":
                del content[place:]
            case "cut at a page":
                del content[page:]
            case "the header cut":
                del content[draw(st.integers(0, 100)) :]
            case "longer":
                content += draw(st.binary(min_size=1, max_size=50)) * draw(st.sampled_from([1, 100]))
            case "gone":
                if suffix:
                    del files[suffix]
                    continue
                content.clear()
            case "a byte of the header" if len(content) > 100:
                content[draw(st.integers(0, 99))] = draw(st.integers(0, 255))
            case "text" if content:
                content[place : place + 40] = b'{"vpc_id":"\xff\x00\xfe"}'
            case "a log of nothing":
                files[draw(st.sampled_from(["-wal", "-shm", "-journal"]))] = draw(
                    st.sampled_from([b"", bytes(4096), b"\xff" * 512, bytes.fromhex("d9d505f920a163d7") + bytes(504)])
                )
                continue
            case "the database as its log":
                files["-wal"] = files[""]
                continue
        files[suffix] = bytes(content)
    return files


_KINDS = [
    "a bit",
    "a byte near the start of a page",
    "many bytes",
    "a page zeroed",
    "a page of ones",
    "a page of another",
    "pages exchanged",
    "cut",
    "cut at a page",
    "the header cut",
    "longer",
    "gone",
    "a byte of the header",
    "text",
    "a log of nothing",
    "the database as its log",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


def written(folder: Path, files: Files) -> Path:
    """Files in the place of those that were there."""
    path = folder / "n.db"
    for suffix in SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    for suffix, content in files.items():
        Path(f"{path}{suffix}").write_bytes(content)
    return path


@settings(max_examples=budget(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(files=damaged(), on_the_command_line=st.booleans())
def test_a_file_of_any_bytes_raises_only_errors_of_ecsnet(folder: Path, files: Files, on_the_command_line: Any) -> None:
    if on_the_command_line:
        use_on_the_command_line(written(folder, files))
    use(written(folder, files), deep=False)


@settings(max_examples=budget(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(files=damaged())
def test_damage_to_an_open_file_raises(folder: Path, files: Files) -> None:
    path = written(folder, whole(False))

    def work(say: Callable[[str], None]) -> None:
        cloud = Cloud(path)
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        for suffix in ("", "-wal"):
            if suffix in files and Path(f"{path}{suffix}").exists():
                with Path(f"{path}{suffix}").open("r+b") as file:
                    file.write(files[suffix])  # in place: a shorter one leaves the rest
        use(path, deep=False)
        say("done")

    assert Child(work).lines() in (["done"], [])  # a log that is cut while it is mapped may end a process


def test_a_schema_that_is_no_text_raises_store_error(folder: Path) -> None:
    content = (
        whole(False)[""]
        .replace(b"tableeventsevents", b"table\xe5ventsevents")
        .replace(b"CREATE TABLE", b"CREATE TABLX")
    )
    path = written(folder, {"": content})
    for read_only in (True, False):
        with pytest.raises(StoreError):
            SqliteStore(path, read_only=read_only)


def test_an_undamaged_file_can_be_used(folder: Path) -> None:
    for logged in (False, True):
        assert use(written(folder, whole(logged)), deep=True)
        use_on_the_command_line(written(folder, whole(logged)))


def test_a_cyclic_tree_of_rows_raises(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(folder, whole(False))
    database = sqlite3.connect(path)
    (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
    database.close()
    content = bytearray(path.read_bytes())
    page = (root - 1) * PAGE
    assert content[page] == 5  # it has other pages below it
    cells = [
        page + int.from_bytes(content[page + 12 + 2 * number : page + 14 + 2 * number])
        for number in range(int.from_bytes(content[page + 3 : page + 5]))
    ]
    for cell in cells[1:]:
        content[cell : cell + 4] = content[cells[0] : cells[0] + 4]
    path.write_bytes(content)
    monkeypatch.setattr(sqlite, "_AT_ONCE", 5)
    for naming in (None, "vpc"):
        store = SqliteStore(path)
        with time_limit(), pytest.raises((StoreError, ReplayError)):
            Cloud(store)
        with time_limit(), suppress(StoreError):
            assert len(list(store.read(naming=naming))) < 10_000
        store.close()
    use(path, deep=False)
