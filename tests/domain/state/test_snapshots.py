"""A world that is encoded and decoded again is the same, whatever happens to both of them later."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, RecordedEvent
from ecsnet import commands as c
from ecsnet.domain.checks.invariants import breaches
from ecsnet.domain.checks.state_digest import TABLES, state_digest
from ecsnet.domain.fold import replay
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.pending import PendingTable
from ecsnet.domain.state.snapshots import UNREADABLE, decoded, encoded, layout
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import World
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.strategies import clouds, histories
from tests.attack.damage import write_history
from tests.support.net import Net

patient = settings(suppress_health_check=list(HealthCheck), deadline=None)


def folded(history: tuple[RecordedEvent, ...], world: World | None = None) -> World:
    world = World() if world is None else world
    replay(world, history)
    return world


def again(world: World) -> World:
    return decoded(encoded(world).content)


def shape(world: World) -> Iterator[Any]:
    """The sizes of all tables, the order of their keys, and the order of what is pending."""
    for stream, region in world.regions.items():
        for name in TABLES:
            table = getattr(region, name)
            yield stream, name, table.size, list(table.live_keys())
            if isinstance(table, PendingTable):
                yield [(kind, [position for position, _ in table.by_moment(kind)]) for kind in sorted(table.kinds)]
            else:
                yield [(one.size, list(one.live_keys())) for one in table.live_values() if isinstance(one, Table)]


def test_a_history_with_every_kind_of_event_has_one_state_from_any_snapshot_on(tmp_path: Path) -> None:
    write_history(tmp_path / "network.db")
    store = SqliteStore(tmp_path / "network.db")
    history = tuple(store.read())
    store.close()
    whole, world, done = folded(history), World(), 0
    for position in sorted(random.Random(3).sample(range(len(history)), 25)):
        folded(history[done:position], world)
        done, restored = position, again(world)
        assert state_digest(restored) == state_digest(world)
        assert list(shape(restored)) == list(shape(world))
        assert breaches(restored) == breaches(world)
        assert state_digest(folded(history[position:], restored)) == state_digest(whole)


@patient
@given(histories(settle_after="manual"), st.data())
def test_any_history_has_one_state_from_any_snapshot_on(
    history: tuple[RecordedEvent, ...], data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(history)), label="position")
    world = folded(history[:position])
    restored = again(world)
    assert list(shape(restored)) == list(shape(world))
    assert state_digest(folded(history[position:], restored)) == state_digest(folded(history))


@patient
@given(clouds(settle_after="manual"))
def test_a_world_that_was_forked_has_the_same_state_again(cloud: Cloud) -> None:
    world = cloud.fork().folded_state()
    before = state_digest(world)
    assert state_digest(again(world)) == before == state_digest(world)


def test_the_next_addresses_and_ids_are_those_that_the_world_would_give_without_a_snapshot(net: Net) -> None:
    vswitch = net.new_vswitch("10.0.9.0/28")
    made = [net.eni(vswitch_id=vswitch.id) for _ in range(11)]
    for eni in (made[2], made[3], made[4], made[9], made[0]):
        net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=eni.id))
    here = net.cloud.folded_state()
    there = again(here)
    for world in (here, there):
        region = world.region("cn-hangzhou")
        state = region.vswitches.get_existing(vswitch.id)
        assert state.next_ip is None or state.next_ip.startswith("10.0.9.")
        assert private_pool.next_free(region, state, 20) == private_pool.next_free(
            here.region("cn-hangzhou"), here.region("cn-hangzhou").vswitches.get_existing(vswitch.id), 20
        )
        assert world.next_number(region, "network_interface") == 12
    ips = [net.eni(vswitch_id=vswitch.id).primary_private_ip for _ in range(5)]
    replay(there, net.cloud.history(after=there.position))
    assert state_digest(there) == net.cloud.state_digest()
    assert len(set(ips)) == 5


@patient
@given(st.lists(st.integers(1, 12), max_size=40), st.lists(st.integers(0, 6), max_size=6))
def test_released_addresses_in_runs_are_the_same_addresses(numbers: list[int], pushed: list[int]) -> None:
    net = Net()
    state = net.cloud.folded_state().region("cn-hangzhou").vswitches.get_existing(net.vswitch.id).fork()
    for number in numbers:
        state.released = (f"10.0.1.{number}", state.released)
    before = list(private_pool.released(state))
    runs = private_pool.pack(state)
    assert list(private_pool.released(state)) == before == [f"10.0.1.{n & 255}" for run in runs for n in run]
    assert private_pool.pack(state) == runs
    for number in pushed:
        state.released = (f"10.0.1.{number}", state.released)
    before = list(private_pool.released(state))
    private_pool.pack(state)
    assert list(private_pool.released(state)) == before


def test_a_run_of_addresses_that_went_down_together_takes_one_place(net: Net) -> None:
    eni = net.eni(secondary_private_ip_address_count=9)
    net.cloud.execute(
        c.UnassignPrivateIpAddresses(network_interface_id=eni.id, private_ip_addresses=eni.private_ips[1:])
    )
    state = net.cloud.folded_state().region("cn-hangzhou").vswitches.get_existing(net.vswitch.id)
    assert [len(run) for run in private_pool.pack(state)] == [9]


def test_equal_ids_of_many_interfaces_are_one_text_in_memory(net: Net) -> None:
    for _ in range(3):
        net.eni()
    region = again(net.cloud.folded_state()).region("cn-hangzhou")
    enis = list(region.network_interfaces.live_values())
    assert len({id(eni.vpc_id) for eni in enis}) == len({id(eni.security_group_ids[0]) for eni in enis}) == 1
    held = region.addresses.get_existing(net.vpc.id)
    assert all(held[eni.private_ips[0]] is eni.id for eni in enis)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"x\x9c", encoded(World()).content[:-3], b"x\x9c\xab\x8e\x05\x00\x01\x15\x00\xb9"]
)
def test_what_was_not_encoded_cannot_be_decoded(content: bytes) -> None:
    with pytest.raises(UNREADABLE):
        decoded(content)


def test_the_layout_is_one_text_in_every_process() -> None:
    program = "from ecsnet.domain.state.snapshots import layout; print(layout())"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {layout()}
