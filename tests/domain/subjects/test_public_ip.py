"""The public address of an instance: allocation, change and conversion."""

from __future__ import annotations

from datetime import timedelta

from ecsnet import Instance
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.net import Net
from tests.support.setups import (
    OPEN,
    classic_command,
    created,
    stopped,
    subscription,
    use_up_the_public_addresses,
)


def test_run_instances_allocates_a_public_address_and_create_instance_does_not(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5)
    assert vm.public_ip is not None
    assert vm.internet_max_bandwidth_out == 5
    assert created(net, internet_max_bandwidth_out=5).public_ip is None
    assert net.run().public_ip is None


def test_an_allocated_public_address_belongs_to_the_instance(net: Net) -> None:
    vm = created(net, internet_max_bandwidth_out=5)
    allocated = net.cloud.execute(c.AllocatePublicIpAddress(instance_id=vm.id))
    assert allocated.public_ip == "240.0.0.1"
    assert net.cloud.instances.where(public_ip="240.0.0.1") == (allocated,)
    assert net.cloud.execute(c.AllocateEipAddress()).ip_address == "240.0.0.2"


def test_each_change_gives_a_new_public_address(net: Net) -> None:
    vm = stopped(net, internet_max_bandwidth_out=5)
    seen = [vm.public_ip]
    for _ in range(3):
        seen.append(net.cloud.execute(c.ChangePublicIpAddress(instance_id=vm.id)).public_ip)
    assert len(set(seen)) == 4
    assert invariants(net.cloud) == ()


def test_a_change_frees_the_old_public_address(net: Net) -> None:
    vm = stopped(net, internet_max_bandwidth_out=5)
    use_up_the_public_addresses(net, but=1)
    for _ in range(3):
        net.cloud.execute(c.ChangePublicIpAddress(instance_id=vm.id))
    assert net.cloud.check(c.AllocateEipAddress())
    net.cloud.execute(c.AllocateEipAddress())
    assert not net.cloud.check(c.AllocateEipAddress())
    assert invariants(net.cloud) == ()


def test_an_ended_subscription_is_renewed_with_the_last_public_address(net: Net) -> None:
    vm = subscription(net, internet_max_bandwidth_out=0)
    use_up_the_public_addresses(net, but=1)
    net.clock.advance(timedelta(days=31))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5))
    assert renewed.public_ip == "240.0.0.62"


def test_no_public_address_comes_with_a_cycle_when_none_is_left(net: Net) -> None:
    """Nobody is there to be refused. The bandwidth is the instance's, and another change of it brings the address."""
    vm = subscription(net, internet_max_bandwidth_out=0)
    use_up_the_public_addresses(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5))
    net.clock.advance(timedelta(days=31))
    now = net.cloud.instances[vm.id]
    assert (now.public_ip, now.internet_max_bandwidth_out) == (None, 5)


def test_the_codes_of_exhausted_addresses_are_those_of_public_and_of_classic_ones() -> None:
    net = Net(**OPEN)
    use_up_the_public_addresses(net)
    (violation,) = net.cloud.check(classic_command(net, internet_max_bandwidth_out=5)).violations
    assert (violation.code, violation.http_status) == ("InsufficientPublicIp", 400)
    assert violation.facts == {"region_id": "cn-hangzhou", "available": {"public": 0}, "wanted": {"public": 1}}
    assert net.cloud.check(classic_command(net))


def test_a_converted_address_can_move_to_another_instance_as_an_eip(net: Net) -> None:
    vm, other = net.run(internet_max_bandwidth_out=5), net.run()
    converted = net.cloud.execute(c.ConvertNatPublicIpToEip(instance_id=vm.id))
    (address,) = net.cloud.eips.values()
    assert (converted.public_ip, converted.eip_id) == (None, address.id)
    assert (address.ip_address, address.status, address.instance_id) == (vm.public_ip, "InUse", vm.id)
    net.cloud.execute(c.UnassociateEipAddress(allocation_id=address.id))
    moved = net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=other.id))
    assert (moved.ip_address, moved.instance_id) == (vm.public_ip, other.id)
    assert net.cloud.instances[vm.id].eip_id is None
    assert net.cloud.instances[other.id].eip_id == address.id


def test_converting_a_public_address_leaves_the_instance_without_bandwidth(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5)
    converted = net.cloud.execute(c.ConvertNatPublicIpToEip(instance_id=vm.id))
    assert converted.internet_max_bandwidth_out == 0
    net.cloud.execute(c.UnassociateEipAddress(allocation_id=converted.eip_id or ""))
    denied = net.cloud.check(c.AllocatePublicIpAddress(instance_id=vm.id)).violations
    assert [v.rule for v in denied] == ["public-ip.assign.pay-as-you-go"]
    assert denied[0].message == f"{vm.id} is a pay-as-you-go instance without bandwidth"


def test_the_facts_of_a_refused_address_tell_whether_the_instance_can_take_an_eip() -> None:
    net = Net(**OPEN)
    assert taken_instead(net, net.run()) is True
    with_eip = net.run()
    eip = net.cloud.execute(c.AllocateEipAddress())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=eip.id, instance_id=with_eip.id))
    assert taken_instead(net, with_eip) is False
    in_classic = net.cloud.execute(classic_command(net))[0]
    assert taken_instead(net, in_classic) is False
    assert taken_instead(net, created(net)) is True


def taken_instead(net: Net, vm: Instance) -> bool:
    violations = net.cloud.check(c.AllocatePublicIpAddress(instance_id=vm.id)).violations
    (facts,) = [one.facts for one in violations if one.rule == "public-ip.assign.pay-as-you-go"]
    assert (facts["bandwidth_at_creation"], facts["bandwidth"]) == (0, 0)
    taken: bool = facts["takes_eip"]
    return taken
