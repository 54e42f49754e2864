"""Commands on the public addresses of instances."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Instance


@operation(kw_only=True)
class AllocatePublicIpAddress(Command[Instance]):
    """AllocatePublicIpAddress: the public address of an instance whose bandwidth was bought without one."""

    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class ChangePublicIpAddress(Command[Instance]):
    """The console's *Change Public IP* (guide 3.2). The real API has no such action; name and codes are ecsnet's."""

    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class ReleasePublicIpAddress(Command[Instance]):
    """ReleasePublicIpAddress: a subscription instance gives its NatPublicIp back (guide 2.2)."""

    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class ConvertNatPublicIpToEip(Command[Instance]):
    """ConvertNatPublicIpToEip (guide 3.3): the address stays, and is an EIP from then on. There is no way back."""

    instance_id: str = attrs.field(converter=fields.identifier)
