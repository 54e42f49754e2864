"""Where everything is printed: plain lines, with colour on a terminal, or JSON."""

from __future__ import annotations

from typing import Any

import click
import msgspec
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

_encoder = msgspec.json.Encoder(enc_hook=str)  # the facts of a user's own rules may be anything

UNBOUNDED = 100_000
"""Columns: a line is never wrapped here, or ids would be cut where nobody can copy them; a terminal wraps by itself."""


class Output:
    """Standard output. Whoever prints a thing gives it as lines for people and as a value for programs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(width=UNBOUNDED, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def value(self, value: Any) -> None:
        """One line of JSON."""
        click.echo(_encoder.encode(value).decode())

    def line(self, *parts: str | tuple[str, str]) -> None:
        """One line of parts, each with its style if it has one."""
        self._console.print(Text.assemble(*parts))

    def tree(self, tree: Tree) -> None:
        """A tree, one line a node."""
        self._console.print(tree)
