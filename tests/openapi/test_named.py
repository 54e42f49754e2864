"""Resources that are named and not described are there by their names, and held with what is in them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, InvalidDescribe, InvalidResponse, ManualClock, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.attack.descriptions import descriptions
from tests.support.hypothesis_settings import budget
from tests.support.net import Net
from tests.support.small_account import (
    CLASSIC,
    START,
    again,
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

NODE: dict[str, Any] = {
    "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "PrivateIpAddress": {"IpAddress": ["10.0.1.8"]}}
}
"""An instance as DescribeInstances has it."""
ENIS = [
    primary(VpcId="vpc-1", ZoneId="cn-hangzhou-b"),
    interface(VpcId="vpc-1", MacAddress="00:16:3e:00:00:02", Status="InUse", InstanceId="i-1"),
]
"""ENIs as DescribeNetworkInterfaces has them."""


def findings(cloud: Cloud) -> list[str]:
    """All findings; none is a breach."""
    found = audit(cloud)
    assert [one for one in found if one.severity == "breach"] == []
    assert invariants(cloud) == ()
    return [f"{one.rule}: {one.message}" for one in found]


def account(**changes: Any) -> Cloud:
    return imported(**{"interfaces": ENIS, "eips": [], **changes})


def in_order(described: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns descriptions with each list in the order of its texts: another import may make another one."""
    return [
        {name: sorted(map(repr, *value.values())) if isinstance(value, dict) else value for name, value in one.items()}
        for one in described
    ]


# Another region


def test_what_is_held_in_another_region_is_named_beside_what_else_is_wrong() -> None:
    net = Net()
    node = instance(**NODE, Status="Odd", RegionId="cn-beijing")
    described = network(vpcs=[], instances=[node], interfaces=ENIS, eips=[])  # nothing in the region of the net
    net.cloud.import_resources(answers(described))
    assert net.cloud.instances["i-1"].region_id == "cn-beijing"
    allocation_id = net.cloud.execute(c.AllocateEipAddress()).id
    for command in (
        c.AssociateEipAddress(allocation_id=allocation_id, instance_id="i-1"),
        c.AttachNetworkInterface(network_interface_id=net.eni().id, instance_id="i-1"),
    ):
        (reason,) = [one.facts["reason"] for one in net.cloud.check(command).violations if one.rule == "instance.held"]
        assert reason == "its status Odd is unknown; it is in vpc-1, which no response describes"


# A VPC, a VSwitch


def test_a_vpc_that_is_not_described_is_held_with_what_is_in_it() -> None:
    cloud = account(vpcs=[])
    assert findings(cloud) == [
        "vpc.held: vpc-1 is held: no response describes it",
        "vswitch.held: vsw-1 is held: it is in vpc-1, which no response describes",
        "security-group.held: sg-1 is held: it is in vpc-1, which no response describes",
        "instance.held: i-1 is held: it is in vpc-1, which no response describes",
    ]
    assert cloud.vpcs["vpc-1"].cidr_block == ""
    create = c.CreateVSwitch(vpc_id="vpc-1", zone_id="cn-hangzhou-b", cidr_block="10.0.9.0/24")
    assert [violation.rule for violation in cloud.check(create).violations] == ["vpc.held"]
    assert findings(again(cloud)) == findings(cloud)


def test_a_vswitch_that_is_not_described_is_held_with_its_enis() -> None:
    cloud = account(vswitches=[])
    assert findings(cloud) == [
        "vswitch.held: vsw-1 is held: no response describes it",
        "interface.held: eni-0 is held: it is in vsw-1, which no response describes",
        "interface.held: eni-1 is held: it is in vsw-1, which no response describes",
    ]
    taken = c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"], primary_ip_address="10.0.1.9")
    rules = [violation.rule for violation in cloud.check(taken).violations]
    assert rules == ["vswitch.held", "address.private.in-use"]
    assert findings(again(cloud)) == findings(cloud)


@pytest.mark.parametrize("place", ["interface", "instance", "group"])
def test_a_vswitch_that_is_not_described_is_in_the_vpc_of_what_is_in_it(place: str) -> None:
    in_instance = {"instances": [instance()], "interfaces": [primary()], "groups": [group(VpcId="")]}
    of_place: dict[str, dict[str, Any]] = {
        "interface": {"interfaces": [interface(VpcId="vpc-1", SecurityGroupIds={})], "instances": [], "groups": []},
        "instance": in_instance,
        "group": {"interfaces": [interface()], "instances": []},
    }
    cloud = imported(vswitches=[], eips=[], **of_place[place])
    assert cloud.vswitches["vsw-1"].vpc_id == "vpc-1"


def test_a_vpc_that_is_not_described_is_in_the_region_of_the_zones_in_it() -> None:
    cloud = Cloud(clock=ManualClock(START))
    cloud.import_resources([{"VSwitches": {"VSwitch": [vswitch(ZoneId="ap-southeast-1a")]}}])
    assert cloud.vswitches["vsw-1"].region_id == cloud.vpcs["vpc-1"].region_id == "ap-southeast-1"


def test_pages_have_what_was_only_named_once_it_is_described() -> None:
    cloud = account(vpcs=[], vswitches=[vswitch(), vswitch(VSwitchId="vsw-2", CidrBlock="10.0.2.0/24")])

    def pages(action: str, outer: str, inner: str, **filters: str) -> list[list[str]]:
        found = [cloud.describe(action, PageSize=1, PageNumber=number, **filters) for number in (1, 2)]
        return [[one[f"{inner}Id"] for one in page[outer][inner]] for page in found]

    assert pages("DescribeVpcs", "Vpcs", "Vpc") == pages("DescribeVpcs", "Vpcs", "Vpc", VpcId="vpc-1") == [[], []]
    assert pages("DescribeVSwitches", "VSwitches", "VSwitch") == [["vsw-1"], ["vsw-2"]]
    cloud.import_resources([{"Vpcs": {"Vpc": [vpc()]}}])
    assert pages("DescribeVpcs", "Vpcs", "Vpc") == [["vpc-1"], []]
    cloud.import_resources([{"Vpcs": {"Vpc": [vpc(VpcId="vpc-2")]}}])
    assert pages("DescribeVpcs", "Vpcs", "Vpc") == [["vpc-1"], ["vpc-2"]]


def test_what_is_only_named_is_described_by_nothing() -> None:
    cloud = account(vpcs=[], vswitches=[])
    assert cloud.describe("DescribeVpcs")["TotalCount"] == cloud.describe("DescribeVSwitches")["TotalCount"] == 0
    with pytest.raises(InvalidDescribe, match="does not exist"):
        cloud.describe("DescribeVpcAttribute", VpcId="vpc-1")


def test_an_import_counts_what_is_described() -> None:
    cloud = Cloud()
    assert cloud.import_resources([{"SecurityGroups": {"SecurityGroup": [group()]}}]) == 1
    assert list(cloud.vpcs) == ["vpc-1"]


def test_an_id_that_is_named_is_of_no_other_resource() -> None:
    with pytest.raises(InvalidResponse, match="sg-1 is the id of another resource") as refusal:
        account(vswitches=[vswitch(VpcId="sg-1")])
    assert refusal.value.path == "responses[1].VSwitches.VSwitch[0].VpcId"


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize(
    ("kind", "field"), [("vpcs", "CidrBlock"), ("vswitches", "CidrBlock"), ("vswitches", "ZoneId")]
)
def test_a_network_without_its_block_or_zone_is_held_until_it_is_described(kind: str, field: str, value: Any) -> None:
    whole = {"vpcs": vpc(), "vswitches": vswitch()}[kind]
    cloud = account(**{kind: [{**whole, field: value}]})
    what = "zone" if field == "ZoneId" else "block"
    assert f"{whole.get('VSwitchId', 'vpc-1')} is held: its {what} is not described" in findings(cloud)[0]
    assert findings(again(cloud)) == findings(cloud)
    outer, inner = ("Vpcs", "Vpc") if kind == "vpcs" else ("VSwitches", "VSwitch")
    cloud.import_resources([{outer: {inner: [whole]}}], partial=True)
    assert findings(cloud) == []
    with pytest.raises(InvalidResponse, match="nothing changes it"):
        cloud.import_resources([{outer: {inner: [{**whole, field: ""}]}}], refresh=True)


def test_a_block_that_is_described_later_gives_what_is_free() -> None:
    cloud = account(vswitches=[])
    cloud.import_resources([{"VSwitches": {"VSwitch": [vswitch(AvailableIpAddressCount=240)]}}])
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 240
    assert findings(cloud) == ["vswitch.delete.in-use: vsw-1 has 10 addresses in use by what no response describes"]
    new = cloud.execute(c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"]))
    assert new.primary_private_ip == "10.0.1.1"


def test_an_eni_in_a_vswitch_without_a_block_takes_no_address() -> None:
    cloud = account(vswitches=[vswitch(CidrBlock="")])
    assign = c.AssignPrivateIpAddresses(network_interface_id="eni-1", private_ip_addresses=["0.0.0.1"])
    assert [violation.rule for violation in cloud.check(assign).violations][:1] == ["interface.held"]


def test_blocks_that_overlap_are_refused_where_one_is_described_later() -> None:
    cloud = account(vswitches=[])
    other = vswitch("vsw-2", CidrBlock="10.0.1.0/28")
    cloud.import_resources([{"VSwitches": {"VSwitch": [other]}}])
    with pytest.raises(InvalidResponse, match="overlaps"):
        cloud.import_resources([{"VSwitches": {"VSwitch": [vswitch()]}}])


# An instance without its primary ENI


def test_an_instance_without_its_primary_eni_stands_for_it() -> None:
    cloud = account(instances=[instance(**NODE)], interfaces=[])
    assert findings(cloud) == ["instance.held: i-1 is held: no response describes its primary ENI"]
    vm = cloud.instances["i-1"]
    assert (vm.network_type, vm.vswitch_id, vm.private_ip) == ("vpc", "vsw-1", "10.0.1.8")
    assert (vm.primary_network_interface_id, vm.network_interface_ids) == (None, ())
    for where in ({"vswitch_id": "vsw-1"}, {"private_ip": "10.0.1.8"}, {"security_group_id": "sg-1"}):
        assert (cloud.instances.where(**where), cloud.network_interfaces.where(**where)) == ((vm,), ())
    for command, rule in (
        (c.DeleteVSwitch(vswitch_id="vsw-1"), "vswitch.delete.in-use"),
        (c.DeleteSecurityGroup(security_group_id="sg-1"), "security-group.delete.in-use"),
        (
            c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"], primary_ip_address="10.0.1.8"),
            "address.private.in-use",
        ),
        (c.StopInstance(instance_id="i-1"), "instance.held"),
    ):
        assert rule in [violation.rule for violation in cloud.check(command).violations]
    assert findings(again(cloud)) == findings(cloud)


def test_an_instance_without_any_eni_need_not_tell_its_address() -> None:
    cloud = account(interfaces=[])
    assert cloud.instances["i-1"].private_ip == ""
    assert findings(again(cloud)) == ["instance.held: i-1 is held: no response describes its primary ENI"]


def test_enis_of_an_instance_without_its_primary_one_wait_for_that() -> None:
    cloud = account(instances=[instance(**NODE)], interfaces=ENIS[1:])
    assert findings(cloud)[1:] == [
        "interface.held: eni-1 is held: it is on i-1, whose primary ENI no response describes"
    ]
    assert findings(again(cloud)) == findings(cloud)
    cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": ENIS[:1]}}])
    assert cloud.instances["i-1"].network_interface_ids == ("eni-0", "eni-1")
    assert findings(cloud) == []


def test_an_instance_whose_primary_eni_goes_elsewhere_stands_for_it() -> None:
    cloud = account(instances=[instance(**NODE)])
    moved = {**ENIS[0], "Type": "Secondary", "InstanceId": "", "Status": "Available"}
    cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [moved]}}], refresh=True)
    assert "instance.held: i-1 is held: no response describes its primary ENI" in [
        f"{one.rule}: {one.message}" for one in audit(cloud)
    ]
    cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [ENIS[0]]}}], refresh=True)
    assert findings(cloud) == []


def test_an_instance_in_a_vswitch_of_another_vpc_is_held() -> None:
    cloud = account(vpcs=[vpc(), vpc("vpc-2")], vswitches=[vswitch(VpcId="vpc-2")], interfaces=[])
    (found,) = findings(cloud)
    assert found.endswith("no response describes its primary ENI; it is in vpc-1, and its VSwitch vsw-1 in vpc-2")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        (
            {"interfaces": [primary(), interface(VSwitchId="vsw-9", SecurityGroupIds={})]},
            "NetworkInterfaceSet[1].VSwitchId: vsw-9 is not described by any response",
        ),
        ({"interfaces": [primary(), interface(VSwitchId="")]}, "NetworkInterfaceSet[1].VSwitchId: is missing"),
        ({"vswitches": [vswitch(VpcId="")]}, "VSwitch[0].VpcId: '' is no id"),
    ],
)
def test_what_has_no_place_is_refused(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidResponse) as refusal:
        account(**changes)
    assert path in str(refusal.value)


# Groups, addresses and owners


@pytest.mark.parametrize("changes", [CLASSIC, NODE], ids=["classic", "without ENIs"])
def test_an_instance_in_a_group_that_is_not_described_is_held_until_it_is(changes: dict[str, Any]) -> None:
    cloud = account(instances=[instance(**changes)], interfaces=[], groups=[])
    assert "it is in sg-1, which no response describes" in findings(cloud)[0]
    assert findings(again(cloud)) == findings(cloud)
    network_of_it = {} if changes is CLASSIC else {"VpcId": "vpc-1"}
    described = {"SecurityGroupId": "sg-1", **network_of_it}
    cloud.import_resources([{"SecurityGroups": {"SecurityGroup": [described]}}])
    assert cloud.security_groups["sg-1"].private_ip_count == 1
    assert not any("sg-1" in one for one in findings(cloud))


def test_an_instance_with_two_public_addresses_is_held() -> None:
    cloud = account(instances=[instance(PublicIpAddress={"IpAddress": ["47.1.1.1", "47.1.1.2"]})])
    assert findings(cloud) == ["instance.held: i-1 is held: it has the public addresses 47.1.1.1, 47.1.1.2"]
    again(cloud)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "eip-2 is held: it is on i-1, which has the EIP eip-1"),
        ({"PublicIpAddress": {"IpAddress": ["47.1.1.9"]}}, "eip-2 is held: it is on i-1, which has a public address"),
    ],
)
def test_an_eip_beside_another_address_of_its_instance_is_held(changes: dict[str, Any], reason: str) -> None:
    eips = [eip(f"eip-{n}", Status="InUse", InstanceId="i-1", IpAddress=f"47.1.1.{n}") for n in (1, 2)]
    cloud = account(instances=[instance(**changes)], eips=eips)
    assert findings(cloud)[-1] == f"eip.held: {reason}"
    assert cloud.instances["i-1"].eip_id == (None if changes else "eip-1")
    again(cloud)


def test_an_eip_that_another_address_kept_from_its_instance_is_on_it_once_that_is_gone() -> None:
    eips = [eip(f"eip-{n}", Status="InUse", InstanceId="i-1", IpAddress=f"47.1.1.{n}") for n in (1, 2)]
    cloud = account(instances=[instance(PublicIpAddress={"IpAddress": ["47.1.1.9"]})], eips=eips)
    assert len(findings(cloud)) == 2
    without = instance(PublicIpAddress={"IpAddress": []})
    cloud.import_resources([{"Instances": {"Instance": [without]}}], refresh=True)
    assert (cloud.instances["i-1"].eip_id, len(findings(cloud))) == ("eip-1", 1)
    named = {**eips[1], "Name": "spare"}
    cloud.import_resources([{"EipAddresses": {"EipAddress": [named]}}], refresh=True)
    assert (cloud.instances["i-1"].eip_id, len(findings(cloud))) == ("eip-1", 1)
    gone = {**eips[0], "Status": "Available", "InstanceId": ""}
    cloud.import_resources([{"EipAddresses": {"EipAddress": [gone]}}], refresh=True)
    assert (cloud.instances["i-1"].eip_id, findings(cloud)) == ("eip-2", [])


def test_a_second_primary_eni_that_is_described_again_stays_beside_the_first() -> None:
    second = primary(interface_id="eni-9", PrivateIpAddress="10.0.1.77", MacAddress="00:16:3e:00:00:09")
    cloud = account(interfaces=[*ENIS, second])
    page = {"NetworkInterfaceSets": {"NetworkInterfaceSet": [{**second, "Description": "another"}]}}
    cloud.import_resources([page], refresh=True)
    assert cloud.instances["i-1"].network_interface_ids == ("eni-0", "eni-1")
    assert findings(cloud) == ["interface.held: eni-9 is held: i-1 has the primary ENI eni-0"]


def test_an_eni_of_another_account_is_held() -> None:
    owned = [{**ENIS[0], "OwnerId": "1234567890123456"}, {**ENIS[1], "OwnerId": "1000000000000002"}]
    cloud = account(interfaces=owned)
    assert findings(cloud) == ["interface.held: eni-1 is held: its owner is the account 1000000000000002"]
    again(cloud)


# Page by page


def test_pages_may_come_in_any_order_and_lead_to_the_same() -> None:
    parts = network(instances=[instance(**NODE)], interfaces=ENIS, eips=[eip(Status="InUse", InstanceId="i-1")])
    pages = answers({**parts, "vswitches": [vswitch(AvailableIpAddressCount=240)]})
    pages[4:5] = [{"NetworkInterfaceSets": {"NetworkInterfaceSet": [one]}} for one in ENIS]
    whole = Cloud(clock=ManualClock(START))
    whole.import_resources(pages)
    expected = in_order(describe(whole))
    for order in list(permutations(range(len(pages))))[::37]:
        cloud = Cloud(clock=ManualClock(START))
        for number in order:
            cloud.import_resources([pages[number]])
        assert in_order(describe(cloud)) == expected
        assert findings(cloud) == findings(whole)


def test_what_is_only_named_is_gone_with_the_last_that_names_it() -> None:
    cloud = account(vpcs=[], vswitches=[])
    empty = [{kind: {item: []}} for kind, item in (("Instances", "Instance"), ("SecurityGroups", "SecurityGroup"))]
    cloud.import_resources(
        [*empty, {"NetworkInterfaceSets": {"NetworkInterfaceSet": []}}],
        refresh=True,
        complete=["instances", "security_groups", "network_interfaces"],
    )
    assert (dict(cloud.vpcs), dict(cloud.vswitches), findings(cloud)) == ({}, {}, [])


def test_a_file_is_read_again_with_what_is_held(tmp_path: Any) -> None:
    path = tmp_path / "network.db"
    with Cloud(path, clock=ManualClock(START)) as cloud:
        cloud.import_resources(answers(network(vpcs=[], interfaces=[], instances=[instance(**NODE)], eips=[])))
        seen, digest = findings(cloud), cloud.state_digest()
    with Cloud(path, clock=ManualClock(START)) as opened:
        assert (findings(opened), opened.state_digest()) == (seen, digest)
        assert findings(opened.fork()) == seen
        opened.import_resources([{"Vpcs": {"Vpc": [vpc()]}}])
        assert findings(opened) == ["instance.held: i-1 is held: no response describes its primary ENI"]


@given(description=descriptions, partial=st.booleans())
@settings(max_examples=budget(1_000), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_imported_is_described_and_imported_as_it_is(description: list[Any], partial: bool) -> None:
    cloud = Cloud(clock=ManualClock(START))
    try:
        cloud.import_resources(description, partial=partial)
    except InvalidResponse:
        return
    copy = Cloud(clock=ManualClock(START))
    copy.import_resources(describe(cloud), partial=True)
    tables = (("Vpcs", "VSwitchIds"),)  # in the order of the import
    ours, theirs = describe(cloud), describe(copy)
    for one in (*ours, *theirs):
        for outer, field in tables:
            for item in one.get(outer, {}).get("Vpc", ()):
                item[field] = {name: sorted(ids) for name, ids in item[field].items()}
    assert in_order(ours) == in_order(theirs)
