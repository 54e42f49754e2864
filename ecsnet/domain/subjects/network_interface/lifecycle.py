"""Elastic network interfaces (guide 4.1 to 4.5, 4.8, 4.9).

A secondary ENI is created in a VSwitch, for good, and then moves between instances of its zone with its addresses, its
MAC and its groups: that is what makes failover cheap. A primary ENI is born attached, with its instance, and dies with
it; it has no trigger of its own. The fact that an ENI is attached to an instance has one home, the ENI's `instance_id`.

An imported ENI may be held: another service's, or described in a way that is not understood. It counts, with its
addresses and its groups, and no command changes it. Trunk and Member ENIs always are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ecsnet.commands import (
    AssignPrivateIpAddresses,
    AssociateEipAddress,
    CreateInstance,
    CreateNetworkInterface,
    DeleteNetworkInterface,
    DetachNetworkInterface,
    ModifyInstanceVpcAttribute,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    UnassignPrivateIpAddresses,
    UnassociateEipAddress,
)
from ecsnet.domain.context import AddressRequest, GroupGrowth, Membership, RuleContext, known
from ecsnet.domain.held import reasons_held
from ecsnet.domain.lifecycle import INITIAL, SAME, Lifecycle, Transitional, Transitions, described
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import Breach, ErrorCode, Facts, RuleKind, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import mac_address, resource_id
from ecsnet.domain.state.pending import STUCK, WAITING
from ecsnet.domain.state.records import NetworkInterfaceState
from ecsnet.domain.state.world import Evolving, Region, World
from ecsnet.domain.subjects import security_group
from ecsnet.domain.subjects.vpc import usable_vswitch
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.eip import (
    EipAddressAssociated,
    EipAddressAssociateRequested,
    EipAddressUnassociated,
    EipAddressUnassociateRequested,
)
from ecsnet.events.imports import EipImported, NetworkInterfaceImported
from ecsnet.events.instance import (
    InstanceCreated,
    InstanceCreateRequested,
    InstanceLaunched,
    InstanceLaunchRequested,
    InstanceReleased,
    InstanceVpcAttributeModified,
)
from ecsnet.events.network_interface import (
    NetworkInterfaceAttached,
    NetworkInterfaceAttachFailed,
    NetworkInterfaceAttachRequested,
    NetworkInterfaceCreateCompleted,
    NetworkInterfaceCreated,
    NetworkInterfaceCreateFailed,
    NetworkInterfaceCreateRequested,
    NetworkInterfaceCreation,
    NetworkInterfaceDeleted,
    NetworkInterfaceDeleteRequested,
    NetworkInterfaceDetached,
    NetworkInterfaceDetachRequested,
    NetworkInterfaceModified,
    NetworkInterfaceReleased,
    NetworkInterfaceRetained,
    NetworkInterfaceStuck,
    PrivateIpAddressesAssigned,
    PrivateIpAddressesUnassigned,
    PrivateIpAddressesUnassignRequested,
)
from ecsnet.events.security_group import SecurityGroupJoined, SecurityGroupLeft
from ecsnet.events.tags import ResourceTagged, ResourceUntagged
from ecsnet.values import NetworkInterfaceStatus, NetworkInterfaceType, Tags

S = NetworkInterfaceStatus
# To look up a member of an enumeration takes longer than the rest of many a rule.
AVAILABLE: Final = S.Available
ATTACHING: Final = S.Attaching
IN_USE: Final = S.InUse
DETACHING: Final = S.Detaching
DELETING: Final = S.Deleting
PRIMARY: Final = NetworkInterfaceType.Primary
SECONDARY: Final = NetworkInterfaceType.Secondary

# The lifecycles

EXISTING: Final = [status for status in S if status is not S.Deleted]
NETWORK_INTERFACE: Final = Lifecycle(
    "network interface",
    S,
    id_field="network_interface_id",
    transitional={
        S.Creating: Transitional(
            completed_by=(NetworkInterfaceCreateCompleted,), failed_by=NetworkInterfaceCreateFailed
        ),
        S.Attaching: Transitional(
            completed_by=(NetworkInterfaceAttached,),
            failed_by=NetworkInterfaceAttachFailed,
            stuck_by=NetworkInterfaceStuck,
        ),
        S.Detaching: Transitional(completed_by=(NetworkInterfaceDetached,), stuck_by=NetworkInterfaceStuck),
        S.Deleting: Transitional(completed_by=(NetworkInterfaceDeleted,), stuck_by=NetworkInterfaceStuck),
    },
    final=[S.Deleted],
    kinds={
        NetworkInterfaceCreateRequested: "CreateNetworkInterface",
        NetworkInterfaceAttachRequested: "AttachNetworkInterface",
        NetworkInterfaceDetachRequested: "DetachNetworkInterface",
        NetworkInterfaceDeleteRequested: "DeleteNetworkInterface",
    },
    transitions=[
        [NetworkInterfaceCreated, INITIAL, S.Available],
        [NetworkInterfaceCreateRequested, INITIAL, S.Creating],
        [NetworkInterfaceCreateCompleted, S.Creating, S.Available],
        [NetworkInterfaceCreateFailed, S.Creating, S.CreateFailed],
        [NetworkInterfaceAttachRequested, S.Available, S.Attaching],
        [NetworkInterfaceAttached, [S.Available, S.Attaching], S.InUse],
        [NetworkInterfaceAttachFailed, S.Attaching, S.Available],
        [NetworkInterfaceDetachRequested, S.InUse, S.Detaching],
        [NetworkInterfaceDetached, [S.InUse, S.Detaching], S.Available],
        [NetworkInterfaceDeleteRequested, [S.Available, S.CreateFailed], S.Deleting],
        [NetworkInterfaceDeleted, [S.Available, S.CreateFailed, S.Deleting], S.Deleted],
        # goes no further, until it is asked for again
        [NetworkInterfaceStuck, [S.Attaching, S.Detaching, S.Deleting], SAME],
        [NetworkInterfaceAttachRequested, S.Attaching, SAME],
        [NetworkInterfaceDetachRequested, S.Detaching, SAME],
        [NetworkInterfaceDeleteRequested, S.Deleting, SAME],
        # with its instance, however far attaching or detaching has come
        [NetworkInterfaceReleased, [S.Attaching, S.InUse, S.Detaching], S.Deleted],
        [NetworkInterfaceRetained, [S.Attaching, S.InUse, S.Detaching], S.Available],
        [NetworkInterfaceModified, [S.Available, S.InUse], SAME],
        [ResourceTagged, EXISTING, SAME],
        [ResourceUntagged, EXISTING, SAME],
        [PrivateIpAddressesAssigned, [S.Available, S.InUse], SAME],
        [PrivateIpAddressesUnassignRequested, [S.Available, S.InUse], SAME],
        # what was requested completes in whatever status the ENI is by then
        [PrivateIpAddressesUnassigned, [S.Available, S.Attaching, S.InUse, S.Detaching, S.Deleting], SAME],
        # EIPs
        [EipAddressAssociateRequested, [S.Available, S.InUse], SAME],
        [EipAddressAssociated, [S.Available, S.Attaching, S.InUse, S.Detaching, S.Deleting], SAME],
        [EipAddressUnassociateRequested, [S.Available, S.Attaching, S.InUse, S.Detaching, S.CreateFailed], SAME],
        [EipAddressUnassociated, EXISTING, SAME],
        *described(NetworkInterfaceImported, EXISTING),
        [EipImported, EXISTING, SAME],
    ],
)
"""Secondary ENIs."""

PRIMARY_NETWORK_INTERFACE: Final = Lifecycle(
    "primary network interface",
    [S.InUse, S.Deleted],
    id_field="network_interface_id",
    transitional={},
    final=[S.Deleted],
    transitions=[
        [InstanceCreated, INITIAL, S.InUse],
        [InstanceLaunched, INITIAL, S.InUse],
        [InstanceCreateRequested, INITIAL, S.InUse],
        [InstanceLaunchRequested, INITIAL, S.InUse],
        [InstanceReleased, S.InUse, S.Deleted],
        # its address, its VSwitch and its groups are those of its instance
        [InstanceVpcAttributeModified, S.InUse, SAME],
        [SecurityGroupJoined, S.InUse, SAME],
        [SecurityGroupLeft, S.InUse, SAME],
        [PrivateIpAddressesAssigned, S.InUse, SAME],
        [PrivateIpAddressesUnassignRequested, S.InUse, SAME],
        [PrivateIpAddressesUnassigned, S.InUse, SAME],
        [ResourceTagged, S.InUse, SAME],
        [ResourceUntagged, S.InUse, SAME],
        *described(NetworkInterfaceImported, [S.InUse]),
    ],
)
"""Primary ENIs: there with their instance, InUse, and gone with it."""

LIFECYCLES: Final = {
    SECONDARY: NETWORK_INTERFACE,
    PRIMARY: PRIMARY_NETWORK_INTERFACE,
    NetworkInterfaceType.Trunk: NETWORK_INTERFACE,
    NetworkInterfaceType.Member: NETWORK_INTERFACE,
}
ByType = dict[NetworkInterfaceType, Transitions[S]]


def by_type(event: type[Event]) -> ByType:
    """Returns the transitions of an event that concerns ENIs of both types."""
    return {of_type: lifecycle.table[event] for of_type, lifecycle in LIFECYCLES.items()}


ATTACHED: Final = NETWORK_INTERFACE.statuses_admitting(NetworkInterfaceReleased)
"""The statuses of an ENI that is on an instance, however far attaching or detaching has come."""

# How each event changes the state


def is_waiting_to_be_asked(region: Region, interface: NetworkInterfaceState) -> bool:
    """Returns whether an ENI is in a transitional status that does not end by the clock: it got stuck, or was imported
    in it. To ask for the transition again begins it anew."""
    return interface.pending is not None and region.pending.get_existing(interface.pending).kind in WAITING


def begin_again(region: Region, interface: NetworkInterfaceState, kind: str, record: RecordedEvent) -> None:
    """The transition of an ENI that waits to be asked for again begins anew."""
    if is_waiting_to_be_asked(region, interface):
        region.begin_transition(interface, kind, record.position, record.recorded_at)


def stuck(region: Region, event: NetworkInterfaceStuck, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    region.begin_transition(interface, STUCK, record.position, record.recorded_at)


def changed(region: Region, interface_id: str, record: RecordedEvent) -> NetworkInterfaceState:
    """Returns an ENI to be changed, in the status that the event leads to."""
    interface = region.network_interfaces.mutable(interface_id)
    region.transition(interface, LIFECYCLES[interface.type].table[type(record.event)], record)
    return interface


def add(region: Region, interface: NetworkInterfaceState) -> None:
    """An ENI of either type comes into being, with its addresses and groups."""
    region.count_created("network_interface")
    region.network_interfaces.set(interface.id, interface)
    region.interfaces_of_vswitch.mutable(interface.vswitch_id).set(interface.id, True)
    if interface.name is not None:
        region.list_by_name(interface)
    private_pool.allocate(region, interface, interface.held_addresses)
    security_group.enter(region, interface, interface.security_group_ids)


def remove(region: Region, interface: NetworkInterfaceState) -> None:
    """An ENI of either type is gone: its addresses are free, and it is in no group."""
    clear(region, interface)
    region.network_interfaces.delete(interface.id)


def clear(region: Region, interface: NetworkInterfaceState) -> None:
    """An ENI is in no group and no VSwitch, and its addresses are free."""
    security_group.leave(region, interface, interface.security_group_ids)
    private_pool.release(region, interface, interface.held_addresses)
    region.interfaces_of_vswitch.mutable(interface.vswitch_id).delete(interface.id)
    if interface.name is not None:
        region.unlist_by_name(interface)
    if interface.tags:
        region.retag("network_interfaces", interface)
    for key, _ in interface.revocations:
        region.revocations.delete(key)


def interface_created(region: Region, event: NetworkInterfaceCreation, record: RecordedEvent) -> None:
    vswitch = region.vswitches.get_existing(event.vswitch_id)
    usable_vswitch(vswitch, type(event))
    interface = NetworkInterfaceState(
        id=event.network_interface_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        type=SECONDARY,
        status=NETWORK_INTERFACE.table[type(event)][INITIAL],
        vpc_id=vswitch.vpc_id,
        vswitch_id=vswitch.id,
        zone_id=vswitch.zone_id,
        mac_address=event.mac_address,
        private_ips=event.private_ip_addresses,
        security_group_ids=event.security_group_ids,
        name=event.name,
        description=event.description,
        delete_on_release=event.delete_on_release,
    )  # a call with more than fifteen keywords would take three times as long
    if event.ipv4_prefixes:
        interface.ipv4_prefixes = event.ipv4_prefixes
    add(region, interface)
    if event.ipv4_prefixes:
        private_pool.pass_prefixes(region, interface, event.ipv4_prefixes)
    if event.tags:
        region.retag("network_interfaces", interface, Tags(event.tags))
    region.use(record.account_id, "network_interface", 1)
    if interface.status is not AVAILABLE:
        kind = NETWORK_INTERFACE.kinds[type(event)]
        region.begin_transition(interface, kind, record.position, record.recorded_at)


def interface_moved(
    region: Region, event: NetworkInterfaceCreateCompleted | NetworkInterfaceCreateFailed, record: RecordedEvent
) -> None:
    changed(region, event.network_interface_id, record)


def interface_delete_requested(region: Region, event: NetworkInterfaceDeleteRequested, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    begin_again(region, interface, NETWORK_INTERFACE.kinds[NetworkInterfaceDeleteRequested], record)


def interface_deleted(region: Region, event: NetworkInterfaceDeleted, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    remove(region, interface)
    if interface.type is SECONDARY:
        region.use(interface.account_id, "network_interface", -1)


def interface_modified(region: Region, event: NetworkInterfaceModified, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    if event.name is not None:
        region.unlist_by_name(interface)
        interface.name = event.name
        region.list_by_name(interface)
    if event.description is not None:
        interface.description = event.description
    if event.delete_on_release is not None:
        interface.delete_on_release = event.delete_on_release
    if event.security_group_ids is not None:
        security_group.replace(region, interface, event.security_group_ids)


EVOLVE: Final[Evolving] = {
    NetworkInterfaceCreated: interface_created,
    NetworkInterfaceCreateRequested: interface_created,
    NetworkInterfaceCreateCompleted: interface_moved,
    NetworkInterfaceCreateFailed: interface_moved,
    NetworkInterfaceStuck: stuck,
    NetworkInterfaceDeleteRequested: interface_delete_requested,
    NetworkInterfaceDeleted: interface_deleted,
    NetworkInterfaceModified: interface_modified,
}

# The rules

RULES: Final = SubjectRules()

DELETABLE: Final = NETWORK_INTERFACE.statuses_admitting(NetworkInterfaceDeleted)
MODIFIABLE: Final = NETWORK_INTERFACE.statuses_admitting(NetworkInterfaceModified)

must_exist(
    RULES,
    "interface.not-found",
    "network interface",
    code="InvalidEniId.NotFound",
    codes={
        AssociateEipAddress: ("InvalidInstanId.NotFound", 404),  # the vendor's spelling
        UnassociateEipAddress: ("InvalidInstanId.NotFound", 404),
    },
)

SERVICE_MANAGED: Final = ErrorCode("InvalidOperation.EniServiceManaged", 403)


def are_held(world: World, interfaces: Iterable[NetworkInterfaceState]) -> Facts | None:
    """Returns the facts that break a rule against ENIs that are held."""
    reasons = reasons_held(world, interfaces)
    return {"network_interface_ids": tuple(reasons), "reasons": reasons} if reasons else None


@RULES.denies(
    "interface.held",
    DeleteNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    DetachNetworkInterface,
    AssignPrivateIpAddresses,
    UnassignPrivateIpAddresses,
    ModifyInstanceVpcAttribute,
    AssociateEipAddress,
    UnassociateEipAddress,
    code=SERVICE_MANAGED.code,
    http_status=SERVICE_MANAGED.http_status,
    message="{reasons:is held:}",
)
def held(network_interface: NetworkInterfaceState, imported_world: World) -> Facts | None:
    """An imported ENI that is held is not changed: a service manages it, its description is not understood, or there is
    none of its VSwitch."""
    return are_held(imported_world, (network_interface,))


def is_primary(network_interface: NetworkInterfaceState) -> Facts | Breach | None:
    """Returns the facts that break a rule against primary ENIs. One that is held may be on an instance that no response
    describes."""
    if network_interface.type is not PRIMARY:
        return None
    facts: Facts = {"network_interface_id": network_interface.id, "instance_id": network_interface.instance_id}
    if network_interface.instance_id is None:
        return Breach(facts, message="{network_interface_id} is a primary ENI, of an instance that is not described")
    return facts


@RULES.denies(
    "interface.delete.primary",
    DeleteNetworkInterface,
    guide="4.9",
    code="InvalidOperation.InvalidEniType",
    http_status=403,
    message="{network_interface_id} is the primary ENI of {instance_id} and is deleted with it",
)
def delete_primary(network_interface: NetworkInterfaceState) -> Facts | Breach | None:
    """A primary ENI cannot be deleted on its own."""
    return is_primary(network_interface)


@RULES.denies(
    "interface.delete.state",
    DeleteNetworkInterface,
    guide="4.9",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status}, and only an ENI that is Available or CreateFailed can be deleted",
)
def delete_state(network_interface: NetworkInterfaceState) -> Facts | None:
    """Only an ENI that is Available, or CreateFailed, can be deleted; asking again while it is Deleting is accepted."""
    if network_interface.status in DELETABLE:
        return None
    return {"network_interface_id": network_interface.id, "status": network_interface.status}


@RULES.denies(
    "interface.modify.primary",
    ModifyNetworkInterfaceAttribute,
    guide="4.5",
    code="InvalidOperation.InvalidEniType",
    http_status=403,
    message="{network_interface_id} is the primary ENI of {instance_id}, and only secondary ENIs are modified",
)
def modify_primary(network_interface: NetworkInterfaceState) -> Facts | Breach | None:
    """Only the attributes of a secondary ENI can be modified."""
    return is_primary(network_interface)


@RULES.denies(
    "interface.modify.state",
    ModifyNetworkInterfaceAttribute,
    guide="4.5",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status}, and must be Available or InUse",
)
def modify_state(network_interface: NetworkInterfaceState) -> Facts | None:
    """An ENI is modified while it is Available or InUse."""
    if network_interface.status in MODIFIABLE:
        return None
    return {"network_interface_id": network_interface.id, "status": network_interface.status}


RULES.states(
    "interface.primary.bound-for-life",
    RuleKind.Invariant,
    "An instance of a VPC has exactly one primary ENI, which is created with it, is never detached, and goes with it.",
    guide="4.1",
)
RULES.states(
    "interface.create.vswitch",
    RuleKind.Fact,
    "A secondary ENI lives in one VSwitch of one VPC for good: no command has a parameter to change either.",
    guide="4.2",
)


@RULES.denies(
    "account.interface-quota",
    CreateNetworkInterface,
    RunInstances,
    CreateInstance,
    guide="4.1",
    code="MaxEniCountExceeded",
    http_status=403,
    message="the account has {count} secondary ENIs in the region, and {new} more would exceed the quota of {quota}",
)
def interface_quota(region: Region, account_id: str, secondaries_created: int) -> Facts | None:
    """An account owns at most ``interfaces-per-region`` (100) secondary ENIs in a region."""
    count, quota = region.used(account_id, "network_interface"), region.quota(account_id, "interfaces-per-region")
    if count + secondaries_created <= quota:
        return None
    return {"count": count, "new": secondaries_created, "quota": quota}


# How each command is decided


def prepare_create(context: RuleContext, command: CreateNetworkInterface | None) -> None:
    context.secondaries_created, vswitch = 1, context.vswitch
    if command is None:
        context.request_addresses(AddressRequest(vswitch=vswitch, to_allocate=1, interface_status=AVAILABLE))
        return
    named, primary = command.private_ip_addresses, command.primary_ip_address
    chosen = command.secondary_private_ip_address_count or 0
    count = 1 + len(named) + chosen
    if primary is not None:
        named = (primary, *named)
    if command.ipv4_prefixes or command.ipv4_prefix_count is not None:
        named = context.request_prefixes(vswitch, named, command.ipv4_prefixes, command.ipv4_prefix_count)
        count += known(context.prefix_request).count
    request = AddressRequest(
        vswitch=vswitch,
        named=named,
        named_available=context.free_among(vswitch, named) if named else 0,
        to_allocate=chosen + (primary is None),
        resulting_count=count,
        interface_status=AVAILABLE,
        in_prefixes=0 if context.prefix_request is None else context.addresses_in_drawn_prefixes(),
    )
    context.request_addresses(request)
    groups = known(context.security_groups)
    vpc_id = security_group.vpc_that_fits(groups) if vswitch is None else vswitch.vpc_id
    context.memberships = (Membership(groups=groups, count=len(command.security_group_ids), vpc_id=vpc_id),)
    growth = []
    for group in groups:
        growth.append(GroupGrowth(group, count))
    context.group_growth = tuple(growth)


def create(context: RuleContext, command: CreateNetworkInterface) -> tuple[Event, ...]:
    region, vswitch = context.region, known(context.vswitch)
    (request,) = known(context.address_requests)
    taken = request.named if context.prefix_request is None else context.addresses_asked_for(request)
    allocated = private_pool.draw(region, vswitch, request.to_allocate, taken)
    if command.primary_ip_address is not None:
        addresses = (command.primary_ip_address, *command.private_ip_addresses, *allocated)
    else:
        addresses = (allocated[0], *command.private_ip_addresses, *allocated[1:])
    region_id, number = region.region_id, context.world.next_number(region, "network_interface")
    return (
        NetworkInterfaceCreated(
            network_interface_id=resource_id(region_id, "network_interface", number),
            vswitch_id=vswitch.id,
            mac_address=mac_address(region_id, number),
            private_ip_addresses=addresses,
            security_group_ids=command.security_group_ids,
            name=command.network_interface_name,
            description=command.description,
            ipv4_prefixes=context.all_prefixes(),
            tags=tuple(command.tags.items()),
            delete_on_release=command.delete_on_release,
        ),
    )


def restore_create(region: Region, recording: Recording[NetworkInterfaceCreation]) -> CreateNetworkInterface:
    event = recording.event
    return CreateNetworkInterface(
        vswitch_id=event.vswitch_id,
        security_group_ids=event.security_group_ids,
        primary_ip_address=event.private_ip_addresses[0],
        private_ip_addresses=event.private_ip_addresses[1:],
        network_interface_name=event.name,
        description=event.description,
        ipv4_prefixes=event.ipv4_prefixes,
        tags=event.tags,
        delete_on_release=event.delete_on_release,
    )


def delete(context: RuleContext, command: DeleteNetworkInterface) -> tuple[Event, ...]:
    interface = known(context.network_interface)
    if interface.status is DELETING and not is_waiting_to_be_asked(context.region, interface):
        return ()
    if context.asynchronous:
        return (NetworkInterfaceDeleteRequested(network_interface_id=interface.id),)
    return deletion(interface)


def deletion(interface: NetworkInterfaceState) -> tuple[Event, ...]:
    """Returns the events with which an ENI is gone, its EIPs before it."""
    deleted = NetworkInterfaceDeleted(network_interface_id=interface.id)
    return (*release_eips(interface), deleted) if interface.eips else (deleted,)


def release_eips(interface: NetworkInterfaceState) -> list[Event]:
    """Returns the events with which the EIPs of an ENI are free again."""
    return [
        EipAddressUnassociated(allocation_id=eip_id, network_interface_id=interface.id) for eip_id in interface.eip_ids
    ]


def prepare_modify(context: RuleContext, command: ModifyNetworkInterfaceAttribute | None) -> None:
    interface, groups = context.network_interface, context.security_groups
    if command is None or command.security_group_ids is None or groups is None:
        return
    vpc_id = security_group.vpc_that_fits(groups) if interface is None else interface.vpc_id
    context.memberships = (Membership(groups=groups, count=len(command.security_group_ids), vpc_id=vpc_id),)
    if interface is not None:
        held, count = set(interface.security_group_ids), interface.address_count
        context.group_growth = tuple([GroupGrowth(group, count) for group in groups if group.id not in held])


def modify(context: RuleContext, command: ModifyNetworkInterfaceAttribute) -> tuple[Event, ...]:
    group_ids = command.security_group_ids
    return (
        NetworkInterfaceModified(
            network_interface_id=command.network_interface_id,
            name=command.network_interface_name,
            description=command.description,
            security_group_ids=None if group_ids is None else tuple(group_ids),
            delete_on_release=command.delete_on_release,
        ),
    )


def restore_modify(region: Region, recording: Recording[NetworkInterfaceModified]) -> ModifyNetworkInterfaceAttribute:
    event = recording.event
    return ModifyNetworkInterfaceAttribute(
        network_interface_id=event.network_interface_id,
        network_interface_name=event.name,
        description=event.description,
        security_group_ids=event.security_group_ids,
        delete_on_release=event.delete_on_release,
    )


OPERATIONS: Final[Operations] = operations(
    Operation(
        CreateNetworkInterface,
        create,
        ResourceKind.NetworkInterface,
        within=ResourceKind.VSwitch,
        prepare=prepare_create,
        recorded_as=(NetworkInterfaceCreated, NetworkInterfaceCreateRequested),
        restore=restore_create,
    ),
    Operation(
        DeleteNetworkInterface,
        delete,
        ResourceKind.NetworkInterface,
        statuses={ResourceKind.NetworkInterface: DELETABLE},
        recorded_as=(NetworkInterfaceDeleted, NetworkInterfaceDeleteRequested),
        removes=True,
    ),
    Operation(
        ModifyNetworkInterfaceAttribute,
        modify,
        ResourceKind.NetworkInterface,
        prepare=prepare_modify,
        statuses={ResourceKind.NetworkInterface: MODIFIABLE},
        recorded_as=(NetworkInterfaceModified,),
        restore=restore_modify,
    ),
)
