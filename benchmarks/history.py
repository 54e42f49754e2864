"""Measures a file of a million events: opening it, `Cloud.at` its end, and reading one resource's history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks._measure import Contender, Effort, measure, stopwatch
from benchmarks._network import build, live
from benchmarks.fold import store_history
from ecsnet import Cloud


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
            times: list[tuple[str, Callable[[], object]]] = [
                ("open", lambda: Cloud(path).close()),
                ("at(head)", lambda: cloud.at(count)),
                ("history(id)", lambda: cloud.history(resource_id)),
                ("at(head), in memory", lambda: network.cloud.at(count)),
                ("history(id), in memory", lambda: network.cloud.history(resource_id)),
            ]
            measure(
                f"a SQLite file of {count:,} events",
                [Contender(name, _timed(work)) for name, work in times],
                effort.rounds,
            )


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        with stopwatch() as watch:
            work()
        return watch.seconds

    return run
