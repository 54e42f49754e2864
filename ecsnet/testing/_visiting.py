"""The states that `explore` has visited, and the expanding of states in one process or in several.

One process keeps the digests of all states that were visited (`Visited`). Each process expands the states that it
found itself (`Share`): it tries their moves, reports the digests that it has not seen before, and keeps the states that
nobody else reported first. Between two depths all wait for each other, so that each state is found by the fewest moves.
"""

from __future__ import annotations

import multiprocessing
from array import array
from collections import deque
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.domain.checks.invariants import Breach, breaches
from ecsnet.domain.checks.state_digest import behavioural_digest
from ecsnet.testing._script import Settle, apply_step

Move = Command[Any] | Settle
"""A step that `explore` tries in a state."""
Candidate = tuple[int, int, bytes]
"""A digest that a move leads to: the number of the state, the index of the move in it, and the digest."""
Enter = Callable[[list[Candidate]], list[int]]
Check = Callable[[Cloud], Iterable[Breach]]

KNOWN: Final = -1
AT_A_TIME: Final = 256
"""So many states are expanded before their new ones are kept and they are dropped: that bounds the memory."""


class Broken(Exception):
    """The state of this number breaks invariants."""

    def __init__(self, number: int, broken: tuple[Breach, ...]) -> None:
        super().__init__(number, broken)
        self.number = number
        self.breaches = broken


class Visited:
    """The digests of all states that were visited, and the move that led to each: 24 bytes and a set entry a state."""

    def __init__(self, start: bytes) -> None:
        self._digests = {start}
        self._parents = array("q", [KNOWN])
        self._moves = array("q", [KNOWN])

    def __len__(self) -> int:
        return len(self._digests)

    def enter(self, candidates: list[Candidate]) -> list[int]:
        """Numbers the states that are new, and returns the number of each candidate, or KNOWN."""
        numbers: list[int] = []
        for parent, move, digest in candidates:
            if digest in self._digests:
                numbers.append(KNOWN)
                continue
            numbers.append(len(self._digests))
            self._digests.add(digest)
            self._parents.append(parent)
            self._moves.append(move)
        return numbers

    def way(self, number: int) -> list[int]:
        """Returns the indices of the moves that lead from the first state to this one."""
        moves: list[int] = []
        while number:
            moves.append(self._moves[number])
            number = self._parents[number]
        return moves[::-1]


class Share:
    """The states that one process expands, with their numbers, and those that it found for the next depth."""

    def __init__(self, moves: Callable[[Cloud], Iterable[Move]], check: Check | None, reported: set[bytes]) -> None:
        self.states: deque[tuple[int, Cloud]] = deque()
        self.tried = self.denied = 0
        self._moves, self._check, self._reported = moves, check, reported

    def part(self, states: Iterable[tuple[int, Cloud]]) -> Share:
        """Returns a share of some of the states, for a process of its own."""
        part = Share(self._moves, self._check, self._reported)
        part.states.extend(states)
        return part

    def add(self, number: int, state: Cloud) -> None:
        """Keeps a state. Raises `Broken` if it breaks an invariant."""
        broken = breaches(state.folded_state())
        if self._check is not None:
            broken += tuple(self._check(state))
        if broken:
            raise Broken(number, broken)
        self.states.append((number, state))

    def expand(self, enter: Enter) -> None:
        """Tries every move in each state, and keeps the states for the next depth that ``enter`` calls new."""
        left = len(self.states)
        while left:
            now = min(left, AT_A_TIME)
            found = [one for _ in range(now) for one in self._expanded(*self.states.popleft())]
            left -= now
            numbers = enter([candidate for candidate, _, _, _ in found])
            for number, (_, state, move, after) in zip(numbers, found, strict=True):
                if number == KNOWN:
                    continue
                if after is None:  # only new states are worth the cost of executing the command
                    after = state.fork()
                    apply_step(after, move)
                self.add(number, after)

    def _expanded(self, number: int, state: Cloud) -> Iterable[tuple[Candidate, Cloud, Move, Cloud | None]]:
        for index, move in enumerate(self._moves(state)):
            self.tried += 1
            after: Cloud | None = None
            if isinstance(move, Command):
                decision = state.check(move)
                if not decision.events:
                    self.denied += not decision.allowed
                    continue
                digest = behavioural_digest(state.folded_state(after=decision))
            else:
                after = state.fork()
                apply_step(after, move)
                digest = behavioural_digest(after.folded_state())
            if digest not in self._reported:
                self._reported.add(digest)
                yield (number, index, digest), state, move, after


def expand_in_processes(share: Share, visited: Visited, processes: int, depth: int | None) -> tuple[int, bool]:
    """Expands the states of a share in forks of this process, as many moves deep as said, or until none is new.

    Returns how many moves deep states were found, and whether all states were expanded. Adds to the share what the
    processes tried and what was denied. Raises `Broken`, and whatever a process raises.
    """
    context = multiprocessing.get_context("fork")
    states, running, connections = list(share.states), [], []
    share.states.clear()
    reached, found = 0, len(states)
    try:
        for part in range(processes):
            connection, other = context.Pipe()
            arguments = (share.part(states[part::processes]), other)
            process = context.Process(target=_expand_when_asked, args=arguments, daemon=True)
            process.start()
            other.close()
            running.append(process)
            connections.append(connection)
        states.clear()
        while found and (depth is None or reached < depth):
            found = _one_depth(connections, visited)
            reached += bool(found)
        for connection in connections:
            connection.send(False)
            tried, denied = connection.recv()
            share.tried += tried
            share.denied += denied
    finally:
        for process in running:
            process.terminate()
            process.join()
    return reached, not found


def _one_depth(connections: list[Connection[Any, Any]], visited: Visited) -> int:
    """Has all processes expand their states, and returns how many new ones there are."""
    for connection in connections:
        connection.send(True)
    found, busy = 0, set(connections)
    while busy:
        for one in wait(busy):
            assert isinstance(one, Connection)
            message = one.recv()
            if isinstance(message, list):
                one.send(visited.enter(message))
            elif isinstance(message, int):
                found += message
                busy.discard(one)
            else:
                raise message
    return found


def _expand_when_asked(share: Share, connection: Connection[Any, Any]) -> None:
    """Expands a share, one depth each time the connection says so, and reports new digests; in a process of its own."""

    def enter(candidates: list[Candidate]) -> list[int]:
        connection.send(candidates)
        numbers: list[int] = connection.recv()
        return numbers

    try:
        while connection.recv():
            share.expand(enter)
            connection.send(len(share.states))
        connection.send((share.tried, share.denied))
    except Exception as error:  # noqa: BLE001, as the other process raises it
        connection.send(error)
