"""Two serialisations of a world: complete, and reduced to what affects future decisions.

Two clouds with the same `serialized_state` cannot be told apart by any command or question, now or later. Two with the
same `behavioural_digest` differ only in times, and in which of several free addresses or new ids come next.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from ecsnet.domain.state import private_pool
from ecsnet.domain.state.pending import WAITING
from ecsnet.domain.state.records import State, VSwitchState
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Region, World

_encode = msgspec.msgpack.Encoder().encode
Rows = tuple[Any, ...]


def serialized_state(world: World) -> bytes:
    """Everything that is kept of every region in which something happened."""
    regions = [
        (region_id, region.version, region.imported, [(name, _table(getattr(region, name))) for name in TABLES])
        for region_id, region in sorted(world.regions.items())
        if region.version
    ]
    shared = [
        (
            stream,
            kept.version,
            _table(kept.client_tokens),
            _table(kept.quotas),
            _table(kept.quota_changes),
            sorted(kept.instance_types.items()),
            kept.drawn,
            kept.edition_id,
        )
        for stream, kept in sorted(world.shared.items())
        if kept.version
    ]
    return _encode([regions, shared])


def state_digest(world: World) -> str:
    """Returns a digest of the `serialized_state`, as hexadecimal text."""
    return blake2b(serialized_state(world), digest_size=16).hexdigest()


_NO_TABLES = {"default_quotas", "imported", "region_id", "version"}
TABLES = tuple(sorted(name for name in Region.__slots__ if name not in _NO_TABLES))


def _table(table: Table[Any, Any]) -> list[Any]:
    return [(key, _value(value)) for key, value in sorted(table.snapshot().items(), key=lambda row: row[0])]


def _value(value: Any) -> Any:
    if isinstance(value, Table):
        return _table(value)
    if isinstance(value, VSwitchState):  # the addresses that came back are a chain too deep to be encoded as it is
        plain = value.fork()
        plain.released = None
        return plain, list(private_pool.released(value))
    return value


def behavioural_digest(world: World) -> bytes:
    """A digest of what matters: equal for states in which the same commands are allowed, with the same outcome."""
    regions = [_essence(region) for _, region in sorted(world.regions.items())]
    accounts = [
        (stream, kept.client_tokens.size, list(kept.quotas.snapshot().items()), sorted(kept.instance_types.items()))
        for stream, kept in sorted(world.shared.items())
        if kept.client_tokens.size or kept.quotas.size or kept.instance_types
    ]
    return blake2b(_encode([regions, accounts, world.edition.id]), digest_size=16).digest()


def _attributes(state: State) -> Rows:
    return state.name, state.description, state.tags


def _essence(region: Region) -> Rows:
    return (
        region.region_id,
        [
            (vpc.id, vpc.status, vpc.classic_link_enabled, vpc.held, vpc.owner_id, *_attributes(vpc))
            for vpc in region.vpcs.snapshot().values()
        ],
        [
            (
                vswitch.id,
                vswitch.status,
                vswitch.unseen_addresses,
                vswitch.held,
                vswitch.owner_id,
                *_attributes(vswitch),
            )
            for vswitch in region.vswitches.snapshot().values()
        ],
        [(group.id, group.status, *_attributes(group)) for group in region.security_groups.snapshot().values()],
        [(group_id, list(sources.snapshot())) for group_id, sources in region.sources_of_group.snapshot().items()],
        [
            (
                i.id,
                i.status,
                i.network_interface_ids,
                i.was_started,
                i.starts_when_created,
                i.private_ip_change_pending,
                i.public_ip,
                i.public_ip_changes,
                i.internet_max_bandwidth_out,
                i.bandwidth_at_creation,
                i.expires_at,
                i.next_bandwidth,
                i.eip_id,
                i.classic_group_ids,
                i.linked_vpc_id,
                i.deletion_protection,
                *_attributes(i),
                i.held,
            )
            for i in region.instances.snapshot().values()
        ],
        [
            (
                i.id,
                i.status,
                i.instance_id,
                i.vswitch_id,
                i.private_ips,
                i.ipv4_prefixes,
                i.security_group_ids,
                *_attributes(i),
                i.delete_on_release,
                i.held,
                i.pending is not None and region.pending.get_existing(i.pending).kind in WAITING,
                [addresses for _, addresses in i.revocations],
            )
            for i in region.network_interfaces.snapshot().values()
        ],
        [
            (
                eip.id,
                eip.status,
                eip.user_id,
                eip.private_ip_address,
                eip.charge_type,
                eip.deletion_protection,
                eip.held,
                *_attributes(eip),
            )
            for eip in region.eips.snapshot().values()
        ],
        list(region.quotas.snapshot().items()),
        list(region.described_most.snapshot().items()),
        len(region.client_tokens.snapshot()),
    )
