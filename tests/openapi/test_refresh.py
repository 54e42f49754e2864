"""Imports that come in parts, and again: what is equal, what differs, what appeared and what disappeared."""

from __future__ import annotations

import copy
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, CommandDenied, InvalidArgument, InvalidResponse, ManualClock, audit
from ecsnet import commands as c
from ecsnet.events import MemoryStore
from ecsnet.strategies import clouds, commands
from ecsnet.testing import invariants
from tests.support import held
from tests.support import small_account as small
from tests.support.described import COLLECTIONS, LISTS, network
from tests.support.net import Net
from tests.support.setups import OPEN, SUBSCRIPTION, associated, classic


def described(cloud: Cloud) -> list[dict[str, Any]]:
    return [cloud.describe(action) for action in LISTS]


def imported(cloud: Cloud) -> Cloud:
    other = Cloud(clock=cloud.clock)
    other.import_resources(described(cloud))
    return other


def shown(cloud: Cloud) -> dict[str, Any]:
    return {name: dict(getattr(cloud, name)) for name in COLLECTIONS}


def types_of(cloud: Cloud, after: int) -> list[str]:
    return [record.type for record in cloud.history(after=after)]


def small_cloud(**changes: Any) -> Cloud:
    return small.imported(**changes)


# Again


def test_what_is_described_as_it_is_records_nothing() -> None:
    net = network()
    cloud = imported(net.cloud)
    position = cloud.position
    count = sum(map(len, shown(cloud).values()))
    assert cloud.import_resources(described(net.cloud)) == count
    assert cloud.import_resources(described(cloud), refresh=True) == count
    assert cloud.position == position


def test_what_differs_is_refused_and_named_without_refresh() -> None:
    cloud = small_cloud()
    history = cloud.history()
    answers = small.answers(small.network(interfaces=[small.primary(), small.interface(Description="changed")]))
    with pytest.raises(
        InvalidResponse, match="eni-1 is there already, with another description: refresh=True"
    ) as caught:
        cloud.import_resources(answers)
    assert caught.value.path == "responses[4].NetworkInterfaceSets.NetworkInterfaceSet[1]"
    assert cloud.history() == history
    cloud.import_resources(answers, refresh=True)
    assert cloud.network_interfaces["eni-1"].description == "changed"
    assert types_of(cloud, len(history)) == ["ResourceRefreshed"]


def test_a_field_that_is_left_out_has_not_changed() -> None:
    cloud = small_cloud(interfaces=[small.primary(), small.interface(Description="kept", NetworkInterfaceName="web")])
    before = shown(cloud)
    for item in ({"NetworkInterfaceId": "eni-1"}, {"NetworkInterfaceId": "eni-1", "Description": None}):
        cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [item]}}], refresh=True)
    assert shown(cloud) == before


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("vpcs", small.vpc(CidrBlock="10.0.0.0/12")),
        ("vswitches", small.vswitch(ZoneId="cn-hangzhou-c")),
        ("vpcs", small.vpc(RegionId="cn-beijing")),
        ("eips", small.eip(IpAddress="47.1.1.9")),
    ],
)
def test_what_never_changes_is_refused_even_with_refresh(kind: str, change: dict[str, Any]) -> None:
    cloud = small_cloud()
    before = cloud.history()
    with pytest.raises(InvalidResponse):
        cloud.import_resources(small.answers(small.network(**{kind: [change]})), refresh=True)
    assert cloud.history() == before


def test_resources_of_another_account_are_refused() -> None:
    cloud = small_cloud()
    with pytest.raises(InvalidResponse, match="vpc-1 is there already, and is another resource"):
        cloud.as_account("42").import_resources([{"Vpcs": {"Vpc": [small.vpc()]}}], refresh=True)


def test_an_interface_moves_to_another_instance() -> None:
    vms = [small.instance(), small.instance("i-2")]
    second = small.primary("i-2", "eni-2", PrivateIpAddress="10.0.1.10", MacAddress="00:16:3e:00:00:02")
    on = small.interface(Status="InUse", InstanceId="i-1", MacAddress="00:16:3e:00:00:03")
    cloud = small_cloud(instances=vms, interfaces=[small.primary(), second, on])
    assert cloud.instances["i-1"].network_interface_ids == ("eni-0", "eni-1")
    moved = {"NetworkInterfaceSets": {"NetworkInterfaceSet": [{**on, "InstanceId": "i-2"}]}}
    cloud.import_resources([moved], refresh=True)
    assert cloud.instances["i-1"].network_interface_ids == ("eni-0",)
    assert cloud.instances["i-2"].network_interface_ids == ("eni-2", "eni-1")
    assert list(cloud.network_interfaces) == ["eni-0", "eni-2", "eni-1"]
    assert invariants(cloud) == audit(cloud) == ()
    cloud.execute(c.DetachNetworkInterface(network_interface_id="eni-1", instance_id="i-2"))
    assert invariants(cloud) == ()


def test_what_is_not_described_any_more_has_disappeared_if_its_kind_is_complete() -> None:
    cloud = small_cloud()
    position = cloud.position
    cloud.import_resources([], refresh=True, complete=["eips"])
    assert types_of(cloud, position) == ["ResourceDisappeared"]
    assert not cloud.eips
    with pytest.raises(InvalidResponse, match="i-1 is described no more, and nothing tells what became of its eni-0"):
        cloud.import_resources([], refresh=True, complete=["instances"])
    cloud.import_resources([], refresh=True, complete=("instances", "network_interfaces"))
    assert not cloud.instances and not cloud.network_interfaces
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 252
    cloud.import_resources([], refresh=True, complete=list(COLLECTIONS))
    assert not cloud.vpcs and not cloud.vswitches and not cloud.security_groups
    assert invariants(cloud) == audit(cloud) == ()
    assert cloud.at(position).instances["i-1"].status == "Running"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"complete": ["instances"]}, "with refresh=True only"),
        ({"complete": ["instance"], "refresh": True}, "did you mean 'instances'"),
        ({"complete": "instances", "refresh": True}, "names of collections"),
        ({"complete": [7], "refresh": True}, "names of collections"),
    ],
)
def test_what_complete_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        Cloud().import_resources([], **options)


def test_an_instance_that_is_gone_leaves_nothing_on_it() -> None:
    cloud = small_cloud()
    interfaces = {"NetworkInterfaceSets": {"NetworkInterfaceSet": [small.primary(), small.interface()]}}
    before = cloud.history()
    with pytest.raises(InvalidResponse, match="i-1 is described no more, and something that is described is still"):
        cloud.import_resources([interfaces], refresh=True, complete=["instances", "network_interfaces"])
    assert cloud.history() == before


def test_a_deleted_security_group_is_in_no_rule() -> None:
    net = Net()
    group, source = net.new_group(), net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=group.id, source_group_id=source.id))
    rest = [
        one for one in described(net.cloud)[2]["SecurityGroups"]["SecurityGroup"] if one["SecurityGroupId"] != source.id
    ]
    net.cloud.import_resources(
        [{"SecurityGroups": {"SecurityGroup": rest}}], refresh=True, complete=["security_groups"]
    )
    assert source.id not in net.cloud.security_groups
    rules = net.cloud.describe("DescribeSecurityGroupAttribute", SecurityGroupId=group.id)["Permissions"]
    assert rules == {"Permission": []}
    assert invariants(net.cloud) == ()


def test_a_described_status_ends_what_was_going_on() -> None:
    net = Net(settle_after="manual")
    eni, vm = net.eni(), net.run()
    net.cloud.settle()
    net.cloud.execute(c.AttachNetworkInterface(network_interface_id=eni.id, instance_id=vm.id))
    assert net.cloud.network_interfaces[eni.id].status == "Attaching"
    item = {"NetworkInterfaceId": eni.id, "Status": "Available", "InstanceId": ""}
    net.cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [item]}}], refresh=True)
    assert net.cloud.network_interfaces[eni.id].status == "Available"
    assert net.cloud.instances[vm.id].network_interface_ids == (vm.primary_network_interface_id,)
    assert net.cloud.settle() == ()
    item["Status"] = "Deleting"
    net.cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [item]}}], refresh=True)
    net.cloud.settle()
    assert eni.id not in net.cloud.network_interfaces
    assert invariants(net.cloud) == ()


def again(cloud: Cloud, **changes: Any) -> None:
    """Describe the small account without its spare ENI again, with other lists."""
    parts = small.network(**{"interfaces": [small.primary()], **changes})
    cloud.import_resources(small.answers(parts), refresh=True)


def test_the_addresses_of_an_instance_are_refreshed() -> None:
    def with_address(*addresses: str) -> dict[str, Any]:
        return small.instance(PublicIpAddress={"IpAddress": addresses})

    cloud = small_cloud(instances=[with_address("47.1.1.2")], interfaces=[small.primary()])
    for addresses in (("47.1.1.3",), (), ("47.1.1.2",)):
        again(cloud, instances=[with_address(*addresses)])
        assert cloud.instances["i-1"].public_ip == next(iter(addresses), None)
        assert invariants(cloud) == audit(cloud) == ()


def test_a_classic_instance_is_refreshed() -> None:
    def classic(address: str, group_id: str) -> dict[str, Any]:
        inner = {"InnerIpAddress": {"IpAddress": [address]}, "SecurityGroupIds": {"SecurityGroupId": [group_id]}}
        return small.instance("i-2", **{**small.CLASSIC, **inner})

    groups = [small.group(), small.group("sg-2", VpcId=""), small.group("sg-3", VpcId="")]
    vms = [small.instance(), classic("10.1.1.1", "sg-2")]
    cloud = small_cloud(groups=groups, instances=vms, interfaces=[small.primary()])
    for address, group_id in (("10.1.1.2", "sg-3"), ("10.1.1.2", "sg-2"), ("10.1.1.1", "sg-2")):
        again(cloud, groups=groups, instances=[small.instance(), classic(address, group_id)])
        vm = cloud.instances["i-2"]
        assert (vm.private_ip, vm.security_group_ids) == (address, (group_id,))
        assert invariants(cloud) == audit(cloud) == ()


def test_a_bandwidth_that_waits_for_a_renewal_waits_no_more_when_the_end_was_another() -> None:
    def until(end: str, **changes: Any) -> dict[str, Any]:
        return small.instance(InstanceChargeType="PrePaid", ExpiredTime=f"{end}T08:00Z", **changes)

    cloud = small_cloud(instances=[until("2019-04-01")], interfaces=[small.primary()], eips=[])
    cloud.execute(c.RenewInstance(instance_id="i-1", internet_max_bandwidth_out=7))
    again(cloud, instances=[until("2019-05-01", InstanceName="web")], eips=[])
    forked = cloud.fork()
    for one, end, bandwidth in ((cloud, "2019-05-01", 7), (forked, "2019-06-01", 0)):
        again(one, instances=[until(end)], eips=[])
        assert isinstance(one.clock, ManualClock)
        one.clock.advance(timedelta(days=40))
        assert one.instances["i-1"].internet_max_bandwidth_out == bandwidth
        assert invariants(one) == ()


def test_an_instance_that_was_pending_and_is_stopped_has_been_started() -> None:
    cloud = small_cloud(instances=[small.instance(Status="Pending")])
    again(cloud, instances=[small.instance(Status="Stopped")])
    assert cloud.check(c.ModifyInstanceVpcAttribute(instance_id="i-1", vswitch_id="vsw-1"))


def test_a_creation_time_that_is_not_described_again_stays() -> None:
    told = "2018-03-11T08:00:00Z"
    cloud = small_cloud(interfaces=[small.primary(), small.interface(CreationTime=told)])
    untold, interface = cloud.eips["eip-1"], cloud.network_interfaces["eni-1"]
    assert isinstance(cloud.clock, ManualClock)
    cloud.clock.advance(timedelta(days=1))
    again(
        cloud,
        eips=[small.eip(Name="web")],
        interfaces=[small.primary(NetworkInterfaceName="first"), small.interface(NetworkInterfaceName="web")],
    )
    assert cloud.eips["eip-1"].created_at == untold.created_at == small.START
    assert cloud.network_interfaces["eni-0"].created_at == small.START
    assert cloud.network_interfaces["eni-1"].created_at == interface.created_at == datetime(2018, 3, 11, 8, tzinfo=UTC)
    again(cloud, eips=[small.eip(AllocationTime=told)], interfaces=[small.primary(CreationTime=told)])
    assert cloud.network_interfaces["eni-0"].created_at == small.START  # it is no change by itself
    again(
        cloud,
        eips=[small.eip(Name="db", AllocationTime=told)],
        interfaces=[small.primary(NetworkInterfaceName="db", CreationTime=told)],
    )
    assert cloud.eips["eip-1"].created_at == cloud.network_interfaces["eni-0"].created_at == interface.created_at


def test_the_eips_of_two_instances_change_places() -> None:
    vms = [small.instance(), small.instance("i-2")]
    second = small.primary("i-2", "eni-2", PrivateIpAddress="10.0.1.10", MacAddress="00:16:3e:00:00:02")
    parts: dict[str, Any] = {"instances": vms, "interfaces": [small.primary(), second]}

    def on(*instance_ids: str) -> list[dict[str, Any]]:
        return [
            small.eip(
                f"eip-{n}",
                IpAddress=f"47.1.1.{n}",
                InstanceId=instance_id,
                Status="InUse" if instance_id else "Available",
            )
            for n, instance_id in enumerate(instance_ids)
        ]

    cloud = small_cloud(**parts, eips=on("i-1", "i-2"))
    for instance_ids in (("i-2", "i-1"), ("", "i-2"), ("i-1", "")):
        again(cloud, **parts, eips=on(*instance_ids))
        by_instance = {one: f"eip-{n}" for n, one in enumerate(instance_ids) if one}
        assert {vm.id: vm.eip_id for vm in cloud.instances.values()} == {"i-1": None, "i-2": None} | by_instance
        assert invariants(cloud) == audit(cloud) == ()


def test_a_group_that_is_gone_is_no_longer_named_by_the_rules_of_others() -> None:
    """Rules that the model does not carry out name groups, too, and keep them from being deleted."""
    groups = [small.group(), small.group("sg-2"), small.group("sg-3")]
    cloud = small_cloud(groups=groups, interfaces=[small.primary()])
    rules = rules_of("sg-1", "sg-2", "sg-3")
    for rule in rules["Permissions"]["Permission"]:
        rule["PortRange"] = "22/22"
    cloud.import_resources([rules], refresh=True)
    cloud.import_resources(
        [{"SecurityGroups": {"SecurityGroup": groups[:2]}}], refresh=True, complete=["security_groups"]
    )
    assert not cloud.check(c.DeleteSecurityGroup(security_group_id="sg-2"))
    assert invariants(cloud) == ()


def test_what_disappears_leaves_every_table_and_index_empty() -> None:
    net = Net(**OPEN)
    cloud, tags = net.cloud, {"team": "web"}
    cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.new_group().id))
    vm = net.run(internet_max_bandwidth_out=5, tags=tags)
    net.attached(vm, tags=tags)
    cloud.execute(c.AllocateEipAddress(tags=tags))
    associated(net, net.run())
    cloud.execute(c.RenewInstance(instance_id=net.run(**SUBSCRIPTION).id, internet_max_bandwidth_out=7))
    linked = cloud.execute(c.CreateVpc(cidr_block="172.16.0.0/12", tags=tags))
    cloud.execute(c.EnableVpcClassicLink(vpc_id=linked.id))
    cloud.execute(c.AttachClassicLinkVpc(instance_id=classic(net).id, vpc_id=linked.id))
    for kind, resource_id in (("vswitch", net.vswitch.id), ("securitygroup", net.group.id)):
        cloud.execute(c.TagResources(resource_type=kind, resource_ids=[resource_id], tags=tags))
    cloud.import_resources([], refresh=True, complete=COLLECTIONS)
    region = cloud.folded_state().region("cn-hangzhou")
    tables = {name: getattr(region, name) for name in region.__slots__ if hasattr(getattr(region, name), "size")}
    left = {name: sorted(map(str, table.live_keys())) for name, table in tables.items() if table.size}
    assert left == {}
    assert not any(region.usage.live_values())


# In parts


def test_a_network_comes_page_by_page() -> None:
    net = network()
    whole, cloud = imported(net.cloud), Cloud(clock=net.clock)
    for kind, action in zip(COLLECTIONS, LISTS, strict=True):
        token: str | None = None
        while token != "":
            sizes = {"MaxResults": 1, "NextToken": token} if kind in ("instances", "network_interfaces") else {}
            page = net.cloud.describe(action, **sizes)
            cloud.import_resources([page], partial=True, refresh=kind == "network_interfaces")
            token = page.get("NextToken", "")
    assert shown(cloud) == shown(whole)
    assert audit(cloud) == audit(whole) == ()


def test_interfaces_may_come_before_their_instances() -> None:
    net = network()
    cloud = Cloud(clock=net.clock)
    answers = described(net.cloud)
    cloud.import_resources([*answers[:3], answers[4]])
    assert any("which no response describes" in finding.message for finding in audit(cloud))
    cloud.import_resources([answers[3], answers[5]])
    assert shown(cloud) == shown(imported(net.cloud))
    assert audit(cloud) == ()


def test_an_interface_explains_addresses_that_were_unseen() -> None:
    cloud = Cloud()
    parts = small.network(vswitches=[small.vswitch(AvailableIpAddressCount=250)], instances=[], interfaces=[], eips=[])
    cloud.import_resources(small.answers(parts))
    (unseen,) = audit(cloud)
    assert unseen.severity == "information"
    for number in (1, 2):
        eni = small.interface(
            f"eni-{number}", PrivateIpAddress=f"10.0.1.{number}", MacAddress=f"00:16:3e:00:00:0{number}"
        )
        cloud.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [eni]}}])
        assert cloud.vswitches["vsw-1"].available_ip_address_count == 250
    assert audit(cloud) == ()
    cloud.import_resources(
        small.answers({**parts, "vswitches": [small.vswitch(AvailableIpAddressCount=249)]}), refresh=True
    )
    assert cloud.vswitches["vsw-1"].available_ip_address_count == 249
    assert audit(cloud)
    assert invariants(cloud) == ()


def test_a_description_that_only_adds_is_taken_in_parts() -> None:
    cloud = small_cloud()
    named = small.interface(NetworkInterfaceName="web-1")
    page = {"NetworkInterfaceSets": {"NetworkInterfaceSet": [named]}}
    with pytest.raises(InvalidResponse, match="with another name"):
        cloud.import_resources([page])
    cloud.import_resources([page], partial=True)
    assert cloud.network_interfaces["eni-1"].name == "web-1"
    other = {"NetworkInterfaceSets": {"NetworkInterfaceSet": [{**named, "NetworkInterfaceName": "web-2"}]}}
    with pytest.raises(InvalidResponse, match="with another name"):
        cloud.import_resources([other], partial=True)


def test_a_reference_to_what_is_nowhere_is_refused() -> None:
    with pytest.raises(InvalidResponse, match="vsw-9 is not described by any response"):
        small_cloud().import_resources(
            [
                {
                    "NetworkInterfaceSets": {
                        "NetworkInterfaceSet": [small.interface("eni-9", VSwitchId="vsw-9", SecurityGroupIds={})]
                    }
                }
            ]
        )


# Pages


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ([{"TotalCount": 3}], "responses[0].TotalCount"),
        ([{"TotalCount": 3}, {"TotalCount": 3}], "responses[0].TotalCount"),
        ([{"NextToken": "x"}], "responses[0].NextToken"),
        ([{"NextToken": "x", "TotalCount": 0}, {"NextToken": "y"}], "responses[1].NextToken"),
    ],
)
def test_an_incomplete_set_of_pages_is_refused_unless_it_is_declared(fields: list[dict[str, Any]], path: str) -> None:
    pages = [{"Vpcs": {"Vpc": [small.vpc(f"vpc-{n}")]}, **one} for n, one in enumerate(fields)]
    with pytest.raises(InvalidResponse, match="partial=True") as caught:
        Cloud().import_resources(pages)
    assert caught.value.path == path
    cloud = Cloud()
    assert cloud.import_resources(pages, partial=True) == len(pages) == len(cloud.vpcs)


@pytest.mark.parametrize(
    "fields",
    [
        [{"TotalCount": 1}],
        [{"TotalCount": 2}, {"TotalCount": 2}],
        [{"TotalCount": 1}, {"TotalCount": 1}],  # of two accounts' worth of requests, each whole
        [{"NextToken": "x"}, {"NextToken": ""}],
        [{"NextToken": "x", "TotalCount": 2}, {"TotalCount": 2}],
        [{"TotalCount": "many"}],
        [{"TotalCount": None, "NextToken": None}],
    ],
)
def test_a_whole_set_of_pages_is_taken(fields: list[dict[str, Any]]) -> None:
    pages = [{"Vpcs": {"Vpc": [small.vpc(f"vpc-{n}")]}, **one} for n, one in enumerate(fields)]
    assert Cloud().import_resources(pages) == len(pages)


# Whatever changed


def carried_out(cloud: Cloud, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(0, 8))):
        with suppress(CommandDenied):
            cloud.execute(data.draw(commands(cloud)))
        if isinstance(cloud.clock, ManualClock):
            cloud.clock.advance(timedelta(seconds=data.draw(st.sampled_from([0, 3]))))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None, max_examples=40)
@given(clouds(settle_after=timedelta(seconds=2)), st.data())
def test_a_refresh_leads_to_what_an_import_leads_to(cloud: Cloud, data: st.DataObject) -> None:
    store = MemoryStore()
    ours = Cloud(store, clock=cloud.clock)
    ours.import_resources(described(cloud))
    before = shown(ours)
    position = ours.position
    carried_out(cloud, data)
    theirs = imported(cloud)
    ours.import_resources(described(cloud), refresh=True, complete=COLLECTIONS)
    assert shown(ours) == shown(theirs)
    assert [len(audit(one)) for one in (ours, theirs)] == [0, 0]
    assert invariants(ours) == ()
    assert shown(ours.at(position)) == before
    assert shown(Cloud(store, clock=cloud.clock)) == shown(theirs)
    again = ours.position
    ours.import_resources(described(cloud), refresh=True, complete=COLLECTIONS)
    assert ours.position == again


def test_what_is_held_is_refreshed() -> None:
    cloud = Cloud()
    held.import_into(cloud)
    responses = copy.deepcopy(held.responses())
    gone = responses[4]["NetworkInterfaceSets"]["NetworkInterfaceSet"].pop(1)
    responses[5]["EipAddresses"]["EipAddress"][0] |= {"Status": "Available", "InstanceId": "", "InstanceType": ""}
    cloud.import_resources(responses, refresh=True, complete=["network_interfaces"])
    assert gone["NetworkInterfaceId"] not in cloud.network_interfaces
    assert cloud.eips[held.EIP].status == "Available"
    assert [finding.rule for finding in audit(cloud)] == ["interface.held"]
    cloud.execute(c.ReleaseEipAddress(allocation_id=held.EIP))
    assert invariants(cloud) == ()


def test_what_was_deleted_and_is_described_again_comes_last() -> None:
    cloud = small_cloud(
        interfaces=[small.primary(), small.interface(), small.interface("eni-2", PrivateIpAddress="10.0.1.10")]
    )
    cloud.check(c.AllocateEipAddress())
    fork = cloud.fork()
    assert fork.describe("DescribeNetworkInterfaces")["TotalCount"] == 3
    fork.execute(c.DeleteNetworkInterface(network_interface_id="eni-1"))
    assert fork.describe("DescribeNetworkInterfaces")["TotalCount"] == 2
    fork.import_resources([{"NetworkInterfaceSets": {"NetworkInterfaceSet": [small.interface()]}}])
    assert list(fork.network_interfaces) == ["eni-0", "eni-2", "eni-1"]
    page = fork.describe("DescribeNetworkInterfaces", MaxResults=2)
    last = fork.describe("DescribeNetworkInterfaces", NextToken=page["NextToken"])["NetworkInterfaceSets"]
    assert [one["NetworkInterfaceId"] for one in last["NetworkInterfaceSet"]] == ["eni-1"]
    assert [one for one in invariants(fork) if one.invariant.startswith("index")] == []


def rules_of(group_id: str, *sources: str) -> dict[str, Any]:
    rules = [
        {"Direction": "ingress", "IpProtocol": "ALL", "PortRange": "-1/-1", "Policy": "Accept", "SourceGroupId": one}
        for one in sources
    ]
    return {"SecurityGroupId": group_id, "VpcId": "vpc-1", "Permissions": {"Permission": rules}}


def test_the_rules_of_a_group_are_refreshed() -> None:
    groups = [small.group(), small.group("sg-2"), small.group("sg-3")]
    cloud = small_cloud(groups=groups, interfaces=[small.primary()])
    position = cloud.position
    with pytest.raises(InvalidResponse, match="sg-1 is there already, with other rules"):
        cloud.import_resources([rules_of("sg-1", "sg-2")])
    cloud.import_resources([rules_of("sg-1", "sg-2")], partial=True)
    cloud.import_resources([rules_of("sg-1", "sg-2")])
    assert types_of(cloud, position) == ["SecurityGroupRulesImported"]
    cloud.import_resources([rules_of("sg-1", "sg-3")], refresh=True)
    assert not cloud.check(c.DeleteSecurityGroup(security_group_id="sg-3"))
    assert cloud.check(c.DeleteSecurityGroup(security_group_id="sg-2"))
    assert invariants(cloud) == ()
    cloud.import_resources([rules_of("sg-1")], refresh=True)
    assert cloud.check(c.DeleteSecurityGroup(security_group_id="sg-3"))
    assert invariants(cloud) == ()
    counted = {"SecurityGroups": {"SecurityGroup": [small.group("sg-2", GroupToGroupRuleCount=3)]}}
    before = cloud.position
    cloud.import_resources([counted])
    assert cloud.position == before


def test_a_block_of_a_vpc_appears() -> None:
    cloud = small_cloud(interfaces=[small.primary()])
    wider = small.vpc(SecondaryCidrBlocks={"SecondaryCidrBlock": ["192.168.0.0/16"]})
    cloud.import_resources([{"Vpcs": {"Vpc": [wider]}}], refresh=True)
    assert cloud.vpcs["vpc-1"].secondary_cidr_blocks == ("192.168.0.0/16",)
    assert cloud.check(c.CreateVSwitch(vpc_id="vpc-1", zone_id="cn-hangzhou-b", cidr_block="192.168.1.0/24"))
    assert invariants(cloud) == ()


def test_an_eip_moves_from_an_interface_to_another() -> None:
    spare = small.interface("eni-2", PrivateIpAddress="10.0.1.10", MacAddress="00:16:3e:00:00:02")
    on = small.eip(Status="InUse", InstanceId="eni-1", InstanceType="NetworkInterface")
    cloud = small_cloud(interfaces=[small.interface(), spare], instances=[], eips=[on])
    answers = described(cloud)
    cloud.import_resources([{"EipAddresses": {"EipAddress": [{**on, "InstanceId": "eni-2"}]}}], refresh=True)
    assert cloud.eips["eip-1"].instance_id == "eni-2"
    assert invariants(cloud) == audit(cloud) == ()
    cloud.import_resources(answers, refresh=True)
    assert cloud.eips["eip-1"].instance_id == "eni-1"
    assert cloud.check(c.DeleteNetworkInterface(network_interface_id="eni-2"))
    with pytest.raises(InvalidResponse, match="eni-1 is described no more, and nothing tells what became of its eip-1"):
        cloud.import_resources([], refresh=True, complete=["network_interfaces"])
    cloud.import_resources([], refresh=True, complete=["network_interfaces", "eips"])
    assert not cloud.eips and not cloud.network_interfaces
    assert invariants(cloud) == ()
