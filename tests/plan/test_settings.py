"""A plan that is an object says what its cloud must be like, and the options of the command line override it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ecsnet import Cloud
from ecsnet.cli import main
from ecsnet.commands import CreateVpc
from ecsnet.plan import PlanError, parse_plan

VPC = {"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16", "as": "vpc"}
ENI = [
    VPC,
    {"Action": "CreateVSwitch", "VpcId": "$vpc", "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.1.0/24", "as": "vsw"},
    {"Action": "CreateSecurityGroup", "VpcId": "$vpc", "as": "sg"},
    {"Action": "CreateNetworkInterface", "VSwitchId": "$vsw", "SecurityGroupIds": ["$sg"], "as": "eni"},
]


def problems(plan: Any) -> tuple[str, ...]:
    with pytest.raises(PlanError) as caught:
        parse_plan(json.dumps(plan), source="net.json")
    return caught.value.problems


def ecsnet(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def written(folder: Path, plan: Any) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def test_a_plan_that_is_a_list_has_no_settings() -> None:
    plan = parse_plan(json.dumps([VPC]))
    assert (plan.start, plan.settle_after, plan.account_id, plan.edition) == (None, None, None, None)
    assert parse_plan(json.dumps({"operations": [VPC]})) == plan


def test_a_plan_object_sets_its_start_settle_after_and_account() -> None:
    text = {"start": "2019-03-11T08:00:00+08:00", "settle_after": 1.5, "account_id": "42", "operations": [VPC]}
    plan = parse_plan(json.dumps(text))
    assert plan.start == datetime(2019, 3, 11, tzinfo=UTC)
    assert plan.start.tzinfo is UTC
    assert plan.settle_after == timedelta(seconds=1.5)
    assert plan.account_id == "42"
    assert [operation.action for operation in plan.operations] == ["CreateVpc"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            {"AttachNetworkInterface": 3, "DeleteInstance": "manual", "default": "0.5"},
            {
                "AttachNetworkInterface": timedelta(seconds=3),
                "DeleteInstance": "manual",
                "default": timedelta(seconds=0.5),
            },
        ),
        (0, timedelta(0)),
        ("0", timedelta(0)),
        ("2.5", timedelta(seconds=2.5)),
        ("manual", "manual"),
    ],
)
def test_settle_after_is_a_number_its_text_or_manual(written: Any, meant: Any) -> None:
    assert parse_plan(json.dumps({"settle_after": written, "operations": []})).settle_after == meant


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("start", "2019-03-11", "must be an ISO 8601 time with its time zone, such as 2019-03-11T08:00:00+08:00"),
        ("start", "noon", "not 'noon'"),
        ("start", 20190311, "not 20190311"),
        ("start", None, "not None"),
        ("start", "0001-01-01T00:00:00+08:00", "must be an ISO 8601 time"),
        ("settle_after", "soon", "must be a number of seconds from 0 to 10,000 days, or 'manual', not 'soon'"),
        ("settle_after", -1, "not -1"),
        ("settle_after", True, "not True"),
        ("settle_after", [1], "not [1]"),
        ("settle_after", float("nan"), "not nan"),
        ("settle_after", 10**400, "must be a number of seconds"),
        ("settle_after", 864_000_001, "not 864000001"),
        ("account_id", 42, "must be a non-empty string, not 42"),
        ("account_id", "a/b", "must not have a slash, unlike 'a/b'"),
        ("edition", "2020", "must be one of 2019-03, current"),
        ("edition", None, "must be one of 2019-03, current"),
        ("edition", ["current"], "must be one of 2019-03, current"),
    ],
)
def test_an_invalid_setting_is_refused_with_its_key(key: str, value: Any, told: str) -> None:
    (problem,) = problems({key: value, "operations": [VPC]})
    assert problem.startswith(f"{key}: must ")
    assert told in problem


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ({"strat": "2019-03-11T00:00:00Z", "operations": []}, "strat: unknown key: did you mean start?"),
        ({"settleAfter": 1, "operations": []}, "settleAfter: unknown key: did you mean settle_after?"),
        ({"x\n": 1, "operations": []}, "'x\\n': unknown key"),
        ({}, "operations: missing"),
        ({"operations": {}}, "operations: must be a list, [{...}, {...}], not {}"),
        ({"operations": [{"Action": "CreateVpx"}]}, "entry 1 (CreateVpx), Action: unknown action 'CreateVpx'"),
    ],
)
def test_an_object_that_is_not_a_plan_is_refused(plan: Any, told: str) -> None:
    (problem,) = problems(plan)
    assert problem.startswith(told)


def test_a_key_that_is_given_twice_is_refused() -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan('{"account_id": "1", "account_id": "2", "operations": []}')
    assert caught.value.problems == ("account_id: given twice",)


def test_problems_of_the_settings_and_of_the_operations_are_reported_together() -> None:
    told = problems({"start": "noon", "operation": 1, "operations": [{"Action": 1}]})
    assert [problem.partition(":")[0] for problem in told] == ["start", "operation", "entry 1, Action"]


def test_run_uses_the_settings_of_the_plan_file(tmp_path: Path) -> None:
    store = tmp_path / "net.db"
    settings = {"start": "2019-03-11T00:00:00Z", "settle_after": "manual", "account_id": "42"}
    wait = {"Action": "Wait", "Hours": 6}
    result = ecsnet("run", written(tmp_path, {**settings, "operations": [VPC, wait]}), "--store", store)
    assert result.exit_code == 0, result.output
    assert "VpcCreateRequested" in result.stdout
    assert "Wait until 2019-03-11 06:00:00Z" in result.stdout
    with Cloud(store, settle_after="manual") as cloud:
        assert {record.recorded_at for record in cloud.history()} == {datetime(2019, 3, 11, tzinfo=UTC)}
        assert {vpc.account_id for vpc in cloud.vpcs.values()} == {"42"}


def test_the_options_override_the_file(tmp_path: Path) -> None:
    store = tmp_path / "net.db"
    settings = {"start": "2019-03-11T00:00:00Z", "settle_after": "manual", "account_id": "42"}
    options = ["--start", "2020-01-01", "--settle-after", "0", "--account-id", "43"]
    result = ecsnet("run", written(tmp_path, {**settings, "operations": ENI}), "--store", store, *options)
    assert result.exit_code == 0, result.output
    assert "Requested" not in result.stdout
    with Cloud(store) as cloud:
        assert {record.recorded_at for record in cloud.history()} == {datetime(2020, 1, 1, tzinfo=UTC)}
        assert {vpc.account_id for vpc in cloud.vpcs.values()} == {"43"}


def test_a_malformed_setting_runs_nothing(tmp_path: Path) -> None:
    store = tmp_path / "net.db"
    path = written(tmp_path, {"start": "noon", "settle_afer": 1, "operations": ENI})
    result = ecsnet("run", path, "--store", store)
    assert (result.exit_code, result.stdout) == (2, "")
    first, second = result.stderr.splitlines()
    assert first.startswith(f"ecsnet: {path}: start: must be an ISO 8601 time")
    assert second == f"ecsnet: {path}: settle_afer: unknown key: did you mean settle_after?"
    assert not store.exists()


def described(folder: Path) -> Path:
    path = folder / "vpcs.json"
    vpc = {"VpcId": "vpc-1", "RegionId": "cn-hangzhou", "CidrBlock": "10.0.0.0/16"}
    path.write_text(json.dumps({"Vpcs": {"Vpc": [vpc]}}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("options", "account"), [([], "42"), (["--account-id", "43"], "43")])
def test_check_uses_the_account_of_the_plan_or_of_the_options(options: list[str], account: str, tmp_path: Path) -> None:
    plan = written(tmp_path, {"account_id": "42", "operations": [VPC]})
    result = ecsnet("check", described(tmp_path), plan, "--json", *options)
    assert f'"account_id":"{account}"' in result.stdout


@pytest.mark.parametrize(("options", "edition"), [([], "current"), (["--edition", "2019-03"], "2019-03")])
def test_run_uses_the_edition_of_the_plan_or_of_the_options(options: list[str], edition: str, tmp_path: Path) -> None:
    store = tmp_path / "net.db"
    plan = written(tmp_path, {"edition": "current", "operations": [VPC]})
    assert ecsnet("run", plan, "--store", store, *options).exit_code == 0
    with Cloud(store) as cloud:
        assert cloud.edition == edition


def test_a_plan_of_another_edition_than_that_of_the_history_is_not_run(tmp_path: Path) -> None:
    store = tmp_path / "net.db"
    with Cloud(store, edition="2019-03") as cloud:
        cloud.execute(CreateVpc(cidr_block="10.0.0.0/16"))
        position = cloud.position
    plan = written(tmp_path, {"edition": "current", "operations": [VPC]})
    assert ecsnet("run", plan, "--store", store).exit_code == 2
    with Cloud(store) as cloud:
        assert cloud.position == position


def test_check_judges_by_the_edition_of_the_plan(tmp_path: Path) -> None:
    for edition, code in (("2019-03", 1), ("current", 0)):
        addresses = [f"10.0.1.{number}" for number in range(10, 40)]
        assign = {"Action": "AssignPrivateIpAddresses", "NetworkInterfaceId": "$eni", "PrivateIpAddress": addresses}
        plan = written(tmp_path, {"edition": edition, "operations": [*ENI, assign]})
        result = ecsnet("check", described(tmp_path), plan)
        assert result.exit_code == code, result.output


def test_a_check_settles_as_the_plan_says(tmp_path: Path) -> None:
    for settle_after, event in (("manual", "VpcCreateRequested"), ({"DeleteVpc": "manual"}, "VpcCreated")):
        plan = written(tmp_path, {"settle_after": settle_after, "operations": [VPC]})
        assert f"would record {event}\n" in ecsnet("check", described(tmp_path), plan).stdout


def test_a_check_of_a_real_network_refuses_a_start(tmp_path: Path) -> None:
    plan = written(tmp_path, {"start": "2019-03-11T00:00:00Z", "operations": []})
    result = ecsnet("check", described(tmp_path), plan)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"ecsnet: {plan}: start: a real network goes by the real clock\n"
