"""Counters of what a cloud refuses, for dashboards and alerts: no library of metrics is needed."""

from __future__ import annotations

import os
from collections import Counter
from threading import Lock
from typing import Final
from weakref import WeakSet

from ecsnet.decision import Denial

__all__ = ["RefusedCommands"]

_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class RefusedCommands:
    """Counts refused commands, by operation, rule and code, as a handler of `Cloud.subscribe_denials`.

    One object may be the handler of several clouds, and be read from any thread. It counts from zero, in this process;
    a command that several rules refuse counts once for each of them, and once in ``total``.

    >>> from ecsnet import Cloud, CommandDenied
    >>> from ecsnet.commands import DeleteVpc
    >>> cloud, refused = Cloud(), RefusedCommands()
    >>> stop_counting = cloud.subscribe_denials(refused)
    >>> try:
    ...     cloud.execute(DeleteVpc(vpc_id="vpc-1"))
    ... except CommandDenied:
    ...     print(refused.by_rule, refused.total)
    {'vpc.not-found': 1} 1
    """

    def __init__(self) -> None:
        self._commands: Counter[str] = Counter()
        self._reasons: Counter[tuple[str, str, str]] = Counter()
        self._begin_process()
        _COUNTERS.add(self)

    def _begin_process(self) -> None:
        """Takes a lock that nobody holds: at a fork of the process, another thread may have held the old one."""
        self._lock = Lock()

    def __call__(self, denial: Denial) -> None:
        """Counts a refused command."""
        command = type(denial.command).__name__
        reasons = {(command, violation.rule, violation.code) for violation in denial.violations}
        with self._lock:
            self._commands[command] += 1
            self._reasons.update(reasons)

    @property
    def total(self) -> int:
        """The number of commands that were refused."""
        with self._lock:
            return self._commands.total()

    @property
    def by_command(self) -> dict[str, int]:
        """The number of refused commands of each operation, by its name."""
        with self._lock:
            return dict(self._commands)

    @property
    def by_rule(self) -> dict[str, int]:
        """The number of commands that each rule refused, by its id. Rules that refused none are left out."""
        return self._by(1)

    @property
    def by_code(self) -> dict[str, int]:
        """The number of refusals with each of the vendor's error codes."""
        return self._by(2)

    def _by(self, place: int) -> dict[str, int]:
        counts: Counter[str] = Counter()
        with self._lock:
            for key, count in self._reasons.items():
                counts[key[place]] += count
        return dict(counts)

    def openmetrics(self) -> str:
        """Returns the counters in the text format of OpenMetrics, which Prometheus and others read.

        ``ecsnet_refused_commands_total`` has the label ``command``, the name of the operation;
        ``ecsnet_refusals_total`` has ``command``, ``rule`` and ``code``.
        """
        with self._lock:
            commands, reasons = sorted(self._commands.items()), sorted(self._reasons.items())
        lines = [
            "# TYPE ecsnet_refused_commands counter",
            "# HELP ecsnet_refused_commands Commands that were refused.",
            *(f"ecsnet_refused_commands_total{_labels(command=name)} {count}" for name, count in commands),
            "# TYPE ecsnet_refusals counter",
            "# HELP ecsnet_refusals Refused commands by rule; one that several rules refuse counts for each.",
            *(
                f"ecsnet_refusals_total{_labels(command=name, rule=rule, code=code)} {count}"
                for (name, rule, code), count in reasons
            ),
            "# EOF",
        ]
        return "\n".join(lines) + "\n"


def _labels(**labels: str) -> str:
    pairs = [f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}"


_COUNTERS: Final[WeakSet[RefusedCommands]] = WeakSet()


def _begin_in_child() -> None:
    for counter in list(_COUNTERS):
        counter._begin_process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
