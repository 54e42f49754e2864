"""What cannot be configured."""

from __future__ import annotations

from ecsnet.errors import EcsnetError


class GuestError(EcsnetError, ValueError):
    """There is no configuration to give: an unknown image, an ENI that is not attached, a case that nobody describes,
    a value that must not get into a script.

    The message says which, and what would be needed.
    """
