"""The folded state of each resource: mutable while folding, converted to public resources by
`ecsnet.domain.state.views`.

Attributes are named like those of the public resources, so a rule reads the same on both. Rules and deciders only read.
``position`` is the position of the event that created the resource; it orders resources over all regions.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Self

import msgspec

from ecsnet.values import (
    NO_TAGS,
    ChargeType,
    EipStatus,
    InnerAccessPolicy,
    InstanceStatus,
    InstanceType,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    SecurityGroupStatus,
    SecurityGroupType,
    Tags,
    VpcStatus,
    VSwitchStatus,
    addresses_of,
    cidr_bounds,
    int_to_ipv4,
)


class State(msgspec.Struct, eq=False, kw_only=True, array_like=True, gc=False):
    """The attributes that every resource has. ``tags`` is changed by `Region.retag` only, which keeps the index."""

    id: str
    account_id: str
    created_at: datetime
    position: int
    name: str | None = None
    description: str | None = None
    tags: Tags = NO_TAGS

    def fork(self) -> Self:
        """Returns an independent copy that may be changed."""
        return copy(self)

    def describe(self, name: str | None, description: str | None) -> None:
        """Changes the name and the description. None: unchanged."""
        if name is not None:
            self.name = name
        if description is not None:
            self.description = description


class VpcState(State, eq=False, kw_only=True):
    """A VPC. ``pending`` is its key among the pending transitions, as in the other resources. ``held`` is why no
    command changes it or creates anything in it; ``owner_id`` is the account that shares it, None for an own one.
    ``only_named`` is true of one that other descriptions name and no response describes. ``cidr_block`` is empty where
    it is not known."""

    cidr_block: str
    status: VpcStatus
    pending: int | None = None
    classic_link_enabled: bool = False
    held: str | None = None
    owner_id: str | None = None
    described: Mapping[str, Any] | None = None
    secondary_cidr_blocks: tuple[str, ...] = ()
    only_named: bool = False

    def __post_init__(self) -> None:
        self.check_blocks()

    def check_blocks(self) -> None:
        """Raises ValueError for what is no CIDR block: it must fail in the fold, and not in later reads."""
        for cidr_block in self.cidr_blocks:
            cidr_bounds(cidr_block)

    @property
    def cidr_blocks(self) -> tuple[str, ...]:
        """The known blocks in which its VSwitches lie, the primary one first."""
        return (self.cidr_block, *self.secondary_cidr_blocks) if self.cidr_block else self.secondary_cidr_blocks


Released = tuple[str | range, Any] | None
"""Released addresses as a linked list of pairs, which forks share: each of an address, or of a run of addresses in a
row, as numbers, and the rest."""


class VSwitchState(State, eq=False, kw_only=True):
    """``first`` and ``last`` bound the block. ``next_ip`` is the next address that was never allocated, None at the end
    of the block or if the system reserves the whole block; ``released`` are the released addresses, the last released
    one first. ``next_prefix`` is where the search for a free prefix begins, None for the end of the block.
    ``unseen_addresses`` counts those that something holds which no import described: nobody knows which.
    ``held``, ``owner_id`` and ``only_named`` are as those of a VPC. ``cidr_block`` and ``zone_id`` are empty where they
    are not known; a VSwitch without a known block has no free address."""

    vpc_id: str
    zone_id: str
    cidr_block: str
    status: VSwitchStatus
    pending: int | None = None
    first: int = 0
    last: int = 0
    available_ip_address_count: int = 0
    next_address: int = 0
    next_ip: str | None = None
    released: Released = None
    released_count: int = 0
    unseen_addresses: int = 0
    next_prefix: int | None = None
    held: str | None = None
    owner_id: str | None = None
    described: Mapping[str, Any] | None = None
    only_named: bool = False

    def __post_init__(self) -> None:
        self.begin_block()

    def begin_block(self) -> None:
        """All addresses of the block are free from now on, but those that the system reserves."""
        self.first, self.last = cidr_bounds(self.cidr_block) if self.cidr_block else (0, 0)
        self.available_ip_address_count = max(0, self.last - self.first - 3)
        self.next_address = self.first + 1
        self.next_ip = int_to_ipv4(self.next_address) if self.available_ip_address_count else None


class SecurityGroupState(State, eq=False, kw_only=True):
    """``authorized_by_others`` counts the groups of other accounts that authorize this one. ``referenced_group_ids``
    are named by imported rules of the group that are not modelled, and ``not_modelled`` says what these are."""

    vpc_id: str | None
    type: SecurityGroupType = SecurityGroupType.Normal
    inner_access_policy: InnerAccessPolicy = InnerAccessPolicy.Accept
    status: SecurityGroupStatus = SecurityGroupStatus.Available
    pending: int | None = None
    private_ip_count: int = 0
    authorized_by_others: int = 0
    referenced_group_ids: tuple[str, ...] = ()
    not_modelled: str | None = None


class NetworkInterfaceState(State, eq=False, kw_only=True):
    """An ENI. Its attachment is stored here only. ``ipv4_prefixes`` are blocks of sixteen addresses each, which it
    holds besides ``private_ips``; each counts as one address. ``ipv6_addresses`` are imported, and nothing goes by
    them. ``pending`` is its key among the pending transitions. ``revocations`` are the keys of its addresses that are
    being revoked in the region's table of that name, each with the addresses. ``eips`` is an index: the EIPs on it,
    each behind the private address that it is associated with. ``held`` is why no command changes it, and ``described``
    what its description says besides; nothing completes the status of an ENI that is held."""

    type: NetworkInterfaceType
    status: NetworkInterfaceStatus
    vpc_id: str
    vswitch_id: str
    zone_id: str
    mac_address: str
    private_ips: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    delete_on_release: bool = True
    instance_id: str | None = None
    held: str | None = None
    described: Mapping[str, Any] | None = None
    pending: int | None = None
    revocations: tuple[tuple[int, tuple[str, ...]], ...] = ()
    eips: tuple[tuple[str, str], ...] = ()
    ipv4_prefixes: tuple[str, ...] = ()
    ipv6_addresses: tuple[str, ...] = ()

    @property
    def address_count(self) -> int:
        """The number of its private addresses as quotas count them: a prefix is one."""
        return (len(self.private_ips) or 1) + len(self.ipv4_prefixes)

    @property
    def primary_ip(self) -> str:
        """The primary private address, empty where it is not known: every ENI has one."""
        return self.private_ips[0] if self.private_ips else ""

    @property
    def held_addresses(self) -> tuple[str, ...]:
        """Every address that nobody else may have: its private addresses, and those of its prefixes, each once."""
        if not self.ipv4_prefixes:
            return self.private_ips
        of_prefixes = [ip for prefix in self.ipv4_prefixes for ip in addresses_of(prefix)]
        return tuple(dict.fromkeys([*self.private_ips, *of_prefixes]))

    @property
    def eip_ids(self) -> tuple[str, ...]:
        """The EIPs on it, in the order in which they were associated."""
        return tuple([eip_id for _, eip_id in self.eips])

    def eip_at(self, private_ip: str) -> str | None:
        """Returns the EIP that is associated with one of its private addresses, None if there is none."""
        return next((eip_id for ip, eip_id in self.eips if ip == private_ip), None)


class UnseenPrimary(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A primary ENI that no response describes, as far as the description of its instance tells of it. ``vswitch_id``
    and ``private_ip`` are empty where they are not known."""

    vswitch_id: str
    private_ip: str
    security_group_ids: tuple[str, ...]


class InstanceState(State, eq=False, kw_only=True):
    """An instance. In a VPC its address, VSwitch and groups are its primary ENI's; a classic one has no ENI, so address
    and groups are stored here. ``attached`` and ``eip_id`` are indexes. ``attached`` has the ids of its ENIs in the
    order of attachment, each with the number of its interface inside the guest (the 1 of ``eth1``), and is changed by
    `attach`, `detach` and `renumber` only; ``vacant`` has the numbers of detached ENIs below the highest that is taken.
    ``unseen_primary`` is set while no response describes its primary ENI: the instance stands for that in its VSwitch
    and its groups, and has no other ENI. ``held`` is why no command changes it. ``next_bandwidth`` applies from the
    next cycle on, and ``scheduled`` is its key in the region's table of that name.
    """

    status: InstanceStatus
    instance_type: InstanceType
    vpc_id: str | None
    zone_id: str
    charge_type: ChargeType
    expires_at: datetime | None
    image_id: str | None
    attached: dict[str, int] = msgspec.field(default_factory=dict)
    vacant: list[int] = msgspec.field(default_factory=list)
    starts_when_created: bool = False
    was_started: bool = False
    private_ip_change_pending: bool = False
    internet_max_bandwidth_out: int = 0
    bandwidth_at_creation: int = 0
    public_ip: str | None = None
    public_ip_changes: int = 0
    next_bandwidth: int | None = None
    scheduled: int | None = None
    eip_id: str | None = None
    classic_ip: str = ""
    classic_group_ids: tuple[str, ...] = ()
    linked_vpc_id: str | None = None
    unseen_primary: UnseenPrimary | None = None
    deletion_protection: bool = False
    held: str | None = None
    described: Mapping[str, Any] | None = None
    pending: int | None = None

    @property
    def is_classic(self) -> bool:
        """True of an instance in the classic network. An imported one without a VPC and without an address there is in
        a network that is not known."""
        return self.vpc_id is None and self.classic_ip != ""

    def fork(self) -> Self:
        """Returns an independent copy that may be changed."""
        draft = copy(self)
        draft.attached = self.attached.copy()
        draft.vacant = self.vacant.copy()
        return draft

    def attach(self, interface_id: str) -> None:
        """Adds an ENI. The kernel names it by the lowest number that is free."""
        self.attached[interface_id] = self.vacant.pop(0) if self.vacant else len(self.attached)

    def detach(self, interface_id: str) -> None:
        """Removes an ENI. The others keep their numbers."""
        number, vacant = self.attached.pop(interface_id), self.vacant
        count = len(self.attached)
        if number < count + len(vacant):  # not the highest
            insort(vacant, number)
            return
        while vacant and vacant[-1] == count + len(vacant) - 1:
            vacant.pop()

    def renumber(self) -> None:
        """Numbers the ENIs in the order of attachment, as the kernel does when it starts."""
        self.network_interface_ids = tuple(self.attached)

    @property
    def interface_numbers(self) -> dict[str, int]:
        """The number of each ENI's interface inside the guest: the present ones while the guest runs, otherwise those
        of the next start."""
        if self.status in (InstanceStatus.Running, InstanceStatus.Stopping):
            return self.attached.copy()
        return {interface_id: number for number, interface_id in enumerate(self.attached)}

    @property
    def network_interface_ids(self) -> tuple[str, ...]:
        """The ENIs of the instance, the primary one first, then the others as they were attached."""
        return tuple(self.attached)

    @network_interface_ids.setter
    def network_interface_ids(self, ids: tuple[str, ...]) -> None:
        self.attached = {interface_id: number for number, interface_id in enumerate(ids)}
        self.vacant = []

    @property
    def primary_network_interface_id(self) -> str | None:
        """The ENI that was created with the instance; None for a classic one."""
        return next(iter(self.attached), None)

    @property
    def member_id(self) -> str:
        """The member of the instance's security groups: its primary ENI or, in the classic network, itself."""
        return next(iter(self.attached), self.id)


class EipState(State, eq=False, kw_only=True):
    """An EIP. What it is associated with is stored here only: an instance, or an ENI, then with its private address,
    which is None for the primary one. ``held`` is why no command changes it."""

    ip_address: str
    status: EipStatus
    instance_id: str | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None
    charge_type: ChargeType = ChargeType.PostPaid
    deletion_protection: bool = False
    held: str | None = None
    described: Mapping[str, Any] | None = None
    pending: int | None = None

    @property
    def user_id(self) -> str | None:
        """The id of the instance or the ENI that it is on, None if it is on neither."""
        return self.instance_id or self.network_interface_id
