"""Clouds for the beginning of a test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from ecsnet.clocks import ManualClock
from ecsnet.cloud import Cloud
from ecsnet.testing._script import Step, apply_step

START: Final = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)
"""The time at which clocks of tests start: the day of the vendor's guide."""


def cloud_after(*steps: Step, **options: Any) -> Cloud:
    """Returns a cloud in memory after executing these commands, in order; the steps may include `Settle` and `Wait`.

    ``options`` are those of `ecsnet.Cloud`; the default clock is a `ManualClock` at `START`. Raises `CommandDenied` for
    a command that is denied.

    >>> from ecsnet.commands import CreateVpc
    >>> len(cloud_after(CreateVpc(cidr_block="10.0.0.0/16")).vpcs)
    1
    """
    cloud = Cloud(**{"clock": ManualClock(START), **options})
    for step in steps:
        apply_step(cloud, step)
    return cloud
