"""The guest configuration on a real system: the kernel, ifupdown and bash accept it.

Everything happens in a network namespace of its own, with a file system of its own over /etc. Where the kernel or the
machine does not allow that, the test is skipped and says why.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from ecsnet import NetworkInterface
from ecsnet.guest import (
    GuestConfiguration,
    Image,
    configure_addresses,
    configure_interface,
    configure_routes,
    configure_rps,
    guest_configuration,
    rps_mask,
)
from ecsnet.guest.images import ADDRESSABLE
from ecsnet.values import InstanceType
from tests.support.namespaces import Namespace, in_place_of_etc, run_script, tool
from tests.support.net import Net

IMAGES = [
    *(f"{distribution} {major}" for distribution, major in sorted(ADDRESSABLE)),
    *("centos 6.8", "centos 7.2", "centos 7.3", "ubuntu 16.04", "debian 8.9", "sles 12 sp1"),
]


class Story(NamedTuple):
    """The guide's example: an instance with two secondary ENIs in 10.0.0.0/24; the first has two more addresses."""

    net: Net
    eth1: NetworkInterface
    eth2: NetworkInterface

    def configuration(self, interface: NetworkInterface, image: str) -> GuestConfiguration:
        return guest_configuration(self.net.cloud, interface.id, image)


@pytest.fixture
def story(net: Net) -> Story:
    net.vswitch = net.new_vswitch("10.0.0.0/24")
    instance = net.run(private_ip_address="10.0.0.19")
    eth1 = net.attached(instance, primary_ip_address="10.0.0.20", private_ip_addresses=["10.0.0.50", "10.0.0.60"])
    return Story(net, eth1, net.attached(instance, primary_ip_address="10.0.0.21"))


def ip_commands(configuration: GuestConfiguration) -> str:
    return "\n".join(command for command in configuration.commands if command.startswith("ip "))


# Routes and rules


@pytest.mark.parametrize("image", ["centos 7.2", "debian 9", "sles 12 sp1"])
def test_the_kernel_has_the_intended_routes_and_rules(namespace: Namespace, story: Story, image: str) -> None:
    namespace.run("ip addr add 10.0.0.20/24 dev eth1; ip addr add 10.0.0.21/24 dev eth2")  # as DHCP would
    for interface in (story.eth1, story.eth2):
        namespace.run(ip_commands(story.configuration(interface, image)))

    assert namespace.lines("ip route list table 1001") == ["default via 10.0.0.253 dev eth1"]
    assert namespace.lines("ip route list table 1002") == ["default via 10.0.0.253 dev eth2"]
    assert namespace.lines("ip -4 rule list") == [
        "0: from all lookup local",
        "32764: from 10.0.0.21 lookup 1002",
        "32765: from 10.0.0.20 lookup 1001",
        "32766: from all lookup main",
        "32767: from all lookup default",
    ]
    assert namespace.lines("ip route list default") == [
        "default via 10.0.0.253 dev eth0",
        "default via 10.0.0.253 dev eth1 metric 1001",
        "default via 10.0.0.253 dev eth2 metric 1002",
    ]


def test_packets_from_an_interface_leave_by_that_interface(namespace: Namespace, story: Story) -> None:
    namespace.run("ip addr add 10.0.0.20/24 dev eth1; ip addr add 10.0.0.21/24 dev eth2")
    asked = "for own in 19 20 21; do ip -o route get 192.0.2.1 from 10.0.0.$own; done"
    before = [re.findall(r"dev (\S+)", line) for line in namespace.lines(asked)]
    assert before == [["eth0"], ["eth0"], ["eth0"]]
    for interface in (story.eth1, story.eth2):
        namespace.run(ip_commands(story.configuration(interface, "centos 7.2")))
    after = [re.findall(r"via (\S+) dev (\S+)", line) for line in namespace.lines(asked)]
    assert after == [[("10.0.0.253", "eth0")], [("10.0.0.253", "eth1")], [("10.0.0.253", "eth2")]]


def test_the_gateway_depends_on_the_size_of_the_vswitch(namespace: Namespace, net: Net) -> None:
    vswitch = net.new_vswitch("10.0.16.0/20")
    interface = net.attached(net.run(), vswitch_id=vswitch.id)
    namespace.run(f"ip addr add {interface.primary_private_ip}/20 dev eth1")
    image = Image.parse("centos 7.2")
    namespace.run(ip_commands(configure_routes(interface, vswitch, image=image, name="eth1", metric=1001)))
    assert namespace.lines("ip route list table 1001") == ["default via 10.0.31.253 dev eth1"]


# Stanzas


def interfaces_file(story: Story, tmp_path: Path, *, dhcp: bool = True) -> Path:
    image = Image.parse("debian 9")
    files = configure_addresses(story.eth1, story.net.vswitch, image=image, name="eth1", metric=1001).files
    if dhcp:
        files = configure_interface(story.eth1, image=image, name="eth1", metric=1001).files + files
    path = tmp_path / "interfaces"
    path.write_text("".join(file.content for file in files), encoding="utf-8")
    return path


def test_ifupdown_reads_the_stanzas(story: Story, tmp_path: Path) -> None:
    command = [tool("ifup"), "--no-act", "--verbose", "--no-scripts", "--all", "--state-dir", str(tmp_path)]
    done = subprocess.run(
        [*command, "--interfaces", str(interfaces_file(story, tmp_path))], capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    commands = [" ".join(line.split()) for line in told.splitlines()]
    assert "configuring interface eth1=eth1 (inet)" in told
    for number, address, metric in ((0, "10.0.0.50", 2001), (1, "10.0.0.60", 3001)):
        name = f"eth1:{number}"
        added = f"ip addr add {address}/255.255.255.0 broadcast 10.0.0.255 dev {name} label {name}"
        assert added in commands
        assert f"ip route add default via 10.0.0.253 metric {metric} dev {name} onlink" in commands


def test_ifupdown_hands_the_metric_to_the_dhcp_client(namespace: Namespace, story: Story, tmp_path: Path) -> None:
    path = interfaces_file(story, tmp_path)
    programs = tmp_path / "sbin"
    programs.mkdir()
    shutil.copy(tool("ifup"), programs)
    (programs / "dhclient").touch(mode=0o755)  # it has to be there to be named
    ifup = f"{programs}/ifup --no-act --no-scripts --state-dir {tmp_path} --interfaces {path} eth1"
    in_place_of_etc(namespace, tmp_path, f"mount --bind {programs} /sbin; {ifup} &> {tmp_path}/told")
    (line,) = [line for line in (tmp_path / "told").read_text().splitlines() if "dhclient" in line]
    assert " eth1 " in line
    assert line.rstrip().endswith("-e IF_METRIC=1001")


def test_ifupdown_sets_the_addresses(namespace: Namespace, story: Story, tmp_path: Path) -> None:
    namespace.run("ip addr add 10.0.0.20/24 dev eth1; ip route add default via 10.0.0.253 dev eth1 metric 1001")
    path = interfaces_file(story, tmp_path, dhcp=False)
    namespace.run(f"{tool('ifup')} --no-scripts --all --state-dir {tmp_path} --interfaces {path}")
    assert addresses(namespace) == [("10.0.0.20/24", "eth1"), ("10.0.0.50/24", "eth1:0"), ("10.0.0.60/24", "eth1:1")]
    assert namespace.lines("ip route get 192.0.2.1")[0].startswith("192.0.2.1 via 10.0.0.253 dev eth0 ")


def test_ifupdown_would_fail_without_a_metric_for_each_gateway(
    namespace: Namespace, story: Story, tmp_path: Path
) -> None:
    path = interfaces_file(story, tmp_path, dhcp=False)
    path.write_text(re.sub(r" +metric \d+\n", "", path.read_text()), encoding="utf-8")
    command = f"{tool('ifup')} --no-scripts --all --state-dir {tmp_path} --interfaces {path}"
    assert "File exists" in namespace.run(command, check=False).stderr


def addresses(namespace: Namespace) -> list[tuple[str, str]]:
    """The addresses of eth1 with their labels."""
    lines = namespace.lines("ip -4 -o addr show dev eth1")
    return re.findall(r"inet (\S+) .*?scope global (?:secondary )?([\w:]+)", "\n".join(lines))


# Scripts


@pytest.mark.parametrize("text", IMAGES)
def test_bash_reads_every_script(story: Story, text: str) -> None:
    for interface in (story.eth1, story.eth2):
        configuration = guest_configuration(story.net.cloud, interface.id, text, rps=True)
        done = subprocess.run(["bash", "-n"], input=str(configuration), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


LEASE = "ip addr add 10.0.0.20/24 dev eth1"
BY_ALIAS_FILES = """
    for file in /etc/sysconfig/network-scripts/ifcfg-eth1:*; do
        (. "$file"; ip addr add "$IPADDR/$NETMASK" dev eth1 label "$DEVICE")
    done"""
BY_STANZAS = """
    "$REAL_IFUP" --no-scripts --all --exclude=eth1 --state-dir "$STATE" --interfaces /etc/network/interfaces"""
BY_NUMBERS = """
    . /etc/sysconfig/network/ifcfg-eth1
    ip addr add "$IPADDR_0/$PREFIXLEN_0" dev eth1 label "eth1:$LABEL_0"
    ip addr add "$IPADDR_1/$PREFIXLEN_1" dev eth1 label "eth1:$LABEL_1" """
WITH_METRIC = "; ip route add default via 10.0.0.253 dev eth1 metric 1001"


@pytest.mark.parametrize(
    ("text", "lease", "restart", "restarted"),
    [
        ("centos 6.9", LEASE, BY_ALIAS_FILES, "service network restart"),
        ("centos 7.2", LEASE, BY_ALIAS_FILES, "systemctl restart network"),
        ("ubuntu 14.04", LEASE + WITH_METRIC, BY_STANZAS, "service networking restart"),
        ("debian 8.9", LEASE + WITH_METRIC, BY_STANZAS, "systemctl restart networking"),
        ("sles 12 sp1", LEASE, BY_NUMBERS, "systemctl restart network"),
    ],
    ids=["centos-6", "centos-7", "ubuntu-14", "debian-8", "sles-12"],
)
def test_a_whole_script_configures_a_guest(
    namespace: Namespace, story: Story, tmp_path: Path, text: str, lease: str, restart: str, restarted: str
) -> None:
    """Files are written, and read by what stands in for the system's own scripts: DHCP, and the network's restart."""
    ifup = tool("ifup") if restart is BY_STANZAS else "ifup"
    stand_ins = {
        "ifup": lease,
        "ifdown": "",
        "systemctl": f'[ "$1" = start ] || {{ {restart}\n}}',
        "service": f'[ "$1" = irqbalance ] || {{ {restart}\n}}',
        "ethtool": "",
    }
    (tmp_path / "bin").mkdir()
    for name, body in stand_ins.items():
        path = tmp_path / "bin" / name
        path.write_text(f'#!/bin/bash\nset -eu\necho "{name} $*" >> {tmp_path}/called\n{body}\n', encoding="utf-8")
        path.chmod(0o755)
    configuration = story.configuration(story.eth1, text)
    in_place_of_etc(
        namespace,
        tmp_path,
        f"PATH={tmp_path}/bin:$PATH; " + run_script(configuration, tmp_path),
        REAL_IFUP=ifup,
        STATE=str(tmp_path),
    )

    called = (tmp_path / "called").read_text().splitlines()
    assert called[:3] == ["ifdown eth1", "ifup eth1", restarted]
    assert [call for call in called[3:] if "irqbalance" not in call] == [
        "ethtool -l eth1",
        "ethtool -L eth1 combined 2",
    ]
    assert addresses(namespace) == [("10.0.0.20/24", "eth1"), ("10.0.0.50/24", "eth1:0"), ("10.0.0.60/24", "eth1:1")]
    assert namespace.lines("ip route list table 1001") == ["default via 10.0.0.253 dev eth1"]
    assert "32765: from 10.0.0.20 lookup 1001" in namespace.lines("ip rule list")
    for file in configuration.files:
        written = (tmp_path / file.path.lstrip("/")).read_text()
        assert file.content in written if file.append else written.startswith(file.content)


@pytest.mark.parametrize("text", ["centos 7.2", "debian 9", "opensuse 42.3"])
def test_running_a_script_twice_leaves_the_files_unchanged(
    namespace: Namespace, story: Story, tmp_path: Path, text: str
) -> None:
    configuration = story.configuration(story.eth1, text)
    files = GuestConfiguration(files=configuration.files)
    once, twice = tmp_path / "once", tmp_path / "twice"
    for folder, times in ((once, 1), (twice, 2)):
        folder.mkdir()
        in_place_of_etc(namespace, folder, "; ".join([run_script(files, folder)] * times))
    paths = [file.path.lstrip("/") for file in files.files]
    assert [(once / path).read_text() for path in paths] == [(twice / path).read_text() for path in paths]
    if text == "debian 9":
        lines = (once / "etc/network/interfaces").read_text().splitlines()
        assert lines[0] == "auto lo"  # what was there stays, even though it did not end its line
        assert lines.count("auto eth1") == lines.count("auto eth1:0") == 1


# Queues


def test_the_kernel_accepts_the_rps_mask(namespace: Namespace) -> None:
    interfaces = {"lo", *(f"{side}{number}" for side in ("eth", "far") for number in range(3))}
    if set(namespace.lines("ls /sys/class/net")) != interfaces:
        pytest.skip("a namespace does not have a /sys of its own here")
    vcpu = os.cpu_count() or 1
    instance_type = InstanceType(id="ecs.here", eni_quantity=3, private_ipv4_per_eni=1, vcpu=vcpu)
    (command,) = configure_rps(instance_type, image=Image.parse("centos 7.2")).commands
    namespace.run(command)
    masks = namespace.lines("cat /sys/class/net/eth*/queues/rx-*/rps_cpus")
    assert len(masks) >= 3
    taken = {int(mask.replace(",", ""), 16) for mask in masks}
    assert taken in ({int(rps_mask(vcpu), 16)}, {(1 << min(vcpu, 4)) - 1})
