"""Questions about one instance: what its type and its account's quotas allow (guide 4.1, 4.6, 5), and whether it
reaches the Internet (guide 2.1, 2.2)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ecsnet._attrs import frozen
from ecsnet.domain.queries.intranet import OPTIMIZED_BANDWIDTH, OTHER_BANDWIDTH
from ecsnet.domain.rules import RuleKind, SubjectRules
from ecsnet.domain.state.records import EipState, InstanceState
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.account import type_of
from ecsnet.values import ChargeType, EipStatus, NetworkInterfaceStatus


@frozen(kw_only=True)
class InstanceLimits:
    """The limits of an instance, and how much of them is used (guide 4.1, 4.6, 5).

    ``network_interfaces`` is the most ENIs that it takes, the primary one included, of which it has
    ``network_interface_count``. ``private_ips_per_interface`` is the most private IPs of one attached ENI, the primary
    address included: what the type allows, or the account's quota if that is less. A classic instance has no ENI, so
    these are zero. ``limits_known`` is False if the type is unknown: both are then the most that instances of the type
    were described with, and it may allow more. ``nic_queues`` is the most queues of one ENI, None if the type's number
    is not known.

    Bandwidths are in Mbit/s. That of the Internet is what was bought; that of the intranet is shared with others and
    not guaranteed. More ENIs raise neither. ``rule`` and ``guide`` name the source.
    """

    instance_id: str
    instance_type: str
    network_interfaces: int
    network_interface_count: int
    private_ips_per_interface: int
    nic_queues: int | None
    limits_known: bool
    internet_max_bandwidth_out: int
    intranet_bandwidth: int
    rule: str = "instance.limits"
    guide: str = "4.1, 4.6, 5"


class InternetAddress(StrEnum):
    """The kinds of address by which an instance reaches the Internet (guide 2.1, 2.2)."""

    NatPublicIp = "NatPublicIp"
    ClassicPublicIp = "ClassicPublicIp"
    Eip = "Eip"


@frozen(kw_only=True)
class InternetAccess:
    """The way of an instance to the Internet (guide 2.1, 2.2).

    ``accessible`` is true if it has a public address and bandwidth for it, or an EIP that is InUse, be it on a
    secondary ENI that is attached to it, which ``network_interface_id`` then names. The status of the instance does not
    matter. ``via`` is the kind of its public address, and ``ip_address`` the address, both None if it has none; an EIP
    has an ``allocation_id``. ``bandwidth`` is in Mbit/s; None if an EIP has it, which is not modelled. ``remedy`` is
    what is missing. ``rule`` and ``guide`` name the source."""

    instance_id: str
    accessible: bool
    via: InternetAddress | None
    ip_address: str | None
    allocation_id: str | None
    bandwidth: int | None
    remedy: str
    network_interface_id: str | None = None
    rule: str = "internet.access"
    guide: str = "2.1, 2.2"


RULES: Final = SubjectRules()

RULES.states(
    "instance.limits",
    RuleKind.Query,
    "How many ENIs, private IPs an ENI and queues an ENI an instance has is a matter of its type and of the account's "
    "quotas; its bandwidth is what was bought, and that of the intranet depends on the type. More ENIs raise neither.",
    guide="4.1, 4.6, 5",
)
RULES.states(
    "internet.access",
    RuleKind.Query,
    "An instance reaches the Internet by a public IP and a bandwidth above 0 Mbit/s, or by an EIP that is bound to it, "
    "or to a secondary ENI of its. "
    "At 0 Mbit/s it does not, even where the address is kept.",
    guide="2.1, 2.2",
)


def _find(world: World, instance_id: str) -> tuple[Region, InstanceState]:
    region = world.region_of("instances", instance_id) if isinstance(instance_id, str) else None
    if region is None:
        raise KeyError(instance_id)
    return region, region.instances.get_existing(instance_id)


def limits(world: World, instance_id: str) -> InstanceLimits:
    """Returns the limits of an instance. Raises KeyError for an unknown id."""
    region, instance = _find(world, instance_id)
    instance_type = type_of(world, instance)
    in_vpc = instance.vpc_id is not None
    quota = region.quota(instance.account_id, "addresses-per-interface")
    return InstanceLimits(
        instance_id=instance.id,
        instance_type=instance_type.id,
        network_interfaces=instance_type.eni_quantity if in_vpc else 0,
        network_interface_count=len(instance.attached),
        private_ips_per_interface=min(instance_type.private_ipv4_per_eni, quota) if in_vpc else 0,
        nic_queues=instance_type.nic_queues,
        limits_known=instance_type.limits_known,
        internet_max_bandwidth_out=instance.internet_max_bandwidth_out,
        intranet_bandwidth=OPTIMIZED_BANDWIDTH if instance_type.io_optimized else OTHER_BANDWIDTH,
    )


def internet_access(world: World, instance_id: str) -> InternetAccess:
    """Returns whether an instance reaches the Internet. Raises KeyError for an unknown id."""
    region, instance = _find(world, instance_id)
    if instance.eip_id is not None:
        eip = region.eips.get_existing(instance.eip_id)
        bound = eip.status is EipStatus.InUse
        return InternetAccess(
            instance_id=instance.id,
            accessible=bound,
            via=InternetAddress.Eip,
            ip_address=eip.ip_address,
            allocation_id=eip.id,
            bandwidth=None,
            remedy=f"Nothing: {eip.id} is bound to it." if bound else f"Wait: {eip.id} is {eip.status}, not yet InUse.",
        )
    bandwidth = instance.internet_max_bandwidth_out
    if not (instance.public_ip and bandwidth) and (eip_of_interface := _eip_of_interface(region, instance)) is not None:
        eip = eip_of_interface
        return InternetAccess(
            instance_id=instance.id,
            accessible=True,
            via=InternetAddress.Eip,
            ip_address=eip.ip_address,
            allocation_id=eip.id,
            bandwidth=None,
            remedy=f"Nothing: {eip.id} is bound to {eip.network_interface_id}, which is attached to it.",
            network_interface_id=eip.network_interface_id,
        )
    has_address = instance.public_ip is not None
    kind = InternetAddress.ClassicPublicIp if instance.vpc_id is None else InternetAddress.NatPublicIp
    return InternetAccess(
        instance_id=instance.id,
        accessible=has_address and bandwidth > 0,
        via=kind if has_address else None,
        ip_address=instance.public_ip,
        allocation_id=None,
        bandwidth=bandwidth,
        remedy=_remedy(instance, bandwidth),
    )


def _eip_of_interface(region: Region, instance: InstanceState) -> EipState | None:
    """Returns the first EIP that is InUse on an ENI that is InUse on the instance, None if there is none."""
    for interface_id in instance.attached:
        interface = region.network_interfaces.get_existing(interface_id)
        if interface.eips and interface.status is NetworkInterfaceStatus.InUse:
            for eip_id in interface.eip_ids:
                eip = region.eips.get_existing(eip_id)
                if eip.status is EipStatus.InUse:
                    return eip
    return None


def _remedy(instance: InstanceState, bandwidth: int) -> str:
    if instance.public_ip is not None:
        return (
            f"Nothing: it has {instance.public_ip}."
            if bandwidth
            else f"Buy bandwidth: it has {instance.public_ip}, and 0 Mbit/s."
        )
    ways = ["associate an EIP with it"] if instance.vpc_id is not None else []
    if instance.charge_type is ChargeType.PrePaid:
        ways.append("assign a public IP to it" if bandwidth else "buy bandwidth, which brings a public IP")
    elif instance.bandwidth_at_creation:
        ways.append("assign a public IP to it" if bandwidth else "buy bandwidth and assign a public IP to it")
    if not ways:
        return "A pay-as-you-go classic instance that was created without bandwidth never gets a public IP."
    steps = ", or ".join(ways)
    return f"{steps[0].upper()}{steps[1:]}."
