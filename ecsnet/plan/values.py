"""What a plan is made of, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from ecsnet._escaping import escaped
from ecsnet.decision import Violation
from ecsnet.errors import EcsnetError
from ecsnet.events.base import Event

SETTLE: Final = "Settle"
"""ecsnet's own action: completes the transitional states that are due, or that of the resource of ``ResourceId``."""

WAIT: Final = "Wait"
"""ecsnet's own action: moves the clock on by ``Seconds``, ``Hours`` and ``Days``. Nobody waits."""


class PlanError(EcsnetError):
    """A plan is malformed; nothing of it has run. ``problems`` has one sentence each, with entry and field;
    ``str`` has a line for each."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(source, problems)
        self.source = source
        self.problems: tuple[str, ...] = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(escaped(f"{self.source}: {problem}") for problem in self.problems)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """``$name.attribute`` in a plan: the named result, and the steps from it to the value."""

    text: str
    name: str
    steps: tuple[str | int, ...]


class Expectation(msgspec.Struct, frozen=True):
    """What should come of an operation; ``rules``, if given, are exactly those that should deny it."""

    verdict: Literal["allowed", "denied"] = "allowed"
    rules: frozenset[str] | None = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a plan, counted from 1. ``parameters`` has `Reference`s where the plan has them."""

    entry: int
    action: str
    parameters: Mapping[str, Any]
    name: str | None = None
    expect: Expectation = Expectation()
    note: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """A plan that may be run; ``source`` says where it is from.

    ``start``, ``settle_after`` and ``account_id`` are what the plan says about the cloud that it runs on, each None if
    it says nothing. `run_plan` takes the cloud as it is given: ``Cloud`` has arguments for them.
    """

    source: str
    operations: tuple[Operation, ...]
    start: datetime | None = None
    settle_after: timedelta | Literal["manual"] | None = None
    account_id: str | None = None

    def first_wait(self) -> Operation | None:
        """The first operation that needs a clock which can be moved, if there is one."""
        return next((operation for operation in self.operations if operation.action == WAIT), None)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an operation.

    ``resources`` are in their new state and ``events`` what was recorded, or would be if the operation was only
    ``judged``; ``moment`` is what the clock says after a *Wait*. *Skipped* is what refers to a result that there is
    not, *invalid* what its references made of it a request that can never be right; ``reason`` tells.
    """

    operation: Operation
    verdict: Literal["allowed", "denied", "skipped", "invalid"]
    resources: tuple[Any, ...] = ()
    events: tuple[Event, ...] = ()
    violations: tuple[Violation, ...] = ()
    reason: str | None = None
    judged: bool = False
    moment: datetime | None = None

    @property
    def as_expected(self) -> bool:
        """Whether the plan said so."""
        expect = self.operation.expect
        if self.verdict != expect.verdict:
            return False
        return expect.rules is None or expect.rules == {violation.rule for violation in self.violations}


def filled(value: Any, fill: Callable[[Reference], Any]) -> Any:
    """A parameter's value with another value for each reference in it."""
    if isinstance(value, Reference):
        return fill(value)
    if isinstance(value, Mapping):
        return {key: filled(item, fill) for key, item in value.items()}
    return [filled(item, fill) for item in value] if isinstance(value, list) else value
