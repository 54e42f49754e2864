"""Why a resource is held: its own description says so, or what it is in is described nowhere.

What is imported may name a VPC or a VSwitch that no response describes. This is there by its name, and held; and so is
a VSwitch, a security group or an instance in such a VPC, and an ENI in such a VSwitch. That is looked up and not
recorded, so that one later description of the VPC or the VSwitch ends it for all that is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ecsnet.domain.state.records import NetworkInterfaceState
from ecsnet.domain.state.world import World


def why_held(world: World, state: Any) -> str | None:
    """Returns why no command changes a resource, whichever region it is in, None if commands may."""
    return "; ".join(filter(None, (getattr(state, "held", None), _why_by_place(world, state)))) or None


def reasons_held(world: World, states: Iterable[Any]) -> dict[str, str]:
    """Returns why no command changes resources, by id, without those that commands may change."""
    return {one.id: reason for one in states if (reason := why_held(world, one)) is not None}


def _why_by_place(world: World, state: Any) -> str | None:
    """Returns what holds a resource for the place that it is in, None if nothing does."""
    if isinstance(state, NetworkInterfaceState):
        vswitch = _found(world, "vswitches", state.vswitch_id)
        if vswitch is None:
            return None
        if vswitch.only_named:
            return f"it is in {vswitch.id}, which no response describes"
        lacking = "zone" if vswitch.cidr_block else "block"
        known = vswitch.cidr_block and vswitch.zone_id
        return None if known else f"it is in {vswitch.id}, whose {lacking} is not described"
    vpc = _found(world, "vpcs", getattr(state, "vpc_id", None))
    return None if vpc is None or not vpc.only_named else f"it is in {vpc.id}, which no response describes"


def _found(world: World, table: str, resource_id: str | None) -> Any:
    region = None if resource_id is None else world.region_of(table, resource_id)
    return None if region is None else getattr(region, table)[resource_id]
