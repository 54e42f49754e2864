"""From an event back to the command that asked for it, so that it can be judged again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ecsnet import commands as c
from ecsnet._attrs import field_names
from ecsnet.commands import Command
from ecsnet.domain.state.world import Region
from ecsnet.events import account, classic_link, eip, instance, network_interface, public_ip, security_group, vpc
from ecsnet.events.base import Event

Reconstruct = Callable[[Region, Any], Command[Any]]


def command_for(region: Region, event: Event) -> Command[Any] | None:
    """The command that asked for an event; None for an event that no command asks for by itself.

    Raises `InvalidCommand` where no command could.
    """
    reconstruct = _COMMANDS.get(type(event))
    return None if reconstruct is None else reconstruct(region, event)


def _same(command: type[Command[Any]]) -> Reconstruct:
    """A command whose parameters are called like the event's fields."""

    def reconstruct(region: Region, event: Any) -> Command[Any]:
        return command(**{name: getattr(event, name) for name in field_names(command) if hasattr(event, name)})

    return reconstruct


def _in_region(command: Callable[..., Command[Any]], *fields: str) -> Reconstruct:
    """A command that is told its region."""

    def reconstruct(region: Region, event: Any) -> Command[Any]:
        return command(region_id=region.region_id, **{name: getattr(event, name) for name in fields})

    return reconstruct


def _group(region: Region, event: security_group.SecurityGroupCreated) -> Command[Any]:
    return c.CreateSecurityGroup(vpc_id=event.vpc_id, region_id=region.region_id)


def _permission(command: Callable[..., Command[Any]]) -> Reconstruct:
    def reconstruct(region: Region, event: Any) -> Command[Any]:
        source = region.security_groups[event.source_group_id]
        return command(
            security_group_id=event.security_group_id,
            source_group_id=event.source_group_id,
            source_account_id=None if source is None else source.account_id,
        )

    return reconstruct


def _birth(command: Callable[..., Command[Any]]) -> Reconstruct:
    def reconstruct(region: Region, event: instance.InstanceCreation) -> Command[Any]:
        in_vpc = event.vswitch_id is not None
        return command(
            instance_type=event.instance_type.id,
            region_id=region.region_id,
            zone_id=event.zone_id,
            vswitch_id=event.vswitch_id,
            security_group_ids=event.security_group_ids,
            private_ip_address=event.private_ip_address if in_vpc else None,
            instance_charge_type=event.charge_type,
            internet_max_bandwidth_out=event.internet_max_bandwidth_out,
            network_type="vpc" if in_vpc else "classic",
        )

    return reconstruct


def _interface(region: Region, event: network_interface.NetworkInterfaceCreation) -> Command[Any]:
    return c.CreateNetworkInterface(
        vswitch_id=event.vswitch_id,
        security_group_ids=event.security_group_ids,
        primary_ip_address=event.private_ip_addresses[0],
        private_ip_addresses=event.private_ip_addresses[1:],
        network_interface_name=event.name,
        description=event.description,
    )


def _modified(region: Region, event: network_interface.NetworkInterfaceModified) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=event.network_interface_id,
        network_interface_name=event.name,
        description=event.description,
        security_group_ids=event.security_group_ids,
    )


def _released(region: Region, event: instance.InstanceReleased) -> Command[Any]:
    return c.DeleteInstance(instance_id=event.instance_id, force=True)


def _renewed(region: Region, event: instance.InstanceRenewed) -> Command[Any]:
    return c.RenewInstance(instance_id=event.instance_id, internet_max_bandwidth_out=event.next_bandwidth)


_COMMANDS: Final[dict[type[Event], Reconstruct]] = {
    account.QuotaSet: _in_region(c.SetQuota, "name", "value"),
    vpc.VpcCreated: _in_region(c.CreateVpc, "cidr_block"),
    vpc.VpcDeleted: _same(c.DeleteVpc),
    vpc.VSwitchCreated: _same(c.CreateVSwitch),
    vpc.VSwitchDeleted: _same(c.DeleteVSwitch),
    security_group.SecurityGroupCreated: _group,
    security_group.SecurityGroupDeleted: _same(c.DeleteSecurityGroup),
    security_group.SecurityGroupAuthorized: _permission(c.AuthorizeSecurityGroup),
    security_group.SecurityGroupRevoked: _permission(c.RevokeSecurityGroup),
    security_group.SecurityGroupJoined: _same(c.JoinSecurityGroup),
    security_group.SecurityGroupLeft: _same(c.LeaveSecurityGroup),
    instance.InstanceCreated: _birth(c.CreateInstance),
    instance.InstanceCreateRequested: _birth(c.CreateInstance),
    instance.InstanceLaunched: _birth(c.RunInstances),
    instance.InstanceLaunchRequested: _birth(c.RunInstances),
    instance.InstanceStarted: _same(c.StartInstance),
    instance.InstanceStartRequested: _same(c.StartInstance),
    instance.InstanceStopped: _same(c.StopInstance),
    instance.InstanceStopRequested: _same(c.StopInstance),
    instance.InstanceRebooted: _same(c.RebootInstance),
    instance.InstanceRebootRequested: _same(c.RebootInstance),
    instance.InstanceReleased: _released,
    network_interface.NetworkInterfaceCreated: _interface,
    network_interface.NetworkInterfaceCreateRequested: _interface,
    network_interface.NetworkInterfaceAttached: _same(c.AttachNetworkInterface),
    network_interface.NetworkInterfaceAttachRequested: _same(c.AttachNetworkInterface),
    network_interface.NetworkInterfaceDetached: _same(c.DetachNetworkInterface),
    network_interface.NetworkInterfaceDetachRequested: _same(c.DetachNetworkInterface),
    network_interface.NetworkInterfaceDeleted: _same(c.DeleteNetworkInterface),
    network_interface.NetworkInterfaceDeleteRequested: _same(c.DeleteNetworkInterface),
    network_interface.NetworkInterfaceModified: _modified,
    network_interface.PrivateIpAddressesAssigned: _same(c.AssignPrivateIpAddresses),
    network_interface.PrivateIpAddressesUnassigned: _same(c.UnassignPrivateIpAddresses),
    public_ip.PublicIpAddressAllocated: _same(c.AllocatePublicIpAddress),
    public_ip.PublicIpAddressChanged: _same(c.ChangePublicIpAddress),
    public_ip.PublicIpAddressReleased: _same(c.ReleasePublicIpAddress),
    instance.InstanceNetworkSpecModified: _same(c.ModifyInstanceNetworkSpec),
    instance.InstanceRenewed: _renewed,
    instance.InstanceVpcAttributeModified: _same(c.ModifyInstanceVpcAttribute),
    eip.EipAddressAllocated: _in_region(c.AllocateEipAddress),
    eip.NatPublicIpConverted: _same(c.ConvertNatPublicIpToEip),
    eip.EipAddressAssociated: _same(c.AssociateEipAddress),
    eip.EipAddressAssociateRequested: _same(c.AssociateEipAddress),
    eip.EipAddressUnassociated: _same(c.UnassociateEipAddress),
    eip.EipAddressUnassociateRequested: _same(c.UnassociateEipAddress),
    eip.EipAddressReleased: _same(c.ReleaseEipAddress),
    eip.EipAddressReleaseRequested: _same(c.ReleaseEipAddress),
    classic_link.VpcClassicLinkEnabled: _same(c.EnableVpcClassicLink),
    classic_link.ClassicLinkAttached: _same(c.AttachClassicLinkVpc),
    classic_link.ClassicLinkDetached: _same(c.DetachClassicLinkVpc),
}
