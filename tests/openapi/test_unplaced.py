"""Instances whose place is not described, or not wholly, are held where they are as far as it is known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, InvalidResponse, ManualClock, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.hypothesis_settings import budget
from tests.support.small_account import (
    CLASSIC,
    START,
    answers,
    describe,
    eip,
    group,
    imported,
    instance,
    interface,
    network,
    primary,
    vpc,
    vswitch,
)
from tests.support.small_account import again as described_again

NOWHERE: dict[str, Any] = {"VpcAttributes": {}, "SecurityGroupIds": {}}
IN_VPC: dict[str, Any] = {"VpcAttributes": {"VpcId": "vpc-1", "PrivateIpAddress": {"IpAddress": ["10.0.1.8"]}}}
"""An instance in a VPC, of whose VSwitch nothing tells."""
GROUPS: dict[str, Any] = {"SecurityGroupIds": {"SecurityGroupId": ["sg-1"]}}


def account(**changes: Any) -> Cloud:
    return imported(**{"interfaces": [], "eips": [], **changes})


def reasons(cloud: Cloud) -> dict[str, str]:
    """Why resources are held, by id; nothing else is found."""
    found = audit(cloud)
    assert [one for one in found if one.severity == "breach"] == []
    assert invariants(cloud) == ()
    parts = [one.message.partition(" is held: ") for one in found]
    return {resource_id: reason for resource_id, _, reason in parts}


def rules(cloud: Cloud, command: c.Command) -> list[str]:
    return [violation.rule for violation in cloud.check(command).violations]


def again(cloud: Cloud) -> Cloud:
    """Imports what a cloud describes, which must describe itself in the same way and be held for the same reasons."""
    copy = described_again(cloud)
    assert reasons(copy) == reasons(cloud)
    return copy


def test_an_instance_of_whose_network_nothing_tells_is_held() -> None:
    cloud = account(instances=[instance(**NOWHERE)])
    assert reasons(cloud) == {"i-1": "its network is not described"}
    vm = cloud.instances["i-1"]
    assert (vm.vpc_id, vm.vswitch_id, vm.private_ip, vm.security_group_ids) == (None, None, "", ())
    assert rules(cloud, c.StopInstance(instance_id="i-1")) == ["instance.held"]
    again(cloud)


def test_any_number_of_such_instances_are_there_beside_each_other() -> None:
    cloud = account(instances=[instance(f"i-{n}", **NOWHERE) for n in range(3)])
    assert set(reasons(cloud)) == {"i-0", "i-1", "i-2"}
    cloud.import_resources(
        [{"Instances": {"Instance": [instance("i-1", **NOWHERE)]}}], refresh=True, complete=["instances"]
    )
    assert set(reasons(cloud)) == {"i-1"}


@pytest.mark.parametrize(
    "command",
    [
        c.AttachNetworkInterface(network_interface_id="eni-1", instance_id="i-1"),
        c.AssociateEipAddress(allocation_id="eip-1", instance_id="i-1"),
        c.JoinSecurityGroup(instance_id="i-1", security_group_id="sg-1"),
    ],
)
def test_nothing_is_said_of_a_network_that_is_not_known(command: c.Command) -> None:
    cloud = account(instances=[instance(**NOWHERE)], interfaces=[interface()], eips=[eip()])
    assert rules(cloud, command) == ["instance.held"]


@pytest.mark.parametrize("said", ["vpc", "classic"])
def test_what_is_said_of_the_network_is_kept(said: str) -> None:
    cloud = account(instances=[instance(**NOWHERE, InstanceNetworkType=said)])
    (described,) = again(cloud).describe("DescribeInstances")["Instances"]["Instance"]
    assert described["InstanceNetworkType"] == said


def test_a_vswitch_whose_vpc_nothing_tells_is_kept() -> None:
    cloud = account(instances=[instance(VpcAttributes={"VSwitchId": "vsw-9"}, SecurityGroupIds={})])
    assert reasons(cloud) == {"i-1": "its network is not described"}
    (described,) = again(cloud).describe("DescribeInstances")["Instances"]["Instance"]
    assert described["VpcAttributes"]["VSwitchId"] == "vsw-9"


def test_an_eip_tells_nothing_wrong_of_an_instance_whose_network_is_not_known() -> None:
    on_it = eip(Status="InUse", InstanceId="i-1", InstanceType="EcsInstance")
    cloud = account(instances=[instance(**NOWHERE)], eips=[on_it])
    assert cloud.instances["i-1"].eip_id == "eip-1"
    assert set(reasons(cloud)) == {"i-1"}
    again(cloud)


def test_a_network_that_is_described_later_is_where_the_instance_is() -> None:
    cloud = account(instances=[instance(**NOWHERE)])
    whole = instance(VpcAttributes={**IN_VPC["VpcAttributes"], "VSwitchId": "vsw-1"})
    cloud.import_resources([{"Instances": {"Instance": [whole]}}], refresh=True)
    assert reasons(cloud) == {"i-1": "no response describes its primary ENI"}
    vm = cloud.instances["i-1"]
    assert (vm.vpc_id, vm.vswitch_id, vm.private_ip) == ("vpc-1", "vsw-1", "10.0.1.8")


def test_a_classic_address_that_is_described_later_ends_it() -> None:
    cloud = account(instances=[instance(**NOWHERE)])
    classic = instance(VpcAttributes={}, SecurityGroupIds={}, InnerIpAddress={"IpAddress": ["10.1.1.1"]})
    cloud.import_resources([{"Instances": {"Instance": [classic]}}], refresh=True)
    assert cloud.check(c.StopInstance(instance_id="i-1")).allowed
    assert cloud.instances["i-1"].private_ip == "10.1.1.1"


@pytest.mark.parametrize(
    "changes",
    [
        {"SecurityGroupIds": {"SecurityGroupId": ["sg-1"]}},
        {"NetworkInterfaces": {"NetworkInterface": [{"NetworkInterfaceId": "eni-1", "Type": "Secondary"}]}},
    ],
    ids=["groups", "ENIs"],
)
def test_an_instance_is_in_the_vpc_of_its_groups_and_enis(changes: dict[str, Any]) -> None:
    on_it = interface(Status="InUse", InstanceId="i-1")
    interfaces = [on_it] if "NetworkInterfaces" in changes else []
    cloud = account(instances=[instance(**{**NOWHERE, **changes})], interfaces=interfaces)
    assert cloud.instances["i-1"].vpc_id == "vpc-1"
    assert reasons(cloud)["i-1"] == "its VSwitch is not described; no response describes its primary ENI"
    again(cloud)


def test_an_instance_in_a_vpc_without_a_vswitch_keeps_the_vpc_and_its_address_in_use() -> None:
    cloud = account(instances=[instance(**IN_VPC)])
    assert reasons(cloud) == {"i-1": "its VSwitch is not described; no response describes its primary ENI"}
    vm = cloud.instances["i-1"]
    assert (vm.vpc_id, vm.vswitch_id, vm.private_ip, vm.security_group_ids) == ("vpc-1", None, "10.0.1.8", ("sg-1",))
    taken = c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"], primary_ip_address="10.0.1.8")
    assert rules(cloud, taken) == ["address.private.in-use"]
    assert rules(cloud, c.DeleteSecurityGroup(security_group_id="sg-1")) == ["security-group.delete.in-use"]
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 251
    again(cloud)


def test_a_vpc_with_nothing_but_such_an_instance_is_in_use() -> None:
    cloud = account(vswitches=[], groups=[], instances=[instance(**{**IN_VPC, "SecurityGroupIds": {}})])
    (violation,) = cloud.check(c.DeleteVpc(vpc_id="vpc-1")).violations
    assert (violation.rule, violation.code) == ("vpc.delete.in-use", "DependencyViolation.VSwitch")
    assert violation.facts["instances"] == violation.facts["count"] == 1
    assert violation.message == "vpc-1 still has 1 instance: i-1"


def test_its_address_counts_in_a_vswitch_that_is_described_later() -> None:
    cloud = account(vswitches=[], instances=[instance(**IN_VPC)])
    cloud.import_resources([{"VSwitches": {"VSwitch": [vswitch()]}}])
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 251
    assert set(reasons(cloud)) == {"i-1"}
    cloud.import_resources([{"Instances": {"Instance": []}}], refresh=True, complete=["instances"])
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 252
    assert reasons(cloud) == {}


def test_its_vswitch_and_its_primary_eni_may_be_described_later() -> None:
    cloud = account(instances=[instance(**IN_VPC)])
    cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [primary()]}}])
    assert reasons(cloud) == {}
    assert cloud.instances["i-1"].vswitch_id == "vsw-1"


def test_an_eni_on_an_instance_whose_network_is_not_known_tells_it() -> None:
    cloud = account(instances=[instance(**NOWHERE)])
    on_it = interface(Status="InUse", InstanceId="i-1")
    cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [on_it]}}])
    assert cloud.instances["i-1"].vpc_id == "vpc-1"
    assert reasons(cloud) == {
        "i-1": "its VSwitch is not described; no response describes its primary ENI",
        "eni-1": "it is on i-1, whose primary ENI no response describes",
    }


def test_a_managed_eni_tells_nothing_of_the_network_of_an_instance() -> None:
    managed = interface(Status="InUse", InstanceId="i-1", ServiceManaged=True)
    cloud = account(instances=[instance(**NOWHERE)], interfaces=[managed])
    assert reasons(cloud) == {
        "i-1": "its network is not described",
        "eni-1": "a service manages it; it is in vpc-1, and i-1 in an unknown one",
    }
    again(cloud)


@pytest.mark.parametrize("on", ["", "i-1"])
def test_an_eni_whose_status_is_not_described_is_in_use_on_an_instance_and_held_without_one(on: str) -> None:
    one = {**interface(InstanceId=on), "Status": None}
    whole = primary(MacAddress="")
    cloud = account(interfaces=[whole, one])
    assert reasons(cloud) == ({} if on else {"eni-1": "its status is not described"})
    again(cloud)


def test_groups_in_two_vpcs_leave_the_first_one_s() -> None:
    cloud = account(groups=[group(), group("sg-2", VpcId="")], instances=[instance(**{**NOWHERE, **GROUPS})])
    assert cloud.instances["i-1"].vpc_id == "vpc-1"


NO_ADDRESS: dict[str, Any] = {"PrivateIpAddress": "", "PrivateIpSets": {"PrivateIpSet": []}}


def test_an_eni_without_an_address_is_held_in_its_vswitch_and_its_groups() -> None:
    cloud = account(interfaces=[primary(), interface(MacAddress="", **NO_ADDRESS)])
    assert reasons(cloud) == {"eni-1": "its private address is not described"}
    one = cloud.network_interfaces["eni-1"]
    assert (one.primary_private_ip, one.private_ips) == ("", ())
    assert cloud.security_groups["sg-1"].private_ip_count == 2
    for command, rule in (
        (c.DeleteVSwitch(vswitch_id="vsw-1"), "vswitch.delete.in-use"),
        (c.AttachNetworkInterface(network_interface_id="eni-1", instance_id="i-1"), "interface.attach.held"),
        (
            c.AssignPrivateIpAddresses(network_interface_id="eni-1", secondary_private_ip_address_count=1),
            "interface.held",
        ),
        (
            c.UnassignPrivateIpAddresses(network_interface_id="eni-1", private_ip_addresses=["10.0.1.9"]),
            "interface.held",
        ),
        (c.DeleteNetworkInterface(network_interface_id="eni-1"), "interface.held"),
    ):
        assert rule in rules(cloud, command)
    again(cloud)


def test_the_address_of_an_eni_may_be_described_later() -> None:
    cloud = account(interfaces=[primary(), interface(MacAddress="", **NO_ADDRESS)])
    whole = [{"NetworkInterfaceSets": {"NetworkInterfaceSet": [interface(MacAddress="")]}}]
    cloud.import_resources(whole, partial=True)
    assert reasons(cloud) == {}
    assert cloud.network_interfaces["eni-1"].private_ips == ("10.0.1.9",)
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 250


def test_a_primary_eni_without_an_address_has_that_of_its_instance() -> None:
    cloud = account(instances=[instance(**IN_VPC)], interfaces=[primary(**NO_ADDRESS)])
    assert reasons(cloud) == {}
    assert cloud.network_interfaces["eni-0"].private_ips == ("10.0.1.8",)


def test_an_instance_whose_primary_eni_has_no_address_has_none() -> None:
    cloud = account(interfaces=[primary(**NO_ADDRESS)])
    assert reasons(cloud) == {"eni-0": "its private address is not described"}
    assert cloud.instances["i-1"].private_ip == ""
    assert "instance.held-interface" in rules(cloud, c.DeleteInstance(instance_id="i-1"))
    again(cloud)


def test_an_eip_on_an_eni_without_an_address_is_there() -> None:
    on_it = eip(Status="InUse", InstanceId="eni-1", InstanceType="NetworkInterface")
    cloud = account(interfaces=[primary(), interface(MacAddress="", **NO_ADDRESS)], eips=[on_it])
    assert cloud.network_interfaces["eni-1"].eip_ids == ("eip-1",)
    assert reasons(cloud) == {"eni-1": "its private address is not described"}
    again(cloud)


PLACES: tuple[dict[str, Any], ...] = (
    {},
    IN_VPC,
    {"VpcAttributes": {**IN_VPC["VpcAttributes"], "VSwitchId": "vsw-1"}},
    {"VpcAttributes": {"VSwitchId": "vsw-1"}},
    {"VpcAttributes": {}},
    CLASSIC,
)
USERS: tuple[dict[str, Any], ...] = ({}, *({"Status": "InUse", "InstanceId": one} for one in ("i-1", "i-2")))
KINDS: tuple[dict[str, Any], ...] = (*USERS, *({**one, "Type": kind} for one in USERS[1:] for kind in ("Primary", "")))
IDS = {
    "SecurityGroupId",
    "VpcId",
    "VSwitchId",
    "InstanceId",
    "NetworkInterfaceId",
    "AllocationId",
    "IpAddress",
    "PrivateIpAddress",
}


@st.composite
def accounts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Responses that describe two instances, their ENIs and what is around them, of which fields were left out."""

    def some(*one: dict[str, Any]) -> list[dict[str, Any]]:
        return [left_out(item) for item in one if draw(st.booleans())]

    def left_out(one: dict[str, Any]) -> dict[str, Any]:
        names = draw(st.sets(st.sampled_from(sorted(one)), max_size=2)) - IDS
        return {name: value for name, value in one.items() if name not in names}

    def drawn(of: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        return draw(st.sampled_from(of))

    parts = network(
        vpcs=some(vpc()),
        vswitches=some(vswitch()),
        groups=some(group(), group("sg-2", VpcId="")),
        instances=[left_out(instance(f"i-{n}", **{**drawn(PLACES), **drawn(({}, NOWHERE))})) for n in (1, 2)],
        interfaces=some(
            primary(),
            interface(MacAddress="", **drawn(KINDS)),
            interface("eni-2", **drawn(KINDS), **drawn(({}, NO_ADDRESS))),
        ),
        eips=some(eip(**drawn(USERS))),
    )
    return [one for one in answers(parts) if any(*one.values())]


@given(described=accounts(), data=st.data())
@settings(max_examples=budget(2_000), suppress_health_check=list(HealthCheck))
def test_whatever_is_left_out_an_import_is_whole_and_describes_itself(
    described: list[dict[str, Any]], data: st.DataObject
) -> None:
    cloud = Cloud(clock=ManualClock(START))
    try:
        cloud.import_resources(described)
    except InvalidResponse:
        return
    position, found = cloud.position, audit(cloud)
    cloud.import_resources(described)
    assert cloud.position == position
    copy = Cloud(clock=ManualClock(START))
    copy.import_resources(describe(cloud))
    assert sorted(one.message for one in audit(copy)) == sorted(one.message for one in found)
    in_parts = Cloud(clock=ManualClock(START))
    try:
        for page in data.draw(st.permutations(described)):
            in_parts.import_resources([page])
    except InvalidResponse:  # what a later page would have told was needed
        pass
    for one in (cloud, copy, in_parts):
        assert [breach for breach in invariants(one) if breach.invariant.startswith("index.")] == []
