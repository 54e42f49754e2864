"""The measured networks, each one region with a given number of ENIs, and long histories in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from benchmarks._measure import spread, stopwatch
from ecsnet import Cloud
from ecsnet.commands import (
    AssignPrivateIpAddresses,
    AttachNetworkInterface,
    CreateNetworkInterface,
    CreateSecurityGroup,
    CreateVpc,
    CreateVSwitch,
    DeleteNetworkInterface,
    DetachNetworkInterface,
    RunInstances,
    SetQuota,
    StartInstance,
    StopInstance,
    UnassignPrivateIpAddresses,
)

ZONE = "cn-hangzhou-b"
INSTANCE_TYPES = ("ecs.g5.4xlarge", "ecs.g5.8xlarge")  # 8 ENIs each
RESIDENTS = 3
"""The number of ENIs that stay on each instance, so that an attach finds a typical instance."""


@dataclass(frozen=True)
class Network:
    """A cloud with one VPC, two VSwitches, one security group, eight instances and many ENIs, most of them free."""

    cloud: Cloud
    vswitch_ids: tuple[str, ...]
    group_id: str
    instance_ids: tuple[str, ...]
    free: tuple[str, ...]
    """The ENIs that are not attached."""

    def some_free(self, count: int) -> tuple[str, ...]:
        """Returns ``count`` of the free ENIs, old and new ones."""
        return spread(self.free, count)


def build(interfaces: int, cloud: Cloud | None = None) -> Network:
    """Returns a network with this number of secondary ENIs, in the given cloud or in a new one in memory."""
    cloud = Cloud() if cloud is None else cloud
    cloud.execute(SetQuota(name="interfaces-per-region", value=interfaces + 100_000))
    cloud.execute(SetQuota(name="addresses-per-security-group", value=2 * interfaces + 100_000))
    vpc = cloud.execute(CreateVpc(cidr_block="10.0.0.0/8"))
    vswitch_ids = tuple(
        cloud.execute(CreateVSwitch(vpc_id=vpc.id, zone_id=ZONE, cidr_block=f"10.{n}.0.0/16")).id for n in (1, 2)
    )
    group_id = cloud.execute(CreateSecurityGroup(vpc_id=vpc.id)).id
    instance_ids = tuple(
        instance.id
        for instance_type in INSTANCE_TYPES
        for instance in cloud.execute(
            RunInstances(
                instance_type=instance_type, vswitch_id=vswitch_ids[0], security_group_ids=[group_id], amount=4
            )
        )
    )
    created = [
        cloud.execute(CreateNetworkInterface(vswitch_id=vswitch_id, security_group_ids=[group_id])).id
        for vswitch_id in islice(cycle(vswitch_ids), interfaces)
    ]
    residents = RESIDENTS * len(instance_ids)
    for interface_id, instance_id in zip(created[:residents], cycle(instance_ids), strict=False):
        cloud.execute(AttachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
    return Network(cloud, vswitch_ids, group_id, instance_ids, tuple(created[residents:]))


def attach_detach(network: Network, cloud: Cloud, pairs: int) -> Callable[[], float]:
    """Returns a round of attaching and detaching, in seconds per command, including its construction."""
    interface_ids = network.some_free(pairs)
    instance_ids = network.instance_ids

    def run() -> float:
        with stopwatch() as watch:
            for interface_id, instance_id in zip(interface_ids, cycle(instance_ids), strict=False):
                cloud.execute(AttachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
                cloud.execute(DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
        return watch.seconds / (2 * pairs)

    return run


def create_delete(network: Network, pairs: int) -> Callable[[], float]:
    """Returns a round of creating and deleting, in seconds per command, including its construction."""
    cloud, groups = network.cloud, (network.group_id,)

    def run() -> float:
        with stopwatch() as watch:
            for vswitch_id in islice(cycle(network.vswitch_ids), pairs):
                interface = cloud.execute(CreateNetworkInterface(vswitch_id=vswitch_id, security_group_ids=groups))
                cloud.execute(DeleteNetworkInterface(network_interface_id=interface.id))
        return watch.seconds / (2 * pairs)

    return run


def live(network: Network, commands: int) -> None:
    """Executes a number of commands, the same in each run: ENIs move between instances, addresses are assigned and
    unassigned, instances stop and start."""
    random = Random(20190311)
    done = 0
    while done < commands:
        done += random.choices((_move, _readdress, _restart), weights=(4, 4, 1))[0](network, random)


def _move(network: Network, random: Random) -> int:
    cloud, interface_id, instance_id = network.cloud, random.choice(network.free), random.choice(network.instance_ids)
    cloud.execute(AttachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
    cloud.execute(DetachNetworkInterface(network_interface_id=interface_id, instance_id=instance_id))
    return 2


def _readdress(network: Network, random: Random) -> int:
    cloud, interface_id = network.cloud, random.choice(network.free)
    addresses: Sequence[str] = cloud.execute(
        AssignPrivateIpAddresses(
            network_interface_id=interface_id, secondary_private_ip_address_count=random.randint(1, 3)
        )
    ).private_ips[1:]
    cloud.execute(UnassignPrivateIpAddresses(network_interface_id=interface_id, private_ip_addresses=addresses))
    return 2


def _restart(network: Network, random: Random) -> int:
    instance_id = random.choice(network.instance_ids)
    network.cloud.execute(StopInstance(instance_id=instance_id))
    network.cloud.execute(StartInstance(instance_id=instance_id))
    return 2
