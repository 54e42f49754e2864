"""Helpers of the attrs classes: converters that know their field, names of fields, read-only mappings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import FunctionType
from typing import Any, NoReturn

import attrs


def named_converters(cls: type[Any], fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Tells each converter the name of its field, for its messages: a ``field_transformer`` of attrs.

    A converter that wants the name has a second parameter ``name``, with a default. Its copy for a field has the
    field's name as that default, so that the name costs nothing when a value is built.
    """
    return [field.evolve(converter=_named(field.converter, field.name)) for field in fields]


def _named(converter: Any, name: str) -> Any:
    if not isinstance(converter, FunctionType) or converter.__code__.co_varnames[1:2] != ("name",):
        return converter
    copy = FunctionType(converter.__code__, converter.__globals__, converter.__name__, (name,))
    copy.__annotations__ = converter.__annotations__
    return copy


def field_names(cls: Any) -> tuple[str, ...]:
    """Returns the names of an attrs class's fields, in their order."""
    return _field_names(cls)


@cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(cls))


class ReadOnlyDict(dict[str, Any]):
    """A dict that cannot be changed; equal to a dict with the same items. It can be copied and pickled."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping is read-only: make a dict of it to change something")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return ReadOnlyDict, (dict(self),)


def read_only(mapping: Mapping[str, Any]) -> ReadOnlyDict:
    """Returns a read-only copy of a mapping; a converter."""
    return mapping if type(mapping) is ReadOnlyDict else ReadOnlyDict(mapping)
