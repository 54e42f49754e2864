"""The readings of the guide that the library does not share yet, as switches: True is the guide's."""

from __future__ import annotations

from typing import Final

DETACH_LOOKS_AT_OWN_INSTANCE: Final = False
"""The instance whose state counts for a detach is the ENI's own, not the one that the command names (4.8)."""
INTERFACE_IS_CREATED_AT_ONCE: Final = False
"""CreateNetworkInterface is synchronous: the ENI is Available in the answer (API)."""
VPC_RENEWED_TO_ZERO_RELEASES: Final = False
"""A VPC instance renewed to 0 Mbit/s loses its NatPublicIp in the new cycle; a classic one keeps its own (2.1, 2.2)."""
CONVERT_NEEDS_BANDWIDTH: Final = False
"""A NatPublicIp without bandwidth is not converted (3.3 and the code of the API)."""
CLASSIC_IS_RAISED_WHILE_STOPPED: Final = False
"""A classic instance raises its bandwidth from 0 only while it is Stopped (2.1 and the API of 2019)."""
RAISED_WHILE_STOPPED_RULE: Final = "instance.network-spec.classic-state"
EIP_QUOTA_IS_OF_THE_ACCOUNT: Final = False
"""The quota on EIPs is set for the account, not for a region."""
MISSING_HIDES_NOTHING: Final = False
"""An instance type or a VSwitch that is not found does not hide what is wrong with the ENIs of a new instance."""
CLASSIC_CREATED_WITHOUT_PRIMARY: Final = False
"""A classic instance has no primary ENI that counts among those that it is created with (4.1)."""
LOOKING_CHANGES_NOTHING: Final = False
"""A cycle that began draws the address that it shows, whatever else is recorded after somebody looked."""
