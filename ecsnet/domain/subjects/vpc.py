"""VPCs and VSwitches (guide 1, 2.2, 4.2): blocks of private addresses, one inside the other.

Neither has a lifecycle: the real API passes through Pending in seconds and refuses nothing that the model could ask
meanwhile. A VSwitch lies in one zone of its VPC's region and shares no address with another VSwitch of the VPC.
"""

from __future__ import annotations

import re
from typing import Final

from ecsnet.commands import CreateVpc, CreateVSwitch, DeleteVpc, DeleteVSwitch
from ecsnet.domain import in_use
from ecsnet.domain.context import RuleContext
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Breach, Facts, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import resource_id
from ecsnet.domain.state.records import VpcState, VSwitchState
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Evolving, Region
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.vpc import VpcCreated, VpcDeleted, VSwitchCreated, VSwitchDeleted
from ecsnet.values import NetworkInterfaceType, cidr_bounds, int_to_ipv4

SMALLEST_VSWITCH: Final = 8  # addresses: a mask of 29
PRIVATE_RANGES: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


def is_zone_of(region_id: str, zone_id: str) -> bool:
    """Returns whether a zone is named like one of the region's: ``cn-hangzhou-b``, ``ap-southeast-1a``."""
    return re.fullmatch(re.escape(region_id) + "-?[a-z]", zone_id) is not None


# How each event changes the state


def vpc_created(region: Region, event: VpcCreated, record: RecordedEvent) -> None:
    region.count_created("vpc")
    region.addresses.set(event.vpc_id, Table())
    region.vswitches_of_vpc.set(event.vpc_id, Table())
    region.groups_of_vpc.set(event.vpc_id, Table())
    region.links_of_vpc.set(event.vpc_id, Table())
    region.vpcs.set(
        event.vpc_id,
        VpcState(
            id=event.vpc_id,
            account_id=record.account_id,
            created_at=record.recorded_at,
            position=record.position,
            cidr_block=event.cidr_block,
        ),
    )


def vpc_deleted(region: Region, event: VpcDeleted, record: RecordedEvent) -> None:
    region.vpcs.delete(event.vpc_id)
    region.addresses.delete(event.vpc_id)
    region.vswitches_of_vpc.delete(event.vpc_id)
    region.groups_of_vpc.delete(event.vpc_id)
    region.links_of_vpc.delete(event.vpc_id)


def vswitch_created(region: Region, event: VSwitchCreated, record: RecordedEvent) -> None:
    region.count_created("vswitch")
    region.vswitches_of_vpc.mutable(event.vpc_id).set(event.vswitch_id, True)
    region.interfaces_of_vswitch.set(event.vswitch_id, Table())
    vswitch = VSwitchState(
        id=event.vswitch_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        vpc_id=event.vpc_id,
        zone_id=event.zone_id,
        cidr_block=event.cidr_block,
    )
    region.vswitches.set(vswitch.id, vswitch)
    if region.imported:
        private_pool.exclude_allocated(region, vswitch)


def vswitch_deleted(region: Region, event: VSwitchDeleted, record: RecordedEvent) -> None:
    vswitch = region.vswitches.get_existing(event.vswitch_id)
    region.vswitches_of_vpc.mutable(vswitch.vpc_id).delete(vswitch.id)
    region.interfaces_of_vswitch.delete(vswitch.id)
    region.vswitches.delete(vswitch.id)


EVOLVE: Final[Evolving] = {
    VpcCreated: vpc_created,
    VpcDeleted: vpc_deleted,
    VSwitchCreated: vswitch_created,
    VSwitchDeleted: vswitch_deleted,
}

# The rules

RULES: Final = SubjectRules()

must_exist(RULES, "vpc.not-found", "VPC", code="InvalidVpcId.NotFound")
must_exist(RULES, "vswitch.not-found", "VSwitch", code="InvalidVSwitchId.NotFound")


@RULES.denies(
    "vpc.create.cidr",
    CreateVpc,
    code="InvalidParameter",
    http_status=400,
    message="{cidr_block} is not in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 with a mask of 8 to 28",
)
def vpc_in_private_range(command: CreateVpc) -> Facts | None:
    """A VPC's block lies in one of the three private ranges, with a mask of 8 to 28."""
    first, last = cidr_bounds(command.cidr_block)
    mask = int(command.cidr_block.partition("/")[2])
    ranges = map(cidr_bounds, PRIVATE_RANGES)
    if 8 <= mask <= 28 and any(low <= first and last <= high for low, high in ranges):
        return None
    return {"cidr_block": command.cidr_block}


@RULES.denies(
    "vpc.delete.in-use",
    DeleteVpc,
    code="DependencyViolation.VSwitch",
    http_status=400,
    breach_codes=[("DependencyViolation.SecurityGroup", 400)],
    message="{vpc_id} is in use by {count} resources: {resource_ids}",
)
def vpc_in_use(vpc: VpcState, region: Region) -> Breach | None:
    """A VPC is deleted only when no VSwitch, no security group and no ClassicLink is left in it."""
    vswitches = region.vswitches_of_vpc.get_existing(vpc.id)
    groups = region.groups_of_vpc.get_existing(vpc.id)
    links = region.links_of_vpc.get_existing(vpc.id)
    count = vswitches.size + groups.size + links.size
    if not count:
        return None
    shown = in_use.shown((vswitches, groups, links))
    facts = {
        "vpc_id": vpc.id,
        "resource_ids": shown,
        "count": count,
        "vswitches": vswitches.size,
        "security_groups": groups.size,
        "linked_instances": links.size,
    }
    left = in_use.listed(
        (
            (vswitches.size, "VSwitch", "VSwitches"),
            (groups.size, "security group", "security groups"),
            (links.size, "linked instance", "linked instances"),
        )
    )
    message = in_use.still_has("{vpc_id}", left, shown, count)
    if vswitches.size:
        return Breach(facts, message=message)
    return Breach(facts, "DependencyViolation.SecurityGroup", 400, message)


@RULES.denies(
    "vswitch.create.zone",
    CreateVSwitch,
    code="InvalidZoneId.NotFound",
    http_status=404,
    message="{zone_id} is not a zone of {region_id}",
)
def vswitch_zone(command: CreateVSwitch, region: Region, vpc: VpcState) -> Facts | None:
    """A VSwitch lies in a zone of its VPC's region."""
    if is_zone_of(region.region_id, command.zone_id):
        return None
    return {"zone_id": command.zone_id, "region_id": region.region_id}


@RULES.denies(
    "vswitch.create.cidr",
    CreateVSwitch,
    code="InvalidParameter",
    http_status=400,
    guide="4.2",
    breach_codes=[("InvalidCirdrBlock.MaskLength", 400)],
    message="{cidr_block} is not inside {vpc_cidr_block} with a mask of 16 to 29",
)
def vswitch_inside_vpc(cidr_block: str, vpc: VpcState) -> Facts | Breach | None:
    """A VSwitch's block lies inside its VPC's block and has a mask of 16 to 29."""
    facts = {"cidr_block": cidr_block, "vpc_cidr_block": vpc.cidr_block}
    if not 16 <= int(cidr_block.partition("/")[2]) <= 29:
        return Breach(facts, "InvalidCirdrBlock.MaskLength", 400)  # the vendor's spelling
    first, last = cidr_bounds(cidr_block)
    low, high = cidr_bounds(vpc.cidr_block)
    return None if low <= first and last <= high else facts


@RULES.denies(
    "vswitch.create.overlap",
    CreateVSwitch,
    code="InvalidCidrBlock.Overlapped",
    http_status=400,
    message="{cidr_block} overlaps other VSwitches of {vpc_id}: {cidr_blocks:has}",
)
def vswitch_overlap(cidr_block: str, vpc: VpcState, region: Region) -> Facts | None:
    """The VSwitches of a VPC share no address."""
    first, last = cidr_bounds(cidr_block)
    others = map(region.vswitches.get_existing, region.vswitches_of_vpc.get_existing(vpc.id).live_keys())
    blocks = {other.id: other.cidr_block for other in others if first <= other.last and other.first <= last}
    if not blocks:
        return None
    return {"cidr_block": cidr_block, "vpc_id": vpc.id, "vswitch_ids": tuple(blocks), "cidr_blocks": blocks}


@RULES.denies(
    "vpc.vswitch-quota",
    CreateVSwitch,
    code="QuotaExceeded.VSwitch",
    http_status=400,
    message="{vpc_id} has {count} VSwitches, and the quota is {quota}",
)
def vswitch_quota(vpc: VpcState, region: Region, account_id: str) -> Facts | None:
    """A VPC has at most as many VSwitches as the quota ``vswitches-per-vpc`` says (24)."""
    count, quota = region.vswitches_of_vpc.get_existing(vpc.id).size, region.quota(account_id, "vswitches-per-vpc")
    return None if count < quota else {"vpc_id": vpc.id, "count": count, "quota": quota}


@RULES.denies(
    "vswitch.delete.in-use",
    DeleteVSwitch,
    code="DependencyViolation",
    http_status=400,
    message="{vswitch_id} is in use by {count} network interfaces: {resource_ids}",
)
def vswitch_in_use(vswitch: VSwitchState, region: Region) -> Breach | None:
    """A VSwitch is deleted only when no ENI is left in it."""
    interfaces = region.interfaces_of_vswitch.get_existing(vswitch.id)
    if not interfaces.size:
        return None
    shown = in_use.shown((interfaces,))
    interfaces_shown = map(region.network_interfaces.get_existing, shown)
    primary = [one for one in interfaces_shown if one.type is NetworkInterfaceType.Primary]
    instance_ids = tuple([one.instance_id for one in primary if one.instance_id is not None])
    facts = {
        "vswitch_id": vswitch.id,
        "resource_ids": shown,
        "count": interfaces.size,
        "instance_ids": instance_ids,
    }
    left = in_use.listed(((interfaces.size, "network interface", "network interfaces"),))
    message = in_use.still_has("{vswitch_id}", left, shown, interfaces.size)
    if instance_ids:
        message += "; primary ones go with their instances: {instance_ids}"
    return Breach(facts, message=message)


# How each command is decided


def create_vpc(context: RuleContext, command: CreateVpc) -> tuple[Event, ...]:
    (number,) = context.world.next_numbers(context.region, "vpc", 1)
    vpc_id = resource_id(context.region.region_id, "vpc", number)
    return (VpcCreated(vpc_id=vpc_id, cidr_block=command.cidr_block),)


def delete_vpc(context: RuleContext, command: DeleteVpc) -> tuple[Event, ...]:
    return (VpcDeleted(vpc_id=command.vpc_id),)


def prepare_vswitch(context: RuleContext, command: CreateVSwitch | None) -> None:
    if command is not None:
        context.cidr_block = command.cidr_block
    elif context.vpc is not None:
        context.cidr_block = _smallest_free_block(context.region, context.vpc)


def _smallest_free_block(region: Region, vpc: VpcState) -> str:
    """Returns the first free block of the smallest size that a VSwitch may have; a block that is not free if the VPC
    has no room for one."""
    first, last = cidr_bounds(vpc.cidr_block)
    block = first - first % SMALLEST_VSWITCH
    vswitch_ids = region.vswitches_of_vpc.get_existing(vpc.id).live_keys()
    for vswitch in sorted(map(region.vswitches.get_existing, vswitch_ids), key=lambda vswitch: vswitch.first):
        if block + SMALLEST_VSWITCH <= vswitch.first:
            break
        block = max(block, vswitch.last + 1 + -(vswitch.last + 1) % SMALLEST_VSWITCH)
    if block + SMALLEST_VSWITCH - 1 > last:
        block = first - first % SMALLEST_VSWITCH
    return f"{int_to_ipv4(block)}/29"


def create_vswitch(context: RuleContext, command: CreateVSwitch) -> tuple[Event, ...]:
    (number,) = context.world.next_numbers(context.region, "vswitch", 1)
    vswitch_id = resource_id(context.region.region_id, "vswitch", number)
    return (
        VSwitchCreated(
            vswitch_id=vswitch_id, vpc_id=command.vpc_id, zone_id=command.zone_id, cidr_block=command.cidr_block
        ),
    )


def delete_vswitch(context: RuleContext, command: DeleteVSwitch) -> tuple[Event, ...]:
    return (VSwitchDeleted(vswitch_id=command.vswitch_id),)


OPERATIONS: Final[Operations] = operations(
    Operation(CreateVpc, create_vpc, ResourceKind.Vpc, recorded_as=(VpcCreated,)),
    Operation(DeleteVpc, delete_vpc, ResourceKind.Vpc, recorded_as=(VpcDeleted,), removes=True),
    Operation(
        CreateVSwitch,
        create_vswitch,
        ResourceKind.VSwitch,
        within=ResourceKind.Vpc,
        prepare=prepare_vswitch,
        recorded_as=(VSwitchCreated,),
    ),
    Operation(DeleteVSwitch, delete_vswitch, ResourceKind.VSwitch, recorded_as=(VSwitchDeleted,), removes=True),
)
