"""The vendor's codes and HTTP statuses of the naive model, from the error tables of the API's actions.

A rule that the actions answer differently has a code for each of these. A reason of a special kind stands behind a
slash: a group of the classic network, an empty list.
"""

from __future__ import annotations

from typing import Final

from ecsnet import Command

Answer = tuple[str, int]

_NOT_FOUND: Final[dict[str, Answer]] = {
    "vpc.not-found": ("InvalidVpcId.NotFound", 404),
    "vswitch.not-found": ("InvalidVSwitchId.NotFound", 404),
    "security-group.not-found": ("InvalidSecurityGroupId.NotFound", 404),
    "interface.not-found": ("InvalidEniId.NotFound", 404),
    "instance.not-found": ("InvalidInstanceId.NotFound", 404),
    "eip.not-found": ("InvalidAllocationId.NotFound", 404),
    "instance-type.not-found": ("InvalidInstanceType.ValueNotSupported", 404),
    "resource.not-found": ("InvalidResourceId.NotFound", 404),
}
_NETWORKS: Final[dict[str, Answer]] = {
    "vpc.state": ("IncorrectVpcStatus", 400),
    "vswitch.state": ("IncorrectVSwitchStatus", 400),
    "vpc.create.cidr": ("InvalidParameter", 400),
    "vpc.cidr-block.range": ("InvalidParameter", 400),
    "vpc.cidr-block.overlap": ("InvalidCidrBlock.Overlapped", 400),
    "vpc.cidr-block.quota": ("QuotaExceeded", 400),
    "vpc.cidr-block.secondary": ("InvalidParameter", 400),
    "vpc.cidr-block.in-use": ("OperationFailed.CidrInUse", 400),
    "vpc.delete.in-use": ("DependencyViolation.VSwitch", 400),
    "vpc.delete.in-use/group": ("DependencyViolation.SecurityGroup", 400),
    "vswitch.create.zone": ("InvalidZoneId.NotFound", 404),
    "vswitch.create.cidr": ("InvalidParameter", 400),
    "vswitch.create.cidr/mask": ("InvalidCirdrBlock.MaskLength", 400),
    "vswitch.create.overlap": ("InvalidCidrBlock.Overlapped", 400),
    "vpc.vswitch-quota": ("QuotaExceeded.VSwitch", 400),
    "vswitch.delete.in-use": ("DependencyViolation", 400),
    "classic-link.attach.network-type": ("InvalidInstanceId.MalFormed", 400),
    "classic-link.attach.linked": ("Abs.InvalidInstanceId.MalFormed", 400),
    "classic-link.attach.instance-state": ("InvalidStatus.InstanceStatus", 403),
    "classic-link.attach.enabled": ("OperationDenied", 403),
    "classic-link.detach.linked": ("InvalidInstanceId.NotFound", 404),
}
_GROUPS: Final[dict[str, Answer]] = {
    "security-group.state": ("InvalidSecurityGroupId.NotFound", 404),
    "security-group.address-quota": ("SecurityGroupInstanceLimitExceed", 403),
    "security-group.enterprise.address-quota": ("InvalidOperation.EniCountExceeded", 400),
    "security-group.enterprise.vpc": ("MissingParameter", 400),
    "security-group.enterprise.authorize": ("InvalidGroupParameter.OperationDenied", 400),
    "security-group.delete.in-use": ("DependencyViolation", 403),
    "security-group.authorize.vpc": ("InvalidSourceGroupId.Mismatch", 400),
    "security-group.join.member": ("InvalidInstanceId.AlreadyExists", 403),
    "security-group.leave.member": ("InstanceNotInSecurityGroup", 403),
    "security-group.join.instance-state": ("IncorrectInstanceStatus", 403),
    "security-group.leave.instance-state": ("IncorrectInstanceStatus", 403),
    "account.security-group-quota": ("QuotaExceed.SecurityGroup", 403),
    "interface.security-groups.vpc": ("InvalidOperation.VpcMismatch", 403),
    "interface.security-groups.vpc/classic": ("InvalidOperation.VpcMismatch", 403),
    "interface.security-groups.count": ("JoinedGroupLimitExceed", 400),
    "interface.security-groups.count/none": ("MissingParameter", 400),
    "interface.security-groups.type": ("InvalidOperation.MultiGroupType", 400),
    "tags.count": ("NumberExceed.Tags", 400),
    "tags.quota": ("OperationDenied.QuotaExceed", 400),
    "tags.resource-count": ("NumberExceed.ResourceIds", 400),
}
_INSTANCES: Final[dict[str, Answer]] = {
    "instance.being-released": ("IncorrectInstanceStatus", 403),
    "instance.start.state": ("IncorrectInstanceStatus", 403),
    "instance.stop.state": ("IncorrectInstanceStatus", 403),
    "instance.reboot.state": ("IncorrectInstanceStatus", 403),
    "instance.release.state": ("IncorrectInstanceStatus", 403),
    "instance.release.state/initializing": ("IncorrectInstanceStatus.Initializing", 403),
    "instance.release.charge-type": ("ChargeTypeViolation", 403),
    "instance.create.zone": ("InvalidParameter.Mismatch", 400),
    "instance.create.one-secondary": ("EniPerInstanceLimitExceeded", 403),
    "network.classic.closed": ("InvalidParameter", 400),
    "instance.modify-vpc.network-type": ("OperationDenied", 400),
    "instance.modify-vpc.state": ("IncorrectInstanceStatus", 400),
    "instance.modify-vpc.zone": ("InvalidVSwitchId.Mismatch", 400),
    "instance.modify-vpc.zone/vpc": ("InvalidVSwitchId.NotFound", 404),
    "instance.modify-vpc.pending": ("InvalidPrivateIp.Changing", 400),
    "instance.modify-vpc.secondary-addresses": ("OperationDenied", 400),
    "instance.modify-vpc.same-address": ("InvalidPrivateIpAddress.Duplicated", 400),
    "instance.renew.charge-type": ("ChargeTypeViolation", 403),
    "instance.network-spec.pending-change": ("InvalidInstanceId.PlanedChange", 403),
    "instance.network-spec.classic-state": ("IncorrectInstanceStatus", 403),
}
_INTERFACES: Final[dict[str, Answer]] = {
    "account.interface-quota": ("MaxEniCountExceeded", 403),
    "interface.attach.primary": ("InvalidOperation.InvalidEniType", 403),
    "interface.attach.state": ("InvalidOperation.InvalidEniState", 400),
    "interface.attach.again": ("InvalidOperation.InvalidEniState", 400),
    "interface.attach.instance-state": ("InvalidOperation.InvalidEcsState", 400),
    "interface.attach.stopped-only-type": ("InvalidOperation.InvalidEcsState", 400),
    "interface.attach.zone": ("InvalidOperation.AvailabilityZoneMismatch", 403),
    "interface.attach.vpc": ("InvalidOperation.VpcMismatch", 403),
    "interface.attach.instance-type": ("InvalidOperation.InvalidGeneration", 400),
    "interface.attach.quota": ("EniPerInstanceLimitExceeded", 403),
    "interface.attach.address-quota": ("InvalidOperation.Ipv4CountExceeded", 403),
    "interface.detach.primary": ("InvalidOperation.DetachPrimaryEniNotAllowed", 400),
    "interface.detach.state": ("InvalidOperation.InvalidEniState", 400),
    "interface.detach.instance-state": ("InvalidOperation.InvalidEcsState", 400),
    "interface.detach.wrong-instance": ("InvalidOperation.InvalidEniState", 400),
    "interface.delete.primary": ("InvalidOperation.InvalidEniType", 403),
    "interface.delete.state": ("InvalidOperation.InvalidEniState", 400),
    "interface.modify.primary": ("InvalidOperation.InvalidEniType", 403),
    "interface.modify.state": ("InvalidOperation.InvalidEniState", 400),
    "address.private.in-cidr": ("InvalidVSwitchId.IpInvalid", 403),
    "address.private.reserved": ("InvalidVSwitchId.IpInvalid", 403),
    "address.private.in-use": ("InvalidPrivateIpAddress.Duplicated", 400),
    "address.private.repeated": ("InvalidIp.IpRepeated", 403),
    "address.private.exhausted": ("InvalidVSwitchId.IpNotEnough", 403),
    "address.prefix.exhausted": ("InvalidVSwitchId.IpNotEnough", 403),
    "interface.assign.state": ("InvalidOperation.InvalidEniState", 400),
    "interface.assign.instance-state": ("InvalidOperation.InvalidEcsState", 400),
    "interface.assign.limit": ("MaxEniPrivateIpsCountExceeded", 403),
    "interface.assign.available-limit": ("MaxEniPrivateIpsCountExceeded", 403),
    "interface.assign.type-quota": ("InvalidOperation.Ipv4CountExceeded", 403),
    "interface.unassign.state": ("InvalidOperation.InvalidEniState", 400),
    "interface.unassign.instance-state": ("InvalidOperation.InvalidEcsState", 400),
    "interface.unassign.primary-address": ("InvalidIp.IpUnassigned", 403),
    "interface.unassign.unknown-address": ("InvalidIp.IpUnassigned", 403),
    "interface.unassign.eip": ("InvalidOperation.InvalidEniState", 400),
}
_PUBLIC_ADDRESSES: Final[dict[str, Answer]] = {
    "public-ip.assign.already": ("AllocatedAlready", 403),
    "public-ip.assign.already/eip": ("OperationDenied", 400),
    "public-ip.assign.state": ("IncorrectInstanceStatus", 403),
    "public-ip.assign.pay-as-you-go": ("OperationDenied", 400),
    "public-ip.assign.subscription": ("AllocateIpInvalidInstanceBandwidth", 400),
    "public-ip.classic.kept": ("OperationDenied", 403),
    "public-ip.nat.release": ("ChargeTypeViolation", 403),
    "public-ip.release.assigned": ("InvalidInstance.ZeroBandwidth", 404),
    "public-ip.change.assigned": ("OperationDenied", 403),
    "public-ip.change.state": ("IncorrectInstanceStatus", 403),
    "public-ip.change.window": ("OperationDenied", 403),
    "public-ip.change.limit": ("OperationDenied", 403),
    "public-ip.convert.network-type": ("OperationDenied", 404),
    "public-ip.convert.assigned": ("InvalidInstance.ZeroBandwidth", 404),
    "public-ip.convert.state": ("IncorrectInstanceStatus", 404),
    "public-ip.convert.pending-change": ("InvalidInstanceId.PlanedChange", 403),
    "public-ip.convert.expiring": ("InvalidEndTime.Malformed", 403),
    "account.eip-quota": ("QuotaExceeded.Eip", 400),
    "eip.associate.state": ("IncorrectEipStatus", 400),
    "eip.associate.region": ("InvalidParameter.Mismatch", 400),
    "eip.associate.network-type": ("OperationDenied", 400),
    "eip.associate.instance-state": ("IncorrectInstanceStatus", 400),
    "eip.associate.interface-state": ("IncorrectInstanceStatus", 400),
    "eip.associate.primary-interface": ("InvalidInstanceType.ValueNotSupported", 400),
    "eip.associate.private-ip": ("InvalidParameter", 400),
    "eip.associate.public-ip": ("InvalidStatus.InstanceHasBandWidth", 400),
    "eip.associate.duplicate": ("InvalidAssociation.Duplicated", 400),
    "eip.unassociate.state": ("IncorrectEipStatus", 400),
    "eip.unassociate.wrong-instance": ("InvalidParameter.Mismatch", 400),
    "eip.unassociate.private-ip": ("InvalidParameter", 400),
    "eip.unassociate.instance-state": ("IncorrectInstanceStatus", 400),
    "eip.release.state": ("IncorrectEipStatus", 400),
}
CODES: Final[dict[str, Answer]] = {
    **_NOT_FOUND,
    **_NETWORKS,
    **_GROUPS,
    **_INSTANCES,
    **_INTERFACES,
    **_PUBLIC_ADDRESSES,
}

_CREATIONS: Final = {
    "interface.security-groups.vpc": ("InvalidParameter.Mismatch", 400),
    "interface.security-groups.vpc/classic": ("InvalidParameter.Mismatch", 400),
    "interface.attach.instance-type": ("InvalidInstanceType.ElasticNetworkInterfaceNotSupported", 400),
    "address.private.in-cidr": ("InvalidPrivateIpAddress", 400),
    "address.private.reserved": ("InvalidPrivateIpAddress", 400),
}
_INVALID_ECS_STATE: Final = {"instance.being-released": ("InvalidOperation.InvalidEcsState", 400)}
_LINK_STATE: Final = {"instance.being-released": ("InvalidStatus.InstanceStatus", 403)}
_OF_EIPS: Final = {
    "instance.not-found": ("InvalidInstanId.NotFound", 404),
    "interface.not-found": ("InvalidInstanId.NotFound", 404),
    "instance.being-released": ("IncorrectInstanceStatus", 400),
}
_BLOCKS: Final = {"vpc.state": ("IncorrectStatus.Vpc", 400)}
OTHERS: Final[dict[str, dict[str, Answer]]] = {
    "RunInstances": _CREATIONS,
    "CreateInstance": _CREATIONS,
    "CreateNetworkInterface": {"interface.security-groups.vpc/classic": ("InvalidSecurityGroupId.NotVpc", 403)},
    "AttachNetworkInterface": {"instance.not-found": ("InvalidEcsId.NotFound", 404), **_INVALID_ECS_STATE},
    "DetachNetworkInterface": {"instance.not-found": ("InvalidEcsId.NotFound", 404), **_INVALID_ECS_STATE},
    "AssignPrivateIpAddresses": {"address.private.in-use": ("InvalidIp.IpAssigned", 403), **_INVALID_ECS_STATE},
    "UnassignPrivateIpAddresses": _INVALID_ECS_STATE,
    "ModifyInstanceVpcAttribute": {
        "address.private.in-cidr": ("InvalidPrivateIpAddress.Mismatch", 400),
        "address.private.reserved": ("InvalidPrivateIpAddress.Mismatch", 400),
        "instance.being-released": ("IncorrectInstanceStatus", 400),
    },
    "JoinSecurityGroup": {
        "interface.security-groups.vpc": ("InvalidInstanceId.Mismatch", 400),
        "interface.security-groups.vpc/classic": ("InvalidInstanceId.Mismatch", 400),
        "interface.security-groups.count": ("InstanceSecurityGroupLimitExceeded", 400),
        "security-group.address-quota": ("SecurityGroupInstanceLimitExceeded", 403),
    },
    "LeaveSecurityGroup": {"interface.security-groups.count": ("InstanceLastSecurityGroup", 403)},
    "ConvertNatPublicIpToEip": {"account.eip-quota": ("MaxEIPQuotaExceeded", 403)},
    "AssociateEipAddress": _OF_EIPS,
    "UnassociateEipAddress": _OF_EIPS,
    "AssociateVpcCidrBlock": _BLOCKS,
    "UnassociateVpcCidrBlock": _BLOCKS,
    "AttachClassicLinkVpc": _LINK_STATE,
    "DetachClassicLinkVpc": _LINK_STATE,
}
"""The codes of the actions that answer a rule otherwise."""


def answer(command: type[Command[object]], reason: str) -> Answer:
    """Returns the code and the HTTP status with which an action answers a reason."""
    return OTHERS.get(command.__name__, {}).get(reason) or CODES[reason]
