"""The account: its quotas, and the tokens that make its requests safe to repeat."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ecsnet.commands import Command, SetQuota
from ecsnet.domain.context import RuleContext
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import COMMANDS, Facts, SubjectRules
from ecsnet.domain.state.ids import Kind
from ecsnet.domain.state.streams import account_stream
from ecsnet.domain.state.world import Allowance, Evolving, Region, SharedStream, TokenUse, World
from ecsnet.events.account import ClientTokenUsed, QuotaSet
from ecsnet.events.base import Event, RecordedEvent

# How each event changes the state


_COUNTED: Final[dict[str, Kind]] = {
    "interfaces-per-region": "network_interface",
    "security-groups-per-region": "security_group",
    "eips-per-account": "eip",
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


def client_token_used(stream: Region | SharedStream, event: ClientTokenUsed, record: RecordedEvent) -> None:
    stream.client_tokens.set((record.account_id, event.client_token), TokenUse(record.position, event))


EVOLVE: Final[Evolving] = {QuotaSet: quota_set, ClientTokenUsed: client_token_used}

# Client tokens

_LATER_LISTS: Final = frozenset({"network_interfaces"})
"""The parameters with an empty list as default that commands did not have when their first token was stored."""


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
    are the lists that earlier versions did not have, while they are empty.
    """
    parameters = msgspec.to_builtins(command)
    given = {
        name: parameters[name]
        for name in sorted(parameters)
        if parameters[name] is not None and (name not in _LATER_LISTS or parameters[name])
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


OPERATIONS: Final[Operations] = operations(
    Operation(SetQuota, set_quota, ResourceKind.Quota, recorded_as=(QuotaSet,)),
)
