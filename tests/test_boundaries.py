"""What the stories do not tell: where one rule ends and another begins, and what every command that is alike shares."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from msgspec.structs import replace

from ecsnet import Cloud, Command, Instance, InvalidCommand, ReplayError, RuleRegistry, audit, rules
from ecsnet import commands as c
from ecsnet.domain.checks.commands_from_events import command_for
from ecsnet.domain.lifecycle import INITIAL, Lifecycle, LifecycleError
from ecsnet.domain.state.regional_pool import block_bounds
from ecsnet.events import Event, MemoryStore, NewEvent, RecordedEvent
from ecsnet.events.instance import InstanceReleased, InstanceStarted
from ecsnet.events.network_interface import NetworkInterfaceDetached
from ecsnet.testing import invariants
from ecsnet.values import int_to_ipv4
from tests import public_stories, test_import, test_intranet, test_rules
from tests.classic_stories import OPEN, classic_command
from tests.describe import describe
from tests.net import START, Net
from tests.public_stories import SUBSCRIPTION
from tests.stories import COUNTER_WITNESSES, WITNESSES, Story

# What a command names must be there

NOTHING: dict[str, Any] = {
    "vpc_id": "vpc-none",
    "vswitch_id": "vsw-none",
    "security_group_id": "sg-none",
    "source_group_id": "sg-gone",
    "network_interface_id": "eni-none",
    "instance_id": "i-none",
    "allocation_id": "eip-none",
}
MISSING = {
    "vpc_id": "vpc.not-found",
    "vswitch_id": "vswitch.not-found",
    "security_group_id": "security-group.not-found",
    "network_interface_id": "interface.not-found",
    "instance_id": "instance.not-found",
    "allocation_id": "eip.not-found",
}
REST: dict[str, Any] = {
    "cidr_block": "10.0.9.0/24",
    "zone_id": "cn-hangzhou-b",
    "internet_max_bandwidth_out": 5,
    "private_ip_addresses": ["10.0.1.9"],
    "description": "one that is not there",
}
"""What some of them need besides."""


@pytest.mark.parametrize(
    "command",
    [
        c.DeleteVpc,
        c.CreateVSwitch,
        c.EnableVpcClassicLink,
        c.DeleteVSwitch,
        c.DeleteSecurityGroup,
        c.AuthorizeSecurityGroup,
        c.RevokeSecurityGroup,
        c.JoinSecurityGroup,
        c.LeaveSecurityGroup,
        c.StartInstance,
        c.StopInstance,
        c.RebootInstance,
        c.DeleteInstance,
        c.ModifyInstanceVpcAttribute,
        c.ModifyInstanceNetworkSpec,
        c.RenewInstance,
        c.AttachNetworkInterface,
        c.DetachNetworkInterface,
        c.DeleteNetworkInterface,
        c.ModifyNetworkInterfaceAttribute,
        c.AssignPrivateIpAddresses,
        c.UnassignPrivateIpAddresses,
        c.AllocatePublicIpAddress,
        c.ChangePublicIpAddress,
        c.ReleasePublicIpAddress,
        c.ConvertNatPublicIpToEip,
        c.AssociateEipAddress,
        c.UnassociateEipAddress,
        c.ReleaseEipAddress,
        c.AttachClassicLinkVpc,
        c.DetachClassicLinkVpc,
    ],
)
def test_all_that_is_not_there_is_reported_and_nothing_else(net: Net, command: type[Command[Any]]) -> None:
    fields = command.__struct_fields__
    named = {name: value for name, value in NOTHING.items() if name in fields}
    rest = {name: value for name, value in REST.items() if name in fields}
    decision = net.cloud.check(command(**named, **rest))
    assert {v.rule for v in decision.violations} == {MISSING[name] for name in named if name in MISSING}
    missing = [resource_id for violation in decision.violations for resource_id in violation.facts["ids"]]
    assert sorted(missing) == sorted(named.values())
    assert all(resource_id in str(decision.violations) for resource_id in missing)


@pytest.mark.parametrize("rule_id", ["vpc.not-found", "instance.not-found", "interface.not-found", "eip.not-found"])
def test_every_command_that_a_missing_resource_stops_is_told_so(rule_id: str) -> None:
    parameter = next(name for name, rule in MISSING.items() if rule == rule_id)
    naming = {command for command in commands() if parameter in command.__struct_fields__}
    assert naming <= set(rules[rule_id].commands)


def commands() -> list[type[Command[Any]]]:
    named = [getattr(c, name) for name in c.__all__]
    return [one for one in named if isinstance(one, type) and issubclass(one, Command) and one is not Command]


# What is refused to the one is refused to the other


def runs_one(rule_id: str, story: Story) -> bool:
    others = (test_rules.instance_type_is_unknown, test_rules.instance_with_a_group_of_another_vpc)
    draws_public_ips = rule_id == "address.region.exhausted"  # CreateInstance never does
    return (story.__name__.startswith("run_") or story in others) and not draws_public_ips


@pytest.mark.parametrize(
    ("rule_id", "story", "options"),
    test_rules.named([entry for entry in WITNESSES if runs_one(entry[0], entry[1])]),
)
def test_create_instance_is_refused_what_run_instances_is(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    run = story(net)
    assert isinstance(run, c.RunInstances)
    fields = {name: getattr(run, name) for name in run.__struct_fields__ if name != "amount"}
    decision = net.cloud.check(c.CreateInstance(**fields))
    assert rule_id in {v.rule for v in decision.violations}


# Answers that depend on the facts


@pytest.mark.parametrize(
    ("story", "code", "http_status"),
    [
        (public_stories.move_to_another_vpc, "InvalidVSwitchId.NotFound", 404),
        (public_stories.move_to_another_zone, "InvalidVSwitchId.Mismatch", 400),
        (public_stories.allocate_beside_a_public_address, "AllocatedAlready", 403),
        (public_stories.allocate_beside_an_eip, "OperationDenied", 400),
        (test_rules.delete_a_vpc_with_a_vswitch, "DependencyViolation.VSwitch", 400),
        (test_rules.delete_a_vpc_with_a_group, "DependencyViolation.SecurityGroup", 400),
        (test_rules.vswitch_outside_its_vpc, "InvalidParameter", 400),
        (test_rules.vswitch_of_eight_addresses_less, "InvalidCirdrBlock.MaskLength", 400),
        (test_rules.interface_with_a_group_of_another_vpc, "InvalidOperation.VpcMismatch", 403),
        (test_rules.interface_with_a_classic_group, "InvalidSecurityGroupId.NotVpc", 403),
        (test_rules.release_a_running_instance, "IncorrectInstanceStatus", 403),
    ],
)
def test_a_rule_answers_as_the_vendor_does_to_these_facts(net: Net, story: Story, code: str, http_status: int) -> None:
    (violation,) = net.cloud.check(story(net)).violations
    assert (violation.code, violation.http_status) == (code, http_status)


# The private address of an instance


def test_an_instance_moves_and_its_secondary_interface_stays(net: Net) -> None:
    vm = net.run()
    secondary, other = net.attached(vm), net.new_vswitch("10.0.2.0/24")
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    moved = net.cloud.execute(c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=other.id))
    assert (moved.vswitch_id, moved.private_ip) == (other.id, "10.0.2.1")
    assert net.cloud.network_interfaces[secondary.id] == secondary
    assert net.primary(vm).private_ips == ("10.0.2.1",)
    assert invariants(net.cloud) == ()


# Answers


def test_what_is_deleted_is_answered_as_it_was(net: Net) -> None:
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.group.id))
    assert net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id)) == net.vswitch
    assert net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id)) == net.group
    assert net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id)) == net.vpc


# Names and addresses of new things: written down, for scripts and documents quote them


def test_the_first_of_every_kind_is_always_called_the_same(net: Net) -> None:
    vm, interface = net.run(), net.eni()
    address = net.cloud.execute(c.AllocateEipAddress())
    assert [net.vpc.id, net.vswitch.id, net.group.id, vm.id, interface.id, address.id] == [
        "vpc-bp1npebipon4jfs4vaqqn",
        "vsw-bp1qguekom1jq68csq0t6",
        "sg-bp1j4573715gn9al3y3u",
        "i-bp1prpt8seykbp3v4cm4",
        "eni-bp15ikjktg7l2qvor3uc",
        "eip-bp1nx55l9s9i38g8s17yq",
    ]
    assert (net.primary(vm).mac_address, interface.mac_address) == ("00:16:3e:65:9b:22", "00:16:3e:03:d2:9b")


@pytest.mark.parametrize(
    ("region_id", "vpc_id"),
    [
        ("cn-beijing", "vpc-2zetlcp2obflse5c3nxot"),
        ("cn-shanghai", "vpc-uf6wbg3ocfa9sgcdm9prw"),
        ("cn-shenzhen", "vpc-wz9jnytyu5htnifh57bxe"),
        ("ap-southeast-1", "vpc-t4nx0omihxxf2n4drtdvy"),
        ("eu-central-1", "vpc-gw8jl8lluag6onug7b2z2"),
        ("us-west-1", "vpc-19iy06qgrxa58hvm4eej8"),
    ],
)
def test_ids_show_their_region(net: Net, region_id: str, vpc_id: str) -> None:
    assert net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/8", region_id=region_id)).id == vpc_id


@pytest.mark.parametrize(
    ("region_id", "first"),
    [
        ("cn-hangzhou", "198.18.0.1"),
        ("cn-shanghai", "198.18.8.1"),
        ("me-east-1", "198.18.152.1"),
        ("cn-nowhere", "198.18.248.1"),
    ],
)
def test_each_region_has_its_block_of_public_addresses(net: Net, region_id: str, first: str) -> None:
    assert net.cloud.execute(c.AllocateEipAddress(region_id=region_id)).ip_address == first


def test_public_addresses_go_up_to_the_last_of_the_block_and_begin_again(net: Net) -> None:
    public_stories.use_up_the_public_addresses(net, but=1)
    (first, *_, last) = net.cloud.instances.values()
    assert last.public_ip == "198.18.7.253"
    end = net.cloud.execute(c.AllocateEipAddress())
    assert end.ip_address == "198.18.7.254"
    net.cloud.execute(c.DeleteInstance(instance_id=last.id, force=True))
    net.cloud.execute(c.DeleteInstance(instance_id=first.id, force=True))
    again = [net.cloud.execute(c.AllocateEipAddress()).ip_address for _ in range(2)]
    assert again == [first.public_ip, last.public_ip] == ["198.18.0.1", "198.18.7.253"]


# A damaged record


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (InstanceReleased, "InstanceReleased does not fit what came before: ValueError"),  # its ENI is still attached
        (InstanceStarted, "InstanceStarted is not possible in status Running"),
        (NetworkInterfaceDetached, "NetworkInterfaceDetached is not possible for a primary ENI"),
    ],
)
def test_an_event_that_cannot_have_happened_is_not_replayed(net: Net, event: type[Event], reason: str) -> None:
    vm = net.run()
    net.attached(vm)
    names = {"network_interface_id": vm.primary_network_interface_id, "instance_id": vm.id}
    store = MemoryStore()
    for record in net.cloud.history():
        store.append([new_event(record, record.event)], {record.stream: record.version - 1})
    last = net.cloud.history()[-1]
    impossible = new_event(last, event(**{name: names[name] for name in event.__struct_fields__}))
    store.append([impossible], {last.stream: last.version})
    with pytest.raises(ReplayError, match=reason) as error:
        Cloud(store, clock=net.clock).instances[vm.id]
    assert (error.value.stream, error.value.version) == ("cn-hangzhou", last.version + 1)


def new_event(record: RecordedEvent, event: Event) -> NewEvent:
    return NewEvent(record.stream, event, record.recorded_at, record.account_id, record.command_id)


# By hand


def test_an_instance_passes_through_starting(slow_net: Net) -> None:
    vm = slow_net.run()
    slow_net.cloud.execute(c.StopInstance(instance_id=vm.id))
    slow_net.cloud.settle()
    assert slow_net.cloud.execute(c.StartInstance(instance_id=vm.id)).status == "Starting"
    (started,) = slow_net.cloud.settle()
    assert started == slow_net.cloud.instances[vm.id] == vm


# What a status admits


def test_a_network_admits(net: Net) -> None:
    assert set(net.cloud.permitted(net.vpc.id)) == {
        c.DeleteVpc,
        c.CreateVSwitch,
        c.CreateSecurityGroup,
        c.EnableVpcClassicLink,
        c.AttachClassicLinkVpc,
    }
    assert set(net.cloud.permitted(net.vswitch.id)) == {
        c.DeleteVSwitch,
        c.CreateNetworkInterface,
        c.RunInstances,
        c.CreateInstance,
    }
    assert set(net.cloud.permitted(net.group.id)) == {
        c.DeleteSecurityGroup,
        c.AuthorizeSecurityGroup,
        c.RevokeSecurityGroup,
        c.JoinSecurityGroup,
        c.LeaveSecurityGroup,
    }


WHATEVER_THE_STATUS = {
    c.ModifyInstanceNetworkSpec,
    c.RenewInstance,
    c.ReleasePublicIpAddress,
    c.DetachClassicLinkVpc,
}
STABLE = WHATEVER_THE_STATUS | {
    c.DeleteInstance,
    c.AttachNetworkInterface,
    c.DetachNetworkInterface,
    c.JoinSecurityGroup,
    c.LeaveSecurityGroup,
    c.AllocatePublicIpAddress,
    c.ConvertNatPublicIpToEip,
    c.AssociateEipAddress,
    c.AttachClassicLinkVpc,
}


def test_an_instance_admits_by_its_status(slow_net: Net) -> None:
    cloud = slow_net.cloud
    (vm,) = cloud.execute(slow_net.run_command())
    expected = {
        "Pending": WHATEVER_THE_STATUS,
        "Running": STABLE | {c.StopInstance, c.RebootInstance},
        "Stopping": WHATEVER_THE_STATUS,
        "Stopped": STABLE | {c.StartInstance, c.ModifyInstanceVpcAttribute, c.ChangePublicIpAddress},
        "Starting": WHATEVER_THE_STATUS,
    }
    admitted = {vm.status: set(cloud.permitted(vm.id))}
    for command in (None, c.StopInstance, None, c.StartInstance):
        cloud.settle() if command is None else cloud.execute(command(instance_id=vm.id))
        admitted[cloud.instances[vm.id].status] = set(cloud.permitted(vm.id))
    assert admitted == expected


def test_an_eip_admits_by_its_status(slow_net: Net) -> None:
    cloud, vm = slow_net.cloud, slow_net.run()
    address = cloud.execute(c.AllocateEipAddress())
    admitted = {address.status: set(cloud.permitted(address.id))}
    for command in (c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id), None):
        cloud.settle() if command is None else cloud.execute(command)
        admitted[cloud.eips[address.id].status] = set(cloud.permitted(address.id))
    assert admitted == {
        "Available": {c.AssociateEipAddress, c.ReleaseEipAddress},
        "Associating": set(),
        "InUse": {c.UnassociateEipAddress},
    }


def test_an_interface_admits_by_its_status(slow_net: Net) -> None:
    cloud, vm = slow_net.cloud, slow_net.run()
    interface = cloud.execute(slow_net.eni_command())
    anything = {c.ModifyNetworkInterfaceAttribute, c.AssignPrivateIpAddresses, c.UnassignPrivateIpAddresses}
    admitted = {interface.status: set(cloud.permitted(interface.id))}
    detach = c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id)
    delete = c.DeleteNetworkInterface(network_interface_id=interface.id)
    for command in (None, slow_net.attach_command(interface, vm), None, detach, None, delete):
        cloud.settle() if command is None else cloud.execute(command)
        admitted[cloud.network_interfaces[interface.id].status] = set(cloud.permitted(interface.id))
    assert admitted == {
        "Creating": set(),
        "Available": anything | {c.AttachNetworkInterface, c.DeleteNetworkInterface},
        "Attaching": set(),
        "InUse": anything | {c.DetachNetworkInterface},
        "Detaching": {c.DetachNetworkInterface},
        "Deleting": {c.DeleteNetworkInterface},
    }


def test_what_is_admitted_is_judged_by_what_is_known_of_the_resource(net: Net) -> None:
    vm, address = net.run(), net.cloud.execute(c.AllocateEipAddress())
    assert all(net.cloud.permitted(address.id).values())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    permitted = net.cloud.permitted(vm.id)
    assert [v.rule for v in permitted[c.AssociateEipAddress].violations] == ["eip.associate.duplicate"]


# Events told back as commands

NOT_TOLD_BACK = {"amount", "force", "image_id", "network_interface_ids", "period", "secondary_private_ip_address_count"}
"""Of these an event has the outcome alone, or another event has them."""


@pytest.mark.parametrize(("rule_id", "story", "options"), test_rules.named(COUNTER_WITNESSES))
def test_an_event_tells_the_command_that_asked_for_it(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    command = story(net)
    others = {name: value for name, value in options.items() if name not in ("start", "settle_after")}
    by_hand = Cloud(net.cloud._engine.store, clock=net.clock, settle_after="manual", **others)
    for cloud in (net.cloud, by_hand):
        for event in cloud.check(command).events[:1]:
            again = command_for(cloud._world().region("cn-hangzhou"), event)
            assert type(again) is type(command)
            for name in set(command.__struct_fields__) - NOT_TOLD_BACK:
                asked = getattr(command, name)
                told_by_the_vswitch = name == "zone_id" and getattr(command, "vswitch_id", None) is not None
                assert told_by_the_vswitch or asked in (None, (), getattr(again, name)), name


def told(cloud: Cloud, command: Command[Any], region_id: str = "cn-hangzhou") -> Command[Any] | None:
    """What the command's first event tells of it."""
    return command_for(cloud._world().region(region_id), cloud.check(command).events[0])


def test_a_new_instance_is_told_back_with_all_that_it_is_judged_by(net: Net) -> None:
    run = net.run_command(
        region_id="cn-hangzhou", private_ip_address="10.0.1.9", internet_max_bandwidth_out=5, **SUBSCRIPTION
    )
    assert told(net.cloud, run) == run
    drawn = told(net.cloud, net.run_command(region_id="cn-hangzhou"))
    assert drawn == net.run_command(region_id="cn-hangzhou", private_ip_address="10.0.1.1")


def test_a_new_classic_instance_is_told_back_without_an_address_for_it_never_chose_one() -> None:
    net = Net(**OPEN)
    run = classic_command(net, zone_id="cn-hangzhou-d", region_id="cn-hangzhou")
    assert told(net.cloud, run) == run


def test_what_names_its_region_is_told_back_with_it(net: Net) -> None:
    there = {"region_id": "cn-beijing"}
    for command in (
        c.CreateVpc(cidr_block="10.0.0.0/8", **there),
        c.CreateSecurityGroup(**there),
        c.AllocateEipAddress(**there),
        c.SetQuota(name="vswitches-per-vpc", value=7, **there),
    ):
        assert told(net.cloud, command, "cn-beijing") == command


def test_an_authorization_is_told_back_with_the_account_of_the_other_group(net: Net) -> None:
    theirs = net.cloud.as_account("6543210987654321").execute(c.CreateSecurityGroup())
    mine = net.cloud.execute(c.CreateSecurityGroup())
    names: dict[str, Any] = {"security_group_id": mine.id, "source_group_id": theirs.id}
    for action in (c.AuthorizeSecurityGroup, c.RevokeSecurityGroup):
        command = action(source_account_id="6543210987654321", **names)
        assert told(net.cloud, command) == command
        net.cloud.execute(command)
    assert audit(net.cloud) == ()


def test_what_stands_in_no_story_is_told_back(net: Net) -> None:
    vm, interface = net.run(**SUBSCRIPTION), net.eni()
    names: dict[str, Any] = {"network_interface_name": "web-1", "description": "the first"}
    for command in (
        c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10),
        c.EnableVpcClassicLink(vpc_id=net.vpc.id),
        c.CreateSecurityGroup(vpc_id=net.vpc.id, region_id="cn-hangzhou"),
        net.eni_command(primary_ip_address="10.0.1.9", private_ip_addresses=["10.0.1.7", "10.0.1.8"], **names),
        c.ModifyNetworkInterfaceAttribute(
            network_interface_id=interface.id, security_group_ids=[net.new_group().id], **names
        ),
    ):
        assert told(net.cloud, command) == command


# Bandwidth and subscriptions


def subscription(net: Net, **changes: Any) -> Instance:
    return net.run(**{**SUBSCRIPTION, "internet_max_bandwidth_out": 5, **changes})


@pytest.mark.parametrize(
    ("bought", "months", "expires"),
    [
        (datetime(2019, 1, 31, 8, tzinfo=UTC), 1, datetime(2019, 2, 28, 8, tzinfo=UTC)),
        (datetime(2020, 1, 31, 8, tzinfo=UTC), 1, datetime(2020, 2, 29, 8, tzinfo=UTC)),
        (datetime(2019, 3, 31, 8, tzinfo=UTC), 1, datetime(2019, 4, 30, 8, tzinfo=UTC)),
        (datetime(2019, 11, 30, 8, tzinfo=UTC), 1, datetime(2019, 12, 30, 8, tzinfo=UTC)),
        (datetime(2019, 12, 15, 8, tzinfo=UTC), 1, datetime(2020, 1, 15, 8, tzinfo=UTC)),
        (datetime(2019, 12, 31, 8, tzinfo=UTC), 14, datetime(2021, 2, 28, 8, tzinfo=UTC)),
        (datetime(2019, 3, 11, 8, tzinfo=UTC), 12, datetime(2020, 3, 11, 8, tzinfo=UTC)),
        (datetime(2019, 3, 11, 8, tzinfo=UTC), None, datetime(2019, 4, 11, 8, tzinfo=UTC)),
    ],
)
def test_a_subscription_lasts_whole_months(bought: datetime, months: int | None, expires: datetime) -> None:
    assert Net(bought).run(**SUBSCRIPTION, period=months).expires_at == expires


def test_a_renewal_before_the_end_lengthens_what_is_left_and_its_bandwidth_waits(net: Net) -> None:
    vm = subscription(net)
    net.clock.advance(timedelta(days=31) - timedelta(microseconds=1))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, period=2, internet_max_bandwidth_out=10))
    assert (renewed.expires_at, renewed.internet_max_bandwidth_out) == (datetime(2019, 6, 11, 8, tzinfo=UTC), 5)
    net.clock.advance(timedelta(microseconds=1))
    assert net.cloud.instances[vm.id].internet_max_bandwidth_out == 10


def test_a_renewal_at_the_end_begins_a_cycle_with_its_bandwidth(net: Net) -> None:
    vm = subscription(net)
    net.clock.advance(timedelta(days=31))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id, period=2, internet_max_bandwidth_out=10))
    assert (renewed.expires_at, renewed.internet_max_bandwidth_out) == (datetime(2019, 6, 11, 8, tzinfo=UTC), 10)
    net.clock.advance(timedelta(days=100))
    renewed = net.cloud.execute(c.RenewInstance(instance_id=vm.id))
    assert renewed.expires_at == datetime(2019, 8, 20, 8, tzinfo=UTC)  # a month from then, not from the end
    assert net.cloud.history()[-1].type == "InstanceRenewed"


def test_a_renewal_with_the_same_bandwidth_leaves_nothing_waiting(net: Net) -> None:
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=5))
    assert net.cloud.check(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=6))
    assert net.cloud.check(c.ConvertNatPublicIpToEip(instance_id=vm.id))


@pytest.mark.parametrize(("bandwidth", "brings"), [(0, False), (1, True)])
def test_a_subscription_gets_an_address_with_its_first_bandwidth(net: Net, bandwidth: int, brings: bool) -> None:
    vm = subscription(net, internet_max_bandwidth_out=0)
    changed = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=bandwidth))
    assert (changed.public_ip is not None) is brings


def test_bandwidth_brings_no_address_beside_one_or_an_eip_or_on_pay_as_you_go(net: Net) -> None:
    with_address, with_eip = subscription(net), subscription(net, internet_max_bandwidth_out=0)
    public_stories.associated(net, with_eip)
    for vm in (with_address, with_eip, net.run()):
        changed = net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=7))
        assert (changed.public_ip, changed.internet_max_bandwidth_out) == (vm.public_ip, 7)


def test_a_waiting_bandwidth_of_a_released_instance_is_forgotten(net: Net) -> None:
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


def test_the_old_address_is_free_after_a_change(net: Net) -> None:
    vm = public_stories.stopped(net, internet_max_bandwidth_out=5)
    public_stories.use_up_the_public_addresses(net, but=2)
    for _ in range(3):
        net.cloud.execute(c.ChangePublicIpAddress(instance_id=vm.id))
    assert net.cloud.check(c.AllocateEipAddress())
    net.cloud.execute(c.AllocateEipAddress())
    assert not net.cloud.check(c.AllocateEipAddress())
    assert invariants(net.cloud) == ()


# In which order a VSwitch gives its addresses


class Small(Net):
    """A VSwitch with four addresses for users, 10.0.2.1 to 10.0.2.4."""

    def __init__(self) -> None:
        super().__init__()
        self.vswitch = self.new_vswitch("10.0.2.0/29")

    def address(self) -> str:
        return self.eni().primary_private_ip

    def delete(self, *addresses: str) -> None:
        for address in addresses:
            (interface,) = self.cloud.network_interfaces.where(private_ip=address)
            self.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))


def released_last(cloud: Cloud, vswitch_id: str) -> list[str]:
    """What the VSwitch keeps of the addresses that came back, the next one to give first."""
    vswitch = cloud._world().region("cn-hangzhou").vswitches.get_existing(vswitch_id)
    kept, rest = [], vswitch.released
    while rest is not None:
        ip, rest = rest
        kept.append(ip)
    assert vswitch.released_count == len(kept)
    return kept


def test_what_came_back_is_given_when_the_block_has_been_gone_through() -> None:
    net = Small()
    assert [net.address() for _ in range(3)] == ["10.0.2.1", "10.0.2.2", "10.0.2.3"]
    net.delete("10.0.2.1", "10.0.2.2")
    assert [net.address() for _ in range(3)] == ["10.0.2.4", "10.0.2.2", "10.0.2.1"]
    assert [v.rule for v in net.cloud.check(net.eni_command()).violations] == ["address.private.exhausted"]


def test_what_came_back_and_was_taken_by_name_is_not_drawn() -> None:
    net = Small()
    interface = net.eni(secondary_private_ip_address_count=3)
    by_name = {"network_interface_id": interface.id}
    net.cloud.execute(c.UnassignPrivateIpAddresses(private_ip_addresses=["10.0.2.2", "10.0.2.3"], **by_name))
    for taken, left in (("10.0.2.3", "10.0.2.2"), ("10.0.2.2", "10.0.2.3")):
        fork = net.cloud.fork()
        fork.execute(c.AssignPrivateIpAddresses(private_ip_addresses=[taken], **by_name))
        kept = released_last(fork, net.vswitch.id)
        assert kept[0] == left
        assert fork.execute(net.eni_command()).primary_private_ip == left


def test_what_is_asked_for_by_name_is_not_drawn_besides(net: Net) -> None:
    interface = net.eni(private_ip_addresses=["10.0.1.1", "10.0.1.3"])
    assert interface.private_ips == ("10.0.1.2", "10.0.1.1", "10.0.1.3")
    assert net.eni().primary_private_ip == "10.0.1.4"


def test_what_cannot_be_had_by_name_uses_up_nothing() -> None:
    net = Small()
    net.eni(secondary_private_ip_address_count=2)
    for address, rule_id in (("10.0.2.1", "address.private.in-use"), ("10.0.2.0", "address.private.reserved")):
        decision = net.cloud.check(net.eni_command(private_ip_addresses=[address]))
        assert [v.rule for v in decision.violations] == [rule_id]


def test_an_address_that_comes_back_over_and_over_takes_no_room() -> None:
    net = Small()
    for _ in range(3):
        net.address()
    net.delete("10.0.2.2", "10.0.2.3")
    lengths = []
    for _ in range(50):
        net.eni(primary_ip_address="10.0.2.2")
        net.delete("10.0.2.2")
        lengths.append(len(released_last(net.cloud, net.vswitch.id)))
    assert max(lengths) == 14  # twice the block
    assert [net.address() for _ in range(3)] == ["10.0.2.4", "10.0.2.2", "10.0.2.3"]


def test_the_classic_addresses_of_a_region_end() -> None:
    net = Net(**OPEN)
    run = classic_command(net)
    create = c.CreateInstance(
        instance_type=run.instance_type, security_group_ids=run.security_group_ids, network_type="classic"
    )
    held = net.cloud._engine.world.writable("cn-hangzhou").classic_ips
    first, size = block_bounds("10.0.0.0/8", "cn-hangzhou")
    held.add_all([int_to_ipv4(first + n) for n in range(size - 1)], "i-none")  # it would take 2,622 commands
    two = classic_command(net, amount=2)
    assert [v.rule for v in net.cloud.check(two).violations] == ["address.region.exhausted"]
    (last,) = net.cloud.fork().execute(run)
    assert last.private_ip == "10.3.255.254"
    net.cloud.execute(create)
    for command in (run, create):
        (violation,) = net.cloud.check(command).violations
        assert violation.message == "cn-hangzhou has 0 classic addresses left, not 1"
    assert net.cloud.check(net.run_command())


# Imports


def test_what_passes_is_described_passing_and_settles_like_its_original(slow_net: Net) -> None:
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
    assert test_rules.everything(copy) == test_rules.everything(cloud)
    assert sorted(copy.settle(), key=str) == sorted(cloud.settle(), key=str)
    assert test_rules.everything(copy) == test_rules.everything(cloud)
    assert copy.eips[addresses[2].id].status == "Available"
    assert invariants(copy) == ()


def test_what_was_described_is_as_old_as_it_says_or_as_its_import() -> None:
    net = test_import.network()
    answers = describe(net.cloud)
    for kind in ("Vpcs", "Instances"):
        test_import.entries(answers, kind)[0].pop("CreationTime")
    net.clock.advance(timedelta(days=1))
    cloud = test_import.imported(net, answers)
    by_age: dict[datetime, int] = {}
    for name in test_import.COLLECTIONS:
        for resource in getattr(cloud, name).values():
            by_age[resource.created_at] = by_age.get(resource.created_at, 0) + 1
    everything = sum(len(getattr(net.cloud, name)) for name in test_import.COLLECTIONS)
    assert by_age == {START: everything - 2, START + timedelta(days=1): 2}


def test_a_described_instance_was_started_and_has_bought_its_bandwidth(net: Net) -> None:
    vm = public_stories.stopped(net)
    bought = public_stories.created(net, internet_max_bandwidth_out=5)
    cloud = test_import.imported(net)
    assert cloud.check(c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=net.vswitch.id))
    assert cloud.check(c.AllocatePublicIpAddress(instance_id=bought.id))


def test_a_primary_interface_is_the_first_whenever_it_is_described(net: Net) -> None:
    vm = net.run()
    net.attached(vm)
    answers = describe(net.cloud)
    test_import.entries(answers, "NetworkInterfaceSets").reverse()
    cloud = test_import.imported(net, answers)
    assert cloud.instances[vm.id] == net.cloud.instances[vm.id]
    assert invariants(cloud) == ()


def test_a_primary_interface_is_the_first_in_whatever_order_it_was_recorded(net: Net) -> None:
    vm = net.run()
    net.attached(vm)
    *before, primary, secondary, _ = test_import.imported(net).history()  # the last says that there was an import
    store = MemoryStore()
    for record, event in zip((*before, primary, secondary), (*before, secondary, primary), strict=True):
        store.append([new_event(record, event.event)], {record.stream: record.version - 1})
    cloud = Cloud(store, clock=net.clock)
    assert cloud.instances[vm.id] == net.cloud.instances[vm.id]
    assert invariants(cloud) == ()


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
def test_the_id_of_a_described_resource_is_not_given_again(
    start: Callable[[], Net], create: Callable[[Net], Command[Any]]
) -> None:
    """The second of its kind is described as the only one: by its number the next is the second, and that is there."""
    net = start()
    net.cloud.execute(create(net))
    command = create(net)
    third = id_of(net.cloud.fork().execute(command))
    cloud = test_import.imported(net)
    assert id_of(cloud.execute(command)) == third
    assert invariants(cloud) == ()


def test_numbers_go_on_after_those_that_were_described(net: Net) -> None:
    vm, interface, address = net.run(), net.eni(), public_stories.eip(net)
    text = json.dumps(describe(net.cloud))
    for known in (vm.id, interface.id, address.id):
        text = text.replace(known, f"{known.partition('-')[0]}-foreign")
    cloud = test_import.imported(net, json.loads(text))
    for command in (net.run_command(), net.eni_command(), c.AllocateEipAddress()):
        here, there = cloud.execute(command), net.cloud.execute(command)
        assert str(here) == str(there)


# What has no command of its own


def test_a_waiting_bandwidth_goes_with_its_instance() -> None:
    """The rules keep a subscription until its changes have taken effect; a registry of one's own need not."""
    net = Net(rules=RuleRegistry())
    vm = subscription(net)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=10))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    net.clock.advance(timedelta(days=32))
    assert net.cloud.settle() == ()
    assert not net.cloud.instances


@pytest.mark.parametrize("missing", ["mac_address", "primary_network_interface_id"])
def test_an_instance_of_a_vpc_cannot_have_been_born_without_its_primary_interface(net: Net, missing: str) -> None:
    net.run()
    *before, last = net.cloud.history()
    store = MemoryStore()
    for record in before:
        store.append([new_event(record, record.event)], {record.stream: record.version - 1})
    store.append([new_event(last, replace(last.event, **{missing: None}))], {last.stream: last.version - 1})
    with pytest.raises(ReplayError, match="born with a primary ENI"):
        list(Cloud(store, clock=net.clock).instances)


@pytest.mark.parametrize(("bandwidth", "brings"), [(0, False), (1, True)])
def test_the_first_mbit_brings_an_address(net: Net, bandwidth: int, brings: bool) -> None:
    assert (net.run(internet_max_bandwidth_out=bandwidth).public_ip is not None) is brings


def test_one_created_instance_takes_one_address_and_one_place(net: Net) -> None:
    net.vswitch = net.new_vswitch("10.0.2.0/29")
    net.quota("addresses-per-security-group", 4)
    net.eni(secondary_private_ip_address_count=2)
    assert public_stories.created(net).private_ip == "10.0.2.4"


def test_a_release_while_pending_is_answered_as_not_yet_initialized(slow_net: Net) -> None:
    (violation,) = slow_net.cloud.check(test_rules.release_while_pending(slow_net)).violations
    assert (violation.code, violation.http_status) == ("IncorrectInstanceStatus.Initializing", 403)


# The intranet


def test_the_remedies_of_classic_link_are_whole_sentences() -> None:
    old, new = test_intranet.classic("sg-2"), test_intranet.vpc()
    elsewhere = test_intranet.classic("sg-2", linked_vpc_id="vpc-9")
    here = test_intranet.classic("sg-2", linked_vpc_id="vpc-1")
    paths = [test_intranet.path(end, new) for end in (old, elsewhere, here)]
    assert [path.remedy for path in paths] == [
        "Enable ClassicLink for vpc-1 and link the classic instance to it.",
        "Unlink the classic instance from vpc-9, for it has one link at a time; then enable ClassicLink for vpc-1 and "
        "link the classic instance to it.",
        "Nothing: ClassicLink links the classic instance to vpc-1.",
    ]
    assert {(path.rule, path.guide) for path in paths} == {("intranet.classic-link", "2.3")}


def test_the_link_of_a_classic_endpoint_has_a_name() -> None:
    with pytest.raises(InvalidCommand, match="linked_vpc_id must be a non-empty string"):
        test_intranet.classic(linked_vpc_id=" ")


# Lifecycles


class Lamp(StrEnum):
    On = "On"
    Off = "Off"


def test_a_lifecycle_may_have_one_status() -> None:
    one = Lifecycle("lamp", [Lamp.On], final=[Lamp.On], rows=[(INITIAL, InstanceStarted, Lamp.On)])
    assert one.transitions(InstanceStarted) == {INITIAL: Lamp.On}


def test_a_row_from_an_unknown_status_is_a_definition_error() -> None:
    rows = [(INITIAL, InstanceStarted, Lamp.On), ("Broken", InstanceReleased, Lamp.On)]
    with pytest.raises(LifecycleError, match="unknown status in the row Broken InstanceReleased On"):
        Lifecycle("lamp", [Lamp.On], final=[], rows=rows)


# Interfaces


def test_addresses_are_drawn_beside_a_primary_one_that_was_named(net: Net) -> None:
    interface = net.eni(primary_ip_address="10.0.1.9", secondary_private_ip_address_count=2)
    assert interface.private_ips == ("10.0.1.9", "10.0.1.1", "10.0.1.2")


def test_what_is_not_modified_stays(net: Net) -> None:
    interface = net.eni(network_interface_name="web-1", description="the first")
    other = net.new_group()
    changes: list[dict[str, Any]] = [
        {"network_interface_name": "web-2"},
        {"description": "the second"},
        {"security_group_ids": (other.id,)},
    ]
    seen = []
    for change in changes:
        command = c.ModifyNetworkInterfaceAttribute(network_interface_id=interface.id, **change)
        now = net.cloud.execute(command)
        seen.append((now.name, now.description, now.security_group_ids))
    assert seen == [
        ("web-2", "the first", (net.group.id,)),
        ("web-2", "the second", (net.group.id,)),
        ("web-2", "the second", (other.id,)),
    ]


def test_a_rule_of_ones_own_about_what_is_attached_is_asked_of_an_interface() -> None:
    own = RuleRegistry(rules)

    @own.denies("x.frozen", c.AttachNetworkInterface, message="{name} is frozen")
    def frozen(candidates: Any) -> dict[str, Any] | None:
        """What is frozen stays where it is."""
        return next(({"name": one.name} for one in candidates if one.name == "frozen-1"), None)

    net = Net(rules=own)
    permitted = net.cloud.permitted(net.eni(network_interface_name="frozen-1").id)
    assert [v.rule for v in permitted[c.AttachNetworkInterface].violations] == ["x.frozen"]
    assert net.cloud.permitted(net.eni(network_interface_name="free-1").id)[c.AttachNetworkInterface]


def test_the_last_of_two_waiting_bandwidths_counts() -> None:
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


# Facts


@pytest.mark.parametrize(
    ("story", "facts"),
    [
        (test_rules.named_addresses_leave_none_to_draw, {"available": 1, "wanted": 2}),
        (test_rules.create_with_eleven_secondary_addresses, {"count": 11, "quota": 10}),
        (test_rules.address_outside_the_vswitch, {"addresses": ("10.0.2.5",), "names": "10.0.2.5"}),
        (test_rules.revoke_an_address_of_another, {"addresses": ("10.0.1.2",), "names": "10.0.1.2"}),
    ],
)
def test_the_facts_tell_what_broke_the_rule(net: Net, story: Story, facts: dict[str, Any]) -> None:
    (violation,) = net.cloud.check(story(net)).violations
    assert facts.items() <= violation.facts.items()


def test_what_is_allocated_is_the_instances_from_then_on(net: Net) -> None:
    vm = public_stories.created(net, internet_max_bandwidth_out=5)
    allocated = net.cloud.execute(c.AllocatePublicIpAddress(instance_id=vm.id))
    assert allocated.public_ip == "198.18.0.1"
    assert net.cloud.instances.where(public_ip="198.18.0.1") == (allocated,)
    assert net.cloud.execute(c.AllocateEipAddress()).ip_address == "198.18.0.2"


# Security groups


def test_a_group_of_another_network_is_answered_by_what_it_is_and_who_asks(net: Net) -> None:
    classic = net.cloud.execute(c.CreateSecurityGroup()).id
    elsewhere = test_rules.other_vpc_group(net)

    def answered(command: Command[Any]) -> tuple[str, int, Any]:
        (violation,) = net.cloud.check(command).violations
        return violation.code, violation.http_status, violation.facts["security_group_ids"]

    mismatch, no_vpc = ("InvalidOperation.VpcMismatch", 403), ("InvalidSecurityGroupId.NotVpc", 403)
    both = [elsewhere, classic]
    assert answered(net.eni_command(security_group_ids=both)) == (*mismatch, tuple(both))
    assert answered(net.eni_command(security_group_ids=both[::-1])) == (*no_vpc, tuple(both[::-1]))
    assert answered(net.run_command(security_group_ids=[classic])) == ("InvalidParameter.Mismatch", 400, (classic,))


def test_an_authorization_between_networks_names_both(net: Net) -> None:
    classic = net.cloud.execute(c.CreateSecurityGroup()).id
    for group_id, source_id, networks in (
        (net.group.id, classic, (net.vpc.id, "the classic network")),
        (classic, net.group.id, ("the classic network", net.vpc.id)),
    ):
        command = c.AuthorizeSecurityGroup(security_group_id=group_id, source_group_id=source_id)
        (violation,) = net.cloud.check(command).violations
        assert (violation.facts["vpc_id"], violation.facts["source_vpc_id"]) == networks


def test_no_group_at_all_is_told_as_none(net: Net) -> None:
    vm = net.run()
    for command, code, http_status in (
        (net.eni_command(security_group_ids=[]), "MissingParameter", 400),
        (c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=vm.id), None, None),
    ):
        violation = next(v for v in net.cloud.check(command).violations if v.rule == "interface.security-groups.count")
        assert violation.facts == {"count": 0, "quota": 5}
        if code is not None:
            assert (violation.code, violation.http_status) == (code, http_status)


def test_the_first_address_of_an_interface_is_its_instances(net: Net) -> None:
    vm = net.run()
    net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=net.primary(vm).id, secondary_private_ip_address_count=1)
    )
    assert net.cloud.instances[vm.id].private_ip == vm.private_ip == net.primary(vm).private_ips[0]


# The indexes


def test_what_is_deleted_leaves_nothing_behind() -> None:
    net = Net(**OPEN)
    other = net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other.id))
    made = [net.run(internet_max_bandwidth_out=5), net.cloud.execute(classic_command(net))[0]]
    interface, address = net.attached(made[0]), public_stories.associated(net, net.run())
    for vm in (*made, net.cloud.instances[address.instance_id or ""]):
        net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert interface.id not in net.cloud.network_interfaces
    net.cloud.execute(c.ReleaseEipAddress(allocation_id=address.id))
    for group_id in [*net.cloud.security_groups]:
        net.cloud.execute(c.DeleteSecurityGroup(security_group_id=group_id))
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))
    region = net.cloud._world().region("cn-hangzhou")
    tables = {name: getattr(region, name) for name in region.__slots__ if hasattr(getattr(region, name), "size")}
    left = {name: sorted(map(str, table.live_keys())) for name, table in tables.items() if table.size}
    assert left == {}
    assert not any(region.usage.live_values())


def test_where_nothing_has_happened_the_past_is_empty() -> None:
    assert not Cloud().at(0).vpcs
    assert Cloud().at(0).history() == ()


# The registry


def test_a_rule_that_comes_later_judges_from_then_on() -> None:
    own = RuleRegistry(rules)
    net = Net(rules=own)
    command = c.DeleteNetworkInterface(network_interface_id=net.eni().id)
    assert net.cloud.check(command)
    own.denies("x.kept", c.DeleteNetworkInterface, message="kept")(lambda network_interface: {})
    assert [v.rule for v in net.cloud.check(command).violations] == ["x.kept"]


@pytest.mark.parametrize("pace", [timedelta(0), "manual"])
def test_a_created_instance_is_told_back_as_created_not_run(pace: Any) -> None:
    net = Net(settle_after=pace)
    run = net.run_command(region_id="cn-hangzhou", private_ip_address="10.0.1.9")
    create = c.CreateInstance(**{name: getattr(run, name) for name in run.__struct_fields__ if name != "amount"})
    assert told(net.cloud, create) == create
