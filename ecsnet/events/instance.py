"""Events of instances. A *Requested* event opens a transitional state, and the event named for the result ends it."""

from __future__ import annotations

from ecsnet.events.base import Event, Moment
from ecsnet.values import ChargeType, InstanceType


class InstanceCreation(Event, frozen=True, kw_only=True):
    """What every creation of an instance records: the instance and, in a VPC, its primary ENI, born together.

    A classic instance has no VSwitch and no ENI; its ``zone_id`` is written here.
    ``instance_type`` is written out in full, so that another catalogue never changes the past.
    """

    instance_id: str
    instance_type: InstanceType
    security_group_ids: tuple[str, ...]
    private_ip_address: str
    vswitch_id: str | None = None
    primary_network_interface_id: str | None = None
    mac_address: str | None = None
    zone_id: str | None = None
    charge_type: ChargeType = ChargeType.PostPaid
    expires_at: Moment | None = None
    image_id: str | None = None
    internet_max_bandwidth_out: int = 0
    public_ip_address: str | None = None


class InstanceCreated(InstanceCreation, frozen=True, kw_only=True):
    """Created at once, Stopped."""


class InstanceLaunched(InstanceCreation, frozen=True, kw_only=True):
    """Created and started at once, Running."""


class InstanceCreateRequested(InstanceCreation, frozen=True, kw_only=True):
    """Pending, to be Stopped."""


class InstanceLaunchRequested(InstanceCreation, frozen=True, kw_only=True):
    """Pending, to be Running."""


class InstanceCreateCompleted(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceStartRequested(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceStarted(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceStopRequested(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceStopped(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceRebootRequested(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceRebooted(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceReleased(Event, frozen=True, kw_only=True):
    """The instance and its primary ENI are gone; every other ENI that was attached has an event of its own."""

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
