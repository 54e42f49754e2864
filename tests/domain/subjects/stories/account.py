"""Stories about the quotas of an account."""

from __future__ import annotations

from typing import Any

from ecsnet import Command
from ecsnet import commands as c
from tests.support.net import Net
from tests.support.setups import convert, eip
from tests.support.witnesses import keeps, trips


@trips("account.security-group-quota")
def one_group_too_many(net: Net) -> Command[Any]:
    for _ in range(99):
        net.new_group()
    return c.CreateSecurityGroup(vpc_id=net.vpc.id)


@keeps("account.security-group-quota")
def a_group_in_the_place_of_another(net: Net) -> Command[Any]:
    command = one_group_too_many(net)
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    return command


@trips("account.interface-quota")
def one_interface_too_many(net: Net) -> Command[Any]:
    for _ in range(100):
        net.eni()
    return net.eni_command()


@keeps("account.interface-quota")
def primary_interfaces_do_not_count(net: Net) -> Command[Any]:
    net.cloud.execute(net.run_command(amount=100))
    for _ in range(99):
        net.eni()
    return net.eni_command()


@trips("account.eip-quota")
def one_eip_too_many(net: Net) -> Command[Any]:
    for region_id in ("cn-hangzhou", "cn-beijing"):
        for _ in range(10):
            net.cloud.execute(c.AllocateEipAddress(region_id=region_id))
    return c.AllocateEipAddress()


@trips("account.eip-quota")
def convert_beyond_the_quota(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    one_eip_too_many(net)
    return convert(vm)


@keeps("account.eip-quota")
def an_eip_in_the_place_of_another(net: Net) -> Command[Any]:
    command = one_eip_too_many(net)
    net.cloud.execute(c.ReleaseEipAddress(allocation_id=next(iter(net.cloud.eips))))
    return command


@keeps("account.eip-quota")
def the_twentieth_eip(net: Net) -> Command[Any]:
    for _ in range(19):
        eip(net)
    return c.AllocateEipAddress()
