"""Removes what earlier scripts left in a guest and the present state does not want: addresses that were revoked, routes
and rules, and the configuration of ENIs that are attached no more.

The names of interfaces and aliases, and the numbers of route tables, are those that the guide uses, so scripts of an
earlier release and what was written by hand after the guide are recognised, too. Commands list what there is and remove
what is not wanted; where there is nothing to remove, they change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ecsnet.guest.images import Family, Image
from ecsnet.guest.network import BASE_METRIC, metric_of, name_of
from ecsnet.guest.script import File, GuestConfiguration

RHEL_FILE: Final = "/etc/sysconfig/network-scripts/ifcfg-"
DEBIAN_FILE: Final = "/etc/network/interfaces"
SLES_FILE: Final = "/etc/sysconfig/network/ifcfg-"


def stanzas_of(name: str) -> tuple[str, ...]:
    """Returns how the lines of an interface's own stanza begin, in Debian's file of interfaces."""
    return f"auto {name} ", f"iface {name} "


def alias_stanzas_of(name: str) -> tuple[str, ...]:
    """Returns how the lines of the stanzas of an interface's aliases begin, in Debian's file of interfaces."""
    return f"auto {name}:#", f"iface {name}:#"


def remove_alias_files(name: str, wanted: int) -> str:
    """Returns the command that removes the alias files of an interface, except the wanted first ones."""
    numbers = "".join(f"{number} | " for number in range(wanted))
    return _lines(
        f"for file in {RHEL_FILE}{name}:*; do",
        '    case "${file##*:}" in',
        f"        {numbers}*[!0-9]*) ;;",
        '        *) rm -f "$file" ;;',
        "    esac",
        "done",
    )


def remove_addresses(name: str, wanted: Sequence[str]) -> str:
    """Returns the command that removes the addresses of an interface's aliases, except the wanted ones."""
    labels = f"*' {name}:'[0-9]*"
    return _lines(
        f"ip -4 -o addr list dev {name} | while read -r _ _ _ address rest; do",
        '    case "$address $rest" in',
        *([f"        {' | '.join(f'{one}/*' for one in wanted)}) ;;"] if wanted else ()),
        f'        {labels}) ip -4 addr del "$address" dev {name} || : ;;',  # some go with others
        "    esac",
        "done",
    )


def remove_default_routes(name: str, metric: int, wanted: int) -> str:
    """Returns the command that removes the default routes of an interface's aliases on Debian, except the wanted first
    ones. The route of the n-th alias has n times 1000 more than the metric of the interface."""
    return _lines(
        f"ip -4 route list dev {name} | while read -r route; do",
        '    [[ $route = default*" metric "* ]] || continue',
        '    metric="${route##* metric }"',
        '    metric="${metric%% *}"',
        f"    (((metric - {metric}) % {BASE_METRIC} == 0 && metric > {metric + BASE_METRIC * wanted})) || continue",
        f'    ip -4 route del default dev {name} metric "$metric"',
        "done",
    )


def remove_rules(*, tables: Sequence[int], wanted: str | None = None) -> str:
    """Returns the command that removes the source rules that lead to route tables, except the one from the wanted
    address. One from the wanted address that leads to the table of another interface is removed, too."""
    left = ["'from all '*"]
    removed = [f"*' lookup {table} '" for table in tables]
    if wanted is not None:
        left += [f"'from {wanted} lookup {table} '" for table in tables]
        removed.append(f"'from {wanted} lookup 1'[0-9][0-9][0-9]' '")
    return _lines(
        "ip -4 rule list | while read -r _ from address lookup table rest; do",
        '    case "$from $address $lookup $table $rest" in',
        f"        {' | '.join(left)}) ;;",
        f"        {' | '.join(removed)})",
        '            ip -4 rule del from "$address" lookup "$table" ;;',
        "    esac",
        "done",
    )


def _lines(*lines: str) -> str:
    return "\n".join(lines)


def remove_interfaces(positions: Sequence[int], *, image: Image) -> GuestConfiguration:
    """Returns the configuration that removes what earlier scripts configured for interfaces that the instance has no
    more: their files or stanzas, and their routes, route tables and rules.

    A ready image configures ENIs itself, so only the files of secondary addresses are removed there. On Windows nothing
    is left of an ENI that was detached. Raises `GuestError` for an invalid position.
    """
    names, tables = [name_of(one, image) for one in positions], [metric_of(one) for one in positions]
    if not names or image.family is Family.WINDOWS:
        return GuestConfiguration()
    files: list[File] = []
    of_network: list[str] = []
    match image.family:
        case Family.RHEL:
            kinds = ("{}:[0-9]*",) if image.ready else ("{}", "{}:[0-9]*")
            of_network.append(f"rm -f {' '.join(RHEL_FILE + kind.format(name) for name in names for kind in kinds)}")
        case Family.SLES:
            of_network.append(f"rm -f {' '.join(SLES_FILE + name for name in names)}")
        case Family.DEBIAN:
            replaces = [beginning for name in names for beginning in (*stanzas_of(name), *alias_stanzas_of(name))]
            files.append(File(path=DEBIAN_FILE, content="", append=True, replaces=replaces))
    routes = (
        remove_rules(tables=tables),
        _lines(
            f"for table in {' '.join(map(str, tables))}; do",
            '    ip -4 route flush table "$table" 2> /dev/null || :',
            '    ip -4 route del default metric "$table" 2> /dev/null || :',
            "done",
        ),
    )
    return GuestConfiguration(
        files=files,
        commands=(*of_network, *(() if image.ready else routes)),
        network_commands=len(of_network),
    )
