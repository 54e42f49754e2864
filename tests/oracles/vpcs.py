"""VPCs, their blocks, VSwitches and ClassicLink in the naive model (guide 2.3, 4.2; the rest is of the API)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Any, Final

from ecsnet import Cloud
from ecsnet import commands as c
from tests.oracles.network import SETTLED, Network, resource, state_rules
from tests.oracles.operations import carries_out, completes, judges
from tests.oracles.tags import count_rules

PRIVATE: Final = [IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
NOT_SECONDARY: Final = [
    IPv4Network(block) for block in ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")
]


def is_in(block: IPv4Network, others: Sequence[IPv4Network]) -> bool:
    return any(block.subnet_of(other) for other in others)


def blocks_of(vpc: Any) -> list[IPv4Network]:
    return [IPv4Network(block) for block in (vpc.cidr_block, *vpc.secondary_cidr_blocks)]


def state_rule(vpc: Any, allowed: Sequence[str] = ("Available",)) -> Iterator[str]:
    if vpc.status not in allowed:
        yield "vpc.state"


# VPCs


@judges(c.CreateVpc)
def judge_creation(net: Network, command: Any, who: str) -> Iterator[str]:
    block = IPv4Network(command.cidr_block)
    if not (8 <= block.prefixlen <= 28 and is_in(block, PRIVATE)):
        yield "vpc.create.cidr"
    yield from count_rules(command)


@carries_out(c.CreateVpc)
def create(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    vpc = net.vpcs[answer.id] = resource(
        net.new_id(answer.id),
        command.region_id or net.region_id,
        who,
        net.now,
        name=command.vpc_name,
        description=command.description,
        tags=dict(command.tags),
        status="Pending",
        cidr_block=command.cidr_block,
        secondary_cidr_blocks=[],
        linkable=False,
    )
    net.begin("vpc", vpc)


@judges(c.DeleteVpc)
def judge_deletion(net: Network, command: Any, who: str) -> Iterator[str]:
    vpc = net.vpc(command.vpc_id, who)
    if vpc is None:
        yield "vpc.not-found"
        return
    yield from state_rule(vpc, ("Available", "Deleting"))
    groups = any(one.vpc_id == vpc.id for one in net.groups.values())
    links = any(one.linked_vpc_id == vpc.id for one in net.instances.values())
    if net.vswitches_of(vpc.id):
        yield "vpc.delete.in-use"
    elif groups:
        yield "vpc.delete.in-use/group"
    elif links:  # of which no table of codes speaks
        yield from ("vpc.delete.in-use", "vpc.delete.in-use/group")


@carries_out(c.DeleteVpc)
def delete(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    vpc = net.vpcs[command.vpc_id]
    if vpc.status == "Available":
        vpc.status = "Deleting"
        net.begin("vpc", vpc)


@completes("vpc")
def complete(net: Network, vpc_id: str, _: Sequence[str]) -> None:
    _born_or_gone(net, net.vpcs[vpc_id])


def _born_or_gone(net: Network, one: Any) -> None:
    if one.status == "Pending":
        one.status = "Available"
    else:
        net.remove(one.id)


@judges(c.AssociateVpcCidrBlock)
def judge_block(net: Network, command: Any, who: str) -> Iterator[str]:
    block = IPv4Network(command.secondary_cidr_block)
    if not 8 <= block.prefixlen <= 28 or any(block.overlaps(other) for other in NOT_SECONDARY):
        yield "vpc.cidr-block.range"
    vpc = net.vpc(command.vpc_id, who)
    if vpc is None:
        yield "vpc.not-found"
        return
    yield from state_rule(vpc)
    if any(block.overlaps(other) for other in blocks_of(vpc)):
        yield "vpc.cidr-block.overlap"
    if len(vpc.secondary_cidr_blocks) + 1 > net.quota("secondary-cidr-blocks-per-vpc", who, vpc.region_id):
        yield "vpc.cidr-block.quota"


@carries_out(c.AssociateVpcCidrBlock)
def add_block(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.vpcs[command.vpc_id].secondary_cidr_blocks.append(command.secondary_cidr_block)


@judges(c.UnassociateVpcCidrBlock)
def judge_block_removal(net: Network, command: Any, who: str) -> Iterator[str]:
    vpc = net.vpc(command.vpc_id, who)
    if vpc is None:
        yield "vpc.not-found"
        return
    yield from state_rule(vpc)
    if command.secondary_cidr_block not in vpc.secondary_cidr_blocks:
        yield "vpc.cidr-block.secondary"
    elif any(
        is_in(IPv4Network(one.cidr_block), [IPv4Network(command.secondary_cidr_block)])
        for one in net.vswitches_of(vpc.id)
    ):
        yield "vpc.cidr-block.in-use"


@carries_out(c.UnassociateVpcCidrBlock)
def remove_block(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.vpcs[command.vpc_id].secondary_cidr_blocks.remove(command.secondary_cidr_block)


# VSwitches


@judges(c.CreateVSwitch)
def judge_vswitch(net: Network, command: Any, who: str) -> Iterator[str]:
    block = IPv4Network(command.cidr_block)
    vpc = net.vpc(command.vpc_id, who)
    if not 16 <= block.prefixlen <= 29:
        yield "vswitch.create.cidr/mask"
    yield from count_rules(command)
    if vpc is None:  # whatever region it may be in
        yield "vpc.not-found"
        return
    if command.zone_id not in net.zones(vpc.region_id):
        yield "vswitch.create.zone"
    yield from state_rule(vpc)
    if not is_in(block, blocks_of(vpc)):
        yield "vswitch.create.cidr"
    others = net.vswitches_of(vpc.id)
    if any(block.overlaps(IPv4Network(one.cidr_block)) for one in others):
        yield "vswitch.create.overlap"
    if len(others) + 1 > net.quota("vswitches-per-vpc", who, vpc.region_id):
        yield "vpc.vswitch-quota"


@carries_out(c.CreateVSwitch)
def create_vswitch(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    vswitch = net.vswitches[answer.id] = resource(
        net.new_id(answer.id),
        net.vpcs[command.vpc_id].region_id,
        who,
        net.now,
        name=command.vswitch_name,
        description=command.description,
        tags=dict(command.tags),
        status="Pending",
        vpc_id=command.vpc_id,
        zone_id=command.zone_id,
        cidr_block=command.cidr_block,
    )
    net.begin("vswitch", vswitch)


@judges(c.DeleteVSwitch)
def judge_vswitch_deletion(net: Network, command: Any, who: str) -> Iterator[str]:
    vswitch = net.vswitch(command.vswitch_id, who)
    if vswitch is None:
        yield "vswitch.not-found"
        return
    if vswitch.status not in ("Available", "Deleting"):
        yield "vswitch.state"
    if any(one.vswitch_id == vswitch.id for one in net.interfaces.values()):
        yield "vswitch.delete.in-use"


@carries_out(c.DeleteVSwitch)
def delete_vswitch(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    vswitch = net.vswitches[command.vswitch_id]
    if vswitch.status == "Available":
        vswitch.status = "Deleting"
        net.begin("vswitch", vswitch)


@completes("vswitch")
def complete_vswitch(net: Network, vswitch_id: str, _: Sequence[str]) -> None:
    _born_or_gone(net, net.vswitches[vswitch_id])


# ClassicLink


@judges(c.EnableVpcClassicLink)
def judge_enabling(net: Network, command: Any, who: str) -> Iterator[str]:
    vpc = net.vpc(command.vpc_id, who)
    if vpc is None:
        yield "vpc.not-found"
    else:
        yield from state_rule(vpc)


@carries_out(c.EnableVpcClassicLink)
def enable(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.vpcs[command.vpc_id].linkable = True


@judges(c.AttachClassicLinkVpc)
def judge_link(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    vpc = net.vpc(command.vpc_id, who, instance.region_id if instance else net.region_id)
    if instance is None:
        yield "instance.not-found"
    else:
        yield from state_rules(instance, SETTLED, "classic-link.attach.instance-state")
        if instance.network_type != "classic":
            yield "classic-link.attach.network-type"
        if instance.linked_vpc_id is not None:
            yield "classic-link.attach.linked"
    if vpc is None:
        yield "vpc.not-found"
    else:
        yield from state_rule(vpc)
        if not vpc.linkable:
            yield "classic-link.attach.enabled"


@carries_out(c.AttachClassicLinkVpc)
def link(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.instances[command.instance_id].linked_vpc_id = command.vpc_id


@judges(c.DetachClassicLinkVpc)
def judge_unlinking(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    vpc = net.vpc(command.vpc_id, who, instance.region_id if instance else net.region_id)
    if vpc is None:
        yield "vpc.not-found"
    if instance is None:
        yield "instance.not-found"
        return
    if instance.releasing:
        yield "instance.being-released"
    if instance.linked_vpc_id != command.vpc_id:
        yield "classic-link.detach.linked"


@carries_out(c.DetachClassicLinkVpc)
def unlink(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.instances[command.instance_id].linked_vpc_id = None
