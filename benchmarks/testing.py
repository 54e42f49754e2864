"""Measures property tests: steps of `CloudMachine` beside those of an empty machine, and the states that `explore`
visits per second.

The empty machine has as many rules, without bodies. A step of `CloudMachine` draws a command, judges and executes it,
and checks every invariant; with a system it also executes the command there and compares the resources.
"""

# ruff: noqa: T201  # a benchmark prints

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from benchmarks._measure import Contender, Effort, measure, per_operation
from ecsnet import Cloud, Command, InstanceType
from ecsnet import commands as c
from ecsnet.testing import CloudMachine, CloudSystem, cloud_after, explore, invariants, settle_moves
from ecsnet.testing._generate import GENERATORS

STEPS = 50
RULES = len(GENERATORS) + 2
TYPE = InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=2)


def run(effort: Effort) -> None:
    """Measures the machines, a new cloud, the invariants, and an exploration, and prints their tables."""
    examples = effort.of(200)
    machines = [
        Contender("a machine of empty rules", _stepping(_empty_machine(), examples)),
        Contender("CloudMachine", _stepping(Alone, examples), "a machine of empty rules", "at most 3 times"),
        Contender("CloudMachine beside a cloud", _stepping(Beside, examples), "a machine of empty rules"),
    ]
    measure(f"one step, of {STEPS} in an example, {RULES} rules", machines, effort.rounds)
    cloud = _twenty_resources()
    calls = effort.of(2_000)
    small = [
        Contender("Cloud()", lambda: per_operation(Cloud, calls), target="under 100 µs"),
        Contender(
            "invariants of 20 resources", lambda: per_operation(lambda: invariants(cloud), calls), "Cloud()", "cheap"
        ),
    ]
    measure("a fresh cloud, and all invariants", small, effort.rounds)
    _explore(None if not effort.quick else 8)


class _Counted:
    """Counts the steps of all machines, including those of the setup."""

    steps = 0

    @invariant()
    def one_more(self) -> None:
        _Counted.steps += 1


class Alone(_Counted, CloudMachine):
    """The model without a system."""


class Beside(_Counted, CloudMachine):
    """The model with another cloud as the system."""

    def make_system(self) -> Any:
        return CloudSystem(Cloud(clock=self.clock, instance_types=self.instance_types))


def _empty_machine() -> type[RuleBasedStateMachine]:
    def empty(name: str) -> Any:
        def nothing(self: RuleBasedStateMachine) -> None: ...

        nothing.__name__ = name  # Hypothesis turns rules on and off by their names
        return rule()(nothing)

    rules = {f"rule_{number}": empty(f"rule_{number}") for number in range(RULES)}
    return type("Empty", (_Counted, RuleBasedStateMachine), rules)


def _stepping(machine: type[RuleBasedStateMachine], examples: int) -> Callable[[], float]:
    usual = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def run() -> float:
        _Counted.steps = 0
        begin = perf_counter()
        run_state_machine_as_test(machine, settings=usual)
        return (perf_counter() - begin) / _Counted.steps

    return run


def _small_world() -> tuple[Cloud, list[Command[Any]]]:
    """Returns a cloud with two instances and three ENIs, and all commands that change their status."""
    cloud = cloud_after(settle_after="manual", instance_types=[TYPE])
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    block = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/28")
    group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    place: Any = {"vswitch_id": cloud.execute(block).id, "security_group_ids": [group.id]}
    instances = cloud.execute(c.RunInstances(instance_type=TYPE.id, amount=2, **place))
    interfaces = [cloud.execute(c.CreateNetworkInterface(**place)) for _ in range(3)]
    cloud.settle()
    commands: list[Command[Any]] = []
    for vm in instances:
        commands += [c.StartInstance(instance_id=vm.id), c.StopInstance(instance_id=vm.id)]
        for eni in interfaces:
            pair: Any = {"network_interface_id": eni.id, "instance_id": vm.id}
            commands += [c.AttachNetworkInterface(**pair), c.DetachNetworkInterface(**pair)]
    return cloud, commands


def _twenty_resources() -> Cloud:
    """Returns a cloud with a VPC, a VSwitch, a group, two instances, twelve ENIs and three EIPs."""
    cloud, _ = _small_world()
    (vswitch_id,), group_ids = cloud.vswitches, tuple(cloud.security_groups)
    for _ in range(7):
        cloud.execute(c.CreateNetworkInterface(vswitch_id=vswitch_id, security_group_ids=group_ids))
    for _ in range(3):
        cloud.execute(c.AllocateEipAddress())
    return cloud


def _explore(depth: int | None) -> None:
    cloud, commands = _small_world()

    def all_moves(state: Cloud) -> Iterator[Any]:
        yield from commands
        yield from settle_moves(state)

    begin = perf_counter()
    found = explore(cloud, all_moves, depth)
    seconds = perf_counter() - begin
    rates = f"{found.states / seconds:,.0f} states and {found.moves / seconds:,.0f} moves a second"
    print(f"\n### explore\n\n{found}\n{rates}\n")
