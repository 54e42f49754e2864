"""What a judgement looks like: `Violation` and `Decision`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from ecsnet.commands.base import Command
    from ecsnet.events.base import Event


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that a command breaks.

    ``rule`` is the rulebook's id, ``code`` and ``http_status`` are what the vendor's API answers, ``guide`` is the
    section of the vendor's guide (``"-"`` where only the real API knows the rule), ``facts`` are what broke it.
    """

    rule: str
    code: str
    http_status: int
    guide: str
    message: str
    facts: Mapping[str, Any]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """May this be done now, and if not, why? Truthy when it may.

    ``violations`` are in rank order: the first is the one the real API would answer. ``events`` are what would be
    recorded; allowed and empty means that the command is accepted and changes nothing. For `Cloud.permitted`, which
    judges a kind of command before its parameters are known, ``command`` is the command's class and ``events`` is
    empty.
    """

    command: Command[Any] | type[Command[Any]]
    violations: tuple[Violation, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether no rule refuses."""
        return not self.violations

    def __bool__(self) -> bool:
        return not self.violations
