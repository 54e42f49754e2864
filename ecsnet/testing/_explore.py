"""`explore`: visits and checks every reachable state, like a model checker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import attrs

from ecsnet._escaping import escaped
from ecsnet.clocks import Outcome
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.domain.checks.invariants import Breach, breaches
from ecsnet.domain.checks.state_digest import behavioural_digest
from ecsnet.domain.settle import all_pending, outcomes
from ecsnet.testing._generate import Inventory, all_commands
from ecsnet.testing._script import Script, Settle, apply_step

Move = Command[Any] | Settle
"""A step that `explore` tries in a state."""
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


def explore(
    cloud: Cloud,
    moves: Moves,
    depth: int | None = None,
    *,
    check: Callable[[Cloud], Iterable[Breach]] | None = None,
) -> Exploration:
    """Visits every state that the moves lead to from the cloud's, breadth first, and checks the invariants in each.

    ``moves`` are commands and `Settle`s, or a function that returns them for a state, such as `every_command`. They
    must not create resources without limit, or the exploration does not end. ``depth`` is the greatest number of moves,
    unlimited by default. The clock stands still: states that differ only in times count as one state, and so do those
    that differ only in the order in which free addresses will be allocated. The cloud itself is not changed. ``check``
    returns breaches of your own, in addition to those of the invariants.

    Raises `InvariantBroken` at the first state that breaks an invariant, with a shortest script that leads there.
    """
    always = None if callable(moves) else tuple(moves)  # an iterator would be exhausted by the first state
    start = cloud.fork()
    key = behavioural_digest(start.folded_state())
    came_from: CameFrom = {key: None}
    _check(start, check, cloud, came_from, key)
    frontier = [(key, start)]
    tried = denied = reached = 0
    while frontier and (depth is None or reached < depth):
        found: list[tuple[bytes, Cloud]] = []
        for key, state in frontier:
            for move in moves(state) if callable(moves) else always or ():
                tried += 1
                after: Cloud | None = None
                if isinstance(move, Command):
                    decision = state.check(move)
                    if not decision.events:
                        denied += not decision.allowed
                        continue
                    leads_to = behavioural_digest(state.folded_state(after=decision))
                else:
                    after = state.fork()
                    apply_step(after, move)
                    leads_to = behavioural_digest(after.folded_state())
                if leads_to in came_from:
                    continue
                if after is None:  # only new states are worth the cost of executing the command
                    after = state.fork()
                    apply_step(after, move)
                came_from[leads_to] = (key, move)
                _check(after, check, cloud, came_from, leads_to)
                found.append((leads_to, after))
        frontier = found
        reached += bool(found)
    return Exploration(states=len(came_from), moves=tried, denied=denied, depth=reached, complete=not frontier)


CameFrom = dict[bytes, tuple[bytes, Move] | None]


def _check(
    state: Cloud, check: Callable[[Cloud], Iterable[Breach]] | None, start: Cloud, came_from: CameFrom, key: bytes
) -> None:
    broken = breaches(state.folded_state())
    if check is not None:
        broken += tuple(check(state))
    if broken:
        raise InvariantBroken(broken, _script(start, came_from, key))


def _script(start: Cloud, came_from: CameFrom, key: bytes) -> Script:
    way: list[Move] = []
    while (step := came_from[key]) is not None:
        key, move = step
        way.append(move)
    cloud, script = start.fork(), Script()
    for move in reversed(way):
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
        for pending in all_pending(region):
            for outcome in outcomes(region, pending):
                yield Settle(pending.resource_id, outcome=cast("Outcome", outcome))
