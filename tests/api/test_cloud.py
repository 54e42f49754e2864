"""The contract of `Cloud`: its calls and their results."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from attrs import evolve

import ecsnet
from ecsnet import Cloud, CommandDenied, InvalidCommand, InvalidQuery, ManualClock, ReadOnlyCloud, rules
from ecsnet import commands as c
from ecsnet.testing import invariants
from tests.support.net import START, Net


def test_an_interface_moves_to_a_standby_with_its_addresses_and_mac(net: Net) -> None:
    failed, standby = net.run(), net.run()
    interface = net.attached(failed, private_ip_addresses=["10.0.1.100"])
    net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=failed.id))
    moved = net.cloud.execute(net.attach_command(interface, standby))
    assert moved.instance_id == standby.id
    assert (moved.private_ips, moved.mac_address) == (interface.private_ips, interface.mac_address)
    assert net.cloud.instances[standby.id].network_interface_ids == (standby.primary_network_interface_id, moved.id)
    assert net.cloud.instances[failed.id].network_interface_ids == (failed.primary_network_interface_id,)


def test_an_instance_is_created_with_its_primary_interface(net: Net) -> None:
    vm = net.run(image_id="centos_7_3_64")
    primary = net.primary(vm)
    assert (primary.type, primary.status, primary.instance_id) == ("Primary", "InUse", vm.id)
    assert (vm.private_ip, vm.vswitch_id, vm.security_group_ids) == (
        primary.primary_private_ip,
        primary.vswitch_id,
        primary.security_group_ids,
    )
    assert (vm.region_id, vm.account_id, vm.created_at) == ("cn-hangzhou", "1234567890123456", START)
    assert (vm.network_type, vm.charge_type, vm.expires_at, vm.image_id) == ("vpc", "PostPaid", None, "centos_7_3_64")
    with pytest.raises(AttributeError):
        vm.status = "Stopped"  # type: ignore[misc]


def test_ids_have_the_vendors_shapes(net: Net) -> None:
    vm = net.run()
    interface = net.eni()
    ids = [net.vpc.id, net.vswitch.id, net.group.id, vm.id, interface.id]
    assert [(i.split("-")[0], len(i.split("-")[1])) for i in ids] == [
        ("vpc", 21),
        ("vsw", 21),
        ("sg", 20),
        ("i", 20),
        ("eni", 20),
    ]
    assert all(i.split("-")[1].startswith("bp1") and i.split("-")[1].isalnum() for i in ids)
    assert interface.mac_address.startswith("00:16:3e:")


def test_ids_are_deterministic_and_independent_of_other_kinds() -> None:
    one, two = Net(), Net()
    two.run()
    two.new_group()
    assert one.run().id == two.cloud.instances.where()[0].id
    first = one.new_vswitch("10.0.2.0/24")
    two.new_group()
    assert first.id == two.new_vswitch("10.0.3.0/24").id


def test_deleting_returns_the_resource_in_its_last_state(net: Net) -> None:
    interface = net.eni()
    deleted = net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    assert deleted.status == "Deleted"
    assert deleted.private_ips == interface.private_ips
    group = net.new_group()
    assert net.cloud.execute(c.DeleteSecurityGroup(security_group_id=group.id)) == evolve(group, status="Deleted")
    vm = net.run()
    assert net.cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True)).status == "Released"
    assert vm.id not in net.cloud.instances


def test_deleting_an_interface_frees_its_addresses(net: Net) -> None:
    free = net.cloud.vswitches[net.vswitch.id].available_ip_address_count
    interface = net.eni(secondary_private_ip_address_count=3)
    assert net.cloud.vswitches[net.vswitch.id].available_ip_address_count == free - 4 == 248
    assert net.cloud.security_groups[net.group.id].private_ip_count == 4
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    assert net.cloud.vswitches[net.vswitch.id].available_ip_address_count == free
    assert net.cloud.security_groups[net.group.id].private_ip_count == 0


def test_run_instances_returns_a_tuple_in_order(net: Net) -> None:
    made = net.cloud.execute(net.run_command(amount=3))
    assert [vm.private_ip for vm in made] == ["10.0.1.1", "10.0.1.2", "10.0.1.3"]
    assert tuple(net.cloud.instances.values()) == made
    assert len(net.cloud.execute(net.run_command())) == 1


def test_run_instances_attaches_a_secondary_interface(net: Net) -> None:
    interface = net.eni()
    vm = net.run(network_interface_ids=[interface.id])
    assert vm.network_interface_ids == (vm.primary_network_interface_id, interface.id)
    assert net.cloud.network_interfaces[interface.id].instance_id == vm.id


def test_a_subscription_expires_on_the_same_day_of_a_later_month() -> None:
    net = Net(clock=ManualClock(datetime(2019, 1, 31, tzinfo=UTC)))
    assert net.run(instance_charge_type="PrePaid").expires_at == datetime(2019, 2, 28, tzinfo=UTC)
    assert net.run(instance_charge_type="PrePaid", period=12).expires_at == datetime(2020, 1, 31, tzinfo=UTC)


def test_modifying_the_groups_replaces_them_and_changes_nothing_else(net: Net) -> None:
    other = net.new_group()
    interface = net.eni(network_interface_name="web-1", description="the first")
    modified = net.cloud.execute(
        c.ModifyNetworkInterfaceAttribute(network_interface_id=interface.id, security_group_ids=[other.id])
    )
    assert (modified.name, modified.description) == ("web-1", "the first")
    assert modified.security_group_ids == (other.id,)
    counts = {group.id: group.private_ip_count for group in net.cloud.security_groups.values()}
    assert counts == {net.group.id: 0, other.id: 1}


def test_private_addresses_are_assigned_and_unassigned(net: Net) -> None:
    interface = net.eni()
    assigned = net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=interface.id, private_ip_addresses=["10.0.1.50", "10.0.1.40"])
    )
    assert assigned.private_ips == ("10.0.1.1", "10.0.1.50", "10.0.1.40")
    drawn = net.cloud.execute(
        c.AssignPrivateIpAddresses(network_interface_id=interface.id, secondary_private_ip_address_count=2)
    )
    assert drawn.private_ips[3:] == ("10.0.1.2", "10.0.1.3")
    left = net.cloud.execute(
        c.UnassignPrivateIpAddresses(
            network_interface_id=interface.id, private_ip_addresses=["10.0.1.50", "10.0.1.2", "10.0.1.50"]
        )
    )
    assert left.private_ips == ("10.0.1.1", "10.0.1.40", "10.0.1.3")
    assert invariants(net.cloud) == ()


def test_repeated_authorizations_and_revocations_record_nothing(net: Net) -> None:
    other = net.new_group()
    authorize = c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=other.id)
    revoke = c.RevokeSecurityGroup(security_group_id=net.group.id, source_group_id=other.id)
    for command in (authorize, authorize, revoke, revoke):
        net.cloud.execute(command)
    assert [record.type for record in net.cloud.history()[-2:]] == ["SecurityGroupAuthorized", "SecurityGroupRevoked"]
    net.cloud.execute(c.DeleteSecurityGroup(security_group_id=other.id))


def test_set_quota_returns_and_records_the_quota(net: Net) -> None:
    quota = net.cloud.execute(c.SetQuota(name="interfaces-per-region", value=101))
    assert (quota.name, quota.value, quota.region_id) == ("interfaces-per-region", 101, "cn-hangzhou")
    assert net.cloud.history()[-1].type == "QuotaSet"


# Check and permitted


def test_check_returns_the_events_without_recording_them(net: Net) -> None:
    recorded = net.cloud.history()
    decision = net.cloud.check(net.eni_command())
    assert decision.allowed
    assert decision
    assert [type(event).__name__ for event in decision.events] == ["NetworkInterfaceCreated"]
    assert net.cloud.history() == recorded
    assert not net.cloud.network_interfaces


def test_permitted_lists_the_commands_of_a_status_with_their_decisions(net: Net) -> None:
    vm = net.run()
    primary = net.cloud.permitted(net.primary(vm).id)
    assert [v.rule for v in primary[c.DetachNetworkInterface].violations] == ["interface.detach.primary"]
    assert c.AttachNetworkInterface not in primary
    assert primary[c.AssignPrivateIpAddresses].allowed
    available = net.cloud.permitted(net.eni().id)
    assert set(available) == {
        c.AttachNetworkInterface,
        c.DeleteNetworkInterface,
        c.ModifyNetworkInterfaceAttribute,
        c.AssignPrivateIpAddresses,
        c.UnassignPrivateIpAddresses,
        c.AssociateEipAddress,
        c.UnassociateEipAddress,
    }
    denied = [command for command, decision in available.items() if not decision]
    assert denied == [c.UnassignPrivateIpAddresses, c.UnassociateEipAddress]
    assert c.StartInstance not in net.cloud.permitted(vm.id)
    assert net.cloud.permitted(vm.id)[c.StopInstance].command is c.StopInstance
    assert not net.cloud.permitted(net.vpc.id)[c.DeleteVpc]
    assert not net.cloud.permitted(net.vswitch.id)[c.DeleteVSwitch]
    assert not net.cloud.permitted(net.group.id)[c.DeleteSecurityGroup]
    with pytest.raises(KeyError):
        net.cloud.permitted("eni-none")


def test_permitted_lists_few_commands_in_a_transitional_status(slow_net: Net) -> None:
    vm = slow_net.run()
    interface = slow_net.attached(vm)
    slow_net.cloud.execute(c.DetachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id))
    assert set(slow_net.cloud.permitted(interface.id)) == {
        c.DetachNetworkInterface,
        c.UnassociateEipAddress,
    }
    slow_net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert set(slow_net.cloud.permitted(vm.id)) == {
        c.ModifyInstanceAttribute,
        c.ModifyInstanceNetworkSpec,
        c.RenewInstance,
        c.ReleasePublicIpAddress,
        c.UnassociateEipAddress,
        c.DetachClassicLinkVpc,
    }


# The collections


def test_collections_are_live_mappings_in_creation_order(net: Net) -> None:
    interfaces = net.cloud.network_interfaces
    made = [net.eni() for _ in range(3)]
    assert list(interfaces) == [interface.id for interface in made]
    assert interfaces[made[1].id] == made[1]
    assert len(interfaces) == 3
    assert "eni-none" not in interfaces
    assert interfaces.get("eni-none") is None
    assert repr(interfaces) == "<3 network interfaces>"


@pytest.mark.parametrize("forked", [False, True])
def test_where_finds_resources_by_indexed_and_other_attributes(net: Net, forked: bool) -> None:
    vm, other = net.run(), net.run()
    primary, second = net.primary(vm), net.attached(vm)
    free = net.eni(vswitch_id=net.new_vswitch("10.0.2.0/24").id, private_ip_addresses=["10.0.2.77"])
    cloud = net.cloud.fork() if forked else net.cloud
    interfaces, instances = cloud.network_interfaces, cloud.instances
    assert interfaces.where(instance_id=vm.id) == (primary, second)
    assert interfaces.where(instance_id=None) == (free,)
    assert interfaces.where(private_ip="10.0.2.77") == (free,)
    assert interfaces.where(private_ip="10.0.9.9") == ()
    assert interfaces.where(vswitch_id=free.vswitch_id) == (free,)
    assert interfaces.where(security_group_id=net.group.id) == tuple(interfaces.values())
    assert interfaces.where(security_group_id="sg-none") == ()
    assert interfaces.where(vpc_id=net.vpc.id, status="Available") == (free,)
    assert interfaces.where(type="Primary", instance_id=vm.id) == (primary,)
    assert interfaces.where(id=free.id, security_group_ids=(net.group.id,)) == (free,)
    assert [i.id for i in instances.where(private_ip=other.private_ip)] == [other.id]
    assert [i.id for i in instances.where(network_interface_id=second.id)] == [vm.id]
    assert [i.id for i in instances.where(vswitch_id=net.vswitch.id)] == [vm.id, other.id]
    assert [i.id for i in instances.where(security_group_id=net.group.id)] == [vm.id, other.id]
    assert cloud.vswitches.where(vpc_id=net.vpc.id) == tuple(cloud.vswitches.values())
    assert cloud.security_groups.where(vpc_id="vpc-none") == ()
    with pytest.raises(InvalidQuery, match="network interfaces have no attribute 'colour'"):
        interfaces.where(colour="red")


def test_a_cloud_has_one_stream_for_each_region(net: Net) -> None:
    beijing = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    hangzhou = net.cloud.execute(c.CreateVpc(cidr_block="10.1.0.0/16"))
    assert list(net.cloud.vpcs) == [net.vpc.id, beijing.id, hangzhou.id]
    assert beijing.id.startswith("vpc-2ze")
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=beijing.id))
    assert group.region_id == "cn-beijing"
    assert {record.stream for record in net.cloud.history()} == {"cn-hangzhou", "cn-beijing"}
    assert [record.version for record in net.cloud.history() if record.stream == "cn-beijing"] == [1, 2]


def test_threads_can_read_while_another_writes(net: Net) -> None:
    done = Event()
    seen: list[int] = []

    def look() -> None:
        while not done.is_set():
            seen.append(len(tuple(net.cloud.network_interfaces.values())))
            net.cloud.network_interfaces.where(status="Available")

    looker = Thread(target=look)
    looker.start()
    for _ in range(100):
        interface = net.eni()
        net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    done.set()
    looker.join()
    assert set(seen) <= {0, 1}


def test_execute_and_check_refuse_what_is_not_a_command(net: Net) -> None:
    for ask in (net.cloud.execute, net.cloud.check):
        with pytest.raises(TypeError, match="not a command"):
            ask("DeleteVpc")  # type: ignore[arg-type]


# The past, forks, and accounts


def test_history_returns_all_events_or_those_of_one_resource(net: Net) -> None:
    vm = net.run()
    interface = net.attached(vm)
    records = net.cloud.history()
    assert [record.position for record in records] == list(range(1, len(records) + 1))
    assert [record.type for record in net.cloud.history(interface.id)] == [
        "NetworkInterfaceCreated",
        "NetworkInterfaceAttached",
    ]
    assert [record.type for record in net.cloud.history(vm.id)] == ["InstanceLaunched", "NetworkInterfaceAttached"]
    assert all(record.account_id == net.cloud.account_id for record in records)
    assert all(record.schema_version == type(record.event).SCHEMA for record in records)
    assert len({record.command_id for record in records}) == len(records)


def test_at_returns_the_past_by_position_and_by_time(net: Net) -> None:
    vm = net.run()
    position = len(net.cloud.history())
    net.clock.advance(timedelta(hours=1))
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert net.cloud.at(position).instances[vm.id] == vm
    assert net.cloud.at(START).instances[vm.id].status == "Running"
    assert net.cloud.at(START + timedelta(hours=1)).instances[vm.id].status == "Stopped"
    assert not net.cloud.at(0).vpcs
    assert not net.cloud.at(START - timedelta(seconds=1)).vpcs
    assert len(net.cloud.at(position).history()) == position
    with pytest.raises(ValueError, match="positions 0 to"):
        net.cloud.at(99)
    with pytest.raises(ValueError, match="positions 0 to"):
        net.cloud.at(-1)
    with pytest.raises(ValueError, match="timezone"):
        net.cloud.at(datetime(2019, 1, 1))  # noqa: DTZ001  # that is the point


def test_a_past_cloud_is_read_only_but_can_be_checked_and_forked(net: Net) -> None:
    vm = net.run()
    then = net.cloud.at(len(net.cloud.history()))
    net.cloud.execute(c.StopInstance(instance_id=vm.id))
    assert then.check(c.StopInstance(instance_id=vm.id)).allowed
    with pytest.raises(ReadOnlyCloud):
        then.execute(c.StopInstance(instance_id=vm.id))
    with pytest.raises(ReadOnlyCloud):
        then.settle()
    other = then.fork()
    other.execute(c.RebootInstance(instance_id=vm.id))
    assert [record.type for record in other.history(vm.id)] == ["InstanceLaunched", "InstanceRebooted"]
    assert then.at(0).history() == ()


def test_a_fork_and_its_origin_do_not_affect_each_other(net: Net) -> None:
    vm, interface = net.run(), net.eni()
    fork = net.cloud.fork()
    fork.execute(net.attach_command(interface, vm))
    net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=interface.id))
    grandchild = fork.fork()
    grandchild.execute(c.StopInstance(instance_id=vm.id))
    fork.execute(c.RebootInstance(instance_id=vm.id))
    assert interface.id not in net.cloud.network_interfaces
    assert fork.network_interfaces[interface.id].instance_id == vm.id
    assert (fork.instances[vm.id].status, grandchild.instances[vm.id].status) == ("Running", "Stopped")
    assert [record.type for record in grandchild.history()[-2:]] == ["NetworkInterfaceAttached", "InstanceStopped"]
    assert [record.position for record in grandchild.history()] == list(range(1, len(grandchild.history()) + 1))
    for cloud in (net.cloud, fork, grandchild):
        assert invariants(cloud) == ()


def test_an_account_sees_every_resource_and_commands_only_its_own(net: Net) -> None:
    vm = net.run()
    other = net.cloud.as_account("6543210987654321")
    assert other.instances[vm.id] == vm
    with pytest.raises(CommandDenied) as denied:
        other.execute(c.StopInstance(instance_id=vm.id))
    assert [v.rule for v in denied.value.violations] == ["instance.not-found"]
    with pytest.raises(KeyError):
        other.permitted(vm.id)
    own = other.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    assert own.account_id == "6543210987654321"
    assert net.cloud.vpcs[own.id] == own


def test_groups_of_two_accounts_authorize_each_other(net: Net) -> None:
    other = net.cloud.as_account("6543210987654321")
    theirs = other.execute(c.CreateSecurityGroup())
    mine = net.cloud.execute(c.CreateSecurityGroup())
    command = c.AuthorizeSecurityGroup(security_group_id=mine.id, source_group_id=theirs.id)
    assert [v.rule for v in net.cloud.check(command).violations] == ["security-group.not-found"]
    net.cloud.execute(
        c.AuthorizeSecurityGroup(
            security_group_id=mine.id, source_group_id=theirs.id, source_account_id="6543210987654321"
        )
    )
    assert not other.check(c.DeleteSecurityGroup(security_group_id=theirs.id)).allowed


def test_a_quota_holds_for_one_account_and_region(net: Net) -> None:
    net.quota("security-groups-per-region", 1)
    assert not net.cloud.check(c.CreateSecurityGroup(vpc_id=net.vpc.id))
    assert net.cloud.check(c.CreateSecurityGroup(region_id="cn-beijing"))
    assert net.cloud.as_account("6543210987654321").check(c.CreateSecurityGroup())


# Client tokens


def test_a_repeated_client_token_returns_the_first_result(net: Net) -> None:
    first = net.cloud.execute(net.run_command(amount=2), client_token="t-1")
    recorded = net.cloud.history()
    net.cloud.execute(c.StopInstance(instance_id=first[0].id))
    assert net.cloud.execute(net.run_command(amount=2), client_token="t-1") == first
    assert len(net.cloud.history()) == len(recorded) + 1
    interface = net.cloud.execute(net.eni_command(), client_token="t-2")
    delete = c.DeleteNetworkInterface(network_interface_id=interface.id)
    deleted = net.cloud.execute(delete, client_token="t-3")
    assert net.cloud.execute(delete, client_token="t-3") == deleted
    assert net.cloud.execute(net.eni_command(), client_token="t-2") == interface
    assert invariants(net.cloud) == ()


def test_a_repeated_client_token_with_another_command_is_denied(net: Net) -> None:
    net.cloud.execute(net.eni_command(), client_token="t-1")
    with pytest.raises(CommandDenied) as denied:
        net.cloud.execute(net.eni_command(description="another"), client_token="t-1")
    assert denied.value.code == "IdempotentParameterMismatch"
    assert [v.rule for v in denied.value.violations] == ["request.client-token"]
    assert net.cloud.as_account("6543210987654321").execute(c.CreateVpc(cidr_block="10.0.0.0/8"), client_token="t-1")


def test_a_denied_command_does_not_use_up_its_client_token(net: Net) -> None:
    with pytest.raises(CommandDenied):
        net.cloud.execute(net.eni_command(vswitch_id="vsw-none"), client_token="t-1")
    assert net.cloud.execute(net.eni_command(), client_token="t-1")


@pytest.mark.parametrize("token", ["", "x" * 65, "jeton-é"])
def test_an_invalid_client_token_is_refused(net: Net, token: str) -> None:
    with pytest.raises(InvalidCommand, match="client_token"):
        net.cloud.execute(net.eni_command(), client_token=token)


# The library


def test_a_clock_without_timezone_is_refused() -> None:
    cloud = Cloud(clock=datetime.now)
    with pytest.raises(ValueError, match="timezone"):
        cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    with pytest.raises(ValueError, match="positive"):
        ManualClock(START).advance(timedelta(seconds=-1))


def test_a_manual_clock_can_be_set() -> None:
    clock = ManualClock(START)
    clock.set(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock() == datetime(2020, 1, 1, tzinfo=UTC)


def test_rules_can_be_looked_up_and_iterated() -> None:
    rule = rules["interface.detach.primary"]
    assert (rule.code, rule.http_status, rule.guide) == ("InvalidOperation.DetachPrimaryEniNotAllowed", 400, "4.8")
    assert rule.doc == "A primary ENI cannot be detached."
    assert rule.commands == (c.DetachNetworkInterface,)
    assert rule in rules.values()
    assert all(rule_id in rules for rule_id in rules)
    assert repr(rule) == "<Rule interface.detach.primary>"


def test_every_name_of_all_exists() -> None:
    missing: list[Any] = [name for name in ecsnet.__all__ if not hasattr(ecsnet, name)]
    assert not missing


def test_a_cloud_and_its_clock_have_a_readable_repr(net: Net) -> None:
    assert repr(Cloud(region_id="cn-beijing")) == "<Cloud cn-beijing: empty>"
    net.run()
    there = "1 vpcs, 1 vswitches, 1 security groups, 1 instances, 1 network interfaces"
    assert repr(net.cloud) == f"<Cloud cn-hangzhou: {there}>"
    assert repr(net.clock) == f"ManualClock({START!r})"


def test_deleting_networks_and_groups_returns_them_as_deleted(net: Net) -> None:
    net.cloud.execute(c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.group.id))
    assert net.cloud.execute(c.DeleteVSwitch(vswitch_id=net.vswitch.id)) == evolve(net.vswitch, status="Deleted")
    deleted = net.cloud.execute(c.DeleteSecurityGroup(security_group_id=net.group.id))
    assert deleted == evolve(net.group, status="Deleted")
    assert net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id)) == evolve(net.vpc, status="Deleted")


def test_the_past_of_an_empty_cloud_is_empty() -> None:
    assert not Cloud().at(0).vpcs
    assert Cloud().at(0).history() == ()
