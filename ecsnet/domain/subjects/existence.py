"""What a command names must be there, and be the caller's own. Every name that is not found is reported.

These rules rank first: the API looks for its parameters before it judges anything else.
"""

from __future__ import annotations

from typing import Final

from ecsnet.commands import (
    AllocatePublicIpAddress,
    AssignPrivateIpAddresses,
    AssociateEipAddress,
    AttachClassicLinkVpc,
    AttachNetworkInterface,
    AuthorizeSecurityGroup,
    ChangePublicIpAddress,
    ConvertNatPublicIpToEip,
    CreateInstance,
    CreateNetworkInterface,
    CreateSecurityGroup,
    CreateVSwitch,
    DeleteInstance,
    DeleteNetworkInterface,
    DeleteSecurityGroup,
    DeleteVpc,
    DeleteVSwitch,
    DetachClassicLinkVpc,
    DetachNetworkInterface,
    EnableVpcClassicLink,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    ModifyInstanceNetworkSpec,
    ModifyInstanceVpcAttribute,
    ModifyNetworkInterfaceAttribute,
    RebootInstance,
    ReleaseEipAddress,
    ReleasePublicIpAddress,
    RenewInstance,
    RevokeSecurityGroup,
    RunInstances,
    StartInstance,
    StopInstance,
    UnassignPrivateIpAddresses,
    UnassociateEipAddress,
)
from ecsnet.domain.rules import AnyCommand, Facts, Predicate, SubjectRules

RULES: Final = SubjectRules()


def _must_exist(
    rule_id: str, noun: str, code: str, *commands: AnyCommand, codes: dict[AnyCommand, tuple[str, int]] | None = None
) -> None:
    def predicate(missing: dict[str, list[str]]) -> Facts | None:
        ids = missing.get(rule_id)
        return None if ids is None else {"ids": tuple(ids), "names": ", ".join(ids)}

    predicate.__doc__ = f"Every {noun} that a command names exists, and belongs to the caller."
    named: Predicate = predicate
    RULES.denies(rule_id, *commands, code=code, http_status=404, codes=codes, message=f"there is no {noun} {{names}}")(
        named
    )


_must_exist(
    "vpc.not-found",
    "VPC",
    "InvalidVpcId.NotFound",
    CreateVSwitch,
    DeleteVpc,
    CreateSecurityGroup,
    EnableVpcClassicLink,
    AttachClassicLinkVpc,
    DetachClassicLinkVpc,
)
_must_exist(
    "vswitch.not-found",
    "VSwitch",
    "InvalidVSwitchId.NotFound",
    CreateNetworkInterface,
    RunInstances,
    CreateInstance,
    DeleteVSwitch,
    ModifyInstanceVpcAttribute,
)
_must_exist(
    "security-group.not-found",
    "security group",
    "InvalidSecurityGroupId.NotFound",
    CreateNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    RunInstances,
    CreateInstance,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    AuthorizeSecurityGroup,
    RevokeSecurityGroup,
    DeleteSecurityGroup,
)
_must_exist(
    "interface.not-found",
    "network interface",
    "InvalidEniId.NotFound",
    AttachNetworkInterface,
    DetachNetworkInterface,
    DeleteNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    AssignPrivateIpAddresses,
    UnassignPrivateIpAddresses,
    RunInstances,
    CreateInstance,
)
_must_exist(
    "instance.not-found",
    "instance",
    "InvalidInstanceId.NotFound",
    AttachNetworkInterface,
    DetachNetworkInterface,
    StartInstance,
    StopInstance,
    RebootInstance,
    DeleteInstance,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    ModifyInstanceVpcAttribute,
    ModifyInstanceNetworkSpec,
    RenewInstance,
    AllocatePublicIpAddress,
    ChangePublicIpAddress,
    ReleasePublicIpAddress,
    ConvertNatPublicIpToEip,
    AssociateEipAddress,
    UnassociateEipAddress,
    AttachClassicLinkVpc,
    DetachClassicLinkVpc,
    codes={
        AttachNetworkInterface: ("InvalidEcsId.NotFound", 404),
        DetachNetworkInterface: ("InvalidEcsId.NotFound", 404),
        AssociateEipAddress: ("InvalidInstanId.NotFound", 404),  # the vendor's spelling
        UnassociateEipAddress: ("InvalidInstanId.NotFound", 404),
    },
)
_must_exist(
    "eip.not-found",
    "EIP",
    "InvalidAllocationId.NotFound",
    AssociateEipAddress,
    UnassociateEipAddress,
    ReleaseEipAddress,
)
_must_exist(
    "instance-type.not-found", "instance type", "InvalidInstanceType.ValueNotSupported", RunInstances, CreateInstance
)
