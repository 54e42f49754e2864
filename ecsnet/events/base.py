"""`Event`, the base class of stored events, and `RecordedEvent`, the envelope that they are stored in.

Class names and field names of events are storage format: they are never changed. A changed event gets a higher
``SCHEMA`` and an upcaster in `ecsnet.events.stores.codec`.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, ClassVar, Final

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time in an event. A stored one without a timezone cannot be read: it could not be compared with any other."""


TagPairs = tuple[tuple[str, str], ...]
"""The tags of a resource in an event: keys with their values, in the order of the keys."""


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Something that happened, with all its results: replaying it allocates nothing and decides nothing."""

    SCHEMA: ClassVar[int] = 1

    def named_resources(self) -> tuple[str, ...]:
        """Returns the ids of the resources that the event names, each once."""
        ids: dict[str, None] = {}
        for field in _id_fields(type(self)):
            value = getattr(self, field)
            if type(value) in (tuple, list):
                ids.update(dict.fromkeys(value))
            elif value is not None:
                ids[value] = None
        return tuple(ids)

    def names(self, resource_id: str) -> bool:
        """Returns whether the event names a resource by its id."""
        return resource_id in self.named_resources()


_OTHER_IDS: Final = frozenset({"image_id", "region_id", "region_ids", "zone_id"})
"""Fields with ids of what is no resource of an account's."""


@cache
def _id_fields(event_type: type[Event]) -> tuple[str, ...]:
    fields = event_type.__struct_fields__
    return tuple([name for name in fields if name.endswith(("_id", "_ids")) and name not in _OTHER_IDS])


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event on its way to the end of a stream; the store adds version and position.

    ``caused_by`` and ``settles`` are those of `RecordedEvent`. ``follows`` stands for a cause that has no position yet:
    how many places behind the event its cause is in the same append (-1: right before it).
    """

    stream: str
    event: Event
    recorded_at: datetime
    account_id: str
    command_id: str
    caused_by: int | None = None
    settles: str | None = None
    follows: int | None = None


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event at its place in the history.

    ``position`` counts from 1 over the whole store, ``version`` from 1 within its ``stream``, both without gaps. A
    stream is a region (``cn-hangzhou``), an account (``account/1234567890123456``) or a block of addresses that regions
    share (``addresses/public/21``). Events that are recorded together share a ``command_id``. ``recorded_at`` is aware
    UTC.

    ``caused_by`` is the position of the event that this one follows from, None for what a command asked for.
    ``settles`` is the id of the resource whose transition was due and is completed by the event, None for all others:
    its cause is then the event that began the transition. Any other cause is an event of the same command: an ENI that
    is released with its instance is caused by the release.
    """

    position: int
    stream: str
    version: int
    event: Event
    recorded_at: datetime
    account_id: str
    command_id: str
    caused_by: int | None = None
    settles: str | None = None

    @property
    def type(self) -> str:
        """The event's stored type name."""
        return type(self.event).__name__

    @property
    def schema_version(self) -> int:
        """The version of the event's shape, as this library writes it."""
        return self.event.SCHEMA
