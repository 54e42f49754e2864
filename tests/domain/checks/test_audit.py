"""`audit` finds what a left-out rule let through: the rule, at the position of the command that broke it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Command, CommandDenied, ImpossibleOperation, audit, rules
from ecsnet.strategies import NETWORK_SETUP, RESOURCE_SETUP, commands
from ecsnet.testing import cloud_after
from tests.domain.subjects import stories  # noqa: F401  # registers the witnesses
from tests.support.net import Net
from tests.support.witnesses import MANUAL, WITNESSES, Story, named


def findings_by_command(cloud: Cloud) -> dict[str, set[str]]:
    """The rules that were found broken, by the id of the command."""
    command_at = {record.position: record.command_id for record in cloud.history()}
    found: dict[str, set[str]] = {}
    for finding in audit(cloud):
        if finding.position is not None:
            found.setdefault(command_at[finding.position], set()).add(finding.rule)
    return found


def execute(cloud: Cloud, command: Command[Any], expected: dict[str, set[str]]) -> bool:
    """Execute what a registry allows, and note what the vendor's rules say; False if the model cannot carry it out."""
    broken = {violation.rule for violation in cloud.check(command, rules=rules).violations}
    before = cloud.position
    try:
        cloud.execute(command)
    except ImpossibleOperation:
        return False
    recorded = [record for record in cloud.history(after=before) if record.settles is None]
    if broken and recorded:
        expected[recorded[-1].command_id] = broken
    return True


@pytest.mark.parametrize("pace", [{}, MANUAL], ids=["at once", "by hand"])
@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_a_witness_that_was_let_through_is_found(
    rule_id: str, story: Story, options: dict[str, Any], pace: dict[str, Any]
) -> None:
    options = {**pace, **options}
    try:
        net = Net(**options)
        broken = [violation.rule for violation in net.cloud.check(story(net)).violations]
    except CommandDenied:
        pytest.skip("the story is not told by hand")
    if rule_id not in broken:
        pytest.skip("the story is another one by hand")
    lax = Net(**options, rules=rules.without(*broken))
    expected: dict[str, set[str]] = {}
    if not execute(lax.cloud, story(lax), expected):
        pytest.skip("the history cannot be folded")
    assert findings_by_command(lax.cloud) == expected


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(st.sets(st.sampled_from(list(rules)), min_size=1), st.sampled_from([{}, MANUAL]), st.data())
def test_what_rules_let_through_that_are_left_out_is_found(
    left_out: set[str], pace: dict[str, Any], data: st.DataObject
) -> None:
    cloud = cloud_after(rules=rules.without(*left_out), **pace)
    for make_step in (*NETWORK_SETUP, *RESOURCE_SETUP):
        cloud.execute(make_step(cloud))  # type: ignore[arg-type]  # all are commands
        cloud.settle()
    expected: dict[str, set[str]] = {}
    for _ in range(data.draw(st.integers(1, 8))):
        execute(cloud, data.draw(commands(cloud, legality="legal")), expected)
        if data.draw(st.booleans()):
            cloud.settle()
    assert findings_by_command(cloud) == expected
