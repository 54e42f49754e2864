"""Transitional states: at once, after a time, or by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ecsnet import Cloud, CommandDenied, InstanceStatus, NetworkInterfaceStatus
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.net import START, Net

S = NetworkInterfaceStatus


def types(net: Net) -> list[str]:
    return [record.type for record in net.cloud.history()]


def test_with_settle_after_zero_every_operation_is_one_event(net: Net) -> None:
    before = len(types(net))
    vm = net.run()
    interface = net.attached(vm)
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    net.cloud.execute(c.StartInstance(instance_id=vm.id))
    net.cloud.execute(c.RebootInstance(instance_id=vm.id))
    assert types(net)[before:] == [
        "InstanceLaunched",
        "NetworkInterfaceCreated",
        "NetworkInterfaceAttached",
        "NetworkInterfaceDetached",
        "NetworkInterfaceDeleted",
        "InstanceStopped",
        "InstanceStarted",
        "InstanceRebooted",
    ]


def test_under_manual_settling_every_status_is_visible(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    (vm,) = cloud.execute(net.run_command())
    assert (vm.status, cloud.settle(vm.id)[0].status) == ("Pending", "Running")  # type: ignore[attr-defined]
    interface = cloud.execute(net.eni_command())
    seen = [interface.status]
    for command in (
        net.attach_command(interface, vm),
        c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id),
        c.DeleteNetworkInterface(network_interface_id=interface.id),
    ):
        passing = cloud.execute(command)
        (settled,) = cloud.settle(interface.id)
        seen += [passing.status, settled.status]  # type: ignore[attr-defined]
    assert seen == [
        S.Available,
        S.Attaching,
        S.InUse,
        S.Detaching,
        S.Available,
        S.Deleting,
        S.Deleted,
    ]
    assert interface.id not in cloud.network_interfaces


@pytest.mark.parametrize(
    ("command", "passing", "settled"),
    [
        (c.StopInstance, InstanceStatus.Stopping, InstanceStatus.Stopped),
        (c.RebootInstance, InstanceStatus.Starting, InstanceStatus.Running),
    ],
)
def test_instance_operations_pass_through_a_transitional_status(
    slow_net: Net, command: type, passing: str, settled: str
) -> None:
    vm = slow_net.run()
    assert slow_net.cloud.execute(command(instance_id=vm.id)).status == passing
    slow_net.cloud.settle()
    assert slow_net.cloud.instances[vm.id].status == settled


def test_a_created_instance_settles_to_stopped(slow_net: Net) -> None:
    run = slow_net.run_command()
    vm = slow_net.cloud.execute(
        c.CreateInstance(
            instance_type=run.instance_type, vswitch_id=run.vswitch_id, security_group_ids=run.security_group_ids
        )
    )
    assert vm.status == "Pending"
    slow_net.cloud.settle()
    assert slow_net.cloud.instances[vm.id].status == "Stopped"


def test_reads_show_due_transitions_as_completed_without_recording_them() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    vm = net.cloud.execute(net.run_command())[0]
    recorded = len(net.cloud.history())
    net.clock.advance(timedelta(seconds=4))
    assert net.cloud.instances[vm.id].status == "Pending"
    net.clock.advance(timedelta(seconds=1))
    assert net.cloud.instances[vm.id].status == "Running"
    assert net.cloud.check(c.StopInstance(instance_id=vm.id)).allowed
    assert net.cloud.permitted(vm.id)[c.StopInstance].allowed
    assert len(net.cloud.history()) == recorded


def test_the_next_command_records_due_transitions_at_their_due_time() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    vm = net.cloud.execute(net.run_command())[0]
    net.clock.advance(timedelta(seconds=60))
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    started, stopping = net.cloud.history()[-2:]
    assert (started.type, started.recorded_at) == ("InstanceStarted", START + timedelta(seconds=5))
    assert (stopping.type, stopping.recorded_at) == ("InstanceStopRequested", START + timedelta(seconds=60))
    assert net.cloud.at(START + timedelta(seconds=30)).instances[vm.id].status == "Running"
    assert net.cloud.at(START + timedelta(seconds=4)).instances[vm.id].status == "Pending"


def test_a_denied_command_records_no_due_transitions() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    vm = net.cloud.execute(net.run_command())[0]
    net.clock.advance(timedelta(seconds=60))
    recorded = net.cloud.history()
    with pytest.raises(CommandDenied):
        net.cloud.execute(c.StartInstance(instance_id=vm.id))
    assert net.cloud.history() == recorded


def test_settle_completes_only_due_transitions() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    vm = net.cloud.execute(net.run_command())[0]
    assert net.cloud.settle() == ()
    net.clock.advance(timedelta(seconds=3))
    interface = net.eni()
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    net.clock.advance(timedelta(seconds=3))
    assert [resource.id for resource in net.cloud.settle()] == [vm.id]
    assert net.cloud.settle(interface.id) == ()
    net.clock.advance(timedelta(seconds=3))
    assert [resource.id for resource in net.cloud.settle(interface.id)] == [interface.id]
    assert invariants(net.cloud) == ()


def test_repeating_a_detach_or_delete_in_progress_records_nothing(slow_net: Net) -> None:
    net = slow_net
    vm = net.run()
    interface = net.attached(vm)
    for command in (
        c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id),
        c.DeleteNetworkInterface(network_interface_id=interface.id),
    ):
        passing = net.cloud.execute(command)
        recorded = net.cloud.history()
        assert net.cloud.execute(command) == passing
        assert net.cloud.history() == recorded
        net.cloud.settle()


def test_releasing_an_instance_ends_attaching_and_detaching_of_its_interfaces(slow_net: Net) -> None:
    net = slow_net
    vm = net.run()
    detaching, attaching, kept = net.attached(vm), net.eni(), net.eni()
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=detaching.id, instance_id=vm.id))
    net.cloud.execute(net.attach_command(attaching, vm))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    net.cloud.settle(vm.id)
    (released,) = net.cloud.settle(vm.id)
    assert released.status == "Released"  # type: ignore[attr-defined]
    assert released.network_interface_ids == (vm.primary_network_interface_id, detaching.id, attaching.id)  # type: ignore[attr-defined]
    assert list(net.cloud.network_interfaces) == [kept.id]
    assert net.cloud.settle() == ()
    assert invariants(net.cloud) == ()


def test_settle_after_is_an_option_of_each_cloud_on_a_store() -> None:
    net = Net(settle_after="manual")
    vm = net.cloud.execute(net.run_command())[0]
    at_once = Cloud(net.cloud.store, clock=net.clock)
    assert at_once.instances[vm.id].status == "Running"
    at_once.execute(c.StopInstance(instance_id=vm.id))
    assert net.cloud.instances[vm.id].status == "Stopped"


@pytest.mark.parametrize(
    "pace",
    [
        timedelta(seconds=-1),
        "never",
        {"AttachNetworkInterface": "never"},
        {"AttachNetworkInterfaces": "manual"},
        {"StopInstance": timedelta(days=10_001)},
        {7: "manual"},
        None,
    ],
)
def test_an_invalid_settle_after_is_refused(pace: object) -> None:
    with pytest.raises(ValueError, match="settle_after"):
        Cloud(settle_after=pace)  # type: ignore[arg-type]
