"""Encodes events as JSON payloads and decodes them.

Stored events never change. A payload is stored with the name of the event's class and its ``SCHEMA``; a payload of an
older schema is converted by upcasters until it has the current schema.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import attrs
import msgspec

from ecsnet.errors import StoreError
from ecsnet.events import (
    account,
    classic_link,
    eip,
    imports,
    instance,
    network_interface,
    public_ip,
    security_group,
    tags,
    vpc,
)
from ecsnet.events.base import Event, NewEvent
from ecsnet.events.stores.upcasters import UPCASTERS
from ecsnet.values import InstanceType

SUBJECTS = (account, vpc, security_group, instance, network_interface, public_ip, eip, classic_link, tags, imports)
EVENT_TYPES: dict[str, type[Event]] = {
    name: event_type
    for subject in SUBJECTS
    for name, event_type in vars(subject).items()
    if isinstance(event_type, type) and issubclass(event_type, Event) and not event_type.__subclasses__()
}
"""Every concrete event class by its name."""


class UnreadableEvent(Exception):
    """The type is unknown, the schema is newer than this library, or the payload does not fit its schema."""


Decode = Callable[[str], Event]
_encode = msgspec.json.Encoder().encode
_Stored: type[msgspec.Struct] = msgspec.defstruct("_Stored", attrs.fields_dict(InstanceType))
"""An `InstanceType` as it is stored; of an attrs class with slots, msgspec writes the fields in alphabetical order."""


class _Decoders(dict[tuple[str, int], Decode]):
    """The decoders of payloads by type and schema version, created on first use."""

    def __missing__(self, key: tuple[str, int]) -> Decode:
        type_name, version = key
        event_type = EVENT_TYPES.get(type_name)
        if event_type is None:
            raise UnreadableEvent(f"unknown event type {type_name!r}")
        current = event_type.SCHEMA
        if version not in range(1, current + 1):
            raise UnreadableEvent(f"{type_name} has schema version {version}, and this library knows 1 to {current}")
        if version == current:
            self[key] = msgspec.json.Decoder(event_type).decode
        else:
            self[key] = lambda payload: msgspec.convert(_upcast(type_name, version, current, payload), event_type)
        return self[key]


DECODERS = _Decoders()
CANNOT_READ = (UnreadableEvent, msgspec.MsgspecError, LookupError, TypeError, ValueError, OverflowError, RecursionError)
"""The errors that looking up or calling a decoder raises for an event that cannot be read; a LookupError is that of an
upcaster which misses a field."""


def encode(event: Event) -> str:
    """Returns the event's payload."""
    instance_type = getattr(event, "instance_type", None)
    if type(instance_type) is InstanceType:
        event = msgspec.structs.replace(event, instance_type=_Stored(**attrs.asdict(instance_type)))
    return _encode(event).decode()


def check(new: NewEvent) -> None:
    """Raises `StoreError` for an event that cannot be stored: one with a lone surrogate in a text, a number that is too
    large, a value without a JSON form, or a time without a timezone."""
    try:
        stream, account_id, command_id = new.stream, new.account_id, new.command_id
        if (
            new.caused_by is None
            and new.settles is None
            and new.follows is None
            and new.recorded_at.tzinfo is UTC
            and type(stream) is str
            and type(account_id) is str
            and type(command_id) is str
            and (stream + account_id + command_id).isascii()
        ):
            _encode(new.event)  # as nearly always, nothing else is there that could not be encoded
            return
        _encode(new)
    except CANNOT_WRITE as error:
        raise cannot_be_stored(new.event, error) from error
    check_envelope(new)


def check_envelope(new: NewEvent) -> None:
    """Raises `StoreError` for an event that cannot be stored by reason of its stream, account, command or time."""
    try:
        if not type(new.stream) is type(new.account_id) is type(new.command_id) is str:
            raise TypeError(f"stream, account and command are texts, not {new!r}")
        if new.recorded_at.tzinfo is None:
            raise ValueError(f"{new.recorded_at!r} has no timezone")
    except CANNOT_WRITE as error:
        raise cannot_be_stored(new.event, error) from error


def cannot_be_stored(event: Event, error: Exception) -> StoreError:
    """Returns the error for an event that cannot be encoded."""
    return StoreError(f"{type(event).__name__} cannot be stored: {error}")


CANNOT_WRITE = (msgspec.MsgspecError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""The errors that encoding raises for an event that cannot be stored."""


def decode(type_name: str, schema_version: int, payload: str) -> Event:
    """Returns the event of a payload. Raises `UnreadableEvent`."""
    try:
        return DECODERS[type_name, schema_version](payload)
    except CANNOT_READ as error:
        raise UnreadableEvent(f"{type_name} cannot be read: {error}") from error


def _upcast(type_name: str, version: int, target: int, payload: str) -> dict[str, Any]:
    fields = msgspec.json.decode(payload, type=dict[str, Any])
    while version < target:
        fields = UPCASTERS[type_name, version](fields)
        version += 1
    return fields
