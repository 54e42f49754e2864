"""The documentation: its snippets run, and its generated pages are current."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

import ecsnet
from ecsnet import clocks
from ecsnet.domain.rule_parameters import PARAMETERS

ROOT = Path(__file__).parents[2]
PAGES = {str(path.relative_to(ROOT)): path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}
README = (ROOT / "README.md").read_text("utf-8")
WITH_SNIPPETS = [page for page, path in PAGES.items() if ">>> " in path.read_text("utf-8") and page != "docs/api.md"]
"""The pages that are written by hand: the snippets of the other one stand in docstrings, and run from there."""


def render() -> Any:
    spec = importlib.util.spec_from_file_location("render", ROOT / "docs" / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["api.md", "editions.md", "lifecycles.md", "rules.md", "wire.md"])
def test_a_generated_page_is_current(page: str) -> None:
    written = (ROOT / "docs" / page).read_text("utf-8")
    assert written == render().PAGES[page](), "run: python docs/render.py"


def test_a_generated_part_of_a_page_is_current() -> None:
    for page in render().PARTS:
        written = (ROOT / "docs" / page).read_text("utf-8")
        assert written == render().with_parts(page, written), "run: python docs/render.py"
        assert written.count("| yes |") > 20


def test_the_promises_over_every_engine_are_tested_with_every_engine() -> None:
    """Their tests take an address from a fixture that has one of each engine."""
    section = PAGES["docs/stores.md"].read_text("utf-8").split("### Over every engine")[1].split("### ")[0]
    rows = re.findall(r"`(tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)", section)
    assert len(rows) > 4
    for file, names in rows:
        text = (ROOT / file).read_text("utf-8")
        for name in re.findall(r"`(\w+)`", names):
            before, parameters = text.split(f"def {name}(")[0], text.split(f"def {name}(")[1].split(") ->")[0]
            over_all = "_address" in parameters or "SHARED]" in before.rsplit("\n\n\n", 1)[1]
            assert over_all, f"{file}: {name} has neither shared_address nor new_address"
            assert "postgres_address" not in parameters


def test_most_pages_have_snippets() -> None:
    assert {"README.md", "docs/getting-started.md", "docs/guest.md", "docs/intranet.md"} <= set(WITH_SNIPPETS)


@pytest.mark.parametrize("page", WITH_SNIPPETS)
def test_the_snippets_run(page: str) -> None:
    results = doctest.testfile(str(PAGES[page]), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert results.attempted > 5
    assert not results.failed


def test_the_doctests_of_the_library_run() -> None:
    assert doctest.testmod(clocks) == (0, 4)


def test_every_link_leads_to_a_file() -> None:
    links = [
        (page, link.split(")")[0])
        for page, path in PAGES.items()
        for link in path.read_text("utf-8").split("](")[1:]
        if not link.startswith("http")
    ]
    assert len(links) > 5
    assert [(page, link) for page, link in links if not (PAGES[page].parent / link).exists()] == []


def test_the_readme_names_every_page() -> None:
    assert [page for page in PAGES if page != "README.md" and f"`{page}`" not in README] == []


def test_the_readme_has_no_relative_link_because_a_package_index_shows_it_without_the_repository() -> None:
    targets = re.findall(r"\]\(([^)]*)\)|^\[[^]]+\]:\s*(\S+)|(?:href|src)=\"([^\"]*)\"", README, flags=re.MULTILINE)
    links = ["".join(target) for target in targets]
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_path_named_by_a_page_exists(page: str) -> None:
    named = re.findall(
        r"`((?:[\w.-]+/)*[\w.-]+(?:/|\.md|\.py|\.toml|\.json|\.jsonl|\.txt))`", (ROOT / page).read_text("utf-8")
    )
    assert len(named) > 5
    missing = [path for path in named if not (ROOT / path).exists()]
    assert missing == []


def test_every_reading_names_a_rule_and_fills_every_column() -> None:
    rows = [line for line in (ROOT / "docs" / "readings.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    for row in rows:
        name, section, *told = [cell.strip() for cell in row.strip("|").split("|")]
        named = re.findall(r"`(.+?)`", name)
        if "." not in name:  # a reading of a command's time
            assert named and all(hasattr(ecsnet.commands, one) for one in named), name
            assert section and len(told) == 1 and all(told), row
            continue
        assert named[0] in ecsnet.rulebook, name
        assert re.fullmatch(r"-|\d(\.\d)?(, \d(\.\d)?)*", section), row
        assert len(told) == 2 and all(told), row
    named = re.findall(r"`([a-z-]+(?:\.[a-z-]+)+)`", "\n".join(rows))
    assert all(name in ecsnet.rulebook for name in named)


def test_the_page_about_rules_lists_every_parameter_and_the_commands_that_have_it() -> None:
    text = (ROOT / "docs" / "rules-engine.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    assert [row[0].strip("`") for row in rows] == list(PARAMETERS)
    for name, _, _, where in rows:
        parameter = PARAMETERS[name.strip("`")]
        told = set(re.findall(r"`(\w+)`", where))
        if parameter.given_by is None:
            assert where == "every command"
        else:
            assert told == {parameter.given_by, *(command.__name__ for command in parameter.besides)}


def test_every_rule_is_on_the_rules_page_and_all_rules_in_their_rank() -> None:
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert all(f"### `{rule_id}`" in text for rule_id in ecsnet.rulebook)
    assert re.findall(r"^\d+\. `(.*)`$", text, flags=re.MULTILINE) == list(ecsnet.rules)


@pytest.mark.parametrize(
    ("page", "least"), [("docs/reliability.md", 50), ("docs/stores.md", 20), ("docs/schema-evolution.md", 5)]
)
def test_every_test_named_by_a_page_of_promises_exists(page: str, least: int) -> None:
    rows = re.findall(r"`(tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)", PAGES[page].read_text("utf-8"))
    named = [(file, name) for file, names in rows for name in re.findall(r"`(\w+)`", names)]
    assert len(named) > least
    missing = [one for one in named if f"def {one[1]}(" not in (ROOT / one[0]).read_text("utf-8")]
    assert missing == []
