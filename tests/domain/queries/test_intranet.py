"""Intranet paths: every row of the guide's table, paths between existing instances, and related facts."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecsnet
from ecsnet import (
    Cloud,
    Endpoint,
    InstanceType,
    IntranetPath,
    IntranetVerdict,
    InvalidCommand,
    RuleKind,
    SecurityGroup,
    network_capabilities,
    traffic_charge,
)
from ecsnet import commands as c
from ecsnet.domain.queries.intranet import intranet_path
from tests.support.describe import describe
from tests.support.net import Net

V = IntranetVerdict
Pairs = frozenset[tuple[str, str]]
NONE: Pairs = frozenset()
FORTH: Pairs = frozenset({("sg-2", "sg-1")})
BACK: Pairs = frozenset({("sg-1", "sg-2")})
BOTH = FORTH | BACK


def vpc(vpc_id: str = "vpc-1", group: str = "sg-1", **changes: Any) -> Endpoint:
    return Endpoint(**{**COMMON, "network_type": "vpc", "vpc_id": vpc_id, "security_group_ids": [group], **changes})


def classic(group: str = "sg-1", **changes: Any) -> Endpoint:
    return Endpoint(**{**COMMON, "network_type": "classic", "security_group_ids": [group], **changes})


COMMON = {"account_id": "1", "region_id": "cn-hangzhou"}
OTHER_ACCOUNT = {"account_id": "2"}
ELSEWHERE = {"region_id": "cn-beijing"}


def path(a: Endpoint, b: Endpoint, authorized: Pairs = NONE) -> IntranetPath:
    return intranet_path(a, b, lambda group_id, source_id: (group_id, source_id) in authorized)


# The table: row, the two ends, who authorizes whom, verdict, connected
ROWS: list[tuple[str, Endpoint, Endpoint, Pairs, IntranetVerdict, bool]] = [
    ("same VPC, same group", vpc(), vpc(), NONE, V.EnabledByDefault, True),
    ("same VPC, same group, two accounts", vpc(), vpc(**OTHER_ACCOUNT), NONE, V.EnabledByDefault, True),
    (
        "same VPC, one group in common",
        vpc(security_group_ids=["sg-1", "sg-2"]),
        vpc(security_group_ids=["sg-2", "sg-3"]),
        NONE,
        V.EnabledByDefault,
        True,
    ),
    ("same VPC, two groups", vpc(), vpc(group="sg-2"), NONE, V.AuthorizeSecurityGroups, False),
    ("same VPC, one way", vpc(), vpc(group="sg-2"), FORTH, V.AuthorizeSecurityGroups, False),
    ("same VPC, the other way", vpc(), vpc(group="sg-2"), BACK, V.AuthorizeSecurityGroups, False),
    ("same VPC, both ways", vpc(), vpc(group="sg-2"), BOTH, V.AuthorizeSecurityGroups, True),
    (
        "same VPC, two groups, two accounts",
        vpc(),
        vpc(group="sg-2", **OTHER_ACCOUNT),
        NONE,
        V.AuthorizeSecurityGroups,
        False,
    ),
    (
        "same VPC, both ways, two accounts",
        vpc(),
        vpc(group="sg-2", **OTHER_ACCOUNT),
        BOTH,
        V.AuthorizeSecurityGroups,
        True,
    ),
    (
        "same VPC, each way by another pair of groups",
        vpc(security_group_ids=["sg-1", "sg-3"]),
        vpc(security_group_ids=["sg-2", "sg-4"]),
        frozenset({("sg-2", "sg-1"), ("sg-3", "sg-4")}),
        V.AuthorizeSecurityGroups,
        True,
    ),
    ("two VPCs, same group", vpc(), vpc("vpc-2"), NONE, V.ExpressConnect, False),
    ("two VPCs, two groups", vpc(), vpc("vpc-2", "sg-2"), NONE, V.ExpressConnect, False),
    ("two VPCs, two accounts", vpc(), vpc("vpc-2", "sg-2", **OTHER_ACCOUNT), NONE, V.ExpressConnect, False),
    ("two VPCs, groups do not help", vpc(), vpc("vpc-2", "sg-2"), BOTH, V.ExpressConnect, False),
    ("two VPCs, two regions", vpc(), vpc("vpc-2", "sg-2", **ELSEWHERE), NONE, V.ExpressConnect, False),
    (
        "two VPCs, two regions, two accounts",
        vpc(),
        vpc("vpc-2", "sg-2", **ELSEWHERE, **OTHER_ACCOUNT),
        NONE,
        V.ExpressConnect,
        False,
    ),
    ("classic, same group", classic(), classic(), NONE, V.EnabledByDefault, True),
    ("classic, two groups", classic(), classic("sg-2"), NONE, V.AuthorizeSecurityGroups, False),
    ("classic, one way", classic(), classic("sg-2"), FORTH, V.AuthorizeSecurityGroups, False),
    ("classic, both ways", classic(), classic("sg-2"), BOTH, V.AuthorizeSecurityGroups, True),
    (
        "classic, two accounts, two groups",
        classic(),
        classic("sg-2", **OTHER_ACCOUNT),
        NONE,
        V.AuthorizeSecurityGroups,
        False,
    ),
    (
        "classic, two accounts, both ways",
        classic(),
        classic("sg-2", **OTHER_ACCOUNT),
        BOTH,
        V.AuthorizeSecurityGroups,
        True,
    ),
    ("classic, two accounts, same group", classic(), classic(**OTHER_ACCOUNT), NONE, V.AuthorizeSecurityGroups, False),
    (
        "classic, two accounts, a group that authorizes itself",
        classic(),
        classic(**OTHER_ACCOUNT),
        frozenset({("sg-1", "sg-1")}),
        V.AuthorizeSecurityGroups,
        True,
    ),
    ("classic, two regions", classic(), classic("sg-2", **ELSEWHERE), BOTH, V.NotPossible, False),
    ("classic, two regions, same group", classic(), classic(**ELSEWHERE), NONE, V.NotPossible, False),
    (
        "classic, two regions, two accounts",
        classic(),
        classic("sg-2", **ELSEWHERE, **OTHER_ACCOUNT),
        BOTH,
        V.NotPossible,
        False,
    ),
    ("classic and VPC, no link", classic("sg-2"), vpc(), BOTH, V.ClassicLink, False),
    ("classic and VPC, linked", classic("sg-2", linked_vpc_id="vpc-1"), vpc(), NONE, V.ClassicLink, True),
    ("classic and VPC, linked elsewhere", classic("sg-2", linked_vpc_id="vpc-9"), vpc(), NONE, V.ClassicLink, False),
    ("classic and VPC, two accounts", classic("sg-2", **OTHER_ACCOUNT), vpc(), NONE, V.ClassicLink, False),
    ("classic and VPC, two regions", classic("sg-2", **ELSEWHERE), vpc(), NONE, V.NotPossible, False),
]


@pytest.mark.parametrize(
    ("a", "b", "authorized", "verdict", "connected"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS]
)
def test_every_row_has_the_verdict_of_the_table(
    a: Endpoint, b: Endpoint, authorized: Pairs, verdict: IntranetVerdict, connected: bool
) -> None:
    for found in (path(a, b, authorized), path(b, a, authorized)):
        assert (found.verdict, found.connected) == (verdict, connected)
        assert found.bandwidth == (None if verdict is V.NotPossible else 10_000)
        assert found.remedy.startswith("Nothing: ") == connected
        assert (found.multicast, found.virtual_ip) == (False, False)
        assert ecsnet.rulebook[found.rule].kind is RuleKind.Query


def test_the_table_has_every_verdict_of_the_guide() -> None:
    assert {row[4] for row in ROWS} == set(V) - {V.AuthorizeAddresses}


# Groups whose members are isolated


def with_group(net: Net, **changes: Any) -> SecurityGroup:
    return net.cloud.execute(c.CreateSecurityGroup(vpc_id=net.vpc.id, **changes))


def test_members_of_an_enterprise_group_need_rules_on_addresses(net: Net) -> None:
    group = with_group(net, security_group_type="enterprise")
    a, b = net.run(security_group_ids=[group.id]), net.run(security_group_ids=[group.id])
    found = net.cloud.intranet_path(a.id, b.id)
    assert (found.verdict, found.connected, found.rule) == (
        V.AuthorizeAddresses,
        False,
        "intranet.isolated-members",
    )
    assert found.remedy.endswith(f"enterprise groups take no others, and {group.id} are of them.")


def test_a_member_of_an_enterprise_group_and_one_of_a_basic_group_need_rules_on_addresses(net: Net) -> None:
    advanced = with_group(net, security_group_type="enterprise")
    a, b = net.run(), net.run(security_group_ids=[advanced.id])
    for found in (net.cloud.intranet_path(a.id, b.id), net.cloud.intranet_path(b.id, a.id)):
        assert (found.verdict, found.connected) == (V.AuthorizeAddresses, False)


def test_endpoints_in_a_basic_group_are_connected_beside_an_enterprise_group(net: Net) -> None:
    with_group(net, security_group_type="enterprise")
    assert net.cloud.intranet_path(net.run().id, net.run().id).verdict is V.EnabledByDefault


def isolated(net: Net, *, authorized: bool = False) -> Cloud:
    """A cloud with two instances in a group whose members are isolated, and may authorize itself."""
    permission = {"SourceGroupId": "sg-1", "IpProtocol": "ALL", "PortRange": "-1/-1", "Policy": "Accept"}
    permissions = {"Permission": [permission] if authorized else []}
    cloud = Cloud(clock=net.clock)
    a, b = net.run(), net.run()
    answers = describe(net.cloud)
    rules = {"SecurityGroupId": net.group.id, "InnerAccessPolicy": "Drop", "Permissions": permissions}
    permission["SourceGroupId"] = net.group.id
    cloud.import_resources([*answers, rules])
    assert {a.id, b.id} <= set(cloud.instances)
    return cloud


@pytest.mark.parametrize("authorized", [False, True])
def test_members_of_a_group_that_drops_reach_each_other_if_it_authorizes_itself(net: Net, authorized: bool) -> None:
    cloud = isolated(net, authorized=authorized)
    found = cloud.intranet_path(*cloud.instances)
    assert (found.verdict, found.connected) == (V.AuthorizeSecurityGroups, authorized)
    assert cloud.security_groups[net.group.id].inner_access_policy == "Drop"


def test_a_path_names_its_rule_and_guide_section() -> None:
    assert (path(vpc(), vpc()).rule, path(vpc(), vpc()).guide) == ("intranet.path", "2.3")
    assert path(classic(), vpc()).rule == path(classic(**ELSEWHERE), vpc()).rule == "intranet.classic-link"
    assert path(classic(), classic(**ELSEWHERE)).guide == "1"


def test_a_remedy_names_only_the_steps_that_are_missing() -> None:
    a, b = vpc(), vpc(group="sg-2")
    assert path(a, b).remedy == "Let sg-1 authorize sg-2, and sg-2 authorize sg-1."
    assert path(a, b, FORTH).remedy == "Let sg-1 authorize sg-2."
    assert path(a, b, BACK).remedy == "Let sg-2 authorize sg-1."
    assert path(a, vpc(security_group_ids=["sg-2", "sg-3"]), FORTH).remedy == "Let sg-1 authorize one of sg-2, sg-3."
    assert path(classic(), classic(**OTHER_ACCOUNT)).remedy == "Let sg-1 authorize sg-1."
    assert "vpc-1 and vpc-2 by Express Connect" in path(a, vpc("vpc-2")).remedy
    assert "Enable ClassicLink for vpc-1" in path(classic(), vpc()).remedy
    assert "account" not in path(classic(), vpc()).remedy
    assert "a VPC of the account 2" in path(classic(**OTHER_ACCOUNT), vpc()).remedy
    assert "from vpc-9" in path(classic(linked_vpc_id="vpc-9"), vpc()).remedy


@pytest.mark.parametrize(
    ("first", "second", "bandwidth"), [(True, True, 10_000), (True, False, 1_000), (False, False, 1_000)]
)
def test_the_slower_end_sets_the_bandwidth(first: bool, second: bool, bandwidth: int) -> None:
    a, b = vpc(io_optimized=first), vpc(io_optimized=second)
    assert path(a, b).bandwidth == path(b, a).bandwidth == bandwidth


# Whatever the ends

GROUPS = ["sg-1", "sg-2", "sg-3"]
VPCS = ["vpc-1", "vpc-2"]
everywhere = {
    "account_id": st.sampled_from(["1", "2"]),
    "region_id": st.sampled_from(["cn-hangzhou", "cn-beijing"]),
    "security_group_ids": st.lists(st.sampled_from(GROUPS), min_size=1, max_size=3, unique=True),
    "io_optimized": st.booleans(),
}
endpoints = st.one_of(
    st.builds(Endpoint, network_type=st.just("vpc"), vpc_id=st.sampled_from(VPCS), **everywhere),
    st.builds(Endpoint, network_type=st.just("classic"), linked_vpc_id=st.sampled_from([None, *VPCS]), **everywhere),
)
authorizations = st.frozensets(st.tuples(st.sampled_from(GROUPS), st.sampled_from(GROUPS)))


def path_or_none(a: Endpoint, b: Endpoint, authorized: Pairs) -> IntranetPath | None:
    try:
        return path(a, b, authorized)
    except InvalidCommand:
        return None


@given(endpoints, endpoints, authorizations)
def test_a_path_is_the_same_in_both_directions(a: Endpoint, b: Endpoint, authorized: Pairs) -> None:
    forth, back = path_or_none(a, b, authorized), path_or_none(b, a, authorized)
    if forth is None or back is None:
        assert forth is back
        assert a.region_id != b.region_id
        return
    assert (forth.verdict, forth.connected, forth.bandwidth) == (back.verdict, back.connected, back.bandwidth)


@given(endpoints, endpoints, authorizations, authorizations)
def test_an_authorization_never_disconnects_or_changes_the_verdict(
    a: Endpoint, b: Endpoint, authorized: Pairs, more: Pairs
) -> None:
    before, after = path_or_none(a, b, authorized), path_or_none(a, b, authorized | more)
    if before is None or after is None:
        assert before is after
        return
    assert before.verdict is after.verdict
    assert before.connected <= after.connected
    if before.verdict is not V.AuthorizeSecurityGroups:
        assert before == after


@given(endpoints, endpoints)
def test_with_every_authorization_a_path_by_groups_is_connected(a: Endpoint, b: Endpoint) -> None:
    found = path_or_none(a, b, frozenset((x, y) for x in GROUPS for y in GROUPS))
    if found is not None and found.verdict in (V.EnabledByDefault, V.AuthorizeSecurityGroups):
        assert found.connected
        assert a.region_id == b.region_id


# What no instance can be


@pytest.mark.parametrize(
    ("changes", "message", "parameter"),
    [
        ({"network_type": "vlan"}, "'vpc' or 'classic'", "network_type"),
        ({"vpc_id": None}, "needs a vpc_id", None),
        ({"vpc_id": " "}, "vpc_id must be", "vpc_id"),
        ({"network_type": "classic"}, "vpc_id is no attribute of a classic endpoint", "vpc_id"),
        ({"linked_vpc_id": "vpc-2"}, "ClassicLink links classic", "linked_vpc_id"),
        ({"security_group_ids": []}, "at least one security group", "security_group_ids"),
        ({"security_group_ids": "sg-1"}, "must be a list", "security_group_ids"),
        ({"security_group_ids": 7}, "must be a list", "security_group_ids"),
        ({"security_group_ids": ["sg-1", ""]}, "security_group_ids must be a non-empty string", "security_group_ids"),
        ({"security_group_ids": [None]}, "security_group_ids must be a non-empty string", "security_group_ids"),
        ({"account_id": ""}, "account_id must be", "account_id"),
        ({"account_id": None}, "account_id and a region_id", None),
        ({"region_id": 7}, "region_id must be", "region_id"),
        ({"io_optimized": "yes"}, "io_optimized must be", "io_optimized"),
    ],
)
def test_a_malformed_endpoint_is_refused(changes: dict[str, Any], message: str, parameter: str | None) -> None:
    with pytest.raises(InvalidCommand, match=message) as refusal:
        vpc(**changes)
    assert refusal.value.parameter == parameter
    assert isinstance(refusal.value, ValueError)


def test_an_endpoint_without_a_security_group_is_refused() -> None:
    with pytest.raises(InvalidCommand, match="at least one security group"):
        Endpoint("classic", "1", "cn-hangzhou")


def test_endpoints_with_one_vpc_in_two_regions_are_refused() -> None:
    for a, b in ((vpc(), vpc(**ELSEWHERE)), (classic(linked_vpc_id="vpc-1"), vpc(**ELSEWHERE))):
        for ends in ((a, b), (b, a)):
            with pytest.raises(InvalidCommand, match="vpc-1 lies in one region"):
                path(*ends)


def test_endpoints_are_hashable_values() -> None:
    assert vpc(security_group_ids=iter(["sg-1"])) == vpc(security_group_ids=("sg-1",))
    assert len({vpc(), vpc(), classic()}) == 2
    assert vpc().network_type is ecsnet.NetworkType.Vpc


# Between instances that are there


def authorize(net: Net, group: SecurityGroup, source: SecurityGroup) -> None:
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=group.id, source_group_id=source.id))


def verdict(cloud: Cloud, a: str | Endpoint, b: str | Endpoint) -> tuple[IntranetVerdict, bool]:
    there, back = cloud.intranet_path(a, b), cloud.intranet_path(b, a)
    assert (there.verdict, there.connected) == (back.verdict, back.connected)
    return there.verdict, there.connected


def test_instances_of_one_group_are_connected(net: Net) -> None:
    a, b = net.run(), net.run()
    found = net.cloud.intranet_path(a.id, b.id)
    assert (found.verdict, found.connected, found.bandwidth) == (V.EnabledByDefault, True, 10_000)
    assert net.group.id in found.remedy


def test_instances_of_two_groups_are_connected_once_both_authorize(net: Net) -> None:
    other = net.new_group()
    a, b = net.run(), net.run(security_group_ids=[other.id])
    assert verdict(net.cloud, a.id, b.id) == (V.AuthorizeSecurityGroups, False)
    authorize(net, net.group, other)
    assert verdict(net.cloud, a.id, b.id) == (V.AuthorizeSecurityGroups, False)
    assert net.cloud.intranet_path(a.id, b.id).remedy == f"Let {other.id} authorize {net.group.id}."
    authorize(net, other, net.group)
    assert verdict(net.cloud, a.id, b.id) == (V.AuthorizeSecurityGroups, True)
    position = len(net.cloud.history())
    net.cloud.execute(c.RevokeSecurityGroup(security_group_id=other.id, source_group_id=net.group.id))
    assert verdict(net.cloud, a.id, b.id) == (V.AuthorizeSecurityGroups, False)
    assert verdict(net.cloud.at(position), a.id, b.id) == (V.AuthorizeSecurityGroups, True)
    net.cloud.execute(c.JoinSecurityGroup(security_group_id=other.id, instance_id=a.id))
    assert verdict(net.cloud, a.id, b.id) == (V.EnabledByDefault, True)


def another_instance(net: Net, cloud: Cloud, **where: Any) -> str:
    """An instance in a VPC of its own."""
    home = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", **where))
    zone = f"{home.region_id}-b"
    vswitch = cloud.execute(c.CreateVSwitch(vpc_id=home.id, zone_id=zone, cidr_block="10.0.1.0/24"))
    group = cloud.execute(c.CreateSecurityGroup(vpc_id=home.id, **where))
    return cloud.execute(net.run_command(vswitch_id=vswitch.id, security_group_ids=[group.id]))[0].id


def test_instances_of_two_vpcs_need_express_connect(net: Net) -> None:
    here = net.run().id
    for there in (
        another_instance(net, net.cloud),
        another_instance(net, net.cloud, region_id="cn-beijing"),
        another_instance(net, net.cloud.as_account("2")),
    ):
        assert verdict(net.cloud, here, there) == (V.ExpressConnect, False)
        assert verdict(net.cloud.as_account("2"), here, there) == (V.ExpressConnect, False)


def test_a_path_can_lead_from_an_instance_to_a_hypothetical_endpoint(net: Net) -> None:
    here = net.run()
    guest = vpc(net.vpc.id, net.group.id, **OTHER_ACCOUNT)
    assert verdict(net.cloud, here.id, guest) == (V.EnabledByDefault, True)
    assert verdict(net.cloud, here.id, vpc(net.vpc.id, "sg-none")) == (V.AuthorizeSecurityGroups, False)
    assert verdict(net.cloud, here.id, classic()) == (V.ClassicLink, False)
    assert verdict(net.cloud, here.id, classic(linked_vpc_id=net.vpc.id)) == (V.ClassicLink, True)
    assert verdict(net.cloud, here.id, classic(**ELSEWHERE)) == (V.NotPossible, False)
    with pytest.raises(InvalidCommand, match="lies in one region"):
        net.cloud.intranet_path(here.id, vpc(net.vpc.id, net.group.id, **ELSEWHERE))


def test_a_path_between_endpoints_uses_the_recorded_authorizations(net: Net) -> None:
    ours = net.cloud.execute(c.CreateSecurityGroup())
    theirs = net.cloud.as_account("2").execute(c.CreateSecurityGroup())
    a, b = classic(ours.id, account_id=ours.account_id), classic(theirs.id, **OTHER_ACCOUNT)
    assert verdict(net.cloud, a, b) == (V.AuthorizeSecurityGroups, False)
    for cloud, group, source in (
        (net.cloud, ours, theirs),
        (net.cloud.as_account("2"), theirs, ours),
    ):
        cloud.execute(
            c.AuthorizeSecurityGroup(
                security_group_id=group.id, source_group_id=source.id, source_account_id=source.account_id
            )
        )
    assert verdict(net.cloud, a, b) == (V.AuthorizeSecurityGroups, True)


@pytest.mark.parametrize("instance_type", ["ecs.t1.small", "ecs.c2.xlarge", "ecs.old.large"])
def test_the_bandwidth_of_a_path_is_that_of_the_instance_types(instance_type: str) -> None:
    old = InstanceType(id="ecs.old.large", eni_quantity=1, private_ipv4_per_eni=1, io_optimized=False)
    net = Net(instance_types=[old])
    slow, fast = net.run(instance_type=instance_type), net.run()
    assert net.cloud.intranet_path(slow.id, fast.id).bandwidth == 1_000
    assert net.cloud.intranet_path(slow.id, slow.id).bandwidth == 1_000
    assert net.cloud.intranet_path(fast.id, fast.id).bandwidth == 10_000


def test_a_path_from_an_unknown_instance_is_refused(net: Net) -> None:
    here, gone = net.run(), net.run()
    net.cloud.execute(c.DeleteInstance(instance_id=gone.id, force=True))
    for missing in (gone.id, "i-none"):
        for ends in ((here.id, missing), (missing, here.id)):
            with pytest.raises(KeyError, match=missing):
                net.cloud.intranet_path(*ends)


def test_intranet_path_records_nothing(net: Net) -> None:
    a, b = net.run(), net.run(security_group_ids=[net.new_group().id])
    before = net.cloud.history()
    net.cloud.intranet_path(a.id, b.id)
    assert net.cloud.history() == before


# The facts


def test_network_capabilities_are_those_of_the_guide() -> None:
    in_vpc, in_classic = network_capabilities("vpc"), network_capabilities(ecsnet.NetworkType.Classic)
    functions = (
        "layer_2_isolation",
        "custom_private_blocks",
        "tunnelling",
        "custom_router",
        "routing_table",
        "switches",
        "sdn",
        "own_nat_gateway",
        "own_vpn",
    )
    scopes = ("private_ip_unique_in", "communicates_in")
    assert {"network_type", *functions, *scopes} == set(attrs.fields_dict(type(in_vpc)))
    assert [getattr(in_vpc, name) for name in functions] == [True] * 9
    assert [getattr(in_classic, name) for name in functions] == [False] * 9
    assert [getattr(in_vpc, name) for name in scopes] == ["vpc", "vpc"]
    assert [getattr(in_classic, name) for name in scopes] == ["classic-network", "region-and-account"]
    with pytest.raises(InvalidCommand, match="'vpc' or 'classic'"):
        network_capabilities("vlan")


@pytest.mark.parametrize("network", ["internet", "intranet"])
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_only_traffic_out_to_the_internet_is_billed(direction: Any, network: Any) -> None:
    charge = traffic_charge(direction, network, billing_method="PayByTraffic")
    assert charge.billed is ((direction, network) == ("outbound", "internet"))
    assert charge.billing_method == ("PayByTraffic" if charge.billed else None)
    assert not charge.eip_charge


@pytest.mark.parametrize("method", ["PayByTraffic", "PayByBandwidth", None])
def test_an_eip_adds_a_charge_and_keeps_the_charge_method(method: Any) -> None:
    before = traffic_charge("outbound", "internet", billing_method=method)
    after = traffic_charge("outbound", "internet", billing_method=method, converted_to_eip=True)
    assert (after.billed, after.billing_method) == (before.billed, before.billing_method) == (True, method)
    assert (before.eip_charge, after.eip_charge) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "options", "name"),
    [
        (("sideways", "internet"), {}, "direction"),
        (("outbound", "vpn"), {}, "network"),
        (("outbound", "internet"), {"billing_method": "PayByMood"}, "billing_method"),
        (("outbound", "internet"), {"converted_to_eip": 1}, "converted_to_eip"),
    ],
)
def test_an_invalid_kind_of_traffic_is_refused(arguments: Any, options: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidCommand, match=f"^{name} must be"):
        traffic_charge(*arguments, **options)


@pytest.mark.parametrize(
    ("rule_id", "kind"),
    [
        ("network.capabilities", RuleKind.Query),
        ("intranet.path", RuleKind.Query),
        ("intranet.classic-link", RuleKind.Query),
        ("intranet.bandwidth", RuleKind.Query),
        ("intranet.no-multicast", RuleKind.Fact),
        ("address.no-virtual-ip", RuleKind.Fact),
        ("traffic.billing", RuleKind.Query),
    ],
)
def test_the_ids_of_intranet_facts_are_registered(rule_id: str, kind: RuleKind) -> None:
    assert ecsnet.rulebook[rule_id].kind is kind
    assert ecsnet.rulebook[rule_id].guide != "-"


def test_the_remedies_of_classic_link_are_complete_sentences() -> None:
    old, new = classic("sg-2"), vpc()
    elsewhere = classic("sg-2", linked_vpc_id="vpc-9")
    here = classic("sg-2", linked_vpc_id="vpc-1")
    paths = [path(end, new) for end in (old, elsewhere, here)]
    assert [path.remedy for path in paths] == [
        "Enable ClassicLink for vpc-1 and link the classic instance to it.",
        "Unlink the classic instance from vpc-9, for it has one link at a time; then enable ClassicLink for vpc-1 and "
        "link the classic instance to it.",
        "Nothing: ClassicLink links the classic instance to vpc-1.",
    ]
    assert {(path.rule, path.guide) for path in paths} == {("intranet.classic-link", "2.3")}


def test_the_linked_vpc_of_a_classic_endpoint_must_have_an_id() -> None:
    with pytest.raises(InvalidCommand, match="linked_vpc_id must be a non-empty string"):
        classic(linked_vpc_id=" ")
