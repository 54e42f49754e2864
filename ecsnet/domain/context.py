"""`RuleContext`: a command with everything that the rules may need to know to judge it.

First come the facts that any rule may use: the command, the time, the account, and the resources that the command
names, which `ecsnet.domain.lookups` finds. The small values after them hold the arithmetic of addresses, groups and
subscriptions: an operation's ``prepare`` function computes them once, for the rules and for the decider.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Final, Self, TypeVar

import msgspec

from ecsnet._attrs import field_names
from ecsnet.commands.base import Command
from ecsnet.commands.eip import AssociateEipAddress, UnassociateEipAddress
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.domain.state.private_pool import next_free_prefixes, usable
from ecsnet.domain.state.records import (
    EipState,
    InstanceState,
    NetworkInterfaceState,
    SecurityGroupState,
    State,
    VpcState,
    VSwitchState,
)
from ecsnet.domain.state.world import Region, World
from ecsnet.values import ADDRESSES_OF_PREFIX, InstanceType, NetworkInterfaceStatus, addresses_of, ipv4_to_int

T = TypeVar("T")
EipUser = InstanceState | NetworkInterfaceState
"""The two kinds of resources that an EIP is on."""


class AddressRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The private addresses that a command takes from a VSwitch, which is None if it was not found.

    ``named`` are the addresses asked for by name, of which ``named_available`` are free, ``to_allocate`` counts those
    that the system chooses, and ``in_prefixes`` those of the prefixes that it chooses. Afterwards the ENI holds
    ``resulting_count`` addresses, in ``interface_status``."""

    vswitch: VSwitchState | None
    named: tuple[str, ...] = ()
    named_available: int = 0
    to_allocate: int
    resulting_count: int = 1
    interface_status: NetworkInterfaceStatus | None = None
    in_prefixes: int = 0

    @property
    def taken(self) -> int:
        """The number of free addresses that the VSwitch gives."""
        return self.to_allocate + self.named_available + self.in_prefixes


class PrefixRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The IPv4 prefixes that a command takes from a VSwitch: ``named`` ones, of whose addresses some may be in use, or
    ``wanted`` ones that the system chooses, of which ``drawn`` are free."""

    vswitch: VSwitchState | None
    named: tuple[str, ...]
    wanted: int
    drawn: tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of prefixes that the ENI gains."""
        return len(self.named) + self.wanted


class RegionalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The number of addresses that a command takes from the region: public, and private ones of the classic network."""

    public: int = 0
    classic: int = 0


class GroupGrowth(msgspec.Struct, frozen=True):
    """A security group that gains private addresses, and how many."""

    group: SecurityGroupState
    added_addresses: int


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """The security groups of an ENI, or of a classic instance, as the command would leave them.

    ``groups`` are those that the command names and that were found, ``kept`` those that the ENI is in and stays in.
    ``count`` is how many it would be in, and ``vpc_id`` the VPC that they must belong to; these two are None where the
    command does not tell.
    """

    groups: tuple[SecurityGroupState, ...] = ()
    kept: tuple[SecurityGroupState, ...] = ()
    count: int | None = None
    vpc_id: str | None = None


class NewInterface(msgspec.Struct, frozen=True):
    """A secondary ENI that is created with an instance, with the VSwitch and the groups that it names or gets from the
    instance, as far as they were found."""

    described: NewNetworkInterface
    vswitch: VSwitchState | None
    group_ids: tuple[str, ...]
    groups: tuple[SecurityGroupState, ...]


class AttachTarget(msgspec.Struct, frozen=True, kw_only=True):
    """The target of an attachment: an instance, or one that the command creates.

    ``interface_count`` is how many ENIs it has, ``attaching`` how many more the command attaches. Zone and VPC are None
    where its VSwitch was not found, the type where that was not found.
    """

    zone_id: str | None
    vpc_id: str | None
    instance_type: InstanceType | None
    interface_count: int
    attaching: int


class SubscriptionPeriod(msgspec.Struct, frozen=True):
    """The time that a subscription is bought for: when it starts, and how many months it lasts."""

    starts_at: datetime
    months: int


class RuleContext(msgspec.Struct, eq=False, kw_only=True):
    """A command, who gives it and when, and what it concerns. A field is None if the command does not name it, or if
    it was not found.

    ``region`` is the region in whose stream the command would be recorded. ``imported_world`` is the ``world``, but
    None if nothing was imported into it: nothing is held then. ``slow`` has the names of the operations that do not
    complete at once. ``not_found`` has the ids that the command names and that were not found, by the
    id of the rule that denies them, each with the region in which it is the caller's nevertheless.
    ``authorizing`` are the groups of which the type must allow that one authorizes another.
    ``interfaces_to_attach`` are the ENIs that the command attaches to an instance, those included that it creates
    for that, which ``new_interfaces`` has. ``eip_user`` is the instance or the ENI that an EIP is associated with
    or unassociated from, ``private_ip`` its private address. ``resources`` are those whose tags it changes.
    ``addresses`` are the private addresses that it takes from an ENI. ``same_region`` tells whether the instance is
    in ``region``. ``changing_instance`` is the instance that gains or loses an ENI: the one that the command names,
    or the one that the ENI is attached to. ``names_own_instance`` is false for a detach that names another instance
    than that.

    ``address_requests`` has an entry for each VSwitch and ENI; ``named_addresses`` has the addresses that they name,
    each with its VSwitch, and is None if they name none. ``memberships`` has an entry for each ENI.
    ``secondaries_created`` is the number of secondary ENIs that the command creates. ``cidr_block`` is the block of a
    new VSwitch, or a secondary block that the command names, ``bandwidth`` the bandwidth that it asks for, in
    Mbit/s.

    In `Cloud.permitted` one resource is known, ``command`` is None, and the values are those of the parameters that are
    the easiest to fulfil.
    """

    command: Any
    command_type: type[Command[Any]]
    now: datetime
    account_id: str
    region: Region
    world: World
    slow: frozenset[str]
    instance_types: Mapping[str, InstanceType]
    client_token: str | None
    not_found: dict[str, dict[str, str | None]] | None = None
    imported_world: World | None = None

    vpc: VpcState | None = None
    vswitch: VSwitchState | None = None
    security_group: SecurityGroupState | None = None
    source_group: SecurityGroupState | None = None
    security_groups: tuple[SecurityGroupState, ...] | None = None
    authorizing: tuple[SecurityGroupState, ...] | None = None
    instance: InstanceState | None = None
    instance_type: InstanceType | None = None
    network_interface: NetworkInterfaceState | None = None
    interfaces_to_attach: tuple[NetworkInterfaceState, ...] | None = None
    eip: EipState | None = None
    resources: tuple[State, ...] | None = None
    same_region: bool | None = None
    changing_instance: InstanceState | None = None
    names_own_instance: bool = True

    eip_user: EipUser | None = None
    private_ip: str | None = None
    addresses: tuple[str, ...] | None = None
    address_requests: tuple[AddressRequest, ...] | None = None
    named_addresses: tuple[tuple[str, VSwitchState | None], ...] | None = None
    prefix_request: PrefixRequest | None = None
    regional_request: RegionalRequest | None = None
    group_growth: tuple[GroupGrowth, ...] | None = None
    memberships: tuple[Membership, ...] | None = None
    new_interfaces: tuple[NewInterface, ...] = ()
    secondaries_created: int | None = None
    target: AttachTarget | None = None
    subscription: SubscriptionPeriod | None = None
    cidr_block: str | None = None
    bandwidth: int | None = None

    @property
    def vswitches(self) -> tuple[VSwitchState, ...] | None:
        """The VSwitches that the command names, for the instance or for new ENIs; None if none of them was found."""
        if not self.new_interfaces:
            return None if self.vswitch is None else (self.vswitch,)
        named = (self.vswitch, *[new.vswitch for new in self.new_interfaces])
        return tuple({one.id: one for one in named if one is not None}.values()) or None

    @property
    def asynchronous(self) -> bool:
        """True if the operation of the command does not complete at once."""
        return self.command_type.__name__ in self.slow

    def takes_time(self, operation: type[Command[Any]]) -> bool:
        """Returns whether an operation does not complete at once."""
        return operation.__name__ in self.slow

    def request_addresses(self, *requests: AddressRequest) -> None:
        """Notes the private addresses that the command takes."""
        self.address_requests = requests
        for request in requests:
            if request.named:
                named = tuple([(ip, request.vswitch) for ip in request.named])
                self.named_addresses = named if self.named_addresses is None else self.named_addresses + named

    def request_prefixes(
        self, vswitch: VSwitchState | None, addresses: tuple[str, ...], prefixes: tuple[str, ...], count: int | None
    ) -> tuple[str, ...]:
        """Notes the IPv4 prefixes that the command takes, besides the addresses that it names. Returns all addresses
        that it names, those of the prefixes included."""
        named = (*addresses, *[ip for prefix in prefixes for ip in addresses_of(prefix)])
        wanted = count or 0
        drawn = () if vswitch is None or not wanted else next_free_prefixes(self.region, vswitch, wanted, named)
        self.prefix_request = PrefixRequest(vswitch=vswitch, named=prefixes, wanted=wanted, drawn=drawn)
        return named

    def all_prefixes(self) -> tuple[str, ...]:
        """Returns the prefixes that the command takes, in the order in which the ENI gets them. Raises ValueError if
        fewer are free than it asks for, as only a registry without the rule about that allows."""
        asked = self.prefix_request
        if asked is None:
            return ()
        if len(asked.drawn) < asked.wanted:
            raise ValueError(f"{known(asked.vswitch).id} has {len(asked.drawn)} free prefixes, not {asked.wanted}")
        return (*asked.named, *asked.drawn)

    def addresses_in_drawn_prefixes(self) -> int:
        """Returns how many addresses the prefixes have that the system chooses."""
        return 0 if self.prefix_request is None else ADDRESSES_OF_PREFIX * len(self.prefix_request.drawn)

    def addresses_asked_for(self, request: AddressRequest) -> tuple[str, ...]:
        """Returns the addresses that the system must not choose besides, as the command takes them otherwise."""
        asked = self.prefix_request
        if asked is None:
            return request.named
        return (*request.named, *[ip for prefix in asked.drawn for ip in addresses_of(prefix)])

    def free_among(self, vswitch: VSwitchState | None, addresses: tuple[str, ...]) -> int:
        """Returns how many of these private addresses a VSwitch could give; none, if the VSwitch was not found."""
        if not addresses or vswitch is None:
            return 0
        allocated = self.region.addresses.get_existing(vswitch.vpc_id)
        return len(
            {ip for ip in addresses if usable(vswitch.first, vswitch.last, ipv4_to_int(ip)) and allocated.lacks(ip)}
        )

    def having(self, **fields: object) -> Self:
        """Returns a copy of the context in which these fields are known too."""
        copied = copy(self)
        for name, value in fields.items():
            setattr(copied, name, value)
        return copied


NAMING_A_USER: Final = (AssociateEipAddress, UnassociateEipAddress)
"""The commands that name what an EIP is on: an instance, or an ENI."""


def names(command: type[Command[Any]], parameter: str) -> bool:
    """Returns whether a kind of command names what a parameter finds, under whichever name."""
    if command in NAMING_A_USER and parameter in ("instance_type", "network_interface_id"):
        return parameter == "network_interface_id"
    return parameter in field_names(command)


def known(value: T | None) -> T:
    """Returns a value that the rules have made sure of. Raises AssertionError if the registry lacks that rule."""
    assert value is not None
    return value
