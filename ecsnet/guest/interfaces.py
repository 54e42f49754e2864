"""A secondary ENI inside the guest (guide 4.4): its file, its routes, its route table and its source rule.

The default route of an instance leads through its primary ENI. Each secondary ENI gets a default route with a higher
metric, and a route table with the number of that metric that contains only this route. A rule directs packets from the
ENI's address to that table, so that replies leave through the interface on which the request arrived.
"""

from __future__ import annotations

from typing import Final

from ecsnet.guest import checks
from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image
from ecsnet.guest.network import check_vswitch, checked_metric, checked_name, gateway, primary_address
from ecsnet.guest.script import File, GuestConfiguration
from ecsnet.resources import NetworkInterface, VSwitch
from ecsnet.values import NetworkInterfaceType

RHEL_FILE: Final = "/etc/sysconfig/network-scripts/ifcfg-"
DEBIAN_FILE: Final = "/etc/network/interfaces"
SLES_FILE: Final = "/etc/sysconfig/network/ifcfg-"
UNTIL_RESTART: Final = (
    "Routes and rules last until the network or the instance restarts; run the ip commands again after that."
)


def configure_interface(interface: NetworkInterface, *, image: Image, name: str, metric: int) -> GuestConfiguration:
    """Returns the file of a secondary ENI and the command that brings it up: rules ``guest.eni.ready-images`` and
    ``guest.eni.files``.

    The guide shows the file of the RHEL family. The files of the other two families have the same effect: DHCP, and no
    default route that takes precedence over the primary ENI's. ``metric`` is used where the DHCP client accepts one.

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
            file = File(path=DEBIAN_FILE, content=content, append=True)
        case Family.SLES:
            content = "BOOTPROTO='dhcp'\nSTARTMODE='auto'\nDHCLIENT_SET_DEFAULT_ROUTE='no'\n"
            file = File(path=f"{SLES_FILE}{name}", content=content)
        case Family.WINDOWS:
            raise GuestError(f"the guide does not say how to configure an ENI on {image}")
    return GuestConfiguration(files=(file,), commands=(f"ifup {name}",))


def configure_routes(
    interface: NetworkInterface, vswitch: VSwitch, *, image: Image, name: str, metric: int
) -> GuestConfiguration:
    """Returns the commands that add the default route of a secondary ENI with its metric, the route table of that
    number, and the rule for its primary address: rule ``guest.eni.routes``.

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
    # Debian's DHCP client takes the metric from the stanza and has set this route already.
    set_route = "replace" if image.family is Family.DEBIAN else "add"
    return GuestConfiguration(
        commands=(
            f"ip -4 route {set_route} {default} metric {metric}",
            f"ip -4 route add {default} table {metric}",
            f"ip -4 rule add from {primary_address(interface)} lookup {metric}",
        ),
        notes=(UNTIL_RESTART,),
    )


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
