"""`ecsnet serve`: a server of the vendor's API, until it is interrupted."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
import msgspec

from ecsnet import Cloud
from ecsnet.clocks import utc_now
from ecsnet.openapi import Service
from ecsnet.openapi.admin import Admin, ShiftedClock
from ecsnet.openapi.server import Server, log_to_standard_error
from ecsnet.testing import client_environment
from ecsnet.testing.faults import Faults, read_faults

if TYPE_CHECKING:
    from ecsnet.clocks import SettleAfter


def clock() -> ShiftedClock:
    """Returns the system's clock, which ``/_ecsnet/clock`` may move forward."""
    return ShiftedClock(utc_now)


def check(polls: int | None, settle_after: SettleAfter) -> None:
    """Refuses settings that contradict each other."""
    if polls is not None and settle_after not in ("manual", timedelta(0)):
        raise click.UsageError("--polls and --settle-after exclude each other")


def faults_in(file: Path | None, seed: int) -> Faults:
    """Returns the faults in a file, none without one."""
    if file is None:
        return Faults(seed)
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[dict[str, object]])
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file}: {error}") from error
    return read_faults(rows, seed=seed)


def serve(
    cloud: Cloud, *, host: str, port: int, polls: int | None, faults: Faults, strict: bool, may_reset: bool, log: bool
) -> None:
    """Serves a cloud until SIGINT or SIGTERM. ``log`` writes each call to the standard error."""
    if log:
        log_to_standard_error()
    service = Service(cloud, strict=strict, polls=polls, faults=faults)
    server = Server(service, host=host, port=port, admin=Admin(service, may_reset=may_reset, read_faults=read_faults))

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with server:
            told = {"endpoint": server.url, "environment": client_environment(server.endpoint, cloud.region_id)}
            click.echo(msgspec.json.encode(told).decode())
            server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
