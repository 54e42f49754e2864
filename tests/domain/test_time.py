"""Operations that take their time: what is described, taken and refused meanwhile, how they fail, and how long they
last."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from ecsnet import Cloud, Command, CommandDenied, InvalidArgument, NewNetworkInterface, Vpc, VSwitch
from ecsnet import commands as c
from ecsnet.clocks import Outcome, Transition
from ecsnet.testing import invariants
from tests.support.net import START, Net
from tests.support.setups import associated, eip

SECOND = timedelta(seconds=1)


def codes(cloud: Cloud, command: Command[Any]) -> set[str]:
    return {violation.code for violation in cloud.check(command).violations}


def types(cloud: Cloud, after: int = 0) -> list[str]:
    return [record.type for record in cloud.history(after=after)]


# Creating


@pytest.mark.parametrize("pace", ["manual", 3 * SECOND])
def test_creating_a_network_interface_takes_no_time(pace: Any) -> None:
    net = Net(settle_after=pace)
    before = net.cloud.position
    interface = net.cloud.execute(net.eni_command())
    assert interface.status == "Available"
    assert types(net.cloud, before) == ["NetworkInterfaceCreated"]
    assert net.cloud.check(c.DeleteNetworkInterface(network_interface_id=interface.id))


def test_a_vpc_and_a_vswitch_are_pending_until_they_are_available() -> None:
    cloud = Cloud(settle_after="manual")
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    create = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24")
    assert (vpc.status, codes(cloud, create)) == ("Pending", {"IncorrectVpcStatus"})
    (available,) = cloud.settle()
    assert isinstance(available, Vpc)
    assert available.status == "Available"
    vswitch, group = cloud.execute(create), cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    interface = c.CreateNetworkInterface(vswitch_id=vswitch.id, security_group_ids=[group.id])
    assert (vswitch.status, codes(cloud, interface)) == ("Pending", {"IncorrectVSwitchStatus"})
    (available_vswitch,) = cloud.settle(vswitch.id)
    assert isinstance(available_vswitch, VSwitch)
    assert available_vswitch.status == "Available"
    assert cloud.check(interface)
    assert invariants(cloud) == ()


def test_every_vswitch_of_an_instance_and_its_new_interfaces_must_be_available(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    one, other = (cloud.execute(net.vswitch_command(f"10.0.{number}.0/24", "b")).id for number in (8, 9))
    for own, new, pending in (
        (one, net.vswitch.id, {one}),
        (net.vswitch.id, one, {one}),
        (one, other, {one, other}),
        (one, one, {one}),
    ):
        command = net.run_command(vswitch_id=own, network_interfaces=[NewNetworkInterface(vswitch_id=new)])
        (violation,) = cloud.check(command).violations
        assert violation.code == "IncorrectVSwitchStatus"
        assert violation.facts["statuses"] == dict.fromkeys(pending, "Pending")


# Releasing and deleting


def test_an_instance_is_shown_stopping_then_stopped_until_it_is_gone() -> None:
    net = Net(settle_after=10 * SECOND)
    vm = net.cloud.execute(net.run_command())[0]
    net.clock.advance(10 * SECOND)
    secondary = net.eni()
    net.cloud.execute(net.attach_command(secondary, vm))
    net.clock.advance(10 * SECOND)
    address = associated(net, vm)
    net.clock.advance(10 * SECOND)
    before = net.cloud.position
    released = net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    seen = [(released.status, vm.id in net.cloud.instances)]
    for _ in range(2):
        net.clock.advance(10 * SECOND)
        now = net.cloud.instances.get(vm.id)
        seen.append(("gone" if now is None else now.status, secondary.id in net.cloud.network_interfaces))
    assert seen == [("Stopping", True), ("Stopped", True), ("gone", False)]
    assert net.cloud.eips[address.id].status == "Available"
    net.cloud.settle()
    assert types(net.cloud, before)[-5:] == [
        "InstanceReleaseRequested",
        "InstanceStopped",
        "NetworkInterfaceReleased",
        "EipAddressUnassociated",
        "InstanceReleased",
    ]
    records = net.cloud.history(after=before)
    requested, stopped, *_, gone = records[-5:]
    assert (stopped.caused_by, gone.caused_by) == (requested.position, stopped.position)
    assert gone.recorded_at - requested.recorded_at == 20 * SECOND
    assert invariants(net.cloud) == ()


def test_what_is_being_released_keeps_its_address_its_groups_and_its_vswitch(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm = net.run()
    cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert codes(cloud, net.run_command(private_ip_address=vm.private_ip)) == {"InvalidPrivateIpAddress.Duplicated"}
    assert codes(cloud, c.DeleteVSwitch(vswitch_id=net.vswitch.id)) == {"DependencyViolation"}
    assert codes(cloud, c.DeleteSecurityGroup(security_group_id=net.group.id)) == {"DependencyViolation"}
    for command in (c.StartInstance, c.StopInstance, c.RebootInstance):
        assert codes(cloud, command(instance_id=vm.id)) == {"IncorrectInstanceStatus"}
    cloud.settle()
    assert cloud.check(net.run_command(private_ip_address=vm.private_ip))
    assert cloud.check(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    assert cloud.check(c.DeleteSecurityGroup(security_group_id=net.group.id))


def test_deletions_asked_for_again_are_accepted_and_record_nothing(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm, address, group = net.run(), eip(net), net.new_group()
    vpc = cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
    vswitch = net.new_vswitch("10.0.9.0/24")
    cloud.settle()
    deletions: list[tuple[Command[Any], str]] = [
        (c.DeleteInstance(instance_id=vm.id, force=True), "Stopping"),
        (c.ReleaseEipAddress(allocation_id=address.id), "Releasing"),
        (c.DeleteSecurityGroup(security_group_id=group.id), "Deleting"),
        (c.DeleteVSwitch(vswitch_id=vswitch.id), "Pending"),
        (c.DeleteVpc(vpc_id=vpc.id), "Deleting"),
    ]
    for command, status in deletions:
        passing = cloud.execute(command)
        recorded = cloud.position
        assert passing.status == status
        assert cloud.execute(command) == passing
        assert cloud.position == recorded
    gone = {resource.id: getattr(resource, "status", None) for resource in cloud.settle()}
    assert gone == {
        vm.id: "Released",
        address.id: "Released",
        group.id: "Deleted",
        vswitch.id: "Deleted",
        vpc.id: "Deleted",
    }
    assert invariants(cloud) == ()


def test_a_deletion_that_completes_at_once_is_one_event(net: Net) -> None:
    vm, group, address = net.run(), net.new_group(), eip(net)
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
    vswitch = net.new_vswitch("10.0.9.0/24")
    before = net.cloud.position
    for command in (
        c.DeleteInstance(instance_id=vm.id, force=True),
        c.ReleaseEipAddress(allocation_id=address.id),
        c.DeleteSecurityGroup(security_group_id=group.id),
        c.DeleteVSwitch(vswitch_id=vswitch.id),
        c.DeleteVpc(vpc_id=vpc.id),
    ):
        assert net.cloud.execute(command).status in ("Released", "Deleted")
    assert types(net.cloud, before) == [
        "InstanceReleased",
        "EipAddressReleased",
        "SecurityGroupDeleted",
        "VSwitchDeleted",
        "VpcDeleted",
    ]


def test_a_network_is_torn_down_from_the_inside_to_the_outside(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    steps = [
        c.DeleteInstance(instance_id=net.run().id, force=True),
        c.DeleteVSwitch(vswitch_id=net.vswitch.id),
        c.DeleteSecurityGroup(security_group_id=net.group.id),
        c.DeleteVpc(vpc_id=net.vpc.id),
    ]
    tries = 0
    while net.vpc.id in cloud.vpcs:
        tries += 1
        for step in steps:
            with suppress(CommandDenied):
                cloud.execute(step)
        for resource in (*cloud.instances, *cloud.vswitches, *cloud.security_groups, *cloud.vpcs):
            cloud.settle(resource)
    assert tries == 4
    assert (len(cloud.vpcs), len(cloud.network_interfaces)) == (0, 0)


# Revoking addresses


def test_addresses_that_are_being_revoked_are_held_and_taken(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    interface = net.eni(secondary_private_ip_address_count=3)
    first, *others = interface.private_ips[1:]
    revoke = c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=[first])
    before = cloud.position
    assert cloud.execute(revoke) == interface
    assert cloud.execute(revoke) == interface
    assert types(cloud, before) == ["PrivateIpAddressesUnassignRequested"]
    again = net.eni_command(private_ip_addresses=[first])
    assert codes(cloud, again) == {"InvalidPrivateIpAddress.Duplicated"}
    both = c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=[first, others[0]])
    assert cloud.check(both).events[0].private_ip_addresses == (others[0],)  # type: ignore[attr-defined]
    cloud.execute(both)
    assert invariants(cloud) == ()
    cloud.settle(interface.id)
    assert cloud.network_interfaces[interface.id].private_ips == (interface.private_ips[0], others[1])
    assert cloud.check(again)
    assert invariants(cloud) == ()


def test_a_revocation_completes_in_whatever_status_the_interface_is_by_then() -> None:
    net = Net(settle_after={"UnassignPrivateIpAddresses": 3 * SECOND, "AttachNetworkInterface": 9 * SECOND})
    vm, interface = net.run(), net.eni(secondary_private_ip_address_count=1)
    revoke = c.UnassignPrivateIpAddresses(
        network_interface_id=interface.id, private_ip_addresses=interface.private_ips[1:]
    )
    net.cloud.execute(revoke)
    net.cloud.execute(net.attach_command(interface, vm))
    net.clock.advance(3 * SECOND)
    shown = net.cloud.network_interfaces[interface.id]
    assert (shown.status, shown.private_ips) == ("Attaching", interface.private_ips[:1])
    assert [record.settles for record in net.cloud.history()][-1] is None
    net.cloud.settle()
    assert net.cloud.history()[-1].settles == interface.id


def test_a_revocation_ends_with_its_interface(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm = net.run()
    interface = net.attached(vm, secondary_private_ip_address_count=1)
    cloud.execute(
        c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=interface.private_ips[1:])
    )
    cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    cloud.settle(vm.id)
    cloud.settle(vm.id)
    assert cloud.settle() == ()
    assert invariants(cloud) == ()


# Failing


def test_an_attachment_that_fails_leaves_the_interface_available(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm, interface = net.run(), net.eni()
    cloud.execute(net.attach_command(interface, vm))
    (failed,) = cloud.settle(interface.id, outcome="failed")
    assert failed == interface
    assert cloud.history()[-1].type == "NetworkInterfaceAttachFailed"
    assert cloud.history()[-1].settles == interface.id
    assert cloud.instances[vm.id].network_interface_ids == (vm.primary_network_interface_id,)
    assert cloud.check(net.attach_command(interface, vm))
    assert invariants(cloud) == ()


def test_an_interface_stays_attaching_until_it_is_asked_for_again(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm, interface = net.run(), net.eni()
    cloud.execute(net.attach_command(interface, vm))
    (stuck,) = cloud.settle(interface.id, outcome="stuck")
    assert stuck.status == "Attaching"  # type: ignore[attr-defined]
    assert cloud.settle() == ()
    before = cloud.position
    cloud.execute(net.attach_command(interface, vm))
    assert types(cloud, before) == ["NetworkInterfaceAttachRequested"]
    assert [resource.id for resource in cloud.settle()] == [interface.id]
    assert cloud.network_interfaces[interface.id].status == "InUse"
    assert invariants(cloud) == ()


def test_an_interface_stays_detaching_or_deleting_until_it_is_asked_for_again(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm = net.run()
    interface = net.attached(vm)
    for command, status in (
        (c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id), "Detaching"),
        (c.DeleteNetworkInterface(network_interface_id=interface.id), "Deleting"),
    ):
        cloud.execute(command)
        cloud.settle(interface.id, outcome="stuck")
        assert cloud.settle() == ()
        assert cloud.network_interfaces[interface.id].status == status
        before = cloud.position
        cloud.execute(command)
        assert len(types(cloud, before)) == 1
        cloud.settle()
    assert interface.id not in cloud.network_interfaces


def test_what_is_stuck_completes_when_it_is_settled_by_its_id(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm, interface = net.run(), net.eni()
    cloud.execute(net.attach_command(interface, vm))
    cloud.settle(interface.id, outcome="stuck")
    (settled,) = cloud.settle(interface.id)
    assert settled.status == "InUse"  # type: ignore[attr-defined]


def test_what_is_stuck_goes_with_its_instance(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm, interface = net.run(), net.eni()
    cloud.execute(net.attach_command(interface, vm))
    cloud.settle(interface.id, outcome="stuck")
    cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    cloud.settle()
    assert interface.id not in cloud.network_interfaces
    assert invariants(cloud) == ()


def test_an_outcome_that_a_transition_cannot_have_is_refused(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm = net.run()
    cloud.execute(c.StopInstance(instance_id=vm.id))
    before = cloud.position
    with pytest.raises(InvalidArgument, match=f"the transition of {vm.id} is completed, never failed"):
        cloud.settle(vm.id, outcome="failed")
    with pytest.raises(InvalidArgument, match="outcome is 'completed', 'failed' or 'stuck', not 'broken'"):
        cloud.settle(outcome="broken")  # type: ignore[arg-type]
    assert cloud.settle(outcome="failed") == ()
    assert cloud.position == before
    assert cloud.instances[vm.id].status == "Stopping"


def test_a_policy_decides_how_transitions_end_that_fall_due_by_the_clock() -> None:
    asked: list[Transition] = []

    def outcomes(transition: Transition) -> Outcome:
        asked.append(transition)
        return "failed" if "failed" in transition.outcomes else "stuck"

    net = Net(settle_after=5 * SECOND, outcomes=outcomes)
    vm = net.cloud.execute(net.run_command())[0]
    net.clock.advance(5 * SECOND)
    interface = net.eni()
    net.cloud.execute(net.attach_command(interface, vm))
    net.clock.advance(7 * SECOND)
    assert net.cloud.network_interfaces[interface.id].status == "Available"
    assert asked[-1] == Transition(
        resource_id=interface.id,
        operation="AttachNetworkInterface",
        status="Attaching",
        region_id="cn-hangzhou",
        account_id=net.cloud.account_id,
        began_at=START + 5 * SECOND,
        due_at=START + 10 * SECOND,
        outcomes=("completed", "failed", "stuck"),
    )
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    net.clock.advance(7 * SECOND)
    net.cloud.settle()
    assert net.cloud.network_interfaces[interface.id].status == "Deleting"
    assert types(net.cloud)[-4:] == [
        "NetworkInterfaceAttachRequested",
        "NetworkInterfaceAttachFailed",
        "NetworkInterfaceDeleteRequested",
        "NetworkInterfaceStuck",
    ]


def test_an_unknown_answer_of_a_policy_is_refused() -> None:
    net = Net(settle_after=SECOND, outcomes=lambda transition: "maybe")
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=net.eni().id))
    net.clock.advance(SECOND)
    with pytest.raises(InvalidArgument, match="may be completed or stuck, not 'maybe'"):
        len(net.cloud.network_interfaces)
    with pytest.raises(InvalidArgument, match="outcomes must be callable"):
        Cloud(outcomes="failed")  # type: ignore[arg-type]


# How long


def test_each_operation_may_take_its_own_time() -> None:
    net = Net(
        settle_after={"AttachNetworkInterface": 3 * SECOND, "DeleteInstance": "manual", "StopInstance": 9 * SECOND}
    )
    vm = net.cloud.execute(net.run_command())[0]
    interface = net.eni()
    assert vm.status == "Running"
    assert net.cloud.execute(net.attach_command(interface, vm)).status == "Attaching"
    assert net.cloud.execute(c.StopInstance(instance_id=vm.id)).status == "Stopping"
    net.clock.advance(3 * SECOND)
    assert net.cloud.network_interfaces[interface.id].status == "InUse"
    assert net.cloud.instances[vm.id].status == "Stopping"
    net.clock.advance(6 * SECOND)
    assert net.cloud.execute(c.DeleteInstance(instance_id=vm.id)).status == "Stopped"
    net.clock.advance(timedelta(days=1))
    assert vm.id in net.cloud.instances
    net.cloud.settle()
    assert vm.id not in net.cloud.instances
    moments = [record.recorded_at - START for record in net.cloud.history()]
    assert moments == sorted(moments)


def test_the_default_of_a_mapping_is_for_the_operations_that_it_leaves_out() -> None:
    net = Net(settle_after={"default": "manual", "RunInstances": timedelta(0)})
    vm = net.cloud.execute(net.run_command())[0]
    assert vm.status == "Running"
    assert net.cloud.execute(c.StopInstance(instance_id=vm.id)).status == "Stopping"
    assert net.cloud.settle_after == {"default": "manual", "RunInstances": timedelta(0)}
    with pytest.raises(TypeError):
        net.cloud.settle_after["default"] = SECOND  # type: ignore[index]


def test_a_misspelt_operation_in_a_mapping_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(
        InvalidArgument, match=r"no operation 'AttachNetworkInterfaces' takes time.*AttachNetworkInterface"
    ):
        Cloud(settle_after={"AttachNetworkInterfaces": "manual"})


# In the order of time


def test_what_falls_due_first_is_recorded_first_over_all_regions() -> None:
    net = Net(settle_after={"default": 10 * SECOND, "StopInstance": SECOND})
    here = net.cloud.execute(net.run_command())[0]
    there = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    net.clock.advance(10 * SECOND)
    net.cloud.execute(c.RebootInstance(instance_id=here.id))
    net.clock.advance(4 * SECOND)
    net.cloud.execute(c.DeleteVpc(vpc_id=there.id))
    net.clock.advance(8 * SECOND)
    net.cloud.execute(c.StopInstance(instance_id=here.id))
    net.clock.advance(timedelta(minutes=1))
    net.cloud.execute(c.CreateSecurityGroup(vpc_id=net.vpc.id))
    records = net.cloud.history()
    assert [(record.type, record.stream) for record in records[-6:]] == [
        ("VpcDeleteRequested", "cn-beijing"),
        ("InstanceStarted", "cn-hangzhou"),
        ("InstanceStopRequested", "cn-hangzhou"),
        ("InstanceStopped", "cn-hangzhou"),
        ("VpcDeleted", "cn-beijing"),
        ("SecurityGroupCreated", "cn-hangzhou"),
    ]
    moments = [record.recorded_at for record in records]
    assert moments == sorted(moments)


def test_a_new_cycle_is_decided_on_the_state_that_earlier_transitions_left() -> None:
    def story(*, settled_between: bool) -> Any:
        net = Net(settle_after=10 * SECOND)
        vm = net.cloud.execute(net.run_command(instance_charge_type="PrePaid"))[0]
        net.clock.advance(timedelta(minutes=1))
        address = associated(net, vm)
        net.clock.advance(timedelta(minutes=1))
        net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5))
        assert vm.expires_at is not None
        net.clock.set(vm.expires_at - 20 * SECOND)
        net.cloud.execute(c.UnassociateEipAddress(allocation_id=address.id))
        net.clock.set(vm.expires_at - 5 * SECOND)
        if settled_between:
            net.cloud.settle()
        net.clock.set(vm.expires_at + 5 * SECOND)
        net.cloud.settle()
        return net.cloud.instances[vm.id], net.cloud.state_digest()

    seen, unseen = story(settled_between=True), story(settled_between=False)
    assert seen == unseen
    assert seen[0].public_ip is not None
