"""`Table`: a dict that can be forked in constant time.

A fork is how `check`, `settle`, `at` and `Cloud.fork` get a world of their own, so it must cost nothing, however large
the network. A table is a top layer, which it owns, over frozen layers that it shares with other tables. A write goes
to the top; a lookup falls through to the layers below only where the top knows nothing. Values that can be changed are
copied into the top before they are (`edit`): what is in the top layer may be changed, what is below never is.

Layers are merged as their sizes grow, like those of a log-structured merge tree: each is at least twice as large as the
one above it, so there are never more than log2(n) of them, and a write is merged log2(n) times at most.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol, Self, TypeVar, cast


class Draftable(Protocol):
    """A value that can be changed in place, and gives an independent copy of itself to change instead."""

    def fork(self) -> Self: ...


K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D", bound=Draftable)

Layer = dict[Any, Any]


class Table(dict[K, V | None]):
    """A mapping whose `draft` is an independent copy made in constant time.

    ``table[key]`` is the value, or None where there is none: a missing key is no error, and None marks in a layer that
    a key of a lower layer is gone. Writes go through `put`, `drop` and `edit`. ``size`` is the number of keys.
    """

    __slots__ = ("_below", "size")

    size: int

    def __init__(self) -> None:
        self._below: tuple[Layer, ...] = ()
        self.size = 0

    def __missing__(self, key: K) -> V | None:
        for layer in self._below:
            if key in layer:
                value: V | None = layer[key]
                return value
        return None

    def get_existing(self, key: K) -> V:
        """The value of a key that must be there, to read. Raises KeyError where there is none."""
        value = self[key]
        if value is None:
            raise KeyError(key)
        return value

    def set(self, key: K, value: V) -> None:
        """Set a key, new or known."""
        if self.get(key) is None and (not self._below or self[key] is None):
            self.size += 1
        self[key] = value

    def add_all(self, keys: Collection[K], value: V) -> None:
        """Set new keys, all to one value. Raises KeyError for one that is there."""
        for key in keys:
            if key in self if not self._below else self[key] is not None:
                raise KeyError(key)
            self[key] = value
        self.size += len(keys)

    def delete(self, key: K) -> None:
        """Remove a key. Raises KeyError where there is none."""
        if not self._below:
            del self[key]
        elif self[key] is None:
            raise KeyError(key)
        elif self.__missing__(key) is None:
            del self[key]
        else:
            self[key] = None
        self.size -= 1

    def delete_all(self, keys: Collection[K]) -> None:
        """Remove keys. Raises KeyError where one is not there."""
        if self._below:
            for key in keys:
                self.delete(key)
            return
        for key in keys:
            del self[key]
        self.size -= len(keys)

    def mutable(self: Table[K, D], key: K) -> D:
        """The value of a key, to be changed in place. Raises KeyError where there is none."""
        value = self.get(key)  # the top layer alone: what is in it is ours
        if value is None:
            value = self[key]
            if value is None:
                raise KeyError(key)
            value = self[key] = value.fork()
        return value

    def fork(self) -> Self:
        """An independent copy. From now on *this* table must not be written to: the copy shares its layers."""
        copy = self.__class__.__new__(self.__class__)
        copy.size = self.size
        copy._below = self._merged() if self else self._below
        return copy

    def _merged(self) -> tuple[Layer, ...]:
        layers: list[Layer] = [self, *self._below]
        while len(layers) > 1 and 2 * len(layers[0]) > len(layers[1]):
            upper, lower = layers[0], layers[1]
            merged = dict(lower)
            merged.update(upper)
            if len(layers) == 2:  # nothing is left below that a None would have to hide
                merged = {key: value for key, value in merged.items() if value is not None}
            layers[:2] = [merged]
        return tuple(layers)

    def snapshot(self) -> Mapping[K, V]:
        """All that is there, in the order of `keys_now`, to read: what a scan of everything wants."""
        if not self._below:
            return cast("Mapping[K, V]", self)  # nothing is marked as gone where there is nothing below
        merged: Layer = {}
        for layer in (*reversed(self._below), self):
            merged.update(layer)
        return {key: value for key, value in merged.items() if value is not None}

    def live_keys(self) -> Iterator[K]:
        """The keys that are there, oldest layer first; within a layer in the order of insertion."""
        if not self._below:
            yield from self
            return
        older: list[Layer] = []
        for layer in (*reversed(self._below), self):
            for key in dict.keys(layer):
                if self[key] is not None and not any(key in known for known in older):
                    yield key
            older.append(layer)

    def live_values(self) -> Iterator[V]:
        """The values that are there, in the order of `keys_now`."""
        for key in self.live_keys():
            value = self[key]
            assert value is not None
            yield value
