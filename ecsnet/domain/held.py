"""Why a resource is held: its own description says so, or what it is in is described nowhere.

What is imported may name a VPC or a VSwitch that no response describes. This is there by its name, and held; and so is
a VSwitch, a security group or an instance in such a VPC, and an ENI in such a VSwitch. That is looked up and not
recorded, so that one later description of the VPC or the VSwitch ends it for all that is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ecsnet.domain.state.records import NetworkInterfaceState
from ecsnet.domain.state.world import Region


def why_held(region: Region, state: Any) -> str | None:
    """Returns why no command changes a resource of the region, None if commands may."""
    if not region.imported:  # as nearly always
        return None
    return "; ".join(filter(None, (getattr(state, "held", None), _why_by_place(region, state)))) or None


def reasons_held(region: Region, states: Iterable[Any]) -> dict[str, str]:
    """Returns why no command changes resources of the region, by id, without those that commands may change."""
    if not region.imported:
        return {}
    return {one.id: reason for one in states if (reason := why_held(region, one)) is not None}


def _why_by_place(region: Region, state: Any) -> str | None:
    """Returns what holds a resource for the place that it is in, None if nothing does."""
    if isinstance(state, NetworkInterfaceState):
        vswitch = region.vswitches[state.vswitch_id]
        if vswitch is None:
            return None
        if vswitch.only_named:
            return f"it is in {vswitch.id}, which no response describes"
        lacking = "zone" if vswitch.cidr_block else "block"
        known = vswitch.cidr_block and vswitch.zone_id
        return None if known else f"it is in {vswitch.id}, whose {lacking} is not described"
    vpc_id: str | None = getattr(state, "vpc_id", None)
    vpc = None if vpc_id is None else region.vpcs[vpc_id]
    return None if vpc is None or not vpc.only_named else f"it is in {vpc.id}, which no response describes"
