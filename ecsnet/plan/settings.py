"""The settings of a plan: the time at which it starts, the duration of transitional states, the account, and the
edition of the vendor's documentation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ecsnet._arguments import account_problem, named, shown
from ecsnet.clocks import LONGEST_SETTLING, Duration, SettleAfter, as_utc
from ecsnet.domain.pace import KINDS
from ecsnet.editions import edition_problem
from ecsnet.errors import InvalidArgument
from ecsnet.openapi.requests import did_you_mean

OPERATIONS: Final = "operations"
"""The key of the list of operations, in a plan that is an object."""


def parse_start(value: Any) -> datetime:
    """Returns the time of an ISO 8601 text, in UTC. Raises ValueError, also for a time without a time zone."""
    try:
        return as_utc(datetime.fromisoformat(value))
    except (TypeError, ValueError, InvalidArgument):
        wanted = "must be an ISO 8601 time with its time zone, such as 2019-03-11T08:00:00+08:00"
        raise ValueError(f"{wanted}, not {shown(value)}") from None


def parse_settle_after(value: Any) -> SettleAfter:
    """Returns the ``settle_after`` of `Cloud` for a number of seconds, its text, or ``"manual"``; or for an object with
    the names of operations and one of these for each.

    Raises ValueError for anything else, and for more than `Cloud` accepts, which is 10,000 days.
    """
    if not isinstance(value, Mapping):
        return parse_duration(value)
    durations: dict[str, Duration] = {}
    for kind, one in value.items():
        if kind not in KINDS:
            raise ValueError(f"no operation {shown(kind)} takes time{did_you_mean(kind, KINDS)}")
        try:
            durations[kind] = parse_duration(one)
        except ValueError as error:
            raise ValueError(f"{kind} {error}") from None
    return durations


def parse_duration(value: Any) -> Duration:
    """Returns a number of seconds, or its text, as a timedelta, and ``"manual"`` as it is. Raises ValueError."""
    if value == "manual":
        return "manual"
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            seconds = float(value)
            if seconds >= 0 and math.isfinite(seconds) and timedelta(seconds=seconds) <= LONGEST_SETTLING:
                return timedelta(seconds=seconds)
        except (ValueError, OverflowError):
            pass
    days = LONGEST_SETTLING.days
    raise ValueError(f"must be a number of seconds from 0 to {days:,} days, or 'manual', not {shown(value)}")


def parse_account_id(value: Any) -> str:
    """Returns a valid account id unchanged. Raises ValueError for any other value."""
    return _valid(value, account_problem(value))


def parse_edition(value: Any) -> str:
    """Returns the id of an edition unchanged. Raises ValueError for any other value."""
    return _valid(value, edition_problem(value))


def _valid(value: Any, problem: str | None) -> str:
    if problem is not None:
        raise ValueError(problem)
    return str(value)


_PARSERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "start": parse_start,
    "settle_after": parse_settle_after,
    "account_id": parse_account_id,
    "edition": parse_edition,
}


def parse_settings(entries: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Returns the settings of a plan that is an object, by key, and appends their errors to ``problems``."""
    settings: dict[str, Any] = {}
    for key, value in entries.items():
        if key in _PARSERS:
            try:
                settings[key] = _PARSERS[key](value)
            except ValueError as error:
                problems.append(f"{key}: {error}")
        elif key != OPERATIONS:
            nearest = did_you_mean(key, [*_PARSERS, OPERATIONS])
            problems.append(f"{named(key)}: unknown key{nearest}")
    return settings
