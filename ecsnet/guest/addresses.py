"""Secondary private addresses inside the guest (guide 4.6). DHCP brings only the primary address of an ENI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import ADDRESSABLE, Family, Image
from ecsnet.guest.leftovers import (
    DEBIAN_FILE,
    RHEL_FILE,
    SLES_FILE,
    alias_stanzas_of,
    remove_addresses,
    remove_alias_files,
    remove_default_routes,
)
from ecsnet.guest.network import (
    BASE_METRIC,
    check_vswitch,
    checked_metric,
    checked_name,
    gateway,
    netmask,
    prefix_length,
    private_addresses,
)
from ecsnet.guest.script import File, GuestConfiguration
from ecsnet.resources import NetworkInterface, VSwitch
from ecsnet.values import NetworkInterfaceType

SLES_ENTRIES: Final = ("IPADDR_#", "NETMASK_#", "PREFIXLEN_#", "LABEL_#")
NONE_ON_WINDOWS: Final = (
    "The ENI has no secondary address: if some were set before, choose Obtain an IP address automatically again."
)
BY_THE_PRIMARY: Final = (
    "Only the primary address has a source rule; what is sent from a secondary address follows the main route table."
)


def configure_addresses(
    interface: NetworkInterface, vswitch: VSwitch, *, image: Image, name: str, metric: int
) -> GuestConfiguration:
    """Returns the configuration of the secondary addresses of a primary or secondary ENI: rules
    ``guest.addresses.rhel``, ``.debian``, ``.sles`` and ``.windows``.

    Mask and gateway are the VSwitch's. Secondary addresses that an earlier script has set and the ENI has no more are
    removed, and their files, stanzas or entries with them. The network restarts only if the ENI has secondary
    addresses.

    Raises `GuestError` for a Linux release that the guide does not cover, for another VSwitch than the ENI's, and for a
    value that is not allowed in a file or a command.
    """
    name, metric = checked_name(name, image), checked_metric(metric)
    check_vswitch(interface, vswitch)
    primary, *others = private_addresses(interface) or ("",)
    if image.family is Family.WINDOWS:
        return _windows(vswitch, name, primary, others) if others else GuestConfiguration(notes=(NONE_ON_WINDOWS,))
    if image.release not in ADDRESSABLE:
        if not others:
            return GuestConfiguration()
        raise GuestError(f"the guide does not say how to set secondary addresses on {image}")
    commands = [remove_addresses(name, others)]
    match image.family:
        case Family.RHEL:
            files = tuple(_rhel(interface, vswitch, name, number, address) for number, address in enumerate(others))
            commands.insert(0, remove_alias_files(name, len(others)))
        case Family.DEBIAN:
            stanzas = "".join(_debian(vswitch, name, metric, number, one) for number, one in enumerate(others))
            files = (File(path=DEBIAN_FILE, content=stanzas, append=True, replaces=alias_stanzas_of(name)),)
            commands.append(remove_default_routes(name, metric, len(others)))
        case Family.SLES:
            entries = "".join(_sles(vswitch, number, address) for number, address in enumerate(others))
            files = (File(path=f"{SLES_FILE}{name}", content=entries, append=True, replaces=SLES_ENTRIES),)
    if others:
        commands.append(image.service("restart", "networking" if image.family is Family.DEBIAN else "network"))
    secondary = interface.type is NetworkInterfaceType.Secondary
    return GuestConfiguration(
        files=files,
        commands=commands,
        notes=(BY_THE_PRIMARY,) if others and secondary and not image.ready else (),
        network_commands=len(commands),
    )


def _rhel(i: NetworkInterface, vswitch: VSwitch, name: str, number: int, address: str) -> File:
    """Returns the file of one alias: rule ``guest.addresses.rhel``."""
    lines = [
        f"DEVICE={name}:{number}",
        "TYPE=Ethernet",
        "BOOTPROTO=static",
        "ONBOOT=yes",
        f"IPADDR={address}",
        f"NETMASK={netmask(vswitch)}",
        f"GATEWAY={gateway(vswitch)}",
    ]
    if i.type is NetworkInterfaceType.Secondary:
        # Without it the scripts make GATEWAY the instance's default route if the primary ENI has another gateway.
        lines.append("NO_ALIASROUTING=yes")
    return File(path=f"{RHEL_FILE}{name}:{number}", content="\n".join(lines) + "\n")


def _debian(vswitch: VSwitch, name: str, metric: int, number: int, address: str) -> str:
    """Returns the stanza of one alias: rule ``guest.addresses.debian``.

    ``gateway`` adds a default route. A second route of the same metric would make ifup fail, so each has its own.
    """
    lines = (
        "",
        f"auto {name}:{number}",
        f"iface {name}:{number} inet static",
        f"    address {address}",
        f"    netmask {netmask(vswitch)}",
        f"    gateway {gateway(vswitch)}",
        f"    metric {metric + BASE_METRIC * (number + 1)}",
    )
    return "\n".join(lines) + "\n"


def _sles(vswitch: VSwitch, number: int, address: str) -> str:
    """Returns the numbered entries of one address in the file of the interface: rule ``guest.addresses.sles``.

    The guide writes a number of bits as NETMASK. wicked accepts that only as PREFIXLEN and would otherwise use a mask
    of /32, so both are written.
    """
    bits = prefix_length(vswitch)
    lines = (
        "",
        f"IPADDR_{number}='{address}'",
        f"NETMASK_{number}='{bits}'",
        f"PREFIXLEN_{number}='{bits}'",
        f"LABEL_{number}='{number}'",
    )
    return "\n".join(lines) + "\n"


def _windows(vswitch: VSwitch, name: str, primary: str, others: Sequence[str]) -> GuestConfiguration:
    """Returns the steps in the adapter's properties, and the same as netsh commands: rule
    ``guest.addresses.windows``."""
    mask, via = netmask(vswitch), gateway(vswitch)
    return GuestConfiguration(
        steps=(
            "Open Network and Sharing Center.",
            "Choose Change adapter settings.",
            f'Double-click the connection "{name}" and choose Properties.',
            "Double-click Internet Protocol Version 4 (TCP/IPv4).",
            f"Select Use the following IP address: {primary}, subnet mask {mask}, default gateway {via}. "
            "Enter the DNS servers too: those that DHCP had set no longer apply.",
            "Choose Advanced.",
            f"Under IP addresses, remove every address other than {', '.join((primary, *others))}.",
            *(f"Under IP addresses, choose Add: {address}, subnet mask {mask}." for address in others),
            "Confirm every dialog with OK.",
        ),
        commands=(
            f'netsh interface ipv4 set address name="{name}" source=static address={primary} mask={mask} gateway={via}',
            *(f'netsh interface ipv4 add address name="{name}" address={ip} mask={mask}' for ip in others),
        ),
    )
