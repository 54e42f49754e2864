"""Elastic IP addresses (guide 2.2): public addresses that an account keeps, and moves between instances of a VPC.

An EIP is also associated with a secondary ENI, that is with one of its private addresses, and goes where the ENI goes:
the guide of 2019 has only instances, the vendor's documentation of AssociateEipAddress both.

The fact that an EIP is associated has one home, the EIP's `instance_id` or `network_interface_id`; the other side is an
index. An EIP survives what it is on: it comes back Available.

An imported EIP may be held: on a NAT gateway, a load balancer or whatever else is not modelled, or described in a way
that is not understood. It counts, and no command changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecsnet.commands import (
    AllocateEipAddress,
    AssociateEipAddress,
    ConvertNatPublicIpToEip,
    ModifyEipAddressAttribute,
    ReleaseEipAddress,
    UnassociateEipAddress,
)
from ecsnet.domain.attributes import modification
from ecsnet.domain.context import EipUser, RegionalRequest, RuleContext, known
from ecsnet.domain.held import why_held
from ecsnet.domain.lifecycle import INITIAL, SAME, Lifecycle, Transitional, described
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Impossible, Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import Breach, Facts, SubjectRules
from ecsnet.domain.state.ids import resource_id
from ecsnet.domain.state.records import EipState, InstanceState, NetworkInterfaceState
from ecsnet.domain.state.regional_pool import PUBLIC
from ecsnet.domain.state.world import Evolving, Region, World
from ecsnet.domain.subjects.account import quota_of
from ecsnet.domain.subjects.instance.lifecycle import BEING_RELEASED, INSTANCE
from ecsnet.domain.subjects.instance.lifecycle import changed as changed_instance
from ecsnet.domain.subjects.instance.lifecycle import wrong_status as wrong_instance_status
from ecsnet.domain.subjects.network_interface.lifecycle import NETWORK_INTERFACE, PRIMARY, is_primary
from ecsnet.domain.subjects.network_interface.lifecycle import changed as changed_interface
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.eip import (
    EipAddressAllocated,
    EipAddressAssociated,
    EipAddressAssociateRequested,
    EipAddressModified,
    EipAddressRegistered,
    EipAddressReleased,
    EipAddressReleaseRequested,
    EipAddressUnassociated,
    EipAddressUnassociateRequested,
    NatPublicIpConverted,
)
from ecsnet.events.imports import EipImported
from ecsnet.events.tags import ResourceTagged, ResourceUntagged
from ecsnet.values import ChargeType, EipInstanceType, EipStatus, Tags

S = EipStatus
# To look up a member of an enumeration takes longer than the rest of many a rule.
_RELEASING: Final = S.Releasing
_PREPAID: Final = ChargeType.PrePaid
_OF_INSTANCE: Final = EipInstanceType.EcsInstance
_OF_INTERFACE: Final = EipInstanceType.NetworkInterface

# The lifecycle

EXISTING: Final = [S.Available, S.Associating, S.InUse, S.Unassociating, S.Releasing]

EIP: Final = Lifecycle(
    "EIP",
    S,
    id_field="allocation_id",
    transitional={
        S.Associating: Transitional(completed_by=(EipAddressAssociated,)),
        S.Unassociating: Transitional(completed_by=(EipAddressUnassociated,)),
        S.Releasing: Transitional(completed_by=(EipAddressReleased,)),
    },
    final=[S.Released],
    kinds={
        EipAddressAssociateRequested: "AssociateEipAddress",
        EipAddressUnassociateRequested: "UnassociateEipAddress",
        EipAddressReleaseRequested: "ReleaseEipAddress",
    },
    transitions=[
        [EipAddressAllocated, INITIAL, S.Available],
        [NatPublicIpConverted, INITIAL, S.InUse],
        [EipAddressAssociateRequested, S.Available, S.Associating],
        [EipAddressAssociated, [S.Available, S.Associating], S.InUse],
        [EipAddressUnassociateRequested, S.InUse, S.Unassociating],
        # Associating: its instance was released meanwhile
        [EipAddressUnassociated, [S.Associating, S.InUse, S.Unassociating], S.Available],
        [EipAddressReleaseRequested, S.Available, S.Releasing],
        [EipAddressReleased, [S.Available, S.Releasing], S.Released],
        [EipAddressModified, EXISTING, SAME],
        [ResourceTagged, EXISTING, SAME],
        [ResourceUntagged, EXISTING, SAME],
        # follows at once, in the stream of the account, whose fold knows nothing of the EIP
        [EipAddressRegistered, EXISTING, SAME],
        *described(EipImported, EXISTING),
    ],
)
"""EIPs."""

ASSOCIATED: Final = EIP.statuses_admitting(EipAddressUnassociated)
"""The statuses of an EIP that is on an instance or an ENI, however far associating or unassociating has come."""

# How each event changes the state


def _born(region: Region, event: EipAddressAllocated | NatPublicIpConverted, record: RecordedEvent) -> EipState:
    eip = EipState(
        id=event.allocation_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        ip_address=event.ip_address,
        status=EIP.table[type(event)][INITIAL],
    )
    region.count_created("eip")
    region.use(record.account_id, "eip", 1)
    region.eips.set(eip.id, eip)
    return eip


def _changed(region: Region, allocation_id: str, record: RecordedEvent) -> EipState:
    eip = region.eips.mutable(allocation_id)
    region.transition(eip, EIP.table[type(record.event)], record)
    return eip


def allocated(region: Region, event: EipAddressAllocated, record: RecordedEvent) -> None:
    eip = _born(region, event, record)
    eip.describe(event.name, event.description)
    if event.tags:
        region.retag("eips", eip, Tags(event.tags))
    PUBLIC.allocate(region, eip.ip_address, eip.id)


def modified(region: Region, event: EipAddressModified, record: RecordedEvent) -> None:
    _changed(region, event.allocation_id, record).describe(event.name, event.description)


def converted(region: Region, event: NatPublicIpConverted, record: RecordedEvent) -> None:
    instance = changed_instance(region, event.instance_id, record)
    instance.public_ip = None
    instance.internet_max_bandwidth_out = 0  # the bandwidth is the EIP's now
    eip = _born(region, event, record)
    PUBLIC.transfer(region, event.ip_address, instance.id, eip.id)
    instance.eip_id = eip.id
    eip.instance_id = instance.id


# An EIP that is associated at once is so where a request for it is possible. What was requested completes whatever the
# status of the instance is by then.
ASSOCIATE: Final = INSTANCE.table[EipAddressAssociateRequested]


ASSOCIATE_WITH_INTERFACE: Final = NETWORK_INTERFACE.table[EipAddressAssociateRequested]


def associate_requested(region: Region, event: EipAddressAssociateRequested, record: RecordedEvent) -> None:
    _bind(region, _changed(region, event.allocation_id, record), event)


def associated(region: Region, event: EipAddressAssociated, record: RecordedEvent) -> None:
    eip = _changed(region, event.allocation_id, record)
    if eip.user_id is None:
        _bind(region, eip, event)
    else:
        _must_be_user(eip, event.instance_id or event.network_interface_id)


def _bind(region: Region, eip: EipState, event: EipAddressAssociateRequested | EipAddressAssociated) -> None:
    if event.network_interface_id is None:
        instance = region.instances.mutable(known(event.instance_id))
        if instance.status not in ASSOCIATE:
            raise ASSOCIATE.illegal(instance.status)
        instance.eip_id = eip.id
        eip.instance_id = instance.id
        return
    interface = region.network_interfaces.mutable(event.network_interface_id)
    if interface.status not in ASSOCIATE_WITH_INTERFACE or interface.type is PRIMARY:
        raise ASSOCIATE_WITH_INTERFACE.illegal(interface.status)
    private_ip = event.private_ip_address
    if private_ip is not None and private_ip not in interface.private_ips:
        raise ValueError(f"{interface.id} does not hold {private_ip}")
    eip.private_ip_address = None if private_ip == interface.primary_ip else private_ip
    put_on(interface, eip)


def private_ip_of(eip: EipState, interface: NetworkInterfaceState) -> str:
    """Returns the private address of an ENI that an EIP is associated with."""
    return interface.primary_ip if eip.private_ip_address is None else eip.private_ip_address


def put_on(interface: NetworkInterfaceState, eip: EipState) -> None:
    """An EIP is on an ENI from now on."""
    eip.network_interface_id = interface.id
    interface.eips = (*interface.eips, (private_ip_of(eip, interface), eip.id))


def release_requested(region: Region, event: EipAddressReleaseRequested, record: RecordedEvent) -> None:
    _changed(region, event.allocation_id, record)


def unassociate_requested(region: Region, event: EipAddressUnassociateRequested, record: RecordedEvent) -> None:
    _must_be_user(_changed(region, event.allocation_id, record), event.instance_id or event.network_interface_id)


def _must_be_user(eip: EipState, user_id: str | None) -> None:
    if eip.user_id != user_id:
        raise ValueError(f"{eip.id} is associated with {eip.user_id}, not with {user_id}")


def unassociated(region: Region, event: EipAddressUnassociated, record: RecordedEvent) -> None:
    eip = _changed(region, event.allocation_id, record)
    _must_be_user(eip, event.instance_id or event.network_interface_id)
    if event.network_interface_id is None:
        changed_instance(region, known(event.instance_id), record).eip_id = None
    else:
        interface = changed_interface(region, event.network_interface_id, record)
        interface.eips = tuple([one for one in interface.eips if one[1] != eip.id])
    eip.instance_id = eip.network_interface_id = eip.private_ip_address = None
    eip.held = eip.described = None  # what was not understood of it ended with what it was on


def released(region: Region, event: EipAddressReleased, record: RecordedEvent) -> None:
    eip = _changed(region, event.allocation_id, record)
    region.retag("eips", eip)
    region.use(eip.account_id, "eip", -1)
    PUBLIC.release(region, eip.ip_address, eip.id)
    region.eips.delete(eip.id)


EVOLVE: Final[Evolving] = {
    EipAddressAllocated: allocated,
    EipAddressModified: modified,
    NatPublicIpConverted: converted,
    EipAddressAssociateRequested: associate_requested,
    EipAddressAssociated: associated,
    EipAddressUnassociateRequested: unassociate_requested,
    EipAddressUnassociated: unassociated,
    EipAddressReleaseRequested: release_requested,
    EipAddressReleased: released,
}

# The rules

RULES: Final = SubjectRules()

ASSOCIABLE: Final = EIP.statuses_admitting(EipAddressAssociateRequested)
ASSOCIABLE_INTERFACE: Final = NETWORK_INTERFACE.statuses_admitting(EipAddressAssociateRequested)
GIVING: Final = NETWORK_INTERFACE.statuses_admitting(EipAddressUnassociateRequested)
UNASSOCIABLE: Final = EIP.statuses_admitting(EipAddressUnassociateRequested)
RELEASABLE: Final = EIP.statuses_admitting(EipAddressReleased)

must_exist(RULES, "eip.not-found", "EIP", code="InvalidAllocationId.NotFound")


@RULES.denies(
    "eip.held",
    AssociateEipAddress,
    UnassociateEipAddress,
    ReleaseEipAddress,
    ModifyEipAddressAttribute,
    code="IncorrectEipStatus",
    http_status=400,
    message="{allocation_id} is held: {reason}",
)
def held(eip: EipState, region: Region, imported_world: World) -> Facts | None:
    """An imported EIP that is held is not changed: another service uses it, its description is not understood, or that
    of what it is on is not."""
    reason = eip.held
    if reason is None:
        user: InstanceState | NetworkInterfaceState | None = None
        if eip.instance_id is not None:
            user = region.instances[eip.instance_id]
        elif eip.network_interface_id is not None:
            user = region.network_interfaces[eip.network_interface_id]
        if user is not None and why_held(imported_world, user) is not None:
            reason = f"it is on {user.id}, which is held"
    return None if reason is None else {"allocation_id": eip.id, "reason": reason}


@RULES.denies(
    "account.eip-quota",
    AllocateEipAddress,
    ConvertNatPublicIpToEip,
    code="QuotaExceeded.Eip",
    http_status=400,
    codes={ConvertNatPublicIpToEip: ("MaxEIPQuotaExceeded", 403)},
    message="the account has {count} EIPs, and the quota is {quota}",
)
def eip_quota(world: World, region: Region, account_id: str) -> Facts | None:
    """An account owns at most ``eips-per-account`` (20) EIPs, over all regions."""
    count, quota = 0, quota_of(world, region, account_id, "eips-per-account")
    for one in world.regions.values():
        count += one.used(account_id, "eip")
    return None if count < quota else {"count": count, "quota": quota}


@RULES.denies(
    "eip.associate.state",
    AssociateEipAddress,
    code="IncorrectEipStatus",
    http_status=400,
    message="{allocation_id} is {status}, and only an Available EIP is associated",
)
def associate_state(eip: EipState) -> Facts | None:
    """Only an Available EIP is associated."""
    return None if eip.status in ASSOCIABLE else {"allocation_id": eip.id, "status": eip.status}


@RULES.denies(
    "eip.associate.region",
    AssociateEipAddress,
    guide="2.2",
    code="InvalidParameter.Mismatch",
    http_status=400,
    message="{allocation_id} is in {region_id}, and {instance_id} in {instance_region_id}",
)
def associate_region(eip: EipState, eip_user: EipUser, same_region: bool, region: Region, world: World) -> Facts | None:
    """An EIP and what it is associated with are in one region."""
    if same_region:
        return None
    of_user = known(world.region_of(_table_of(eip_user), eip_user.id))
    return {
        "instance_id": eip_user.id,
        "allocation_id": eip.id,
        "region_id": region.region_id,
        "instance_region_id": of_user.region_id,
    }


@RULES.denies(
    "eip.associate.network-type",
    AssociateEipAddress,
    guide="2.2",
    code="OperationDenied",
    http_status=400,
    message="{instance_id} is a classic instance",
)
def associate_network_type(instance: InstanceState) -> Facts | None:
    """An EIP is associated with an instance of a VPC."""
    return {"instance_id": instance.id} if instance.is_classic else None


@RULES.denies(
    "eip.associate.instance-state",
    AssociateEipAddress,
    code="IncorrectInstanceStatus",
    http_status=400,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def associate_instance_state(instance: InstanceState) -> Facts | None:
    """An EIP is associated with an instance that is Running or Stopped."""
    return wrong_instance_status(instance, EipAddressAssociateRequested)


@RULES.denies(
    "eip.associate.primary-interface",
    AssociateEipAddress,
    code="InvalidInstanceType.ValueNotSupported",
    http_status=400,
    message="{network_interface_id} is the primary ENI of {instance_id}, which takes an EIP itself",
)
def associate_primary_interface(network_interface: NetworkInterfaceState) -> Facts | Breach | None:
    """Of ENIs, only secondary ones take EIPs: that of a primary one is its instance's."""
    return is_primary(network_interface)


@RULES.denies(
    "eip.associate.interface-state",
    AssociateEipAddress,
    code="IncorrectInstanceStatus",
    http_status=400,
    message="{network_interface_id} is {status}, and must be Available or InUse",
)
def associate_interface_state(network_interface: NetworkInterfaceState, world: World) -> Facts | Breach | None:
    """An EIP is associated with an ENI that is Available or InUse, and not on an instance that is being released."""
    facts = {"network_interface_id": network_interface.id, "status": network_interface.status}
    if network_interface.status not in ASSOCIABLE_INTERFACE:
        return facts
    if network_interface.instance_id is None:
        return None
    region = known(world.region_of("network_interfaces", network_interface.id))
    instance = region.instances[network_interface.instance_id]
    if instance is None or instance.status not in BEING_RELEASED:
        return None
    return Breach(
        {**facts, "instance_id": instance.id},
        message="{network_interface_id} is on {instance_id}, which is being released",
    )


@RULES.denies(
    "eip.associate.private-ip",
    AssociateEipAddress,
    code="InvalidParameter",
    http_status=400,
    message="{private_ip_address} is no address of {instance_id} that takes an EIP",
)
def associate_private_ip(private_ip: str, eip_user: EipUser, region: Region, world: World) -> Facts | Breach | None:
    """The private address for an EIP is one that the ENI holds, and is not being revoked; of an instance, its
    primary one."""
    facts = {"private_ip_address": private_ip, "instance_id": eip_user.id}
    if isinstance(eip_user, InstanceState):
        return None if private_ip == _primary_ip_anywhere(region, world, eip_user) else facts
    if private_ip not in eip_user.private_ips:
        return Breach(facts, message="{instance_id} does not hold {private_ip_address}")
    if any(private_ip in addresses for _, addresses in eip_user.revocations):
        return Breach(facts, message="{private_ip_address} of {instance_id} is being revoked")
    return None


@RULES.denies(
    "eip.associate.public-ip",
    AssociateEipAddress,
    guide="2.2",
    code="InvalidStatus.InstanceHasBandWidth",
    http_status=400,
    message="{instance_id} has the public address {public_ip}",
)
def associate_public_ip(instance: InstanceState) -> Facts | None:
    """An EIP is not associated beside a NatPublicIp."""
    return None if instance.public_ip is None else {"instance_id": instance.id, "public_ip": instance.public_ip}


@RULES.denies(
    "eip.associate.duplicate",
    AssociateEipAddress,
    code="InvalidAssociation.Duplicated",
    http_status=400,
    message="{instance_id} has the EIP {allocation_id} already",
)
def associate_duplicate(eip_user: EipUser, private_ip: str) -> Facts | Breach | None:
    """An instance takes one EIP, and so does each private address of an ENI."""
    if isinstance(eip_user, InstanceState):
        return None if eip_user.eip_id is None else {"instance_id": eip_user.id, "allocation_id": eip_user.eip_id}
    eip_id = eip_user.eip_at(private_ip)
    if eip_id is None:
        return None
    facts = {"instance_id": eip_user.id, "private_ip_address": private_ip, "allocation_id": eip_id}
    return Breach(facts, message="{private_ip_address} of {instance_id} has the EIP {allocation_id} already")


@RULES.denies(
    "eip.unassociate.state",
    UnassociateEipAddress,
    code="IncorrectEipStatus",
    http_status=400,
    message="{allocation_id} is {status}, and only an EIP that is InUse on an instance or an ENI is unassociated",
)
def unassociate_state(eip: EipState) -> Facts | None:
    """Only an EIP that is InUse is unassociated; one that another service uses is not known to the model."""
    return (
        None
        if eip.status in UNASSOCIABLE and eip.user_id is not None
        else {"allocation_id": eip.id, "status": eip.status}
    )


@RULES.denies(
    "eip.unassociate.wrong-instance",
    UnassociateEipAddress,
    code="InvalidParameter.Mismatch",
    http_status=400,
    message="{allocation_id} is associated with {associated_with}, not with {instance_id}",
)
def unassociate_wrong_instance(eip: EipState, eip_user: EipUser) -> Facts | Breach | None:
    """An EIP is unassociated from the instance or the ENI that it is associated with."""
    if eip.user_id == eip_user.id:
        return None
    facts = {"allocation_id": eip.id, "associated_with": eip.user_id, "instance_id": eip_user.id}
    if eip.user_id is None:
        return Breach(facts, message="{allocation_id} is associated with no instance")
    return facts


@RULES.denies(
    "eip.unassociate.private-ip",
    UnassociateEipAddress,
    code="InvalidParameter",
    http_status=400,
    message="{allocation_id} is associated with {associated_with}, not with {private_ip_address}",
)
def unassociate_private_ip(eip: EipState, private_ip: str, region: Region) -> Facts | None:
    """An EIP is unassociated from the private address that it is associated with."""
    own = _private_ip_at(region, eip)
    if own is None or own == private_ip:
        return None
    return {"allocation_id": eip.id, "associated_with": own, "private_ip_address": private_ip}


@RULES.denies(
    "eip.unassociate.instance-state",
    UnassociateEipAddress,
    code="IncorrectInstanceStatus",
    http_status=400,
    message="{instance_id} is being released, and the EIP comes back when it is gone",
)
def unassociate_instance_state(eip: EipState, region: Region) -> Facts | None:
    """An EIP is not unassociated from an instance or an ENI that is being released: it comes back when that is gone."""
    instance_id = eip.instance_id
    if eip.network_interface_id is not None:
        interface = region.network_interfaces.get_existing(eip.network_interface_id)
        if not NETWORK_INTERFACE.admits(interface.status, EipAddressUnassociateRequested):
            return {"allocation_id": eip.id, "instance_id": interface.id}
        instance_id = interface.instance_id
    instance = None if instance_id is None else region.instances[instance_id]
    if instance is None or instance.status not in BEING_RELEASED:
        return None
    return {"allocation_id": eip.id, "instance_id": instance.id}


@RULES.denies(
    "eip.release.state",
    ReleaseEipAddress,
    guide="2.2",
    code="IncorrectEipStatus",
    http_status=400,
    message="{allocation_id} is {status}, and only an Available EIP is released",
)
def release_state(eip: EipState) -> Facts | None:
    """Only an Available EIP is released; asking again while it is Releasing is accepted."""
    return None if eip.status in RELEASABLE else {"allocation_id": eip.id, "status": eip.status}


@RULES.denies(
    "eip.release.charge-type",
    ReleaseEipAddress,
    code="Forbidden.ChargeTypeIsPrepaid",
    http_status=400,
    message="{allocation_id} is a subscription EIP",
)
def release_charge_type(eip: EipState) -> Facts | None:
    """An imported EIP that is a subscription is not released."""
    return {"allocation_id": eip.id} if eip.charge_type is _PREPAID else None


@RULES.denies(
    "eip.release.deletion-protection",
    ReleaseEipAddress,
    code="InvalidOperation.DeletionProtection",
    http_status=400,
    message="{allocation_id} is protected from deletion",
)
def release_deletion_protection(eip: EipState) -> Facts | None:
    """An imported EIP that is protected from deletion is not released."""
    return {"allocation_id": eip.id} if eip.deletion_protection else None


# How each command is decided


def next_id(context: RuleContext) -> str:
    """Returns the id of the next EIP."""
    number = context.world.next_number(context.region, "eip")
    return resource_id(context.region.region_id, "eip", number)


def prepare_allocate(context: RuleContext, command: AllocateEipAddress | None) -> None:
    context.regional_request = RegionalRequest(public=1)


def allocate(context: RuleContext, command: AllocateEipAddress) -> tuple[Event, ...]:
    (ip,) = PUBLIC.next_free(context.world, context.region, 1)
    return (
        EipAddressAllocated(
            allocation_id=next_id(context),
            ip_address=ip,
            name=command.name,
            description=command.description,
            tags=tuple(command.tags.items()),
        ),
    )


def restore_allocate(region: Region, recording: Recording[EipAddressAllocated]) -> AllocateEipAddress:
    event = recording.event
    return AllocateEipAddress(
        region_id=region.region_id, name=event.name, description=event.description, tags=event.tags
    )


def _private_ip_at(region: Region, eip: EipState) -> str | None:
    """Returns the private address that an EIP is associated with, None if it is with none."""
    if eip.network_interface_id is not None:
        return private_ip_of(eip, region.network_interfaces.get_existing(eip.network_interface_id))
    return None if eip.instance_id is None else region.private_ip_of(region.instances.get_existing(eip.instance_id))


def prepare_associate(context: RuleContext, command: AssociateEipAddress | None) -> None:
    user = context.eip_user = context.instance or context.network_interface
    context.private_ip = None if command is None else command.private_ip_address
    if user is None:
        return
    region = context.region
    if isinstance(user, NetworkInterfaceState):
        context.same_region = region.network_interfaces[user.id] is user
    else:
        context.same_region = region.instances[user.id] is user
    if context.private_ip is not None:
        return
    if isinstance(user, NetworkInterfaceState):
        free = (ip for ip in user.private_ips if command is None and user.eip_at(ip) is None)
        context.private_ip = next(free, user.primary_ip)
    else:
        context.private_ip = _primary_ip_anywhere(region, context.world, user)


def _primary_ip_anywhere(region: Region, world: World, instance: InstanceState) -> str:
    """Returns the primary private IP of an instance, which is in a region or in another one."""
    home = region if region.instances[instance.id] is instance else known(world.region_of("instances", instance.id))
    return home.private_ip_of(instance)


def _table_of(user: EipUser) -> str:
    return "instances" if isinstance(user, InstanceState) else "network_interfaces"


def prepare_unassociate(context: RuleContext, command: UnassociateEipAddress | None) -> None:
    context.eip_user = context.instance or context.network_interface
    context.private_ip = None if command is None else command.private_ip_address


def associate(context: RuleContext, command: AssociateEipAddress) -> tuple[Event, ...]:
    event = EipAddressAssociateRequested if context.asynchronous else EipAddressAssociated
    return _naming_user(event, command, _user(command.instance_id, command.instance_type))


def _naming_user(
    event: Callable[..., Event],
    command: AssociateEipAddress | UnassociateEipAddress,
    user: tuple[str | None, str | None],
) -> tuple[Event, ...]:
    """Returns the event of a command that names what its EIP is on."""
    instance_id, interface_id = user
    return (
        event(
            allocation_id=command.allocation_id,
            instance_id=instance_id,
            network_interface_id=interface_id,
            private_ip_address=command.private_ip_address,
        ),
    )


def _user(user_id: str, instance_type: EipInstanceType) -> tuple[str | None, str | None]:
    """Returns the ids of the instance and of the ENI that an event names, as what an EIP is on."""
    return (None, user_id) if instance_type is _OF_INTERFACE else (user_id, None)


def restore_associate(
    region: Region, recording: Recording[EipAddressAssociateRequested | EipAddressAssociated]
) -> AssociateEipAddress:
    event = recording.event
    return AssociateEipAddress(
        allocation_id=event.allocation_id,
        instance_id=known(event.instance_id or event.network_interface_id),
        instance_type=_type_of_user(event),
        private_ip_address=event.private_ip_address,
    )


def restore_unassociate(
    region: Region, recording: Recording[EipAddressUnassociateRequested | EipAddressUnassociated]
) -> UnassociateEipAddress:
    event = recording.event
    return UnassociateEipAddress(
        allocation_id=event.allocation_id,
        instance_id=event.instance_id or event.network_interface_id,
        instance_type=_type_of_user(event),
        private_ip_address=event.private_ip_address,
    )


def _type_of_user(event: Any) -> EipInstanceType:
    return _OF_INSTANCE if event.network_interface_id is None else _OF_INTERFACE


def associations_to_end(context: RuleContext) -> Iterator[RuleContext | Impossible]:
    """Yields the context as it is, if it is that of an EIP, or those with the EIPs of the instance or the ENI."""
    instance, interface = context.instance, context.network_interface
    if interface is not None:
        for eip_id in interface.eip_ids:
            yield context.having(eip=context.region.eips.get_existing(eip_id))
        if not interface.eips:
            message = f"no EIP is associated with {interface.id}"
            yield Impossible("eip.unassociate.wrong-instance", message, {"instance_id": interface.id})
    elif instance is None:
        yield context
    elif instance.eip_id is None:
        message = f"no EIP is associated with {instance.id}"
        yield Impossible("eip.unassociate.wrong-instance", message, {"instance_id": instance.id})
    else:
        yield context.having(eip=context.region.eips.get_existing(instance.eip_id))


def unassociate(context: RuleContext, command: UnassociateEipAddress) -> tuple[Event, ...]:
    eip = known(context.eip)
    event = EipAddressUnassociateRequested if context.asynchronous else EipAddressUnassociated
    user = eip.instance_id, eip.network_interface_id
    if command.instance_id is not None:
        user = _user(command.instance_id, command.instance_type)
    return _naming_user(event, command, user)


def release(context: RuleContext, command: ReleaseEipAddress) -> tuple[Event, ...]:
    if context.asynchronous and known(context.eip).status is _RELEASING:
        return ()
    event = EipAddressReleaseRequested if context.asynchronous else EipAddressReleased
    return (event(allocation_id=command.allocation_id),)


OPERATIONS: Final[Operations] = operations(
    Operation(
        AllocateEipAddress,
        allocate,
        ResourceKind.Eip,
        prepare=prepare_allocate,
        recorded_as=(EipAddressAllocated,),
        restore=restore_allocate,
    ),
    modification(ModifyEipAddressAttribute, EipAddressModified, ResourceKind.Eip, "name"),
    Operation(
        AssociateEipAddress,
        associate,
        ResourceKind.Eip,
        prepare=prepare_associate,
        statuses={
            ResourceKind.Eip: ASSOCIABLE,
            ResourceKind.Instance: INSTANCE.statuses_admitting(EipAddressAssociateRequested),
            ResourceKind.NetworkInterface: ASSOCIABLE_INTERFACE,
        },
        recorded_as=(EipAddressAssociated, EipAddressAssociateRequested),
        restore=restore_associate,
    ),
    Operation(
        UnassociateEipAddress,
        unassociate,
        ResourceKind.Eip,
        prepare=prepare_unassociate,
        statuses={ResourceKind.Eip: UNASSOCIABLE, ResourceKind.NetworkInterface: GIVING},
        alternatives=associations_to_end,
        recorded_as=(EipAddressUnassociated, EipAddressUnassociateRequested),
        restore=restore_unassociate,
    ),
    Operation(
        ReleaseEipAddress,
        release,
        ResourceKind.Eip,
        statuses={ResourceKind.Eip: RELEASABLE},
        recorded_as=(EipAddressReleased, EipAddressReleaseRequested),
        removes=True,
    ),
)
