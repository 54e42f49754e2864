"""Laws of the model, for any cloud and any command: about replay, forks, denials and the order of commands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Command, CommandDenied, RecordedEvent
from ecsnet.commands import SetQuota
from ecsnet.domain.checks.state_digest import TABLES, behavioural_digest
from ecsnet.domain.state.tables import Table
from ecsnet.events.stores import codec
from ecsnet.strategies import clouds, commands, histories
from ecsnet.testing import cloud_after, invariants
from ecsnet.testing._generate import GENERATORS
from tests.support.replay import replayed

MANUAL: Any = {"settle_after": "manual"}
patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)


def state(cloud: Cloud) -> str:
    return cloud.state_digest()


@patient
@given(clouds(**MANUAL))
def test_a_replayed_history_has_the_state_of_the_live_cloud(cloud: Cloud) -> None:
    again = replayed(cloud)
    assert state(again) == state(cloud)
    assert again.history() == cloud.history()
    assert invariants(cloud) == ()


@patient
@given(clouds(**MANUAL), st.data())
def test_a_folded_prefix_equals_the_past_cloud(cloud: Cloud, data: st.DataObject) -> None:
    history = cloud.history()
    prefix = data.draw(st.integers(0, len(history)), label="prefix")
    then = cloud.at(prefix)
    assert then.history() == history[:prefix]
    assert state(replayed(then)) == state(then)


@patient
@given(clouds(**MANUAL), st.data())
def test_check_agrees_with_execute(cloud: Cloud, data: st.DataObject) -> None:
    command = data.draw(commands(cloud), label="command")
    before, recorded = state(cloud), len(cloud.history())
    decision = cloud.check(command)
    assert state(cloud) == before
    if decision:
        cloud.execute(command)
        assert tuple(record.event for record in cloud.history()[recorded:]) == decision.events
        return
    with pytest.raises(CommandDenied) as denied:
        cloud.execute(command)
    assert denied.value.violations == decision.violations
    assert state(cloud) == before
    assert len(cloud.history()) == recorded


@patient
@given(histories(**MANUAL))
def test_every_event_of_a_history_survives_encoding(history: tuple[RecordedEvent, ...]) -> None:
    for record in history:
        assert codec.decode(record.type, record.schema_version, codec.encode(record.event)) == record.event


@patient
@given(clouds(**MANUAL), st.data())
def test_a_fork_never_changes_its_origin(cloud: Cloud, data: st.DataObject) -> None:
    fork = cloud.fork()
    before = state(cloud)
    for _ in range(3):
        fork.execute(data.draw(commands(fork, legality="legal"), label="in the fork"))
    assert state(cloud) == before
    forked = state(fork)
    cloud.execute(data.draw(commands(cloud, legality="legal"), label="in the original"))
    assert state(fork) == forked


@patient
@given(clouds(**MANUAL), st.data())
def test_ids_depend_only_on_the_number_of_their_kind(cloud: Cloud, data: st.DataObject) -> None:
    command = data.draw(commands(cloud, legality="legal"), label="command")
    one, other = cloud.fork(), cloud.fork()
    assert one.execute(command) == other.execute(command)
    assert behavioural_digest(one.folded_state()) == behavioural_digest(other.folded_state())


Rows = dict[tuple[str, Any], Any]


def rows(cloud: Cloud) -> Rows:
    """Every row of every table, those of the tables in tables included."""
    found: Rows = {}
    for region in cloud.folded_state().regions.values():
        for name in TABLES:
            for key, value in getattr(region, name).snapshot().items():
                if isinstance(value, Table):
                    found |= {(name, (key, inner)): held for inner, held in value.snapshot().items()}
                else:
                    found[name, key] = repr(value)
    return found


def footprint(before: Rows, cloud: Cloud) -> set[Any]:
    """The resources whose rows differ, and the counters, by the row."""
    after = rows(cloud)
    touched: set[Any] = set()
    for name, key in before.keys() | after.keys():
        if before.get((name, key)) != after.get((name, key)):
            is_counter = name in {"usage", "created"} or isinstance(key, int)
            touched |= {(name, key)} if is_counter else set(key) if isinstance(key, tuple) else {key}
    return touched


UNRELATED = [operation for operation in GENERATORS if operation is not SetQuota]  # a quota is everybody's


@patient
@given(clouds(min_commands=4), st.data())
def test_commands_on_unrelated_resources_commute(cloud: Cloud, data: st.DataObject) -> None:
    legal = commands(cloud, legality="legal", operations=UNRELATED)
    first: Command[Any] = data.draw(legal, label="first")
    second: Command[Any] = data.draw(legal, label="second")
    before = rows(cloud)
    footprints = []
    for command in (first, second):
        alone = cloud.fork()
        alone.execute(command)
        footprints.append(footprint(before, alone))
    assume(all(footprints) and not footprints[0] & footprints[1])
    one, other = cloud.fork(), cloud.fork()
    for command in (first, second):
        one.execute(command)
    for command in (second, first):
        other.execute(command)
    assert behavioural_digest(one.folded_state()) == behavioural_digest(other.folded_state())


def test_two_empty_clouds_have_equal_states() -> None:
    assert state(cloud_after()) == state(Cloud())
