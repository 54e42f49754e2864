"""`Operation`: all that ecsnet knows about one kind of command, in one declaration.

Each subject has a table ``OPERATIONS`` of its commands, as it has a table ``EVOLVE`` of its events, and
`ecsnet.domain.decide` merges them. What follows from the names of a command's parameters is not declared: how the
resources that it names are found, and which rule denies those that are missing (`ecsnet.domain.lookups`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec

from ecsnet.commands import Command
from ecsnet.domain.context import RuleContext
from ecsnet.domain.rules import Facts
from ecsnet.domain.state.world import Region
from ecsnet.events.base import Event

C = TypeVar("C", bound=Command[Any])
E = TypeVar("E", bound=Event, covariant=True)
Events = tuple[Event, ...]


class ResourceKind(Enum):
    """A kind of resource, and of quotas: its table in a region, and the parameter that names one in every command."""

    Vpc = ("vpcs", "vpc_id")
    VSwitch = ("vswitches", "vswitch_id")
    SecurityGroup = ("security_groups", "security_group_id")
    Instance = ("instances", "instance_id")
    NetworkInterface = ("network_interfaces", "network_interface_id")
    Eip = ("eips", "allocation_id")
    Quota = ("quotas", "name")

    def __init__(self, table: str, parameter: str) -> None:
        self.table = table
        self.parameter = parameter


class Impossible(msgspec.Struct, frozen=True):
    """The rule that a command on a resource breaks whatever its other parameters are, and why."""

    rule: str
    message: str
    facts: Facts


class Recording(msgspec.Struct, Generic[E], frozen=True):
    """The record of a command in a history: its event, the time, and the events that follow from it."""

    event: E
    recorded_at: datetime
    followers: tuple[Event, ...] = ()


class Operation(msgspec.Struct, Generic[C], frozen=True):
    """The declaration of one kind of command: how it is decided, recorded, and offered by `Cloud.permitted`.

    ``decide`` returns the events of a command that no rule denies. ``result`` is what the command returns: the resource
    that it names, or those that its events create; a function, if their kind depends on the command. A resource that is
    created ``within`` another one is recorded in that one's region. ``several`` is the parameter with the ids of the
    resources, for a command that names any number of them and returns a tuple.

    ``prepare`` computes the values of the context from what was found. In `Cloud.permitted` there is no command yet,
    and it computes the values of the parameters that are the easiest to fulfil.

    ``statuses`` are those in which a resource admits the command; a resource that is left out admits it in each.
    ``alternatives`` are contexts in which the resources that the known one is bound to are known too, if the command
    separates them: it is permitted if it is in one of them. Where there is none, an `Impossible` says so.

    ``recorded_as`` are the events that record the command, and ``restore`` makes the command from one of them, given
    the region before it and the events that follow from it; without it the command's parameters are the fields of the
    event that have the same names. ``parts`` are the single commands of one that is for several resources: each is
    judged, decided and recorded by itself. ``removes`` tells whether the resource is gone afterwards.
    """

    command: type[C]
    decide: Callable[[RuleContext, C], Events]
    result: ResourceKind | Callable[[C], ResourceKind]
    within: ResourceKind | None = None
    prepare: Callable[[RuleContext, C | None], None] | None = None
    statuses: Mapping[ResourceKind, Container[str]] = {}
    alternatives: Callable[[RuleContext], Iterator[RuleContext | Impossible]] | None = None
    recorded_as: tuple[type[Event], ...] = ()
    restore: Callable[[Region, Recording[Any]], C] | None = None
    removes: bool = False
    several: str | None = None
    parts: Callable[[C], tuple[Command[Any], ...]] | None = None


Operations = dict[type[Command[Any]], Operation[Any]]


def operations(*declared: Operation[Any]) -> Operations:
    """Returns the table of a subject's operations, by command. Raises ValueError for a command that is there twice."""
    return merged(*({operation.command: operation} for operation in declared))


def merged(*tables: Operations) -> Operations:
    """Returns one table of all operations. Raises ValueError for a command that two subjects decide."""
    whole: Operations = {}
    for table in tables:
        if twice := whole.keys() & table.keys():
            raise ValueError(f"decided twice: {', '.join(command.__name__ for command in twice)}")
        whole |= table
    return whole
