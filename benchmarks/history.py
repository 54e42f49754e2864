"""Measures a history of a million events: opening a file with and without snapshots, `Cloud.at` any position, and
reading one resource's history.

Without snapshots, opening a file also writes them, as the first opening of an older file does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks._measure import Contender, Effort, measure, stopwatch
from benchmarks._network import build, live
from benchmarks.fold import store_history
from ecsnet import Cloud

LOOKS = 10


def run(effort: Effort) -> None:
    """Measures operations on a whole history and prints the table."""
    network = build(1_000)
    live(network, effort.of(1_000_000))
    count = network.cloud.position
    with TemporaryDirectory() as folder:
        path = Path(folder, "network.db")
        store_history(network.cloud.history(), path)
        resource_id = network.free[0]
        with Cloud(path) as cloud:
            without = "open without a snapshot"
            measure(
                f"a SQLite file of {count:,} events",
                [
                    Contender(without, _without_snapshots(path)),
                    Contender("open", _timed(lambda: Cloud(path).close()), without, "at most 0.1, 0.5 s"),
                    Contender("at(any position)", _looking(cloud, count), target="at most 50 ms"),
                    Contender("at(any position), in memory", _looking(network.cloud, count), target="at most 50 ms"),
                    Contender("history(id)", _timed(lambda: cloud.history(resource_id))),
                    Contender("history(id), in memory", _timed(lambda: network.cloud.history(resource_id))),
                ],
                effort.rounds,
            )


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        with stopwatch() as watch:
            work()
        return watch.seconds

    return run


def _without_snapshots(path: Path) -> Callable[[], float]:
    def run() -> float:
        connection = sqlite3.connect(path)
        connection.execute("DELETE FROM snapshots")
        connection.commit()
        connection.close()
        with stopwatch() as watch:
            Cloud(path).close()
        return watch.seconds

    return run


def _looking(cloud: Cloud, count: int) -> Callable[[], float]:
    random = Random(20190311)

    def run() -> float:
        positions = [random.randint(1, count) for _ in range(LOOKS)]
        with stopwatch() as watch:
            for position in positions:
                cloud.at(position)
        return watch.seconds / LOOKS

    return run
