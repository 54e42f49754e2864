"""Clocks: any callable that returns an aware UTC datetime. ecsnet never sleeps; it reads the clock that it was given.

The calendar is Python's and ends with the year 9999. A time outside of it, in UTC, raises `InvalidArgument`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from ecsnet._arguments import shown
from ecsnet._attrs import frozen
from ecsnet.errors import InvalidArgument

Clock = Callable[[], datetime]
Duration = timedelta | Literal["manual"]
"""The duration of a transition: a time by the clock, or until `Cloud.settle` is called."""
SettleAfter = Duration | Mapping[str, Duration]
"""The duration of all transitions, or of each by the name of the operation that begins it."""
Outcome = Literal["completed", "failed", "stuck"]
"""The end of a transition. One that is stuck stays in its transitional status until it is asked for again."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("completed", "failed", "stuck")


@frozen(kw_only=True)
class Transition:
    """A transition that falls due and may end in several ways: the resource, the name of the operation that began it,
    the transitional status, when it began and fell due, and how it may end."""

    resource_id: str
    operation: str
    status: str
    region_id: str
    account_id: str
    began_at: datetime
    due_at: datetime
    outcomes: tuple[str, ...]


Outcomes = Callable[[Transition], Outcome]
"""Decides how a transition ends that falls due by the clock: with the same answer for the same transition always, as it
may be asked any number of times before the answer is recorded."""
AT_ONCE: Final = timedelta(0)
"""The `SettleAfter` of a cloud without transitional states."""
LONGEST_SETTLING: Final = timedelta(days=10_000)
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)


def utc_now() -> datetime:
    """Returns the time of the system's clock."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """Returns the moment in UTC. Raises `InvalidArgument` (a ValueError) for a value that is no datetime, for one
    without a timezone, and for one outside of the calendar of UTC."""
    if not isinstance(moment, datetime):
        raise InvalidArgument(f"{shown(moment)} is no time: give an aware datetime, such as datetime.now(UTC)")
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise InvalidArgument(f"{moment!r} has no timezone: give an aware datetime, such as datetime.now(UTC)")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidArgument(f"{moment!r} is outside of the calendar, which has the years 1 to 9999 of UTC") from None


def later(moment: datetime, by: timedelta) -> datetime:
    """Returns the moment plus a duration, or the end of the calendar if the sum is beyond it."""
    try:
        return moment + by
    except OverflowError:
        return END_OF_TIME


class ManualClock:
    """A clock that stands still until `advance` or `set` is called.

    >>> from datetime import UTC, datetime, timedelta
    >>> clock = ManualClock(datetime(2019, 3, 11, tzinfo=UTC))
    >>> clock.advance(timedelta(hours=6))
    >>> clock()
    datetime.datetime(2019, 3, 11, 6, 0, tzinfo=datetime.timezone.utc)

    Raises `InvalidArgument` (a ValueError) for a time without timezone, or beyond the calendar.
    """

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)

    def __call__(self) -> datetime:
        return self._now

    def __repr__(self) -> str:
        return f"ManualClock({self._now!r})"

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward. Raises `InvalidArgument` (a ValueError) for a negative duration and for one that
        leads beyond the calendar; the clock then keeps its time."""
        if not isinstance(by, timedelta) or by < timedelta(0):
            raise InvalidArgument(f"a clock advances by a positive timedelta, not by {shown(by)}")
        try:
            self._now += by
        except OverflowError:
            raise InvalidArgument(f"{by} from {self._now} on there is no time: the calendar ends in 9999") from None

    def set(self, moment: datetime) -> None:
        """Sets the clock to a moment. Raises `InvalidArgument` (a ValueError) as `ManualClock` does."""
        self._now = as_utc(moment)
