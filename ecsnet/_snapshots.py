"""`Snapshots`: worlds of the past, from which a later one is folded in less time than from the first event.

A store that has a place for them gets a snapshot every so many events (`ecsnet.events.stores.snapshots`). For all other
stores, worlds are kept in memory: a fork of the world costs nothing but the records that change after it.

A snapshot is a cache, and believed only as far as the history says the same: it must have been written by this version
of the library, be undamaged, and be of the history that the store has, by the hashes of its events. Any other one is
logged and passed over. `refolded` compares all of them with the events.

The stored form, `ecsnet.domain.state.snapshots`, is imported where a snapshot is read or written: its decoder takes
longer to make than most modules take to import, and few networks have snapshots.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Final, NamedTuple

import attrs

from ecsnet import _log
from ecsnet.domain.checks.state_digest import state_digest
from ecsnet.domain.fold import replay
from ecsnet.domain.state.world import World
from ecsnet.errors import ReplayError, StoreError
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.codec import EVENT_TYPES
from ecsnet.events.stores.hashes import HistoryFault, Verification, verify
from ecsnet.events.stores.snapshots import KeepsSnapshots, Snapshot, keeps_snapshots

NEVER: Final = 2**63
BEGINNING_OF_TIME: Final = datetime.min.replace(tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEAST: Final = 2_048
"""The events between two snapshots of a small network: reading and folding as many takes about as long as a reader of
the past waits without noticing."""
_BYTES_AN_EVENT: Final = 128
"""The bytes of a snapshot, before they are compressed, for each event since the one before it. So the snapshots of a
large network are written more rarely, and take a small part of the time and of the room that the events take."""
_LEAST_IN_MEMORY: Final = 16_384
_EVENTS_A_RESOURCE: Final = 16
"""The same for worlds in memory: each holds what was changed after it, which is at most every resource."""
_CHECKSUM: Final = 16
_DIGEST: Final = 64


class Past(NamedTuple):
    """The world after some event, and the latest time of an event up to it."""

    world: World
    latest: datetime


def _nothing() -> Past:
    return Past(World(), BEGINNING_OF_TIME)


@cache
def _kind() -> str:
    """Returns the kind of the snapshots of this library: its version, and a digest of what is stored and folded."""
    from ecsnet.domain.state.snapshots import layout

    version = sys.modules[__name__.partition(".")[0]].__version__  # importing the package would be importing upwards
    events = sorted((name, event_type.SCHEMA) for name, event_type in EVENT_TYPES.items())
    return f"{version}/{layout()}{blake2b(repr(events).encode(), digest_size=8).hexdigest()}"


class Snapshots:
    """The snapshots of one history, which a store keeps or which are in memory.

    ``interval`` is the number of events after which the next one is due.
    """

    __slots__ = ("_is_written", "_limit", "_store", "_worlds", "interval")

    def __init__(self, store: KeepsSnapshots | None, limit: int, worlds: tuple[Past, ...]) -> None:
        self._store = store
        self._limit = limit
        """The position up to which the store has the same history."""
        self._worlds = worlds
        self._is_written = store is not None and limit == NEVER
        self.interval = _LEAST if self._is_written else _LEAST_IN_MEMORY

    @classmethod
    def of(cls, store: EventStore) -> Snapshots:
        """Returns the snapshots of the history in a store."""
        return cls(store if keeps_snapshots(store) else None, NEVER, ())

    def branch(self, position: int) -> Snapshots:
        """Returns the snapshots for a history that has the same events up to a position. It keeps its own in memory."""
        return Snapshots(self._store, min(position, self._limit), self._worlds)

    def newest(self, until: int, latest: datetime | None = None) -> Past:
        """Returns the newest world up to a position, and with ``latest`` of which no event is later than this: an empty
        one if there is none. It may be changed."""
        found = _nothing()
        for past in reversed(self._worlds[: bisect_right(self._worlds, until, key=_position)]):
            if latest is None or past.latest <= latest:
                found = Past(past.world.fork(), past.latest)
                break
        until = min(until, self._limit)
        while self._store is not None and until > found.world.position:
            snapshot = self._found(self._store, _kind(), until, latest)
            if snapshot is None or snapshot.position <= found.world.position:
                break
            past_or_reason = _opened(self._store, snapshot)
            if isinstance(past_or_reason, Past):
                return past_or_reason
            _log.snapshot_ignored(snapshot.position, past_or_reason)
            until = min(snapshot.position, until) - 1
        return found

    def report_others(self, until: int) -> None:
        """Logs that the newest snapshot is one of another version, which this one does not read."""
        if self._store is not None:
            newest = self._found(self._store, None, until)
            if newest is not None and newest.kind != _kind():
                _log.snapshot_ignored(newest.position, f"it was written by another version: {newest.kind!r:.100}")

    def keep(self, past: Past) -> int:
        """Keeps a world, unless there is one that is hardly older, and returns the position at which the next one is
        due. It may fail, which is logged: nothing depends on it."""
        world = past.world
        if self._store is not None and self._is_written:
            from ecsnet.domain.state.snapshots import UNREADABLE

            try:
                self._is_written = self._kept_in_store(self._store, past)
            except StoreError as error:
                _log.snapshot_not_kept(world.position, str(error))
            except (*UNREADABLE, ArithmeticError, RecursionError) as error:
                _log.snapshot_not_kept(world.position, repr(error))
        else:
            self._keep_in_memory(past)
        return world.position + self.interval

    def _kept_in_store(self, store: KeepsSnapshots, past: Past) -> bool:
        from ecsnet.domain.state.snapshots import encoded

        world = past.world
        newest = store.snapshot(_kind(), until=world.position)
        is_near = newest is not None and world.position - newest.position < self.interval // 2
        if newest is not None and is_near and isinstance(_opened(store, newest), Past):
            return True  # that of another process, as a rule
        digest = store.history_digest(_versions(world))
        if digest is None:
            return True  # the history was damaged or exchanged: whoever reads on finds that
        content, size = encoded(world)
        self.interval = max(_LEAST, size // _BYTES_AN_EVENT)
        kind, latest = _kind(), (past.latest - _EPOCH) // _MICROSECOND
        content = digest.encode() + content
        checksum = _checksum(kind, world.position, latest, content)
        return store.keep_snapshot(Snapshot(kind, world.position, latest, checksum + content))

    def _keep_in_memory(self, past: Past) -> None:
        position = past.world.position
        resources = sum(
            table.size
            for region in past.world.regions.values()
            for table in (region.network_interfaces, region.instances, region.eips, region.security_groups)
        )
        self.interval = max(_LEAST_IN_MEMORY, _EVENTS_A_RESOURCE * resources)
        place = bisect_right(self._worlds, position, key=_position)
        if place and position - _position(self._worlds[place - 1]) < self.interval // 2:
            return
        self._worlds = (
            *self._worlds[:place],
            Past(past.world.fork(), past.latest),
            *self._worlds[place:],
        )

    def _found(
        self, store: KeepsSnapshots, kind: str | None, until: int, latest: datetime | None = None
    ) -> Snapshot | None:
        try:
            moment = None if latest is None else (latest - _EPOCH) // _MICROSECOND
            return store.snapshot(kind, until=until, latest=moment)
        except StoreError as error:
            _log.snapshot_ignored(until, str(error))
            return None


def verify_all(store: EventStore, *, expect: str | None = None) -> Verification:
    """Verifies the hashes of a store (`ecsnet.events.verify`), and its snapshots if the events are intact."""
    verification = verify(store, expect=expect)
    if verification.fault is not None:
        return verification
    equal, fault = refolded(store)
    return attrs.evolve(verification, snapshots=equal, fault=fault)


def refolded(store: EventStore) -> tuple[int, HistoryFault | None]:
    """Folds the events of a store, and returns the number of its snapshots of this version that say the same, and the
    first that does not. Raises `StoreError` if the store cannot be read."""
    if not keeps_snapshots(store):
        return 0, None
    from ecsnet.domain.state.snapshots import encoded

    world, equal = World(), 0
    for position in store.snapshot_positions(_kind()):
        snapshot = store.snapshot(_kind(), until=position)
        if snapshot is None or snapshot.position != position:
            continue  # another process has replaced it
        try:
            replay(world, store.read(after=world.position, until=position))
        except ReplayError as error:
            return equal, _fault(position, f"the events before it cannot be folded: {error}")
        past_or_reason = _opened(store, snapshot)
        if not isinstance(past_or_reason, Past):
            return equal, _fault(position, past_or_reason)
        as_folded = encoded(world).content == snapshot.content[_CHECKSUM + _DIGEST :]
        if not as_folded and state_digest(past_or_reason.world) != state_digest(world):
            return equal, _fault(position, "its state is not the one that the events lead to")
        equal += 1
    return equal, None


def _fault(position: int, reason: str) -> HistoryFault:
    return HistoryFault(
        kind="snapshot", position=position, stream=None, version=None, reason=f"{reason} (the events are intact)"
    )


def _position(past: Past) -> int:
    return past.world.position


def _versions(world: World) -> dict[str, int]:
    return {stream: kept.version for kind in (world.regions, world.shared) for stream, kept in kind.items()}


def _checksum(kind: str, position: int, latest: int, content: bytes) -> bytes:
    return blake2b(f"{kind}:{position}:{latest}:".encode() + content, digest_size=_CHECKSUM).digest()


def _opened(store: KeepsSnapshots, snapshot: Snapshot) -> Past | str:
    """Returns the world of a snapshot, or why it is not used."""
    from ecsnet.domain.state.snapshots import UNREADABLE, decoded

    kind, position, latest, content = snapshot.kind, snapshot.position, snapshot.latest, snapshot.content
    if not (type(position) is type(latest) is int and type(content) is bytes):
        return "it is damaged: a value has another type than was stored"
    checksum, content = content[:_CHECKSUM], content[_CHECKSUM:]
    if kind != _kind() or checksum != _checksum(kind, position, latest, content):
        return "it is damaged: its checksum is another one"
    try:
        world = decoded(content[_DIGEST:])
        moment = _EPOCH + latest * _MICROSECOND
        if world.position != position:
            return f"it is one of position {world.position}"
        if store.history_digest(_versions(world)) != content[:_DIGEST].decode():
            return "it is one of another history"
    except (*UNREADABLE, ArithmeticError, RecursionError) as error:
        return f"it cannot be read: {error!r:.200}"
    except StoreError as error:
        return str(error)
    return Past(world, moment)
