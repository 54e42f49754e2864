"""The intranet (guide 2.3): decides whether two instances reach each other by private address, and by which means.

These are queries, which change nothing. Where the guide's table is silent, a comment gives our reading;
docs/intranet.md has the whole table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import islice
from typing import Final

import attrs

from ecsnet._arguments import MOST_ITEMS, shown
from ecsnet._attrs import frozen, named_converters
from ecsnet.commands import fields
from ecsnet.domain.rules import RuleKind, SubjectRules
from ecsnet.domain.state.records import InstanceState, VpcState
from ecsnet.domain.state.world import Region, World
from ecsnet.errors import InvalidCommand
from ecsnet.values import InnerAccessPolicy, NetworkType, SecurityGroupType

Authorizes = Callable[[str, str], bool]
"""A function that returns whether a security group (the first id) authorizes a source group (the second id)."""
GroupTest = Callable[[str], bool]
"""A function that returns whether something is true of a security group."""

OPTIMIZED_BANDWIDTH = 10_000
OTHER_BANDWIDTH = 1_000


_OWNER: Final = ("account_id", "region_id")


def _groups(value: Iterable[str], name: str = "groups") -> tuple[str, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise InvalidCommand(f"must be a list, not {shown(value)}", parameter=name)
    group_ids = tuple(islice(value, MOST_ITEMS + 1))  # it may have no end
    if len(group_ids) > MOST_ITEMS:
        raise InvalidCommand(f"must have at most {MOST_ITEMS:,} items", parameter=name)
    if not group_ids:
        raise InvalidCommand("must name at least one security group", parameter=name)
    return tuple([fields.identifier(group_id, name) for group_id in group_ids])


def _own_id(value: str, name: str = "id") -> str:
    if value is None:
        raise InvalidCommand("an endpoint needs an {account_id} and a {region_id}", together=_OWNER)
    return fields.identifier(value, name)


@frozen(field_transformer=named_converters)
class Endpoint:
    """One end of an intranet path: the network attributes of an instance, which need not exist.

    ``network_type`` is ``"vpc"`` or ``"classic"``, kept as a `NetworkType`. A VPC endpoint has a ``vpc_id``. A classic
    one has none, but may have a ``linked_vpc_id``: the VPC that ClassicLink links it to. ``security_group_ids`` (any
    iterable, kept as a tuple) has at least one id. ``io_optimized`` depends on the instance type and is true for all
    types but the oldest.

    Raises `InvalidCommand` for a combination that no instance can have.
    """

    network_type: NetworkType = attrs.field(converter=fields.network_type)
    account_id: str = attrs.field(converter=_own_id)
    region_id: str = attrs.field(converter=_own_id)
    vpc_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    security_group_ids: tuple[str, ...] = attrs.field(default=(), converter=_groups)
    linked_vpc_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    io_optimized: bool = attrs.field(default=True, converter=fields.flag)

    def __attrs_post_init__(self) -> None:
        if self.network_type == NetworkType.Vpc and self.vpc_id is None:
            raise InvalidCommand("a VPC endpoint needs a {vpc_id}", together=("vpc_id",))
        if self.network_type == NetworkType.Vpc and self.linked_vpc_id is not None:
            reason = f"is no attribute of an endpoint in {self.vpc_id}: ClassicLink links classic ones"
            raise InvalidCommand(reason, parameter="linked_vpc_id")
        if self.network_type == NetworkType.Classic and self.vpc_id is not None:
            reason = f"is no attribute of a classic endpoint, not even {self.vpc_id!r}: is it its linked_vpc_id?"
            raise InvalidCommand(reason, parameter="vpc_id")


class IntranetVerdict(StrEnum):
    """The means by which two endpoints can reach each other over the intranet (guide 2.3). AuthorizeAddresses is that
    of enterprise security groups, of which the guide has none."""

    EnabledByDefault = "EnabledByDefault"
    AuthorizeSecurityGroups = "AuthorizeSecurityGroups"
    AuthorizeAddresses = "AuthorizeAddresses"
    ExpressConnect = "ExpressConnect"
    ClassicLink = "ClassicLink"
    NotPossible = "NotPossible"


@frozen(kw_only=True)
class IntranetPath:
    """The connection between two endpoints on the intranet.

    ``verdict`` is the means by which they can be connected, and ``remedy`` the steps that are missing. ``connected`` is
    true if they reach each other now: always when enabled by default; by security groups if each side authorizes the
    other; by ClassicLink if the link exists; never by Express Connect or by rules on addresses, which are not modelled.
    The status of the instances does not matter.

    ``bandwidth`` is in Mbit/s, shared with others and not guaranteed; None if they cannot be connected. ``multicast``
    and ``virtual_ip`` are always false, as private addresses support neither. ``rule`` and ``guide`` name the source.
    """

    verdict: IntranetVerdict
    connected: bool
    remedy: str
    bandwidth: int | None
    multicast: bool = False
    virtual_ip: bool = False
    rule: str = "intranet.path"
    guide: str = "2.3"


# The rules

RULES: Final = SubjectRules()

RULES.states(
    "intranet.path",
    RuleKind.Query,
    "Inside a VPC, whatever the accounts, instances that share a security group reach each other; others do when their "
    "groups authorize each other. Between VPCs it takes Express Connect. Classic instances of one account and region "
    "that share a group reach each other; others of the region do when their groups authorize each other; those of "
    "two regions never do.",
    guide="2.3",
)
RULES.states(
    "intranet.classic-link",
    RuleKind.Query,
    "A classic instance and an instance of a VPC reach each other only where ClassicLink links the classic one to that "
    "VPC, in one region.",
    guide="2.3",
)
RULES.states(
    "intranet.bandwidth",
    RuleKind.Query,
    "The intranet's bandwidth is shared: 10 Gbit/s between I/O-optimized instance types, 1 Gbit/s if either is not.",
    guide="2.3",
)
RULES.states(
    "intranet.no-multicast",
    RuleKind.Fact,
    "Private addresses carry no multicast and no broadcast.",
    guide="2.1",
)
RULES.states(
    "address.no-virtual-ip",
    RuleKind.Fact,
    "Neither a private nor a public address of an instance can be made a virtual IP.",
    guide="2.3",
)

RULES.states(
    "intranet.isolated-members",
    RuleKind.Query,
    "Members of a security group whose internal access policy is Drop reach each other only as members of two groups "
    "do. Those of an enterprise group, which is authorized by none, need rules on addresses.",
    guide="-",
)

# The path between two endpoints


def _no_group(group_id: str) -> bool:
    return False


def intranet_path(
    a: Endpoint,
    b: Endpoint,
    authorizes: Authorizes,
    vpc: VpcState | None = None,
    *,
    isolates: GroupTest = _no_group,
    enterprise: GroupTest = _no_group,
) -> IntranetPath:
    """Returns the path between two endpoints by the guide's table. The order of the two does not matter. ``vpc`` is the
    VPC of the one that is in a VPC, None if it is not known. ``isolates`` tells of a security group whether its members
    do not reach each other by default, ``enterprise`` whether it is an enterprise group.

    Raises `InvalidCommand` for endpoints that place one VPC in two regions.
    """
    if a.network_type != b.network_type:
        classic, other = (a, b) if a.network_type == NetworkType.Classic else (b, a)
        return _between_types(classic, other, vpc)
    if a.network_type == NetworkType.Classic:
        return _classic(a, b, authorizes, isolates)
    return _vpc(a, b, authorizes, isolates, enterprise)


def _vpc(a: Endpoint, b: Endpoint, authorizes: Authorizes, isolates: GroupTest, enterprise: GroupTest) -> IntranetPath:
    if a.vpc_id != b.vpc_id:
        # The guide's rows differ in groups and regions, and all have the same result.
        remedy = f"Connect {a.vpc_id} and {b.vpc_id} by Express Connect."
        return _path(a, b, IntranetVerdict.ExpressConnect, False, remedy)
    _check_one_region(a, b, a.vpc_id)
    return _by_sharing(a, b, isolates) or _by_addresses(a, b, enterprise) or _by_authorizing(a, b, authorizes)


def _classic(a: Endpoint, b: Endpoint, authorizes: Authorizes, isolates: GroupTest) -> IntranetPath:
    if a.region_id != b.region_id:
        # Not in the table of 2.3: section 1 ends a classic network's communication at its region.
        remedy = "The classic network ends at its region: use instances of VPCs and Express Connect, or the Internet."
        return _path(a, b, IntranetVerdict.NotPossible, False, remedy, guide="1")
    if a.account_id == b.account_id:
        # The table has only the row of a common group. Groups of one account cannot need more than those of two.
        return _by_sharing(a, b, isolates) or _by_authorizing(a, b, authorizes)
    return _by_authorizing(a, b, authorizes)


def _between_types(classic: Endpoint, vpc: Endpoint, known: VpcState | None) -> IntranetPath:
    linked = classic.linked_vpc_id
    if linked == vpc.vpc_id:
        _check_one_region(classic, vpc, linked)
        remedy = f"Nothing: ClassicLink links the classic instance to {linked}."
        return _path(classic, vpc, IntranetVerdict.ClassicLink, True, remedy, rule="intranet.classic-link")
    if classic.region_id != vpc.region_id:
        # AttachClassicLinkVpc takes one region; the guide only says "link".
        remedy = "ClassicLink does not leave its region: use instances of VPCs and Express Connect, or the Internet."
        return _path(classic, vpc, IntranetVerdict.NotPossible, False, remedy, rule="intranet.classic-link")
    if known is not None and known.account_id != classic.account_id:
        remedy = f"Use a VPC of the account {classic.account_id}: {vpc.vpc_id} is another account's"
        return _path(classic, vpc, IntranetVerdict.ClassicLink, False, f"{remedy}.", rule="intranet.classic-link")
    if known is not None and known.classic_link_enabled:
        remedy = f"Link the classic instance to {vpc.vpc_id}"
    else:
        remedy = f"Enable ClassicLink for {vpc.vpc_id} and link the classic instance to it"
    if linked is not None:
        remedy = f"Unlink the classic instance from {linked}, for it has one link at a time; then {_lower(remedy)}"
    if known is None and classic.account_id != vpc.account_id:
        # A VPC may have instances of several accounts, so the endpoint does not determine its owner.
        remedy += f". That takes a VPC of the account {classic.account_id}"
    return _path(classic, vpc, IntranetVerdict.ClassicLink, False, f"{remedy}.", rule="intranet.classic-link")


def _by_sharing(a: Endpoint, b: Endpoint, isolates: GroupTest) -> IntranetPath | None:
    others = set(b.security_group_ids)
    for group_id in a.security_group_ids:
        if group_id in others and not isolates(group_id):
            remedy = f"Nothing: both are in {group_id}."
            return _path(a, b, IntranetVerdict.EnabledByDefault, True, remedy)
    return None


def _by_addresses(a: Endpoint, b: Endpoint, enterprise: GroupTest) -> IntranetPath | None:
    """Returns the path if an end is in enterprise groups only; a group of the other end cannot be authorized then."""
    ends = [end for end in (a, b) if all(map(enterprise, end.security_group_ids))]
    if not ends:
        return None
    groups = " and ".join(dict.fromkeys(map(_one_of, ends)))
    remedy = f"Authorize addresses by rules on both sides: enterprise groups take no others, and {groups} are of them."
    rule = "intranet.isolated-members"
    return _path(a, b, IntranetVerdict.AuthorizeAddresses, False, remedy, rule=rule, guide="-")


def _by_authorizing(a: Endpoint, b: Endpoint, authorizes: Authorizes) -> IntranetPath:
    missing = [
        f"{_one_of(target)} authorize {_one_of(source)}"
        for target, source in ((a, b), (b, a))
        if not any(
            authorizes(group_id, source_id)
            for group_id in target.security_group_ids
            for source_id in source.security_group_ids
        )
    ]
    # Endpoints of two accounts may name the same group; both directions are then one authorization.
    remedy = (
        f"Let {', and '.join(dict.fromkeys(missing))}." if missing else "Nothing: their groups authorize each other."
    )
    return _path(a, b, IntranetVerdict.AuthorizeSecurityGroups, not missing, remedy)


def _one_of(endpoint: Endpoint) -> str:
    group_ids = endpoint.security_group_ids
    return group_ids[0] if len(group_ids) == 1 else f"one of {', '.join(group_ids)}"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _check_one_region(a: Endpoint, b: Endpoint, vpc_id: str | None) -> None:
    if a.region_id != b.region_id:
        raise InvalidCommand(f"{vpc_id} lies in one region, not in both {a.region_id} and {b.region_id}")


def _path(
    a: Endpoint,
    b: Endpoint,
    verdict: IntranetVerdict,
    connected: bool,
    remedy: str,
    rule: str = "intranet.path",
    guide: str = "2.3",
) -> IntranetPath:
    bandwidth = OPTIMIZED_BANDWIDTH if a.io_optimized and b.io_optimized else OTHER_BANDWIDTH
    return IntranetPath(
        verdict=verdict,
        connected=connected,
        remedy=remedy,
        bandwidth=None if verdict is IntranetVerdict.NotPossible else bandwidth,
        rule=rule,
        guide=guide,
    )


# The path between instances of a world


def path_between(world: World, a: str | Endpoint, b: str | Endpoint) -> IntranetPath:
    """Returns the path between two instances of a world, by id, or endpoints. Raises KeyError for an unknown id."""
    one, other = _endpoint(world, a), _endpoint(world, b)
    region = world.region(one.region_id)  # groups matter within a region only
    sources, groups = region.sources_of_group, region.security_groups

    def authorizes(group_id: str, source_id: str) -> bool:
        authorized = sources[group_id]
        return authorized is not None and authorized[source_id] is not None

    def isolates(group_id: str) -> bool:
        group = groups[group_id]
        return group is not None and group.inner_access_policy is InnerAccessPolicy.Drop

    def enterprise(group_id: str) -> bool:
        group = groups[group_id]
        return group is not None and group.type is SecurityGroupType.Enterprise

    in_vpc = other if one.vpc_id is None else one
    vpc = world.region(in_vpc.region_id).vpcs[in_vpc.vpc_id or ""]
    return intranet_path(one, other, authorizes, vpc, isolates=isolates, enterprise=enterprise)


def _endpoint(world: World, end: str | Endpoint) -> Endpoint:
    if isinstance(end, Endpoint):
        return end
    region = world.region_of("instances", end) if isinstance(end, str) else None
    if region is None:
        raise KeyError(end)
    return endpoint_of(region, region.instances.get_existing(end))


def endpoint_of(region: Region, instance: InstanceState) -> Endpoint:
    """Returns an instance as an endpoint. In a VPC, its groups are those of its primary ENI."""
    return Endpoint(
        network_type=NetworkType.Classic if instance.vpc_id is None else NetworkType.Vpc,
        account_id=instance.account_id,
        region_id=region.region_id,
        vpc_id=instance.vpc_id,
        security_group_ids=region.groups_of(instance),
        io_optimized=instance.instance_type.io_optimized,
        linked_vpc_id=instance.linked_vpc_id,
    )
