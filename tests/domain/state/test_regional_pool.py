"""The order in which a region gives its public and classic addresses."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from ecsnet import commands as c
from ecsnet.domain.state.regional_pool import block_bounds
from ecsnet.testing import invariants
from ecsnet.values import int_to_ipv4
from tests.support.net import Net
from tests.support.setups import OPEN, classic_command, eip, use_up_the_public_addresses


@pytest.mark.parametrize(
    ("region_id", "first"),
    [
        ("cn-hangzhou", "198.18.0.1"),
        ("cn-shanghai", "198.18.8.1"),
        ("me-east-1", "198.18.152.1"),
        ("cn-nowhere", "198.18.248.1"),
    ],
)
def test_each_region_has_its_block_of_public_addresses(net: Net, region_id: str, first: str) -> None:
    assert net.cloud.execute(c.AllocateEipAddress(region_id=region_id)).ip_address == first


def test_public_addresses_are_given_to_the_end_of_the_block_and_then_from_its_start(net: Net) -> None:
    use_up_the_public_addresses(net, but=1)
    (first, *_, last) = net.cloud.instances.values()
    assert last.public_ip == "198.18.7.253"
    end = net.cloud.execute(c.AllocateEipAddress())
    assert end.ip_address == "198.18.7.254"
    net.cloud.execute(c.DeleteInstance(instance_id=last.id, force=True))
    net.cloud.execute(c.DeleteInstance(instance_id=first.id, force=True))
    again = [net.cloud.execute(c.AllocateEipAddress()).ip_address for _ in range(2)]
    assert again == [first.public_ip, last.public_ip] == ["198.18.0.1", "198.18.7.253"]


def test_public_addresses_are_reserved_for_tests_unique_and_deterministic(net: Net) -> None:
    vms = net.cloud.execute(net.run_command(amount=3, internet_max_bandwidth_out=5))
    addresses = [vm.public_ip or "" for vm in vms] + [eip(net).ip_address for _ in range(3)]
    far = net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing")).ip_address
    assert len({*addresses, far}) == 7
    assert all(ip_address(address) in ip_network("198.18.0.0/15") for address in [*addresses, far])
    again = Net().cloud.execute(net.run_command(amount=3, internet_max_bandwidth_out=5))
    assert [vm.public_ip for vm in again] == addresses[:3]


def test_regions_that_share_a_block_do_not_share_an_address(net: Net) -> None:
    """Two regions that the model does not know by name and that fall on one block of public addresses."""
    eips = [
        net.cloud.execute(c.AllocateEipAddress(region_id=region))
        for region in ("eu-north-9", "eu-north-6")
        for _ in "ab"
    ]
    assert len({one.ip_address for one in eips}) == 4
    assert invariants(net.cloud) == ()


def test_commands_are_denied_when_no_classic_address_is_left() -> None:
    net = Net(**OPEN)
    run = classic_command(net)
    create = c.CreateInstance(
        instance_type=run.instance_type, security_group_ids=run.security_group_ids, network_type="classic"
    )
    held = net.cloud._engine.world.writable("cn-hangzhou").classic_ips
    first, size = block_bounds("10.0.0.0/8", "cn-hangzhou")
    held.add_all([int_to_ipv4(first + n) for n in range(size - 1)], "i-none")  # it would take 2,622 commands
    two = classic_command(net, amount=2)
    assert [v.rule for v in net.cloud.check(two).violations] == ["address.region.exhausted"]
    (last,) = net.cloud.fork().execute(run)
    assert last.private_ip == "10.3.255.254"
    net.cloud.execute(create)
    for command in (run, create):
        (violation,) = net.cloud.check(command).violations
        assert violation.message == "cn-hangzhou has 0 classic addresses left, not 1"
    assert net.cloud.check(net.run_command())
