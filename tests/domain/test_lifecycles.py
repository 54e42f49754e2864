"""The lifecycles: their tables against the Machines, what the fold refuses, and what a declaration must hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from transitions import Machine, MachineError

import ecsnet
from ecsnet import Cloud, InvalidArgument, RecordedEvent, ReplayError, lifecycles
from ecsnet import commands as c
from ecsnet.domain import pace
from ecsnet.domain.checks.invariants import WAITING_FOR_START
from ecsnet.domain.decide import OPERATIONS
from ecsnet.domain.fold import fold
from ecsnet.domain.lifecycle import IllegalTransition, LifecycleError
from ecsnet.domain.state.streams import OF_NO_REGION
from ecsnet.domain.state.world import World
from ecsnet.domain.subjects import eip as eip_subject
from ecsnet.domain.subjects.network_interface import attachment
from ecsnet.domain.subjects.network_interface import lifecycle as interface_subject
from ecsnet.events import EVENT_TYPES, Event
from ecsnet.events.classic_link import ClassicLinkAttached, ClassicLinkDetached
from ecsnet.events.eip import (
    EipAddressAssociated,
    EipAddressAssociateRequested,
    EipAddressUnassociated,
    EipAddressUnassociateRequested,
    NatPublicIpConverted,
)
from ecsnet.events.imports import EipImported, InstanceImported, NetworkInterfaceImported
from ecsnet.events.instance import (
    InstanceCreateCompleted,
    InstanceCreated,
    InstanceModified,
    InstanceNetworkSpecModified,
    InstanceRebooted,
    InstanceRebootRequested,
    InstanceReleased,
    InstanceReleaseRequested,
    InstanceRenewed,
    InstanceStarted,
    InstanceStartRequested,
    InstanceStopped,
    InstanceStopRequested,
    InstanceVpcAttributeModified,
)
from ecsnet.events.network_interface import (
    NetworkInterfaceAttached,
    NetworkInterfaceAttachFailed,
    NetworkInterfaceAttachRequested,
    NetworkInterfaceDetached,
    NetworkInterfaceDetachRequested,
    NetworkInterfaceReleased,
    NetworkInterfaceRetained,
)
from ecsnet.events.public_ip import PublicIpAddressAllocated, PublicIpAddressChanged, PublicIpAddressReleased
from ecsnet.events.security_group import SecurityGroupJoined, SecurityGroupLeft
from ecsnet.events.tags import ResourceTagged, ResourceUntagged
from ecsnet.lifecycles import (
    EIP,
    INITIAL,
    INSTANCE,
    NETWORK_INTERFACE,
    PRIMARY_NETWORK_INTERFACE,
    SECURITY_GROUP,
    VPC,
    VSWITCH,
    Lifecycle,
    Transitional,
)
from ecsnet.strategies import clouds
from ecsnet.values import InstanceStatus, NetworkInterfaceStatus, NetworkInterfaceType, TaggedType
from tests.support.described import imported, network
from tests.support.net import START, Net

LIFECYCLES: list[Lifecycle[Any]] = [
    INSTANCE,
    NETWORK_INTERFACE,
    PRIMARY_NETWORK_INTERFACE,
    EIP,
    VPC,
    VSWITCH,
    SECURITY_GROUP,
]
each_lifecycle = pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)


class Model:
    """An object of a user's, for a Machine to drive."""

    status: Any
    trigger: Callable[..., bool]


# The compiled table is what the Machine does


def triggered(lifecycle: Lifecycle[Any], before: str, event: type[Event], **arguments: str) -> str | None:
    """Returns the status to which the Machine moves a model, None where it refuses."""
    model = Model()
    lifecycle.machine.add_model(model, initial=before)
    try:
        return model.status if model.trigger(event.__name__, **arguments) else None
    except MachineError:
        return None
    finally:
        lifecycle.machine.remove_model(model)


@each_lifecycle
def test_every_cell_of_the_table_is_where_the_machine_leads_when_it_is_triggered(lifecycle: Lifecycle[Any]) -> None:
    for status, event in product([INITIAL, *lifecycle.statuses], lifecycle.events):
        expected = triggered(lifecycle, status, event)
        assert lifecycle.table[event].get(status) is expected, f"{status} {event}"
        assert lifecycle.admits(status, event) == (expected is not None)
        assert event.__name__ in lifecycle.triggers(status) or expected is None
        if expected is None:
            with pytest.raises(IllegalTransition, match=f"{event.__name__} is not possible in status"):
                lifecycle.table[event][status]


@each_lifecycle
def test_an_import_leads_where_the_machine_leads_with_the_described_status(lifecycle: Lifecycle[Any]) -> None:
    for event, status in product(lifecycle.events, [*lifecycle.statuses, "Banana"]):
        if event in lifecycle.described:
            assert lifecycle.described[event].get(status) is triggered(lifecycle, INITIAL, event, status=status)
    assert len(lifecycle.described) == 1


@each_lifecycle
def test_the_machine_has_no_trigger_but_the_events(lifecycle: Lifecycle[Any]) -> None:
    assert isinstance(lifecycle.machine, Machine)
    assert list(lifecycle.machine.events) == [event.__name__ for event in lifecycle.events]
    assert set(lifecycle.machine.states) == {INITIAL, *lifecycle.statuses}


@each_lifecycle
def test_the_table_cannot_be_changed(lifecycle: Lifecycle[Any]) -> None:
    event = lifecycle.events[0]
    with pytest.raises(TypeError, match="read-only"):
        lifecycle.table[event] = lifecycle.table[event]
    with pytest.raises(TypeError, match="read-only"):
        lifecycle.table[event].update({lifecycle.statuses[0]: lifecycle.statuses[0]})
    with pytest.raises(TypeError, match="read-only"):
        lifecycle.table[event].pop(INITIAL)


# Every event of a resource is a row

OF_ANY_RESOURCE = {ResourceTagged, ResourceUntagged}
"""Events that name a resource of any kind."""


@each_lifecycle
def test_tags_are_changed_in_every_status_of_an_existing_resource(lifecycle: Lifecycle[Any]) -> None:
    for event in OF_ANY_RESOURCE:
        assert lifecycle.statuses_admitting(event) == frozenset(lifecycle.statuses) - lifecycle.final


@pytest.mark.parametrize(
    ("field", "concerned"),
    [
        ("instance_id", [INSTANCE]),
        ("network_interface_id", [NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE]),
        ("primary_network_interface_id", [PRIMARY_NETWORK_INTERFACE]),
        ("allocation_id", [EIP]),
        ("vpc_id", [VPC]),
        ("vswitch_id", [VSWITCH]),
        ("security_group_id", [SECURITY_GROUP]),
    ],
)
def test_every_event_that_names_a_resource_is_in_its_lifecycle(field: str, concerned: list[Lifecycle[Any]]) -> None:
    naming = {event for event in EVENT_TYPES.values() if field in event.__struct_fields__}
    assert len(naming) >= 4
    assert naming <= {event for lifecycle in concerned for event in lifecycle.events}


def test_no_event_is_in_a_lifecycle_that_names_or_changes_no_such_resource() -> None:
    for lifecycle in (INSTANCE, NETWORK_INTERFACE, EIP, VPC, VSWITCH, SECURITY_GROUP):
        assert all(lifecycle.id_field in event.__struct_fields__ for event in {*lifecycle.events} - OF_ANY_RESOURCE)
    assert not {event for event in LIFECYCLES[0].events if event in OF_NO_REGION}


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(clouds(settle_after="manual"))
def test_what_is_recorded_of_a_resource_drives_the_machine_to_its_status(cloud: Cloud) -> None:
    for resource in resources(cloud):
        model, lifecycle = Model(), lifecycle_of(resource)
        lifecycle.bind(model)
        for record in cloud.history(resource.id):
            if type(record.event) in lifecycle.events:  # of a group, others name it among several
                assert model.trigger(record.type), record
        assert lifecycle.shown[model.status] is resource.status


def resources(cloud: Cloud) -> list[Any]:
    collections = (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces)
    return [resource for collection in (*collections, cloud.eips) for resource in collection.values()]


def lifecycle_of(resource: Any) -> Lifecycle[Any]:
    kinds = {
        "Instance": INSTANCE,
        "Eip": EIP,
        "NetworkInterface": NETWORK_INTERFACE,
        "Vpc": VPC,
        "VSwitch": VSWITCH,
        "SecurityGroup": SECURITY_GROUP,
    }
    primary = getattr(resource, "type", None) is NetworkInterfaceType.Primary
    return PRIMARY_NETWORK_INTERFACE if primary else kinds[type(resource).__name__]


# The fold goes by the lifecycle, whatever the rules would say


@dataclass
class Story:
    """An instance in some status, with what its events need."""

    net: Net
    instance_id: str
    interface_id: str  # InUse on the instance
    free_interface_id: str
    allocation_id: str
    group_id: str

    def fold(self, *events: Event) -> None:
        cloud = self.net.cloud
        world, last = cloud.folded_state(), cloud.history()[-1]
        version = world.version("cn-hangzhou")
        fold(
            world,
            [
                RecordedEvent(
                    last.position + n, "cn-hangzhou", version + n, event, START, last.account_id, last.command_id
                )
                for n, event in enumerate(events, 1)
            ],
        )


def story(status: str) -> Story:
    """The ENI is attached when the instance is created: so it is there in every status, also in Pending."""
    net = Net(settle_after="manual")
    cloud, interface, free, other = net.cloud, net.eni(), net.eni(), net.new_group()
    eip = cloud.execute(c.AllocateEipAddress())
    run = net.run_command(internet_max_bandwidth_out=5, network_interface_ids=[interface.id])
    (vm,) = cloud.execute(run)
    cloud.settle(interface.id)
    if status != "Pending":
        cloud.settle()
    if status in ("Stopping", "Stopped", "Starting"):
        cloud.execute(c.StopInstance(instance_id=vm.id))
    if status in ("Stopped", "Starting"):
        cloud.settle()
    if status == "Starting":
        cloud.execute(c.StartInstance(instance_id=vm.id))
    if status in ("StoppingForRelease", "Releasing"):
        cloud.execute(c.DeleteInstance(instance_id=vm.id, force=True))
    if status == "Releasing":
        cloud.settle(vm.id)
    assert cloud.instances[vm.id].status == INSTANCE.shown[InstanceStatus(status)]
    assert cloud.network_interfaces[interface.id].status == "InUse"
    return Story(net, vm.id, interface.id, free.id, eip.id, other.id)


ON_THE_INSTANCE: list[type[Event]] = [
    InstanceCreateCompleted,
    InstanceStartRequested,
    InstanceStarted,
    InstanceStopRequested,
    InstanceStopped,
    InstanceRebootRequested,
    InstanceRebooted,
    InstanceReleaseRequested,
    PublicIpAddressReleased,
]
MAKE: dict[type[Event], Callable[[Story], Sequence[Event]]] = {
    **{kind: lambda s, kind=kind: [kind(instance_id=s.instance_id)] for kind in ON_THE_INSTANCE},
    InstanceReleased: lambda s: [
        NetworkInterfaceReleased(network_interface_id=s.interface_id, instance_id=s.instance_id),
        InstanceReleased(instance_id=s.instance_id),
    ],
    InstanceVpcAttributeModified: lambda s: [
        InstanceVpcAttributeModified(
            instance_id=s.instance_id, vswitch_id=s.net.vswitch.id, private_ip_address="10.0.1.200"
        )
    ],
    InstanceNetworkSpecModified: lambda s: [
        InstanceNetworkSpecModified(instance_id=s.instance_id, internet_max_bandwidth_out=7)
    ],
    InstanceRenewed: lambda s: [
        InstanceRenewed(instance_id=s.instance_id, expires_at=datetime(2030, 1, 1, tzinfo=UTC))
    ],
    SecurityGroupJoined: lambda s: [SecurityGroupJoined(security_group_id=s.group_id, instance_id=s.instance_id)],
    SecurityGroupLeft: lambda s: [SecurityGroupLeft(security_group_id=s.net.group.id, instance_id=s.instance_id)],
    NetworkInterfaceAttachRequested: lambda s: [
        NetworkInterfaceAttachRequested(network_interface_id=s.free_interface_id, instance_id=s.instance_id)
    ],
    NetworkInterfaceDetachRequested: lambda s: [
        NetworkInterfaceDetachRequested(network_interface_id=s.interface_id, instance_id=s.instance_id)
    ],
    NetworkInterfaceReleased: lambda s: [
        NetworkInterfaceReleased(network_interface_id=s.interface_id, instance_id=s.instance_id)
    ],
    NetworkInterfaceRetained: lambda s: [
        NetworkInterfaceRetained(network_interface_id=s.interface_id, instance_id=s.instance_id)
    ],
    InstanceModified: lambda s: [InstanceModified(instance_id=s.instance_id, name="web-1")],
    ResourceTagged: lambda s: [
        ResourceTagged(resource_type=TaggedType.Instance, resource_id=s.instance_id, tags=(("team", "web"),))
    ],
    ResourceUntagged: lambda s: [
        ResourceUntagged(resource_type=TaggedType.Instance, resource_id=s.instance_id, tag_keys=("team",))
    ],
    PublicIpAddressAllocated: lambda s: [PublicIpAddressAllocated(instance_id=s.instance_id, ip_address="39.96.0.9")],
    PublicIpAddressChanged: lambda s: [PublicIpAddressChanged(instance_id=s.instance_id, ip_address="39.96.0.9")],
    NatPublicIpConverted: lambda s: [
        NatPublicIpConverted(
            allocation_id="eip-another", instance_id=s.instance_id, ip_address=str(public_ip(s, s.instance_id))
        )
    ],
    EipAddressAssociateRequested: lambda s: [
        EipAddressAssociateRequested(allocation_id=s.allocation_id, instance_id=s.instance_id)
    ],
    ClassicLinkAttached: lambda s: [ClassicLinkAttached(instance_id=s.instance_id, vpc_id=s.net.vpc.id)],
    ClassicLinkDetached: lambda s: [ClassicLinkDetached(instance_id=s.instance_id, vpc_id=s.net.vpc.id)],
}
"""Of each event of an instance, one that fits all but perhaps the status."""
AT_ONCE: dict[type[Event], tuple[type[Event], Callable[[Story], Event]]] = {
    NetworkInterfaceAttached: (
        NetworkInterfaceAttachRequested,
        lambda s: NetworkInterfaceAttached(network_interface_id=s.free_interface_id, instance_id=s.instance_id),
    ),
    NetworkInterfaceDetached: (
        NetworkInterfaceDetachRequested,
        lambda s: NetworkInterfaceDetached(network_interface_id=s.interface_id, instance_id=s.instance_id),
    ),
    EipAddressAssociated: (
        EipAddressAssociateRequested,
        lambda s: EipAddressAssociated(allocation_id=s.allocation_id, instance_id=s.instance_id),
    ),
}
"""Events that complete at once what others request."""
EXISTING = [status for status in InstanceStatus if status not in INSTANCE.final]


def public_ip(story: Story, instance_id: str) -> str | None:
    return story.net.cloud.instances[instance_id].public_ip


@pytest.mark.parametrize("status", EXISTING)
def test_the_fold_admits_the_events_of_an_instance_that_its_machine_admits_and_no_others(status: str) -> None:
    here = story(status)
    admitted = INSTANCE.triggers(status)
    for event, make in MAKE.items():
        if event.__name__ in admitted:
            here.fold(*make(here))
        else:
            with pytest.raises(ReplayError, match=f"is not possible in status {status} of the instance"):
                here.fold(*make(here))


def test_the_fold_is_asked_for_every_event_of_an_existing_instance() -> None:
    births = {event for event in INSTANCE.events if INITIAL in INSTANCE.table[event]}
    unassociation = {EipAddressUnassociateRequested, EipAddressUnassociated}  # whatever the instance does
    failure = {NetworkInterfaceAttachFailed}
    imports = {InstanceImported, NetworkInterfaceImported, EipImported}
    assert set(INSTANCE.events) == {*MAKE, *AT_ONCE} | births | unassociation | imports | failure


@pytest.mark.parametrize("status", EXISTING)
def test_what_completes_at_once_is_folded_where_a_request_is_possible(status: str) -> None:
    here = story(status)
    for request, make in AT_ONCE.values():
        if INSTANCE.admits(status, request):
            here.fold(make(here))
        else:
            with pytest.raises(ReplayError, match=f"{request.__name__} is not possible in status {status}"):
                here.fold(make(here))


@pytest.mark.parametrize("event", [*AT_ONCE, NetworkInterfaceAttachFailed])
@pytest.mark.parametrize("status", ["Starting", "Stopping", "StoppingForRelease", "Releasing"])
def test_what_was_requested_completes_whatever_the_instance_does_meanwhile(status: str, event: type[Event]) -> None:
    here = story("Running" if status in ("Stopping", "StoppingForRelease") else "Stopped")
    request, make = {**AT_ONCE, NetworkInterfaceAttachFailed: (NetworkInterfaceAttachRequested, attach_failed)}[event]
    move = {"Stopping": InstanceStopRequested, "Starting": InstanceStartRequested}.get(status, InstanceReleaseRequested)
    here.fold(*MAKE[request](here), move(instance_id=here.instance_id), make(here))


def attach_failed(story: Story) -> Event:
    return NetworkInterfaceAttachFailed(network_interface_id=story.free_interface_id, instance_id=story.instance_id)


def test_a_recorded_address_change_of_a_running_instance_raises_a_replay_error() -> None:
    here = story("Running")
    with pytest.raises(ReplayError, match="InstanceVpcAttributeModified is not possible in status Running"):
        here.fold(*MAKE[InstanceVpcAttributeModified](here))


@pytest.mark.parametrize("event", [InstanceImported, NetworkInterfaceImported, EipImported])
def test_a_recorded_import_in_a_final_status_raises_a_replay_error(event: type[Event]) -> None:
    records = imported(network()).history()
    number = next(n for n, record in enumerate(records) if type(record.event) is event)
    last: Any = records[number].event
    status = "Deleted" if event is NetworkInterfaceImported else "Released"
    changed = replace(records[number], event=replace(last, status=type(last.status)(status)))
    fold(World(), records)
    with pytest.raises(ReplayError, match=f"{event.__name__} is not possible in status {status}"):
        fold(World(), [*records[:number], changed])


def test_what_is_imported_drives_the_machine_from_the_described_status() -> None:
    cloud = imported(network())
    for resource in resources(cloud):
        model, lifecycle = Model(), lifecycle_of(resource)
        lifecycle.bind(model)
        for record in cloud.history(resource.id):
            if type(record.event) not in lifecycle.events:
                continue
            is_described = type(record.event) in lifecycle.described
            described = {"status": getattr(record.event, "status", "Available")} if is_described else {}
            assert model.trigger(record.type, **described), record
        assert model.status is resource.status


# Statuses


@each_lifecycle
def test_every_status_is_transitional_or_final_or_stable(lifecycle: Lifecycle[Any]) -> None:
    kinds = [set(lifecycle.transitional), set(lifecycle.final), set(lifecycle.stable)]
    assert set.union(*kinds) == set(lifecycle.statuses)
    assert sum(map(len, kinds)) == len(lifecycle.statuses)


def test_the_transitional_statuses_are_those_of_the_vendor() -> None:
    assert set(INSTANCE.transitional) == {"Pending", "Starting", "Stopping", "StoppingForRelease", "Releasing"}
    assert {INSTANCE.shown[status] for status in INSTANCE.transitional} == {
        "Pending",
        "Starting",
        "Stopping",
        "Stopped",
    }
    assert {VSWITCH.shown[status] for status in VSWITCH.transitional} == {"Pending"}
    assert set(VPC.transitional) == {"Pending", "Deleting"}
    assert set(SECURITY_GROUP.transitional) == {"Deleting"}
    assert set(NETWORK_INTERFACE.transitional) == {"Creating", "Attaching", "Detaching", "Deleting"}
    assert set(EIP.transitional) == {"Associating", "Unassociating", "Releasing"}
    assert not PRIMARY_NETWORK_INTERFACE.transitional
    assert INSTANCE.stable == {"Running", "Stopped"}


def test_the_sets_of_statuses_that_derive_from_the_lifecycles() -> None:
    assert {"Attaching", "InUse", "Detaching"} == interface_subject.ATTACHED
    assert {"Available", "CreateFailed", "Deleting"} == interface_subject.DELETABLE
    assert {"InUse", "Detaching"} == attachment.DETACHABLE
    assert {"Associating", "InUse", "Unassociating"} == eip_subject.ASSOCIATED
    assert {"Stopped", "Starting", "Releasing"} == WAITING_FOR_START
    assert INSTANCE.statuses_admitting(PublicIpAddressChanged) == {"Stopped"}


def test_an_event_may_begin_a_transition_in_one_status_and_end_one_in_another() -> None:
    rows = [*LAMP_ROWS, [InstanceStartRequested, Lamp.On, Lamp.Off]]
    assert Lifecycle("lamp", Lamp, **{**LAMP, "transitions": rows}).table[InstanceStartRequested].begins == {"Off"}


def test_every_kind_of_transition_is_the_name_of_an_operation() -> None:
    kinds = {kind for lifecycle in LIFECYCLES for kind in lifecycle.kinds.values()}
    assert kinds <= {command.__name__ for command in OPERATIONS}
    assert kinds | {"UnassignPrivateIpAddresses"} == set(pace.OPERATIONS)  # that of addresses, not of their ENI


def test_an_event_of_other_resources_is_refused_in_every_status() -> None:
    assert not EIP.admits("Available", InstanceStarted)
    with pytest.raises(IllegalTransition, match="InstanceStarted is not possible in status Available of the EIP"):
        EIP.table[InstanceStarted]["Available"]
    with pytest.raises(InvalidArgument, match="InstanceStarted is no event of the EIP"):
        EIP.statuses_admitting(InstanceStarted)


# What users do with a lifecycle


def test_the_lifecycles_are_public() -> None:
    assert ecsnet.lifecycles.INSTANCE is INSTANCE
    assert set(lifecycles.__all__) >= {"INSTANCE", "NETWORK_INTERFACE", "PRIMARY_NETWORK_INTERFACE", "EIP"}
    assert repr(PRIMARY_NETWORK_INTERFACE) == "<Lifecycle of the primary network interface: InUse, Deleted>"


def test_a_bound_object_moves_in_its_status_and_refuses_what_is_not_possible() -> None:
    model = Model()
    model.status = "Available"
    machine = NETWORK_INTERFACE.bind(model)
    assert model.trigger("NetworkInterfaceAttached")
    assert model.status is NetworkInterfaceStatus.InUse
    with pytest.raises(MachineError, match="NetworkInterfaceDeleted from state InUse"):
        model.trigger("NetworkInterfaceDeleted")
    assert isinstance(machine, Machine)
    assert machine.models == [model]


def test_a_bound_object_without_a_status_starts_before_its_first_event() -> None:
    model = Model()
    model.status = None
    INSTANCE.bind(model)
    assert model.status == INITIAL
    assert model.trigger("InstanceLaunched")
    assert model.status is InstanceStatus.Running


def test_an_import_gives_a_bound_object_the_described_status() -> None:
    model, refused = Model(), Model()
    INSTANCE.bind(model)
    assert model.trigger("InstanceImported", status="Stopping")
    assert model.status is InstanceStatus.Stopping
    INSTANCE.bind(refused)
    assert not refused.trigger("InstanceImported", status="Released")
    assert refused.status == INITIAL


def test_each_bound_object_has_a_machine_of_its_own() -> None:
    @dataclass
    class Equal:
        status: str = "Stopped"

    one, other, seen = Equal(), Equal(), []
    INSTANCE.bind(one).on_enter_Running(lambda: seen.append("one"))
    INSTANCE.bind(other)
    assert other.trigger("InstanceStarted")  # type: ignore[attr-defined]
    assert (one.status, other.status, seen) == ("Stopped", "Running", [])
    assert one.trigger("InstanceStarted")  # type: ignore[attr-defined]
    assert seen == ["one"]
    assert INSTANCE.machine.models == []


@pytest.mark.parametrize("status", ["Banana", "running", 7])
def test_an_object_with_an_unknown_status_is_not_bound(status: Any) -> None:
    model = Model()
    model.status = status
    with pytest.raises(InvalidArgument, match=f"{status!r} is not a status of the instance"):
        INSTANCE.bind(model)


def test_the_triggers_of_a_status_are_the_events_that_are_possible_in_it() -> None:
    assert NETWORK_INTERFACE.triggers("Deleting") == (
        "NetworkInterfaceDeleteRequested",
        "NetworkInterfaceDeleted",
        "NetworkInterfaceStuck",
        "ResourceTagged",
        "ResourceUntagged",
        "PrivateIpAddressesUnassigned",
        "EipAddressAssociated",
        "EipAddressUnassociated",
        "EipImported",
    )
    assert PRIMARY_NETWORK_INTERFACE.triggers("Deleted") == ()
    assert NETWORK_INTERFACE.triggers(INITIAL) == (
        "NetworkInterfaceCreated",
        "NetworkInterfaceCreateRequested",
        "NetworkInterfaceImported",
    )
    with pytest.raises(InvalidArgument, match="'Banana' is not a status of the network interface"):
        NETWORK_INTERFACE.triggers("Banana")


def test_changing_the_machine_changes_nothing_that_the_fold_goes_by() -> None:
    lamp = Lifecycle("lamp", Lamp, **LAMP)
    lamp.machine.add_transition("InstanceStopped", "Off", "On")
    assert not lamp.admits("Off", InstanceStopped)
    model = Model()
    model.status = "Off"
    lamp.bind(model)
    with pytest.raises(MachineError):
        model.trigger("InstanceStopped")


@each_lifecycle
def test_the_diagram_has_an_arrow_for_every_change_of_status(lifecycle: Lifecycle[Any]) -> None:
    title, *arrows = lifecycle.diagram().splitlines()
    drawn = set()
    for arrow in arrows:
        ends, _, names = arrow.strip().partition(": ")
        drawn |= {(*ends.split(" --> "), name) for name in names.split(" | ")}
    machine = lifecycle.machine
    changes = {
        (way.source, way.dest, name)
        for name in machine.events
        for way in machine.get_transitions(name)
        if way.source != way.dest
    }
    assert title == "stateDiagram-v2"
    assert drawn == changes | {(status, INITIAL, "") for status in lifecycle.final}


# What a declaration must hold


class Lamp(StrEnum):
    Off = "Off"
    Warming = "Warming"
    On = "On"
    Broken = "Broken"


LAMP_ROWS: list[Any] = [
    [InstanceCreated, INITIAL, Lamp.Off],
    [InstanceStartRequested, Lamp.Off, Lamp.Warming],
    [InstanceStarted, [Lamp.Off, Lamp.Warming], Lamp.On],
    [InstanceRebooted, [Lamp.Off, Lamp.On], "="],
    [InstanceStopped, Lamp.On, Lamp.Off],
    [InstanceReleased, [Lamp.Off, Lamp.On], Lamp.Broken],
]
LAMP: dict[str, Any] = {
    "id_field": "instance_id",
    "transitional": {Lamp.Warming: Transitional(completed_by=(InstanceStarted,))},
    "final": [Lamp.Broken],
    "kinds": {InstanceStartRequested: "StartInstance"},
    "transitions": LAMP_ROWS,
}


def test_lists_of_sources_and_reflexive_rows_are_what_transitions_makes_of_them() -> None:
    lamp = Lifecycle("lamp", Lamp, **LAMP)
    assert lamp.table[InstanceStarted] == {Lamp.Off: Lamp.On, Lamp.Warming: Lamp.On}
    assert lamp.table[InstanceRebooted] == {Lamp.Off: Lamp.Off, Lamp.On: Lamp.On}
    assert [event.__name__ for event in lamp.events if lamp.table[event].begins] == ["InstanceStartRequested"]


def test_a_row_may_lead_from_every_status() -> None:
    class Switch(StrEnum):
        Off = "Off"
        On = "On"

    rows = [[InstanceStarted, [INITIAL, Switch.Off, Switch.On], Switch.On], [InstanceStopped, Switch.On, Switch.Off]]
    switch = Lifecycle("switch", Switch, id_field="instance_id", transitions=rows, transitional={}, final=[])
    assert switch.table[InstanceStarted] == dict.fromkeys([INITIAL, Switch.Off, Switch.On], Switch.On)


@each_lifecycle
def test_the_machine_has_the_statuses_and_the_one_before_the_first_event(lifecycle: Lifecycle[Any]) -> None:
    assert list(lifecycle.machine.states) == [INITIAL, *lifecycle.statuses]
    assert lifecycle.machine.initial == INITIAL


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"transitions": [*LAMP_ROWS, [InstanceRebootRequested, "Bright", Lamp.On]]}, "unknown status in the row"),
        ({"transitions": [*LAMP_ROWS, [InstanceRebootRequested, [Lamp.On], "Bright"]]}, "unknown status in the row"),
        ({"final": [Lamp.Broken, "Bright"]}, "unknown status Bright"),
        ({"transitions": [*LAMP_ROWS, [InstanceStopped, Lamp.On, Lamp.Broken]]}, "two rows for InstanceStopped in"),
        ({"transitions": [*LAMP_ROWS, *LAMP_ROWS[-1:]]}, "two rows for InstanceReleased in status Off"),
        ({"transitions": LAMP_ROWS[:-1]}, "no row leads to Broken"),
        ({"final": []}, r"final is \[\], but no row leaves"),
        ({"final": [Lamp.Broken, Lamp.On]}, "but no row leaves"),
        ({"transitional": {Lamp.Warming: Transitional(completed_by=())}}, "no event completes Warming"),
        (
            {"transitional": {Lamp.Warming: Transitional(completed_by=(InstanceStopped,))}},
            "InstanceStopped does not complete Warming",
        ),
        (
            {"transitional": {Lamp.Warming: Transitional(completed_by=(InstanceRenewed,))}},
            "InstanceRenewed does not complete Warming",
        ),
        ({"kinds": {}}, "InstanceStartRequested begins a transition of no kind"),
        (
            {"transitional": {Lamp.Warming: Transitional(completed_by=(InstanceStarted,), failed_by=InstanceStopped)}},
            "InstanceStopped does not complete Warming",
        ),
        (
            {"transitional": {Lamp.Warming: Transitional(completed_by=(InstanceStarted,), stuck_by=InstanceStarted)}},
            "InstanceStarted does not keep Warming",
        ),
    ],
)
def test_a_declaration_that_contradicts_itself_is_an_error(changes: dict[str, Any], reason: str) -> None:
    Lifecycle("lamp", Lamp, **LAMP)
    with pytest.raises(LifecycleError, match=f"lamp: .*{reason}"):
        Lifecycle("lamp", Lamp, **{**LAMP, **changes})
