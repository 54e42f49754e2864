"""The folded state: a `World` of `Region`s, each with its tables, its indexes and its version.

A region is one stream and one consistency boundary. Each fact has one table; everything else here is an index that the
fold keeps beside it, so that no rule ever has to scan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Any, Final, NamedTuple, Self, TypeVar

from ecsnet.domain.state.ids import Counted, Kind, resource_id
from ecsnet.domain.state.pending import PendingTable
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
from ecsnet.events.account import ClientTokenUsed
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.values import QUOTAS

S = TypeVar("S", bound=State)
Ids = Table[str, bool]
TransitionalState = NetworkInterfaceState | InstanceState | EipState
Evolve = Callable[["Region", Any, RecordedEvent], None]
Evolving = dict[type[Event], Evolve]
"""How each event of a subject changes a region."""

_TABLES = (
    "vpcs",
    "vswitches",
    "security_groups",
    "instances",
    "network_interfaces",
    "eips",
    "public_ips",
    "classic_ips",
    "scheduled",
    "quotas",
    "allowances",
    "client_tokens",
    "addresses",
    "other_holders",
    "vswitches_of_vpc",
    "groups_of_vpc",
    "interfaces_of_vswitch",
    "interfaces_of_name",
    "members_of_group",
    "sources_of_group",
    "usage",
    "created",
    "pending",
)


_IDENTIFIED: Final = ("vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips")


def owned(table: Table[str, S], resource_id: str | None, account_id: str) -> S | None:
    """Returns the resource with this id if the account owns it; None where there is none, or where it is another's.

    Every id that a command names is looked up by this, so that a command tells an account nothing about what others
    have.
    """
    state = None if resource_id is None else table[resource_id]
    return state if state is not None and state.account_id == account_id else None


class Allowance(NamedTuple):
    """What may be there of something that has a quota: a quota that is lowered takes nothing away.

    ``now`` is the quota, or what was in use when it was lowered below that; ``ever`` is the highest quota there was.
    """

    now: int
    ever: int


class TokenUse(NamedTuple):
    """The use of a client token: the event, and its position."""

    position: int
    event: ClientTokenUsed


class Region:
    """One region of the cloud. ``version`` is the version of the last event folded into it; ``imported`` says that some
    of it was described, not made here: then ids may be taken, and addresses held twice."""

    __slots__ = ("imported", "region_id", "version", *_TABLES)

    def __init__(self, region_id: str) -> None:
        self.region_id: str = region_id
        self.version: int = 0
        self.imported: bool = False
        # facts
        self.vpcs: Table[str, VpcState] = Table()
        self.vswitches: Table[str, VSwitchState] = Table()
        self.security_groups: Table[str, SecurityGroupState] = Table()
        self.instances: Table[str, InstanceState] = Table()
        self.network_interfaces: Table[str, NetworkInterfaceState] = Table()
        self.eips: Table[str, EipState] = Table()
        self.quotas: Table[tuple[str, str], int] = Table()  # (account, name) → value
        self.client_tokens: Table[tuple[str, str], TokenUse] = Table()  # (account, token)
        self.allowances: Table[tuple[str, str], Allowance] = Table()  # the same, for the invariants
        # indexes
        self.addresses: Table[str, Table[str, str]] = Table()  # VPC → private address → ENI
        self.other_holders: Table[tuple[str, str], Ids] = Table()  # (VPC, private address) → ENIs described with it too
        self.vswitches_of_vpc: Table[str, Ids] = Table()
        self.groups_of_vpc: Table[str, Ids] = Table()
        self.interfaces_of_vswitch: Table[str, Ids] = Table()
        self.interfaces_of_name: Table[str, Ids] = Table()  # of those that have a name
        self.members_of_group: Table[str, Ids] = Table()  # ENIs
        self.sources_of_group: Table[str, Ids] = Table()  # groups that it authorizes
        self.usage: Table[tuple[str, Kind], int] = Table()  # (account, what has a quota) → how many
        self.created: Table[Counted, int] = Table()  # how many there ever were: the numbers that ids are drawn from
        self.public_ips: Table[str, str] = Table()  # public address → instance or EIP
        self.classic_ips: Table[str, str] = Table()  # classic private address → instance
        self.pending: PendingTable = PendingTable()  # position → (resource, since)
        self.scheduled: PendingTable = PendingTable()  # position → (instance, when its next cycle begins)

    def fork(self) -> Self:
        """An independent copy, in constant time; this one must not be written to any more."""
        copy = type(self).__new__(type(self))
        copy.region_id = self.region_id
        copy.version = self.version
        copy.imported = self.imported
        for name in _TABLES:
            setattr(copy, name, getattr(self, name).fork())
        return copy

    def quota(self, account_id: str, name: str) -> int:
        """An account's quota: as it was set, or the vendor's default."""
        value = self.quotas[account_id, name] if self.quotas.size else None
        return QUOTAS[name] if value is None else value

    def allowance(self, account_id: str, name: str) -> Allowance:
        """What an account's quota has allowed so far."""
        allowed = self.allowances[account_id, name] if self.allowances.size else None
        return Allowance(QUOTAS[name], QUOTAS[name]) if allowed is None else allowed

    def used(self, account_id: str, kind: Kind) -> int:
        """How many resources that count towards a quota an account has here."""
        return self.usage[account_id, kind] or 0

    def use(self, account_id: str, kind: Kind, change: int) -> None:
        """Count resources that come (1) or go (-1)."""
        key = (account_id, kind)
        self.usage[key] = (self.usage[key] or 0) + change

    def next_number(self, kind: Counted) -> int:
        """The number of the next of a kind that is counted here."""
        return (self.created[kind] or 0) + 1

    def list_by_name(self, interface: NetworkInterfaceState) -> None:
        """Adds an ENI to the index of names, if it has one."""
        if interface.name is not None:
            if self.interfaces_of_name[interface.name] is None:
                self.interfaces_of_name.set(interface.name, Table())
            self.interfaces_of_name.mutable(interface.name).set(interface.id, True)

    def unlist_by_name(self, interface: NetworkInterfaceState) -> None:
        """Removes an ENI from the index of names, if it has one."""
        if interface.name is not None:
            same_name = self.interfaces_of_name.mutable(interface.name)
            same_name.delete(interface.id)
            if not same_name.size:
                self.interfaces_of_name.delete(interface.name)

    def has(self, resource_id: str) -> bool:
        """Whether a resource of any kind has the id."""
        return any(getattr(self, table)[resource_id] is not None for table in _IDENTIFIED)

    def count_created(self, kind: Counted) -> None:
        """Count a resource that was created."""
        self.created[kind] = (self.created[kind] or 0) + 1

    def primary_of(self, instance: InstanceState) -> NetworkInterfaceState | None:
        """An instance's primary ENI; a classic one has none."""
        primary_id = instance.primary_network_interface_id
        return None if primary_id is None else self.network_interfaces.get_existing(primary_id)

    def groups_of(self, instance: InstanceState) -> tuple[str, ...]:
        """The security groups that an instance is in."""
        primary = self.primary_of(instance)
        return instance.classic_group_ids if primary is None else primary.security_group_ids

    def begin_transition(self, state: TransitionalState, position: int, since: datetime) -> None:
        """The resource is in a transitional state from now on."""
        state.pending = position
        self.pending.set(position, (state.id, since))

    def end_transition(self, state: TransitionalState) -> None:
        """The resource has settled, or is gone."""
        if state.pending is not None:
            self.pending.delete(state.pending)
            state.pending = None
            if not self.pending.size:
                self.pending = PendingTable()


def is_shared(stream: str) -> bool:
    """Whether a stream is not a region's: ids of regions have no slash."""
    return "/" in stream


class SharedStream:
    """What is kept of a stream that is not a region's: its version, and the client tokens of an account."""

    __slots__ = ("client_tokens", "version")

    def __init__(self) -> None:
        self.version: int = 0
        self.client_tokens: Table[tuple[str, str], TokenUse] = Table()

    def fork(self) -> Self:
        """An independent copy, in constant time; this one must not be written to any more."""
        copy = type(self).__new__(type(self))
        copy.version = self.version
        copy.client_tokens = self.client_tokens.fork()
        return copy


class World:
    """All regions, and what they share by stream. ``position`` is that of the last event folded in."""

    def __init__(self) -> None:
        self.position: int = 0
        self.regions: dict[str, Region] = {}
        self.shared: dict[str, SharedStream] = {}
        self._owned: set[str] = set()

    def fork(self) -> World:
        """An independent world from here, in constant time: each side copies a region when it first writes to it."""
        copy = World()
        copy.position = self.position
        copy.regions = dict(self.regions)
        copy.shared = dict(self.shared)
        self._owned = set()
        return copy

    def become(self, other: World) -> None:
        """Take over another world, which must not be used any more."""
        self.position, self.regions, self.shared = other.position, other.regions, other.shared
        self._owned = other._owned

    def region(self, region_id: str) -> Region:
        """A region to read; an empty one where nothing has happened yet."""
        region = self.regions.get(region_id)
        return Region(region_id) if region is None else region

    def writable(self, stream: str) -> Region | SharedStream:
        """A region, or what is kept of a stream that is not a region's, for the fold to change."""
        region = self.regions.get(stream)
        if stream in self._owned:
            return self.shared[stream] if region is None else region
        kept: Region | SharedStream
        if is_shared(stream):
            known = self.shared.get(stream)
            kept = self.shared[stream] = SharedStream() if known is None else known.fork()
        else:
            kept = self.regions[stream] = Region(stream) if region is None else region.fork()
        self._owned.add(stream)
        return kept

    def version(self, stream: str) -> int:
        """The version of a stream, 0 where nothing has happened yet."""
        of_stream = self.regions.get(stream) or self.shared.get(stream)
        return 0 if of_stream is None else of_stream.version

    def region_of(self, table: str, resource_id: str) -> Region | None:
        """The region that has a resource in one of its tables, whoever owns it."""
        for region in self.regions.values():
            if getattr(region, table)[resource_id] is not None:
                return region
        return None

    def next_numbers(self, region: Region, kind: Kind, amount: int) -> Sequence[int]:
        """The numbers of the next resources of a kind in a region, passing over those whose id something has that was
        imported, whatever it is and wherever."""
        first, regions = region.next_number(kind), self.regions.values()
        for one in regions:
            if one.imported:
                break
        else:
            return range(first, first + amount)
        ids = ((number, resource_id(region.region_id, kind, number)) for number in count(first))
        return tuple(islice((number for number, name in ids if not any(place.has(name) for place in regions)), amount))

    def region_where_owned(self, table: str, resource_id: str | None, account_id: str) -> Region | None:
        """The region in which an account owns a resource."""
        for region in self.regions.values():
            if owned(getattr(region, table), resource_id, account_id) is not None:
                return region
        return None
