"""Converts folded state into the frozen resources that users see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ecsnet._attrs import builder
from ecsnet.domain.state.records import (
    EipState,
    InstanceState,
    NetworkInterfaceState,
    SecurityGroupState,
    VpcState,
    VSwitchState,
)
from ecsnet.domain.state.world import Region
from ecsnet.resources import Eip, Instance, NetworkInterface, Resource, SecurityGroup, Vpc, VSwitch
from ecsnet.values import (
    EipInstanceType,
    EipStatus,
    InstanceStatus,
    NetworkInterfaceStatus,
    NetworkType,
    SecurityGroupStatus,
    VpcStatus,
    VSwitchStatus,
)

_vpc = builder(Vpc)
_vswitch = builder(VSwitch)
_security_group = builder(SecurityGroup)
_network_interface = builder(NetworkInterface)
_instance = builder(Instance)
_eip = builder(Eip)

SHOWN_OF_VSWITCH: Final = {VSwitchStatus.Deleting: VSwitchStatus.Pending}
"""The statuses of VSwitches that the API does not tell from another one."""
SHOWN_OF_INSTANCE: Final = {
    InstanceStatus.StoppingForRelease: InstanceStatus.Stopping,
    InstanceStatus.Releasing: InstanceStatus.Stopped,
}
"""The same of instances."""


def vpc(region: Region, state: VpcState, status: VpcStatus | None = None) -> Vpc:
    return _vpc(
        id=state.id,
        region_id=region.region_id,
        account_id=state.account_id,
        created_at=state.created_at,
        name=state.name,
        description=state.description,
        tags=state.tags,
        status=status or state.status,
        cidr_block=state.cidr_block,
        secondary_cidr_blocks=state.secondary_cidr_blocks,
    )


def vswitch(region: Region, state: VSwitchState, status: VSwitchStatus | None = None) -> VSwitch:
    return _vswitch(
        id=state.id,
        region_id=region.region_id,
        account_id=state.account_id,
        created_at=state.created_at,
        name=state.name,
        description=state.description,
        tags=state.tags,
        status=status or SHOWN_OF_VSWITCH.get(state.status, state.status),
        vpc_id=state.vpc_id,
        zone_id=state.zone_id,
        cidr_block=state.cidr_block,
        available_ip_address_count=state.available_ip_address_count,
    )


def security_group(
    region: Region, state: SecurityGroupState, status: SecurityGroupStatus | None = None
) -> SecurityGroup:
    return _security_group(
        id=state.id,
        region_id=region.region_id,
        account_id=state.account_id,
        created_at=state.created_at,
        name=state.name,
        description=state.description,
        tags=state.tags,
        status=status or state.status,
        type=state.type,
        vpc_id=state.vpc_id,
        private_ip_count=state.private_ip_count,
        inner_access_policy=state.inner_access_policy,
    )


def network_interface(
    region: Region, state: NetworkInterfaceState, status: NetworkInterfaceStatus | None = None
) -> NetworkInterface:
    return _network_interface(
        id=state.id,
        region_id=region.region_id,
        account_id=state.account_id,
        created_at=state.created_at,
        name=state.name,
        description=state.description,
        tags=state.tags,
        type=state.type,
        status=status or state.status,
        vpc_id=state.vpc_id,
        vswitch_id=state.vswitch_id,
        zone_id=state.zone_id,
        mac_address=state.mac_address,
        primary_private_ip=state.private_ips[0],
        private_ips=state.private_ips,
        ipv4_prefixes=state.ipv4_prefixes,
        ipv6_addresses=state.ipv6_addresses,
        security_group_ids=state.security_group_ids,
        instance_id=state.instance_id,
        eip_ids=state.eip_ids if state.eips else (),
        delete_on_release=state.delete_on_release,
    )


def instance(region: Region, state: InstanceState, status: InstanceStatus | None = None) -> Instance:
    primary = region.primary_of(state)
    return _instance(
        id=state.id,
        region_id=region.region_id,
        account_id=state.account_id,
        created_at=state.created_at,
        name=state.name,
        description=state.description,
        tags=state.tags,
        status=status or SHOWN_OF_INSTANCE.get(state.status, state.status),
        network_type=NetworkType.Vpc if primary else NetworkType.Classic,
        instance_type=state.instance_type.id,
        zone_id=state.zone_id,
        vpc_id=state.vpc_id,
        vswitch_id=primary.vswitch_id if primary else None,
        primary_network_interface_id=primary.id if primary else None,
        network_interface_ids=state.network_interface_ids,
        private_ip=primary.private_ips[0] if primary else state.classic_ip,
        public_ip=state.public_ip,
        eip_id=state.eip_id,
        security_group_ids=primary.security_group_ids if primary else state.classic_group_ids,
        charge_type=state.charge_type,
        expires_at=state.expires_at,
        image_id=state.image_id,
        internet_max_bandwidth_out=state.internet_max_bandwidth_out,
        private_ip_change_pending=state.private_ip_change_pending,
        deletion_protection=state.deletion_protection,
    )


def eip(region: Region, state: EipState, status: EipStatus | None = None) -> Eip:
    return _eip(
        id=state.id,
        region_id=region.region_id,
        account_id=state.account_id,
        created_at=state.created_at,
        name=state.name,
        description=state.description,
        tags=state.tags,
        ip_address=state.ip_address,
        status=status or state.status,
        instance_id=state.user_id,
        instance_type=_user_type(state),
        private_ip_address=state.private_ip_address,
        charge_type=state.charge_type,
        deletion_protection=state.deletion_protection,
    )


def _user_type(state: EipState) -> EipInstanceType | None:
    if state.network_interface_id is not None:
        return EipInstanceType.NetworkInterface
    return None if state.instance_id is None else EipInstanceType.EcsInstance


VIEWS: dict[str, Callable[[Region, Any], Resource]] = {
    "vpcs": vpc,
    "vswitches": vswitch,
    "security_groups": security_group,
    "instances": instance,
    "network_interfaces": network_interface,
    "eips": eip,
}
"""The tables of a region that contain resources, and the function that converts each table's states."""


def removed(table: str, region: Region, state: Any) -> Resource:
    """Returns a resource that is about to be removed, in its last status."""
    match table:
        case "vpcs":
            return vpc(region, state, VpcStatus.Deleted)
        case "vswitches":
            return vswitch(region, state, VSwitchStatus.Deleted)
        case "security_groups":
            return security_group(region, state, SecurityGroupStatus.Deleted)
        case "instances":
            return instance(region, state, InstanceStatus.Released)
        case "network_interfaces":
            return network_interface(region, state, NetworkInterfaceStatus.Deleted)
        case "eips":
            return eip(region, state, EipStatus.Released)
    return VIEWS[table](region, state)
