"""Events in a SQLite file: one table that can only grow, guarded by the database itself.

A command's events are one transaction, durable on return (WAL, synchronous FULL). Several processes may share a file:
the writer's lock is taken before the version is read, and a unique constraint stands behind it. Payloads are JSON text:
``sqlite3 network.db 'select position, type, payload from events'``.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from ecsnet.errors import ReplayError, StoreError, VersionConflict
from ecsnet.events import codec
from ecsnet.events.base import NewEvent, RecordedEvent

APPLICATION_ID: Final = 0x6563736E  # "ecsn"
FORMAT: Final = 1
"""The version of the file's layout, kept in SQLite's user_version. (Events have schema versions of their own.)"""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    account_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    UNIQUE (stream, version)
);
CREATE TRIGGER IF NOT EXISTS events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER IF NOT EXISTS events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
"""
_INSERT: Final = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS: Final = "position, stream, version, type, schema_version, payload, recorded_at, account_id, command_id"


class SqliteStore:
    """A store in a SQLite file, created if it is missing.

    Raises `StoreError` for a file that is not a store of ecsnet's, that a newer version wrote, or that cannot be
    written; the file is left as it was. ``read_only`` opens one that exists, without ever writing to it.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self._path = Path(path)
        self._connection: sqlite3.Connection | None = None
        fresh = _check_file(self._path, read_only)
        try:
            self._connect(read_only, fresh)
            self._head = self._read_head()
            self._data_version = self._read_data_version()
        except sqlite3.Error as error:
            self.close()
            raise StoreError(f"{self._path}: {error}") from error

    def _connect(self, read_only: bool, fresh: bool) -> None:
        mode = "ro" if read_only else "rwc"
        if read_only and not os.access(self._path.parent, os.W_OK):
            mode += "&immutable=1"  # SQLite could not make its index of the log
        connection = self._connection = sqlite3.connect(
            f"file:{quote(str(self._path.absolute()))}?mode={mode}",
            uri=True,
            timeout=60,
            isolation_level=None,
            check_same_thread=False,
        )
        if not read_only:
            if fresh:
                _lay_out(connection)
            _use_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(f"{self._path}: the store is closed")
        return self._connection

    def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> Sequence[RecordedEvent]:
        connection = self._open_connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                version = self._one("SELECT coalesce(max(version), 0) FROM events WHERE stream = ?", stream)
                if version != expected_version:
                    raise VersionConflict(stream, expected=expected_version, actual=version)
                position = self._read_head()
                recorded = [
                    RecordedEvent(
                        position + n, stream, version + n, new.event, new.recorded_at, new.account_id, new.command_id
                    )
                    for n, new in enumerate(events, start=1)
                ]
                connection.executemany(_INSERT, map(_row, recorded))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from error
        self._head = position + len(recorded)
        return recorded

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        query = f"SELECT {_COLUMNS} FROM events WHERE position > ?"
        parameters: list[Any] = [after]
        if until is not None:
            query += " AND position <= ?"
            parameters.append(until)
        if naming is not None:
            query += " AND instr(payload, ?) > 0"
            parameters.append(naming)
        rows = self._open_connection().execute(query + " ORDER BY position", parameters)
        decoders, parse = codec.DECODERS, datetime.fromisoformat
        for position, stream, version, type_name, schema_version, payload, recorded_at, account_id, command_id in rows:
            try:
                event = decoders[type_name, schema_version](payload)
                moment = parse(recorded_at)
            except codec.CANNOT_READ as error:
                raise ReplayError(f"{type_name} cannot be read: {error}", stream=stream, version=version) from error
            yield RecordedEvent(position, stream, version, event, moment, account_id, command_id)

    def head(self) -> int:
        data_version = self._read_data_version()
        if data_version != self._data_version:  # another connection wrote
            self._head = self._read_head()
            self._data_version = data_version
        return self._head

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read_head(self) -> int:
        return self._one("SELECT coalesce(max(position), 0) FROM events")

    def _read_data_version(self) -> int:
        return self._one("PRAGMA data_version")

    def _one(self, query: str, *parameters: object) -> int:
        value: int = self._open_connection().execute(query, parameters).fetchone()[0]
        return value


def _row(record: RecordedEvent) -> tuple[Any, ...]:
    return (
        record.position,
        record.stream,
        record.version,
        record.type,
        record.schema_version,
        codec.encode(record.event),
        record.recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        record.account_id,
        record.command_id,
    )


def _check_file(path: Path, read_only: bool) -> bool:
    """Whether the file has still to be laid out; everything is judged by its header, without opening it as a
    database."""
    if not path.parent.is_dir():
        raise StoreError(f"{path}: there is no folder {path.parent}")
    if path.is_dir():
        raise StoreError(f"{path} is a folder, not a file")
    if not path.exists() or not path.stat().st_size:
        if read_only:
            raise StoreError(f"{path}: there is no store to read")
        return True
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise StoreError(f"{path} is not a store of ecsnet's: it is no SQLite file")
    (user_version,), (application_id,) = struct.unpack(">I", header[60:64]), struct.unpack(">I", header[68:72])
    if application_id != APPLICATION_ID:
        raise StoreError(f"{path} is not a store of ecsnet's: it belongs to another program")
    if user_version > FORMAT:
        raise StoreError(f"{path} was written by a newer ecsnet (format {user_version}; this one knows {FORMAT})")
    writable = path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) and os.access(path, os.W_OK)
    if not read_only and not writable:
        raise StoreError(f"{path} is read-only")
    return False


def _use_wal(connection: sqlite3.Connection) -> None:
    """The mode is the file's. While another process changes it, SQLite refuses at once, whatever the timeout; to begin
    a transaction waits for that process."""
    for _ in range(100):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")


def _lay_out(connection: sqlite3.Connection) -> None:
    # Before WAL is turned on, so that the header says whose file this is however the process ends.
    statements = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};{_SCHEMA}"
    connection.executescript(f"BEGIN EXCLUSIVE; {statements} COMMIT;")
