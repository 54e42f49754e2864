"""The registry has every id of the rulebook, and only listed additions besides.

Ids are public API: one that disappears or changes breaks what users wrote. ``rulebook_ids.txt`` has the rulebook's, in
its order; ``rulebook_additions.txt`` what was added since, in groups, each under a line that says where it is from.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsnet import RuleKind, rulebook, rules

HERE = Path(__file__).parent
RULEBOOK = (HERE / "rulebook_ids.txt").read_text(encoding="utf-8").splitlines()
ADDITIONS = (HERE / "rulebook_additions.txt").read_text(encoding="utf-8")
ADDED = [line for line in ADDITIONS.splitlines() if line and not line.startswith("#")]
REGISTERED = set(rulebook)


@pytest.mark.parametrize("rule_id", RULEBOOK)
def test_every_id_of_the_rulebook_is_registered(rule_id: str) -> None:
    assert rulebook[rule_id].id == rule_id
    assert rulebook[rule_id].doc.endswith(".")


def test_every_other_registered_id_is_listed_as_an_addition() -> None:
    assert sorted(REGISTERED - set(RULEBOOK)) == sorted(ADDED)


def test_the_rulebook_has_the_rules_in_their_rank_and_then_what_denies_nothing() -> None:
    denials = [entry.id for entry in rulebook.values() if entry.kind is RuleKind.Denial]
    assert denials == list(rules) == list(rulebook)[: len(rules)]
    assert all((rulebook[one.id].doc, rulebook[one.id].guide) == (one.doc, one.guide) for one in rules.values())
    assert {entry.kind for entry in list(rulebook.values())[len(rules) :]} == set(RuleKind) - {RuleKind.Denial}


def test_no_id_is_listed_twice() -> None:
    listed = [*RULEBOOK, *ADDED]
    assert len(listed) == len(set(listed)) == len(rulebook) > 100


def test_every_group_of_additions_names_its_source() -> None:
    groups = ADDITIONS.strip().split("\n\n")
    assert len(groups) > 1
    for group in groups:
        first, *ids = group.splitlines()
        assert first.startswith("# ")
        assert ids == sorted(ids)
        assert not any(line.startswith("#") for line in ids)
