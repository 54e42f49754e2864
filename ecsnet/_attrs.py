"""Helpers of the attrs classes: how they are made and built, names of fields, read-only mappings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, update_wrapper
from inspect import signature
from operator import attrgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn, ParamSpec, TypeVar

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


def _known_signatures(cls: type[Any], fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Finds the signature of each converter once, since attrs asks for it for each field: a ``field_transformer``."""
    for field in fields:
        converter = field.converter
        if isinstance(converter, FunctionType) and "__signature__" not in converter.__dict__:
            converter.__dict__["__signature__"] = signature(converter)
    return fields


# Frozen classes that are imported in less time
#
# attrs compiles the methods of each class when it is made, which takes most of the time that the library is imported
# in; few programs use all classes. So `frozen` compares, hashes and prints values by functions that read the fields.


def _frozen(cls: type[Any] | None = None, **options: Any) -> Any:
    """`attrs.frozen`, for classes whose fields have no keys of their own to be compared by, and no reprs of their own.
    Methods that a class has itself are kept; ``repr=False`` is for one that inherits its repr."""
    printed = options.pop("repr", True)
    decorate = attrs.frozen(eq=False, repr=False, **options)

    def make(cls: type[Any]) -> Any:
        made = decorate(cls)
        for method in (*_equality(made), *([_repr(made)] if printed else [])):
            if method.__name__ not in cls.__dict__:
                method.__module__ = made.__module__
                method.__qualname__ = f"{made.__qualname__}.{method.__name__}"
                setattr(made, method.__name__, method)
        return made

    return make if cls is None else make(cls)


def _equality(cls: Any) -> tuple[Any, Any]:
    fields = attrs.fields(cls)
    compared = _reader([field.name for field in fields if field.eq])
    hashed = _reader([field.name for field in fields if (field.eq if field.hash is None else field.hash)])
    salt = hash(f"{cls.__module__}.{cls.__qualname__}")

    def __eq__(self: Any, other: object) -> Any:  # noqa: N807
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash((salt, hashed(self)))

    return __eq__, __hash__


def _reader(names: Sequence[str]) -> Callable[[Any], Any]:
    """Returns a function that reads attributes: the value of one, a tuple of several."""
    return attrgetter(*names) if names else lambda _: ()


def _repr(cls: Any) -> Any:
    names = [field.name for field in attrs.fields(cls) if field.repr]

    def __repr__(self: Any) -> str:  # noqa: N807
        name_of_class = type(self).__qualname__.rpartition(">.")[2]
        return f"{name_of_class}({', '.join([f'{name}={getattr(self, name)!r}' for name in names])})"

    return __repr__


# Frozen classes that are built as fast as mutable ones
#
# The constructor that attrs generates for a frozen class sets each field through ``object.__setattr__``, which takes
# most of the time; commands, decisions and resources are built with every command. The constructor that is generated
# here gives a new object another class for as long as it is being built: a subclass with the same slots which is not
# frozen, and so sets fields at the speed of any class with slots. A value that is its field's default is not converted
# again, and converters are told the names of their fields, as by `named_converters`.
#
# `builder` has the same code as a function, since a call of a class packs its keywords into a dict; so does a call of a
# function with more than 15 keywords, which `copier` does without.

P = ParamSpec("P")
K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
_set_class: Final = object.__dict__["__class__"].__set__


def _fast_frozen(*, kw_only: bool, **options: Any) -> Callable[[C], C]:
    """`frozen`, with a fast constructor, for classes with keyword-only fields and without default factories."""
    if not kw_only:
        raise TypeError("the fields must be keyword-only")
    decorate = _frozen(kw_only=True, field_transformer=_known_signatures, **options)

    def make(cls: C) -> C:
        made = decorate(cls)
        if attrs.fields(made):
            made.__init__ = _generated_on_first_use(made, made.__init__)
        return made  # type: ignore[no-any-return]  # attrs makes another class, of the same type

    return make


def builder(cls: Callable[P, T]) -> Callable[P, T]:
    """Returns a function that builds values of a `fast_frozen` class as the class does, in less time."""
    build: Callable[P, T] = _generated(cls, ["*"], ["self = _new(_draft)"], ["return self"])
    return build


def copier(cls: Callable[..., T], *computed: str) -> Callable[..., T]:
    """Returns a function that builds values of a `fast_frozen` class from an object with fields of the same names. It
    is given the object, and the fields that are ``computed`` as keywords."""
    copied = frozenset(field_names(cls)) - frozenset(computed)
    first = ["source", "*"] if computed else ["source"]
    build: Callable[..., T] = _generated(cls, first, ["self = _new(_draft)"], ["return self"], copied=copied)
    return build


def _generated_on_first_use(cls: Any, of_attrs: Callable[..., None]) -> Callable[..., None]:
    """Returns a constructor that replaces itself by the fast one, which takes time to generate: few programs use all
    classes. A subclass, which may have other slots, has one that sets fields as that of attrs does."""

    def constructor(self: Any, **values: Any) -> None:
        given = ", ".join(f"{name}={name}" for name in field_names(cls))
        begin = [f"if self.__class__ is not _cls: return _of_subclass(_cls)(self, {given})", "_set_class(self, _draft)"]
        fast = _generated(cls, ["self", "*"], begin, [], _of_subclass=_constructor_of_subclasses)
        cls.__init__ = update_wrapper(fast, of_attrs)
        cls.__init__(self, **values)

    return update_wrapper(constructor, of_attrs)


@cache
def _constructor_of_subclasses(cls: Any) -> Callable[..., None]:
    build: Callable[..., None] = _generated(cls, ["self", "*"], [], [], drafted=False, _set=object.__setattr__)
    return build


@cache
def _draft_of(cls: type[Any]) -> type[Any]:
    # Both methods, since CPython keeps them in one slot of the class.
    unfrozen = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), {**unfrozen, "__slots__": (), "__module__": cls.__module__})


def _generated(
    cls: Any,
    first: Sequence[str],
    begin: Sequence[str],
    end: Sequence[str],
    *,
    drafted: bool = True,
    copied: Collection[str] = (),
    **more: Any,
) -> Any:
    """Returns a function with the fields of a class as keywords, which sets them in a draft and makes it one of the
    class, or in a frozen value unless it is ``drafted``. Those that are ``copied`` are no keywords, but fields of its
    parameter ``source``."""
    names = {"_cls": cls, "_draft": _draft_of(cls), "_set_class": _set_class, "_new": object.__new__, **more}
    parameters, statements = [], list(begin)
    for field in attrs.fields(cls):
        parameter = field.name
        given = value = f"source.{field.name}" if field.name in copied else field.name
        if field.converter is not None:
            names[f"_convert_{field.name}"] = _named(field.converter, field.name)
            value = f"_convert_{field.name}({given})"
        if field.default is not attrs.NOTHING:
            default = f"_default_{field.name}"
            names[default] = field.default
            parameter = f"{field.name}={default}"
            value = value if field.converter is None else f"{given} if {given} is {default} else {value}"
        if field.name not in copied:
            parameters.append(parameter)
        statements.append(f"self.{field.name} = {value}" if drafted else f"_set(self, {field.name!r}, {value})")
    if drafted:
        statements.append("self.__class__ = _cls")
    if hasattr(cls, "__attrs_post_init__"):
        statements.append("self.__attrs_post_init__()")
    exec("\n    ".join([f"def build({', '.join([*first, *parameters])}):", *statements, *end]), names)
    return names["build"]


if TYPE_CHECKING:
    from attrs import frozen as fast_frozen  # what type checkers know, with its converters
    from attrs import frozen as frozen

    __all__ = [
        "ReadOnlyDict",
        "builder",
        "copier",
        "fast_frozen",
        "field_names",
        "frozen",
        "named_converters",
        "read_only",
    ]
else:
    fast_frozen, frozen = _fast_frozen, _frozen


def field_names(cls: Any) -> tuple[str, ...]:
    """Returns the names of an attrs class's fields, in their order."""
    return _field_names(cls)


@cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(cls))


class ReadOnlyDict(dict[K, V]):
    """A dict that cannot be changed, equal to a dict with the same items. It can be copied and pickled.

    Reading it is as fast as reading a dict, which a `MappingProxyType` is not.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    if not TYPE_CHECKING:  # to a type checker these are the methods of a dict

        def _refuse(self, *_: Any, **__: Any) -> NoReturn:
            raise TypeError("this mapping is read-only: make a dict of it to change something")

        __setitem__ = __delitem__ = __ior__ = _refuse
        clear = pop = popitem = setdefault = update = _refuse


def read_only(mapping: Mapping[str, Any]) -> ReadOnlyDict[str, Any]:
    """Returns a read-only copy of a mapping; a converter."""
    return mapping if type(mapping) is ReadOnlyDict else ReadOnlyDict(mapping)
