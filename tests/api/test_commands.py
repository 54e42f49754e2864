"""Commands: invalid values are refused when the command is built."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import InvalidCommand
from ecsnet import commands as c

ENI = {"vswitch_id": "vsw-1", "security_group_ids": ["sg-1"]}
RUN: dict[str, Any] = {"instance_type": "ecs.g5.large", **ENI}
PREPAID: dict[str, Any] = {"instance_charge_type": "PrePaid"}
NEVER_SOLD: tuple[Any, ...] = (0, -1, 10, 11, 13, 23, 25, 61, 100_000, 10**30, 1.0, True, "1")


@pytest.mark.parametrize(
    ("command", "parameters", "message"),
    [
        (c.CreateVpc, {"cidr_block": "banana"}, "cidr_block must be an IPv4 CIDR block"),
        (c.CreateVpc, {"cidr_block": "10.0.0.1/16"}, "has host bits set"),
        (c.CreateVpc, {"cidr_block": "10.0.0.0"}, "the mask is missing"),
        (c.CreateVpc, {"cidr_block": "10.0.0.0/33"}, "cidr_block must be"),
        (c.CreateVpc, {"cidr_block": 10}, "cidr_block must be a non-empty string"),
        (c.CreateVpc, {"cidr_block": "10.0.0.0/8", "region_id": "Hangzhou"}, "region_id must look like"),
        (c.DeleteVpc, {"vpc_id": ""}, "vpc_id must be a non-empty string"),
        (c.DeleteVpc, {"vpc_id": None}, "vpc_id must be a non-empty string"),
        (c.CreateNetworkInterface, {**ENI, "primary_ip_address": "banana"}, "primary_ip_address must be an IPv4"),
        (c.CreateNetworkInterface, {**ENI, "primary_ip_address": "10.0.1.256"}, "primary_ip_address must be an IPv4"),
        (c.CreateNetworkInterface, {**ENI, "private_ip_addresses": "10.0.1.1"}, "must be a list"),
        (c.CreateNetworkInterface, {**ENI, "private_ip_addresses": ["::1"]}, "must be an IPv4"),
        (c.CreateNetworkInterface, {**ENI, "secondary_private_ip_address_count": 0}, "at least 1"),
        (c.CreateNetworkInterface, {**ENI, "secondary_private_ip_address_count": True}, "whole number"),
        (
            c.CreateNetworkInterface,
            {**ENI, "private_ip_addresses": ["10.0.1.1"], "secondary_private_ip_address_count": 1},
            "not both",
        ),
        (c.CreateNetworkInterface, {**ENI, "security_group_ids": "sg-1"}, "must be a list"),
        (c.RunInstances, {**RUN, "network_interfaces": "vsw-1"}, "network_interfaces must be a list"),
        (c.RunInstances, {**RUN, "network_interfaces": ["vsw-1"]}, "must be NewNetworkInterface values, not 'vsw-1'"),
        (c.RunInstances, {**RUN, "network_interfaces": [{"colour": 1}]}, "must be NewNetworkInterface values"),
        (c.RunInstances, {**RUN, "network_interfaces": [{}] * 101}, "must have at most 100 items"),
        (
            c.RunInstances,
            {**RUN, "network_interfaces": [{"primary_ip_address": "banana"}]},
            "network_interfaces has a new ENI whose primary_ip_address must be an IPv4 address",
        ),
        (
            c.RunInstances,
            {**RUN, "network_interfaces": [{"primary_ip_address": "10.0.1.9"}], "amount": 2},
            r"the address of a new ENI \(network_interfaces\) is for one instance: amount must be 1",
        ),
        (
            c.CreateInstance,
            {"instance_type": "t", "security_group_ids": [], "network_type": "classic", "network_interfaces": [{}]},
            "a classic instance has no VSwitch for an ENI",
        ),
        (c.NewNetworkInterface, {"network_interface_name": "1"}, "network_interface_name must have 2 to 128"),
        (c.CreateNetworkInterface, {**ENI, "security_group_ids": ["sg-1", "sg-1"]}, "names something twice"),
        (c.CreateNetworkInterface, {**ENI, "network_interface_name": "1st"}, "begin with a letter"),
        (c.CreateNetworkInterface, {**ENI, "network_interface_name": "a"}, "2 to 128"),
        (c.CreateNetworkInterface, {**ENI, "network_interface_name": "http://web"}, "http"),
        (c.CreateNetworkInterface, {**ENI, "description": "x"}, "2 to 256"),
        (c.CreateNetworkInterface, {**ENI, "description": "https://x.example"}, "http"),
        (c.ModifyNetworkInterfaceAttribute, {"network_interface_id": "eni-1"}, "nothing to modify"),
        (c.AssignPrivateIpAddresses, {"network_interface_id": "eni-1"}, "either"),
        (
            c.AssignPrivateIpAddresses,
            {
                "network_interface_id": "eni-1",
                "private_ip_addresses": ["10.0.1.1"],
                "secondary_private_ip_address_count": 2,
            },
            "either",
        ),
        (c.UnassignPrivateIpAddresses, {"network_interface_id": "eni-1", "private_ip_addresses": []}, "at least one"),
        (c.RunInstances, {**RUN, "amount": 0}, "at least 1"),
        (c.RunInstances, {**RUN, "amount": 101}, "at most 100"),
        (c.RunInstances, {**RUN, "amount": 2, "private_ip_address": "10.0.1.1"}, "amount must be 1"),
        (c.RunInstances, {**RUN, "amount": 2, "network_interface_ids": ["eni-1"]}, "amount must be 1"),
        (c.RunInstances, {**RUN, "instance_charge_type": "Free"}, "'PostPaid' or 'PrePaid'"),
        (c.RunInstances, {**RUN, "period": 1}, "subscription"),
        (c.CreateInstance, {**RUN, "period": 1}, "subscription"),
        (c.DeleteInstance, {"instance_id": "i-1", "force": "yes"}, "True or False"),
        *[
            (c.RunInstances, {**RUN, **PREPAID, "period": months}, "period must be 1 to 9, 12, 24")
            for months in NEVER_SOLD
        ],
        *[(c.CreateInstance, {**RUN, **PREPAID, "period": months}, "60 months") for months in NEVER_SOLD],
        *[(c.RenewInstance, {"instance_id": "i-1", "period": months}, "60 months") for months in NEVER_SOLD],
        (c.SetQuota, {"name": "bananas", "value": 1}, "interfaces-per-region"),
        (c.SetQuota, {"name": "eips-per-account", "value": 1, "region_id": "cn-hangzhou"}, "region_id is not given"),
        (c.SetQuota, {"name": "interfaces-per-region", "value": -1}, "at least 1"),
    ],
)
def test_an_invalid_value_raises_when_the_command_is_built(
    command: type, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidCommand, match=message) as refused:
        command(**parameters)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("months", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 24, 36, 48, 60])
def test_periods_are_those_that_the_api_sells(months: int) -> None:
    for command in (c.RunInstances, c.CreateInstance):
        assert command(**RUN, **PREPAID, period=months).period == months
    renew = c.RenewInstance(instance_id="i-1", period=months)
    assert renew.period == months
    assert type(renew.period) is int


def test_parameters_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        c.DeleteVpc("vpc-1")  # type: ignore[misc]
    with pytest.raises(TypeError):
        c.DeleteVpc()  # type: ignore[call-arg]


def test_commands_are_frozen_values() -> None:
    one, two = c.CreateNetworkInterface(**ENI), c.CreateNetworkInterface(**ENI)  # type: ignore[arg-type]
    assert one == two
    assert hash(one) == hash(two)
    assert one.security_group_ids == ("sg-1",)
    with pytest.raises(AttributeError):
        one.vswitch_id = "vsw-2"  # type: ignore[misc]


def test_the_repr_of_a_command_shows_the_given_parameters() -> None:
    command = c.RunInstances(instance_type="ecs.g5.large", vswitch_id="vsw-1", security_group_ids=["sg-1"])
    assert repr(command) == (
        "RunInstances(instance_type='ecs.g5.large', vswitch_id='vsw-1', security_group_ids=('sg-1',))"
    )


@pytest.mark.parametrize("name", ["网卡-1", "Zürich:a.b", "x" * 128])
def test_interface_names_can_have_letters_of_any_script(name: str) -> None:
    assert c.CreateNetworkInterface(**ENI, network_interface_name=name).network_interface_name == name  # type: ignore[arg-type]


def test_a_new_interface_may_be_given_by_its_fields() -> None:
    by_fields = c.RunInstances(**RUN, network_interfaces=({"vswitch_id": "vsw-2"} for _ in range(1)))
    by_value = c.RunInstances(**RUN, network_interfaces=[c.NewNetworkInterface(vswitch_id="vsw-2")])
    assert by_fields == by_value
    assert hash(by_fields) == hash(by_value)
    assert repr(by_value).endswith("network_interfaces=(NewNetworkInterface(vswitch_id='vsw-2'),))")
