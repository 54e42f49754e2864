"""A world as bytes and back: the same state, without the events that led to it.

Each resource is written once; what indexes say of ENIs are the numbers of their rows. So all mentions of one id share
one text again, as far as that is possible. JSON is used, as in the events, so that each value is read back as it would
be read from an event.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from copy import copy
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from ecsnet.domain.state import private_pool
from ecsnet.domain.state.ids import Kind
from ecsnet.domain.state.pending import Entry, PendingTable
from ecsnet.domain.state.records import (
    EipState,
    InstanceState,
    NetworkInterfaceState,
    SecurityGroupState,
    State,
    VpcState,
    VSwitchState,
)
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Allowance, Ids, Region, SharedStream, TokenUse, World
from ecsnet.values import NO_TAGS, InstanceType, Tags

Member = int | str
"""An id: that of an ENI is the number of its row."""


def _stored(state: type[State], **replaced: Any) -> type[Any]:
    """Returns a class for rows whose fields are those of a state, some of them with other types."""
    fields = [(field.name, replaced.get(field.name, field.type)) for field in msgspec.structs.fields(state)]
    return msgspec.defstruct(f"_Stored{state.__name__}", fields, array_like=True)


_VSwitch: Final = _stored(VSwitchState, released=list[tuple[int, int]])
"""A released run of addresses is stored as its first one and its length, negative if it descends."""
_Instance: Final = _stored(InstanceState, instance_type=int)
"""An instance type is stored as the number of its row."""
_COMPUTED: Final = ("first", "last", "available_ip_address_count", "next_address", "next_ip")
"""The fields that a new `VSwitchState` computes from its block."""
_RESOURCES: Final = ("vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips")
_PLAIN: Final = ("public_ips", "classic_ips", "quotas", "described_most", "allowances", "client_tokens")
_WITHOUT_SIZE: Final = ("usage", "created", "drawn")
"""Tables whose keys are never counted."""
_INDEXES: Final = (
    "vswitches_of_vpc",
    "groups_of_vpc",
    "links_of_vpc",
    "unplaced_of_vpc",
    "interfaces_of_vswitch",
    "interfaces_of_name",
    "members_of_group",
    "sources_of_group",
    "authorizers_of_group",
    "awaiting",
    "other_holders",
    "resources_of_tag",
)
_PENDING: Final = ("pending", "revocations", "scheduled")
_OF_STREAM: Final = ("client_tokens", "quotas", "quota_changes")
_SHARED_TEXTS: Final = ("account_id", "vpc_id", "vswitch_id", "zone_id", "instance_id")
Pair = tuple[str, str]


class _Region(msgspec.Struct, array_like=True, kw_only=True):
    region_id: str
    version: int
    imported: bool
    vpcs: list[VpcState]
    vswitches: list[_VSwitch]  # type: ignore[valid-type]
    security_groups: list[SecurityGroupState]
    instances: list[_Instance]  # type: ignore[valid-type]
    network_interfaces: list[NetworkInterfaceState]
    eips: list[EipState]
    public_ips: list[tuple[str, str]]
    classic_ips: list[tuple[str, str]]
    remembered: list[tuple[str, dict[str, Any]]]
    quotas: list[tuple[Pair, int]]
    described_most: list[tuple[Pair, int]]
    allowances: list[tuple[Pair, Allowance]]
    client_tokens: list[tuple[Pair, TokenUse]]
    usage: list[tuple[tuple[str, Kind], int]]
    created: list[tuple[Kind, int]]
    drawn: list[tuple[str, str]]
    addresses: list[tuple[str, list[str], list[Member]]]
    vswitches_of_vpc: list[tuple[str, list[Member]]]
    groups_of_vpc: list[tuple[str, list[Member]]]
    links_of_vpc: list[tuple[str, list[Member]]]
    unplaced_of_vpc: list[tuple[str, list[Member]]]
    interfaces_of_vswitch: list[tuple[str, list[Member]]]
    interfaces_of_name: list[tuple[str, list[Member]]]
    members_of_group: list[tuple[str, list[Member]]]
    sources_of_group: list[tuple[str, list[Member]]]
    authorizers_of_group: list[tuple[str, list[Member]]]
    awaiting: list[tuple[str, list[Member]]]
    other_holders: list[tuple[Pair, list[Member]]]
    resources_of_tag: list[tuple[tuple[str, str, str], list[Member]]]
    pending: list[tuple[int, Entry]]
    revocations: list[tuple[int, Entry]]
    scheduled: list[tuple[int, Entry]]


class _Stream(msgspec.Struct, array_like=True, kw_only=True):
    stream: str
    version: int
    client_tokens: list[tuple[Pair, TokenUse]]
    quotas: list[tuple[Pair, int]]
    quota_changes: list[tuple[tuple[str, str, int], int]]
    instance_types: list[tuple[str, int]]
    drawn: str | None
    edition_id: str | None


class _World(msgspec.Struct, array_like=True, kw_only=True):
    position: int
    instance_types: list[InstanceType]
    shared: list[_Stream]
    regions: list[_Region]


class Encoded(NamedTuple):
    """An encoded world, and how many bytes it had before they were compressed."""

    content: bytes
    size: int


UNREADABLE: Final = (msgspec.MsgspecError, zlib.error, LookupError, ValueError, TypeError)
"""The errors of `decoded` for what no `encoded` returned."""


def layout() -> str:
    """Returns a digest of the names and types of all that is stored: a snapshot with another layout is not read."""
    kinds = (State, VpcState, VSwitchState, SecurityGroupState, InstanceState, NetworkInterfaceState, EipState)
    rows = (_Region, _Stream, _World)
    said = [[(field.name, str(field.type)) for field in msgspec.structs.fields(kind)] for kind in (*kinds, *rows)]
    return blake2b(repr(said).encode(), digest_size=8).hexdigest()


def encoded(world: World) -> Encoded:
    """Returns a world as bytes. Raises ValueError or TypeError for a value that has no form in JSON."""
    types = _Types()
    stored = _World(
        position=world.position,
        shared=[_stored_stream(stream, kept, types) for stream, kept in world.shared.items()],
        regions=[_stored_region(region, types) for region in world.regions.values()],
        instance_types=types.rows,
    )
    text = _encode(stored)
    return Encoded(zlib.compress(text, 1), len(text))


def decoded(content: bytes) -> World:
    """Returns the world that was encoded. Raises one of `UNREADABLE` for anything else."""
    stored = _decode(zlib.decompress(content))
    world = World()
    world.position = stored.position
    for stream in stored.shared:
        world.shared[stream.stream] = _restored_stream(stream, stored.instance_types)
    for region in stored.regions:
        world.regions[region.region_id] = _restored_region(region, stored.instance_types, world.edition.quotas)
    return world


class _Types:
    """Instance types, each once, and the number of each."""

    def __init__(self) -> None:
        self.rows: list[InstanceType] = []
        self._numbers: dict[InstanceType, int] = {}
        self._known: dict[int, int] = {}  # by identity, which is found faster

    def number(self, one: InstanceType) -> int:
        number = self._known.get(id(one))
        if number is None:
            number = self._numbers.setdefault(one, len(self.rows))
            if number == len(self.rows):
                self.rows.append(one)
            self._known[id(one)] = number
        return number


def _stored_region(region: Region, types: _Types) -> _Region:
    interfaces = list(region.network_interfaces.snapshot().values())
    numbers: dict[str, Member] = {interface.id: number for number, interface in enumerate(interfaces)}
    number = numbers.get
    rows: dict[str, Any] = {
        name: list(getattr(region, name).snapshot().items()) for name in (*_PLAIN, *_WITHOUT_SIZE, *_PENDING)
    }
    for name in _INDEXES:
        index: Mapping[Any, Ids] = getattr(region, name).snapshot()
        rows[name] = [(key, [number(one, one) for one in ids.live_keys()]) for key, ids in index.items()]
    rows["addresses"] = [
        (vpc_id, list(allocated), [number(one, one) for one in allocated.values()])
        for vpc_id, table in region.addresses.snapshot().items()
        for allocated in (table.snapshot(),)
    ]
    rows["remembered"] = [(one, dict(kept.snapshot())) for one, kept in region.remembered.snapshot().items()]
    return _Region(
        region_id=region.region_id,
        version=region.version,
        imported=region.imported,
        vpcs=list(region.vpcs.snapshot().values()),
        vswitches=list(map(_stored_vswitch, region.vswitches.snapshot().values())),
        security_groups=list(region.security_groups.snapshot().values()),
        instances=[_stored_instance(one, types) for one in region.instances.snapshot().values()],
        network_interfaces=interfaces,
        eips=list(region.eips.snapshot().values()),
        **rows,
    )


def _stored_vswitch(vswitch: VSwitchState) -> VSwitchState:
    row: Any = copy(vswitch)
    values = [getattr(vswitch, name) for name in _COMPUTED]
    row.released = [(run[0], len(run) * (run.step if len(run) > 1 else 1)) for run in private_pool.pack(vswitch)]
    for name, value in zip(_COMPUTED, values, strict=True):
        setattr(row, name, value)
    stored: VSwitchState = row
    return stored


def _stored_instance(instance: InstanceState, types: _Types) -> InstanceState:
    row: Any = copy(instance)
    row.instance_type = types.number(instance.instance_type)
    stored: InstanceState = row
    return stored


def _stored_stream(stream: str, kept: SharedStream, types: _Types) -> _Stream:
    return _Stream(
        stream=stream,
        version=kept.version,
        instance_types=[(name, types.number(one)) for name, one in kept.instance_types.items()],
        drawn=kept.drawn,
        edition_id=kept.edition_id,
        **{name: list(getattr(kept, name).snapshot().items()) for name in _OF_STREAM},
    )


def _restored_stream(stored: _Stream, types: list[InstanceType]) -> SharedStream:
    kept = SharedStream()
    kept.version, kept.drawn, kept.edition_id = stored.version, stored.drawn, stored.edition_id
    kept.instance_types = {name: types[number] for name, number in stored.instance_types}
    for name in _OF_STREAM:
        _fill(getattr(kept, name), getattr(stored, name))
    return kept


def _restored_region(stored: _Region, types: list[InstanceType], quotas: Mapping[str, int]) -> Region:
    region = Region(stored.region_id, quotas)
    region.version, region.imported = stored.version, stored.imported
    ids = [interface.id for interface in stored.network_interfaces]
    known = {one: one for one in ids}
    _share_texts(stored.network_interfaces, known)
    rows: dict[str, Iterable[State]] = {name: getattr(stored, name) for name in _RESOURCES}
    rows["vswitches"] = map(_restored_vswitch, stored.vswitches)
    rows["instances"] = [_restored_instance(one, types, known) for one in stored.instances]
    for name in _RESOURCES:
        _fill(getattr(region, name), ((state.id, state) for state in rows[name]))
    for name in (*_PLAIN, *_WITHOUT_SIZE):
        _fill(getattr(region, name), getattr(stored, name))
    for name in _WITHOUT_SIZE:
        getattr(region, name).size = 0
    for name in _INDEXES:
        index = getattr(region, name)
        for key, members in getattr(stored, name):
            index.set(key, _fill(Table(), ((_id(one, ids, known), True) for one in members)))
    for resource_id, kept in stored.remembered:
        region.remembered.add(resource_id, _fill(Table(), kept.items()))
    for vpc_id, addresses, holders in stored.addresses:
        held_by = [_id(one, ids, known) for one in holders]
        region.addresses.set(vpc_id, _fill(Table(), zip(addresses, held_by, strict=True)))
    for name in _PENDING:
        pending: PendingTable = getattr(region, name)
        for position, entry in getattr(stored, name):
            pending.set(position, entry)
    return region


def _fill(table: Table[Any, Any], items: Iterable[tuple[Any, Any]]) -> Table[Any, Any]:
    table.update(items)
    table.size = len(table)
    return table


def _id(member: Member, ids: list[str], known: dict[str, str]) -> str:
    return ids[member] if isinstance(member, int) else known.setdefault(member, member)


def _share_texts(interfaces: list[NetworkInterfaceState], known: dict[str, str]) -> None:
    """Makes equal ids in ENIs one text, so that a network of many ENIs takes less memory."""
    same = known.setdefault
    for interface in interfaces:
        for name in _SHARED_TEXTS:
            text = getattr(interface, name)
            if text is not None:
                setattr(interface, name, same(text, text))
        interface.security_group_ids = tuple([same(one, one) for one in interface.security_group_ids])


def _restored_vswitch(row: Any) -> VSwitchState:
    fields = msgspec.structs.asdict(row)
    runs = [
        range(first, first + length) if length > 0 else range(first, first + length, -1)
        for first, length in fields["released"]
    ]
    fields["released"] = private_pool.chained(runs)
    vswitch = VSwitchState(**fields)
    for name in _COMPUTED:
        setattr(vswitch, name, fields[name])
    return vswitch


def _restored_instance(row: Any, types: list[InstanceType], known: dict[str, str]) -> InstanceState:
    fields = msgspec.structs.asdict(row)
    fields["instance_type"] = types[fields["instance_type"]]
    fields["attached"] = {known.setdefault(one, one): number for one, number in fields["attached"].items()}
    return InstanceState(**fields)


def _as_tags(wanted: type, value: Any) -> Any:
    """Returns the tags of a resource from their stored form."""
    if wanted is not Tags:
        raise NotImplementedError(f"{wanted} is not stored")
    return Tags(value) if value else NO_TAGS


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_World, dec_hook=_as_tags).decode
