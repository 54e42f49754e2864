"""Events of an instance's own public address and of its bandwidth (in Mbit/s)."""

from __future__ import annotations

from ecsnet.events.base import Event, Moment


class PublicIpAddressAllocated(Event, frozen=True, kw_only=True):
    instance_id: str
    ip_address: str


class PublicIpAddressChanged(Event, frozen=True, kw_only=True):
    instance_id: str
    ip_address: str


class PublicIpAddressReleased(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceNetworkSpecModified(Event, frozen=True, kw_only=True):
    """Another bandwidth from now on, and a public address where that brings one."""

    instance_id: str
    internet_max_bandwidth_out: int
    ip_address: str | None = None


class InstanceRenewed(Event, frozen=True, kw_only=True):
    """The subscription goes on. ``next_bandwidth`` waits for the cycle that begins at ``next_cycle_at``."""

    instance_id: str
    expires_at: Moment
    next_bandwidth: int | None = None
    next_cycle_at: Moment | None = None


class InstanceVpcAttributeModified(Event, frozen=True, kw_only=True):
    """The primary ENI is in this VSwitch and has this address; the guest learns of it at the next start."""

    instance_id: str
    vswitch_id: str
    private_ip_address: str
