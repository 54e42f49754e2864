"""Passing states: which are due, and the events that end them.

Time never passes by itself in the model. A resource that passes since a moment is due a fixed time later, and whoever
reads or writes after that sees it settled, as of the moment it was due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ecsnet.domain.state.records import InstanceState
from ecsnet.domain.state.world import Region
from ecsnet.domain.subjects import eip
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.events.base import Event


class Due(NamedTuple):
    """One passing state that ends: the resource, since when it passes, on whose account, and the event that ends it.

    A change that waits for a cycle ends in an event that may draw an address: it is None here, and made when it is due.
    """

    table: str
    resource_id: str
    since: datetime
    account_id: str
    event: Event | None


def all_passing(region: Region) -> Iterator[Due]:
    """Every passing state, the one that began first in time first."""
    for resource_id, since in region.passing.by_moment():
        yield _passing(region, resource_id, since)


def _passing(region: Region, resource_id: str, since: datetime) -> Due:
    if (interface := region.network_interfaces[resource_id]) is not None:
        event = network_interface.settled(interface)
        return Due("network_interfaces", resource_id, since, interface.account_id, event)
    if (address := region.eips[resource_id]) is not None:
        return Due("eips", resource_id, since, address.account_id, eip.settled(address))
    state = region.instances.peek(resource_id)
    return Due("instances", resource_id, since, state.account_id, instance.settled(state))


def all_scheduled(region: Region) -> Iterator[Due]:
    """Every change that waits for a cycle to begin, the first in time first, with that moment as its ``since``: due by
    the clock alone."""
    for instance_id, begins_at in region.scheduled.by_moment():
        yield _scheduled(region, instance_id, begins_at)


def _scheduled(region: Region, instance_id: str, begins_at: datetime) -> Due:
    return Due("instances", instance_id, begins_at, region.instances.peek(instance_id).account_id, None)


def waiting_of(region: Region, resource_id: str) -> Iterator[Due]:
    """Yields what waits of one resource, found without a look at the others'."""
    state = region.network_interfaces[resource_id] or region.eips[resource_id] or region.instances[resource_id]
    if state is not None and state.passing is not None:
        yield _passing(region, *region.passing.peek(state.passing))
    if isinstance(state, InstanceState) and state.scheduled is not None:
        yield _scheduled(region, *region.scheduled.peek(state.scheduled))
