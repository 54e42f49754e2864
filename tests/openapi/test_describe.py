"""`Cloud.describe`: the vendor's responses of what a cloud holds, which import as the same network."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from ecsnet import Cloud, InvalidDescribe, audit
from ecsnet import commands as c
from ecsnet.openapi.describe import DescribedInterface, attributes_of
from ecsnet.openapi.describing import DESCRIBE_ACTIONS, ECS, VPC
from ecsnet.strategies import clouds
from ecsnet.testing import invariants
from tests.attack.descriptions import made
from tests.support import held
from tests.support.described import COLLECTIONS, LISTS, network
from tests.support.net import Net
from tests.support.setups import OPEN, classic


def described(cloud: Cloud, region_id: str | None = None) -> list[dict[str, Any]]:
    return [cloud.describe(action, RegionId=region_id) for action in LISTS]


def again(cloud: Cloud) -> Cloud:
    """Returns a cloud that imports what a cloud describes, with its types and all regions."""
    other = Cloud(region_id=cloud.region_id, account_id=cloud.account_id, clock=cloud.clock)
    regions = {one.region_id for name in COLLECTIONS for one in getattr(cloud, name).values()}
    types = cloud.describe("DescribeInstanceTypes", InstanceTypes=sorted(used_types(cloud)))
    lists = [{**one, "RegionId": region_id} for region_id in sorted(regions) for one in described(cloud, region_id)]
    other.import_resources([types, *lists, *rules_of_groups(cloud)])
    return other


def rules_of_groups(cloud: Cloud) -> list[dict[str, Any]]:
    """Returns the responses of DescribeSecurityGroupAttribute for all groups."""
    return [
        cloud.describe("DescribeSecurityGroupAttribute", SecurityGroupId=one.id, RegionId=one.region_id)
        for one in cloud.security_groups.values()
    ]


def used_types(cloud: Cloud) -> set[str]:
    return {one.instance_type for one in cloud.instances.values()}


def shown(cloud: Cloud, **ignored: Any) -> dict[str, Any]:
    return {name: dict(getattr(cloud, name)) for name in COLLECTIONS}


def without_request_ids(responses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name != "RequestId"} for one in responses]


def test_a_network_is_described_and_imported_as_it_is() -> None:
    net = network()
    cloud = again(net.cloud)
    assert shown(cloud) == shown(net.cloud)
    assert audit(cloud) == ()


def test_groups_and_their_rules_are_described_and_imported_as_they_are() -> None:
    net = network()
    group, source = net.new_group(), net.new_group()
    enterprise = net.cloud.execute(c.CreateSecurityGroup(vpc_id=net.vpc.id, security_group_type="enterprise"))
    for one, other in ((group, source), (source, group), (group, group)):
        net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=one.id, source_group_id=other.id))
    cloud = again(net.cloud)
    assert cloud.security_groups[enterprise.id].type == "enterprise"
    assert without_request_ids(rules_of_groups(cloud)) == without_request_ids(rules_of_groups(net.cloud))
    assert shown(cloud) == shown(net.cloud)
    assert audit(cloud) == invariants(cloud) == ()
    (found,) = cloud.describe("DescribeSecurityGroups", SecurityGroupType="enterprise")["SecurityGroups"][
        "SecurityGroup"
    ]
    assert (found["SecurityGroupId"], found["SecurityGroupType"]) == (enterprise.id, "enterprise")
    policies = {one["SecurityGroupId"]: one["InnerAccessPolicy"] for one in rules_of_groups(cloud)}
    assert (policies[enterprise.id], policies[group.id]) == ("Drop", "Accept")


@pytest.mark.parametrize("number", range(4))
def test_an_import_is_described_and_imported_as_it_is(number: int) -> None:
    first = Cloud()
    first.import_resources(made()[number])
    second = again(first)
    assert shown(second) == shown(first)
    assert without_request_ids(described(again(second))) == without_request_ids(described(second))
    assert invariants(second) == invariants(first)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"instance": {"Status": "Sleeping"}},
        {"instance": {"InstanceChargeType": "Prepaid-2"}},
        {"primary": {"Status": "Sleeping", "Type": "Primary"}},
        {"primary": {"SecurityGroupIds": {"SecurityGroupId": ["sg-unseen", held.GROUP]}}},
    ],
)
def test_what_is_held_is_described_and_held_again(options: dict[str, Any]) -> None:
    first = Cloud()
    held.import_into(first, **options)
    second = again(first)
    assert shown(second) == shown(first)
    assert audit(second) == audit(first)
    assert without_request_ids(described(second)) == without_request_ids(described(first))


@given(clouds(max_commands=12))
def test_whatever_commands_made_is_described_and_imported_as_it_is(cloud: Cloud) -> None:
    other = again(cloud)
    for name in COLLECTIONS:
        ours, theirs = dict(getattr(cloud, name)), dict(getattr(other, name))
        assert list(ours) == list(theirs) or name == "network_interfaces"  # primary ENIs are imported first
        assert ours.keys() == theirs.keys()
    assert without_request_ids(described(again(other))) == without_request_ids(described(other))
    assert shown(again(other)) == shown(other)


def test_every_response_is_json_in_the_order_of_the_alphabet() -> None:
    net = network()
    one = {
        "VpcId": net.vpc.id,
        "VSwitchId": next(iter(net.cloud.vswitches)),
        "SecurityGroupId": next(iter(net.cloud.security_groups)),
        "InstanceId": next(iter(net.cloud.instances)),
        "NetworkInterfaceId": next(iter(net.cloud.network_interfaces)),
    }
    for action, row in DESCRIBE_ACTIONS.items():
        parameters = {name: value for name, value in one.items() if name in row.parameters}
        response = net.cloud.describe(action, **parameters)
        assert json.loads(json.dumps(response)) == response
        assert list(response) == sorted(response)
        assert "Code" not in response


@given(clouds(max_commands=12))
def test_an_eni_is_described_with_the_fields_of_its_schema(cloud: Cloud) -> None:
    """The record of an ENI is written out: it has the attributes that an import reads, and shows them as it does."""
    response = cloud.describe("DescribeNetworkInterfaces")
    for found in response["NetworkInterfaceSets"]["NetworkInterfaceSet"]:
        interface = cloud.network_interfaces[found["NetworkInterfaceId"]]
        assert list(found) == sorted(found)
        for name, (_, mark) in attributes_of(DescribedInterface).items():
            value = getattr(interface, mark.name)
            assert found[name] == (mark.show(value) if mark.show is not None else "" if value is None else value)
            assert type(found[name]) in (str, bool, dict)


def test_resources_are_found_by_filters() -> None:
    net = network()
    cloud = net.cloud
    some = list(cloud.network_interfaces)[1:3]

    def found(**parameters: Any) -> list[str]:
        response = cloud.describe("DescribeNetworkInterfaces", **parameters)
        return [one["NetworkInterfaceId"] for one in response["NetworkInterfaceSets"]["NetworkInterfaceSet"]]

    assert found(NetworkInterfaceId=some) == some == found(network_interface_id=list(reversed(some)))
    assert found(**{"NetworkInterfaceId.1": some[0], "NetworkInterfaceId.2": some[1]}) == some
    assert found(NetworkInterfaceId="eni-none") == [] == found(NetworkInterfaceId=[])
    assert found(InstanceId="") == list(cloud.network_interfaces)
    for status in ("InUse", "Available", "Deleting"):
        assert found(Status=status) == [one.id for one in cloud.network_interfaces.where(status=status)]
    vm = next(iter(cloud.instances.values()))
    assert found(InstanceId=vm.id) == list(vm.network_interface_ids)
    assert found(InstanceId=vm.id, Type="Primary") == [vm.primary_network_interface_id]
    assert found(PrivateIpAddress=["10.0.1.101"]) == [cloud.network_interfaces.where(name="web-1")[0].id]
    assert found(NetworkInterfaceName="web-1", VpcId=net.vpc.id) == found(PrivateIpAddress=["10.0.1.101"])
    assert found(InstanceId=[vm.id, "i-none"], VSwitchId=vm.vswitch_id) == list(vm.network_interface_ids)
    assert found(ServiceManaged="true") == []
    assert found(ServiceManaged=False) == list(cloud.network_interfaces)
    instances = cloud.describe("DescribeInstances", InstanceIds=json.dumps([vm.id]))["Instances"]["Instance"]
    assert [one["InstanceId"] for one in instances] == [vm.id]
    assert cloud.describe("DescribeInstances", InstanceIds="[]")["TotalCount"] == 0
    assert cloud.describe("DescribeVpcs", VpcId=f"{net.vpc.id},vpc-2")["TotalCount"] == 1
    statuses = cloud.describe("DescribeInstanceStatus", InstanceId=[vm.id])["InstanceStatuses"]["InstanceStatus"]
    assert statuses == [{"InstanceId": vm.id, "Status": "Running"}]


def test_networks_groups_instances_and_eips_are_found_by_their_names() -> None:
    net = Net()
    cloud = net.cloud
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", vpc_name="blue"))
    vm = net.run(instance_name="web-1")
    net.run(instance_name="db-1")
    for action, parameter, name, outer, inner, found in (
        ("DescribeVpcs", "VpcName", "blue", "Vpcs", "Vpc", [vpc.id]),
        ("DescribeVpcs", "VpcName", "bl", "Vpcs", "Vpc", []),
        ("DescribeInstances", "InstanceName", "web-*", "Instances", "Instance", [vm.id]),
        ("DescribeVSwitches", "VSwitchName", "blue", "VSwitches", "VSwitch", []),
        ("DescribeSecurityGroups", "SecurityGroupName", "blue", "SecurityGroups", "SecurityGroup", []),
        ("DescribeEipAddresses", "EipName", "blue", "EipAddresses", "EipAddress", []),
    ):
        rows = cloud.describe(action, **{parameter: name})[outer][inner]
        assert [row.get("VpcId") if inner == "Vpc" else row["InstanceId"] for row in rows] == found


def test_resources_are_found_by_their_tags() -> None:
    net = Net()
    cloud = net.cloud

    def created(**tags: str) -> str:
        command = c.CreateVpc(cidr_block="10.0.0.0/8", tags=tags)
        return cloud.execute(command).id

    def found(**parameters: Any) -> list[str]:
        return [one["VpcId"] for one in cloud.describe("DescribeVpcs", **parameters)["Vpcs"]["Vpc"]]

    web, db = created(team="web", stage="test"), created(team="db", stage="test")
    assert found(Tag=[{"Key": "stage", "Value": "test"}]) == [web, db] == found(tag=[{"key": "stage"}])
    assert found(Tag=[{"Key": "stage"}, {"Key": "team", "Value": "db"}]) == [db]
    assert found(**{"Tag.1.Key": "team", "Tag.1.Value": "web", "Tag.2.Key": "stage"}) == [web]
    assert found(Tag=[{"Key": "team", "Value": "test"}]) == [] == found(Tag=[{"Key": "none"}])
    assert found(Tag=[{"Key": "stage", "Value": "test"}], VpcId=[db, net.vpc.id]) == [db]
    assert found(Tag=[]) == [net.vpc.id, web, db]
    page = cloud.describe("DescribeVpcs", Tag=[{"Key": "stage"}], PageSize=1, PageNumber=2)
    assert (page["TotalCount"], [one["VpcId"] for one in page["Vpcs"]["Vpc"]]) == (2, [db])


def test_instance_types_are_found_by_their_limits_and_in_pages() -> None:
    cloud = Cloud()

    def found(**parameters: Any) -> list[Any]:
        answered: list[Any] = cloud.describe("DescribeInstanceTypes", **parameters)["InstanceTypes"]["InstanceType"]
        return answered

    everything = found()
    for parameter, name in (
        ("MinimumEniQuantity", "EniQuantity"),
        ("MinimumEniPrivateIpAddressQuantity", "EniPrivateIpAddressQuantity"),
        ("MinimumCpuCoreCount", "CpuCoreCount"),
        ("MinimumMemorySize", "MemorySize"),
        ("MinimumPrimaryEniQueueNumber", "PrimaryEniQueueNumber"),
    ):
        assert found(**{parameter: "8"}) == [one for one in everything if one.get(name, 0) >= 8] != everything
    assert found(MaximumCpuCoreCount=2, MinimumMemorySize="3.75") == [
        one for one in everything if one["CpuCoreCount"] <= 2 and one["MemorySize"] >= 3.75
    ]
    of_g5 = [one for one in everything if one["InstanceTypeFamily"] == "ecs.g5"]
    assert found(InstanceTypeFamilies=["ecs.g5"]) == of_g5 == found(InstanceTypeFamily="ecs.g5")
    pages, token = [], None
    while token != "":  # as clients do
        response = cloud.describe("DescribeInstanceTypes", MaxResults=100, NextToken=token)
        assert len(response["InstanceTypes"]["InstanceType"]) <= 100
        pages += response["InstanceTypes"]["InstanceType"]
        token = response["NextToken"]
    assert pages == everything
    for wrong in ({"MinimumEniQuantity": "many"}, {"MaximumMemorySize": -1}, {"MaxResults": 1601}, {"NextToken": "x"}):
        with pytest.raises(InvalidDescribe) as refused:
            found(**wrong)
        assert refused.value.parameter in wrong


def test_held_interfaces_are_found_by_what_their_description_says() -> None:
    cloud = Cloud()
    held.import_into(cloud)

    def found(**parameters: Any) -> list[str]:
        response = cloud.describe("DescribeNetworkInterfaces", **parameters)
        return [one["NetworkInterfaceId"] for one in response["NetworkInterfaceSets"]["NetworkInterfaceSet"]]

    assert found(InstanceId="ngw-1") == [held.MANAGED] == found(ServiceManaged=True)
    assert found(InstanceId=held.INSTANCE) == [held.PRIMARY, held.TRUNK]
    assert found(Type="Trunk") == [held.TRUNK]
    eips = cloud.describe("DescribeEipAddresses", AssociatedInstanceType="Nat", AssociatedInstanceId="ngw-1")
    assert [one["AllocationId"] for one in eips["EipAddresses"]["EipAddress"]] == [held.EIP]


@pytest.mark.parametrize(
    ("action", "parameter"), [(name, one) for name in LISTS for one in DESCRIBE_ACTIONS[name].parameters]
)
def test_every_filter_answers(action: str, parameter: str) -> None:
    cloud = network().cloud
    wanted = {
        "PageNumber": 10**6,
        "PageSize": 1,
        "MaxResults": 1,
        "NextToken": "YWZ0ZXIgOTk5OTk5",
        "ServiceManaged": True,
        "IsDefault": True,
        "IoOptimized": False,
        "Tag": [{"Key": "none"}],
    }
    (records,) = [
        one
        for name, one in cloud.describe(action, **{parameter: wanted.get(parameter, "none")}).items()
        if isinstance(one, dict)
    ]
    (found,) = records.values()
    assert len(found) == (parameter == "MaxResults" or (parameter == "PageSize"))


def test_a_classic_instance_is_described() -> None:
    net = Net(**OPEN)
    vm = classic(net, internet_max_bandwidth_out=5)
    (one,) = net.cloud.describe("DescribeInstances", InstanceNetworkType="classic")["Instances"]["Instance"]
    assert one["InnerIpAddress"] == {"IpAddress": [vm.private_ip]}
    assert one["VpcAttributes"]["VpcId"] == ""


def pages(cloud: Cloud, size: int) -> list[str]:
    """Returns the ids of all ENIs, read by tokens."""
    token, ids = None, []
    while token != "":
        response = cloud.describe("DescribeNetworkInterfaces", MaxResults=size, NextToken=token)
        ids += [one["NetworkInterfaceId"] for one in response["NetworkInterfaceSets"]["NetworkInterfaceSet"]]
        token = response["NextToken"]
    return ids


def test_pages_follow_the_order_of_creation() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    enis = [net.cloud.execute(net.eni_command()) for _ in range(7)]
    net.clock.advance(timedelta(seconds=10))
    ids = [one.id for one in enis]
    assert pages(net.cloud, 3) == ids == pages(net.cloud, 7)
    third = net.cloud.describe("DescribeNetworkInterfaces", PageNumber=3, PageSize="3")
    assert [one["NetworkInterfaceId"] for one in third["NetworkInterfaceSets"]["NetworkInterfaceSet"]] == ids[6:]
    assert (third["TotalCount"], third["PageNumber"], third["PageSize"]) == (7, 3, 3)
    first = net.cloud.describe("DescribeNetworkInterfaces", MaxResults=2)
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=ids[0]))
    assert net.cloud.describe("DescribeNetworkInterfaces")["TotalCount"] == 7
    net.clock.advance(timedelta(seconds=10))
    assert net.cloud.describe("DescribeNetworkInterfaces")["TotalCount"] == 6
    second = net.cloud.describe("DescribeNetworkInterfaces", MaxResults=2, NextToken=first["NextToken"])
    assert [one["NetworkInterfaceId"] for one in second["NetworkInterfaceSets"]["NetworkInterfaceSet"]] == ids[2:4]
    new = net.cloud.execute(net.eni_command())
    assert pages(net.cloud, 4) == [*ids[1:], new.id]
    assert pages(net.cloud.at(net.cloud.position - 1), 4) == ids[1:]


def test_an_account_sees_its_own_resources_in_one_region() -> None:
    net = network()
    assert all(one.get("TotalCount", 0) == 0 for one in described(net.cloud.as_account("42")))
    assert all(one["TotalCount"] == 0 for one in described(net.cloud, "cn-beijing"))
    with pytest.raises(InvalidDescribe) as caught:
        net.cloud.as_account("42").describe("DescribeVpcAttribute", VpcId=net.vpc.id)
    assert (caught.value.code, caught.value.http_status) == ("InvalidVpcID.NotFound", 404)


def test_the_older_product_has_the_smaller_shape() -> None:
    net = network()
    (new,) = net.cloud.describe("DescribeVpcs")["Vpcs"]["Vpc"]
    (old,) = net.cloud.describe("DescribeVpcs", version=ECS)["Vpcs"]["Vpc"]
    assert old.keys() < new.keys()
    assert {name: new[name] for name in old} == old
    assert net.cloud.describe("DescribeVpcs", version=VPC)["Vpcs"]["Vpc"] == [new]


def test_group_rules_are_described() -> None:
    net = network()
    group, source = net.new_group(), net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=group.id, source_group_id=source.id))
    response = net.cloud.describe("DescribeSecurityGroupAttribute", SecurityGroupId=group.id)
    (rule,) = response["Permissions"]["Permission"]
    assert (rule["SourceGroupId"], rule["Direction"], rule["SourceGroupOwnerAccount"]) == (source.id, "ingress", "")
    egress = net.cloud.describe("DescribeSecurityGroupAttribute", SecurityGroupId=group.id, Direction="egress")
    assert egress["Permissions"] == {"Permission": []}


@pytest.mark.parametrize(
    ("action", "parameters", "at_fault", "code"),
    [
        ("DescribeVpc", {}, None, "InvalidAction.NotFound"),
        (7, {}, None, "InvalidAction.NotFound"),
        ("DescribeInstances", {"version": VPC}, None, "InvalidVersion"),
        ("DescribeVpcs", {"VpcIds": ["vpc-1"]}, "VpcIds", "InvalidParameter"),
        ("DescribeVpcs", {"VpcOwnerId": "1"}, "VpcOwnerId", "InvalidParameter"),
        ("DescribeVpcs", {"PageSize": 51}, "PageSize", "InvalidParameter"),
        ("DescribeVpcs", {"PageNumber": "0"}, "PageNumber", "InvalidParameter"),
        ("DescribeVpcs", {"VpcId": [1]}, "VpcId", "InvalidParameter"),
        ("DescribeVpcs", {"RegionId": "nowhere else"}, "RegionId", "InvalidRegionId.NotFound"),
        ("DescribeInstances", {"InstanceIds": "[1"}, "InstanceIds", "InvalidParameter"),
        ("DescribeInstances", {"NextToken": "x"}, "NextToken", "InvalidParameter"),
        ("DescribeInstances", {"NextToken": "YWZ0ZXIgLTE="}, "NextToken", "InvalidParameter"),
        ("DescribeNetworkInterfaces", {"ServiceManaged": "perhaps"}, "ServiceManaged", "InvalidParameter"),
        ("DescribeNetworkInterfaces", {"NetworkInterfaceId": ["x"] * 101}, "NetworkInterfaceId", "InvalidParameter"),
        ("DescribeVpcs", {"VpcId": "vpc-1", "VpcId.1": "vpc-2"}, "VpcId", "InvalidParameter"),
        ("DescribeVpcs", {"VpcId.1": "vpc-1", "VpcId": ["vpc-2"]}, "VpcId", "InvalidParameter"),
        ("DescribeVpcs", {"Tag": "team"}, "Tag", "InvalidParameter"),
        ("DescribeVpcs", {"Tag": ["team"]}, "Tag", "InvalidParameter"),
        ("DescribeVpcs", {"Tag": [{"Value": "web"}]}, "Tag.1.Key", "MissingParameter"),
        ("DescribeVpcs", {"Tag": [{"Key": "a", "Scope": "b"}]}, "Tag.1", "InvalidParameter"),
        ("DescribeVpcs", {"Tag": [{"Key": 1}]}, "Tag.1", "InvalidParameter"),
        ("DescribeVpcs", {"Tag": [{"Key": "a"}, {"Key": "a", "Value": "b"}]}, "Tag.2.Key", "InvalidParameter"),
        ("DescribeVpcs", {"Tag": [{"Key": str(n)} for n in range(21)]}, "Tag", "InvalidParameter"),
        ("DescribeVpcs", {"Tag.a.Key": "a"}, "Tag.a.Key", "InvalidParameter"),
        ("DescribeVpcs", {"Tag": [{"Key": "a"}], "Tag.1.Key": "a"}, "Tag", "InvalidParameter"),
        ("DescribeInstanceAttribute", {}, "InstanceId", "MissingParameter"),
        ("DescribeInstanceAttribute", {"InstanceId": "i-none"}, "InstanceId", "InvalidInstanceId.NotFound"),
    ],
)
def test_what_the_api_refuses_is_refused_with_its_code(
    action: Any, parameters: dict[str, Any], at_fault: str | None, code: str
) -> None:
    with pytest.raises(InvalidDescribe) as caught:
        network().cloud.describe(action, **parameters)
    assert (caught.value.parameter, caught.value.code) == (at_fault, code)
