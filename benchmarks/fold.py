"""Measures replay: a long history of one region with 1,000 ENIs, from decoded events and from a SQLite file.

The floor of opening a file is the least possible work: the same SELECT fetches the same rows, and each payload is
decoded into its event class. The peer is the `eventsourcing` package with its SQLite module. It replays as many events
with the same content into one aggregate that only stores them in dicts; it spends much of its time in asserts, so it is
measured under ``python -O`` too.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks._measure import Contender, Effort, measure, stopwatch
from benchmarks._network import build, live
from ecsnet import Cloud, RecordedEvent
from ecsnet.domain.fold import replay
from ecsnet.domain.state.world import World
from ecsnet.events import EVENT_TYPES, NewEvent
from ecsnet.events.stores.sqlite import SqliteStore

SELECT = (
    "SELECT position, stream, version, type, schema_version, payload, recorded_at, account_id, command_id "
    "FROM events WHERE position > ? ORDER BY position"
)


def run(effort: Effort) -> None:
    """Measures replay from memory and from a file and prints the tables."""
    network = build(1_000)
    live(network, effort.of(50_000))
    history = network.cloud.history()
    count = len(history)
    measure(
        f"fold {count:,} decoded events, per event",
        [Contender("fold, events in memory", _folding(history), target="at most 2 µs: 500,000 a second")],
        effort.rounds,
    )
    with TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "ours.db"), Path(folder, "theirs.db")
        store_history(history, ours)
        _eventsourcing("write", str(ours), str(theirs))
        floor = "floor: SELECT and decode"
        measure(
            f"open a SQLite file of {count:,} events, per event",
            [
                Contender(floor, _floor(ours, count)),
                Contender("Cloud(path)", _opening(ours, count), floor, "at most 1.6 times"),
                Contender("SqliteStore.read alone", _reading(ours, count), floor),
                Contender("eventsourcing, as shipped", _replaying(theirs), floor),
                Contender("eventsourcing, python -O", _replaying(theirs, "-O"), floor),
            ],
            effort.rounds,
        )


def _folding(history: tuple[RecordedEvent, ...]) -> Callable[[], float]:
    records = list(history)

    def run() -> float:
        with stopwatch() as watch:
            replay(World(), records)
        return watch.seconds / len(records)

    return run


def store_history(history: tuple[RecordedEvent, ...], path: Path) -> None:
    """Stores a whole history in a new file."""
    store = SqliteStore(path)
    news = [
        NewEvent(record.stream, record.event, record.recorded_at, record.account_id, record.command_id)
        for record in history
    ]
    store.append(news, dict.fromkeys((new.stream for new in news), 0))
    store.close()


def _floor(path: Path, count: int) -> Callable[[], float]:
    decoders = {name: msgspec.json.Decoder(event_type) for name, event_type in EVENT_TYPES.items()}

    def run() -> float:
        with stopwatch() as watch:
            connection = sqlite3.connect(path)
            for row in connection.execute(SELECT, (0,)):
                decoders[row[3]].decode(row[5])
            connection.close()
        return watch.seconds / count

    return run


def _opening(path: Path, count: int) -> Callable[[], float]:
    def run() -> float:
        with stopwatch() as watch:
            Cloud(path).close()
        return watch.seconds / count

    return run


def _reading(path: Path, count: int) -> Callable[[], float]:
    def run() -> float:
        with stopwatch() as watch:
            store = SqliteStore(path)
            for _ in store.read():
                pass
            store.close()
        return watch.seconds / count

    return run


def _replaying(path: Path, *flags: str) -> Callable[[], float]:
    return lambda: float(_eventsourcing("replay", str(path), flags=flags))


def _eventsourcing(*arguments: str, flags: tuple[str, ...] = ()) -> str:
    command = [sys.executable, *flags, "-m", "benchmarks._eventsourcing", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]).stdout
