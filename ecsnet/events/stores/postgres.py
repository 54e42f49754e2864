"""Events in a schema of a PostgreSQL database: an append-only table, enforced by triggers in the database.

An append is one statement, a call of a function in the database or what does the same for one event, and so one round
trip and one transaction; only where appends meet, there are two. Threads and processes
may share a database; each call uses a connection of its own, of which some are kept. A connection that was lost is
replaced. If that happens during an append, the append is repeated, and finds out whether the first one was recorded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from time import monotonic, sleep
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit
from weakref import WeakSet

import psycopg

from ecsnet.errors import StoreError, VersionConflict
from ecsnet.events.base import NewEvent, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.addresses import shown_address
from ecsnet.events.stores.base import numbered
from ecsnet.events.stores.hashes import content_hash
from ecsnet.events.stores.postgres_schema import (
    APPEND,
    APPEND_ONE,
    LOCK,
    SCHEMA_NAME,
    channel,
    has_snapshots,
    lock,
    prepare,
    prepare_snapshots,
)
from ecsnet.events.stores.rows import COLUMNS, StoredEvent, records_of, restored, row_of
from ecsnet.events.stores.snapshots import Snapshot, digest_of_ends

T = TypeVar("T")
_AT_ONCE: Final = 1_000
_LAST_POSITION: Final = 2**63 - 1
_MOST_KEPT: Final = 4  # idle connections
_HEALING: Final = 10.0  # seconds during which work is repeated while the database cannot be reached
_PAUSE: Final = 0.05
_MEETING: Final = 0.05  # seconds after an append that met another, during which the next ones wait for the lock
_LOOKS: Final = 10  # how often a thread that waits for events looks whether the store was closed
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
_TIMEOUTS: Final = {"connect_timeout": 10, "options": "-c lock_timeout=60s", "application_name": "ecsnet"}
_FAILURES: Final = (psycopg.Error, OSError, ValueError, OverflowError)


class PostgresStore:
    """A store in a PostgreSQL database, in a schema that is created if it is missing.

    ``address`` is a URL as libpq takes it, with one parameter more: ``postgresql://user@host/database?schema=network``
    names the schema, which is ``ecsnet`` by default. A password is better kept in a password file or PGPASSWORD; it is
    in no message, log or ``repr``. With ``read_only`` the schema must exist and is never written to.

    Raises `StoreError` for a database that cannot be reached, and for a schema that is not a store of ecsnet's or that
    a newer version made.
    """

    def __init__(self, address: str, *, read_only: bool = False) -> None:
        self._conninfo, self._name, self._schema = _parsed(address)
        self._read_only = read_only
        self._closed = False
        self._was_connected = False
        self._lock = Lock()
        self._idle: list[psycopg.Connection[Any]] = []
        self._busy: set[psycopg.Connection[Any]] = set()
        self._listening = Lock()
        self._listener: psycopg.Connection[Any] | None = None
        self._told = 0  # the position of the last append that was notified
        self._met_until = 0.0
        self._append = APPEND.format(schema=self._schema)
        self._append_one = APPEND_ONE.format(schema=self._schema, lock=LOCK, channel=channel(self._schema))
        table = f"{self._schema}.events"
        self._rows = f"SELECT {COLUMNS} FROM {table} WHERE position > %s AND position <= %s"
        self._stored = f"SELECT {COLUMNS}, hash FROM {table} WHERE position > %s AND position <= %s"
        self._named = (
            f"SELECT {COLUMNS} FROM {self._schema}.resource_events JOIN {table} USING (position) "
            "WHERE position > %s AND position <= %s AND resource_id = %s"
        )
        self._last = f"SELECT coalesce(max(position), 0) FROM {table}"
        _STORES.add(self)
        self._repeated(lambda connection: prepare(connection, self._schema, self._name, read_only=read_only))

    def __repr__(self) -> str:
        return f"<PostgresStore {self._name}, schema {self._schema}>"

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        for new in events:
            codec.check(new)
        rows = [row_of(record) for record in numbered(events, expected, 0)]
        deadline = monotonic() + _HEALING
        is_repeated = False
        while True:
            try:
                first, stream, actual = self._used(
                    lambda connection: self._appended(connection, events, rows, expected)
                )
            except _Lost as lost:
                # Whether the events were recorded is not known: the next try finds them, or records them.
                is_repeated = True
                if monotonic() > deadline:
                    raise StoreError(f"{lost}; whether the events were recorded is not known") from lost.__cause__
                sleep(_PAUSE)
                continue
            if stream is None:
                return numbered(events, expected, first - 1)
            if is_repeated and (found := self._recorded(events, expected)) is not None:
                return numbered(events, expected, found - 1)
            raise VersionConflict(stream, expected=expected[stream], actual=actual)

    def _appended(
        self,
        connection: psycopg.Connection[Any],
        events: Sequence[NewEvent],
        rows: list[tuple[Any, ...]],
        expected: Mapping[str, int],
    ) -> Any:
        """Returns the position of the first event, or the conflict: its stream and the version of it."""
        if len(events) == len(expected) == 1 and events[0].follows is None and monotonic() >= self._met_until:
            found = connection.execute(self._append_one, _parameters_of_one(events[0], rows[0])).fetchone()
            if found is not None:
                return found[0], None, None
            self._met_until = monotonic() + _MEETING
        return connection.execute(self._append, _parameters(events, rows, expected)).fetchone()

    def _recorded(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> int | None:
        """Returns the position of the first of events that an append with an unknown outcome recorded, or None."""
        if not events:
            return None
        query = f"SELECT position FROM {self._schema}.events WHERE stream = %s AND version = %s AND command_id = %s"
        key = (events[0].stream, expected[events[0].stream] + 1, events[0].command_id)
        row = self._repeated(lambda connection: connection.execute(query, key).fetchone())
        if row is None:
            return None
        # They are compared as they are stored: what is a tuple here may be a list there.
        wanted = [row_of(record) for record in numbered(events, expected, row[0] - 1)]
        found = self._fetched(f"{self._rows} ORDER BY position", row[0] - 1, row[0] - 1 + len(events))
        return row[0] if found == wanted else None

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        query, also = (self._rows, ()) if naming is None else (self._named, (naming,))
        for rows in self._batches(query, after, until, *also):
            yield from records_of(rows)

    @property
    def keeps_hashes(self) -> bool:
        """True: every event has a hash."""
        return True

    def stored(self, *, after: int = 0, until: int | None = None) -> Iterator[StoredEvent]:
        """Yields the rows with ``after`` < position <= ``until`` and their hashes, in order. Raises `StoreError`."""
        for rows in self._batches(self._stored, after, until):
            yield from [StoredEvent(*row) for row in rows]

    def restore(self, rows: Iterable[StoredEvent]) -> int:
        """Stores the rows of another store as they are, all or none, and returns their number.

        Raises `StoreError` if there are events already, `ReplayError` for a row that this library cannot read.
        """

        def work(connection: psycopg.Connection[Any]) -> int:
            count = 0
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(lock("SELECT", self._schema))
                if cursor.execute(self._last).fetchone() != (0,):
                    raise StoreError(f"{self._name}: there are events already")
                for some, named in restored(rows):
                    for table, columns in (("events", some), ("resource_events", named)):
                        with cursor.copy(f"COPY {self._schema}.{table} FROM STDIN") as copy:
                            for row in columns:
                                copy.write_row(row)
                    count += len(some)
                cursor.execute("SELECT pg_notify(%s, %s)", (channel(self._schema), str(count)))
            return count

        return self._used(work)

    def keep_snapshot(self, snapshot: Snapshot) -> bool:
        if self._read_only:
            return False
        table, row = f"{self._schema}.snapshots", (snapshot.position, snapshot.kind, snapshot.latest, snapshot.content)

        def work(connection: psycopg.Connection[Any]) -> None:
            if not has_snapshots(connection, self._schema):
                prepare_snapshots(connection, self._schema)
            with connection.transaction():
                connection.execute(
                    f"INSERT INTO {table} (position, kind, latest, content) VALUES (%s, %s, %s, %b) "
                    "ON CONFLICT (position, kind) DO UPDATE SET latest = excluded.latest, content = excluded.content",
                    row,
                )
                connection.execute(
                    f"DELETE FROM {table} o WHERE kind <> %s AND position < "
                    f"(SELECT max(n.position) FROM {table} n WHERE n.kind = o.kind)",
                    (snapshot.kind,),
                )

        self._used(work)
        return True

    def snapshot(self, kind: str | None, *, until: int, latest: int | None = None) -> Snapshot | None:
        rows = self._of_snapshots(
            "SELECT kind, position, latest, content FROM {table} WHERE (%s::text IS NULL OR kind = %s::text) "
            "AND position <= %s AND (%s::bigint IS NULL OR latest <= %s::bigint) ORDER BY position DESC LIMIT 1",
            (kind, kind, min(until, _LAST_POSITION), latest, latest),
        )
        return Snapshot(*rows[0]) if rows else None

    def snapshot_positions(self, kind: str) -> Sequence[int]:
        return [
            row[0] for row in self._of_snapshots("SELECT position FROM {table} WHERE kind = %s ORDER BY 1", (kind,))
        ]

    def _of_snapshots(self, query: str, parameters: tuple[object, ...]) -> list[Any]:
        """Returns the rows of a query of the snapshots, none if there is no table of them."""

        def work(connection: psycopg.Connection[Any]) -> list[Any]:
            if not has_snapshots(connection, self._schema):
                return []
            cursor = connection.cursor(binary=True)
            return cursor.execute(query.format(table=f"{self._schema}.snapshots"), parameters).fetchall()

        return self._repeated(work)

    def history_digest(self, versions: Mapping[str, int]) -> str | None:
        query = (
            f"SELECT {COLUMNS}, hash FROM {self._schema}.events "
            "JOIN unnest(%s::text[], %s::bigint[]) AS ends(stream, version) USING (stream, version)"
        )
        rows = self._fetched(query, list(versions), list(versions.values()))
        return digest_of_ends(rows) if len(rows) == len(versions) else None

    def _batches(self, query: str, after: int, until: int | None, *also: str) -> Iterator[list[Any]]:
        """Yields the rows that a query selects between two positions, some at a time."""
        query += f" ORDER BY position LIMIT {_AT_ONCE}"
        after, end = max(after, 0), _LAST_POSITION if until is None else min(until, _LAST_POSITION)
        while after < end:
            rows = self._fetched(query, after, end, *also)
            yield rows
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1][0]

    def head(self) -> int:
        head: int = self._fetched(self._last)[0][0]
        return head

    def _fetched(self, query: str, *parameters: object) -> list[Any]:
        def fetch(connection: psycopg.Connection[Any]) -> list[Any]:
            cursor = connection.cursor(binary=True)
            return cursor.execute(query, parameters).fetchall()

        return self._repeated(fetch)

    def wait(self, position: int, timeout: float) -> None:
        """Returns when there may be an event after a position, at the latest after some seconds.

        Raises `StoreError` if the store is closed.
        """
        deadline = monotonic() + timeout
        with self._listening:
            try:
                if self._listener is None or self._listener.closed:
                    self._listener = self._connected()
                    self._listener.execute(f"LISTEN {channel(self._schema)}")
                    return  # what was appended before it listened is there to be read
                for _ in range(_LOOKS):
                    left = min(deadline - monotonic(), timeout / _LOOKS)
                    if self._told > position or self._closed or left <= 0:
                        break
                    for told in self._listener.notifies(timeout=left, stop_after=1):
                        self._told = int(told.payload)  # also for other threads, which wait for the lock
            except _FAILURES:  # it is lost; the next look at the head tells whether the database can be reached
                if self._listener is not None:
                    self._listener.close()
                sleep(min(_PAUSE, timeout))
            if self._closed:
                if self._listener is not None:
                    self._listener.close()
                raise self._closed_error()

    def close(self) -> None:
        self._closed = True
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:  # those that other threads are using are closed by them
            connection.close()
        if self._listening.acquire(blocking=False):
            if self._listener is not None:
                self._listener.close()
            self._listening.release()

    def __del__(self) -> None:
        if "_idle" in vars(self):
            self.close()

    def _begin_process(self) -> None:
        """Starts with no connections and a lock that nobody holds."""
        self._lock, self._idle, self._busy = Lock(), [], set()
        self._listening, self._listener = Lock(), None

    def _repeated(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Does work that may be done twice. If the connection is lost, it is repeated for some seconds; on the first
        connection of all it is not."""
        deadline = monotonic() + _HEALING
        while True:
            try:
                return self._used(work)
            except _Lost:
                if not self._was_connected or monotonic() > deadline:
                    raise
                sleep(_PAUSE)

    def _used(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Does work on a connection of its own. Raises `_Lost` if the connection was lost meanwhile."""
        connection: psycopg.Connection[Any] | None = None
        try:
            connection = self._borrowed()
            result = work(connection)
        except StoreError:
            self._given_back(connection)
            raise
        except _FAILURES as error:
            is_lost = connection is None or connection.closed
            self._given_back(connection)
            if self._closed:
                raise self._closed_error() from None
            reason = self._without_secrets(error)
            raise (_Lost if is_lost else StoreError)(f"{self._name}: {reason}") from None
        except BaseException:
            if connection is not None:  # an interrupt leaves it in the middle of an answer
                self._busy.discard(connection)
                connection.close()
            raise
        self._given_back(connection)
        return result

    def _borrowed(self) -> psycopg.Connection[Any]:
        with self._lock:
            if self._closed:
                raise self._closed_error()
            if self._idle:
                connection = self._idle.pop()
                self._busy.add(connection)
                return connection
        connection = self._connected()
        with self._lock:
            self._busy.add(connection)
        self._was_connected = True
        return connection

    def _connected(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._conninfo, autocommit=True, **_TIMEOUTS)  # type: ignore[arg-type]
        try:
            connection.execute(_DURABLE)
            if self._read_only:
                connection.execute("SET default_transaction_read_only = on")
        except BaseException:
            connection.close()
            raise
        return connection

    def _given_back(self, connection: psycopg.Connection[Any] | None) -> None:
        if connection is None:
            return
        with self._lock:
            self._busy.discard(connection)
            is_kept = not (self._closed or connection.closed) and len(self._idle) < _MOST_KEPT
            if is_kept:
                self._idle.append(connection)
        if not is_kept:
            connection.close()

    def _closed_error(self) -> StoreError:
        return StoreError(f"{self._name}: the store is closed")

    def _without_secrets(self, error: BaseException) -> str:
        """Returns the message of an error without the password of the address, should a server repeat it."""
        text = " ".join(str(error).split())
        password = str(psycopg.conninfo.conninfo_to_dict(self._conninfo).get("password") or "")
        return text.replace(password, "…") if password else text


class _Lost(StoreError):
    """The connection was lost, or there is none: whether the work was done is not known."""


def _parsed(address: str) -> tuple[str, str, str]:
    """Returns what libpq connects to, what is shown of it, and the schema. Raises `StoreError` without a secret."""
    name = shown_address(address)
    unusable = StoreError(f"{name}: this is no address of a PostgreSQL database")
    try:
        parts = urlsplit(address)
        parameters = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise unusable from None
    if address.count("@") > parts.netloc.count("@") or parts.netloc.count("@") > 1 or parts.fragment:
        raise StoreError(f"{name}: special characters of a user name or password are percent-encoded in an address")
    if name.endswith("://…"):
        raise unusable
    schema = dict(parameters).get("schema", "ecsnet")
    if SCHEMA_NAME.fullmatch(schema) is None:
        raise StoreError(f"{name}: a schema has 1 to 48 lower-case letters, digits and underscores")
    others = urlencode([(key, value) for key, value in parameters if key != "schema"])
    conninfo = f"{parts.scheme}://{parts.netloc}{parts.path}?{others}"
    try:
        psycopg.conninfo.conninfo_to_dict(conninfo)
    except psycopg.Error:  # its message may repeat any part of the address
        raise unusable from None
    return conninfo, name, schema


def _parameters(
    events: Sequence[NewEvent], rows: list[tuple[Any, ...]], expected: Mapping[str, int]
) -> tuple[Any, ...]:
    """Returns the parameters of the function that appends."""
    named = [(name, i) for i, new in enumerate(events, start=1) for name in new.event.named_resources()]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 11
    return (
        _texts(expected),
        _numbers(expected.values()),
        _texts(columns[1]),
        _texts(columns[3]),
        _numbers(columns[4]),
        *[_texts(columns[n]) for n in (5, 6, 7, 8)],
        _numbers([new.caused_by for new in events]),
        _numbers([new.follows for new in events]),
        _texts(columns[10]),
        _texts([content_hash(row) for row in rows]),
        _texts([name for name, _ in named]),
        _numbers([i for _, i in named]),
    )


def _parameters_of_one(new: NewEvent, row: tuple[Any, ...]) -> dict[str, str | None]:
    """Returns the parameters of the statement that appends one event, as texts: psycopg gives a number the smallest
    type that it fits, and the statement would be prepared for each of them."""
    _, stream, version, type_name, schema_version, payload, moment, account_id, command_id, cause, settled = row
    return {
        "stream": stream,
        "version": str(version),
        "type": type_name,
        "schema_version": str(schema_version),
        "payload": payload,
        "moment": moment,
        "account_id": account_id,
        "command_id": command_id,
        "cause": None if cause is None else str(cause),
        "settled": settled,
        "content": content_hash(row),
        "named": _texts(new.event.named_resources()),
    }


# Arrays are written here: psycopg's dumper of lists takes several times as long, which is a part of each append.


def _texts(values: Iterable[str | None]) -> str:
    """Returns an array of texts as a literal of PostgreSQL's."""
    quoted = [
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values
    ]
    return "{" + ",".join(quoted) + "}"


def _numbers(values: Iterable[int | None]) -> str:
    """Returns an array of numbers as a literal of PostgreSQL's."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


_STORES: Final[WeakSet[PostgresStore]] = WeakSet()
_inherited: Final[list[object]] = []
"""Connections of the parent process: closing them in a child would end the parent's sessions."""


def _begin_in_child() -> None:
    for store in list(_STORES):
        _inherited.extend([*store._idle, *store._busy, store._listener])
        store._begin_process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
