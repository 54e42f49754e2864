"""The rank of the rules: one order that is written down, whichever module of the library is imported first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ecsnet import CommandDenied, rules
from ecsnet import commands as c
from ecsnet.domain.rulebook import SUBJECTS
from tests.support.net import Net

DENY = """
from datetime import UTC, datetime
from ecsnet import Cloud, CommandDenied, ManualClock, commands as c
cloud = Cloud(clock=ManualClock(datetime(2019, 3, 11, tzinfo=UTC)))
vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
vsw = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
group = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
place = {"instance_type": "ecs.g5.large", "vswitch_id": vsw.id}
(vm,) = cloud.execute(c.RunInstances(**place, security_group_ids=[group.id]))
try:
    cloud.execute(
        c.RunInstances(
            **place,
            zone_id="cn-hangzhou-c",
            security_group_ids=[group.id],
            private_ip_address="10.9.9.9",
            network_interface_ids=[vm.primary_network_interface_id],
        )
    )
except CommandDenied as denied:
    print(denied.code, *[violation.rule for violation in denied.violations])
"""
"""A denial with violations of three subjects."""
EXPECTED = [
    "InvalidParameter.Mismatch",
    "instance.create.zone",
    "interface.attach.primary",
    "interface.attach.state",
    "address.private.in-cidr",
]


@pytest.mark.parametrize(
    "module",
    [
        "ecsnet",
        "ecsnet.cloud",
        "ecsnet.plan",
        "ecsnet.domain.checks.invariants",
        "ecsnet.domain.decide",
        "ecsnet.domain.subjects.eip",
        "ecsnet.domain.subjects.instance.creation",
        "ecsnet.domain.subjects.network_interface.private_ips",
        "ecsnet.testing",
    ],
)
def test_the_code_of_a_denial_is_the_same_whichever_module_is_imported_first(module: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import {module}\n{DENY}"], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == EXPECTED


def test_rules_about_what_is_not_found_rank_first() -> None:
    missing = [rule_id for rule_id in rules if rule_id.endswith(".not-found")]
    assert len(missing) > 5
    assert list(rules)[: len(missing)] == missing


def test_the_rules_of_each_subject_rank_in_the_order_in_which_they_stand_there() -> None:
    ranked = list(rules)
    for subject in SUBJECTS:
        own = [rule.id for rule in subject.RULES.rules if not rule.id.endswith(".not-found")]
        positions = [ranked.index(rule_id) for rule_id in own]
        assert positions == list(range(min(positions, default=0), min(positions, default=0) + len(own)))
    assert sum(len(subject.RULES.rules) for subject in SUBJECTS) == len(rules)


def test_the_first_violation_gives_the_code(net: Net) -> None:
    command = net.eni_command(security_group_ids=["sg-none"], primary_ip_address="10.9.9.9")
    violations = net.cloud.check(command).violations
    assert [v.rule for v in violations] == ["security-group.not-found", "address.private.in-cidr"]
    with pytest.raises(CommandDenied) as denied:
        net.cloud.execute(command)
    assert denied.value.code == violations[0].code == "InvalidSecurityGroupId.NotFound"


def test_a_used_client_token_ranks_before_every_rule_about_resources(net: Net) -> None:
    net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"), client_token="token")
    with pytest.raises(CommandDenied) as denied:
        net.cloud.execute(c.CreateVpc(cidr_block="1.0.0.0/16"), client_token="token")
    assert [v.rule for v in denied.value.violations] == ["request.client-token", "vpc.create.cidr"]


def test_rules_that_read_the_same_facts_keep_their_rank_among_the_others(net: Net) -> None:
    tiny = net.run(instance_type="ecs.t1.small")
    elsewhere = net.new_vswitch("10.0.9.0/24", zone="c")
    interface = net.eni(vswitch_id=elsewhere.id, secondary_private_ip_address_count=3)
    violations = net.cloud.check(net.attach_command(interface, tiny)).violations
    assert [v.rule for v in violations] == [
        "interface.attach.zone",
        "interface.attach.instance-type",
        "interface.attach.quota",
        "interface.attach.address-quota",
    ]
