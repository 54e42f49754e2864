"""The file of a `SqliteStore`: its identity, its owner, and the ways to open it.

``application_id`` marks a file as a store of ecsnet's. It is reliable only after SQLite has recovered the file, since
the header of a file whose creation was killed may contain anything. A file that is certainly another program's is
refused without opening it as a database, so that it stays unchanged.

Database, log (``-wal``) and index of the log (``-shm``) belong together: without its log a database has a shorter
history.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote_from_bytes

from ecsnet.errors import StoreError
from ecsnet.events.stores.hashes import hashed
from ecsnet.events.stores.rows import COLUMNS
from ecsnet.events.stores.sqlite_index import FORMER_TABLES, INDEX, INDEXED, TABLES, take_over

SQLITE_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""The errors of a database. SQLite's message cannot be decoded if it repeats a damaged schema that is not UTF-8."""
APPLICATION_ID: Final = 0x6563736E  # "ecsn"
FORMAT: Final = 4
"""The version of the file's layout, kept in SQLite's user_version. (Events have schema versions of their own.)

Format 1, which no release wrote, had no causes and no index of resources. Its files are refused. Format 2 had no
hashes, and up to format 3 the index had another table, which each append wrote to. Files of these two can be read, and
are converted when they are opened to be written."""
WITHOUT_HASHES: Final = 2

_NEVER_CHANGED: Final = """
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"""
_SCHEMA: Final = (
    """
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    account_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    caused_by INTEGER,
    settles TEXT,
    hash TEXT,
    UNIQUE (stream, version)
)""",
    INDEX,
    INDEXED,
    _NEVER_CHANGED,
    """
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
)
SNAPSHOTS: Final = """
CREATE TABLE IF NOT EXISTS snapshots (
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    latest INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (position, kind)
)"""
"""The snapshots of the state, which are made from the events. The format has none: they are made when the first of them
is kept, and a library that knows nothing of them passes them over."""
_JOURNAL: Final = bytes.fromhex("d9d505f920a163d7")  # the magic number of a journal of SQLite's
_TIMEOUT: Final = 60.0  # seconds, for other processes that lay out the same file


class Stamp(NamedTuple):
    """The identity of a file and of its state: it differs if the file was replaced or written to."""

    device: int
    inode: int
    modified: int
    size: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Returns the stamp of the file at a path. Raises OSError."""
        found = os.stat(path)
        return cls(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


class WatchedFile:
    """A file that nobody is to remove, or to put another one in the place of, from when it is first there.

    Its inode number tells that. But on Linux from 6.13 on, whoever asks for it asks for the file's times too; the next
    write then records its exact time, and waiting for the disk takes a third longer. So where there are descriptors
    that stand for a place only, the system is asked for the name of that place first, which is another one if the file
    was removed or moved.
    """

    __slots__ = ("_descriptor", "_inode", "_link", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._inode = 0  # 0: it was not there yet
        self._descriptor = -1
        self._link = ""

    def is_in_place(self) -> bool:
        """Returns False if the file was there before, and is not any more. Raises OSError."""
        if self._link:
            with suppress(OSError):
                if os.readlink(self._link) == self._name:
                    return True
        if self._inode:
            return _inode(self._name) == self._inode
        self._begin()
        return True

    def _begin(self) -> None:
        try:
            self._descriptor = os.open(self._name, os.O_PATH)
        except (AttributeError, OSError):  # there is no O_PATH, no file, or no descriptor left
            self._inode = _inode(self._name)
        else:
            self._inode = os.fstat(self._descriptor).st_ino
            self._link = f"/proc/self/fd/{self._descriptor}"

    def __del__(self) -> None:
        if self._descriptor >= 0:
            with suppress(OSError):  # whoever makes a daemon closes all descriptors
                os.close(self._descriptor)


def _inode(name: str) -> int:
    try:
        return os.stat(name).st_ino
    except FileNotFoundError:
        return 0


def resolved(path: str | os.PathLike[str]) -> Path:
    """Returns the absolute path without links. Raises `StoreError` for a value that cannot be a path.

    SQLite follows links too, and keeps the log beside the target of the link.
    """
    try:
        given = os.fsdecode(path)
        if not given or b"\0" in os.fsencode(given):
            raise StoreError(f"{path!r} is no path: {'there is a NUL in it' if given else 'it is empty'}")
        return Path(os.path.realpath(given))
    except (ValueError, TypeError, OSError) as error:
        raise StoreError(f"{path!r} is no path: {error}") from error


def shown(path: Path) -> str:
    """Returns a path as printable text, also if its bytes are not valid UTF-8."""
    return os.fsencode(path).decode(errors="backslashreplace")


def open_to_write(path: Path) -> sqlite3.Connection:
    """Returns a connection to a store and creates the store if it is missing. Raises `StoreError`, `sqlite3.Error`."""
    _refuse_by_header(path, read_only=False)
    connection = _connect(path, "mode=rwc")
    try:
        if not _is_laid_out(path, connection):
            _lay_out(path, connection)
        if _number(connection, "PRAGMA user_version") != FORMAT:
            _convert(connection)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> tuple[sqlite3.Connection, Stamp | None]:
    """Returns a read-only connection that creates no file which the owner of the store could not use.

    If there is no log, the file is opened as immutable, and its stamp is returned too: a change of the stamp shows that
    the file was written to. Raises `StoreError`, `sqlite3.Error`.
    """
    for _ in range(20):  # other processes create and remove the files beside it
        _refuse_by_header(path, read_only=True)
        logged = has_log(path)
        stamp = Stamp.of(path) if logged else _lasting_stamp(path)
        if logged and not _beside(path, "-shm").exists() and not _may_create(path):
            raise StoreError(f"{shown(path)}: its log can be read only by its owner, who may write to the folder")
        connection = _connect(path, "mode=ro" if logged else "mode=ro&immutable=1")
        try:
            if not _is_laid_out(path, connection):
                raise StoreError(f"{shown(path)}: there is no store to read")
        except (*SQLITE_ERRORS, StoreError):
            connection.close()
            if logged == has_log(path) and Stamp.of(path) == stamp:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            if logged and not _removed_created_log(path, connection):
                return connection, None
            if not logged and not has_log(path) and Stamp.of(path) == stamp:
                return connection, stamp
            connection.close()
    raise StoreError(f"{shown(path)}: it is opened and closed too often to be read")


def _lasting_stamp(path: Path) -> Stamp:
    """Returns a stamp that every later write changes.

    The clock of a file system advances in steps, and two writes within one step have the same time, so this waits until
    the step of the last write is over.
    """
    while True:
        stamp = Stamp.of(path)
        step = 2_000_000_000 if stamp.modified % 1_000_000_000 == 0 else 20_000_000
        left = stamp.modified + step - time.time_ns()
        if not 0 <= left <= step:
            return stamp
        time.sleep(left / 1e9)


def has_log(path: Path) -> bool:
    """Returns whether the file has a log, which may have events that the file lacks, or a journal to roll back."""
    wal, journal = _beside(path, "-wal"), _beside(path, "-journal")
    return _size(wal) > 0 or _size(journal) > 0 or (wal.exists() and _beside(path, "-shm").exists())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _may_create(path: Path) -> bool:
    """Returns whether the owner of the file could use the files that SQLite would create beside it. SQLite gives
    those that root creates to the owner."""
    is_owners = not hasattr(os, "geteuid") or os.geteuid() in (0, path.stat().st_uid)
    return is_owners and os.access(path.parent, os.W_OK)


def _removed_created_log(path: Path, connection: sqlite3.Connection) -> bool:
    """Removes the log and its index if SQLite created them for this reader, and returns whether it did.

    That happens if the last writer closed, and removed its log, just before this connection opened. Files of another
    user would lock the owner out. A user who may write to the store keeps them, as they may be a writer's.
    """
    if os.access(path, os.W_OK):
        return False
    created = [one for one in (_beside(path, "-wal"), _beside(path, "-shm")) if _is_only_ours(path, one)]
    if created:
        connection.close()
    for one in created:
        one.unlink(missing_ok=True)
    return bool(created)


def _is_only_ours(path: Path, beside: Path) -> bool:
    try:
        return beside.stat().st_uid == os.geteuid() != path.stat().st_uid
    except FileNotFoundError:
        return False


def _connect(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file://{quote_from_bytes(os.fsencode(path))}?{options}",
        uri=True,
        timeout=_TIMEOUT,
        isolation_level=None,
        check_same_thread=False,
    )


def _refuse_by_header(path: Path, read_only: bool) -> None:
    """Raises `StoreError` for a path that certainly leads to no usable store, without opening it as a database."""
    name = shown(path)
    try:
        if not path.parent.is_dir():
            raise StoreError(f"{name}: there is no folder {shown(path.parent)}")
        if path.is_dir():
            raise StoreError(f"{name} is a folder, not a file")
        _refuse_as_part_of_another(path)
        interrupted = _size(_beside(path, "-journal")) > 0
        if not path.exists():
            if read_only:
                raise StoreError(f"{name}: there is no store to read")
            return
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{name} is not a file")
        writable = found.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) and os.access(path, os.W_OK)
        if not found.st_size:
            if read_only:
                raise StoreError(f"{name}: there is no store to read")
            if not writable:
                raise StoreError(f"{name} is read-only")
            return
    except OSError as error:
        raise StoreError(f"{name}: {error.strerror}") from error
    header = _read_header(path)
    if header is None:
        if interrupted and _is_half_created(path):
            return  # its creation was interrupted; SQLite rolls it back
        raise StoreError(f"{name} is not a store of ecsnet's: it is no SQLite file")
    application_id, user_version = header
    if application_id != APPLICATION_ID and (application_id or user_version or not _is_empty(path)):
        raise StoreError(f"{name} is not a store of ecsnet's: it belongs to another program")
    _refuse_other_format(name, user_version)
    if not read_only and not writable:
        raise StoreError(f"{name} is read-only")


def _read_header(path: Path) -> tuple[int, int] | None:
    """Returns the application_id and the user_version of a file, None if it is no SQLite file.

    SQLite reads them, because closing a file that was opened in any other way releases all locks of the process on it,
    those of its other stores too.
    """
    try:
        connection = _connect(path, "mode=ro&immutable=1")
        try:
            # While there is a log, the file may be an older state of the database. The header is valid even so.
            connection.execute("PRAGMA writable_schema = ON")
            return _number(connection, "PRAGMA application_id"), _number(connection, "PRAGMA user_version")
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_NOTADB:
            raise
        return None


def _is_half_created(path: Path) -> bool:
    """Returns whether a file is still blank and has a journal of SQLite's, which is creating a database in it."""
    try:
        with _beside(path, "-journal").open("rb") as journal, path.open("rb") as file:
            return journal.read(8) == _JOURNAL and not file.read(100).strip(b"\0")
    except OSError:
        return False


def _refuse_other_format(name: str, user_version: int) -> None:
    """Raises `StoreError` for a file of another format. One that is not laid out yet has the version 0."""
    if user_version != 0 and not WITHOUT_HASHES <= user_version <= FORMAT:
        age = "an older" if 0 < user_version < FORMAT else "a newer"
        raise StoreError(f"{name} was written by {age} ecsnet (format {user_version}; this one knows {FORMAT})")


def _refuse_as_part_of_another(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal"):
        name = path.name.removesuffix(suffix)
        if name not in ("", path.name) and (whole := path.with_name(name)).exists():
            raise StoreError(f"{shown(path)} is not a store of its own: it is a part of {shown(whole)}")


def _is_empty(path: Path) -> bool:
    """Returns whether a database is certainly empty. The check changes nothing."""
    logged = _size(_beside(path, "-wal")) > 0 and (_beside(path, "-shm").exists() or _may_create(path))
    try:
        connection = _connect(path, "mode=ro" if logged else "mode=ro&immutable=1")
        try:
            return _count_of_schema(connection) == 0
        finally:
            connection.close()
    except SQLITE_ERRORS:
        return False


def _count_of_schema(connection: sqlite3.Connection) -> int:
    return _number(connection, "SELECT count(*) FROM sqlite_master")


def _number(connection: sqlite3.Connection, query: str) -> int:
    value: int = connection.execute(query).fetchone()[0]
    return value


def _is_laid_out(path: Path, connection: sqlite3.Connection) -> bool:
    """Returns True if the database is a store, False if it is empty. Raises `StoreError` if it is neither."""
    connection.execute("BEGIN")  # a consistent read: another process may be laying it out
    try:
        return _has_schema(path, connection)
    finally:
        connection.execute("ROLLBACK")


def _has_schema(path: Path, connection: sqlite3.Connection) -> bool:
    name = shown(path)
    application_id = _number(connection, "PRAGMA application_id")
    user_version = _number(connection, "PRAGMA user_version")
    if application_id not in (0, APPLICATION_ID):
        raise StoreError(f"{name} is not a store of ecsnet's: it belongs to another program")
    _refuse_other_format(name, user_version)
    if not _count_of_schema(connection):
        return False
    if application_id != APPLICATION_ID:
        raise StoreError(f"{name} is not a store of ecsnet's: it belongs to another program")
    for table in ("events", *(TABLES if user_version == FORMAT else FORMER_TABLES)):
        if not _number(connection, f"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{table}'"):
            raise StoreError(f"{name} is damaged: there is no table of {table.replace('_', ' ')} in it")
    return True


def _lay_out(path: Path, connection: sqlite3.Connection) -> None:
    """Creates the schema, unless another process has done so meanwhile.

    It is one transaction, so a process that is killed in it leaves an empty file.
    """
    connection.execute("BEGIN EXCLUSIVE")
    try:
        if not _has_schema(path, connection):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _convert(connection: sqlite3.Connection) -> None:
    """Converts a file of a former format, unless another process has done so meanwhile.

    It is one transaction, so a process that is killed in it leaves the file as it was.
    """
    connection.execute("BEGIN EXCLUSIVE")
    try:
        former = _number(connection, "PRAGMA user_version")
        if former == WITHOUT_HASHES:
            _add_hashes(connection)
        if former < FORMAT:
            take_over(connection)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _add_hashes(connection: sqlite3.Connection) -> None:
    """Gives the last event of each stream a hash, which covers those before it."""
    ends: dict[str, str] = {}
    last: dict[str, int] = {}
    for *row, end in hashed(connection.execute(f"SELECT {COLUMNS} FROM events ORDER BY position"), ends):
        last[row[1]], ends[row[1]] = row[0], end
    connection.execute("ALTER TABLE events ADD COLUMN hash TEXT")
    connection.execute("DROP TRIGGER IF EXISTS events_are_never_changed")
    rows = [(ends[stream], position) for stream, position in last.items()]
    connection.executemany("UPDATE events SET hash = ? WHERE position = ?", rows)
    connection.execute(_NEVER_CHANGED)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switches the file to WAL mode.

    While another process switches it, SQLite fails at once, whatever the timeout. Beginning a transaction waits for
    that process.
    """
    for _ in range(100):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")
