"""The commands that `Cloud.permitted` lists for each status of a resource."""

from __future__ import annotations

from typing import Any

from ecsnet import NetworkInterface, RuleRegistry, rules
from ecsnet import commands as c
from tests.support.net import Net


def test_permitted_commands_of_vpcs_vswitches_and_groups(net: Net) -> None:
    assert set(net.cloud.permitted(net.vpc.id)) == {
        c.DeleteVpc,
        c.CreateVSwitch,
        c.CreateSecurityGroup,
        c.EnableVpcClassicLink,
        c.AttachClassicLinkVpc,
    }
    assert set(net.cloud.permitted(net.vswitch.id)) == {
        c.DeleteVSwitch,
        c.CreateNetworkInterface,
        c.RunInstances,
        c.CreateInstance,
    }
    assert set(net.cloud.permitted(net.group.id)) == {
        c.DeleteSecurityGroup,
        c.AuthorizeSecurityGroup,
        c.RevokeSecurityGroup,
        c.JoinSecurityGroup,
        c.LeaveSecurityGroup,
    }


WHATEVER_THE_STATUS = {
    c.ModifyInstanceNetworkSpec,
    c.RenewInstance,
    c.ReleasePublicIpAddress,
    c.DetachClassicLinkVpc,
}


STABLE = WHATEVER_THE_STATUS | {
    c.DeleteInstance,
    c.AttachNetworkInterface,
    c.DetachNetworkInterface,
    c.JoinSecurityGroup,
    c.LeaveSecurityGroup,
    c.AllocatePublicIpAddress,
    c.ConvertNatPublicIpToEip,
    c.AssociateEipAddress,
    c.AttachClassicLinkVpc,
}


def test_permitted_commands_of_an_instance_depend_on_its_status(slow_net: Net) -> None:
    cloud = slow_net.cloud
    (vm,) = cloud.execute(slow_net.run_command())
    expected = {
        "Pending": WHATEVER_THE_STATUS,
        "Running": STABLE | {c.StopInstance, c.RebootInstance},
        "Stopping": WHATEVER_THE_STATUS,
        "Stopped": STABLE | {c.StartInstance, c.ModifyInstanceVpcAttribute, c.ChangePublicIpAddress},
        "Starting": WHATEVER_THE_STATUS,
    }
    admitted = {vm.status: set(cloud.permitted(vm.id))}
    for command in (None, c.StopInstance, None, c.StartInstance):
        cloud.settle() if command is None else cloud.execute(command(instance_id=vm.id))
        admitted[cloud.instances[vm.id].status] = set(cloud.permitted(vm.id))
    assert admitted == expected


def test_permitted_commands_of_an_eip_depend_on_its_status(slow_net: Net) -> None:
    cloud, vm = slow_net.cloud, slow_net.run()
    address = cloud.execute(c.AllocateEipAddress())
    admitted = {address.status: set(cloud.permitted(address.id))}
    for command in (c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id), None):
        cloud.settle() if command is None else cloud.execute(command)
        admitted[cloud.eips[address.id].status] = set(cloud.permitted(address.id))
    assert admitted == {
        "Available": {c.AssociateEipAddress, c.ReleaseEipAddress},
        "Associating": set(),
        "InUse": {c.UnassociateEipAddress},
    }


def test_permitted_commands_of_an_interface_depend_on_its_status(slow_net: Net) -> None:
    cloud, vm = slow_net.cloud, slow_net.run()
    interface = cloud.execute(slow_net.eni_command())
    anything = {c.ModifyNetworkInterfaceAttribute, c.AssignPrivateIpAddresses, c.UnassignPrivateIpAddresses}
    admitted = {interface.status: set(cloud.permitted(interface.id))}
    detach = c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id)
    delete = c.DeleteNetworkInterface(network_interface_id=interface.id)
    for command in (None, slow_net.attach_command(interface, vm), None, detach, None, delete):
        cloud.settle() if command is None else cloud.execute(command)
        admitted[cloud.network_interfaces[interface.id].status] = set(cloud.permitted(interface.id))
    assert admitted == {
        "Creating": set(),
        "Available": anything | {c.AttachNetworkInterface, c.DeleteNetworkInterface},
        "Attaching": set(),
        "InUse": anything | {c.DetachNetworkInterface},
        "Detaching": {c.DetachNetworkInterface},
        "Deleting": {c.DeleteNetworkInterface},
    }


def test_permitted_applies_the_rules_that_need_only_the_resource(net: Net) -> None:
    vm, address = net.run(), net.cloud.execute(c.AllocateEipAddress())
    assert all(net.cloud.permitted(address.id).values())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    permitted = net.cloud.permitted(vm.id)
    assert [v.rule for v in permitted[c.AssociateEipAddress].violations] == ["eip.associate.duplicate"]


def test_permitted_applies_a_users_rule_about_attached_interfaces() -> None:
    own = RuleRegistry(rules)

    @own.denies("x.frozen", c.AttachNetworkInterface, message="{name} is frozen")
    def frozen(network_interface: NetworkInterface) -> dict[str, Any] | None:
        """What is frozen stays where it is."""
        return {"name": network_interface.name} if network_interface.name == "frozen-1" else None

    net = Net(rules=own)
    permitted = net.cloud.permitted(net.eni(network_interface_name="frozen-1").id)
    assert [v.rule for v in permitted[c.AttachNetworkInterface].violations] == ["x.frozen"]
    assert net.cloud.permitted(net.eni(network_interface_name="free-1").id)[c.AttachNetworkInterface]
