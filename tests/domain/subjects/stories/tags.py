"""Stories about tags."""

from __future__ import annotations

from typing import Any

from ecsnet import Command
from ecsnet import commands as c
from tests.support import held
from tests.support.net import Net
from tests.support.witnesses import keeps, trips


def tags(count: int, first: int = 0) -> dict[str, str]:
    return {f"key-{number}": "" for number in range(first, first + count)}


@trips("resource.not-found")
def tag_what_is_not_there(net: Net) -> Command[Any]:
    return c.TagResources(resource_type="eni", resource_ids=["eni-none"], tags={"team": "web"})


@trips("resource.not-found")
def tag_a_resource_as_one_of_another_type(net: Net) -> Command[Any]:
    return c.TagResources(resource_type="eni", resource_ids=[net.vpc.id], tags={"team": "web"})


@trips("resource.not-found")
def untag_a_resource_of_another_region(net: Net) -> Command[Any]:
    return c.UntagResources(resource_type="VPC", resource_ids=[net.vpc.id], region_id="cn-beijing", all=True)


@keeps("resource.not-found", "tags.resource-count", "tags.count", "tags.quota", "tags.held")
def tag_resources_of_a_type(net: Net) -> Command[Any]:
    ids = [net.eni().id for _ in range(2)]
    return c.TagResources(resource_type="eni", resource_ids=ids, tags=tags(20))


@trips("tags.resource-count")
def tag_too_many_instances(net: Net) -> Command[Any]:
    ids = [f"i-{number}" for number in range(51)]
    return c.TagResources(resource_type="instance", resource_ids=ids, tags={"team": "web"})


@trips("tags.resource-count")
def untag_too_many_addresses(net: Net) -> Command[Any]:
    return c.UntagResources(resource_type="EIP", resource_ids=[f"eip-{number}" for number in range(21)], all=True)


@keeps("tags.resource-count")
def tag_twenty_one_groups(net: Net) -> Command[Any]:
    ids = [net.cloud.execute(c.CreateSecurityGroup(vpc_id=net.vpc.id)).id for _ in range(21)]
    return c.TagResources(resource_type="securitygroup", resource_ids=ids, tags={"team": "web"})


@trips("tags.count")
def create_with_too_many_tags(net: Net) -> Command[Any]:
    return c.CreateVpc(cidr_block="10.0.0.0/16", tags=tags(21))


@trips("tags.count")
def untag_too_many_keys(net: Net) -> Command[Any]:
    return c.UntagResources(resource_type="VPC", resource_ids=[net.vpc.id], tag_keys=list(tags(21)))


@keeps("tags.count")
def create_with_as_many_tags_as_there_may_be(net: Net) -> Command[Any]:
    return net.eni_command(tags=tags(20))


@trips("tags.quota")
def tag_beyond_the_limit(net: Net) -> Command[Any]:
    eni = net.eni(tags=tags(15))
    return c.TagResources(resource_type="eni", resource_ids=[eni.id], tags=tags(6, 15))


@keeps("tags.quota")
def tag_again_with_keys_that_are_there(net: Net) -> Command[Any]:
    eni = net.eni(tags=tags(20))
    return c.TagResources(resource_type="eni", resource_ids=[eni.id], tags={"key-3": "another"})


@trips("tags.held")
def tag_an_interface_of_another_service(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.TagResources(resource_type="eni", resource_ids=[held.MANAGED], tags={"team": "web"})


@trips("tags.held")
def untag_an_address_of_another_service(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.UntagResources(resource_type="EIP", resource_ids=[held.EIP], all=True)


@keeps("tags.held")
def tag_an_interface_beside_those_of_another_service(net: Net) -> Command[Any]:
    held.import_into(net.cloud)
    return c.TagResources(resource_type="eni", resource_ids=[held.OWN], tags={"team": "web"})
