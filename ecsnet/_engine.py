"""`Model`: one network's history and its folded state. The clouds of all accounts on that network share it.

This is the imperative shell: it reads the clock, loads what others appended, appends and folds.

The history is the truth, and the world is a cache of it. Whatever ends a command before its time (an interrupt, the
exception of a signal's handler, no memory) leaves one of two things: a world that lacks events at its end, which the
next look folds, or one in the middle of an event, which `_folding` tells and which is folded anew from the history.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count, takewhile
from threading import RLock
from typing import Final, Literal, NamedTuple, TypeVar
from weakref import WeakSet

from ecsnet.clocks import END_OF_TIME, Clock, as_utc, later, utc_now
from ecsnet.domain.fold import replay
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.settle import PendingTransition, pending_of, scheduled_changes, transitions_in_progress
from ecsnet.domain.state.streams import OF_NO_REGION, shared_stream, with_shared
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.instance.bandwidth import next_cycle
from ecsnet.errors import ReplayError, StoreError, VersionConflict
from ecsnet.events.base import Event, NewEvent, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.base import EventStore, Lease, numbered
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.values import InstanceType

SettleAfter = timedelta | Literal["manual"]
AT_ONCE: Final = timedelta(0)
_NOTHING: Final[Mapping[str, Sequence[NewEvent]]] = {}
_MOST_TRIES: Final = 200
_MOST_TRIES_WITHOUT_NEWS: Final = 8
_LONGEST_PAUSE: Final = 0.1  # seconds
T = TypeVar("T")


class SettledView(NamedTuple):
    """A world with what is due settled, and the events that say so, by the region that they are of.

    They are recorded with the next command in their region, or with the next anywhere that takes something which
    regions share; until then nothing has been written. It holds for the history up to ``position`` and from ``since``
    until something more is due.
    """

    world: World
    events: Mapping[str, Sequence[NewEvent]]
    position: int
    since: datetime
    until: datetime

    def for_command(self, region_id: str, news: Sequence[NewEvent]) -> Iterable[NewEvent]:
        """The events that must be recorded before those of a command in a region."""
        if all(new.stream == region_id for new in news):
            return self.events.get(region_id, ())
        # What others gave back of it in the meantime must be told first: to whom the clock says that it is not given
        # back yet, two would have it.
        return [new for events in self.events.values() for new in events]


class Engine:
    """A store, the world folded from it, and the ways of the cloud: its clock, its pace, its rules, its types."""

    def __init__(
        self,
        lease: Lease,
        store: EventStore | None = None,
        *,
        clock: Clock,
        settle_after: SettleAfter,
        rules: RuleRegistry,
        instance_types: Mapping[str, InstanceType],
        world: World | None = None,
        until: int | None = None,
    ) -> None:
        self._lease = lease
        self.store = lease.store if store is None else store
        self.clock = clock
        self.settle_after: SettleAfter = settle_after
        self.rules = rules
        self.instance_types = instance_types
        self.until = until
        """Where the history ends for this model, if it shows the past."""
        self.closed = False
        self._begin_process()
        _ENGINES.add(self)
        self._settling: SettledView | None = None
        self._folding = False
        self._last: RecordedEvent | None = None
        self.world = World() if world is None else world
        self._nothing_due = SettledView(self.world, _NOTHING, 0, END_OF_TIME, END_OF_TIME)
        self.catch_up()

    def _begin_process(self) -> None:
        """Take what no other process may have: a lock that nobody holds, and ids of commands."""
        self.lock = RLock()
        self._process: str | None = None
        self._commands = count(1)

    def new_command_id(self) -> str:
        """An id that no other command has, here or in another process."""
        if self._process is None:
            self._process = os.urandom(8).hex()
        return f"{self._process}-{next(self._commands)}"

    def now(self) -> datetime:
        """The clock's time, in UTC."""
        clock = self.clock
        return utc_now() if clock is utc_now else as_utc(clock())

    def close(self) -> None:
        """Let go of the store, without waiting for other threads: what they do next raises `StoreError`."""
        self.closed = True
        self._lease.release()

    def catch_up(self) -> None:
        """Fold what has been appended since, by this process or another.

        Raises `StoreError` if the cloud was closed, `ReplayError` if the history cannot be folded or is not that which
        was folded so far; the world is then as it was before.
        """
        if self.closed:
            raise StoreError("the cloud is closed")
        if self._folding:
            self._fold_anew()
        elif self.until is None:
            head = self.store.head()
            if head != self.world.position:
                self._fold_news(head)

    def _fold_anew(self) -> None:
        self._settling = None
        world = World()
        replay(world, self.read(0, self.store.head() if self.until is None else self.until))
        self.world = world
        self._last = None
        self._folding = False

    def _fold_news(self, head: int) -> None:
        position = self.world.position
        if head < position:
            reason = f"the history ends at position {head}, and {position} events were read from it before"
            raise ReplayError(reason, stream=None, version=None)
        # On a fork: an event that cannot be folded, or an interrupt, leaves the world as it is.
        world = self.world.fork()
        if self._last is not None and self._last.position == position:
            self._check_same(self._last)
        records = self.read(position, head)
        last: RecordedEvent | None = None

        def noting() -> Iterator[RecordedEvent]:
            nonlocal last
            for record in records:
                last = record
                yield record

        replay(world, noting())
        self.world, self._last = world, last

    def _check_same(self, known: RecordedEvent) -> None:
        """Raises `ReplayError` if the history has not the event any more: a backup was put in its place."""
        for record in self.store.read(after=known.position - 1, until=known.position):
            # Events are compared as they are stored: what is a tuple here may be a list there.
            same = (record.position, record.command_id) == (known.position, known.command_id)
            if same and codec.encode(record.event) == codec.encode(known.event):
                return
        raise ReplayError(
            f"the event at position {known.position} is not the one that was there before: "
            "another history was put in the place of this one",
            stream=known.stream,
            version=known.version,
        )

    def read(self, after: int, until: int) -> Iterator[RecordedEvent]:
        """The events with ``after`` < position <= ``until``. Raises `ReplayError` if one of them is missing."""
        position = after
        for record in self.store.read(after=after, until=until):
            position += 1
            yield record  # even if one before it is missing: in its stream, the fold can say which version
            if record.position != position:
                break
        else:
            if position >= until:
                return
            position += 1
        raise ReplayError(f"the event at position {position} is missing", stream=None, version=None)

    def repeatedly(self, work: Callable[[], T]) -> T:
        """Do something that decides and appends, and `again` if somebody else appended first."""
        try:
            return work()
        except VersionConflict as error:
            return self.again(work, error)

    def again(self, work: Callable[[], T], conflict: VersionConflict) -> T:
        """After a conflict, look what is new and do the work again, until nobody else is first.

        Raises `StoreError` if that does not end: after a number of tries, or sooner if nothing new is there to be read.
        """
        without_news = 0
        for tries in range(_MOST_TRIES):
            position = self.world.position
            self.catch_up()
            without_news = without_news + 1 if self.world.position == position else 0
            if without_news == _MOST_TRIES_WITHOUT_NEWS:
                raise StoreError(
                    f"{conflict}, and nothing new is there to be read: the history was damaged"
                ) from conflict
            time.sleep(os.urandom(1)[0] / 256 * min(0.0005 * 2**tries, _LONGEST_PAUSE))
            try:
                return work()
            except VersionConflict as error:
                conflict = error
        raise StoreError(f"gave up after {_MOST_TRIES} tries: {conflict}") from conflict

    def append(self, region_id: str, news: Sequence[NewEvent], *, decided: bool = True) -> None:
        """Record events, which were decided by what is in a region and in the streams that they are for, and fold them.
        Raises `VersionConflict` if somebody else was first.

        Events that were not ``decided`` by the rules are folded ahead first, and so are those of a region where
        something was imported: what was described may contradict itself in ways that no rule foresees. Events that
        cannot be folded must not be recorded (`ReplayError`).
        """
        world = self.world
        region = world.regions.get(region_id)
        expected = {region_id: 0 if region is None else region.version}
        for new in news:
            if new.stream not in expected:
                expected[new.stream] = world.version(new.stream)
        if not decided or (region is not None and region.imported):
            self.preview(news)
        recorded = self.store.append(news, expected)
        before = recorded[0].position - 1
        if world.position != before:  # others appended to other streams meanwhile
            self._fold_news(before)
            world = self.world
        self._folding = True
        replay(world, recorded)
        self._last = recorded[-1]
        self._folding = False

    def news(
        self, region_id: str, events: Sequence[Event], now: datetime, account_id: str, command_id: str
    ) -> list[NewEvent]:
        """Events of one command in a region, each for its stream."""
        return [
            NewEvent(
                region_id if type(event) not in OF_NO_REGION else shared_stream(event, account_id),
                event,
                now,
                account_id,
                command_id,
            )
            for event in events
        ]

    @property
    def asynchronous(self) -> bool:
        """Whether operations go through transitional states."""
        return self.settle_after != AT_ONCE

    def settled(self, now: datetime) -> SettledView:
        """The world as it is at this moment, with all that is due settled."""
        world, last = self.world, self._settling
        for region in world.regions.values():
            if region.pending.size or region.scheduled.size:
                break
        else:
            if self._nothing_due.world is not world:
                self._nothing_due = SettledView(world, _NOTHING, world.position, now, END_OF_TIME)
            return self._nothing_due
        if last is None or last.position != world.position or not last.since <= now < last.until:
            last = self._settling = self._settle(now)
        return last

    def _settle(self, now: datetime) -> SettledView:
        events: dict[str, list[NewEvent]] = {}
        until = END_OF_TIME
        given: set[str] = set()
        for region_id, region in self.world.regions.items():
            by_pace = () if self.settle_after == "manual" else transitions_in_progress(region)
            due_now = []
            for waiting in (scheduled_changes(region), by_pace):
                for due in waiting:
                    if (ends_at := self.ends_at(due, now)) > now:
                        until = min(until, ends_at)
                        break  # the others end later
                    due_now.append(due)
            if due_now:
                events[region_id] = self._endings(region, due_now, now, given)
        world = self.preview([new for news in events.values() for new in news]) if events else self.world
        return SettledView(world, events, self.world.position, now, until)

    def due(self, region: Region, now: datetime, resource_id: str | None) -> list[PendingTransition]:
        """What is passing or waiting in a region and due now, or that of one resource; by hand, all that passes."""
        if resource_id is not None:
            return [due for due in pending_of(region, resource_id) if self.ends_at(due, now) <= now]
        return [
            due
            for waiting in (transitions_in_progress(region), scheduled_changes(region))
            for due in takewhile(lambda due: self.ends_at(due, now) <= now, waiting)
        ]

    def ends_at(self, due: PendingTransition, now: datetime) -> datetime:
        """When what is passing or waiting is due; by hand, what passes is due now."""
        if due.event is None:
            return due.since
        if self.settle_after == "manual":
            return now
        return later(due.since, self.settle_after)

    def endings(self, region: Region, dues: Sequence[PendingTransition], now: datetime) -> list[NewEvent]:
        """The events that end what is passing or waiting in a region, in the order in which it is due."""
        return self._endings(region, dues, now, set())

    def _endings(
        self, region: Region, dues: Sequence[PendingTransition], now: datetime, given: set[str]
    ) -> list[NewEvent]:
        """``given`` are the addresses that are drawn at this moment, in this region and others."""
        endings: list[NewEvent] = []
        for due in sorted(dues, key=lambda due: self.ends_at(due, now)):
            event = due.event
            if event is None:
                event = next_cycle(self.world, region, due.resource_id, given)
                given.add(event.ip_address or "")
            events = with_shared(region.region_id, (event,))
            when, command_id = self.ends_at(due, now), f"settle:{due.resource_id}"
            endings += self.news(region.region_id, events, when, due.account_id, command_id)
        return endings

    def preview(self, news: Sequence[NewEvent]) -> World:
        """The world as it would be with these events."""
        world = self.world.fork()
        expected = {new.stream: world.version(new.stream) for new in news}
        replay(world, numbered(news, expected, world.position))
        return world

    def fork(self) -> Engine:
        """An independent model in memory, from here."""
        world = self.world.fork()
        versions = {stream: kept.version for kind in (world.regions, world.shared) for stream, kept in kind.items()}
        store = MemoryStore.follows(self.store, world.position, versions)
        return Engine(
            self._lease.share(),
            store,
            clock=self.clock,
            settle_after=self.settle_after,
            rules=self.rules,
            instance_types=self.instance_types,
            world=world,
        )

    def as_of(self, world: World, moment: datetime) -> Engine:
        """A model that shows a world of the past, at a moment that stands still."""
        return Engine(
            self._lease.share(),
            self.store,
            clock=lambda: moment,
            settle_after=self.settle_after,
            rules=self.rules,
            instance_types=self.instance_types,
            world=world,
            until=world.position,
        )


_ENGINES: Final[WeakSet[Engine]] = WeakSet()


def _begin_in_child() -> None:
    for engine in list(_ENGINES):
        engine._begin_process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
