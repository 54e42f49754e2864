"""The ends of what a region can give by itself: public addresses, and private ones of the classic network."""

from __future__ import annotations

from typing import Any, Final

from ecsnet.commands import (
    AllocateEipAddress,
    AllocatePublicIpAddress,
    ChangePublicIpAddress,
    Command,
    CreateInstance,
    ModifyInstanceNetworkSpec,
    RunInstances,
)
from ecsnet.domain.rules import Facts, SubjectRules
from ecsnet.domain.state.regional_pool import CLASSIC, PUBLIC
from ecsnet.domain.state.world import Region, World, owned
from ecsnet.domain.subjects.instance.bandwidth import brings_address

RULES: Final = SubjectRules()


def _short(world: World, region: Region, wanted: int, kind: str) -> Facts | None:
    available = (PUBLIC if kind == "public" else CLASSIC).free_count(world, region)
    if wanted <= available:
        return None
    return {"region_id": region.region_id, "kind": kind, "available": available, "wanted": wanted}


@RULES.denies(
    "address.region.exhausted",
    RunInstances,
    CreateInstance,
    ModifyInstanceNetworkSpec,
    AllocateEipAddress,
    AllocatePublicIpAddress,
    ChangePublicIpAddress,
    code="OperationDenied",
    http_status=403,
    message="{region_id} has {available} {kind} addresses left, not {wanted}",
)
def region_exhausted(command: Command[Any], world: World, region: Region, account_id: str) -> Facts | None:
    """A region gives no more public addresses, and no more classic private ones, than its blocks have free."""
    if isinstance(command, RunInstances | CreateInstance):
        amount = command.amount if isinstance(command, RunInstances) else 1
        gets_public_ip = isinstance(command, RunInstances) and command.internet_max_bandwidth_out
        short = _short(world, region, amount, "classic") if command.vswitch_id is None else None
        return short or (_short(world, region, amount, "public") if gets_public_ip else None)
    if isinstance(command, ModifyInstanceNetworkSpec):
        instance = owned(region.instances, command.instance_id, account_id)
        if instance is None or not brings_address(instance, command.internet_max_bandwidth_out):
            return None
    return _short(world, region, 1, "public")
