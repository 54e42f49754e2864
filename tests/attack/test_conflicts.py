"""Stores that refuse an append for a while or for ever: a clear error comes soon, and the cloud stays usable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from ecsnet import Cloud, ReplayError, StoreError, VersionConflict
from ecsnet import commands as c
from ecsnet.events import MemoryStore, NewEvent, RecordedEvent
from ecsnet.testing._scenarios import stored_again
from tests.attack.racing import all_is_well
from tests.support.hypothesis_settings import budget
from tests.support.net import START

CREATE = c.CreateVpc(cidr_block="10.0.0.0/16")
IMPORTED = [{"Vpcs": {"Vpc": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "RegionId": "cn-beijing"}]}}]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, in seconds, none of which was waited for."""
    pauses: list[float] = []
    monkeypatch.setattr("ecsnet._engine.time.sleep", pauses.append)
    return pauses


class Store:
    """One of a user's, with things that happen before and after an append, and whose content can be exchanged."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.before: list[Callable[[], object]] = []
        self.after: list[Callable[[], object]] = []
        self.tries = 0
        self.lost: set[int] = set()

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        self.tries += 1
        if self.before:
            self.before.pop(0)()
        recorded = self.inner.append(events, expected)
        if self.after:
            self.after.pop(0)()
        return recorded

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        for record in self.inner.read(after=after, until=until, naming=naming):
            if record.position not in self.lost:
                yield record

    def head(self) -> int:
        return self.inner.head()

    def close(self) -> None:
        self.inner.close()


def raising(error: BaseException) -> Callable[[], object]:
    def work() -> None:
        raise error

    return work


def conflict() -> VersionConflict:
    return VersionConflict("cn-hangzhou", expected=0, actual=1)


def at_start(store: MemoryStore, **options: Any) -> Cloud:
    return Cloud(store, clock=lambda: START, **options)


WRITING: dict[str, Callable[[Cloud], object]] = {
    "execute": lambda cloud: cloud.execute(CREATE),
    "execute with a token": lambda cloud: cloud.execute(CREATE, client_token="t"),
    "import": lambda cloud: cloud.import_resources(IMPORTED),
    "settle": lambda cloud: cloud.settle(),
}


def with_something_to_settle(store: MemoryStore) -> Cloud:
    cloud = at_start(store, settle_after="manual")
    allocated = cloud.execute(c.AllocateEipAddress())
    cloud.execute(c.ReleaseEipAddress(allocation_id=allocated.id))
    return cloud


@pytest.mark.parametrize("write", WRITING.values(), ids=WRITING)
def test_a_store_in_permanent_conflict_raises_after_bounded_retries(
    write: Callable[[Cloud], object], pauses: list[float]
) -> None:
    store = Store()
    cloud = with_something_to_settle(store)
    head, store.tries = store.head(), 0
    store.before = [raising(conflict()) for _ in range(10_000)]
    with pytest.raises(StoreError, match="nothing new is there to be read") as told:
        write(cloud)
    assert type(told.value) is StoreError
    assert isinstance(told.value.__cause__, VersionConflict)
    assert store.tries < 20
    assert sum(pauses) < 1
    assert store.head() == head
    store.before.clear()
    write(cloud)
    all_is_well(cloud)


@pytest.mark.parametrize("write", WRITING.values(), ids=WRITING)
@pytest.mark.parametrize("times", [1, 2, 5, 8])
def test_a_few_conflicts_without_new_events_are_retried(
    write: Callable[[Cloud], object], times: int, pauses: list[float]
) -> None:
    store = Store()
    cloud = with_something_to_settle(store)
    store.before = [raising(conflict()) for _ in range(times - 1)]
    write(cloud)
    assert len(pauses) == times - 1
    all_is_well(cloud)


@pytest.mark.parametrize("write", WRITING.values(), ids=WRITING)
def test_a_command_succeeds_after_being_overtaken_repeatedly(
    write: Callable[[Cloud], object], pauses: list[float]
) -> None:
    store = Store()
    cloud = with_something_to_settle(store)
    rival = at_start(store, settle_after="manual")
    region = c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing")

    def overtake() -> None:
        store.before.insert(0, lambda: None)  # for the rival's own append
        rival.execute(CREATE)
        store.before.insert(0, lambda: None)
        rival.execute(region)

    store.before = [overtake] * budget(50)
    write(cloud)
    all_is_well(cloud)


def test_a_command_that_is_always_overtaken_raises(pauses: list[float]) -> None:
    store = Store()
    cloud, rival = at_start(store), at_start(store)

    def overtake() -> None:
        store.before.insert(0, lambda: None)
        rival.execute(c.CreateSecurityGroup())

    rival.execute(c.SetQuota(name="security-groups-per-region", value=10_000))
    store.before = [overtake] * 10_000
    with pytest.raises(StoreError, match="gave up after 200 tries") as told:
        cloud.execute(CREATE)
    assert type(told.value) is StoreError
    assert sum(pauses) < 200 * 0.1
    store.before.clear()
    cloud.execute(CREATE)
    all_is_well(cloud)


@pytest.mark.parametrize("error", [StoreError("the connection was lost"), OSError("no route"), KeyboardInterrupt()])
@pytest.mark.parametrize("write", WRITING.values(), ids=WRITING)
def test_a_failure_after_the_append_keeps_the_events(write: Callable[[Cloud], object], error: BaseException) -> None:
    store = Store()
    cloud = with_something_to_settle(store)
    head = store.head()
    store.after = [raising(error)]
    with pytest.raises(type(error)):
        write(cloud)
    assert store.head() > head
    assert cloud.position == store.head()
    cloud.execute(CREATE)
    all_is_well(cloud)


def test_a_command_with_a_client_token_can_be_repeated_after_an_unknown_outcome() -> None:
    for stored in (True, False):
        store = Store()
        cloud = at_start(store)
        (store.after if stored else store.before).append(raising(StoreError("the connection was lost")))
        with pytest.raises(StoreError):
            cloud.execute(CREATE, client_token="t")
        vpc = cloud.execute(CREATE, client_token="t")
        assert list(cloud.vpcs) == [vpc.id]


def test_a_restored_backup_raises_until_the_newer_file_is_back() -> None:
    store = Store()
    cloud = at_start(store)
    for _ in range(4):
        cloud.execute(CREATE)
    taken, store.inner = store.inner, stored_again(cloud.history()[:2])
    assert "ends at position 2" in repr(cloud)
    assert "ends at position 2" in repr(cloud.vpcs)
    for work in (*WRITING.values(), lambda cloud: cloud.history(), lambda cloud: len(cloud.vpcs)):
        with pytest.raises(ReplayError, match="ends at position 2, and 4 events were read"):
            work(cloud)
    store.inner = taken
    cloud.execute(CREATE)
    all_is_well(cloud)


def test_a_replaced_history_raises() -> None:
    store, other = Store(), Store()
    cloud, writer = at_start(store), at_start(other)
    cloud.execute(CREATE)
    for number in range(3):
        writer.execute(c.CreateVpc(cidr_block=f"10.{number}.0.0/16"))
    store.inner = other.inner
    with pytest.raises(ReplayError, match="another history was put in the place of this one"):
        cloud.execute(CREATE)
    assert other.head() == 3


@pytest.mark.parametrize("lost", [2, 3, 4])
def test_a_lost_event_raises_until_it_is_restored(lost: int) -> None:
    store = Store()
    cloud, writer = at_start(store), at_start(store)
    writer.execute(CREATE)
    assert len(cloud.vpcs) == 1
    for _ in range(3):
        writer.execute(CREATE)
    store.lost = {lost}
    for write in WRITING.values():
        with pytest.raises(ReplayError, match="missing"):
            write(cloud)
    with pytest.raises(ReplayError, match="missing"):
        at_start(store)
    store.lost.clear()
    assert len(cloud.vpcs) == 4
    cloud.execute(CREATE)
    all_is_well(cloud)


def test_a_cloud_recovers_when_its_store_is_reachable_again() -> None:
    class Away(MemoryStore):
        away = False

        def head(self) -> int:
            if self.away:
                raise StoreError("away")
            return super().head()

    store = Away()
    cloud = at_start(store)
    cloud.execute(CREATE)
    store.away = True
    for write in WRITING.values():
        with pytest.raises(StoreError, match="away"):
            write(cloud)
    assert "away" in repr(cloud)
    store.away = False
    cloud.execute(CREATE)
    assert len(cloud.vpcs) == 2
