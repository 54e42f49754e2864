"""A resource of another account is denied exactly like an id that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Decision, ManualClock
from ecsnet import commands as c
from ecsnet.commands import Command
from ecsnet.testing._generate import GENERATORS, Inventory, all_commands
from tests.attack.network import BEGIN, KINDS, rich_network
from tests.support.hypothesis_settings import budget

NOBODYS = "nobodys-0"
TABLES = sorted(set(KINDS.values()))


def neighbours() -> tuple[Cloud, Cloud, Cloud]:
    """A cloud, and two accounts on it with a rich network each, the first also where the second has nothing."""
    cloud = Cloud(clock=ManualClock(BEGIN))
    a, b = cloud.as_account("A"), cloud.as_account("B")
    rich_network(a)
    rich_network(b)
    abroad = a.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    vsw = a.execute(c.CreateVSwitch(vpc_id=abroad.id, zone_id="cn-beijing-b", cidr_block="10.0.1.0/24"))
    group = a.execute(c.CreateSecurityGroup(vpc_id=abroad.id))
    run = c.RunInstances(instance_type="ecs.g5.xlarge", vswitch_id=vsw.id, security_group_ids=[group.id])
    a.execute(run)
    a.execute(c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[group.id]))
    a.execute(c.AllocateEipAddress(region_id="cn-beijing"))
    return cloud, a, b


CLOUD, A, B = neighbours()
THEIRS = {table: [i for i, one in getattr(A, table).items() if one.account_id == "A"] for table in TABLES}
OWN = {table: [i for i, one in getattr(B, table).items() if one.account_id == "B"] for table in TABLES}


@cache
def templates(operation: type[Command[Any]]) -> tuple[Command[Any], ...]:
    """Some commands of B on what is its own: one that is allowed, if there is one, and a few that are not."""
    return tuple(_templates(operation))


def _templates(operation: type[Command[Any]]) -> Iterator[Command[Any]]:
    allowed = 0
    foreign = {one for ids in THEIRS.values() for one in ids}
    commands = (one for one in all_commands(Inventory(B), [operation]) if not any(i in repr(one) for i in foreign))
    for number, command in enumerate(commands):
        is_allowed = B.check(command).allowed
        if number < 3 or (is_allowed and allowed < 2):
            yield command
        allowed += is_allowed
        if number > 60:
            return


def told(decision: Decision, named: str) -> list[tuple[Any, ...]]:
    """All that a decision tells, with another word for the id that was named."""

    def plain(value: Any) -> Any:
        return repr(value).replace(named, "<it>")

    return [
        *[(v.rule, v.code, v.http_status, plain(v.message), plain(dict(v.facts))) for v in decision.violations],
        *[("event", plain(event)) for event in decision.events],
    ]


def with_id(command: Command[Any], parameter: str, named: str) -> Command[Any]:
    value: Any = (named,) if parameter.endswith("_ids") else named
    return attrs.evolve(command, **{parameter: value})


@pytest.mark.parametrize("operation", [one for one in GENERATORS if set(KINDS) & set(attrs.fields_dict(one))])
def test_a_resource_of_another_account_is_denied_like_an_unknown_id(operation: type[Command[Any]]) -> None:
    compared = 0
    for template in templates(operation):
        for parameter in set(KINDS) & set(attrs.fields_dict(operation)):
            nobodys = told(B.check(with_id(template, parameter, NOBODYS)), NOBODYS)
            for ids in THEIRS.values():  # also of another kind than the parameter's
                for named in ids:
                    theirs = told(B.check(with_id(template, parameter, named)), named)
                    assert theirs == nobodys, f"{operation.__name__}({parameter}={named})"
                    compared += 1
    assert compared > 30


@settings(max_examples=budget(1500))
@given(data=st.data())
def test_several_ids_of_another_account_are_denied_like_unknown_ids(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([one for one in GENERATORS if set(KINDS) & set(attrs.fields_dict(one))]))
    template = data.draw(st.sampled_from(templates(operation)))
    parameters = sorted(set(KINDS) & set(attrs.fields_dict(operation)))
    chosen = data.draw(st.lists(st.sampled_from(parameters), min_size=1, unique=True))
    theirs = nobodys = template
    names: dict[str, str] = {}
    for number, parameter in enumerate(chosen):
        named = data.draw(st.sampled_from(THEIRS[KINDS[parameter]]))
        if named in names:
            return
        names[named] = f"nobodys-{number}"
        theirs, nobodys = with_id(theirs, parameter, named), with_id(nobodys, parameter, names[named])
    region_id = data.draw(st.sampled_from(["cn-hangzhou", "cn-beijing", "cn-elsewhere"]))
    asking = Cloud.as_account(CLOUD, "B")
    asking.region_id = region_id
    before = CLOUD.state_digest()
    answer, expected = repr(told(asking.check(theirs), "\0")), repr(told(asking.check(nobodys), "\0"))
    for named, nobody in names.items():
        answer = answer.replace(named, nobody)
    assert answer == expected
    assert CLOUD.state_digest() == before


def classic_groups() -> tuple[Cloud, Cloud, str, str]:
    cloud = Cloud(clock=ManualClock(BEGIN))
    a, b = cloud.as_account("A"), cloud.as_account("B")
    theirs, own = a.execute(c.CreateSecurityGroup()), b.execute(c.CreateSecurityGroup())
    return a, b, theirs.id, own.id


def test_a_group_of_another_account_is_authorized_by_naming_its_owner() -> None:
    _, b, theirs, own = classic_groups()
    command = c.AuthorizeSecurityGroup(security_group_id=own, source_group_id=theirs)
    assert [v.rule for v in b.check(command).violations] == ["security-group.not-found"]
    for owner in ("B", "C"):
        wrong = attrs.evolve(command, source_account_id=owner)
        assert [v.rule for v in b.check(wrong).violations] == ["security-group.not-found"]
    b.execute(attrs.evolve(command, source_account_id="A"))


def test_a_group_authorized_by_another_account_cannot_be_deleted_and_the_denial_hides_the_other_group() -> None:
    a, b, theirs, own = classic_groups()
    b.execute(c.AuthorizeSecurityGroup(security_group_id=own, source_group_id=theirs, source_account_id="A"))
    (violation,) = a.check(c.DeleteSecurityGroup(security_group_id=theirs)).violations
    assert violation.rule == "security-group.delete.in-use"
    assert own not in repr(violation)
    b.execute(c.RevokeSecurityGroup(security_group_id=own, source_group_id=theirs, source_account_id="A"))
    assert a.check(c.DeleteSecurityGroup(security_group_id=theirs)).allowed


def test_deleting_the_authorizing_group_frees_a_group_of_another_account() -> None:
    a, b, theirs, own = classic_groups()
    b.execute(c.AuthorizeSecurityGroup(security_group_id=own, source_group_id=theirs, source_account_id="A"))
    b.execute(c.DeleteSecurityGroup(security_group_id=own))
    assert a.check(c.DeleteSecurityGroup(security_group_id=theirs)).allowed


def test_a_denied_authorization_hides_the_vpc_of_another_accounts_group() -> None:
    vpc = A.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    theirs = A.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    own = next(group for group in B.security_groups.values() if group.account_id == "B")
    command = c.AuthorizeSecurityGroup(security_group_id=own.id, source_group_id=theirs.id, source_account_id="A")
    (violation,) = B.check(command).violations
    assert violation.rule == "security-group.authorize.vpc"
    assert vpc.id not in repr(violation)
