"""The fold: events that it refuses, and indexes that it empties again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ecsnet import Cloud, Command, ImpossibleOperation, ReplayError, RuleRegistry
from ecsnet import commands as c
from ecsnet.domain.checks.state_digest import state_digest
from ecsnet.domain.fold import fold, replay
from ecsnet.domain.state.world import World
from ecsnet.events import Event, MemoryStore
from ecsnet.events.instance import InstanceReleased, InstanceStarted
from ecsnet.events.network_interface import NetworkInterfaceDetached
from tests.support.net import Net
from tests.support.records import new_event
from tests.support.setups import OPEN, SUBSCRIPTION, associated, classic, classic_command, stopped


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (InstanceReleased, "InstanceReleased does not fit what came before: ValueError"),  # its ENI is still attached
        (InstanceStarted, "InstanceStarted is not possible in status Running"),
        (
            NetworkInterfaceDetached,
            "NetworkInterfaceDetached is not possible in status InUse of the primary network interface",
        ),
    ],
)
def test_an_impossible_event_raises_a_replay_error_with_its_version(net: Net, event: type[Event], reason: str) -> None:
    vm = net.run()
    net.attached(vm)
    names = {"network_interface_id": vm.primary_network_interface_id, "instance_id": vm.id}
    store = MemoryStore()
    for record in net.cloud.history():
        store.append([new_event(record, record.event)], {record.stream: record.version - 1})
    last = net.cloud.history()[-1]
    impossible = new_event(last, event(**{name: names[name] for name in event.__struct_fields__ if name in names}))
    store.append([impossible], {last.stream: last.version})
    with pytest.raises(ReplayError, match=reason) as error:
        Cloud(store, clock=net.clock).instances[vm.id]
    assert (error.value.stream, error.value.version) == ("cn-hangzhou", last.version + 1)


def test_the_events_before_an_illegal_one_are_folded(net: Net) -> None:
    vm = net.run()
    records = net.cloud.history()
    started = InstanceStarted(instance_id=vm.id)
    illegal = replace(records[-1], event=started, position=len(records) + 1, version=records[-1].version + 1)
    world, before = World(), World()
    replay(before, records)
    with pytest.raises(ReplayError, match="InstanceStarted is not possible in status Running"):
        fold(world, [*records, illegal])
    assert world.position == len(records)
    assert state_digest(world) == state_digest(before)
    with pytest.raises(ReplayError):
        fold(world, [illegal])
    assert state_digest(world) == state_digest(before)


@pytest.mark.parametrize("missing", ["mac_address", "primary_network_interface_id"])
def test_a_vpc_instance_without_a_primary_interface_raises_a_replay_error(net: Net, missing: str) -> None:
    net.run()
    *before, last = net.cloud.history()
    store = MemoryStore()
    for record in before:
        store.append([new_event(record, record.event)], {record.stream: record.version - 1})
    store.append([new_event(last, replace(last.event, **{missing: None}))], {last.stream: last.version - 1})
    with pytest.raises(ReplayError, match="born with a primary ENI"):
        list(Cloud(store, clock=net.clock).instances)


def test_no_event_brings_anything_into_a_vpc_that_is_not_available() -> None:
    net = Net(settle_after="manual", rules=RuleRegistry(), **OPEN)
    vm = classic(net)
    vpc_id = net.cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16")).id
    commands: list[Command[Any]] = [
        c.CreateVSwitch(vpc_id=vpc_id, zone_id="cn-hangzhou-b", cidr_block="192.168.1.0/24"),
        c.CreateSecurityGroup(vpc_id=vpc_id),
        c.AssociateVpcCidrBlock(vpc_id=vpc_id, secondary_cidr_block="10.0.0.0/16"),
        c.UnassociateVpcCidrBlock(vpc_id=vpc_id, secondary_cidr_block="10.0.0.0/16"),
        c.EnableVpcClassicLink(vpc_id=vpc_id),
        c.AttachClassicLinkVpc(instance_id=vm.id, vpc_id=vpc_id),
    ]
    for command in commands:
        (event,) = net.cloud.check(command).events
        with pytest.raises(ImpossibleOperation, match=f"{type(event).__name__} is not possible in status Pending"):
            net.cloud.execute(command)


def test_deleting_everything_empties_every_table_and_index() -> None:
    net = Net(**OPEN)
    other = net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other.id))
    made = [net.run(internet_max_bandwidth_out=5), net.cloud.execute(classic_command(net))[0]]
    interface, address = net.attached(made[0]), associated(net, net.run())
    for vm in (*made, net.cloud.instances[address.instance_id or ""]):
        net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert interface.id not in net.cloud.network_interfaces
    net.cloud.execute(c.ReleaseEipAddress(allocation_id=address.id))
    for group_id in [*net.cloud.security_groups]:
        net.cloud.execute(c.DeleteSecurityGroup(security_group_id=group_id))
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))
    region = net.cloud.folded_state().region("cn-hangzhou")
    tables = {name: getattr(region, name) for name in region.__slots__ if hasattr(getattr(region, name), "size")}
    left = {name: sorted(map(str, table.live_keys())) for name, table in tables.items() if table.size}
    assert left == {}
    assert not any(region.usage.live_values())


def test_a_replayed_history_shows_the_same_eips_and_instances(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=7))
    associated(net, stopped(net))
    again = Cloud(net.cloud.store, clock=net.clock)
    assert dict(again.eips) == dict(net.cloud.eips)
    assert dict(again.instances) == dict(net.cloud.instances)
    net.clock.advance(timedelta(days=31))
    assert again.instances[vm.id].internet_max_bandwidth_out == 7


def test_a_classic_instance_of_2016_is_replayed_though_new_ones_are_denied() -> None:
    net = Net(**OPEN)
    vm = classic(net)
    today = Cloud(net.cloud.store, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert today.instances[vm.id] == vm
    assert [v.rule for v in today.check(classic_command(net)).violations] == ["network.classic.closed"]
