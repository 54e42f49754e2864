"""A secondary ENI inside the guest (guide 4.4): its file, its routes, its route table and its source rule.

The default route of an instance leads through its primary ENI. Each secondary ENI gets a default route with a higher
metric, and a route table with the number of that metric that contains only this route. A rule directs packets from the
ENI's address to that table, so that replies leave through the interface on which the request arrived.

Every command may run again: it brings whatever an earlier script left to the state that is wanted.
"""

from __future__ import annotations

from typing import Final

from ecsnet.guest import checks
from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image
from ecsnet.guest.leftovers import DEBIAN_FILE, RHEL_FILE, SLES_FILE, remove_rules, stanzas_of
from ecsnet.guest.network import check_vswitch, checked_metric, checked_name, gateway, primary_address
from ecsnet.guest.script import File, GuestConfiguration
from ecsnet.resources import NetworkInterface, VSwitch
from ecsnet.values import NetworkInterfaceType

UNTIL_RESTART: Final = (
    "Routes and rules last until the network or the instance restarts; run the script again after that."
)


def configure_interface(interface: NetworkInterface, *, image: Image, name: str, metric: int) -> GuestConfiguration:
    """Returns the file of a secondary ENI and the command that brings it up: rules ``guest.eni.ready-images`` and
    ``guest.eni.files``.

    The guide shows the file of the RHEL family. The files of the other two families have the same effect: DHCP, and no
    default route that takes precedence over the primary ENI's. ``metric`` is used where the DHCP client accepts one.

    An interface that has its primary address is left as it is.

    Raises `GuestError` for a Windows that is not among the ready images, and for a value that is not allowed in a file
    or a command.
    """
    name, metric = checked_name(name, image), checked_metric(metric)
    if (nothing := _nothing_to_do(interface, image)) is not None:
        return nothing
    match image.family:
        case Family.RHEL:
            file = File(path=f"{RHEL_FILE}{name}", content=_rhel(interface, name))
        case Family.DEBIAN:
            content = f"\nauto {name}\niface {name} inet dhcp\n    metric {metric}\n"
            file = File(path=DEBIAN_FILE, content=content, append=True, replaces=stanzas_of(name))
        case Family.SLES:
            content = "BOOTPROTO='dhcp'\nSTARTMODE='auto'\nDHCLIENT_SET_DEFAULT_ROUTE='no'\n"
            file = File(path=f"{SLES_FILE}{name}", content=content)
        case Family.WINDOWS:
            raise GuestError(f"the guide does not say how to configure an ENI on {image}")
    # Some systems refuse ifup for what is up, and ifupdown takes an interface for up whose ENI was replaced.
    bring_up = (
        f"if ! {_has_address(interface, name)}; then",
        f"    ifdown {name} > /dev/null 2>&1 || :",
        f"    ifup {name}",
        "fi",
    )
    commands = (_set_name(interface, name), "\n".join(bring_up))
    return GuestConfiguration(files=(file,), commands=commands, network_commands=len(commands))


def _set_name(interface: NetworkInterface, name: str) -> str:
    """Returns the command that names an ENI's interface.

    The kernel has named it so, unless a file or a rule of udev remembers a name of an earlier start. The name's present
    holder takes the other name until its own script names it.
    """
    has_address = f"grep -qsxF {checks.mac_address('mac_address', interface.mac_address).lower()} /sys/class/net"
    return "\n".join(
        (
            f"{has_address}/{name}/address || for device in /sys/class/net/eth[0-9]*; do",
            '    device="${device##*/}"',
            # a VLAN has the MAC address of its interface
            f'    [[ $device =~ ^eth[0-9]+$ ]] && {has_address}/"$device"/address || continue',
            f"    [ ! -e /sys/class/net/{name} ] || {{ ip link set {name} down; ip link set {name} name moving; }}",
            '    ip link set "$device" down',
            f'    ip link set "$device" name {name}',
            '    [ ! -e /sys/class/net/moving ] || ip link set moving name "$device"',
            "done",
        )
    )


def prepare_restart(interface: NetworkInterface, *, image: Image, name: str) -> GuestConfiguration:
    """Returns the commands without which a restart of the network might fail, of an ENI that has a script of its own:
    its interface gets its name, and a file of the RHEL family that is tied to another MAC address is removed."""
    name = checked_name(name, image)
    if (nothing := _nothing_to_do(interface, image)) is not None:
        return nothing
    commands = [_set_name(interface, name)]
    if image.family is Family.RHEL:
        file = f"{RHEL_FILE}{name}"
        mac_address = checks.mac_address("mac_address", interface.mac_address)
        commands.append(
            f"if grep -qs '^HWADDR=' {file} && ! grep -qixF HWADDR={mac_address} {file}; then\n"
            f"    rm -f {file} {file}:[0-9]*\n"
            "fi"
        )
    return GuestConfiguration(commands=commands, network_commands=len(commands))


def _has_address(interface: NetworkInterface, name: str) -> str:
    """Returns the command that succeeds if an interface has its ENI's primary address."""
    address = primary_address(interface)
    return f"ip -4 -o addr list dev {name} up 2> /dev/null | grep -qF 'inet {address}/'"


def configure_routes(
    interface: NetworkInterface, vswitch: VSwitch, *, image: Image, name: str, metric: int, if_up: bool = False
) -> GuestConfiguration:
    """Returns the commands that set the default route of a secondary ENI with its metric, the route table of that
    number, and the rule for its primary address, and remove other rules that lead there: rule ``guest.eni.routes``.

    With ``if_up`` they run only if the interface has its primary address: for the script of another ENI, whose restart
    of the network removes the routes of all.

    Raises `GuestError` for a Windows that is not among the ready images, for another VSwitch than the interface's, and
    for a value that is not allowed in a command.
    """
    name, metric = checked_name(name, image), checked_metric(metric)
    check_vswitch(interface, vswitch)
    if (nothing := _nothing_to_do(interface, image)) is not None:
        return nothing
    if image.family is Family.WINDOWS:
        raise GuestError(f"the guide does not say how to set the routes of an ENI on {image}")
    default = f"default via {gateway(vswitch)} dev {name}"
    address = primary_address(interface)
    rule = f"from {address} lookup {metric}"
    commands: tuple[str, ...] = (
        f"ip -4 route replace {default} metric {metric}",
        f"ip -4 route replace {default} table {metric}",
        remove_rules(tables=(metric,), wanted=address),
        f"ip -4 rule list | grep -qwF '{rule}' || ip -4 rule add {rule}",
    )
    if if_up:
        body = "\n".join(commands).replace("\n", "\n    ")
        commands = (f"if {_has_address(interface, name)}; then\n    {body}\nfi",)
    return GuestConfiguration(commands=commands, notes=(UNTIL_RESTART,))


def _nothing_to_do(interface: NetworkInterface, image: Image) -> GuestConfiguration | None:
    if image.ready:
        return GuestConfiguration(notes=(f"{image} configures its ENIs itself.",))
    if interface.type is NetworkInterfaceType.Primary:
        return GuestConfiguration(notes=("Every image configures the primary ENI itself.",))
    return None


def _rhel(interface: NetworkInterface, name: str) -> str:
    lines = (
        f"DEVICE={name}",
        "BOOTPROTO=dhcp",
        "ONBOOT=yes",
        "TYPE=Ethernet",
        "USERCTL=yes",
        "PEERDNS=no",
        "IPV6INIT=no",
        "PERSISTENT_DHCLIENT=yes",
        f"HWADDR={checks.mac_address('mac_address', interface.mac_address)}",
        "DEFROUTE=no",
    )
    return "\n".join(lines) + "\n"
