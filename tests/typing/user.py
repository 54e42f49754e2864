"""Code that a user types, as a type checker sees it. Checked by mypy, never run."""

from datetime import UTC, datetime
from typing import Any, assert_type

from hypothesis.strategies import SearchStrategy

from ecsnet import (
    Cloud,
    Command,
    CommandDenied,
    Decision,
    Eip,
    Instance,
    NetworkInterface,
    Vpc,
    audit,
    rules,
    strategies,
)
from ecsnet.commands import AllocateEipAddress, AttachNetworkInterface, CreateInstance, CreateVpc, RunInstances
from ecsnet.testing import Breach, CloudMachine, System, explore, invariants, scenario

cloud = Cloud("network.db", settle_after="manual", clock=lambda: datetime.now(UTC))
assert_type(cloud.execute(CreateVpc(cidr_block="10.0.0.0/16")), Vpc)
run = RunInstances(instance_type="ecs.g5.large", vswitch_id="vsw-1", security_group_ids=["sg-1"])
assert_type(cloud.execute(run), tuple[Instance, ...])
created = CreateInstance(instance_type="ecs.g5.large", vswitch_id="vsw-1", security_group_ids=("sg-1",))
assert_type(cloud.execute(created, client_token="t-1"), Instance)
attach = AttachNetworkInterface(network_interface_id="eni-1", instance_id="i-1")
assert_type(cloud.execute(attach), NetworkInterface)
assert_type(cloud.execute(AllocateEipAddress()), Eip)
assert_type(cloud.check(attach), Decision)
assert_type(cloud.instances["i-1"], Instance)
assert_type(cloud.network_interfaces.where(instance_id="i-1"), tuple[NetworkInterface, ...])
assert_type(rules["interface.detach.primary"].code, str)
print([finding.rule for finding in audit(cloud)])
try:
    cloud.execute(attach)
except CommandDenied as denied:
    assert_type(denied.code, str)


class BesideMySystem(CloudMachine):
    settle_after = "manual"
    operations = (RunInstances, AttachNetworkInterface)

    def make_system(self) -> System:
        return MySystem()


class MySystem:
    def execute(self, command: Command[Any]) -> str:
        raise NotImplementedError

    def observe(self, resource_id: str) -> dict[str, str] | None:
        return {"status": "Running"} if resource_id == "i-1" else None


assert_type(strategies.clouds(max_commands=3), SearchStrategy[Cloud])
assert_type(strategies.network_interfaces(status="InUse"), SearchStrategy[NetworkInterface])
assert_type(strategies.cidr_blocks(), SearchStrategy[str])
assert_type(invariants(cloud), tuple[Breach, ...])
assert_type(explore(cloud, [attach], depth=2).states, int)
scenario(cloud).given(CreateVpc(cidr_block="10.0.0.0/16")).when(lambda now: attach).denied("interface.not-found")

CreateVpc("10.0.0.0/16")  # type: ignore[call-arg]  # parameters are keywords
RunInstances(instance_type="ecs.g5.large", amount="3", security_group_ids=[])  # type: ignore[arg-type]
