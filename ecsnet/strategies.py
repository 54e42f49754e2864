"""Hypothesis strategies for clouds, their resources, commands on them, and their histories.

Every example is reached by executing commands, so the model can be in its state. Clouds are small and shrink to few
commands; a failing example prints them as a call of `ecsnet.testing.cloud_after` that can be pasted into a test.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from ipaddress import IPv4Network
from typing import Any, Final, Literal, TypeVar

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from ecsnet import commands as c
from ecsnet._attrs import field_names
from ecsnet.clocks import AT_ONCE, ManualClock, SettleAfter
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.events.base import RecordedEvent
from ecsnet.resources import Eip, Instance, NetworkInterface, Resource, SecurityGroup, Vpc, VSwitch
from ecsnet.testing._choose import Draw, Operations, judged_commands, walk
from ecsnet.testing._fixtures import START, cloud_after
from ecsnet.testing._generate import GENERATORS
from ecsnet.testing._script import Settle, Step, apply_step, completing_steps
from ecsnet.values import (
    EipStatus,
    InstanceStatus,
    NetworkInterfaceStatus,
    SecurityGroupStatus,
    VpcStatus,
    VSwitchStatus,
    cidr_bounds,
    int_to_ipv4,
)

__all__ = [
    "cidr_blocks",
    "clouds",
    "commands",
    "eips",
    "histories",
    "instances",
    "network_interfaces",
    "private_ips",
    "security_groups",
    "vpcs",
    "vswitches",
]

R = TypeVar("R", bound=Resource)
Legality = Literal["legal", "illegal", "mixed"]
NETWORK_SETUP: Final[tuple[Callable[[Cloud], Step], ...]] = (
    lambda cloud: c.CreateVpc(cidr_block="10.0.0.0/16"),
    lambda cloud: c.CreateVSwitch(
        vpc_id=next(iter(cloud.vpcs)), zone_id=f"{cloud.region_id}-b", cidr_block="10.0.0.0/28"
    ),
    lambda cloud: c.CreateSecurityGroup(vpc_id=next(iter(cloud.vpcs))),
)
"""Creates the resources that an instance or an ENI needs."""
RESOURCE_SETUP: Final[tuple[Callable[[Cloud], Step], ...]] = (
    lambda cloud: c.RunInstances(instance_type="ecs.g5.large", **_place(cloud)),
    lambda cloud: c.CreateNetworkInterface(**_place(cloud)),
)
WAITS: Final = (NETWORK_SETUP[1], RESOURCE_SETUP[0])
"""The steps of these before which the earlier ones must have been completed."""


def cidr_blocks(*, within: str = "10.0.0.0/8", min_mask: int = 16, max_mask: int = 29) -> st.SearchStrategy[str]:
    """Returns a strategy for CIDR blocks inside a block, with a mask of ``min_mask`` to ``max_mask`` bits.

    The defaults are the blocks that a VSwitch of a large VPC may have. Examples shrink to the first and smallest block.
    """
    outer = _network("within", within)
    low, high = max(_whole("min_mask", min_mask, 0, 32), outer.prefixlen), _whole("max_mask", max_mask, 0, 32)
    if low > high:
        raise InvalidArgument(f"no block inside {within} has a mask of {min_mask} to {max_mask}")
    first = int(outer.network_address)

    def block(mask: int) -> st.SearchStrategy[str]:
        count = 1 << (mask - outer.prefixlen)
        return st.integers(0, count - 1).map(lambda n: f"{int_to_ipv4(first + (n << (32 - mask)))}/{mask}")

    return st.integers(0, high - low).map(lambda n: high - n).flatmap(block)


def private_ips(vswitch: VSwitch | str, *, usable: bool = True) -> st.SearchStrategy[str]:
    """Returns a strategy for addresses of a VSwitch, which is given itself or by its CIDR block.

    The addresses are those that ENIs may have, in use or not; with ``usable=False`` those that the system reserves: the
    first one and the last three.
    """
    block = vswitch if isinstance(vswitch, str) else getattr(vswitch, "cidr_block", vswitch)
    first, last = cidr_bounds(str(_network("vswitch", block)))
    if last - first < 4:
        raise InvalidArgument(f"{block} has no address that an ENI may have")
    if usable:
        return st.integers(first + 1, last - 3).map(int_to_ipv4)
    return st.sampled_from([first, last - 2, last - 1, last]).map(int_to_ipv4)


def commands(
    cloud: Cloud, *, legality: Legality = "mixed", operations: Operations | None = None
) -> st.SearchStrategy[Command[Any]]:
    """Returns a strategy for commands that the cloud, when one is drawn, allows (``"legal"``), denies (``"illegal"``),
    or either (``"mixed"``).

    Commands mostly name existing resources, and sometimes a missing one. ``operations`` are the classes of commands,
    all by default. An example is rejected if there is no such command.
    """
    if not isinstance(cloud, Cloud):
        raise InvalidArgument(f"cloud must be a Cloud, not {cloud!r}")
    if legality not in ("legal", "illegal", "mixed"):
        raise InvalidArgument(f"legality must be 'legal', 'illegal' or 'mixed', not {legality!r}")
    return judged_commands(cloud, None if legality == "mixed" else legality == "legal", _operations(operations))


def clouds(
    *,
    min_commands: int = 0,
    max_commands: int | None = None,
    settle_after: SettleAfter = AT_ONCE,
    operations: Operations | None = None,
    **options: Any,
) -> st.SearchStrategy[Cloud]:
    """Returns a strategy for clouds in memory, each with a `ManualClock` of its own, on which ``min_commands`` to
    ``max_commands`` commands were executed. The default of ``max_commands`` is 12, or ``min_commands`` if that is more.

    Most clouds begin with a VPC, a VSwitch and a security group, some of these with an instance and an ENI. With a
    ``settle_after`` some transitions have completed and some have not. ``operations`` are the classes of commands that
    are used, ``options`` are options of `ecsnet.Cloud` other than its store. Examples shrink to an empty cloud.
    """
    low = _whole("min_commands", min_commands, 0, 10_000)
    high = max(12, low) if max_commands is None else _whole("max_commands", max_commands, low, 10_000)
    if "store" in options:
        raise InvalidArgument("clouds are in memory: there is no store to choose")
    clock = options.pop("clock", ManualClock(START))
    if not isinstance(clock, ManualClock):
        raise InvalidArgument(f"clock must be a ManualClock, of which each cloud gets a copy, not {clock!r}")
    if settle_after != AT_ONCE:
        options["settle_after"] = settle_after
    try:
        cloud_after(**options)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidArgument(f"no cloud has the options {options}: {error}") from error
    return _clouds(low, high, _operations(operations), clock(), options)


@st.composite
def _clouds(draw: Draw, low: int, high: int, operations: Operations, start: datetime, options: dict[str, Any]) -> Cloud:
    scratch, steps = cloud_after(clock=ManualClock(start), **options), list[Step]()
    usual = (*NETWORK_SETUP, *RESOURCE_SETUP) if set(operations) == set(GENERATORS) else ()
    commands = usual[: min(high, draw(st.integers(0, len(usual))))]
    for make_step in commands:
        # what is to be created in a VPC or a VSwitch waits until that is Available
        waits = completing_steps(scratch.settle_after) if make_step in WAITS else ()
        for step in (*waits, make_step):
            steps.append(step(scratch) if callable(step) else step)
            apply_step(scratch, steps[-1])
    limits = {"at_least": max(0, low - len(commands)), "at_most": high - len(commands)}
    steps += walk(draw, scratch, operations, **limits)
    given = {name: st.just(value) for name, value in options.items()}
    if start != START:
        given["clock"] = st.builds(ManualClock, st.just(start))
    cloud: Cloud = draw(st.builds(cloud_after, *map(st.just, steps), **given))
    return cloud


def histories(
    *, min_commands: int = 1, max_commands: int | None = None, **options: Any
) -> st.SearchStrategy[tuple[RecordedEvent, ...]]:
    """Returns a strategy for histories of clouds; the parameters are those of `clouds`."""
    found = clouds(min_commands=min_commands, max_commands=max_commands, **options)
    return found.map(lambda cloud: cloud.history())


def vpcs(cloud: Cloud | None = None, **attributes: Any) -> st.SearchStrategy[Vpc]:
    """Returns a strategy for VPCs of a cloud, or of any cloud, in any status, with these attributes, named as for
    ``where``."""
    return _resources(Vpc, "vpcs", cloud, attributes)


def vswitches(cloud: Cloud | None = None, **attributes: Any) -> st.SearchStrategy[VSwitch]:
    """Returns a strategy for VSwitches of a cloud, or of any cloud, with these attributes, named as for ``where``."""
    return _resources(VSwitch, "vswitches", cloud, attributes)


def security_groups(cloud: Cloud | None = None, **attributes: Any) -> st.SearchStrategy[SecurityGroup]:
    """Returns a strategy for security groups of a cloud, or of any cloud, with these attributes, named as for
    ``where``."""
    return _resources(SecurityGroup, "security_groups", cloud, attributes)


def instances(cloud: Cloud | None = None, **attributes: Any) -> st.SearchStrategy[Instance]:
    """Returns a strategy for instances of a cloud, or of any cloud, in any status, with these attributes
    (``status="Stopping"``), named as for ``where``. An example without such an instance is rejected."""
    return _resources(Instance, "instances", cloud, attributes)


def network_interfaces(cloud: Cloud | None = None, **attributes: Any) -> st.SearchStrategy[NetworkInterface]:
    """Returns a strategy for ENIs of a cloud, or of any cloud, in any status, with these attributes
    (``type="Secondary"``), named as for ``where``. An example without such an ENI is rejected."""
    return _resources(NetworkInterface, "network_interfaces", cloud, attributes)


def eips(cloud: Cloud | None = None, **attributes: Any) -> st.SearchStrategy[Eip]:
    """Returns a strategy for EIPs of a cloud, or of any cloud, in any status, with these attributes, named as for
    ``where``. An example without such an EIP is rejected."""
    return _resources(Eip, "eips", cloud, attributes)


def _resources(resource: type[R], table: str, cloud: Cloud | None, attributes: dict[str, Any]) -> st.SearchStrategy[R]:
    if cloud is not None and not isinstance(cloud, Cloud):
        raise InvalidArgument(f"cloud must be a Cloud, not {cloud!r}")
    fields = field_names(resource)
    for name in attributes:
        if name not in fields and f"{name}s" not in fields:
            raise InvalidArgument(f"{table} have no attribute {name!r}")
    status, paths = attributes.get("status"), PATH_TO_STATUS.get(resource, {})
    if status is not None and not any(status == known for known in paths):
        raise InvalidArgument(f"status must be one of {', '.join(paths)}, not {status!r}")
    if cloud is not None:
        return _of_cloud(cloud, table, attributes)
    return _of_any_cloud(table, attributes, tuple(paths) if status is None else (status,), paths)


@st.composite
def _of_cloud(draw: Draw, cloud: Cloud, table: str, attributes: dict[str, Any]) -> Any:
    return draw(st.sampled_from(getattr(cloud, table).where(**attributes) or reject()))


@st.composite
def _of_any_cloud(
    draw: Draw,
    table: str,
    attributes: dict[str, Any],
    statuses: tuple[str, ...],
    paths: dict[str, tuple[MakeStep, ...]],
) -> Any:
    cloud = cloud_after(settle_after="manual")
    for make_step in NETWORK_SETUP:
        apply_step(cloud, make_step(cloud))
        cloud.settle()
    for make_step in paths[draw(st.sampled_from(statuses))] if statuses else ():
        apply_step(cloud, make_step(cloud))
    before = getattr(cloud, table).where(**attributes)
    for _ in range(draw(st.integers(0, 6))):
        cloud.execute(draw(judged_commands(cloud, True, tuple(GENERATORS))))
    return draw(st.sampled_from(getattr(cloud, table).where(**attributes) or before or reject()))


# The steps that bring a resource into each status, in a cloud with settle_after="manual"

MakeStep = Callable[[Cloud], Step]


def _place(cloud: Cloud) -> dict[str, Any]:
    return {"vswitch_id": next(iter(cloud.vswitches)), "security_group_ids": tuple(cloud.security_groups)}


def _settle(cloud: Cloud) -> Step:
    return Settle()


def _on_the_instance(command: Callable[..., Command[Any]]) -> MakeStep:
    return lambda cloud: command(instance_id=next(iter(cloud.instances)))


def _attachment(command: type[c.AttachNetworkInterface | c.DetachNetworkInterface]) -> MakeStep:
    def make_step(cloud: Cloud) -> Step:
        (interface,) = cloud.network_interfaces.where(type="Secondary")
        return command(network_interface_id=interface.id, instance_id=next(iter(cloud.instances)))

    return make_step


def _delete(cloud: Cloud) -> Step:
    return c.DeleteNetworkInterface(network_interface_id=next(iter(cloud.network_interfaces)))


def _allocate(cloud: Cloud) -> Step:
    return c.AllocateEipAddress()


def _associate(cloud: Cloud) -> Step:
    return c.AssociateEipAddress(allocation_id=next(iter(cloud.eips)), instance_id=next(iter(cloud.instances)))


def _on_the_eip(command: type[c.UnassociateEipAddress | c.ReleaseEipAddress]) -> MakeStep:
    return lambda cloud: command(allocation_id=next(iter(cloud.eips)))


def _another_vpc(cloud: Cloud) -> Step:
    return c.CreateVpc(cidr_block="192.168.0.0/16")


def _another_vswitch(cloud: Cloud) -> Step:
    return c.CreateVSwitch(vpc_id=next(iter(cloud.vpcs)), zone_id=f"{cloud.region_id}-b", cidr_block="10.0.0.16/28")


_RUN, _CREATE = RESOURCE_SETUP
_RUNNING: Final = (_RUN, _settle)
_ATTACHING: Final = (_CREATE, *_RUNNING, _attachment(c.AttachNetworkInterface))
_ASSOCIATING: Final = (_allocate, *_RUNNING, _associate)
PATH_TO_STATUS: Final[dict[type[Resource], dict[str, tuple[MakeStep, ...]]]] = {
    Vpc: {
        VpcStatus.Available: (),
        VpcStatus.Pending: (_another_vpc,),
        VpcStatus.Deleting: (_another_vpc, _settle, lambda cloud: c.DeleteVpc(vpc_id=list(cloud.vpcs)[-1])),
    },
    VSwitch: {VSwitchStatus.Available: (), VSwitchStatus.Pending: (_another_vswitch,)},
    SecurityGroup: {
        SecurityGroupStatus.Available: (),
        SecurityGroupStatus.Deleting: (
            NETWORK_SETUP[2],
            lambda cloud: c.DeleteSecurityGroup(security_group_id=list(cloud.security_groups)[-1]),
        ),
    },
    Instance: {
        InstanceStatus.Running: _RUNNING,
        InstanceStatus.Stopped: (*_RUNNING, _on_the_instance(c.StopInstance), _settle),
        InstanceStatus.Pending: (_RUN,),
        InstanceStatus.Starting: (*_RUNNING, _on_the_instance(c.RebootInstance)),
        InstanceStatus.Stopping: (*_RUNNING, _on_the_instance(c.StopInstance)),
    },
    NetworkInterface: {
        NetworkInterfaceStatus.Available: (_CREATE,),
        NetworkInterfaceStatus.InUse: (*_ATTACHING, _settle),
        NetworkInterfaceStatus.Attaching: _ATTACHING,
        NetworkInterfaceStatus.Detaching: (*_ATTACHING, _settle, _attachment(c.DetachNetworkInterface)),
        NetworkInterfaceStatus.Deleting: (_CREATE, _delete),
    },
    Eip: {
        EipStatus.Available: (_allocate,),
        EipStatus.InUse: (*_ASSOCIATING, _settle),
        EipStatus.Associating: _ASSOCIATING,
        EipStatus.Unassociating: (*_ASSOCIATING, _settle, _on_the_eip(c.UnassociateEipAddress)),
        EipStatus.Releasing: (_allocate, _on_the_eip(c.ReleaseEipAddress)),
    },
}

# Checks of arguments


def _operations(operations: Operations | None) -> Operations:
    if operations is None:
        return tuple(GENERATORS)
    if not isinstance(operations, Collection) or not operations or not set(operations) <= set(GENERATORS):
        raise InvalidArgument(f"operations must be classes of ecsnet.commands, at least one, not {operations!r}")
    return tuple(operations)


def _network(name: str, block: Any) -> IPv4Network:
    try:
        return IPv4Network(block)
    except ValueError as error:
        raise InvalidArgument(f"{name} must be an IPv4 CIDR block, not {block!r}: {error}") from None


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidArgument(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return value
