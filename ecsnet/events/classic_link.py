"""Events of ClassicLink."""

from __future__ import annotations

from ecsnet.events.base import Event


class VpcClassicLinkEnabled(Event, frozen=True, kw_only=True):
    vpc_id: str


class ClassicLinkAttached(Event, frozen=True, kw_only=True):
    instance_id: str
    vpc_id: str


class ClassicLinkDetached(Event, frozen=True, kw_only=True):
    instance_id: str
    vpc_id: str
