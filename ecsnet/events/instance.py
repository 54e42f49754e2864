"""Events of instances. A *Requested* event begins a transition, which the event that is named after its result ends."""

from __future__ import annotations

from typing import ClassVar

from ecsnet.events.base import Event, Moment, TagPairs
from ecsnet.values import ChargeType, InstanceType


class InstanceCreation(Event, frozen=True, kw_only=True):
    """The base of all creations of an instance. In a VPC the primary ENI is created by the same event.

    A classic instance has no VSwitch and no ENI, so its ``zone_id`` is recorded; in a VPC it is one that was asked for
    and is not the VSwitch's. ``instance_type`` is recorded in full, so that another catalogue does not change the past.
    ``tags`` are those of the instance and of its primary ENI. Schema 1 lacks name, description and tags.
    """

    SCHEMA: ClassVar[int] = 2
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
    name: str | None = None
    description: str | None = None
    tags: TagPairs = ()


class InstanceCreated(InstanceCreation, frozen=True, kw_only=True):
    """The instance was created in one step and is Stopped."""


class InstanceLaunched(InstanceCreation, frozen=True, kw_only=True):
    """The instance was created and started in one step and is Running."""


class InstanceCreateRequested(InstanceCreation, frozen=True, kw_only=True):
    """The instance is Pending and will be Stopped."""


class InstanceLaunchRequested(InstanceCreation, frozen=True, kw_only=True):
    """The instance is Pending and will be Running."""


class InstanceCreateCompleted(Event, frozen=True, kw_only=True):
    instance_id: str


class InstanceModified(Event, frozen=True, kw_only=True):
    """None: unchanged."""

    instance_id: str
    name: str | None = None
    description: str | None = None


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


class InstanceReleaseRequested(Event, frozen=True, kw_only=True):
    """The instance will be released, with all that is still attached to it then; a Running one is stopped before.

    A release of before ``force`` was recorded is taken to have been forced.
    """

    instance_id: str
    force: bool = True


class InstanceReleased(Event, frozen=True, kw_only=True):
    """The instance and its primary ENI were released; each other ENI that was attached has an event of its own.

    A release of before ``force`` was recorded is taken to have been forced.
    """

    instance_id: str
    force: bool = True


class InstanceNetworkSpecModified(Event, frozen=True, kw_only=True):
    """The bandwidth changed; ``ip_address`` is the public address that came with it, if any.

    ``released_ip_address`` is the NatPublicIp that the instance lost, as its new cycle began at 0 Mbit/s. Schema 1
    lacks it: such a cycle left the address.
    """

    SCHEMA: ClassVar[int] = 2
    instance_id: str
    internet_max_bandwidth_out: int
    ip_address: str | None = None
    released_ip_address: str | None = None


class InstanceRenewed(Event, frozen=True, kw_only=True):
    """The subscription was renewed; ``next_bandwidth`` applies from the cycle that begins at ``next_cycle_at``."""

    instance_id: str
    expires_at: Moment
    next_bandwidth: int | None = None
    next_cycle_at: Moment | None = None


class InstanceVpcAttributeModified(Event, frozen=True, kw_only=True):
    """The primary ENI moved to this VSwitch and address; the change takes effect in the guest at its next start."""

    instance_id: str
    vswitch_id: str
    private_ip_address: str
