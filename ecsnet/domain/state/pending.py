"""`PendingTable`: what waits for a moment, by the position of the event that began the wait, and by that moment.

Events are not always recorded in the order of their times: clocks are set back, and two machines have two. So what is
due first is not what was recorded first, and must be found without a look at all that waits.

Beside the table stands a leftist heap, ordered by moment and then position. Its nodes are tuples that never change, so
a copy of the table shares them. What is dropped from the table stays in the heap until it comes to its top, or until
most of the heap is such.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Final, Self

from ecsnet.domain.state.tables import Table

Entry = tuple[str, datetime]
"""The id of the resource, and the moment."""
Heap = tuple[int, datetime, int, Any, Any] | None
"""A node: its rank (the length of its right spine), moment, position, and the heaps of what comes later."""

_SLACK: Final = 64


def _merged(one: Heap, other: Heap) -> Heap:
    # The right spines are as long as the logarithm of the size: so is the depth of this recursion.
    if one is None or other is None:
        return one or other
    if (one[1], one[2]) > (other[1], other[2]):
        one, other = other, one
    left, right = one[3], _merged(one[4], other)
    if left is None or (right is not None and left[0] < right[0]):
        left, right = right, left
    return (1 if right is None else right[0] + 1, one[1], one[2], left, right)


class PendingTable(Table[int, Entry]):
    """A `Table` from position to resource and moment that can also be gone through in the order of the moments."""

    __slots__ = ("_heap", "_heap_size")

    def __init__(self) -> None:
        super().__init__()
        self._heap: Heap = None
        self._heap_size = 0

    def set(self, key: int, value: Entry) -> None:
        """Set a new key."""
        super().set(key, value)
        self._heap = _merged(self._heap, (1, value[1], key, None, None))
        self._heap_size += 1

    def delete(self, key: int) -> None:
        """Remove a key. Raises KeyError where there is none."""
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
        """What waits, the earliest moment first; of one moment, what was recorded first."""
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
        """An independent copy. From now on *this* table must not be written to: the copy shares its layers."""
        copy = super().fork()
        copy._heap, copy._heap_size = self._heap, self._heap_size
        return copy
