"""`RuleContext`: a command with everything that the rules may need to know to judge it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ecsnet.domain.state.private_pool import usable
from ecsnet.domain.state.records import (
    EipState,
    InstanceState,
    NetworkInterfaceState,
    SecurityGroupState,
    State,
    VpcState,
    VSwitchState,
)
from ecsnet.domain.state.world import Region, World, owned
from ecsnet.values import InstanceType, NetworkInterfaceStatus, ipv4_to_int

S = TypeVar("S", bound=State)


class AttachTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What ENIs would be attached to: an instance, or one that is about to be created."""

    zone_id: str
    vpc_id: str
    instance_type: InstanceType
    interface_count: int


class RuleContext(msgspec.Struct, eq=False, kw_only=True):
    """Who asks for what, when, and what it concerns. None: not named by the command, or not found.

    ``region`` is the region whose stream the command would be recorded in, ``missing`` what was named and not found, by
    the rule that says so. ``addresses`` are the private addresses asked for by name, of which
    ``had_by_name`` are free; ``drawn`` how many are to be drawn besides; the ENI would then hold ``address_count`` and
    is, or would be born, in ``interface_status``. ``growing_groups`` would each get ``growth`` more private addresses.
    ``here`` tells whether the instance is in ``region``. ``paid_from`` is when the months that are bought begin, and
    ``months`` how many they are.
    """

    world: World
    region: Region
    command: Any
    account_id: str
    now: datetime
    asynchronous: bool = False
    instance_types: Mapping[str, InstanceType]
    client_token: str | None = None
    missing: dict[str, list[str]] | None = None
    vpc: VpcState | None = None
    vswitch: VSwitchState | None = None
    security_group: SecurityGroupState | None = None
    source_group: SecurityGroupState | None = None
    security_groups: tuple[SecurityGroupState, ...] | None = None
    group_ids: tuple[str, ...] | None = None
    group_vpc_id: str | None = None
    groups_gaining_addresses: tuple[SecurityGroupState, ...] | None = None
    added_addresses: int | None = None
    instance: InstanceState | None = None
    instance_type: InstanceType | None = None
    target: AttachTarget | None = None
    network_interface: NetworkInterfaceState | None = None
    eip: EipState | None = None
    here: bool | None = None
    paid_from: datetime | None = None
    months: int | None = None
    candidates: tuple[NetworkInterfaceState, ...] | None = None
    addresses: tuple[str, ...] | None = None
    named_available: int = 0
    drawn: int | None = None
    address_count: int | None = None
    interface_status: NetworkInterfaceStatus | None = None

    def find_vpc(self, vpc_id: str) -> VpcState | None:
        return self._found(owned(self.region.vpcs, vpc_id, self.account_id), "vpc.not-found", vpc_id)

    def find_vswitch(self, vswitch_id: str) -> VSwitchState | None:
        return self._found(owned(self.region.vswitches, vswitch_id, self.account_id), "vswitch.not-found", vswitch_id)

    def find_security_group(self, group_id: str, account_id: str | None = None) -> SecurityGroupState | None:
        """Returns a group of the caller's, or of the account that the command names as its owner."""
        group = owned(self.region.security_groups, group_id, account_id or self.account_id)
        return self._found(group, "security-group.not-found", group_id)

    def find_security_groups(self, group_ids: tuple[str, ...]) -> tuple[SecurityGroupState, ...]:
        found = [self.find_security_group(group_id) for group_id in group_ids]
        return tuple([group for group in found if group is not None])

    def find_instance(self, instance_id: str) -> InstanceState | None:
        instance = owned(self.region.instances, instance_id, self.account_id)
        if instance is None and (region := self._elsewhere("instances", instance_id)) is not None:
            instance = region.instances[instance_id]
        return self._found(instance, "instance.not-found", instance_id)

    def find_network_interface(self, interface_id: str) -> NetworkInterfaceState | None:
        interface = owned(self.region.network_interfaces, interface_id, self.account_id)
        if interface is None and (region := self._elsewhere("network_interfaces", interface_id)) is not None:
            interface = region.network_interfaces[interface_id]
        return self._found(interface, "interface.not-found", interface_id)

    def find_eip(self, allocation_id: str) -> EipState | None:
        return self._found(owned(self.region.eips, allocation_id, self.account_id), "eip.not-found", allocation_id)

    def is_here(self, instance: InstanceState) -> bool:
        """Whether the instance is in the region whose stream the command would be recorded in."""
        return owned(self.region.instances, instance.id, self.account_id) is not None

    def _elsewhere(self, table: str, resource_id: str) -> Region | None:
        """The other region that has it. ENIs and instances are looked for everywhere: that they are too far apart is a
        rule, not a missing resource."""
        return self.world.region_where_owned(table, resource_id, self.account_id)

    def _found(self, found: S | None, rule_id: str, resource_id: str) -> S | None:
        if found is None:
            self.add_not_found(rule_id, resource_id)
        return found

    def add_not_found(self, rule_id: str, resource_id: str) -> None:
        """Note that something named by the command is not there."""
        if self.missing is None:
            self.missing = {}
        self.missing.setdefault(rule_id, []).append(resource_id)

    def find_addresses(self, addresses: Iterable[str]) -> None:
        """Note the addresses that a command asks for by name, and how many of them it could have."""
        self.addresses = tuple(addresses)
        vswitch = self.vswitch
        if vswitch is not None:
            allocated = self.region.addresses.get_existing(vswitch.vpc_id)
            self.named_available = len(
                {ip for ip in self.addresses if usable(vswitch, ipv4_to_int(ip)) and allocated[ip] is None}
            )
