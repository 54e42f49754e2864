"""Stories about security groups: membership, addresses, authorizations."""

from __future__ import annotations

from typing import Any

from ecsnet import Command, NewNetworkInterface
from ecsnet import commands as c
from tests.support.accounts import network, quotas
from tests.support.net import Net
from tests.support.setups import OPEN, classic, classic_command, other_vpc_group
from tests.support.witnesses import MANUAL, keeps, trips

# A group that does not exist


@trips("security-group.not-found")
def group_is_not_there(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, "sg-none"])


@trips("security-group.not-found")
def run_with_a_group_that_is_not_there(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=["sg-none"])


# The groups of an interface or instance


@trips("interface.security-groups.vpc")
def interface_with_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, other_vpc_group(net)])


@trips("interface.security-groups.vpc")
def interface_with_a_classic_group(net: Net) -> Command[Any]:
    classic = net.cloud.execute(c.CreateSecurityGroup())
    return net.eni_command(security_group_ids=[classic.id])


@trips("interface.security-groups.vpc")
def instance_with_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=[other_vpc_group(net)])


@trips("interface.security-groups.vpc")
def join_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=other_vpc_group(net), instance_id=net.run().id)


@trips("interface.security-groups.vpc")
def modify_to_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=net.eni().id, security_group_ids=[other_vpc_group(net)]
    )


@trips("interface.security-groups.count")
def interface_without_a_group(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[])


@trips("interface.security-groups.count")
def interface_with_six_groups(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, *[net.new_group().id for _ in range(5)]])


@keeps("interface.security-groups.count")
def interface_with_five_groups(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, *[net.new_group().id for _ in range(4)]])


@trips("interface.security-groups.count")
def modify_to_no_group(net: Net) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=net.eni().id, security_group_ids=[])


@trips("interface.security-groups.count")
def leave_the_last_group(net: Net) -> Command[Any]:
    return c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=net.run().id)


@keeps("interface.security-groups.count", "security-group.leave.member", "security-group.leave.instance-state")
def leave_the_last_group_but_one(net: Net) -> Command[Any]:
    vm = net.run(security_group_ids=[net.group.id, net.new_group().id])
    return c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@trips("interface.security-groups.count")
def join_a_sixth_group(net: Net) -> Command[Any]:
    vm = net.run(security_group_ids=[net.group.id, *[net.new_group().id for _ in range(4)]])
    return c.JoinSecurityGroup(security_group_id=net.new_group().id, instance_id=vm.id)


@trips("interface.security-groups.vpc", **OPEN)
def run_a_classic_instance_with_a_group_of_a_vpc(net: Net) -> Command[Any]:
    return classic_command(net, security_group_ids=[net.group.id])


@trips("interface.security-groups.vpc", **OPEN)
def a_classic_instance_joins_a_group_of_a_vpc(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=classic(net).id)


@keeps("interface.security-groups.vpc", **OPEN)
def a_classic_instance_joins_a_classic_group(net: Net) -> Command[Any]:
    other = net.cloud.execute(c.CreateSecurityGroup())
    return c.JoinSecurityGroup(security_group_id=other.id, instance_id=classic(net).id)


@trips("interface.security-groups.count", **OPEN)
def a_classic_instance_leaves_its_last_group(net: Net) -> Command[Any]:
    vm = classic(net)
    return c.LeaveSecurityGroup(security_group_id=vm.security_group_ids[0], instance_id=vm.id)


@trips("interface.security-groups.count")
def run_without_a_group(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=[])


# Joining


@trips("security-group.join.member")
def join_a_group_twice(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=net.run().id)


@keeps(
    "security-group.join.member",
    "security-group.join.instance-state",
    "interface.security-groups.vpc",
    "interface.security-groups.count",
)
def join_a_second_group(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=net.new_group().id, instance_id=net.run().id)


@trips("security-group.join.instance-state", **MANUAL)
def join_while_pending(net: Net) -> Command[Any]:
    (vm,) = net.cloud.execute(net.run_command())
    return c.JoinSecurityGroup(security_group_id=net.new_group().id, instance_id=vm.id)


# Leaving


@trips("security-group.leave.instance-state", **MANUAL)
def leave_while_stopping(net: Net) -> Command[Any]:
    vm = net.run(security_group_ids=[net.group.id, net.new_group().id])
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    return c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@trips("security-group.leave.member")
def leave_a_group_never_joined(net: Net) -> Command[Any]:
    return c.LeaveSecurityGroup(security_group_id=net.new_group().id, instance_id=net.run().id)


# The addresses of a group


def full_group(net: Net) -> None:
    net.quota("addresses-per-security-group", 3)
    net.eni(private_ip_addresses=["10.0.1.11", "10.0.1.12"])


@trips("security-group.address-quota")
def create_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    return net.eni_command()


@trips("security-group.address-quota")
def run_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    return net.run_command()


@trips("security-group.address-quota")
def assign_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    (interface,) = net.cloud.network_interfaces.values()
    return c.AssignPrivateIpAddresses(network_interface_id=interface.id, secondary_private_ip_address_count=1)


@trips("security-group.address-quota")
def join_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    vm = net.run(security_group_ids=[net.new_group().id])
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@trips("security-group.address-quota")
def modify_into_a_full_group(net: Net) -> Command[Any]:
    full_group(net)
    other = net.eni(security_group_ids=[net.new_group().id])
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=other.id, security_group_ids=[net.group.id])


@trips("security-group.address-quota")
def two_thousand_addresses_and_one(net: Net) -> Command[Any]:
    net.quota("interfaces-per-region", 200)
    net.vswitch = net.new_vswitch("10.0.32.0/20")
    for _ in range(181):
        net.cloud.execute(net.eni_command(secondary_private_ip_address_count=10))
    for _ in range(9):
        net.cloud.execute(net.eni_command())
    assert net.cloud.security_groups[net.group.id].private_ip_count == 2000
    return net.eni_command()


@keeps("security-group.address-quota")
def the_last_address_of_a_group(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    net.eni(private_ip_addresses=["10.0.1.11"])
    return net.eni_command()


@keeps("security-group.address-quota")
def a_full_group_is_kept(net: Net) -> Command[Any]:
    full_group(net)
    (interface,) = net.cloud.network_interfaces.values()
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=interface.id, security_group_ids=[net.group.id, net.new_group().id]
    )


@trips("security-group.address-quota")
def the_secondary_addresses_of_one_that_joins_count(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    vm = net.run(security_group_ids=[net.new_group().id])
    net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=net.primary(vm).id, secondary_private_ip_address_count=2)
    )
    net.eni()
    return c.JoinSecurityGroup(security_group_id=net.group.id, instance_id=vm.id)


@keeps("security-group.address-quota")
def the_last_addresses_of_a_group_join(net: Net) -> Command[Any]:
    command = the_secondary_addresses_of_one_that_joins_count(net)
    net.quota("addresses-per-security-group", 4)
    return command


@trips("security-group.address-quota")
def one_instance_more_than_a_group_takes(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    return net.run_command(amount=4)


@keeps("security-group.address-quota")
def as_many_instances_as_a_group_takes(net: Net) -> Command[Any]:
    net.quota("addresses-per-security-group", 3)
    return net.run_command(amount=3)


# Authorizing


@trips("security-group.authorize.vpc")
def authorize_a_group_of_another_vpc(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other_vpc_group(net))


@keeps("security-group.authorize.vpc")
def authorize_a_group_of_the_same_vpc(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.new_group().id)


# Deleting


@trips("security-group.delete.in-use")
def delete_a_group_with_a_member(net: Net) -> Command[Any]:
    net.eni()
    return c.DeleteSecurityGroup(security_group_id=net.group.id)


@trips("security-group.delete.in-use")
def delete_a_group_that_another_authorizes(net: Net) -> Command[Any]:
    other = net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=other.id, source_group_id=net.group.id))
    return c.DeleteSecurityGroup(security_group_id=net.group.id)


@keeps("security-group.delete.in-use")
def delete_a_group_that_authorizes_another(net: Net) -> Command[Any]:
    other = net.new_group()
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other.id))
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.group.id))
    return c.DeleteSecurityGroup(security_group_id=net.group.id)


# While a group is being deleted


def deleting(net: Net) -> str:
    return net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.new_group().id)).id


@trips("security-group.state", **MANUAL)
def interface_in_a_group_that_is_being_deleted(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, deleting(net)])


@trips("security-group.state", **MANUAL)
def run_in_a_group_that_is_being_deleted(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=[deleting(net)])


@trips("security-group.state", **MANUAL)
def run_with_a_new_interface_in_a_group_that_is_being_deleted(net: Net) -> Command[Any]:
    return net.run_command(network_interfaces=[NewNetworkInterface(security_group_ids=[deleting(net)])])


@trips("security-group.state", **MANUAL)
def join_a_group_that_is_being_deleted(net: Net) -> Command[Any]:
    vm = net.run()
    return c.JoinSecurityGroup(security_group_id=deleting(net), instance_id=vm.id)


@trips("security-group.state", **MANUAL)
def move_an_interface_into_a_group_that_is_being_deleted(net: Net) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=net.eni().id, security_group_ids=[deleting(net)])


@trips("security-group.state", **MANUAL)
def authorize_a_group_that_is_being_deleted(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=deleting(net))


@trips("security-group.state", **MANUAL)
def revoke_from_a_group_that_is_being_deleted(net: Net) -> Command[Any]:
    return c.RevokeSecurityGroup(security_group_id=deleting(net), source_group_id=net.group.id)


@keeps("security-group.state", **MANUAL)
def interface_in_a_group_beside_one_that_is_being_deleted(net: Net) -> Command[Any]:
    deleting(net)
    return net.eni_command()


@keeps("security-group.delete.in-use", **MANUAL)
def delete_a_group_again(net: Net) -> Command[Any]:
    return c.DeleteSecurityGroup(security_group_id=deleting(net))


@trips("security-group.delete.in-use", **MANUAL)
def delete_the_group_of_an_instance_that_is_being_released(net: Net) -> Command[Any]:
    net.cloud.execute(c.DeleteInstance(instance_id=net.run().id, force=True))
    return c.DeleteSecurityGroup(security_group_id=net.group.id)


# More described than the default quota


@keeps("account.security-group-quota")
def one_more_than_the_described_groups(net: Net) -> Command[Any]:
    net.cloud.import_resources(network(groups=101))
    return c.CreateSecurityGroup(vpc_id="vpc-0")


@trips("account.security-group-quota")
def one_more_than_the_described_quota_of_groups(net: Net) -> Command[Any]:
    net.cloud.import_resources([quotas(max_security_groups=1)])
    return c.CreateSecurityGroup(vpc_id=net.vpc.id)


# Enterprise groups


def enterprise_group(net: Net) -> str:
    command = c.CreateSecurityGroup(vpc_id=net.vpc.id, security_group_type="enterprise")
    return net.cloud.execute(command).id


@keeps("security-group.enterprise.vpc")
def an_enterprise_group_in_a_vpc(net: Net) -> Command[Any]:
    return c.CreateSecurityGroup(vpc_id=net.vpc.id, security_group_type="enterprise")


@keeps("security-group.enterprise.vpc")
def a_basic_group_of_the_classic_network(net: Net) -> Command[Any]:
    return c.CreateSecurityGroup(security_group_type="normal")


@trips("security-group.enterprise.vpc")
def an_enterprise_group_of_the_classic_network(net: Net) -> Command[Any]:
    return c.CreateSecurityGroup(security_group_type="enterprise")


@trips("interface.security-groups.type")
def an_interface_in_groups_of_two_types(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[net.group.id, enterprise_group(net)])


@trips("interface.security-groups.type")
def an_instance_in_groups_of_two_types(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=[net.group.id, enterprise_group(net)])


@trips("interface.security-groups.type")
def an_instance_with_a_new_interface_in_groups_of_two_types(net: Net) -> Command[Any]:
    groups = [net.group.id, enterprise_group(net)]
    return net.run_command(network_interfaces=[NewNetworkInterface(security_group_ids=groups)])


@keeps("interface.security-groups.type")
def an_instance_with_a_new_interface_in_a_group_of_the_other_type(net: Net) -> Command[Any]:
    return net.run_command(network_interfaces=[NewNetworkInterface(security_group_ids=[enterprise_group(net)])])


@trips("interface.security-groups.type")
def an_interface_is_moved_into_groups_of_two_types(net: Net) -> Command[Any]:
    groups = [net.group.id, enterprise_group(net)]
    return c.ModifyNetworkInterfaceAttribute(network_interface_id=net.eni().id, security_group_ids=groups)


@keeps("interface.security-groups.type")
def an_interface_is_moved_into_a_group_of_the_other_type(net: Net) -> Command[Any]:
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=net.eni().id, security_group_ids=[enterprise_group(net)]
    )


@trips("interface.security-groups.type")
def an_instance_joins_a_group_of_the_other_type(net: Net) -> Command[Any]:
    return c.JoinSecurityGroup(security_group_id=enterprise_group(net), instance_id=net.run().id)


@keeps("interface.security-groups.type")
def an_instance_joins_a_second_enterprise_group(net: Net) -> Command[Any]:
    vm = net.run(security_group_ids=[enterprise_group(net)])
    return c.JoinSecurityGroup(security_group_id=enterprise_group(net), instance_id=vm.id)


@trips("security-group.enterprise.authorize")
def an_enterprise_group_authorizes_a_basic_one(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=enterprise_group(net), source_group_id=net.group.id)


@trips("security-group.enterprise.authorize")
def a_basic_group_authorizes_an_enterprise_one(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=enterprise_group(net))


@trips("security-group.not-found", "security-group.enterprise.authorize")
def a_group_that_is_not_there_authorizes_an_enterprise_one(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id="sg-none", source_group_id=enterprise_group(net))


@trips("security-group.not-found", "security-group.enterprise.authorize")
def an_enterprise_group_authorizes_one_that_is_not_there(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=enterprise_group(net), source_group_id="sg-none")


@trips("security-group.enterprise.authorize")
def an_enterprise_group_revokes(net: Net) -> Command[Any]:
    return c.RevokeSecurityGroup(security_group_id=enterprise_group(net), source_group_id=net.group.id)


@keeps("security-group.enterprise.authorize")
def a_basic_group_revokes_an_enterprise_one(net: Net) -> Command[Any]:
    return c.RevokeSecurityGroup(security_group_id=net.group.id, source_group_id=enterprise_group(net))


@keeps("security-group.enterprise.authorize")
def a_basic_group_authorizes_another(net: Net) -> Command[Any]:
    return c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.new_group().id)


def filled_enterprise_group(net: Net, quota: int) -> str:
    """An enterprise group with two private IPs, of so many that it may have; the quota of basic groups is one."""
    net.quota("addresses-per-security-group", 1)
    net.quota("addresses-per-enterprise-security-group", quota)
    group_id = enterprise_group(net)
    net.eni(security_group_ids=[group_id], secondary_private_ip_address_count=1)
    return group_id


@trips("security-group.enterprise.address-quota")
def create_into_a_full_enterprise_group(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[filled_enterprise_group(net, 2)])


@keeps("security-group.enterprise.address-quota", "security-group.address-quota")
def the_last_address_of_an_enterprise_group(net: Net) -> Command[Any]:
    return net.eni_command(security_group_ids=[filled_enterprise_group(net, 3)])


@trips("security-group.enterprise.address-quota")
def run_into_a_full_enterprise_group(net: Net) -> Command[Any]:
    return net.run_command(security_group_ids=[filled_enterprise_group(net, 2)])


@trips("security-group.enterprise.address-quota")
def join_a_full_enterprise_group(net: Net) -> Command[Any]:
    full = filled_enterprise_group(net, 2)
    vm = net.run(security_group_ids=[enterprise_group(net)])
    return c.JoinSecurityGroup(security_group_id=full, instance_id=vm.id)


@trips("security-group.enterprise.address-quota")
def assign_into_a_full_enterprise_group(net: Net) -> Command[Any]:
    filled_enterprise_group(net, 2)
    (interface,) = net.cloud.network_interfaces.values()
    return c.AssignPrivateIpAddresses(network_interface_id=interface.id, secondary_private_ip_address_count=1)


@keeps("security-group.enterprise.address-quota")
def a_full_enterprise_group_is_kept_by_its_members(net: Net) -> Command[Any]:
    full = filled_enterprise_group(net, 2)
    (interface,) = net.cloud.network_interfaces.values()
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=interface.id, security_group_ids=[full, enterprise_group(net)]
    )


# Groups that imported rules name


def described_rules(*permissions: dict[str, Any]) -> list[dict[str, Any]]:
    """Two groups, of which the first has these rules."""
    listed = {"SecurityGroupId": "sg-0", "Permissions": {"Permission": list(permissions)}}
    return [*network(groups=2), listed]


@trips("security-group.delete.in-use")
def delete_a_group_that_an_imported_rule_authorizes(net: Net) -> Command[Any]:
    rule = {"SourceGroupId": "sg-1", "IpProtocol": "ALL", "PortRange": "-1/-1", "Policy": "Accept"}
    net.cloud.import_resources(described_rules({**rule, "Direction": "ingress"}))
    return c.DeleteSecurityGroup(security_group_id="sg-1")


@trips("security-group.delete.in-use")
def delete_a_group_that_an_imported_rule_on_a_port_names(net: Net) -> Command[Any]:
    rule = {"SourceGroupId": "sg-1", "IpProtocol": "TCP", "PortRange": "22/22", "Policy": "Accept"}
    net.cloud.import_resources(described_rules({**rule, "Direction": "ingress"}))
    return c.DeleteSecurityGroup(security_group_id="sg-1")


@trips("security-group.delete.in-use")
def delete_a_group_that_an_imported_rule_on_outgoing_traffic_names(net: Net) -> Command[Any]:
    rule = {"DestGroupId": "sg-1", "IpProtocol": "ALL", "PortRange": "-1/-1", "Policy": "Accept"}
    net.cloud.import_resources(described_rules({**rule, "Direction": "egress"}))
    return c.DeleteSecurityGroup(security_group_id="sg-1")


@keeps("security-group.delete.in-use")
def delete_a_group_whose_imported_authorization_was_revoked(net: Net) -> Command[Any]:
    command = delete_a_group_that_an_imported_rule_authorizes(net)
    net.cloud.execute(c.RevokeSecurityGroup(security_group_id="sg-0", source_group_id="sg-1"))
    return command


@trips("security-group.delete.in-use")
def delete_a_group_that_another_rule_names_when_its_authorization_was_revoked(net: Net) -> Command[Any]:
    everything = {"SourceGroupId": "sg-1", "IpProtocol": "all", "PortRange": "-1/-1", "Policy": "accept"}
    net.cloud.import_resources(described_rules(everything, {**everything, "IpProtocol": "icmp"}))
    net.cloud.execute(c.RevokeSecurityGroup(security_group_id="sg-0", source_group_id="sg-1"))
    return c.DeleteSecurityGroup(security_group_id="sg-1")


@keeps("security-group.delete.in-use")
def delete_a_group_after_the_one_whose_rules_name_it(net: Net) -> Command[Any]:
    command = delete_a_group_that_an_imported_rule_on_a_port_names(net)
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id="sg-0"))
    return command


@keeps("security-group.delete.in-use")
def delete_a_group_that_only_its_own_rules_name(net: Net) -> Command[Any]:
    rule = {"SourceGroupId": "sg-0", "IpProtocol": "TCP", "PortRange": "22/22", "Policy": "Accept"}
    net.cloud.import_resources(described_rules(rule, {**rule, "IpProtocol": "ALL", "PortRange": "-1/-1"}))
    return c.DeleteSecurityGroup(security_group_id="sg-0")
