"""The operations that change the name and the description of a resource: the same for each kind."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from ecsnet.commands import Command
from ecsnet.domain.context import RuleContext
from ecsnet.domain.operation import Operation, Recording, ResourceKind
from ecsnet.domain.state.world import Region
from ecsnet.events.base import Event


def modification(
    command: type[Any],
    event: type[Any],
    result: ResourceKind,
    name: str,
    *,
    prepare: Callable[[RuleContext, Any], None] | None = None,
    statuses: Mapping[ResourceKind, Container[str]] | None = None,
) -> Operation[Any]:
    """Returns the operation of a command that changes the name, which is its parameter ``name``, and the description of
    a resource. ``event`` records it, in fields ``name`` and ``description``."""

    def decide(context: RuleContext, given: Any) -> tuple[Event, ...]:
        resource_id = {result.parameter: getattr(given, result.parameter)}
        return (event(**resource_id, name=getattr(given, name), description=given.description),)

    def restore(region: Region, recording: Recording[Any]) -> Command[Any]:
        recorded = recording.event
        names = {result.parameter: getattr(recorded, result.parameter), name: recorded.name}
        restored: Command[Any] = command(**names, description=recorded.description)
        return restored

    return Operation(
        command,
        decide,
        result,
        prepare=prepare,
        statuses=statuses or {},
        recorded_as=(event,),
        restore=restore,
    )
