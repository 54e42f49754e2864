"""Checks of texts and numbers that come from outside, and their representation in messages.

Each check returns the problem as text, or None; the caller raises the error that fits (`required` raises
`InvalidArgument`). Every bound here is the model's own, far above the limits of the vendor's API: it ensures that
values can be stored and that messages are short.
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
    """A repr of bounded length and depth, also for endlessly nested values and for numbers of more than 4,300 digits,
    which Python refuses to convert to text."""

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
    """Returns the repr of a value for a message, shortened if it is long. Never raises."""
    return _SHOWN.repr(value)


def named(text: str) -> str:
    """Returns a name for a message: unchanged, or quoted and escaped if it is long or not printable."""
    return text if text.isprintable() and len(text) <= 300 else shown(text)


def id_problem(value: Any, most: int = MOST_CHARACTERS) -> str | None:
    """Returns the problem with an id, which must have 1 to ``most`` printable characters, not all of them spaces."""
    if not isinstance(value, str) or not value.strip():
        return f"must be a non-empty string, not {shown(value)}"
    if len(value) > most:
        return f"must have at most {most} characters, not {len(value):,}"
    if not value.isprintable():
        return f"must have printable characters only, unlike {shown(value)}"
    return None


def account_problem(value: Any) -> str | None:
    """Returns the problem with an account id, which must be an id of at most 64 characters without a slash."""
    problem = id_problem(value, MOST_ACCOUNT_CHARACTERS)
    return f"must not have a slash, unlike {shown(value)}" if problem is None and "/" in value else problem


def region_problem(value: Any) -> str | None:
    """Returns the problem with a region id, which must look like ``cn-hangzhou``."""
    problem = id_problem(value)
    if problem is None and not _REGION.fullmatch(value):
        return f"must look like 'cn-hangzhou', not {shown(value)}"
    return problem


def text_problem(value: Any) -> str | None:
    """Returns the problem with a free text, which must be a string that is not blank and that UTF-8 can encode."""
    if not isinstance(value, str) or not value.strip():
        return f"must be a non-empty string, not {shown(value)}"
    return None if is_encodable(value) else f"must be text that UTF-8 can encode, unlike {shown(value)}"


def token_problem(value: Any) -> str | None:
    """Returns the problem with a client token, which must have 1 to 64 printable ASCII characters."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and 1 <= len(value) <= MOST_TOKEN_CHARACTERS:
        return None
    return f"must be 1 to {MOST_TOKEN_CHARACTERS} ASCII characters, not {shown(value)}"


def is_encodable(text: str) -> bool:
    """Returns whether UTF-8 can encode a text, which it cannot if the text has half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def member_of(kind: type[E], value: Any) -> E | None:
    """Returns the member of an enumeration of texts that has this value, None if there is none."""
    try:
        return kind(value) if isinstance(value, str) else None  # Enum would format any other value into a message
    except ValueError:
        return None


def whole_number(value: Any) -> bool:
    """Returns whether a value is an int; True and False do not count as one."""
    return isinstance(value, int) and not isinstance(value, bool)


def required(name: str, value: Any, problem: str | None) -> str:
    """Returns a text as a plain str, since a subclass of str cannot be stored. Raises `InvalidArgument` if ``problem``
    is not None."""
    if problem is not None:
        raise InvalidArgument(f"{name} {problem}")
    return str.__str__(value)


def closest(word: str, known: Iterable[str]) -> str:
    """Returns ": did you mean 'word'?" for the known word that is most like one, nothing if none is like it."""
    from difflib import get_close_matches  # only for messages

    spelled = {str(one).casefold(): str(one) for one in known}
    near = get_close_matches(word.casefold(), spelled, n=1)
    return f": did you mean {spelled[near[0]]!r}?" if near else ""
