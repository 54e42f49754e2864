"""Converts the vendor's Describe responses into import events, for `Cloud.import_resources`.

A response is the JSON object of DescribeVpcs, DescribeVSwitches, DescribeSecurityGroups, DescribeInstances,
DescribeNetworkInterfaces, DescribeEipAddresses, DescribeSecurityGroupAttribute, DescribeInstanceTypes or
DescribeAccountAttributes; each action may have any number of pages. Unknown fields are ignored.
A malformed response, or a resource without a place (an ENI without a VSwitch), raises `InvalidResponse` with its path,
and nothing is imported. An instance, an ENI or an EIP that is another service's, or whose description is not
understood, is held (`ecsnet.openapi.held`). A VPC or a VSwitch that no response describes, and that others are
described as in, is there by its name alone, and held with what is in it.

Imports are the only events that no rule has judged, so everything that the fold and the rules rely on is checked: each
field in `ecsnet.openapi.describe`, and the resources among each other here. Every reference of an event leads to a
resource of the same region that is described or named; status and attachments of what is not held agree, so that
commands can continue from them; and ids, primary ENIs, EIPs of an instance and blocks of addresses are unique. A
resource that only contradicts a rule is imported, so that `ecsnet.audit` can report it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from ecsnet.domain.subjects.eip import ASSOCIATED as ASSOCIATED_EIP
from ecsnet.domain.subjects.network_interface.lifecycle import ATTACHED
from ecsnet.domain.subjects.security_group import inner_access_policy_of
from ecsnet.errors import InvalidResponse
from ecsnet.events.base import Event
from ecsnet.events.imports import (
    EipImported,
    InstanceImported,
    NetworkInterfaceImported,
    SecurityGroupImported,
    VpcImported,
    VSwitchImported,
)
from ecsnet.openapi import held
from ecsnet.openapi.describe import (
    DescribedEip,
    DescribedInstance,
    DescribedInterface,
    DescribedSecurityGroup,
    DescribedVpc,
    DescribedVSwitch,
    DescribeResponse,
    imported_fields,
    moment_of,
    read_response,
    region_of_zone,
)
from ecsnet.openapi.group_rules import GroupRules
from ecsnet.openapi.instance_types import TypeReader
from ecsnet.openapi.quotas import read_quotas
from ecsnet.values import (
    ChargeType,
    EipInstanceType,
    EipStatus,
    InstanceType,
    NetworkInterfaceType,
    addresses_of,
    cidr_bounds,
    ipv4_to_int,
)

T = TypeVar("T")
_PRIMARY: Final = NetworkInterfaceType.Primary


class _Found(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """One described resource; ``path`` is its place in the responses, ``region_id`` None if the response has none."""

    path: str
    region_id: str | None
    one: T


class _InterfacePlace(NamedTuple):
    """The region and the VPC of an ENI, those of its groups that are described and those that are not, and the list of
    the addresses that are in use in its VPC: the same for all ENIs of a VSwitch and the same groups."""

    region_id: str
    vpc_id: str
    group_ids: tuple[str, ...]
    not_described: tuple[str, ...]
    addresses_in_use: list[str]


class Named(NamedTuple):
    """A VPC or a VSwitch of the cloud that no response has described yet, and its region."""

    region_id: str
    one: DescribedVpc | DescribedVSwitch


class Described(NamedTuple):
    """The described network: the events that import it, by region, and the path of each resource that is described, by
    its id; and the instance types that are described, or that are unknown and have instances; and the described quotas,
    by region and name."""

    events: Mapping[str, Sequence[Event]]
    paths: Mapping[str, str]
    instance_types: Sequence[InstanceType]
    quotas: Mapping[str, Mapping[str, int]]


def read_responses(
    responses: Iterable[Mapping[str, Any]],
    *,
    region_id: str,
    account_id: str,
    instance_types: Mapping[str, InstanceType],
    named: Iterable[Named] = (),
    on_instances: Collection[str] = (),
) -> Described:
    """Returns the network that responses describe; ``region_id`` is the region of responses that do not name one,
    ``account_id`` the account that imports it, and ``named`` what is there already by its name alone. ``on_instances``
    are the EIPs and the primary ENIs that are on instances already: of several that are described as on one, these
    precede.

    ``instance_types`` are those that are known already. The events can be folded in their order into regions that have
    none of the resources. Every command, read and transition works in the regions after that. Raises
    `InvalidResponse`.
    """
    reader = _Reader(region_id, account_id, instance_types, on_instances)
    if isinstance(responses, str | bytes | Mapping) or not isinstance(responses, Iterable):
        raise InvalidResponse(f"must be a list of responses, not {type(responses).__name__}", path="responses")
    for number, response in enumerate(responses):
        reader.read(f"responses[{number}]", response)
    events = reader.events(named)
    return Described(
        events, reader.described_paths(), (*reader.types.described(), *reader.types.shown()), reader.quotas
    )


class _Reader:
    """Collects the described resources by kind and id; one that several pages describe is collected once."""

    def __init__(
        self,
        region_id: str,
        account_id: str,
        instance_types: Mapping[str, InstanceType],
        on_instances: Collection[str],
    ) -> None:
        self._region_id = region_id
        self._on_instances = on_instances
        self._account_id = account_id
        self._own_id: str | None = None
        self.types = TypeReader(instance_types)
        self.quotas: dict[str, dict[str, int]] = {}
        self._vpcs: dict[str, _Found[DescribedVpc]] = {}
        self._vswitches: dict[str, _Found[DescribedVSwitch]] = {}
        self._groups: dict[str, _Found[DescribedSecurityGroup]] = {}
        self._rules: dict[str, GroupRules] = {}
        self._groups_with_rules: dict[str, _Found[DescribedSecurityGroup]] = {}
        self._instances: dict[str, _Found[DescribedInstance]] = {}
        self._interfaces: dict[str, _Found[DescribedInterface]] = {}
        self._eips: dict[str, _Found[DescribedEip]] = {}
        self._only_named: set[str] = set()
        self.paths: dict[str, str] = {}
        self._regions: dict[str, str] = {}
        self._primaries: dict[str, str] = {}
        self._without_primary: dict[str, list[DescribedInterface]] = {}
        self._eip_of: dict[str, str] = {}
        self._eip_at: dict[tuple[str, str], str] = {}
        self._used: dict[str, list[str]] = {}
        self._places: dict[tuple[str, tuple[str, ...], str | None], _InterfacePlace] = {}
        self._events: dict[str, list[Event]] = {}

    def read(self, place: str, given: Mapping[str, Any]) -> None:
        """Collects the resources of one response."""
        response = read_response(place, given)
        of_region = self.quotas.setdefault(response.region_id or self._region_id, {})
        read_quotas(
            f"{place}.AccountAttributeItems", response.account_attribute_items.account_attribute_item, of_region
        )
        self.types.read(f"{place}.InstanceTypes.InstanceType", response.instance_types.types)
        self._read_rules(place, response)
        for kind, found, ids, table in (
            ("Vpcs.Vpc", response.vpcs.vpc, "vpc_id", self._vpcs),
            ("VSwitches.VSwitch", response.vswitches.vswitch, "vswitch_id", self._vswitches),
            (
                "SecurityGroups.SecurityGroup",
                response.security_groups.security_group,
                "security_group_id",
                self._groups,
            ),
            ("Instances.Instance", response.instances.instance, "instance_id", self._instances),
            (
                "NetworkInterfaceSets.NetworkInterfaceSet",
                response.network_interface_sets.network_interface_set,
                "network_interface_id",
                self._interfaces,
            ),
            ("EipAddresses.EipAddress", response.eip_addresses.eip_address, "allocation_id", self._eips),
        ):
            described: dict[str, Any] = table
            for number, one in enumerate(found):
                path = f"{place}.{kind}[{number}]"
                region_id = one.region_id or response.region_id or None
                self._collect(described, getattr(one, ids), _Found(path, region_id, one))

    def _read_rules(self, place: str, response: DescribeResponse) -> None:
        """Collects the rules of the group of a DescribeSecurityGroupAttribute response, and the group, which no other
        response need describe."""
        group_id, permissions = response.security_group_id, response.permissions.permission
        if not group_id:
            if permissions or response.inner_access_policy:
                raise InvalidResponse("is missing", path=f"{place}.SecurityGroupId")
            return
        self._rules.setdefault(group_id, GroupRules()).read(response.inner_access_policy, permissions)
        group = DescribedSecurityGroup(security_group_id=group_id, vpc_id=response.vpc_id or None)
        self._groups_with_rules.setdefault(group_id, _Found(place, response.region_id or None, group))

    def _collect(self, table: dict[str, _Found[Any]], resource_id: str, found: _Found[Any]) -> None:
        """Adds a resource to a table. Pages may overlap, so a second description must equal the first."""
        known = table.get(resource_id)
        if known is None:
            if resource_id in self.paths:
                reason = f"{resource_id} is the id of another resource, at {self.paths[resource_id]}"
                raise InvalidResponse(reason, path=found.path)
            self.paths[resource_id] = found.path
            table[resource_id] = found
            return
        one = msgspec.structs.replace(found.one, region_id=known.one.region_id)
        if one != known.one or (known.region_id and found.region_id and known.region_id != found.region_id):
            raise InvalidResponse(f"{resource_id} is described differently at {known.path}", path=found.path)
        table[resource_id] = _Found(known.path, known.region_id or found.region_id, known.one)

    def described_paths(self) -> Mapping[str, str]:
        """Returns the path of each resource that is described, by its id."""
        if not self._only_named:
            return self.paths
        return {one: path for one, path in self.paths.items() if one not in self._only_named}

    def events(self, named: Iterable[Named]) -> dict[str, list[Event]]:
        """Returns the events by region, a resource's after those of the resources that it refers to."""
        self._own_id = self._find_own_id()
        for group_id, group in self._groups_with_rules.items():
            if group_id not in self._groups:
                self._collect(self._groups, group_id, group)
        self._find_networks(named)
        for vpc in self._vpcs.values():
            region_id = self._place(vpc, vpc.one.vpc_id)
            listed = vpc.one.secondary_cidr_blocks.secondary_cidr_block
            owner_id = self._other_owner(vpc.one)
            event = VpcImported(
                **imported_fields(vpc.one),
                status=held.vpc_status_of(vpc.one),
                held=held.why_network(vpc.one, vpc.one.vpc_id in self._only_named),
                only_named=vpc.one.vpc_id in self._only_named,
                owner_id=owner_id,
                described=held.of_network(vpc.one, owner_id),
                secondary_cidr_blocks=tuple([one for one in dict.fromkeys(listed) if one != vpc.one.cidr_block]),
                created_at=_time(vpc),
            )
            self._add(region_id, event)
        for vswitch in self._vswitches.values():
            self._vswitch(vswitch)
        self._check_blocks()
        for group in self._groups.values():
            self._group(group)
        self._add_rules()
        self._show_types()
        for instance in self._instances.values():
            self._instance(instance)
        there = self._on_instances
        primary_first = sorted(
            self._interfaces.values(),
            key=lambda found: (found.one.type != "Primary", found.one.network_interface_id not in there),
        )
        for interface in primary_first:
            self._interface(interface)
        self._count_unseen_addresses()
        self._collect_eips_of_instances()
        self._collect_eips_of_interfaces()
        for eip in sorted(self._eips.values(), key=lambda found: found.one.allocation_id not in there):
            self._eip(eip)
        return self._events

    def _find_networks(self, named: Iterable[Named]) -> None:
        """Finds the place of each instance, the ENIs that only their instances describe, and the VPCs and VSwitches
        that no response describes: those that are named here, and those that were named before."""
        for region_id, one in named:
            if isinstance(one, DescribedVpc):
                self._name(self._vpcs, one.vpc_id, _Found("responses", region_id, one))
            else:
                self._name(self._vswitches, one.vswitch_id, _Found("responses", region_id, one))
        self._name_vswitches()
        self._complete_places()
        for instance in self._instances.values():
            for number, embedded in enumerate(instance.one.network_interfaces.network_interface):
                self._embedded(instance, f"{instance.path}.NetworkInterfaces.NetworkInterface[{number}]", embedded)
        self._name_vswitches()
        self._mark_primaries()
        self._complete_places()
        self._find_without_primary()
        self._name_vswitches_of_instances()
        self._complete_zones()
        self._name_vpcs()

    def _name(self, table: dict[str, _Found[Any]], resource_id: str, found: _Found[Any]) -> None:
        if resource_id not in table:
            self._collect(table, resource_id, found)
            self._only_named.add(resource_id)

    def _name_vswitches(self) -> None:
        """Adds the VSwitches that are known by their ENIs alone, if these or the instances in them tell their VPC."""
        missing = {found.one.vswitch_id for found in self._interfaces.values()} - self._vswitches.keys()
        missing.discard("")
        if not missing:
            return
        places = [found.one.vpc_attributes for found in self._instances.values()]
        vpc_of = {place.vswitch_id: place.vpc_id for place in places if place.vpc_id}
        of_vswitch: dict[str, list[_Found[DescribedInterface]]] = {}
        for found in self._interfaces.values():
            if found.one.vswitch_id in missing:
                of_vswitch.setdefault(found.one.vswitch_id, []).append(found)
        for vswitch_id, interfaces in of_vswitch.items():
            vpc_id = _first(map(self._vpc_of, interfaces)) or vpc_of.get(vswitch_id)
            if vpc_id is None:
                continue
            region_id = _first(found.region_id for found in interfaces)
            one = DescribedVSwitch(vswitch_id=vswitch_id, vpc_id=vpc_id, zone_id="")
            self._name(self._vswitches, vswitch_id, _Found(f"{interfaces[0].path}.VSwitchId", region_id, one))

    def _name_vswitches_of_instances(self) -> None:
        """Adds the VSwitches that are known by instances alone whose primary ENI is not described."""
        for instance_id in self._without_primary:
            found = self._instances[instance_id]
            place = found.one.vpc_attributes
            if place.vswitch_id:
                one = DescribedVSwitch(vswitch_id=place.vswitch_id, vpc_id=place.vpc_id, zone_id="")
                path = f"{found.path}.VpcAttributes.VSwitchId"
                self._name(self._vswitches, place.vswitch_id, _Found(path, found.region_id, one))

    def _vpc_of(self, found: _Found[DescribedInterface]) -> str | None:
        """Returns the VPC of an ENI whose VSwitch no response describes: its own, or that of its instance or groups."""
        if found.one.vpc_id:
            return found.one.vpc_id
        instance = self._instances.get(found.one.its_instance_id)
        groups = [self._groups.get(group_id) for group_id in found.one.security_group_ids.security_group_id]
        named = [None if group is None else group.one.vpc_id for group in groups]
        return _first([None if instance is None else instance.one.vpc_attributes.vpc_id, *named])

    def _name_vpcs(self) -> None:
        """Adds the VPCs that are known by what is described as in them alone. One that nothing gives a region is in the
        region of the first zone that is described in it."""
        named: dict[str, list[tuple[str, str | None, str]]] = {}
        for vswitch in self._vswitches.values():
            if vswitch.one.vpc_id not in self._vpcs:
                place = (f"{vswitch.path}.VpcId", vswitch.region_id, vswitch.one.zone_id)
                named.setdefault(vswitch.one.vpc_id, []).append(place)
        for group in self._groups.values():
            if group.one.vpc_id and group.one.vpc_id not in self._vpcs:
                named.setdefault(group.one.vpc_id, []).append((f"{group.path}.VpcId", group.region_id, ""))
        for instance in self._instances.values():
            vpc_id = instance.one.vpc_attributes.vpc_id
            if vpc_id and vpc_id not in self._vpcs:
                place = (f"{instance.path}.VpcAttributes.VpcId", instance.region_id, instance.one.zone_id)
                named.setdefault(vpc_id, []).append(place)
        for vpc_id, places in named.items():
            region_id = _first(region_id for _, region_id, _ in places)
            region_id = region_id or _first(region_of_zone(zone_id) for _, _, zone_id in places)
            self._name(self._vpcs, vpc_id, _Found(places[0][0], region_id, DescribedVpc(vpc_id=vpc_id)))

    def _find_own_id(self) -> str | None:
        """Returns the id by which the described account owns its resources: the cloud's, if any has it, or else that
        of most ENIs that no service manages, or else of most VPCs and VSwitches; None if two are equally frequent."""
        of_network = Counter(
            owner
            for table in (self._vpcs, self._vswitches)
            for found in table.values()
            if (owner := held.owner_of(found.one)) is not None
        )
        of_interfaces = Counter(
            owner
            for found in self._interfaces.values()
            if (owner := held.owner_of(found.one)) is not None and not held.is_service_managed(found.one)
        )
        if self._account_id in of_network or self._account_id in of_interfaces:
            return self._account_id
        most = (of_interfaces or of_network).most_common(2)
        return None if not most or (len(most) > 1 and most[0][1] == most[1][1]) else most[0][0]

    def _other_owner(self, one: DescribedVpc | DescribedVSwitch | DescribedInterface) -> str | None:
        """Returns the account that owns a resource instead of the described one, None for a resource of its own."""
        if self._own_id is None or one.owner_id == self._own_id:
            return None
        owner = held.owner_of(one)
        return None if owner == self._own_id else owner

    def _add(self, region_id: str, event: Event) -> None:
        self._events.setdefault(region_id, []).append(event)

    def _place(
        self, found: _Found[Any], resource_id: str, *references: tuple[str, Mapping[str, _Found[Any]], Iterable[str]]
    ) -> str:
        """Returns the region of a resource: its own, that of the resources it refers to, or the default.

        ``references`` are triples of a field, the table of the resources that the field refers to, and their ids.
        Raises `InvalidResponse` for a reference to a resource that is not described or is in another region.
        """
        region_id = found.region_id
        for field, table, ids in references:
            for target_id in ids:
                target = table.get(target_id)
                if target is None:
                    reason = f"{target_id} is not described by any response" if target_id else "is missing"
                    raise InvalidResponse(reason, path=f"{found.path}.{field}")
                its_region = self._regions[target_id]
                if region_id is not None and region_id != its_region:
                    reason = f"{target_id} is in {its_region}, and {resource_id} in {region_id}"
                    raise InvalidResponse(reason, path=f"{found.path}.{field}")
                region_id = its_region
        region_id = self._regions[resource_id] = region_id or self._region_id
        return region_id

    def _groups_of(self, found: _Found[DescribedInstance] | _Found[DescribedInterface]) -> tuple[str, ...]:
        group_ids = found.one.security_group_ids.security_group_id
        if len(set(group_ids)) != len(group_ids):
            raise InvalidResponse("a security group is listed twice", path=f"{found.path}.SecurityGroupIds")
        return group_ids

    def _vswitch(self, found: _Found[DescribedVSwitch]) -> None:
        one = found.one
        region_id = self._place(found, one.vswitch_id, ("VpcId", self._vpcs, [one.vpc_id]))
        owner_id = self._other_owner(one)
        self._add(
            region_id,
            VSwitchImported(
                **imported_fields(one),
                status=held.vswitch_status_of(one),
                held=held.why_network(one, one.vswitch_id in self._only_named),
                only_named=one.vswitch_id in self._only_named,
                owner_id=owner_id,
                described=held.of_network(one, owner_id),
                created_at=_time(found),
            ),
        )

    def _count_unseen_addresses(self) -> None:
        """Notes in the events of VSwitches how many addresses are in use by what no response describes: the described
        number of free ones is lower than the ENIs explain."""
        used: dict[str, list[int]] = {}
        for events in self._events.values():
            for position, event in enumerate(events):
                if not isinstance(event, VSwitchImported):
                    continue
                described = self._vswitches[event.vswitch_id].one.available_ip_address_count
                if described is None or not event.cidr_block:
                    continue
                first, last = cidr_bounds(event.cidr_block)
                in_vpc = used.get(event.vpc_id)
                if in_vpc is None:
                    in_vpc = used[event.vpc_id] = sorted(map(ipv4_to_int, set(self._used.get(event.vpc_id, ()))))
                explained = max(0, bisect_left(in_vpc, last - 2) - bisect_right(in_vpc, first))
                unseen = max(0, last - first - 3) - explained - described
                if unseen > 0:
                    events[position] = msgspec.structs.replace(event, unseen_addresses=unseen)

    def _collect_eips_of_instances(self) -> None:
        """Collects the EIPs that only the descriptions of their instances name."""
        for found in self._instances.values():
            named = found.one.eip_address
            if named.allocation_id and named.ip_address and named.allocation_id not in self._eips:
                eip = DescribedEip(
                    allocation_id=named.allocation_id,
                    ip_address=named.ip_address,
                    status=EipStatus.InUse,
                    instance_id=found.one.instance_id,
                )
                self._collect(self._eips, eip.allocation_id, _Found(f"{found.path}.EipAddress", found.region_id, eip))

    def _collect_eips_of_interfaces(self) -> None:
        """Collects the EIPs that only the descriptions of their ENIs name. That of a primary ENI is its instance's."""
        for found in self._interfaces.values():
            one = found.one
            addresses = one.private_ip_sets.private_ip_set
            if not (one.associated_public_ip.allocation_id or addresses):
                continue
            named = [(ip.associated_public_ip, ip.private_ip_address) for ip in addresses]
            for public, private_ip in ((one.associated_public_ip, ""), *named):
                if not (public.allocation_id and public.public_ip_address) or public.allocation_id in self._eips:
                    continue
                primary = one.type == NetworkInterfaceType.Primary and one.its_instance_id in self._instances
                if primary and self._instances[one.its_instance_id].one.public_ip_address.ip_address:
                    continue
                eip = DescribedEip(
                    allocation_id=public.allocation_id,
                    ip_address=public.public_ip_address,
                    status=EipStatus.InUse,
                    instance_id=one.its_instance_id if primary else one.network_interface_id,
                    instance_type="" if primary else EipInstanceType.NetworkInterface,
                    private_ip_address="" if primary else private_ip,
                )
                self._collect(
                    self._eips, eip.allocation_id, _Found(f"{found.path}.AssociatedPublicIp", found.region_id, eip)
                )

    def _check_blocks(self) -> None:
        """Raises `InvalidResponse` if blocks of VSwitches in one VPC overlap: each address belongs to one VSwitch."""
        blocks = sorted(
            (found.one.vpc_id, *cidr_bounds(found.one.cidr_block), i)
            for i, found in self._vswitches.items()
            if found.one.cidr_block
        )
        for _, of_vpc in groupby(blocks, key=lambda block: block[0]):
            end, before = -1, ""
            for _, first, last, vswitch_id in of_vpc:
                if first <= end:
                    found = self._vswitches[vswitch_id]
                    reason = f"{found.one.cidr_block} overlaps {self._vswitches[before].one.cidr_block} of {before}"
                    raise InvalidResponse(reason, path=f"{found.path}.CidrBlock")
                end, before = last, vswitch_id

    def _group(self, found: _Found[DescribedSecurityGroup]) -> None:
        one = found.one
        self._add(
            self._place(found, one.security_group_id, ("VpcId", self._vpcs, [one.vpc_id] if one.vpc_id else [])),
            SecurityGroupImported(
                **imported_fields(one),
                security_group_type=held.group_type_of(one),
                not_modelled="; ".join(held.not_modelled_of_group(one, self._rules)) or None,
                created_at=_time(found),
            ),
        )

    def _add_rules(self) -> None:
        """Adds the events of the rules of groups, after those of all groups that they may name."""
        in_region: dict[str, set[str]] = {}
        for group_id in self._groups:
            in_region.setdefault(self._regions[group_id], set()).add(group_id)
        for group_id, rules in self._rules.items():
            region_id = self._regions[group_id]
            usual = inner_access_policy_of(held.group_type_of(self._groups[group_id].one))
            event = rules.event(group_id, usual, in_region[region_id])
            if event is not None:
                self._add(region_id, event)

    def _instance(self, found: _Found[DescribedInstance]) -> None:
        one, vpc_id = found.one, found.one.vpc_attributes.vpc_id
        unseen = self._without_primary.get(one.instance_id)
        listed = () if vpc_id and unseen is None else self._groups_of(found)
        group_ids = tuple([group_id for group_id in listed if group_id in self._groups])
        not_described = tuple([group_id for group_id in listed if group_id not in self._groups])
        vswitch_id = None if unseen is None else one.vpc_attributes.vswitch_id
        region_id = self._place(
            found,
            one.instance_id,
            ("VpcAttributes.VpcId", self._vpcs, [vpc_id] if vpc_id else []),
            ("VpcAttributes.VSwitchId", self._vswitches, [vswitch_id] if vswitch_id else []),
            ("SecurityGroupIds", self._groups, group_ids),
        )
        reasons = list(held.why_instance(one))
        if not_described:
            reasons.append(held.in_nothing_described(not_described))
        if vswitch_id is not None:
            reasons.append("no response describes its primary ENI")
            its_vpc = self._vswitches[vswitch_id].one.vpc_id if vswitch_id else vpc_id
            self._used.setdefault(its_vpc, []).extend(one.vpc_attributes.private_ip_address.ip_address[:1])
            if its_vpc != vpc_id:
                reasons.append(f"it is in {vpc_id}, and its VSwitch {vswitch_id} in {its_vpc}")
        addresses = (one.vpc_attributes.private_ip_address if vpc_id else one.inner_ip_address).ip_address
        stands_alone = vswitch_id is not None or not vpc_id  # it has no primary ENI that would tell these
        expires_at = None
        if one.instance_charge_type == ChargeType.PrePaid:
            expires_at = moment_of(f"{found.path}.ExpiredTime", one.expired_time)
        self._add(
            region_id,
            InstanceImported(
                **imported_fields(one),
                status=held.instance_status_of(one),
                instance_type=self.types.find(held.type_id_of(one)),
                vpc_id=vpc_id or None,
                vswitch_id=vswitch_id,
                private_ip_address=next(iter(addresses), None) if stands_alone else None,
                security_group_ids=group_ids,
                charge_type=held.charge_type_of(one),
                expires_at=expires_at,
                public_ip_address=next(iter(one.public_ip_address.ip_address), None),
                deletion_protection=held.is_true(one.deletion_protection),
                held="; ".join(reasons) or None,
                described=held.of_instance(one, not_described, unseen or ()),
                created_at=_time(found),
            ),
        )

    def _show_types(self) -> None:
        """Tells what the instances show of the limits of types that are not known: their ENIs, and the addresses."""
        of_instance: dict[str, list[int]] = {
            instance_id: []
            for instance_id, found in self._instances.items()
            if not self.types.find(held.type_id_of(found.one)).limits_known
        }
        for found in self._interfaces.values():
            instance_id = found.one.its_instance_id
            if instance_id in of_instance and found.one.type != NetworkInterfaceType.Member:  # it is on a Trunk ENI
                of_instance[instance_id].append(len(_addresses(found)) + len(_prefixes(found)))
        for instance_id, address_counts in of_instance.items():
            self.types.show(held.type_id_of(self._instances[instance_id].one), address_counts)

    def _complete_places(self) -> None:
        """Completes the places of instances that responses leave out: an instance is in the VSwitch of its primary ENI,
        in the VPC of its VSwitch, of its other ENIs and of its groups."""
        lacking = {
            instance_id: found
            for instance_id, found in self._instances.items()
            if not (found.one.vpc_attributes.vpc_id and found.one.vpc_attributes.vswitch_id)
        }
        if not lacking:
            return
        of_primary: dict[str, str] = {}
        of_others: dict[str, str] = {}
        for interface in self._interfaces.values():
            on = interface.one.its_instance_id
            if interface.one.type == NetworkInterfaceType.Primary:
                of_primary[on] = interface.one.vswitch_id
            elif on in lacking and not held.is_service_managed(interface.one):
                of_others.setdefault(on, self._vpc_of_vswitch(interface.one.vswitch_id))
        for instance_id, found in lacking.items():
            place = found.one.vpc_attributes
            classic = found.one.inner_ip_address.ip_address and not place.vpc_id
            if classic and not place.vswitch_id:
                continue
            vswitch_id = place.vswitch_id or of_primary.get(instance_id, "")
            vpc_id = place.vpc_id or self._vpc_of_vswitch(vswitch_id) or of_others.get(instance_id, "")
            groups = [self._groups.get(group_id) for group_id in found.one.security_group_ids.security_group_id]
            vpc_id = vpc_id or _first(None if group is None else group.one.vpc_id for group in groups) or ""
            place = msgspec.structs.replace(place, vpc_id=vpc_id, vswitch_id=vswitch_id)
            one = msgspec.structs.replace(found.one, vpc_attributes=place)
            self._instances[instance_id] = _Found(found.path, found.region_id, one)

    def _complete_zones(self) -> None:
        """Completes the zones that responses leave out: a VSwitch that is there by its name alone is in the zone of an
        ENI or an instance in it, and an instance in that of its VSwitch."""
        named = [one for one in self._only_named if one in self._vswitches and not self._vswitches[one].one.zone_id]
        if named:
            zones: dict[str, str] = {}
            for interface in self._interfaces.values():
                if interface.one.zone_id:
                    zones.setdefault(interface.one.vswitch_id, interface.one.zone_id)
            for instance in self._instances.values():
                if instance.one.zone_id:
                    zones.setdefault(instance.one.vpc_attributes.vswitch_id, instance.one.zone_id)
            for vswitch_id in named:
                self._put_in_zone(self._vswitches, vswitch_id, zones.get(vswitch_id, ""))
        for instance_id, instance in self._instances.items():
            vswitch = None if instance.one.zone_id else self._vswitches.get(instance.one.vpc_attributes.vswitch_id)
            if vswitch is not None:
                self._put_in_zone(self._instances, instance_id, vswitch.one.zone_id)

    def _put_in_zone(self, table: dict[str, _Found[Any]], resource_id: str, zone_id: str) -> None:
        found = table[resource_id]
        table[resource_id] = _Found(found.path, found.region_id, msgspec.structs.replace(found.one, zone_id=zone_id))

    def _vpc_of_vswitch(self, vswitch_id: str) -> str:
        """Returns the VPC of a VSwitch, empty if none is described or named."""
        vswitch = self._vswitches.get(vswitch_id)
        return "" if vswitch is None else vswitch.one.vpc_id

    def _mark_primaries(self) -> None:
        """Marks the primary ENIs of instances none of whose ENIs is described as such: of the ENIs without a type, the
        one that has the instance's private address, or else the only one."""
        with_primary: set[str] = set()
        without_type: dict[str, list[_Found[DescribedInterface]]] = {}
        for interface in self._interfaces.values():
            if interface.one.type == NetworkInterfaceType.Primary:
                with_primary.add(interface.one.its_instance_id)
            elif not interface.one.type and interface.one.its_instance_id in self._instances:
                without_type.setdefault(interface.one.its_instance_id, []).append(interface)
        for instance_id, found in without_type.items():
            if instance_id in with_primary:
                continue
            listed = self._instances[instance_id].one.vpc_attributes.private_ip_address.ip_address
            its_own = [one for one in found if _addresses(one)[0] in listed]
            if len(its_own or found) == 1:
                only = (its_own or found)[0]
                primary = msgspec.structs.replace(only.one, type=NetworkInterfaceType.Primary)
                self._interfaces[primary.network_interface_id] = _Found(only.path, only.region_id, primary)

    def _find_without_primary(self) -> None:
        """Finds the instances in VPCs whose primary ENI no response describes, and their other ENIs."""
        of_vpcs = [one for one, found in self._instances.items() if found.one.vpc_attributes.vpc_id]
        lacking: dict[str, list[DescribedInterface]] = {instance_id: [] for instance_id in of_vpcs}
        for interface in self._interfaces.values() if lacking else ():
            if interface.one.type == NetworkInterfaceType.Primary and interface.one.its_instance_id in lacking:
                vswitch = self._vswitches.get(interface.one.vswitch_id)
                its_vpc = self._instances[interface.one.its_instance_id].one.vpc_attributes.vpc_id
                if vswitch is not None and vswitch.one.vpc_id == its_vpc:
                    del lacking[interface.one.its_instance_id]
        self._without_primary = lacking
        for interface in self._interfaces.values() if lacking else ():
            if interface.one.its_instance_id in lacking:
                one = msgspec.structs.replace(interface.one, primary_ip_address=_addresses(interface)[0])
                lacking[interface.one.its_instance_id].append(one)

    def _embedded(self, instance: _Found[DescribedInstance], path: str, interface: DescribedInterface) -> None:
        """Collects an ENI from the description of its instance, in the instance's VSwitch and groups, unless a
        DescribeNetworkInterfaces response has it already; then the two descriptions must agree."""
        one = instance.one
        known = self._interfaces.get(interface.network_interface_id)
        if known is not None:
            if not _agree(known.one, interface, one.instance_id):
                reason = f"{interface.network_interface_id} is described differently at {known.path}"
                raise InvalidResponse(reason, path=path)
            if not (known.one.type and known.one.mac_address and known.one.its_instance_id and _primary_ip(known.one)):
                ip = interface.private_ip_address or interface.primary_ip_address
                completed = msgspec.structs.replace(
                    known.one,
                    primary_ip_address=known.one.primary_ip_address or ("" if _primary_ip(known.one) else ip),
                    type=known.one.type or interface.type,
                    mac_address=known.one.mac_address or interface.mac_address,
                    instance_id=known.one.its_instance_id or one.instance_id,
                )
                self._interfaces[interface.network_interface_id] = _Found(known.path, known.region_id, completed)
            return
        listed = one.vpc_attributes.private_ip_address.ip_address
        if interface.type == NetworkInterfaceType.Primary and not _primary_ip(interface) and len(listed) == 1:
            interface = msgspec.structs.replace(interface, primary_ip_address=listed[0])
        described = msgspec.structs.replace(
            interface,
            vswitch_id=interface.vswitch_id or one.vpc_attributes.vswitch_id,
            security_group_ids=one.security_group_ids,
            instance_id=one.instance_id,
            creation_time=interface.creation_time or one.creation_time,
        )
        self._collect(
            self._interfaces, interface.network_interface_id, _Found(path, interface.region_id or None, described)
        )

    def _interface(self, found: _Found[DescribedInterface]) -> None:
        one = found.one
        listed, instance_id = one.security_group_ids.security_group_id, one.its_instance_id
        key = (one.vswitch_id, listed, found.region_id)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._find_place(found)
        interface_id = one.network_interface_id
        self._regions[interface_id] = place.region_id
        if instance_id in self._instances and self._regions[instance_id] != place.region_id:
            self._find_place(found, instance_id)
        addresses, prefixes = _addresses(found), _prefixes(found)
        place.addresses_in_use.extend(addresses)
        for prefix in prefixes:
            place.addresses_in_use.extend(addresses_of(prefix))
        standing = held.standing_of(one.type, one.status, bool(instance_id))
        owner_id = None if one.owner_id is None else self._other_owner(one)
        reasons, on = held.why_interface(one, standing, place.not_described, owner_id), None
        if instance_id:
            elsewhere = self._why_elsewhere(one, instance_id, standing, place)
            if elsewhere is not None:
                reasons.append(elsewhere)
            else:
                on = instance_id
                if standing.type is _PRIMARY:
                    self._primaries[instance_id] = interface_id
        fields = imported_fields(one)
        fields["type"], fields["status"] = standing.type, standing.status
        fields["private_ip_addresses"], fields["security_group_ids"] = addresses, place.group_ids
        fields["instance_id"] = on
        if prefixes:
            fields["ipv4_prefixes"] = prefixes
        if ipv6 := one.ipv6_sets.ipv6_set:
            fields["ipv6_addresses"] = tuple(dict.fromkeys([ip.ipv6_address for ip in ipv6 if ip.ipv6_address]))
        if reasons:
            fields["held"] = "; ".join(reasons)
            fields["described"] = held.of_interface(one, standing, on, place.not_described, owner_id)
        if one.creation_time:
            fields["created_at"] = _time(found)
        self._add(place.region_id, NetworkInterfaceImported(**fields))

    def _find_place(self, found: _Found[DescribedInterface], *instance_ids: str) -> _InterfacePlace:
        """Returns where an ENI is. Raises `InvalidResponse` if what it refers to, these instances included, is not
        described or is in another region."""
        one, listed = found.one, self._groups_of(found)
        group_ids = tuple([group_id for group_id in listed if group_id in self._groups])
        region_id = self._place(
            found,
            one.network_interface_id,
            ("VSwitchId", self._vswitches, [one.vswitch_id]),
            ("SecurityGroupIds", self._groups, group_ids),
            ("InstanceId", self._instances, instance_ids),
        )
        not_described = tuple([group_id for group_id in listed if group_id not in self._groups])
        vpc_id = self._vswitches[one.vswitch_id].one.vpc_id
        return _InterfacePlace(region_id, vpc_id, group_ids, not_described, self._used.setdefault(vpc_id, []))

    def _why_elsewhere(
        self, one: DescribedInterface, instance_id: str, standing: held.Standing, place: _InterfacePlace
    ) -> str | None:
        """Returns why an ENI cannot be on the instance that its description names, None if it is there."""
        instance = self._instances.get(instance_id)
        if instance is None:
            return f"it is on {instance_id}, which no response describes"
        its_vpc = instance.one.vpc_attributes.vpc_id
        if its_vpc != place.vpc_id:
            classic = instance.one.inner_ip_address.ip_address
            network = its_vpc or ("the classic network" if classic else "an unknown one")
            return f"it is in {place.vpc_id}, and {instance_id} in {network}"
        if standing.type is NetworkInterfaceType.Member:
            return f"it is on {instance_id} by way of a Trunk ENI"
        if instance_id in self._without_primary:
            return f"it is on {instance_id}, whose primary ENI no response describes"
        if standing.type is _PRIMARY:
            other = self._primaries.get(instance_id)
            return None if other is None else f"{instance_id} has the primary ENI {other}"
        return None if standing.status in ATTACHED else f"it is {one.status} on {instance_id}"

    def _eip(self, found: _Found[DescribedEip]) -> None:
        found, problem = self._eip_of_primary(found)
        one = found.one
        on_interface = held.is_of_interface(one)
        described: Mapping[str, _Found[Any]] = self._interfaces if on_interface else self._instances
        has_user = not problem and (on_interface or held.is_of_instance(one)) and one.instance_id in described
        region_id = self._place(
            found, one.allocation_id, ("InstanceId", described, [one.instance_id] if has_user else [])
        )
        status = held.eip_status_of(one)
        reasons = [*problem, *held.why_eip(one, described)]
        if has_user and status in ASSOCIATED_EIP and on_interface:
            self._eip_on_interface(found, region_id, status, reasons)
            return
        instance_id = one.instance_id if has_user and status in ASSOCIATED_EIP else ""
        if instance_id:
            if self._instances[instance_id].one.public_ip_address.ip_address:
                reasons.append(f"it is on {instance_id}, which has a public address")
                instance_id = ""
            elif (other := self._eip_of.setdefault(instance_id, one.allocation_id)) != one.allocation_id:
                reasons.append(f"it is on {instance_id}, which has the EIP {other}")
                instance_id = ""
        self._add(
            region_id,
            EipImported(
                **{**imported_fields(one), "description": one.description or one.other_description or None},
                status=status,
                instance_id=instance_id or None,
                charge_type=held.eip_charge_type_of(one),
                deletion_protection=held.is_true(one.deletion_protection),
                held="; ".join(reasons) or None,
                described=held.of_eip(one, instance_id or None),
                created_at=moment_of(f"{found.path}.AllocationTime", one.allocation_time),
            ),
        )

    def _eip_of_primary(self, found: _Found[DescribedEip]) -> tuple[_Found[DescribedEip], list[str]]:
        """Returns an EIP that is on a primary ENI as one of its instance, or why the instance cannot have it."""
        interface = self._interfaces.get(found.one.instance_id)
        if interface is None or interface.one.type != NetworkInterfaceType.Primary:
            return found, []
        instance_id = interface.one.its_instance_id
        instance = self._instances.get(instance_id)
        if instance is None or instance.one.public_ip_address.ip_address or instance_id in self._eip_of:
            return found, [f"it is on {found.one.instance_id}, which is a primary ENI"]
        one = msgspec.structs.replace(found.one, instance_id=instance_id, instance_type="", private_ip_address="")
        return _Found(found.path, found.region_id, one), []

    def _eip_on_interface(
        self, found: _Found[DescribedEip], region_id: str, status: EipStatus, reasons: list[str]
    ) -> None:
        """Imports an EIP that is on an ENI. It is held if the ENI does not take it there."""
        one, interface = found.one, self._interfaces[found.one.instance_id]
        addresses = _addresses(interface)
        private_ip = one.private_ip_address or addresses[0]
        other = self._eip_at.setdefault((one.instance_id, private_ip), one.allocation_id)
        if private_ip not in addresses:
            reasons.append(f"it is on {private_ip}, which {one.instance_id} does not have")
        if other != one.allocation_id:
            reasons.append(f"it is on {private_ip} of {one.instance_id}, which has the EIP {other}")
        self._add(
            region_id,
            EipImported(
                **imported_fields(one),
                status=status,
                network_interface_id=one.instance_id,
                private_ip_address=None if private_ip == addresses[0] else private_ip,
                charge_type=held.eip_charge_type_of(one),
                deletion_protection=held.is_true(one.deletion_protection),
                held="; ".join(reasons) or None,
                described=held.of_eip(one, one.instance_id),
                created_at=moment_of(f"{found.path}.AllocationTime", one.allocation_time),
            ),
        )


def _first(values: Iterable[str | None]) -> str | None:
    """Returns the first value that says something, None if there is none."""
    return next(filter(None, values), None)


def _agree(known: DescribedInterface, embedded: DescribedInterface, instance_id: str) -> bool:
    """Returns whether the partial description of an ENI within its instance agrees with the full description."""
    ip, known_ip = embedded.private_ip_address or embedded.primary_ip_address, _primary_ip(known)
    on_it = known.its_instance_id == instance_id
    left_out = not known.its_instance_id and held.may_be_attached(known)
    return (
        (on_it or left_out)
        and (known.mac_address == embedded.mac_address or not (known.mac_address and embedded.mac_address))
        and (embedded.type == known.type or not (embedded.type and known.type))
        and (ip == known_ip or not (ip and known_ip))
    )


def _primary_ip(one: DescribedInterface) -> str:
    """Returns the primary address of an ENI, empty if its description has none."""
    listed = one.private_ip_sets.private_ip_set
    return (
        one.private_ip_address
        or one.primary_ip_address
        or next((i.private_ip_address for i in listed if i.primary), "")
    )


def _addresses(found: _Found[DescribedInterface]) -> tuple[str, ...]:
    """Returns the addresses of an ENI, the primary one first. The response lists it twice: alone, and among all."""
    one = found.one
    primary = one.private_ip_address or one.primary_ip_address
    listed = one.private_ip_sets.private_ip_set
    if primary and (not listed or (len(listed) == 1 and listed[0].private_ip_address in ("", primary))):
        return (primary,)
    ips = [ip.private_ip_address for ip in sorted(listed, key=lambda ip: not ip.primary) if ip.private_ip_address]
    if len(ips) > 1 and len(set(ips)) != len(ips):
        raise InvalidResponse("an address is listed twice", path=f"{found.path}.PrivateIpSets")
    if primary and ips[:1] != [primary]:
        ips = [primary, *(ip for ip in ips if ip != primary)]
    if not ips:
        raise InvalidResponse("an ENI has a private address", path=f"{found.path}.PrivateIpAddress")
    return tuple(ips)


def _prefixes(found: _Found[DescribedInterface]) -> tuple[str, ...]:
    """Returns the IPv4 prefixes of an ENI of sixteen addresses each; those of another size are a reason to hold it."""
    listed = found.one.ipv4_prefix_sets.ipv4_prefix_set
    if not listed:
        return ()
    described = [one.ipv4_prefix for one in listed if one.ipv4_prefix]
    return tuple(dict.fromkeys(prefix for prefix in described if prefix.endswith("/28")))


def _time(found: _Found[Any]) -> datetime | None:
    return moment_of(f"{found.path}.CreationTime", found.one.creation_time)
