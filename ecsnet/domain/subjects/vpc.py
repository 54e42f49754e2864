"""VPCs and VSwitches (guide 1, 2.2, 4.2): blocks of private addresses, one inside the other.

Both are Pending until they are created, and nothing can be created in them before they are Available, nor while they
are being deleted. A VPC has one block for life, and secondary ones that come and go. A VSwitch lies in one block of its
VPC and in one zone of the VPC's region, and shares no address with another VSwitch of the VPC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from ecsnet.commands import (
    AssociateVpcCidrBlock,
    AttachClassicLinkVpc,
    CreateInstance,
    CreateNetworkInterface,
    CreateSecurityGroup,
    CreateVpc,
    CreateVSwitch,
    DeleteVpc,
    DeleteVSwitch,
    EnableVpcClassicLink,
    ModifyInstanceVpcAttribute,
    ModifyVpcAttribute,
    ModifyVSwitchAttribute,
    RunInstances,
    UnassociateVpcCidrBlock,
)
from ecsnet.domain import in_use
from ecsnet.domain.attributes import modification
from ecsnet.domain.context import RuleContext, known
from ecsnet.domain.held import reasons_held
from ecsnet.domain.lifecycle import INITIAL, SAME, Lifecycle, Transitional, Transitions, described
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import AnyCommand, Breach, Facts, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import resource_id
from ecsnet.domain.state.records import VpcState, VSwitchState
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.views import SHOWN_OF_VSWITCH
from ecsnet.domain.state.world import Evolving, Ids, Region, World, owned
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.classic_link import ClassicLinkAttached, ClassicLinkDetached, VpcClassicLinkEnabled
from ecsnet.events.imports import (
    InstanceImported,
    NetworkInterfaceImported,
    SecurityGroupImported,
    VpcImported,
    VSwitchImported,
)
from ecsnet.events.instance import (
    InstanceCreated,
    InstanceCreateRequested,
    InstanceLaunched,
    InstanceLaunchRequested,
    InstanceVpcAttributeModified,
)
from ecsnet.events.network_interface import NetworkInterfaceCreated, NetworkInterfaceCreateRequested
from ecsnet.events.security_group import SecurityGroupCreated
from ecsnet.events.tags import ResourceTagged, ResourceUntagged
from ecsnet.events.vpc import (
    VpcCidrBlockAssociated,
    VpcCidrBlockUnassociated,
    VpcCreateCompleted,
    VpcCreated,
    VpcCreateRequested,
    VpcCreation,
    VpcDeleted,
    VpcDeleteRequested,
    VpcModified,
    VSwitchCreateCompleted,
    VSwitchCreated,
    VSwitchCreateRequested,
    VSwitchCreation,
    VSwitchDeleted,
    VSwitchDeleteRequested,
    VSwitchModified,
)
from ecsnet.values import NetworkInterfaceType, Tags, VpcStatus, VSwitchStatus, cidr_bounds, int_to_ipv4

SMALLEST_VSWITCH: Final = 8  # addresses: a mask of 29
PRIVATE_RANGES: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
UNUSABLE_RANGES: Final = ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")
"""Ranges of which no VPC has a secondary block."""


def is_zone_of(region_id: str, zone_id: str) -> bool:
    """Returns whether a zone is named like one of the region's: ``cn-hangzhou-b``, ``ap-southeast-1a``."""
    return re.fullmatch(re.escape(region_id) + "-?[a-z]", zone_id) is not None


# The lifecycles

V = VpcStatus
S = VSwitchStatus
_AVAILABLE: Final = S.Available
_VPC_AVAILABLE: Final = V.Available  # to look up a member of an enumeration takes longer than the rest of a check

VPC: Final = Lifecycle(
    "VPC",
    V,
    id_field="vpc_id",
    transitional={
        V.Pending: Transitional(completed_by=(VpcCreateCompleted,)),
        V.Deleting: Transitional(completed_by=(VpcDeleted,)),
    },
    final=[V.Deleted],
    kinds={VpcCreateRequested: "CreateVpc", VpcDeleteRequested: "DeleteVpc"},
    transitions=[
        [VpcCreated, INITIAL, V.Available],
        [VpcCreateRequested, INITIAL, V.Pending],
        [VpcCreateCompleted, V.Pending, V.Available],
        [VpcDeleteRequested, V.Available, V.Deleting],
        [VpcDeleted, [V.Available, V.Deleting], V.Deleted],
        [VpcModified, V.Available, SAME],
        [ResourceTagged, [V.Pending, V.Available, V.Deleting], SAME],
        [ResourceUntagged, [V.Pending, V.Available, V.Deleting], SAME],
        [VpcCidrBlockAssociated, V.Available, SAME],
        [VpcCidrBlockUnassociated, V.Available, SAME],
        # what is created in it, or linked to it
        [VSwitchCreated, V.Available, SAME],
        [VSwitchCreateRequested, V.Available, SAME],
        [SecurityGroupCreated, V.Available, SAME],
        [VpcClassicLinkEnabled, V.Available, SAME],
        [ClassicLinkAttached, V.Available, SAME],
        [ClassicLinkDetached, [V.Pending, V.Available, V.Deleting], SAME],
        *described(VpcImported, [V.Pending, V.Available, V.Deleting]),
        [VSwitchImported, [V.Pending, V.Available, V.Deleting], SAME],
        [SecurityGroupImported, [V.Pending, V.Available, V.Deleting], SAME],
        [InstanceImported, [V.Pending, V.Available, V.Deleting], SAME],
    ],
)
"""VPCs."""

VSWITCH: Final = Lifecycle(
    "VSwitch",
    S,
    id_field="vswitch_id",
    transitional={
        S.Pending: Transitional(completed_by=(VSwitchCreateCompleted,)),
        S.Deleting: Transitional(completed_by=(VSwitchDeleted,)),
    },
    final=[S.Deleted],
    kinds={VSwitchCreateRequested: "CreateVSwitch", VSwitchDeleteRequested: "DeleteVSwitch"},
    shown=SHOWN_OF_VSWITCH,
    transitions=[
        [VSwitchCreated, INITIAL, S.Available],
        [VSwitchCreateRequested, INITIAL, S.Pending],
        [VSwitchCreateCompleted, S.Pending, S.Available],
        [VSwitchDeleteRequested, S.Available, S.Deleting],
        [VSwitchDeleted, [S.Available, S.Deleting], S.Deleted],
        [VSwitchModified, S.Available, SAME],
        [ResourceTagged, [S.Pending, S.Available, S.Deleting], SAME],
        [ResourceUntagged, [S.Pending, S.Available, S.Deleting], SAME],
        # the ENIs that are created in it, or moved into it
        [NetworkInterfaceCreated, S.Available, SAME],
        [NetworkInterfaceCreateRequested, S.Available, SAME],
        [InstanceCreated, S.Available, SAME],
        [InstanceLaunched, S.Available, SAME],
        [InstanceCreateRequested, S.Available, SAME],
        [InstanceLaunchRequested, S.Available, SAME],
        [InstanceVpcAttributeModified, S.Available, SAME],
        *described(VSwitchImported, [S.Pending, S.Available]),
        [NetworkInterfaceImported, [S.Pending, S.Available], SAME],
        [InstanceImported, [S.Pending, S.Available], SAME],
    ],
)
"""VSwitches."""


def usable_vpc(region: Region, vpc_id: str, event: type[Event]) -> None:
    """Raises `IllegalTransition` for a VPC in whose status the event is not possible."""
    _must_admit(region.vpcs.get_existing(vpc_id), VPC.table[event])


def usable_vswitch(vswitch: VSwitchState, event: type[Event]) -> None:
    """Raises `IllegalTransition` for a VSwitch in whose status the event is not possible."""
    if vswitch.status is not _AVAILABLE:
        _must_admit(vswitch, VSWITCH.table[event])


def _must_admit(state: VpcState | VSwitchState, transitions: Transitions[Any]) -> None:
    if state.status not in transitions:
        raise transitions.illegal(state.status)


# How each event changes the state


def vpc_created(region: Region, event: VpcCreation, record: RecordedEvent, status: VpcStatus | None = None) -> None:
    region.count_created("vpc")
    region.addresses.set(event.vpc_id, Table())
    region.vswitches_of_vpc.set(event.vpc_id, Table())
    region.groups_of_vpc.set(event.vpc_id, Table())
    region.links_of_vpc.set(event.vpc_id, Table())
    region.unplaced_of_vpc.set(event.vpc_id, Table())
    vpc = VpcState(
        id=event.vpc_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        name=event.name,
        description=event.description,
        cidr_block=event.cidr_block,
        status=VPC.table[type(event)][INITIAL] if status is None else status,
    )
    region.vpcs.set(vpc.id, vpc)
    if event.tags:
        region.retag("vpcs", vpc, Tags(event.tags))
    if status is None and vpc.status in VPC.transitional:
        region.begin_transition(vpc, VPC.kinds[type(event)], record.position, record.recorded_at)


def vpc_create_completed(region: Region, event: VpcCreateCompleted, record: RecordedEvent) -> None:
    region.transition(region.vpcs.mutable(event.vpc_id), VPC.table[VpcCreateCompleted], record)


def vpc_modified(region: Region, event: VpcModified, record: RecordedEvent) -> None:
    vpc = region.vpcs.mutable(event.vpc_id)
    region.transition(vpc, VPC.table[VpcModified], record)
    vpc.describe(event.name, event.description)


def contents(region: Region) -> tuple[Table[str, Ids], ...]:
    """Returns the indexes of what is in each VPC, or linked to it."""
    return region.vswitches_of_vpc, region.groups_of_vpc, region.links_of_vpc, region.unplaced_of_vpc


def vpc_delete_requested(region: Region, event: VpcDeleteRequested, record: RecordedEvent) -> None:
    vpc = region.vpcs.mutable(event.vpc_id)
    if any(index.get_existing(vpc.id).size for index in contents(region)):
        raise ValueError(f"{vpc.id} is not empty")  # it could not be completed: nothing enters it from now on
    region.transition(vpc, VPC.table[VpcDeleteRequested], record)


def vpc_deleted(region: Region, event: VpcDeleted, record: RecordedEvent) -> None:
    vpc = region.vpcs.mutable(event.vpc_id)
    region.transition(vpc, VPC.table[VpcDeleted], record)
    region.retag("vpcs", vpc)
    region.vpcs.delete(event.vpc_id)
    region.addresses.delete(event.vpc_id)
    for index in contents(region):
        index.delete(event.vpc_id)


def add_block(vpc: VpcState, cidr_block: str) -> None:
    """A VPC has a secondary block from now on. Raises ValueError for what is no CIDR block."""
    cidr_bounds(cidr_block)
    vpc.secondary_cidr_blocks += (cidr_block,)


def block_associated(region: Region, event: VpcCidrBlockAssociated, record: RecordedEvent) -> None:
    usable_vpc(region, event.vpc_id, VpcCidrBlockAssociated)
    add_block(region.vpcs.mutable(event.vpc_id), event.secondary_cidr_block)


def block_unassociated(region: Region, event: VpcCidrBlockUnassociated, record: RecordedEvent) -> None:
    usable_vpc(region, event.vpc_id, VpcCidrBlockUnassociated)
    vpc = region.vpcs.mutable(event.vpc_id)
    if event.secondary_cidr_block not in vpc.secondary_cidr_blocks:
        raise ValueError(f"{event.secondary_cidr_block} is no secondary block of {vpc.id}")
    vpc.secondary_cidr_blocks = tuple([one for one in vpc.secondary_cidr_blocks if one != event.secondary_cidr_block])


def vswitch_created(
    region: Region, event: VSwitchCreation, record: RecordedEvent, status: VSwitchStatus | None = None
) -> None:
    usable_vpc(region, event.vpc_id, type(record.event))
    region.count_created("vswitch")
    region.vswitches_of_vpc.mutable(event.vpc_id).set(event.vswitch_id, True)
    region.interfaces_of_vswitch.set(event.vswitch_id, Table())
    vswitch = VSwitchState(
        id=event.vswitch_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        name=event.name,
        description=event.description,
        vpc_id=event.vpc_id,
        zone_id=event.zone_id,
        cidr_block=event.cidr_block,
        status=VSWITCH.table[type(event)][INITIAL] if status is None else status,
    )
    region.vswitches.set(vswitch.id, vswitch)
    if event.tags:
        region.retag("vswitches", vswitch, Tags(event.tags))
    if region.imported:
        private_pool.exclude_allocated(region, vswitch)
    if status is None and vswitch.status in VSWITCH.transitional:
        region.begin_transition(vswitch, VSWITCH.kinds[type(event)], record.position, record.recorded_at)


def vswitch_create_completed(region: Region, event: VSwitchCreateCompleted, record: RecordedEvent) -> None:
    region.transition(region.vswitches.mutable(event.vswitch_id), VSWITCH.table[VSwitchCreateCompleted], record)


def vswitch_modified(region: Region, event: VSwitchModified, record: RecordedEvent) -> None:
    vswitch = region.vswitches.mutable(event.vswitch_id)
    region.transition(vswitch, VSWITCH.table[VSwitchModified], record)
    vswitch.describe(event.name, event.description)


def vswitch_delete_requested(region: Region, event: VSwitchDeleteRequested, record: RecordedEvent) -> None:
    vswitch = region.vswitches.mutable(event.vswitch_id)
    if region.interfaces_of_vswitch.get_existing(vswitch.id).size:
        raise ValueError(f"{vswitch.id} is not empty")
    region.transition(vswitch, VSWITCH.table[VSwitchDeleteRequested], record)


def vswitch_deleted(region: Region, event: VSwitchDeleted, record: RecordedEvent) -> None:
    vswitch = region.vswitches.mutable(event.vswitch_id)
    region.transition(vswitch, VSWITCH.table[VSwitchDeleted], record)
    region.retag("vswitches", vswitch)
    region.vswitches_of_vpc.mutable(vswitch.vpc_id).delete(vswitch.id)
    region.interfaces_of_vswitch.delete(vswitch.id)
    region.vswitches.delete(vswitch.id)


EVOLVE: Final[Evolving] = {
    VpcCreated: vpc_created,
    VpcCreateRequested: vpc_created,
    VpcCreateCompleted: vpc_create_completed,
    VpcModified: vpc_modified,
    VpcDeleteRequested: vpc_delete_requested,
    VpcDeleted: vpc_deleted,
    VpcCidrBlockAssociated: block_associated,
    VpcCidrBlockUnassociated: block_unassociated,
    VSwitchCreated: vswitch_created,
    VSwitchCreateRequested: vswitch_created,
    VSwitchCreateCompleted: vswitch_create_completed,
    VSwitchModified: vswitch_modified,
    VSwitchDeleteRequested: vswitch_delete_requested,
    VSwitchDeleted: vswitch_deleted,
}

# The rules

RULES: Final = SubjectRules()

must_exist(RULES, "vpc.not-found", "VPC", code="InvalidVpcId.NotFound")
must_exist(RULES, "vswitch.not-found", "VSwitch", code="InvalidVSwitchId.NotFound")


@RULES.denies(
    "vpc.state",
    CreateVSwitch,
    CreateSecurityGroup,
    EnableVpcClassicLink,
    AttachClassicLinkVpc,
    ModifyVpcAttribute,
    DeleteVpc,
    AssociateVpcCidrBlock,
    UnassociateVpcCidrBlock,
    code="IncorrectVpcStatus",
    http_status=400,
    codes=dict.fromkeys((AssociateVpcCidrBlock, UnassociateVpcCidrBlock), ("IncorrectStatus.Vpc", 400)),
    message="{vpc_id} is {status}, and must be Available",
)
def vpc_state(vpc: VpcState, command_type: AnyCommand) -> Facts | None:
    """Nothing is created in a VPC, linked to it, changed or deleted of it before it is Available, nor while it is
    Deleting; to ask again for its deletion is accepted."""
    if vpc.status is _VPC_AVAILABLE or (command_type is DeleteVpc and vpc.status is V.Deleting):
        return None
    return {"vpc_id": vpc.id, "status": vpc.status}


@RULES.denies(
    "vswitch.state",
    CreateNetworkInterface,
    RunInstances,
    CreateInstance,
    ModifyInstanceVpcAttribute,
    ModifyVSwitchAttribute,
    DeleteVSwitch,
    code="IncorrectVSwitchStatus",
    http_status=400,
    message="{statuses:is}, and must be Available",
)
def vswitch_state(vswitches: tuple[VSwitchState, ...], command_type: AnyCommand) -> Facts | None:
    """No ENI is created in a VSwitch or moved into it, nor is it changed, before it is Available, nor while it is being
    deleted; to ask again for its deletion is accepted."""
    if len(vswitches) == 1 and vswitches[0].status is _AVAILABLE:  # as nearly always
        return None
    if command_type is DeleteVSwitch and vswitches[0].status is S.Deleting:
        return None
    statuses = {one.id: VSWITCH.shown[one.status] for one in vswitches if one.status is not _AVAILABLE}
    if not statuses:
        return None
    first = next(iter(statuses))
    return {"vswitch_id": first, "status": statuses[first], "statuses": statuses}


@RULES.denies(
    "vpc.held",
    CreateVSwitch,
    CreateSecurityGroup,
    EnableVpcClassicLink,
    AttachClassicLinkVpc,
    ModifyVpcAttribute,
    DeleteVpc,
    AssociateVpcCidrBlock,
    UnassociateVpcCidrBlock,
    code="IncorrectVpcStatus",
    http_status=400,
    codes=dict.fromkeys((AssociateVpcCidrBlock, UnassociateVpcCidrBlock), ("IncorrectStatus.Vpc", 400)),
    message="{vpc_id} is held: {reason}",
)
def vpc_held(vpc: VpcState) -> Facts | None:
    """An imported VPC that is held is not changed, and nothing is created in it: its description is not understood, or
    there is none."""
    return None if vpc.held is None else {"vpc_id": vpc.id, "reason": vpc.held}


@RULES.denies(
    "vpc.shared",
    CreateVSwitch,
    EnableVpcClassicLink,
    AttachClassicLinkVpc,
    DeleteVpc,
    message="{vpc_id} is shared by its owner, the account {owner_id}",
)
def vpc_shared(vpc: VpcState) -> Facts | None:
    """A VPC that another account owns and shares is changed by its owner alone."""
    return None if vpc.owner_id is None else {"vpc_id": vpc.id, "owner_id": vpc.owner_id}


@RULES.denies(
    "vswitch.held",
    CreateNetworkInterface,
    RunInstances,
    CreateInstance,
    ModifyInstanceVpcAttribute,
    ModifyVSwitchAttribute,
    DeleteVSwitch,
    code="IncorrectVSwitchStatus",
    http_status=400,
    message="{reasons:is held:}",
)
def vswitch_held(vswitches: tuple[VSwitchState, ...], imported_world: World) -> Facts | None:
    """An imported VSwitch that is held is not changed, and nothing is created in it: its description is not understood,
    or there is none of it or of its VPC."""
    reasons = reasons_held(imported_world, vswitches)
    return {"vswitch_ids": tuple(reasons), "reasons": reasons} if reasons else None


@RULES.denies(
    "vswitch.shared",
    DeleteVSwitch,
    message="{vswitch_id} is shared by its owner, the account {owner_id}",
)
def vswitch_shared(vswitch: VSwitchState) -> Facts | None:
    """A VSwitch that another account owns and shares is deleted by its owner alone."""
    return None if vswitch.owner_id is None else {"vswitch_id": vswitch.id, "owner_id": vswitch.owner_id}


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


def _first_overlap(cidr_block: str, others: Iterable[str]) -> str | None:
    first, last = cidr_bounds(cidr_block)
    for other in others:
        low, high = cidr_bounds(other)
        if first <= high and low <= last:
            return other
    return None


@RULES.denies(
    "vpc.cidr-block.range",
    AssociateVpcCidrBlock,
    code="InvalidParameter",
    http_status=400,
    message="{cidr_block} has no mask of 8 to 28, or has addresses of {ranges}",
)
def secondary_block_range(cidr_block: str) -> Facts | None:
    """A secondary block has a mask of 8 to 28 and no address of 0.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16
    or 224.0.0.0/4."""
    mask = int(cidr_block.partition("/")[2])
    if 8 <= mask <= 28 and _first_overlap(cidr_block, UNUSABLE_RANGES) is None:
        return None
    return {"cidr_block": cidr_block, "ranges": UNUSABLE_RANGES}


@RULES.denies(
    "vpc.cidr-block.overlap",
    AssociateVpcCidrBlock,
    code="InvalidCidrBlock.Overlapped",
    http_status=400,
    message="{cidr_block} overlaps {other_cidr_block} of {vpc_id}",
)
def secondary_block_overlap(cidr_block: str, vpc: VpcState) -> Facts | None:
    """The blocks of a VPC share no address."""
    other = _first_overlap(cidr_block, vpc.cidr_blocks)
    return None if other is None else {"cidr_block": cidr_block, "vpc_id": vpc.id, "other_cidr_block": other}


@RULES.denies(
    "vpc.cidr-block.quota",
    AssociateVpcCidrBlock,
    code="QuotaExceeded",
    http_status=400,
    message="{vpc_id} has {count} secondary blocks, and the quota is {quota}",
)
def secondary_block_quota(vpc: VpcState, region: Region, account_id: str) -> Facts | None:
    """A VPC has at most as many secondary blocks as the quota ``secondary-cidr-blocks-per-vpc`` says (5)."""
    count, quota = len(vpc.secondary_cidr_blocks), region.quota(account_id, "secondary-cidr-blocks-per-vpc")
    return None if count < quota else {"vpc_id": vpc.id, "count": count, "quota": quota}


@RULES.denies(
    "vpc.cidr-block.secondary",
    UnassociateVpcCidrBlock,
    code="InvalidParameter",
    http_status=400,
    message="{cidr_block} is no secondary block of {vpc_id}",
)
def secondary_block_exists(cidr_block: str, vpc: VpcState) -> Facts | None:
    """A block that is taken from a VPC is one of its secondary blocks; the primary one stays for life."""
    return None if cidr_block in vpc.secondary_cidr_blocks else {"cidr_block": cidr_block, "vpc_id": vpc.id}


@RULES.denies(
    "vpc.cidr-block.in-use",
    UnassociateVpcCidrBlock,
    code="OperationFailed.CidrInUse",
    http_status=400,
    message="{cidr_block} still has {count} VSwitches: {vswitch_ids}",
)
def secondary_block_in_use(cidr_block: str, vpc: VpcState, region: Region) -> Facts | None:
    """A secondary block is taken from a VPC only when no VSwitch is left in it."""
    if cidr_block not in vpc.secondary_cidr_blocks:
        return None
    vswitch_ids = _vswitches_in(region, vpc, cidr_block)
    if not vswitch_ids:
        return None
    shown = tuple(vswitch_ids[: in_use.SHOWN])
    return {"cidr_block": cidr_block, "vpc_id": vpc.id, "vswitch_ids": shown, "count": len(vswitch_ids)}


def _vswitches_in(region: Region, vpc: VpcState, cidr_block: str) -> list[str]:
    """Returns the ids of the VSwitches of a VPC with an address of a block."""
    first, last = cidr_bounds(cidr_block)
    vswitches = map(region.vswitches.get_existing, region.vswitches_of_vpc.get_existing(vpc.id).live_keys())
    return [one.id for one in vswitches if first <= one.last and one.first <= last]


@RULES.denies(
    "vpc.delete.in-use",
    DeleteVpc,
    code="DependencyViolation.VSwitch",
    http_status=400,
    breach_codes=[("DependencyViolation.SecurityGroup", 400)],
    message="{vpc_id} is in use by {count} resources: {resource_ids}",
)
def vpc_in_use(vpc: VpcState, region: Region) -> Breach | None:
    """A VPC is deleted only when no VSwitch, no security group and no ClassicLink is left in it, and no instance whose
    VSwitch is not described."""
    left_in = [index.get_existing(vpc.id) for index in contents(region)]
    count = sum(index.size for index in left_in)
    if not count:
        return None
    vswitches, groups, links, unplaced = left_in
    shown = in_use.shown(left_in)
    facts = {
        "vpc_id": vpc.id,
        "resource_ids": shown,
        "count": count,
        "vswitches": vswitches.size,
        "security_groups": groups.size,
        "linked_instances": links.size,
    }
    if unplaced.size:
        facts |= {"instances": unplaced.size}
    left = in_use.listed(
        (
            (vswitches.size, "VSwitch", "VSwitches"),
            (groups.size, "security group", "security groups"),
            (links.size, "linked instance", "linked instances"),
            (unplaced.size, "instance", "instances"),
        )
    )
    message = in_use.still_has("{vpc_id}", left, shown, count)
    if vswitches.size or unplaced.size:  # such an instance is in a VSwitch
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
def vswitch_inside_vpc(command: CreateVSwitch, region: Region, account_id: str) -> Facts | Breach | None:
    """A VSwitch's block lies inside one of its VPC's blocks and has a mask of 16 to 29."""
    cidr_block, vpc = command.cidr_block, owned(region.vpcs, command.vpc_id, account_id)
    right_mask = 16 <= int(cidr_block.partition("/")[2]) <= 29
    if vpc is None:  # the mask is wrong in any VPC
        facts = {"cidr_block": cidr_block}
        message = "{cidr_block} has no mask of 16 to 29"
        return None if right_mask else Breach(facts, "InvalidCirdrBlock.MaskLength", 400, message)
    facts = {"cidr_block": cidr_block, "vpc_cidr_block": " or ".join(vpc.cidr_blocks)}
    if not right_mask:
        return Breach(facts, "InvalidCirdrBlock.MaskLength", 400)  # the vendor's spelling
    return None if inside(vpc, *cidr_bounds(cidr_block)) else facts


def inside(vpc: VpcState, first: int, last: int) -> bool:
    """Returns whether addresses lie inside one block of a VPC, as they may where its block is not known."""
    return not vpc.cidr_block or any(low <= first and last <= high for low, high in map(cidr_bounds, vpc.cidr_blocks))


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


UNSEEN: Final = "{} addresses in use by what no response describes"


@RULES.denies(
    "vswitch.delete.in-use",
    DeleteVSwitch,
    code="DependencyViolation",
    http_status=400,
    message="{vswitch_id} is in use by {count} network interfaces: {resource_ids}",
)
def vswitch_in_use(vswitch: VSwitchState, region: Region) -> Breach | None:
    """A VSwitch is deleted only when no ENI is left in it, and no address in use by what an import did not describe."""
    interfaces = region.interfaces_of_vswitch.get_existing(vswitch.id)
    if not interfaces.size and not vswitch.unseen_addresses:
        return None
    shown = in_use.shown((interfaces,))
    interfaces_shown = [(one, region.network_interfaces[one]) for one in shown]
    instance_ids = tuple(
        [
            instance_id
            for one, interface in interfaces_shown
            if interface is None or interface.type is NetworkInterfaceType.Primary
            if (instance_id := one if interface is None else interface.instance_id) is not None
        ]
    )
    facts: dict[str, Any] = {
        "vswitch_id": vswitch.id,
        "resource_ids": shown,
        "count": interfaces.size,
        "instance_ids": instance_ids,
    }
    left = in_use.listed(((interfaces.size, "network interface", "network interfaces"),))
    message = in_use.still_has("{vswitch_id}", left, shown, interfaces.size)
    if vswitch.unseen_addresses:
        facts["unseen_addresses"] = vswitch.unseen_addresses
        unseen = UNSEEN.format(vswitch.unseen_addresses)
        message = f"{message}, and {unseen}" if interfaces.size else f"{{vswitch_id}} has {unseen}"
    if instance_ids:
        message += "; primary ones go with their instances: {instance_ids}"
    return Breach(facts, message=message)


# How each command is decided


def create_vpc(context: RuleContext, command: CreateVpc) -> tuple[Event, ...]:
    number = context.world.next_number(context.region, "vpc")
    vpc_id = resource_id(context.region.region_id, "vpc", number)
    event = VpcCreateRequested if context.asynchronous else VpcCreated
    return (
        event(
            vpc_id=vpc_id,
            cidr_block=command.cidr_block,
            name=command.vpc_name,
            description=command.description,
            tags=tuple(command.tags.items()),
        ),
    )


def restore_vpc(region: Region, recording: Recording[VpcCreation]) -> CreateVpc:
    event = recording.event
    return CreateVpc(
        cidr_block=event.cidr_block,
        region_id=region.region_id,
        vpc_name=event.name,
        description=event.description,
        tags=event.tags,
    )


def delete_vpc(context: RuleContext, command: DeleteVpc) -> tuple[Event, ...]:
    if context.asynchronous and known(context.vpc).status is V.Deleting:
        return ()
    event = VpcDeleteRequested if context.asynchronous else VpcDeleted
    return (event(vpc_id=command.vpc_id),)


def prepare_associate(context: RuleContext, command: AssociateVpcCidrBlock | None) -> None:
    if command is not None:
        context.cidr_block = command.secondary_cidr_block
    elif context.vpc is not None:
        context.cidr_block = _free_secondary_block(context.vpc)


def _free_secondary_block(vpc: VpcState) -> str:
    """Returns a block that a VPC may associate; the first private one if there is no other."""
    starts = [cidr_bounds(PRIVATE_RANGES[0])[0], *[cidr_bounds(block)[1] + 1 for block in vpc.cidr_blocks]]
    blocks = [f"{int_to_ipv4(start + -start % 16 & 0xFFFFFFFF)}/28" for start in starts]
    taken = (*vpc.cidr_blocks, *UNUSABLE_RANGES)
    return next((block for block in blocks if _first_overlap(block, taken) is None), blocks[0])


def associate_block(context: RuleContext, command: AssociateVpcCidrBlock) -> tuple[Event, ...]:
    return (VpcCidrBlockAssociated(vpc_id=command.vpc_id, secondary_cidr_block=command.secondary_cidr_block),)


def prepare_unassociate(context: RuleContext, command: UnassociateVpcCidrBlock | None) -> None:
    if command is not None:
        context.cidr_block = command.secondary_cidr_block
    elif context.vpc is not None:
        vpc, region = context.vpc, context.region
        blocks = vpc.secondary_cidr_blocks or vpc.cidr_blocks or PRIVATE_RANGES
        context.cidr_block = next((one for one in blocks if not _vswitches_in(region, vpc, one)), blocks[0])


def unassociate_block(context: RuleContext, command: UnassociateVpcCidrBlock) -> tuple[Event, ...]:
    return (VpcCidrBlockUnassociated(vpc_id=command.vpc_id, secondary_cidr_block=command.secondary_cidr_block),)


def prepare_vswitch(context: RuleContext, command: CreateVSwitch | None) -> None:
    if command is not None:
        context.cidr_block = command.cidr_block
    elif context.vpc is not None:
        context.cidr_block = _smallest_free_block(context.region, context.vpc)


def _smallest_free_block(region: Region, vpc: VpcState) -> str:
    """Returns the first free block of the smallest size that a VSwitch may have; a block that is not free if the VPC
    has no room for one."""
    vswitch_ids = region.vswitches_of_vpc.get_existing(vpc.id).live_keys()
    vswitches = sorted(map(region.vswitches.get_existing, vswitch_ids), key=lambda vswitch: vswitch.first)
    for first, last in map(cidr_bounds, vpc.cidr_blocks):
        block = first - first % SMALLEST_VSWITCH
        for vswitch in vswitches:
            if block + SMALLEST_VSWITCH <= vswitch.first:
                break
            block = max(block, vswitch.last + 1 + -(vswitch.last + 1) % SMALLEST_VSWITCH)
        if block + SMALLEST_VSWITCH - 1 <= last:
            return f"{int_to_ipv4(block)}/29"
    first = cidr_bounds((*vpc.cidr_blocks, *PRIVATE_RANGES)[0])[0]
    return f"{int_to_ipv4(first - first % SMALLEST_VSWITCH)}/29"


def create_vswitch(context: RuleContext, command: CreateVSwitch) -> tuple[Event, ...]:
    number = context.world.next_number(context.region, "vswitch")
    vswitch_id = resource_id(context.region.region_id, "vswitch", number)
    event = VSwitchCreateRequested if context.asynchronous else VSwitchCreated
    return (
        event(
            vswitch_id=vswitch_id,
            vpc_id=command.vpc_id,
            zone_id=command.zone_id,
            cidr_block=command.cidr_block,
            name=command.vswitch_name,
            description=command.description,
            tags=tuple(command.tags.items()),
        ),
    )


def restore_vswitch(region: Region, recording: Recording[VSwitchCreation]) -> CreateVSwitch:
    event = recording.event
    return CreateVSwitch(
        vpc_id=event.vpc_id,
        zone_id=event.zone_id,
        cidr_block=event.cidr_block,
        vswitch_name=event.name,
        description=event.description,
        tags=event.tags,
    )


def delete_vswitch(context: RuleContext, command: DeleteVSwitch) -> tuple[Event, ...]:
    if context.asynchronous and known(context.vswitch).status is S.Deleting:
        return ()
    event = VSwitchDeleteRequested if context.asynchronous else VSwitchDeleted
    return (event(vswitch_id=command.vswitch_id),)


OPERATIONS: Final[Operations] = operations(
    Operation(
        CreateVpc,
        create_vpc,
        ResourceKind.Vpc,
        recorded_as=(VpcCreated, VpcCreateRequested),
        restore=restore_vpc,
    ),
    modification(ModifyVpcAttribute, VpcModified, ResourceKind.Vpc, "vpc_name"),
    Operation(DeleteVpc, delete_vpc, ResourceKind.Vpc, recorded_as=(VpcDeleted, VpcDeleteRequested), removes=True),
    Operation(
        AssociateVpcCidrBlock,
        associate_block,
        ResourceKind.Vpc,
        prepare=prepare_associate,
        recorded_as=(VpcCidrBlockAssociated,),
    ),
    Operation(
        UnassociateVpcCidrBlock,
        unassociate_block,
        ResourceKind.Vpc,
        prepare=prepare_unassociate,
        recorded_as=(VpcCidrBlockUnassociated,),
    ),
    Operation(
        CreateVSwitch,
        create_vswitch,
        ResourceKind.VSwitch,
        within=ResourceKind.Vpc,
        prepare=prepare_vswitch,
        recorded_as=(VSwitchCreated, VSwitchCreateRequested),
        restore=restore_vswitch,
    ),
    modification(ModifyVSwitchAttribute, VSwitchModified, ResourceKind.VSwitch, "vswitch_name"),
    Operation(
        DeleteVSwitch,
        delete_vswitch,
        ResourceKind.VSwitch,
        recorded_as=(VSwitchDeleted, VSwitchDeleteRequested),
        removes=True,
    ),
)
