"""Events of what regions share: an account's EIPs over all regions, blocks of addresses, and the ids of imports.

They repeat what a region's event says already. They are recorded with it, in a stream that every region asks before it
takes something of the kind, so that two regions can never take the same at once.
"""

from __future__ import annotations

from ecsnet.events.base import Event


class EipAddressRegistered(Event, frozen=True, kw_only=True):
    """An EIP counts towards the quota of its account from now on. In the account's stream."""

    allocation_id: str


class SharedAddressDrawn(Event, frozen=True, kw_only=True):
    """A region drew an address of a block that it shares with other regions. In the block's stream.

    ``pool`` is ``"public"`` or ``"classic"``.
    """

    pool: str
    region_id: str
    ip_address: str


class ResourcesImported(Event, frozen=True, kw_only=True):
    """Resources whose ids nothing else had, in any region, were imported into these. In the stream of imports."""

    region_ids: tuple[str, ...]
