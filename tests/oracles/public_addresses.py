"""Public addresses in the naive model: NatPublicIps, classic addresses, EIPs, bandwidth (guide 2.1, 2.2, 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from ecsnet import Cloud
from ecsnet import commands as c
from tests.oracles.instances import gains_address
from tests.oracles.network import SETTLED, Network, months_later, resource, state_rules
from tests.oracles.operations import carries_out, completes, judges
from tests.oracles.tags import count_rules


@judges(c.AllocatePublicIpAddress)
def judge_allocation(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
        return
    yield from state_rules(instance, SETTLED, "public-ip.assign.state")
    if instance.public_ip is not None:
        yield "public-ip.assign.already"
    if net.eip_of(instance) is not None:
        yield "public-ip.assign.already/eip"
    if instance.charge_type == "PostPaid" and not (instance.bought and instance.internet_max_bandwidth_out):
        yield "public-ip.assign.pay-as-you-go"
    if instance.charge_type == "PrePaid" and not instance.internet_max_bandwidth_out:
        yield "public-ip.assign.subscription"


@carries_out(c.AllocatePublicIpAddress)
def allocate(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.instances[command.instance_id].public_ip = net.public_drawn(answer.public_ip)


@judges(c.ReleasePublicIpAddress)
def judge_release(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
        return
    if instance.releasing:
        yield "instance.being-released"
    if instance.network_type == "classic":
        yield "public-ip.classic.kept"
    if instance.charge_type != "PrePaid":
        yield "public-ip.nat.release"
    if instance.public_ip is None:
        yield "public-ip.release.assigned"


@carries_out(c.ReleasePublicIpAddress)
def release(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    net.instances[command.instance_id].public_ip = None


@judges(c.ChangePublicIpAddress)
def judge_change(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
        return
    if instance.public_ip is None:
        yield "public-ip.change.assigned"
    yield from state_rules(instance, ["Stopped"], "public-ip.change.state")
    if net.now - instance.created_at >= timedelta(hours=6):
        yield "public-ip.change.window"
    if instance.changes >= 3:
        yield "public-ip.change.limit"


@carries_out(c.ChangePublicIpAddress)
def change(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    instance = net.instances[command.instance_id]
    instance.public_ip = net.public_drawn(answer.public_ip)
    instance.changes += 1


@judges(c.ConvertNatPublicIpToEip)
def judge_conversion(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    yield from quota_of_eips(net, who)
    if instance is None:
        yield "instance.not-found"
        return
    if instance.network_type == "classic":
        yield "public-ip.convert.network-type"
    if instance.public_ip is None or not instance.internet_max_bandwidth_out:
        yield "public-ip.convert.assigned"
    yield from state_rules(instance, SETTLED, "public-ip.convert.state")
    if instance.next_bandwidth is not None:
        yield "public-ip.convert.pending-change"
    if instance.charge_type == "PrePaid" and net.now >= instance.expires_at - timedelta(hours=24):
        yield "public-ip.convert.expiring"


@carries_out(c.ConvertNatPublicIpToEip)
def convert(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    instance = net.instances[command.instance_id]
    eip_id = net.new_id(answer.eip_id)
    net.eips[eip_id] = resource(
        eip_id,
        instance.region_id,
        who,
        net.now,
        ip_address=instance.public_ip,
        status="InUse",
        instance_id=instance.id,
        private_ip_address=None,
    )
    instance.public_ip, instance.internet_max_bandwidth_out = None, 0


def quota_of_eips(net: Network, who: str) -> Iterator[str]:
    mine = [one for one in net.eips.values() if one.account_id == who]
    if len(mine) + 1 > net.quota("eips-per-account", who, None):
        yield "account.eip-quota"


@judges(c.AllocateEipAddress)
def judge_eip(net: Network, command: Any, who: str) -> Iterator[str]:
    yield from quota_of_eips(net, who)
    yield from count_rules(command)


@carries_out(c.AllocateEipAddress)
def allocate_eip(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    address = net.public_drawn(answer.ip_address)
    net.eips[answer.id] = resource(
        net.new_id(answer.id),
        command.region_id or net.region_id,
        who,
        net.now,
        name=command.name,
        description=command.description,
        tags=dict(command.tags),
        ip_address=address,
        status="Available",
        instance_id=None,
        private_ip_address=None,
    )


@judges(c.AssociateEipAddress)
def judge_association(net: Network, command: Any, who: str) -> Iterator[str]:
    eip = net.eip(command.allocation_id, who)
    if eip is None:
        yield "eip.not-found"
    elif eip.status != "Available":
        yield "eip.associate.state"
    on_interface = command.instance_type == "NetworkInterface"
    user = (net.interface if on_interface else net.instance)(command.instance_id, who)
    if user is None:
        yield "interface.not-found" if on_interface else "instance.not-found"
        return
    if eip is not None and eip.region_id != user.region_id:
        yield "eip.associate.region"
    yield from (_interface_rules if on_interface else _instance_rules)(net, user, command.private_ip_address)


def _instance_rules(net: Network, instance: Any, private_ip: str | None) -> Iterator[str]:
    """Yields what keeps an instance from an EIP for its primary address."""
    primary = net.primary(instance)
    if instance.network_type == "classic":
        yield "eip.associate.network-type"
    if private_ip not in (None, instance.classic_ip if primary is None else primary.private_ips[0]):
        yield "eip.associate.private-ip"
    yield from state_rules(instance, SETTLED, "eip.associate.instance-state")
    if instance.public_ip is not None:
        yield "eip.associate.public-ip"
    if net.eip_of(instance) is not None:
        yield "eip.associate.duplicate"


def _interface_rules(net: Network, interface: Any, private_ip: str | None) -> Iterator[str]:
    """Yields what keeps a secondary ENI from an EIP for one of its addresses, the primary one if none is named."""
    if interface.type == "Primary":
        yield "eip.associate.primary-interface"
    if interface.status not in ("Available", "InUse") or with_one_that_goes(net, interface):
        yield "eip.associate.interface-state"
    address = private_ip or interface.private_ips[0]
    if address not in interface.private_ips or address in net.being_revoked(interface.id):
        yield "eip.associate.private-ip"
    if any((eip.private_ip_address or interface.private_ips[0]) == address for eip in net.eips_on(interface.id)):
        yield "eip.associate.duplicate"


def with_one_that_goes(net: Network, interface: Any) -> bool:
    """Returns whether an ENI is on an instance that is being released."""
    instance = net.instances.get(interface.instance_id)
    return instance is not None and instance.releasing


def is_going(net: Network, user: Any) -> bool:
    """Returns whether the instance or the ENI of an EIP is being released or deleted."""
    if user.id in net.instances:
        return bool(user.releasing)
    return user.status == "Deleting" or with_one_that_goes(net, user)


@carries_out(c.AssociateEipAddress)
def associate(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    eip = net.eips[command.allocation_id]
    eip.status, eip.instance_id = "Associating", command.instance_id
    eip.private_ip_address = command.private_ip_address
    if eip.private_ip_address == primary_ip(net, command.instance_id):
        eip.private_ip_address = None
    net.begin("eip", eip)


def primary_ip(net: Network, one_id: str) -> str:
    """Returns the primary private address of an ENI or an instance."""
    interface = net.interfaces.get(one_id) or net.primary(net.instances[one_id])
    return str(interface.private_ips[0])


@judges(c.UnassociateEipAddress)
def judge_unassociation(net: Network, command: Any, who: str) -> Iterator[str]:
    eip = net.eip(command.allocation_id, who)
    user = None if eip is None else net.interfaces.get(eip.instance_id) or net.instances.get(eip.instance_id)
    if eip is None:
        yield "eip.not-found"
    elif eip.status != "InUse":
        yield "eip.unassociate.state"
    if user is not None and is_going(net, user):
        yield "eip.unassociate.instance-state"
    named = command.private_ip_address
    if user is not None and named not in (None, eip.private_ip_address or primary_ip(net, user.id)):
        yield "eip.unassociate.private-ip"
    if command.instance_id is None:
        return
    on_interface = command.instance_type == "NetworkInterface"
    other = (net.interface if on_interface else net.instance)(command.instance_id, who)
    if other is None:
        yield "interface.not-found" if on_interface else "instance.not-found"
    elif eip is not None and eip.instance_id != other.id:
        yield "eip.unassociate.wrong-instance"


@carries_out(c.UnassociateEipAddress)
def unassociate(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    eip = net.eips[command.allocation_id]
    eip.status = "Unassociating"
    net.begin("eip", eip)


@judges(c.ReleaseEipAddress)
def judge_eip_release(net: Network, command: Any, who: str) -> Iterator[str]:
    eip = net.eip(command.allocation_id, who)
    if eip is None:
        yield "eip.not-found"
    elif eip.status not in ("Available", "Releasing"):
        yield "eip.release.state"


@carries_out(c.ReleaseEipAddress)
def release_eip(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    eip = net.eips[command.allocation_id]
    if eip.status == "Available":
        eip.status = "Releasing"
        net.begin("eip", eip)


@completes("eip")
def complete_eip(net: Network, allocation_id: str, _: Sequence[str]) -> None:
    eip = net.eips[allocation_id]
    match eip.status:
        case "Associating":
            eip.status = "InUse"
        case "Unassociating":
            eip.status, eip.instance_id, eip.private_ip_address = "Available", None, None
        case "Releasing":
            net.remove(eip.id)


# Bandwidth


@judges(c.ModifyInstanceNetworkSpec)
def judge_bandwidth(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
        return
    if instance.releasing:
        yield "instance.being-released"
    if instance.next_bandwidth is not None:
        yield "instance.network-spec.pending-change"
    raised = not instance.internet_max_bandwidth_out and command.internet_max_bandwidth_out
    runs_classic = instance.network_type == "classic" and instance.status != "Stopped" and not instance.releasing
    if raised and runs_classic:
        yield "instance.network-spec.classic-state"


@carries_out(c.ModifyInstanceNetworkSpec)
def change_bandwidth(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    instance = net.instances[command.instance_id]
    instance.internet_max_bandwidth_out = command.internet_max_bandwidth_out
    gains_address(net, instance)


@judges(c.RenewInstance)
def judge_renewal(net: Network, command: Any, who: str) -> Iterator[str]:
    instance = net.instance(command.instance_id, who)
    if instance is None:
        yield "instance.not-found"
        return
    if instance.releasing:
        yield "instance.being-released"
    if instance.charge_type != "PrePaid":
        yield "instance.renew.charge-type"
    if command.internet_max_bandwidth_out is not None and instance.next_bandwidth is not None:
        yield "instance.network-spec.pending-change"


@carries_out(c.RenewInstance)
def renew(net: Network, command: Any, who: str, cloud: Cloud, answer: Any) -> None:
    instance = net.instances[command.instance_id]
    ends, bandwidth = max(instance.expires_at, net.now), command.internet_max_bandwidth_out
    instance.expires_at = months_later(ends, command.period)
    releases = bandwidth == 0 and instance.network_type == "vpc" and instance.public_ip is not None
    if bandwidth is not None and (releases or bandwidth != instance.internet_max_bandwidth_out):
        instance.next_bandwidth = bandwidth
        net.waiting.append((ends, "cycle", instance.id, ()))
        net.pass_time(net.now)
