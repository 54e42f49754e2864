"""`EventStore`: what every store of events promises; numbering of new events; the shared use of one store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from ecsnet.errors import StoreError
from ecsnet.events.base import NewEvent, RecordedEvent

_AT_ONCE: Final = 1_000


class EventStore(Protocol):
    """An append-only history of several streams, with one sequence of positions over all of them.

    Every method raises `StoreError` where the store cannot do it, and then has changed nothing. Methods may be called
    from several threads at once. `ecsnet.testing.check_event_store` tests all that is promised here.
    """

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        """Add events to the ends of their streams, in this order: all or none, durable on return.

        ``expected`` has the version of every stream that the decision read, 0 for one in which nothing has happened.
        All streams of the events are among them; others may be. An event that ``follows`` another one of the append is
        recorded as caused by that one's position.

        Raises `VersionConflict` if one of these streams has another version, `StoreError` for an event that cannot be
        stored (text that is no Unicode, for one) or whose stream ``expected`` does not name.
        """

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        """The events with ``after`` < position <= ``until``, in order; with ``naming`` at least those that name the
        resource of that id (`Event.named_resources`), found without a look at the others. Other threads may append
        meanwhile, or close the store: the next event is then a `StoreError`. Raises `ReplayError` at an event that
        cannot be read."""

    def head(self) -> int:
        """The position of the last event, 0 for an empty store. Cheap: it is asked before every command."""

    def close(self) -> None:
        """Give back what the store holds. Waits for no other thread's work to end; closing twice is fine."""


def numbered(events: Sequence[NewEvent], expected: Mapping[str, int], position: int) -> list[RecordedEvent]:
    """Returns events as they are recorded behind a position, in streams that have the expected versions.

    Raises `StoreError` for an event in a stream without one.
    """
    try:
        if len(events) == 1:  # as most commands have
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


class _Use:
    """How a store is used: by whom, and whether it is to be closed when nobody does any more."""

    __slots__ = ("ends", "users")

    def __init__(self, ends: bool) -> None:
        self.users: set[int] = set()
        self.ends: bool = ends


class Lease:
    """A cloud's use of a store, which its forks and its clouds of the past share.

    The store is closed when the last of them lets go of it, by `release` or by not being there any more, if one of them
    was closed, or if the store is ``own``: made for the cloud, and known to nobody else.
    """

    def __init__(self, store: EventStore, *, own: bool = False, use: _Use | None = None) -> None:
        self.store = store
        self._use = _Use(ends=own) if use is None else use
        self._use.users.add(id(self))

    def share(self) -> Lease:
        """Returns another use of the same store."""
        return Lease(self.store, use=self._use)

    def release(self) -> None:
        """Let go of the store, which is to be closed. Letting go twice is fine."""
        self._use.ends = True
        self._let_go()

    def _let_go(self) -> None:
        users = self._use.users
        if id(self) in users:
            users.discard(id(self))
            if not users and self._use.ends:
                self.store.close()

    def __del__(self) -> None:
        self._let_go()
