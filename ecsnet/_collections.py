"""`ResourceCollection`: the read-only mappings of a cloud (`cloud.instances` and its like), and their `where`."""

from __future__ import annotations

from collections.abc import Callable, Collection, ItemsView, Iterable, Iterator, Mapping, ValuesView
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from functools import cache
from heapq import merge
from types import NoneType
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

from ecsnet._arguments import closest, shown
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import Region, World
from ecsnet.errors import EcsnetError, InvalidQuery
from ecsnet.resources import Resource

R_co = TypeVar("R_co", bound=Resource, covariant=True)
TAGS: Final = "tags"
"""The attribute that is compared tag by tag."""
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


def _interfaces_in_vpc(region: Region, vpc_id: str) -> Iterable[str]:
    for vswitch_id in _keys(region.vswitches_of_vpc, vpc_id):
        yield from _interfaces_in_vswitch(region, vswitch_id)


def _members_of_group(region: Region, group_id: str) -> Iterable[str]:
    return _keys(region.members_of_group, group_id)


def _interfaces_in_group(region: Region, group_id: str) -> Iterable[str]:
    return [i for i in _members_of_group(region, group_id) if region.network_interfaces[i] is not None]


def _holders_of(region: Region, private_ip: str) -> Iterable[str]:
    classic = region.classic_ips[private_ip]
    return [*_interfaces_at(region, private_ip), *([classic] if classic is not None else [])]


def _itself(table: str) -> Finder:
    return lambda region, resource_id: () if getattr(region, table)[resource_id] is None else (resource_id,)


def _tagged(table: str) -> Finder:
    """Returns the finder of resources with tags; of these, it looks at the one that the fewest have."""

    def find(region: Region, tags: Mapping[str, str | None]) -> Iterable[str]:
        indexes = [region.resources_of_tag[table, key, value] for key, value in tags.items() if value is not None]
        found = [index for index in indexes if index is not None]
        if len(found) < len(indexes):
            return ()
        return cast("Iterable[str]", min(found, key=lambda index: index.size).live_keys())

    return find


FINDERS: Final[dict[tuple[str, str], Finder]] = {
    **{(table, "id"): _itself(table) for table in VIEWS},
    **{(table, TAGS): _tagged(table) for table in VIEWS},
    ("network_interfaces", "instance_id"): _interfaces_of_instance,
    ("network_interfaces", "name"): lambda region, name: _keys(region.interfaces_of_name, name),
    ("network_interfaces", "private_ip"): _interfaces_at,
    ("network_interfaces", "vswitch_id"): _interfaces_in_vswitch,
    ("network_interfaces", "vpc_id"): _interfaces_in_vpc,
    ("network_interfaces", "security_group_id"): _interfaces_in_group,
    ("instances", "private_ip"): _instances_among(_holders_of),
    ("instances", "vswitch_id"): _instances_among(_interfaces_in_vswitch),
    ("instances", "security_group_id"): _instances_among(_members_of_group),
    ("instances", "network_interface_id"): _instances_among(_itself("network_interfaces")),
    ("vswitches", "vpc_id"): lambda region, vpc_id: _keys(region.vswitches_of_vpc, vpc_id),
    ("security_groups", "vpc_id"): lambda region, vpc_id: _keys(region.groups_of_vpc, vpc_id),
}
"""The indexes: for a table and an attribute, at least the ids of those resources that have the value."""


class _Attribute(NamedTuple):
    """An attribute of a resource: whether it lists several values, and the values of its enum, if it has one."""

    lists: bool
    members: tuple[Any, ...] | None


def _attributes(resource: Any) -> dict[str, _Attribute]:
    return _attributes_of(resource)


@cache
def _attributes_of(resource: Any) -> dict[str, _Attribute]:
    return {name: _attribute(hint) for name, hint in get_type_hints(resource).items()}


def _attribute(hint: Any) -> _Attribute:
    options = get_args(hint) if get_origin(hint) is not tuple and get_args(hint) else (hint,)
    enums = [option for option in options if isinstance(option, type) and issubclass(option, StrEnum)]
    members = [member for enum in enums for member in enum]
    optional = [None] if NoneType in options else []
    return _Attribute(any(get_origin(option) is tuple for option in options), (*members, *optional) if enums else None)


class _Condition(NamedTuple):
    """A condition of `where` on one attribute: it is one of ``values``, or lists one of them (``among``). Tags have all
    those of one of ``values``; None stands for any value of a key."""

    attribute: str
    values: Collection[Any]
    among: bool

    def holds(self, resource: Resource) -> bool:
        """Returns whether a resource meets the condition."""
        actual = getattr(resource, self.attribute)
        if self.attribute == TAGS:
            return any(
                all(key in actual and value in (None, actual[key]) for key, value in tags.items())
                for tags in self.values
            )
        return any(value in actual for value in self.values) if self.among else actual in self.values

    @property
    def has_index(self) -> bool:
        """True if an index may have the values. Its keys are ids, names, addresses, or tags with their values, and a
        resource without the attribute is in none."""
        if self.attribute == TAGS:
            return all(any(value is not None for value in tags.values()) for tags in self.values)
        return all(isinstance(value, str) for value in self.values)


class ResourceCollection(Mapping[str, R_co], Generic[R_co]):
    """The resources that exist now, by id, in the order of creation. Each read is of the cloud as it is then."""

    def __init__(
        self, world: Callable[[], World], lock: AbstractContextManager[Any], table: str, resource: type[R_co]
    ) -> None:
        self._world = world
        self._lock = lock  # a world is changed in place: nobody may write while it is read
        self._table = table
        self._resource = resource

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
        """Returns the resources as they are at this moment."""
        return self._snapshot().values()

    def items(self) -> ItemsView[str, R_co]:
        """Returns ids and resources as they are at this moment."""
        return self._snapshot().items()

    def _snapshot(self) -> dict[str, R_co]:
        with self._lock:
            return {state.id: self._show(region, state) for _, region, state in self._in_order(self._world())}

    def __repr__(self) -> str:
        try:
            return f"<{len(self)} {self._what()}>"
        except EcsnetError as error:
            return f"<{self._what()}: {error}>"

    def where(self, **attributes: Any) -> tuple[R_co, ...]:
        """Returns the resources that have all these values, in the order of creation.

        Any attribute of the resource can be named; one that lists several values is also named in the singular
        (``private_ip``, ``security_group_id``) and then means that the value is among them. A list (or a set) of values
        means any of them. ``tags={"key": "value"}`` means that the resource has these tags, perhaps besides others, and
        None any value of a key.

        Raises `InvalidQuery` (a ValueError) for a name that the resource does not have, and for a value that the
        attribute never has, such as a misspelt status.
        """
        conditions = {name: self._condition(name, value) for name, value in attributes.items()}
        with self._lock:
            resources = [self._show(region, state) for _, region, state in self._candidates(conditions)]
        return tuple([one for one in resources if all(condition.holds(one) for condition in conditions.values())])

    def _condition(self, name: str, value: Any) -> _Condition:
        known = _attributes(self._resource)
        singulars = {listed[:-1]: listed for listed, one in known.items() if one.lists}
        attribute = name if name in known else singulars.get(name)
        if attribute is None:
            raise InvalidQuery(f"{self._what()} have no attribute {name!r}{closest(name, [*known, *singulars])}")
        lists, members = known[attribute]
        among = attribute != name
        several = isinstance(value, list | set | frozenset) or (isinstance(value, tuple) and (among or not lists))
        values: Collection[Any] = tuple(value) if several else (value,)
        if attribute == TAGS:
            for one in values:
                _check_tags(one)
        if lists and not among and not all(isinstance(one, tuple) for one in values):
            raise InvalidQuery(f"{name} is compared as a whole: give a tuple, or {name[:-1]} for one of its values")
        if members is not None:
            for one in values:
                self._check_member(name, one, members)
        if len(values) > 1:
            with suppress(TypeError):  # tags are no keys of a set
                values = frozenset(values)  # so that a resource is looked up among however many values
        return _Condition(attribute, values, among)

    def _check_member(self, name: str, value: Any, members: tuple[Any, ...]) -> None:
        if value in members:
            return
        if value is None:
            raise InvalidQuery(f"{self._what()} always have a {name}")
        hint = closest(value, filter(None, members)) if isinstance(value, str) else ""
        raise InvalidQuery(f"{name} of {self._what()} is never {shown(value)}{hint}")

    def _candidates(self, conditions: dict[str, _Condition]) -> Iterable[tuple[int, Region, Any]]:
        world = self._world()
        for name, condition in conditions.items():
            finder = FINDERS.get((self._table, name))
            if finder is not None and condition.has_index:
                rows = [
                    (state.position, region, state)
                    for region in world.regions.values()
                    for found in dict.fromkeys([one for value in condition.values for one in finder(region, value)])
                    for state in (getattr(region, self._table).get_existing(found),)
                ]
                return sorted(rows, key=lambda row: row[0])
        return self._in_order(world)

    def _what(self) -> str:
        return self._table.replace("_", " ")

    def _in_order(self, world: World) -> Iterable[tuple[int, Region, Any]]:
        tables = [
            [(state.position, region, state) for state in getattr(region, self._table).live_values()]
            for region in world.regions.values()
        ]
        if any(region.imported for region in world.regions.values()):
            # An id that was imported again after its deletion has its old place in the table.
            tables = [sorted(table, key=lambda row: row[0]) for table in tables]
        return tables[0] if len(tables) == 1 else merge(*tables, key=lambda row: row[0])

    def _show(self, region: Region, state: Any) -> R_co:
        return cast("R_co", VIEWS[self._table](region, state))


def _check_tags(value: Any) -> None:
    if not isinstance(value, Mapping) or not all(
        isinstance(key, str) and (text is None or isinstance(text, str)) for key, text in value.items()
    ):
        raise InvalidQuery(f"tags are a mapping from keys to values, or to None for any value, not {shown(value)}")
