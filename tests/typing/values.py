"""The types of the fields of values, and what their parameters take. Checked by mypy, never run."""

from collections.abc import Mapping
from typing import Any, assert_type

import attrs

from ecsnet import ChargeType, Command, Decision, InstanceType, NetworkType, Permission, Violation, to_json
from ecsnet.commands import CreateNetworkInterface, CreateVpc, ModifyNetworkInterfaceAttribute, RunInstances

run = RunInstances(
    instance_type="ecs.g5.large",
    vswitch_id="vsw-1",
    security_group_ids=(group for group in ["sg-1"]),
    network_interface_ids={"eni-1"},
    instance_charge_type="PrePaid",
    private_ip_address=None,
)
assert_type(run.security_group_ids, tuple[str, ...])
assert_type(run.network_interface_ids, tuple[str, ...])
assert_type(run.instance_charge_type, ChargeType)
assert_type(run.network_type, NetworkType)
assert_type(run.period, int | None)
assert_type(attrs.evolve(run, amount=2), RunInstances)
create = CreateNetworkInterface(
    vswitch_id="vsw-1", security_group_ids=["sg-1"], private_ip_addresses=iter(["10.0.0.1"])
)
assert_type(create.private_ip_addresses, tuple[str, ...])
assert_type(ModifyNetworkInterfaceAttribute(network_interface_id="eni-1").security_group_ids, tuple[str, ...] | None)
assert_type(CreateVpc(cidr_block="10.0.0.0/8").region_id, str | None)


def judged(decision: Decision, permission: Permission, instance_type: InstanceType) -> None:
    assert_type(decision.command, Command[Any])
    assert_type(decision.violations, tuple[Violation, ...])
    assert_type(decision.violations[0].facts, Mapping[str, Any])
    assert_type(permission.command, type[Command[Any]])
    assert_type(attrs.evolve(instance_type, vcpu=4), InstanceType)
    assert_type(to_json(decision), str)
    decision.violations = ()  # type: ignore[misc]  # values are frozen


CreateVpc(cidr_block="10.0.0.0/8", colour="red")  # type: ignore[call-arg]
CreateVpc()  # type: ignore[call-arg]
CreateVpc(cidr_block=5)  # type: ignore[arg-type]
RunInstances(instance_type="ecs.g5.large", security_group_ids=5)  # type: ignore[arg-type]
