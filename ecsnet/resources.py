"""The resources: one frozen class a kind, with the attributes that the vendor's Describe actions return.

A resource is a picture of one moment; ask the cloud again for the next. Times are aware UTC datetimes, addresses dotted
IPv4 text, ids the vendor's shape (``eni-bp1…``).
"""

from __future__ import annotations

from datetime import datetime

import attrs

from ecsnet._attrs import fast_frozen
from ecsnet.values import (
    NO_TAGS,
    ChargeType,
    EipInstanceType,
    EipStatus,
    InnerAccessPolicy,
    InstanceStatus,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    NetworkType,
    SecurityGroupStatus,
    SecurityGroupType,
    Tags,
    VpcStatus,
    VSwitchStatus,
    as_tags,
)


@fast_frozen(kw_only=True)
class Resource:
    """The attributes that every resource has. ``name`` and ``description`` are None if none was given; ``tags`` is a
    read-only mapping from key to value."""

    id: str
    region_id: str
    account_id: str
    created_at: datetime
    name: str | None = None
    description: str | None = None
    tags: Tags = attrs.field(default=NO_TAGS, converter=as_tags)


@fast_frozen(kw_only=True)
class Vpc(Resource):
    """DescribeVpcs. ``secondary_cidr_blocks`` are the blocks that `AssociateVpcCidrBlock` added, in that order."""

    status: VpcStatus
    cidr_block: str
    secondary_cidr_blocks: tuple[str, ...] = ()


@fast_frozen(kw_only=True)
class VSwitch(Resource):
    """DescribeVSwitches. ``available_ip_address_count`` leaves out the four addresses that the system keeps."""

    status: VSwitchStatus
    vpc_id: str
    zone_id: str
    cidr_block: str
    available_ip_address_count: int


@fast_frozen(kw_only=True)
class SecurityGroup(Resource):
    """DescribeSecurityGroups. ``vpc_id`` is None for a group of the classic network; ``private_ip_count`` is the number
    of private IPs inside, over primary and secondary ENIs (guide 4.6). ``type`` is the SecurityGroupType;
    ``inner_access_policy`` (of DescribeSecurityGroupAttribute) tells whether members reach each other. The API shows no
    ``status`` of a group."""

    status: SecurityGroupStatus
    vpc_id: str | None
    private_ip_count: int
    type: SecurityGroupType = SecurityGroupType.Normal
    inner_access_policy: InnerAccessPolicy = InnerAccessPolicy.Accept


@fast_frozen(kw_only=True)
class NetworkInterface(Resource):
    """DescribeNetworkInterfaces (guide 4.1). ``private_ips`` has the primary address first, ``ipv4_prefixes`` the
    blocks of sixteen addresses that the ENI holds besides, ``ipv6_addresses`` those that were imported, ``eip_ids``
    the EIPs that are associated with the ENI itself, and not with its instance. ``delete_on_release`` tells whether
    a secondary ENI goes when the instance that it is on is released."""

    type: NetworkInterfaceType
    status: NetworkInterfaceStatus
    vpc_id: str
    vswitch_id: str
    zone_id: str
    mac_address: str
    primary_private_ip: str
    private_ips: tuple[str, ...]
    ipv4_prefixes: tuple[str, ...] = ()
    ipv6_addresses: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...]
    instance_id: str | None
    eip_ids: tuple[str, ...] = ()
    delete_on_release: bool = True


@fast_frozen(kw_only=True)
class Instance(Resource):
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
    deletion_protection: bool


@fast_frozen(kw_only=True)
class Eip(Resource):
    """DescribeEipAddresses. ``instance_id`` is what it is on, an instance or an ENI, as ``instance_type`` tells, and
    ``private_ip_address`` is the address that it is associated with, None for the primary one."""

    ip_address: str
    status: EipStatus
    instance_id: str | None
    instance_type: EipInstanceType | None
    private_ip_address: str | None
    charge_type: ChargeType
    deletion_protection: bool


@fast_frozen(kw_only=True)
class Quota:
    """One quota of an account, as it was set or described, or the default.

    ``region_id`` is None for a quota over all regions. ``value`` is None for a quota that is unknown, because more than
    the default was described: it denies nothing until it is set.
    """

    name: str
    value: int | None
    region_id: str | None
    account_id: str
