"""Network interfaces: attributes and private addresses."""

from __future__ import annotations

from typing import Any

import pytest

from ecsnet import commands as c
from tests.domain.subjects.stories.network_interface import (
    address_outside_the_vswitch,
    create_with_eleven_secondary_addresses,
    named_addresses_leave_none_to_draw,
    revoke_an_address_of_another,
)
from tests.support.net import Net
from tests.support.witnesses import Story


def test_secondary_addresses_are_drawn_beside_a_named_primary_address(net: Net) -> None:
    interface = net.eni(primary_ip_address="10.0.1.9", secondary_private_ip_address_count=2)
    assert interface.private_ips == ("10.0.1.9", "10.0.1.1", "10.0.1.2")


def test_the_private_ip_of_an_instance_is_the_primary_address_of_its_interface(net: Net) -> None:
    vm = net.run()
    net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=net.primary(vm).id, secondary_private_ip_address_count=1)
    )
    assert net.cloud.instances[vm.id].private_ip == vm.private_ip == net.primary(vm).private_ips[0]


def test_modifying_one_attribute_leaves_the_others(net: Net) -> None:
    interface = net.eni(network_interface_name="web-1", description="the first")
    other = net.new_group()
    changes: list[dict[str, Any]] = [
        {"network_interface_name": "web-2"},
        {"description": "the second"},
        {"security_group_ids": (other.id,)},
    ]
    seen = []
    for change in changes:
        command = c.ModifyNetworkInterfaceAttribute(network_interface_id=interface.id, **change)
        now = net.cloud.execute(command)
        seen.append((now.name, now.description, now.security_group_ids))
    assert seen == [
        ("web-2", "the first", (net.group.id,)),
        ("web-2", "the second", (net.group.id,)),
        ("web-2", "the second", (other.id,)),
    ]


@pytest.mark.parametrize(
    ("story", "facts"),
    [
        (named_addresses_leave_none_to_draw, {"available": 1, "wanted": 2}),
        (create_with_eleven_secondary_addresses, {"count": 11, "quota": 10}),
        (address_outside_the_vswitch, {"addresses": ("10.0.2.5",)}),
        (revoke_an_address_of_another, {"addresses": ("10.0.1.2",)}),
    ],
)
def test_the_facts_of_a_violation_have_the_counts_and_addresses(net: Net, story: Story, facts: dict[str, Any]) -> None:
    (violation,) = net.cloud.check(story(net)).violations
    assert facts.items() <= violation.facts.items()
