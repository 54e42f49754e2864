"""The comparison sees: a rule that is left out or added, a field that is shown otherwise, a resource too few."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from ecsnet import Command, RuleRegistry, rules
from ecsnet import commands as c
from tests.oracles.beside import FIELDS, ME, Beside, Difference
from tests.oracles.codes import CODES
from tests.oracles.generate import INTERFACES, NETWORKS, PUBLIC_ADDRESSES, Generator
from tests.oracles.operations import JUDGES
from tests.oracles.walks import MODELS, MODES, START

NOT_MODELLED: Final = {
    "address.region.exhausted": "the model's own blocks end, not the guide's",
    "instance.period.calendar": "the calendar ends",
    "request.client-token": "no command of the walks has a token",
    "classic-link.attach.quota": "a thousand links are too many for a walk",
    **dict.fromkeys(
        (
            *("eip.release.charge-type", "eip.release.deletion-protection", "instance.release.deletion-protection"),
            *("eip.held", "instance.held", "instance.held-interface", "interface.attach.held", "interface.held"),
            "security-group.held",
            *("vpc.held", "vpc.shared", "vswitch.held", "vswitch.shared", "tags.held"),
        ),
        "nothing is imported in the walks",
    ),
}
DENIALS: Final = sorted(
    rule.id
    for rule in rules.values()
    if rule.id not in NOT_MODELLED and any(issubclass(kind, command) for kind in JUDGES for command in rule.commands)
)
"""The rules that guard a command of the models."""


MOST_WALKS: Final = 60


class Watched(Beside):
    """Looks, at each command that is denied, whether the comparison would notice each of its rules being left out."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.noticed: set[str] = set()

    def _denied(self, command: Command[Any], who: str, found: list[str]) -> bool:
        for rule_id in set(found) - self.noticed:
            with pytest.raises(Difference) as difference:
                self.verdict(command, who, rules.without(rule_id))
            assert difference.value.rules == {rule_id}
            self.noticed.add(rule_id)
        return super()._denied(command, who, found)


def seldom() -> Watched:
    """Returns both after steps that break the rules which walks seldom break."""
    beside = Watched(START, None)
    net, do = beside.network, beside.execute
    vpc_id, vswitch_id, group_id = next(iter(net.vpcs)), list(net.vswitches)[3], next(iter(net.groups))
    do(c.AssociateVpcCidrBlock(vpc_id=vpc_id, secondary_cidr_block="100.0.0.0/16"))
    do(c.CreateVSwitch(vpc_id=vpc_id, zone_id="cn-hangzhou-b", cidr_block="100.0.0.0/24"))
    do(c.UnassociateVpcCidrBlock(vpc_id=vpc_id, secondary_cidr_block="100.0.0.0/16"))
    do(c.AssociateVpcCidrBlock(vpc_id=vpc_id, secondary_cidr_block="100.1.0.0/16"))
    do(c.AssociateVpcCidrBlock(vpc_id=vpc_id, secondary_cidr_block="100.2.0.0/16"))
    place: dict[str, Any] = {"vswitch_id": vswitch_id, "security_group_ids": [group_id]}
    do(c.CreateNetworkInterface(**place, secondary_private_ip_address_count=1))
    interface = next(iter(net.interfaces.values()))
    do(c.AllocateEipAddress())
    do(c.AllocateEipAddress())
    used, free = net.eips
    on_it: dict[str, Any] = {"instance_id": interface.id, "instance_type": "NetworkInterface"}
    address = interface.private_ips[1]
    do(c.AssociateEipAddress(allocation_id=used, private_ip_address=address, **on_it))
    do(c.RunInstances(instance_type="ecs.three.large", amount=2, internet_max_bandwidth_out=5, **place))
    beside.settle()
    do(c.AssociateEipAddress(allocation_id=free, private_ip_address=address, **on_it))
    do(c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=[address]))
    one, other = net.instances
    do(c.AttachNetworkInterface(network_interface_id=interface.id, instance_id=one))
    do(c.AttachNetworkInterface(network_interface_id=interface.id, instance_id=other))
    beside.settle()
    do(c.DeleteInstance(instance_id=one, force=True))
    do(c.UnassociateEipAddress(allocation_id=used))
    do(c.AssociateEipAddress(allocation_id=free, **on_it))
    do(c.StopInstance(instance_id=other))
    beside.settle()
    for _ in range(4):
        do(c.ChangePublicIpAddress(instance_id=other))
    return beside


def test_every_rule_that_is_left_out_is_noticed() -> None:
    """Walks break every rule of the models; each, left out, makes a difference."""
    left = set(DENIALS) - seldom().noticed
    for seed in range(MOST_WALKS):
        for model in MODELS.values():
            chance = random.Random(f"sight {seed}")
            beside = Watched(START, list(MODES.values())[seed % len(MODES)])
            generator = Generator(beside, chance.choice)
            for _ in range(400):
                generator.step(model)
            left -= beside.noticed
        if not left:
            return
    raise AssertionError(f"no walk broke {sorted(left)}")


def test_a_rule_too_many_is_noticed() -> None:
    registry = RuleRegistry(rules)

    @registry.denies("x.never", c.StopInstance, message="never")
    def never(command: c.StopInstance) -> dict[str, Any]:
        """An instance is never stopped."""
        return {}

    command = c.StopInstance(instance_id="i-none")
    beside = Beside(START)
    beside.verdict(command, ME)
    with pytest.raises(Difference) as difference:
        beside.verdict(command, ME, registry)
    assert difference.value.rules == {"x.never"}


def test_another_code_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    command = c.DeleteNetworkInterface(network_interface_id="eni-none")
    beside = Beside(START)
    beside.verdict(command, ME)
    monkeypatch.setitem(CODES, "interface.not-found", ("InvalidEniId.NotFound", 400))
    with pytest.raises(Difference, match=r"is answered InvalidEniId\.NotFound, 404, not"):
        beside.verdict(command, ME)


class Altered(Beside):
    """Shows one resource otherwise than the cloud does, from the moment that ``alter`` is set."""

    alter: Callable[[dict[str, Any]], None] | None = None

    def shown(self) -> dict[str, Any]:
        shown = super().shown()
        if self.alter is not None:
            self.alter(shown)
        return shown


def walked() -> Altered:
    """Returns both after a walk that leaves something of every kind."""
    beside = Altered(START)
    generator = Generator(beside, random.Random("sight").choice)
    for _ in range(150):
        generator.step(INTERFACES + PUBLIC_ADDRESSES + NETWORKS)
    return beside


@pytest.fixture(scope="module")
def both() -> Altered:
    return walked()


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in FIELDS.items() for field in fields])
def test_a_field_that_is_shown_otherwise_is_noticed(both: Altered, kind: type[Any], field: str) -> None:
    both.alter = None
    both.compare()
    other: Any = {"another": ""} if field == "tags" else "another"
    said = re.escape(f"{other!r}")

    def alter(shown: dict[str, Any]) -> None:
        one_id, one = next((one_id, one) for one_id, one in shown.items() if isinstance(one, kind))
        shown[one_id] = attrs.evolve(one, **{field: other})

    both.alter = alter
    with pytest.raises(Difference, match=f"{field} of .* is {said}"):
        both.compare()


def test_the_naive_model_shares_nothing_with_the_domain() -> None:
    """It stands on what users type and see: the commands, the resources, the values, and the public names."""
    imported = {
        node.module
        for path in Path(__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("ecsnet")
    }
    assert imported == {"ecsnet", "ecsnet.resources", "ecsnet.values"}


@pytest.mark.parametrize("kind", FIELDS)
def test_a_resource_that_is_not_shown_is_noticed(both: Altered, kind: type[Any]) -> None:
    def lose(shown: dict[str, Any]) -> None:
        del shown[next(one_id for one_id, one in shown.items() if isinstance(one, kind))]

    both.alter = lose
    with pytest.raises(Difference, match="exists in one only"):
        both.compare()
