"""The resources that keep another one in use: up to ten of them by id, and how many there are.

A rule about what is in use looks at an index, and at no more of it than the ten that it names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ecsnet.domain.state.world import Ids

SHOWN: Final = 10


def shown(indexes: Iterable[Ids]) -> tuple[str, ...]:
    """Returns ids of indexes, at most ten in all, those of the first index first."""
    ids: list[str] = []
    for index in indexes:
        ids += index.some_keys(SHOWN - len(ids))
    return tuple(ids)


def listed(parts: Iterable[tuple[int, str, str]]) -> str:
    """Returns the numbers that are not 0, each with its noun: ``2 VSwitches and 1 security group``."""
    texts = [f"{number} {noun if number == 1 else nouns}" for number, noun, nouns in parts if number]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def still_has(what: str, left: str, resource_ids: tuple[str, ...], count: int) -> str:
    """Returns the message of a rule: what is in use, the number of what is left in it, and some ids.

    ``what`` is a placeholder of the message, as ``resource_ids`` is."""
    more = f" and {count - len(resource_ids)} more" if count > len(resource_ids) else ""
    return f"{what} still has {left}: {{resource_ids}}{more}"
