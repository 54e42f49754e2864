"""The invariants that no sequence of commands ever breaks.

Each recomputes, by a plain scan of what is there, what the rules and the indexes promise. What was imported may break
them, and then they say where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from ecsnet.domain import address_pool
from ecsnet.domain.world import PassingState, Region, World
from ecsnet.values import EipStatus, InstanceStatus, NetworkInterfaceStatus, NetworkInterfaceType, ipv4_to_int

PASSING: Final = frozenset(
    {
        InstanceStatus.Pending,
        InstanceStatus.Starting,
        InstanceStatus.Stopping,
        NetworkInterfaceStatus.Creating,
        NetworkInterfaceStatus.Attaching,
        NetworkInterfaceStatus.Detaching,
        NetworkInterfaceStatus.Deleting,
        EipStatus.Associating,
        EipStatus.Unassociating,
        EipStatus.Releasing,
    }
)
ATTACHED: Final = frozenset(
    {NetworkInterfaceStatus.Attaching, NetworkInterfaceStatus.InUse, NetworkInterfaceStatus.Detaching}
)

ASSOCIATED: Final = frozenset({EipStatus.Associating, EipStatus.InUse, EipStatus.Unassociating})


class Breach(msgspec.Struct, frozen=True):
    """An invariant that does not hold: its id, where, and what is wrong."""

    invariant: str
    resource_id: str
    message: str


Finding = tuple[str, str]
Invariant = Callable[[Region], Iterator[Finding]]


def breaches(world: World) -> tuple[Breach, ...]:
    """Every invariant that does not hold, of every region."""
    return tuple(
        Breach(name, resource_id, message)
        for region in world.regions.values()
        for name, invariant in _INVARIANTS.items()
        for resource_id, message in invariant(region)
    )


def _primary_bound_for_life(region: Region) -> Iterator[Finding]:
    for instance in region.instances.values_now():
        if instance.vpc_id is None:
            if instance.network_interface_ids:
                yield instance.id, "is a classic instance with an ENI"
            continue
        primary = region.primary_of(instance)
        if primary is None or primary.type is not NetworkInterfaceType.Primary:
            yield instance.id, "has no primary ENI"
        elif primary.status is not NetworkInterfaceStatus.InUse or primary.instance_id != instance.id:
            yield instance.id, f"its primary ENI {primary.id} is {primary.status}, attached to {primary.instance_id}"
    for interface in region.network_interfaces.values_now():
        if interface.type is NetworkInterfaceType.Primary:
            owner = region.instances[interface.instance_id or ""]
            if owner is None or owner.primary_network_interface_id != interface.id:
                yield interface.id, "is a primary ENI without its instance"


def _attachment(region: Region) -> Iterator[Finding]:
    attached: dict[str, set[str]] = {}
    for interface in region.network_interfaces.values_now():
        if (interface.status in ATTACHED) != (interface.instance_id is not None):
            yield interface.id, f"is {interface.status} and attached to {interface.instance_id}"
        if interface.instance_id is not None:
            attached.setdefault(interface.instance_id, set()).add(interface.id)
    for instance in region.instances.values_now():
        ids = instance.network_interface_ids
        if len(set(ids)) != len(ids) or set(ids) != attached.pop(instance.id, set()):
            yield instance.id, f"lists {ids}, which are not the ENIs attached to it"
    for instance_id, ids_left in attached.items():
        yield instance_id, f"does not exist, and {sorted(ids_left)} are attached to it"


def _zone_and_vpc(region: Region) -> Iterator[Finding]:
    for interface in region.network_interfaces.values_now():
        vswitch = region.vswitches[interface.vswitch_id]
        if vswitch is None or (vswitch.vpc_id, vswitch.zone_id) != (interface.vpc_id, interface.zone_id):
            yield interface.id, f"does not agree with its VSwitch {interface.vswitch_id}"
        instance = region.instances[interface.instance_id or ""]
        if instance is not None and (instance.vpc_id, instance.zone_id) != (interface.vpc_id, interface.zone_id):
            yield interface.id, f"is in another VPC or zone than {instance.id}"


def _addresses(region: Region) -> Iterator[Finding]:
    holders: dict[tuple[str, str], str] = {}
    for interface in region.network_interfaces.values_now():
        vswitch = region.vswitches.peek(interface.vswitch_id)
        for ip in interface.private_ips:
            other = holders.setdefault((interface.vpc_id, ip), interface.id)
            if other != interface.id or interface.private_ips.count(ip) > 1:
                yield interface.id, f"holds {ip}, which {other} holds"
            if not address_pool.usable(vswitch, ipv4_to_int(ip)):
                yield interface.id, f"holds {ip}, which {vswitch.cidr_block} does not give"
    indexed = {
        (vpc_id, ip): held[ip]
        for vpc_id in region.addresses.keys_now()
        for held in [region.addresses.peek(vpc_id)]
        for ip in held.keys_now()
    }
    if indexed != holders or sum(held.size for held in region.addresses.values_now()) != len(holders):
        yield region.region_id, "the index of addresses is not what the ENIs hold"


def _free_addresses(region: Region) -> Iterator[Finding]:
    for vswitch in region.vswitches.values_now():
        held = {
            ip
            for interface_id in region.interfaces_of_vswitch.peek(vswitch.id).keys_now()
            for ip in region.network_interfaces.peek(interface_id).private_ips
            if address_pool.usable(vswitch, ipv4_to_int(ip))
        }
        free = vswitch.last - vswitch.first - 3 - len(held)
        if vswitch.available_ip_address_count != free:
            yield vswitch.id, f"counts {vswitch.available_ip_address_count} free addresses, and has {free}"
        if len(set(address_pool.candidates(region, vswitch))) != free:
            yield vswitch.id, "does not give every address that is free, or gives one that is not"


def _address_quotas(region: Region) -> Iterator[Finding]:
    for interface in region.network_interfaces.values_now():
        count = len(interface.private_ips)
        if not 1 <= count <= region.quota(interface.account_id, "addresses-per-interface"):
            yield interface.id, f"holds {count} private IPs"
        instance = region.instances[interface.instance_id or ""]
        if instance is not None and count > instance.instance_type.private_ipv4_per_eni:
            yield interface.id, f"holds {count} private IPs on a {instance.instance_type.id}"


def _interface_quotas(region: Region) -> Iterator[Finding]:
    for instance in region.instances.values_now():
        if len(instance.network_interface_ids) > instance.instance_type.eni_quantity:
            yield instance.id, f"has {len(instance.network_interface_ids)} ENIs"
    owned = Counter(
        i.account_id for i in region.network_interfaces.values_now() if i.type is NetworkInterfaceType.Secondary
    )
    for account_id, count in owned.items():
        if count > region.quota(account_id, "interfaces-per-region"):
            yield account_id, f"owns {count} secondary ENIs"
    for account_id in owned | _used(region, "network_interface"):
        if region.used(account_id, "network_interface") != owned[account_id]:
            yield account_id, "its count of secondary ENIs is wrong"


def _used(region: Region, kind: str) -> Counter[str]:
    return Counter(account_id for account_id, used_kind in region.usage.keys_now() if used_kind == kind)


def _groups(region: Region) -> Iterator[Finding]:
    members: dict[str, dict[str, int]] = {group.id: {} for group in region.security_groups.values_now()}
    for instance in region.instances.values_now():
        for group_id in instance.classic_group_ids:
            group = region.security_groups[group_id]
            if group is None or group.vpc_id is not None:
                yield instance.id, f"is in {group_id}, which is not a classic group"
            else:
                members[group_id][instance.id] = 1
    for interface in region.network_interfaces.values_now():
        ids = interface.security_group_ids
        quota = region.quota(interface.account_id, "security-groups-per-interface")
        if not 1 <= len(ids) <= quota or len(set(ids)) != len(ids):
            yield interface.id, f"is in {len(ids)} security groups"
        for group_id in ids:
            group = region.security_groups[group_id]
            if group is None or group.vpc_id != interface.vpc_id:
                yield interface.id, f"is in {group_id}, which is not a group of its VPC"
            else:
                members[group_id][interface.id] = len(interface.private_ips)
    owned = Counter(group.account_id for group in region.security_groups.values_now())
    for group in region.security_groups.values_now():
        count = sum(members[group.id].values())
        if group.private_ip_count != count:
            yield group.id, f"counts {group.private_ip_count} private IPs, and has {count}"
        if group.vpc_id and count > region.quota(group.account_id, "addresses-per-security-group"):
            yield group.id, f"has {count} private IPs"
        if set(region.members_of_group.peek(group.id).keys_now()) != members[group.id].keys():
            yield group.id, "its index of members is wrong"
        sources = [source for source, of in _authorizations(region) if of != source == group.id]
        if group.authorized_in != len(sources):
            yield group.id, f"counts {group.authorized_in} groups that authorize it, and there are {len(sources)}"
    for account_id, count in owned.items():
        if region.used(account_id, "security_group") != count:
            yield account_id, "its count of security groups is wrong"


def _authorizations(region: Region) -> Iterator[tuple[str, str]]:
    for group_id in region.sources_of_group.keys_now():
        for source_id in region.sources_of_group.peek(group_id).keys_now():
            yield source_id, group_id


def _containers(region: Region) -> Iterator[Finding]:
    for index, rows, attribute in (
        (region.vswitches_of_vpc, region.vswitches, "vpc_id"),
        (region.groups_of_vpc, region.security_groups, "vpc_id"),
        (region.interfaces_of_vswitch, region.network_interfaces, "vswitch_id"),
    ):
        table: Any = rows
        for key in index.keys_now():
            ids = [row.id for row in table.values_now() if getattr(row, attribute) == key]
            if sorted(index.peek(key).keys_now()) != sorted(ids) or index.peek(key).size != len(ids):
                yield key, f"its index by {attribute} is wrong"


def _passing(region: Region) -> Iterator[Finding]:
    passing = {resource_id for resource_id, _ in region.passing.values_now()}
    states: list[PassingState] = [*region.network_interfaces.values_now(), *region.instances.values_now()]
    states += region.eips.values_now()
    if passing != {state.id for state in states if state.status in PASSING}:
        yield region.region_id, "the list of what passes is wrong"


def _public_addresses(region: Region) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    associated: dict[str, str] = {}
    for eip in region.eips.values_now():
        owners[eip.ip_address] = eip.id
        if (eip.status in ASSOCIATED) != (eip.instance_id is not None):
            yield eip.id, f"is {eip.status} and associated with {eip.instance_id}"
        if eip.instance_id is not None:
            if eip.instance_id in associated:
                yield eip.instance_id, "has two EIPs"
            associated[eip.instance_id] = eip.id
    for instance in region.instances.values_now():
        if instance.eip_id != associated.pop(instance.id, None):
            yield instance.id, f"says that its EIP is {instance.eip_id}"
        if instance.public_ip is not None:
            if instance.eip_id is not None:
                yield instance.id, "has a public address and an EIP"
            if instance.public_ip in owners:
                yield instance.id, f"has {instance.public_ip}, which {owners[instance.public_ip]} has"
            owners[instance.public_ip] = instance.id
        if (instance.next_bandwidth is None) != (instance.scheduled is None):
            yield instance.id, "waits for a cycle without a change, or has a change without a cycle"
    for instance_id, eip_id in associated.items():
        yield eip_id, f"is associated with {instance_id}, which does not exist"
    if {ip: region.public_ips[ip] for ip in region.public_ips.keys_now()} != owners:
        yield region.region_id, "the index of public addresses is wrong"
    owned = Counter(eip.account_id for eip in region.eips.values_now())
    for account_id in owned | _used(region, "eip"):
        if region.used(account_id, "eip") != owned[account_id]:
            yield account_id, "its count of EIPs is wrong"
    scheduled = {instance_id for instance_id, _ in region.scheduled.values_now()}
    if scheduled != {i.id for i in region.instances.values_now() if i.scheduled is not None}:
        yield region.region_id, "the list of what waits for a cycle is wrong"


def _classic(region: Region) -> Iterator[Finding]:
    held = {i.classic_ip: i.id for i in region.instances.values_now() if i.vpc_id is None}
    if {ip: region.classic_ips[ip] for ip in region.classic_ips.keys_now()} != held:
        yield region.region_id, "the index of classic addresses is wrong"
    links = Counter(i.linked_vpc_id for i in region.instances.values_now() if i.linked_vpc_id is not None)
    for vpc in region.vpcs.values_now():
        if vpc.linked_instances != links[vpc.id]:
            yield vpc.id, f"counts {vpc.linked_instances} linked instances, and has {links[vpc.id]}"


def _identities(region: Region) -> Iterator[Finding]:
    macs = Counter(interface.mac_address for interface in region.network_interfaces.values_now())
    for mac, count in macs.items():
        if count > 1:
            yield mac, f"is the MAC of {count} ENIs"


_INVARIANTS: Final[dict[str, Invariant]] = {
    "interface.primary.bound-for-life": _primary_bound_for_life,
    "interface.attachment": _attachment,
    "interface.zone-and-vpc": _zone_and_vpc,
    "address.private.unique": _addresses,
    "address.private.free": _free_addresses,
    "interface.address-quotas": _address_quotas,
    "interface.quotas": _interface_quotas,
    "security-group.members": _groups,
    "index.containers": _containers,
    "index.passing": _passing,
    "public-ip.owners": _public_addresses,
    "address.classic.unique": _classic,
    "interface.mac-address": _identities,
}
