"""`Cloud`: the network as its users see it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import msgspec

from ecsnet import _log, resources
from ecsnet._arguments import (
    account_problem,
    is_encodable,
    region_problem,
    required,
    shown,
    token_problem,
    whole_number,
)
from ecsnet._collections import ResourceCollection
from ecsnet._engine import AT_ONCE, Engine, SettleAfter
from ecsnet.clocks import Clock, as_utc, utc_now
from ecsnet.commands import Command, RunInstances
from ecsnet.decision import Decision, Permission
from ecsnet.domain.decide import OPERATIONS, CommandContext, decide, home_region, removes, result_ids, try_out
from ecsnet.domain.fold import replay
from ecsnet.domain.queries.intranet import Endpoint, IntranetPath, path_between
from ecsnet.domain.queries.permitted import permitted
from ecsnet.domain.rulebook import RULES
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.state.streams import account_stream, with_shared
from ecsnet.domain.state.views import VIEWS, removed
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.account import token_use
from ecsnet.errors import (
    CommandDenied,
    EcsnetError,
    InvalidArgument,
    InvalidCommand,
    InvalidResponse,
    ReadOnlyCloud,
    ReplayError,
    StoreError,
    VersionConflict,
)
from ecsnet.events.account import ClientTokenUsed
from ecsnet.events.base import RecordedEvent
from ecsnet.events.imports import Import, ResourcesImported
from ecsnet.events.stores.base import EventStore, Lease
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.instance_types import own_types, vendor_types, with_own_types
from ecsnet.resources import Eip, Instance, NetworkInterface, Quota, Resource, SecurityGroup, Vpc, VSwitch
from ecsnet.values import InstanceType

if TYPE_CHECKING:
    from ecsnet.openapi.imports import Described

R = TypeVar("R")
LONGEST_SETTLING: Final = timedelta(days=10_000)


class Cloud:
    """An Alibaba Cloud ECS network.

    ``store`` is where its history is kept: nothing for memory, a path for a SQLite file, or an `EventStore`.
    ``region_id`` is where commands go that name no region and no resource, ``account_id`` who gives them (it need not
    exist). ``settle_after`` is how long transitional states last by the ``clock``: not at all, a time, or ``"manual"``:
    until `settle` is called. ``rules`` may be a registry with rules of your own, ``instance_types`` adds to the
    vendor's catalogue or replaces what is there.

    A region id looks like ``cn-hangzhou``; an account id has 1 to 64 printable characters and no slash;
    ``settle_after`` is at most 10,000 days.

    Raises `InvalidArgument` (a ValueError) for an argument that can never be right, `StoreError` for a store that
    cannot be used, `ReplayError` for one whose history is damaged.
    """

    def __init__(
        self,
        store: str | os.PathLike[str] | EventStore | None = None,
        *,
        region_id: str = "cn-hangzhou",
        account_id: str = "1234567890123456",
        clock: Clock = utc_now,
        settle_after: SettleAfter = AT_ONCE,
        rules: RuleRegistry = RULES,
        instance_types: Iterable[InstanceType] = (),
    ) -> None:
        self.region_id = required("region_id", region_id, region_problem(region_id))
        self.account_id = required("account_id", account_id, account_problem(account_id))
        _check_ways(store, clock, settle_after, rules)
        own = own_types(instance_types)
        opened = _open(store)
        lease = Lease(opened, own=opened is not store)
        try:
            self._engine = Engine(
                lease,
                clock=clock,
                settle_after=settle_after,
                rules=rules,
                instance_types=with_own_types(own) if own else vendor_types(),
            )
        except BaseException:
            if opened is not store:
                lease.release()
            raise

    def __repr__(self) -> str:
        try:
            with self._engine.lock:
                regions = self._world().regions.values()
                counts = {
                    table.replace("_", " "): sum(getattr(region, table).size for region in regions) for table in VIEWS
                }
        except EcsnetError as error:  # a repr is what one looks at when something is wrong
            return f"<Cloud {self.region_id}: {'closed' if self._engine.closed else error}>"
        there = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"<Cloud {self.region_id}: {there or 'empty'}>"

    def execute(self, command: Command[R], *, client_token: str | None = None) -> R:
        """Do what the command says, if the vendor's rules allow it, and answer the resource in its new state.

        A deleted resource is answered in its last state; `RunInstances` is answered with a tuple, even of one. A
        repeated ``client_token`` (1 to 64 printable ASCII characters) with the same command gives the first answer
        again.

        Raises `CommandDenied`, with every rule that refuses, and then nothing has changed; `RuleError` for an error
        inside a rule; `ImpossibleOperation` for what only a registry without some of the vendor's rules allows and the
        model cannot carry out; `ReadOnlyCloud` for a cloud of the past; `StoreError` if the events cannot be stored.
        """
        engine = self._engine
        if engine.until is not None:
            raise ReadOnlyCloud(f"this cloud shows the past: {type(command).__name__} needs the present, or a fork")
        _must_be_command(command)
        if client_token is not None:
            if (problem := token_problem(client_token)) is not None:
                raise InvalidCommand(problem, parameter="client_token")
            client_token = str.__str__(client_token)
        with engine.lock:
            command_id = engine.new_command_id()
            result: R
            try:
                result = self._execute(command, client_token, command_id)
            except VersionConflict as error:
                result = engine.again(partial(self._execute, command, client_token, command_id), error)
            return result

    def _execute(self, command: Command[Any], client_token: str | None, command_id: str) -> Any:
        engine = self._engine
        engine.catch_up()
        now = engine.now()
        settling = engine.settled(now)
        world = settling.world
        caller = self._caller(now, client_token)
        region_id = home_region(world, command, caller)
        region = world.region(region_id)
        if client_token is not None:
            used = token_use(world, self.account_id, client_token)
            if used is not None and used.command == repr(command):
                return _first_answer(used, self.account_id)
        decision = decide(world, region, command, caller)
        if decision.violations:
            if _log.enabled():
                _log.debug("denied", command=repr(command), rules=[v.rule for v in decision.violations])
            raise CommandDenied(command, decision.violations)
        try_out(world, region, decision, caller)
        table, ids = result_ids(command, decision.events)
        last = [_removed(region, table, resource_id) for resource_id in ids] if removes(command) else None
        if decision.events or client_token is not None:
            news = engine.news(region_id, decision.events, now, self.account_id, command_id)
            if settling.events:
                news = [*settling.for_command(region_id, news), *news]
            if client_token is not None:
                answers = self._answers(engine.preview(news).region(region_id), table, ids, last)
                token_used = _token_used(client_token, command, answers)
                news += engine.news(region_id, (token_used,), now, self.account_id, command_id)
            engine.append(region_id, news)
            region = engine.world.region(region_id)
        if _log.enabled():
            _log.debug("executed", command=repr(command), events=[type(event).__name__ for event in decision.events])
        answers = self._answers(region, table, ids, last)
        return answers if type(command) is RunInstances else answers[0]

    def _answers(self, region: Region, table: str, ids: Iterable[str], last: list[Any] | None) -> tuple[Any, ...]:
        if table == "quotas":
            return tuple(
                Quota(
                    name=name,
                    value=region.quota(self.account_id, name),
                    region_id=region.region_id,
                    account_id=self.account_id,
                )
                for name in ids
            )
        now = tuple([_show(region, table, resource_id) for resource_id in ids])
        if last is None or now[0] is not None:
            return now
        return tuple(last)

    def check(self, command: Command[Any]) -> Decision:
        """Judge a command without doing it. Records nothing and changes nothing.

        Raises `RuleError` for an error inside a rule.
        """
        _must_be_command(command)
        engine = self._engine
        with engine.lock:
            engine.catch_up()
            caller = self._caller(engine.now())
            world = engine.settled(caller.now).world
            return decide(world, world.region(home_region(world, command, caller)), command, caller)

    def _outcome(self, decision: Decision) -> World:
        """The world as an allowed command would leave it."""
        engine = self._engine
        caller = self._caller(engine.now())
        settling = engine.settled(caller.now)
        region_id = home_region(settling.world, decision.command, caller)
        try_out(settling.world, settling.world.region(region_id), decision, caller)
        news = [new for of_region in settling.events.values() for new in of_region]
        return engine.preview([*news, *engine.news(region_id, decision.events, caller.now, self.account_id, "")])

    def import_resources(self, answers: Iterable[Mapping[str, Any]]) -> int:
        """Take in what a real account has: the JSON answers of Describe actions, pages of any number, as `json.load`
        gives them. Answers how many resources there were.

        They become the acting account's, one event each. Contradictions are taken as they are; `ecsnet.audit` reports
        them. Raises `InvalidResponse`, naming the path, for what is not such an answer, refers to what no answer
        describes, or describes what is there already; then nothing is imported.
        """
        from ecsnet.openapi.imports import read_responses  # loaded only by those who import

        engine = self._engine
        if engine.until is not None:
            raise ReadOnlyCloud("this cloud shows the past: nothing is imported there")
        described = read_responses(answers, region_id=self.region_id, instance_types=engine.instance_types)
        with engine.lock:
            command_id = engine.new_command_id()
            engine.repeatedly(partial(self._import, described, command_id))
        return len(described.paths)

    def _import(self, described: Described, command_id: str) -> None:
        engine = self._engine
        engine.catch_up()
        for resource_id, path in described.paths.items():
            if any(engine.world.region_of(table, resource_id) is not None for table in VIEWS):
                raise InvalidResponse(f"{resource_id} is there already", path=path)
        now, account_id = engine.now(), self.account_id
        news = [
            new
            for region_id, imported in described.events.items()
            for new in engine.news(region_id, with_shared(region_id, tuple(imported)), now, account_id, command_id)
        ]
        if not news:
            return
        news += engine.news(
            self.region_id, (ResourcesImported(region_ids=tuple(described.events)),), now, account_id, command_id
        )
        try:
            engine.append(self.region_id, news, decided=False)
        except ReplayError as error:
            of_stream = [new for new in news if new.stream == error.stream]
            imported = of_stream[(error.version or 0) - engine.world.version(error.stream or "") - 1].event
            path = described.paths[getattr(imported, imported.ID)] if isinstance(imported, Import) else "responses"
            raise InvalidResponse(error.reason, path=path) from error

    def permitted(self, resource_id: str) -> dict[type[Command[Any]], Permission]:
        """Returns the kinds of command that name such a resource and that its status admits, each with a
        `Permission`.

        A command is denied if it is denied whatever its other parameters are: all that is known of the resource, and of
        what it is bound to, is judged; what a command would bind it to is taken to exist. Raises KeyError for a
        resource that does not exist or is another account's.
        """
        if not isinstance(resource_id, str):
            raise KeyError(resource_id)
        with self._engine.lock:
            caller = self._caller(self._engine.now())
            world = self._world()
            for table in VIEWS:
                region = world.region_where_owned(table, resource_id, self.account_id)
                if region is not None:
                    return permitted(world, region, table, resource_id, caller)
        raise KeyError(resource_id)

    def intranet_path(self, a: str | Endpoint, b: str | Endpoint) -> IntranetPath:
        """Whether two instances, by id or as `Endpoint`s, reach each other over the intranet, and what it takes
        (guide 2.3). Raises KeyError for an instance that does not exist, `InvalidCommand` for ends that contradict each
        other."""
        with self._engine.lock:
            return path_between(self._world(), a, b)

    @property
    def vpcs(self) -> ResourceCollection[Vpc]:
        """The VPCs."""
        return ResourceCollection(self._world, self._engine.lock, "vpcs", Vpc)

    @property
    def vswitches(self) -> ResourceCollection[VSwitch]:
        """The VSwitches."""
        return ResourceCollection(self._world, self._engine.lock, "vswitches", VSwitch)

    @property
    def security_groups(self) -> ResourceCollection[SecurityGroup]:
        """The security groups."""
        return ResourceCollection(self._world, self._engine.lock, "security_groups", SecurityGroup)

    @property
    def instances(self) -> ResourceCollection[Instance]:
        """The instances."""
        return ResourceCollection(self._world, self._engine.lock, "instances", Instance)

    @property
    def network_interfaces(self) -> ResourceCollection[NetworkInterface]:
        """The ENIs, primary and secondary."""
        return ResourceCollection(self._world, self._engine.lock, "network_interfaces", NetworkInterface)

    @property
    def eips(self) -> ResourceCollection[Eip]:
        """The EIPs."""
        return ResourceCollection(self._world, self._engine.lock, "eips", Eip)

    @property
    def position(self) -> int:
        """The position of the last event, 0 while nothing has happened."""
        engine = self._engine
        with engine.lock:
            engine.catch_up()
            return engine.world.position

    def history(self, resource_id: str | None = None, *, after: int = 0) -> tuple[RecordedEvent, ...]:
        """Every event so far, or those that name a resource, in order; with ``after`` only those behind a position.

        There are none of what no id can be. Raises `InvalidArgument` for an ``after`` that is no whole number of at
        least 0, and for a ``resource_id`` that is no text.
        """
        if not whole_number(after) or not 0 <= after < 2**63:
            raise InvalidArgument(f"after must be a position, a whole number of at least 0, not {shown(after)}")
        if resource_id is not None and not isinstance(resource_id, str):
            raise InvalidArgument(f"resource_id must be text, not {shown(resource_id)}")
        engine = self._engine
        if resource_id is not None and not is_encodable(resource_id):
            return ()
        with engine.lock:
            engine.catch_up()
            if resource_id is None:
                return tuple(engine.read(after, engine.world.position))
            records = engine.store.read(after=after, until=engine.world.position, naming=resource_id)
            return tuple(record for record in records if record.event.names(resource_id))

    def at(self, moment: int | datetime) -> Cloud:
        """A read-only cloud as it was: after the event at a position (0: empty), or at a time (inclusive). What was
        recorded after the first event of a later time is not there, whatever time it has.

        Raises `InvalidArgument` (a ValueError) for a position that the history does not have, a time without timezone,
        and a time that the calendar of UTC does not have.
        """
        with self._engine.lock:
            self._engine.catch_up()
            head = self._engine.world.position
            records: Iterable[RecordedEvent]
            if isinstance(moment, datetime):
                then = as_utc(moment)
                # The history up to its first later event: a past without gaps, whatever clocks said what.
                records = takewhile(lambda record: record.recorded_at <= then, self._engine.read(0, head))
            elif whole_number(moment) and 0 <= moment <= head:
                records = self._engine.read(0, moment)
                then = self._recorded_at(moment)
            else:
                raise InvalidArgument(f"the history has the positions 0 to {head}, not {shown(moment)}")
            world = World()
            replay(world, records)
            return self._view(self._engine.as_of(world, then))

    def _recorded_at(self, position: int) -> datetime:
        for record in self._engine.store.read(after=position - 1, until=position):
            return record.recorded_at
        return self._engine.now()

    def fork(self) -> Cloud:
        """An independent cloud in memory, from here. What happens in one is never seen in the other."""
        with self._engine.lock:
            self._engine.catch_up()
            return self._view(self._engine.fork())

    def as_account(self, account_id: str) -> Cloud:
        """The same cloud, acting as another account. It sees everything; its commands find only its own resources.

        Raises `InvalidArgument` for what no account id can be, as `Cloud` does.
        """
        account_id = required("account_id", account_id, account_problem(account_id))
        cloud = self._view(self._engine)
        cloud.account_id = account_id
        return cloud

    def settle(self, resource_id: str | None = None) -> tuple[Resource, ...]:
        """Complete the transitions that are due, or that of one resource; under ``"manual"`` all of them are due.

        Answers the resources that settled, in their new state. Raises `ReadOnlyCloud` for a cloud of the past, and
        `InvalidArgument` for a ``resource_id`` that is no text.
        """
        if resource_id is not None and not isinstance(resource_id, str):
            raise InvalidArgument(f"resource_id must be text, not {shown(resource_id)}")
        engine = self._engine
        if engine.until is not None:
            raise ReadOnlyCloud("this cloud shows the past: nothing settles there")
        settled: list[Resource] = []
        with engine.lock:
            engine.catch_up()
            for region_id in list(engine.world.regions):
                settled += engine.repeatedly(partial(self._settle_region, region_id, resource_id))
        return tuple(settled)

    def _settle_region(self, region_id: str, resource_id: str | None) -> list[Resource]:
        engine = self._engine
        now = engine.now()
        region = engine.world.region(region_id)
        due = engine.due(region, now, resource_id)
        if not due:
            return []
        last = [_removed(region, d.table, d.resource_id) for d in due]
        engine.append(region_id, engine.endings(region, due, now))
        region = engine.world.region(region_id)
        return [
            self._answers(region, d.table, [d.resource_id], [before])[0] for d, before in zip(due, last, strict=True)
        ]

    def close(self) -> None:
        """Close the store, unless forks and clouds of the past still read it: the last of them closes it.

        Other threads that use this cloud get `StoreError`; closing waits for none of them, and closing twice is fine.
        """
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _view(self, engine: Engine) -> Cloud:
        cloud = Cloud.__new__(Cloud)
        cloud.region_id = self.region_id
        cloud.account_id = self.account_id
        cloud._engine = engine
        return cloud

    def _caller(self, now: datetime, client_token: str | None = None) -> CommandContext:
        engine = self._engine
        return CommandContext(
            account_id=self.account_id,
            region_id=self.region_id,
            now=now,
            asynchronous=engine.asynchronous,
            instance_types=engine.instance_types,
            rules=engine.rules,
            client_token=client_token,
        )

    def _world(self) -> World:
        engine = self._engine
        with engine.lock:
            engine.catch_up()
            return engine.settled(engine.now()).world

    def _world_apart(self) -> World:
        """The same for who does not hold the lock: it stays as it is, whatever other threads do."""
        with self._engine.lock:
            return self._world().fork()


def _must_be_command(command: object) -> None:
    if type(command) not in OPERATIONS:
        raise TypeError(f"not a command of ecsnet.commands: {shown(command)}")


def _check_ways(store: object, clock: object, settle_after: object, rules: object) -> None:
    """Refuse what a cloud cannot go by. Raises `InvalidArgument`."""
    methods = ("append", "read", "head", "close")
    is_store = all(callable(getattr(store, name, None)) for name in methods)
    if not (store is None or isinstance(store, str | os.PathLike) or is_store):
        raise InvalidArgument(f"store is a path, an EventStore or None, not {shown(store)}")
    if not callable(clock):
        raise InvalidArgument(f"clock must be callable and give an aware datetime, not {shown(clock)}")
    lasts = isinstance(settle_after, timedelta) and AT_ONCE <= settle_after <= LONGEST_SETTLING
    if not lasts and settle_after != "manual":
        raise InvalidArgument(f"settle_after is a timedelta of 0 to 10,000 days or 'manual', not {shown(settle_after)}")
    if not isinstance(rules, RuleRegistry):
        raise InvalidArgument(f"rules must be a RuleRegistry, not {shown(rules)}")


def _open(store: str | os.PathLike[str] | EventStore | None) -> EventStore:
    if store is None:
        return MemoryStore()
    if not isinstance(store, str | os.PathLike):
        return store
    if "://" in str(store):
        raise StoreError(f"{store!s}: no store for such an address; give the path of a SQLite file, or an EventStore")
    from ecsnet.events.stores.sqlite import SqliteStore  # sqlite3 is loaded only by those who use it

    return SqliteStore(store)


def _show(region: Region, table: str, resource_id: str) -> Any:
    state = getattr(region, table)[resource_id]
    return None if state is None else VIEWS[table](region, state)


def _removed(region: Region, table: str, resource_id: str) -> Any:
    return removed(table, region, getattr(region, table).get_existing(resource_id))


def _token_used(client_token: str, command: Command[Any], answers: tuple[Any, ...]) -> ClientTokenUsed:
    return ClientTokenUsed(
        client_token=client_token,
        command=repr(command),
        resource_type=type(answers[0]).__name__,
        resources=tuple(msgspec.json.decode(msgspec.json.encode(one)) for one in answers),  # as any store gives it back
        many=isinstance(command, RunInstances),
    )


def _first_answer(used: ClientTokenUsed, account_id: str) -> Any:
    try:
        resource_type = getattr(resources, used.resource_type)
        answers = tuple(msgspec.convert(one, resource_type) for one in used.resources)
        return answers if used.many else answers[0]
    except (AttributeError, IndexError, TypeError, msgspec.ValidationError) as error:
        reason = f"the first result of client token {used.client_token!r} cannot be read: {error}"
        raise ReplayError(reason, stream=account_stream(account_id), version=None) from error
