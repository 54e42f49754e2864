"""The reasons of a denial are true: every offender is named, none hides another, and advice can be followed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Command, Instance, Violation
from ecsnet import commands as c
from ecsnet.strategies import clouds, commands
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.support.net import Net
from tests.support.setups import (
    OPEN,
    OPEN_BY_HAND,
    OWN_TYPES,
    SUBSCRIPTION,
    assign,
    associated,
    classic,
    classic_command,
    convert,
    created,
    detach,
    eip,
    enable,
    link,
    move,
    stopped,
    unassign,
)
from tests.support.witnesses import COUNTER_WITNESSES, MANUAL, WITNESSES, Story, named

COLLECTIONS = ("vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips")


def violations(net: Net, command: Command[Any]) -> dict[str, Violation]:
    return {violation.rule: violation for violation in net.cloud.check(command).violations}


def only(net: Net, command: Command[Any]) -> Violation:
    (violation,) = net.cloud.check(command).violations
    return violation


# No message has a None in it


def all_permitted(cloud: Cloud) -> list[Violation]:
    ids = [resource_id for name in COLLECTIONS for resource_id in [*getattr(cloud, name)][:8]]
    return [v for one in ids for permission in cloud.permitted(one).values() for v in permission.violations]


def check_words(violation: Violation) -> None:
    message = violation.message
    assert message and message == message.strip()
    for unreadable in ("None", "{", "}", "[", "]", "('", "',", "  ", "<", "datetime"):
        assert unreadable not in message, message


@pytest.mark.parametrize(("rule_id", "story", "options"), named([*WITNESSES, *COUNTER_WITNESSES]))
def test_messages_of_witnesses_are_words(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    for violation in (*net.cloud.check(story(net)).violations, *all_permitted(net.cloud)):
        check_words(violation)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(clouds(settle_after="manual"), st.data())
def test_messages_of_generated_denials_are_words(cloud: Cloud, data: st.DataObject) -> None:
    for _ in range(3):
        for violation in cloud.check(data.draw(commands(cloud, legality="illegal"))).violations:
            check_words(violation)
    for violation in all_permitted(cloud):
        check_words(violation)


# Every offender is named


def zone_c(net: Net, **changes: Any) -> str:
    blocks = [vswitch for vswitch in net.cloud.vswitches.values() if vswitch.zone_id == "cn-hangzhou-c"]
    vswitch = blocks[0] if blocks else net.new_vswitch("10.0.3.0/24", zone="c")
    return net.eni(vswitch_id=vswitch.id, **changes).id


def abroad(net: Net) -> tuple[str, str, str]:
    """A VPC, a VSwitch and a group of the account in another region."""
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    block = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-beijing-b", cidr_block="10.0.1.0/24")
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    return vpc.id, net.cloud.execute(block).id, group.id


def test_every_group_that_would_be_overfull_is_named(net: Net) -> None:
    net.quota("addresses-per-security-group", 2)
    full, roomy = net.new_group(), net.new_group()
    net.eni(security_group_ids=[net.group.id, full.id], secondary_private_ip_address_count=1)
    violation = only(net, net.eni_command(security_group_ids=[net.group.id, full.id, roomy.id]))
    assert violation.facts == {
        "security_group_ids": (net.group.id, full.id),
        "counts": {net.group.id: 2, full.id: 2},
        "growth": 1,
        "quota": 2,
    }
    assert violation.message == (
        f"{net.group.id} has 2, {full.id} has 2 private IPs, and with 1 more would exceed the quota of 2"
    )


def test_every_interface_that_cannot_be_attached_is_named() -> None:
    net = Net(**OWN_TYPES)
    vm = net.run()
    far = [zone_c(net), zone_c(net, secondary_private_ip_address_count=4)]
    other = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    vswitch = net.cloud.execute(c.CreateVSwitch(vpc_id=other.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=other.id))
    strangers = [net.eni(vswitch_id=vswitch.id, security_group_ids=[group.id]).id for _ in range(2)]
    busy = [net.attached(vm).id for _ in range(2)]
    full = [net.eni(secondary_private_ip_address_count=4).id for _ in range(2)]
    primary = [one.primary_network_interface_id for one in (vm, net.run())]
    named_ids = [*far, *strangers, *busy, *full, *primary, "eni-none"]
    found = violations(net, net.run_command(instance_type="ecs.two.large", network_interface_ids=named_ids))

    offenders = {rule: violation.facts.get("network_interface_ids") for rule, violation in found.items()}
    assert offenders["interface.attach.zone"] == tuple(far)
    assert offenders["interface.attach.vpc"] == tuple(strangers)
    assert offenders["interface.attach.primary"] == tuple(primary)
    assert offenders["interface.attach.state"] == (*busy, *primary)
    assert offenders["interface.attach.address-quota"] == (far[1], *full)
    assert found["interface.not-found"].facts["ids"] == ("eni-none",)
    assert (found["interface.attach.quota"].facts["count"], found["instance.create.one-secondary"].facts["count"]) == (
        12,
        11,
    )
    assert found["interface.attach.zone"].facts["zone_ids"] == dict.fromkeys(far, "cn-hangzhou-c")
    assert found["interface.attach.vpc"].facts["vpc_ids"] == dict.fromkeys(strangers, other.id)
    assert found["interface.attach.state"].facts["statuses"] == dict.fromkeys((*busy, *primary), "InUse")
    assert found["interface.attach.primary"].facts["instance_ids"][primary[0]] == vm.id
    assert found["interface.attach.address-quota"].facts["counts"] == dict.fromkeys((far[1], *full), 5)
    for violation in found.values():
        assert all(one in violation.message for one in violation.facts.get("network_interface_ids", ()))


def test_every_vswitch_that_a_block_overlaps_is_named(net: Net) -> None:
    net.new_vswitch("10.0.8.0/24")
    second = net.new_vswitch("10.0.2.0/24")
    command = c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/22")
    violation = only(net, command)
    assert violation.facts["cidr_blocks"] == {net.vswitch.id: "10.0.1.0/24", second.id: "10.0.2.0/24"}
    assert violation.facts["vswitch_ids"] == (net.vswitch.id, second.id)
    assert all(one in violation.message for one in (net.vswitch.id, second.id))


def test_every_address_that_is_in_use_is_named_with_its_interface(net: Net) -> None:
    one, other = net.eni(primary_ip_address="10.0.1.8"), net.eni(private_ip_addresses=["10.0.1.9", "10.0.1.10"])
    taken = ["10.0.1.8", "10.0.1.9", "10.0.1.10"]
    violation = only(net, net.eni_command(private_ip_addresses=[*taken, "10.0.1.11"]))
    assert violation.facts == {
        "addresses": tuple(taken),
        "vpc_id": net.vpc.id,
        "holders": {"10.0.1.8": one.id, "10.0.1.9": other.id, "10.0.1.10": other.id},
        "resource_ids": (one.id, other.id),
        "count": 2,
    }
    assert violation.message == (
        f"in use in {net.vpc.id}: 10.0.1.8 by {one.id}, 10.0.1.9 by {other.id}, 10.0.1.10 by {other.id}"
    )


def test_an_address_that_is_named_more_than_once_is_listed_once(net: Net) -> None:
    thrice = ["10.0.1.9"] * 3 + ["10.0.1.8"] * 2 + ["10.0.1.7"]
    assert only(net, net.eni_command(private_ip_addresses=thrice)).facts == {"addresses": ("10.0.1.9", "10.0.1.8")}
    unknown = only(net, unassign(net.eni().id, "10.0.1.9", "10.0.1.9"))
    assert unknown.facts["addresses"] == ("10.0.1.9",)


# What is missing hides nothing of the rest


def test_an_interface_that_is_missing_does_not_hide_that_the_instance_is_full(net: Net) -> None:
    vm = net.run()
    missing = c.AttachNetworkInterface(network_interface_id="eni-none", instance_id=vm.id)
    assert set(violations(net, missing)) == {"interface.not-found"}
    net.attached(vm), net.attached(vm)
    assert set(violations(net, missing)) == {"interface.not-found", "interface.attach.quota"}


def test_an_interface_that_is_missing_does_not_hide_what_the_type_takes() -> None:
    net = Net(**OWN_TYPES)
    for name in ("ecs.one.large", "ecs.old.large"):
        missing = c.AttachNetworkInterface(network_interface_id="eni-none", instance_id=net.run(instance_type=name).id)
        assert "interface.attach.instance-type" in violations(net, missing)


def test_an_interface_that_is_missing_does_not_hide_that_a_classic_instance_takes_none() -> None:
    net = Net(**OPEN)
    missing = c.AttachNetworkInterface(network_interface_id="eni-none", instance_id=classic(net).id)
    assert set(violations(net, missing)) == {"interface.not-found", "interface.attach.vpc"}
    run = classic_command(net, network_interface_ids=["eni-none"])
    assert violations(net, run)["interface.attach.vpc"].message == "a classic instance takes no ENI"
    assert net.cloud.check(classic_command(net))


def test_an_instance_type_that_is_missing_does_not_hide_the_zone_of_an_interface(net: Net) -> None:
    far = zone_c(net)
    run = net.run_command(instance_type="ecs.none", network_interface_ids=[far])
    assert set(violations(net, run)) == {"instance-type.not-found", "interface.attach.zone"}
    near = net.run_command(instance_type="ecs.none", network_interface_ids=[net.eni().id])
    assert set(violations(net, near)) == {"instance-type.not-found"}


def test_a_vswitch_that_is_missing_does_not_hide_what_the_type_takes() -> None:
    net = Net(**OWN_TYPES)
    ids = [net.eni(secondary_private_ip_address_count=2).id for _ in range(2)]
    run = net.run_command(vswitch_id="vsw-none", instance_type="ecs.two.large", network_interface_ids=ids)
    assert set(violations(net, run)) == {
        "vswitch.not-found",
        "instance.create.one-secondary",
        "interface.attach.quota",
        "interface.attach.address-quota",
    }
    missing = net.run_command(vswitch_id="vsw-none", network_interface_ids=["eni-none"], instance_type="ecs.one.large")
    assert {"interface.attach.instance-type", "interface.attach.quota"} <= set(violations(net, missing))


@pytest.mark.parametrize(("zone_id", "denied"), [("cn-hangzhou-h", False), ("cn-beijing-b", True)])
def test_a_vswitch_that_is_missing_does_not_hide_a_zone_of_another_region(net: Net, zone_id: str, denied: bool) -> None:
    found = violations(net, net.run_command(vswitch_id="vsw-none", zone_id=zone_id))
    assert ("instance.create.zone" in found) == denied
    assert "vswitch.not-found" in found


def test_a_group_that_is_missing_does_not_hide_that_the_instance_is_in_five(net: Net) -> None:
    groups = [net.group.id, *[net.new_group().id for _ in range(4)]]
    full, roomy = net.run(security_group_ids=groups), net.run(security_group_ids=groups[:4])
    found = violations(net, c.JoinSecurityGroup(security_group_id="sg-none", instance_id=full.id))
    assert set(found) == {"security-group.not-found", "interface.security-groups.count"}
    found = violations(net, c.JoinSecurityGroup(security_group_id="sg-none", instance_id=roomy.id))
    assert set(found) == {"security-group.not-found"}


def test_an_instance_that_is_missing_does_not_hide_that_the_group_is_full(net: Net) -> None:
    net.quota("addresses-per-security-group", 2)
    net.eni()
    missing = c.JoinSecurityGroup(security_group_id=net.group.id, instance_id="i-none")
    assert set(violations(net, missing)) == {"instance.not-found"}
    net.eni()
    assert set(violations(net, missing)) == {"instance.not-found", "security-group.address-quota"}


def test_a_vswitch_or_interface_that_is_missing_does_not_hide_that_the_groups_are_of_several_vpcs(net: Net) -> None:
    other = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    stranger, old = (
        net.cloud.execute(c.CreateSecurityGroup(vpc_id=other.id)),
        net.cloud.execute(c.CreateSecurityGroup()),
    )
    modify = c.ModifyNetworkInterfaceAttribute(network_interface_id="eni-none", security_group_ids=[net.group.id])
    for command in (net.eni_command(vswitch_id="vsw-none"), net.run_command(vswitch_id="vsw-none"), modify):
        assert "interface.security-groups.vpc" not in violations(net, command)
        groups = [stranger.id, net.group.id, old.id, net.new_group().id]
        found = violations(net, attrs.evolve(command, security_group_ids=groups))["interface.security-groups.vpc"]
        assert found.facts == {"security_group_ids": (stranger.id, old.id), "vpc_id": net.vpc.id}
        assert found.message == f"not in {net.vpc.id}: {stranger.id}, {old.id}"
        found = violations(net, attrs.evolve(command, security_group_ids=[old.id]))["interface.security-groups.vpc"]
        assert found.message == f"not in any VPC: {old.id}"


def test_an_interface_that_is_missing_does_not_hide_that_no_interface_holds_so_many_addresses(net: Net) -> None:
    assert set(violations(net, assign("eni-none", 19))) == {"interface.not-found"}
    found = violations(net, assign("eni-none", 20))
    assert set(found) == {"interface.not-found", "interface.assign.limit"}
    assert found["interface.assign.limit"].facts == {"count": 21, "quota": 20}


PAIRS: list[type[Command[Any]]] = [
    c.AttachNetworkInterface,
    c.JoinSecurityGroup,
    c.AssociateEipAddress,
    c.AttachClassicLinkVpc,
]


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(clouds(settle_after="manual"))
def test_what_a_resource_does_not_permit_is_told_beside_a_missing_one(cloud: Cloud) -> None:
    for resource_id in (one for name in COLLECTIONS for one in getattr(cloud, name)):
        permitted = cloud.permitted(resource_id)
        for command in (one for one in PAIRS if one in permitted):
            given_ids = {
                name: "none" for name, one in attrs.fields_dict(command).items() if one.default is attrs.NOTHING
            }
            kind = resource_id.partition("-")[0]
            if kind == "eni" and command is c.AssociateEipAddress:
                given_ids |= {"instance_id": resource_id, "instance_type": "NetworkInterface"}
            else:
                given_ids[next(n for n in given_ids if n in NAMES_OF[kind])] = resource_id
            told = cloud.check(command(**given_ids)).violations
            assert {v.rule for v in permitted[command].violations} <= {v.rule for v in told}


NAMES_OF = {
    "vpc": {"vpc_id"},
    "vsw": {"vswitch_id"},
    "sg": {"security_group_id"},
    "i": {"instance_id"},
    "eni": {"network_interface_id"},
    "eip": {"allocation_id"},
}


# What is in another region


def test_what_is_in_another_region_is_not_found_and_its_region_is_named(net: Net) -> None:
    vpc_id, vswitch_id, group_id = abroad(net)
    vm = net.run()
    authorize = c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=group_id)
    mismatched = net.eni_command(security_group_ids=[net.group.id, group_id, "sg-none"])
    for rule, command, ids in (
        ("vpc.not-found", c.CreateSecurityGroup(vpc_id=vpc_id, region_id="cn-hangzhou"), (vpc_id,)),
        ("vpc.not-found", c.AttachClassicLinkVpc(instance_id=vm.id, vpc_id=vpc_id), (vpc_id,)),
        ("vswitch.not-found", net.run_command(vswitch_id=vswitch_id, region_id="cn-hangzhou"), (vswitch_id,)),
        ("vswitch.not-found", move(vm, vswitch_id), (vswitch_id,)),
        ("security-group.not-found", authorize, (group_id,)),
        ("security-group.not-found", c.JoinSecurityGroup(security_group_id=group_id, instance_id=vm.id), (group_id,)),
        ("security-group.not-found", mismatched, (group_id, "sg-none")),
    ):
        violation = violations(net, command)[rule]
        assert violation.http_status == 404
        assert violation.facts == {"ids": ids, "region_id": "cn-hangzhou", "regions": {ids[0]: "cn-beijing"}}
        assert violation.message.endswith(f" {', '.join(ids)} in cn-hangzhou: {ids[0]} is in cn-beijing")


def test_the_region_of_another_accounts_resource_is_not_named(net: Net) -> None:
    vpc_id, _, group_id = abroad(net)
    other = net.cloud.as_account("2222222222222222")
    assert other.check(c.CreateSecurityGroup(vpc_id=vpc_id, region_id="cn-hangzhou")).violations[0].facts == {
        "ids": (vpc_id,)
    }
    for owner in ("1111111111111111", net.cloud.account_id):
        own = other.execute(c.CreateSecurityGroup())
        authorize = c.AuthorizeSecurityGroup(
            security_group_id=own.id, source_group_id=group_id, source_account_id=owner
        )
        assert other.check(authorize).violations[0].facts == {"ids": (group_id,)}


def test_a_group_that_is_looked_for_under_another_account_is_not_told_to_be_elsewhere(net: Net) -> None:
    _, _, group_id = abroad(net)
    authorize = c.AuthorizeSecurityGroup(
        security_group_id=net.group.id, source_group_id=group_id, source_account_id="2222222222222222"
    )
    assert only(net, authorize).facts == {"ids": (group_id,)}
    own = only(net, attrs.evolve(authorize, source_account_id=net.cloud.account_id))
    assert own.facts["regions"] == {group_id: "cn-beijing"}


def test_an_eip_and_an_instance_of_two_regions_are_named_with_them(net: Net) -> None:
    _, vswitch_id, group_id = abroad(net)
    vm, address = net.run(vswitch_id=vswitch_id, security_group_ids=[group_id]), eip(net)
    violation = only(net, c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    assert violation.message == f"{address.id} is in cn-hangzhou, and {vm.id} in cn-beijing"
    assert (violation.facts["region_id"], violation.facts["instance_region_id"]) == ("cn-hangzhou", "cn-beijing")


# What is in use


def test_what_keeps_a_vswitch_in_use_is_named(net: Net) -> None:
    delete = c.DeleteVSwitch(vswitch_id=net.vswitch.id)
    first = net.eni()
    assert only(net, delete).message == f"{net.vswitch.id} still has 1 network interface: {first.id}"
    vm = net.run()
    rest = [net.eni() for _ in range(8)]
    ids = (first.id, vm.primary_network_interface_id, *[one.id for one in rest])
    facts = {"vswitch_id": net.vswitch.id, "resource_ids": ids, "count": 10, "instance_ids": (vm.id,)}
    assert only(net, delete).facts == facts
    assert only(net, delete).message == (
        f"{net.vswitch.id} still has 10 network interfaces: {', '.join(map(str, ids))}; "
        f"primary ones go with their instances: {vm.id}"
    )
    net.eni(), net.eni()
    assert only(net, delete).facts == {**facts, "count": 12}
    assert f"{ids[9]} and 2 more; primary" in only(net, delete).message


def test_how_many_keep_a_vswitch_in_use_is_told_however_few_are_found_at_once(net: Net) -> None:
    net.quota("interfaces-per-region", 300)
    enis = [net.eni() for _ in range(200)]
    fork = net.cloud.fork()
    delete = c.DeleteVSwitch(vswitch_id=net.vswitch.id)
    for number, interface in enumerate(reversed(enis[:64] + enis[-64:])):
        (violation,) = fork.check(delete).violations
        shown = violation.facts["resource_ids"]
        assert min(10, 128 - number) <= len(shown) <= 10 and set(shown) <= set(fork.network_interfaces)
        assert violation.facts["count"] == 200 - number
        fork.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    (violation,) = fork.check(delete).violations
    assert violation.facts["count"] == 72
    assert violation.message.startswith(f"{net.vswitch.id} still has 72 network interfaces")


def test_what_keeps_a_vpc_in_use_is_named() -> None:
    net = Net(**OPEN)
    enable(net)
    vm = classic(net)
    net.cloud.execute(link(net, vm))
    groups = [net.group.id, net.new_group().id]
    delete = c.DeleteVpc(vpc_id=net.vpc.id)
    violation = only(net, delete)
    assert violation.code == "DependencyViolation.VSwitch"
    assert violation.facts == {
        "vpc_id": net.vpc.id,
        "resource_ids": (net.vswitch.id, *groups, vm.id),
        "count": 4,
        "vswitches": 1,
        "security_groups": 2,
        "linked_instances": 1,
    }
    assert violation.message == (
        f"{net.vpc.id} still has 1 VSwitch, 2 security groups and 1 linked instance: "
        f"{', '.join((net.vswitch.id, *groups, vm.id))}"
    )
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    assert only(net, delete).code == "DependencyViolation.SecurityGroup"
    assert only(net, delete).facts["resource_ids"] == (*groups, vm.id)
    net.cloud.execute(c.DetachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id))
    assert only(net, delete).message == f"{net.vpc.id} still has 2 security groups: {', '.join(groups)}"


def test_a_linked_instance_that_is_released_keeps_no_vpc_in_use() -> None:
    net = Net(**OPEN)
    enable(net)
    vm = classic(net)
    net.cloud.execute(link(net, vm))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert only(net, c.DeleteVpc(vpc_id=net.vpc.id)).facts["linked_instances"] == 0


def test_what_keeps_a_group_in_use_is_named(net: Net) -> None:
    delete = c.DeleteSecurityGroup(security_group_id=net.group.id)
    authorizers = [net.new_group().id for _ in range(3)]
    for group_id in (*authorizers, net.group.id):
        net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=group_id, source_group_id=net.group.id))
    facts = {
        "security_group_id": net.group.id,
        "resource_ids": tuple(authorizers),
        "count": 3,
        "members": 0,
        "authorized_in": 3,
        "authorized_by_other_accounts": False,
    }
    assert only(net, delete).facts == facts
    assert only(net, delete).message == (
        f"{net.group.id} still has 3 groups whose rules name it: {', '.join(authorizers)}"
    )
    members = [net.eni().id for _ in range(8)]
    shown = (*members, *authorizers[:2])
    assert only(net, delete).facts == {**facts, "resource_ids": shown, "count": 11, "members": 8}
    assert only(net, delete).message == (
        f"{net.group.id} still has 8 members and 3 groups whose rules name it: {', '.join(shown)} and 1 more"
    )
    for interface_id in members:
        net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface_id))
    for group_id in authorizers[:2]:
        net.cloud.execute(c.RevokeSecurityGroup(security_group_id=group_id, source_group_id=net.group.id))
    assert only(net, delete).message == f"{net.group.id} still has 1 group whose rules name it: {authorizers[2]}"
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=authorizers[2]))
    assert net.cloud.check(delete)


def test_of_groups_of_other_accounts_it_is_told_only_that_they_authorize_one() -> None:
    net = Net()
    own, other = net.cloud, net.cloud.as_account("2222222222222222")
    group, theirs = own.execute(c.CreateSecurityGroup()), [other.execute(c.CreateSecurityGroup()) for _ in range(2)]
    for one in theirs:
        other.execute(
            c.AuthorizeSecurityGroup(
                security_group_id=one.id, source_group_id=group.id, source_account_id=own.account_id
            )
        )
    delete = c.DeleteSecurityGroup(security_group_id=group.id)
    violation = only(net, delete)
    assert violation.message == f"{group.id} is authorized by groups of other accounts"
    assert violation.facts == {
        "security_group_id": group.id,
        "resource_ids": (),
        "count": 0,
        "members": 0,
        "authorized_in": 0,
        "authorized_by_other_accounts": True,
    }
    mine = own.execute(c.CreateSecurityGroup())
    own.execute(c.AuthorizeSecurityGroup(security_group_id=mine.id, source_group_id=group.id))
    assert only(net, delete).facts["resource_ids"] == (mine.id,)
    assert only(net, delete).message.endswith(f": {mine.id}; groups of other accounts authorize it, too")
    own.execute(c.DeleteSecurityGroup(security_group_id=mine.id))
    for one in theirs:
        assert not own.check(delete)
        other.execute(c.DeleteSecurityGroup(security_group_id=one.id))
    assert own.check(delete)


# Reasons and advice


def released(status: str, net: Net) -> Instance:
    (vm,) = net.cloud.execute(net.run_command())
    if status != "Pending":
        net.cloud.settle()
        if status != "Running":
            vm = net.cloud.execute(c.StopInstance(instance_id=vm.id))
        if status == "Starting":
            net.cloud.settle()
            net.cloud.execute(c.StartInstance(instance_id=vm.id))
    return net.cloud.instances[vm.id]


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("status", ["Pending", "Stopping", "Starting", "Running"])
def test_the_advice_on_a_release_can_be_followed(status: str, force: bool) -> None:
    net = Net(**MANUAL)
    vm = released(status, net)
    assert vm.status == status
    found = net.cloud.check(c.DeleteInstance(instance_id=vm.id, force=force)).violations
    expected = {
        "Running": [] if force else [f"{vm.id} is Running: stop it first, or force the release"],
    }.get(status, [f"{vm.id} is {status}: wait until it is Running or Stopped"])
    assert [violation.message for violation in found] == expected


def test_the_reasons_of_a_detach_name_no_instance_where_there_is_none(net: Net) -> None:
    vm, other, interface = net.run(), net.run(), net.eni()
    found = violations(net, detach(interface.id, vm.id))
    assert found["interface.detach.wrong-instance"].message == f"{interface.id} is attached to no instance"
    attached = net.attached(other)
    violation = only(net, detach(attached.id, vm.id))
    assert violation.message == f"{attached.id} is attached to {other.id}, not to {vm.id}"


def test_the_reasons_of_an_unassociation_name_no_instance_where_there_is_none(net: Net) -> None:
    vm, other, address = net.run(), net.run(), eip(net)
    unassociate = c.UnassociateEipAddress(allocation_id=address.id, instance_id=vm.id)
    found = violations(net, unassociate)["eip.unassociate.wrong-instance"]
    assert found.message == f"{address.id} is associated with no instance"
    bound = associated(net, other)
    violation = only(net, c.UnassociateEipAddress(allocation_id=bound.id, instance_id=vm.id))
    assert violation.message == f"{bound.id} is associated with {other.id}, not with {vm.id}"


def test_an_instance_whose_enis_change_only_while_stopped_is_not_told_that_running_would_do() -> None:
    net = Net(**MANUAL)
    for name, words in (("ecs.t6-c1m1.large", "must be Stopped"), ("ecs.g5.xlarge", "must be Running or Stopped")):
        (vm,) = net.cloud.execute(net.run_command(instance_type=name))
        command = net.attach_command(net.cloud.network_interfaces[vm.primary_network_interface_id or ""], vm)
        (found,) = [v for v in net.cloud.check(command).violations if v.rule.endswith("instance-state")]
        assert found.message == f"{vm.id} is Pending, and {words}"
        assert found.facts == {"instance_id": vm.id, "status": "Pending"}


def test_a_pay_as_you_go_instance_is_told_what_it_was_created_with(net: Net) -> None:
    bare, once = net.run(), created(net, internet_max_bandwidth_out=5)
    net.cloud.execute(c.ModifyInstanceNetworkSpec(instance_id=once.id, internet_max_bandwidth_out=0))

    def said(vm: Instance) -> str:
        return violations(net, c.AllocatePublicIpAddress(instance_id=vm.id))["public-ip.assign.pay-as-you-go"].message

    assert said(bare) == f"{bare.id} is a pay-as-you-go instance, and was created without bandwidth; it can take an EIP"
    assert said(once) == f"{once.id} is a pay-as-you-go instance without bandwidth"
    associated(net, bare)
    assert said(bare) == f"{bare.id} is a pay-as-you-go instance, and was created without bandwidth"
    assert not net.cloud.check(c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=bare.id))


def test_a_subscription_is_told_to_buy_bandwidth_only_where_that_brings_an_address(net: Net) -> None:
    def said(vm: Instance) -> str:
        return violations(net, c.AllocatePublicIpAddress(instance_id=vm.id))["public-ip.assign.subscription"].message

    bare, waiting, bound = (net.run(**SUBSCRIPTION) for _ in range(3))
    begin = "is a subscription instance without bandwidth"
    assert said(bare) == f"{bare.id} {begin}, and gets a public address by buying some"
    net.cloud.execute(c.RenewInstance(instance_id=waiting.id, internet_max_bandwidth_out=7))
    assert said(waiting) == f"{waiting.id} {begin}, and 7 Mbit/s wait for its next cycle"
    associated(net, bound)
    assert said(bound) == f"{bound.id} {begin}"


def test_an_instance_is_not_said_to_have_a_public_address_that_it_has_not() -> None:
    net = Net(**OPEN)
    for vm in (classic(net), net.run(), net.run(**SUBSCRIPTION)):
        for command in (c.ReleasePublicIpAddress(instance_id=vm.id), convert(vm)):
            for violation in net.cloud.check(command).violations:
                assert " its public address" not in violation.message.replace("releases its public address", "")


def test_an_end_that_has_passed_is_not_told_to_be_near(net: Net) -> None:
    vm = net.run(**SUBSCRIPTION, internet_max_bandwidth_out=5)
    assert vm.expires_at is not None
    near, passed = f"{vm.id} expires at {vm.expires_at}, in 24 hours or less", f"{vm.id} expired at {vm.expires_at}"
    for moment, said in (
        (vm.expires_at - timedelta(hours=24), near),
        (vm.expires_at - timedelta(microseconds=1), near),
        (vm.expires_at, passed),
        (vm.expires_at + timedelta(days=3), passed),
    ):
        net.clock.set(moment)
        assert only(net, convert(vm)).message == said


def test_a_change_of_address_is_told_what_it_waits_for(net: Net) -> None:
    other = net.new_vswitch("10.0.2.0/24")
    never, vm = created(net), stopped(net)
    found = only(net, move(never, other.id))
    assert (
        found.message == f"{never.id} was never started, and its private address does not change before its first start"
    )
    net.cloud.execute(move(vm, other.id))
    found = only(net, move(vm, net.vswitch.id))
    assert found.message == f"the last change of {vm.id} takes effect at its next start, and there is no other before"
    assert [v.facts["was_started"] for v in (only(net, move(never, other.id)), found)] == [False, True]


def test_a_detach_that_names_another_instance_tells_that_the_interfaces_own_one_is_being_released() -> None:
    net = Net(**MANUAL)
    own, other = net.run(), net.run()
    eni = net.eni()
    net.cloud.settle()
    net.cloud.execute(c.AttachNetworkInterface(network_interface_id=eni.id, instance_id=own.id))
    net.cloud.settle()
    net.cloud.execute(c.DeleteInstance(instance_id=own.id, force=True))
    detach = c.DetachNetworkInterface(network_interface_id=eni.id, instance_id=other.id)
    found = violations(net, detach)
    assert set(found) == {"interface.detach.wrong-instance", "interface.detach.instance-state"}
    assert found["interface.detach.instance-state"].message == f"{own.id} is being released"
    found = violations(net, attrs.evolve(detach, instance_id="i-none"))
    assert set(found) == {"instance.not-found", "interface.detach.instance-state"}
    found = violations(net, attrs.evolve(detach, instance_id=own.id))
    assert set(found) == {"instance.being-released"}


def test_an_instance_that_is_being_released_is_advised_nothing() -> None:
    net = Net(**MANUAL)
    other, bare, moved = net.new_vswitch("10.0.2.0/24"), net.run(**SUBSCRIPTION), net.run()
    net.cloud.execute(c.StopInstance(instance_id=moved.id))
    net.cloud.settle()
    net.cloud.execute(move(moved, other.id))
    assert bare.expires_at is not None
    net.clock.set(bare.expires_at)
    for vm in (bare, moved):
        net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    found = violations(net, c.AllocatePublicIpAddress(instance_id=bare.id))
    assert found["instance.being-released"].message == f"{bare.id} is being released"
    said = found["public-ip.assign.subscription"].message
    assert said == f"{bare.id} is a subscription instance without bandwidth"
    found = violations(net, move(moved, net.vswitch.id))
    assert set(found) == {"instance.being-released", "instance.modify-vpc.pending"}
    assert found["instance.modify-vpc.pending"].message == f"the last change of {moved.id} has not taken effect"


def test_the_secondary_addresses_that_keep_a_vswitch_are_named(net: Net) -> None:
    other, vm = net.new_vswitch("10.0.2.0/24"), stopped(net)
    primary = net.primary(vm)
    net.cloud.execute(assign(primary.id, 2))
    violation = only(net, move(vm, other.id))
    assert violation.facts["addresses"] == net.cloud.network_interfaces[primary.id].private_ips[1:]
    assert all(ip in violation.message for ip in violation.facts["addresses"])


def test_the_zone_of_an_instance_is_told_beside_that_of_its_vswitch(net: Net) -> None:
    violation = only(net, net.run_command(zone_id="cn-hangzhou-c"))
    assert violation.message == f"{net.vswitch.id} is in cn-hangzhou-b, not in cn-hangzhou-c"


# Advice can be followed


def follow(cloud: Cloud, command: Any, violation: Violation) -> None:
    """Does in a fork what a message advises."""
    fork = cloud.fork()
    if "stop it first" in violation.message:
        assert fork.check(c.StopInstance(instance_id=command.instance_id))
        forced = fork.check(c.DeleteInstance(instance_id=command.instance_id, force=True))
        assert violation.rule not in {v.rule for v in forced.violations}
    if "wait until it is Running or Stopped" in violation.message:
        fork.settle()
        assert fork.instances[command.instance_id].status in ("Running", "Stopped")
    if "it can take an EIP" in violation.message:
        fork.execute(c.SetQuota(name="eips-per-account", value=100))
        address = fork.execute(c.AllocateEipAddress(region_id=fork.instances[command.instance_id].region_id))
        assert fork.check(c.AssociateEipAddress(allocation_id=address.id, instance_id=command.instance_id))
    if "by buying some" in violation.message:
        if "while it is Stopped" in violation.message:
            fork.settle()
            fork.execute(c.StopInstance(instance_id=command.instance_id))
            fork.settle()
        bought = c.ModifyInstanceNetworkSpec(instance_id=command.instance_id, internet_max_bandwidth_out=5)
        assert fork.execute(bought).public_ip is not None


@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_advice_of_witnesses_can_be_followed(rule_id: str, story: Story, options: dict[str, Any]) -> None:
    net = Net(**options)
    command = story(net)
    for violation in net.cloud.check(command).violations:
        follow(net.cloud, command, violation)


ADVISED = (c.DeleteInstance, c.AllocatePublicIpAddress)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(clouds(settle_after="manual"))
def test_advice_of_generated_denials_can_be_followed(cloud: Cloud) -> None:
    for instance_id in cloud.instances:
        for advised in ADVISED:
            command: Any = advised(instance_id=instance_id)
            for violation in cloud.check(command).violations:
                follow(cloud, command, violation)


def test_advice_on_the_classic_network_can_be_followed() -> None:
    net = Net(**OPEN_BY_HAND)
    for changes in ({}, SUBSCRIPTION):
        vm = classic(net, **changes)
        command: Any = c.AllocatePublicIpAddress(instance_id=vm.id)
        (violation,) = net.cloud.check(command).violations
        follow(net.cloud, command, violation)
        assert "EIP" not in violation.message
