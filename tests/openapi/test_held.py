"""Imported resources that are held: why, what they count for, and that `audit` names each of them once."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, Command, Severity, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from ecsnet.values import EipInstanceType
from tests.support import held
from tests.support.small_account import (
    CLASSIC,
    eip,
    group,
    imported,
    instance,
    interface,
    primary,
    vpc,
    vswitch,
)


def spare(interface_id: str = "eni-1", **changes: Any) -> dict[str, Any]:
    return interface(interface_id, **{"MacAddress": "00:16:3e:00:00:02", **changes})


def account(**changes: Any) -> Cloud:
    """The small network of `tests.support.small_account`, in order, with other lists for some of its resources."""
    return imported(**{"interfaces": [primary(), spare()], **changes})


def informed(cloud: Cloud, rule: str) -> list[str]:
    """The messages of a rule's findings that are information; nothing else is found."""
    findings = audit(cloud)
    assert {finding.severity for finding in findings} <= {Severity.Information}
    assert {finding.position for finding in findings} <= {None}
    return [finding.message for finding in findings if finding.rule == rule]


HELD_INTERFACES: list[tuple[dict[str, Any], str, str | None]] = [
    ({"Status": "InUse", "ServiceManaged": True}, "a service manages it; it is InUse, and no instance is named", None),
    ({"Status": "InUse", "InstanceId": "ngw-1"}, "it is on ngw-1, which no response describes", None),
    ({"Status": "Detaching"}, "it is Detaching, and no instance is named", None),
    ({"Status": "InUse", "Attachment": {"InstanceId": "i-9"}}, "it is on i-9, which no response describes", None),
    ({"Status": "Available", "InstanceId": "i-1"}, "it is Available on i-1", None),
    ({"Status": "Deleting", "InstanceId": "i-1"}, "it is Deleting on i-1", None),
    ({"Status": "InUse", "InstanceId": "i-1", "Type": "Trunk"}, "its type is Trunk", "i-1"),
    (
        {"Status": "InUse", "InstanceId": "i-1", "Type": "Member"},
        "its type is Member; it is on i-1 by way of a Trunk ENI",
        None,
    ),
    ({"Type": "Elastic"}, "its type Elastic is unknown", None),
    ({"Status": "Migrating", "InstanceId": "i-1"}, "its status Migrating is unknown", "i-1"),
    ({"Status": "Deleted"}, "its status Deleted is unknown; it is Deleted, and no instance is named", None),
    (
        {"SecurityGroupIds": {"SecurityGroupId": ["sg-1", "sg-9"]}},
        "it is in sg-9, which no response describes",
        None,
    ),
    ({"Type": "Primary", "Status": "InUse", "InstanceId": "i-1"}, "i-1 has the primary ENI eni-0", None),
    (
        {"Type": "Primary", "Status": "Creating"},
        "it is a primary ENI that is Creating; it is Creating, and no instance is named",
        None,
    ),
]


@pytest.mark.parametrize(("changes", "reason", "instance_id"), HELD_INTERFACES)
def test_an_interface_that_is_not_understood_is_held(
    changes: dict[str, Any], reason: str, instance_id: str | None
) -> None:
    cloud = account(interfaces=[primary(), spare(**changes)])
    assert informed(cloud, "interface.held") == [f"eni-1 is held: {reason}"]
    assert cloud.network_interfaces["eni-1"].instance_id == instance_id
    assert invariants(cloud) == ()
    deletion = c.DeleteNetworkInterface(network_interface_id="eni-1")
    assert "interface.held" in [violation.rule for violation in cloud.check(deletion).violations]
    assert cloud.settle() == ()
    taken = c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"], primary_ip_address="10.0.1.9")
    assert [violation.rule for violation in cloud.check(taken).violations] == ["address.private.in-use"]
    in_use = cloud.check(c.DeleteVSwitch(vswitch_id="vsw-1")).violations
    assert [violation.rule for violation in in_use] == ["vswitch.delete.in-use"]


def test_an_interface_of_another_network_than_its_instance_is_held() -> None:
    its_group = {"SecurityGroupIds": {"SecurityGroupId": ["sg-classic"]}}
    classic = [instance(), instance("i-2", **{**CLASSIC, **its_group})]
    groups = [group(), group("sg-classic", VpcId="")]
    on_classic = spare(Status="InUse", InstanceId="i-2")
    cloud = account(groups=groups, instances=classic, interfaces=[primary(), on_classic])
    assert informed(cloud, "interface.held") == ["eni-1 is held: it is in vpc-1, and i-2 in the classic network"]
    far = spare(VSwitchId="vsw-2", Status="InUse", InstanceId="i-1", SecurityGroupIds={})
    vswitches = [vswitch(), vswitch("vsw-2", VpcId="vpc-2")]
    cloud = account(vpcs=[vpc(), vpc("vpc-2")], vswitches=vswitches, interfaces=[primary(), far])
    assert informed(cloud, "interface.held") == ["eni-1 is held: it is in vpc-2, and i-1 in vpc-1"]


def test_an_interface_is_on_the_instance_that_its_attachment_names() -> None:
    attached = spare(Status="InUse", Attachment={"InstanceId": "i-1"})
    cloud = account(interfaces=[primary(), attached])
    assert audit(cloud) == ()
    assert cloud.instances["i-1"].network_interface_ids == ("eni-0", "eni-1")
    assert cloud.check(c.DetachNetworkInterface(network_interface_id="eni-1", instance_id="i-1"))


def test_a_failed_creation_is_imported_and_can_be_deleted() -> None:
    cloud = account(interfaces=[primary(), spare(Status="CreateFailed")])
    assert audit(cloud) == ()
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-1"))
    assert invariants(cloud) == ()


def test_a_primary_interface_in_an_unknown_status_stays_with_its_instance() -> None:
    cloud = account(interfaces=[primary(Status="Attaching")])
    assert informed(cloud, "interface.held") == ["eni-0 is held: it is a primary ENI that is Attaching"]
    assert cloud.instances["i-1"].primary_network_interface_id == "eni-0"
    cloud.execute(c.StopInstance(instance_id="i-1"))
    denied = cloud.check(c.DeleteInstance(instance_id="i-1")).violations
    assert [(v.rule, v.code, v.http_status) for v in denied] == [
        ("instance.held-interface", "InvalidOperation.EniServiceManaged", 403)
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Status": "Hibernating"}, "its status Hibernating is unknown"),
        ({"Status": "Released"}, "its status Released is unknown"),
        ({"InstanceChargeType": "Spot"}, "its charge type Spot is unknown"),
    ],
)
def test_an_instance_that_is_not_understood_is_held(changes: dict[str, Any], reason: str) -> None:
    cloud = account(instances=[instance(**changes)], eips=[eip(Status="InUse", InstanceId="i-1")])
    assert informed(cloud, "instance.held") == [f"i-1 is held: {reason}"]
    assert invariants(cloud) == ()
    assert cloud.settle() == ()
    commands: list[Command[Any]] = [
        c.StopInstance(instance_id="i-1"),
        c.DeleteInstance(instance_id="i-1", force=True),
        c.AttachNetworkInterface(network_interface_id="eni-1", instance_id="i-1"),
        c.AssignPrivateIpAddresses(network_interface_id="eni-0", secondary_private_ip_address_count=1),
    ]
    for command in commands:
        assert [violation.rule for violation in cloud.check(command).violations] == ["instance.held"]
    (violation,) = cloud.check(c.UnassociateEipAddress(allocation_id="eip-1")).violations
    assert (violation.rule, violation.message) == ("eip.held", "eip-1 is held: it is on i-1, which is held")
    named = cloud.check(c.UnassociateEipAddress(allocation_id="eip-1", instance_id="i-1")).violations
    assert [violation.rule for violation in named] == ["instance.held", "eip.held"]


HELD_EIPS: list[tuple[dict[str, Any], str]] = [
    (
        {"Status": "InUse", "InstanceId": "ngw-1", "InstanceType": "Nat"},
        "it is on ngw-1, which is a Nat",
    ),
    ({"Status": "InUse", "InstanceId": "i-9"}, "it is on i-9, which no response describes"),
    ({"Status": "InUse"}, "it is InUse, and what it is on is not named"),
    ({"Status": "Associating"}, "it is Associating, and what it is on is not named"),
    ({"Status": "Available", "InstanceId": "i-1"}, "it is Available on i-1"),
    ({"Status": "Releasing", "InstanceId": "i-1"}, "it is Releasing on i-1"),
    ({"Status": "Frozen"}, "its status Frozen is unknown"),
    ({"Status": "Released"}, "its status Released is unknown"),
    ({"Status": "InUse", "InstanceId": "x-1", "InstanceType": "Balloon"}, "it is on x-1, which is a Balloon"),
]


@pytest.mark.parametrize(("changes", "reason"), HELD_EIPS)
def test_an_eip_that_is_not_understood_is_held(changes: dict[str, Any], reason: str) -> None:
    cloud = account(eips=[eip(**changes)])
    assert informed(cloud, "eip.held") == [f"eip-1 is held: {reason}"]
    assert invariants(cloud) == ()
    assert cloud.eips["eip-1"].instance_id is None
    violations = cloud.check(c.ReleaseEipAddress(allocation_id="eip-1")).violations
    assert (violations[0].rule, violations[0].code) == ("eip.held", "IncorrectEipStatus")
    assert cloud.settle() == ()
    assert (
        cloud.check(c.AllocatePublicIpAddress(instance_id="i-1")).violations
        == account().check(c.AllocatePublicIpAddress(instance_id="i-1")).violations
    )


def test_an_eip_in_an_unknown_status_is_its_instances_until_that_is_gone() -> None:
    cloud = account(eips=[eip(Status="Migrating", InstanceId="i-1")])
    assert cloud.instances["i-1"].eip_id == "eip-1"
    assert informed(cloud, "eip.held") == ["eip-1 is held: its status Migrating is unknown"]
    cloud.execute(c.DeleteInstance(instance_id="i-1", force=True))
    assert audit(cloud) == ()
    cloud.execute(c.ReleaseEipAddress(allocation_id="eip-1"))


def test_an_eip_that_only_its_instance_names_is_account() -> None:
    has = instance(EipAddress={"AllocationId": "eip-9", "IpAddress": "47.1.1.9"})
    cloud = account(instances=[has])
    assert audit(cloud) == ()
    assert (cloud.eips["eip-9"].ip_address, cloud.eips["eip-9"].status) == ("47.1.1.9", "InUse")
    second = cloud.check(c.AssociateEipAddress(allocation_id="eip-1", instance_id="i-1")).violations
    assert [violation.rule for violation in second] == ["eip.associate.duplicate"]
    cloud.execute(c.UnassociateEipAddress(allocation_id="eip-9", instance_id="i-1"))
    assert invariants(cloud) == ()


def test_an_eip_that_its_instance_names_too_is_imported_as_it_is_described() -> None:
    has = instance(EipAddress={"AllocationId": "eip-1", "IpAddress": "47.1.1.1"})
    cloud = account(instances=[has], eips=[eip(Status="Unassociating", InstanceId="i-1")])
    assert cloud.eips["eip-1"].status == "Unassociating"
    assert list(cloud.eips) == ["eip-1"]


# Addresses in use by what is not described


def free(cloud: Cloud) -> int:
    return cloud.vswitches["vsw-1"].available_ip_address_count


def test_a_vswitch_promises_no_more_addresses_than_it_is_described_with() -> None:
    cloud = account(vswitches=[vswitch(AvailableIpAddressCount=2)])
    assert free(cloud) == 2
    assert invariants(cloud) == ()
    assert informed(cloud, "vswitch.delete.in-use") == ["vsw-1 has 248 addresses in use by what no response describes"]
    create = c.CreateNetworkInterface(
        vswitch_id="vsw-1", security_group_ids=["sg-1"], secondary_private_ip_address_count=1
    )
    cloud.execute(create)
    assert free(cloud) == 0
    assert [violation.rule for violation in cloud.check(create).violations] == ["address.private.exhausted"]
    assert invariants(cloud) == ()
    assert informed(cloud, "vswitch.delete.in-use")


def test_a_vswitch_with_unseen_addresses_is_not_deleted() -> None:
    nothing: dict[str, Any] = {"instances": [], "interfaces": [], "eips": []}
    cloud = account(vswitches=[vswitch(AvailableIpAddressCount=240)], **nothing)
    (violation,) = cloud.check(c.DeleteVSwitch(vswitch_id="vsw-1")).violations
    assert violation.message == "vsw-1 has 12 addresses in use by what no response describes"
    assert (violation.code, violation.facts["unseen_addresses"]) == ("DependencyViolation", 12)
    explained = account(vswitches=[vswitch(AvailableIpAddressCount=252)], **nothing)
    assert explained.check(c.DeleteVSwitch(vswitch_id="vsw-1"))
    assert audit(explained) == ()


def test_more_free_addresses_than_the_interfaces_leave_change_nothing() -> None:
    cloud = account(vswitches=[vswitch(AvailableIpAddressCount=252)])
    assert free(cloud) == 250
    assert audit(account(interfaces=[primary()], vswitches=[vswitch(AvailableIpAddressCount=252)])) == ()


def test_addresses_of_interfaces_of_other_vswitches_and_reserved_ones_are_counted_as_the_vswitch_does() -> None:
    outside = spare(VSwitchId="vsw-2", PrivateIpAddress="10.0.1.77", SecurityGroupIds={})
    reserved = spare("eni-2", PrivateIpAddress="10.0.1.253", MacAddress="00:16:3e:00:00:03")
    last = spare("eni-3", PrivateIpAddress="10.0.1.252", MacAddress="00:16:3e:00:00:04")
    first = spare("eni-4", PrivateIpAddress="10.0.1.1", MacAddress="00:16:3e:00:00:05")
    network_address = spare("eni-5", PrivateIpAddress="10.0.1.0", MacAddress="00:16:3e:00:00:06")
    vswitches = [vswitch(AvailableIpAddressCount=200), vswitch("vsw-2", CidrBlock="10.0.2.0/24")]
    interfaces = [primary(), outside, reserved, last, first, network_address]
    cloud = account(vswitches=vswitches, interfaces=interfaces)
    assert free(cloud) == 200
    assert [one.invariant for one in invariants(cloud) if one.invariant == "address.private.free"] == []
    (message,) = [finding.message for finding in audit(cloud) if finding.rule == "vswitch.delete.in-use"]
    assert message == "vsw-1 has 48 addresses in use by what no response describes"


def test_a_full_vswitch_of_which_nothing_is_described_is_a_breach() -> None:
    nothing: dict[str, Any] = {"instances": [], "interfaces": [], "eips": []}
    (finding,) = audit(account(vswitches=[vswitch(AvailableIpAddressCount=0)], **nothing))
    assert (finding.rule, finding.severity) == ("address.private.free", Severity.Breach)
    assert finding.message == "vsw-1 is full, and no response describes what is in it"


# As a whole


def test_null_fields_count_as_absent() -> None:
    nulls = dict.fromkeys(("InstanceId", "Description", "Attachment", "PrivateIpSets", "Type"))
    cloud = account(interfaces=[primary(), spare(**nulls)])
    same = account(interfaces=[primary(), spare(InstanceId="", Type="Secondary")])
    assert cloud.network_interfaces == same.network_interfaces


def test_a_whole_account_is_imported_with_what_is_held() -> None:
    cloud = Cloud()
    held.import_into(cloud)
    assert [finding.rule for finding in audit(cloud)] == ["interface.held", "interface.held", "eip.held"]
    assert cloud.instances[held.INSTANCE].network_interface_ids == (held.PRIMARY, held.TRUNK)
    assert {one.type for one in cloud.network_interfaces.values()} == {"Primary", "Secondary", "Trunk"}
    full = cloud.fork()
    full.execute(c.AttachNetworkInterface(network_interface_id=held.OWN, instance_id=held.INSTANCE))
    again = full.execute(c.CreateNetworkInterface(vswitch_id=held.VSWITCH, security_group_ids=[held.GROUP]))
    third = full.check(c.AttachNetworkInterface(network_interface_id=again.id, instance_id=held.INSTANCE)).violations
    assert [violation.rule for violation in third] == ["interface.attach.quota"]
    assert Cloud(cloud.store).state_digest() == cloud.state_digest()


@pytest.mark.parametrize("status", ["Frozen", "Deleted"])
def test_a_vpc_and_a_vswitch_in_an_unknown_status_are_held(status: str) -> None:
    cloud = account(vpcs=[vpc(Status=status)], vswitches=[vswitch(Status=status)])
    assert informed(cloud, "vpc.held") == [f"vpc-1 is held: its status {status} is unknown"]
    assert informed(cloud, "vswitch.held") == [f"vsw-1 is held: its status {status} is unknown"]
    assert invariants(cloud) == ()
    create = c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"])
    assert [violation.rule for violation in cloud.check(create).violations] == ["vswitch.held"]
    assert "vpc.held" in [violation.rule for violation in cloud.check(c.DeleteVpc(vpc_id="vpc-1")).violations]
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-1"))  # what is in it is the account's own


OWN, OTHER = "1000000000000001", 1000000000000002


def test_a_network_that_another_account_shares_is_changed_by_its_owner_alone() -> None:
    cloud = account(
        vpcs=[vpc(OwnerId=OTHER)], vswitches=[vswitch(OwnerId=OTHER)], interfaces=[primary(OwnerId=OWN), spare()]
    )
    shared = f"is shared by its owner, the account {OTHER}"
    assert informed(cloud, "vpc.shared") == [f"vpc-1 {shared}"]
    assert informed(cloud, "vswitch.shared") == [f"vsw-1 {shared}"]
    delete = cloud.check(c.DeleteVSwitch(vswitch_id="vsw-1")).violations
    assert [violation.rule for violation in delete] == ["vswitch.shared", "vswitch.delete.in-use"]
    assert cloud.check(c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"]))


@pytest.mark.parametrize(
    ("owners", "shared"),
    [
        ((OWN, OWN), []),  # the account that imports need not be the one that is described
        ((OWN, OTHER), []),  # nothing tells which of the two it is
        ((OWN, None), []),
        (("1234567890123456", OTHER), ["vsw-1"]),
        ((OTHER, "1234567890123456"), ["vpc-1"]),
        ((0, "x"), []),
    ],
)
def test_whose_a_network_is(owners: tuple[Any, Any], shared: list[str]) -> None:
    cloud = account(vpcs=[vpc(OwnerId=owners[0])], vswitches=[vswitch(OwnerId=owners[1])])
    assert [finding.message.split()[0] for finding in audit(cloud)] == shared


def test_a_network_that_is_held_or_shared_is_described_as_it_was() -> None:
    there = {"vpcs": [vpc(OwnerId=OTHER, Status="Frozen")], "vswitches": [vswitch(OwnerId=OTHER)]}
    cloud = account(**there, interfaces=[primary(OwnerId=1234567890123456), spare()])
    (network,) = cloud.describe("DescribeVpcs")["Vpcs"]["Vpc"]
    assert (network["OwnerId"], network["Status"]) == (OTHER, "Frozen")
    actions = ("DescribeVpcs", "DescribeVSwitches", "DescribeSecurityGroups", "DescribeInstances")
    responses = [cloud.describe(action) for action in (*actions, "DescribeNetworkInterfaces")]
    again = Cloud(clock=cloud.clock)
    again.import_resources(responses)
    assert audit(again) == audit(cloud)
    assert [again.describe(action)["TotalCount"] for action in actions] == [1, 1, 1, 1]


@pytest.mark.parametrize("instance_id", ["", "i-9"])
def test_what_denies_a_primary_eni_of_an_instance_that_is_not_described_names_no_instance(instance_id: str) -> None:
    cloud = account(interfaces=[primary(), spare("eni-p", Type="Primary", Status="InUse", InstanceId=instance_id)])
    for command in (
        c.DeleteNetworkInterface(network_interface_id="eni-p"),
        c.DetachNetworkInterface(network_interface_id="eni-p", instance_id="i-1"),
        c.AttachNetworkInterface(network_interface_id="eni-p", instance_id="i-1"),
        c.ModifyNetworkInterfaceAttribute(network_interface_id="eni-p", description="spare"),
        c.AssociateEipAddress(
            allocation_id="eip-1", instance_id="eni-p", instance_type=EipInstanceType.NetworkInterface
        ),
        c.AssignPrivateIpAddresses(network_interface_id="eni-p", secondary_private_ip_address_count=1),
        c.UnassignPrivateIpAddresses(network_interface_id="eni-p", private_ip_addresses=["10.0.1.9"]),
    ):
        messages = [violation.message for violation in cloud.check(command).violations]
        assert messages
        assert not [message for message in messages if "None" in message]
