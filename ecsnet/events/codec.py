"""Between events and the JSON they are stored as.

Stored events are for ever. The name of an event's class, its fields and its ``SCHEMA`` are what the payload was written
with; a payload of an older schema goes through `UPCASTERS` until it has the shape of today.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from ecsnet.events import EVENT_TYPES
from ecsnet.events.base import Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, schema version) → what makes a payload of the next schema version of it."""


class UnreadableEvent(Exception):
    """The type is unknown, the schema is newer than this library, or the payload does not have its shape."""


encoder = msgspec.json.Encoder()


def encode(event: Event) -> str:
    """The event's payload."""
    return encoder.encode(event).decode()


@cache
def _decoder(type_name: str) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(EVENT_TYPES[type_name])


def decode(type_name: str, schema_version: int, payload: str) -> Event:
    """The event of a payload. Raises `UnreadableEvent`."""
    event_type = EVENT_TYPES.get(type_name)
    if event_type is None:
        raise UnreadableEvent(f"unknown event type {type_name!r}")
    try:
        if schema_version == event_type.SCHEMA:
            return _decoder(type_name).decode(payload)
        return msgspec.convert(_upcast(type_name, schema_version, event_type.SCHEMA, payload), event_type)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise UnreadableEvent(f"{type_name} cannot be read: {error}") from error


def _upcast(type_name: str, version: int, target: int, payload: str) -> dict[str, Any]:
    if not 1 <= version <= target:
        raise UnreadableEvent(f"{type_name} has schema version {version}, and this library knows 1 to {target}")
    fields = msgspec.json.decode(payload, type=dict[str, Any])
    while version < target:
        fields = UPCASTERS[type_name, version](fields)
        version += 1
    return fields
