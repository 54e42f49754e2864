"""The tables of operations: what they declare, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import commands as c
from ecsnet.domain.context import names
from ecsnet.domain.decide import OPERATIONS
from ecsnet.domain.lookups import LOOKUPS
from ecsnet.domain.operation import Operation, ResourceKind, merged, operations
from ecsnet.domain.rules import COMMANDS
from ecsnet.events import EVENT_TYPES
from tests.support.net import Net

NOT_OF_A_COMMAND = {
    "ClientTokenUsed",
    "EditionChosen",
    "EipAddressRegistered",
    "InstanceCreateCompleted",
    "NetworkInterfaceAttachFailed",
    "NetworkInterfaceCreateCompleted",
    "NetworkInterfaceCreateFailed",
    "NetworkInterfaceReleased",
    "NetworkInterfaceRetained",
    "NetworkInterfaceStuck",
    "ResourcesImported",
    "ResourceDisappeared",
    "ResourceRefreshed",
    "SharedAddressDrawn",
    "VSwitchCreateCompleted",
    "VpcCreateCompleted",
}
"""Events that accompany another event, or end what it began."""


def test_every_command_has_an_operation() -> None:
    assert set(OPERATIONS) == set(COMMANDS)
    assert all(operation.command is command for command, operation in OPERATIONS.items())


def test_a_command_that_two_subjects_decide_is_refused() -> None:
    start = OPERATIONS[c.StartInstance]
    with pytest.raises(ValueError, match="decided twice: StartInstance"):
        merged({c.StartInstance: start}, {c.StopInstance: OPERATIONS[c.StopInstance], c.StartInstance: start})
    with pytest.raises(ValueError, match="decided twice: StartInstance"):
        operations(start, start)


def test_every_event_is_recorded_by_one_command_or_by_none_of_its_own() -> None:
    recorded = [event.__name__ for operation in OPERATIONS.values() for event in operation.recorded_as]
    assert len(recorded) == len(set(recorded))
    imports = {name for name in EVENT_TYPES if name.endswith("Imported")}
    assert set(EVENT_TYPES) - set(recorded) == NOT_OF_A_COMMAND | imports


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.command.__name__)
def test_statuses_are_those_of_resources_that_the_command_names(operation: Operation[Any]) -> None:
    for kind in operation.statuses:
        assert names(operation.command, kind.parameter)


def test_every_kind_of_resource_can_be_looked_up() -> None:
    assert {kind for kind in ResourceKind if kind.parameter not in LOOKUPS} == {ResourceKind.Quota}


def test_a_resource_that_does_not_exist_any_more_is_returned_by_commands_that_remove() -> None:
    assert {command for command, operation in OPERATIONS.items() if operation.removes} == {
        c.DeleteVpc,
        c.DeleteVSwitch,
        c.DeleteSecurityGroup,
        c.DeleteInstance,
        c.DeleteInstances,
        c.DeleteNetworkInterface,
        c.ReleaseEipAddress,
    }


def test_a_new_resource_is_recorded_in_the_region_of_what_it_is_in(net: Net) -> None:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    block = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-beijing-b", cidr_block="10.0.1.0/24")
    vswitch, group = net.cloud.execute(block), net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    interface = c.CreateNetworkInterface(vswitch_id=vswitch.id, security_group_ids=[group.id])
    created = (vswitch, group, net.cloud.execute(interface))
    assert [resource.region_id for resource in created] == ["cn-beijing"] * 3
