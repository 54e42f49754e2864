"""Stories about EIPs."""

from __future__ import annotations

from typing import Any

from ecsnet import Command, Eip
from ecsnet import commands as c
from tests.support.accounts import eips
from tests.support.net import Net
from tests.support.setups import OPEN, associated, classic, eip
from tests.support.witnesses import MANUAL, keeps, trips

# An EIP that does not exist


@trips("eip.not-found")
def eip_is_not_there(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id="eip-none")


@keeps(
    "eip.not-found",
    "eip.associate.state",
    "eip.associate.duplicate",
    "eip.associate.region",
    "eip.associate.instance-state",
    "eip.associate.public-ip",
)
def associate_an_available_one(net: Net) -> Command[Any]:
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=net.run().id)


# Associating


@trips("eip.associate.state", "eip.associate.duplicate")
def associate_twice(net: Net) -> Command[Any]:
    vm = net.run()
    return c.AssociateEipAddress(allocation_id=associated(net, vm).id, instance_id=vm.id)


@trips("eip.associate.duplicate")
def associate_a_second_one(net: Net) -> Command[Any]:
    vm = net.run()
    associated(net, vm)
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id)


@trips("eip.associate.region", "eip.associate.duplicate")
def associate_a_second_one_across_regions(net: Net) -> Command[Any]:
    vm = net.run()
    associated(net, vm)
    far = net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing"))
    return c.AssociateEipAddress(allocation_id=far.id, instance_id=vm.id)


@trips("eip.associate.region")
def associate_across_regions(net: Net) -> Command[Any]:
    far = net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing"))
    return c.AssociateEipAddress(allocation_id=far.id, instance_id=net.run().id)


@trips("eip.associate.instance-state", **MANUAL)
def associate_while_pending(net: Net) -> Command[Any]:
    (vm,) = net.cloud.execute(net.run_command())
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id)


@trips("eip.associate.public-ip")
def associate_beside_a_public_address(net: Net) -> Command[Any]:
    vm = net.run(internet_max_bandwidth_out=5)
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=vm.id)


@trips("eip.associate.network-type", **OPEN)
def associate_with_a_classic_instance(net: Net) -> Command[Any]:
    address = net.cloud.execute(c.AllocateEipAddress())
    return c.AssociateEipAddress(allocation_id=address.id, instance_id=classic(net).id)


@keeps("eip.associate.network-type", **OPEN)
def associate_with_an_instance_of_a_vpc(net: Net) -> Command[Any]:
    address = net.cloud.execute(c.AllocateEipAddress())
    return c.AssociateEipAddress(allocation_id=address.id, instance_id=net.run().id)


# On secondary ENIs


def with_interface(net: Net, interface_id: str, **parameters: Any) -> Command[Any]:
    return c.AssociateEipAddress(
        allocation_id=eip(net).id, instance_id=interface_id, instance_type="NetworkInterface", **parameters
    )


@trips("interface.not-found")
def associate_with_an_interface_that_is_not_there(net: Net) -> Command[Any]:
    return with_interface(net, "eni-none")


@trips("interface.not-found")
def associate_with_an_instance_as_if_it_were_an_interface(net: Net) -> Command[Any]:
    return with_interface(net, net.run().id)


@trips("instance.not-found")
def associate_with_an_interface_as_if_it_were_an_instance(net: Net) -> Command[Any]:
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=net.eni().id)


@keeps(
    "eip.associate.interface-state",
    "eip.associate.primary-interface",
    "eip.associate.private-ip",
    "eip.associate.duplicate",
    "eip.associate.region",
)
def associate_with_a_second_address_of_an_interface(net: Net) -> Command[Any]:
    interface = net.eni(secondary_private_ip_address_count=1)
    net.cloud.execute(with_interface(net, interface.id))
    return with_interface(net, interface.id, private_ip_address=interface.private_ips[1])


@keeps("eip.associate.public-ip")
def associate_with_an_interface_of_an_instance_that_has_a_public_address(net: Net) -> Command[Any]:
    return with_interface(net, net.attached(net.run(internet_max_bandwidth_out=5)).id)


@trips("eip.associate.primary-interface")
def associate_with_a_primary_interface(net: Net) -> Command[Any]:
    return with_interface(net, str(net.run().primary_network_interface_id))


@trips("eip.associate.region")
def associate_with_an_interface_across_regions(net: Net) -> Command[Any]:
    far = net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing"))
    return c.AssociateEipAddress(allocation_id=far.id, instance_id=net.eni().id, instance_type="NetworkInterface")


@trips("eip.associate.interface-state", **MANUAL)
def associate_with_an_interface_that_is_attaching(net: Net) -> Command[Any]:
    vm, interface = net.run(), net.eni()
    net.cloud.execute(c.AttachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
    return with_interface(net, interface.id)


@trips("eip.associate.interface-state", **MANUAL)
def associate_with_an_interface_of_an_instance_being_released(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    return with_interface(net, interface.id)


@trips("eip.associate.private-ip")
def associate_with_an_address_that_the_interface_does_not_hold(net: Net) -> Command[Any]:
    return with_interface(net, net.eni().id, private_ip_address="10.0.1.99")


@trips("eip.associate.private-ip", **MANUAL)
def associate_with_an_address_that_is_being_revoked(net: Net) -> Command[Any]:
    interface = net.eni(secondary_private_ip_address_count=1)
    ip = interface.private_ips[1]
    net.cloud.execute(c.UnassignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=[ip]))
    return with_interface(net, interface.id, private_ip_address=ip)


@trips("eip.associate.private-ip")
def associate_with_another_address_than_the_primary_one_of_an_instance(net: Net) -> Command[Any]:
    return c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=net.run().id, private_ip_address="10.0.1.99")


@keeps("eip.associate.private-ip")
def associate_with_the_primary_address_of_an_instance(net: Net) -> Command[Any]:
    vm = net.run()
    return c.AssociateEipAddress(
        allocation_id=eip(net).id,
        instance_id=vm.id,
        instance_type="EcsInstance",
        private_ip_address=vm.private_ip,
    )


@trips("eip.associate.duplicate")
def associate_a_second_one_with_the_primary_address_of_an_interface(net: Net) -> Command[Any]:
    interface = net.eni()
    net.cloud.execute(with_interface(net, interface.id))
    return with_interface(net, interface.id, private_ip_address=interface.primary_private_ip)


@trips("eip.unassociate.wrong-instance")
def unassociate_from_another_interface(net: Net) -> Command[Any]:
    address = net.cloud.execute(with_interface(net, net.eni().id))
    return c.UnassociateEipAddress(allocation_id=address.id, instance_id=net.eni().id, instance_type="NetworkInterface")


@trips("eip.unassociate.private-ip")
def unassociate_from_another_address(net: Net) -> Command[Any]:
    address = net.cloud.execute(with_interface(net, net.eni().id))
    return c.UnassociateEipAddress(allocation_id=address.id, private_ip_address="10.0.1.99")


@keeps("eip.unassociate.private-ip", "eip.unassociate.wrong-instance", "eip.unassociate.instance-state")
def unassociate_from_its_address(net: Net) -> Command[Any]:
    interface = net.attached(net.run())
    address = net.cloud.execute(with_interface(net, interface.id))
    return c.UnassociateEipAddress(
        allocation_id=address.id,
        instance_id=interface.id,
        instance_type="NetworkInterface",
        private_ip_address=interface.primary_private_ip,
    )


@keeps("eip.unassociate.private-ip")
def unassociate_from_the_address_of_its_instance(net: Net) -> Command[Any]:
    vm = net.run()
    return c.UnassociateEipAddress(allocation_id=associated(net, vm).id, private_ip_address=vm.private_ip)


@trips("eip.unassociate.instance-state", **MANUAL)
def unassociate_from_an_interface_that_is_being_deleted(net: Net) -> Command[Any]:
    interface = net.eni()
    address = net.cloud.execute(with_interface(net, interface.id))
    net.cloud.settle()
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    return c.UnassociateEipAddress(allocation_id=address.id)


@trips("eip.unassociate.instance-state", **MANUAL)
def unassociate_from_an_interface_of_what_is_being_released(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    address = net.cloud.execute(with_interface(net, interface.id))
    net.cloud.settle()
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    return c.UnassociateEipAddress(allocation_id=address.id)


@keeps("eip.unassociate.instance-state", **MANUAL)
def unassociate_from_an_interface_that_was_kept_after_the_release(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm, delete_on_release=False)
    address = net.cloud.execute(with_interface(net, interface.id))
    net.cloud.settle()
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    net.cloud.settle()
    return c.UnassociateEipAddress(allocation_id=address.id, instance_id=interface.id, instance_type="NetworkInterface")


def abroad(net: Net) -> Eip:
    return net.cloud.execute(c.AllocateEipAddress(region_id="cn-beijing"))


@trips("eip.associate.region", "eip.associate.private-ip")
def associate_one_of_another_region_with_an_address_that_is_not_there(net: Net) -> Command[Any]:
    return c.AssociateEipAddress(allocation_id=abroad(net).id, instance_id=net.run().id, private_ip_address="10.0.1.99")


@trips("eip.associate.region", "eip.associate.interface-state", **MANUAL)
def associate_one_of_another_region_with_an_interface_of_what_is_being_released(net: Net) -> Command[Any]:
    vm = net.run()
    interface = net.attached(vm)
    net.cloud.settle()
    net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    return c.AssociateEipAddress(
        allocation_id=abroad(net).id, instance_id=interface.id, instance_type="NetworkInterface"
    )


def with_an_eip_at_its_second_address(net: Net, revoked: int) -> Command[Any]:
    interface = net.eni(secondary_private_ip_address_count=2)
    net.cloud.execute(with_interface(net, interface.id, private_ip_address=interface.private_ips[1]))
    return c.UnassignPrivateIpAddresses(
        network_interface_id=interface.id, private_ip_addresses=[interface.private_ips[revoked]]
    )


@trips("interface.unassign.eip")
def revoke_an_address_that_has_an_eip(net: Net) -> Command[Any]:
    return with_an_eip_at_its_second_address(net, 1)


@keeps("interface.unassign.eip")
def revoke_another_address_than_the_one_with_an_eip(net: Net) -> Command[Any]:
    return with_an_eip_at_its_second_address(net, 2)


# Unassociating


@trips("eip.unassociate.state")
def unassociate_an_available_one(net: Net) -> Command[Any]:
    return c.UnassociateEipAddress(allocation_id=eip(net).id)


@trips("eip.unassociate.wrong-instance")
def unassociate_from_another_instance(net: Net) -> Command[Any]:
    return c.UnassociateEipAddress(allocation_id=associated(net, net.run()).id, instance_id=net.run().id)


@keeps("eip.unassociate.state", "eip.unassociate.instance-state", "eip.unassociate.wrong-instance")
def unassociate_from_its_instance(net: Net) -> Command[Any]:
    vm = net.run()
    return c.UnassociateEipAddress(allocation_id=associated(net, vm).id, instance_id=vm.id)


@trips("eip.unassociate.state", **MANUAL)
def unassociate_while_associating(net: Net) -> Command[Any]:
    address = net.cloud.execute(c.AssociateEipAddress(allocation_id=eip(net).id, instance_id=net.run().id))
    return c.UnassociateEipAddress(allocation_id=address.id)


# Releasing


@trips("eip.release.state")
def release_an_associated_one(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=associated(net, net.run()).id)


@keeps("eip.release.state")
def release_an_available_one(net: Net) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=eip(net).id)


# More described than the default quota


@keeps("account.eip-quota")
def one_more_than_the_eips_described_in_two_regions(net: Net) -> Command[Any]:
    net.cloud.import_resources([eips(12), eips(12, "cn-beijing")])
    return c.AllocateEipAddress()


@trips("account.eip-quota")
def one_more_than_the_quota_set_after_more_eips_were_described(net: Net) -> Command[Any]:
    net.cloud.import_resources([eips(24)])
    net.quota("eips-per-account", 24)
    return c.AllocateEipAddress()
