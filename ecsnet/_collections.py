"""`ResourceCollection`: the read-only mappings of a cloud (`cloud.instances` and its like), and their `where`."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from contextlib import AbstractContextManager
from heapq import merge
from typing import Any, Final, Generic, TypeVar, cast

from ecsnet._attrs import field_names
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import Region, World
from ecsnet.errors import EcsnetError
from ecsnet.resources import Resource

R_co = TypeVar("R_co", bound=Resource, covariant=True)
Finder = Callable[[Region, Any], Iterable[str]]


def _keys(table: Any, key: Any) -> Iterable[str]:
    ids = table[key]
    return () if ids is None else cast("Iterable[str]", ids.live_keys())


def _interfaces_of_instance(region: Region, instance_id: str) -> Iterable[str]:
    instance = region.instances[instance_id]
    return () if instance is None else instance.network_interface_ids


def _interfaces_at(region: Region, private_ip: str) -> Iterable[str]:
    found = (held[private_ip] for held in region.addresses.live_values())
    return [interface_id for interface_id in found if interface_id is not None]


def _instances_among(finder: Finder) -> Finder:
    def find(region: Region, value: Any) -> Iterable[str]:
        ids: dict[str, None] = {}
        for found in finder(region, value):
            interface = region.network_interfaces[found]
            holder = found if interface is None else interface.instance_id  # a classic instance is its own member
            if holder is not None:
                ids[holder] = None
        return ids

    return find


def _interfaces_in_vswitch(region: Region, vswitch_id: str) -> Iterable[str]:
    return _keys(region.interfaces_of_vswitch, vswitch_id)


def _members_of_group(region: Region, group_id: str) -> Iterable[str]:
    return _keys(region.members_of_group, group_id)


def _interfaces_in_group(region: Region, group_id: str) -> Iterable[str]:
    return [i for i in _members_of_group(region, group_id) if region.network_interfaces[i] is not None]


def _holders_of(region: Region, private_ip: str) -> Iterable[str]:
    classic = region.classic_ips[private_ip]
    return [*_interfaces_at(region, private_ip), *([classic] if classic is not None else [])]


def _interface_itself(region: Region, interface_id: str) -> Iterable[str]:
    return () if region.network_interfaces[interface_id] is None else (interface_id,)


_FINDERS: Final[dict[tuple[str, str], Finder]] = {
    ("network_interfaces", "instance_id"): _interfaces_of_instance,
    ("network_interfaces", "private_ip"): _interfaces_at,
    ("network_interfaces", "vswitch_id"): _interfaces_in_vswitch,
    ("network_interfaces", "security_group_id"): _interfaces_in_group,
    ("instances", "private_ip"): _instances_among(_holders_of),
    ("instances", "vswitch_id"): _instances_among(_interfaces_in_vswitch),
    ("instances", "security_group_id"): _instances_among(_members_of_group),
    ("instances", "network_interface_id"): _instances_among(_interface_itself),
    ("vswitches", "vpc_id"): lambda region, vpc_id: _keys(region.vswitches_of_vpc, vpc_id),
    ("security_groups", "vpc_id"): lambda region, vpc_id: _keys(region.groups_of_vpc, vpc_id),
}
"""The indexes: for a table and an attribute, at least the ids of those resources that have the value."""


class ResourceCollection(Mapping[str, R_co], Generic[R_co]):
    """What exists now, by id, in the order of creation. Each look is at the cloud as it is at that moment."""

    def __init__(
        self, world: Callable[[], World], lock: AbstractContextManager[Any], table: str, resource: type[R_co]
    ) -> None:
        self._world = world
        self._lock = lock  # a world is changed in place: nobody may write while it is looked at
        self._table = table
        self._attributes = frozenset(field_names(resource))

    def __getitem__(self, resource_id: str) -> R_co:
        with self._lock:
            for region in self._world().regions.values():
                state = getattr(region, self._table)[resource_id]
                if state is not None:
                    return self._show(region, state)
        raise KeyError(resource_id)

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter([state.id for _, _, state in self._in_order(self._world())])

    def __len__(self) -> int:
        with self._lock:
            return sum(getattr(region, self._table).size for region in self._world().regions.values())

    def values(self) -> ValuesView[R_co]:
        """The resources as they are at this moment."""
        return self._snapshot().values()

    def items(self) -> ItemsView[str, R_co]:
        """Ids and resources as they are at this moment."""
        return self._snapshot().items()

    def _snapshot(self) -> dict[str, R_co]:
        with self._lock:
            return {state.id: self._show(region, state) for _, region, state in self._in_order(self._world())}

    def __repr__(self) -> str:
        what = self._table.replace("_", " ")
        try:
            return f"<{len(self)} {what}>"
        except EcsnetError as error:
            return f"<{what}: {error}>"

    def where(self, **attributes: Any) -> tuple[R_co, ...]:
        """The resources that have all these values, in the order of creation.

        Any attribute of the resource can be named; one that lists several values is also named in the singular
        (``private_ip``, ``security_group_id``) and then means that the value is among them. Raises TypeError for a
        name that the resource does not have.
        """
        tests = [(self._reader(name), value) for name, value in attributes.items()]
        with self._lock:
            resources = [self._show(region, state) for _, region, state in self._candidates(attributes)]
        return tuple([one for one in resources if all(matches(one, value) for matches, value in tests)])

    def _reader(self, name: str) -> Callable[[Any, Any], bool]:
        if name in self._attributes:
            return lambda resource, value: getattr(resource, name) == value
        if name + "s" in self._attributes:
            return lambda resource, value: value in getattr(resource, name + "s")
        raise TypeError(f"{self._table} have no attribute {name!r}")

    def _candidates(self, attributes: dict[str, Any]) -> Iterable[tuple[int, Region, Any]]:
        world = self._world()
        for name, value in attributes.items():
            finder = _FINDERS.get((self._table, name))
            if finder is not None and isinstance(value, str):  # an index has ids and addresses; others equal none
                rows = [
                    (state.position, region, state)
                    for region in world.regions.values()
                    for state in map(getattr(region, self._table).get_existing, finder(region, value))
                ]
                return sorted(rows, key=lambda row: row[0])
        return self._in_order(world)

    def _in_order(self, world: World) -> Iterable[tuple[int, Region, Any]]:
        tables = [
            [(state.position, region, state) for state in getattr(region, self._table).live_values()]
            for region in world.regions.values()
        ]
        return tables[0] if len(tables) == 1 else merge(*tables, key=lambda row: row[0])

    def _show(self, region: Region, state: Any) -> R_co:
        return cast("R_co", VIEWS[self._table](region, state))
