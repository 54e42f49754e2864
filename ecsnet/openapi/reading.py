"""Reads parameters of actions that are no commands, and cuts the pages of their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecsnet.openapi.answers import Body
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.selection import matches

Parameters = Mapping[str, str]


def needed(parameters: Parameters, name: str) -> str:
    """Returns a parameter. Raises `Refusal` if it is missing."""
    value = parameters.get(name)
    if not value:
        raise Refusal("MissingParameter", 400, f"{name} is missing")
    return value


def items(parameters: Parameters, name: str) -> list[str]:
    """Returns the items of a list that is given as ``Name.1``, ``Name.2`` and so on, or as one value."""
    found: list[tuple[int, str]] = []
    for key, value in parameters.items():
        head, _, number = key.rpartition(".")
        if head == name and number.isascii() and number.isdigit() and len(number) < 6:
            found.append((int(number), value))
    return [value for _, value in sorted(found)] or ([parameters[name]] if name in parameters else [])


def ids_of_json(text: str) -> list[str]:
    """Returns the items of a list that is given as one JSON text, or with commas."""
    return [
        one.strip().strip('"') for one in text.strip().removeprefix("[").removesuffix("]").split(",") if one.strip()
    ]


def is_asked_for(parameters: Parameters, described: Mapping[str, Any], *names: str) -> bool:
    """Returns whether what is described has, for each of the parameters that are given, one of its values, between
    commas. In upper or lower case, ``All`` stands for any value, and an asterisk for any characters."""
    for name in names:
        wanted = parameters.get(name, "*").casefold().split(",")
        text = str(described[name]).casefold()
        if "all" not in wanted and not any(matches(one.strip(), text) for one in wanted):
            return False
    return True


def page_of(parameters: Parameters, outer: str, inner: str, found: Sequence[Any]) -> Body:
    """Returns the page of a list that parameters ask for, by number or by token, ten items without them. Raises
    `Refusal`."""
    if "MaxResults" in parameters or "NextToken" in parameters:
        size, begin = _number(parameters, "MaxResults", 10), _number(parameters, "NextToken", 1) - 1
        end = begin + size
        return {
            outer: {inner: list(found[begin:end])},
            "NextToken": str(end + 1) if end < len(found) else "",
            "PageNumber": begin // size + 1,
            "PageSize": size,
            "TotalCount": len(found),
        }
    size, page = _number(parameters, "PageSize", 10), _number(parameters, "PageNumber", 1)
    return {
        outer: {inner: list(found[(page - 1) * size : page * size])},
        "PageNumber": page,
        "PageSize": size,
        "TotalCount": len(found),
    }


def _number(parameters: Parameters, name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise Refusal("InvalidParameter", 400, f"{name} must be a number from 1 on")
    return int(text)
