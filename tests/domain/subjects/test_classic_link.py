"""Classic instances and ClassicLink, before the classic network was closed in June 2017."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from ecsnet import InvalidCommand
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.net import Net
from tests.support.setups import OPEN, SUBSCRIPTION, classic, classic_command, enable, link


@pytest.fixture
def net() -> Net:
    return Net(**OPEN)


def test_a_classic_instance_has_an_address_and_no_interface(net: Net) -> None:
    vm = classic(net, internet_max_bandwidth_out=5)
    assert (vm.network_type, vm.zone_id, vm.vpc_id, vm.vswitch_id) == ("classic", "cn-hangzhou-a", None, None)
    assert (vm.primary_network_interface_id, vm.network_interface_ids) == (None, ())
    assert vm.private_ip
    assert vm.public_ip
    assert not net.cloud.network_interfaces
    assert net.cloud.instances.where(private_ip=vm.private_ip) == (vm,)
    assert net.cloud.instances.where(security_group_id=vm.security_group_ids[0]) == (vm,)
    assert net.cloud.network_interfaces.where(security_group_id=vm.security_group_ids[0]) == ()
    assert net.cloud.permitted(vm.id)[c.StopInstance].allowed
    assert invariants(net.cloud) == ()


def test_classic_addresses_are_unique_over_regions_and_accounts(net: Net) -> None:
    clouds = [net.cloud, net.cloud.as_account("6543210987654321")]
    made = []
    for cloud in clouds:
        for region_id in ("cn-hangzhou", "cn-beijing", "ap-southeast-1"):
            group = cloud.execute(c.CreateSecurityGroup(region_id=region_id))
            made += cloud.execute(
                c.RunInstances(
                    instance_type="ecs.g5.large",
                    security_group_ids=[group.id],
                    region_id=region_id,
                    network_type="classic",
                    amount=3,
                )
            )
    assert len({vm.private_ip for vm in made}) == 18
    assert all(ip_address(vm.private_ip) in ip_network("10.0.0.0/8") for vm in made)
    assert {vm.zone_id for vm in made} == {"cn-hangzhou-a", "cn-beijing-a", "ap-southeast-1a"}
    assert invariants(net.cloud) == ()


def test_a_renewal_with_bandwidth_0_keeps_the_classic_address(net: Net) -> None:
    vm = classic(net, internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.cloud.execute(c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=0))
    assert net.cloud.instances[vm.id].internet_max_bandwidth_out == 5
    net.clock.advance(timedelta(days=31))
    later = net.cloud.instances[vm.id]
    assert (later.public_ip, later.internet_max_bandwidth_out) == (vm.public_ip, 0)


def test_a_classic_instance_joins_and_leaves_groups(net: Net) -> None:
    vm = classic(net)
    other = net.cloud.execute(c.CreateSecurityGroup())
    joined = net.cloud.execute(c.JoinSecurityGroup(security_group_id=other.id, instance_id=vm.id))
    assert joined.security_group_ids == (*vm.security_group_ids, other.id)
    left = net.cloud.execute(c.LeaveSecurityGroup(security_group_id=vm.security_group_ids[0], instance_id=vm.id))
    assert left.security_group_ids == (other.id,)
    assert not net.cloud.check(c.DeleteSecurityGroup(security_group_id=other.id))
    assert invariants(net.cloud) == ()
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    assert net.cloud.check(c.DeleteSecurityGroup(security_group_id=other.id))
    assert invariants(net.cloud) == ()


def test_classic_link_connects_until_the_instance_is_deleted(net: Net) -> None:
    old, new = classic(net), net.run()
    path = net.cloud.intranet_path(old.id, new.id)
    assert not path.connected
    assert path.remedy == f"Enable ClassicLink for {net.vpc.id} and link the classic instance to it."
    enable(net)
    enable(net)
    for ends in ((old.id, new.id), (new.id, old.id)):
        assert net.cloud.intranet_path(*ends).remedy == f"Link the classic instance to {net.vpc.id}."
    net.cloud.execute(link(net, old))
    assert net.cloud.intranet_path(old.id, new.id).connected
    assert invariants(net.cloud) == ()
    net.cloud.execute(c.DeleteInstance(instance_id=old.id, force=True))
    assert invariants(net.cloud) == ()


def test_a_link_to_a_vpc_of_another_account_is_not_advised(net: Net) -> None:
    new, other = net.run(), net.cloud.as_account("2222222222222222")
    group = other.execute(c.CreateSecurityGroup())
    (old,) = other.execute(classic_command(net, security_group_ids=[group.id]))
    for enabled in (False, True):
        if enabled:
            enable(net)
        path = net.cloud.intranet_path(old.id, new.id)
        assert path.verdict == "ClassicLink"
        assert path.remedy == f"Use a VPC of the account 2222222222222222: {net.vpc.id} is another account's."
    assert not other.check(c.AttachClassicLinkVpc(instance_id=old.id, vpc_id=net.vpc.id))


def test_a_classic_instance_is_unlinked_before_it_is_linked_to_another_vpc(net: Net) -> None:
    old, new = classic(net), net.run()
    enable(net)
    other = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    net.cloud.execute(c.EnableVpcClassicLink(vpc_id=other.id))
    net.cloud.execute(c.AttachClassicLinkVpc(instance_id=old.id, vpc_id=other.id))
    assert net.cloud.intranet_path(old.id, new.id).remedy == (
        f"Unlink the classic instance from {other.id}, for it has one link at a time; "
        f"then link the classic instance to {net.vpc.id}."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network_type": "flat"}, "'vpc' or 'classic'"),
        ({"network_type": "classic", "vswitch_id": "vsw-1"}, "has no VSwitch"),
        ({"network_type": "classic", "private_ip_address": "10.0.0.9"}, "system's choice"),
        ({"network_type": "vpc"}, "vswitch_id is missing"),
        ({"internet_max_bandwidth_out": 201, "vswitch_id": "vsw-1"}, "from 0 to 200"),
    ],
)
def test_invalid_network_parameters_raise_when_the_command_is_built(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidCommand, match=message):
        c.RunInstances(**{"instance_type": "ecs.g5.large", "security_group_ids": ["sg-1"], **changes})
