"""The command that an event was recorded for is derived from the event."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import attrs
import pytest

from ecsnet import Cloud, Command, audit
from ecsnet import commands as c
from ecsnet.domain.causes import distances_to_causes
from ecsnet.domain.checks.commands_from_events import command_for
from ecsnet.domain.operation import Recording
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.support.net import Net
from tests.support.setups import OPEN, SUBSCRIPTION, classic_command
from tests.support.witnesses import COUNTER_WITNESSES, Story, named

NOT_TOLD_BACK = {"amount", "secondary_private_ip_address_count", "ipv4_prefix_count", "resource_ids"}
"""Of these an event has the outcome alone, or one of several."""


@pytest.mark.parametrize(("rule_id", "story", "options"), named(COUNTER_WITNESSES))
def test_the_events_of_a_command_yield_the_command(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    command = story(net)
    others = {name: value for name, value in options.items() if name not in ("start", "settle_after")}
    by_hand = Cloud(net.cloud.store, clock=net.clock, settle_after="manual", **others)
    for cloud in (net.cloud, by_hand):
        if cloud.check(command).events:
            again = told(cloud, command)
            assert type(again) is type(command)
            in_vpc = getattr(command, "vswitch_id", None) is not None
            assert_told(command, again, NOT_TOLD_BACK | ({"zone_id"} if in_vpc else set()))  # as the VSwitch tells


def assert_told(asked: Any, again: Any, but: Collection[str] = ()) -> None:
    """Asserts that a command restored from events has each parameter that was given; the others may be anything."""
    if isinstance(asked, tuple):
        assert len(asked) == len(again) or not asked
        for one, other in zip(asked, again, strict=False):
            assert_told(one, other)
    elif attrs.has(type(asked)):
        for name in set(attrs.fields_dict(type(asked))).difference(but):
            assert_told(getattr(asked, name), getattr(again, name))
    else:
        assert asked in (None, again)


def told(cloud: Cloud, command: Command[Any], region_id: str = "cn-hangzhou") -> Command[Any] | None:
    """Returns the command that is restored from the events of a command, None for one without a counterpart."""
    events = cloud.check(command).events
    distances = distances_to_causes(events)
    (asked, *_) = [number for number, distance in enumerate(distances) if distance is None]
    followers = tuple(
        event
        for number, event in enumerate(events)
        if (distance := distances[number]) is not None and number + distance == asked
    )
    region = cloud.folded_state().region(region_id)
    return command_for(region, Recording(events[asked], cloud.clock(), followers))


def test_a_launch_event_yields_every_parameter_that_rules_read(net: Net) -> None:
    run = net.run_command(
        region_id="cn-hangzhou",
        private_ip_address="10.0.1.9",
        internet_max_bandwidth_out=5,
        period=2,
        image_id="centos",
        instance_name="web-1",
        description="of the web",
        tags={"team": "web"},
        **SUBSCRIPTION,
    )
    assert told(net.cloud, run) == run
    drawn = told(net.cloud, net.run_command(region_id="cn-hangzhou"))
    assert drawn == net.run_command(region_id="cn-hangzhou", private_ip_address="10.0.1.1")


def test_a_classic_launch_event_yields_no_private_address() -> None:
    net = Net(**OPEN)
    run = classic_command(net, zone_id="cn-hangzhou-d", region_id="cn-hangzhou")
    assert told(net.cloud, run) == run


def test_an_event_of_a_new_resource_yields_the_region_and_what_it_is_called(net: Net) -> None:
    there: dict[str, Any] = {"region_id": "cn-beijing"}
    called: dict[str, Any] = {"description": "of the web", "tags": {"team": "web"}}
    for command in (
        c.CreateVpc(cidr_block="10.0.0.0/8", vpc_name="web", **there, **called),
        c.CreateSecurityGroup(security_group_name="web", **there, **called),
        c.AllocateEipAddress(name="web", **there, **called),
        c.SetQuota(name="vswitches-per-vpc", value=7, **there),
    ):
        assert told(net.cloud, command, "cn-beijing") == command
    vswitch = attrs.evolve(net.vswitch_command("10.0.2.0/24"), vswitch_name="web", **called)
    interface = net.eni_command(primary_ip_address="10.0.1.9", network_interface_name="web", **called)
    assert [told(net.cloud, one) for one in (vswitch, interface)] == [vswitch, interface]


def test_an_authorization_event_yields_the_source_account(net: Net) -> None:
    theirs = net.cloud.as_account("6543210987654321").execute(c.CreateSecurityGroup())
    mine = net.cloud.execute(c.CreateSecurityGroup())
    names: dict[str, Any] = {"security_group_id": mine.id, "source_group_id": theirs.id}
    for action in (c.AuthorizeSecurityGroup, c.RevokeSecurityGroup):
        command = action(source_account_id="6543210987654321", **names)
        assert told(net.cloud, command) == command
        net.cloud.execute(command)
    assert audit(net.cloud) == ()


def test_events_without_a_counter_witness_yield_their_command(net: Net) -> None:
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


@pytest.mark.parametrize("pace", [timedelta(0), "manual"])
def test_an_event_of_create_instance_does_not_yield_run_instances(pace: Any) -> None:
    net = Net(settle_after=pace)
    run = net.run_command(region_id="cn-hangzhou", private_ip_address="10.0.1.9")
    create = c.CreateInstance(**{name: getattr(run, name) for name in attrs.fields_dict(type(run)) if name != "amount"})
    assert told(net.cloud, create) == create


def test_a_launch_event_yields_what_was_said_of_each_new_eni(net: Net) -> None:
    new = c.NewNetworkInterface(
        vswitch_id=net.vswitch.id,
        security_group_ids=[net.group.id],
        primary_ip_address="10.0.1.20",
        network_interface_name="web-1",
        description="the second",
        delete_on_release=False,
    )
    run = net.run_command(region_id="cn-hangzhou", private_ip_address="10.0.1.9", network_interfaces=[new])
    assert told(net.cloud, run) == run


def test_a_renewal_after_the_end_yields_its_bandwidth(net: Net) -> None:
    vm = net.run(**SUBSCRIPTION)
    net.clock.advance(timedelta(days=40))
    renew = c.RenewInstance(instance_id=vm.id, period=2, internet_max_bandwidth_out=7)
    assert told(net.cloud, renew) == renew
