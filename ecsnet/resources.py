"""What is there: one frozen value a resource, as the vendor's Describe actions answer it.

A resource is a picture of one moment; ask the cloud again for the next. Times are aware UTC datetimes, addresses dotted
IPv4 text, ids the vendor's shape (``eni-bp1…``).
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ecsnet.values import (
    ChargeType,
    EipStatus,
    InstanceStatus,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    NetworkType,
)


class Resource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every resource has."""

    id: str
    region_id: str
    account_id: str
    created_at: datetime


class Vpc(Resource, frozen=True, kw_only=True):
    """DescribeVpcs."""

    cidr_block: str


class VSwitch(Resource, frozen=True, kw_only=True):
    """DescribeVSwitches. ``available_ip_address_count`` leaves out the four addresses that the system keeps."""

    vpc_id: str
    zone_id: str
    cidr_block: str
    available_ip_address_count: int


class SecurityGroup(Resource, frozen=True, kw_only=True):
    """DescribeSecurityGroups. ``vpc_id`` is None for a group of the classic network; ``private_ip_count`` is the number
    of private IPs inside, over primary and secondary ENIs (guide 4.6)."""

    vpc_id: str | None
    private_ip_count: int


class NetworkInterface(Resource, frozen=True, kw_only=True):
    """DescribeNetworkInterfaces (guide 4.1). ``private_ips`` has the primary address first."""

    type: NetworkInterfaceType
    status: NetworkInterfaceStatus
    vpc_id: str
    vswitch_id: str
    zone_id: str
    mac_address: str
    primary_private_ip: str
    private_ips: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    name: str | None
    description: str | None
    instance_id: str | None


class Instance(Resource, frozen=True, kw_only=True):
    """DescribeInstances. ``network_interface_ids`` has the primary ENI first, then the others as they were attached.

    ``public_ip`` is the NatPublicIp or the classic address, None when only an EIP is bound;
    ``internet_max_bandwidth_out`` is in Mbit/s.
    """

    status: InstanceStatus
    network_type: NetworkType
    instance_type: str
    zone_id: str
    vpc_id: str | None
    vswitch_id: str | None
    primary_network_interface_id: str | None
    network_interface_ids: tuple[str, ...]
    private_ip: str
    public_ip: str | None
    eip_id: str | None
    security_group_ids: tuple[str, ...]
    charge_type: ChargeType
    expires_at: datetime | None
    image_id: str | None
    internet_max_bandwidth_out: int
    private_ip_change_pending: bool


class Eip(Resource, frozen=True, kw_only=True):
    """DescribeEipAddresses."""

    ip_address: str
    status: EipStatus
    instance_id: str | None


class Quota(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One quota of an account in a region, as `SetQuota` left it."""

    name: str
    value: int
    region_id: str
    account_id: str
