"""IPv4 prefixes of ENIs: what they take, and that they come and go as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import Cloud, InvalidCommand, NetworkInterface, audit
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.net import Net
from tests.support.replay import replayed
from tests.support.small_account import imported, interface, primary, vswitch

PREFIX = "10.0.1.48/28"


def free(cloud: Cloud, vswitch_id: str) -> int:
    return cloud.vswitches[vswitch_id].available_ip_address_count


def test_a_prefix_takes_sixteen_addresses_of_the_vswitch_and_counts_as_one(net: Net) -> None:
    before = free(net.cloud, net.vswitch.id)
    one = net.eni(ipv4_prefix_count=2)
    assert one.ipv4_prefixes == ("10.0.1.224/28", "10.0.1.208/28")
    assert free(net.cloud, net.vswitch.id) == before - 33
    assert net.cloud.security_groups[net.group.id].private_ip_count == 3
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=one.id))
    assert free(net.cloud, net.vswitch.id) == before
    assert net.cloud.security_groups[net.group.id].private_ip_count == 0
    assert invariants(net.cloud) == ()


def test_an_address_that_is_named_beside_a_prefix_is_not_drawn_too(net: Net) -> None:
    named = net.eni(private_ip_addresses=["10.0.1.1"], ipv4_prefix_count=1)
    assert named.private_ips == ("10.0.1.2", "10.0.1.1")
    assert named.ipv4_prefixes == ("10.0.1.224/28",)
    assert invariants(net.cloud) == ()


def test_a_prefix_is_assigned_and_revoked_as_a_whole(slow_net: Net) -> None:
    net = slow_net
    one = net.eni()
    before = free(net.cloud, net.vswitch.id)
    assign = c.AssignPrivateIpAddresses(network_interface_id=one.id, ipv4_prefixes=[PREFIX])
    assert net.cloud.execute(assign).ipv4_prefixes == (PREFIX,)
    unassign = c.UnassignPrivateIpAddresses(network_interface_id=one.id, ipv4_prefixes=[PREFIX, PREFIX])
    assert net.cloud.execute(unassign).ipv4_prefixes == (PREFIX,)  # until it is done
    assert net.cloud.check(unassign).events == ()
    assert invariants(net.cloud) == ()
    net.cloud.settle()
    assert net.cloud.network_interfaces[one.id].ipv4_prefixes == ()
    assert free(net.cloud, net.vswitch.id) == before
    assert invariants(net.cloud) == ()
    assert replayed(net.cloud).state_digest() == net.cloud.state_digest()


def test_single_addresses_and_prefixes_take_all_of_a_vswitch(net: Net) -> None:
    vswitch_id = net.new_vswitch("10.0.2.0/26").id
    net.quota("addresses-per-available-interface", 100)
    net.quota("addresses-per-interface", 100)
    one = net.eni(vswitch_id=vswitch_id, ipv4_prefix_count=2, secondary_private_ip_address_count=27)
    assert free(net.cloud, vswitch_id) == 0
    assert set(one.ipv4_prefixes) == {"10.0.2.16/28", "10.0.2.32/28"}
    assert len(set(one.private_ips)) == 28
    assert not {ip for ip in one.private_ips if 16 <= int(ip.rpartition(".")[2]) < 48}
    assert invariants(net.cloud) == ()


def test_the_search_for_a_prefix_goes_round(net: Net) -> None:
    first = net.eni(ipv4_prefix_count=10)
    second = net.eni(ipv4_prefix_count=3)  # of fourteen, in one of which both have their primary addresses
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=first.id))
    again = net.eni(ipv4_prefix_count=10)
    assert sorted(again.ipv4_prefixes) != []
    assert not set(again.ipv4_prefixes) & set(second.ipv4_prefixes)
    assert invariants(net.cloud) == ()


def test_a_vswitch_without_room_for_a_block_has_no_prefix(net: Net) -> None:
    vswitch_id = net.new_vswitch("10.0.2.0/28").id
    command = net.eni_command(vswitch_id=vswitch_id, ipv4_prefix_count=1)
    assert [v.rule for v in net.cloud.check(command).violations] == ["address.prefix.exhausted"]


@pytest.mark.parametrize(
    "prefixes", [["10.0.1.0/24"], ["10.0.1.1/28"], ["10.0.1.48"], ["banana"], [f"10.0.{n}.0/28" for n in range(11)]]
)
def test_what_can_be_no_prefix_is_refused_when_the_command_is_built(prefixes: list[str]) -> None:
    with pytest.raises(InvalidCommand) as caught:
        c.AssignPrivateIpAddresses(network_interface_id="eni-1", ipv4_prefixes=prefixes)
    assert caught.value.parameter == "ipv4_prefixes"


@pytest.mark.parametrize(
    "parameters",
    [
        {"ipv4_prefixes": [PREFIX], "ipv4_prefix_count": 1},
        {"ipv4_prefix_count": 1, "private_ip_addresses": ["10.0.1.9"], "secondary_private_ip_address_count": 1},
        {"ipv4_prefix_count": 11},
        {},
    ],
)
def test_what_contradicts_itself_is_refused_when_the_command_is_built(parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidCommand):
        c.AssignPrivateIpAddresses(network_interface_id="eni-1", **parameters)


def test_the_vswitch_of_an_instance_stays_while_its_primary_eni_has_a_prefix(net: Net) -> None:
    vm = net.run()
    net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=str(vm.primary_network_interface_id), ipv4_prefixes=[PREFIX])
    )
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    move = c.ModifyInstanceVpcAttribute(
        instance_id=vm.id, vswitch_id=net.new_vswitch("10.0.2.0/24").id, private_ip_address="10.0.2.9"
    )
    (violation,) = net.cloud.check(move).violations
    assert (violation.rule, violation.facts["addresses"]) == ("instance.modify-vpc.secondary-addresses", (PREFIX,))


# Imported ones


def described(**changes: Any) -> Cloud:
    sets = {"Ipv4PrefixSets": {"Ipv4PrefixSet": [{"Ipv4Prefix": PREFIX}, {"Ipv4Prefix": PREFIX}]}}
    other = interface(**{"MacAddress": "00:16:3e:00:00:02", **sets, **changes})
    return imported(interfaces=[primary(), other], vswitches=[vswitch(AvailableIpAddressCount=252 - 18)])


def test_an_imported_prefix_holds_its_addresses() -> None:
    cloud = described()
    assert cloud.network_interfaces["eni-1"].ipv4_prefixes == (PREFIX,)
    assert free(cloud, "vsw-1") == 234
    assert audit(cloud) == ()  # nothing unseen holds them
    inside = c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"], primary_ip_address="10.0.1.50")
    assert [v.rule for v in cloud.check(inside).violations] == ["address.private.in-use"]
    cloud.execute(c.UnassignPrivateIpAddresses(network_interface_id="eni-1", ipv4_prefixes=[PREFIX]))
    assert cloud.check(inside).allowed
    assert invariants(cloud) == ()


def test_an_imported_prefix_may_have_an_address_of_its_own_eni() -> None:
    cloud = described(PrivateIpAddress="10.0.1.50")
    cloud.execute(c.UnassignPrivateIpAddresses(network_interface_id="eni-1", ipv4_prefixes=[PREFIX]))
    assert free(cloud, "vsw-1") == 249  # the description leaves out one more
    cloud.execute(c.DeleteNetworkInterface(network_interface_id="eni-1"))
    assert free(cloud, "vsw-1") == 250
    assert invariants(cloud) == ()


def test_an_eni_with_a_prefix_of_another_size_is_held() -> None:
    cloud = described(Ipv4PrefixSets={"Ipv4PrefixSet": [{"Ipv4Prefix": "10.0.1.64/26"}]})
    assert cloud.network_interfaces["eni-1"].ipv4_prefixes == ()
    messages = [finding.message for finding in audit(cloud) if finding.rule == "interface.held"]
    assert messages == ["eni-1 is held: its prefix 10.0.1.64/26 has not sixteen addresses"]


def test_an_eni_with_nothing_but_a_prefix_beside_its_address_permits_to_revoke_it(net: Net) -> None:
    plain, with_prefix = net.eni(), net.eni(ipv4_prefix_count=1)
    assert revocable(net, plain) == ["interface.unassign.primary-address"]
    assert revocable(net, with_prefix) == []
    net.cloud.execute(
        c.UnassignPrivateIpAddresses(network_interface_id=with_prefix.id, ipv4_prefixes=with_prefix.ipv4_prefixes)
    )
    assert revocable(net, with_prefix) == ["interface.unassign.primary-address"]


def revocable(net: Net, one: NetworkInterface) -> list[str]:
    return [v.rule for v in net.cloud.permitted(one.id)[c.UnassignPrivateIpAddresses].violations]
