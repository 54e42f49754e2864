"""The library's log: what was executed and what was denied, at DEBUG, as key-value events.

It goes to the standard library's logger ``ecsnet`` and nowhere else, until the application configures logging.
"""

from __future__ import annotations

import logging
from typing import Any

import structlog

_target = logging.getLogger("ecsnet")
_target.addHandler(logging.NullHandler())
_logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    _target,
    processors=[structlog.stdlib.render_to_log_kwargs],
    wrapper_class=structlog.stdlib.BoundLogger,
    context_class=dict,
    cache_logger_on_first_use=True,
)


def debug(event: str, **facts: Any) -> None:
    """Log an event with its facts."""
    _logger.debug(event, **facts)


def enabled() -> bool:
    """Whether anybody listens: ask before gathering facts."""
    return _target.isEnabledFor(logging.DEBUG)
