"""Each denial has a witness, a story that breaks the rule, and a counter-witness, a story that keeps it.

The stories are in the package `stories`, by subject. A witness's command is refused with its rule among the reasons, by
`check` and by `execute` alike, and changes nothing; a counter-witness's command is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import CommandDenied, rules
from ecsnet.testing import invariants
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.support.net import Net
from tests.support.resources import everything
from tests.support.witnesses import COUNTER_WITNESSES, WITNESSES, Story, named


@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_a_witness_trips_its_rule(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    command = story(net)
    before, history = net.cloud.fork(), net.cloud.history()

    decision = net.cloud.check(command)
    with pytest.raises(CommandDenied) as denied:
        net.cloud.execute(command)

    violation = next(v for v in decision.violations if v.rule == rule_id)
    assert not decision
    assert not decision.events
    assert denied.value.violations == decision.violations
    assert denied.value.code == decision.violations[0].code
    rule = rules[rule_id]
    assert type(command) in rule.commands
    assert (violation.guide, violation.message.count("{")) == (rule.guide, 0)
    assert (violation.code, violation.http_status) in rule.codes_for(type(command))
    assert 400 <= violation.http_status < 500
    assert net.cloud.history() == history
    assert everything(net) == everything(before)


@pytest.mark.parametrize(("rule_id", "story", "options"), named(COUNTER_WITNESSES))
def test_a_counter_witness_is_allowed(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    command = story(net)
    assert type(command) in rules[rule_id].commands
    decision = net.cloud.check(command)
    assert decision.violations == ()
    recorded = len(net.cloud.history())
    net.cloud.execute(command)
    assert tuple(record.event for record in net.cloud.history()[recorded:]) == decision.events
    assert invariants(net.cloud) == ()


def test_every_denial_has_a_witness_and_a_counter_witness() -> None:
    elsewhere = {"request.client-token"}  # comes with `execute`, not with the command
    denials = set(rules) - elsewhere
    assert {rule_id for rule_id, _, _ in WITNESSES} == denials
    assert {rule_id for rule_id, _, _ in COUNTER_WITNESSES} == denials
