"""Events of elastic IP addresses."""

from __future__ import annotations

from ecsnet.events.base import Event


class EipAddressAllocated(Event, frozen=True, kw_only=True):
    allocation_id: str
    ip_address: str


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
