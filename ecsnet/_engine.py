"""`Engine`: the history of one network and the state folded from it, shared by the clouds of all accounts on it.

This is the imperative shell: it reads the clock, loads the events that others appended, appends and folds.

The history is the truth, and the world is a cache of it. A command may end before its time (by an interrupt, an
exception of a signal's handler, a lack of memory). It then leaves one of two things: a world that lacks the last
events, which the next command or read folds, or a world in the middle of an event, which `_folding` marks and which is
folded anew from the history.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count, takewhile
from threading import Lock, RLock
from typing import Any, Final, Literal, TypeVar
from weakref import ref

from msgspec.structs import replace

from ecsnet._listings import Listings
from ecsnet._settling import NOTHING_DUE, SettledView, Settling, settled_view
from ecsnet._snapshots import BEGINNING_OF_TIME, Past, Snapshots
from ecsnet.clocks import END_OF_TIME, Clock, Outcome, Outcomes, SettleAfter, as_utc, utc_now
from ecsnet.decision import Denial
from ecsnet.domain.causes import distances_to_causes
from ecsnet.domain.fold import replay
from ecsnet.domain.pace import Pace
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.state.streams import stream_of
from ecsnet.domain.state.world import EDITION, World
from ecsnet.domain.subjects.account import described_types
from ecsnet.errors import InvalidArgument, ReplayError, StoreError, VersionConflict
from ecsnet.events.account import EditionChosen
from ecsnet.events.base import Event, NewEvent, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.base import EventStore, Lease, numbered
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.instance_types import vendor_types, with_own_types
from ecsnet.values import InstanceType

CommandIds = Literal["random", "deterministic"]
Handler = Callable[[RecordedEvent], object]
_MOST_TRIES: Final = 200
_MOST_TRIES_WITHOUT_NEWS: Final = 8
_LONGEST_PAUSE: Final = 0.1  # seconds
_MOST_FIRST_RESULTS: Final = 1_000
T = TypeVar("T")


class Engine:
    """Event store, folded state and settings, shared by all clouds on one network.

    ``until`` is the position at which the history ends for an engine that shows the past, None for the present.
    ``first_results`` has the results of commands with a client token, by the position of the token's event. The state
    is folded from the newest snapshot on, or ``from_events`` alone.
    """

    __slots__ = (
        "__weakref__",
        "_commands",
        "_delivered",
        "_delivering",
        "_folding",
        "_last",
        "_latest",
        "_lease",
        "_nothing_due",
        "_nothing_pending_at",
        "_process",
        "_settling",
        "_snapshot_due",
        "_types",
        "clock",
        "closed",
        "command_ids",
        "denial_handlers",
        "first_results",
        "handlers",
        "instance_types",
        "listings",
        "lock",
        "outcomes",
        "own_types",
        "pace",
        "rules",
        "settle_after",
        "snapshots",
        "store",
        "until",
        "world",
    )  # every fork makes an engine, which is faster with slots

    def __init__(
        self,
        lease: Lease,
        store: EventStore | None = None,
        *,
        clock: Clock,
        settle_after: SettleAfter,
        outcomes: Outcomes | None,
        rules: RuleRegistry,
        own_types: Mapping[str, InstanceType],
        command_ids: CommandIds,
        instance_types: Mapping[str, InstanceType] | None = None,
        world: World | None = None,
        until: int | None = None,
        pace: Pace | None = None,
        snapshots: Snapshots | None = None,
        from_events: bool = False,
    ) -> None:
        self._lease = lease
        self.store = lease.store if store is None else store
        self.clock = clock
        self.settle_after: SettleAfter = settle_after
        self.pace = Pace(settle_after) if pace is None else pace
        self.outcomes = outcomes
        self.rules = rules
        self.own_types = own_types
        self.command_ids: CommandIds = command_ids
        self.until = until
        self.closed = False
        self.first_results: dict[int, Any] = {}
        self.listings = Listings()
        self._begin_process()
        _ENGINES.add(ref(self, _ENGINES.discard))
        self.handlers: tuple[Handler, ...] = ()
        self.denial_handlers: tuple[Callable[[Denial], object], ...] = ()
        self._delivered = 0  # the position up to which handlers were given events
        self._settling: SettledView | None = None
        self._folding = False
        self._last: RecordedEvent | None = None
        self.snapshots = Snapshots.of(self.store) if snapshots is None else snapshots
        self._latest = BEGINNING_OF_TIME  # no event up to the position of the world has a later time
        self.world = World() if world is None else world
        self._nothing_due: SettledView | None = None
        self._nothing_pending_at = -1  # the last position at which nothing was pending
        self._snapshot_due = self.world.position + self.snapshots.interval
        if world is None and not from_events:
            self._begin_with_snapshot()
        if world is None:
            self.catch_up()
        if instance_types is None:
            self._know_types()
        else:
            self._use_types(instance_types)

    def _begin_process(self) -> None:
        """Creates what processes must not share: the lock and the prefix of command ids."""
        self.lock = RLock()
        self._delivering = Lock()
        self._process: str | None = None
        self._commands = count(1)

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        """Has a handler given the events from here on. Returns a function that ends this."""
        with self.lock:
            self.catch_up()
            if not self.handlers:
                self._delivered = self.world.position
            since = self.world.position

            def later(record: RecordedEvent) -> None:
                if record.position > since:
                    handler(record)

            self.handlers = (*self.handlers, later)

        def unsubscribe() -> None:
            with self.lock:
                self.handlers = tuple([one for one in self.handlers if one is not later])

        return unsubscribe

    def subscribe_denials(self, handler: Callable[[Denial], object]) -> Callable[[], None]:
        """Has a handler given the denials from here on. Returns a function that ends this."""

        def later(denial: Denial) -> None:
            handler(denial)

        def unsubscribe() -> None:
            with self.lock:
                self.denial_handlers = tuple([one for one in self.denial_handlers if one is not later])

        with self.lock:
            self.denial_handlers = (*self.denial_handlers, later)
        return unsubscribe

    def deliver(self) -> None:
        """Gives the handlers the events that they were not given, each once and in order. Whoever holds no lock of the
        engine calls it; while another thread delivers, or a handler of this one, it leaves the events to them."""
        while self._delivered < self.world.position and self._delivering.acquire(blocking=False):
            try:
                for record in self.read(self._delivered, self.world.position):
                    self._delivered = record.position
                    for handler in self.handlers:
                        handler(record)
            finally:
                self._delivering.release()

    def command_id(self, stream: str) -> str:
        """Returns the id of a command that is about to be recorded, with at least one event for a stream.

        It is random, so that no other process has it, or the stream and the version of the command's first event in it,
        which no other command can have.
        """
        if self.command_ids == "deterministic":
            return f"{stream}:{self.world.version(stream) + 1}"
        if self._process is None:
            self._process = os.urandom(8).hex() + "-"
        return self._process + str(next(self._commands))

    def begin_edition(self, edition: str | None, account_id: str) -> None:
        """Records the edition of a history that has no event yet, if it is not the guide's.

        Raises `InvalidArgument` if the history was made under another edition than this one; None is that of the
        history.
        """
        if edition is None or edition == self.world.edition.id:
            return
        if not self.world.position:
            chosen = NewEvent(EDITION, EditionChosen(edition=edition), self.now(), account_id, self.command_id(EDITION))
            with suppress(VersionConflict):  # another cloud was first
                self.store.append([chosen], {EDITION: 0})
            self.catch_up()
            self._know_types()
        if edition != self.world.edition.id:
            raise InvalidArgument(f"edition: the history was made under {self.world.edition.id}, not {edition}")

    def _know_types(self) -> None:
        catalogue, own = self.world.edition.catalogue, self.own_types
        self._use_types(with_own_types(own.values(), catalogue) if own else vendor_types(catalogue))

    def _use_types(self, instance_types: Mapping[str, InstanceType]) -> None:
        self.instance_types = instance_types
        self._types: tuple[Mapping[str, InstanceType], Mapping[str, InstanceType]] = {}, instance_types

    def types_of(self, account_id: str) -> Mapping[str, InstanceType]:
        """Returns the instance types that an account can create instances of: those of the catalogue; those that were
        described to it, which precede them if their limits are known; and those given to the cloud, which precede all.
        """
        if not self.world.shared or not (described := described_types(self.world, account_id)):
            return self.instance_types
        if self._types[0] is not described:
            unknown = {one.id: one for one in described.values() if not one.limits_known}
            known = {one.id: one for one in described.values() if one.limits_known}
            self._types = described, {**unknown, **self.instance_types, **known, **self.own_types}
        return self._types[1]

    def now(self) -> datetime:
        """Returns the clock's time, in UTC."""
        clock = self.clock
        return utc_now() if clock is utc_now else as_utc(clock())

    def close(self) -> None:
        """Gives up the store, without waiting for other threads: their next operation raises `StoreError`."""
        self.closed = True
        self._lease.release()

    def catch_up(self) -> None:
        """Folds what has been appended since, by this process or another.

        Raises `StoreError` if the cloud was closed, `ReplayError` if the history cannot be folded or is not the one
        that was folded so far; the world is then as it was before.
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
        self.world, latest = self._past_at(self.store.head() if self.until is None else self.until)
        self._latest = max(latest, self._latest)
        self._snapshot_due = self.world.position + self.snapshots.interval
        self._last = None
        self._folding = False

    def world_at(self, position: int) -> World:
        """Returns the world as it was after the event at a position, which may be changed."""
        if position == self.world.position and not self._folding:
            return self.world.fork()
        return self._past_at(position).world

    def _past_at(self, position: int) -> Past:
        past = self.snapshots.newest(position)
        return self._folded(past, position, past.world.position + self.snapshots.interval)[0]

    def world_until(self, moment: datetime) -> World:
        """Returns the world as it was before the first event of a later time, which may be changed."""
        head = self.world.position
        world, _ = self.snapshots.newest(head, moment)
        replay(world, takewhile(lambda record: record.recorded_at <= moment, self.read(world.position, head)))
        return world

    def _begin_with_snapshot(self) -> None:
        head = self.store.head()
        if head:
            self.snapshots.report_others(head)
        self.world, self._latest = self.snapshots.newest(head)
        position = self.world.position
        if position:
            (self._last,) = self.read(position - 1, position)
            self._snapshot_due = position + self.snapshots.interval

    def _folded(self, past: Past, until: int, due: int) -> tuple[Past, RecordedEvent | None, int]:
        """Folds events into a world, up to a position, and keeps a snapshot when one is due. Returns the world, the
        last event, and when the next snapshot is due."""
        world, latest, last = past.world, past.latest, None

        def noting() -> Iterator[RecordedEvent]:
            nonlocal last, latest
            for record in self.read(world.position, min(due, until)):
                last = record
                if record.recorded_at > latest:
                    latest = record.recorded_at
                yield record

        while world.position < until:
            replay(world, noting())
            if world.position >= due:
                due = self.snapshots.keep(Past(world, latest))
        return Past(world, latest), last, due

    def _fold_news(self, head: int) -> None:
        position = self.world.position
        if head < position:
            reason = f"the history ends at position {head}, and {position} events were read from it before"
            raise ReplayError(reason, stream=None, version=None)
        # On a fork: an event that cannot be folded, or an interrupt, leaves the world as it is.
        world = self.world.fork()
        if self._last is not None and self._last.position == position:
            self._check_same(self._last)
        (world, self._latest), last, due = self._folded(Past(world, self._latest), head, self._snapshot_due)
        self.world, self._last, self._snapshot_due = world, last, due

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
        """Yields the events with ``after`` < position <= ``until``. Raises `ReplayError` if one of them is missing."""
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

    def recorded_together(self, position: int) -> list[RecordedEvent]:
        """Returns the events of the append whose last event is at a position."""
        looked_at = 16  # more than most commands record
        while True:
            records = list(self.read(max(0, position - looked_at), position))
            together = [record for record in records if record.command_id == records[-1].command_id]
            if len(together) < len(records) or looked_at >= position:
                return together
            looked_at *= 8

    def keep_first_result(self, position: int, result: Any) -> None:
        """Keeps the result of a command with a client token, so that a repetition need not fold the past. The oldest
        ones are dropped."""
        if len(self.first_results) >= _MOST_FIRST_RESULTS:
            del self.first_results[next(iter(self.first_results))]
        self.first_results[position] = result

    def repeatedly(self, work: Callable[[], T]) -> T:
        """Does work that decides and appends, and does it `again` if somebody else appended first."""
        try:
            return work()
        except VersionConflict as error:
            return self.again(work, error)

    def again(self, work: Callable[[], T], conflict: VersionConflict) -> T:
        """Folds what is new after a conflict and does the work again, until nobody else is first.

        Raises `StoreError` after a number of tries, and sooner if there is nothing new to read.
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

    def append(self, region_id: str, news: Sequence[NewEvent], *, decided: bool = True) -> Sequence[RecordedEvent]:
        """Records events, which were decided by the state of a region and of the streams that they are for, and folds
        them. Raises `VersionConflict` if somebody else was first.

        Events that no rule ``decided`` are folded on a fork first, and so are those of a region into which resources
        were imported: their description may contradict itself in ways that no rule foresees. Events that cannot be
        folded are not recorded (`ReplayError`).
        """
        world = self.world
        region = world.regions.get(region_id)
        expected = {region_id: 0 if region is None else region.version}
        for new in news:
            if new.stream not in expected:
                expected[new.stream] = world.version(new.stream)
        preview = self.preview(news) if not decided or (region is not None and region.imported) else None
        recorded = self.store.append(news, expected)
        for record in recorded:
            if record.recorded_at > self._latest:
                self._latest = record.recorded_at
        before, last = recorded[0].position - 1, recorded[-1]
        if preview is not None and world.position == before:  # these events are folded there already
            self.world, self._last = preview, last
            if preview.position >= self._snapshot_due:
                self._keep_snapshot()
            return recorded
        if world.position != before:  # others appended to other streams meanwhile
            self._fold_news(before)
            world = self.world
        self._folding = True
        replay(world, recorded)
        self._last = last
        self._folding = False
        if world.position >= self._snapshot_due:
            self._keep_snapshot()
        return recorded

    def _keep_snapshot(self) -> None:
        self._snapshot_due = self.snapshots.keep(Past(self.world, self._latest))

    def command_events(
        self, region_id: str, events: Sequence[Event], now: datetime, account_id: str, command_id: str | None = None
    ) -> list[NewEvent]:
        """Returns the events of a command in a region, each for its stream and with its cause.

        Without a ``command_id`` they have a new one, and there must be at least one event.
        """
        if len(events) == 1:
            (event,) = events
            stream = stream_of(event, region_id, account_id)
            return [NewEvent(stream, event, now, account_id, command_id or self.command_id(stream))]
        if command_id is None:
            command_id = self.command_id(stream_of(events[0], region_id, account_id))
        return [
            NewEvent(stream_of(event, region_id, account_id), event, now, account_id, command_id, None, None, distance)
            for event, distance in zip(events, distances_to_causes(events), strict=True)
        ]

    def settled(self, now: datetime) -> SettledView:
        """Returns the world as it is at a moment, with overdue transitions completed."""
        world = self.world
        nothing_due = self._nothing_due
        if world.position == self._nothing_pending_at and nothing_due is not None and nothing_due.world is world:
            return nothing_due
        for region in world.regions.values():
            if region.pending.size or region.scheduled.size or region.revocations.size:
                break
        else:
            self._nothing_pending_at = world.position
            if nothing_due is None or nothing_due.world is not world:
                nothing_due = self._nothing_due = SettledView(world, NOTHING_DUE, world.position, now, END_OF_TIME)
            return nothing_due
        view = self._settling
        if view is None or not view.is_valid(world, now):
            view = self._settling = settled_view(world, self.pace, now, self.outcomes)
        return view

    def settle(self, resource_id: str | None, outcome: Outcome) -> tuple[Any, ...]:
        """Ends what is due by the clock, and then what waits to be settled, of one resource or all. Returns the
        resources that settled. Raises `VersionConflict` if somebody else appended first."""
        now = self.now()
        settling = Settling(self.world, self.pace, now, self.outcomes, resource_id=resource_id, asked=outcome)
        settling.end_what_is_due()
        settling.end_by_hand()
        if settling.events:
            region_id = settling.events[0].stream
            command_id = self.command_id(region_id)
            self.append(region_id, [replace(new, command_id=command_id) for new in settling.events])
        return settling.results(self.world)

    def preview(self, news: Sequence[NewEvent]) -> World:
        """Returns the world as it would be with these events."""
        return with_events(self.world, news)

    def fork(
        self, *, clock: Clock, settle_after: SettleAfter, outcomes: Outcomes | None, rules: RuleRegistry
    ) -> Engine:
        """Returns an independent engine in memory that goes on from here, with these settings."""
        world = self.world.fork()
        store = MemoryStore.follows(self.store, world.position, world.versions())
        fork = Engine(
            self._lease.share(),
            store,
            clock=clock,
            settle_after=settle_after,
            outcomes=outcomes,
            rules=rules,
            own_types=self.own_types,
            instance_types=self.instance_types,
            command_ids=self.command_ids,
            world=world,
            pace=self.pace if settle_after is self.settle_after else None,
            snapshots=self.snapshots.branch(world.position),
        )
        fork._latest = self._latest
        return fork

    def as_of(self, world: World, moment: datetime) -> Engine:
        """Returns an engine that shows a world of the past, at a moment that stands still."""
        past = Engine(
            self._lease.share(),
            self.store,
            clock=lambda: moment,
            settle_after=self.settle_after,
            outcomes=self.outcomes,
            rules=self.rules,
            own_types=self.own_types,
            instance_types=self.instance_types,
            command_ids=self.command_ids,
            world=world,
            until=world.position,
            snapshots=self.snapshots.branch(world.position),
        )
        past._latest = self._latest
        return past


def with_events(world: World, news: Sequence[NewEvent]) -> World:
    """Returns a copy of a world into which new events are folded as if they were recorded. Raises `ReplayError`."""
    copy = world.fork()
    expected = {new.stream: copy.version(new.stream) for new in news}
    replay(copy, numbered(news, expected, copy.position))
    return copy


_ENGINES: Final[set[ref[Engine]]] = set()


def _begin_in_child() -> None:
    for reference in _ENGINES.copy():
        engine = reference()
        if engine is not None:
            engine._begin_process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
