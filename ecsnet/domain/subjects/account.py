"""The account: its quotas, the instance types described to it, and the tokens that make its requests safe to repeat.

Most quotas are of an account in a region, and recorded in the stream of that region. Those that an account has over all
regions are recorded in the stream of the account. What is described of an account proves that its quotas are at least
that high. Where that is more than the default, the quota is unknown, and denies nothing until it is set or described.

An instance has the limits of its type as they were when it was created or described. If they were not known then, those
count that the account has learnt of since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs
import msgspec

from ecsnet.commands import Command, SetQuota
from ecsnet.domain.context import RuleContext
from ecsnet.domain.operation import Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import COMMANDS, Facts, SubjectRules
from ecsnet.domain.state.ids import Kind
from ecsnet.domain.state.records import InstanceState
from ecsnet.domain.state.streams import account_stream
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Allowance, Evolving, Region, SharedStream, TokenUse, World
from ecsnet.editions import EDITIONS
from ecsnet.events.account import AttributesRemembered, ClientTokenUsed, EditionChosen, QuotaSet
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.imports import InstanceTypesImported
from ecsnet.values import ACCOUNT_QUOTAS, UNKNOWN_QUOTA, InstanceType

# How each event changes the state


_COUNTED: Final[dict[str, Kind]] = {
    "interfaces-per-region": "network_interface",
    "security-groups-per-region": "security_group",
}


def quota_set(region: Region, event: QuotaSet, record: RecordedEvent) -> None:
    account_id, name, value = record.account_id, event.name, event.value
    before = region.allowance(account_id, name)
    if name in _COUNTED:
        in_use = region.used(account_id, _COUNTED[name])
    else:  # of one resource among many: where there is any, it may hold all that was allowed
        in_use = before.now if region.vpcs.size or region.instances.size else 0
    region.allowances.set((account_id, name), Allowance(max(value, in_use), max(value, before.ever)))
    region.quotas.set((account_id, name), value)


def account_quota_set(stream: SharedStream, event: QuotaSet, record: RecordedEvent) -> None:
    stream.quotas.set((record.account_id, event.name), event.value)
    stream.quota_changes.set((record.account_id, event.name, record.position), event.value)


def client_token_used(stream: Region | SharedStream, event: ClientTokenUsed, record: RecordedEvent) -> None:
    stream.client_tokens.set((record.account_id, event.client_token), TokenUse(record.position, event))


def edition_chosen(stream: SharedStream, event: EditionChosen, record: RecordedEvent) -> None:
    """An edition is that of the whole history: the choice counts if nothing happened before."""
    if record.position == 1:
        stream.edition_id = EDITIONS[event.edition].id


def instance_types_imported(stream: SharedStream, event: InstanceTypesImported, record: RecordedEvent) -> None:
    stream.instance_types = {**stream.instance_types, **{one.id: one for one in event.instance_types}}


def attributes_remembered(region: Region, event: AttributesRemembered, record: RecordedEvent) -> None:
    for resource_id in event.resource_ids:
        if region.remembered[resource_id] is None:
            region.remembered.add(resource_id, Table())
        kept = region.remembered.mutable(resource_id)
        for name, value in event.attributes.items():
            if value is not None:
                kept.set(name, value)
            elif kept[name] is not None:
                kept.delete(name)


EVOLVE: Final[Evolving] = {
    QuotaSet: quota_set,
    ClientTokenUsed: client_token_used,
    AttributesRemembered: attributes_remembered,
}

# Quotas


def quota_of(world: World, region: Region, account_id: str, name: str) -> int:
    """Returns a quota of an account, in a region or over all, as it was set, or the vendor's default.

    It is `UNKNOWN_QUOTA` if it was never set, and more than the default was described.

    Older versions set every quota for a region. Such a quota over all regions counts until another is set: the highest,
    if several regions have one.
    """
    if name not in ACCOUNT_QUOTAS:
        return region.quota(account_id, name)
    own = world.shared.get(account_stream(account_id))
    value = own.quotas[account_id, name] if own is not None and own.quotas.size else None
    if value is not None:
        return value
    highest: int | None = None
    for one in world.regions.values():
        quota = one.quotas[account_id, name] if one.quotas.size else None
        if quota is not None and (highest is None or quota > highest):
            highest = quota
    return unset_account_quota(world, account_id, name) if highest is None else highest


def unset_account_quota(world: World, account_id: str, name: str) -> int:
    """Returns a quota of an account over all regions that was never set."""
    described = 0
    for region in world.regions.values():
        if region.described_most.size:
            described += region.described_most[account_id, name] or 0
    default = world.edition.quotas[name]
    return UNKNOWN_QUOTA if described > default else default


# Instance types


def described_types(world: World, account_id: str) -> Mapping[str, InstanceType]:
    """Returns the instance types that were described to an account, or that its instances show, by id."""
    own = world.shared.get(account_stream(account_id)) if world.shared else None
    return {} if own is None else own.instance_types


def type_of(world: World, instance: InstanceState) -> InstanceType:
    """Returns an instance's type with the limits that count: those recorded with the instance, unless they were not
    known then."""
    recorded = instance.instance_type
    if recorded.limits_known:
        return recorded
    return described_types(world, instance.account_id).get(recorded.id, recorded)


def newly_described(world: World, account_id: str, types: Iterable[InstanceType]) -> tuple[InstanceType, ...]:
    """Returns those of the described types that say something new to an account.

    Of a type with unknown limits, the most that any description has shown is kept.
    """
    before, news = described_types(world, account_id), []
    for one in types:
        known = before.get(one.id)
        if known is not None and not one.limits_known:
            if known.limits_known:
                continue
            one = attrs.evolve(
                known,
                eni_quantity=max(known.eni_quantity, one.eni_quantity),
                private_ipv4_per_eni=max(known.private_ipv4_per_eni, one.private_ipv4_per_eni),
            )
        if one != known:
            news.append(one)
    return tuple(news)


# Client tokens

_LATER_DEFAULTS: Final[Mapping[str, Any]] = {
    "delete_on_release": True,
    "instance_type": "EcsInstance",
    "ipv4_prefixes": (),
    "network_interfaces": (),
    "security_group_type": "normal",
    "tags": {},
}
"""The defaults of parameters that commands did not have when their first token was stored. No instance type has that
name."""


def token_use(world: World, account_id: str, client_token: str) -> TokenUse | None:
    """Returns the use of a client token of an account, None for a token that was not used yet.

    The account's stream has them. Histories of before it was there have them in the stream of a region.
    """
    key = (account_id, client_token)
    own = world.shared.get(account_stream(account_id))
    used = None if own is None else own.client_tokens[key]
    if used is None:
        for region in world.regions.values():
            if region.client_tokens.size and (used := region.client_tokens[key]) is not None:
                break
    return used


def canonical_parameters(command: Command[Any]) -> str:
    """Returns a command's parameters as JSON that is equal for equal commands, now and in later versions.

    Names are in alphabetical order. Defaults are written out, so that a default that is changed later never changes
    what was asked for; parameters that were not given are left out, so that later versions can have more of them. So
    are those that earlier versions did not have, while they have their default.
    """
    parameters = msgspec.to_builtins(command)
    given = {
        name: parameters[name]
        for name in sorted(parameters)
        if parameters[name] is not None and getattr(command, name) != _LATER_DEFAULTS.get(name)
    }
    return msgspec.json.encode(given).decode()


def is_repetition(used: ClientTokenUsed, command: Command[Any]) -> bool:
    """Returns whether a command is the one that a client token was used for."""
    return used.command_type == type(command).__name__ and used.parameters == canonical_parameters(command)


# The rules

RULES: Final = SubjectRules()


@RULES.denies(
    "request.client-token",
    *COMMANDS,
    code="IdempotentParameterMismatch",
    http_status=400,
    message="client token {client_token} was used for {first}",
)
def client_token(client_token: str, world: World, account_id: str, command: Command[Any]) -> Facts | None:
    """A client token that was used before comes with the same command, or not at all."""
    used = token_use(world, account_id, client_token)
    if used is None or is_repetition(used.event, command):
        return None
    first = f"{used.event.command_type} {used.event.parameters}".strip()
    return {"client_token": client_token, "first": first}


# How each command is decided


def set_quota(context: RuleContext, command: SetQuota) -> tuple[Event, ...]:
    return (QuotaSet(name=command.name, value=command.value),)


def restore_quota(region: Region, recording: Recording[QuotaSet]) -> SetQuota:
    event = recording.event
    of_region = event.name not in ACCOUNT_QUOTAS
    return SetQuota(name=event.name, value=event.value, region_id=region.region_id if of_region else None)


OPERATIONS: Final[Operations] = operations(
    Operation(SetQuota, set_quota, ResourceKind.Quota, recorded_as=(QuotaSet,), restore=restore_quota),
)
