"""Faults that hurt in production, injected into calls: over the wire, of the library, and of a system beside the model.

A fault strikes a call before its effect (an error code, a slow answer, a dropped connection, an answer from the past),
after it (the answer is late or lost although the cloud has done what was asked), or makes the transition that the call
begins fail or get stuck. `Faults.add` describes when: the action, the nth call, a probability with a seed, a predicate.
What a fault does is no event of the history; what the network does because of it is.

`ecsnet.testing.aliyun` and `ecsnet serve` inject them over the wire, `Faults.on` into the calls of a cloud, and
`CloudMachine.injects` into those of your system.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Final, Literal

import attrs

from ecsnet._arguments import shown, whole_number
from ecsnet.clocks import Outcome
from ecsnet.cloud import Cloud
from ecsnet.errors import InvalidArgument
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.service import ConnectionDropped
from ecsnet.testing._faulty import Ending, FaultyCloud

STATUSES: Final[Mapping[str, int]] = {
    "InternalError": 500,
    "OperationConflict": 409,
    "ServiceUnavailable": 503,
    "Throttling": 400,
    "Throttling.User": 400,
}
"""The HTTP statuses of the codes that any action may answer; that of others is 400, unless it is given."""
OUTCOMES: Final[Mapping[str, tuple[Outcome, ...]]] = {
    "AttachNetworkInterface": ("failed", "stuck"),
    "DetachNetworkInterface": ("stuck",),
    "DeleteNetworkInterface": ("stuck",),
}
"""The actions whose transition may end otherwise than completed, and how."""
READS: Final = ("Describe*", "List*")
"""The actions that only read: those that can be answered from the past."""
COUNTS: Final = frozenset({"seen", "struck"})
"""The fields of a fault that count."""
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

    action: str = "*"
    nth: int | None = None
    probability: float | None = None
    when: Predicate | None = None
    times: int | None = None
    code: str | None = None
    http_status: int = 400
    retry_after: float | None = None
    fails_token: bool = False
    drop: Drop | None = None
    slow: float = 0.0
    late: float = 0.0
    stale: int = 0
    outcome: Outcome | None = None
    seen: int = 0
    struck: int = 0

    @property
    def name(self) -> str:
        """A short text that calls have as their ``fault``."""
        words = [
            self.code or "",
            f"drop {self.drop}" if self.drop else "",
            f"slow {self.slow:g}s" if self.slow else "",
            f"late {self.late:g}s" if self.late else "",
            f"stale by {self.stale}" if self.stale else "",
            self.outcome or "",
        ]
        return ", ".join(word for word in words if word)

    @property
    def decides(self) -> bool:
        """True if the fault decides what comes of the call, so that no other fault strikes it, too."""
        return self.code is not None or self.drop is not None or self.outcome is not None


class Struck:
    """The faults that strike one call together: those that only make it slow, late or stale, and at most one that
    decides what comes of it."""

    def __init__(self, rules: Sequence[FaultRule]) -> None:
        self.rules = tuple(rules)
        self._last = rules[-1]

    @property
    def name(self) -> str:
        """A short text that calls have as their ``fault``."""
        return ", ".join([rule.name for rule in self.rules])

    def before(self) -> Refusal | None:
        """Waits, drops the connection, or returns the refusal of the call."""
        if slow := sum(rule.slow for rule in self.rules):
            time.sleep(slow)
        last = self._last
        if last.drop == "before":
            raise ConnectionDropped("the connection was dropped by an injected fault, before the effect")
        if last.code is None:
            return None
        wait = None if last.retry_after is None else round(last.retry_after * 1000)
        return InjectedRefusal(last.code, last.http_status, f"an injected fault: {last.code}", wait)

    def cloud(self, cloud: Cloud) -> Cloud:
        """Returns the cloud that the call goes to: the cloud itself, its past, or one in which the transition that the
        call begins ends as the fault says."""
        if stale := max(rule.stale for rule in self.rules):
            return cloud.at(max(0, cloud.position - stale))
        return cloud if self._last.outcome is None else Ending(cloud, self._last.outcome)

    def after(self) -> None:
        """Waits or drops the connection after the effect."""
        if late := sum(rule.late for rule in self.rules):
            time.sleep(late)
        if self._last.drop == "after":
            raise ConnectionDropped("the connection was dropped by an injected fault, after the effect")


class Faults:
    """The faults of calls. ``seed`` decides those with a probability; ``rules`` are the faults in their order."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[FaultRule] = []
        self._random = random.Random(seed)
        self._lock = Lock()
        self._failed: set[str] = set()
        self._every_token_fails = False

    def __bool__(self) -> bool:
        return bool(self.rules or self._failed)

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
        fails_token: bool = False,
        drop: Drop | None = None,
        slow: float = 0.0,
        late: float = 0.0,
        stale: int = 0,
        outcome: Outcome | None = None,
    ) -> FaultRule:
        """Adds a fault, and returns it.

        It strikes calls of ``action`` (a pattern such as ``"Describe*"``): the ``nth`` of them, or each with a
        ``probability``, or those for which ``when(action, parameters)`` is true; at most so many ``times``. A dry run
        is never struck.

        With ``code`` the call is refused without an effect, with an ``http_status`` and, of a throttled one, the
        seconds to wait; ``fails_token`` makes the client token of such a call answer `IdempotentFailed` from then on.
        ``drop`` ends the connection without an answer: ``"before"`` the effect or ``"after"`` it. With ``outcome`` the
        call succeeds, and the transition that it begins fails or gets stuck at once: that of AttachNetworkInterface
        (``"failed"``, ``"stuck"``), DetachNetworkInterface and DeleteNetworkInterface (``"stuck"``). Of these, a call
        is struck by one.

        ``slow`` is the seconds that the call takes longer before its effect, ``late`` those after it. ``stale`` answers
        actions that only read from the state of so many events ago.

        Raises `InvalidArgument` for what does nothing, and for what contradicts itself.
        """
        decisions = [code is not None, drop is not None, outcome is not None]
        if sum(decisions) + bool(slow or late or stale) == 0 or sum(decisions) > 1:
            raise InvalidArgument("a fault has a code, a drop or an outcome, or is slow, late or stale")
        if drop not in (None, "before", "after"):
            raise InvalidArgument(f"drop is 'before' or 'after', not {shown(drop)}")
        if outcome is not None and outcome not in OUTCOMES.get(action, ()):
            possible = "; ".join(f"{one}: {' or '.join(ways)}" for one, ways in OUTCOMES.items())
            raise InvalidArgument(f"an outcome is of one action and one that it may have ({possible}), not {outcome}")
        if stale and (not whole_number(stale) or stale < 0 or outcome is not None):
            raise InvalidArgument(f"stale is a number of events, and the call has no outcome, not {shown(stale)}")
        if nth is not None and nth < 1:
            raise InvalidArgument(f"nth counts from 1, not {shown(nth)}")
        if probability is not None and not 0 <= probability <= 1:
            raise InvalidArgument(f"probability is from 0 to 1, not {shown(probability)}")
        if slow < 0 or late < 0:
            raise InvalidArgument("slow and late are seconds, of which there are at least 0")
        if retry_after is None and code is not None and code.startswith("Throttling"):
            retry_after = 0.05
        rule = FaultRule(
            action=action,
            nth=nth,
            probability=probability,
            when=when,
            times=times,
            code=code,
            http_status=STATUSES.get(code or "", 400) if http_status is None else http_status,
            retry_after=retry_after,
            fails_token=fails_token,
            drop=drop,
            slow=slow,
            late=late,
            stale=stale,
            outcome=outcome,
        )
        with self._lock:
            self.rules.append(rule)
        return rule

    def read_stale(self, events: int, *, actions: str = "Describe*") -> None:
        """Makes Describe actions answer from a past of so many events ago. 0 ends that."""
        if not whole_number(events) or events < 0:
            raise InvalidArgument(f"events is a number of at least 0, not {shown(events)}")
        with self._lock:
            self.rules = [rule for rule in self.rules if not rule.stale]
        if events:
            self.add(action=actions, stale=events)

    def fail_tokens(self) -> None:
        """Makes a client token whose request was refused by a fault answer `IdempotentFailed` from then on."""
        self._every_token_fails = True

    def clear(self) -> None:
        """Removes all faults."""
        with self._lock:
            self.rules.clear()
            self._failed.clear()
        self._every_token_fails = False

    def on(self, cloud: Cloud) -> FaultyCloud:
        """Returns a view of a cloud whose calls are struck by these faults, with its ``calls``; the cloud itself has
        none.

        >>> from ecsnet.commands import CreateVpc
        >>> faults = Faults()
        >>> throttled = faults.add(action="CreateVpc", nth=1, code="Throttling")
        >>> with faults.on(Cloud()) as cloud:
        ...     cloud.execute(CreateVpc(cidr_block="10.0.0.0/8"))
        Traceback (most recent call last):
            ...
        ecsnet.testing.faults.InjectedRefusal: an injected fault: Throttling
        """
        return FaultyCloud(cloud, self)

    # What a service asks

    def described(self) -> list[dict[str, Any]]:
        """Returns each fault as an object of JSON: the parameters of `add` that it has, and ``seen`` and ``struck``."""
        with self._lock:
            rules = [attrs.asdict(rule) for rule in self.rules]
        return [
            {name: value if name != "when" else repr(value) for name, value in rule.items() if value or name in COUNTS}
            for rule in rules
        ]

    def strike(self, action: str, parameters: Mapping[str, str]) -> Struck | None:
        """Returns the faults that strike a call, and uses them up. None if there are none.

        A fault does not see a call that one before it decides.
        """
        if not self.rules and not self._failed:
            return None
        token = parameters.get("ClientToken")
        found: list[FaultRule] = []
        with self._lock:
            if token is not None and token in self._failed:
                return Struck([FaultRule(code="IdempotentFailed")])
            for rule in self.rules:
                if self._strikes(rule, action, parameters):
                    rule.struck += 1
                    found.append(rule)
                    if rule.code is not None and token is not None and (rule.fails_token or self._every_token_fails):
                        self._failed.add(token)
                    if rule.decides:
                        break
        return Struck(found) if found else None

    def _strikes(self, rule: FaultRule, action: str, parameters: Mapping[str, str]) -> bool:
        if not fnmatchcase(action, rule.action) or (rule.when is not None and not rule.when(action, parameters)):
            return False
        if rule.stale and not any(fnmatchcase(action, pattern) for pattern in READS):
            return False
        rule.seen += 1
        if rule.nth is not None and rule.seen != rule.nth:
            return False
        if rule.times is not None and rule.struck >= rule.times:
            return False
        return rule.probability is None or self._random.random() < rule.probability


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
