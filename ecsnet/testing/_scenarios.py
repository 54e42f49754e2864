"""Scenarios: given, when, then, with commands or events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ecsnet.clocks import as_utc
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.domain.fold import fold
from ecsnet.domain.state.streams import OF_NO_REGION, stream_of
from ecsnet.domain.state.world import World
from ecsnet.errors import CommandDenied
from ecsnet.events import MemoryStore, NewEvent
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.base import numbered
from ecsnet.testing._compare import look_up
from ecsnet.testing._fixtures import cloud_after
from ecsnet.testing._script import Settle, Step, Wait, apply_step

Given = Step | Event | Callable[[Cloud], Step]


def scenario(cloud: Cloud | None = None, **options: Any) -> Scenario:
    """Returns a scenario that begins with an empty cloud with these options of `ecsnet.Cloud`, or with a fork of a
    given cloud.

    >>> from ecsnet.commands import CreateVpc, CreateVSwitch
    >>> from ecsnet.events.vpc import VpcCreated, VSwitchCreated
    >>> create = CreateVSwitch(vpc_id="vpc-1", zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24")
    >>> after = scenario().given(VpcCreated(vpc_id="vpc-1", cidr_block="10.0.0.0/16")).when(create)
    >>> after.then(VSwitchCreated).when(create).denied("vswitch.create.overlap").cloud
    <Cloud cn-hangzhou: 1 vpcs, 1 vswitches>
    """
    if cloud is not None and options:
        raise TypeError(f"a scenario that begins with a cloud has its options, not {', '.join(options)}")
    return Scenario(cloud_after(**options) if cloud is None else cloud.fork())


class Scenario:
    """The steps and expectations of a test; `scenario` returns one.

    After each step every event is encoded, decoded and folded again, which must lead to the same state. An expectation
    that is not met raises AssertionError. ``cloud`` is the cloud in its present state.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._events: list[Event] | None = None
        self._denied: CommandDenied | None = None

    def given(self, *steps: Given) -> Self:
        """Executes the steps that lead to the initial state: commands, events (which no rule judges, and which may have
        ids of your own), `Settle`s, `Wait`s, or functions that return one of these for the cloud."""
        for step in steps:
            self._do(step)
        return self

    def when(self, step: Step | Callable[[Cloud], Step]) -> Self:
        """Executes the step that the expectations are about."""
        before, state = self.cloud.position, self.cloud.state_digest()
        try:
            self._do(step)
        except CommandDenied as denied:
            self._denied, self._events = denied, None
            if self.cloud.state_digest() != state or self.cloud.position != before:
                raise AssertionError(f"{denied}\nand yet something changed") from denied
        else:
            new = tuple(r for r in self.cloud.history(after=before) if type(r.event) not in OF_NO_REGION)
            own = [record for record in new if record.settles is None] or new
            self._denied, self._events = None, [record.event for record in own]
            _must_survive_storage(self.cloud)
        return self

    def then(self, *expected: Event | type[Event]) -> Self:
        """Expects that the step was allowed and that exactly these events, or events of these types, were recorded, in
        this order. Without arguments it expects that none were. The events that only tell other regions of these
        (`EipAddressRegistered`, `SharedAddressDrawn`) are left out."""
        if self._denied is not None:
            raise AssertionError(f"expected {list(expected)}, but {self._denied}") from self._denied
        if self._events is None:
            raise AssertionError("no step was executed yet: call when(...) first")
        same = len(self._events) == len(expected) and all(
            type(event) is one if isinstance(one, type) else event == one
            for event, one in zip(self._events, expected, strict=True)
        )
        if not same:
            raise AssertionError(f"expected {list(expected)}, but {self._events} happened")
        return self

    def denied(self, *rule_ids: str) -> Self:
        """Expects that the step was denied and that these rules are among its violations. A denied step records and
        changes nothing."""
        if self._denied is None and self._events is None:
            raise AssertionError("no step was executed yet: call when(...) first")
        if self._denied is None:
            raise AssertionError(f"expected to be denied by {', '.join(rule_ids)}, but {self._events} happened")
        reasons = [violation.rule for violation in self._denied.violations]
        if missing := set(rule_ids) - set(reasons):
            raise AssertionError(f"expected to be denied by {', '.join(sorted(missing))}, but: {self._denied}")
        return self

    def shows(self, resource_id: str, **attributes: Any) -> Self:
        """Expects that a resource has these values now."""
        found = look_up(self.cloud, resource_id)
        if found is None:
            raise AssertionError(f"there is no {resource_id}")
        actual = {name: getattr(found, name) for name in attributes}
        if actual != attributes:
            raise AssertionError(f"expected {resource_id} to show {attributes}, but it shows {actual}")
        return self

    def _do(self, step: Given) -> None:
        if isinstance(step, Event):
            self._record(step)
        elif isinstance(step, Command | Settle | Wait):
            apply_step(self.cloud, step)
        else:
            self._do(step(self.cloud))

    def _record(self, event: Event) -> None:
        """Records an event that no command asked for. Raises `ReplayError`, and records nothing, if it cannot be
        folded."""
        cloud, world = self.cloud, World()
        fold(world, cloud.history())
        stream = stream_of(event, cloud.region_id, cloud.account_id)
        expected = {stream: world.version(stream)}
        new = NewEvent(stream, event, as_utc(cloud.clock()), cloud.account_id, "given")
        fold(world, numbered([new], expected, world.position))
        cloud.store.append([new], expected)


def stored_again(records: tuple[RecordedEvent, ...]) -> MemoryStore:
    """Returns a new store with the same history, in which each event was encoded and decoded."""
    store = MemoryStore()
    for record in records:
        event = codec.decode(record.type, record.schema_version, codec.encode(record.event))
        new = NewEvent(
            record.stream,
            event,
            record.recorded_at,
            record.account_id,
            record.command_id,
            record.caused_by,
            record.settles,
        )
        store.append([new], {record.stream: record.version - 1})
    return store


def _must_survive_storage(cloud: Cloud) -> None:
    again = Cloud(stored_again(cloud.history()), clock=cloud.clock, settle_after=cloud.settle_after)
    if again.state_digest() != cloud.state_digest():
        raise AssertionError("the history, stored and read again, leads to another state")
