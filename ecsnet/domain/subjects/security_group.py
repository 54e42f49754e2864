"""Security groups (guide 2.3, 4.5, 4.6): who may talk to whom, and how many private addresses may be in one group.

A basic group lets its members reach each other, and may authorize other groups. An enterprise group isolates its
members, is neither authorized nor authorizes, and takes more of them. Rules on addresses, ports and outgoing traffic
are not modelled: those that are imported keep the groups that they name in use.

A member is an ENI. An instance is a member through its primary ENI, whose groups change only with the instance
(JoinSecurityGroup, LeaveSecurityGroup); those of a secondary ENI change by ModifyNetworkInterfaceAttribute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from ecsnet.commands import (
    AssignPrivateIpAddresses,
    AuthorizeSecurityGroup,
    CreateInstance,
    CreateNetworkInterface,
    CreateSecurityGroup,
    DeleteSecurityGroup,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    ModifyNetworkInterfaceAttribute,
    ModifySecurityGroupAttribute,
    RevokeSecurityGroup,
    RunInstances,
)
from ecsnet.domain import in_use
from ecsnet.domain.attributes import modification
from ecsnet.domain.context import GroupGrowth, Membership, NewInterface, RuleContext, known
from ecsnet.domain.held import reasons_held
from ecsnet.domain.lifecycle import INITIAL, SAME, Lifecycle, Transitional, described
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import AnyCommand, Breach, Facts, RuleKind, SubjectRules
from ecsnet.domain.state.ids import resource_id
from ecsnet.domain.state.private_pool import StandIn
from ecsnet.domain.state.records import NetworkInterfaceState, SecurityGroupState
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Evolving, Region, World
from ecsnet.domain.subjects import vpc
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.imports import SecurityGroupImported, SecurityGroupRulesImported
from ecsnet.events.security_group import (
    SecurityGroupAuthorized,
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupDeleteRequested,
    SecurityGroupJoined,
    SecurityGroupLeft,
    SecurityGroupModified,
    SecurityGroupRevoked,
)
from ecsnet.events.tags import ResourceTagged, ResourceUntagged
from ecsnet.values import InnerAccessPolicy, SecurityGroupStatus, SecurityGroupType, Tags

CLASSIC_NETWORK: Final = "the classic network"
ANY_VPC: Final = "any VPC"

ADDRESS_QUOTAS: Final = {
    SecurityGroupType.Normal: "addresses-per-security-group",
    SecurityGroupType.Enterprise: "addresses-per-enterprise-security-group",
}
"""The quota of private IPs in a group, by the type of the group."""

# The lifecycle

S = SecurityGroupStatus
_AVAILABLE: Final = S.Available  # to look up a member of an enumeration takes longer than the rest of a check
_DELETING: Final = S.Deleting
_BASIC: Final = SecurityGroupType.Normal
_ENTERPRISE: Final = SecurityGroupType.Enterprise

SECURITY_GROUP: Final = Lifecycle(
    "security group",
    S,
    id_field="security_group_id",
    transitional={S.Deleting: Transitional(completed_by=(SecurityGroupDeleted,))},
    final=[S.Deleted],
    kinds={SecurityGroupDeleteRequested: "DeleteSecurityGroup"},
    transitions=[
        [SecurityGroupCreated, INITIAL, S.Available],
        [SecurityGroupDeleteRequested, S.Available, S.Deleting],
        [SecurityGroupDeleted, [S.Available, S.Deleting], S.Deleted],
        [SecurityGroupModified, S.Available, SAME],
        [ResourceTagged, [S.Available, S.Deleting], SAME],
        [ResourceUntagged, [S.Available, S.Deleting], SAME],
        [SecurityGroupJoined, S.Available, SAME],
        [SecurityGroupLeft, S.Available, SAME],
        [SecurityGroupAuthorized, S.Available, SAME],
        [SecurityGroupRevoked, S.Available, SAME],
        *described(SecurityGroupImported, [S.Available]),
        [SecurityGroupRulesImported, S.Available, SAME],
    ],
)
"""Security groups."""

# How each event changes the state


def enter(region: Region, interface: NetworkInterfaceState | StandIn, group_ids: Iterable[str]) -> None:
    """An ENI with all its addresses becomes a member."""
    count = interface.address_count
    for group_id in group_ids:
        group = region.security_groups.mutable(group_id)
        if group.status is not _AVAILABLE:
            raise SECURITY_GROUP.table[SecurityGroupJoined].illegal(group.status)
        region.members_of_group.mutable(group_id).set(interface.id, True)
        group.private_ip_count += count


def leave(region: Region, interface: NetworkInterfaceState | StandIn, group_ids: Iterable[str]) -> None:
    """An ENI with all its addresses stops being a member."""
    count = interface.address_count
    for group_id in group_ids:
        region.members_of_group.mutable(group_id).delete(interface.id)
        region.security_groups.mutable(group_id).private_ip_count -= count


def replace(region: Region, interface: NetworkInterfaceState, group_ids: tuple[str, ...]) -> None:
    """An ENI is from now on a member of exactly these groups."""
    before, after = set(interface.security_group_ids), set(group_ids)
    leave(region, interface, [group_id for group_id in interface.security_group_ids if group_id not in after])
    enter(region, interface, [group_id for group_id in group_ids if group_id not in before])
    interface.security_group_ids = group_ids


def inner_access_policy_of(group_type: SecurityGroupType) -> InnerAccessPolicy:
    """Returns whether members of a new group of a type reach each other."""
    return InnerAccessPolicy.Accept if group_type is _BASIC else InnerAccessPolicy.Drop


def group_created(region: Region, event: SecurityGroupCreated, record: RecordedEvent) -> None:
    if event.vpc_id is not None:
        vpc.usable_vpc(region, event.vpc_id, type(record.event))
    region.count_created("security_group")
    region.use(record.account_id, "security_group", 1)
    if event.vpc_id is not None:
        region.groups_of_vpc.mutable(event.vpc_id).set(event.security_group_id, True)
    region.members_of_group.set(event.security_group_id, Table())
    region.sources_of_group.set(event.security_group_id, Table())
    region.authorizers_of_group.set(event.security_group_id, Table())
    group = SecurityGroupState(
        id=event.security_group_id,
        account_id=record.account_id,
        created_at=record.recorded_at,
        position=record.position,
        name=event.name,
        description=event.description,
        vpc_id=event.vpc_id,
        type=event.security_group_type,
        inner_access_policy=inner_access_policy_of(event.security_group_type),
    )
    region.security_groups.set(group.id, group)
    if event.tags:
        region.retag("security_groups", group, Tags(event.tags))


def group_modified(region: Region, event: SecurityGroupModified, record: RecordedEvent) -> None:
    group = region.security_groups.mutable(event.security_group_id)
    region.transition(group, SECURITY_GROUP.table[SecurityGroupModified], record)
    group.describe(event.name, event.description)


def group_delete_requested(region: Region, event: SecurityGroupDeleteRequested, record: RecordedEvent) -> None:
    group = region.security_groups.mutable(event.security_group_id)
    indexes = (region.members_of_group, region.authorizers_of_group)
    if group.authorized_by_others or any(index.get_existing(group.id).size for index in indexes):
        raise ValueError(f"{group.id} is in use")  # it could not be completed: nothing enters it from now on
    region.transition(group, SECURITY_GROUP.table[SecurityGroupDeleteRequested], record)


def group_deleted(region: Region, event: SecurityGroupDeleted, record: RecordedEvent) -> None:
    group = region.security_groups.mutable(event.security_group_id)
    region.transition(group, SECURITY_GROUP.table[SecurityGroupDeleted], record)
    remove(region, group)


def remove(region: Region, group: SecurityGroupState) -> None:
    """A group is gone, and what it authorizes."""
    region.retag("security_groups", group)
    _forget_rules(region, group)
    region.use(group.account_id, "security_group", -1)
    if group.vpc_id is not None:
        region.groups_of_vpc.mutable(group.vpc_id).delete(group.id)
    region.members_of_group.delete(group.id)
    region.sources_of_group.delete(group.id)
    region.authorizers_of_group.delete(group.id)
    region.security_groups.delete(group.id)


def _forget_rules(region: Region, group: SecurityGroupState) -> None:
    referenced, group.referenced_group_ids = group.referenced_group_ids, ()
    for source_id in list(region.sources_of_group.get_existing(group.id).live_keys()):
        _forget_source(region, group.id, source_id)
    for referenced_id in referenced:
        if region.authorizers_of_group.get_existing(referenced_id)[group.id] is not None:
            region.authorizers_of_group.mutable(referenced_id).delete(group.id)


def group_authorized(region: Region, event: SecurityGroupAuthorized, record: RecordedEvent) -> None:
    group_id, source_id = event.security_group_id, event.source_group_id
    for one in (group_id, source_id):
        group = region.security_groups.get_existing(one)
        if group.status is not S.Available:
            raise SECURITY_GROUP.table[SecurityGroupAuthorized].illegal(group.status)
    _add_source(region, group_id, source_id)


def _add_source(region: Region, group_id: str, source_id: str) -> None:
    region.sources_of_group.mutable(group_id).set(source_id, True)
    if _is_of_another_account(region, group_id, source_id):
        region.security_groups.mutable(source_id).authorized_by_others += 1
    elif source_id != group_id:
        region.authorizers_of_group.mutable(source_id).set(group_id, True)


def group_revoked(region: Region, event: SecurityGroupRevoked, record: RecordedEvent) -> None:
    _forget_source(region, event.security_group_id, event.source_group_id)


def _forget_source(region: Region, group_id: str, source_id: str) -> None:
    region.sources_of_group.mutable(group_id).delete(source_id)
    if _is_of_another_account(region, group_id, source_id):
        region.security_groups.mutable(source_id).authorized_by_others -= 1
    elif source_id != group_id and source_id not in region.security_groups.get_existing(group_id).referenced_group_ids:
        region.authorizers_of_group.mutable(source_id).delete(group_id)


def group_rules_imported(region: Region, event: SecurityGroupRulesImported, record: RecordedEvent) -> None:
    group_id = event.security_group_id
    group = region.security_groups.mutable(group_id)
    if group.status is not S.Available:
        raise SECURITY_GROUP.table[SecurityGroupRulesImported].illegal(group.status)
    _forget_rules(region, group)
    for source_id in event.source_group_ids:
        _add_source(region, group_id, source_id)
    for referenced_id in event.referenced_group_ids:
        region.authorizers_of_group.mutable(referenced_id).set(group_id, True)
    group.referenced_group_ids = event.referenced_group_ids
    group.inner_access_policy = event.inner_access_policy or inner_access_policy_of(group.type)
    if event.not_modelled is not None and event.not_modelled not in (group.not_modelled or ""):
        group.not_modelled = "; ".join(filter(None, (group.not_modelled, event.not_modelled)))


def _is_of_another_account(region: Region, group_id: str, source_id: str) -> bool:
    groups = region.security_groups
    return groups.get_existing(group_id).account_id != groups.get_existing(source_id).account_id


EVOLVE: Final[Evolving] = {
    SecurityGroupCreated: group_created,
    SecurityGroupModified: group_modified,
    SecurityGroupDeleteRequested: group_delete_requested,
    SecurityGroupDeleted: group_deleted,
    SecurityGroupAuthorized: group_authorized,
    SecurityGroupRevoked: group_revoked,
    SecurityGroupRulesImported: group_rules_imported,
}

# The rules

RULES: Final = SubjectRules()


def vpc_that_fits(groups: Iterable[SecurityGroupState]) -> str | None:
    """Returns the VPC of most of the groups: in any VSwitch that is not known, no more of them can be right. That is
    `ANY_VPC` if all are of the classic network, and none of them can be."""
    counts = Counter(ANY_VPC if group.vpc_id is None else group.vpc_id for group in groups)
    if len(counts) > 1:
        del counts[ANY_VPC]
    return counts.most_common(1)[0][0] if counts else None


RULES.states(
    "security-group.other-rules",
    RuleKind.Fact,
    "Rules of a group on addresses, ports or outgoing traffic open and close no modelled path; those that were "
    "imported keep the groups that they name in use.",
    guide="2.3",
)
must_exist(RULES, "security-group.not-found", "security group", code="InvalidSecurityGroupId.NotFound")


@RULES.denies(
    "security-group.state",
    CreateNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    JoinSecurityGroup,
    AuthorizeSecurityGroup,
    RevokeSecurityGroup,
    ModifySecurityGroupAttribute,
    code="InvalidSecurityGroupId.NotFound",
    http_status=404,
    message="being deleted: {security_group_ids}",
)
def group_state(
    security_groups: tuple[SecurityGroupState, ...], new_interfaces: tuple[NewInterface, ...]
) -> Facts | None:
    """Nothing enters a security group that is being deleted, and nothing of it changes; to ask again for its deletion
    is accepted."""
    groups = security_groups
    for new in new_interfaces:
        groups += new.groups
    for group in groups:
        if group.status is _DELETING:
            break
    else:  # as nearly always
        return None
    ids = tuple(dict.fromkeys([group.id for group in groups if group.status is _DELETING]))
    return {"security_group_ids": ids}


@RULES.denies(
    "security-group.held",
    CreateNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    AuthorizeSecurityGroup,
    RevokeSecurityGroup,
    ModifySecurityGroupAttribute,
    DeleteSecurityGroup,
    code="InvalidSecurityGroupId.NotFound",
    http_status=404,
    message="{reasons:is held:}",
)
def group_held(
    security_groups: tuple[SecurityGroupState, ...], new_interfaces: tuple[NewInterface, ...], imported_world: World
) -> Facts | None:
    """An imported security group of a VPC that no response describes is not changed, and nothing enters or leaves
    it."""
    groups = (*security_groups, *[group for new in new_interfaces for group in new.groups])
    reasons = reasons_held(imported_world, groups)
    return {"security_group_ids": tuple(reasons), "reasons": reasons} if reasons else None


@RULES.denies(
    "interface.security-groups.vpc",
    CreateNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    JoinSecurityGroup,
    guide="4.2",
    code="InvalidOperation.VpcMismatch",
    http_status=403,
    codes={
        RunInstances: ("InvalidParameter.Mismatch", 400),
        CreateInstance: ("InvalidParameter.Mismatch", 400),
        JoinSecurityGroup: ("InvalidInstanceId.Mismatch", 400),
    },
    breach_codes=[("InvalidSecurityGroupId.NotVpc", 403)],
    message="not in {vpc_id}: {security_group_ids}",
)
def groups_in_vpc(memberships: tuple[Membership, ...], command: object) -> Facts | Breach | None:
    """Every security group of an ENI belongs to the ENI's VPC, and every group of a classic instance to none."""
    strangers = []
    for membership in memberships:
        vpc_id = membership.vpc_id
        if vpc_id is not None:
            for group in membership.groups:
                if (group.vpc_id or CLASSIC_NETWORK) != vpc_id:
                    strangers.append((group, vpc_id))
    if not strangers:
        return None
    vpc_ids = dict.fromkeys(vpc_id for _, vpc_id in strangers)
    facts = {
        "security_group_ids": tuple(dict.fromkeys(group.id for group, _ in strangers)),
        "vpc_id": ", ".join(vpc_ids),
    }
    if isinstance(command, CreateNetworkInterface) and strangers[0][0].vpc_id is None:
        return Breach(facts, "InvalidSecurityGroupId.NotVpc", 403)
    return facts


@RULES.denies(
    "interface.security-groups.count",
    CreateNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    guide="4.5",
    code="JoinedGroupLimitExceed",
    http_status=400,
    codes={
        JoinSecurityGroup: ("InstanceSecurityGroupLimitExceeded", 400),
        LeaveSecurityGroup: ("InstanceLastSecurityGroup", 403),
    },
    breach_codes=[("MissingParameter", 400)],
    message="an ENI or instance is in 1 to {quota} security groups, not in {count}",
)
def count_of_groups(
    memberships: tuple[Membership, ...], region: Region, account_id: str, command_type: AnyCommand
) -> Facts | Breach | None:
    """An ENI, or a classic instance, is in one security group at least, and in ``security-groups-per-interface`` (5) at
    most."""
    quota = region.quota(account_id, "security-groups-per-interface")
    for one in memberships:
        if one.count is not None and not 0 < one.count <= quota:
            break
    else:  # as nearly always
        return None
    counts = [one.count for one in memberships if one.count is not None]
    if 0 in counts:
        facts = {"count": 0, "quota": quota}
        return facts if command_type is LeaveSecurityGroup else Breach(facts, "MissingParameter", 400)
    return None if command_type is LeaveSecurityGroup else {"count": max(counts), "quota": quota}


@RULES.denies(
    "interface.security-groups.type",
    CreateNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    JoinSecurityGroup,
    code="InvalidOperation.MultiGroupType",
    http_status=400,
    message="an ENI is in groups of one type, and {types:is}",
)
def groups_of_one_type(memberships: tuple[Membership, ...]) -> Facts | None:
    """The security groups of an ENI are all basic or all enterprise groups."""
    for membership in memberships:
        groups = membership.groups + membership.kept
        if len(groups) > 1 and len({group.type for group in groups}) > 1:
            return {"types": {group.id: group.type for group in groups}}
    return None


@RULES.denies(
    "security-group.address-quota",
    CreateNetworkInterface,
    AssignPrivateIpAddresses,
    JoinSecurityGroup,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    guide="4.6",
    code="SecurityGroupInstanceLimitExceed",
    http_status=403,
    codes={JoinSecurityGroup: ("SecurityGroupInstanceLimitExceeded", 403)},
    message="{counts:has} private IPs, and with {growth} more would exceed the quota of {quota}",
)
def group_address_quota(group_growth: tuple[GroupGrowth, ...], region: Region, account_id: str) -> Facts | None:
    """A basic security group of a VPC holds at most ``addresses-per-security-group`` (2,000) private IPs, over all ENIs
    in it."""
    quota = region.quota(account_id, ADDRESS_QUOTAS[_BASIC])
    for growth in group_growth:
        if growth.group.private_ip_count + growth.added_addresses > quota:
            break
    else:  # as nearly always
        return None
    basic = [growth for growth in group_growth if growth.group.vpc_id is not None and growth.group.type is _BASIC]
    return _exceeding(basic, quota)


def _exceeding(group_growth: Iterable[GroupGrowth], quota: int) -> Facts | None:
    exceeded = [one for one in group_growth if one.group.private_ip_count + one.added_addresses > quota]
    if not exceeded:
        return None
    counts = {growth.group.id: growth.group.private_ip_count for growth in exceeded}
    growth = max(growth.added_addresses for growth in exceeded)
    return {"security_group_ids": tuple(counts), "counts": counts, "growth": growth, "quota": quota}


@RULES.denies(
    "security-group.enterprise.address-quota",
    CreateNetworkInterface,
    AssignPrivateIpAddresses,
    JoinSecurityGroup,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    code="InvalidOperation.EniCountExceeded",
    http_status=400,
    message="{counts:has} private IPs, and with {growth} more would exceed the quota of {quota}",
)
def enterprise_group_address_quota(
    group_growth: tuple[GroupGrowth, ...], region: Region, account_id: str
) -> Facts | None:
    """An enterprise group holds at most ``addresses-per-enterprise-security-group`` (65,536) private IPs, over all ENIs
    in it."""
    enterprise = []
    for growth in group_growth:
        if growth.group.type is _ENTERPRISE:
            enterprise.append(growth)
    if not enterprise:
        return None
    return _exceeding(enterprise, region.quota(account_id, ADDRESS_QUOTAS[_ENTERPRISE]))


@RULES.denies(
    "account.security-group-quota",
    CreateSecurityGroup,
    code="QuotaExceed.SecurityGroup",
    http_status=403,
    message="the account has {count} security groups in the region, and the quota is {quota}",
)
def group_quota(region: Region, account_id: str) -> Facts | None:
    """An account owns at most ``security-groups-per-region`` (100) security groups in a region."""
    count, quota = region.used(account_id, "security_group"), region.quota(account_id, "security-groups-per-region")
    return None if count < quota else {"count": count, "quota": quota}


@RULES.denies(
    "security-group.enterprise.vpc",
    CreateSecurityGroup,
    code="MissingParameter",
    http_status=400,
    message="an enterprise security group is in a VPC",
)
def enterprise_group_in_vpc(command: CreateSecurityGroup) -> Facts | None:
    """There are enterprise groups in VPCs only, and none in the classic network."""
    classic = command.security_group_type is _ENTERPRISE and command.vpc_id is None
    return {"security_group_type": command.security_group_type} if classic else None


@RULES.denies(
    "security-group.delete.in-use",
    DeleteSecurityGroup,
    code="DependencyViolation",
    http_status=403,
    message="{security_group_id} is in use by {count} resources: {resource_ids}",
)
def group_in_use(security_group: SecurityGroupState, region: Region) -> Breach | None:
    """A security group is deleted only when it has no members, and no other group authorizes it or names it in an
    imported rule."""
    members = region.members_of_group.get_existing(security_group.id)
    authorizers = region.authorizers_of_group.get_existing(security_group.id)
    by_others, count = security_group.authorized_by_others > 0, members.size + authorizers.size
    if not count and not by_others:
        return None
    shown = in_use.shown((members, authorizers))
    facts = {
        "security_group_id": security_group.id,
        "resource_ids": shown,
        "count": count,
        "members": members.size,
        "authorized_in": authorizers.size,
        "authorized_by_other_accounts": by_others,
    }
    if not count:
        return Breach(facts, message="{security_group_id} is authorized by groups of other accounts")
    left = in_use.listed(
        (
            (members.size, "member", "members"),
            (authorizers.size, "group whose rules name it", "groups whose rules name it"),
        )
    )
    message = in_use.still_has("{security_group_id}", left, shown, count)
    if by_others:
        message += "; groups of other accounts authorize it, too"
    return Breach(facts, message=message)


@RULES.denies(
    "security-group.authorize.vpc",
    AuthorizeSecurityGroup,
    guide="2.3",
    code="InvalidSourceGroupId.Mismatch",
    http_status=400,
    message="{source_group_id} is in {source_vpc_id}, {security_group_id} in {vpc_id}",
)
def authorize_same_vpc(
    security_group: SecurityGroupState, source_group: SecurityGroupState, account_id: str
) -> Facts | None:
    """A security group authorizes only groups of its own VPC, or of the classic network if it is a classic one."""
    if security_group.vpc_id == source_group.vpc_id:
        return None
    own = source_group.account_id == account_id  # where another account's group is, is not for the caller to know
    return {
        "security_group_id": security_group.id,
        "source_group_id": source_group.id,
        "vpc_id": security_group.vpc_id or CLASSIC_NETWORK,
        "source_vpc_id": (source_group.vpc_id or CLASSIC_NETWORK) if own else "another network",
    }


@RULES.denies(
    "security-group.enterprise.authorize",
    AuthorizeSecurityGroup,
    RevokeSecurityGroup,
    code="InvalidGroupParameter.OperationDenied",
    http_status=400,
    message="enterprise groups, which authorize no group and are authorized by none: {security_group_ids}",
)
def enterprise_groups_authorize_none(authorizing: tuple[SecurityGroupState, ...]) -> Facts | None:
    """An enterprise group neither authorizes a group nor is authorized by one; a basic group may revoke what was
    imported."""
    ids = tuple(dict.fromkeys([group.id for group in authorizing if group.type is _ENTERPRISE]))
    return {"security_group_ids": ids} if ids else None


# How each command is decided


def create_group(context: RuleContext, command: CreateSecurityGroup) -> tuple[Event, ...]:
    number = context.world.next_number(context.region, "security_group")
    group_id = resource_id(context.region.region_id, "security_group", number)
    return (
        SecurityGroupCreated(
            security_group_id=group_id,
            vpc_id=command.vpc_id,
            name=command.security_group_name,
            description=command.description,
            tags=tuple(command.tags.items()),
            security_group_type=command.security_group_type,
        ),
    )


def restore_create(region: Region, recording: Recording[SecurityGroupCreated]) -> CreateSecurityGroup:
    event = recording.event
    return CreateSecurityGroup(
        vpc_id=event.vpc_id,
        region_id=region.region_id,
        security_group_name=event.name,
        description=event.description,
        tags=event.tags,
        security_group_type=event.security_group_type,
    )


def prepare_named(context: RuleContext, command: ModifySecurityGroupAttribute | DeleteSecurityGroup | None) -> None:
    context.security_groups = () if context.security_group is None else (context.security_group,)


def delete_group(context: RuleContext, command: DeleteSecurityGroup) -> tuple[Event, ...]:
    if context.asynchronous and known(context.security_group).status is _DELETING:
        return ()
    event = SecurityGroupDeleteRequested if context.asynchronous else SecurityGroupDeleted
    return (event(security_group_id=command.security_group_id),)


def prepare_rule(context: RuleContext, command: AuthorizeSecurityGroup | RevokeSecurityGroup | None) -> None:
    named = (context.security_group, context.source_group)
    context.security_groups = tuple([group for group in named if group is not None])
    only_the_first = context.command_type is RevokeSecurityGroup
    context.authorizing = tuple([group for group in named[: 1 if only_the_first else 2] if group is not None])


def _authorizes(region: Region, command: AuthorizeSecurityGroup | RevokeSecurityGroup) -> bool:
    sources = region.sources_of_group.get_existing(command.security_group_id)
    return sources[command.source_group_id] is not None


def authorize_group(context: RuleContext, command: AuthorizeSecurityGroup) -> tuple[Event, ...]:
    if _authorizes(context.region, command):
        return ()
    return (
        SecurityGroupAuthorized(security_group_id=command.security_group_id, source_group_id=command.source_group_id),
    )


def revoke_group(context: RuleContext, command: RevokeSecurityGroup) -> tuple[Event, ...]:
    if not _authorizes(context.region, command):
        return ()
    return (SecurityGroupRevoked(security_group_id=command.security_group_id, source_group_id=command.source_group_id),)


def _source_account(region: Region, source_group_id: str) -> str | None:
    source = region.security_groups[source_group_id]
    return None if source is None else source.account_id


def restore_authorize(region: Region, recording: Recording[SecurityGroupAuthorized]) -> AuthorizeSecurityGroup:
    event = recording.event
    return AuthorizeSecurityGroup(
        security_group_id=event.security_group_id,
        source_group_id=event.source_group_id,
        source_account_id=_source_account(region, event.source_group_id),
    )


def restore_revoke(region: Region, recording: Recording[SecurityGroupRevoked]) -> RevokeSecurityGroup:
    event = recording.event
    return RevokeSecurityGroup(
        security_group_id=event.security_group_id,
        source_group_id=event.source_group_id,
        source_account_id=_source_account(region, event.source_group_id),
    )


OPERATIONS: Final[Operations] = operations(
    Operation(
        CreateSecurityGroup,
        create_group,
        ResourceKind.SecurityGroup,
        within=ResourceKind.Vpc,
        recorded_as=(SecurityGroupCreated,),
        restore=restore_create,
    ),
    modification(
        ModifySecurityGroupAttribute,
        SecurityGroupModified,
        ResourceKind.SecurityGroup,
        "security_group_name",
        prepare=prepare_named,
    ),
    Operation(
        DeleteSecurityGroup,
        delete_group,
        ResourceKind.SecurityGroup,
        prepare=prepare_named,
        recorded_as=(SecurityGroupDeleted, SecurityGroupDeleteRequested),
        removes=True,
    ),
    Operation(
        AuthorizeSecurityGroup,
        authorize_group,
        ResourceKind.SecurityGroup,
        prepare=prepare_rule,
        recorded_as=(SecurityGroupAuthorized,),
        restore=restore_authorize,
    ),
    Operation(
        RevokeSecurityGroup,
        revoke_group,
        ResourceKind.SecurityGroup,
        prepare=prepare_rule,
        recorded_as=(SecurityGroupRevoked,),
        restore=restore_revoke,
    ),
)
