"""Threads that close, read, write or fork at once neither crash nor block each other for long."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from ecsnet import Cloud, ReadOnlyCloud, StoreError, audit
from ecsnet import commands as c
from ecsnet.events import EventStore, MemoryStore, NewEvent
from ecsnet.events.account import QuotaSet
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.testing import invariants
from ecsnet.testing._generate import GENERATORS, Inventory, all_commands
from tests.attack.racing import all_is_well, tried
from tests.support.hypothesis_settings import budget
from tests.support.net import START, Net
from tests.support.replay import replayed

PATIENCE: Final = 60.0
"""Seconds after which a thread counts as hanging."""
CREATE: Final = c.CreateVpc(cidr_block="10.0.0.0/16")


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Threads:
    """Threads that do something over and over, until it raises `StoreError` or they are stopped. What else comes out
    of them is raised by `join`."""

    def __init__(self, *works: Callable[[], object]) -> None:
        self.stopped = threading.Event()
        self.failed: list[BaseException] = []
        self.told: list[StoreError] = []
        self._begun = threading.Barrier(len(works) + 1)
        self._threads = [threading.Thread(target=self._run, args=(work,), daemon=True) for work in works]
        for thread in self._threads:
            thread.start()
        self._begun.wait(PATIENCE)

    def _run(self, work: Callable[[], object]) -> None:
        self._begun.wait(PATIENCE)
        try:
            while not self.stopped.is_set():
                work()
        except StoreError as error:
            self.told.append(error)
        except BaseException as error:  # noqa: BLE001  # it is raised again, by who waits for the thread
            self.failed.append(error)

    def join(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a thread hangs"
        if self.failed:
            raise self.failed[0]

    def stop(self) -> None:
        self.stopped.set()
        self.join()
        assert not self.told, self.told


def closed_soon(cloud: Cloud | EventStore) -> None:
    """Close it, and see that this waits for nobody."""
    begun = time.monotonic()
    cloud.close()
    assert time.monotonic() - begun < 1


def make(kind: str, folder: Path) -> EventStore:
    return MemoryStore() if kind == "memory" else SqliteStore(folder / "network.db")


def look_at_everything(cloud: Cloud) -> None:
    for collection in (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces):
        assert len(list(collection)) <= len(list(collection.values())) + 9
        for resource_id, resource in collection.items():
            assert resource.id == resource_id
    cloud.network_interfaces.where(status="Available")
    cloud.instances.where(vswitch_id="vsw-none")


def repr_until_closed(cloud: Cloud) -> None:
    if repr(cloud).endswith("closed>"):
        raise StoreError("the repr says that it is closed")


def stepwise(cloud: Cloud) -> None:
    for _ in cloud.store.read(until=cloud.position):
        pass


def tolerant(command: Callable[[], c.Command[Any]]) -> Callable[[Cloud], object]:
    return lambda cloud: tried(cloud, command())


WRITES: Final[dict[str, Callable[[Cloud], object]]] = {
    "execute": tolerant(lambda: CREATE),
    "a token": lambda cloud: cloud.execute(CREATE, client_token="t"),
    "settle": lambda cloud: cloud.settle(),
}
LOOKS: Final[dict[str, Callable[[Cloud], object]]] = {
    "check": lambda cloud: cloud.check(CREATE),
    "collections": look_at_everything,
    "history": lambda cloud: cloud.history(),
    "history of one": lambda cloud: cloud.history("vpc-none"),
    "step by step": stepwise,
    "fork": lambda cloud: cloud.fork().execute(CREATE),
    "a fork's history": lambda cloud: cloud.fork().history(),
    "at": lambda cloud: cloud.at(cloud.position // 2).history(),
    "at a time": lambda cloud: len(cloud.at(START).vpcs),
    "invariants": invariants,
    "audit": audit,
    "what may be asked": lambda cloud: list(all_commands(Inventory(cloud), [c.CreateVpc])),
    "permitted": lambda cloud: cloud.permitted(next(iter(cloud.vpcs))),
    "repr": repr_until_closed,
}


def is_past(cloud: Cloud) -> bool:
    """True for a cloud of the past, which is never written to."""
    try:
        cloud.settle("no resource")
    except ReadOnlyCloud:
        return True
    return False


def pick_cloud(origin: Cloud, kind: str) -> Cloud:
    match kind:
        case "origin":
            return origin
        case "fork":
            return origin.fork()
        case "past":
            return origin.at(origin.position)
        case "fork of the past":
            return origin.at(origin.position - 1).fork()
    return origin.fork().at(origin.position)


@pytest.mark.parametrize("kind", ["origin", "fork", "past", "fork of the past", "past of a fork"])
@pytest.mark.parametrize("on", ["memory", "sqlite"])
def test_closing_ends_operations_of_other_threads_with_a_store_error(kind: str, on: str, tmp_path: Path) -> None:
    for number in range(budget(8)):
        folder = tmp_path / str(number)
        folder.mkdir()
        origin = Net(store=make(on, folder)).cloud
        cloud = pick_cloud(origin, kind)
        works = LOOKS if is_past(cloud) else {**LOOKS, **WRITES}
        threads = Threads(*[lambda work=work, cloud=cloud: work(cloud) for work in works.values()])
        until = time.monotonic() + Random(number).uniform(0, 0.05)
        while time.monotonic() < until:
            pass
        closed_soon(cloud)
        threads.join()
        assert len(threads.told) == len(works)
        if cloud is not origin:
            origin.execute(CREATE)
            all_is_well(origin)
            origin.close()


def test_closing_does_not_wait_for_a_lock_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    cloud = Net(store=path).cloud
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    threads = Threads(*[lambda: cloud.execute(CREATE)] * 3, lambda: len(cloud.vpcs))
    closed_soon(cloud)
    threads.join()
    assert len(threads.told) == 4
    other.close()


@pytest.mark.parametrize("on", ["memory", "sqlite"])
def test_closing_does_not_wait_for_a_long_history_to_be_read(on: str, tmp_path: Path) -> None:
    store = make(on, tmp_path)
    many = 30_000
    set_quota = [
        NewEvent("cn-hangzhou", QuotaSet(name="eips-per-account", value=n), START, "1", "c") for n in range(many)
    ]
    store.append(set_quota, {"cn-hangzhou": 0})
    cloud = Cloud(store)
    past = cloud.at(many - 1)
    threads = Threads(cloud.history, lambda: cloud.history("eips"), lambda: cloud.at(many), lambda: stepwise(cloud))
    of_the_past = Threads(past.history)
    closed_soon(past)
    closed_soon(cloud)
    threads.join()
    of_the_past.join()
    assert len(threads.told) + len(of_the_past.told) == 5


def test_closing_does_not_wait_for_a_command_to_end() -> None:
    entered, leave = threading.Event(), threading.Event()

    def clock() -> Any:
        if threading.current_thread() is not threading.main_thread():
            entered.set()
            leave.wait(PATIENCE)
        return START

    cloud = Cloud(clock=clock)
    threads = Threads(lambda: cloud.execute(CREATE))
    assert entered.wait(PATIENCE)
    closed_soon(cloud)
    leave.set()
    threads.join()
    assert len(threads.told) == 1


@pytest.mark.parametrize("on", ["memory", "sqlite"])
def test_threads_can_close_one_cloud_at_once(on: str, tmp_path: Path) -> None:
    for number in range(budget(10)):
        folder = tmp_path / str(number)
        folder.mkdir()
        origin = Net(store=make(on, folder)).cloud
        clouds = [origin, origin.fork(), origin.at(2), origin.fork().at(1), origin.as_account("2")]
        barrier = threading.Barrier(2 * len(clouds))

        def close(cloud: Cloud, barrier: threading.Barrier = barrier) -> None:
            barrier.wait(PATIENCE)
            cloud.close()
            raise StoreError("done")

        Threads(*[lambda cloud=cloud: close(cloud) for cloud in clouds for _ in range(2)]).join()
        for cloud in clouds:
            with pytest.raises(StoreError):
                cloud.history()
        with pytest.raises(StoreError):
            origin.store.head()


@pytest.mark.parametrize("shared", ["one cloud", "one store"])
@pytest.mark.parametrize("on", ["memory", "sqlite"])
def test_threads_that_write_and_read_lose_nothing(shared: str, on: str, tmp_path: Path) -> None:
    store = make(on, tmp_path)
    origin = Net(store=store).cloud
    clouds = [origin if shared == "one cloud" else Cloud(store, clock=lambda: START) for _ in range(4)]
    made: list[str] = []
    tries = budget(60)

    def write(cloud: Cloud, number: int) -> None:
        for n in range(tries):
            region_id = f"zz-r{n % 7}"
            made.append(cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=region_id)).id)
            tried(cloud, c.AllocateEipAddress(region_id=region_id))
            made.append(cloud.execute(CREATE, client_token=f"{number}-{n}").id)
        raise StoreError("done")

    writers = Threads(*[lambda cloud=cloud, n=n: write(cloud, n) for n, cloud in enumerate(clouds)])
    readers = Threads(*[lambda work=work: work(origin) for name, work in LOOKS.items() if name != "step by step"])
    writers.join()
    readers.stop()
    assert len(set(made)) == len(made) == 2 * 4 * tries
    assert set(made) <= set(origin.vpcs)
    for cloud in clouds:
        all_is_well(cloud)
    command_ids = {record.command_id for record in origin.history()}
    assert len(command_ids) == 3 + 2 * 4 * tries + min(20, 4 * tries)
    store.close()


def test_reads_are_safe_while_another_thread_writes_to_new_regions() -> None:
    for _ in range(budget(10)):
        cloud = Cloud(clock=lambda: START)

        def write(cloud: Cloud = cloud) -> None:
            for number in range(100):
                cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=f"zz-r{number}"))
            raise StoreError("done")

        writing = Threads(write)
        while not writing.told and not writing.failed:
            repr(cloud)
            repr(cloud.vpcs)
            look_at_everything(cloud)
        writing.join()


# Who closes a store


def open_files(path: Path) -> int:
    """Returns how often a file, or one that SQLite keeps beside it, is open in this process."""
    links = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:  # that of the listing itself
            continue
    return sum(link.startswith(str(path)) for link in links)


needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are not listed here")
LETTING_GO: Final[dict[str, Callable[[dict[str, Cloud], str], object]]] = {
    "closed": lambda clouds, name: clouds.pop(name).close(),
    "collected": lambda clouds, name: (clouds.pop(name), gc.collect()),
}


@needs_proc
@pytest.mark.parametrize("seed", range(budget(30)))
def test_a_file_is_open_until_its_last_user_is_closed_or_collected(seed: int, tmp_path: Path) -> None:
    random, path = Random(seed), tmp_path / "network.db"
    origin = Net(store=path).cloud
    clouds = {"origin": origin, "fork": origin.fork(), "past": origin.at(2)}
    clouds["fork of a fork"] = clouds["fork"].fork()
    clouds["fork of the past"] = clouds["past"].fork()
    clouds["past of a fork"] = clouds["fork of a fork"].at(1)
    del origin
    names = list(clouds)
    random.shuffle(names)
    for name in names:
        assert all(len(cloud.history()) in (1, 2, 3) for cloud in clouds.values())
        assert open_files(path)
        LETTING_GO[random.choice(["closed", "collected"])](clouds, name)
    assert not open_files(path)


@needs_proc
def test_a_file_that_cannot_be_folded_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    Net(store=path).cloud.close()
    with sqlite3.connect(path) as database:
        database.execute("DROP TRIGGER events_are_never_changed")
        database.execute("UPDATE events SET type = 'Nothing' WHERE position = 2")
    database.close()
    for _ in range(3):
        with pytest.raises(Exception, match="Nothing"):
            Cloud(path)
    gc.collect()
    assert not open_files(path)


@pytest.mark.parametrize("on", ["memory", "sqlite"])
@pytest.mark.parametrize("name", ["origin", "fork", "past"])
def test_a_users_store_stays_open_when_a_cloud_is_collected(name: str, on: str, tmp_path: Path) -> None:
    store = make(on, tmp_path)
    cloud = Net(store=store).cloud
    clouds = {"origin": cloud, "fork": cloud.fork(), "past": cloud.at(1)}
    del cloud
    LETTING_GO["collected"](clouds, name)
    clouds.clear()
    gc.collect()
    assert store.head() == 3
    again = Cloud(store)
    assert len(again.vpcs) == 1
    again.close()
    with pytest.raises(StoreError):
        store.head()


@pytest.mark.parametrize("on", ["memory", "sqlite"])
def test_closing_one_of_two_clouds_on_a_store_closes_it_for_both(on: str, tmp_path: Path) -> None:
    store = make(on, tmp_path)
    one, other = Net(store=store).cloud, Cloud(store, clock=lambda: START)
    fork, past = other.fork(), other.at(2)
    one.close()
    for work in (*LOOKS.values(), *WRITES.values()):
        with pytest.raises(StoreError):
            work(one)
    with pytest.raises(StoreError, match="closed"):
        other.execute(CREATE)
    assert "closed" in repr(other)
    assert len(fork.vpcs) == len(past.vpcs) == 1  # what they have folded
    if on == "memory":
        assert len(fork.history()) == 3
    else:
        with pytest.raises(StoreError, match="closed"):
            fork.history()
    other.close()
    one.close()


@pytest.mark.parametrize("way", LETTING_GO)
@pytest.mark.parametrize("on", ["memory", "sqlite", "file"])
def test_a_fork_keeps_its_history_without_its_origin(way: str, on: str, tmp_path: Path) -> None:
    net = Net(store=tmp_path / "network.db" if on == "file" else make(on, tmp_path))
    clouds = {"origin": net.cloud}
    fork, past = net.cloud.fork(), net.cloud.at(2)
    history = net.cloud.history()
    del net
    LETTING_GO[way](clouds, "origin")
    fork.execute(CREATE)
    assert fork.history()[:3] == history
    assert past.history() == history[:2]
    assert past.fork().history() == history[:2]
    all_is_well(fork)


@pytest.mark.parametrize("on", ["memory", "sqlite"])
def test_a_thousand_nested_forks_read_their_history(on: str, tmp_path: Path) -> None:
    cloud = Net(store=make(on, tmp_path)).cloud
    depth = 1_000
    for number in range(depth):
        cloud = cloud.fork()  # the one before is collected
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=f"zz-r{number % 9}"))
    history = cloud.history()
    assert [record.position for record in history] == list(range(1, depth + 4))
    assert len(cloud.vpcs) == depth + 1
    assert len(cloud.history(next(reversed(list(cloud.vpcs))))) == 1
    middle = cloud.at(500)
    assert len(middle.history()) == 500
    assert middle.fork().fork().at(250).history() == history[:250]
    assert len(cloud.vpcs.where(region_id="zz-r0")) == len(range(0, depth, 9))
    assert replayed(cloud).state_digest() == cloud.state_digest()


@pytest.mark.parametrize("seed", range(budget(60)))
def test_forks_and_pasts_of_each_other_equal_their_replayed_histories(seed: int) -> None:
    random = Random(seed)

    def pick(options: Any) -> Any:
        return options[random.randrange(len(options))]

    origin = Net().cloud
    trees: list[tuple[Cloud, list[Any]]] = [(origin, list(origin.history()))]
    operations = list(GENERATORS)
    for _ in range(60):
        cloud, history = pick(trees)
        match random.randrange(6):
            case 0:
                trees.append((cloud.fork(), list(history)))
            case 1:
                position = random.randrange(len(history) + 1)
                trees.append((cloud.at(position), history[:position]))
            case 2 if len(trees) > 2:
                trees.remove((cloud, history))
                cloud.close()
            case _:
                if not is_past(cloud):
                    tried(cloud, GENERATORS[pick(operations)](Inventory(cloud), pick))
                    history += cloud.history(after=len(history))
    for cloud, history in trees:
        assert list(cloud.history()) == history
        assert replayed(cloud).state_digest() == cloud.state_digest()
        part = random.randrange(len(history) + 1)
        assert list(cloud.history(after=part)) == history[part:]
        assert list(cloud.at(part).fork().history()) == history[:part]
