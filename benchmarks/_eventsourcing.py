"""The `eventsourcing` package as the peer of `fold`, in a process of its own so that it can be run under ``-O``.

``write OURS THEIRS`` copies the ENI and instance events of our file into a file of its own, as events of one aggregate.
``replay THEIRS`` prints the seconds that replaying takes, per event.
"""

# ruff: noqa: T201  # the parent process reads the number from the output

from __future__ import annotations

import sys
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks._measure import stopwatch
from ecsnet.events import network_interface as ni
from ecsnet.events.instance import InstanceLaunched, InstanceStarted, InstanceStopped
from ecsnet.events.stores.sqlite import SqliteStore

REGION: UUID = uuid5(NAMESPACE_URL, "cn-hangzhou")


class Region(Aggregate):
    """One region: the smallest aggregate that stores the events' contents, without rules and indexes."""

    def __init__(self) -> None:
        self.interfaces: dict[str, dict[str, Any]] = {}
        self.instances: dict[str, str] = {}

    @staticmethod
    def create_id() -> UUID:
        """Returns a constant id, so that the other process finds the aggregate."""
        return REGION

    @event("InstanceLaunched")
    def launch(self, instance_id: str, primary_network_interface_id: str, private_ip_address: str) -> None:
        self.instances[instance_id] = "Running"

    @event("InstanceStarted")
    def start(self, instance_id: str) -> None:
        self.instances[instance_id] = "Running"

    @event("InstanceStopped")
    def stop(self, instance_id: str) -> None:
        self.instances[instance_id] = "Stopped"

    @event("NetworkInterfaceCreated")
    def create_interface(
        self,
        network_interface_id: str,
        vswitch_id: str,
        mac_address: str,
        private_ip_addresses: list[str],
        security_group_ids: list[str],
    ) -> None:
        self.interfaces[network_interface_id] = {"addresses": private_ip_addresses, "instance": None}

    @event("NetworkInterfaceAttached")
    def attach(self, network_interface_id: str, instance_id: str) -> None:
        self.interfaces[network_interface_id]["instance"] = instance_id

    @event("NetworkInterfaceDetached")
    def detach(self, network_interface_id: str, instance_id: str) -> None:
        self.interfaces[network_interface_id]["instance"] = None

    @event("PrivateIpAddressesAssigned")
    def assign(self, network_interface_id: str, private_ip_addresses: list[str]) -> None:
        interface = self.interfaces[network_interface_id]
        interface["addresses"] = interface["addresses"] + private_ip_addresses

    @event("PrivateIpAddressesUnassigned")
    def unassign(self, network_interface_id: str, private_ip_addresses: list[str]) -> None:
        interface = self.interfaces[network_interface_id]
        interface["addresses"] = [ip for ip in interface["addresses"] if ip not in private_ip_addresses]


def application(path: str) -> Application[UUID]:
    """Returns an application on a SQLite file."""
    return Application(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path})


def write(ours: str, theirs: str) -> None:
    """Copies the events of our file into a file of the package's."""
    region = Region()
    store = SqliteStore(ours, read_only=True)
    for record in store.read():
        recorded = record.event
        match recorded:
            case InstanceLaunched():
                region.launch(recorded.instance_id, recorded.primary_network_interface_id, recorded.private_ip_address)
            case InstanceStarted():
                region.start(recorded.instance_id)
            case InstanceStopped():
                region.stop(recorded.instance_id)
            case ni.NetworkInterfaceCreated():
                region.create_interface(
                    recorded.network_interface_id,
                    recorded.vswitch_id,
                    recorded.mac_address,
                    list(recorded.private_ip_addresses),
                    list(recorded.security_group_ids),
                )
            case ni.NetworkInterfaceAttached():
                region.attach(recorded.network_interface_id, recorded.instance_id)
            case ni.NetworkInterfaceDetached():
                region.detach(recorded.network_interface_id, recorded.instance_id)
            case ni.PrivateIpAddressesAssigned():
                region.assign(recorded.network_interface_id, list(recorded.private_ip_addresses))
            case ni.PrivateIpAddressesUnassigned():
                region.unassign(recorded.network_interface_id, list(recorded.private_ip_addresses))
    store.close()
    application(theirs).save(region)


def replay(theirs: str) -> float:
    """Returns the seconds per event of replaying the whole aggregate."""
    app = application(theirs)
    with stopwatch() as watch:
        region: Region = app.repository.get(REGION)
    seconds: float = watch.seconds / region.version
    return seconds


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3])
    else:
        print(replay(sys.argv[2]))
