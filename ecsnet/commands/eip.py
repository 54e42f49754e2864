"""Commands on EIPs."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Eip


@operation(kw_only=True)
class AllocateEipAddress(Command[Eip]):
    """AllocateEipAddress, in ``region_id`` or the cloud's own."""

    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)


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
