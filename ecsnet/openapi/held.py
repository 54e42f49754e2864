"""Tells why a described VPC, VSwitch, instance, ENI or EIP is held, or another account's, and what is not modelled.

It is not the account's to change, or its description is not understood: the vendor adds types, statuses and services
over time, so what is unknown is never an error. What is held is imported as it is described, as far as the model has
words for it. It counts, and no command changes it (`vpc.held`, `instance.held`, …).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecsnet.domain.in_use import listed
from ecsnet.domain.subjects.eip import ASSOCIATED, EIP
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface.lifecycle import ATTACHED, NETWORK_INTERFACE
from ecsnet.domain.subjects.vpc import VPC, VSWITCH
from ecsnet.events.imports import (
    EipImported,
    InstanceImported,
    NetworkInterfaceImported,
    VpcImported,
    VSwitchImported,
)
from ecsnet.openapi.describe import (
    DescribedEip,
    DescribedInstance,
    DescribedInterface,
    DescribedSecurityGroup,
    DescribedVpc,
    DescribedVSwitch,
)
from ecsnet.values import (
    ChargeType,
    EipInstanceType,
    EipStatus,
    InstanceStatus,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    SecurityGroupType,
    VpcStatus,
    VSwitchStatus,
)

_VPC_STATUSES: Final = {str(one): one for one in VPC.described[VpcImported].values()}
_VSWITCH_STATUSES: Final = {str(one): one for one in VSWITCH.described[VSwitchImported].values()}
_INSTANCE_STATUSES: Final = {str(one): one for one in INSTANCE.described[InstanceImported].values()}
_CHARGE_TYPES: Final = {str(one): one for one in ChargeType}
_GROUP_TYPES: Final = {str(one): one for one in SecurityGroupType}
_TYPES: Final = {str(one): one for one in NetworkInterfaceType}
_STATUSES: Final = {str(one): one for one in NETWORK_INTERFACE.described[NetworkInterfaceImported].values()}
_OWNER_ID: Final = re.compile("[1-9][0-9]{0,31}")
_EIP_STATUSES: Final = {str(one): one for one in EIP.described[EipImported].values()}


def is_true(value: object) -> bool:
    """Returns whether a flag of a response is set; some clients write it as text."""
    return value is not False and value in (True, "true", "True")


def why_locked(one: DescribedInstance | DescribedEip) -> Iterator[str]:
    """Yields the reasons to hold a resource that the vendor has locked, for an overdue payment or for security."""
    locks = [lock.lock_reason or "without a reason" for lock in one.operation_locks.lock_reason]
    if locks:
        yield f"the vendor has locked it: {', '.join(locks)}"


def vpc_status_of(one: DescribedVpc) -> VpcStatus:
    """Returns the status that a VPC is imported with: Available, where it is unknown."""
    return _VPC_STATUSES.get(one.status, VpcStatus.Available)


def vswitch_status_of(one: DescribedVSwitch) -> VSwitchStatus:
    """Returns the status that a VSwitch is imported with: Available, where it is unknown."""
    return _VSWITCH_STATUSES.get(one.status, VSwitchStatus.Available)


def why_network(one: DescribedVpc | DescribedVSwitch, only_named: bool) -> str | None:
    """Returns the reasons to hold a VPC or a VSwitch, None if there are none; ``only_named`` is true of one that no
    response describes."""
    if only_named:
        return "no response describes it"
    known = _has_known_status(one)
    if known and one.cidr_block and (isinstance(one, DescribedVpc) or one.zone_id):
        return None  # as nearly always
    reasons = [] if known else [_unknown("status", one.status)]
    if not one.cidr_block:
        reasons.append(_unknown("block", ""))
    if isinstance(one, DescribedVSwitch) and not one.zone_id:
        reasons.append(_unknown("zone", ""))
    return "; ".join(reasons)


def _has_known_status(one: DescribedVpc | DescribedVSwitch) -> bool:
    return one.status in (_VPC_STATUSES if isinstance(one, DescribedVpc) else _VSWITCH_STATUSES)


def owner_of(one: DescribedVpc | DescribedVSwitch | DescribedInterface) -> str | None:
    """Returns the account that owns a resource, None if its description does not say so in a way that is understood."""
    owner = one.owner_id
    text = f"{owner:d}" if type(owner) is int and 0 < owner < 2**63 else owner
    return text if type(text) is str and _OWNER_ID.fullmatch(text) else None


def of_network(one: DescribedVpc | DescribedVSwitch, owner_id: str | None) -> dict[str, Any] | None:
    """Returns what the description of a VPC or a VSwitch says and the model cannot; ``owner_id`` is the account that
    shares it."""
    said: dict[str, Any] = {}
    if not _has_known_status(one):
        said["Status"] = one.status
    if owner_id is not None:
        said["OwnerId"] = int(owner_id)
    return said or None


def instance_status_of(one: DescribedInstance) -> InstanceStatus:
    """Returns the status that an instance is imported with: Running, where it is unknown."""
    return _INSTANCE_STATUSES.get(one.status, InstanceStatus.Running)


def charge_type_of(one: DescribedInstance) -> ChargeType:
    """Returns the charge type that an instance is imported with: pay-as-you-go, where it is unknown, or is a
    subscription whose end is."""
    if _never_expires(one):
        return ChargeType.PostPaid
    return _CHARGE_TYPES.get(one.instance_charge_type, ChargeType.PostPaid)


def type_id_of(one: DescribedInstance) -> str:
    """Returns the id of the type that an instance is imported with: ``unknown``, where it is not described."""
    return one.instance_type or "unknown"


def why_instance(one: DescribedInstance) -> Iterator[str]:
    """Yields the reasons to hold an instance, without those that its place gives."""
    if one.status not in _INSTANCE_STATUSES:
        yield _unknown("status", one.status)
    if one.instance_charge_type not in _CHARGE_TYPES:
        yield _unknown("charge type", one.instance_charge_type)
    if _never_expires(one):
        yield "its subscription ends at a time that is not described"
    if not one.zone_id:
        yield _unknown("zone", "")
    if _has_no_place(one):
        yield _unknown("network", "")
    elif one.vpc_attributes.vpc_id and not one.vpc_attributes.vswitch_id:
        yield _unknown("VSwitch", "")
    if len(set(one.public_ip_address.ip_address)) > 1:
        yield f"it has the public addresses {', '.join(one.public_ip_address.ip_address)}"
    yield from why_locked(one)


def _has_no_place(one: DescribedInstance) -> bool:
    """Returns whether it is not known if an instance is in a VPC or in the classic network, and where."""
    return not (one.vpc_attributes.vpc_id or one.inner_ip_address.ip_address)


def _unknown(what: str, described: str) -> str:
    return f"its {what} {described} is unknown" if described else f"its {what} is not described"


def _never_expires(one: DescribedInstance) -> bool:
    return one.instance_charge_type == ChargeType.PrePaid and not one.expired_time


def group_type_of(one: DescribedSecurityGroup) -> SecurityGroupType:
    """Returns the type that a security group is imported with: an unknown one is that of a basic group."""
    return _GROUP_TYPES.get(one.security_group_type, SecurityGroupType.Normal)


def not_modelled_of_group(one: DescribedSecurityGroup, described_rules: Container[str]) -> Iterator[str]:
    """Yields what of a security group may matter and is not taken in."""
    if one.security_group_type and one.security_group_type not in _GROUP_TYPES:
        yield f"its type {one.security_group_type} is unknown"
    if one.group_to_group_rule_count and one.security_group_id not in described_rules:
        rules = listed(((one.group_to_group_rule_count, "rule that names", "rules that name"),))
        yield f"{rules} groups, of which no response tells"


def _inside(one: DescribedInterface) -> dict[str, Any]:
    """Returns an ENI as the description of its instance has it."""
    return {
        "MacAddress": one.mac_address,
        "NetworkInterfaceId": one.network_interface_id,
        "PrimaryIpAddress": one.primary_ip_address,
        "Type": one.type or str(NetworkInterfaceType.Secondary),
    }


def of_instance(
    one: DescribedInstance, not_described: Sequence[str] = (), interfaces: Sequence[DescribedInterface] = ()
) -> dict[str, Any] | None:
    """Returns what the description of a held instance says and the model cannot, by the vendor's names.

    ``not_described`` are those of its groups that no response describes, and ``interfaces`` the ENIs that are described
    as on it while its primary one is not described.
    """
    said: dict[str, Any] = {}
    if one.status not in _INSTANCE_STATUSES:
        said["Status"] = one.status
    if one.instance_charge_type not in _CHARGE_TYPES:
        said["InstanceChargeType"] = one.instance_charge_type
    if _never_expires(one):
        said |= {"InstanceChargeType": one.instance_charge_type, "ExpiredTime": ""}
    if not one.instance_type:
        said["InstanceType"] = ""
    if _has_no_place(one):
        place = one.vpc_attributes
        said["VpcAttributes"] = {
            "VpcId": "",
            "VSwitchId": place.vswitch_id,
            "PrivateIpAddress": {"IpAddress": list(place.private_ip_address.ip_address)},
        }
        if one.instance_network_type:
            said["InstanceNetworkType"] = one.instance_network_type
    if len(set(one.public_ip_address.ip_address)) > 1:
        said["PublicIpAddress"] = {"IpAddress": list(one.public_ip_address.ip_address)}
    if not_described:
        said["SecurityGroupIds"] = {"SecurityGroupId": list(one.security_group_ids.security_group_id)}
    if interfaces:
        said["NetworkInterfaces"] = {"NetworkInterface": list(map(_inside, interfaces))}
    return said | _of_locks(one) or None


class Standing(NamedTuple):
    """The type and the status that an ENI is imported with, and the reasons to hold it that these give."""

    type: NetworkInterfaceType
    status: NetworkInterfaceStatus
    reasons: tuple[str, ...]


@lru_cache(maxsize=1024)  # the many ENIs of an account are described by few of these
def standing_of(of_type: str | None, status: str, on_instance: bool) -> Standing:
    """Returns how an ENI is imported that is described with a type and a status, and perhaps as on an instance. An
    unknown type is that of a secondary ENI, and an unknown status is InUse, as that of every ENI on an instance."""
    reasons = []
    its_type = _TYPES.get(of_type or "", NetworkInterfaceType.Secondary)
    its_status = _STATUSES.get(status, NetworkInterfaceStatus.InUse)
    if its_type in (NetworkInterfaceType.Trunk, NetworkInterfaceType.Member):
        reasons.append(f"its type is {of_type}")
    elif of_type and of_type not in _TYPES:
        reasons.append(f"its type {of_type} is unknown")
    if status not in _STATUSES and (status or not on_instance):
        reasons.append(_unknown("status", status))
    elif its_type is NetworkInterfaceType.Primary and its_status is not NetworkInterfaceStatus.InUse:
        reasons.append(f"it is a primary ENI that is {status}")
        its_status = NetworkInterfaceStatus.InUse
    if its_status in ATTACHED and status and not on_instance:
        reasons.append(f"it is {status}, and no instance is named")
    return Standing(its_type, its_status, tuple(reasons))


def why_interface(
    one: DescribedInterface,
    standing: Standing,
    private_ips: Sequence[str],
    not_described: Sequence[str],
    owner_id: str | None,
) -> list[str]:
    """Returns the reasons to hold an ENI, without those that its instance gives; ``not_described`` are those of its
    groups that no response describes, and ``owner_id`` is the account that owns it, None for the described one."""
    reasons = ["a service manages it"] if is_service_managed(one) else []
    if owner_id is not None and not reasons:
        reasons.append(f"its owner is the account {owner_id}")
    reasons += standing.reasons
    if not private_ips:
        reasons.append(_unknown("private address", ""))
    for one_prefix in one.ipv4_prefix_sets.ipv4_prefix_set:
        if one_prefix.ipv4_prefix and not one_prefix.ipv4_prefix.endswith("/28"):
            reasons.append(f"its prefix {one_prefix.ipv4_prefix} has not sixteen addresses")
    if not_described:
        reasons.append(in_nothing_described(not_described))
    return reasons


def in_nothing_described(group_ids: Sequence[str]) -> str:
    """Returns the reason to hold a member of groups that no response describes."""
    return f"it is in {', '.join(group_ids)}, which no response describes"


def of_interface(
    one: DescribedInterface,
    standing: Standing,
    instance_id: str | None,
    not_described: Sequence[str],
    owner_id: str | None,
) -> dict[str, Any] | None:
    """Returns what the description of a held ENI says and the model cannot; ``instance_id`` is the instance that it is
    imported on, and ``owner_id`` the account that owns it, None for the described one."""
    said: dict[str, Any] = {}
    if owner_id is not None:
        said["OwnerId"] = owner_id
    if is_service_managed(one):
        said["ServiceManaged"] = True
    if (one.type or "") != standing.type:
        said["Type"] = one.type or ""
    if one.status != standing.status:
        said["Status"] = one.status
    if one.its_instance_id != (instance_id or ""):
        said["InstanceId"] = one.its_instance_id
    if not_described:
        said["SecurityGroupIds"] = {"SecurityGroupId": list(one.security_group_ids.security_group_id)}
    prefixes = [one_prefix.ipv4_prefix for one_prefix in one.ipv4_prefix_sets.ipv4_prefix_set if one_prefix.ipv4_prefix]
    if any(not prefix.endswith("/28") for prefix in prefixes):
        said["Ipv4PrefixSets"] = {"Ipv4PrefixSet": [{"Ipv4Prefix": prefix} for prefix in prefixes]}
    return said or None


def may_be_attached(one: DescribedInterface) -> bool:
    """Returns whether an ENI that is described without an instance may be on one nevertheless."""
    return not is_service_managed(one) and (not one.status or _STATUSES.get(one.status) in ATTACHED)


def is_service_managed(one: DescribedInterface) -> bool:
    """Returns whether an ENI is another service's."""
    return is_true(one.service_managed)


def is_of_instance(one: DescribedEip) -> bool:
    """Returns whether the user of an EIP, if it has one, is an instance."""
    return one.instance_type in ("", EipInstanceType.EcsInstance)


def eip_status_of(one: DescribedEip) -> EipStatus:
    """Returns the status that an EIP is imported with: InUse, where it is unknown; that of one with or without a user,
    where it is not described."""
    if not one.status:
        return EipStatus.InUse if one.instance_id else EipStatus.Available
    return _EIP_STATUSES.get(one.status, EipStatus.InUse)


def is_of_interface(one: DescribedEip) -> bool:
    """Returns whether the user of an EIP is an ENI."""
    return one.instance_type == EipInstanceType.NetworkInterface


def eip_charge_type_of(one: DescribedEip) -> ChargeType:
    """Returns the charge type that an EIP is imported with: pay-as-you-go, where it is unknown."""
    return _CHARGE_TYPES.get(one.charge_type, ChargeType.PostPaid)


def why_eip(one: DescribedEip, described: Container[str]) -> Iterator[str]:
    """Yields the reasons to hold an EIP. ``described`` has the instances, or the ENIs, that the user would be among."""
    status = _EIP_STATUSES.get(one.status) if one.status else eip_status_of(one)
    if status is None:
        yield f"its status {one.status} is unknown"
    yield from why_locked(one)
    if one.instance_id and not is_of_instance(one) and not is_of_interface(one):
        yield f"it is on {one.instance_id}, which is a {one.instance_type}"
    elif one.instance_id and one.instance_id not in described:
        yield f"it is on {one.instance_id}, which no response describes"
    elif one.instance_id and status is not None and status not in ASSOCIATED:
        yield f"it is {one.status} on {one.instance_id}"
    elif not one.instance_id and status in ASSOCIATED:
        yield f"it is {one.status}, and what it is on is not named"


def of_eip(one: DescribedEip, user_id: str | None) -> dict[str, Any] | None:
    """Returns what the description of a held EIP says and the model cannot; ``user_id`` is the instance or the ENI that
    it is imported on."""
    said: dict[str, Any] = {}
    if one.status and one.status != eip_status_of(one):
        said["Status"] = one.status
    if one.instance_id and one.instance_id != user_id:
        said |= {"InstanceId": one.instance_id, "InstanceType": one.instance_type}
        if one.private_ip_address:
            said["PrivateIpAddress"] = one.private_ip_address
    return said | _of_locks(one) or None


def _of_locks(one: DescribedInstance | DescribedEip) -> dict[str, Any]:
    locks = [{"LockReason": lock.lock_reason} for lock in one.operation_locks.lock_reason]
    return {"OperationLocks": {"LockReason": locks}} if locks else {}
