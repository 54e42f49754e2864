"""EIPs: association, release and statuses."""

from __future__ import annotations

from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.net import Net
from tests.support.setups import associated, eip


def test_an_eip_becomes_available_when_its_instance_is_deleted(net: Net) -> None:
    vm = net.run()
    address = associated(net, vm)
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    survivor = net.cloud.eips[address.id]
    assert (survivor.status, survivor.instance_id) == ("Available", None)
    assert [record.type for record in net.cloud.history()[-2:]] == ["EipAddressUnassociated", "InstanceReleased"]
    assert net.cloud.execute(c.ReleaseEipAddress(allocation_id=address.id)).status == "Released"
    assert not net.cloud.eips


def test_an_eip_passes_through_its_transitional_statuses(slow_net: Net) -> None:
    net = slow_net
    vm, address = net.run(), eip(net)
    seen = []
    for command in (
        c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id),
        c.UnassociateEipAddress(allocation_id=address.id),
        c.ReleaseEipAddress(allocation_id=address.id),
    ):
        seen.append(net.cloud.execute(command).status)
        assert invariants(net.cloud) == ()
        (settled,) = net.cloud.settle()
        seen.append(settled.status)  # type: ignore[attr-defined]
    assert seen == ["Associating", "InUse", "Unassociating", "Available", "Releasing", "Released"]


def test_releasing_an_instance_frees_an_eip_that_is_still_associating(slow_net: Net) -> None:
    net = slow_net
    vm, address = net.run(), eip(net)
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    net.cloud.settle(vm.id)
    net.cloud.settle(vm.id)
    assert net.cloud.eips[address.id].status == "Available"
    assert net.cloud.settle() == ()
    assert invariants(net.cloud) == ()
