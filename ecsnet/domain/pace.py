"""`Pace`: how long each kind of transition takes, and so which operations pass through a transitional status.

The kind of a transition is the name of the operation that begins it. A resource that was imported in a transitional
status has the kind `IMPORTED`, and one that got stuck on the way the kind `STUCK`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ecsnet.clocks import AT_ONCE, Duration, SettleAfter, later
from ecsnet.domain.state.pending import CYCLE, IMPORTED, REVOCATION, STUCK
from ecsnet.domain.subjects import eip, security_group, vpc
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface

LIFECYCLES: Final = (
    vpc.VPC,
    vpc.VSWITCH,
    security_group.SECURITY_GROUP,
    instance.INSTANCE,
    network_interface.NETWORK_INTERFACE,
    eip.EIP,
)
"""The lifecycles with transitional statuses."""
DEFAULT: Final = "default"
"""The key, in a mapping, of the kinds that it does not name."""
OPERATIONS: Final = tuple(sorted({REVOCATION, *(kind for one in LIFECYCLES for kind in one.kinds.values())}))
"""The kinds that operations begin, by the names of these."""
_ALL_OPERATIONS: Final = frozenset(OPERATIONS)
_NO_OPERATIONS: Final[frozenset[str]] = frozenset()
KINDS: Final = (*OPERATIONS, IMPORTED, DEFAULT)
"""The keys that a mapping given as ``settle_after`` may have."""


class Pace:
    """The duration of each kind of transition. ``slow`` are the operations that do not complete at once."""

    def __init__(self, settle_after: SettleAfter) -> None:
        self._given: Mapping[str, Duration] = {}
        self._default: Duration
        self.slow: frozenset[str]
        if isinstance(settle_after, Mapping):
            self._given = settle_after
            self._default = settle_after.get(DEFAULT, AT_ONCE)
            self.slow = frozenset(kind for kind in OPERATIONS if self.duration(kind) != AT_ONCE)
        else:
            self._default = settle_after
            self.slow = _NO_OPERATIONS if settle_after == AT_ONCE else _ALL_OPERATIONS

    def duration(self, kind: str) -> Duration:
        """Returns how long a kind of transition takes. What was imported waits for `Cloud.settle` unless the mapping
        says otherwise, and what is stuck waits for it in any case."""
        if kind == STUCK:
            return "manual"
        if kind == IMPORTED:
            return self._given.get(IMPORTED, "manual")
        return self._given.get(kind, self._default)

    def due_at(self, kind: str, since: datetime) -> datetime | None:
        """Returns when a transition falls due by the clock; None if it waits for `Cloud.settle`."""
        if kind == CYCLE:
            return since
        duration = self.duration(kind)
        return None if duration == "manual" else later(since, duration)
