"""The number of an ENI's interface inside the guest: the 1 of eth1."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Instance, InstanceType
from ecsnet import commands as c
from ecsnet.domain.state.records import InstanceState
from ecsnet.guest import guest_configuration
from ecsnet.values import ChargeType, InstanceStatus
from tests.support.describe import describe
from tests.support.hypothesis_settings import budget
from tests.support.net import START, Net


def numbers(cloud: Cloud, instance: Instance) -> dict[str, int]:
    """The numbers of an instance's ENIs."""
    region = cloud.folded_state().region_of("instances", instance.id)
    assert region is not None
    return region.instances.get_existing(instance.id).interface_numbers


def detach(net: Net, instance: Instance, interface_id: str) -> None:
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance.id))
    net.cloud.settle()


@pytest.fixture
def with_three(net: Net) -> tuple[Instance, str, str, str]:
    """A running instance, and its eth1, eth2 and eth3."""
    vm = net.run(instance_type="ecs.g5.2xlarge")
    first, second, third = (net.attached(vm).id for _ in range(3))
    return vm, first, second, third


def test_numbers_follow_the_order_of_attachment(net: Net, with_three: tuple[Instance, str, str, str]) -> None:
    vm, *secondary = with_three
    assert numbers(net.cloud, vm) == {
        vm.primary_network_interface_id: 0,
        **dict(zip(secondary, (1, 2, 3), strict=True)),
    }


def test_the_others_keep_their_numbers_when_one_is_detached(
    net: Net, with_three: tuple[Instance, str, str, str]
) -> None:
    vm, first, second, third = with_three
    detach(net, vm, first)
    assert numbers(net.cloud, vm) == {vm.primary_network_interface_id: 0, second: 2, third: 3}
    assert "ethtool -l eth3" in guest_configuration(net.cloud, third, "centos 7.2").commands


def test_a_new_interface_takes_the_lowest_number_that_is_free(
    net: Net, with_three: tuple[Instance, str, str, str]
) -> None:
    vm, first, second, _ = with_three
    detach(net, vm, second)
    detach(net, vm, first)
    new, newer = net.attached(vm).id, net.attached(vm).id
    assert [numbers(net.cloud, vm)[one] for one in (new, newer)] == [1, 2]


@pytest.mark.parametrize(
    "restart",
    [
        [c.StopInstance, c.StartInstance],
        [c.RebootInstance],
    ],
    ids=["stop and start", "reboot"],
)
@pytest.mark.parametrize("options", [{}, {"settle_after": "manual"}], ids=["at once", "later"])
def test_a_start_numbers_the_interfaces_anew(restart: list[Any], options: dict[str, Any]) -> None:
    net = Net(**options)
    vm = net.run(instance_type="ecs.g5.2xlarge")
    first, second, third = (net.attached(vm).id for _ in range(3))
    detach(net, vm, first)
    for command in restart:
        net.cloud.execute(command(instance_id=vm.id))
        net.cloud.settle()
    assert numbers(net.cloud, vm) == {vm.primary_network_interface_id: 0, second: 1, third: 2}
    last = net.attached(vm).id
    assert numbers(net.cloud, vm)[last] == 3


def test_a_stopped_instance_has_the_numbers_of_its_next_start(
    net: Net, with_three: tuple[Instance, str, str, str]
) -> None:
    vm, first, second, third = with_three
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    detach(net, vm, second)
    last = net.attached(vm).id
    expected = {vm.primary_network_interface_id: 0, first: 1, third: 2, last: 3}
    assert numbers(net.cloud, vm) == expected
    net.cloud.execute(c.StartInstance(instance_id=vm.id))
    assert numbers(net.cloud, vm) == expected


def test_an_instance_keeps_its_numbers_until_it_has_stopped(slow_net: Net) -> None:
    vm = slow_net.run()
    first, second = slow_net.attached(vm).id, slow_net.attached(vm).id
    slow_net.cloud.execute(c.DetachNetworkInterface(network_interface_id=first, instance_id=vm.id))
    slow_net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert numbers(slow_net.cloud, vm)[second] == 2
    slow_net.cloud.settle()
    assert numbers(slow_net.cloud, vm)[second] == 1


def test_the_number_of_an_interface_whose_attachment_failed_is_free_again(slow_net: Net) -> None:
    vm = slow_net.run()
    first, second = slow_net.eni(), slow_net.eni()
    for interface in (first, second):
        slow_net.cloud.execute(slow_net.attach_command(interface, vm))
    slow_net.cloud.settle(first.id, outcome="failed")
    slow_net.cloud.settle()
    assert numbers(slow_net.cloud, vm) == {vm.primary_network_interface_id: 0, second.id: 2}
    slow_net.cloud.execute(slow_net.attach_command(first, vm))
    slow_net.cloud.settle()
    assert numbers(slow_net.cloud, vm)[first.id] == 1


def test_an_imported_instance_numbers_its_interfaces_as_they_are_described(net: Net) -> None:
    vm = net.run()
    first, second = net.attached(vm).id, net.attached(vm).id
    cloud = Cloud()
    cloud.import_resources(describe(net.cloud))
    assert numbers(cloud, vm) == {vm.primary_network_interface_id: 0, first: 1, second: 2}


def test_numbers_are_those_of_the_moment(net: Net, with_three: tuple[Instance, str, str, str]) -> None:
    vm, first, second, _ = with_three
    before = net.cloud.position
    fork = net.cloud.fork()
    detach(net, vm, first)
    net.cloud.execute(c.RebootInstance(instance_id=vm.id))
    assert numbers(net.cloud, vm)[second] == 1
    assert numbers(fork, vm)[second] == numbers(net.cloud.at(before), vm)[second] == 2


@settings(max_examples=budget(300))
@given(moves=st.lists(st.integers(0, 9), max_size=30))
def test_a_number_is_always_the_lowest_that_is_free(moves: list[int]) -> None:
    instance = InstanceState(
        id="i-1",
        account_id="1",
        created_at=START,
        position=1,
        status=InstanceStatus.Running,
        instance_type=InstanceType(id="ecs.mine", eni_quantity=9, private_ipv4_per_eni=9),
        vpc_id="vpc-1",
        zone_id="cn-hangzhou-b",
        charge_type=ChargeType.PostPaid,
        expires_at=None,
        image_id=None,
    )
    expected: dict[str, int] = {}
    for number, move in enumerate(moves):
        if move == 9:
            instance.renumber()
            expected = {interface_id: place for place, interface_id in enumerate(expected)}
        elif move > 4 and expected:
            interface_id = list(expected)[move % len(expected)]
            instance.detach(interface_id)
            del expected[interface_id]
        else:
            instance.attach(f"eni-{number}")
            expected[f"eni-{number}"] = min(set(range(len(expected) + 1)) - set(expected.values()))
        assert instance.interface_numbers == expected
        assert instance.vacant == sorted(set(range(max(expected.values(), default=0))) - set(expected.values()))
    copy = instance.fork()
    copy.attach("eni-new")
    assert instance.interface_numbers == expected
