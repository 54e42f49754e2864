"""The library's log: what was executed and what was denied, at DEBUG, as structlog events with their facts.

It goes to the standard library's logger ``ecsnet`` and nowhere else, until the application configures logging. A fact
is one line, whatever is in it: a formatter that prints facts as they are prints no line out of data.
structlog is loaded with the first event that somebody listens to: it takes longer to import than all the rest.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from ecsnet._escaping import escaped

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.stdlib import BoundLogger

_target = logging.getLogger("ecsnet")
_target.addHandler(logging.NullHandler())


@cache
def _logger() -> BoundLogger:
    import structlog

    logger: BoundLogger = structlog.wrap_logger(
        _target,
        processors=[_on_one_line, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
    )
    return logger


def _on_one_line(logger: Any, method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: escaped(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def debug(event: str, **facts: Any) -> None:
    """Log an event with its facts."""
    _logger().debug(event, **facts)


def enabled() -> bool:
    """Whether anybody listens: ask before gathering facts."""
    return _target.isEnabledFor(logging.DEBUG)
