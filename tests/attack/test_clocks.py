"""Clocks that differ or are set back: transitions fall due by their times, and the past can be forked and replayed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, ManualClock
from ecsnet import commands as c
from ecsnet.domain.state.pending import Entry, PendingTable
from ecsnet.events import EventStore, MemoryStore
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.testing import invariants
from ecsnet.testing._generate import GENERATORS, Inventory
from tests.attack.racing import all_is_well, tried
from tests.support.hypothesis_settings import budget
from tests.support.net import START, Net
from tests.support.replay import replayed

MINUTE = timedelta(minutes=1)
CREATE = c.CreateVpc(cidr_block="10.0.0.0/16")
moments = st.integers(0, 12).map(lambda n: datetime(2019, 3, 11, tzinfo=UTC) + n * MINUTE)
steps = st.lists(
    st.tuples(st.sampled_from(["put", "put", "put", "drop", "drop", "fork", "look"]), st.integers(0, 10**6), moments),
    max_size=150,
)


@settings(max_examples=budget(600), deadline=None)
@given(steps)
def test_pending_transitions_are_ordered_by_time_in_every_fork(steps: list[tuple[str, int, datetime]]) -> None:
    tables: list[tuple[PendingTable, dict[int, Entry]]] = [(PendingTable(), {})]
    key = 0
    for step, number, moment in steps:
        at = number % len(tables)
        table, expected = tables[at]
        if step == "put":
            key += 1
            expected[key] = Entry(f"r-{key}", moment, KINDS[number % len(KINDS)])
            table.set(key, expected[key])
        elif step == "drop" and expected:
            gone = list(expected)[number % len(expected)]
            table.delete(gone)
            del expected[gone]
        elif step == "fork" and len(tables) < 6:
            tables.append((table.fork(), dict(expected)))
            tables[at] = (table.fork(), expected)  # after a draft, this side goes on with one of its own, too
        elif step == "look":
            is_in_order(table, expected)
    for table, expected in tables:
        is_in_order(table, expected)
        assert table.size == len(expected)
        assert dict(table.snapshot()) == expected


KINDS = ("StopInstance", "DeleteVpc", "stuck")


def is_in_order(table: PendingTable, expected: dict[int, Entry]) -> None:
    """Each kind by itself is in the order of the times, and its first one is known."""
    assert sorted(table.kinds) == sorted({entry.kind for entry in expected.values()})
    for kind in KINDS:
        rows = sorted((entry.since, key) for key, entry in expected.items() if entry.kind == kind)
        assert list(table.by_moment(kind)) == [(key, expected[key]) for _, key in rows]
        if rows:
            assert table.earliest(kind) == rows[0]


@pytest.mark.parametrize("order", ["up", "down", "random"])
def test_thousands_of_pending_transitions_need_no_deep_recursion(order: str) -> None:
    random, table = Random(order), PendingTable()
    numbers = list(range(3_000))
    if order == "random":
        random.shuffle(numbers)
    expected = {}
    for key, number in enumerate(numbers):
        moment = START + (number if order != "down" else -number) * MINUTE
        expected[key] = Entry(f"r-{key}", moment, KINDS[key % 2])
        table.set(key, expected[key])
    keys = list(expected)
    random.shuffle(keys)
    for n, key in enumerate(keys):
        table.delete(key)
        del expected[key]
        if n % 500 == 0:
            is_in_order(table, expected)
    assert list(table.kinds) == []


# What is due


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> EventStore:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "network.db")


def shown(cloud: Cloud) -> dict[str, Any]:
    """Every resource as a look shows it."""
    tables = (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces, cloud.eips)
    return {resource_id: resource for table in tables for resource_id, resource in table.items()}


def test_a_transition_that_began_later_by_the_clock_does_not_delay_due_ones(store: EventStore) -> None:
    clock = ManualClock(START + 10 * MINUTE)
    net = Net(store=store, clock=clock)
    instances = [net.run() for _ in range(4)]
    cloud = Cloud(store, clock=clock, settle_after=MINUTE)
    for seconds, instance in zip((54, 0, 30, 12), instances, strict=True):
        clock.set(START + timedelta(seconds=seconds))
        cloud.execute(c.StopInstance(instance_id=instance.id))
    for seconds, stopped in ((0, 0), (59, 0), (60, 1), (72, 2), (89, 2), (90, 3), (113, 3), (114, 4), (80, 2), (30, 0)):
        clock.set(START + timedelta(seconds=seconds))
        look = cloud.fork()
        assert len(cloud.instances.where(status="Stopped")) == stopped
        assert len(look.settle()) == stopped
        ended = [r.recorded_at for r in look.history() if r.type == "InstanceStopped"]
        assert ended == sorted(ended)
    all_is_well(cloud)


@pytest.mark.parametrize("seed", range(budget(150)))
def test_reads_show_the_state_that_settling_records_whatever_the_clocks_say(seed: int) -> None:
    random = Random(seed)

    def pick(options: Any) -> Any:
        return options[random.randrange(len(options))]

    store, moment = MemoryStore(), START
    Net(store=store)
    clocks = [ManualClock(START) for _ in range(2)]
    clouds = [Cloud(store, clock=clock, settle_after=MINUTE) for clock in clocks]
    operations = [one for one in GENERATORS if one is not c.SetQuota]
    for _ in range(40):
        moment += timedelta(seconds=random.choice((0, 10, 30, 61)))
        for clock, skew in zip(clocks, (0, random.choice((-600, -30, 0, 50))), strict=True):
            clock.set(moment + timedelta(seconds=skew))
        cloud = pick(clouds)
        if random.random() < 0.1:
            cloud.settle(pick([None, *shown(cloud)]))
        else:
            tried(cloud, GENERATORS[pick(operations)](Inventory(cloud), pick))
    for cloud in clouds:
        look, settled = shown(cloud), cloud.fork()
        ended = settled.settle()
        for resource in ended:
            assert look.get(resource.id) in (resource, None)
        assert shown(settled) == look
        assert not settled.settle()
        assert not invariants(cloud)
        all_is_well(settled)


# The past


def of_two_clocks(store: EventStore, seed: int) -> Cloud:
    """A cloud on a store to which two wrote, whose clocks differ and are set back now and then."""
    random = Random(seed)

    def pick(options: Any) -> Any:
        return options[random.randrange(len(options))]

    net = Net(store=store)
    clocks = [ManualClock(START) for _ in range(2)]
    clouds = [Cloud(store, clock=clock, region_id=r) for clock, r in zip(clocks, ("cn-hangzhou", "zz-r1"), strict=True)]
    operations = list(GENERATORS)
    for _ in range(30):
        clock = pick(clocks)
        clock.set(clock() + timedelta(seconds=random.choice((0, 1, 60, 3600, -90, -7200))))
        cloud = pick(clouds)
        tried(cloud, GENERATORS[pick(operations)](Inventory(cloud, region_ids=["cn-hangzhou", "zz-r1"]), pick))
    return net.cloud


@pytest.mark.parametrize("seed", range(budget(60)))
def test_a_past_by_time_ends_before_the_first_later_event(seed: int, tmp_path: Path) -> None:
    store = MemoryStore() if seed % 3 else SqliteStore(tmp_path / "network.db")
    cloud = of_two_clocks(store, seed)
    history = cloud.history()
    times = sorted({record.recorded_at for record in history})
    for moment in [times[0] - MINUTE, *times, times[-1] + MINUTE, *(one - timedelta(microseconds=1) for one in times)]:
        later = next((n for n, record in enumerate(history) if record.recorded_at > moment), len(history))
        past = cloud.at(moment)
        assert past.history() == history[:later]
        assert past.position == later
        fork = past.fork()
        fork.execute(CREATE)
        assert fork.history()[:later] == history[:later]
        assert fork.at(later).history() == fork.at(moment).history()[:later] == history[:later]
        assert replayed(fork).state_digest() == fork.state_digest()
    for position in range(0, len(history) + 1, 5):
        past = cloud.at(position)
        assert past.history() == history[:position]
        fork = past.fork()
        fork.execute(CREATE)
        assert fork.history()[:position] == history[:position]
        assert not invariants(fork)
    cloud.close()


def test_a_past_by_time_does_not_change_when_a_slow_clock_records_more(store: EventStore) -> None:
    fast = Cloud(store, clock=lambda: START + MINUTE)
    slow = Cloud(store, clock=lambda: START)
    for _ in range(3):
        slow.execute(CREATE)
    past = fast.at(START)
    fast.execute(CREATE)
    slow.execute(CREATE)  # at a time that is past for the other, behind its event
    assert len(past.vpcs) == len(slow.at(START).vpcs) == 3
    assert len(fast.at(START + MINUTE).vpcs) == 5
    all_is_well(slow)
