"""The entry point that Hypothesis calls when it is imported; it makes ``st.from_type(NetworkInterface)`` work.

It imports the resource classes only; `ecsnet.strategies` is imported when an example of one of them is first drawn.
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
    """Registers a strategy for each class of resource."""
    from hypothesis import strategies as st

    def resolve(resource: type[Any]) -> SearchStrategy[Any]:
        strategy: SearchStrategy[Any] = getattr(import_module("ecsnet.strategies"), STRATEGIES[resource])()
        return strategy

    for resource in STRATEGIES:
        st.register_type_strategy(resource, resolve)
