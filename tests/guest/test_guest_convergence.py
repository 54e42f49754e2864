"""Scripts bring a guest to the present state whatever earlier scripts have left in it.

A guest runs the scripts of a story: ENIs come and go, addresses are assigned and revoked, and scripts run in between.
In the end it has the same files, addresses, routes and rules as a guest that has run nothing but the last scripts. What
the systems do themselves (DHCP, ``ifup``, the restart of the network) is done by stand-ins for each family; the aliases
of Debian are set by ifupdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from ecsnet import Instance, NetworkInterface
from ecsnet import commands as c
from ecsnet.guest import GuestConfiguration, Image, configure_interface, guest_configuration, remove_interfaces
from tests.support.namespaces import Namespace, in_place_of_etc, network_namespace, run_script, tool
from tests.support.net import Net

FAMILIES = {"centos 7.2": "rhel", "debian 9": "debian", "sles 12 sp1": "sles"}
IN_A_FILE = {
    "rhel": "[ -e /etc/sysconfig/network-scripts/ifcfg-$1 ]",
    "debian": 'grep -qx "auto $1" /etc/network/interfaces',
    "sles": "[ -e /etc/sysconfig/network/ifcfg-$1 ]",
}
ALIASES = {
    "rhel": """
        for file in /etc/sysconfig/network-scripts/ifcfg-eth*:*; do
            [ ! -e "$file" ] || (. "$file"; ip addr add "$IPADDR/$NETMASK" dev "${DEVICE%:*}" label "$DEVICE")
        done""",
    "debian": f"{{ifupdown}}/ifup --all {'--exclude=lo --exclude=eth0 --exclude=eth1 --exclude=eth2 --exclude=eth3'}",
    "sles": """
        for file in /etc/sysconfig/network/ifcfg-eth*; do
            [ ! -e "$file" ] || (. "$file"; name=${file##*-}; n=0; while v=IPADDR_$n; [ -n "${!v:-}" ]; do
                p=PREFIXLEN_$n l=LABEL_$n; ip addr add "${!v}/${!p}" dev "$name" label "$name:${!l}"; n=$((n + 1))
            done)
        done""",
}
STAND_INS = """
configured() { IN_A_FILE; }
case "${0##*/} $*" in
"ifdown "*) rm -f "FOLDER/up-$1"; ip -4 addr flush dev "$1"; ip -4 route flush dev "$1" ;;
"ifup "*)
    configured "$1"
    [ FAMILY != debian ] || [ ! -e "FOLDER/up-$1" ] || exit 0  # ifupdown remembers that it was configured
    touch "FOLDER/up-$1"
    ! ip -4 -o addr list dev "$1" | grep -q . || exit 1  # it runs already
    address=$(grep "^$1 " FOLDER/leases); address=${address##* }
    ip link set "$1" up; ip addr add "$address/24" dev "$1"
    metric=$(grep -A2 -sx "auto $1" /etc/network/interfaces | grep metric || :)
    [ -z "$metric" ] || ip -4 route add default via 10.0.0.253 dev "$1" $metric ;;
*"irqbalance"*) ;;
*)
    DOWN
    while read -r name address; do
        [ -e /sys/class/net/$name ] || { ! configured "$name" || exit 1; continue; }
        rm -f "FOLDER/up-$name"; ip -4 addr flush dev "$name"; ip link set "$name" down; ip link set "$name" up
        ! configured "$name" || FOLDER/bin/ifup "$name"
    done < FOLDER/leases
    ip -4 addr flush dev eth0; ip -4 route flush dev eth0
    ip addr add 10.0.0.19/24 dev eth0; ip route add default via 10.0.0.253 dev eth0
    ALIASES
esac
"""


class Step(NamedTuple):
    """A moment of a story: the secondary ENIs that are there, by the name of their interface, and the scripts that run
    then. ``names`` has the names that the system has given to some instead, after a restart."""

    interfaces: dict[str, NetworkInterface]
    scripts: Sequence[GuestConfiguration]
    names: Mapping[str, str]


class Teller:
    """Tells a story: an instance at 10.0.0.19, whose secondary ENIs have 10.0.0.20 and 10.0.0.21."""

    def __init__(self, net: Net, image: str) -> None:
        net.vswitch = net.new_vswitch("10.0.0.0/24")
        self.net = net
        self.image = image
        self.vm: Instance = net.run(private_ip_address="10.0.0.19", instance_type="ecs.g5.2xlarge")

    def eni(self, host: int, *others: int) -> NetworkInterface:
        return self.net.attached(
            self.vm,
            primary_ip_address=f"10.0.0.{host}",
            private_ip_addresses=[f"10.0.0.{other}" for other in others],
        )

    def detach(self, interface: NetworkInterface) -> None:
        self.net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=self.vm.id))

    def assign(self, interface: NetworkInterface, *hosts: int) -> None:
        addresses = [f"10.0.0.{host}" for host in hosts]
        self.net.cloud.execute(
            c.AssignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=addresses)
        )

    def revoke(self, interface: NetworkInterface, *hosts: int) -> None:
        addresses = [f"10.0.0.{host}" for host in hosts]
        self.net.cloud.execute(
            c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=addresses)
        )

    def script(self, interface: NetworkInterface) -> GuestConfiguration:
        return guest_configuration(self.net.cloud, interface.id, self.image)

    def step(
        self,
        *interfaces: NetworkInterface,
        scripts: Sequence[GuestConfiguration] | None = None,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> Step:
        """The ENIs as the instance has them by now; without scripts, each has its own."""
        rest = self.net.cloud.instances[self.vm.id].network_interface_ids[1:]
        there = {self.name(one): self.net.cloud.network_interfaces[one] for one in rest}
        return Step(there, [self.script(one) for one in interfaces] if scripts is None else scripts, names)

    def name(self, interface_id: str) -> str:
        (name,) = {
            match[1]
            for command in guest_configuration(self.net.cloud, interface_id, self.image).commands
            if (match := re.search(r"default via \S+ dev (eth\d)", command)) and command.startswith("ip -4 route")
        }
        return name


def replaced(teller: Teller) -> Iterator[Step]:
    first = teller.eni(20, 50, 60)
    yield teller.step(first)
    teller.detach(first)
    yield teller.step(teller.eni(21, 70))


def replaced_by_one_without_addresses(teller: Teller) -> Iterator[Step]:
    first = teller.eni(20, 50, 60)
    yield teller.step(first)
    teller.detach(first)
    yield teller.step(teller.eni(21))


def some_revoked(teller: Teller) -> Iterator[Step]:
    eni = teller.eni(20, 50, 60, 70)
    yield teller.step(eni)
    teller.revoke(eni, 50, 70)
    yield teller.step(eni)


def all_revoked(teller: Teller) -> Iterator[Step]:
    eni = teller.eni(20, 50, 60)
    yield teller.step(eni)
    teller.revoke(eni, 50, 60)
    yield teller.step(eni)


def one_revoked_and_another_assigned(teller: Teller) -> Iterator[Step]:
    eni = teller.eni(20, 50)
    yield teller.step(eni)
    teller.revoke(eni, 50)
    teller.assign(eni, 60, 70)
    yield teller.step(eni)


def nothing_changed(teller: Teller) -> Iterator[Step]:
    eni = teller.eni(20, 50)
    yield teller.step(eni)
    yield teller.step(eni)


def the_second_detached(teller: Teller) -> Iterator[Step]:
    first, second = teller.eni(20), teller.eni(21, 50)
    yield teller.step(first, second)
    teller.detach(second)
    yield teller.step(first)


def the_first_detached(teller: Teller) -> Iterator[Step]:
    first, second = teller.eni(20, 50), teller.eni(21, 60)
    yield teller.step(first, second)
    teller.detach(first)
    yield teller.step(second)


def the_only_one_detached(teller: Teller) -> Iterator[Step]:
    eni = teller.eni(20, 50)
    yield teller.step(eni)
    teller.detach(eni)
    yield teller.step(teller.net.primary(teller.vm))


def of_the_primary_revoked(teller: Teller) -> Iterator[Step]:
    primary, eni = teller.net.primary(teller.vm), teller.eni(20, 50)
    teller.assign(primary, 80, 90)
    yield teller.step(primary, eni)
    teller.revoke(primary, 80)
    yield teller.step(eni, primary)


def restarted(teller: Teller) -> Iterator[Step]:
    first, second, third = teller.eni(20), teller.eni(21, 50), teller.eni(22, 60)
    yield teller.step(first, second, third)
    teller.detach(first)
    teller.net.cloud.execute(c.RebootInstance(instance_id=teller.vm.id))
    # udev, or the files of the scripts, have remembered the names of the addresses
    yield teller.step(third, second, names={"eth1": "eth2", "eth2": "eth3"})


STORIES: list[Callable[[Teller], Iterator[Step]]] = [
    replaced,
    replaced_by_one_without_addresses,
    some_revoked,
    all_revoked,
    one_revoked_and_another_assigned,
    nothing_changed,
    the_second_detached,
    the_first_detached,
    the_only_one_detached,
    of_the_primary_revoked,
    restarted,
]


class Outcome(NamedTuple):
    """The files, addresses, routes and rules of a guest after its scripts, sorted."""

    files: dict[str, list[str]]
    addresses: list[str]
    routes: list[str]
    rules: list[str]


def outcome(image: str, folder: Path, steps: Sequence[Step]) -> Outcome:
    """Returns the outcome of a new guest that runs these steps."""
    folder.mkdir()
    (folder / "bin").mkdir()
    family = FAMILIES[image]
    ifupdown, down = folder / "ifupdown", ":"
    if family == "debian":
        ifupdown.mkdir()
        for name in ("ifup", "ifdown"):
            options = f"--no-scripts --state-dir {folder} --interfaces /etc/network/interfaces"
            (ifupdown / name).write_text(f'#!/bin/bash\nexec {tool(name)} {options} "$@"\n')
            (ifupdown / name).chmod(0o755)
        down = f"{ifupdown}/ifdown --all --exclude=lo --exclude=eth0 --exclude=eth1 --exclude=eth2 --exclude=eth3"
    body = STAND_INS.replace("IN_A_FILE", IN_A_FILE[family]).replace("FAMILY", family).replace("DOWN", down)
    body = body.replace("ALIASES", ALIASES[family].replace("{ifupdown}", str(ifupdown))).replace("FOLDER", str(folder))
    for name in ("ifup", "ifdown", "systemctl", "service"):
        (folder / "bin" / name).write_text(f"#!/bin/bash\nset -eu\n{body}")
        (folder / "bin" / name).chmod(0o755)
    (folder / "bin" / "ethtool").symlink_to("/bin/true")

    with network_namespace(1) as namespace:
        in_place_of_etc(namespace, folder, f"PATH={folder}/bin:$PATH; {'; '.join(told(folder, steps))}")
        files = {
            str(path.relative_to(folder)): sorted(stanza.strip() for stanza in path.read_text().split("\n\n"))
            for path in (folder / "etc").rglob("*")
            if path.is_file()
        }
        return Outcome(
            files,
            sorted(re.sub(r".*inet (\S+) .*?(eth[\d:]+) .*", r"\1 \2", line) for line in namespace.lines(ADDRESSES)),
            sorted(namespace.lines("ip -4 route list table all type unicast")),
            sorted(line.partition(" ")[2] for line in namespace.lines("ip -4 rule list")),
        )


ADDRESSES = "ip -4 -o addr list scope global | tr '\\\\' ' '"


def told(folder: Path, steps: Sequence[Step]) -> Iterator[str]:
    """The commands of a guest that lives through these steps."""
    before: dict[str, str] = {}
    for number, step in enumerate(steps):
        there = {name: interface.id for name, interface in step.interfaces.items()}
        for name in before:
            if there.get(name) != before[name]:
                yield f"ip link del {name}"
        for wanted, interface in step.interfaces.items():
            name = step.names.get(wanted, wanted)
            if before.get(wanted) != interface.id:
                yield f"ip link add {name} type veth peer name far{name}; ip link set far{name} up"
                yield f"ip link set {name} address {interface.mac_address}; ip link set {name} up"
        before = there
        leases = "\n".join(f"{name} {interface.primary_private_ip}" for name, interface in step.interfaces.items())
        yield f"printf '%s' '{leases}{chr(10) if leases else ''}' > {folder}/leases"
        for script_number, script in enumerate(step.scripts):
            place = folder / f"{number}-{script_number}"
            place.mkdir()
            yield run_script(script, place)


@pytest.mark.parametrize("image", FAMILIES)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_scripts_leave_nothing_of_earlier_scripts(
    net: Net, tmp_path: Path, image: str, story: Callable[[Teller], Iterator[Step]]
) -> None:
    steps = list(story(Teller(net, image)))
    lived, new = outcome(image, tmp_path / "lived", steps), outcome(image, tmp_path / "new", steps[-1:])
    assert lived == new
    assert len(new.rules) == 3 + len(steps[-1].interfaces)


ORDERS: list[Callable[[GuestConfiguration, GuestConfiguration], list[GuestConfiguration]]] = [
    lambda first, second: [second, first],
    lambda first, second: [first + second],
    lambda first, second: [second + first],
    lambda first, second: [first, second, first],
]


@pytest.mark.parametrize("image", FAMILIES)
@pytest.mark.parametrize("others", [((50,), (60,)), ((), (60,)), ((50,), ())], ids=["both", "second", "first"])
def test_the_order_of_scripts_does_not_matter(
    net: Net, tmp_path: Path, image: str, others: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    teller = Teller(net, image)
    first, second = teller.eni(20, *others[0]), teller.eni(21, *others[1])
    expected = outcome(image, tmp_path / "in-order", [teller.step(first, second)])
    assert [route for route in expected.routes if "table" in route] == [
        "default via 10.0.0.253 dev eth1 table 1001",
        "default via 10.0.0.253 dev eth2 table 1002",
    ]
    assert {"from 10.0.0.20 lookup 1001", "from 10.0.0.21 lookup 1002"} < set(expected.rules)
    scripts = teller.script(first), teller.script(second)
    for number, order in enumerate(ORDERS):
        assert outcome(image, tmp_path / str(number), [teller.step(scripts=order(*scripts))]) == expected


def test_an_interface_is_named_after_its_mac_address_and_a_vlan_is_not(
    net: Net, namespace: Namespace, tmp_path: Path
) -> None:
    vm = net.run()
    first, second = net.attached(vm), net.attached(vm)
    namespace.run(f"ip link set eth1 address {second.mac_address}; ip link set eth2 address {first.mac_address}")
    made = namespace.run("ip link add link eth2 name eth2.10 type vlan id 10", check=False)
    for _ in range(2):
        for interface, name in ((first, "eth1"), (second, "eth2")):
            command, _ = configure_interface(interface, image=Image.parse("sles 12 sp1"), name=name, metric=1).commands
            namespace.run(command)
        names = {name: namespace.lines(f"cat /sys/class/net/{name}/address") for name in ("eth1", "eth2")}
        assert names == {"eth1": [first.mac_address], "eth2": [second.mac_address]}
    left = {*namespace.lines("ls /sys/class/net")}
    assert "moving" not in left
    assert ("eth2.10" in left) is (made.returncode == 0)  # not every kernel has VLANs


def test_an_interface_that_is_up_with_its_address_is_left_as_it_is(net: Net, namespace: Namespace) -> None:
    interface = net.attached(net.run(), primary_ip_address="10.0.1.20")
    _, bring_up = configure_interface(interface, image=Image.parse("centos 7.2"), name="eth1", metric=1001).commands
    asked = f"ifdown() {{ echo down $*; }}; ifup() {{ echo up $*; }}; {bring_up}"
    assert namespace.lines(asked) == ["up eth1"]
    namespace.run("ip addr add 10.0.1.200/24 dev eth1")
    assert namespace.lines(asked) == ["up eth1"]
    namespace.run("ip addr add 10.0.1.20/24 dev eth1")
    assert namespace.lines(asked) == []
    namespace.run("ip link set eth1 down")
    assert namespace.lines(asked) == ["up eth1"]


def test_routes_are_removed_also_while_the_interface_is_still_there(namespace: Namespace) -> None:
    namespace.run("ip addr add 10.0.0.21/24 dev eth2; ip -4 route add default via 10.0.0.253 dev eth2 metric 1002")
    namespace.run(
        "ip -4 route add default via 10.0.0.253 dev eth2 table 1002; ip -4 rule add from 10.0.0.21 lookup 1002"
    )
    kept = "ip -4 rule add from 10.0.0.22 lookup 2002; ip -4 route add default via 10.0.0.253 dev eth2 metric 2002"
    namespace.run(kept)
    configuration = remove_interfaces([2, 3], image=Image.parse("centos 7.2"))
    namespace.run("\n".join(configuration.commands[configuration.network_commands :]))
    assert namespace.lines("ip -4 route list default") == [
        "default via 10.0.0.253 dev eth0",
        "default via 10.0.0.253 dev eth2 metric 2002",
    ]
    assert namespace.lines("ip -4 route list table all | grep 'table 1002' || :") == []
    assert [line.partition(" ")[2] for line in namespace.lines("ip -4 rule list")][1:-2] == [
        "from 10.0.0.22 lookup 2002"
    ]
