"""The commands: one frozen, keyword-only class an operation, named as the vendor's API actions."""

from ecsnet.commands.account import SetQuota
from ecsnet.commands.base import Command
from ecsnet.commands.classic_link import AttachClassicLinkVpc, DetachClassicLinkVpc, EnableVpcClassicLink
from ecsnet.commands.eip import (
    AllocateEipAddress,
    AssociateEipAddress,
    ModifyEipAddressAttribute,
    ReleaseEipAddress,
    UnassociateEipAddress,
)
from ecsnet.commands.instance import (
    CreateInstance,
    DeleteInstance,
    ModifyInstanceAttribute,
    ModifyInstanceNetworkSpec,
    ModifyInstanceVpcAttribute,
    RebootInstance,
    RenewInstance,
    RunInstances,
    StartInstance,
    StopInstance,
)
from ecsnet.commands.network_interface import (
    AssignPrivateIpAddresses,
    AttachNetworkInterface,
    CreateNetworkInterface,
    DeleteNetworkInterface,
    DetachNetworkInterface,
    ModifyNetworkInterfaceAttribute,
    UnassignPrivateIpAddresses,
)
from ecsnet.commands.network_interface import NewNetworkInterface as NewNetworkInterface  # no command, but in some
from ecsnet.commands.public_ip import (
    AllocatePublicIpAddress,
    ChangePublicIpAddress,
    ConvertNatPublicIpToEip,
    ReleasePublicIpAddress,
)
from ecsnet.commands.security_group import (
    AuthorizeSecurityGroup,
    CreateSecurityGroup,
    DeleteSecurityGroup,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    ModifySecurityGroupAttribute,
    RevokeSecurityGroup,
)
from ecsnet.commands.tags import TagResources, UntagResources
from ecsnet.commands.vpc import (
    CreateVpc,
    CreateVSwitch,
    DeleteVpc,
    DeleteVSwitch,
    ModifyVpcAttribute,
    ModifyVSwitchAttribute,
)

__all__ = [
    "AllocateEipAddress",
    "AllocatePublicIpAddress",
    "AssignPrivateIpAddresses",
    "AssociateEipAddress",
    "AttachClassicLinkVpc",
    "AttachNetworkInterface",
    "AuthorizeSecurityGroup",
    "ChangePublicIpAddress",
    "Command",
    "ConvertNatPublicIpToEip",
    "CreateInstance",
    "CreateNetworkInterface",
    "CreateSecurityGroup",
    "CreateVSwitch",
    "CreateVpc",
    "DeleteInstance",
    "DeleteNetworkInterface",
    "DeleteSecurityGroup",
    "DeleteVSwitch",
    "DeleteVpc",
    "DetachClassicLinkVpc",
    "DetachNetworkInterface",
    "EnableVpcClassicLink",
    "JoinSecurityGroup",
    "LeaveSecurityGroup",
    "ModifyEipAddressAttribute",
    "ModifyInstanceAttribute",
    "ModifyInstanceNetworkSpec",
    "ModifyInstanceVpcAttribute",
    "ModifyNetworkInterfaceAttribute",
    "ModifySecurityGroupAttribute",
    "ModifyVSwitchAttribute",
    "ModifyVpcAttribute",
    "RebootInstance",
    "ReleaseEipAddress",
    "ReleasePublicIpAddress",
    "RenewInstance",
    "RevokeSecurityGroup",
    "RunInstances",
    "SetQuota",
    "StartInstance",
    "StopInstance",
    "TagResources",
    "UnassignPrivateIpAddresses",
    "UnassociateEipAddress",
    "UntagResources",
]
