"""The fold: recorded events into a world. It checks that the record is whole and legal, and judges nothing again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ecsnet.domain import (
    account,
    classic,
    eip,
    importing,
    instance,
    network_interface,
    network_spec,
    private_address,
    public_address,
    relocation,
    security_group,
    vpc,
)
from ecsnet.domain.lifecycle import IllegalMove
from ecsnet.domain.world import Evolving, Region, World
from ecsnet.errors import ReplayError
from ecsnet.events.base import RecordedEvent

EVOLVE: Final[Evolving] = {
    **vpc.EVOLVE,
    **security_group.EVOLVE,
    **network_interface.EVOLVE,
    **private_address.EVOLVE,
    **instance.EVOLVE,
    **relocation.EVOLVE,
    **network_spec.EVOLVE,
    **public_address.EVOLVE,
    **eip.EVOLVE,
    **classic.EVOLVE,
    **account.EVOLVE,
    **importing.EVOLVE,
}


def fold(world: World, records: Iterable[RecordedEvent]) -> None:
    """Apply events to a world, in order.

    Raises `ReplayError`, naming stream and version, at the first that leaves a gap, moves a resource as its lifecycle
    does not allow, or concerns what is not there; the events before it are in the world, it is not.
    """
    region: Region | None = None
    evolve = EVOLVE
    for record in records:
        if region is None or region.region_id != record.stream:
            region = world.writable(record.stream)
        event = record.event
        version = region.version + 1
        if record.version != version:
            raise ReplayError(f"version {version} is missing", stream=record.stream, version=record.version)
        try:
            evolve[type(event)](region, event, record)
        except IllegalMove as error:
            raise ReplayError(str(error), stream=record.stream, version=version) from error
        except (LookupError, ValueError) as error:
            reason = f"{record.type} does not fit what came before: {error!r}"
            raise ReplayError(reason, stream=record.stream, version=version) from error
        region.version = version
        world.position = record.position
