"""The one function that decides a command: find what it names, judge it, and only then build the events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

import attrs
import msgspec

from ecsnet._attrs import builder, field_names
from ecsnet.commands import DeleteInstance, RebootInstance, RunInstances, StartInstance, StopInstance
from ecsnet.commands.base import Command
from ecsnet.decision import Decision, Violation
from ecsnet.domain.context import RuleContext, names
from ecsnet.domain.fold_ahead import IMPOSSIBLE, fold_ahead
from ecsnet.domain.lookups import Resolve, resolver
from ecsnet.domain.operation import Operations, ResourceKind, merged
from ecsnet.domain.rulebook import RULES
from ecsnet.domain.rules import FAULTS, RuleRegistry
from ecsnet.domain.state.records import InstanceState
from ecsnet.domain.state.streams import with_shared
from ecsnet.domain.state.world import Region, World, owned
from ecsnet.domain.subjects import account, classic_link, eip, public_ip, security_group, tags, vpc
from ecsnet.domain.subjects.instance import bandwidth, batches, creation, membership, vpc_attribute
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import attachment, private_ips
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.errors import EcsnetError, ImpossibleOperation, ReplayError
from ecsnet.events.base import Event
from ecsnet.values import BatchOptimization, InstanceType

_decision = builder(Decision)

OPERATIONS: Final[Operations] = merged(
    vpc.OPERATIONS,
    security_group.OPERATIONS,
    creation.OPERATIONS,
    instance.OPERATIONS,
    batches.OPERATIONS,
    membership.OPERATIONS,
    vpc_attribute.OPERATIONS,
    bandwidth.OPERATIONS,
    network_interface.OPERATIONS,
    attachment.OPERATIONS,
    private_ips.OPERATIONS,
    public_ip.OPERATIONS,
    eip.OPERATIONS,
    classic_link.OPERATIONS,
    account.OPERATIONS,
    tags.OPERATIONS,
)
"""The operation of every command."""

_OF_PARTS: Final = frozenset({StartInstance, StopInstance, RebootInstance, DeleteInstance})
"""The commands that are parts of commands on several instances."""
_RESOLVERS: Final[dict[type[Command[Any]], Resolve]] = {command: resolver(command) for command in OPERATIONS}
_NAMING_REGIONS: Final = frozenset(command for command in OPERATIONS if "region_id" in field_names(command))
NAMING_INSTANCE_TYPES: Final = frozenset(command for command in OPERATIONS if names(command, "instance_type"))
"""The commands that name an instance type; of commands on what an EIP is on, the parameter means another thing."""
_region_id: Final = attrgetter("region_id")
_HOMES: Final[dict[type[Command[Any]], tuple[str, Callable[[Command[Any]], str]]]] = {
    command: (home.table, attrgetter(home.parameter))
    for command, operation in OPERATIONS.items()
    if isinstance(home := operation.within or operation.result, ResourceKind)
    and home is not ResourceKind.Quota
    and home.parameter in field_names(command)
}
"""The resource in whose region a command is recorded: its table, and the parameter that names it."""
_RESULTS: Final[dict[type[Command[Any]], tuple[str, Callable[[Command[Any]], str]]]] = {
    command: (result.table, attrgetter(result.parameter))
    for command, operation in OPERATIONS.items()
    if operation.several is None
    and isinstance(result := operation.result, ResourceKind)
    and result.parameter in field_names(command)
    and attrs.fields_dict(command)[result.parameter].default is attrs.NOTHING
}
"""The resource that a command names and returns."""
SEVERAL: Final = frozenset({RunInstances, *[command for command, one in OPERATIONS.items() if one.several is not None]})
"""The commands that return a tuple: of what they create, or of what they name."""
REMOVING: Final = frozenset(command for command, operation in OPERATIONS.items() if operation.removes)
"""The commands that may remove the resource that they return."""


def _kind_of(command: Command[Any]) -> ResourceKind:
    result = OPERATIONS[type(command)].result
    return result if isinstance(result, ResourceKind) else result(command)


class CommandContext(msgspec.Struct, frozen=True, kw_only=True):
    """The context of a command: account, region, time, rules, and the operations that do not complete at once."""

    account_id: str
    region_id: str
    now: datetime
    slow: frozenset[str]
    instance_types: Mapping[str, InstanceType]
    rules: RuleRegistry
    client_token: str | None = None

    def rule_context(
        self, world: World, region: Region, command_type: type[Command[Any]], command: Command[Any] | None = None
    ) -> RuleContext:
        """Returns the context of a command, or of a kind of command, in which no resource is known yet."""
        return RuleContext(
            command=command,
            command_type=command_type,
            now=self.now,
            account_id=self.account_id,
            region=region,
            world=world,
            slow=self.slow,
            instance_types=self.instance_types,
            client_token=self.client_token,
            imported_world=world if world.has_imports() else None,
        )


def home_region(world: World, command: Command[Any], caller: CommandContext) -> str:
    """Returns the region in whose stream a command is recorded: the one it names, its resource's, or the caller's.

    Of several resources the first that exists counts. Only a resource of the caller's own does: with an id of somebody
    else, the region is that of an unknown id.
    """
    command_type = type(command)
    if command_type in _NAMING_REGIONS:
        region: str | None = _region_id(command)
        if region is not None:
            return region
    if len(world.regions) == 1 and caller.region_id in world.regions:  # as mostly: there is no other region to look in
        return caller.region_id
    home = _HOMES.get(command_type)
    if home is not None:
        table, named = home
        return _home_of(world, caller, table, named(command)) or caller.region_id
    several = OPERATIONS[command_type].several
    if several is not None:
        for resource_id in getattr(command, several):
            region = _home_of(world, caller, _kind_of(command).table, resource_id)
            if region is not None:
                return region
    return caller.region_id


def _home_of(world: World, caller: CommandContext, table: str, resource_id: str) -> str | None:
    """Returns the region of a resource of the caller's, the caller's own first; None if there is none."""
    here = world.regions.get(caller.region_id)
    if here is not None and owned(getattr(here, table), resource_id, caller.account_id) is not None:
        return caller.region_id
    elsewhere = world.region_where_owned(table, resource_id, caller.account_id)
    return None if elsewhere is None else elsewhere.region_id


def decide(world: World, region: Region, command: Command[Any], caller: CommandContext) -> Decision:
    """Judges a command by every rule that guards it, and returns the events to record if none denies it. Pure.

    Raises `RuleError` for an error inside a rule, and `ImpossibleOperation` for a command that only a registry without
    some of the vendor's rules allows, now or before, and that has no events.
    """
    operation = OPERATIONS[type(command)]
    if operation.parts is not None:
        return _decide_parts(world, region, command, caller, operation.parts(command))
    try:
        context = _resolved(world, region, command, caller)
    except FAULTS as error:
        if isinstance(error, EcsnetError):
            raise
        raise ImpossibleOperation(command, (), f"{type(error).__name__}: {error}") from error
    violations = caller.rules.judge(context, type(command))
    if violations:
        return _decision(command=command, violations=violations)
    try:
        events = operation.decide(context, command)
    except IMPOSSIBLE as error:
        if isinstance(error, EcsnetError) and not caller.rules.lacks(RULES):
            raise
        raise _impossible(context, error) from error
    return _decision(command=command, events=with_shared(region.region_id, events))


def _decide_parts(
    world: World, region: Region, command: Command[Any], caller: CommandContext, parts: tuple[Command[Any], ...]
) -> Decision:
    """Decides a command that is for several resources: all of its parts are allowed, or with ``SuccessFirst`` one."""
    own = caller.rules.judge(_resolved(world, region, command, caller), type(command))
    decisions = [decide(world, region, part, msgspec.structs.replace(caller, client_token=None)) for part in parts]
    denied = [violation for decision in decisions for violation in decision.violations]
    some = getattr(command, "batch_optimization", None) is BatchOptimization.SuccessFirst
    if own or (denied and not (some and any(decisions))):
        rank = {rule_id: place for place, rule_id in enumerate(caller.rules)}
        in_rank = sorted([*own, *denied], key=lambda violation: rank[violation.rule])
        return _decision(command=command, violations=tuple(in_rank))
    return _decision(command=command, events=tuple([event for decision in decisions for event in decision.events]))


def try_out(world: World, region: Region, decision: Decision, caller: CommandContext) -> None:
    """Folds the events of an allowed command ahead, if a registry without some of the vendor's rules allowed it.

    Raises `ImpossibleOperation` for events that must not be recorded. The vendor's rules together allow none.
    """
    if caller.rules is RULES or not caller.rules.lacks(RULES):
        return
    try:
        fold_ahead(world, region.region_id, decision.events, caller.now, caller.account_id)
    except IMPOSSIBLE as error:
        raise _impossible(_resolved(world, region, decision.command, caller), error) from error


def _impossible(context: RuleContext, error: Exception) -> ImpossibleOperation:
    command: Command[Any] = context.command
    broken = [violation.rule for violation in RULES.judge(context, type(command))]
    reason = error.reason if isinstance(error, ReplayError) else f"{type(error).__name__}: {error}"
    return ImpossibleOperation(command, broken, reason)


def judge(world: World, region: Region, command: Command[Any], caller: CommandContext) -> tuple[Violation, ...]:
    """Returns the violations of a command, without a look at its events. Raises `RuleError` as `decide` does."""
    return caller.rules.judge(_resolved(world, region, command, caller), type(command))


def _resolved(world: World, region: Region, command: Command[Any], caller: CommandContext) -> RuleContext:
    command_type = type(command)
    context = caller.rule_context(world, region, command_type, command)
    _RESOLVERS[command_type](context, command)
    if context.instance is not None and command_type in _OF_PARTS:
        _must_be_here(context, context.instance)
    prepare = OPERATIONS[command_type].prepare
    if prepare is not None:
        prepare(context, command)
    return context


def _must_be_here(context: RuleContext, instance: InstanceState) -> None:
    """Takes an instance of another region for one that is not found: a batch is for one region. The region of a command
    on one instance is that instance's."""
    if context.region.instances[instance.id] is None:
        context.instance = None
        elsewhere = context.world.region_of("instances", instance.id)
        context.not_found = {"instance.not-found": {instance.id: None if elsewhere is None else elsewhere.region_id}}


def result_ids(command: Command[Any], events: tuple[Event, ...]) -> tuple[str, tuple[str, ...]]:
    """Returns the table and the ids of the resources that an allowed command returns."""
    named_result = _RESULTS.get(type(command))
    if named_result is not None:
        return named_result[0], (named_result[1](command),)
    several = OPERATIONS[type(command)].several
    result = _kind_of(command)
    table, field = result.table, result.parameter
    if several is not None:
        return table, tuple(getattr(command, several))
    if len(events) == 1:
        return table, (getattr(events[0], field),)
    ids = {resource_id: None for event in events if (resource_id := getattr(event, field, None)) is not None}
    return table, tuple(ids)


def existing(
    command: Command[Any], region: Region, table: str, ids: tuple[str, ...], account_id: str
) -> tuple[str, ...]:
    """Returns those of the resources that a command returns which there are; it may name some that there are not."""
    if OPERATIONS[type(command)].several is None:
        return ids
    return tuple([one for one in ids if owned(getattr(region, table), one, account_id) is not None])
