"""`Event`, the base of what is stored, and `RecordedEvent`, the envelope it is stored in.

Class names and field names of events are storage format: they are never changed. A changed event gets a higher
``SCHEMA`` and an upcaster in `ecsnet.events.stores.codec`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time in an event. A stored one without a timezone cannot be read: it could not be compared with any other."""


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Something that happened, with all its results in it: replaying it draws nothing and decides nothing."""

    SCHEMA: ClassVar[int] = 1

    def names(self, resource_id: str) -> bool:
        """Whether the event concerns a resource: any of its fields is, or lists, the id."""
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if value == resource_id or (type(value) is tuple and resource_id in value):
                return True
        return False


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event on its way to the end of a stream; the store adds version and position."""

    stream: str
    event: Event
    recorded_at: datetime
    account_id: str
    command_id: str


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event where it stands in the history.

    ``position`` counts from 1 over the whole store, ``version`` from 1 within its ``stream``, both without gaps. A
    stream is a region (``cn-hangzhou``), an account (``account/1234567890123456``) or a block of addresses that regions
    share (``addresses/public/21``). Events of one command share its ``command_id``. ``recorded_at`` is aware UTC.
    """

    position: int
    stream: str
    version: int
    event: Event
    recorded_at: datetime
    account_id: str
    command_id: str

    @property
    def type(self) -> str:
        """The event's stored type name."""
        return type(self.event).__name__

    @property
    def schema_version(self) -> int:
        """The version of the event's shape, as this library writes it."""
        return self.event.SCHEMA
