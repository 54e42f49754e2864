"""The readings of the guide that the library does not share yet, as switches: True is the guide's."""

from __future__ import annotations

from typing import Final

INTERFACE_IS_CREATED_AT_ONCE: Final = False
"""CreateNetworkInterface is synchronous: the ENI is Available in the answer (API)."""
CLASSIC_CREATED_WITHOUT_PRIMARY: Final = False
"""A classic instance has no primary ENI that counts among those that it is created with (4.1)."""
LOOKING_CHANGES_NOTHING: Final = False
"""What is due is completed in the order of its due times, whoever looks: a cycle draws the address that it shows."""
UNKNOWN_VPC_IS_NOT_CLASSIC: Final = False
"""A classic group is wrong for an ENI in whatever VSwitch that is not found (4.2)."""
