"""The guest configuration as text: images, files, routes, addresses, queues, the printed script, the command line."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import tempfile
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, EcsnetError, InstanceType, NetworkInterface
from ecsnet.cli import main
from ecsnet.commands import AssignPrivateIpAddresses
from ecsnet.guest import (
    Family,
    File,
    GuestConfiguration,
    GuestError,
    Image,
    MultiqueueSupport,
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
    remove_interfaces,
    rps_mask,
)
from ecsnet.instance_types import vendor_types
from tests.support.accounts import instance_types, limits, of_a_later_type
from tests.support.hypothesis_settings import budget
from tests.support.net import Net

ROOT = Path(__file__).parents[2]
EIGHT_QUEUES = InstanceType(id="ecs.x.large", eni_quantity=3, private_ipv4_per_eni=10, vcpu=32, nic_queues=8)


@pytest.fixture
def eni(net: Net) -> NetworkInterface:
    """The second secondary ENI of an instance: eth2, with two secondary addresses."""
    instance = net.run()
    net.attached(instance)
    return net.attached(instance, private_ip_addresses=["10.0.1.50", "10.0.1.60"])


def lines_of(configuration: GuestConfiguration) -> list[str]:
    """The lines of all commands."""
    return "\n".join(configuration.commands).split("\n")


def configured(net: Net, interface: NetworkInterface, image: str) -> GuestConfiguration:
    return guest_configuration(net.cloud, interface.id, image)


# Images


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("centos 7.2", "CentOS 7.2 64-bit"),
        ("CentOS 7.2 64-bit", "CentOS 7.2 64-bit"),
        ("centos_7_02_64_20G_alibase_20170818.vhd", "CentOS 7.2 64-bit"),
        ("centos6u5_32_20G_aliaegis_20140610.vhd", "CentOS 6.5 32-bit"),
        ("centos_6_10_64_20G_alibase_20190215.vhd", "CentOS 6.10 64-bit"),
        ("centos_7_06_64_20G_alibase_20190218.vhd", "CentOS 7.6 64-bit"),
        ("CentOS 6.8 32-bit", "CentOS 6.8 32-bit"),
        ("centos-6.8-i386", "CentOS 6.8 32-bit"),
        ("centos-6.8-x86_64", "CentOS 6.8 64-bit"),
        ("centos 7 64-bit", "CentOS 7 64-bit"),
        ("Red Hat 7.4", "Red Hat Enterprise Linux 7.4 64-bit"),
        ("rhel6", "Red Hat Enterprise Linux 6 64-bit"),
        ("Red Hat Enterprise Linux 6.9", "Red Hat Enterprise Linux 6.9 64-bit"),
        ("Aliyun Linux 17.1", "Aliyun Linux 17.1 64-bit"),
        ("aliyun_2_1903_x64_20G_alibase_20200529.vhd", "Aliyun Linux 2 64-bit"),
        ("ubuntu_16_0402_64_20G_alibase_20170818.vhd", "Ubuntu 16.04 64-bit"),
        ("ubuntu1404_32_20G_aliaegis_20150325.vhd", "Ubuntu 14.04 32-bit"),
        ("Ubuntu 16 64-bit", "Ubuntu 16 64-bit"),
        ("debian_8_09_64_20G_alibase_20170824.vhd", "Debian 8.9 64-bit"),
        ("debian9", "Debian 9 64-bit"),
        ("suse12sp1_64_20G_aliaegis_20160321.vhd", "SUSE Linux Enterprise Server 12 SP1 64-bit"),
        ("sles_12_sp2_64_20G_alibase_20170907.vhd", "SUSE Linux Enterprise Server 12 SP2 64-bit"),
        ("SUSE Linux Enterprise Server 11", "SUSE Linux Enterprise Server 11 64-bit"),
        ("openSUSE 42.3", "openSUSE 42.3 64-bit"),
        ("opensuse_42_03_64_20G_alibase_20170907.vhd", "openSUSE 42.3 64-bit"),
        ("win2016_64_dtc_1607_zh-cn_40G_alibase_20170915.vhd", "Windows Server 2016 Data Center 64-bit"),
        ("win2012_64_datactr_r2_en_40G_aliaegis_20150507.vhd", "Windows Server 2012 R2 Data Center 64-bit"),
        ("win2012r2_64_dtc_9600_en-us_40G_alibase_20170915.vhd", "Windows Server 2012 R2 Data Center 64-bit"),
        ("Windows Server 2012 R2", "Windows Server 2012 R2 Data Center 64-bit"),
        ("win2008r2_32_ent_sp2_en-us_40G_alibase_20170915.vhd", "Windows Server 2008 R2 Enterprise 32-bit"),
        ("windows 2016 standard", "Windows Server 2016 Standard 64-bit"),
        # the guide's own names (4.3, 4.4, 4.6, 5)
        ("Centos 7.3 64-bit", "CentOS 7.3 64-bit"),
        ("Centos 6.8 64-bit", "CentOS 6.8 64-bit"),
        ("64-bit Windows Server 2016 data center Edition", "Windows Server 2016 Data Center 64-bit"),
        ("64-bit Windows Server 2012 R2 data center Edition", "Windows Server 2012 R2 Data Center 64-bit"),
        ("Windows Server 2016 Data Center Edition 64-bit", "Windows Server 2016 Data Center 64-bit"),
        ("Windows Server 2012 R2 Data Center Edition 64-bit", "Windows Server 2012 R2 Data Center 64-bit"),
        ("Windows 2012 R2", "Windows Server 2012 R2 Data Center 64-bit"),
        ("Red Hat 7", "Red Hat Enterprise Linux 7 64-bit"),
        ("Aliyun Linux 17", "Aliyun Linux 17 64-bit"),
        ("SUSE 11", "SUSE Linux Enterprise Server 11 64-bit"),
        ("OpenSUSE 42", "openSUSE 42 64-bit"),
        ("SUSE Linux Enterprise Server 12 SP1", "SUSE Linux Enterprise Server 12 SP1 64-bit"),
        # names that DescribeImages and the systems themselves use
        ("32-bit CentOS 6.8", "CentOS 6.8 32-bit"),
        ("32bit Windows Server 2008 R2 Standard", "Windows Server 2008 R2 Standard 32-bit"),
        ("CentOS  7.3 64位", "CentOS 7.3 64-bit"),
        ("CentOS  6.8 32位", "CentOS 6.8 32-bit"),
        ("Windows Server  2016 数据中心版 64位中文版", "Windows Server 2016 Data Center 64-bit"),
        ("Windows Server  2012 R2 标准版 64位英文版", "Windows Server 2012 R2 Standard 64-bit"),
        ("Windows Server  2008 R2 企业版 32位中文版", "Windows Server 2008 R2 Enterprise 32-bit"),
        ("CentOS Linux release 7.2.1511 (Core)", "CentOS 7.2 64-bit"),
    ],
)
def test_an_image_is_parsed_from_a_name_or_an_id(text: str, image: str) -> None:
    parsed = Image.parse(text)
    assert str(parsed) == image
    assert Image.parse(str(parsed)) == parsed


@pytest.mark.parametrize("text", ["", "banana", "centos", "centos 75", "m-bp1centos7", "freebsd_11_1_64", "debian750"])
def test_an_unknown_image_raises(text: str) -> None:
    with pytest.raises(GuestError, match=f"unknown image '{text}': name a distribution and its version") as caught:
        Image.parse(text)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, EcsnetError)


@pytest.mark.parametrize("text", ["CentOS 6 /7", "centos 6.8/6.9", "Windows 2012/2016", "Ubuntu 14/16"])
def test_a_name_of_several_images_raises(text: str) -> None:
    with pytest.raises(GuestError, match=f"'{text}' names several images: name one version"):
        Image.parse(text)


def test_an_unknown_distribution_raises() -> None:
    with pytest.raises(GuestError, match="unknown distribution 'Plan 9'"):
        Image(distribution="Plan 9", version="4")


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("centos 7.3", True),
        ("centos 6.8", True),
        ("windows 2016", True),
        ("windows 2012 r2", True),
        ("centos 7.2", False),
        ("centos 7", False),
        ("centos 6.8 32-bit", False),
        ("red hat 7.3", False),
        ("windows 2012", False),
        ("windows 2016 standard", False),
        ("ubuntu 16.04", False),
    ],
)
def test_an_image_is_ready_if_it_configures_interfaces_itself(text: str, ready: bool) -> None:
    assert Image.parse(text).ready is ready


SUPPORTED = ("centos 6.8", "centos 6.9", "centos 7.2", "centos 7.3", "centos 7.4", "ubuntu 14.04", "ubuntu 16.04")


@pytest.mark.parametrize(
    ("text", "support"),
    [
        *((text, MultiqueueSupport.SUPPORTED) for text in (*SUPPORTED, "debian 8.9", "sles 12 sp1", "centos 6.8 32")),
        ("sles 12 sp2", MultiqueueSupport.IN_DEVELOPMENT),
        ("windows 2012 r2", MultiqueueSupport.BY_INVITATION),
        ("windows 2016", MultiqueueSupport.BY_INVITATION),
        ("centos 7.1", MultiqueueSupport.UNLISTED),
        ("windows 2012", MultiqueueSupport.UNLISTED),
        ("debian 9", MultiqueueSupport.UNLISTED),
    ],
)
def test_multiqueue_support_depends_on_the_image(text: str, support: MultiqueueSupport) -> None:
    assert Image.parse(text).multiqueue is support


# An ENI: its file and its routes


@pytest.mark.parametrize(
    ("block", "via", "mask"),
    [
        ("10.0.2.0/24", "10.0.2.253", "255.255.255.0"),
        ("10.0.16.0/20", "10.0.31.253", "255.255.240.0"),
        ("10.0.8.0/29", "10.0.8.5", "255.255.255.248"),
    ],
)
def test_the_gateway_is_the_third_address_from_the_end_of_the_block(net: Net, block: str, via: str, mask: str) -> None:
    vswitch = net.new_vswitch(block)
    assert (gateway(vswitch), netmask(vswitch)) == (via, mask)


def test_names_and_metrics_follow_the_position_of_the_interface() -> None:
    centos, windows = Image.parse("centos 7.2"), Image.parse("windows 2016")
    assert [(name_of(n, centos), metric_of(n)) for n in range(3)] == [("eth0", 1000), ("eth1", 1001), ("eth2", 1002)]
    assert [name_of(n, windows) for n in range(2)] == ["Ethernet", "Ethernet 2"]


def test_a_secondary_interface_is_configured_on_the_rhel_family(net: Net, eni: NetworkInterface) -> None:
    image = Image.parse("centos 7.2")
    configuration = configure_interface(eni, image=image, name="eth2", metric=1002)
    assert configuration.files == (
        File(
            path="/etc/sysconfig/network-scripts/ifcfg-eth2",
            content="DEVICE=eth2\nBOOTPROTO=dhcp\nONBOOT=yes\nTYPE=Ethernet\nUSERCTL=yes\nPEERDNS=no\nIPV6INIT=no\n"
            f"PERSISTENT_DHCLIENT=yes\nHWADDR={eni.mac_address}\nDEFROUTE=no\n",
        ),
    )
    assert "    ifup eth2" in lines_of(configuration)
    assert configuration.network_commands == len(configuration.commands)
    routes = configure_routes(eni, net.vswitch, image=image, name="eth2", metric=1002)
    assert routes.commands[:2] == (
        "ip -4 route replace default via 10.0.1.253 dev eth2 metric 1002",
        "ip -4 route replace default via 10.0.1.253 dev eth2 table 1002",
    )
    assert routes.commands[-1].endswith(f"|| ip -4 rule add from {eni.primary_private_ip} lookup 1002")
    assert routes.network_commands == 0


def test_a_secondary_interface_is_configured_on_the_debian_family(net: Net, eni: NetworkInterface) -> None:
    image = Image.parse("debian 9")
    (file,) = configure_interface(eni, image=image, name="eth2", metric=1002).files
    assert (file.path, file.append) == ("/etc/network/interfaces", True)
    assert file.content == "\nauto eth2\niface eth2 inet dhcp\n    metric 1002\n"
    assert file.replaces == ("auto eth2 ", "iface eth2 ")


def test_a_secondary_interface_is_configured_on_the_sles_family(eni: NetworkInterface) -> None:
    configuration = configure_interface(eni, image=Image.parse("sles 12 sp1"), name="eth2", metric=1002)
    (file,) = configuration.files
    assert (file.path, file.append) == ("/etc/sysconfig/network/ifcfg-eth2", False)
    assert file.content == "BOOTPROTO='dhcp'\nSTARTMODE='auto'\nDHCLIENT_SET_DEFAULT_ROUTE='no'\n"
    assert "    ifup eth2" in lines_of(configuration)


@pytest.mark.parametrize("text", ["centos 7.3", "centos 6.8", "windows 2016", "windows 2012 r2"])
def test_an_image_that_configures_interfaces_needs_no_configuration(net: Net, text: str) -> None:
    interface, image = net.attached(net.run()), Image.parse(text)
    name = name_of(1, image)
    for configuration in (
        configure_interface(interface, image=image, name=name, metric=1001),
        configure_routes(interface, net.vswitch, image=image, name=name, metric=1001),
    ):
        assert configuration == GuestConfiguration(notes=(f"{image} configures its ENIs itself.",))


def test_the_primary_interface_needs_no_configuration(net: Net) -> None:
    primary, image = net.primary(net.run()), Image.parse("centos 7.2")
    assert not configure_interface(primary, image=image, name="eth0", metric=1000).commands
    assert not configure_routes(primary, net.vswitch, image=image, name="eth0", metric=1000).commands


def test_an_undocumented_configuration_raises(net: Net, eni: NetworkInterface) -> None:
    image = Image.parse("windows 2008 r2")
    with pytest.raises(GuestError, match="how to configure an ENI on Windows Server 2008 R2"):
        configure_interface(eni, image=image, name="Ethernet 2", metric=1001)
    with pytest.raises(GuestError, match="how to set the routes of an ENI on Windows Server 2008 R2"):
        configure_routes(eni, net.vswitch, image=image, name="Ethernet 2", metric=1001)


@pytest.mark.parametrize(
    ("text", "name"), [("centos 7.2", "eth1; reboot"), ("centos 7.2", ""), ("windows 2008", 'a" & del')]
)
def test_an_invalid_interface_name_is_refused(eni: NetworkInterface, text: str, name: str) -> None:
    with pytest.raises(GuestError, match="is not the name of a network interface"):
        configure_interface(eni, image=Image.parse(text), name=name, metric=1001)


def test_configuring_with_another_vswitch_raises(net: Net, eni: NetworkInterface) -> None:
    other, image = net.new_vswitch("10.0.9.0/24"), Image.parse("centos 7.2")
    for configure in (configure_routes, configure_addresses):
        with pytest.raises(GuestError, match=f"{eni.id} is in {net.vswitch.id}, not in {other.id}"):
            configure(eni, other, image=image, name="eth2", metric=1002)


# Secondary addresses


@pytest.mark.parametrize(
    ("text", "restart"),
    [
        ("centos 6.9", "service network restart"),
        ("centos 7.2", "systemctl restart network"),
        ("red hat 6", "service network restart"),
        ("red hat 7", "systemctl restart network"),
        ("aliyun linux 17.1", "systemctl restart network"),
        ("ubuntu 14.04", "service networking restart"),
        ("ubuntu 16.04", "systemctl restart networking"),
        ("debian 8.9", "systemctl restart networking"),
        ("debian 9", "systemctl restart networking"),
        ("suse 11", "service network restart"),
        ("sles 12 sp1", "systemctl restart network"),
        ("opensuse 42.3", "systemctl restart network"),
    ],
)
def test_each_release_has_its_command_to_restart_the_network(
    net: Net, eni: NetworkInterface, text: str, restart: str
) -> None:
    image = Image.parse(text)
    configuration = configure_addresses(eni, net.vswitch, image=image, name="eth2", metric=1002)
    assert configuration.commands[-1] == restart
    assert configuration.network_commands == len(configuration.commands)


@pytest.mark.parametrize("text", ["centos 5.8", "centos 8", "aliyun linux 2", "ubuntu 18.04", "debian 7", "suse 15"])
def test_an_undocumented_release_raises(net: Net, eni: NetworkInterface, text: str) -> None:
    with pytest.raises(GuestError, match="does not say how to set secondary addresses on"):
        configure_addresses(eni, net.vswitch, image=Image.parse(text), name="eth2", metric=1002)


def test_secondary_addresses_are_configured_on_the_rhel_family(net: Net, eni: NetworkInterface) -> None:
    image = Image.parse("centos 7.2")
    first, second = configure_addresses(eni, net.vswitch, image=image, name="eth2", metric=1002).files
    assert (first.path, first.append) == ("/etc/sysconfig/network-scripts/ifcfg-eth2:0", False)
    assert first.content == (
        "DEVICE=eth2:0\nTYPE=Ethernet\nBOOTPROTO=static\nONBOOT=yes\nIPADDR=10.0.1.50\nNETMASK=255.255.255.0\n"
        "GATEWAY=10.0.1.253\nNO_ALIASROUTING=yes\n"
    )
    assert second.path == "/etc/sysconfig/network-scripts/ifcfg-eth2:1"
    assert "IPADDR=10.0.1.60\n" in second.content


def test_the_primary_interface_can_have_secondary_addresses(net: Net) -> None:
    instance = net.run()
    primary_id = net.primary(instance).id
    net.cloud.execute(AssignPrivateIpAddresses(network_interface_id=primary_id, private_ip_addresses=["10.0.1.77"]))
    (file,) = configured(net, net.primary(instance), "centos 7.3").files
    assert file.path.endswith("/ifcfg-eth0:0")
    assert file.content.endswith("IPADDR=10.0.1.77\nNETMASK=255.255.255.0\nGATEWAY=10.0.1.253\n")


def test_secondary_addresses_are_configured_on_the_debian_family(net: Net, eni: NetworkInterface) -> None:
    image = Image.parse("ubuntu 16.04")
    (file,) = configure_addresses(eni, net.vswitch, image=image, name="eth2", metric=1002).files
    assert (file.path, file.append) == ("/etc/network/interfaces", True)
    assert file.replaces == ("auto eth2:#", "iface eth2:#")
    first, second = file.content.split("\n\n")
    assert first == (
        "\nauto eth2:0\niface eth2:0 inet static\n    address 10.0.1.50\n    netmask 255.255.255.0\n"
        "    gateway 10.0.1.253\n    metric 2002"
    )
    assert second.startswith("auto eth2:1\n")
    assert "address 10.0.1.60\n" in second
    assert "metric 3002\n" in second


def test_secondary_addresses_are_configured_on_the_sles_family(net: Net, eni: NetworkInterface) -> None:
    image = Image.parse("opensuse 42.3")
    (file,) = configure_addresses(eni, net.vswitch, image=image, name="eth2", metric=1002).files
    assert (file.path, file.append) == ("/etc/sysconfig/network/ifcfg-eth2", True)
    assert file.replaces == ("IPADDR_#", "NETMASK_#", "PREFIXLEN_#", "LABEL_#")
    assert file.content == (
        "\nIPADDR_0='10.0.1.50'\nNETMASK_0='24'\nPREFIXLEN_0='24'\nLABEL_0='0'\n"
        "\nIPADDR_1='10.0.1.60'\nNETMASK_1='24'\nPREFIXLEN_1='24'\nLABEL_1='1'\n"
    )


def test_secondary_addresses_on_windows_are_steps_and_commands(net: Net, eni: NetworkInterface) -> None:
    image = Image.parse("windows 2016")
    configuration = configure_addresses(eni, net.vswitch, image=image, name="Ethernet 3", metric=1002)
    assert not configuration.files
    assert [step for step in configuration.steps if "Add" in step] == [
        "Under IP addresses, choose Add: 10.0.1.50, subnet mask 255.255.255.0.",
        "Under IP addresses, choose Add: 10.0.1.60, subnet mask 255.255.255.0.",
    ]
    (removed,) = [step for step in configuration.steps if "remove" in step]
    assert removed.endswith(f"other than {eni.primary_private_ip}, 10.0.1.50, 10.0.1.60.")
    assert configuration.commands == (
        f'netsh interface ipv4 set address name="Ethernet 3" source=static address={eni.primary_private_ip} '
        "mask=255.255.255.0 gateway=10.0.1.253",
        'netsh interface ipv4 add address name="Ethernet 3" address=10.0.1.50 mask=255.255.255.0',
        'netsh interface ipv4 add address name="Ethernet 3" address=10.0.1.60 mask=255.255.255.0',
    )


@pytest.mark.parametrize("text", ["centos 6.9", "debian 9", "sles 12 sp1", "ubuntu 14.04", "centos 7.3"])
def test_without_secondary_addresses_earlier_ones_are_removed_and_nothing_restarts(net: Net, text: str) -> None:
    interface = net.attached(net.run())
    configuration = configure_addresses(interface, net.vswitch, image=Image.parse(text), name="eth1", metric=1001)
    assert not "".join(file.content for file in configuration.files)
    assert any("ip -4 addr del" in line for line in lines_of(configuration))
    assert "restart" not in str(configuration)


def test_without_secondary_addresses_an_undocumented_release_needs_nothing(net: Net) -> None:
    interface = net.attached(net.run())
    debian, windows = Image.parse("debian 7"), Image.parse("windows 2016")
    assert configure_addresses(interface, net.vswitch, image=debian, name="eth1", metric=1001) == GuestConfiguration()
    by_hand = configure_addresses(interface, net.vswitch, image=windows, name="Ethernet 2", metric=1001)
    assert by_hand == GuestConfiguration(notes=by_hand.notes)
    assert "Obtain an IP address automatically" in by_hand.notes[0]


# Queues


def test_every_interface_gets_its_queues() -> None:
    image = Image.parse("centos 7.2")
    assert configure_multiqueue(EIGHT_QUEUES, image=image, names=("eth0", "eth1")).commands == (
        "ethtool -l eth0",
        "ethtool -L eth0 combined 8",
        "ethtool -l eth1",
        "ethtool -L eth1 combined 8",
        "systemctl start irqbalance",
    )
    fewer = configure_multiqueue(EIGHT_QUEUES, image=Image.parse("centos 6.9"), names=("eth0",), queues=2).commands
    assert fewer == ("ethtool -l eth0", "ethtool -L eth0 combined 2", "service irqbalance restart")


@pytest.mark.parametrize("queues", [0, 9])
def test_a_number_of_queues_above_the_limit_of_the_type_raises(queues: int) -> None:
    with pytest.raises(GuestError, match=f"ecs.x.large allows 1 to 8 queues, not {queues}"):
        configure_multiqueue(EIGHT_QUEUES, image=Image.parse("centos 7.2"), names=("eth0",), queues=queues)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("sles 12 sp2", "in development for SUSE Linux Enterprise Server 12 SP2"),
        ("debian 9", "not listed for Debian 9"),
        ("windows 2008", "not listed for Windows Server 2008"),
    ],
)
def test_an_image_without_multiqueue_gets_a_note(text: str, note: str) -> None:
    configuration = configure_multiqueue(EIGHT_QUEUES, image=Image.parse(text), names=("eth0",))
    assert not configuration.commands
    assert note in configuration.notes[0]


def test_a_type_of_one_queue_gets_a_note() -> None:
    one = attrs.evolve(EIGHT_QUEUES, nic_queues=1)
    configuration = configure_multiqueue(one, image=Image.parse("centos 7.2"), names=("eth0",))
    assert configuration == GuestConfiguration(notes=("Multiqueue: ecs.x.large has one queue for each ENI.",))


def test_an_unknown_number_of_queues_is_said_to_be_unknown() -> None:
    unknown, image = attrs.evolve(EIGHT_QUEUES, nic_queues=None), Image.parse("centos 7.2")
    configuration = configure_multiqueue(unknown, image=image, names=("eth0",))
    note = "Multiqueue: how many queues an ENI of ecs.x.large has is not known."
    assert configuration == GuestConfiguration(notes=(note,))
    told = configure_multiqueue(unknown, image=image, names=("eth0",), queues=4).commands
    assert told == ("ethtool -l eth0", "ethtool -L eth0 combined 4", "systemctl start irqbalance")
    with pytest.raises(GuestError, match=r"ecs\.x\.large allows 1 to 65535 queues, not 0"):
        configure_multiqueue(unknown, image=image, names=("eth0",), queues=0)


def test_the_catalogue_knows_one_queue_from_an_unknown_number() -> None:
    types = vendor_types()
    assert types["ecs.ebmg6.26xlarge"].nic_queues is None
    assert types["ecs.g5.large"].nic_queues == 2
    assert {one.nic_queues for one in types.values()} >= {None, 1, 2, 4}
    assert InstanceType(id="ecs.mine", eni_quantity=1, private_ipv4_per_eni=1).nic_queues is None


@pytest.mark.parametrize("text", ["windows 2012 r2", "windows 2016"])
def test_multiqueue_on_windows_needs_a_driver_and_a_restart(text: str) -> None:
    configuration = configure_multiqueue(EIGHT_QUEUES, image=Image.parse(text), names=("Ethernet",))
    assert any("Win8/amd64" in step for step in configuration.steps)
    assert configuration.steps[-1] == "Restart Windows."
    assert "by invitation" in configuration.notes[0]


def test_the_rps_mask_has_a_bit_for_each_cpu() -> None:
    assert {cpus: rps_mask(cpus) for cpus in (1, 2, 4, 7, 8, 15, 16, 24, 32, 88)} == {
        **dict.fromkeys((1, 2, 4, 7, 8, 15), "f"),
        **dict.fromkeys((16, 24, 32, 88), "ff"),
    }
    assert {rps_mask(one.vcpu) for one in vendor_types().values()} == {"f", "ff"}


def test_the_rps_mask_is_written_to_every_receive_queue() -> None:
    image = Image.parse("centos 7.2")
    assert configure_rps(EIGHT_QUEUES, image=image).commands == (
        'for file in /sys/class/net/eth*/queues/rx-*/rps_cpus; do echo ff > "$file"; done',
    )
    small = attrs.evolve(EIGHT_QUEUES, vcpu=2)
    (command,) = configure_rps(small, image=image).commands
    assert 'echo f > "$file" 2>/dev/null || echo 3 > "$file"' in command
    with pytest.raises(GuestError, match="there is none on Windows Server 2016"):
        configure_rps(EIGHT_QUEUES, image=Image.parse("windows 2016"))


# All of it, from a cloud


def test_an_attached_interface_is_configured(net: Net, eni: NetworkInterface) -> None:
    configuration = configured(net, eni, "centos_7_02_64_20G_alibase_20170818.vhd")
    assert [file.path.rpartition("-")[2] for file in configuration.files] == ["eth2", "eth2:0", "eth2:1"]
    commands = configuration.commands
    restart = commands.index("systemctl restart network")
    assert restart == configuration.network_commands - 1
    assert "    ifup eth2" in lines_of(configuration)[: lines_of(configuration).index(commands[restart])]
    assert "ip -4 route replace default via 10.0.1.253 dev eth2 table 1002" in commands[restart:]
    assert commands[-3:] == ("ethtool -l eth2", "ethtool -L eth2 combined 2", "systemctl start irqbalance")
    assert guest_configuration(net.cloud, eni.id, Image.parse("centos 7.2")) == configuration
    with_rps = guest_configuration(net.cloud, eni.id, "centos 7.2", rps=True)
    assert with_rps.commands[:-1] == configuration.commands
    assert "rps_cpus" in with_rps.commands[-1]


def test_the_image_defaults_to_that_of_the_instance(net: Net) -> None:
    of_debian = net.attached(net.run(image_id="debian_8_09_64_20G_alibase_20170824.vhd"))
    assert guest_configuration(net.cloud, of_debian.id).files[0].path == "/etc/network/interfaces"
    of_none = net.attached(net.run())
    with pytest.raises(GuestError, match=f"{of_none.instance_id} was created without an image: say which it runs"):
        guest_configuration(net.cloud, of_none.id)


def test_the_limits_of_the_type_are_those_at_creation() -> None:
    net = Net(instance_types=[EIGHT_QUEUES])
    interface = net.attached(net.run(instance_type="ecs.x.large"))
    assert "ethtool -L eth1 combined 8" in configured(net, interface, "centos 7.2").commands


def test_an_unknown_number_of_queues_is_stored_as_unknown(tmp_path: Path) -> None:
    path = str(tmp_path / "network.db")
    net = Net(store=path)
    interface = net.attached(net.run(instance_type="ecs.ebmg6.26xlarge"))
    net.cloud.close()
    with Cloud(path) as cloud:
        notes = guest_configuration(cloud, interface.id, "centos 7.2").notes
    assert "Multiqueue: how many queues an ENI of ecs.ebmg6.26xlarge has is not known." in notes


def test_a_script_sets_the_routes_of_other_interfaces_again_only_if_it_restarts_the_network(
    net: Net, eni: NetworkInterface
) -> None:
    assert eni.instance_id is not None
    other = net.cloud.instances[eni.instance_id].network_interface_ids[1]
    again = "    ip -4 route replace default via 10.0.1.253 dev eth1 table 1001"
    assert again in lines_of(configured(net, eni, "centos 7.2"))
    assert "eth2" not in str(configured(net, net.cloud.network_interfaces[other], "centos 7.2"))
    assert "eth1" not in str(configured(net, eni, "centos 7.3"))  # which configures its ENIs itself


def test_what_is_left_of_interfaces_that_are_gone_is_removed(net: Net) -> None:
    centos, ready, debian = map(Image.parse, ("centos 7.2", "centos 7.3", "debian 9"))
    files = "rm -f /etc/sysconfig/network-scripts/ifcfg-eth2"
    assert remove_interfaces([2], image=centos).commands[0] == f"{files} {files.removeprefix('rm -f ')}:[0-9]*"
    assert remove_interfaces([2], image=ready).commands == (f"{files}:[0-9]*",)
    (file,) = remove_interfaces([2], image=debian).files
    assert (file.content, len(file.replaces)) == ("", 4)
    for nothing in (remove_interfaces([], image=centos), remove_interfaces([2], image=Image.parse("windows 2016"))):
        assert nothing == GuestConfiguration()


def test_a_type_of_any_number_of_interfaces_has_a_script_of_bounded_length() -> None:
    net = Net(instance_types=[attrs.evolve(EIGHT_QUEUES, eni_quantity=1_000_000)])
    interface = net.attached(net.run(instance_type="ecs.x.large"))
    assert len(str(configured(net, interface, "debian 9"))) < 20_000


def test_an_unattached_or_unknown_interface_raises(net: Net) -> None:
    loose = net.eni()
    with pytest.raises(GuestError, match=f"{loose.id} is not attached to an instance: it is Available"):
        guest_configuration(net.cloud, loose.id, "centos 7.2")
    with pytest.raises(GuestError, match="there is no network interface eni-none"):
        guest_configuration(net.cloud, "eni-none", "centos 7.2")


# As text


def test_a_configuration_prints_as_a_script() -> None:
    configuration = GuestConfiguration(
        files=(
            File(path="/etc/whole", content="a=$b\n"),
            File(path="/etc/more of it", content="\nit's\nmore\n", append=True),
        ),
        commands=("first", "second"),
        notes=("Mind the gap.",),
    )
    assert str(configuration) == (
        "#!/bin/bash\n# Mind the gap.\nset -eu\ncat > /etc/whole <<'EOF'\na=$b\nEOF\n"
        "grep -qsxF 'it'\"'\"'s' '/etc/more of it' || cat >> '/etc/more of it' <<'EOF'\n\nit's\nmore\nEOF\n"
        "first\nsecond\n"
    )


LINES = st.sampled_from(
    [
        "auto eth1",
        "auto eth1:0",
        "iface eth1:0 inet static",
        "    address 10.0.0.5",
        "\tmtu 1",
        "",
        " ",
        "# it's $HOME",
        "x\\",
    ]
)
BEGINNINGS = st.sampled_from(["auto eth1 ", "auto eth1:#", "iface eth1", "# it's", "x\\", "*", "#"])


@settings(max_examples=budget(200))
@given(
    lines=st.lists(LINES, max_size=9),
    beginnings=st.lists(BEGINNINGS, min_size=1, max_size=3),
    content=st.sampled_from(["", "\nauto eth1\n", "auto eth1:0"]),
    ended=st.booleans(),
)
def test_what_an_earlier_script_added_is_replaced(
    lines: list[str], beginnings: list[str], content: str, ended: bool
) -> None:
    text = "\n".join(lines) + "\n" * (ended and bool(lines))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a file"
        path.write_text(text)
        file = File(path=str(path), content=content, append=True, replaces=beginnings)
        subprocess.run(["bash"], input=str(GuestConfiguration(files=(file,))), text=True, check=True)
        assert path.read_text() == replaced(text, beginnings, content)


def replaced(text: str, beginnings: list[str], content: str) -> str:
    """Returns a text without the stanzas that begin so, followed by the content."""
    kept: list[str] = []
    removing = False
    lines = text.split("\n")
    for line in lines[:-1] if text.endswith("\n") or not text else lines:
        if any(re.match(re.escape(one).replace(r"\#", "[0-9]"), f"{line} ") for one in beginnings):
            removing = True
            while kept and not kept[-1]:
                kept.pop()
        elif not (removing and line.startswith((" ", "\t"))):
            removing = False
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept) + (f"{content.removesuffix(chr(10))}\n" if content else "")


def test_a_file_that_is_not_there_is_not_made_for_nothing(tmp_path: Path) -> None:
    file = File(path=str(tmp_path / "none"), content="", append=True, replaces=("auto eth1 ",))
    subprocess.run(["bash"], input=str(GuestConfiguration(files=(file,))), text=True, check=True)
    assert not (tmp_path / "none").exists()


def test_windows_prints_as_numbered_steps(net: Net, eni: NetworkInterface) -> None:
    lines = str(configured(net, eni, "windows 2016")).splitlines()
    steps = [line for line in lines if line[0].isdigit()]
    assert [line.partition(".")[0] for line in steps] == [str(n) for n in range(1, len(steps) + 1)]
    assert steps[-1].endswith(". Restart Windows.")
    assert lines[-4].startswith("By command, as administrator")
    assert lines[-1].startswith("    netsh interface ipv4 add address")


def test_an_empty_configuration_prints_only_notes(net: Net) -> None:
    text = str(configure_interface(net.attached(net.run()), image=Image.parse("centos 7.3"), name="eth1", metric=1001))
    assert text == "# CentOS 7.3 64-bit configures its ENIs itself.\n"


def test_configurations_can_be_added_without_repeating_notes() -> None:
    one = GuestConfiguration(commands=("a",), notes=("n",))
    other = GuestConfiguration(commands=("b",), notes=("n", "m"), steps=("s",))
    assert one + other == GuestConfiguration(commands=("a", "b"), notes=("n", "m"), steps=("s",))


def test_in_a_sum_the_network_restarts_once_and_before_everything_that_a_restart_removes() -> None:
    one = GuestConfiguration(commands=("up 1", "restart", "route 1"), network_commands=2)
    other = GuestConfiguration(commands=("up 2", "restart", "route 2"), network_commands=2)
    quiet = GuestConfiguration(commands=("up 3", "route 3"), network_commands=1)
    whole = quiet + one + other
    assert whole.commands == ("up 3", "up 1", "up 2", "restart", "route 3", "route 1", "route 2")
    assert whole.network_commands == 4
    assert (one + quiet).commands == ("up 1", "restart", "up 3", "route 1", "route 3")


def test_there_are_no_more_network_commands_than_commands() -> None:
    with pytest.raises(GuestError, match="network_commands must be a whole number from 0 to 1"):
        GuestConfiguration(commands=("a",), network_commands=2)


def test_every_family_has_its_images() -> None:
    assert {Image.parse(text).family for text in ("rhel 7", "ubuntu 16", "suse 12", "windows 2016")} == set(Family)


# On the command line


def ecsnet(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["guest", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def stored(tmp_path: Path) -> tuple[str, str, str]:
    """A file, and two ENIs in it: one attached, one not."""
    path = str(tmp_path / "network.db")
    net = Net(store=path)
    ids = net.attached(net.run(), private_ip_addresses=["10.0.1.50"]).id, net.eni().id
    net.cloud.close()
    return (path, *ids)


def test_the_command_prints_the_script(stored: tuple[str, str, str]) -> None:
    path, attached, _ = stored
    result = ecsnet(path, attached, "--image", "centos 7.2")
    with Cloud(path) as cloud:
        assert result.stdout == str(guest_configuration(cloud, attached, "centos 7.2"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "rps_cpus" in ecsnet(path, attached, "--image", "centos 7.2", "--rps").stdout


def test_the_command_prints_json(stored: tuple[str, str, str]) -> None:
    path, attached, _ = stored
    (line,) = ecsnet(path, attached, "--image", "debian 9", "--json").stdout.splitlines()
    value = json.loads(line)
    assert list(value) == ["kind", "files", "commands", "steps", "notes", "network_commands"]
    assert value["files"][0] == {
        "kind": "File",
        "path": "/etc/network/interfaces",
        "content": "\nauto eth1\niface eth1 inet dhcp\n    metric 1001\n\nauto eth1:0\niface eth1:0 inet static\n"
        "    address 10.0.1.50\n    netmask 255.255.255.0\n    gateway 10.0.1.253\n    metric 2001\n",
        "append": True,
        "replaces": [
            f"{word} {name}"
            for names in (("eth2 ", "eth2:#"), ("eth1 ",), ("eth1:#",))
            for name in names
            for word in ("auto", "iface")
        ],
    }


@pytest.mark.parametrize(
    ("which", "options", "reason"),
    [
        (1, ["--image", "banana"], "unknown image 'banana'"),
        (1, [], "was created without an image"),
        (2, ["--image", "centos 7.2"], "is not attached to an instance"),
    ],
)
def test_the_command_exits_2_with_a_reason(
    stored: tuple[str, str, str], which: int, options: list[str], reason: str
) -> None:
    result = ecsnet(stored[0], stored[which], *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ecsnet: ")
    assert reason in result.stderr


# In the docs


def test_the_snippets_of_the_guest_page_run() -> None:
    results = doctest.testfile(str(ROOT / "docs" / "guest.md"), module_relative=False)
    assert results.attempted > 5
    assert not results.failed


def test_an_instance_of_an_unknown_type_may_have_had_any_number_of_interfaces() -> None:
    cloud = Cloud()
    cloud.import_resources(of_a_later_type())
    unknown = "\n".join(guest_configuration(cloud, "eni-1", "centos 7.2").commands)
    cloud.import_resources([instance_types(limits(enis=3, MaximumQueueNumberPerEni=8))])
    described = "\n".join(guest_configuration(cloud, "eni-1", "centos 7.2").commands)
    assert "eth31" in unknown
    assert "eth31" not in described
    assert "eth2" in described
    assert ("combined" in unknown, "combined 8" in described) == (False, True)
