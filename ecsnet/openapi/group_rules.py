"""Reads the rules of security groups from responses of DescribeSecurityGroupAttribute.

A rule that accepts all incoming traffic of another described group is an authorization, which the model has. Every
other rule is named as not modelled: one on addresses, on a part of the traffic or on outgoing traffic, one that drops,
and one that names a group which no response describes. Those that name a described group keep that group in use.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final

from ecsnet.domain.in_use import listed
from ecsnet.events.imports import SecurityGroupRulesImported
from ecsnet.openapi.describe import DescribedPermission
from ecsnet.values import InnerAccessPolicy

_POLICIES: Final = {one.casefold(): one for one in InnerAccessPolicy}
_ALL_PORTS: Final = ("", "-1/-1")
_LOWEST_PRIORITY: Final = 100
_SHOWN: Final = 3


class GroupRules:
    """The rules of one group, of all its responses: each once, however often pages repeat it."""

    def __init__(self) -> None:
        self._permissions: dict[DescribedPermission, None] = {}
        self._policy = ""

    def read(self, inner_access_policy: str, permissions: Iterable[DescribedPermission]) -> None:
        """Adds the rules of one response."""
        self._policy = inner_access_policy or self._policy
        self._permissions |= dict.fromkeys(permissions)

    def event(
        self, group_id: str, usual: InnerAccessPolicy, described: Container[str]
    ) -> SecurityGroupRulesImported | None:
        """Returns the event that imports the rules, None if they say nothing. ``usual`` is the policy of a new group of
        the type, ``described`` are the groups that rules may name."""
        sources = {source_id: None for source_id in self._authorized() if source_id in described}
        others = [one for one in self._permissions if not (_accepts_all(one) and one.source_group_id in sources)]
        named = dict.fromkeys([_group_of(one) for one in others])
        not_modelled = "; ".join(_not_modelled(others, described)) or None
        described_policy = _POLICIES.get(self._policy.casefold(), usual)
        policy = None if described_policy is usual else described_policy
        if not (sources or others or policy):
            return None
        return SecurityGroupRulesImported(
            security_group_id=group_id,
            source_group_ids=tuple(sources),
            referenced_group_ids=tuple([one for one in named if one in described and one != group_id]),
            inner_access_policy=policy,
            not_modelled=not_modelled,
        )

    def _authorized(self) -> Iterator[str]:
        """Yields the source groups of which all traffic is accepted: no rule of the same or a higher priority drops
        it."""
        accepted: dict[str, int] = {}
        dropped: dict[str, int] = {}
        for one in self._permissions:
            if one.source_group_id and _is_on_all_traffic(one):
                table = accepted if _accepts(one) else dropped
                table[one.source_group_id] = min(_priority(one), table.get(one.source_group_id, _LOWEST_PRIORITY))
        for source_id, priority in accepted.items():
            if source_id not in dropped or priority < dropped[source_id]:
                yield source_id


def _group_of(one: DescribedPermission) -> str:
    return one.source_group_id or one.dest_group_id


def _is_on_all_traffic(one: DescribedPermission) -> bool:
    return (
        one.ip_protocol.casefold() == "all"
        and one.port_range in _ALL_PORTS
        and one.source_port_range in _ALL_PORTS
        and one.nic_type.casefold() in ("", "intranet")
        and one.direction.casefold() in ("", "ingress")
    )


def _accepts(one: DescribedPermission) -> bool:
    return one.policy.casefold() in ("", "accept")


def _accepts_all(one: DescribedPermission) -> bool:
    return _accepts(one) and _is_on_all_traffic(one)


def _priority(one: DescribedPermission) -> int:
    """Returns the priority of a rule: 1 is the highest, and also that of a rule that is described without one."""
    text = str(one.priority)
    return int(text) if text.isdecimal() and len(text) < 5 else 1


def _not_modelled(others: Iterable[DescribedPermission], described: Container[str]) -> Iterator[str]:
    """Yields what is not modelled, in words."""
    on_addresses, on_groups, on_unknown = 0, dict[str, None](), dict[str, None]()
    for one in others:
        group_id = _group_of(one)
        if not group_id:
            on_addresses += 1
        elif group_id in described:
            on_groups[group_id] = None
        else:
            on_unknown[group_id] = None
    if on_addresses:
        yield listed(((on_addresses, "rule on addresses", "rules on addresses"),))
    if on_groups:
        yield f"rules on a part of the traffic, or the outgoing traffic, with {_some(on_groups)}"
    if on_unknown:
        yield f"rules that name {_some(on_unknown)}, which no response describes"


def _some(ids: Iterable[str]) -> str:
    names = list(ids)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
