"""The public address that an instance comes with (guide 2.1, 2.2, 3.2, 3.3): NatPublicIp in a VPC.

It is bought with bandwidth when the instance is created, or, for a subscription, later. It never leaves its instance: a
subscription gives it back, anybody may turn it into an EIP, and in the first six hours it may be changed three times.
The guest sees no interface for it: it is mapped to the private address by NAT.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ecsnet.commands import (
    AllocateEipAddress,
    AllocatePublicIpAddress,
    ChangePublicIpAddress,
    ConvertNatPublicIpToEip,
    CreateInstance,
    ModifyInstanceNetworkSpec,
    ReleasePublicIpAddress,
    RenewInstance,
    RunInstances,
)
from ecsnet.domain.context import RegionalRequest, RuleContext, known
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Breach, Facts, RuleKind, SubjectRules
from ecsnet.domain.state.records import InstanceState
from ecsnet.domain.state.regional_pool import CLASSIC, PUBLIC
from ecsnet.domain.state.world import Evolving, Region, World
from ecsnet.domain.subjects import eip
from ecsnet.domain.subjects.instance.lifecycle import BEING_RELEASED, INSTANCE, wrong_status
from ecsnet.domain.subjects.instance.lifecycle import changed as changed_instance
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.eip import EipAddressAssociateRequested, NatPublicIpConverted
from ecsnet.events.public_ip import PublicIpAddressAllocated, PublicIpAddressChanged, PublicIpAddressReleased
from ecsnet.values import ChargeType, InstanceStatus

CHANGE_WINDOW: Final = timedelta(hours=6)
CHANGE_LIMIT: Final = 3
EXPIRY_MARGIN: Final = timedelta(hours=24)

# How each event changes the state


def _give(region: Region, instance: InstanceState, ip: str) -> None:
    PUBLIC.allocate(region, ip, instance.id)
    instance.public_ip = ip


def allocated(region: Region, event: PublicIpAddressAllocated, record: RecordedEvent) -> None:
    _give(region, changed_instance(region, event.instance_id, record), event.ip_address)


def changed(region: Region, event: PublicIpAddressChanged, record: RecordedEvent) -> None:
    instance = changed_instance(region, event.instance_id, record)
    PUBLIC.release(region, instance.public_ip or "", instance.id)
    _give(region, instance, event.ip_address)
    instance.public_ip_changes += 1


def released(region: Region, event: PublicIpAddressReleased, record: RecordedEvent) -> None:
    instance = changed_instance(region, event.instance_id, record)
    PUBLIC.release(region, instance.public_ip or "", instance.id)
    instance.public_ip = None


EVOLVE: Final[Evolving] = {
    PublicIpAddressAllocated: allocated,
    PublicIpAddressChanged: changed,
    PublicIpAddressReleased: released,
}

# The rules

RULES: Final = SubjectRules()


@RULES.denies(
    "public-ip.assign.already",
    AllocatePublicIpAddress,
    code="AllocatedAlready",
    http_status=403,
    breach_codes=[("OperationDenied", 400)],
    message="{instance_id} has {held} already",
)
def assign_already(instance: InstanceState) -> Facts | Breach | None:
    """A public address is not allocated beside a public address or an EIP."""
    if instance.public_ip is not None:
        return {"instance_id": instance.id, "held": instance.public_ip}
    if instance.eip_id is not None:
        return Breach({"instance_id": instance.id, "held": instance.eip_id}, "OperationDenied", 400)
    return None


@RULES.denies(
    "public-ip.assign.state",
    AllocatePublicIpAddress,
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def assign_state(instance: InstanceState) -> Facts | None:
    """A public address is allocated to an instance that is Running or Stopped."""
    return wrong_status(instance, PublicIpAddressAllocated)


@RULES.denies(
    "public-ip.assign.pay-as-you-go",
    AllocatePublicIpAddress,
    guide="3.2",
    code="OperationDenied",
    http_status=400,
    message="{instance_id} is a pay-as-you-go instance, and was created without bandwidth",
)
def assign_pay_as_you_go(instance: InstanceState) -> Facts | Breach | None:
    """A pay-as-you-go instance that was created without Internet access never gets a public address of its own."""
    at_creation, now = instance.bandwidth_at_creation, instance.internet_max_bandwidth_out
    if instance.charge_type is not ChargeType.PostPaid or (at_creation and now):
        return None
    free = instance.vpc_id is not None and instance.public_ip is None and instance.eip_id is None
    takes_eip = free and INSTANCE.admits(instance.status, EipAddressAssociateRequested)
    facts = {"instance_id": instance.id, "bandwidth_at_creation": at_creation, "bandwidth": now, "takes_eip": takes_eip}
    if at_creation:
        return Breach(facts, message="{instance_id} is a pay-as-you-go instance without bandwidth")
    if takes_eip:
        message = "{instance_id} is a pay-as-you-go instance, and was created without bandwidth; it can take an EIP"
        return Breach(facts, message=message)
    return facts


@RULES.denies(
    "public-ip.assign.subscription",
    AllocatePublicIpAddress,
    guide="3.2",
    code="AllocateIpInvalidInstanceBandwidth",
    http_status=400,
    message="{instance_id} is a subscription instance without bandwidth, and gets a public address by buying some",
)
def assign_subscription(instance: InstanceState) -> Facts | Breach | None:
    """A subscription instance without bandwidth gets a public address by buying some, not by asking for one."""
    if instance.charge_type is not ChargeType.PrePaid or instance.internet_max_bandwidth_out:
        return None
    facts = {"instance_id": instance.id, "next_bandwidth": instance.next_bandwidth}
    if instance.public_ip is not None or instance.eip_id is not None or instance.status in BEING_RELEASED:
        return Breach(facts, message="{instance_id} is a subscription instance without bandwidth")
    if instance.next_bandwidth is None:
        if instance.is_classic and instance.status is not InstanceStatus.Stopped:
            buying = "gets a public address by buying some while it is Stopped"
            return Breach(facts, message=f"{{instance_id}} is a subscription instance without bandwidth, and {buying}")
        return facts
    return Breach(
        facts,
        message="{instance_id} is a subscription instance without bandwidth, and {next_bandwidth} Mbit/s wait for its "
        "next cycle",
    )


@RULES.denies(
    "public-ip.classic.kept",
    ReleasePublicIpAddress,
    guide="2.1",
    code="OperationDenied",
    http_status=403,
    message="{instance_id} is a classic instance, and a public address of the classic network is never released",
)
def classic_kept(instance: InstanceState) -> Facts | None:
    """A classic public address is never released nor disassociated; without bandwidth it is kept without Internet."""
    return {"instance_id": instance.id} if instance.is_classic else None


@RULES.denies(
    "public-ip.nat.release",
    ReleasePublicIpAddress,
    guide="2.2",
    code="ChargeTypeViolation",
    http_status=403,
    message="{instance_id} is a pay-as-you-go instance, and only a subscription releases its public address",
)
def nat_release(instance: InstanceState) -> Facts | None:
    """A NatPublicIp is released on a subscription instance only, and never disassociated. A renewal to 0 Mbit/s
    releases it, too, when the new cycle begins."""
    return {"instance_id": instance.id} if instance.charge_type is not ChargeType.PrePaid else None


@RULES.denies(
    "public-ip.release.assigned",
    ReleasePublicIpAddress,
    code="InvalidInstance.ZeroBandwidth",
    http_status=404,
    message="{instance_id} has no public address of its own",
)
def release_assigned(instance: InstanceState) -> Facts | None:
    """Only an instance that has a public address releases it; an EIP is not one."""
    return {"instance_id": instance.id} if instance.public_ip is None else None


@RULES.denies(
    "public-ip.change.assigned",
    ChangePublicIpAddress,
    guide="3.2",
    message="{instance_id} has no public address of its own",
)
def change_assigned(instance: InstanceState) -> Facts | None:
    """Only an instance that has a public address changes it; an EIP is not one."""
    return release_assigned(instance)


@RULES.denies(
    "public-ip.change.state",
    ChangePublicIpAddress,
    guide="3.2",
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and must be Stopped",
)
def change_state(instance: InstanceState) -> Facts | None:
    """A public address is changed only while the instance is Stopped."""
    return wrong_status(instance, PublicIpAddressChanged)


@RULES.denies(
    "public-ip.change.window",
    ChangePublicIpAddress,
    guide="3.2",
    message="{instance_id} was created at {created_at}, six hours ago or more",
)
def change_window(instance: InstanceState, now: datetime) -> Facts | None:
    """A public address is changed only while the instance is less than six hours old."""
    if now - instance.created_at < CHANGE_WINDOW:
        return None
    return {"instance_id": instance.id, "created_at": instance.created_at}


@RULES.denies(
    "public-ip.change.limit",
    ChangePublicIpAddress,
    guide="3.2",
    message="the public address of {instance_id} was changed {count} times, and {quota} is the most",
)
def change_limit(instance: InstanceState) -> Facts | None:
    """A public address is changed at most three times."""
    count = instance.public_ip_changes
    return None if count < CHANGE_LIMIT else {"instance_id": instance.id, "count": count, "quota": CHANGE_LIMIT}


@RULES.denies(
    "public-ip.convert.network-type",
    ConvertNatPublicIpToEip,
    guide="3.3",
    code="OperationDenied",
    http_status=404,
    message="{instance_id} is a classic instance, and a public address of the classic network never becomes an EIP",
)
def convert_network_type(instance: InstanceState) -> Facts | None:
    """Only an instance of a VPC converts its public address to an EIP."""
    return classic_kept(instance)


@RULES.denies(
    "public-ip.convert.assigned",
    ConvertNatPublicIpToEip,
    guide="3.3",
    code="InvalidInstance.ZeroBandwidth",
    http_status=404,
    message="{instance_id} has no NatPublicIp",
)
def convert_assigned(instance: InstanceState) -> Facts | Breach | None:
    """Only an instance with a NatPublicIp converts it, and only while it has bandwidth."""
    bandwidth = instance.internet_max_bandwidth_out
    if instance.public_ip is not None and bandwidth:
        return None
    facts = {"instance_id": instance.id, "public_ip": instance.public_ip, "bandwidth": bandwidth}
    if instance.public_ip is None:
        return facts
    return Breach(facts, message="{instance_id} has a bandwidth of 0 Mbit/s")


@RULES.denies(
    "public-ip.convert.state",
    ConvertNatPublicIpToEip,
    guide="3.3",
    code="IncorrectInstanceStatus",
    http_status=404,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def convert_state(instance: InstanceState) -> Facts | None:
    """A NatPublicIp is converted while the instance is Running or Stopped."""
    return wrong_status(instance, NatPublicIpConverted)


@RULES.denies(
    "public-ip.convert.pending-change",
    ConvertNatPublicIpToEip,
    guide="3.3",
    code="InvalidInstanceId.PlanedChange",
    http_status=403,
    message="{instance_id} has a bandwidth of {next_bandwidth} Mbit/s waiting for its next cycle",
)
def convert_pending_change(instance: InstanceState) -> Facts | None:
    """A NatPublicIp is not converted while a change of specification waits to take effect."""
    if instance.next_bandwidth is None:
        return None
    return {"instance_id": instance.id, "next_bandwidth": instance.next_bandwidth}


@RULES.denies(
    "public-ip.convert.expiring",
    ConvertNatPublicIpToEip,
    guide="3.3",
    code="InvalidEndTime.Malformed",
    http_status=403,
    message="{instance_id} expires at {expires_at}, in 24 hours or less",
)
def convert_expiring(instance: InstanceState, now: datetime) -> Facts | Breach | None:
    """A NatPublicIp is not converted in the last 24 hours of the instance's life cycle."""
    if instance.expires_at is None or instance.expires_at - now > EXPIRY_MARGIN:
        return None
    facts = {"instance_id": instance.id, "expires_at": instance.expires_at}
    return facts if now < instance.expires_at else Breach(facts, message="{instance_id} expired at {expires_at}")


@RULES.denies(
    "address.region.exhausted",
    RunInstances,
    CreateInstance,
    ModifyInstanceNetworkSpec,
    RenewInstance,
    AllocateEipAddress,
    AllocatePublicIpAddress,
    ChangePublicIpAddress,
    code="InsufficientPublicIp",
    http_status=400,
    breach_codes=[("OperationDenied", 403)],
    message="{region_id} has {available[public]} public addresses left, not {wanted[public]}",
)
def region_exhausted(regional_request: RegionalRequest, world: World, region: Region) -> Breach | None:
    """A region gives no more public addresses, and no more classic private ones, than its blocks have free."""
    short = {}
    for pool, wanted in ((PUBLIC, regional_request.public), (CLASSIC, regional_request.classic)):
        if wanted and wanted > (available := pool.free_count(world, region)):
            short[pool] = wanted, available
    if not short:
        return None
    facts = {
        "region_id": region.region_id,
        "available": {pool.name: available for pool, (_, available) in short.items()},
        "wanted": {pool.name: wanted for pool, (wanted, _) in short.items()},
    }
    left = [f"{{available[{pool.name}]}} {pool.name} addresses left, not {{wanted[{pool.name}]}}" for pool in short]
    message = f"{{region_id}} has {', and '.join(left)}"
    return Breach(facts, message=message) if PUBLIC in short else Breach(facts, "OperationDenied", 403, message)


RULES.states(
    "public-ip.convert.irreversible",
    RuleKind.Fact,
    "There is no way back from an EIP to a NatPublicIp; the address stays the same and traffic is not interrupted.",
    guide="3.3",
)

# How each command is decided


def prepare_allocate(context: RuleContext, command: AllocatePublicIpAddress | ChangePublicIpAddress | None) -> None:
    context.regional_request = RegionalRequest(public=1)


def allocate(context: RuleContext, command: AllocatePublicIpAddress) -> tuple[Event, ...]:
    (ip,) = PUBLIC.next_free(context.world, context.region, 1)
    return (PublicIpAddressAllocated(instance_id=command.instance_id, ip_address=ip),)


def change(context: RuleContext, command: ChangePublicIpAddress) -> tuple[Event, ...]:
    (ip,) = PUBLIC.next_free(context.world, context.region, 1)
    return (PublicIpAddressChanged(instance_id=command.instance_id, ip_address=ip),)


def release(context: RuleContext, command: ReleasePublicIpAddress) -> tuple[Event, ...]:
    return (PublicIpAddressReleased(instance_id=command.instance_id),)


def convert(context: RuleContext, command: ConvertNatPublicIpToEip) -> tuple[Event, ...]:
    return (
        NatPublicIpConverted(
            allocation_id=eip.next_id(context),
            ip_address=known(known(context.instance).public_ip),
            instance_id=command.instance_id,
        ),
    )


OPERATIONS: Final[Operations] = operations(
    Operation(
        AllocatePublicIpAddress,
        allocate,
        ResourceKind.Instance,
        prepare=prepare_allocate,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(PublicIpAddressAllocated)},
        recorded_as=(PublicIpAddressAllocated,),
    ),
    Operation(
        ChangePublicIpAddress,
        change,
        ResourceKind.Instance,
        prepare=prepare_allocate,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(PublicIpAddressChanged)},
        recorded_as=(PublicIpAddressChanged,),
    ),
    Operation(ReleasePublicIpAddress, release, ResourceKind.Instance, recorded_as=(PublicIpAddressReleased,)),
    Operation(
        ConvertNatPublicIpToEip,
        convert,
        ResourceKind.Instance,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(NatPublicIpConverted)},
        recorded_as=(NatPublicIpConverted,),
    ),
)
