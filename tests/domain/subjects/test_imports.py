"""Imported resources: age, order of interfaces, transitional states, and ids that continue after theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ecsnet import Cloud, Command, ReplayError
from ecsnet import commands as c
from ecsnet.domain.fold import fold
from ecsnet.domain.state.world import World
from ecsnet.events import Event, MemoryStore
from ecsnet.events.imports import ResourceDisappeared, ResourceRefreshed, VpcImported
from ecsnet.testing import invariants
from ecsnet.values import EipInstanceType
from tests.support.describe import describe
from tests.support.described import COLLECTIONS, entries, imported, network
from tests.support.net import START, Net
from tests.support.records import new_event
from tests.support.resources import everything
from tests.support.setups import OPEN, classic_command, created, eip, stopped


def test_imported_transitional_resources_settle_like_the_originals(slow_net: Net) -> None:
    net, cloud = slow_net, slow_net.cloud
    vm, addresses = net.run(), [cloud.execute(c.AllocateEipAddress()) for _ in range(3)]
    detaching, attaching, deleting = net.attached(vm), net.eni(), net.eni()
    cloud.execute(c.AssociateEipAddress(allocation_id=addresses[0].id, instance_id=vm.id))
    cloud.execute(c.ReleaseEipAddress(allocation_id=addresses[1].id))
    cloud.execute(c.DetachNetworkInterface(network_interface_id=detaching.id, instance_id=vm.id))
    cloud.execute(net.attach_command(attaching, vm))
    cloud.execute(c.DeleteNetworkInterface(network_interface_id=deleting.id))
    cloud.execute(net.eni_command())
    copy = Cloud(clock=net.clock, settle_after="manual")
    copy.import_resources(describe(cloud))
    assert everything(copy) == everything(cloud)
    assert sorted(copy.settle(), key=str) == sorted(cloud.settle(), key=str)
    assert everything(copy) == everything(cloud)
    assert copy.eips[addresses[2].id].status == "Available"
    assert invariants(copy) == ()


def test_an_imported_resource_has_its_described_creation_time_or_that_of_the_import() -> None:
    net = network()
    answers = describe(net.cloud)
    for kind in ("Vpcs", "Instances"):
        entries(answers, kind)[0].pop("CreationTime")
    net.clock.advance(timedelta(days=1))
    cloud = imported(net, answers)
    by_age: dict[datetime, int] = {}
    for name in COLLECTIONS:
        for resource in getattr(cloud, name).values():
            by_age[resource.created_at] = by_age.get(resource.created_at, 0) + 1
    everything = sum(len(getattr(net.cloud, name)) for name in COLLECTIONS)
    assert by_age == {START: everything - 2, START + timedelta(days=1): 2}


def test_an_imported_instance_counts_as_started_with_its_bandwidth_bought(net: Net) -> None:
    vm = stopped(net)
    bought = created(net, internet_max_bandwidth_out=5)
    cloud = imported(net)
    assert cloud.check(c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=net.vswitch.id))
    assert cloud.check(c.AllocatePublicIpAddress(instance_id=bought.id))


# The order of interfaces


def test_a_primary_interface_is_first_in_any_order_of_description(net: Net) -> None:
    vm = net.run()
    net.attached(vm)
    answers = describe(net.cloud)
    entries(answers, "NetworkInterfaceSets").reverse()
    cloud = imported(net, answers)
    assert cloud.instances[vm.id] == net.cloud.instances[vm.id]
    assert invariants(cloud) == ()


def test_a_primary_interface_is_first_in_any_order_of_events(net: Net) -> None:
    vm = net.run()
    net.attached(vm)
    *before, primary, secondary, _ = imported(net).history()  # the last says that there was an import
    store = MemoryStore()
    for record, event in zip((*before, primary, secondary), (*before, secondary, primary), strict=True):
        store.append([new_event(record, event.event)], {record.stream: record.version - 1})
    cloud = Cloud(store, clock=net.clock)
    assert cloud.instances[vm.id] == net.cloud.instances[vm.id]
    assert invariants(cloud) == ()


# New ids


def emptied() -> Net:
    """The first VPC, VSwitch and group are gone."""
    net = Net(**OPEN)
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))
    return net


def vpc_alone() -> Net:
    net = Net()
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    return net


def without_its_first(create: Callable[[Net], Command[Any]], delete: Callable[[str], Command[Any]]) -> Net:
    net = Net(**OPEN)
    net.cloud.execute(delete(id_of(net.cloud.execute(create(net)))))
    return net


def id_of(answer: Any) -> str:
    return str((answer[0] if isinstance(answer, tuple) else answer).id)


def allocate(net: Net) -> Command[Any]:
    return c.AllocateEipAddress()


def release(instance_id: str) -> Command[Any]:
    return c.DeleteInstance(instance_id=instance_id, force=True)


@pytest.mark.parametrize(
    ("start", "create"),
    [
        (emptied, lambda net: c.CreateVpc(cidr_block="10.0.0.0/16")),
        (emptied, lambda net: c.CreateSecurityGroup()),
        (
            vpc_alone,
            lambda net: c.CreateVSwitch(
                vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block=f"10.0.{len(net.cloud.vswitches)}.0/24"
            ),
        ),
        (lambda: without_its_first(classic_command, release), classic_command),
        (
            lambda: without_its_first(Net.eni_command, lambda i: c.DeleteNetworkInterface(network_interface_id=i)),
            Net.eni_command,
        ),
        (lambda: without_its_first(allocate, lambda i: c.ReleaseEipAddress(allocation_id=i)), allocate),
    ],
    ids=["vpc", "security group", "vswitch", "instance", "network interface", "eip"],
)
def test_the_id_of_an_imported_resource_is_not_given_again(
    start: Callable[[], Net], create: Callable[[Net], Command[Any]]
) -> None:
    """The second of its kind is described as the only one: by its number the next is the second, and that is there."""
    net = start()
    net.cloud.execute(create(net))
    command = create(net)
    third = id_of(net.cloud.fork().execute(command))
    cloud = imported(net)
    assert id_of(cloud.execute(command)) == third
    assert invariants(cloud) == ()


def test_new_addresses_continue_after_the_imported_ones(net: Net) -> None:
    vm, interface, address = net.run(), net.eni(), eip(net)
    text = json.dumps(describe(net.cloud))
    for known in (vm.id, interface.id, address.id):
        text = text.replace(known, f"{known.partition('-')[0]}-foreign")
    cloud = imported(net, json.loads(text))
    for command in (net.run_command(), net.eni_command(), c.AllocateEipAddress()):
        here, there = cloud.execute(command), net.cloud.execute(command)
        assert str(here) == str(there)


# Resources that were described again


def test_what_something_else_is_in_or_on_does_not_disappear_alone(net: Net) -> None:
    vm, interface = net.run(), net.eni()
    net.cloud.execute(
        c.AssociateEipAddress(
            allocation_id=eip(net).id, instance_id=interface.id, instance_type=EipInstanceType.NetworkInterface
        )
    )
    for resource_id in (net.vpc.id, net.vswitch.id, net.group.id, vm.id, interface.id):
        with pytest.raises(ReplayError, match=f"{resource_id} is gone, and . others are still in it or on it"):
            folded_after(net, ResourceDisappeared(resource_id=resource_id))


def test_what_is_not_there_does_not_disappear(net: Net) -> None:
    with pytest.raises(ReplayError, match="ResourceDisappeared does not fit what came before: KeyError"):
        folded_after(net, ResourceDisappeared(resource_id="i-none"))


def test_a_resource_is_not_described_as_another_one(net: Net) -> None:
    now = VpcImported(vpc_id=net.vpc.id, cidr_block="10.0.0.0/16", name="web")
    folded_after(net, ResourceRefreshed(resource_id=net.vpc.id, vpc=now))
    with pytest.raises(ReplayError, match="vpc-other is described as another resource"):
        folded_after(net, ResourceRefreshed(resource_id="vpc-other", vpc=now))


def folded_after(net: Net, event: Event) -> None:
    """Folds the history of a network, and then the event."""
    *_, last = records = net.cloud.history()
    fold(World(), [*records, replace(last, event=event, position=last.position + 1, version=last.version + 1)])
