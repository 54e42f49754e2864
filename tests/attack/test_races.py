"""Concurrent commands of several regions, clouds or processes are decided as if they came one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from ecsnet import Cloud, Instance, InvalidResponse
from ecsnet import commands as c
from ecsnet.commands import Command
from ecsnet.events import EventStore, MemoryStore
from ecsnet.testing._generate import GENERATORS, Inventory
from tests.attack.network import BEGIN
from tests.attack.racing import RACERS, Begin, Racers, all_is_well, regions_of_one_block, tried
from tests.support.engines import ENGINES, SHARED
from tests.support.hypothesis_settings import budget
from tests.support.net import START

LISTED: Final = [
    "cn-hangzhou",
    "cn-shanghai",
    "cn-qingdao",
    "cn-beijing",
    "cn-shenzhen",
    "cn-hongkong",
    "eu-west-1",
    "us-east-1",
]
SHARING: Final = regions_of_one_block(RACERS)
QUOTA: Final = 20
LATER: Final = timedelta(days=40)
"""The end of the first month of a subscription."""


def rounds(tries: int) -> Any:
    """Parametrizes a test by the numbers of its rounds with each engine."""
    return pytest.mark.parametrize("seed", range(budget(tries)))


class Hooked:
    """A clock; whoever reads it, between a look at the history and an append, is overtaken by others."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment
        self.works: list[Callable[[], object]] = []

    def __call__(self) -> datetime:
        works, self.works = self.works, []
        for work in works:
            work()
        return self.moment


class Place:
    """A VPC, a VSwitch and a security group in a region."""

    def __init__(self, cloud: Cloud, region_id: str, cidr_block: str = "10.0.1.0/24") -> None:
        self.cloud = cloud
        self.region_id = region_id
        self.vpc_id = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=region_id)).id
        cloud.settle(self.vpc_id)
        vswitch = c.CreateVSwitch(vpc_id=self.vpc_id, zone_id=f"{region_id}-b", cidr_block=cidr_block)
        self.vswitch_id = cloud.execute(vswitch).id
        cloud.settle(self.vswitch_id)
        self.group_id = cloud.execute(c.CreateSecurityGroup(vpc_id=self.vpc_id)).id

    def run_command(self, **options: Any) -> c.RunInstances:
        place = {"vswitch_id": self.vswitch_id, "security_group_ids": [self.group_id]}
        return c.RunInstances(instance_type="ecs.g5.xlarge", **{**place, **options})

    def run(self, **options: Any) -> tuple[Instance, ...]:
        return self.cloud.execute(self.run_command(**options))

    def eni_command(self, **options: Any) -> c.CreateNetworkInterface:
        return c.CreateNetworkInterface(vswitch_id=self.vswitch_id, security_group_ids=[self.group_id], **options)


def at(moment: datetime, path: str, region_id: str = "cn-hangzhou", **options: Any) -> Cloud:
    return Cloud(path, clock=lambda: moment, region_id=region_id, **options)


# Eight processes, one history: a file, or a schema of a database


def begin_history(path: str, number: int, begin: Begin) -> str:
    begin()
    with at(START, path) as cloud:
        return cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16")).id


@rounds(3)
def test_a_history_is_created_once_by_processes_that_open_it_at_once(
    racers: Racers, seed: int, shared_address: str
) -> None:
    ids = racers.race(begin_history, shared_address, seed=seed)
    with at(START, shared_address) as cloud:
        assert sorted(cloud.vpcs) == sorted(ids)
        assert len(set(ids)) == RACERS
        all_is_well(cloud)


def take_eips(path: str, number: int, begin: Begin, instances: list[list[str]], seed: int) -> Counter[str]:
    random = Random(seed * RACERS + number)
    told: Counter[str] = Counter()
    with at(START, path, LISTED[number]) as cloud:
        begin()
        for instance_id in instances[number]:
            told[tried(cloud, c.AllocateEipAddress())] += 1
            told[tried(cloud, c.ConvertNatPublicIpToEip(instance_id=instance_id))] += 1
            if random.random() < 0.5:
                free = [eip.id for eip in cloud.eips.where(status="Available") if eip.region_id == LISTED[number]]
                for allocation_id in free[:1]:
                    cloud.execute(c.ReleaseEipAddress(allocation_id=allocation_id))
        while tried(cloud, c.AllocateEipAddress()) == "made":
            pass
    return told


@rounds(3)
def test_regions_together_never_exceed_the_eip_quota_of_an_account(
    racers: Racers, seed: int, shared_address: str
) -> None:
    with at(START, shared_address) as cloud:
        instances = [
            [one.id for one in Place(cloud, region_id).run(amount=3, internet_max_bandwidth_out=5)]
            for region_id in LISTED
        ]
        told = sum(racers.race(take_eips, shared_address, instances, seed, seed=seed), Counter[str]())
        assert set(told) <= {"made", "QuotaExceeded.Eip", "MaxEIPQuotaExceeded"}
        assert len(cloud.eips) == QUOTA
        all_is_well(cloud)


def take_public_address(path: str, number: int, begin: Begin, commands: list[list[Command[Any]]]) -> list[str]:
    with at(START, path, SHARING[number]) as cloud:
        begin()
        return [tried(cloud, command) for command in commands[number]]


def _taking_public_addresses(kind: str, cloud: Cloud, region_id: str) -> list[Command[Any]]:
    """Commands that take public addresses of a region's block, in which everything for them is prepared."""
    place = Place(cloud, region_id)
    if kind == "RunInstances":
        return [place.run_command(amount=2, internet_max_bandwidth_out=5)] * 2
    if kind == "AllocateEipAddress":
        return [c.AllocateEipAddress()] * 2
    if kind == "AllocatePublicIpAddress":
        new = c.CreateInstance(
            instance_type="ecs.g5.xlarge",
            vswitch_id=place.vswitch_id,
            security_group_ids=[place.group_id],
            internet_max_bandwidth_out=5,
        )
        return [c.AllocatePublicIpAddress(instance_id=cloud.execute(new).id) for _ in range(2)]
    if kind == "ChangePublicIpAddress":
        (instance,) = place.run(internet_max_bandwidth_out=5)
        cloud.execute(c.StopInstance(instance_id=instance.id))
        return [c.ChangePublicIpAddress(instance_id=instance.id)] * 3
    assert kind == "ModifyInstanceNetworkSpec"
    subscription = place.run(instance_charge_type="PrePaid", period=1, amount=2)
    return [c.ModifyInstanceNetworkSpec(instance_id=one.id, internet_max_bandwidth_out=5) for one in subscription]


TAKING: Final = [
    "RunInstances",
    "AllocateEipAddress",
    "AllocatePublicIpAddress",
    "ChangePublicIpAddress",
    "ModifyInstanceNetworkSpec",
]


@rounds(1)
@pytest.mark.parametrize("kinds", [*([kind] for kind in TAKING), TAKING], ids=[*TAKING, "all-of-them"])
def test_regions_that_share_a_block_give_no_public_address_twice(
    racers: Racers, kinds: list[str], seed: int, shared_address: str
) -> None:
    with at(START, shared_address) as cloud:
        commands = [
            _taking_public_addresses(kinds[n % len(kinds)], cloud, region_id) for n, region_id in enumerate(SHARING)
        ]
        told = racers.race(take_public_address, shared_address, commands, seed=seed)
        assert {code for codes in told for code in codes} == {"made"}
        all_is_well(cloud)


def begin_cycle(path: str, number: int, begin: Begin) -> list[str]:
    with at(START + LATER, path, SHARING[number]) as cloud:
        begin()
        if number % 2:
            return [one.id for one in cloud.settle()]
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        return []


@rounds(2)
def test_renewals_that_start_together_in_regions_of_one_block_draw_different_addresses(
    racers: Racers, seed: int, shared_address: str
) -> None:
    ids = []
    with at(START, shared_address) as cloud:
        for region_id in SHARING:
            for one in Place(cloud, region_id).run(instance_charge_type="PrePaid", period=1, amount=2):
                cloud.execute(c.RenewInstance(instance_id=one.id, internet_max_bandwidth_out=5))
                ids.append(one.id)
    racers.race(begin_cycle, shared_address, seed=seed)
    with at(START + LATER, shared_address) as cloud:
        all_is_well(cloud)
        begun = Counter(r.event.instance_id for r in cloud.history() if r.type == "InstanceNetworkSpecModified")
        assert begun == Counter(ids)
        assert len({cloud.instances[instance_id].public_ip for instance_id in ids}) == len(ids)


def run_classic(path: str, number: int, begin: Begin, group_ids: list[str]) -> list[str]:
    with at(BEGIN, path, SHARING[number]) as cloud:
        run = c.RunInstances(
            instance_type="ecs.g5.xlarge",
            network_type="classic",
            security_group_ids=[group_ids[number]],
            amount=2,
            internet_max_bandwidth_out=number % 2,
        )
        begin()
        return [tried(cloud, run) for _ in range(3)]


@rounds(2)
def test_regions_that_share_a_block_give_no_classic_address_twice(
    racers: Racers, seed: int, shared_address: str
) -> None:
    with at(BEGIN, shared_address) as cloud:
        group_ids = [cloud.execute(c.CreateSecurityGroup(region_id=region_id)).id for region_id in SHARING]
        racers.race(run_classic, shared_address, group_ids, seed=seed)
        assert len({one.private_ip for one in cloud.instances.values()}) == 2 * 3 * RACERS
        all_is_well(cloud)


def repeat_tokens(path: str, number: int, begin: Begin, vpc_ids: list[str]) -> list[str]:
    shown = []
    with at(START, path, LISTED[number]) as cloud:
        begin()
        for n, vpc_id in enumerate(vpc_ids):
            shown.append(cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"), client_token=f"same-{n}").id)
            shown.append(cloud.execute(c.DeleteVpc(vpc_id=vpc_id), client_token=f"deleted-{n}").id)
            shown.append(cloud.execute(c.AllocateEipAddress(), client_token=f"eip-{n}").ip_address)
    return shown


@rounds(2)
def test_a_client_token_and_its_command_have_one_result_in_all_regions(
    racers: Racers, seed: int, shared_address: str
) -> None:
    with at(START, shared_address) as cloud:
        vpc_ids = [cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16")).id for _ in range(4)]
        shown = racers.race(repeat_tokens, shared_address, vpc_ids, seed=seed)
        assert shown == [shown[0]] * RACERS
        assert len(cloud.vpcs) == len(cloud.eips) == 4
        all_is_well(cloud)
    with at(START, shared_address, "cn-qingdao") as cloud:  # opened again, elsewhere
        assert cloud.execute(c.DeleteVpc(vpc_id=vpc_ids[0]), client_token="deleted-0").id == vpc_ids[0]
        assert (
            tried(cloud, c.CreateVpc(cidr_block="10.0.0.0/8"), client_token="same-0") == "IdempotentParameterMismatch"
        )


def reuse_tokens(path: str, number: int, begin: Begin) -> list[str]:
    with at(START, path, LISTED[number]) as cloud:
        begin()
        block = f"10.{number}.0.0/16"
        return [tried(cloud, c.CreateVpc(cidr_block=block), client_token=f"token-{n}") for n in range(4)]


@rounds(2)
def test_of_different_commands_with_one_client_token_one_is_executed(
    racers: Racers, seed: int, shared_address: str
) -> None:
    told = racers.race(reuse_tokens, shared_address, seed=seed)
    for codes in zip(*told, strict=True):
        assert sorted(codes) == ["IdempotentParameterMismatch"] * (RACERS - 1) + ["made"]
    with at(START, shared_address) as cloud:
        assert len(cloud.vpcs) == 4


def do_all(path: str, number: int, begin: Begin, commands: list[list[Command[Any]]]) -> Counter[str]:
    with at(START, path) as cloud:
        begin()
        return Counter(tried(cloud, command) for command in commands[number])


def race_for(racers: Racers, path: str, commands: list[list[Command[Any]]], seed: int) -> Counter[str]:
    return sum(racers.race(do_all, path, commands, seed=seed), Counter[str]())


@rounds(2)
def test_the_last_address_of_a_vswitch_is_given_once(racers: Racers, seed: int, shared_address: str) -> None:
    with at(START, shared_address) as cloud:
        place = Place(cloud, "cn-hangzhou", "10.0.1.0/28")  # 12 addresses
        told = race_for(racers, shared_address, [[place.eni_command()] * 3] * RACERS, seed)
        assert told == {"made": 12, "InvalidVSwitchId.IpNotEnough": 12}
        all_is_well(cloud)


@rounds(2)
def test_the_last_interface_slot_of_an_instance_is_given_once(racers: Racers, seed: int, shared_address: str) -> None:
    with at(START, shared_address) as cloud:
        place = Place(cloud, "cn-hangzhou")
        (instance,) = place.run()
        commands: list[list[Command[Any]]] = [
            [
                c.AttachNetworkInterface(
                    network_interface_id=cloud.execute(place.eni_command()).id, instance_id=instance.id
                )
            ]
            for _ in range(RACERS)
        ]
        told = race_for(racers, shared_address, commands, seed)
        assert told["made"] == 2, told
        assert len(told) == 2
        assert len(cloud.instances[instance.id].network_interface_ids) == 3
        all_is_well(cloud)


@rounds(2)
def test_concurrent_commands_never_exceed_the_interface_quota(racers: Racers, seed: int, shared_address: str) -> None:
    with at(START, shared_address) as cloud:
        place = Place(cloud, "cn-hangzhou")
        cloud.execute(c.SetQuota(name="interfaces-per-region", value=9))
        told = race_for(racers, shared_address, [[place.eni_command()] * 3] * RACERS, seed)
        assert told == {"made": 9, "MaxEniCountExceeded": 15}
        all_is_well(cloud)


@rounds(2)
def test_concurrent_commands_never_exceed_a_lowered_address_quota(
    racers: Racers, seed: int, shared_address: str
) -> None:
    with at(START, shared_address) as cloud:
        place = Place(cloud, "cn-hangzhou")
        creating: list[Command[Any]] = [place.eni_command(secondary_private_ip_address_count=4)] * 3
        lowering: list[Command[Any]] = [c.SetQuota(name="addresses-per-security-group", value=40)]
        commands = [lowering, *([creating] * (RACERS - 1))]
        told = race_for(racers, shared_address, commands, seed)
        assert told["made"] - 1 == len(cloud.network_interfaces)
        held = cloud.security_groups[place.group_id].private_ip_count
        before = held - sum(5 for r in _after_quota(cloud) if r.type == "NetworkInterfaceCreated")
        assert held == max(40, before)
        all_is_well(cloud)


def _after_quota(cloud: Cloud) -> list[Any]:
    (quota,) = (record.position for record in cloud.history() if record.type == "QuotaSet")
    return [record for record in cloud.history() if record.position > quota]


def answers(*vpcs: tuple[str, str], block: str = "10.0.0.0/16") -> list[dict[str, Any]]:
    """The answers of DescribeVpcs for VPCs by id and region."""
    vpc = [{"VpcId": vpc_id, "CidrBlock": block, "RegionId": region_id} for vpc_id, region_id in vpcs]
    return [{"Vpcs": {"Vpc": vpc}}]


def imported(cloud: Cloud, *vpcs: tuple[str, str], block: str = "10.0.0.0/16") -> bool:
    """Returns whether an import is recorded."""
    try:
        cloud.import_resources(answers(*vpcs, block=block))
    except InvalidResponse:
        return False
    return True


def import_beside_writers(path: str, number: int, begin: Begin) -> list[bool]:
    came = []
    with at(START, path, LISTED[number]) as cloud:
        begin()
        for n in range(3):
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
            own = [(f"vpc-{number}-{n}-{region_id}", region_id) for region_id in LISTED[:3]]
            came.append(imported(cloud, *own))
            shared = (f"vpc-all-{n}", LISTED[n]), (f"vpc-all-{n}-{number}", "eu-central-1")
            came.append(imported(cloud, *shared, block=f"10.{number}.0.0/16"))  # a block of its own: all others differ
    return came


@rounds(2)
def test_an_import_beside_writers_is_recorded_wholly_or_not_at_all(
    racers: Racers, seed: int, shared_address: str
) -> None:
    came = racers.race(import_beside_writers, shared_address, seed=seed)
    with at(START, shared_address) as cloud:
        assert all(all(of_one[::2]) for of_one in came)
        for n in range(3):
            assert [of_one[2 * n + 1] for of_one in came].count(True) == 1
            (number,) = (number for number, of_one in enumerate(came) if of_one[2 * n + 1])
            there = [vpc_id for vpc_id in cloud.vpcs if vpc_id.startswith(f"vpc-all-{n}-")]
            assert there == [f"vpc-all-{n}-{number}"]
        assert len(cloud.vpcs) == 3 * (RACERS + 3 * RACERS + 2)
        commands = Counter(record.command_id for record in cloud.history())
        assert set(commands.values()) <= {1, 2, 3, 4}
        all_is_well(cloud)


def import_one_id(path: str, number: int, begin: Begin) -> list[bool]:
    with at(START, path) as cloud:
        begin()
        return [imported(cloud, (f"vpc-{n}", SHARING[number])) for n in range(4)]


@rounds(2)
def test_an_id_is_imported_into_one_region(racers: Racers, seed: int, shared_address: str) -> None:
    came = racers.race(import_one_id, shared_address, seed=seed)
    assert [of_one.count(True) for of_one in zip(*came, strict=True)] == [1] * 4
    with at(START, shared_address) as cloud:
        assert Counter(record.event.vpc_id for record in cloud.history() if record.type == "VpcImported") == {
            f"vpc-{n}": 1 for n in range(4)
        }


def settle_all(path: str, number: int, begin: Begin) -> list[str]:
    with at(START, path, settle_after="manual") as cloud:
        begin()
        return [one.id for one in cloud.settle()]


@rounds(2)
def test_each_transition_is_completed_once_by_concurrent_settlers(
    racers: Racers, seed: int, shared_address: str
) -> None:
    with at(START, shared_address, settle_after="manual") as cloud:
        expected = []
        for region_id in LISTED[:3]:
            place = Place(cloud, region_id)
            expected += [one.id for one in place.run(amount=8)]
        settled = racers.race(settle_all, shared_address, seed=seed)
        assert Counter(i for ids in settled for i in ids) == Counter(expected)
        assert not cloud.settle()
        all_is_well(cloud)


# One after the other, in one process: others are first between a look and an append


@pytest.fixture(params=["memory", *SHARED])
def store(request: pytest.FixtureRequest) -> Iterator[EventStore]:
    engine = ENGINES[request.param]
    opened = engine.open("" if engine.addresses is None else engine.addresses(request)())
    yield opened
    opened.close()


class Three:
    """Three clouds on one store, in regions of one block. The clock of the first lets the others be first."""

    def __init__(self, store: EventStore, moment: datetime = START, **options: Any) -> None:
        self.hook = Hooked(moment)
        self.first = Cloud(store, region_id=SHARING[0], clock=self.hook, **options)
        self.others = [Cloud(store, region_id=SHARING[n], clock=lambda: moment, **options) for n in (1, 2)]

    def overtake(self, work: Callable[[Cloud], object], times: int = 1) -> None:
        """While the first cloud does the next thing, let the others do something; and again while it tries again."""
        for other in self.others:
            self.hook.works.append(lambda other=other: work(other))
        if times > 1:
            self.hook.works.append(lambda: self.overtake(work, times - 1))


@pytest.mark.parametrize("times", [1, 3])
def test_the_last_eip_is_not_given_twice_to_empty_regions(store: EventStore, times: int) -> None:
    three = Three(store)
    giver = Cloud(store, region_id="cn-hangzhou", clock=lambda: START)
    for _ in range(QUOTA - 2):
        giver.execute(c.AllocateEipAddress())
    told = []
    three.overtake(lambda other: told.append(tried(other, c.AllocateEipAddress())), times)
    assert tried(three.first, c.AllocateEipAddress()) == "QuotaExceeded.Eip"
    assert told.count("made") == 2
    all_is_well(three.first)


@pytest.mark.parametrize("times", [1, 3])
def test_no_public_address_is_given_twice_to_empty_regions(store: EventStore, times: int) -> None:
    three = Three(store)
    three.overtake(lambda other: other.execute(c.AllocateEipAddress()), times)
    three.first.execute(c.AllocateEipAddress())
    assert len({eip.ip_address for eip in three.first.eips.values()}) == 2 * times + 1
    all_is_well(three.first)


def test_a_client_token_is_used_once_by_empty_regions(store: EventStore) -> None:
    three = Three(store)
    made = []
    command = c.CreateVpc(cidr_block="10.0.0.0/16")
    three.overtake(lambda other: made.append(other.execute(command, client_token="t")))
    assert [three.first.execute(command, client_token="t")] * 2 == made
    assert len(three.first.vpcs) == 1
    different = c.CreateVpc(cidr_block="192.168.0.0/16")
    three.overtake(lambda other: other.execute(command, client_token="u"))
    assert tried(three.first, different, client_token="u") == "IdempotentParameterMismatch"


def test_an_id_is_imported_once_by_empty_regions(store: EventStore) -> None:
    three = Three(store)
    came = []
    three.overtake(lambda other: came.append(imported(other, ("vpc-1", other.region_id))))
    assert not imported(three.first, ("vpc-1", SHARING[0]), ("vpc-2", "cn-hangzhou"))
    assert came == [True, False]
    assert list(three.first.vpcs) == ["vpc-1"]


def test_an_import_into_two_regions_is_retried_after_a_conflict_in_one(store: EventStore) -> None:
    three = Three(store)
    for region_id in (SHARING[0], "cn-hangzhou"):
        three.overtake(lambda other, r=region_id: other.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=r)), 2)
        assert imported(three.first, (f"vpc-{region_id}", SHARING[0]), (f"vpc-2-{region_id}", "cn-hangzhou"))
    assert len(three.first.vpcs) == 4 + 2 * 4
    all_is_well(three.first)


def test_an_address_freed_by_one_region_is_recorded_before_another_takes_it(store: EventStore) -> None:
    minute = timedelta(seconds=60)
    fast = Cloud(store, region_id=SHARING[0], clock=lambda: START + 2 * minute, settle_after=minute)
    slow = Cloud(store, region_id=SHARING[1], clock=lambda: START + minute / 2, settle_after=minute)
    eips = [
        Cloud(store, region_id=SHARING[1], clock=lambda: START).execute(c.AllocateEipAddress()) for _ in range(QUOTA)
    ]
    Cloud(store, clock=lambda: START, settle_after=minute).execute(c.ReleaseEipAddress(allocation_id=eips[0].id))
    assert tried(slow, c.AllocateEipAddress()) == "QuotaExceeded.Eip"
    fast.execute(c.AllocateEipAddress())
    for cloud in (fast, slow, Cloud(store, clock=lambda: START, settle_after="manual")):
        assert len(cloud.eips) == QUOTA
        all_is_well(cloud)


def test_settling_succeeds_when_another_settles_first(store: EventStore) -> None:
    three = Three(store, settle_after="manual")
    places = [Place(three.first, region_id) for region_id in SHARING[:3]]
    expected = [one.id for place in places for one in place.run(amount=3)]
    settled: list[str] = []
    three.overtake(lambda other: settled.extend(one.id for one in other.settle(expected[0])), 2)
    settled += [one.id for one in three.first.settle()]
    assert Counter(settled) == Counter(expected)
    all_is_well(three.first)


def test_renewals_that_start_while_others_settle_draw_different_addresses(store: EventStore) -> None:
    three = Three(store)
    for region_id in SHARING[:3]:
        for one in Place(three.first, region_id).run(instance_charge_type="PrePaid", period=1, amount=2):
            three.first.execute(c.RenewInstance(instance_id=one.id, internet_max_bandwidth_out=5))
    later = Three(store, START + LATER)
    later.overtake(lambda other: other.execute(c.AllocateEipAddress()))
    later.first.settle()
    all_is_well(later.first)
    assert len({one.public_ip for one in later.first.instances.values()} - {None}) == 6


@rounds(60)
@pytest.mark.parametrize("pace", ["at once", "a minute", "by hand"])
def test_concurrent_commands_of_three_clouds_are_serializable(seed: int, pace: str) -> None:
    random = Random(f"{seed}/{pace}")
    settle_after: Any = {"at once": timedelta(0), "a minute": timedelta(minutes=1), "by hand": "manual"}[pace]
    store, moment = MemoryStore(), BEGIN
    hooks = [Hooked(moment) for _ in range(3)]
    regions = [*SHARING[:2], "cn-hangzhou"]
    clouds = [Cloud(store, region_id=regions[n], clock=hooks[n], settle_after=settle_after) for n in range(3)]

    def pick(options: Sequence[Any]) -> Any:
        return options[random.randrange(len(options))]

    def act(cloud: Cloud) -> None:
        operation = pick(OFTEN) if random.random() < 0.6 else pick(list(GENERATORS))
        token = f"t-{random.randrange(5)}" if random.random() < 0.1 else None
        if random.random() < 0.05:
            imported(
                cloud, (f"vpc-{random.randrange(9)}", pick(regions)), (f"vpc-{random.randrange(9)}", pick(regions))
            )
        elif random.random() < 0.1:
            cloud.settle()
        else:
            tried(cloud, GENERATORS[operation](Inventory(cloud, region_ids=regions), pick), client_token=token)

    for step in range(40):
        moment += timedelta(seconds=random.choice((0, 1, 40, 90)))
        for hook in hooks:
            hook.moment = moment + timedelta(seconds=random.choice((0, 0, -100, 100)))
        first, second, third = random.sample(range(3), 3)
        hooks[first].works = [lambda second=second: act(clouds[second])]
        if step % 3:
            hooks[second].works = [lambda third=third: act(clouds[third])]
        act(clouds[first])
    for cloud, hook in zip(clouds, hooks, strict=True):
        hook.works.clear()
        all_is_well(cloud, eips=100)


OFTEN: Final = [
    c.AllocateEipAddress,
    c.ConvertNatPublicIpToEip,
    c.CreateNetworkInterface,
    c.CreateSecurityGroup,
    c.CreateVSwitch,
    c.CreateVpc,
    c.ReleaseEipAddress,
    c.RunInstances,
]
"""The commands that take something that regions share, and what each needs to be there."""
