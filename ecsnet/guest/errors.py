"""What cannot be configured."""

from __future__ import annotations

from ecsnet.errors import EcsnetError
from ecsnet.escaping import escaped


class GuestError(EcsnetError, ValueError):
    """There is no configuration to give: an unknown image, an ENI that is not attached, a case that nobody describes,
    a value that must not get into a script.

    The message says which, and what would be needed. It is one line, whatever the values in it are.
    """

    def __init__(self, message: str) -> None:
        super().__init__(escaped(message))
