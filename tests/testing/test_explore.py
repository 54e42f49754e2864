"""Every state that a small world can be in, and all invariants in each: the proof beside the random one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from ecsnet import Cloud, InvalidArgument, rules
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
    """All states of a world of one ENI; in CI also those of a larger world that seven moves lead to."""
    cloud, moves = small_world(interfaces=1, addresses=1, eips=1)
    before = cloud.state_digest()
    seen = explore(cloud, moves, processes=2)
    assert seen.complete
    assert seen.states >= 1_000
    assert seen.denied < seen.moves
    assert cloud.state_digest() == before
    if settings().max_examples >= 300:
        larger = explore(*small_world(addresses=3, eips=1), depth=7, processes=2)
        assert larger.states >= 100_000


def test_exploring_twice_gives_the_same_counts() -> None:
    seen = [explore(*small_world(eips=0), depth=3) for _ in range(2)]
    assert seen[0] == seen[1]
    assert not seen[0].complete
    assert seen[0].depth == 3
    deeper = explore(*small_world(eips=0), depth=4)
    assert deeper.states > seen[0].states
    assert deeper.moves > seen[0].moves > seen[0].denied


def test_several_processes_find_what_one_finds() -> None:
    small = {"interfaces": 1, "addresses": 1, "eips": 0}
    for depth in (4, None):
        seen = [explore(*small_world(**small), depth=depth, processes=processes) for processes in (1, 2, 3)]
        assert seen[0] == seen[1] == seen[2]
        assert seen[0].complete is (depth is None)


def test_a_process_reports_what_is_broken_with_a_shortest_script() -> None:
    cloud, moves = small_world(interfaces=1, eips=0)

    def never_both_stopped(state: Cloud) -> Iterator[Breach]:
        stopped = state.instances.where(status="Stopped")
        if len(stopped) == 2:
            yield Breach("x.never-both-stopped", stopped[0].id, "is Stopped, too")

    scripts = []
    for processes in (1, 2):
        with pytest.raises(InvariantBroken, match=r"x\.never-both-stopped") as broken:
            explore(cloud, moves, check=never_both_stopped, processes=processes)
        scripts.append(broken.value.script)
    assert len(scripts[0]) == len(scripts[1]) == 4


def test_an_error_in_a_process_is_raised() -> None:
    cloud, moves = small_world(interfaces=1, eips=0)

    def until_stopped(state: Cloud) -> Iterator[Any]:
        if not state.instances.where(status="Running"):
            raise LookupError("nothing runs")
        yield from moves(state)

    with pytest.raises(LookupError, match="nothing runs"):
        explore(cloud, until_stopped, processes=2)


@pytest.mark.parametrize("processes", [0, -1, True, 1.5, "2"])
def test_a_number_of_processes_that_cannot_be_is_refused(net: Net, processes: Any) -> None:
    with pytest.raises(InvalidArgument, match="processes must be a whole number of at least 1"):
        explore(net.cloud, [], processes=processes)


def test_exploring_without_moves_finds_one_state(net: Net) -> None:
    (vm,) = [net.run()]
    wrong = [c.StartInstance(instance_id=vm.id), c.DeleteVpc(vpc_id=net.vpc.id)]
    seen = explore(net.cloud, wrong)
    assert (seen.states, seen.moves, seen.denied, seen.depth, seen.complete) == (1, 2, 2, 0, True)


def test_transitional_statuses_are_separate_states(slow_net: Net) -> None:
    vm = slow_net.run()
    seen = explore(slow_net.cloud, [c.StopInstance(instance_id=vm.id), c.StartInstance(instance_id=vm.id), Settle()])
    assert (seen.states, seen.depth, seen.complete) == (4, 3, True)


def test_each_way_in_which_a_transition_or_a_revocation_may_end_is_a_move(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm, attaching, revoking = net.run(), net.eni(), net.eni(secondary_private_ip_address_count=1)
    assert list(settle_moves(cloud)) == []
    revoke = c.UnassignPrivateIpAddresses(
        network_interface_id=revoking.id, private_ip_addresses=revoking.private_ips[1:]
    )
    for command in (net.attach_command(attaching, vm), revoke, c.StopInstance(instance_id=vm.id)):
        cloud.execute(command)
    assert list(settle_moves(cloud)) == [
        Settle(attaching.id, outcome="completed"),
        Settle(attaching.id, outcome="failed"),
        Settle(attaching.id, outcome="stuck"),
        Settle(revoking.id, outcome="completed"),
        Settle(vm.id, outcome="completed"),
    ]


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
