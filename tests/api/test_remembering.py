"""Attributes that no rule reads: kept as events, shown by descriptions, and never judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud, CommandDenied, InvalidArgument, ReadOnlyCloud, audit
from ecsnet.commands import AllocateEipAddress, AssociateEipAddress, CreateVpc, DeleteVpc
from ecsnet.events.account import AttributesRemembered
from tests.support.net import Net


def described(cloud: Cloud) -> dict[str, Any]:
    (vpc,) = cloud.describe("DescribeVpcs")["Vpcs"]["Vpc"]
    return dict(vpc)


def test_what_a_command_brings_is_recorded_with_it() -> None:
    cloud = Cloud()
    vpc = cloud.execute(CreateVpc(cidr_block="10.0.0.0/8"), remembered={"VpcName": "main", "Tags": {"Tag": []}})
    created, kept = cloud.history()
    assert created.command_id == kept.command_id
    assert kept.event == AttributesRemembered(
        resource_ids=(vpc.id,), attributes={"Tags": {"Tag": []}, "VpcName": "main"}
    )
    assert kept.stream == "cn-hangzhou"
    assert cloud.remembered(vpc.id) == {"VpcName": "main", "Tags": {"Tag": []}}
    assert described(cloud)["VpcName"] == "main"
    assert cloud.history(vpc.id) == (created, kept)
    assert audit(cloud) == ()


def test_a_denied_command_leaves_nothing_to_remember() -> None:
    cloud = Cloud()
    with pytest.raises(CommandDenied):
        cloud.execute(DeleteVpc(vpc_id="vpc-none"), remembered={"a": 1})
    assert cloud.position == 0


def test_a_repeated_token_remembers_nothing_anew() -> None:
    cloud = Cloud()
    command = CreateVpc(cidr_block="10.0.0.0/8")
    first = cloud.execute(command, client_token="t", remembered={"VpcName": "a"})
    assert cloud.execute(command, client_token="t", remembered={"VpcName": "b"}) == first
    assert cloud.remembered(first.id) == {"VpcName": "a"}


def test_attributes_are_merged_and_none_removes_one() -> None:
    cloud = Cloud()
    vpc = cloud.execute(CreateVpc(cidr_block="10.0.0.0/8"))
    cloud.remember(vpc.id, {"VpcName": "a", "Description": "b"})
    digest = cloud.state_digest()
    cloud.remember(vpc.id, {"VpcName": "c", "Description": None})
    assert cloud.remembered(vpc.id) == {"VpcName": "c"}
    assert cloud.state_digest() != digest
    assert cloud.at(2).remembered(vpc.id) == {"VpcName": "a", "Description": "b"}
    assert cloud.at(2).state_digest() == digest
    assert cloud.vpcs[vpc.id] == vpc


def test_it_is_kept_by_forks_and_files(tmp_path: Path) -> None:
    with Cloud(tmp_path / "network.db") as cloud:
        vpc = cloud.execute(CreateVpc(cidr_block="10.0.0.0/8"), remembered={"VpcName": "main"})
        fork = cloud.fork()
    fork.remember(vpc.id, {"VpcName": "fork"})
    with Cloud(tmp_path / "network.db") as reopened:
        assert described(reopened)["VpcName"] == "main"
        assert described(fork)["VpcName"] == "fork"


def test_a_fork_shows_what_was_remembered_before_it_and_since() -> None:
    net = Net()
    vm = net.run()
    eip = net.cloud.execute(AllocateEipAddress(), remembered={"Bandwidth": "5", "ISP": "BGP"})
    net.cloud.execute(AssociateEipAddress(allocation_id=eip.id, instance_id=vm.id))
    fork = net.cloud.fork()
    assert fork.describe("DescribeEipAddresses", ISP="BGP")["TotalCount"] == 1
    fork.remember(eip.id, {"InternetChargeType": "PayByTraffic", "ISP": None})
    assert fork.remembered(eip.id) == {"Bandwidth": "5", "InternetChargeType": "PayByTraffic"}
    (instance,) = fork.describe("DescribeInstances")["Instances"]["Instance"]
    assert (instance["EipAddress"]["Bandwidth"], instance["EipAddress"]["InternetChargeType"]) == (5, "PayByTraffic")
    assert fork.describe("DescribeEipAddresses", ISP="BGP")["TotalCount"] == 0
    assert net.cloud.remembered(eip.id) == {"Bandwidth": "5", "ISP": "BGP"}


def test_what_cannot_be_remembered() -> None:
    cloud = Cloud()
    vpc = cloud.execute(CreateVpc(cidr_block="10.0.0.0/8"))
    for attributes in ({"a": object()}, {1: "a"}, {"": "a"}, "text", {"a": "\ud800"}, {"a": 10**400}):
        with pytest.raises(InvalidArgument):
            cloud.remember(vpc.id, attributes)  # type: ignore[arg-type]
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(InvalidArgument):
        cloud.remember(vpc.id, {"a": nested})
    for cloud_of, resource_id in ((cloud, "vpc-none"), (cloud.as_account("2"), vpc.id)):
        with pytest.raises(KeyError):
            cloud_of.remember(resource_id, {"a": 1})
        with pytest.raises(KeyError):
            cloud_of.remembered(resource_id)
    with pytest.raises(ReadOnlyCloud):
        cloud.at(1).remember(vpc.id, {"a": 1})
    assert cloud.position == 1


def test_what_fell_due_is_recorded_before_what_is_remembered() -> None:
    from datetime import timedelta

    net = Net(settle_after=timedelta(seconds=5))
    vm = net.cloud.execute(net.run_command())[0]
    net.clock.advance(timedelta(seconds=20))
    net.cloud.remember(vm.id, {"HostName": "web"})
    assert net.cloud.history()[-1].type == "AttributesRemembered"
    assert str(net.cloud.at(net.cloud.position).instances[vm.id].status) == "Running"
