"""The commands: one frozen, keyword-only class an operation, named as the vendor's API actions."""

from ecsnet.commands.account import SetQuota
from ecsnet.commands.base import Command
from ecsnet.commands.classic_link import AttachClassicLinkVpc, DetachClassicLinkVpc, EnableVpcClassicLink
from ecsnet.commands.eip import AllocateEipAddress, AssociateEipAddress, ReleaseEipAddress, UnassociateEipAddress
from ecsnet.commands.instance import (
    CreateInstance,
    DeleteInstance,
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
    RevokeSecurityGroup,
)
from ecsnet.commands.vpc import (
    AssociateVpcCidrBlock,
    CreateVpc,
    CreateVSwitch,
    DeleteVpc,
    DeleteVSwitch,
    UnassociateVpcCidrBlock,
)

__all__ = [
    "AllocateEipAddress",
    "AllocatePublicIpAddress",
    "AssignPrivateIpAddresses",
    "AssociateEipAddress",
    "AssociateVpcCidrBlock",
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
    "ModifyInstanceNetworkSpec",
    "ModifyInstanceVpcAttribute",
    "ModifyNetworkInterfaceAttribute",
    "RebootInstance",
    "ReleaseEipAddress",
    "ReleasePublicIpAddress",
    "RenewInstance",
    "RevokeSecurityGroup",
    "RunInstances",
    "SetQuota",
    "StartInstance",
    "StopInstance",
    "UnassignPrivateIpAddresses",
    "UnassociateEipAddress",
    "UnassociateVpcCidrBlock",
]
