"""The examples do what they say, and between them show every refusal of the guide's sections on ENIs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ecsnet import rules
from ecsnet.cli import main
from ecsnet.domain.rules import RuleKind

EXAMPLES = Path(__file__).parent.parent / "examples"
OPTIONS = {"passing-states.json": ["--settle-after", "manual"]}
PLANS = sorted(EXAMPLES.glob("*.json"))


def ran(name: str, *options: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    arguments = ["run", str(EXAMPLES / name), "--json", *OPTIONS.get(name, []), *options]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    *operations, summary = [json.loads(line) for line in result.stdout.splitlines()]
    return operations, summary


def refusals(operations: Iterable[dict[str, Any]]) -> set[str]:
    return {violation["rule"] for operation in operations for violation in operation["violations"]}


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_every_example_goes_as_it_says(path: Path) -> None:
    operations, summary = ran(path.name)
    assert len(operations) == len(json.loads(path.read_text(encoding="utf-8"))) == summary["summary"]["operations"]
    assert summary["as_expected"] is True
    assert summary["summary"]["denied"] > 0
    assert [operation["recorded"] for operation in operations] == [
        bool(operation["events"]) for operation in operations
    ]
    for operation in operations:  # a refusal is never expected without saying by which rules
        assert operation["expect"] == "allowed" or set(operation["expect"]["denied"]) == {
            violation["rule"] for violation in operation["violations"]
        }


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_every_example_is_judged_alike_without_recording(path: Path) -> None:
    recorded, judged = ran(path.name)[0], ran(path.name, "--dry-run")[0]
    assert [operation["outcome"] for operation in judged] == [operation["outcome"] for operation in recorded]
    assert not any(operation["recorded"] for operation in judged)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_every_example_leaves_a_store_that_can_be_read(path: Path, tmp_path: Path) -> None:
    store = tmp_path / "network.db"
    operations, _ = ran(path.name, "--store", str(store))
    history = CliRunner().invoke(main, ["history", str(store), "--json"])
    types = [json.loads(line)["type"] for line in history.stdout.splitlines()]
    assert types == [event["type"] for operation in operations for event in operation["events"]]
    assert CliRunner().invoke(main, ["show", str(store)]).exit_code == 0


def test_the_readme_names_every_example() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in PLANS:
        command = " ".join(["ecsnet run", path.name, *OPTIONS.get(path.name, [])])
        assert f"| `{path.name}` |" in readme
        assert f"`{command}`" in readme


def test_failover_moves_the_eni_with_its_addresses() -> None:
    by_name = {operation["as"]: operation for operation in ran("failover.json")[0] if operation["as"]}
    created, serving, rescued, after = (
        by_name[name]["resources"][0] for name in ("service", "serving", "rescued", "after")
    )
    active, standby = (by_name[name]["resources"][0]["id"] for name in ("active", "standby"))
    assert created["private_ips"] == ["10.0.1.100", "10.0.1.101", "10.0.1.102"]
    for moved in (serving, rescued, after):
        assert (moved["id"], moved["mac_address"]) == (created["id"], created["mac_address"])
        assert moved["private_ips"] == created["private_ips"]
    assert [one["instance_id"] for one in (created, serving, rescued, after)] == [None, active, standby, standby]


def test_the_tour_shows_every_refusal_that_settled_states_can_meet() -> None:
    assert refusals(ran("guide-tour.json")[0]) >= {
        "interface.modify.primary",
        "interface.security-groups.count",
        "interface.security-groups.vpc",
        "interface.assign.limit",
        "interface.assign.available-limit",
        "interface.assign.type-quota",
        "security-group.address-quota",
        "interface.attach.vpc",
        "interface.attach.address-quota",
        "interface.unassign.primary-address",
        "interface.unassign.unknown-address",
        "interface.detach.primary",
        "interface.detach.state",
        "interface.detach.wrong-instance",
        "interface.delete.primary",
        "interface.delete.state",
    }


def test_the_tour_shows_none_and_six_security_groups() -> None:
    counts = [
        violation["facts"]["count"]
        for operation in ran("guide-tour.json")[0]
        if operation["action"] == "ModifyNetworkInterfaceAttribute"
        for violation in operation["violations"]
        if violation["rule"] == "interface.security-groups.count"
    ]
    assert counts == [0, 6]


def test_the_examples_show_every_denial_of_the_guide_on_enis() -> None:
    shown = set[str]().union(*(refusals(ran(path.name)[0]) for path in PLANS))
    chapter = {rule.id for rule in rules if rule.kind is RuleKind.Denial and rule.guide.startswith("4.")}
    assert len(chapter) > 25
    assert chapter <= shown


def test_quotas_are_of_the_account_the_type_the_eni_and_the_group() -> None:
    operations, _ = ran("quotas.json")
    assert refusals(operations) == {
        "account.interface-quota",
        "interface.attach.quota",
        "interface.assign.type-quota",
        "interface.assign.available-limit",
        "interface.assign.limit",
        "security-group.address-quota",
        "interface.security-groups.count",
    }
