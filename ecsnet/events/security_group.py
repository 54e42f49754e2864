"""Events of security groups."""

from __future__ import annotations

from typing import ClassVar

from ecsnet.events.base import Event, TagPairs
from ecsnet.values import SecurityGroupType


class SecurityGroupCreated(Event, frozen=True, kw_only=True):
    """Schema 1 lacks ``security_group_type``, schema 2 name, description and tags."""

    SCHEMA: ClassVar[int] = 3
    security_group_id: str
    vpc_id: str | None = None
    security_group_type: SecurityGroupType = SecurityGroupType.Normal
    name: str | None = None
    description: str | None = None
    tags: TagPairs = ()


class SecurityGroupModified(Event, frozen=True, kw_only=True):
    """None: unchanged."""

    security_group_id: str
    name: str | None = None
    description: str | None = None


class SecurityGroupDeleteRequested(Event, frozen=True, kw_only=True):
    security_group_id: str


class SecurityGroupDeleted(Event, frozen=True, kw_only=True):
    security_group_id: str


class SecurityGroupAuthorized(Event, frozen=True, kw_only=True):
    """Members of the source group may now reach members of the group."""

    security_group_id: str
    source_group_id: str


class SecurityGroupRevoked(Event, frozen=True, kw_only=True):
    security_group_id: str
    source_group_id: str


class SecurityGroupJoined(Event, frozen=True, kw_only=True):
    security_group_id: str
    instance_id: str


class SecurityGroupLeft(Event, frozen=True, kw_only=True):
    security_group_id: str
    instance_id: str
