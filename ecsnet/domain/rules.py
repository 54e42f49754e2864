"""Rules: what a rule is, how a subject declares its own, and `RuleRegistry`, which judges a command by them.

A rule's predicate is a pure function whose parameters are filled by name (`rule_parameters`). It is not called while
one of them is unknown: a resource that was not found, a parameter of the command that was not given. It returns None,
or the facts that break the rule, which also fill in the message.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from string import Formatter
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

import attrs

from ecsnet import commands as operations
from ecsnet._arguments import shown
from ecsnet._attrs import frozen
from ecsnet.commands.base import Command
from ecsnet.decision import Violation
from ecsnet.domain.context import RuleContext
from ecsnet.domain.rule_parameters import (
    ALWAYS_KNOWN,
    Judge,
    UnusablePredicate,
    docstring_of,
    judge_of_library,
    judge_of_users,
)
from ecsnet.errors import InvalidArgument, RuleError

Facts = Mapping[str, Any]
AnyCommand = type[Command[Any]]
Codes = Mapping[AnyCommand, tuple[str, int]]

COMMANDS: Final[tuple[AnyCommand, ...]] = tuple(
    getattr(operations, name) for name in operations.__all__ if name != "Command"
)
"""The commands that a rule can guard: every operation there is."""
_OWN_ID: Final = r"x(\.[a-z0-9]+([-_][a-z0-9]+)*)+"


class ErrorCode(NamedTuple):
    """The vendor's error code for a denied request, and its HTTP status."""

    code: str
    http_status: int


@frozen
class Breach:
    """The facts that break a rule, with another code or another message than the rule's usual ones.

    The rule declares the code in ``breach_codes``. None: the rule's own.
    """

    facts: Facts
    code: str | None = None
    http_status: int | None = None
    message: str | None = None


Predicate = Callable[..., Facts | Breach | None]
FAULTS: Final = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError)
"""The exceptions of a library rule that meets a state which only a registry without other rules allows."""
P = TypeVar("P", bound=Predicate)


class RuleKind(StrEnum):
    """The kinds of ids that the rulebook has."""

    Denial = "denial"
    Invariant = "invariant"
    Query = "query"
    Fact = "fact"


@frozen(kw_only=True)
class RulebookEntry:
    """An id of the rulebook: its kind, the section of the vendor's guide, and the rule in a sentence.

    ``guide`` is ``"-"`` for what only the real API knows. An entry of the kind ``denial`` is a `Rule` of
    `ecsnet.rules`, under the same id.
    """

    id: str
    kind: RuleKind
    guide: str
    doc: str


@frozen(kw_only=True, repr=False)
class Rule:
    """A rule that denies commands, under its id.

    ``code`` and ``http_status`` are the usual ones, ``codes`` all that a violation may have, the usual one
    first; `codes_for` gives those of one command. ``guide`` is the section of the vendor's guide, ``"-"`` for what only
    the real API knows. ``doc`` says the rule in a sentence, ``message`` is filled in by the facts that break it.
    ``commands`` are those that it guards, ``predicate`` is the function that judges them. Its hash is that of its id.
    """

    id: str
    code: str = attrs.field(hash=False)
    http_status: int = attrs.field(hash=False)
    guide: str = attrs.field(hash=False)
    doc: str = attrs.field(hash=False)
    message: str = attrs.field(hash=False)
    commands: tuple[AnyCommand, ...] = attrs.field(hash=False)
    predicate: Predicate = attrs.field(hash=False)
    _codes_by_command: Codes = attrs.field(hash=False)
    _breach_codes: tuple[ErrorCode, ...] = attrs.field(hash=False)
    _judge: Judge = attrs.field(eq=False)

    def __repr__(self) -> str:
        return f"<Rule {self.id}>"

    @property
    def codes(self) -> tuple[ErrorCode, ...]:
        """All codes that a violation may have, the usual one first."""
        usual = ErrorCode(self.code, self.http_status)
        codes = dict.fromkeys(code for command in self.commands for code in self.codes_for(command))
        return tuple(sorted(codes, key=lambda code: code != usual))

    def codes_for(self, command: AnyCommand) -> tuple[ErrorCode, ...]:
        """Returns all codes that a violation by a command may have, the usual one first. Raises KeyError for a command
        that the rule does not guard."""
        if command not in self.commands:
            raise KeyError(command)
        return tuple(dict.fromkeys((self._usual_code(command), *self._breach_codes)))

    def _usual_code(self, command: AnyCommand) -> ErrorCode:
        return ErrorCode(*self._codes_by_command.get(command, (self.code, self.http_status)))

    def _violation(self, found: object, command: AnyCommand) -> Violation:
        """Returns the violation that the predicate's result tells. Raises `RuleError` if it tells none."""
        facts, code, message = self._read(found, command)
        try:
            message = message.format_map({name: _in_words(fact) for name, fact in facts.items()})
        except MemoryError:
            raise
        except Exception as error:  # a format may run any code of the facts
            raise RuleError(self.id, f"its message cannot be filled in: {type(error).__name__}: {error}") from error
        return Violation(
            rule=self.id,
            code=code.code,
            http_status=code.http_status,
            guide=self.guide,
            message=message,
            facts=facts,
        )

    def _read(self, found: object, command: AnyCommand) -> tuple[Facts, ErrorCode, str]:
        facts, code, message = found, self._usual_code(command), self.message
        if isinstance(found, Breach):
            facts = found.facts
            if found.message is not None:
                message = found.message
            if found.code is not None:
                declared = (found.code, found.http_status)
                if declared not in self._breach_codes:
                    raise RuleError(self.id, f"a Breach has the code {declared}, which breach_codes does not declare")
                code = ErrorCode(*declared)
        if type(facts) is dict and _TEXTS.issuperset(map(type, facts)):  # as nearly always
            return facts, code, message
        if inspect.iscoroutine(facts):
            facts.close()  # or Python warns that nobody awaited it
        if not isinstance(facts, Mapping) or not all(isinstance(name, str) for name in facts):
            raise RuleError(
                self.id, f"it returned {shown(facts)}: a rule returns None, facts by their names, or a Breach"
            )
        return dict(facts), code, message


_TEXTS: Final = frozenset({str})


class _Pairs(dict[Any, Any]):
    """A mapping in a message: ``{statuses:is}`` is filled in as ``eni-1 is InUse, eni-2 is Detaching``."""

    def __format__(self, verb: str) -> str:
        return ", ".join(f"{name} {verb} {value}" for name, value in self.items()) if verb else str(dict(self))


class _Texts(tuple[str, ...]):
    """Ids or addresses in a message: they are listed without quotes and brackets."""

    def __format__(self, spec: str) -> str:
        return format(", ".join(self), spec)


def _in_words(fact: object) -> object:
    """Returns a fact as it is filled into a message."""
    if type(fact) is tuple and all(isinstance(one, str) for one in fact):
        return _Texts(fact)
    return _Pairs(fact) if type(fact) is dict else fact


class SubjectRules:
    """The rules of a subject, in their rank, and its other entries of the rulebook. `ecsnet.domain.rulebook` puts the
    subjects together."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.others: list[RulebookEntry] = []

    def denies(
        self,
        rule_id: str,
        *commands: AnyCommand,
        message: str,
        code: str = "OperationDenied",
        http_status: int = 403,
        guide: str = "-",
        codes: Codes | None = None,
        breach_codes: Iterable[tuple[str, int]] = (),
    ) -> Callable[[P], P]:
        """Adds the decorated predicate as a rule. Its parameters are fields of `RuleContext`. See
        `RuleRegistry.denies`."""

        def register(predicate: P) -> P:
            rule = _rule(
                rule_id, commands, predicate, judge_of_library, message, code, http_status, guide, codes, breach_codes
            )
            self.rules.append(rule)
            return predicate

        return register

    def states(self, rule_id: str, kind: RuleKind, doc: str, *, guide: str) -> None:
        """Adds an entry that denies nothing: an invariant, a query or a fact."""
        self.others.append(RulebookEntry(id=rule_id, kind=kind, guide=guide, doc=doc))


class RuleRegistry(Mapping[str, Rule]):
    """Rules by their ids, in rank order: the first that a command breaks gives `CommandDenied.code`.

    ``RuleRegistry(ecsnet.rules)`` has the vendor's rules; those that `denies` adds come after them, and have ids that
    begin with ``x.``. ``a | b`` has the rules of both, those of ``a`` first.

    Raises `InvalidArgument` (a ValueError) for two different rules with one id.
    """

    def __init__(self, rules: RuleRegistry | Iterable[Rule] = (), *, frozen: bool = False) -> None:
        self._rules: dict[str, Rule] = {}
        self._usual: dict[AnyCommand, _Prepared] = {}
        self._exceptional: dict[AnyCommand, _Prepared] = {}
        self._compared: tuple[object, int, tuple[str, ...]] = (None, 0, ())
        for rule in rules.values() if isinstance(rules, Mapping) else rules:
            if not isinstance(rule, Rule):
                raise InvalidArgument(f"a RuleRegistry is made of rules, not of {shown(rule)}")
            known = self._rules.setdefault(rule.id, rule)
            if known is not rule and known != rule:
                raise InvalidArgument(f"there are two different rules {rule.id}")
        self._frozen = frozen

    def __getitem__(self, rule_id: str) -> Rule:
        return self._rules[rule_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __or__(self, other: RuleRegistry) -> RuleRegistry:
        if not isinstance(other, RuleRegistry):
            return NotImplemented
        return RuleRegistry([*self.values(), *other.values()])

    def __repr__(self) -> str:
        own = [rule_id for rule_id in self if rule_id.startswith("x.")]
        added = f" and {', '.join(own)}" if own else ""
        return f"<RuleRegistry: {len(self) - len(own)} rules of the vendor{added}>"

    def without(self, *rule_ids: str) -> RuleRegistry:
        """Returns a registry without these rules, to model a system that does not hold them.

        A cloud tries whatever such a registry allows before it records anything: what the model cannot carry out raises
        `ImpossibleOperation`. Raises KeyError for an id that is not there.
        """
        for rule_id in rule_ids:
            self._rules[rule_id]
        return RuleRegistry(rule for rule in self.values() if rule.id not in rule_ids)

    def denies(
        self,
        rule_id: str,
        *commands: AnyCommand,
        message: str,
        code: str = "OperationDenied",
        http_status: int = 403,
        guide: str = "-",
        codes: Codes | None = None,
        breach_codes: Iterable[tuple[str, int]] = (),
    ) -> Callable[[P], P]:
        """Adds the decorated predicate as the rule that denies ``commands``; its docstring states the rule.

        The predicate's parameters are filled by their names: ``command``, ``now``, ``account_id``, ``region_id`` and
        the resources that the command names, as frozen resources (``instance`` for an ``instance_id``). It is not
        called while one of them is unknown, unless that is annotated as optional or has the default None. It returns
        None, the facts that break the rule, which fill in ``message``, or a `Breach` with one of ``breach_codes`` or
        with a message of its own. In a message, a tuple of texts is a list (``{ids}``: ``i-1, i-2``), and a mapping
        takes a verb (``{statuses:is}``: ``i-1 is Running, i-2 is Stopped``). ``codes`` are other codes than the usual
        one by command.

        Raises `InvalidArgument` (a ValueError) for a rule that could never speak: an id that is taken or is not ``x.``
        and words, no docstring, no command, a parameter that the command never has; and for a frozen registry, such as
        `ecsnet.rules`.
        """
        if self._frozen:
            raise InvalidArgument(f"rule {rule_id}: this registry is frozen; add rules to RuleRegistry(ecsnet.rules)")

        def register(predicate: P) -> P:
            rule = _rule(
                rule_id, commands, predicate, judge_of_users, message, code, http_status, guide, codes, breach_codes
            )
            if not re.fullmatch(_OWN_ID, rule_id):
                _refuse(rule_id, "the id of a rule of your own begins with 'x.', and has words in lower case after it")
            if rule_id in self._rules:
                _refuse(rule_id, "there is one with this id")
            self._rules[rule_id] = rule
            self._usual.clear()
            self._exceptional.clear()
            self._compared = (None, 0, ())
            return predicate

        return register

    def lacks(self, others: RuleRegistry) -> tuple[str, ...]:
        """Returns the ids of another registry that this one does not have."""
        if self._compared[0] is not others or self._compared[1] != len(others):  # rules come to it, and none goes
            missing = tuple(rule_id for rule_id in others if rule_id not in self._rules)
            self._compared = (others, len(others), missing)
        return self._compared[2]

    def judge(self, context: RuleContext, command: AnyCommand) -> tuple[Violation, ...]:
        """Returns every violation of the rules that guard the command, in rank order.

        Raises `RuleError`, which names the rule, for an error inside a rule.
        """
        if context.not_found is None and context.client_token is None and context.imported_world is None:
            allow, of_users, guards = self._usual.get(command) or self._prepare(command, exceptional=False)
        else:
            allow, of_users, guards = self._exceptional.get(command) or self._prepare(command, exceptional=True)
        try:
            if allow(context):
                guards = of_users
        except Exception:
            _broken(guards, context)  # raises the `RuleError` that names the rule; without one, it was no rule's fault
            raise
        if not guards:
            return ()
        return tuple([rule._violation(found, command) for rule, found in _broken(guards, context)])

    def _prepare(self, command: AnyCommand, *, exceptional: bool) -> _Prepared:
        """Returns the rules that guard a command, with the exceptional ones (`Judge`) or without."""
        guarding = [rule for rule in self._rules.values() if command in rule.commands]
        guards = tuple([rule for rule in guarding if exceptional or not rule._judge.exceptional])
        of_users = tuple([rule for rule in guards if not rule._judge.parameters])
        prepared = _Prepared(_compiled([rule._judge for rule in guards]), of_users, guards)
        (self._exceptional if exceptional else self._usual)[command] = prepared
        return prepared


class _Prepared(NamedTuple):
    """Rules that guard a command, in rank order; those among them that are ``of_users``, and a function that tells
    whether all others ``allow`` the command, which is much faster than one rule after the other."""

    allow: Callable[[RuleContext], bool]
    of_users: tuple[Rule, ...]
    guards: tuple[Rule, ...]


def _compiled(judges: Iterable[Judge]) -> Callable[[RuleContext], bool]:
    """Returns a function that tells whether no predicate of the library's finds anything: one expression, in which
    they are called with fields of the context that are read once."""
    predicates: dict[str, Any] = {}
    calls: dict[tuple[str, ...], list[str]] = {}
    for number, judge in enumerate(judges):
        if judge.parameters:
            predicates[f"predicate_{number}"] = judge.call
            call = f"predicate_{number}({', '.join(judge.parameters)}) is None"
            calls.setdefault(judge.parameters, []).append(call)
    reading = dict.fromkeys(f"{name} = context.{name}" for parameters in calls for name in parameters)
    allowing = ["True"]
    for parameters, group in calls.items():
        unknown = [f"{name} is None" for name in parameters if name not in ALWAYS_KNOWN]
        allowing.append(f"({' or '.join([*unknown, ' and '.join(group)])})")
    lines = [*reading, f"return {' and '.join(allowing)}"]
    exec("\n    ".join(["def allow(context):", *lines]), predicates)
    allow: Callable[[RuleContext], bool] = predicates["allow"]
    return allow


def _broken(rules: Iterable[Rule], context: RuleContext) -> list[tuple[Rule, object]]:
    """Returns the rules whose predicates find something, with what they find. Raises `RuleError`, which names the rule,
    for an error inside a rule."""
    broken: list[tuple[Rule, object]] = []
    for rule in rules:
        judge = rule._judge
        try:
            known = judge.read(context)
            if known is None or (judge.several and None in known):
                continue
            found = judge.call(*known) if judge.several else judge.call(known)
        except Exception as error:
            if isinstance(error, MemoryError) or not (rule.id.startswith("x.") or isinstance(error, FAULTS)):
                raise  # no fault of the rule: no memory is left, or the handler of a signal raised something
            raise RuleError(rule.id, f"{type(error).__name__}: {error}") from error
        if found is not None:
            broken.append((rule, found))
    return broken


def _rule(
    rule_id: str,
    commands: tuple[AnyCommand, ...],
    predicate: Predicate,
    judge_of: Callable[[Predicate, Collection[AnyCommand]], Judge],
    message: str,
    code: str,
    http_status: int,
    guide: str,
    codes: Codes | None,
    breach_codes: Iterable[tuple[str, int]],
) -> Rule:
    """Returns a new rule. Raises `InvalidArgument` for one that could never speak."""
    if not commands:
        _refuse(rule_id, "it guards no command")
    for command in (*commands, *(codes or ())):
        if command not in COMMANDS:
            _refuse(rule_id, f"{getattr(command, '__name__', shown(command))} is no operation of ecsnet.commands")
    if stray := [command.__name__ for command in codes or () if command not in commands]:
        _refuse(rule_id, f"it has a code for {', '.join(stray)}, which it does not guard")
    try:
        list(Formatter().parse(message))
    except ValueError as error:
        _refuse(rule_id, f"its message cannot be filled in: {error}")
    try:
        judge = judge_of(predicate, commands)
    except UnusablePredicate as error:
        _refuse(rule_id, str(error))
    doc = docstring_of(predicate)
    if not doc:
        _refuse(rule_id, "its predicate has no docstring, which states the rule")
    return Rule(
        id=rule_id,
        code=code,
        http_status=http_status,
        guide=guide,
        doc=doc,
        message=message,
        commands=tuple(dict.fromkeys(commands)),
        predicate=predicate,
        codes_by_command=dict(codes or {}),
        breach_codes=tuple(ErrorCode(*breach_code) for breach_code in breach_codes),
        judge=judge,
    )


def _refuse(rule_id: str, reason: str) -> NoReturn:
    raise InvalidArgument(f"rule {rule_id}: {reason}")
