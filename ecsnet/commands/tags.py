"""Commands on the tags of resources."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.errors import InvalidCommand
from ecsnet.resources import Resource
from ecsnet.values import TaggedType, Tags


@operation(kw_only=True)
class _OnResources(Command[tuple[Resource, ...]]):
    resource_type: TaggedType = attrs.field(converter=fields.tagged_type)
    resource_ids: tuple[str, ...] = attrs.field(converter=fields.identifiers)
    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)

    def __attrs_post_init__(self) -> None:
        if not self.resource_ids:
            raise InvalidCommand("must name at least one resource", parameter="resource_ids")


@operation(kw_only=True)
class TagResources(_OnResources):
    """TagResources: the resources get these tags besides their others. A key that one has gets the new value.

    ``resource_type`` is ``"instance"``, ``"eni"``, ``"securitygroup"``, ``"VPC"``, ``"VSWITCH"`` or ``"EIP"``; all
    resources are of this type and in one region: ``region_id``, or the first one's. The result has all of them.
    """

    tags: Tags = attrs.field(converter=fields.tags)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not self.tags:
            raise InvalidCommand("must have at least one tag", parameter="tags")


@operation(kw_only=True)
class UntagResources(_OnResources):
    """UntagResources: the resources lose the tags with these keys, or with ``all=True`` all tags but the system's.

    The other parameters are those of `TagResources`. A key that a resource does not have is accepted.
    """

    tag_keys: tuple[str, ...] = attrs.field(default=(), converter=fields.tag_keys)
    all: bool = attrs.field(default=False, converter=fields.flag)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if bool(self.tag_keys) == self.all:
            raise InvalidCommand("give either {tag_keys} or {all}", together=("tag_keys", "all"))
