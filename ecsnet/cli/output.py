"""Where everything is printed: plain lines, with colour on a terminal, or JSON.

What comes out of data is never more than text: in lines, what cannot be seen is shown as an escape, and brackets are
brackets; JSON is ASCII.
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
"""Columns: a line is never wrapped here, or ids would be cut where nobody can copy them; a terminal wraps by itself."""


class Output:
    """Standard output. Whoever prints a thing gives it as lines for people and as a value for programs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # letters that the encoding of a terminal does not have
        self._console = Console(width=UNBOUNDED, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def value(self, value: Any) -> None:
        """One line of JSON, in ASCII."""
        click.echo(dumps(value))

    def line(self, *parts: str | tuple[str, str]) -> None:
        """One line of parts, each with its style if it has one."""
        texts = [text(part) if isinstance(part, str) else text(*part) for part in parts]
        self._console.print(Text.assemble(*texts))

    def tree(self, tree: Tree) -> None:
        """A tree of `text`, one line a node."""
        self._console.print(tree)


def text(words: str, style: str = "") -> Text:
    """Returns one line, or a part of one, as it is to be shown; it is never read as markup."""
    return Text(escaped(words), style)
