"""The naive network: everything there is, in dicts by id, and every question answered by a scan."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from string import ascii_lowercase
from types import SimpleNamespace
from typing import Any, Final, Literal

from ecsnet import Command
from ecsnet.values import InstanceType
from tests.oracles.codes import Answer, answer
from tests.oracles.operations import COMPLETIONS, JUDGES

DEFAULT_QUOTAS: Final = {
    "interfaces-per-region": 100,
    "addresses-per-interface": 20,
    "addresses-per-available-interface": 10,
    "addresses-per-security-group": 2000,
    "addresses-per-enterprise-security-group": 65_536,
    "security-groups-per-interface": 5,
    "security-groups-per-region": 100,
    "vswitches-per-vpc": 24,
    "secondary-cidr-blocks-per-vpc": 5,
    "eips-per-account": 20,
}
MAC: Final = re.compile("00:16:3e(:[0-9a-f]{2}){3}")
AT_ONCE: Final = timedelta(0)
HIDDEN: Final = frozenset(
    {
        *("attachment", "stuck", "linkable", "linked_vpc_id", "releasing"),
        *("classic_groups", "classic_ip", "started", "boots_to", "bought", "changes", "next_bandwidth"),
    }
)
"""The attributes of the model's resources that are not compared, since the cloud shows none like them."""
Outcome = Literal["completed", "failed", "stuck"]
Policy = Callable[[str, str, datetime, Sequence[str]], str]
"""Gives the outcome of a transition that falls due, by the id and the status of its resource, and the moment."""


class WrongChoice(Exception):
    """The system chose an id, a MAC or an address that it must not choose."""


class Network:
    """Resources by id; what is gone is no longer there.

    ``settle_after`` is how long a transition takes, None while every one waits to be settled by hand. ``waiting`` has,
    for each, when it falls due, what it does, the resource that it belongs to, and the addresses that are revoked.
    ``authorized`` has pairs of groups: the members of the second reach those of the first.
    """

    def __init__(
        self,
        *,
        types: Iterable[InstanceType],
        now: datetime,
        region_id: str,
        settle_after: timedelta | None,
        policy: Policy | None,
    ) -> None:
        self.policy = policy
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
        self.authorized: set[tuple[str, str]] = set()
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

    def vpc(self, vpc_id: str | None, who: str, region_id: str | None = None) -> Any:
        return _of(self.vpcs, vpc_id, who, region_id)

    def vswitch(self, vswitch_id: str | None, who: str, region_id: str | None = None) -> Any:
        return _of(self.vswitches, vswitch_id, who, region_id)

    def group(self, group_id: str | None, who: str, region_id: str | None = None) -> Any:
        return _of(self.groups, group_id, who, region_id)

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
        return next(iter(self.eips_on(instance.id)), None)

    def eips_on(self, one_id: str) -> list[Any]:
        return [one for one in self.eips.values() if one.instance_id == one_id]

    def vswitches_of(self, vpc_id: str) -> list[Any]:
        return [one for one in self.vswitches.values() if one.vpc_id == vpc_id]

    def type_of(self, instance: Any) -> InstanceType:
        return self.types[instance.instance_type]

    # Addresses

    def taken(self, vpc_id: str) -> set[str]:
        mine = [one for one in self.interfaces.values() if one.vpc_id == vpc_id]
        return {ip for one in mine for ip in (*one.private_ips, *addresses_in(one.ipv4_prefixes))}

    def usable(self, vswitch: Any) -> list[str]:
        """Returns the addresses of a VSwitch but the system's own: the first and the last three."""
        return [str(ip) for ip in IPv4Network(vswitch.cidr_block)][1:-3]

    def free(self, vswitch: Any) -> list[str]:
        taken = self.taken(vswitch.vpc_id)
        return [ip for ip in self.usable(vswitch) if ip not in taken]

    def being_revoked(self, interface_id: str) -> set[str]:
        """Returns the addresses and prefixes of an ENI that it holds only until their revocation completes."""
        mine = [addresses for _, what, one_id, addresses in self.waiting if (what, one_id) == ("revoke", interface_id)]
        return {address for addresses in mine for address in addresses}

    def free_prefixes(self, vswitch: Any, besides: Iterable[str] = ()) -> list[str]:
        """Returns the blocks of sixteen addresses that are all free, and not among those that are named besides."""
        free = set(self.free(vswitch)) - set(besides)
        block = IPv4Network(vswitch.cidr_block)
        blocks = block.subnets(new_prefix=28) if block.prefixlen <= 28 else ()
        return [str(one) for one in blocks if free >= addresses_in([str(one)])]

    def members(self, group_id: str) -> int:
        """Returns how many private addresses are in a group, of ENIs or of classic instances. A prefix is one."""
        classic = sum(group_id in one.classic_groups for one in self.instances.values())
        in_it = [one for one in self.interfaces.values() if group_id in one.security_group_ids]
        return classic + sum(held(one) for one in in_it)

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

    def prefix_drawn(self, vswitch: Any, prefix: str) -> str:
        _must(prefix in self.free_prefixes(vswitch), f"{prefix} is not free in {vswitch.id}")
        return prefix

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
        """Ends what falls due until then, in the order of the due times, as the policy says."""
        while due := [one for one in self.waiting if one[0] is not None and one[0] <= until]:
            first = min(due, key=lambda one: one[0])
            self.now = max(self.now, first[0])
            possible = self.outcomes(first)
            outcome: Any = "completed"
            if self.policy is not None and len(possible) > 1:
                outcome = self.policy(first[2], self.interfaces[first[2]].status, first[0], possible)
            self.end(first, outcome)
        self.now = until

    def outcomes(self, entry: Any) -> list[str]:
        """Returns how a transition may end: an attachment may fail, and what is done to an ENI may get stuck."""
        if entry[1] != "interface":
            return ["completed"]
        return ["completed", *(["failed"] if self.interfaces[entry[2]].status == "Attaching" else []), "stuck"]

    def end(self, entry: Any, outcome: Outcome) -> None:
        self.waiting.remove(entry)
        what, one_id, addresses = entry[1:]
        if outcome == "completed":
            COMPLETIONS[what](self, one_id, addresses)
        elif outcome == "failed":
            leave_instance(self.interfaces[one_id])
        else:
            self.interfaces[one_id].stuck = True
            self.waiting.append((None, *entry[1:]))

    def is_stuck(self, entry: Any) -> bool:
        return entry[1] == "interface" and self.interfaces[entry[2]].stuck

    def settle(self, resource_id: str | None = None, outcome: Outcome = "completed") -> bool:
        """Ends by hand what waits: all of it that can end so, or one resource's, which alone may be stuck.

        Returns False if nothing of the resource can end so. A billing cycle only begins by the clock.
        """
        entries = [one for one in self.waiting if one[0] is None and one[1] != "cycle"]  # others end by the clock
        if resource_id is None:
            entries = [one for one in entries if not self.is_stuck(one)]
        else:
            entries = [one for one in entries if one[2] == resource_id]
        possible = [one for one in entries if outcome in self.outcomes(one)]
        for entry in possible:
            if entry in self.waiting:  # and did not go with another resource
                if entry[1] == "interface":
                    self.interfaces[entry[2]].stuck = False
                self.end(entry, outcome)
        if possible and resource_id is None and outcome == "completed":
            self.settle()  # a stop for a release is followed by the release
        return bool(possible) or not entries or resource_id is None

    def remove(self, resource_id: str) -> None:
        tables: tuple[dict[str, Any], ...] = (self.vpcs, self.vswitches, self.groups)
        for table in (*tables, self.instances, self.interfaces, self.eips):
            table.pop(resource_id, None)
        self.authorized = {pair for pair in self.authorized if resource_id not in pair}
        self.forget(resource_id)
        for eip in self.eips_on(resource_id):
            eip.status, eip.instance_id, eip.private_ip_address = "Available", None, None
            self.forget(eip.id)

    def forget(self, resource_id: str, what: str | None = None) -> None:
        """Gives up what waits of a resource."""
        self.waiting = [one for one in self.waiting if one[2] != resource_id or what not in (None, one[1])]

    # Verdicts and views

    def judge(self, command: Command[Any], who: str) -> dict[str, set[Answer]]:
        """Returns the rules that deny a command of an account, with the answers that each may have."""
        found: dict[str, set[Answer]] = {}
        for reason in JUDGES[type(command)](self, command, who):
            found.setdefault(reason.split("/")[0], set()).add(answer(type(command), reason))
        return found

    def seen(self) -> dict[str, dict[str, Any]]:
        """Returns everything that a user sees, by id."""
        views: dict[str, dict[str, Any]] = {}
        for vpc in self.vpcs.values():
            views[vpc.id] = vars(vpc)
        for vswitch in self.vswitches.values():
            status = "Pending" if vswitch.status == "Deleting" else vswitch.status  # as the API shows it
            views[vswitch.id] = {
                **vars(vswitch),
                "status": status,
                "available_ip_address_count": len(self.free(vswitch)),
            }
        for group in self.groups.values():
            views[group.id] = {**vars(group), "private_ip_count": self.members(group.id)}
        views.update(self._seen_interfaces())
        views.update(self._seen_instances())
        for eip in self.eips.values():
            user_type = None
            if eip.instance_id is not None:
                user_type = "EcsInstance" if eip.instance_id in self.instances else "NetworkInterface"
            later = {"instance_type": user_type, "charge_type": "PostPaid", "deletion_protection": False}
            views[eip.id] = {**vars(eip), **later}
        return {
            one_id: {name: value for name, value in view.items() if name not in HIDDEN}
            for one_id, view in views.items()
        }

    def _seen_interfaces(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for one in self.interfaces.values():
            view = {**vars(one), "ipv6_addresses": [], "eip_ids": [eip.id for eip in self.eips_on(one.id)]}
            yield one.id, {**view, "primary_private_ip": one.private_ips[0]}

    def _seen_instances(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for one in self.instances.values():
            primary, eip, all_of_it = self.primary(one), self.eip_of(one), self.interfaces_of(one)
            yield (
                one.id,
                {
                    **vars(one),
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
    known = {"id": one_id, "region_id": region_id, "account_id": account_id, "created_at": created_at}
    return SimpleNamespace(**{"name": None, "description": None, "tags": {}, **known, **more})


def held(interface: Any) -> int:
    """Returns how many private addresses an ENI has; a prefix counts as one."""
    return len(interface.private_ips) + len(interface.ipv4_prefixes)


def addresses_in(blocks: Iterable[str]) -> set[str]:
    return {str(ip) for block in blocks for ip in IPv4Network(block)}


def leave_instance(interface: Any) -> None:
    interface.status, interface.instance_id, interface.stuck = "Available", None, False


def months_later(moment: datetime, months: int) -> datetime:
    """Returns the same day so many months later, the last of the month where it has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
