"""The resources that keep another one in use: up to ten of them by id, and how many there are.

A rule about what is in use looks at an index, and at no more of it than the ten that it names.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from typing import Final

from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Ids

SHOWN: Final = 10


def shown(indexes: Iterable[Ids | Table[str, str]]) -> tuple[str, ...]:
    """Returns the first ids of indexes, at most ten in all."""
    return tuple(islice(chain.from_iterable(index.live_keys() for index in indexes), SHOWN))


def listed(parts: Iterable[tuple[int, str, str]]) -> str:
    """Returns the numbers that are not 0, each with its noun: ``2 VSwitches and 1 security group``."""
    texts = [f"{number} {noun if number == 1 else nouns}" for number, noun, nouns in parts if number]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def more(count: int) -> str:
    """Returns the end of a message that names up to ten of ``count`` resources."""
    return f" and {count - SHOWN} more" if count > SHOWN else ""
