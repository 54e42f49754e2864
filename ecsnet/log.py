"""The library's log: what was executed and what was denied, at DEBUG, as structlog events with their facts.

It goes to the standard library's logger ``ecsnet`` and nowhere else, until the application configures logging.
structlog is loaded with the first event that somebody listens to: it takes longer to import than all the rest.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

_target = logging.getLogger("ecsnet")
_target.addHandler(logging.NullHandler())


@cache
def _logger() -> BoundLogger:
    import structlog

    logger: BoundLogger = structlog.wrap_logger(
        _target,
        processors=[structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
    )
    return logger


def debug(event: str, **facts: Any) -> None:
    """Log an event with its facts."""
    _logger().debug(event, **facts)


def enabled() -> bool:
    """Whether anybody listens: ask before gathering facts."""
    return _target.isEnabledFor(logging.DEBUG)
