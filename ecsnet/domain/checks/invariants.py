"""The invariants that no sequence of commands ever breaks.

Each recomputes, by a plain scan of what is there, what the rules and the indexes promise. Where a rule promises it, the
invariant has the rule's id; the ids that begin with ``index.`` are promises of the fold to itself. What was imported
may break them, and then they say where.

They are checked after every step of every property test, so one pass over a table serves all that need it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final

from ecsnet._attrs import frozen
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.records import EipState, InstanceState, NetworkInterfaceState, VSwitchState
from ecsnet.domain.state.streams import account_stream
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.account import type_of, unset_account_quota
from ecsnet.domain.subjects.eip import ASSOCIATED, EIP, private_ip_of
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface.lifecycle import ATTACHED, NETWORK_INTERFACE
from ecsnet.domain.subjects.public_ip import CHANGE_LIMIT
from ecsnet.domain.subjects.security_group import ADDRESS_QUOTAS, CLASSIC_NETWORK, SECURITY_GROUP
from ecsnet.domain.subjects.vpc import VPC, VSWITCH, inside
from ecsnet.events.instance import InstanceStarted
from ecsnet.values import (
    ChargeType,
    InstanceStatus,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    SecurityGroupType,
    cidr_bounds,
    ipv4_to_int,
)

INVARIANTS: Final[dict[str, str]] = {
    "interface.primary.bound-for-life": "An instance of a VPC has one primary ENI of its own, which is InUse.",
    "interface.attachment": "An ENI is attached exactly while its status says so, to an instance that lists it.",
    "interface.attach.quota": "An instance has no more ENIs than its type allows.",
    "interface.attach.vpc": "An ENI is in the VPC of its instance; a classic instance has none.",
    "interface.attach.zone": "An ENI is in the zone of its instance.",
    "interface.create.vswitch": "An ENI is in the VPC and the zone of its VSwitch.",
    "interface.assign.limit": "An ENI has a private IP, and no more than its account's quota ever allowed.",
    "interface.assign.type-quota": "An attached ENI has no more private IPs than the instance's type allows.",
    "interface.security-groups.count": "An ENI or a classic instance is in one to as many groups as the quota allows.",
    "interface.security-groups.vpc": "A security group is of the same VPC, or of the classic network, as its members.",
    "interface.mac-address": "No two ENIs of a region have one MAC.",
    "address.private.in-use": "No private IP is held twice in a VPC.",
    "address.private.in-cidr": "A private IP is in the block of its ENI's VSwitch.",
    "address.private.reserved": "No ENI holds the first address of a VSwitch, or one of the last three.",
    "address.private.free": "A VSwitch knows how many addresses are free, and gives each of them.",
    "address.classic.unique": "No classic private address is held twice, over all regions.",
    "vpc.cidr-block.overlap": "No two blocks of a VPC share an address.",
    "vpc.cidr-block.quota": "A VPC has no more secondary blocks than the quota allows.",
    "vswitch.create.cidr": "A VSwitch lies inside a block of its VPC.",
    "vswitch.create.overlap": "No two VSwitches of a VPC share an address.",
    "vpc.vswitch-quota": "A VPC has no more VSwitches than the quota allows.",
    "interface.security-groups.type": "The security groups of an ENI are all basic or all enterprise groups.",
    "security-group.address-quota": "A basic group of a VPC has no more private IPs than the quota allows.",
    "security-group.enterprise.address-quota": "An enterprise group has no more private IPs than the quota allows.",
    "security-group.enterprise.authorize": "An enterprise group authorizes no group, and none authorizes it.",
    "security-group.enterprise.vpc": "An enterprise group is in a VPC.",
    "account.interface-quota": "An account has no more secondary ENIs in a region than its quota allows.",
    "account.security-group-quota": "An account has no more security groups in a region than its quota allows.",
    "account.eip-quota": "An account has no more EIPs, in a region and over all, than its quota allows.",
    "instance.modify-vpc.pending": "A change of the private address is pending only while the instance is not Running.",
    "instance.subscription": "Only a subscription expires, and only a subscription has a bandwidth for its next cycle.",
    "public-ip.owners": "No public address is held twice, over all regions.",
    "public-ip.change.limit": "A public address was changed three times at most.",
    "eip.association": "An EIP is associated exactly while its status says so, with an instance or an ENI that agrees.",
    "eip.associate.duplicate": "An instance, and a private address of an ENI, has one EIP at most.",
    "eip.associate.primary-interface": "An EIP that is on an ENI is on a secondary one.",
    "eip.associate.private-ip": "An EIP on an ENI is associated with a private address that the ENI holds.",
    "eip.associate.network-type": "An instance with an EIP is in a VPC.",
    "eip.associate.public-ip": "An instance has no EIP beside a public address of its own.",
    "classic-link.attach.network-type": "Only a classic instance is linked, to a VPC that is enabled for it.",
    "index.addresses": "The index of private addresses agrees with the ENIs.",
    "index.vswitches-of-vpc": "The index of VSwitches by VPC agrees with the VSwitches.",
    "index.groups-of-vpc": "The index of security groups by VPC agrees with the groups.",
    "index.interfaces-of-vswitch": "The index of ENIs by VSwitch agrees with the ENIs.",
    "index.interfaces-of-name": "The index of ENIs by name agrees with the ENIs.",
    "index.resources-of-tag": "The index of resources by tag agrees with the resources.",
    "index.members-of-group": "The members of a group, and the number of its private IPs, agree with the ENIs.",
    "index.sources-of-group": "The index of groups that authorize a group agrees with the authorizations.",
    "index.usage": "The numbers of resources that count towards a quota agree with the resources.",
    "index.public-ips": "The index of public addresses agrees with instances and EIPs.",
    "index.classic-ips": "The index of classic addresses agrees with the instances.",
    "index.unplaced-instances": "The index of instances by VPC whose VSwitch is not known agrees with the instances.",
    "index.linked-instances": "The index of linked instances by VPC agrees with the instances.",
    "index.pending": "The list of pending transitions has exactly the resources in a transitional status.",
    "index.revocations": "The list of revocations has exactly the addresses that ENIs have to give up.",
    "index.scheduled": "The list of scheduled changes has exactly the instances with a bandwidth for the next cycle.",
}
"""Every invariant: its id, and a sentence that always holds."""

WAITING_FOR_START: Final = {
    *(INSTANCE.statuses_admitting(InstanceStarted) - {InstanceStatus.Pending}),
    InstanceStatus.Releasing,  # it will never be started again
}
PRIMARY: Final = NetworkInterfaceType.Primary
SECONDARY: Final = NetworkInterfaceType.Secondary


@frozen
class Breach:
    """An invariant that does not hold: its id, where, and what is wrong."""

    invariant: str
    resource_id: str
    message: str


Found = Callable[[str, str, str], None]


def breaches(world: World) -> tuple[Breach, ...]:
    """Every invariant that does not hold, in any region or over all of them."""
    broken: list[Breach] = []

    def found(invariant: str, resource_id: str, message: str) -> None:
        broken.append(Breach(invariant, resource_id, message))

    for region in world.regions.values():
        scan = _Scan(world, region, found)
        scan.containers()
        scan.network_interfaces()
        scan.private_addresses()
        scan.instances()
        scan.eips()
        scan.groups()
        scan.usage()
        scan.waiting()
    if len(world.regions) > 1:
        _over_all_regions(world, found)
    _eips(world, found)
    return tuple(broken)


@lru_cache(maxsize=65_536)
def _number(ip: str) -> int:
    return ipv4_to_int(ip)


class _Scan:
    """All of a region, read once, and what it adds up to."""

    def __init__(self, world: World, region: Region, found: Found) -> None:
        self.world = world
        self.region = region
        self.found = found
        self.all_vpcs = region.vpcs.snapshot()
        self.all_vswitches = region.vswitches.snapshot()
        self.all_groups = region.security_groups.snapshot()
        self.all_instances = region.instances.snapshot()
        self.all_interfaces = region.network_interfaces.snapshot()
        self.all_eips = region.eips.snapshot()
        self.stand_ins = {
            one.id: stand_in
            for one in self.all_instances.values()
            if (stand_in := private_pool.stand_in(region, one)) is not None
        }
        self.holders: dict[str, dict[str, str]] = {vpc_id: {} for vpc_id in self.all_vpcs}
        self.held_in: dict[str, list[int]] = {vswitch_id: [] for vswitch_id in self.all_vswitches}
        self.attached_to: dict[str, set[str]] = {}
        self.members: dict[str, dict[str, int]] = {group_id: {} for group_id in self.all_groups}
        self.secondary: Counter[str] = Counter()
        self.pending: set[str] = set()
        self._allowed: dict[tuple[str, str], int] = {}

    def allowed(self, account_id: str, quota: str) -> int:
        """Returns how many there may be."""
        allowed = self._allowed.get((account_id, quota))
        if allowed is None:
            allowed = self._allowed[account_id, quota] = self.region.allowance(account_id, quota).now
        return allowed

    def containers(self) -> None:
        """VPCs and what they contain."""
        region, found = self.region, self.found
        self._index("index.vswitches-of-vpc", region.vswitches_of_vpc, self.all_vpcs, self.all_vswitches, "vpc_id")
        self._index("index.groups-of-vpc", region.groups_of_vpc, self.all_vpcs, self.all_groups, "vpc_id")
        self._index(
            "index.interfaces-of-vswitch",
            region.interfaces_of_vswitch,
            self.all_vswitches,
            {**self.all_interfaces, **{i: one for i, one in self.stand_ins.items() if one.vswitch_id}},
            "vswitch_id",
        )
        unplaced = {i: one for i, one in self.stand_ins.items() if not one.vswitch_id}
        self._index("index.unplaced-instances", region.unplaced_of_vpc, self.all_vpcs, unplaced, "vpc_id")
        names = {i.name: None for i in self.all_interfaces.values() if i.name is not None}
        self._index("index.interfaces-of-name", region.interfaces_of_name, names, self.all_interfaces, "name")
        self._tags()
        self._index("index.linked-instances", region.links_of_vpc, self.all_vpcs, self.all_instances, "linked_vpc_id")
        blocks: dict[str, list[VSwitchState]] = {vpc_id: [] for vpc_id in self.all_vpcs}
        for vswitch in self.all_vswitches.values():
            if vswitch.vpc_id in blocks and vswitch.cidr_block:  # it is not known of every imported one
                blocks[vswitch.vpc_id].append(vswitch)
        for lifecycle, rows in ((VPC, self.all_vpcs), (VSWITCH, self.all_vswitches), (SECURITY_GROUP, self.all_groups)):
            self.pending.update(row.id for row in rows.values() if row.status in lifecycle.transitional)
        for vpc_id, vpc in self.all_vpcs.items():
            vswitches = sorted(blocks[vpc_id], key=lambda vswitch: vswitch.first)
            if len(vswitches) > self.allowed(vpc.account_id, "vswitches-per-vpc"):
                found("vpc.vswitch-quota", vpc_id, f"has {len(vswitches)} VSwitches")
            if len(vpc.secondary_cidr_blocks) > self.allowed(vpc.account_id, "secondary-cidr-blocks-per-vpc"):
                found("vpc.cidr-block.quota", vpc_id, f"has {len(vpc.secondary_cidr_blocks)} secondary blocks")
            of_vpc = sorted(map(cidr_bounds, vpc.cidr_blocks))
            if any(after[0] <= before[1] for before, after in pairwise(of_vpc)):
                found("vpc.cidr-block.overlap", vpc_id, f"has overlapping blocks: {', '.join(vpc.cidr_blocks)}")
            end = -1
            for vswitch in vswitches:
                if not inside(vpc, vswitch.first, vswitch.last):
                    found("vswitch.create.cidr", vswitch.id, f"is not inside {' or '.join(vpc.cidr_blocks)}")
                if vswitch.first <= end:
                    found("vswitch.create.overlap", vswitch.id, f"its block {vswitch.cidr_block} overlaps another")
                end = max(end, vswitch.last)

    def _index(
        self,
        invariant: str,
        index: Table[str, Table[str, bool]],
        keys: Mapping[str, object],
        rows: Mapping[str, Any],
        attribute: str,
    ) -> None:
        expected: dict[str, dict[str, bool]] = {key: {} for key in keys}
        for row in rows.values():
            key = getattr(row, attribute)
            if key is not None:
                expected.setdefault(key, {})[row.id] = True
        indexed = index.snapshot()
        if indexed.keys() != expected.keys():
            self.found(invariant, self.region.region_id, f"has keys {sorted(indexed)} instead of {sorted(expected)}")
            return
        for key, ids in indexed.items():
            if ids.snapshot() != expected[key] or ids.size != len(expected[key]):
                self.found(invariant, key, f"lists {sorted(ids.snapshot())} instead of {sorted(expected[key])}")

    def _tags(self) -> None:
        expected: dict[tuple[str, str, str], set[str]] = {}
        for table, rows in (
            ("vpcs", self.all_vpcs),
            ("vswitches", self.all_vswitches),
            ("security_groups", self.all_groups),
            ("instances", self.all_instances),
            ("network_interfaces", self.all_interfaces),
            ("eips", self.all_eips),
        ):
            for row in rows.values():
                for key, value in row.tags.items():
                    expected.setdefault((table, key, value), set()).add(row.id)
        indexed = {tag: ids.snapshot() for tag, ids in self.region.resources_of_tag.snapshot().items()}
        sizes = {tag: ids.size for tag, ids in self.region.resources_of_tag.snapshot().items()}
        agrees = {tag: ids.keys() for tag, ids in indexed.items()} == expected
        if not agrees or sizes != {tag: len(ids) for tag, ids in expected.items()}:
            message = f"has {sorted(indexed)}, and the resources {sorted(expected)}"
            self.found("index.resources-of-tag", self.region.region_id, message)

    def network_interfaces(self) -> None:
        """ENIs by themselves: what they are attached to, in, and where."""
        found, instances = self.found, self.all_instances
        macs: dict[str, str] = {}
        for interface in self.all_interfaces.values():
            instance_id, status = interface.instance_id, interface.status
            held = interface.held is not None  # reported by itself, and none of the account's to be judged
            if not held and (status in ATTACHED) != (instance_id is not None):
                where = instance_id or "no instance"
                found("interface.attachment", interface.id, f"is {status} and attached to {where}")
            if status in NETWORK_INTERFACE.transitional and not held:
                self.pending.add(interface.id)
            instance = None
            if instance_id is not None:
                self.attached_to.setdefault(instance_id, set()).add(interface.id)
                instance = instances.get(instance_id)
            if interface.type is PRIMARY:
                if held and instance is None:
                    pass
                elif instance is None or instance.primary_network_interface_id != interface.id:
                    found("interface.primary.bound-for-life", interface.id, "is a primary ENI without its instance")
                elif status is not NetworkInterfaceStatus.InUse:
                    found("interface.primary.bound-for-life", interface.id, f"is a primary ENI that is {status}")
            elif interface.type is SECONDARY:
                self.secondary[interface.account_id] += 1
            if interface.mac_address and macs.setdefault(interface.mac_address, interface.id) != interface.id:
                found("interface.mac-address", interface.id, f"has the MAC of {macs[interface.mac_address]}")
            vswitch = self.all_vswitches.get(interface.vswitch_id)
            if vswitch is None or vswitch.vpc_id != interface.vpc_id or vswitch.zone_id != interface.zone_id:
                found("interface.create.vswitch", interface.id, f"does not agree with {interface.vswitch_id}")
            count = interface.address_count
            within = count <= self.allowed(interface.account_id, "addresses-per-interface")
            if not held and not (interface.private_ips and within):
                number = count if interface.private_ips else "no"
                found("interface.assign.limit", interface.id, f"holds {number} private IPs")
            if instance is not None and not held:
                if instance.vpc_id != interface.vpc_id:
                    found("interface.attach.vpc", interface.id, f"is in another VPC than {instance.id}")
                if instance.zone_id != interface.zone_id and instance.zone_id and interface.zone_id:
                    found("interface.attach.zone", interface.id, f"is in another zone than {instance.id}")
                of_type = type_of(self.world, instance)
                if of_type.limits_known and count > of_type.private_ipv4_per_eni:
                    message = f"holds {count} private IPs on a {of_type.id}"
                    found("interface.assign.type-quota", interface.id, message)
            self._in_groups(interface, interface.security_group_ids, interface.vpc_id, count)

    def _in_groups(
        self, member: NetworkInterfaceState | InstanceState, group_ids: tuple[str, ...], vpc_id: str | None, count: int
    ) -> None:
        held = getattr(member, "held", None) is not None
        if not held and not 1 <= len(group_ids) <= self.allowed(member.account_id, "security-groups-per-interface"):
            self.found("interface.security-groups.count", member.id, f"is in {len(group_ids)} security groups")
        if len(group_ids) > 1 and len(set(group_ids)) != len(group_ids):
            self.found("interface.security-groups.count", member.id, f"is in a group twice: {group_ids}")
        if len({group.type for one in group_ids if (group := self.all_groups.get(one)) is not None}) > 1:
            self.found("interface.security-groups.type", member.id, f"is in groups of two types: {group_ids}")
        for group_id in group_ids:
            group = self.all_groups.get(group_id)
            if group is None or group.vpc_id != vpc_id:
                network = vpc_id or CLASSIC_NETWORK
                self.found("interface.security-groups.vpc", member.id, f"is in {group_id}, which is not of {network}")
            if group is not None:
                self.members[group_id][member.id] = count

    def private_addresses(self) -> None:
        """Checks which ENI has which private address, and which addresses are free."""
        found, holders, held_in = self.found, self.holders, self.held_in
        outside: dict[str, list[int]] = {}
        others: dict[tuple[str, str], dict[str, bool]] = {}
        # An id that was imported again after its deletion has its old place in the table.
        positioned: Any = (*self.all_interfaces.values(), *self.stand_ins.values())
        for interface in sorted(positioned, key=attrgetter("position")):
            vswitch = self.all_vswitches.get(interface.vswitch_id)
            if vswitch is None and interface.vswitch_id:
                continue
            block, first, last = ("", 1, 0) if vswitch is None else (vswitch.cidr_block, vswitch.first, vswitch.last)
            held = holders.setdefault(interface.vpc_id, {})
            for ip in interface.held_addresses:
                number = _number(ip)
                if not first <= number <= last:
                    if block:
                        found("address.private.in-cidr", interface.id, f"holds {ip}, not of {block}")
                    if ip not in held:
                        outside.setdefault(interface.vpc_id, []).append(number)
                elif not first < number <= last - 3:
                    found("address.private.reserved", interface.id, f"holds {ip}, which {block} reserves")
                elif ip not in held:
                    held_in[interface.vswitch_id].append(number)
                if ip in held:
                    found("address.private.in-use", interface.id, f"holds {ip}, which {held[ip]} holds")
                    others.setdefault((interface.vpc_id, ip), {})[interface.id] = True
                else:
                    held[ip] = interface.id
        for vswitch in self.all_vswitches.values() if outside else ():
            for number in outside.get(vswitch.vpc_id, ()):
                if vswitch.first < number <= vswitch.last - 3:
                    held_in[vswitch.id].append(number)
        indexed = self.region.addresses.snapshot()
        if indexed.keys() != holders.keys():
            found("index.addresses", self.region.region_id, f"has keys {sorted(indexed)}, not {sorted(holders)}")
        for vpc_id, table in indexed.items():
            if table.snapshot() != holders.get(vpc_id) or table.size != len(holders[vpc_id]):
                found("index.addresses", vpc_id, "does not agree with the ENIs")
        indexed_others = {key: table.snapshot() for key, table in self.region.other_holders.snapshot().items()}
        if indexed_others != others:
            found("index.addresses", self.region.region_id, "does not agree with the ENIs that share an address")
        for vswitch in self.all_vswitches.values():
            self._free(
                vswitch, held_in[vswitch.id], indexed[vswitch.vpc_id].snapshot() if vswitch.vpc_id in indexed else {}
            )

    def _free(self, vswitch: VSwitchState, held_in: Collection[int], held: Mapping[str, str]) -> None:
        free = max(0, vswitch.last - vswitch.first - 3) - len(held_in)
        promised = free - vswitch.unseen_addresses
        if vswitch.available_ip_address_count != promised:
            message = f"counts {vswitch.available_ip_address_count} free addresses, and has {promised}"
            self.found("address.private.free", vswitch.id, message)
        given_again = {ip for ip in private_pool.released(vswitch) if held.get(ip) is None}
        if vswitch.next_ip is None:
            never_given = 0
            behind = vswitch.last - 2
        else:
            behind = vswitch.next_address
            never_given = vswitch.last - 2 - behind - sum(number >= behind for number in held_in)
            if _number(vswitch.next_ip) != behind or held.get(vswitch.next_ip) is not None:
                self.found("address.private.free", vswitch.id, f"would allocate {vswitch.next_ip}, which is not free")
        numbers = [_number(ip) for ip in given_again]
        if not all(vswitch.first < number <= vswitch.last - 3 for number in numbers):
            self.found("address.private.free", vswitch.id, f"would allocate again {sorted(given_again)}")
        if never_given + sum(number < behind for number in numbers) != free:
            self.found("address.private.free", vswitch.id, "does not allocate every address that is free")

    def instances(self) -> None:
        """Instances, and the ENIs they list."""
        found = self.found
        for instance in self.all_instances.values():
            ids = instance.network_interface_ids
            if instance.status in INSTANCE.transitional and instance.held is None:
                self.pending.add(instance.id)
            attached = self.attached_to.pop(instance.id, set())
            if attached != set(ids):
                message = f"lists {ids}, and {sorted(attached)} are attached to it"
                found("interface.attachment", instance.id, message)
            of_type = type_of(self.world, instance)
            if of_type.limits_known and len(ids) > of_type.eni_quantity:
                found("interface.attach.quota", instance.id, f"has {len(ids)} ENIs")
            if instance.vpc_id is None:
                self._in_groups(instance, instance.classic_group_ids, None, 1)
                if ids:
                    found("interface.attach.vpc", instance.id, "is a classic instance with an ENI")
            else:
                primary = self.all_interfaces.get(ids[0]) if ids else None
                if instance.unseen_primary is not None:
                    self._in_groups(instance, instance.unseen_primary.security_group_ids, instance.vpc_id, 1)
                    if ids:
                        found("interface.attachment", instance.id, "has ENIs, and stands for its primary one")
                elif primary is None or primary.type is not PRIMARY:
                    found("interface.primary.bound-for-life", instance.id, "has no primary ENI")
            if instance.linked_vpc_id is not None:
                vpc = self.all_vpcs.get(instance.linked_vpc_id)
                if instance.vpc_id is not None or vpc is None or not vpc.classic_link_enabled:
                    found("classic-link.attach.network-type", instance.id, f"is linked to {instance.linked_vpc_id}")
            if instance.private_ip_change_pending and instance.status not in WAITING_FOR_START:
                found(
                    "instance.modify-vpc.pending",
                    instance.id,
                    f"is {instance.status} with a pending change",
                )
            subscribed = instance.charge_type is ChargeType.PrePaid
            if subscribed != (instance.expires_at is not None) or (instance.next_bandwidth is not None) > subscribed:
                message = f"is {instance.charge_type}, which its end or its next bandwidth contradicts"
                found("instance.subscription", instance.id, message)
            if instance.public_ip_changes > CHANGE_LIMIT:
                found("public-ip.change.limit", instance.id, f"changed it {instance.public_ip_changes} times")
        for instance_id, left in self.attached_to.items():
            found("interface.attachment", instance_id, f"does not exist, and {sorted(left)} are attached to it")

    def eips(self) -> None:
        """Public addresses of both kinds, and what EIPs are associated with."""
        found, region = self.found, self.region
        owners: dict[str, str] = {}
        associated: dict[str, str] = {}
        on_interfaces: dict[str, list[EipState]] = {}
        for eip in self.all_eips.values():
            self._owns(eip, eip.ip_address, owners)
            if eip.held is None and (eip.status in ASSOCIATED) != (eip.user_id is not None):
                where = eip.user_id or "no instance and no ENI"
                found("eip.association", eip.id, f"is {eip.status} and associated with {where}")
            if eip.instance_id is not None and eip.network_interface_id is not None:
                found("eip.association", eip.id, f"is associated with {eip.instance_id} and {eip.network_interface_id}")
            if eip.network_interface_id is not None:
                on_interfaces.setdefault(eip.network_interface_id, []).append(eip)
            if eip.status in EIP.transitional and eip.held is None:
                self.pending.add(eip.id)
            if eip.instance_id is not None:
                if eip.instance_id in associated:
                    found("eip.associate.duplicate", eip.instance_id, f"has {associated[eip.instance_id]} and {eip.id}")
                associated[eip.instance_id] = eip.id
        classic: dict[str, str] = {}
        for instance in self.all_instances.values():
            eip_id = associated.pop(instance.id, None)
            if instance.eip_id != eip_id:
                message = f"lists {instance.eip_id or 'no EIP'}, and has {eip_id or 'none'}"
                found("eip.association", instance.id, message)
            if instance.public_ip is not None:
                self._owns(instance, instance.public_ip, owners)
                if eip_id is not None:
                    found("eip.associate.public-ip", instance.id, f"has {instance.public_ip} and {eip_id}")
            if instance.vpc_id is None:
                if eip_id is not None and instance.is_classic:
                    found("eip.associate.network-type", instance.id, f"is a classic instance with {eip_id}")
                if instance.classic_ip in classic:
                    message = f"has {instance.classic_ip}, which {classic[instance.classic_ip]} has"
                    found("address.classic.unique", instance.id, message)
                if instance.classic_ip:  # that of an imported one may not be known
                    classic[instance.classic_ip] = instance.id
        for instance_id, eip_id in associated.items():
            found("eip.association", eip_id, f"is associated with {instance_id}, which does not exist")
        self._eips_of_interfaces(on_interfaces)
        if region.public_ips.snapshot() != owners or region.public_ips.size != len(owners):
            found("index.public-ips", region.region_id, "does not agree with instances and EIPs")
        if region.classic_ips.snapshot() != classic or region.classic_ips.size != len(classic):
            found("index.classic-ips", region.region_id, "does not agree with the classic instances")

    def _eips_of_interfaces(self, on_interfaces: dict[str, list[EipState]]) -> None:
        """Checks the EIPs that are on ENIs, and the index of the ENIs."""
        found = self.found
        for interface in self.all_interfaces.values():
            eips = on_interfaces.pop(interface.id, []) if on_interfaces else []
            if not eips and not interface.eips:
                continue
            listed = {(private_ip_of(eip, interface), eip.id) for eip in eips}
            if set(interface.eips) != listed or len(interface.eips) != len(eips):
                found("eip.association", interface.id, f"lists {interface.eips}, and has {sorted(listed)}")
            at: dict[str, str] = {}
            for eip in eips:
                ip = private_ip_of(eip, interface)
                if eip.held is not None:
                    continue
                if interface.type is PRIMARY:
                    found("eip.associate.primary-interface", eip.id, f"is on the primary ENI {interface.id}")
                if interface.private_ips and ip not in interface.private_ips:
                    found("eip.associate.private-ip", eip.id, f"is associated with {ip}, not of {interface.id}")
                if at.setdefault(ip, eip.id) != eip.id:
                    found("eip.associate.duplicate", interface.id, f"has {at[ip]} and {eip.id} at {ip}")
        for interface_id, eips in on_interfaces.items():
            found("eip.association", eips[0].id, f"is associated with {interface_id}, which does not exist")

    def _owns(self, owner: EipState | InstanceState, ip: str, owners: dict[str, str]) -> None:
        if ip in owners:
            self.found("public-ip.owners", owner.id, f"has {ip}, which {owners[ip]} has")
        owners[ip] = owner.id

    def groups(self) -> None:
        """Security groups: who is in them, and which they authorize."""
        found, region = self.found, self.region
        authorized: dict[str, set[str]] = {}
        sources_of, members_of = region.sources_of_group.snapshot(), region.members_of_group.snapshot()
        authorizers_of = region.authorizers_of_group.snapshot()
        if not sources_of.keys() == members_of.keys() == authorizers_of.keys() == self.all_groups.keys():
            found("index.members-of-group", region.region_id, "does not have exactly the security groups")
        for group_id, sources in sources_of.items():
            for source_id in sources.snapshot():
                if source_id != group_id:
                    authorized.setdefault(source_id, set()).add(group_id)
        for group in self.all_groups.values():
            for referenced_id in group.referenced_group_ids:
                authorized.setdefault(referenced_id, set()).add(group.id)
        for group_id, group in self.all_groups.items():
            members, indexed = self.members[group_id], members_of.get(group_id)
            count = sum(members.values())
            if group.private_ip_count != count:
                message = f"counts {group.private_ip_count} private IPs, and has {count}"
                found("index.members-of-group", group_id, message)
            if indexed is None or indexed.snapshot().keys() != members.keys() or indexed.size != len(members):
                found("index.members-of-group", group_id, f"is not {sorted(members)}")
            enterprise = group.type is SecurityGroupType.Enterprise
            if group.vpc_id is not None and count > self.allowed(group.account_id, ADDRESS_QUOTAS[group.type]):
                invariant = "security-group.enterprise.address-quota" if enterprise else "security-group.address-quota"
                found(invariant, group_id, f"has {count} private IPs")
            if enterprise and group.vpc_id is None:
                found("security-group.enterprise.vpc", group_id, "is an enterprise group of the classic network")
            authorizers = authorized.pop(group_id, set())
            if enterprise and (self._sources(group_id) or any(group_id in self._sources(one) for one in authorizers)):
                found("security-group.enterprise.authorize", group_id, "is an enterprise group in an authorization")
            own = {one for one in authorizers if self._account_of_group(one) == group.account_id}
            listed = authorizers_of[group_id].snapshot().keys() if group_id in authorizers_of else set()
            if listed != own or group.authorized_by_others != len(authorizers) - len(own):
                found("index.sources-of-group", group_id, "does not know which groups authorize it")
        for group_id in authorized:
            found("index.sources-of-group", group_id, "does not exist, and is authorized")

    def _sources(self, group_id: str) -> Collection[str]:
        sources = self.region.sources_of_group[group_id]
        return () if sources is None else sources.snapshot()

    def _account_of_group(self, group_id: str) -> str | None:
        group = self.all_groups.get(group_id)
        return None if group is None else group.account_id

    def usage(self) -> None:
        """Checks the counts of resources that quotas limit."""
        groups = Counter(group.account_id for group in self.all_groups.values())
        eips = Counter(eip.account_id for eip in self.all_eips.values())
        counted: dict[tuple[str, str], int] = {}
        for kind, invariant, quota, owned in (
            ("network_interface", "account.interface-quota", "interfaces-per-region", self.secondary),
            ("security_group", "account.security-group-quota", "security-groups-per-region", groups),
            ("eip", "account.eip-quota", None, eips),  # over all regions, by `_eips`
        ):
            for account_id, count in owned.items():
                counted[account_id, kind] = count
                if quota is not None and count > self.allowed(account_id, quota):
                    self.found(invariant, account_id, f"has {count} in {self.region.region_id}")
        usage = {key: count for key, count in self.region.usage.snapshot().items() if count}
        if usage != counted:
            self.found("index.usage", self.region.region_id, f"is {usage}, and should be {counted}")

    def waiting(self) -> None:
        """Checks the lists of pending transitions and of scheduled changes."""
        region, found = self.region, self.found
        passing = [entry.resource_id for entry in region.pending.snapshot().values()]
        if len(passing) != len(self.pending) or set(passing) != self.pending or region.pending.size != len(passing):
            found("index.pending", region.region_id, f"lists {passing} instead of {sorted(self.pending)}")
        revoked = {
            key: (interface.id, set(addresses) <= {*interface.private_ips[1:], *interface.ipv4_prefixes})
            for interface in self.all_interfaces.values()
            for key, addresses in interface.revocations
        }
        listed = {key: (entry.resource_id, True) for key, entry in region.revocations.snapshot().items()}
        if revoked != listed or region.revocations.size != len(listed):
            found("index.revocations", region.region_id, f"lists {listed}, and {revoked} are being revoked")
        scheduled = {entry.resource_id: key for key, entry in region.scheduled.snapshot().items()}
        if scheduled != {i.id: i.scheduled for i in self.all_instances.values() if i.next_bandwidth is not None}:
            found("index.scheduled", region.region_id, f"lists {sorted(scheduled)}")


def _over_all_regions(world: World, found: Found) -> None:
    regions = world.regions.values()
    for invariant, tables in (
        ("public-ip.owners", [region.public_ips.snapshot() for region in regions]),
        ("address.classic.unique", [region.classic_ips.snapshot() for region in regions]),
    ):
        for ip, owner_id in _repeated(tables):
            found(invariant, owner_id, f"has {ip}, which is held in another region too")


def _eips(world: World, found: Found) -> None:
    """Checks the numbers of EIPs of accounts over all regions.

    An account has no more than its quota allowed when the newest of those that it has was allocated: all of them were
    there then, and none was allocated under a later quota.
    """
    of_accounts: dict[str, list[int]] = {}
    for region in world.regions.values():
        for eip in region.eips.snapshot().values():
            of_accounts.setdefault(eip.account_id, []).append(eip.position)
    for account_id, positions in of_accounts.items():
        if len(positions) > _eips_allowed(world, account_id, max(positions)):
            found("account.eip-quota", account_id, f"has {len(positions)} EIPs over all regions")


def _eips_allowed(world: World, account_id: str, position: int) -> int:
    """Returns how many EIPs an account was allowed to have at a position. A quota that an older version set for a
    region is without a position: it allows its highest value."""
    name = "eips-per-account"
    stream = world.shared.get(account_stream(account_id))
    changes = {} if stream is None else stream.quota_changes.snapshot()
    of_account = [value for (_, quota, at), value in sorted(changes.items()) if quota == name and at < position]
    of_regions = [
        region.allowance(account_id, name).ever
        for region in world.regions.values()
        if region.quotas[account_id, name] is not None
    ]
    return max(of_account[-1:] + of_regions, default=unset_account_quota(world, account_id, name))


def _repeated(tables: Iterable[Mapping[str, str]]) -> Iterable[tuple[str, str]]:
    seen: set[str] = set()
    for table in tables:
        yield from ((ip, owner_id) for ip, owner_id in table.items() if ip in seen)
        seen.update(table)
