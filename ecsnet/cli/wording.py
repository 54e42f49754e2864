"""Short texts for resources, times and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ecsnet.events.base import Event
from ecsnet.resources import Eip, Instance, NetworkInterface, Quota, SecurityGroup, Vpc, VSwitch

_MANY = 4


def described(resource: Any) -> str:
    """Returns a resource's id and its main attributes."""
    if isinstance(resource, Quota):
        return f"{resource.name} = {resource.value}"
    return f"{resource.id} ({', '.join(_facts(resource))})"


def _facts(resource: Any) -> list[str]:
    match resource:
        case Vpc():
            return [*_passing(resource), listed((resource.cidr_block, *resource.secondary_cidr_blocks))]
        case VSwitch():
            return [*_passing(resource), resource.cidr_block, resource.zone_id]
        case SecurityGroup():
            return [
                *_passing(resource),
                *([resource.type] if resource.type == "enterprise" else []),
                resource.vpc_id or "classic network",
                f"{resource.private_ip_count} private IPs",
            ]
        case Instance():
            return [resource.status, resource.instance_type, resource.private_ip, *_public(resource)]
        case NetworkInterface():
            bound = [f"on {resource.instance_id}"] if resource.instance_id else []
            eips = [f"public {listed(resource.eip_ids)}"] if resource.eip_ids else []
            return [
                resource.type,
                resource.status,
                *bound,
                listed((*resource.private_ips, *resource.ipv4_prefixes)),
                *eips,
            ]
        case Eip():
            on = f" {resource.private_ip_address}" if resource.private_ip_address else ""
            bound = [f"on {resource.instance_id}{on}"] if resource.instance_type == "NetworkInterface" else []
            return [resource.status, resource.ip_address, *bound]
    return [resource.region_id]


def _passing(resource: Vpc | VSwitch | SecurityGroup) -> list[str]:
    return [] if resource.status == "Available" else [resource.status]


def _public(instance: Instance) -> list[str]:
    return [f"public {address}" for address in (instance.public_ip, instance.eip_id) if address is not None]


def timestamp(moment: datetime) -> str:
    """Returns a moment in UTC, to the second."""
    return moment.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")


def listed(items: Sequence[str]) -> str:
    """Returns the first four items, and the number of the others."""
    more = [f"and {len(items) - _MANY} more"] if len(items) > _MANY else []
    return ", ".join([*items[:_MANY], *more])


def counted(events: Iterable[Event]) -> str:
    """Returns the types of events, each with its number if that is above one."""
    counts = Counter(type(event).__name__ for event in events)
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in counts.items())
