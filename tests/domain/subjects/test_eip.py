"""EIPs: association, release and statuses."""

from __future__ import annotations

import pytest

from ecsnet import InvalidCommand, RecordedEvent, ReplayError
from ecsnet import commands as c
from ecsnet.domain.fold import fold
from ecsnet.events.eip import EipAddressAssociated
from ecsnet.testing import invariants
from tests.support.net import START, Net
from tests.support.setups import associated, eip


def on_interface(net: Net, interface_id: str, private_ip: str | None = None) -> str:
    """Returns the id of an EIP on an ENI."""
    command = c.AssociateEipAddress(
        allocation_id=eip(net).id,
        instance_id=interface_id,
        instance_type="NetworkInterface",
        private_ip_address=private_ip,
    )
    return net.cloud.execute(command).id


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


def test_an_eip_on_an_eni_is_shown_on_both(net: Net) -> None:
    interface = net.eni(secondary_private_ip_address_count=1)
    second = interface.private_ips[1]
    eip_ids = (on_interface(net, interface.id), on_interface(net, interface.id, second))
    assert net.cloud.network_interfaces[interface.id].eip_ids == eip_ids
    shown = [net.cloud.eips[eip_id] for eip_id in eip_ids]
    assert {(one.status, one.instance_id, one.instance_type) for one in shown} == {
        ("InUse", interface.id, "NetworkInterface")
    }
    assert [one.private_ip_address for one in shown] == [None, second]
    assert net.cloud.eips.where(instance_id=interface.id) == tuple(shown)
    assert net.cloud.history(interface.id)[-1].event.allocation_id == eip_ids[1]  # type: ignore[attr-defined]
    assert invariants(net.cloud) == ()


def test_an_eip_goes_with_its_eni_to_another_instance(net: Net) -> None:
    one, other = net.run(), net.run()
    interface = net.attached(one)
    address = on_interface(net, interface.id)
    access = net.cloud.internet_access(one.id)
    assert (access.accessible, access.allocation_id, access.network_interface_id) == (True, address, interface.id)
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=one.id))
    assert not net.cloud.internet_access(one.id).accessible
    net.cloud.execute(c.AttachNetworkInterface(network_interface_id=interface.id, instance_id=other.id))
    assert net.cloud.internet_access(other.id).allocation_id == address
    assert net.cloud.eips[address].instance_id == interface.id
    assert invariants(net.cloud) == ()


def test_an_eip_is_free_when_its_eni_is_deleted(net: Net) -> None:
    interface = net.eni()
    address = on_interface(net, interface.id)
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    assert [record.type for record in net.cloud.history()[-2:]] == ["EipAddressUnassociated", "NetworkInterfaceDeleted"]
    assert (net.cloud.eips[address].status, net.cloud.eips[address].instance_id) == ("Available", None)
    assert invariants(net.cloud) == ()


def test_an_eip_is_free_when_its_eni_is_released_with_its_instance(slow_net: Net) -> None:
    net = slow_net
    vm = net.run()
    interface = net.attached(vm)
    associating = on_interface(net, interface.id)
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    net.cloud.settle(vm.id)
    assert net.cloud.eips[associating].status == "Associating"
    net.cloud.settle(vm.id)
    assert net.cloud.eips[associating].status == "Available"
    assert net.cloud.settle() == ()
    assert invariants(net.cloud) == ()


def test_an_eip_stays_while_its_eni_is_being_deleted(slow_net: Net) -> None:
    net = slow_net
    interface = net.eni()
    address = on_interface(net, interface.id)
    net.cloud.settle()
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    assert net.cloud.eips[address].status == "InUse"
    net.cloud.settle()
    assert net.cloud.eips[address].status == "Available"
    assert interface.id not in net.cloud.network_interfaces
    assert invariants(net.cloud) == ()


def test_an_eip_passes_through_its_transitional_statuses_on_an_eni(slow_net: Net) -> None:
    net = slow_net
    interface = net.eni(secondary_private_ip_address_count=1)
    address = on_interface(net, interface.id, interface.private_ips[1])
    assert net.cloud.eips[address].status == "Associating"
    net.cloud.settle()
    assert net.cloud.eips[address].private_ip_address == interface.private_ips[1]
    unassociate = c.UnassociateEipAddress(allocation_id=address)
    assert net.cloud.execute(unassociate).status == "Unassociating"
    net.cloud.settle()
    assert net.cloud.network_interfaces[interface.id].eip_ids == ()
    assert net.cloud.eips[address].private_ip_address is None
    assert invariants(net.cloud) == ()


def test_saying_what_is_the_default_makes_the_same_command() -> None:
    said = c.AssociateEipAddress(allocation_id="eip-1", instance_id="i-1", instance_type="EcsInstance")
    assert said == c.AssociateEipAddress(allocation_id="eip-1", instance_id="i-1")
    assert repr(said) == "AssociateEipAddress(allocation_id='eip-1', instance_id='i-1')"


@pytest.mark.parametrize("user", ["Nat", "SlbInstance", "HaVip"])
def test_what_is_not_modelled_is_refused_by_name(user: str) -> None:
    with pytest.raises(InvalidCommand, match=f"{user} is not modelled") as caught:
        c.AssociateEipAddress(allocation_id="eip-1", instance_id="x-1", instance_type=user)  # type: ignore[arg-type]
    assert caught.value.parameter == "instance_type"


@pytest.mark.parametrize("fault", ["an address it lacks", "a primary ENI", "no ENI"])
def test_an_association_that_no_eni_takes_cannot_be_folded(net: Net, fault: str) -> None:
    interface_id = str(net.run().primary_network_interface_id) if fault == "a primary ENI" else net.eni().id
    event = EipAddressAssociated(
        allocation_id=eip(net).id,
        network_interface_id="eni-none" if fault == "no ENI" else interface_id,
        private_ip_address="10.0.1.99" if fault == "an address it lacks" else None,
    )
    world, last = net.cloud.folded_state(), net.cloud.history()[-1]
    version = world.version(last.stream) + 1
    record = RecordedEvent(last.position + 1, last.stream, version, event, START, last.account_id, last.command_id)
    with pytest.raises(ReplayError):
        fold(world, [record])


def test_an_eni_permits_what_its_eips_permit(net: Net) -> None:
    interface = net.eni()
    permitted = net.cloud.permitted(interface.id)
    assert permitted[c.AssociateEipAddress].allowed
    assert [v.rule for v in permitted[c.UnassociateEipAddress].violations] == ["eip.unassociate.wrong-instance"]
    on_interface(net, interface.id)
    permitted = net.cloud.permitted(interface.id)
    assert [v.rule for v in permitted[c.AssociateEipAddress].violations] == ["eip.associate.duplicate"]
    assert permitted[c.UnassociateEipAddress].allowed
