"""Measures durability: a command recorded in a SQLite file, beside a bare INSERT and COMMIT of the same row.

Both wait for the disk after every command (WAL, synchronous FULL), so the result depends on the disk of the folder for
temporary files (TMPDIR). The bare table has the same columns and keys as ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._measure import Contender, Effort, measure, stopwatch
from benchmarks._network import attach_detach, build
from ecsnet import Cloud

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
            in_memory = build(100)
            floor = "bare INSERT and COMMIT"
            measure(
                "record a command durably, per command (attach + detach)",
                [
                    Contender(floor, _inserting(connection, row, 2 * pairs)),
                    Contender("Cloud.execute, SQLite file", attach_detach(network, cloud, pairs), floor),
                    Contender("Cloud.execute, in memory", attach_detach(in_memory, in_memory.cloud, pairs), floor),
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


def _inserting(connection: sqlite3.Connection, row: Sequence[Any], times: int) -> Callable[[], float]:
    numbers = count(1)
    _, stream, _, *rest = row

    def run() -> float:
        with stopwatch() as watch:
            for _ in range(times):
                number = next(numbers)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(INSERT, (number, stream, number, *rest))
                connection.execute("COMMIT")
        return watch.seconds / times

    return run
