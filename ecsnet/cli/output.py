"""Prints plain lines, with colour on a terminal, or JSON.

Text from data stays text: in a line, invisible characters become escapes and brackets are not markup; JSON is ASCII.
"""

from __future__ import annotations

import io
import sys
from typing import Any

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ecsnet._escaping import escaped
from ecsnet._json import dumps

UNBOUNDED = 100_000
"""The width in columns. Lines are never wrapped here, so that ids can be copied whole; a terminal wraps by itself."""


class Output:
    """Standard output, as lines for people or, with ``as_json``, as values for programs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # for letters that the terminal's encoding lacks
        self._console = Console(width=UNBOUNDED, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def value(self, value: Any) -> None:
        """Prints one line of JSON, in ASCII."""
        click.echo(dumps(value))

    def line(self, *parts: str | tuple[str, str]) -> None:
        """Prints one line of parts, each a text or a pair of text and style."""
        texts = [text(part) if isinstance(part, str) else text(*part) for part in parts]
        self._console.print(Text.assemble(*texts))

    def tree(self, tree: Tree) -> None:
        """Prints a tree of `text`, one line for each node."""
        self._console.print(tree)


def text(words: str, style: str = "") -> Text:
    """Returns a line, or a part of one, escaped and styled; it is never interpreted as markup."""
    return Text(escaped(words), style)
