"""Judgements: `Violation`, `Decision`, `Denial` and `Permission` of commands, and `Finding` of a history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from ecsnet._attrs import fast_frozen, frozen, read_only
from ecsnet.commands.base import Command
from ecsnet.events.base import Event


@fast_frozen(kw_only=True)
class Violation:
    """One rule that a command breaks.

    ``rule`` is the rulebook's id, ``code`` and ``http_status`` are the vendor's for the rule, ``guide`` is the
    section of the vendor's guide (``"-"`` where only the real API knows the rule), ``facts`` are what broke it: a
    read-only mapping, which counts for equality but not for the hash.
    """

    rule: str
    code: str
    http_status: int
    guide: str
    message: str
    facts: Mapping[str, Any] = attrs.field(converter=read_only, hash=False)


@fast_frozen(kw_only=True)
class Decision:
    """May this be done now, and if not, why? Truthy when it may.

    ``violations`` are in rank order (`ecsnet.rules`); which one the real API would name first is documented nowhere.
    ``events`` are what would be recorded; allowed and empty means that the command is accepted and changes nothing.
    """

    command: Command[Any]
    violations: tuple[Violation, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def allowed(self) -> bool:
        """True if no rule denies."""
        return not self.violations

    def __bool__(self) -> bool:
        return not self.violations


@frozen(kw_only=True)
class Denial:
    """A command that was to be executed and was denied, as handlers of `Cloud.subscribe_denials` are given it.

    ``violations`` are those of the `CommandDenied` that was raised; ``account_id`` is the acting account, ``region_id``
    the region in whose history the command would have been recorded, ``denied_at`` the time of the cloud's clock.
    """

    command: Command[Any]
    violations: tuple[Violation, ...]
    account_id: str
    region_id: str
    denied_at: datetime


@frozen(kw_only=True)
class Permission:
    """The verdict on a kind of command for one resource, before its parameters are known (`Cloud.permitted`).

    ``command`` is the command's class. ``violations`` are those of the rules that no parameter can satisfy, in rank
    order. Truthy when there are none.
    """

    command: type[Command[Any]]
    violations: tuple[Violation, ...] = ()

    @property
    def allowed(self) -> bool:
        """True if no rule denies."""
        return not self.violations

    def __bool__(self) -> bool:
        return not self.violations


class Severity(StrEnum):
    """The severity of a `Finding`."""

    Breach = "breach"
    Information = "information"


@frozen(kw_only=True)
class Finding:
    """Something that a history should not contain, or that should be known of it.

    ``severity`` is ``"breach"`` for what breaks a rule or an invariant, ``"information"`` for an imported resource that
    is held, or used by what was not described.

    ``position`` is that of the event, None for what is wrong with the state at the end; ``rule`` is the id of the rule
    or the invariant, ``"replay"`` for an event that cannot be folded, ``"malformed"`` for one that no command could ask
    for.
    """

    position: int | None
    rule: str
    message: str
    severity: Severity = Severity.Breach
