"""Attaching ENIs to instances, and detaching them (guide 4.1 to 4.3, 4.6, 4.8).

A secondary ENI goes to an instance of its zone and VPC whose type has room for it, and comes back as it went. The rules
of attaching hold for an instance that is there as for one that is about to be created with the ENI: the `AttachTarget`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecsnet.commands import AttachNetworkInterface, CreateInstance, DetachNetworkInterface, RunInstances
from ecsnet.domain.context import AttachTarget, RuleContext, known
from ecsnet.domain.operation import Impossible, Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Facts, RuleKind, SubjectRules
from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState
from ecsnet.domain.state.world import Evolving, Region
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface.lifecycle import (
    NETWORK_INTERFACE,
    PRIMARY,
    ByType,
    S,
    by_type,
    changed,
    is_primary,
    remove,
)
from ecsnet.domain.subjects.security_group import CLASSIC_NETWORK
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.network_interface import (
    NetworkInterfaceAttached,
    NetworkInterfaceAttachRequested,
    NetworkInterfaceDetached,
    NetworkInterfaceDetachRequested,
    NetworkInterfaceReleased,
)
from ecsnet.values import InstanceStatus

ATTACHING_COMMANDS: Final = (AttachNetworkInterface, RunInstances, CreateInstance)
ATTACHABLE: Final = NETWORK_INTERFACE.statuses_admitting(NetworkInterfaceAttachRequested)
DETACHABLE: Final = NETWORK_INTERFACE.statuses_admitting(NetworkInterfaceDetached)

# How each event changes the state

# An ENI that is attached or detached at once is so where a request for it is possible. What was requested completes
# whatever the status of the instance is by then.
ATTACH: Final = INSTANCE.table[NetworkInterfaceAttachRequested]
DETACH: Final = INSTANCE.table[NetworkInterfaceDetachRequested]

ATTACH_REQUESTED: Final = by_type(NetworkInterfaceAttachRequested)
ATTACHED: Final = by_type(NetworkInterfaceAttached)
DETACH_REQUESTED: Final = by_type(NetworkInterfaceDetachRequested)
DETACHED: Final = by_type(NetworkInterfaceDetached)


def attach_requested(region: Region, event: NetworkInterfaceAttachRequested, record: RecordedEvent) -> None:
    attached(region, event, record, ATTACH_REQUESTED)


def attached(
    region: Region,
    event: NetworkInterfaceAttached | NetworkInterfaceAttachRequested,
    record: RecordedEvent,
    transitions: ByType = ATTACHED,
) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    region.transition(interface, transitions[interface.type], record)
    if interface.instance_id is None:  # else this completes what was requested
        instance = region.instances.mutable(event.instance_id)
        if instance.status not in ATTACH:
            raise ATTACH.illegal(instance.status)
        instance.attached[interface.id] = None
        interface.instance_id = event.instance_id


def detach_requested(region: Region, event: NetworkInterfaceDetachRequested, record: RecordedEvent) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    instance = region.instances.mutable(event.instance_id)
    if instance.status not in DETACH:
        raise DETACH.illegal(instance.status)
    region.transition(interface, DETACH_REQUESTED[interface.type], record)


def detached(region: Region, event: NetworkInterfaceDetached, record: RecordedEvent) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    instance = region.instances.mutable(event.instance_id)
    if interface.pending is None and instance.status not in DETACH:
        raise DETACH.illegal(instance.status)
    region.transition(interface, DETACHED[interface.type], record)
    del instance.attached[interface.id]
    interface.instance_id = None


def released(region: Region, event: NetworkInterfaceReleased, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    instance = region.instances.mutable(event.instance_id)
    region.transition(instance, INSTANCE.table[NetworkInterfaceReleased], record)
    del instance.attached[interface.id]
    remove(region, interface)
    region.use(interface.account_id, "network_interface", -1)


EVOLVE: Final[Evolving] = {
    NetworkInterfaceAttachRequested: attach_requested,
    NetworkInterfaceAttached: attached,
    NetworkInterfaceDetachRequested: detach_requested,
    NetworkInterfaceDetached: detached,
    NetworkInterfaceReleased: released,
}

# The rules

RULES: Final = SubjectRules()


@RULES.denies(
    "interface.attach.primary",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="InvalidOperation.InvalidEniType",
    http_status=403,
    message="{network_interface_id} is a primary ENI and belongs to its instance",
)
def attach_primary(interfaces_to_attach: tuple[NetworkInterfaceState, ...]) -> Facts | None:
    """A primary ENI cannot be attached elsewhere."""
    for interface in interfaces_to_attach:
        if interface.type is PRIMARY:
            return {"network_interface_id": interface.id}
    return None


@RULES.denies(
    "interface.attach.state",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status}, and only an Available ENI can be attached",
)
def attach_state(interfaces_to_attach: tuple[NetworkInterfaceState, ...]) -> Facts | None:
    """Only an Available ENI can be attached."""
    for interface in interfaces_to_attach:
        if interface.status not in ATTACHABLE:
            return {"network_interface_id": interface.id, "status": interface.status}
    return None


@RULES.denies(
    "interface.attach.instance-state",
    AttachNetworkInterface,
    guide="4.1",
    code="InvalidOperation.InvalidEcsState",
    http_status=400,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def attach_instance_state(instance: InstanceState) -> Facts | None:
    """An ENI is attached to an instance that is Running or Stopped."""
    return None if instance.status in INSTANCE.stable else {"instance_id": instance.id, "status": instance.status}


@RULES.denies(
    "interface.attach.stopped-only-type",
    AttachNetworkInterface,
    DetachNetworkInterface,
    code="InvalidOperation.InvalidEcsState",
    http_status=400,
    message="{instance_id} is Running, and a {instance_type} takes and gives ENIs only while Stopped",
)
def stopped_only_type(instance: InstanceState) -> Facts | None:
    """Instances of some burstable types (t5, t6) must be Stopped to attach or detach an ENI."""
    if instance.status is not InstanceStatus.Running or not instance.instance_type.attach_requires_stopped:
        return None
    return {"instance_id": instance.id, "instance_type": instance.instance_type.id}


@RULES.denies(
    "interface.attach.zone",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="InvalidOperation.AvailabilityZoneMismatch",
    http_status=403,
    message="{network_interface_id} is in {zone_id}, the instance in {instance_zone_id}",
)
def attach_zone(interfaces_to_attach: tuple[NetworkInterfaceState, ...], target: AttachTarget) -> Facts | None:
    """An ENI and its instance are in one zone of one region; their VSwitches may differ."""
    for interface in interfaces_to_attach:
        if interface.zone_id != target.zone_id:
            return {
                "network_interface_id": interface.id,
                "zone_id": interface.zone_id,
                "instance_zone_id": target.zone_id,
            }
    return None


@RULES.denies(
    "interface.attach.vpc",
    *ATTACHING_COMMANDS,
    guide="4.2",
    code="InvalidOperation.VpcMismatch",
    http_status=403,
    message="{network_interface_id} is in {vpc_id}, the instance in {instance_vpc_id}",
)
def attach_vpc(interfaces_to_attach: tuple[NetworkInterfaceState, ...], target: AttachTarget) -> Facts | None:
    """An ENI and its instance are in one VPC; a classic instance takes no ENI."""
    for interface in interfaces_to_attach:
        if interface.vpc_id != target.vpc_id:
            return {
                "network_interface_id": interface.id,
                "vpc_id": interface.vpc_id,
                "instance_vpc_id": target.vpc_id,
            }
    return None


@RULES.denies(
    "interface.attach.instance-type",
    *ATTACHING_COMMANDS,
    guide="4.3",
    code="InvalidOperation.InvalidGeneration",
    http_status=400,
    codes={
        RunInstances: ("InvalidInstanceType.ElasticNetworkInterfaceNotSupported", 400),
        CreateInstance: ("InvalidInstanceType.ElasticNetworkInterfaceNotSupported", 400),
    },
    message="{instance_type} takes no secondary ENI",
)
def attach_instance_type(target: AttachTarget) -> Facts | None:
    """Only I/O-optimized instance types that support ENIs take secondary ENIs."""
    supported = target.instance_type.io_optimized and target.instance_type.eni_quantity > 1
    return None if supported or not target.attaching else {"instance_type": target.instance_type.id}


@RULES.denies(
    "interface.attach.quota",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="EniPerInstanceLimitExceeded",
    http_status=403,
    message="the instance has {count} ENIs, and a {instance_type} takes {quota}",
)
def attach_quota(target: AttachTarget) -> Facts | None:
    """An instance has at most as many ENIs as its type allows, the primary included."""
    quota = target.instance_type.eni_quantity
    if not target.attaching or target.interface_count + target.attaching <= quota:
        return None
    return {"count": target.interface_count, "instance_type": target.instance_type.id, "quota": quota}


@RULES.denies(
    "interface.attach.address-quota",
    *ATTACHING_COMMANDS,
    guide="4.6",
    code="InvalidOperation.Ipv4CountExceeded",
    http_status=403,
    message="{network_interface_id} has {count} private IPs, and a {instance_type} allows {quota} an ENI",
)
def attach_address_quota(interfaces_to_attach: tuple[NetworkInterfaceState, ...], target: AttachTarget) -> Facts | None:
    """The private IPs of an ENI fit the instance type's quota when it is attached."""
    quota = target.instance_type.private_ipv4_per_eni
    for interface in interfaces_to_attach:
        if len(interface.private_ips) > quota:
            return {
                "network_interface_id": interface.id,
                "count": len(interface.private_ips),
                "instance_type": target.instance_type.id,
                "quota": quota,
            }
    return None


@RULES.denies(
    "interface.detach.primary",
    DetachNetworkInterface,
    guide="4.8",
    code="InvalidOperation.DetachPrimaryEniNotAllowed",
    http_status=400,
    message="{network_interface_id} is the primary ENI of {instance_id} and stays with it",
)
def detach_primary(network_interface: NetworkInterfaceState) -> Facts | None:
    """A primary ENI cannot be detached."""
    return is_primary(network_interface)


@RULES.denies(
    "interface.detach.state",
    DetachNetworkInterface,
    guide="4.8",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status}, and only an ENI that is InUse can be detached",
)
def detach_state(network_interface: NetworkInterfaceState) -> Facts | None:
    """Only an ENI that is InUse can be detached; asking again while it is Detaching is accepted."""
    if network_interface.status in DETACHABLE:
        return None
    return {"network_interface_id": network_interface.id, "status": network_interface.status}


@RULES.denies(
    "interface.detach.instance-state",
    DetachNetworkInterface,
    guide="4.8",
    code="InvalidOperation.InvalidEcsState",
    http_status=400,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def detach_instance_state(instance: InstanceState) -> Facts | None:
    """An ENI is detached from an instance that is Running or Stopped."""
    return attach_instance_state(instance)


@RULES.denies(
    "interface.detach.wrong-instance",
    DetachNetworkInterface,
    guide="4.8",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is attached to {attached_to}, not to {instance_id}",
)
def detach_wrong_instance(network_interface: NetworkInterfaceState, instance: InstanceState) -> Facts | None:
    """An ENI is detached from the instance that it is attached to."""
    if network_interface.instance_id == instance.id:
        return None
    return {
        "network_interface_id": network_interface.id,
        "attached_to": network_interface.instance_id,
        "instance_id": instance.id,
    }


RULES.states(
    "interface.attach.bandwidth",
    RuleKind.Fact,
    "More ENIs never raise the bandwidth of an instance: that is a matter of its type.",
    guide="4.1",
)

# How each command is decided


def prepare_attach(context: RuleContext, command: AttachNetworkInterface | None) -> None:
    interface, instance = context.network_interface, context.instance
    if interface is not None:
        context.interfaces_to_attach = (interface,)
    if instance is not None:
        context.target = AttachTarget(
            zone_id=instance.zone_id,
            vpc_id=instance.vpc_id or CLASSIC_NETWORK,
            instance_type=instance.instance_type,
            interface_count=len(instance.attached),
            attaching=0 if interface is None and command is not None else 1,
        )


def attachments_to_make(context: RuleContext) -> Iterator[RuleContext | Impossible]:
    """Yields the context as it is, as any ENI may be the one, unless the instance takes none."""
    instance = context.instance
    if instance is None or instance.vpc_id is not None:
        yield context
    else:
        message = f"{instance.id} is a classic instance, and takes no ENI"
        yield Impossible("interface.attach.vpc", message, {"instance_id": instance.id})


def attach(context: RuleContext, command: AttachNetworkInterface) -> tuple[Event, ...]:
    event = NetworkInterfaceAttachRequested if context.asynchronous else NetworkInterfaceAttached
    return (event(network_interface_id=command.network_interface_id, instance_id=command.instance_id),)


def attachments_to_end(context: RuleContext) -> Iterator[RuleContext | Impossible]:
    """Yields the contexts of each ENI of the instance, the primary one last, or that of the ENI's instance."""
    region, interface, instance = context.region, context.network_interface, context.instance
    rule = "interface.detach.wrong-instance"
    if instance is not None:
        if not instance.attached:
            yield Impossible(rule, f"no ENI is attached to {instance.id}", {"instance_id": instance.id})
        for interface_id in reversed(instance.attached):
            yield context.having(network_interface=region.network_interfaces.get_existing(interface_id))
    elif interface is not None:
        if interface.instance_id is None:
            message = f"{interface.id} is attached to no instance"
            yield Impossible(rule, message, {"network_interface_id": interface.id})
        else:
            yield context.having(instance=region.instances.get_existing(interface.instance_id))


def detach(context: RuleContext, command: DetachNetworkInterface) -> tuple[Event, ...]:
    if known(context.network_interface).status is S.Detaching:
        return ()
    event = NetworkInterfaceDetachRequested if context.asynchronous else NetworkInterfaceDetached
    return (event(network_interface_id=command.network_interface_id, instance_id=command.instance_id),)


OPERATIONS: Final[Operations] = operations(
    Operation(
        AttachNetworkInterface,
        attach,
        ResourceKind.NetworkInterface,
        prepare=prepare_attach,
        statuses={ResourceKind.NetworkInterface: ATTACHABLE, ResourceKind.Instance: INSTANCE.stable},
        alternatives=attachments_to_make,
        recorded_as=(NetworkInterfaceAttached, NetworkInterfaceAttachRequested),
    ),
    Operation(
        DetachNetworkInterface,
        detach,
        ResourceKind.NetworkInterface,
        statuses={ResourceKind.NetworkInterface: DETACHABLE, ResourceKind.Instance: INSTANCE.stable},
        alternatives=attachments_to_end,
        recorded_as=(NetworkInterfaceDetached, NetworkInterfaceDetachRequested),
    ),
)
