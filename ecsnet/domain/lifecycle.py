"""Lifecycles: declared in the grammar of `transitions`, built into a `Machine`, compiled into the table of the fold.

The subjects declare them: `INSTANCE`, `NETWORK_INTERFACE`, `PRIMARY_NETWORK_INTERFACE` and `EIP`. `ecsnet.lifecycles`
publishes them.
"""

# Theory of operation
#
# A resource that has a status has a lifecycle: a state machine whose states are the vendor's statuses and whose
# triggers are the types of events. Every event that names such a resource is a trigger of its lifecycle; one that
# changes other things than the status is a row with ``dest="="``. So a lifecycle is the grammar of its resource's part
# of the log, and the fold refuses, as a `ReplayError`, an event that is not possible in the status of its resource.
#
# The rows are those of the library `transitions`, which is the authority: [trigger, source or list of sources, dest],
# with the class of the event as the trigger. The Machine that it makes of them is public, but too slow for the fold
# (14 to 20 µs a trigger). So the Machine's transitions are compiled, once at import, into a frozen table:
# type of event → status before → status after. A test triggers the Machine for every cell and compares.
#
# An operation that completes at once is one event (NetworkInterfaceAttached: Available → InUse). One that takes time is
# two: the first leads to a transitional status (NetworkInterfaceAttachRequested: Available → Attaching), and the event
# that the declaration names for that status completes it (NetworkInterfaceAttached: Attaching → InUse). A status is
# transitional or final if the declaration says so, and stable otherwise.
#
# A resource is INITIAL before its first event. An import is the one event whose next status stands in the event itself:
# it has a row for each status, with the condition that the resource is described as having it. There are no other
# conditions: whatever depends on more than the status is a rule with an id.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from transitions import Machine

from ecsnet._attrs import ReadOnlyDict, frozen
from ecsnet.errors import InvalidArgument
from ecsnet.events.base import Event

S = TypeVar("S", bound=StrEnum)
INITIAL: Final = "[*]"
"""The status of a resource before its first event: Mermaid's sign for the start of a state diagram."""
SAME: Final = Machine.wildcard_same
"""As the destination of a row: the status stays as it is."""


class IllegalTransition(Exception):
    """The event is not possible in the status; the fold turns this into a `ReplayError`."""


class LifecycleError(Exception):
    """A lifecycle's declaration contradicts itself; raised at import."""


@frozen(kw_only=True)
class Transitional:
    """The ends of a transitional status. ``completed_by`` are the types of the events that complete it; there is one,
    except for a Pending instance: it was created to be Stopped, or to run.

    ``failed_by`` is the type of the event with which the transition fails, None for one that never does. ``stuck_by``
    is that of the event after which it goes no further until it is asked for again, None for one that never gets stuck.
    """

    completed_by: tuple[type[Event], ...]
    failed_by: type[Event] | None = None
    stuck_by: type[Event] | None = None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that the transition may have: completed, and perhaps failed or stuck."""
        failed = () if self.failed_by is None else ("failed",)
        return ("completed", *failed, *(() if self.stuck_by is None else ("stuck",)))


class DescribedAs:
    """The condition of an import's row: the trigger's argument ``status`` is the status that the row leads to."""

    def __init__(self, status: str) -> None:
        self.status = status

    def __call__(self, *, status: str | None = None) -> bool:
        return status == self.status


Row = Sequence[Any]
"""``[event type, source or sources, dest]`` and perhaps a condition, in the order of `Machine.add_transition`."""


def described(event: type[Event], statuses: Iterable[str]) -> Iterator[Row]:
    """Yields the rows of an import, which leads to the status that the resource is described as having."""
    for status in statuses:
        yield [event, INITIAL, status, DescribedAs(status)]


class Transitions(ReadOnlyDict[str, S]):
    """Status before → status after, for one type of event. Another status raises `IllegalTransition`.

    ``begins`` has the statuses from which the event leads to a transitional one; ``kind`` is then the kind of the
    transition, the name of the operation that begins it.
    """

    __slots__ = ("_event", "_resource", "begins", "kind")

    def __init__(
        self, cells: Mapping[str, S], *, event: str, resource: str, begins: frozenset[str], kind: str = ""
    ) -> None:
        super().__init__(cells)
        self._event = event
        self._resource = resource
        self.begins: frozenset[str] = begins
        self.kind: str = kind

    def __missing__(self, status: str) -> S:
        raise self.illegal(status)

    def illegal(self, status: str) -> IllegalTransition:
        """Returns the error for a status in which the event is not possible."""
        return IllegalTransition(f"{self._event} is not possible in status {status} of the {self._resource}")


class LifecycleTable(ReadOnlyDict[type[Event], Transitions[S]]):
    """Type of event → its `Transitions`; of an event that is no trigger of the lifecycle, those that refuse it."""

    __slots__ = ("_resource",)

    def __init__(self, by_event: Mapping[type[Event], Transitions[S]], *, resource: str) -> None:
        super().__init__(by_event)
        self._resource = resource

    def __missing__(self, event: type[Event]) -> Transitions[S]:
        return Transitions({}, event=event.__name__, resource=self._resource, begins=frozenset())


class Lifecycle(Generic[S]):
    """The statuses of a kind of resource, and which event leads from which to which.

    - ``machine``: the `transitions.Machine` of the declaration. Its triggers are the names of event types.
    - ``statuses``: every status, in the order of the vendor's enumeration.
    - ``transitional``: the statuses that an event completes later → `Transitional`, which names that event.
    - ``kinds``: the types of events that lead to a transitional status → the kind of the transition that they begin,
      which is the name of an operation.
    - ``shown``: the statuses that the API does not tell from another one → that one, as which resources show them.
    - ``final``: the statuses that no event leaves. ``stable``: those that are neither final nor transitional.
    - ``events``: the types of the events, in the order of the rows. ``id_field``: their field that names the resource.
    - ``table``: type of event → status before → status after, compiled from the Machine, and frozen: what you add to
      the Machine does not change how a history is folded. ``described``: of imports, by the status that is described.

    Raises `LifecycleError` for a declaration that contradicts itself: an unknown or unreachable status, two rows for
    one cell, a status that is final without being declared so, a transitional status that its event does not end, an
    event that begins a transition of no kind.
    """

    def __init__(
        self,
        name: str,
        statuses: Iterable[S],
        *,
        id_field: str,
        transitions: Iterable[Row],
        transitional: Mapping[S, Transitional],
        final: Iterable[S],
        kinds: Mapping[type[Event], str] = MappingProxyType({}),
        shown: Mapping[S, S] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.id_field = id_field
        self.statuses: tuple[S, ...] = tuple(statuses)
        self._by_text = {str(status): status for status in self.statuses}
        self.transitional: Mapping[S, Transitional] = MappingProxyType(dict(transitional))
        self.final: frozenset[S] = frozenset(final)
        self.kinds: Mapping[type[Event], str] = MappingProxyType(dict(kinds))
        self.shown: Mapping[S, S] = MappingProxyType({status: status for status in self.statuses} | dict(shown))
        self.stable: frozenset[S] = frozenset(self.statuses) - self.final - self.transitional.keys()
        rows = [tuple(row) for row in transitions]
        self._rows = [[event.__name__, *rest] for event, *rest in rows]
        self._check_statuses()
        self.machine: Machine = self._new_machine()
        self.events: tuple[type[Event], ...] = tuple(dict.fromkeys(row[0] for row in rows))
        self.table: LifecycleTable[S] = self._compile(described=False)
        self.described: LifecycleTable[S] = self._compile(described=True)
        self._check_ways()
        self._check_transitional()

    def _new_machine(self) -> Machine:
        return Machine(
            model=None,
            states=[INITIAL, *self.statuses],
            initial=INITIAL,
            transitions=self._rows,
            auto_transitions=False,
            model_attribute="status",
        )

    def _compile(self, *, described: bool) -> LifecycleTable[S]:
        tables = {event: self._transitions_of(event, described=described) for event in self.events}
        return LifecycleTable({event: table for event, table in tables.items() if table}, resource=self.name)

    def _transitions_of(self, event_type: type[Event], *, described: bool) -> Transitions[S]:
        # The members themselves are the keys: a lookup by a member finds them by identity, without comparing text.
        event = event_type.__name__
        cells: dict[str, S] = {}
        for source, ways in self.machine.events[event].transitions.items():
            for way in ways:
                if bool(way.conditions) is described:
                    after = self._by_text[str(way.dest)]
                    before = after if described else self._by_text.get(source, source)
                    if before in cells:
                        raise LifecycleError(f"{self.name}: two rows for {event} in status {before}")
                    cells[before] = after
        begins = frozenset(
            before
            for before, after in cells.items()
            if before != after and after in self.transitional and not described
        )
        if begins and event_type not in self.kinds:
            raise LifecycleError(f"{self.name}: {event} begins a transition of no kind")
        return Transitions(cells, event=event, resource=self.name, begins=begins, kind=self.kinds.get(event_type, ""))

    def _check_statuses(self) -> None:
        known = {INITIAL, *self.statuses}
        for event, sources, dest, *_ in self._rows:
            if not {*([sources] if isinstance(sources, str) else sources), *({dest} - {SAME})} <= known:
                raise LifecycleError(f"{self.name}: unknown status in the row {event}, {sources} → {dest}")
        if unknown := (self.final | self.transitional.keys()) - known:
            raise LifecycleError(f"{self.name}: unknown status {', '.join(sorted(unknown))}")

    def _check_ways(self) -> None:
        ways = [way for event in self.machine.events.values() for row in event.transitions.values() for way in row]
        if unreachable := set(self.statuses) - {way.dest for way in ways if way.source != way.dest}:
            raise LifecycleError(f"{self.name}: no row leads to {', '.join(sorted(unreachable))}")
        dead_ends = set(self.statuses) - {way.source for way in ways}
        if dead_ends != self.final:
            raise LifecycleError(f"{self.name}: final is {sorted(self.final)}, but no row leaves {sorted(dead_ends)}")

    def _check_transitional(self) -> None:
        for status, transitional in self.transitional.items():
            if not transitional.completed_by:
                raise LifecycleError(f"{self.name}: no event completes {status}")
            failed_by = () if transitional.failed_by is None else (transitional.failed_by,)
            for event in (*transitional.completed_by, *failed_by):
                if event not in self.table or self.table[event].get(status, status) == status:
                    raise LifecycleError(f"{self.name}: {event.__name__} does not complete {status}")
            stuck_by = transitional.stuck_by
            if stuck_by is not None and (stuck_by not in self.table or self.table[stuck_by].get(status) != status):
                raise LifecycleError(f"{self.name}: {stuck_by.__name__} does not keep {status}")

    def admits(self, status: str, event: type[Event]) -> bool:
        """Returns whether the event is possible in the status; False for an event that concerns other resources."""
        return status in self.table[event]

    def statuses_admitting(self, event: type[Event]) -> frozenset[S]:
        """Returns the statuses in which the event is possible.

        Raises `InvalidArgument` (a ValueError) for an event that is no trigger of the lifecycle.
        """
        if event not in self.events:
            raise InvalidArgument(f"{event.__name__} is no event of the {self.name}")
        return frozenset(status for status in self.statuses if status in self.table[event])

    def triggers(self, status: str) -> tuple[str, ...]:
        """Returns the names of the events that are possible in a status, or in `INITIAL`, in the order of the rows.

        They are what ``trigger`` of a model takes. Raises `InvalidArgument` (a ValueError) for an unknown status.
        """
        return tuple(self.machine.get_triggers(self._known(status)))

    def bind(self, model: object) -> Machine:
        """Lets a Machine of its own drive an object of yours, in its attribute ``status``, and returns the Machine.

        ``model.trigger("InstanceStarted")`` then moves ``model.status``, which is a member of the vendor's enumeration;
        an event that is not possible in the status raises `transitions.MachineError`. The object starts in the status
        that it has, or in `INITIAL` if its attribute is missing or None. An import takes the status that it describes:
        ``model.trigger("InstanceImported", status="Running")``, which returns False where that cannot be. Callbacks
        that you add to the Machine concern this object alone.

        Raises `InvalidArgument` (a ValueError) if the object has an unknown status.
        """
        status = getattr(model, "status", None)
        initial = INITIAL if status is None else self._known(status)
        machine = self._new_machine()
        machine.add_model(model, initial=initial)
        return machine

    def _known(self, status: object) -> str:
        if not isinstance(status, str) or status not in (INITIAL, *self.statuses):
            raise InvalidArgument(f"{status!r} is not a status of the {self.name}")
        return str(status)

    def diagram(self) -> str:
        """Returns a Mermaid state diagram, drawn from the Machine: one arrow from a status to another, with the
        names of all events that lead there. Events that leave the status as it is are not shown."""
        labels: dict[tuple[str, str], list[str]] = {}
        for name, event in self.machine.events.items():
            for row in event.transitions.values():
                for way in row:
                    if way.source != way.dest:
                        labels.setdefault((way.source, str(way.dest)), []).append(name)
        return "\n".join(
            [
                "stateDiagram-v2",
                *(f"    {source} --> {dest}: {' | '.join(names)}" for (source, dest), names in labels.items()),
                *(f"    {status} --> {INITIAL}" for status in self.statuses if status in self.final),
            ]
        )

    def __repr__(self) -> str:
        return f"<Lifecycle of the {self.name}: {', '.join(self.statuses)}>"
