"""Which function judges a kind of command, and which carries it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ecsnet import Cloud, Command

if TYPE_CHECKING:
    from tests.oracles.network import Network

Judge = Callable[["Network", Any, str], Iterator[str]]
"""Yields the id of each rule that denies a command of an account."""
Effect = Callable[["Network", Any, str, Cloud, Any], None]
"""Changes the network as an allowed command does. The cloud and its answer tell what the system chose."""
F = TypeVar("F", bound=Callable[..., Any])

JUDGES: dict[type[Command[Any]], Judge] = {}
EFFECTS: dict[type[Command[Any]], Effect] = {}


def judges(*kinds: type[Command[Any]]) -> Callable[[F], F]:
    def register(judge: F) -> F:
        JUDGES.update(dict.fromkeys(kinds, judge))
        return judge

    return register


def carries_out(*kinds: type[Command[Any]]) -> Callable[[F], F]:
    def register(effect: F) -> F:
        EFFECTS.update(dict.fromkeys(kinds, effect))
        return effect

    return register
