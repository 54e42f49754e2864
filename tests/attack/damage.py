"""A history with every kind of event, ways to damage its file or its tables, and every operation on it then.

What was damaged is told as `ReplayError` or `StoreError`, or was not noticed: whoever writes another valid value into a
payload is believed. In no case does anything else come out, or nothing at all.
"""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import psycopg
from click.testing import CliRunner

from ecsnet import Cloud, EcsnetError, ManualClock, audit
from ecsnet import commands as c
from ecsnet.cli import main
from ecsnet.events import EventStore
from ecsnet.events.stores.opening import open_address
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.guest import guest_configuration
from ecsnet.testing import invariants
from ecsnet.testing._generate import GENERATORS, Inventory, all_commands
from tests.attack.network import BEGIN, rich_network

SECONDS: Final = 20
"""No try takes longer, or it hangs."""
COLLECTIONS: Final = ("vpcs", "vswitches", "security_groups", "instances", "network_interfaces", "eips")
TOKEN: Final = "once"
DESCRIBED: Final[list[dict[str, Any]]] = [
    {"Vpcs": {"Vpc": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "RegionId": "cn-described"}]}},
    {
        "VSwitches": {
            "VSwitch": [
                {"VSwitchId": "vsw-1", "VpcId": "vpc-1", "ZoneId": "cn-described-b", "CidrBlock": "10.0.1.0/24"}
            ]
        }
    },
    {"SecurityGroups": {"SecurityGroup": [{"SecurityGroupId": "sg-1", "VpcId": "vpc-1"}]}},
    {
        "Instances": {
            "Instance": [
                {
                    "InstanceId": "i-1",
                    "Status": "Running",
                    "InstanceType": "ecs.g5.xlarge",
                    "ZoneId": "cn-described-b",
                    "RegionId": "cn-described",
                    "InstanceChargeType": "PrePaid",
                    "ExpiredTime": "2019-06-01T00:00Z",
                    "ImageId": "centos_7_02_64_20G_alibase_20170818.vhd",
                    "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1"},
                    "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
                    "NetworkInterfaces": {
                        "NetworkInterface": [
                            {
                                "NetworkInterfaceId": "eni-0",
                                "MacAddress": "00:16:3e:00:00:00",
                                "Type": "Primary",
                                "PrivateIpAddress": "10.0.1.8",
                            }
                        ]
                    },
                }
            ]
        }
    },
    {
        "NetworkInterfaceSets": {
            "NetworkInterfaceSet": [
                {
                    "NetworkInterfaceId": "eni-1",
                    "VSwitchId": "vsw-1",
                    "Type": "Secondary",
                    "Status": "Available",
                    "MacAddress": "00:16:3e:00:00:01",
                    "PrivateIpAddress": "10.0.1.9",
                    "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
                }
            ]
        }
    },
    {
        "EipAddresses": {
            "EipAddress": [
                {
                    "AllocationId": "eip-1",
                    "IpAddress": "47.96.1.1",
                    "Status": "InUse",
                    "InstanceId": "i-1",
                    "RegionId": "cn-described",
                }
            ]
        }
    },
]


def write_history(path: Path) -> None:
    """Write a history with every kind of event that a command makes, and most imports, into a new file."""
    clock = ManualClock(BEGIN)
    with Cloud(path, clock=clock) as cloud:
        rich_network(cloud)
        cloud.import_resources(DESCRIBED)
        cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"), client_token=TOKEN)
        _do_one_of_each(cloud)
        clock.advance(timedelta(days=40))
        _do_one_of_each(cloud)
    with Cloud(path, clock=clock, settle_after="manual") as cloud:
        _do_one_of_each(cloud)
        cloud.settle()
        _do_one_of_each(cloud)


def _do_one_of_each(cloud: Cloud) -> None:
    for operation in GENERATORS:
        for command in islice(all_commands(Inventory(cloud), [operation]), 200):
            if cloud.check(command).events:
                cloud.execute(command)
                break


class Hangs(Exception):
    """Something did not end in time."""


@contextmanager
def time_limit(seconds: float = SECONDS) -> Iterator[None]:
    """Raises `Hangs` after some seconds. Only in the main thread."""

    def ring(*_: object) -> None:
        raise Hangs(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again, as Python drops what some callbacks raise
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Raw(AssertionError):
    """Something raised what it does not say that it raises."""


def _tried(what: str, work: Callable[[], Any], *documented: type[Exception]) -> Any:
    try:
        return work()
    except (EcsnetError, *documented):
        return None
    except Hangs:
        raise
    except Exception as error:
        raise Raw(f"{what}: {type(error).__name__}: {error}") from error


def use(path: Path | str, *, deep: bool = True) -> bool:
    """Do everything with a store that may be damaged. Returns whether it could be opened. Raises `Raw`, `Hangs`."""
    with time_limit():
        opened = False
        for read_only in (True, False):
            store = _tried("opening the store", lambda read_only=read_only: _opened(path, read_only))
            if store is None:
                continue
            try:
                _tried("the head", store.head)
                records = _tried("reading", lambda store=store: list(store.read()))
                _tried("reading with a name", lambda store=store: list(store.read(naming="vpc")))
                if records is not None and not read_only:
                    _tried("the audit of records", lambda records=records: audit(records))
            finally:
                store.close()
        cloud = _tried("opening the cloud", lambda: Cloud(path, clock=ManualClock(BEGIN + timedelta(days=50))))
        if cloud is not None:
            opened = True
            with cloud:
                _use(cloud, deep)
            again = _tried("opening it again", lambda: Cloud(path, settle_after="manual"))
            if again is not None:
                with again:
                    _look(again, deep)
                    _tried("settling", again.settle)
                    _look(again, False)
        return opened


def _opened(path: Path | str, read_only: bool) -> EventStore:
    if isinstance(path, str):
        return open_address(path, read_only=read_only)
    return SqliteStore(path, read_only=read_only)


def _use(cloud: Cloud, deep: bool) -> None:
    _look(cloud, deep)
    head = _tried("the position", lambda: cloud.position) or 0
    for position in {0, min(1, head), head // 2, head} if not deep else range(0, head + 1, 7):
        past = _tried(f"at({position})", lambda position=position: cloud.at(position))
        if past is not None:
            _look(past, False)
    for moment in (BEGIN, BEGIN + timedelta(days=45), datetime.max.replace(tzinfo=UTC)):
        past = _tried(f"at({moment})", lambda moment=moment: cloud.at(moment))
        if past is not None:
            _look(past, False)
    _tried("audit", lambda: audit(cloud))
    _tried("verify", cloud.verify)
    fork = _tried("fork", cloud.fork)
    for one in (fork, cloud):
        if one is not None:
            _work(one, deep)


def _look(cloud: Cloud, deep: bool) -> None:
    _tried("repr", lambda: repr(cloud))
    _tried("invariants", lambda: invariants(cloud))
    ids: list[str] = []
    for name in COLLECTIONS:
        collection = getattr(cloud, name)
        found = _tried(name, lambda collection=collection: list(collection.values())) or []
        ids += [one.id for one in found]
        if deep:
            for one in found[:2]:
                _tried(f"repr of {name}", lambda one=one: repr(one))
                for field in ("vpc_id", "status", "security_group_ids", "private_ip", "zone_id", "cidr_block"):
                    if hasattr(one, field):
                        value = getattr(one, field)
                        value = value[0] if isinstance(value, tuple) and value else value
                        field = field.removesuffix("s") if field == "security_group_ids" else field
                        _tried(f"{name}.where({field})", lambda c=collection, f=field, v=value: c.where(**{f: v}))
    for one in ids if deep else ids[:3]:
        _tried(f"permitted({one})", lambda one=one: cloud.permitted(one), KeyError)
        _tried(f"history({one})", lambda one=one: cloud.history(one))
    _tried("history", cloud.history)
    vms = (_tried("instances", lambda: list(cloud.instances)) or [])[: None if deep else 3]
    for a in vms[:3]:
        for b in vms:
            _tried("intranet_path", lambda a=a, b=b: cloud.intranet_path(a, b))
    if deep:
        for eni in _tried("ENIs", lambda: list(cloud.network_interfaces)) or []:
            for image in ("centos 7.2", None):
                _tried("guest", lambda eni=eni, image=image: guest_configuration(cloud, eni, image))


def _work(cloud: Cloud, deep: bool) -> None:
    for operation in GENERATORS:
        found = _tried(
            f"what to ask of {operation.__name__}",
            lambda operation=operation: list(islice(all_commands(Inventory(cloud), [operation]), 12 if deep else 2)),
        )
        for command in found or ():
            _tried(f"check {command}", lambda command=command: cloud.check(command))
        if found:
            _tried(f"execute {found[-1]}", lambda command=found[-1]: cloud.execute(command))
    _tried("repeating", lambda: cloud.execute(c.CreateVpc(cidr_block="192.168.0.0/16"), client_token=TOKEN))
    _tried("importing", lambda: cloud.import_resources(DESCRIBED))
    _tried("settling", cloud.settle)
    _look(cloud, False)


def use_on_the_command_line(path: Path) -> None:
    """The same by ``ecsnet``. Raises `Raw` for anything but an exit code that says what was the matter."""
    plan = path.with_name("plan.json")
    plan.write_text(json.dumps([{"Action": "CreateVpc", "CidrBlock": "10.0.0.0/8"}, {"Action": "DescribeVpcs"}]))
    run = ["run", str(plan), "--store", str(path)]
    for arguments in (
        ["show", str(path)],
        ["show", "--json", str(path)],
        ["show", "--settle-after", "0", str(path)],
        ["history", str(path)],
        ["history", "--json", str(path)],
        ["history", str(path), "vpc-1"],
        ["verify", str(path)],
        ["guest", str(path), "eni-0"],
        ["guest", "--json", str(path), "eni-1", "--image", "ubuntu 16.04"],
        [*run, "--dry-run"],
        run,
    ):
        with time_limit():
            result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise Raw(f"{arguments}: {result.exception!r}") from result.exception
        expected = (0, 1, 2) if arguments[0] == "verify" else (0, 2)
        if result.exit_code not in expected or (result.exit_code == 2 and "ecsnet: " not in result.output):
            raise Raw(f"{arguments} ends with {result.exit_code}: {result.output}")


_TRIGGERS: Final = ("events_are_never_changed", "events_are_never_deleted")
LOOSEN: Final = (
    "ALTER TABLE events RENAME TO old",
    "CREATE TABLE events (position, stream, version, type, schema_version, payload, recorded_at, account_id, "
    "command_id, caused_by, settles, hash)",
    "INSERT INTO events SELECT * FROM old",
    "DROP TABLE old",
)
"""Makes the table one without constraints."""
Statement = str | tuple[str, tuple[object, ...]]


def change(path: Path, *statements: Statement) -> bool:
    """Do something to the rows by SQL, whatever the file's triggers say. Returns whether the database let it."""
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        for trigger in _TRIGGERS:
            database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            query, parameters = (statement, ()) if isinstance(statement, str) else statement
            database.execute(query, parameters)
        database.execute("COMMIT")
    except (sqlite3.Error, OverflowError):
        return False
    finally:
        database.close()
    return True


def change_tables(address: str, *statements: Statement) -> bool:
    """Do something to the rows of a database by SQL, whatever its triggers say. Returns whether the database let it."""
    url, _, schema = address.rpartition("schema=")
    with psycopg.connect(url.rstrip("?&")) as connection:
        connection.execute(f"SET search_path = {schema}")
        try:
            for table in ("events", "resource_events"):
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for statement in statements:
                query, parameters = (statement, ()) if isinstance(statement, str) else statement
                connection.execute(query.replace("?", "%s"), parameters)
        except (psycopg.Error, UnicodeEncodeError):
            connection.rollback()
            return False
    return True


def change_history(address: str, *statements: Statement) -> bool:
    """Do something to the rows of a file or a database by SQL. Returns whether that was let."""
    return change_tables(address, *statements) if "://" in address else change(Path(address), *statements)


def places_in(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The places of all values in a payload, outermost first."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield from chain.from_iterable(places_in(item, *path, key) for key, item in inside)


def with_value(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy of a payload with another value at a place."""
    if not path:
        return new
    key, *rest = path
    copy = value.copy()
    copy[key] = with_value(value[key], tuple(rest), new)
    return copy
