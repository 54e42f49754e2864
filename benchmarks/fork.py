"""Measures forks, and writes after a fork on either side.

A fork shares everything and copies a value when one side first changes it, so a write after a fork costs a little more
than one before it, however large the region. A fork before every single write is the worst case.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks._measure import Contender, Effort, measure, per_operation, stopwatch
from benchmarks._network import Network, attach_detach, build
from ecsnet import Cloud
from ecsnet.commands import AttachNetworkInterface, DetachNetworkInterface


def run(effort: Effort) -> None:
    """Measures forks, and writes after forks, and prints the tables."""
    small, large, pairs = 100, effort.of(100_000), effort.of(1_000)
    networks = {size: build(size) for size in (small, large)}
    base = f"fork, {small} ENIs"
    measure(
        "fork",
        [
            Contender(base, _forking(networks[small].cloud, pairs)),
            Contender(f"fork, {large:,} ENIs", _forking(networks[large].cloud, pairs), base, "under 10 µs"),
        ],
        effort.rounds,
    )
    never = build(large)
    base = "never forked"
    measure(
        f"attach + detach an ENI of {large:,} after a fork, per command, {2 * pairs:,} commands a fork",
        [
            Contender(base, attach_detach(never, never.cloud, pairs)),
            Contender("on the fork", _on_the_fork(networks[large], pairs), base, "flat"),
            Contender("on the original", _on_the_original(networks[large], pairs), base, "flat"),
        ],
        effort.rounds,
    )
    measure(
        "a fork before every command, per fork and command",
        [
            Contender(f"{size:,} ENIs, {side}", forking(networks[size], pairs), against, target)
            for side, forking in (("on the fork", _fork_each_on_fork), ("on the original", _fork_each_on_original))
            for size, against, target in (
                (small, "", ""),
                (large, f"{small} ENIs, {side}", "flat"),
            )
        ],
        effort.rounds,
    )


def _forking(cloud: Cloud, times: int) -> Callable[[], float]:
    return lambda: per_operation(cloud.fork, times)


def _on_the_fork(network: Network, pairs: int) -> Callable[[], float]:
    return lambda: attach_detach(network, network.cloud.fork(), pairs)()


def _on_the_original(network: Network, pairs: int) -> Callable[[], float]:
    writing = attach_detach(network, network.cloud, pairs)

    def run() -> float:
        kept = network.cloud.fork()  # alive while the original is written to
        seconds = writing()
        kept.close()
        return seconds

    return run


def _fork_each_on_fork(network: Network, pairs: int) -> Callable[[], float]:
    interface_ids, instance_id = network.some_free(2 * pairs), network.instance_ids[0]

    def run() -> float:
        with stopwatch() as watch:
            for interface_id in interface_ids:
                cloud = network.cloud.fork()
                cloud.execute(AttachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
        return watch.seconds / (2 * pairs)

    return run


def _fork_each_on_original(network: Network, pairs: int) -> Callable[[], float]:
    interface_ids, instance_id = network.some_free(pairs), network.instance_ids[0]

    def run() -> float:
        cloud = network.cloud
        with stopwatch() as watch:
            for interface_id in interface_ids:
                cloud.fork()
                cloud.execute(AttachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
                cloud.fork()
                cloud.execute(DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
        return watch.seconds / (2 * pairs)

    return run
