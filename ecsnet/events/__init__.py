"""What is stored: the event classes, their envelope, and the stores that keep them."""

from collections.abc import Iterator

from ecsnet.events import account, classic, eip, imported, instance, network_interface, public_address, vpc
from ecsnet.events.base import Event, NewEvent, RecordedEvent
from ecsnet.events.store import EventStore, MemoryStore


def _leaves(event_type: type[Event]) -> Iterator[type[Event]]:
    subclasses = event_type.__subclasses__()
    for subclass in subclasses:
        yield from _leaves(subclass)
    if not subclasses:
        yield event_type


EVENT_TYPES: dict[str, type[Event]] = {event_type.__name__: event_type for event_type in _leaves(Event)}
"""Every stored type by its name."""

__all__ = [
    "EVENT_TYPES",
    "Event",
    "EventStore",
    "MemoryStore",
    "NewEvent",
    "RecordedEvent",
    "account",
    "classic",
    "eip",
    "imported",
    "instance",
    "network_interface",
    "public_address",
    "vpc",
]
