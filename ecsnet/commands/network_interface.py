"""Commands on elastic network interfaces and their private addresses."""

from __future__ import annotations

from collections.abc import Sequence

from ecsnet.commands.base import Command
from ecsnet.errors import InvalidCommand
from ecsnet.resources import NetworkInterface


class CreateNetworkInterface(Command[NetworkInterface], frozen=True, kw_only=True):
    """CreateNetworkInterface (guide 4.2). ``private_ip_addresses`` are its secondary addresses; instead of them,
    ``secondary_private_ip_address_count`` asks for that many of the system's choice."""

    vswitch_id: str
    security_group_ids: Sequence[str]
    primary_ip_address: str | None = None
    private_ip_addresses: Sequence[str] = ()
    secondary_private_ip_address_count: int | None = None
    network_interface_name: str | None = None
    description: str | None = None

    def _check_together(self) -> None:
        if self.private_ip_addresses and self.secondary_private_ip_address_count is not None:
            raise InvalidCommand("give private_ip_addresses or secondary_private_ip_address_count, not both")


class AttachNetworkInterface(Command[NetworkInterface], frozen=True, kw_only=True):
    """AttachNetworkInterface (guide 4.1)."""

    network_interface_id: str
    instance_id: str


class DetachNetworkInterface(Command[NetworkInterface], frozen=True, kw_only=True):
    """DetachNetworkInterface (guide 4.8). Asked again while Detaching, it is accepted and changes nothing."""

    network_interface_id: str
    instance_id: str


class DeleteNetworkInterface(Command[NetworkInterface], frozen=True, kw_only=True):
    """DeleteNetworkInterface (guide 4.9). Asked again while Deleting, it is accepted and changes nothing."""

    network_interface_id: str


class ModifyNetworkInterfaceAttribute(Command[NetworkInterface], frozen=True, kw_only=True):
    """ModifyNetworkInterfaceAttribute (guide 4.5). ``security_group_ids`` replaces the whole set of groups."""

    network_interface_id: str
    network_interface_name: str | None = None
    description: str | None = None
    security_group_ids: Sequence[str] | None = None

    def _check_together(self) -> None:
        if self.network_interface_name is None and self.description is None and self.security_group_ids is None:
            raise InvalidCommand("nothing to modify: give network_interface_name, description or security_group_ids")


class AssignPrivateIpAddresses(Command[NetworkInterface], frozen=True, kw_only=True):
    """AssignPrivateIpAddresses (guide 4.6): these secondary addresses, or that many of the system's choice."""

    network_interface_id: str
    private_ip_addresses: Sequence[str] = ()
    secondary_private_ip_address_count: int | None = None

    def _check_together(self) -> None:
        if bool(self.private_ip_addresses) == (self.secondary_private_ip_address_count is not None):
            raise InvalidCommand("give either private_ip_addresses or secondary_private_ip_address_count")


class UnassignPrivateIpAddresses(Command[NetworkInterface], frozen=True, kw_only=True):
    """UnassignPrivateIpAddresses (guide 4.7)."""

    network_interface_id: str
    private_ip_addresses: Sequence[str]

    def _check_together(self) -> None:
        if not self.private_ip_addresses:
            raise InvalidCommand("private_ip_addresses must name at least one address")
