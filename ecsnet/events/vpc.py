"""Events of VPCs and VSwitches."""

from __future__ import annotations

from typing import ClassVar

from ecsnet.events.base import Event, TagPairs


class VpcCreation(Event, frozen=True, kw_only=True):
    """The base of all creations of a VPC. Schema 1 lacks name, description and tags."""

    SCHEMA: ClassVar[int] = 2
    vpc_id: str
    cidr_block: str
    name: str | None = None
    description: str | None = None
    tags: TagPairs = ()


class VpcCreated(VpcCreation, frozen=True, kw_only=True):
    """The VPC was created in one step and is Available."""


class VpcCreateRequested(VpcCreation, frozen=True, kw_only=True):
    """The VPC is Pending and will be Available."""


class VpcCreateCompleted(Event, frozen=True, kw_only=True):
    vpc_id: str


class VpcModified(Event, frozen=True, kw_only=True):
    """None: unchanged."""

    vpc_id: str
    name: str | None = None
    description: str | None = None


class VpcDeleteRequested(Event, frozen=True, kw_only=True):
    vpc_id: str


class VpcDeleted(Event, frozen=True, kw_only=True):
    vpc_id: str


class VpcCidrBlockAssociated(Event, frozen=True, kw_only=True):
    """VSwitches can be created in the block from now on."""

    vpc_id: str
    secondary_cidr_block: str


class VpcCidrBlockUnassociated(Event, frozen=True, kw_only=True):
    vpc_id: str
    secondary_cidr_block: str


class VSwitchCreation(Event, frozen=True, kw_only=True):
    """The base of all creations of a VSwitch. Schema 1 lacks name, description and tags."""

    SCHEMA: ClassVar[int] = 2
    vswitch_id: str
    vpc_id: str
    zone_id: str
    cidr_block: str
    name: str | None = None
    description: str | None = None
    tags: TagPairs = ()


class VSwitchCreated(VSwitchCreation, frozen=True, kw_only=True):
    """The VSwitch was created in one step and is Available."""


class VSwitchCreateRequested(VSwitchCreation, frozen=True, kw_only=True):
    """The VSwitch is Pending and will be Available."""


class VSwitchCreateCompleted(Event, frozen=True, kw_only=True):
    vswitch_id: str


class VSwitchModified(Event, frozen=True, kw_only=True):
    """None: unchanged."""

    vswitch_id: str
    name: str | None = None
    description: str | None = None


class VSwitchDeleteRequested(Event, frozen=True, kw_only=True):
    vswitch_id: str


class VSwitchDeleted(Event, frozen=True, kw_only=True):
    vswitch_id: str
