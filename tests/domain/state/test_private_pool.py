"""The order in which a VSwitch gives its private addresses."""

from __future__ import annotations

from ecsnet import Cloud
from ecsnet import commands as c
from tests.support.net import Net


class Small(Net):
    """A VSwitch with four addresses for users, 10.0.2.1 to 10.0.2.4."""

    def __init__(self) -> None:
        super().__init__()
        self.vswitch = self.new_vswitch("10.0.2.0/29")

    def address(self) -> str:
        return self.eni().primary_private_ip

    def delete(self, *addresses: str) -> None:
        for address in addresses:
            (interface,) = self.cloud.network_interfaces.where(private_ip=address)
            self.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))


def released_last(cloud: Cloud, vswitch_id: str) -> list[str]:
    """Returns the addresses that came back to the VSwitch, the next one to be allocated first."""
    vswitch = cloud.folded_state().region("cn-hangzhou").vswitches.get_existing(vswitch_id)
    kept, rest = [], vswitch.released
    while rest is not None:
        ip, rest = rest
        kept.append(ip)
    assert vswitch.released_count == len(kept)
    return kept


def test_freed_addresses_are_given_after_the_end_of_the_block_is_reached() -> None:
    net = Small()
    assert [net.address() for _ in range(3)] == ["10.0.2.1", "10.0.2.2", "10.0.2.3"]
    net.delete("10.0.2.1", "10.0.2.2")
    assert [net.address() for _ in range(3)] == ["10.0.2.4", "10.0.2.2", "10.0.2.1"]
    assert [v.rule for v in net.cloud.check(net.eni_command()).violations] == ["address.private.exhausted"]


def test_a_freed_address_that_was_taken_by_name_is_not_given_again() -> None:
    net = Small()
    interface = net.eni(secondary_private_ip_address_count=3)
    by_name = {"network_interface_id": interface.id}
    net.cloud.execute(c.UnassignPrivateIpAddresses(private_ip_addresses=["10.0.2.2", "10.0.2.3"], **by_name))
    for taken, left in (("10.0.2.3", "10.0.2.2"), ("10.0.2.2", "10.0.2.3")):
        fork = net.cloud.fork()
        fork.execute(c.AssignPrivateIpAddresses(private_ip_addresses=[taken], **by_name))
        kept = released_last(fork, net.vswitch.id)
        assert kept[0] == left
        assert fork.execute(net.eni_command()).primary_private_ip == left


def test_an_address_requested_by_name_is_not_drawn_as_well(net: Net) -> None:
    interface = net.eni(private_ip_addresses=["10.0.1.1", "10.0.1.3"])
    assert interface.private_ips == ("10.0.1.2", "10.0.1.1", "10.0.1.3")
    assert net.eni().primary_private_ip == "10.0.1.4"


def test_a_named_address_that_is_denied_uses_up_no_other() -> None:
    net = Small()
    net.eni(secondary_private_ip_address_count=2)
    for address, rule_id in (("10.0.2.1", "address.private.in-use"), ("10.0.2.0", "address.private.reserved")):
        decision = net.cloud.check(net.eni_command(private_ip_addresses=[address]))
        assert [v.rule for v in decision.violations] == [rule_id]


def test_freeing_one_address_repeatedly_takes_bounded_space() -> None:
    net = Small()
    for _ in range(3):
        net.address()
    net.delete("10.0.2.2", "10.0.2.3")
    lengths = []
    for _ in range(50):
        net.eni(primary_ip_address="10.0.2.2")
        net.delete("10.0.2.2")
        lengths.append(len(released_last(net.cloud, net.vswitch.id)))
    assert max(lengths) == 14  # twice the block
    assert [net.address() for _ in range(3)] == ["10.0.2.4", "10.0.2.2", "10.0.2.3"]
