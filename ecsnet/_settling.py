"""Transitions that fall due: when they do, the events that complete them, and the state in which they have completed.

Reads never append events. They show overdue transitions as completed (`SettledView`); the completing events are
recorded with the next command in their region, or by `Cloud.settle`, with the time at which each fell due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Final, NamedTuple

import msgspec

from ecsnet.clocks import END_OF_TIME, SettleAfter, later
from ecsnet.domain.settle import PendingTransition, pending_of, scheduled_changes, transitions_in_progress
from ecsnet.domain.state.streams import stream_of, with_shared
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.instance.bandwidth import next_cycle
from ecsnet.events.base import NewEvent

NOTHING_DUE: Final[Mapping[str, Sequence[NewEvent]]] = {}


class SettledView(NamedTuple):
    """A world in which overdue transitions have completed, and the events to record for them, by region.

    It is valid while the history ends at ``position`` and the clock is in [``since``, ``until``). The events have no
    command id yet.
    """

    world: World
    events: Mapping[str, Sequence[NewEvent]]
    position: int
    since: datetime
    until: datetime

    def is_valid(self, world: World, now: datetime) -> bool:
        """Returns whether this is still the view of a world at a moment."""
        return self.position == world.position and self.since <= now < self.until

    def before_command(self, region_id: str, news: Sequence[NewEvent], command_id: str) -> list[NewEvent]:
        """Returns the events to record before those of a command in a region, as a part of the same append.

        A command that takes something which regions share needs those of every region: otherwise another process, whose
        clock is behind, could be given what a transition here has released and the command takes.
        """
        within_region = all(new.stream == region_id for new in news)
        due = [self.events.get(region_id, ())] if within_region else self.events.values()
        return [msgspec.structs.replace(new, command_id=command_id) for events in due for new in events]


def due_at(due: PendingTransition, settle_after: SettleAfter, now: datetime) -> datetime:
    """Returns when a transition falls due. Under ``"manual"`` it is now, except for a scheduled change."""
    if due.event is None:
        return due.since
    return now if settle_after == "manual" else later(due.since, settle_after)


def overdue(
    region: Region, settle_after: SettleAfter, now: datetime, resource_id: str | None
) -> list[PendingTransition]:
    """Returns the transitions of a region, or of one resource, that are due; under ``"manual"`` all are."""
    if resource_id is not None:
        return [due for due in pending_of(region, resource_id) if due_at(due, settle_after, now) <= now]
    return [
        due
        for waiting in (transitions_in_progress(region), scheduled_changes(region))
        for due in takewhile(lambda due: due_at(due, settle_after, now) <= now, waiting)
    ]


def overdue_by_clock(
    world: World, settle_after: SettleAfter, now: datetime
) -> tuple[dict[str, list[NewEvent]], datetime]:
    """Returns, by region, the events that complete what is due without anybody saying so, and when the next falls due.

    Under ``"manual"`` only scheduled changes are.
    """
    events: dict[str, list[NewEvent]] = {}
    until = END_OF_TIME
    taken: set[str] = set()
    for region_id, region in world.regions.items():
        in_progress: Iterable[PendingTransition] = () if settle_after == "manual" else transitions_in_progress(region)
        due_now: list[PendingTransition] = []
        for waiting in (scheduled_changes(region), in_progress):
            for due in waiting:
                moment = due_at(due, settle_after, now)
                if moment > now:
                    until = min(until, moment)
                    break  # the others fall due later
                due_now.append(due)
        if due_now:
            events[region_id] = completing_events(world, region, due_now, settle_after, now, taken=taken)
    return events, until


def completing_events(
    world: World,
    region: Region,
    dues: Sequence[PendingTransition],
    settle_after: SettleAfter,
    now: datetime,
    *,
    taken: set[str],
    command_id: str = "",
) -> list[NewEvent]:
    """Returns the events that complete transitions of a region, in the order in which these fall due.

    ``taken`` are the addresses that completing events have allocated and that the world does not know of yet; those of
    the new events are added.
    """
    completing: list[NewEvent] = []
    for due in sorted(dues, key=lambda due: due_at(due, settle_after, now)):
        event = due.event
        if event is None:
            event = next_cycle(world, region, due.resource_id, taken)
            taken.add(event.ip_address or "")
        for one in with_shared(region.region_id, (event,)):
            completing.append(
                NewEvent(
                    stream_of(one, region.region_id, due.account_id),
                    one,
                    due_at(due, settle_after, now),
                    due.account_id,
                    command_id,
                    due.caused_by,
                    due.resource_id,
                )
            )
    return completing
