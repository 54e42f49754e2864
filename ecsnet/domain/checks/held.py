"""Finds what was imported and is held, used by what was not described, or not modelled. It breaks no rule, and is worth
knowing."""

from __future__ import annotations

from collections.abc import Iterator

from ecsnet.decision import Finding, Severity
from ecsnet.domain.held import why_held
from ecsnet.domain.in_use import SHOWN
from ecsnet.domain.state.records import VpcState, VSwitchState
from ecsnet.domain.state.world import World
from ecsnet.domain.subjects.vpc import UNSEEN


def held(world: World) -> Iterator[Finding]:
    """Yields a finding for each resource that is held, or used by what was not described, under the id of the rule that
    denies the commands on it; for each of whose description something is not modelled; and one for all IPv6 addresses
    of a region."""
    for region in world.regions.values():
        for vpc in region.vpcs.snapshot().values():
            yield from _not_ours("vpc", vpc, vpc.held)
        for vswitch in region.vswitches.snapshot().values():
            yield from _not_ours("vswitch", vswitch, why_held(world, vswitch))
            if vswitch.unseen_addresses:
                yield _unseen(vswitch)
        for group in region.security_groups.snapshot().values():
            yield from _held("security-group", group.id, why_held(world, group))
            if group.not_modelled is not None:
                yield _information("security-group.other-rules", f"{group.id}: not modelled: {group.not_modelled}")
        for instance in region.instances.snapshot().values():
            yield from _held("instance", instance.id, why_held(world, instance))
        with_ipv6: list[str] = []
        for interface in region.network_interfaces.snapshot().values():
            yield from _held("interface", interface.id, why_held(world, interface))
            if interface.ipv6_addresses:
                with_ipv6.append(interface.id)
        if with_ipv6:
            some = ", ".join(with_ipv6[:SHOWN])
            more = f" and {len(with_ipv6) - SHOWN} more" if len(with_ipv6) > SHOWN else ""
            message = f"IPv6 addresses are held, and nothing is judged by them: those of {some}{more}"
            yield _information("address.ipv6", message)
        for eip in region.eips.snapshot().values():
            yield from _held("eip", eip.id, eip.held)


def _held(kind: str, resource_id: str, reason: str | None) -> Iterator[Finding]:
    if reason is not None:
        yield _information(f"{kind}.held", f"{resource_id} is held: {reason}")


def _not_ours(kind: str, state: VpcState | VSwitchState, reason: str | None) -> Iterator[Finding]:
    yield from _held(kind, state.id, reason)
    if state.owner_id is not None:
        yield _information(f"{kind}.shared", f"{state.id} is shared by its owner, the account {state.owner_id}")


def _unseen(vswitch: VSwitchState) -> Finding:
    if vswitch.unseen_addresses < vswitch.last - vswitch.first - 3:
        return _information("vswitch.delete.in-use", f"{vswitch.id} has {UNSEEN.format(vswitch.unseen_addresses)}")
    message = f"{vswitch.id} is full, and no response describes what is in it"
    return Finding(position=None, rule="address.private.free", message=message)


def _information(rule: str, message: str) -> Finding:
    return Finding(position=None, rule=rule, message=message, severity=Severity.Information)
