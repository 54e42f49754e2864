"""The base of every command, and the decorator that makes a class one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from ecsnet._attrs import fast_frozen

__all__ = ["Command", "Printed", "R_co", "operation"]

R_co = TypeVar("R_co", covariant=True)

if TYPE_CHECKING:
    from attrs import frozen as operation  # type checkers know this one, with its converters
else:
    operation = partial(fast_frozen, repr=False)


class Printed:
    """A base of attrs classes that are printed with the fields that are not their defaults."""

    __slots__ = ()

    def __repr__(self) -> str:
        given = [
            # The vendor's text of an enumeration, not the repr of its member: what is printed can be pasted.
            f"{field.name}={str.__repr__(value) if isinstance(value, str) else repr(value)}"
            for field in attrs.fields(type(self))  # type: ignore[arg-type]  # it is one of attrs
            if (value := getattr(self, field.name)) != field.default
        ]
        return f"{type(self).__name__}({', '.join(given)})"

    @property
    def _repr_pretty_(self) -> Callable[[Any, bool], None]:
        """Makes Hypothesis print the repr, and not every field there is.

        It is a property because Hypothesis looks for it on classes too, which are printed as ever.
        """
        return lambda printer, cycle: printer.text(repr(self))


@operation(kw_only=True)
class Command(Printed, Generic[R_co]):
    """Something a user asks for, named and parameterised as the vendor's API action, in snake_case.

    ``Command[Vpc]`` is one whose `Cloud.execute` returns a `Vpc`. Lists may be given as any iterable and are kept as
    tuples. Raises `InvalidCommand` for a value that can never be right.

    The commands are the vendor's operations: a subclass of your own raises TypeError, as no rule would guard it.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not cls.__module__.startswith("ecsnet.commands."):
            raise TypeError(
                f"{cls.__qualname__} cannot be a command: the commands are the vendor's operations, those of "
                "ecsnet.commands. Write a function that returns one or several of them instead"
            )
