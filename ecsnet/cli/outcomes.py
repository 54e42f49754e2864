"""``ecsnet run``: one line for each operation, and a summary."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ecsnet.cli.output import Output
from ecsnet.cli.wording import counted, described, listed, timestamp
from ecsnet.decision import Violation
from ecsnet.plan import Expectation, Outcome

VERDICTS = ("allowed", "denied", "skipped", "invalid")


def show(outcome: Outcome, output: Output, dry_run: bool) -> None:
    """Prints the outcome of one operation."""
    if output.as_json:
        output.value(_value(outcome, dry_run))
        return
    operation = outcome.operation
    if operation.note is not None:
        output.line((f"# {operation.note}", "bold"))
    mark = (" ok ", "green") if outcome.as_expected else (" !! ", "bold red")
    expected = "" if outcome.as_expected else f" [expected: {_expected(operation.expect)}]"
    result = _result(outcome, dry_run)
    output.line(f"{operation.entry:>4}", mark, (operation.action, "bold"), result, (expected, "red"))


def _result(outcome: Outcome, dry_run: bool) -> str:
    if outcome.verdict == "denied":
        return " denied: " + "; ".join(map(_reason, outcome.violations))
    if outcome.verdict != "allowed":
        return f" {outcome.verdict}: {outcome.reason}"
    if outcome.moment is not None:
        return f" until {timestamp(outcome.moment)}"
    name = outcome.operation.name
    named = "" if name is None or outcome.judged else f" ${name} ="
    resources = f"{named} {listed([described(one) for one in outcome.resources])}" if outcome.resources else " allowed"
    recorded = "would record" if dry_run or outcome.judged else "recorded"
    return f"{resources}; {recorded} {counted(outcome.events) or 'nothing'}"


def _reason(violation: Violation) -> str:
    return f"{violation.rule} ({violation.code}): {violation.message}"


def _expected(expect: Expectation) -> str:
    return expect.verdict if expect.rules is None else f"{expect.verdict} by {', '.join(sorted(expect.rules))}"


def _value(outcome: Outcome, dry_run: bool) -> dict[str, Any]:
    operation = outcome.operation
    expect = operation.expect
    return {
        "entry": operation.entry,
        "action": operation.action,
        "as": operation.name,
        "note": operation.note,
        "outcome": outcome.verdict,
        "expect": expect.verdict if expect.rules is None else {expect.verdict: sorted(expect.rules)},
        "as_expected": outcome.as_expected,
        "recorded": bool(outcome.events) and not (dry_run or outcome.judged),
        "resources": outcome.resources,
        "events": outcome.events,
        "violations": outcome.violations,
        "reason": outcome.reason,
        "moment": outcome.moment,
    }


class Summary:
    """The outcomes counted so far."""

    def __init__(self, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._verdicts: Counter[str] = Counter()
        self._not_as_expected: list[int] = []

    def count(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        self._verdicts[outcome.verdict] += 1
        if not outcome.as_expected:
            self._not_as_expected.append(outcome.operation.entry)

    @property
    def as_expected(self) -> bool:
        """True if every outcome so far is the one that the plan expects."""
        return not self._not_as_expected

    def show(self, output: Output) -> None:
        """Prints the last line."""
        operations = self._verdicts.total()
        if output.as_json:
            counts = {verdict: self._verdicts[verdict] for verdict in VERDICTS}
            output.value(
                {
                    "summary": {"operations": operations, **counts},
                    "not_as_expected": self._not_as_expected,
                    "as_expected": self.as_expected,
                    "dry_run": self._dry_run,
                }
            )
            return
        counted = ", ".join(f"{count} {verdict}" for verdict, count in self._verdicts.items())
        entries = ", ".join(map(str, self._not_as_expected))
        judged = "; nothing was recorded" if self._dry_run else ""
        output.line(
            f"{operations} operation{'' if operations == 1 else 's'}{': ' if counted else ''}{counted}{judged}; ",
            ("all as expected", "bold green") if self.as_expected else (f"not as expected: {entries}", "bold red"),
        )
