"""Measures durability: a command recorded in a SQLite file, beside a bare INSERT and COMMIT of the same row.

Both wait for the disk after every command (WAL, synchronous FULL), so the result depends on the disk of the folder for
temporary files (TMPDIR). The bare table has the same columns and keys as ours.

Code that runs right after a wait for the disk is slower than the same code in a loop, as the processor's caches have
lost it. So a command in memory after each bare INSERT and COMMIT takes longer than the two in loops of their own, and
is the least that a durable command can take.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._measure import Contender, Effort, measure, stopwatch
from benchmarks._network import Network, attach_detach, build
from ecsnet import Cloud
from ecsnet.commands import AttachNetworkInterface, DetachNetworkInterface

TABLE = (
    "CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, "
    "type TEXT NOT NULL, schema_version INTEGER NOT NULL, payload TEXT NOT NULL, recorded_at TEXT NOT NULL, "
    "account_id TEXT NOT NULL, command_id TEXT NOT NULL, caused_by INTEGER, settles TEXT, hash TEXT, "
    "UNIQUE (stream, version))"
)
INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def run(effort: Effort) -> None:
    """Measures durable commands and prints the table."""
    pairs = effort.of(200)
    with TemporaryDirectory() as folder:
        path = Path(folder, "network.db")
        with Cloud(path) as cloud:
            network = build(100, cloud)
            connection, row = _bare(Path(folder, "bare.db"), path)
            in_memory, between = build(100), build(100)
            floor = "bare INSERT and COMMIT"
            least = "bare INSERT and COMMIT, then the command in memory"
            measure(
                "record a command durably, per command (attach + detach)",
                [
                    Contender(floor, _inserting(connection, row, 2 * pairs)),
                    Contender("Cloud.execute, SQLite file", attach_detach(network, cloud, pairs), floor),
                    Contender("Cloud.execute, in memory", attach_detach(in_memory, in_memory.cloud, pairs), floor),
                    Contender(least, _then_in_memory(connection, row, between, pairs), floor),
                    Contender("Cloud.execute, SQLite file, again", attach_detach(network, cloud, pairs), least),
                ],
                effort.rounds,
            )
            connection.close()


def _bare(path: Path, ours: Path) -> tuple[sqlite3.Connection, Sequence[Any]]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)
    reader = sqlite3.connect(ours)
    row: Sequence[Any] = reader.execute(
        "SELECT * FROM events WHERE type = 'NetworkInterfaceAttached' LIMIT 1"
    ).fetchone()
    reader.close()
    return connection, row


def _insert(connection: sqlite3.Connection, row: Sequence[Any]) -> Callable[[], object]:
    numbers = count(connection.execute("SELECT coalesce(max(position), 0) + 1 FROM events").fetchone()[0])
    _, stream, _, *rest = row

    def insert() -> None:
        number = next(numbers)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(INSERT, (number, stream, number, *rest))
        connection.execute("COMMIT")

    return insert


def _inserting(connection: sqlite3.Connection, row: Sequence[Any], times: int) -> Callable[[], float]:
    def run() -> float:
        insert = _insert(connection, row)
        with stopwatch() as watch:
            for _ in range(times):
                insert()
        return watch.seconds / times

    return run


def _then_in_memory(
    connection: sqlite3.Connection, row: Sequence[Any], network: Network, pairs: int
) -> Callable[[], float]:
    interface_ids, instance_ids, cloud = network.some_free(pairs), network.instance_ids, network.cloud

    def run() -> float:
        insert = _insert(connection, row)
        with stopwatch() as watch:
            for interface_id, instance_id in zip(interface_ids, cycle(instance_ids), strict=False):
                insert()
                cloud.execute(AttachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
                insert()
                cloud.execute(DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
        return watch.seconds / (2 * pairs)

    return run
