"""Hostile text in any field never becomes code in a guest's script or a script of steps.

Scripts for guests run in a shell whose only commands are cat, grep and stand-ins that write down how they were called;
what else happens leaves a file, or a call, that should not be there. Scripts of steps are read as Python reads them.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, EcsnetError, InstanceType, InvalidArgument, InvalidCommand, NetworkInterface, VSwitch
from ecsnet import commands as c
from ecsnet.guest import (
    File,
    GuestConfiguration,
    GuestError,
    Image,
    configure_addresses,
    configure_interface,
    configure_multiqueue,
    configure_routes,
    configure_rps,
    gateway,
    guest_configuration,
    metric_of,
    name_of,
    netmask,
    rps_mask,
)
from ecsnet.testing._script import Script, Settle
from ecsnet.values import NetworkInterfaceStatus, NetworkInterfaceType, VSwitchStatus
from tests.attack.hostile_text import UNSEEN, anything, described_networks, hostile_texts, visible_texts
from tests.support.describe import describe
from tests.support.hypothesis_settings import budget
from tests.support.net import Net

# Scripts for guests


class Ran(NamedTuple):
    """The outcome of a script: its exit code, the commands that it called, and the files that were there afterwards."""

    code: int
    calls: list[str]
    files: dict[str, bytes]


STAND_INS = ("ifup", "ifdown", "rm", "ip", "ethtool", "systemctl", "service", "wicked", "netsh")
BEFORE = "".join(f'{name}() {{ echo "{name} $*" >> "$CALLED"; }}\n' for name in STAND_INS) + (
    'command_not_found_handle() { echo "unknown $*" >> "$CALLED"; return 127; }\n'
)
MASK = "sys/class/net/eth1/queues/rx-0/rps_cpus"
FOLDERS = ("etc/sysconfig/network-scripts", "etc/sysconfig/network", "etc/network", "sys/class/net/eth1/queues/rx-0")


def run_in_sandbox(configuration: GuestConfiguration) -> Ran:
    """Run a script in a folder of its own, with that folder in place of ``/etc`` and ``/sys``."""
    with tempfile.TemporaryDirectory(prefix="guest-") as made:
        folder, programs = Path(made) / "guest", Path(made) / "bin"
        for name in FOLDERS:
            (folder / name).mkdir(parents=True)
        (folder / MASK).touch()
        programs.mkdir()
        for name in ("cat", "grep"):
            (programs / name).symlink_to(str(shutil.which(name)))
        (Path(made) / "before").write_text(BEFORE)
        script = str(configuration)
        assert not UNSEEN.search(script.replace("\t", " ")), ascii(script)
        for place in ("/etc/", "/sys/"):
            script = script.replace(place, f"{folder}{place}")
        (Path(made) / "script").write_text(script, encoding="utf-8")
        environment = {"PATH": str(programs), "BASH_ENV": f"{made}/before", "CALLED": f"{made}/called", "LC_ALL": "C"}
        bash = shutil.which("bash") or "bash"
        done = subprocess.run(
            [bash, f"{made}/script"], cwd=folder, env=environment, capture_output=True, timeout=20, check=False
        )
        called = Path(made) / "called"
        return Ran(
            done.returncode,
            called.read_text("utf-8", "surrogateescape").replace(str(folder), "").splitlines()
            if called.exists()
            else [],
            {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()},
        )


def does_only_what_it_says(configuration: GuestConfiguration) -> None:
    """Run a configuration that this library made: its commands are called, its files written, and nothing else."""
    ran = run_in_sandbox(configuration)
    assert ran.code == 0
    assert ran.calls == [call for command in configuration.commands for call in calls_of(command)]
    written: dict[str, str] = {}
    for file in configuration.files:
        path = file.path.lstrip("/")
        if file.content or not file.replaces:
            written[path] = (written.get(path, "") if file.append else "") + file.content
    assert {path: content.decode() for path, content in ran.files.items() if path != MASK} == written


def calls_of(command: str) -> list[str]:
    """Returns the programs that a script's command calls, with arguments, in a guest in which nothing is configured."""
    first, *rest = command.split("\n")
    listed = re.match(r"(?:if (?:! )?)?(ip -4 [a-z0-9 -]+?)(?: 2> /dev/null)? \| (?:while|grep)", first, re.ASCII)
    if first.startswith("for table in "):
        tables = first.removeprefix("for table in ").removesuffix("; do").split(" ")
        return [f"ip -4 route {what} {table}" for table in tables for what in ("flush table", "del default metric")]
    if listed is None:
        return [] if first.startswith(("for ", "if grep ", "grep ")) else [command]
    if first.startswith("if ! "):
        return [listed[1], *[line.strip().partition(" > ")[0] for line in rest[:-1]]]
    return [listed[1], *re.findall(r" \|\| (ip .+)", first)]


def is_steps(configuration: GuestConfiguration) -> None:
    """Look at a configuration that is done by hand: numbered steps and netsh commands, on a line each."""
    printed = str(configuration)
    assert not UNSEEN.search(printed), ascii(printed)
    lines = len(configuration.notes) + len(configuration.steps) + len(configuration.commands)
    assert len(printed.split("\n")) == lines + bool(configuration.commands) + 1
    quad = r"\d{1,3}(\.\d{1,3}){3}"
    for command in configuration.commands:
        assert re.fullmatch(
            rf'netsh interface ipv4 (set|add) address name="[^"%!^&|<>$`]+"( source=static)? address={quad} mask={quad}'
            rf"( gateway={quad})?",
            command,
            re.ASCII,
        ), ascii(command)


INTERFACE: dict[str, Any] = {
    "id": "eni-1",
    "region_id": "cn-hangzhou",
    "account_id": "1234567890123456",
    "created_at": datetime(2019, 3, 11, tzinfo=UTC),
    "type": NetworkInterfaceType.Secondary,
    "status": NetworkInterfaceStatus.InUse,
    "vpc_id": "vpc-1",
    "vswitch_id": "vsw-1",
    "zone_id": "cn-hangzhou-b",
    "mac_address": "00:16:3e:00:00:01",
    "primary_private_ip": "10.0.1.9",
    "private_ips": ("10.0.1.9", "10.0.1.10", "10.0.1.11"),
    "security_group_ids": ("sg-1",),
    "name": "web",
    "description": "front",
    "instance_id": "i-1",
}
VSWITCH: dict[str, Any] = {
    **{name: INTERFACE[name] for name in ("region_id", "account_id", "created_at", "vpc_id", "zone_id")},
    "id": "vsw-1",
    "cidr_block": "10.0.1.0/24",
    "available_ip_address_count": 252,
    "status": VSwitchStatus.Available,
}
TYPE: dict[str, Any] = {
    "id": "ecs.g5.xlarge",
    "eni_quantity": 3,
    "private_ipv4_per_eni": 10,
    "vcpu": 4,
    "nic_queues": 2,
}
IMAGES = ("centos 7.2", "centos 6.9", "debian 8.9", "sles 12 sp1", "windows 2016", "windows 2008", "ubuntu 16.04")
ARGUMENTS: dict[str, Any] = {"metric": 1001, "queues": 2}


def built_by_hand(
    interface: Mapping[str, Any],
    vswitch: Mapping[str, Any],
    instance_type: Mapping[str, Any],
    image: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> list[Callable[[], GuestConfiguration]]:
    """Everything that `ecsnet.guest` makes of resources that somebody built."""
    eni, of, kind = NetworkInterface(**interface), VSwitch(**vswitch), InstanceType(**instance_type)
    of_image = Image(**image)
    named = {"image": of_image, "name": arguments.get("name", name_of(1, of_image)), "metric": arguments["metric"]}
    return [
        lambda: configure_interface(eni, **named),
        lambda: configure_addresses(eni, of, **named),
        lambda: configure_routes(eni, of, **named),
        lambda: configure_multiqueue(kind, image=of_image, names=(named["name"],), queues=arguments["queues"]),
        lambda: configure_rps(kind, image=of_image),
    ]


def told(error: GuestError) -> None:
    """A refusal is one line, whatever it is about."""
    event("refused")
    assert not UNSEEN.search(str(error)), ascii(str(error))
    assert "\n" not in str(error)


def some_of(fields: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Hostile values for one to three of some fields."""
    return st.dictionaries(st.sampled_from(fields), anything, min_size=0, max_size=2)


ADDRESSES = st.lists(st.one_of(anything, st.just("10.0.1.10")), min_size=2, max_size=4).map(tuple)


@settings(max_examples=budget(500))
@given(data=st.data())
def test_a_resource_built_by_hand_is_refused_or_is_only_data_in_the_script(data: st.DataObject) -> None:
    image = Image.parse(data.draw(st.sampled_from(IMAGES)))
    fields = {name: getattr(image, name) for name in attrs.fields_dict(type(image))}
    where = data.draw(st.sampled_from(["interface", "addresses", "vswitch", "type", "image", "arguments"]))
    hostile: dict[str, Any] = {}
    match where:
        case "interface":
            hostile = data.draw(some_of([*INTERFACE, "mac_address", "primary_private_ip"]))
        case "addresses":
            hostile = {"private_ips": data.draw(ADDRESSES)}
        case "vswitch":
            hostile = data.draw(some_of([*VSWITCH, "cidr_block", "cidr_block", "cidr_block"]))
        case "type":
            hostile = data.draw(some_of(list(TYPE)))
        case "image":
            hostile = data.draw(some_of(list(fields)))
        case "arguments":
            hostile = data.draw(some_of(["name", *ARGUMENTS]))
    try:
        parts = built_by_hand(
            INTERFACE | (hostile if where in ("interface", "addresses") else {}),
            VSWITCH | (hostile if where == "vswitch" else {}),
            TYPE | (hostile if where == "type" else {}),
            fields | (hostile if where == "image" else {}),
            ARGUMENTS | (hostile if where == "arguments" else {}),
        )
    except (GuestError, InvalidArgument) as error:
        told(error)
        return
    whole = GuestConfiguration()
    for part in parts:
        try:
            whole += part()
        except GuestError as error:
            told(error)
    event("done")
    if whole.steps:
        is_steps(whole)
    else:
        does_only_what_it_says(whole)


@settings(max_examples=budget(300))
@given(answers=described_networks(), image=st.sampled_from([None, *IMAGES]))
def test_a_described_network_is_refused_or_is_only_data_in_the_script(
    answers: list[dict[str, Any]], image: str | None
) -> None:
    cloud = Cloud()
    try:
        cloud.import_resources(answers)
        (interface,) = [one for one in cloud.network_interfaces.values() if one.type is NetworkInterfaceType.Secondary]
        configuration = guest_configuration(cloud, interface.id, image, rps=True)
    except EcsnetError:
        event("refused")
        return
    event("done")
    if configuration.steps:
        is_steps(configuration)
    else:
        does_only_what_it_says(configuration)


@settings(max_examples=budget(300))
@given(
    name=st.one_of(hostile_texts, visible_texts.map(lambda text: text.replace("\n", " ").replace("/", "-"))),
    content=st.one_of(hostile_texts, visible_texts, st.lists(visible_texts, max_size=4).map("\n".join)),
    append=st.booleans(),
    replaces=st.lists(st.one_of(hostile_texts, visible_texts), max_size=2).map(tuple),
    notes=st.lists(hostile_texts, max_size=2).map(tuple),
)
def test_in_a_configuration_built_by_hand_only_commands_are_code(
    name: str, content: str, append: bool, replaces: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    try:
        file = File(path=name, content=content, append=append, replaces=replaces)
    except GuestError:
        event("refused")
        does_only_what_it_says(GuestConfiguration(notes=notes, commands=("ifup eth1",)))
        return
    event("done")
    ran = run_in_sandbox(GuestConfiguration(files=(file,), notes=notes))
    assert ran.calls == []
    if ran.code == 0:
        assert [one.decode() for path, one in ran.files.items() if path != MASK] == [
            content if content.endswith("\n") or not content else content + "\n"
        ][: 1 if content or not replaces else 0]
    else:  # a folder that is not there, or a name that is a folder's
        assert "/" in name or len(name.encode()) > 200
        assert ran.files == {MASK: b""}


@pytest.mark.parametrize(
    "field",
    [("mac_address", "00:16:3e:00:00:01\nEOF\n>owned\ncat <<'EOF'"), ("primary_private_ip", "10.0.1.9\n>owned")],
    ids=lambda field: field[0],
)
def test_a_mac_or_an_address_with_a_line_break_is_refused(field: tuple[str, str]) -> None:
    name, value = field
    image = {"distribution": "CentOS", "version": "7.2"}
    interface, _, routes, *_ = built_by_hand({**INTERFACE, name: value}, VSWITCH, TYPE, image, ARGUMENTS)
    with pytest.raises(GuestError, match=name):
        interface() + routes()


@pytest.mark.parametrize(
    "field",
    [
        ("private_ips", ("10.0.1.9", "10.0.1.10'; >owned; '")),
        ("private_ips", ("10.0.1.9", "10.0.1.10 ")),
        ("private_ips", ("10.0.1.9", 167772161)),
        ("private_ips", "10.0.1.9"),
        ("private_ips", None),
    ],
)
@pytest.mark.parametrize("image", ["centos 7.2", "debian 9", "sles 12", "windows 2016"])
def test_an_invalid_secondary_address_is_refused(field: tuple[str, Any], image: str) -> None:
    eni, name = NetworkInterface(**{**INTERFACE, field[0]: field[1]}), name_of(1, Image.parse(image))
    with pytest.raises(GuestError, match=r"private_ips must be"):
        configure_addresses(eni, VSwitch(**VSWITCH), image=Image.parse(image), name=name, metric=1001)


@pytest.mark.parametrize(
    "block", ["10.0.1.0/24\n", "10.0.1.0/24; >owned", "10.0.1.0", "10.0.1.0/-9", "10.0.1.0/33", "10.0.1.7/24", None, 7]
)
def test_an_invalid_block_has_neither_gateway_nor_mask(block: Any) -> None:
    vswitch = VSwitch(**{**VSWITCH, "cidr_block": block})
    for ask in (gateway, netmask):
        with pytest.raises(GuestError, match="cidr_block must be"):
            ask(vswitch)


def test_a_block_of_two_addresses_has_no_gateway() -> None:
    with pytest.raises(GuestError, match=r"10\.0\.1\.0/31 is too small"):
        gateway(VSwitch(**{**VSWITCH, "cidr_block": "10.0.1.0/31"}))


@pytest.mark.parametrize("metric", ["1001; >owned", -1, 2**32, 1.5, True, None])
def test_an_invalid_metric_is_refused(metric: Any) -> None:
    image = Image.parse("debian 9")
    with pytest.raises(GuestError, match="metric must be a whole number"):
        configure_interface(NetworkInterface(**INTERFACE), image=image, name="eth1", metric=metric)


@pytest.mark.parametrize("number", ["0; >owned", -1, 1.5, None, True])
def test_an_invalid_number_is_refused(number: Any) -> None:
    image = Image.parse("centos 7.2")
    for ask in (rps_mask, metric_of, lambda position: name_of(position, image)):
        with pytest.raises(GuestError, match="must be a whole number"):
            ask(number)
    for field in ("eni_quantity", "private_ipv4_per_eni"):
        with pytest.raises(InvalidArgument, match=f"{field} of .* must be a whole number"):
            InstanceType(**{**TYPE, field: number})
    if number is not None:
        with pytest.raises(GuestError, match="queues"):
            configure_multiqueue(InstanceType(**TYPE), image=image, names=("eth1",), queues=number)


@pytest.mark.parametrize(
    "field",
    [
        ("version", "7.2\n>owned"),
        ("version", "7.2\x1b[31m"),
        ("version", ""),
        ("version", 7.2),
        ("edition", "Data Center\n>owned"),
        ("bits", "64\n>owned"),
        ("bits", 48),
        ("distribution", ["CentOS"]),
    ],
)
def test_the_fields_of_an_image_must_be_words_and_numbers(field: tuple[str, Any]) -> None:
    with pytest.raises(GuestError, match=field[0]):
        Image(**{"distribution": "CentOS", "version": "7.2", **dict([field])})


@pytest.mark.parametrize("text", [None, 7, b"centos 7.2", "centos \N{ARABIC-INDIC DIGIT SEVEN}"])
def test_an_image_is_parsed_from_a_string_only(text: Any) -> None:
    with pytest.raises(GuestError, match="image"):
        Image.parse(text)


@pytest.mark.parametrize("sign", ['"', "\\", "`", "$", "%", "!", "\uff02", "\u201d", "\x9b", "\u202e", "\n"])
def test_a_windows_interface_name_cannot_close_its_quotes(sign: str) -> None:
    image = Image.parse("windows 2016")
    with pytest.raises(GuestError, match="is not the name of a network interface"):
        configure_addresses(
            NetworkInterface(**INTERFACE), VSwitch(**VSWITCH), image=image, name=f"Ethernet{sign}", metric=1001
        )


@pytest.mark.parametrize("name", ["Ethernet 2", "以太网 2", "vEthernet (Default Switch)", "Local Area Connection* 1"])
def test_a_windows_interface_name_can_have_letters_of_any_script(name: str) -> None:
    image = Image.parse("windows 2016")
    made = configure_addresses(NetworkInterface(**INTERFACE), VSwitch(**VSWITCH), image=image, name=name, metric=1001)
    assert f'name="{name}"' in made.commands[0]


def test_a_type_with_a_line_break_in_its_id_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="the id of an instance type"):
        InstanceType(**{**TYPE, "id": "ecs.x\n>owned", "nic_queues": 1})


def test_the_end_marker_of_a_here_document_is_not_in_its_content() -> None:
    file = File(path="/etc/network/it", content="EOF\n>owned\nEOF_1\n$(>owned)\n")
    does_only_what_it_says(GuestConfiguration(files=(file,)))


def test_every_line_of_a_note_is_a_comment() -> None:
    noted = GuestConfiguration(notes=("one\n>owned\rtwo\x1b[31m",), commands=("ifup eth1",))
    assert str(noted).splitlines()[1:3] == ["# one", r"# >owned\rtwo\x1b[31m"]
    does_only_what_it_says(noted)


def test_a_line_break_in_a_step_is_escaped() -> None:
    printed = str(GuestConfiguration(steps=("Open it.\n2. Format C:",)))
    assert printed == "1. Open it.\\n2. Format C:\n"


def test_appended_content_can_begin_with_a_hyphen() -> None:
    file = File(path="-e", content="-f./nothing\n", append=True)
    ran = run_in_sandbox(GuestConfiguration(files=(file, file)))
    assert (ran.code, ran.files) == (0, {"-e": b"-f./nothing\n", MASK: b""})


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x9b", "\r", "\u202e", "\ud800"])
def test_files_and_commands_with_invisible_characters_are_refused(character: str) -> None:
    with pytest.raises(GuestError, match="the path of a file"):
        File(path=f"/etc/{character}", content="")
    with pytest.raises(GuestError, match="the content of a file"):
        File(path="/etc/x", content=f"a\n{character}\n")
    with pytest.raises(GuestError, match="a command"):
        GuestConfiguration(commands=(f"ifup {character}",))


@pytest.mark.parametrize("field", ["files", "commands", "steps", "notes"])
def test_a_configuration_refuses_values_of_the_wrong_type(field: str) -> None:
    for wrong in ("text", None, (7,)):
        with pytest.raises(GuestError):
            GuestConfiguration(**{field: wrong})


# Scripts of steps


def statements(script: Script) -> tuple[str, list[str]]:
    """A script read as Python reads a file: what it says, in which encoding, statement by statement."""
    tree = ast.parse(str(script).encode())
    return ast.dump(tree), [type(one).__name__ for one in tree.body]


@settings(max_examples=budget(400))
@given(texts=st.lists(hostile_texts, min_size=1, max_size=4), codes=hostile_texts, refused=st.booleans())
def test_values_in_a_script_of_steps_are_literals(texts: list[str], codes: str, refused: bool) -> None:
    script = Script()
    for text in texts:
        script.add(Settle(text))
        try:
            script.add(c.DeleteVpc(vpc_id=text), codes if refused else None)
            of_eni = {"vswitch_id": text, "security_group_ids": [text], "description": f"..{text}"}
            script.add(c.CreateNetworkInterface(**of_eni), codes if refused else None)
        except InvalidCommand:
            event("refused")
    printed = str(script)
    assert not UNSEEN.search(printed), ascii(printed)
    _, kinds = statements(script)
    calls = [line for line in printed.split("\n") if line and not line.startswith("#")]
    assert Counter(kinds) == Counter({"Expr": len(calls)} if calls else {})
    assert len(printed.split("\n")) == max(len(script), 1)
    given_texts = {one.value for one in ast.walk(ast.parse(printed)) if isinstance(one, ast.Constant)}
    assert given_texts <= {*texts, *(f"..{text}" for text in texts)}


@pytest.mark.parametrize("codec", ["utf-7", "utf_7", "unicode_escape", "raw-unicode-escape"])
@pytest.mark.parametrize("sign", [":", "=", ": "])
def test_a_denied_step_cannot_declare_the_encoding_of_the_script(codec: str, sign: str) -> None:
    script = Script()
    script.add(c.DeleteVpc(vpc_id=f"-*- coding{sign}{codec} -*- +AAo-owned=1 \\nowned=1 "), "InvalidVpcId.NotFound")
    script.add(c.DeleteVpc(vpc_id="vpc-1"))
    assert statements(script)[1] == ["Expr"]
    (call, _) = str(script).removeprefix("# ").split(": InvalidVpcId")
    assert f"coding{sign}{codec}" in ast.literal_eval(call[call.index("vpc_id=") + 7 : -2])


def test_the_codes_of_a_denial_stay_inside_their_comment() -> None:
    script = Script()
    script.add(c.DeleteVpc(vpc_id="vpc-1"), "Code\nowned = 1")
    assert str(script) == r"# cloud.execute(DeleteVpc(vpc_id='vpc-1')): Code\nowned = 1"


# What is described as it should be is printed as before


def test_a_harmless_described_network_yields_the_same_script() -> None:
    net = Net()
    net.attached(net.run(image_id="centos 7.2"), private_ip_addresses=["10.0.1.50"])
    cloud = Cloud()
    cloud.import_resources(describe(net.cloud))
    (interface,) = [one for one in cloud.network_interfaces.values() if one.type is NetworkInterfaceType.Secondary]
    configuration = guest_configuration(cloud, interface.id, "centos 7.2", rps=True)
    assert str(configuration) == str(guest_configuration(net.cloud, interface.id, "centos 7.2", rps=True))
    does_only_what_it_says(configuration)
