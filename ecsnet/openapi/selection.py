"""Selects the resources that a Describe action is asked for: by the vendor's filters, and in pages.

A filter that has an index is looked up in it, so that asking for a resource by its id costs the same in every network.
A page of a list that has no filter costs the same, too (`ecsnet._listings`). Pages follow the order of creation, and a
token names the last resource of the page before: what is created or deleted meanwhile shifts no page.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ecsnet._arguments import shown, whole_number
from ecsnet._collections import FINDERS, TAGS
from ecsnet.domain.state.world import Region
from ecsnet.errors import InvalidDescribe

Values = Callable[[Region, Any], Iterable[Any]]
MOST_VALUES: Final = 100
"""The most values of one filter: the most that any of the vendor's has."""
MOST_TAGS: Final = 20


class Filter(NamedTuple):
    """A filter: a resource passes if one of its ``values`` is among the wanted ones.

    ``indexed_by`` is the attribute of `ecsnet._collections.FINDERS` that has at least the resources with a value, None
    if there is no index; what is not ``indexed`` whole is looked for among all if the index has nothing. With
    ``pattern``, an asterisk of a wanted value stands for any text.
    """

    values: Values
    indexed_by: str | None = None
    pattern: bool = False
    indexed: bool = True


def attribute(name: str, index: str | None = None, *, pattern: bool = False) -> Filter:
    """Returns the filter by one attribute of the state, whose None is an empty text."""
    return Filter(lambda region, state: (getattr(state, name) or "",), index, pattern)


def said(name: str, field: str) -> Filter:
    """Returns the filter by an attribute for which the description of a held resource may say something else."""
    return Filter(lambda region, state: ((state.described or {}).get(field) or getattr(state, name) or "",))


def texts(parameter: str, value: Any) -> tuple[str, ...]:
    """Returns the texts of a parameter that has one, several as a list, or several as a JSON text or between commas."""
    if isinstance(value, str):
        if value.startswith("["):
            try:
                value = msgspec.json.decode(value)
            except (msgspec.DecodeError, RecursionError):
                raise InvalidDescribe(f"{parameter} is no JSON list: {shown(value)}", parameter=parameter) from None
        else:
            value = value.split(",")
    if isinstance(value, int) and not isinstance(value, bool):
        value = [str(value)]
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(one, str) for one in value):
        raise InvalidDescribe(f"{parameter} must be text or a list of texts, not {shown(value)}", parameter=parameter)
    if len(value) > MOST_VALUES:
        reason = f"{parameter} takes {MOST_VALUES} values at most, not {len(value)}"
        raise InvalidDescribe(reason, parameter=parameter)
    return tuple([one.strip() for one in value])


def tags(value: Any) -> dict[str, str | None]:
    """Returns the keys of the parameter Tag, each with the value that is asked for, None for any.

    ``value`` is a list of objects with Key and Value, or what flat names such as ``Tag.1.Key`` have after the first
    point. A resource passes if it has all the tags. Raises `InvalidDescribe`.
    """
    found: dict[str, str | None] = {}
    for name, tag in _numbered_tags(value):
        parts = {part.capitalize(): text for part, text in tag.items() if isinstance(part, str)}
        if parts.keys() - {"Key", "Value"} or not all(isinstance(text, str) for text in parts.values()):
            raise InvalidDescribe(f"{name} has a Key and may have a Value, which are texts", parameter=name)
        key = parts.get("Key")
        if not key:
            raise InvalidDescribe(f"{name}.Key is missing", parameter=f"{name}.Key", code="MissingParameter")
        if key in found:
            raise InvalidDescribe(f"Tag has the key {shown(key)} twice", parameter=f"{name}.Key")
        found[key] = parts.get("Value") or None
    if len(found) > MOST_TAGS:
        raise InvalidDescribe(f"Tag takes {MOST_TAGS} tags at most, not {len(found)}", parameter="Tag")
    return found


def _numbered_tags(value: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Returns each tag with its name, such as ``Tag.1``."""
    if isinstance(value, list | tuple) and all(isinstance(one, Mapping) for one in value):
        return [(f"Tag.{number}", one) for number, one in enumerate(value, start=1)]
    if not isinstance(value, Flat):
        raise InvalidDescribe(f"Tag is a list of objects with Key and Value, not {shown(value)}", parameter="Tag")
    tags: dict[int, dict[str, Any]] = {}
    for name, text in value.items():
        matched = re.fullmatch(r"([1-9][0-9]{0,8})\.(Key|Value|key|value)", name)
        if matched is None:
            raise InvalidDescribe(f"Tag.{name} is none of Tag.1.Key, Tag.1.Value and so on", parameter=f"Tag.{name}")
        tags.setdefault(int(matched[1]), {})[matched[2]] = text
    return [(f"Tag.{number}", tags[number]) for number in sorted(tags)]


class Flat(dict[str, Any]):
    """The values of a parameter that was given under flat names, by what they have after the first point."""


def flag(parameter: str, value: Any) -> bool:
    """Returns the truth value of a parameter, which clients also write as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    raise InvalidDescribe(f"{parameter} must be true or false, not {shown(value)}", parameter=parameter)


def number(parameter: str, value: Any, most: int) -> int:
    """Returns a parameter that is a number from 1 on."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if not whole_number(value) or not 1 <= value <= most:
        raise InvalidDescribe(
            f"{parameter} must be a number from 1 to {most:,}, not {shown(value)}", parameter=parameter
        )
    return int(value)


def amount(parameter: str, value: Any) -> float:
    """Returns a parameter that is a number of at least 0, which may have a fraction."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        raise InvalidDescribe(f"{parameter} must be a number of at least 0, not {shown(value)}", parameter=parameter)
    return float(value)


def _passes(of_filter: Filter, wanted: Sequence[Any], region: Region, state: Any) -> bool:
    values = of_filter.values(region, state)
    if any(value in wanted for value in values):
        return True
    if not of_filter.pattern:
        return False
    patterns = [one for one in wanted if isinstance(one, str) and "*" in one]
    return any(matches(pattern, str(value)) for value in values for pattern in patterns)


def matches(pattern: str, text: str) -> bool:
    """Returns whether a text is as a pattern says, in which each ``*`` stands for any characters.

    A regular expression would try every way to divide the text among the asterisks.
    """
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *between, last = others
    if not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in between:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return place <= end


def selected(
    region: Region,
    table: str,
    filters: Sequence[tuple[Filter, Sequence[Any]]],
    tagged: Mapping[str, str | None],
    account_id: str,
    everything: Sequence[str],
) -> Sequence[str]:
    """Returns the ids of an account's resources that pass all filters and have all tags, in the order of creation;
    ``everything`` has the ids of all its resources."""
    if not filters and not tagged:
        return everything
    rows: Any = getattr(region, table)
    found = _looked_up(region, table, filters, tagged)
    states = filter(None, map(rows.__getitem__, everything if found is None else found))
    return [
        state.id
        for state in (states if found is None else sorted(states, key=lambda state: state.position))
        if state.account_id == account_id
        and all(_passes(of_filter, wanted, region, state) for of_filter, wanted in filters)
        and all(key in state.tags and value in (None, state.tags[key]) for key, value in tagged.items())
    ]


def _looked_up(
    region: Region, table: str, filters: Sequence[tuple[Filter, Sequence[Any]]], tagged: Mapping[str, str | None]
) -> set[str] | None:
    """Returns the ids that an index has for one of the filters or the tags, None if there is no such index."""
    for of_filter, wanted in filters:
        if of_filter.indexed_by is None or (of_filter.pattern and any("*" in one for one in wanted)):
            continue
        found = {one for value in wanted for one in FINDERS[table, of_filter.indexed_by](region, value)}
        if found or of_filter.indexed:
            return found
    if any(value is not None for value in tagged.values()):
        return set(FINDERS[table, TAGS](region, tagged))
    return None


# Pages


class Page(NamedTuple):
    """The ids of one page, and the fields of the response that tell of it."""

    ids: Sequence[str]
    fields: Mapping[str, Any]


def page(
    region: Region, table: str, ids: Sequence[str], parameters: Mapping[str, Any], *, most: int, tokens: int | None
) -> Page:
    """Returns the page that parameters ask for: by number and size, or by token and size if the action has ``tokens``
    (the most results of one page). Without any of them, all is one page. ``most`` is the largest size of a page."""
    total = len(ids)
    fields: dict[str, Any] = {"TotalCount": total}
    if tokens is not None:
        fields["NextToken"] = ""
        if "NextToken" in parameters or "MaxResults" in parameters:
            size = number("MaxResults", parameters.get("MaxResults", min(10, tokens)), tokens)
            begin = _after(region, table, ids, parameters.get("NextToken"))
            chosen = ids[begin : begin + size]
            if begin + size < total:
                fields["NextToken"] = _token(getattr(region, table)[chosen[-1]].position)
            return Page(chosen, {**fields, "PageNumber": begin // size + 1, "PageSize": size})
    if "PageNumber" in parameters or "PageSize" in parameters:
        size = number("PageSize", parameters.get("PageSize", min(10, most)), most)
        place = number("PageNumber", parameters.get("PageNumber", 1), 10**9)
        return Page(ids[(place - 1) * size : place * size], {**fields, "PageNumber": place, "PageSize": size})
    return Page(ids, {**fields, "PageNumber": 1, "PageSize": max(total, 1)})


def _token(position: int) -> str:
    return urlsafe_b64encode(b"after %d" % position).decode()


def _after(region: Region, table: str, ids: Sequence[str], token: Any) -> int:
    """Returns where the page after a token begins."""
    if token is None:
        return 0
    try:
        found = re.fullmatch(rb"after ([0-9]{1,18})", urlsafe_b64decode(token)) if isinstance(token, str) else None
    except ValueError:
        found = None
    if found is None:
        raise InvalidDescribe(f"NextToken {shown(token)} is of no response", parameter="NextToken")
    rows: Any = getattr(region, table)
    return bisect_right(ids, int(found[1]), key=lambda one: rows[one].position)
