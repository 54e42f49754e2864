"""Choices made by Hypothesis; examples shrink towards the first, valid option."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.errors import ImpossibleOperation
from ecsnet.testing._generate import GENERATORS, Choose, Inventory, all_commands
from ecsnet.testing._script import Step, apply_step, completing_steps

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]
Operations = Sequence[type[Command[Any]]]
TRIES: Final = 8
MORE: Final = st.integers(0, 15)


@cache
def _below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def drawn(draw: Draw) -> Choose:
    """Returns a function that chooses an option by drawing its index, so the first option is the simplest."""

    def choose(options: Sequence[T], /) -> T:
        count = len(options)
        return options[draw(_below(count)) if count > 1 else 0]

    return choose


@st.composite
def judged_commands(draw: Draw, cloud: Cloud, legal: bool | None, among: Operations) -> Any:
    """Returns a strategy for commands that the cloud allows (True), denies (False), or either (None).

    If random choices find no such command, all candidates are tried.
    """
    inventory, choose = Inventory(cloud), drawn(draw)
    for _ in range(TRIES):
        command = GENERATORS[choose(among)](inventory, choose)
        if legal is None or _allows(cloud, command) is legal:
            return command
    for command in all_commands(inventory, among):
        if _allows(cloud, command) is legal:
            return command
    return reject()


def _allows(cloud: Cloud, command: Command[Any]) -> bool:
    """Returns whether a cloud allows a command and can carry it out, which one with a lax registry may not."""
    try:
        return cloud.check(command).allowed
    except ImpossibleOperation:
        return False


@st.composite
def _next_steps(draw: Draw, cloud: Cloud, among: Operations) -> list[Step]:
    steps: list[Step] = [draw(judged_commands(cloud, True, among))]
    completing = completing_steps(cloud.settle_after)
    if completing and draw(st.booleans()):
        steps += completing
    return steps


def walk(draw: Draw, cloud: Cloud, among: Operations, *, at_least: int, at_most: int) -> Iterator[Step]:
    """Executes allowed commands in a cloud and yields each step; pending transitions may settle in between."""
    for number in range(at_most + 1):
        more = number < at_least or draw(MORE)
        if not more or number == at_most:  # drawn at the end too, so that removing a step leaves valid choices
            return
        for step in draw(_next_steps(cloud, among)):
            apply_step(cloud, step)
            yield step
