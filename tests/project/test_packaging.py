"""Packaging: the metadata, the sessions of nox, and the files in the archives."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def test_every_archive_has_the_licence() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert PROJECT["license-files"] == ["LICENSE"]
    assert text.startswith(f"{PROJECT['license']} License\n")
    assert PROJECT["authors"] == [{"name": "The ecsnet authors"}]
    assert "The ecsnet authors\n" in text


def test_the_readme_has_two_commands_one_that_runs_a_plan_and_one_that_passes_the_tests() -> None:
    commands = re.findall(r"^    (\S.*)$", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    run, tests = commands
    assert "ecsnet run examples/" in run
    assert "pytest" in tests
    assert "'.[test]'" in tests


def test_the_source_distribution_has_every_file_that_tests_and_pages_use() -> None:
    included = {path.strip("/") for path in PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]}
    assert [path for path in included if not (ROOT / path).exists()] == []
    text = "".join((ROOT / page).read_text("utf-8") for page in ("README.md", "CONTRIBUTING.md"))
    named = {word.split("/")[0] for word in re.findall(r"[\w./-]+", text)}
    by_itself = {"pyproject.toml", ".gitignore"}  # hatch includes them
    assert {path.name for path in ROOT.iterdir()} & named - by_itself - {".venv", ".nox"} <= included


def test_the_wheel_has_the_package_alone() -> None:
    assert PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"] == {"packages": ["ecsnet"]}


@pytest.mark.parametrize("extra", [None, *EXTRAS])
def test_every_dependency_has_a_lower_bound_which_nox_can_try(extra: str | None) -> None:
    requirements = PROJECT["dependencies"] if extra is None else EXTRAS[extra]
    others = [one for one in requirements if not one.startswith("ecsnet[")]
    assert [one for one in others if not re.match(r"[a-z0-9-]+(\[[a-z0-9,]+\])?>=\d", one)] == []


def test_a_floor_of_branch_coverage_is_set() -> None:
    coverage = PYPROJECT["tool"]["coverage"]
    assert coverage["run"]["branch"] is True
    assert 90 <= coverage["report"]["fail_under"] < 100
