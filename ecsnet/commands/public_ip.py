"""Commands on the public addresses of instances."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Instance


class AllocatePublicIpAddress(Command[Instance], frozen=True, kw_only=True):
    """AllocatePublicIpAddress: the public address of an instance whose bandwidth was bought without one."""

    instance_id: str


class ChangePublicIpAddress(Command[Instance], frozen=True, kw_only=True):
    """The console's *Change Public IP* (guide 3.2). The real API has no such action; name and codes are ecsnet's."""

    instance_id: str


class ReleasePublicIpAddress(Command[Instance], frozen=True, kw_only=True):
    """ReleasePublicIpAddress: a subscription instance gives its NatPublicIp back (guide 2.2)."""

    instance_id: str


class ConvertNatPublicIpToEip(Command[Instance], frozen=True, kw_only=True):
    """ConvertNatPublicIpToEip (guide 3.3): the address stays, and is an EIP from then on. There is no way back."""

    instance_id: str
