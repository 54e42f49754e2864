"""Commands on public addresses: the one an instance comes with, elastic IPs, and the bandwidth that is bought."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Eip, Instance


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


class ModifyInstanceNetworkSpec(Command[Instance], frozen=True, kw_only=True):
    """ModifyInstanceNetworkSpec: another bandwidth, in Mbit/s, at once. From 0, a subscription instance also gets a
    public address (guide 2.1)."""

    instance_id: str
    internet_max_bandwidth_out: int


class RenewInstance(Command[Instance], frozen=True, kw_only=True):
    """RenewInstance: a subscription for ``period`` more months; another bandwidth waits for the next cycle."""

    instance_id: str
    period: int = 1
    internet_max_bandwidth_out: int | None = None


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
