"""The order in which a region gives its public and classic addresses."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import attrs
import pytest

from ecsnet import Cloud, ReplayError
from ecsnet import commands as c
from ecsnet.domain.state.regional_pool import PUBLIC, block_bounds
from ecsnet.events.base import NewEvent
from ecsnet.events.eip import EipAddressAllocated, EipAddressRegistered
from ecsnet.events.public_ip import SharedAddressDrawn
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.testing import invariants
from ecsnet.values import int_to_ipv4
from tests.support.describe import describe
from tests.support.described import entries, imported
from tests.support.net import START, Net
from tests.support.setups import OPEN, classic_command, eip, use_up_the_public_addresses


@pytest.mark.parametrize(
    ("region_id", "first"),
    [
        ("cn-hangzhou", "240.0.0.1"),
        ("cn-shanghai", "240.64.0.1"),
        ("me-east-1", "244.192.0.1"),
        ("cn-nowhere", "247.192.0.1"),
    ],
)
def test_each_region_has_its_block_of_public_addresses(net: Net, region_id: str, first: str) -> None:
    assert net.cloud.execute(c.AllocateEipAddress(region_id=region_id)).ip_address == first


def test_public_addresses_are_given_to_the_end_of_the_block_and_then_from_its_start(net: Net) -> None:
    use_up_the_public_addresses(net, but=1)
    (first, *_, last) = net.cloud.instances.values()
    assert last.public_ip == "240.0.0.61"
    end = net.cloud.execute(c.AllocateEipAddress())
    assert end.ip_address == "240.0.0.62"
    net.cloud.execute(c.DeleteInstance(instance_id=last.id, force=True))
    net.cloud.execute(c.DeleteInstance(instance_id=first.id, force=True))
    again = [net.cloud.execute(c.AllocateEipAddress()).ip_address for _ in range(2)]
    assert again == [first.public_ip, last.public_ip] == ["240.0.0.1", "240.0.0.61"]


def test_public_addresses_are_of_no_host_unique_and_deterministic(net: Net) -> None:
    vms = net.cloud.execute(net.run_command(amount=3, internet_max_bandwidth_out=5))
    addresses = [vm.public_ip or "" for vm in vms] + [eip(net).ip_address for _ in range(3)]
    far = net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing")).ip_address
    assert len({*addresses, far}) == 7
    assert all(ip_address(address) in ip_network("240.0.0.0/4") for address in [*addresses, far])
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


def test_every_region_has_millions_of_public_addresses_and_none_is_a_broadcast_address() -> None:
    for region_id in ("cn-hangzhou", "me-east-1", "cn-nowhere", "eu-north-9"):
        first, size = block_bounds(PUBLIC.cidr_block, region_id)
        assert size == 4_194_302
        assert ip_address(int_to_ipv4(first + size - 1)) < ip_address("255.255.255.255")
        assert not ip_address(int_to_ipv4(first)).is_global


def test_regions_that_share_a_block_go_through_it_together(net: Net) -> None:
    """So neither looks at what the other has allocated, however much that is."""
    given = [
        net.cloud.execute(c.AllocateEipAddress(region_id=region)).ip_address
        for region in ("eu-north-9", "eu-north-9", "eu-north-6", "eu-north-9", "eu-north-6")
    ]
    first, _ = block_bounds(PUBLIC.cidr_block, "eu-north-9")
    assert given == [int_to_ipv4(first + place) for place in range(5)]


def test_regions_that_share_a_block_start_again_where_an_address_was_released(net: Net) -> None:
    PUBLIC.cidr_block = "240.0.0.0/24"  # two addresses a block
    one, two = [net.cloud.execute(c.AllocateEipAddress(region_id=region)) for region in ("eu-north-9", "eu-north-6")]
    assert not net.cloud.check(c.AllocateEipAddress(region_id="eu-north-9"))
    net.cloud.execute(c.ReleaseEipAddress(allocation_id=one.id))
    assert net.cloud.execute(c.AllocateEipAddress(region_id="eu-north-6")).ip_address == one.ip_address
    assert two.ip_address != one.ip_address
    assert not net.cloud.check(c.AllocateEipAddress(region_id="eu-north-9"))


def test_an_address_that_becomes_an_eip_leaves_the_next_one_where_it_was(net: Net) -> None:
    first, second = [net.run(internet_max_bandwidth_out=5) for _ in range(2)]
    net.cloud.execute(c.ConvertNatPublicIpToEip(instance_id=first.id))
    assert (first.public_ip, second.public_ip) == ("240.0.0.1", "240.0.0.2")
    assert eip(net).ip_address == "240.0.0.3"
    assert invariants(net.cloud) == ()


@pytest.mark.parametrize("region_id", ["cn-hangzhou", "eu-north-9"])
def test_a_released_address_is_given_again_only_after_the_others(net: Net, region_id: str) -> None:
    allocate = c.AllocateEipAddress(region_id=region_id)
    first, second = net.cloud.execute(allocate), net.cloud.execute(allocate)
    net.cloud.execute(c.ReleaseEipAddress(allocation_id=first.id))
    assert ip_address(net.cloud.execute(allocate).ip_address) == ip_address(second.ip_address) + 1


@pytest.mark.parametrize("former", ["198.18.0.1", "239.255.255.255", "255.255.255.255", "banana"])
@pytest.mark.parametrize("region_id", ["cn-hangzhou", "eu-north-9"])
def test_a_history_with_addresses_of_a_former_range_goes_on(region_id: str, former: str) -> None:
    """Older versions allocated out of 198.18.0.0/15."""
    store = MemoryStore()
    store.append(
        [
            NewEvent(region_id, EipAddressAllocated(allocation_id="eip-1", ip_address=former), START, "1", "c"),
            NewEvent("account/1", EipAddressRegistered(allocation_id="eip-1"), START, "1", "c"),
            NewEvent(
                "addresses/public/63",
                SharedAddressDrawn(pool="public", region_id="eu-north-9", ip_address=former),
                START,
                "1",
                "c",
            ),
        ],
        {region_id: 0, "account/1": 0, "addresses/public/63": 0},
    )
    cloud = Cloud(store, account_id="1", region_id=region_id)
    assert cloud.eips["eip-1"].ip_address == former
    first, _ = block_bounds(PUBLIC.cidr_block, region_id)
    given = [cloud.execute(c.AllocateEipAddress()).ip_address for _ in range(2)]
    assert given == [int_to_ipv4(first), int_to_ipv4(first + 1)]
    cloud.execute(c.ReleaseEipAddress(allocation_id="eip-1"))
    assert invariants(cloud) == ()


def test_an_imported_address_of_the_block_is_passed_over() -> None:
    cloud = Cloud()
    held = {"AllocationId": "eip-1", "IpAddress": "240.0.0.1", "Status": "Available", "RegionId": "cn-hangzhou"}
    cloud.import_resources([{"EipAddresses": {"EipAddress": [held]}}])
    assert cloud.execute(c.AllocateEipAddress()).ip_address == "240.0.0.2"


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
        assert (violation.code, violation.http_status) == ("OperationDenied", 403)
        assert violation.facts == {"region_id": "cn-hangzhou", "available": {"classic": 0}, "wanted": {"classic": 1}}
    use_up_the_public_addresses(net)
    (violation,) = net.cloud.check(attrs.evolve(two, internet_max_bandwidth_out=5)).violations
    assert violation.message == ("cn-hangzhou has 0 public addresses left, not 2, and 0 classic addresses left, not 2")
    assert violation.code == "InsufficientPublicIp"
    assert violation.facts["available"] == {"public": 0, "classic": 0}
    assert violation.facts["wanted"] == {"public": 2, "classic": 2}
    assert net.cloud.check(net.run_command())


def test_a_history_that_allocates_an_address_twice_is_refused() -> None:
    store = MemoryStore()
    events = [EipAddressAllocated(allocation_id=name, ip_address="240.0.0.1") for name in ("eip-1", "eip-2")]
    store.append([NewEvent("cn-hangzhou", event, START, "1", "c") for event in events], {"cn-hangzhou": 0})
    with pytest.raises(ReplayError, match="EipAddressAllocated does not fit"):
        Cloud(store)


def test_an_address_that_two_imported_resources_hold_becomes_an_eip() -> None:
    net = Net()
    vm, spare = net.run(internet_max_bandwidth_out=5), eip(net)
    answers = describe(net.cloud)
    (described,) = entries(answers, "EipAddresses")
    described["IpAddress"] = vm.public_ip
    cloud = imported(net, answers)
    assert cloud.eips[spare.id].ip_address == vm.public_ip
    converted = cloud.execute(c.ConvertNatPublicIpToEip(instance_id=vm.id))
    assert cloud.eips[converted.eip_id or ""].ip_address == vm.public_ip
    assert cloud.execute(c.AllocateEipAddress()).ip_address == "240.0.0.2"
