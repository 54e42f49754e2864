"""Importing the Describe responses of a real account, and the audit of the imported network."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from ecsnet import Cloud, InvalidResponse, ReadOnlyCloud, ReplayError, RuleRegistry, Severity, audit, rules
from ecsnet import commands as c
from ecsnet.events import MemoryStore
from ecsnet.testing import invariants
from tests.support.describe import describe
from tests.support.described import COLLECTIONS, entries, imported, network
from tests.support.net import Net
from tests.support.setups import OPEN, classic


@pytest.fixture
def net() -> Net:
    return network()


def test_described_resources_are_imported(net: Net) -> None:
    cloud = imported(net)
    for name in COLLECTIONS:
        assert dict(getattr(cloud, name)) == dict(getattr(net.cloud, name)), name
    assert invariants(cloud) == ()
    assert audit(cloud) == ()
    assert [record.type for record in cloud.history()][:3] == ["VpcImported", "VSwitchImported", "VSwitchImported"]
    assert len({record.command_id for record in cloud.history()}) == 1


@pytest.mark.parametrize("listed", [None, {}, {"SecondaryCidrBlock": None}, {"SecondaryCidrBlock": []}])
def test_secondary_blocks_may_be_absent(net: Net, listed: Any) -> None:
    answers = describe(net.cloud)
    del answers[1]["VSwitches"]["VSwitch"][-1], answers[4]["NetworkInterfaceSets"]["NetworkInterfaceSet"][:]
    answers[0]["Vpcs"]["Vpc"][0]["SecondaryCidrBlocks"] = listed
    cloud = Cloud()
    cloud.import_resources(answers[:2])
    assert cloud.vpcs[net.vpc.id].secondary_cidr_blocks == ()


def test_secondary_blocks_are_blocks_of_their_vpc(net: Net) -> None:
    cloud = imported(net)
    assert cloud.vpcs[net.vpc.id].secondary_cidr_blocks == ("172.16.0.0/16",)
    assert cloud.check(net.vswitch_command("172.16.9.0/24")).allowed
    (denied,) = cloud.check(net.vswitch_command("172.17.9.0/24")).violations
    assert denied.facts["vpc_cidr_block"] == "10.0.0.0/16 or 172.16.0.0/16"


def test_secondary_blocks_that_repeat_one_of_the_vpc_are_taken_once(net: Net) -> None:
    answers = describe(net.cloud)
    blocks = ["10.0.0.0/16", "172.16.0.0/16", "172.16.0.0/16"]
    answers[0]["Vpcs"]["Vpc"][0]["SecondaryCidrBlocks"] = {"SecondaryCidrBlock": blocks}
    assert imported(net, answers).vpcs[net.vpc.id].secondary_cidr_blocks == ("172.16.0.0/16",)


def test_overlapping_secondary_blocks_are_imported_and_reported(net: Net) -> None:
    answers = describe(net.cloud)
    blocks = ["172.16.0.0/16", "172.16.2.0/23"]
    answers[0]["Vpcs"]["Vpc"][0]["SecondaryCidrBlocks"] = {"SecondaryCidrBlock": blocks}
    assert [finding.rule for finding in audit(imported(net, answers))] == ["vpc.cidr-block.overlap"]


def test_a_secondary_block_that_is_none_is_refused(net: Net) -> None:
    answers = describe(net.cloud)
    answers[0]["Vpcs"]["Vpc"][0]["SecondaryCidrBlocks"] = {"SecondaryCidrBlock": ["172.16.0.1/16"]}
    with pytest.raises(InvalidResponse, match=r"Vpc\[0\]\.SecondaryCidrBlocks\.SecondaryCidrBlock\[0\]: '172"):
        imported(net, answers)


def test_a_classic_network_is_imported() -> None:
    net = Net(**OPEN)
    classic(net, internet_max_bandwidth_out=5)
    cloud = imported(net)
    assert dict(cloud.instances) == dict(net.cloud.instances)
    assert audit(cloud) == ()


def test_imported_transitional_statuses_settle() -> None:
    net = Net(settle_after=timedelta(seconds=5))
    vm = net.cloud.execute(net.run_command())[0]
    cloud = Cloud(clock=net.clock, settle_after="manual")
    cloud.import_resources(describe(net.cloud))
    assert cloud.instances[vm.id].status == "Pending"
    cloud.settle()
    assert cloud.instances[vm.id].status == "Running"


def test_commands_work_after_an_import(net: Net) -> None:
    cloud = imported(net)
    transitions: list[Any] = [
        net.eni_command(),
        net.run_command(),
        c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.3.0/24"),
        c.CreateSecurityGroup(vpc_id=net.vpc.id),
        c.AllocateEipAddress(),
        net.eni_command(primary_ip_address="10.0.1.100"),
    ]
    for interface in net.cloud.network_interfaces.values():
        transitions.append(c.DeleteNetworkInterface(network_interface_id=interface.id))
    for vm in net.cloud.instances.values():
        transitions += [c.DeleteInstance(instance_id=vm.id, force=True), c.ConvertNatPublicIpToEip(instance_id=vm.id)]
    for move in transitions:
        here, there = cloud.check(move), net.cloud.check(move)
        assert [v.rule for v in here.violations] == [v.rule for v in there.violations]
        if here:
            cloud.execute(move)
            net.cloud.execute(move)
            assert invariants(cloud) == ()
    assert audit(cloud) == ()


def test_imported_ids_are_not_given_again() -> None:
    net = Net()
    first = net.new_group()
    second = net.new_group()
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=first.id))
    cloud = imported(net)  # two groups: the next would be the third, which is there
    third = cloud.execute(c.CreateSecurityGroup(vpc_id=net.vpc.id))
    assert third.id != second.id
    assert len(cloud.security_groups) == 3
    assert invariants(cloud) == ()


def test_responses_can_come_in_pages_and_from_several_regions(net: Net) -> None:
    beijing = Net(region_id="cn-hangzhou")
    far = beijing.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    pages = describe(net.cloud)
    (described,) = [one for one in describe(beijing.cloud)[0]["Vpcs"]["Vpc"] if one["VpcId"] == far.id]
    first = {"Instances": {"Instance": pages[3]["Instances"]["Instance"][:1]}}
    cloud = imported(net, [first, *reversed(pages), {"Vpcs": {"Vpc": [described]}}])
    assert dict(cloud.instances) == {vm.id: vm for vm in net.cloud.instances.values()}
    assert cloud.vpcs[far.id].region_id == "cn-beijing"


def test_interfaces_can_be_described_inside_their_instances(net: Net) -> None:
    answers = describe(net.cloud)
    described = answers.pop(4)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    for instance in answers[3]["Instances"]["Instance"]:
        instance["NetworkInterfaces"] = {
            "NetworkInterface": [
                {
                    "NetworkInterfaceId": one["NetworkInterfaceId"],
                    "PrimaryIpAddress": one["PrivateIpAddress"],
                    "MacAddress": one["MacAddress"],
                    "Type": one["Type"],
                    "PrivateIpSets": one["PrivateIpSets"],
                }
                for one in described
                if one["InstanceId"] == instance["InstanceId"]
            ]
        }
    cloud = imported(net, answers)
    assert dict(cloud.instances) == dict(net.cloud.instances)
    assert invariants(cloud) == ()


def test_a_past_cloud_refuses_an_import(net: Net) -> None:
    with pytest.raises(ReadOnlyCloud):
        net.cloud.at(0).import_resources(describe(net.cloud))


# Contradictions


def contradicting(net: Net) -> tuple[Cloud, set[str]]:
    answers = copy.deepcopy(describe(net.cloud))
    interfaces = entries(answers, "NetworkInterfaceSets")
    spare = next(one for one in interfaces if one["Description"] == "a spare one")
    web = next(one for one in interfaces if one["NetworkInterfaceName"] == "web-1")
    spare["PrivateIpAddress"] = web["PrivateIpAddress"]  # held twice, and outside its VSwitch
    spare["PrivateIpSets"] = {}
    spare["SecurityGroupIds"] = {}
    entries(answers, "Instances")[0]["InstanceType"] = "ecs.t1.small"
    cloud = imported(net, answers)
    return cloud, {finding.rule for finding in audit(cloud) if finding.severity is Severity.Breach}


def test_contradictions_are_imported_and_reported_by_audit(net: Net) -> None:
    cloud, found = contradicting(net)
    assert found == {
        "address.private.in-cidr",
        "address.private.in-use",
        "interface.assign.type-quota",
        "interface.attach.quota",
        "interface.security-groups.count",
    }
    assert all(finding.position is None for finding in audit(cloud))


def test_commands_work_on_a_contradictory_network(net: Net) -> None:
    cloud, _ = contradicting(net)
    for interface in cloud.network_interfaces.where(type="Secondary"):
        if interface.instance_id is not None:
            cloud.execute(
                c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=interface.instance_id)
            )
        cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    for vm in cloud.instances.where(charge_type="PostPaid"):
        cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert invariants(cloud) == ()


# Answers that are none


@pytest.mark.parametrize(
    ("kind", "field", "value", "message"),
    [
        ("Vpcs", "CidrBlock", "banana", r"responses\[0\]\.Vpcs\.Vpc\[0\]\.CidrBlock: 'banana' is no CIDR block"),
        ("Vpcs", "VpcId", 7, r"responses\[0\]\.Vpcs\.Vpc\[0\]\.VpcId: Expected `str`, got `int`"),
        ("Vpcs", "CreationTime", "yesterday", r"Vpc\[0\]\.CreationTime: 'yesterday' is no time"),
        ("Vpcs", "CreationTime", "2019-03-11T08:00", "has no timezone"),
        ("Instances", "Status", 7, r"responses\[3\]\.Instances\.Instance\[0\]\.Status: Expected `str`, got `int`"),
        ("Vpcs", "Status", 7, r"responses\[0\]\.Vpcs\.Vpc\[0\]\.Status: Expected `str`, got `int`"),
        ("VSwitches", "VpcId", "", r"VSwitch\[0\]\.VpcId: '' is no id"),
        ("NetworkInterfaceSets", "VSwitchId", "", r"NetworkInterfaceSet\[0\]\.VSwitchId: is missing"),
        ("NetworkInterfaceSets", "PrivateIpAddress", "10.0.1", "'10.0.1' is no IPv4 address"),
        ("EipAddresses", "IpAddress", "999.1.1.1", "'999.1.1.1' is no IPv4 address"),
    ],
)
def test_a_malformed_response_is_refused_whole(net: Net, kind: str, field: str, value: Any, message: str) -> None:
    answers = copy.deepcopy(describe(net.cloud))
    entries(answers, kind)[0][field] = value
    cloud = Cloud()
    with pytest.raises(InvalidResponse, match=message):
        cloud.import_resources(answers)
    assert cloud.history() == ()


def test_a_value_that_is_not_a_response_is_refused() -> None:
    with pytest.raises(InvalidResponse, match=r"responses\[0\]: not the response of a Describe action"):
        Cloud().import_resources([{"RequestId": "1"}])


def test_an_import_refuses_ids_of_other_resources(net: Net) -> None:
    recorded = net.cloud.history()
    answers = describe(net.cloud)
    entries(answers, "EipAddresses")[0]["AllocationId"] = net.vpc.id
    with pytest.raises(InvalidResponse, match="is the id of another resource"):
        net.cloud.import_resources(answers)
    with pytest.raises(InvalidResponse, match="is the id of another resource"):
        net.cloud.import_resources([next(one for one in answers if "EipAddresses" in one)])
    assert net.cloud.history() == recorded


# Audit


def test_audit_applies_the_present_rules(net: Net) -> None:
    own = RuleRegistry(rules)

    @own.denies("x.no-web", c.CreateNetworkInterface, message="{name} may not be")
    def no_web(command: c.CreateNetworkInterface) -> dict[str, str] | None:
        """No network interface has a name."""
        return {"name": command.network_interface_name} if command.network_interface_name else None

    (finding,) = audit(net.cloud, rules=own)
    created = next(r for r in net.cloud.history() if r.type == "NetworkInterfaceCreated")
    assert (finding.position, finding.rule, finding.message) == (created.position, "x.no-web", "web-1 may not be")
    assert audit(net.cloud.history()) == ()


def test_audit_reports_a_damaged_history_without_raising(net: Net) -> None:
    history = net.cloud.history()
    attached = next(r for r in history if r.type == "NetworkInterfaceAttached")
    without = [record for record in history if record is not attached]
    (finding,) = [one for one in audit(without) if one.rule == "replay"]
    assert "is missing" in finding.message
    assert finding.position == attached.position + 1


def test_audit_reports_an_event_that_the_rules_deny(net: Net) -> None:
    """An ENI attached across zones, which the fold accepts and the cloud would not."""
    store = MemoryStore()
    lax = RuleRegistry()  # judges nothing
    cloud = Cloud(store, clock=net.clock, rules=lax)
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    zones = [
        cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id=f"cn-hangzhou-{zone}", cidr_block=f"10.0.{n}.0/24"))
        for n, zone in enumerate("bc")
    ]
    group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    (vm,) = cloud.execute(
        c.RunInstances(instance_type="ecs.g5.large", vswitch_id=zones[0].id, security_group_ids=[group.id])
    )
    far = cloud.execute(c.CreateNetworkInterface(vswitch_id=zones[1].id, security_group_ids=[group.id]))
    cloud.execute(c.AttachNetworkInterface(network_interface_id=far.id, instance_id=vm.id))
    position = len(cloud.history())
    found = {(finding.position, finding.rule) for finding in audit(cloud)}
    assert found == {(position, "interface.attach.zone"), (None, "interface.attach.zone")}


# Contradictions that commands meet later: whatever comes of them, no history is ever left that cannot be folded


def test_two_owners_of_one_public_address_can_both_be_released(net: Net) -> None:
    net.run()
    answers = copy.deepcopy(describe(net.cloud))
    pay_as_you_go = [one for one in entries(answers, "Instances") if one["InstanceChargeType"] == "PostPaid"]
    owners = [one for one in pay_as_you_go if not one["EipAddress"]["AllocationId"]]
    assert len(owners) == 2
    for one in owners:
        one["PublicIpAddress"] = {"IpAddress": ["203.0.113.7"]}
    cloud = imported(net, answers)
    assert "public-ip.owners" in {finding.rule for finding in audit(cloud)}
    for one in owners:
        cloud.execute(c.DeleteInstance(instance_id=one["InstanceId"], force=True))
    assert Cloud(cloud.store).history() == cloud.history()


def test_an_eip_of_another_service_is_kept_and_blocks_nothing(net: Net) -> None:
    answers = copy.deepcopy(describe(net.cloud))
    spare = next(one for one in entries(answers, "EipAddresses") if not one["InstanceId"])
    spare.update(Status="Associating", InstanceId="lb-1", InstanceType="SlbInstance")
    cloud = imported(net, answers)
    assert cloud.eips[spare["AllocationId"]].instance_id is None
    assert cloud.settle() == ()
    denied = cloud.check(c.UnassociateEipAddress(allocation_id=spare["AllocationId"])).violations
    assert [v.rule for v in denied] == ["eip.held", "eip.unassociate.state"]
    spare["Status"] = "InUse"
    denied = imported(net, answers).check(c.UnassociateEipAddress(allocation_id=spare["AllocationId"])).violations
    assert [v.rule for v in denied] == ["eip.held", "eip.unassociate.state"]


def test_a_command_made_impossible_by_an_import_records_nothing(net: Net) -> None:
    """Two ENIs of the same groups and addresses twice over: whatever cannot be folded is not appended."""
    cloud = imported(net)
    region = cloud._engine.world.writable("cn-hangzhou")
    vm = cloud.instances.where(charge_type="PostPaid")[0]
    region.instances.mutable(vm.id).network_interface_ids += ("eni-none",)  # as a contradiction not thought of might
    recorded = cloud.history()
    with pytest.raises(ReplayError, match="does not fit"):
        cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert cloud.history() == recorded
    assert vm.id in cloud.instances
