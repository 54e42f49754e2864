"""The folded state: a `World` of `Region`s, each with its tables, its indexes and its version.

A region is one stream and one consistency boundary. Each fact has one table; everything else here is an index that the
fold keeps beside it, so that no rule ever has to scan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Any, Final, NamedTuple, Self, TypeVar

from ecsnet.domain.lifecycle import Transitions
from ecsnet.domain.state.ids import Kind, resource_id
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
from ecsnet.editions import EDITIONS, GUIDE, Edition
from ecsnet.events.account import ClientTokenUsed
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.values import ACCOUNT_QUOTAS, NO_TAGS, UNKNOWN_QUOTA, InstanceType, TaggedType, Tags

TAGGED: Final = {
    TaggedType.Vpc: "vpcs",
    TaggedType.VSwitch: "vswitches",
    TaggedType.SecurityGroup: "security_groups",
    TaggedType.Instance: "instances",
    TaggedType.NetworkInterface: "network_interfaces",
    TaggedType.Eip: "eips",
}
"""The table of each type of resources that have tags."""
S = TypeVar("S", bound=State)
Ids = Table[str, bool]
TransitionalState = NetworkInterfaceState | InstanceState | EipState | VpcState | VSwitchState | SecurityGroupState
Evolve = Callable[["Region", Any, RecordedEvent], None]
Evolving = dict[type[Event], Evolve]
"""The functions that apply a subject's events to a region, by event class."""

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
    "revocations",
    "quotas",
    "allowances",
    "described_most",
    "client_tokens",
    "remembered",
    "addresses",
    "other_holders",
    "vswitches_of_vpc",
    "groups_of_vpc",
    "links_of_vpc",
    "unplaced_of_vpc",
    "interfaces_of_vswitch",
    "interfaces_of_name",
    "awaiting",
    "resources_of_tag",
    "members_of_group",
    "sources_of_group",
    "authorizers_of_group",
    "usage",
    "created",
    "drawn",
    "pending",
)


_NOTHING: Final[Mapping[str, Any]] = {}
_IDENTIFIED: Final = ("vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips")


def owned(table: Table[str, S], resource_id: str | None, account_id: str) -> S | None:
    """Returns the resource with this id if the account owns it; None if it does not exist or another account owns it.

    Every id in a command is looked up by this function, so that a command reveals nothing about other accounts.
    """
    state = None if resource_id is None else table[resource_id]
    return state if state is not None and state.account_id == account_id else None


class Allowance(NamedTuple):
    """The number of resources that an account may legitimately have; lowering a quota removes none.

    ``now`` is the quota, or the number in use when the quota was lowered below it; ``ever`` is the highest quota so
    far.
    """

    now: int
    ever: int


class TokenUse(NamedTuple):
    """The use of a client token: the event, and its position."""

    position: int
    event: ClientTokenUsed


class Region:
    """One region of the cloud. ``version`` is the version of the last event folded into it. ``imported`` is true if
    some resources were imported: generated ids may then exist already, and two resources may have one address.
    ``default_quotas`` are those of the history's edition."""

    __slots__ = ("default_quotas", "imported", "region_id", "version", *_TABLES)

    def __init__(self, region_id: str, default_quotas: Mapping[str, int]) -> None:
        self.region_id: str = region_id
        self.default_quotas: Mapping[str, int] = default_quotas
        self.version: int = 0
        self.imported: bool = False
        # state
        self.vpcs: Table[str, VpcState] = Table()
        self.vswitches: Table[str, VSwitchState] = Table()
        self.security_groups: Table[str, SecurityGroupState] = Table()
        self.instances: Table[str, InstanceState] = Table()
        self.network_interfaces: Table[str, NetworkInterfaceState] = Table()
        self.eips: Table[str, EipState] = Table()
        self.quotas: Table[tuple[str, str], int] = Table()  # (account, name) → value
        self.client_tokens: Table[tuple[str, str], TokenUse] = Table()  # (account, token)
        self.allowances: Table[tuple[str, str], Allowance] = Table()  # the same, for the invariants
        self.described_most: Table[tuple[str, str], int] = Table()  # (account, name) → most that was described
        self.remembered: Table[str, Table[str, Any]] = Table()  # resource → attributes that no rule reads, by name
        # indexes
        self.addresses: Table[str, Table[str, str]] = Table()  # VPC → private address → ENI, or what stands for one
        self.other_holders: Table[tuple[str, str], Ids] = Table()  # (VPC, private address) → further imported ENIs
        self.vswitches_of_vpc: Table[str, Ids] = Table()
        self.groups_of_vpc: Table[str, Ids] = Table()
        self.links_of_vpc: Table[str, Ids] = Table()  # classic instances that ClassicLink links to it
        self.unplaced_of_vpc: Table[str, Ids] = Table()  # instances in it whose VSwitch is not known
        self.interfaces_of_vswitch: Table[str, Ids] = Table()  # and instances that stand for an unseen one
        self.interfaces_of_name: Table[str, Ids] = Table()  # of those that have a name
        self.awaiting: Table[str, Ids] = Table()  # what is not there → what is described as in it or on it, or was
        self.resources_of_tag: Table[tuple[str, str, str], Ids] = Table()  # (table, key, value)
        self.members_of_group: Table[str, Ids] = Table()  # ENIs, and instances that have none
        self.sources_of_group: Table[str, Ids] = Table()  # groups that it authorizes
        self.authorizers_of_group: Table[str, Ids] = Table()  # other groups of its account whose rules name it
        self.usage: Table[tuple[str, Kind], int] = Table()  # (account, kind with a quota) → number in use
        self.created: Table[Kind, int] = Table()  # kind → number ever created, from which ids are derived
        self.drawn: Table[str, str] = Table()  # kind of address → the address that was allocated last
        self.public_ips: Table[str, str] = Table()  # public address → instance or EIP
        self.classic_ips: Table[str, str] = Table()  # classic private address → instance
        self.pending: PendingTable = PendingTable()  # position → resource, start and kind of its transition
        self.revocations: PendingTable = PendingTable()  # position → ENI, start of the revocation of some addresses
        self.scheduled: PendingTable = PendingTable()  # position → instance, start of its next cycle

    def fork(self) -> Self:
        """Returns an independent copy in constant time. After that this one must not be written to."""
        copy = type(self).__new__(type(self))
        copy.region_id = self.region_id
        copy.default_quotas = self.default_quotas
        copy.version = self.version
        copy.imported = self.imported
        for name in _TABLES:
            setattr(copy, name, getattr(self, name).fork())
        return copy

    def quota(self, account_id: str, name: str) -> int:
        """Returns an account's quota in the region as it was set, or the vendor's default; `UNKNOWN_QUOTA` if more than
        the default was described."""
        value = self.quotas[account_id, name] if self.quotas.size else None
        if value is not None:
            return value
        return self._unset_quota(account_id, name) if self.described_most.size else self.default_quotas[name]

    def _unset_quota(self, account_id: str, name: str) -> int:
        most = self.described_most[account_id, name] if self.described_most.size else None
        default = self.default_quotas[name]
        return UNKNOWN_QUOTA if most is not None and most > default else default

    def describe(self, account_id: str, name: str, count: int) -> None:
        """Notes that something was described that has a quota: the account's quota is at least as high."""
        if count > self.default_quotas[name] or name in ACCOUNT_QUOTAS:  # of other regions, too: these add up
            key = (account_id, name)
            self.described_most.set(key, max(count, self.described_most[key] or 0))

    def allowance(self, account_id: str, name: str) -> Allowance:
        """Returns the allowance of an account's quota."""
        allowed = self.allowances[account_id, name] if self.allowances.size else None
        if allowed is not None:
            return allowed
        unset = self._unset_quota(account_id, name)
        return Allowance(unset, unset)

    def used(self, account_id: str, kind: Kind) -> int:
        """Returns the number of an account's resources that count towards a quota."""
        return self.usage[account_id, kind] or 0

    def use(self, account_id: str, kind: Kind, change: int) -> None:
        """Counts a created (1) or removed (-1) resource towards a quota."""
        key = (account_id, kind)
        self.usage[key] = (self.usage[key] or 0) + change

    def await_described(self, state: NetworkInterfaceState | InstanceState | EipState) -> None:
        """Notes what a description names that is not there, or that has another EIP: once that is described, this
        resource is read again."""
        said = state.described
        if said is None:
            return
        groups = said.get("SecurityGroupIds")
        named = groups.get("SecurityGroupId", ()) if isinstance(groups, Mapping) else ()
        place = said.get("VpcAttributes")
        vswitch_id = place.get("VSwitchId") if isinstance(place, Mapping) else None
        for one in (said.get("InstanceId"), vswitch_id, *named):
            if isinstance(one, str) and one and (isinstance(state, EipState) or not self.has(one)):
                if self.awaiting[one] is None:
                    self.awaiting.set(one, Table())
                self.awaiting.mutable(one).set(state.id, True)

    def end_awaiting(self, resource_id: str) -> None:
        """Ends the wait for a resource, which is there."""
        if self.awaiting.size and self.awaiting[resource_id] is not None:
            self.awaiting.delete(resource_id)

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

    def retag(self, table: str, state: State, tags: Tags = NO_TAGS) -> None:
        """Gives a resource of one of the tables these tags instead of those that it has; none, before it is removed."""
        before, index = state.tags, self.resources_of_tag
        if before is tags:
            return
        for key, value in before.items() - tags.items():
            tagged = index.mutable((table, key, value))
            tagged.delete(state.id)
            if not tagged.size:
                index.delete((table, key, value))
        for key, value in tags.items() - before.items():
            if index[table, key, value] is None:
                index.set((table, key, value), Table())
            index.mutable((table, key, value)).set(state.id, True)
        state.tags = tags

    def has(self, resource_id: str) -> bool:
        """Returns whether a resource of any kind has the id."""
        return any(getattr(self, table)[resource_id] is not None for table in _IDENTIFIED)

    def remembered_of(self, resource_id: str) -> Mapping[str, Any]:
        """Returns the attributes of a resource that no rule reads, by name."""
        kept = self.remembered[resource_id] if self.remembered.size else None
        return _NOTHING if kept is None else kept.snapshot()

    def count_created(self, kind: Kind) -> None:
        """Counts a created resource."""
        self.created[kind] = (self.created[kind] or 0) + 1

    def primary_of(self, instance: InstanceState) -> NetworkInterfaceState | None:
        """Returns an instance's primary ENI, None for a classic one."""
        primary_id = instance.primary_network_interface_id
        return None if primary_id is None else self.network_interfaces.get_existing(primary_id)

    def groups_of(self, instance: InstanceState) -> tuple[str, ...]:
        """Returns the ids of the security groups that an instance is in."""
        primary = self.primary_of(instance) or instance.unseen_primary
        return instance.classic_group_ids if primary is None else primary.security_group_ids

    def private_ip_of(self, instance: InstanceState) -> str:
        """Returns the private address of an instance, empty if it is not known."""
        primary = self.primary_of(instance)
        if primary is not None:
            return primary.primary_ip
        return instance.classic_ip if instance.unseen_primary is None else instance.unseen_primary.private_ip

    def transition(self, state: TransitionalState, transitions: Transitions[Any], record: RecordedEvent) -> None:
        """Give a resource the status that an event leads to; begin or end what is pending of it.

        Raises `IllegalTransition` for an event that is not possible in the resource's status.
        """
        before = state.status
        after = transitions[before]
        if after is not before:
            state.status = after
            if state.pending is not None:
                self.end_transition(state)
            if transitions.begins and before in transitions.begins:
                self.begin_transition(state, transitions.kind, record.position, record.recorded_at)

    def begin_transition(self, state: TransitionalState, kind: str, position: int, since: datetime) -> None:
        """The resource is in a transitional state from now on, or begins again to be."""
        if state.pending is not None:
            self.pending.delete(state.pending)
        state.pending = position
        self.pending.set(position, Entry(state.id, since, kind))

    def end_transition(self, state: TransitionalState) -> None:
        """The resource is in a stable state from now on, or gone."""
        if state.pending is not None:
            self.pending.delete(state.pending)
            state.pending = None
            if not self.pending.size:
                self.pending = PendingTable()


EDITION: Final = "history/edition"
"""The stream of the event that says under which edition the history was made."""


def is_shared(stream: str) -> bool:
    """Returns whether a stream is not a region's; only shared streams have a slash in their name."""
    return "/" in stream


class SharedStream:
    """The folded state of a shared stream: its version, the client tokens, quotas and described instance types of an
    account, the address of a block that was allocated last, and the id of the history's edition. ``instance_types`` is
    replaced, never changed."""

    __slots__ = ("client_tokens", "drawn", "edition_id", "instance_types", "quota_changes", "quotas", "version")

    def __init__(self) -> None:
        self.version: int = 0
        self.client_tokens: Table[tuple[str, str], TokenUse] = Table()
        self.quotas: Table[tuple[str, str], int] = Table()  # (account, name) → value
        self.quota_changes: Table[tuple[str, str, int], int] = Table()  # (account, name, position) → value
        self.instance_types: Mapping[str, InstanceType] = {}
        self.drawn: str | None = None
        self.edition_id: str | None = None

    def fork(self) -> Self:
        """Returns an independent copy in constant time. After that this one must not be written to."""
        copy = type(self).__new__(type(self))
        copy.version = self.version
        copy.client_tokens = self.client_tokens.fork()
        copy.quotas = self.quotas.fork()
        copy.quota_changes = self.quota_changes.fork()
        copy.instance_types = self.instance_types
        copy.drawn = self.drawn
        copy.edition_id = self.edition_id
        return copy


class World:
    """All regions and all shared streams. ``position`` is the position of the last event folded in. ``judged_by`` is an
    edition that counts instead of the history's."""

    def __init__(self, judged_by: Edition | None = None) -> None:
        self.judged_by: Edition | None = judged_by
        self.position: int = 0
        self.regions: dict[str, Region] = {}
        self.shared: dict[str, SharedStream] = {}
        self._owned: set[str] = set()

    def fork(self) -> World:
        """Returns an independent copy in constant time. Either side forks a region when it first writes to it."""
        copy = World.__new__(World)
        copy.judged_by = self.judged_by
        copy.position = self.position
        copy.regions = dict(self.regions)
        copy.shared = dict(self.shared)
        copy._owned = set()
        self._owned = set()
        return copy

    def become(self, other: World) -> None:
        """Takes over the state of another world, which must not be used after that."""
        self.position, self.regions, self.shared = other.position, other.regions, other.shared
        self._owned = other._owned

    @property
    def edition(self) -> Edition:
        """The edition by which commands are judged: that of the history, which is the guide's if it names none."""
        if self.judged_by is not None:
            return self.judged_by
        chosen = self.shared.get(EDITION)
        return EDITIONS[GUIDE if chosen is None or chosen.edition_id is None else chosen.edition_id]

    def region(self, region_id: str) -> Region:
        """Returns a region for reading, an empty one if it has no events yet."""
        region = self.regions.get(region_id)
        return Region(region_id, self.edition.quotas) if region is None else region

    def writable(self, stream: str) -> Region | SharedStream:
        """Returns the region or shared stream of a stream, for the fold to change."""
        region = self.regions.get(stream)
        if stream in self._owned:
            return self.shared[stream] if region is None else region
        kept: Region | SharedStream
        if is_shared(stream):
            known = self.shared.get(stream)
            kept = self.shared[stream] = SharedStream() if known is None else known.fork()
        else:
            kept = self.regions[stream] = Region(stream, self.edition.quotas) if region is None else region.fork()
        self._owned.add(stream)
        return kept

    def version(self, stream: str) -> int:
        """Returns the version of a stream, 0 if it has no events yet."""
        of_stream = self.regions.get(stream) or self.shared.get(stream)
        return 0 if of_stream is None else of_stream.version

    def versions(self) -> dict[str, int]:
        """Returns the version of each stream that has events."""
        versions = {}
        for region_id, region in self.regions.items():
            versions[region_id] = region.version
        for stream, shared in self.shared.items():
            versions[stream] = shared.version
        return versions

    def region_of(self, table: str, resource_id: str) -> Region | None:
        """Returns the region with a resource in one of its tables, whichever account owns it; None if there is none."""
        for region in self.regions.values():
            if getattr(region, table)[resource_id] is not None:
                return region
        return None

    def has_imports(self) -> bool:
        """Returns whether anything was imported into a region."""
        for region in self.regions.values():  # noqa: SIM110  # every command asks, and a generator takes twice as long
            if region.imported:
                return True
        return False

    def next_number(self, region: Region, kind: Kind) -> int:
        """Returns the number of the next resource of a kind in a region: see `next_numbers`."""
        return self.next_numbers(region, kind, 1)[0] if self.has_imports() else (region.created[kind] or 0) + 1

    def next_numbers(self, region: Region, kind: Kind, amount: int) -> Sequence[int]:
        """Returns the numbers of the next resources of a kind in a region, without numbers whose id an imported
        resource of any kind and region has."""
        first, regions = (region.created[kind] or 0) + 1, self.regions.values()
        if not self.has_imports():
            return range(first, first + amount)
        ids = ((number, resource_id(region.region_id, kind, number)) for number in count(first))
        return tuple(islice((number for number, name in ids if not any(place.has(name) for place in regions)), amount))

    def region_where_owned(self, table: str, resource_id: str | None, account_id: str) -> Region | None:
        """Returns the region in which an account owns a resource, None if there is none."""
        for region in self.regions.values():
            if owned(getattr(region, table), resource_id, account_id) is not None:
                return region
        return None
