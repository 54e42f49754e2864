"""Imports: resources that come into the model as they were described, not as a command made them.

What is described may contradict itself (two ENIs with one address, an address outside its VSwitch): it is taken as it
is, so that `ecsnet.audit` can report it. What it has more of than a default quota allows proves a higher quota. What is
not the account's to change, or is described as something that the model does not know, is held: it is there, and no
command changes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ecsnet.domain.lifecycle import Lifecycle
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.pending import IMPORTED
from ecsnet.domain.state.records import EipState, InstanceState, NetworkInterfaceState, State, UnseenPrimary
from ecsnet.domain.state.world import Evolving, Region, TransitionalState
from ecsnet.domain.subjects import security_group, vpc
from ecsnet.domain.subjects.eip import EIP, put_on
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.events.base import RecordedEvent
from ecsnet.events.imports import (
    EipImported,
    Import,
    InstanceImported,
    NetworkInterfaceImported,
    SecurityGroupImported,
    VpcImported,
    VSwitchImported,
)
from ecsnet.events.security_group import SecurityGroupCreated
from ecsnet.events.vpc import VpcCreated, VSwitchCreated
from ecsnet.values import InstanceStatus, NetworkInterfaceStatus, NetworkInterfaceType, Tags


def _born(event: Import, record: RecordedEvent) -> datetime:
    return event.created_at or record.recorded_at


def _attributes(event: Import) -> dict[str, Any]:
    return {"name": event.name, "description": event.description, "tags": event.tags}


def _tag(region: Region, table: str, state: State, event: Import) -> None:
    if event.tags:
        region.retag(table, state, Tags(event.tags))


def begin(region: Region, state: TransitionalState, lifecycle: Lifecycle[Any], record: RecordedEvent) -> None:
    """A resource that is described in a transitional status stays in it until it is settled or asked for again."""
    if state.status in lifecycle.transitional:
        region.begin_transition(state, IMPORTED, record.position, record.recorded_at)


def vpc_imported(region: Region, event: VpcImported, record: RecordedEvent) -> None:
    created = VpcCreated(vpc_id=event.vpc_id, cidr_block=event.cidr_block, **_attributes(event))
    vpc.vpc_created(region, created, record, vpc.VPC.described[VpcImported][event.status])
    state = region.vpcs.mutable(event.vpc_id)
    state.created_at = _born(event, record)
    state.held, state.owner_id, state.described = event.held, event.owner_id, event.described
    state.only_named = event.only_named
    for cidr_block in event.secondary_cidr_blocks:
        vpc.add_block(state, cidr_block)
    region.describe(record.account_id, "secondary-cidr-blocks-per-vpc", len(event.secondary_cidr_blocks))
    begin(region, state, vpc.VPC, record)
    region.imported = True


def vswitch_imported(region: Region, event: VSwitchImported, record: RecordedEvent) -> None:
    created = VSwitchCreated(
        vswitch_id=event.vswitch_id,
        vpc_id=event.vpc_id,
        zone_id=event.zone_id,
        cidr_block=event.cidr_block,
        **_attributes(event),
    )
    vpc.vswitch_created(region, created, record, vpc.VSWITCH.described[VSwitchImported][event.status])
    region.describe(record.account_id, "vswitches-per-vpc", region.vswitches_of_vpc.get_existing(event.vpc_id).size)
    state = region.vswitches.mutable(event.vswitch_id)
    state.created_at = _born(event, record)
    state.held, state.owner_id, state.described = event.held, event.owner_id, event.described
    state.only_named = event.only_named
    state.unseen_addresses = event.unseen_addresses
    state.available_ip_address_count -= event.unseen_addresses
    begin(region, state, vpc.VSWITCH, record)
    region.imported = True


def group_imported(region: Region, event: SecurityGroupImported, record: RecordedEvent) -> None:
    created = SecurityGroupCreated(
        security_group_id=event.security_group_id,
        vpc_id=event.vpc_id,
        security_group_type=event.security_group_type,
        **_attributes(event),
    )
    security_group.group_created(region, created, record)
    state = region.security_groups.mutable(event.security_group_id)
    state.created_at = _born(event, record)
    state.not_modelled = event.not_modelled
    region.end_awaiting(state.id)
    region.describe(record.account_id, "security-groups-per-region", region.used(record.account_id, "security_group"))
    region.imported = True


def unseen_primary(event: InstanceImported) -> UnseenPrimary | None:
    """Returns what an instance is described with of its primary ENI, None if that is described itself."""
    if event.vswitch_id is None:
        return None
    return UnseenPrimary(event.vswitch_id, event.private_ip_address or "", event.security_group_ids)


def instance_imported(region: Region, event: InstanceImported, record: RecordedEvent) -> None:
    state = InstanceState(
        id=event.instance_id,
        account_id=record.account_id,
        created_at=_born(event, record),
        position=record.position,
        name=event.name,
        description=event.description,
        status=INSTANCE.described[InstanceImported][event.status],
        instance_type=event.instance_type,
        vpc_id=event.vpc_id,
        zone_id=event.zone_id,
        charge_type=event.charge_type,
        expires_at=event.expires_at,
        image_id=event.image_id,
        starts_when_created=True,
        held=event.held,
    )  # a call with more than fifteen keywords would take three times as long
    state.was_started = event.status is not InstanceStatus.Pending
    state.internet_max_bandwidth_out = state.bandwidth_at_creation = event.internet_max_bandwidth_out
    state.public_ip = event.public_ip_address
    state.deletion_protection = event.deletion_protection
    state.described = event.described
    region.count_created("instance")
    region.instances.set(state.id, state)
    state.unseen_primary = unseen_primary(event)
    instance.begin_to_stand_in(region, state)
    region.end_awaiting(state.id)
    region.await_described(state)
    _tag(region, "instances", state, event)
    if event.vpc_id is None:
        state.classic_ip = event.private_ip_address or ""
        if state.classic_ip:  # else it is not known
            region.classic_ips.set(state.classic_ip, state.id)
        instance.regroup_classic(region, state, event.security_group_ids)
        region.describe(record.account_id, "security-groups-per-interface", len(event.security_group_ids))
    if event.public_ip_address is not None:
        region.public_ips.set(event.public_ip_address, state.id)
    if state.held is None:
        begin(region, state, INSTANCE, record)
    region.imported = True


_STATUSES: Final = {
    of_type: lifecycle.described[NetworkInterfaceImported]
    for of_type, lifecycle in network_interface.LIFECYCLES.items()
}
"""The status of an ENI by its type and the described status."""


def described_interface(
    region: Region, event: NetworkInterfaceImported, record: RecordedEvent
) -> NetworkInterfaceState:
    """Returns the state of an ENI as it is described."""
    vswitch = region.vswitches.get_existing(event.vswitch_id)
    interface = NetworkInterfaceState(
        id=event.network_interface_id,
        account_id=record.account_id,
        created_at=_born(event, record),
        position=record.position,
        type=event.type,
        status=_STATUSES[event.type][event.status],
        vpc_id=vswitch.vpc_id,
        vswitch_id=vswitch.id,
        zone_id=vswitch.zone_id,
        mac_address=event.mac_address,
        private_ips=event.private_ip_addresses,
        security_group_ids=event.security_group_ids,
        instance_id=event.instance_id,
        held=event.held,
    )  # a call with more than fifteen keywords would take three times as long
    interface.ipv4_prefixes = event.ipv4_prefixes
    interface.ipv6_addresses = event.ipv6_addresses
    interface.name, interface.description = event.name, event.description
    interface.delete_on_release = event.delete_on_release
    interface.described = event.described
    return interface


def take_in(region: Region, interface: NetworkInterfaceState) -> None:
    """Adds a described ENI to its VSwitch and its groups, with its addresses."""
    region.imported = True
    region.network_interfaces.set(interface.id, interface)
    region.await_described(interface)
    region.interfaces_of_vswitch.mutable(interface.vswitch_id).set(interface.id, True)
    region.list_by_name(interface)
    private_pool.adopt(region, interface)
    security_group.enter(region, interface, interface.security_group_ids)
    if interface.type is NetworkInterfaceType.Secondary:
        region.use(interface.account_id, "network_interface", 1)


def interface_imported(region: Region, event: NetworkInterfaceImported, record: RecordedEvent) -> None:
    interface = described_interface(region, event, record)
    region.count_created("network_interface")
    region.end_awaiting(interface.id)
    take_in(region, interface)
    _tag(region, "network_interfaces", interface, event)
    if event.instance_id is not None:
        attach(interface, instance.changed(region, event.instance_id, record))
    describe_interface(region, interface)
    if interface.held is None:
        begin(region, interface, network_interface.LIFECYCLES[interface.type], record)


def describe_interface(region: Region, interface: NetworkInterfaceState) -> None:
    """Notes what an ENI proves of the quotas of its account."""
    account_id, count = interface.account_id, interface.address_count
    region.describe(account_id, "interfaces-per-region", region.used(account_id, "network_interface"))
    if count > 1:
        region.describe(account_id, "addresses-per-interface", count)
        if interface.status is NetworkInterfaceStatus.Available:
            region.describe(account_id, "addresses-per-available-interface", count - 1)
    if len(interface.security_group_ids) > 1:
        region.describe(account_id, "security-groups-per-interface", len(interface.security_group_ids))
    for group_id in interface.security_group_ids:
        group = region.security_groups.get_existing(group_id)
        region.describe(account_id, security_group.ADDRESS_QUOTAS[group.type], group.private_ip_count)


def attach(interface: NetworkInterfaceState, state: InstanceState) -> None:
    """Puts a described ENI on an instance, a primary one before all others."""
    if interface.type is network_interface.PRIMARY:
        state.network_interface_ids = (interface.id, *state.attached)
    else:
        state.attach(interface.id)


def eip_imported(region: Region, event: EipImported, record: RecordedEvent) -> None:
    eip = EipState(
        id=event.allocation_id,
        account_id=record.account_id,
        created_at=_born(event, record),
        position=record.position,
        name=event.name,
        description=event.description,
        ip_address=event.ip_address,
        status=EIP.described[EipImported][event.status],
        instance_id=event.instance_id,
        private_ip_address=event.private_ip_address,
        charge_type=event.charge_type,
        deletion_protection=event.deletion_protection,
        held=event.held,
        described=event.described,
    )
    region.count_created("eip")
    region.use(record.account_id, "eip", 1)
    region.describe(record.account_id, "eips-per-account", region.used(record.account_id, "eip"))
    region.eips.set(eip.id, eip)
    region.await_described(eip)
    _tag(region, "eips", eip, event)
    region.public_ips.set(eip.ip_address, eip.id)
    if event.instance_id is not None:
        instance.changed(region, event.instance_id, record).eip_id = eip.id
    if event.network_interface_id is not None:
        put_on(network_interface.changed(region, event.network_interface_id, record), eip)
    if eip.held is None:
        begin(region, eip, EIP, record)
    region.imported = True


EVOLVE: Final[Evolving] = {
    VpcImported: vpc_imported,
    VSwitchImported: vswitch_imported,
    SecurityGroupImported: group_imported,
    InstanceImported: instance_imported,
    NetworkInterfaceImported: interface_imported,
    EipImported: eip_imported,
}
