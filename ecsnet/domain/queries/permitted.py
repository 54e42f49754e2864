"""The commands that a resource permits as it is now, before any parameter is known.

The resource itself, and what it is bound to (its ENIs, groups, addresses, EIP and links), is judged as it is. What a
command would bind it to is taken to exist, and to fit: the parameters are those that are the easiest to fulfil. So a
command is denied only if it is denied whatever its parameters are.
"""

from __future__ import annotations

from typing import Any, Final

from ecsnet.commands import Command
from ecsnet.decision import Permission, Violation
from ecsnet.domain.context import RuleContext, names
from ecsnet.domain.decide import OPERATIONS, CommandContext
from ecsnet.domain.lookups import LOOKUPS
from ecsnet.domain.operation import Impossible, Operation, ResourceKind
from ecsnet.domain.state.world import Region, World

_KINDS: Final[dict[str, ResourceKind]] = {kind.table: kind for kind in ResourceKind}


def permitted(
    world: World, region: Region, table: str, resource_id: str, caller: CommandContext
) -> dict[type[Command[Any]], Permission]:
    """Returns the commands that have a parameter for the resource and are admitted in its status, each with the
    decision of the rules that no other parameter could satisfy."""
    kind = _KINDS[table]
    state = getattr(region, table).get_existing(resource_id)
    decisions = {}
    for command, operation in OPERATIONS.items():
        if not names(command, kind.parameter):
            continue
        if kind in operation.statuses and state.status not in operation.statuses[kind]:
            continue
        context = caller.rule_context(world, region, command)
        setattr(context, LOOKUPS[kind.parameter].field, state)
        decisions[command] = Permission(command=command, violations=_violations(context, operation, caller))
    return decisions


def _violations(context: RuleContext, operation: Operation[Any], caller: CommandContext) -> tuple[Violation, ...]:
    """Returns nothing if one of the alternatives is allowed, and otherwise the violations of the first of them."""
    denied: tuple[Violation, ...] = ()
    for alternative in (context,) if operation.alternatives is None else operation.alternatives(context):
        violations = _judged(alternative, operation, caller)
        if not violations:
            return ()
        denied = denied or violations
    return denied


def _judged(
    alternative: RuleContext | Impossible, operation: Operation[Any], caller: CommandContext
) -> tuple[Violation, ...]:
    if isinstance(alternative, Impossible):
        if alternative.rule not in caller.rules:
            return ()
        rule = caller.rules[alternative.rule]
        code, http_status = rule.codes_for(operation.command)[0]
        return (
            Violation(
                rule=rule.id,
                code=code,
                http_status=http_status,
                guide=rule.guide,
                message=alternative.message,
                facts=alternative.facts,
            ),
        )
    if operation.prepare is not None:
        operation.prepare(alternative, None)
    return caller.rules.judge(alternative, operation.command)
