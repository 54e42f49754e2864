"""Parses a JSON text into a plan and checks every entry as far as that is possible before anything runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from ecsnet import openapi
from ecsnet._arguments import MOST_CHARACTERS, id_problem, is_encodable, named, shown
from ecsnet.clocks import OUTCOMES
from ecsnet.domain.rulebook import RULES
from ecsnet.openapi.requests import MOST_NESTED, did_you_mean
from ecsnet.plan.references import Expected, sample, steps_to
from ecsnet.plan.settings import OPERATIONS, parse_settings
from ecsnet.plan.values import SETTLE, WAIT, Expectation, Operation, Plan, PlanError, Reference, filled

_OWN_KEYS: Final = ("as", "expect", "note")
_MOST_SUGGESTIONS: Final = 100
"""The number of problems that come with a suggested name; to find the nearest of many names is slow."""
_LONGEST_REFERENCE: Final = 256
_REFERENCE: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_]+)*)")


def read_plan(path: str | Path) -> Plan:
    """Returns the plan in a file. Raises `PlanError`."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError also for a text that cannot be a path
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        if isinstance(error, ValueError) and not isinstance(error, UnicodeDecodeError):
            reason = "it is not the name of a file"
        raise PlanError(str(path), [f"cannot be read: {reason}"]) from error
    return parse_plan(text, source=str(path))


def parse_plan(text: str, *, source: str = "plan") -> Plan:
    """Returns the plan in a JSON text. Raises `PlanError` with every entry that is malformed.

    Values nest at most 8 deep. The first 100 problems suggest a known name for a misspelt one.
    """
    if not isinstance(text, str | bytes | bytearray):
        raise PlanError(source, [f"a plan is a JSON text, not {shown(text)}"])
    try:
        entries = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise PlanError(source, [f"not JSON: {error}"]) from error
    reader = _Reader()
    settings: dict[str, Any] = {}
    if isinstance(entries, _Object):
        if entries.duplicate is not None:
            reader.problems.append(f"{named(entries.duplicate)}: given twice")
        settings = parse_settings(entries, reader.problems)
        if OPERATIONS not in entries:
            reader.problems.append(f"{OPERATIONS}: missing")
        entries = entries.get(OPERATIONS, [])
        if not isinstance(entries, list):
            reader.problems.append(f"{OPERATIONS}: must be a list, [{{...}}, {{...}}], not {shown(entries)}")
            entries = []
    elif not isinstance(entries, list):
        problem = 'a plan is a list of operations, [{...}, {...}], or an object with one, {"operations": [...]}'
        raise PlanError(source, [problem])
    for number, entry in enumerate(entries, start=1):
        reader.read(number, entry)
    if reader.problems:
        raise PlanError(source, reader.problems)
    return Plan(source, tuple(reader.operations), **settings)


class _Object(dict[str, Any]):
    """A JSON object; ``duplicate`` is the first key that it has twice."""

    duplicate: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        result.duplicate = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return result


class _Malformed(Exception):
    def __init__(self, field: str | None, reason: str) -> None:
        self.field = field
        self.reason = reason


class _RefersToMalformed(Exception):
    """The entry refers to a malformed one, so it cannot be checked. Only the malformed one is reported."""


class _Reader:
    """Reads the entries of a plan in order and remembers the results that earlier ones named."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.problems: list[str] = []
        self._named: dict[str, Expected] = {}
        self._malformed_names: set[str] = set()

    def read(self, number: int, entry: Any) -> None:
        action = entry.get("Action") if isinstance(entry, dict) else None
        name = entry.get("as") if isinstance(entry, dict) else None
        try:
            operation, expected = self._operation(number, entry)
            self.operations.append(operation)
            if operation.name is not None and expected is not None:
                self._named[operation.name] = expected
            return
        except _Malformed as error:
            place = f"entry {number}" + (f" ({named(action)})" if isinstance(action, str) else "")
            field = f", {named(error.field)}" if error.field else ""
            self.problems.append(f"{place}{field}: {error.reason}")
        except _RefersToMalformed:
            pass
        if isinstance(name, str) and name not in self._named:
            self._malformed_names.add(name)

    def _operation(self, number: int, entry: Any) -> tuple[Operation, Expected | None]:
        if not isinstance(entry, _Object):
            raise _Malformed(None, f"an operation is an object, {{...}}, not {shown(entry)}")
        if entry.duplicate is not None:
            raise _Malformed(entry.duplicate, "given twice")
        action = entry.get("Action")
        if not isinstance(action, str):
            raise _Malformed("Action", "must name an action" if "Action" in entry else "missing")
        operation = Operation(
            entry=number,
            action=action,
            parameters={
                key: self._with_references(key, value)
                for key, value in entry.items()
                if key != "Action" and key not in _OWN_KEYS
            },
            name=self._name(entry["as"]) if "as" in entry else None,
            expect=_expectation(entry["expect"]) if "expect" in entry else Expectation(),
            note=_note(entry["note"]) if "note" in entry else None,
        )
        for key in operation.parameters:
            if key[:1].islower():
                raise _Malformed(key, f"unknown field{self._nearest(key, _OWN_KEYS)}")
        return operation, self._checked(operation)

    def _name(self, name: Any) -> str:
        if not isinstance(name, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_-]*", name):
            raise _Malformed(
                "as", f"a name has letters, digits, _ and -, and begins with a letter, unlike {shown(name)}"
            )
        if len(name) > MOST_CHARACTERS:
            raise _Malformed("as", f"a name has at most {MOST_CHARACTERS} characters, not {len(name):,}")
        if name in self._named or name in self._malformed_names:
            raise _Malformed("as", f"{name!r} names the result of an earlier entry already")
        return name

    def _nearest(self, word: str, known: Iterable[str]) -> str:
        return did_you_mean(word, known) if len(self.problems) < _MOST_SUGGESTIONS else ""

    def _with_references(self, field: str, value: Any, depth: int = 0) -> Any:
        if depth >= MOST_NESTED and isinstance(value, list | dict):
            raise _Malformed(field.partition(".")[0], f"nested more than {MOST_NESTED} deep")
        if isinstance(value, list):
            return [self._with_references(field, item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {key: self._with_references(f"{field}.{key}", item, depth + 1) for key, item in value.items()}
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$$"):
            return value[1:]
        found = _REFERENCE.fullmatch(value)
        if found is None or len(value) > _LONGEST_REFERENCE:
            reason = f"{shown(value)} is no reference: write $name or $name.attribute ($$ for a plain $)"
            raise _Malformed(field, reason)
        name, path = found[1], found[2].split(".")[1:]
        if name in self._malformed_names:
            raise _RefersToMalformed
        if name not in self._named:
            raise _Malformed(field, f"no earlier entry is named {name!r}{self._nearest(name, reversed(self._named))}")
        try:
            return Reference(text=value, name=name, steps=steps_to(self._named[name], value, path))
        except ValueError as error:
            raise _Malformed(field, str(error)) from None

    def _checked(self, operation: Operation) -> Expected | None:
        """Checks an operation by building its command, with a sample value for each reference.

        Returns what is known of its result, None for an action without one. Raises `_Malformed`.
        """
        if operation.action == SETTLE:
            _check_settle(operation)
            return None
        if operation.action == WAIT:
            _check_wait(operation)
            return None
        if operation.action not in openapi.ACTIONS:
            nearest = self._nearest(operation.action, [*openapi.ACTIONS, SETTLE, WAIT])
            raise _Malformed("Action", f"unknown action {shown(operation.action)}{nearest}")
        sampled = filled(operation.parameters, lambda reference: sample(self._named[reference.name], reference))
        try:
            request = openapi.request(operation.action, sampled)
        except openapi.InvalidRequest as error:
            reason = str(error)
            named = error.parameter is None or error.parameter in reason
            raise _Malformed(None if named else error.parameter, reason) from None
        response = openapi.response_of(request.action.command)
        count = openapi.result_count(request.command)
        return Expected(response.resource, count=count, several=response.several, only_judged=request.dry_run)


def _expectation(given: Any) -> Expectation:
    if given in ("allowed", "denied"):
        return Expectation(given)
    rules = given.get("denied") if isinstance(given, dict) and len(given) == 1 else None
    rules = [rules] if isinstance(rules, str) else rules
    if not isinstance(rules, list) or not rules or not all(isinstance(rule, str) for rule in rules):
        raise _Malformed("expect", f'must be "allowed", "denied" or {{"denied": ["rule.id", ...]}}, not {shown(given)}')
    for rule in rules:
        if rule not in RULES:
            raise _Malformed("expect", f"unknown rule {shown(rule)}{did_you_mean(rule, RULES)}")
    return Expectation("denied", frozenset(rules))


def _note(given: Any) -> str:
    if not isinstance(given, str) or not is_encodable(given):
        raise _Malformed("note", f"must be text, not {shown(given)}")
    return given


def _check_settle(operation: Operation) -> None:
    for key, value in operation.parameters.items():
        if key not in ("ResourceId", "Outcome"):
            raise _Malformed(key, f"unknown parameter{did_you_mean(key, ['ResourceId', 'Outcome'])}")
        if key == "Outcome":
            if value not in OUTCOMES:
                raise _Malformed(key, f"must be {' or '.join(OUTCOMES)}, not {_shown_or_reference(value)}")
        elif not isinstance(value, Reference) and id_problem(value) is not None:
            raise _Malformed(key, f"must be an id, not {shown(value)}")
    _check_no_result(operation)


def _check_wait(operation: Operation) -> None:
    units = ("Seconds", "Hours", "Days")
    if not operation.parameters:
        raise _Malformed(None, f"say how long: {', '.join(units)}")
    for key, value in operation.parameters.items():
        if key not in units:
            raise _Malformed(key, f"unknown parameter{did_you_mean(key, units)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise _Malformed(key, f"must be a number above 0, not {_shown_or_reference(value)}")
        try:
            timedelta(**{key.lower(): value})
        except OverflowError:
            raise _Malformed(key, f"{shown(value)} is longer than any time") from None
    _check_no_result(operation)


def _shown_or_reference(value: Any) -> str:
    return value.text if isinstance(value, Reference) else shown(value)


def _check_no_result(operation: Operation) -> None:
    if operation.name is not None:
        raise _Malformed("as", f"{operation.action} has no result to name")
    if operation.expect != Expectation():
        raise _Malformed("expect", f"{operation.action} is never denied")
