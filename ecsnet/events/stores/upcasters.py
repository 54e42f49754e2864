"""Upcasters: each makes a payload of one schema version of an event into one of the next.

They are as fixed as the payloads that they read, so nothing in them may change with the rest of the library: what they
need to know of it, such as the defaults of a time, is written out here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


# ClientTokenUsed 1 → 2

_DEFAULTS_OF_SCHEMA_1: Final[dict[str, dict[str, Any]]] = {
    "AssignPrivateIpAddresses": {"private_ip_addresses": []},
    "CreateInstance": {
        "instance_charge_type": "PostPaid",
        "internet_max_bandwidth_out": 0,
        "network_interface_ids": [],
        "network_type": "vpc",
    },
    "CreateNetworkInterface": {"private_ip_addresses": []},
    "DeleteInstance": {"force": False},
    "RenewInstance": {"period": 1},
    "RunInstances": {
        "amount": 1,
        "instance_charge_type": "PostPaid",
        "internet_max_bandwidth_out": 0,
        "network_interface_ids": [],
        "network_type": "vpc",
    },
}
"""The defaults that are not None of the commands whose ``repr``, which leaves defaults out, schema 1 has."""
_TEXT_OR_ENUM: Final = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|<\w+\.\w+: ('\w+')>"""


def _client_token_used(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has the command as its ``repr``, and the fields of the resources of the result.

    A text that is no such ``repr`` is kept as it is: the token was used, and no command is the one it was used for.
    """
    command_type, parameters = _parsed(old["command"])
    return {
        "client_token": old["client_token"],
        "command_type": command_type,
        "parameters": parameters,
        "resource_ids": [resource["id"] if "id" in resource else resource["name"] for resource in old["resources"]],
    }


def _parsed(command: str) -> tuple[str, str]:
    """Returns the type and the canonical JSON of a command's ``repr``."""
    try:
        call = ast.parse(re.sub(_TEXT_OR_ENUM, lambda found: found[1] or found[2], command), mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            return "", command
        given = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", command
    name = call.func.id
    parameters = {**_DEFAULTS_OF_SCHEMA_1.get(name, {}), **given}
    return name, msgspec.json.encode({key: parameters[key] for key in sorted(parameters)}).decode()


# InstanceNetworkSpecModified 1 → 2


def _instance_network_spec_modified(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``released_ip_address``: what it records released none."""
    return old


# VpcImported and VSwitchImported 2 → 3


def _network_imported(old: dict[str, Any]) -> dict[str, Any]:
    """The older schema has no ``held``, ``owner_id`` or ``tags``: each network counted as the account's own."""
    return old


# EipImported, InstanceImported, NetworkInterfaceImported, SecurityGroupImported, VpcImported, VSwitchImported 1 → 2


def _eip_imported(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 does not say that an EIP is held: one that is in use without an instance was another service's."""
    if old.get("instance_id") is None and old["status"] in ("Associating", "InUse", "Unassociating"):
        return {**old, "held": "another service uses it"}
    return old


def _instance_imported(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``held``: no instance was."""
    return old


def _network_interface_imported(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``held``: no ENI was."""
    return old


def _security_group_imported(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``security_group_type`` and no ``not_modelled``: neither was read."""
    return old


def _vpc_imported(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``secondary_cidr_blocks``: they were not read."""
    return old


def _vswitch_imported(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``unseen_addresses``: what was not described was not counted."""
    return old


# EipAddressAssociateRequested, EipAddressAssociated, EipAddressUnassociateRequested and EipAddressUnassociated 1 → 2


def _of_an_instance(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``network_interface_id``: every EIP was on an instance."""
    return old


# NetworkInterfaceCreated, NetworkInterfaceCreateRequested and PrivateIpAddresses… 1 → 2


def _without_prefixes(old: dict[str, Any]) -> dict[str, Any]:
    """The older schema has no ``ipv4_prefixes``: no ENI had one."""
    return old


# SecurityGroupCreated 1 → 2


def _security_group_created(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 has no ``security_group_type``: there were basic groups only."""
    return old


# EipImported, InstanceImported and NetworkInterfaceImported 2 → 3


def _imported_without_description(old: dict[str, Any]) -> dict[str, Any]:
    """Schema 2 does not keep what the description of a held resource said; nor protection from deletion and prefixes,
    which were not looked at, nor the ENI of an EIP, which was held then."""
    return old


# Names, descriptions and tags of every resource; whether an ENI goes with its instance


def _before_attributes(old: dict[str, Any]) -> dict[str, Any]:
    """The older schema has no names, descriptions or tags, and no ENI stays when its instance goes: the defaults."""
    return old


_WITH_ATTRIBUTES: Final = {
    "EipAddressAllocated": 2,
    "EipImported": 4,
    "InstanceCreateRequested": 2,
    "InstanceCreated": 2,
    "InstanceImported": 4,
    "InstanceLaunchRequested": 2,
    "InstanceLaunched": 2,
    "NetworkInterfaceCreateRequested": 2,
    "NetworkInterfaceCreated": 2,
    "NetworkInterfaceImported": 4,
    "NetworkInterfaceModified": 2,
    "SecurityGroupCreated": 3,
    "SecurityGroupImported": 3,
    "VSwitchCreateRequested": 2,
    "VSwitchCreated": 2,
    "VpcCreateRequested": 2,
    "VpcCreated": 2,
}
"""The first schema that has them, by type."""


UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("ClientTokenUsed", 1): _client_token_used,
    ("EipAddressAssociateRequested", 1): _of_an_instance,
    ("EipAddressAssociated", 1): _of_an_instance,
    ("EipAddressUnassociateRequested", 1): _of_an_instance,
    ("EipAddressUnassociated", 1): _of_an_instance,
    ("EipImported", 1): _eip_imported,
    ("EipImported", 2): _imported_without_description,
    ("InstanceImported", 1): _instance_imported,
    ("InstanceImported", 2): _imported_without_description,
    ("InstanceNetworkSpecModified", 1): _instance_network_spec_modified,
    ("NetworkInterfaceCreateRequested", 1): _without_prefixes,
    ("NetworkInterfaceCreated", 1): _without_prefixes,
    ("NetworkInterfaceImported", 1): _network_interface_imported,
    ("NetworkInterfaceImported", 2): _imported_without_description,
    ("PrivateIpAddressesAssigned", 1): _without_prefixes,
    ("PrivateIpAddressesUnassignRequested", 1): _without_prefixes,
    ("PrivateIpAddressesUnassigned", 1): _without_prefixes,
    ("SecurityGroupCreated", 1): _security_group_created,
    ("SecurityGroupImported", 1): _security_group_imported,
    ("VSwitchImported", 1): _vswitch_imported,
    ("VpcImported", 1): _vpc_imported,
    ("VSwitchImported", 2): _network_imported,
    ("VpcImported", 2): _network_imported,
    **{(name, version - 1): _before_attributes for name, version in _WITH_ATTRIBUTES.items()},
}
"""(type, schema version) → what makes a payload of the next schema version of it."""
