"""Events of VPCs and VSwitches."""

from __future__ import annotations

from ecsnet.events.base import Event


class VpcCreated(Event, frozen=True, kw_only=True):
    vpc_id: str
    cidr_block: str


class VpcDeleted(Event, frozen=True, kw_only=True):
    vpc_id: str


class VSwitchCreated(Event, frozen=True, kw_only=True):
    vswitch_id: str
    vpc_id: str
    zone_id: str
    cidr_block: str


class VSwitchDeleted(Event, frozen=True, kw_only=True):
    vswitch_id: str
