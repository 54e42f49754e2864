"""Completes what responses leave out of a network, from what they say elsewhere.

An instance is in the VSwitch of its primary ENI and in the VPC of its groups, an ENI or an EIP may be described within
its instance alone, and a VPC or a VSwitch that no response describes is there by its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from ecsnet.errors import InvalidResponse
from ecsnet.openapi import held
from ecsnet.openapi.collected import Collected, Found, primary_ip, private_ips
from ecsnet.openapi.describe import (
    DescribedEip,
    DescribedInstance,
    DescribedInterface,
    DescribedVpc,
    DescribedVSwitch,
    region_of_zone,
)
from ecsnet.values import EipInstanceType, EipStatus, NetworkInterfaceType


class Named(NamedTuple):
    """A VPC or a VSwitch of the cloud that no response has described yet, and its region."""

    region_id: str
    one: DescribedVpc | DescribedVSwitch


def complete(collected: Collected, named: Iterable[Named]) -> dict[str, list[DescribedInterface]]:
    """Finds the place of each instance, the ENIs and groups that only other descriptions tell of, and the VPCs and
    VSwitches that no response describes: those that are named here, and those that were named before.

    Returns the instances in VPCs whose primary ENI no response describes, each with its other ENIs. Raises
    `InvalidResponse` for descriptions that contradict each other.
    """
    for group_id, group in collected.groups_with_rules.items():
        if group_id not in collected.groups:
            collected.collect(collected.groups, group_id, group)
    for region_id, one in named:
        if isinstance(one, DescribedVpc):
            collected.name(collected.vpcs, one.vpc_id, Found("responses", region_id, one))
        else:
            collected.name(collected.vswitches, one.vswitch_id, Found("responses", region_id, one))
    _name_vswitches(collected)
    _complete_places(collected)
    for instance in collected.instances.values():
        for number, embedded in enumerate(instance.one.network_interfaces.network_interface):
            _embedded(collected, instance, f"{instance.path}.NetworkInterfaces.NetworkInterface[{number}]", embedded)
    _name_vswitches(collected)
    _mark_primaries(collected)
    _complete_addresses(collected)
    _complete_places(collected)
    without_primary = _without_primary(collected)
    _name_vswitches_of_instances(collected, without_primary)
    _complete_zones(collected)
    _name_vpcs(collected)
    return without_primary


def _embedded(
    collected: Collected, instance: Found[DescribedInstance], path: str, interface: DescribedInterface
) -> None:
    """Collects an ENI from the description of its instance, in the instance's VSwitch and groups, unless a
    DescribeNetworkInterfaces response has it already; then the two descriptions must agree."""
    one = instance.one
    known = collected.interfaces.get(interface.network_interface_id)
    if known is not None:
        if not _agree(known.one, interface, one.instance_id):
            reason = f"{interface.network_interface_id} is described differently at {known.path}"
            raise InvalidResponse(reason, path=path)
        if not (known.one.type and known.one.mac_address and known.one.its_instance_id and primary_ip(known.one)):
            ip = interface.private_ip_address or interface.primary_ip_address
            completed = msgspec.structs.replace(
                known.one,
                primary_ip_address=known.one.primary_ip_address or ("" if primary_ip(known.one) else ip),
                type=known.one.type or interface.type,
                mac_address=known.one.mac_address or interface.mac_address,
                instance_id=known.one.its_instance_id or one.instance_id,
            )
            collected.interfaces[interface.network_interface_id] = Found(known.path, known.region_id, completed)
        return
    described = msgspec.structs.replace(
        interface,
        vswitch_id=interface.vswitch_id or one.vpc_attributes.vswitch_id,
        security_group_ids=one.security_group_ids,
        instance_id=one.instance_id,
        creation_time=interface.creation_time or one.creation_time,
    )
    collected.collect(
        collected.interfaces, interface.network_interface_id, Found(path, interface.region_id or None, described)
    )


def _complete_places(collected: Collected) -> None:
    """Completes the places of instances that responses leave out: an instance is in the VSwitch of its primary ENI,
    in the VPC of its VSwitch, of its other ENIs and of its groups."""
    lacking = {
        instance_id: found
        for instance_id, found in collected.instances.items()
        if not (found.one.vpc_attributes.vpc_id and found.one.vpc_attributes.vswitch_id)
    }
    if not lacking:
        return
    of_primary: dict[str, str] = {}
    of_others: dict[str, str] = {}
    for interface in collected.interfaces.values():
        on = interface.one.its_instance_id
        if interface.one.type == NetworkInterfaceType.Primary:
            of_primary[on] = interface.one.vswitch_id
        elif on in lacking and not held.is_service_managed(interface.one):
            of_others.setdefault(on, _vpc_of_vswitch(collected, interface.one.vswitch_id))
    for instance_id, found in lacking.items():
        place = found.one.vpc_attributes
        classic = found.one.inner_ip_address.ip_address and not place.vpc_id
        if classic and not place.vswitch_id:
            continue
        vswitch_id = place.vswitch_id or of_primary.get(instance_id, "")
        vpc_id = place.vpc_id or _vpc_of_vswitch(collected, vswitch_id) or of_others.get(instance_id, "")
        groups = [collected.groups.get(group_id) for group_id in found.one.security_group_ids.security_group_id]
        vpc_id = vpc_id or _first(None if group is None else group.one.vpc_id for group in groups) or ""
        place = msgspec.structs.replace(place, vpc_id=vpc_id, vswitch_id=vswitch_id)
        one = msgspec.structs.replace(found.one, vpc_attributes=place)
        collected.instances[instance_id] = Found(found.path, found.region_id, one)


def _mark_primaries(collected: Collected) -> None:
    """Marks the primary ENIs of instances none of whose ENIs is described as such: of the ENIs without a type, the
    one that has the instance's private address, or else the only one."""
    with_primary: set[str] = set()
    without_type: dict[str, list[Found[DescribedInterface]]] = {}
    for interface in collected.interfaces.values():
        if interface.one.type == NetworkInterfaceType.Primary:
            with_primary.add(interface.one.its_instance_id)
        elif not interface.one.type and interface.one.its_instance_id in collected.instances:
            without_type.setdefault(interface.one.its_instance_id, []).append(interface)
    for instance_id, found in without_type.items():
        if instance_id in with_primary:
            continue
        listed = set(collected.instances[instance_id].one.vpc_attributes.private_ip_address.ip_address)
        its_own = [one for one in found if not listed.isdisjoint(private_ips(one)[:1])]
        if len(its_own or found) == 1:
            only = (its_own or found)[0]
            primary = msgspec.structs.replace(only.one, type=NetworkInterfaceType.Primary)
            collected.interfaces[primary.network_interface_id] = Found(only.path, only.region_id, primary)


def _complete_addresses(collected: Collected) -> None:
    """Gives a primary ENI whose description has no address that of its instance, if it is the only one there."""
    primaries = [one for one in collected.interfaces.values() if one.one.type == NetworkInterfaceType.Primary]
    without_address = [one for one in primaries if not private_ips(one)]
    if not without_address:
        return
    number_on = Counter(one.one.its_instance_id for one in primaries)
    for found in without_address:
        instance = collected.instances.get(found.one.its_instance_id)
        listed = () if instance is None else instance.one.vpc_attributes.private_ip_address.ip_address
        if len(listed) == 1 and number_on[found.one.its_instance_id] == 1:
            one = msgspec.structs.replace(found.one, primary_ip_address=listed[0])
            collected.interfaces[one.network_interface_id] = Found(found.path, found.region_id, one)


def _without_primary(collected: Collected) -> dict[str, list[DescribedInterface]]:
    """Returns the instances in VPCs whose primary ENI no response describes, each with its other ENIs."""
    of_vpcs = [one for one, found in collected.instances.items() if found.one.vpc_attributes.vpc_id]
    lacking: dict[str, list[DescribedInterface]] = {instance_id: [] for instance_id in of_vpcs}
    for interface in collected.interfaces.values() if lacking else ():
        if interface.one.type == NetworkInterfaceType.Primary and interface.one.its_instance_id in lacking:
            vswitch = collected.vswitches.get(interface.one.vswitch_id)
            its_vpc = collected.instances[interface.one.its_instance_id].one.vpc_attributes.vpc_id
            if vswitch is not None and vswitch.one.vpc_id == its_vpc:
                del lacking[interface.one.its_instance_id]
    for interface in collected.interfaces.values() if lacking else ():
        if interface.one.its_instance_id in lacking:
            one = msgspec.structs.replace(interface.one, primary_ip_address=next(iter(private_ips(interface)), ""))
            lacking[interface.one.its_instance_id].append(one)
    return lacking


def _name_vswitches(collected: Collected) -> None:
    """Adds the VSwitches that are known by their ENIs alone, if these or the instances in them tell their VPC."""
    missing = {found.one.vswitch_id for found in collected.interfaces.values()} - collected.vswitches.keys()
    missing.discard("")
    if not missing:
        return
    places = [found.one.vpc_attributes for found in collected.instances.values()]
    vpc_of = {place.vswitch_id: place.vpc_id for place in places if place.vpc_id}
    of_vswitch: dict[str, list[Found[DescribedInterface]]] = {}
    for found in collected.interfaces.values():
        if found.one.vswitch_id in missing:
            of_vswitch.setdefault(found.one.vswitch_id, []).append(found)
    for vswitch_id, interfaces in of_vswitch.items():
        vpc_id = _first(_vpc_of(collected, one) for one in interfaces) or vpc_of.get(vswitch_id)
        if vpc_id is None:
            continue
        region_id = _first(found.region_id for found in interfaces)
        one = DescribedVSwitch(vswitch_id=vswitch_id, vpc_id=vpc_id, zone_id="")
        collected.name(collected.vswitches, vswitch_id, Found(f"{interfaces[0].path}.VSwitchId", region_id, one))


def _vpc_of(collected: Collected, found: Found[DescribedInterface]) -> str | None:
    """Returns the VPC of an ENI whose VSwitch no response describes: its own, or that of its instance or groups."""
    if found.one.vpc_id:
        return found.one.vpc_id
    instance = collected.instances.get(found.one.its_instance_id)
    groups = [collected.groups.get(group_id) for group_id in found.one.security_group_ids.security_group_id]
    named = [None if group is None else group.one.vpc_id for group in groups]
    return _first([None if instance is None else instance.one.vpc_attributes.vpc_id, *named])


def _name_vswitches_of_instances(collected: Collected, without_primary: Iterable[str]) -> None:
    """Adds the VSwitches that are known by instances alone whose primary ENI is not described."""
    for instance_id in without_primary:
        found = collected.instances[instance_id]
        place = found.one.vpc_attributes
        if place.vswitch_id:
            one = DescribedVSwitch(vswitch_id=place.vswitch_id, vpc_id=place.vpc_id, zone_id="")
            path = f"{found.path}.VpcAttributes.VSwitchId"
            collected.name(collected.vswitches, place.vswitch_id, Found(path, found.region_id, one))


def _name_vpcs(collected: Collected) -> None:
    """Adds the VPCs that are known by what is described as in them alone. One that nothing gives a region is in the
    region of the first zone that is described in it."""
    named: dict[str, list[tuple[str, str | None, str]]] = {}
    for vswitch in collected.vswitches.values():
        if vswitch.one.vpc_id not in collected.vpcs:
            place = (f"{vswitch.path}.VpcId", vswitch.region_id, vswitch.one.zone_id)
            named.setdefault(vswitch.one.vpc_id, []).append(place)
    for group in collected.groups.values():
        if group.one.vpc_id and group.one.vpc_id not in collected.vpcs:
            named.setdefault(group.one.vpc_id, []).append((f"{group.path}.VpcId", group.region_id, ""))
    for instance in collected.instances.values():
        vpc_id = instance.one.vpc_attributes.vpc_id
        if vpc_id and vpc_id not in collected.vpcs:
            place = (f"{instance.path}.VpcAttributes.VpcId", instance.region_id, instance.one.zone_id)
            named.setdefault(vpc_id, []).append(place)
    for vpc_id, places in named.items():
        region_id = _first(region_id for _, region_id, _ in places)
        region_id = region_id or _first(region_of_zone(zone_id) for _, _, zone_id in places)
        collected.name(collected.vpcs, vpc_id, Found(places[0][0], region_id, DescribedVpc(vpc_id=vpc_id)))


def _complete_zones(collected: Collected) -> None:
    """Completes the zones that responses leave out: a VSwitch that is there by its name alone is in the zone of an
    ENI or an instance in it, and an instance in that of its VSwitch, which is its primary ENI's."""
    vswitches, instances = collected.vswitches, collected.instances
    named = [one for one in collected.only_named if one in vswitches and not vswitches[one].one.zone_id]
    without_zone = [instance_id for instance_id, found in instances.items() if not found.one.zone_id]
    if not (named or without_zone):
        return
    vswitch_of = {instance_id: found.one.vpc_attributes.vswitch_id for instance_id, found in instances.items()}
    zones: dict[str, str] = {}
    for interface in collected.interfaces.values():
        if interface.one.type == NetworkInterfaceType.Primary:
            vswitch_of[interface.one.its_instance_id] = interface.one.vswitch_id
        if interface.one.zone_id:
            zones.setdefault(interface.one.vswitch_id, interface.one.zone_id)
    for instance_id, instance in instances.items():
        if instance.one.zone_id:
            zones.setdefault(vswitch_of[instance_id], instance.one.zone_id)
    for vswitch_id in named:
        _put_in_zone(vswitches, vswitch_id, zones.get(vswitch_id, ""))
    for instance_id in without_zone:
        vswitch = vswitches.get(vswitch_of[instance_id])
        if vswitch is not None:
            _put_in_zone(instances, instance_id, vswitch.one.zone_id)


def _put_in_zone(table: dict[str, Found[Any]], resource_id: str, zone_id: str) -> None:
    found = table[resource_id]
    table[resource_id] = Found(found.path, found.region_id, msgspec.structs.replace(found.one, zone_id=zone_id))


def complete_eips(collected: Collected) -> None:
    """Collects the EIPs that only the descriptions of their instances and ENIs name. Raises `InvalidResponse`."""
    _collect_eips_of_instances(collected)
    _collect_eips_of_interfaces(collected)


def _collect_eips_of_instances(collected: Collected) -> None:
    """Collects the EIPs that only the descriptions of their instances name."""
    for found in collected.instances.values():
        named = found.one.eip_address
        if named.allocation_id and named.ip_address and named.allocation_id not in collected.eips:
            eip = DescribedEip(
                allocation_id=named.allocation_id,
                ip_address=named.ip_address,
                status=EipStatus.InUse,
                instance_id=found.one.instance_id,
            )
            collected.collect(
                collected.eips, eip.allocation_id, Found(f"{found.path}.EipAddress", found.region_id, eip)
            )


def _collect_eips_of_interfaces(collected: Collected) -> None:
    """Collects the EIPs that only the descriptions of their ENIs name. That of a primary ENI is its instance's."""
    for found in collected.interfaces.values():
        one = found.one
        addresses = one.private_ip_sets.private_ip_set
        if not (one.associated_public_ip.allocation_id or addresses):
            continue
        named = [(ip.associated_public_ip, ip.private_ip_address) for ip in addresses]
        for public, private_ip in ((one.associated_public_ip, ""), *named):
            if not (public.allocation_id and public.public_ip_address) or public.allocation_id in collected.eips:
                continue
            primary = one.type == NetworkInterfaceType.Primary and one.its_instance_id in collected.instances
            if primary and collected.instances[one.its_instance_id].one.public_ip_address.ip_address:
                continue
            eip = DescribedEip(
                allocation_id=public.allocation_id,
                ip_address=public.public_ip_address,
                status=EipStatus.InUse,
                instance_id=one.its_instance_id if primary else one.network_interface_id,
                instance_type="" if primary else EipInstanceType.NetworkInterface,
                private_ip_address="" if primary else private_ip,
            )
            collected.collect(
                collected.eips, eip.allocation_id, Found(f"{found.path}.AssociatedPublicIp", found.region_id, eip)
            )


def _vpc_of_vswitch(collected: Collected, vswitch_id: str) -> str:
    """Returns the VPC of a VSwitch, empty if none is described or named."""
    vswitch = collected.vswitches.get(vswitch_id)
    return "" if vswitch is None else vswitch.one.vpc_id


def _agree(known: DescribedInterface, embedded: DescribedInterface, instance_id: str) -> bool:
    """Returns whether the partial description of an ENI within its instance agrees with the full description."""
    ip, known_ip = embedded.private_ip_address or embedded.primary_ip_address, primary_ip(known)
    on_it = known.its_instance_id == instance_id
    left_out = not known.its_instance_id and held.may_be_attached(known)
    return (
        (on_it or left_out)
        and (known.mac_address == embedded.mac_address or not (known.mac_address and embedded.mac_address))
        and (embedded.type == known.type or not (embedded.type and known.type))
        and (ip == known_ip or not (ip and known_ip))
    )


def _first(values: Iterable[str | None]) -> str | None:
    """Returns the first value that says something, None if there is none."""
    return next(filter(None, values), None)
