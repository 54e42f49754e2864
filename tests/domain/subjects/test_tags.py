"""Tags, names and descriptions: given at creation, changed, asked for, imported, and gone with their resource."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, InvalidQuery, RuleRegistry, audit, from_json, rules, to_json
from ecsnet import commands as c
from ecsnet.errors import CommandDenied, InvalidCommand
from ecsnet.testing import invariants
from ecsnet.values import TaggedType
from tests.support.net import Net

TEAM = {"team": "web", "stage": ""}


def created(net: Net, **attributes: Any) -> dict[str, tuple[str, Any]]:
    """Returns a new resource of each kind with these tags, by the type that TagResources has for it."""
    do, names = net.cloud.execute, iter(["vpc_name", "vswitch_name", "security_group_name", "instance_name", "name"])

    def more() -> dict[str, Any]:
        return {**attributes, next(names): "web-1", "description": "of the web"}

    vpc = do(c.CreateVpc(cidr_block="10.0.0.0/16", **more()))
    block = {"vpc_id": vpc.id, "zone_id": "cn-hangzhou-b", "cidr_block": "10.0.1.0/24"}
    vswitch = do(c.CreateVSwitch(**block, **more()))  # type: ignore[arg-type]
    group = do(c.CreateSecurityGroup(vpc_id=vpc.id, **more()))
    (vm,) = do(net.run_command(**more()))
    eip = do(c.AllocateEipAddress(**more()))
    eni = net.eni(network_interface_name="web-1", description="of the web", **attributes)
    return {
        "VPC": ("vpcs", vpc),
        "VSWITCH": ("vswitches", vswitch),
        "securitygroup": ("security_groups", group),
        "instance": ("instances", vm),
        "eni": ("network_interfaces", eni),
        "EIP": ("eips", eip),
    }


def test_every_resource_is_created_with_a_name_a_description_and_tags(net: Net) -> None:
    for collection, one in created(net, tags=TEAM).values():
        assert (one.name, one.description, one.tags) == ("web-1", "of the web", TEAM)
        assert getattr(net.cloud, collection)[one.id] == one
        assert one.id in [found.id for found in getattr(net.cloud, collection).where(name="web-1")]
        assert from_json(to_json(one)) == one
        assert hash(from_json(to_json(one))) == hash(one)
    assert audit(net.cloud) == ()


def test_the_tags_of_an_instance_are_those_of_its_primary_interface_too(net: Net) -> None:
    (vm,) = net.cloud.execute(net.run_command(tags=TEAM, network_interfaces=[{}]))
    primary, secondary = [net.cloud.network_interfaces[one] for one in vm.network_interface_ids]
    assert (primary.tags, secondary.tags) == (TEAM, {})


def test_tags_are_read_only(net: Net) -> None:
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", tags=TEAM))
    with pytest.raises(TypeError, match="read-only"):
        vpc.tags["team"] = "db"


def test_every_type_of_resource_is_tagged_and_untagged(net: Net) -> None:
    resources = created(net)
    assert set(resources) == set(TaggedType)
    for of_type, (collection, one) in resources.items():
        named: dict[str, Any] = {"resource_type": of_type.swapcase(), "resource_ids": [one.id]}
        (tagged,) = net.cloud.execute(c.TagResources(**named, tags=TEAM))
        assert (tagged.tags, tagged.id) == (TEAM, one.id)
        assert [found.id for found in getattr(net.cloud, collection).where(tags=TEAM)] == [one.id]
        (untagged,) = net.cloud.execute(c.UntagResources(**named, tag_keys=["team", "other"]))
        assert untagged.tags == {"stage": ""}
        (empty,) = net.cloud.execute(c.UntagResources(**named, all=True))
        assert empty.tags == {}
        assert [record.type for record in net.cloud.history(one.id)][-3:] == [
            "ResourceTagged",
            "ResourceUntagged",
            "ResourceUntagged",
        ]
    assert audit(net.cloud) == ()
    assert invariants(net.cloud) == ()


def test_a_missing_resource_does_not_hide_that_another_in_its_region_would_have_too_many_tags(net: Net) -> None:
    block = {"cidr_block": "10.0.0.0/16", "region_id": "cn-beijing"}
    vpc = net.cloud.execute(c.CreateVpc(**block, tags={f"key-{number}": "" for number in range(20)}))  # type: ignore[arg-type]
    decision = net.cloud.check(
        c.TagResources(resource_type="VPC", resource_ids=["vpc-none", vpc.id], tags={"one-more": ""})
    )
    assert [(one.rule, one.facts.get("ids", one.facts.get("resource_ids"))) for one in decision.violations] == [
        ("resource.not-found", ("vpc-none",)),
        ("tags.quota", (vpc.id,)),
    ]


def test_a_key_gets_another_value_and_the_other_tags_stay(net: Net) -> None:
    eni = net.eni(tags=TEAM)
    (tagged,) = net.cloud.execute(c.TagResources(resource_type="eni", resource_ids=[eni.id], tags=[("team", "db")]))
    assert tagged.tags == {"team": "db", "stage": ""}
    assert net.cloud.network_interfaces.where(tags={"team": "web"}) == ()
    assert net.cloud.network_interfaces.where(tags={"team": "db"}) == (tagged,)


@pytest.mark.parametrize(
    "command",
    [
        lambda one: c.TagResources(resource_type="eni", resource_ids=[one], tags={"team": "web"}),
        lambda one: c.UntagResources(resource_type="eni", resource_ids=[one], tag_keys=["other"]),
    ],
)
def test_what_changes_no_tag_records_nothing(net: Net, command: Any) -> None:
    eni = net.eni(tags=TEAM)
    before = net.cloud.position
    assert net.cloud.execute(command(eni.id)) == (eni,)
    assert net.cloud.position == before


def test_tags_are_part_of_history_forks_and_digests(net: Net) -> None:
    eni = net.eni()
    untagged, fork = net.cloud.position, net.cloud.fork()
    net.cloud.execute(c.TagResources(resource_type="eni", resource_ids=[eni.id], tags=TEAM))
    assert net.cloud.at(untagged).network_interfaces[eni.id].tags == {}
    assert fork.network_interfaces[eni.id].tags == {}
    fork.execute(c.TagResources(resource_type="eni", resource_ids=[eni.id], tags={"team": "db", "stage": ""}))
    assert fork.state_digest() != net.cloud.state_digest()
    reopened = Cloud(net.cloud.store, clock=net.clock)
    assert reopened.network_interfaces.where(tags=TEAM) == net.cloud.network_interfaces.where(tags=TEAM) != ()


def test_tags_are_gone_with_their_resource(net: Net) -> None:
    resources = created(net, tags=TEAM)
    ids = {of_type: one.id for of_type, (_, one) in resources.items()}
    for command in (
        c.DeleteInstance(instance_id=ids["instance"], force=True),
        c.DeleteNetworkInterface(network_interface_id=ids["eni"]),
        c.DeleteSecurityGroup(security_group_id=ids["securitygroup"]),
        c.DeleteVSwitch(vswitch_id=ids["VSWITCH"]),
        c.DeleteVpc(vpc_id=ids["VPC"]),
        c.ReleaseEipAddress(allocation_id=ids["EIP"]),
    ):
        last: Any = net.cloud.execute(command)
        assert last.name == "web-1"
    for collection, _ in resources.values():
        assert getattr(net.cloud, collection).where(tags=TEAM) == ()
    assert invariants(net.cloud) == ()


def test_where_finds_resources_that_have_all_the_tags(net: Net) -> None:
    web, both, none = net.eni(tags={"team": "web"}), net.eni(tags=TEAM), net.eni()
    found = net.cloud.network_interfaces.where
    assert [one.id for one in found(tags={"team": "web"})] == [web.id, both.id]
    assert [one.id for one in found(tags=TEAM)] == [both.id]
    assert [one.id for one in found(tags={"stage": None})] == [both.id]
    assert [one.id for one in found(tags={"stage": None, "team": "web"})] == [both.id]
    assert [one.id for one in found(tags={})] == [web.id, both.id, none.id]
    assert [one.id for one in found(tags=[{"stage": ""}, {"team": "web"}], status="Available")] == [web.id, both.id]
    assert found(tags={"team": "db"}) == ()
    assert found(tags={"team": "web", "other": "web"}) == ()


@pytest.mark.parametrize("value", ["team", [("team", "web")], {"team": 7}, {7: "web"}, None])
def test_where_refuses_what_are_no_tags(net: Net, value: Any) -> None:
    with pytest.raises(InvalidQuery, match="tags are a mapping"):
        net.cloud.vpcs.where(tags=value)


@pytest.mark.parametrize(
    "tags",
    [
        {"": "web"},
        {"k" * 129: "web"},
        {"team": "v" * 129},
        {"acs:team": "web"},
        {"aliyun-team": "web"},
        {"team": "acs:web"},
        {"a http://web": "web"},
        {"team": "see https://web"},
        {"team": 7},
        {7: "web"},
        [("team", "web"), ("team", "db")],
        [("team",)],
        "team",
        None,
    ],
)
def test_tags_that_can_never_be_are_refused(tags: Any) -> None:
    with pytest.raises(InvalidCommand, match="tags "):
        c.CreateVpc(cidr_block="10.0.0.0/16", tags=tags)


@pytest.mark.parametrize(
    "parameters",
    [
        {"tags": {}},
        {"tags": TEAM, "resource_ids": []},
        {"tags": TEAM, "resource_ids": ["eni-1", "eni-1"]},
        {"tags": TEAM, "resource_type": "disk"},
        {"tags": TEAM, "resource_type": None},
    ],
)
def test_a_malformed_request_to_tag_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidCommand):
        c.TagResources(**{"resource_type": "eni", "resource_ids": ["eni-1"], **parameters})


@pytest.mark.parametrize("parameters", [{}, {"tag_keys": ["team"], "all": True}, {"tag_keys": ["a", "a"]}])
def test_a_malformed_request_to_untag_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidCommand):
        c.UntagResources(resource_type="eni", resource_ids=["eni-1"], **parameters)


def test_resources_are_looked_for_in_the_region_of_the_first(net: Net) -> None:
    abroad = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    (tagged,) = net.cloud.execute(c.TagResources(resource_type="VPC", resource_ids=[abroad.id], tags=TEAM))
    assert tagged.region_id == "cn-beijing"
    both = c.TagResources(resource_type="VPC", resource_ids=[abroad.id, net.vpc.id], tags=TEAM)
    (violation,) = net.cloud.check(both).violations
    assert violation.message == f"there is no resource {net.vpc.id} in cn-beijing: {net.vpc.id} is in cn-hangzhou"


def test_another_account_tags_nothing(net: Net) -> None:
    other = net.cloud.as_account("1000000000000001")
    with pytest.raises(CommandDenied, match="there is no resource"):
        other.execute(c.TagResources(resource_type="VPC", resource_ids=[net.vpc.id], tags=TEAM))


def test_a_rule_of_your_own_is_given_the_tags(net: Net) -> None:
    own = RuleRegistry(rules)

    @own.denies("x.protected", c.DeleteNetworkInterface, message="{owner} keeps it")
    def protected(network_interface: Any) -> dict[str, str] | None:
        """An ENI with an owner is kept."""
        owner = network_interface.tags.get("owner")
        return None if owner is None else {"owner": owner}

    @own.denies("x.owned", c.UntagResources, message="{ids}")
    def owned(resources: Any) -> dict[str, Any] | None:
        """The owner stays."""
        ids = tuple(one.id for one in resources if "owner" in one.tags)
        return {"ids": ids} if ids else None

    eni, free = net.eni(tags={"owner": "web"}), net.eni()
    denied = net.cloud.check(c.DeleteNetworkInterface(network_interface_id=eni.id), rules=own)
    assert [violation.message for violation in denied.violations] == ["web keeps it"]
    assert net.cloud.check(c.DeleteNetworkInterface(network_interface_id=free.id), rules=own)
    untag = c.UntagResources(resource_type="eni", resource_ids=[eni.id, free.id], all=True)
    assert [violation.message for violation in net.cloud.check(untag, rules=own).violations] == [eni.id]


@pytest.mark.parametrize(
    ("of_type", "command", "name"),
    [
        ("VPC", c.ModifyVpcAttribute, "vpc_name"),
        ("VSWITCH", c.ModifyVSwitchAttribute, "vswitch_name"),
        ("securitygroup", c.ModifySecurityGroupAttribute, "security_group_name"),
        ("instance", c.ModifyInstanceAttribute, "instance_name"),
        ("EIP", c.ModifyEipAddressAttribute, "name"),
    ],
)
def test_name_and_description_are_changed_one_by_one(net: Net, of_type: str, command: Any, name: str) -> None:
    _, one = created(net)[of_type]
    parameter = next(iter(field for field in command.__attrs_attrs__)).name
    renamed = net.cloud.execute(command(**{parameter: one.id, name: "db-1"}))
    assert (renamed.name, renamed.description) == ("db-1", "of the web")
    described = net.cloud.execute(command(**{parameter: one.id, "description": "of the db"}))
    assert (described.name, described.description) == ("db-1", "of the db")
    assert audit(net.cloud) == ()
    with pytest.raises(InvalidCommand, match="nothing to modify"):
        command(**{parameter: one.id})
    with pytest.raises(InvalidCommand):
        command(**{parameter: one.id, name: "http://web"})


def test_a_token_of_before_there_were_tags_is_recognized(net: Net) -> None:
    from ecsnet.domain.subjects.account import canonical_parameters

    plain = net.eni_command()
    assert canonical_parameters(plain) == (
        f'{{"private_ip_addresses":[],"security_group_ids":["{net.group.id}"],"vswitch_id":"{net.vswitch.id}"}}'
    )
    assert '"tags":{"stage":"","team":"web"}' in canonical_parameters(net.eni_command(tags=TEAM))
    assert '"delete_on_release":false' in canonical_parameters(net.eni_command(delete_on_release=False))


# ENIs that stay when their instance goes


@pytest.mark.parametrize("settle_after", ["at once", "manual"])
def test_an_interface_that_is_to_stay_is_available_when_its_instance_is_gone(settle_after: str) -> None:
    net = Net() if settle_after == "at once" else Net(settle_after="manual")
    vm = net.run()
    goes, stays = net.attached(vm), net.attached(vm, delete_on_release=False)
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    net.cloud.settle()
    net.cloud.settle()
    assert vm.id not in net.cloud.instances
    assert goes.id not in net.cloud.network_interfaces
    left = net.cloud.network_interfaces[stays.id]
    assert (left.status, left.instance_id, left.private_ips) == ("Available", None, stays.private_ips)
    assert audit(net.cloud) == ()
    other = net.run()
    assert net.cloud.check(net.attach_command(left, other))


@pytest.mark.parametrize("passing", ["Attaching", "Detaching"])
def test_an_interface_that_is_to_stay_stays_however_far_it_has_come(passing: str) -> None:
    net = Net(settle_after="manual")
    vm = net.run()
    if passing == "Attaching":
        eni = net.eni(delete_on_release=False)
        net.cloud.execute(net.attach_command(eni, vm))
    else:
        eni = net.attached(vm, delete_on_release=False)
        net.cloud.execute(c.DetachNetworkInterface(network_interface_id=eni.id, instance_id=vm.id))
    assert net.cloud.network_interfaces[eni.id].status == passing
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    for _ in range(2):
        net.cloud.settle(vm.id)
    assert vm.id not in net.cloud.instances
    assert net.cloud.network_interfaces[eni.id].status == "Available"
    assert invariants(net.cloud) == ()


def test_whether_an_interface_goes_with_its_instance_is_modified(net: Net) -> None:
    vm, eni = net.run(), net.eni()
    net.cloud.execute(net.attach_command(eni, vm))
    modify = c.ModifyNetworkInterfaceAttribute(network_interface_id=eni.id, delete_on_release=False)
    assert net.cloud.execute(modify).delete_on_release is False
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert net.cloud.network_interfaces[eni.id].status == "Available"
    assert audit(net.cloud) == ()


def test_an_interface_that_is_created_with_its_instance_may_stay(net: Net) -> None:
    (vm,) = net.cloud.execute(net.run_command(network_interfaces=[{"delete_on_release": False}]))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    (left,) = net.cloud.network_interfaces.values()
    assert (left.id, left.status) == (vm.network_interface_ids[1], "Available")
    assert audit(net.cloud) == ()
