"""The functions that judge each kind of command, carry it out, and complete what takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
COMPLETIONS: dict[str, Callable[[Network, str, Sequence[str]], None]] = {}
"""The function that completes a transition of a resource, or begins its next billing cycle."""


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


def completes(what: str) -> Callable[[F], F]:
    def register(completion: F) -> F:
        COMPLETIONS[what] = completion
        return completion

    return register
