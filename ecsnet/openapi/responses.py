"""The resources that actions return, and the vendor's names of their attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args, get_origin

import attrs

from ecsnet._attrs import field_names
from ecsnet.commands import Command
from ecsnet.openapi.actions import snake_case
from ecsnet.resources import Eip, Instance, NetworkInterface, SecurityGroup, Vpc, VSwitch


@attrs.frozen
class Response:
    """The class of the resource that a command returns; ``several`` is true if it returns a tuple of them."""

    resource: type[Any]
    several: bool


_SPELLED_OTHERWISE: Final[Mapping[type[Any], Mapping[str, str]]] = {
    Vpc: {"vpc_id": "id", "vpc_name": "name"},
    VSwitch: {"vswitch_id": "id", "vswitch_name": "name"},
    SecurityGroup: {"security_group_id": "id", "security_group_name": "name", "security_group_type": "type"},
    Instance: {
        "instance_id": "id",
        "instance_name": "name",
        "private_ip_address": "private_ip",
        "instance_charge_type": "charge_type",
        "instance_network_type": "network_type",
    },
    NetworkInterface: {
        "network_interface_id": "id",
        "network_interface_name": "name",
        "private_ip_address": "primary_private_ip",
    },
    Eip: {"allocation_id": "id", "eip_address": "ip_address"},
}


def response_of(command: type[Command[Any]]) -> Response:
    """Returns the response of a class of commands, from the parameter of its base ``Command[...]``."""
    for one in command.__mro__:
        for base in vars(one).get("__orig_bases__", ()):
            origin, arguments = get_origin(base), get_args(base)
            if isinstance(origin, type) and issubclass(origin, Command) and not isinstance(arguments[0], TypeVar):
                several = get_origin(arguments[0]) is tuple
                return Response(get_args(arguments[0])[0] if several else arguments[0], several)
    raise TypeError(f"{command.__name__} does not declare the type of its result")


def result_count(command: Command[Any]) -> int:
    """Returns how many resources a command returns; of one on several instances that may fail in part, at most."""
    for name in ("resource_ids", "instance_ids"):
        if hasattr(command, name):
            return len(getattr(command, name))
    return int(getattr(command, "amount", 1))


def attribute_of(resource: type[Any], name: str) -> str | None:
    """Returns the attribute with a name in snake_case (``primary_network_interface_id``) or in the vendor's spelling
    (``PrimaryNetworkInterfaceId``); None if the resource has no such attribute."""
    attribute = snake_case(name)
    if attribute in field_names(resource):
        return attribute
    return _SPELLED_OTHERWISE.get(resource, {}).get(attribute)
