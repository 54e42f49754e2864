"""The classes of parameters on the wire: each is modelled, remembered, refused, or ignored.

- *modelled*: it is a parameter of the action's command, or of its Describe action.
- *remembered*: no rule reads it, and descriptions of the resource show it (`REMEMBERED`).
- *refused*: it would change the network, and that is not modelled (`REFUSED`), unless its value is a harmless one.
- *ignored*: anything else, and so every parameter that is newer than this table; only a strict service refuses it.

A parameter becomes modelled when the table of actions takes it: that comes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Literal

from ecsnet.openapi.actions import ACTIONS, Action
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.openapi.refusals import Refusal

Class = Literal["modelled", "remembered", "refused", "ignored"]

GENERAL: Final = frozenset(
    [
        *("AcceptLanguage", "AccessKeyId", "Action", "Format", "OwnerAccount", "OwnerId", "ResourceOwnerAccount"),
        *("ResourceOwnerId", "SecureTransport", "SecurityToken", "Signature", "SignatureMethod", "SignatureNonce"),
        *("SignatureType", "SignatureVersion", "SourceIp", "Timestamp", "Version"),
    ]
)
"""The parameters of every request, which say nothing about the network."""
SECRET: Final = frozenset(["AccessKeyId", "Password", "SecurityToken", "Signature", "VncPassword"])
"""The parameters whose values are neither stored nor logged nor shown."""


def _whole(value: str) -> Any:
    return int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else None


def _flag(value: str) -> Any:
    return {"true": True, "false": False}.get(value.casefold())


def _real(value: str) -> Any:
    return float(value) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value) else None


Remembered = tuple[str, Callable[[str], Any]]
_GROUPED: Final[Mapping[str, Remembered]] = {"ResourceGroupId": ("ResourceGroupId", str)}
REMEMBERED: Final[Mapping[str, Mapping[str, Remembered]]] = {
    "vpcs": _GROUPED,
    "security_groups": _GROUPED,
    "instances": {
        **_GROUPED,
        "HostName": ("HostName", str),
        "KeyPairName": ("KeyPairName", str),
        "InternetChargeType": ("InternetChargeType", str),
        "InternetMaxBandwidthIn": ("InternetMaxBandwidthIn", _whole),
        "CreditSpecification": ("CreditSpecification", str),
        "SpotStrategy": ("SpotStrategy", str),
        "SpotPriceLimit": ("SpotPriceLimit", _real),
        "UserData": ("UserData", str),
        "RamRoleName": ("RamRoleName", str),
    },
    "network_interfaces": {
        **_GROUPED,
        "QueueNumber": ("QueueNumber", _whole),
        "NetworkInterfaceTrafficMode": ("NetworkInterfaceTrafficMode", str),
        "SourceDestCheck": ("SourceDestCheck", _flag),
    },
    "eips": {
        **_GROUPED,
        "Bandwidth": ("Bandwidth", str),
        "InternetChargeType": ("InternetChargeType", str),
        "ISP": ("ISP", str),
        "Netmode": ("Netmode", str),
    },
}
"""The remembered parameters by the kind of resource: the attribute that shows each, and how its text is read."""
TABLE_OF: Final[Mapping[str, str]] = {
    "CreateVpc": "vpcs",
    "ModifyVpcAttribute": "vpcs",
    "CreateSecurityGroup": "security_groups",
    "ModifySecurityGroupAttribute": "security_groups",
    "RunInstances": "instances",
    "CreateInstance": "instances",
    "ModifyInstanceAttribute": "instances",
    "CreateNetworkInterface": "network_interfaces",
    "ModifyNetworkInterfaceAttribute": "network_interfaces",
    "AllocateEipAddress": "eips",
    "ModifyEipAddressAttribute": "eips",
}
"""The kind of resource whose attributes an action gives."""
_DISKS: Final = re.compile(r"(SystemDisk|DataDisk\.N)\.(Category|Size|DiskName|Description|PerformanceLevel)")

NONE: Final[frozenset[str]] = frozenset()
_OFF: Final = frozenset(["0", "false"])
_SECONDARY: Final = frozenset(["secondary"])
REFUSED: Final[Mapping[str, frozenset[str]]] = {
    "AllocatePublicIp": _OFF,
    "CidrMask": NONE,
    "DeletionProtection": _OFF,
    "EnableIPv6": _OFF,
    "EnableIpv6": _OFF,
    "EnablePrimaryIPv6": _OFF,
    "ForceDelete": _OFF,
    "Hibernate": _OFF,
    "IPv6CidrBlock": NONE,
    "InstanceRegionId": NONE,
    "Ipv4CidrMask": NONE,
    "Ipv4IpamPoolId": NONE,
    "Ipv6Address.N": NONE,
    "Ipv6AddressCount": _OFF,
    "Ipv6CidrBlock": NONE,
    "Ipv6CidrMask": NONE,
    "Ipv6IpamPoolId": NONE,
    "Ipv6Prefix.N": NONE,
    "Ipv6PrefixCount": _OFF,
    "LaunchTemplateId": NONE,
    "LaunchTemplateName": NONE,
    "Mode": frozenset(["nat"]),
    "PeriodUnit": frozenset(["month"]),
    "StoppedMode": frozenset(["keepcharging", "not-applicable"]),
    "TerminateSubscription": _OFF,
    "TrunkNetworkInstanceId": NONE,
    "UserCidr": NONE,
    "VpcIpv6CidrBlock": NONE,
}
"""The parameters that would change the network in a way that is not modelled, whatever the action, and the values with
which they change nothing, in small letters. Those of a new ENI are named without ``NetworkInterface.N.``.
"""
_REFUSED_OF: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "AllocateEipAddress": {"InstanceId": NONE, "IpAddress": NONE, "PublicIpAddressPoolId": NONE},
    "AllocatePublicIpAddress": {"IpAddress": NONE},
    "CreateNetworkInterface": {"InstanceType": _SECONDARY},
    "JoinSecurityGroup": {"NetworkInterfaceId": NONE},
    "LeaveSecurityGroup": {"NetworkInterfaceId": NONE},
    "ModifyInstanceAttribute": {"SecurityGroupIds.N": NONE},
    "ModifyInstanceVpcAttribute": {"SecurityGroupId.N": NONE, "VpcId": NONE},
    "ModifyVpcAttribute": {"CidrBlock": NONE},
    "RunInstances": {
        "NetworkInterface.N.InstanceType": _SECONDARY,
        "NetworkInterface.N.SecondaryPrivateIpAddressCount": _OFF,
    },
}
_NUMBER: Final = re.compile(r"\.[1-9][0-9]{0,8}(?=\.|\Z)")
_NEW_INTERFACE: Final = "NetworkInterface.N."


def pattern_of(parameter: str) -> str:
    """Returns the name of a parameter with ``N`` for each number of an item."""
    return _NUMBER.sub(".N", parameter) if "." in parameter else parameter


def is_modelled(row: Action, pattern: str) -> bool:
    """Returns whether the command of an action has a parameter."""
    if pattern in row.parameters or pattern in row.only or pattern in ("RegionId", "DryRun"):
        return True
    if pattern == "ClientToken":
        return row.takes_client_token
    head, _, rest = pattern.partition(".N.")
    if head == "Tag" and "Tag.N" in row.parameters:
        return True
    if head == "NetworkInterface" and row.new_interface:
        return rest == "NetworkInterfaceId" or rest in row.new_interface
    return f"{pattern}.N" in row.parameters


@cache
def class_of(action: str, pattern: str) -> Class:
    """Returns the class of a parameter of an action that is a command."""
    row = ACTIONS.get(action)
    if row is not None and is_modelled(row, pattern):
        return "modelled"
    if pattern in REMEMBERED.get(TABLE_OF.get(action, ""), ()):
        return "remembered"
    if TABLE_OF.get(action) == "instances" and _DISKS.fullmatch(pattern):
        return "remembered"
    if harmless_values(action, pattern) is not None:
        return "refused"
    return "ignored"


def harmless_values(action: str, pattern: str) -> frozenset[str] | None:
    """Returns the values of a refused parameter that change nothing, None for a parameter that is not refused."""
    of_action = _REFUSED_OF.get(action, {}).get(pattern)
    return REFUSED.get(pattern.removeprefix(_NEW_INTERFACE)) if of_action is None else of_action


def refuse(action: str, parameter: str) -> Refusal:
    """Returns the refusal of a parameter that would change the network and is not modelled."""
    reason = f"{parameter} of {action} would change the network, and ecsnet does not model it: leave it out"
    return Refusal("InvalidParameter.NotSupported", 400, reason)


def remembered_of(action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Returns the attributes that parameters of the class *remembered* give, by the names that show them."""
    table = REMEMBERED.get(TABLE_OF.get(action, ""), {})
    found: dict[str, Any] = {}
    disks: dict[str, dict[str, str]] = {}
    for name, value in parameters.items():
        if name.startswith(("SystemDisk.", "DataDisk.")):
            disk, _, what = name.rpartition(".")
            disks.setdefault(disk, {})[what] = value
        elif name in table:
            attribute, read = table[name]
            found[attribute] = read(value)
    if "SystemDisk" in disks:
        found["SystemDisk"] = disks.pop("SystemDisk")
    if disks:
        found["DataDisks"] = [disks[name] for name in sorted(disks)]
    return {name: value for name, value in found.items() if value is not None}


def known_parameters(action: str) -> Mapping[str, Class]:
    """Returns the class of each parameter of an action that the tables name."""
    row = ACTIONS.get(action)
    if row is None:
        described = DESCRIBE_ACTIONS[action]
        ignored: dict[str, Class] = dict.fromkeys(sorted(described.not_modelled), "ignored")
        modelled: dict[str, Class] = dict.fromkeys(sorted(described.parameters), "modelled")
        return {**ignored, **modelled}
    named = {*row.parameters, *row.only, *row.not_modelled, *REMEMBERED.get(TABLE_OF.get(action, ""), ())}
    named |= {f"NetworkInterface.N.{one}" for one in row.new_interface}
    return {one: _class_of_either(action, one) for one in sorted(named - {"NetworkInterface.N"})}


def _class_of_either(action: str, parameter: str) -> Class:
    """Returns the class of a parameter that may be the name of a list, whose items are numbered."""
    return "refused" if class_of(action, f"{parameter}.N") == "refused" else class_of(action, parameter)
