"""Instances in the naive model: creation, power, release, another private address (guide 1, 3.1, 4.3, 4.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ecsnet import Cloud
from ecsnet import commands as c
from tests.oracles.addresses import drawn_rules, named_rules
from tests.oracles.groups import fullness, group_rules
from tests.oracles.interfaces import attach_to, attachment_rules, born, quota_rules, type_rules
from tests.oracles.network import Network, leave_instance, months_later, resource, state_rules
from tests.oracles.operations import carries_out, completes, judges
from tests.oracles.tags import count_rules

CLASSIC_CLOSES: Final = datetime(2017, 6, 14, 9, 0, tzinfo=UTC)
"""17:00 in UTC+8."""
TO_BE_DRAWN: Final = "to be drawn"
"""A public address that the system chooses, until somebody looks."""


@judges(c.RunInstances, c.CreateInstance)
def judge_creation(net: Network, command: Any, who: str) -> Iterator[str]:
    classic = command.network_type == "classic"
    anywhere = net.vswitch(command.vswitch_id, who)
    region_id = command.region_id or (anywhere.region_id if anywhere else net.region_id)
    vswitch = net.vswitch(command.vswitch_id, who, region_id)
    kind = net.types.get(command.instance_type)
    if not classic and vswitch is None:
        yield "vswitch.not-found"
    if kind is None:
        yield "instance-type.not-found"
    yield from count_rules(command)

    if classic:
        zone_id = command.zone_id or net.zones(region_id)[0]
        if zone_id not in net.zones(region_id):
            yield "instance.create.zone"
        if net.now > CLASSIC_CLOSES:
            yield "network.classic.closed"
    elif command.zone_id not in ((None, vswitch.zone_id) if vswitch else (None, *net.zones(region_id))):
        yield "instance.create.zone"
    if not classic:
        zone_id = vswitch.zone_id if vswitch else None
    vpc_id = vswitch.vpc_id if vswitch else None
    known = classic or vswitch is not None
    where = None if zone_id is None else (zone_id, vpc_id)

    yield from _rules_of_interfaces(net, command, who, kind, where)
    yield from _rules_in_sum(net, command, who, region_id, vswitch, where)
    yield from group_rules(net, command.security_group_ids, who, region_id, vpc_id, known, added=0)


def _rules_of_interfaces(net: Network, command: Any, who: str, kind: Any, where: Any) -> Iterator[str]:
    """Yields what is wrong with the ENIs that exist, and with how many ENIs there are."""
    classic = command.network_type == "classic"
    interfaces = [net.interface(one, who) for one in command.network_interface_ids]
    if None in interfaces:
        yield "interface.not-found"
    for interface in interfaces:
        if interface is not None:
            yield from attachment_rules(interface, where, kind, again=False)
    many = len(interfaces) + len(command.network_interfaces)
    if many > 1:
        yield "instance.create.one-secondary"
    if many and classic:
        yield "interface.attach.vpc"
    if many and kind is not None:
        yield from type_rules(kind)
        if many + (0 if classic else 1) > kind.eni_quantity:
            yield "interface.attach.quota"


def _rules_in_sum(net: Network, command: Any, who: str, region_id: str, vswitch: Any, where: Any) -> Iterator[str]:
    """Yields what is wrong with the new ENIs, of which each instance gets its own, and with what all ENIs take.

    An ENI has the VSwitch and the groups of the instance if it names none.
    """
    amount = getattr(command, "amount", 1)
    groups = [command.security_group_ids]
    named = [] if command.private_ip_address is None else [command.private_ip_address]
    places = [(vswitch, named)]
    for one in command.network_interfaces:
        place = vswitch if one.vswitch_id is None else net.vswitch(one.vswitch_id, who, region_id)
        if place is None:
            yield "vswitch.not-found"
        named = [] if one.primary_ip_address is None else [one.primary_ip_address]
        places.append((place, named))
        mine = command.security_group_ids if one.security_group_ids is None else one.security_group_ids
        groups.append(mine)
        vpc_id = place.vpc_id if place else None
        yield from group_rules(net, mine, who, region_id, vpc_id, place is not None, added=0)
        if place and where and place.zone_id != where[0]:
            yield "interface.attach.zone"
        if place and where and place.vpc_id != where[1]:
            yield "interface.attach.vpc"
    yield from quota_rules(net, who, region_id, amount * len(command.network_interfaces))

    for group in {one for ids in groups for one in ids}:
        found = net.group(group, who, region_id)
        if found is not None:
            yield from fullness(net, found, amount * sum(group in ids for ids in groups))
    if any(place is not None and place.status != "Available" for place, _ in places):
        yield "vswitch.state"
    everything = [(ip, place and place.vpc_id) for place, ips in places for ip in ips]
    if len(set(everything)) != len(everything):
        yield "address.private.repeated"
    for one_id in {place.id for place, _ in places if place is not None}:
        here = [ips for place, ips in places if place is not None and place.id == one_id]
        all_named = [ip for ips in here for ip in ips]
        yield from named_rules(net, net.vswitches[one_id], all_named)
        yield from drawn_rules(net, net.vswitches[one_id], all_named, amount * sum(not ips for ips in here))


@carries_out(c.RunInstances, c.CreateInstance)
def create(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    runs = isinstance(command, c.RunInstances)
    for made in answer if runs else (answer,):
        _create_one(net, command, who, cloud, made, runs)
    assert len(answer if runs else (answer,)) == getattr(command, "amount", 1)


def _create_one(net: Network, command: Any, who: str, cloud: Cloud, made: Any, runs: bool) -> None:
    vswitch = net.vswitches.get(command.vswitch_id)
    region_id = vswitch.region_id if vswitch else command.region_id or net.region_id
    subscription = command.instance_charge_type == "PrePaid"
    instance = resource(
        net.new_id(made.id),
        region_id,
        who,
        net.now,
        name=command.instance_name,
        description=command.description,
        tags=dict(command.tags),
        status="Pending",
        network_type=command.network_type.value,
        instance_type=command.instance_type,
        zone_id=vswitch.zone_id if vswitch else command.zone_id or net.zones(region_id)[0],
        public_ip=net.public_drawn(made.public_ip) if runs and command.internet_max_bandwidth_out else None,
        charge_type=command.instance_charge_type.value,
        expires_at=months_later(net.now, command.period or 1) if subscription else None,
        image_id=command.image_id,
        internet_max_bandwidth_out=command.internet_max_bandwidth_out,
        private_ip_change_pending=False,
        classic_groups=[] if vswitch else list(command.security_group_ids),
        classic_ip=None if vswitch else net.classic_drawn(made.private_ip),
        started=False,
        boots_to="Running" if runs else "Stopped",
        bought=command.internet_max_bandwidth_out,
        changes=0,
        next_bandwidth=None,
        releasing=False,
        linked_vpc_id=None,
    )
    net.instances[instance.id] = instance
    if vswitch:
        born(
            net,
            cloud.network_interfaces[made.primary_network_interface_id],
            vswitch,
            command.private_ip_address,
            type="Primary",
            status="InUse",
            tags=dict(command.tags),
            security_group_ids=list(command.security_group_ids),
            instance_id=instance.id,
            delete_on_release=True,
        )
    net.begin("instance", instance)
    for interface_id in command.network_interface_ids:
        attach_to(net, net.interfaces[interface_id], instance.id)
        net.begin("interface", net.interfaces[interface_id])
    for new, interface_id in zip(command.network_interfaces, made.network_interface_ids[-1:], strict=False):
        groups = command.security_group_ids if new.security_group_ids is None else new.security_group_ids
        interface = born(
            net,
            cloud.network_interfaces[interface_id],
            vswitch if new.vswitch_id is None else net.vswitches[new.vswitch_id],
            new.primary_ip_address,
            name=new.network_interface_name,
            description=new.description,
            security_group_ids=list(groups),
            delete_on_release=new.delete_on_release,
        )
        attach_to(net, interface, instance.id)
        net.begin("interface", interface)


@completes("instance")
def complete_instance(net: Network, instance_id: str, _: Sequence[str]) -> None:
    instance = net.instances[instance_id]
    match instance.status:
        case "Pending":
            instance.status = instance.boots_to
        case "Starting":
            instance.status = "Running"
        case "Stopping":
            instance.status = "Stopped"
            if instance.releasing:
                net.begin("instance", instance)
        case "Stopped" if instance.releasing:
            _gone(net, instance)
    if instance.status == "Running":
        instance.started, instance.private_ip_change_pending = True, False


@judges(c.StartInstance, c.StopInstance, c.RebootInstance)
def judge_power(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
    elif isinstance(command, c.StartInstance):
        yield from state_rules(instance, ["Stopped"], "instance.start.state")
    elif isinstance(command, c.StopInstance):
        yield from state_rules(instance, ["Running"], "instance.stop.state")
    else:
        yield from state_rules(instance, ["Running"], "instance.reboot.state")


@carries_out(c.StartInstance, c.StopInstance, c.RebootInstance)
def change_power(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    instance = net.instances[command.instance_id]
    instance.status = "Stopping" if isinstance(command, c.StopInstance) else "Starting"
    net.begin("instance", instance)


@judges(c.DeleteInstance)
def judge_release(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
        return
    if instance.releasing:
        return
    if instance.status == "Pending":
        yield "instance.release.state/initializing"
    elif instance.status != "Stopped" and not (command.force and instance.status == "Running"):
        yield "instance.release.state"
    if instance.charge_type == "PrePaid" and net.now < instance.expires_at:
        yield "instance.release.charge-type"


@carries_out(c.DeleteInstance)
def release(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    instance = net.instances[command.instance_id]
    if not instance.releasing:
        instance.releasing = True
        if instance.status == "Running":
            instance.status = "Stopping"
        net.begin("instance", instance)


def _gone(net: Network, instance: Any) -> None:
    for interface in net.interfaces_of(instance):
        if interface.delete_on_release:
            net.remove(interface.id)
        else:
            net.forget(interface.id, "interface")
            leave_instance(interface)
    net.remove(instance.id)


@judges(c.ModifyInstanceVpcAttribute)
def judge_vpc_attribute(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    vswitch = net.vswitch(command.vswitch_id, who, instance.region_id if instance else net.region_id)
    same = False
    if vswitch is None:
        yield "vswitch.not-found"
    elif vswitch.status != "Available":
        yield "vswitch.state"
    if instance is None:
        yield "instance.not-found"
    else:
        if instance.network_type == "classic":
            yield "instance.modify-vpc.network-type"
        yield from state_rules(instance, ["Stopped"], "instance.modify-vpc.state")
        if instance.private_ip_change_pending or not instance.started:
            yield "instance.modify-vpc.pending"
        primary = net.primary(instance)
        if vswitch and primary:
            if vswitch.zone_id != primary.zone_id:
                yield "instance.modify-vpc.zone"
            if vswitch.vpc_id != primary.vpc_id:
                yield "instance.modify-vpc.zone/vpc"
            moves = vswitch.id != primary.vswitch_id
            if moves and (len(primary.private_ips) > 1 or primary.ipv4_prefixes):
                yield "instance.modify-vpc.secondary-addresses"
            same = not moves and command.private_ip_address == primary.private_ips[0]
    if same:
        yield "instance.modify-vpc.same-address"
    elif vswitch:
        named = [] if command.private_ip_address is None else [command.private_ip_address]
        yield from named_rules(net, vswitch, named)
        yield from drawn_rules(net, vswitch, named, 0 if named else 1)


@carries_out(c.ModifyInstanceVpcAttribute)
def change_vpc_attribute(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    instance = net.instances[command.instance_id]
    primary, vswitch = net.primary(instance), net.vswitches[command.vswitch_id]
    primary.private_ips[0] = command.private_ip_address or net.drawn(vswitch, answer.private_ip)
    primary.vswitch_id = vswitch.id
    instance.private_ip_change_pending = True


@completes("cycle")
def begin_cycle(net: Network, instance_id: str, _: Sequence[str]) -> None:
    """The bandwidth that a renewal bought counts from the next cycle on (guide 2.1)."""
    instance = net.instances[instance_id]
    now = instance.next_bandwidth
    instance.internet_max_bandwidth_out, instance.next_bandwidth = now, None
    gains_address(net, instance)
    if now == 0 and instance.network_type == "vpc":
        instance.public_ip = None


def gains_address(net: Network, instance: Any) -> None:
    """A subscription instance without a public address gets one by a change of its bandwidth (guide 2.1, 3.2)."""
    if instance.charge_type != "PrePaid" or not instance.internet_max_bandwidth_out:
        return
    if instance.public_ip is None and net.eip_of(instance) is None:
        instance.public_ip = TO_BE_DRAWN
