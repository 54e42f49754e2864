"""Transitional states: which are due, and the events that end them.

Time never passes by itself in the model. A resource that passes since a moment is due a fixed time later, and whoever
reads or writes after that sees it settled, as of the moment it was due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from ecsnet.domain.lifecycle import Lifecycle
from ecsnet.domain.state.records import InstanceState
from ecsnet.domain.state.world import Region, TransitionalState
from ecsnet.domain.subjects.eip import EIP
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.events.base import Event


class PendingTransition(NamedTuple):
    """A transition that waits to be completed: the resource, when it began, on whose account, and the completing event.

    ``event`` is None for a scheduled bandwidth change, whose event may allocate an address and is built when due.
    ``caused_by`` is the position of the event that began the transition.
    """

    table: str
    resource_id: str
    since: datetime
    account_id: str
    event: Event | None
    caused_by: int | None


def transitions_in_progress(region: Region) -> Iterator[PendingTransition]:
    """Every transitional state, the one that began first in time first."""
    for resource_id, since in region.pending.by_moment():
        yield _transition_of(region, resource_id, since)


def _transition_of(region: Region, resource_id: str, since: datetime) -> PendingTransition:
    if (interface := region.network_interfaces[resource_id]) is not None:
        event, table = completing_event(network_interface.LIFECYCLES[interface.type], interface), "network_interfaces"
        return PendingTransition(table, resource_id, since, interface.account_id, event, interface.pending)
    if (address := region.eips[resource_id]) is not None:
        event = completing_event(EIP, address)
        return PendingTransition("eips", resource_id, since, address.account_id, event, address.pending)
    state = region.instances.get_existing(resource_id)
    event = completing_event(INSTANCE, state)
    return PendingTransition("instances", resource_id, since, state.account_id, event, state.pending)


def completing_event(lifecycle: Lifecycle[Any], state: TransitionalState) -> Event:
    """Returns the event that completes the transition which a resource is in."""
    event_type, *others = lifecycle.transitional[state.status].completed_by
    if others:
        assert isinstance(state, InstanceState)
        event_type = instance.completes_creation(state)
    fields = {
        field: state.id if field == lifecycle.id_field else getattr(state, field)
        for field in event_type.__struct_fields__
    }
    assert None not in fields.values()
    return event_type(**fields)


def scheduled_changes(region: Region) -> Iterator[PendingTransition]:
    """Every change that waits for a cycle to begin, the first in time first, with that moment as its ``since``: due by
    the clock alone."""
    for instance_id, begins_at in region.scheduled.by_moment():
        yield _scheduled(region, instance_id, begins_at)


def _scheduled(region: Region, instance_id: str, begins_at: datetime) -> PendingTransition:
    state = region.instances.get_existing(instance_id)
    return PendingTransition("instances", instance_id, begins_at, state.account_id, None, state.scheduled)


def pending_of(region: Region, resource_id: str) -> Iterator[PendingTransition]:
    """Yields what waits of one resource, found without a look at the others'."""
    state = region.network_interfaces[resource_id] or region.eips[resource_id] or region.instances[resource_id]
    if state is not None and state.pending is not None:
        yield _transition_of(region, *region.pending.get_existing(state.pending))
    if isinstance(state, InstanceState) and state.scheduled is not None:
        yield _scheduled(region, *region.scheduled.get_existing(state.scheduled))
