"""Hypothesis as the one who picks: few draws a command, which shrink to what fits and comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
DIGIT: Final = 6  # bits: 64 options
WORD: Final = 4 * DIGIT
WORDS: Final = st.integers(0, (1 << WORD) - 1)


class Drawn:
    """Picks by digits of 6 bits of one drawn number, since a draw costs more than all the rest of a command.

    A small digit means the same option however many there are, so what was shrunk stays as it is when something
    unrelated is taken away.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw
        self._word = 0
        self._bits = 0

    def __call__(self, options: Sequence[T], /) -> T:
        count = len(options)
        if count == 1:
            return options[0]
        if count > 1 << DIGIT:
            index: int = self._draw(st.integers(0, count - 1))
            return options[index]
        if not self._bits:
            self._word, self._bits = self._draw(WORDS), WORD
        digit = self._word & ((1 << DIGIT) - 1)
        self._word >>= DIGIT
        self._bits -= DIGIT
        return options[digit % count]
