"""The JSON form: what `to_json` writes, `from_json` reads, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Decision, InvalidArgument, RuleRegistry, Violation, from_json, rules, to_json
from ecsnet import commands as c
from ecsnet._json import KINDS, dumps
from ecsnet.events.stores import codec
from ecsnet.resources import Vpc
from ecsnet.strategies import clouds, commands, histories
from tests.support.net import Net
from tests.support.values import VALUES

FROZEN = Path(__file__).parents[1] / "events" / "frozen_events.jsonl"
patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
VIOLATION = Violation(rule="x.mine", code="C", http_status=403, guide="-", message="no", facts={})


def round_trip(value: Any) -> Any:
    text = to_json(value)
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["kind"] == type(value).__name__
    return from_json(text)


@patient
@given(clouds(), st.data())
def test_commands_and_decisions_round_trip(cloud: Cloud, data: st.DataObject) -> None:
    command = data.draw(commands(cloud))
    decision = cloud.check(command)
    assert round_trip(command) == command
    assert round_trip(decision) == decision
    assert json.loads(to_json(decision))["allowed"] is decision.allowed
    for one in (*decision.violations, *decision.events):
        assert round_trip(one) == one


@patient
@given(histories(settle_after="manual"))
def test_recorded_events_round_trip(history: Any) -> None:
    for record in history:
        assert round_trip(record) == record


@patient
@given(clouds(settle_after=timedelta(seconds=5)))
def test_resources_and_permissions_round_trip(cloud: Cloud) -> None:
    tables = (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces, cloud.eips)
    for table in tables:
        for resource_id, resource in table.items():
            assert round_trip(resource) == resource
            for permission in cloud.permitted(resource_id).values():
                assert round_trip(permission) == permission


@pytest.mark.parametrize("kind", [cls.__name__ for cls in VALUES if cls.__name__ in KINDS])
def test_every_kind_of_value_round_trips(kind: str) -> None:
    (value,) = (value for cls, value in VALUES.items() if cls.__name__ == kind)
    assert round_trip(value) == value


@pytest.mark.parametrize("line", FROZEN.read_text().splitlines())
def test_every_event_that_was_ever_stored_has_a_json_form(line: str) -> None:
    name, version, payload = line.split("\t")
    event = codec.decode(name, int(version), payload)
    assert round_trip(event) == event
    stored = {"kind": name, "schema_version": int(version), **json.loads(payload)}
    assert from_json(json.dumps(stored)) == event


def test_kinds_are_unambiguous() -> None:
    assert len(KINDS) == len(set(KINDS))
    assert {"AttachNetworkInterface", "NetworkInterfaceAttached", "NetworkInterface", "Decision"} <= set(KINDS)


def test_defaults_may_be_left_out_and_lists_become_tuples() -> None:
    text = '{"kind":"CreateNetworkInterface","vswitch_id":"vsw-1","security_group_ids":["sg-1"]}'
    assert from_json(text) == c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=("sg-1",))
    decision: Decision = from_json('{"kind":"Decision","command":{"kind":"DeleteVpc","vpc_id":"vpc-1"}}')
    assert decision.allowed


def test_a_new_interface_is_a_value_inside_its_command() -> None:
    run = c.RunInstances(
        instance_type="ecs.g5.large",
        vswitch_id="vsw-1",
        security_group_ids=["sg-1"],
        network_interfaces=[c.NewNetworkInterface(vswitch_id="vsw-2", security_group_ids=["sg-2"])],
    )
    assert round_trip(run) == run
    text = to_json(run)
    assert json.loads(text)["network_interfaces"][0]["kind"] == "NewNetworkInterface"
    with pytest.raises(InvalidArgument, match=r"RunInstances, network_interfaces\[0\]: must be an object with a"):
        from_json(text.replace('"kind":"NewNetworkInterface",', ""))
    with pytest.raises(InvalidArgument, match="NewNetworkInterface: has no field 'colour'"):
        from_json(text.replace('"delete_on_release":true', '"colour":true'))


def test_times_are_read_in_utc() -> None:
    vpc = VALUES[Vpc]
    moment = vpc.created_at.astimezone(timezone(timedelta(hours=8)))
    text = json.dumps({**json.loads(to_json(vpc)), "created_at": moment.isoformat()})
    assert from_json(text) == vpc
    assert from_json(text).created_at.tzinfo is UTC


def test_facts_keep_their_types() -> None:
    net = Net(start=datetime(9999, 12, 15, tzinfo=UTC))
    (violation,) = net.cloud.check(net.run_command(instance_charge_type="PrePaid")).violations
    assert isinstance(violation.facts["paid_from"], datetime)
    assert round_trip(violation) == violation
    facts = {
        "ids": ("a", ("b",)),
        "none": None,
        "flag": True,
        "ratio": 0.5,
        "nested": {"count": 3},
        "text": "2019-03-11",
    }
    assert round_trip(attrs.evolve(VIOLATION, facts=facts)).facts == facts


def test_facts_that_json_does_not_have_are_written_as_text() -> None:
    own = RuleRegistry(rules)

    @own.denies("x.odd", c.CreateVpc, message="odd")
    def odd(command: Any) -> Any:
        """A rule whose facts are anything."""
        return {"infinite": float("inf"), "bytes": b"a", "set": frozenset({"a"}), "text": "\ud800é\x1b"}

    decision = Cloud(rules=own).check(c.CreateVpc(cidr_block="10.0.0.0/8"))
    (violation,) = json.loads(to_json(decision))["violations"]
    assert violation["facts"] == {"infinite": None, "bytes": "b'a'", "set": ["a"], "text": "\ud800é\x1b"}


@pytest.mark.parametrize(
    "value",
    [None, 5, "text", [], {}, NotImplemented, c.CreateVpc, Cloud(), ValueError("x"), c],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_has_no_json_form(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="no JSON form"):
        to_json(value)


PARTS = {
    "@vpc": '"id":"vpc-1","region_id":"cn-hangzhou","account_id":"1","status":"Available","cidr_block":"10.0.0.0/8"',
    "@command": '"command":{"kind":"DeleteVpc","vpc_id":"vpc-1"}',
    "@violation": '{"kind":"Violation","rule":"r","code":"c","http_status":400,"guide":"-","message":"m","facts":{}}',
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("\ud800", "cannot be read"),
        ('"\\ud800"', "cannot be read"),
        ("5", 'must be an object with a "kind"'),
        ("[]", 'must be an object with a "kind"'),
        ("{}", 'must be an object with a "kind"'),
        ('{"kind":5}', 'must be an object with a "kind"'),
        ('{"kind":"CreatVpc"}', "unknown kind 'CreatVpc': did you mean CreateVpc"),
        ('{"kind":"Command"}', "unknown kind 'Command'"),
        ('{"kind":"CreateVpc"}', "CreateVpc: cidr_block is missing"),
        ('{"kind":"AttachNetworkInterface"}', "network_interface_id, instance_id are missing"),
        (
            '{"kind":"CreateVpc","cidr_block":"10.0.0.0/8","colour":1}',
            "has no field 'colour'; its",
        ),
        ('{"kind":"CreateVpc","cidr_block":"banana"}', "cidr_block must be an IPv4 CIDR block, not 'banana'"),
        ('{"kind":"CreateVpc","cidr_block":{"a":1}}', "cidr_block must be a non-empty string"),
        ('{"kind":"Vpc"}', "Vpc: id, region_id, account_id, created_at, status, cidr_block are missing"),
        ('{"kind":"Vpc",@vpc,"created_at":5}', "Vpc: "),
        ('{"kind":"Vpc",@vpc,"created_at":"2019-03-11T00:00:00"}', "has no timezone"),
        ('{"kind":"Vpc",@vpc,"created_at":"0001-01-01T00:00:00+08:00"}', "outside the calendar"),
        ('{"kind":"VpcCreated","vpc_id":"vpc-1"}', "VpcCreated: VpcCreated cannot be read"),
        ('{"kind":"VpcCreated","schema_version":99}', "schema version 99"),
        ('{"kind":"VpcCreated","schema_version":"1"}', "VpcCreated: "),
        ('{"kind":"RecordedEvent"}', "RecordedEvent: position is missing"),
        ('{"kind":"Decision"}', "Decision: command is missing"),
        ('{"kind":"Decision","command":5}', 'Decision, command: must be an object with a "kind"'),
        ('{"kind":"Decision","command":@violation}', "command: must be of kind Command, not Violation"),
        ('{"kind":"Decision",@command,"violations":5}', "violations must be a list, not 5"),
        ('{"kind":"Decision",@command,"violations":[{}]}', r"violations\[0\]: must be an object"),
        ('{"kind":"Decision",@command,"violations":[@violation],"allowed":true}', "allowed is True, which"),
        ('{"kind":"Decision",@command,"allowed":1}', "allowed is 1, which"),
        (PARTS["@violation"].replace("{}", "[]"), "facts must be an object"),
        (PARTS["@violation"].replace("400", '"400"'), "Violation: "),
        (PARTS["@violation"].replace("{}", '{"a":{"kind":"datetime","value":"x"}}'), "Violation, a: "),
        ('{"kind":"Permission","command":"Banana"}', "command must be the name of one, not 'Banana'"),
        ('{"kind":"Permission","command":["DeleteVpc"]}', "command must be the name of one"),
        ('{"kind":"InstanceType","id":"t","eni_quantity":0,"private_ipv4_per_eni":1}', "eni_quantity of t must be"),
    ],
)
def test_bad_input_is_an_invalid_argument_that_says_where(text: str, told: str) -> None:
    for name, part in PARTS.items():
        text = text.replace(name, part)
    with pytest.raises(InvalidArgument, match=told) as refused:
        from_json(text)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("text", [None, 5, b"{}", {"kind": "CreateVpc"}], ids=repr)
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(InvalidArgument, match="JSON must be text"):
        from_json(text)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
NAMES = st.sampled_from(["kind", "command", "events", "violations", "facts", "event", "schema_version"]) | st.text()
ALMOST = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner | st.sampled_from(KINDS)), max_leaves=20
)


@patient
@given(ALMOST)
def test_no_json_raises_another_error(value: Any) -> None:
    try:
        read = from_json(dumps(value))
    except InvalidArgument:
        return
    assert type(read).__name__ == value["kind"]
