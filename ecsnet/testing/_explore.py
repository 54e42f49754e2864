"""`explore`: every state that can be reached, each of them checked. The model checker's answer, beside Hypothesis's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from ecsnet._escaping import escaped
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.domain.checks.invariants import Breach, breaches
from ecsnet.domain.checks.state_digest import behavioural_digest
from ecsnet.testing._generate import Inventory, all_commands
from ecsnet.testing._script import Script, Settle, apply_step

Move = Command[Any] | Settle
Transitions = Iterable[Move] | Callable[[Cloud], Iterable[Move]]


class Exploration(msgspec.Struct, frozen=True, kw_only=True):
    """What `explore` saw: distinct ``states``, ``moves`` tried in them, how many of these were ``denied``, and the
    ``depth``, in moves, of the deepest state. ``complete`` says that every state was left by every move: there are no
    more."""

    states: int
    moves: int
    denied: int
    depth: int
    complete: bool


class InvariantBroken(AssertionError):
    """A state breaks an invariant: ``breaches`` are which, ``script`` is a shortest way into it."""

    def __init__(self, breaches: tuple[Breach, ...], script: Script) -> None:
        super().__init__(breaches, script)
        self.breaches = breaches
        self.script = script

    def __str__(self) -> str:
        broken = "\n".join(escaped(f"{b.invariant}: {b.resource_id} {b.message}") for b in self.breaches)
        return f"{broken}\n\nafter\n\n{self.script}"


def explore(
    cloud: Cloud,
    moves: Transitions,
    depth: int | None = None,
    *,
    check: Callable[[Cloud], Iterable[Breach]] | None = None,
) -> Exploration:
    """Walk through every state that the moves lead to from here, breadth first, and check the invariants in each.

    ``moves`` are commands and `Settle`s, or a function that tells them for a state, such as `every_command`; they
    should create nothing without end. ``depth`` is how many moves to go, as many as it takes if not given. Time stands
    still: states that differ only in when things happened are one state, and so are those that differ in which of the
    free addresses would be drawn next. The cloud itself is left as it is. ``check`` is asked for breaches of your own,
    besides the invariants.

    Raises `InvariantBroken` at the first state that breaks one, with a shortest script that leads there.
    """
    always = None if callable(moves) else tuple(moves)  # an iterator would give its moves to the first state alone
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
                if after is None:  # the whole way of a command is gone for states that are new
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
    """Moves for `explore`: these operations with all parameters worth trying in a state, right and wrong, and the
    settling of each resource that is passing."""

    def moves(cloud: Cloud) -> Iterator[Move]:
        yield from all_commands(Inventory(cloud), operations)
        yield from settle_moves(cloud)

    return moves


def settle_moves(cloud: Cloud) -> Iterator[Settle]:
    """Moves for `explore`: the settling of each resource that is passing."""
    for region in cloud.folded_state().regions.values():
        for resource_id, _ in region.pending.snapshot().values():
            yield Settle(resource_id)
