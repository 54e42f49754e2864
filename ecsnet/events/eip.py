"""Events of EIPs."""

from __future__ import annotations

from typing import ClassVar

from ecsnet.events.base import Event, TagPairs


class EipAddressAllocated(Event, frozen=True, kw_only=True):
    """Schema 1 lacks name, description and tags."""

    SCHEMA: ClassVar[int] = 2
    allocation_id: str
    ip_address: str
    name: str | None = None
    description: str | None = None
    tags: TagPairs = ()


class EipAddressModified(Event, frozen=True, kw_only=True):
    """None: unchanged."""

    allocation_id: str
    name: str | None = None
    description: str | None = None


class NatPublicIpConverted(Event, frozen=True, kw_only=True):
    """An instance's NatPublicIp became an EIP that is associated with the instance."""

    allocation_id: str
    ip_address: str
    instance_id: str


class EipAddressAssociateRequested(Event, frozen=True, kw_only=True):
    """With an instance or an ENI, and its private address, None for the primary one. Schema 1 has instances only."""

    SCHEMA: ClassVar[int] = 2
    allocation_id: str
    instance_id: str | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None


class EipAddressAssociated(Event, frozen=True, kw_only=True):
    """With an instance or an ENI, and its private address, None for the primary one. Schema 1 has instances only."""

    SCHEMA: ClassVar[int] = 2
    allocation_id: str
    instance_id: str | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None


class EipAddressUnassociateRequested(Event, frozen=True, kw_only=True):
    """From an instance or an ENI, and its private address, None for the primary one. Schema 1 has instances only."""

    SCHEMA: ClassVar[int] = 2
    allocation_id: str
    instance_id: str | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None


class EipAddressUnassociated(Event, frozen=True, kw_only=True):
    """From an instance or an ENI, and its private address, None for the primary one. Schema 1 has instances only."""

    SCHEMA: ClassVar[int] = 2
    allocation_id: str
    instance_id: str | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None


class EipAddressReleaseRequested(Event, frozen=True, kw_only=True):
    allocation_id: str


class EipAddressReleased(Event, frozen=True, kw_only=True):
    allocation_id: str


class EipAddressRegistered(Event, frozen=True, kw_only=True):
    """An EIP started to count towards the quota of its account. Recorded in the account's stream."""

    allocation_id: str
