"""The library's log: one structlog event for a command that was executed or denied, at DEBUG.

It goes through the application's structlog if that is configured, and to the standard library's logger ``ecsnet``
otherwise; it is silent until one of the two is listened to. The facts are keys: ``action``, ``command``,
``command_id``, ``account_id``, ``region_id``, ``positions`` and ``event_types``, and ``rules`` and ``codes`` of a
command that was denied.

Nothing is configured here, and structlog is not loaded until somebody listens: it takes longer to import than all the
rest.
"""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ecsnet._escaping import escaped

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from structlog.typing import FilteringBoundLogger

    from ecsnet.commands.base import Command
    from ecsnet.decision import Decision
    from ecsnet.events.base import RecordedEvent

_target: Final = logging.getLogger("ecsnet")
_target.addHandler(logging.NullHandler())
_modules: Final = sys.modules


def enabled() -> bool:
    """Returns whether anybody may be listening. This is asked before facts are gathered, with every command."""
    return ("structlog" in _modules and _is_configured()) or _target.isEnabledFor(logging.DEBUG)


def executed(
    command: Command[Any], command_id: str, account_id: str, region_id: str, records: Sequence[RecordedEvent]
) -> None:
    """Logs a command that was executed, and what it recorded."""
    _debug(
        "executed",
        action=type(command).__name__,
        command=repr(command),
        command_id=command_id,
        account_id=account_id,
        region_id=region_id,
        positions=[record.position for record in records],
        event_types=[record.type for record in records],
    )


def denied(decision: Decision, command_id: str, account_id: str, region_id: str) -> None:
    """Logs a command that was denied, and by which rules."""
    _debug(
        "denied",
        action=type(decision.command).__name__,
        command=repr(decision.command),
        command_id=command_id,
        account_id=account_id,
        region_id=region_id,
        positions=[],
        event_types=[],
        rules=[violation.rule for violation in decision.violations],
        codes=[violation.code for violation in decision.violations],
    )


def ignored(action: str, parameter: str) -> None:
    """Logs a parameter of a request over the wire that nothing is done with."""
    if enabled():
        _debug("ignored", action=action, parameter=parameter)


def unknown_action(action: str) -> None:
    """Logs a request over the wire for an action that ecsnet does not have."""
    if enabled():
        _debug("unknown action", action=action)


def failed(action: str, error: Exception) -> None:
    """Logs a request over the wire that failed for a reason that is no rule's."""
    if enabled():
        _debug("failed", action=action, error=repr(error))


def answered(action: str, number: int, request_id: str, http_status: int, code: str | None, fault: str | None) -> None:
    """Logs a request over the wire and its answer, or a call of the library that a fault struck."""
    _debug(
        "answered",
        action=action,
        number=number,
        request_id=request_id,
        http_status=http_status,
        code=code,
        fault=fault,
    )


def snapshot_ignored(position: int, reason: str) -> None:
    """Logs a snapshot of the state at a position that is not used, and why."""
    if enabled():
        _debug("snapshot ignored", position=position, reason=reason)


def snapshot_not_kept(position: int, reason: str) -> None:
    """Logs that the state at a position could not be kept as a snapshot, and why."""
    if enabled():
        _debug("snapshot not kept", position=position, reason=reason)


def to_standard_error() -> None:
    """Makes structlog write the log to the standard error, one line of JSON an event: for a program of its own."""
    import structlog

    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso"), structlog.processors.JSONRenderer(default=str)],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _debug(event: str, **facts: Any) -> None:
    logger = _application_logger() if "structlog" in _modules and _is_configured() else _standard_logger()
    logger.debug(event, **facts)


def _is_configured() -> bool:
    """Returns whether the application configured structlog, to anything else than structlog's defaults.

    `structlog.testing.capture_logs` leaves the defaults behind as a configuration. They print to the standard output,
    which nobody asked for.
    """
    structlog: Any = _modules["structlog"]
    is_configured = getattr(structlog, "is_configured", None)  # None while another thread imports it
    if is_configured is None or not is_configured():
        return False
    now, builtin = structlog.get_config(), structlog._config  # the defaults have no public name
    return (
        now["processors"] != builtin._BUILTIN_DEFAULT_PROCESSORS
        or now["wrapper_class"] is not builtin._BUILTIN_DEFAULT_WRAPPER_CLASS
        or now["logger_factory"] is not builtin._BUILTIN_DEFAULT_LOGGER_FACTORY
    )


def _application_logger() -> FilteringBoundLogger:
    import structlog

    logger: FilteringBoundLogger = structlog.get_logger("ecsnet")
    return logger


@cache
def _standard_logger() -> FilteringBoundLogger:
    import structlog

    logger: FilteringBoundLogger = structlog.wrap_logger(
        _target,
        processors=[_on_one_line, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
    )
    return logger


def _on_one_line(logger: Any, method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Makes each fact one line, whatever is in it: a formatter that prints facts as they are then prints no line that
    is made of data."""
    return {name: escaped(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
