"""`Cloud`: the network as its users see it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from functools import partial
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ecsnet import _log
from ecsnet._arguments import (
    account_problem,
    closest,
    is_encodable,
    region_problem,
    required,
    shown,
    token_problem,
    whole_number,
)
from ecsnet._collections import ResourceCollection
from ecsnet._differences import ResourceChange, differences
from ecsnet._engine import CommandIds, Engine, with_events
from ecsnet._options import attributes_of, check_rules, check_settings, check_store, event_type, opened
from ecsnet._results import first_result, last_shown, quota, result_of, token_used
from ecsnet._snapshots import verify_all
from ecsnet.clocks import AT_ONCE, OUTCOMES, Clock, ManualClock, Outcome, Outcomes, SettleAfter, as_utc, utc_now
from ecsnet.commands import Command
from ecsnet.decision import Decision, Denial, Permission
from ecsnet.domain.checks.state_digest import state_digest
from ecsnet.domain.decide import (
    NAMING_INSTANCE_TYPES,
    OPERATIONS,
    REMOVING,
    SEVERAL,
    CommandContext,
    decide,
    existing,
    home_region,
    result_ids,
    try_out,
)
from ecsnet.domain.queries.instance import InstanceLimits, InternetAccess, internet_access, limits
from ecsnet.domain.queries.intranet import Endpoint, IntranetPath, path_between
from ecsnet.domain.queries.permitted import permitted
from ecsnet.domain.rulebook import RULES
from ecsnet.domain.rules import RuleRegistry
from ecsnet.domain.state.streams import IMPORTS, account_stream, stream_of, with_shared
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.account import is_repetition, newly_described, token_use
from ecsnet.editions import edition_problem
from ecsnet.errors import (
    CommandDenied,
    EcsnetError,
    InvalidArgument,
    InvalidCommand,
    InvalidResponse,
    ReadOnlyCloud,
    ReplayError,
    VersionConflict,
)
from ecsnet.events.account import AttributesRemembered, QuotaSet
from ecsnet.events.base import Event, NewEvent, RecordedEvent
from ecsnet.events.imports import Import, InstanceTypesImported, ResourceDisappeared, ResourcesImported
from ecsnet.events.stores.base import EventStore, Lease
from ecsnet.events.stores.hashes import Verification, verify
from ecsnet.instance_types import all_types, own_types
from ecsnet.resources import Eip, Instance, NetworkInterface, Quota, Resource, SecurityGroup, Vpc, VSwitch
from ecsnet.values import QUOTAS, InstanceType

if TYPE_CHECKING:
    from ecsnet.openapi.refreshing import Changes

R = TypeVar("R")


class Cloud:
    """An Alibaba Cloud ECS network.

    ``store`` keeps its history: nothing for memory, a path for a SQLite file, or an `EventStore`. ``region_id`` is the
    region of commands that name no region and no resource, ``account_id`` the account that gives commands (it need not
    exist). ``settle_after`` is how long transitional states last by the ``clock``: not at all, a time, or ``"manual"``:
    until `settle` is called; or a mapping from names of operations to these, such as ``{"DeleteInstance": "manual"}``,
    with ``"default"`` for those that it leaves out (otherwise they complete at once) and ``"imported"`` for what is
    imported in a transitional status (otherwise ``"manual"``). ``outcomes`` decides how a `Transition` ends that falls
    due by the clock, if it may fail or get stuck; without it all are completed. ``rules`` may be a registry with rules
    of your own, ``instance_types`` adds to the vendor's catalogue or replaces what is there. ``command_ids`` are
    ``"random"``, or ``"deterministic"``: then each is the stream and the version of the command's first event in
    it, such as ``cn-hangzhou:17``, and the same commands at the same times record the same history. ``edition`` is
    what the vendor's documentation says at a time (``docs/editions.md``): ``"2019-03"``, the guide, or ``"current"``. A
    new history records it; that of an older one must be the same, or None, which is the guide's for a new history.
    With ``verified`` the hashes of the stored history are verified before it is read (see `verify`), and the state is
    folded from all of its events, without a snapshot.

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
        outcomes: Outcomes | None = None,
        rules: RuleRegistry = RULES,
        instance_types: Iterable[InstanceType] = (),
        command_ids: CommandIds = "random",
        verified: bool = False,
        edition: str | None = None,
    ) -> None:
        self.region_id: str = required("region_id", region_id, region_problem(region_id))
        self.account_id: str = required("account_id", account_id, account_problem(account_id))
        check_store(store)
        settle_after = check_settings(clock, settle_after, outcomes, rules)
        if command_ids not in ("random", "deterministic"):
            raise InvalidArgument(f"command_ids are 'random' or 'deterministic', not {shown(command_ids)}")
        if edition is not None:
            edition = required("edition", edition, edition_problem(edition))
        own = own_types(instance_types)
        used = opened(store)
        lease = Lease(used, own=used is not store)
        try:
            if verified and (fault := verify(used).fault) is not None:
                raise ReplayError(str(fault), stream=fault.stream, version=fault.version)
            self._engine = Engine(
                lease,
                clock=clock,
                settle_after=settle_after,
                outcomes=outcomes,
                rules=rules,
                own_types={one.id: one for one in own},
                command_ids=command_ids,
                from_events=verified,
            )
            self._engine.begin_edition(edition, self.account_id)
        except BaseException:
            if used is not store:
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

    # Commands

    def execute(
        self,
        command: Command[R],
        *,
        client_token: str | None = None,
        remembered: Mapping[str, Any] | None = None,
    ) -> R:
        """Executes a command, if the vendor's rules allow it, and returns the resource in its new state.

        A deleted resource is returned in its last state; `RunInstances` returns a tuple, even of one. A repeated
        ``client_token`` (1 to 64 printable ASCII characters) with the same command returns the first result again.
        ``remembered`` are attributes of the result, as of `remember`, which are recorded together with the command.

        Raises `CommandDenied`, with every rule that denies the command, and then nothing has changed; `RuleError` for
        an error inside a rule; `ImpossibleOperation` for a command that only a registry without some of the vendor's
        rules allows and that the model cannot carry out; `ReadOnlyCloud` for a cloud of the past; `StoreError` if the
        events cannot be stored.
        """
        engine = self._engine
        if engine.until is not None:
            raise ReadOnlyCloud(f"this cloud shows the past: {type(command).__name__} needs the present, or a fork")
        if type(command) not in OPERATIONS:
            raise _no_command(command)
        if client_token is not None:
            if (problem := token_problem(client_token)) is not None:
                raise InvalidCommand(problem, parameter="client_token")
            client_token = str.__str__(client_token)
        attributes = attributes_of(remembered) if remembered else None
        denials: list[Denial] = []
        try:
            with engine.lock:
                result: R
                try:
                    result = self._execute(command, client_token, attributes, denials)
                except VersionConflict as error:
                    result = engine.again(partial(self._execute, command, client_token, attributes, denials), error)
        except CommandDenied:
            for denial in denials:
                for handler in engine.denial_handlers:
                    handler(denial)
            raise
        if engine.handlers:
            engine.deliver()
        return result

    def _execute(
        self,
        command: Command[Any],
        client_token: str | None,
        attributes: Mapping[str, Any] | None,
        denials: list[Denial],
    ) -> Any:
        """Executes a command once: find where it belongs, decide, record, and return its result.

        A denial is added to ``denials`` if there are handlers of denials, which are called without the lock.
        """
        engine = self._engine
        engine.catch_up()
        now = engine.now()
        view = engine.settled(now)
        world = view.world
        context = self._context(now, command, client_token=client_token)
        region_id = home_region(world, command, context)
        region = world.region(region_id)
        if client_token is not None:
            used = token_use(world, self.account_id, client_token)
            if used is not None and is_repetition(used.event, command):
                return first_result(engine, used, command, self.account_id)
        decision = decide(world, region, command, context)
        if decision.violations:
            if _log.enabled():
                _log.denied(decision, engine.command_id(region_id), self.account_id, region_id)
            if engine.denial_handlers:
                denial = Denial(
                    command=command,
                    violations=decision.violations,
                    account_id=self.account_id,
                    region_id=region_id,
                    denied_at=now,
                )
                denials.append(denial)
            raise CommandDenied(command, decision.violations)
        if context.rules is not RULES:
            try_out(world, region, decision, context)
        events = decision.events
        table, ids = result_ids(command, events)
        if type(command) in SEVERAL:
            ids = existing(command, region, table, ids, self.account_id)
        last: dict[str, Any] = {}
        if type(command) in REMOVING:
            last = {resource_id: last_shown(region, table, resource_id) for resource_id in ids}
        records: Sequence[RecordedEvent] = ()
        if events or client_token is not None or attributes is not None:
            news: list[NewEvent] = []
            if events:
                news = engine.command_events(region_id, events, now, self.account_id)
                command_id = news[0].command_id
            else:
                command_id = engine.command_id(region_id if client_token is None else account_stream(self.account_id))
            if view.events:
                news = [*view.before_command(command_id), *news]
            if attributes is not None:
                kept = AttributesRemembered(resource_ids=ids, attributes=attributes)
                news += engine.command_events(region_id, (kept,), now, self.account_id, command_id)
            if client_token is not None:
                token_event = token_used(client_token, command, ids)
                news += engine.command_events(region_id, (token_event,), now, self.account_id, command_id)
            records = engine.append(region_id, news)
            region = engine.world.region(region_id)
        if _log.enabled():
            command_id = records[0].command_id if records else engine.command_id(region_id)
            _log.executed(command, command_id, self.account_id, region_id, records)
        result = result_of(command, engine.world, region, table, ids, last, self.account_id)
        if client_token is not None:
            engine.keep_first_result(records[-1].position, result)
        return result

    def check(self, command: Command[Any], *, rules: RuleRegistry | None = None) -> Decision:
        """Judges a command without executing it, by the cloud's rules or by others. Records nothing and changes
        nothing.

        Raises `RuleError` for an error inside a rule, and `ImpossibleOperation` for a command that the model cannot
        carry out, as only a registry without some of the vendor's rules allows, now or before.
        """
        if type(command) not in OPERATIONS:
            raise _no_command(command)
        if rules is not None:
            check_rules(rules)
        engine = self._engine
        with engine.lock:
            engine.catch_up()
            context = self._context(engine.now(), command, rules=rules)
            world = engine.settled(context.now).world
            return decide(world, world.region(home_region(world, command, context)), command, context)

    def import_resources(
        self,
        responses: Iterable[Mapping[str, Any]],
        *,
        partial: bool = False,
        refresh: bool = False,
        complete: Iterable[str] = (),
    ) -> int:
        """Imports the resources of a real account from responses of Describe actions, pages of any number, as
        `json.load` returns them. Returns how many resources they describe.

        They become the acting account's, one event each. Contradictions are taken as they are; `ecsnet.audit` reports
        them. The types of DescribeInstanceTypes and the quotas of DescribeAccountAttributes are no resources: they are
        the account's limits from then on. Without them, a type that is in no catalogue has the limits that its
        instances show, and a quota of which more is described than the default denies nothing until it is set.

        An import may come in several calls, such as page by page: a resource may refer to one that is there already,
        and what is there already and is described as it is records nothing. ``partial`` says that pages are missing:
        without it, a response with less than its ``TotalCount`` or with a ``NextToken`` needs the others; and that a
        description which only adds to what is known is none that differs. What differs is refused, unless ``refresh``
        is set: then each resource that changed is recorded as it is now. A field that a response leaves out has not
        changed. With ``refresh``, the responses describe all resources of the kinds in ``complete`` (``"instances"``,
        ``"network_interfaces"``, …: the names of the cloud's collections) in the regions that they name and in the
        cloud's own: those of the account that they do not describe have disappeared.

        What refers to something that no response describes, and that is not there, is held until that is described; a
        VPC or a VSwitch is there by its name meanwhile.

        Raises `InvalidResponse`, naming the path, for a document that is no such response, describes what is there as
        something else, or a resource without a place, such as an ENI without a VSwitch; then nothing is imported.
        `InvalidArgument` for a ``complete`` without ``refresh``, or with another name.
        """
        from ecsnet.openapi.imports import read_responses  # loaded only by those who import
        from ecsnet.openapi.refreshing import Changes, changes, check_pages, has_resources

        engine = self._engine
        if engine.until is not None:
            raise ReadOnlyCloud("this cloud shows the past: nothing is imported there")
        complete = _kinds(complete, refresh)
        if not isinstance(responses, str | bytes | Mapping) and isinstance(responses, Iterable):
            responses = list(responses)
            if not partial:
                check_pages(responses)

        def read(world: World, types: Mapping[str, InstanceType]) -> Changes:
            if not has_resources(world) or not isinstance(responses, list):
                described = read_responses(
                    responses, region_id=self.region_id, account_id=self.account_id, instance_types=types
                )
                return Changes(described.events, described.paths, described)
            return changes(
                world,
                responses,
                account_id=self.account_id,
                region_id=self.region_id,
                instance_types=types,
                partial=partial,
                refresh=refresh,
                complete=complete,
            )

        with engine.lock:
            count = engine.repeatedly(lambda: self._import(read))
        if engine.handlers:
            engine.deliver()
        return count

    def _import(self, read: Callable[[World, Mapping[str, InstanceType]], Changes]) -> int:
        engine = self._engine
        engine.catch_up()
        now, account_id = engine.now(), self.account_id
        view = engine.settled(now)
        changed = read(view.world, engine.types_of(account_id))
        described = changed.described
        imported: list[tuple[str, Event]] = [
            (stream_of(event, region_id, account_id), event)
            for region_id, of_region in changed.events.items()
            for event in with_shared(region_id, tuple(of_region))
        ]
        for region_id, quotas in described.quotas.items():
            known = engine.world.region(region_id).quotas
            imported += [
                (region_id, QuotaSet(name=name, value=value))
                for name, value in quotas.items()
                if known[account_id, name] != value
            ]
        if types := newly_described(engine.world, account_id, described.instance_types):
            imported.append((account_stream(account_id), InstanceTypesImported(instance_types=types)))
        new = [
            region_id
            for region_id, of_region in changed.events.items()
            if any(isinstance(event, Import) for event in of_region)
        ]
        if new:
            imported.append((IMPORTS, ResourcesImported(region_ids=tuple(new))))
        if not imported:
            return len(changed.paths)
        command_id = engine.command_id(imported[-1][0])
        news = [
            *view.before_command(command_id),
            *[NewEvent(stream, event, now, account_id, command_id) for stream, event in imported],
        ]
        try:
            engine.append(self.region_id, news, decided=False)
        except ReplayError as error:
            of_stream = [new for new in news if new.stream == error.stream]
            event = of_stream[(error.version or 0) - engine.world.version(error.stream or "") - 1].event
            resource_id = getattr(event, event.ID) if isinstance(event, Import) else getattr(event, "resource_id", "")
            reason = error.reason
            if isinstance(event, ResourceDisappeared):
                reason = f"{resource_id} is described no more, and something that is described is still in it or on it"
            raise InvalidResponse(reason, path=changed.paths.get(resource_id, "responses")) from error
        return len(changed.paths)

    def remember(self, resource_id: str, attributes: Mapping[str, Any]) -> None:
        """Keeps attributes of a resource that no rule reads, by the vendor's names, such as ``HostName``: its
        description shows them from then on. None removes one; the others stay as they are.

        Raises KeyError for a resource that does not exist or is another account's, `InvalidArgument` for attributes
        that are no JSON, `ReadOnlyCloud` for a cloud of the past.
        """
        engine = self._engine
        if engine.until is not None:
            raise ReadOnlyCloud("this cloud shows the past: nothing is remembered there")
        kept = AttributesRemembered(resource_ids=(resource_id,), attributes=attributes_of(attributes))
        with engine.lock:
            engine.repeatedly(partial(self._remember, kept))
        if engine.handlers:
            engine.deliver()

    def _remember(self, kept: AttributesRemembered) -> None:
        engine = self._engine
        engine.catch_up()
        now = engine.now()
        view = engine.settled(now)
        (resource_id,) = kept.resource_ids
        region = self._home_of(view.world, resource_id)
        command_id = engine.command_id(region.region_id)
        news = engine.command_events(region.region_id, (kept,), now, self.account_id, command_id)
        engine.append(region.region_id, [*view.before_command(command_id), *news] if view.events else news)

    def remembered(self, resource_id: str) -> Mapping[str, Any]:
        """Returns what `remember` keeps of a resource, by the vendor's names. Raises KeyError as `remember` does."""
        with self._engine.lock:
            kept = self._home_of(self._world(), resource_id).remembered_of(resource_id)
            return MappingProxyType(dict(sorted(kept.items())))

    def _home_of(self, world: World, resource_id: str) -> Region:
        for table in VIEWS if isinstance(resource_id, str) else ():
            region = world.region_where_owned(table, resource_id, self.account_id)
            if region is not None:
                return region
        raise KeyError(resource_id)

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
            context = self._context(self._engine.now())
            world = self._world()
            for table in VIEWS:
                region = world.region_where_owned(table, resource_id, self.account_id)
                if region is not None:
                    return permitted(world, region, table, resource_id, context)
        raise KeyError(resource_id)

    def settle(self, resource_id: str | None = None, *, outcome: Outcome = "completed") -> tuple[Resource, ...]:
        """Completes the transitions that are due, or that of one resource; those that are ``"manual"`` are all due.

        With ``outcome="failed"`` they fail: an ENI that is Attaching is Available again, one that is Creating is
        CreateFailed. With ``"stuck"`` an ENI that is Attaching, Detaching or Deleting stays so until the operation is
        asked for again, or it is settled by its id. What was imported in a transitional status is ``"manual"`` unless
        ``settle_after`` says otherwise.

        Returns the resources that settled, in their new state. Raises `ReadOnlyCloud` for a cloud of the past, and
        `InvalidArgument` for a ``resource_id`` that is no text, and for an outcome that its transition cannot have;
        without a ``resource_id``, those that cannot have it are left as they are, or completed if the clock says so.
        """
        if resource_id is not None and not isinstance(resource_id, str):
            raise InvalidArgument(f"resource_id must be text, not {shown(resource_id)}")
        if outcome not in OUTCOMES:
            raise InvalidArgument(f"outcome is 'completed', 'failed' or 'stuck', not {shown(outcome)}")
        engine = self._engine
        if engine.until is not None:
            raise ReadOnlyCloud("this cloud shows the past: nothing settles there")
        with engine.lock:
            engine.catch_up()
            settled = engine.repeatedly(partial(engine.settle, resource_id, outcome))
        if engine.handlers:
            engine.deliver()
        return settled

    def subscribe(self, handler: Callable[[RecordedEvent], object]) -> Callable[[], None]:
        """Calls a handler with each event that is recorded from now on, in order. Returns a function that ends this.

        That happens in this process, after the events were stored, at the end of the `execute`, `settle` or
        `import_resources` that recorded them, or after that of another thread; events of other processes are delivered
        then, too. A handler may give commands: their events are delivered after the present one. An error of a handler
        comes out of the call at whose end it happens, whose events are recorded nevertheless; the events behind the
        present one are delivered with the next call. Raises `ReadOnlyCloud` for a cloud of the past.

        `ecsnet.events.subscribe` follows a store, in any process; a `Projection` applies each event exactly once.
        """
        if self._engine.until is not None:
            raise ReadOnlyCloud("this cloud shows the past: nothing is recorded there")
        if not callable(handler):
            raise InvalidArgument(f"handler must be callable with a RecordedEvent, not {shown(handler)}")
        return self._engine.subscribe(handler)

    def subscribe_denials(self, handler: Callable[[Denial], object]) -> Callable[[], None]:
        """Calls a handler with each command that `execute` denies from now on. Returns a function that ends this.

        A denied command is no event: this is how a metric, such as `ecsnet.metrics.RefusedCommands`, or an alert learns
        of it. The handler is called once for each denied command, in the thread that gave it, outside of every lock,
        before `CommandDenied` is raised; an error of the handler is raised in its place. What `check` judges was not to
        be executed, and is no denial. A fork has no handlers. Raises `ReadOnlyCloud` for a cloud of the past.
        """
        if self._engine.until is not None:
            raise ReadOnlyCloud("this cloud shows the past: no command is executed there")
        if not callable(handler):
            raise InvalidArgument(f"handler must be callable with a Denial, not {shown(handler)}")
        return self._engine.subscribe_denials(handler)

    # Resources and questions

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

    def describe(self, action: str, /, *, version: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Returns the vendor's response of a Describe action, with what the acting account has in a region: in the
        cloud's, unless ``RegionId`` names another.

        ``parameters`` are those of the API, by its names (``NetworkInterfaceId=["eni-1"]``, ``InstanceIds='["i-1"]'``)
        or in snake_case; a page is asked for by ``PageNumber`` and ``PageSize``, or by ``MaxResults`` and
        ``NextToken``, and without them the response has all resources. ``version`` is that of the product,
        ``"2014-05-26"`` (ECS) or ``"2016-04-28"`` (VPC), where both have the action. `import_resources` takes the
        responses as they are.

        Raises `InvalidDescribe`, with the API's code, for an action or a parameter that the API or the model does not
        have, for a malformed value, and for an action on one resource that does not exist.
        """
        from ecsnet.openapi.describing import Scene, answer, parameters_of, region_of  # for those who describe

        engine = self._engine
        row, version, given = parameters_of(action, version, parameters)
        region_id = region_of(action, given, self.region_id)
        with engine.lock:
            world = self._world()
            types = engine.types_of(self.account_id)
            region = world.region(region_id)
            scene = Scene(world, engine.world, engine.listings, region, self.account_id, types)
            return answer(row, version, given, scene)

    def intranet_path(self, a: str | Endpoint, b: str | Endpoint) -> IntranetPath:
        """Returns whether two instances, by id or as `Endpoint`s, reach each other over the intranet, and what it takes
        (guide 2.3). Raises KeyError for an instance that does not exist, `InvalidCommand` for ends that contradict each
        other."""
        with self._engine.lock:
            return path_between(self._world(), a, b)

    def limits(self, instance_id: str) -> InstanceLimits:
        """Returns how many ENIs, private IPs and queues an instance may have, and its bandwidths (guide 4.1, 4.6, 5).
        Raises KeyError for an instance that does not exist."""
        with self._engine.lock:
            return limits(self._world(), instance_id)

    def internet_access(self, instance_id: str) -> InternetAccess:
        """Returns whether an instance reaches the Internet, by which address, and what is missing (guide 2.1, 2.2).
        Raises KeyError for an instance that does not exist."""
        with self._engine.lock:
            return internet_access(self._world(), instance_id)

    # Settings

    @property
    def clock(self) -> Clock:
        """The clock that the cloud reads; that of a cloud of the past stands still."""
        return self._engine.clock

    @property
    def settle_after(self) -> SettleAfter:
        """The duration of transitional states: a timedelta, ``"manual"``, or a mapping from operations to these."""
        return self._engine.settle_after

    @property
    def rules(self) -> RuleRegistry:
        """The rules that commands are judged by."""
        return self._engine.rules

    @property
    def instance_types(self) -> Mapping[str, InstanceType]:
        """The instance types that the acting account can create instances of, by id: the vendor's catalogue up to July
        2021, and what was described to the account or given to the cloud."""
        with self._engine.lock:
            self._engine.catch_up()
            return all_types(self._engine.types_of(self.account_id))

    @property
    def edition(self) -> str:
        """The edition that the history is made under (`ecsnet.editions.EDITIONS`)."""
        with self._engine.lock:
            self._engine.catch_up()
            return self._engine.world.edition.id

    @property
    def quotas(self) -> Mapping[str, Quota]:
        """The acting account's quotas as they are now, by name: in the cloud's region, or over all regions."""
        with self._engine.lock:
            world = self._world()
            region = world.region(self.region_id)
            return MappingProxyType({name: quota(world, region, name, self.account_id) for name in QUOTAS})

    @property
    def store(self) -> EventStore:
        """The store that keeps the history. Another cloud on it sees what happens in this one."""
        return self._engine.store

    # The history, the past, and copies

    @property
    def position(self) -> int:
        """The position of the last event, 0 while nothing has happened."""
        engine = self._engine
        with engine.lock:
            engine.catch_up()
            return engine.world.position

    def history(
        self,
        resource_id: str | None = None,
        *,
        after: int = 0,
        type: type[Event] | str | None = None,  # noqa: A002  # as the attribute of a `RecordedEvent` is named
        command_id: str | None = None,
    ) -> tuple[RecordedEvent, ...]:
        """Returns the events so far, in order: all, or those that name a resource by its id.

        ``after`` leaves out those up to a position. ``type`` is the class of the events, or a base class, or the name
        of the class; ``command_id`` is that of the command with which they were recorded. A text that no id can be has
        no events.

        Raises `InvalidArgument` for an ``after`` that is no whole number of at least 0, for an id that is no text, and
        for a ``type`` that no event has.
        """
        if not whole_number(after) or not 0 <= after < 2**63:
            raise InvalidArgument(f"after must be a position, a whole number of at least 0, not {shown(after)}")
        for name, value in (("resource_id", resource_id), ("command_id", command_id)):
            if value is not None and not isinstance(value, str):
                raise InvalidArgument(f"{name} must be text, not {shown(value)}")
        wanted = None if type is None else event_type(type)
        engine = self._engine
        if resource_id is not None and not is_encodable(resource_id):
            return ()
        with engine.lock:
            engine.catch_up()
            head = engine.world.position
            if resource_id is None:
                found: Iterable[RecordedEvent] = engine.read(after, head)
            else:
                records = engine.store.read(after=after, until=head, naming=resource_id)
                found = (record for record in records if record.event.names(resource_id))
            return tuple(
                [
                    record
                    for record in found
                    if (wanted is None or isinstance(record.event, wanted))
                    and (command_id is None or record.command_id == command_id)
                ]
            )

    def at(self, moment: int | datetime) -> Cloud:
        """Returns a read-only cloud as it was: after the event at a position (0: empty), or at a time (inclusive).
        What was recorded after the first event of a later time is not there, whatever time it has.

        Raises `InvalidArgument` (a ValueError) for a position that the history does not have, a time without timezone,
        and a time that the calendar of UTC does not have.
        """
        with self._engine.lock:
            self._engine.catch_up()
            head = self._engine.world.position
            if isinstance(moment, datetime):
                then = as_utc(moment)
                # The history up to its first later event: a past without gaps, whatever clocks said what.
                world = self._engine.world_until(then)
            elif whole_number(moment) and 0 <= moment <= head:
                world = self._engine.world_at(moment)
                then = self._recorded_at(moment)
            else:
                raise InvalidArgument(f"the history has the positions 0 to {head}, not {shown(moment)}")
            world.judged_by = self._engine.world.edition
            return self._view(self._engine.as_of(world, then))

    def verify(self, *, expect: str | None = None) -> Verification:
        """Verifies the hashes of the stored history, all of it, and returns the first event that was altered, is
        missing, was inserted or was exchanged, if there is one. If there is none, the snapshots of the state in the
        store are compared with what the events lead to.

        ``expect`` is the `Verification.head` of an earlier verification: with it, a history that was cut off or written
        anew with other hashes is found too. A history in memory has no hashes: only its order is verified. Raises
        `InvalidArgument` for an ``expect`` that is no head, `StoreError` for a store that cannot be read.
        """
        return verify_all(self._engine.store, expect=expect)

    def changes_since(self, moment: int | datetime) -> tuple[ResourceChange, ...]:
        """Returns the resources that changed, appeared or disappeared since a moment of the history, such as the last
        import: a position or a time, as `at` takes it. Raises `InvalidArgument` as `at` does."""
        with self._engine.lock:
            return tuple(differences(self.at(moment), self))

    def _recorded_at(self, position: int) -> datetime:
        for record in self._engine.store.read(after=position - 1, until=position):
            return record.recorded_at
        return self._engine.now()

    def fork(
        self,
        *,
        clock: Clock | None = None,
        settle_after: SettleAfter | None = None,
        rules: RuleRegistry | None = None,
    ) -> Cloud:
        """Returns an independent cloud in memory that goes on from here. What happens in one is never seen in the
        other.

        It has the settings of this cloud, except for those that are given. Of a `ManualClock` it has a copy of its own,
        so that time that passes in the fork passes nowhere else. Raises `InvalidArgument` as `Cloud` does.
        """
        engine = self._engine
        given = clock is not None or settle_after is not None or rules is not None
        if clock is None:
            clock = copy(engine.clock) if isinstance(engine.clock, ManualClock) else engine.clock
        settle_after = engine.settle_after if settle_after is None else settle_after
        rules = engine.rules if rules is None else rules
        outcomes = engine.outcomes
        if given:
            settle_after = check_settings(clock, settle_after, outcomes, rules)
        with engine.lock:
            engine.catch_up()
            return self._view(engine.fork(clock=clock, settle_after=settle_after, outcomes=outcomes, rules=rules))

    def as_account(self, account_id: str) -> Cloud:
        """Returns the same cloud, acting as another account. It sees everything; its commands find only its own
        resources.

        Raises `InvalidArgument` for what no account id can be, as `Cloud` does.
        """
        account_id = required("account_id", account_id, account_problem(account_id))
        cloud = self._view(self._engine)
        cloud.account_id = account_id
        return cloud

    def state_digest(self) -> str:
        """Returns a digest of the state, as hexadecimal text: equal for equal states, in any process.

        Two clouds with the same digest cannot be told apart by any command or query, now or later, if their settings
        are the same.
        """
        return state_digest(self.folded_state())

    def folded_state(self, *, after: Decision | None = None) -> World:
        """Returns a copy of the folded state as of now, or as an allowed command would leave it, in constant time.

        This is for tools that look at states, as `ecsnet.testing` does. The classes of `ecsnet.domain.state` are
        internal: any release may change them.
        """
        engine = self._engine
        with engine.lock:
            world = self._world()
            if after is None:
                return world.fork()
            context = self._context(engine.now(), after.command)
            region_id = home_region(world, after.command, context)
            try_out(world, world.region(region_id), after, context)
            news = engine.command_events(region_id, after.events, context.now, self.account_id, "")
            return with_events(world, news)

    def close(self) -> None:
        """Closes the store, unless forks and clouds of the past still read it: the last of them closes it.

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

    def _context(
        self,
        now: datetime,
        command: Command[Any] | None = None,
        *,
        client_token: str | None = None,
        rules: RuleRegistry | None = None,
    ) -> CommandContext:
        """Returns the context of a command, or of any, if none is given."""
        engine = self._engine
        named = command is None or type(command) in NAMING_INSTANCE_TYPES
        return CommandContext(
            account_id=self.account_id,
            region_id=self.region_id,
            now=now,
            slow=engine.pace.slow,
            instance_types=engine.types_of(self.account_id) if named else engine.instance_types,
            rules=engine.rules if rules is None else rules,
            client_token=client_token,
        )

    def _world(self) -> World:
        """Returns the world with overdue transitions completed. It is the engine's own: the next command changes it."""
        engine = self._engine
        with engine.lock:
            engine.catch_up()
            return engine.settled(engine.now()).world


def _kinds(names: Iterable[str], refresh: bool) -> tuple[str, ...]:
    """Returns the kinds of resources that an import describes completely."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InvalidArgument(f"complete has the names of collections, such as 'instances', not {shown(names)}")
    kinds = tuple(names)
    for name in kinds:
        if not isinstance(name, str) or name not in VIEWS:
            hint = closest(name, VIEWS) if isinstance(name, str) else ""
            raise InvalidArgument(
                f"complete has the names of collections, such as 'instances', not {shown(name)}{hint}"
            )
    if kinds and not refresh:
        raise InvalidArgument("complete tells what disappeared, which is recorded with refresh=True only")
    return kinds


def _no_command(command: object) -> TypeError:
    return TypeError(f"not a command of ecsnet.commands: {shown(command)}")
