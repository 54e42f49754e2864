"""EIPs on ENIs, prefixes, IPv6 addresses and protection are described as they were imported."""

from __future__ import annotations

from typing import Any

from ecsnet import Cloud, audit
from tests.support.small_account import START, eip, imported, instance, interface, primary

COLLECTIONS = {
    "DescribeVpcs": "vpcs",
    "DescribeVSwitches": "vswitches",
    "DescribeSecurityGroups": "security_groups",
    "DescribeInstances": "instances",
    "DescribeNetworkInterfaces": "network_interfaces",
    "DescribeEipAddresses": "eips",
}


def account() -> Cloud:
    two = [
        {"PrivateIpAddress": "10.0.1.9", "Primary": True},
        {"PrivateIpAddress": "10.0.1.30", "Primary": False},
    ]
    spare = interface(
        MacAddress="00:16:3e:00:00:02",
        PrivateIpSets={"PrivateIpSet": two},
        Ipv4PrefixSets={"Ipv4PrefixSet": [{"Ipv4Prefix": "10.0.1.48/28"}]},
        Ipv6Sets={"Ipv6Set": [{"Ipv6Address": "2001:db8::1"}]},
    )
    on: dict[str, Any] = {"Status": "InUse", "InstanceId": "eni-1", "InstanceType": "NetworkInterface"}
    locks = {"OperationLocks": {"LockReason": [{"LockReason": "financial"}]}}
    return imported(
        interfaces=[primary(), spare],
        instances=[instance(DeletionProtection=True)],
        eips=[
            eip(**on, PrivateIpAddress="10.0.1.30"),
            eip("eip-2", **{**on, "IpAddress": "47.1.1.2"}),
            eip("eip-3", IpAddress="47.1.1.3", ChargeType="PrePaid", DeletionProtection=True),
            eip("eip-4", IpAddress="47.1.1.4", **locks),
            eip("eip-5", **{**on, "IpAddress": "47.1.1.5", "PrivateIpAddress": "10.0.1.77"}),
        ],
    )


def test_an_import_of_what_is_described_is_the_same_again() -> None:
    cloud = account()
    again = Cloud(clock=lambda: START)
    again.import_resources([cloud.describe(action) for action in COLLECTIONS])
    for name in COLLECTIONS.values():
        assert dict(getattr(again, name)) == dict(getattr(cloud, name))
    assert [finding.message for finding in audit(again)] == [finding.message for finding in audit(cloud)]
    assert len(audit(cloud)) == 3  # a lock, an address that the ENI lacks, and IPv6


def test_an_eni_is_described_with_its_eips() -> None:
    cloud = account()
    (one,) = cloud.describe("DescribeNetworkInterfaces", NetworkInterfaceId=["eni-1"])["NetworkInterfaceSets"][
        "NetworkInterfaceSet"
    ]
    assert one["AssociatedPublicIp"] == {"AllocationId": "eip-2", "PublicIpAddress": "47.1.1.2"}
    assert [ip["AssociatedPublicIp"] for ip in one["PrivateIpSets"]["PrivateIpSet"]] == [
        {"AllocationId": "eip-2", "PublicIpAddress": "47.1.1.2"},
        {"AllocationId": "eip-1", "PublicIpAddress": "47.1.1.1"},
    ]
    found = cloud.describe("DescribeEipAddresses", AssociatedInstanceType="NetworkInterface")["EipAddresses"]
    assert {one["AllocationId"] for one in found["EipAddress"]} == {"eip-1", "eip-2", "eip-5"}
    found = cloud.describe("DescribeEipAddresses", AssociatedInstanceId="eni-1", ChargeType="PostPaid")
    assert found["TotalCount"] == 3
