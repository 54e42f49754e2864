"""The errors of ecsnet, in three families.

The caller's: `CommandDenied` (the vendor's rules deny the command), `InvalidCommand` (the command can never be right),
`InvalidArgument`, `InvalidQuery` and `InvalidResponse` (another argument can never be right), `ReadOnlyCloud`, and
`RuleError` and `ImpossibleOperation` of a registry of the caller's own. A damaged history: `ReplayError`. The store:
`StoreError` and its subclasses.

Messages contain ids and file names, which may be any text, and are written to logs and terminals: ``str`` of an error
is one line of printable characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsnet._escaping import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecsnet.commands.base import Command
    from ecsnet.decision import Violation


class EcsnetError(Exception):
    """The base of every error that ecsnet raises on purpose. All of them can be copied and pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are unpickled by calling their class with ``args``; those with keyword-only parameters cannot be.
        return _rebuilt, (type(self), self.args, vars(self))

    def __str__(self) -> str:
        return escaped(super().__str__())


def _rebuilt(kind: type[EcsnetError], args: tuple[Any, ...], attributes: dict[str, Any]) -> EcsnetError:
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(attributes)
    return error


class InvalidCommand(EcsnetError, ValueError):
    """A parameter has a value that can never be right. It is raised when the command is built.

    ``parameter`` is the name of the parameter, which the message begins with. Where several parameters are at fault
    together it is None, and ``together`` has their names; ``reason`` then has each of them in braces.
    """

    def __init__(self, reason: str, *, parameter: str | None = None, together: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.parameter = parameter
        self.together = together

    def __str__(self) -> str:
        return escaped(self.spelled(str))

    def spelled(self, spell: Callable[[str], str]) -> str:
        """Returns the message with every parameter's name as ``spell`` gives it, such as the vendor's API spells it."""
        if self.parameter is not None:
            return f"{spell(self.parameter)} {self.reason}"
        return self.reason.format_map({name: spell(name) for name in self.together}) if self.together else self.reason


class InvalidArgument(EcsnetError, ValueError):
    """An argument, not of a command, has a value that can never be right: an account id that is no text, a time beyond
    the calendar, a position that the history does not have. Nothing has changed."""


class InvalidQuery(EcsnetError, ValueError):
    """`ResourceCollection.where` was given an attribute that the resource does not have, or a value that the attribute
    never has."""


class InvalidDescribe(InvalidQuery):
    """`Cloud.describe` was called as the vendor's API cannot be: an action or a parameter that it does not have, a
    malformed value, or an action on one resource that does not exist.

    ``parameter`` is the vendor's name of the parameter at fault, None if it is the action; ``code`` and
    ``http_status`` are those of the API's answer.
    """

    def __init__(
        self, reason: str, *, parameter: str | None, code: str = "InvalidParameter", http_status: int = 400
    ) -> None:
        super().__init__(reason)
        self.parameter = parameter
        self.code = code
        self.http_status = http_status


class InvalidResponse(EcsnetError, ValueError):
    """An imported document is not a valid Describe response, at ``path``. Nothing was imported."""

    def __init__(self, reason: str, *, path: str) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return escaped(f"{self.path}: {self.reason}")


class CommandDenied(EcsnetError):
    """The vendor's rules deny the command; nothing was recorded and nothing changed.

    ``violations`` has one for every rule that denies it, in rank order, and is never empty; ``code`` is the vendor's
    error code of the first.
    """

    def __init__(self, command: Command[Any], violations: Sequence[Violation]) -> None:
        super().__init__(command, violations)
        self.command = command
        self.violations: tuple[Violation, ...] = tuple(violations)

    @property
    def code(self) -> str:
        """The vendor's error code of the first violation."""
        return self.violations[0].code

    def __str__(self) -> str:
        reasons = "; ".join(f"{v.message} [{v.rule}, {v.code}]" for v in self.violations)
        return escaped(f"{type(self.command).__name__} denied: {reasons}")


class RuleError(EcsnetError):
    """A rule did not judge a command: an exception came out of it (``__cause__``), it returned what no rule returns, or
    its message could not be filled in. Nothing was recorded. ``rule_id`` is the id of the rule."""

    def __init__(self, rule_id: str, reason: str) -> None:
        super().__init__(rule_id, reason)
        self.rule_id = rule_id
        self.reason = reason

    def __str__(self) -> str:
        return escaped(f"rule {self.rule_id}: {self.reason}")


class ImpossibleOperation(EcsnetError):
    """A registry without some of the vendor's rules allows a command that the model cannot carry out, or allowed before
    what it now meets. Nothing was recorded and nothing changed.

    ``rules`` are the ids of the vendor's rules that deny the command and that the registry lacks; empty if none of them
    denies it, and it follows on something else that such a registry allowed.
    """

    def __init__(self, command: Command[Any], rules: Sequence[str], reason: str) -> None:
        super().__init__(command, rules, reason)
        self.command = command
        self.rules: tuple[str, ...] = tuple(rules)
        self.reason = reason

    def __str__(self) -> str:
        left_out = f"; the registry lacks {', '.join(self.rules)}" if self.rules else ""
        return escaped(f"{type(self.command).__name__} cannot be carried out{left_out}: {self.reason}")


class ReplayError(EcsnetError):
    """A stored history cannot be folded: it has a gap, an unknown or unreadable event, or an illegal move.

    ``stream`` and ``version`` name the place; each is None if it is not known.
    """

    def __init__(self, reason: str, *, stream: str | None, version: int | None) -> None:
        super().__init__(reason, stream, version)
        self.reason = reason
        self.stream = stream
        self.version = version

    def __str__(self) -> str:
        places = {"stream": self.stream, "version": self.version}
        known = ", ".join([f"{name} {value!r}" for name, value in places.items() if value is not None])
        return escaped(f"{known}: {self.reason}" if self.stream is not None else self.reason)


class ReadOnlyCloud(EcsnetError):
    """A command was given to a cloud that shows the past (`Cloud.at`)."""


class StoreError(EcsnetError):
    """The event store cannot be opened or used as asked; its content is untouched."""


class VersionConflict(StoreError):
    """Another writer appended to the stream first. `Cloud.execute` folds the new events and decides again."""

    def __init__(self, stream: str, *, expected: int, actual: int) -> None:
        super().__init__(stream, expected, actual)
        self.stream = stream
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return f"stream {self.stream!r} is at version {self.actual}, not {self.expected}"
