"""A small network for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ecsnet import Cloud, Instance, ManualClock, NetworkInterface, SecurityGroup, VSwitch
from ecsnet.commands import (
    AttachNetworkInterface,
    CreateNetworkInterface,
    CreateSecurityGroup,
    CreateVpc,
    CreateVSwitch,
    RunInstances,
    SetQuota,
)

START = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)


class Net:
    """A VPC with one VSwitch in zone b and one security group, by a clock that stands still.

    The instance type of most stories, ecs.g5.xlarge, takes three ENIs with ten addresses each.
    """

    def __init__(self, start: datetime = START, **options: Any) -> None:
        self.clock = ManualClock(start)
        self.cloud = Cloud(**{"clock": self.clock, **options})
        # at once, whatever the pace of what follows
        build = Cloud(**{"clock": self.clock, **options, "store": self.cloud.store, "settle_after": timedelta(0)})
        self.vpc = build.execute(CreateVpc(cidr_block="10.0.0.0/16"))
        self.vswitch = build.execute(self.vswitch_command("10.0.1.0/24"))
        self.group = build.execute(CreateSecurityGroup(vpc_id=self.vpc.id))

    def vswitch_command(self, cidr_block: str, zone: str = "b") -> CreateVSwitch:
        return CreateVSwitch(vpc_id=self.vpc.id, zone_id=f"cn-hangzhou-{zone}", cidr_block=cidr_block)

    def new_vswitch(self, cidr_block: str, zone: str = "b") -> VSwitch:
        vswitch = self.cloud.execute(self.vswitch_command(cidr_block, zone))
        self.cloud.settle(vswitch.id)
        return self.cloud.vswitches[vswitch.id]

    def new_group(self) -> SecurityGroup:
        return self.cloud.execute(CreateSecurityGroup(vpc_id=self.vpc.id))

    def run_command(self, **changes: Any) -> RunInstances:
        parameters = {
            "instance_type": "ecs.g5.xlarge",
            "vswitch_id": self.vswitch.id,
            "security_group_ids": [self.group.id],
        }
        return RunInstances(**{**parameters, **changes})

    def run(self, **changes: Any) -> Instance:
        instance = self.cloud.execute(self.run_command(**changes))[0]
        self.cloud.settle()
        return self.cloud.instances[instance.id]

    def eni_command(self, **changes: Any) -> CreateNetworkInterface:
        parameters = {"vswitch_id": self.vswitch.id, "security_group_ids": [self.group.id]}
        return CreateNetworkInterface(**{**parameters, **changes})

    def eni(self, **changes: Any) -> NetworkInterface:
        interface = self.cloud.execute(self.eni_command(**changes))
        self.cloud.settle()
        return self.cloud.network_interfaces[interface.id]

    def attach_command(self, interface: NetworkInterface, instance: Instance) -> AttachNetworkInterface:
        return AttachNetworkInterface(network_interface_id=interface.id, instance_id=instance.id)

    def attached(self, instance: Instance, **changes: Any) -> NetworkInterface:
        interface = self.cloud.execute(self.attach_command(self.eni(**changes), instance))
        self.cloud.settle()
        return self.cloud.network_interfaces[interface.id]

    def primary(self, instance: Instance) -> NetworkInterface:
        assert instance.primary_network_interface_id is not None
        return self.cloud.network_interfaces[instance.primary_network_interface_id]

    def quota(self, name: str, value: int) -> None:
        self.cloud.execute(SetQuota(name=name, value=value))
