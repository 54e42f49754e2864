"""The naive network: everything there is, in dicts by id, and every question answered by a scan."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from string import ascii_lowercase
from types import SimpleNamespace
from typing import Any, Final

from ecsnet import Command
from ecsnet.values import InstanceType
from tests.oracles.operations import COMPLETIONS, JUDGES

DEFAULT_QUOTAS: Final = {
    "interfaces-per-region": 100,
    "addresses-per-interface": 20,
    "addresses-per-available-interface": 10,
    "addresses-per-security-group": 2000,
    "security-groups-per-interface": 5,
    "eips-per-account": 20,
}
MAC: Final = re.compile("00:16:3e(:[0-9a-f]{2}){3}")
AT_ONCE: Final = timedelta(0)


class WrongChoice(Exception):
    """The system chose an id, a MAC or an address that it must not choose."""


class Network:
    """Resources by id; what is gone is no longer there.

    ``settle_after`` is how long a transition takes, None while every one waits to be settled by hand. ``waiting`` has,
    for each, when it falls due, what it does, the resource that it belongs to, and the addresses that are revoked.
    """

    def __init__(
        self, *, types: Iterable[InstanceType], now: datetime, region_id: str, settle_after: timedelta | None
    ) -> None:
        self.types = {one.id: one for one in types}
        self.now = now
        self.region_id = region_id
        self.settle_after = settle_after
        self.quotas: dict[tuple[str, str | None, str], int] = {}
        self.vpcs: dict[str, Any] = {}
        self.vswitches: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}
        self.instances: dict[str, Any] = {}
        self.interfaces: dict[str, Any] = {}
        self.eips: dict[str, Any] = {}
        self.waiting: list[tuple[datetime | None, str, str, Sequence[str]]] = []
        self.ids_ever: set[str] = set()
        self.macs_ever: set[str] = set()
        self.attachments = 0

    # Finding

    def instance(self, instance_id: str | None, who: str) -> Any:
        return _of(self.instances, instance_id, who)

    def interface(self, interface_id: str | None, who: str) -> Any:
        return _of(self.interfaces, interface_id, who)

    def eip(self, allocation_id: str | None, who: str) -> Any:
        return _of(self.eips, allocation_id, who)

    def vswitch(self, vswitch_id: str | None, who: str, region_id: str | None = None) -> Any:
        return _of(self.vswitches, vswitch_id, who, region_id)

    def groups_named(self, group_ids: Iterable[str], who: str, region_id: str) -> list[Any]:
        """Returns the groups that are found, None for each that is not."""
        return [_of(self.groups, group_id, who, region_id) for group_id in group_ids]

    def quota(self, name: str, who: str, region_id: str | None) -> int:
        return self.quotas.get((who, region_id, name), DEFAULT_QUOTAS[name])

    def zones(self, region_id: str) -> list[str]:
        return [f"{region_id}-{letter}" for letter in ascii_lowercase]

    def primary(self, instance: Any) -> Any:
        """Returns the primary ENI of an instance, None of a classic one."""
        return next((one for one in self.interfaces_of(instance) if one.type == "Primary"), None)

    def interfaces_of(self, instance: Any) -> list[Any]:
        """Returns the ENIs on an instance, those that come and go too: the primary first, then as they came."""
        mine = [one for one in self.interfaces.values() if one.instance_id == instance.id]
        return sorted(mine, key=lambda one: (one.type != "Primary", one.attachment))

    def groups_of(self, instance: Any) -> list[str]:
        primary = self.primary(instance)
        return instance.classic_groups if primary is None else primary.security_group_ids

    def eip_of(self, instance: Any) -> Any:
        return next((one for one in self.eips.values() if one.instance_id == instance.id), None)

    def type_of(self, instance: Any) -> InstanceType:
        return self.types[instance.instance_type]

    # Addresses

    def taken(self, vpc_id: str) -> set[str]:
        return {ip for one in self.interfaces.values() if one.vpc_id == vpc_id for ip in one.private_ips}

    def usable(self, vswitch: Any) -> list[str]:
        """Returns the addresses of a VSwitch but the system's own: the first and the last three."""
        return [str(ip) for ip in IPv4Network(vswitch.cidr_block)][1:-3]

    def free(self, vswitch: Any) -> list[str]:
        taken = self.taken(vswitch.vpc_id)
        return [ip for ip in self.usable(vswitch) if ip not in taken]

    def members(self, group_id: str) -> int:
        """Returns how many private addresses are in a group, of ENIs or of classic instances."""
        classic = sum(group_id in one.classic_groups for one in self.instances.values())
        in_it = [one for one in self.interfaces.values() if group_id in one.security_group_ids]
        return classic + sum(len(one.private_ips) for one in in_it)

    def public_addresses(self) -> list[str]:
        mine = [one.public_ip for one in self.instances.values() if one.public_ip is not None]
        return mine + [one.ip_address for one in self.eips.values()]

    # Choices of the system

    def new_id(self, one_id: str) -> str:
        _must(one_id not in self.ids_ever, f"the id {one_id} was given before")
        self.ids_ever.add(one_id)
        return one_id

    def new_mac(self, mac: str) -> str:
        _must(MAC.fullmatch(mac) is not None, f"{mac} is no MAC of the vendor's")
        _must(mac not in self.macs_ever, f"the MAC {mac} was given before")
        self.macs_ever.add(mac)
        return mac

    def drawn(self, vswitch: Any, ip: str) -> str:
        _must(ip in self.free(vswitch), f"{ip} is not free in {vswitch.id}")
        return ip

    def public_drawn(self, ip: str | None) -> str:
        _must(ip is not None, "no public address was given")
        _must(ip not in self.public_addresses(), f"the public address {ip} is in use")
        return str(IPv4Address(ip))

    def classic_drawn(self, ip: str) -> str:
        classic = [one.classic_ip for one in self.instances.values()]
        _must(ip not in classic, f"the classic address {ip} is in use")
        return str(IPv4Address(ip))

    # Time

    def begin(self, what: str, resource: Any, addresses: Sequence[str] = ()) -> None:
        """Completes a transition, or the revocation of addresses, at once, or has it wait."""
        if self.settle_after == AT_ONCE:
            COMPLETIONS[what](self, resource.id, addresses)
            return
        due = None if self.settle_after is None else self.now + self.settle_after
        self.waiting.append((due, what, resource.id, addresses))

    def pass_time(self, until: datetime) -> None:
        """Completes what falls due until then, in the order of the due times."""
        while due := [one for one in self.waiting if one[0] is not None and one[0] <= until]:
            first = min(due, key=lambda one: one[0])
            self.waiting.remove(first)
            self.now = max(self.now, first[0])
            COMPLETIONS[first[1]](self, *first[2:])
        self.now = until

    def settle(self, resource_id: str | None = None) -> None:
        """Completes by hand what waits: all of it, or one resource's. A billing cycle only begins by the clock."""
        if self.settle_after is not None:
            return  # what was due by the clock is complete
        by_hand = [one for one in self.waiting if one[1] != "cycle" and resource_id in (None, one[2])]
        for entry in by_hand:
            self.waiting.remove(entry)
            COMPLETIONS[entry[1]](self, *entry[2:])
        if by_hand and resource_id is None:
            self.settle()  # a stop for a release is followed by the release

    def remove(self, resource_id: str) -> None:
        for table in (self.instances, self.interfaces, self.eips):
            table.pop(resource_id, None)
        self.waiting = [one for one in self.waiting if one[2] != resource_id]

    # Verdicts and views

    def judge(self, command: Command[Any], who: str) -> set[str]:
        """Returns the ids of all rules that deny a command of an account."""
        return set(JUDGES[type(command)](self, command, who))

    def seen(self) -> dict[str, dict[str, Any]]:
        """Returns everything that a user sees, by id."""
        views: dict[str, dict[str, Any]] = {}
        for vpc in self.vpcs.values():
            views[vpc.id] = vars(vpc)
        for vswitch in self.vswitches.values():
            views[vswitch.id] = {**vars(vswitch), "available_ip_address_count": len(self.free(vswitch))}
        for group in self.groups.values():
            views[group.id] = {**vars(group), "private_ip_count": self.members(group.id)}
        views.update(self._seen_interfaces())
        views.update(self._seen_instances())
        for eip in self.eips.values():
            user_type = None if eip.instance_id is None else "EcsInstance"
            later = {"instance_type": user_type, "private_ip_address": None, "charge_type": "PostPaid"}
            views[eip.id] = {**vars(eip), **later, "deletion_protection": False}  # the guide knows instances only
        return {one_id: {"name": None, "description": None, "tags": {}, **view} for one_id, view in views.items()}

    def _seen_interfaces(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for one in self.interfaces.values():
            view = {name: value for name, value in vars(one).items() if name != "attachment"}
            later: dict[str, Any] = {"ipv4_prefixes": [], "ipv6_addresses": [], "eip_ids": []}  # than the guide
            later["delete_on_release"] = True
            yield one.id, {**view, **later, "primary_private_ip": one.private_ips[0]}

    def _seen_instances(self) -> Iterator[tuple[str, dict[str, Any]]]:
        hidden = {"classic_groups", "classic_ip", "started", "boots_to", "bought", "changes", "next_bandwidth"}
        hidden.add("releasing")
        for one in self.instances.values():
            primary, eip, all_of_it = self.primary(one), self.eip_of(one), self.interfaces_of(one)
            yield (
                one.id,
                {
                    **{name: value for name, value in vars(one).items() if name not in hidden},
                    "vpc_id": None if primary is None else primary.vpc_id,
                    "vswitch_id": None if primary is None else primary.vswitch_id,
                    "primary_network_interface_id": None if primary is None else primary.id,
                    "network_interface_ids": [interface.id for interface in all_of_it],
                    "private_ip": one.classic_ip if primary is None else primary.private_ips[0],
                    "eip_id": None if eip is None else eip.id,
                    "security_group_ids": self.groups_of(one),
                    "deletion_protection": False,
                },
            )


def _of(table: dict[str, Any], one_id: str | None, who: str, region_id: str | None = None) -> Any:
    one = table.get(one_id) if one_id is not None else None
    if one is None or one.account_id != who or region_id not in (None, one.region_id):
        return None
    return one


def _must(right: bool, otherwise: str) -> None:
    if not right:
        raise WrongChoice(otherwise)


def state_rules(instance: Any, allowed: Sequence[str], rule_id: str) -> Iterator[str]:
    """Yields the rule on the statuses in which an instance takes a command; being released, it takes none."""
    if instance.releasing:
        yield "instance.being-released"
    elif instance.status not in allowed:
        yield rule_id


SETTLED: Final = ("Running", "Stopped")


def resource(one_id: str, region_id: str, account_id: str, created_at: datetime, **more: Any) -> Any:
    return SimpleNamespace(id=one_id, region_id=region_id, account_id=account_id, created_at=created_at, **more)


def months_later(moment: datetime, months: int) -> datetime:
    """Returns the same day so many months later, the last of the month where it has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
