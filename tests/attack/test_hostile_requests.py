"""Requests in the vendor's words, with values and names that no client should send: `InvalidRequest` or a command."""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, CommandDenied
from ecsnet.openapi import ACTIONS, InvalidRequest, request
from tests.attack.hostile import HOSTILE, TEXTS, fitting, ids, inhabited, makers, must_be_told, state_of
from tests.support.hypothesis_settings import budget

RIGHT: dict[str, tuple[Any, ...]] = {
    "Amount": (1, "2"),
    "CidrBlock": ("10.0.2.0/24", "10.0.0.0/16"),
    "ClientToken": ("t1",),
    "Description": ("what it is for",),
    "DryRun": (True, "false"),
    "Force": (True, "true"),
    "InstanceChargeType": ("PrePaid", "PostPaid"),
    "InstanceType": ("ecs.g5.xlarge",),
    "InternetMaxBandwidthOut": (0, "5"),
    "Name": ("interfaces-per-region",),
    "NetworkInterfaceName": ("eni-1",),
    "InstanceNetworkType": ("vpc",),
    "Period": (1, "60"),
    "PrimaryIpAddress": ("10.0.1.50",),
    "PrivateIpAddress": ("10.0.1.51",),
    "RegionId": ("cn-hangzhou",),
    "SecondaryPrivateIpAddressCount": (1, "3"),
    "Value": (1, "1000000"),
    "ZoneId": ("cn-hangzhou-b",),
}


@cache
def cloud() -> Cloud:
    return inhabited().cloud


@cache
def known() -> tuple[str, ...]:
    return tuple(ids(cloud()))


@cache
def before() -> tuple[bytes, Any]:
    return state_of(cloud())


def _required(command: type[Any], field: str) -> bool:
    return next(one for one in attrs.fields(command) if one.name == field).default is attrs.NOTHING


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[Any, Any]]:
    """An action and its parameters, some of them hostile: in the value, in the name, or in how a list is written."""
    row = ACTIONS[draw(st.sampled_from(sorted(ACTIONS)))]
    needed = [parameter for parameter, field in row.parameters.items() if _required(row.command, field)]
    names = [*row.parameters, *row.only, "RegionId", "ClientToken", "DryRun"]
    given: dict[Any, Any] = {}
    others = draw(st.lists(st.sampled_from(names), max_size=2))
    wrong = draw(st.sampled_from([None, None, *needed, *others]))
    for name in dict.fromkeys([*needed, *others]):
        plain = name.replace(".N", "")
        right = (row.only[name],) if name in row.only else RIGHT.get(plain) or fitting(name, known())
        value = draw(st.sampled_from(right))
        if name == wrong:
            value = draw(makers())()
        if draw(st.integers(0, 7)):
            given[name.replace(".N", ".1", 1)] = value
            continue
        forms = [(name, value), (plain, [value]), (plain, value), (name.replace(".N", ".1", 1), value)]
        forms += [(f"{plain}.2", value), (f"{name}.1", value), (plain, {"1": value}), (f"{plain}.{'1' * 400}", value)]
        key, value = draw(st.sampled_from(forms))
        given[key] = value
    if not draw(st.integers(0, 9)):
        key = draw(st.one_of(st.sampled_from(TEXTS), st.text(max_size=8), st.sampled_from([1, None, b"a", ("a",)])))
        given[key] = draw(makers())()
    return row.name, given


@settings(max_examples=budget(3_000), deadline=None)
@given(requests())
@example(("CreateNetworkInterface", {"VSwitchId": "vsw-1", "SecurityGroupIds.N": "abc"}))
@example(("DeleteVpc", {"VpcId": 10**5_000}))
@example(("AuthorizeSecurityGroup", {"NicType": 10**5_000}))
def test_a_hostile_request_becomes_a_command_or_is_refused(asked: tuple[str, dict[Any, Any]]) -> None:
    action, parameters = asked
    try:
        built = request(action, parameters)
    except InvalidRequest as error:
        event("refused")
        must_be_told(error)
        return
    fork = cloud().fork()
    try:
        fork.execute(built.command, client_token=built.client_token)
        event("executed")
    except CommandDenied as error:
        event("denied")
        must_be_told(error)
        assert state_of(fork) == before()


@pytest.mark.parametrize("make", HOSTILE)
def test_a_value_that_is_not_a_request_is_refused(make: Any) -> None:
    for action, parameters in [(make(), {}), ("DeleteVpc", make()), ("DeleteVpc", {"VpcId": "v", "Tag": make()})]:
        with pytest.raises(InvalidRequest):
            request(action, parameters)


def test_a_string_given_for_a_list_is_not_split_into_characters() -> None:
    eni = {"VSwitchId": "vsw-1"}
    for name in ("SecurityGroupIds.N", "SecurityGroupIds"):
        with pytest.raises(InvalidRequest, match="SecurityGroupIds is a list"):
            request("CreateNetworkInterface", {**eni, name: "abc"})
    one = request("CreateNetworkInterface", {**eni, "SecurityGroupId": "abc"}).command
    assert one.security_group_ids == ("abc",)  # type: ignore[attr-defined]
