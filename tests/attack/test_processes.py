"""`os.fork`: parent and child go on with clouds of their own, on the same file or each in its memory."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from ecsnet import Cloud, StoreError
from ecsnet import commands as c
from ecsnet.domain import fold
from ecsnet.events import MemoryStore
from ecsnet.events.stores import memory
from tests.attack.racing import all_is_well, tried
from tests.support.hypothesis_settings import budget
from tests.support.net import START, Net

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
CREATE: Final = c.CreateVpc(cidr_block="10.0.0.0/16")
PATIENCE: Final = 60


class Child:
    """A child of this process, which does something; `result` is what came of it. A child that hangs is ended."""

    def __init__(self, work: Callable[[], Any]) -> None:
        reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                signal.alarm(PATIENCE)
                try:
                    told = (True, work())
                except BaseException as error:  # noqa: BLE001  # the parent raises it
                    told = (False, repr(error))
                os.write(writing, pickle.dumps(told))
            finally:
                os._exit(0)
        os.close(writing)
        self._reading = reading

    def result(self) -> Any:
        with os.fdopen(self._reading, "rb") as pipe:
            told = pipe.read()
        os.waitpid(self._pid, 0)
        assert told, "the child hung, or was killed"
        came, result = pickle.loads(told)
        assert came, result
        return result


def of(child: Callable[[], Any]) -> Any:
    return Child(child).result()


def command_ids(cloud: Cloud) -> list[str]:
    return [record.command_id for record in cloud.history()]


class Turns:
    """Lets two processes take turns."""

    def __init__(self) -> None:
        self._mine, self._theirs = os.pipe(), os.pipe()

    def other_side(self) -> None:
        """Called by the child."""
        self._mine, self._theirs = self._theirs, self._mine

    def give(self) -> None:
        os.write(self._theirs[1], b"x")

    def take(self) -> None:
        assert os.read(self._mine[0], 1)

    def close(self) -> None:
        for fd in (*self._mine, *self._theirs):
            os.close(fd)


@pytest.fixture
def turns() -> Iterator[Turns]:
    turns = Turns()
    yield turns
    turns.close()


def test_commands_of_parent_child_and_grandchild_have_different_ids_in_memory() -> None:
    cloud = Net().cloud
    cloud.execute(CREATE)

    def grandchild() -> list[str]:
        cloud.execute(CREATE)
        return command_ids(cloud)

    def child() -> list[str]:
        below = of(grandchild)
        cloud.execute(CREATE)
        return [*command_ids(cloud), *below[-1:]]

    below = of(child)
    cloud.execute(CREATE)
    ids = [*command_ids(cloud), *below[-2:]]
    assert len(set(ids)) == len(ids) == 4 + 1 + 2


@pytest.mark.parametrize("kind", ["cloud", "fork", "past", "past of a fork"])
def test_a_forked_child_has_the_whole_state_of_its_parent(kind: str) -> None:
    origin = Net().cloud
    make: dict[str, Callable[[], Cloud]] = {
        "cloud": lambda: origin,
        "fork": origin.fork,
        "past": lambda: origin.at(2),
        "past of a fork": lambda: origin.fork().at(2),
    }
    cloud = make[kind]()

    def child() -> Any:
        all_is_well(cloud)
        fork = cloud.fork()
        fork.execute(CREATE)
        return cloud.history(), len(fork.history())

    assert of(child) == (cloud.history(), len(cloud.history()) + 1)


def test_a_child_has_locks_of_its_own_while_another_thread_holds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, leave = threading.Event(), threading.Event()
    numbered = memory.numbered

    def waiting(*arguments: Any) -> Any:
        if threading.current_thread() is writer:
            entered.set()
            leave.wait(PATIENCE)
        return numbered(*arguments)

    cloud = Net().cloud
    monkeypatch.setattr(memory, "numbered", waiting)
    writer = threading.Thread(target=lambda: cloud.execute(CREATE))  # in an append: it holds the store's lock, too
    writer.start()
    assert entered.wait(PATIENCE)

    def child() -> int:
        cloud.execute(CREATE)
        all_is_well(cloud)
        return len(cloud.vpcs)

    forked = Child(child)
    leave.set()
    writer.join()
    assert forked.result() == 2
    assert len(cloud.vpcs) == 2


def test_a_forked_child_never_sees_a_half_folded_state(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, leave = threading.Event(), threading.Event()
    created = fold.EVOLVE[Net().cloud.history()[0].event.__class__]

    def waiting(region: Any, event: Any, record: Any) -> None:
        if threading.current_thread() is writer and not entered.is_set():
            region.count_created("vpc")  # half of it
            entered.set()
            leave.wait(PATIENCE)
            region.created["vpc"] -= 1
        created(region, event, record)

    cloud = Net().cloud
    assert len(cloud.vpcs) == 1  # its history is folded before
    monkeypatch.setitem(fold.EVOLVE, Net().cloud.history()[0].event.__class__, waiting)
    writer = threading.Thread(target=lambda: cloud.execute(CREATE))
    writer.start()
    assert entered.wait(PATIENCE)

    def child() -> int:
        cloud.execute(CREATE)
        all_is_well(cloud)
        return len(cloud.vpcs)

    forked = Child(child)
    leave.set()
    writer.join()
    assert forked.result() == 3  # what was appended is there
    all_is_well(cloud)


def working(works: Iterable[Callable[[], object]], stopped: threading.Event) -> list[threading.Thread]:
    def run(work: Callable[[], object]) -> None:
        while not stopped.is_set():
            work()

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


def test_forked_children_of_a_busy_process_continue() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    store = MemoryStore()
    cloud = Net(store=store).cloud
    others = [Cloud(store, clock=lambda: START) for _ in range(2)]
    stopped = threading.Event()
    works = [
        *[lambda one=one: tried(one, c.CreateSecurityGroup()) for one in (cloud, *others)],
        lambda: len(cloud.fork().history()),
        lambda: cloud.at(1),
    ]
    threads = working(works, stopped)

    def child() -> None:
        for one in (cloud, *others):
            one.execute(CREATE)
        all_is_well(cloud)

    try:
        for _ in range(budget(40)):
            of(child)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(before)
    all_is_well(cloud)


def test_a_cloud_closed_before_the_fork_is_closed_in_the_child(tmp_path: Path) -> None:
    for store in (None, tmp_path / "network.db"):
        cloud = Net(store=store).cloud
        fork = cloud.fork()
        cloud.close()

        def child(cloud: Cloud = cloud, fork: Cloud = fork) -> tuple[int, str]:
            with pytest.raises(StoreError, match="closed"):
                cloud.execute(CREATE)
            cloud.close()
            fork.execute(CREATE)
            return len(fork.history()), repr(cloud)

        assert of(child) == (4, "<Cloud cn-hangzhou: closed>")
        assert len(fork.history()) == 3


def test_closing_in_a_child_leaves_the_parent_open(tmp_path: Path) -> None:
    for store in (None, tmp_path / "network.db"):
        cloud = Net(store=store).cloud
        of(cloud.close)
        cloud.execute(CREATE)
        assert len(cloud.history()) == 4
        cloud.close()


def test_parent_and_child_can_write_to_one_file(tmp_path: Path, turns: Turns) -> None:
    cloud = Net(store=tmp_path / "network.db").cloud
    rounds = budget(30)

    def child() -> list[str]:
        turns.other_side()
        for _ in range(rounds):
            cloud.execute(CREATE)
            turns.give()
            turns.take()
        return command_ids(cloud)

    forked = Child(child)
    for _ in range(rounds):
        turns.take()
        cloud.execute(CREATE)
        turns.give()
    assert len(cloud.vpcs) == 1 + 2 * rounds
    assert forked.result() == command_ids(cloud)
    assert len(set(command_ids(cloud))) == 3 + 2 * rounds
    all_is_well(cloud)
    with Cloud(tmp_path / "network.db", clock=lambda: START) as again:
        assert again.history() == cloud.history()
    cloud.close()


@pytest.mark.parametrize("first", ["parent", "child"])
def test_events_are_kept_when_the_other_process_closes_the_file(first: str, tmp_path: Path, turns: Turns) -> None:
    """SQLite takes a file that was open before the fork for open still, and leaves out the locks of the child: whoever
    closes it first deletes the log into which the other goes on to write."""
    path = tmp_path / "network.db"
    cloud = Net(store=path).cloud

    def child() -> None:
        turns.other_side()
        cloud.execute(CREATE)
        turns.give()
        turns.take()
        if first == "parent":
            for _ in range(3):
                cloud.execute(CREATE)
        else:
            cloud.close()
        turns.give()

    forked = Child(child)
    turns.take()
    cloud.execute(CREATE)
    if first == "parent":
        cloud.close()
    turns.give()
    turns.take()
    if first == "child":
        for _ in range(3):
            cloud.execute(CREATE)
    forked.result()
    with Cloud(path, clock=lambda: START) as again:
        assert len(again.vpcs) == 1 + 2 + 3
        all_is_well(again)


def test_children_forked_while_threads_write_lose_no_event(tmp_path: Path) -> None:
    path = tmp_path / "network.db"
    cloud = Net(store=path).cloud
    other = Cloud(path, clock=lambda: START)
    made: list[str] = []
    stopped = threading.Event()

    def write(one: Cloud, region_id: str) -> None:
        made.append(one.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=region_id)).id)

    works = [
        lambda: write(cloud, "cn-beijing"),
        lambda: write(other, "cn-qingdao"),
        lambda: cloud.history(),
        lambda: len(other.fork().history()),
    ]
    threads = working(works, stopped)

    def child() -> list[str]:
        ids = [one.execute(CREATE).id for one in (cloud, other) for _ in range(2)]
        cloud.close()
        ids += [other.execute(CREATE).id for _ in range(2)]
        return ids

    try:
        for _ in range(budget(20)):
            made += of(child)
    finally:
        stopped.set()
        for thread in threads:
            thread.join(PATIENCE)
    cloud.close()
    with Cloud(path, clock=lambda: START) as again:
        assert sorted(again.vpcs) == sorted([again.history()[0].event.vpc_id, *made])
        all_is_well(again)
    other.close()
