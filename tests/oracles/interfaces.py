"""ENIs in the naive model (guide 4.1, 4.2, 4.5 to 4.9), with the rules on groups and private addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ecsnet import Cloud
from ecsnet import commands as c
from ecsnet.values import InstanceType
from tests.oracles.network import SETTLED, Network, resource, state_rules
from tests.oracles.operations import carries_out, completes, judges


def group_rules(
    net: Network,
    group_ids: Sequence[str],
    who: str,
    region_id: str,
    vpc_id: str | None,
    place_is_known: bool,
    *,
    added: int,
    already: Iterable[str] = (),
) -> Iterator[str]:
    """Yields what is wrong with the groups of an ENI or a classic instance, which has one to five of its own network.

    ``added`` addresses come into each group; those in ``already`` have the addresses in them. In a place that is not
    known, any VPC may be right, but only one, and no classic group.
    """
    groups = net.groups_named(group_ids, who, region_id)
    if None in groups:
        yield "security-group.not-found"
    if not 1 <= len(group_ids) <= net.quota("security-groups-per-interface", who, region_id):
        yield "interface.security-groups.count"
    found = [group for group in groups if group is not None]
    networks = {group.vpc_id for group in found}
    if (networks - {vpc_id}) if place_is_known else (None in networks or len(networks) > 1):
        yield "interface.security-groups.vpc"
    for group in found:
        if group.id not in already:
            yield from fullness(net, group, added)


def fullness(net: Network, group: Any, added: int) -> Iterator[str]:
    limit = net.quota("addresses-per-security-group", group.account_id, group.region_id)
    if group.vpc_id is not None and added and net.members(group.id) + added > limit:
        yield "security-group.address-quota"


def address_rules(net: Network, vswitch: Any, named: Sequence[str], *, drawn: int) -> Iterator[str]:
    """Yields what is wrong with the private addresses that a command names, and with the number that it asks for."""
    block = IPv4Network(vswitch.cidr_block)
    for ip in named:
        if IPv4Address(ip) not in block:
            yield "address.private.in-cidr"
        elif ip not in net.usable(vswitch):
            yield "address.private.reserved"
        if ip in net.taken(vswitch.vpc_id):
            yield "address.private.in-use"
    if len(set(named)) != len(named):
        yield "address.private.repeated"
    left = [ip for ip in net.free(vswitch) if ip not in named]
    if drawn > len(left):
        yield "address.private.exhausted"


def attachment_rules(interface: Any, place: tuple[str, str | None] | None, kind: InstanceType | None) -> Iterator[str]:
    """Yields what keeps an ENI from an instance of a type in a zone and a VPC (None: the classic network).

    Of a place or a type that is not known nothing is said.
    """
    if interface.type == "Primary":
        yield "interface.attach.primary"
    if interface.status != "Available":
        yield "interface.attach.state"
    if place is not None and interface.zone_id != place[0]:
        yield "interface.attach.zone"
    if place is not None and interface.vpc_id != place[1]:
        yield "interface.attach.vpc"
    if kind is not None:
        yield from type_rules(kind)
        if len(interface.private_ips) > kind.private_ipv4_per_eni:
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
    secondary = len(command.private_ip_addresses) or command.secondary_private_ip_address_count or 0
    place = (vswitch.vpc_id if vswitch else None, vswitch is not None)
    yield from group_rules(net, command.security_group_ids, who, region_id, *place, added=1 + secondary)
    primary = [] if command.primary_ip_address is None else [command.primary_ip_address]
    named = [*primary, *command.private_ip_addresses]
    if vswitch:
        drawn = (not primary) + (command.secondary_private_ip_address_count or 0)
        yield from address_rules(net, vswitch, named, drawn=drawn)
    elif len(set(named)) != len(named):
        yield "address.private.repeated"
    if 1 + secondary > net.quota("addresses-per-interface", who, region_id):
        yield "interface.assign.limit"
    if secondary > net.quota("addresses-per-available-interface", who, region_id):
        yield "interface.assign.available-limit"
    mine = [
        one
        for one in net.interfaces.values()
        if one.type == "Secondary" and (one.account_id, one.region_id) == (who, region_id)
    ]
    if len(mine) + 1 > net.quota("interfaces-per-region", who, region_id):
        yield "account.interface-quota"


@carries_out(c.CreateNetworkInterface)
def create(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    vswitch = net.vswitches[command.vswitch_id]
    named = command.primary_ip_address
    interface = resource(
        net.new_id(answer.id),
        vswitch.region_id,
        who,
        net.now,
        type="Secondary",
        status="Available",
        vpc_id=vswitch.vpc_id,
        vswitch_id=vswitch.id,
        zone_id=vswitch.zone_id,
        mac_address=net.new_mac(answer.mac_address),
        private_ips=[named or net.drawn(vswitch, answer.primary_private_ip)],
        security_group_ids=list(command.security_group_ids),
        name=command.network_interface_name,
        description=command.description,
        instance_id=None,
        attachment=0,
    )
    net.interfaces[interface.id] = interface
    give(net, interface, command, answer)


def give(net: Network, interface: Any, command: Any, answer: Any) -> None:
    """Adds the secondary addresses that a command names, or as many of the system's choice as it asks for."""
    interface.private_ips += command.private_ip_addresses
    for _ in range(command.secondary_private_ip_address_count or 0):
        at = len(interface.private_ips)
        interface.private_ips.append(net.drawn(net.vswitches[interface.vswitch_id], answer.private_ips[at]))


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
    if interface is not None and instance is not None:
        if interface.status == "Attaching" and interface.instance_id != instance.id:
            yield "interface.attach.again"
        primary = net.primary(instance)
        place = (instance.zone_id, None if primary is None else primary.vpc_id)
        yield from attachment_rules(interface, place, kind)
    elif interface is not None:
        yield from attachment_rules(interface, None, None)


def power_rules(instance: Any, kind: InstanceType, what: str) -> Iterator[str]:
    """Yields the rule on the state of an instance whose ENIs come and go: Stopped, or Running for most types."""
    yield from state_rules(instance, SETTLED, f"interface.{what}.instance-state")
    if kind.attach_requires_stopped and instance.status == "Running":
        yield "interface.attach.stopped-only-type"


@carries_out(c.AttachNetworkInterface)
def attach(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    interface = net.interfaces[command.network_interface_id]
    net.attachments += 1
    interface.status, interface.instance_id, interface.attachment = "Attaching", command.instance_id, net.attachments
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
    if interface.status == "InUse":
        interface.status = "Detaching"
        net.begin("interface", interface)


@completes("interface")
def complete_interface(net: Network, interface_id: str, _: Sequence[str]) -> None:
    interface = net.interfaces[interface_id]
    match interface.status:
        case "Attaching":
            interface.status = "InUse"
        case "Detaching":
            interface.status, interface.instance_id = "Available", None
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
    if interface.status == "Available":
        interface.status = "Deleting"
        net.begin("interface", interface)


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
            added=len(interface.private_ips) if interface else 0,
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


@judges(c.JoinSecurityGroup)
def judge_joining(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    region_id = instance.region_id if instance else net.region_id
    (group,) = net.groups_named([command.security_group_id], who, region_id)
    if group is None:
        yield "security-group.not-found"
    if instance is None:
        yield "instance.not-found"
        if group is not None:
            yield from fullness(net, group, 1)
        return
    yield from state_rules(instance, SETTLED, "security-group.join.instance-state")
    joined, primary = net.groups_of(instance), net.primary(instance)
    if group is not None and group.id in joined:
        yield "security-group.join.member"
        return
    if len(joined) + 1 > net.quota("security-groups-per-interface", who, region_id):
        yield "interface.security-groups.count"
    if group is None:
        return
    if group.vpc_id != (None if primary is None else primary.vpc_id):
        yield "interface.security-groups.vpc"
    if primary is not None:
        yield from fullness(net, group, len(primary.private_ips))


@carries_out(c.JoinSecurityGroup)
def join(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.groups_of(net.instances[command.instance_id]).append(command.security_group_id)


@judges(c.LeaveSecurityGroup)
def judge_leaving(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    region_id = instance.region_id if instance else net.region_id
    (group,) = net.groups_named([command.security_group_id], who, region_id)
    if group is None:
        yield "security-group.not-found"
    if instance is None:
        yield "instance.not-found"
        return
    yield from state_rules(instance, SETTLED, "security-group.leave.instance-state")
    if group is None:
        return
    joined = net.groups_of(instance)
    if group.id not in joined:
        yield "security-group.leave.member"
    elif len(joined) == 1:
        yield "interface.security-groups.count"


@carries_out(c.LeaveSecurityGroup)
def leave(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.groups_of(net.instances[command.instance_id]).remove(command.security_group_id)


# Private addresses


@judges(c.AssignPrivateIpAddresses)
def judge_assignment(net: Network, command: Any, who: str) -> Iterator[str]:
    interface = net.interface(command.network_interface_id, who)
    named = command.private_ip_addresses
    added = len(named) or command.secondary_private_ip_address_count
    if interface is None:
        yield "interface.not-found"
        if len(set(named)) != len(named):
            yield "address.private.repeated"
        if 1 + added > net.quota("addresses-per-interface", who, net.region_id):
            yield "interface.assign.limit"
        return
    region_id = interface.region_id
    yield from _state_for_addresses(net, interface, "assign")
    if len(interface.private_ips) + added > net.quota("addresses-per-interface", who, region_id):
        yield "interface.assign.limit"
    secondary = len(interface.private_ips) - 1 + added
    if interface.status == "Available" and secondary > net.quota("addresses-per-available-interface", who, region_id):
        yield "interface.assign.available-limit"
    if interface.status == "InUse":
        kind = net.type_of(net.instances[interface.instance_id])
        if len(interface.private_ips) + added > kind.private_ipv4_per_eni:
            yield "interface.assign.type-quota"
    for group_id in interface.security_group_ids:
        yield from fullness(net, net.groups[group_id], added)
    vswitch = net.vswitches[interface.vswitch_id]
    yield from address_rules(net, vswitch, named, drawn=command.secondary_private_ip_address_count or 0)


def _state_for_addresses(net: Network, interface: Any, what: str) -> Iterator[str]:
    if interface.status not in ("Available", "InUse"):
        yield f"interface.{what}.state"
    instance = net.instances.get(interface.instance_id)
    if interface.type == "Primary":
        yield from state_rules(instance, SETTLED, f"interface.{what}.instance-state")
    elif instance is not None and instance.releasing:
        yield "instance.being-released"


@carries_out(c.AssignPrivateIpAddresses)
def assign(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    give(net, net.interfaces[command.network_interface_id], command, answer)


@judges(c.UnassignPrivateIpAddresses)
def judge_unassignment(net: Network, command: Any, who: str) -> Iterator[str]:
    interface = net.interface(command.network_interface_id, who)
    if interface is None:
        yield "interface.not-found"
        return
    yield from _state_for_addresses(net, interface, "unassign")
    for ip in command.private_ip_addresses:
        if ip == interface.private_ips[0]:
            yield "interface.unassign.primary-address"
        elif ip not in interface.private_ips:
            yield "interface.unassign.unknown-address"


@carries_out(c.UnassignPrivateIpAddresses)
def unassign(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    going = {ip for _, what, one_id, ips in net.waiting for ip in ips if what == "revoke" if one_id == answer.id}
    ips = [ip for ip in dict.fromkeys(command.private_ip_addresses) if ip not in going]
    if ips:
        net.begin("revoke", net.interfaces[command.network_interface_id], ips)


@completes("revoke")
def revoke(net: Network, interface_id: str, ips: Sequence[str]) -> None:
    """The ENI holds revoked addresses until now."""
    interface = net.interfaces[interface_id]
    interface.private_ips = [ip for ip in interface.private_ips if ip not in ips]
