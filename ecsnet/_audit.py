"""`audit`: a history judged again, by today's rules, and the invariants of what came of it. It only reports."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ecsnet.cloud import Cloud
from ecsnet.decision import Finding
from ecsnet.domain.checks.commands_from_events import command_for
from ecsnet.domain.checks.invariants import breaches
from ecsnet.domain.decide import CommandContext, judge
from ecsnet.domain.fold import fold
from ecsnet.domain.rulebook import RULES
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.state.world import World, is_shared
from ecsnet.errors import InvalidCommand, ReplayError, RuleError
from ecsnet.events.base import RecordedEvent
from ecsnet.events.instance import InstanceCreation, InstanceReleased


def audit(source: Cloud | Iterable[RecordedEvent], *, rules: RuleRegistry = RULES) -> tuple[Finding, ...]:
    """What today's rules would have refused in a history, and the invariants that its outcome breaks.

    ``source`` is a cloud, whose whole history is judged, or recorded events in order. Never raises for what it finds.
    What was imported is not judged, as no command made it; the invariants tell what is wrong with it. Whether a release
    was forced is not in the history: it is taken to have been.
    """
    records = source.history() if isinstance(source, Cloud) else source
    auditor = _Auditor(rules)
    for _, command in groupby(records, key=lambda record: record.command_id):
        auditor.judge(tuple(command))
    return auditor.findings()


class _Auditor:
    """A world that is folded event by event, and what was found on the way."""

    def __init__(self, rules: RuleRegistry) -> None:
        self._rules = rules
        self._world = World()
        self._findings: list[Finding] = []
        self._broken: set[str] = set()

    def judge(self, records: tuple[RecordedEvent, ...]) -> None:
        """Judge and fold the events of one command."""
        made = any(isinstance(record.event, InstanceCreation) for record in records)
        released = any(isinstance(record.event, InstanceReleased) for record in records)
        for record in records:
            if record.stream in self._broken:
                continue
            if is_shared(record.stream):  # it repeats what a region's event says, or is the use of a token
                self._fold(record)
                continue
            follows = (made and not isinstance(record.event, InstanceCreation)) or (
                released and not isinstance(record.event, InstanceReleased)
            )
            if not follows and not record.command_id.startswith("settle:"):
                self._judge(record)
            self._fold(record)

    def _judge(self, record: RecordedEvent) -> None:
        region = self._world.region(record.stream)
        try:
            command = command_for(region, record.event)
            if command is None:
                return
            types = {}
            if isinstance(record.event, InstanceCreation):
                types = {record.event.instance_type.id: record.event.instance_type}
            caller = CommandContext(
                account_id=record.account_id,
                region_id=record.stream,
                now=record.recorded_at,
                asynchronous=False,
                instance_types=types,
                rules=self._rules,
            )
            violations = judge(self._world, region, command, caller)
        except InvalidCommand as error:
            self._found(record, "malformed", str(error))
        except LookupError as error:
            self._found(record, "replay", f"{record.type} does not fit what came before: {error!r}")
        except RuleError as error:
            if error.rule_id not in RULES or not isinstance(error.__cause__, LookupError):
                raise
            self._found(record, "replay", f"{record.type} does not fit what came before: {error.__cause__!r}")
        else:
            for violation in violations:
                self._found(record, violation.rule, violation.message)

    def _fold(self, record: RecordedEvent) -> None:
        try:
            fold(self._world, (record,))
        except ReplayError as error:
            self._found(record, "replay", error.reason)
            self._broken.add(record.stream)

    def _found(self, record: RecordedEvent, rule: str, message: str) -> None:
        self._findings.append(Finding(position=record.position, rule=rule, message=message))

    def findings(self) -> tuple[Finding, ...]:
        """What was found, and what is wrong at the end. A stream that could not be folded has no end to look at."""
        for stream in self._broken:
            self._world.regions.pop(stream, None)
        at_the_end = [
            Finding(position=None, rule=breach.invariant, message=f"{breach.resource_id} {breach.message}")
            for breach in breaches(self._world)
        ]
        return (*self._findings, *at_the_end)
