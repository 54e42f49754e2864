"""Commands on elastic network interfaces and their private addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from ecsnet._arguments import shown
from ecsnet._attrs import field_names
from ecsnet.commands import fields
from ecsnet.commands.base import Command, Printed, operation
from ecsnet.errors import InvalidCommand
from ecsnet.resources import NetworkInterface
from ecsnet.values import NO_TAGS, Tags

_ADDRESSES: Final = ("private_ip_addresses", "secondary_private_ip_address_count")
_PREFIXES: Final = ("ipv4_prefixes", "ipv4_prefix_count")


def _not_both(command: Any, one: str, other: str) -> None:
    if getattr(command, one) and getattr(command, other) is not None:
        raise InvalidCommand(f"give {{{one}}} or {{{other}}}, not both", together=(one, other))


@operation(kw_only=True)
class NewNetworkInterface(Printed):
    """A secondary ENI that `RunInstances` or `CreateInstance` creates with each instance (guide 4.3).

    Its VSwitch is the instance's unless ``vswitch_id`` names another, and so are its security groups;
    ``primary_ip_address`` is the system's choice if it is None. With ``delete_on_release=False`` it stays, Available,
    when the instance is released.
    """

    vswitch_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    security_group_ids: tuple[str, ...] | None = attrs.field(default=None, converter=fields.optional_identifiers)
    primary_ip_address: str | None = attrs.field(default=None, converter=fields.optional_ipv4)
    network_interface_name: str | None = attrs.field(default=None, converter=fields.optional_interface_name)
    description: str | None = attrs.field(default=None, converter=fields.optional_description)
    delete_on_release: bool = attrs.field(default=True, converter=fields.flag)


MOST_NEW_INTERFACES: Final = 100
"""More than any instance takes."""
Described = NewNetworkInterface | Mapping[str, Any]


def new_interfaces(value: Iterable[Described], name: str = "new ENIs") -> tuple[NewNetworkInterface, ...]:
    """Returns descriptions of new ENIs as a tuple; a mapping has the fields of one. A converter."""
    items = tuple(fields.items_of(name, value))
    if len(items) > MOST_NEW_INTERFACES:
        raise InvalidCommand(f"must have at most {MOST_NEW_INTERFACES} items", parameter=name)
    return tuple([_new_interface(name, item) for item in items])


def _new_interface(name: str, value: Any) -> NewNetworkInterface:
    if isinstance(value, NewNetworkInterface):
        return value
    if not isinstance(value, Mapping) or not value.keys() <= set(field_names(NewNetworkInterface)):
        raise InvalidCommand(f"must be NewNetworkInterface values, not {shown(value)}", parameter=name)
    try:
        return NewNetworkInterface(**value)
    except InvalidCommand as error:
        raise InvalidCommand(f"has a new ENI whose {error}", parameter=name) from error


@operation(kw_only=True)
class CreateNetworkInterface(Command[NetworkInterface]):
    """CreateNetworkInterface (guide 4.2). ``private_ip_addresses`` are its secondary addresses; instead of them,
    ``secondary_private_ip_address_count`` asks for that many of the system's choice. ``ipv4_prefixes`` are blocks of
    sixteen further addresses (``10.0.1.48/28``), and ``ipv4_prefix_count`` is their number instead. With
    ``delete_on_release=False`` the ENI stays, Available, when the instance that it is on is released."""

    vswitch_id: str = attrs.field(converter=fields.identifier)
    security_group_ids: tuple[str, ...] = attrs.field(converter=fields.identifiers)
    primary_ip_address: str | None = attrs.field(default=None, converter=fields.optional_ipv4)
    private_ip_addresses: tuple[str, ...] = attrs.field(default=(), converter=fields.ipv4s)
    secondary_private_ip_address_count: int | None = attrs.field(default=None, converter=fields.optional_address_count)
    network_interface_name: str | None = attrs.field(default=None, converter=fields.optional_interface_name)
    description: str | None = attrs.field(default=None, converter=fields.optional_description)
    ipv4_prefixes: tuple[str, ...] = attrs.field(default=(), converter=fields.ipv4_prefixes)
    ipv4_prefix_count: int | None = attrs.field(default=None, converter=fields.optional_prefix_count)
    tags: Tags = attrs.field(default=NO_TAGS, converter=fields.tags)
    delete_on_release: bool = attrs.field(default=True, converter=fields.flag)

    def __attrs_post_init__(self) -> None:
        if self.private_ip_addresses or self.ipv4_prefixes:
            _not_both(self, *_ADDRESSES)
            _not_both(self, *_PREFIXES)


@operation(kw_only=True)
class AttachNetworkInterface(Command[NetworkInterface]):
    """AttachNetworkInterface (guide 4.1)."""

    network_interface_id: str = attrs.field(converter=fields.identifier)
    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class DetachNetworkInterface(Command[NetworkInterface]):
    """DetachNetworkInterface (guide 4.8). Asked again while Detaching, it is accepted and changes nothing."""

    network_interface_id: str = attrs.field(converter=fields.identifier)
    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class DeleteNetworkInterface(Command[NetworkInterface]):
    """DeleteNetworkInterface (guide 4.9). Asked again while Deleting, it is accepted and changes nothing."""

    network_interface_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class ModifyNetworkInterfaceAttribute(Command[NetworkInterface]):
    """ModifyNetworkInterfaceAttribute (guide 4.5). ``security_group_ids`` replaces the whole set of groups."""

    network_interface_id: str = attrs.field(converter=fields.identifier)
    network_interface_name: str | None = attrs.field(default=None, converter=fields.optional_interface_name)
    description: str | None = attrs.field(default=None, converter=fields.optional_description)
    security_group_ids: tuple[str, ...] | None = attrs.field(default=None, converter=fields.optional_identifiers)
    delete_on_release: bool | None = attrs.field(default=None, converter=fields.optional_flag)

    def __attrs_post_init__(self) -> None:
        fields.must_modify(self, "network_interface_name", "description", "security_group_ids", "delete_on_release")


@operation(kw_only=True)
class AssignPrivateIpAddresses(Command[NetworkInterface]):
    """AssignPrivateIpAddresses (guide 4.6): these secondary addresses, or that many of the system's choice; these IPv4
    prefixes, of sixteen addresses each, or that many; or both."""

    network_interface_id: str = attrs.field(converter=fields.identifier)
    private_ip_addresses: tuple[str, ...] = attrs.field(default=(), converter=fields.ipv4s)
    secondary_private_ip_address_count: int | None = attrs.field(default=None, converter=fields.optional_address_count)
    ipv4_prefixes: tuple[str, ...] = attrs.field(default=(), converter=fields.ipv4_prefixes)
    ipv4_prefix_count: int | None = attrs.field(default=None, converter=fields.optional_prefix_count)

    def __attrs_post_init__(self) -> None:
        named, count = self.private_ip_addresses, self.secondary_private_ip_address_count
        if self.ipv4_prefixes or self.ipv4_prefix_count is not None:
            _not_both(self, *_ADDRESSES)
            _not_both(self, *_PREFIXES)
        elif bool(named) == (count is not None):
            raise InvalidCommand(
                "give either {private_ip_addresses} or {secondary_private_ip_address_count}", together=_ADDRESSES
            )


@operation(kw_only=True)
class UnassignPrivateIpAddresses(Command[NetworkInterface]):
    """UnassignPrivateIpAddresses (guide 4.7): secondary addresses, IPv4 prefixes, or both."""

    network_interface_id: str = attrs.field(converter=fields.identifier)
    private_ip_addresses: tuple[str, ...] = attrs.field(default=(), converter=fields.ipv4s)
    ipv4_prefixes: tuple[str, ...] = attrs.field(default=(), converter=fields.ipv4_prefixes)

    def __attrs_post_init__(self) -> None:
        if not self.private_ip_addresses and not self.ipv4_prefixes:
            raise InvalidCommand("must name at least one address", parameter="private_ip_addresses")
