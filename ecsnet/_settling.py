"""Transitions that fall due: when they do, the events that end them, and the state in which they have ended.

What is due ends strictly in the order of the moments at which it fell due, over all regions, and each event is decided
in the state that the earlier ones left. So a history does not depend on who looked at it, or settled it, in between.

Reads never append events. They show overdue transitions as ended (`SettledView`); the events are recorded with the next
command, or by `Cloud.settle`, each with the time at which its transition fell due.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Any, Final, NamedTuple

import msgspec

from ecsnet._arguments import shown
from ecsnet.clocks import END_OF_TIME, OUTCOMES, Outcome, Outcomes, Transition
from ecsnet.domain.fold import replay
from ecsnet.domain.pace import Pace
from ecsnet.domain.settle import Pending, ending, outcomes, pending_at, pending_of, table_of
from ecsnet.domain.state.pending import CYCLE, STUCK
from ecsnet.domain.state.streams import stream_of, with_shared
from ecsnet.domain.state.views import VIEWS, removed
from ecsnet.domain.state.world import Region, World
from ecsnet.errors import InvalidArgument
from ecsnet.events.base import NewEvent
from ecsnet.events.stores.base import numbered

NOTHING_DUE: Final[Sequence[NewEvent]] = ()


class SettledView(NamedTuple):
    """A world in which overdue transitions have ended, and the events to record for them, in their order.

    It is valid while the history ends at ``position`` and the clock is in [``since``, ``until``). The events have no
    command id yet.
    """

    world: World
    events: Sequence[NewEvent]
    position: int
    since: datetime
    until: datetime

    def is_valid(self, world: World, now: datetime) -> bool:
        """Returns whether this is still the view of a world at a moment."""
        return self.position == world.position and self.since <= now < self.until

    def before_command(self, command_id: str) -> list[NewEvent]:
        """Returns the events to record before those of a command, as a part of the same append.

        They are those of every region: what is due ends in the order of time, and a region may take what a transition
        in another one has released.
        """
        return [msgspec.structs.replace(new, command_id=command_id) for new in self.events]


def settled_view(world: World, pace: Pace, now: datetime, policy: Outcomes | None) -> SettledView:
    """Returns a world as it is at a moment, with what is due by the clock ended."""
    until = next_due(world, pace)
    if until > now:
        return SettledView(world, NOTHING_DUE, world.position, now, until)
    settling = Settling(world, pace, now, policy)
    settling.end_what_is_due()
    return SettledView(settling.world, settling.events, world.position, now, next_due(settling.world, pace))


def next_due(world: World, pace: Pace) -> datetime:
    """Returns when the next transition falls due by the clock: a look at the earliest of each kind and region."""
    return min((due[0] for region in world.regions.values() if (due := _earliest(region, pace))), default=END_OF_TIME)


Due = tuple[datetime, datetime, int, str, str]
"""Something that falls due: when it does, when and at which position it began, its kind, and its region."""


def _kinds(region: Region) -> Iterator[str]:
    """Yields the kinds of which something is pending in a region."""
    yield from region.pending.kinds
    yield from region.revocations.kinds
    yield from region.scheduled.kinds


def _earliest(region: Region, pace: Pace) -> Due | None:
    found: Due | None = None
    for kind in _kinds(region):
        since, position = table_of(region, kind).earliest(kind)
        moment = pace.due_at(kind, since)
        if moment is not None:
            due = (moment, since, position, kind, region.region_id)
            found = due if found is None else min(found, due)
    return found


class Settling:
    """Ends transitions one after the other in a fork of a world; ``events`` are to be recorded in their order.

    ``asked`` is the outcome that a caller of `Cloud.settle` asks for, for one resource or, without ``resource_id``, for
    all; otherwise the policy decides. ``settled`` has the resources that the caller is told of, in their order: the
    region, the table and the last status of each.
    """

    def __init__(
        self,
        world: World,
        pace: Pace,
        now: datetime,
        policy: Outcomes | None,
        *,
        resource_id: str | None = None,
        asked: Outcome | None = None,
    ) -> None:
        self.world = world.fork()
        self.events: list[NewEvent] = []
        self.settled: dict[str, tuple[str, str, Any]] = {}
        self._recorded = world.position
        self._pace = pace
        self._now = now
        self._policy = policy
        self._resource_id = resource_id
        self._asked = asked

    def end_what_is_due(self) -> None:
        """Ends what is due by the clock, strictly in the order of the moments at which it fell due."""
        regions = [due for region in self.world.regions.values() if (due := _earliest(region, self._pace))]
        heapify(regions)
        while regions and regions[0][0] <= self._now:
            moment, _, position, kind, region_id = heappop(regions)
            pending = pending_at(self.world.region(region_id), position, kind)
            self._end(pending, moment, self._outcome_by_clock(pending, moment))
            following = _earliest(self.world.region(region_id), self._pace)  # no other region has changed
            if following is not None:
                heappush(regions, following)

    def end_by_hand(self) -> None:
        """Ends what waits for `Cloud.settle`: the transition of one resource, or all, the first that began first.

        What begins when another one ends is ended too, unless one resource is named: that goes on by one transition.
        Raises `InvalidArgument` if the transition of the resource cannot have the outcome.
        """
        waiting = [(one.since, one.position, one) for one in self._by_hand()]
        heapify(waiting)
        while waiting:
            _, position, pending = heappop(waiting)
            region = self.world.region(pending.region_id)
            if table_of(region, pending.kind)[position] is None:
                continue  # it went with another resource
            outcome = self._asked_for(pending)
            if outcome is None:
                continue  # it cannot end so, and stays as it is
            self._end(pending, self._now, outcome)
            if self._resource_id is None:
                for one in pending_of(self.world.region(pending.region_id), pending.resource_id):
                    if self._by_hand_alone(one.kind):
                        heappush(waiting, (one.since, one.position, one))

    def _by_hand(self) -> list[Pending]:
        regions = self.world.regions.values()
        if self._resource_id is None:
            return [
                pending_at(region, position, kind)
                for region in regions
                for kind in _kinds(region)
                if self._by_hand_alone(kind)
                for position, _ in table_of(region, kind).by_moment(kind)
            ]
        named = [
            one
            for region in regions
            for one in pending_of(region, self._resource_id)
            if one.kind == STUCK or self._by_hand_alone(one.kind)
        ]
        possible = {way for one in named for way in outcomes(self.world.region(one.region_id), one)}
        if named and self._asked not in possible:
            ways = " or ".join([way for way in OUTCOMES if way in possible])
            raise InvalidArgument(f"the transition of {self._resource_id} is {ways}, never {self._asked}")
        return named

    def _by_hand_alone(self, kind: str) -> bool:
        return kind not in (STUCK, CYCLE) and self._pace.duration(kind) == "manual"

    def _asked_for(self, pending: Pending) -> str | None:
        """Returns the outcome that the caller asks for; None if the transition cannot have it, or is another one's."""
        if self._asked is None or self._resource_id not in (None, pending.resource_id):
            return None
        return self._asked if self._asked in outcomes(self.world.region(pending.region_id), pending) else None

    def _outcome_by_clock(self, pending: Pending, moment: datetime) -> str:
        """Returns how a transition ends that is due by the clock: as the policy says, whoever settles it, unless a
        caller asks for a failure."""
        asked = self._asked_for(pending)
        if asked not in (None, "completed"):
            return asked
        region = self.world.region(pending.region_id)
        possible = outcomes(region, pending)
        if self._policy is None or len(possible) == 1:
            return "completed"
        status = getattr(region, pending.table).get_existing(pending.resource_id).status
        outcome = self._policy(
            Transition(
                resource_id=pending.resource_id,
                operation=pending.kind,
                status=status,
                region_id=pending.region_id,
                account_id=pending.account_id,
                began_at=pending.since,
                due_at=moment,
                outcomes=possible,
            )
        )
        if outcome not in possible:
            raise InvalidArgument(
                f"outcomes: {pending.resource_id} may be {' or '.join(possible)}, not {shown(outcome)}"
            )
        return outcome

    def _end(self, pending: Pending, moment: datetime, outcome: str) -> None:
        region = self.world.region(pending.region_id)
        events = ending(self.world, region, pending, outcome)
        if self._asked is not None and self._resource_id in (None, pending.resource_id):
            state = getattr(region, pending.table).get_existing(pending.resource_id)
            last = removed(pending.table, region, state)
            self.settled.pop(pending.resource_id, None)
            self.settled[pending.resource_id] = (pending.region_id, pending.table, last)
        position = self.world.position
        news = []
        for event in with_shared(pending.region_id, events):
            position += 1
            # An event of this same append has no position yet: it is told how far back its cause is.
            unrecorded = pending.position > self._recorded
            news.append(
                NewEvent(
                    stream_of(event, pending.region_id, pending.account_id),
                    event,
                    moment,
                    pending.account_id,
                    "",
                    None if unrecorded else pending.position,
                    pending.resource_id,
                    pending.position - position if unrecorded else None,
                )
            )
        expected = {new.stream: self.world.version(new.stream) for new in news}
        replay(self.world, numbered(news, expected, self.world.position))
        self.events += news

    def results(self, world: World) -> tuple[Any, ...]:
        """Returns the resources that settled, in their new state; one that is gone in its last."""
        found = []
        for resource_id, (region_id, table, last) in self.settled.items():
            region = world.region(region_id)
            state = getattr(region, table)[resource_id]
            found.append(last if state is None else VIEWS[table](region, state))
        return tuple(found)
