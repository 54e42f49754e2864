"""Every state that a small world can be in, and all invariants in each: the proof beside the random one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from ecsnet import Cloud, rules
from ecsnet import commands as c
from ecsnet.testing import (
    Breach,
    InvariantBroken,
    Settle,
    every_command,
    explore,
    invariants,
    settle_moves,
)
from tests.exploration.world import small_world
from tests.support.net import Net


def test_no_state_of_a_small_world_breaks_an_invariant() -> None:
    """In CI with an EIP, which makes seven times as many states."""
    in_full = settings().max_examples >= 300
    cloud, moves = small_world(eips=1 if in_full else 0)
    before = cloud.state_digest()
    seen = explore(cloud, moves)
    assert seen.complete
    assert seen.states >= (100_000 if in_full else 15_000)
    assert seen.denied < seen.moves
    assert cloud.state_digest() == before


def test_every_way_in_which_a_transition_may_end_is_a_move(slow_net: Net) -> None:
    vm, interface = slow_net.run(), slow_net.eni()
    slow_net.cloud.execute(slow_net.attach_command(interface, vm))
    slow_net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert list(settle_moves(slow_net.cloud)) == [
        Settle(interface.id),
        Settle(interface.id, outcome="failed"),
        Settle(interface.id, outcome="stuck"),
        Settle(vm.id),
    ]


def test_exploring_twice_gives_the_same_counts() -> None:
    seen = [explore(*small_world(eips=0), depth=4) for _ in range(2)]
    assert seen[0] == seen[1]
    assert not seen[0].complete
    assert seen[0].depth == 4
    deeper = explore(*small_world(eips=0), depth=5)
    assert deeper.states > seen[0].states
    assert deeper.moves > seen[0].moves > seen[0].denied


def test_exploring_without_moves_finds_one_state(net: Net) -> None:
    (vm,) = [net.run()]
    wrong = [c.StartInstance(instance_id=vm.id), c.DeleteVpc(vpc_id=net.vpc.id)]
    seen = explore(net.cloud, wrong)
    assert (seen.states, seen.moves, seen.denied, seen.depth, seen.complete) == (1, 2, 2, 0, True)


def test_transitional_statuses_are_separate_states(slow_net: Net) -> None:
    vm = slow_net.run()
    seen = explore(slow_net.cloud, [c.StopInstance(instance_id=vm.id), c.StartInstance(instance_id=vm.id), Settle()])
    assert (seen.states, seen.depth, seen.complete) == (4, 3, True)


def test_every_command_is_built_from_existing_and_unknown_ids(net: Net) -> None:
    net.run()
    moves = every_command(c.StopInstance, c.StartInstance, c.RebootInstance)
    found = set(moves(net.cloud))
    assert c.StopInstance(instance_id="i-none") in found
    assert len(found) == 6
    assert explore(net.cloud, moves).states == 2


def test_a_broken_invariant_is_reported_with_a_shortest_script() -> None:
    """A registry without the rule about a type's ENIs, so that the invariant is broken for once."""
    net = Net(rules=rules.without("interface.attach.quota"))
    vm, one, other, third = net.run(instance_type="ecs.g5.large"), net.eni(), net.eni(), net.eni()
    moves = [net.attach_command(eni, vm) for eni in (one, other, third)]
    with pytest.raises(InvariantBroken) as broken:
        explore(net.cloud, moves)
    assert [breach.invariant for breach in broken.value.breaches] == ["interface.attach.quota"]
    assert len(broken.value.script) == 2
    assert "interface.attach.quota: " in str(broken.value)
    assert str(broken.value).count("cloud.execute(AttachNetworkInterface(") == 2
    assert invariants(net.cloud) == ()


def test_own_checks_are_applied_to_every_state(net: Net) -> None:
    vm = net.run()

    def never_stopped(cloud: Cloud) -> Iterator[Breach]:
        yield from (Breach("x.never-stopped", vm.id, "is Stopped") for vm in cloud.instances.where(status="Stopped"))

    with pytest.raises(InvariantBroken, match=r"x\.never-stopped"):
        explore(net.cloud, [c.StopInstance(instance_id=vm.id)], check=never_stopped)


def test_an_iterator_of_moves_is_tried_in_every_state(net: Net) -> None:
    vm = net.run()
    moves = [c.StopInstance(instance_id=vm.id), c.StartInstance(instance_id=vm.id)]
    assert explore(net.cloud, iter(moves)) == explore(net.cloud, moves)
