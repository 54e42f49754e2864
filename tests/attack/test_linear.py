"""Input of thousands of items takes linear time: eight times the input takes about eight times as long.

The time is the process's own, the best of three, and the line is drawn far from both.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from time import process_time
from typing import Any

import pytest

from ecsnet import Cloud, CommandDenied, Endpoint
from ecsnet import commands as c
from ecsnet.plan import PlanError, parse_plan, run_plan
from tests.support.net import Net

Prepared = Callable[[], object]


def addresses(count: int, start: int = 5_000) -> list[str]:
    return [f"10.0.{n // 256}.{n % 256}" for n in range(start, start + count)]


def wide_net() -> Net:
    net = Net()
    net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id))
    net.vswitch = net.new_vswitch("10.0.0.0/16")
    for quota in (
        "addresses-per-interface",
        "addresses-per-available-interface",
        "addresses-per-security-group",
        "interfaces-per-region",
        "security-groups-per-interface",
        "security-groups-per-region",
    ):
        net.quota(quota, 1_000_000)
    return net


def judged(command: Callable[[Net, int], Any], *, prepare: Callable[[Net, int], Any] | None = None) -> Any:
    def ready(count: int) -> Prepared:
        net = wide_net()
        if prepare is not None:
            prepare(net, count)
        asked = command(net, count)
        return lambda: net.cloud.fork().execute(asked) if net.cloud.check(asked) else net.cloud.check(asked)

    return ready


def holder(net: Net, count: int) -> None:
    net.held = net.eni(private_ip_addresses=addresses(count))  # type: ignore[attr-defined]


def assign_addresses_twice(net: Net, count: int) -> Any:
    return c.AssignPrivateIpAddresses(
        network_interface_id=net.eni().id, private_ip_addresses=[*addresses(count), *addresses(count)]
    )


def create_with_addresses(net: Net, count: int) -> Any:
    return net.eni_command(private_ip_addresses=addresses(count, start=1))  # the next ones to be given out


def unassign_addresses(net: Net, count: int) -> Any:
    return c.UnassignPrivateIpAddresses(
        network_interface_id=net.held.id,  # type: ignore[attr-defined]
        private_ip_addresses=addresses(count),
    )


def unassign_what_it_has_not(net: Net, count: int) -> Any:
    return c.UnassignPrivateIpAddresses(
        network_interface_id=net.held.id,  # type: ignore[attr-defined]
        private_ip_addresses=addresses(count, start=30_000),
    )


def change_its_groups(net: Net, count: int) -> Any:
    group_ids = [net.new_group().id for _ in range(count // 4)]
    eni = net.eni(security_group_ids=group_ids)
    new = [net.new_group().id for _ in range(count // 4)]
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=eni.id, security_group_ids=new)


def endpoints(count: int) -> Prepared:
    one, other = ([f"sg-{side}-{n}" for n in range(count * 4)] for side in "ab")
    a = Endpoint("vpc", "1", "cn-hangzhou", "vpc-1", [*one, "sg-last"])
    b = Endpoint("vpc", "1", "cn-hangzhou", "vpc-1", [*other, "sg-last"])
    cloud = Cloud()
    return lambda: cloud.intranet_path(a, b)


def read(text: str) -> object:
    try:
        return parse_plan(text)
    except PlanError as error:
        return str(error)


def plan_of(entries: list[dict[str, Any]]) -> Prepared:
    text = json.dumps(entries)
    return lambda: read(text)


VPC = {"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16"}


def a_key_twice(count: int) -> Prepared:
    text = "[{" + ",".join(f'"k{n}":1' for n in range(count * 20)) + f',"k{count * 20 - 1}":1' + "}]"
    return lambda: read(text)


def misspelt_names(count: int) -> Prepared:
    named = [{**VPC, "as": f"name{n}"} for n in range(count)]
    return plan_of([*named, *[{"Action": "DeleteVpc", "VpcId": f"$nmae{n}"} for n in range(count)]])


def the_same_name(count: int) -> Prepared:
    return plan_of([{**VPC, "as": "name"}] * count)


def unknown_actions(count: int) -> Prepared:
    return plan_of([{"Action": f"CreateVpx{n}"} for n in range(count)])


def expected_rules(count: int) -> Prepared:
    return plan_of([{**VPC, "expect": {"denied": ["vpc.create.cidr"] * count * 20}}])


def a_long_list(count: int) -> Prepared:
    eni = {"Action": "CreateNetworkInterface", "VSwitchId": "vsw-1", "SecurityGroupIds": ["sg-1"]}
    return plan_of([{**eni, "PrivateIpAddress": addresses(count * 4, start=0)}])


def run_with_tokens(count: int) -> Prepared:
    plan = parse_plan(json.dumps([{**VPC, "ClientToken": f"t{n}"} for n in range(count)]))
    return lambda: list(run_plan(plan, Cloud()))


def run_with_settles(count: int) -> Prepared:
    plan = parse_plan(json.dumps([VPC, {"Action": "Settle"}] * count))
    return lambda: list(run_plan(plan, Cloud()))


def settle_one_by_one(count: int) -> Prepared:
    net = Net(settle_after="manual")
    net.quota("interfaces-per-region", 1_000_000)
    net.quota("addresses-per-security-group", 1_000_000)
    net.vswitch = net.new_vswitch("10.0.128.0/17")
    ids = [net.cloud.execute(net.eni_command()).id for _ in range(count)]

    def settle() -> None:
        fork = net.cloud.fork()
        for resource_id in ids:
            fork.settle(resource_id)

    return settle


def remember_one_by_one(count: int) -> Prepared:
    cloud = Cloud()
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))

    def remember() -> None:
        for number in range(count):
            cloud.remember(vpc.id, {f"Attribute{number}": number})

    return remember


def any_of_many(count: int) -> Prepared:
    net = Net()
    vpcs = [net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16")).id for _ in range(count)]
    return lambda: net.cloud.vpcs.where(id=vpcs, status=["Available", "Pending"])


GROWING: dict[str, tuple[Callable[[int], Prepared], int]] = {
    "a check of addresses that are named twice": (judged(assign_addresses_twice), 1_000),
    "an ENI with many addresses of its own": (judged(create_with_addresses), 500),
    "addresses that are revoked": (judged(unassign_addresses, prepare=holder), 500),
    "addresses that it does not hold": (judged(unassign_what_it_has_not, prepare=holder), 500),
    "groups of an ENI": (judged(change_its_groups), 400),
    "groups of two endpoints": (endpoints, 200),
    "a key that is given twice": (a_key_twice, 100),
    "references that are misspelt": (misspelt_names, 50),
    "a name that is given again and again": (the_same_name, 200),
    "actions that there are not": (unknown_actions, 100),
    "rules that should deny": (expected_rules, 100),
    "a list of addresses in a plan": (a_long_list, 100),
    "a plan with tokens": (run_with_tokens, 300),
    "a plan with Settles": (run_with_settles, 300),
    "a query for any of many values": (any_of_many, 300),
    "attributes that are remembered one by one": (remember_one_by_one, 500),
    "what settles one by one": (settle_one_by_one, 100),
}


def took(prepared: Prepared) -> float:
    times = []
    for _ in range(3):
        begun = process_time()
        with suppress(CommandDenied):
            prepared()
        times.append(process_time() - begun)
    return min(times)


@pytest.mark.parametrize("what", GROWING)
def test_time_grows_linearly_with_the_size_of_the_input(what: str) -> None:
    grown, count = GROWING[what]
    for _ in range(3):  # other work on the machine may slow one measurement down
        few, many = took(grown(count)), took(grown(8 * count))
        if many < 24 * max(few, 0.0005):
            break
    assert many < 24 * max(few, 0.0005), f"{what}: {count} in {few:.4f} s, {8 * count} in {many:.4f} s"
