"""Imports into a network that is there already: in parts, and again.

What a response says of a resource is laid over the description of what the cloud holds (`ecsnet.openapi.records`), so
that a field that was left out counts as unchanged. Both descriptions, that of before and that of now, are then read as
an import is, together with the resources that they refer to, and the resources whose import would differ are those that
changed. So what is equal records nothing, whatever it is, and a new field needs no line here. Only the resources that a
response names, and what they refer to, are looked at. A VPC or a VSwitch that is there by its name alone is given to
both readings as it is, and its first description is no difference.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from ecsnet.domain.state.private_pool import StandIn, stand_in, usable
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.refreshes import TABLES
from ecsnet.domain.subjects.security_group import inner_access_policy_of
from ecsnet.errors import InvalidResponse
from ecsnet.events.base import Event
from ecsnet.events.imports import (
    EipImported,
    Import,
    InstanceImported,
    NetworkInterfaceImported,
    ResourceDisappeared,
    ResourceRefreshed,
    SecurityGroupImported,
    SecurityGroupRulesImported,
    VpcImported,
    VSwitchImported,
)
from ecsnet.openapi.describe import DescribedVpc, DescribedVSwitch
from ecsnet.openapi.imports import Described, read_responses
from ecsnet.openapi.left_out import Named
from ecsnet.openapi.records import record
from ecsnet.values import InstanceType, addresses_of, cidr_bounds, ipv4_to_int

Object = dict[str, Any]


class _Listed(NamedTuple):
    """The place at which a response lists the resources of a table, and the field that has their ids."""

    outer: str
    inner: str
    id_field: str


_LISTS: Final[Mapping[str, _Listed]] = {
    "vpcs": _Listed("Vpcs", "Vpc", "VpcId"),
    "vswitches": _Listed("VSwitches", "VSwitch", "VSwitchId"),
    "security_groups": _Listed("SecurityGroups", "SecurityGroup", "SecurityGroupId"),
    "instances": _Listed("Instances", "Instance", "InstanceId"),
    "network_interfaces": _Listed("NetworkInterfaceSets", "NetworkInterfaceSet", "NetworkInterfaceId"),
    "eips": _Listed("EipAddresses", "EipAddress", "AllocationId"),
}
_FIELDS: Final[dict[type[Import], str]] = {
    VpcImported: "vpc",
    VSwitchImported: "vswitch",
    SecurityGroupImported: "security_group",
    InstanceImported: "instance",
    NetworkInterfaceImported: "network_interface",
    EipImported: "eip",
}
_TOGETHER: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "network_interfaces": (
        frozenset({"InstanceId", "Attachment"}),
        frozenset({"PrivateIpAddress", "PrimaryIpAddress", "PrivateIpSets"}),
    ),
    "eips": (frozenset({"InstanceId", "InstanceType", "PrivateIpAddress"}),),
}
"""Fields that say one thing together: a response that has one of them leaves none as it was."""
_ENIS: Final = "network_interfaces"
_SAID_ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "instances": ("NetworkInterfaces", "EipAddress"),
    "network_interfaces": ("AssociatedPublicIp",),
}
"""The fields that repeat what is said of other resources."""


# Pages


def check_pages(responses: Sequence[Any], place: str = "responses") -> None:
    """Raises `InvalidResponse` for a page whose set of pages is not complete.

    A response is whole if it has all of its ``TotalCount`` and no ``NextToken``. Other responses of a kind with the
    same count are its pages, and must have as many resources together. Where pages have no count, one must be the last.
    """
    for listed in (*_LISTS.values(), _Listed("InstanceTypes", "InstanceType", "InstanceTypeId")):
        pages = [
            (number, one) for number, one in enumerate(responses) if isinstance(one, Mapping) and listed.outer in one
        ]
        counted: dict[int, set[str]] = {}
        first: dict[int, int] = {}
        for number, one in pages:
            total = one.get("TotalCount")
            if isinstance(total, int) and total > 0 and len(ids := _ids(one, listed)) < total:
                counted.setdefault(total, set()).update(ids)
                first.setdefault(total, number)
        for total, ids in counted.items():
            if len(ids) < total:
                reason = f"{len(ids)} of {total:,} are there: pages are missing, unless partial=True"
                raise InvalidResponse(reason, path=f"{place}[{first[total]}].TotalCount")
        followed = [number for number, one in pages if one.get("NextToken") and not _is_counted(one)]
        if followed and not any(not one.get("NextToken") for _, one in pages):
            reason = "the page after this one is missing, unless partial=True"
            raise InvalidResponse(reason, path=f"{place}[{followed[-1]}].NextToken")


def _is_counted(one: Mapping[str, Any]) -> bool:
    total = one.get("TotalCount")
    return isinstance(total, int) and total > 0


def _items(one: Any, listed: _Listed) -> list[Any]:
    outer = one.get(listed.outer) if isinstance(one, Mapping) else None
    found = outer.get(listed.inner) if isinstance(outer, Mapping) else None
    return list(found) if isinstance(found, list | tuple) else []


def _ids(one: Any, listed: _Listed) -> set[str]:
    return {_id_of(item, listed) or f"without an id: {place}" for place, item in enumerate(_items(one, listed))}


def _id_of(item: Any, listed: _Listed) -> str | None:
    found = item.get(listed.id_field) if isinstance(item, Mapping) else None
    return found if isinstance(found, str) else None


# What changed


class Changes(NamedTuple):
    """The outcome of an import: the events, by region; the paths of the resources that responses describe, by their id;
    and the types and quotas that are described."""

    events: Mapping[str, Sequence[Event]]
    paths: Mapping[str, str]
    described: Described


def has_resources(world: World) -> bool:
    """Returns whether a cloud has anything that responses may describe again or refer to."""
    return any(getattr(region, table).size for region in world.regions.values() for table in VIEWS)


def changes(
    world: World,
    responses: Iterable[Mapping[str, Any]],
    *,
    account_id: str,
    region_id: str,
    instance_types: Mapping[str, InstanceType],
    partial: bool,
    refresh: bool,
    complete: Collection[str],
) -> Changes:
    """Returns what an import records in a network that has resources already. Raises `InvalidResponse`."""
    return _Comparison(world, list(responses), account_id, region_id, instance_types).changes(
        partial, refresh, complete
    )


class _Known(NamedTuple):
    """A resource of the cloud, as it is described now."""

    region: Region
    table: str
    state: Any
    described: Object

    @property
    def is_only_named(self) -> bool:
        """True of a VPC or a VSwitch that no response has described."""
        return bool(getattr(self.state, "only_named", False))


class _Comparison:
    """The description of before and that of now, of the resources that responses name."""

    def __init__(
        self,
        world: World,
        responses: list[Any],
        account_id: str,
        region_id: str,
        instance_types: Mapping[str, InstanceType],
    ) -> None:
        self._world = world
        self._account_id = account_id
        self._region_id = region_id
        self._types = instance_types
        self._known: dict[str, _Known] = {}
        self._named: set[tuple[str, str]] = set()
        self._only_added: dict[str, bool] = {}
        self._counted: dict[str, int] = {}
        self._inside: dict[str, Object] = {}
        self._said = [self._laid_over(one) for one in responses]

    def _find(self, table: str, resource_id: Any) -> _Known | None:
        """Returns a resource of the acting account, with its description, None if there is none."""
        if not isinstance(resource_id, str):
            return None
        known = self._known.get(resource_id)
        if known is not None:
            return known if known.table == table else None
        region = self._world.region_where_owned(table, resource_id, self._account_id)
        if region is None:
            return None
        state = getattr(region, table)[resource_id]
        described = {**record(self._world, region, table, state), "RegionId": region.region_id}
        found = self._known[resource_id] = _Known(region, table, state, described)
        return found

    # What is said

    def _laid_over(self, response: Any) -> Any:
        """Returns a response with what the cloud holds where it says nothing."""
        if not isinstance(response, Mapping):
            return response
        merged = dict(response)
        for table, listed in _LISTS.items():
            items = _items(response, listed)
            if items:
                merged[listed.outer] = {listed.inner: [self._laid_over_one(table, listed, one) for one in items]}
        return merged

    def _laid_over_one(self, table: str, listed: _Listed, item: Any) -> Any:
        resource_id = _id_of(item, listed)
        known = None if resource_id is None else self._find(table, resource_id)
        if resource_id is None:
            return item
        self._named.add((table, resource_id))
        self._note_embedded(table, item)
        if known is None:
            return item
        if known.is_only_named:
            return {"RegionId": known.region.region_id, **item}
        said = {name: value for name, value in item.items() if value is not None}
        if table == "eips" and said.get("AllocationTime") == "":
            del said["AllocationTime"]
        if said.get("CreationTime") == "":
            del said["CreationTime"]
        before = _without_repetitions(table, known.described)
        for together in _TOGETHER.get(table, ()):
            if not together.isdisjoint(said) and not _same(before, said, together):
                before = {name: value for name, value in before.items() if name not in together}
        adds = all(not before.get(name) or before[name] == value for name, value in said.items())
        self._only_added[resource_id] = adds and self._only_added.get(resource_id, True)
        return {**before, **said}

    def _note_embedded(self, table: str, item: Mapping[str, Any]) -> None:
        """Notes what the description of an instance says of its ENIs, if these are known already."""
        count = item.get("AvailableIpAddressCount")
        if table == "vswitches" and isinstance(count, int):
            self._counted[str(item.get("VSwitchId"))] = count
        if table != "instances":
            return
        for one in _embedded(item):
            known = self._find("network_interfaces", one["NetworkInterfaceId"])
            if known is None:
                continue
            before = known.described
            said: Object = {"InstanceId": item.get("InstanceId"), "Attachment": {}}
            said |= {name: one[name] for name in ("MacAddress", "Type") if one.get(name) is not None}
            ip = one.get("PrivateIpAddress") or one.get("PrimaryIpAddress")
            if ip and ip != before["PrivateIpAddress"]:
                said |= {"PrivateIpAddress": ip, "PrivateIpSets": one.get("PrivateIpSets") or {}}
            if before["Status"] not in ("Attaching", "InUse", "Detaching"):
                said["Status"] = "InUse"
            self._inside[known.state.id] = {**before, **said}

    # What it refers to

    def _context(self, excluded: Collection[str]) -> None:
        """Finds what the resources that are named refer to, and what is compared with them."""
        open_ones: list[tuple[str, Mapping[str, Any]]] = [
            (table, item)
            for response in self._said
            for table, listed in _LISTS.items()
            for item in _items(response, listed)
            if isinstance(item, Mapping)
        ]
        open_ones += [("", response) for response in self._said if isinstance(response, Mapping)]
        open_ones += [(one.table, one.described) for one in self._known.values()]
        open_ones += [(one.table, one.described) for one in self._awaiting() if one.state.id not in excluded]
        while open_ones:
            table, item = open_ones.pop()
            instance_id = item.get("InstanceId") if table == "instances" else None
            if isinstance(instance_id, str):  # an EIP that another address kept from it may be on it now
                waiting = [one for one in self._waiting_for(instance_id) if one.state.id not in excluded]
                open_ones += [(one.table, one.described) for one in waiting]
            for other_table, other_id in _references(table, item):
                if isinstance(other_id, str) and other_id not in self._known and other_id not in excluded:
                    found = self._find(other_table, other_id)
                    if found is not None:
                        open_ones.append((other_table, found.described))

    def _awaiting(self) -> Iterator[_Known]:
        """Yields the resources that were described as in or on something that is described now for the first time, and
        the instances without a zone in VSwitches that may tell it now."""
        groups = [one.get("SecurityGroupId") for one in self._said if isinstance(one, Mapping)]
        new = {one for _, one in self._named if one not in self._known} | {one for one in groups if type(one) is str}
        for one in sorted(new):
            yield from self._waiting_for(one)
        for table, vswitch_id in sorted(self._named):
            vswitch = self._find(table, vswitch_id) if table == "vswitches" else None
            if vswitch is not None and (vswitch.is_only_named or not vswitch.state.zone_id):
                yield from self._without_zone(vswitch)

    def _without_zone(self, vswitch: _Known) -> Iterator[_Known]:
        """Yields the instances in a VSwitch, not found yet, whose zone is not known."""
        region = vswitch.region
        for one in region.interfaces_of_vswitch.get_existing(vswitch.state.id).live_keys():
            interface = region.network_interfaces[one]
            instance_id = one if interface is None else interface.instance_id
            instance = None if instance_id is None or instance_id in self._known else region.instances[instance_id]
            found = None if instance is None or instance.zone_id else self._find("instances", instance_id)
            if found is not None:
                yield found

    def _waiting_for(self, resource_id: str) -> Iterator[_Known]:
        """Yields the resources, not found yet, that were described as in or on another one, and are not."""
        for region in self._world.regions.values():
            waiting = region.awaiting[resource_id] if region.awaiting.size else None
            for one in () if waiting is None else waiting.live_keys():
                for table in ("network_interfaces", "instances", "eips"):
                    found = None if one in self._known else self._find(table, one)
                    if found is not None:
                        yield found

    def _blocks_beside(self, excluded: Collection[str]) -> None:
        """Finds the VSwitches that are in a VPC beside those whose blocks are new: they may overlap."""
        vpcs = {
            str(item.get("VpcId"))
            for response in self._said
            for item in _items(response, _LISTS["vswitches"])
            if isinstance(item, Mapping) and not self._has_block(_id_of(item, _LISTS["vswitches"]))
        }
        for vpc in [found for one in sorted(vpcs) if (found := self._find("vpcs", one)) is not None]:
            for other_id in vpc.region.vswitches_of_vpc.get_existing(vpc.state.id).live_keys():
                if other_id not in excluded:
                    self._find("vswitches", other_id)

    def _has_block(self, vswitch_id: str | None) -> bool:
        known = None if vswitch_id is None else self._known.get(vswitch_id)
        return known is not None and known.table == "vswitches" and bool(known.state.cidr_block)

    # What changed

    def changes(self, partial: bool, refresh: bool, complete: Collection[str]) -> Changes:
        gone = self._gone(complete)
        self._blocks_beside(gone)
        self._context(gone)
        known = {resource_id: one for resource_id, one in self._known.items() if resource_id not in gone}
        named = [one for one in known.values() if one.is_only_named]
        rest = [one for resource_id, one in known.items() if (one.table, resource_id) not in self._named]
        self._check_gone(gone)
        described = [_response(one, self._inside.get(one.state.id)) for one in rest if not one.is_only_named]
        now = self._read([*self._said, *described], named)
        paths = {one: path for one, path in now.paths.items() if not self._is_context(path)}
        before = self._read([_response(one) for one in known.values() if not one.is_only_named], named)
        events_before, events_now = _imports(before), _imports(now)
        self._unseen = self._unseen_addresses(events_now, gone)
        events: dict[str, list[Event]] = {region_id: [] for region_id in now.events}
        for table in ("eips", "network_interfaces"):
            self._disappear(events, gone, table)
        for region_id, of_region in now.events.items():
            for event in of_region:
                if isinstance(event, SecurityGroupRulesImported):
                    rules = self._changed_rules(event.security_group_id, event, partial, refresh)
                    events[region_id] += [] if rules is None else [rules]
                    continue
                if not isinstance(event, Import):
                    continue
                resource_id = getattr(event, event.ID)
                found = known.get(resource_id)
                if found is None:
                    self._must_be_new(resource_id, paths.get(resource_id, "responses"))
                    events[region_id].append(event)
                    continue
                if found.region.region_id != region_id:
                    reason = f"{resource_id} is in {found.region.region_id}, and not in {region_id}"
                    raise InvalidResponse(reason, path=paths.get(resource_id, "responses"))
                changed = self._changed(found, events_before[resource_id], event)
                if changed is None:
                    continue
                path = paths.get(resource_id)
                self._check_change(found, events_before[resource_id], changed, path, partial, refresh)
                fields: Object = {_FIELDS[type(changed)]: changed}
                events[region_id].append(ResourceRefreshed(resource_id=resource_id, **fields))
        for group_id in self._without_rules(now):
            rules = self._changed_rules(group_id, None, partial, refresh)
            if rules is not None:
                events.setdefault(self._known[group_id].region.region_id, []).append(rules)
        for table in TABLES[2:]:  # the instances, groups and networks, once nothing is in or on them
            self._disappear(events, gone, table)
        return Changes({region_id: one for region_id, one in events.items() if one}, paths, now)

    def _without_rules(self, now: Described) -> Iterator[str]:
        """Yields the groups whose rules are described, and are none."""
        with_rules = {
            event.security_group_id
            for one in now.events.values()
            for event in one
            if isinstance(event, SecurityGroupRulesImported)
        }
        for response in self._said:
            group_id = response.get("SecurityGroupId") if isinstance(response, Mapping) else None
            if isinstance(group_id, str) and "Permissions" in response and group_id not in with_rules:
                yield group_id

    def _read(self, responses: list[Any], named: Iterable[_Known]) -> Described:
        try:
            return read_responses(
                responses,
                region_id=self._region_id,
                account_id=self._account_id,
                instance_types=self._types,
                named=[Named(one.region.region_id, _as_named(one)) for one in named],
                on_instances=frozenset(self._on_instances()),
            )
        except InvalidResponse as error:
            if error.path.startswith("responses[") and self._is_context(error.path):
                raise InvalidResponse(error.reason, path="responses") from error
            raise

    def _on_instances(self) -> Iterator[str]:
        """Yields the EIPs and the primary ENIs that instances have."""
        for known in self._known.values():
            if known.table == "instances":
                yield from filter(None, (known.state.eip_id, known.state.primary_network_interface_id))

    def _is_context(self, path: str) -> bool:
        if not path.startswith("responses["):
            return True
        number = int(path[len("responses[") : path.index("]")])
        return number >= len(self._said)

    def _must_be_new(self, resource_id: str, path: str) -> None:
        if any(self._world.region_of(table, resource_id) is not None for table in VIEWS):
            raise InvalidResponse(f"{resource_id} is there already, and is another resource", path=path)

    def _changed(self, found: _Known, before: Import, now: Import) -> Import | None:
        """Returns the description of a resource that is another than before, None if it is the same."""
        if isinstance(now, VSwitchImported) and isinstance(before, VSwitchImported):
            now = msgspec.structs.replace(now, unseen_addresses=self._unseen[now.vswitch_id])
            before = msgspec.structs.replace(before, unseen_addresses=found.state.unseen_addresses)
        if isinstance(now, InstanceImported) and isinstance(before, InstanceImported):
            of_type = found.state.instance_type
            before = msgspec.structs.replace(before, instance_type=of_type)
            if now.instance_type.id == of_type.id:
                now = msgspec.structs.replace(now, instance_type=of_type)
        if isinstance(now, SecurityGroupImported) and isinstance(before, SecurityGroupImported):
            now = msgspec.structs.replace(now, not_modelled=before.not_modelled)  # the cloud's description lacks it
        if msgspec.structs.replace(now, created_at=before.created_at) == before:
            return None
        return now

    def _changed_rules(
        self, group_id: str, now: SecurityGroupRulesImported | None, partial: bool, refresh: bool
    ) -> SecurityGroupRulesImported | None:
        """Returns the rules of a group, if they are others than before; no ``now`` says that it has none."""
        found = self._known.get(group_id)
        if found is None:
            return now
        now = SecurityGroupRulesImported(security_group_id=group_id) if now is None else now
        group = found.state
        sources, referenced = set(now.source_group_ids), set(now.referenced_group_ids)
        before = set(found.region.sources_of_group.get_existing(group_id).live_keys())
        policy = now.inner_access_policy or inner_access_policy_of(group.type)
        if (sources, referenced, policy) == (before, set(group.referenced_group_ids), group.inner_access_policy):
            return None
        adds = sources >= before and referenced >= set(group.referenced_group_ids)
        if not refresh and not (partial and adds):
            reason = f"{group_id} is there already, with other rules: refresh=True records that"
            raise InvalidResponse(reason, path="responses")
        return now

    def _unseen_addresses(
        self, events_now: Mapping[str, Import], gone: Mapping[str, tuple[str, str]]
    ) -> Mapping[str, int]:
        """Returns how many addresses of each VSwitch are in use by what no response describes.

        A described number of free ones tells it anew. Otherwise an ENI that is described for the first time explains
        addresses that were unseen before.
        """
        described = [one for one in events_now.values() if isinstance(one, NetworkInterfaceImported)]
        now = {
            (self._vpc_of(one.vswitch_id, events_now), ip)
            for one in described
            for ip in (*one.private_ip_addresses, *[ip for block in one.ipv4_prefixes for ip in addresses_of(block)])
        }
        unseen = [one for one in events_now.values() if isinstance(one, InstanceImported)]
        now |= {
            (self._vpc_of(one.vswitch_id, events_now) if one.vswitch_id else one.vpc_id or "", one.private_ip_address)
            for one in unseen
            if one.vswitch_id is not None and one.private_ip_address is not None
        }
        replaced = {one.network_interface_id for one in described} | {one.instance_id for one in unseen} | gone.keys()
        vswitches = [one for one in self._known.values() if one.table == "vswitches" and one.state.id not in gone]
        explained = dict.fromkeys([one.state.id for one in vswitches], 0)
        bounds = {one.state.id: self._bounds(one.state.id, events_now) for one in vswitches}
        blocks = sorted([((one.state.vpc_id, bounds[one.state.id][0]), one) for one in vswitches], key=itemgetter(0))
        begins = [begin for begin, _ in blocks]
        for vpc_id, ip in now | self._addresses_of(replaced):
            number = ipv4_to_int(ip)
            place = bisect_right(begins, (vpc_id, number)) - 1
            vswitch = blocks[place][1] if place >= 0 else None
            if vswitch is not None and vswitch.state.vpc_id == vpc_id and usable(*bounds[vswitch.state.id], number):
                holders = _holders(vswitch.region, vpc_id, ip)
                held_now = (vpc_id, ip) in now or bool(holders.difference(replaced))
                explained[vswitch.state.id] += held_now - bool(holders)
        return {one.state.id: self._unseen_of(one, bounds[one.state.id], explained[one.state.id]) for one in vswitches}

    def _bounds(self, vswitch_id: str, events_now: Mapping[str, Import]) -> tuple[int, int]:
        event = events_now[vswitch_id]
        assert isinstance(event, VSwitchImported)
        return cidr_bounds(event.cidr_block) if event.cidr_block else (0, 0)

    def _addresses_of(self, ids: Iterable[str]) -> set[tuple[str, str]]:
        """Returns the addresses of ENIs as they are in the cloud, and of the instances that stand for one, each with
        its VPC."""
        states = [
            state
            for region in self._world.regions.values()
            for one in ids
            if (state := region.network_interfaces[one] or _stand_in(region, one)) is not None
        ]
        return {(state.vpc_id, ip) for state in states for ip in state.held_addresses}

    def _vpc_of(self, vswitch_id: str, events_now: Mapping[str, Import]) -> str:
        event = events_now[vswitch_id]
        assert isinstance(event, VSwitchImported)
        return event.vpc_id

    def _unseen_of(self, one: _Known, bounds: tuple[int, int], change: int) -> int:
        """Returns the unseen addresses of a VSwitch of these bounds whose ENIs explain so many addresses more than
        before."""
        state, (first, last) = one.state, bounds
        if state.id not in self._counted:
            return max(0, int(state.unseen_addresses) - max(0, change))
        size = max(0, last - first - 3)
        if state.cidr_block:
            explained = size - state.available_ip_address_count - state.unseen_addresses + change
        else:
            allocated = one.region.addresses.get_existing(state.vpc_id).live_keys()
            explained = sum(usable(first, last, ipv4_to_int(ip)) for ip in allocated) + change
        return max(0, int(size - explained - self._counted[state.id]))

    def _check_change(
        self, found: _Known, before: Import, now: Import, path: str | None, partial: bool, refresh: bool
    ) -> None:
        """Raises `InvalidResponse` for a change that no refresh takes, or that needs one."""
        resource_id = found.state.id
        for name in _PLACE.get(found.table, ()):
            told_less = found.is_only_named and not getattr(now, name)
            if getattr(before, name) != getattr(now, name) and not (told_less or _lacks(before, name)):
                reason = f"the {name} of {resource_id} is {getattr(before, name)}, and nothing changes it"
                raise InvalidResponse(reason, path=path or "responses")
        added = partial and self._only_added.get(resource_id, False)
        if refresh or path is None or added or found.is_only_named:
            return
        names = [
            name
            for name in now.__struct_fields__
            if name != "created_at" and getattr(before, name) != getattr(now, name)
        ]
        reason = f"{resource_id} is there already, with another {' and '.join(names)}: refresh=True records that"
        raise InvalidResponse(reason, path=path)

    # What is gone

    def _gone(self, complete: Collection[str]) -> dict[str, tuple[str, str]]:
        """Returns the resources that responses describe no more, of the kinds that they describe completely, each with
        its region and its table."""
        regions = {self._region_id}
        regions.update(
            one["RegionId"]
            for response in self._said
            if isinstance(response, Mapping)
            for one in (response, *[item for listed in _LISTS.values() for item in _items(response, listed)])
            if isinstance(one, Mapping) and isinstance(one.get("RegionId"), str)
        )
        embedded = {
            one["NetworkInterfaceId"]
            for response in self._said
            for item in _items(response, _LISTS["instances"])
            for one in _embedded(item)
        }
        gone = {
            state.id: (region_id, table)
            for table in complete
            for region_id in sorted(regions)
            for state in getattr(self._world.region(region_id), table).snapshot().values()
            if state.account_id == self._account_id
            and (table, state.id) not in self._named
            and state.id not in embedded
            and not getattr(state, "only_named", False)
        }
        return gone | self._named_by_nothing(gone)

    def _named_by_nothing(self, gone: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
        """Returns the VSwitches and VPCs that are there by their names alone, and in which nothing is left: they are
        gone with the last."""
        left: dict[str, tuple[str, str]] = {}
        said = {one for _, one in self._named}
        for field, table in (("vswitch_id", "vswitches"), ("vpc_id", "vpcs")):
            for resource_id, (region_id, its_table) in {**gone, **left}.items():
                region = self._world.region(region_id)
                state = getattr(region, its_table).get_existing(resource_id)
                if its_table == "instances" and table == "vswitches":
                    state = state.unseen_primary
                place_id: str = getattr(state, field, None) or ""
                place = None if place_id in gone else getattr(region, table)[place_id]
                if place is None or not place.only_named or (table, place_id) in self._named:
                    continue
                inside = [one for _, one in _dependents(region, table, place_id)]
                if said.isdisjoint(inside) and all(one in gone or one in left for one in inside):
                    left[place_id] = (region_id, table)
        return left

    def _check_gone(self, gone: Mapping[str, tuple[str, str]]) -> None:
        """Raises `InvalidResponse` if something is in or on what is gone, and nothing tells what became of it."""
        for resource_id, (region_id, table) in gone.items():
            instance_id = self._instance_of_primary(region_id, table, resource_id)
            if instance_id is not None and instance_id not in gone:
                reason = f"{resource_id} is described no more, and is the primary ENI of {instance_id}, which stays"
                raise InvalidResponse(reason, path="responses")
            for other_table, other_id in _dependents(self._world.region(region_id), table, resource_id):
                if other_id not in gone and (other_table, other_id) not in self._named and other_id not in self._inside:
                    reason = (
                        f"{resource_id} is described no more, and nothing tells what became of its {other_id}: "
                        f"describe it, or name {other_table} in complete"
                    )
                    raise InvalidResponse(reason, path="responses")

    def _instance_of_primary(self, region_id: str, table: str, resource_id: str) -> str | None:
        region = self._world.region(region_id)
        instance_id = region.network_interfaces.get_existing(resource_id).instance_id if table == _ENIS else None
        instance = None if instance_id is None else region.instances[instance_id]
        return instance_id if instance is not None and instance.primary_network_interface_id == resource_id else None

    def _disappear(self, events: dict[str, list[Event]], gone: Mapping[str, tuple[str, str]], table: str) -> None:
        for resource_id, (region_id, its_table) in gone.items():
            if its_table == table:
                events.setdefault(region_id, []).append(ResourceDisappeared(resource_id=resource_id))


_PLACE: Final[Mapping[str, tuple[str, ...]]] = {
    "vpcs": ("cidr_block",),
    "vswitches": ("vpc_id", "zone_id", "cidr_block"),
    "security_groups": ("vpc_id", "security_group_type"),
    "instances": ("vpc_id",),
    "network_interfaces": ("vswitch_id",),
    "eips": ("ip_address",),
}
"""The fields that a resource never changes."""


def _lacks(before: Import, name: str) -> bool:
    """Returns whether a field of a resource's place is described later than the resource."""
    if isinstance(before, InstanceImported):
        return before.vpc_id is None and before.private_ip_address is None
    return name in ("cidr_block", "zone_id") and not getattr(before, name)


def _stand_in(region: Region, instance_id: str) -> StandIn | None:
    instance = region.instances[instance_id]
    return None if instance is None else stand_in(region, instance)


def _as_named(known: _Known) -> DescribedVpc | DescribedVSwitch:
    """Returns a VPC or a VSwitch that is there by its name alone, as its name was read."""
    state = known.state
    if known.table == "vpcs":
        return DescribedVpc(vpc_id=state.id)
    return DescribedVSwitch(vswitch_id=state.id, vpc_id=state.vpc_id, zone_id=state.zone_id)


def _imports(described: Described) -> dict[str, Import]:
    events = [event for one in described.events.values() for event in one if isinstance(event, Import)]
    return {getattr(event, event.ID): event for event in events}


def _response(one: _Known, described: Object | None = None) -> Object:
    listed = _LISTS[one.table]
    shown = _without_repetitions(one.table, one.described if described is None else described)
    return {listed.outer: {listed.inner: [shown]}}


def _without_repetitions(table: str, described: Mapping[str, Any]) -> Object:
    """Returns the description of a resource without what is said of other resources, which have their own."""
    kept = {name: value for name, value in described.items() if name not in _SAID_ELSEWHERE.get(table, ())}
    if table == _ENIS and isinstance(described.get("PrivateIpSets"), Mapping):
        ips = described["PrivateIpSets"].get("PrivateIpSet")
        kept["PrivateIpSets"] = {
            "PrivateIpSet": [
                {name: value for name, value in ip.items() if name != "AssociatedPublicIp"}
                for ip in (ips if isinstance(ips, list | tuple) else ())
                if isinstance(ip, Mapping)
            ]
        }
    return kept


def _dependents(region: Region, table: str, resource_id: str) -> Iterator[tuple[str, str]]:
    """Yields the tables and ids of what is in or on a resource."""
    state = getattr(region, table).get_existing(resource_id)
    if table == "instances":
        yield from (("network_interfaces", one) for one in state.attached)
        if state.eip_id is not None:
            yield "eips", state.eip_id
    elif table == _ENIS:
        yield from (("eips", one) for one in state.eip_ids)
    elif table == "security_groups":
        for one in region.members_of_group.get_existing(resource_id).live_keys():
            yield ("instances" if region.network_interfaces[one] is None else "network_interfaces"), one
    elif table == "vswitches":
        for one in region.interfaces_of_vswitch.get_existing(resource_id).live_keys():
            yield ("instances" if region.network_interfaces[one] is None else "network_interfaces"), one
    elif table == "vpcs":
        yield from (("vswitches", one) for one in region.vswitches_of_vpc.get_existing(resource_id).live_keys())
        yield from (("security_groups", one) for one in region.groups_of_vpc.get_existing(resource_id).live_keys())


def _holders(region: Region, vpc_id: str, ip: str) -> set[str]:
    """Returns the ENIs that have an address: several, if they were imported with it."""
    holder, others = region.addresses.get_existing(vpc_id)[ip], region.other_holders[vpc_id, ip]
    return {*([] if holder is None else [holder]), *([] if others is None else others.live_keys())}


def _embedded(item: Any) -> Iterator[Mapping[str, Any]]:
    """Yields the ENIs within the description of an instance."""
    inside = item.get("NetworkInterfaces") if isinstance(item, Mapping) else None
    listed = inside.get("NetworkInterface") if isinstance(inside, Mapping) else None
    for one in listed if isinstance(listed, list | tuple) else ():
        if isinstance(one, Mapping) and isinstance(one.get("NetworkInterfaceId"), str):
            yield one


def _references(table: str, item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yields the tables and ids of what a description refers to."""
    if not table:  # a response itself: that of DescribeSecurityGroupAttribute is about one group
        yield "security_groups", item.get("SecurityGroupId")
        yield "vpcs", item.get("VpcId")
        permissions = item.get("Permissions")
        listed = permissions.get("Permission") if isinstance(permissions, Mapping) else None
        for rule in listed if isinstance(listed, list | tuple) else ():
            if isinstance(rule, Mapping):
                yield "security_groups", rule.get("SourceGroupId")
                yield "security_groups", rule.get("DestGroupId")
    if table in ("vswitches", "security_groups"):
        yield "vpcs", item.get("VpcId")
    if table in ("instances", "network_interfaces"):
        groups = item.get("SecurityGroupIds")
        listed = groups.get("SecurityGroupId") if isinstance(groups, Mapping) else None
        for group_id in listed if isinstance(listed, list | tuple) else ():
            yield "security_groups", group_id
    if table == "network_interfaces":
        yield "vswitches", item.get("VSwitchId")
        yield "vpcs", item.get("VpcId")
        attachment = item.get("Attachment")
        yield "instances", item.get("InstanceId")
        yield "instances", attachment.get("InstanceId") if isinstance(attachment, Mapping) else None
        for eip_id in _public_ips(item):
            yield "eips", eip_id
    if table == "eips":
        yield "instances", item.get("InstanceId")
        yield "network_interfaces", item.get("InstanceId")
    if table == "instances":
        place = item.get("VpcAttributes")
        if isinstance(place, Mapping):
            yield "vpcs", place.get("VpcId")
            yield "vswitches", place.get("VSwitchId")
        for interface in _embedded(item):
            yield "network_interfaces", interface["NetworkInterfaceId"]
        eip = item.get("EipAddress")
        yield "eips", eip.get("AllocationId") if isinstance(eip, Mapping) else None


def _public_ips(interface: Mapping[str, Any]) -> Iterator[Any]:
    """Yields the ids of the EIPs that the description of an ENI names."""
    inside = interface.get("PrivateIpSets")
    ips = inside.get("PrivateIpSet") if isinstance(inside, Mapping) else None
    for one in (interface, *(ips if isinstance(ips, list | tuple) else ())):
        public = one.get("AssociatedPublicIp") if isinstance(one, Mapping) else None
        if isinstance(public, Mapping):
            yield public.get("AllocationId")


def _same(before: Mapping[str, Any], said: Mapping[str, Any], together: Collection[str]) -> bool:
    return all(before.get(name) == said[name] for name in together if name in said)
