"""Events of secondary ENIs, and of the private addresses of any ENI."""

from __future__ import annotations

from typing import ClassVar

from ecsnet.events.base import Event, TagPairs


class NetworkInterfaceCreation(Event, frozen=True, kw_only=True):
    """The base of all creations of an ENI; the first of ``private_ip_addresses`` is the primary address. Schema 1 lacks
    ``ipv4_prefixes``, ``tags`` and ``delete_on_release``."""

    SCHEMA: ClassVar[int] = 2
    network_interface_id: str
    vswitch_id: str
    mac_address: str
    private_ip_addresses: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    name: str | None = None
    description: str | None = None
    ipv4_prefixes: tuple[str, ...] = ()
    tags: TagPairs = ()
    delete_on_release: bool = True


class NetworkInterfaceCreated(NetworkInterfaceCreation, frozen=True, kw_only=True):
    """The ENI was created in one step and is Available."""


class NetworkInterfaceCreateRequested(NetworkInterfaceCreation, frozen=True, kw_only=True):
    """The ENI is Creating and will be Available. Only older histories have it: creating an ENI takes no time."""


class NetworkInterfaceCreateCompleted(Event, frozen=True, kw_only=True):
    network_interface_id: str


class NetworkInterfaceCreateFailed(Event, frozen=True, kw_only=True):
    """The ENI, which was Creating, is CreateFailed: it can only be deleted."""

    network_interface_id: str


class NetworkInterfaceAttachRequested(Event, frozen=True, kw_only=True):
    network_interface_id: str
    instance_id: str


class NetworkInterfaceAttached(Event, frozen=True, kw_only=True):
    network_interface_id: str
    instance_id: str


class NetworkInterfaceAttachFailed(Event, frozen=True, kw_only=True):
    """The ENI, which was Attaching, is Available again and on no instance."""

    network_interface_id: str
    instance_id: str


class NetworkInterfaceDetachRequested(Event, frozen=True, kw_only=True):
    network_interface_id: str
    instance_id: str


class NetworkInterfaceDetached(Event, frozen=True, kw_only=True):
    network_interface_id: str
    instance_id: str


class NetworkInterfaceDeleteRequested(Event, frozen=True, kw_only=True):
    network_interface_id: str


class NetworkInterfaceDeleted(Event, frozen=True, kw_only=True):
    network_interface_id: str


class NetworkInterfaceStuck(Event, frozen=True, kw_only=True):
    """The ENI stays Attaching, Detaching or Deleting until that is asked for again."""

    network_interface_id: str


class NetworkInterfaceReleased(Event, frozen=True, kw_only=True):
    """The ENI was deleted together with the instance it was attached to."""

    network_interface_id: str
    instance_id: str


class NetworkInterfaceRetained(Event, frozen=True, kw_only=True):
    """The instance that the ENI was attached to was released, and the ENI stays, Available and on no instance."""

    network_interface_id: str
    instance_id: str


class NetworkInterfaceModified(Event, frozen=True, kw_only=True):
    """None: unchanged. ``security_group_ids`` is the whole new set. Schema 1 lacks ``delete_on_release``."""

    SCHEMA: ClassVar[int] = 2
    network_interface_id: str
    name: str | None = None
    description: str | None = None
    security_group_ids: tuple[str, ...] | None = None
    delete_on_release: bool | None = None


class PrivateIpAddressesAssigned(Event, frozen=True, kw_only=True):
    """Schema 1 has no prefixes."""

    SCHEMA: ClassVar[int] = 2
    network_interface_id: str
    private_ip_addresses: tuple[str, ...] = ()
    ipv4_prefixes: tuple[str, ...] = ()


class PrivateIpAddressesUnassignRequested(Event, frozen=True, kw_only=True):
    """The ENI keeps the addresses until they are unassigned. Schema 1 has no prefixes."""

    SCHEMA: ClassVar[int] = 2
    network_interface_id: str
    private_ip_addresses: tuple[str, ...] = ()
    ipv4_prefixes: tuple[str, ...] = ()


class PrivateIpAddressesUnassigned(Event, frozen=True, kw_only=True):
    """Schema 1 has no prefixes."""

    SCHEMA: ClassVar[int] = 2
    network_interface_id: str
    private_ip_addresses: tuple[str, ...] = ()
    ipv4_prefixes: tuple[str, ...] = ()
