"""Commands on ClassicLink, which links instances of the classic network to a VPC (guide 2.3)."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Instance, Vpc


@operation(kw_only=True)
class EnableVpcClassicLink(Command[Vpc]):
    """EnableVpcClassicLink. Enabling it twice is accepted and changes nothing."""

    vpc_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class AttachClassicLinkVpc(Command[Instance]):
    """AttachClassicLinkVpc: the classic instance reaches the VPC."""

    instance_id: str = attrs.field(converter=fields.identifier)
    vpc_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class DetachClassicLinkVpc(Command[Instance]):
    """DetachClassicLinkVpc."""

    instance_id: str = attrs.field(converter=fields.identifier)
    vpc_id: str = attrs.field(converter=fields.identifier)
