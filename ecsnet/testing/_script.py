"""A runnable script of the steps taken; resource ids are replaced by variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import attrs

from ecsnet._escaping import escaped
from ecsnet.clocks import AT_ONCE, ManualClock, Outcome, SettleAfter
from ecsnet.cloud import Cloud
from ecsnet.commands import Command, ConvertNatPublicIpToEip, RunInstances
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.resources import Eip, Instance, NetworkInterface, SecurityGroup, Vpc, VSwitch


@attrs.frozen
class Settle:
    """Step: complete the transitions that are due, or that of one resource; or let them fail or get stuck."""

    resource_id: str | None = None
    outcome: Outcome = attrs.field(default="completed", kw_only=True)


@attrs.frozen
class Wait:
    """Step: advance the clock."""

    by: timedelta


Step = Command[Any] | Settle | Wait


_NAMES: dict[type[Any], str] = {
    Vpc: "vpc",
    VSwitch: "vsw",
    SecurityGroup: "sg",
    Instance: "vm",
    NetworkInterface: "eni",
    Eip: "eip",
}


class Script:
    """Steps and their results; ``str()`` is the program. Denied commands are comments in it.

    The program expects the names ``cloud`` and, if time advances, ``clock``, the classes of the commands, and
    ``NewNetworkInterface`` if an instance is created with a new ENI. Each step is one line in which every value is a
    literal or a variable, so no value can run as code.
    """

    def __init__(self) -> None:
        self._steps: list[tuple[Step, Any]] = []

    def __eq__(self, other: object) -> bool:
        """Returns whether the steps and their results are equal."""
        return self._steps == other._steps if isinstance(other, Script) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a script grows

    def __len__(self) -> int:
        """Returns the number of steps."""
        return len(self._steps)

    def add(self, step: Step, result: Any = None) -> None:
        """Adds a step. ``result`` is a resource, a tuple of them, or the error codes, as text, of a denied command."""
        self._steps.append((step, result))

    def __str__(self) -> str:
        names = _Variables()
        return "\n".join([names.line(step, result) for step, result in self._steps])


class _Variables:
    """The variables of the resources in the lines so far."""

    def __init__(self) -> None:
        self._text_of: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def line(self, step: Step, result: Any) -> str:
        if isinstance(step, Settle):
            arguments = [self._text(step.resource_id)] if step.resource_id else []
            if step.outcome != "completed":
                arguments.append(f"outcome={step.outcome!r}")
            return f"cloud.settle({', '.join(arguments)})"
        if isinstance(step, Wait):
            return f"clock.advance({step.by!r})".replace("datetime.", "")
        call = f"cloud.execute({self._command(step)})"
        if isinstance(result, str):
            return _comment(f"{call}: {result}")
        if isinstance(step, ConvertNatPublicIpToEip):
            return f"{self._name('eip', result.eip_id)} = cloud.eips[{call}.eip_id]"
        many = isinstance(step, RunInstances)
        if isinstance(result, tuple) and not many:  # what it names has its names
            return call
        new = [name for one in (result if many else (result,)) if (name := self._new_name(one))]
        if not new:
            return call
        return f"({', '.join(new)},) = {call}" if many else f"{new[0]} = {call}"

    def _command(self, command: Any) -> str:
        parameters = [
            f"{field.name}={self._text(value)}"
            for field in attrs.fields(type(command))
            if (value := getattr(command, field.name)) != field.default
        ]
        return f"{type(command).__name__}({', '.join(parameters)})"

    def _text(self, value: Any) -> str:
        if isinstance(value, tuple):
            return f"[{', '.join(map(self._text, value))}]"
        if isinstance(value, str):
            return self._text_of.get(value) or str.__repr__(value)
        return self._command(value) if isinstance(value, NewNetworkInterface) else repr(value)

    def _new_name(self, resource: Any) -> str | None:
        kind = _NAMES.get(type(resource))
        if kind is None:
            return None
        if resource.id in self._text_of:
            return None
        name = self._name(kind, resource.id)
        if kind == "vm" and resource.primary_network_interface_id is not None:
            self._text_of[resource.primary_network_interface_id] = f"{name}.primary_network_interface_id"
            for number, interface_id in enumerate(resource.network_interface_ids):
                self._text_of.setdefault(interface_id, f"{name}.network_interface_ids[{number}]")
        return name

    def _name(self, kind: str, resource_id: str) -> str:
        number = self._counts[kind] = self._counts.get(kind, 0) + 1
        name = kind if number == 1 else f"{kind}_{number}"
        self._text_of[resource_id] = f"{name}.id"
        return name


def _comment(text: str) -> str:
    # "coding:" in one of the first two comments of a file would choose the encoding in which Python reads the rest. The
    # escape means the same letter where it stands in a literal.
    return "# " + re.sub("coding(?=[:=])", r"codin\\x67", escaped(text))


def completing_steps(settle_after: SettleAfter) -> tuple[Step, ...]:
    """Returns the steps that complete every transition of a cloud with this ``settle_after``. A release of a Running
    instance takes its time twice: until the instance is Stopped, and until it is gone."""
    if settle_after == AT_ONCE:
        return ()
    given = settle_after.values() if isinstance(settle_after, Mapping) else (settle_after,)
    longest = max((one for one in given if isinstance(one, timedelta)), default=AT_ONCE)
    return (Wait(2 * longest), Settle()) if longest else (Settle(),)


def apply_step(cloud: Cloud, step: Step) -> Any:
    """Executes one step. Raises `CommandDenied` as `Cloud.execute` does, and TypeError for a `Wait` without a
    `ManualClock`."""
    if isinstance(step, Settle):
        return cloud.settle(step.resource_id, outcome=step.outcome)
    if isinstance(step, Wait):
        clock = cloud.clock
        if not isinstance(clock, ManualClock):
            raise TypeError(f"to wait takes a ManualClock, not {clock!r}")
        return clock.advance(step.by)
    return cloud.execute(step)
