"""No sequence of commands breaks an invariant or a law, whoever gives them, at whatever pace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ecsnet import Cloud, Command, CommandDenied, InstanceType, audit
from ecsnet import commands as c
from ecsnet.events import MemoryStore, NewEvent, codec
from ecsnet.testing import invariants
from tests.net import Net
from tests.public_stories import SUBSCRIPTION
from tests.test_rules import everything

TYPES = [
    InstanceType(id="ecs.test.small", eni_quantity=2, private_ipv4_per_eni=3),
    InstanceType(id="ecs.test.single", eni_quantity=1, private_ipv4_per_eni=1),
]
ADDRESSES = ["10.0.1.1", "10.0.1.2", "10.0.1.6", "10.0.2.3", "10.0.2.9", "10.0.1.0"]


class Network(RuleBasedStateMachine):
    """Commands, right and wrong, over a network so small that every limit is near."""

    def __init__(self) -> None:
        super().__init__()
        self.net: Any = None

    @initialize(pace=st.sampled_from([timedelta(0), timedelta(seconds=3), "manual"]))
    def build(self, pace: Any) -> None:
        net = self.net = Net(settle_after=pace, instance_types=TYPES)
        net.new_vswitch("10.0.2.0/28", zone="c")
        small = net.new_vswitch("10.0.3.0/29")
        for name, value in {
            "interfaces-per-region": 5,
            "addresses-per-security-group": 7,
            "addresses-per-interface": 4,
            "addresses-per-available-interface": 2,
            "security-groups-per-interface": 2,
            "security-groups-per-region": 5,
            "vswitches-per-vpc": 4,
            "eips-per-account": 3,
        }.items():
            net.quota(name, value)
        net.new_group()
        vm, interface = net.run(instance_type="ecs.test.small"), net.eni()
        net.clock.advance(timedelta(seconds=3))
        net.cloud.execute(net.attach_command(interface, vm))
        net.run(instance_type="ecs.test.small", vswitch_id=small.id, **SUBSCRIPTION, internet_max_bandwidth_out=5)
        net.eni()

    def pick(self, data: st.DataObject, collection: str, **attributes: Any) -> str:
        """Mostly one that fits, if there is any; sometimes any that exists; rarely one that does not."""
        resources = getattr(self.net.cloud, collection)
        fitting = [resource.id for resource in resources.where(**attributes)]
        return data.draw(st.sampled_from([*fitting * 3, *resources, "none"]), label=collection)

    def groups(self, data: st.DataObject) -> list[str]:
        there = list(self.net.cloud.security_groups) or ["sg-none"]
        some = st.lists(st.sampled_from(there), min_size=1, max_size=2, unique=True)
        return data.draw(some | st.just([]), label="groups")

    def judge(self, command: Command[Any], account: str | None = None) -> Any:
        cloud = self.net.cloud if account is None else self.net.cloud.as_account(account)
        decision = cloud.check(command)
        before, recorded = everything(self.net), cloud.history()
        if not decision:
            with pytest.raises(CommandDenied) as denied:
                cloud.execute(command)
            assert denied.value.violations == decision.violations
            assert cloud.history() == recorded
            assert everything(self.net) == before
            return None
        answer = cloud.execute(command)
        events = tuple(record.event for record in cloud.history()[len(recorded) :])
        assert events[len(events) - len(decision.events) :] == decision.events
        return answer

    @rule(
        data=st.data(),
        type_id=st.sampled_from([t.id for t in TYPES]),
        amount=st.integers(1, 2),
        bandwidth=st.sampled_from([0, 5]),
    )
    def run_instances(self, data: st.DataObject, type_id: str, amount: int, bandwidth: int) -> None:
        attach = amount == 1 and data.draw(st.booleans(), label="attach")
        self.judge(
            c.RunInstances(
                instance_type=type_id,
                vswitch_id=self.pick(data, "vswitches"),
                security_group_ids=self.groups(data),
                network_interface_ids=[self.pick(data, "network_interfaces", status="Available")] if attach else [],
                amount=amount,
                internet_max_bandwidth_out=bandwidth,
            )
        )

    @rule(data=st.data())
    def start_instance(self, data: st.DataObject) -> None:
        self.judge(c.StartInstance(instance_id=self.pick(data, "instances", status="Stopped")))

    @rule(data=st.data(), action=st.sampled_from([c.StopInstance, c.RebootInstance]))
    def stop_or_reboot_instance(self, data: st.DataObject, action: Any) -> None:
        self.judge(action(instance_id=self.pick(data, "instances", status="Running")))

    @rule(data=st.data(), force=st.booleans())
    def delete_instance(self, data: st.DataObject, force: bool) -> None:
        self.judge(c.DeleteInstance(instance_id=self.pick(data, "instances"), force=force))

    @rule(data=st.data(), secondary=st.none() | st.integers(1, 3), primary=st.none() | st.sampled_from(ADDRESSES))
    def create_network_interface(self, data: st.DataObject, secondary: int | None, primary: str | None) -> None:
        self.judge(
            c.CreateNetworkInterface(
                vswitch_id=self.pick(data, "vswitches"),
                security_group_ids=self.groups(data),
                primary_ip_address=primary,
                secondary_private_ip_address_count=secondary,
            )
        )

    @rule(data=st.data())
    def attach_network_interface(self, data: st.DataObject) -> None:
        interface_id = self.pick(data, "network_interfaces", type="Secondary", status="Available")
        instance_id = self.pick(data, "instances", instance_type="ecs.test.small")
        self.judge(c.AttachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))

    @rule(data=st.data(), wrong=st.booleans())
    def detach_network_interface(self, data: st.DataObject, wrong: bool) -> None:
        interface_id = self.pick(data, "network_interfaces", type="Secondary", status="InUse")
        interface = self.net.cloud.network_interfaces.get(interface_id)
        attached_to = None if interface is None or wrong else interface.instance_id
        instance_id = attached_to or self.pick(data, "instances")
        self.judge(c.DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))

    @rule(data=st.data())
    def delete_network_interface(self, data: st.DataObject) -> None:
        interface_id = self.pick(data, "network_interfaces", type="Secondary", status="Available")
        self.judge(c.DeleteNetworkInterface(network_interface_id=interface_id))

    @rule(data=st.data(), regroup=st.booleans())
    def modify_network_interface(self, data: st.DataObject, regroup: bool) -> None:
        self.judge(
            c.ModifyNetworkInterfaceAttribute(
                network_interface_id=self.pick(data, "network_interfaces", type="Secondary"),
                network_interface_name="web-1",
                security_group_ids=self.groups(data) if regroup else None,
            )
        )

    @rule(data=st.data(), count=st.integers(1, 3))
    def assign_by_count(self, data: st.DataObject, count: int) -> None:
        interface_id = self.pick(data, "network_interfaces")
        self.judge(
            c.AssignPrivateIpAddresses(network_interface_id=interface_id, secondary_private_ip_address_count=count)
        )

    @rule(
        data=st.data(),
        addresses=st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=2),
        action=st.sampled_from([c.AssignPrivateIpAddresses, c.UnassignPrivateIpAddresses]),
    )
    def assign_or_unassign(self, data: st.DataObject, addresses: list[str], action: Any) -> None:
        interface_id = self.pick(data, "network_interfaces")
        self.judge(action(network_interface_id=interface_id, private_ip_addresses=addresses))

    @rule(data=st.data())
    def unassign_what_is_there(self, data: st.DataObject) -> None:
        interface = self.net.cloud.network_interfaces.get(self.pick(data, "network_interfaces"))
        if interface is not None:
            held = interface.private_ips[1:] or interface.private_ips
            addresses = data.draw(st.lists(st.sampled_from(held), min_size=1, unique=True))
            self.judge(c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=addresses))

    @rule(data=st.data(), action=st.sampled_from([c.JoinSecurityGroup, c.LeaveSecurityGroup]))
    def join_or_leave(self, data: st.DataObject, action: Any) -> None:
        group_id, instance_id = self.pick(data, "security_groups"), self.pick(data, "instances")
        self.judge(action(security_group_id=group_id, instance_id=instance_id))

    @rule(data=st.data(), action=st.sampled_from([c.AuthorizeSecurityGroup, c.RevokeSecurityGroup]))
    def authorize_or_revoke(self, data: st.DataObject, action: Any) -> None:
        one, other = self.pick(data, "security_groups"), self.pick(data, "security_groups")
        self.judge(action(security_group_id=one, source_group_id=other))

    @rule()
    def create_security_group(self) -> None:
        self.judge(c.CreateSecurityGroup(vpc_id=self.net.vpc.id))

    @rule(data=st.data())
    def delete_security_group(self, data: st.DataObject) -> None:
        self.judge(c.DeleteSecurityGroup(security_group_id=self.pick(data, "security_groups")))

    @rule(block=st.sampled_from(["10.0.1.0/25", "10.0.3.0/29", "10.0.4.0/29", "10.1.0.0/24"]))
    def create_vswitch(self, block: str) -> None:
        self.judge(c.CreateVSwitch(vpc_id=self.net.vpc.id, zone_id="cn-hangzhou-b", cidr_block=block))

    @rule(data=st.data())
    def delete_vswitch(self, data: st.DataObject) -> None:
        self.judge(c.DeleteVSwitch(vswitch_id=self.pick(data, "vswitches")))

    @rule(data=st.data(), bandwidth=st.sampled_from([0, 5]), charge=st.sampled_from(["PostPaid", "PrePaid"]))
    def create_instance(self, data: st.DataObject, bandwidth: int, charge: str) -> None:
        self.judge(
            c.CreateInstance(
                instance_type="ecs.test.small",
                vswitch_id=self.pick(data, "vswitches"),
                security_group_ids=self.groups(data),
                internet_max_bandwidth_out=bandwidth,
                instance_charge_type=charge,
            )
        )

    @rule(data=st.data(), address=st.none() | st.sampled_from(ADDRESSES))
    def modify_instance_vpc_attribute(self, data: st.DataObject, address: str | None) -> None:
        self.judge(
            c.ModifyInstanceVpcAttribute(
                instance_id=self.pick(data, "instances", status="Stopped"),
                vswitch_id=self.pick(data, "vswitches"),
                private_ip_address=address,
            )
        )

    @rule(
        data=st.data(),
        action=st.sampled_from(
            [
                c.AllocatePublicIpAddress,
                c.ChangePublicIpAddress,
                c.ReleasePublicIpAddress,
                c.ConvertNatPublicIpToEip,
            ]
        ),
    )
    def public_address(self, data: st.DataObject, action: Any) -> None:
        self.judge(action(instance_id=self.pick(data, "instances")))

    @rule(data=st.data(), bandwidth=st.sampled_from([0, 5, 10]))
    def modify_instance_network_spec(self, data: st.DataObject, bandwidth: int) -> None:
        instance_id = self.pick(data, "instances")
        self.judge(c.ModifyInstanceNetworkSpec(instance_id=instance_id, internet_max_bandwidth_out=bandwidth))

    @rule(data=st.data(), bandwidth=st.none() | st.sampled_from([0, 5, 10]))
    def renew_instance(self, data: st.DataObject, bandwidth: int | None) -> None:
        instance_id = self.pick(data, "instances", charge_type="PrePaid")
        self.judge(c.RenewInstance(instance_id=instance_id, internet_max_bandwidth_out=bandwidth))

    @rule()
    def allocate_eip_address(self) -> None:
        self.judge(c.AllocateEipAddress())

    @rule(data=st.data())
    def associate_eip_address(self, data: st.DataObject) -> None:
        allocation_id = self.pick(data, "eips", status="Available")
        instance_id = self.pick(data, "instances", eip_id=None, public_ip=None)
        self.judge(c.AssociateEipAddress(allocation_id=allocation_id, instance_id=instance_id))

    @rule(data=st.data())
    def unassociate_eip_address(self, data: st.DataObject) -> None:
        self.judge(c.UnassociateEipAddress(allocation_id=self.pick(data, "eips", status="InUse")))

    @rule(data=st.data())
    def release_eip_address(self, data: st.DataObject) -> None:
        self.judge(c.ReleaseEipAddress(allocation_id=self.pick(data, "eips", status="Available")))

    @rule()
    def a_month_goes_by(self) -> None:
        self.net.clock.advance(timedelta(days=31))

    @rule(data=st.data())
    def another_account_finds_nothing(self, data: st.DataObject) -> None:
        command = c.DeleteNetworkInterface(network_interface_id=self.pick(data, "network_interfaces"))
        assert self.judge(command, account="6543210987654321") is None

    @rule(seconds=st.integers(1, 4))
    def time_goes_by(self, seconds: int) -> None:
        self.net.clock.advance(timedelta(seconds=seconds))

    @rule()
    def settle(self) -> None:
        self.net.cloud.settle()

    @rule()
    def go_on_in_a_fork(self) -> None:
        before = everything(self.net)
        origin, self.net.cloud = self.net.cloud, self.net.cloud.fork()
        assert everything(self.net) == before
        assert origin.history() == self.net.cloud.history()

    @invariant()
    def hold(self) -> None:
        if self.net is not None:
            assert invariants(self.net.cloud) == ()

    def teardown(self) -> None:
        if self.net is None:
            return
        cloud, store = self.net.cloud, MemoryStore()
        history = cloud.history()
        for record in history:
            event = codec.decode(record.type, record.schema_version, codec.encode(record.event))
            store.append(
                record.stream,
                record.version - 1,
                [NewEvent(event, record.recorded_at, record.account_id, record.command_id)],
            )
        again = Cloud(store, clock=self.net.clock, settle_after=cloud._model.settle_after)
        assert everything(again) == everything(cloud)
        assert again.history() == history
        assert audit(cloud) == ()
        middle = len(history) // 2
        prefix = MemoryStore.follows(store, 0, {})
        for record in history[:middle]:
            prefix.append(
                record.stream,
                record.version - 1,
                [NewEvent(record.event, record.recorded_at, record.account_id, record.command_id)],
            )
        then = Cloud(prefix, clock=lambda: history[middle - 1].recorded_at, settle_after=cloud._model.settle_after)
        assert everything(then) == everything(cloud.at(middle))


TestNetwork = Network.TestCase


def test_commands_on_unrelated_resources_commute() -> None:
    def world(order: int) -> Any:
        net = Net()
        vm, one, other = net.run(), net.eni(), net.eni()
        moves = [
            net.attach_command(one, vm),
            c.AssignPrivateIpAddresses(network_interface_id=other.id, private_ip_addresses=["10.0.1.77"]),
        ]
        for move in moves[::order]:
            net.cloud.execute(move)
        return everything(net)

    assert world(1) == world(-1)
