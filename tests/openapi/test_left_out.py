"""Descriptions whose collector left fields out, made them null or empty, or wrote numbers as text."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, CommandDenied, audit
from ecsnet import commands as c
from ecsnet.guest import GuestError, guest_configuration
from tests.support.described import LISTS
from tests.support.small_account import CLASSIC, answers, eip, group, instance, interface, network, vswitch
from tests.support.small_account import primary as primary_with_the_mac_of_the_spare_one

ABSENT = object()


def primary(**changes: Any) -> dict[str, Any]:
    return primary_with_the_mac_of_the_spare_one(**{"MacAddress": "00:16:3e:00:00:00", **changes})


def without(described: dict[str, Any], field: str, value: Any = ABSENT) -> dict[str, Any]:
    changed = {**described, field: value}
    if value is ABSENT:
        del changed[field]
    return changed


def imported(**changes: Any) -> Cloud:
    cloud = Cloud()
    cloud.import_resources(answers(network(**{"interfaces": [primary(), interface()], **changes})))
    return cloud


def reasons(cloud: Cloud) -> list[str]:
    return [finding.message for finding in audit(cloud)]


def again(cloud: Cloud) -> list[dict[str, Any]]:
    """Returns the descriptions of a cloud. Asserts that they are the same of a cloud that imports them."""
    described = [cloud.describe(action) for action in LISTS]
    copy = Cloud()
    copy.import_resources(described)
    repeated = [copy.describe(action) for action in LISTS]
    for one in (*described, *repeated):
        del one["RequestId"]
    assert repeated == described
    return described


left_out = pytest.mark.parametrize("value", [ABSENT, None, ""], ids=["absent", "null", "empty"])


@left_out
def test_an_instance_without_a_status_is_held(value: Any) -> None:
    cloud = imported(instances=[without(instance(), "Status", value)])
    assert reasons(cloud) == ["i-1 is held: its status is not described"]
    with pytest.raises(CommandDenied, match=r"instance\.held"):
        cloud.execute(c.StopInstance(instance_id="i-1"))
    again(cloud)


@left_out
def test_an_instance_without_a_type_is_of_an_unknown_type(value: Any) -> None:
    cloud = imported(instances=[without(instance(), "InstanceType", value)])
    assert not cloud.limits("i-1").limits_known
    again(cloud)


@left_out
def test_an_instance_without_a_zone_is_in_the_zone_of_its_vswitch(value: Any) -> None:
    cloud = imported(instances=[without(instance(), "ZoneId", value)])
    assert cloud.instances["i-1"].zone_id == "cn-hangzhou-b"


@pytest.mark.parametrize(
    "place",
    [ABSENT, None, {}, {"VpcId": "vpc-1"}, {"VSwitchId": "vsw-1"}, {"VpcId": ""}],
    ids=lambda place: "absent" if place is ABSENT else str(place),
)
def test_an_instance_is_where_its_primary_eni_is(place: Any) -> None:
    cloud = imported(instances=[without(instance(), "VpcAttributes", place)])
    vm = cloud.instances["i-1"]
    assert (vm.vpc_id, vm.vswitch_id, vm.private_ip) == ("vpc-1", "vsw-1", "10.0.1.8")


def test_a_classic_instance_stays_classic_without_the_fields_of_a_vpc() -> None:
    classic = without(instance("i-2", **CLASSIC), "VpcAttributes")
    assert imported(instances=[instance(), classic]).instances["i-2"].network_type == "classic"


@left_out
def test_a_subscription_that_ends_at_a_time_that_is_not_described_is_held(value: Any) -> None:
    subscription = instance(InstanceChargeType="PrePaid", ExpiredTime="2030-01-01T00:00Z")
    cloud = imported(instances=[without(subscription, "ExpiredTime", value)])
    assert reasons(cloud) == ["i-1 is held: its subscription ends at a time that is not described"]
    assert again(cloud)[3]["Instances"]["Instance"][0]["InstanceChargeType"] == "PrePaid"


@left_out
def test_an_eni_without_a_mac_address_is_imported_and_cannot_be_configured(value: Any) -> None:
    cloud = imported(
        instances=[instance(ImageId="centos_7_2_x64")],
        interfaces=[primary(), without(interface(Status="InUse", InstanceId="i-1"), "MacAddress", value)],
    )
    assert cloud.network_interfaces["eni-1"].mac_address == ""
    with pytest.raises(GuestError, match="mac_address"):
        guest_configuration(cloud, "eni-1")
    again(cloud)


def test_enis_without_a_mac_address_do_not_share_it() -> None:
    cloud = imported(interfaces=[primary(MacAddress=""), interface(MacAddress="")])
    assert reasons(cloud) == []


@left_out
@pytest.mark.parametrize(("instance_id", "status"), [("", "Available"), ("i-1", "InUse")])
def test_an_eip_without_a_status_has_that_of_its_user(value: Any, instance_id: str, status: str) -> None:
    cloud = imported(eips=[without(eip(InstanceId=instance_id), "Status", value)])
    assert (cloud.eips["eip-1"].status, reasons(cloud)) == (status, [])


def embedded(*interfaces: dict[str, Any], ip: str = "10.0.1.8") -> dict[str, Any]:
    place = {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "PrivateIpAddress": {"IpAddress": [ip]}}
    return instance(VpcAttributes=place, NetworkInterfaces={"NetworkInterface": list(interfaces)})


def in_instance(interface_id: str, ip: str, **fields: Any) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": interface_id,
        "MacAddress": f"00:16:3e:00:01:0{ip[-1]}",
        "PrimaryIpAddress": ip,
        **fields,
    }


def test_the_primary_eni_of_an_instance_without_types_is_that_with_its_address() -> None:
    """The answers of older versions of DescribeInstances have no types."""
    first, second = in_instance("eni-a", "10.0.1.7"), in_instance("eni-b", "10.0.1.8")
    cloud = imported(instances=[embedded(first, second)], interfaces=[])
    assert cloud.instances["i-1"].network_interface_ids == ("eni-b", "eni-a")
    assert cloud.network_interfaces["eni-a"].type == "Secondary"


def test_the_only_eni_of_an_instance_is_its_primary_eni_if_it_has_no_type() -> None:
    cloud = imported(interfaces=[without(primary(), "Type")])
    assert cloud.instances["i-1"].primary_network_interface_id == "eni-0"


def test_two_partial_descriptions_of_one_eni_complete_each_other() -> None:
    partial = primary()
    for field in ("Type", "MacAddress", "InstanceId", "PrivateIpAddress"):
        partial = without(partial, field)
    whole = in_instance("eni-0", "10.0.1.8", Type="Primary")
    cloud = imported(instances=[embedded(whole)], interfaces=[partial])
    vm, eni = cloud.instances["i-1"], cloud.network_interfaces["eni-0"]
    assert (vm.primary_network_interface_id, eni.mac_address, eni.primary_private_ip) == (
        "eni-0",
        "00:16:3e:00:01:08",
        "10.0.1.8",
    )


def test_an_embedded_primary_eni_without_an_address_has_that_of_its_instance() -> None:
    only = without(in_instance("eni-0", "10.0.1.8", Type="Primary"), "PrimaryIpAddress")
    assert imported(instances=[embedded(only)], interfaces=[]).instances["i-1"].private_ip == "10.0.1.8"


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_null_or_empty_in_a_list_is_left_out(nothing: Any) -> None:
    spare = interface(
        SecurityGroupIds={"SecurityGroupId": ["sg-1", nothing]},
        PrivateIpSets={
            "PrivateIpSet": [{"PrivateIpAddress": nothing}, {"PrivateIpAddress": "10.0.1.9", "Primary": True}]
        },
        Ipv4PrefixSets={"Ipv4PrefixSet": [{"Ipv4Prefix": nothing}]},
        Ipv6Sets={"Ipv6Set": [{"Ipv6Address": nothing}]},
        Tags={"Tag": [None]},
    )
    cloud = imported(instances=[instance(PublicIpAddress={"IpAddress": [nothing]})], interfaces=[primary(), spare])
    eni = cloud.network_interfaces["eni-1"]
    assert (eni.security_group_ids, eni.private_ips, eni.ipv4_prefixes) == (("sg-1",), ("10.0.1.9",), ())
    assert reasons(cloud) == []


def test_numbers_may_be_text() -> None:
    cloud = imported(
        vswitches=[vswitch(AvailableIpAddressCount="100")],
        groups=[group(GroupToGroupRuleCount="")],
        instances=[instance(InternetMaxBandwidthOut="5")],
    )
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 100
    assert cloud.instances["i-1"].internet_max_bandwidth_out == 5


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("Vpcs", "Vpc"),
        ("VSwitches", "VSwitch"),
        ("SecurityGroups", "SecurityGroup"),
        ("Instances", "Instance"),
        ("NetworkInterfaceSets", "NetworkInterfaceSet"),
        ("EipAddresses", "EipAddress"),
        ("InstanceTypes", "InstanceType"),
        ("AccountAttributeItems", "AccountAttributeItem"),
    ],
)
def test_an_empty_list_of_resources_may_be_null(outer: str, inner: str) -> None:
    assert Cloud().import_resources([{outer: {inner: None}}]) == 0
