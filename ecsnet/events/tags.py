"""Events of tags, one for each resource that a command tags."""

from __future__ import annotations

from ecsnet.events.base import Event, TagPairs
from ecsnet.values import TaggedType


class ResourceTagged(Event, frozen=True, kw_only=True):
    """The resource has these tags besides its others; a key that it had has another value from now on."""

    resource_type: TaggedType
    resource_id: str
    tags: TagPairs


class ResourceUntagged(Event, frozen=True, kw_only=True):
    """The resource has no tags with these keys any more."""

    resource_type: TaggedType
    resource_id: str
    tag_keys: tuple[str, ...]
