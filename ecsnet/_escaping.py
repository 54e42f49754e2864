"""Escapes text from data for printing: characters that a terminal, a log or an editor would act on become escapes."""

from __future__ import annotations

from typing import Final

_SPACES: Final = frozenset({"\xa0", "\u1680", *map(chr, range(0x2000, 0x200B)), "\u202f", "\u205f", "\u3000"})
"""Blanks that `str.isprintable` rejects. They are harmless, and Chinese text has them."""


def escaped(text: str) -> str:
    r"""Returns the text on one line, with a Python escape (``\n``, ``\x1b``, ``\u202e``, ``\ud800``) in place of every
    character that cannot be seen: controls, line separators, marks that change the direction of writing, halves of
    surrogate pairs.

    Backslashes are not doubled: the result is for people to read, not for programs to parse.
    """
    if text.isprintable():
        return text
    return "".join([one if one.isprintable() or one in _SPACES else _escape(one) for one in text])


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
