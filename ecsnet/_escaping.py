"""Text out of data, made fit to print: what a terminal, a log or an editor would act on is shown as an escape."""

from __future__ import annotations

from typing import Final

_SPACES: Final = frozenset({"\xa0", "\u1680", *map(chr, range(0x2000, 0x200B)), "\u202f", "\u205f", "\u3000"})
"""Blanks that Python does not call printable. They do nothing but take room, and Chinese text has them."""


def escaped(text: str) -> str:
    r"""Returns the text on one line, with a Python escape (``\n``, ``\x1b``, ``\u202e``, ``\ud800``) in place of every
    character that cannot be seen: controls, line separators, marks that change the direction of writing, halves of
    surrogate pairs.

    Backslashes stay as they are: this is for people to read, not for programs to read back.
    """
    if text.isprintable():
        return text
    return "".join([one if one.isprintable() or one in _SPACES else _escape(one) for one in text])


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
