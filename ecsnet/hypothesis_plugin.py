"""What Hypothesis calls when it is imported, so that ``st.from_type(NetworkInterface)`` works.

It loads the resources' classes and nothing else; strategies are loaded when the first of them is drawn from.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecsnet.resources import Eip, Instance, NetworkInterface, SecurityGroup, Vpc, VSwitch

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

STRATEGIES: dict[type[Any], str] = {
    Vpc: "vpcs",
    VSwitch: "vswitches",
    SecurityGroup: "security_groups",
    Instance: "instances",
    NetworkInterface: "network_interfaces",
    Eip: "eips",
}


def register() -> None:
    """Tell Hypothesis how the resources are generated."""
    from hypothesis import strategies as st

    def resolve(resource: type[Any]) -> SearchStrategy[Any]:
        strategy: SearchStrategy[Any] = getattr(import_module("ecsnet.strategies"), STRATEGIES[resource])()
        return strategy

    for resource in STRATEGIES:
        st.register_type_strategy(resource, resolve)
