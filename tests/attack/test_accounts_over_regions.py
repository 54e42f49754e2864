"""Denials hide the resources of other accounts, over regions, statuses and sets of parameters.

`test_accounts` varies commands that the generators propose. Here the commands are made from their fields: for every
operation, every set of its parameters that may name resources, and every resource of the other account, the rest is
drawn from what is right, wrong or somebody's. The answer is compared with the one for ids that nobody has.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any, Final

import attrs
import pytest

from ecsnet import Cloud, CommandDenied, InvalidCommand, ManualClock
from ecsnet import commands as c
from ecsnet.commands import Command
from tests.attack.network import BEGIN, KINDS
from tests.support.hypothesis_settings import budget
from tests.support.net import Net
from tests.support.setups import use_up_the_public_addresses

HERE, BOTH, ONLY_A, ONLY_B, NOBODY = "cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen", "us-west-1"
Ids = dict[str, list[str]]
UNSET: Final = object()
OPTIONS: Final[dict[str, list[Any]]] = {
    "amount": [UNSET, UNSET, 2],
    "cidr_block": ["10.0.1.0/24", "10.0.9.0/24"],
    "description": [UNSET, "of the web"],
    "force": [UNSET, True],
    "instance_charge_type": [UNSET, "PrePaid"],
    "instance_type": ["ecs.g5.xlarge", "ecs.g5.xlarge", "ecs.none"],
    "instance_name": [UNSET, "web"],
    "internet_max_bandwidth_out": [0, 5],
    "name": [UNSET, "web"],
    "network_type": [UNSET, UNSET, UNSET, "classic"],
    "primary_ip_address": [UNSET, "10.0.1.9", "10.0.1.1"],
    "private_ip_address": [UNSET, "10.0.1.9", "10.0.1.1"],
    "private_ip_addresses": [(), ("10.0.1.9",), ("10.0.1.1", "10.0.1.2")],
    "region_id": [UNSET, HERE, BOTH, ONLY_A, NOBODY],
    "secondary_cidr_block": ["10.9.0.0/16", "192.168.0.0/16"],
    "secondary_private_ip_address_count": [UNSET, UNSET, 2],
    "security_group_name": [UNSET, "web"],
    "source_account_id": [UNSET, "B", "C"],
    "vpc_name": [UNSET, "web"],
    "vswitch_name": [UNSET, "web"],
    "zone_id": [UNSET, "cn-hangzhou-b", "cn-hangzhou-c", "cn-beijing-b", "cn-shanghai-b"],
}
"""The values of parameters that name no resource; `UNSET` leaves one at its default."""
_OF_EIPS: Final[dict[str, list[Any]]] = {"instance_type": [UNSET, "EcsInstance", "NetworkInterface"]}
OPTIONS_OF: Final = {c.AssociateEipAddress: _OF_EIPS, c.UnassociateEipAddress: _OF_EIPS}
"""The same, where an operation has another meaning of the name."""
OPERATIONS: Final = [
    operation
    for operation in (getattr(c, name) for name in c.__all__ if name != "Command")
    if set(KINDS) & set(attrs.fields_dict(operation))
]


def inhabit(cloud: Cloud, region_id: str) -> None:
    """Fill a region for the acting account, with settled resources and, at last, with some that are passing."""
    do = cloud.execute
    vpc = do(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=region_id))
    cloud.settle()
    vsw, far = (
        do(c.CreateVSwitch(vpc_id=vpc.id, zone_id=f"{region_id}-{zone}", cidr_block=f"10.0.{n}.0/24"))
        for n, zone in ((1, "b"), (2, "c"))
    )
    cloud.settle()
    group, other, spare = (do(c.CreateSecurityGroup(vpc_id=vpc.id)) for _ in range(3))
    classic_group = do(c.CreateSecurityGroup(region_id=region_id))
    do(c.AuthorizeSecurityGroup(security_group_id=group.id, source_group_id=other.id))
    do(c.EnableVpcClassicLink(vpc_id=vpc.id))

    def run(**changes: Any) -> Any:
        usual = {"instance_type": "ecs.g5.xlarge", "vswitch_id": vsw.id, "security_group_ids": [group.id]}
        (instance,) = do(c.RunInstances(**{**usual, **changes}))
        cloud.settle()
        return instance

    def interface(vswitch_id: str = vsw.id) -> Any:
        created = do(c.CreateNetworkInterface(vswitch_id=vswitch_id, security_group_ids=[group.id]))
        cloud.settle()
        return created

    running, busy = run(), run()
    run(instance_charge_type="PrePaid")
    public = run(internet_max_bandwidth_out=5)
    classic = [
        run(network_type="classic", vswitch_id=None, security_group_ids=[classic_group.id], region_id=region_id)
        for _ in range(2)
    ]
    do(c.AttachClassicLinkVpc(instance_id=classic[0].id, vpc_id=vpc.id))
    stopped = run(vswitch_id=far.id)
    for instance in (stopped, public):
        do(c.StopInstance(instance_id=instance.id))
    cloud.settle()
    interface(), interface(far.id)
    attached, attaching, detaching, deleting = (interface() for _ in range(4))
    for one in (attached, detaching):
        do(c.AttachNetworkInterface(network_interface_id=one.id, instance_id=running.id))
    _, bound, associating = (do(c.AllocateEipAddress(region_id=region_id)) for _ in range(3))
    do(c.AssociateEipAddress(allocation_id=bound.id, instance_id=running.id))
    cloud.settle()
    do(c.AttachNetworkInterface(network_interface_id=attaching.id, instance_id=busy.id))
    do(c.DetachNetworkInterface(network_interface_id=detaching.id, instance_id=running.id))
    do(c.DeleteNetworkInterface(network_interface_id=deleting.id))
    do(c.AssociateEipAddress(allocation_id=associating.id, instance_id=busy.id))
    do(c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[group.id]))
    do(
        c.RunInstances(
            instance_type="ecs.g5.xlarge", vswitch_id=vsw.id, security_group_ids=[group.id], region_id=region_id
        )
    )
    do(c.StopInstance(instance_id=classic[1].id))
    do(c.DeleteSecurityGroup(security_group_id=spare.id))
    do(c.CreateVSwitch(vpc_id=vpc.id, zone_id=f"{region_id}-b", cidr_block="10.0.3.0/24"))
    do(c.CreateVpc(cidr_block="10.1.0.0/16", region_id=region_id))


def two_accounts() -> Cloud:
    """Returns a cloud in which A and B share two regions, and each has one more."""
    cloud = Cloud(clock=ManualClock(BEGIN), settle_after="manual")
    for region_id in (HERE, BOTH, ONLY_A):
        inhabit(cloud.as_account("A"), region_id)
    for region_id in (HERE, BOTH, ONLY_B):
        inhabit(cloud.as_account("B"), region_id)
    return cloud


def acting(cloud: Cloud, account_id: str, region_id: str) -> Cloud:
    """Returns the cloud as an account has it that asks from a region."""
    view = cloud.as_account(account_id)
    view.region_id = region_id
    return view


def ids_of(cloud: Cloud, account_id: str) -> Ids:
    return {
        table: [one.id for one in getattr(cloud, table).values() if one.account_id == account_id]
        for table in set(KINDS.values())
    }


def pairs(
    operation: type[Command[Any]], theirs: Ids, own: Ids, rest: int, random: Random
) -> Iterator[tuple[Command[Any], Command[Any], dict[str, str]]]:
    """Commands that name resources of another account, the same with ids that nobody has, and which stands for which.

    Every set of the operation's parameters and every resource of the other account comes up, ``rest`` times with
    another choice of all the rest.
    """
    fields = [name for name in attrs.fields_dict(operation) if name in KINDS]
    for count in range(1, len(fields) + 1):
        for chosen in combinations(fields, count):
            for first in theirs[KINDS[chosen[0]]]:
                for _ in range(rest):
                    named = {chosen[0]: first}
                    named.update((name, random.choice(theirs[KINDS[name]])) for name in chosen[1:])
                    nobodys = {theirs_id: f"nobody-{theirs_id}" for theirs_id in named.values()}
                    values = _values(operation, named, own, random)
                    try:
                        command = operation(**values)
                    except InvalidCommand:
                        continue
                    yield command, operation(**{name: _put(nobodys, value) for name, value in values.items()}), nobodys


def _values(operation: type[Command[Any]], named: dict[str, str], own: Ids, random: Random) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in attrs.fields(operation):
        name = field.name
        if name in named:
            value: Any = named[name]
            if name.endswith("_ids"):
                mine = random.choice(own[KINDS[name]])
                value = random.choice([(value,), (mine, value), (value, mine)])
        elif name in KINDS:
            value = random.choice([*own[KINDS[name]], "nobody", UNSET])
            if value is not UNSET and name.endswith("_ids"):
                value = (value,)
            if value is UNSET and field.default is attrs.NOTHING:
                value = random.choice(own[KINDS[name]])
                value = (value,) if name.endswith("_ids") else value
        else:
            required = field.default is attrs.NOTHING
            options = {**OPTIONS, **OPTIONS_OF.get(operation, {})}.get(name, [UNSET])
            value = random.choice([one for one in options if one is not UNSET or not required])
        if value is not UNSET:
            values[name] = value
    return values


def _put(nobodys: dict[str, str], value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(nobodys.get(one, one) for one in value)
    return nobodys.get(value, value) if isinstance(value, str) else value


def told(answer: object, nobodys: dict[str, str]) -> str:
    """All that an answer says, with nobody's ids in the place of those that were named."""
    text = repr(answer)
    for theirs_id, nobodys_id in nobodys.items():
        text = text.replace(repr(theirs_id), repr(nobodys_id)).replace(theirs_id, nobodys_id)
    return text.replace("nobody-nobody-", "nobody-")


def differences(cloud: Cloud, operation: type[Command[Any]], rest: int) -> tuple[int, list[str]]:
    """Returns the number of pairs of commands that were compared, and those whose answers differ."""
    random, compared, differing = Random(operation.__name__), 0, list[str]()
    theirs, own = ids_of(cloud, "A"), ids_of(cloud, "B")
    for region_id in (HERE, BOTH, ONLY_A, ONLY_B):
        b = acting(cloud, "B", region_id)
        for command, nobodys_command, nobodys in pairs(operation, theirs, own, rest, random):
            compared += 1
            decision, expected = b.check(command), b.check(nobodys_command)
            if told(decision, nobodys) != told(expected, {}):
                differing.append(f"from {region_id}: {command}: {decision.violations}, not {expected.violations}")
    return compared, differing


CLOUD: Final = two_accounts()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.__name__)
def test_resources_of_another_account_in_any_region_are_denied_like_unknown_ids(operation: type[Command[Any]]) -> None:
    compared, differing = differences(CLOUD, operation, budget(20))
    assert compared >= 24
    assert differing == []


def test_a_denied_execution_reveals_no_more_than_a_check_and_uses_no_client_token() -> None:
    cloud = CLOUD.fork()
    a, b, random = acting(cloud, "A", BOTH), acting(cloud, "B", HERE), Random(7)
    token_of_a = {"client_token": "t-1"}
    first = a.execute(c.CreateVpc(cidr_block="10.0.0.0/16"), **token_of_a)
    recorded = len(cloud.history())
    theirs, own = ids_of(cloud, "A"), ids_of(cloud, "B")
    for operation in OPERATIONS:
        for command, nobodys_command, nobodys in [*pairs(operation, theirs, own, 1, random)][: budget(40)]:
            answers = []
            for one in (command, nobodys_command):
                with pytest.raises(CommandDenied) as denied:
                    b.execute(one, **token_of_a)
                answers.append(denied.value)
            assert told(answers[0].violations, nobodys) == told(answers[1].violations, {})
            assert (answers[0].code, str(answers[0]).count("\n")) == (answers[1].code, str(answers[1]).count("\n"))
    assert len(cloud.history()) == recorded
    own_vpc = b.execute(c.CreateVpc(cidr_block="10.0.0.0/16"), **token_of_a)
    assert (own_vpc.account_id, own_vpc.region_id) == ("B", HERE)
    assert a.execute(c.CreateVpc(cidr_block="10.0.0.0/16"), **token_of_a) == first


def test_permitted_raises_for_resources_of_another_account() -> None:
    for table in set(KINDS.values()):
        for region_id in (HERE, BOTH, ONLY_A, ONLY_B):
            for theirs in ids_of(CLOUD, "A")[table]:
                with pytest.raises(KeyError, match=theirs):
                    acting(CLOUD, "B", region_id).permitted(theirs)


@pytest.mark.parametrize("region_id", [HERE, BOTH, ONLY_A, ONLY_B])
def test_a_command_is_decided_in_the_region_of_the_callers_resource(region_id: str) -> None:
    b = acting(CLOUD, "B", region_id)
    for home in (HERE, BOTH, ONLY_B):
        vswitch = b.vswitches.where(account_id="B", region_id=home)[0]
        group = b.security_groups.where(account_id="B", vpc_id=vswitch.vpc_id)[0]
        command = c.CreateNetworkInterface(vswitch_id=vswitch.id, security_group_ids=[group.id])
        assert b.fork().execute(command).region_id == home
    for theirs in CLOUD.vswitches.where(account_id="A"):
        own_here = b.security_groups.where(account_id="B", region_id=region_id)
        for group_ids in ([group.id for group in own_here], ["sg-none"]):
            command = c.CreateNetworkInterface(vswitch_id=theirs.id, security_group_ids=group_ids)
            rules = [v.rule for v in b.check(command).violations]
            expected = ["vswitch.not-found"] + ["security-group.not-found"] * (group_ids == ["sg-none"])
            assert [rule for rule in rules if rule.endswith("not-found")] == expected


def test_the_zone_of_another_accounts_vswitch_is_not_revealed() -> None:
    for theirs in CLOUD.vswitches.where(account_id="A"):
        for zone_id in (theirs.zone_id, "cn-hangzhou-z"):
            command = c.RunInstances(
                instance_type="ecs.g5.large", vswitch_id=theirs.id, security_group_ids=["sg-none"], zone_id=zone_id
            )
            violations = acting(CLOUD, "B", HERE).check(command).violations
            nobodys = acting(CLOUD, "B", HERE).check(attrs.evolve(command, vswitch_id="vsw-none")).violations
            assert told(violations, {theirs.id: "it"}) == told(nobodys, {"vsw-none": "it"})
            assert ("instance.create.zone" in [v.rule for v in violations]) == (not zone_id.startswith(HERE))


def test_authorizing_a_group_of_another_account_reveals_nothing_about_its_network() -> None:
    b = acting(CLOUD, "B", HERE)
    (theirs,) = b.security_groups.where(account_id="A", region_id=HERE, vpc_id=None)
    in_vpc = [one for one in b.security_groups.where(account_id="A", region_id=HERE) if one.vpc_id is not None]
    mine = next(one for one in b.security_groups.where(account_id="B", region_id=HERE) if one.vpc_id is not None)

    def ask(source_group_id: str, source_account_id: str | None) -> Any:
        command = c.AuthorizeSecurityGroup(
            security_group_id=mine.id, source_group_id=source_group_id, source_account_id=source_account_id
        )
        return b.check(command)

    named = {told(ask(one.id, "A").violations, {one.id: "it"}) for one in (theirs, *in_vpc)}
    assert len(named) == 1 and "security-group.authorize.vpc" in named.pop()
    for owner in (None, "B", "C"):
        answers = {told(ask(one.id, owner).violations, {one.id: "it"}) for one in (theirs, *in_vpc)}
        assert answers == {told(ask("sg-none", owner).violations, {"sg-none": "it"})}
    abroad = b.security_groups.where(account_id="A", region_id=BOTH, vpc_id=None)[0]
    assert [v.rule for v in ask(abroad.id, "A").violations] == ["security-group.not-found"]


def test_a_group_is_revoked_only_by_naming_its_owner() -> None:
    b = acting(CLOUD.fork(), "B", HERE)
    a = b.as_account("A")
    (theirs,) = b.security_groups.where(account_id="A", region_id=HERE, vpc_id=None)
    (mine,) = b.security_groups.where(account_id="B", region_id=HERE, vpc_id=None)
    names: dict[str, Any] = {"security_group_id": mine.id, "source_group_id": theirs.id}
    b.execute(c.AuthorizeSecurityGroup(**names, source_account_id="A"))
    for owner in (None, "B", "C"):
        violations = b.check(c.RevokeSecurityGroup(**names, source_account_id=owner)).violations
        assert [v.rule for v in violations] == ["security-group.not-found"]
    (denied,) = [
        violation
        for violation in a.check(c.DeleteSecurityGroup(security_group_id=theirs.id)).violations
        if violation.rule == "security-group.delete.in-use"
    ]
    assert denied.facts["authorized_by_other_accounts"] is True
    assert denied.facts["authorized_in"] == 0
    assert denied.facts["count"] == denied.facts["members"] == len(denied.facts["resource_ids"])
    assert mine.id not in repr(denied) and "'B'" not in repr(denied)
    b.execute(c.RevokeSecurityGroup(**names, source_account_id="A"))
    violations = a.check(c.DeleteSecurityGroup(security_group_id=theirs.id)).violations
    assert not any(violation.facts.get("authorized_by_other_accounts") for violation in violations)


def test_exhausted_addresses_do_not_reveal_another_accounts_instance() -> None:
    net = Net()
    bare = net.run(instance_charge_type="PrePaid")
    use_up_the_public_addresses(net)
    answers = [
        told(
            net.cloud.as_account("B")
            .check(c.ModifyInstanceNetworkSpec(instance_id=instance_id, internet_max_bandwidth_out=5))
            .violations,
            {instance_id: "it"},
        )
        for instance_id in (bare.id, "i-none")
    ]
    assert answers[0] == answers[1]
