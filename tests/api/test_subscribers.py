"""Handlers of a cloud are given each event once, in order, after it was stored."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from ecsnet import Cloud, CommandDenied, InvalidArgument, ReadOnlyCloud, RecordedEvent
from ecsnet import commands as c

VPC = c.CreateVpc(cidr_block="10.0.0.0/16")


@pytest.fixture(params=["memory", "sqlite"])
def open_cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Cloud]:
    return partial(Cloud, None if request.param == "memory" else tmp_path / "network.db")


def test_a_handler_is_given_the_events_from_its_subscription_until_its_end(open_cloud: Callable[..., Cloud]) -> None:
    cloud, seen, later = open_cloud(settle_after="manual"), list[RecordedEvent](), list[RecordedEvent]()
    cloud.execute(VPC)
    end = cloud.subscribe(seen.append)
    vpc = cloud.execute(VPC)
    cloud.as_account("another").execute(VPC)
    cloud.subscribe(later.append)
    cloud.settle()
    with pytest.raises(CommandDenied):
        cloud.execute(c.DeleteVpc(vpc_id="vpc-none"))
    cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    assert seen == list(cloud.history(after=1))
    assert later == seen[-len(later) :]
    end()
    end()
    cloud.execute(VPC)
    assert later[-1] == cloud.history()[-1] != seen[-1]
    cloud.close()


def test_a_handler_is_called_after_the_event_is_stored_and_without_a_lock(tmp_path: Path) -> None:
    cloud, seen = Cloud(tmp_path / "network.db"), list[int]()

    def handler(record: RecordedEvent) -> None:
        with Cloud(tmp_path / "network.db") as other:
            assert other.position == record.position
        thread = Thread(target=lambda: seen.append(cloud.position))  # it would wait for a lock
        thread.start()
        thread.join(30)

    cloud.subscribe(handler)
    cloud.execute(VPC)
    cloud.execute(VPC)
    assert seen == [1, 2]
    cloud.close()


def test_a_handler_may_give_commands(open_cloud: Callable[..., Cloud]) -> None:
    """Each VPC gets a group, and each group a VPC, until there are enough."""
    cloud, seen = open_cloud(), list[int]()

    def handler(record: RecordedEvent) -> None:
        seen.append(record.position)
        if record.type == "VpcCreated" and cloud.position < 10:
            cloud.execute(c.CreateSecurityGroup(vpc_id=record.event.vpc_id))  # type: ignore[attr-defined]
        elif record.type == "SecurityGroupCreated":
            cloud.execute(VPC)

    cloud.subscribe(handler)
    cloud.execute(VPC)
    assert seen == list(range(1, cloud.position + 1))
    assert cloud.position > 8
    cloud.close()


def test_a_handler_is_given_each_event_once_and_in_order_from_several_threads(open_cloud: Callable[..., Cloud]) -> None:
    cloud, seen = open_cloud(), list[int]()
    cloud.subscribe(lambda record: seen.append(record.position))
    threads = [Thread(target=lambda: [cloud.execute(VPC) for _ in range(15)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == list(range(1, cloud.position + 1))
    cloud.close()


def test_an_error_of_a_handler_undoes_nothing_and_loses_no_later_event(open_cloud: Callable[..., Cloud]) -> None:
    cloud, seen = open_cloud(), list[int]()

    def handler(record: RecordedEvent) -> None:
        seen.append(record.position)
        if record.position == 2:
            raise RuntimeError("the handler fails")

    cloud.subscribe(handler)
    cloud.execute(VPC)
    with pytest.raises(RuntimeError, match="the handler fails"):
        cloud.execute(VPC)
    assert len(cloud.vpcs) == 2
    cloud.execute(VPC)
    assert seen == [1, 2, 3]
    cloud.close()


def test_events_of_another_process_are_delivered_with_the_next_call(tmp_path: Path) -> None:
    cloud, other, seen = Cloud(tmp_path / "network.db"), Cloud(tmp_path / "network.db"), list[int]()
    cloud.subscribe(lambda record: seen.append(record.position))
    other.execute(VPC)
    assert cloud.position == 1
    assert seen == []
    cloud.execute(VPC)
    assert seen == [1, 2]
    cloud.close()
    other.close()


def test_forks_have_no_handlers_and_the_past_takes_none() -> None:
    cloud, seen = Cloud(), list[int]()
    cloud.subscribe(lambda record: seen.append(record.position))
    cloud.fork().execute(VPC)
    assert seen == []
    with pytest.raises(ReadOnlyCloud):
        cloud.at(0).subscribe(print)
    with pytest.raises(InvalidArgument, match="handler must be callable"):
        cloud.subscribe(None)  # type: ignore[arg-type]
