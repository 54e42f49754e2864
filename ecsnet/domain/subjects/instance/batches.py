"""Commands on several instances at once: each is judged and recorded as the command on one instance that it stands for.

So they have no rules and no events of their own. All instances are in one region, which is the one of the command or of
the first of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ecsnet.commands import (
    Command,
    DeleteInstance,
    DeleteInstances,
    RebootInstance,
    RebootInstances,
    StartInstance,
    StartInstances,
    StopInstance,
    StopInstances,
)
from ecsnet.domain.context import RuleContext
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.events.base import Event


def _decided_by_its_parts(context: RuleContext, command: Command[Any]) -> tuple[Event, ...]:
    raise AssertionError("a command on several instances is decided by its parts")


def _batch(
    command: type[Command[Any]], parts: Callable[[Any], tuple[Command[Any], ...]], *, removes: bool = False
) -> Operation[Any]:
    return Operation(
        command,
        _decided_by_its_parts,
        ResourceKind.Instance,
        several="instance_ids",
        parts=parts,
        removes=removes,
    )


OPERATIONS: Final[Operations] = operations(
    _batch(StartInstances, lambda command: tuple([StartInstance(instance_id=one) for one in command.instance_ids])),
    _batch(StopInstances, lambda command: tuple([StopInstance(instance_id=one) for one in command.instance_ids])),
    _batch(RebootInstances, lambda command: tuple([RebootInstance(instance_id=one) for one in command.instance_ids])),
    _batch(
        DeleteInstances,
        lambda command: tuple([DeleteInstance(instance_id=one, force=command.force) for one in command.instance_ids]),
        removes=True,
    ),
)
