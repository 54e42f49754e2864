"""Tags: keys with values on any resource, by which those who operate a network find what is their own.

A resource has its tags from its creation on, or gets them later; a key has one value. Tags whose keys begin with
``acs:`` or ``aliyun`` are the system's: they come in by imports, no command changes them, and they do not count.
"""

from __future__ import annotations

from typing import Any, Final

from ecsnet.commands import (
    AllocateEipAddress,
    CreateInstance,
    CreateNetworkInterface,
    CreateSecurityGroup,
    CreateVpc,
    CreateVSwitch,
    RunInstances,
    TagResources,
    UntagResources,
)
from ecsnet.commands.fields import SYSTEM_TAGS
from ecsnet.domain.context import RuleContext, known
from ecsnet.domain.held import reasons_held
from ecsnet.domain.lifecycle import Lifecycle
from ecsnet.domain.lookups import must_exist
from ecsnet.domain.operation import Operation, Operations, Recording, ResourceKind, operations
from ecsnet.domain.rules import Facts, SubjectRules
from ecsnet.domain.state.records import NetworkInterfaceState, State
from ecsnet.domain.state.world import TAGGED, Evolving, Region, World
from ecsnet.domain.subjects import eip, security_group, vpc
from ecsnet.domain.subjects.instance import lifecycle as instance
from ecsnet.domain.subjects.network_interface import lifecycle as network_interface
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.tags import ResourceTagged, ResourceUntagged
from ecsnet.values import TaggedType, Tags

MOST_TAGS: Final = 20
"""The most tags of a resource, and of a request."""
MOST_RESOURCES: Final = {"ecs": 50, "vpc": 20}
"""The most resources that a request to tag names, by the API that has their type."""
_KINDS: Final = {
    TaggedType.Vpc: ResourceKind.Vpc,
    TaggedType.VSwitch: ResourceKind.VSwitch,
    TaggedType.SecurityGroup: ResourceKind.SecurityGroup,
    TaggedType.Instance: ResourceKind.Instance,
    TaggedType.NetworkInterface: ResourceKind.NetworkInterface,
    TaggedType.Eip: ResourceKind.Eip,
}
_OF_VPC_API: Final = frozenset({TaggedType.Vpc, TaggedType.VSwitch, TaggedType.Eip})
_LIFECYCLES: Final[dict[TaggedType, Lifecycle[Any]]] = {
    TaggedType.Vpc: vpc.VPC,
    TaggedType.VSwitch: vpc.VSWITCH,
    TaggedType.SecurityGroup: security_group.SECURITY_GROUP,
    TaggedType.Instance: instance.INSTANCE,
    TaggedType.Eip: eip.EIP,
}

# How each event changes the state


def _changed(region: Region, event: ResourceTagged | ResourceUntagged, record: RecordedEvent) -> Any:
    state = getattr(region, TAGGED[event.resource_type]).mutable(event.resource_id)
    if isinstance(state, NetworkInterfaceState):
        lifecycle: Lifecycle[Any] = network_interface.LIFECYCLES[state.type]
    else:
        lifecycle = _LIFECYCLES[event.resource_type]
    region.transition(state, lifecycle.table[type(event)], record)
    return state


def tagged(region: Region, event: ResourceTagged, record: RecordedEvent) -> None:
    state = _changed(region, event, record)
    region.retag(TAGGED[event.resource_type], state, Tags({**state.tags, **dict(event.tags)}))


def untagged(region: Region, event: ResourceUntagged, record: RecordedEvent) -> None:
    state = _changed(region, event, record)
    rest = {key: value for key, value in state.tags.items() if key not in event.tag_keys}
    region.retag(TAGGED[event.resource_type], state, Tags(rest))


EVOLVE: Final[Evolving] = {ResourceTagged: tagged, ResourceUntagged: untagged}

# The rules

RULES: Final = SubjectRules()

must_exist(RULES, "resource.not-found", "resource", code="InvalidResourceId.NotFound")


def own_keys(tags: Tags) -> tuple[str, ...]:
    """Returns the keys of the tags that are not the system's."""
    return tuple([key for key in tags if not key.startswith(SYSTEM_TAGS)])


@RULES.denies(
    "tags.resource-count",
    TagResources,
    UntagResources,
    code="NumberExceed.ResourceIds",
    http_status=400,
    message="{count} resources, and a request is for at most {most} of the type {resource_type}",
)
def resource_count(command: TagResources | UntagResources) -> Facts | None:
    """A request to tag names at most 50 instances, ENIs or security groups, or 20 VPCs, VSwitches or EIPs."""
    count = len(command.resource_ids)
    most = MOST_RESOURCES["vpc" if command.resource_type in _OF_VPC_API else "ecs"]
    if count <= most:
        return None
    return {"count": count, "most": most, "resource_type": command.resource_type}


@RULES.denies(
    "tags.count",
    CreateVpc,
    CreateVSwitch,
    CreateSecurityGroup,
    RunInstances,
    CreateInstance,
    CreateNetworkInterface,
    AllocateEipAddress,
    TagResources,
    UntagResources,
    code="NumberExceed.Tags",
    http_status=400,
    message="{count} tags, and a request has at most {most}",
)
def tag_count(command: Any) -> Facts | None:
    """A request has at most 20 tags, or keys of tags."""
    given = command.tag_keys if isinstance(command, UntagResources) else command.tags
    return {"count": len(given), "most": MOST_TAGS} if len(given) > MOST_TAGS else None


@RULES.denies(
    "tags.quota",
    TagResources,
    code="OperationDenied.QuotaExceed",
    http_status=400,
    message="at most {most} tags: {counts:would have}",
)
def tag_quota(command: TagResources, resources: tuple[State, ...]) -> Facts | None:
    """A resource has at most 20 tags, besides those of the system."""
    counts = {one.id: len({*own_keys(one.tags), *command.tags}) for one in resources}
    beyond = {resource_id: count for resource_id, count in counts.items() if count > MOST_TAGS}
    return {"resource_ids": tuple(beyond), "counts": beyond, "most": MOST_TAGS} if beyond else None


@RULES.denies(
    "tags.held",
    TagResources,
    UntagResources,
    code="InvalidResourceId.NotSupported",
    http_status=403,
    message="{reasons:is held:}",
)
def held(resources: tuple[State, ...], imported_world: World) -> Facts | None:
    """The tags of an imported resource that is held stay as they are: a service manages it, its description is not
    understood, or there is none of it or of the network that it is in."""
    reasons = reasons_held(imported_world, resources)
    return {"resource_ids": tuple(reasons), "reasons": reasons} if reasons else None


# How each command is decided


def tag(context: RuleContext, command: TagResources) -> tuple[Event, ...]:
    return tuple(
        [
            ResourceTagged(resource_type=command.resource_type, resource_id=one.id, tags=tuple(command.tags.items()))
            for one in known(context.resources)
            if not command.tags.items() <= one.tags.items()
        ]
    )


def untag(context: RuleContext, command: UntagResources) -> tuple[Event, ...]:
    events: list[Event] = []
    for one in known(context.resources):
        keys = own_keys(one.tags) if command.all else tuple([key for key in command.tag_keys if key in one.tags])
        if keys:
            events.append(ResourceUntagged(resource_type=command.resource_type, resource_id=one.id, tag_keys=keys))
    return tuple(events)


def restore_tag(region: Region, recording: Recording[ResourceTagged]) -> TagResources:
    event = recording.event
    return TagResources(
        resource_type=event.resource_type,
        resource_ids=[event.resource_id],
        region_id=region.region_id,
        tags=event.tags,
    )


def restore_untag(region: Region, recording: Recording[ResourceUntagged]) -> UntagResources:
    event = recording.event
    state = getattr(region, TAGGED[event.resource_type])[event.resource_id]
    every = state is not None and own_keys(state.tags) == event.tag_keys  # imported keys may be any
    return UntagResources(
        resource_type=event.resource_type,
        resource_ids=[event.resource_id],
        region_id=region.region_id,
        tag_keys=() if every else event.tag_keys,
        all=every,
    )


def _kind(command: TagResources | UntagResources) -> ResourceKind:
    return _KINDS[command.resource_type]


OPERATIONS: Final[Operations] = operations(
    Operation(
        TagResources,
        tag,
        _kind,
        several="resource_ids",
        recorded_as=(ResourceTagged,),
        restore=restore_tag,
    ),
    Operation(
        UntagResources,
        untag,
        _kind,
        several="resource_ids",
        recorded_as=(ResourceUntagged,),
        restore=restore_untag,
    ),
)
