"""Projections apply each event exactly once; the address inventory has what the cloud has."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg
import pytest

from ecsnet import Cloud, InvalidArgument
from ecsnet import commands as c
from ecsnet.events import EventStore, MemoryStore, NewEvent, RecordedEvent
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.projections import AddressInventory, Projection
from tests.attack.damage import write_history
from tests.attack.processes import Child
from tests.support import postgres
from tests.support.net import Net

Connect = Callable[[], Any]


@pytest.fixture(params=["sqlite", "sqlite without isolation", "postgres", "postgres with autocommit"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    """Opens connections to one database."""
    opened: list[Any] = []
    kind, _, special = request.param.partition(" ")
    schema = ""
    if kind == "postgres":
        address, _, schema = postgres.fresh(request.getfixturevalue("postgres_address")).rpartition("schema=")
        address = address.rstrip("?&")

    def new() -> Any:
        if kind == "sqlite":
            options: dict[str, Any] = {"isolation_level": None} if special else {}
            connection: Any = sqlite3.connect(tmp_path / "tables.db", timeout=60, check_same_thread=False, **options)
        else:
            connection = psycopg.connect(address, autocommit=True)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(f"SET search_path = {schema}")
            connection.autocommit = bool(special)
        opened.append(connection)
        return connection

    yield new
    for connection in opened:
        connection.close()


class Log(Projection):
    """A row for each event, without a key: what is applied twice is there twice."""

    name = "log"
    tables = ("CREATE TABLE IF NOT EXISTS log (position BIGINT, type VARCHAR(50))",)

    def apply(self, record: RecordedEvent) -> None:
        self.execute("INSERT INTO log VALUES (?, ?)", (record.position, record.type))

    def applied(self) -> list[int]:
        return [row[0] for row in self.execute("SELECT position FROM log ORDER BY position").fetchall()]


class Failing(Log):
    """Fails now and then."""

    calls = 0

    def apply(self, record: RecordedEvent) -> None:
        super().apply(record)
        Failing.calls += 1
        if Failing.calls % 11 == 0:
            raise RuntimeError("now and then")


def filled(store: EventStore, commands: int = 40) -> Cloud:
    cloud = Cloud(store)
    for _ in range(commands):
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=f"zz-r{_ % 7}"))
    return cloud


def test_each_event_is_applied_once_though_applying_fails(connect: Connect) -> None:
    cloud = filled(MemoryStore())
    failures = 0
    projection = Failing(cloud.store, connect())
    while True:
        try:
            projection.catch_up(at_once=7)
        except RuntimeError:
            failures += 1
            if failures % 3 == 0:
                projection = Failing(cloud.store, connect())
        else:
            break
    assert failures > 2
    assert projection.position == cloud.position
    assert projection.applied() == list(range(1, cloud.position + 1))
    assert projection.catch_up() == 0


def test_several_processes_run_one_projection(connect: Connect) -> None:
    cloud = filled(MemoryStore(), 150)
    Log(cloud.store, connect())
    children = [Child(lambda say: say(str(Log(cloud.store, connect()).catch_up(at_once=3)))) for _ in range(3)]
    counts = [int(line) for child in children for line in child.lines()]
    assert sum(counts) == cloud.position
    assert Log(cloud.store, connect()).applied() == list(range(1, cloud.position + 1))


def test_a_killed_projection_goes_on_where_it_was(connect: Connect) -> None:
    cloud = filled(MemoryStore(), 300)
    Log(cloud.store, connect())
    for _ in range(4):
        child = Child(lambda say: Log(cloud.store, connect()).catch_up(at_once=1))
        time.sleep(0.1)
        child.kill()
        child.lines()
    projection = Log(cloud.store, connect())
    projection.catch_up()
    assert projection.applied() == list(range(1, cloud.position + 1))


def test_a_projection_follows_a_store(connect: Connect, tmp_path: Path) -> None:
    writer, reader = SqliteStore(tmp_path / "network.db"), SqliteStore(tmp_path / "network.db")
    stop, projection = Flag(), Log(reader, connect())
    thread = Thread(target=projection.follow, args=(stop,))
    thread.start()
    cloud = filled(writer, 10)
    other, deadline = Log(writer, connect()), time.monotonic() + 60
    while other.position < cloud.position and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(60)
    assert other.applied() == list(range(1, cloud.position + 1))
    writer.close()
    reader.close()


def test_what_is_no_connection_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="connection is one of sqlite3 or psycopg"):
        Log(MemoryStore(), object())


def in_use(cloud: Cloud) -> set[tuple[Any, ...]]:
    """The addresses that a cloud shows."""
    found: set[tuple[Any, ...]] = set()
    for eni in cloud.network_interfaces.values():
        found |= {(one, "private", eni.id, eni.instance_id, eni.vpc_id, eni.vswitch_id) for one in eni.private_ips}
    for eip in cloud.eips.values():
        interface = cloud.network_interfaces.get(eip.instance_id or "")
        served = eip.instance_id if interface is None else interface.instance_id
        found.add((eip.ip_address, "eip", eip.id, served, None, None))
    for vm in cloud.instances.values():
        place = (vm.id, vm.id, vm.vpc_id, vm.vswitch_id)
        if vm.public_ip is not None:
            found.add((vm.public_ip, "public", *place))
        if vm.network_type == "classic":
            found.add((vm.private_ip, "classic", *place))
    return found


def inventory(connection: Any) -> set[tuple[Any, ...]]:
    query = "SELECT address, kind, resource_id, instance_id, vpc_id, vswitch_id FROM ecsnet_addresses"
    rows = connection.execute(query).fetchall()
    assert len(rows) == len(set(rows))
    return set(map(tuple, rows))


def test_the_inventory_has_the_addresses_of_the_cloud_after_every_event(connect: Connect, tmp_path: Path) -> None:
    write_history(tmp_path / "network.db")
    with Cloud(tmp_path / "network.db") as source:
        history = source.history()
    store, connection = MemoryStore(), connect()
    cloud = Cloud(store, settle_after="manual", clock=lambda: history[-1].recorded_at)
    projection = AddressInventory(store, connection)
    kinds = set[str]()
    for one in history:
        rest = (one.recorded_at, one.account_id, one.command_id, one.caused_by, one.settles)
        store.append([NewEvent(one.stream, one.event, *rest)], {one.stream: one.version - 1})
        projection.catch_up()
        shown = store_view(cloud)
        assert inventory(connection) == in_use(shown), one
        kinds |= {row[1] for row in in_use(shown)}
    assert kinds == {"private", "classic", "public", "eip"}


def store_view(cloud: Cloud) -> Cloud:
    """The cloud as it was recorded, before anything that is due."""
    return cloud.at(cloud.position)


def test_an_eip_on_an_interface_serves_the_instance_that_the_interface_is_attached_to(connect: Connect) -> None:
    net, connection = Net(), connect()
    vm = net.run()
    do, interface = net.cloud.execute, net.cloud.execute(net.eni_command())
    eip = do(c.AllocateEipAddress())
    projection = AddressInventory(net.cloud.store, connection)
    pair = {"network_interface_id": interface.id, "instance_id": vm.id}
    for command in (
        c.AssociateEipAddress(allocation_id=eip.id, instance_id=interface.id, instance_type="NetworkInterface"),
        c.AttachNetworkInterface(**pair),
        c.DetachNetworkInterface(**pair),
        c.AttachNetworkInterface(**pair),
        c.StopInstance(instance_id=vm.id),
        c.DeleteInstance(instance_id=vm.id),
    ):
        do(command)
        projection.catch_up()
        assert inventory(connection) == in_use(net.cloud), command


def test_an_inventory_goes_on_after_a_restart_and_keeps_since(connect: Connect) -> None:
    net = Net()
    vm = net.run()
    interface = net.attached(vm)
    AddressInventory(net.cloud.store, connect()).catch_up()
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
    connection = connect()
    assert AddressInventory(net.cloud.store, connection).catch_up() == 1
    query = "SELECT instance_id, since FROM ecsnet_addresses WHERE resource_id = "
    (row,) = connection.execute(f"{query}'{interface.id}'").fetchall()
    created = net.cloud.history(interface.id)[0].recorded_at
    assert tuple(row) == (None, created.isoformat().replace("+00:00", "Z"))
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    AddressInventory(net.cloud.store, connection).catch_up()
    assert connection.execute(f"{query}'{interface.id}'").fetchall() == []
