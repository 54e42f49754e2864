"""Names, descriptions and tags in Describe responses, and whether an ENI goes with its instance."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, InvalidResponse, audit
from ecsnet import commands as c
from ecsnet.events.stores import codec
from ecsnet.testing import invariants
from tests.support.accounts import network

OF_VPC_API = {"Tags": {"Tag": [{"Key": "team", "Value": "web"}, {"Key": "stage"}]}, "Description": "of the web"}
OF_ECS_API = {
    "Tags": {"Tag": [{"TagKey": "team", "TagValue": "web"}, {"TagKey": "stage", "TagValue": ""}]},
    "Description": "of the web",
}
TAGS = {"team": "web", "stage": ""}


def eni(**fields: Any) -> dict[str, Any]:
    described = {
        "NetworkInterfaceId": "eni-1",
        "VSwitchId": "vsw-1",
        "Type": "Secondary",
        "Status": "Available",
        "MacAddress": "00:16:3e:00:00:01",
        "PrivateIpAddress": "10.0.1.9",
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
    }
    return {"NetworkInterfaceSets": {"NetworkInterfaceSet": [{**described, **fields}]}}


def account(**fields_of_eni: Any) -> list[dict[str, Any]]:
    vpc = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "VpcName": "web-1", **OF_VPC_API}
    vswitch = {"VSwitchId": "vsw-1", "VpcId": "vpc-1", "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.1.0/24"}
    instance = {
        "InstanceId": "i-1",
        "Status": "Running",
        "InstanceType": "ecs.g5.xlarge",
        "ZoneId": "cn-hangzhou-b",
        "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1"},
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        "InstanceName": "web-1",
        **OF_ECS_API,
        "NetworkInterfaces": {
            "NetworkInterface": [
                {
                    "NetworkInterfaceId": "eni-0",
                    "Type": "Primary",
                    "MacAddress": "00:16:3e:00:00:00",
                    "PrimaryIpAddress": "10.0.1.8",
                }
            ]
        },
    }
    eip = {"AllocationId": "eip-1", "IpAddress": "203.0.113.7", "Status": "Available", "Name": "web-1", **OF_VPC_API}
    group = {"SecurityGroupId": "sg-1", "VpcId": "vpc-1", "SecurityGroupName": "web-1", **OF_ECS_API}
    return [
        {"Vpcs": {"Vpc": [vpc]}},
        {"VSwitches": {"VSwitch": [{**vswitch, "VSwitchName": "web-1", **OF_VPC_API}]}},
        {"SecurityGroups": {"SecurityGroup": [group]}},
        {"Instances": {"Instance": [instance]}},
        eni(NetworkInterfaceName="web-1", **{**OF_ECS_API, **fields_of_eni}),
        {"EipAddresses": {"EipAddress": [eip]}},
    ]


def imported(**fields_of_eni: Any) -> Cloud:
    cloud = Cloud()
    cloud.import_resources(account(**fields_of_eni))
    return cloud


@pytest.mark.parametrize(
    "collection", ["vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips"]
)
def test_every_resource_is_imported_with_its_name_description_and_tags(collection: str) -> None:
    cloud = imported()
    (found,) = getattr(cloud, collection).where(tags=TAGS)
    assert (found.name, found.description, found.tags) == ("web-1", "of the web", TAGS)
    assert getattr(cloud, collection).where(name="web-1") == (found,)
    assert invariants(cloud) == audit(cloud) == ()
    assert Cloud(cloud.store, clock=cloud.clock).state_digest() == cloud.state_digest()


def test_an_eip_is_described_in_either_spelling() -> None:
    cloud, eip = Cloud(), {"AllocationId": "eip-1", "IpAddress": "203.0.113.7", "Status": "Available"}
    cloud.import_resources([{"EipAddresses": {"EipAddress": [{**eip, "Descritpion": "of the web"}]}}])
    assert cloud.eips["eip-1"].description == "of the web"


@pytest.mark.parametrize(
    "tags",
    [
        None,
        {},
        {"Tag": None},
        {"Tag": []},
        {"Tag": [{}]},
        {"Tag": [{"TagKey": None, "TagValue": None}]},
        {"Tag": [{"TagValue": "web"}]},
        {"Tag": [{"TagKey": "", "TagValue": "web"}]},
    ],
)
def test_tags_that_are_absent_null_or_without_a_key_are_none(tags: Any) -> None:
    assert imported(Tags=tags).network_interfaces["eni-1"].tags == {}


def test_of_a_key_that_is_described_twice_the_first_is_taken() -> None:
    tags = {"Tag": [{"TagKey": "team", "TagValue": "web"}, {"TagKey": "team", "TagValue": "db"}]}
    assert imported(Tags=tags).network_interfaces["eni-1"].tags == {"team": "web"}


@pytest.mark.parametrize("tag", [{"TagKey": "a\x00"}, {"TagKey": "a", "TagValue": "\ud800"}, {"Key": "k" * 5000}])
def test_a_malformed_tag_is_refused_with_its_path(tag: dict[str, str]) -> None:
    with pytest.raises(InvalidResponse, match=r"Tags\.Tag\[0\]"):
        imported(Tags={"Tag": [tag]})


def test_tags_of_the_system_are_imported_stay_and_do_not_count() -> None:
    system = [{"TagKey": f"acs:service-{number}", "TagValue": "http://x"} for number in range(25)]
    own = [{"TagKey": "see http://x", "TagValue": "acs:x"}]  # no command could give it, and it may be taken
    cloud = imported(Tags={"Tag": [*system, *own]})
    named: dict[str, Any] = {"resource_type": "eni", "resource_ids": ["eni-1"]}
    (tagged,) = cloud.execute(c.TagResources(**named, tags={f"key-{number}": "" for number in range(19)}))
    assert len(tagged.tags) == 45
    assert [v.rule for v in cloud.check(c.TagResources(**named, tags={"one": "more"})).violations] == ["tags.quota"]
    (untagged,) = cloud.execute(c.UntagResources(**named, all=True))
    assert list(untagged.tags) == sorted(tag["TagKey"] for tag in system)
    assert audit(cloud) == ()


@pytest.mark.parametrize(("given", "stays"), [(False, True), ("false", True), (True, False), (None, False)])
def test_an_interface_is_imported_with_whether_it_goes_with_its_instance(given: Any, stays: bool) -> None:
    cloud = imported(DeleteOnRelease=given, Status="InUse", InstanceId="i-1")
    assert cloud.network_interfaces["eni-1"].delete_on_release is not stays
    cloud.execute(c.DeleteInstance(instance_id="i-1", force=True))
    assert ("eni-1" in cloud.network_interfaces) is stays


def test_a_network_without_names_and_tags_has_none() -> None:
    cloud = Cloud()
    cloud.import_resources(network())
    for vpc in cloud.vpcs.values():
        assert (vpc.name, vpc.description, vpc.tags) == (None, None, {})
    for record in cloud.history():
        assert "tags" not in codec.encode(record.event)


def test_what_is_described_again_is_imported_as_it_was() -> None:
    cloud, again = imported(DeleteOnRelease=False), Cloud()
    actions = ("Vpcs", "VSwitches", "SecurityGroups", "Instances", "NetworkInterfaces", "EipAddresses")
    responses = [cloud.describe(f"Describe{action}") for action in actions]
    again.import_resources(responses)
    (eni,) = again.network_interfaces.where(name="web-1")
    assert (eni.tags, eni.description, eni.delete_on_release) == (TAGS, "of the web", False)
    assert [again.describe(f"Describe{action}") for action in actions] == responses
    assert responses[0]["Vpcs"]["Vpc"][0]["Tags"]["Tag"][0] == {"Key": "stage", "Value": ""}
    assert responses[2]["SecurityGroups"]["SecurityGroup"][0]["Tags"]["Tag"][0] == {"TagKey": "stage", "TagValue": ""}
