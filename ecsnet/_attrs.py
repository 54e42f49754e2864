"""Helpers of the attrs classes: how they are made and built, names of fields, read-only mappings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import attrs

C = TypeVar("C", bound=type[Any])


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


# Frozen classes that are built as fast as mutable ones
#
# The constructor that attrs generates for a frozen class sets each field through ``object.__setattr__``, which takes
# two thirds of the time; commands and resources are built with every command. The constructor that is generated here
# gives a new object another class for as long as it is being built: a subclass with the same slots which is not frozen,
# and so sets fields at the speed of any slotted class. A value that is its field's default is not converted again.

_set_class: Final = object.__dict__["__class__"].__set__


def _fast_frozen(*, kw_only: bool, **options: Any) -> Callable[[C], C]:
    """`attrs.frozen`, with a fast constructor, for classes with keyword-only fields and without default factories."""
    if not kw_only:
        raise TypeError("the fields must be keyword-only")
    decorate = attrs.frozen(kw_only=True, field_transformer=named_converters, **options)

    def make(cls: C) -> C:
        made = decorate(cls)
        if fields := attrs.fields(made):
            made.__init__ = _constructor(made, fields)
        return made  # type: ignore[no-any-return]  # attrs makes another class, of the same type

    return make


def _draft_of(cls: type[Any]) -> type[Any]:
    # Both methods, since CPython keeps them in one slot of the class.
    unfrozen = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), {**unfrozen, "__slots__": (), "__module__": cls.__module__})


def _constructor(cls: type[Any], fields: tuple[attrs.Attribute[Any], ...]) -> Any:
    names: dict[str, Any] = {"_cls": cls, "_draft": _draft_of(cls), "_set_class": _set_class}
    parameters, statements = ["self", "*"], ["_set_class(self, _draft)"]
    annotations: dict[str, Any] = {"return": None}
    for field in fields:
        name, value = field.name, field.name
        annotations[name] = field.type
        if field.converter is not None:
            names[f"_convert_{name}"] = converter = field.converter
            value = f"_convert_{name}({name})"
            annotations[name] = next(iter(getattr(converter, "__annotations__", {}).values()), Any)
        if field.default is attrs.NOTHING:
            parameters.append(name)
        else:
            names[f"_default_{name}"] = field.default
            parameters.append(f"{name}=_default_{name}")
            value = value if field.converter is None else f"{name} if {name} is _default_{name} else {value}"
        statements.append(f"self.{name} = {value}")
    statements.append("_set_class(self, _cls)")
    if hasattr(cls, "__attrs_post_init__"):
        statements.append("self.__attrs_post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n    " + "\n    ".join(statements), names)
    constructor = names["__init__"]
    constructor.__annotations__ = annotations
    constructor.__module__, constructor.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    return constructor


if TYPE_CHECKING:
    from attrs import frozen as fast_frozen  # what type checkers know, with its converters

    __all__ = ["ReadOnlyDict", "fast_frozen", "field_names", "named_converters", "read_only"]
else:
    fast_frozen = _fast_frozen


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
