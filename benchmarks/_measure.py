"""Measures contenders side by side and prints a table of the results.

Other processes disturb every measurement, so contenders take turns: each round runs each of them once, in an order that
rotates by one each round. A ratio is the median of the ratios within rounds, as both sides of a round are disturbed
alike.
"""

# ruff: noqa: T201  # a benchmark prints its table

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median
from time import perf_counter

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Effort:
    """The number of rounds and the sizes: with ``quick``, networks and histories are a tenth of their full size.

    ``other`` is the folder of another checkout, to be measured beside this one.
    """

    rounds: int = 7
    quick: bool = False
    other: str | None = None

    def of(self, full: int) -> int:
        """Returns a size, or a tenth of it with ``quick``."""
        return full // 10 if self.quick else full


@dataclass(frozen=True)
class Contender:
    """One measured alternative.

    ``run`` does one round and returns seconds per operation. ``against`` names the contender that its time is divided
    by; ``target`` is the text of the target.
    """

    name: str
    run: Callable[[], float]
    against: str = ""
    target: str = ""


class Stopwatch:
    """The result of `stopwatch`: ``seconds`` is set when its block ends."""

    seconds = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measures the time of a block."""
    watch = Stopwatch()
    begin = perf_counter()
    yield watch
    watch.seconds = perf_counter() - begin


def spread(ids: Sequence[str], count: int) -> tuple[str, ...]:
    """Returns ``count`` of the ids, spread evenly over all of them; repeated if there are fewer."""
    return tuple(islice(cycle(ids[:: max(1, len(ids) // count)]), count))


def per_operation(operation: Callable[[], object], times: int) -> float:
    """Returns the seconds per call, over many calls."""
    begin = perf_counter()
    for _ in range(times):
        operation()
    return (perf_counter() - begin) / times


def measure(title: str, contenders: Sequence[Contender], rounds: int) -> None:
    """Runs the contenders in turns and prints their table. The first round only warms up and is not counted."""
    taken: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for turn in range(rounds + 1):
        start = turn % len(contenders)
        for contender in (*contenders[start:], *contenders[:start]):
            gc.collect()
            seconds = contender.run()
            if turn:
                taken[contender.name].append(seconds)
    rows = [_row(contender, taken) for contender in contenders]
    print(f"\n### {title}\n")
    print_table(("contender", "µs, median", "µs, least", "ratio", "to", "target"), rows)
    print(flush=True)


def _row(contender: Contender, taken: dict[str, list[float]]) -> tuple[str, ...]:
    own = taken[contender.name]
    ratio = ""
    if contender.against:
        ratio = f"{median(a / b for a, b in zip(own, taken[contender.against], strict=True)):.2f}"
    return (
        contender.name,
        _microseconds(median(own)),
        _microseconds(min(own)),
        ratio,
        contender.against,
        contender.target,
    )


def _microseconds(seconds: float) -> str:
    value = seconds * MICROSECONDS
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    numbers = (1, 2, 3)

    def line(cells: tuple[str, ...]) -> str:
        padded = [
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rules = tuple(f"{'-' * (width - 1)}:" if column in numbers else "-" * width for column, width in enumerate(widths))
    for cells in (head, rules, *rows):
        print(line(cells))
