"""Events folded before they are recorded, for registries that lack some of the vendor's rules.

The vendor's rules together allow only what can be folded. Without one of them a command may be allowed that leads to a
state which the model does not have: a primary ENI without its instance, an instance with two links. What cannot be
folded, shown or completed must not be recorded, or the history could not be read any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ecsnet.domain.fold import CANNOT_BE_FOLDED, replay
from ecsnet.domain.settle import ending, pending_of
from ecsnet.domain.state.pending import CYCLE
from ecsnet.domain.state.streams import stream_of
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import Region, World
from ecsnet.errors import ReplayError
from ecsnet.events.base import Event, RecordedEvent

IMPOSSIBLE = (ReplayError, *CANNOT_BE_FOLDED)
"""The exceptions of `fold_ahead` for events that must not be recorded."""


def fold_ahead(world: World, region_id: str, events: Sequence[Event], now: datetime, account_id: str) -> None:
    """Folds the events of a command into a fork of the world, shows what they concern, and completes the transitions
    that they begin. Raises one of `IMPOSSIBLE` where that is not possible; the world stays as it is."""
    ahead = world.fork()
    _fold(ahead, region_id, events, now, account_id)
    region = ahead.region(region_id)
    for resource_id in _concerned(region, events):
        _show(region, resource_id)
        for pending in list(pending_of(region, resource_id)):
            if pending.kind != CYCLE:
                completed = ahead.fork()
                _fold(completed, region_id, ending(ahead, region, pending), now, account_id)
                _show(completed.region(region_id), resource_id)


def _fold(world: World, region_id: str, events: Sequence[Event], now: datetime, account_id: str) -> None:
    versions: dict[str, int] = {}
    records = []
    for position, event in enumerate(events, world.position + 1):
        stream = stream_of(event, region_id, account_id)
        versions[stream] = versions.get(stream, world.version(stream)) + 1
        records.append(RecordedEvent(position, stream, versions[stream], event, now, account_id, ""))
    replay(world, records)


def _concerned(region: Region, events: Sequence[Event]) -> Iterator[str]:
    """Yields the ids that events name, and those of the instances whose ENIs they name."""
    for event in events:
        for field in event.__struct_fields__:
            value = getattr(event, field)
            for name in value if isinstance(value, tuple) else (value,):
                if isinstance(name, str):
                    yield name
                    interface = region.network_interfaces[name]
                    if interface is not None and interface.instance_id is not None:
                        yield interface.instance_id


def _show(region: Region, resource_id: str) -> None:
    for table, view in VIEWS.items():
        state = getattr(region, table)[resource_id]
        if state is not None:
            view(region, state)
