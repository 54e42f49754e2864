"""What is stored: the event classes, their envelope, and the stores that keep them."""

from ecsnet.events import account, classic, eip, imported, instance, network_interface, public_address, shared, vpc
from ecsnet.events.base import Event, NewEvent, RecordedEvent
from ecsnet.events.codec import EVENT_TYPES
from ecsnet.events.store import EventStore, MemoryStore

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
    "shared",
    "vpc",
]
