"""Hostile text reaches terminals and logs as plain text: without control characters and without lines of its own."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ecsnet import (
    Cloud,
    Decision,
    EcsnetError,
    InvalidCommand,
    InvalidResponse,
    ReplayError,
    StoreError,
    VersionConflict,
    Violation,
    _log,
    openapi,
)
from ecsnet import commands as c
from ecsnet._escaping import escaped
from ecsnet.cli import main
from ecsnet.cli.checking import _place
from ecsnet.cli.output import Output
from ecsnet.guest import GuestError, Image, guest_configuration
from ecsnet.plan import PlanError, parse_plan
from tests.attack.hostile_text import UNSEEN, described_networks, hostile_texts, visible_texts
from tests.support.hypothesis_settings import budget

# The command line


def ecsnet(*arguments: str | Path) -> Result:
    """Run a command; whatever it does, it ends with an exit code of its own, and prints nothing but lines of text."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code in (0, 1, 2)
    for printed in (result.stdout, result.stderr):
        assert not UNSEEN.search(printed), ascii(printed)
    if "--json" in arguments:
        assert result.stdout.isascii()
        for line in result.stdout.splitlines():
            json.loads(line)
    return result


as_json = st.sampled_from([(), ("--json",)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nothing-is-code")


def stored(path: Path, answers: list[dict[str, Any]], texts: Sequence[str]) -> int:
    """A history with hostile text wherever it is taken; how many events it has."""
    path.unlink(missing_ok=True)
    with Cloud(path) as cloud:
        _try(lambda: cloud.import_resources(answers))
        for text in texts:
            _try(lambda text=text: _grow(cloud, text))  # type: ignore[misc]
        return len(cloud.history())


def _try(do: Callable[[], object]) -> None:
    try:
        do()
    except (EcsnetError, UnicodeError):
        event("refused")


def _grow(cloud: Cloud, text: str) -> None:
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vsw = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id=text, cidr_block="10.0.1.0/24"))
    sg = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    cloud.execute(
        c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id], description=f"..{text}"),
        client_token="t",
    )
    cloud.execute(
        c.RunInstances(
            instance_type="ecs.g5.xlarge", vswitch_id=vsw.id, security_group_ids=[sg.id], image_id=text, amount=2
        )
    )


@settings(max_examples=budget(80))
@given(
    answers=described_networks(),
    texts=st.lists(hostile_texts, max_size=2),
    options=as_json,
    wanted=st.one_of(hostile_texts, st.sampled_from(["eni-1", "vpc-1"])),
)
def test_the_output_of_a_history_is_plain_text(
    folder: Path, answers: list[dict[str, Any]], texts: list[str], options: tuple[str, ...], wanted: str
) -> None:
    path = folder / "net.db"
    count = stored(path, answers, texts)
    history = ecsnet("history", path, *options)
    lines = history.stdout.split("\n")[:-1]
    assert (history.exit_code, len(lines)) == (0, count)
    if not options:
        assert all(re.match(r" *\d+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  .+/\d+  [A-Z]\w+  ", line) for line in lines)
    shown = ecsnet("show", path, *options)
    assert shown.exit_code == 0
    with Cloud(path, settle_after="manual") as cloud:
        tables = (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces)
        there = sum(map(len, tables))
        printed = (
            there
            if options
            else there
            + len({one.region_id for one in cloud.vpcs.values()})
            + sum(len(one.private_ips) for one in cloud.network_interfaces.values())
        )
        printed += not there and not options
    assert len(shown.stdout.split("\n")) - 1 == printed
    ecsnet("history", path, "--", wanted)
    ecsnet("guest", path, "--image", "centos 7.2", *options, "--", wanted)
    ecsnet("guest", path, "--image", wanted, "eni-1")


ACTIONS = ["CreateVpc", "DeleteVpc", "RunInstances", "CreateNetworkInterface", "SetQuota", "Settle", "Wait"]
KEYS = [
    "VpcId",
    "ZoneId",
    "CidrBlock",
    "Description",
    "ImageId",
    "VSwitchId",
    "SecurityGroupId",
    "Seconds",
    "ResourceId",
]
entries = st.fixed_dictionaries(
    {"Action": st.one_of(st.sampled_from(ACTIONS), hostile_texts)},
    optional={
        "note": hostile_texts,
        "as": st.one_of(st.just("x"), hostile_texts),
        "expect": st.one_of(st.just("denied"), hostile_texts, hostile_texts.map(lambda rule: {"denied": [rule]})),
    },
)
plans = st.lists(
    st.builds(
        lambda entry, more: {**entry, **more},
        entries,
        st.dictionaries(
            st.one_of(st.sampled_from(KEYS), hostile_texts),
            st.one_of(hostile_texts, st.just("$x"), st.builds("${}.{}".format, hostile_texts, hostile_texts)),
            max_size=2,
        ),
    ),
    max_size=3,
)
denials = st.lists(
    st.builds(
        lambda note, vpc_id: {"Action": "DeleteVpc", "VpcId": f"v{vpc_id}", "note": note, "expect": "denied"},
        hostile_texts,
        visible_texts.filter(str.isprintable),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=budget(400))
@given(plan=st.one_of(plans, denials), options=as_json, name=hostile_texts)
def test_the_output_of_a_plan_is_lines_of_plain_text(
    folder: Path, plan: list[dict[str, Any]], options: tuple[str, ...], name: str
) -> None:
    path = folder / "plan.json"
    path.write_text(json.dumps(plan))
    result = ecsnet("run", path, *options)
    event(f"exit {result.exit_code}")
    if result.exit_code != 2 and not options:
        notes = sum("note" in entry for entry in plan)
        assert len(result.stdout.split("\n")) - 1 == len(plan) + notes + 1
    if result.exit_code == 2:
        assert all(line.startswith("ecsnet: ") for line in result.stderr.split("\n")[:-1])
        assert "forged" not in [line[8:14] for line in result.stderr.split("\n")]


@settings(max_examples=budget(150))
@given(answers=described_networks(), plan=denials, options=as_json)
def test_the_output_of_a_check_is_lines_of_plain_text(
    folder: Path, answers: list[dict[str, Any]], plan: list[dict[str, Any]], options: tuple[str, ...]
) -> None:
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "answers.json").write_text(json.dumps(answers))
    result = ecsnet("check", folder / "answers.json", folder / "plan.json", *options)
    event(f"exit {result.exit_code}")
    if result.exit_code == 2:
        assert all(line.startswith("ecsnet: ") for line in result.stderr.split("\n")[:-1])


@settings(max_examples=budget(100))
@given(arguments=st.lists(hostile_texts | st.sampled_from(["-h", "--json", "--image", "--start"]), max_size=4))
@pytest.mark.parametrize("command", ["run", "check", "history", "show", "guest", "rules"])
def test_errors_about_hostile_arguments_are_plain_text(folder: Path, command: str, arguments: list[str]) -> None:
    for given_arguments in ([command, *arguments], arguments):
        result = CliRunner().invoke(main, given_arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert not UNSEEN.search(result.output), ascii(result.output)
        if not {"-h", "--help"} & set(arguments) and given_arguments not in (["rules"], ["rules", "--json"]):
            event(f"exit {result.exit_code}")
            assert "\necsnet: forged" not in result.output


@pytest.mark.parametrize("option", ["--settle-after", "--start", "--store", "--no-such-option"])
def test_an_error_quotes_an_option_as_plain_text(tmp_path: Path, option: str) -> None:
    result = ecsnet("run", tmp_path / "plan.json", option, "x\x1b[31m\nError: forged")
    assert result.exit_code == 2
    assert "\nError: forged" not in result.stderr
    assert (
        "\\x1b[31m\\nError: forged"
        in ecsnet("run", tmp_path / "plan.json", "--start", "x\x1b[31m\nError: forged").stderr
    )


def test_brackets_in_data_are_not_markup(tmp_path: Path) -> None:
    note = "[red]x[/red] [link=file:///etc/passwd]y[/link] :smile:"
    (tmp_path / "plan.json").write_text(json.dumps([{"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16", "note": note}]))
    assert ecsnet("run", tmp_path / "plan.json").stdout.startswith(f"# {note}\n")


def program(folder: Path, *arguments: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command line as a process, with a terminal's colours if they are asked for."""
    script = "from ecsnet.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
        capture_output=True,
        check=False,
    )


@pytest.fixture
def hostile_plan(tmp_path: Path) -> Path:
    hostile = "\x1b]0;owned\x07\x9b31m\u202e\nforged 中"
    plan = [
        {"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16", "note": hostile},
        {"Action": "DeleteVpc", "VpcId": "vpc-none", "note": f"none {hostile}", "expect": "denied"},
    ]
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "utf-8:surrogateescape", "cp1252"])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_output_fits_every_encoding(hostile_plan: Path, encoding: str, options: list[str]) -> None:
    done = program(hostile_plan.parent, "run", hostile_plan.name, *options, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not re.search(rb"[\0-\x09\x0b-\x1f\x7f]", done.stdout)
    assert b"\nforged" not in done.stdout
    assert b"\x9b" not in done.stdout or encoding.startswith("utf-8")  # there it is a part of a letter
    assert not UNSEEN.search(done.stdout.decode(encoding.partition(":")[0]))


def test_a_terminal_gets_colour_codes_and_no_other_control_sequences(hostile_plan: Path) -> None:
    done = program(
        hostile_plan.parent, "run", hostile_plan.name, FORCE_COLOR="1", TERM="xterm", PYTHONIOENCODING="utf-8"
    )
    assert done.returncode == 0
    assert b"\x1b[" in done.stdout
    assert not UNSEEN.search(re.sub(rb"\x1b\[[0-9;]*m", b"", done.stdout).decode())


@pytest.mark.parametrize("command", ["run", "check", "history", "show", "guest"])
def test_errors_about_undecodable_file_names_are_plain_text(tmp_path: Path, command: str) -> None:
    (tmp_path / "plan.json").write_text("[]")
    rest = {"check": [b"plan.json"], "guest": [b"eni-1"]}.get(command, [])
    done = program(tmp_path, command, b"a\xff\x1b[31m\nb", *rest)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
    assert re.search(rb"a\\(udc|x)ff\\x1b\[31m\\nb", done.stderr)
    assert not UNSEEN.search(done.stderr.decode())


def test_a_plan_in_a_file_with_an_undecodable_name_runs(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/p\xff.json", "w") as file:
        file.write("[]")
    assert program(tmp_path, "run", b"p\xff.json").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "{folder}"],
        ["run", "{folder}/plan.json/x"],
        ["run", "{folder}/" + "n" * 300],
        ["check", "{folder}", "{folder}/plan.json"],
        ["check", "{folder}/plan.json/x", "{folder}/plan.json"],
        ["show", "{folder}"],
        ["history", "{folder}/plan.json/x"],
        ["run", "{folder}/plan.json", "--store", "{folder}/" + "n" * 300, "--dry-run"],
        ["show", "{folder}/" + "n" * 300],
        ["show", "{folder}/a\0b"],
        ["run", "{folder}/a\0b"],
        ["check", "{folder}/a\0b", "{folder}/plan.json"],
        ["run", "{folder}/plan.json", "--account-id", "\ud800", "--store", "{folder}/n.db"],
    ],
)
def test_unreadable_input_ends_with_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    plan = [{"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16"}]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    result = ecsnet(*(one.replace("{folder}", str(tmp_path)) for one in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(("ecsnet: ", "Usage: "))


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"Action":' * 900 + "0" + "}]" * 900, "9" * 10_000, "[1e999]"])
def test_an_unparsable_plan_ends_with_exit_code_2(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    (tmp_path / "empty.json").write_text("[]")
    for arguments in (("run", "plan.json"), ("check", "plan.json", "empty.json")):
        result = ecsnet(arguments[0], *(tmp_path / one for one in arguments[1:]))
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr) < 5_000


def test_an_id_like_a_place_in_the_responses_is_not_translated(tmp_path: Path) -> None:
    vpc = {"VpcId": "responses[x]", "CidrBlock": "10.0.0.0/16", "RegionId": "cn-hangzhou"}
    (tmp_path / "answers.json").write_text(json.dumps([{"Vpcs": {"Vpc": [vpc, vpc]}}, {"Vpcs": {"Vpc": [vpc]}}]))
    (tmp_path / "plan.json").write_text("[]")
    ecsnet("check", tmp_path / "answers.json", tmp_path / "plan.json")
    assert _place("responses[x]", ["a.json[0]"]) == "responses[x]"
    assert _place("responses[7].Vpcs", ["a.json[0]"]) == "responses[7].Vpcs"
    assert _place("responses[0].Vpcs", ["a.json[0]"]) == "a.json[0].Vpcs"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_under_the_output_ends_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("[]")
    script = "from ecsnet.cli import main; main()"
    for options in ([], ["--json"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [sys.executable, "-c", script, "run", str(tmp_path / "plan.json"), *options],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert (done.returncode, done.stderr) == (2, "ecsnet: No space left on device\n")


# JSON


def test_json_has_null_for_numbers_that_it_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=True).value({"a": [float("nan"), float("inf"), 1.5], "b": {1: object}, "c": "\ud800\x9b中"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"a": [None, None, 1.5], "b": {"1": str(object)}, "c": "\ud800\x9b中"}
    assert printed.isascii()


# Text


@settings(max_examples=budget(500))
@given(text=st.one_of(hostile_texts, st.text(st.characters(codec=None))))
def test_escaped_text_is_one_line_that_can_be_encoded(text: str) -> None:
    shown = escaped(text)
    assert not UNSEEN.search(shown)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert escaped(shown) == shown
    if "\\" not in text and not UNSEEN.search(text) and "\n" not in text and text.isprintable():
        assert shown == text


def test_letters_and_spaces_of_other_scripts_are_not_escaped() -> None:
    assert escaped("中文\u3000é 1") == "中文\u3000é 1"


# Errors


@settings(max_examples=budget(300))
@given(text=hostile_texts)
def test_the_message_of_an_error_is_one_line(text: str) -> None:
    cloud = Cloud()
    errors = [
        EcsnetError(text),
        StoreError(f"{text}: there is no folder"),
        InvalidCommand(text),
        GuestError(text),
        InvalidResponse(text, path=text),
        ReplayError(text, stream=text, version=1),
        VersionConflict(text, expected=1, actual=2),
        PlanError(text, [text]),
        raised(lambda: cloud.execute(c.DeleteVpc(vpc_id=f"vpc-{text}"))),
        raised(lambda: guest_configuration(cloud, text)),
        raised(lambda: openapi.request(text, {})),
        raised(lambda: openapi.request("CreateVpc", {text: text})),
        raised(lambda: parse_plan(json.dumps([{"Action": "CreateVpc", text: text}]))),
        raised(lambda: Image.parse(text)),
        raised(lambda: c.CreateVpc(cidr_block=text)),
    ]
    for error in errors:
        assert not UNSEEN.search(str(error)), ascii(str(error))
        assert "\n" not in str(error)


def raised(do: Callable[[], object]) -> EcsnetError:
    with pytest.raises(EcsnetError) as caught:
        do()
    return caught.value


# The log


@settings(max_examples=budget(200))
@given(text=hostile_texts)
def test_a_log_entry_is_one_line(text: str) -> None:
    handler, lines = logging.Handler(), list[str]()
    handler.setFormatter(logging.Formatter("%(message)s %(command)s %(rules)s"))
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("ecsnet")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        cloud = Cloud()
        _try(lambda: cloud.execute(c.DeleteVpc(vpc_id=f"vpc-{text}")))
        _try(lambda: cloud.execute(c.JoinSecurityGroup(instance_id=f"i-{text}", security_group_id=f"sg-{text}")))
        violation = Violation(rule=text, code=text, http_status=400, guide="-", message=text, facts={})
        _log.denied(Decision(command=c.DeleteVpc(vpc_id="vpc-1"), violations=(violation,)), text, text, text)
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
    assert lines
    for line in lines:
        assert not UNSEEN.search(line), ascii(line)
        assert "\n" not in line
