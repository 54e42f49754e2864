"""`Table`: a dict that can be forked in constant time.

`check`, `settle`, `at` and `Cloud.fork` work on forks of the world, so a fork must be cheap, however large the network.
A table is a top layer, which it owns, over frozen layers that it shares with other tables. A write goes to the top; a
lookup continues in the layers below only for a key that the top does not have. A mutable value is copied into the top
before it is changed (`mutable`), so values in the top layer may be changed and values below never are.

Layers are merged as their sizes grow, like those of a log-structured merge tree: each is at least twice as large as the
one above it, so there are never more than log2(n) of them, and a write is merged log2(n) times at most.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final, Protocol, Self, TypeVar, cast


class Draftable(Protocol):
    """A value that can be changed in place; ``fork`` returns an independent copy."""

    def fork(self) -> Self: ...


K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D", bound=Draftable)

Layer = dict[Any, Any]
LOOKS: Final = 64
"""The keys at each end of a layer that `Table.some_keys` looks at."""


class Table(dict[K, V | None]):
    """A mapping whose `fork` is an independent copy made in constant time.

    ``table[key]`` is the value, or None for a missing key. In a layer, None marks a key of a lower layer as deleted.
    Writes go through `set`, `add`, `add_all`, `delete`, `delete_all` and `mutable`. ``size`` is the number of keys.
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

    def lacks(self, key: K) -> bool:
        """Returns whether a key is missing. If it is, a look-up of its value takes longer."""
        return self.get(key) is None if not self._below else self[key] is None

    def get_existing(self, key: K) -> V:
        """Returns the value of an existing key, for reading. Raises KeyError if the key is missing."""
        value = self[key]
        if value is None:
            raise KeyError(key)
        return value

    def set(self, key: K, value: V) -> None:
        """Sets a new or existing key."""
        if self.get(key) is None and (not self._below or self[key] is None):
            self.size += 1
        self[key] = value

    def add(self, key: K, value: V) -> None:
        """Sets a new key. Raises KeyError for one that exists."""
        if key in self if not self._below else self[key] is not None:
            raise KeyError(key)
        self[key] = value
        self.size += 1

    def add_all(self, keys: Collection[K], value: V) -> None:
        """Sets new keys, all to one value. Raises KeyError for a key that exists."""
        below = self._below
        for key in keys:
            if key in self if not below else self[key] is not None:
                raise KeyError(key)
            self[key] = value
        self.size += len(keys)

    def delete(self, key: K) -> None:
        """Removes a key. Raises KeyError if it is missing."""
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
        """Removes keys. Raises KeyError if one is missing."""
        if self._below:
            for key in keys:
                self.delete(key)
            return
        for key in keys:
            del self[key]
        self.size -= len(keys)

    def mutable(self: Table[K, D], key: K) -> D:
        """Returns the value of a key, which may be changed in place. Raises KeyError if the key is missing."""
        value = self.get(key)  # from the top layer only, whose values are owned by this table
        if value is None:
            value = self[key]
            if value is None:
                raise KeyError(key)
            value = self[key] = value.fork()
        return value

    def fork(self) -> Self:
        """Returns an independent copy. After that *this* table must not be written to: the copy shares its layers."""
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
            if len(layers) == 2:  # no layer is left below in which a None would have to hide a key
                merged = {key: value for key, value in merged.items() if value is not None}
            layers[:2] = [merged]
        return tuple(layers)

    def snapshot(self) -> Mapping[K, V]:
        """Returns a read-only mapping of all keys, in the order of `live_keys`; cheaper than many lookups."""
        if not self._below:
            return cast("Mapping[K, V]", self)  # a table of one layer has no key that is marked as deleted
        merged: Layer = {}
        for layer in (*reversed(self._below), self):
            merged.update(layer)
        return {key: value for key, value in merged.items() if value is not None}

    def live_keys(self) -> Iterator[K]:
        """Yields the keys, those of the oldest layer first; within a layer in the order of insertion."""
        if not self._below:
            yield from self
            return
        older: list[Layer] = []
        for layer in (*reversed(self._below), self):
            for key in dict.keys(layer):
                if self[key] is not None and not any(key in known for known in older):
                    yield key
            older.append(layer)

    def some_keys(self, count: int) -> list[K]:
        """Returns up to ``count`` keys, whatever the size of the table: the first ones, as a rule.

        It looks at `LOOKS` keys at the beginning of each layer, and then at the end of each. If more than that were
        deleted at both, it finds fewer keys than there are.
        """
        found: dict[K, None] = {}
        layers: tuple[Layer, ...] = (*reversed(self._below), self)
        looks = (islice(ends(layer), LOOKS) for ends in (iter, reversed) for layer in layers)
        for key in chain.from_iterable(looks):
            if len(found) == count:
                break
            if self[key] is not None:
                found[key] = None
        return list(found)

    def newest(self, count: int) -> list[K]:
        """Returns the last ``count`` keys of `live_keys`, or all if there are fewer. It looks at the keys that were
        changed since."""
        found: list[K] = []
        layers: tuple[Layer, ...] = (self, *self._below)
        for depth, layer in enumerate(layers):
            for key in reversed(layer):
                if len(found) == count:
                    break
                older = any(key in below for below in layers[depth + 1 :])
                if not older and self[key] is not None:
                    found.append(key)
        found.reverse()
        return found

    def live_values(self) -> Iterator[V]:
        """Yields the values, in the order of `live_keys`."""
        for key in self.live_keys():
            value = self[key]
            assert value is not None
            yield value
