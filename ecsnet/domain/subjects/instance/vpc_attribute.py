"""Another private address, or another VSwitch, for an instance (guide 3.1).

Instance and primary ENI show the change at once, and the old address is free at once; the guest learns of it at the
next start, and until then nothing more of the kind is possible.
"""

from __future__ import annotations

from typing import Final

from ecsnet.commands import ModifyInstanceVpcAttribute
from ecsnet.domain.context import AddressRequest, RuleContext, known
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Breach, Facts, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState, VSwitchState
from ecsnet.domain.state.world import Evolving, Region
from ecsnet.domain.subjects.instance.lifecycle import BEING_RELEASED, INSTANCE, changed, wrong_status
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.domain.subjects.vpc import usable_vswitch
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.instance import InstanceVpcAttributeModified

# How the event changes the state


def modified(region: Region, event: InstanceVpcAttributeModified, record: RecordedEvent) -> None:
    instance = changed(region, event.instance_id, record)
    primary = network_interface.changed(region, instance.member_id, record)
    private_pool.release(region, primary, primary.private_ips[:1])
    usable_vswitch(region.vswitches.get_existing(event.vswitch_id), InstanceVpcAttributeModified)
    if primary.vswitch_id != event.vswitch_id:
        region.interfaces_of_vswitch.mutable(primary.vswitch_id).delete(primary.id)
        region.interfaces_of_vswitch.mutable(event.vswitch_id).set(primary.id, True)
        primary.vswitch_id = event.vswitch_id
    private_pool.allocate(region, primary, (event.private_ip_address,))
    primary.private_ips = (event.private_ip_address, *primary.private_ips[1:])
    instance.private_ip_change_pending = True


EVOLVE: Final[Evolving] = {InstanceVpcAttributeModified: modified}

# The rules

RULES: Final = SubjectRules()


@RULES.denies(
    "instance.modify-vpc.network-type",
    ModifyInstanceVpcAttribute,
    guide="2.1",
    code="OperationDenied",
    http_status=400,
    message="{instance_id} is a classic instance, and keeps its private address",
)
def modify_network_type(instance: InstanceState) -> Facts | None:
    """Only an instance of a VPC changes its private address or VSwitch; a classic one never does."""
    return {"instance_id": instance.id} if instance.is_classic else None


@RULES.denies(
    "instance.modify-vpc.state",
    ModifyInstanceVpcAttribute,
    guide="3.1",
    code="IncorrectInstanceStatus",
    http_status=400,
    message="{instance_id} is {status}, and must be Stopped",
)
def modify_state(instance: InstanceState) -> Facts | None:
    """An instance changes its private address or VSwitch only while it is Stopped."""
    return wrong_status(instance, InstanceVpcAttributeModified)


@RULES.denies(
    "instance.modify-vpc.zone",
    ModifyInstanceVpcAttribute,
    guide="3.1",
    code="InvalidVSwitchId.Mismatch",
    http_status=400,
    breach_codes=[("InvalidVSwitchId.NotFound", 404)],
    message="{vswitch_id} is in {zone_id} of {vpc_id}, the instance in {instance_zone_id} of {instance_vpc_id}",
)
def modify_zone(instance: InstanceState, vswitch: VSwitchState) -> Facts | Breach | None:
    """The new VSwitch is in the zone and the VPC of the instance."""
    facts = {
        "vswitch_id": vswitch.id,
        "zone_id": vswitch.zone_id,
        "vpc_id": vswitch.vpc_id,
        "instance_zone_id": instance.zone_id,
        "instance_vpc_id": instance.vpc_id,
    }
    if instance.vpc_id is None:
        return None
    if instance.vpc_id != vswitch.vpc_id:
        return Breach(facts, "InvalidVSwitchId.NotFound", 404)
    return None if instance.zone_id == vswitch.zone_id else facts


@RULES.denies(
    "instance.modify-vpc.pending",
    ModifyInstanceVpcAttribute,
    code="InvalidPrivateIp.Changing",
    http_status=400,
    message="{instance_id} was never started, and its private address does not change before its first start",
)
def modify_pending(instance: InstanceState) -> Facts | Breach | None:
    """No change before the instance was ever started, and no second one before the first took effect at a start."""
    facts = {"instance_id": instance.id, "was_started": instance.was_started}
    if not instance.was_started:
        return facts
    if not instance.private_ip_change_pending:
        return None
    if instance.status in BEING_RELEASED:
        return Breach(facts, message="the last change of {instance_id} has not taken effect")
    message = "the last change of {instance_id} takes effect at its next start, and there is no other before"
    return Breach(facts, message=message)


@RULES.denies(
    "instance.modify-vpc.secondary-addresses",
    ModifyInstanceVpcAttribute,
    code="OperationDenied",
    http_status=400,
    message="{network_interface_id} holds secondary addresses of {vswitch_id}: {addresses}",
)
def modify_secondary_addresses(network_interface: NetworkInterfaceState, vswitch: VSwitchState) -> Facts | None:
    """The VSwitch does not change while the primary ENI holds secondary addresses."""
    if network_interface.address_count == 1 or network_interface.vswitch_id == vswitch.id:
        return None
    return {
        "network_interface_id": network_interface.id,
        "vswitch_id": network_interface.vswitch_id,
        "addresses": (*network_interface.private_ips[1:], *network_interface.ipv4_prefixes),
    }


@RULES.denies(
    "instance.modify-vpc.same-address",
    ModifyInstanceVpcAttribute,
    code="InvalidPrivateIpAddress.Duplicated",
    http_status=400,
    message="{address} is the present address",
)
def modify_same_address(network_interface: NetworkInterfaceState, command: ModifyInstanceVpcAttribute) -> Facts | None:
    """The new address is not the present one, or the VSwitch is another."""
    return {"address": command.private_ip_address} if _stays(network_interface, command) else None


def _stays(primary: NetworkInterfaceState, command: ModifyInstanceVpcAttribute) -> bool:
    return (command.vswitch_id, command.private_ip_address) == (primary.vswitch_id, primary.primary_ip)


# How the command is decided


def prepare_modify(context: RuleContext, command: ModifyInstanceVpcAttribute | None) -> None:
    instance = context.instance
    context.network_interface = primary = None if instance is None else context.region.primary_of(instance)
    if command is None:
        if primary is not None and primary.address_count > 1:  # it cannot move to another VSwitch
            context.vswitch = context.region.vswitches.get_existing(primary.vswitch_id)
        context.request_addresses(AddressRequest(vswitch=context.vswitch, to_allocate=1))
        return
    address, vswitch = command.private_ip_address, context.vswitch
    stays = primary is not None and _stays(primary, command)
    named = () if address is None or stays else (address,)
    request = AddressRequest(
        vswitch=vswitch,
        named=named,
        named_available=context.free_among(vswitch, named),
        to_allocate=1 if address is None else 0,
    )
    context.request_addresses(request)


def modify(context: RuleContext, command: ModifyInstanceVpcAttribute) -> tuple[Event, ...]:
    address = command.private_ip_address or private_pool.draw(context.region, known(context.vswitch), 1)[0]
    return (
        InstanceVpcAttributeModified(
            instance_id=command.instance_id, vswitch_id=command.vswitch_id, private_ip_address=address
        ),
    )


OPERATIONS: Final[Operations] = operations(
    Operation(
        ModifyInstanceVpcAttribute,
        modify,
        ResourceKind.Instance,
        prepare=prepare_modify,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(InstanceVpcAttributeModified)},
        recorded_as=(InstanceVpcAttributeModified,),
    ),
)
