"""Plans: what is malformed is refused whole, what runs is told operation by operation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud, EcsnetError, ManualClock
from ecsnet.plan import Outcome, PlanError, parse_plan, read_plan, run_plan

Entry = dict[str, Any]

NETWORK: list[Entry] = [
    {"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16", "as": "vpc"},
    {"Action": "CreateVSwitch", "VpcId": "$vpc", "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.1.0/24", "as": "vsw"},
    {"Action": "CreateSecurityGroup", "VpcId": "$vpc", "as": "sg"},
    {"Action": "CreateNetworkInterface", "VSwitchId": "$vsw", "SecurityGroupIds": ["$sg"], "as": "eni"},
]
ENI: Entry = {"Action": "CreateNetworkInterface", "VSwitchId": "$vsw", "SecurityGroupIds": ["$sg"]}


def two(**more: Any) -> Entry:
    return {
        "Action": "RunInstances",
        "InstanceType": "ecs.g5.xlarge",
        "VSwitchId": "$vsw",
        "SecurityGroupId": "$sg",
        "Amount": 2,
        "as": "vm",
        **more,
    }


def run(*entries: Entry, cloud: Cloud | None = None) -> list[Outcome]:
    return list(run_plan(parse_plan(json.dumps(entries)), cloud or Cloud()))


def last(*entries: Entry, cloud: Cloud | None = None) -> Outcome:
    return run(*NETWORK, *entries, cloud=cloud)[-1]


def problem(*entries: Entry) -> str:
    with pytest.raises(PlanError) as caught:
        parse_plan(json.dumps([*NETWORK, *entries]), source="net.json")
    (told,) = caught.value.problems
    assert str(caught.value) == f"net.json: {told}"
    return told


# What is malformed


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({}, "entry 5, Action: missing"),
        ({"Action": 1}, "entry 5, Action: must name an action"),
        ({"Action": "CreateVpx"}, "entry 5 (CreateVpx), Action: unknown action 'CreateVpx': did you mean CreateVpc?"),
        ({"Action": "Settel"}, "entry 5 (Settel), Action: unknown action 'Settel': did you mean Settle?"),
        (
            {"Action": "DeleteVpc", "VpcId": "$vcp"},
            "entry 5 (DeleteVpc), VpcId: no earlier entry is named 'vcp': did you mean vpc?",
        ),
        (
            {"Action": "DeleteVpc", "VpcId": "$self", "as": "self"},
            "entry 5 (DeleteVpc), VpcId: no earlier entry is named 'self'",
        ),
        (
            {"Action": "DeleteVpc", "VpcId": "$vpc.cidr"},
            "entry 5 (DeleteVpc), VpcId: $vpc.cidr: Vpc has no attribute 'cidr': did you mean cidr_block?",
        ),
        (
            {"Action": "DeleteVpc", "VpcId": "$vpc.id.0"},
            "entry 5 (DeleteVpc), VpcId: $vpc.id.0: id of Vpc has no '0'",
        ),
        (
            {"Action": "DeleteVpc", "VpcId": "$vpc-1 or so"},
            "entry 5 (DeleteVpc), VpcId: '$vpc-1 or so' is no reference: write $name or $name.attribute "
            "($$ for a plain $)",
        ),
        (
            {**ENI, "PrimaryIpAddress": "$vpc"},
            "entry 5 (CreateNetworkInterface): PrimaryIpAddress must be an IPv4 address, not '$vpc': "
            "Expected 4 octets in '$vpc'",
        ),
        (
            {**ENI, "PrivateIpAddress": ["10.0.1.7", "10.0.1.x"]},
            "entry 5 (CreateNetworkInterface): PrivateIpAddress.N must be an IPv4 address, "
            "not '10.0.1.x': Only decimal digits permitted in 'x' in '10.0.1.x'",
        ),
        (
            {**ENI, "SecurityGroupIds": ["$sg", "$sg"]},
            "entry 5 (CreateNetworkInterface): SecurityGroupIds.N names something twice: $sg, $sg",
        ),
        (
            {**ENI, "QueueNumber": 2},
            "entry 5 (CreateNetworkInterface): QueueNumber is a parameter of the vendor's "
            "CreateNetworkInterface that is not modelled: leave it out",
        ),
        ({**ENI, "expct": "denied"}, "entry 5 (CreateNetworkInterface), expct: unknown field: did you mean expect?"),
        (
            {**ENI, "expect": "refused"},
            'entry 5 (CreateNetworkInterface), expect: must be "allowed", "denied" or {"denied": ["rule.id", ...]}, '
            "not 'refused'",
        ),
        (
            {**ENI, "expect": {"denied": ["interface.detach.stat"]}},
            "entry 5 (CreateNetworkInterface), expect: unknown rule 'interface.detach.stat': "
            "did you mean interface.detach.state?",
        ),
        ({**ENI, "note": 1}, "entry 5 (CreateNetworkInterface), note: must be text, not 1"),
        (
            {**ENI, "as": "vpc"},
            "entry 5 (CreateNetworkInterface), as: 'vpc' names the result of an earlier entry already",
        ),
        (
            {**ENI, "as": "my eni"},
            "entry 5 (CreateNetworkInterface), as: a name has letters, digits, _ and -, and begins with a letter, "
            "unlike 'my eni'",
        ),
        (
            {"Action": "Settle", "Resource": "$eni"},
            "entry 5 (Settle), Resource: unknown parameter: did you mean ResourceId?",
        ),
        ({"Action": "Settle", "ResourceId": 1}, "entry 5 (Settle), ResourceId: must be an id, not 1"),
        ({"Action": "Settle", "as": "s"}, "entry 5 (Settle), as: Settle has no result to name"),
        ({"Action": "Settle", "expect": "denied"}, "entry 5 (Settle), expect: Settle is never denied"),
        ({"Action": "Wiat"}, "entry 5 (Wiat), Action: unknown action 'Wiat': did you mean Wait?"),
        ({"Action": "Wait"}, "entry 5 (Wait): say how long: Seconds, Hours, Days"),
        ({"Action": "Wait", "Hour": 1}, "entry 5 (Wait), Hour: unknown parameter: did you mean Hours?"),
        ({"Action": "Wait", "Hours": "6"}, "entry 5 (Wait), Hours: must be a number above 0, not '6'"),
        ({"Action": "Wait", "Hours": True}, "entry 5 (Wait), Hours: must be a number above 0, not True"),
        ({"Action": "Wait", "Hours": 0}, "entry 5 (Wait), Hours: must be a number above 0, not 0"),
        ({"Action": "Wait", "Hours": 1, "Days": -1}, "entry 5 (Wait), Days: must be a number above 0, not -1"),
        ({"Action": "Wait", "Hours": "$eni.name"}, "entry 5 (Wait), Hours: must be a number above 0, not $eni.name"),
        ({"Action": "Wait", "Days": float("nan")}, "entry 5 (Wait), Days: must be a number above 0, not nan"),
        ({"Action": "Wait", "Days": float("inf")}, "entry 5 (Wait), Days: inf is longer than any time"),
        ({"Action": "Wait", "Seconds": 1e20}, "entry 5 (Wait), Seconds: 1e+20 is longer than any time"),
        ({"Action": "Wait", "Hours": 1, "as": "w"}, "entry 5 (Wait), as: Wait has no result to name"),
        ({"Action": "Wait", "Hours": 1, "expect": "denied"}, "entry 5 (Wait), expect: Wait is never denied"),
    ],
)
def test_a_malformed_plan_names_the_entry_and_field(entry: Entry, told: str) -> None:
    assert problem(entry) == told


def test_a_reference_to_several_results_must_name_one() -> None:
    assert "say which, from $name.0 to $name.1" in problem(two(), {"Action": "StopInstance", "InstanceId": "$vm"})
    assert "there are only 2" in problem(two(), {"Action": "StopInstance", "InstanceId": "$vm.2"})


def test_a_reference_to_a_dry_run_entry_is_refused() -> None:
    judged = {**ENI, "DryRun": True, "as": "never"}
    assert "DryRun" in problem(judged, {"Action": "DeleteNetworkInterface", "NetworkInterfaceId": "$never"})


def test_every_problem_is_reported_without_its_consequences() -> None:
    broken = {"Action": "CreateVpc", "CidrBlock": "banana", "as": "a"}
    follows = {"Action": "CreateVSwitch", "VpcId": "$a", "ZoneId": "z", "CidrBlock": "10.0.1.0/24", "as": "b"}
    also_follows = {"Action": "DeleteVSwitch", "VSwitchId": "$b"}
    other = {"Action": "DeleteVpc"}
    with pytest.raises(PlanError) as caught:
        parse_plan(json.dumps([broken, follows, also_follows, other]))
    assert [told.partition(":")[0] for told in caught.value.problems] == [
        "entry 1 (CreateVpc)",
        "entry 4 (DeleteVpc)",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "not JSON: Expecting value: line 1 column 2"),
        ("1", "a plan is a list"),
        ("[1]", "entry 1: an operation is an object"),
        ('[{"Action": "DeleteVpc", "VpcId": "a", "VpcId": "b"}]', "entry 1 (DeleteVpc), VpcId: given twice"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_text_that_is_not_a_plan_is_refused(text: str, told: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert told in str(caught.value)
    assert isinstance(caught.value, EcsnetError)


def test_an_unreadable_plan_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="No such file"):
        read_plan(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'[{"note": "\xe9"}]')
    with pytest.raises(PlanError, match="UTF-8"):
        read_plan(tmp_path / "latin.json")


# References


def test_a_reference_can_be_an_id_an_attribute_or_an_item() -> None:
    cloud = Cloud()
    outcome = last(
        two(),
        {**ENI, "PrivateIpAddress": ["10.0.1.77", "10.0.1.78"], "as": "rich"},
        {"Action": "AttachNetworkInterface", "NetworkInterfaceId": "$rich", "InstanceId": "$vm.1", "as": "bound"},
        {"Action": "StopInstance", "InstanceId": "$bound.InstanceId"},
        {
            "Action": "UnassignPrivateIpAddresses",
            "NetworkInterfaceId": "$rich.NetworkInterfaceId",
            "PrivateIpAddress": ["$rich.private_ips.2", "$rich.private_ips.1"],
        },
        cloud=cloud,
    )
    assert outcome.verdict == "allowed"
    assert len(outcome.resources[0].private_ips) == 1
    first, second = cloud.instances.values()
    assert (first.status, second.status) == ("Running", "Stopped")


def test_a_reference_to_a_list_yields_the_whole_list() -> None:
    outcome = last({**ENI, "SecurityGroupIds": "$eni.security_group_ids"})
    assert outcome.resources[0].security_group_ids == last().resources[0].security_group_ids


def test_a_reference_uses_the_attributes_at_the_time_of_the_result() -> None:
    outcome = last(
        {"Action": "AssignPrivateIpAddresses", "NetworkInterfaceId": "$eni", "SecondaryPrivateIpAddressCount": 1},
        {
            "Action": "UnassignPrivateIpAddresses",
            "NetworkInterfaceId": "$eni",
            "PrivateIpAddress": ["$eni.private_ips.1"],
        },
    )
    assert outcome.verdict == "skipped"
    assert outcome.reason == "$eni.private_ips.1 is not there: there are only 1, counted from 0"


def test_an_operation_that_refers_to_an_unset_attribute_is_skipped() -> None:
    outcome = last({"Action": "StopInstance", "InstanceId": "$eni.instance_id"})
    assert (outcome.verdict, outcome.reason) == ("skipped", "$eni.instance_id has no value: instance_id is not set")


def test_two_dollar_signs_are_a_literal_one() -> None:
    assert last({**ENI, "Description": "$$5 a month"}).resources[0].description == "$5 a month"


def test_an_operation_whose_references_make_it_invalid_has_the_verdict_invalid() -> None:
    outcome = last(
        {**ENI, "SecurityGroupIds": ["$eni.security_group_ids.0", "$sg"], "expect": "denied"},
    )
    assert outcome.verdict == "invalid"
    assert not outcome.as_expected
    assert outcome.reason is not None
    assert "SecurityGroupIds.N names something twice" in outcome.reason


def test_operations_that_refer_to_a_denied_one_are_skipped_transitively() -> None:
    outcomes = run(
        *NETWORK,
        {**ENI, "PrimaryIpAddress": "172.16.0.1", "as": "outside", "expect": "denied"},
        {"Action": "DeleteNetworkInterface", "NetworkInterfaceId": "$outside", "as": "gone", "expect": "denied"},
        {"Action": "DeleteNetworkInterface", "NetworkInterfaceId": "$gone"},
    )
    assert [outcome.verdict for outcome in outcomes[-3:]] == ["denied", "skipped", "skipped"]
    assert [outcome.as_expected for outcome in outcomes[-3:]] == [True, False, False]
    assert outcomes[-2].reason == "$outside has no result: entry 5 was denied"
    assert outcomes[-1].reason == "$gone has no result: entry 6 was skipped"


# Running


def test_an_allowed_operation_has_its_resources_and_events() -> None:
    cloud = Cloud()
    outcomes = run(*NETWORK, cloud=cloud)
    assert [outcome.verdict for outcome in outcomes] == ["allowed"] * 4
    assert outcomes[-1].resources == tuple(cloud.network_interfaces.values())
    assert [event for outcome in outcomes for event in outcome.events] == [record.event for record in cloud.history()]


@pytest.mark.parametrize(
    ("expect", "as_expected"),
    [
        ("denied", True),
        ("allowed", False),
        ({"denied": ["interface.detach.state", "instance.not-found"]}, True),
        ({"denied": ["instance.not-found"]}, False),
        ({"denied": "instance.not-found"}, False),
    ],
)
def test_a_denial_is_compared_with_the_expectation(expect: object, as_expected: bool) -> None:
    entry = {"Action": "DetachNetworkInterface", "NetworkInterfaceId": "$eni", "InstanceId": "i-none", "expect": expect}
    outcome = last(entry)
    assert [violation.rule for violation in outcome.violations] == ["instance.not-found", "interface.detach.state"]
    assert outcome.as_expected is as_expected


def test_an_allowed_operation_that_was_expected_to_be_denied_is_not_as_expected() -> None:
    assert not last({**ENI, "expect": "denied"}).as_expected


def test_an_entry_with_dry_run_is_checked_without_recording() -> None:
    cloud = Cloud()
    outcome = last({"Action": "DeleteNetworkInterface", "NetworkInterfaceId": "$eni", "DryRun": "true"}, cloud=cloud)
    assert (outcome.verdict, outcome.judged, outcome.resources) == ("allowed", True, ())
    assert [type(event).__name__ for event in outcome.events] == ["NetworkInterfaceDeleted"]
    assert len(cloud.network_interfaces) == 1


def test_a_repeated_client_token_returns_the_first_result_and_records_nothing() -> None:
    again = {**ENI, "ClientToken": "once"}
    outcomes = run(*NETWORK, again, again, {**again, "Description": "another"})[-3:]
    assert outcomes[0].resources == outcomes[1].resources
    assert [type(event).__name__ for event in outcomes[0].events] == ["NetworkInterfaceCreated", "ClientTokenUsed"]
    assert outcomes[1].events == ()
    assert [violation.rule for violation in outcomes[2].violations] == ["request.client-token"]


def test_a_settle_entry_reports_the_settled_resources() -> None:
    cloud = Cloud(settle_after="manual")
    outcomes = run(NETWORK[0], {"Action": "Settle", "ResourceId": "$vpc"}, {"Action": "Settle"}, cloud=cloud)
    assert outcomes[-3].resources[0].status == "Pending"
    assert outcomes[-2].resources[0].status == "Available"
    assert [type(event).__name__ for event in outcomes[-2].events] == ["VpcCreateCompleted"]
    assert (outcomes[-1].verdict, outcomes[-1].resources, outcomes[-1].events) == ("allowed", (), ())


def test_a_settle_entry_lets_a_transition_fail() -> None:
    settle = {"Action": "Settle"}
    delete = {"Action": "DeleteNetworkInterface", "NetworkInterfaceId": "$eni"}
    stuck = {"Action": "Settle", "ResourceId": "$eni", "Outcome": "stuck"}
    operations = (NETWORK[0], settle, NETWORK[1], settle, *NETWORK[2:], delete)
    cloud = Cloud(settle_after="manual")
    outcomes = run(*operations, stuck, {**stuck, "Outcome": "failed"}, cloud=cloud)
    assert [type(event).__name__ for event in outcomes[-2].events] == ["NetworkInterfaceStuck"]
    assert outcomes[-1].verdict == "invalid"
    assert "is completed or stuck, never failed" in str(outcomes[-1].reason)


def test_an_unknown_outcome_of_a_settle_entry_is_malformed() -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan('[{"Action": "Settle", "Outcome": "broken"}]')
    assert caught.value.problems == ("entry 1 (Settle), Outcome: must be completed or failed or stuck, not 'broken'",)


START = datetime(2019, 3, 11, tzinfo=UTC)


def test_a_wait_entry_moves_the_clock_and_records_nothing() -> None:
    clock = ManualClock(START)
    cloud = Cloud(clock=clock)
    plan = parse_plan(
        json.dumps(
            [*NETWORK, {"Action": "Wait", "Days": 1, "Hours": 2.5, "Seconds": 1}, {**ENI, "as": "later"}],
        )
    )
    *_, waited, later = run_plan(plan, cloud)
    assert (waited.verdict, waited.resources, waited.events, waited.as_expected) == ("allowed", (), (), True)
    assert waited.moment == START + timedelta(days=1, hours=2.5, seconds=1) == clock()
    assert later.resources[0].created_at == waited.moment
    assert later.moment is None


def test_a_wait_entry_makes_transitions_due() -> None:
    clock = ManualClock(START)
    cloud = Cloud(clock=clock, settle_after=timedelta(seconds=5))
    wait: Entry = {"Action": "Wait", "Seconds": 5}
    *_, waited, settled = run_plan(parse_plan(json.dumps([*NETWORK, wait, {"Action": "Settle"}])), cloud)
    assert waited.events == ()
    assert [resource.status for resource in settled.resources] == ["Available"]


def test_a_wait_entry_without_a_manual_clock_is_refused_before_anything_runs() -> None:
    cloud = Cloud()
    with pytest.raises(PlanError) as caught:
        run_plan(parse_plan(json.dumps([*NETWORK, {"Action": "Wait", "Hours": 1}]), source="net.json"), cloud)
    assert str(caught.value) == "net.json: entry 5 (Wait): needs a clock that can be moved"
    assert cloud.history() == ()


def test_a_wait_beyond_the_calendar_is_invalid_and_the_plan_continues() -> None:
    clock = ManualClock(START)
    plan = parse_plan(json.dumps([{"Action": "Wait", "Days": 4_000_000}, *NETWORK]))
    far, *rest = run_plan(plan, Cloud(clock=clock))
    assert (far.verdict, far.reason) == ("invalid", "the calendar ends with the year 9999")
    assert clock() == START
    assert {outcome.verdict for outcome in rest} == {"allowed"}


def test_a_plan_continues_from_the_state_of_a_store(tmp_path: Path) -> None:
    path = tmp_path / "net.db"
    with Cloud(path) as cloud:
        eni = run(*NETWORK, cloud=cloud)[-1].resources[0]
    with Cloud(path) as cloud:
        (outcome,) = run({"Action": "DeleteNetworkInterface", "NetworkInterfaceId": eni.id}, cloud=cloud)
        assert outcome.verdict == "allowed"
        assert not cloud.network_interfaces
