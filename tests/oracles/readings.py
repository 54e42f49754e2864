"""The readings of the guide that the library does not share yet, as switches: True is the guide's."""

from __future__ import annotations

from typing import Final

UNKNOWN_VPC_IS_NOT_CLASSIC: Final = False
"""A classic group is wrong for an ENI in whatever VSwitch that is not found (4.2)."""
RELEASE_OF_OWN_INSTANCE_COUNTS: Final = False
"""An ENI is not detached from its own instance while that is being released, whichever the command names (4.8)."""
