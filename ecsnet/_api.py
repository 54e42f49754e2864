"""The public names of ecsnet. They are loaded together, when the first of them is asked for."""

from ecsnet import commands, lifecycles
from ecsnet._audit import audit
from ecsnet._differences import ResourceChange
from ecsnet._json import from_json, to_json
from ecsnet.clocks import Clock, ManualClock
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.decision import Decision, Denial, Finding, Permission, Severity, Violation
from ecsnet.domain.queries.capabilities import NetworkCapabilities, TrafficCharge, network_capabilities, traffic_charge
from ecsnet.domain.queries.instance import InstanceLimits, InternetAccess, InternetAddress
from ecsnet.domain.queries.intranet import Endpoint, IntranetPath, IntranetVerdict
from ecsnet.domain.rulebook import RULEBOOK as rulebook  # noqa: N811  # users look ids up in `ecsnet.rulebook`
from ecsnet.domain.rulebook import RULES as rules  # noqa: N811  # users look rules up in `ecsnet.rules`
from ecsnet.domain.rules import Breach, ErrorCode, Rule, RulebookEntry, RuleKind, RuleRegistry
from ecsnet.errors import (
    CommandDenied,
    EcsnetError,
    ImpossibleOperation,
    InvalidArgument,
    InvalidCommand,
    InvalidDescribe,
    InvalidQuery,
    InvalidResponse,
    ReadOnlyCloud,
    ReplayError,
    RuleError,
    StoreError,
    VersionConflict,
)
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.resources import Eip, Instance, NetworkInterface, Quota, SecurityGroup, Vpc, VSwitch
from ecsnet.values import (
    ChargeType,
    EipStatus,
    InstanceStatus,
    InstanceType,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    NetworkType,
)

__all__ = [
    "Breach",
    "ChargeType",
    "Clock",
    "Cloud",
    "Command",
    "CommandDenied",
    "Decision",
    "Denial",
    "EcsnetError",
    "Eip",
    "EipStatus",
    "Endpoint",
    "ErrorCode",
    "Event",
    "Finding",
    "ImpossibleOperation",
    "Instance",
    "InstanceLimits",
    "InstanceStatus",
    "InstanceType",
    "InternetAccess",
    "InternetAddress",
    "IntranetPath",
    "IntranetVerdict",
    "InvalidArgument",
    "InvalidCommand",
    "InvalidDescribe",
    "InvalidQuery",
    "InvalidResponse",
    "ManualClock",
    "NetworkCapabilities",
    "NetworkInterface",
    "NetworkInterfaceStatus",
    "NetworkInterfaceType",
    "NetworkType",
    "NewNetworkInterface",
    "Permission",
    "Quota",
    "ReadOnlyCloud",
    "RecordedEvent",
    "ReplayError",
    "ResourceChange",
    "Rule",
    "RuleError",
    "RuleKind",
    "RuleRegistry",
    "RulebookEntry",
    "SecurityGroup",
    "Severity",
    "StoreError",
    "TrafficCharge",
    "VSwitch",
    "VersionConflict",
    "Violation",
    "Vpc",
    "audit",
    "commands",
    "from_json",
    "lifecycles",
    "network_capabilities",
    "rulebook",
    "rules",
    "to_json",
    "traffic_charge",
]
