"""A command while very many resources are in transition at once, as a ratio to the same command while none is.

Run from the repository's root with ``python -m benchmarks.transitions [number]``. The last line is the command that
records what fell due, divided by the number of transitions that it recorded.
"""

# ruff: noqa: T201  # a benchmark prints its table

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from ecsnet import Cloud, InstanceType, ManualClock
from ecsnet import commands as c
from ecsnet.testing import START

HOUR = timedelta(hours=1)
PACE: dict[str, Any] = {"RunInstances": HOUR, "StopInstance": timedelta(hours=2), "CreateVpc": "manual"}
QUOTAS = {"addresses-per-security-group": 10**6, "vswitches-per-vpc": 500}


def network(number: int) -> tuple[Cloud, ManualClock, dict[str, Any]]:
    """Returns a cloud with so many instances that are Pending, its clock, and a place for more."""
    clock = ManualClock(START)
    cloud = Cloud(
        clock=clock, settle_after=PACE, instance_types=[InstanceType(id="t", eni_quantity=2, private_ipv4_per_eni=2)]
    )
    for name, value in QUOTAS.items():
        cloud.execute(c.SetQuota(name=name, value=value))
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/8"))
    cloud.settle()
    group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    blocks = [
        cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block=f"10.{n}.0.0/16"))
        for n in range(number // 60_000 + 2)
    ]
    place: Any = {"vswitch_id": blocks[-1].id, "security_group_ids": [group.id]}
    for n in range(number // 100):
        here = {**place, "vswitch_id": blocks[n // 600].id}
        cloud.execute(c.RunInstances(instance_type="t", amount=100, **here))
    return cloud, clock, place


def timed(work: Callable[[], Any], times: int) -> float:
    """Returns the median time of a call, in microseconds."""
    found = []
    for _ in range(times):
        before = perf_counter()
        work()
        found.append(perf_counter() - before)
    return median(found) * 1e6


def measured(number: int) -> dict[str, float]:
    """Returns how long commands and reads take with so many resources in transition."""
    cloud, clock, place = network(number)

    def tick() -> None:
        clock.set(moment())

    def moment() -> datetime:
        return clock() + timedelta(microseconds=1)

    def run() -> None:
        tick()
        cloud.execute(c.RunInstances(instance_type="t", **place))

    def create() -> None:
        tick()
        cloud.execute(c.CreateNetworkInterface(**place))

    cloud.execute(c.SetQuota(name="interfaces-per-region", value=10**6))
    found = {
        "RunInstances, which begins a transition": timed(run, 300),
        "CreateNetworkInterface": timed(create, 300),
        "check": timed(lambda: (tick(), cloud.check(c.CreateNetworkInterface(**place))), 300),
        "settle, with nothing due": timed(lambda: (tick(), cloud.settle()), 300),
    }
    clock.advance(2 * HOUR)
    due = len(cloud.instances)
    before = perf_counter()
    cloud.execute(c.CreateNetworkInterface(**place))
    found["the command that records what fell due, by transition"] = (perf_counter() - before) * 1e6 / due
    return found


def main() -> None:
    """Prints a table: the times with none and with all in transition, and their ratio."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    few, many = measured(0), measured(number)
    print(f"{'':55} {'none, µs':>9} {f'{number:,}, µs':>13} {'ratio':>6}")
    for what, time in many.items():
        print(f"{what:55} {few[what]:9.1f} {time:13.1f} {time / few[what]:6.2f}")


if __name__ == "__main__":
    main()
