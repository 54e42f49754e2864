"""Commands on EIPs."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Eip


class AllocateEipAddress(Command[Eip], frozen=True, kw_only=True):
    """AllocateEipAddress, in ``region_id`` or the cloud's own."""

    region_id: str | None = None


class AssociateEipAddress(Command[Eip], frozen=True, kw_only=True):
    """AssociateEipAddress with an instance."""

    allocation_id: str
    instance_id: str


class UnassociateEipAddress(Command[Eip], frozen=True, kw_only=True):
    """UnassociateEipAddress, from the instance it is named with, if one is."""

    allocation_id: str
    instance_id: str | None = None


class ReleaseEipAddress(Command[Eip], frozen=True, kw_only=True):
    """ReleaseEipAddress."""

    allocation_id: str
