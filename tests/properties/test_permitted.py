"""`Cloud.permitted` of a resource, compared with every command on it that is worth trying."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Command, InstanceType, ManualClock, strategies
from ecsnet import commands as c
from ecsnet._attrs import field_names
from ecsnet.domain.context import names
from ecsnet.testing import Breach, cloud_after, explore, settle_moves
from ecsnet.testing._generate import Inventory, all_commands
from tests.support.hypothesis_settings import budget
from tests.support.net import START

SMALL = InstanceType(id="ecs.small.large", eni_quantity=2, private_ipv4_per_eni=2)
LARGE = InstanceType(id="ecs.large.large", eni_quantity=8, private_ipv4_per_eni=8)
NAMED_BY = {
    "vpcs": "vpc_id",
    "vswitches": "vswitch_id",
    "security_groups": "security_group_id",
    "instances": "instance_id",
    "network_interfaces": "network_interface_id",
    "eips": "allocation_id",
}
COMMANDS: list[type[Command[Any]]] = [getattr(c, name) for name in c.__all__ if name != "Command"]
LAUNCHES = (c.RunInstances, c.CreateInstance)
"""Of these there are too many to try them in every state."""


def on_each_resource(
    cloud: Cloud, tables: Iterable[str] = NAMED_BY, *, without: tuple[type[Command[Any]], ...] = ()
) -> Iterator[tuple[str, type[Command[Any]], bool, list[Command[Any]]]]:
    """Yields each resource of the cloud's account with each command that can name it, whether `Cloud.permitted` allows
    that, and all such commands that are worth trying."""
    inventory = Inventory(cloud)
    for table in tables:
        parameter = NAMED_BY[table]
        for command in COMMANDS:
            if not names(command, parameter) or command in without:
                continue
            named_by = parameter if parameter in field_names(command) else "instance_id"  # of an EIP: it may be an ENI
            tried: dict[str, list[Command[Any]]] = {}
            for one in all_commands(inventory, [command]):
                tried.setdefault(getattr(one, named_by), []).append(one)
            for resource in getattr(cloud, table).where(account_id=cloud.account_id):
                decision = cloud.permitted(resource.id).get(command)
                yield resource.id, command, bool(decision), tried.get(resource.id, [])


CLASSIC_IS_OPEN = datetime(2017, 5, 20, tzinfo=UTC)
CLOUDS = st.one_of(
    strategies.clouds(max_commands=16),
    strategies.clouds(max_commands=16, settle_after="manual"),
    strategies.clouds(max_commands=16, clock=ManualClock(CLASSIC_IS_OPEN)),
)


@settings(max_examples=budget(300))
@given(CLOUDS)
def test_a_command_that_is_not_permitted_is_denied_with_all_parameters(cloud: Cloud) -> None:
    for resource_id, command, allowed, tried in on_each_resource(cloud, without=LAUNCHES):
        if not allowed:
            assert [one for one in tried if cloud.check(one)] == [], f"{command.__name__} on {resource_id}"


def wrongly_permitted(cloud: Cloud) -> Iterator[Breach]:
    """Yields a breach for each command that is permitted and denied with all parameters, or the other way round."""
    for resource_id, command, allowed, tried in on_each_resource(cloud, without=LAUNCHES):
        if allowed is not any(cloud.check(one) for one in tried):
            said = "permitted, and denied with all parameters" if allowed else "not permitted, and allowed"
            yield Breach("permitted", resource_id, f"{command.__name__} is {said}")


def some_network(start: datetime = START, **options: Any) -> tuple[Cloud, dict[str, Any]]:
    """Returns a cloud with something of each kind that no command of a test touches, so that whatever a resource is
    bound to by a command is there; and what an instance or an ENI needs to be created beside them."""
    cloud = cloud_after(clock=ManualClock(start), instance_types=[SMALL, LARGE], **options)
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
    cloud.settle()
    blocks = ("10.0.0.0/28", "10.0.0.16/28")
    zone = {"vpc_id": vpc.id, "zone_id": "cn-hangzhou-b"}
    vswitches = [cloud.execute(c.CreateVSwitch(cidr_block=block, **zone)) for block in blocks]
    cloud.settle()
    groups = [cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id)).id for _ in range(4)]
    place: dict[str, Any] = {"vswitch_id": vswitches[0].id, "security_group_ids": groups[:1]}
    cloud.execute(c.RunInstances(instance_type=LARGE.id, **place | {"security_group_ids": groups[2:3]}))
    (stopped,) = cloud.execute(c.RunInstances(instance_type=LARGE.id, **place | {"security_group_ids": groups[3:]}))
    cloud.execute(c.CreateNetworkInterface(**place))
    cloud.execute(c.AllocateEipAddress())
    cloud.settle()
    cloud.execute(c.StopInstance(instance_id=stopped.id))
    cloud.settle()
    return cloud, {**place, "other_group_id": groups[1], "vpc_id": vpc.id}


def test_a_command_is_permitted_in_every_state_if_some_parameters_are_allowed() -> None:
    cloud, there = some_network(settle_after="manual")
    for name, value in {"addresses-per-interface": 2, "security-groups-per-interface": 2}.items():
        cloud.execute(c.SetQuota(name=name, value=value))
    place = {name: there[name] for name in ("vswitch_id", "security_group_ids")}
    (vm,) = cloud.execute(c.RunInstances(instance_type=SMALL.id, **place))
    interface = cloud.execute(c.CreateNetworkInterface(primary_ip_address="10.0.0.8", **place))
    eip = cloud.execute(c.AllocateEipAddress())
    cloud.settle()
    attachment: Any = {"network_interface_id": interface.id, "instance_id": vm.id}
    association: Any = {"allocation_id": eip.id, "instance_id": vm.id}
    membership: Any = {"security_group_id": there["other_group_id"], "instance_id": vm.id}
    address: Any = {"network_interface_id": interface.id, "private_ip_addresses": ["10.0.0.9"]}
    pairs = [
        (c.AttachNetworkInterface(**attachment), c.DetachNetworkInterface(**attachment)),
        (c.AssociateEipAddress(**association), c.UnassociateEipAddress(**association)),
        (c.JoinSecurityGroup(**membership), c.LeaveSecurityGroup(**membership)),
        (c.AssignPrivateIpAddresses(**address), c.UnassignPrivateIpAddresses(**address)),
        (c.StopInstance(instance_id=vm.id), c.StartInstance(instance_id=vm.id)),
    ]

    def moves(state: Cloud) -> Iterator[Any]:
        yield from (command for pair in pairs for command in pair)
        yield from settle_moves(state)

    assert explore(cloud, moves, depth=3, check=wrongly_permitted).states > 25


def test_a_command_on_a_classic_or_public_address_is_permitted_if_some_parameters_are_allowed() -> None:
    cloud, there = some_network(CLASSIC_IS_OPEN)
    group, other, third = (cloud.execute(c.CreateSecurityGroup()) for _ in range(3))
    classic: Any = {"instance_type": LARGE.id, "network_type": "classic"}
    (linked,) = cloud.execute(c.RunInstances(security_group_ids=[group.id], **classic))
    cloud.execute(c.RunInstances(security_group_ids=[third.id], **classic))
    place = {name: there[name] for name in ("vswitch_id", "security_group_ids")}
    subscribed: Any = {"instance_type": LARGE.id, "instance_charge_type": "PrePaid", **place}
    (vm,) = cloud.execute(c.RunInstances(internet_max_bandwidth_out=5, **subscribed))
    link: Any = {"instance_id": linked.id, "vpc_id": there["vpc_id"]}
    membership: Any = {"security_group_id": other.id, "instance_id": linked.id}
    cloud.execute(c.EnableVpcClassicLink(vpc_id=there["vpc_id"]))
    moves = [
        c.AttachClassicLinkVpc(**link),
        c.DetachClassicLinkVpc(**link),
        c.JoinSecurityGroup(**membership),
        c.LeaveSecurityGroup(**membership),
        c.StopInstance(instance_id=vm.id),
        c.StartInstance(instance_id=vm.id),
        c.ReleasePublicIpAddress(instance_id=vm.id),
        c.ConvertNatPublicIpToEip(instance_id=vm.id),
        c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=there["vswitch_id"]),
        c.RenewInstance(instance_id=vm.id, internet_max_bandwidth_out=7),
    ]
    assert explore(cloud, moves, depth=3, check=wrongly_permitted).states > 25
