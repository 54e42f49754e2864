"""`where`: values that cannot be are refused, lists mean any of their values, and indexes find what a scan would."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ecsnet import Cloud, EcsnetError, InvalidQuery
from ecsnet import commands as c
from ecsnet.domain.state.tables import Table
from ecsnet.testing import invariants
from tests.support.net import Net


@pytest.mark.parametrize(
    ("table", "attributes", "message"),
    [
        ("instances", {"status": "Runing"}, "status of instances is never 'Runing': did you mean 'Running'?"),
        ("instances", {"status": "running"}, "status of instances is never 'running': did you mean 'Running'?"),
        ("instances", {"status": ["Running", "Stoped"]}, "never 'Stoped': did you mean 'Stopped'?"),
        ("instances", {"status": None}, "instances always have a status"),
        ("instances", {"charge_type": "Prepaid"}, "did you mean 'PrePaid'?"),
        ("instances", {"network_type": "VPC"}, "network_type of instances is never 'VPC': did you mean 'vpc'?"),
        ("network_interfaces", {"type": "primary"}, "did you mean 'Primary'?"),
        ("eips", {"status": 5}, "status of eips is never 5"),
        ("network_interfaces", {"instance": "i-1"}, "no attribute 'instance': did you mean 'instance_id'?"),
        ("network_interfaces", {"security_group": "sg-1"}, "did you mean 'security_group_id'?"),
        ("network_interfaces", {"private_ips": ["10.0.1.1"]}, "give a tuple, or private_ip for one of its values"),
        ("network_interfaces", {"private_ips": "10.0.1.1"}, "give a tuple, or private_ip for one of its values"),
    ],
)
def test_a_query_that_nothing_can_ever_meet_is_invalid(table: str, attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidQuery, match=re.escape(message)) as raised:
        getattr(Cloud(), table).where(**attributes)
    assert isinstance(raised.value, EcsnetError)
    assert isinstance(raised.value, ValueError)


def test_a_list_or_set_means_any_of_its_values(net: Net) -> None:
    vm, other = net.run(), net.run()
    first, second, third = net.attached(vm), net.attached(other), net.eni(private_ip_addresses=["10.0.1.77"])
    interfaces, instances = net.cloud.network_interfaces, net.cloud.instances
    assert interfaces.where(id=[third.id, first.id, "eni-none"]) == (first, third)
    assert interfaces.where(instance_id={vm.id, other.id}, type="Secondary") == (first, second)
    assert interfaces.where(instance_id=[vm.id, None], type="Secondary") == (first, third)
    assert interfaces.where(private_ip=["10.0.1.77", first.primary_private_ip]) == (first, third)
    assert interfaces.where(private_ips=[first.private_ips, third.private_ips]) == (first, third)
    assert interfaces.where(security_group_id=[net.group.id, "sg-none"], status=("Available",)) == (third,)
    assert instances.where(status=["Running", "Stopped"]) == tuple(instances.values())
    assert instances.where(status=frozenset({"Stopped"})) == ()
    assert instances.where(id=[]) == ()


def test_interfaces_are_found_by_their_name_as_it_is_now(net: Net) -> None:
    one, two = net.eni(network_interface_name="web"), net.eni(network_interface_name="web")
    other = net.eni(network_interface_name="db")
    unnamed = net.eni()
    interfaces = net.cloud.network_interfaces
    assert interfaces.where(name="web") == (one, two)
    assert interfaces.where(name=["db", "web"]) == (one, two, other)
    assert interfaces.where(name=None) == (unnamed,)
    rename = c.ModifyNetworkInterfaceAttribute(network_interface_id=one.id, network_interface_name="db")
    renamed = net.cloud.execute(rename)
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=other.id))
    assert interfaces.where(name="db") == (renamed,)
    assert interfaces.where(name="web") == (two,)
    for left in (one, two):
        net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=left.id))
    assert interfaces.where(name="web") == ()
    assert not net.cloud.folded_state().region("cn-hangzhou").interfaces_of_name.size
    assert invariants(net.cloud) == ()


@pytest.mark.parametrize("attributes", [{"name": "web"}, {"id": "eni-none"}, {"id": ["eni-none"], "status": "InUse"}])
def test_names_and_ids_are_found_without_a_scan(
    attributes: dict[str, Any], net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        net.eni(network_interface_name="web")

    def scan(self: Any) -> Any:
        if any(key.startswith("eni-") and value is not True for key, value in self.items()):
            raise AssertionError("all ENIs are gone through")
        return iter(self)

    monkeypatch.setattr(Table, "live_values", scan)
    found = net.cloud.network_interfaces.where(**attributes)
    assert len(found) == (3 if attributes == {"name": "web"} else 0)
