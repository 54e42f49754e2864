"""A stream as a store knows it: its end, and the reading of what is before that."""

from __future__ import annotations

import asyncio
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from ecsnet.errors import ReplayError
from ecsnet.events.stores.hashes import BEGINNING, event_hash
from ecsnet.events.stores.jetstream_link import Link, Lost, Message
from ecsnet.events.stores.jetstream_stream import (
    Append,
    Made,
    append_of,
    appends_of,
    creation,
    place,
    prepare,
    subject_of,
)
from ecsnet.events.stores.rows import StoredEvent

_AT_ONCE: Final = 500  # messages of a request
_BYTES_AT_ONCE: Final = 8_000_000
_MOST_NEWS: Final = 1_000  # messages that are read to go on from the known end to the new one
_MOST_RECENT: Final = 2_000  # appends that are kept
_MOST_RECENT_EVENTS: Final = 10_000
_MOST_MARKS: Final = 10_000
_MOMENT: Final = 0.001


class Log:
    """The stream of one store. All methods but `told` are coroutines in the thread of the link."""

    link: Link

    def __init__(self, name: str, replicas: int | None, *, read_only: bool, made: Made | None = None) -> None:
        self.name = name
        self.made = made
        self._is_replaced = False
        self._is_doubted = made is not None
        """True if it is not certain that the stream is still the one that was made: in the child of a fork, or after an
        append that does not follow on what was known."""
        self._wanted_replicas = replicas
        self._read_only = read_only
        self._news = asyncio.Event()
        self._marks: list[tuple[int, int]] = [(1, 1)]
        """Pairs of a position and the sequence of the message with which an append begins."""
        self._forget()

    def _forget(self) -> None:
        """Knows nothing: the next look finds the end anew."""
        self.is_known = False
        self.sequence = self.position = 0
        self._last_data = b""
        self.ends: dict[str, tuple[int, str]] = {}
        """The version and the hash of each stream of the history that was looked at since."""
        self._recent: deque[Append] = deque()
        """The last appends, without gaps, up to the end."""
        self._recent_events = 0
        self._parts: list[Message] = []
        self._marks = self._marks[:1]

    def _doubt(self) -> None:
        self._forget()
        self._is_doubted = True

    async def open(self) -> None:
        """Creates the stream if it is missing."""
        self.made = await self.link.repeated(
            lambda: prepare(self.link, self.name, self._wanted_replicas, read_only=self._read_only)
        )

    # The end

    def told(self, message: Any) -> None:
        """Takes a message that the engine tells to have stored."""
        headers = message.headers or {}
        try:
            sequence = int(headers["Nats-Sequence"])
        except (KeyError, ValueError):
            return
        if self.is_known and sequence == self.sequence + len(self._parts) + 1:
            with suppress(ReplayError):  # it is raised where the message is read
                told = Message(sequence, headers.get("Nats-Subject", message.subject), headers, message.data)
                appends, self._parts = appends_of([*self._parts, told])
                for append in appends:
                    self.extend(append, message.data)
        self._news.set()

    def last_writer(self) -> str:
        """Returns who sent the last append, an empty text if it is not known."""
        return self._recent[-1].writer if self._recent else ""

    def extend(self, append: Append, last_data: bytes, *, is_own: bool = False) -> None:
        """Goes on to the next append. If it does not follow on what is known, nothing is known any more."""
        position = self.position
        for event in append.events:
            position += 1
            version, previous = self.ends.get(event.stream, (event.version - 1, None))
            if event.position != position or event.version != version + 1 or event.hash is None:
                return self._doubt()
            if previous is not None and not is_own and event.hash != _hash(previous, event):
                return self._doubt()
            self.ends[event.stream] = event.version, event.hash
        self.sequence += append.messages
        self.position = position
        self._last_data = last_data
        self._parts = []
        self._recent.append(append)
        self._recent_events += len(append.events)
        while len(self._recent) > _MOST_RECENT or (self._recent_events > _MOST_RECENT_EVENTS and len(self._recent) > 1):
            self._recent_events -= len(self._recent.popleft().events)
        return None

    async def head(self) -> int:
        """Returns the position of the last event."""
        await self.link.repeated(self.look)
        return self.position

    async def look(self) -> None:
        """Asks the leader of the stream for its last message, and reads on up to it."""
        known = self.sequence if self.is_known else 0
        last = await self._found({"last_by_subj": ">"})
        if known and (last is None or last.sequence <= known):
            await self._check_same(known, last)
        elif self._is_doubted:
            await self._check_created()
        if last is None:
            self.is_known = True
            return
        if self.is_known and self.sequence < last.sequence <= self.sequence + _MOST_NEWS:
            await self._read_on(last)
        if not self.is_known or self.sequence < last.sequence:
            await self._jump(last)

    async def _check_same(self, known: int, last: Message | None) -> None:
        """Raises `ReplayError` if another history was put in the place of the one that is known, `Lost` if a leader
        answers that does not know yet that it is none any more."""
        if last is not None and last.sequence == known and (self.sequence > known or last.data == self._last_data):
            return
        if last is not None and last.sequence == known:
            self._is_replaced = True
        await self._check_created()
        end = 0 if last is None else last.sequence
        raise Lost(f"{self.link.name}: the stream ends with sequence {end}, and had {known}")

    async def _check_created(self) -> None:
        """Raises `ReplayError` if the stream is not the one that was made."""
        if not self._is_replaced:
            assert self.made is not None
            self._is_replaced = await creation(self.link, self.name) != self.made.created
        if self._is_replaced:
            reason = "another history was put in the place of the one that was read from the stream"
            raise ReplayError(f"{self.link.name}: {reason}", stream=None, version=None)
        self._is_doubted = False

    async def _read_on(self, last: Message) -> None:
        """Reads from the known end up to a message."""
        while self.is_known and self.sequence < last.sequence:
            before = self.sequence
            messages = [last] if last.sequence == before + 1 else await self._fetched(before + 1, last.sequence)
            appends, _ = appends_of(messages)
            if not appends:  # an append of many messages
                appends = [append_of(await self._together(messages[0]))]
            at = 0
            for append in appends:
                at += append.messages
                if append.sequence == self.sequence + 1:  # it may have been told meanwhile
                    self.extend(append, messages[at - 1].data if at <= len(messages) else last.data)
                if not self.is_known:
                    return

    async def _jump(self, last: Message) -> None:
        """Begins to know the stream with its last append."""
        messages = await self._together(last)
        append = append_of(messages)
        self._forget()
        self.is_known = True
        self.sequence = append.sequence + append.messages - 1
        self.position = append.events[-1].position
        self._last_data = messages[-1].data
        self._recent.append(append)
        self._recent_events = len(append.events)
        for event in append.events:
            self.ends[event.stream] = event.version, event.hash or BEGINNING

    async def ends_of(self, streams: Iterable[str]) -> bool:
        """Finds the ends of streams. Returns whether they are those at the known end of all."""
        missing = [stream for stream in streams if stream not in self.ends]
        if not missing:
            return True
        found = await asyncio.gather(
            *(self._found({"last_by_subj": subject_of(self.name, stream)}) for stream in missing)
        )
        for stream, message in zip(missing, found, strict=True):
            if message is not None and message.sequence > self.sequence:
                return False
            end = (0, BEGINNING)
            if message is not None:
                events = append_of(await self._together(message)).events
                end = next((e.version, e.hash or BEGINNING) for e in reversed(events) if e.stream == stream)
            self.ends.setdefault(stream, end)  # of which an append may have been told meanwhile
        return True

    async def stored_since(self, sequence: int, key: str) -> int | None:
        """Returns the position before the events of an append that was made after a message, None if it was not made
        up to the known end."""
        first = self.sequence + 1
        for append in reversed(self._recent):
            if append.key == key:
                return append.events[0].position - 1
            first = append.sequence
            if first <= sequence + 1:
                break
        at, last = sequence + 1, first - 1
        while at <= last:
            messages = await self._fetched(at, last)
            for message in messages:
                if message.headers.get("Ecsnet-Append") == key:
                    return append_of(await self._together(message)).events[0].position - 1
            at += len(messages)
        return None

    # Reading

    async def known_position(self, until: int | None) -> int:
        """Returns the last position up to which is to be read."""
        if until is None or not self.is_known or until > self.position:
            head = await self.head()
            return head if until is None else min(until, head)
        return until

    async def after(self, position: int, until: int, sequence: int | None) -> tuple[list[Append], int]:
        """Returns appends with the events after a position, at least the first of them, and the sequence with which to
        go on. ``sequence`` is None, or that of the append with the first event."""
        return await self.link.repeated(lambda: self._after(position, until, sequence))

    async def _after(self, position: int, until: int, sequence: int | None) -> tuple[list[Append], int]:
        if self._recent and self._recent[0].events[0].position <= position + 1 and until <= self.position:
            recent = list(self._recent)
            begin = bisect_right(recent, position + 1, key=_first_position) - 1
            end = bisect_right(recent, until, key=_first_position)
            return recent[begin:end], self.sequence + 1
        if sequence is None:
            sequence = await self._sequence_of(position + 1)
        messages = await self._fetched(sequence, self.sequence)
        appends, _ = appends_of(messages)
        if not appends:
            appends = [append_of(await self._together(messages[0]))]
        last = appends[-1]
        self._mark(last.events[-1].position + 1, last.sequence + last.messages)
        return appends, last.sequence + last.messages

    async def with_sequences(self, sequences: Collection[int]) -> list[Append]:
        """Returns the appends that begin with the messages of the given sequences."""

        async def found() -> list[Append]:
            return list(await asyncio.gather(*(self._append_at(sequence) for sequence in sequences)))

        return await self.link.repeated(found)

    async def _append_at(self, sequence: int) -> Append:
        """Returns the append that a message belongs to."""
        (message,) = await self._fetched(sequence, sequence)
        return append_of(await self._together(message))

    async def _sequence_of(self, position: int) -> int:
        """Returns the sequence with which the append begins that has the event at a position."""
        at = bisect_right(self._marks, (position, self.sequence + 1))
        low_position, low = self._marks[at - 1]
        high_position, high = self.position + 1, self.sequence + 1
        if at < len(self._marks):
            high_position, high = self._marks[at]
        tries = 0
        while high - low > 1:
            guess = _between((low_position, low), (high_position, high), position, tries)
            append = await self._append_at(guess)
            first, last = append.events[0].position, append.events[-1].position
            if position < first:
                high_position, high = first, append.sequence
            elif position > last:
                low_position, low = last + 1, append.sequence + append.messages
            else:
                low_position, low = first, append.sequence
                break
            tries += 1
        self._mark(low_position, low)
        return low

    async def events_with(self, versions: Mapping[str, int]) -> list[StoredEvent | None]:
        """Returns the event of each stream of the history with a version, None for one that is missing."""
        if not self.is_known or not await self.ends_of(versions):
            await self.look()
            await self.ends_of(versions)
        return list(await asyncio.gather(*(self._event_with(stream, version) for stream, version in versions.items())))

    async def _event_with(self, stream: str, version: int) -> StoredEvent | None:
        end, _ = self.ends.get(stream, (0, BEGINNING))
        low_version, low = 1, 1
        high_version, high = end + 1, self.sequence + 1
        if not low_version <= version < high_version:
            return None
        tries = 0
        while low < high:
            guess = _between((low_version, low), (high_version, high), version, tries)
            tries += 1
            message = await self._found({"seq": guess, "next_by_subj": subject_of(self.name, stream)})
            if message is None or message.sequence >= high:
                high = guess
                continue
            append = append_of(await self._together(message))
            versions = {event.version: event for event in append.events if event.stream == stream}
            if version in versions:
                return versions[version]
            if version < min(versions):
                high_version, high = min(versions), min(guess, append.sequence)
            else:
                low_version, low = max(versions) + 1, append.sequence + append.messages
        return None

    def _mark(self, position: int, sequence: int) -> None:
        mark = (position, sequence)
        at = bisect_right(self._marks, mark)
        if self._marks[at - 1] != mark and len(self._marks) < _MOST_MARKS:
            insort(self._marks, mark)

    async def news(self, position: int, timeout: float) -> None:
        """Returns when there may be an event after a position, at the latest after some seconds."""
        await self.link.listening()
        if self.position > position or not self.is_known:
            return
        self._news.clear()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._news.wait(), timeout)

    # Messages

    async def _found(self, question: object) -> Message | None:
        return await self.link.found(self.name, question)

    async def _fetched(self, first: int, last: int) -> list[Message]:
        """Returns messages from one sequence to at most another, at least the first of them and some at a time."""
        messages = await self.link.fetched(self.name, first, min(last - first + 1, _AT_ONCE), _BYTES_AT_ONCE)
        if not messages:  # the replica is behind
            message = await self._found({"seq": first})
            messages = [] if message is None else [message]
        if not messages or messages[0].sequence != first:
            raise ReplayError(f"the message with sequence {first} is missing", stream=None, version=None)
        for number, message in enumerate(messages):
            if message.sequence != first + number:
                return messages[:number]
        return messages

    async def _together(self, message: Message) -> list[Message]:
        """Returns the messages of the append that a message belongs to."""
        first, total = place(message)
        if total == 1:
            return [message]
        messages: list[Message] = []
        while len(messages) < total:
            messages += await self._fetched(first + len(messages), first + total - 1)
        return messages


def _between(low: tuple[int, int], high: tuple[int, int], number: int, tries: int) -> int:
    """Returns the sequence at which a position or a version is looked for next, between two of which the sequences are
    known: where it would be if they were evenly spread, or half-way if that has not found it several times."""
    if tries > 8:  # appends of very different sizes, or of other streams
        return (low[1] + high[1]) // 2
    return low[1] + (number - low[0]) * (high[1] - low[1]) // (high[0] - low[0])


def _first_position(append: Append) -> int:
    return append.events[0].position


def _hash(previous: str, event: StoredEvent) -> str | None:
    try:
        return event_hash(previous, msgspec.structs.astuple(event)[:-1])
    except (TypeError, ValueError, msgspec.MsgspecError):
        return None
