"""New instances (guide 1, 2.2, 3.2, 4.3): where they are created, and what they are created with.

In a VPC an instance gets its primary ENI, with an address of its VSwitch; in the classic network, while that was open,
an address of its region's. All that is drawn is written into the events: ids, addresses, MACs, and the type's limits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import MAXYEAR, UTC, datetime
from typing import Any, Final

from ecsnet.clocks import END_OF_TIME
from ecsnet.commands import AttachNetworkInterface, CreateInstance, RenewInstance, RunInstances
from ecsnet.commands.fields import MONTHS
from ecsnet.domain.context import (
    AddressRequest,
    AttachTarget,
    GroupGrowth,
    Membership,
    NewInterface,
    RegionalRequest,
    RuleContext,
    SubscriptionPeriod,
    known,
)
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import Breach, Facts, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import mac_address, resource_id
from ecsnet.domain.state.regional_pool import CLASSIC, PUBLIC
from ecsnet.domain.state.world import Region, owned
from ecsnet.domain.subjects import security_group
from ecsnet.domain.subjects.instance.new_interfaces import birth, judge_too, new_interfaces, restore
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
from ecsnet.values import CATALOGUE_COMPLETE_UP_TO, ChargeType, NetworkType

NewInstance = CreateInstance | RunInstances
CLASSIC_CLOSED_AT: Final = datetime(2017, 6, 14, 9, 0, tzinfo=UTC)

# The rules

RULES: Final = SubjectRules()

must_exist(
    RULES,
    "instance-type.not-found",
    "instance type",
    code="InvalidInstanceType.ValueNotSupported",
    message=f"the instance type {{ids}} is unknown: the catalogue ends with {CATALOGUE_COMPLETE_UP_TO}, and no "
    "response of DescribeInstanceTypes had it",
)


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
    count = len(command.network_interface_ids) + len(command.network_interfaces)
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
        context.request_addresses(AddressRequest(vswitch=context.vswitch, to_allocate=1))
        return
    amount = command.amount if isinstance(command, RunInstances) else 1
    groups, vswitch = known(context.security_groups), context.vswitch
    in_classic = command.vswitch_id is None
    zone_id = vpc_id = None
    if in_classic:
        zone_id, vpc_id = _classic_zone(context, command), security_group.CLASSIC_NETWORK
    elif vswitch is not None:
        zone_id, vpc_id = vswitch.zone_id, vswitch.vpc_id
    named = () if command.private_ip_address is None else (command.private_ip_address,)
    request = AddressRequest(
        vswitch=vswitch,
        named=named,
        named_available=context.free_among(vswitch, named),
        to_allocate=0 if named else amount,
    )
    context.request_addresses(request)
    groups_vpc_id = security_group.vpc_that_fits(groups) if vpc_id is None else vpc_id
    context.memberships = (Membership(groups=groups, count=len(command.security_group_ids), vpc_id=groups_vpc_id),)
    context.group_growth = tuple([GroupGrowth(group, amount) for group in groups])
    gets_public_ip = isinstance(command, RunInstances) and command.internet_max_bandwidth_out > 0
    if gets_public_ip or in_classic:
        context.regional_request = RegionalRequest(
            public=amount if gets_public_ip else 0, classic=amount if in_classic else 0
        )
    if command.instance_charge_type == ChargeType.PrePaid:
        context.subscription = SubscriptionPeriod(context.now, command.period or 1)
    context.target = AttachTarget(
        zone_id=zone_id,
        vpc_id=vpc_id,
        instance_type=context.instance_type,
        interface_count=0 if in_classic else 1,  # the primary ENI
        attaching=len(command.network_interface_ids) + len(command.network_interfaces),
    )
    if command.network_interfaces:
        judge_too(context, new_interfaces(context, command), amount)


def _classic_zone(context: RuleContext, command: NewInstance) -> str:
    region_id = context.region.region_id
    return command.zone_id or (f"{region_id}-a" if region_id.startswith("cn-") else f"{region_id}a")


def create(context: RuleContext, command: CreateInstance) -> tuple[Event, ...]:
    return _births(context, command, InstanceCreateRequested if context.asynchronous else InstanceCreated, 1)


def run(context: RuleContext, command: RunInstances) -> tuple[Event, ...]:
    kind = InstanceLaunchRequested if context.asynchronous else InstanceLaunched
    return _births(context, command, kind, command.amount)


def _births(context: RuleContext, command: NewInstance, kind: type[InstanceCreation], amount: int) -> tuple[Event, ...]:
    """Returns the events of each instance, and after it those of the ENIs that are attached to it."""
    region, instance_type, subscription = context.region, known(context.instance_type), context.subscription
    request = context.regional_request or RegionalRequest()
    numbers = context.world.next_numbers(region, "instance", amount)
    public_ips = PUBLIC.next_free(context.world, region, amount) if request.public else (None,) * amount
    news = context.new_interfaces
    draw = _Draw(context, command, amount, news)
    takes_time = context.takes_time(AttachNetworkInterface)
    attached = NetworkInterfaceAttachRequested if takes_time else NetworkInterfaceAttached
    events: list[Event] = []
    for n in range(amount):
        instance_id = resource_id(region.region_id, "instance", numbers[n])
        events.append(
            kind(
                instance_id=instance_id,
                instance_type=instance_type,
                security_group_ids=tuple(command.security_group_ids),
                charge_type=ChargeType(command.instance_charge_type),
                expires_at=None if subscription is None else end_of(subscription),
                image_id=command.image_id,
                internet_max_bandwidth_out=command.internet_max_bandwidth_out,
                public_ip_address=public_ips[n],
                name=command.instance_name,
                description=command.description,
                tags=tuple(command.tags.items()),
                **draw.place(n),
            )
        )
        events += [attached(network_interface_id=i, instance_id=instance_id) for i in command.network_interface_ids]
        for number, new in enumerate(news, start=1):
            events += birth(context, new, instance_id, *draw.interface(), draw.addresses[number].popleft())
    return tuple(events)


class _Draw:
    """Ids and MACs of ENIs, and addresses, for the instances of a command.

    ``addresses`` has those of the instances' primary ENIs, and those of each new ENI. ENIs of one VSwitch draw from the
    same addresses in turn.
    """

    def __init__(self, context: RuleContext, command: NewInstance, amount: int, news: Sequence[NewInterface]) -> None:
        self._context = context
        self._region = region = context.region
        requests = known(context.address_requests)
        wanted: dict[str, int] = {}
        for request in requests:
            if request.vswitch is not None:
                wanted[request.vswitch.id] = wanted.get(request.vswitch.id, 0) + request.to_allocate
        named = [ip for request in requests for ip in request.named]
        free = {
            vswitch_id: deque(private_pool.draw(region, region.vswitches.get_existing(vswitch_id), count, named))
            for vswitch_id, count in wanted.items()
        }
        self.addresses: list[deque[str]] = [
            deque(one.named) if one.named or one.vswitch is None else free[one.vswitch.id] for one in requests
        ]
        in_classic = command.vswitch_id is None
        self._vswitch = None if in_classic else known(context.vswitch)
        self._zone_id = _classic_zone(context, command) if in_classic else command.zone_id
        if in_classic:
            self._classic_ips = CLASSIC.next_free(context.world, region, amount)
        count = amount * (len(news) + (not in_classic))
        self._numbers = deque(context.world.next_numbers(region, "network_interface", count) if count else ())

    def interface(self) -> tuple[str, str]:
        """Returns the id and the MAC of the next ENI."""
        region_id, number = self._region.region_id, self._numbers.popleft()
        return resource_id(region_id, "network_interface", number), mac_address(region_id, number)

    def place(self, n: int) -> dict[str, Any]:
        """Returns the fields of the n-th instance's event that tell where it is."""
        vswitch = self._vswitch
        if vswitch is None:
            return {"zone_id": self._zone_id, "private_ip_address": self._classic_ips[n]}
        interface_id, mac = self.interface()
        return {
            "vswitch_id": vswitch.id,
            "zone_id": None if self._zone_id == vswitch.zone_id else self._zone_id,
            "primary_network_interface_id": interface_id,
            "mac_address": mac,
            "private_ip_address": self.addresses[0].popleft(),
        }


def _last_year(period: SubscriptionPeriod) -> int:
    return period.starts_at.year + (period.starts_at.month - 1 + period.months) // 12


def end_of(period: SubscriptionPeriod) -> datetime:
    """Returns the same day so many months later, or the month's last day where there is no such day; the calendar's end
    where `period_calendar` does not judge (a registry may lack it)."""
    from calendar import monthrange  # it loads locale; few commands end a period

    year, month = _last_year(period), (period.starts_at.month - 1 + period.months) % 12
    if year > MAXYEAR:
        return END_OF_TIME
    day = min(period.starts_at.day, monthrange(year, month + 1)[1])
    return period.starts_at.replace(year=year, month=month + 1, day=day)


def months_until(starts_at: datetime, ends_at: datetime) -> int:
    """Returns the period that `end_of` had; the longest there is, where the calendar's end cut it off."""
    if ends_at == END_OF_TIME:
        return int(MONTHS[-1])
    return (ends_at.year - starts_at.year) * 12 + ends_at.month - starts_at.month


def restore_create(region: Region, recording: Recording[InstanceCreation]) -> CreateInstance:
    return CreateInstance(**_parameters(region, recording))


def restore_run(region: Region, recording: Recording[InstanceCreation]) -> RunInstances:
    return RunInstances(**_parameters(region, recording))


def _parameters(region: Region, recording: Recording[InstanceCreation]) -> dict[str, Any]:
    event = recording.event
    in_vpc = event.vswitch_id is not None
    return {
        "instance_type": event.instance_type.id,
        "region_id": region.region_id,
        "zone_id": event.zone_id,
        "vswitch_id": event.vswitch_id,
        "security_group_ids": event.security_group_ids,
        "private_ip_address": event.private_ip_address if in_vpc else None,
        "image_id": event.image_id,
        "instance_charge_type": event.charge_type,
        "period": None if event.expires_at is None else months_until(recording.recorded_at, event.expires_at),
        "internet_max_bandwidth_out": event.internet_max_bandwidth_out,
        "network_type": NetworkType.Vpc if in_vpc else NetworkType.Classic,
        "instance_name": event.name,
        "description": event.description,
        "tags": event.tags,
        **restore(recording.followers),
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
