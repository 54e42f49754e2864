"""Refreshes: resources that were described again, and changed or disappeared meanwhile.

What happened between the two descriptions is not known, so the lifecycle has no rows for it, as it has none for what
came before an import. An ENI changes with all its memberships; what a VPC, a VSwitch or a security group contains stays
in it. A resource keeps its place in the order of creation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ecsnet.domain.lifecycle import Lifecycle
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.records import EipState, InstanceState, NetworkInterfaceState
from ecsnet.domain.state.regional_pool import CLASSIC, PUBLIC
from ecsnet.domain.state.world import Evolving, Region, TransitionalState
from ecsnet.domain.subjects import imports, security_group, vpc
from ecsnet.domain.subjects.eip import EIP, private_ip_of, put_on
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.events.base import RecordedEvent
from ecsnet.events.imports import (
    EipImported,
    Import,
    InstanceImported,
    NetworkInterfaceImported,
    ResourceDisappeared,
    ResourceRefreshed,
    SecurityGroupImported,
    VpcImported,
    VSwitchImported,
)
from ecsnet.values import InstanceStatus, NetworkInterfaceType, Tags

# How a resource changes

_SET_OTHERWISE: Final = frozenset(
    {"status", "created_at", "instance_type", "unseen_addresses", "security_group_ids", "not_modelled", "tags"}
)


def _set_fields(region: Region, table: str, state: TransitionalState, now: Import) -> None:
    """Gives a resource of a table the attributes that have the name of a field, and its tags."""
    for name in now.__struct_fields__:
        if name not in _SET_OTHERWISE and name in state.__struct_fields__:
            setattr(state, name, getattr(now, name))
    if now.created_at is not None:
        state.created_at = now.created_at
    region.retag(table, state, Tags(now.tags))


def _set_status(
    region: Region, state: TransitionalState, lifecycle: Lifecycle[Any], status: Any, record: RecordedEvent
) -> None:
    held = isinstance(state, InstanceState | NetworkInterfaceState | EipState) and state.held is not None
    if state.pending is not None and (held or state.status is not status):
        region.end_transition(state)
    state.status = status
    if not held and state.pending is None:
        imports.begin(region, state, lifecycle, record)


def _vpc(region: Region, now: VpcImported, record: RecordedEvent) -> None:
    state = region.vpcs.mutable(now.vpc_id)
    _set_fields(region, "vpcs", state, now)
    state.check_blocks()
    region.describe(record.account_id, "secondary-cidr-blocks-per-vpc", len(now.secondary_cidr_blocks))
    _set_status(region, state, vpc.VPC, vpc.VPC.described[VpcImported][now.status], record)


def _vswitch(region: Region, now: VSwitchImported, record: RecordedEvent) -> None:
    state = region.vswitches.mutable(now.vswitch_id)
    block, zone_id = state.cidr_block, state.zone_id
    _set_fields(region, "vswitches", state, now)
    if state.cidr_block != block:  # it was not known
        state.begin_block()
        state.unseen_addresses = 0
        private_pool.exclude_allocated(region, state)
    if state.zone_id != zone_id:
        for interface_id in region.interfaces_of_vswitch.get_existing(state.id).live_keys():
            if region.network_interfaces[interface_id] is not None:
                region.network_interfaces.mutable(interface_id).zone_id = state.zone_id
    state.available_ip_address_count -= now.unseen_addresses - state.unseen_addresses
    state.unseen_addresses = now.unseen_addresses
    _set_status(region, state, vpc.VSWITCH, vpc.VSWITCH.described[VSwitchImported][now.status], record)


def _group(region: Region, now: SecurityGroupImported, record: RecordedEvent) -> None:
    _set_fields(region, "security_groups", region.security_groups.mutable(now.security_group_id), now)


def _instance(region: Region, now: InstanceImported, record: RecordedEvent) -> None:
    state = region.instances.mutable(now.instance_id)
    if state.expires_at != now.expires_at and state.scheduled is not None:
        region.scheduled.delete(state.scheduled)
        state.scheduled = state.next_bandwidth = None
    instance.end_to_stand_in(region, state)
    if state.vpc_id is None and now.vpc_id is not None:  # it was not known where it is
        instance.leave_classic_network(region, state)
    _set_fields(region, "instances", state, now)
    if now.instance_type.id != state.instance_type.id:
        state.instance_type = now.instance_type
    if now.public_ip_address != state.public_ip:
        if state.public_ip is not None:
            PUBLIC.release(region, state.public_ip, state.id)
        if now.public_ip_address is not None:
            region.public_ips.set(now.public_ip_address, state.id)
        state.public_ip = now.public_ip_address
    state.unseen_primary = imports.unseen_primary(now)
    instance.begin_to_stand_in(region, state)
    region.await_described(state)
    if state.vpc_id is None:
        _classic(region, state, now)
    state.was_started = state.was_started or now.status is not InstanceStatus.Pending
    _set_status(region, state, INSTANCE, INSTANCE.described[InstanceImported][now.status], record)


def _classic(region: Region, state: InstanceState, now: InstanceImported) -> None:
    instance.regroup_classic(region, state, now.security_group_ids)
    private_ip = now.private_ip_address or ""
    if private_ip != state.classic_ip:
        if state.classic_ip:
            CLASSIC.release(region, state.classic_ip, state.id)
        if private_ip:
            region.classic_ips.set(private_ip, state.id)
        state.classic_ip = private_ip


def _interface(region: Region, now: NetworkInterfaceImported, record: RecordedEvent) -> None:
    before = region.network_interfaces.mutable(now.network_interface_id)
    network_interface.clear(region, before)
    if before.type is NetworkInterfaceType.Secondary:
        region.use(before.account_id, "network_interface", -1)
    after = imports.described_interface(region, now, record)
    after.position, after.account_id = before.position, before.account_id
    after.created_at = now.created_at or before.created_at
    status, after.status, after.pending = after.status, before.status, before.pending
    moves = before.instance_id != after.instance_id or before.type is not after.type
    if moves and before.instance_id is not None:
        _detach(region, before)
    imports.take_in(region, after)
    region.retag("network_interfaces", after, Tags(now.tags))
    after.eips = tuple([(private_ip_of(region.eips.get_existing(eip_id), after), eip_id) for _, eip_id in before.eips])
    if moves and after.instance_id is not None:
        imports.attach(after, region.instances.mutable(after.instance_id))
    imports.describe_interface(region, after)
    _set_status(region, after, network_interface.LIFECYCLES[after.type], status, record)


def _detach(region: Region, interface: NetworkInterfaceState) -> None:
    """An ENI is on no instance any more; the instance may be gone already."""
    state = None if interface.instance_id is None else region.instances[interface.instance_id]
    if state is not None and interface.id in state.attached:
        region.instances.mutable(state.id).detach(interface.id)


def _eip(region: Region, now: EipImported, record: RecordedEvent) -> None:
    state = region.eips.mutable(now.allocation_id)
    _unbind(region, state)
    _set_fields(region, "eips", state, now)
    region.await_described(state)
    if now.instance_id is not None:
        region.instances.mutable(now.instance_id).eip_id = state.id
    if now.network_interface_id is not None:
        put_on(region.network_interfaces.mutable(now.network_interface_id), state)
    _set_status(region, state, EIP, EIP.described[EipImported][now.status], record)


def _unbind(region: Region, eip: EipState) -> None:
    """An EIP is on nothing any more. What it was on may be gone, or have another EIP already."""
    state = None if eip.instance_id is None else region.instances[eip.instance_id]
    if state is not None and state.eip_id == eip.id:
        region.instances.mutable(state.id).eip_id = None
    interface = None if eip.network_interface_id is None else region.network_interfaces[eip.network_interface_id]
    if interface is not None:
        changed = region.network_interfaces.mutable(interface.id)
        changed.eips = tuple([one for one in changed.eips if one[1] != eip.id])


_REFRESH: Final[dict[type[Import], Callable[[Region, Any, RecordedEvent], None]]] = {
    VpcImported: _vpc,
    VSwitchImported: _vswitch,
    SecurityGroupImported: _group,
    InstanceImported: _instance,
    NetworkInterfaceImported: _interface,
    EipImported: _eip,
}


def refreshed(region: Region, event: ResourceRefreshed, record: RecordedEvent) -> None:
    now = event.now
    if getattr(now, now.ID) != event.resource_id:
        raise ValueError(f"{event.resource_id} is described as another resource")
    _REFRESH[type(now)](region, now, record)
    region.imported = True


# How a resource disappears


def _vpc_gone(region: Region, vpc_id: str) -> None:
    for index in vpc.contents(region):
        _must_be_empty(vpc_id, index.get_existing(vpc_id).size)
        index.delete(vpc_id)
    region.retag("vpcs", region.vpcs.mutable(vpc_id))
    region.vpcs.delete(vpc_id)
    region.addresses.delete(vpc_id)


def _vswitch_gone(region: Region, vswitch_id: str) -> None:
    vswitch = region.vswitches.mutable(vswitch_id)
    _must_be_empty(vswitch_id, region.interfaces_of_vswitch.get_existing(vswitch_id).size)
    region.vswitches_of_vpc.mutable(vswitch.vpc_id).delete(vswitch_id)
    region.interfaces_of_vswitch.delete(vswitch_id)
    region.retag("vswitches", vswitch)
    region.vswitches.delete(vswitch_id)


def _group_gone(region: Region, group_id: str) -> None:
    group = region.security_groups.mutable(group_id)
    _must_be_empty(group_id, region.members_of_group.get_existing(group_id).size + group.authorized_by_others)
    for authorizer_id in region.authorizers_of_group.get_existing(group_id).live_keys():
        authorizer = region.security_groups.mutable(authorizer_id)
        authorizer.referenced_group_ids = tuple([one for one in authorizer.referenced_group_ids if one != group_id])
        if region.sources_of_group.get_existing(authorizer_id)[group_id] is not None:
            region.sources_of_group.mutable(authorizer_id).delete(group_id)
    security_group.remove(region, group)


def _instance_gone(region: Region, instance_id: str) -> None:
    state = region.instances.mutable(instance_id)
    _must_be_empty(instance_id, len(state.attached) + (state.eip_id is not None))
    if state.vpc_id is None:
        instance.leave_classic_network(region, state)
        instance.link(region, state, None)
    instance.end_to_stand_in(region, state)
    if state.public_ip is not None:
        PUBLIC.release(region, state.public_ip, instance_id)
    if state.scheduled is not None:
        region.scheduled.delete(state.scheduled)
    region.retag("instances", state)
    region.instances.delete(instance_id)


def _interface_gone(region: Region, interface_id: str) -> None:
    interface = region.network_interfaces.mutable(interface_id)
    _must_be_empty(interface_id, len(interface.eips))
    _detach(region, interface)
    network_interface.remove(region, interface)
    if interface.type is NetworkInterfaceType.Secondary:
        region.use(interface.account_id, "network_interface", -1)


def _eip_gone(region: Region, allocation_id: str) -> None:
    eip = region.eips.mutable(allocation_id)
    _unbind(region, eip)
    region.use(eip.account_id, "eip", -1)
    PUBLIC.release(region, eip.ip_address, allocation_id)
    region.retag("eips", eip)
    region.eips.delete(allocation_id)


def _must_be_empty(resource_id: str, count: int) -> None:
    if count:
        raise ValueError(f"{resource_id} is gone, and {count} others are still in it or on it")


_GONE: Final[dict[str, Callable[[Region, str], None]]] = {
    "eips": _eip_gone,
    "network_interfaces": _interface_gone,
    "instances": _instance_gone,
    "security_groups": _group_gone,
    "vswitches": _vswitch_gone,
    "vpcs": _vpc_gone,
}
"""The functions that remove a resource, by its table: those first whose resources are in or on the others."""
TABLES: Final = tuple(_GONE)
"""The tables, in the order in which their resources disappear."""


def disappeared(region: Region, event: ResourceDisappeared, record: RecordedEvent) -> None:
    for table, remove in _GONE.items():
        state = getattr(region, table)[event.resource_id]
        if state is not None:
            if state.pending is not None:
                region.end_transition(getattr(region, table).mutable(event.resource_id))
            remove(region, event.resource_id)
            return
    raise KeyError(event.resource_id)


EVOLVE: Final[Evolving] = {ResourceRefreshed: refreshed, ResourceDisappeared: disappeared}
