"""Rules: a registry of stable ids, and the judgement of a command by every rule that guards it.

A rule's predicate is a pure function. Its parameters are injected by the names of the fields of `RuleContext`; the rule
is skipped if one of them is None (a resource that was not found, a parameter that was not given). It returns None, or
the facts that break the rule, which also fill in the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from ecsnet.commands.base import Command
from ecsnet.decision import Violation
from ecsnet.domain.context import RuleContext

Facts = Mapping[str, Any]
Error = tuple[str, int]
"""The vendor's error code and HTTP status."""


class Breach(msgspec.Struct, frozen=True):
    """Facts that the vendor answers with another code than the rule's usual one."""

    facts: Facts
    error: Error


Predicate = Callable[..., Facts | Breach | None]
P = TypeVar("P", bound=Predicate)
AnyCommand = type[Command[Any]]


class RuleKind(StrEnum):
    """What an id of the rulebook is."""

    Denial = "denial"
    Invariant = "invariant"
    Query = "query"
    Fact = "fact"


class Rule(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One rule of the vendor's, under its id.

    ``code`` and ``http_status`` are what the API answers; where it answers differently by action, ``codes`` tells.
    ``guide`` is the section of the vendor's guide, ``"-"`` for what only the real API knows. ``doc`` says the rule in a
    sentence. ``commands`` are those that it guards; invariants and facts guard none.
    """

    id: str
    kind: RuleKind
    code: str
    http_status: int
    guide: str
    doc: str
    message: str
    commands: tuple[AnyCommand, ...] = ()
    codes: Mapping[AnyCommand, Error] = {}
    predicate: Predicate | None = None
    needs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Rule {self.id}>"


Judge = tuple[Rule, Callable[[RuleContext], Any], bool, Predicate]
Gated = tuple[Callable[[RuleContext], Any] | None, tuple[Judge, ...]]


class RuleRegistry:
    """The rules: iterate over them, look one up by id, and add your own on top.

    Rank is the order of registration, but for what is not found, which ranks first. (In which order the real API checks
    is documented nowhere.) A registry made from another one has its rules first; rules added to it have ids that begin
    with ``x.``.
    """

    def __init__(self, base: RuleRegistry | None = None) -> None:
        self._rules: dict[str, Rule] = dict(base._rules) if base else {}
        self._own_prefix = "x." if base else ""
        self._judges: dict[AnyCommand, tuple[Gated, ...]] = {}

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._rules

    def __getitem__(self, rule_id: str) -> Rule:
        return self._rules[rule_id]

    def without(self, *rule_ids: str) -> RuleRegistry:
        """A registry like this one that lacks these rules, to model what does not hold them. Raises KeyError for an id
        that is not there."""
        less = RuleRegistry(self)
        for rule_id in rule_ids:
            del less._rules[rule_id]
        return less

    def denies(
        self,
        rule_id: str,
        *commands: AnyCommand,
        message: str,
        code: str = "OperationDenied",
        http_status: int = 403,
        guide: str = "-",
        codes: Mapping[AnyCommand, Error] | None = None,
    ) -> Callable[[P], P]:
        """Register the decorated predicate as the rule that refuses ``commands``; its docstring states the rule.

        Raises ValueError for an id that is taken or lacks the ``x.`` of a user's rule, for a rule that guards no
        command, and for a predicate that needs what no case knows.
        """

        def register(predicate: P) -> P:
            needs = predicate.__code__.co_varnames[: predicate.__code__.co_argcount]
            if unknown := set(needs) - CONTEXT_FIELDS:
                raise ValueError(f"rule {rule_id}: a case has no {', '.join(sorted(unknown))}")
            if not needs or not commands:
                raise ValueError(f"rule {rule_id}: a denial needs commands to guard and a predicate with parameters")
            self._add(
                Rule(
                    id=rule_id,
                    kind=RuleKind.Denial,
                    code=code,
                    http_status=http_status,
                    guide=guide,
                    doc=_sentence(predicate.__doc__),
                    message=message,
                    commands=commands,
                    codes=codes or {},
                    predicate=predicate,
                    needs=needs,
                )
            )
            return predicate

        return register

    def states(self, rule_id: str, kind: RuleKind, doc: str, *, guide: str) -> None:
        """Register an id that denies nothing by itself: an invariant, a query or a fact."""
        self._add(Rule(id=rule_id, kind=kind, code="-", http_status=0, guide=guide, doc=doc, message=doc))

    def _add(self, rule: Rule) -> None:
        if rule.id in self._rules:
            raise ValueError(f"rule {rule.id} is registered already")
        if not rule.id.startswith(self._own_prefix):
            raise ValueError(f"rule {rule.id}: the id of a rule of your own begins with {self._own_prefix!r}")
        self._rules[rule.id] = rule
        self._judges.clear()

    def judge(self, context: RuleContext, command: AnyCommand) -> tuple[Violation, ...]:
        """Every violation of the rules that guard the command, in rank order. An error in a rule propagates."""
        violations: list[Violation] = []
        for gate, guards in self._judges.get(command) or self._prepare(command):
            if gate is not None and gate(context) is None:
                continue
            for rule, known, several, predicate in guards:
                values = known(context)
                if not several:
                    found = None if values is None else predicate(values)
                elif None in values:
                    continue
                else:
                    found = predicate(*values)
                if found is not None:
                    violations.append(violation_of(rule, command, found))
        return tuple(violations)

    def _prepare(self, command: AnyCommand) -> tuple[Gated, ...]:
        guards = [rule for rule in self if command in rule.commands]
        guards.sort(key=lambda rule: "not_found" not in rule.needs)  # stable: what is not found ranks first
        judges = tuple(
            (None if gate is None else attrgetter(gate), tuple(map(_judge, gated)))
            for gate, gated in groupby(guards, key=_gate)
        )
        self._judges[command] = judges
        return judges


def _gate(rule: Rule) -> str | None:
    """What a rule needs and most cases do not have: neighbours that need it are skipped together."""
    return next((need for need in ("not_found", "client_token", "addresses") if need in rule.needs), None)


def _judge(rule: Rule) -> Judge:
    assert rule.predicate is not None
    return rule, attrgetter(*rule.needs), len(rule.needs) > 1, rule.predicate


def violation_of(rule: Rule, command: AnyCommand, found: Facts | Breach, message: str | None = None) -> Violation:
    """Returns what a command that breaks the rule is answered; the rule's message says why, unless another one does."""
    facts, error = (found.facts, found.error) if isinstance(found, Breach) else (found, None)
    code, http_status = error or rule.codes.get(command) or (rule.code, rule.http_status)
    return Violation(
        rule=rule.id,
        code=code,
        http_status=http_status,
        guide=rule.guide,
        message=rule.message.format_map(facts) if message is None else message,
        facts=facts,
    )


def _sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").split())


CONTEXT_FIELDS = frozenset(RuleContext.__struct_fields__)
rules = RuleRegistry()
"""The vendor's rules, filled by the modules of the subjects."""
