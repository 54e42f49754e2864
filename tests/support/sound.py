"""A cloud with a resource of every kind in several statuses, for tests that damage a fork of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ecsnet import Command
from ecsnet import commands as c
from tests.support.net import Net

HOME, ABROAD = "cn-hangzhou", "cn-beijing"


CLASSIC_IS_OPEN = datetime(2017, 5, 20, tzinfo=UTC)


class Sound:
    """A cloud with something of everything in it, and the ids of what is in it.

    It is built once: every witness damages a fork.
    """

    def __init__(self) -> None:
        net = Net(start=CLASSIC_IS_OPEN, settle_after="manual")
        self.cloud, self.account = net.cloud, net.cloud.account_id
        self.vpc, self.vswitch, self.group = net.vpc.id, net.vswitch.id, net.group.id
        self.other_vswitch, self.other_group = net.new_vswitch("10.0.2.0/24", "c").id, net.new_group().id
        self.do(c.AuthorizeSecurityGroup(security_group_id=self.group, source_group_id=self.other_group))

        server = net.run()
        self.server, self.primary = server.id, net.primary(server).id
        self.attached = net.attached(server, secondary_private_ip_address_count=2).id
        self.free = net.eni(
            secondary_private_ip_address_count=1, network_interface_name="free", tags={"team": "web"}
        ).id
        self.eip, self.free_eip = (self.do(c.AllocateEipAddress()).id for _ in range(2))
        self.do(c.AssociateEipAddress(allocation_id=self.eip, instance_id=self.server))

        subscription = net.run(instance_charge_type="PrePaid", internet_max_bandwidth_out=5)
        self.subscription = subscription.id
        assert subscription.public_ip is not None
        self.public_ip = subscription.public_ip
        self.do(c.RenewInstance(instance_id=self.subscription, internet_max_bandwidth_out=10))

        moved = net.run()
        self.moved = moved.id
        self.do(c.StopInstance(instance_id=self.moved))
        net.cloud.settle()
        self.do(c.ModifyInstanceVpcAttribute(instance_id=self.moved, vswitch_id=self.vswitch))

        self.do(c.EnableVpcClassicLink(vpc_id=self.vpc))
        self.classic_group = self.do(c.CreateSecurityGroup()).id
        self.classic, self.other_classic = (self.run_classic(HOME, self.classic_group) for _ in range(2))
        net.cloud.settle()
        self.do(c.AttachClassicLinkVpc(instance_id=self.classic, vpc_id=self.vpc))

        self.vpc_abroad = self.do(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=ABROAD)).id
        self.eip_abroad = self.do(c.AllocateEipAddress(region_id=ABROAD)).id
        group_abroad = self.do(c.CreateSecurityGroup(region_id=ABROAD)).id
        self.classic_abroad = self.run_classic(ABROAD, group_abroad)
        net.cloud.settle()

        self.pending, self.attaching = net.run().id, net.eni().id
        self.do(c.RebootInstance(instance_id=self.pending))
        self.do(c.AttachNetworkInterface(network_interface_id=self.attaching, instance_id=self.server))

    def do(self, command: Command[Any]) -> Any:
        return self.cloud.execute(command)

    def run_classic(self, region_id: str, group_id: str) -> str:
        command = c.RunInstances(
            instance_type="ecs.g5.xlarge", network_type="classic", security_group_ids=[group_id], region_id=region_id
        )
        (vm,) = self.do(command)
        return str(vm.id)


SOUND = Sound()
