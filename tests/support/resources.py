"""The resources of a cloud."""

from __future__ import annotations

from typing import Any


def everything(net: Any) -> Any:
    cloud = getattr(net, "cloud", net)
    return [
        dict(collection)
        for collection in (
            cloud.vpcs,
            cloud.vswitches,
            cloud.security_groups,
            cloud.instances,
            cloud.network_interfaces,
            cloud.eips,
        )
    ]
