"""The command that an event was recorded for, so that it can be judged again."""

from __future__ import annotations

from typing import Any, Final

from ecsnet._attrs import field_names
from ecsnet.commands import Command
from ecsnet.domain.decide import OPERATIONS
from ecsnet.domain.operation import Operation, Recording
from ecsnet.domain.state.world import Region
from ecsnet.events.base import Event

_OPERATION_OF: Final[dict[type[Event], Operation[Any]]] = {
    event: operation for operation in OPERATIONS.values() for event in operation.recorded_as
}


def command_for(region: Region, recording: Recording[Event]) -> Command[Any] | None:
    """Returns the command that an event was recorded for, None for an event that no command records by itself. The
    region is as it was before the event.

    Raises `InvalidCommand` where no command could have recorded it.
    """
    event = recording.event
    operation = _OPERATION_OF.get(type(event))
    if operation is None:
        return None
    if operation.restore is not None:
        restored: Command[Any] = operation.restore(region, recording)
        return restored
    command: type[Command[Any]] = operation.command
    names = field_names(command)
    parameters = {name: getattr(event, name) for name in names if hasattr(event, name)}
    if "region_id" in names:
        parameters["region_id"] = region.region_id
    return command(**parameters)
