"""The vendor's rules, put together from the subjects, and the rulebook: every id there is, of rules and others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ecsnet.domain.queries import capabilities, intranet
from ecsnet.domain.rules import RulebookEntry, RuleKind, RuleRegistry
from ecsnet.domain.subjects import account, classic_link, eip, exhaustion, existence, public_ip, security_group, vpc
from ecsnet.domain.subjects.instance import bandwidth, creation, vpc_attribute
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import attachment, private_ips
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface

SUBJECTS: Final = (
    existence,
    account,
    vpc,
    security_group,
    instance,
    creation,
    vpc_attribute,
    bandwidth,
    network_interface,
    attachment,
    private_ips,
    public_ip,
    eip,
    classic_link,
    exhaustion,
)
"""The subjects in the rank of their rules.

The vendor does not document in which order the API checks. Resources that are not found come first, as nothing can be
said of them, whichever subject's they are; then the token of the request; then the subjects, from the network to what
is in it, each with its rules in the order in which they stand there.
"""

RULES: Final = RuleRegistry(
    sorted(
        (rule for subject in SUBJECTS for rule in subject.RULES.rules),
        key=lambda rule: not rule.id.endswith(".not-found"),
    ),
    frozen=True,
)
"""The vendor's rules. Nothing can be added to them: `RuleRegistry` makes a registry that begins with them."""

RULEBOOK: Final[Mapping[str, RulebookEntry]] = MappingProxyType(
    {
        rule.id: RulebookEntry(id=rule.id, kind=RuleKind.Denial, guide=rule.guide, doc=rule.doc)
        for rule in RULES.values()
    }
    | {entry.id: entry for part in (*SUBJECTS, intranet, capabilities) for entry in part.RULES.others}
)
"""Every id of the rulebook: the rules, in their rank, then the invariants, queries and facts, which deny nothing."""
