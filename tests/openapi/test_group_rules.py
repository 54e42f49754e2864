"""Importing the rules of security groups, as DescribeSecurityGroupAttribute describes them."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, InvalidResponse, Severity, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.accounts import network

EVERYTHING = {
    "Direction": "ingress",
    "IpProtocol": "ALL",
    "PortRange": "-1/-1",
    "NicType": "intranet",
    "Policy": "Accept",
    "Priority": "1",
}


def rule(**changes: Any) -> dict[str, Any]:
    """A rule that accepts all traffic of sg-1, with these changes."""
    return {**EVERYTHING, "SourceGroupId": "sg-1", "SourceGroupOwnerAccount": "", "SourceCidrIp": "", **changes}


def rules(*permissions: dict[str, Any], group_id: str = "sg-0", **more: Any) -> dict[str, Any]:
    return {"SecurityGroupId": group_id, "VpcId": "vpc-0", "Permissions": {"Permission": list(permissions)}, **more}


def imported(*answers: dict[str, Any], groups: int = 2) -> Cloud:
    cloud = Cloud()
    cloud.import_resources([*network(groups=groups), *answers])
    assert invariants(cloud) == ()
    return cloud


def authorizes(cloud: Cloud, group_id: str = "sg-0", source_id: str = "sg-1") -> bool:
    """Returns whether a group authorizes another: to ask for it again then records nothing."""
    authorize = c.AuthorizeSecurityGroup(security_group_id=group_id, source_group_id=source_id)
    return cloud.check(authorize).events == ()


def is_in_use(cloud: Cloud, group_id: str = "sg-1") -> bool:
    violations = cloud.check(c.DeleteSecurityGroup(security_group_id=group_id)).violations
    return [violation.rule for violation in violations] == ["security-group.delete.in-use"]


def informed(cloud: Cloud) -> list[str]:
    findings = audit(cloud)
    assert {(one.rule, one.severity) for one in findings} <= {("security-group.other-rules", Severity.Information)}
    return [one.message for one in findings]


def test_rules_that_accept_all_traffic_of_a_group_are_authorizations() -> None:
    cloud = imported(rules(rule()))
    assert authorizes(cloud) and not authorizes(cloud, "sg-1", "sg-0")
    assert is_in_use(cloud) and not is_in_use(cloud, "sg-0")
    assert informed(cloud) == []


def test_groups_may_authorize_each_other_and_themselves() -> None:
    cloud = imported(
        rules(rule(), rule(SourceGroupId="sg-0")),
        rules(rule(SourceGroupId="sg-0"), group_id="sg-1"),
    )
    assert all(authorizes(cloud, *pair) for pair in (("sg-0", "sg-1"), ("sg-1", "sg-0"), ("sg-0", "sg-0")))
    assert is_in_use(cloud, "sg-0") and is_in_use(cloud, "sg-1")


@pytest.mark.parametrize(
    "given",
    [
        rule(IpProtocol="all", Policy="accept", Priority=1),
        rule(SourcePortRange="-1/-1", NicType="", Direction=""),
        {name: value for name, value in rule().items() if name in ("SourceGroupId", "IpProtocol")},
        rule(Priority=None, NicType=None),
    ],
)
def test_a_rule_on_all_traffic_may_be_written_in_several_ways(given: dict[str, Any]) -> None:
    assert authorizes(imported(rules(given)))


@pytest.mark.parametrize(
    "given",
    [
        rule(IpProtocol="TCP", PortRange="22/22"),
        rule(IpProtocol=""),
        rule(NicType="internet"),
        rule(SourcePortRange="80/80"),
        rule(Policy="Drop"),
        {**EVERYTHING, "Direction": "egress", "DestGroupId": "sg-1"},
    ],
)
def test_other_rules_on_a_group_keep_it_in_use_and_are_named(given: dict[str, Any]) -> None:
    cloud = imported(rules(given))
    assert not authorizes(cloud)
    assert is_in_use(cloud)
    assert informed(cloud) == ["sg-0: not modelled: rules on a part of the traffic, or the outgoing traffic, with sg-1"]


@pytest.mark.parametrize(
    ("accepted", "dropped", "authorized"),
    [("1", "2", True), ("2", "1", False), ("1", "1", False), ("1", 100, True)],
)
def test_a_rule_that_drops_wins_at_the_same_or_a_higher_priority(
    accepted: str, dropped: str | int, authorized: bool
) -> None:
    cloud = imported(rules(rule(Priority=accepted), rule(Priority=dropped, Policy="Drop")))
    assert authorizes(cloud) is authorized
    assert is_in_use(cloud)


def test_rules_on_addresses_are_counted_and_named_once() -> None:
    addresses = [{**EVERYTHING, "SourceCidrIp": f"10.0.{n}.0/24", "SecurityGroupRuleId": f"sgr-{n}"} for n in range(3)]
    cloud = imported(rules(*addresses[:2]), rules(*addresses[1:]))
    assert informed(cloud) == ["sg-0: not modelled: 3 rules on addresses"]
    assert not is_in_use(cloud)


def test_rules_that_name_a_group_which_no_response_describes_are_named() -> None:
    cloud = imported(rules(rule(SourceGroupId="sg-far", SourceGroupOwnerAccount="a@example.com")))
    assert informed(cloud) == ["sg-0: not modelled: rules that name sg-far, which no response describes"]


def test_a_group_that_only_its_rules_describe_is_imported_from_there() -> None:
    cloud = imported(rules(rule(), group_id="sg-5", RegionId="cn-hangzhou"))
    assert cloud.security_groups["sg-5"].vpc_id == "vpc-0"
    assert authorizes(cloud, "sg-5")


def test_a_group_of_another_region_is_none_that_rules_can_name() -> None:
    far = {"SecurityGroups": {"SecurityGroup": [{"SecurityGroupId": "sg-far", "RegionId": "cn-beijing"}]}}
    cloud = imported(far, rules(rule(SourceGroupId="sg-far")))
    assert informed(cloud) == ["sg-0: not modelled: rules that name sg-far, which no response describes"]


@pytest.mark.parametrize(
    "empty",
    [
        {"Permissions": None},
        {"Permissions": {}},
        {"Permissions": {"Permission": []}},
        {"InnerAccessPolicy": "Accept"},
        {"InnerAccessPolicy": "", "Permissions": {"Permission": None}},
    ],
)
def test_a_group_without_rules_imports_none(empty: dict[str, Any]) -> None:
    cloud = imported({"SecurityGroupId": "sg-0", **empty})
    assert cloud.security_groups["sg-0"].inner_access_policy == "Accept"
    assert informed(cloud) == []
    assert cloud.history(type="SecurityGroupRulesImported") == ()


def test_a_group_that_isolates_its_members_is_imported_as_such() -> None:
    cloud = imported({"SecurityGroupId": "sg-0", "InnerAccessPolicy": "drop", "Permissions": {}})
    assert [one.inner_access_policy for one in cloud.security_groups.values()] == ["Drop", "Accept"]
    assert informed(cloud) == []


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"Permissions": {"Permission": [rule()]}}, r"responses\[3\].SecurityGroupId: is missing"),
        (rules(rule(SourceGroupId=" ")), r"responses\[3\].Permissions.Permission\[0\].SourceGroupId: ' ' is no id"),
        (rules(rule(IpProtocol=[])), r"responses\[3\].Permissions.Permission\[0\].IpProtocol"),
        ({"SecurityGroupId": "sg-0"}, "not the response of a Describe action"),
    ],
)
def test_what_is_no_such_response_is_refused(answer: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidResponse, match=path):
        imported(answer)


def test_rules_between_groups_that_no_response_describes_are_named() -> None:
    answers = network(groups=2)
    for number, group in enumerate(answers[2]["SecurityGroups"]["SecurityGroup"]):
        group["GroupToGroupRuleCount"] = 1 + number
    cloud = Cloud()
    cloud.import_resources([*answers, rules(rule(), group_id="sg-1")])
    assert informed(cloud) == ["sg-0: not modelled: 1 rule that names groups, of which no response tells"]


def test_a_group_of_an_unknown_type_is_taken_for_a_basic_one_and_named() -> None:
    answers = network()
    answers[2]["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupType"] = "quantum"
    cloud = Cloud()
    cloud.import_resources([*answers, rules({**EVERYTHING, "SourceCidrIp": "0.0.0.0/0"})])
    assert cloud.security_groups["sg-0"].type == "normal"
    assert informed(cloud) == ["sg-0: not modelled: its type quantum is unknown; 1 rule on addresses"]


def test_an_enterprise_group_in_an_authorization_is_imported_and_reported() -> None:
    answers = network(groups=2)
    answers[2]["SecurityGroups"]["SecurityGroup"][1]["SecurityGroupType"] = "enterprise"
    cloud = Cloud()
    cloud.import_resources([*answers, rules(rule())])
    assert [finding.rule for finding in audit(cloud)] == ["security-group.enterprise.authorize"]
    cloud.execute(c.RevokeSecurityGroup(security_group_id="sg-0", source_group_id="sg-1"))
    assert audit(cloud) == ()
