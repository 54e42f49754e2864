"""Instance types and quotas of a described account: what is said of them, and what its resources prove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud, InstanceType, InvalidResponse, audit
from ecsnet import commands as c
from ecsnet.domain.subjects.security_group import ADDRESS_QUOTAS
from ecsnet.events.imports import InstanceTypesImported
from ecsnet.instance_types import vendor_types
from ecsnet.openapi.instance_types import read_instance_types
from ecsnet.testing import invariants
from tests.support import held
from tests.support.accounts import (
    LATER_TYPE,
    eips,
    instance,
    instance_types,
    interfaces,
    limits,
    network,
    of_a_later_type,
    quotas,
)

ATTACH = c.AttachNetworkInterface(network_interface_id="eni-2", instance_id="i-0")


def imported(*responses: dict[str, Any], **options: Any) -> Cloud:
    cloud = Cloud(**options)
    cloud.import_resources(responses)
    return cloud


# Instance types


def test_a_described_type_has_the_numbers_of_its_description() -> None:
    described = limits(CpuCoreCount=4, MemorySize=16, MaximumQueueNumberPerEni=4, EniTotalQuantity=20)
    assert imported(instance_types(described)).instance_types[LATER_TYPE] == InstanceType(
        id=LATER_TYPE, eni_quantity=4, private_ipv4_per_eni=15, vcpu=4, memory_gib=16, nic_queues=4
    )


def test_a_described_type_replaces_the_one_of_the_catalogue_and_keeps_what_is_not_described() -> None:
    before = vendor_types()["ecs.t5-lc1m1.small"]
    assert before.attach_requires_stopped
    cloud = imported(instance_types(limits(before.id, before.eni_quantity + 1, None)))
    found = cloud.instance_types[before.id]
    assert (found.eni_quantity, found.private_ipv4_per_eni) == (before.eni_quantity + 1, before.private_ipv4_per_eni)
    assert found.attach_requires_stopped
    assert found.limits_known


def test_a_type_that_is_given_to_the_cloud_precedes_the_described_one() -> None:
    own = InstanceType(id=LATER_TYPE, eni_quantity=2, private_ipv4_per_eni=2)
    assert imported(instance_types(limits()), instance_types=[own]).instance_types[LATER_TYPE] == own


def test_a_type_without_its_numbers_is_not_known() -> None:
    cloud = imported(*of_a_later_type(instance_types(limits(enis=None))))
    assert not cloud.instance_types[LATER_TYPE].limits_known
    assert cloud.instance_types[LATER_TYPE].private_ipv4_per_eni == 15


def test_a_type_that_takes_no_further_addresses_takes_one() -> None:
    assert imported(instance_types(limits(addresses=0))).instance_types[LATER_TYPE].private_ipv4_per_eni == 1


def test_an_unknown_type_is_known_by_the_most_that_its_instances_have() -> None:
    two_of_them = [
        *network(),
        {"Instances": {"Instance": [instance("i-0"), instance("i-1")]}},
        interfaces(("eni-p", "i-0", 7), ("eni-q", "i-1", 1), ("eni-1", "i-1", 1), ("eni-2", "", 1)),
    ]
    cloud = imported(*two_of_them)
    assert cloud.instance_types[LATER_TYPE] == InstanceType(
        id=LATER_TYPE, eni_quantity=2, private_ipv4_per_eni=7, limits_known=False
    )
    assert audit(cloud) == invariants(cloud) == ()
    cloud.execute(ATTACH)
    assert audit(cloud) == invariants(cloud) == ()


def test_a_later_description_tells_more_of_an_unknown_type() -> None:
    cloud = imported(*of_a_later_type())
    enis = interfaces(*((f"eni-9{n}", "i-9", 1) for n in range(4)), mac=9)
    larger = [*network(), {"Instances": {"Instance": [instance("i-9")]}}, enis]
    cloud.import_resources(_renamed(larger, {"vpc-0": "vpc-9", "vsw-0": "vsw-9", "sg-0": "sg-9"}))
    assert cloud.instance_types[LATER_TYPE].eni_quantity == 4
    cloud.execute(ATTACH)
    assert audit(cloud) == ()


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def test_a_refusal_for_lack_of_knowledge_says_that_the_type_is_unknown() -> None:
    cloud = imported(*of_a_later_type())
    (violation,) = cloud.check(ATTACH).violations
    assert violation.rule == "interface.attach.quota"
    assert violation.message.startswith(f"the instance type {LATER_TYPE} is unknown: ")
    assign = c.AssignPrivateIpAddresses(network_interface_id="eni-1", secondary_private_ip_address_count=1)
    (violation,) = cloud.check(assign).violations
    assert violation.message.startswith(f"the instance type {LATER_TYPE} is unknown: ")
    run = c.RunInstances(instance_type="ecs.g9i.large", vswitch_id="vsw-0", security_group_ids=["sg-0"])
    (violation,) = cloud.check(run).violations
    assert violation.message.startswith("the instance type ecs.g9i.large is unknown: the catalogue ends with 2021-07")


def test_the_limits_of_an_instance_say_whether_they_are_known() -> None:
    cloud = imported(*of_a_later_type())
    assert (cloud.limits("i-0").network_interfaces, cloud.limits("i-0").limits_known) == (2, False)
    cloud.import_resources([instance_types(limits())])
    assert (cloud.limits("i-0").network_interfaces, cloud.limits("i-0").limits_known) == (4, True)


def test_what_an_account_was_told_is_in_its_history(tmp_path: Path) -> None:
    with imported(*of_a_later_type(), store=tmp_path / "a.db") as cloud:
        assert cloud.import_resources([instance_types(limits())]) == 0
        digest = cloud.state_digest()
    with Cloud(tmp_path / "a.db") as again:
        assert again.state_digest() == digest
        assert LATER_TYPE not in again.at(0).instance_types
        assert again.fork().instance_types[LATER_TYPE].limits_known
        assert LATER_TYPE not in again.as_account("2").instance_types
        again.execute(ATTACH)
        assert audit(again) == ()


def test_what_an_account_knows_already_is_not_recorded_again() -> None:
    cloud = imported(instance_types(limits()), quotas(max_security_groups=7))
    position = cloud.position
    assert cloud.import_resources([instance_types(limits()), quotas(max_security_groups="7")]) == 0
    assert cloud.position == position
    cloud.import_resources([instance_types(limits(enis=5)), quotas(max_security_groups=8)])
    assert [record.type for record in cloud.history(after=position)] == ["QuotaSet", "InstanceTypesImported"]
    assert cloud.instance_types[LATER_TYPE].eni_quantity == 5
    assert cloud.quotas["security-groups-per-region"].value == 8


def test_an_unknown_type_forgets_nothing_when_fewer_are_described() -> None:
    cloud = imported(instance_types(limits()))
    cloud.import_resources(of_a_later_type(instance_types(limits(enis=None, addresses=None))))
    assert cloud.instance_types[LATER_TYPE].eni_quantity == 4
    assert len(cloud.history(type=InstanceTypesImported)) == 1


def test_imports_of_types_alone_have_command_ids_of_their_own() -> None:
    cloud = imported(instance_types(limits()), command_ids="deterministic")
    cloud.import_resources([instance_types(limits(enis=5))])
    cloud.import_resources([quotas(max_security_groups=7)])
    ids = [record.command_id for record in cloud.history()]
    assert len(set(ids)) == len(ids) == 3


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (instance_types({"EniQuantity": 4}), r"InstanceType\[0\]: Object missing required field `InstanceTypeId`"),
        (instance_types(limits(enis=-1)), r"InstanceType\[0\]\.EniQuantity: Expected `int` >= 0"),
        (instance_types(limits(type_id="")), r"InstanceType\[0\]\.InstanceTypeId: '' is no id"),
        (instance_types(limits(), limits(enis=5)), r"InstanceType\[1\]: ecs.g8i.xlarge is described differently at"),
        (quotas(max_security_groups="many"), r"ValueItem\[0\]\.Value: 'many' is no quota"),
        (quotas(max_security_groups=0), "'0' is no quota"),
        (quotas(max_security_groups="²"), "'²' is no quota"),
    ],
)
def test_a_malformed_response_is_refused(response: dict[str, Any], reason: str) -> None:
    cloud = Cloud()
    with pytest.raises(InvalidResponse, match=reason):
        cloud.import_resources([response])
    assert cloud.position == 0


def test_two_values_of_one_quota_are_refused() -> None:
    with pytest.raises(InvalidResponse, match="max-security-groups is 8 here, and 7 before"):
        imported(quotas(max_security_groups=7), quotas(max_security_groups=8))


def test_attributes_that_are_not_modelled_are_left_out() -> None:
    cloud = imported(quotas(instance_network_type="vpc", max_dedicated_hosts=5, max_security_groups=None))
    assert cloud.position == 0


def test_only_responses_of_the_action_are_read_as_instance_types() -> None:
    assert [one.id for one in read_instance_types([instance_types(limits())], vendor_types())] == [LATER_TYPE]
    with pytest.raises(InvalidResponse, match=r"responses\[0\]: not the response of DescribeInstanceTypes"):
        read_instance_types(network(), vendor_types())


# Quotas


def test_more_than_the_default_makes_a_quota_unknown_and_is_no_breach() -> None:
    described = interfaces(*((f"eni-{n}", "", 12) for n in range(101)), groups=[f"sg-{n}" for n in range(6)])
    cloud = imported(*network(vswitches=25, groups=101, secondary_blocks=6), described, eips(21))
    assert audit(cloud) == invariants(cloud) == ()
    unknown = {name for name, quota in cloud.quotas.items() if quota.value is None}
    known = {"addresses-per-interface", *ADDRESS_QUOTAS.values()}
    assert unknown == {*cloud.quotas} - known
    assert all(quota.value is not None for quota in cloud.as_account("2").quotas.values())


def test_as_much_as_the_default_proves_nothing() -> None:
    described = interfaces(*((f"eni-{n}", "", 11) for n in range(100)), groups=[f"sg-{n}" for n in range(5)])
    cloud = imported(*network(vswitches=24, groups=100), described, eips(20))
    assert {quota.value for quota in cloud.quotas.values()} == {5, 10, 20, 24, 100, 2000, 65_536}


@pytest.mark.parametrize(
    ("group_type", "unknown"),
    [("", "addresses-per-security-group"), ("enterprise", None)],
)
def test_the_addresses_of_a_group_prove_a_quota_of_its_type(group_type: str, unknown: str | None) -> None:
    """2,010 addresses in one group are more than the default of basic groups alone."""
    answers = network()
    answers[2]["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupType"] = group_type
    cloud = imported(*answers, interfaces(*((f"eni-{n}", "", 15) for n in range(134)), groups=["sg-0"]))
    assert audit(cloud) == invariants(cloud) == ()
    assert cloud.security_groups["sg-0"].private_ip_count == 2010
    found = {name for name in ADDRESS_QUOTAS.values() if cloud.quotas[name].value is None}
    assert found == ({unknown} if unknown else set())
    create = c.CreateNetworkInterface(vswitch_id="vsw-0", security_group_ids=["sg-0"])
    assert "security-group.address-quota" not in [v.rule for v in cloud.check(create).violations]


@pytest.mark.parametrize("settle", [c.SetQuota(name="eips-per-account", value=30), None])
def test_a_quota_that_is_set_wins_over_what_is_described(settle: c.SetQuota | None) -> None:
    cloud = imported(eips(25))
    assert cloud.quotas["eips-per-account"].value is None
    for _ in range(10):
        cloud.execute(c.AllocateEipAddress())
    assert audit(cloud) == ()
    if settle is not None:
        assert cloud.execute(settle).value == 30
    assert bool(cloud.check(c.AllocateEipAddress())) == (settle is None)
    assert audit(cloud) == invariants(cloud) == ()


def test_a_quota_that_was_set_before_the_import_is_contradicted_by_it() -> None:
    cloud = Cloud()
    cloud.execute(c.SetQuota(name="eips-per-account", value=10))
    cloud.import_resources([eips(25)])
    assert cloud.quotas["eips-per-account"].value == 10
    assert [finding.rule for finding in audit(cloud)] == ["account.eip-quota"]


def test_unknown_quotas_are_part_of_the_state(tmp_path: Path) -> None:
    with imported(*network(vswitches=25), store=tmp_path / "a.db") as cloud:
        digest = cloud.state_digest()
    with Cloud(tmp_path / "a.db") as again:
        assert again.quotas["vswitches-per-vpc"].value is None
        assert again.state_digest() == digest
        assert again.fork().quotas["vswitches-per-vpc"].value is None
        assert again.at(0).quotas["vswitches-per-vpc"].value == 24


def test_a_described_quota_is_one_of_the_region_that_was_asked() -> None:
    cloud = imported(
        quotas(max_elastic_network_interfaces="500"), {**quotas(max_security_groups=7), "RegionId": "cn-b"}
    )
    assert cloud.quotas["interfaces-per-region"].value == 500
    assert cloud.quotas["security-groups-per-region"].value == 100
    assert audit(cloud) == ()


def test_interfaces_on_a_trunk_show_nothing_of_their_instances_type() -> None:
    """A Member ENI takes no place of the instance; one that only its attachment places there takes one."""
    responses = held.responses(instance={"InstanceType": LATER_TYPE})
    responses[4]["NetworkInterfaceSets"]["NetworkInterfaceSet"] += [
        *(
            held.interface(f"eni-member-{n}", 100 + n, Type="Member", Status="InUse", InstanceId=held.INSTANCE)
            for n in range(5)
        ),
        held.interface("eni-attached", 99, Status="InUse", Attachment={"InstanceId": held.INSTANCE}),
    ]
    found = imported(*responses).instance_types[LATER_TYPE]
    assert (found.eni_quantity, found.limits_known) == (3, False)
