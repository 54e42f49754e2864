"""New instances (guide 1, 2.2, 3.2, 4.3): where they are created, and what they are created with.

In a VPC an instance gets its primary ENI, with an address of its VSwitch; in the classic network, while that was open,
an address of its region's. All that is drawn is written into the events: ids, addresses, MACs, and the type's limits.
"""

from __future__ import annotations

import calendar
from datetime import MAXYEAR, UTC, datetime
from typing import Any, Final

from ecsnet.clocks import END_OF_TIME
from ecsnet.commands import AttachNetworkInterface, CreateInstance, RenewInstance, RunInstances
from ecsnet.domain.context import (
    AddressRequest,
    AttachTarget,
    GroupGrowth,
    RegionalRequest,
    RuleContext,
    SubscriptionPeriod,
    known,
)
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Breach, Facts, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import mac_address, resource_id
from ecsnet.domain.state.records import VSwitchState
from ecsnet.domain.state.regional_pool import CLASSIC, PUBLIC
from ecsnet.domain.state.world import Region, owned
from ecsnet.domain.subjects import security_group
from ecsnet.domain.subjects.vpc import is_zone_of
from ecsnet.events.base import Event
from ecsnet.events.instance import (
    InstanceCreated,
    InstanceCreateRequested,
    InstanceCreation,
    InstanceLaunched,
    InstanceLaunchRequested,
)
from ecsnet.events.network_interface import NetworkInterfaceAttached, NetworkInterfaceAttachRequested
from ecsnet.values import ChargeType, NetworkType

NewInstance = CreateInstance | RunInstances
CLASSIC_CLOSED_AT: Final = datetime(2017, 6, 14, 9, 0, tzinfo=UTC)

# The rules

RULES: Final = SubjectRules()

must_exist(RULES, "instance-type.not-found", "instance type", code="InvalidInstanceType.ValueNotSupported")


@RULES.denies(
    "instance.create.zone",
    RunInstances,
    CreateInstance,
    code="InvalidParameter.Mismatch",
    http_status=400,
    message="{zone_id} is not a zone of {region_id}",
)
def create_zone(command: NewInstance, region: Region, account_id: str) -> Facts | Breach | None:
    """An instance is created in the zone of its VSwitch; a classic one in a zone of its region."""
    zone_id, vswitch = command.zone_id, owned(region.vswitches, command.vswitch_id, account_id)
    if zone_id is None:
        return None
    if vswitch is None:  # of the classic network, or one that is not there
        right = is_zone_of(region.region_id, zone_id)
        return None if right else {"zone_id": zone_id, "region_id": region.region_id}
    if zone_id == vswitch.zone_id:
        return None
    facts = {"zone_id": zone_id, "vswitch_id": vswitch.id, "vswitch_zone_id": vswitch.zone_id}
    return Breach(facts, message="{vswitch_id} is in {vswitch_zone_id}, not in {zone_id}")


@RULES.denies(
    "network.classic.closed",
    RunInstances,
    CreateInstance,
    guide="1",
    code="InvalidParameter",
    http_status=400,
    message="the classic network is closed to instances bought after {closed_at}",
)
def classic_closed(command: NewInstance, now: datetime) -> Facts | None:
    """An instance bought after 17:00 (UTC+8) on 14 June 2017 is not one of the classic network."""
    if command.network_type != NetworkType.Classic or now <= CLASSIC_CLOSED_AT:
        return None
    return {"closed_at": CLASSIC_CLOSED_AT}


@RULES.denies(
    "instance.create.one-secondary",
    RunInstances,
    CreateInstance,
    guide="4.3",
    code="EniPerInstanceLimitExceeded",
    http_status=403,
    message="{count} secondary ENIs, and only one can be attached at creation",
)
def create_one_secondary(command: NewInstance) -> Facts | None:
    """At its creation an instance gets at most one secondary ENI besides the primary."""
    count = len(command.network_interface_ids)
    return {"count": count} if count > 1 else None


@RULES.denies(
    "instance.period.calendar",
    RunInstances,
    CreateInstance,
    RenewInstance,
    code="InvalidParameter",
    http_status=400,
    message="{months} months from {paid_from} end after the year 9999",
)
def period_calendar(subscription: SubscriptionPeriod) -> Facts | None:
    """A subscription ends within the calendar, which ends with the year 9999."""
    if _last_year(subscription) <= MAXYEAR:
        return None
    return {"months": subscription.months, "paid_from": subscription.starts_at}


# How the commands are decided


def prepare_new(context: RuleContext, command: NewInstance | None) -> None:
    if command is None:
        context.address_request = AddressRequest(to_allocate=1)
        return
    amount = command.amount if isinstance(command, RunInstances) else 1
    groups = known(context.security_groups)
    context.group_count = len(command.security_group_ids)
    context.group_growth = GroupGrowth(groups, amount)
    named = command.private_ip_address
    context.address_request = AddressRequest(
        named_available=0 if named is None else context.name_addresses((named,)),
        to_allocate=amount if named is None else 0,
    )
    gets_public_ip = isinstance(command, RunInstances) and command.internet_max_bandwidth_out > 0
    in_classic = command.vswitch_id is None
    if gets_public_ip or in_classic:
        context.regional_request = RegionalRequest(
            public=amount if gets_public_ip else 0, classic=amount if in_classic else 0
        )
    if command.instance_charge_type == ChargeType.PrePaid:
        context.subscription = SubscriptionPeriod(context.now, command.period or 1)
    vswitch, instance_type = context.vswitch, context.instance_type
    zone_id = vpc_id = None
    if in_classic:
        zone_id, vpc_id = _classic_zone(context, command), security_group.CLASSIC_NETWORK
    elif vswitch is not None:
        zone_id, vpc_id = vswitch.zone_id, vswitch.vpc_id
    context.group_vpc_id = security_group.vpc_that_fits(groups) if vpc_id is None else vpc_id
    context.target = AttachTarget(
        zone_id=zone_id,
        vpc_id=vpc_id,
        instance_type=instance_type,
        interface_count=1,
        attaching=len(command.network_interface_ids),
    )


def _classic_zone(context: RuleContext, command: NewInstance) -> str:
    region_id = context.region.region_id
    return command.zone_id or (f"{region_id}-a" if region_id.startswith("cn-") else f"{region_id}a")


def create(context: RuleContext, command: CreateInstance) -> tuple[Event, ...]:
    return _births(context, command, InstanceCreateRequested if context.asynchronous else InstanceCreated, 1)


def run(context: RuleContext, command: RunInstances) -> tuple[Event, ...]:
    birth = InstanceLaunchRequested if context.asynchronous else InstanceLaunched
    return _births(context, command, birth, command.amount)


def _births(
    context: RuleContext, command: NewInstance, birth: type[InstanceCreation], amount: int
) -> tuple[Event, ...]:
    region, instance_type, subscription = context.region, known(context.instance_type), context.subscription
    request = context.regional_request or RegionalRequest()
    numbers = context.world.next_numbers(region, "instance", amount)
    public_ips = PUBLIC.next_free(context.world, region, amount) if request.public else (None,) * amount
    vswitch = context.vswitch
    places = (
        _places_in_classic(context, command, amount)
        if vswitch is None
        else _places_in_vpc(context, command, vswitch, amount)
    )
    births: list[Event] = [
        birth(
            instance_id=resource_id(region.region_id, "instance", numbers[n]),
            instance_type=instance_type,
            security_group_ids=tuple(command.security_group_ids),
            charge_type=ChargeType(command.instance_charge_type),
            expires_at=None if subscription is None else end_of(subscription),
            image_id=command.image_id,
            internet_max_bandwidth_out=command.internet_max_bandwidth_out,
            public_ip_address=public_ips[n],
            **places[n],
        )
        for n in range(amount)
    ]
    takes_time = context.takes_time(AttachNetworkInterface)
    attached = NetworkInterfaceAttachRequested if takes_time else NetworkInterfaceAttached
    first_id = resource_id(region.region_id, "instance", numbers[0])
    return (*births, *[attached(network_interface_id=i, instance_id=first_id) for i in command.network_interface_ids])


def _places_in_vpc(
    context: RuleContext, command: NewInstance, vswitch: VSwitchState, amount: int
) -> list[dict[str, Any]]:
    region, named = context.region, command.private_ip_address
    to_allocate = known(context.address_request).to_allocate
    addresses = (named,) if named is not None else private_pool.next_free(region, vswitch, to_allocate)
    numbers = context.world.next_numbers(region, "network_interface", amount)
    return [
        {
            "vswitch_id": vswitch.id,
            "primary_network_interface_id": resource_id(region.region_id, "network_interface", number),
            "mac_address": mac_address(region.region_id, number),
            "private_ip_address": addresses[n],
        }
        for n, number in enumerate(numbers)
    ]


def _places_in_classic(context: RuleContext, command: NewInstance, amount: int) -> list[dict[str, Any]]:
    zone_id = _classic_zone(context, command)
    return [
        {"zone_id": zone_id, "private_ip_address": ip}
        for ip in CLASSIC.next_free(context.world, context.region, amount)
    ]


def _last_year(period: SubscriptionPeriod) -> int:
    return period.starts_at.year + (period.starts_at.month - 1 + period.months) // 12


def end_of(period: SubscriptionPeriod) -> datetime:
    """Returns the same day so many months later, or the month's last day where there is no such day; the calendar's end
    where `period_calendar` does not judge (a registry may lack it)."""
    year, month = _last_year(period), (period.starts_at.month - 1 + period.months) % 12
    if year > MAXYEAR:
        return END_OF_TIME
    day = min(period.starts_at.day, calendar.monthrange(year, month + 1)[1])
    return period.starts_at.replace(year=year, month=month + 1, day=day)


def restore_create(region: Region, event: InstanceCreation) -> CreateInstance:
    return CreateInstance(**_parameters(region, event))


def restore_run(region: Region, event: InstanceCreation) -> RunInstances:
    return RunInstances(**_parameters(region, event))


def _parameters(region: Region, event: InstanceCreation) -> dict[str, Any]:
    in_vpc = event.vswitch_id is not None
    return {
        "instance_type": event.instance_type.id,
        "region_id": region.region_id,
        "zone_id": event.zone_id,
        "vswitch_id": event.vswitch_id,
        "security_group_ids": event.security_group_ids,
        "private_ip_address": event.private_ip_address if in_vpc else None,
        "instance_charge_type": event.charge_type,
        "internet_max_bandwidth_out": event.internet_max_bandwidth_out,
        "network_type": NetworkType.Vpc if in_vpc else NetworkType.Classic,
    }


OPERATIONS: Final[Operations] = operations(
    Operation(
        CreateInstance,
        create,
        ResourceKind.Instance,
        within=ResourceKind.VSwitch,
        prepare=prepare_new,
        recorded_as=(InstanceCreated, InstanceCreateRequested),
        restore=restore_create,
    ),
    Operation(
        RunInstances,
        run,
        ResourceKind.Instance,
        within=ResourceKind.VSwitch,
        prepare=prepare_new,
        recorded_as=(InstanceLaunched, InstanceLaunchRequested),
        restore=restore_run,
    ),
)
