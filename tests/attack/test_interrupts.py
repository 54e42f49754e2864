"""Whatever ends a command before its time, at whatever instruction: the cloud shows exactly the stored history, the
command is wholly there or not at all, the file is unlocked, and the next command works."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud, ManualClock
from ecsnet import commands as c
from ecsnet.commands import Command
from tests.attack.interrupting import Interrupted
from tests.attack.network import BEGIN, one_of_each, rich_cloud
from tests.support.engines import ENGINES, SHARED
from tests.support.hypothesis_settings import PROFILE, budget

KINDS = sorted(one_of_each(rich_cloud()))
MANY = 60  # places of each command and store in CI; a command has 150 to 800
Work = Callable[[Cloud], object]
LEFT_OPEN = pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
"""An interrupt inside of the driver's own `connect` leaves a session that only the collector of garbage can end."""


@pytest.fixture(autouse=True)
def appends_look_at_the_file_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has each append look at its file, so that a command has as many places whether it takes a millisecond or not."""
    monkeypatch.setattr("ecsnet.events.stores.sqlite._ONE_COMMAND", 0.0)


class Attacked:
    """A cloud to be interrupted, as often as wanted from the same state, and what must hold afterwards."""

    def __init__(self, folder: Path, on_disk: bool, work: Callable[[Cloud], Work]) -> None:
        self.folder = folder
        self.on_disk = on_disk
        self.origin = folder / "origin.db"
        self.in_memory = rich_cloud()
        if on_disk:
            rich_cloud(store=self.origin).close()
        self.work = work(self.in_memory)
        self.before = len(self.in_memory.history())
        first_run = self.cloud()  # what the library keeps for the next commands is there when places are counted
        self.work(first_run)
        self.close(first_run)
        whole_run = self.cloud()
        counting = Interrupted(0, KeyboardInterrupt())
        counting.run(lambda: self.work(whole_run))
        self.places = counting.reached
        self.after = len(whole_run.history())
        self.close(whole_run)

    def cloud(self) -> Cloud:
        """A cloud in the state before the work."""
        if not self.on_disk:
            return self.in_memory.fork()
        path = self.folder / "tried.db"
        shutil.copyfile(self.origin, path)
        return Cloud(path, clock=ManualClock(BEGIN))

    def close(self, cloud: Cloud) -> None:
        cloud.close()
        if self.on_disk:
            for file in self.folder.glob("tried.db*"):
                file.unlink()

    def interrupt(self, place: int, error: BaseException) -> None:
        """Interrupt the work at a place, and see that all is well."""
        cloud = self.cloud()
        attack = Interrupted(place, error)
        attack.run(lambda: self.work(cloud))
        assert attack.came
        if self.on_disk:
            with sqlite3.connect(self.folder / "tried.db", timeout=0) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            other.close()
        history = cloud.history()
        assert len(history) in (self.before, self.after), f"part of the command is there, at place {place}"
        shown = cloud.state_digest()
        assert shown == Cloud(cloud.store, clock=ManualClock(BEGIN)).state_digest(), f"place {place}"
        cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
        assert len(cloud.history()) == len(history) + 1
        self.close(cloud)


def places(attacked: Attacked, seed: int) -> range:
    """All places by night, some of them in CI, and a few for somebody who passes the tests; not the same for each."""
    step = 1 if PROFILE == "deep" else max(1, attacked.places // budget(MANY))
    return range(1 + seed % step, attacked.places + 1, step)


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "sqlite"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_command_is_recorded_wholly_or_not_at_all(kind: str, on_disk: bool, tmp_path: Path) -> None:
    def work(cloud: Cloud) -> Work:
        command: Command[Any] = one_of_each(cloud)[kind]
        return lambda cloud: cloud.execute(command)

    attacked = Attacked(tmp_path, on_disk, work)
    for number, place in enumerate(places(attacked, KINDS.index(kind))):
        attacked.interrupt(place, MemoryError() if number % 3 == 2 else KeyboardInterrupt())


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "sqlite"])
def test_an_interrupted_command_with_a_client_token_is_recorded_wholly_or_not_at_all(
    on_disk: bool, tmp_path: Path
) -> None:
    def work(cloud: Cloud) -> Work:
        return lambda cloud: cloud.execute(c.AllocateEipAddress(), client_token="t-1")

    attacked = Attacked(tmp_path, on_disk, work)
    for place in places(attacked, 0):
        attacked.interrupt(place, KeyboardInterrupt())


@LEFT_OPEN
def test_a_command_interrupted_anywhere_on_one_history_is_recorded_wholly_or_not_at_all(shared_address: str) -> None:
    """One history after the other interrupt. A database may record a command whose session ended a moment before: it
    is then there, as a whole, at the next look."""
    clock = ManualClock(BEGIN)
    with Cloud(shared_address, clock=clock) as cloud, Cloud(shared_address, clock=clock) as other:
        cloud.execute(c.SetQuota(name="eips-per-account", value=1_000))
        cloud.execute(c.AllocateEipAddress(), client_token="first")
        counting = Interrupted(0, KeyboardInterrupt())
        counting.run(lambda: cloud.execute(c.AllocateEipAddress(), client_token="second"))
        step = max(1, counting.reached // budget(100))
        for place in range(1, counting.reached + 1, step):
            error = MemoryError() if place % 3 == 2 else KeyboardInterrupt()
            token = f"t-{place}"
            Interrupted(place, error).run(lambda token=token: cloud.execute(c.AllocateEipAddress(), client_token=token))
            eip = other.execute(c.AllocateEipAddress(), client_token=token)
            assert cloud.eips[eip.id] == eip
            assert len(cloud.eips) == 2 + (place - 1) // step + 1, f"place {place}"
        assert cloud.state_digest() == other.state_digest()
        whole = Counter(record.command_id for record in cloud.history())
        assert set(whole.values()) == {1, 3}
    gc.collect()


@LEFT_OPEN
def test_an_interrupted_read_of_another_process_events_changes_nothing(shared_address: str) -> None:
    path = shared_address
    rich_cloud(store=path).close()
    with Cloud(path, clock=ManualClock(BEGIN)) as cloud, Cloud(path, clock=ManualClock(BEGIN)) as other:
        place = 1
        while True:
            vpc = other.execute(c.CreateVpc(cidr_block="192.168.0.0/16"))
            attack = Interrupted(place, KeyboardInterrupt())
            attack.run(lambda: len(cloud.vpcs))
            assert vpc.id in cloud.vpcs
            if not attack.came:
                break
            place += max(1, 10 // budget(10))
        assert cloud.state_digest() == other.state_digest()
    gc.collect()


CHILD = """
import signal, sqlite3, sys, time
from random import Random
from ecsnet import Cloud
from ecsnet import commands as c

path, signals = sys.argv[1], int(sys.argv[2])
random = Random(4711)
is_file = path.endswith(".db")
cloud = Cloud(path if path != "memory" else None)

class Rung(Exception): pass
def ring(*_):
    global rung
    rung = True  # in the callback of a weak reference Python drops what is raised
    raise Rung

for command in (c.CreateVpc(cidr_block="10.0.0.0/16"), c.AllocateEipAddress()):
    cloud.execute(command)  # the first ones import modules, and Python tells of an interrupted one as of another error
signal.signal(signal.SIGALRM, ring)
for number in range(signals):
    rung = False
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.004))
        while not rung:
            cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
            cloud.execute(c.AllocateEipAddress()) if number % 5 == 0 and len(cloud.eips) < 20 else None
    except Rung:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    stored = sum(record.type == "VpcCreated" for record in cloud.store.read())
    shown = len(cloud.vpcs)  # a database may still have recorded a command whose session was ended
    again = sum(record.type == "VpcCreated" for record in cloud.store.read())
    assert stored <= shown <= again, (stored, shown, again)
    assert stored == again or not is_file, (stored, again)
    if is_file:
        with sqlite3.connect(path, timeout=0) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
    cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    if len(cloud.vpcs) > 500:
        cloud.close()
        cloud = Cloud() if path == "memory" else Cloud(path)
print("survived", number + 1)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no interval timers here")
@pytest.mark.parametrize("name", ["memory", *SHARED])
def test_a_cloud_survives_real_signals(name: str, request: pytest.FixtureRequest) -> None:
    addresses = ENGINES[name].addresses
    path = "memory" if addresses is None else addresses(request)()
    tries = budget(300)
    arguments = [sys.executable, "-W", "error", "-c", CHILD, path, str(tries)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=600, env={**os.environ})
    assert done.stdout == f"survived {tries}\n", done.stderr
