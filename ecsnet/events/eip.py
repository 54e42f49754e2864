"""Events of EIPs."""

from __future__ import annotations

from ecsnet.events.base import Event


class EipAddressAllocated(Event, frozen=True, kw_only=True):
    allocation_id: str
    ip_address: str


class NatPublicIpConverted(Event, frozen=True, kw_only=True):
    """An instance's NatPublicIp became an EIP that is associated with the instance."""

    allocation_id: str
    ip_address: str
    instance_id: str


class EipAddressAssociateRequested(Event, frozen=True, kw_only=True):
    allocation_id: str
    instance_id: str


class EipAddressAssociated(Event, frozen=True, kw_only=True):
    allocation_id: str
    instance_id: str


class EipAddressUnassociateRequested(Event, frozen=True, kw_only=True):
    allocation_id: str
    instance_id: str


class EipAddressUnassociated(Event, frozen=True, kw_only=True):
    allocation_id: str
    instance_id: str


class EipAddressReleaseRequested(Event, frozen=True, kw_only=True):
    allocation_id: str


class EipAddressReleased(Event, frozen=True, kw_only=True):
    allocation_id: str


class EipAddressRegistered(Event, frozen=True, kw_only=True):
    """An EIP started to count towards the quota of its account. Recorded in the account's stream."""

    allocation_id: str
