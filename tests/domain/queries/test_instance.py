"""`Cloud.limits` and `Cloud.internet_access`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ecsnet import InstanceLimits, InternetAccess, InternetAddress
from ecsnet import commands as c
from tests.support.net import Net
from tests.support.setups import OPEN, OWN_TYPES, SUBSCRIPTION, associated, classic, created


def access(net: Net, vm: Any) -> InternetAccess:
    return net.cloud.internet_access(vm.id)


# Limits


def test_limits_are_those_of_the_type(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5)
    net.attached(vm)
    assert net.cloud.limits(vm.id) == InstanceLimits(
        instance_id=vm.id,
        instance_type="ecs.g5.xlarge",
        network_interfaces=3,
        network_interface_count=2,
        private_ips_per_interface=10,
        nic_queues=2,
        limits_known=True,
        internet_max_bandwidth_out=5,
        intranet_bandwidth=10_000,
    )


def test_attaching_more_interfaces_raises_no_bandwidth(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5)
    before = net.cloud.limits(vm.id)
    net.attached(vm)
    net.attached(vm)
    after = net.cloud.limits(vm.id)
    assert (after.network_interface_count, after.network_interfaces) == (3, 3)
    assert after.internet_max_bandwidth_out == before.internet_max_bandwidth_out
    assert after.intranet_bandwidth == before.intranet_bandwidth
    assert not net.cloud.check(net.attach_command(net.eni(), vm))


@pytest.mark.parametrize(("quota", "most"), [(9, 9), (10, 10), (11, 10)])
def test_the_lower_of_type_and_quota_limits_the_addresses(net: Net, quota: int, most: int) -> None:
    vm = net.run()
    net.quota("addresses-per-interface", quota)
    assert net.cloud.limits(vm.id).private_ips_per_interface == most
    primary = vm.primary_network_interface_id
    for count, allowed in ((most - 1, True), (most, False)):
        more = c.AssignPrivateIpAddresses(network_interface_id=primary or "", secondary_private_ip_address_count=count)
        assert net.cloud.check(more).allowed is allowed


def test_a_classic_instance_takes_no_interface() -> None:
    net = Net(**OPEN)
    found = net.cloud.limits(classic(net).id)
    assert (found.network_interfaces, found.network_interface_count, found.private_ips_per_interface) == (0, 0, 0)


def test_a_type_that_is_not_io_optimized_has_less_of_the_intranet() -> None:
    net = Net(**OWN_TYPES)
    assert net.cloud.limits(net.run(instance_type="ecs.old.large").id).intranet_bandwidth == 1_000


# The Internet


def test_an_instance_with_a_public_address_and_bandwidth_reaches_the_internet(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5)
    assert access(net, vm) == InternetAccess(
        instance_id=vm.id,
        accessible=True,
        via=InternetAddress.NatPublicIp,
        ip_address=vm.public_ip,
        allocation_id=None,
        bandwidth=5,
        remedy=f"Nothing: it has {vm.public_ip}.",
    )


def test_an_instance_with_an_eip_reaches_the_internet(net: Net) -> None:
    vm = net.run()
    eip = associated(net, vm)
    found = access(net, vm)
    assert (found.accessible, found.via, found.ip_address) == (True, "Eip", eip.ip_address)
    assert (found.allocation_id, found.bandwidth) == (eip.id, None)
    assert found.remedy == f"Nothing: {eip.id} is bound to it."


def test_an_eip_that_is_being_bound_does_not_yet_reach_the_internet(slow_net: Net) -> None:
    vm = slow_net.run()
    eip = slow_net.cloud.execute(c.AllocateEipAddress())
    slow_net.cloud.execute(c.AssociateEipAddress(allocation_id=eip.id, instance_id=vm.id))
    assert access(slow_net, vm).remedy == f"Wait: {eip.id} is Associating, not yet InUse."
    assert not access(slow_net, vm).accessible
    slow_net.cloud.settle()
    assert access(slow_net, vm).accessible


def test_a_classic_instance_without_bandwidth_keeps_its_address_and_does_not_reach_the_internet() -> None:
    net = Net(**OPEN)
    vm = classic(net, internet_max_bandwidth_out=5, **SUBSCRIPTION)
    assert (access(net, vm).accessible, access(net, vm).via) == (True, "ClassicPublicIp")
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    net.clock.advance(timedelta(days=32))
    found = access(net, vm)
    assert (found.accessible, found.ip_address, found.bandwidth) == (False, vm.public_ip, 0)
    assert found.remedy == f"Buy bandwidth: it has {vm.public_ip}, and 0 Mbit/s."


@pytest.mark.parametrize(
    ("parameters", "remedy"),
    [
        ({}, "Associate an EIP with it."),
        ({"internet_max_bandwidth_out": 5}, "Associate an EIP with it, or assign a public IP to it."),
        (SUBSCRIPTION, "Associate an EIP with it, or buy bandwidth, which brings a public IP."),
        ({**SUBSCRIPTION, "internet_max_bandwidth_out": 5}, "Associate an EIP with it, or assign a public IP to it."),
    ],
)
def test_what_is_missing_can_be_done(net: Net, parameters: dict[str, Any], remedy: str) -> None:
    vm = created(net, **parameters)
    found = access(net, vm)
    assert (found.accessible, found.via, found.ip_address, found.remedy) == (False, None, None, remedy)
    eip = net.cloud.execute(c.AllocateEipAddress())
    assert net.cloud.check(c.AssociateEipAddress(allocation_id=eip.id, instance_id=vm.id))
    allocate = c.AllocatePublicIpAddress(instance_id=vm.id)
    assert net.cloud.check(allocate).allowed is ("assign a public IP" in remedy)


def test_bandwidth_that_was_given_up_is_bought_again_before_an_address(net: Net) -> None:
    vm = created(net, internet_max_bandwidth_out=5)
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert access(net, vm).remedy == "Associate an EIP with it, or buy bandwidth and assign a public IP to it."
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5))
    net.cloud.execute(c.AllocatePublicIpAddress(instance_id=vm.id))
    assert access(net, vm).accessible


def test_a_classic_instance_without_bandwidth_from_its_creation_has_no_way() -> None:
    net = Net(**OPEN)
    assert access(net, classic(net)).remedy.startswith("A pay-as-you-go classic instance")


def test_an_unknown_instance_has_no_answer(net: Net) -> None:
    for unknown in ("i-none", None, 5, net.vpc.id):
        for ask in (net.cloud.limits, net.cloud.internet_access):
            with pytest.raises(KeyError):
                ask(unknown)  # type: ignore[arg-type]
