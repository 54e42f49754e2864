"""Hostile plans either raise a `PlanError` that names every wrong entry or run with an outcome for each entry."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, ManualClock
from ecsnet.plan import PlanError, parse_plan, read_plan, run_plan
from tests.attack.hostile import HOSTILE, TEXTS, must_be_told, state_of
from tests.support.hypothesis_settings import budget
from tests.support.net import START

NETWORK: list[dict[str, Any]] = [
    {"Action": "CreateVpc", "CidrBlock": "10.0.0.0/16", "as": "vpc", "note": "the first"},
    {"Action": "CreateVSwitch", "VpcId": "$vpc", "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.1.0/24", "as": "vsw"},
    {"Action": "CreateSecurityGroup", "VpcId": "$vpc", "as": "sg", "ClientToken": "t1"},
    {"Action": "CreateNetworkInterface", "VSwitchId": "$vsw", "SecurityGroupIds": ["$sg"], "as": "eni"},
    {
        "Action": "RunInstances",
        "InstanceType": "ecs.g5.xlarge",
        "VSwitchId": "$vsw.id",
        "SecurityGroupIds.1": "$sg",
        "Amount": 2,
        "as": "vm",
    },
    {"Action": "Settle"},
    {"Action": "AttachNetworkInterface", "NetworkInterfaceId": "$eni", "InstanceId": "$vm.0.InstanceId"},
    {"Action": "Settle", "ResourceId": "$eni"},
    {"Action": "Wait", "Hours": 1.5},
    {
        "Action": "UnassignPrivateIpAddresses",
        "NetworkInterfaceId": "$eni",
        "PrivateIpAddress": ["$eni.private_ips.0"],
        "expect": {"denied": ["interface.unassign.primary-address"]},
    },
    {"Action": "DeleteVpc", "VpcId": "$vpc", "expect": "denied", "DryRun": True},
]
VALUES: tuple[str, ...] = (
    *(json.dumps(text[:20_000]) for text in TEXTS),
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "0.5",
    "9" * 400,
    "9" * 5_000,
    "1e308",
    "[]",
    "{}",
    '[""]',
    '[["$vpc"]]',
    '{"a": 1, "a": 2}',
    '{"1": "$sg"}',
    "[" * 50 + "]" * 50,
    "[" * 900 + "]" * 900,
    "[" * 100_000,
    '{"a":' * 900 + "1" + "}" * 900,
    json.dumps(["$sg"] * 3_000),
    json.dumps([f"10.0.{n // 256}.{n % 256}" for n in range(3_000)]),
    '"$vpc.cidr_block"',
    '"$vm"',
    '"$vm.5"',
    '"$vm.1.private_ip"',
    '"$eni.private_ips"',
    '"$eni.private_ips.' + "9" * 200 + '"',
    '"$eni.private_ips.' + "9" * 5_000 + '"',
    '"$vm.' + "9" * 5_000 + '"',
    '"$vsw' + ".a" * 10_000 + '"',
    '"$nothing"',
    '"$eni.instance_id"',
    '{"denied": []}',
    '{"denied": "vpc.delete.in-use"}',
    '{"denied": ["\\ud800"]}',
    '{"denied": [[]]}',
)
"""As JSON texts: what Python would not write is in them, too."""
KEYS: tuple[str, ...] = (
    "Action",
    "as",
    "expect",
    "note",
    "VpcId",
    "CidrBlock",
    "SecurityGroupIds",
    "SecurityGroupIds.N",
    "SecurityGroupIds.1",
    "PrivateIpAddress.2",
    "ResourceId",
    "Hours",
    "Days",
    "ClientToken",
    "DryRun",
    "Tag.1.Key",
    "Period",
    "Amount",
    "\ud800",
    "\x00",
    "",
    "a" * 200,
    "1",
)
Entry = list[tuple[str, str]]


@st.composite
def plans(draw: st.DrawFn) -> str:
    """The text of a plan that was right until some places of it were changed."""
    entries: list[Entry] = [[(k, json.dumps(v)) for k, v in entry.items()] for entry in NETWORK]
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3, 5]))):
        number = draw(st.integers(0, len(entries) - 1))
        entry = list(entries[number])
        place = draw(st.integers(0, max(len(entry) - 1, 0)))
        match draw(
            st.sampled_from(
                ["value", "value", "key", "drop", "twice", "move", "move", "again", "again", "judge", "more"]
            )
        ):
            case "value" if entry:
                entry[place] = (entry[place][0], draw(st.sampled_from(VALUES)))
            case "key" if entry:
                entry[place] = (draw(st.sampled_from(KEYS)), entry[place][1])
            case "drop" if entry:
                del entry[place]
            case "twice" if entry:
                entry.append(entry[place])
            case "move":
                other = draw(st.integers(0, len(entries) - 1))
                entries[number], entries[other] = entries[other], entries[number]
                continue
            case "again":
                once_more = [(key, value) for key, value in entry if key != "as"]
                entries.insert(draw(st.integers(number, len(entries))), once_more)
                continue
            case "judge":
                entry.append(
                    draw(st.sampled_from([("DryRun", "true"), ("expect", '"denied"'), ("ClientToken", '"t"')]))
                )
            case _:
                entry.append((draw(st.sampled_from(KEYS)), draw(st.sampled_from(VALUES))))
        entries[number] = entry
    text = ",".join("{" + ",".join(f"{json.dumps(k)}:{v}" for k, v in entry) + "}" for entry in entries)
    text = f"[{text}]"
    if draw(st.integers(0, 9)) == 0:
        cut = draw(st.integers(0, len(text)))
        text = text[:cut] + draw(st.sampled_from(["", "\ud800", "\x00", "[", "]", '"', "\\", "🙂"])) + text[cut + 1 :]
    return text


@settings(max_examples=budget(2_000), deadline=None)
@given(plans(), st.booleans())
@example("[" * 100_000, False)
@example('[{"Action":"CreateVpc","CidrBlock":' + "9" * 5_000 + "}]", False)
@example('[{"Action":"DeleteVpc","VpcId":"\\ud800"}]', True)
def test_a_plan_is_refused_whole_or_reports_an_outcome_for_each_operation(text: str, by_hand: bool) -> None:
    try:
        plan = parse_plan(text)
    except PlanError as error:
        event("refused")
        must_be_told(error)
        return
    event("run")
    clock = ManualClock(START)
    cloud = Cloud(clock=clock, **({"settle_after": "manual"} if by_hand else {}))
    before = state_of(cloud)
    entries = 0
    for outcome in run_plan(plan, cloud):
        entries += 1
        after = state_of(cloud)
        if outcome.verdict != "allowed" or outcome.judged:
            assert after == before
        (outcome.reason or "").encode()
        for violation in outcome.violations:
            violation.message.encode()
        assert outcome.as_expected in (True, False)
        before = after
    assert entries == len(plan.operations)


@pytest.mark.parametrize("make", HOSTILE)
def test_a_text_that_is_not_a_plan_is_refused(make: Any) -> None:
    with pytest.raises(PlanError):
        parse_plan(make())


@pytest.mark.parametrize("path", ["\ud800", "a\x00b", "a" * 5_000, "/", ""])
def test_a_file_that_is_not_a_plan_is_refused(path: str) -> None:
    with pytest.raises(PlanError) as refused:
        read_plan(path)
    str(refused.value).encode()


@cache
def entry() -> dict[str, Any]:
    return {"Action": "CreateNetworkInterface", "VSwitchId": "vsw-1", "SecurityGroupIds": ["sg-1"]}


@pytest.mark.parametrize("depth", [9, 100, 900])
def test_values_nest_at_most_eight_deep(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    with pytest.raises(PlanError, match="Tag: nested more than 8 deep"):
        parse_plan(json.dumps([entry()])[:-2] + f',"Tag":{deep}}}]')
