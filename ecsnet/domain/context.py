"""`RuleContext`: a command with everything that the rules may need to know to judge it.

First come the facts that any rule may use: the command, the time, the account, and the resources that the command
names, which `ecsnet.domain.lookups` finds. The small values after them hold the arithmetic of addresses, groups and
subscriptions: an operation's ``prepare`` function computes them once, for the rules and for the decider.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Self, TypeVar

import msgspec

from ecsnet.commands.base import Command
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.domain.state.private_pool import usable
from ecsnet.domain.state.records import (
    EipState,
    InstanceState,
    NetworkInterfaceState,
    SecurityGroupState,
    VpcState,
    VSwitchState,
)
from ecsnet.domain.state.world import Region, World
from ecsnet.values import InstanceType, NetworkInterfaceStatus, ipv4_to_int

T = TypeVar("T")


class AddressRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The private addresses that a command takes from a VSwitch, which is None if it was not found.

    ``named`` are the addresses asked for by name, of which ``named_available`` are free, ``to_allocate`` counts those
    that the system chooses. Afterwards the ENI holds ``resulting_count`` addresses, in ``interface_status``.
    """

    vswitch: VSwitchState | None
    named: tuple[str, ...] = ()
    named_available: int = 0
    to_allocate: int
    resulting_count: int = 1
    interface_status: NetworkInterfaceStatus | None = None


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

    ``region`` is the region in whose stream the command would be recorded. ``slow`` has the names of the operations
    that do not complete at once. ``not_found`` has the ids that the command names and that were not found, by the id of
    the rule that denies them, each with the region in which it is the caller's nevertheless. ``interfaces_to_attach``
    are the ENIs that the command attaches to an instance, those included that it creates for that, which
    ``new_interfaces`` has. ``addresses`` are the private addresses that it takes from an ENI. ``same_region`` tells
    whether the instance is in ``region``. ``changing_instance`` is the instance that gains or loses an ENI: the one
    that the command names, or the one that the ENI is attached to. ``names_own_instance`` is false for a detach that
    names another instance than that.

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

    vpc: VpcState | None = None
    vswitch: VSwitchState | None = None
    security_group: SecurityGroupState | None = None
    source_group: SecurityGroupState | None = None
    security_groups: tuple[SecurityGroupState, ...] | None = None
    instance: InstanceState | None = None
    instance_type: InstanceType | None = None
    network_interface: NetworkInterfaceState | None = None
    interfaces_to_attach: tuple[NetworkInterfaceState, ...] | None = None
    eip: EipState | None = None
    same_region: bool | None = None
    changing_instance: InstanceState | None = None
    names_own_instance: bool = True

    addresses: tuple[str, ...] | None = None
    address_requests: tuple[AddressRequest, ...] | None = None
    named_addresses: tuple[tuple[str, VSwitchState | None], ...] | None = None
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

    def free_among(self, vswitch: VSwitchState | None, addresses: tuple[str, ...]) -> int:
        """Returns how many of these private addresses a VSwitch could give; none, if the VSwitch was not found."""
        if not addresses or vswitch is None:
            return 0
        allocated = self.region.addresses.get_existing(vswitch.vpc_id)
        return len({ip for ip in addresses if usable(vswitch, ipv4_to_int(ip)) and allocated[ip] is None})

    def having(self, **fields: object) -> Self:
        """Returns a copy of the context in which these fields are known too."""
        copied = copy(self)
        for name, value in fields.items():
            setattr(copied, name, value)
        return copied


def known(value: T | None) -> T:
    """Returns a value that the rules have made sure of. Raises AssertionError if the registry lacks that rule."""
    assert value is not None
    return value
