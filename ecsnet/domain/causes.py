"""Separates the events of a command that follow from another one of them from those that the command asked for.

A command asks for one event, or for several of one type (`RunInstances`, `DeleteInstances`). Three kinds of event
follow from these:

- what happens to ENIs and EIPs because an instance is released, and to EIPs because an ENI is deleted, before that
  event;
- the creation and the attachment of ENIs that an instance is created with;
- what is noted in a shared stream (`ecsnet.domain.state.streams`) because something that regions share was taken.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecsnet.domain.state.streams import OF_NO_REGION
from ecsnet.events.base import Event
from ecsnet.events.eip import EipAddressRegistered
from ecsnet.events.instance import InstanceCreation, InstanceReleased
from ecsnet.events.network_interface import NetworkInterfaceDeleted
from ecsnet.events.public_ip import SharedAddressDrawn

_DECISIVE = (InstanceCreation, InstanceReleased, NetworkInterfaceDeleted)
_NOTED = (EipAddressRegistered, SharedAddressDrawn)
_ADDRESSES = ("ip_address", "public_ip_address", "private_ip_address")


def distances_to_causes(events: Sequence[Event]) -> list[int | None]:
    """Returns, for each event of one command, at what distance in ``events`` the one is that it follows from; None for
    what the command asked for."""
    if len(events) == 2 and type(events[1]) in OF_NO_REGION:  # as an EIP is allocated
        return [None, -1]
    asked_for = next((n for n, event in enumerate(events) if isinstance(event, _DECISIVE)), 0)
    kind = _DECISIVE if isinstance(events[asked_for], _DECISIVE) else type(events[asked_for])
    releases = {one.instance_id: n for n, one in enumerate(events) if isinstance(one, InstanceReleased)}
    distances: list[int | None] = []
    for number, event in enumerate(events):
        if isinstance(event, kind):
            asked_for = number  # of several instances, each has its ENIs behind it
            distances.append(None)
        elif isinstance(event, _NOTED):
            distances.append(_index_of_taking(events, event) - number)
        else:
            released = releases.get(getattr(event, "instance_id", None) or "") if releases else None
            distances.append((asked_for if released is None else released) - number)
    return distances


def _index_of_taking(events: Sequence[Event], noted: EipAddressRegistered | SharedAddressDrawn) -> int:
    """Returns the index of the event that took what is noted."""
    if isinstance(noted, EipAddressRegistered):
        return next(n for n, event in enumerate(events) if noted.allocation_id == getattr(event, "allocation_id", None))
    return next(
        n for n, event in enumerate(events) if noted.ip_address in [getattr(event, name, None) for name in _ADDRESSES]
    )
