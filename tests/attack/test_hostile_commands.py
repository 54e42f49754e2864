"""Commands, `check`, `execute` and look-ups with hostile values raise only errors of ecsnet."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, CommandDenied, EcsnetError, InvalidCommand, InvalidQuery
from ecsnet import commands as c
from tests.attack.hostile import (
    COMMANDS,
    FIELDS,
    HOSTILE,
    fitting,
    ids,
    inhabited,
    is_stored_as_it_is,
    makers,
    must_be_told,
    state_of,
)
from tests.support.hypothesis_settings import budget
from tests.support.net import Net

RIGHT: dict[str, tuple[Any, ...]] = {
    "amount": (1, 2),
    "cidr_block": ("10.0.2.0/24", "10.0.0.0/16"),
    "description": ("what it is for", "a\nb"),
    "force": (True, False),
    "instance_charge_type": ("PrePaid", "PostPaid"),
    "instance_type": ("ecs.g5.xlarge",),
    "internet_max_bandwidth_out": (0, 5),
    "name": ("interfaces-per-region", "addresses-per-interface"),
    "network_interface_name": ("eni-1",),
    "network_type": ("vpc", "classic"),
    "period": (1, 60),
    "primary_ip_address": ("10.0.1.50",),
    "private_ip_address": ("10.0.1.51",),
    "private_ip_addresses": (["10.0.1.52"], ["10.0.1.100", "10.0.1.53"]),
    "region_id": ("cn-hangzhou", "cn-beijing"),
    "secondary_private_ip_address_count": (1, 3),
    "source_account_id": ("1234567890123456", "2"),
    "value": (1, 1_000_000),
    "zone_id": ("cn-hangzhou-b",),
}


@cache
def world() -> tuple[Net, tuple[str, ...]]:
    net = inhabited()
    return net, tuple(ids(net.cloud))


@cache
def before() -> tuple[bytes, Any]:
    return state_of(world()[0].cloud)


@st.composite
def calls(draw: st.DrawFn) -> tuple[type[Any], dict[str, Any]]:
    """A command class and values of its parameters; in half of the calls one of them is hostile."""
    command = draw(st.sampled_from(COMMANDS))
    hostile = draw(st.sampled_from([(), (), tuple(FIELDS[command]), tuple(FIELDS[command])]))
    hostile = draw(st.sampled_from(hostile)) if hostile else None
    given: dict[str, Any] = {}
    for name, field in FIELDS[command].items():
        if name == hostile:
            given[name] = draw(makers())()
        elif field.required or not draw(st.integers(0, 3)):
            known = st.sampled_from(fitting(name, world()[1]))
            right = st.lists(known, min_size=1, max_size=2, unique=True) if name.endswith("_ids") else known
            given[name] = draw(st.sampled_from(RIGHT[name]) if name in RIGHT else right)
    return command, given


@settings(max_examples=budget(4_000), deadline=None)
@given(calls(), st.one_of(st.none(), st.none(), makers()))
@example((c.SetQuota, {"name": "interfaces-per-region", "value": 10**5_000}), None)
@example((c.CreateVpc, {"cidr_block": "10.0.0.0/16"}), lambda: 5)
def test_a_command_of_hostile_values_raises_only_errors_of_ecsnet(
    call: tuple[type[Any], dict[str, Any]], token: Any
) -> None:
    command, given = call
    cloud = world()[0].cloud.fork()
    client_token = None if token is None else token()
    try:
        built = command(**given)
        decision = cloud.check(built)
        assert str(built)
        assert is_stored_as_it_is(decision.events)
        cloud.execute(built, client_token=client_token)
    except (InvalidCommand, CommandDenied) as error:
        event(type(error).__name__)
        must_be_told(error, most=3_000_000)  # each of thousands of addresses is named
        assert state_of(cloud) == before()
    else:
        event("executed")
        assert is_stored_as_it_is(record.event for record in cloud.history(after=len(before()[1])))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_field_accepts_or_refuses_every_hostile_value(command: type[Any]) -> None:
    net, known = world()
    right = {name: RIGHT[name][0] for name in FIELDS[command] if name in RIGHT}
    right |= {name: known[0] for name in FIELDS[command] if name not in RIGHT}
    right |= {name: [known[0]] for name in FIELDS[command] if name.endswith("_ids")}
    for name in FIELDS[command]:
        for make in HOSTILE:
            try:
                net.cloud.check(command(**{**right, name: make()}))
            except EcsnetError as error:
                must_be_told(error)


@pytest.mark.parametrize("make", HOSTILE)
def test_a_cloud_accepts_or_refuses_every_hostile_argument(make: Any) -> None:
    cloud: Cloud = world()[0].cloud

    def no_clock() -> object:
        return Cloud(clock=make()).check(c.CreateVpc(cidr_block="10.0.0.0/16"))

    tries: list[Any] = [
        no_clock,
        lambda: Cloud(region_id=make()),
        lambda: Cloud(account_id=make()),
        lambda: Cloud(clock=lambda: make()).check(c.CreateVpc(cidr_block="10.0.0.0/16")),
        lambda: Cloud(settle_after=make()),
        lambda: Cloud(rules=make()),
        lambda: Cloud(instance_types=make()) if not hasattr(make(), "__next__") else None,
        lambda: cloud.at(make()),
        lambda: cloud.as_account(make()),
        lambda: cloud.history(make()),
        lambda: cloud.history(after=make()),
        lambda: cloud.fork().settle(make()),
        lambda: cloud.fork().execute(c.CreateVpc(cidr_block="10.0.0.0/16"), client_token=make()),
    ]
    for attempt in tries:
        try:
            attempt()
        except EcsnetError as error:
            must_be_told(error)
        except TypeError:
            if attempt is not no_clock:  # what is no clock may be called as one
                raise
    assert state_of(cloud) == before()


@pytest.mark.parametrize("make", HOSTILE)
def test_look_ups_find_nothing_for_a_value_that_is_not_an_id(make: Any) -> None:
    cloud: Cloud = world()[0].cloud
    for look_up in (cloud.permitted, lambda one: cloud.intranet_path(one, one)):
        with pytest.raises((KeyError, EcsnetError)):
            look_up(make())
    for table in (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces):
        for name in ("id", "instance_id", "private_ip", "vswitch_id", "vpc_id", "security_group_id", "status"):
            try:
                found = table.where(**{name: make()})
            except InvalidQuery:
                continue
            assert all(getattr(one, name, None) is None for one in found)
