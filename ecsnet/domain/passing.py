"""Passing states: which are due, and the events that end them.

Time never passes by itself in the model. A resource that passes since a moment is due a fixed time later, and whoever
reads or writes after that sees it settled, as of the moment it was due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ecsnet.domain import instance, network_interface
from ecsnet.domain.world import Region
from ecsnet.events.base import Event


class Due(NamedTuple):
    """One passing state that ends: the resource, since when it passes, on whose account, and the event that ends it."""

    table: str
    resource_id: str
    since: datetime
    account_id: str
    event: Event


def all_passing(region: Region) -> Iterator[Due]:
    """Every passing state, oldest first."""
    for resource_id, since in region.passing.values_now():
        interface = region.network_interfaces[resource_id]
        if interface is not None:
            yield Due(
                "network_interfaces", resource_id, since, interface.account_id, network_interface.settled(interface)
            )
        else:
            state = region.instances.peek(resource_id)
            yield Due("instances", resource_id, since, state.account_id, instance.settled(state))
