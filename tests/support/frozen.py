"""Histories with every event of every schema, as each engine stores them: rows that can be read, and not be folded.

`python -m tests.support.frozen` adds events and schemas that are new to the fixtures. What is there stays as it is.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from ecsnet.events import StoredEvent
from ecsnet.events.stores.exchange import export_history
from ecsnet.events.stores.hashes import HashChain
from ecsnet.events.stores.postgres import PostgresStore
from ecsnet.events.stores.postgres_schema import FORMAT as POSTGRES_FORMAT
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.events.stores.sqlite_file import FORMAT as SQLITE_FORMAT
from tests.support import postgres

FIXTURES: Final = Path(__file__).parents[1] / "fixtures"
EVENTS: Final = Path(__file__).parents[1] / "events"
LINES: Final = FIXTURES / "every_event.jsonl"
"""The history as `export_history` writes it."""
FILES: Final = sorted(FIXTURES.glob("every_event_format_*.db"))
"""The history as a file, one of each format that a version wrote."""
DUMPS: Final = sorted(FIXTURES.glob("every_event_postgres_format_*.sql"))
"""The history as a dump of a schema, one of each format that a version wrote."""
WRITTEN: Final = (
    FIXTURES / f"every_event_format_{SQLITE_FORMAT}.db",
    FIXTURES / f"every_event_postgres_format_{POSTGRES_FORMAT}.sql",
)
"""The file and the dump of the formats that this version writes."""
SCHEMA: Final = "every_event"
"""The schema that the dump of the database creates."""


def frozen() -> list[tuple[str, int, str]]:
    """Returns type, schema version and payload of every frozen event."""
    lines = (EVENTS / "frozen_events.jsonl").read_text("utf-8").splitlines()
    return [(name, int(version), payload) for name, version, payload in (line.split("\t") for line in lines)]


def examples() -> list[str]:
    """Returns the frozen events of older schemas as lines for `check_upcasters`, each with the event of today."""
    from ecsnet.events import EVENT_TYPES

    lines = []
    for line in (EVENTS / "upcast_events.jsonl").read_text("utf-8").splitlines():
        name, version, payload, today = line.split("\t")
        read_as = {"schema_version": EVENT_TYPES[name].SCHEMA, "payload": today}
        stored = {"schema_version": int(version), "payload": payload}
        lines.append(json.dumps({"type": name, "stored": stored, "read_as": read_as}))
    return lines


def rows() -> list[StoredEvent]:
    """Returns the rows of the fixtures, with those of events that they lack behind them."""
    chain, found = HashChain(), list[StoredEvent]()
    kept = [json.loads(line) for line in LINES.read_text("utf-8").splitlines()[:-1]] if LINES.exists() else []
    known = [(one["type"], one["schema_version"], one["payload"]) for one in kept]
    for name, version, payload in [*known, *[one for one in frozen() if one not in known]]:
        stream = "cn-hangzhou" if len(found) % 2 else "account/1"
        place = (len(found) + 1, stream, chain.ends.get(stream, (0, ""))[0] + 1)
        row = StoredEvent(*place, name, version, payload, "2019-03-11T08:00:00Z", "1", f"c-{len(found)}", None, None)
        chain.add(row)
        found.append(msgspec.structs.replace(row, hash=chain.ends[stream][1]))
    return found


def load_dump(dump: Path, address: str) -> str:
    """Executes a dump in a database, and returns the address of its schema there."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.execute(dump.read_text("utf-8"))  # type: ignore[call-overload]  # a text of our own, not a literal
    return f"{address}{'&' if '?' in address else '?'}schema={SCHEMA}"


def write() -> None:
    """Writes the fixtures of the formats that this version writes."""
    wanted = rows()
    with tempfile.TemporaryDirectory() as folder, postgres.server() as server:
        file = Path(folder) / "network.db"
        store: Any = SqliteStore(file)
        store.restore(wanted)
        LINES.write_bytes(b"".join(export_history(store)))
        store.close()
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        WRITTEN[0].write_bytes(file.read_bytes())
        address = f"{server.address}?schema={SCHEMA}"
        store = PostgresStore(address)
        store.restore(wanted)
        store.close()
        dump = [server.programs / "pg_dump", "--inserts", "--no-owner", "-n", SCHEMA, "-d", server.address]
        text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
        WRITTEN[1].write_text(
            "\n".join(line for line in text.splitlines() if not line.startswith(("\\", "--", "SET "))) + "\n"
        )


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{LINES.name}, {', '.join(path.name for path in WRITTEN)}\n")
