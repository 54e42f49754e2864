"""`PendingTable`: the order of its entries, what an operation costs, and what is left of deleted entries."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from random import Random
from types import FrameType
from typing import Any

import pytest

from ecsnet.domain.state.pending import Entry, PendingTable
from tests.support.net import START

SECOND = timedelta(seconds=1)
ORDERS: dict[str, Callable[[list[int]], list[int]]] = {
    "up": list,
    "down": lambda numbers: numbers[::-1],
    "random": lambda numbers: Random(7).sample(numbers, len(numbers)),
}


def calls(of: str, act: Callable[[], object]) -> int:
    """Returns how many calls of a function there are, by its name."""
    counted = 0

    def count(frame: FrameType, event: str, called: Any) -> None:
        nonlocal counted
        if event == "call":
            counted += frame.f_code.co_name == of
        elif event == "c_call":
            counted += called.__name__ == of

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
    return counted


def filled(moments: list[int]) -> PendingTable:
    table = PendingTable()
    for key, moment in enumerate(moments):
        table.set(key, Entry(f"r-{key}", START + moment * SECOND, "StopInstance"))
    return table


@pytest.mark.parametrize("moments", [1, 3, 60])
@pytest.mark.parametrize("order", ORDERS)
def test_entries_are_in_the_order_of_their_times_and_of_one_time_in_that_of_their_positions(
    order: str, moments: int
) -> None:
    numbers = [number % moments for number in ORDERS[order](list(range(60)))]
    table = filled(numbers)
    left = sorted(range(60), key=lambda key: (numbers[key], key))
    for key in ORDERS["random"](list(left)):
        assert table.earliest("StopInstance") == (START + numbers[left[0]] * SECOND, left[0])
        assert [one for one, _ in table.by_moment("StopInstance")] == left
        table.delete(key)
        left.remove(key)
    assert list(table.by_moment("StopInstance")) == []


@pytest.mark.parametrize("order", ORDERS)
def test_an_entry_is_added_and_the_earliest_deleted_in_a_logarithm_of_steps(order: str) -> None:
    """The right spine of a leftist heap of 1,023 nodes has at most ten: a merge passes at most two of them."""
    table = filled(ORDERS[order](list(range(1_023))))
    for key, moment in ((2_000, 0), (2_001, 500), (2_002, 2_000)):
        entry = Entry(f"r-{key}", START + moment * SECOND, "StopInstance")
        assert calls("_merged", lambda key=key, entry=entry: table.set(key, entry)) <= 12  # type: ignore[misc]
    for _ in range(500):
        _, earliest = table.earliest("StopInstance")
        assert calls("_merged", lambda earliest=earliest: table.delete(earliest)) <= 21  # type: ignore[misc]


@pytest.mark.parametrize("order", ORDERS)
def test_entries_that_are_deleted_before_the_earliest_one_do_not_pile_up(order: str) -> None:
    moments = ORDERS[order](list(range(1_000)))
    table = filled(moments)
    keys = sorted(range(1_000), key=moments.__getitem__)
    for key in reversed(keys[2:]):
        table.delete(key)
    assert [key for key, _ in table.by_moment("StopInstance")] == keys[:2]
    assert calls("heappop", lambda: list(table.by_moment("StopInstance"))) <= 2 * table.size + 64
    for key in keys[:2]:
        assert table.earliest("StopInstance")[1] == key
        table.delete(key)
    assert list(table.kinds) == []


def test_a_heap_is_built_anew_when_most_of_its_entries_are_deleted_ones() -> None:
    """Not for each deletion, which would make many deletions quadratic. What is popped with the earliest is gone."""
    table = filled(list(range(200)))
    for key in [*range(1, 51), 0]:
        assert calls("_rebuilt", lambda key=key: table.delete(key)) == 0  # type: ignore[misc]
    assert table.earliest("StopInstance")[1] == 51
    rebuilt = [calls("_rebuilt", lambda key=key: table.delete(key)) for key in range(199, 51, -1)]  # type: ignore[misc]
    assert [number for number, times in enumerate(rebuilt) if times] == [106]
