"""Handlers of denials are told of each refused command, and a counter counts them by rule."""

from __future__ import annotations

import doctest
import os
from collections.abc import Mapping, Sequence
from threading import Thread

import pytest

import ecsnet
from ecsnet import Cloud, CommandDenied, Denial, InvalidArgument, ReadOnlyCloud, RuleRegistry, VersionConflict, metrics
from ecsnet import commands as c
from ecsnet.events import MemoryStore, NewEvent, RecordedEvent
from ecsnet.metrics import RefusedCommands
from tests.support.net import START, Net

NO_VPC = c.DeleteVpc(vpc_id="vpc-none")
VPC = c.CreateVpc(cidr_block="10.0.0.0/16")


def denied(cloud: Cloud, command: c.Command[object]) -> CommandDenied:
    with pytest.raises(CommandDenied) as told:
        cloud.execute(command)
    return told.value


def test_a_handler_is_given_each_denied_command_once(net: Net) -> None:
    seen = list[Denial]()
    end = net.cloud.subscribe_denials(seen.append)
    error = denied(net.cloud, NO_VPC)
    assert not net.cloud.check(NO_VPC)
    net.cloud.execute(VPC)
    denied(
        net.cloud.as_account("another"), c.CreateVSwitch(vpc_id="x", zone_id="cn-beijing-a", cidr_block="10.0.1.0/24")
    )
    end()
    end()
    denied(net.cloud, NO_VPC)
    first, second = seen
    assert (first.command, first.violations) == (error.command, error.violations)
    assert (first.account_id, first.region_id, first.denied_at) == (net.cloud.account_id, "cn-hangzhou", START)
    assert second.account_id == "another"


def test_a_command_that_is_decided_again_after_a_conflict_is_denied_once() -> None:
    class Overtaken(MemoryStore):
        """Another writer deletes the VPC before the first append of this one."""

        overtake = False

        def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
            if self.overtake:
                self.overtake = False
                Cloud(self).execute(c.DeleteVpc(vpc_id=vpc.id))
                raise VersionConflict("cn-hangzhou", expected=1, actual=2)
            return super().append(events, expected)

    store = Overtaken()
    cloud, seen = Cloud(store), list[Denial]()
    vpc = cloud.execute(VPC)
    cloud.subscribe_denials(seen.append)
    store.overtake = True
    denied(cloud, c.CreateSecurityGroup(vpc_id=vpc.id))
    assert [one.violations[0].rule for one in seen] == ["vpc.not-found"]


def test_a_handler_of_denials_is_called_without_a_lock() -> None:
    cloud, seen = Cloud(), list[int]()

    def handler(denial: Denial) -> None:
        thread = Thread(target=lambda: seen.append(len(cloud.vpcs)))  # it would wait for a lock
        thread.start()
        thread.join(30)
        cloud.execute(VPC)

    cloud.subscribe_denials(handler)
    denied(cloud, NO_VPC)
    denied(cloud, NO_VPC)
    assert seen == [0, 1]


def test_an_error_of_a_handler_of_denials_is_raised_and_has_the_denial_as_its_context() -> None:
    cloud = Cloud()

    def handler(denial: Denial) -> None:
        raise RuntimeError("the handler fails")

    cloud.subscribe_denials(handler)
    with pytest.raises(RuntimeError, match="the handler fails") as told:
        cloud.execute(NO_VPC)
    assert isinstance(told.value.__context__, CommandDenied)
    assert cloud.execute(VPC).id in cloud.vpcs


def test_forks_have_no_handlers_of_denials_and_the_past_takes_none() -> None:
    cloud, refused = Cloud(), RefusedCommands()
    cloud.subscribe_denials(refused)
    denied(cloud.fork(), NO_VPC)
    assert refused.total == 0
    with pytest.raises(ReadOnlyCloud):
        cloud.at(0).subscribe_denials(refused)
    with pytest.raises(InvalidArgument, match="handler must be callable"):
        cloud.subscribe_denials(None)  # type: ignore[arg-type]


def test_a_command_that_two_rules_refuse_counts_once_and_for_each_of_them(net: Net) -> None:
    mine = RuleRegistry(ecsnet.rules)

    @mine.denies("x.keep", c.DeleteVpc, message="it stays", code='Kept."here"\\\n')
    def keep(command: c.DeleteVpc) -> dict[str, str]:
        """No VPC is deleted."""
        return {}

    refused = RefusedCommands()
    for cloud in (Cloud(net.cloud.store, rules=mine), Cloud(rules=mine)):
        cloud.subscribe_denials(refused)
        denied(cloud, c.DeleteVpc(vpc_id=net.vpc.id))
    denied(cloud, c.ReleaseEipAddress(allocation_id="eip-none"))
    assert refused.total == 3
    assert refused.by_command == {"DeleteVpc": 2, "ReleaseEipAddress": 1}
    assert refused.by_rule == {"vpc.delete.in-use": 1, "x.keep": 2, "vpc.not-found": 1, "eip.not-found": 1}
    assert refused.by_code['Kept."here"\\\n'] == 2
    text = refused.openmetrics()
    assert 'ecsnet_refused_commands_total{command="DeleteVpc"} 2\n' in text
    assert 'ecsnet_refusals_total{command="DeleteVpc",rule="x.keep",code="Kept.\\"here\\"\\\\\\n"} 2\n' in text
    assert text.endswith("\n# EOF\n")
    assert len(text.splitlines()) == 4 + 2 + 4 + 1


def test_a_counter_loses_no_denial_of_several_threads() -> None:
    cloud, refused = Cloud(), RefusedCommands()
    cloud.subscribe_denials(refused)
    threads = [Thread(target=lambda: [denied(cloud, NO_VPC) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused.total == refused.by_rule["vpc.not-found"] == 200


def test_a_child_process_counts_though_another_thread_held_the_lock() -> None:
    refused = RefusedCommands()
    with refused._lock:
        child = os.fork()
        if not child:
            os._exit(refused.total)  # it would wait for the lock
    assert os.waitpid(child, 0)[1] == 0


def test_the_example_of_the_counter_runs() -> None:
    results = doctest.testmod(metrics)
    assert results.attempted > 3
    assert not results.failed
