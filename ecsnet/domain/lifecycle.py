"""Lifecycles: declared once as rows, held by a `transitions` Machine, compiled into the table that the hot paths use.

A row says: in this status, this event is possible, and leads to that status. Events are the triggers, so a lifecycle is
the grammar of its resource's part of the log. From the one declaration come the rules about status, the legality check
of the fold, `Cloud.permitted`, and the diagram and matrix in the docs. There are no guards in a lifecycle: whatever
depends on more than the status is a rule with an id.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Generic, TypeVar

from transitions import Machine

from ecsnet.events.base import Event

S = TypeVar("S", bound=StrEnum)
INITIAL: Final = "[*]"
"""Where a resource is before its first event; Mermaid's sign for the start of a state diagram."""


class IllegalTransition(Exception):
    """The event is not possible in the status; the fold turns this into a `ReplayError`."""


class LifecycleError(Exception):
    """A lifecycle's declaration contradicts itself; raised at import."""


class Transitions(dict[str, S]):
    """Status before → status after, for one type of event."""

    def __init__(self, event: str) -> None:
        super().__init__()
        self.event = event

    def __missing__(self, status: str) -> S:
        raise IllegalTransition(f"{self.event} is not possible in status {status}")


class Lifecycle(Generic[S]):
    """The statuses of a kind of resource, and which event leads from which to which.

    ``rows`` are ``(status or BORN, event, next status)``; ``final`` are the statuses without a way out. Raises
    `LifecycleError` for an unknown or unreachable status, two rows for one cell, or a status that is final without
    being declared so.
    """

    def __init__(
        self,
        name: str,
        statuses: Iterable[S],
        *,
        final: Iterable[S],
        rows: Iterable[tuple[str, type[Event], S]],
    ) -> None:
        self.name = name
        self.statuses = tuple(statuses)
        self.final = frozenset(final)
        states = [INITIAL, *(status.value for status in self.statuses)]
        self.machine = Machine(model=None, states=states, initial=INITIAL, auto_transitions=False)
        for source, event, target in rows:
            if not {str(source), str(target)} <= set(states):
                raise LifecycleError(f"{name}: unknown status in the row {source} {event.__name__} {target}")
            self.machine.add_transition(event.__name__, str(source), str(target))
        self._transitions = self._compile()
        self._verify()

    def _compile(self) -> dict[str, Transitions[S]]:
        status_of = {status.value: status for status in self.statuses}
        compiled = {}
        for event, trigger in self.machine.events.items():
            transitions: Transitions[S] = Transitions(event)
            for source, rows in trigger.transitions.items():
                if len(rows) > 1:
                    raise LifecycleError(f"{self.name}: two rows for {event} in status {source}")
                transitions[source] = status_of[str(rows[0].dest)]
            compiled[event] = transitions
        return compiled

    def _verify(self) -> None:
        targets = {target for transitions in self._transitions.values() for target in transitions.values()}
        if unreachable := set(self.statuses) - targets:
            raise LifecycleError(f"{self.name}: no row leads to {', '.join(sorted(unreachable))}")
        dead_ends = set(self.statuses) - {
            source for transitions in self._transitions.values() for source in transitions
        }
        if dead_ends != self.final:
            raise LifecycleError(f"{self.name}: final is {sorted(self.final)}, but no row leaves {sorted(dead_ends)}")

    def transitions(self, event: type[Event]) -> Transitions[S]:
        """Status before → status after, for one type of event."""
        return self._transitions[event.__name__]

    def events(self) -> tuple[str, ...]:
        """The names of all events in the lifecycle, in the order of the rows."""
        return tuple(self._transitions)

    def admits(self, status: str, event: type[Event]) -> bool:
        """Whether the event is possible in the status."""
        return status in self._transitions[event.__name__]
