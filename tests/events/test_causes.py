"""`RecordedEvent.caused_by` and `settles`: why an event was recorded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud, NewNetworkInterface
from ecsnet import commands as c
from ecsnet.domain.causes import distances_to_causes
from ecsnet.domain.state.regional_pool import shares_block
from ecsnet.events.public_ip import SharedAddressDrawn
from tests.support.net import Net


def causes(cloud: Cloud, after: int) -> list[tuple[str, str | None, str | None]]:
    """The types of events behind a position, each with the type of its cause and what it settles."""
    type_at = {record.position: record.type for record in cloud.history()}
    return [
        (record.type, None if record.caused_by is None else type_at[record.caused_by], record.settles)
        for record in cloud.history(after=after)
    ]


def test_an_event_that_a_command_asked_for_has_no_cause(net: Net) -> None:
    net.attached(net.run())
    assert {(record.caused_by, record.settles) for record in net.cloud.history()} == {(None, None)}


def test_what_is_released_with_an_instance_is_caused_by_the_release(net: Net) -> None:
    vm = net.run()
    net.attached(vm)
    eip = net.cloud.execute(c.AllocateEipAddress())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=eip.id, instance_id=vm.id))
    before = net.cloud.position
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert causes(net.cloud, before) == [
        ("NetworkInterfaceReleased", "InstanceReleased", None),
        ("EipAddressUnassociated", "InstanceReleased", None),
        ("InstanceReleased", None, None),
    ]


def test_an_interface_named_when_an_instance_is_created_is_attached_because_of_that(net: Net) -> None:
    interface = net.eni()
    before = net.cloud.position
    net.run(network_interface_ids=[interface.id])
    assert causes(net.cloud, before) == [
        ("InstanceLaunched", None, None),
        ("NetworkInterfaceAttached", "InstanceLaunched", None),
    ]


def test_a_new_interface_is_created_and_attached_because_of_its_own_instance(net: Net) -> None:
    before = net.cloud.position
    net.cloud.execute(net.run_command(amount=2, network_interfaces=[NewNetworkInterface()]))
    one, _, _, other, _, _ = net.cloud.history(after=before)
    asked = ("InstanceLaunched", None, None)
    follow = [(f"NetworkInterface{what}", "InstanceLaunched", None) for what in ("Created", "Attached")]
    assert causes(net.cloud, before) == [asked, *follow, asked, *follow]
    caused_by = [record.caused_by for record in net.cloud.history(after=before)]
    assert caused_by == [None, one.position, one.position, None, other.position, other.position]


def test_an_entry_of_a_shared_stream_is_caused_by_what_was_taken(net: Net) -> None:
    net.cloud.execute(c.AllocateEipAddress())
    assert causes(net.cloud, net.cloud.position - 2) == [
        ("EipAddressAllocated", None, None),
        ("EipAddressRegistered", "EipAddressAllocated", None),
    ]


def test_every_shared_address_is_caused_by_the_instance_that_has_it() -> None:
    region_id = next(name for name in (f"zz-r{n}" for n in range(1_000)) if shares_block(name))
    cloud = Cloud(region_id=region_id)
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vswitch = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id=f"{region_id}-a", cidr_block="10.0.1.0/24"))
    group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    run = c.RunInstances(
        instance_type="ecs.g5.large",
        vswitch_id=vswitch.id,
        security_group_ids=[group.id],
        amount=2,
        internet_max_bandwidth_out=5,
    )
    before = cloud.position
    cloud.execute(run)
    records = cloud.history(after=before)
    by_position: dict[int, Any] = {record.position: record.event for record in records}
    drawn = [record for record in records if isinstance(record.event, SharedAddressDrawn)]
    assert len(drawn) == 2
    for record in drawn:
        assert record.caused_by is not None
        assert by_position[record.caused_by].public_ip_address == record.event.ip_address  # type: ignore[attr-defined]


def test_a_settling_event_names_its_resource_and_is_caused_by_the_event_that_began_the_transition(
    slow_net: Net,
) -> None:
    vm = slow_net.run()
    interface = slow_net.attached(vm)
    before = slow_net.cloud.position
    slow_net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
    slow_net.cloud.settle()
    assert causes(slow_net.cloud, before) == [
        ("NetworkInterfaceDetachRequested", None, None),
        ("NetworkInterfaceDetached", "NetworkInterfaceDetachRequested", interface.id),
    ]


def test_an_overdue_transition_is_recorded_with_the_next_command_under_its_id() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    vm = net.cloud.execute(net.run_command())[0]
    net.clock.advance(timedelta(seconds=5))
    before = net.cloud.position
    net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
    settled, created = net.cloud.history(after=before)
    assert (settled.type, settled.settles) == ("InstanceStarted", vm.id)
    assert net.cloud.history()[(settled.caused_by or 0) - 1].type == "InstanceLaunchRequested"
    assert (created.type, created.settles, created.caused_by) == ("VpcCreateRequested", None, None)
    assert settled.command_id == created.command_id
    assert settled.recorded_at < created.recorded_at or settled.recorded_at == created.recorded_at


def test_a_scheduled_bandwidth_is_caused_by_the_renewal() -> None:
    net = Net()
    vm = net.run(instance_charge_type="PrePaid")
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=7))
    net.clock.advance(timedelta(days=40))
    net.cloud.settle()
    record = net.cloud.history()[-1]
    assert (record.type, record.settles) == ("InstanceNetworkSpecModified", vm.id)
    assert record.caused_by == record.position - 1


@pytest.mark.parametrize("on_file", [False, True])
def test_causes_are_stored_and_read_again(on_file: bool, tmp_path: Path) -> None:
    store = tmp_path / "network.db" if on_file else None
    with Cloud(store, settle_after="manual") as cloud:
        net = Net(store=cloud.store, settle_after="manual")
        vm = net.run()
        net.attached(vm)
        net.cloud.settle()
        net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
        history = net.cloud.history()
        assert {record.settles is None for record in history} == {True, False}
        assert list(cloud.store.read()) == list(history)
    if on_file:
        with Cloud(store) as again:
            assert again.history() == history


def test_the_only_event_of_a_command_has_no_cause() -> None:
    net = Net()
    assert distances_to_causes(net.cloud.check(net.eni_command()).events) == [None]
