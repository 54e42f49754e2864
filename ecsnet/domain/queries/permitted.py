"""What may be done to a resource as it is now, before any parameter is known."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, Final

from ecsnet import commands as c
from ecsnet.commands import Command
from ecsnet.decision import Permission
from ecsnet.domain.context import RuleContext
from ecsnet.domain.decide import CommandContext
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects import eip, public_ip
from ecsnet.domain.subjects.instance import vpc_attribute
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface import attachment, private_ips
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.events.base import Event
from ecsnet.events.instance import (
    InstanceRebootRequested,
    InstanceReleased,
    InstanceStartRequested,
    InstanceStopRequested,
)
from ecsnet.events.security_group import SecurityGroupJoined, SecurityGroupLeft


def _when(event: type[Event]) -> Container[str]:
    return frozenset(INSTANCE.transitions(event))


ALWAYS: Final = None
ADMITTED: Final[dict[str, dict[type[Command[Any]], Container[str] | None]]] = {
    "vpcs": {
        c.DeleteVpc: ALWAYS,
        c.CreateVSwitch: ALWAYS,
        c.CreateSecurityGroup: ALWAYS,
        c.EnableVpcClassicLink: ALWAYS,
        c.AttachClassicLinkVpc: ALWAYS,
    },
    "vswitches": {
        c.DeleteVSwitch: ALWAYS,
        c.CreateNetworkInterface: ALWAYS,
        c.RunInstances: ALWAYS,
        c.CreateInstance: ALWAYS,
    },
    "security_groups": {
        c.DeleteSecurityGroup: ALWAYS,
        c.AuthorizeSecurityGroup: ALWAYS,
        c.RevokeSecurityGroup: ALWAYS,
        c.JoinSecurityGroup: ALWAYS,
        c.LeaveSecurityGroup: ALWAYS,
    },
    "instances": {
        c.StartInstance: _when(InstanceStartRequested),
        c.StopInstance: _when(InstanceStopRequested),
        c.RebootInstance: _when(InstanceRebootRequested),
        c.DeleteInstance: _when(InstanceReleased),
        c.AttachNetworkInterface: attachment.STABLE,
        c.DetachNetworkInterface: attachment.STABLE,
        c.JoinSecurityGroup: _when(SecurityGroupJoined),
        c.LeaveSecurityGroup: _when(SecurityGroupLeft),
        c.ModifyInstanceVpcAttribute: vpc_attribute.MOVABLE,
        c.ModifyInstanceNetworkSpec: ALWAYS,
        c.RenewInstance: ALWAYS,
        c.AllocatePublicIpAddress: attachment.STABLE,
        c.ChangePublicIpAddress: public_ip.CHANGEABLE,
        c.ReleasePublicIpAddress: ALWAYS,
        c.ConvertNatPublicIpToEip: attachment.STABLE,
        c.AssociateEipAddress: attachment.STABLE,
        c.AttachClassicLinkVpc: attachment.STABLE,
        c.DetachClassicLinkVpc: ALWAYS,
    },
    "eips": {
        c.AssociateEipAddress: eip.ASSOCIABLE,
        c.UnassociateEipAddress: eip.UNASSOCIABLE,
        c.ReleaseEipAddress: eip.RELEASABLE,
    },
    "network_interfaces": {
        c.AttachNetworkInterface: attachment.ATTACHABLE,
        c.DetachNetworkInterface: attachment.DETACHABLE,
        c.DeleteNetworkInterface: network_interface.DELETABLE,
        c.ModifyNetworkInterfaceAttribute: network_interface.MODIFIABLE,
        c.AssignPrivateIpAddresses: private_ips.ASSIGNABLE,
        c.UnassignPrivateIpAddresses: private_ips.UNASSIGNABLE,
    },
}
"""By table: the commands on a resource, and the statuses that admit them."""


def _fill_vpc(context: RuleContext, vpc: Any) -> None:
    context.vpc = vpc


def _fill_vswitch(context: RuleContext, vswitch: Any) -> None:
    context.vswitch = vswitch


def _fill_group(context: RuleContext, group: Any) -> None:
    context.security_group = group


def _fill_eip(context: RuleContext, eip: Any) -> None:
    context.eip = eip


def _fill_instance(context: RuleContext, state: Any) -> None:
    context.instance = state
    context.here = True
    context.target = attachment.attach_target_of(state)


def _fill_interface(context: RuleContext, interface: Any) -> None:
    context.network_interface = interface
    context.candidates = (interface,)
    if interface.instance_id is not None:
        context.instance = context.region.instances.get_existing(interface.instance_id)


_FILL: Final[dict[str, Callable[[RuleContext, Any], None]]] = {
    "vpcs": _fill_vpc,
    "vswitches": _fill_vswitch,
    "security_groups": _fill_group,
    "instances": _fill_instance,
    "network_interfaces": _fill_interface,
    "eips": _fill_eip,
}


def permitted(
    world: World, region: Region, table: str, resource_id: str, caller: CommandContext
) -> dict[type[Command[Any]], Permission]:
    """The commands that a resource's status admits, each judged by the rules that need no parameter of it."""
    state = getattr(region, table).get_existing(resource_id)
    context = RuleContext(
        world=world,
        region=region,
        command=None,
        account_id=caller.account_id,
        now=caller.now,
        instance_types=caller.instance_types,
    )
    _FILL[table](context, state)
    return {
        command: Permission(command=command, violations=caller.rules.judge(context, command))
        for command, statuses in ADMITTED[table].items()
        if statuses is None or state.status in statuses
    }
