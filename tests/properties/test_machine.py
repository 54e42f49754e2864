"""No sequence of commands breaks an invariant or a law, whoever gives them, where, at whatever pace.

The machine that users get is run on a model beside its twin: the same network in a SQLite file, which is closed and
opened again, forked, and read back from the encoded history, at any time. Whatever that changes is a difference.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import rule, run_state_machine_as_test

from ecsnet import Cloud, Command, CommandDenied, audit
from ecsnet import commands as c
from ecsnet.events import RecordedEvent
from ecsnet.testing import CloudMachine, CloudSystem, invariants
from ecsnet.testing._generate import GENERATORS
from ecsnet.testing._scenarios import stored_again
from tests.support.replay import replayed

OTHER_ACCOUNT = "6543210987654321"
QUOTAS = {
    "interfaces-per-region": 4,
    "addresses-per-security-group": 9,
    "addresses-per-interface": 4,
    "addresses-per-available-interface": 2,
    "security-groups-per-interface": 2,
    "security-groups-per-region": 4,
    "vswitches-per-vpc": 3,
    "eips-per-account": 3,
}


class Twin(CloudSystem):
    """The same network beside the model, in a file or in memory."""

    def __init__(self, machine: Network) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.options: dict[str, Any] = {
            "region_id": machine.region_ids[0],
            "clock": machine.clock,
            "settle_after": machine.settle_after,
            "instance_types": machine.instance_types,
        }
        self.path = self.folder / "network.db" if machine.in_a_file else None
        super().__init__(Cloud(self.path, **self.options))
        self.left_behind: list[tuple[Cloud, tuple[RecordedEvent, ...]]] = []

    def act_as(self, account_id: str) -> None:
        self.cloud = self.cloud.as_account(account_id)

    def open_again(self) -> None:
        """From the file, or where there is none any more, from the encoded history."""
        account_id, history = self.cloud.account_id, self.cloud.history()
        if self.path is not None:
            self.cloud.close()
        self.cloud = Cloud(self.path or stored_again(history), account_id=account_id, **self.options)

    def fork(self) -> None:
        self.left_behind.append((self.cloud, self.cloud.history()))
        self.cloud = self.cloud.fork(clock=self.cloud.clock)
        self.path = None

    def close(self) -> None:
        self.cloud.close()
        for cloud, _ in self.left_behind:
            cloud.close()
        shutil.rmtree(self.folder)


class Network(CloudMachine):
    """All commands of two accounts in two regions, right and wrong, where every limit is near."""

    region_ids = ("cn-hangzhou", "eu-central-1")
    time_passes = True
    in_a_file: ClassVar[bool] = False
    system: Twin

    def make_system(self) -> Twin:
        return Twin(self)

    def set_up(self) -> None:
        for name, value in QUOTAS.items():
            self.issue(c.SetQuota(name=name, value=value))
        super().set_up()
        self.issue(c.CreateSecurityGroup(vpc_id=next(iter(self.model.vpcs))))

    def issue(self, command: Command[Any]) -> None:
        decision = self.model.check(command)
        before, recorded = self.model.state_digest(), len(self.model.history())
        super().issue(command)
        new = self.model.history()[recorded:]
        if decision:
            own = [record.event for record in new if record.settles is None]
            assert tuple(own) == decision.events
        else:
            with pytest.raises(CommandDenied) as denied:
                self.model.execute(command)
            assert denied.value.violations == decision.violations
            assert self.model.state_digest() == before
            assert new == () == self.model.history()[recorded:]

    @rule()
    def act_as_another_account(self) -> None:
        account_id = OTHER_ACCOUNT if self.model.account_id != OTHER_ACCOUNT else Cloud().account_id
        self.model = self.model.as_account(account_id)
        self.system.act_as(account_id)

    @rule()
    def open_the_store_again(self) -> None:
        self.system.open_again()

    @rule()
    def go_on_in_a_fork(self) -> None:
        self.system.fork()

    def teardown(self) -> None:
        cloud, twin = self.model, self.system
        try:
            history = cloud.history()
            state = cloud.state_digest()
            assert [record.event for record in twin.cloud.history()] == [record.event for record in history]
            assert twin.cloud.state_digest() == state
            assert invariants(twin.cloud) == ()
            for left, as_left in twin.left_behind:
                since = left.history()[len(as_left) :]
                assert left.history()[: len(as_left)] == as_left
                assert all(record.settles is not None for record in since)  # its clock goes on
                assert replayed(left).state_digest() == left.state_digest()
            again = replayed(cloud)
            assert again.state_digest() == state
            assert again.history() == history
            for prefix in (len(history) // 3, len(history) // 2):
                then = cloud.at(prefix)
                assert replayed(then).state_digest() == then.state_digest()
            assert audit(cloud) == ()
        finally:
            super().teardown()


class InAFile(Network):
    in_a_file = True


class ByHand(Network):
    settle_after = "manual"


class ByTime(Network):
    settle_after = timedelta(seconds=3)


class WithTheClassicNetwork(Network):
    """From the days when the classic network was open, until after it was closed."""

    start: ClassVar[datetime] = datetime(2017, 5, 20, tzinfo=UTC)

    def set_up(self) -> None:
        super().set_up()
        self.issue(c.EnableVpcClassicLink(vpc_id=next(iter(self.model.vpcs))))
        self.issue(c.CreateSecurityGroup())
        group_ids = [group.id for group in self.model.security_groups.where(vpc_id=None)]
        run = c.RunInstances(instance_type=self.type_names[0], network_type="classic", security_group_ids=group_ids)
        self.issue(run)


@pytest.mark.parametrize("machine", [InAFile, ByHand, ByTime, WithTheClassicNetwork])
def test_no_sequence_of_commands_breaks_an_invariant_or_a_law(machine: type[CloudMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(CloudMachine.TestCase.settings, stateful_step_count=40))


@pytest.mark.parametrize("operation", [name for name in c.__all__ if name != "Command"])
def test_the_machine_has_a_rule_for_every_operation(operation: str) -> None:
    named = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation.replace("VSwitch", "Vswitch")).lower()
    assert getattr(CloudMachine, named).__name__ == named
    assert getattr(c, operation) in GENERATORS
