"""A machine whose every command goes through the SDK, beside the model: no difference, with faults and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ecsnet import Cloud, Command
from ecsnet import commands as c
from ecsnet.decision import Decision
from ecsnet.openapi import ACTIONS
from ecsnet.openapi.further import DESCRIBED_BY
from ecsnet.testing import CloudMachine, Difference, aliyun
from ecsnet.testing._generate import GENERATORS
from tests.clients.conftest import KEYS
from tests.support.hypothesis_settings import REPRODUCIBLE, budget
from tests.support.sdk import SdkSystem, sent

pytest.importorskip("alibabacloud_ecs20140526")
pytest.importorskip("alibabacloud_vpc20160428")

EXAMPLES = settings(
    REPRODUCIBLE, max_examples=max(3, budget(10)), stateful_step_count=25, phases=[Phase.generate]
)  # a difference prints its script, however long
PREFIXES = {"vpc": "vpcs", "vsw": "vswitches", "sg": "security_groups", "i": "instances", "eni": "network_interfaces"}
BY_JSON = ("instances", "security_groups")


def asked_by(resource_id: str) -> tuple[str, dict[str, Any]]:
    """The action that describes a resource, and its filter."""
    table = PREFIXES.get(resource_id.partition("-")[0], "eips")
    action, name, _, _ = DESCRIBED_BY[table]
    value: Any = f'["{resource_id}"]' if table in BY_JSON else resource_id
    return action, {name: [value] if table == "network_interfaces" else value}


class BySdk(CloudMachine):
    """Commands that parameters of the SDK cannot say are left out; descriptions are compared whole."""

    operations = tuple(one for one in GENERATORS if ACTIONS[one.__name__].product != "ecsnet")
    keys: ClassVar[Mapping[str, str]] = KEYS
    issued: ClassVar[set[str]] = set()
    struck: ClassVar[set[str | None]] = set()

    def make_system(self) -> SdkSystem:
        self._stack = ExitStack()
        cloud = Cloud(clock=self.clock, settle_after=self.settle_after, instance_types=self.instance_types)
        return SdkSystem(self._stack.enter_context(aliyun(cloud, keys=self.keys, faults=self.faults)))

    def skips(self, command: Command[Any], decision: Decision) -> bool:
        left_out = sent(command) is None
        if not left_out:
            self.issued.add(type(command).__name__)
        return left_out

    def accepts_code(self, violations: Sequence[Any], code: str) -> bool:
        """The first code, which the API answers, and no other."""
        return code == str(violations[0].code)

    def compare(self, resource_ids: Sequence[str], step: Command[Any] | None = None) -> None:
        assert isinstance(self.system, SdkSystem)
        for resource_id in dict.fromkeys(resource_ids):
            action, by_id = asked_by(resource_id)
            version = "2016-04-28" if action in ("DescribeVpcs", "DescribeVSwitches", "DescribeEipAddresses") else None
            expected = self.model.describe(action, version=version, **by_id, PageSize=10)
            seen = self.system.described(action, **by_id)
            same_id = self.names.to_system(resource_id) == resource_id
            if {name: value for name, value in expected.items() if name != "RequestId"} != seen or not same_id:
                raise Difference(f"{seen}\n\ninstead of\n\n{expected}", step, self.script)

    def teardown(self) -> None:
        try:
            super().teardown()
            assert isinstance(self.system, SdkSystem)
            self.struck.update(one.fault for one in self.system.api.calls)
            assert self.system.api.cloud.state_digest() == self.model.state_digest()
        finally:
            self._stack.close()


class WithTransitions(BySdk):
    settle_after = "manual"


class Struck(BySdk):
    injects = (
        {"code": "Throttling"},
        {"code": "InternalError"},
        {"drop": "before"},
        {"drop": "after"},
        {"action": "AttachNetworkInterface", "outcome": "failed"},
        {"action": "AttachNetworkInterface", "outcome": "stuck"},
        {"action": "DetachNetworkInterface", "outcome": "stuck"},
    )


@pytest.fixture(autouse=True)
def forget() -> None:
    BySdk.issued.clear()
    BySdk.struck.clear()


@pytest.mark.parametrize("machine", [BySdk, WithTransitions, Struck])
def test_the_sdk_and_the_model_do_not_differ(machine: type[BySdk]) -> None:
    run_state_machine_as_test(machine, settings=EXAMPLES)
    assert len(BySdk.issued) > 15
    faults = {"Throttling", "InternalError", "drop before", "drop after", "failed", "stuck"}
    assert BySdk.struck <= {None, *(faults if machine is Struck else ())}


@pytest.mark.parametrize("fault", Struck.injects, ids=str)
def test_each_fault_has_through_the_sdk_what_it_has_in_the_model(fault: dict[str, Any]) -> None:
    machine = Struck()
    machine.set_up()
    (vswitch_id,), groups = machine.model.vswitches, list(machine.model.security_groups)
    place: Any = {"vswitch_id": vswitch_id, "security_group_ids": groups}
    machine.issue(c.RunInstances(instance_type=machine.type_names[0], **place))
    machine.issue(c.CreateNetworkInterface(**place))
    (instance_id,), interface_id = machine.model.instances, list(machine.model.network_interfaces)[1]
    both = {"network_interface_id": interface_id, "instance_id": instance_id}
    commands: list[Command[Any]] = [c.AttachNetworkInterface(**both), c.DetachNetworkInterface(**both)]
    for command in commands:
        for faults in ([fault], []):
            machine.inject(faults)
            if machine.model.check(command):
                machine.issue(command)
    machine.teardown()
    assert len([one for one in machine.struck if one is not None]) == 1


def test_a_parameter_that_is_lost_on_the_way_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    execute = SdkSystem.execute

    def forgetful(system: SdkSystem, command: Command[Any]) -> Any:
        result = execute(system, command)
        if type(command).__name__ == "CreateNetworkInterface":
            system.api.cloud.remember(result, {"ResourceGroupId": "rg-other"})
        return result

    monkeypatch.setattr(SdkSystem, "execute", forgetful)
    with pytest.raises(Difference, match="rg-other"):
        run_state_machine_as_test(BySdk, settings=settings(EXAMPLES, max_examples=30))
