"""The appends of a `JetStreamStore`.

An append expects that the stream still ends with the message that the store knows as the last one; so it takes the
whole history into account, or is refused by the engine. That makes it atomic over streams, and gives the positions in
the order of the appends and without gaps.

Of writers that append at once one is first, and the others are refused. They then ask the one that was first to append
for them, for a while: it appends together what has come in meanwhile. Nothing depends on its answer. An append whose
outcome is not known is made again: as it expects the versions of its streams, at most one of both is recorded, and its
key tells in the history which one it was.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from random import random
from typing import Any, Final

import msgspec

from ecsnet.errors import StoreError, VersionConflict
from ecsnet.events.stores.hashes import event_hash
from ecsnet.events.stores.jetstream_link import Link, Lost, Refused
from ecsnet.events.stores.jetstream_log import Log
from ecsnet.events.stores.jetstream_stream import (
    NOT_STORED,
    WRONG_LAST_SEQUENCE,
    Append,
    asked_subject,
    messages_of,
    pieces_of,
)
from ecsnet.events.stores.rows import StoredEvent

_PAUSE: Final = 0.05  # seconds
_MOMENT: Final = 0.001
_GIVING_WAY: Final = 0.005
_TOGETHER: Final = 1.0  # seconds during which another writer is asked before this one tries again itself
_MOST_TOGETHER: Final = 64  # appends
_MOST_ASKED: Final = 100  # events
_LARGEST_ASKED: Final = 100_000  # bytes

Row = tuple[Any, ...]
Ends = dict[str, tuple[int, str]]


class _Request(msgspec.Struct):
    """An append that another writer is asked for."""

    key: str
    rows: list[Row]
    follows: list[bool]
    expected: dict[str, int]


class _Reply(msgspec.Struct, omit_defaults=True):
    """The position before the events that were appended, or the conflict: its stream and both versions."""

    before: int | None = None
    conflict: tuple[str, int, int] | None = None


class _Pending(msgspec.Struct, eq=False):
    """An append that is to be made. ``question`` is what another writer may be asked, None if it is not; ``since`` is
    the last sequence before it may have been made, without an answer."""

    request: _Request
    done: asyncio.Future[int]
    question: bytes | None
    since: int | None = None


_encode = msgspec.json.Encoder().encode
_decode_request = msgspec.json.Decoder(_Request).decode
_decode_reply = msgspec.json.Decoder(_Reply).decode


class Appends:
    """The appends of one store, and those that other writers ask it for, all of them in the thread of its link."""

    link: Link

    def __init__(self, log: Log) -> None:
        self._log = log
        self.writer = os.urandom(8).hex()
        self._numbers = count(1)
        self._appending = asyncio.Lock()
        self._waiting: list[_Pending] = []
        self._largest = 0
        self._is_behind = False  # the engine has refused an append after the known end
        self._other: str | None = None
        """The writer that is asked to append for this one."""
        self._until = 0.0
        self._gives_way_until = 0.0

    async def append(self, rows: list[Row], follows: list[bool], expected: dict[str, int]) -> int:
        """Appends rows that are numbered as if they were the first, and returns the position before them.

        ``follows`` says of each row whether its cause is one of them.
        """
        key = f"{self.writer}-{next(self._numbers)}"
        request = _Request(key, rows, follows, expected)
        pending = _Pending(request, self.link.future(), b"" if rows and len(rows) <= _MOST_ASKED else None)
        deadline = self.link.deadline()
        if not self.link.is_over(self._gives_way_until):  # or those it appends for would always come too late
            await asyncio.sleep(random() * _GIVING_WAY)
        while not pending.done.done():
            other = self._other
            if other is not None and pending.question is not None:
                await self._ask(other, pending)
            if not pending.done.done():
                await self._append(pending, deadline)
        return pending.done.result()

    async def restore(self, events: Sequence[StoredEvent]) -> int:
        """Stores the events of another store in an empty one, all or none, and returns their number."""
        deadline, key = self.link.deadline(), f"{self.writer}-{next(self._numbers)}"
        async with self._appending:
            since: int | None = None
            while True:
                try:
                    await self._log.look()
                    if since is not None and await self._log.stored_since(0, key) is not None:
                        return len(events)
                    if self._log.sequence:
                        raise StoreError(f"{self.link.name}: there are events already")
                    if events:
                        pieces = pieces_of(self._log.name, events, await self.link.largest())
                        since = 0
                        await self.link.published(messages_of([(key, pieces)], 0, self.writer))
                    return len(events)
                except Refused as refused:
                    if refused.number not in WRONG_LAST_SEQUENCE | NOT_STORED or self.link.is_over(deadline):
                        raise
                except Lost:
                    if self.link.is_over(deadline):
                        raise
                await asyncio.sleep(_PAUSE)

    # Asking another writer, and being asked

    async def _ask(self, other: str, pending: _Pending) -> None:
        """Asks another writer for an append. If it does not answer, its outcome is not known."""
        if self.link.is_over(self._until) or not self._log.is_known:
            self._other = None
            return
        question = pending.question = pending.question or _encode(pending.request)
        if len(question) > _LARGEST_ASKED:
            pending.question = None
            return
        since = self._log.sequence if pending.since is None else pending.since
        try:
            answer = await self.link.replied(asked_subject(self._log.name, other), question)
            reply = _decode_reply(answer)
        except (Lost, msgspec.MsgspecError):
            reply = _Reply()
        if reply.before is not None:
            pending.done.set_result(reply.before)
        elif reply.conflict is not None and pending.since is None:
            stream, expected, actual = reply.conflict
            pending.done.set_exception(VersionConflict(stream, expected=expected, actual=actual))
        else:
            self._other, pending.since = None, since

    async def asked(self, data: bytes) -> bytes:
        """Appends for another writer, and returns the reply."""
        try:
            request = _decode_request(data)
        except msgspec.MsgspecError:
            return _encode(_Reply())
        pending = _Pending(request, self.link.future(), None)
        deadline = self.link.deadline()
        try:
            while not pending.done.done():
                await self._append(pending, deadline)
            return _encode(_Reply(before=pending.done.result()))
        except VersionConflict as conflict:
            self._gives_way_until = self.link.after(_PAUSE)
            return _encode(_Reply(conflict=(conflict.stream, conflict.expected, conflict.actual)))
        except StoreError:
            return _encode(_Reply())

    # Appending together

    async def _append(self, pending: _Pending, deadline: float) -> None:
        """Makes an append together with all others that wait; it is done then, or another writer is to be asked."""
        self._waiting.append(pending)
        async with self._appending:
            if pending in self._waiting:
                together, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
                try:
                    await self._append_together(together, deadline)
                except Exception as error:  # noqa: BLE001  # it is raised to each that waits
                    for one in together:
                        if not one.done.done():
                            one.done.set_exception(_copied(error))

    async def _append_together(self, together: Iterable[_Pending], deadline: float) -> None:
        log, is_fresh, tries = self._log, False, 0
        left = list(together)
        while left:
            try:
                if not log.is_known or self._is_behind or any(one.since is not None for one in left):
                    await log.look()
                    is_fresh, self._is_behind = True, False
                while not await log.ends_of({stream for one in left for stream in one.request.expected}):
                    await log.look()
                    is_fresh = True
                if not await self._find(left):
                    continue
                appends = self._decided(left, is_fresh)
                left = [one for one in left if not one.done.done()]
                if not left:
                    return
                if not appends:  # they expect events that this store has not seen yet
                    await log.look()
                    is_fresh = True
                    continue
                self._largest = self._largest or await self.link.largest()
                await self._publish(appends)
                left = [one for one in left if not one.done.done()]
            except Refused as refused:
                if refused.number not in WRONG_LAST_SEQUENCE | NOT_STORED:
                    raise
                if self.link.is_over(deadline):
                    raise StoreError(f"{refused}; others append all the time") from None
                tries, self._is_behind = tries + 1, True
                if self._found_other() and all(one.question is not None for one in left):
                    return
                if tries > 1:  # the append of another is on its way
                    await asyncio.sleep(random() * min(tries, 8) * _MOMENT)
            except Lost as lost:
                self._largest, self._is_behind = 0, True
                if self.link.is_over(deadline):
                    unknown = any(one.since is not None for one in left)
                    raise StoreError(
                        f"{lost}{'; whether the events were recorded is not known' if unknown else ''}"
                    ) from None
                await asyncio.sleep(_PAUSE)

    def _found_other(self) -> bool:
        """Finds the writer that was first, once this one knows of its append."""
        writer = self._log.last_writer()
        if not writer or writer == self.writer:
            return False
        self._other, self._until = writer, self.link.after(_TOGETHER)
        return True

    def _decided(self, left: Sequence[_Pending], is_fresh: bool) -> list[tuple[_Pending, list[StoredEvent]]]:
        """Returns what is to be appended, one after the other; those that are decided without that are done."""
        log = self._log
        ends = {stream: log.ends[stream] for one in left for stream in one.request.expected}
        position = log.position
        appends: list[tuple[_Pending, list[StoredEvent]]] = []
        for one in left:
            request = one.request
            if one.done.done():
                continue
            conflict = _conflict(request.expected, ends)
            if conflict is not None:
                if is_fresh or conflict.actual > conflict.expected:
                    one.done.set_exception(conflict)
            elif request.rows:
                events = _numbered(request, ends, position)
                position += len(events)
                appends.append((one, events))
            elif is_fresh:
                one.done.set_result(position)
        return appends

    async def _find(self, left: Iterable[_Pending]) -> bool:
        """Finds those in the history that may have been made. Returns whether the known end of it is still the same."""
        end = self._log.sequence
        for one in left:
            if one.since is not None and one.since < end:
                before = await self._log.stored_since(one.since, one.request.key)
                if before is not None:
                    one.done.set_result(before)
                elif self._log.sequence == end:
                    one.since = end
        return self._log.sequence == end and self._log.is_known

    async def _publish(self, appends: Sequence[tuple[_Pending, list[StoredEvent]]]) -> None:
        log = self._log
        at = log.sequence
        pieces = [(one.request.key, pieces_of(log.name, events, self._largest)) for one, events in appends]
        if sum(len(some) for _, some in pieces) > _MOST_TOGETHER:  # a large one is sent alone
            appends, pieces = appends[:1], pieces[:1]
        messages = messages_of(pieces, at, self.writer)
        before = [one.since for one, _ in appends]
        for one, _ in appends:
            one.since = at if one.since is None else one.since
        try:
            await self.link.published(messages)
        except Refused:
            for (one, _), since in zip(appends, before, strict=True):
                one.since = since
            raise
        sequence = at + 1
        for (one, events), (key, some) in zip(appends, pieces, strict=True):
            if log.is_known and log.sequence == sequence - 1:  # it may have been told already
                log.extend(Append(sequence, len(some), events, key, self.writer), some[-1][1], is_own=True)
            sequence += len(some)
            one.done.set_result(events[0].position - 1)


def _conflict(expected: Mapping[str, int], ends: Ends) -> VersionConflict | None:
    for stream, version in expected.items():
        actual, _ = ends[stream]
        if actual != version:
            return VersionConflict(stream, expected=version, actual=actual)
    return None


def _numbered(request: _Request, ends: Ends, position: int) -> list[StoredEvent]:
    """Returns the rows of a request at their positions, with their hashes, and adds them to the ends."""
    events = []
    for row, is_moved in zip(request.rows, request.follows, strict=True):
        stream, version = row[1], row[2]
        moved = _moved(row, position, is_moved)
        own = event_hash(ends[stream][1], moved)
        ends[stream] = version, own
        events.append(StoredEvent(*(*moved, own)))
    return events


def _moved(row: Row, position: int, moves_cause: bool) -> Row:
    cause = row[9] + position if moves_cause else row[9]
    return (row[0] + position, *row[1:9], cause, row[10])


def _copied(error: Exception) -> Exception:
    """Returns an error for one of several that wait, so that each raises its own."""
    return StoreError(*error.args) if isinstance(error, StoreError) else error
