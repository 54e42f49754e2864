"""The private addresses of an ENI (guide 2.2, 4.2, 4.6, 4.7): how many it may hold, and which.

The first address of an ENI is its primary one, from its birth; secondary ones come and go. Two limits apply to an ENI
that is attached (20 by default, and what the instance type allows) and two to one that is not (20, and 10 secondary
ones, by default); each says what may be assigned, none takes away what is held.

An ENI holds IPv4 prefixes besides: blocks of sixteen addresses, which come and go as a whole. Each counts as one
address towards the limits, and as sixteen in the VSwitch. The guide of 2019 does not have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from ecsnet.commands import (
    AssignPrivateIpAddresses,
    CreateInstance,
    CreateNetworkInterface,
    ModifyInstanceVpcAttribute,
    RunInstances,
    UnassignPrivateIpAddresses,
)
from ecsnet.domain import in_use
from ecsnet.domain.context import AddressRequest, GroupGrowth, PrefixRequest, RuleContext, known
from ecsnet.domain.operation import Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import AnyCommand, Breach, Facts, RuleKind, SubjectRules
from ecsnet.domain.state import private_pool
from ecsnet.domain.state.pending import REVOCATION, Entry
from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState, VSwitchState
from ecsnet.domain.state.world import Evolving, Region, World
from ecsnet.domain.subjects.account import type_of
from ecsnet.domain.subjects.instance.lifecycle import BEING_RELEASED, INSTANCE
from ecsnet.domain.subjects.network_interface.lifecycle import (
    AVAILABLE,
    IN_USE,
    LIFECYCLES,
    NETWORK_INTERFACE,
    PRIMARY,
    by_type,
)
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.network_interface import (
    PrivateIpAddressesAssigned,
    PrivateIpAddressesUnassigned,
    PrivateIpAddressesUnassignRequested,
)
from ecsnet.values import addresses_of, ipv4_to_int

# How each event changes the state

ASSIGNABLE: Final = NETWORK_INTERFACE.statuses_admitting(PrivateIpAddressesAssigned)
UNASSIGNABLE: Final = NETWORK_INTERFACE.statuses_admitting(PrivateIpAddressesUnassignRequested)


AddressEvent = PrivateIpAddressesAssigned | PrivateIpAddressesUnassignRequested | PrivateIpAddressesUnassigned
ASSIGNED: Final = by_type(PrivateIpAddressesAssigned)
UNASSIGN_REQUESTED: Final = by_type(PrivateIpAddressesUnassignRequested)
UNASSIGNED: Final = by_type(PrivateIpAddressesUnassigned)


def addresses_assigned(region: Region, event: PrivateIpAddressesAssigned, record: RecordedEvent) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    region.transition(interface, ASSIGNED[interface.type], record)
    prefixes = event.ipv4_prefixes
    private_pool.allocate(region, interface, _taken(event) if prefixes else event.private_ip_addresses)
    interface.private_ips += event.private_ip_addresses
    if prefixes:
        private_pool.pass_prefixes(region, interface, prefixes)
        interface.ipv4_prefixes += prefixes
    _count_in_groups(region, interface, len(event.private_ip_addresses) + len(prefixes))


def _count_in_groups(region: Region, interface: NetworkInterfaceState, change: int) -> None:
    for group_id in interface.security_group_ids:
        region.security_groups.mutable(group_id).private_ip_count += change


def _named_in(event: AddressEvent) -> tuple[str, ...]:
    """Returns the addresses and the prefixes of an event."""
    return event.private_ip_addresses + event.ipv4_prefixes


def _taken(event: AddressEvent) -> tuple[str, ...]:
    """Returns the addresses of an event, those of its prefixes included."""
    return (*event.private_ip_addresses, *[ip for prefix in event.ipv4_prefixes for ip in addresses_of(prefix)])


def unassign_requested(region: Region, event: PrivateIpAddressesUnassignRequested, record: RecordedEvent) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    region.transition(interface, UNASSIGN_REQUESTED[interface.type], record)
    if not set(_named_in(event)) <= {*interface.private_ips[1:], *interface.ipv4_prefixes}:
        raise ValueError(f"{interface.id} does not hold {_named_in(event)}")
    interface.revocations = (*interface.revocations, (record.position, _named_in(event)))
    region.revocations.set(record.position, Entry(interface.id, record.recorded_at, REVOCATION))


def addresses_unassigned(region: Region, event: PrivateIpAddressesUnassigned, record: RecordedEvent) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    named, revocations = _named_in(event), interface.revocations
    begun = revocations and [key for key, addresses in revocations if addresses == named]
    # What is revoked at once is so where a request for it is possible.
    transitions = UNASSIGNED if begun else UNASSIGN_REQUESTED
    region.transition(interface, transitions[interface.type], record)
    if begun:
        interface.revocations = tuple([one for one in interface.revocations if one[0] != begun[0]])
        region.revocations.delete(begun[0])
    gone, kept, released = set(named), [], event.private_ip_addresses
    if not gone.issubset(interface.private_ips + interface.ipv4_prefixes):
        raise ValueError(f"{interface.id} does not hold {named}")
    before = interface.held_addresses if event.ipv4_prefixes else ()
    for ip in interface.private_ips:
        if ip not in gone:
            kept.append(ip)
    interface.private_ips = tuple(kept)
    if event.ipv4_prefixes:
        interface.ipv4_prefixes = tuple([prefix for prefix in interface.ipv4_prefixes if prefix not in gone])
        still_held = set(interface.held_addresses)  # an imported prefix may contain an address of its own ENI
        released = tuple([ip for ip in before if ip not in still_held])
    private_pool.release(region, interface, released)
    _count_in_groups(region, interface, -len(named))


def revoked(interface: NetworkInterfaceState, named: tuple[str, ...]) -> PrivateIpAddressesUnassigned:
    """Returns the event that ends a revocation of addresses and prefixes."""
    prefixes = tuple([one for one in named if "/" in one])
    addresses = named[: len(named) - len(prefixes)]
    return PrivateIpAddressesUnassigned(
        network_interface_id=interface.id, private_ip_addresses=addresses, ipv4_prefixes=prefixes
    )


EVOLVE: Final[Evolving] = {
    PrivateIpAddressesAssigned: addresses_assigned,
    PrivateIpAddressesUnassignRequested: unassign_requested,
    PrivateIpAddressesUnassigned: addresses_unassigned,
}

# The rules

RULES: Final = SubjectRules()

ADDRESS_COMMANDS: Final = (
    CreateNetworkInterface,
    AssignPrivateIpAddresses,
    RunInstances,
    CreateInstance,
    ModifyInstanceVpcAttribute,
)
OUTSIDE_CIDR_CODES: Final[dict[AnyCommand, tuple[str, int]]] = {
    RunInstances: ("InvalidPrivateIpAddress", 400),
    CreateInstance: ("InvalidPrivateIpAddress", 400),
    ModifyInstanceVpcAttribute: ("InvalidPrivateIpAddress.Mismatch", 400),
}


Named = tuple[tuple[str, VSwitchState | None], ...]
"""Addresses, each with the VSwitch that it is asked for in, or None if that was not found."""


def _named(addresses: Iterable[str]) -> Facts:
    return {"addresses": tuple(dict.fromkeys(addresses))}


def _placed(named_addresses: Named) -> list[tuple[str, VSwitchState]]:
    return [(ip, vswitch) for ip, vswitch in named_addresses if vswitch is not None]


def _different(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def _inside(vswitch: VSwitchState, ip: str) -> bool:
    return vswitch.first <= ipv4_to_int(ip) <= vswitch.last


@RULES.denies(
    "address.private.in-cidr",
    *ADDRESS_COMMANDS,
    guide="4.2",
    code="InvalidVSwitchId.IpInvalid",
    http_status=403,
    codes=OUTSIDE_CIDR_CODES,
    message="not in {cidr_block} of {vswitch_id}: {addresses}",
)
def in_cidr(named_addresses: Named) -> Facts | None:
    """A private IP lies in the block of its VSwitch."""
    placed = [(ip, vswitch) for ip, vswitch in _placed(named_addresses) if vswitch.cidr_block]  # one held may lack it
    outside = [(ip, vswitch) for ip, vswitch in placed if not _inside(vswitch, ip)]
    if not outside:
        return None
    return {
        **_named(ip for ip, _ in outside),
        "cidr_block": _different(vswitch.cidr_block for _, vswitch in outside),
        "vswitch_id": _different(vswitch.id for _, vswitch in outside),
    }


@RULES.denies(
    "address.private.reserved",
    *ADDRESS_COMMANDS,
    code="InvalidVSwitchId.IpInvalid",
    http_status=403,
    codes=OUTSIDE_CIDR_CODES,
    message="the system keeps the first address and the last three of {cidr_block}: {addresses}",
)
def reserved(named_addresses: Named) -> Facts | None:
    """The first address and the last three of a VSwitch's block are the system's."""
    inside = [(ip, vswitch) for ip, vswitch in _placed(named_addresses) if _inside(vswitch, ip)]
    kept = [
        (ip, vswitch) for ip, vswitch in inside if not private_pool.usable(vswitch.first, vswitch.last, ipv4_to_int(ip))
    ]
    if not kept:
        return None
    return {**_named(ip for ip, _ in kept), "cidr_block": _different(vswitch.cidr_block for _, vswitch in kept)}


@RULES.denies(
    "address.private.repeated",
    CreateNetworkInterface,
    AssignPrivateIpAddresses,
    RunInstances,
    CreateInstance,
    code="InvalidIp.IpRepeated",
    http_status=403,
    message="asked for more than once: {addresses}",
)
def repeated(named_addresses: Named) -> Facts | None:
    """A request names a private IP only once."""
    named = [(ip, None if vswitch is None else vswitch.vpc_id) for ip, vswitch in named_addresses]
    if len(set(named)) == len(named):
        return None
    return _named(ip for (ip, _), times in Counter(named).items() if times > 1)


@RULES.denies(
    "address.private.in-use",
    *ADDRESS_COMMANDS,
    guide="4.2",
    code="InvalidPrivateIpAddress.Duplicated",
    http_status=400,
    codes={AssignPrivateIpAddresses: ("InvalidIp.IpAssigned", 403)},
    message="in use in {vpc_id}: {holders:by}",
)
def address_in_use(named_addresses: Named, region: Region) -> Facts | None:
    """A private IP is unique within its VPC."""
    vpc_ids: dict[str, None] = {}
    holders: dict[str, str] = {}
    for ip, vswitch in _placed(named_addresses):
        holder = region.addresses.get_existing(vswitch.vpc_id)[ip]
        if holder is not None:
            holders[ip] = holder
            vpc_ids[vswitch.vpc_id] = None
    if not holders:
        return None
    resource_ids = tuple(dict.fromkeys(holders.values()))
    return {
        **_named(holders),
        "vpc_id": _different(vpc_ids),
        "holders": holders,
        "resource_ids": resource_ids[: in_use.SHOWN],
        "count": len(resource_ids),
    }


@RULES.denies(
    "address.private.exhausted",
    *ADDRESS_COMMANDS,
    guide="4.2",
    code="InvalidVSwitchId.IpNotEnough",
    http_status=403,
    message="{shortages}",
)
def exhausted(address_requests: tuple[AddressRequest, ...]) -> Facts | None:
    """A VSwitch gives no more private IPs than it has free."""
    if len(address_requests) == 1:  # of one VSwitch, as nearly always
        (request,) = address_requests
        vswitch = request.vswitch
        taken = request.to_allocate + request.named_available + request.in_prefixes
        if vswitch is None or taken <= vswitch.available_ip_address_count:
            return None
    vswitches: dict[str, VSwitchState] = {}
    wanted: dict[str, int] = {}
    for request in address_requests:
        if request.vswitch is not None:
            vswitches[request.vswitch.id] = request.vswitch
            wanted[request.vswitch.id] = wanted.get(request.vswitch.id, 0) + request.taken
    short = [one for one in vswitches.values() if wanted[one.id] > one.available_ip_address_count]
    if not short:
        return None
    return {
        "vswitch_id": short[0].id,
        "available": short[0].available_ip_address_count,
        "wanted": wanted[short[0].id],
        "vswitch_ids": tuple(one.id for one in short),
        "shortages": "; ".join(
            f"{one.id} has {one.available_ip_address_count} free addresses, not {wanted[one.id]}" for one in short
        ),
    }


@RULES.denies(
    "address.prefix.exhausted",
    CreateNetworkInterface,
    AssignPrivateIpAddresses,
    code="InvalidVSwitchId.IpNotEnough",
    http_status=403,
    message="{vswitch_id} has {free} free blocks of sixteen addresses, not {wanted}",
)
def prefix_exhausted(prefix_request: PrefixRequest) -> Facts | None:
    """A VSwitch gives no more IPv4 prefixes than it has blocks of sixteen addresses that are all free."""
    vswitch, free, wanted = prefix_request.vswitch, len(prefix_request.drawn), prefix_request.wanted
    if vswitch is None or free == wanted:
        return None
    return {"vswitch_id": vswitch.id, "free": free, "wanted": wanted}


@RULES.denies(
    "interface.assign.state",
    AssignPrivateIpAddresses,
    guide="4.6",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status}, and must be Available or InUse",
)
def assign_state(network_interface: NetworkInterfaceState) -> Facts | None:
    """Addresses are assigned to an ENI that is Available or InUse."""
    if LIFECYCLES[network_interface.type].admits(network_interface.status, PrivateIpAddressesAssigned):
        return None
    return {"network_interface_id": network_interface.id, "status": network_interface.status}


@RULES.denies(
    "interface.assign.instance-state",
    AssignPrivateIpAddresses,
    guide="4.6",
    code="InvalidOperation.InvalidEcsState",
    http_status=400,
    message="{network_interface_id} is the primary ENI of {instance_id}, which is {status}, not Running or Stopped",
)
def assign_instance_state(network_interface: NetworkInterfaceState, instance: InstanceState) -> Facts | None:
    """Addresses are assigned to a primary ENI while its instance is Running or Stopped."""
    if network_interface.type is not PRIMARY or instance.status in INSTANCE.stable:
        return None
    if instance.status in BEING_RELEASED:
        return None
    return {"network_interface_id": network_interface.id, "instance_id": instance.id, "status": instance.status}


@RULES.denies(
    "interface.assign.limit",
    AssignPrivateIpAddresses,
    CreateNetworkInterface,
    guide="4.6",
    code="MaxEniPrivateIpsCountExceeded",
    http_status=403,
    message="an ENI holds at most {quota} private IPs, not {count}",
)
def assign_limit(address_requests: tuple[AddressRequest, ...], region: Region, account_id: str) -> Facts | None:
    """An ENI holds at most ``addresses-per-interface`` (20) private IPs, the primary one included."""
    (request,) = address_requests
    count, quota = request.resulting_count, region.quota(account_id, "addresses-per-interface")
    return {"count": count, "quota": quota} if count > quota else None


@RULES.denies(
    "interface.assign.available-limit",
    AssignPrivateIpAddresses,
    CreateNetworkInterface,
    guide="4.6",
    code="MaxEniPrivateIpsCountExceeded",
    http_status=403,
    message="an Available ENI is given at most {quota} secondary private IPs, and this one would hold {count}",
)
def assign_available_limit(
    address_requests: tuple[AddressRequest, ...], region: Region, account_id: str
) -> Facts | None:
    """An Available ENI is given at most ``addresses-per-available-interface`` (10) secondary private IPs."""
    (request,) = address_requests
    if request.interface_status is not AVAILABLE:
        return None
    count, quota = request.resulting_count - 1, region.quota(account_id, "addresses-per-available-interface")
    return None if count <= quota else {"count": count, "quota": quota}


@RULES.denies(
    "interface.assign.type-quota",
    AssignPrivateIpAddresses,
    guide="4.6",
    code="InvalidOperation.Ipv4CountExceeded",
    http_status=403,
    message="a {instance_type} allows {quota} private IPs an ENI, and this one would hold {count}",
)
def assign_type_quota(
    address_requests: tuple[AddressRequest, ...], instance: InstanceState, world: World
) -> Facts | Breach | None:
    """An ENI that is InUse holds at most as many private IPs as the instance type allows, the primary one included.

    Of a type that only its described instances tell of, that is the most that one of their ENIs has."""
    (request,) = address_requests
    of_type, count = type_of(world, instance), request.resulting_count
    if request.interface_status is not IN_USE or count <= of_type.private_ipv4_per_eni:
        return None
    facts = {"instance_type": of_type.id, "count": count, "quota": of_type.private_ipv4_per_eni}
    if not of_type.limits_known:
        message = (
            "the instance type {instance_type} is unknown: its described instances have at most {quota} private IPs an "
            "ENI, and this one would hold {count}"
        )
        return Breach(facts, message=message)
    return facts


@RULES.denies(
    "interface.unassign.state",
    UnassignPrivateIpAddresses,
    guide="4.7",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status}, and must be Available or InUse",
)
def unassign_state(network_interface: NetworkInterfaceState) -> Facts | None:
    """Addresses are revoked from an ENI that is Available or InUse."""
    return assign_state(network_interface)


@RULES.denies(
    "interface.unassign.instance-state",
    UnassignPrivateIpAddresses,
    guide="4.7",
    code="InvalidOperation.InvalidEcsState",
    http_status=400,
    message="{network_interface_id} is the primary ENI of {instance_id}, which is {status}, not Running or Stopped",
)
def unassign_instance_state(network_interface: NetworkInterfaceState, instance: InstanceState) -> Facts | None:
    """Addresses are revoked from a primary ENI while its instance is Running or Stopped."""
    return assign_instance_state(network_interface, instance)


@RULES.denies(
    "interface.unassign.primary-address",
    UnassignPrivateIpAddresses,
    guide="4.7",
    code="InvalidIp.IpUnassigned",
    http_status=403,
    message="{address} is the primary private IP of {network_interface_id}",
)
def unassign_primary(network_interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> Facts | None:
    """The primary private IP of an ENI cannot be revoked."""
    primary = network_interface.primary_ip
    if primary not in addresses:
        return None
    return {"address": primary, "network_interface_id": network_interface.id}


@RULES.denies(
    "interface.unassign.unknown-address",
    UnassignPrivateIpAddresses,
    guide="4.7",
    code="InvalidIp.IpUnassigned",
    http_status=403,
    message="{network_interface_id} does not hold {addresses}",
)
def unassign_unknown(network_interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> Facts | None:
    """Only addresses and prefixes that the ENI holds can be revoked; asking again while they are being revoked is
    accepted."""
    held = {*network_interface.private_ips, *network_interface.ipv4_prefixes}
    unknown = [ip for ip in addresses if ip not in held]
    return {"network_interface_id": network_interface.id, **_named(unknown)} if unknown else None


@RULES.denies(
    "interface.unassign.eip",
    UnassignPrivateIpAddresses,
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="an EIP is associated with it: {eip_ids:has}",
)
def unassign_eip(network_interface: NetworkInterfaceState, addresses: tuple[str, ...]) -> Facts | None:
    """An address that an EIP is associated with is not revoked before the EIP is unassociated."""
    if not network_interface.eips:
        return None
    eip_ids = {ip: eip_id for ip, eip_id in network_interface.eips if ip in addresses}
    return {"network_interface_id": network_interface.id, "eip_ids": eip_ids} if eip_ids else None


RULES.states(
    "address.ipv6",
    RuleKind.Fact,
    "IPv6 addresses are held as they were imported, and no command is judged by them: the guide has none.",
    guide="-",
)

# How each command is decided


def _know_instance(context: RuleContext) -> None:
    interface = context.network_interface
    if interface is not None and interface.instance_id is not None:
        context.instance = context.region.instances.get_existing(interface.instance_id)


def prepare_assign(context: RuleContext, command: AssignPrivateIpAddresses | None) -> None:
    _know_instance(context)
    named: tuple[str, ...] = () if command is None else tuple(command.private_ip_addresses)
    to_allocate = 1 if command is None else command.secondary_private_ip_address_count or 0
    interface = context.network_interface
    if interface is not None:
        context.vswitch = context.region.vswitches.get_existing(interface.vswitch_id)
    region, added = context.region, len(named) + to_allocate
    if command is not None and (command.ipv4_prefixes or command.ipv4_prefix_count is not None):
        named = context.request_prefixes(context.vswitch, named, command.ipv4_prefixes, command.ipv4_prefix_count)
        added += known(context.prefix_request).count
    if interface is None:  # any ENI has a primary address
        request = AddressRequest(vswitch=None, named=named, to_allocate=to_allocate, resulting_count=1 + added)
        context.request_addresses(request)
        return
    request = AddressRequest(
        vswitch=context.vswitch,
        named=named,
        named_available=context.free_among(context.vswitch, named),
        to_allocate=to_allocate,
        resulting_count=interface.address_count + added,
        interface_status=interface.status,
        in_prefixes=context.addresses_in_drawn_prefixes(),
    )
    context.request_addresses(request)
    groups = [region.security_groups.get_existing(group_id) for group_id in interface.security_group_ids]
    context.group_growth = tuple([GroupGrowth(group, added) for group in groups])


def assign(context: RuleContext, command: AssignPrivateIpAddresses) -> tuple[Event, ...]:
    (request,) = known(context.address_requests)
    taken = context.addresses_asked_for(request)
    allocated = private_pool.draw(context.region, known(context.vswitch), request.to_allocate, taken)
    return (
        PrivateIpAddressesAssigned(
            network_interface_id=command.network_interface_id,
            private_ip_addresses=(*command.private_ip_addresses, *allocated),
            ipv4_prefixes=context.all_prefixes(),
        ),
    )


def prepare_unassign(context: RuleContext, command: UnassignPrivateIpAddresses | None) -> None:
    _know_instance(context)
    if command is not None:
        context.addresses = (*command.private_ip_addresses, *command.ipv4_prefixes)


def addresses_to_unassign(context: RuleContext) -> Iterator[RuleContext]:
    """Yields the contexts of each prefix and each address of the ENI, the primary one last."""
    interface = known(context.network_interface)
    for ip in (*interface.ipv4_prefixes, *reversed(interface.private_ips)):
        yield context.having(addresses=(ip,))


def unassign(context: RuleContext, command: UnassignPrivateIpAddresses) -> tuple[Event, ...]:
    being_revoked = {ip for _, addresses in known(context.network_interface).revocations for ip in addresses}
    addresses = tuple([ip for ip in dict.fromkeys(command.private_ip_addresses) if ip not in being_revoked])
    prefixes = tuple([one for one in dict.fromkeys(command.ipv4_prefixes) if one not in being_revoked])
    if not addresses and not prefixes:
        return ()
    event = PrivateIpAddressesUnassignRequested if context.asynchronous else PrivateIpAddressesUnassigned
    return (
        event(
            network_interface_id=command.network_interface_id, private_ip_addresses=addresses, ipv4_prefixes=prefixes
        ),
    )


OPERATIONS: Final[Operations] = operations(
    Operation(
        AssignPrivateIpAddresses,
        assign,
        ResourceKind.NetworkInterface,
        prepare=prepare_assign,
        statuses={ResourceKind.NetworkInterface: ASSIGNABLE},
        recorded_as=(PrivateIpAddressesAssigned,),
    ),
    Operation(
        UnassignPrivateIpAddresses,
        unassign,
        ResourceKind.NetworkInterface,
        prepare=prepare_unassign,
        statuses={ResourceKind.NetworkInterface: UNASSIGNABLE},
        alternatives=addresses_to_unassign,
        recorded_as=(PrivateIpAddressesUnassigned, PrivateIpAddressesUnassignRequested),
    ),
)
