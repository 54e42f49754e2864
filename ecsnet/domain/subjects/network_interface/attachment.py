"""Attaching ENIs to instances, and detaching them (guide 4.1 to 4.3, 4.6, 4.8).

A secondary ENI goes to an instance of its zone and VPC whose type has room for it, and comes back as it went. The rules
of attaching hold for an instance that is there as for one that is about to be created with the ENI: the `AttachTarget`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ecsnet.commands import AttachNetworkInterface, CreateInstance, DetachNetworkInterface, RunInstances
from ecsnet.domain.context import AttachTarget, RuleContext, known
from ecsnet.domain.operation import Impossible, Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import AnyCommand, Breach, Facts, RuleKind, SubjectRules
from ecsnet.domain.state.records import InstanceState, NetworkInterfaceState
from ecsnet.domain.state.world import Evolving, Region, World
from ecsnet.domain.subjects.account import type_of
from ecsnet.domain.subjects.instance.lifecycle import BEING_RELEASED, INSTANCE, RUNNING
from ecsnet.domain.subjects.network_interface.lifecycle import (
    ATTACHING,
    AVAILABLE,
    DETACHING,
    NETWORK_INTERFACE,
    PRIMARY,
    SECONDARY,
    SERVICE_MANAGED,
    ByType,
    are_held,
    begin_again,
    by_type,
    changed,
    is_primary,
    is_waiting_to_be_asked,
    remove,
)
from ecsnet.domain.subjects.security_group import CLASSIC_NETWORK
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.network_interface import (
    NetworkInterfaceAttached,
    NetworkInterfaceAttachFailed,
    NetworkInterfaceAttachRequested,
    NetworkInterfaceDetached,
    NetworkInterfaceDetachRequested,
    NetworkInterfaceReleased,
    NetworkInterfaceRetained,
)

ATTACHING_COMMANDS: Final = (AttachNetworkInterface, RunInstances, CreateInstance)
ATTACHABLE: Final = NETWORK_INTERFACE.statuses_admitting(NetworkInterfaceAttachRequested)
"""The statuses of an ENI in which attaching it is asked for, or asked for again."""
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
    interface = region.network_interfaces.mutable(event.network_interface_id)
    begin_again(region, interface, NETWORK_INTERFACE.kinds[NetworkInterfaceAttachRequested], record)


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
        instance.attach(interface.id)
        interface.instance_id = event.instance_id


def detach_requested(region: Region, event: NetworkInterfaceDetachRequested, record: RecordedEvent) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    instance = region.instances.mutable(event.instance_id)
    if instance.status not in DETACH:
        raise DETACH.illegal(instance.status)
    region.transition(interface, DETACH_REQUESTED[interface.type], record)
    begin_again(region, interface, NETWORK_INTERFACE.kinds[NetworkInterfaceDetachRequested], record)


def detached(region: Region, event: NetworkInterfaceDetached, record: RecordedEvent) -> None:
    interface = region.network_interfaces.mutable(event.network_interface_id)
    instance = region.instances.mutable(event.instance_id)
    if interface.pending is None and instance.status not in DETACH:
        raise DETACH.illegal(instance.status)
    region.transition(interface, DETACHED[interface.type], record)
    instance.detach(interface.id)
    interface.instance_id = None


def attach_failed(region: Region, event: NetworkInterfaceAttachFailed, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    region.instances.mutable(event.instance_id).detach(interface.id)
    interface.instance_id = None


def retained(region: Region, event: NetworkInterfaceRetained, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    instance = region.instances.mutable(event.instance_id)
    region.transition(instance, INSTANCE.table[NetworkInterfaceRetained], record)
    instance.detach(interface.id)
    interface.instance_id = None


def released(region: Region, event: NetworkInterfaceReleased, record: RecordedEvent) -> None:
    interface = changed(region, event.network_interface_id, record)
    instance = region.instances.mutable(event.instance_id)
    region.transition(instance, INSTANCE.table[NetworkInterfaceReleased], record)
    instance.detach(interface.id)
    remove(region, interface)
    if interface.type is SECONDARY:
        region.use(interface.account_id, "network_interface", -1)


EVOLVE: Final[Evolving] = {
    NetworkInterfaceAttachRequested: attach_requested,
    NetworkInterfaceAttached: attached,
    NetworkInterfaceAttachFailed: attach_failed,
    NetworkInterfaceDetachRequested: detach_requested,
    NetworkInterfaceDetached: detached,
    NetworkInterfaceReleased: released,
    NetworkInterfaceRetained: retained,
}

# The rules
#
# Each attachment is judged by all of them, so the usual case has loops: up to Python 3.11, a comprehension makes a
# function every time.

RULES: Final = SubjectRules()


def _ids(interfaces: Iterable[NetworkInterfaceState]) -> tuple[str, ...]:
    return tuple([interface.id for interface in interfaces])


@RULES.denies(
    "interface.attach.held",
    *ATTACHING_COMMANDS,
    code=SERVICE_MANAGED.code,
    http_status=SERVICE_MANAGED.http_status,
    message="{reasons:is held:}",
)
def attach_held(interfaces_to_attach: tuple[NetworkInterfaceState, ...], imported_world: World) -> Facts | None:
    """An imported ENI that is held is attached to no instance."""
    return are_held(imported_world, interfaces_to_attach)


@RULES.denies(
    "interface.attach.primary",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="InvalidOperation.InvalidEniType",
    http_status=403,
    message="a primary ENI stays with its instance: {instance_ids:belongs to}",
)
def attach_primary(interfaces_to_attach: tuple[NetworkInterfaceState, ...]) -> Facts | Breach | None:
    """A primary ENI cannot be attached elsewhere."""
    primary = []
    for interface in interfaces_to_attach:
        if interface.type is PRIMARY:
            primary.append(interface)
    if not primary:
        return None
    facts: Facts = {
        "network_interface_ids": _ids(primary),
        "instance_ids": {interface.id: interface.instance_id for interface in primary},
    }
    if any(interface.instance_id is None for interface in primary):
        return Breach(facts, message="a primary ENI stays with its instance: {network_interface_ids}")
    return facts


@RULES.denies(
    "interface.attach.state",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{statuses:is}, and only an Available ENI can be attached",
)
def attach_state(
    interfaces_to_attach: tuple[NetworkInterfaceState, ...], region: Region, command_type: AnyCommand
) -> Facts | None:
    """Only an Available ENI can be attached; asking again for one that is stuck in Attaching is accepted."""
    others = []
    for interface in interfaces_to_attach:
        if interface.status is not AVAILABLE:
            others.append(interface)
    if others and command_type is AttachNetworkInterface:
        others = [
            interface
            for interface in others
            if interface.status is not ATTACHING or not is_waiting_to_be_asked(region, interface)
        ]
    if not others:
        return None
    return {
        "network_interface_ids": _ids(others),
        "statuses": {interface.id: interface.status for interface in others},
    }


@RULES.denies(
    "interface.attach.again",
    AttachNetworkInterface,
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is {status} to {attaching_to}, and cannot be attached to {instance_id} before",
)
def attach_again(network_interface: NetworkInterfaceState, instance: InstanceState) -> Facts | None:
    """An ENI that is stuck in Attaching is asked for again on the instance that it is being attached to."""
    if network_interface.status is not ATTACHING or network_interface.instance_id == instance.id:
        return None
    return {
        "network_interface_id": network_interface.id,
        "status": network_interface.status,
        "attaching_to": network_interface.instance_id,
        "instance_id": instance.id,
    }


@RULES.denies(
    "interface.attach.instance-state",
    AttachNetworkInterface,
    guide="4.1",
    code="InvalidOperation.InvalidEcsState",
    http_status=400,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def attach_instance_state(changing_instance: InstanceState) -> Facts | Breach | None:
    """An ENI is attached to an instance that is Running or Stopped."""
    status = changing_instance.status
    if status in INSTANCE.stable or status in BEING_RELEASED:
        return None
    facts = {"instance_id": changing_instance.id, "status": status}
    if changing_instance.instance_type.attach_requires_stopped:
        return Breach(facts, message="{instance_id} is {status}, and must be Stopped")
    return facts


@RULES.denies(
    "interface.attach.stopped-only-type",
    AttachNetworkInterface,
    DetachNetworkInterface,
    code="InvalidOperation.InvalidEcsState",
    http_status=400,
    message="{instance_id} is Running, and the ENIs of a {instance_type} change only while it is Stopped",
)
def stopped_only_type(changing_instance: InstanceState) -> Facts | None:
    """Instances of some burstable types (t5, t6) must be Stopped to attach or detach an ENI."""
    instance_type = changing_instance.instance_type
    if changing_instance.status is not RUNNING or not instance_type.attach_requires_stopped:
        return None
    return {"instance_id": changing_instance.id, "instance_type": instance_type.id}


@RULES.denies(
    "interface.attach.zone",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="InvalidOperation.AvailabilityZoneMismatch",
    http_status=403,
    message="the instance is in {instance_zone_id}, and {zone_ids:is in}",
)
def attach_zone(interfaces_to_attach: tuple[NetworkInterfaceState, ...], target: AttachTarget) -> Facts | None:
    """An ENI and its instance are in one zone of one region; their VSwitches may differ."""
    others = []
    for interface in interfaces_to_attach:
        if interface.zone_id != target.zone_id and interface.zone_id:  # it is not known of every imported one
            others.append(interface)
    if not target.zone_id or not others:
        return None
    return {
        "network_interface_ids": _ids(others),
        "zone_ids": {interface.id: interface.zone_id for interface in others},
        "instance_zone_id": target.zone_id,
    }


@RULES.denies(
    "interface.attach.vpc",
    *ATTACHING_COMMANDS,
    guide="4.2",
    code="InvalidOperation.VpcMismatch",
    http_status=403,
    message="the instance is in {instance_vpc_id}, and {vpc_ids:is in}",
)
def attach_vpc(interfaces_to_attach: tuple[NetworkInterfaceState, ...], target: AttachTarget) -> Facts | Breach | None:
    """An ENI and its instance are in one VPC; a classic instance takes no ENI."""
    others = []
    for interface in interfaces_to_attach:
        if interface.vpc_id != target.vpc_id:
            others.append(interface)
    if not others and target.vpc_id != CLASSIC_NETWORK:
        return None
    facts = {
        "network_interface_ids": _ids(others),
        "vpc_ids": {interface.id: interface.vpc_id for interface in others},
        "instance_vpc_id": target.vpc_id,
    }
    if target.vpc_id == CLASSIC_NETWORK and target.attaching:
        return Breach(facts, message="a classic instance takes no ENI")
    return facts if target.vpc_id is not None and others else None


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
    of_type = target.instance_type
    if of_type is None or not target.attaching or not of_type.limits_known:
        return None
    return None if of_type.io_optimized and of_type.eni_quantity > 1 else {"instance_type": of_type.id}


@RULES.denies(
    "interface.attach.quota",
    *ATTACHING_COMMANDS,
    guide="4.1",
    code="EniPerInstanceLimitExceeded",
    http_status=403,
    message="a {instance_type} takes {quota} ENIs, its primary included, and the instance would have {count}",
)
def attach_quota(target: AttachTarget) -> Facts | Breach | None:
    """An instance has at most as many ENIs as its type allows, the primary included. Of a type that only its described
    instances tell of, that is the most that one of them has."""
    of_type, count = target.instance_type, target.interface_count + target.attaching
    if of_type is None or not target.attaching or count <= of_type.eni_quantity:
        return None
    facts = {"count": count, "instance_type": of_type.id, "quota": of_type.eni_quantity}
    if not of_type.limits_known:
        message = (
            "the instance type {instance_type} is unknown: its described instances have at most {quota} ENIs, and this "
            "one would have {count}"
        )
        return Breach(facts, message=message)
    return facts


@RULES.denies(
    "interface.attach.address-quota",
    *ATTACHING_COMMANDS,
    guide="4.6",
    code="InvalidOperation.Ipv4CountExceeded",
    http_status=403,
    message="a {instance_type} allows {quota} private IPs an ENI, and {counts:has}",
)
def attach_address_quota(
    interfaces_to_attach: tuple[NetworkInterfaceState, ...], target: AttachTarget
) -> Facts | Breach | None:
    """The private IPs of an ENI fit the instance type's quota when it is attached. Of a type that only its described
    instances tell of, that is the most that one of their ENIs has."""
    if target.instance_type is None:
        return None
    quota = target.instance_type.private_ipv4_per_eni
    others = []
    for interface in interfaces_to_attach:
        if len(interface.private_ips) + len(interface.ipv4_prefixes) > quota:
            others.append(interface)
    if not others:
        return None
    facts = {
        "network_interface_ids": _ids(others),
        "counts": {interface.id: interface.address_count for interface in others},
        "instance_type": target.instance_type.id,
        "quota": quota,
    }
    if not target.instance_type.limits_known:
        message = (
            "the instance type {instance_type} is unknown: its described instances have at most {quota} private IPs an "
            "ENI, and {counts:has}"
        )
        return Breach(facts, message=message)
    return facts


@RULES.denies(
    "interface.detach.primary",
    DetachNetworkInterface,
    guide="4.8",
    code="InvalidOperation.DetachPrimaryEniNotAllowed",
    http_status=400,
    message="{network_interface_id} is the primary ENI of {instance_id} and stays with it",
)
def detach_primary(network_interface: NetworkInterfaceState) -> Facts | Breach | None:
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
def detach_instance_state(changing_instance: InstanceState, names_own_instance: bool) -> Facts | Breach | None:
    """An ENI is detached while the instance that it is attached to is Running or Stopped."""
    if not names_own_instance and changing_instance.status in BEING_RELEASED:
        return Breach({"instance_id": changing_instance.id}, message="{instance_id} is being released")
    return attach_instance_state(changing_instance)


@RULES.denies(
    "interface.detach.wrong-instance",
    DetachNetworkInterface,
    guide="4.8",
    code="InvalidOperation.InvalidEniState",
    http_status=400,
    message="{network_interface_id} is attached to {attached_to}, not to {instance_id}",
)
def detach_wrong_instance(network_interface: NetworkInterfaceState, instance: InstanceState) -> Facts | Breach | None:
    """An ENI is detached from the instance that it is attached to."""
    if network_interface.instance_id == instance.id:
        return None
    facts = {
        "network_interface_id": network_interface.id,
        "attached_to": network_interface.instance_id,
        "instance_id": instance.id,
    }
    if network_interface.instance_id is None:
        return Breach(facts, message="{network_interface_id} is attached to no instance")
    return facts


RULES.states(
    "interface.attach.bandwidth",
    RuleKind.Fact,
    "More ENIs never raise the bandwidth of an instance: that is a matter of its type.",
    guide="4.1",
)

# How each command is decided


def prepare_attach(context: RuleContext, command: AttachNetworkInterface | None) -> None:
    interface, instance = context.network_interface, context.instance
    context.interfaces_to_attach = () if interface is None else (interface,)
    if instance is not None:
        context.changing_instance = instance
        context.target = AttachTarget(
            zone_id=instance.zone_id,
            vpc_id=CLASSIC_NETWORK if instance.is_classic else instance.vpc_id,
            instance_type=type_of(context.world, instance),
            interface_count=len(instance.attached),
            attaching=0 if _is_on(interface, instance) else 1,
        )


def _is_asked_again(region: Region, interface: NetworkInterfaceState) -> bool:
    return interface.status is ATTACHING and is_waiting_to_be_asked(region, interface)


def _is_on(interface: NetworkInterfaceState | None, instance: InstanceState) -> bool:
    return interface is not None and interface.instance_id == instance.id


def attachments_to_make(context: RuleContext) -> Iterator[RuleContext | Impossible]:
    """Yields the context as it is, as any ENI or instance may be the one, unless the instance takes none; and those of
    ENIs which wait in Attaching to be asked for again, each on its own instance."""
    region, instance, interface = context.region, context.instance, context.network_interface
    if instance is None:
        again = interface is not None and _is_asked_again(region, interface)
        own = region.instances[interface.instance_id or ""] if again and interface is not None else None
        yield context if own is None else context.having(instance=own)
    elif instance.vpc_id is not None:
        yield context
        for interface_id in instance.attached:
            attached = region.network_interfaces.get_existing(interface_id)
            if _is_asked_again(region, attached):
                yield context.having(network_interface=attached)
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


def prepare_detach(context: RuleContext, command: DetachNetworkInterface | None) -> None:
    interface = context.network_interface
    if interface is not None and interface.instance_id is not None:
        context.changing_instance = context.region.instances[interface.instance_id]
        context.names_own_instance = command is None or command.instance_id == interface.instance_id


def detach(context: RuleContext, command: DetachNetworkInterface) -> tuple[Event, ...]:
    interface = known(context.network_interface)
    if interface.status is DETACHING and not is_waiting_to_be_asked(context.region, interface):
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
        prepare=prepare_detach,
        statuses={ResourceKind.NetworkInterface: DETACHABLE, ResourceKind.Instance: INSTANCE.stable},
        alternatives=attachments_to_end,
        recorded_as=(NetworkInterfaceDetached, NetworkInterfaceDetachRequested),
    ),
)
