"""The command line: its output, the events it records, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ecsnet import Cloud, rulebook, rules
from ecsnet.cli import main
from ecsnet.commands import CreateSecurityGroup, CreateVpc
from tests.support import small_account

NETWORK: list[dict[str, Any]] = [
    {"note": "the ground [of it]", "Action": "CreateVpc", "CidrBlock": "10.0.0.0/16", "as": "vpc"},
    {"Action": "CreateVSwitch", "VpcId": "$vpc", "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.1.0/24", "as": "vsw"},
    {"Action": "CreateSecurityGroup", "VpcId": "$vpc", "as": "sg"},
    {
        "Action": "RunInstances",
        "InstanceType": "ecs.g5.xlarge",
        "VSwitchId": "$vsw",
        "SecurityGroupId": "$sg",
        "as": "vm",
    },
    {
        "Action": "CreateNetworkInterface",
        "VSwitchId": "$vsw",
        "SecurityGroupId": "$sg",
        "SecondaryPrivateIpAddressCount": 1,
        "NetworkInterfaceName": "loose",
        "as": "eni",
    },
]
DENIED = {
    "Action": "DetachNetworkInterface",
    "NetworkInterfaceId": "$vm.primary_network_interface_id",
    "InstanceId": "i-elsewhere",
}


def ecsnet(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return written(tmp_path, NETWORK)


@pytest.fixture
def store(tmp_path: Path, plan: Path) -> Path:
    path = tmp_path / "net.db"
    assert ecsnet("run", plan, "--store", path).exit_code == 0
    return path


def written(folder: Path, entries: object) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def values(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# run


def test_run_prints_a_line_for_each_operation_and_a_summary(plan: Path) -> None:
    result = ecsnet("run", plan)
    note, *lines, summary = result.stdout.splitlines()
    assert note == "# the ground [of it]"
    assert [line.split()[:3] for line in lines] == [
        [str(number), "ok", entry["Action"]] for number, entry in enumerate(NETWORK, start=1)
    ]
    assert "$vpc = vpc-" in lines[0]
    assert lines[0].endswith("recorded VpcCreated")
    assert summary == "5 operations: 5 allowed; all as expected"
    assert (result.exit_code, result.stderr) == (0, "")


def test_run_prints_every_violation_with_rule_code_and_message(tmp_path: Path) -> None:
    result = ecsnet("run", written(tmp_path, [*NETWORK, {**DENIED, "expect": "denied"}]))
    assert result.exit_code == 0
    line = result.stdout.splitlines()[-2]
    assert "  6 ok DetachNetworkInterface denied: instance.not-found (InvalidEcsId.NotFound): there is no" in line
    assert "; interface.detach.primary (InvalidOperation.DetachPrimaryEniNotAllowed): eni-" in line


def test_run_exits_1_when_an_outcome_is_not_as_expected(tmp_path: Path) -> None:
    result = ecsnet("run", written(tmp_path, [*NETWORK, DENIED, {**NETWORK[0], "as": "b", "expect": "denied"}]))
    assert result.exit_code == 1
    *_, unexpected, allowed, summary = [line for line in result.stdout.splitlines() if line[0] != "#"]
    assert " 6 !! DetachNetworkInterface denied: " in unexpected
    assert unexpected.endswith("[expected: allowed]")
    assert allowed.endswith("[expected: denied]")
    assert summary == "7 operations: 6 allowed, 1 denied; not as expected: 6, 7"


def test_run_json_prints_a_value_for_each_operation_and_a_summary(tmp_path: Path) -> None:
    *operations, summary = values(
        ecsnet("run", written(tmp_path, [*NETWORK, {**DENIED, "expect": {"denied": "instance.not-found"}}]), "--json")
    )
    assert [value["action"] for value in operations] == [entry["Action"] for entry in [*NETWORK, DENIED]]
    made = operations[4]
    assert made["resources"][0]["name"] == "loose"
    assert made["events"][0]["kind"] == "NetworkInterfaceCreated"
    assert made["events"][0]["network_interface_id"] == made["resources"][0]["id"]
    assert (made["outcome"], made["expect"], made["as_expected"], made["recorded"]) == (
        "allowed",
        "allowed",
        True,
        True,
    )
    denied = operations[5]
    assert [violation["rule"] for violation in denied["violations"]] == [
        "instance.not-found",
        "interface.detach.primary",
    ]
    assert denied["violations"][0]["http_status"] == 404
    assert denied["expect"] == {"denied": ["instance.not-found"]}
    assert (denied["as_expected"], denied["recorded"]) == (False, False)
    assert summary == {
        "summary": {"operations": 6, "allowed": 5, "denied": 1, "skipped": 0, "invalid": 0},
        "not_as_expected": [6],
        "as_expected": False,
        "dry_run": False,
    }


def test_a_skipped_operation_is_printed_with_its_reason(tmp_path: Path) -> None:
    entries = [*NETWORK, {**DENIED, "as": "x"}, {"Action": "DeleteNetworkInterface", "NetworkInterfaceId": "$x"}]
    result = ecsnet("run", written(tmp_path, entries))
    assert result.exit_code == 1
    line = result.stdout.splitlines()[-2]
    assert "DeleteNetworkInterface skipped: $x has no result: entry 6 was denied" in line


def test_a_dry_run_prints_every_verdict_and_records_nothing(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.db"
    result = ecsnet("run", plan, "--store", path, "--dry-run")
    assert result.exit_code == 0
    assert "would record InstanceLaunched" in result.stdout
    assert result.stdout.endswith("5 operations: 5 allowed; nothing was recorded; all as expected\n")
    assert not path.exists()


def test_a_dry_run_starts_from_the_state_of_the_store(plan: Path, store: Path) -> None:
    before = store.read_bytes()
    *operations, summary = values(ecsnet("run", plan, "--store", store, "--dry-run", "--json"))
    with Cloud(store) as cloud:
        (vpc,) = cloud.vpcs.values()
    assert operations[0]["resources"][0]["id"] != vpc.id
    assert not any(value["recorded"] for value in operations)
    assert summary["dry_run"] is True
    assert store.read_bytes() == before


def test_an_entry_with_dry_run_prints_the_events_it_would_record(tmp_path: Path) -> None:
    result = ecsnet("run", written(tmp_path, [{**NETWORK[0], "DryRun": True}]))
    assert "CreateVpc allowed; would record VpcCreated" in result.stdout


def test_under_manual_settling_a_plan_settles_by_its_own_steps(tmp_path: Path) -> None:
    path = written(tmp_path, [NETWORK[0], {"Action": "Settle", "ResourceId": "$vpc"}])
    result = ecsnet("run", path, "--settle-after", "manual")
    assert "(Pending, 10.0.0.0/16); recorded VpcCreateRequested" in result.stdout
    assert "recorded VpcCreateCompleted" in result.stdout
    assert "Pending" in ecsnet("run", path, "--settle-after", "3600").stdout
    assert "Pending" not in ecsnet("run", path, "--settle-after", "0").stdout
    assert "Pending" in ecsnet("run", path, "--settle-after", "CreateVpc=3600,DeleteInstance=manual").stdout
    assert "Pending" not in ecsnet("run", path, "--settle-after", "DeleteInstance=manual").stdout


def test_an_unknown_operation_in_settle_after_exits_2_with_the_nearest_one(plan: Path) -> None:
    result = ecsnet("run", plan, "--settle-after", "CreateVpcs=1")
    assert result.exit_code == 2
    assert "no operation 'CreateVpcs' takes time: did you mean CreateVpc?" in result.stderr


@pytest.mark.parametrize("pace", ["soon", "-1", "nan", "inf", "1e300", "CreateVpc=soon", "CreateVpc="])
def test_an_invalid_settle_after_option_exits_2(plan: Path, pace: str) -> None:
    result = ecsnet("run", plan, "--settle-after", pace)
    assert result.exit_code == 2
    assert "must be a number of seconds from 0 to 10,000 days, or 'manual'" in result.stderr


def test_run_starts_at_the_given_time_and_applies_waits(tmp_path: Path) -> None:
    path = written(tmp_path, [*NETWORK, {"Action": "Wait", "Days": 1, "Seconds": 30}, {**NETWORK[0], "as": "second"}])
    store = tmp_path / "net.db"
    result = ecsnet("run", path, "--start", "2019-03-11T08:00:00+08:00", "--store", store)
    assert result.exit_code == 0
    assert "   6 ok Wait until 2019-03-12 00:00:30Z" in result.stdout.splitlines()
    moments = [line[8:28] for line in ecsnet("history", store).stdout.splitlines()]
    assert moments == ["2019-03-11 00:00:00Z"] * 5 + ["2019-03-12 00:00:30Z"]
    *_, waited, _, _ = values(ecsnet("run", path, "--start", "2019-03-11", "--json"))
    assert (waited["outcome"], waited["recorded"], waited["moment"]) == ("allowed", False, "2019-03-12T00:00:30Z")


def test_a_dry_run_applies_waits(tmp_path: Path) -> None:
    path = written(tmp_path, [*NETWORK, {"Action": "Wait", "Hours": 1}])
    result = ecsnet("run", path, "--start", "2019-03-11", "--dry-run")
    assert result.exit_code == 0
    assert "Wait until 2019-03-11 01:00:00Z" in result.stdout


def test_a_plan_with_a_wait_needs_a_start_time(tmp_path: Path) -> None:
    store = tmp_path / "net.db"
    path = written(tmp_path, [*NETWORK, {"Action": "Wait", "Hours": 1}])
    result = ecsnet("run", path, "--store", store)
    assert (result.exit_code, result.stdout) == (2, "")
    told = 'entry 6 (Wait): the clock can be moved only with a "start" in the file, or --start TIME'
    assert result.stderr == f"ecsnet: {path}: {told}\n"
    assert not store.exists()


@pytest.mark.parametrize("start", ["noon", "2019-13-01", "0001-01-01T00:00:00+08:00"])
def test_an_invalid_start_option_exits_2(plan: Path, start: str) -> None:
    result = ecsnet("run", plan, "--start", start)
    assert result.exit_code == 2
    assert "is no ISO 8601 time" in result.stderr


def test_run_acts_as_the_given_account(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    ecsnet("run", plan, "--store", path, "--account-id", "42")
    with Cloud(path) as cloud:
        assert {vpc.account_id for vpc in cloud.vpcs.values()} == {"42"}


def test_a_long_list_of_results_is_abbreviated(tmp_path: Path) -> None:
    result = ecsnet("run", written(tmp_path, [*NETWORK[:3], {**NETWORK[3], "Amount": 6}]))
    line = result.stdout.splitlines()[-2]
    assert line.count("i-bp1") == 4
    assert line.endswith(", and 2 more; recorded 6 InstanceLaunched")


def test_an_empty_plan_prints_a_summary(tmp_path: Path) -> None:
    result = ecsnet("run", written(tmp_path, []))
    assert (result.exit_code, result.stdout) == (0, "0 operations; all as expected\n")


def test_a_malformed_plan_runs_nothing(tmp_path: Path) -> None:
    store = tmp_path / "net.db"
    path = written(tmp_path, [*NETWORK, {"Action": "DeleteVpx"}, {"Action": "DeleteVpc", "VpcId": "$nothing"}])
    result = ecsnet("run", path, "--store", store)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        f"ecsnet: {path}: entry 6 (DeleteVpx), Action: unknown action 'DeleteVpx': did you mean DeleteVpc?",
        f"ecsnet: {path}: entry 7 (DeleteVpc), VpcId: no earlier entry is named 'nothing'",
    ]
    assert not store.exists()


@pytest.mark.parametrize("command", [["run", "{}"], ["history", "{}"], ["show", "{}"]])
def test_a_missing_file_exits_2(command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "none"
    result = ecsnet(*(part.format(path) for part in command))
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"ecsnet: {path}: ")


@pytest.mark.parametrize("command", [["history", "{}"], ["show", "{}"], ["run", "{plan}", "--store", "{}"]])
def test_a_file_that_is_not_a_store_exits_2(command: list[str], tmp_path: Path, plan: Path) -> None:
    path = tmp_path / "foreign.db"
    path.write_text("something else", encoding="utf-8")
    result = ecsnet(*(part.format(path, plan=plan) for part in command))
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"ecsnet: {path} is not a store of ecsnet's")
    assert path.read_text(encoding="utf-8") == "something else"


# history


def test_history_prints_every_event(store: Path) -> None:
    result = ecsnet("history", store)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [[line[0], *line[3:5]] for line in lines] == [
        ["1", "cn-hangzhou/1", "VpcCreated"],
        ["2", "cn-hangzhou/2", "VSwitchCreated"],
        ["3", "cn-hangzhou/3", "SecurityGroupCreated"],
        ["4", "cn-hangzhou/4", "InstanceLaunched"],
        ["5", "cn-hangzhou/5", "NetworkInterfaceCreated"],
    ]
    assert "instance_type=ecs.g5.xlarge" in lines[3]
    assert "private_ip_addresses=[10.0.1.2," in lines[4]


def test_history_prints_the_events_of_one_resource(store: Path) -> None:
    with Cloud(store) as cloud:
        (vm,) = cloud.instances.values()
        recorded = cloud.history(vm.id)
    (value,) = values(ecsnet("history", store, vm.id, "--json"))
    assert value["event"]["kind"] == "InstanceLaunched"
    assert value["event"]["instance_id"] == vm.id
    assert (value["position"], value["command_id"]) == (recorded[0].position, recorded[0].command_id)


def test_history_of_an_unknown_resource_exits_2(store: Path) -> None:
    result = ecsnet("history", store, "eni-none")
    assert (result.exit_code, result.stderr) == (2, f"ecsnet: {store}: no event concerns eni-none\n")


# diff


def test_diff_prints_what_changed_since_an_import(tmp_path: Path) -> None:
    path = tmp_path / "net.db"
    with Cloud(path) as cloud:
        cloud.import_resources(small_account.answers(small_account.network()))
        imported = cloud.position
        moved = small_account.interface(Description="new", Status="InUse", InstanceId="i-1")
        new = small_account.eip("eip-2", IpAddress="47.1.1.2")
        answers = small_account.answers(small_account.network(interfaces=[small_account.primary(), moved], eips=[new]))
        cloud.import_resources(answers, refresh=True, complete=["eips"])
    result = ecsnet("diff", path, "--since", str(imported))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "~ i-1: network_interface_ids [eni-0] → [eni-0, eni-1]",
        "~ eni-1: description None → new, status Available → InUse, instance_id None → i-1",
        "- eip-1 (Available, 47.1.1.1)",
        "+ eip-2 (Available, 47.1.1.2)",
    ]
    shown = values(ecsnet("diff", path, "--since", str(imported), "--json"))
    assert [(one["id"], one["attributes"]) for one in shown[:2]] == [
        ("i-1", ["network_interface_ids"]),
        ("eni-1", ["description", "status", "instance_id"]),
    ]
    assert [one["before"] is None for one in shown] == [False, False, False, True]
    assert ecsnet("diff", path, "--since", "0", "--until", "0").stdout == "nothing changed\n"
    assert ecsnet("diff", path, "--since", "2999-01-01T00:00").stdout == "nothing changed\n"


def test_diff_of_a_moment_that_is_none_exits_2(store: Path) -> None:
    for moment in ("yesterday", "99", "2019-13-01"):
        assert ecsnet("diff", store, "--since", moment).exit_code == 2


# show


def test_show_prints_a_tree_from_region_to_addresses(store: Path) -> None:
    with Cloud(store) as cloud:
        (vpc,), (vsw,), (sg,) = cloud.vpcs, cloud.vswitches, cloud.security_groups
        (vm,) = cloud.instances.values()
        primary, eni = cloud.network_interfaces.values()
    result = ecsnet("show", store)
    assert result.exit_code == 0
    assert [line.lstrip("│├└─ ") for line in result.stdout.splitlines()] == [
        "cn-hangzhou",
        f"{vpc} (10.0.0.0/16)",
        f"{sg} ({vpc}, 3 private IPs)",
        f"{vsw} (10.0.1.0/24, cn-hangzhou-b)",
        f"{vm.id} (Running, ecs.g5.xlarge, 10.0.1.1)",
        f"{primary.id} (Primary, InUse, {primary.mac_address})",
        "10.0.1.1 (primary)",
        f"{eni.id} (Secondary, Available, {eni.mac_address}) loose",
        "10.0.1.2 (primary)",
        "10.0.1.3",
    ]
    depths = [len(line) - len(line.lstrip("│├└─ ")) for line in result.stdout.splitlines()]
    assert depths == [0, 4, 8, 8, 12, 16, 20, 12, 16, 16]


def test_show_prints_every_region_and_the_classic_groups(tmp_path: Path) -> None:
    path = tmp_path / "net.db"
    with Cloud(path) as cloud:
        cloud.execute(CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
        group = cloud.execute(CreateSecurityGroup())
    lines = [line.lstrip("│├└─ ") for line in ecsnet("show", path).stdout.splitlines()]
    assert lines[0] == "cn-beijing"
    assert lines[-2:] == ["cn-hangzhou", f"{group.id} (classic network, 0 private IPs)"]


def test_show_json_prints_a_value_for_each_resource(store: Path) -> None:
    shown = values(ecsnet("show", store, "--json"))
    assert [value["kind"] for value in shown] == [
        "Vpc",
        "VSwitch",
        "SecurityGroup",
        "Instance",
        "NetworkInterface",
        "NetworkInterface",
    ]
    assert shown[-1]["private_ips"] == ["10.0.1.2", "10.0.1.3"]


def test_show_prints_recorded_statuses_unless_settle_after_is_given(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "slow.db"
    ecsnet("run", plan, "--store", path, "--settle-after", "manual")
    assert "Pending" in ecsnet("show", path).stdout
    assert "Pending" not in ecsnet("show", path, "--settle-after", "0").stdout


def test_an_empty_store_prints_nothing_there(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    Cloud(path).close()
    assert ecsnet("show", path).stdout == "nothing there\n"
    assert ecsnet("history", path).stdout == ""


# rules


def test_rules_prints_every_rule() -> None:
    lines = ecsnet("rules").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(rulebook)
    assert [value["id"] for value in values(ecsnet("rules", "--json"))] == list(rulebook)


@pytest.mark.parametrize("rule_id", rulebook)
def test_rules_prints_one_id_in_full(rule_id: str) -> None:
    entry = rulebook[rule_id]
    told = ecsnet("rules", rule_id)
    assert told.exit_code == 0
    assert told.stdout.startswith(f"{rule_id} ({entry.kind})\n{entry.doc}\n")
    (value,) = values(ecsnet("rules", rule_id, "--json"))
    assert (value["id"], value["kind"], value["guide"]) == (rule_id, entry.kind, entry.guide)
    assert ("code" in value) == ("denial:" in told.stdout) == (entry.kind == "denial")


@pytest.mark.parametrize("rule", rules.values(), ids=lambda rule: rule.id)
def test_rules_prints_every_code_that_a_rule_may_be_answered_with(rule: Any) -> None:
    told = ecsnet("rules", rule.id).stdout
    for command in rule.commands:
        assert command.__name__ in told
    for code, http_status in rule.codes:
        assert f"{code} (HTTP {http_status})" in told
    (value,) = values(ecsnet("rules", rule.id, "--json"))
    assert value["code"] == rule.code
    assert [(one["code"], one["http_status"]) for one in value["codes"]] == list(rule.codes)
    assert list(value["codes_by_command"]) == value["commands"] == [command.__name__ for command in rule.commands]


def test_rules_with_an_unknown_id_exits_2() -> None:
    result = ecsnet("rules", "interface.detach.primar")
    assert result.exit_code == 2
    assert result.stderr == (
        "ecsnet: there is no rule interface.detach.primar: did you mean interface.detach.primary?\n"
    )


# As a program


def test_piped_output_is_plain_and_never_wrapped(plan: Path) -> None:
    script = "from ecsnet.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "run", str(plan)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == len(NETWORK) + 2
    assert max(map(len, done.stdout.splitlines())) > 100
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


@pytest.mark.parametrize("module", ["ecsnet", "ecsnet.plan", "ecsnet.openapi"])
def test_the_library_imports_neither_click_nor_rich(module: str) -> None:
    script = f"import {module}, sys; sys.exit(bool({{'click', 'rich'}} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_without_the_extra_the_command_names_what_to_install() -> None:
    script = "import sys; sys.modules['click'] = None; import ecsnet.cli"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith("the command line needs click and rich: pip install 'ecsnet[cli]'")
