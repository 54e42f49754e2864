"""Transitional statuses: what is pending, and the events that end it.

Time never passes by itself in the model. A resource that has been in a transitional status since a moment falls due a
while later, and whoever reads or writes after that sees it settled, as of the moment it was due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from ecsnet.domain.lifecycle import Lifecycle
from ecsnet.domain.state.pending import CYCLE, REVOCATION, PendingTable
from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState
from ecsnet.domain.state.world import Region, TransitionalState, World
from ecsnet.domain.subjects import security_group, vpc
from ecsnet.domain.subjects.eip import EIP
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.instance.bandwidth import next_cycle
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.domain.subjects.network_interface.private_ips import revoked
from ecsnet.events.base import Event


class Pending(NamedTuple):
    """A transition that has not ended, or a change that waits for a billing cycle (its kind is `CYCLE`).

    ``position`` is that of the event that began it, ``since`` when that was; of a change it is when the cycle begins.
    """

    region_id: str
    table: str
    resource_id: str
    kind: str
    since: datetime
    position: int
    account_id: str


_TABLES: Final[dict[str, Lifecycle[Any] | None]] = {
    "network_interfaces": None,  # one for each type
    "instances": INSTANCE,
    "eips": EIP,
    "vswitches": vpc.VSWITCH,
    "vpcs": vpc.VPC,
    "security_groups": security_group.SECURITY_GROUP,
}
"""The tables of what may be in transition, and the lifecycles there."""


def _found(region: Region, resource_id: str) -> tuple[str, TransitionalState] | None:
    for table in _TABLES:
        state: TransitionalState | None = getattr(region, table)[resource_id]
        if state is not None:
            return table, state
    return None


def table_of(region: Region, kind: str) -> PendingTable:
    """Returns the table with what is pending of a kind."""
    if kind == CYCLE:
        return region.scheduled
    return region.revocations if kind == REVOCATION else region.pending


def pending_at(region: Region, position: int, kind: str) -> Pending:
    """Returns what began with the event at a position."""
    entry = table_of(region, kind).get_existing(position)
    found = _found(region, entry.resource_id)
    assert found is not None
    table, state = found
    return Pending(region.region_id, table, state.id, entry.kind, entry.since, position, state.account_id)


def pending_of(region: Region, resource_id: str) -> Iterator[Pending]:
    """Yields what is pending of one resource, found without a look at the others'."""
    found = _found(region, resource_id)
    if found is None:
        return
    _, state = found
    if state.pending is not None:
        yield pending_at(region, state.pending, region.pending.get_existing(state.pending).kind)
    if isinstance(state, InstanceState) and state.scheduled is not None:
        yield pending_at(region, state.scheduled, CYCLE)
    if isinstance(state, NetworkInterfaceState):
        for position, _ in state.revocations:
            yield pending_at(region, position, REVOCATION)


def all_pending(region: Region) -> Iterator[Pending]:
    """Yields every transition that has not ended, by the positions at which they began."""
    for position, entry in sorted([*region.pending.snapshot().items(), *region.revocations.snapshot().items()]):
        yield pending_at(region, position, entry.kind)


def _lifecycle(state: TransitionalState, table: str) -> Lifecycle[Any]:
    lifecycle = _TABLES[table]
    if lifecycle is None:
        return network_interface.LIFECYCLES[getattr(state, "type")]  # noqa: B009  # of ENIs alone
    return lifecycle


def outcomes(region: Region, pending: Pending) -> tuple[str, ...]:
    """Returns how a transition may end: ``"completed"``, and perhaps ``"failed"`` or ``"stuck"``."""
    if pending.kind in (CYCLE, REVOCATION):
        return ("completed",)
    state = getattr(region, pending.table).get_existing(pending.resource_id)
    ways: tuple[str, ...] = _lifecycle(state, pending.table).transitional[state.status].outcomes
    return ways


def ending(world: World, region: Region, pending: Pending, outcome: str = "completed") -> tuple[Event, ...]:
    """Returns the events with which a transition ends, or a change takes effect, in the state as it is by then."""
    if pending.kind == CYCLE:
        return (next_cycle(world, region, pending.resource_id),)
    state: TransitionalState = getattr(region, pending.table).get_existing(pending.resource_id)
    if isinstance(state, NetworkInterfaceState) and pending.kind == REVOCATION:
        return (revoked(state, dict(state.revocations)[pending.position]),)
    if outcome == "completed" and isinstance(state, InstanceState) and state.status is instance.S.Releasing:
        return instance.release(region, state)
    if (
        isinstance(state, NetworkInterfaceState)
        and outcome == "completed"
        and state.status is network_interface.S.Deleting
    ):
        return network_interface.deletion(state)
    lifecycle = _lifecycle(state, pending.table)
    event_type = _event_type(lifecycle, state, outcome)
    fields = {
        field: state.id if field == lifecycle.id_field else getattr(state, field)
        for field in event_type.__struct_fields__
    }
    return (event_type(**fields),)


def _event_type(lifecycle: Lifecycle[Any], state: TransitionalState, outcome: str) -> type[Event]:
    ends = lifecycle.transitional[state.status]
    if outcome != "completed":
        event_type = ends.failed_by if outcome == "failed" else ends.stuck_by
        assert event_type is not None
        return event_type
    event_type, *others = ends.completed_by
    if others:
        assert isinstance(state, InstanceState)
        return instance.completes_creation(state)
    return event_type
