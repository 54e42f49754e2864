"""`Table` against a plain dict, over any sequence of writes and forks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from ecsnet.domain.state.tables import Table

KEYS = st.integers(0, 12)


class Forks(RuleBasedStateMachine):
    """Every table has a dict that it must equal, whatever happens to its relatives."""

    tables = Bundle("tables")

    def __init__(self) -> None:
        super().__init__()
        self.models: list[tuple[list[Table[int, int]], dict[int, int]]] = []

    @initialize(target=tables)
    def first(self) -> int:
        self.models.append(([Table()], {}))
        return 0

    @rule(table=tables, key=KEYS, value=st.integers())
    def set(self, table: int, key: int, value: int) -> None:
        (current,), model = self.models[table]
        current.set(key, value)
        model[key] = value

    @rule(table=tables, key=KEYS)
    def add_if_new(self, table: int, key: int) -> None:
        (current,), model = self.models[table]
        if current.lacks(key):
            current.add(key, 8)
            model[key] = 8

    @rule(table=tables, key=KEYS)
    def delete(self, table: int, key: int) -> None:
        (current,), model = self.models[table]
        if key in model:
            current.delete(key)
            del model[key]
        else:
            try:
                current.delete(key)
            except KeyError:
                return
            raise AssertionError(f"{key} was dropped, and is not there")

    @rule(table=tables, keys=st.lists(KEYS, unique=True, max_size=3))
    def add_or_drop_all(self, table: int, keys: list[int]) -> None:
        (current,), model = self.models[table]
        if not model.keys() & set(keys):
            current.add_all(keys, 7)
            model.update(dict.fromkeys(keys, 7))
        elif model.keys() >= set(keys):
            current.delete_all(keys)
            for key in keys:
                del model[key]

    @rule(target=tables, table=tables)
    def fork(self, table: int) -> int:
        holder, model = self.models[table]
        shared = holder[0]
        holder[0] = shared.fork()  # after a fork each side goes on with a draft of its own
        self.models.append(([shared.fork()], dict(model)))
        return len(self.models) - 1

    @invariant()
    def equal_their_models(self) -> None:
        for (table,), model in self.models:
            assert {key: table[key] for key in range(13) if table[key] is not None} == model
            assert [key for key in range(13) if not table.lacks(key)] == sorted(model)
            assert sorted(table.live_keys()) == sorted(model)
            assert table.snapshot() == model
            assert list(table.snapshot()) == list(table.live_keys())
            assert table.size == len(model)
            assert sorted(table.some_keys(13)) == sorted(model)
            assert len(set(table.some_keys(3))) == len(table.some_keys(3)) == min(3, len(model))
            assert model.keys() >= set(table.some_keys(3))
            sizes = [len(layer) for layer in table._below]
            assert all(2 * upper <= lower for upper, lower in pairwise(sizes))


TestForks = Forks.TestCase


def test_iteration_follows_insertion_over_all_layers() -> None:
    table: Table[str, int] = Table()
    for key in "dcb":
        table.set(key, 1)
    fork = table.fork()
    fork.set("a", 1)
    fork.set("c", 2)
    fork.delete("d")
    assert list(fork.live_keys()) == ["c", "b", "a"]
    assert list(fork.live_values()) == [2, 1, 1]
    assert list(table.live_keys()) == ["d", "c", "b"]


def test_some_keys_are_the_first_ones_or_those_at_the_end_of_a_layer() -> None:
    table: Table[int, bool] = Table()
    for key in range(1_000):
        table.set(key, True)
    assert table.some_keys(3) == [0, 1, 2]
    assert table.some_keys(0) == []
    first, last, both, fork = (table.fork() for _ in range(4))
    first.delete_all(range(500))
    assert first.some_keys(3) == [999, 998, 997]
    last.delete_all(range(500, 1_000))
    last.set(2_000, True)
    assert last.some_keys(3) == [0, 1, 2]
    both.delete_all([*range(63), *range(937, 1_000)])
    assert both.some_keys(3) == [63, 936]
    both.delete_all([63, 936])
    assert (both.some_keys(3), both.size) == ([], 872)  # it looked at no more
    fork.set(2_000, True)
    fork.delete_all(range(1_000))
    assert fork.some_keys(3) == [2_000]


class Box:
    def __init__(self, content: int) -> None:
        self.content = content

    def fork(self) -> Box:
        return Box(self.content)


def test_a_shared_value_is_copied_before_it_is_changed() -> None:
    table: Table[str, Box] = Table()
    table.set("box", Box(1))
    mine = table["box"]
    assert table.mutable("box") is mine
    fork = table.fork()
    fork.mutable("box").content = 2
    assert fork.mutable("box") is fork["box"]
    assert mine is not None
    assert mine.content == 1


def layers(*sizes: int) -> list[int]:
    """The sizes of what is below a table after it was forked once for each size, so many new keys at a time."""
    table: Table[int, int] = Table()
    key = 0
    for size in sizes:
        for _ in range(size):
            table.set(key, key)
            key += 1
        table = table.fork()
    return [len(layer) for layer in table._below]


def test_a_layer_is_merged_when_it_is_more_than_half_of_the_next() -> None:
    assert layers(12, 5) == [5, 12]
    assert layers(12, 6) == [6, 12]
    assert layers(12, 7) == [19]
    assert layers(12, 6, 3) == [3, 6, 12]
    assert layers(12, 6, 4) == [22]


def test_dropped_keys_take_no_space_after_the_lowest_layer_is_merged() -> None:
    table: Table[str, int] = Table()
    table.set("a", 1)
    table = table.fork()
    table.delete("a")
    table.set("b", 2)
    assert table.fork()._below == ({"b": 2},)


def test_a_missing_key_raises_in_every_layer() -> None:
    table: Table[str, Box] = Table()
    table.set("box", Box(1))
    fork = table.fork()
    for one in (Table[str, Box](), fork):
        for ask in (one.get_existing, one.mutable, one.delete):
            with pytest.raises(KeyError, match="none"):
                ask("none")
        with pytest.raises(KeyError, match="none"):
            one.delete_all(["none"])
    for one in (table, fork):
        with pytest.raises(KeyError, match="box"):
            one.add_all(["box"], Box(2))
        with pytest.raises(KeyError, match="box"):
            one.add("box", Box(2))
    assert (table.size, fork.size) == (1, 1)
