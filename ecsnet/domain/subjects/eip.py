"""Elastic IP addresses (guide 2.2): public addresses that an account keeps, and moves between instances of a VPC.

The fact that an EIP is associated with an instance has one home, the EIP's `instance_id`; the instance's side is an
index. An EIP survives its instance: it comes back Available.

An imported EIP may be held: on a NAT gateway, a load balancer or whatever else is not modelled, or described in a way
that is not understood. It counts, and no command changes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecsnet.commands import (
    AllocateEipAddress,
    AssociateEipAddress,
    ConvertNatPublicIpToEip,
    ReleaseEipAddress,
    UnassociateEipAddress,
)
from ecsnet.domain.context import RegionalRequest, RuleContext, known
from ecsnet.domain.lifecycle import INITIAL, SAME, Lifecycle, Transitional, described
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Impossible, Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Breach, Facts, SubjectRules
from ecsnet.domain.state.ids import resource_id
from ecsnet.domain.state.records import EipState, InstanceState
from ecsnet.domain.state.regional_pool import PUBLIC
from ecsnet.domain.state.world import Evolving, Region, World, owned
from ecsnet.domain.subjects.account import quota_of
from ecsnet.domain.subjects.instance.lifecycle import BEING_RELEASED, INSTANCE
from ecsnet.domain.subjects.instance.lifecycle import changed as changed_instance
from ecsnet.domain.subjects.instance.lifecycle import wrong_status as wrong_instance_status
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.eip import (
    EipAddressAllocated,
    EipAddressAssociated,
    EipAddressAssociateRequested,
    EipAddressRegistered,
    EipAddressReleased,
    EipAddressReleaseRequested,
    EipAddressUnassociated,
    EipAddressUnassociateRequested,
    NatPublicIpConverted,
)
from ecsnet.events.imports import EipImported
from ecsnet.values import EipStatus

S = EipStatus

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
        # follows at once, in the stream of the account, whose fold knows nothing of the EIP
        [EipAddressRegistered, EXISTING, SAME],
        *described(EipImported, EXISTING),
    ],
)
"""EIPs."""

ASSOCIATED: Final = EIP.statuses_admitting(EipAddressUnassociated)
"""The statuses of an EIP that is on an instance, however far associating or unassociating has come."""

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
    PUBLIC.allocate(region, eip.ip_address, eip.id)


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


def associate_requested(region: Region, event: EipAddressAssociateRequested, record: RecordedEvent) -> None:
    _bind(region, _changed(region, event.allocation_id, record), event.instance_id)


def associated(region: Region, event: EipAddressAssociated, record: RecordedEvent) -> None:
    eip = _changed(region, event.allocation_id, record)
    if eip.instance_id is None:
        _bind(region, eip, event.instance_id)


def _bind(region: Region, eip: EipState, instance_id: str) -> None:
    instance = region.instances.mutable(instance_id)
    if instance.status not in ASSOCIATE:
        raise ASSOCIATE.illegal(instance.status)
    instance.eip_id = eip.id
    eip.instance_id = instance_id


def release_requested(region: Region, event: EipAddressReleaseRequested, record: RecordedEvent) -> None:
    _changed(region, event.allocation_id, record)


def unassociate_requested(region: Region, event: EipAddressUnassociateRequested, record: RecordedEvent) -> None:
    _must_be_user(_changed(region, event.allocation_id, record), event.instance_id)


def _must_be_user(eip: EipState, instance_id: str) -> None:
    if eip.instance_id != instance_id:
        raise ValueError(f"{eip.id} is associated with {eip.instance_id}, not with {instance_id}")


def unassociated(region: Region, event: EipAddressUnassociated, record: RecordedEvent) -> None:
    eip = _changed(region, event.allocation_id, record)
    _must_be_user(eip, event.instance_id)
    changed_instance(region, event.instance_id, record).eip_id = None
    eip.instance_id = None
    eip.held = eip.described = None  # what was not understood of it ended with the instance


def released(region: Region, event: EipAddressReleased, record: RecordedEvent) -> None:
    eip = _changed(region, event.allocation_id, record)
    region.use(eip.account_id, "eip", -1)
    PUBLIC.release(region, eip.ip_address, eip.id)
    region.eips.delete(eip.id)


EVOLVE: Final[Evolving] = {
    EipAddressAllocated: allocated,
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
UNASSOCIABLE: Final = EIP.statuses_admitting(EipAddressUnassociateRequested)
RELEASABLE: Final = EIP.statuses_admitting(EipAddressReleased)

must_exist(RULES, "eip.not-found", "EIP", code="InvalidAllocationId.NotFound")


@RULES.denies(
    "eip.held",
    AssociateEipAddress,
    UnassociateEipAddress,
    ReleaseEipAddress,
    code="IncorrectEipStatus",
    http_status=400,
    message="{allocation_id} is held: {reason}",
)
def held(eip: EipState, region: Region) -> Facts | None:
    """An imported EIP that is held is not changed: another service uses it, its description is not understood, or that
    of its instance is not."""
    reason = eip.held
    if reason is None and eip.instance_id is not None:
        instance = region.instances[eip.instance_id]
        if instance is not None and instance.held is not None:
            reason = f"it is on {instance.id}, which is held"
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
    count = sum(one.used(account_id, "eip") for one in world.regions.values())
    quota = quota_of(world, region, account_id, "eips-per-account")
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
def associate_region(
    eip: EipState, instance: InstanceState, same_region: bool, region: Region, world: World
) -> Facts | None:
    """An EIP and its instance are in one region."""
    if same_region:
        return None
    of_instance = known(world.region_of("instances", instance.id))
    return {
        "instance_id": instance.id,
        "allocation_id": eip.id,
        "region_id": region.region_id,
        "instance_region_id": of_instance.region_id,
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
    return {"instance_id": instance.id} if instance.vpc_id is None else None


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
def associate_duplicate(instance: InstanceState) -> Facts | None:
    """An instance takes one EIP."""
    return None if instance.eip_id is None else {"instance_id": instance.id, "allocation_id": instance.eip_id}


@RULES.denies(
    "eip.unassociate.state",
    UnassociateEipAddress,
    code="IncorrectEipStatus",
    http_status=400,
    message="{allocation_id} is {status}, and only an EIP that is InUse on an instance is unassociated",
)
def unassociate_state(eip: EipState) -> Facts | None:
    """Only an EIP that is InUse is unassociated; one that another service uses is not known to the model."""
    return (
        None
        if eip.status in UNASSOCIABLE and eip.instance_id is not None
        else {"allocation_id": eip.id, "status": eip.status}
    )


@RULES.denies(
    "eip.unassociate.wrong-instance",
    UnassociateEipAddress,
    code="InvalidParameter.Mismatch",
    http_status=400,
    message="{allocation_id} is associated with {associated_with}, not with {instance_id}",
)
def unassociate_wrong_instance(eip: EipState, instance: InstanceState) -> Facts | Breach | None:
    """An EIP is unassociated from the instance that it is associated with."""
    if eip.instance_id == instance.id:
        return None
    facts = {"allocation_id": eip.id, "associated_with": eip.instance_id, "instance_id": instance.id}
    if eip.instance_id is None:
        return Breach(facts, message="{allocation_id} is associated with no instance")
    return facts


@RULES.denies(
    "eip.unassociate.instance-state",
    UnassociateEipAddress,
    code="IncorrectInstanceStatus",
    http_status=400,
    message="{instance_id} is being released, and the EIP comes back when it is gone",
)
def unassociate_instance_state(eip: EipState, region: Region) -> Facts | None:
    """An EIP is not unassociated from an instance that is being released: it comes back when that is gone."""
    instance = None if eip.instance_id is None else region.instances[eip.instance_id]
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


# How each command is decided


def next_id(context: RuleContext) -> str:
    """Returns the id of the next EIP."""
    (number,) = context.world.next_numbers(context.region, "eip", 1)
    return resource_id(context.region.region_id, "eip", number)


def prepare_allocate(context: RuleContext, command: AllocateEipAddress | None) -> None:
    context.regional_request = RegionalRequest(public=1)


def allocate(context: RuleContext, command: AllocateEipAddress) -> tuple[Event, ...]:
    (ip,) = PUBLIC.next_free(context.world, context.region, 1)
    return (EipAddressAllocated(allocation_id=next_id(context), ip_address=ip),)


def prepare_associate(context: RuleContext, command: AssociateEipAddress | None) -> None:
    instance = context.instance
    if instance is not None:
        context.same_region = owned(context.region.instances, instance.id, context.account_id) is not None


def associate(context: RuleContext, command: AssociateEipAddress) -> tuple[Event, ...]:
    event = EipAddressAssociateRequested if context.asynchronous else EipAddressAssociated
    return (event(allocation_id=command.allocation_id, instance_id=command.instance_id),)


def associations_to_end(context: RuleContext) -> Iterator[RuleContext | Impossible]:
    """Yields the context as it is, if it is that of an EIP, or the one with the EIP of the instance."""
    instance = context.instance
    if instance is None:
        yield context
    elif instance.eip_id is None:
        message = f"no EIP is associated with {instance.id}"
        yield Impossible("eip.unassociate.wrong-instance", message, {"instance_id": instance.id})
    else:
        yield context.having(eip=context.region.eips.get_existing(instance.eip_id))


def unassociate(context: RuleContext, command: UnassociateEipAddress) -> tuple[Event, ...]:
    eip = known(context.eip)
    event = EipAddressUnassociateRequested if context.asynchronous else EipAddressUnassociated
    return (event(allocation_id=eip.id, instance_id=command.instance_id or known(eip.instance_id)),)


def release(context: RuleContext, command: ReleaseEipAddress) -> tuple[Event, ...]:
    if context.asynchronous and known(context.eip).status is S.Releasing:
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
    ),
    Operation(
        AssociateEipAddress,
        associate,
        ResourceKind.Eip,
        prepare=prepare_associate,
        statuses={
            ResourceKind.Eip: ASSOCIABLE,
            ResourceKind.Instance: INSTANCE.statuses_admitting(EipAddressAssociateRequested),
        },
        recorded_as=(EipAddressAssociated, EipAddressAssociateRequested),
    ),
    Operation(
        UnassociateEipAddress,
        unassociate,
        ResourceKind.Eip,
        statuses={ResourceKind.Eip: UNASSOCIABLE},
        alternatives=associations_to_end,
        recorded_as=(EipAddressUnassociated, EipAddressUnassociateRequested),
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
