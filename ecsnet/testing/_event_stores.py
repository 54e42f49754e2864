"""`check_event_store`: the contract test of `ecsnet.events.EventStore`, for ecsnet's own engines and yours.

Each promise of the contract is a function that uses stores and raises AssertionError if the promise is broken. Each is
checked on a new store.
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from threading import Barrier, Thread
from typing import Any, Final, NamedTuple

import msgspec

from ecsnet.cloud import Cloud
from ecsnet.commands import AllocateEipAddress, CreateVpc, DeleteVpc, ReleaseEipAddress, SetQuota
from ecsnet.errors import CommandDenied, EcsnetError, StoreError, VersionConflict
from ecsnet.events.base import NewEvent, RecordedEvent
from ecsnet.events.network_interface import NetworkInterfaceModified
from ecsnet.events.stores.base import EventStore
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.events.stores.snapshots import KeepsSnapshots, Snapshot, keeps_snapshots

NOW: Final = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)
TIMEOUT: Final = 60.0
"""Seconds after which another thread counts as hanging."""

MakeStore = Callable[[], EventStore]
OpenAgain = Callable[[EventStore], EventStore]


class _Stores:
    """Opens the stores for one promise and closes all of them after it."""

    def __init__(self, make: MakeStore, open_again: OpenAgain | None) -> None:
        self._make = make
        self._open_again = open_again
        self._opened: list[EventStore] = []

    def new(self) -> EventStore:
        """Returns a new, empty store."""
        return self._opened_store(self._make())

    @property
    def can_be_shared(self) -> bool:
        return self._open_again is not None

    def again(self, store: EventStore) -> EventStore:
        """Returns another store on the same history."""
        assert self._open_again is not None
        return self._opened_store(self._open_again(store))

    def _opened_store(self, store: EventStore) -> EventStore:
        self._opened.append(store)
        return store

    def close(self) -> None:
        for store in self._opened:
            store.close()


_Check = Callable[[_Stores], None]


class Promise(NamedTuple):
    """A promise: its check, and whether that needs a history which several connections, or processes, can open."""

    check: _Check
    is_shared: bool
    needs_processes: bool


PROMISES: Final[dict[str, Promise]] = {}
"""Every promise by its text."""


def _promise(text: str, *, shared: bool = False, processes: bool = False) -> Callable[[_Check], _Check]:
    def register(check: _Check) -> _Check:
        PROMISES[text] = Promise(check, shared or processes, processes)
        return check

    return register


def check_event_store(
    make_store: MakeStore, *, open_again: OpenAgain | None = None, only: Iterable[str] | None = None
) -> None:
    """Checks every promise of `EventStore` on an engine, or ``only`` those with the given texts.

    ``make_store`` returns a new, empty store with each call. ``open_again`` takes a store and opens its history a
    second time, as another process would; without it, promises about several connections are not checked. It is also
    called in children of `os.fork`, where there is one: some promises are about processes that are killed. The stores
    that both return are closed at the end.

    Raises AssertionError with the text of the promise that is broken.

    >>> from ecsnet.events import MemoryStore
    >>> check_event_store(MemoryStore, only=["an empty store has no events"])
    """
    for text in PROMISES if only is None else only:
        stores = _Stores(make_store, open_again)
        promise = PROMISES[text]
        if (promise.is_shared and open_again is None) or (promise.needs_processes and not hasattr(os, "fork")):
            continue
        try:
            promise.check(stores)
        except (AssertionError, EcsnetError) as error:
            raise AssertionError(f"{text}: {error or 'it does not'}") from error
        finally:
            stores.close()


# Helpers of the promises


def _event(name: str) -> NetworkInterfaceModified:
    return NetworkInterfaceModified(network_interface_id="eni-1", name=name)


def _news(stream: str, *names: str, command_id: str = "c-1") -> list[NewEvent]:
    return [NewEvent(stream, _event(name), NOW, "1234567890123456", command_id) for name in names]


def _places(records: Iterable[RecordedEvent]) -> list[tuple[int, str, int]]:
    return [(record.position, record.stream, record.version) for record in records]


def _names(records: Iterable[RecordedEvent]) -> list[Any]:
    return [getattr(record.event, "name", None) for record in records]


def _equal(actual: object, expected: object) -> None:
    if actual != expected:
        raise AssertionError(f"expected {expected!r:.300}, but found {actual!r:.300}")


@contextmanager
def _raises(kind: type[Exception], what: str) -> Iterator[None]:
    try:
        yield
    except kind:
        return
    except Exception as error:
        raise AssertionError(f"{what} raises {type(error).__name__} ({error}), not {kind.__name__}") from error
    raise AssertionError(f"{what} raises nothing")


def _at_once(*works: Callable[[], object]) -> None:
    """Runs functions in threads that begin together. Raises the first exception of any of them."""
    barrier, failed = Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # it is raised again after the threads have ended
            failed.append(error)

    threads = [Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + TIMEOUT
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            raise AssertionError(f"a thread is not done after {TIMEOUT:.0f} seconds")
    if failed:
        raise failed[0]


def _appended(store: EventStore, stream: str, name: str) -> Sequence[RecordedEvent]:
    """Appends one event to a stream, after the events that others appended."""
    while True:
        version = max((record.version for record in store.read() if record.stream == stream), default=0)
        try:
            return store.append(_news(stream, name), {stream: version})
        except VersionConflict:
            continue


# The promises


@_promise("an empty store has no events")
def _empty(stores: _Stores) -> None:
    store = stores.new()
    _equal(store.head(), 0)
    _equal(list(store.read()), [])
    _equal(list(store.read(after=3, until=7)), [])


@_promise("positions and versions have no gaps")
def _numbers(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "1", "2"), {"a": 0})
    store.append(_news("b", "3"), {"b": 0})
    store.append(_news("a", "4"), {"a": 2})
    _equal(_places(store.read()), [(1, "a", 1), (2, "a", 2), (3, "b", 1), (4, "a", 3)])
    _equal(store.head(), 4)


@_promise("events are read as they were appended")
def _same(stores: _Stores) -> None:
    store = stores.new()
    late = NewEvent("a", _event('ä "quoted" \\ 名 \x00'), NOW + timedelta(microseconds=1), "B", "c-2")
    abroad = NewEvent("a", _event("x"), NOW.astimezone(timezone(timedelta(hours=8))), "1", "c-3")
    recorded = [*store.append([late], {"a": 0}), *store.append([abroad], {"a": 1})]
    _equal(list(store.read()), recorded)
    for new, record in zip((late, abroad), recorded, strict=True):
        _equal((record.event, record.recorded_at), (new.event, new.recorded_at))
        _equal((record.account_id, record.command_id), (new.account_id, new.command_id))
        _equal((record.caused_by, record.settles), (None, None))


@_promise("an event keeps its cause, and what it settles")
def _causes(stores: _Stores) -> None:
    store = stores.new()
    (begun,) = store.append(_news("a", "1"), {"a": 0})
    settled = NewEvent("a", _event("2"), NOW, "1", "c-2", caused_by=begun.position, settles="eni-1")
    first, own, last = _news("a", "3", "4", "5")
    follows = [msgspec.structs.replace(first, follows=1), own, msgspec.structs.replace(last, follows=-1)]
    recorded = [*store.append([settled], {"a": 1}), *store.append(follows, {"a": 2})]
    _equal(
        [(record.caused_by, record.settles) for record in recorded], [(1, "eni-1"), (4, None), (None, None), (4, None)]
    )
    _equal(list(store.read(after=1)), recorded)


@_promise("an append to several streams is one")
def _several(stores: _Stores) -> None:
    store = stores.new()
    news = [*_news("a", "1"), *_news("account/1", "2"), *_news("a", "3")]
    recorded = store.append(news, {"a": 0, "account/1": 0})
    _equal(_places(recorded), [(1, "a", 1), (2, "account/1", 1), (3, "a", 2)])
    _equal(list(store.read()), list(recorded))
    for stale in ({"a": 2, "account/1": 0}, {"a": 1, "account/1": 1}):
        with _raises(VersionConflict, "an append that expects another version of one of its streams"):
            store.append(news, stale)
    _equal(store.head(), 3)


@_promise("another version than expected appends nothing")
def _expected(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "1", "2"), {"a": 0})
    for version in (0, 1, 3):
        with _raises(VersionConflict, f"version {version} of a stream at version 2"):
            store.append(_news("a", "3"), {"a": version})
    with _raises(VersionConflict, "version 1 of a stream that does not exist"):
        store.append(_news("b", "3"), {"b": 1})
    _equal(store.head(), 2)
    store.append(_news("a", "3"), {"a": 2})


@_promise("a version is expected of streams that are only read")
def _read_set(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("b", "1"), {"b": 0})
    with _raises(VersionConflict, "a stale version of a stream that gets no event"):
        store.append(_news("a", "2"), {"a": 0, "b": 0})
    _equal(store.head(), 1)
    store.append(_news("a", "2"), {"a": 0, "b": 1, "nothing/there": 0})
    _equal(_places(store.read()), [(1, "b", 1), (2, "a", 1)])


@_promise("an event for a stream of which no version is expected is refused")
def _unexpected(stores: _Stores) -> None:
    store = stores.new()
    with _raises(StoreError, "such an append"):
        store.append([*_news("a", "1"), *_news("b", "2")], {"a": 0})
    _equal(store.head(), 0)


@_promise("a version conflict names the stream and both versions")
def _conflict(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "1"), {"a": 0})
    try:
        store.append(_news("a", "2"), {"a": 7})
    except VersionConflict as conflict:
        _equal((conflict.stream, conflict.expected, conflict.actual), ("a", 7, 1))
    else:
        raise AssertionError("there is no conflict")


@_promise("an append with an event that cannot be stored is refused as a whole")
def _unstorable(stores: _Stores) -> None:
    store = stores.new()
    good = _news("a", "1")
    bad: dict[str, NewEvent] = {
        "a lone surrogate in an event": NewEvent("a", _event("\ud800"), NOW, "1", "c"),
        "a lone surrogate in an account": NewEvent("a", _event("2"), NOW, "\ud800", "c"),
        "a lone surrogate in a command id": NewEvent("a", _event("2"), NOW, "1", "\udfff"),
        "a time without timezone": NewEvent("a", _event("2"), NOW.replace(tzinfo=None), "1", "c"),
        "an account that is no text": NewEvent("a", _event("2"), NOW, None, "c"),  # type: ignore[arg-type]
    }
    for what, new in bad.items():
        with _raises(StoreError, what):
            store.append([*good, new, *good], {"a": 0})
        _equal(store.head(), 0)
    store.append(good, {"a": 0})


@_promise("an append of no events changes nothing")
def _nothing(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "1"), {"a": 0})
    _equal(list(store.append([], {"a": 1})), [])
    with _raises(VersionConflict, "an append of nothing that expects another version"):
        store.append([], {"a": 0})
    _equal(store.head(), 1)


@_promise("reading has bounds, and an order")
def _bounds(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "1", "2", "3", "4"), {"a": 0})
    _equal([record.position for record in store.read(after=1, until=3)], [2, 3])
    _equal([record.position for record in store.read(after=2)], [3, 4])
    _equal([record.position for record in store.read(after=4)], [])
    _equal([record.position for record in store.read(until=0)], [])
    _equal([record.position for record in store.read(after=3, until=2)], [])
    _equal([record.position for record in store.read(after=-1, until=10**30)], [1, 2, 3, 4])


@_promise("reading by a resource returns every event that names it")
def _naming(stores: _Stores) -> None:
    store = stores.new()
    ids = ["eni-1", 'q"uoted', "back\\slash", "名", "new\nline", "100%_*"]
    for version, resource_id in enumerate([*ids, *ids]):
        event = NetworkInterfaceModified(network_interface_id=resource_id, security_group_ids=("sg-1", resource_id))
        store.append([NewEvent("a", event, NOW, "1", "c")], {"a": version})
    for position, resource_id in enumerate(ids, start=1):
        for after, until in ((0, None), (position - 1, position), (position, None)):
            found = [record.position for record in store.read(naming=resource_id, after=after, until=until)]
            expected = [one for one in (position, position + len(ids)) if after < one <= (until or store.head())]
            if not set(expected) <= set(found) or found != sorted(found):
                raise AssertionError(f"{resource_id!r} is named at {expected}, and found at {found}")


@_promise("large and many events are kept")
def _large(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "x" * 5_000_000, "y"), {"a": 0})
    store.append(_news("b", *map(str, range(3_000))), {"b": 0})
    _equal(store.head(), 3_002)
    _equal(_names(store.read(after=2)), list(map(str, range(3_000))))
    _equal(len(next(iter(store.read())).event.name), 5_000_000)  # type: ignore[attr-defined]


@_promise("a batch of twelve megabytes is kept")
def _batch(stores: _Stores) -> None:
    store = stores.new()
    names = ["x" * 6_000_000, "y" * 6_000_000, "z"]
    store.append(_news("a", *names), {"a": 0})
    _equal([len(name) for name in _names(store.read())], [len(name) for name in names])
    store.append(_news("a", "1"), {"a": 3})


@_promise("a refused append leaves no hole in the positions")
def _no_hole(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "1"), {"a": 0})
    with _raises(VersionConflict, "an append that expects another version"):
        store.append(_news("a", "2", "3"), {"a": 7})
    with _raises(StoreError, "an append with an event that cannot be stored"):
        store.append(_news("a", "2", "\udfff"), {"a": 1})
    store.append(_news("b", "2"), {"b": 0})
    _equal(_places(store.read()), [(1, "a", 1), (2, "b", 1)])


@_promise("the events of a large append are seen together, and hide none from a reader")
def _slow(stores: _Stores) -> None:
    store = stores.new()
    large, reading, writing = [stores.again(store) if stores.can_be_shared else store for _ in range(3)]
    count, seen = 1_500, list[int]()
    heads = set[int]()

    def read() -> None:
        deadline = time.monotonic() + TIMEOUT
        while len(seen) < count + 20 and time.monotonic() < deadline:
            heads.add(head := reading.head())
            seen.extend(record.position for record in reading.read(after=len(seen), until=head))

    def write() -> None:
        for n in range(20):
            _appended(writing, "small", str(n))

    _at_once(read, lambda: large.append(_news("large", *map(str, range(count))), {"large": 0}), write)
    _equal(seen, list(range(1, count + 21)))
    first = next(record.position for record in store.read() if record.stream == "large")
    _equal([head for head in heads if first <= head < first + count - 1], [])


@_promise("threads that append at once lose nothing and double nothing")
def _threads(stores: _Stores) -> None:
    store = stores.new()
    _race(store, [store] * 4)


@_promise("connections that append at once lose nothing and double nothing", shared=True)
def _connections(stores: _Stores) -> None:
    store = stores.new()
    _race(store, [store, *(stores.again(store) for _ in range(3))])


def _race(store: EventStore, handles: Sequence[EventStore]) -> None:
    def work(number: int, handle: EventStore) -> Callable[[], None]:
        def run() -> None:
            for n in range(10):
                _appended(handle, f"stream-{n % 2}", f"{number}/{n}")

        return run

    _at_once(*[work(number, handle) for number, handle in enumerate(handles)])
    records = list(store.read())
    _equal([record.position for record in records], list(range(1, 10 * len(handles) + 1)))
    _equal(sorted(_names(records)), sorted(f"{number}/{n}" for number in range(len(handles)) for n in range(10)))
    for stream in ("stream-0", "stream-1"):
        versions = [record.version for record in records if record.stream == stream]
        _equal(versions, list(range(1, len(versions) + 1)))


@_promise("of several appends that expect the same version, one succeeds")
def _winner(stores: _Stores) -> None:
    store = stores.new()
    handles = [store] + [stores.again(store) if stores.can_be_shared else store for _ in range(3)]
    won = list[int]()

    def work(number: int) -> Callable[[], None]:
        def run() -> None:
            own = f"region-{number}"
            try:
                handles[number].append([*_news(own, "x"), *_news("account/1", "x")], {own: 0, "account/1": 0})
            except VersionConflict:
                return
            won.append(number)

        return run

    _at_once(*[work(number) for number in range(4)])
    _equal(len(won), 1)
    _equal(_places(store.read()), [(1, f"region-{won[0]}", 1), (2, "account/1", 1)])


@_promise("a reader beside writers sees every position, in order, once")
def _reader(stores: _Stores) -> None:
    store = stores.new()
    reading = stores.again(store) if stores.can_be_shared else store
    seen, total = list[int](), 60

    def read() -> None:
        deadline = time.monotonic() + TIMEOUT
        while len(seen) < total and time.monotonic() < deadline:
            seen.extend(record.position for record in reading.read(after=len(seen)))

    def write(number: int) -> Callable[[], None]:
        def run() -> None:
            for n in range(total // 3):
                _appended(store, f"stream-{number}", str(n))

        return run

    _at_once(read, *[write(number) for number in range(3)])
    _equal(seen, list(range(1, total + 1)))


@_promise("another connection sees acknowledged events, and conflicts with them", shared=True)
def _visible(stores: _Stores) -> None:
    store = stores.new()
    other = stores.again(store)
    _equal(other.head(), 0)
    recorded = store.append(_news("a", "1"), {"a": 0})
    _equal(other.head(), 1)
    _equal(list(other.read()), list(recorded))
    with _raises(VersionConflict, "an append that ignores the first connection's event"):
        other.append(_news("a", "2"), {"a": 0})
    other.append(_news("a", "2"), {"a": 1})
    _equal(store.head(), 2)


@_promise("acknowledged events are there when the history is opened again", shared=True)
def _durable(stores: _Stores) -> None:
    store = stores.new()
    recorded = store.append(_news("a", "1", "2"), {"a": 0})
    other = stores.again(store)
    store.close()
    _equal(list(other.read()), list(recorded))
    again = stores.again(other)
    other.close()
    _equal(list(again.read()), list(recorded))
    again.append(_news("a", "3"), {"a": 2})


@_promise("closing is final and can be repeated, and every method of a closed store raises StoreError")
def _closing(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", "1"), {"a": 0})
    store.close()
    store.close()
    with _raises(StoreError, "an append to a closed store"):
        store.append(_news("a", "2"), {"a": 1})
    with _raises(StoreError, "reading a closed store"):
        list(store.read())
    with _raises(StoreError, "the head of a closed store"):
        store.head()


@_promise("closing a store while other threads use it raises StoreError in them")
def _closing_under(stores: _Stores) -> None:
    store = stores.new()
    store.append(_news("a", *map(str, range(2_000))), {"a": 0})
    begun = Barrier(4)

    def until_closed(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            begun.wait()
            deadline = time.monotonic() + TIMEOUT
            while time.monotonic() < deadline:
                try:
                    work()
                except StoreError as error:
                    if not isinstance(error, VersionConflict):
                        return
            raise AssertionError("the store is closed, and no StoreError was raised")

        return run

    def close() -> None:
        begun.wait()
        store.close()

    _at_once(
        close,
        until_closed(lambda: list(store.read())),
        until_closed(lambda: _appended(store, "b", "x")),
        until_closed(store.head),
    )


@_promise("clouds on one store see each other's resources and have equal histories")
def _clouds(stores: _Stores) -> None:
    store = stores.new()
    one = Cloud(store, clock=lambda: NOW)
    two = Cloud(stores.again(store) if stores.can_be_shared else store, clock=lambda: NOW)
    create = CreateVpc(cidr_block="10.0.0.0/16")
    vpc = one.execute(create)
    _equal(two.vpcs[vpc.id], vpc)
    other = two.execute(create)
    elsewhere = two.execute(CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"), client_token="t-1")
    _equal(one.execute(CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"), client_token="t-1"), elsewhere)
    _equal(list(one.vpcs), [vpc.id, other.id, elsewhere.id])
    one.execute(DeleteVpc(vpc_id=vpc.id))
    _equal(list(two.vpcs), [other.id, elsewhere.id])
    _equal(one.history(), two.history())
    _equal(one.history(), Cloud(store, clock=lambda: NOW).history())


@_promise("the same commands give the same history as in memory")
def _deterministic(stores: _Stores) -> None:
    histories = []
    for store in (stores.new(), MemoryStore()):
        cloud = Cloud(store, clock=lambda: NOW, command_ids="deterministic")
        for n in range(12):
            vpc = cloud.execute(CreateVpc(cidr_block=f"10.{n}.0.0/16"), client_token=f"t-{n}")
            cloud.execute(AllocateEipAddress(region_id=f"cn-{n % 3}"))
            if n % 2:
                cloud.execute(DeleteVpc(vpc_id=vpc.id))
        again = Cloud(store, clock=lambda: NOW)
        histories.append([again.state_digest(), *again.history()])
    _equal(len(histories[0]), len(histories[1]))
    for ours, theirs in zip(*histories, strict=True):
        _equal(ours, theirs)


@_promise("clouds that race for the last of a quota get exactly these, and what is released is given again")
def _last_ones(stores: _Stores) -> None:
    for staggered in (False, True):
        store = stores.new()
        Cloud(store, clock=lambda: NOW).execute(SetQuota(name="eips-per-account", value=5))
        clouds = [
            Cloud(stores.again(store) if stores.can_be_shared else store, clock=lambda: NOW, region_id=f"cn-{n}")
            for n in range(4)
        ]
        got = list[str]()

        def take(cloud: Cloud, first: Cloud, got: list[str], staggered: bool) -> Callable[[], None]:
            def run() -> None:
                deadline = time.monotonic() + TIMEOUT
                while staggered and cloud is not first and not got and time.monotonic() < deadline:
                    pass  # those that are late begin when the first one has one
                for _ in range(3):
                    with suppress(CommandDenied):
                        got.append(cloud.execute(AllocateEipAddress()).id)

            return run

        _at_once(*[take(cloud, clouds[0], got, staggered) for cloud in clouds])
        _equal(len(got), 5)
        _equal(sorted(clouds[0].eips), sorted(got))
        released = clouds[0].eips[got[0]]
        Cloud(store, clock=lambda: NOW).execute(ReleaseEipAddress(allocation_id=released.id))
        last = clouds[3].execute(AllocateEipAddress())
        _equal(sorted(clouds[1].eips), sorted([*got[1:], last.id]))
        with _raises(CommandDenied, "an EIP above the quota"):
            clouds[2].execute(AllocateEipAddress())


class _Losing:
    """Loses the answer of one append, after it was recorded or instead of recording it."""

    def __init__(self, inner: EventStore) -> None:
        self._inner = inner
        self.lost: str = ""

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        lost, self.lost = self.lost, ""
        recorded = [] if lost == "before" else self._inner.append(events, expected)
        if lost:
            raise StoreError("the answer is lost")
        return recorded

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        return self._inner.read(after=after, until=until, naming=naming)

    def head(self) -> int:
        return self._inner.head()

    def close(self) -> None:
        """The kit closes the store within."""


@_promise("a command that is repeated with its client token after a lost answer is recorded once")
def _lost_answer(stores: _Stores) -> None:
    store = stores.new()
    for number, when in enumerate(("before", "after"), start=1):
        losing = _Losing(store)
        cloud = Cloud(losing, clock=lambda: NOW)
        losing.lost = when
        create = CreateVpc(cidr_block="10.0.0.0/16")
        with _raises(StoreError, "a command whose answer is lost"):
            cloud.execute(create, client_token=when)
        vpc = cloud.execute(create, client_token=when)
        _equal(len(cloud.vpcs), number)
        again = Cloud(stores.again(store) if stores.can_be_shared else store, clock=lambda: NOW)
        _equal(again.execute(create, client_token=when), vpc)
        _equal(len(again.vpcs), number)
        with _raises(CommandDenied, "another command with the same token"):
            again.execute(CreateVpc(cidr_block="172.16.0.0/16"), client_token=when)


class _Child:
    """A forked child that does some work and tells of it, line by line."""

    def __init__(self, work: Callable[[Callable[[str], object]], object]) -> None:
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside the threads of an engine
            self._pid = os.fork()
        if self._pid:
            os.close(writing)
            self._lines = os.fdopen(reading, "rb")
            return
        os.close(reading)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(TIMEOUT))
        try:
            work(lambda line: os.write(writing, f"{line}\n".encode(errors="replace")))
        except BaseException as error:  # noqa: BLE001  # the parent reads it, and fails
            os.write(writing, f"failed: {error!r}\n".encode(errors="replace"))
        finally:
            os._exit(0)

    def lines(self, count: int | None = None) -> list[str]:
        """Returns the next lines, or all that come until its end; one that was cut off is left out."""
        lines = list(islice(self._lines, count))
        return [line.decode().rstrip("\n") for line in lines if line.endswith(b"\n")]

    def kill(self) -> list[str]:
        """Kills it wherever it is, and returns the lines that it wrote before."""
        os.kill(self._pid, signal.SIGKILL)
        return self.end()

    def end(self) -> list[str]:
        """Waits for its end, and returns the lines that were left."""
        lines = self.lines()
        self._lines.close()
        os.waitpid(self._pid, 0)
        return lines


@_promise("a reader beside writing processes sees every position, in order, once", processes=True)
def _reader_beside_processes(stores: _Stores) -> None:
    store = stores.new()
    count, seen = 20, list[int]()

    def write(number: int) -> Callable[[Callable[[str], object]], None]:
        def run(say: Callable[[str], object]) -> None:
            own = stores.again(store)
            for n in range(count):
                own.append(_news(f"stream-{number}", str(n)), {f"stream-{number}": n})

        return run

    children = [_Child(write(number)) for number in range(3)]
    deadline = time.monotonic() + TIMEOUT
    while len(seen) < 3 * count and time.monotonic() < deadline:
        seen.extend(record.position for record in store.read(after=len(seen)))
    _equal([child.end() for child in children], [[]] * 3)
    _equal(seen, list(range(1, 3 * count + 1)))


@_promise(
    "processes that are killed leave every acknowledged append, and each as a whole or not at all", processes=True
)
def _killed(stores: _Stores) -> None:
    store = stores.new()
    acknowledged = list[str]()

    def write(stream: str) -> Callable[[Callable[[str], object]], None]:
        def run(say: Callable[[str], object]) -> None:
            own = stores.again(store)
            for n in range(10_000):
                own.append(_news(stream, "1", "2", "3", command_id=f"{stream}/{n}"), {stream: 3 * n})
                say(f"{stream}/{n}")

        return run

    for turn in range(3):
        children = [_Child(write(f"stream-{turn}-{number}")) for number in range(2)]
        for child in children:
            acknowledged += [*child.lines(3 + 4 * turn), *child.kill()]
    records = list(store.read())
    _equal([record.position for record in records], list(range(1, len(records) + 1)))
    whole = Counter(record.command_id for record in records)
    _equal(set(whole.values()), {3})
    _equal([line for line in acknowledged if line not in whole], [])
    store.append(_news("a", "1"), {"a": 0})


# Snapshots: a store need not offer them; if it does, it keeps these promises too


def _of_snapshots(stores: _Stores) -> KeepsSnapshots | None:
    """Returns a store with six events, if it keeps snapshots."""
    store = stores.new()
    store.append(_news("a", "1", "2", "3"), {"a": 0})
    store.append(_news("b", "4", "5", "6"), {"b": 0})
    return store if keeps_snapshots(store) else None


@_promise("a store with snapshots returns the newest one of a kind up to a position and a time")
def _newest_snapshot(stores: _Stores) -> None:
    if (store := _of_snapshots(stores)) is None:
        return
    _equal((store.snapshot("k", until=9), list(store.snapshot_positions("k"))), (None, []))
    first, second, third = (
        Snapshot("k", position, 1_000 * position, bytes([position]) * 70_000) for position in (1, 3, 5)
    )
    for one in (third, first, second):
        _equal(store.keep_snapshot(one), True)
    _equal([store.snapshot("k", until=until) for until in (0, 1, 4, 9)], [None, first, second, third])
    _equal([store.snapshot("k", until=9, latest=latest) for latest in (999, 4_999)], [None, second])
    _equal((list(store.snapshot_positions("k")), store.snapshot("other", until=9)), ([1, 3, 5], None))
    instead = Snapshot("k", 5, 5_000, b"instead")
    store.keep_snapshot(instead)
    _equal((store.snapshot("k", until=5), store.snapshot(None, until=5)), (instead, instead))
    if stores.can_be_shared:
        again: Any = stores.again(store)
        _equal(again.snapshot("k", until=9), instead)


@_promise("a store with snapshots keeps of other kinds only the newest of each")
def _other_snapshots(stores: _Stores) -> None:
    if (store := _of_snapshots(stores)) is None:
        return
    for position in (1, 2):
        store.keep_snapshot(Snapshot("old", position, 0, b"old"))
    store.keep_snapshot(Snapshot("new", 3, 0, b"new"))
    _equal([list(store.snapshot_positions(kind)) for kind in ("old", "new")], [[2], [3]])


@_promise("a store with snapshots changes no event and no position by them")
def _snapshots_beside_events(stores: _Stores) -> None:
    if (store := _of_snapshots(stores)) is None:
        return
    before = list(store.read())
    store.keep_snapshot(Snapshot("k", 6, 0, b"state"))
    _equal((store.head(), list(store.read())), (6, before))
    _equal(_places(store.append(_news("a", "7", command_id="c-2"), {"a": 3})), [(7, "a", 4)])


@_promise("a store with snapshots has a digest of its events, and none of events that are missing")
def _history_digest(stores: _Stores) -> None:
    if (store := _of_snapshots(stores)) is None:
        return
    other = stores.new()
    other.append(_news("a", "1", "2", "3"), {"a": 0})
    other.append(_news("b", "4", "5", "another"), {"b": 0})
    assert keeps_snapshots(other)
    digest = store.history_digest({"a": 3, "b": 3})
    _equal(store.history_digest({"b": 3, "a": 3}), digest)
    _equal(other.history_digest({"a": 3, "b": 2}), store.history_digest({"a": 3, "b": 2}))
    if digest is None or digest == other.history_digest({"a": 3, "b": 3}):
        raise AssertionError("two histories have one digest")
    _equal((store.history_digest({"a": 4}), store.history_digest({"c": 1})), (None, None))
