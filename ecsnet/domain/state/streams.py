"""The streams of facts that several regions share.

A region's stream has the events of all its resources; each command is decided and recorded in one region. Five kinds of
facts span regions, and each has a stream of its own. A command that allocates one of these appends to the stream and
expects its version, so two commands in two regions cannot both allocate the last one.

| stream | fact |
|---|---|
| ``account/<account id>`` | the EIPs of the account over all regions, and their quota; its client tokens and types |
| ``addresses/public/<block>`` | the allocated public addresses of a block that several regions share |
| ``addresses/classic/<block>`` | the same for private addresses of the classic network |
| ``imports/ids`` | the imported ids: an id is imported into one region only |
| ``history/edition`` | the edition of the history, if it is not the guide's; it is the first event |

A release needs no such event: a command that does not know of it allocates another one, or is denied.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ecsnet.domain.state.regional_pool import address_stream, shares_block
from ecsnet.domain.state.world import EDITION
from ecsnet.events.account import ClientTokenUsed, EditionChosen, QuotaSet
from ecsnet.events.base import Event
from ecsnet.events.eip import EipAddressAllocated, EipAddressRegistered, NatPublicIpConverted
from ecsnet.events.imports import EipImported, InstanceTypesImported, ResourcesImported
from ecsnet.events.instance import (
    InstanceCreated,
    InstanceCreateRequested,
    InstanceCreation,
    InstanceLaunched,
    InstanceLaunchRequested,
    InstanceNetworkSpecModified,
)
from ecsnet.events.public_ip import PublicIpAddressAllocated, PublicIpAddressChanged, SharedAddressDrawn
from ecsnet.values import ACCOUNT_QUOTAS

ACCOUNT: Final = "account"
IMPORTS: Final = "imports/ids"
_ALLOCATING: Final = frozenset(
    {
        EipAddressAllocated,
        EipImported,
        InstanceCreateRequested,
        InstanceCreated,
        InstanceLaunchRequested,
        InstanceLaunched,
        InstanceNetworkSpecModified,
        NatPublicIpConverted,
        PublicIpAddressAllocated,
        PublicIpAddressChanged,
    }
)
"""The events that may allocate something that regions share."""
OF_NO_REGION: Final = frozenset(
    {
        ClientTokenUsed,
        EditionChosen,
        EipAddressRegistered,
        InstanceTypesImported,
        ResourcesImported,
        SharedAddressDrawn,
    }
)
"""The events that are never recorded in the stream of a region."""
_OF_AN_EIP: Final = (EipAddressAllocated, EipImported, NatPublicIpConverted)
"""The events after which there is one more EIP."""
_WITH_A_PUBLIC_ADDRESS: Final = (EipAddressAllocated, PublicIpAddressAllocated, PublicIpAddressChanged)
_PERHAPS_OF_NO_REGION: Final = OF_NO_REGION | {QuotaSet}


@lru_cache(maxsize=1_000)
def account_stream(account_id: str) -> str:
    """Returns the stream of an account."""
    return f"{ACCOUNT}/{account_id}"


def stream_of(event: Event, region_id: str, account_id: str) -> str:
    """Returns the stream in which an event of an account's command in a region is recorded."""
    if type(event) not in _PERHAPS_OF_NO_REGION:
        return region_id
    if isinstance(event, EipAddressRegistered):
        return account_stream(account_id)
    if isinstance(event, QuotaSet):
        return account_stream(account_id) if event.name in ACCOUNT_QUOTAS else region_id
    if isinstance(event, SharedAddressDrawn):
        return address_stream(event.pool, event.region_id)
    if isinstance(event, EditionChosen):
        return EDITION
    return IMPORTS if isinstance(event, ResourcesImported) else account_stream(account_id)


def with_shared(region_id: str, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Returns the events of a region, followed by the events for the shared streams that they allocate from."""
    if len(events) == 1:
        (event,) = events
        return events if type(event) not in _ALLOCATING else (event, *_shared(region_id, event))
    if _ALLOCATING.isdisjoint(map(type, events)):
        return events
    return (*events, *[one for event in events if type(event) in _ALLOCATING for one in _shared(region_id, event)])


def _shared(region_id: str, event: Event) -> Iterator[Event]:
    if isinstance(event, _OF_AN_EIP):
        yield EipAddressRegistered(allocation_id=event.allocation_id)
    if shares_block(region_id):
        for pool, ip in _allocated_addresses(event):
            yield SharedAddressDrawn(pool=pool, region_id=region_id, ip_address=ip)


def _allocated_addresses(event: Event) -> Iterator[tuple[str, str]]:
    if isinstance(event, InstanceCreation):
        if event.public_ip_address is not None:
            yield "public", event.public_ip_address
        if event.vswitch_id is None:
            yield "classic", event.private_ip_address
    elif isinstance(event, InstanceNetworkSpecModified):
        if event.ip_address is not None:
            yield "public", event.ip_address
    elif isinstance(event, _WITH_A_PUBLIC_ADDRESS):
        yield "public", event.ip_address
