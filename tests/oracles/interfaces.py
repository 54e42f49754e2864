"""ENIs in the naive model: creating, attaching, detaching, deleting, modifying (guide 4.1, 4.2, 4.5, 4.8, 4.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ecsnet import Cloud
from ecsnet import commands as c
from ecsnet.values import InstanceType
from tests.oracles.addresses import address_rules, give
from tests.oracles.groups import group_rules
from tests.oracles.network import SETTLED, Network, held, leave_instance, resource, state_rules
from tests.oracles.operations import carries_out, completes, judges
from tests.oracles.tags import count_rules


def attachment_rules(
    interface: Any, place: tuple[str, str | None] | None, kind: InstanceType | None, again: bool = True
) -> Iterator[str]:
    """Yields what keeps an ENI from an instance of a type in a zone and a VPC (None: the classic network).

    Of a place or a type that is not known nothing is said. What is stuck may be asked for again, but not by a new
    instance.
    """
    if interface.type == "Primary":
        yield "interface.attach.primary"
    if interface.status != "Available" and not (again and interface.status == "Attaching" and interface.stuck):
        yield "interface.attach.state"
    if place is not None and interface.zone_id != place[0]:
        yield "interface.attach.zone"
    if place is not None and interface.vpc_id != place[1]:
        yield "interface.attach.vpc"
    if kind is not None:
        yield from type_rules(kind)
        if held(interface) > kind.private_ipv4_per_eni:
            yield "interface.attach.address-quota"


def type_rules(kind: InstanceType) -> Iterator[str]:
    if not kind.io_optimized or kind.eni_quantity < 2:
        yield "interface.attach.instance-type"


# Creating


@judges(c.CreateNetworkInterface)
def judge_creation(net: Network, command: Any, who: str) -> Iterator[str]:
    vswitch = net.vswitch(command.vswitch_id, who)
    region_id = vswitch.region_id if vswitch else net.region_id
    if vswitch is None:
        yield "vswitch.not-found"
    elif vswitch.status != "Available":
        yield "vswitch.state"
    named = len(command.private_ip_addresses) + len(command.ipv4_prefixes)
    secondary = named + (command.secondary_private_ip_address_count or 0) + (command.ipv4_prefix_count or 0)
    place = (vswitch.vpc_id if vswitch else None, vswitch is not None)
    yield from group_rules(net, command.security_group_ids, who, region_id, *place, added=1 + secondary)
    primary = [] if command.primary_ip_address is None else [command.primary_ip_address]
    yield from address_rules(net, vswitch, command, primary, drawn=not primary)
    if 1 + secondary > net.quota("addresses-per-interface", who, region_id):
        yield "interface.assign.limit"
    if secondary > net.quota("addresses-per-available-interface", who, region_id):
        yield "interface.assign.available-limit"
    yield from quota_rules(net, who, region_id, 1)
    yield from count_rules(command)


def quota_rules(net: Network, who: str, region_id: str, added: int) -> Iterator[str]:
    mine = [
        one
        for one in net.interfaces.values()
        if one.type == "Secondary" and (one.account_id, one.region_id) == (who, region_id)
    ]
    if added and len(mine) + added > net.quota("interfaces-per-region", who, region_id):
        yield "account.interface-quota"


@carries_out(c.CreateNetworkInterface)
def create(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    interface = born(
        net,
        answer,
        net.vswitches[command.vswitch_id],
        command.primary_ip_address,
        name=command.network_interface_name,
        description=command.description,
        tags=dict(command.tags),
        security_group_ids=list(command.security_group_ids),
        delete_on_release=command.delete_on_release,
    )
    give(net, interface, command, answer)


def born(net: Network, shown: Any, vswitch: Any, primary_ip: str | None, **more: Any) -> Any:
    """Adds a new ENI with its primary address, as the cloud shows it or as it was named, and returns it."""
    known: dict[str, Any] = {"type": "Secondary", "status": "Available", "instance_id": None, "attachment": 0}
    interface = net.interfaces[shown.id] = resource(
        net.new_id(shown.id),
        vswitch.region_id,
        shown.account_id,
        net.now,
        vpc_id=vswitch.vpc_id,
        vswitch_id=vswitch.id,
        zone_id=vswitch.zone_id,
        mac_address=net.new_mac(shown.mac_address),
        private_ips=[primary_ip or net.drawn(vswitch, shown.primary_private_ip)],
        ipv4_prefixes=[],
        stuck=False,
        **{**known, **more},
    )
    return interface


# Attaching, detaching, deleting


@judges(c.AttachNetworkInterface)
def judge_attachment(net: Network, command: Any, who: str) -> Iterator[str]:
    interface = net.interface(command.network_interface_id, who)
    instance = net.instance(command.instance_id, who)
    if interface is None:
        yield "interface.not-found"
    if instance is None:
        yield "instance.not-found"
    if instance is not None:
        kind = net.type_of(instance)
        yield from power_rules(instance, kind, "attach")
        if interface is not None and interface.instance_id == instance.id:
            kind = None  # it is there already, and takes no room
        else:
            yield from type_rules(kind)
            if len(net.interfaces_of(instance)) + 1 > kind.eni_quantity:
                yield "interface.attach.quota"
        if instance.network_type == "classic":
            yield "interface.attach.vpc"
    if interface is None:
        return
    if instance is None:
        yield from attachment_rules(interface, None, None)
        return
    if interface.status == "Attaching" and interface.instance_id != instance.id:
        yield "interface.attach.again"
    primary = net.primary(instance)
    place = (instance.zone_id, None if primary is None else primary.vpc_id)
    yield from attachment_rules(interface, place, kind)


def power_rules(instance: Any, kind: InstanceType, what: str) -> Iterator[str]:
    """Yields the rule on the state of an instance whose ENIs come and go: Stopped, or Running for most types."""
    yield from state_rules(instance, SETTLED, f"interface.{what}.instance-state")
    if kind.attach_requires_stopped and instance.status == "Running":
        yield "interface.attach.stopped-only-type"


@carries_out(c.AttachNetworkInterface)
def attach(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    interface = net.interfaces[command.network_interface_id]
    if not interface.stuck:
        attach_to(net, interface, command.instance_id)
    begin_anew(net, interface)


def attach_to(net: Network, interface: Any, instance_id: str) -> None:
    net.attachments += 1
    interface.status, interface.instance_id, interface.attachment = "Attaching", instance_id, net.attachments


def begin_anew(net: Network, interface: Any) -> None:
    """Begins what an ENI is asked for; what was stuck is no longer."""
    net.forget(interface.id, "interface")
    interface.stuck = False
    net.begin("interface", interface)


@judges(c.DetachNetworkInterface)
def judge_detachment(net: Network, command: Any, who: str) -> Iterator[str]:
    interface = net.interface(command.network_interface_id, who)
    named = net.instance(command.instance_id, who)
    if interface is None:
        yield "interface.not-found"
    if named is None:
        yield "instance.not-found"
    if interface is not None:
        if interface.type == "Primary":
            yield "interface.detach.primary"
        if interface.status not in ("InUse", "Detaching"):
            yield "interface.detach.state"
        if named is not None and interface.instance_id != named.id:
            yield "interface.detach.wrong-instance"
    holder = net.instances.get(interface.instance_id) if interface is not None else None
    if holder is not None and holder.releasing and holder is not named:
        yield "interface.detach.instance-state"
    elif holder is not None:
        yield from power_rules(holder, net.type_of(holder), "detach")
    if named is not None and named.releasing:
        yield "instance.being-released"


@carries_out(c.DetachNetworkInterface)
def detach(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    interface = net.interfaces[command.network_interface_id]
    if interface.status == "InUse" or interface.stuck:
        interface.status = "Detaching"
        begin_anew(net, interface)


@completes("interface")
def complete_interface(net: Network, interface_id: str, _: Sequence[str]) -> None:
    interface = net.interfaces[interface_id]
    match interface.status:
        case "Attaching":
            interface.status = "InUse"
        case "Detaching":
            leave_instance(interface)
        case "Deleting":
            net.remove(interface.id)


@judges(c.DeleteNetworkInterface)
def judge_deletion(net: Network, command: Any, who: str) -> Iterator[str]:
    interface = net.interface(command.network_interface_id, who)
    if interface is None:
        yield "interface.not-found"
        return
    if interface.type == "Primary":
        yield "interface.delete.primary"
    if interface.status not in ("Available", "Deleting"):
        yield "interface.delete.state"


@carries_out(c.DeleteNetworkInterface)
def delete(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    interface = net.interfaces[command.network_interface_id]
    if interface.status == "Available" or interface.stuck:
        interface.status = "Deleting"
        begin_anew(net, interface)


# Attributes and groups


@judges(c.ModifyNetworkInterfaceAttribute)
def judge_modification(net: Network, command: Any, who: str) -> Iterator[str]:
    interface = net.interface(command.network_interface_id, who)
    if interface is None:
        yield "interface.not-found"
    else:
        if interface.type == "Primary":
            yield "interface.modify.primary"
        if interface.status not in ("Available", "InUse"):
            yield "interface.modify.state"
    if command.security_group_ids is not None:
        yield from group_rules(
            net,
            command.security_group_ids,
            who,
            interface.region_id if interface else net.region_id,
            interface.vpc_id if interface else None,
            interface is not None,
            added=held(interface) if interface else 0,
            already=interface.security_group_ids if interface else (),
        )


@carries_out(c.ModifyNetworkInterfaceAttribute)
def modify(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    interface = net.interfaces[command.network_interface_id]
    if command.network_interface_name is not None:
        interface.name = command.network_interface_name
    if command.description is not None:
        interface.description = command.description
    if command.security_group_ids is not None:
        interface.security_group_ids = list(command.security_group_ids)
    if command.delete_on_release is not None:
        interface.delete_on_release = command.delete_on_release
