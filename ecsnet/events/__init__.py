"""Events: their classes, their envelope, and the stores that keep them."""

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
from ecsnet.events.base import Event, NewEvent, RecordedEvent
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.codec import EVENT_TYPES
from ecsnet.events.stores.memory import MemoryStore

__all__ = [
    "EVENT_TYPES",
    "Event",
    "EventStore",
    "MemoryStore",
    "NewEvent",
    "RecordedEvent",
    "account",
    "classic_link",
    "eip",
    "imports",
    "instance",
    "network_interface",
    "public_ip",
    "security_group",
    "tags",
    "vpc",
]
