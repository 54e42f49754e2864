"""Tools for tests: the vendor's API for code that drives it (`aliyun`), with faults; invariants, scenarios (given,
when, then), exploration of all reachable states, a state machine that compares your own system with the model, and the
contract tests of event stores and of their upcasters.

Only `CloudMachine` needs Hypothesis (``pip install ecsnet[testing]``), which is imported with it on first use.
Strategies are in `ecsnet.strategies`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecsnet.clocks import ManualClock
from ecsnet.cloud import Cloud
from ecsnet.domain.checks.invariants import INVARIANTS, Breach, breaches
from ecsnet.testing._aliyun import Aliyun, aliyun, client_environment
from ecsnet.testing._compare import CloudSystem, Difference, System
from ecsnet.testing._event_stores import check_event_store
from ecsnet.testing._explore import Exploration, InvariantBroken, every_command, explore, settle_moves
from ecsnet.testing._fixtures import START, cloud_after
from ecsnet.testing._frozen import check_upcasters, freeze_events
from ecsnet.testing._scenarios import Scenario, scenario
from ecsnet.testing._script import Script, Settle, Wait
from ecsnet.testing.faults import Faults

if TYPE_CHECKING:
    from ecsnet.testing._machine import CloudMachine

__all__ = [
    "INVARIANTS",
    "START",
    "Aliyun",
    "Breach",
    "CloudMachine",
    "CloudSystem",
    "Difference",
    "Exploration",
    "Faults",
    "InvariantBroken",
    "ManualClock",
    "Scenario",
    "Script",
    "Settle",
    "System",
    "Wait",
    "aliyun",
    "check_event_store",
    "check_upcasters",
    "client_environment",
    "cloud_after",
    "every_command",
    "explore",
    "freeze_events",
    "invariants",
    "scenario",
    "settle_moves",
]


def invariants(cloud: Cloud) -> tuple[Breach, ...]:
    """Returns the breaches of the global invariants: none, by construction, unless resources were imported.

    `INVARIANTS` has the text of each. Lowering a quota removes nothing, so resources may exceed the present quota if
    an earlier one allowed them.
    """
    return breaches(cloud.folded_state())


if not TYPE_CHECKING:  # type checkers would take every name to be there

    def __getattr__(name: str) -> Any:
        if name == "CloudMachine":
            return import_module("ecsnet.testing._machine").CloudMachine
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
