"""Converts the vendor's Describe responses into import events, for `Cloud.import_resources`.

A response is the JSON object of DescribeVpcs, DescribeVSwitches, DescribeSecurityGroups, DescribeInstances,
DescribeNetworkInterfaces, DescribeEipAddresses, DescribeSecurityGroupAttribute, DescribeInstanceTypes or
DescribeAccountAttributes; each action may have any number of pages. Unknown fields are ignored.
A malformed response, or a resource without a place (an ENI without a VSwitch), raises `InvalidResponse` with its path,
and nothing is imported. An instance, an ENI or an EIP that is another service's, or whose description is not
understood, is held (`ecsnet.openapi.held`). A VPC or a VSwitch that no response describes, and that others are
described as in, is there by its name alone, and held with what is in it.

Imports are the only events that no rule has judged, so everything that the fold and the rules rely on is checked: each
field in `ecsnet.openapi.describe`, and the resources among each other here, once `ecsnet.openapi.left_out` has
completed them. Every reference of an event leads to a resource of the same region that is described or named; status
and attachments of what is not held agree, so that commands can continue from them; and ids, primary ENIs, EIPs of an
instance and blocks of addresses are unique. A resource that only contradicts a rule is imported, so that
`ecsnet.audit` can report it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

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
from ecsnet.openapi import held, left_out
from ecsnet.openapi.collected import Collected, Found, ipv4_prefixes, private_ips
from ecsnet.openapi.describe import (
    DescribedEip,
    DescribedInstance,
    DescribedInterface,
    DescribedSecurityGroup,
    DescribedVpc,
    DescribedVSwitch,
    imported_fields,
    moment_of,
)
from ecsnet.values import (
    ChargeType,
    EipStatus,
    InstanceType,
    NetworkInterfaceType,
    addresses_of,
    cidr_bounds,
    ipv4_to_int,
)

_PRIMARY: Final = NetworkInterfaceType.Primary


class _InterfacePlace(NamedTuple):
    """The region and the VPC of an ENI, those of its groups that are described and those that are not, and the list of
    the addresses that are in use in its VPC: the same for all ENIs of a VSwitch and the same groups."""

    region_id: str
    vpc_id: str
    group_ids: tuple[str, ...]
    not_described: tuple[str, ...]
    addresses_in_use: list[str]


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
    named: Iterable[left_out.Named] = (),
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
    collected = Collected(region_id, instance_types)
    if isinstance(responses, str | bytes | Mapping) or not isinstance(responses, Iterable):
        raise InvalidResponse(f"must be a list of responses, not {type(responses).__name__}", path="responses")
    for number, response in enumerate(responses):
        collected.read(f"responses[{number}]", response)
    events = _Importer(collected, account_id, on_instances).events(named)
    types = (*collected.types.described(), *collected.types.shown())
    return Described(events, collected.described_paths(), types, collected.quotas)


class _Importer:
    """Makes the events that import what was collected."""

    def __init__(self, collected: Collected, account_id: str, on_instances: Collection[str]) -> None:
        self._collected = collected
        self._account_id = account_id
        self._on_instances = on_instances
        self._own_id = self._find_own_id()
        self._without_primary: Mapping[str, Sequence[DescribedInterface]] = {}
        self._regions: dict[str, str] = {}
        self._primaries: dict[str, str] = {}
        self._eip_of: dict[str, str] = {}
        self._eip_at: dict[tuple[str, str], str] = {}
        self._used: dict[str, list[str]] = {}
        self._places: dict[tuple[str, tuple[str, ...], str | None], _InterfacePlace] = {}
        self._events: dict[str, list[Event]] = {}

    def events(self, named: Iterable[left_out.Named]) -> dict[str, list[Event]]:
        """Returns the events by region, a resource's after those of the resources that it refers to."""
        self._without_primary = left_out.complete(self._collected, named)
        for vpc in self._collected.vpcs.values():
            region_id = self._place(vpc, vpc.one.vpc_id)
            listed = vpc.one.secondary_cidr_blocks.secondary_cidr_block
            owner_id = self._other_owner(vpc.one)
            event = VpcImported(
                **imported_fields(vpc.one),
                status=held.vpc_status_of(vpc.one),
                held=held.why_network(vpc.one, vpc.one.vpc_id in self._collected.only_named),
                only_named=vpc.one.vpc_id in self._collected.only_named,
                owner_id=owner_id,
                described=held.of_network(vpc.one, owner_id),
                secondary_cidr_blocks=tuple([one for one in dict.fromkeys(listed) if one != vpc.one.cidr_block]),
                created_at=_time(vpc),
            )
            self._add(region_id, event)
        for vswitch in self._collected.vswitches.values():
            self._vswitch(vswitch)
        self._check_blocks()
        for group in self._collected.groups.values():
            self._group(group)
        self._add_rules()
        self._show_types()
        for instance in self._collected.instances.values():
            self._instance(instance)
        there = self._on_instances
        primary_first = sorted(
            self._collected.interfaces.values(),
            key=lambda found: (found.one.type != "Primary", found.one.network_interface_id not in there),
        )
        for interface in primary_first:
            self._interface(interface)
        self._count_unseen_addresses()
        left_out.complete_eips(self._collected)
        for eip in sorted(self._collected.eips.values(), key=lambda found: found.one.allocation_id not in there):
            self._eip(eip)
        return self._events

    def _find_own_id(self) -> str | None:
        """Returns the id by which the described account owns its resources: the cloud's, if any has it, or else that
        of most ENIs that no service manages, or else of most VPCs and VSwitches; None if two are equally frequent."""
        of_network = Counter(
            owner
            for table in (self._collected.vpcs, self._collected.vswitches)
            for found in table.values()
            if (owner := held.owner_of(found.one)) is not None
        )
        of_interfaces = Counter(
            owner
            for found in self._collected.interfaces.values()
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
        self, found: Found[Any], resource_id: str, *references: tuple[str, Mapping[str, Found[Any]], Iterable[str]]
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
        region_id = self._regions[resource_id] = region_id or self._collected.region_id
        return region_id

    def _groups_of(self, found: Found[DescribedInstance] | Found[DescribedInterface]) -> tuple[str, ...]:
        group_ids = found.one.security_group_ids.security_group_id
        if len(set(group_ids)) != len(group_ids):
            raise InvalidResponse("a security group is listed twice", path=f"{found.path}.SecurityGroupIds")
        return group_ids

    def _vswitch(self, found: Found[DescribedVSwitch]) -> None:
        one = found.one
        region_id = self._place(found, one.vswitch_id, ("VpcId", self._collected.vpcs, [one.vpc_id]))
        owner_id = self._other_owner(one)
        self._add(
            region_id,
            VSwitchImported(
                **imported_fields(one),
                status=held.vswitch_status_of(one),
                held=held.why_network(one, one.vswitch_id in self._collected.only_named),
                only_named=one.vswitch_id in self._collected.only_named,
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
                described = self._collected.vswitches[event.vswitch_id].one.available_ip_address_count
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

    def _check_blocks(self) -> None:
        """Raises `InvalidResponse` if blocks of VSwitches in one VPC overlap: each address belongs to one VSwitch."""
        blocks = sorted(
            (found.one.vpc_id, *cidr_bounds(found.one.cidr_block), i)
            for i, found in self._collected.vswitches.items()
            if found.one.cidr_block
        )
        for _, of_vpc in groupby(blocks, key=lambda block: block[0]):
            end, before = -1, ""
            for _, first, last, vswitch_id in of_vpc:
                if first <= end:
                    found = self._collected.vswitches[vswitch_id]
                    other = self._collected.vswitches[before].one.cidr_block
                    reason = f"{found.one.cidr_block} overlaps {other} of {before}"
                    raise InvalidResponse(reason, path=f"{found.path}.CidrBlock")
                end, before = last, vswitch_id

    def _group(self, found: Found[DescribedSecurityGroup]) -> None:
        one = found.one
        self._add(
            self._place(
                found, one.security_group_id, ("VpcId", self._collected.vpcs, [one.vpc_id] if one.vpc_id else [])
            ),
            SecurityGroupImported(
                **imported_fields(one),
                security_group_type=held.group_type_of(one),
                not_modelled="; ".join(held.not_modelled_of_group(one, self._collected.rules)) or None,
                created_at=_time(found),
            ),
        )

    def _add_rules(self) -> None:
        """Adds the events of the rules of groups, after those of all groups that they may name."""
        in_region: dict[str, set[str]] = {}
        for group_id in self._collected.groups:
            in_region.setdefault(self._regions[group_id], set()).add(group_id)
        for group_id, rules in self._collected.rules.items():
            region_id = self._regions[group_id]
            usual = inner_access_policy_of(held.group_type_of(self._collected.groups[group_id].one))
            event = rules.event(group_id, usual, in_region[region_id])
            if event is not None:
                self._add(region_id, event)

    def _instance(self, found: Found[DescribedInstance]) -> None:
        one, vpc_id = found.one, found.one.vpc_attributes.vpc_id
        unseen = self._without_primary.get(one.instance_id)
        listed = () if vpc_id and unseen is None else self._groups_of(found)
        group_ids = tuple([group_id for group_id in listed if group_id in self._collected.groups])
        not_described = tuple([group_id for group_id in listed if group_id not in self._collected.groups])
        vswitch_id = None if unseen is None else one.vpc_attributes.vswitch_id
        region_id = self._place(
            found,
            one.instance_id,
            ("VpcAttributes.VpcId", self._collected.vpcs, [vpc_id] if vpc_id else []),
            ("VpcAttributes.VSwitchId", self._collected.vswitches, [vswitch_id] if vswitch_id else []),
            ("SecurityGroupIds", self._collected.groups, group_ids),
        )
        reasons = list(held.why_instance(one))
        if not_described:
            reasons.append(held.in_nothing_described(not_described))
        if vswitch_id is not None:
            reasons.append("no response describes its primary ENI")
            its_vpc = self._collected.vswitches[vswitch_id].one.vpc_id if vswitch_id else vpc_id
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
                instance_type=self._collected.types.find(held.type_id_of(one)),
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
            for instance_id, found in self._collected.instances.items()
            if not self._collected.types.find(held.type_id_of(found.one)).limits_known
        }
        for found in self._collected.interfaces.values():
            instance_id = found.one.its_instance_id
            if instance_id in of_instance and found.one.type != NetworkInterfaceType.Member:  # it is on a Trunk ENI
                of_instance[instance_id].append(len(private_ips(found)) + len(ipv4_prefixes(found)))
        for instance_id, address_counts in of_instance.items():
            self._collected.types.show(held.type_id_of(self._collected.instances[instance_id].one), address_counts)

    def _interface(self, found: Found[DescribedInterface]) -> None:
        one = found.one
        listed, instance_id = one.security_group_ids.security_group_id, one.its_instance_id
        key = (one.vswitch_id, listed, found.region_id)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._find_place(found)
        interface_id = one.network_interface_id
        self._regions[interface_id] = place.region_id
        if instance_id in self._collected.instances and self._regions[instance_id] != place.region_id:
            self._find_place(found, instance_id)
        addresses, prefixes = private_ips(found), ipv4_prefixes(found)
        place.addresses_in_use.extend(addresses)
        for prefix in prefixes:
            place.addresses_in_use.extend(addresses_of(prefix))
        standing = held.standing_of(one.type, one.status, bool(instance_id))
        owner_id = None if one.owner_id is None else self._other_owner(one)
        reasons, on = held.why_interface(one, standing, addresses, place.not_described, owner_id), None
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

    def _find_place(self, found: Found[DescribedInterface], *instance_ids: str) -> _InterfacePlace:
        """Returns where an ENI is. Raises `InvalidResponse` if what it refers to, these instances included, is not
        described or is in another region."""
        one, listed = found.one, self._groups_of(found)
        group_ids = tuple([group_id for group_id in listed if group_id in self._collected.groups])
        region_id = self._place(
            found,
            one.network_interface_id,
            ("VSwitchId", self._collected.vswitches, [one.vswitch_id]),
            ("SecurityGroupIds", self._collected.groups, group_ids),
            ("InstanceId", self._collected.instances, instance_ids),
        )
        not_described = tuple([group_id for group_id in listed if group_id not in self._collected.groups])
        vpc_id = self._collected.vswitches[one.vswitch_id].one.vpc_id
        return _InterfacePlace(region_id, vpc_id, group_ids, not_described, self._used.setdefault(vpc_id, []))

    def _why_elsewhere(
        self, one: DescribedInterface, instance_id: str, standing: held.Standing, place: _InterfacePlace
    ) -> str | None:
        """Returns why an ENI cannot be on the instance that its description names, None if it is there."""
        instance = self._collected.instances.get(instance_id)
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

    def _eip(self, found: Found[DescribedEip]) -> None:
        found, problem = self._eip_of_primary(found)
        one = found.one
        on_interface = held.is_of_interface(one)
        described: Mapping[str, Found[Any]] = self._collected.interfaces if on_interface else self._collected.instances
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
            if self._collected.instances[instance_id].one.public_ip_address.ip_address:
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

    def _eip_of_primary(self, found: Found[DescribedEip]) -> tuple[Found[DescribedEip], list[str]]:
        """Returns an EIP that is on a primary ENI as one of its instance, or why the instance cannot have it."""
        interface = self._collected.interfaces.get(found.one.instance_id)
        if interface is None or interface.one.type != NetworkInterfaceType.Primary:
            return found, []
        instance_id = interface.one.its_instance_id
        instance = self._collected.instances.get(instance_id)
        if instance is None or instance.one.public_ip_address.ip_address or instance_id in self._eip_of:
            return found, [f"it is on {found.one.instance_id}, which is a primary ENI"]
        one = msgspec.structs.replace(found.one, instance_id=instance_id, instance_type="", private_ip_address="")
        return Found(found.path, found.region_id, one), []

    def _eip_on_interface(
        self, found: Found[DescribedEip], region_id: str, status: EipStatus, reasons: list[str]
    ) -> None:
        """Imports an EIP that is on an ENI. It is held if the ENI does not take it there."""
        one, interface = found.one, self._collected.interfaces[found.one.instance_id]
        addresses = private_ips(interface)
        primary_ip = next(iter(addresses), "")
        private_ip = one.private_ip_address or primary_ip
        other = self._eip_at.setdefault((one.instance_id, private_ip), one.allocation_id)
        if private_ip and private_ip not in addresses:
            reasons.append(f"it is on {private_ip}, which {one.instance_id} does not have")
        if other != one.allocation_id:
            reasons.append(f"it is on {private_ip} of {one.instance_id}, which has the EIP {other}")
        self._add(
            region_id,
            EipImported(
                **imported_fields(one),
                status=status,
                network_interface_id=one.instance_id,
                private_ip_address=None if private_ip == primary_ip else private_ip,
                charge_type=held.eip_charge_type_of(one),
                deletion_protection=held.is_true(one.deletion_protection),
                held="; ".join(reasons) or None,
                described=held.of_eip(one, one.instance_id),
                created_at=moment_of(f"{found.path}.AllocationTime", one.allocation_time),
            ),
        )


def _time(found: Found[Any]) -> datetime | None:
    return moment_of(f"{found.path}.CreationTime", found.one.creation_time)
