"""`PendingTable`: pending transitions and scheduled changes by position, iterable in the order of their times.

The key of an entry is the position of the event that began it. Events are not always recorded in the order of their
times, since clocks are set back and machines have different clocks. So the entry with the earliest time is not always
the one recorded first, and it must be found without iterating over all entries.

Transitions of different kinds may take different times, so each kind has a queue of its own: within a kind, what began
first falls due first. A queue is a leftist heap, ordered by time and then position. Its nodes are immutable tuples, so
that forks of the table share them. An entry that is deleted from the table stays in its heap until it comes to the top,
or until most entries of the heap are deleted ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple, Self

from ecsnet.domain.state.tables import Table

IMPORTED: Final = "imported"
"""The kind of what was imported in a transitional status: how long it has been going on already is not known."""
STUCK: Final = "stuck"
"""The kind of what got stuck: it never falls due."""
CYCLE: Final = "cycle"
"""The kind of a change that waits for a billing cycle. It falls due when the cycle begins, at whatever pace."""
REVOCATION: Final = "UnassignPrivateIpAddresses"
"""The kind of a revocation of private addresses, during which the status of their ENI is that of before."""
WAITING: Final = frozenset({IMPORTED, STUCK})
"""The kinds of what does not go on until it is asked for again."""


class Entry(NamedTuple):
    """A transition that waits: the resource, when it began, and its kind."""

    resource_id: str
    since: datetime
    kind: str


Heap = tuple[int, datetime, int, Any, Any] | None
"""A node: its rank (the length of its right spine), time, position, and two heaps of later entries."""


class _Queue(NamedTuple):
    """The entries of one kind: their heap, how many nodes it has, and how many of those are not deleted."""

    heap: Heap = None
    nodes: int = 0
    live: int = 0


_EMPTY: Final = _Queue()
_SLACK: Final = 64


def _merged(one: Heap, other: Heap) -> Heap:
    # The depth of this recursion is the length of the right spines, which is logarithmic in the size.
    if one is None or other is None:
        return one or other
    if (one[1], one[2]) > (other[1], other[2]):
        one, other = other, one
    left, right = one[3], _merged(one[4], other)
    if left is None or (right is not None and left[0] < right[0]):
        left, right = right, left
    return (1 if right is None else right[0] + 1, one[1], one[2], left, right)


class PendingTable(Table[int, Entry]):
    """A `Table` from position to entry whose entries of each kind can also be iterated in the order of their times."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[str, _Queue] = {}

    def set(self, key: int, value: Entry) -> None:
        """Sets a new key."""
        super().set(key, value)
        queue = self._queues.get(value.kind, _EMPTY)
        heap = _merged(queue.heap, (1, value.since, key, None, None))
        self._queues[value.kind] = _Queue(heap, queue.nodes + 1, queue.live + 1)

    def delete(self, key: int) -> None:
        """Removes a key. Raises KeyError if it is missing."""
        kind = self.get_existing(key).kind
        super().delete(key)
        heap, nodes, live = self._queues[kind]
        live -= 1
        if not live:
            del self._queues[kind]
            return
        if nodes > 2 * live + _SLACK:
            heap, nodes = self._rebuilt(heap), live
        while heap is not None and self[heap[2]] is None:
            heap = _merged(heap[3], heap[4])
            nodes -= 1
        self._queues[kind] = _Queue(heap, nodes, live)

    def _rebuilt(self, heap: Heap) -> Heap:
        rebuilt: Heap = None
        for moment, key in sorted(self._live(heap), reverse=True):
            rebuilt = (1, moment, key, rebuilt, None)  # in order, so that no merge is needed
        return rebuilt

    def _live(self, heap: Heap) -> Iterator[tuple[datetime, int]]:
        nodes = [heap]
        while nodes:
            node = nodes.pop()
            if node is not None:
                if self[node[2]] is not None:
                    yield node[1], node[2]
                nodes += node[3], node[4]

    @property
    def kinds(self) -> Iterator[str]:
        """The kinds that have entries."""
        return iter(self._queues)

    def earliest(self, kind: str) -> tuple[datetime, int]:
        """Returns the time and the position of a kind's earliest entry. Raises KeyError for a kind without entries."""
        heap = self._queues[kind].heap
        assert heap is not None
        return heap[1], heap[2]

    def by_moment(self, kind: str) -> Iterator[tuple[int, Entry]]:
        """Yields the positions and entries of a kind ordered by time; those with equal times by their positions."""
        heap = self._queues.get(kind, _EMPTY).heap
        if heap is None:
            return
        nearest = [(heap[1], heap[2], heap)]
        while nearest:
            _, key, node = heappop(nearest)
            entry = self[key]
            if entry is not None:
                yield key, entry
            for later in (node[3], node[4]):
                if later is not None:
                    heappush(nearest, (later[1], later[2], later))

    def fork(self) -> Self:
        """Returns an independent copy. After that *this* table must not be written to: the copy shares its layers."""
        copy = super().fork()
        copy._queues = self._queues.copy()
        return copy
