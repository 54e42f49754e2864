"""Plans: operations in the vendor's own words, checked as a whole, then carried out in order.

A plan is a JSON list with one object an operation: ``Action`` and parameters as in the vendor's OpenAPI, and besides

- ``"as": "vpc"`` names the result; ``"$vpc"`` is its id from then on, and ``"$vpc.cidr_block"`` (or ``$vpc.CidrBlock``)
  an attribute of it, as it was answered. What has several is counted: ``$vm.0``, ``$eni.private_ips.1``;
- ``"expect"``: ``"allowed"`` if it is not said, ``"denied"``, or ``{"denied": ["rule.id", ...]}``: by exactly these;
- ``"note"``: a comment.

`parse_plan` refuses what can never be right before anything runs; `run_plan` never stops at a denial.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec

from ecsnet import vendor
from ecsnet.cloud import Cloud
from ecsnet.decision import Violation
from ecsnet.domain.deciding import RULES
from ecsnet.errors import CommandDenied, EcsnetError, InvalidCommand
from ecsnet.events.base import Event
from ecsnet.vendor.requests import did_you_mean

SETTLE: Final = "Settle"
"""ecsnet's own action: completes the passing states that are due, or that of the resource of ``ResourceId``."""

_OWN_KEYS: Final = ("as", "expect", "note")
_REFERENCE: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_]+)*)")


class PlanError(EcsnetError):
    """A plan is malformed; nothing of it has run. ``problems`` has one sentence each, with entry and field."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(source, problems)
        self.source = source
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(f"{self.source}: {problem}" for problem in self.problems)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """``$name.attribute`` in a plan: the named result, and the steps from it to the value."""

    text: str
    name: str
    steps: tuple[str | int, ...]


class Expectation(msgspec.Struct, frozen=True):
    """What should come of an operation; ``rules``, if given, are exactly those that should deny it."""

    verdict: Literal["allowed", "denied"] = "allowed"
    rules: frozenset[str] | None = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a plan, counted from 1. ``parameters`` has `Reference`s where the plan has them."""

    entry: int
    action: str
    parameters: Mapping[str, Any]
    name: str | None = None
    expect: Expectation = Expectation()
    note: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """A plan that may be run; ``source`` says where it is from."""

    source: str
    operations: tuple[Operation, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an operation.

    ``resources`` are in their new state and ``events`` what was recorded, or would be if the operation was only
    ``judged``. *Skipped* is what refers to a result that there is not, *invalid* what its references made of it a
    request that can never be right; ``reason`` tells.
    """

    operation: Operation
    verdict: Literal["allowed", "denied", "skipped", "invalid"]
    resources: tuple[Any, ...] = ()
    events: tuple[Event, ...] = ()
    violations: tuple[Violation, ...] = ()
    reason: str | None = None
    judged: bool = False

    @property
    def as_expected(self) -> bool:
        """Whether the plan said so."""
        expect = self.operation.expect
        if self.verdict != expect.verdict:
            return False
        return expect.rules is None or expect.rules == {violation.rule for violation in self.violations}


# Reading


def read_plan(path: str | Path) -> Plan:
    """The plan in a file. Raises `PlanError`."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise PlanError(str(path), [f"cannot be read: {reason}"]) from error
    return parse_plan(text, source=str(path))


def parse_plan(text: str, *, source: str = "plan") -> Plan:
    """The plan in a JSON text. Raises `PlanError` with every entry that is malformed."""
    try:
        entries = json.loads(text, object_pairs_hook=_object)
    except (json.JSONDecodeError, RecursionError) as error:
        raise PlanError(source, [f"not JSON: {error}"]) from error
    if not isinstance(entries, list):
        raise PlanError(source, ["a plan is a list of operations, [{...}, {...}]"])
    reader = _Reader()
    for number, entry in enumerate(entries, start=1):
        reader.read(number, entry)
    if reader.problems:
        raise PlanError(source, reader.problems)
    return Plan(source, tuple(reader.operations))


class _Object(dict[str, Any]):
    twice: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        made.twice = next(name for name in names if names.count(name) > 1)
    return made


class _Malformed(Exception):
    def __init__(self, field: str | None, reason: str) -> None:
        self.field = field
        self.reason = reason


class _Named(msgspec.Struct, frozen=True):
    """What is known of a result before it is there: what of, how many, or why there is none."""

    resource: type[msgspec.Struct]
    count: int = 1
    several: bool = False
    only_judged: bool = False


class _Reader:
    """Reads the entries of a plan in order, and knows what the earlier ones named."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.problems: list[str] = []
        self._named: dict[str, _Named | None] = {}  # None: by an entry that is malformed itself

    def read(self, number: int, entry: Any) -> None:
        action = entry.get("Action") if isinstance(entry, dict) else None
        name = entry.get("as") if isinstance(entry, dict) else None
        known: _Named | None = None
        try:
            operation, known = self._operation(number, entry)
            self.operations.append(operation)
        except _Malformed as error:
            place = f"entry {number}" + (f" ({action})" if isinstance(action, str) else "")
            field = f", {error.field}" if error.field else ""
            self.problems.append(f"{place}{field}: {error.reason}")
        if isinstance(name, str):
            self._named[name] = known

    def _operation(self, number: int, entry: Any) -> tuple[Operation, _Named | None]:
        if not isinstance(entry, _Object):
            raise _Malformed(None, f"an operation is an object, {{...}}, not {entry!r}")
        if entry.twice is not None:
            raise _Malformed(entry.twice, "given twice")
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
                raise _Malformed(key, f"unknown field{did_you_mean(key, _OWN_KEYS)}")
        return operation, self._checked(operation)

    def _name(self, name: Any) -> str:
        if not isinstance(name, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_-]*", name):
            raise _Malformed("as", f"a name has letters, digits, _ and -, and begins with a letter, unlike {name!r}")
        if name in self._named:
            raise _Malformed("as", f"{name!r} names the result of an earlier entry already")
        return name

    def _with_references(self, field: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._with_references(field, item) for item in value]
        if isinstance(value, dict):
            return {key: self._with_references(f"{field}.{key}", item) for key, item in value.items()}
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$$"):
            return value[1:]
        found = _REFERENCE.fullmatch(value)
        if found is None:
            raise _Malformed(field, f"{value!r} is no reference: write $name or $name.attribute ($$ for a plain $)")
        name, path = found[1], found[2].split(".")[1:]
        if name not in self._named:
            raise _Malformed(field, f"no earlier entry is named {name!r}{did_you_mean(name, self._named)}")
        named = self._named[name]
        if named is None:
            return Reference(text=value, name=name, steps=())  # its entry is reported, and nothing will run
        try:
            return Reference(text=value, name=name, steps=_steps(named, value, path))
        except ValueError as error:
            raise _Malformed(field, str(error)) from None

    def _checked(self, operation: Operation) -> _Named | None:
        """Build the command, with a sample for each reference: what can be wrong in it is wrong now."""
        if operation.action == SETTLE:
            _check_settle(operation)
            return None
        sampled = _filled(operation.parameters, lambda reference: self._sample(reference))
        try:
            request = vendor.request(operation.action, sampled)
        except vendor.InvalidRequest as error:
            if error.code == "InvalidAction.NotFound":
                nearest = did_you_mean(operation.action, [*vendor.ACTIONS, SETTLE])
                raise _Malformed("Action", f"unknown action {operation.action!r}{nearest}") from None
            raise _Malformed(error.parameter, str(error)) from None
        answer = vendor.answer_of(request.action.command)
        count = getattr(request.command, "amount", 1)
        return _Named(answer.resource, count=count, several=answer.several, only_judged=request.dry_run)

    def _sample(self, reference: Reference) -> Any:
        named = self._named[reference.name]
        attributes = [step for step in reference.steps if isinstance(step, str)]
        if named is None or not attributes:
            return reference.text
        annotation = {field.name: field.type for field in msgspec.structs.fields(named.resource)}[attributes[0]]
        sample = _sample(attributes[0], annotation, reference.text)
        return [sample] if "tuple" in str(annotation) and reference.steps[-1] == attributes[0] else sample


def _steps(named: _Named, text: str, path: list[str]) -> tuple[str | int, ...]:
    """The way from a result to what a reference means. Raises ValueError where there is none."""
    kind = named.resource.__name__
    if named.only_judged:
        raise ValueError(f"{text} is a result that there will never be: its entry is only judged (DryRun)")
    index = 0
    if named.several and path and path[0].isdigit():
        index = int(path.pop(0))
        if index >= named.count:
            raise ValueError(f"{text}: there are only {named.count}, counted from 0")
    elif named.count > 1:
        raise ValueError(f"{text} is {named.count} results: say which, from $name.0 to $name.{named.count - 1}")
    spelled = path.pop(0) if path else "id"
    attribute = vendor.attribute_of(named.resource, spelled)
    if attribute is None:
        nearest = did_you_mean(spelled, named.resource.__struct_fields__)
        raise ValueError(f"{text}: {kind} has no attribute {spelled!r}{nearest}")
    if not path:
        return index, attribute
    annotations = {field.name: str(field.type) for field in msgspec.structs.fields(named.resource)}
    if "tuple" in annotations[attribute] and len(path) == 1 and path[0].isdigit():
        return index, attribute, int(path[0])
    raise ValueError(f"{text}: {attribute} of {kind} has no {'.'.join(path)!r}")


def _sample(attribute: str, annotation: Any, text: str) -> Any:
    """A value such as an attribute may have."""
    types = {annotation, *get_args(annotation)}
    for one in types:
        if isinstance(one, type) and issubclass(one, StrEnum):
            return str(next(iter(one)))
    if bool in types:
        return False
    if int in types:
        return 1
    if datetime in types:
        return "2019-03-11T00:00:00Z"
    return _SAMPLES.get(attribute, text)


_SAMPLES: Final = {
    "cidr_block": "10.0.0.0/16",
    "description": "sample",
    "ip_address": "192.0.2.1",
    "name": "sample",
    "primary_private_ip": "192.0.2.1",
    "private_ip": "192.0.2.1",
    "private_ips": "192.0.2.1",
    "public_ip": "192.0.2.1",
    "region_id": "cn-hangzhou",
}


def _expectation(given: Any) -> Expectation:
    if given in ("allowed", "denied"):
        return Expectation(given)
    rules = given.get("denied") if isinstance(given, dict) and len(given) == 1 else None
    rules = [rules] if isinstance(rules, str) else rules
    if not isinstance(rules, list) or not rules or not all(isinstance(rule, str) for rule in rules):
        raise _Malformed("expect", f'must be "allowed", "denied" or {{"denied": ["rule.id", ...]}}, not {given!r}')
    for rule in rules:
        if rule not in RULES:
            raise _Malformed("expect", f"unknown rule {rule!r}{did_you_mean(rule, [one.id for one in RULES])}")
    return Expectation("denied", frozenset(rules))


def _note(given: Any) -> str:
    if not isinstance(given, str):
        raise _Malformed("note", f"must be text, not {given!r}")
    return given


def _check_settle(operation: Operation) -> None:
    for key, value in operation.parameters.items():
        if key != "ResourceId":
            raise _Malformed(key, f"unknown parameter{did_you_mean(key, ['ResourceId'])}")
        if not isinstance(value, str | Reference):
            raise _Malformed(key, f"must be an id, not {value!r}")
    if operation.name is not None:
        raise _Malformed("as", f"{SETTLE} has no result to name")
    if operation.expect != Expectation():
        raise _Malformed("expect", f"{SETTLE} is never denied")


def _filled(value: Any, fill: Callable[[Reference], Any]) -> Any:
    if isinstance(value, Reference):
        return fill(value)
    if isinstance(value, Mapping):
        return {key: _filled(item, fill) for key, item in value.items()}
    return [_filled(item, fill) for item in value] if isinstance(value, list) else value


# Running


def run_plan(plan: Plan, cloud: Cloud) -> Iterator[Outcome]:
    """Carry out a plan on a cloud, one outcome an operation, as they happen.

    Every operation is tried, whatever came of those before. To judge a plan without recording it, run it on
    ``cloud.fork()``. Raises the `StoreError`s and `ReplayError`s of `Cloud.execute`.
    """
    results: dict[str, Outcome] = {}
    for operation in plan.operations:
        outcome = _carried_out(operation, cloud, results)
        if operation.name is not None:
            results[operation.name] = outcome
        yield outcome


class _NoValue(Exception):
    pass


def _carried_out(operation: Operation, cloud: Cloud, results: Mapping[str, Outcome]) -> Outcome:
    try:
        parameters = _filled(operation.parameters, lambda reference: _value(reference, results))
    except _NoValue as error:
        return Outcome(operation=operation, verdict="skipped", reason=str(error))
    if operation.action == SETTLE:
        before = len(cloud.history())
        settled = cloud.settle(parameters.get("ResourceId"))
        return Outcome(operation=operation, verdict="allowed", resources=settled, events=_recorded(cloud, before))
    try:
        request = vendor.request(operation.action, parameters)
    except InvalidCommand as error:
        return Outcome(operation=operation, verdict="invalid", reason=str(error))
    return _answered(operation, request, cloud)


def _value(reference: Reference, results: Mapping[str, Outcome]) -> Any:
    outcome = results[reference.name]
    if outcome.verdict != "allowed":
        entry = outcome.operation.entry
        raise _NoValue(f"${reference.name} has no result: entry {entry} was {outcome.verdict}")
    value: Any = outcome.resources
    for step in reference.steps:
        try:
            value = value[step] if isinstance(step, int) else getattr(value, step)
        except IndexError:
            raise _NoValue(f"{reference.text} is not there: there are only {len(value)}, counted from 0") from None
    if value is None:
        raise _NoValue(f"{reference.text} has no value: {reference.steps[-1]} is not set")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return list(value) if isinstance(value, tuple) else value


def _answered(operation: Operation, request: vendor.Request, cloud: Cloud) -> Outcome:
    command, client_token = request.command, request.client_token
    events: tuple[Event, ...] = ()
    before = 0
    if client_token is None or request.dry_run:
        decision = cloud.check(command)
        if not decision or request.dry_run:
            return Outcome(
                operation=operation,
                verdict="allowed" if decision else "denied",
                events=decision.events,
                violations=decision.violations,
                judged=request.dry_run,
            )
        events = decision.events
    else:
        before = len(cloud.history())  # a repeated token records nothing: only the history can tell
    try:
        answer = cloud.execute(command, client_token=client_token)
    except CommandDenied as denied:
        return Outcome(operation=operation, verdict="denied", violations=denied.violations)
    return Outcome(
        operation=operation,
        verdict="allowed",
        resources=answer if isinstance(answer, tuple) else (answer,),
        events=events if client_token is None else _recorded(cloud, before),
    )


def _recorded(cloud: Cloud, before: int) -> tuple[Event, ...]:
    return tuple(record.event for record in cloud.history()[before:])
