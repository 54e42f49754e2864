"""Commands on instances."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, R_co, operation
from ecsnet.commands.network_interface import NewNetworkInterface, new_interfaces
from ecsnet.errors import InvalidCommand
from ecsnet.resources import Instance
from ecsnet.values import NO_TAGS, BatchOptimization, ChargeType, NetworkType, Tags


@operation(kw_only=True)
class _NewInstance(Command[R_co]):
    instance_type: str = attrs.field(converter=fields.identifier)
    vswitch_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    security_group_ids: tuple[str, ...] = attrs.field(converter=fields.identifiers)
    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)
    zone_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    private_ip_address: str | None = attrs.field(default=None, converter=fields.optional_ipv4)
    image_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    instance_charge_type: ChargeType = attrs.field(default=ChargeType.PostPaid, converter=fields.charge_type)
    period: int | None = attrs.field(default=None, converter=fields.optional_months)
    internet_max_bandwidth_out: int = attrs.field(default=0, converter=fields.bandwidth)
    network_interface_ids: tuple[str, ...] = attrs.field(default=(), converter=fields.identifiers)
    network_interfaces: tuple[NewNetworkInterface, ...] = attrs.field(default=(), converter=new_interfaces)
    network_type: NetworkType = attrs.field(default=NetworkType.Vpc, converter=fields.network_type)
    instance_name: str | None = attrs.field(default=None, converter=fields.optional_interface_name)
    description: str | None = attrs.field(default=None, converter=fields.optional_description)
    tags: Tags = attrs.field(default=NO_TAGS, converter=fields.tags)

    def __attrs_post_init__(self) -> None:
        if self.network_type == NetworkType.Vpc and self.vswitch_id is None:
            raise InvalidCommand("is missing: an instance of a VPC is created in a VSwitch", parameter="vswitch_id")
        if self.network_type == NetworkType.Classic and (self.vswitch_id or self.private_ip_address):
            raise InvalidCommand("a classic instance has no VSwitch, and its private address is the system's choice")
        if self.vswitch_id is None and any(one.vswitch_id is None for one in self.network_interfaces):
            raise InvalidCommand("a classic instance has no VSwitch for an ENI", parameter="network_interfaces")
        if self.period is not None and self.instance_charge_type != ChargeType.PrePaid:
            raise InvalidCommand(
                "{period} is for subscription instances: set {instance_charge_type}='PrePaid'",
                together=("period", "instance_charge_type"),
            )


@operation(kw_only=True)
class CreateInstance(_NewInstance[Instance]):
    """CreateInstance: one instance, Stopped.

    ``period`` is 1 to 9, 12, 24, 36, 48 or 60 months, for subscription (PrePaid) instances only, one if not given.
    ``internet_max_bandwidth_out`` is in Mbit/s; bought here, it brings no public address yet: `AllocatePublicIpAddress`
    does. ``network_interface_ids`` are secondary ENIs to attach, ``network_interfaces`` describes those to create and
    attach; together they are at most one (guide 4.3). An instance of the classic network (``network_type="classic"``,
    guide 1) has no VSwitch and no ENI. ``tags`` are those of the instance and of its primary ENI.
    """


@operation(kw_only=True)
class RunInstances(_NewInstance[tuple[Instance, ...]]):
    """RunInstances: ``amount`` instances (1 to 100), Running; the result is a tuple even of one.

    With a bandwidth each gets a public address (NatPublicIp) at once, and each gets a new ENI of its own. The other
    parameters are those of `CreateInstance`; an explicit address or an ENI that exists is for an amount of one.
    """

    amount: int = attrs.field(default=1, converter=fields.amount)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.amount == 1:
            return
        if self.private_ip_address is not None or self.network_interface_ids:
            raise InvalidCommand(
                "{private_ip_address} and {network_interface_ids} are for one instance: {amount} must be 1",
                together=("private_ip_address", "network_interface_ids", "amount"),
            )
        if any(one.primary_ip_address is not None for one in self.network_interfaces):
            raise InvalidCommand(
                "the address of a new ENI ({network_interfaces}) is for one instance: {amount} must be 1",
                together=("network_interfaces", "amount"),
            )


@operation(kw_only=True)
class StartInstance(Command[Instance]):
    """StartInstance, from Stopped."""

    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class StopInstance(Command[Instance]):
    """StopInstance, from Running."""

    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class RebootInstance(Command[Instance]):
    """RebootInstance, from Running."""

    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class _OnInstances(Command[tuple[Instance, ...]]):
    instance_ids: tuple[str, ...] = attrs.field(converter=fields.instance_ids)
    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)


@operation(kw_only=True)
class _InBatch(_OnInstances):
    batch_optimization: BatchOptimization = attrs.field(
        default=BatchOptimization.AllTogether, converter=fields.batch_optimization
    )


@operation(kw_only=True)
class StartInstances(_InBatch):
    """StartInstances: each of 1 to 100 instances of one region, as `StartInstance` does.

    If one of them cannot be started, none is. With ``batch_optimization="SuccessFirst"`` those are started that can be,
    and the command is denied only if there is none; the result has the instances that exist, started or not.
    """


@operation(kw_only=True)
class StopInstances(_InBatch):
    """StopInstances: each of 1 to 100 instances of one region, as `StopInstance` does. See `StartInstances`."""


@operation(kw_only=True)
class RebootInstances(_InBatch):
    """RebootInstances: each of 1 to 100 instances of one region, as `RebootInstance` does. See `StartInstances`."""


@operation(kw_only=True)
class DeleteInstances(_OnInstances):
    """DeleteInstances: each of 1 to 100 instances of one region, as `DeleteInstance` does; all of them or none."""

    force: bool = attrs.field(default=False, converter=fields.flag)


@operation(kw_only=True)
class ModifyInstanceAttribute(Command[Instance]):
    """ModifyInstanceAttribute: another name, another description."""

    instance_id: str = attrs.field(converter=fields.identifier)
    instance_name: str | None = attrs.field(default=None, converter=fields.optional_interface_name)
    description: str | None = attrs.field(default=None, converter=fields.optional_description)

    def __attrs_post_init__(self) -> None:
        fields.must_modify(self, "instance_name", "description")


@operation(kw_only=True)
class ModifyInstanceVpcAttribute(Command[Instance]):
    """ModifyInstanceVpcAttribute (guide 3.1): another private address, or another VSwitch of the same zone and VPC.

    Without ``private_ip_address`` one is drawn. Instance and primary ENI show the change at once; it takes effect at
    the next start, and until then `Instance.private_ip_change_pending` is true.
    """

    instance_id: str = attrs.field(converter=fields.identifier)
    vswitch_id: str = attrs.field(converter=fields.identifier)
    private_ip_address: str | None = attrs.field(default=None, converter=fields.optional_ipv4)


@operation(kw_only=True)
class DeleteInstance(Command[Instance]):
    """DeleteInstance (the guide's *release*): the ENIs still attached go with it. A running one needs ``force``."""

    instance_id: str = attrs.field(converter=fields.identifier)
    force: bool = attrs.field(default=False, converter=fields.flag)


@operation(kw_only=True)
class ModifyInstanceNetworkSpec(Command[Instance]):
    """ModifyInstanceNetworkSpec: another bandwidth, in Mbit/s, at once. From 0, a subscription instance also gets a
    public address (guide 2.1), and a classic instance must be Stopped."""

    instance_id: str = attrs.field(converter=fields.identifier)
    internet_max_bandwidth_out: int = attrs.field(converter=fields.bandwidth)


@operation(kw_only=True)
class RenewInstance(Command[Instance]):
    """RenewInstance: a subscription for ``period`` more months (1 to 9, 12, 24, 36, 48 or 60).

    Another bandwidth waits for the next cycle. If it is 0 Mbit/s, an instance of a VPC loses its NatPublicIp then, and
    a classic one keeps its public address without Internet access (guide 2.1, 2.2).
    """

    instance_id: str = attrs.field(converter=fields.identifier)
    period: int = attrs.field(default=1, converter=fields.months)
    internet_max_bandwidth_out: int | None = attrs.field(default=None, converter=fields.optional_bandwidth)
