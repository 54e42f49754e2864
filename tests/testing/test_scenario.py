"""Scenarios: the steps of given, when and then, and the message of every unmet expectation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecsnet import Cloud, Command, ManualClock
from ecsnet import commands as c
from ecsnet.errors import CommandDenied, ReplayError
from ecsnet.events.eip import EipAddressAllocated, EipAddressAssociateRequested
from ecsnet.events.instance import InstanceStopped, InstanceStopRequested
from ecsnet.events.security_group import SecurityGroupCreated
from ecsnet.events.vpc import VpcCreated, VpcDeleted, VSwitchCreated
from ecsnet.testing import START, Scenario, Settle, Wait, cloud_after, invariants, scenario

CREATE_VPC = c.CreateVpc(cidr_block="10.0.0.0/16")
VPC = VpcCreated(vpc_id="vpc-1", cidr_block="10.0.0.0/16")
VSWITCH = VSwitchCreated(vswitch_id="vsw-1", vpc_id="vpc-1", zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24")
GROUP = SecurityGroupCreated(security_group_id="sg-1", vpc_id="vpc-1")
RUN = c.RunInstances(instance_type="ecs.g5.large", vswitch_id="vsw-1", security_group_ids=["sg-1"])
SAME_BLOCK = c.CreateVSwitch(vpc_id="vpc-1", zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24")


def the(table: str) -> Callable[[Cloud], str]:
    """The id of the only one there is."""
    return lambda cloud: next(iter(getattr(cloud, table)))


def stop(cloud: Cloud) -> Command[Any]:
    return c.StopInstance(instance_id=the("instances")(cloud))


def associate(cloud: Cloud) -> Command[Any]:
    return c.AssociateEipAddress(allocation_id=the("eips")(cloud), instance_id=the("instances")(cloud))


def running(**options: Any) -> Scenario:
    """An instance that runs, and has settled."""
    return scenario(**options).given(VPC, VSWITCH, GROUP, RUN, Settle())


# What was given


def test_given_executes_commands() -> None:
    story = scenario().given(CREATE_VPC, lambda cloud: c.CreateSecurityGroup(vpc_id=the("vpcs")(cloud)))
    assert [record.type for record in story.cloud.history()] == ["VpcCreated", "SecurityGroupCreated"]


def test_given_records_events_with_their_ids_without_applying_rules() -> None:
    """Two VSwitches with one block: no command would do that."""
    twice = VSwitchCreated(vswitch_id="vsw-2", vpc_id="vpc-1", zone_id="nowhere", cidr_block="10.0.1.0/24")
    story = scenario().given(VPC, VSWITCH, twice)
    assert list(story.cloud.vswitches) == ["vsw-1", "vsw-2"]
    assert {breach.invariant for breach in invariants(story.cloud)} == {"vswitch.create.overlap"}


def test_given_refuses_an_event_that_cannot_be_folded() -> None:
    with pytest.raises(ReplayError):
        scenario().given(VSWITCH)


def test_given_events_belong_to_the_account_region_and_time_of_the_cloud() -> None:
    clock = ManualClock(datetime(2017, 5, 20, tzinfo=UTC))
    (vpc,) = scenario(region_id="cn-beijing", account_id="42", clock=clock).given(VPC).cloud.vpcs.values()
    assert (vpc.id, vpc.region_id, vpc.account_id, vpc.created_at) == ("vpc-1", "cn-beijing", "42", clock())


def test_given_can_be_called_several_times() -> None:
    story = scenario().given().given(VPC).given(VSWITCH, GROUP)
    story.when(RUN).shows("vsw-1", available_ip_address_count=251)


def test_given_raises_for_a_denied_command() -> None:
    with pytest.raises(CommandDenied):
        scenario().given(VPC, VSWITCH, SAME_BLOCK)


def test_a_settle_step_completes_transitions() -> None:
    story = scenario(settle_after="manual").given(VPC, VSWITCH, GROUP, RUN)
    story.shows(the("instances")(story.cloud), status="Pending")
    story.given(Settle()).shows(the("instances")(story.cloud), status="Running")


def test_a_settle_step_can_name_one_resource() -> None:
    story = running(settle_after="manual").given(RUN)
    first, second = story.cloud.instances
    story.given(c.StopInstance(instance_id=first), Settle(second))
    story.shows(first, status="Stopping").shows(second, status="Running")


def test_a_wait_step_advances_the_clock() -> None:
    story = scenario(settle_after=timedelta(seconds=5)).given(VPC, VSWITCH, GROUP, RUN, Wait(timedelta(seconds=4)))
    vm = the("instances")(story.cloud)
    story.shows(vm, status="Pending").given(Wait(timedelta(seconds=1))).shows(vm, status="Running")
    assert story.cloud.clock() == START + timedelta(seconds=5)


def test_a_wait_step_needs_a_manual_clock() -> None:
    with pytest.raises(TypeError, match="ManualClock"):
        scenario(clock=lambda: START).given(Wait(timedelta(seconds=1)))


# When, then


def test_then_compares_events() -> None:
    story = scenario().given(VPC).when(SAME_BLOCK)
    (vswitch,) = story.cloud.vswitches
    story.then(VSwitchCreated(vswitch_id=vswitch, vpc_id="vpc-1", zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))


def test_then_compares_event_types_and_events_together() -> None:
    scenario().given(VPC).when(c.DeleteVpc(vpc_id="vpc-1")).then(VpcDeleted).then(VpcDeleted(vpc_id="vpc-1"))


def test_then_compares_all_events_in_order() -> None:
    story = running().given(c.AllocateEipAddress(), associate)
    before = len(story.cloud.history())
    story.when(lambda cloud: c.DeleteInstance(instance_id=the("instances")(cloud), force=True))
    events = [record.event for record in story.cloud.history()[before:]]
    assert len(events) > 1
    story.then(*events)
    for wrong in (events[::-1], events[1:], [*events, events[-1]]):
        with pytest.raises(AssertionError):
            story.then(*wrong)


def test_enabling_classic_link_again_records_no_event() -> None:
    enable = c.EnableVpcClassicLink(vpc_id="vpc-1")
    scenario().given(VPC, enable).when(enable).then()


def test_when_accepts_an_event_a_settle_and_a_wait() -> None:
    story = running(settle_after="manual").when(VPC_2).then(VPC_2)
    story.when(stop).then(InstanceStopRequested).when(Settle()).then(InstanceStopped)
    story.when(Settle()).then().when(Wait(timedelta(seconds=1))).then()


VPC_2 = VpcCreated(vpc_id="vpc-2", cidr_block="10.1.0.0/16")


def test_a_scenario_can_have_several_whens() -> None:
    story = scenario().given(VPC).when(SAME_BLOCK).then(VSwitchCreated)
    story.when(SAME_BLOCK).denied("vswitch.create.overlap")
    story.given(GROUP).when(c.DeleteVpc(vpc_id="vpc-1")).denied("vpc.delete.in-use")
    vswitch = the("vswitches")(story.cloud)
    story.given(c.DeleteVSwitch(vswitch_id=vswitch), c.DeleteSecurityGroup(security_group_id="sg-1"))
    story.when(c.DeleteVpc(vpc_id="vpc-1")).then(VpcDeleted)
    assert len(story.cloud.vpcs) == 0


def test_denied_refers_to_the_last_when() -> None:
    story = scenario().given(VPC, VSWITCH).when(SAME_BLOCK).denied("vswitch.create.overlap")
    story.when(VPC_2).then(VpcCreated)
    with pytest.raises(AssertionError, match="expected to be denied"):
        story.denied("vswitch.create.overlap")


def test_denied_accepts_any_of_the_violated_rules() -> None:
    wrong = c.CreateVSwitch(vpc_id="vpc-1", zone_id="nowhere-1", cidr_block="10.0.1.0/30")
    story = scenario().given(VPC, VSWITCH).when(wrong)
    story.denied("vswitch.create.zone").denied("vswitch.create.cidr", "vswitch.create.overlap")
    story.denied("vswitch.create.zone", "vswitch.create.cidr", "vswitch.create.overlap").denied()


def test_a_denied_when_changes_nothing() -> None:
    story = running()
    before, history = story.cloud.state_digest(), story.cloud.history()
    for wrong in (SAME_BLOCK, c.DeleteVpc(vpc_id="vpc-1"), c.StopInstance(instance_id="i-none")):
        story.when(wrong).denied()
    assert story.cloud.state_digest() == before
    assert story.cloud.history() == history


def test_shows_compares_attributes_of_every_kind_of_resource() -> None:
    story = running().given(c.AllocateEipAddress())
    vm, eni = the("instances")(story.cloud), the("network_interfaces")(story.cloud)
    story.shows("vpc-1", cidr_block="10.0.0.0/16").shows("vsw-1", zone_id="cn-hangzhou-b", vpc_id="vpc-1")
    story.shows("sg-1", private_ip_count=1).shows(vm, status="Running", network_interface_ids=(eni,), eip_id=None)
    story.shows(eni, type="Primary", private_ips=("10.0.1.1",)).shows(the("eips")(story.cloud), status="Available")
    story.shows("vpc-1")


# Where a story begins


def test_a_scenario_forks_the_cloud_it_is_given() -> None:
    cloud = cloud_after(CREATE_VPC)
    before, history = cloud.state_digest(), cloud.history()
    story = scenario(cloud).given(VPC_2).when(c.DeleteVpc(vpc_id=the("vpcs")(cloud))).then(VpcDeleted)
    assert list(story.cloud.vpcs) == ["vpc-2"]
    assert cloud.state_digest() == before
    assert cloud.history() == history


def test_two_scenarios_of_one_cloud_are_independent() -> None:
    cloud = cloud_after(CREATE_VPC)
    one, other = scenario(cloud).given(VPC), scenario(cloud).given(VPC_2)
    assert len(one.cloud.vpcs) == len(other.cloud.vpcs) == 2


def test_a_wait_in_a_scenario_does_not_advance_the_clock_of_its_cloud() -> None:
    story = running(settle_after=timedelta(seconds=5)).given(Wait(timedelta(seconds=5)), stop)
    cloud = story.cloud
    vm, now = the("instances")(cloud), cloud.clock()
    before = cloud.instances[vm]
    scenario(cloud).given(Wait(timedelta(seconds=5))).shows(vm, status="Stopped")
    assert cloud.clock() == now
    assert cloud.instances[vm] == before


def test_a_scenario_keeps_the_options_of_its_cloud() -> None:
    story = scenario(cloud_after(CREATE_VPC, settle_after="manual", region_id="cn-beijing", account_id="42"))
    assert (story.cloud.region_id, story.cloud.account_id) == ("cn-beijing", "42")
    assert story.cloud.settle_after == "manual"


def test_a_scenario_of_a_given_cloud_takes_no_options() -> None:
    with pytest.raises(TypeError):
        scenario(cloud_after(), settle_after="manual")


def test_a_scenario_can_begin_at_a_past_cloud() -> None:
    cloud = cloud_after(CREATE_VPC, c.AllocateEipAddress())
    scenario(cloud.at(1)).when(c.AllocateEipAddress()).then(EipAddressAllocated)


# Under a pace


def test_then_leaves_out_the_events_of_due_transitions() -> None:
    """A transition that was due is recorded with the next command in the region, before its own events."""
    story = scenario(settle_after=timedelta(seconds=5)).given(VPC, VSWITCH, GROUP, RUN, Wait(timedelta(seconds=9)))
    before = len(story.cloud.history())
    story.when(stop).then(InstanceStopRequested)
    settled, own = story.cloud.history()[before:]
    assert (settled.type, own.type) == ("InstanceStarted", "InstanceStopRequested")
    assert settled.recorded_at == START + timedelta(seconds=5)


def test_a_denied_when_records_no_due_transitions() -> None:
    story = scenario(settle_after=timedelta(seconds=5)).given(VPC, VSWITCH, GROUP, RUN, Wait(timedelta(seconds=9)))
    before = story.cloud.history()
    story.when(c.StartInstance(instance_id=the("instances")(story.cloud))).denied()
    assert story.cloud.history() == before


def test_a_command_without_effect_has_no_events_when_transitions_are_due() -> None:
    enable = c.EnableVpcClassicLink(vpc_id="vpc-1")
    story = scenario(settle_after=timedelta(seconds=5)).given(VPC, VSWITCH, GROUP, enable, RUN)
    story.given(Wait(timedelta(seconds=9))).when(enable).then()


def test_a_settle_step_has_only_the_transitions_that_are_due() -> None:
    story = running(settle_after=timedelta(seconds=5)).given(Wait(timedelta(seconds=5)), stop)
    story.when(Settle()).then().given(Wait(timedelta(seconds=5))).when(Settle()).then(InstanceStopped)


# How expectations are not met


def overlapping() -> Scenario:
    return scenario().given(VPC, VSWITCH).when(SAME_BLOCK)


def allowed() -> Scenario:
    return scenario().given(VPC).when(c.DeleteVpc(vpc_id="vpc-1"))


WRONG: list[tuple[str, Callable[[], object], list[str]]] = [
    ("nothing was done", lambda: scenario().then(), ["no step was executed yet"]),
    ("nothing but given", lambda: scenario().given(VPC).then(VpcCreated), ["no step was executed yet", "when"]),
    ("nothing was refused", lambda: scenario().denied("vpc.delete.in-use"), ["no step was executed yet"]),
    ("no reason at all", lambda: allowed().denied(), ["expected to be denied", "VpcDeleted(vpc_id='vpc-1')"]),
    ("then, but denied", lambda: overlapping().then(VSwitchCreated), ["VSwitchCreated", "CreateVSwitch denied"]),
    ("nothing, but denied", lambda: overlapping().then(), ["vswitch.create.overlap", "InvalidCidrBlock.Overlapped"]),
    ("another type", lambda: allowed().then(VpcCreated), ["VpcCreated", "[VpcDeleted(vpc_id='vpc-1')] happened"]),
    ("another event", lambda: allowed().then(VpcDeleted(vpc_id="vpc-2")), ["'vpc-2'", "'vpc-1'", "happened"]),
    ("too few", lambda: allowed().then(), ["expected []", "VpcDeleted(vpc_id='vpc-1')"]),
    ("too many", lambda: allowed().then(VpcDeleted, VpcDeleted), ["expected [", "VpcDeleted(vpc_id='vpc-1')"]),
    ("denied, but done", lambda: allowed().denied("vpc.delete.in-use"), ["denied by vpc.delete.in-use", "VpcDeleted"]),
    ("another rule", lambda: overlapping().denied("vswitch.create.zone"), ["vswitch.create.zone", "create.overlap"]),
    (
        "one rule of two",
        lambda: overlapping().denied("vswitch.create.overlap", "vswitch.create.zone"),
        ["expected to be denied by vswitch.create.zone, but"],
    ),
    ("no resource", lambda: allowed().shows("vpc-1", cidr_block="10.0.0.0/16"), ["there is no vpc-1"]),
    (
        "another value",
        lambda: scenario().given(VPC).shows("vpc-1", cidr_block="10.1.0.0/16", account_id="1234567890123456"),
        ["vpc-1", "10.1.0.0/16", "10.0.0.0/16"],
    ),
]


@pytest.mark.parametrize(("tell", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_an_unmet_expectation_raises_with_expected_and_actual(tell: Callable[[], object], words: list[str]) -> None:
    with pytest.raises(AssertionError) as wrong:
        tell()
    for word in words:
        assert word in str(wrong.value)


def test_the_denial_is_the_cause_of_the_assertion_error() -> None:
    with pytest.raises(AssertionError) as wrong:
        overlapping().then(VSwitchCreated)
    assert isinstance(wrong.value.__cause__, CommandDenied)


def test_shows_raises_for_an_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="colour"):
        scenario().given(VPC).shows("vpc-1", colour="red")


def test_given_refuses_what_is_not_a_step() -> None:
    with pytest.raises(TypeError):
        scenario().given("CreateVpc")  # type: ignore[arg-type]


def test_an_eip_is_associated_in_two_events() -> None:
    """The whole of it, once, as a reader would write it."""
    story = running(settle_after="manual").given(c.AllocateEipAddress()).when(associate)
    story.then(EipAddressAssociateRequested).shows(the("eips")(story.cloud), status="Associating")
    story.when(associate).denied("eip.associate.state").given(Settle())
    story.shows(the("eips")(story.cloud), status="InUse", instance_id=the("instances")(story.cloud))
