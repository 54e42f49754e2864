"""The bounds of numbers, times, texts and lists: an invalid value is refused where it is given."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecsnet import (
    Cloud,
    EcsnetError,
    Endpoint,
    InstanceType,
    InvalidArgument,
    InvalidCommand,
    ManualClock,
    RuleRegistry,
    network_capabilities,
    rules,
    traffic_charge,
)
from ecsnet import commands as c
from ecsnet._arguments import named, shown
from ecsnet.clocks import END_OF_TIME, later
from tests.support.net import START, Net

SUBSCRIPTION: dict[str, Any] = {"instance_charge_type": "PrePaid"}
END = datetime.max.replace(tzinfo=UTC)
HOUR = timedelta(hours=1)
VPC = c.CreateVpc(cidr_block="10.0.0.0/16")
TOO_LONG_TO_WRITE = 10**5_000  # Python refuses to write a number of more than 4,300 digits

NO_MOMENTS = [-1, 1, 10**30, TOO_LONG_TO_WRITE, True, 0.0, "0", None, [], START.replace(tzinfo=None)]

# Numbers


@pytest.mark.parametrize(
    ("command", "parameters", "most"),
    [
        (c.RenewInstance, {"instance_id": "i-1", "period": 60}, "period"),
        (c.SetQuota, {"name": "interfaces-per-region", "value": 1_000_000}, "value"),
        (
            c.AssignPrivateIpAddresses,
            {"network_interface_id": "eni-1", "secondary_private_ip_address_count": 65_536},
            "secondary_private_ip_address_count",
        ),
        (c.ModifyInstanceNetworkSpec, {"instance_id": "i-1", "internet_max_bandwidth_out": 200}, "internet"),
    ],
)
def test_a_number_above_its_maximum_is_refused(command: type[Any], parameters: dict[str, Any], most: str) -> None:
    command(**parameters)
    (name,) = (name for name in parameters if name.startswith(most))
    for more in (parameters[name] + 1, 10**30, TOO_LONG_TO_WRITE):
        with pytest.raises(InvalidCommand, match=f"{name} must be"):
            command(**{**parameters, name: more})


def test_a_message_shows_a_huge_number_by_its_length() -> None:
    with pytest.raises(InvalidCommand, match="not a number of some 5,001 digits"):
        c.SetQuota(name="interfaces-per-region", value=TOO_LONG_TO_WRITE)
    assert shown(-TOO_LONG_TO_WRITE) == "a number of some 5,001 digits"
    assert shown([TOO_LONG_TO_WRITE]) == "[a number of some 5,001 digits]"


def test_a_value_in_a_message_is_abbreviated_and_never_raises() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    for value in (deep, "x" * 1_000_000, list(range(100_000)), {"a": deep}, {deep[0].__class__: 1}):
        assert len(shown(value)) < 700
    assert named("vpc-1") == "vpc-1"
    assert named("\x1b[31m") == r"'\x1b[31m'"


@pytest.mark.parametrize("position", NO_MOMENTS, ids=shown)
def test_at_refuses_what_is_neither_a_position_nor_an_aware_datetime(position: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Cloud().at(position)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("store", ["memory", "file"])
@pytest.mark.parametrize("after", [-1, True, 1.0, "1", None, 2**63, 10**30], ids=shown)
def test_history_refuses_an_after_that_is_not_a_position(store: str, after: Any, tmp_path: Path) -> None:
    with Cloud(tmp_path / "net.db" if store == "file" else None) as cloud:
        cloud.execute(VPC)
        assert cloud.history(after=2**63 - 1) == cloud.history(after=1) == ()
        with pytest.raises(InvalidArgument, match="after must be a position"):
            cloud.history(after=after)


# Times


def test_settle_after_is_at_most_ten_thousand_days() -> None:
    assert Cloud(settle_after=timedelta(days=10_000)).execute(VPC)
    for longer in (timedelta(days=10_000, microseconds=1), timedelta.max, -timedelta.resolution, 5, None, "at once"):
        with pytest.raises(InvalidArgument, match="settle_after is a timedelta of 0 to 10,000 days or 'manual'"):
            Cloud(settle_after=longer)  # type: ignore[arg-type]


@pytest.mark.parametrize("by", [timedelta.max, END - START + timedelta.resolution, -HOUR, 5, None, "1"], ids=shown)
def test_a_refused_advance_leaves_the_clock_unchanged(by: Any) -> None:
    clock = ManualClock(START)
    with pytest.raises(InvalidArgument) as refused:
        clock.advance(by)
    assert isinstance(refused.value, ValueError)
    assert clock() == START
    clock.advance(END - START)
    assert clock() == END


@pytest.mark.parametrize(
    "moment",
    [
        END.replace(tzinfo=timezone(-HOUR)),
        datetime.min.replace(tzinfo=timezone(HOUR)),
        START.replace(tzinfo=None),
        None,
        0,
        "2019-03-11",
        START.date(),
    ],
    ids=shown,
)
def test_a_time_that_is_not_an_aware_utc_datetime_is_refused_everywhere(moment: Any) -> None:
    clock, cloud = ManualClock(START), Cloud()
    for give in (ManualClock, clock.set, lambda it: Cloud(clock=lambda: it).execute(VPC)):
        with pytest.raises(InvalidArgument):
            give(moment)
    if moment != 0:
        with pytest.raises(InvalidArgument):
            cloud.at(moment)
    assert clock() == START


def test_a_clock_that_is_not_callable_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="clock must be callable"):
        Cloud(clock=START)  # type: ignore[arg-type]


@pytest.mark.parametrize("moment", [END, datetime.min.replace(tzinfo=UTC)])
def test_a_cloud_works_at_the_first_and_last_times_of_the_calendar(moment: datetime) -> None:
    net = Net(start=moment)
    vm = net.run(internet_max_bandwidth_out=5)
    net.attached(vm)
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    net.cloud.execute(c.ChangePublicIpAddress(instance_id=vm.id))
    assert len(net.cloud.at(moment).instances) == 1


def test_a_subscription_that_would_end_after_the_calendar_is_denied() -> None:
    net = Net(start=datetime(9999, 12, 15, tzinfo=UTC))
    decision = net.cloud.check(net.run_command(**SUBSCRIPTION))
    assert [violation.rule for violation in decision.violations] == ["instance.period.calendar"]
    assert decision.violations[0].facts == {"months": 1, "paid_from": net.clock()}
    assert net.cloud.check(net.run_command())


def test_without_the_calendar_rule_a_subscription_ends_with_the_calendar() -> None:
    net = Net(start=datetime(9999, 12, 15, tzinfo=UTC), rules=rules.without("instance.period.calendar"))
    vm = net.run(**SUBSCRIPTION, period=60)
    assert vm.expires_at == END_OF_TIME
    assert net.cloud.execute(c.RenewInstance(instance_id=vm.id)).expires_at == END_OF_TIME


def test_a_time_after_the_calendar_becomes_its_last_time() -> None:
    assert later(START, HOUR) == START + HOUR
    assert later(END, timedelta.resolution) == later(START, timedelta.max) == END_OF_TIME == END


# Texts

NO_TEXTS = ["\ud800x", "a\x00", "a\nb", "\x1b[31m", "", " ", "a" * 129, 5, None, b"a", ["a"]]
NO_REGIONS = ["hangzhou", "CN-hangzhou", "cn-hangzhou\n", "account/1", "cn-" + "a" * 126]


@pytest.mark.parametrize("text", NO_TEXTS, ids=shown)
def test_an_id_is_printable_text_of_at_most_128_characters(text: Any) -> None:
    with pytest.raises(InvalidCommand, match=r"^vpc_id must"):
        c.DeleteVpc(vpc_id=text)
    with pytest.raises(InvalidCommand, match=r"^security_group_ids must"):
        c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1", text])
    with pytest.raises(InvalidCommand):
        Endpoint("vpc", "1", "cn-hangzhou", "vpc-1", [text])
    assert c.DeleteVpc(vpc_id="网" * 128)


@pytest.mark.parametrize("text", [*NO_TEXTS, "account/1", "a" * 65], ids=shown)
def test_an_account_id_is_printable_text_of_at_most_64_characters_without_a_slash(text: Any) -> None:
    cloud = Cloud()
    for give in (
        lambda: Cloud(account_id=text),
        lambda: cloud.as_account(text),
        lambda: c.AuthorizeSecurityGroup(security_group_id="sg", source_group_id="s", source_account_id=text or "/"),
    ):
        with pytest.raises((InvalidArgument, InvalidCommand), match="account_id must"):
            give()
    assert cloud.as_account("a" * 64).account_id == "a" * 64


@pytest.mark.parametrize("text", [*NO_TEXTS, *NO_REGIONS], ids=shown)
def test_a_malformed_region_id_is_refused_everywhere(text: Any) -> None:
    with pytest.raises(InvalidArgument, match="region_id must"):
        Cloud(region_id=text)
    if text is not None:
        with pytest.raises(InvalidCommand, match="region_id must"):
            c.CreateVpc(cidr_block="10.0.0.0/16", region_id=text)


@pytest.mark.parametrize("token", ["", "a" * 65, "网", "a\x00", "a\n", "\ud800", 5, b"a", ["a"]], ids=shown)
def test_a_client_token_is_1_to_64_printable_ascii_characters(token: Any) -> None:
    cloud = Cloud()
    with pytest.raises(InvalidCommand, match="client_token must be 1 to 64 ASCII characters"):
        cloud.execute(VPC, client_token=token)
    assert not cloud.history()


@pytest.mark.parametrize("store", ["memory", "file"])
def test_memory_and_file_refuse_text_that_cannot_be_encoded(store: str, tmp_path: Path) -> None:
    with Cloud(tmp_path / "net.db" if store == "file" else None) as cloud:
        cloud.execute(VPC)
        for build in (
            lambda: c.CreateNetworkInterface(vswitch_id="v", security_group_ids=["s"], description="\ud800x"),
            lambda: c.CreateNetworkInterface(
                vswitch_id="v", security_group_ids=["s"], network_interface_name="a\ud800"
            ),
            lambda: c.CreateInstance(vswitch_id="v", security_group_ids=["s"], instance_type="t", image_id="\ud800x"),
        ):
            with pytest.raises(InvalidCommand):
                build()
        assert cloud.history("\ud800x") == cloud.vpcs.where(id="\ud800x") == ()
        assert cloud.settle("\ud800x") == ()
        for no_id in (5, b"vpc-1", ["vpc-1"]):
            for look_up in (cloud.history, cloud.settle):
                with pytest.raises(InvalidArgument, match="resource_id must be text"):
                    look_up(no_id)  # type: ignore[operator]


class Word(str):
    """A subclass of str, as an enumeration or an ORM may give: no codec writes it."""


class Number(int):
    """The same of int."""


@pytest.mark.parametrize("store", ["memory", "file"])
def test_subclasses_of_str_and_int_are_stored_as_plain_values(store: str, tmp_path: Path) -> None:
    with Cloud(tmp_path / "net.db" if store == "file" else None, account_id=Word("2")) as cloud:
        vpc = cloud.execute(c.CreateVpc(cidr_block=Word("10.0.0.0/16")), client_token=Word("t1"))
        command = c.CreateSecurityGroup(vpc_id=Word(vpc.id))
        cloud.execute(command, client_token=Word("t2"))
        cloud.as_account(Word("3")).execute(
            c.SetQuota(name=Word("eips-per-account"), value=Number(5)), client_token="t3"
        )
        assert type(command.vpc_id) is str
        assert {record.account_id for record in cloud.history()} == {"2", "3"}


def test_an_error_message_about_any_text_can_be_printed() -> None:
    for build in (
        lambda: c.DeleteVpc(vpc_id="\ud800\x1b[31m"),
        lambda: Cloud(region_id="\ud800"),
        lambda: network_capabilities("\ud800"),
        lambda: traffic_charge("\ud800", "internet"),  # type: ignore[arg-type]
        lambda: traffic_charge(["inbound"], "internet"),  # type: ignore[arg-type]
        lambda: Endpoint("\ud800", "1", "cn-hangzhou"),
    ):
        with pytest.raises(EcsnetError) as refused:
            build()
        told = str(refused.value)
        assert told.encode()
        assert "\x1b" not in told


# Lists, and everything else


def test_a_list_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidCommand, match="at most 65,536 items"):
        c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=itertools.repeat("sg-1"))  # type: ignore[arg-type]
    with pytest.raises(InvalidCommand, match="at most 65,536 items"):
        Endpoint("vpc", "1", "cn-hangzhou", "vpc-1", itertools.repeat("sg-1"))  # type: ignore[arg-type]
    for no_list in ("sg-1", b"sg-1", bytearray(b"a"), 5, None):
        with pytest.raises(InvalidCommand, match="security_group_ids must be a list"):
            c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=no_list)  # type: ignore[arg-type]


def test_the_refusal_of_a_long_list_names_its_duplicates() -> None:
    ids = [f"sg-{n}" for n in range(3_000)]
    with pytest.raises(InvalidCommand, match=r"names something twice: sg-7$"):
        c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=[*ids, "sg-7"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 5),
        ("id", "\ud800"),
        ("id", Word("mine")),
        ("eni_quantity", 0),
        ("eni_quantity", "3"),
        ("eni_quantity", True),
        ("private_ipv4_per_eni", TOO_LONG_TO_WRITE),
        ("vcpu", 0.5),
        ("memory_gib", float("nan")),
        ("memory_gib", float("inf")),
        ("memory_gib", None),
        ("nic_queues", -1),
        ("io_optimized", 1),
        ("attach_requires_stopped", "no"),
    ],
    ids=shown,
)
def test_a_cloud_refuses_an_invalid_instance_type(name: str, value: Any) -> None:
    own = InstanceType(id="ecs.mine", eni_quantity=3, private_ipv4_per_eni=10)
    assert Cloud(instance_types=[own])
    with pytest.raises(InvalidArgument, match=r"instance type|ecs\.mine"):
        Cloud(instance_types=[msgspec.structs.replace(own, **{name: value})])


@pytest.mark.parametrize(
    "arguments",
    [
        {"store": 5},
        {"store": b"net.db"},
        {"store": []},
        {"rules": []},
        {"rules": RuleRegistry},
        {"instance_types": "ecs.g5.large"},
        {"instance_types": 5},
        {"instance_types": ["ecs.g5.large"]},
    ],
)
def test_a_cloud_refuses_an_invalid_argument_and_names_it(arguments: dict[str, Any]) -> None:
    (name,) = arguments
    with pytest.raises(InvalidArgument, match=f"^{name}"):
        Cloud(**arguments)


def test_where_finds_nothing_for_a_value_of_another_type() -> None:
    net = Net()
    net.attached(net.run())
    for value in ([], {}, b"10.0.1.1", 5, float("nan"), object(), "\ud800", TOO_LONG_TO_WRITE):
        assert net.cloud.network_interfaces.where(instance_id=value) == ()
        assert net.cloud.network_interfaces.where(private_ip=value) == ()
        assert net.cloud.instances.where(security_group_id=value) == ()
        assert net.cloud.vswitches.where(vpc_id=value) == ()
        with pytest.raises(KeyError):
            net.cloud.permitted(value)
        with pytest.raises(KeyError):
            net.cloud.intranet_path(value, value)


def test_memory_and_file_record_the_same_events_for_a_client_token(tmp_path: Path) -> None:
    histories = []
    for store in (None, tmp_path / "net.db"):
        net = Net(store=store)
        vm = net.run()
        net.cloud.execute(c.StopInstance(instance_id=vm.id), client_token="t1")
        histories.append([record.event for record in net.cloud.history()])
        net.cloud.close()
    assert histories[0] == histories[1]
