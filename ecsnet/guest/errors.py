"""The error for a configuration that cannot be generated."""

from __future__ import annotations

from ecsnet.errors import EcsnetError


class GuestError(EcsnetError, ValueError):
    """No configuration can be generated: the image is unknown, the ENI is not attached, the guide does not cover the
    case, or a value must not be written into a script.

    The message names the cause and the value that is needed.
    """
