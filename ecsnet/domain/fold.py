"""The fold: recorded events into a world. It checks that the record is whole and legal, and judges nothing again.

`replay` is the fast one, for worlds that are thrown away if it fails; `fold` leaves a world as the events before the
illegal one made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from ecsnet.domain.lifecycle import IllegalTransition
from ecsnet.domain.state.regional_pool import shared_address_drawn
from ecsnet.domain.state.world import Evolving, Region, SharedStream, World
from ecsnet.domain.subjects import account, classic_link, eip, imports, public_ip, refreshes, security_group, tags, vpc
from ecsnet.domain.subjects.instance import bandwidth, vpc_attribute
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import attachment, private_ips
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.errors import ReplayError
from ecsnet.events.account import ClientTokenUsed, EditionChosen, QuotaSet
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.eip import EipAddressRegistered
from ecsnet.events.imports import InstanceTypesImported, ResourcesImported
from ecsnet.events.public_ip import SharedAddressDrawn

EVOLVE: Final[Evolving] = {
    **vpc.EVOLVE,
    **security_group.EVOLVE,
    **network_interface.EVOLVE,
    **attachment.EVOLVE,
    **private_ips.EVOLVE,
    **instance.EVOLVE,
    **vpc_attribute.EVOLVE,
    **bandwidth.EVOLVE,
    **public_ip.EVOLVE,
    **eip.EVOLVE,
    **classic_link.EVOLVE,
    **account.EVOLVE,
    **tags.EVOLVE,
    **imports.EVOLVE,
    **refreshes.EVOLVE,
}


def _ordered(stream: SharedStream, event: Event, record: RecordedEvent) -> None:
    """The event says nothing that a region's event does not say: it only moves the version of the stream."""


EVOLVE_SHARED: Final[dict[type[Event], Callable[[SharedStream, Any, RecordedEvent], None]]] = {
    ClientTokenUsed: account.client_token_used,
    QuotaSet: account.account_quota_set,
    EditionChosen: account.edition_chosen,
    EipAddressRegistered: _ordered,
    InstanceTypesImported: account.instance_types_imported,
    ResourcesImported: _ordered,
    SharedAddressDrawn: shared_address_drawn,
}
"""The evolution of each event of a stream that is not a region's."""


def fold(world: World, records: Iterable[RecordedEvent]) -> None:
    """Apply events to a world, in order.

    Raises `ReplayError`, naming stream and version, at the first that leaves a gap, moves a resource as its lifecycle
    does not allow, or concerns what is not there; the events before it are in the world, it is not.
    """
    given = tuple(records)
    reached = 0

    def counted() -> Iterator[RecordedEvent]:
        nonlocal reached
        for record in given:
            yield record
            reached += 1

    preview = world.fork()
    try:
        replay(preview, counted())
    except ReplayError:
        preview = world.fork()
        replay(preview, given[:reached])
        world.become(preview)
        raise
    world.become(preview)


def replay(world: World, records: Iterable[RecordedEvent]) -> None:
    """Apply events to a world, in order and in place. After a `ReplayError` (see `fold`) the world is of no use."""
    stream: str | None = None
    of_stream: Any = None
    version = 0
    record: RecordedEvent | None = None
    evolve: Mapping[type[Event], Callable[[Any, Any, RecordedEvent], None]] = EVOLVE
    for record in records:
        if stream != record.stream:
            if stream is not None:
                of_stream.version = version
            stream = record.stream
            of_stream = world.writable(stream)
            evolve = EVOLVE if type(of_stream) is Region else EVOLVE_SHARED
            version = of_stream.version
        event = record.event
        version += 1
        if record.version != version:
            raise ReplayError(f"version {version} is missing", stream=stream, version=record.version)
        try:
            evolve[type(event)](of_stream, event, record)
        except IllegalTransition as error:
            raise ReplayError(str(error), stream=stream, version=version) from error
        except CANNOT_BE_FOLDED as error:
            reason = f"{record.type} does not fit what came before: {error!r}"
            raise ReplayError(reason, stream=stream, version=version) from error
    if record is not None:
        of_stream.version = version
        world.position = record.position


CANNOT_BE_FOLDED: Final = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError)
"""The exceptions of an evolution for an event that does not fit the state; `replay` turns them into `ReplayError`."""
