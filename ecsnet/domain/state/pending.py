"""`PendingTable`: pending transitions and scheduled changes by position, iterable in the order of their times.

The key of an entry is the position of the event that began it. Events are not always recorded in the order of their
times, since clocks are set back and machines have different clocks. So the entry with the earliest time is not always
the one recorded first, and it must be found without iterating over all entries.

The table therefore has a leftist heap, ordered by time and then position. Its nodes are immutable tuples, so that forks
of the table share them. An entry that is deleted from the table stays in the heap until it comes to the top, or until
most entries of the heap are deleted ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Final, Self

from ecsnet.domain.state.tables import Table

Entry = tuple[str, datetime]
"""The id of the resource, and the time."""
Heap = tuple[int, datetime, int, Any, Any] | None
"""A node: its rank (the length of its right spine), time, position, and two heaps of later entries."""

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
    """A `Table` from position to resource and time that can also be iterated in the order of the times."""

    __slots__ = ("_heap", "_heap_size")

    def __init__(self) -> None:
        super().__init__()
        self._heap: Heap = None
        self._heap_size = 0

    def set(self, key: int, value: Entry) -> None:
        """Sets a new key."""
        super().set(key, value)
        self._heap = _merged(self._heap, (1, value[1], key, None, None))
        self._heap_size += 1

    def delete(self, key: int) -> None:
        """Removes a key. Raises KeyError if it is missing."""
        super().delete(key)
        if self._heap_size > 2 * self.size + _SLACK:
            self._rebuild()
        while self._heap is not None and self[self._heap[2]] is None:
            self._heap = _merged(self._heap[3], self._heap[4])
            self._heap_size -= 1

    def _rebuild(self) -> None:
        self._heap, self._heap_size = None, self.size
        for key, (_, moment) in sorted(self.snapshot().items(), key=lambda row: (row[1][1], row[0]), reverse=True):
            self._heap = (1, moment, key, self._heap, None)  # in order, so that no merge is needed

    def by_moment(self) -> Iterator[Entry]:
        """Yields the entries ordered by time; those with equal times in the order of their positions."""
        if self._heap is None:
            return
        nearest = [(self._heap[1], self._heap[2], self._heap)]
        while nearest:
            _, key, node = heappop(nearest)
            entry = self[key]
            if entry is not None:
                yield entry
            for later in (node[3], node[4]):
                if later is not None:
                    heappush(nearest, (later[1], later[2], later))

    def fork(self) -> Self:
        """Returns an independent copy. After that *this* table must not be written to: the copy shares its layers."""
        copy = super().fork()
        copy._heap, copy._heap_size = self._heap, self._heap_size
        return copy
