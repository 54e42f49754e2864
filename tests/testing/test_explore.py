"""Every state that a small world can be in, and all invariants in each: the proof beside the random one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from ecsnet import Cloud, Command, InstanceType, rules
from ecsnet import commands as c
from ecsnet.testing import (
    Breach,
    InvariantBroken,
    Settle,
    cloud_after,
    every_command,
    explore,
    invariants,
    settle_moves,
)
from tests.support.net import Net

TWO = InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=2)
Moves = Callable[[Cloud], Iterator[Any]]


def small_world(*, interfaces: int, with_eip: bool = False, failing: bool = False) -> tuple[Cloud, Moves]:
    """Two instances that take one more ENI each, some ENIs, an EIP; quotas that are reached at once; all by hand. With
    ``failing`` a transition ends in each way that it may."""
    cloud = cloud_after(settle_after="manual", instance_types=[TWO])
    for name, value in {
        "interfaces-per-region": 3,
        "addresses-per-interface": 2,
        "addresses-per-security-group": 6,
        "eips-per-account": 1,
    }.items():
        cloud.execute(c.SetQuota(name=name, value=value))
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    cloud.settle()
    block = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/28")
    group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    place: Any = {"vswitch_id": cloud.execute(block).id, "security_group_ids": [group.id]}
    cloud.settle()
    instances = [vm.id for vm in cloud.execute(c.RunInstances(instance_type=TWO.id, amount=2, **place))]
    interface_ids = [cloud.execute(c.CreateNetworkInterface(**place)).id for _ in range(interfaces)]
    cloud.settle()
    moves: list[Command[Any]] = []
    for instance_id in instances:
        moves += [c.StartInstance(instance_id=instance_id), c.StopInstance(instance_id=instance_id)]
        moves += [c.DeleteInstance(instance_id=instance_id, force=True)]
        for interface_id in interface_ids:
            pair: Any = {"network_interface_id": interface_id, "instance_id": instance_id}
            moves += [c.AttachNetworkInterface(**pair), c.DetachNetworkInterface(**pair)]
    moves += [c.DeleteNetworkInterface(network_interface_id=interface_id) for interface_id in interface_ids]
    for interface_id, ip in zip(interface_ids, ("10.0.0.10", "10.0.0.11"), strict=False):
        one: Any = {"network_interface_id": interface_id, "private_ip_addresses": [ip]}
        moves += [c.AssignPrivateIpAddresses(**one), c.UnassignPrivateIpAddresses(**one)]
    if with_eip:
        eip = cloud.execute(c.AllocateEipAddress())
        moves += [c.AssociateEipAddress(allocation_id=eip.id, instance_id=vm) for vm in instances]
        moves += [c.UnassociateEipAddress(allocation_id=eip.id)]

    def all_moves(state: Cloud) -> Iterator[Any]:
        yield from moves
        yield from (move for move in settle_moves(state) if failing or move.outcome == "completed")

    return cloud, all_moves


def test_no_state_of_a_small_world_breaks_an_invariant() -> None:
    """Three ENIs and an EIP in CI, which makes many times as many states."""
    in_full = settings().max_examples >= 300
    cloud, moves = small_world(interfaces=3, with_eip=True) if in_full else small_world(interfaces=1, with_eip=True)
    before = cloud.state_digest()
    seen = explore(cloud, moves)
    assert seen.complete
    assert seen.states >= (100_000 if in_full else 1_000)
    assert seen.denied < seen.moves
    assert cloud.state_digest() == before


def test_no_state_of_a_world_whose_transitions_fail_breaks_an_invariant() -> None:
    """Two ENIs in CI."""
    in_full = settings().max_examples >= 300
    seen = explore(*small_world(interfaces=2 if in_full else 1, failing=True))
    assert seen.complete
    assert seen.states >= (8_000 if in_full else 500)


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
    seen = [explore(*small_world(interfaces=2), depth=3) for _ in range(2)]
    assert seen[0] == seen[1]
    assert not seen[0].complete
    assert seen[0].depth == 3
    deeper = explore(*small_world(interfaces=2), depth=4)
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
