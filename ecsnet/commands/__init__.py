"""What users ask for: one frozen, keyword-only class an operation, named as the vendor's API actions."""

from ecsnet.commands.base import Command
from ecsnet.commands.instance import (
    CreateInstance,
    DeleteInstance,
    RebootInstance,
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
from ecsnet.commands.vpc import (
    AuthorizeSecurityGroup,
    CreateSecurityGroup,
    CreateVpc,
    CreateVSwitch,
    DeleteSecurityGroup,
    DeleteVpc,
    DeleteVSwitch,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    RevokeSecurityGroup,
    SetQuota,
)

__all__ = [
    "AssignPrivateIpAddresses",
    "AttachNetworkInterface",
    "AuthorizeSecurityGroup",
    "Command",
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
    "DetachNetworkInterface",
    "JoinSecurityGroup",
    "LeaveSecurityGroup",
    "ModifyNetworkInterfaceAttribute",
    "RebootInstance",
    "RevokeSecurityGroup",
    "RunInstances",
    "SetQuota",
    "StartInstance",
    "StopInstance",
    "UnassignPrivateIpAddresses",
]
