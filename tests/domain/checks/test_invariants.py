"""A sound cloud breaks no invariant, and each invariant has a witness that breaks it by damaging the folded state.

No command leads where the witnesses go, so they write to the world of a fork; all else is told in commands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from ecsnet import Cloud, Command, CommandDenied, rules
from ecsnet import commands as c
from ecsnet.domain.checks.invariants import breaches
from ecsnet.domain.state.pending import Entry
from ecsnet.domain.state.tables import Table
from ecsnet.domain.state.world import Allowance, Region, World
from ecsnet.testing import INVARIANTS, cloud_after, invariants
from ecsnet.testing._scenarios import stored_again
from ecsnet.values import (
    NO_TAGS,
    EipStatus,
    InstanceStatus,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    SecurityGroupType,
)
from tests.support.net import Net
from tests.support.sound import ABROAD, CLASSIC_IS_OPEN, HOME, SOUND


def damaged(damage: Damage) -> tuple[World, str]:
    """A copy of the state that was damaged, and the id of what the witness expects to be told of."""
    world = SOUND.cloud.folded_state()
    return world, damage(world.writable(HOME), world.writable(ABROAD))


Damage = Callable[[Region, Region], str]
WITNESSES: list[tuple[str, Damage]] = []


def breaks(invariant: str) -> Callable[[Damage], Damage]:
    def register(damage: Damage) -> Damage:
        WITNESSES.append((invariant, damage))
        return damage

    return register


def smaller_type(instance: Any, **limits: int) -> None:
    instance.instance_type = attrs.evolve(instance.instance_type, **limits)


def allow(region: Region, quota: str, number: int) -> None:
    """As if no more had ever been allowed."""
    region.quotas.set((SOUND.account, quota), number)
    region.allowances.set((SOUND.account, quota), Allowance(number, number))


# ENIs


@breaks("interface.primary.bound-for-life")
def a_primary_eni_leaves(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.primary).status = NetworkInterfaceStatus.Detaching
    return SOUND.primary


@breaks("interface.primary.bound-for-life")
def a_primary_eni_is_attached_second(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).network_interface_ids = (SOUND.attached, SOUND.primary, SOUND.attaching)
    return SOUND.primary


@breaks("interface.primary.bound-for-life")
def a_primary_eni_without_an_instance(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).type = NetworkInterfaceType.Primary
    return SOUND.free


@breaks("interface.primary.bound-for-life")
def an_instance_without_a_primary_eni(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.primary).type = NetworkInterfaceType.Secondary
    return SOUND.server


@breaks("interface.attachment")
def an_eni_in_use_by_nobody(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).status = NetworkInterfaceStatus.InUse
    return SOUND.free


@breaks("interface.attachment")
def an_available_eni_that_is_attached(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.attached).status = NetworkInterfaceStatus.Available
    return SOUND.attached


@breaks("interface.attachment")
def an_eni_that_its_instance_does_not_list(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).network_interface_ids = (SOUND.primary, SOUND.attaching)
    return SOUND.server


@breaks("interface.attachment")
def an_eni_on_an_instance_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.attached).instance_id = "i-none"
    return "i-none"


@breaks("interface.attach.quota")
def more_enis_than_the_type_allows(here: Region, abroad: Region) -> str:
    smaller_type(here.instances.mutable(SOUND.server), eni_quantity=2)
    return SOUND.server


@breaks("interface.attach.vpc")
def an_eni_of_another_vpc_than_its_instance(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).vpc_id = SOUND.vpc_abroad
    return SOUND.attached


@breaks("interface.attach.vpc")
def a_classic_instance_with_an_eni(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.classic).network_interface_ids = (SOUND.free,)
    return SOUND.classic


@breaks("interface.attach.zone")
def an_eni_of_another_zone_than_its_instance(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).zone_id = "cn-hangzhou-c"
    return SOUND.attached


@breaks("interface.create.vswitch")
def an_eni_of_another_zone_than_its_vswitch(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).zone_id = "cn-hangzhou-c"
    return SOUND.free


@breaks("interface.create.vswitch")
def an_eni_of_another_vpc_than_its_vswitch(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).vpc_id = SOUND.vpc_abroad
    return SOUND.free


@breaks("interface.create.vswitch")
def an_eni_of_a_vswitch_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).vswitch_id = "vsw-none"
    return SOUND.free


@breaks("interface.assign.limit")
def an_eni_without_an_address(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).private_ips = ()
    return SOUND.free


@breaks("interface.assign.limit")
def an_eni_with_more_addresses_than_the_quota(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).private_ips = tuple(f"10.0.1.{n}" for n in range(100, 121))
    return SOUND.free


@breaks("interface.assign.type-quota")
def more_addresses_than_the_type_allows(here: Region, abroad: Region) -> str:
    smaller_type(here.instances.mutable(SOUND.server), private_ipv4_per_eni=2)
    return SOUND.attached


@breaks("interface.mac-address")
def two_enis_with_one_mac(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).mac_address = here.network_interfaces.get_existing(
        SOUND.primary
    ).mac_address
    return SOUND.free


# Who is in security groups


@breaks("interface.security-groups.count")
def an_eni_in_no_group(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).security_group_ids = ()
    return SOUND.free


@breaks("interface.security-groups.count")
def an_eni_in_a_group_twice(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).security_group_ids = (SOUND.group, SOUND.group)
    return SOUND.free


@breaks("interface.security-groups.count")
def a_classic_instance_in_more_groups_than_the_quota(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.classic).classic_group_ids = tuple(f"sg-{n}" for n in range(6))
    return SOUND.classic


@breaks("interface.security-groups.vpc")
def an_eni_in_a_classic_group(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).security_group_ids = (SOUND.classic_group,)
    return SOUND.free


@breaks("interface.security-groups.vpc")
def a_classic_instance_in_a_group_of_a_vpc(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.classic).classic_group_ids = (SOUND.group,)
    return SOUND.classic


@breaks("interface.security-groups.vpc")
def an_eni_in_a_group_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).security_group_ids = ("sg-none",)
    return SOUND.free


# Addresses


@breaks("address.private.in-use")
def an_address_that_two_enis_hold(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).private_ips = here.network_interfaces.get_existing(
        SOUND.primary
    ).private_ips
    return SOUND.free


@breaks("address.private.in-cidr")
def an_address_of_another_vswitch(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).private_ips = ("10.0.2.9",)
    return SOUND.free


@breaks("address.private.reserved")
def the_first_address(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).private_ips = ("10.0.1.0",)
    return SOUND.free


@breaks("address.private.reserved")
def the_last_address_but_two(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).private_ips = ("10.0.1.253",)
    return SOUND.free


@breaks("index.addresses")
def another_holder_who_is_none(here: Region, abroad: Region) -> str:
    here.other_holders.set((SOUND.vpc, "10.0.1.1"), Table())
    return HOME


@breaks("address.private.free")
def a_vswitch_that_counts_one_too_many(here: Region, abroad: Region) -> str:
    here.vswitches.mutable(SOUND.vswitch).available_ip_address_count += 1
    return SOUND.vswitch


@breaks("address.private.free")
def a_vswitch_that_gives_what_is_held(here: Region, abroad: Region) -> str:
    here.vswitches.mutable(SOUND.vswitch).next_ip = here.network_interfaces.get_existing(SOUND.free).private_ips[0]
    return SOUND.vswitch


@breaks("address.private.free")
def a_vswitch_that_gives_a_reserved_address_again(here: Region, abroad: Region) -> str:
    here.vswitches.mutable(SOUND.other_vswitch).released = ("10.0.2.255", None)
    return SOUND.other_vswitch


@breaks("address.private.free")
def a_vswitch_that_forgot_what_came_back(here: Region, abroad: Region) -> str:
    vswitch = here.vswitches.mutable(SOUND.vswitch)
    assert vswitch.released is not None  # the address that the moved instance had before
    vswitch.released = None
    return SOUND.vswitch


@breaks("address.private.free")
def a_vswitch_that_has_nothing_more_to_give(here: Region, abroad: Region) -> str:
    here.vswitches.mutable(SOUND.other_vswitch).next_ip = None
    return SOUND.other_vswitch


@breaks("address.classic.unique")
def a_classic_address_that_two_instances_have(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.other_classic).classic_ip = here.instances.get_existing(SOUND.classic).classic_ip
    return SOUND.other_classic


@breaks("address.classic.unique")
def a_classic_address_in_two_regions(here: Region, abroad: Region) -> str:
    vm, ip = abroad.instances.mutable(SOUND.classic_abroad), here.instances.get_existing(SOUND.classic).classic_ip
    abroad.classic_ips.delete(vm.classic_ip)
    abroad.classic_ips.set(ip, vm.id)
    vm.classic_ip = ip
    return SOUND.classic_abroad


# VPCs, VSwitches and what has a quota


@breaks("vswitch.create.cidr")
def a_vswitch_outside_its_vpc(here: Region, abroad: Region) -> str:
    here.vpcs.mutable(SOUND.vpc).cidr_block = "10.0.0.0/23"
    return SOUND.other_vswitch


@breaks("vswitch.create.overlap")
def two_vswitches_that_overlap(here: Region, abroad: Region) -> str:
    vswitch = here.vswitches.mutable(SOUND.other_vswitch)
    vswitch.first -= 1
    return SOUND.other_vswitch


@breaks("vpc.cidr-block.overlap")
def a_secondary_block_that_overlaps_the_first(here: Region, abroad: Region) -> str:
    here.vpcs.mutable(SOUND.vpc).secondary_cidr_blocks = ("172.16.0.0/16", "10.0.0.0/30")
    return SOUND.vpc


@breaks("vpc.cidr-block.overlap")
def two_secondary_blocks_that_overlap(here: Region, abroad: Region) -> str:
    here.vpcs.mutable(SOUND.vpc).secondary_cidr_blocks = ("172.16.0.0/16", "192.168.0.0/16", "172.16.255.0/24")
    return SOUND.vpc


@breaks("vpc.cidr-block.quota")
def more_secondary_blocks_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    here.vpcs.mutable(SOUND.vpc).secondary_cidr_blocks = tuple(f"172.{n}.0.0/16" for n in range(16, 22))
    return SOUND.vpc


@breaks("vswitch.create.cidr")
def a_vswitch_over_two_blocks_of_its_vpc(here: Region, abroad: Region) -> str:
    vpc = here.vpcs.mutable(SOUND.vpc)
    vpc.cidr_block, vpc.secondary_cidr_blocks = "10.0.2.0/25", ("10.0.2.128/25", "10.0.0.0/23")
    return SOUND.other_vswitch


@breaks("vpc.vswitch-quota")
def more_vswitches_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    allow(here, "vswitches-per-vpc", 1)
    return SOUND.vpc


@breaks("security-group.address-quota")
def more_addresses_in_a_group_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    allow(here, "addresses-per-security-group", 5)
    return SOUND.group


@breaks("security-group.enterprise.address-quota")
def more_addresses_in_an_enterprise_group_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.group).type = SecurityGroupType.Enterprise
    allow(here, "addresses-per-enterprise-security-group", 5)
    return SOUND.group


@breaks("security-group.enterprise.authorize")
def an_enterprise_group_that_authorizes(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.group).type = SecurityGroupType.Enterprise
    return SOUND.group


@breaks("security-group.enterprise.authorize")
def an_enterprise_group_that_is_authorized(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.other_group).type = SecurityGroupType.Enterprise
    return SOUND.other_group


@breaks("security-group.enterprise.vpc")
def an_enterprise_group_of_the_classic_network(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.classic_group).type = SecurityGroupType.Enterprise
    return SOUND.classic_group


@breaks("interface.security-groups.type")
def an_eni_in_groups_of_two_types(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.other_group).type = SecurityGroupType.Enterprise
    here.network_interfaces.mutable(SOUND.free).security_group_ids = (SOUND.group, SOUND.other_group)
    return SOUND.free


@breaks("index.sources-of-group")
def a_group_that_does_not_know_which_rules_name_it(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.other_group).referenced_group_ids = (SOUND.group,)
    return SOUND.group


@breaks("account.interface-quota")
def more_secondary_enis_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    allow(here, "interfaces-per-region", 2)
    return SOUND.account


@breaks("account.security-group-quota")
def more_groups_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    allow(here, "security-groups-per-region", 2)
    return SOUND.account


@breaks("account.eip-quota")
def more_eips_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    allow(here, "eips-per-account", 1)
    return SOUND.account


@breaks("account.eip-quota")
def more_eips_over_all_regions_than_were_ever_allowed(here: Region, abroad: Region) -> str:
    for region in (here, abroad):  # two here and one abroad: each region alone is within its quota
        allow(region, "eips-per-account", 2)
    return SOUND.account


# Instances


@breaks("instance.modify-vpc.pending")
def a_running_instance_whose_change_still_waits(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).private_ip_change_pending = True
    return SOUND.server


@breaks("instance.modify-vpc.pending")
def a_stopped_instance_that_runs_before_its_change_took_effect(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.moved).status = InstanceStatus.Running
    return SOUND.moved


@breaks("instance.subscription")
def a_subscription_that_never_expires(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.subscription).expires_at = None
    return SOUND.subscription


@breaks("instance.subscription")
def an_instance_that_is_paid_as_it_goes_and_expires(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).expires_at = CLASSIC_IS_OPEN
    return SOUND.server


@breaks("instance.subscription")
def a_bandwidth_that_waits_for_a_cycle_that_never_begins(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).next_bandwidth = 5
    return SOUND.server


# Public addresses and EIPs


@breaks("public-ip.owners")
def an_eip_with_the_address_of_an_instance(here: Region, abroad: Region) -> str:
    here.eips.mutable(SOUND.free_eip).ip_address = SOUND.public_ip
    return SOUND.subscription  # which is looked at after the EIPs


@breaks("public-ip.owners")
def a_public_address_in_two_regions(here: Region, abroad: Region) -> str:
    eip = abroad.eips.mutable(SOUND.eip_abroad)
    abroad.public_ips.delete(eip.ip_address)
    abroad.public_ips.set(SOUND.public_ip, eip.id)
    eip.ip_address = SOUND.public_ip
    return SOUND.eip_abroad


@breaks("public-ip.change.limit")
def a_public_address_that_was_changed_once_more(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.subscription).public_ip_changes = 4
    return SOUND.subscription


@breaks("eip.association")
def an_available_eip_that_is_associated(here: Region, abroad: Region) -> str:
    here.eips.mutable(SOUND.eip).status = EipStatus.Available
    return SOUND.eip


@breaks("eip.association")
def an_eip_in_use_by_nobody(here: Region, abroad: Region) -> str:
    here.eips.mutable(SOUND.free_eip).status = EipStatus.InUse
    return SOUND.free_eip


@breaks("eip.association")
def an_instance_that_does_not_know_its_eip(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).eip_id = None
    return SOUND.server


@breaks("eip.association")
def an_eip_of_an_instance_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.eips.mutable(SOUND.eip).instance_id = "i-none"
    return SOUND.eip


def associate(region: Region, eip_id: str, instance_id: str) -> None:
    """As if there were no rule for it."""
    eip = region.eips.mutable(eip_id)
    eip.status, eip.instance_id = EipStatus.InUse, instance_id
    region.instances.mutable(instance_id).eip_id = eip_id


@breaks("eip.associate.duplicate")
def two_eips_of_one_instance(here: Region, abroad: Region) -> str:
    associate(here, SOUND.free_eip, SOUND.server)
    return SOUND.server


def put_on(region: Region, eip_id: str, interface_id: str, private_ip: str) -> str:
    """The EIP and the ENI agree that it is at a private address."""
    eip, interface = region.eips.mutable(eip_id), region.network_interfaces.mutable(interface_id)
    eip.status, eip.network_interface_id, eip.private_ip_address = EipStatus.InUse, interface_id, private_ip
    interface.eips = (*interface.eips, (private_ip, eip_id))
    return eip_id


@breaks("eip.associate.primary-interface")
def an_eip_on_a_primary_eni(here: Region, abroad: Region) -> str:
    primary = here.network_interfaces.get_existing(SOUND.primary)
    return put_on(here, SOUND.free_eip, SOUND.primary, primary.private_ips[0])


@breaks("eip.associate.private-ip")
def an_eip_at_an_address_that_its_eni_does_not_hold(here: Region, abroad: Region) -> str:
    return put_on(here, SOUND.free_eip, SOUND.free, "10.99.0.1")


@breaks("eip.associate.duplicate")
def two_eips_at_one_address(here: Region, abroad: Region) -> str:
    ip = here.network_interfaces.get_existing(SOUND.free).private_ips[0]
    instance = here.instances.mutable(SOUND.server)
    instance.eip_id = here.eips.mutable(SOUND.eip).instance_id = None
    put_on(here, SOUND.eip, SOUND.free, ip)
    put_on(here, SOUND.free_eip, SOUND.free, ip)
    return SOUND.free


@breaks("eip.association")
def an_eip_on_an_instance_and_on_an_eni(here: Region, abroad: Region) -> str:
    ip = here.network_interfaces.get_existing(SOUND.free).private_ips[0]
    return put_on(here, SOUND.eip, SOUND.free, ip)


@breaks("eip.association")
def an_eni_that_does_not_know_its_eip(here: Region, abroad: Region) -> str:
    here.eips.mutable(SOUND.free_eip).status = EipStatus.InUse
    here.eips.mutable(SOUND.free_eip).network_interface_id = SOUND.free
    return SOUND.free


@breaks("eip.association")
def an_eip_on_an_eni_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.eips.mutable(SOUND.free_eip).network_interface_id = "eni-none"
    return SOUND.free_eip


@breaks("eip.associate.network-type")
def a_classic_instance_with_an_eip(here: Region, abroad: Region) -> str:
    associate(here, SOUND.free_eip, SOUND.classic)
    return SOUND.classic


@breaks("eip.associate.public-ip")
def an_instance_with_an_eip_beside_its_public_address(here: Region, abroad: Region) -> str:
    associate(here, SOUND.free_eip, SOUND.subscription)
    return SOUND.subscription


# ClassicLink


@breaks("classic-link.attach.network-type")
def an_instance_of_a_vpc_that_is_linked(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.server).linked_vpc_id = SOUND.vpc
    return SOUND.server


@breaks("classic-link.attach.network-type")
def a_link_to_a_vpc_that_is_not_enabled(here: Region, abroad: Region) -> str:
    here.vpcs.mutable(SOUND.vpc).classic_link_enabled = False
    return SOUND.classic


@breaks("classic-link.attach.network-type")
def a_link_to_a_vpc_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.classic).linked_vpc_id = "vpc-none"
    return SOUND.classic


# Indexes


@breaks("index.addresses")
def an_address_that_is_indexed_and_nobody_holds(here: Region, abroad: Region) -> str:
    here.addresses.mutable(SOUND.vpc).set("10.0.1.200", SOUND.free)
    return SOUND.vpc


@breaks("index.addresses")
def a_vpc_without_an_index_of_addresses(here: Region, abroad: Region) -> str:
    here.addresses.delete(SOUND.vpc)
    return HOME


@breaks("index.addresses")
def an_index_of_addresses_that_counts_wrong(here: Region, abroad: Region) -> str:
    here.addresses.mutable(SOUND.vpc).size += 1
    return SOUND.vpc


@breaks("index.vswitches-of-vpc")
def a_vswitch_that_is_not_indexed(here: Region, abroad: Region) -> str:
    here.vswitches_of_vpc.mutable(SOUND.vpc).delete(SOUND.vswitch)
    return SOUND.vpc


@breaks("index.vswitches-of-vpc")
def a_vpc_without_an_index_of_vswitches(here: Region, abroad: Region) -> str:
    abroad.vswitches_of_vpc.delete(SOUND.vpc_abroad)
    return ABROAD


@breaks("index.groups-of-vpc")
def a_classic_group_that_is_indexed(here: Region, abroad: Region) -> str:
    here.groups_of_vpc.mutable(SOUND.vpc).set(SOUND.classic_group, True)
    return SOUND.vpc


@breaks("index.interfaces-of-vswitch")
def an_eni_that_is_not_indexed(here: Region, abroad: Region) -> str:
    here.interfaces_of_vswitch.mutable(SOUND.vswitch).delete(SOUND.free)
    return SOUND.vswitch


@breaks("index.interfaces-of-name")
def an_eni_that_is_indexed_by_a_name_that_it_no_longer_has(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).name = "renamed"
    return HOME


@breaks("index.resources-of-tag")
def an_eni_that_is_indexed_by_a_tag_that_it_no_longer_has(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).tags = NO_TAGS
    return HOME


@breaks("index.members-of-group")
def a_member_that_is_not_indexed(here: Region, abroad: Region) -> str:
    here.members_of_group.mutable(SOUND.group).delete(SOUND.free)
    return SOUND.group


@breaks("index.members-of-group")
def a_group_that_counts_its_addresses_wrong(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.classic_group).private_ip_count = 1
    return SOUND.classic_group


@breaks("index.members-of-group")
def members_of_a_group_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.members_of_group.set("sg-none", here.members_of_group.get_existing(SOUND.other_group))
    return HOME


@breaks("index.sources-of-group")
def a_group_that_does_not_know_who_authorizes_it(here: Region, abroad: Region) -> str:
    here.authorizers_of_group.mutable(SOUND.other_group).delete(SOUND.group)
    return SOUND.other_group


@breaks("index.sources-of-group")
def a_group_that_counts_authorizations_of_other_accounts_wrong(here: Region, abroad: Region) -> str:
    here.security_groups.mutable(SOUND.other_group).authorized_by_others = 1
    return SOUND.other_group


@breaks("index.sources-of-group")
def a_source_that_does_not_exist(here: Region, abroad: Region) -> str:
    here.sources_of_group.mutable(SOUND.group).set("sg-none", True)
    return "sg-none"


@breaks("index.usage")
def an_eni_that_is_counted_twice(here: Region, abroad: Region) -> str:
    here.use(SOUND.account, "network_interface", 1)
    return HOME


@breaks("index.usage")
def an_eip_of_another_region_that_is_not_counted(here: Region, abroad: Region) -> str:
    abroad.use(SOUND.account, "eip", -1)
    return ABROAD


@breaks("index.public-ips")
def a_public_address_that_nobody_has(here: Region, abroad: Region) -> str:
    here.public_ips.set("47.0.0.1", SOUND.server)
    return HOME


@breaks("index.classic-ips")
def a_classic_address_that_nobody_has(here: Region, abroad: Region) -> str:
    here.classic_ips.set("10.255.0.1", SOUND.server)
    return HOME


@breaks("index.linked-instances")
def a_vpc_that_lists_an_instance_that_is_not_linked(here: Region, abroad: Region) -> str:
    here.links_of_vpc.mutable(SOUND.vpc).set(SOUND.server, True)
    return SOUND.vpc


@breaks("index.unplaced-instances")
def a_vpc_that_lists_an_instance_whose_vswitch_is_known(here: Region, abroad: Region) -> str:
    here.unplaced_of_vpc.mutable(SOUND.vpc).set(SOUND.server, True)
    return SOUND.vpc


@breaks("index.pending")
def a_passing_instance_that_is_not_listed(here: Region, abroad: Region) -> str:
    here.end_transition(here.instances.mutable(SOUND.pending))
    return HOME


@breaks("index.pending")
def a_settled_eni_that_is_listed(here: Region, abroad: Region) -> str:
    here.begin_transition(here.network_interfaces.mutable(SOUND.free), "stuck", 10_000, CLASSIC_IS_OPEN)
    return HOME


@breaks("index.revocations")
def an_address_that_is_being_revoked_and_is_not_listed(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).revocations = ((1, ()),)
    return HOME


@breaks("index.scheduled")
def a_bandwidth_that_waits_and_is_not_listed(here: Region, abroad: Region) -> str:
    key = here.instances.get_existing(SOUND.subscription).scheduled
    assert key is not None
    here.scheduled.delete(key)
    return HOME


@breaks("index.revocations")
def an_eni_that_lists_a_revocation_of_what_it_does_not_hold(here: Region, abroad: Region) -> str:
    here.network_interfaces.mutable(SOUND.free).revocations = ((1, ("10.0.0.99",)),)
    here.revocations.set(1, Entry(SOUND.free, CLASSIC_IS_OPEN, "UnassignPrivateIpAddresses"))
    return HOME


@breaks("index.scheduled")
def a_bandwidth_that_waits_and_is_listed_elsewhere(here: Region, abroad: Region) -> str:
    here.instances.mutable(SOUND.subscription).scheduled = 10_000
    return HOME


# The tests


def test_a_sound_cloud_breaks_no_invariant() -> None:
    cloud = SOUND.cloud
    assert invariants(cloud) == ()
    assert {vm.charge_type for vm in cloud.instances.values()} == {"PostPaid", "PrePaid"}
    assert {vm.status for vm in cloud.instances.values()} == {"Running", "Stopped", "Starting"}
    assert {eni.status for eni in cloud.network_interfaces.values()} == {"InUse", "Available", "Attaching"}
    assert {vm.network_type for vm in cloud.instances.values()} == {"vpc", "classic"}
    assert {eip.status for eip in cloud.eips.values()} == {"InUse", "Available"}


@pytest.mark.parametrize(
    ("invariant", "damage"), WITNESSES, ids=[f"{invariant}-{damage.__name__}" for invariant, damage in WITNESSES]
)
def test_a_witness_breaks_its_invariant_and_names_the_resource(invariant: str, damage: Damage) -> None:
    world, resource_id = damaged(damage)
    found = {(breach.invariant, breach.resource_id): breach.message for breach in breaches(world)}
    assert (invariant, resource_id) in found
    assert found[invariant, resource_id].strip()
    assert not [message for message in found.values() if "None" in message]
    assert invariants(SOUND.cloud) == ()


def test_every_invariant_has_a_witness() -> None:
    assert {invariant for invariant, _ in WITNESSES} == set(INVARIANTS)


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_every_invariant_has_a_sentence(invariant: str) -> None:
    assert INVARIANTS[invariant][0].isupper() and INVARIANTS[invariant].endswith(".")


def test_equal_private_addresses_in_two_regions_break_no_invariant() -> None:
    """Private addresses and CIDR blocks are each VPC's own, in whatever region."""
    net = Net(start=CLASSIC_IS_OPEN)
    net.run()
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=ABROAD))
    block = c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-beijing-b", cidr_block="10.0.1.0/24")
    vswitch, group = net.cloud.execute(block), net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    (vm,) = net.cloud.execute(net.run_command(vswitch_id=vswitch.id, security_group_ids=[group.id]))
    assert vm.private_ip == "10.0.1.1"
    assert invariants(net.cloud) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("cn-hangzhou", "cn-beijing"), ("eu-north-1", "eu-north-2"), ("eu-north-6", "eu-north-9")],
)
def test_a_public_address_in_two_regions_of_one_block_is_never_given_twice(one: str, other: str) -> None:
    cloud = cloud_after(c.AllocateEipAddress(region_id=one), c.AllocateEipAddress(region_id=other))
    assert invariants(cloud) == ()


# Quotas


def one_more_eni(net: Net) -> Command[Any]:
    return net.eni_command()


def one_more_eni_of_an_enterprise_group(net: Net) -> Command[Any]:
    (group,) = net.cloud.security_groups.where(type="enterprise")
    return net.eni_command(security_group_ids=[group.id])


def one_more_address(net: Net) -> Command[Any]:
    interface_id = next(iter(net.cloud.network_interfaces.where(type="Primary"))).id
    return c.AssignPrivateIpAddresses(network_interface_id=interface_id, secondary_private_ip_address_count=1)


def one_more_address_for_a_free_eni(net: Net) -> Command[Any]:
    free = net.cloud.network_interfaces.where(status="Available")[-1]
    return c.AssignPrivateIpAddresses(network_interface_id=free.id, secondary_private_ip_address_count=1)


def one_more_group_to_be_in(net: Net) -> Command[Any]:
    (vm,) = net.cloud.instances.values()
    basic = net.cloud.security_groups.where(type="normal")
    (third,) = [group.id for group in basic if group.id not in vm.security_group_ids]
    return c.JoinSecurityGroup(instance_id=vm.id, security_group_id=third)


def one_more_group(net: Net) -> Command[Any]:
    return c.CreateSecurityGroup(vpc_id=net.vpc.id)


def one_more_vswitch(net: Net) -> Command[Any]:
    return c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.9.0/24")


def one_more_block(net: Net) -> Command[Any]:
    return c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block="172.18.0.0/16")


def one_more_eip(net: Net) -> Command[Any]:
    return c.AllocateEipAddress()


USES: list[tuple[str, int, Callable[[Net], Command[Any]], str]] = [
    ("interfaces-per-region", 3, one_more_eni, "account.interface-quota"),
    ("addresses-per-interface", 4, one_more_address, "interface.assign.limit"),
    ("addresses-per-available-interface", 3, one_more_address_for_a_free_eni, "interface.assign.available-limit"),
    ("addresses-per-security-group", 10, one_more_eni, "security-group.address-quota"),
    (
        "addresses-per-enterprise-security-group",
        2,
        one_more_eni_of_an_enterprise_group,
        "security-group.enterprise.address-quota",
    ),
    ("security-groups-per-interface", 2, one_more_group_to_be_in, "interface.security-groups.count"),
    ("security-groups-per-region", 4, one_more_group, "account.security-group-quota"),
    ("vswitches-per-vpc", 2, one_more_vswitch, "vpc.vswitch-quota"),
    ("secondary-cidr-blocks-per-vpc", 2, one_more_block, "vpc.cidr-block.quota"),
    ("eips-per-account", 2, one_more_eip, "account.eip-quota"),
]
"""For every quota: how much of it `in_use` uses, what would be more, and the rule that refuses it."""


def in_use(net: Net) -> Net:
    vm = net.run(security_group_ids=[net.group.id, net.new_group().id])
    net.new_group()
    advanced = net.cloud.execute(c.CreateSecurityGroup(vpc_id=net.vpc.id, security_group_type="enterprise"))
    net.eni(security_group_ids=[advanced.id], secondary_private_ip_address_count=1)
    net.new_vswitch("10.0.2.0/24")
    primary = vm.primary_network_interface_id
    assert primary is not None
    add = c.AssignPrivateIpAddresses(network_interface_id=primary, secondary_private_ip_address_count=3)
    net.cloud.execute(add)
    net.attached(vm, secondary_private_ip_address_count=1)
    net.eni(secondary_private_ip_address_count=3)
    for number in range(2):
        net.cloud.execute(c.AllocateEipAddress())
        block = f"172.{16 + number}.0.0/16"
        net.cloud.execute(c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block=block))
    return net


@pytest.mark.parametrize(("quota", "used", "more", "rule"), USES)
def test_a_lowered_quota_keeps_what_exists_and_denies_more(
    quota: str, used: int, more: Callable[[Net], Command[Any]], rule: str
) -> None:
    net = in_use(Net())
    assert net.cloud.check(more(net)).allowed
    net.quota(quota, 1)
    assert invariants(net.cloud) == ()
    with pytest.raises(CommandDenied) as denied:
        net.cloud.execute(more(net))
    assert rule in [violation.rule for violation in denied.value.violations]
    net.quota(quota, used)
    assert not net.cloud.check(more(net)).allowed
    net.quota(quota, used + 1)
    net.cloud.execute(more(net))
    assert invariants(net.cloud) == ()


HELD = [use for use in USES if use[3] in INVARIANTS]
"""The quotas that an invariant holds; of what a free ENI may have, an ENI that is attached may have more."""


def filled(quota: str, used: int, rule: str) -> Net:
    """Returns a network whose quota, set before any resource was there, is used up; no rule enforces it."""
    set_before = stored_again(cloud_after(c.SetQuota(name=quota, value=used)).history())
    return in_use(Net(store=set_before, rules=rules.without(rule)))


@pytest.mark.parametrize(("quota", "used", "more", "rule"), HELD)
def test_one_resource_above_a_quota_that_was_never_higher_is_a_breach(
    quota: str, used: int, more: Callable[[Net], Command[Any]], rule: str
) -> None:
    net = filled(quota, used, rule)
    assert invariants(net.cloud) == ()
    net.cloud.execute(more(net))
    assert rule in {breach.invariant for breach in invariants(net.cloud)}


@pytest.mark.parametrize(("quota", "used", "more", "rule"), HELD)
def test_a_raised_quota_allows_more(quota: str, used: int, more: Callable[[Net], Command[Any]], rule: str) -> None:
    net = filled(quota, used, rule)
    net.quota(quota, used + 1)
    net.cloud.execute(more(net))
    assert invariants(net.cloud) == ()


def test_eips_of_an_account_are_compared_with_its_highest_quota_so_far() -> None:
    raised = c.SetQuota(name="eips-per-account", value=30)
    cloud = cloud_after(raised, *[c.AllocateEipAddress()] * 18)
    for _ in range(12):
        cloud.execute(c.AllocateEipAddress())
    cloud.execute(c.SetQuota(name="eips-per-account", value=1))
    assert len(cloud.eips) == 30
    assert invariants(cloud) == ()
    assert not cloud.check(c.AllocateEipAddress()).allowed


def test_eips_of_an_account_are_compared_with_the_quota_under_which_the_newest_was_allocated() -> None:
    cloud = Cloud(rules=rules.without("account.eip-quota"))
    other = cloud.as_account("2")
    other.execute(c.SetQuota(name="eips-per-account", value=100))
    breached = []
    for quota in (2, 1, 3, 4):
        cloud.execute(c.SetQuota(name="eips-per-account", value=quota))
        other.execute(c.AllocateEipAddress())
        held = [cloud.execute(c.AllocateEipAddress(region_id=region)).id for region in ("cn-hangzhou", "cn-beijing")]
        breached.append([(breach.invariant, breach.resource_id) for breach in invariants(cloud)])
        if quota != 2:
            for allocation_id in held:
                cloud.execute(c.ReleaseEipAddress(allocation_id=allocation_id))
    breach = ("account.eip-quota", "1234567890123456")
    assert breached == [[], [breach], [breach], []]
    assert invariants(cloud) == ()


def test_the_quota_of_one_account_does_not_apply_to_another() -> None:
    net = in_use(Net())
    stranger = net.cloud.as_account("6543210987654321")
    for quota, *_ in USES:
        stranger.execute(c.SetQuota(name=quota, value=1))
    assert invariants(net.cloud) == ()
    assert net.cloud.check(net.eni_command()).allowed


def test_an_address_change_stays_pending_while_the_instance_starts(slow_net: Net) -> None:
    vm = slow_net.run()
    for step in (
        c.StopInstance(instance_id=vm.id),
        c.StartInstance(instance_id=vm.id),
        c.StopInstance(instance_id=vm.id),
    ):
        slow_net.cloud.execute(step)
        slow_net.cloud.settle()
    slow_net.cloud.execute(c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=slow_net.vswitch.id))
    started = slow_net.cloud.execute(c.StartInstance(instance_id=vm.id))
    assert (started.status, started.private_ip_change_pending) == ("Starting", True)
    assert invariants(slow_net.cloud) == ()


@pytest.mark.parametrize(
    ("quota", "invariant", "create"),
    [
        ("interfaces-per-region", "account.interface-quota", lambda net: net.eni()),
        ("security-groups-per-region", "account.security-group-quota", lambda net: net.new_group()),
        ("eips-per-account", "account.eip-quota", lambda net: net.cloud.execute(c.AllocateEipAddress())),
    ],
)
def test_one_resource_above_a_quota_lowered_to_its_use_is_a_breach(
    quota: str, invariant: str, create: Callable[[Net], Any]
) -> None:
    net = Net(rules=rules.without(invariant))
    create(net)
    net.quota(quota, len(net.cloud.security_groups) if "groups" in quota else 1)
    assert invariants(net.cloud) == ()
    create(net)
    assert [breach.invariant for breach in invariants(net.cloud)] == [invariant]


INDEXES = {
    "public_ips": "index.public-ips",
    "classic_ips": "index.classic-ips",
    "addresses": "index.addresses",
    "vswitches_of_vpc": "index.vswitches-of-vpc",
    "groups_of_vpc": "index.groups-of-vpc",
    "interfaces_of_vswitch": "index.interfaces-of-vswitch",
    "interfaces_of_name": "index.interfaces-of-name",
    "members_of_group": "index.members-of-group",
    "resources_of_tag": "index.resources-of-tag",
}


def index_of(region: Region, name: str) -> Any:
    """The index; of those that are tables in a table, the first that has a row."""
    table = getattr(region, name)
    if name in {"public_ips", "classic_ips"}:
        return table
    return table.mutable(next(key for key, rows in table.snapshot().items() if rows.snapshot()))


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_with_a_wrong_size_is_a_breach(name: str) -> None:
    world = SOUND.cloud.folded_state()
    index_of(world.writable(HOME), name).size += 1
    assert [breach.invariant for breach in breaches(world)] == [INDEXES[name]]


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_with_a_wrong_key_is_a_breach(name: str) -> None:
    world = SOUND.cloud.folded_state()
    index = index_of(world.writable(HOME), name)
    key, value = next(iter(index.snapshot().items()))
    index.delete(key)
    index.set("something else", value)
    assert INDEXES[name] in {breach.invariant for breach in breaches(world)}


@pytest.mark.parametrize("change", ["counts", "lists twice", "lists another"])
def test_a_wrong_list_of_transitional_resources_is_a_breach(change: str) -> None:
    world = SOUND.cloud.folded_state()
    passing = world.writable(HOME).pending
    key, entry = next(iter(passing.snapshot().items()))
    if change == "counts":
        passing.size += 1
    elif change == "lists twice":
        passing.set(999_999, entry)
    else:
        passing[key] = Entry("i-other", entry.since, entry.kind)
    assert "index.pending" in {breach.invariant for breach in breaches(world)}


@pytest.mark.parametrize("change", ["held", "of another number"])
def test_a_next_address_that_is_held_or_has_another_number_is_a_breach(change: str) -> None:
    world = SOUND.cloud.folded_state()
    region = world.writable(HOME)
    vswitch = region.vswitches.mutable(SOUND.vswitch)
    assert vswitch.next_ip is not None
    if change == "held":
        region.addresses.mutable(vswitch.vpc_id).set(vswitch.next_ip, "eni-other")
    else:
        vswitch.next_address += 1
    messages = [breach.message for breach in breaches(world) if breach.resource_id == vswitch.id]
    assert f"would allocate {vswitch.next_ip}, which is not free" in messages


def test_a_group_without_a_list_of_members_is_a_breach() -> None:
    world = SOUND.cloud.folded_state()
    world.writable(HOME).members_of_group.delete(SOUND.group)
    assert "index.members-of-group" in {breach.invariant for breach in breaches(world)}


def test_an_interface_without_a_vswitch_does_not_hide_the_breaches_of_others() -> None:
    world = SOUND.cloud.folded_state()
    interfaces = world.writable(HOME).network_interfaces
    first, *_, last = list(interfaces.snapshot())
    interfaces.mutable(first).vswitch_id = "vsw-none"
    interfaces.mutable(last).private_ips = ("8.8.8.8",)
    found = {(breach.invariant, breach.resource_id) for breach in breaches(world)}
    assert {("interface.create.vswitch", first), ("address.private.in-cidr", last)} <= found
