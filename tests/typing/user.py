"""What a user types, as a type checker sees it. Checked by mypy, never run."""

from datetime import UTC, datetime
from typing import assert_type

from ecsnet import Cloud, CommandDenied, Decision, Eip, Instance, NetworkInterface, Vpc, audit, rules
from ecsnet.commands import AllocateEipAddress, AttachNetworkInterface, CreateInstance, CreateVpc, RunInstances

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

CreateVpc("10.0.0.0/16")  # type: ignore[call-arg]  # parameters are keywords
RunInstances(instance_type="ecs.g5.large", amount="3", security_group_ids=[])  # type: ignore[arg-type]
