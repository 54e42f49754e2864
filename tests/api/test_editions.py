"""Editions: what the vendor's documentation says at a time, recorded by the history that is made under it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ecsnet import Cloud, InvalidArgument, ManualClock, audit
from ecsnet import commands as c
from ecsnet.cli import main
from ecsnet.editions import EDITIONS, GUIDE
from ecsnet.events.account import EditionChosen
from ecsnet.events.base import NewEvent
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.values import QUOTAS, UNKNOWN_QUOTA
from tests.support.net import START, Net

CURRENT = "current"


def rules_of(cloud: Cloud, command: Any) -> list[str]:
    return [violation.rule for violation in cloud.check(command).violations]


def test_the_guide_is_the_default_and_records_nothing() -> None:
    for cloud in (Cloud(), Cloud(edition=GUIDE)):
        assert (cloud.edition, cloud.position) == (GUIDE, 0)
        assert {name: quota.value for name, quota in cloud.quotas.items()} == QUOTAS


def test_another_edition_is_the_first_event_of_the_history() -> None:
    cloud = Cloud(edition=CURRENT)
    (record,) = cloud.history()
    assert record.event == EditionChosen(edition=CURRENT)
    assert [cloud.at(0).edition, cloud.at(1).edition, cloud.fork().edition] == [CURRENT] * 3
    assert cloud.state_digest() != Cloud().state_digest()
    assert audit(cloud) == ()


def test_a_file_keeps_the_edition_that_it_was_made_under(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    with Cloud(path, edition=CURRENT) as cloud:
        seen = cloud.state_digest()
    for edition in (None, CURRENT):
        with Cloud(path, edition=edition) as again:
            assert (again.edition, again.position, again.state_digest()) == (CURRENT, 1, seen)
    with pytest.raises(InvalidArgument, match="the history was made under current, not 2019-03"):
        Cloud(path, edition=GUIDE)


def test_a_history_without_an_edition_is_the_guides(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    with Cloud(path) as cloud:
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    with pytest.raises(InvalidArgument, match="the history was made under 2019-03, not current"):
        Cloud(path, edition=CURRENT)
    with Cloud(path, edition=GUIDE) as again:
        assert again.edition == GUIDE


def test_an_edition_that_is_chosen_too_late_is_none() -> None:
    """Two processes may open an empty store at once; the first event decides."""
    store = MemoryStore()
    late = NewEvent("history/edition", EditionChosen(edition=CURRENT), START, "1", "late")
    with Cloud(store) as cloud:
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        store.append([late], {"history/edition": 0})
        assert cloud.edition == GUIDE
        assert Cloud(store).edition == GUIDE


@pytest.mark.parametrize("edition", ["2020", "", 7, ["current"]])
def test_an_edition_that_does_not_exist_is_refused(edition: Any) -> None:
    with pytest.raises(InvalidArgument, match="edition must be one of 2019-03, current"):
        Cloud(edition=edition)
    with pytest.raises(InvalidArgument, match="edition must be one of 2019-03, current"):
        audit(Cloud(), edition=edition)


# What differs


def test_every_quota_that_differs_is_a_difference_with_its_source() -> None:
    for edition in EDITIONS.values():
        differing = {name for name, value in edition.quotas.items() if value != QUOTAS[name]}
        named = {one.name for one in edition.differences}
        assert named - {"instance types"} == differing
        assert ("instance types" in named) == (edition.catalogue != EDITIONS[GUIDE].catalogue)
        assert edition.quotas.keys() == QUOTAS.keys()
        for one in edition.differences:
            assert one.source
            if one.name in QUOTAS:
                assert one.guide == str(QUOTAS[one.name])
                assert edition.quotas[one.name] in (UNKNOWN_QUOTA, int(one.here) if one.here.isdigit() else None)


@pytest.mark.parametrize(
    ("edition", "count", "denied_by"),
    [
        (GUIDE, 10, []),
        (GUIDE, 11, ["interface.assign.available-limit"]),
        (GUIDE, 30, ["interface.assign.limit", "interface.assign.available-limit"]),
        (CURRENT, 49, []),
        (CURRENT, 50, ["interface.assign.available-limit"]),
    ],
)
def test_addresses_of_an_available_interface(edition: str, count: int, denied_by: list[str]) -> None:
    net = Net(edition=edition)
    command = net.eni_command(secondary_private_ip_address_count=count)
    assert rules_of(net.cloud, command) == denied_by


@pytest.mark.parametrize(("edition", "denied_by"), [(GUIDE, ["interface.assign.limit"]), (CURRENT, [])])
def test_addresses_of_an_attached_interface(edition: str, denied_by: list[str]) -> None:
    net = Net(edition=edition)
    large = next(one.id for one in net.cloud.instance_types.values() if one.private_ipv4_per_eni == 30)
    vm = net.run(instance_type=large)
    command = c.AssignPrivateIpAddresses(
        network_interface_id=vm.primary_network_interface_id or "", secondary_private_ip_address_count=29
    )
    assert rules_of(net.cloud, command) == denied_by
    one_more = c.AssignPrivateIpAddresses(
        network_interface_id=vm.primary_network_interface_id or "", secondary_private_ip_address_count=30
    )
    assert rules_of(net.cloud, one_more) == [*denied_by, "interface.assign.type-quota"]


def test_vswitches_of_a_vpc() -> None:
    for edition, quota in ((GUIDE, 24), (CURRENT, 150)):
        cloud = Cloud(edition=edition)
        vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
        command = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.255.0/24")
        for number in range(quota):
            assert cloud.check(command)
            block = f"10.0.{number}.0/24"
            cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block=block))
        assert rules_of(cloud, command) == ["vpc.vswitch-quota"]


def test_instance_types() -> None:
    name = "ecs.t5-lc1m1.small"
    assert [Cloud(edition=one).instance_types[name].eni_quantity for one in (GUIDE, CURRENT)] == [1, 2]


def test_a_quota_that_is_set_precedes_the_editions() -> None:
    net = Net(edition=CURRENT)
    net.quota("addresses-per-interface", 5)
    assert rules_of(net.cloud, net.eni_command(secondary_private_ip_address_count=5)) == ["interface.assign.limit"]


def test_more_than_the_guides_quota_that_is_described_says_nothing_of_a_higher_one() -> None:
    vpc = {"Vpcs": {"Vpc": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}}
    vswitches = [
        {"VSwitchId": f"vsw-{n}", "VpcId": "vpc-1", "ZoneId": "cn-hangzhou-b", "CidrBlock": f"10.0.{n}.0/24"}
        for n in range(30)
    ]
    for edition, value in ((GUIDE, None), (CURRENT, 150)):
        cloud = Cloud(edition=edition)
        cloud.import_resources([vpc, {"VSwitches": {"VSwitch": vswitches}}])
        assert cloud.quotas["vswitches-per-vpc"].value == value


# Judged by another edition


def test_a_history_is_judged_by_another_edition() -> None:
    net = Net(edition=CURRENT)
    net.eni(secondary_private_ip_address_count=30)
    assert audit(net.cloud) == audit(net.cloud, edition=CURRENT) == ()
    found = {finding.rule for finding in audit(net.cloud, edition=GUIDE)}
    assert found == {"interface.assign.limit", "interface.assign.available-limit"}


def test_what_the_guide_denied_is_allowed_today() -> None:
    cloud = Cloud(clock=ManualClock(START), edition=CURRENT)
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vsw = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    groups = [group.id]
    vm = cloud.execute(
        c.CreateInstance(instance_type="ecs.t5-lc2m1.nano", vswitch_id=vsw.id, security_group_ids=groups)
    )
    eni = cloud.execute(c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=groups))
    cloud.execute(c.AttachNetworkInterface(network_interface_id=eni.id, instance_id=vm.id))
    assert audit(cloud) == ()
    assert "interface.attach.quota" in {finding.rule for finding in audit(cloud, edition=GUIDE)}


def test_the_command_line_runs_under_an_edition(tmp_path: Path) -> None:
    plan, store = tmp_path / "plan.json", tmp_path / "network.db"
    plan.write_text('[{"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16"}]')
    run = ["run", str(plan), "--store", str(store)]
    assert CliRunner().invoke(main, [*run, "--edition", CURRENT]).exit_code == 0
    with Cloud(store) as cloud:
        assert cloud.edition == CURRENT
    refused = CliRunner().invoke(main, [*run, "--edition", GUIDE])
    assert refused.exit_code == 2
    assert "the history was made under current" in refused.output
