"""``ecsnet history``: one line for each event; ``ecsnet verify``: the head of a history, or its first fault."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecsnet.cli.output import Output
from ecsnet.cli.wording import timestamp
from ecsnet.events import Verification
from ecsnet.events.base import RecordedEvent
from ecsnet.values import InstanceType


def show(record: RecordedEvent, output: Output) -> None:
    """Prints one event: its position, time, stream and version, type and fields."""
    if output.as_json:
        output.value(record)
        return
    fields = {name: getattr(record.event, name) for name in record.event.__struct_fields__}
    assignments = " ".join(f"{name}={_shown(value)}" for name, value in fields.items() if value is not None)
    output.line(
        f"{record.position:>6}  {timestamp(record.recorded_at)}  {record.stream}/{record.version}  ",
        (record.type, "bold"),
        f"  {assignments}",
    )


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if isinstance(value, InstanceType):
        return value.id
    return str(value)


def write_lines(lines: Iterator[bytes], path: Path | None) -> None:
    """Writes lines to standard output, or to a file, which is complete or not there."""
    if path is None:
        sys.stdout.buffer.writelines(lines)
        sys.stdout.flush()
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("xb") as file:
        try:
            file.writelines(lines)
        except BaseException:
            unfinished.unlink()
            raise
    unfinished.replace(path)


def show_verification(verification: Verification, output: Output) -> None:
    """Prints the head of a history, how many of its events have no hash, and the first fault."""
    if output.as_json:
        output.value(verification)
        return
    if verification.fault is not None:
        output.line(("damaged", "bold red"), f"  {verification.fault}")
        return
    output.line(("intact", "bold green"), f"  {verification.events} events, head {verification.head}")
    if verification.snapshots:
        output.line(f"{verification.snapshots} snapshots say what the events say")
    if verification.unhashed:
        output.line(
            f"{verification.unhashed} of them were written before hashes existed: "
            "changes that were made to them before the file was converted are not found"
        )
