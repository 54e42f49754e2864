"""New instances (guide 1, 2.2, 3.2, 4.3): where they are created, and what they are created with.

In a VPC an instance gets its primary ENI, with an address of its VSwitch; in the classic network, while that was open,
an address of its region's. All that is drawn is written into the events: ids, addresses, MACs, and the type's limits.
"""

from __future__ import annotations

import calendar
from datetime import MAXYEAR, UTC, datetime
from typing import Any, Final

from ecsnet.clocks import END_OF_TIME
from ecsnet.commands import CreateInstance, RenewInstance, RunInstances
from ecsnet.domain.context import AttachTarget, RuleContext
from ecsnet.domain.rules import Facts, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import mac_address, resource_id
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


@RULES.denies(
    "instance.create.zone",
    RunInstances,
    CreateInstance,
    code="InvalidParameter.Mismatch",
    http_status=400,
    message="{zone_id} is not {expected}",
)
def create_zone(command: NewInstance, region: Region, account_id: str) -> Facts | None:
    """An instance is created in the zone of its VSwitch; a classic one in a zone of its region."""
    vswitch = owned(region.vswitches, command.vswitch_id, account_id)
    if command.zone_id is None or (command.vswitch_id is not None and vswitch is None):
        return None
    if vswitch is not None:
        right, expected = command.zone_id == vswitch.zone_id, f"{vswitch.zone_id}, the zone of {vswitch.id}"
    else:
        right, expected = is_zone_of(region.region_id, command.zone_id), f"a zone of {region.region_id}"
    return None if right else {"zone_id": command.zone_id, "expected": expected}


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
def period_calendar(paid_from: datetime, months: int) -> Facts | None:
    """A subscription ends within the calendar, which ends with the year 9999."""
    if last_year(paid_from, months) <= MAXYEAR:
        return None
    return {"months": months, "paid_from": paid_from}


# How the commands are decided


def resolve_new(context: RuleContext) -> None:
    command: NewInstance = context.command
    if command.instance_charge_type == ChargeType.PrePaid:
        context.paid_from, context.months = context.now, command.period or 1
    amount = command.amount if isinstance(command, RunInstances) else 1
    classic = command.vswitch_id is None
    context.vswitch = vswitch = None if command.vswitch_id is None else context.find_vswitch(command.vswitch_id)
    context.group_ids = tuple(command.security_group_ids)
    context.security_groups = context.groups_gaining_addresses = context.find_security_groups(context.group_ids)
    context.added_addresses = amount
    found = [context.find_network_interface(interface_id) for interface_id in command.network_interface_ids]
    context.candidates = tuple([interface for interface in found if interface is not None])
    context.instance_type = instance_type = context.instance_types.get(command.instance_type)
    if instance_type is None:
        context.add_not_found("instance-type.not-found", command.instance_type)
    if command.private_ip_address is not None:
        context.find_addresses((command.private_ip_address,))
    context.drawn = 0 if context.addresses else amount
    if vswitch is None and not classic:
        return
    context.group_vpc_id = vpc_id = security_group.CLASSIC_NETWORK if vswitch is None else vswitch.vpc_id
    if instance_type is not None:
        zone_id = _classic_zone(context) if vswitch is None else vswitch.zone_id
        context.target = AttachTarget(zone_id=zone_id, vpc_id=vpc_id, instance_type=instance_type, interface_count=1)


def _classic_zone(context: RuleContext) -> str:
    region_id = context.region.region_id
    zone_id: str | None = context.command.zone_id
    return zone_id or (f"{region_id}-a" if region_id.startswith("cn-") else f"{region_id}a")


def create(context: RuleContext) -> tuple[Event, ...]:
    return _births(context, InstanceCreateRequested if context.asynchronous else InstanceCreated, 1)


def run(context: RuleContext) -> tuple[Event, ...]:
    command: RunInstances = context.command
    return _births(context, InstanceLaunchRequested if context.asynchronous else InstanceLaunched, command.amount)


def _births(context: RuleContext, birth: type[InstanceCreation], amount: int) -> tuple[Event, ...]:
    command: NewInstance = context.command
    region, instance_type = context.region, context.instance_type
    assert instance_type is not None
    subscribed = command.instance_charge_type == ChargeType.PrePaid
    numbers = context.world.next_numbers(region, "instance", amount)
    gets_public_ip = isinstance(command, RunInstances) and command.internet_max_bandwidth_out > 0
    public_ips = PUBLIC.next_free(context.world, region, amount) if gets_public_ip else (None,) * amount
    places = _places_in_vpc(context, amount) if context.vswitch is not None else _places_in_classic(context, amount)
    births: list[Event] = [
        birth(
            instance_id=resource_id(region.region_id, "instance", numbers[n]),
            instance_type=instance_type,
            security_group_ids=tuple(command.security_group_ids),
            charge_type=ChargeType(command.instance_charge_type),
            expires_at=months_after(context.now, command.period or 1) if subscribed else None,
            image_id=command.image_id,
            internet_max_bandwidth_out=command.internet_max_bandwidth_out,
            public_ip_address=public_ips[n],
            **places[n],
        )
        for n in range(amount)
    ]
    attached = NetworkInterfaceAttachRequested if context.asynchronous else NetworkInterfaceAttached
    first_id = resource_id(region.region_id, "instance", numbers[0])
    return (*births, *[attached(network_interface_id=i, instance_id=first_id) for i in command.network_interface_ids])


def _places_in_vpc(context: RuleContext, amount: int) -> list[dict[str, Any]]:
    region, vswitch, named = context.region, context.vswitch, context.command.private_ip_address
    assert vswitch is not None
    assert context.drawn is not None
    addresses = (named,) if named is not None else private_pool.next_free(region, vswitch, context.drawn)
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


def _places_in_classic(context: RuleContext, amount: int) -> list[dict[str, Any]]:
    zone_id = _classic_zone(context)
    return [
        {"zone_id": zone_id, "private_ip_address": ip}
        for ip in CLASSIC.next_free(context.world, context.region, amount)
    ]


def last_year(moment: datetime, months: int) -> int:
    """Returns the year that it is so many months later."""
    return moment.year + (moment.month - 1 + months) // 12


def months_after(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or the month's last day where there is no such day; the calendar's end where
    `period_calendar` does not judge (a registry may lack it)."""
    year, month = last_year(moment, months), (moment.month - 1 + months) % 12
    if year > MAXYEAR:
        return END_OF_TIME
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
