"""Finds the engine of an address, and loads it only then."""

from __future__ import annotations

from typing import Final

from ecsnet.errors import StoreError
from ecsnet.events.stores.addresses import shown_address
from ecsnet.events.stores.base import EventStore

POSTGRES: Final = ("postgresql://", "postgres://")
NATS: Final = ("nats://", "tls://")


def open_address(address: str, *, read_only: bool = False) -> EventStore:
    """Returns the store at an address. Raises `StoreError` if there is none, or it cannot be used."""
    if address.startswith(NATS):
        try:
            from ecsnet.events.stores.jetstream import JetStreamStore  # nats-py is loaded only by those who use it
        except ImportError as error:
            raise StoreError("NATS needs the extra nats: pip install 'ecsnet[nats]'") from error
        return JetStreamStore(address, read_only=read_only)
    if not address.startswith(POSTGRES):
        known = "the path of a SQLite file, postgresql://…, nats://…, or an EventStore"
        raise StoreError(f"{shown_address(address)}: no store for such an address; give {known}")
    try:
        from ecsnet.events.stores.postgres import PostgresStore  # psycopg is loaded only by those who use it
    except ImportError as error:
        raise StoreError("PostgreSQL needs the extra postgres: pip install 'ecsnet[postgres]'") from error
    return PostgresStore(address, read_only=read_only)
