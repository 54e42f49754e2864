"""Stories about EIPs."""

from __future__ import annotations

from typing import Any

from ecsnet import Command
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
