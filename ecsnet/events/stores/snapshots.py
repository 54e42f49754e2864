"""`KeepsSnapshots`: a store may have a place for snapshots besides its events, so that a history is folded faster.

A snapshot is a cache of the state after an event. It can be removed, damaged or missing without any loss; the events
alone are the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol, TypeGuard

import msgspec

from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.hashes import BEGINNING, event_hash


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """The state after the event at a position, as bytes that only the library understands which wrote them.

    ``kind`` names the version of the library and of the layout of the content; ``latest`` is the latest time of an
    event up to the position, in microseconds since 1970.
    """

    kind: str
    position: int
    latest: int
    content: bytes


class KeepsSnapshots(EventStore, Protocol):
    """A store with a place for snapshots. A store need not offer it: its histories are then folded from their events.

    A method that fails raises `StoreError`, and changes nothing; whoever calls it goes on without a snapshot.
    """

    def keep_snapshot(self, snapshot: Snapshot) -> bool:
        """Keeps a snapshot, in the place of one of the same kind and position. Of each other kind only the newest is
        kept. It is never a part of an append, and waits for no other writer for long. Returns False if the store
        cannot be written to."""

    def snapshot(self, kind: str | None, *, until: int, latest: int | None = None) -> Snapshot | None:
        """Returns the newest snapshot of a kind, or of any, up to a position, and with ``latest`` that is not later
        than this; None if there is none."""

    def snapshot_positions(self, kind: str) -> Sequence[int]:
        """Returns the positions of all snapshots of a kind, in order."""

    def history_digest(self, versions: Mapping[str, int]) -> str | None:
        """Returns a digest of the events of streams up to these versions, by the hashes of the last ones. None if one
        of them is missing. It differs for another history: a snapshot is used only with the history that it is of."""


def keeps_snapshots(store: object) -> TypeGuard[KeepsSnapshots]:
    """Returns whether a store has a place for snapshots."""
    return callable(getattr(store, "keep_snapshot", None))


def digest_of_ends(rows: Iterable[Sequence[Any]]) -> str:
    """Returns a digest of the last events of streams: rows with their hashes, in any order. An event without a hash
    stands for itself alone."""
    ends = sorted((str(row[1]), row[2], row[-1] or event_hash(BEGINNING, row[:-1])) for row in rows)
    return sha256(_encode(ends)).hexdigest()


_encode = msgspec.json.Encoder().encode
