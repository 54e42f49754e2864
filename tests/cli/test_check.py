"""``ecsnet check``: plans against a described network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ecsnet.cli import main
from tests.support import held
from tests.support.accounts import LATER_TYPE, instance_types, limits, network, of_a_later_type
from tests.support.describe import describe
from tests.support.net import Net


@pytest.fixture
def net() -> Net:
    net = Net()
    net.attached(net.run(), network_interface_name="web-1")
    return net


def check(folder: Path, answers: list[Any], plan: list[dict[str, Any]], *options: str) -> Result:
    files = []
    for number, answer in enumerate(answers):
        files.append(folder / f"answer-{number}.json")
        files[-1].write_text(json.dumps(answer), encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    return CliRunner().invoke(main, ["check", *map(str, files), str(folder / "plan.json"), *options])


def test_check_applies_a_plan_to_the_described_network(net: Net, tmp_path: Path) -> None:
    (web,) = net.cloud.network_interfaces.where(name="web-1")
    plan = [
        {"Action": "DeleteNetworkInterface", "NetworkInterfaceId": web.id, "expect": "denied"},
        {"Action": "DetachNetworkInterface", "NetworkInterfaceId": web.id, "InstanceId": web.instance_id},
        {"Action": "DeleteNetworkInterface", "NetworkInterfaceId": web.id},
    ]
    result = check(tmp_path, describe(net.cloud), plan)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "imported 6 resources"
    assert "denied: interface.delete.state" in lines[1]
    assert lines[-1] == "3 operations: 1 denied, 2 allowed; nothing was recorded; all as expected"


def test_check_lists_the_contradictions_of_the_described_network(net: Net, tmp_path: Path) -> None:
    answers = describe(net.cloud)
    answers[4]["NetworkInterfaceSets"]["NetworkInterfaceSet"][1]["SecurityGroupIds"] = {}
    result = check(tmp_path, [answers], [], "--json")
    assert result.exit_code == 0
    (imported, summary) = [json.loads(line) for line in result.output.splitlines()]
    assert imported["imported"] == 6
    assert [finding["rule"] for finding in imported["findings"]] == ["interface.security-groups.count"]
    assert summary["as_expected"]
    plain = check(tmp_path, [answers], [])
    assert "they contradict the rules:" in plain.output
    assert "interface.security-groups.count" in plain.output


def test_check_lists_what_is_held_apart_and_exits_0(tmp_path: Path) -> None:
    plan = [{"Action": "DeleteNetworkInterface", "NetworkInterfaceId": held.MANAGED, "expect": "denied"}]
    result = check(tmp_path, held.responses(), plan)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[:2] == ["imported 10 resources", "3 of them are held, or in use by what is not described:"]
    assert lines[2] == f"  interface.held: {held.TRUNK} is held: its type is Trunk"
    assert "contradict" not in result.output
    told = check(tmp_path, held.responses(), plan, "--json").output.splitlines()
    assert [finding["severity"] for finding in json.loads(told[0])["findings"]] == ["information"] * 3


def test_check_sums_up_what_is_in_a_vpc_that_is_not_described_by_the_reason(tmp_path: Path) -> None:
    plan = [{"Action": "DeleteSecurityGroup", "SecurityGroupId": "sg-other", "expect": "denied"}]
    result = check(tmp_path, held.responses()[1:3], plan)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[2:5] == [
        f"  vpc.held: {held.VPC} is held: no response describes it",
        f"  vswitch.held: {held.VSWITCH} is held: it is in {held.VPC}, which no response describes",
        f"  security-group.held: {held.GROUP}, sg-other is held: it is in {held.VPC}, which no response describes",
    ]


def test_check_exits_1_when_an_outcome_is_not_as_expected(net: Net, tmp_path: Path) -> None:
    assert check(tmp_path, describe(net.cloud), [{"Action": "DeleteVpc", "VpcId": net.vpc.id}]).exit_code == 1


def test_a_malformed_answer_names_its_file_and_path(net: Net, tmp_path: Path) -> None:
    answers = describe(net.cloud)
    answers[1]["VSwitches"]["VSwitch"][0]["CidrBlock"] = 7
    result = check(tmp_path, answers, [])
    assert result.exit_code == 2
    assert "answer-1.json[0].VSwitches.VSwitch[0].CidrBlock: Expected `str`, got `int`" in result.output


def test_an_unreadable_file_exits_2(net: Net, tmp_path: Path) -> None:
    missing = CliRunner().invoke(main, ["check", str(tmp_path / "none.json"), str(tmp_path / "plan.json")])
    assert missing.exit_code == 2
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "plan.json").write_text("[]")
    bad = CliRunner().invoke(main, ["check", str(tmp_path / "bad.json"), str(tmp_path / "plan.json")])
    assert bad.exit_code == 2
    assert "bad.json: not JSON" in bad.output
    gone = CliRunner().invoke(main, ["check", str(tmp_path / "none.json"), str(tmp_path / "plan.json")])
    assert "none.json: cannot be read" in gone.output


def test_check_refuses_a_plan_with_a_wait(net: Net, tmp_path: Path) -> None:
    result = check(tmp_path, describe(net.cloud), [{"Action": "Wait", "Hours": 1}])
    assert result.exit_code == 2
    assert "a real network goes by the real clock" in result.output


def test_instance_types_are_read_from_a_file(tmp_path: Path) -> None:
    types = tmp_path / "types.json"
    types.write_text(json.dumps(instance_types(limits())), encoding="utf-8")
    attach = [{"Action": "AttachNetworkInterface", "NetworkInterfaceId": "eni-2", "InstanceId": "i-0"}]
    assert check(tmp_path, of_a_later_type(), attach).exit_code == 1
    assert check(tmp_path, of_a_later_type(), attach, "--instance-types", str(types)).exit_code == 0
    assert check(tmp_path, of_a_later_type(instance_types(limits())), attach).exit_code == 0


def test_a_plan_runs_with_instance_types_from_a_file(tmp_path: Path) -> None:
    types, plan = tmp_path / "types.json", tmp_path / "plan.json"
    types.write_text(json.dumps([instance_types(limits()), instance_types(limits("ecs.u1-c1m2.large"))]), "utf-8")
    run = {"Action": "RunInstances", "InstanceType": LATER_TYPE, "VSwitchId": "$vsw", "SecurityGroupId": "$sg"}
    steps = [
        {"as": "vpc", "Action": "CreateVpc", "CidrBlock": "10.0.0.0/16"},
        {
            "as": "vsw",
            "Action": "CreateVSwitch",
            "VpcId": "$vpc",
            "ZoneId": "cn-hangzhou-b",
            "CidrBlock": "10.0.1.0/24",
        },
        {"as": "sg", "Action": "CreateSecurityGroup", "VpcId": "$vpc"},
        run,
    ]
    plan.write_text(json.dumps(steps), encoding="utf-8")
    refused = CliRunner().invoke(main, ["run", str(plan)])
    assert refused.exit_code == 1
    assert f"the instance type {LATER_TYPE} is unknown" in refused.output
    assert CliRunner().invoke(main, ["run", str(plan), "--instance-types", str(types)]).exit_code == 0


def test_a_file_without_instance_types_is_refused_by_name(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(network()), encoding="utf-8")
    result = check(tmp_path, network(), [], "--instance-types", str(wrong))
    assert result.exit_code == 2
    assert f"{wrong}[0]: not the response of DescribeInstanceTypes" in result.output


def test_what_is_held_and_unknown_is_summed_up(tmp_path: Path) -> None:
    """Of seven ENIs that are held for one reason, five are named; nothing of it changes the exit code."""
    answers = held.responses(instance={"InstanceType": LATER_TYPE})
    answers[4]["NetworkInterfaceSets"]["NetworkInterfaceSet"] += [
        held.interface(f"eni-member-{number}", 100 + number, Type="Member", Status="InUse", InstanceId="i-gone")
        for number in range(7)
    ]
    answers[1]["VSwitches"]["VSwitch"] += [
        {**answers[1]["VSwitches"]["VSwitch"][0], "VSwitchId": f"vsw-{n}", "CidrBlock": f"10.0.{n}.0/24"}
        for n in range(30)
    ]
    stop = [{"Action": "StopInstance", "InstanceId": held.INSTANCE}]
    result = check(tmp_path, answers, stop)
    assert result.exit_code == 0
    named = ", ".join(f"eni-member-{number}" for number in range(5))
    reason = "its type is Member; it is on i-gone, which no response describes"
    assert f"  interface.held: {named} and 2 more, each is held: {reason}\n" in result.output
    assert "eni-member-5" not in result.output
    assert f"unknown instance types, of which only what their instances have is known: {LATER_TYPE}\n" in result.output
    assert "unknown quotas, of which more is described than the default: vswitches-per-vpc\n" in result.output
    (first, *_) = check(tmp_path, answers, stop, "--json").output.splitlines()
    summary = json.loads(first)
    assert len([one for one in summary["findings"] if one["rule"] == "interface.held"]) == 9
    assert (summary["unknown_instance_types"], summary["unknown_quotas"]) == ([LATER_TYPE], ["vswitches-per-vpc"])
    current = check(tmp_path, answers, stop, "--edition", "current").output
    assert "unknown quotas" not in current


def test_many_different_reasons_are_cut_off(tmp_path: Path) -> None:
    answers = held.responses()
    answers[4]["NetworkInterfaceSets"]["NetworkInterfaceSet"] += [
        held.interface(f"eni-far-{number}", 100 + number, Status="InUse", InstanceId=f"i-far-{number}")
        for number in range(30)
    ]
    result = check(tmp_path, answers, [])
    assert "  and 13 more lines; --json has all\n" in result.output


def test_a_described_transition_is_judged_as_it_is_described(tmp_path: Path) -> None:
    answers = held.responses()
    answers[4]["NetworkInterfaceSets"]["NetworkInterfaceSet"][-1].update(Status="Deleting")
    delete = [{"Action": "DeleteVSwitch", "VSwitchId": held.VSWITCH, "expect": "denied"}]
    attach = {"Action": "AttachNetworkInterface", "NetworkInterfaceId": held.OWN, "InstanceId": held.INSTANCE}
    result = check(tmp_path, answers, [*delete, {**attach, "expect": "denied"}])
    assert result.exit_code == 0
    assert f"{held.OWN} is Deleting" in result.output
