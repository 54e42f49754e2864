"""Commands on EIPs."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Eip
from ecsnet.values import NO_TAGS, Tags


@operation(kw_only=True)
class AllocateEipAddress(Command[Eip]):
    """AllocateEipAddress, in ``region_id`` or the cloud's own."""

    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)
    name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)
    tags: Tags = attrs.field(default=NO_TAGS, converter=fields.tags)


@operation(kw_only=True)
class ModifyEipAddressAttribute(Command[Eip]):
    """ModifyEipAddressAttribute: another name, another description."""

    allocation_id: str = attrs.field(converter=fields.identifier)
    name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)

    def __attrs_post_init__(self) -> None:
        fields.must_modify(self, "name", "description")


@operation(kw_only=True)
class AssociateEipAddress(Command[Eip]):
    """AssociateEipAddress with an instance."""

    allocation_id: str = attrs.field(converter=fields.identifier)
    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class UnassociateEipAddress(Command[Eip]):
    """UnassociateEipAddress, from the instance it is named with, if one is."""

    allocation_id: str = attrs.field(converter=fields.identifier)
    instance_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)


@operation(kw_only=True)
class ReleaseEipAddress(Command[Eip]):
    """ReleaseEipAddress."""

    allocation_id: str = attrs.field(converter=fields.identifier)
