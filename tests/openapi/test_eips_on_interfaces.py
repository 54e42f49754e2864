"""Imported EIPs that are on ENIs: whose they are, what they permit, and when they are free again."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.small_account import eip, imported, instance, interface, primary

TWO = {
    "PrivateIpSets": {
        "PrivateIpSet": [
            {"PrivateIpAddress": "10.0.1.9", "Primary": True},
            {"PrivateIpAddress": "10.0.1.30", "Primary": False},
        ]
    }
}


def spare(**changes: Any) -> dict[str, Any]:
    return interface(**{"MacAddress": "00:16:3e:00:00:02", **changes})


def account(*eips: dict[str, Any], **changes: Any) -> Cloud:
    """The small network, with an ENI that has two addresses, and these EIPs."""
    return imported(interfaces=[primary(), spare(**{**TWO, **changes})], eips=list(eips))


def on(interface_id: str = "eni-1", allocation_id: str = "eip-1", **changes: Any) -> dict[str, Any]:
    user = {"Status": "InUse", "InstanceId": interface_id, "InstanceType": "NetworkInterface"}
    return eip(allocation_id, **{**user, **changes})


def reasons(cloud: Cloud) -> list[str]:
    assert {finding.severity for finding in audit(cloud)} <= {"information"}
    return [finding.message for finding in audit(cloud)]


@pytest.mark.parametrize(("private_ip", "shown"), [("", None), ("10.0.1.9", None), ("10.0.1.30", "10.0.1.30")])
def test_an_eip_on_a_described_eni_is_the_accounts_to_move(private_ip: str, shown: str | None) -> None:
    cloud = account(on(PrivateIpAddress=private_ip))
    one = cloud.eips["eip-1"]
    assert (one.instance_id, one.instance_type, one.private_ip_address) == ("eni-1", "NetworkInterface", shown)
    assert cloud.network_interfaces["eni-1"].eip_ids == ("eip-1",)
    assert reasons(cloud) == []
    assert cloud.execute(c.UnassociateEipAddress(allocation_id="eip-1")).status == "Available"
    again = c.AssociateEipAddress(allocation_id="eip-1", instance_id="eni-1", instance_type="NetworkInterface")
    assert cloud.execute(again).status == "InUse"
    assert invariants(cloud) == ()


def test_an_eip_is_free_once_the_eni_that_it_was_described_on_is_deleted() -> None:
    cloud = account(on(PrivateIpAddress="10.0.1.30"))
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-1"))
    assert cloud.eips["eip-1"].status == "Available"
    cloud.execute(c.ReleaseEipAddress(allocation_id="eip-1"))


def test_an_eip_on_a_held_eni_is_held_with_it() -> None:
    cloud = account(on(), Status="InUse", ServiceManaged=True)
    denied = cloud.check(c.UnassociateEipAddress(allocation_id="eip-1")).violations
    assert [violation.message for violation in denied] == ["eip-1 is held: it is on eni-1, which is held"]
    named = c.UnassociateEipAddress(allocation_id="eip-1", instance_id="eni-1", instance_type="NetworkInterface")
    assert [violation.rule for violation in cloud.check(named).violations] == ["interface.held", "eip.held"]
    assert len(reasons(cloud)) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PrivateIpAddress": "10.0.1.77"}, "it is on 10.0.1.77, which eni-1 does not have"),
        ({"Status": "Migrating"}, "its status Migrating is unknown"),
    ],
)
def test_an_eip_that_its_eni_contradicts_is_held_until_the_eni_is_gone(changes: dict[str, Any], reason: str) -> None:
    cloud = account(on(**changes))
    assert reasons(cloud) == [f"eip-1 is held: {reason}"]
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-1"))
    assert cloud.eips["eip-1"].status == "Available"
    assert reasons(cloud) == []
    assert invariants(cloud) == ()


def test_a_second_eip_of_an_address_is_held() -> None:
    cloud = account(on(), on(allocation_id="eip-2", IpAddress="47.1.1.2"))
    assert reasons(cloud) == ["eip-2 is held: it is on 10.0.1.9 of eni-1, which has the EIP eip-1"]
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-1"))
    assert {one.status for one in cloud.eips.values()} == {"Available"}


@pytest.mark.parametrize("status", ["Available", "Releasing"])
def test_an_eip_that_is_on_no_eni_by_its_status_is_held(status: str) -> None:
    cloud = account(on(Status=status))
    assert reasons(cloud) == [f"eip-1 is held: it is {status} on eni-1"]
    assert cloud.network_interfaces["eni-1"].eip_ids == ()


@pytest.mark.parametrize("kind", ["NetworkInterface", "Nat"])
def test_an_eip_on_what_no_response_describes_is_held(kind: str) -> None:
    cloud = account(on("x-9", InstanceType=kind))
    (reason,) = reasons(cloud)
    assert reason.startswith("eip-1 is held: it is on x-9, which ")


def test_an_eip_on_a_primary_eni_is_its_instances() -> None:
    cloud = account(on("eni-0"))
    assert cloud.instances["i-1"].eip_id == "eip-1"
    assert reasons(cloud) == []
    cloud.execute(c.DeleteInstance(instance_id="i-1", force=True))
    assert cloud.eips["eip-1"].status == "Available"


def test_an_eip_on_a_primary_eni_is_held_if_the_instance_has_a_public_address() -> None:
    cloud = imported(instances=[instance(PublicIpAddress={"IpAddress": ["47.1.1.9"]})], eips=[on("eni-0")])
    assert "eip-1 is held: it is on eni-0, which is a primary ENI" in [f.message for f in audit(cloud)]


PUBLIC = {"AllocationId": "eip-9", "PublicIpAddress": "47.1.1.9"}


@pytest.mark.parametrize(
    ("changes", "private_ip"),
    [
        ({"AssociatedPublicIp": PUBLIC}, None),
        (
            {
                "PrivateIpSets": {
                    "PrivateIpSet": [
                        {"PrivateIpAddress": "10.0.1.9", "Primary": True, "AssociatedPublicIp": {}},
                        {"PrivateIpAddress": "10.0.1.30", "Primary": False, "AssociatedPublicIp": PUBLIC},
                    ]
                }
            },
            "10.0.1.30",
        ),
    ],
)
def test_an_eip_that_only_its_eni_names_is_there(changes: dict[str, Any], private_ip: str | None) -> None:
    cloud = account(**changes)
    one = cloud.eips["eip-9"]
    assert (one.ip_address, one.instance_id, one.private_ip_address) == ("47.1.1.9", "eni-1", private_ip)
    cloud.execute(c.UnassociateEipAddress(allocation_id="eip-9"))
    assert invariants(cloud) == ()


def test_an_eip_that_a_primary_eni_names_is_its_instances() -> None:
    cloud = imported(interfaces=[primary(AssociatedPublicIp=PUBLIC), spare()])
    assert cloud.instances["i-1"].eip_id == "eip-9"


def test_a_public_address_of_an_instance_is_no_eip() -> None:
    public = {"PublicIpAddress": "47.1.1.9"}
    cloud = imported(
        instances=[instance(PublicIpAddress={"IpAddress": ["47.1.1.9"]})],
        interfaces=[primary(AssociatedPublicIp=public), spare()],
        eips=[],
    )
    assert not cloud.eips
