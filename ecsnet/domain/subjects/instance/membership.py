"""The security groups of an instance (guide 2.3, 4.5): JoinSecurityGroup and LeaveSecurityGroup.

The member of a group is the instance's primary ENI, with all its addresses; a classic instance, which has no ENI, is
one itself. An instance is always in one group at least.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecsnet.commands import JoinSecurityGroup, LeaveSecurityGroup
from ecsnet.domain.context import GroupGrowth, Membership, RuleContext
from ecsnet.domain.operation import Impossible, Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Facts, SubjectRules
from ecsnet.domain.state.records import InstanceState, SecurityGroupState
from ecsnet.domain.state.world import Region
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE, wrong_status
from ecsnet.domain.subjects.security_group import CLASSIC_NETWORK
from ecsnet.events.base import Event
from ecsnet.events.security_group import SecurityGroupJoined, SecurityGroupLeft

# The rules

RULES: Final = SubjectRules()


@RULES.denies(
    "security-group.join.member",
    JoinSecurityGroup,
    code="InvalidInstanceId.AlreadyExists",
    http_status=403,
    message="{instance_id} is in {security_group_id} already",
)
def join_twice(instance: InstanceState, security_group: SecurityGroupState, region: Region) -> Facts | None:
    """An instance joins only a group that it is not in."""
    member = region.members_of_group.get_existing(security_group.id)[instance.member_id]
    return {"instance_id": instance.id, "security_group_id": security_group.id} if member else None


@RULES.denies(
    "security-group.leave.member",
    LeaveSecurityGroup,
    code="InstanceNotInSecurityGroup",
    http_status=403,
    message="{instance_id} is not in {security_group_id}",
)
def leave_unknown(instance: InstanceState, security_group: SecurityGroupState, region: Region) -> Facts | None:
    """An instance leaves only a group that it is in."""
    member = region.members_of_group.get_existing(security_group.id)[instance.member_id]
    return None if member else {"instance_id": instance.id, "security_group_id": security_group.id}


@RULES.denies(
    "security-group.join.instance-state",
    JoinSecurityGroup,
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def join_state(instance: InstanceState) -> Facts | None:
    """An instance joins a security group while it is Running or Stopped."""
    return wrong_status(instance, SecurityGroupJoined)


@RULES.denies(
    "security-group.leave.instance-state",
    LeaveSecurityGroup,
    code="IncorrectInstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def leave_state(instance: InstanceState) -> Facts | None:
    """An instance leaves a security group while it is Running or Stopped."""
    return wrong_status(instance, SecurityGroupLeft)


# How each command is decided


def prepare_join(context: RuleContext, command: JoinSecurityGroup | None) -> None:
    instance, group = context.instance, context.security_group
    if instance is not None and group is not None:
        group_ids = context.region.groups_of(instance)
        context.security_groups, count = (group,), None
        if group.id not in group_ids:
            primary = context.region.primary_of(instance)
            count = len(group_ids) + 1
            context.group_growth = (GroupGrowth(group, 1 if primary is None else primary.address_count),)
        kept = tuple(map(context.region.security_groups.get_existing, group_ids))
        vpc_id = CLASSIC_NETWORK if instance.is_classic else instance.vpc_id
        context.memberships = (Membership(groups=(group,), kept=kept, count=count, vpc_id=vpc_id),)
    elif instance is not None:  # any other group would be one more
        context.memberships = (Membership(count=len(context.region.groups_of(instance)) + 1),)
    elif group is not None:  # any instance has one address at least
        context.security_groups = (group,)
        context.group_growth = (GroupGrowth(group, 1),)


def join_group(context: RuleContext, command: JoinSecurityGroup) -> tuple[Event, ...]:
    return (SecurityGroupJoined(security_group_id=command.security_group_id, instance_id=command.instance_id),)


def prepare_leave(context: RuleContext, command: LeaveSecurityGroup | None) -> None:
    context.security_groups = () if context.security_group is None else (context.security_group,)
    if context.instance is not None and context.security_group is not None:
        group_ids = context.region.groups_of(context.instance)
        context.memberships = (Membership(count=len(group_ids) - (context.security_group.id in group_ids)),)


def groups_to_leave(context: RuleContext) -> Iterator[RuleContext | Impossible]:
    """Yields the contexts of each group that the instance could leave, or of each instance that could leave the
    group."""
    region, instance, group = context.region, context.instance, context.security_group
    left = False
    if instance is not None:
        for group_id in region.groups_of(instance):
            left = True
            yield context.having(security_group=region.security_groups.get_existing(group_id))
        if not left:
            yield Impossible(
                "security-group.leave.member", f"{instance.id} is in no security group", {"instance_id": instance.id}
            )
    elif group is not None:
        for member_id in region.members_of_group.get_existing(group.id).live_keys():
            interface = region.network_interfaces[member_id]
            member = region.instances[member_id if interface is None else interface.instance_id or ""]
            if member is not None and member.member_id == member_id and member.account_id == context.account_id:
                left = True
                yield context.having(instance=member)
        if not left:
            yield Impossible(
                "security-group.leave.member", f"no instance is in {group.id}", {"security_group_id": group.id}
            )


def leave_group(context: RuleContext, command: LeaveSecurityGroup) -> tuple[Event, ...]:
    return (SecurityGroupLeft(security_group_id=command.security_group_id, instance_id=command.instance_id),)


OPERATIONS: Final[Operations] = operations(
    Operation(
        JoinSecurityGroup,
        join_group,
        ResourceKind.Instance,
        prepare=prepare_join,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(SecurityGroupJoined)},
        recorded_as=(SecurityGroupJoined,),
    ),
    Operation(
        LeaveSecurityGroup,
        leave_group,
        ResourceKind.Instance,
        prepare=prepare_leave,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(SecurityGroupLeft)},
        alternatives=groups_to_leave,
        recorded_as=(SecurityGroupLeft,),
    ),
)
