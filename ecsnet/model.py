"""`Model`: one network's history and its folded state. The clouds of all accounts on that network share it.

This is where pure core and outer world meet: it reads the clock, loads what others appended, appends and folds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import RLock
from typing import Final, Literal, NamedTuple

from ecsnet.clocks import Clock, as_utc
from ecsnet.domain.folding import fold
from ecsnet.domain.network_spec import next_cycle
from ecsnet.domain.passing import Due, all_passing, all_scheduled
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.world import Region, World
from ecsnet.events.base import NewEvent, RecordedEvent
from ecsnet.events.store import EventStore, MemoryStore
from ecsnet.values import InstanceType

SettleAfter = timedelta | Literal["manual"]
AT_ONCE: Final = timedelta(0)
FAR_FUTURE: Final = datetime.max.replace(tzinfo=UTC)
_NOTHING: Final[Mapping[str, Sequence[NewEvent]]] = {}


class Settling(NamedTuple):
    """A world with what is due settled, and the events that say so, by region.

    They are recorded with the next command in their region; until then nothing has been written. It holds for the
    history up to ``position`` and from ``since`` until something more is due.
    """

    world: World
    events: Mapping[str, Sequence[NewEvent]]
    position: int
    since: datetime
    until: datetime


class Model:
    """A store, the world folded from it, and the ways of the cloud: its clock, its pace, its rules, its types."""

    def __init__(
        self,
        store: EventStore,
        *,
        clock: Clock,
        settle_after: SettleAfter,
        rules: RuleRegistry,
        instance_types: Mapping[str, InstanceType],
        world: World | None = None,
        until: int | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.settle_after: SettleAfter = settle_after
        self.rules = rules
        self.instance_types = instance_types
        self.until = until
        """Where the history ends for this model, if it shows the past."""
        self.lock = RLock()
        self._process = os.urandom(8).hex()
        self._commands = count(1)
        self._settling: Settling | None = None
        self.world = World() if world is None else world
        self.catch_up()

    def new_command_id(self) -> str:
        """An id that no other command has, here or in another process."""
        return f"{self._process}-{next(self._commands)}"

    def now(self) -> datetime:
        """The clock's time, in UTC."""
        return as_utc(self.clock())

    def catch_up(self) -> None:
        """Fold what has been appended since, by this process or another."""
        if self.until is None and self.store.head() != self.world.position:
            fold(self.world, self.store.read(after=self.world.position))

    def append(self, region_id: str, events: Sequence[NewEvent]) -> None:
        """Record events and fold them. Raises `VersionConflict` if somebody else was first.

        Where something was imported, the events are folded ahead first: what was described may contradict itself in
        ways that no rule foresees, and events that cannot be folded must not be recorded (`ReplayError`).
        """
        world = self.world
        if world.region(region_id).imported:
            self.ahead({region_id: events})
        recorded = self.store.append(region_id, world.region(region_id).version, events)
        before = recorded[0].position - 1
        if world.position != before:  # others appended to other regions meanwhile
            fold(world, self.store.read(after=world.position, until=before))
        fold(world, recorded)

    @property
    def passes(self) -> bool:
        """Whether operations go through passing states."""
        return self.settle_after != AT_ONCE

    def settled(self, now: datetime) -> Settling:
        """The world as it is at this moment, with all that is due settled."""
        world, last = self.world, self._settling
        for region in world.regions.values():
            if region.passing.size or region.scheduled.size:
                break
        else:
            return Settling(world, _NOTHING, world.position, now, FAR_FUTURE)
        if last is None or last.position != world.position or not last.since <= now < last.until:
            last = self._settling = self._settle(now)
        return last

    def _settle(self, now: datetime) -> Settling:
        events: dict[str, list[NewEvent]] = {}
        until = FAR_FUTURE
        for region_id, region in self.world.regions.items():
            due_now = []
            for due in all_scheduled(region):
                if due.since <= now:
                    due_now.append(due)
                else:
                    until = min(until, due.since)
            for due in () if self.settle_after == "manual" else all_passing(region):
                if (ends_at := self.ends_at(due, now)) > now:
                    until = min(until, ends_at)
                    break  # they are kept oldest first
                due_now.append(due)
            if due_now:
                events[region_id] = self.endings(region, due_now, now)
        world = self.ahead(events) if events else self.world
        return Settling(world, events, self.world.position, now, until)

    def ends_at(self, due: Due, now: datetime) -> datetime:
        """When what is passing or waiting is due; by hand, what passes is due now."""
        if due.event is None:
            return due.since
        return now if self.settle_after == "manual" else due.since + self.settle_after

    def endings(self, region: Region, dues: Sequence[Due], now: datetime) -> list[NewEvent]:
        """The events that end what is passing or waiting in a region, in the order in which it is due."""
        given: set[str] = set()
        endings = []
        for due in sorted(dues, key=lambda due: self.ends_at(due, now)):
            event = due.event
            if event is None:
                event = next_cycle(self.world, region, due.resource_id, given)
                given.add(event.ip_address or "")
            endings.append(NewEvent(event, self.ends_at(due, now), due.account_id, f"settle:{due.resource_id}"))
        return endings

    def ahead(self, events: Mapping[str, Sequence[NewEvent]]) -> World:
        """The world as it would be with these events, by region."""
        world = self.world.fork()
        position = world.position
        for region_id, news in events.items():
            version = world.region(region_id).version
            fold(
                world,
                [
                    RecordedEvent(
                        position + n, region_id, version + n, new.event, new.recorded_at, new.account_id, new.command_id
                    )
                    for n, new in enumerate(news, start=1)
                ],
            )
            position += len(news)
        return world

    def fork(self) -> Model:
        """An independent model in memory, from here."""
        versions = {region_id: region.version for region_id, region in self.world.regions.items()}
        position = self.world.position
        return Model(
            MemoryStore.follows(self.store, position, versions),
            clock=self.clock,
            settle_after=self.settle_after,
            rules=self.rules,
            instance_types=self.instance_types,
            world=self.world.fork(),
        )

    def as_of(self, world: World, moment: datetime) -> Model:
        """A model that shows a world of the past, at a moment that stands still."""
        return Model(
            self.store,
            clock=lambda: moment,
            settle_after=self.settle_after,
            rules=self.rules,
            instance_types=self.instance_types,
            world=world,
            until=world.position,
        )
