"""Faults that hurt in production, injected into calls over the wire.

A fault strikes a call before its effect (an error code, a slow answer, a dropped connection) or after it (the answer is
lost although the cloud has done what was asked). `Faults.add` describes when: the action, the nth call, a probability
with a seed, a predicate. What a fault does is no event of the history; what the network does because of it is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Final, Literal

import attrs

from ecsnet._arguments import shown
from ecsnet.cloud import Cloud
from ecsnet.errors import InvalidArgument
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.service import ConnectionDropped

STATUSES: Final[Mapping[str, int]] = {
    "InternalError": 500,
    "OperationConflict": 409,
    "ServiceUnavailable": 503,
    "Throttling": 400,
    "Throttling.User": 400,
}
"""The HTTP statuses of the codes that any action may answer; that of others is 400, unless it is given."""
Predicate = Callable[[str, Mapping[str, str]], bool]
Drop = Literal["before", "after"]


class InjectedRefusal(Refusal):
    """The refusal of a call by a fault. ``retry_after`` is in milliseconds, None if the answer names no time."""

    def __init__(self, code: str, http_status: int, message: str, retry_after: int | None) -> None:
        super().__init__(code, http_status, message)
        self.retry_after = retry_after


@attrs.define(kw_only=True)
class FaultRule:
    """A fault and the calls that it strikes: see `Faults.add` for the fields. ``seen`` counts the calls that it might
    have struck, ``struck`` those that it did."""

    action: str
    nth: int | None
    probability: float | None
    when: Predicate | None
    times: int | None
    code: str | None
    http_status: int
    retry_after: float | None
    drop: Drop | None
    slow: float
    seen: int = 0
    struck: int = 0

    @property
    def name(self) -> str:
        """A short text that calls have as their ``fault``."""
        words = [self.code or "", f"drop {self.drop}" if self.drop else "", f"slow {self.slow:g}s" if self.slow else ""]
        return ", ".join(word for word in words if word)

    def before(self) -> Refusal | None:
        """Waits, drops the connection, or returns the refusal of the call."""
        if self.slow:
            time.sleep(self.slow)
        if self.drop == "before":
            raise ConnectionDropped
        if self.code is None:
            return None
        wait = None if self.retry_after is None else round(self.retry_after * 1000)
        return InjectedRefusal(self.code, self.http_status, f"an injected fault: {self.code}", wait)

    def after(self) -> None:
        """Drops the connection after the effect."""
        if self.drop == "after":
            raise ConnectionDropped


class Faults:
    """The faults of a service. ``seed`` decides those with a probability."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[FaultRule] = []
        self._random = random.Random(seed)
        self._lock = Lock()
        self._lag = 0
        self._stale_actions = "Describe*"
        self._failed: dict[str, bool] = {}
        self._remembers_failed_tokens = False

    def __bool__(self) -> bool:
        return bool(self.rules or self._lag)

    def add(
        self,
        *,
        action: str = "*",
        nth: int | None = None,
        probability: float | None = None,
        when: Predicate | None = None,
        times: int | None = None,
        code: str | None = None,
        http_status: int | None = None,
        retry_after: float | None = None,
        drop: Drop | None = None,
        slow: float = 0.0,
    ) -> FaultRule:
        """Adds a fault, and returns it.

        It strikes calls of ``action`` (a pattern such as ``"Describe*"``): the ``nth`` of them, or each with a
        ``probability``, or those for which ``when(action, parameters)`` is true; at most so many ``times``. With
        ``code`` the call is refused without an effect, with an ``http_status`` and, of a throttled one, the seconds to
        wait. ``drop`` ends the connection without an answer: ``"before"`` the effect or ``"after"`` it. ``slow`` is the
        seconds that the call takes longer.

        Raises `InvalidArgument` for what does nothing, and for what contradicts itself.
        """
        if (code is None and drop is None and not slow) or (code is not None and drop is not None):
            raise InvalidArgument("a fault has a code or a drop, or is slow")
        if drop not in (None, "before", "after"):
            raise InvalidArgument(f"drop is 'before' or 'after', not {shown(drop)}")
        if nth is not None and nth < 1:
            raise InvalidArgument(f"nth counts from 1, not {shown(nth)}")
        if probability is not None and not 0 <= probability <= 1:
            raise InvalidArgument(f"probability is from 0 to 1, not {shown(probability)}")
        status = STATUSES.get(code or "", 400) if http_status is None else http_status
        if retry_after is None and code is not None and code.startswith("Throttling"):
            retry_after = 0.05
        rule = FaultRule(
            action=action,
            nth=nth,
            probability=probability,
            when=when,
            times=times,
            code=code,
            http_status=status,
            retry_after=retry_after,
            drop=drop,
            slow=slow,
        )
        with self._lock:
            self.rules.append(rule)
        return rule

    def read_stale(self, events: int, *, actions: str = "Describe*") -> None:
        """Makes Describe actions answer from a past of so many events ago. 0 ends that."""
        if isinstance(events, bool) or not isinstance(events, int) or events < 0:
            raise InvalidArgument(f"events is a number of at least 0, not {shown(events)}")
        self._lag, self._stale_actions = events, actions

    def fail_tokens(self) -> None:
        """Makes a client token whose request was refused by a fault answer `IdempotentFailed` from then on."""
        self._remembers_failed_tokens = True

    def clear(self) -> None:
        """Removes all faults."""
        with self._lock:
            self.rules.clear()
            self._failed.clear()
        self._lag = 0
        self._remembers_failed_tokens = False

    # What a service asks

    def strike(self, action: str, parameters: Mapping[str, str]) -> FaultRule | None:
        """Returns the first fault that strikes a call, and uses it up. None if there is none."""
        token = parameters.get("ClientToken")
        with self._lock:
            if token is not None and token in self._failed:
                return _failed_token()
            for rule in self.rules:
                if self._strikes(rule, action, parameters):
                    rule.struck += 1
                    if rule.code is not None and token is not None and self._remembers_failed_tokens:
                        self._failed[token] = True
                    return rule
        return None

    def _strikes(self, rule: FaultRule, action: str, parameters: Mapping[str, str]) -> bool:
        if not fnmatchcase(action, rule.action) or (rule.when is not None and not rule.when(action, parameters)):
            return False
        rule.seen += 1
        if rule.nth is not None and rule.seen != rule.nth:
            return False
        if rule.times is not None and rule.struck >= rule.times:
            return False
        return rule.probability is None or self._random.random() < rule.probability

    def cloud_for(self, cloud: Cloud, action: str) -> Cloud:
        """Returns the cloud that a Describe action reads."""
        if not self._lag or not fnmatchcase(action, self._stale_actions):
            return cloud
        return cloud.at(max(0, cloud.position - self._lag))


def _failed_token() -> FaultRule:
    return FaultRule(
        action="*",
        nth=None,
        probability=None,
        when=None,
        times=None,
        code="IdempotentFailed",
        http_status=400,
        retry_after=None,
        drop=None,
        slow=0.0,
    )


def read_faults(rows: list[dict[str, Any]], *, seed: int = 0) -> Faults:
    """Returns the faults that a JSON list of objects describes, with the parameters of `Faults.add`. Raises
    `InvalidArgument`."""
    faults = Faults(seed)
    for number, row in enumerate(rows, start=1):
        try:
            faults.add(**row)
        except TypeError as error:
            raise InvalidArgument(f"fault {number}: {error}") from error
    return faults
