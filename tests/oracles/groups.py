"""Security groups in the naive model: what an ENI may be in, who is in them, who reaches them (guide 2.3, 4.5, 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ecsnet import Cloud
from ecsnet import commands as c
from tests.oracles.network import SETTLED, Network, held, resource, state_rules
from tests.oracles.operations import carries_out, completes, judges
from tests.oracles.tags import count_rules


def group_rules(
    net: Network,
    group_ids: Sequence[str],
    who: str,
    region_id: str,
    vpc_id: str | None,
    place_is_known: bool,
    *,
    added: int,
    already: Iterable[str] = (),
) -> Iterator[str]:
    """Yields what is wrong with the groups of an ENI or a classic instance, which has one to five of its own network.

    ``added`` addresses come into each group; those in ``already`` have the addresses in them. In a place that is not
    known, any VPC may be right, but only one, and no classic group.
    """
    groups = net.groups_named(group_ids, who, region_id)
    if None in groups:
        yield "security-group.not-found"
    if not group_ids:
        yield "interface.security-groups.count/none"
    if len(group_ids) > net.quota("security-groups-per-interface", who, region_id):
        yield "interface.security-groups.count"
    found = [group for group in groups if group is not None]
    if any(group.status == "Deleting" for group in found):
        yield "security-group.state"
    networks = {group.vpc_id for group in found}
    wrong = networks - {vpc_id} if place_is_known else networks - max_of(networks)
    for network in wrong:
        yield "interface.security-groups.vpc" + ("/classic" if network is None else "")
    if len({group.type for group in found}) > 1:
        yield "interface.security-groups.type"
    for group in found:
        if group.id not in already:
            yield from fullness(net, group, added)


def max_of(networks: set[str | None]) -> set[str | None]:
    """Returns the VPC of groups that have no more than one, so that it may be the right one."""
    vpcs = networks - {None}
    return vpcs if len(vpcs) == 1 else set()


def fullness(net: Network, group: Any, added: int) -> Iterator[str]:
    enterprise = group.type == "enterprise"
    name = "addresses-per-enterprise-security-group" if enterprise else "addresses-per-security-group"
    limit = net.quota(name, group.account_id, group.region_id)
    if group.vpc_id is not None and added and net.members(group.id) + added > limit:
        yield "security-group.enterprise.address-quota" if enterprise else "security-group.address-quota"


# Creating, deleting


@judges(c.CreateSecurityGroup)
def judge_creation(net: Network, command: Any, who: str) -> Iterator[str]:
    vpc = net.vpc(command.vpc_id, who, command.region_id)
    region_id = vpc.region_id if vpc else command.region_id or net.region_id
    if command.vpc_id is not None and vpc is None:
        yield "vpc.not-found"
    if vpc and vpc.status != "Available":
        yield "vpc.state"
    if command.vpc_id is None and command.security_group_type == "enterprise":
        yield "security-group.enterprise.vpc"
    mine = [one for one in net.groups.values() if (one.account_id, one.region_id) == (who, region_id)]
    if len(mine) + 1 > net.quota("security-groups-per-region", who, region_id):
        yield "account.security-group-quota"
    yield from count_rules(command)


@carries_out(c.CreateSecurityGroup)
def create(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    vpc = net.vpcs.get(command.vpc_id)
    net.groups[answer.id] = resource(
        net.new_id(answer.id),
        vpc.region_id if vpc else command.region_id or net.region_id,
        who,
        net.now,
        name=command.security_group_name,
        description=command.description,
        tags=dict(command.tags),
        status="Available",
        vpc_id=command.vpc_id,
        type=command.security_group_type.value,
        inner_access_policy="Drop" if command.security_group_type == "enterprise" else "Accept",
    )


@judges(c.DeleteSecurityGroup)
def judge_deletion(net: Network, command: Any, who: str) -> Iterator[str]:
    group = net.group(command.security_group_id, who)
    if group is None:
        yield "security-group.not-found"
    elif group.status == "Available":
        named = {one for one, source in net.authorized if source == group.id}
        if net.members(group.id) or named - {group.id}:
            yield "security-group.delete.in-use"


@carries_out(c.DeleteSecurityGroup)
def delete(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    group = net.groups[command.security_group_id]
    if group.status == "Available":
        group.status = "Deleting"
        net.begin("group", group)


@completes("group")
def complete(net: Network, group_id: str, _: Sequence[str]) -> None:
    net.remove(group_id)


# Authorizing


@judges(c.AuthorizeSecurityGroup, c.RevokeSecurityGroup)
def judge_authorization(net: Network, command: Any, who: str) -> Iterator[str]:
    group = net.group(command.security_group_id, who)
    region_id = group.region_id if group else net.region_id
    source = net.group(command.source_group_id, command.source_account_id or who, region_id)
    if group is None or source is None:
        yield "security-group.not-found"
    both = [one for one in (group, source) if one is not None]
    if any(one.status == "Deleting" for one in both):
        yield "security-group.state"
    authorizes = isinstance(command, c.AuthorizeSecurityGroup)
    if authorizes and len({one.vpc_id for one in both}) > 1:
        yield "security-group.authorize.vpc"
    if any(one.type == "enterprise" for one in (both if authorizes else both[: group is not None])):
        yield "security-group.enterprise.authorize"


@carries_out(c.AuthorizeSecurityGroup, c.RevokeSecurityGroup)
def authorize(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    pair = (command.security_group_id, command.source_group_id)
    if isinstance(command, c.AuthorizeSecurityGroup):
        net.authorized.add(pair)
    else:
        net.authorized.discard(pair)


# Members


@judges(c.JoinSecurityGroup)
def judge_joining(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    region_id = instance.region_id if instance else net.region_id
    (group,) = net.groups_named([command.security_group_id], who, region_id)
    if group is None:
        yield "security-group.not-found"
    elif group.status == "Deleting":
        yield "security-group.state"
    if instance is None:
        yield "instance.not-found"
        if group is not None:
            yield from fullness(net, group, 1)
        return
    yield from state_rules(instance, SETTLED, "security-group.join.instance-state")
    joined, primary = net.groups_of(instance), net.primary(instance)
    if group is not None and group.id in joined:
        yield "security-group.join.member"
        return
    if len(joined) + 1 > net.quota("security-groups-per-interface", who, region_id):
        yield "interface.security-groups.count"
    if group is None:
        return
    if group.vpc_id != (None if primary is None else primary.vpc_id):
        yield "interface.security-groups.vpc" + ("/classic" if group.vpc_id is None else "")
    if any(net.groups[one].type != group.type for one in joined):
        yield "interface.security-groups.type"
    if primary is not None:
        yield from fullness(net, group, held(primary))


@carries_out(c.JoinSecurityGroup)
def join(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.groups_of(net.instances[command.instance_id]).append(command.security_group_id)


@judges(c.LeaveSecurityGroup)
def judge_leaving(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    region_id = instance.region_id if instance else net.region_id
    (group,) = net.groups_named([command.security_group_id], who, region_id)
    if group is None:
        yield "security-group.not-found"
    if instance is None:
        yield "instance.not-found"
        return
    yield from state_rules(instance, SETTLED, "security-group.leave.instance-state")
    if group is None:
        return
    joined = net.groups_of(instance)
    if group.id not in joined:
        yield "security-group.leave.member"
    elif len(joined) == 1:
        yield "interface.security-groups.count"


@carries_out(c.LeaveSecurityGroup)
def leave(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.groups_of(net.instances[command.instance_id]).remove(command.security_group_id)
