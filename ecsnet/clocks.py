"""Clocks: any callable that gives an aware UTC datetime. ecsnet never waits; it asks the clock it was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """The moment in UTC. Raises ValueError for one that does not say its timezone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no timezone: give an aware datetime, such as datetime.now(UTC)")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


class ManualClock:
    """A clock that stands still until it is moved.

    >>> from datetime import UTC, datetime, timedelta
    >>> clock = ManualClock(datetime(2019, 3, 11, tzinfo=UTC))
    >>> clock.advance(timedelta(hours=6))
    >>> clock()
    datetime.datetime(2019, 3, 11, 6, 0, tzinfo=datetime.timezone.utc)
    """

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)

    def __call__(self) -> datetime:
        return self._now

    def __repr__(self) -> str:
        return f"ManualClock({self._now!r})"

    def advance(self, by: timedelta) -> None:
        """Move forward. Raises ValueError for a negative time."""
        if by < timedelta(0):
            raise ValueError(f"a clock advances by a positive time, not by {by}")
        self._now += by

    def set(self, moment: datetime) -> None:
        """Move to a moment."""
        self._now = as_utc(moment)
