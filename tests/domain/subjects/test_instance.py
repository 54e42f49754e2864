"""Instances: creation, private address, bandwidth and subscription."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from ecsnet import Instance, NewNetworkInterface, RuleRegistry, rules
from ecsnet import commands as c
from ecsnet.events.base import NewEvent
from ecsnet.events.instance import InstanceNetworkSpecModified
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.testing import invariants
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.domain.subjects.stories.instance import instance_type_is_unknown, release_while_pending
from tests.domain.subjects.stories.security_group import instance_with_a_group_of_another_vpc
from tests.support.net import START, Net
from tests.support.setups import (
    OPEN,
    OPEN_BY_HAND,
    SUBSCRIPTION,
    associated,
    classic,
    created,
    move,
    stopped,
    subscription,
)
from tests.support.witnesses import WITNESSES, Story, named

# Creating


def runs_one(rule_id: str, story: Story) -> bool:
    others = (instance_type_is_unknown, instance_with_a_group_of_another_vpc)
    draws_public_ips = rule_id == "address.region.exhausted"  # CreateInstance never does
    return (story.__name__.startswith("run_") or story in others) and not draws_public_ips


@pytest.mark.parametrize(
    ("rule_id", "story", "options"),
    named([entry for entry in WITNESSES if runs_one(entry[0], entry[1])]),
)
def test_create_instance_is_denied_whatever_run_instances_is_denied(
    rule_id: str, story: Story, options: dict[str, Any]
) -> None:
    net = Net(**options)
    run = story(net)
    assert isinstance(run, c.RunInstances)
    fields = {name: getattr(run, name) for name in attrs.fields_dict(type(run)) if name != "amount"}
    decision = net.cloud.check(c.CreateInstance(**fields))
    assert rule_id in {v.rule for v in decision.violations}


def test_create_instance_fits_into_the_last_address_and_the_last_place_of_a_group(net: Net) -> None:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.quota("addresses-per-security-group", 4)
    net.eni(secondary_private_ip_address_count=2)
    assert created(net).private_ip == "10.0.2.4"


def test_a_starting_instance_settles_to_running(slow_net: Net) -> None:
    vm = slow_net.run()
    slow_net.cloud.execute(c.StopInstance(instance_id=vm.id))
    slow_net.cloud.settle()
    assert slow_net.cloud.execute(c.StartInstance(instance_id=vm.id)).status == "Starting"
    (started,) = slow_net.cloud.settle()
    assert started == slow_net.cloud.instances[vm.id] == vm


def test_releasing_a_pending_instance_has_the_code_initializing(slow_net: Net) -> None:
    (violation,) = slow_net.cloud.check(release_while_pending(slow_net)).violations
    assert (violation.code, violation.http_status) == ("IncorrectInstanceStatus.Initializing", 403)


# A secondary ENI of its own


def test_a_new_interface_has_what_its_description_says(net: Net) -> None:
    vswitch, group = net.new_vswitch("10.0.2.0/24"), net.new_group()
    new = NewNetworkInterface(
        vswitch_id=vswitch.id,
        security_group_ids=[group.id],
        primary_ip_address="10.0.2.9",
        network_interface_name="web-1",
        description="of the web",
    )
    vm = net.run(network_interfaces=[new])
    primary_id, secondary_id = vm.network_interface_ids
    secondary = net.cloud.network_interfaces[secondary_id]
    assert (primary_id, vm.private_ip) == (vm.primary_network_interface_id, "10.0.1.1")
    assert (secondary.type, secondary.status, secondary.instance_id) == ("Secondary", "InUse", vm.id)
    assert (secondary.vswitch_id, secondary.private_ips) == (vswitch.id, ("10.0.2.9",))
    assert (secondary.security_group_ids, secondary.name, secondary.description) == ((group.id,), "web-1", "of the web")
    assert invariants(net.cloud) == ()


def test_a_new_interface_is_in_the_vswitch_and_the_groups_of_its_instance_by_default(net: Net) -> None:
    groups = [net.group.id, net.new_group().id]
    vm = created(net, security_group_ids=groups, network_interfaces=[NewNetworkInterface()])
    secondary = net.cloud.network_interfaces[vm.network_interface_ids[1]]
    assert (secondary.vswitch_id, secondary.security_group_ids) == (vm.vswitch_id, tuple(groups))
    assert (vm.status, secondary.status) == ("Stopped", "InUse")


def test_each_instance_gets_a_new_interface_of_its_own(net: Net) -> None:
    vms = net.cloud.execute(net.run_command(amount=3, network_interfaces=[NewNetworkInterface()]))
    interfaces = [net.cloud.network_interfaces[vm.network_interface_ids[1]] for vm in vms]
    assert [one.instance_id for one in interfaces] == [vm.id for vm in vms]
    addresses = [
        ip for vm in vms for one in vm.network_interface_ids for ip in net.cloud.network_interfaces[one].private_ips
    ]
    assert addresses == [f"10.0.1.{n}" for n in range(1, 7)]
    assert len({one.mac_address for one in net.cloud.network_interfaces.values()}) == 6
    assert net.cloud.position == len(net.cloud.history())
    assert invariants(net.cloud) == ()


def test_many_instances_need_a_place_in_the_quota_and_an_address_for_each_new_interface(net: Net) -> None:
    net.vswitch = net.new_vswitch("10.0.2.0/28")  # 12 addresses
    net.quota("interfaces-per-region", 5)
    net.quota("addresses-per-security-group", 11)
    command = net.run_command(amount=6, network_interfaces=[NewNetworkInterface()])
    assert net.cloud.check(net.run_command(amount=5, network_interfaces=[NewNetworkInterface()]))
    denied = {violation.rule: violation for violation in net.cloud.check(command).violations}
    assert set(denied) == {"account.interface-quota", "security-group.address-quota"}
    assert denied["account.interface-quota"].facts == {"count": 0, "new": 6, "quota": 5}
    more = net.run_command(amount=7, network_interfaces=[NewNetworkInterface()])
    assert "address.private.exhausted" in {violation.rule for violation in net.cloud.check(more).violations}


def test_a_named_address_is_not_given_to_the_instance_beside_it(net: Net) -> None:
    vm = net.run(network_interfaces=[NewNetworkInterface(primary_ip_address="10.0.1.1")])
    assert vm.private_ip == "10.0.1.2"
    beside = net.run(private_ip_address="10.0.1.3", network_interfaces=[NewNetworkInterface()])
    assert net.cloud.network_interfaces[beside.network_interface_ids[1]].private_ips == ("10.0.1.4",)


def test_a_new_interface_is_released_with_its_instance_unless_it_was_detached(net: Net) -> None:
    vms = net.cloud.execute(net.run_command(amount=2, network_interfaces=[NewNetworkInterface()]))
    goes, stays = (vm.network_interface_ids[1] for vm in vms)
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=stays, instance_id=vms[1].id))
    for vm in vms:
        net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert goes not in net.cloud.network_interfaces
    assert net.cloud.network_interfaces[stays].status == "Available"
    assert len(net.cloud.network_interfaces) == 1
    assert invariants(net.cloud) == ()


def test_a_new_interface_is_attached_in_its_time(slow_net: Net) -> None:
    (vm,) = slow_net.cloud.execute(slow_net.run_command(network_interfaces=[NewNetworkInterface()]))
    interface_id = vm.network_interface_ids[1]
    assert (vm.status, slow_net.cloud.network_interfaces[interface_id].status) == ("Pending", "Attaching")
    slow_net.cloud.settle()
    assert slow_net.cloud.network_interfaces[interface_id].status == "InUse"


def test_every_fault_of_a_new_interface_is_reported_beside_those_of_its_instance(net: Net) -> None:
    far = net.new_vswitch("10.0.2.0/24", zone="c")
    new = NewNetworkInterface(vswitch_id=far.id, security_group_ids=["sg-none"], primary_ip_address="10.0.9.9")
    command = net.run_command(
        vswitch_id="vsw-none", security_group_ids=["sg-none"], instance_type="ecs.none", network_interfaces=[new] * 2
    )
    violations = {violation.rule: violation for violation in net.cloud.check(command).violations}
    assert list(violations) == [
        "vswitch.not-found",
        "security-group.not-found",
        "instance-type.not-found",
        "instance.create.one-secondary",
        "address.private.in-cidr",
        "address.private.repeated",
    ]
    assert violations["security-group.not-found"].facts["ids"] == ("sg-none",)
    assert violations["address.private.in-cidr"].facts["vswitch_id"] == far.id


def test_addresses_outside_two_vswitches_are_all_named(net: Net) -> None:
    other = net.new_vswitch("10.0.2.0/24")
    new = NewNetworkInterface(vswitch_id=other.id, primary_ip_address="10.0.9.8")
    (violation,) = net.cloud.check(net.run_command(private_ip_address="10.0.9.9", network_interfaces=[new])).violations
    assert violation.facts["addresses"] == ("10.0.9.9", "10.0.9.8")
    assert violation.message == (f"not in 10.0.1.0/24, 10.0.2.0/24 of {net.vswitch.id}, {other.id}: 10.0.9.9, 10.0.9.8")


def test_a_vswitch_in_which_two_interfaces_are_to_be_has_to_have_both_addresses(net: Net) -> None:
    net.vswitch, other = net.new_vswitch("10.0.2.0/29"), net.new_vswitch("10.0.3.0/29")
    for vswitch in (net.vswitch, other):
        net.eni(vswitch_id=vswitch.id, secondary_private_ip_address_count=3)
    new = NewNetworkInterface(vswitch_id=other.id)
    (violation,) = net.cloud.check(net.run_command(network_interfaces=[new])).violations
    assert violation.facts["vswitch_ids"] == (net.vswitch.id, other.id)
    assert violation.message == (
        f"{net.vswitch.id} has 0 free addresses, not 1; {other.id} has 0 free addresses, not 1"
    )


def test_a_new_interface_is_named_in_the_messages_of_the_rules_of_attaching(net: Net) -> None:
    far = net.new_vswitch("10.0.2.0/24", zone="c")
    (violation,) = net.cloud.check(
        net.run_command(network_interfaces=[NewNetworkInterface(vswitch_id=far.id)])
    ).violations
    assert violation.rule == "interface.attach.zone"
    assert "the new ENI" in violation.message


def test_rules_of_ones_own_are_given_only_interfaces_that_exist(net: Net) -> None:
    own, seen = RuleRegistry(rules), list[Any]()

    @own.denies("x.seen", c.RunInstances, message="no")
    def see(network_interfaces: Any) -> Any:
        """It notes what it is given."""
        seen.append(network_interfaces)

    interface = net.eni()
    both = net.run_command(network_interface_ids=[interface.id], network_interfaces=[NewNetworkInterface()])
    net.cloud.check(both, rules=own)
    assert seen == [(interface,)]


# The private address


def test_moving_an_instance_leaves_its_secondary_interface_in_place(net: Net) -> None:
    vm = net.run()
    secondary, other = net.attached(vm), net.new_vswitch("10.0.2.0/24")
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    moved = net.cloud.execute(c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=other.id))
    assert (moved.vswitch_id, moved.private_ip) == (other.id, "10.0.2.1")
    assert net.cloud.network_interfaces[secondary.id] == secondary
    assert net.primary(vm).private_ips == ("10.0.2.1",)
    assert invariants(net.cloud) == ()


def test_a_moved_instance_has_its_new_address_at_once_and_a_pending_change_until_its_start(net: Net) -> None:
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


def test_the_present_address_in_another_vswitch_breaks_the_address_rules(net: Net) -> None:
    vm, other = stopped(net), net.new_vswitch("10.0.2.0/24")
    denied = net.cloud.check(move(vm, other.id, vm.private_ip)).violations
    assert [violation.rule for violation in denied] == ["address.private.in-cidr", "address.private.in-use"]


# Subscriptions


@pytest.mark.parametrize(
    ("bought", "months", "expires"),
    [
        (datetime(2019, 1, 31, 8, tzinfo=UTC), 1, datetime(2019, 2, 28, 8, tzinfo=UTC)),
        (datetime(2020, 1, 31, 8, tzinfo=UTC), 1, datetime(2020, 2, 29, 8, tzinfo=UTC)),
        (datetime(2019, 3, 31, 8, tzinfo=UTC), 1, datetime(2019, 4, 30, 8, tzinfo=UTC)),
        (datetime(2019, 11, 30, 8, tzinfo=UTC), 1, datetime(2019, 12, 30, 8, tzinfo=UTC)),
        (datetime(2019, 12, 15, 8, tzinfo=UTC), 1, datetime(2020, 1, 15, 8, tzinfo=UTC)),
        (datetime(2019, 5, 31, 8, tzinfo=UTC), 9, datetime(2020, 2, 29, 8, tzinfo=UTC)),
        (datetime(2019, 2, 28, 8, tzinfo=UTC), 60, datetime(2024, 2, 28, 8, tzinfo=UTC)),
        (datetime(2019, 3, 11, 8, tzinfo=UTC), 12, datetime(2020, 3, 11, 8, tzinfo=UTC)),
        (datetime(2019, 3, 11, 8, tzinfo=UTC), None, datetime(2019, 4, 11, 8, tzinfo=UTC)),
    ],
)
def test_a_subscription_lasts_whole_months(bought: datetime, months: int | None, expires: datetime) -> None:
    assert Net(bought).run(**SUBSCRIPTION, period=months).expires_at == expires


def test_a_renewal_before_expiry_extends_the_subscription_and_defers_its_bandwidth(net: Net) -> None:
    vm = subscription(net)
    net.clock.advance(timedelta(days=31) - timedelta(microseconds=1))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, period=2, internet_max_bandwidth_out=10))
    assert (renewed.expires_at, renewed.internet_max_bandwidth_out) == (datetime(2019, 6, 11, 8, tzinfo=UTC), 5)
    net.clock.advance(timedelta(microseconds=1))
    assert net.cloud.instances[vm.id].internet_max_bandwidth_out == 10


def test_a_renewal_after_expiry_starts_a_cycle_with_its_bandwidth(net: Net) -> None:
    vm = subscription(net)
    net.clock.advance(timedelta(days=31))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, period=2, internet_max_bandwidth_out=10))
    assert (renewed.expires_at, renewed.internet_max_bandwidth_out) == (datetime(2019, 6, 11, 8, tzinfo=UTC), 10)
    net.clock.advance(timedelta(days=100))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id))
    assert renewed.expires_at == datetime(2019, 8, 20, 8, tzinfo=UTC)  # a month from then, not from the end
    assert net.cloud.history()[-1].type == "InstanceRenewed"


def test_a_renewal_with_the_same_bandwidth_leaves_no_pending_change(net: Net) -> None:
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5))
    assert net.cloud.check(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=6))
    assert net.cloud.check(c.ConvertNatPublicIpToEip(instance_id=vm.id))


def test_a_renewed_bandwidth_starts_with_its_cycle_under_any_settle_after() -> None:
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
        assert (after.internet_max_bandwidth_out, after.public_ip) == (0, None)
        assert len(net.cloud.history()) == recorded
        assert [one.id for one in net.cloud.settle()] == [vm.id]
        assert net.cloud.history()[-1].recorded_at == START.replace(month=4)
        assert invariants(net.cloud) == ()


def renewed_to_nothing(net: Net, vm: Instance) -> Instance:
    """Returns an instance that was renewed to 0 Mbit/s, after its new cycle has begun."""
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert vm.expires_at is not None
    net.clock.set(vm.expires_at)
    return net.cloud.instances[vm.id]


def test_a_cycle_without_bandwidth_releases_the_nat_public_ip(net: Net) -> None:
    vm = subscription(net)
    now = renewed_to_nothing(net, vm)
    assert (now.public_ip, now.internet_max_bandwidth_out) == (None, 0)
    assert associated(net, now).instance_id == vm.id
    event = next(one.event for one in net.cloud.history(type="InstanceNetworkSpecModified"))
    assert (event.ip_address, event.released_ip_address) == (None, vm.public_ip)
    assert net.cloud.instances.where(public_ip=vm.public_ip) == ()
    assert invariants(net.cloud) == ()


def test_a_nat_public_ip_stays_until_the_cycle_without_bandwidth_begins(net: Net) -> None:
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert vm.expires_at is not None
    net.clock.set(vm.expires_at - timedelta(microseconds=1))
    now = net.cloud.instances[vm.id]
    assert (now.public_ip, now.internet_max_bandwidth_out) == (vm.public_ip, 5)


def test_bandwidth_after_a_cycle_without_brings_another_public_address(net: Net) -> None:
    vm = subscription(net)
    renewed_to_nothing(net, vm)
    again = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5))
    assert again.public_ip not in (None, vm.public_ip)


def test_a_classic_public_address_outlives_a_cycle_without_bandwidth() -> None:
    net = Net(**OPEN)
    vm = classic(net, internet_max_bandwidth_out=5, **SUBSCRIPTION)
    now = renewed_to_nothing(net, vm)
    assert (now.public_ip, now.internet_max_bandwidth_out) == (vm.public_ip, 0)
    assert vm.public_ip is not None


def test_a_cycle_without_bandwidth_leaves_an_eip(net: Net) -> None:
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    net.cloud.execute(c.ReleasePublicIpAddress(instance_id=vm.id))
    bound = associated(net, vm)
    assert vm.expires_at is not None
    net.clock.set(vm.expires_at)
    now = net.cloud.instances[vm.id]
    assert (now.public_ip, now.eip_id, now.internet_max_bandwidth_out) == (None, bound.id, 0)


def test_an_expired_subscription_that_is_renewed_to_nothing_loses_its_address_at_once(net: Net) -> None:
    vm = subscription(net)
    net.clock.advance(timedelta(days=40))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert (renewed.public_ip, renewed.internet_max_bandwidth_out) == (None, 0)


def test_a_renewal_to_nothing_releases_an_address_that_was_left_without_bandwidth(net: Net) -> None:
    vm = subscription(net)
    kept = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert kept.public_ip == vm.public_ip is not None
    assert renewed_to_nothing(net, vm).public_ip is None


def test_a_renewal_that_says_nothing_of_bandwidth_keeps_the_address(net: Net) -> None:
    vm = subscription(net)
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=0))
    net.cloud.execute(c.RenewInstance(instance_id=vm.id))
    assert vm.expires_at is not None
    net.clock.set(vm.expires_at)
    assert net.cloud.instances[vm.id].public_ip == vm.public_ip is not None


def test_a_renewal_to_the_same_nothing_waits_for_nothing(net: Net) -> None:
    vm = subscription(net, internet_max_bandwidth_out=0)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert net.cloud.check(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=6))


def test_an_older_history_in_which_a_cycle_left_the_nat_public_ip_is_read_as_it_is() -> None:
    store = MemoryStore()
    net = Net(store=store)
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert vm.expires_at is not None
    event = InstanceNetworkSpecModified(instance_id=vm.id, internet_max_bandwidth_out=0)
    last = net.cloud.history()[-1]
    new = NewEvent(last.stream, event, vm.expires_at, vm.account_id, "older")
    store.append([new], {last.stream: last.version})
    net.clock.set(vm.expires_at)
    now = net.cloud.instances[vm.id]
    assert (now.public_ip, now.internet_max_bandwidth_out) == (vm.public_ip, 0)
    net.cloud.execute(c.ReleasePublicIpAddress(instance_id=vm.id))
    assert invariants(net.cloud) == ()


def test_renewing_an_expired_subscription_applies_the_new_bandwidth_at_once(net: Net) -> None:
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.clock.advance(timedelta(days=40))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=9))
    assert renewed.internet_max_bandwidth_out == 9
    assert renewed.expires_at == START.replace(month=5, day=20)
    assert net.cloud.check(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=3))


# Bandwidth


@pytest.mark.parametrize(("bandwidth", "brings"), [(0, False), (1, True)])
def test_an_instance_with_bandwidth_gets_a_public_address(net: Net, bandwidth: int, brings: bool) -> None:
    assert (net.run(internet_max_bandwidth_out=bandwidth).public_ip is not None) is brings


@pytest.mark.parametrize(("bandwidth", "brings"), [(0, False), (1, True)])
def test_a_subscription_gets_a_public_address_with_its_first_bandwidth(net: Net, bandwidth: int, brings: bool) -> None:
    vm = subscription(net, internet_max_bandwidth_out=0)
    changed = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=bandwidth))
    assert (changed.public_ip is not None) is brings


def test_more_bandwidth_adds_no_public_address_beside_one_or_an_eip_or_on_pay_as_you_go(net: Net) -> None:
    with_address, with_eip = subscription(net), subscription(net, internet_max_bandwidth_out=0)
    associated(net, with_eip)
    for vm in (with_address, with_eip, net.run()):
        changed = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=7))
        assert (changed.public_ip, changed.internet_max_bandwidth_out) == (vm.public_ip, 7)


def test_new_bandwidth_adds_a_public_address_to_subscriptions_only(net: Net) -> None:
    subscription, pay_as_you_go = net.run(**SUBSCRIPTION), net.run()
    changed = [
        net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5))
        for vm in (subscription, pay_as_you_go)
    ]
    assert [vm.internet_max_bandwidth_out for vm in changed] == [5, 5]
    assert [vm.public_ip is None for vm in changed] == [False, True]
    kept = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=subscription.id, internet_max_bandwidth_out=0))
    assert kept.public_ip == changed[0].public_ip


def test_cycles_that_start_together_draw_different_addresses(net: Net) -> None:
    vms = net.cloud.execute(net.run_command(amount=2, **SUBSCRIPTION))
    for vm in vms:
        net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5))
    net.clock.advance(timedelta(days=40))
    seen = [net.cloud.instances[vm.id].public_ip for vm in vms]
    assert len({*seen, None}) == 3
    net.cloud.settle()
    assert [net.cloud.instances[vm.id].public_ip for vm in vms] == seen


def test_a_pending_bandwidth_of_a_released_instance_never_starts(net: Net) -> None:
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    net.clock.advance(timedelta(days=31))
    net.cloud.settle()
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=20))
    later = net.cloud.fork()
    assert later.instances[vm.id].internet_max_bandwidth_out == 10
    net.clock.advance(timedelta(days=61))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert not net.cloud.instances
    assert net.cloud.settle() == ()
    assert invariants(net.cloud) == ()


def test_a_pending_bandwidth_is_dropped_with_its_instance_by_a_registry_without_rules() -> None:
    """The rules keep a subscription until its changes have taken effect; a registry of one's own need not."""
    net = Net(rules=RuleRegistry())
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    net.clock.advance(timedelta(days=32))
    assert net.cloud.settle() == ()
    assert not net.cloud.instances


def test_the_last_of_two_pending_bandwidths_starts() -> None:
    """The rules let only one wait; a registry of one's own may let another take its place."""
    net = Net(rules=RuleRegistry())
    vm = subscription(net)
    for bandwidth in (10, 20):
        net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=bandwidth))
    net.clock.advance(timedelta(days=31))
    assert net.cloud.instances[vm.id].internet_max_bandwidth_out == 5
    net.clock.advance(timedelta(days=30))
    (settled,) = net.cloud.settle()
    assert settled == net.cloud.instances[vm.id]
    assert net.cloud.instances[vm.id].internet_max_bandwidth_out == 20


def test_bandwidth_for_a_classic_instance_that_is_being_released_has_one_reason() -> None:
    net = Net(**OPEN_BY_HAND)
    vm = net.cloud.execute(c.StopInstance(instance_id=classic(net).id))
    net.cloud.settle()
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id))
    decision = net.cloud.check(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5))
    assert [one.rule for one in decision.violations] == ["instance.being-released"]
