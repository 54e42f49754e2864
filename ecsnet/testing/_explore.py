"""`explore`: visits and checks every reachable state, like a model checker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import attrs

from ecsnet._arguments import shown, whole_number
from ecsnet._escaping import escaped
from ecsnet.clocks import Outcome
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.domain.checks.invariants import Breach
from ecsnet.domain.checks.state_digest import behavioural_digest
from ecsnet.domain.settle import all_pending, outcomes
from ecsnet.errors import InvalidArgument
from ecsnet.testing._generate import Inventory, all_commands
from ecsnet.testing._script import Script, Settle, apply_step
from ecsnet.testing._visiting import Broken, Move, Share, Visited, expand_in_processes

Moves = Iterable[Move] | Callable[[Cloud], Iterable[Move]]


@attrs.frozen(kw_only=True)
class Exploration:
    """The result of `explore`: the number of distinct ``states``, of ``moves`` tried in them and of moves that were
    ``denied``, and the ``depth`` of the deepest state, in moves. ``complete`` is true if every move was tried in every
    state, so that no other state can be reached."""

    states: int
    moves: int
    denied: int
    depth: int
    complete: bool


class InvariantBroken(AssertionError):
    """A state breaks the invariants in ``breaches``; ``script`` is a shortest sequence of steps that leads to it."""

    def __init__(self, breaches: tuple[Breach, ...], script: Script) -> None:
        super().__init__(breaches, script)
        self.breaches = breaches
        self.script = script

    def __str__(self) -> str:
        broken = "\n".join(escaped(f"{b.invariant}: {b.resource_id} {b.message}") for b in self.breaches)
        return f"{broken}\n\nafter\n\n{self.script}"


STATES_A_PROCESS = 8
"""The work is shared among processes as soon as each has so many states to begin with."""


def explore(
    cloud: Cloud,
    moves: Moves,
    depth: int | None = None,
    *,
    check: Callable[[Cloud], Iterable[Breach]] | None = None,
    processes: int = 1,
) -> Exploration:
    """Visits every state that the moves lead to from the cloud's, breadth first, and checks the invariants in each.

    ``moves`` are commands and `Settle`s, or a function that returns them for a state, such as `every_command`: the same
    ones in the same order each time. They must not create resources without limit, or the exploration does not end.
    ``depth`` is the greatest number of moves, unlimited by default. The clock stands still: states that differ only in
    times count as one state, and so do those that differ only in the order in which free addresses will be allocated.
    The cloud itself is not changed. ``check`` returns breaches of your own, in addition to those of the invariants.

    With ``processes`` above 1 that many forks of this process share the work, on platforms that have forks. ``moves``
    and ``check`` are called in each of them.

    Raises `InvariantBroken` at the first state that breaks an invariant, with a shortest script that leads there, and
    `InvalidArgument` if ``processes`` is not a whole number of at least 1.
    """
    if not whole_number(processes) or processes < 1:
        raise InvalidArgument(f"processes must be a whole number of at least 1, not {shown(processes)}")
    always = None if callable(moves) else tuple(moves)  # an iterator would be exhausted by the first state
    moves_in = moves if callable(moves) else lambda state: always or ()
    start = cloud.fork()
    key = behavioural_digest(start.folded_state())
    visited, share, reached = Visited(key), Share(moves_in, check, {key}), 0
    try:
        share.add(0, start)
        while share.states and (depth is None or reached < depth):
            if processes > 1 and len(share.states) >= processes * STATES_A_PROCESS:
                left = None if depth is None else depth - reached
                further, complete = expand_in_processes(share, visited, processes, left)
                reached += further
                break
            share.expand(visited.enter)
            reached += bool(share.states)
        else:
            complete = not share.states
    except Broken as broken:
        script = _script(cloud, moves_in, visited.way(broken.number))
        raise InvariantBroken(broken.breaches, script) from None
    return Exploration(states=len(visited), moves=share.tried, denied=share.denied, depth=reached, complete=complete)


def _script(start: Cloud, moves_in: Callable[[Cloud], Iterable[Move]], way: list[int]) -> Script:
    cloud, script = start.fork(), Script()
    for index in way:
        move = list(moves_in(cloud))[index]
        script.add(move, apply_step(cloud, move))
    return script


def every_command(*operations: type[Command[Any]]) -> Callable[[Cloud], Iterator[Move]]:
    """Returns the moves of a state for `explore`: these operations with all valid and invalid parameters worth trying,
    and each way in which a pending transition may end."""

    def moves(cloud: Cloud) -> Iterator[Move]:
        yield from all_commands(Inventory(cloud), operations)
        yield from settle_moves(cloud)

    return moves


def settle_moves(cloud: Cloud) -> Iterator[Settle]:
    """Yields moves for `explore`: each way in which a pending transition may end."""
    for region in cloud.folded_state().regions.values():
        ways = [(pending.resource_id, way) for pending in all_pending(region) for way in outcomes(region, pending)]
        for resource_id, way in dict.fromkeys(ways):
            yield Settle(resource_id, outcome=cast("Outcome", way))
