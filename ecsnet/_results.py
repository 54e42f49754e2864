"""The results of commands: resources in their new state, a removed one in its last, and the first result of a client
token, read from the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecsnet._engine import Engine
from ecsnet.commands import Command
from ecsnet.domain.decide import REMOVING, SEVERAL, result_ids
from ecsnet.domain.state.streams import account_stream
from ecsnet.domain.state.views import VIEWS, removed
from ecsnet.domain.state.world import Region, TokenUse, World, is_shared
from ecsnet.domain.subjects.account import canonical_parameters, quota_of
from ecsnet.errors import ReplayError
from ecsnet.events.account import ClientTokenUsed, QuotaSet
from ecsnet.events.base import RecordedEvent
from ecsnet.resources import Quota
from ecsnet.values import ACCOUNT_QUOTAS, UNKNOWN_QUOTA


def shown(region: Region, table: str, resource_id: str) -> Any:
    """Returns a resource as users see it, None if it is not there."""
    state = getattr(region, table)[resource_id]
    return None if state is None else VIEWS[table](region, state)


def last_shown(region: Region, table: str, resource_id: str) -> Any:
    """Returns a resource that is about to be removed as users see it afterwards: in its last status."""
    return removed(table, region, getattr(region, table).get_existing(resource_id))


def result_of(
    command: Command[Any],
    world: World,
    region: Region,
    table: str,
    ids: Sequence[str],
    last: Mapping[str, Any],
    account_id: str,
) -> Any:
    """Returns the result of a command as `Cloud.execute` does: a resource as it is afterwards, or a tuple, even of one,
    if the command is on several. ``last`` has those that it may remove, by their ids, in their last status."""
    if type(command) in SEVERAL:
        return tuple([_afterwards(world, region, table, one, last, account_id) for one in ids])
    return _afterwards(world, region, table, ids[0], last, account_id)


def _afterwards(
    world: World, region: Region, table: str, resource_id: str, last: Mapping[str, Any], account_id: str
) -> Any:
    view = VIEWS.get(table)
    if view is None:
        return quota(world, region, resource_id, account_id)
    state = getattr(region, table)[resource_id]
    return last.get(resource_id) if state is None else view(region, state)


def quota(world: World, region: Region, name: str, account_id: str) -> Quota:
    """Returns a quota of an account in a region, or over all."""
    value = quota_of(world, region, account_id, name)
    return Quota(
        name=name,
        value=None if value == UNKNOWN_QUOTA else value,
        region_id=None if name in ACCOUNT_QUOTAS else region.region_id,
        account_id=account_id,
    )


def token_used(client_token: str, command: Command[Any], ids: tuple[str, ...]) -> ClientTokenUsed:
    """Returns the event of a client token that comes with a command, whose result has these ids."""
    return ClientTokenUsed(
        client_token=client_token,
        command_type=type(command).__name__,
        parameters=canonical_parameters(command),
        resource_ids=ids,
    )


def first_result(engine: Engine, used: TokenUse, command: Command[Any], account_id: str) -> Any:
    """Returns the result that a command with a client token had when the token was used.

    It is read from the state after the command, or before it if the command removed the resource. Raises `ReplayError`
    if that does not have it.
    """
    if used.position not in engine.first_results:
        engine.keep_first_result(used.position, _read_first_result(engine, used, command, account_id))
    return engine.first_results[used.position]


def _read_first_result(engine: Engine, used: TokenUse, command: Command[Any], account_id: str) -> Any:
    table, _ = result_ids(command, ())
    ids = used.event.resource_ids
    records = [record for record in engine.recorded_together(used.position) if record.settles is None]
    if table == "quotas":
        return _first_quota(records, used)
    after = engine.world_at(used.position)
    region, last = _region_with(after, table, ids), {}
    if region is None and type(command) in REMOVING:
        before = engine.world_at(records[0].position - 1)
        home = _region_with(before, table, ids)
        if home is not None:
            region, last = after.region(home.region_id), {one: last_shown(home, table, one) for one in ids}
    if region is None or not ids:
        raise _missing(used, account_id)
    return result_of(command, after, region, table, ids, last, account_id)


def _first_quota(records: Sequence[RecordedEvent], used: TokenUse) -> Quota:
    for record in records:
        event = record.event
        if isinstance(event, QuotaSet) and used.event.resource_ids == (event.name,):
            region_id = None if is_shared(record.stream) else record.stream
            return Quota(name=event.name, value=event.value, region_id=region_id, account_id=record.account_id)
    raise _missing(used, records[-1].account_id)


def _missing(used: TokenUse, account_id: str) -> ReplayError:
    reason = f"the first result of client token {used.event.client_token!r} is not in the history"
    return ReplayError(reason, stream=account_stream(account_id), version=None)


def _region_with(world: World, table: str, ids: Sequence[str]) -> Region | None:
    """Returns the region that has resources in one of its tables, None if no region has all of them."""
    if table not in VIEWS:
        return None
    return next(
        (region for region in world.regions.values() if all(shown(region, table, one) is not None for one in ids)), None
    )
