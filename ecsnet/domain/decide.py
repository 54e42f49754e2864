"""Which command is decided how, and the one function that decides: resolve, judge, and only then build the events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

import msgspec

from ecsnet import commands as c
from ecsnet.commands import Command
from ecsnet.decision import Decision, Violation
from ecsnet.domain.context import RuleContext
from ecsnet.domain.fold_ahead import IMPOSSIBLE, fold_ahead
from ecsnet.domain.rulebook import RULES
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.state.streams import with_shared
from ecsnet.domain.state.world import Region, World, owned
from ecsnet.domain.subjects import account, classic_link, eip, public_ip, security_group, vpc
from ecsnet.domain.subjects.instance import bandwidth, creation, vpc_attribute
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import attachment, private_ips
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.errors import ImpossibleOperation, ReplayError
from ecsnet.events.base import Event
from ecsnet.values import InstanceType


class Decider(msgspec.Struct, frozen=True):
    """How one command is decided.

    ``home`` names the parameter whose resource says in which region the command is recorded, and that resource's table;
    ``answer`` the table of the resource that the command is answered with, and the field that has its id: a parameter
    of the command, or, for what is created, a field of the events.
    """

    decide: Callable[[RuleContext], tuple[Event, ...]]
    answer: tuple[str, str]
    resolve: Callable[[RuleContext], None] | None = None
    home: tuple[str, str] | None = None


def _of_interface(
    decide: Callable[[RuleContext], tuple[Event, ...]], resolve: Callable[[RuleContext], None]
) -> Decider:
    subject = ("network_interfaces", "network_interface_id")
    return Decider(decide, subject, resolve, subject)


def _of_instance(decide: Callable[[RuleContext], tuple[Event, ...]], resolve: Callable[[RuleContext], None]) -> Decider:
    subject = ("instances", "instance_id")
    return Decider(decide, subject, resolve, subject)


def _of_eip(decide: Callable[[RuleContext], tuple[Event, ...]], resolve: Callable[[RuleContext], None]) -> Decider:
    subject = ("eips", "allocation_id")
    return Decider(decide, subject, resolve, subject)


def _of_group(decide: Callable[[RuleContext], tuple[Event, ...]], resolve: Callable[[RuleContext], None]) -> Decider:
    subject = ("security_groups", "security_group_id")
    return Decider(decide, subject, resolve, subject)


DECIDERS: Final[dict[type[Command[Any]], Decider]] = {
    c.CreateVpc: Decider(vpc.create_vpc, ("vpcs", "vpc_id")),
    c.DeleteVpc: Decider(vpc.delete_vpc, ("vpcs", "vpc_id"), vpc.resolve_vpc, ("vpcs", "vpc_id")),
    c.CreateVSwitch: Decider(vpc.create_vswitch, ("vswitches", "vswitch_id"), vpc.resolve_vpc, ("vpcs", "vpc_id")),
    c.DeleteVSwitch: Decider(
        vpc.delete_vswitch, ("vswitches", "vswitch_id"), vpc.resolve_vswitch, ("vswitches", "vswitch_id")
    ),
    c.CreateSecurityGroup: Decider(
        security_group.create_group,
        ("security_groups", "security_group_id"),
        security_group.resolve_new_group,
        ("vpcs", "vpc_id"),
    ),
    c.DeleteSecurityGroup: _of_group(security_group.delete_group, security_group.resolve_group),
    c.AuthorizeSecurityGroup: _of_group(security_group.authorize_group, security_group.resolve_authorization),
    c.RevokeSecurityGroup: _of_group(security_group.revoke_group, security_group.resolve_authorization),
    c.JoinSecurityGroup: _of_instance(security_group.join_group, security_group.resolve_join),
    c.LeaveSecurityGroup: _of_instance(security_group.leave_group, security_group.resolve_leave),
    c.CreateInstance: Decider(
        creation.create, ("instances", "instance_id"), creation.resolve_new, ("vswitches", "vswitch_id")
    ),
    c.RunInstances: Decider(
        creation.run, ("instances", "instance_id"), creation.resolve_new, ("vswitches", "vswitch_id")
    ),
    c.StartInstance: _of_instance(instance.start, instance.resolve_instance),
    c.StopInstance: _of_instance(instance.stop, instance.resolve_instance),
    c.RebootInstance: _of_instance(instance.reboot, instance.resolve_instance),
    c.DeleteInstance: _of_instance(instance.delete, instance.resolve_instance),
    c.CreateNetworkInterface: Decider(
        network_interface.create,
        ("network_interfaces", "network_interface_id"),
        network_interface.resolve_create,
        ("vswitches", "vswitch_id"),
    ),
    c.AttachNetworkInterface: _of_interface(attachment.attach, attachment.resolve_attach),
    c.DetachNetworkInterface: _of_interface(attachment.detach, attachment.resolve_detach),
    c.DeleteNetworkInterface: _of_interface(network_interface.delete, network_interface.resolve_interface),
    c.ModifyNetworkInterfaceAttribute: _of_interface(network_interface.modify, network_interface.resolve_modify),
    c.AssignPrivateIpAddresses: _of_interface(private_ips.assign, private_ips.resolve_assign),
    c.UnassignPrivateIpAddresses: _of_interface(private_ips.unassign, private_ips.resolve_holder),
    c.ModifyInstanceVpcAttribute: _of_instance(vpc_attribute.modify, vpc_attribute.resolve_modify),
    c.ModifyInstanceNetworkSpec: _of_instance(bandwidth.modify, instance.resolve_instance),
    c.RenewInstance: _of_instance(bandwidth.renew, bandwidth.resolve_renew),
    c.AllocatePublicIpAddress: _of_instance(public_ip.allocate, instance.resolve_instance),
    c.ChangePublicIpAddress: _of_instance(public_ip.change, instance.resolve_instance),
    c.ReleasePublicIpAddress: _of_instance(public_ip.release, instance.resolve_instance),
    c.ConvertNatPublicIpToEip: _of_instance(public_ip.convert, instance.resolve_instance),
    c.AllocateEipAddress: Decider(eip.allocate, ("eips", "allocation_id")),
    c.AssociateEipAddress: _of_eip(eip.associate, eip.resolve_associate),
    c.UnassociateEipAddress: _of_eip(eip.unassociate, eip.resolve_unassociate),
    c.ReleaseEipAddress: _of_eip(eip.release, eip.resolve_eip),
    c.EnableVpcClassicLink: Decider(classic_link.enable, ("vpcs", "vpc_id"), vpc.resolve_vpc, ("vpcs", "vpc_id")),
    c.AttachClassicLinkVpc: _of_instance(classic_link.attach, classic_link.resolve_link),
    c.DetachClassicLinkVpc: _of_instance(classic_link.detach, classic_link.resolve_link),
    c.SetQuota: Decider(account.set_quota, ("quotas", "name")),
}


class CommandContext(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, from where, when, and in which mode: the context of a command."""

    account_id: str
    region_id: str
    now: datetime
    asynchronous: bool
    instance_types: Mapping[str, InstanceType]
    rules: RuleRegistry
    client_token: str | None = None


def home_region(world: World, command: Command[Any], caller: CommandContext) -> str:
    """The region whose stream a command is recorded in: the one it names, its resource's, or the caller's.

    Only a resource of the caller's own counts: with an id of somebody else, the region is that of an unknown id.
    """
    named: str | None = getattr(command, "region_id", None)
    if named is not None:
        return named
    home = DECIDERS[type(command)].home
    if home is not None:
        table, parameter = home
        resource_id = getattr(command, parameter)
        here = world.regions.get(caller.region_id)
        if here is not None and owned(getattr(here, table), resource_id, caller.account_id) is not None:
            return caller.region_id
        elsewhere = world.region_where_owned(table, resource_id, caller.account_id)
        if elsewhere is not None:
            return elsewhere.region_id
    return caller.region_id


def decide(world: World, region: Region, command: Command[Any], caller: CommandContext) -> Decision:
    """Judge a command by every rule that guards it, and tell what would be recorded if none refuses. Pure.

    Raises `RuleError` for an error inside a rule, and `ImpossibleOperation` for a command that only a registry without
    some of the vendor's rules allows and that has no events.
    """
    context = _resolved(world, region, command, caller)
    violations = caller.rules.judge(context, type(command))
    if violations:
        return Decision(command=command, violations=violations)
    try:
        events = DECIDERS[type(command)].decide(context)
    except IMPOSSIBLE as error:
        if not caller.rules.lacks(RULES):
            raise
        raise _impossible(context, error) from error
    return Decision(command=command, events=with_shared(region.region_id, events))


def try_out(world: World, region: Region, decision: Decision, caller: CommandContext) -> None:
    """Fold the events of an allowed command ahead, if a registry without some of the vendor's rules allowed it.

    Raises `ImpossibleOperation` for events that must not be recorded. The vendor's rules together allow none.
    """
    if not caller.rules.lacks(RULES):
        return
    try:
        fold_ahead(world, region.region_id, decision.events, caller.now, caller.account_id)
    except IMPOSSIBLE as error:
        raise _impossible(_resolved(world, region, cast("Command[Any]", decision.command), caller), error) from error


def _impossible(context: RuleContext, error: Exception) -> ImpossibleOperation:
    command: Command[Any] = context.command
    broken = [violation.rule for violation in RULES.judge(context, type(command))]
    reason = error.reason if isinstance(error, ReplayError) else f"{type(error).__name__}: {error}"
    return ImpossibleOperation(command, broken, reason)


def judge(world: World, region: Region, command: Command[Any], caller: CommandContext) -> tuple[Violation, ...]:
    """The violations of a command, without a look at what it would do. Raises `RuleError` as `decide` does."""
    return caller.rules.judge(_resolved(world, region, command, caller), type(command))


def _resolved(world: World, region: Region, command: Command[Any], caller: CommandContext) -> RuleContext:
    context = RuleContext(
        world=world,
        region=region,
        command=command,
        account_id=caller.account_id,
        now=caller.now,
        asynchronous=caller.asynchronous,
        instance_types=caller.instance_types,
        client_token=caller.client_token,
    )
    resolve = DECIDERS[type(command)].resolve
    if resolve is not None:
        resolve(context)
    return context


def answer(command: Command[Any], events: tuple[Event, ...]) -> tuple[str, tuple[str, ...]]:
    """The table and the ids of the resources that an allowed command is answered with."""
    table, field = DECIDERS[type(command)].answer
    named: str | None = getattr(command, field, None)
    if named is not None:
        return table, (named,)
    if len(events) == 1:
        return table, (getattr(events[0], field),)
    return table, tuple(dict.fromkeys([getattr(event, field) for event in events if hasattr(event, field)]))


def removes(command: Command[Any]) -> bool:
    """Whether a command may take away the resource that it is answered with."""
    return type(command) in _REMOVING


_REMOVING: Final = frozenset(
    {
        c.DeleteVpc,
        c.DeleteVSwitch,
        c.DeleteSecurityGroup,
        c.DeleteInstance,
        c.DeleteNetworkInterface,
        c.ReleaseEipAddress,
    }
)
