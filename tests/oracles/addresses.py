"""Private addresses in the naive model: which are right, assigning, revoking, prefixes (guide 4.2, 4.6, 4.7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ecsnet import Cloud
from ecsnet import commands as c
from tests.oracles.groups import fullness
from tests.oracles.network import SETTLED, Network, addresses_in, held, state_rules
from tests.oracles.operations import carries_out, completes, judges


def address_rules(net: Network, vswitch: Any, command: Any, primary: Sequence[str], *, drawn: int) -> Iterator[str]:
    """Yields what is wrong with the private addresses and prefixes that a command names or asks for.

    ``primary`` are further addresses that it names, ``drawn`` is how many more the system chooses.
    """
    named = [*primary, *command.private_ip_addresses]
    in_prefixes = [ip for prefix in command.ipv4_prefixes for ip in sorted(addresses_in([prefix]))]
    drawn += command.secondary_private_ip_address_count or 0
    yield from named_rules(net, vswitch, [*named, *in_prefixes])
    if vswitch:
        yield from drawn_rules(net, vswitch, [*named, *in_prefixes], drawn, command.ipv4_prefix_count or 0)


def named_rules(net: Network, vswitch: Any, named: Sequence[str]) -> Iterator[str]:
    """Yields what is wrong with addresses that a command names for one VSwitch."""
    if len(set(named)) != len(named):
        yield "address.private.repeated"
    if not vswitch:
        return
    usable, taken = net.usable(vswitch), net.taken(vswitch.vpc_id)
    for ip in named:
        if IPv4Address(ip) not in IPv4Network(vswitch.cidr_block):
            yield "address.private.in-cidr"
        elif ip not in usable:
            yield "address.private.reserved"
        if ip in taken:
            yield "address.private.in-use"


def drawn_rules(net: Network, vswitch: Any, named: Sequence[str], drawn: int, prefixes: int = 0) -> Iterator[str]:
    """Yields what a VSwitch lacks: addresses and prefixes of the system's choice, besides those that are named."""
    if drawn > len([ip for ip in net.free(vswitch) if ip not in named]):
        yield "address.private.exhausted"
    if prefixes > len(net.free_prefixes(vswitch, named)):
        yield "address.prefix.exhausted"


def give(net: Network, interface: Any, command: Any, answer: Any) -> None:
    """Adds the addresses and prefixes that a command names, or as many of the system's choice as it asks for."""
    vswitch = net.vswitches[interface.vswitch_id]
    interface.private_ips += command.private_ip_addresses
    interface.ipv4_prefixes += command.ipv4_prefixes
    for _ in range(command.ipv4_prefix_count or 0):
        interface.ipv4_prefixes.append(net.prefix_drawn(vswitch, answer.ipv4_prefixes[len(interface.ipv4_prefixes)]))
    for _ in range(command.secondary_private_ip_address_count or 0):
        interface.private_ips.append(net.drawn(vswitch, answer.private_ips[len(interface.private_ips)]))


@judges(c.AssignPrivateIpAddresses)
def judge_assignment(net: Network, command: Any, who: str) -> Iterator[str]:
    interface = net.interface(command.network_interface_id, who)
    named = len(command.private_ip_addresses) + len(command.ipv4_prefixes)
    added = named + (command.secondary_private_ip_address_count or 0) + (command.ipv4_prefix_count or 0)
    if interface is None:
        yield "interface.not-found"
        yield from address_rules(net, None, command, [], drawn=0)
        if 1 + added > net.quota("addresses-per-interface", who, net.region_id):
            yield "interface.assign.limit"
        return
    region_id = interface.region_id
    yield from _state_for_addresses(net, interface, "assign")
    if held(interface) + added > net.quota("addresses-per-interface", who, region_id):
        yield "interface.assign.limit"
    secondary = held(interface) - 1 + added
    if interface.status == "Available" and secondary > net.quota("addresses-per-available-interface", who, region_id):
        yield "interface.assign.available-limit"
    if interface.status == "InUse":
        kind = net.type_of(net.instances[interface.instance_id])
        if held(interface) + added > kind.private_ipv4_per_eni:
            yield "interface.assign.type-quota"
    for group_id in interface.security_group_ids:
        yield from fullness(net, net.groups[group_id], added)
    yield from address_rules(net, net.vswitches[interface.vswitch_id], command, [], drawn=0)


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
        if ip in {eip.private_ip_address or interface.private_ips[0] for eip in net.eips_on(interface.id)}:
            yield "interface.unassign.eip"
    if set(command.ipv4_prefixes) - set(interface.ipv4_prefixes):
        yield "interface.unassign.unknown-address"


@carries_out(c.UnassignPrivateIpAddresses)
def unassign(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    going = net.being_revoked(answer.id)
    named = [*command.private_ip_addresses, *command.ipv4_prefixes]
    ips = [ip for ip in dict.fromkeys(named) if ip not in going]
    if ips:
        net.begin("revoke", net.interfaces[command.network_interface_id], ips)


@completes("revoke")
def revoke(net: Network, interface_id: str, ips: Sequence[str]) -> None:
    """The ENI holds revoked addresses until now."""
    interface = net.interfaces[interface_id]
    interface.private_ips = [ip for ip in interface.private_ips if ip not in ips]
    interface.ipv4_prefixes = [prefix for prefix in interface.ipv4_prefixes if prefix not in ips]
