"""The vendor's rules, put together from the subjects, and the rulebook: every id there is, of rules and others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ecsnet.domain.queries import capabilities, intranet
from ecsnet.domain.queries import instance as instance_queries
from ecsnet.domain.rules import Rule, RulebookEntry, RuleKind, RuleRegistry
from ecsnet.domain.subjects import account, classic_link, eip, public_ip, security_group, tags, vpc
from ecsnet.domain.subjects.instance import bandwidth, creation, membership, vpc_attribute
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import attachment, private_ips
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface

SUBJECTS: Final = (
    account,
    vpc,
    security_group,
    instance,
    membership,
    creation,
    vpc_attribute,
    bandwidth,
    network_interface,
    attachment,
    private_ips,
    public_ip,
    eip,
    classic_link,
    tags,
)
"""The subjects in the rank of their rules.

The vendor does not document in which order the API checks. Resources that are not found come first (`NOT_FOUND`), as
nothing can be said of them; then the token of the request; then the subjects, from the network to what is in it, each
with its rules in the order in which they stand there.
"""
NOT_FOUND: Final = (
    "vpc.not-found",
    "vswitch.not-found",
    "security-group.not-found",
    "interface.not-found",
    "instance.not-found",
    "eip.not-found",
    "instance-type.not-found",
    "resource.not-found",
)
"""The rules for what is not found, in their rank."""


def _ranked(rules: Iterable[Rule]) -> list[Rule]:
    """Returns the rules of the subjects with those for what is not found before all others."""
    by_id = {rule.id: rule for rule in rules}
    return [*[by_id.pop(rule_id) for rule_id in NOT_FOUND], *by_id.values()]


RULES: Final = RuleRegistry(_ranked(rule for subject in SUBJECTS for rule in subject.RULES.rules), frozen=True)
"""The vendor's rules. Nothing can be added to them: `RuleRegistry` makes a registry that begins with them."""

RULEBOOK: Final[Mapping[str, RulebookEntry]] = MappingProxyType(
    {
        rule.id: RulebookEntry(id=rule.id, kind=RuleKind.Denial, guide=rule.guide, doc=rule.doc)
        for rule in RULES.values()
    }
    | {entry.id: entry for part in (*SUBJECTS, intranet, instance_queries, capabilities) for entry in part.RULES.others}
)
"""Every id of the rulebook: the rules, in their rank, then the invariants, queries and facts, which deny nothing."""
