"""Events of public addresses of instances, and of blocks of addresses that regions share."""

from __future__ import annotations

from ecsnet.events.base import Event


class PublicIpAddressAllocated(Event, frozen=True, kw_only=True):
    instance_id: str
    ip_address: str


class PublicIpAddressChanged(Event, frozen=True, kw_only=True):
    instance_id: str
    ip_address: str


class PublicIpAddressReleased(Event, frozen=True, kw_only=True):
    instance_id: str


class SharedAddressDrawn(Event, frozen=True, kw_only=True):
    """A region allocated an address from a block that it shares with other regions. Recorded in the block's stream.

    ``pool`` is ``"public"`` or ``"classic"``.
    """

    pool: str
    region_id: str
    ip_address: str
