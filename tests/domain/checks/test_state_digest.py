"""The digest of a state: every difference changes it, and the times of its events do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ecsnet import Cloud
from ecsnet import commands as c
from ecsnet.domain.checks.state_digest import TABLES, behavioural_digest, serialized_state
from ecsnet.domain.state.world import Region, World
from ecsnet.testing import Wait, cloud_after
from tests.support.net import Net
from tests.support.sound import HOME, SOUND

MATTERS = {
    "vpcs": ["id", "classic_link_enabled"],
    "vswitches": ["id"],
    "instances": [
        *("id", "status", "network_interface_ids", "was_started", "starts_when_created", "private_ip_change_pending"),
        *("public_ip", "public_ip_changes", "internet_max_bandwidth_out", "bandwidth_at_creation", "expires_at"),
        *("next_bandwidth", "eip_id", "classic_group_ids", "linked_vpc_id"),
    ],
    "network_interfaces": [
        *("id", "status", "instance_id", "vswitch_id", "private_ips", "security_group_ids", "name", "description"),
    ],
    "eips": ["id", "status", "instance_id"],
}
ONLY_WHEN = [(table, field) for table in MATTERS for field in ("created_at", "position")]


def damaged() -> tuple[World, Region]:
    world = SOUND.cloud.folded_state()
    return world, world.writable(HOME)


def change(table: str, field: str) -> World:
    world, region = damaged()
    rows = getattr(region, table)
    setattr(rows.mutable(next(iter(rows.snapshot()))), field, "something else")
    return world


@pytest.mark.parametrize("table", [table for table in TABLES if getattr(damaged()[1], table).snapshot()])
def test_a_missing_row_changes_the_digest(table: str) -> None:
    world, region = damaged()
    before = serialized_state(world)
    rows = getattr(region, table)
    rows[next(iter(rows.snapshot()))] = None
    assert serialized_state(world) != before


@pytest.mark.parametrize("table", ["addresses", "members_of_group", "sources_of_group", "vswitches_of_vpc"])
def test_a_missing_row_of_a_nested_table_changes_the_digest(table: str) -> None:
    world, region = damaged()
    before = serialized_state(world)
    tables = getattr(region, table)
    rows = tables.mutable(next(key for key, rows in tables.snapshot().items() if rows.snapshot()))
    rows[next(iter(rows.snapshot()))] = None
    assert serialized_state(world) != before


@pytest.mark.parametrize(("table", "field"), [(table, field) for table, fields in MATTERS.items() for field in fields])
def test_a_field_changes_both_digests(table: str, field: str) -> None:
    world, _ = damaged()
    assert behavioural_digest(change(table, field)) != behavioural_digest(world)
    assert serialized_state(change(table, field)) != serialized_state(world)


@pytest.mark.parametrize(("table", "field"), ONLY_WHEN)
def test_times_and_positions_change_only_the_whole_digest(table: str, field: str) -> None:
    world, _ = damaged()
    assert behavioural_digest(change(table, field)) == behavioural_digest(world)
    assert serialized_state(change(table, field)) != serialized_state(world)


@pytest.mark.parametrize(("field", "value"), [("version", 99), ("imported", True), ("region_id", "cn-elsewhere")])
def test_a_field_of_a_region_changes_the_digest(field: str, value: Any) -> None:
    world, region = damaged()
    before = serialized_state(world)
    if field == "region_id":
        world.regions["cn-elsewhere"] = world.regions.pop(HOME)
        region.region_id = "cn-elsewhere"
        assert behavioural_digest(world) != behavioural_digest(damaged()[0])
    else:
        setattr(region, field, value)
    assert serialized_state(world) != before


def test_authorizations_quotas_and_client_tokens_change_the_digest(net: Net) -> None:
    other = net.new_group()
    states = {behavioural_digest(net.cloud.folded_state())}
    for step in (
        c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other.id),
        c.AuthorizeSecurityGroup(security_group_id=other.id, source_group_id=other.id),
        c.SetQuota(name="eips-per-account", value=3),
    ):
        net.cloud.execute(step)
        states.add(behavioural_digest(net.cloud.folded_state()))
    net.cloud.execute(c.SetQuota(name="eips-per-account", value=3), client_token="once")
    states.add(behavioural_digest(net.cloud.folded_state()))
    assert len(states) == 5


def test_equal_histories_have_equal_digests_and_later_ones_differ() -> None:
    steps = [Wait(by=timedelta(hours=1)), c.CreateVpc(cidr_block="10.0.0.0/16")]
    one, other, sooner = cloud_after(*steps), cloud_after(*steps), cloud_after(steps[1])
    assert one.state_digest() == other.state_digest() != sooner.state_digest()
    assert (
        behavioural_digest(one.folded_state())
        == behavioural_digest(sooner.folded_state())
        != behavioural_digest(Cloud().folded_state())
    )


def test_the_order_of_freed_addresses_changes_the_digest(net: Net) -> None:
    one, other = net.eni(), net.eni()
    forks = [net.cloud.fork() for _ in "ab"]
    for fork, order in zip(forks, ([one, other], [other, one]), strict=True):
        for eni in order:
            fork.execute(c.DeleteNetworkInterface(network_interface_id=eni.id))
    assert forks[0].state_digest() != forks[1].state_digest()
    assert behavioural_digest(forks[0].folded_state()) == behavioural_digest(forks[1].folded_state())
