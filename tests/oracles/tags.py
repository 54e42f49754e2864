"""Names, descriptions and tags in the naive model, which every kind of resource has (of the API, not of the guide)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecsnet import Cloud
from ecsnet import commands as c
from tests.oracles.network import Network
from tests.oracles.operations import carries_out, judges

MOST_TAGS: Final = 20
"""Of a request, and of a resource."""
MOST_RESOURCES: Final = {"instance": 50, "eni": 50, "securitygroup": 50, "VPC": 20, "VSWITCH": 20, "EIP": 20}


def count_rules(command: Any) -> Iterator[str]:
    """Yields the rule on how many tags a request has."""
    if len(command.tags) > MOST_TAGS:
        yield "tags.count"


def _table(net: Network, resource_type: str) -> dict[str, Any]:
    tables = {"instance": net.instances, "eni": net.interfaces, "securitygroup": net.groups}
    tables |= {"VPC": net.vpcs, "VSWITCH": net.vswitches, "EIP": net.eips}
    return tables[resource_type]


@judges(c.TagResources, c.UntagResources)
def judge_tags(net: Network, command: Any, who: str) -> Iterator[str]:
    table = _table(net, command.resource_type.value)
    mine = [one for one in map(table.get, command.resource_ids) if one is not None and one.account_id == who]
    region_id = command.region_id or (mine[0].region_id if mine else net.region_id)
    found = [one for one in mine if one.region_id == region_id]
    if len(found) != len(command.resource_ids):
        yield "resource.not-found"
    if len(command.resource_ids) > MOST_RESOURCES[command.resource_type.value]:
        yield "tags.resource-count"
    if isinstance(command, c.UntagResources):
        if len(command.tag_keys) > MOST_TAGS:
            yield "tags.count"
        return
    yield from count_rules(command)
    if any(len({*one.tags, *command.tags}) > MOST_TAGS for one in found):
        yield "tags.quota"


@carries_out(c.TagResources, c.UntagResources)
def change_tags(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    for one_id in command.resource_ids:
        one = _table(net, command.resource_type.value)[one_id]
        if isinstance(command, c.TagResources):
            one.tags = {**one.tags, **command.tags}
        else:
            one.tags = {} if command.all else {key: one.tags[key] for key in one.tags if key not in command.tag_keys}


# Names and descriptions: of ENIs in `interfaces`

NAMES: Final = {
    c.ModifyVpcAttribute: ("vpc_id", "vpc_name"),
    c.ModifyVSwitchAttribute: ("vswitch_id", "vswitch_name"),
    c.ModifySecurityGroupAttribute: ("security_group_id", "security_group_name"),
    c.ModifyInstanceAttribute: ("instance_id", "instance_name"),
    c.ModifyEipAddressAttribute: ("allocation_id", "name"),
}


@judges(c.ModifyVpcAttribute)
def judge_vpc(net: Network, command: Any, who: str) -> Iterator[str]:
    vpc = net.vpc(command.vpc_id, who)
    if vpc is None:
        yield "vpc.not-found"
    elif vpc.status != "Available":
        yield "vpc.state"


@judges(c.ModifyVSwitchAttribute)
def judge_vswitch(net: Network, command: Any, who: str) -> Iterator[str]:
    vswitch = net.vswitch(command.vswitch_id, who)
    if vswitch is None:
        yield "vswitch.not-found"
    elif vswitch.status != "Available":
        yield "vswitch.state"


@judges(c.ModifySecurityGroupAttribute)
def judge_group(net: Network, command: Any, who: str) -> Iterator[str]:
    group = net.group(command.security_group_id, who)
    if group is None:
        yield "security-group.not-found"
    elif group.status == "Deleting":
        yield "security-group.state"


@judges(c.ModifyInstanceAttribute)
def judge_instance(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
    elif instance.releasing:
        yield "instance.being-released"


@judges(c.ModifyEipAddressAttribute)
def judge_eip(net: Network, command: Any, who: str) -> Iterator[str]:
    if net.eip(command.allocation_id, who) is None:
        yield "eip.not-found"


@carries_out(*NAMES)
def rename(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    id_field, name_field = NAMES[type(command)]
    one_id = getattr(command, id_field)
    tables: tuple[dict[str, Any], ...] = (net.vpcs, net.vswitches, net.groups, net.instances, net.eips)
    one = next(table[one_id] for table in tables if one_id in table)
    if (name := getattr(command, name_field)) is not None:
        one.name = name
    if command.description is not None:
        one.description = command.description
