"""Commands for the two models: right ones mostly, wrong ones of every kind, each limit within reach.

A chooser picks one of a list of options; Hypothesis draws it, or a seeded generator does. The options begin with the
plain ones, so that Hypothesis shrinks towards them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ecsnet import Command
from ecsnet import commands as c
from tests.oracles.beside import ABROAD, HOME, ME, OTHER, QUOTAS, TYPES, Beside
from tests.oracles.instances import CLASSIC_CLOSES
from tests.oracles.network import Network

Choose = Callable[[Sequence[Any]], Any]
UNKNOWN: Final = "x-none"
TRIES: Final = 6


class Generator:
    """Makes the next step of a comparison."""

    def __init__(self, beside: Beside, choose: Choose) -> None:
        self.beside, self.choose = beside, choose
        self.gone: list[str] = [UNKNOWN]

    @property
    def net(self) -> Network:
        return self.beside.network

    def step(self, makers: Sequence[Callable[[Generator], Command[Any]]]) -> None:
        """Carries out a step: a command, two of three times one that is allowed if one is found soon; or some time."""
        what = self.choose(["command"] * 11 + ["settle", "settle", "wait", "quota"])
        if what == "settle" and self.net.settle_after is None:
            waiting = [one[2] for one in self.net.waiting if one[1] != "cycle"]
            self.beside.settle(self.choose([*waiting[:4], None]))
        elif what == "wait":
            self.beside.wait(self.moment())
        elif what == "quota":
            name = self.choose(sorted(QUOTAS))
            value = max(1, QUOTAS[name] + self.choose([0, -1, 1]))
            self.beside.quota(name, value, self.choose([ME, ME, OTHER]), self.choose([HOME, HOME, ABROAD]))
        else:
            self.command(makers)

    def command(self, makers: Sequence[Callable[[Generator], Command[Any]]]) -> None:
        who = self.choose([ME] * 9 + [OTHER])
        allowed = self.choose([True, True, False])
        for _ in range(TRIES if allowed else 1):
            few = len(self.net.instances) < 2
            command = (run_with_bandwidth if few and self.choose([True, False]) else self.choose(makers))(self)
            if not self.net.judge(command, who):
                break
        before = {*self.net.instances, *self.net.interfaces, *self.net.eips}
        self.beside.execute(command, who)
        now = {*self.net.instances, *self.net.interfaces, *self.net.eips}
        self.gone += sorted(before - now)

    def moment(self) -> datetime:
        """Returns a moment to wait for: soon, or where a limit of time is met to the instant, or is just passed."""
        now, limits = self.net.now, [CLASSIC_CLOSES]
        for instance in self.net.instances.values():
            limits.append(instance.created_at + timedelta(hours=6))
            if instance.expires_at is not None:
                limits += [instance.expires_at, instance.expires_at - timedelta(hours=24)]
        limits += [one[0] for one in self.net.waiting if one[0] is not None]
        instant = timedelta(microseconds=1)
        exact = sorted({one + off for one in limits for off in (-instant, timedelta(0), instant) if one + off > now})
        soon = [now + timedelta(seconds=20), now + timedelta(hours=1)]
        return self.choose(self.choose([soon, soon, exact[:4] or soon, exact[:4] or soon, exact or soon]))

    # Parameters

    def one(self, ids: Iterable[str]) -> str:
        """Returns the id of something that exists, of any account and region; seldom of something that does not."""
        there = list(ids)
        known = self.choose([True] * 12 + [False]) and bool(there)
        return self.choose(there) if known else self.choose(self.gone[-3:])

    def some(self, ids: Iterable[str], lengths: Sequence[int]) -> list[str]:
        there, found = list(ids), []
        for _ in range(self.choose(lengths)):
            found.append(self.one(there))
        return list(dict.fromkeys(found))

    def groups(self, vpc_id: str | None, lengths: Sequence[int] = (1, 1, 1, 2, 2, 3, 0)) -> list[str]:
        """Returns groups, of one network mostly."""
        of_it = [one.id for one in self.net.groups.values() if one.vpc_id == vpc_id]
        return self.some(of_it if of_it and self.choose([True] * 7 + [False]) else self.net.groups, lengths)

    def vpc_of(self, vswitch_id: str) -> str | None:
        vswitch = self.net.vswitches.get(vswitch_id)
        return vswitch.vpc_id if vswitch else None

    def address(self, vswitch_id: str) -> str:
        """Returns an address: a free one, a taken one, one of the system's, or one outside."""
        vswitch = self.net.vswitches.get(vswitch_id)
        if vswitch is None:
            return "10.0.0.2"
        free, taken = self.net.free(vswitch), sorted(self.net.taken(vswitch.vpc_id))
        usable = self.net.usable(vswitch)
        first = usable[0].rsplit(".", 1)
        last = int(usable[-1].rsplit(".", 1)[1])
        reserved = [f"{first[0]}.{int(first[1]) - 1}", *(f"{first[0]}.{last + n}" for n in (1, 3))]
        kinds = [free[:3] or usable, free[:3] or usable, free[-2:] or usable, taken or usable, reserved, ["10.0.9.9"]]
        return self.choose(self.choose(kinds))

    def pair(self) -> dict[str, str]:
        """Returns an ENI and an instance."""
        return {
            "network_interface_id": self.one(self.net.interfaces),
            "instance_id": self.one(self.net.instances),
        }

    def new_instance(self, **more: Any) -> dict[str, Any]:
        open_yet = self.net.now <= CLASSIC_CLOSES
        classic = self.choose([False, False, True] if open_yet else [False] * 8 + [True])
        parameters: dict[str, Any] = {
            "instance_type": self.choose([*[one.id for one in TYPES], TYPES[0].id, TYPES[1].id, "ecs.none"]),
            "image_id": self.choose([None, "centos_7_3"]),
            **more,
        }
        if classic:
            zones = [None, None, f"{HOME}-c", f"{HOME}-zz", f"{ABROAD}-b"]
            parameters |= {"network_type": "classic", "zone_id": self.choose(zones)}
            parameters["region_id"] = self.choose([None, None, HOME, ABROAD])
            parameters["security_group_ids"] = self.groups(None)
            return parameters
        vswitch_id = self.one(self.net.vswitches)
        parameters["vswitch_id"] = vswitch_id
        parameters["zone_id"] = self.choose([None, None, None, f"{HOME}-b", f"{HOME}-z"])
        parameters["region_id"] = self.choose([None, None, None, None, HOME, ABROAD])
        parameters["security_group_ids"] = self.groups(self.vpc_of(vswitch_id))
        if self.choose([False, False, True]):
            parameters["private_ip_address"] = self.address(vswitch_id)
        return parameters


# One function a kind of command


def run_instances(g: Generator) -> Command[Any]:
    parameters = g.new_instance()
    if g.choose([True, False]):
        parameters["network_interface_ids"] = g.some(g.net.interfaces, [1, 1, 1, 2])
    elif "private_ip_address" not in parameters:
        parameters["amount"] = g.choose([1, 1, 1, 2, 3])
    return c.RunInstances(**parameters)


def create_instance(g: Generator) -> Command[Any]:
    return c.CreateInstance(**g.new_instance(network_interface_ids=g.some(g.net.interfaces, [0, 0, 1, 2])))


def start(g: Generator) -> Command[Any]:
    return c.StartInstance(instance_id=g.one(g.net.instances))


def stop(g: Generator) -> Command[Any]:
    return c.StopInstance(instance_id=g.one(g.net.instances))


def reboot(g: Generator) -> Command[Any]:
    return c.RebootInstance(instance_id=g.one(g.net.instances))


def release_instance(g: Generator) -> Command[Any]:
    return c.DeleteInstance(instance_id=g.one(g.net.instances), force=g.choose([False, True]))


def create_interface(g: Generator) -> Command[Any]:
    vswitch_id = g.one(g.net.vswitches)
    parameters: dict[str, Any] = {"vswitch_id": vswitch_id, "security_group_ids": g.groups(g.vpc_of(vswitch_id))}
    if g.choose([False, False, True]):
        parameters["primary_ip_address"] = g.address(vswitch_id)
    match g.choose(["none", "none", "none", "named", "count"]):
        case "named":
            parameters["private_ip_addresses"] = [g.address(vswitch_id) for _ in range(g.choose([1, 1, 2, 3]))]
        case "count":
            parameters["secondary_private_ip_address_count"] = g.choose([1, 1, 2, 3, 4, 13])
    parameters["network_interface_name"] = g.choose([None, "front"])
    parameters["description"] = g.choose([None, "for the front end"])
    return c.CreateNetworkInterface(**parameters)


def attach(g: Generator) -> Command[Any]:
    return c.AttachNetworkInterface(**g.pair())


def detach(g: Generator) -> Command[Any]:
    pair = g.pair()
    interface = g.net.interfaces.get(pair["network_interface_id"])
    if interface is not None and interface.instance_id is not None and g.choose([True, True, False]):
        pair["instance_id"] = interface.instance_id
    return c.DetachNetworkInterface(**pair)


def delete_interface(g: Generator) -> Command[Any]:
    return c.DeleteNetworkInterface(network_interface_id=g.one(g.net.interfaces))


def modify(g: Generator) -> Command[Any]:
    interface_id = g.one(g.net.interfaces)
    interface = g.net.interfaces.get(interface_id)
    parameters: dict[str, Any] = {"network_interface_id": interface_id, "network_interface_name": "back"}
    if g.choose([True, True, False]):
        parameters["security_group_ids"] = g.groups(interface.vpc_id if interface else None)
    parameters["description"] = g.choose([None, "for the back end"])
    return c.ModifyNetworkInterfaceAttribute(**parameters)


def assign(g: Generator) -> Command[Any]:
    interface_id = g.one(g.net.interfaces)
    interface = g.net.interfaces.get(interface_id)
    if g.choose([True, False]):
        vswitch_id = interface.vswitch_id if interface else UNKNOWN
        ips = [g.address(vswitch_id) for _ in range(g.choose([1, 1, 1, 2, 3]))]
        return c.AssignPrivateIpAddresses(network_interface_id=interface_id, private_ip_addresses=ips)
    count = g.choose([1, 1, 1, 2, 3, 13])
    return c.AssignPrivateIpAddresses(network_interface_id=interface_id, secondary_private_ip_address_count=count)


def unassign(g: Generator) -> Command[Any]:
    interface_id = g.one(g.net.interfaces)
    interface = g.net.interfaces.get(interface_id)
    held = interface.private_ips if interface else ["10.0.0.2"]
    ips = [g.choose([*held[::-1], "10.0.0.3"]) for _ in range(g.choose([1, 1, 2]))]
    return c.UnassignPrivateIpAddresses(network_interface_id=interface_id, private_ip_addresses=ips)


def membership(g: Generator) -> dict[str, str]:
    instance_id = g.one(g.net.instances)
    instance = g.net.instances.get(instance_id)
    primary = None if instance is None else g.net.primary(instance)
    (group_id,) = g.groups(None if primary is None else primary.vpc_id, [1])
    return {"security_group_id": group_id, "instance_id": instance_id}


def join(g: Generator) -> Command[Any]:
    return c.JoinSecurityGroup(**membership(g))


def leave(g: Generator) -> Command[Any]:
    return c.LeaveSecurityGroup(**membership(g))


INTERFACES: Final = (
    *(create_interface, attach, detach, delete_interface, modify) * 2,
    *(assign, unassign, join, leave) * 2,
    *(run_instances, create_instance, start, stop, reboot, release_instance),
)
"""The commands of the first model: ENIs, with the instances that they are on."""


def bought(g: Generator) -> dict[str, Any]:
    parameters = g.new_instance(internet_max_bandwidth_out=g.choose([5, 0]))
    if g.choose([True, False]):
        parameters |= {"instance_charge_type": "PrePaid", "period": g.choose([None, 1, 2])}
    return parameters


def run_with_bandwidth(g: Generator) -> Command[Any]:
    return c.RunInstances(**bought(g))


def create_with_bandwidth(g: Generator) -> Command[Any]:
    return c.CreateInstance(**bought(g))


def allocate_address(g: Generator) -> Command[Any]:
    return c.AllocatePublicIpAddress(instance_id=g.one(g.net.instances))


def change_address(g: Generator) -> Command[Any]:
    return c.ChangePublicIpAddress(instance_id=g.one(g.net.instances))


def release_address(g: Generator) -> Command[Any]:
    return c.ReleasePublicIpAddress(instance_id=g.one(g.net.instances))


def convert(g: Generator) -> Command[Any]:
    return c.ConvertNatPublicIpToEip(instance_id=g.one(g.net.instances))


def allocate_eip(g: Generator) -> Command[Any]:
    return c.AllocateEipAddress(region_id=g.choose([None, None, HOME, ABROAD]))


def associate(g: Generator) -> Command[Any]:
    return c.AssociateEipAddress(allocation_id=g.one(g.net.eips), instance_id=g.one(g.net.instances))


def unassociate(g: Generator) -> Command[Any]:
    allocation_id = g.one(g.net.eips)
    eip = g.net.eips.get(allocation_id)
    named = [None, None if eip is None else eip.instance_id, g.one(g.net.instances)]
    return c.UnassociateEipAddress(allocation_id=allocation_id, instance_id=g.choose(named))


def release_eip(g: Generator) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=g.one(g.net.eips))


def change_bandwidth(g: Generator) -> Command[Any]:
    bandwidth = g.choose([5, 0, 9])
    return c.ModifyInstanceNetworkSpec(instance_id=g.one(g.net.instances), internet_max_bandwidth_out=bandwidth)


def renew(g: Generator) -> Command[Any]:
    bandwidth = g.choose([None, 0, 5, 9])
    return c.RenewInstance(
        instance_id=g.one(g.net.instances), period=g.choose([1, 1, 2]), internet_max_bandwidth_out=bandwidth
    )


def change_vpc_attribute(g: Generator) -> Command[Any]:
    vswitch_id = g.one(g.net.vswitches)
    instance_id = g.one(g.net.instances)
    instance = g.net.instances.get(instance_id)
    primary = None if instance is None else g.net.primary(instance)
    named = [None, g.address(vswitch_id), None if primary is None else primary.private_ips[0]]
    if primary is not None and g.choose([True, False]):
        vswitch_id = primary.vswitch_id
    return c.ModifyInstanceVpcAttribute(
        instance_id=instance_id, vswitch_id=vswitch_id, private_ip_address=g.choose(named)
    )


PUBLIC_ADDRESSES: Final = (
    *(run_with_bandwidth, create_with_bandwidth, start, stop, release_instance),
    *(allocate_address, change_address, release_address, convert) * 2,
    *(allocate_eip, associate, unassociate, release_eip),
    *(change_bandwidth, renew, renew, change_vpc_attribute, change_vpc_attribute, assign),
)
"""The commands of the second model: public addresses and the private one of an instance, with what they depend on."""
