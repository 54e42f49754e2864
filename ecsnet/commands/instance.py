"""Commands on instances."""

from __future__ import annotations

from collections.abc import Sequence

from ecsnet.commands.base import Command, R_co
from ecsnet.errors import InvalidCommand
from ecsnet.resources import Instance
from ecsnet.values import ChargeType, NetworkType


class _NewInstance(Command[R_co], frozen=True, kw_only=True):
    instance_type: str
    vswitch_id: str | None = None
    security_group_ids: Sequence[str]
    region_id: str | None = None
    zone_id: str | None = None
    private_ip_address: str | None = None
    image_id: str | None = None
    instance_charge_type: str = ChargeType.PostPaid
    period: int | None = None
    internet_max_bandwidth_out: int = 0
    network_interface_ids: Sequence[str] = ()
    network_type: str = NetworkType.Vpc

    def _check_together(self) -> None:
        if self.network_type == NetworkType.Vpc and self.vswitch_id is None:
            raise InvalidCommand("vswitch_id is missing: an instance of a VPC is created in a VSwitch")
        if self.network_type == NetworkType.Classic and (self.vswitch_id or self.private_ip_address):
            raise InvalidCommand("a classic instance has no VSwitch, and its private address is the system's choice")
        if self.period is not None and self.instance_charge_type != ChargeType.PrePaid:
            raise InvalidCommand("period is for subscription instances: set instance_charge_type='PrePaid'")


class CreateInstance(_NewInstance[Instance], frozen=True, kw_only=True):
    """CreateInstance: one instance, Stopped.

    ``period`` is in months, for subscription (PrePaid) instances only, one if not given.
    ``internet_max_bandwidth_out`` is in Mbit/s; bought here, it brings no public address yet: `AllocatePublicIpAddress`
    does. ``network_interface_ids`` are secondary ENIs to attach, at most one (guide 4.3). An instance of the classic
    network (``network_type="classic"``, guide 1) has no VSwitch and no ENI.
    """


class RunInstances(_NewInstance[tuple[Instance, ...]], frozen=True, kw_only=True):
    """RunInstances: ``amount`` instances (1 to 100), Running; the answer is a tuple even of one.

    With a bandwidth each gets a public address (NatPublicIp) at once. The other parameters are those of
    `CreateInstance`; an explicit address or ENI is for an amount of one.
    """

    amount: int = 1

    def _check_together(self) -> None:
        super()._check_together()
        if self.amount > 1 and (self.private_ip_address is not None or self.network_interface_ids):
            raise InvalidCommand("private_ip_address and network_interface_ids are for one instance: amount must be 1")


class StartInstance(Command[Instance], frozen=True, kw_only=True):
    """StartInstance, from Stopped."""

    instance_id: str


class StopInstance(Command[Instance], frozen=True, kw_only=True):
    """StopInstance, from Running."""

    instance_id: str


class RebootInstance(Command[Instance], frozen=True, kw_only=True):
    """RebootInstance, from Running."""

    instance_id: str


class ModifyInstanceVpcAttribute(Command[Instance], frozen=True, kw_only=True):
    """ModifyInstanceVpcAttribute (guide 3.1): another private address, or another VSwitch of the same zone and VPC.

    Without ``private_ip_address`` one is drawn. Instance and primary ENI show the change at once; it takes effect at
    the next start, and until then `Instance.private_ip_change_pending` is true.
    """

    instance_id: str
    vswitch_id: str
    private_ip_address: str | None = None


class DeleteInstance(Command[Instance], frozen=True, kw_only=True):
    """DeleteInstance (the guide's *release*): the ENIs still attached go with it. A running one needs ``force``."""

    instance_id: str
    force: bool = False


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
