"""`audit` judges a history again by today's rules, and checks the invariants of its outcome. It only reports."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from msgspec.structs import replace

from ecsnet._arguments import required
from ecsnet.cloud import Cloud
from ecsnet.decision import Finding
from ecsnet.domain.checks.commands_from_events import command_for
from ecsnet.domain.checks.held import held
from ecsnet.domain.checks.invariants import breaches
from ecsnet.domain.decide import CommandContext, judge
from ecsnet.domain.fold import fold
from ecsnet.domain.operation import Recording
from ecsnet.domain.rulebook import RULES
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.state.streams import OF_NO_REGION
from ecsnet.domain.state.world import World
from ecsnet.editions import EDITIONS, Edition, edition_problem
from ecsnet.errors import InvalidCommand, ReplayError, RuleError
from ecsnet.events.account import ClientTokenUsed
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.instance import InstanceCreation
from ecsnet.instance_types import vendor_types


def audit(
    source: Cloud | Iterable[RecordedEvent], *, rules: RuleRegistry = RULES, edition: str | None = None
) -> tuple[Finding, ...]:
    """Returns the commands of a history that today's rules would deny, and the invariants that its outcome breaks.

    ``source`` is a cloud, whose whole history is judged, or recorded events in order. Findings are returned, never
    raised. Those with the severity ``"information"`` break no rule: each names an imported resource that is held, or a
    VSwitch that is used by what was not described. Events with a cause (`RecordedEvent.caused_by`) are judged as a part
    of the command that caused them: the ENIs that an instance was created with belong to its creation. Imports are not
    judged: the invariants report their contradictions.

    ``edition`` judges the history as if it had been made under that edition (``docs/editions.md``): by its quotas, and
    by what its catalogue says of the types that instances were created with. Raises `InvalidArgument` for one that does
    not exist.
    """
    if edition is not None:
        edition = required("edition", edition, edition_problem(edition))
    records = source.history() if isinstance(source, Cloud) else source
    auditor = _Auditor(rules, None if edition is None else EDITIONS[edition])
    for _, together in groupby(records, attrgetter("command_id")):
        of_command = [auditor.under_its_edition(record) for record in together]
        followers: dict[int | None, list[Event]] = {}
        for record in of_command:
            if record.settles is None:
                followers.setdefault(record.caused_by, []).append(record.event)
        token = next((one.event.client_token for one in of_command if isinstance(one.event, ClientTokenUsed)), None)
        asked_for = {record.position: record for record in of_command if record.caused_by is None}
        for record in of_command:
            cause = asked_for.pop(record.position if record.caused_by is None else record.caused_by, None)
            if cause is not None:  # judged before the first of what follows from it, which may be recorded before it
                auditor.judge(cause, tuple(followers.get(cause.position, ())), token)
            auditor.fold(record)
    return auditor.findings()


class _Auditor:
    """Folds a history event by event into a world of its own, and collects findings."""

    def __init__(self, rules: RuleRegistry, edition: Edition | None) -> None:
        self._rules = rules
        self._edition = edition
        self._world = World(edition)
        self._findings: list[Finding] = []
        self._broken: set[str] = set()

    def under_its_edition(self, record: RecordedEvent) -> RecordedEvent:
        """Returns the event with the instance type that the edition's catalogue has, if it had one of a catalogue."""
        event = record.event
        if self._edition is None or not isinstance(event, InstanceCreation):
            return record
        recorded = event.instance_type
        here = vendor_types(self._edition.catalogue).get(recorded.id)
        if here is None or all(vendor_types(one.catalogue).get(recorded.id) != recorded for one in EDITIONS.values()):
            return record
        return replace(record, event=replace(event, instance_type=here))

    def judge(self, record: RecordedEvent, followers: tuple[Event, ...], client_token: str | None) -> None:
        """Judges an event and those that follow from it, if a command asked for it."""
        if record.stream not in self._broken and type(record.event) not in OF_NO_REGION:
            self._judge(record, followers, client_token)

    def _judge(self, record: RecordedEvent, followers: tuple[Event, ...], client_token: str | None) -> None:
        region = self._world.region(record.stream)
        try:
            command = command_for(region, Recording(record.event, record.recorded_at, followers))
            if command is None:
                return
            types = {}
            if isinstance(record.event, InstanceCreation):
                types = {record.event.instance_type.id: record.event.instance_type}
            caller = CommandContext(
                account_id=record.account_id,
                region_id=record.stream,
                now=record.recorded_at,
                slow=frozenset(),
                instance_types=types,
                rules=self._rules,
                client_token=client_token,
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

    def fold(self, record: RecordedEvent) -> None:
        """Folds an event, unless its stream could not be folded before."""
        if record.stream in self._broken:
            return
        try:
            fold(self._world, (record,))
        except ReplayError as error:
            self._found(record, "replay", error.reason)
            self._broken.add(record.stream)

    def _found(self, record: RecordedEvent, rule: str, message: str) -> None:
        self._findings.append(Finding(position=record.position, rule=rule, message=message))

    def findings(self) -> tuple[Finding, ...]:
        """Returns the findings, with those about the state at the end. A stream that could not be folded to its end is
        left out there."""
        for stream in self._broken:
            self._world.regions.pop(stream, None)
        at_the_end = [
            Finding(position=None, rule=breach.invariant, message=f"{breach.resource_id} {breach.message}")
            for breach in breaches(self._world)
        ]
        return (*self._findings, *at_the_end, *held(self._world))
