"""An import either raises `InvalidResponse` and leaves no trace, or every operation works after it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, CommandDenied, InvalidCommand, InvalidResponse, ManualClock, ReplayError, audit
from ecsnet.domain.checks.state_digest import serialized_state
from ecsnet.domain.fold import fold
from ecsnet.domain.state.world import World
from ecsnet.events.imports import Import
from ecsnet.events.stores.codec import decode, encode
from ecsnet.guest import GuestError, guest_configuration
from ecsnet.testing import invariants
from ecsnet.testing._generate import GENERATORS, Inventory
from tests.attack.descriptions import described, descriptions, ids_of
from tests.support.described import COLLECTIONS
from tests.support.hypothesis_settings import budget
from tests.support.net import START, Net
from tests.support.replay import replayed

PACES: tuple[Any, ...] = (timedelta(0), timedelta(seconds=5), "manual")
PROMISED = ("index.", "address.private.free", "interface.attachment", "interface.primary")
TWO_OWNERS = ("index.public-ips", "index.classic-ips")  # of two that were described with one address, it has one
IMAGES = ("centos_7_2_x64", "win2016_x64", "ubuntu_16_x64", None)


def attack(tries: int) -> Any:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=budget(tries), deadline=None, suppress_health_check=checks)


def look(cloud: Cloud, promised: tuple[str, ...] = PROMISED) -> None:
    """Look at everything that there is. Whatever was described, the indexes are right, and what is free is given."""
    repr(cloud)
    audit(cloud)
    broken = [one for one in invariants(cloud) if one.invariant.startswith(promised)]
    assert [one for one in broken if one.invariant not in TWO_OWNERS] == []
    ids = ids_of(cloud)
    assert len(set(ids)) == len(ids)
    for resource_id in ids:
        cloud.permitted(resource_id)
        assert cloud.history(resource_id)
    instances = list(cloud.instances)
    for one in instances[:3]:
        for other in instances[:3]:
            try:
                cloud.intranet_path(one, other)
            except InvalidCommand:  # an instance in no security group
                continue
    for number, interface_id in enumerate(list(cloud.network_interfaces)[:4]):
        try:
            guest_configuration(cloud, interface_id, IMAGES[number])
        except GuestError:
            continue


def work(cloud: Cloud, clock: ManualClock, rng: Random, steps: int, *also: type[Exception]) -> None:
    """Do whatever comes, most of it right. It may be denied; ``also`` is what else may come of it."""
    operations, may_raise = list(GENERATORS), (CommandDenied, InvalidCommand, *also)
    for _ in range(steps):
        chance = rng.random()
        if chance < 0.1:
            clock.advance(timedelta(seconds=rng.choice((1, 5, 86_400 * 40))))
        elif chance < 0.15:
            cloud.settle()
        else:
            try:
                command = GENERATORS[rng.choice(operations)](Inventory(cloud), rng.choice)
                cloud.check(command)
                cloud.execute(command)
            except may_raise:
                continue


def written_and_read(cloud: Cloud) -> World:
    """The world of a cloud's history, encoded and decoded."""
    world = World()
    fold(
        world,
        [
            msgspec.structs.replace(record, event=decode(record.type, record.schema_version, encode(record.event)))
            for record in cloud.history()
        ],
    )
    return world


@given(description=descriptions, pace=st.sampled_from(PACES), seed=st.integers(0, 1 << 32), beside=st.booleans())
@attack(10_000)
def test_an_import_is_refused_without_effect_or_everything_works_after_it(
    description: list[Any], pace: Any, seed: int, beside: bool
) -> None:
    cloud = Net(settle_after=pace).cloud if beside else Cloud(clock=ManualClock(START), settle_after=pace)
    clock = cloud.clock
    assert isinstance(clock, ManualClock)
    before, recorded = cloud.state_digest(), cloud.history()
    try:
        count = cloud.import_resources(description)
    except InvalidResponse as refusal:
        error = str(refusal)
    else:
        error = ""
    if error:
        assert error.isprintable()
        assert cloud.state_digest() == before
        assert cloud.history() == recorded
        return
    added = cloud.history(after=len(recorded))
    news = sum(isinstance(one.event, Import) and not getattr(one.event, "only_named", False) for one in added)
    assert news == count or (beside and news < count)  # what is there already and is described as it is, is nothing new
    rng = Random(seed)
    look(cloud)
    half = cloud.at(rng.randint(len(recorded), len(cloud.history())))  # an instance may be there before its ENIs
    look(half, promised=())
    work(half.fork(), clock, rng, 5, ReplayError)
    fork = cloud.fork()
    work(fork, clock, rng, 25)
    look(fork)
    work(cloud, clock, rng, 10)
    while cloud.settle():
        pass
    look(cloud)
    assert replayed(cloud).state_digest() == cloud.state_digest()
    assert serialized_state(cloud.at(cloud.position).folded_state()) == serialized_state(cloud.folded_state())


@given(description=descriptions, pace=st.sampled_from(PACES), seed=st.integers(0, 1 << 32))
@attack(500)
def test_a_file_with_an_import_can_be_opened_again(description: list[Any], pace: Any, seed: int) -> None:
    clock, rng = ManualClock(START), Random(seed)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.db"
        with Cloud(path, clock=clock, settle_after=pace) as cloud:
            try:
                cloud.import_resources(description)
            except InvalidResponse:
                assert cloud.history() == ()
            work(cloud, clock, rng, 10)
            seen = cloud.state_digest()
        with Cloud(path, clock=clock, settle_after=pace) as again:
            assert again.state_digest() == seen
            look(again)
            work(again, clock, rng, 5)
            while again.settle():
                pass
            look(again)


damages = st.lists(st.tuples(*[st.integers(0, 1 << 16)] * 3, st.integers(0, 3)), max_size=4)


@given(
    start=st.one_of(st.integers(0, 3), st.integers(4, 1 << 24)),
    first=damages,
    second=damages,
    pace=st.sampled_from(PACES),
    seed=st.integers(0, 1 << 32),
    partial=st.booleans(),
    complete=st.sets(st.sampled_from(COLLECTIONS)),
)
@attack(2_000)
def test_a_second_import_is_refused_without_effect_or_everything_works_after_it(
    start: int, first: list[Any], second: list[Any], pace: Any, seed: int, partial: bool, complete: set[str]
) -> None:
    """The second import meets the state that the first import and some commands left."""
    clock, rng = ManualClock(START), Random(seed)
    cloud = Cloud(clock=clock, settle_after=pace)
    with suppress(InvalidResponse):
        cloud.import_resources(described(start, first), partial=partial)
    work(cloud, clock, rng, seed % 4)
    before, recorded = cloud.state_digest(), cloud.history()
    try:
        cloud.import_resources(described(start, second), partial=partial, refresh=True, complete=sorted(complete))
    except InvalidResponse as refusal:
        error = str(refusal)
    else:
        error = ""
    if error:
        assert error.isprintable()
        assert cloud.state_digest() == before
        assert cloud.history() == recorded
        return
    look(cloud)
    if pace == "manual" or not pace:  # by the clock, what fell due meanwhile is a change
        assert cloud.changes_since(cloud.position) == ()
    work(cloud, clock, rng, 10)
    while cloud.settle():
        pass
    look(cloud)
    assert replayed(cloud).state_digest() == cloud.state_digest()
    assert serialized_state(cloud.at(cloud.position).folded_state()) == serialized_state(cloud.folded_state())
