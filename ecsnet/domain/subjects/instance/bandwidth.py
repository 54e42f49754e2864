"""The bandwidth that an instance has bought, and its subscription (guide 2.1, 3.2, 3.3).

A change of the specification takes effect at once. One that comes with a renewal waits until the next cycle begins, by
the clock alone, whatever the pace of transitional states; meanwhile it is the specification change that 3.3 speaks of.
A cycle that begins at 0 Mbit/s takes the NatPublicIp of an instance of a VPC with it; a classic address is kept.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ecsnet.commands import ModifyInstanceNetworkSpec, RenewInstance
from ecsnet.domain.context import RegionalRequest, RuleContext, SubscriptionPeriod, known
from ecsnet.domain.operation import Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import Facts, SubjectRules
from ecsnet.domain.state.pending import CYCLE, Entry
from ecsnet.domain.state.records import InstanceState
from ecsnet.domain.state.regional_pool import PUBLIC
from ecsnet.domain.state.world import Evolving, Region, World
from ecsnet.domain.subjects.instance.creation import end_of, months_until
from ecsnet.domain.subjects.instance.lifecycle import BEING_RELEASED, changed
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.instance import InstanceNetworkSpecModified, InstanceRenewed
from ecsnet.values import ChargeType, InstanceStatus

# How each event changes the state


def modified(region: Region, event: InstanceNetworkSpecModified, record: RecordedEvent) -> None:
    instance = changed(region, event.instance_id, record)
    instance.internet_max_bandwidth_out = event.internet_max_bandwidth_out
    _forget_next_cycle(region, instance)
    if event.ip_address is not None:
        instance.public_ip = event.ip_address
        PUBLIC.allocate(region, event.ip_address, instance.id)
    if event.released_ip_address is not None:
        instance.public_ip = None
        PUBLIC.release(region, event.released_ip_address, instance.id)


def renewed(region: Region, event: InstanceRenewed, record: RecordedEvent) -> None:
    instance = changed(region, event.instance_id, record)
    instance.expires_at = event.expires_at
    if event.next_bandwidth is not None and event.next_cycle_at is not None:
        _forget_next_cycle(region, instance)
        instance.next_bandwidth = event.next_bandwidth
        instance.scheduled = record.position
        region.scheduled.set(record.position, Entry(instance.id, event.next_cycle_at, CYCLE))


def _forget_next_cycle(region: Region, instance: InstanceState) -> None:
    if instance.scheduled is not None:
        region.scheduled.delete(instance.scheduled)
        instance.scheduled = instance.next_bandwidth = None


EVOLVE: Final[Evolving] = {InstanceNetworkSpecModified: modified, InstanceRenewed: renewed}

# The rules

RULES: Final = SubjectRules()


@RULES.denies(
    "instance.renew.charge-type",
    RenewInstance,
    code="ChargeTypeViolation",
    http_status=403,
    message="{instance_id} is a pay-as-you-go instance",
)
def renew_charge_type(instance: InstanceState) -> Facts | None:
    """Only a subscription instance is renewed."""
    return None if instance.charge_type is ChargeType.PrePaid else {"instance_id": instance.id}


@RULES.denies(
    "instance.network-spec.pending-change",
    ModifyInstanceNetworkSpec,
    RenewInstance,
    code="InvalidInstanceId.PlanedChange",
    http_status=403,
    message="{instance_id} has a bandwidth of {next_bandwidth} Mbit/s waiting for its next cycle",
)
def pending_change(instance: InstanceState, bandwidth: int) -> Facts | None:
    """The bandwidth is not changed while another change of it waits for the next cycle."""
    if instance.next_bandwidth is None:
        return None
    return {"instance_id": instance.id, "next_bandwidth": instance.next_bandwidth}


_NOT_DENIED: Final = [InstanceStatus.Stopped, *BEING_RELEASED]
"""The statuses in which the bandwidth may be raised, and those that another rule denies (`instance.being-released`)."""


@RULES.denies(
    "instance.network-spec.classic-state",
    ModifyInstanceNetworkSpec,
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}: a classic instance without bandwidth must be Stopped to get some",
)
def classic_state(instance: InstanceState, bandwidth: int) -> Facts | None:
    """The bandwidth of a classic instance is raised from 0 only while the instance is Stopped."""
    raised_from_zero = instance.internet_max_bandwidth_out == 0 and bandwidth > 0
    if not instance.is_classic or not raised_from_zero or instance.status in _NOT_DENIED:
        return None
    return {"instance_id": instance.id, "status": instance.status}


# How each command is decided


def prepare_modify(context: RuleContext, command: ModifyInstanceNetworkSpec | None) -> None:
    context.bandwidth = bandwidth = 0 if command is None else command.internet_max_bandwidth_out
    if context.instance is not None and brings_address(context.instance, bandwidth):
        context.regional_request = RegionalRequest(public=1)


def modify(context: RuleContext, command: ModifyInstanceNetworkSpec) -> tuple[Event, ...]:
    bandwidth = command.internet_max_bandwidth_out
    return (_change(context.world, context.region, known(context.instance), bandwidth),)


def _new_cycle(world: World, region: Region, instance: InstanceState, bandwidth: int) -> InstanceNetworkSpecModified:
    """Returns the change of an instance whose new cycle begins with a bandwidth."""
    change = _change(world, region, instance, bandwidth)
    if not takes_address(instance, bandwidth):
        return change
    return msgspec.structs.replace(change, released_ip_address=instance.public_ip)


def takes_address(instance: InstanceState, bandwidth: int) -> bool:
    """Returns whether an instance loses its public address in a cycle with a bandwidth."""
    return bandwidth == 0 and instance.vpc_id is not None and instance.public_ip is not None


def brings_address(instance: InstanceState, bandwidth: int) -> bool:
    """Returns whether an instance gets a public address with a bandwidth."""
    return (
        bandwidth > 0
        and instance.charge_type is ChargeType.PrePaid
        and instance.public_ip is None
        and instance.eip_id is None
    )


def _change(world: World, region: Region, instance: InstanceState, bandwidth: int) -> InstanceNetworkSpecModified:
    drawn = PUBLIC.next_free(world, region, 1) if brings_address(instance, bandwidth) else ()
    return InstanceNetworkSpecModified(
        instance_id=instance.id,
        internet_max_bandwidth_out=bandwidth,
        ip_address=drawn[0] if drawn else None,
    )


def prepare_renew(context: RuleContext, command: RenewInstance | None) -> None:
    if context.instance is not None and context.instance.expires_at is not None:
        starts_at = max(context.instance.expires_at, context.now)
        context.subscription = SubscriptionPeriod(starts_at, 1 if command is None else command.period)
        if command is not None and context.instance.expires_at <= context.now:
            bandwidth = _next_bandwidth(context.instance, command)
            if bandwidth is not None and brings_address(context.instance, bandwidth):
                context.regional_request = RegionalRequest(public=1)
    if command is not None:
        context.bandwidth = command.internet_max_bandwidth_out


def _next_bandwidth(instance: InstanceState, command: RenewInstance) -> int | None:
    """Returns the bandwidth with which the next cycle begins, None if it changes nothing."""
    bandwidth = command.internet_max_bandwidth_out
    if bandwidth is None or bandwidth != instance.internet_max_bandwidth_out or takes_address(instance, bandwidth):
        return bandwidth
    return None


def renew(context: RuleContext, command: RenewInstance) -> tuple[Event, ...]:
    instance, expires_at = known(context.instance), end_of(known(context.subscription))
    cycle_ends_at = known(instance.expires_at)
    bandwidth = _next_bandwidth(instance, command)
    if cycle_ends_at <= context.now:  # the next cycle begins with the renewal
        renewed = InstanceRenewed(instance_id=instance.id, expires_at=expires_at)
        return (
            (renewed,)
            if bandwidth is None
            else (renewed, _new_cycle(context.world, context.region, instance, bandwidth))
        )
    return (
        InstanceRenewed(
            instance_id=instance.id,
            expires_at=expires_at,
            next_bandwidth=bandwidth,
            next_cycle_at=None if bandwidth is None else cycle_ends_at,
        ),
    )


def restore_renew(region: Region, recording: Recording[InstanceRenewed]) -> RenewInstance:
    """Returns the command; where the next cycle began at once, its bandwidth is in an event of its own."""
    event = recording.event
    instance = region.instances.get_existing(event.instance_id)
    starts_at = max(instance.expires_at or recording.recorded_at, recording.recorded_at)
    bandwidth = event.next_bandwidth
    for follower in recording.followers:
        if isinstance(follower, InstanceNetworkSpecModified):
            bandwidth = follower.internet_max_bandwidth_out
    return RenewInstance(
        instance_id=event.instance_id,
        period=months_until(starts_at, event.expires_at),
        internet_max_bandwidth_out=bandwidth,
    )


def next_cycle(world: World, region: Region, instance_id: str) -> InstanceNetworkSpecModified:
    """Returns the event that changes an instance's bandwidth when its next cycle begins."""
    instance = region.instances.get_existing(instance_id)
    assert instance.next_bandwidth is not None
    return _new_cycle(world, region, instance, instance.next_bandwidth)


OPERATIONS: Final[Operations] = operations(
    Operation(
        ModifyInstanceNetworkSpec,
        modify,
        ResourceKind.Instance,
        prepare=prepare_modify,
        recorded_as=(InstanceNetworkSpecModified,),
    ),
    Operation(
        RenewInstance,
        renew,
        ResourceKind.Instance,
        prepare=prepare_renew,
        recorded_as=(InstanceRenewed,),
        restore=restore_renew,
    ),
)
