"""Public addresses, EIPs, bandwidth and the private address of an instance: the stories of guide 2 and 3."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

from ecsnet import Cloud
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.net import START, Net
from tests.public_stories import SUBSCRIPTION, associated, created, eip, move, stopped


def test_run_instances_allocates_and_create_instance_does_not(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5)
    assert vm.public_ip is not None
    assert vm.internet_max_bandwidth_out == 5
    assert created(net, internet_max_bandwidth_out=5).public_ip is None
    assert net.run().public_ip is None


def test_public_addresses_are_nobodys_unique_and_deterministic(net: Net) -> None:
    vms = net.cloud.execute(net.run_command(amount=3, internet_max_bandwidth_out=5))
    addresses = [vm.public_ip or "" for vm in vms] + [eip(net).ip_address for _ in range(3)]
    far = net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing")).ip_address
    assert len({*addresses, far}) == 7
    assert all(ip_address(address) in ip_network("198.18.0.0/15") for address in [*addresses, far])
    again = Net().cloud.execute(net.run_command(amount=3, internet_max_bandwidth_out=5))
    assert [vm.public_ip for vm in again] == addresses[:3]


def test_a_changed_address_is_another_each_time(net: Net) -> None:
    vm = stopped(net, internet_max_bandwidth_out=5)
    seen = [vm.public_ip]
    for _ in range(3):
        seen.append(net.cloud.execute(c.ChangePublicIpAddress(instance_id=vm.id)).public_ip)
    assert len(set(seen)) == 4
    assert invariants(net.cloud) == ()


def test_a_converted_address_stays_and_moves_on_as_an_eip(net: Net) -> None:
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


def test_an_eip_survives_its_instance(net: Net) -> None:
    vm = net.run()
    address = associated(net, vm)
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    survivor = net.cloud.eips[address.id]
    assert (survivor.status, survivor.instance_id) == ("Available", None)
    assert [record.type for record in net.cloud.history()[-2:]] == ["EipAddressUnassociated", "InstanceReleased"]
    assert net.cloud.execute(c.ReleaseEipAddress(allocation_id=address.id)).status == "Released"
    assert not net.cloud.eips


def test_eips_pass_through_their_states(slow_net: Net) -> None:
    net = slow_net
    vm, address = net.run(), eip(net)
    seen = []
    for command in (
        c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id),
        c.UnassociateEipAddress(allocation_id=address.id),
        c.ReleaseEipAddress(allocation_id=address.id),
    ):
        seen.append(net.cloud.execute(command).status)
        assert invariants(net.cloud) == ()
        (settled,) = net.cloud.settle()
        seen.append(settled.status)  # type: ignore[attr-defined]
    assert seen == ["Associating", "InUse", "Unassociating", "Available", "Releasing", "Released"]


def test_releasing_an_instance_frees_an_eip_that_is_still_associating(slow_net: Net) -> None:
    net = slow_net
    vm, address = net.run(), eip(net)
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert net.cloud.eips[address.id].status == "Available"
    assert net.cloud.settle() == ()
    assert invariants(net.cloud) == ()


def test_bandwidth_brings_an_address_to_a_subscription_and_none_to_pay_as_you_go(net: Net) -> None:
    subscription, pay_as_you_go = net.run(**SUBSCRIPTION), net.run()
    changed = [
        net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5))
        for vm in (subscription, pay_as_you_go)
    ]
    assert [vm.internet_max_bandwidth_out for vm in changed] == [5, 5]
    assert [vm.public_ip is None for vm in changed] == [False, True]
    kept = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=subscription.id, internet_max_bandwidth_out=0))
    assert kept.public_ip == changed[0].public_ip


def test_a_renewal_waits_for_its_cycle_by_the_clock_at_any_pace() -> None:
    for pace in (timedelta(0), timedelta(seconds=5), "manual"):
        net = Net(settle_after=pace)
        vm = net.cloud.execute(net.run_command(internet_max_bandwidth_out=5, **SUBSCRIPTION))[0]
        net.clock.advance(timedelta(seconds=5))
        net.cloud.settle()
        assert vm.expires_at == START.replace(month=4)
        renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, period=2, internet_max_bandwidth_out=0))
        assert (renewed.internet_max_bandwidth_out, renewed.expires_at) == (5, START.replace(month=6))
        net.clock.set(START.replace(month=4) - timedelta(seconds=1))
        assert net.cloud.instances[vm.id].internet_max_bandwidth_out == 5
        assert net.cloud.settle() == ()
        net.clock.advance(timedelta(seconds=1))
        recorded = len(net.cloud.history())
        after = net.cloud.instances[vm.id]
        assert (after.internet_max_bandwidth_out, after.public_ip) == (0, vm.public_ip)
        assert len(net.cloud.history()) == recorded
        assert [one.id for one in net.cloud.settle()] == [vm.id]
        assert net.cloud.history()[-1].recorded_at == START.replace(month=4)
        assert invariants(net.cloud) == ()


def test_an_expired_subscription_is_renewed_with_its_new_bandwidth_at_once(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.clock.advance(timedelta(days=40))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=9))
    assert renewed.internet_max_bandwidth_out == 9
    assert renewed.expires_at == START.replace(month=5, day=20)
    assert net.cloud.check(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=3))


def test_a_converted_address_takes_its_bandwidth_with_it(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5)
    converted = net.cloud.execute(c.ConvertNatPublicIpToEip(instance_id=vm.id))
    assert converted.internet_max_bandwidth_out == 0
    net.cloud.execute(c.UnassociateEipAddress(allocation_id=converted.eip_id or ""))
    denied = net.cloud.check(c.AllocatePublicIpAddress(instance_id=vm.id)).violations
    assert [v.rule for v in denied] == ["public-ip.assign.pay-as-you-go"]
    assert denied[0].message.endswith("; it can take an EIP")


def test_a_moved_instance_shows_its_new_address_at_once_and_is_pending_until_its_start(net: Net) -> None:
    vm = stopped(net)
    other = net.new_vswitch("10.0.2.0/24")
    moved = net.cloud.execute(
        c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=other.id, private_ip_address="10.0.2.7")
    )
    assert (moved.private_ip, moved.vswitch_id, moved.private_ip_change_pending) == ("10.0.2.7", other.id, True)
    primary = net.primary(moved)
    assert (primary.private_ips, primary.vswitch_id) == (("10.0.2.7",), other.id)
    assert net.eni(primary_ip_address=vm.private_ip).primary_private_ip == vm.private_ip
    assert not net.cloud.execute(c.StartInstance(instance_id=vm.id)).private_ip_change_pending
    assert net.cloud.vswitches[other.id].available_ip_address_count == 251
    assert invariants(net.cloud) == ()


def test_the_whole_story_is_replayed(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=7))
    associated(net, stopped(net))
    again = Cloud(net.cloud._engine.store, clock=net.clock)
    assert dict(again.eips) == dict(net.cloud.eips)
    assert dict(again.instances) == dict(net.cloud.instances)
    net.clock.advance(timedelta(days=31))
    assert again.instances[vm.id].internet_max_bandwidth_out == 7


def test_cycles_that_begin_at_one_moment_bring_different_addresses(net: Net) -> None:
    vms = net.cloud.execute(net.run_command(amount=2, **SUBSCRIPTION))
    for vm in vms:
        net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5))
    net.clock.advance(timedelta(days=40))
    seen = [net.cloud.instances[vm.id].public_ip for vm in vms]
    assert len({*seen, None}) == 3
    net.cloud.settle()
    assert [net.cloud.instances[vm.id].public_ip for vm in vms] == seen


def test_regions_that_share_a_block_do_not_share_an_address(net: Net) -> None:
    """Two regions that the model does not know by name and that fall on one block of public addresses."""
    eips = [
        net.cloud.execute(c.AllocateEipAddress(region_id=region))
        for region in ("eu-north-9", "eu-north-6")
        for _ in "ab"
    ]
    assert len({one.ip_address for one in eips}) == 4
    assert invariants(net.cloud) == ()


def test_the_present_address_is_not_one_of_another_vswitch(net: Net) -> None:
    vm, other = stopped(net), net.new_vswitch("10.0.2.0/24")
    denied = net.cloud.check(move(vm, other.id, vm.private_ip)).violations
    assert [violation.rule for violation in denied] == ["address.private.in-cidr", "address.private.in-use"]
