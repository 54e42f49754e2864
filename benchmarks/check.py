"""Measures `Cloud.check` of allowed and denied commands, in a small and a large region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks._measure import Contender, Effort, measure, stopwatch
from benchmarks._network import Network, build
from ecsnet.commands import AttachNetworkInterface, Command, CreateNetworkInterface, DetachNetworkInterface

BuildCommand = Callable[[Network, str], Command[Any]]


def run(effort: Effort) -> None:
    """Measures checks of three commands in two regions and prints their tables."""
    small, large, times = 100, effort.of(100_000), effort.of(4_000)
    networks = {size: build(size) for size in (small, large)}
    for title, command in (("check an attach, allowed", _attach), ("check a create, allowed", _create)):
        measure(title, _contenders(networks, small, large, command, times), effort.rounds)
    measure("check a detach, denied", _contenders(networks, small, large, _detach, times), effort.rounds)


def _contenders(
    networks: dict[int, Network], small: int, large: int, build_command: BuildCommand, times: int
) -> list[Contender]:
    base = f"{small} ENIs"
    return [
        Contender(base, _checking(networks[small], build_command, times), target="at most 20 µs"),
        Contender(f"{large:,} ENIs", _checking(networks[large], build_command, times), base, "at most 20 µs, flat"),
    ]


def _checking(network: Network, build_command: BuildCommand, times: int) -> Callable[[], float]:
    commands = [build_command(network, interface_id) for interface_id in network.some_free(times)]
    check = network.cloud.check

    def run() -> float:
        with stopwatch() as watch:
            for command in commands:
                check(command)
        return watch.seconds / times

    return run


def _attach(network: Network, interface_id: str) -> Command[Any]:
    return AttachNetworkInterface(network_interface_id=interface_id, instance_id=network.instance_ids[0])


def _create(network: Network, interface_id: str) -> Command[Any]:
    return CreateNetworkInterface(vswitch_id=network.vswitch_ids[0], security_group_ids=(network.group_id,))


def _detach(network: Network, interface_id: str) -> Command[Any]:
    return DetachNetworkInterface(network_interface_id=interface_id, instance_id=network.instance_ids[0])
