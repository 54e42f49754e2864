"""Projections: tables in a database that are made from the events of a store, and `AddressInventory`, one of them.

A projection writes what it makes of an event and the event's position in one transaction of its database. So each event
is applied exactly once, however often the process ends in between, and also if several processes run one projection.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from threading import Event as Flag
from typing import Any, ClassVar, Final

from ecsnet.domain.fold import replay
from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import World
from ecsnet.errors import InvalidArgument
from ecsnet.events import EventStore, RecordedEvent, subscribe
from ecsnet.resources import Eip, Instance, NetworkInterface, Resource
from ecsnet.values import EipInstanceType, NetworkType

__all__ = ["AddressInventory", "Projection"]

_POSITIONS: Final = (
    "CREATE TABLE IF NOT EXISTS ecsnet_projections (name VARCHAR(100) PRIMARY KEY, position BIGINT NOT NULL)"
)


class Projection:
    """Tables that are made from events. Subclasses have a ``name``, the statements that create their ``tables`` (with
    IF NOT EXISTS), and `apply`.

    ``connection`` is one of Python's `sqlite3`, or of `psycopg` for PostgreSQL, to any database; the projection ends
    transactions on it, and nobody else uses it meanwhile. The position is kept in the table ``ecsnet_projections``,
    under the name: to make the tables anew, drop them and delete its row.
    """

    name: ClassVar[str]
    tables: ClassVar[Sequence[str]]

    def __init__(self, store: EventStore, connection: Any) -> None:
        module = sys.modules.get(type(connection).__module__.partition(".")[0])
        self._paramstyle = getattr(module, "paramstyle", None)
        if self._paramstyle not in ("qmark", "pyformat"):
            raise InvalidArgument("connection is one of sqlite3 or psycopg")
        self._store = store
        self._connection = connection
        self._reached: int | None = None  # the position that a transaction has reached, None if it applies nothing
        self._begun: int | None = None  # the position that `begin` and `apply` have reached
        self._transaction(self._create)

    def apply(self, record: RecordedEvent) -> None:
        """Writes what follows from one event, by `execute`. It is called for each event, in order, within a transaction
        and commits nothing."""
        raise NotImplementedError

    def begin(self, position: int) -> None:
        """Prepares what `apply` needs besides the tables. The next event is the one after a position; this is called
        at the start, after a failure, and after another process has applied events."""

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """Executes a statement of SQL, with a question mark for each parameter, and returns the cursor."""
        if self._paramstyle == "pyformat":
            statement = statement.replace("?", "%s")
        return self._connection.execute(statement, parameters)

    @property
    def position(self) -> int:
        """The position of the last event that was applied, by any process."""
        position = self._transaction(self._kept_position)
        return int(position)

    def catch_up(self, *, at_once: int = 500) -> int:
        """Applies the events that are there, some in each transaction, and returns their number.

        Raises `ReplayError` if an event is missing or cannot be read, and the errors of the store, of the database and
        of `apply`; then the transaction that they end is rolled back.
        """
        count = 0
        while applied := self._transaction(lambda: self._apply_next(at_once)):
            count += applied
        return count

    def follow(self, stop: Flag) -> None:
        """Applies the events that are there and those to come, until a flag is set."""
        while not stop.is_set():
            self.catch_up()
            subscription = subscribe(self._store, after=self.position)
            while not stop.is_set() and not subscription.poll(0.2):
                pass

    def _create(self) -> None:
        for statement in (_POSITIONS, *self.tables):
            self._connection.execute(statement)
        if not self.execute("SELECT 1 FROM ecsnet_projections WHERE name = ?", (self.name,)).fetchall():
            self.execute("INSERT INTO ecsnet_projections VALUES (?, 0) ON CONFLICT DO NOTHING", (self.name,))

    def _kept_position(self) -> Any:
        query = "SELECT position FROM ecsnet_projections WHERE name = ?"
        return self.execute(query, (self.name,)).fetchone()[0]

    def _apply_next(self, at_once: int) -> int:
        # The row is locked first: another process that runs this projection waits, and goes on from there.
        self.execute("UPDATE ecsnet_projections SET position = position WHERE name = ?", (self.name,))
        position = self._kept_position()
        if self._begun != position:
            self.begin(position)
        self._begun = None  # until the transaction has ended
        records = list(islice(subscribe(self._store, after=position).poll(), at_once))
        for record in records:
            self.apply(record)
        reached = records[-1].position if records else position
        self.execute("UPDATE ecsnet_projections SET position = ? WHERE name = ?", (reached, self.name))
        self._reached = reached
        return len(records)

    def _transaction(self, work: Any) -> Any:
        self._reached = None
        self._connection.rollback()
        if self._paramstyle == "qmark":
            self._connection.execute("BEGIN IMMEDIATE")
        elif self._connection.autocommit:
            self._connection.execute("BEGIN")
        try:
            result = work()
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        if self._reached is not None:
            self._begun = self._reached
        return result


class AddressInventory(Projection):
    """The table ``ecsnet_addresses``: every address in use, and what uses it.

    ``kind`` is ``private`` for an address of an ENI, ``classic`` for the private one of a classic instance, ``public``
    for one that was assigned to an instance, and ``eip``. ``resource_id`` is the ENI, instance or EIP that has the
    address, ``instance_id`` the instance that it serves, or NULL. ``since`` is when the resource got it, a UTC time in
    ISO 8601. Transitions that are due and not yet recorded are not in it.
    """

    name = "ecsnet_addresses"
    tables = (
        "CREATE TABLE IF NOT EXISTS ecsnet_addresses ("
        "address VARCHAR(45) NOT NULL, kind VARCHAR(10) NOT NULL, resource_id VARCHAR(255) NOT NULL, "
        "instance_id VARCHAR(255), vpc_id VARCHAR(255), vswitch_id VARCHAR(255), region_id VARCHAR(255) NOT NULL, "
        "account_id VARCHAR(255) NOT NULL, since VARCHAR(40) NOT NULL, PRIMARY KEY (resource_id, kind, address))",
        "CREATE INDEX IF NOT EXISTS ecsnet_addresses_address ON ecsnet_addresses (address)",
        "CREATE INDEX IF NOT EXISTS ecsnet_addresses_instance ON ecsnet_addresses (instance_id)",
    )

    def begin(self, position: int) -> None:
        """Folds the history up to a position."""
        self._world = World()
        replay(self._world, self._store.read(until=position))

    def apply(self, record: RecordedEvent) -> None:
        """Brings the rows of the resources that an event names, and of those bound to them, up to date."""
        named = record.event.named_resources()
        before = self._with_bound(named)
        replay(self._world, [record])
        for resource_id in dict.fromkeys([*before, *self._with_bound(named)]):
            self._write(resource_id, record)

    def _with_bound(self, resource_ids: Iterable[str]) -> list[str]:
        """Returns ids with those of the ENIs and EIPs of the instances and ENIs among them: events need not name
        these."""
        found = list(resource_ids)
        for resource_id in found:  # which grows: an instance has ENIs, and these have EIPs
            for table in ("instances", "network_interfaces"):
                region = self._world.region_of(table, resource_id)
                state = None if region is None else getattr(region, table)[resource_id]
                if isinstance(state, InstanceState):
                    found += [*state.network_interface_ids, *([state.eip_id] if state.eip_id else [])]
                elif isinstance(state, NetworkInterfaceState):
                    found += state.eip_ids
        return found

    def _write(self, resource_id: str, record: RecordedEvent) -> None:
        query = (
            "SELECT kind, address, instance_id, vpc_id, vswitch_id, region_id, account_id FROM ecsnet_addresses "
            "WHERE resource_id = ?"
        )
        before = {(row[0], row[1]): tuple(row[2:]) for row in self.execute(query, (resource_id,)).fetchall()}
        after = self._addresses(resource_id)
        for kind, address in before.keys() - after.keys():
            where = "WHERE resource_id = ? AND kind = ? AND address = ?"
            self.execute(f"DELETE FROM ecsnet_addresses {where}", (resource_id, kind, address))
        for (kind, address), values in after.items():
            if (kind, address) not in before:
                since = record.recorded_at.isoformat().replace("+00:00", "Z")
                row = (address, kind, resource_id, *values, since)
                self.execute("INSERT INTO ecsnet_addresses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            elif before[kind, address] != values:
                self.execute(
                    "UPDATE ecsnet_addresses SET instance_id = ?, vpc_id = ?, vswitch_id = ?, region_id = ?, "
                    "account_id = ? WHERE resource_id = ? AND kind = ? AND address = ?",
                    (*values, resource_id, kind, address),
                )

    def _addresses(self, resource_id: str) -> dict[tuple[str, str], tuple[str | None, ...]]:
        """Returns the addresses of a resource by kind, each with the values of its row from the instance on."""
        for table in ("network_interfaces", "instances", "eips"):
            region = self._world.region_of(table, resource_id)
            if region is not None:
                return self._rows(VIEWS[table](region, getattr(region, table)[resource_id]))
        return {}

    def _rows(self, resource: Resource) -> dict[tuple[str, str], tuple[str | None, ...]]:
        place = (resource.region_id, resource.account_id)
        match resource:
            case NetworkInterface():
                of_interface = (resource.instance_id, resource.vpc_id, resource.vswitch_id, *place)
                return {("private", address): of_interface for address in resource.private_ips}
            case Eip():
                return {("eip", resource.ip_address): (self._instance_of(resource), None, None, *place)}
            case Instance():
                of_instance = (resource.id, resource.vpc_id, resource.vswitch_id, *place)
                classic = resource.private_ip if resource.network_type == NetworkType.Classic else None
                found = {"public": resource.public_ip, "classic": classic}
                return {(kind, address): of_instance for kind, address in found.items() if address is not None}
        return {}

    def _instance_of(self, eip: Eip) -> str | None:
        """Returns the instance that an EIP serves, directly or by the ENI that it is on."""
        if eip.instance_type != EipInstanceType.NetworkInterface or eip.instance_id is None:
            return eip.instance_id
        region = self._world.region_of("network_interfaces", eip.instance_id)
        interface = None if region is None else region.network_interfaces[eip.instance_id]
        return None if interface is None else interface.instance_id
