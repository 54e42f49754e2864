"""ClassicLink (guide 2.3): instances of the classic network that reach a VPC.

The classic network itself has no theory: its instances have an address of the system's choice for life, and no ENI.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecsnet.commands import AttachClassicLinkVpc, DetachClassicLinkVpc, EnableVpcClassicLink
from ecsnet.domain.context import RuleContext, known
from ecsnet.domain.operation import Impossible, Operation, Operations, ResourceKind, operations
from ecsnet.domain.rules import Facts, RuleKind, SubjectRules
from ecsnet.domain.state.records import InstanceState, VpcState
from ecsnet.domain.state.world import Evolving, Region
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE, link, wrong_status
from ecsnet.domain.subjects.instance.lifecycle import changed as changed_instance
from ecsnet.domain.subjects.vpc import usable_vpc
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.classic_link import ClassicLinkAttached, ClassicLinkDetached, VpcClassicLinkEnabled

LINKS_PER_VPC: Final = 1000

# How each event changes the state


def enabled(region: Region, event: VpcClassicLinkEnabled, record: RecordedEvent) -> None:
    usable_vpc(region, event.vpc_id, VpcClassicLinkEnabled)
    region.vpcs.mutable(event.vpc_id).classic_link_enabled = True


def attached(region: Region, event: ClassicLinkAttached, record: RecordedEvent) -> None:
    usable_vpc(region, event.vpc_id, ClassicLinkAttached)
    link(region, changed_instance(region, event.instance_id, record), event.vpc_id)


def detached(region: Region, event: ClassicLinkDetached, record: RecordedEvent) -> None:
    link(region, changed_instance(region, event.instance_id, record), None)


EVOLVE: Final[Evolving] = {
    VpcClassicLinkEnabled: enabled,
    ClassicLinkAttached: attached,
    ClassicLinkDetached: detached,
}

# The rules

RULES: Final = SubjectRules()


@RULES.denies(
    "classic-link.attach.network-type",
    AttachClassicLinkVpc,
    guide="2.3",
    code="InvalidInstanceId.MalFormed",
    http_status=400,
    message="{instance_id} is not a classic instance",
)
def attach_network_type(instance: InstanceState) -> Facts | None:
    """ClassicLink links instances of the classic network."""
    return {"instance_id": instance.id} if instance.vpc_id is not None else None


@RULES.denies(
    "classic-link.attach.linked",
    AttachClassicLinkVpc,
    code="Abs.InvalidInstanceId.MalFormed",
    http_status=400,
    message="{instance_id} is linked to {vpc_id} already",
)
def attach_linked(instance: InstanceState) -> Facts | None:
    """An instance is linked to one VPC at a time."""
    return None if instance.linked_vpc_id is None else {"instance_id": instance.id, "vpc_id": instance.linked_vpc_id}


@RULES.denies(
    "classic-link.attach.instance-state",
    AttachClassicLinkVpc,
    code="InvalidStatus.InstanceStatus",
    http_status=403,
    message="{instance_id} is {status}, and must be Running or Stopped",
)
def attach_instance_state(instance: InstanceState) -> Facts | None:
    """An instance is linked while it is Running or Stopped."""
    return wrong_status(instance, ClassicLinkAttached)


@RULES.denies(
    "classic-link.attach.enabled",
    AttachClassicLinkVpc,
    code="OperationDenied",
    http_status=403,
    message="ClassicLink is not enabled for {vpc_id}",
)
def attach_enabled(vpc: VpcState) -> Facts | None:
    """Instances are linked to a VPC for which ClassicLink is enabled."""
    return None if vpc.classic_link_enabled else {"vpc_id": vpc.id}


@RULES.denies(
    "classic-link.attach.quota",
    AttachClassicLinkVpc,
    code="QuotaExceeded",
    http_status=403,
    message="{vpc_id} has {count} linked instances, and the quota is {quota}",
)
def attach_quota(vpc: VpcState, region: Region) -> Facts | None:
    """At most 1,000 instances are linked to a VPC."""
    count = region.links_of_vpc.get_existing(vpc.id).size
    return None if count < LINKS_PER_VPC else {"vpc_id": vpc.id, "count": count, "quota": LINKS_PER_VPC}


@RULES.denies(
    "classic-link.detach.linked",
    DetachClassicLinkVpc,
    code="InvalidInstanceId.NotFound",
    http_status=404,
    message="{instance_id} is not linked to {vpc_id}",
)
def detach_linked(instance: InstanceState, command: DetachClassicLinkVpc) -> Facts | None:
    """A link is taken from the VPC that the instance is linked to."""
    vpc_id = command.vpc_id  # which need not exist: that the instance is not linked to it is true all the same
    return None if instance.linked_vpc_id == vpc_id else {"instance_id": instance.id, "vpc_id": vpc_id}


RULES.states(
    "address.classic.unique",
    RuleKind.Invariant,
    "A classic private address is unique over all regions and accounts: each region draws from a block of its own.",
    guide="1",
)

# How each command is decided


def enable(context: RuleContext, command: EnableVpcClassicLink) -> tuple[Event, ...]:
    return () if known(context.vpc).classic_link_enabled else (VpcClassicLinkEnabled(vpc_id=command.vpc_id),)


def attach(context: RuleContext, command: AttachClassicLinkVpc) -> tuple[Event, ...]:
    return (ClassicLinkAttached(instance_id=command.instance_id, vpc_id=command.vpc_id),)


def links_to_end(context: RuleContext) -> Iterator[RuleContext | Impossible]:
    """Yields the context with the VPC that the instance is linked to, or that of a VPC to which instances are."""
    vpc, instance = context.vpc, context.instance
    rule = "classic-link.detach.linked"
    if instance is not None:
        if instance.linked_vpc_id is None:
            yield Impossible(rule, f"{instance.id} is linked to no VPC", {"instance_id": instance.id})
        else:
            yield context.having(vpc=context.region.vpcs.get_existing(instance.linked_vpc_id))
    elif vpc is not None:
        if context.region.links_of_vpc.get_existing(vpc.id).size:
            yield context
        else:
            yield Impossible(rule, f"no instance is linked to {vpc.id}", {"vpc_id": vpc.id})


def detach(context: RuleContext, command: DetachClassicLinkVpc) -> tuple[Event, ...]:
    return (ClassicLinkDetached(instance_id=command.instance_id, vpc_id=command.vpc_id),)


OPERATIONS: Final[Operations] = operations(
    Operation(EnableVpcClassicLink, enable, ResourceKind.Vpc, recorded_as=(VpcClassicLinkEnabled,)),
    Operation(
        AttachClassicLinkVpc,
        attach,
        ResourceKind.Instance,
        statuses={ResourceKind.Instance: INSTANCE.statuses_admitting(ClassicLinkAttached)},
        recorded_as=(ClassicLinkAttached,),
    ),
    Operation(
        DetachClassicLinkVpc,
        detach,
        ResourceKind.Instance,
        alternatives=links_to_end,
        recorded_as=(ClassicLinkDetached,),
    ),
)
