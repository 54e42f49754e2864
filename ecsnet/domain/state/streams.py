"""Which stream owns which fact.

A region's stream owns all that is in the region; a command is decided and recorded in one of them. Four kinds of fact
span regions, and each has a stream that everybody who takes something of the kind appends to, and whose version he
expects: so two commands in two regions cannot both take the last one.

| stream | fact |
|---|---|
| ``account/<account id>`` | how many EIPs the account has over all regions; which client tokens it has used |
| ``addresses/public/<block>`` | which public addresses are taken of a block that several regions share |
| ``addresses/classic/<block>`` | the same of private addresses of the classic network |
| ``imports/ids`` | which ids were imported: an id is imported into one region only |

Giving something back needs no such event: whoever has not heard of it yet only takes another one, or is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecsnet.domain.state.regional_pool import block_number, shares_block
from ecsnet.events.account import ClientTokenUsed
from ecsnet.events.base import Event
from ecsnet.events.eip import EipAddressAllocated, EipAddressRegistered, NatPublicIpConverted
from ecsnet.events.imports import EipImported, ResourcesImported
from ecsnet.events.instance import (
    InstanceCreated,
    InstanceCreateRequested,
    InstanceCreation,
    InstanceLaunched,
    InstanceLaunchRequested,
    InstanceNetworkSpecModified,
)
from ecsnet.events.public_ip import PublicIpAddressAllocated, PublicIpAddressChanged, SharedAddressDrawn

ACCOUNT: Final = "account"
ADDRESSES: Final = "addresses"
IMPORTS: Final = "imports/ids"
_TAKING: Final = frozenset(
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
"""The events that may take something that regions share."""
OF_NO_REGION: Final = frozenset({ClientTokenUsed, EipAddressRegistered, ResourcesImported, SharedAddressDrawn})
"""The events that are not recorded in the stream of a region."""


def account_stream(account_id: str) -> str:
    """Returns the stream of an account."""
    return f"{ACCOUNT}/{account_id}"


def address_stream(pool: str, region_id: str) -> str:
    """Returns the stream of the block that a region draws from."""
    return f"{ADDRESSES}/{pool}/{block_number(region_id)}"


def stream_of(event: Event, region_id: str, account_id: str) -> str:
    """Returns the stream in which an event of an account's command in a region is recorded."""
    if type(event) not in OF_NO_REGION:
        return region_id
    if isinstance(event, SharedAddressDrawn):
        return address_stream(event.pool, event.region_id)
    return IMPORTS if isinstance(event, ResourcesImported) else account_stream(account_id)


def with_shared(region_id: str, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Returns the events of a region, and behind them those for the streams whose facts they take something of."""
    if (len(events) == 1 and type(events[0]) not in _TAKING) or _TAKING.isdisjoint(map(type, events)):
        return events
    return (*events, *[one for event in events if type(event) in _TAKING for one in _shared(region_id, event)])


def _shared(region_id: str, event: Event) -> Iterator[Event]:
    if isinstance(event, EipAddressAllocated | NatPublicIpConverted | EipImported):
        yield EipAddressRegistered(allocation_id=event.allocation_id)
    if shares_block(region_id):
        for pool, ip in _drawn(event):
            yield SharedAddressDrawn(pool=pool, region_id=region_id, ip_address=ip)


def _drawn(event: Event) -> Iterator[tuple[str, str]]:
    if isinstance(event, InstanceCreation):
        if event.public_ip_address is not None:
            yield "public", event.public_ip_address
        if event.vswitch_id is None:
            yield "classic", event.private_ip_address
    elif isinstance(event, InstanceNetworkSpecModified):
        if event.ip_address is not None:
            yield "public", event.ip_address
    elif isinstance(event, EipAddressAllocated | PublicIpAddressAllocated | PublicIpAddressChanged):
        yield "public", event.ip_address
