"""Commands for the two models: right ones mostly, wrong ones of every kind, each limit within reach.

A chooser picks one of a list of options; Hypothesis draws it, or a seeded generator does. The options begin with the
plain ones, so that Hypothesis shrinks towards them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from typing import Any, Final, cast

from ecsnet import Command
from ecsnet import commands as c
from tests.oracles.beside import ABROAD, HOME, ME, OTHER, QUOTAS, TYPES, Beside
from tests.oracles.instances import CLASSIC_CLOSES
from tests.oracles.network import Network
from tests.oracles.tags import NAMES

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
        waiting = [one[2] for one in self.net.waiting if one[1] != "cycle" and one[0] is None]
        if what == "settle" and (waiting or self.net.settle_after is None):
            outcome = self.choose(["completed", "completed", "completed", "failed", "stuck"])
            everything = [None] if self.net.settle_after is None else []
            self.beside.settle(self.choose([*waiting[:4], *waiting[-2:], *everything]), outcome)
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
        before = self.everything()
        self.beside.execute(command, who)
        self.gone += sorted(before - self.everything())

    def everything(self) -> set[str]:
        net = self.net
        return {*net.vpcs, *net.vswitches, *net.groups, *net.instances, *net.interfaces, *net.eips}

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

    def rather(self, some: Iterable[str], ids: Iterable[str]) -> str:
        """Returns one of some that are seldom there, half of the time; otherwise any one."""
        there = list(some)
        return self.one(there if there and self.choose([True, False]) else ids)

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

    def prefix(self, vswitch_id: str) -> str:
        """Returns a prefix: a free one, one that is in part the system's or in use, or one outside."""
        vswitch = self.net.vswitches.get(vswitch_id)
        if vswitch is None or not self.choose([True] * 7 + [False]):
            return "10.0.9.0/28"
        free = self.net.free_prefixes(vswitch)
        first = IPv4Network((IPv4Network(vswitch.cidr_block)[0], 28), strict=False)
        return str(self.choose([*free[:2], *free[:2], first, "10.0.1.16/28", "10.0.1.32/28"]))

    def new_interface(self, vswitch_id: str | None) -> dict[str, Any]:
        """Returns the ENI that is created with an instance."""
        mine = self.one(self.net.vswitches) if vswitch_id is None or self.choose([True, False]) else None
        place = vswitch_id if mine is None else mine
        found: dict[str, Any] = {"vswitch_id": mine, "network_interface_name": self.choose([None, "front"])}
        if self.choose([True, False]):
            found["security_group_ids"] = self.groups(self.vpc_of(place or UNKNOWN))
        if self.choose([False, False, True]):
            found["primary_ip_address"] = self.address(place or UNKNOWN)
        found["delete_on_release"] = self.choose([True, False])
        return found

    def tags(self) -> dict[str, str]:
        """Returns no tags mostly, some, or one more than a request may have."""
        many = self.choose([0] * 6 + [1, 2, 20, 21])
        first = self.choose([0, 0, 5])
        return {f"key {number}": self.choose(["", "a value"]) for number in range(first, first + many)}

    def pair(self) -> dict[str, str]:
        """Returns an ENI and an instance."""
        coming = [one.id for one in self.net.interfaces.values() if one.status == "Attaching"]
        return {
            "network_interface_id": self.rather(coming, self.net.interfaces),
            "instance_id": self.one(self.net.instances),
        }

    def new_instance(self, **more: Any) -> dict[str, Any]:
        open_yet = self.net.now <= CLASSIC_CLOSES
        classic = self.choose([False, False, True] if open_yet else [False] * 8 + [True])
        parameters: dict[str, Any] = {
            "instance_type": self.choose([*[one.id for one in TYPES], TYPES[0].id, TYPES[1].id, "ecs.none"]),
            "image_id": self.choose([None, "centos_7_3"]),
            "instance_name": self.choose([None, "front"]),
            "tags": self.tags(),
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
    match g.choose(["existing", "new", "none", "none"]):
        case "existing":
            parameters["network_interface_ids"] = g.some(g.net.interfaces, [1, 1, 1, 2])
        case "new":
            many = g.choose([1, 1, 1, 2])
            parameters["network_interfaces"] = [g.new_interface(parameters.get("vswitch_id")) for _ in range(many)]
    fixed = [one.get("primary_ip_address") for one in parameters.get("network_interfaces", ())]
    if not parameters.get("network_interface_ids") and not any([parameters.get("private_ip_address"), *fixed]):
        parameters["amount"] = g.choose([1, 1, 1, 2, 3])
    return c.RunInstances(**parameters)


def create_instance(g: Generator) -> Command[Any]:
    parameters = g.new_instance(network_interface_ids=g.some(g.net.interfaces, [0, 0, 0, 1, 2]))
    many = g.choose([0, 0, 1])
    parameters["network_interfaces"] = [g.new_interface(parameters.get("vswitch_id")) for _ in range(many)]
    return c.CreateInstance(**parameters)


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
    if g.choose([True] + [False] * 5):
        parameters |= prefixes(g, vswitch_id)
    parameters["network_interface_name"] = g.choose([None, "front"])
    parameters["description"] = g.choose([None, "for the front end"])
    parameters["tags"] = g.tags()
    parameters["delete_on_release"] = g.choose([True, True, False])
    return c.CreateNetworkInterface(**parameters)


def prefixes(g: Generator, vswitch_id: str) -> dict[str, Any]:
    if g.choose([True, False]):
        return {"ipv4_prefix_count": g.choose([1, 1, 2, 3])}
    return {"ipv4_prefixes": [g.prefix(vswitch_id) for _ in range(g.choose([1, 1, 2]))]}


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
    parameters["delete_on_release"] = g.choose([None, None, True, False])
    return c.ModifyNetworkInterfaceAttribute(**parameters)


def assign(g: Generator) -> Command[Any]:
    interface_id = g.one(g.net.interfaces)
    interface = g.net.interfaces.get(interface_id)
    vswitch_id = interface.vswitch_id if interface else UNKNOWN
    parameters: dict[str, Any] = {}
    kind = g.choose(["named", "count", "named", "count", "prefixes", "both"])
    if kind in ("prefixes", "both"):
        parameters |= prefixes(g, vswitch_id)
    if kind in ("named", "both"):
        parameters["private_ip_addresses"] = [g.address(vswitch_id) for _ in range(g.choose([1, 1, 1, 2, 3]))]
    elif kind == "count":
        parameters["secondary_private_ip_address_count"] = g.choose([1, 1, 1, 2, 3, 13])
    return c.AssignPrivateIpAddresses(network_interface_id=interface_id, **parameters)


def unassign(g: Generator) -> Command[Any]:
    with_eips = [one.instance_id for one in g.net.eips.values() if one.private_ip_address is not None]
    interface_id = g.rather(with_eips, g.net.interfaces)
    interface = g.net.interfaces.get(interface_id)
    ips, blocks = (interface.private_ips, interface.ipv4_prefixes) if interface else (["10.0.0.2"], [])
    taken_by_eips = [] if interface is None else [one.private_ip_address for one in g.net.eips_on(interface_id)]
    ips = [*ips[::-1], *[ip for ip in taken_by_eips if ip is not None] * 3]
    some = [g.choose([*ips, "10.0.0.3"]) for _ in range(g.choose([1, 1, 2]))]
    taken = [
        g.choose([*blocks, *blocks, "10.0.1.16/28"]) for _ in range(g.choose([0, 0, 1] if blocks else [0] * 6 + [1]))
    ]
    return c.UnassignPrivateIpAddresses(
        network_interface_id=interface_id,
        private_ip_addresses=some if not taken or g.choose([True, False]) else [],
        ipv4_prefixes=taken,
    )


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
"""Commands on ENIs, with the instances that they are on."""


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
    region_id = g.choose([None, None, HOME, ABROAD])
    return c.AllocateEipAddress(region_id=region_id, name=g.choose([None, "front"]), tags=g.tags())


def associate(g: Generator) -> Command[Any]:
    with_eips = {one.instance_id for one in g.net.eips.values()}
    if g.choose([True, False]):
        user_id = g.rather([one for one in g.net.interfaces if one in with_eips], g.net.interfaces)
        interface = g.net.interfaces.get(user_id)
        kind = g.choose(["NetworkInterface"] * 7 + ["EcsInstance"])
    else:
        user_id = g.rather([one for one in g.net.instances if one in with_eips], g.net.instances)
        instance = g.net.instances.get(user_id)
        interface = None if instance is None else g.net.primary(instance)
        kind = g.choose(["EcsInstance"] * 7 + ["NetworkInterface"])
    named = [None, *(interface.private_ips[::-1] if interface else []), "10.0.0.2"]
    return c.AssociateEipAddress(
        allocation_id=g.one(g.net.eips), instance_id=user_id, instance_type=kind, private_ip_address=g.choose(named)
    )


def unassociate(g: Generator) -> Command[Any]:
    going = {one.id for one in g.net.instances.values() if one.releasing}
    on_it = {one.id for one in g.net.interfaces.values() if one.instance_id in going or one.status == "Deleting"}
    stays = [one.id for one in g.net.eips.values() if one.instance_id in going | on_it]
    allocation_id = g.rather(stays, g.net.eips)
    eip = g.net.eips.get(allocation_id)
    user_id = None if eip is None else eip.instance_id
    on_interface = user_id in g.net.interfaces
    named = [None, user_id, user_id, g.one(g.net.interfaces if on_interface else g.net.instances)]
    kinds = ["EcsInstance", "NetworkInterface"][:: -1 if on_interface else 1]
    return c.UnassociateEipAddress(
        allocation_id=allocation_id,
        instance_id=g.choose(named),
        instance_type=g.choose([kinds[0]] * 7 + [kinds[1]]),
        private_ip_address=g.choose([None, None, "10.0.0.9", eip.private_ip_address if eip else None]),
    )


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
    *(change_bandwidth, renew, renew, change_vpc_attribute, change_vpc_attribute, assign, assign),
    *(create_interface, attach, unassign, unassign),
)
"""Commands on public addresses and the private one of an instance, with what they depend on."""


def create_vpc(g: Generator) -> Command[Any]:
    block = g.choose(["10.0.0.0/16", "10.0.0.0/28", "192.168.0.0/24", "10.0.0.0/29", "11.0.0.0/16", "0.0.0.0/0"])
    region_id = g.choose([None, None, HOME, ABROAD])
    return c.CreateVpc(cidr_block=block, region_id=region_id, vpc_name=g.choose([None, "near"]), tags=g.tags())


def delete_vpc(g: Generator) -> Command[Any]:
    return c.DeleteVpc(vpc_id=g.one(list(g.net.vpcs)[::-1]))


def a_block(g: Generator) -> str:
    blocks = [
        "10.0.0.0/28",
        "10.0.2.0/24",
        "10.0.3.0/25",
        "100.0.0.0/16",
        "100.64.0.0/16",
        "10.0.0.0/30",
        "100.0.0.0/7",
    ]
    return str(g.choose(blocks))


def add_block(g: Generator) -> Command[Any]:
    return c.AssociateVpcCidrBlock(vpc_id=g.one(g.net.vpcs), secondary_cidr_block=a_block(g))


def remove_block(g: Generator) -> Command[Any]:
    vpc_id = g.one(g.net.vpcs)
    vpc = g.net.vpcs.get(vpc_id)
    known = [] if vpc is None else [*vpc.secondary_cidr_blocks * 3, vpc.cidr_block]
    return c.UnassociateVpcCidrBlock(vpc_id=vpc_id, secondary_cidr_block=g.choose([*known, a_block(g)]))


def create_vswitch(g: Generator) -> Command[Any]:
    vpc_id = g.one(g.net.vpcs)
    vpc = g.net.vpcs.get(vpc_id)
    region_id = vpc.region_id if vpc else HOME
    zone_id = g.choose([f"{region_id}-b", f"{region_id}-b", f"{region_id}-c", f"{ABROAD}-b", f"{region_id}-zz"])
    blocks = ["10.0.0.0/28", "10.0.0.48/29", "10.0.0.56/29", "10.0.4.0/24", "192.168.0.0/28", "10.0.0.0/8", a_block(g)]
    if vpc is not None and "100.0.0.0/16" in vpc.secondary_cidr_blocks:
        blocks += ["100.0.0.0/24", "100.0.1.0/24"] * 3
    return c.CreateVSwitch(
        vpc_id=vpc_id,
        zone_id=zone_id,
        cidr_block=g.choose(blocks),
        vswitch_name=g.choose([None, "front"]),
        tags=g.tags(),
    )


def delete_vswitch(g: Generator) -> Command[Any]:
    return c.DeleteVSwitch(vswitch_id=g.one(list(g.net.vswitches)[::-1]))


def create_group(g: Generator) -> Command[Any]:
    kind = g.choose(["normal", "normal", "enterprise"])
    vpc_id = g.choose([g.one(g.net.vpcs), None]) if kind == "normal" else g.choose([g.one(g.net.vpcs)] * 3 + [None])
    return c.CreateSecurityGroup(
        vpc_id=vpc_id, region_id=g.choose([None, None, HOME, ABROAD]), security_group_type=kind, tags=g.tags()
    )


def delete_group(g: Generator) -> Command[Any]:
    return c.DeleteSecurityGroup(security_group_id=g.one(list(g.net.groups)[::-1]))


def two_groups(g: Generator) -> dict[str, Any]:
    group_id = g.one(g.net.groups)
    group = g.net.groups.get(group_id)
    mine = [one.id for one in g.net.groups.values() if group and one.region_id == group.region_id]
    source_id = g.one(mine) if g.choose([True, False]) else g.groups(group.vpc_id if group else None, [1])[0]
    return {
        "security_group_id": group_id,
        "source_group_id": source_id,
        "source_account_id": g.choose([None, None, None, ME, OTHER]),
    }


def authorize(g: Generator) -> Command[Any]:
    return c.AuthorizeSecurityGroup(**two_groups(g))


def revoke(g: Generator) -> Command[Any]:
    pairs = sorted(g.net.authorized)
    if pairs and g.choose([True, True, False]):
        group_id, source_id = g.choose(pairs)
        source = g.net.groups.get(source_id)
        owner = source.account_id if source else None
        return c.RevokeSecurityGroup(
            security_group_id=group_id, source_group_id=source_id, source_account_id=g.choose([None, owner])
        )
    return c.RevokeSecurityGroup(**two_groups(g))


def enable_link(g: Generator) -> Command[Any]:
    return c.EnableVpcClassicLink(vpc_id=g.one(g.net.vpcs))


def linked(g: Generator) -> dict[str, str]:
    classic = [one.id for one in g.net.instances.values() if one.network_type == "classic"]
    instance_id = g.rather(classic, g.net.instances)
    instance = g.net.instances.get(instance_id)
    open_to_it = [one.id for one in g.net.vpcs.values() if one.linkable]
    vpc_ids = [g.one(g.net.vpcs), *open_to_it]
    if instance is not None and instance.linked_vpc_id is not None:
        vpc_ids += [instance.linked_vpc_id] * 2
    return {"instance_id": instance_id, "vpc_id": g.choose(vpc_ids)}


def link(g: Generator) -> Command[Any]:
    return c.AttachClassicLinkVpc(**linked(g))


def unlink(g: Generator) -> Command[Any]:
    return c.DetachClassicLinkVpc(**linked(g))


def tagged(g: Generator) -> dict[str, Any]:
    net = g.net
    tables: dict[str, dict[str, Any]] = {"instance": net.instances, "eni": net.interfaces, "securitygroup": net.groups}
    tables |= {"VPC": net.vpcs, "VSWITCH": net.vswitches, "EIP": net.eips}
    kind, table = g.choose(list(tables.items()))
    ids = g.some(table, [1, 1, 1, 2, 3])
    if g.choose([True] + [False] * 11):
        ids += [f"x-{number}" for number in range(g.choose([19, 20, 49, 50]))]
    return {"resource_type": kind, "resource_ids": ids, "region_id": g.choose([None, None, None, HOME, ABROAD])}


def tag(g: Generator) -> Command[Any]:
    return c.TagResources(**tagged(g), tags=g.tags() or {"key 1": "another value"})


def untag(g: Generator) -> Command[Any]:
    keys = [f"key {number}" for number in range(g.choose([1, 1, 3, 21]))]
    what = g.choose([{"tag_keys": keys}, {"tag_keys": keys}, {"all": True}])
    return c.UntagResources(**tagged(g), **what)


def rename(g: Generator) -> Command[Any]:
    net = g.net
    tables: list[dict[str, Any]] = [net.vpcs, net.vswitches, net.groups, net.instances, net.eips]
    (command, (id_field, name_field)), table = g.choose(list(zip(NAMES.items(), tables, strict=True)))
    what = g.choose(
        [{name_field: "another"}, {name_field: "another", "description": "and why"}, {"description": "why"}]
    )
    return cast("Command[Any]", command(**{id_field: g.one(table)}, **what))


NETWORKS: Final = (
    *(create_vpc, create_vswitch, create_vswitch, create_group, create_group) * 2,
    *(delete_vpc, delete_vswitch, delete_vswitch, delete_group, delete_group) * 3,
    *(authorize, authorize, revoke, enable_link, link, link, unlink),
    *(add_block, add_block, remove_block, tag, tag, untag, rename, rename),
    *(create_interface, create_interface, delete_interface, modify, join, leave),
    *(run_instances, create_instance, release_instance, release_instance, allocate_eip, change_vpc_attribute),
)
"""Commands on VPCs, VSwitches and security groups, on names and tags, with what keeps them in use."""
