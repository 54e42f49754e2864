"""Eight processes that work on one SQLite file or database at once, and the checks that hold for any history."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any, Final

from ecsnet import Cloud, CommandDenied, audit
from ecsnet.commands import Command
from ecsnet.domain.fold import replay
from ecsnet.domain.state.regional_pool import block_number
from ecsnet.domain.state.world import World
from ecsnet.events import RecordedEvent
from ecsnet.testing import invariants
from tests.support.replay import replayed

RACERS: Final = 8
PATIENCE: Final = 120.0
"""Seconds after which a race counts as hanging."""
Begin = Callable[[], None]
Work = Callable[..., Any]


def regions_of_one_block(count: int) -> list[str]:
    """Returns ids of regions that draw public, and classic, addresses from one block."""
    blocks: dict[int, list[str]] = {}
    number = 0
    while True:
        region_id = f"zz-r{number}"
        block = blocks.setdefault(block_number(region_id), [])
        block.append(region_id)
        if len(block) == count:
            return block
        number += 1


class Racers:
    """Processes that wait for work."""

    def __init__(self) -> None:
        if "forkserver" in multiprocessing.get_all_start_methods():  # the imports are done once, for all of them
            context: Any = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["tests.attack.racing", "ecsnet.events.stores.opening", "psycopg"])
        else:
            context = multiprocessing.get_context("spawn")
        self._barrier = context.Barrier(RACERS)  # gone from the system when this one is
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        for number in range(RACERS):
            here, there = context.Pipe()
            process = context.Process(target=_race, args=(there, number, self._barrier), daemon=True)
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)

    def race(self, work: Work, path: Path | str, *arguments: Any, seed: int = 0) -> list[Any]:
        """Do ``work(path, number, begin, *arguments)`` in every process. Each calls ``begin``, which returns in all of
        them at about the same time. Returns what each of them returned."""
        for pipe in self._pipes:
            pipe.send((work, str(path), arguments, seed))
        results = []
        for pipe in self._pipes:
            assert pipe.poll(PATIENCE), "a process is not done"
            results.append(pipe.recv())
        for came, result in results:
            assert came, result
        return [result for _, result in results]

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
            pipe.close()
        for process in self._processes:
            process.join()
            process.close()


def _race(pipe: Connection, number: int, barrier: Any) -> None:
    while (job := pipe.recv()) is not None:
        work, path, arguments, seed = job
        late = Random(f"{seed}/{number}").uniform(0, 0.003) if seed % 2 else 0

        def begin(late: float = late) -> None:
            barrier.wait(PATIENCE)
            until = time.perf_counter() + late
            while time.perf_counter() < until:
                pass

        try:
            pipe.send((True, work(path, number, begin, *arguments)))
        except BaseException:  # noqa: BLE001  # the process that waits for the result raises it
            pipe.send((False, traceback.format_exc()))


def tried(cloud: Cloud, command: Command[Any], **options: Any) -> str:
    """Returns the code with which a command is denied, ``"made"`` if it is allowed."""
    try:
        cloud.execute(command, **options)
    except CommandDenied as denied:
        return denied.code
    return "made"


def never_wrong(history: Iterable[RecordedEvent], *, eips: int = 20) -> None:
    """After each of the events, no account had more EIPs than its quota, and no address two owners."""
    world = World()
    for position, record in enumerate(history, start=1):
        assert record.position == position
        replay(world, [record])
        regions = world.regions.values()
        for table in ("public_ips", "classic_ips"):
            held = [ip for region in regions for ip in getattr(region, table).snapshot()]
            assert len(held) == len(set(held)), (table, record)
        owners = [eip.account_id for region in regions for eip in region.eips.snapshot().values()]
        assert all(owners.count(account_id) <= eips for account_id in set(owners)), record


def all_is_well(cloud: Cloud, *, eips: int = 20) -> None:
    """Every event of the history was right after those before it, and the history is what the cloud shows."""
    history = cloud.history()
    never_wrong(history, eips=eips)
    assert not audit(history)
    assert not invariants(cloud)
    assert replayed(cloud).state_digest() == cloud.state_digest()
