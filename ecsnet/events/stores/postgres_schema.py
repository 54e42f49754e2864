"""The tables and the function of a `PostgresStore`, in a schema of their own, and their creation.

``append`` does in one round trip what an append is. It takes a lock of the schema first, and keeps it until its
transaction has ended: so positions are given in the order of the commits and without gaps, and a reader that has seen a
position misses no smaller one. (With serial ids a reader misses the events of a transaction that began first and ends
last.) Each statement of the function sees what was committed before it began, and so what was appended before the lock
was free.

An append of one event is tried with `APPEND_ONE` first, a single statement that takes a third of the time. It appends
if the lock is free, and nothing otherwise. It sees what was committed before it took the lock: should another append
have been committed in between, its position is taken, and nothing is appended either. Then the function is called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ecsnet.errors import StoreError

if TYPE_CHECKING:
    import psycopg

FORMAT: Final = 1
"""The version of the layout, kept in the table ``layout``."""
SCHEMA_NAME: Final = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,47}")

_TABLES: Final = """
CREATE TABLE {schema}.events (
    position bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    schema_version integer NOT NULL,
    payload text NOT NULL,
    recorded_at text NOT NULL,
    account_id text NOT NULL,
    command_id text NOT NULL,
    caused_by bigint,
    settles text,
    hash text NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE {schema}.resource_events (
    resource_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (resource_id, position)
);
CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or deleted';
END $$;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.events
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse();
CREATE TRIGGER resource_events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.resource_events
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse();
CREATE FUNCTION {schema}.append(
    expected_streams text[], expected_versions bigint[],
    streams text[], types text[], schema_versions integer[], payloads text[], moments text[], account_ids text[],
    command_ids text[], causes bigint[], follows integer[], settled text[], contents text[],
    named_ids text[], named_places integer[]
) RETURNS TABLE (first_position bigint, conflict text, actual bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    before bigint;
    found_version bigint;
    found_hash text;
    ends bigint[] := expected_versions;
    end_hashes text[] := '{{}}';
    versions bigint[] := '{{}}';
    all_causes bigint[] := '{{}}';
    hashes text[] := '{{}}';
    n integer;
BEGIN
    {lock};
    SELECT coalesce(max(e.position), 0) INTO before FROM {schema}.events e;
    FOR i IN 1 .. cardinality(expected_streams) LOOP
        SELECT e.version, e.hash INTO found_version, found_hash FROM {schema}.events e
            WHERE e.stream = expected_streams[i] ORDER BY e.version DESC LIMIT 1;
        IF coalesce(found_version, 0) <> expected_versions[i] THEN
            first_position := NULL;
            conflict := expected_streams[i];
            actual := coalesce(found_version, 0);
            RETURN NEXT;
            RETURN;
        END IF;
        end_hashes[i] := coalesce(found_hash, '');
    END LOOP;
    FOR i IN 1 .. cardinality(streams) LOOP
        n := array_position(expected_streams, streams[i]);
        ends[n] := ends[n] + 1;
        versions[i] := ends[n];
        all_causes[i] := coalesce(before + i + follows[i], causes[i]);
        end_hashes[n] := encode(sha256(convert_to(
            end_hashes[n] || ':' || (before + i) || ':' || versions[i] || ':' || coalesce(all_causes[i]::text, '')
            || ':' || contents[i], 'UTF8')), 'hex');
        hashes[i] := end_hashes[n];
    END LOOP;
    INSERT INTO {schema}.events
        SELECT before + e.place, e.c1, e.c2, e.c3, e.c4, e.c5, e.c6, e.c7, e.c8, e.c9, e.c10, e.c11
        FROM unnest(streams, versions, types, schema_versions, payloads, moments, account_ids, command_ids, all_causes,
            settled, hashes) WITH ORDINALITY AS e(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, place);
    INSERT INTO {schema}.resource_events
        SELECT n.id, before + n.place FROM unnest(named_ids, named_places) n(id, place);
    IF cardinality(streams) > 0 THEN
        PERFORM pg_notify('{channel}', (before + cardinality(streams))::text);
    END IF;
    first_position := before + 1;
    RETURN NEXT;
END $$;
CREATE TABLE {schema}.layout (format integer NOT NULL);
INSERT INTO {schema}.layout VALUES ({format});
"""
_SNAPSHOTS: Final = """
CREATE TABLE IF NOT EXISTS {schema}.snapshots (
    position bigint NOT NULL,
    kind text NOT NULL,
    latest bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (position, kind)
)"""
LOCK: Final = 0x6563736E  # "ecsn", the class of ecsnet's advisory locks
APPEND: Final = (
    "SELECT * FROM {schema}.append(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::integer[], %s::text[], "
    "%s::text[], %s::text[], %s::text[], %s::bigint[], %s::integer[], %s::text[], %s::text[], %s::text[], "
    "%s::integer[])"
)

APPEND_ONE: Final = """
WITH locked AS MATERIALIZED (SELECT pg_try_advisory_xact_lock({lock}, hashtext('{schema}')) AS is_free),
place AS MATERIALIZED (
    SELECT coalesce((SELECT e.position FROM {schema}.events e ORDER BY e.position DESC LIMIT 1), 0) + 1 AS position
    FROM locked WHERE is_free
),
previous AS MATERIALIZED (
    SELECT e.hash FROM {schema}.events e
    WHERE e.stream = %(stream)s::text AND e.version = %(version)s::bigint - 1
),
appended AS (
    INSERT INTO {schema}.events
    SELECT position, %(stream)s::text, %(version)s::bigint, %(type)s::text, %(schema_version)s::integer,
        %(payload)s::text, %(moment)s::text, %(account_id)s::text, %(command_id)s::text, %(cause)s::bigint,
        %(settled)s::text, encode(sha256(convert_to(
            coalesce((SELECT hash FROM previous), '') || ':' || position || ':' || %(version)s::bigint || ':'
            || coalesce(%(cause)s::bigint::text, '') || ':' || %(content)s::text, 'UTF8')), 'hex')
    FROM place WHERE %(version)s::bigint = 1 OR EXISTS (SELECT FROM previous)
    ON CONFLICT DO NOTHING RETURNING position
),
named AS (
    INSERT INTO {schema}.resource_events SELECT id, position FROM appended, unnest(%(named)s::text[]) id
)
SELECT position, pg_notify('{channel}', position::text) FROM appended"""


def lock(verb: str, schema: str) -> str:
    """Returns the statement that takes the lock of all who append to a schema, until their transaction ends."""
    return f"{verb} pg_advisory_xact_lock({LOCK}, hashtext('{schema}'))"


def channel(schema: str) -> str:
    """Returns the name under which appends to a schema are notified."""
    return f"ecsnet_{schema}"


def prepare(connection: psycopg.Connection[Any], schema: str, name: str, *, read_only: bool) -> None:
    """Creates the tables, unless they are there. Any number of processes may do so at once.

    Raises `StoreError` for a schema that another program or a newer ecsnet made, and for one that is not there if it is
    ``read_only``; it is then unchanged.
    """
    if _is_laid_out(connection, schema, name):
        return
    if read_only:
        raise StoreError(f"{name}: there is no store to read in schema {schema}")
    with connection.transaction():
        # `IF NOT EXISTS` of two processes at once may fail.
        connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, f"create {schema}"))
        if not _is_laid_out(connection, schema, name):
            if connection.execute("SELECT to_regnamespace(%s)", (schema,)).fetchone() == (None,):
                connection.execute(f"CREATE SCHEMA {schema}")
            tables = _TABLES.format(schema=schema, lock=lock("PERFORM", schema), channel=channel(schema), format=FORMAT)
            connection.execute(tables)


def prepare_snapshots(connection: psycopg.Connection[Any], schema: str) -> None:
    """Creates the table of the snapshots, unless it is there: the layout has none, as the events alone are the history,
    and a library that knows nothing of snapshots passes them over."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, f"create {schema}"))
        connection.execute(_SNAPSHOTS.format(schema=schema))


def has_snapshots(connection: psycopg.Connection[Any], schema: str) -> bool:
    """Returns whether there is a table of snapshots."""
    (name,) = connection.execute("SELECT to_regclass(%s)::text", (f"{schema}.snapshots",)).fetchone() or (None,)
    return name is not None


def _is_laid_out(connection: psycopg.Connection[Any], schema: str, name: str) -> bool:
    query = (
        "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s"
    )
    names = {row[0] for row in connection.execute(query, (schema,))}
    if not names:
        return False
    if not {"layout", "events", "resource_events"} <= names:
        raise StoreError(f"{name}: schema {schema} is not a store of ecsnet's: it belongs to another program")
    (found,) = connection.execute(f"SELECT format FROM {schema}.layout").fetchone() or (None,)
    if found != FORMAT:
        raise StoreError(f"{name}: schema {schema} has format {found}; this ecsnet knows {FORMAT}")
    return True
