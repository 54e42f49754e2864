"""Commands on ClassicLink, which links instances of the classic network to a VPC (guide 2.3)."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Instance, Vpc


class EnableVpcClassicLink(Command[Vpc], frozen=True, kw_only=True):
    """EnableVpcClassicLink. Enabling it twice is accepted and changes nothing."""

    vpc_id: str


class AttachClassicLinkVpc(Command[Instance], frozen=True, kw_only=True):
    """AttachClassicLinkVpc: the classic instance reaches the VPC."""

    instance_id: str
    vpc_id: str


class DetachClassicLinkVpc(Command[Instance], frozen=True, kw_only=True):
    """DetachClassicLinkVpc."""

    instance_id: str
    vpc_id: str
