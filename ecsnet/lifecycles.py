"""The lifecycles of the resources that have a status, as state machines of the library `transitions`.

Statuses are the states, and types of events are the triggers: `VPC`, `VSWITCH`, `SECURITY_GROUP`, `INSTANCE`,
`NETWORK_INTERFACE` (a secondary ENI), `PRIMARY_NETWORK_INTERFACE` and `EIP`. The fold goes by them: a history that they
do not allow raises `ReplayError`. `docs/lifecycles.md` shows all.
"""

from ecsnet.domain.lifecycle import INITIAL, Lifecycle, Transitional
from ecsnet.domain.subjects.eip import EIP
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface.lifecycle import NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE
from ecsnet.domain.subjects.security_group import SECURITY_GROUP
from ecsnet.domain.subjects.vpc import VPC, VSWITCH

__all__ = [
    "EIP",
    "INITIAL",
    "INSTANCE",
    "NETWORK_INTERFACE",
    "PRIMARY_NETWORK_INTERFACE",
    "SECURITY_GROUP",
    "VPC",
    "VSWITCH",
    "Lifecycle",
    "Transitional",
]
