"""Checks of texts and numbers that come from outside, and their representation in messages.

Each check returns what is wrong, or None; whoever asks raises the error that is right in that place (`required` raises
an `InvalidArgument`). Every bound here is the model's own, far above what the vendor's API takes: it keeps what is
stored storable, and messages short.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, TypeVar

from ecsnet.errors import InvalidArgument

E = TypeVar("E", bound=StrEnum)

MOST_CHARACTERS: Final = 128
"""The longest id."""
MOST_ACCOUNT_CHARACTERS: Final = 64
MOST_TOKEN_CHARACTERS: Final = 64
MOST_ITEMS: Final = 65_536
"""The longest list: as many as the largest VSwitch has addresses."""

_REGION: Final = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")


class _Shown(reprlib.Repr):
    """A repr of bounded length and depth: of a value that nests without end, and of a number that has no decimal text
    (Python refuses to write one of more than 4,300 digits)."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxtuple = self.maxlist = self.maxarray = self.maxdict = 16
        self.maxset = self.maxfrozenset = self.maxdeque = 16
        self.maxstring = self.maxother = 300

    def repr_int(self, x: int, level: int) -> str:
        if x.bit_length() <= 256:
            return repr(x)
        return f"a number of some {x.bit_length() * 30103 // 100000 + 1:,} digits"


_SHOWN: Final = _Shown()


def shown(value: object) -> str:
    """Returns a value as a message shows it: its repr, shortened if it is long, and never an error."""
    return _SHOWN.repr(value)


def named(text: str) -> str:
    """Returns a name as a message has it: as it is, or quoted and escaped if it is not printable or long."""
    return text if text.isprintable() and len(text) <= 300 else shown(text)


def id_problem(value: Any, most: int = MOST_CHARACTERS) -> str | None:
    """Returns what is wrong with an id: it is text of 1 to ``most`` printable characters, not all of them spaces."""
    if not isinstance(value, str) or not value.strip():
        return f"must be a non-empty string, not {shown(value)}"
    if len(value) > most:
        return f"must have at most {most} characters, not {len(value):,}"
    if not value.isprintable():
        return f"must have printable characters only, unlike {shown(value)}"
    return None


def account_problem(value: Any) -> str | None:
    """Returns what is wrong with an account id: it is an id of at most 64 characters without a slash."""
    problem = id_problem(value, MOST_ACCOUNT_CHARACTERS)
    return f"must not have a slash, unlike {shown(value)}" if problem is None and "/" in value else problem


def region_problem(value: Any) -> str | None:
    """Returns what is wrong with a region id: it looks like ``cn-hangzhou``."""
    problem = id_problem(value)
    if problem is None and not _REGION.fullmatch(value):
        return f"must look like 'cn-hangzhou', not {shown(value)}"
    return problem


def text_problem(value: Any) -> str | None:
    """Returns what is wrong with a free text: it is a string that is not blank and that UTF-8 can encode."""
    if not isinstance(value, str) or not value.strip():
        return f"must be a non-empty string, not {shown(value)}"
    return None if is_encodable(value) else f"must be text that UTF-8 can encode, unlike {shown(value)}"


def token_problem(value: Any) -> str | None:
    """Returns what is wrong with a client token: it has 1 to 64 printable ASCII characters."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and 1 <= len(value) <= MOST_TOKEN_CHARACTERS:
        return None
    return f"must be 1 to {MOST_TOKEN_CHARACTERS} ASCII characters, not {shown(value)}"


def is_encodable(text: str) -> bool:
    """Returns whether a text can be stored: half a surrogate pair is no character, and has no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def member_of(kind: type[E], value: Any) -> E | None:
    """Returns the member of an enumeration of texts that a value is, None if it is none."""
    try:
        return kind(value) if isinstance(value, str) else None  # of other values Enum makes messages, of any depth
    except ValueError:
        return None


def whole_number(value: Any) -> bool:
    """Returns whether a value is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def required(name: str, value: Any, problem: str | None) -> str:
    """Returns a text as a plain str: a subclass of str cannot be stored. Raises `InvalidArgument` if there is a problem
    with it."""
    if problem is not None:
        raise InvalidArgument(f"{name} {problem}")
    return str.__str__(value)


def closest(word: str, known: Iterable[str]) -> str:
    """Returns ": did you mean 'word'?" for the known word that is most like one, nothing if none is like it."""
    from difflib import get_close_matches  # only for messages

    spelled = {str(one).casefold(): str(one) for one in known}
    near = get_close_matches(word.casefold(), spelled, n=1)
    return f": did you mean {spelled[near[0]]!r}?" if near else ""
