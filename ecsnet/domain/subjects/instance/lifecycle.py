"""Instances (guide 2.2, 4.1, 4.3, 4.9): what ENIs are attached to.

An instance of a VPC is born with a primary ENI and dies with it; its address, its VSwitch and its groups are that
ENI's. Releasing an instance takes every ENI with it that is still attached; one that was detached before stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ecsnet.commands import (
    AllocatePublicIpAddress,
    AssignPrivateIpAddresses,
    AssociateEipAddress,
    AttachClassicLinkVpc,
    AttachNetworkInterface,
    ChangePublicIpAddress,
    ConvertNatPublicIpToEip,
    DeleteInstance,
    DetachClassicLinkVpc,
    DetachNetworkInterface,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    ModifyInstanceAttribute,
    ModifyInstanceNetworkSpec,
    ModifyInstanceVpcAttribute,
    RebootInstance,
    ReleasePublicIpAddress,
    RenewInstance,
    StartInstance,
    StopInstance,
    UnassignPrivateIpAddresses,
    UnassociateEipAddress,
)
from ecsnet.domain.attributes import modification
from ecsnet.domain.context import RuleContext, known
from ecsnet.domain.held import why_held
from ecsnet.domain.lifecycle import INITIAL, SAME, Lifecycle, Transitional, described
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import AnyCommand, Breach, Codes, Facts, RuleKind, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState
from ecsnet.domain.state.regional_pool import CLASSIC, PUBLIC
from ecsnet.domain.state.views import SHOWN_OF_INSTANCE
from ecsnet.domain.state.world import Evolving, Ids, Region, World
from ecsnet.domain.subjects import security_group
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.domain.subjects.vpc import usable_vswitch
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.classic_link import ClassicLinkAttached, ClassicLinkDetached
from ecsnet.events.eip import (
    EipAddressAssociated,
    EipAddressAssociateRequested,
    EipAddressUnassociated,
    EipAddressUnassociateRequested,
    NatPublicIpConverted,
)
from ecsnet.events.imports import EipImported, InstanceImported, NetworkInterfaceImported
from ecsnet.events.instance import (
    InstanceCreateCompleted,
    InstanceCreated,
    InstanceCreateRequested,
    InstanceCreation,
    InstanceLaunched,
    InstanceLaunchRequested,
    InstanceModified,
    InstanceNetworkSpecModified,
    InstanceRebooted,
    InstanceRebootRequested,
    InstanceReleased,
    InstanceReleaseRequested,
    InstanceRenewed,
    InstanceStarted,
    InstanceStartRequested,
    InstanceStopped,
    InstanceStopRequested,
    InstanceVpcAttributeModified,
)
from ecsnet.events.network_interface import (
    NetworkInterfaceAttached,
    NetworkInterfaceAttachFailed,
    NetworkInterfaceAttachRequested,
    NetworkInterfaceDetached,
    NetworkInterfaceDetachRequested,
    NetworkInterfaceReleased,
    NetworkInterfaceRetained,
)
from ecsnet.events.public_ip import PublicIpAddressAllocated, PublicIpAddressChanged, PublicIpAddressReleased
from ecsnet.events.security_group import SecurityGroupJoined, SecurityGroupLeft
from ecsnet.events.tags import ResourceTagged, ResourceUntagged
from ecsnet.values import InstanceStatus, Tags

S = InstanceStatus
RUNNING: Final = S.Running

# The lifecycle

STABLE: Final = [S.Stopped, S.Running]
EXISTING: Final = [S.Pending, S.Stopped, S.Starting, S.Running, S.Stopping]
BEING_RELEASED: Final = [S.StoppingForRelease, S.Releasing]

INSTANCE: Final = Lifecycle(
    "instance",
    S,
    id_field="instance_id",
    transitional={
        S.Pending: Transitional(completed_by=(InstanceCreateCompleted, InstanceStarted)),
        S.Starting: Transitional(completed_by=(InstanceStarted,)),
        S.Stopping: Transitional(completed_by=(InstanceStopped,)),
        S.StoppingForRelease: Transitional(completed_by=(InstanceStopped,)),
        S.Releasing: Transitional(completed_by=(InstanceReleased,)),
    },
    final=[S.Released],
    kinds={
        InstanceCreateRequested: "CreateInstance",
        InstanceLaunchRequested: "RunInstances",
        InstanceStartRequested: "StartInstance",
        InstanceStopRequested: "StopInstance",
        InstanceRebootRequested: "RebootInstance",
        InstanceReleaseRequested: "DeleteInstance",
        InstanceStopped: "DeleteInstance",  # of one that is being released: the release goes on from there
    },
    shown=SHOWN_OF_INSTANCE,
    transitions=[
        [InstanceCreated, INITIAL, S.Stopped],
        [InstanceLaunched, INITIAL, S.Running],
        [InstanceCreateRequested, INITIAL, S.Pending],
        [InstanceLaunchRequested, INITIAL, S.Pending],
        [InstanceCreateCompleted, S.Pending, S.Stopped],
        [InstanceStartRequested, S.Stopped, S.Starting],
        [InstanceStarted, [S.Pending, S.Stopped, S.Starting], S.Running],
        [InstanceStopRequested, S.Running, S.Stopping],
        [InstanceStopped, [S.Running, S.Stopping], S.Stopped],
        [InstanceStopped, S.StoppingForRelease, S.Releasing],
        [InstanceRebootRequested, S.Running, S.Starting],
        [InstanceRebooted, S.Running, SAME],
        [InstanceReleaseRequested, S.Running, S.StoppingForRelease],
        [InstanceReleaseRequested, S.Stopped, S.Releasing],
        [InstanceReleased, [*STABLE, *BEING_RELEASED], S.Released],
        [InstanceModified, EXISTING, SAME],
        [ResourceTagged, [*EXISTING, *BEING_RELEASED], SAME],
        [ResourceUntagged, [*EXISTING, *BEING_RELEASED], SAME],
        [InstanceVpcAttributeModified, S.Stopped, SAME],
        [InstanceNetworkSpecModified, [*EXISTING, *BEING_RELEASED], SAME],
        [InstanceRenewed, EXISTING, SAME],
        [SecurityGroupJoined, STABLE, SAME],
        [SecurityGroupLeft, STABLE, SAME],
        # What was requested completes in whatever status the instance is by then.
        [NetworkInterfaceAttachRequested, [S.Pending, *STABLE], SAME],  # Pending: at the creation of the instance
        [NetworkInterfaceAttached, [*EXISTING, *BEING_RELEASED], SAME],
        [NetworkInterfaceAttachFailed, [*EXISTING, *BEING_RELEASED], SAME],
        [NetworkInterfaceDetachRequested, STABLE, SAME],
        [NetworkInterfaceDetached, [*EXISTING, *BEING_RELEASED], SAME],
        [NetworkInterfaceReleased, [*STABLE, *BEING_RELEASED], SAME],
        [NetworkInterfaceRetained, [*STABLE, *BEING_RELEASED], SAME],
        # public addresses and EIPs
        [PublicIpAddressAllocated, STABLE, SAME],
        [PublicIpAddressChanged, S.Stopped, SAME],
        [PublicIpAddressReleased, EXISTING, SAME],
        [NatPublicIpConverted, STABLE, SAME],
        [EipAddressAssociateRequested, STABLE, SAME],
        [EipAddressAssociated, [*EXISTING, *BEING_RELEASED], SAME],
        [EipAddressUnassociateRequested, EXISTING, SAME],
        [EipAddressUnassociated, [*EXISTING, *BEING_RELEASED], SAME],
        [ClassicLinkAttached, STABLE, SAME],
        [ClassicLinkDetached, EXISTING, SAME],
        *described(InstanceImported, EXISTING),
        [NetworkInterfaceImported, EXISTING, SAME],
        [EipImported, EXISTING, SAME],
    ],
)
"""Instances, of a VPC or classic."""

# How each event changes the state


def instance_added(region: Region, event: InstanceCreation, record: RecordedEvent) -> None:
    instance = InstanceState(
        id=event.instance_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        name=event.name,
        description=event.description,
        status=INSTANCE.table[type(event)][INITIAL],
        instance_type=event.instance_type,
        vpc_id=None,
        zone_id=event.zone_id or "",
        charge_type=event.charge_type,
        expires_at=event.expires_at,
        image_id=event.image_id,
        internet_max_bandwidth_out=event.internet_max_bandwidth_out,
        public_ip=event.public_ip_address,
    )  # a call with more than fifteen keywords would take three times as long
    instance.starts_when_created = isinstance(event, InstanceLaunchRequested)
    instance.was_started = isinstance(event, InstanceLaunched)
    instance.bandwidth_at_creation = event.internet_max_bandwidth_out
    if event.vswitch_id is None:
        CLASSIC.allocate(region, event.private_ip_address, instance.id)
        instance.classic_ip = event.private_ip_address
        regroup_classic(region, instance, event.security_group_ids)
    else:
        _born_in_vpc(region, instance, event, record)
    if event.public_ip_address is not None:
        PUBLIC.allocate(region, event.public_ip_address, instance.id)
    region.count_created("instance")
    region.instances.set(instance.id, instance)
    if event.tags:
        region.retag("instances", instance, Tags(event.tags))
    if instance.status in INSTANCE.transitional:
        region.begin_transition(instance, INSTANCE.kinds[type(event)], record.position, record.recorded_at)


def _born_in_vpc(region: Region, instance: InstanceState, event: InstanceCreation, record: RecordedEvent) -> None:
    vswitch = region.vswitches.get_existing(event.vswitch_id or "")
    usable_vswitch(vswitch, type(event))
    if event.primary_network_interface_id is None or event.mac_address is None:
        raise ValueError("an instance of a VPC is born with a primary ENI")
    interface = NetworkInterfaceState(
        id=event.primary_network_interface_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        type=network_interface.PRIMARY,
        status=network_interface.PRIMARY_NETWORK_INTERFACE.table[type(event)][INITIAL],
        vpc_id=vswitch.vpc_id,
        vswitch_id=vswitch.id,
        zone_id=vswitch.zone_id,
        mac_address=event.mac_address,
        private_ips=(event.private_ip_address,),
        security_group_ids=event.security_group_ids,
        instance_id=event.instance_id,
    )
    network_interface.add(region, interface)
    if event.tags:
        region.retag("network_interfaces", interface, Tags(event.tags))
    instance.vpc_id, instance.zone_id = vswitch.vpc_id, vswitch.zone_id
    instance.attach(interface.id)


def regroup_classic(region: Region, instance: InstanceState, group_ids: tuple[str, ...]) -> None:
    """A classic instance is from now on a member of exactly these groups."""
    for group_id in set(instance.classic_group_ids) - set(group_ids):
        region.members_of_group.mutable(group_id).delete(instance.id)
        region.security_groups.mutable(group_id).private_ip_count -= 1
    for group_id in set(group_ids) - set(instance.classic_group_ids):
        region.members_of_group.mutable(group_id).set(instance.id, True)
        region.security_groups.mutable(group_id).private_ip_count += 1
    instance.classic_group_ids = group_ids


def leave_classic_network(region: Region, instance: InstanceState) -> None:
    """A classic instance is in no group any more and has no address."""
    regroup_classic(region, instance, ())
    if instance.classic_ip:  # that of an imported one may not be known
        CLASSIC.release(region, instance.classic_ip, instance.id)
        instance.classic_ip = ""


def begin_to_stand_in(region: Region, instance: InstanceState) -> None:
    """An instance whose primary ENI no response describes stands for it from now on, in its VSwitch, or in its VPC if
    that is all that is known, in its groups and with its address."""
    stand_in, unseen = private_pool.stand_in(region, instance), instance.unseen_primary
    if stand_in is not None and unseen is not None:
        _around(region, stand_in).set(instance.id, True)
        private_pool.adopt(region, stand_in)
        security_group.enter(region, stand_in, unseen.security_group_ids)


def _around(region: Region, stand_in: private_pool.StandIn) -> Ids:
    """Returns the index, to be changed, of what an instance that stands for its primary ENI is in."""
    if not stand_in.vswitch_id:
        return region.unplaced_of_vpc.mutable(stand_in.vpc_id)
    return region.interfaces_of_vswitch.mutable(stand_in.vswitch_id)


def end_to_stand_in(region: Region, instance: InstanceState) -> None:
    """An instance stands for its primary ENI no more."""
    stand_in, unseen = private_pool.stand_in(region, instance), instance.unseen_primary
    if stand_in is not None and unseen is not None:
        _around(region, stand_in).delete(instance.id)
        private_pool.release(region, stand_in, stand_in.held_addresses)
        security_group.leave(region, stand_in, unseen.security_group_ids)
        instance.unseen_primary = None


def link(region: Region, instance: InstanceState, vpc_id: str | None) -> None:
    """A classic instance is from now on linked to this VPC alone, or to none."""
    if instance.linked_vpc_id is not None:
        region.links_of_vpc.mutable(instance.linked_vpc_id).delete(instance.id)
    if vpc_id is not None:
        region.links_of_vpc.mutable(vpc_id).set(instance.id, True)
    instance.linked_vpc_id = vpc_id


def changed(region: Region, instance_id: str, record: RecordedEvent) -> InstanceState:
    """Returns an instance to be changed, in the status that the event leads to."""
    instance = region.instances.mutable(instance_id)
    region.transition(instance, INSTANCE.table[type(record.event)], record)
    return instance


def instance_moved(region: Region, event: Any, record: RecordedEvent) -> None:
    changed(region, event.instance_id, record)


def instance_modified(region: Region, event: InstanceModified, record: RecordedEvent) -> None:
    changed(region, event.instance_id, record).describe(event.name, event.description)


def instance_started(region: Region, event: InstanceStarted, record: RecordedEvent) -> None:
    instance = changed(region, event.instance_id, record)
    instance.was_started = True
    instance.private_ip_change_pending = False
    instance.renumber()


def instance_rebooted(region: Region, event: InstanceRebooted, record: RecordedEvent) -> None:
    changed(region, event.instance_id, record).renumber()


def instance_released(region: Region, event: InstanceReleased, record: RecordedEvent) -> None:
    instance = changed(region, event.instance_id, record)
    if instance.vpc_id is None:
        leave_classic_network(region, instance)
        link(region, instance, None)
    else:
        if len(instance.attached) > 1:
            raise ValueError(f"{instance.id} is released, and {len(instance.attached) - 1} ENIs are still attached")
        for primary_id in instance.attached:  # in the midst of an import, an instance has none yet
            network_interface.remove(region, network_interface.changed(region, primary_id, record))
    end_to_stand_in(region, instance)
    if instance.public_ip is not None:
        PUBLIC.release(region, instance.public_ip, instance.id)
    if instance.scheduled is not None:
        region.scheduled.delete(instance.scheduled)
    region.retag("instances", instance)
    region.instances.delete(instance.id)


def _regroup(region: Region, instance: InstanceState, group_ids: tuple[str, ...], record: RecordedEvent) -> None:
    if instance.vpc_id is None:
        regroup_classic(region, instance, group_ids)
    else:
        primary = network_interface.changed(region, instance.member_id, record)
        security_group.replace(region, primary, group_ids)


def group_joined(region: Region, event: SecurityGroupJoined, record: RecordedEvent) -> None:
    instance = changed(region, event.instance_id, record)
    _regroup(region, instance, (*region.groups_of(instance), event.security_group_id), record)


def group_left(region: Region, event: SecurityGroupLeft, record: RecordedEvent) -> None:
    instance = changed(region, event.instance_id, record)
    rest = tuple([group_id for group_id in region.groups_of(instance) if group_id != event.security_group_id])
    _regroup(region, instance, rest, record)


EVOLVE: Final[Evolving] = {
    InstanceCreated: instance_added,
    InstanceLaunched: instance_added,
    InstanceCreateRequested: instance_added,
    InstanceLaunchRequested: instance_added,
    InstanceCreateCompleted: instance_moved,
    InstanceModified: instance_modified,
    InstanceStartRequested: instance_moved,
    InstanceStarted: instance_started,
    InstanceStopRequested: instance_moved,
    InstanceStopped: instance_moved,
    InstanceRebootRequested: instance_moved,
    InstanceRebooted: instance_rebooted,
    InstanceReleaseRequested: instance_moved,
    InstanceReleased: instance_released,
    SecurityGroupJoined: group_joined,
    SecurityGroupLeft: group_left,
}

# The rules

RULES: Final = SubjectRules()

must_exist(
    RULES,
    "instance.not-found",
    "instance",
    code="InvalidInstanceId.NotFound",
    codes={
        AttachNetworkInterface: ("InvalidEcsId.NotFound", 404),
        DetachNetworkInterface: ("InvalidEcsId.NotFound", 404),
        AssociateEipAddress: ("InvalidInstanId.NotFound", 404),  # the vendor's spelling
        UnassociateEipAddress: ("InvalidInstanId.NotFound", 404),
    },
)


def wrong_status(instance: InstanceState, event: type[Event]) -> Facts | None:
    """Returns the facts that break a rule about the status that an event needs. Of an instance that is being released
    `being_released` says more."""
    if INSTANCE.admits(instance.status, event) or instance.status in BEING_RELEASED:
        return None
    return {"instance_id": instance.id, "status": instance.status}


@RULES.denies(
    "instance.held-interface",
    DeleteInstance,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    code=network_interface.SERVICE_MANAGED.code,
    http_status=network_interface.SERVICE_MANAGED.http_status,
    message="{instance_id} has what no command changes: {reasons:is held:}",
)
def held_interface(
    instance: InstanceState, region: Region, imported_world: World, command_type: AnyCommand
) -> Facts | None:
    """An instance is not released while one of its ENIs is held, and its groups stay while its primary ENI is."""
    touched = instance.attached if command_type is DeleteInstance else tuple(instance.attached)[:1]
    interfaces = [region.network_interfaces[interface_id] for interface_id in touched]
    facts = network_interface.are_held(imported_world, (interface for interface in interfaces if interface is not None))
    return None if facts is None else {"instance_id": instance.id, **facts}


_CHANGING: Final = (
    StartInstance,
    StopInstance,
    RebootInstance,
    ModifyInstanceAttribute,
    ModifyInstanceVpcAttribute,
    ModifyInstanceNetworkSpec,
    RenewInstance,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    AllocatePublicIpAddress,
    ChangePublicIpAddress,
    ReleasePublicIpAddress,
    ConvertNatPublicIpToEip,
    AssociateEipAddress,
    AttachNetworkInterface,
    DetachNetworkInterface,
    AssignPrivateIpAddresses,
    UnassignPrivateIpAddresses,
    AttachClassicLinkVpc,
    DetachClassicLinkVpc,
)
"""The commands that change an instance, or what is on it, besides DeleteInstance and UnassociateEipAddress."""
_WRONG_STATUS: Final[Codes] = {
    ModifyInstanceVpcAttribute: ("IncorrectInstanceStatus", 400),
    AssociateEipAddress: ("IncorrectInstanceStatus", 400),
    AttachNetworkInterface: ("InvalidOperation.InvalidEcsState", 400),
    DetachNetworkInterface: ("InvalidOperation.InvalidEcsState", 400),
    AssignPrivateIpAddresses: ("InvalidOperation.InvalidEcsState", 400),
    UnassignPrivateIpAddresses: ("InvalidOperation.InvalidEcsState", 400),
    AttachClassicLinkVpc: ("InvalidStatus.InstanceStatus", 403),
    DetachClassicLinkVpc: ("InvalidStatus.InstanceStatus", 403),
}
"""The codes of these commands for an instance in a wrong status, where they differ from the usual one."""


@RULES.denies(
    "instance.held",
    *_CHANGING,
    DeleteInstance,
    UnassociateEipAddress,
    code="IncorrectInstanceStatus",
    http_status=403,
    codes={**_WRONG_STATUS, UnassociateEipAddress: ("IncorrectInstanceStatus", 400)},
    message="{instance_id} is held: {reason}",
)
def held(instance: InstanceState, imported_world: World) -> Facts | None:
    """An imported instance that is held is not changed, nor what is on it: its description is not understood, or there
    is none of its VPC or of its primary ENI."""
    reason = why_held(imported_world, instance)
    return None if reason is None else {"instance_id": instance.id, "reason": reason}


@RULES.denies(
    "instance.being-released",
    *_CHANGING,
    code="IncorrectInstanceStatus",
    http_status=403,
    codes=_WRONG_STATUS,
    message="{instance_id} is being released",
)
def being_released(instance: InstanceState) -> Facts | None:
    """An instance that is being released takes no command but a repeated DeleteInstance; its ENIs are given no
    addresses, and keep theirs."""
    return {"instance_id": instance.id} if instance.status in BEING_RELEASED else None


@RULES.denies(
    "instance.start.state",
    StartInstance,
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and only a Stopped instance is started",
)
def start_state(instance: InstanceState) -> Facts | None:
    """Only a Stopped instance is started."""
    return wrong_status(instance, InstanceStartRequested)


@RULES.denies(
    "instance.stop.state",
    StopInstance,
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and only a Running instance is stopped",
)
def stop_state(instance: InstanceState) -> Facts | None:
    """Only a Running instance is stopped."""
    return wrong_status(instance, InstanceStopRequested)


@RULES.denies(
    "instance.reboot.state",
    RebootInstance,
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and only a Running instance is rebooted",
)
def reboot_state(instance: InstanceState) -> Facts | None:
    """Only a Running instance is rebooted."""
    return wrong_status(instance, InstanceRebootRequested)


@RULES.denies(
    "instance.release.state",
    DeleteInstance,
    code="IncorrectInstanceStatus",
    http_status=403,
    breach_codes=[("IncorrectInstanceStatus.Initializing", 403)],
    message="{instance_id} is {status}: wait until it is Running or Stopped",
)
def release_state(instance: InstanceState, command: DeleteInstance) -> Facts | Breach | None:
    """A Stopped instance is released; a Running one only with ``force``. To ask again for a release is accepted."""
    facts = {"instance_id": instance.id, "status": instance.status}
    if instance.status is S.Pending:
        return Breach(facts, "IncorrectInstanceStatus.Initializing", 403)
    if instance.status is S.Running and not command.force:
        return Breach(facts, message="{instance_id} is Running: stop it first, or force the release")
    return wrong_status(instance, InstanceReleased)


@RULES.denies(
    "instance.release.charge-type",
    DeleteInstance,
    code="ChargeTypeViolation",
    http_status=403,
    message="{instance_id} is a subscription instance until {expires_at}",
)
def release_charge_type(instance: InstanceState, now: datetime) -> Facts | None:
    """A subscription instance is not released before it expires."""
    if instance.expires_at is None or instance.expires_at <= now:
        return None
    return {"instance_id": instance.id, "expires_at": instance.expires_at}


@RULES.denies(
    "instance.release.deletion-protection",
    DeleteInstance,
    code="InvalidOperation.DeletionProtection",
    http_status=403,
    message="{instance_id} is protected from deletion",
)
def release_deletion_protection(instance: InstanceState) -> Facts | None:
    """An imported instance that is protected from deletion is not released."""
    return {"instance_id": instance.id} if instance.deletion_protection else None


RULES.states(
    "instance.release.cascade",
    RuleKind.Fact,
    "Releasing an instance deletes the ENIs that are still attached to it; one that was detached before is kept, and "
    "so is one whose ``delete_on_release`` is False.",
    guide="4.9",
)

# How each command is decided


def start(context: RuleContext, command: StartInstance) -> tuple[Event, ...]:
    event = InstanceStartRequested if context.asynchronous else InstanceStarted
    return (event(instance_id=command.instance_id),)


def stop(context: RuleContext, command: StopInstance) -> tuple[Event, ...]:
    event = InstanceStopRequested if context.asynchronous else InstanceStopped
    return (event(instance_id=command.instance_id),)


def reboot(context: RuleContext, command: RebootInstance) -> tuple[Event, ...]:
    event = InstanceRebootRequested if context.asynchronous else InstanceRebooted
    return (event(instance_id=command.instance_id),)


def delete(context: RuleContext, command: DeleteInstance) -> tuple[Event, ...]:
    instance = known(context.instance)
    if not context.asynchronous:
        return release(context.region, instance, force=command.force)
    if instance.status in BEING_RELEASED:
        return ()
    return (InstanceReleaseRequested(instance_id=instance.id, force=command.force),)


def release(region: Region, instance: InstanceState, *, force: bool = True) -> tuple[Event, ...]:
    """Returns the events with which an instance is gone, and what is still attached to it then. An ENI whose
    ``delete_on_release`` is False stays, with its EIPs."""
    events: list[Event] = []
    for interface_id in instance.network_interface_ids[1:]:
        interface, gone = region.network_interfaces[interface_id], _released_or_retained(region, interface_id)
        if interface is not None and gone is NetworkInterfaceReleased:
            events += network_interface.release_eips(interface)
        events.append(gone(network_interface_id=interface_id, instance_id=instance.id))
    return (
        *events,
        *(
            [EipAddressUnassociated(allocation_id=instance.eip_id, instance_id=instance.id)]
            if instance.eip_id is not None
            else ()
        ),
        InstanceReleased(instance_id=instance.id, force=force),
    )


def _released_or_retained(
    region: Region, interface_id: str
) -> type[NetworkInterfaceReleased | NetworkInterfaceRetained]:
    interface = region.network_interfaces[interface_id]
    stays = interface is not None and not interface.delete_on_release
    return NetworkInterfaceRetained if stays else NetworkInterfaceReleased


def completes_creation(instance: InstanceState) -> type[Event]:
    """Returns the event that completes the creation of a Pending instance: it is created to be Stopped, or to run."""
    return InstanceStarted if instance.starts_when_created else InstanceCreateCompleted


OPERATIONS: Final[Operations] = operations(
    Operation(
        StartInstance,
        start,
        ResourceKind.Instance,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(InstanceStartRequested)},
        recorded_as=(InstanceStarted, InstanceStartRequested),
    ),
    Operation(
        StopInstance,
        stop,
        ResourceKind.Instance,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(InstanceStopRequested)},
        recorded_as=(InstanceStopped, InstanceStopRequested),
    ),
    Operation(
        RebootInstance,
        reboot,
        ResourceKind.Instance,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(InstanceRebootRequested)},
        recorded_as=(InstanceRebooted, InstanceRebootRequested),
    ),
    Operation(
        DeleteInstance,
        delete,
        ResourceKind.Instance,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(InstanceReleased)},
        recorded_as=(InstanceReleased, InstanceReleaseRequested),
        removes=True,
    ),
    modification(
        ModifyInstanceAttribute,
        InstanceModified,
        ResourceKind.Instance,
        "instance_name",
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(InstanceModified)},
    ),
)
