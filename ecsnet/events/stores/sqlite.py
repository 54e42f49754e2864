"""Events in a SQLite file: one append-only table, enforced by triggers in the database, and an index of the resources
that the events name.

A command's events are one transaction, durable on return (WAL, synchronous FULL). Several processes may share a file:
the writer's lock is taken before the versions are read, and a unique constraint guards them as well. A store remembers
where its last append ended. While nobody else appends, the next event needs no query: one statement inserts it on
condition that the history still ends there. Threads share one connection under a lock, which each holds for one
statement or one transaction at a time. Payloads are JSON text:
``sqlite3 network.db 'select position, type, payload from events'``.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import RLock
from time import monotonic, perf_counter
from typing import Any, Final, TypeVar
from weakref import WeakSet

import msgspec

from ecsnet.errors import StoreError, VersionConflict
from ecsnet.events.base import NewEvent, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.base import numbered
from ecsnet.events.stores.hashes import BEGINNING, sealed
from ecsnet.events.stores.rows import COLUMNS, StoredEvent, records_of, restored
from ecsnet.events.stores.snapshots import Snapshot, digest_of_ends
from ecsnet.events.stores.sqlite_file import (
    FORMAT,
    SNAPSHOTS,
    SQLITE_ERRORS,
    WITHOUT_HASHES,
    Stamp,
    WatchedFile,
    has_log,
    open_to_read,
    open_to_write,
    resolved,
    shown,
)
from ecsnet.events.stores.sqlite_index import (
    AT_ONCE,
    FORMER_NAMED,
    INDEXED_UP_TO,
    NAMED,
    UNINDEXED,
    add_pairs,
    index_events,
    within_payload,
)

T = TypeVar("T")
_INSERT: Final = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_NEXT: Final = (
    "INSERT INTO events VALUES (?, CASE (SELECT max(position) FROM events) WHEN ? THEN ? END, "
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
"""It violates a constraint, as an event without a stream, if the history does not end right before the position."""
_DATA_VERSION: Final = "PRAGMA data_version"  # another one once another connection has written
_HEAD: Final = "SELECT coalesce(max(position), 0) FROM events"
_LAST: Final = "SELECT version, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
_ROWS: Final = f"SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ?"
_STORED: Final = f"SELECT {COLUMNS}, hash FROM events WHERE position > ? AND position <= ?"
_END: Final = f"SELECT {COLUMNS}, hash FROM events WHERE stream = ? AND version = ?"
_HAS_SNAPSHOTS: Final = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'snapshots'"
_KEEP: Final = "INSERT OR REPLACE INTO snapshots (kind, position, latest, content) VALUES (?, ?, ?, ?)"
_SNAPSHOT: Final = (
    "SELECT kind, position, latest, content FROM snapshots WHERE (? IS NULL OR kind = ?) AND position <= ? "
    "AND (? IS NULL OR latest <= ?) ORDER BY position DESC LIMIT 1"
)
_SNAPSHOT_POSITIONS: Final = "SELECT position FROM snapshots WHERE kind = ? ORDER BY position"
_DELETE_OTHERS: Final = (
    "DELETE FROM snapshots WHERE kind <> ? AND position < (SELECT max(n.position) FROM snapshots n "
    "WHERE n.kind = snapshots.kind)"
)
_AT_ONCE: Final = 500
"""The number of rows that are read at a time, so that other threads do not wait for long."""
_LAST_POSITION: Final = 2**63 - 1
_BUSY_TIMEOUT: Final = 100  # milliseconds that a writer waits for another process before it releases the threads' lock
_TIMEOUT: Final = 60.0  # seconds that it waits in total
_ONE_COMMAND: Final = 0.001  # seconds after which an append looks at the file again, though `head` has just done so
_FAILURES: Final = (*SQLITE_ERRORS, sqlite3.Warning, OverflowError, OSError)


class _End:
    """The end of a history: the last position, the version and hash of the last event of each stream that is known,
    the position up to which the index of resources is complete, None if it is not known, and the events that the store
    itself appended behind it, with the version of the data from which on it did."""

    __slots__ = ("data_version", "indexed", "position", "streams", "unindexed")

    def __init__(self, position: int) -> None:
        self.position = position
        self.streams: dict[str, tuple[int, str]] = {}
        self.indexed: int | None = None
        self.unindexed: list[RecordedEvent] = []
        self.data_version = -1


class SqliteStore:
    """A store in a SQLite file, created if it is missing.

    Raises `StoreError` for a file that is not a store of ecsnet's, that a newer version wrote, or that cannot be
    written; the file is then unchanged. With ``read_only`` the file must exist and is never written to.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self._path = resolved(path)
        self._name = os.fspath(self._path)
        self._read_only = read_only
        self._closed = False
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: Stamp | None = None
        self._end: _End | None = None  # None: not known
        self._looked = 0.0  # when `head` looked at the file for the append that follows
        self._data_version = 0
        _STORES.add(self)
        try:
            with self._lock:
                self._usable()
        except _FAILURES as error:
            raise self._failure(error) from error

    def _connect(self) -> sqlite3.Connection:
        self._stamp: Stamp | None = None
        if self._read_only:
            connection, self._stamp = open_to_read(self._path)
        else:
            connection = open_to_write(self._path)
        self._file, self._log = Stamp.of(self._path), WatchedFile(f"{self._path}-wal")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT}")
        self._connection, self._end, self._data_version = connection, None, -1
        return connection

    def _usable(self) -> sqlite3.Connection:
        """Returns the connection after checking that the file is still the same. The caller holds the lock."""
        if self._closed:
            raise StoreError(f"{shown(self._path)}: the store is closed")
        file = self._file
        if file is None:
            return self._connect()
        try:
            now = os.stat(self._name)
        except FileNotFoundError:
            raise StoreError(f"{shown(self._path)}: the file was removed while it was open") from None
        if now.st_ino != file.inode or now.st_dev != file.device:
            raise StoreError(f"{shown(self._path)}: another file was put in its place while it was open")
        connection = self._connection
        if connection is None:  # it was closed before a fork
            return self._connect()
        if self._stamp is not None and not self._is_steady():
            self._connection = None
            connection.close()
            return self._connect()
        # SQLite keeps the log while a connection is open. Events written into a removed log are lost.
        if not (self._read_only or self._log.is_in_place()):
            raise StoreError(f"{shown(self._path)}: its log was removed while it was open")
        if connection.in_transaction:  # an append was interrupted again during its rollback
            connection.execute("ROLLBACK")
        return connection

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        for new in events:
            codec.check_envelope(new)
        deadline: float | None = None
        while True:
            with self._lock:
                try:
                    connection = self._connection
                    if connection is None or perf_counter() - self._looked > _ONE_COMMAND:
                        connection = self._usable()
                    self._looked = 0.0
                    end, self._end = self._end, None  # it is not known until the transaction has ended
                    if end is not None and len(events) == 1:
                        next_one = self._append_next(connection, end, events, expected)
                        if next_one is not None:
                            self._end = end
                            return next_one
                    try:
                        connection.execute("BEGIN IMMEDIATE")
                        end, recorded = self._append_all(connection, end, events, expected)
                        connection.execute("COMMIT")
                    except BaseException:
                        if connection.in_transaction:
                            connection.execute("ROLLBACK")
                        raise
                    self._end = end
                    return recorded
                except sqlite3.OperationalError as error:
                    if deadline is None:
                        deadline = monotonic() + _TIMEOUT
                    if not _is_busy(error) or monotonic() > deadline:
                        raise self._failure(error) from error
                except _FAILURES as error:
                    raise self._failure(error) from error

    def _append_next(
        self, connection: sqlite3.Connection, end: _End, events: Sequence[NewEvent], expected: Mapping[str, int]
    ) -> Sequence[RecordedEvent] | None:
        """Appends one event to a history whose end is known, by one statement, which is a transaction of its own.
        Returns None, without having done anything, if the history goes on behind that end or more is to be done."""
        head, streams, indexed = end.position, end.streams, end.indexed
        if indexed is None or head - indexed >= AT_ONCE - 1:
            return None
        for stream, version in expected.items():
            if stream not in streams or streams[stream][0] != version:
                return None
        recorded = numbered(events, expected, head)
        row = sealed(recorded[0], streams[recorded[0].stream][1])
        before = connection.total_changes
        try:
            connection.execute(_INSERT_NEXT, (row[0], head, *row[1:]))
        except sqlite3.IntegrityError:
            return None
        if connection.total_changes - before != 1:
            raise self._swallowing()
        end.position = row[0]
        streams[row[1]] = row[2], row[11]
        end.unindexed += recorded
        return recorded

    def _append_all(
        self,
        connection: sqlite3.Connection,
        known: _End | None,
        events: Sequence[NewEvent],
        expected: Mapping[str, int],
    ) -> tuple[_End, Sequence[RecordedEvent]]:
        """Appends events within a transaction, and returns where the history ends then."""
        position = self._number_in_transaction(_HEAD)
        end = _End(position) if known is None or known.position != position else known
        streams = end.streams
        for stream, version in expected.items():
            streams[stream] = streams.get(stream) or self._last_of(connection, stream)
            if streams[stream][0] != version:
                raise VersionConflict(stream, expected=version, actual=streams[stream][0])
        recorded = numbered(events, expected, position)
        before = connection.total_changes
        connection.executemany(_INSERT, _sealed_rows(recorded, streams))
        written = len(recorded)
        end.position += written
        end.unindexed += recorded
        if end.indexed is None:
            end.indexed = self._number_in_transaction(INDEXED_UP_TO)
            if end.indexed > position:
                raise StoreError(
                    f"{shown(self._path)} is damaged: position {end.indexed} is indexed, and was not recorded"
                )
            end.data_version = self._number_in_transaction(_DATA_VERSION)
        if end.position - end.indexed >= AT_ONCE:
            data_version = self._number_in_transaction(_DATA_VERSION)
            appended = end.unindexed if data_version == end.data_version else ()  # others may have changed the file
            try:
                written += index_events(connection, end.indexed, end.position, appended)
            except codec.UnreadableEvent as error:
                raise self._failure(error) from error
            end.indexed, end.unindexed, end.data_version = end.position, [], data_version
        if connection.total_changes - before != written:
            raise self._swallowing()
        return end, recorded

    def _last_of(self, connection: sqlite3.Connection, stream: str) -> tuple[int, str]:
        """Returns the version and the hash of the last event of a stream."""
        row = connection.execute(_LAST, (stream,)).fetchone()
        version, end = (0, BEGINNING) if row is None else row
        if type(end) is not str:
            raise StoreError(f"{shown(self._path)} is damaged: the last event of stream {stream!r} has no hash")
        return self._number(version), end

    def _swallowing(self) -> StoreError:
        return StoreError(f"{shown(self._path)}: a trigger in the file swallows events, or adds some")

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        for rows in self._batches(_ROWS, after, until) if naming is None else self._naming(naming, after, until):
            yield from records_of(rows)

    def _naming(self, naming: str, after: int, until: int | None) -> Iterator[list[Any]]:
        """Yields the rows of events that name a resource: by the index, and behind its end by their payloads."""
        if self._format() != FORMAT:
            yield from self._batches(FORMER_NAMED, after, until, naming)
            return
        with self._lock:
            try:
                indexed = self._fetch_number(INDEXED_UP_TO)
            except _FAILURES as error:
                raise self._failure(error) from error
        yield from self._batches(NAMED, after, indexed if until is None else min(until, indexed), naming)
        yield from self._batches(UNINDEXED, max(after, indexed), until, within_payload(naming))

    def _format(self) -> int:
        with self._lock:
            try:
                return self._fetch_number("PRAGMA user_version")
            except _FAILURES as error:
                raise self._failure(error) from error

    @property
    def keeps_hashes(self) -> bool:
        """True, but for a file of format 2 that is open to be read only. Raises `StoreError`."""
        return self._format() != WITHOUT_HASHES

    def stored(self, *, after: int = 0, until: int | None = None) -> Iterator[StoredEvent]:
        """Yields the rows with ``after`` < position <= ``until`` and their hashes, in order. Raises `StoreError`."""
        for rows in self._batches(_STORED if self.keeps_hashes else _ROWS, after, until):
            yield from [StoredEvent(*row) for row in rows]

    def restore(self, rows: Iterable[StoredEvent]) -> int:
        """Stores the rows of another store as they are, all or none, and returns their number.

        Raises `StoreError` if there are events already, `ReplayError` for a row that this library cannot read.
        """

        def work(connection: sqlite3.Connection) -> int:
            self._end = None
            if self._number_in_transaction("SELECT count(*) FROM events"):
                raise StoreError(f"{shown(self._path)}: there are events already")
            for some, named in restored(rows):
                connection.executemany(_INSERT, some)
                add_pairs(connection, named, some[-1][0])
            return self._number_in_transaction("SELECT count(*) FROM events")

        return self._in_transaction(work)

    def keep_snapshot(self, snapshot: Snapshot) -> bool:
        if self._read_only:
            return False

        def work(connection: sqlite3.Connection) -> bool:
            connection.execute(SNAPSHOTS)
            connection.execute(_KEEP, msgspec.structs.astuple(snapshot))
            connection.execute(_DELETE_OTHERS, (snapshot.kind,))
            return True

        return self._in_transaction(work)

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does work in a transaction that is recorded wholly or not at all, and returns its result. Raises
        `StoreError`. An append does so itself, as it also repeats one that found the file busy."""
        with self._lock:
            try:
                connection = self._usable()
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    result = work(connection)
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                return result
            except _FAILURES as error:
                raise self._failure(error) from error

    def snapshot(self, kind: str | None, *, until: int, latest: int | None = None) -> Snapshot | None:
        rows = self._of_snapshots(_SNAPSHOT, kind, kind, min(until, _LAST_POSITION), latest, latest)
        return Snapshot(*rows[0]) if rows else None

    def snapshot_positions(self, kind: str) -> Sequence[int]:
        return [row[0] for row in self._of_snapshots(_SNAPSHOT_POSITIONS, kind)]

    def _of_snapshots(self, query: str, *parameters: object) -> list[Any]:
        """Returns the rows of a query of the snapshots, none if the file has no table of them."""
        with self._lock:
            try:
                if not self._fetch_number(_HAS_SNAPSHOTS):
                    return []
                return self._fetch(query, *parameters)
            except _FAILURES as error:
                raise self._failure(error) from error

    def history_digest(self, versions: Mapping[str, int]) -> str | None:
        with self._lock:
            try:
                rows = [row for end in versions.items() for row in self._fetch(_END, *end)]
            except _FAILURES as error:
                raise self._failure(error) from error
        return digest_of_ends(rows) if len(rows) == len(versions) else None

    def _batches(self, query: str, after: int, until: int | None, *also: object) -> Iterator[list[Any]]:
        """Yields the rows that a query selects between two positions, some at a time."""
        end = _LAST_POSITION if until is None else min(until, _LAST_POSITION)
        while after < end:
            rows, reached = self._rows(query, after, end, *also)
            yield rows
            if reached <= after:  # in a damaged tree reading might otherwise loop for ever
                raise StoreError(f"{shown(self._path)} is damaged: position {reached} comes behind {after}")
            after = reached

    def _rows(self, query: str, after: int, end: int, *also: object) -> tuple[list[Any], int]:
        """Returns the next rows, and the position up to which they are complete."""
        with self._lock:
            try:
                rows = self._fetch(f"{query} ORDER BY position LIMIT {_AT_ONCE}", after, end, *also)
            except _FAILURES as error:
                raise self._failure(error) from error
        last = rows[-1][0] if len(rows) == _AT_ONCE else end
        return rows, last if type(last) is int else end

    def _fetch(self, query: str, *parameters: object) -> list[Any]:
        while True:
            connection = self._usable()
            try:
                rows = self._rows_of(connection, query, parameters)
            except SQLITE_ERRORS:
                if self._is_steady():
                    raise
            else:
                if self._is_steady():
                    return rows

    def _is_steady(self) -> bool:
        """Returns False if the file was opened as immutable and has been written to since."""
        return self._stamp is None or not (has_log(self._path) or Stamp.of(self._path) != self._stamp)

    def _rows_of(self, connection: sqlite3.Connection, query: str, parameters: tuple[object, ...]) -> list[Any]:
        try:
            return connection.execute(query, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        # A text is not valid UTF-8. Read as bytes, it is reported by the function that decodes the row.
        connection.text_factory = bytes
        try:
            rows = connection.execute(query, parameters).fetchall()
        finally:
            connection.text_factory = str
        return [tuple(map(_as_text, row)) for row in rows]

    def head(self) -> int:
        with self._lock:
            try:
                (data_version,) = self._usable().execute(_DATA_VERSION).fetchone()  # kept by the connection
                self._looked = perf_counter()
                end = self._end
                if end is None or data_version != self._data_version:  # another connection wrote
                    self._end = None
                    self._data_version = data_version
                    end = self._end = _End(self._fetch_number(_HEAD))
                return end.position
            except _FAILURES as error:
                raise self._failure(error) from error

    def close(self) -> None:
        self._closed = True
        with self._lock:
            connection, self._connection = self._connection, None
            self._log = WatchedFile("")  # whose predecessor gives up its descriptor
            if connection is not None:
                connection.close()

    def _number_in_transaction(self, query: str, *parameters: object) -> int:
        """Returns the number that a query within a transaction selects."""
        connection = self._connection
        if connection is None:
            raise StoreError(f"{shown(self._path)}: the store is closed")
        return self._number(connection.execute(query, parameters).fetchone()[0])

    def _fetch_number(self, query: str, *parameters: object) -> int:
        """Returns the number that a query outside of transactions selects; others may write to the file meanwhile."""
        return self._number(self._fetch(query, *parameters)[0][0])

    def _number(self, value: object) -> int:
        if type(value) is not int:
            raise StoreError(f"{shown(self._path)} is damaged: {value!r} where a number belongs")
        return value

    def _failure(self, error: Exception) -> StoreError:
        return StoreError(f"{shown(self._path)}: {error}")


def _sealed_rows(records: Iterable[RecordedEvent], streams: dict[str, tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    """Yields the rows of events behind the ends of their streams, which go on to be the ends."""
    for record in records:
        row = sealed(record, streams[record.stream][1])
        streams[record.stream] = record.version, row[11]
        yield row


def _is_busy(error: sqlite3.OperationalError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)  # an error about a text that is not UTF-8 has none
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _as_text(value: Any) -> Any:
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


_STORES: Final[WeakSet[SqliteStore]] = WeakSet()
_forking = RLock()
_FORK_TIMEOUT: Final = 5.0  # seconds that a fork waits for a thread that is in SQLite
_locked_for_fork: Final[list[SqliteStore]] = []
_inherited: Final[list[sqlite3.Connection]] = []
"""Connections that could not be closed before a fork. Closing one in the child would release the parent's locks."""


def _before_fork() -> None:
    """Closes all connections, because an open one does not survive a fork; both processes open theirs again.

    In the child, SQLite believes that it still holds the parent's locks and does not take its own. The parent may then
    delete the log to which the child writes, or the child may wait for ever for a transaction of the parent.
    """
    _forking.acquire()
    for store in list(_STORES):
        if store._lock.acquire(timeout=_FORK_TIMEOUT):
            _locked_for_fork.append(store)
            connection, store._connection = store._connection, None
            if connection is not None:
                connection.close()


def _after_fork_in_parent() -> None:
    while _locked_for_fork:
        _locked_for_fork.pop()._lock.release()
    _forking.release()


def _after_fork_in_child() -> None:
    global _forking  # it may be locked by a thread that does not exist in the child
    _forking = RLock()
    _locked_for_fork.clear()
    for store in list(_STORES):
        store._lock = RLock()
        if store._connection is not None:
            _inherited.append(store._connection)
            store._connection = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
