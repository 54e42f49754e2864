"""Docstrings are sentences about behaviour, not noun clauses that the reader has to solve."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ecsnet

ROOT = Path(ecsnet.__file__).parents[1]
FOLDERS = ("ecsnet", "tests", "benchmarks", "examples", "docs")
NOUN_CLAUSE = re.compile(r"(What|How|Who|Whether|Which|Where|When|That)\b")


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Yields the line and the text of each docstring: of the module, its classes and functions, and of attributes."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield statement.lineno, text.strip()


def noun_clauses(source: str) -> list[int]:
    """Returns the lines of the docstrings that begin like a noun clause."""
    return sorted(line for line, text in docstrings(source) if NOUN_CLAUSE.match(text))


MODULES = sorted(path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_no_docstring_begins_like_a_noun_clause(module: str) -> None:
    lines = noun_clauses((ROOT / module).read_text("utf-8"))
    assert not lines, f"{module}: rewrite as a sentence with a verb: lines {lines}"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('"""What a module has."""', [1]),
        ('class A:\n    """Whether it is."""', [2]),
        ('def f():\n    """\n    How it is done."""', [2]),
        ('class A:\n    x = 1\n    """When it was."""', [3]),
        ('x = 1\n"""Who did it."""', [2]),
        ('if True:\n    def f():\n        """Which one."""', [3]),
        ('"""Whatever happens, it returns."""', []),
        ('def f():\n    """Returns what is there."""\n    return "What now?"', []),
    ],
)
def test_noun_clauses_are_found_in_every_docstring(source: str, lines: list[int]) -> None:
    assert noun_clauses(source) == lines
