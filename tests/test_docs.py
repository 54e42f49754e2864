"""The documentation is true: its snippets run, and its generated pages are what the code generates."""

from __future__ import annotations

import doctest
import importlib.util
from pathlib import Path
from typing import Any

import pytest

import ecsnet
from ecsnet import clocks

ROOT = Path(__file__).parent.parent


def render() -> Any:
    spec = importlib.util.spec_from_file_location("render", ROOT / "docs" / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["lifecycles.md", "rules.md"])
def test_a_generated_page_is_current(page: str) -> None:
    written = (ROOT / "docs" / page).read_text("utf-8")
    assert written == render().PAGES[page](), "run: python docs/render.py"


@pytest.mark.parametrize("page", ["README.md", "docs/getting-started.md", "docs/intranet.md"])
def test_the_snippets_run(page: str) -> None:
    results = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert results.attempted > 5
    assert not results.failed


def test_the_doctests_of_the_library_run() -> None:
    assert doctest.testmod(clocks) == (0, 4)


def test_the_readme_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    links = [link.split(")")[0] for link in text.split("](")[1:]]
    assert links
    assert all((ROOT / link).exists() for link in links if "://" not in link)


def test_every_rule_has_its_place_in_the_docs() -> None:
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert all(f"### `{rule.id}`" in text for rule in ecsnet.rules)
