"""``ecsnet history``: one line for each event."""

from __future__ import annotations

from typing import Any

from ecsnet.cli.output import Output
from ecsnet.cli.wording import timestamp
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
