"""A small world whose limits are reached at once, with the moves that lead through all its states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ecsnet import Cloud, Command, InstanceType
from ecsnet import commands as c
from ecsnet.testing import cloud_after, settle_moves

TWO = InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=2)
Moves = Callable[[Cloud], Iterator[Any]]


def small_world(*, interfaces: int = 3, addresses: int = 2, eips: int = 1, instances: int = 2) -> tuple[Cloud, Moves]:
    """Returns instances that take one more ENI each, ENIs, addresses for as many of them, and EIPs; all goes by hand.

    Transitions complete, fail or get stuck; releases take their time.
    """
    cloud = cloud_after(settle_after="manual", instance_types=[TWO])
    for name, value in {
        "interfaces-per-region": interfaces,
        "addresses-per-interface": 2,
        "addresses-per-security-group": instances + interfaces + 1,
        "eips-per-account": max(1, eips),
    }.items():
        cloud.execute(c.SetQuota(name=name, value=value))
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    cloud.settle()
    block = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/28")
    group, vswitch = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id)), cloud.execute(block)
    cloud.settle()
    place: Any = {"vswitch_id": vswitch.id, "security_group_ids": [group.id]}
    servers = [vm.id for vm in cloud.execute(c.RunInstances(instance_type=TWO.id, amount=instances, **place))]
    enis = [cloud.execute(c.CreateNetworkInterface(**place)).id for _ in range(interfaces)]
    cloud.settle()
    moves: list[Command[Any]] = []
    for server in servers:
        moves += [c.StartInstance(instance_id=server), c.StopInstance(instance_id=server)]
        moves += [c.DeleteInstance(instance_id=server, force=True)]
        for eni in enis:
            pair: Any = {"network_interface_id": eni, "instance_id": server}
            moves += [c.AttachNetworkInterface(**pair), c.DetachNetworkInterface(**pair)]
    moves += [c.DeleteNetworkInterface(network_interface_id=eni) for eni in enis]
    for number, eni in enumerate(enis[:addresses]):
        one: Any = {"network_interface_id": eni, "private_ip_addresses": [f"10.0.0.{10 + number}"]}
        moves += [c.AssignPrivateIpAddresses(**one), c.UnassignPrivateIpAddresses(**one)]
    for _ in range(eips):
        eip = cloud.execute(c.AllocateEipAddress())
        moves += [c.AssociateEipAddress(allocation_id=eip.id, instance_id=server) for server in servers]
        moves += [c.UnassociateEipAddress(allocation_id=eip.id)]

    def all_moves(state: Cloud) -> Iterator[Any]:
        yield from moves
        yield from settle_moves(state)

    return cloud, all_moves
