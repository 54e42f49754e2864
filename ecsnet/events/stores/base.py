"""`EventStore`, the contract of every event store; the numbering of new events; and the shared use of one store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from ecsnet.errors import StoreError
from ecsnet.events.base import NewEvent, RecordedEvent

_AT_ONCE: Final = 1_000


class EventStore(Protocol):
    """An append-only history of several streams, with one sequence of positions over all of them.

    A method that fails raises `StoreError` and changes nothing. Methods may be called from several threads at once.
    `ecsnet.testing.check_event_store` tests this contract.
    """

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        """Appends events to their streams, in this order. All or none are appended, and they are durable on return.

        ``expected`` maps every stream that the decision read to the version it had, 0 for an empty stream. It contains
        all streams of the events and may contain others. An event that ``follows`` another one of the append is
        recorded with the position of that one as its cause.

        Raises `VersionConflict` if one of these streams has another version, and `StoreError` for an event that cannot
        be stored (such as one with a lone surrogate in a text) or whose stream is not in ``expected``.
        """

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        """Yields the events with ``after`` < position <= ``until``, in order; with ``naming`` at least those that name
        the resource with that id (`Event.named_resources`), without reading all the others.

        Other threads may append meanwhile. If one closes the store, the next event raises `StoreError`. Raises
        `ReplayError` at an event that cannot be read.
        """

    def head(self) -> int:
        """Returns the position of the last event, 0 for an empty store. It is cheap, as every command calls it."""

    def close(self) -> None:
        """Releases the resources of the store, without waiting for other threads. Closing twice is allowed."""


def numbered(events: Sequence[NewEvent], expected: Mapping[str, int], position: int) -> list[RecordedEvent]:
    """Returns the records of events that are appended after a position to streams with the expected versions.

    Raises `StoreError` for an event whose stream has no expected version.
    """
    try:
        if len(events) == 1:  # the most common case
            (new,) = events
            version = expected[new.stream] + 1
            return [
                RecordedEvent(
                    position + 1,
                    new.stream,
                    version,
                    new.event,
                    new.recorded_at,
                    new.account_id,
                    new.command_id,
                    new.caused_by,
                    new.settles,
                )
            ]
        versions, recorded = dict(expected), []
        for new in events:
            stream, follows, position = new.stream, new.follows, position + 1
            versions[stream] = version = versions[stream] + 1
            recorded.append(
                RecordedEvent(
                    position,
                    stream,
                    version,
                    new.event,
                    new.recorded_at,
                    new.account_id,
                    new.command_id,
                    new.caused_by if follows is None else position + follows,
                    new.settles,
                )
            )
        return recorded
    except KeyError as error:
        raise StoreError(f"an event for stream {error}, of which no version is expected") from None


class _References:
    """The leases that use a store. If ``closes`` is true, the store is closed when the last of them ends."""

    __slots__ = ("closes", "leases")

    def __init__(self, closes: bool) -> None:
        self.leases: set[int] = set()
        self.closes: bool = closes


class Lease:
    """A cloud's use of a store that it shares with its forks and with its clouds of the past.

    A lease ends when it is released or garbage collected. The store is closed when its last lease ends, provided that
    one of them was released or that the store is ``own``: created for the cloud and accessible to nobody else.
    """

    __slots__ = ("_references", "store")

    def __init__(self, store: EventStore, *, own: bool = False, references: _References | None = None) -> None:
        self.store = store
        self._references = _References(closes=own) if references is None else references
        self._references.leases.add(id(self))

    def share(self) -> Lease:
        """Returns another lease of the same store."""
        return Lease(self.store, references=self._references)

    def release(self) -> None:
        """Ends the lease and has the store closed when the last lease ends. Releasing twice is allowed."""
        self._references.closes = True
        self._end()

    def _end(self) -> None:
        leases = self._references.leases
        if id(self) in leases:
            leases.discard(id(self))
            if not leases and self._references.closes:
                self.store.close()

    def __del__(self) -> None:
        self._end()
