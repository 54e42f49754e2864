"""Hashes of stored events, chained per stream, and their verification.

The hash of an event is the SHA-256 of the hash before it in its stream and of every value of its own row. So it stands
for the whole stream up to the event; whoever alters an event must write the hashes of all later ones of the stream
anew. Who can do that to a file can also cut off its end: both are found only with a `head` that was kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, Final, Literal

import attrs
import msgspec

from ecsnet._attrs import frozen
from ecsnet.errors import InvalidArgument
from ecsnet.events.base import RecordedEvent
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.codec import CANNOT_WRITE, cannot_be_stored
from ecsnet.events.stores.rows import StoredEvent, keeps_rows, row_of, stored_events

BEGINNING: Final = ""
"""The hash before the first event of a stream."""
FaultKind = Literal["altered", "missing", "inserted", "exchanged", "shortened", "snapshot"]
_MOST_DIAGNOSED: Final = 10_000
_encode = msgspec.json.Encoder().encode


def content_hash(row: Sequence[Any]) -> str:
    """Returns the hash of the values of a row that do not depend on its place: all but the position, the version and
    the cause."""
    _, stream, _, type_name, schema_version, payload, recorded_at, account_id, command_id, _, settles = row
    content = (stream, type_name, schema_version, payload, recorded_at, account_id, command_id, settles)
    return sha256(_encode(content)).hexdigest()


def event_hash(previous: str, row: Sequence[Any]) -> str:
    """Returns the hash of an event: of the hash before it in its stream, and its row without its hash.

    A database that numbers events itself computes it from the `content_hash` in the same way.
    """
    cause = row[9]
    place = f"{previous}:{row[0]}:{row[2]}:{'' if cause is None else cause}:{content_hash(row)}"
    return sha256(place.encode()).hexdigest()


@frozen(kw_only=True)
class HistoryFault:
    """The first event of a history at which a verification fails.

    ``kind`` is ``"altered"`` for an event whose content or hash is another than was recorded, ``"missing"`` for one
    that is not there, ``"inserted"`` for one that was not recorded, ``"exchanged"`` for one in the place of another,
    ``"shortened"`` for the first of those that a former head had and that the history ends before. ``"snapshot"`` is
    none of an event: the events are intact, and a snapshot of the state after the one at ``position`` is not what they
    lead to. ``position`` is the place in the history; ``stream`` and ``version`` are None where they are not known.
    """

    kind: FaultKind
    position: int
    stream: str | None
    version: int | None
    reason: str

    def __str__(self) -> str:
        place = "" if self.stream is None else f" (stream {self.stream!r}, version {self.version})"
        return f"position {self.position}{place} is {self.kind}: {self.reason}"


@frozen(kw_only=True)
class Verification:
    """The result of a verification: the first ``fault``, or None; the number of ``events`` before it; and the ``head``,
    which stands for all of them: a later verification that expects it finds whether any of them was changed or cut off,
    even if all hashes were written anew.

    ``unhashed`` is the number of those that have no hash of their own. In a file that was written before hashes
    existed, the last event of each stream has got one that covers those before it; a store in memory has none at all.
    ``snapshots`` is the number of snapshots that say what the events say.
    """

    events: int
    unhashed: int
    head: str
    fault: HistoryFault | None = None
    snapshots: int = 0

    @property
    def intact(self) -> bool:
        """True if there is no fault."""
        return self.fault is None


class HashChain:
    """The end of each stream, with its version and hash, while a history is gone through."""

    def __init__(self) -> None:
        self.position = 0
        self.unhashed = 0
        self.ends: dict[str, tuple[int, str]] = {}
        self._last_without: dict[str, int] = {}
        """Streams whose events have no hash so far, and the position of the last of them."""

    def add(self, row: StoredEvent) -> None:
        """Goes on to the next event, which has no `fault`."""
        version, previous = self.ends.get(row.stream, (0, BEGINNING))
        self.position += 1
        if row.hash is None:
            self.unhashed += 1
            self._last_without[row.stream] = self.position
        else:
            self._last_without.pop(row.stream, None)
        end = event_hash(previous, _values(row)) if row.hash is None else row.hash  # which `fault` has compared
        self.ends[row.stream] = version + 1, end

    def fault(self, row: StoredEvent) -> HistoryFault | None:
        """Returns the fault of a row as the next one of the history, None if it has none."""
        expected = self.position + 1
        if type(row.position) is not int or not _has_valid_types(row):
            return _fault("altered", expected, row, "a value has another type than was recorded")
        if row.position > expected:
            return HistoryFault(
                kind="missing",
                position=expected,
                stream=None,
                version=None,
                reason=f"the next event is at position {row.position}",
            )
        if row.position < expected:
            return _fault("inserted", row.position, row, "there are two events at this position")
        version, _ = self.ends.get(row.stream, (0, BEGINNING))
        if row.version > version + 1:
            reason = f"version {row.version} follows version {version} of its stream"
            return HistoryFault(
                kind="missing", position=expected, stream=row.stream, version=version + 1, reason=reason
            )
        if row.version <= version:
            return _fault("inserted", expected, row, f"its stream has reached version {version}")
        if row.hash is None:
            if row.stream in self.ends and row.stream not in self._last_without:
                return _fault("altered", expected, row, "it has no hash, and one before it in its stream has")
            return None
        return None if self.fits(row) else _fault("altered", expected, row, "its hash is not the one of its content")

    def fits(self, row: StoredEvent, *, position: int = 0, version: int = 0) -> bool:
        """Returns whether a row has the hash that it would have as the next of a stream, at its place or another."""
        position, version = position or row.position, version or row.version
        try:
            end, previous = self.ends.get(row.stream, (0, BEGINNING))
            values = (position, row.stream, version, *_values(row)[3:])
            return version == end + 1 and row.hash == event_hash(previous, values)
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError):
            return False

    def unsealed(self) -> HistoryFault | None:
        """Returns the fault of a stream that ends without a hash."""
        for stream, position in self._last_without.items():
            return HistoryFault(
                kind="altered",
                position=position,
                stream=stream,
                version=self.ends[stream][0],
                reason="the last event of its stream has no hash",
            )
        return None

    def head(self) -> str:
        """Returns the position, and a hash of the ends of all streams."""
        ends = [(stream, version, end) for stream, (version, end) in sorted(self.ends.items())]
        return f"{self.position}:{sha256(_encode((self.position, ends))).hexdigest()}"


def verify(store: EventStore, *, expect: str | None = None) -> Verification:
    """Verifies the hashes of a store, and that its history begins with the one that had a head.

    Raises `InvalidArgument` for an ``expect`` that is no head, `StoreError` if the store cannot be read.
    """
    expected_at = None if expect is None else position_of_head(expect)
    chain = HashChain()
    fault: HistoryFault | None = None
    if expected_at == 0 and chain.head() != expect:
        fault = _rewritten(0)
    for row in stored_events(store):
        if fault is None:
            fault = chain.fault(row)
        if fault is not None:
            break
        chain.add(row)
        if chain.position == expected_at and chain.head() != expect:
            fault = _rewritten(expected_at)
    if fault is None and keeps_rows(store) and store.keeps_hashes:
        fault = chain.unsealed()
    if fault is None and expected_at is not None and expected_at > chain.position:
        reason = f"the history ends at position {chain.position}, and had {expected_at} events"
        fault = HistoryFault(kind="shortened", position=chain.position + 1, stream=None, version=None, reason=reason)
    if fault is not None and fault.kind != "shortened" and fault.position == chain.position + 1:
        fault = _diagnosed(chain, fault, list(islice(stored_events(store, after=chain.position), _MOST_DIAGNOSED)))
    return Verification(events=chain.position, unhashed=chain.unhashed, head=chain.head(), fault=fault)


def position_of_head(head: str) -> int:
    """Returns the position of a head. Raises `InvalidArgument` for what is none."""
    position, colon, digest = head.partition(":") if isinstance(head, str) else ("", "", "")
    if not (colon and position.isascii() and position.isdigit() and len(position) < 20 and len(digest) == 64):
        raise InvalidArgument(f"a head is a position, a colon and 64 hexadecimal digits, not {head!r:.100}")
    return int(position)


def hashed(rows: Iterable[tuple[Any, ...]], ends: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    """Yields rows with their hashes, after streams that end with the given ones; those of new streams are left out."""
    for row in rows:
        stream = row[1]
        ends[stream] = digest = event_hash(ends.get(stream, BEGINNING), row)
        yield *row, digest


def sealed(record: RecordedEvent, previous: str) -> tuple[Any, ...]:
    """Returns the row of an event with its hash, after the hash before it in its stream. Raises `StoreError` for an
    event that cannot be stored."""
    try:
        row = row_of(record)
        return (*row, event_hash(previous, row))
    except CANNOT_WRITE as error:
        raise cannot_be_stored(record.event, error) from error


def _values(row: StoredEvent) -> tuple[Any, ...]:
    return msgspec.structs.astuple(row)[:-1]


def _has_valid_types(row: StoredEvent) -> bool:
    texts = (row.stream, row.type, row.payload, row.recorded_at, row.account_id, row.command_id)
    return (
        all(type(text) is str for text in texts)
        and type(row.version) is type(row.schema_version) is int
        and (row.caused_by is None or type(row.caused_by) is int)
        and (row.settles is None or type(row.settles) is str)
        and (row.hash is None or type(row.hash) is str)
    )


def _fault(kind: FaultKind, position: int, row: StoredEvent, reason: str) -> HistoryFault:
    stream = row.stream if type(row.stream) is str else None
    version = row.version if type(row.version) is int else None
    return HistoryFault(kind=kind, position=position, stream=stream, version=version, reason=reason)


def _rewritten(position: int) -> HistoryFault:
    reason = "the history up to here is not the one that had the expected head: it was written anew with other hashes"
    return HistoryFault(kind="altered", position=position, stream=None, version=None, reason=reason)


def _diagnosed(chain: HashChain, fault: HistoryFault, rows: list[StoredEvent]) -> HistoryFault:
    """Returns the fault of an altered event, as another kind if the rows from it on tell more about what was done."""
    if not rows or rows[0].position != fault.position:
        return fault
    first, *rest = rows
    place = first.position
    if rest:
        version = first.version if rest[0].stream == first.stream else rest[0].version
        if chain.fits(rest[0], position=place, version=version) and not chain.fits(first, position=place + 1):
            return attrs.evolve(fault, kind="inserted", reason="the event that was recorded here is the next one")
    for other in rest:
        here = msgspec.structs.replace(other, position=place, stream=first.stream, version=first.version)
        without_hash = msgspec.structs.replace(here, hash=first.hash)
        if chain.fits(here) or chain.fits(without_hash) or chain.fits(other, position=place):
            reason = f"the event that was recorded here is at position {other.position}"
            return attrs.evolve(fault, kind="exchanged", reason=reason)
    seen = set[str]()
    for row in rows:
        if row.stream not in seen and chain.fits(row, position=row.position + 1):
            reason = f"the event at position {row.position} was recorded one position later"
            return HistoryFault(kind="missing", position=place, stream=None, version=None, reason=reason)
        seen.add(row.stream)
    return fault
