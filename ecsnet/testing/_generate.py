"""Generators of candidate commands: one function for each operation, with valid and invalid parameters worth trying.

A generator chooses each parameter from `Options`, which are ordered from valid to invalid, with ids of missing
resources last; valid options have more weight. The caller supplies the function that chooses: Hypothesis makes the
choices for strategies and the machine, and `all_commands` enumerates all of them for `explore`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

from ecsnet import commands as c
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.records import (
    EipState,
    InstanceState,
    NetworkInterfaceState,
    SecurityGroupState,
    VpcState,
    VSwitchState,
)
from ecsnet.domain.state.world import TAGGED, Region
from ecsnet.domain.subjects.eip import ASSOCIABLE, ASSOCIABLE_INTERFACE, RELEASABLE, UNASSOCIABLE
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface.attachment import ATTACHABLE, DETACHABLE
from ecsnet.domain.subjects.network_interface.lifecycle import DELETABLE, MODIFIABLE, PRIMARY
from ecsnet.instance_types import all_types, vendor_types
from ecsnet.values import (
    ACCOUNT_QUOTAS,
    ADDRESSES_OF_PREFIX,
    QUOTAS,
    BatchOptimization,
    ChargeType,
    InstanceStatus,
    NetworkType,
    SecurityGroupType,
    TaggedType,
    cidr_bounds,
    int_to_ipv4,
    ipv4_to_int,
)

T = TypeVar("T")
INSTANCE_TYPES: Final = ("ecs.g5.large", "ecs.t5-lc1m1.small")
"""A type with two ENIs of six private IPs each, and a type with one ENI."""
VALID_WEIGHT: Final = 7
"""The weight of a valid option, where an invalid one has the weight 1."""


class Options(tuple[T, ...]):
    """Options of which the preferred ones have more weight: a sequence that repeats each of them ``weight`` times.

    ``distinct`` has each option once. A plain sequence does for options of equal weight.
    """

    distinct: tuple[T, ...]

    def __new__(cls, preferred: Sequence[T], others: Sequence[T] = (), *, weight: int = VALID_WEIGHT) -> Options[T]:
        options = super().__new__(cls, (*tuple(preferred) * weight, *others))
        options.distinct = (*preferred, *others)
        return options


class Choose(Protocol):
    """Chooses one of several options; the first is the simplest."""

    def __call__(self, options: Sequence[T], /) -> T: ...


class Inventory:
    """The resources of a cloud now, and the account, regions and instance types for new commands."""

    def __init__(self, cloud: Cloud, *, region_ids: Sequence[str] = (), instance_types: Sequence[str] = ()) -> None:
        self.account_id: str = cloud.account_id
        self.region_ids: tuple[str, ...] = tuple(region_ids) or (cloud.region_id,)
        self.instance_types: tuple[str, ...] = tuple(instance_types) or _own_types(cloud) or INSTANCE_TYPES
        self.regions: tuple[Region, ...] = tuple(cloud.folded_state().regions.values())

    def vpcs(self) -> list[VpcState]:
        return [vpc for region in self.regions for vpc in region.vpcs.snapshot().values()]

    def vswitches(self) -> list[VSwitchState]:
        return [vswitch for region in self.regions for vswitch in region.vswitches.snapshot().values()]

    def groups(self) -> list[SecurityGroupState]:
        return [group for region in self.regions for group in region.security_groups.snapshot().values()]

    def instances(self) -> list[InstanceState]:
        return [instance for region in self.regions for instance in region.instances.snapshot().values()]

    def interfaces(self) -> list[NetworkInterfaceState]:
        return [interface for region in self.regions for interface in region.network_interfaces.snapshot().values()]

    def eips(self) -> list[EipState]:
        return [eip for region in self.regions for eip in region.eips.snapshot().values()]

    def region_with(self, table: str, resource_id: str) -> Region | None:
        """Returns the region with a resource, None if there is none."""
        return next((region for region in self.regions if getattr(region, table)[resource_id] is not None), None)

    def groups_of(self, instance: Any) -> tuple[str, ...]:
        """Returns the ids of the groups that an instance is in."""
        region = self.region_with("instances", _id(instance))
        return () if region is None else region.groups_of(instance)

    def one(self, choose: Choose, states: Sequence[Any], fits: Callable[[Any], object], none: str) -> Any:
        """Chooses a state, or ``none``, the id of a missing resource; mostly a state that fits and is the account's."""
        fitting, others = list[Any](), list[Any]()
        for state in states:
            (fitting if state.account_id == self.account_id and fits(state) else others).append(state)
        weight = -(-VALID_WEIGHT * (len(states) + 1) // len(fitting)) + 1 if fitting else 1
        return choose(Options(fitting, [*others, none], weight=weight))

    def vpc(self, choose: Choose, fits: Callable[[VpcState], object] = bool) -> Any:
        return self.one(choose, self.vpcs(), fits, "vpc-none")

    def vswitch(self, choose: Choose, fits: Callable[[VSwitchState], object] = bool) -> Any:
        return self.one(choose, self.vswitches(), fits, "vsw-none")

    def group(self, choose: Choose, fits: Callable[[SecurityGroupState], object] = bool) -> Any:
        return self.one(choose, self.groups(), fits, "sg-none")

    def instance(self, choose: Choose, fits: Callable[[InstanceState], object] = bool) -> Any:
        return self.one(choose, self.instances(), fits, "i-none")

    def interface(self, choose: Choose, fits: Callable[[NetworkInterfaceState], object] = bool) -> Any:
        return self.one(choose, self.interfaces(), fits, "eni-none")

    def eip(self, choose: Choose, fits: Callable[[EipState], object] = bool) -> Any:
        return self.one(choose, self.eips(), fits, "eip-none")

    def group_ids(self, choose: Choose, vpc_id: str | None) -> tuple[str, ...]:
        """Chooses one or two groups of the VPC, of whatever type; less often none, or any group."""
        own = [group.id for group in self.groups() if group.vpc_id == vpc_id and group.account_id == self.account_id]
        all_ids = [group.id for group in self.groups()] or ["sg-none"]
        two: list[tuple[str, ...]] = [tuple(own[:2])] if len(own) > 1 else []
        return choose(Options([(group_id,) for group_id in own], [*two, (all_ids[-1],), ()]))

    def addresses(self, vswitch: Any) -> Options[str]:
        """Returns addresses of a VSwitch: a free one and the last released one, then allocated and reserved ones and
        one outside of the block."""
        if not isinstance(vswitch, VSwitchState):
            return Options(["10.0.0.9"])
        region = self.region_with("vswitches", vswitch.id)
        assert region is not None
        released_last = [ip for ip, _ in zip(private_pool.released(vswitch), range(1), strict=False)]
        free = [*private_pool.next_free(region, vswitch, 1), *released_last]  # the latter may be allocated again
        interface_ids = region.interfaces_of_vswitch.get_existing(vswitch.id).snapshot()
        interfaces = [region.network_interfaces[one] for one in interface_ids]
        allocated = [one.private_ips[-1] for one in interfaces if one is not None and one.private_ips]
        ends = [int_to_ipv4(vswitch.last - 3), int_to_ipv4(vswitch.first), int_to_ipv4(vswitch.last + 1)]
        return Options(free, [*allocated, *ends])


def _own_types(cloud: Cloud) -> tuple[str, ...]:
    types, vendors = cloud.instance_types, all_types(vendor_types())
    return () if types is vendors else tuple(name for name, one in types.items() if vendors.get(name) is not one)


def _id(state: Any) -> str:
    return state if isinstance(state, str) else str(state.id)


def _stable(instance: InstanceState) -> bool:
    return instance.status in INSTANCE.stable


def _in(*statuses: InstanceStatus) -> Callable[[InstanceState], bool]:
    return lambda instance: instance.status in statuses


# VPCs, VSwitches, security groups, quotas


def create_vpc(inventory: Inventory, choose: Choose) -> Command[Any]:
    blocks = ("10.0.0.0/16", "192.168.0.0/24", "10.0.0.0/7", "8.0.0.0/16", "172.16.0.0/29")
    return c.CreateVpc(cidr_block=choose(blocks), region_id=choose(inventory.region_ids))


def delete_vpc(inventory: Inventory, choose: Choose) -> Command[Any]:
    in_use = {vswitch.vpc_id for vswitch in inventory.vswitches()} | {group.vpc_id for group in inventory.groups()}
    return c.DeleteVpc(vpc_id=_id(inventory.vpc(choose, lambda vpc: vpc.id not in in_use)))


def associate_vpc_cidr_block(inventory: Inventory, choose: Choose) -> Command[Any]:
    vpc = inventory.vpc(choose)
    own = "10.0.0.0/16" if isinstance(vpc, str) else vpc.cidr_block or "10.0.0.0/16"
    blocks = Options(["172.20.0.0/24", "172.20.1.0/28", "11.0.0.0/24"], [own, "100.64.0.0/24", "172.20.2.0/29"])
    return c.AssociateVpcCidrBlock(vpc_id=_id(vpc), secondary_cidr_block=choose(blocks))


def unassociate_vpc_cidr_block(inventory: Inventory, choose: Choose) -> Command[Any]:
    vpc = inventory.vpc(choose, lambda vpc: vpc.secondary_cidr_blocks)
    own = ("10.0.0.0/16",) if isinstance(vpc, str) else vpc.cidr_blocks or ("10.0.0.0/16",)
    blocks = Options(own[1:], [own[0], "172.20.9.0/24"], weight=2)
    return c.UnassociateVpcCidrBlock(vpc_id=_id(vpc), secondary_cidr_block=choose(blocks))


def create_vswitch(inventory: Inventory, choose: Choose) -> Command[Any]:
    vpc = inventory.vpc(choose)
    region = inventory.region_with("vpcs", _id(vpc))
    region_id = inventory.region_ids[0] if region is None else region.region_id
    blocks_of_vpc = ("0.0.0.0/8",) if region is None else vpc.cidr_blocks or ("0.0.0.0/8",)
    first = cidr_bounds(choose(Options(blocks_of_vpc[:1], blocks_of_vpc[1:], weight=2)))[0]
    count = 0 if region is None else region.vswitches_of_vpc.get_existing(vpc.id).size
    free = int_to_ipv4(first + 16 * count)
    blocks = (f"{free}/28", f"{free}/29", f"{int_to_ipv4(first)}/24", f"{free}/30", "8.0.0.0/28")
    zones = Options([f"{region_id}-b"], [f"{region_id}-c", "nowhere-1"], weight=2)
    return c.CreateVSwitch(vpc_id=_id(vpc), zone_id=choose(zones), cidr_block=choose(blocks))


def delete_vswitch(inventory: Inventory, choose: Choose) -> Command[Any]:
    in_use = {interface.vswitch_id for interface in inventory.interfaces()}
    return c.DeleteVSwitch(vswitch_id=_id(inventory.vswitch(choose, lambda vswitch: vswitch.id not in in_use)))


def create_security_group(inventory: Inventory, choose: Choose) -> Command[Any]:
    vpc_ids: list[str | None] = [vpc.id for vpc in inventory.vpcs()]
    vpc_id = choose(Options(vpc_ids, [None, "vpc-none"]))
    group_type = choose(Options([SecurityGroupType.Normal], [SecurityGroupType.Enterprise], weight=3))
    region_id = choose(inventory.region_ids) if vpc_id is None else None
    return c.CreateSecurityGroup(vpc_id=vpc_id, security_group_type=group_type, region_id=region_id)


def delete_security_group(inventory: Inventory, choose: Choose) -> Command[Any]:
    return c.DeleteSecurityGroup(
        security_group_id=_id(inventory.group(choose, lambda group: not group.private_ip_count))
    )


def _permission(command: type[c.AuthorizeSecurityGroup | c.RevokeSecurityGroup]) -> Generate:
    def generate(inventory: Inventory, choose: Choose) -> Command[Any]:
        group = inventory.group(choose)
        vpc_id = None if isinstance(group, str) else group.vpc_id
        source = inventory.group(choose, lambda one: one.vpc_id == vpc_id)
        account_id = None if isinstance(source, str) or source.account_id == inventory.account_id else source.account_id
        return command(security_group_id=_id(group), source_group_id=_id(source), source_account_id=account_id)

    return generate


def join_security_group(inventory: Inventory, choose: Choose) -> Command[Any]:
    instance = inventory.instance(choose, _stable)
    vpc_id = None if isinstance(instance, str) else instance.vpc_id
    group_ids = inventory.groups_of(instance)
    group = inventory.group(choose, lambda group: group.vpc_id == vpc_id and group.id not in group_ids)
    return c.JoinSecurityGroup(security_group_id=_id(group), instance_id=_id(instance))


def leave_security_group(inventory: Inventory, choose: Choose) -> Command[Any]:
    instance = inventory.instance(choose, lambda one: _stable(one) and len(inventory.groups_of(one)) > 1)
    group_ids = inventory.groups_of(instance)
    group = inventory.group(choose, lambda group: group.id in group_ids)
    return c.LeaveSecurityGroup(security_group_id=_id(group), instance_id=_id(instance))


def set_quota(inventory: Inventory, choose: Choose) -> Command[Any]:
    name, value = choose(tuple(QUOTAS)), choose((2, 3, 1, 5, 100))
    region_id = None if name in ACCOUNT_QUOTAS else choose(inventory.region_ids)
    return c.SetQuota(name=name, value=value, region_id=region_id)


# Instances


def run_instances(inventory: Inventory, choose: Choose) -> Command[Any]:
    return c.RunInstances(**_new_instance(inventory, choose, choose(Options([1], [2]))))


def create_instance(inventory: Inventory, choose: Choose) -> Command[Any]:
    parameters = _new_instance(inventory, choose, 1)
    del parameters["amount"]
    return c.CreateInstance(**parameters)


def _new_instance(inventory: Inventory, choose: Choose, amount: int) -> dict[str, Any]:
    charge_type = choose(Options([ChargeType.PostPaid], [ChargeType.PrePaid], weight=2))
    parameters = {
        "amount": amount,
        "instance_type": choose(Options(inventory.instance_types, ["ecs.none"])),
        "instance_charge_type": charge_type,
        "internet_max_bandwidth_out": choose(Options([0], [5], weight=2)),
    }
    if choose(Options([NetworkType.Vpc], [NetworkType.Classic], weight=15)) is NetworkType.Classic:
        groups = inventory.group_ids(choose, None)
        return {**parameters, "network_type": NetworkType.Classic, "security_group_ids": groups}
    vswitch = inventory.vswitch(choose)
    vpc_id = None if isinstance(vswitch, str) else vswitch.vpc_id
    parameters |= {"vswitch_id": _id(vswitch), "security_group_ids": inventory.group_ids(choose, vpc_id)}
    # Picked in any case, lest two instances be simpler than one.
    extra = choose((*["nothing"] * 6, "address", "ENI", "new ENI"))
    if extra == "new ENI":
        parameters["network_interfaces"] = (_new_interface(inventory, choose, vswitch, amount),)
    if amount > 1:
        return parameters
    if extra == "address":
        parameters["private_ip_address"] = choose(inventory.addresses(vswitch))
    elif extra == "ENI":
        parameters["network_interface_ids"] = (_id(inventory.interface(choose, _attachable(vswitch))),)
    return parameters


def _new_interface(inventory: Inventory, choose: Choose, vswitch: Any, amount: int) -> NewNetworkInterface:
    """Chooses a new ENI of the instance's VSwitch; less often one of another VSwitch, with a group or with an
    address."""
    what = choose(Options(["default"], ["place", "group", "address"][: 3 if amount == 1 else 2], weight=2))
    if what == "place":
        return NewNetworkInterface(vswitch_id=_id(inventory.vswitch(choose)), network_interface_name="web-1")
    if what == "group":
        vpc_id = None if isinstance(vswitch, str) else vswitch.vpc_id
        return NewNetworkInterface(security_group_ids=inventory.group_ids(choose, vpc_id))
    if what == "address":
        return NewNetworkInterface(primary_ip_address=choose(inventory.addresses(vswitch)))
    return NewNetworkInterface()


def _attachable(place: Any) -> Callable[[NetworkInterfaceState], bool]:
    def fits(interface: NetworkInterfaceState) -> bool:
        same_place = isinstance(place, str) or (interface.vpc_id == place.vpc_id and interface.zone_id == place.zone_id)
        return same_place and interface.type is not PRIMARY and interface.status in ATTACHABLE

    return fits


def _on_instance(command: type[Any], fits: Callable[[InstanceState], object]) -> Generate:
    def generate(inventory: Inventory, choose: Choose) -> Command[Any]:
        generated: Command[Any] = command(instance_id=_id(inventory.instance(choose, fits)))
        return generated

    return generate


def delete_instance(inventory: Inventory, choose: Choose) -> Command[Any]:
    instance = inventory.instance(choose, lambda instance: _stable(instance) and instance.expires_at is None)
    return c.DeleteInstance(instance_id=_id(instance), force=choose(Options([True], [False], weight=3)))


def _on_instances(command: type[Any], fits: Callable[[InstanceState], object], **parameters: Any) -> Generate:
    """Returns the generator of a command on two instances or on one."""

    def generate(inventory: Inventory, choose: Choose) -> Command[Any]:
        ids = [_id(inventory.instance(choose, fits)) for _ in range(choose((1, 2)))]
        if issubclass(command, c.DeleteInstances):
            parameters["force"] = choose((True, False))
        else:
            parameters["batch_optimization"] = choose(tuple(BatchOptimization))
        generated: Command[Any] = command(instance_ids=tuple(dict.fromkeys(ids)), **parameters)
        return generated

    return generate


def modify_instance_vpc_attribute(inventory: Inventory, choose: Choose) -> Command[Any]:
    instance = inventory.instance(choose, lambda one: one.status is InstanceStatus.Stopped and one.was_started)
    zone_id = None if isinstance(instance, str) else instance.zone_id
    vswitch = inventory.vswitch(choose, lambda one: one.zone_id == zone_id)
    address = choose(inventory.addresses(vswitch)) if choose((False, True)) else None
    return c.ModifyInstanceVpcAttribute(instance_id=_id(instance), vswitch_id=_id(vswitch), private_ip_address=address)


def modify_instance_network_spec(inventory: Inventory, choose: Choose) -> Command[Any]:
    return c.ModifyInstanceNetworkSpec(
        instance_id=_id(inventory.instance(choose)), internet_max_bandwidth_out=choose((5, 0, 10))
    )


def renew_instance(inventory: Inventory, choose: Choose) -> Command[Any]:
    instance = inventory.instance(choose, lambda one: one.charge_type is ChargeType.PrePaid)
    return c.RenewInstance(instance_id=_id(instance), internet_max_bandwidth_out=choose((None, 5, 0)))


# EIPs


def allocate_eip_address(inventory: Inventory, choose: Choose) -> Command[Any]:
    return c.AllocateEipAddress(region_id=choose(inventory.region_ids))


def associate_eip_address(inventory: Inventory, choose: Choose) -> Command[Any]:
    eip = inventory.eip(choose, lambda one: one.status in ASSOCIABLE)
    region = inventory.region_with("eips", _id(eip))
    if choose(Options(["EcsInstance"], ["NetworkInterface"], weight=3)) == "NetworkInterface":
        return _associate_with_interface(inventory, choose, eip, region)
    same_region = () if region is None else region.instances.snapshot()
    instance = inventory.instance(
        choose,
        lambda one: one.id in same_region and _stable(one) and one.vpc_id and not one.public_ip and not one.eip_id,
    )
    return c.AssociateEipAddress(allocation_id=_id(eip), instance_id=_id(instance))


def _associate_with_interface(
    inventory: Inventory, choose: Choose, eip: EipState | str, region: Region | None
) -> Command[Any]:
    same_region = () if region is None else region.network_interfaces.snapshot()
    interface = inventory.interface(
        choose, lambda one: one.id in same_region and one.type is not PRIMARY and one.status in ASSOCIABLE_INTERFACE
    )
    own = () if isinstance(interface, str) else interface.private_ips
    return c.AssociateEipAddress(
        allocation_id=_id(eip),
        instance_id=_id(interface),
        instance_type="NetworkInterface",
        private_ip_address=choose(Options([None, *own[1:]], ["10.0.0.250"], weight=2)),
    )


def unassociate_eip_address(inventory: Inventory, choose: Choose) -> Command[Any]:
    eip = inventory.eip(choose, lambda one: one.status in UNASSOCIABLE)
    if not isinstance(eip, str) and eip.network_interface_id is not None:
        interface_ids = [interface.id for interface in inventory.interfaces()]
        return c.UnassociateEipAddress(
            allocation_id=eip.id,
            instance_id=choose(Options([eip.network_interface_id, None], [*interface_ids, "eni-none"], weight=2)),
            instance_type="NetworkInterface",
            private_ip_address=eip.private_ip_address,
        )
    own = None if isinstance(eip, str) else eip.instance_id
    other_ids = [instance.id for instance in inventory.instances()]
    instance_id = choose(Options([own], [*other_ids, "i-none"], weight=2))
    return c.UnassociateEipAddress(allocation_id=_id(eip), instance_id=instance_id)


def release_eip_address(inventory: Inventory, choose: Choose) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=_id(inventory.eip(choose, lambda one: one.status in RELEASABLE)))


# Network interfaces and their addresses


def create_network_interface(inventory: Inventory, choose: Choose) -> Command[Any]:
    vswitch = inventory.vswitch(choose)
    vpc_id = None if isinstance(vswitch, str) else vswitch.vpc_id
    parameters: dict[str, Any] = {"vswitch_id": _id(vswitch), "security_group_ids": inventory.group_ids(choose, vpc_id)}
    extra = choose(("nothing", "count", "address", "addresses", "prefix", "tags"))
    if extra == "count":
        parameters["secondary_private_ip_address_count"] = choose((1, 2, 3))
    elif extra == "prefix":
        parameters["ipv4_prefix_count"] = 1
    elif extra == "address":
        parameters["primary_ip_address"] = choose(inventory.addresses(vswitch))
    elif extra == "tags":
        parameters |= {"tags": {"team": "web"}, "delete_on_release": False}
    elif extra == "addresses":
        parameters["private_ip_addresses"] = (choose(inventory.addresses(vswitch)),)
    return c.CreateNetworkInterface(**parameters)


def _prefix_around(address: str) -> str:
    """Returns the prefix that an address would be in."""
    return f"{int_to_ipv4(ipv4_to_int(address) // ADDRESSES_OF_PREFIX * ADDRESSES_OF_PREFIX)}/28"


def attach_network_interface(inventory: Inventory, choose: Choose) -> Command[Any]:
    interface = inventory.interface(choose, _attachable(""))

    def fits(instance: InstanceState) -> bool:
        same_place = isinstance(interface, str) or (instance.vpc_id, instance.zone_id) == (
            interface.vpc_id,
            interface.zone_id,
        )
        return same_place and _stable(instance) and instance.instance_type.eni_quantity > 1

    return c.AttachNetworkInterface(
        network_interface_id=_id(interface), instance_id=_id(inventory.instance(choose, fits))
    )


def detach_network_interface(inventory: Inventory, choose: Choose) -> Command[Any]:
    interface = inventory.interface(choose, lambda one: one.type is not PRIMARY and one.status in DETACHABLE)
    own = None if isinstance(interface, str) else interface.instance_id
    instance = inventory.instance(choose, lambda one: one.id == own)
    return c.DetachNetworkInterface(network_interface_id=_id(interface), instance_id=_id(instance))


def delete_network_interface(inventory: Inventory, choose: Choose) -> Command[Any]:
    interface = inventory.interface(choose, lambda one: one.type is not PRIMARY and one.status in DELETABLE)
    return c.DeleteNetworkInterface(network_interface_id=_id(interface))


def modify_network_interface_attribute(inventory: Inventory, choose: Choose) -> Command[Any]:
    interface = inventory.interface(choose, lambda one: one.type is not PRIMARY and one.status in MODIFIABLE)
    vpc_id = None if isinstance(interface, str) else interface.vpc_id
    what = choose(("groups", "name", "description", "release"))
    return c.ModifyNetworkInterfaceAttribute(
        network_interface_id=_id(interface),
        security_group_ids=inventory.group_ids(choose, vpc_id) if what == "groups" else None,
        network_interface_name="web-1" if what == "name" else None,
        description="of the web" if what == "description" else None,
        delete_on_release=False if what == "release" else None,
    )


def assign_private_ip_addresses(inventory: Inventory, choose: Choose) -> Command[Any]:
    interface = inventory.interface(choose)
    what = choose(("count", "address", "prefixes", "prefix"))
    if what == "count":
        count = choose((1, 2))
        return c.AssignPrivateIpAddresses(network_interface_id=_id(interface), secondary_private_ip_address_count=count)
    if what == "prefixes":
        return c.AssignPrivateIpAddresses(network_interface_id=_id(interface), ipv4_prefix_count=1)
    vswitch_id = "" if isinstance(interface, str) else interface.vswitch_id
    region = inventory.region_with("vswitches", vswitch_id)
    vswitch = None if region is None else region.vswitches.get_existing(vswitch_id)
    address = choose(inventory.addresses(vswitch))
    if what == "prefix":
        prefix = _prefix_around(address)
        return c.AssignPrivateIpAddresses(network_interface_id=_id(interface), ipv4_prefixes=(prefix,))
    once, twice = (address,), (address, address)
    return c.AssignPrivateIpAddresses(
        network_interface_id=_id(interface), private_ip_addresses=choose(Options([once], [twice], weight=3))
    )


def unassign_private_ip_addresses(inventory: Inventory, choose: Choose) -> Command[Any]:
    interface = inventory.interface(choose, lambda one: one.address_count > 1)
    prefixes = () if isinstance(interface, str) else interface.ipv4_prefixes
    if prefixes and choose(("prefix", "address")) == "prefix":
        revoked = choose(Options([prefixes[-1:]], [prefixes, ("10.0.0.240/28",)], weight=2))
        return c.UnassignPrivateIpAddresses(network_interface_id=_id(interface), ipv4_prefixes=revoked)
    own = ("10.0.0.9",) if isinstance(interface, str) else interface.private_ips or ("10.0.0.9",)
    addresses = choose(Options([own[-1:]], [own[1:] or own, own[:1], ("10.0.0.250",)], weight=2))
    return c.UnassignPrivateIpAddresses(network_interface_id=_id(interface), private_ip_addresses=addresses)


# ClassicLink


def enable_vpc_classic_link(inventory: Inventory, choose: Choose) -> Command[Any]:
    return c.EnableVpcClassicLink(vpc_id=_id(inventory.vpc(choose)))


def _link(command: type[c.AttachClassicLinkVpc | c.DetachClassicLinkVpc], *, linked: bool) -> Generate:
    def generate(inventory: Inventory, choose: Choose) -> Command[Any]:
        instance = inventory.instance(
            choose, lambda one: one.vpc_id is None and (one.linked_vpc_id is not None) is linked
        )
        own = None if isinstance(instance, str) else instance.linked_vpc_id
        vpc = inventory.vpc(choose, lambda one: one.id == own if linked else one.classic_link_enabled)
        return command(instance_id=_id(instance), vpc_id=_id(vpc))

    return generate


# Names, descriptions and tags


def _modify(
    command: type[Command[Any]], find: Callable[[Inventory, Choose], Any], parameter: str, name: str
) -> Generate:
    def generate(inventory: Inventory, choose: Choose) -> Command[Any]:
        what = choose((name, "description"))
        return command(**{parameter: _id(find(inventory, choose)), what: "web-1"})

    return generate


_TAGS: Final = ({"team": "web"}, {"team": "db", "stage": ""}, {f"key-{n}": "" for n in range(19)})
"""Tags worth trying: the last are as many as a resource has at most, with another one."""


def _tagged(inventory: Inventory, choose: Choose) -> tuple[TaggedType, tuple[str, ...]]:
    """Chooses one or two resources of a type; less often one that is not there."""
    of_type = choose(tuple(TaggedType))
    table = TAGGED[of_type]
    states = [state for region in inventory.regions for state in getattr(region, table).snapshot().values()]
    own = [state.id for state in states if state.account_id == inventory.account_id]
    two: list[tuple[str, ...]] = [tuple(own[:2])] if len(own) > 1 else []
    return of_type, choose(Options([(one,) for one in own], [*two, ("none-1",)]))


def tag_resources(inventory: Inventory, choose: Choose) -> Command[Any]:
    of_type, ids = _tagged(inventory, choose)
    return c.TagResources(resource_type=of_type, resource_ids=ids, tags=choose(_TAGS))


def untag_resources(inventory: Inventory, choose: Choose) -> Command[Any]:
    of_type, ids = _tagged(inventory, choose)
    keys = choose(((), ("team",), ("team", "key-1")))
    return c.UntagResources(resource_type=of_type, resource_ids=ids, tag_keys=keys, all=not keys)


Generate = Callable[[Inventory, Choose], Command[Any]]
GENERATORS: Final[dict[type[Command[Any]], Generate]] = {
    c.CreateVpc: create_vpc,
    c.DeleteVpc: delete_vpc,
    c.AssociateVpcCidrBlock: associate_vpc_cidr_block,
    c.UnassociateVpcCidrBlock: unassociate_vpc_cidr_block,
    c.CreateVSwitch: create_vswitch,
    c.DeleteVSwitch: delete_vswitch,
    c.CreateSecurityGroup: create_security_group,
    c.DeleteSecurityGroup: delete_security_group,
    c.AuthorizeSecurityGroup: _permission(c.AuthorizeSecurityGroup),
    c.RevokeSecurityGroup: _permission(c.RevokeSecurityGroup),
    c.JoinSecurityGroup: join_security_group,
    c.LeaveSecurityGroup: leave_security_group,
    c.SetQuota: set_quota,
    c.RunInstances: run_instances,
    c.CreateInstance: create_instance,
    c.StartInstance: _on_instance(c.StartInstance, _in(InstanceStatus.Stopped)),
    c.StopInstance: _on_instance(c.StopInstance, _in(InstanceStatus.Running)),
    c.RebootInstance: _on_instance(c.RebootInstance, _in(InstanceStatus.Running)),
    c.DeleteInstance: delete_instance,
    c.ModifyInstanceVpcAttribute: modify_instance_vpc_attribute,
    c.ModifyInstanceNetworkSpec: modify_instance_network_spec,
    c.RenewInstance: renew_instance,
    c.AllocatePublicIpAddress: _on_instance(
        c.AllocatePublicIpAddress, lambda one: one.internet_max_bandwidth_out and not one.public_ip
    ),
    c.ChangePublicIpAddress: _on_instance(
        c.ChangePublicIpAddress, lambda one: one.public_ip and one.status is InstanceStatus.Stopped
    ),
    c.ReleasePublicIpAddress: _on_instance(
        c.ReleasePublicIpAddress, lambda one: one.public_ip and one.charge_type is ChargeType.PrePaid
    ),
    c.ConvertNatPublicIpToEip: _on_instance(
        c.ConvertNatPublicIpToEip, lambda one: one.public_ip and one.internet_max_bandwidth_out
    ),
    c.AllocateEipAddress: allocate_eip_address,
    c.AssociateEipAddress: associate_eip_address,
    c.UnassociateEipAddress: unassociate_eip_address,
    c.ReleaseEipAddress: release_eip_address,
    c.CreateNetworkInterface: create_network_interface,
    c.AttachNetworkInterface: attach_network_interface,
    c.DetachNetworkInterface: detach_network_interface,
    c.DeleteNetworkInterface: delete_network_interface,
    c.ModifyNetworkInterfaceAttribute: modify_network_interface_attribute,
    c.AssignPrivateIpAddresses: assign_private_ip_addresses,
    c.UnassignPrivateIpAddresses: unassign_private_ip_addresses,
    c.EnableVpcClassicLink: enable_vpc_classic_link,
    c.AttachClassicLinkVpc: _link(c.AttachClassicLinkVpc, linked=False),
    c.DetachClassicLinkVpc: _link(c.DetachClassicLinkVpc, linked=True),
    c.ModifyVpcAttribute: _modify(c.ModifyVpcAttribute, Inventory.vpc, "vpc_id", "vpc_name"),
    c.ModifyVSwitchAttribute: _modify(c.ModifyVSwitchAttribute, Inventory.vswitch, "vswitch_id", "vswitch_name"),
    c.ModifySecurityGroupAttribute: _modify(
        c.ModifySecurityGroupAttribute, Inventory.group, "security_group_id", "security_group_name"
    ),
    c.ModifyInstanceAttribute: _modify(c.ModifyInstanceAttribute, Inventory.instance, "instance_id", "instance_name"),
    c.ModifyEipAddressAttribute: _modify(c.ModifyEipAddressAttribute, Inventory.eip, "allocation_id", "name"),
    c.StartInstances: _on_instances(c.StartInstances, _in(InstanceStatus.Stopped)),
    c.StopInstances: _on_instances(c.StopInstances, _in(InstanceStatus.Running)),
    c.RebootInstances: _on_instances(c.RebootInstances, _in(InstanceStatus.Running)),
    c.DeleteInstances: _on_instances(c.DeleteInstances, _stable),
    c.TagResources: tag_resources,
    c.UntagResources: untag_resources,
}
"""The generator of each operation."""


class _Enumeration:
    """Chooses every combination of options once, one for each run of a generator."""

    def __init__(self) -> None:
        self._chosen: list[tuple[int, int]] = []  # (index, number of options) of each choice of a run
        self._place = 0

    def __call__(self, options: Sequence[T], /) -> T:
        distinct = options.distinct if isinstance(options, Options) else options
        if self._place == len(self._chosen):
            self._chosen.append((0, len(distinct)))
        index, _ = self._chosen[self._place]
        self._place += 1
        return distinct[index]

    def advance(self) -> bool:
        """Moves to the next combination. Returns False if there is none."""
        self._place = 0
        while self._chosen:
            index, size = self._chosen.pop()
            if index + 1 < size:
                self._chosen.append((index + 1, size))
                return True
        return False


def all_commands(inventory: Inventory, operations: Iterable[type[Command[Any]]]) -> Iterator[Command[Any]]:
    """Yields every command of these operations that their generators can return, each once."""
    seen: set[Command[Any]] = set()
    for operation in operations:
        choose = _Enumeration()
        while True:
            command = GENERATORS[operation](inventory, choose)
            if command not in seen:
                seen.add(command)
                yield command
            if not choose.advance():
                break
