"""Converts folded state into the frozen resources that users see."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from ecsnet._attrs import copier
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

# All other fields are those of the state with the same names.
_vpc = copier(Vpc, "region_id", "status")
_vswitch = copier(VSwitch, "region_id", "status")
_security_group = copier(SecurityGroup, "region_id", "status")
_network_interface = copier(NetworkInterface, "region_id", "status", "primary_private_ip", "eip_ids")
_instance = copier(
    Instance,
    "region_id",
    "status",
    "network_type",
    "instance_type",
    "vswitch_id",
    "primary_network_interface_id",
    "private_ip",
    "security_group_ids",
)
_eip = copier(Eip, "region_id", "status", "instance_id", "instance_type")

_IN_VPC: Final = NetworkType.Vpc
_IN_CLASSIC: Final = NetworkType.Classic
_OF_INSTANCE: Final = EipInstanceType.EcsInstance
_OF_INTERFACE: Final = EipInstanceType.NetworkInterface
SHOWN_OF_VSWITCH: Final = {VSwitchStatus.Deleting: VSwitchStatus.Pending}
"""The statuses of VSwitches that the API does not tell from another one."""
SHOWN_OF_INSTANCE: Final = {
    InstanceStatus.StoppingForRelease: InstanceStatus.Stopping,
    InstanceStatus.Releasing: InstanceStatus.Stopped,
}
"""The same of instances."""


def vpc(region: Region, state: VpcState, status: VpcStatus | None = None) -> Vpc:
    return _vpc(
        state,
        region_id=region.region_id,
        status=status or state.status,
    )


def vswitch(region: Region, state: VSwitchState, status: VSwitchStatus | None = None) -> VSwitch:
    return _vswitch(
        state,
        region_id=region.region_id,
        status=status or SHOWN_OF_VSWITCH.get(state.status, state.status),
    )


def security_group(
    region: Region, state: SecurityGroupState, status: SecurityGroupStatus | None = None
) -> SecurityGroup:
    return _security_group(
        state,
        region_id=region.region_id,
        status=status or state.status,
    )


def network_interface(
    region: Region, state: NetworkInterfaceState, status: NetworkInterfaceStatus | None = None
) -> NetworkInterface:
    return _network_interface(
        state,
        region_id=region.region_id,
        status=status or state.status,
        primary_private_ip=state.primary_ip,
        eip_ids=state.eip_ids if state.eips else (),
    )


def instance(region: Region, state: InstanceState, status: InstanceStatus | None = None) -> Instance:
    primary = region.primary_of(state)
    place = primary or state.unseen_primary
    return _instance(
        state,
        region_id=region.region_id,
        status=status or SHOWN_OF_INSTANCE.get(state.status, state.status),
        network_type=_IN_CLASSIC if state.is_classic else _IN_VPC,
        instance_type=state.instance_type.id,
        vswitch_id=(place.vswitch_id or None) if place else None,
        primary_network_interface_id=primary.id if primary else None,
        private_ip=region.private_ip_of(state),
        security_group_ids=place.security_group_ids if place else state.classic_group_ids,
    )


def eip(region: Region, state: EipState, status: EipStatus | None = None) -> Eip:
    return _eip(
        state,
        region_id=region.region_id,
        status=status or state.status,
        instance_id=state.user_id,
        instance_type=_user_type(state),
    )


def _user_type(state: EipState) -> EipInstanceType | None:
    if state.network_interface_id is not None:
        return _OF_INTERFACE
    return None if state.instance_id is None else _OF_INSTANCE


VIEWS: dict[str, Callable[..., Resource]] = {
    "vpcs": vpc,
    "vswitches": vswitch,
    "security_groups": security_group,
    "instances": instance,
    "network_interfaces": network_interface,
    "eips": eip,
}
"""The tables of a region that contain resources, and the function that converts each table's states."""


_LAST_STATUSES: Final[dict[str, StrEnum]] = {
    "vpcs": VpcStatus.Deleted,
    "vswitches": VSwitchStatus.Deleted,
    "security_groups": SecurityGroupStatus.Deleted,
    "instances": InstanceStatus.Released,
    "network_interfaces": NetworkInterfaceStatus.Deleted,
    "eips": EipStatus.Released,
}


def removed(table: str, region: Region, state: Any) -> Resource:
    """Returns a resource that is about to be removed, in its last status."""
    return VIEWS[table](region, state, _LAST_STATUSES[table])
