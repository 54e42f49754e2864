"""Child processes that are killed or run as another user: they run a function and report in lines of text."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import pytest

from ecsnet.events.stores import sqlite, sqlite_file

NOBODY: Final = 65534
CHILD_SECONDS: Final = 120
"""The seconds that a child may take; then it is ended, and its parent told."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


class Child:
    """A forked child that does something and writes what came of it, line by line, as it goes."""

    def __init__(self, work: Callable[[Callable[[str], None]], object], *, as_user: int | None = None) -> None:
        reading, writing = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            os.close(writing)
            self._reading = reading
            self.ended = False
            return
        os.close(reading)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(CHILD_SECONDS)

        def say(text: str) -> None:
            os.write(writing, (text.replace("\n", " ") + "\n").encode(errors="backslashreplace"))

        try:
            if as_user is not None:
                os.setgroups([])
                os.setgid(as_user)
                os.setuid(as_user)
            work(say)
        except BaseException as error:  # noqa: BLE001  # the parent is told, and judges
            say(f"{type(error).__name__}: {error}")
        finally:
            os._exit(0)

    def kill(self) -> None:
        """End it at once, wherever it is."""
        os.kill(self.pid, signal.SIGKILL)

    def lines(self) -> list[str]:
        """Wait for its end, and return what it wrote. A line that was cut off is not among them."""
        said = bytearray()
        while piece := os.read(self._reading, 65536):
            said += piece
        os.close(self._reading)
        os.waitpid(self.pid, 0)
        self.ended = True
        return said.decode().split("\n")[:-1]

    def next_line(self) -> str:
        """Wait for its next line, and return that."""
        said = bytearray()
        while (piece := os.read(self._reading, 1)) not in (b"\n", b""):
            said += piece
        return said.decode()


def killed_at(place: int, work: Callable[[], object]) -> bool:
    """Run something in a child that is killed at the ``place``-th line of the SQLite store's code or callback of SQLite
    itself, counted from 1. Returns whether there were so many."""

    def run(say: Callable[[str], None]) -> None:
        reached = 0

        def count() -> int:
            nonlocal reached
            reached += 1
            if reached == place:
                os.kill(os.getpid(), signal.SIGKILL)
            return 0

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            if frame.f_code.co_filename not in _FILES:
                return None
            if event == "line":
                count()
            return trace

        connect = sqlite_file.sqlite3.connect

        class Counting(sqlite_file.sqlite3.Connection):
            """Counts every few instructions of SQLite's machine, and every statement when it begins."""

            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                self.set_progress_handler(count, 3)
                self.set_trace_callback(lambda _: count() and None)

        sqlite_file.sqlite3.connect = lambda *args, **options: connect(*args, **{**options, "factory": Counting})
        sys.settrace(trace)
        work()
        sys.settrace(None)
        say("done")

    return not Child(run).lines()


_FILES: Final = frozenset({sqlite.__file__, sqlite_file.__file__})
