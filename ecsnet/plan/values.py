"""The values of a plan: operations, references and expectations; and the outcomes of running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import attrs

from ecsnet._attrs import read_only
from ecsnet._escaping import escaped
from ecsnet.clocks import SettleAfter
from ecsnet.decision import Violation
from ecsnet.errors import EcsnetError
from ecsnet.events.base import Event

SETTLE: Final = "Settle"
"""ecsnet's own action: completes the transitions that are due, or that of the resource of ``ResourceId``. With an
``Outcome`` of ``failed`` or ``stuck`` they fail or get stuck."""

WAIT: Final = "Wait"
"""ecsnet's own action: advances the clock by ``Seconds``, ``Hours`` and ``Days``, without sleeping."""


class PlanError(EcsnetError):
    """A plan is malformed, and no operation of it has run.

    ``problems`` has one sentence for each problem, with entry and field; ``str`` gives a line for each.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(source, problems)
        self.source = source
        self.problems: tuple[str, ...] = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(escaped(f"{self.source}: {problem}") for problem in self.problems)


@attrs.frozen(kw_only=True)
class Reference:
    """``$name.attribute`` in a plan: the named result, and the steps from it to the value."""

    text: str
    name: str
    steps: tuple[str | int, ...]


@attrs.frozen
class Expectation:
    """The expected outcome of an operation; ``rules``, if given, are exactly those that should deny it."""

    verdict: Literal["allowed", "denied"] = "allowed"
    rules: frozenset[str] | None = None


@attrs.frozen(kw_only=True)
class Operation:
    """One entry of a plan, counted from 1. ``parameters`` is read-only, counts for equality but not for the hash, and
    has `Reference`s where the plan has them."""

    entry: int
    action: str
    parameters: Mapping[str, Any] = attrs.field(converter=read_only, hash=False)
    name: str | None = None
    expect: Expectation = Expectation()
    note: str | None = None


@attrs.frozen
class Plan:
    """A well-formed plan; ``source`` names its origin in messages.

    ``start``, ``settle_after``, ``account_id`` and ``edition`` are the plan's settings for the cloud it runs on, each
    None if the plan does not have it. `run_plan` does not apply them: whoever creates the `Cloud` passes them to it.
    """

    source: str
    operations: tuple[Operation, ...]
    start: datetime | None = None
    settle_after: SettleAfter | None = attrs.field(default=None, hash=False)
    account_id: str | None = None
    edition: str | None = None

    def first_wait(self) -> Operation | None:
        """Returns the first *Wait*, None without one. A plan with a *Wait* needs a clock that can be advanced."""
        return next((operation for operation in self.operations if operation.action == WAIT), None)


@attrs.frozen(kw_only=True)
class Outcome:
    """The outcome of an operation.

    ``resources`` are in their new state. ``events`` were recorded, or would be if the operation was only ``judged``.
    ``moment`` is the time after a *Wait*. The verdict is *skipped* for an operation that refers to a missing result and
    *invalid* for one whose resolved parameters are malformed; ``reason`` then explains it.
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
        """True if the outcome is the one that the plan expects."""
        expect = self.operation.expect
        if self.verdict != expect.verdict:
            return False
        return expect.rules is None or expect.rules == {violation.rule for violation in self.violations}


def filled(value: Any, fill: Callable[[Reference], Any]) -> Any:
    """Returns a parameter's value with each reference in it replaced by the result of ``fill``."""
    if isinstance(value, Reference):
        return fill(value)
    if isinstance(value, Mapping):
        return {key: filled(item, fill) for key, item in value.items()}
    return [filled(item, fill) for item in value] if isinstance(value, list) else value
