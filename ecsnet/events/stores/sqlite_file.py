"""The file of a `SqliteStore`: which one it is, whose it is, and how it is opened.

Whose file it is, is said by ``application_id``, once SQLite has put the file in order: after a kill in the midst of its
creation the header alone may say anything. What is certainly another program's is refused by a look at the bytes, so
that it is left exactly as it was.

Database, log (``-wal``) and index of the log (``-shm``) are one: without its log a database is a shorter history.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote_from_bytes

from ecsnet.errors import StoreError

APPLICATION_ID: Final = 0x6563736E  # "ecsn"
FORMAT: Final = 2
"""The version of the file's layout, kept in SQLite's user_version. (Events have schema versions of their own.)

Format 1, which no release wrote, had no causes and no index of resources. Its files are refused."""

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
    UNIQUE (stream, version)
)""",
    """
CREATE TABLE resource_events (
    resource_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (resource_id, position)
) WITHOUT ROWID""",
    """
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
)
_JOURNAL: Final = bytes.fromhex("d9d505f920a163d7")  # how a journal of SQLite's begins
_PATIENCE: Final = 60.0  # seconds, for other processes that lay out the same file


class Stamp(NamedTuple):
    """What tells a file from another one that stands in its place, and one state of it from another."""

    device: int
    inode: int
    modified: int
    size: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Returns the stamp of the file that a path leads to. Raises OSError."""
        found = os.stat(path)
        return cls(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def resolved(path: str | os.PathLike[str]) -> Path:
    """Returns the path from the root, without links. Raises `StoreError` for one that cannot be a file's.

    SQLite follows links too, and keeps the log beside the file that they lead to.
    """
    try:
        given = os.fsdecode(path)
        if not given or b"\0" in os.fsencode(given):
            raise StoreError(f"{path!r} is no path: {'there is a NUL in it' if given else 'it is empty'}")
        return Path(os.path.realpath(given))
    except (ValueError, TypeError, OSError) as error:
        raise StoreError(f"{path!r} is no path: {error}") from error


def shown(path: Path) -> str:
    """Returns a path as text that can be printed, whatever its bytes are."""
    return os.fsencode(path).decode(errors="backslashreplace")


def open_to_write(path: Path) -> sqlite3.Connection:
    """Returns a connection to a store, which is created if it is missing. Raises `StoreError`, `sqlite3.Error`."""
    _refuse_by_header(path, read_only=False)
    connection = _connect(path, "mode=rwc")
    try:
        if not _is_laid_out(path, connection):
            _lay_out(path, connection)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> tuple[sqlite3.Connection, Stamp | None]:
    """Returns a connection that only reads, and creates nothing beside the file that its owner could not use.

    Where SQLite cannot have its log, the file is read as one that does not change: the stamp tells if it did. Raises
    `StoreError`, `sqlite3.Error`.
    """
    for _ in range(20):  # the files beside it come and go with other processes
        _refuse_by_header(path, read_only=True)
        logged = has_log(path)
        stamp = Stamp.of(path) if logged else _lasting_stamp(path)
        if logged and not _beside(path, "-shm").exists() and not _may_create(path):
            raise StoreError(f"{shown(path)}: its log can be read only by its owner, who may write to the folder")
        connection = _connect(path, "mode=ro" if logged else "mode=ro&immutable=1")
        try:
            if not _is_laid_out(path, connection):
                raise StoreError(f"{shown(path)}: there is no store to read")
        except (sqlite3.Error, StoreError):
            connection.close()
            if logged == has_log(path) and Stamp.of(path) == stamp:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            if logged and not _took_back_what_it_created(path, connection):
                return connection, None
            if not logged and not has_log(path) and Stamp.of(path) == stamp:
                return connection, stamp
            connection.close()
    raise StoreError(f"{shown(path)}: it is opened and closed too often to be read")


def _lasting_stamp(path: Path) -> Stamp:
    """Returns a stamp that whoever writes from now on changes. The clock of a file system goes in steps, and what is
    written within one step looks the same: so the step in which the last change was is let go by."""
    while True:
        stamp = Stamp.of(path)
        step = 2_000_000_000 if stamp.modified % 1_000_000_000 == 0 else 20_000_000
        left = stamp.modified + step - time.time_ns()
        if not 0 <= left <= step:
            return stamp
        time.sleep(left / 1e9)


def has_log(path: Path) -> bool:
    """Whether there is a log beside the file which may have what the file has not, or a journal to take it back."""
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
    """Whether what SQLite would create beside the file is of use to its owner too. Root's is given to the owner."""
    is_owners = not hasattr(os, "geteuid") or os.geteuid() in (0, path.stat().st_uid)
    return is_owners and os.access(path.parent, os.W_OK)


def _took_back_what_it_created(path: Path, connection: sqlite3.Connection) -> bool:
    """Whether SQLite created a log for who only reads: the one that was there went with its last writer. If it is not
    the owner's, it would lock him out. (Of who may write, a log may be that of a writer.)"""
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
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )


def _refuse_by_header(path: Path, read_only: bool) -> None:
    """Raises `StoreError` for what is certainly no store that can be opened, without opening it as a database."""
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
    told = _told_by_header(path)
    if told is None:
        if interrupted and _is_cut_off(path):
            return  # its creation was cut off; SQLite takes it back
        raise StoreError(f"{name} is not a store of ecsnet's: it is no SQLite file")
    application_id, user_version = told
    if application_id != APPLICATION_ID and (application_id or user_version or not _is_empty(path)):
        raise StoreError(f"{name} is not a store of ecsnet's: it belongs to another program")
    _refuse_other_format(name, user_version)
    if not read_only and not writable:
        raise StoreError(f"{name} is read-only")


def _told_by_header(path: Path) -> tuple[int, int] | None:
    """The application_id and the user_version in a file, None for one that is no SQLite file.

    It is SQLite that reads them. To close a file that was opened in any other way takes all locks from the process: of
    its other stores on this file, too.
    """
    try:
        connection = _connect(path, "mode=ro&immutable=1")
        try:
            # While there is a log, the file alone may be an old half of the database. For the header that will do.
            connection.execute("PRAGMA writable_schema = ON")
            return _number(connection, "PRAGMA application_id"), _number(connection, "PRAGMA user_version")
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_NOTADB:
            raise
        return None


def _is_cut_off(path: Path) -> bool:
    """Whether nothing but a journal of SQLite's says that a file was to become a database."""
    try:
        with _beside(path, "-journal").open("rb") as journal, path.open("rb") as file:
            return journal.read(8) == _JOURNAL and not file.read(100).strip(b"\0")
    except OSError:
        return False


def _refuse_other_format(name: str, user_version: int) -> None:
    """Raises `StoreError` for a file of another format. One that is not laid out yet has the version 0."""
    if user_version not in (0, FORMAT):
        age = "an older" if 0 < user_version < FORMAT else "a newer"
        raise StoreError(f"{name} was written by {age} ecsnet (format {user_version}; this one knows {FORMAT})")


def _refuse_as_part_of_another(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal"):
        name = path.name.removesuffix(suffix)
        if name not in ("", path.name) and (whole := path.with_name(name)).exists():
            raise StoreError(f"{shown(path)} is not a store of its own: it is a part of {shown(whole)}")


def _is_empty(path: Path) -> bool:
    """Whether there is nothing in a database, as far as can be told without changing anything of it."""
    logged = _size(_beside(path, "-wal")) > 0 and (_beside(path, "-shm").exists() or _may_create(path))
    try:
        connection = _connect(path, "mode=ro" if logged else "mode=ro&immutable=1")
        try:
            return _count_of_schema(connection) == 0
        finally:
            connection.close()
    except sqlite3.Error:
        return False


def _count_of_schema(connection: sqlite3.Connection) -> int:
    return _number(connection, "SELECT count(*) FROM sqlite_master")


def _number(connection: sqlite3.Connection, query: str) -> int:
    value: int = connection.execute(query).fetchone()[0]
    return value


def _is_laid_out(path: Path, connection: sqlite3.Connection) -> bool:
    """Whether the database is a store; False if there is nothing in it yet. Raises `StoreError` if it is neither."""
    connection.execute("BEGIN")  # one look: another process may lay it out at this moment
    try:
        return _judged(path, connection)
    finally:
        connection.execute("ROLLBACK")


def _judged(path: Path, connection: sqlite3.Connection) -> bool:
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
    for table in ("events", "resource_events"):
        if not _number(connection, f"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{table}'"):
            raise StoreError(f"{name} is damaged: there is no table of {table.replace('_', ' ')} in it")
    return True


def _lay_out(path: Path, connection: sqlite3.Connection) -> None:
    """One transaction: a process that is killed in it leaves an empty file. Others may do the same at this moment."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        if not _judged(path, connection):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


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
