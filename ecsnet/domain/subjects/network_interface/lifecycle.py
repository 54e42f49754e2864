"""Elastic network interfaces (guide 4.1 to 4.5, 4.8, 4.9).

A secondary ENI is created in a VSwitch, for good, and then moves between instances of its zone with its addresses, its
MAC and its groups: that is what makes failover cheap. A primary ENI is born attached, with its instance, and dies with
it; it has no trigger of its own. The fact that an ENI is attached to an instance has one home, the ENI's `instance_id`.
"""

from __future__ import annotations

from typing import Final

from ecsnet.commands import CreateNetworkInterface, DeleteNetworkInterface, ModifyNetworkInterfaceAttribute
from ecsnet.domain.context import RuleContext
from ecsnet.domain.lifecycle import INITIAL, IllegalTransition, Lifecycle, Transitions
from ecsnet.domain.rules import Facts, RuleKind, rules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import mac_address, resource_id
from ecsnet.domain.state.records import NetworkInterfaceState
from ecsnet.domain.state.world import Evolving, Region
from ecsnet.domain.subjects import security_group
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.instance import (
    InstanceCreated,
    InstanceCreateRequested,
    InstanceLaunched,
    InstanceLaunchRequested,
    InstanceReleased,
)
from ecsnet.events.network_interface import (
    NetworkInterfaceAttached,
    NetworkInterfaceAttachRequested,
    NetworkInterfaceCreateCompleted,
    NetworkInterfaceCreated,
    NetworkInterfaceCreateRequested,
    NetworkInterfaceCreation,
    NetworkInterfaceDeleted,
    NetworkInterfaceDeleteRequested,
    NetworkInterfaceDetached,
    NetworkInterfaceDetachRequested,
    NetworkInterfaceModified,
    NetworkInterfaceReleased,
    PrivateIpAddressesAssigned,
    PrivateIpAddressesUnassigned,
)
from ecsnet.values import NetworkInterfaceStatus, NetworkInterfaceType

S = NetworkInterfaceStatus
PRIMARY: Final = NetworkInterfaceType.Primary
SECONDARY: Final = NetworkInterfaceType.Secondary

# The lifecycles

NETWORK_INTERFACE: Final = Lifecycle(
    "network interface",
    S,
    final=[S.Deleted],
    rows=[
        (INITIAL, NetworkInterfaceCreated, S.Available),
        (INITIAL, NetworkInterfaceCreateRequested, S.Creating),
        (S.Creating, NetworkInterfaceCreateCompleted, S.Available),
        (S.Available, NetworkInterfaceAttachRequested, S.Attaching),
        (S.Attaching, NetworkInterfaceAttached, S.InUse),
        (S.Available, NetworkInterfaceAttached, S.InUse),
        (S.InUse, NetworkInterfaceDetachRequested, S.Detaching),
        (S.Detaching, NetworkInterfaceDetached, S.Available),
        (S.InUse, NetworkInterfaceDetached, S.Available),
        (S.Available, NetworkInterfaceDeleteRequested, S.Deleting),
        (S.Deleting, NetworkInterfaceDeleted, S.Deleted),
        (S.Available, NetworkInterfaceDeleted, S.Deleted),
        # with its instance, however far attaching or detaching has come
        (S.Attaching, NetworkInterfaceReleased, S.Deleted),
        (S.InUse, NetworkInterfaceReleased, S.Deleted),
        (S.Detaching, NetworkInterfaceReleased, S.Deleted),
        (S.Available, NetworkInterfaceModified, S.Available),
        (S.InUse, NetworkInterfaceModified, S.InUse),
        (S.Available, PrivateIpAddressesAssigned, S.Available),
        (S.InUse, PrivateIpAddressesAssigned, S.InUse),
        (S.Available, PrivateIpAddressesUnassigned, S.Available),
        (S.InUse, PrivateIpAddressesUnassigned, S.InUse),
    ],
)

PRIMARY_NETWORK_INTERFACE: Final = Lifecycle(
    "primary network interface",
    [S.InUse, S.Deleted],
    final=[S.Deleted],
    rows=[
        (INITIAL, InstanceCreated, S.InUse),
        (INITIAL, InstanceLaunched, S.InUse),
        (INITIAL, InstanceCreateRequested, S.InUse),
        (INITIAL, InstanceLaunchRequested, S.InUse),
        (S.InUse, InstanceReleased, S.Deleted),
        (S.InUse, PrivateIpAddressesAssigned, S.InUse),
        (S.InUse, PrivateIpAddressesUnassigned, S.InUse),
    ],
)

# How each event changes the state

COMPLETED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceCreateCompleted)
ATTACHED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceAttached)
ATTACH_REQUESTED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceAttachRequested)
DETACHED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceDetached)
DETACH_REQUESTED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceDetachRequested)
DELETED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceDeleted)
DELETE_REQUESTED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceDeleteRequested)
RELEASED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceReleased)
MODIFIED: Final = NETWORK_INTERFACE.transitions(NetworkInterfaceModified)


def _transition(region: Region, interface_id: str, transitions: Transitions[S]) -> NetworkInterfaceState:
    interface = region.network_interfaces.mutable(interface_id)
    if interface.type is PRIMARY:
        raise IllegalTransition(f"{transitions.event} is not possible for a primary ENI")
    interface.status = transitions[interface.status]
    if interface.pending is not None:
        region.end_transition(interface)
    return interface


def add(region: Region, interface: NetworkInterfaceState) -> None:
    """An ENI of either type comes into being, with its addresses and groups."""
    region.count_created("network_interface")
    region.network_interfaces.set(interface.id, interface)
    region.interfaces_of_vswitch.mutable(interface.vswitch_id).set(interface.id, True)
    region.list_by_name(interface)
    private_pool.allocate(region, interface, interface.private_ips)
    security_group.enter(region, interface, interface.security_group_ids)


def remove(region: Region, interface: NetworkInterfaceState) -> None:
    """An ENI of either type is gone: its addresses are free, and it is in no group."""
    security_group.leave(region, interface, interface.security_group_ids)
    private_pool.release(region, interface, interface.private_ips)
    region.interfaces_of_vswitch.mutable(interface.vswitch_id).delete(interface.id)
    region.unlist_by_name(interface)
    region.network_interfaces.delete(interface.id)


def interface_created(region: Region, event: NetworkInterfaceCreation, record: RecordedEvent) -> None:
    vswitch = region.vswitches.get_existing(event.vswitch_id)
    interface = NetworkInterfaceState(
        id=event.network_interface_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        type=SECONDARY,
        status=NETWORK_INTERFACE.transitions(type(event))[INITIAL],
        vpc_id=vswitch.vpc_id,
        vswitch_id=vswitch.id,
        zone_id=vswitch.zone_id,
        mac_address=event.mac_address,
        private_ips=event.private_ip_addresses,
        security_group_ids=event.security_group_ids,
        name=event.name,
        description=event.description,
    )
    add(region, interface)
    region.use(record.account_id, "network_interface", 1)
    if interface.status is S.Creating:
        region.begin_transition(interface, record.position, record.recorded_at)


def interface_create_completed(region: Region, event: NetworkInterfaceCreateCompleted, record: RecordedEvent) -> None:
    _transition(region, event.network_interface_id, COMPLETED)


def interface_attach_requested(region: Region, event: NetworkInterfaceAttachRequested, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, ATTACH_REQUESTED)
    _bind(region, interface, event.instance_id)
    region.begin_transition(interface, record.position, record.recorded_at)


def interface_attached(region: Region, event: NetworkInterfaceAttached, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, ATTACHED)
    if interface.instance_id is None:
        _bind(region, interface, event.instance_id)


def _bind(region: Region, interface: NetworkInterfaceState, instance_id: str) -> None:
    region.instances.mutable(instance_id).attached[interface.id] = None
    interface.instance_id = instance_id


def _unbind(region: Region, interface: NetworkInterfaceState, instance_id: str) -> None:
    del region.instances.mutable(instance_id).attached[interface.id]


def interface_detach_requested(region: Region, event: NetworkInterfaceDetachRequested, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, DETACH_REQUESTED)
    region.begin_transition(interface, record.position, record.recorded_at)


def interface_detached(region: Region, event: NetworkInterfaceDetached, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, DETACHED)
    _unbind(region, interface, event.instance_id)
    interface.instance_id = None


def interface_delete_requested(region: Region, event: NetworkInterfaceDeleteRequested, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, DELETE_REQUESTED)
    region.begin_transition(interface, record.position, record.recorded_at)


def interface_deleted(region: Region, event: NetworkInterfaceDeleted, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, DELETED)
    remove(region, interface)
    region.use(interface.account_id, "network_interface", -1)


def interface_released(region: Region, event: NetworkInterfaceReleased, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, RELEASED)
    _unbind(region, interface, event.instance_id)
    remove(region, interface)
    region.use(interface.account_id, "network_interface", -1)


def interface_modified(region: Region, event: NetworkInterfaceModified, record: RecordedEvent) -> None:
    interface = _transition(region, event.network_interface_id, MODIFIED)
    if event.name is not None:
        region.unlist_by_name(interface)
        interface.name = event.name
        region.list_by_name(interface)
    if event.description is not None:
        interface.description = event.description
    if event.security_group_ids is not None:
        security_group.replace(region, interface, event.security_group_ids)


EVOLVE: Final[Evolving] = {
    NetworkInterfaceCreated: interface_created,
    NetworkInterfaceCreateRequested: interface_created,
    NetworkInterfaceCreateCompleted: interface_create_completed,
    NetworkInterfaceAttachRequested: interface_attach_requested,
    NetworkInterfaceAttached: interface_attached,
    NetworkInterfaceDetachRequested: interface_detach_requested,
    NetworkInterfaceDetached: interface_detached,
    NetworkInterfaceDeleteRequested: interface_delete_requested,
    NetworkInterfaceDeleted: interface_deleted,
    NetworkInterfaceReleased: interface_released,
    NetworkInterfaceModified: interface_modified,
}

# The rules

DELETABLE: Final = frozenset(DELETE_REQUESTED) | {S.Deleting}  # asked again, it changes nothing
MODIFIABLE: Final = frozenset(MODIFIED)


def is_primary(network_interface: NetworkInterfaceState) -> Facts | None:
    """The facts that break a rule against primary ENIs."""
    if network_interface.type is not PRIMARY:
        return None
    return {"network_interface_id": network_interface.id, "instance_id": network_interface.instance_id}


@rules.denies(
    "interface.delete.primary",
    DeleteNetworkInterface,
    guide="4.9",
    code="InvalidOperation.InvalidEniType",
    http_status=403,
    message="{network_interface_id} is the primary ENI of {instance_id} and is deleted with it",
)
def delete_primary(network_interface: NetworkInterfaceState) -> Facts | None:
    """A primary ENI cannot be deleted on its own."""
    return is_primary(network_interface)


@rules.denies(
    "interface.delete.state",
    DeleteNetworkInterface,
    guide="4.9",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status}, and only an Available ENI can be deleted",
)
def delete_state(network_interface: NetworkInterfaceState) -> Facts | None:
    """Only an Available ENI can be deleted; asking again while it is Deleting is accepted."""
    if network_interface.status in DELETABLE:
        return None
    return {"network_interface_id": network_interface.id, "status": network_interface.status}


@rules.denies(
    "interface.modify.primary",
    ModifyNetworkInterfaceAttribute,
    guide="4.5",
    code="InvalidOperation.InvalidEniType",
    http_status=403,
    message="{network_interface_id} is the primary ENI of {instance_id}, and only secondary ENIs are modified",
)
def modify_primary(network_interface: NetworkInterfaceState) -> Facts | None:
    """Only the attributes of a secondary ENI can be modified."""
    return is_primary(network_interface)


@rules.denies(
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


rules.states(
    "interface.primary.bound-for-life",
    RuleKind.Invariant,
    "An instance of a VPC has exactly one primary ENI, which is created with it, is never detached, and goes with it.",
    guide="4.1",
)
rules.states(
    "interface.create.vswitch",
    RuleKind.Fact,
    "A secondary ENI lives in one VSwitch of one VPC for good: no command has a parameter to change either.",
    guide="4.2",
)


@rules.denies(
    "account.interface-quota",
    CreateNetworkInterface,
    guide="4.1",
    code="MaxEniCountExceeded",
    http_status=403,
    message="the account has {count} secondary ENIs in the region, and the quota is {quota}",
)
def interface_quota(region: Region, account_id: str) -> Facts | None:
    """An account owns at most ``interfaces-per-region`` (100) secondary ENIs in a region."""
    count, quota = region.used(account_id, "network_interface"), region.quota(account_id, "interfaces-per-region")
    return None if count < quota else {"count": count, "quota": quota}


# How each command is decided


def resolve_create(context: RuleContext) -> None:
    command: CreateNetworkInterface = context.command
    context.vswitch = vswitch = context.find_vswitch(command.vswitch_id)
    context.group_ids = tuple(command.security_group_ids)
    context.security_groups = context.groups_gaining_addresses = context.find_security_groups(context.group_ids)
    named = command.private_ip_addresses
    primary = command.primary_ip_address
    drawn = command.secondary_private_ip_address_count or 0
    context.added_addresses = context.address_count = 1 + len(named) + drawn
    if named or primary is not None:
        context.find_addresses(named if primary is None else (primary, *named))
    context.drawn = drawn + (primary is None)
    context.interface_status = S.Available
    if vswitch is not None:
        context.group_vpc_id = vswitch.vpc_id


def create(context: RuleContext) -> tuple[Event, ...]:
    command: CreateNetworkInterface = context.command
    region, vswitch = context.region, context.vswitch
    assert vswitch is not None and context.drawn is not None
    drawn = private_pool.next_free(region, vswitch, context.drawn, context.addresses or ())
    if command.primary_ip_address is not None:
        addresses = (command.primary_ip_address, *command.private_ip_addresses, *drawn)
    else:
        addresses = (drawn[0], *command.private_ip_addresses, *drawn[1:])
    (number,) = context.world.next_numbers(region, "network_interface", 1)
    birth = NetworkInterfaceCreateRequested if context.asynchronous else NetworkInterfaceCreated
    return (
        birth(
            network_interface_id=resource_id(region.region_id, "network_interface", number),
            vswitch_id=vswitch.id,
            mac_address=mac_address(region.region_id, number),
            private_ip_addresses=addresses,
            security_group_ids=tuple(command.security_group_ids),
            name=command.network_interface_name,
            description=command.description,
        ),
    )


def resolve_interface(context: RuleContext) -> None:
    context.network_interface = context.find_network_interface(context.command.network_interface_id)


def delete(context: RuleContext) -> tuple[Event, ...]:
    command: DeleteNetworkInterface = context.command
    assert context.network_interface is not None
    if context.network_interface.status is S.Deleting:
        return ()
    event = NetworkInterfaceDeleteRequested if context.asynchronous else NetworkInterfaceDeleted
    return (event(network_interface_id=command.network_interface_id),)


def resolve_modify(context: RuleContext) -> None:
    resolve_interface(context)
    interface, group_ids = context.network_interface, context.command.security_group_ids
    if group_ids is None:
        return
    context.group_ids = group_ids
    context.security_groups = context.find_security_groups(group_ids)
    if interface is not None:
        context.group_vpc_id = interface.vpc_id
        context.added_addresses = len(interface.private_ips)
        held = set(interface.security_group_ids)
        context.groups_gaining_addresses = tuple(g for g in context.security_groups if g.id not in held)


def modify(context: RuleContext) -> tuple[Event, ...]:
    command: ModifyNetworkInterfaceAttribute = context.command
    group_ids = command.security_group_ids
    return (
        NetworkInterfaceModified(
            network_interface_id=command.network_interface_id,
            name=command.network_interface_name,
            description=command.description,
            security_group_ids=None if group_ids is None else tuple(group_ids),
        ),
    )


def settled(interface: NetworkInterfaceState) -> Event:
    """The event that ends an ENI's transitional state."""
    if interface.status is S.Creating:
        return NetworkInterfaceCreateCompleted(network_interface_id=interface.id)
    if interface.status is S.Deleting:
        return NetworkInterfaceDeleted(network_interface_id=interface.id)
    event = NetworkInterfaceAttached if interface.status is S.Attaching else NetworkInterfaceDetached
    assert interface.instance_id is not None
    return event(network_interface_id=interface.id, instance_id=interface.instance_id)
