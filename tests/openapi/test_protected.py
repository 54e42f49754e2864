"""Imports of protection, locks and IPv6 addresses: each of them counts, or `audit` names it once."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, Severity, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.replay import replayed
from tests.support.small_account import eip, imported, instance, interface, primary

LOCKS = {"OperationLocks": {"LockReason": [{"LockReason": "financial"}, {"LockReason": "security"}]}}


def denied(cloud: Cloud, command: Any) -> list[str]:
    return [violation.rule for violation in cloud.check(command).violations]


@pytest.mark.parametrize("flag", [True, "true"])
def test_a_protected_instance_is_not_released_and_everything_else_goes_on(flag: object) -> None:
    cloud = imported(instances=[instance(DeletionProtection=flag)])
    assert cloud.instances["i-1"].deletion_protection
    release = c.DeleteInstance(instance_id="i-1", force=True)
    assert denied(cloud, release) == ["instance.release.deletion-protection"]
    assert denied(replayed(cloud), release) == ["instance.release.deletion-protection"]
    assert denied(cloud, c.StopInstance(instance_id="i-1")) == []


@pytest.mark.parametrize("flag", [False, None, "false", "", 0, {}])
def test_an_instance_is_not_protected_by_what_is_no_true(flag: object) -> None:
    assert not imported(instances=[instance(DeletionProtection=flag)]).instances["i-1"].deletion_protection


def test_a_protected_subscription_eip_is_associated_and_not_released() -> None:
    cloud = imported(eips=[eip(DeletionProtection=True, ChargeType="PrePaid")])
    assert (cloud.eips["eip-1"].charge_type, cloud.eips["eip-1"].deletion_protection) == ("PrePaid", True)
    release = c.ReleaseEipAddress(allocation_id="eip-1")
    assert denied(cloud, release) == ["eip.release.charge-type", "eip.release.deletion-protection"]
    assert denied(cloud, c.AssociateEipAddress(allocation_id="eip-1", instance_id="i-1")) == []


def test_a_locked_instance_is_held() -> None:
    cloud = imported(instances=[instance(**LOCKS)])
    assert denied(cloud, c.StopInstance(instance_id="i-1")) == ["instance.held"]
    for reason, count in (("security", 1), ("financial", 1), ("refunded", 0)):
        assert cloud.describe("DescribeInstances", LockReason=reason)["TotalCount"] == count
    messages = [finding.message for finding in audit(cloud) if finding.rule == "instance.held"]
    assert messages == ["i-1 is held: the vendor has locked it: financial, security"]


def test_a_locked_eip_is_held() -> None:
    cloud = imported(eips=[eip(OperationLocks={"LockReason": [{}]})])
    assert denied(cloud, c.ReleaseEipAddress(allocation_id="eip-1")) == ["eip.held"]
    messages = [finding.message for finding in audit(cloud) if finding.rule == "eip.held"]
    assert messages == ["eip-1 is held: the vendor has locked it: without a reason"]


@pytest.mark.parametrize("locks", [None, {}, {"LockReason": []}, {"LockReason": None}])
def test_what_has_no_lock_is_not_held(locks: object) -> None:
    cloud = imported(instances=[instance(OperationLocks=locks)], eips=[eip(OperationLocks=locks)])
    assert denied(cloud, c.StopInstance(instance_id="i-1")) == []
    assert denied(cloud, c.ReleaseEipAddress(allocation_id="eip-1")) == []


def test_ipv6_addresses_are_held_and_named_once() -> None:
    def with_ipv6(number: int) -> dict[str, Any]:
        return interface(
            f"eni-{number}",
            MacAddress=f"00:16:3e:00:01:{number:02x}",
            PrivateIpAddress=f"10.0.1.{number + 20}",
            Ipv6Sets={"Ipv6Set": [{"Ipv6Address": f"2001:DB8::{number}"}]},
        )

    cloud = imported(interfaces=[primary(), *map(with_ipv6, range(1, 13))])
    assert cloud.network_interfaces["eni-1"].ipv6_addresses == ("2001:db8::1",)
    (finding,) = audit(cloud)
    assert (finding.rule, finding.severity) == ("address.ipv6", Severity.Information)
    assert finding.message.endswith(
        "those of eni-1, eni-2, eni-3, eni-4, eni-5, eni-6, eni-7, eni-8, eni-9, eni-10 and 2 more"
    )
    for spelled in ("2001:db8::3", "2001:0DB8:0::3"):
        found = cloud.describe("DescribeNetworkInterfaces", Ipv6Address=[spelled])["NetworkInterfaceSets"]
        assert [one["NetworkInterfaceId"] for one in found["NetworkInterfaceSet"]] == ["eni-3"]
    assert cloud.describe("DescribeNetworkInterfaces", Ipv6Address="2001:db8::99")["TotalCount"] == 0
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-12"))
    assert invariants(cloud) == ()
    assert replayed(cloud).state_digest() == cloud.state_digest()
