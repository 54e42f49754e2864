"""Descriptions: what is imported of them, in which form, and what is refused because nothing could go on from there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ecsnet import Cloud, CommandDenied, InvalidResponse, ManualClock, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from ecsnet.values import cidr_bounds
from tests.support.small_account import (
    CLASSIC,
    START,
    answers,
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


def refused(given: Any) -> str:
    """Why an import is refused, and that it leaves nothing behind."""
    cloud = Cloud(clock=ManualClock(START))
    with pytest.raises(InvalidResponse) as refusal:
        cloud.import_resources(given)
    assert cloud.history() == ()
    assert not cloud.folded_state().regions
    assert str(refusal.value).isprintable()
    return str(refusal.value)


# Every field by itself


@pytest.mark.parametrize(
    "block",
    [
        *("10.0.0.0/-100000000000", "10.0.0.0/-5", "10.0.0.0/33", "10.0.0.1/8", "300.0.0.0/8", "10.0.0.256/24"),
        *("1_0.0.0.0/8", " 10.0.0.0/ 8 ", "10.0.0.0/+8", "10.0.0.0", "10.0.0.0/255.0.0.0", "10.0.0.0/\uff18", "::/8"),
    ],
)
def test_an_import_refuses_an_invalid_block(block: str) -> None:
    assert "Vpc[0].CidrBlock" in refused(answers(network(vpcs=[vpc(CidrBlock=block)])))
    assert "VSwitch[0].CidrBlock" in refused(answers(network(vswitches=[vswitch(CidrBlock=block)])))


@pytest.mark.parametrize(
    "ip", ["10.0.1.256", "10.0.01.9", "10.0.1.9\n", "1_0.0.1.9", "\uff11\uff10.0.1.9", " 10.0.1.9", "10.0.1", "::1"]
)
def test_an_import_refuses_an_invalid_address(ip: str) -> None:
    spare = interface(PrivateIpAddress=ip)
    listed = interface(PrivateIpSets={"PrivateIpSet": [{"PrivateIpAddress": ip}]})
    assert "NetworkInterfaceSet[0].PrivateIpAddress" in refused(answers(network(interfaces=[spare])))
    path = "PrivateIpSets.PrivateIpSet[0].PrivateIpAddress"
    assert path in refused(answers(network(interfaces=[listed])))
    public = instance(PublicIpAddress={"IpAddress": [ip]})
    assert "PublicIpAddress.IpAddress[0]" in refused(answers(network(instances=[public])))
    classic = instance(VpcAttributes={}, InnerIpAddress={"IpAddress": [ip]})
    assert "InnerIpAddress.IpAddress[0]" in refused(answers(network(instances=[classic])))
    assert "EipAddress[0].IpAddress" in refused(answers(network(eips=[eip(IpAddress=ip)])))


@pytest.mark.parametrize(
    "mac", [" ", "00:16:3e:00:00", "00:16:3e:00:00:01\nEOF\nreboot", "0:16:3e:00:00:01", "00163e000001", "$(reboot)"]
)
def test_an_import_refuses_an_invalid_mac_address(mac: str) -> None:
    assert "NetworkInterfaceSet[0].MacAddress" in refused(answers(network(interfaces=[interface(MacAddress=mac)])))


@pytest.mark.parametrize("text", ["", " ", "a\nb", "a\x00", "\x1b[31m", "\ud800", "\u202e", "x" * 300])
@pytest.mark.parametrize(
    ("kind", "path", "make"),
    [
        ("vpcs", "Vpc[0].VpcId", lambda text: vpc(text)),
        ("vswitches", "VSwitch[0].VSwitchId", lambda text: vswitch(text)),
        ("groups", "SecurityGroup[0].SecurityGroupId", lambda text: group(text)),
        ("instances", "Instance[0].InstanceId", lambda text: instance(text)),
        ("instances", "Instance[0].InstanceType", lambda text: instance(InstanceType=text or " ")),
        ("interfaces", "NetworkInterfaceSet[0].NetworkInterfaceId", lambda text: interface(text)),
        ("eips", "EipAddress[0].AllocationId", lambda text: eip(text)),
    ],
)
def test_an_import_refuses_an_unprintable_id(kind: str, path: str, make: Any, text: str) -> None:
    assert path in refused(answers(network(**{kind: [make(text)]})))


@pytest.mark.parametrize("region_id", ["account/1", "cn", "cn-hangzhou/x", "CN-HANGZHOU", "cn-\n", "a" * 70, "../x"])
def test_an_import_refuses_an_invalid_region_id(region_id: str) -> None:
    assert "Vpc[0].RegionId" in refused(answers(network(vpcs=[vpc(RegionId=region_id)])))
    given = answers(network())
    given[2]["RegionId"] = region_id
    assert "responses[2].RegionId" in refused(given)


@pytest.mark.parametrize("text", ["\ud800", "a\x00", "x" * 5000])
def test_an_import_refuses_text_that_cannot_be_encoded(text: str) -> None:
    for field in ("NetworkInterfaceName", "Description"):
        assert f"[0].{field}" in refused(answers(network(interfaces=[interface(**{field: text})])))
    assert "[0].ZoneId" in refused(answers(network(vswitches=[vswitch(ZoneId=text)])))
    assert "[0].ImageId" in refused(answers(network(instances=[instance(ImageId=text)])))


@pytest.mark.parametrize("bandwidth", [-1, 10**7, 2**63, 10**5000, True, 1.5, "-5"], ids=lambda it: type(it).__name__)
def test_an_import_refuses_a_bandwidth_out_of_range(bandwidth: Any) -> None:
    wrong = instance(InternetMaxBandwidthOut=bandwidth)
    assert "Instance[0].InternetMaxBandwidthOut" in refused(answers(network(instances=[wrong])))


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "9999-12-31T00:00Z", "\ud800", "9" * 5000]
)
def test_an_import_refuses_a_time_outside_the_calendar(moment: str) -> None:
    assert "Vpc[0].CreationTime" in refused(answers(network(vpcs=[vpc(CreationTime=moment)])))
    assert "EipAddress[0].AllocationTime" in refused(answers(network(eips=[eip(AllocationTime=moment)])))
    subscription = instance(InstanceChargeType="PrePaid", ExpiredTime=moment)
    assert "Instance[0].ExpiredTime" in refused(answers(network(instances=[subscription])))


def test_imported_values_are_normalized() -> None:
    cloud = imported(
        vpcs=[vpc(CidrBlock="10.0.0.0/08", CreationTime="2019-03-11T08:00:00+08:00")],
        interfaces=[primary(), interface(MacAddress="00-16-3E-AB-CD-EF")],
    )
    assert cloud.vpcs["vpc-1"].cidr_block == "10.0.0.0/8"
    assert cloud.vpcs["vpc-1"].created_at == datetime(2019, 3, 11, tzinfo=UTC)
    assert cloud.vpcs["vpc-1"].created_at.tzinfo is UTC
    assert cloud.network_interfaces["eni-1"].mac_address == "00:16:3e:ab:cd:ef"


def many(**last: Any) -> list[dict[str, Any]]:
    """A primary ENI and forty others, the last of which is described with these changes."""
    spares = [interface(f"eni-{n}", PrivateIpAddress=f"10.0.1.{20 + n}") for n in range(40)]
    return [primary(interface_id="eni-primary"), *spares[:-1], {**spares[-1], **last}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("NetworkInterfaceId", "eni-\t1"),
        ("NetworkInterfaceId", " "),
        ("NetworkInterfaceId", "e" * 257),
        ("MacAddress", "00:16:3e:00:00"),
        ("PrivateIpAddress", "10.0.1.256"),
        ("NetworkInterfaceName", "\0"),
        ("Description", "d" * 4097),
    ],
)
def test_one_invalid_value_among_many_resources_is_named_with_its_path(field: str, value: str) -> None:
    assert f"NetworkInterfaceSet[40].{field}" in refused(answers(network(interfaces=many(**{field: value}))))


def test_one_value_among_many_resources_is_brought_into_its_normal_form() -> None:
    cloud = imported(interfaces=many(NetworkInterfaceId="eni with spaces", MacAddress="00-16-3E-AB-CD-EF"))
    assert cloud.network_interfaces["eni with spaces"].mac_address == "00:16:3e:ab:cd:ef"
    assert cloud.network_interfaces["eni-0"].mac_address == "00:16:3e:00:00:01"


def test_an_eni_on_an_instance_of_another_region_is_refused_behind_others_of_its_vswitch() -> None:
    classic = instance("i-2", RegionId="cn-beijing", **CLASSIC, SecurityGroupIds={"SecurityGroupId": ["sg-2"]})
    classic_group = group("sg-2", VpcId="", RegionId="cn-beijing")
    elsewhere = many(Status="InUse", InstanceId="i-2")
    reason = refused(
        answers(network(groups=[group(), classic_group], instances=[instance(), classic], interfaces=elsewhere))
    )
    assert "NetworkInterfaceSet[40].InstanceId: i-2 is in cn-beijing, and eni-39 in cn-hangzhou" in reason


def test_cidr_bounds_refuses_an_invalid_block() -> None:
    for block in ("10.0.0.0/-100000000000", "10.0.0.0/33", "300.0.0.0/8"):
        with pytest.raises(ValueError, match="is no CIDR block"):
            cidr_bounds(block)


def _nested() -> list[Any]:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    return deep


CYCLE: dict[str, Any] = {}
CYCLE["Vpcs"] = CYCLE


@pytest.mark.parametrize(
    "given",
    [
        *(None, 5, "Vpcs", b"Vpcs", {"Vpcs": {"Vpc": []}}, [None], [5], ["Vpcs"], [[]], _nested(), [_nested()]),
        *(
            [CYCLE],
            [{"Vpcs": CYCLE}],
            [{"Vpcs": _nested()}],
            [{"Vpcs": {"Vpc": "vpc-1"}}],
            [{"Vpcs": {"Vpc": [CYCLE]}}],
        ),
        *(
            [{"Vpcs": "\ud800"}],
            [{"Vpcs": None}],
            [{"Vpcs": {"Vpc": {}}}],
            [{1: 2, "Vpcs": 3}],
        ),
    ],
    ids=lambda given: type(given).__name__,
)
def test_an_import_refuses_what_is_not_a_list_of_responses(given: Any) -> None:
    assert refused(given).startswith("responses")


@pytest.mark.parametrize(
    ("kind", "one"),
    [
        ("groups", {**group(), "VpcId": ["vpc-1"]}),
        ("instances", instance(SecurityGroupIds={"SecurityGroupId": "sg-1"})),
        ("instances", instance(PublicIpAddress={"IpAddress": "47.1.1.1"})),
        ("interfaces", interface(PrivateIpSets={"PrivateIpSet": "10.0.1.9"})),
        ("interfaces", interface(Status=["InUse"])),
    ],
)
def test_an_import_refuses_strings_for_lists_and_lists_for_strings(kind: str, one: dict[str, Any]) -> None:
    assert "Expected" in refused(answers(network(**{kind: [one]})))


# References


FAR = {"RegionId": "cn-beijing"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"vswitches": [vswitch(**FAR)]}, "VSwitch[0].VpcId"),
        ({"groups": [group(**FAR)]}, "SecurityGroup[0].VpcId"),
        ({"instances": [instance(**FAR)]}, "Instance[0].VpcAttributes.VpcId"),
        (
            {"groups": [group("sg-2", VpcId="", **FAR)], "instances": [instance(**CLASSIC)]},
            "Instance[0].SecurityGroupIds",
        ),
        ({"interfaces": [primary(), interface(**FAR)]}, "NetworkInterfaceSet[1].VSwitchId"),
        ({"eips": [eip(Status="InUse", InstanceId="i-1", **FAR)]}, "EipAddress[0].InstanceId"),
    ],
)
def test_an_import_refuses_references_to_another_region(changes: dict[str, Any], path: str) -> None:
    if path == "Instance[0].SecurityGroupIds":
        changes["instances"][0]["SecurityGroupIds"] = {"SecurityGroupId": ["sg-2"]}
    reason = refused(answers(network(**changes)))
    assert f"{path}: " in reason
    assert "cn-beijing" in reason


def test_an_import_refuses_an_interface_with_a_group_or_instance_of_another_region() -> None:
    vpcs, groups = [vpc(), vpc("vpc-2", **FAR)], [group(), group("sg-2", VpcId="vpc-2")]
    in_far_group = interface(SecurityGroupIds={"SecurityGroupId": ["sg-2"]})
    reason = refused(answers(network(vpcs=vpcs, groups=groups, interfaces=[primary(), in_far_group])))
    assert "NetworkInterfaceSet[1].SecurityGroupIds: sg-2 is in cn-beijing, and eni-1 in cn-hangzhou" in reason
    far_instance = instance("i-2", **CLASSIC, **FAR, SecurityGroupIds={})
    on_it = interface(Status="InUse", InstanceId="i-2")
    reason = refused(answers(network(instances=[instance(), far_instance], interfaces=[primary(), on_it])))
    assert "NetworkInterfaceSet[1].InstanceId: i-2 is in cn-beijing" in reason


def test_a_resource_without_a_region_is_in_the_region_of_its_references() -> None:
    cloud = imported(vpcs=[vpc(**FAR)], instances=[{**instance(), "RegionId": ""}])
    assert {one.region_id for one in cloud.network_interfaces.values()} == {"cn-beijing"}
    assert cloud.instances["i-1"].region_id == "cn-beijing"
    assert cloud.eips["eip-1"].region_id == "cn-hangzhou"


# What there may be one of


def test_a_resource_can_be_described_twice_equally() -> None:
    pages = answers(network())
    cloud = Cloud(clock=ManualClock(START))
    assert cloud.import_resources([*pages, *pages]) == 7
    unsaid = {key: value for key, value in vpc().items() if key != "RegionId"}
    cloud = imported(vpcs=[unsaid, vpc(**FAR)], instances=[], interfaces=[])
    assert cloud.vpcs["vpc-1"].region_id == "cn-beijing"


@pytest.mark.parametrize(
    ("kind", "one"),
    [
        ("vpcs", vpc(CidrBlock="10.0.0.0/8")),
        ("vpcs", vpc(**FAR)),
        ("vswitches", vswitch(ZoneId="cn-hangzhou-c")),
        ("groups", group(VpcId="")),
        ("instances", instance(Status="Stopped")),
        ("interfaces", interface("eni-0")),
        ("eips", eip(IpAddress="47.1.1.2")),
    ],
)
def test_a_resource_that_is_described_twice_differently_is_refused(kind: str, one: dict[str, Any]) -> None:
    parts = network()
    parts[kind].append(one)
    number = len(parts[kind]) - 1
    reason = refused(answers(parts))
    assert f"[{number}]: " in reason
    assert "is described differently at responses" in reason


def test_an_import_refuses_one_id_for_two_resources() -> None:
    reason = refused(answers(network(eips=[eip("eni-1")])))
    assert "EipAddress[0]: eni-1 is the id of another resource, at responses[4]" in reason


@pytest.mark.parametrize(
    "changes", [{"MacAddress": "00:16:3e:00:00:99"}, {"Type": "Secondary"}, {"PrimaryIpAddress": "10.0.1.77"}]
)
def test_an_import_refuses_an_instance_that_contradicts_its_interface(changes: dict[str, str]) -> None:
    embedded = {"NetworkInterfaceId": "eni-0", "MacAddress": "00:16:3E:00:00:01"}
    agreed = instance(NetworkInterfaces={"NetworkInterface": [embedded]})
    assert imported(instances=[agreed]).instances["i-1"].network_interface_ids == ("eni-0",)
    other = instance(NetworkInterfaces={"NetworkInterface": [{**embedded, **changes}]})
    reason = refused(answers(network(instances=[other])))
    assert "NetworkInterfaces.NetworkInterface[0]: eni-0 is described differently" in reason


def test_an_import_refuses_an_interface_on_two_instances() -> None:
    embedded = {"NetworkInterfaceId": "eni-0", "MacAddress": "00:16:3e:00:00:01", "Type": "Primary"}
    both = [instance(i, NetworkInterfaces={"NetworkInterface": [embedded]}) for i in ("i-1", "i-2")]
    both[0]["NetworkInterfaces"]["NetworkInterface"][0]["PrimaryIpAddress"] = "10.0.1.8"
    reason = refused(answers(network(instances=both, interfaces=[])))
    assert "Instance[1].NetworkInterfaces.NetworkInterface[0]: eni-0 is described differently" in reason


def test_an_import_refuses_overlapping_vswitches() -> None:
    inside = vswitch("vsw-2", CidrBlock="10.0.1.16/28")
    reason = refused(answers(network(vswitches=[vswitch(), inside])))
    assert "VSwitch[1].CidrBlock: 10.0.1.16/28 overlaps 10.0.1.0/24 of vsw-1" in reason
    elsewhere = vswitch("vsw-2", VpcId="vpc-2")
    assert len(imported(vpcs=[vpc(), vpc("vpc-2")], vswitches=[vswitch(), elsewhere]).vswitches) == 2


def test_an_import_refuses_duplicates_in_a_list() -> None:
    twice = interface(SecurityGroupIds={"SecurityGroupId": ["sg-1", "sg-1"]})
    assert "SecurityGroupIds: a security group is listed twice" in refused(
        answers(network(interfaces=[primary(), twice]))
    )
    classic = instance(**CLASSIC, SecurityGroupIds={"SecurityGroupId": ["sg-1", "sg-1"]})
    assert "SecurityGroupIds: a security group is listed twice" in refused(answers(network(instances=[classic])))
    ips = {"PrivateIpSet": [{"PrivateIpAddress": "10.0.1.10"}, {"PrivateIpAddress": "10.0.1.10"}]}
    reason = refused(answers(network(interfaces=[primary(), interface(PrivateIpSets=ips)])))
    assert "PrivateIpSets: an address is listed twice" in reason


# Statuses and attachments without a way on


def test_an_import_refuses_two_statuses_of_one_interface() -> None:
    twice = [primary(), primary(Status="Deleting", InstanceId="")]
    assert "is described differently" in refused(answers(network(interfaces=twice)))


def test_an_import_accepts_contradictions_of_rules() -> None:
    """Another zone, a group of another VPC, an address twice and outside, an EIP on a classic instance, one MAC."""
    cloud = imported(
        vpcs=[vpc(), vpc("vpc-2")],
        groups=[group(), group("sg-2", VpcId="vpc-2")],
        instances=[instance(ZoneId="cn-hangzhou-c"), instance("i-2", **CLASSIC)],
        interfaces=[
            primary(),
            interface(PrivateIpAddress="10.0.1.8", SecurityGroupIds={"SecurityGroupId": ["sg-2"]}),
            interface("eni-2", PrivateIpAddress="10.9.9.9"),
        ],
        eips=[eip(Status="InUse", InstanceId="i-2")],
    )
    assert {finding.rule for finding in audit(cloud)} >= {
        "interface.attach.zone",
        "interface.security-groups.vpc",
        "address.private.in-use",
        "address.private.in-cidr",
        "eip.associate.network-type",
        "interface.mac-address",
    }


# Contradictions that are taken, and what commands make of them


def of_the_fold(cloud: Cloud) -> list[str]:
    """The promises of the fold to itself that are broken."""
    found = (one.invariant for one in invariants(cloud))
    return [one for one in found if one.startswith(("index.", "address.private.free"))]


def create(vswitch_id: str, **changes: Any) -> c.CreateNetworkInterface:
    return c.CreateNetworkInterface(vswitch_id=vswitch_id, security_group_ids=["sg-1"], **changes)


def test_an_address_that_is_held_outside_its_vswitch_is_not_given_again() -> None:
    other = vswitch("vsw-2", CidrBlock="10.0.2.0/29")  # the first address and the last three are kept: 10.0.2.1 to .4
    strays = [interface(PrivateIpAddress="10.0.2.1"), interface("eni-2", PrivateIpAddress="10.0.2.3")]
    cloud = imported(vswitches=[vswitch(), other], interfaces=[primary(), *strays])
    assert cloud.vswitches["vsw-2"].available_ip_address_count == 2
    given = [cloud.execute(create("vsw-2")).primary_private_ip for _ in "ab"]
    assert given == ["10.0.2.2", "10.0.2.4"]
    with pytest.raises(CommandDenied) as denied:
        cloud.execute(create("vsw-2"))
    assert [v.rule for v in denied.value.violations] == ["address.private.exhausted"]
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-2"))
    assert cloud.execute(create("vsw-2")).primary_private_ip == "10.0.2.3"
    assert of_the_fold(cloud) == []


def test_a_new_vswitch_does_not_give_addresses_imported_as_held() -> None:
    strays = [interface(PrivateIpAddress="10.0.2.1"), interface("eni-2", PrivateIpAddress="10.0.2.0")]
    cloud = imported(interfaces=[primary(), *strays])
    new = cloud.execute(c.CreateVSwitch(vpc_id="vpc-1", zone_id="cn-hangzhou-b", cidr_block="10.0.2.0/29"))
    assert new.available_ip_address_count == 3
    assert cloud.execute(create(new.id)).primary_private_ip == "10.0.2.2"
    assert of_the_fold(cloud) == []


def test_an_address_of_several_interfaces_is_free_after_the_last_is_deleted() -> None:
    cloud = imported(interfaces=[primary(), *(interface(f"eni-{n}") for n in (1, 2, 3))])
    take = create("vsw-1", primary_ip_address="10.0.1.9")
    for interface_id in ("eni-2", "eni-1", "eni-3"):
        assert not cloud.check(take)
        again = c.AssignPrivateIpAddresses(network_interface_id="eni-3", private_ip_addresses=["10.0.1.9"])
        assert not cloud.check(again)
        cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface_id))
        assert of_the_fold(cloud) == []
    assert cloud.check(take)


@pytest.mark.parametrize("block", ["10.0.2.0/30", "10.0.2.0/31", "10.0.2.255/32", "255.255.255.255/32"])
def test_a_vswitch_without_usable_addresses_gives_none(block: str) -> None:
    cloud = imported(vswitches=[vswitch(), vswitch("vsw-2", CidrBlock=block)])
    assert cloud.vswitches["vsw-2"].available_ip_address_count == 0
    assert [v.rule for v in cloud.check(create("vsw-2")).violations] == ["address.private.exhausted"]
    assert of_the_fold(cloud) == []


def test_one_of_two_owners_of_a_public_address_can_convert_it() -> None:
    shared = {"PublicIpAddress": {"IpAddress": ["47.1.1.1"]}, "InternetMaxBandwidthOut": 5}
    cloud = imported(
        instances=[instance(**shared), instance("i-2", **shared)],
        interfaces=[primary(), primary("i-2", "eni-2", PrivateIpAddress="10.0.1.7")],
    )
    for instance_id in ("i-1", "i-2"):
        converted = cloud.execute(c.ConvertNatPublicIpToEip(instance_id=instance_id))
        assert cloud.eips[cloud.instances[instance_id].eip_id or ""].ip_address == "47.1.1.1"
        assert converted.id
        cloud.execute(c.DeleteInstance(instance_id=instance_id, force=True))


def test_new_ids_skip_imported_ids_of_any_kind() -> None:
    """A description may use ids that the model would give."""
    plain = Cloud(clock=ManualClock(START))
    home = plain.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    own = plain.execute(c.CreateVSwitch(vpc_id=home.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    groups = [plain.execute(c.CreateSecurityGroup(vpc_id=home.id)).id]
    run = c.RunInstances(instance_type="ecs.g5.large", vswitch_id=own.id, security_group_ids=groups, amount=4)
    would_be = plain.execute(run)
    cloud = imported(
        instances=[instance(would_be[2].id)],
        interfaces=[primary(would_be[2].id, would_be[3].primary_network_interface_id or "")],
        eips=[eip(would_be[3].id)],
    )
    there = [*cloud.instances, *cloud.network_interfaces, *cloud.eips]
    command = c.RunInstances(instance_type="ecs.g5.large", vswitch_id="vsw-1", security_group_ids=["sg-1"], amount=4)
    new = cloud.execute(command)
    ids = [*there, *(one.id for one in new), *(str(one.primary_network_interface_id) for one in new)]
    assert len(set(ids)) == len(ids) == 11
    assert of_the_fold(cloud) == []


def test_new_ids_skip_imported_ids_of_other_regions() -> None:
    would_be = Cloud(clock=ManualClock(START)).execute(c.CreateVpc(cidr_block="10.0.0.0/16")).id
    cloud = imported(vpcs=[vpc(would_be, **FAR)], vswitches=[], groups=[], instances=[], interfaces=[])
    new = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert new.id != would_be
    assert cloud.vpcs[new.id] == new
    assert cloud.vpcs[would_be].region_id == "cn-beijing"


def test_thousands_of_interfaces_are_imported_and_deleted_with_their_instance() -> None:
    count = 20_000
    many = [
        interface(f"eni-{n}", Status="InUse", InstanceId="i-1", PrivateIpAddress=f"10.0.{n >> 8}.{n & 255}")
        for n in range(1, count)
    ]
    cloud = imported(
        vswitches=[vswitch(CidrBlock="10.0.0.0/16")], interfaces=[*many, primary(PrivateIpAddress="10.0.255.1")]
    )
    assert cloud.instances["i-1"].network_interface_ids == ("eni-0", *(f"eni-{n}" for n in range(1, count)))
    cloud.execute(c.DetachNetworkInterface(network_interface_id="eni-7", instance_id="i-1"))
    assert cloud.instances["i-1"].network_interface_ids[6:8] == ("eni-6", "eni-8")
    cloud.execute(c.DeleteInstance(instance_id="i-1", force=True))
    assert list(cloud.network_interfaces) == ["eni-7"]
    assert of_the_fold(cloud) == []
