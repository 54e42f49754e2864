"""Carries out each step in a cloud and in the naive network, and compares all that a user sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final
from zlib import crc32

import attrs

from ecsnet import (
    Cloud,
    Command,
    CommandDenied,
    ImpossibleOperation,
    InstanceType,
    InvalidArgument,
    ManualClock,
    NetworkInterface,
    RuleRegistry,
)
from ecsnet import commands as c
from ecsnet.resources import Eip, Instance, SecurityGroup, Vpc, VSwitch
from tests.oracles import addresses, groups, instances, interfaces, public_addresses, tags, vpcs
from tests.oracles.instances import TO_BE_DRAWN
from tests.oracles.network import AT_ONCE, Network, Outcome, WrongChoice, resource
from tests.oracles.operations import EFFECTS

ME, OTHER = "1" * 16, "2" * 16
HOME, ABROAD = "cn-hangzhou", "cn-beijing"
TYPES: Final = (
    InstanceType(id="ecs.three.large", eni_quantity=3, private_ipv4_per_eni=4),
    InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=2),
    InstanceType(id="ecs.one.small", eni_quantity=1, private_ipv4_per_eni=1),
    InstanceType(id="ecs.still.large", eni_quantity=2, private_ipv4_per_eni=3, attach_requires_stopped=True),
    InstanceType(id="ecs.slow.large", eni_quantity=2, private_ipv4_per_eni=2, io_optimized=False),
)
QUOTAS: Final = {
    "interfaces-per-region": 6,
    "addresses-per-interface": 4,
    "addresses-per-available-interface": 2,
    "addresses-per-security-group": 9,
    "addresses-per-enterprise-security-group": 5,
    "security-groups-per-interface": 2,
    "security-groups-per-region": 9,
    "vswitches-per-vpc": 5,
    "secondary-cidr-blocks-per-vpc": 2,
    "eips-per-account": 3,
}
MODELS: Final = (addresses, groups, instances, interfaces, public_addresses, tags, vpcs)
"""The modules that judge commands and carry them out."""
FIELDS: Final = {
    kind: tuple(field.name for field in attrs.fields(kind))
    for kind in (Vpc, VSwitch, SecurityGroup, Instance, NetworkInterface, Eip)
}


def changeable(one_id: str, status: str, moment: datetime, possible: Sequence[str]) -> str:
    """Returns how a transition ends, now so and now otherwise, but always the same way of the same one."""
    chance = crc32(f"{one_id} {status} {moment}".encode())
    return "completed" if chance % 3 else possible[chance // 3 % len(possible)]


class Difference(AssertionError):
    """The cloud and the naive network differ after some steps; ``rules`` are the ids that only one of them has."""

    def __init__(self, message: str, steps: list[str], rule_ids: set[str] | None = None) -> None:
        super().__init__("\n".join([message, "after", *steps]))
        self.rules = rule_ids or set()


class Beside:
    """A cloud and the naive network, with the same two accounts, two regions, VPCs, VSwitches and groups in both.

    Every limit is near: blocks of 4 and 12 usable addresses, two groups an ENI, few ENIs and EIPs an account.
    """

    def __init__(self, start: datetime, settle_after: timedelta | None = AT_ONCE) -> None:
        self.clock = ManualClock(start)
        self.cloud = Cloud(
            clock=self.clock,
            region_id=HOME,
            account_id=ME,
            instance_types=TYPES,
            settle_after="manual" if settle_after is None else settle_after,
            outcomes=lambda one: changeable(one.resource_id, one.status.value, one.due_at, one.outcomes),
        )
        self.clouds = {who: self.cloud.as_account(who) for who in (ME, OTHER)}
        self.network = Network(types=TYPES, now=start, region_id=HOME, settle_after=settle_after, policy=changeable)
        self.steps: list[str] = []
        self.verdicts: Counter[str] = Counter()
        self._set_up()

    def _set_up(self) -> None:
        for who in (ME, OTHER):
            for region_id in (HOME, ABROAD):
                for name, value in QUOTAS.items():
                    self.quota(name, value, who, region_id)
        near, same = self._vpc(ME, HOME), self._vpc(ME, HOME)
        self._vswitch(near, "10.0.0.0/28", "b")
        self._vswitch(near, "10.0.0.16/29", "b")
        self._vswitch(near, "10.0.0.32/28", "c")
        self._vswitch(near, "10.0.1.0/26", "b")
        self._vswitch(same, "10.0.0.0/28", "b")
        for vpc, many in ((near, 4), (same, 1)):
            for _ in range(many):
                self._group(ME, HOME, vpc)
        self._group(ME, HOME, near, "enterprise")
        self._group(ME, HOME, None)
        self._group(ME, HOME, None)
        for who, region_id in ((ME, ABROAD), (OTHER, HOME)):
            vpc = self._vpc(who, region_id)
            self._vswitch(vpc, "10.0.0.0/28", "b")
            self._group(who, region_id, vpc)
            self._group(who, region_id, None)
        self._settled()

    def _settled(self) -> None:
        self.network.now += self.network.settle_after or AT_ONCE
        self.clock.set(self.network.now)
        self.cloud.settle()

    def quota(self, name: str, value: int, who: str, region_id: str) -> None:
        where = None if name == "eips-per-account" else region_id
        self.clouds[who].execute(c.SetQuota(name=name, value=value, region_id=where))
        self.network.quotas[who, where, name] = value

    def _vpc(self, who: str, region_id: str) -> Any:
        made = self.clouds[who].execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=region_id))
        vpc = self._adopt(self.network.vpcs, made, cidr_block=made.cidr_block, secondary_cidr_blocks=[], linkable=False)
        self._settled()
        return vpc

    def _vswitch(self, vpc: Any, cidr_block: str, zone: str) -> None:
        zone_id = f"{vpc.region_id}-{zone}"
        command = c.CreateVSwitch(vpc_id=vpc.id, zone_id=zone_id, cidr_block=cidr_block)
        made = self.clouds[vpc.account_id].execute(command)
        self._adopt(self.network.vswitches, made, vpc_id=vpc.id, zone_id=zone_id, cidr_block=cidr_block)

    def _group(self, who: str, region_id: str, vpc: Any, kind: str = "normal") -> None:
        where = {"region_id": region_id} if vpc is None else {"vpc_id": vpc.id}
        made = self.clouds[who].execute(c.CreateSecurityGroup(**where, security_group_type=kind))
        inner = {"type": kind, "inner_access_policy": "Accept" if kind == "normal" else "Drop"}
        self._adopt(self.network.groups, made, vpc_id=None if vpc is None else vpc.id, **inner)

    def _adopt(self, table: dict[str, Any], made: Any, **more: Any) -> Any:
        one = resource(self.network.new_id(made.id), made.region_id, made.account_id, self.network.now, **more)
        if "status" in FIELDS[type(made)]:
            one.status = "Available"
        table[one.id] = one
        return one

    # Steps

    def execute(self, command: Command[Any], who: str = ME) -> bool:
        """Carries a command out in both, and returns whether it was allowed."""
        self.steps.append(f"{who[0]}: {command!r}")
        cloud, network = self.clouds[who], self.network
        denied_by = self.verdict(command, who)
        self.verdicts.update(denied_by or ["allowed"])
        if denied_by:
            return self._denied(command, who, denied_by)
        answer = cloud.execute(command)
        try:
            EFFECTS[type(command)](network, command, who, cloud, answer)
        except WrongChoice as wrong:
            raise Difference(f"{wrong}: {answer}", self.steps) from wrong
        self.compare()
        return True

    def verdict(self, command: Command[Any], who: str, registry: RuleRegistry | None = None) -> list[str]:
        """Returns the ids of the rules that deny a command, which both agree on; in the cloud's order.

        With a ``registry`` the cloud judges by those rules.
        """
        expected = self.network.judge(command, who)
        try:
            violations = self.clouds[who].check(command, rules=registry).violations
        except ImpossibleOperation:  # allowed, by a registry that lacks the rule that keeps it from being tried
            violations = ()
        found = [one.rule for one in violations]
        if set(found) != expected.keys() or len(found) != len(expected):
            only = set(found) - expected.keys(), expected.keys() - set(found)
            message = f"rules: only the cloud {sorted(only[0])}, only the oracle {sorted(only[1])}, in all {found}"
            raise Difference(message, self.steps, set(found) ^ expected.keys())
        for one in violations:
            if (one.code, one.http_status) not in expected[one.rule]:
                message = f"{one.rule} is answered {one.code}, {one.http_status}, not {expected[one.rule]}"
                raise Difference(message, self.steps, {one.rule})
        return found

    def _denied(self, command: Command[Any], who: str, found: list[str]) -> bool:
        before = self.cloud.position
        try:
            self.clouds[who].execute(command)
        except CommandDenied as denied:
            again = [violation.rule for violation in denied.violations]
            if again != found:
                raise Difference(f"execute denies by {again}, check by {found}", self.steps) from None
        else:
            raise Difference("execute allows what check denies", self.steps)
        if self.cloud.position != before:
            raise Difference("a denied command was recorded", self.steps)
        return False

    def settle(self, resource_id: str | None = None, outcome: Outcome = "completed") -> None:
        """Settles by hand in both; what is due by the clock was complete, and is recorded first."""
        self.steps.append(f"settle({resource_id or ''} {outcome})")
        if self.network.settle_after is not None:
            self.cloud.settle()
        possible = self.network.settle(resource_id, outcome)
        try:
            self.cloud.settle(resource_id, outcome=outcome)
        except InvalidArgument:
            if possible:
                raise
        else:
            if not possible:
                raise Difference(f"{resource_id} cannot be {outcome}", self.steps)
        self.compare()

    def wait(self, until: datetime) -> None:
        self.steps.append(f"wait until {until.astimezone(UTC)}")
        self.clock.set(until)
        self.network.pass_time(until)
        self.compare()

    # Comparing

    def compare(self) -> None:
        """Compares all that a user sees; takes over the addresses that the system chose meanwhile."""
        shown = self.shown()
        self._take_drawn_addresses(shown)
        expected = self.network.seen()
        if shown.keys() != expected.keys():
            raise Difference(f"exists in one only: {sorted(shown.keys() ^ expected.keys())}", self.steps)
        for one_id, view in expected.items():
            one = shown[one_id]
            if view.keys() != set(FIELDS[type(one)]):
                raise Difference(f"{type(one).__name__} has other fields than {sorted(view)}", self.steps)
            for name, value in view.items():
                found, value = _plain(getattr(one, name)), _plain(value)
                if name == "eip_ids" and isinstance(found, list):  # in no particular order
                    found, value = sorted(found), sorted(value)
                if found != value:
                    raise Difference(f"{name} of {one_id} is {found!r}, not {value!r}", self.steps)

    def shown(self) -> dict[str, Any]:
        """Returns the cloud's resources by id."""
        cloud = self.cloud
        tables = (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces)
        return {one_id: one for table in (*tables, cloud.eips) for one_id, one in table.items()}

    def _take_drawn_addresses(self, shown: dict[str, Any]) -> None:
        for instance in self.network.instances.values():
            if instance.public_ip == TO_BE_DRAWN and instance.id in shown:
                instance.public_ip = None
                try:
                    instance.public_ip = self.network.public_drawn(shown[instance.id].public_ip)
                except WrongChoice as wrong:
                    raise Difference(f"{wrong}: {shown[instance.id]}", self.steps) from wrong


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value
