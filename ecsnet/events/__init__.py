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
from ecsnet.events.stores.exchange import export_history, import_history
from ecsnet.events.stores.hashes import HistoryFault, Verification
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.events.stores.rows import StoredEvent
from ecsnet.events.stores.snapshots import KeepsSnapshots, Snapshot
from ecsnet.events.stores.subscriptions import Subscription, subscribe

__all__ = [
    "EVENT_TYPES",
    "Event",
    "EventStore",
    "HistoryFault",
    "KeepsSnapshots",
    "MemoryStore",
    "NewEvent",
    "RecordedEvent",
    "Snapshot",
    "StoredEvent",
    "Subscription",
    "Verification",
    "account",
    "classic_link",
    "eip",
    "export_history",
    "import_history",
    "imports",
    "instance",
    "network_interface",
    "public_ip",
    "security_group",
    "subscribe",
    "tags",
    "vpc",
]
