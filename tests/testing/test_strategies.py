"""Strategies: the values that they generate, shrink to and print, and the arguments that they refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, Unsatisfiable

from ecsnet import Cloud, Command, Eip, Instance, ManualClock, NetworkInterface, SecurityGroup, Vpc, VSwitch, strategies
from ecsnet import commands as c
from ecsnet.testing import START, Settle, cloud_after, invariants
from ecsnet.testing._scenarios import stored_again
from tests.support.hypothesis_settings import REPRODUCIBLE
from tests.support.net import Net

FEW = settings(REPRODUCIBLE, max_examples=15, phases=[Phase.generate, Phase.shrink])
MANY = settings(FEW, max_examples=300)
NO_SHRINKING = settings(MANY, phases=[Phase.generate])
PASSING = {"Pending", "Starting", "Stopping", "Creating", "Attaching", "Detaching", "Deleting"}
PASSING |= {"Associating", "Unassociating", "Releasing"}


def some(strategy: st.SearchStrategy[Any], such: Callable[[Any], object] = lambda one: True) -> Any:
    """Any example, such that ...; NoSuchExample is raised where none is found."""
    return find(strategy, such, settings=NO_SHRINKING)


def smallest(strategy: st.SearchStrategy[Any], such: Callable[[Any], object] = lambda one: True) -> Any:
    """Returns the example that Hypothesis shrinks to."""
    return find(strategy, such, settings=MANY)


def commands_in(cloud: Cloud) -> int:
    """Returns the number of commands that recorded an event."""
    return len({record.command_id for record in cloud.history() if record.settles is None})


def resources_of(cloud: Cloud) -> list[Any]:
    return [*cloud.instances.values(), *cloud.network_interfaces.values(), *cloud.eips.values()]


def passes(cloud: Cloud) -> bool:
    return any(one.status in PASSING for one in resources_of(cloud))


# Clouds


PACES: list[Any] = [timedelta(0), timedelta(seconds=5), "manual"]


@pytest.mark.parametrize("pace", PACES)
def test_clouds_are_sound_and_small_under_any_settle_after(pace: Any) -> None:
    @FEW
    @given(strategies.clouds(settle_after=pace))
    def check(cloud: Cloud) -> None:
        assert invariants(cloud) == ()
        assert commands_in(cloud) <= 12
        assert cloud.settle_after == pace
        assert len(resources_of(cloud)) <= 40

    check()


@pytest.mark.parametrize(("low", "high"), [(0, 0), (1, 1), (3, 3), (0, 4), (7, 9), (15, 15)])
@pytest.mark.parametrize("pace", ["at once", "manual"])
def test_clouds_have_the_requested_number_of_commands(low: int, high: int, pace: Any) -> None:
    options: dict[str, Any] = {} if pace == "at once" else {"settle_after": pace}

    @settings(FEW, max_examples=10)
    @given(strategies.clouds(min_commands=low, max_commands=high, **options))
    def check(cloud: Cloud) -> None:
        # a command that is accepted and changes nothing records nothing
        assert commands_in(cloud) <= high
        assert low == 0 or commands_in(cloud) >= 1

    check()


def test_min_commands_is_reached_by_repetition_if_necessary() -> None:
    """Creating always records something, so that the number can be seen."""
    creating = strategies.clouds(min_commands=4, max_commands=6, operations=[c.CreateVpc])
    for n in (4, 5, 6):
        assert some(creating, lambda cloud, n=n: len(cloud.vpcs) == n).vpcs
    assert len(smallest(creating).vpcs) == 4


@pytest.mark.parametrize("pace", ["manual", timedelta(seconds=5)])
def test_clouds_have_settled_and_transitional_resources(pace: Any) -> None:
    paced = strategies.clouds(settle_after=pace)
    assert passes(some(paced, passes))
    settled = some(paced, lambda cloud: cloud.instances and not passes(cloud))
    assert settled.instances


def test_clouds_with_settle_after_zero_have_no_transitional_resources() -> None:
    @FEW
    @given(strategies.clouds())
    def check(cloud: Cloud) -> None:
        assert not passes(cloud)

    check()


@pytest.mark.parametrize("table", ["vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips"])
def test_clouds_can_have_every_kind_of_resource(table: str) -> None:
    assert getattr(some(strategies.clouds(), lambda cloud: getattr(cloud, table)), table)


def test_clouds_are_built_by_the_requested_operations() -> None:
    operations = [c.CreateVpc, c.CreateVSwitch, c.DeleteVSwitch]

    @FEW
    @given(strategies.clouds(operations=operations))
    def check(cloud: Cloud) -> None:
        assert {record.type for record in cloud.history()} <= {"VpcCreated", "VSwitchCreated", "VSwitchDeleted"}

    check()
    deleted = some(strategies.clouds(operations=operations), lambda cloud: "VSwitchDeleted" in types(cloud))
    assert "VSwitchDeleted" in types(deleted)


def types(cloud: Cloud) -> list[str]:
    return [record.type for record in cloud.history()]


def test_operations_that_need_resources_alone_are_unsatisfiable() -> None:
    with pytest.raises(Unsatisfiable):
        some(strategies.clouds(min_commands=1, operations=[c.StopInstance]))


@pytest.mark.parametrize("region_id", ["cn-beijing", "eu-central-1", "xx-nowhere-9"])
def test_clouds_are_in_the_requested_region(region_id: str) -> None:
    cloud = some(strategies.clouds(region_id=region_id, account_id="42"), lambda cloud: cloud.instances)
    assert (cloud.region_id, cloud.account_id) == (region_id, "42")
    assert {vm.region_id for vm in cloud.instances.values()} == {region_id}


def test_clouds_can_start_at_another_time() -> None:
    cloud = some(strategies.clouds(clock=ManualClock(datetime(2017, 5, 20, tzinfo=UTC))), lambda one: one.vpcs)
    assert {vpc.created_at.year for vpc in cloud.vpcs.values()} == {2017}
    assert START.year == 2019


def test_a_given_clock_is_not_moved() -> None:
    """Else every example would begin later than the one before."""
    begin = datetime(2017, 5, 20, tzinfo=UTC)
    clock = ManualClock(begin)

    @FEW
    @given(strategies.clouds(min_commands=1, clock=clock, settle_after=timedelta(seconds=5)))
    def check(cloud: Cloud) -> None:
        assert cloud.history()[0].recorded_at == begin

    check()
    assert clock() == begin


def test_the_clouds_of_two_examples_are_independent() -> None:
    seen: list[Cloud] = []

    @FEW
    @given(strategies.clouds(max_commands=4))
    def check(cloud: Cloud) -> None:
        assert all(cloud.store is not one.store for one in seen)
        before = len(cloud.history())
        cloud.execute(c.CreateVpc(cidr_block="172.16.0.0/16"))
        assert len(cloud.history()) == before + 1
        seen.append(cloud)

    check()


# Commands


def busy() -> Cloud:
    net = Net()
    net.attached(net.run(), secondary_private_ip_address_count=2)
    net.eni()
    net.cloud.execute(c.AllocateEipAddress())
    return net.cloud


def test_legal_commands_are_allowed_and_execute() -> None:
    cloud = busy()

    @FEW
    @given(strategies.commands(cloud, legality="legal"))
    def check(command: Command[Any]) -> None:
        assert cloud.check(command).allowed
        cloud.fork().execute(command)

    check()


def test_illegal_commands_are_denied() -> None:
    cloud = busy()

    @FEW
    @given(strategies.commands(cloud, legality="illegal"))
    def check(command: Command[Any]) -> None:
        assert cloud.check(command).violations

    check()


@pytest.mark.parametrize("allowed", [True, False])
def test_mixed_commands_are_of_both_kinds(allowed: bool) -> None:
    cloud = busy()
    command = some(strategies.commands(cloud), lambda one: cloud.check(one).allowed is allowed)
    assert cloud.check(command).allowed is allowed


@pytest.mark.parametrize("legality", ["legal", "illegal", "mixed"])
def test_commands_are_of_the_requested_operations(legality: Any) -> None:
    cloud = busy()
    operations = (c.AttachNetworkInterface, c.DeleteNetworkInterface)

    @FEW
    @given(strategies.commands(cloud, legality=legality, operations=operations))
    def check(command: Command[Any]) -> None:
        assert type(command) in operations

    check()
    for operation in operations:
        strategy = strategies.commands(cloud, legality=legality, operations=operations)
        assert type(some(strategy, lambda one, operation=operation: type(one) is operation)) is operation


def test_a_rare_command_is_found() -> None:
    """Only one of many pairs is right."""
    net = Net()
    for _ in range(5):
        net.run()
    eni = net.attached(net.run())
    command = some(strategies.commands(net.cloud, legality="legal", operations=[c.DetachNetworkInterface]))
    assert (command.network_interface_id, command.instance_id) == (eni.id, eni.instance_id)


def test_drawing_commands_changes_nothing() -> None:
    cloud = busy()
    before = cloud.state_digest()
    some(strategies.commands(cloud, legality="illegal"))
    some(strategies.commands(cloud, legality="legal"))
    assert cloud.state_digest() == before


def test_the_legality_of_a_command_is_decided_when_it_is_drawn() -> None:
    """The strategy is made of an empty cloud, and goes with it."""
    cloud = cloud_after()
    legal = strategies.commands(cloud, legality="legal", operations=[c.DeleteVpc])
    with pytest.raises(Unsatisfiable):
        some(legal)
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert some(legal) == c.DeleteVpc(vpc_id=vpc.id)


# Histories


@pytest.mark.parametrize("pace", PACES)
def test_a_history_can_be_folded_again(pace: Any) -> None:
    @FEW
    @given(strategies.histories(settle_after=pace))
    def check(history: Any) -> None:
        assert history
        again = Cloud(stored_again(history))
        assert again.history() == history
        assert invariants(again) == ()

    check()


def test_a_history_shrinks_to_one_event() -> None:
    (record,) = smallest(strategies.histories())
    assert record.type == "VpcCreated"


# Resources

STATUSES: list[tuple[str, str]] = [
    *(("vpcs", one) for one in ("Pending", "Available", "Deleting")),
    *(("vswitches", one) for one in ("Pending", "Available")),
    *(("security_groups", one) for one in ("Available", "Deleting")),
    *(("instances", one) for one in ("Pending", "Starting", "Running", "Stopping", "Stopped")),
    *(("network_interfaces", one) for one in ("Available", "Attaching", "InUse", "Detaching", "Deleting")),
    *(("eips", one) for one in ("Available", "Associating", "InUse", "Unassociating", "Releasing")),
]


@pytest.mark.parametrize(("table", "status"), STATUSES)
def test_resources_have_the_requested_status(table: str, status: str) -> None:
    @settings(FEW, max_examples=5)
    @given(getattr(strategies, table)(status=status))
    def check(resource: Any) -> None:
        assert resource.status == status

    check()


@pytest.mark.parametrize(("table", "status"), STATUSES)
def test_resources_have_any_status_by_default(table: str, status: str) -> None:
    assert some(getattr(strategies, table)(), lambda one: one.status == status).status == status


KINDS: list[tuple[str, type[Any]]] = [
    ("vpcs", Vpc),
    ("vswitches", VSwitch),
    ("security_groups", SecurityGroup),
    ("instances", Instance),
    ("network_interfaces", NetworkInterface),
    ("eips", Eip),
]


@pytest.mark.parametrize(("table", "kind"), KINDS)
def test_a_resource_strategy_draws_resources_of_its_kind(table: str, kind: type[Any]) -> None:
    assert type(some(getattr(strategies, table)())) is kind


@pytest.mark.parametrize(("table", "kind"), KINDS)
def test_a_resource_can_be_drawn_by_its_type(table: str, kind: type[Any]) -> None:
    assert type(some(st.from_type(kind))) is kind


@pytest.mark.parametrize(("table", "kind"), KINDS)
def test_resources_can_be_drawn_from_a_given_cloud(table: str, kind: type[Any]) -> None:
    cloud = busy()

    @settings(FEW, max_examples=5)
    @given(getattr(strategies, table)(cloud))
    def check(resource: Any) -> None:
        assert resource == getattr(cloud, table)[resource.id]

    check()


def test_every_resource_of_a_given_cloud_can_be_drawn() -> None:
    cloud = busy()
    for eni in cloud.network_interfaces.values():
        of_this = strategies.network_interfaces(cloud)
        assert some(of_this, lambda one, eni=eni: one.id == eni.id) == eni


def test_resources_of_a_given_cloud_have_the_state_at_the_draw() -> None:
    net = Net()
    of_this = strategies.instances(net.cloud)
    with pytest.raises(Unsatisfiable):
        some(of_this)
    vm = net.run()
    assert some(of_this).status == "Running"
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert some(of_this).status == "Stopped"


@pytest.mark.parametrize(
    ("table", "attributes"),
    [
        ("network_interfaces", {"type": "Secondary"}),
        ("network_interfaces", {"type": "Primary"}),
        ("network_interfaces", {"type": "Secondary", "status": "InUse"}),
        ("network_interfaces", {"instance_id": None}),
        ("network_interfaces", {"private_ip": "10.0.0.1"}),
        ("instances", {"network_type": "vpc", "status": "Stopping"}),
        ("instances", {"eip_id": None}),
        ("eips", {"instance_id": None}),
        ("vswitches", {"cidr_block": "10.0.0.0/28"}),
        ("vpcs", {"cidr_block": "10.0.0.0/16"}),
        ("security_groups", {"private_ip_count": 0}),
    ],
)
def test_resources_have_the_requested_attributes(table: str, attributes: dict[str, Any]) -> None:
    @settings(FEW, max_examples=5)
    @given(getattr(strategies, table)(**attributes))
    def check(resource: Any) -> None:
        for name, value in attributes.items():
            found = getattr(resource, name, None) if hasattr(resource, name) else getattr(resource, f"{name}s")
            assert value in found if isinstance(found, tuple) else value == found

    check()


def test_resources_of_a_given_cloud_have_the_requested_attributes() -> None:
    cloud = busy()
    eni = some(strategies.network_interfaces(cloud, type="Secondary", status="InUse"))
    assert cloud.network_interfaces.where(type="Secondary", status="InUse") == (eni,)
    with pytest.raises(Unsatisfiable):
        some(strategies.network_interfaces(cloud, status="Attaching"))


# Addresses


@pytest.mark.parametrize(
    ("within", "min_mask", "max_mask"),
    [("10.0.0.0/8", 16, 29), ("192.168.0.0/16", 24, 24), ("172.16.0.0/12", 8, 14), ("10.1.2.0/24", 16, 28)],
)
def test_cidr_blocks_are_inside_and_have_masks_in_the_bounds(within: str, min_mask: int, max_mask: int) -> None:
    outer = IPv4Network(within)

    @settings(FEW, max_examples=50)
    @given(strategies.cidr_blocks(within=within, min_mask=min_mask, max_mask=max_mask))
    def check(cidr_block: str) -> None:
        block = IPv4Network(cidr_block)
        assert block.subnet_of(outer)
        assert max(min_mask, outer.prefixlen) <= block.prefixlen <= max_mask

    check()


def test_every_mask_in_the_bounds_can_be_drawn() -> None:
    for mask in (16, 20, 29):
        assert some(strategies.cidr_blocks(), lambda one, mask=mask: one.endswith(f"/{mask}"))


def test_the_last_block_can_be_drawn() -> None:
    assert some(strategies.cidr_blocks(within="10.0.0.0/28", max_mask=29), lambda one: one == "10.0.0.8/29")


def test_a_drawn_cidr_block_is_valid_for_a_vswitch() -> None:
    @FEW
    @given(strategies.cidr_blocks(within="10.0.0.0/16"))
    def check(cidr_block: str) -> None:
        cloud = cloud_after(c.CreateVpc(cidr_block="10.0.0.0/16"))
        (vpc_id,) = cloud.vpcs
        cloud.execute(c.CreateVSwitch(vpc_id=vpc_id, zone_id="cn-hangzhou-b", cidr_block=cidr_block))

    check()


@pytest.mark.parametrize("usable", [True, False])
@pytest.mark.parametrize("form", ["a VSwitch", "its block"])
def test_private_ips_are_usable_or_reserved_as_requested(usable: bool, form: str) -> None:
    net = Net()
    vswitch = net.new_vswitch("10.0.2.0/29")

    @settings(FEW, max_examples=50)
    @given(strategies.private_ips(vswitch if form == "a VSwitch" else vswitch.cidr_block, usable=usable))
    def check(ip: str) -> None:
        assert IPv4Address(ip) in IPv4Network(vswitch.cidr_block)
        decision = net.cloud.check(net.eni_command(vswitch_id=vswitch.id, primary_ip_address=ip))
        assert decision.allowed is usable

    check()


@pytest.mark.parametrize(("usable", "ips"), [(True, (1, 2, 3, 4)), (False, (0, 5, 6, 7))])
def test_every_private_ip_can_be_drawn(usable: bool, ips: tuple[int, ...]) -> None:
    strategy = strategies.private_ips("10.0.2.0/29", usable=usable)
    found = {some(strategy, lambda one, n=n: one == f"10.0.2.{n}") for n in ips}
    assert len(found) == 4


# Shrinking


def test_clouds_shrink_to_an_empty_one() -> None:
    assert smallest(strategies.clouds()).history() == ()


def test_a_cloud_with_an_instance_shrinks_to_four_commands() -> None:
    cloud = smallest(strategies.clouds(), lambda cloud: cloud.instances)
    assert commands_in(cloud) <= 4
    assert [len(table) for table in (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances)] == [1] * 4


def test_a_cloud_with_an_interface_beside_an_instance_shrinks_to_five_commands() -> None:
    def both(cloud: Cloud) -> object:
        return cloud.network_interfaces.where(type="Secondary") and cloud.instances

    assert commands_in(smallest(strategies.clouds(), both)) <= 5


def test_a_command_shrinks_to_one_that_names_existing_resources() -> None:
    cloud = busy()
    command = smallest(strategies.commands(cloud, operations=[c.StopInstance]))
    assert command == c.StopInstance(instance_id=next(iter(cloud.instances)))


def test_cidr_blocks_and_private_ips_shrink_to_the_first() -> None:
    assert smallest(strategies.cidr_blocks()) == "10.0.0.0/29"
    assert smallest(strategies.cidr_blocks(within="192.168.0.0/16", max_mask=24)) == "192.168.0.0/24"
    assert smallest(strategies.cidr_blocks(), lambda one: one.endswith("/20")) == "10.0.0.0/20"
    assert smallest(strategies.private_ips("10.0.1.0/24")) == "10.0.1.1"
    assert smallest(strategies.private_ips("10.0.1.0/24", usable=False)) == "10.0.1.0"


# What is printed


def printed(strategy: st.SearchStrategy[Any], fails: Callable[[Any], object]) -> str:
    """The call that Hypothesis notes on the error of a test that fails."""

    @MANY
    @given(strategy)
    def test(cloud: Any) -> None:
        assert not fails(cloud)

    with pytest.raises(AssertionError) as failed:
        test()
    (note,) = [note for note in failed.value.__notes__ if "test(" in note]
    return note[note.index("test(") :]


def pasted(call: str) -> Cloud:
    names = {**vars(c), "cloud_after": cloud_after, "Settle": Settle, "test": lambda cloud: cloud}
    cloud: Cloud = eval(call, names)
    return cloud


def test_a_failing_example_is_printed_as_a_call_that_rebuilds_it() -> None:
    call = printed(strategies.clouds(), lambda cloud: cloud.instances)
    assert "cloud=cloud_after(" in call
    for command in ("CreateVpc(", "CreateVSwitch(", "CreateSecurityGroup(", "RunInstances("):
        assert call.count(command) == 1
    assert len(pasted(call).instances) == 1


def test_a_printed_example_includes_its_settle_after() -> None:
    call = printed(strategies.clouds(settle_after="manual"), lambda cloud: cloud.instances.where(status="Running"))
    assert "settle_after='manual'" in call
    assert call.count("Settle(") == 3  # of the VPC, of the VSwitch, and of the instance
    assert pasted(call).instances.where(status="Running")


def test_a_printed_example_includes_its_clock() -> None:
    """Not as an object somewhere in memory."""
    clock = ManualClock(datetime(2017, 5, 20, tzinfo=UTC))
    assert " object at 0x" not in printed(strategies.clouds(clock=clock), lambda cloud: True)


def test_an_empty_cloud_is_printed_without_commands() -> None:
    assert "cloud=cloud_after()" in printed(strategies.clouds(), lambda cloud: True)


def test_the_repr_of_a_strategy_shows_its_arguments() -> None:
    assert "low=2" in repr(strategies.clouds(min_commands=2, operations=[c.CreateVpc]))


# What is refused

SMALL = cloud_after(c.CreateVpc(cidr_block="10.0.0.0/16"))
REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("a block with host bits", lambda: strategies.cidr_blocks(within="10.0.0.1/8"), "within must be an IPv4 CIDR"),
    ("no block", lambda: strategies.cidr_blocks(within="everywhere"), "not 'everywhere'"),
    ("None for a block", lambda: strategies.cidr_blocks(within=None), "within must be an IPv4 CIDR"),
    ("IPv6", lambda: strategies.cidr_blocks(within="fd00::/8"), "not 'fd00::/8'"),
    ("masks upside down", lambda: strategies.cidr_blocks(min_mask=24, max_mask=20), "has a mask of 24 to 20"),
    ("no room", lambda: strategies.cidr_blocks(within="10.0.0.0/24", max_mask=20), "no block inside 10.0.0.0/24"),
    ("a mask of 33", lambda: strategies.cidr_blocks(max_mask=33), "max_mask must be a whole number from 0 to 32"),
    ("a mask below 0", lambda: strategies.cidr_blocks(min_mask=-1), "min_mask must be a whole number from 0 to 32"),
    ("a mask in words", lambda: strategies.cidr_blocks(min_mask="16"), "not '16'"),
    ("a mask that is a truth", lambda: strategies.cidr_blocks(max_mask=True), "not True"),
    ("too small a block", lambda: strategies.private_ips("10.0.0.0/30"), "has no address that an ENI may have"),
    ("no address block", lambda: strategies.private_ips("here"), "not 'here'"),
    ("a VPC id", lambda: strategies.private_ips("vpc-1", usable=False), "not 'vpc-1'"),
    ("None for a VSwitch", lambda: strategies.private_ips(None), "vswitch must be"),
    ("no cloud", lambda: strategies.commands("cn-hangzhou"), "cloud must be a Cloud, not 'cn-hangzhou'"),
    ("None for a cloud", lambda: strategies.commands(None), "cloud must be a Cloud, not None"),
    ("a legality", lambda: strategies.commands(SMALL, legality="Legal"), "not 'Legal'"),
    ("no operations", lambda: strategies.commands(SMALL, operations=[]), "operations must be classes of"),
    ("a command", lambda: strategies.commands(SMALL, operations=[c.DeleteVpc(vpc_id="v")]), "DeleteVpc(vpc_id='v')"),
    ("an operation's name", lambda: strategies.commands(SMALL, operations=["CreateVpc"]), "['CreateVpc']"),
    ("one operation", lambda: strategies.commands(SMALL, operations=c.CreateVpc), "operations must be classes of"),
    ("the base", lambda: strategies.commands(SMALL, operations=[Command]), "operations must be classes of"),
    ("a cloud of no operations", lambda: strategies.clouds(operations=[]), "operations must be classes of"),
    ("a cloud of wrong operations", lambda: strategies.clouds(operations=[int]), "operations must be classes of"),
    ("a cloud of one operation", lambda: strategies.clouds(operations=c.CreateVpc), "operations must be classes of"),
    ("a store", lambda: strategies.clouds(store="network.db"), "there is no store to choose"),
    ("another option", lambda: strategies.clouds(stores=1), "stores"),
    ("a pace", lambda: strategies.clouds(settle_after="later"), "settle_after"),
    ("a pace below 0", lambda: strategies.clouds(settle_after=timedelta(-1)), "settle_after"),
    ("less than nothing", lambda: strategies.clouds(min_commands=-1), "min_commands must be a whole number"),
    ("a half", lambda: strategies.clouds(max_commands=0.5), "max_commands must be a whole number from 0"),
    ("upside down", lambda: strategies.clouds(min_commands=5, max_commands=4), "max_commands must be a whole number"),
    ("an empty history", lambda: strategies.histories(max_commands=0), "max_commands must be a whole number from 1"),
    ("a history's store", lambda: strategies.histories(store=None), "there is no store to choose"),
    ("no attribute", lambda: strategies.instances(colour="red"), "instances have no attribute 'colour'"),
    ("a singular of nothing", lambda: strategies.vpcs(cidr_bloc="10"), "vpcs have no attribute 'cidr_bloc'"),
    ("a VPC's status", lambda: strategies.vpcs(status="InUse"), "status must be one of Available, Pending, Deleting"),
    ("what is gone", lambda: strategies.instances(status="Released"), "status must be one of Running, Stopped"),
    ("what is gone, too", lambda: strategies.network_interfaces(status="Deleted"), "not 'Deleted'"),
    ("another's status", lambda: strategies.eips(status="Running"), "status must be one of Available, InUse"),
    ("several statuses", lambda: strategies.instances(status=["Running"]), "status must be one of"),
    ("a status of a cloud", lambda: strategies.instances(SMALL, status="running"), "not 'running'"),
    ("another cloud", lambda: strategies.network_interfaces(SMALL.vpcs), "cloud must be a Cloud"),
]


@pytest.mark.parametrize(("strategy", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_invalid_arguments_are_refused_when_the_strategy_is_built(strategy: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        strategy()
    assert message in str(refused.value)


def test_a_min_commands_above_the_default_maximum_raises_the_maximum() -> None:
    large = find(strategies.clouds(min_commands=20), lambda cloud: True, settings=NO_SHRINKING)
    assert len(large.history()) >= 20


def test_every_public_strategy_is_documented() -> None:
    for name in strategies.__all__:
        assert getattr(strategies, name).__doc__
