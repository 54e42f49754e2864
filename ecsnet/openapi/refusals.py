"""The refusal of a request, which becomes an error answer in the vendor's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from ecsnet.decision import Violation
from ecsnet.errors import CommandDenied, EcsnetError


class Refusal(EcsnetError):
    """A request is refused, with the vendor's error code and HTTP status. ``violations`` are the rules that deny its
    command, if it is a command that was judged."""

    def __init__(self, code: str, http_status: int, message: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.http_status = http_status
        self.message = message
        self.violations: tuple[Violation, ...] = tuple(violations)

    @classmethod
    def of(cls, error: CommandDenied) -> Self:
        """Returns the refusal of a denied command: the code and status of the first violation, and the messages of
        all."""
        return cls.of_violations(error.violations)

    @classmethod
    def of_violations(cls, violations: Sequence[Violation]) -> Self:
        """Returns the refusal for violations, of which there is at least one."""
        first, *others = violations
        message = first.message
        if others:
            message += "; besides: " + "; ".join([f"{one.message} [{one.code}]" for one in others])
        return cls(first.code, first.http_status, message, violations)
