"""The Describe actions: what a request asks for, and the response in the vendor's shape.

`DESCRIBE_ACTIONS` has one row for each action, and `answer` gives the response. An action is of the products ECS
(version 2014-05-26) or VPC (2016-04-28); one that both have has its smaller, older shape in ECS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from ipaddress import IPv6Address
from typing import Any, Final, NamedTuple

import attrs

from ecsnet._arguments import closest, region_problem, shown
from ecsnet._attrs import read_only
from ecsnet._listings import MAY_BE_ONLY_NAMED, Listings
from ecsnet.domain.state.views import SHOWN_OF_INSTANCE
from ecsnet.domain.state.world import Region, World
from ecsnet.domain.subjects.account import quota_of
from ecsnet.errors import InvalidDescribe
from ecsnet.openapi.actions import NOT_MODELLED_EVERYWHERE, snake_case
from ecsnet.openapi.quotas import ATTRIBUTES
from ecsnet.openapi.records import family_of, record, route_table_of
from ecsnet.openapi.selection import Filter, Flat, amount, attribute, flag, number, page, said, selected, tags, texts
from ecsnet.values import UNKNOWN_QUOTA, InstanceType

ECS: Final = "2014-05-26"
VPC: Final = "2016-04-28"
Object = dict[str, Any]


class Scene(NamedTuple):
    """The network that a request is answered from. ``present`` is the world without the transitions that are overdue;
    ``regions`` are those that are known."""

    world: World
    present: World
    listings: Listings
    region: Region
    account_id: str
    instance_types: Mapping[str, InstanceType]


Answer = Callable[[Scene, Mapping[str, Any], str], Object]


@attrs.frozen(kw_only=True)
class DescribeAction:
    """One Describe action. ``versions`` are those of the products that have it, the first one is meant if none is
    named. ``parameters`` are those that it understands, apart from `EVERYWHERE`; ``not_modelled`` are those that the
    vendor's API has besides, and that would change the answer."""

    name: str
    versions: tuple[str, ...]
    parameters: tuple[str, ...]
    answer: Answer
    not_modelled: frozenset[str] = frozenset()


EVERYWHERE: Final = frozenset(["RegionId", "DryRun", "AcceptLanguage", "ClientToken"]) | NOT_MODELLED_EVERYWHERE
"""The parameters that every action accepts; only RegionId changes the answer."""


# Filters


def _interface_instance(region: Region, state: Any) -> tuple[str]:
    return ((state.described or {}).get("InstanceId") or state.instance_id or "",)


def _of_primary(name: str) -> Callable[[Region, Any], tuple[Any, ...]]:
    def values(region: Region, state: Any) -> tuple[Any, ...]:
        primary = region.primary_of(state) or state.unseen_primary
        return () if primary is None else (getattr(primary, name),)

    return values


def _private_ip(region: Region, state: Any) -> tuple[str, ...]:
    return (region.private_ip_of(state),)


def _eip_address(region: Region, state: Any) -> tuple[str, ...]:
    eip = None if state.eip_id is None else region.eips[state.eip_id]
    return () if eip is None else (eip.ip_address,)


def _user_type(state: Any) -> str:
    known = "NetworkInterface" if state.network_interface_id else "EcsInstance" if state.instance_id else ""
    said_type: str = (state.described or {}).get("InstanceType", known)
    return said_type


def _eip_user(region: Region, state: Any) -> tuple[str]:
    return ((state.described or {}).get("InstanceId") or state.user_id or "",)


def _kept(name: str) -> Filter:
    """Returns the filter by an attribute that no rule reads, which is an empty text where it is not remembered."""

    def values(region: Region, state: Any) -> tuple[str]:
        kept = region.remembered[state.id] if region.remembered.size else None
        value = None if kept is None else kept[name]
        return ("" if value is None else str(value),)

    return Filter(values, pattern=True)


def _ipv6_of_instance(region: Region, state: Any) -> Iterator[str]:
    for one in map(region.network_interfaces.get_existing, state.network_interface_ids):
        yield from one.ipv6_addresses


def _locks(region: Region, state: Any) -> tuple[str, ...]:
    said_locks = (state.described or {}).get("OperationLocks", {}).get("LockReason", ())
    return tuple([one["LockReason"] for one in said_locks])


def _shown_status(state: Any) -> str:
    said_status: str | None = (state.described or {}).get("Status")
    return said_status or SHOWN_OF_INSTANCE.get(state.status, state.status)


_IDS: Final = attribute("id", "id")
_GROUPED: Final = _kept("ResourceGroupId")
_NEVER: Final = Filter(lambda region, state: (False,))
"""The filter by a flag that no resource has."""
_FILTERS: Final[Mapping[str, Mapping[str, Filter]]] = {
    "vpcs": {
        "VpcId": _IDS,
        "VpcName": attribute("name"),
        "IsDefault": _NEVER,
        "ResourceGroupId": _GROUPED,
    },
    "vswitches": {
        "VSwitchId": _IDS,
        "VpcId": attribute("vpc_id", "vpc_id"),
        "ZoneId": attribute("zone_id"),
        "VSwitchName": attribute("name"),
        "IsDefault": _NEVER,
        "ResourceGroupId": _GROUPED,
        "RouteTableId": Filter(lambda region, state: (route_table_of(state.vpc_id),)),
    },
    "security_groups": {
        "SecurityGroupId": _IDS,
        "SecurityGroupIds": _IDS,
        "VpcId": attribute("vpc_id", "vpc_id"),
        "SecurityGroupName": attribute("name"),
        "SecurityGroupType": attribute("type"),
        "NetworkType": Filter(lambda region, state: ("classic" if state.vpc_id is None else "vpc",)),
        "ResourceGroupId": _GROUPED,
        "ServiceManaged": _NEVER,
    },
    "network_interfaces": {
        "NetworkInterfaceId": _IDS,
        "InstanceId": Filter(_interface_instance, "instance_id", indexed=False),  # what is held may be elsewhere
        "VSwitchId": attribute("vswitch_id", "vswitch_id"),
        "SecurityGroupId": Filter(lambda region, state: state.security_group_ids, "security_group_id"),
        "PrimaryIpAddress": Filter(lambda region, state: state.private_ips[:1], "private_ip"),
        "PrivateIpAddress": Filter(lambda region, state: state.private_ips, "private_ip"),
        "NetworkInterfaceName": attribute("name", "name"),
        "VpcId": attribute("vpc_id", "vpc_id"),
        "Status": said("status", "Status"),
        "Type": said("type", "Type"),
        "ServiceManaged": Filter(lambda region, state: (bool((state.described or {}).get("ServiceManaged")),)),
        "Ipv6Address": Filter(lambda region, state: state.ipv6_addresses),
        "ResourceGroupId": _GROUPED,
    },
    "instances": {
        "InstanceIds": _IDS,
        "PrivateIpAddresses": Filter(_private_ip, "private_ip"),
        "VSwitchId": Filter(_of_primary("vswitch_id"), "vswitch_id"),
        "SecurityGroupId": Filter(lambda region, state: region.groups_of(state), "security_group_id"),
        "VpcId": attribute("vpc_id"),
        "InnerIpAddresses": Filter(lambda region, state: (state.classic_ip,)),
        "PublicIpAddresses": attribute("public_ip"),
        "EipAddresses": Filter(_eip_address),
        "Status": Filter(lambda region, state: (_shown_status(state),)),
        "ZoneId": attribute("zone_id"),
        "InstanceType": Filter(lambda region, state: (state.instance_type.id,)),
        "InstanceTypeFamily": Filter(lambda region, state: (family_of(state.instance_type.id),)),
        "InstanceChargeType": said("charge_type", "InstanceChargeType"),
        "InstanceNetworkType": Filter(lambda region, state: ("classic" if state.vpc_id is None else "vpc",)),
        "ImageId": attribute("image_id"),
        "InstanceName": attribute("name", pattern=True),
        "InternetChargeType": _kept("InternetChargeType"),
        "IoOptimized": Filter(lambda region, state: (state.instance_type.io_optimized,)),
        "Ipv6Address": Filter(_ipv6_of_instance),
        "KeyPairName": _kept("KeyPairName"),
        "LockReason": Filter(_locks),
        "ResourceGroupId": _GROUPED,
    },
    "eips": {
        "AllocationId": _IDS,
        "EipAddress": attribute("ip_address"),
        "EipName": attribute("name"),
        "Status": said("status", "Status"),
        "AssociatedInstanceId": Filter(_eip_user),
        "AssociatedInstanceType": Filter(lambda region, state: (_user_type(state),)),
        "ChargeType": attribute("charge_type"),
        "ISP": _kept("ISP"),
        "LockReason": Filter(_locks),
        "ResourceGroupId": _GROUPED,
    },
}
"""The filters of each table, by the vendor's name: a new one is a row here."""
_FLAGS: Final = frozenset(["IoOptimized", "IsDefault", "ServiceManaged"])


# Lists


def _list(
    table: str,
    outer: str,
    inner: str,
    most: int,
    tokens: int | None,
    *,
    only: Mapping[str, frozenset[str]] | None = None,
) -> Answer:
    """Returns what answers an action that lists resources. ``only`` has the fields of a smaller shape, by version."""

    def answer_list(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
        ids, fields = _page(scene, table, parameters, most, tokens)
        rows: Any = getattr(scene.region, table)
        found = [record(scene.world, scene.region, table, rows[one]) for one in ids]
        if only is not None and version in only:
            names = only[version]
            found = [{name: value for name, value in one.items() if name in names} for one in found]
        return {outer: {inner: found}, **fields}

    return answer_list


def _page(
    scene: Scene, table: str, parameters: Mapping[str, Any], most: int, tokens: int | None
) -> tuple[Any, Mapping[str, Any]]:
    filters = [
        (one, _wanted(parameter, parameters[parameter]))
        for parameter, one in _FILTERS[table].items()
        if parameter in parameters
    ]
    everything = scene.listings.ids(scene.present, scene.world, scene.region.region_id, table, scene.account_id)
    tagged = tags(parameters["Tag"]) if "Tag" in parameters else {}
    ids = selected(scene.region, table, filters, tagged, scene.account_id, everything)
    if (filters or tagged) and table in MAY_BE_ONLY_NAMED and scene.region.imported:  # the listing has none of them
        ids = [one for one in ids if not getattr(scene.region, table).get_existing(one).only_named]
    return page(scene.region, table, ids, parameters, most=most, tokens=tokens)


def _wanted(parameter: str, value: Any) -> tuple[Any, ...]:
    if parameter in _FLAGS:
        return (flag(parameter, value),)
    wanted = texts(parameter, value)
    return tuple(map(_normal_ipv6, wanted)) if parameter == "Ipv6Address" else wanted


def _normal_ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        return text  # which no ENI has


def _security_groups(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
    listed = _list("security_groups", "SecurityGroups", "SecurityGroup", 100, 100)(scene, parameters, version)
    return {**listed, "RegionId": scene.region.region_id}


def _statuses(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
    asked = {("InstanceIds" if name == "InstanceId" else name): value for name, value in parameters.items()}
    ids, fields = _page(scene, "instances", asked, 50, None)
    found = [{"InstanceId": one, "Status": str(_shown_status(scene.region.instances.get_existing(one)))} for one in ids]
    return {"InstanceStatuses": {"InstanceStatus": found}, **fields}


# One resource


def _one(scene: Scene, table: str, parameters: Mapping[str, Any], parameter: str, code: str) -> Any:
    """Returns the state of the resource that an action is about. Raises `InvalidDescribe` if the account has none."""
    given = parameters.get(parameter)
    if given is None:
        raise InvalidDescribe(f"{parameter} is missing", parameter=parameter, code="MissingParameter")
    if not isinstance(given, str):
        raise InvalidDescribe(f"{parameter} must be text, not {shown(given)}", parameter=parameter)
    rows: Any = getattr(scene.region, table)
    state = rows[given]
    if state is None or state.account_id != scene.account_id or getattr(state, "only_named", False):
        raise InvalidDescribe(f"{shown(given)} does not exist", parameter=parameter, code=code, http_status=404)
    return state


def _attribute(table: str, parameter: str, code: str, lacks: str = "", **more: Callable[[Any], Any]) -> Answer:
    """Returns what answers an action about one resource: its record, without some fields and with others."""
    without = frozenset(lacks.split())

    def answer_one(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
        state = _one(scene, table, parameters, parameter, code)
        shown_record = record(scene.world, scene.region, table, state)
        kept = {name: value for name, value in shown_record.items() if name not in without}
        return {**kept, **{name: value(state) for name, value in more.items()}}

    return answer_one


_PERMISSION: Final = (
    *("CreateTime", "Description", "DestCidrIp", "DestGroupId", "DestGroupName", "DestGroupOwnerAccount"),
    *("DestPrefixListId", "DestPrefixListName", "Ipv6DestCidrIp", "Ipv6SourceCidrIp", "PortRangeListId"),
    *("PortRangeListName", "SecurityGroupRuleId", "SourceCidrIp", "SourceGroupName", "SourcePortRange"),
    *("SourcePrefixListId", "SourcePrefixListName"),
)


def _attachment(interface: Any) -> Object:
    instance_id = (interface.described or {}).get("InstanceId") or interface.instance_id
    members: Object = {"MemberNetworkInterfaceId": []}
    return {**({"InstanceId": instance_id} if instance_id else {}), "MemberNetworkInterfaceIds": members}


def _group_attribute(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
    group = _one(scene, "security_groups", parameters, "SecurityGroupId", "InvalidSecurityGroupId.NotFound")
    sources = scene.region.sources_of_group.get_existing(group.id).live_keys()
    direction = parameters.get("Direction", "all")
    permissions = [_permission(scene, source_id) for source_id in sources] if direction != "egress" else []
    described = record(scene.world, scene.region, "security_groups", group)
    return {
        **{
            name: described[name]
            for name in ("Description", "SecurityGroupId", "SecurityGroupName")
            if name in described
        },
        "InnerAccessPolicy": str(group.inner_access_policy),
        "NextToken": "",
        "Permissions": {"Permission": permissions},
        "RegionId": scene.region.region_id,
        "SnapshotPolicyIds": {"SnapshotPolicyId": []},
        "VpcId": described["VpcId"],
    }


def _permission(scene: Scene, source_id: str) -> Object:
    source = scene.region.security_groups[source_id]
    foreign = source is not None and source.account_id != scene.account_id
    known = {
        "Direction": "ingress",
        "IpProtocol": "ALL",
        "NicType": "intranet",
        "Policy": "Accept",
        "PortRange": "-1/-1",
        "Priority": "1",
        "SourceGroupId": source_id,
        "SourceGroupOwnerAccount": source.account_id if source is not None and foreign else "",
    }
    return dict(sorted({**dict.fromkeys(_PERMISSION, ""), **known}.items()))


# What belongs to no resource


_AT_LEAST: Final = {
    "MinimumCpuCoreCount": "CpuCoreCount",
    "MinimumEniPrivateIpAddressQuantity": "EniPrivateIpAddressQuantity",
    "MinimumEniQuantity": "EniQuantity",
    "MinimumMemorySize": "MemorySize",
    "MinimumPrimaryEniQueueNumber": "PrimaryEniQueueNumber",
}
_AT_MOST: Final = {"MaximumCpuCoreCount": "CpuCoreCount", "MaximumMemorySize": "MemorySize"}
_OF_TYPES: Final = (
    *("InstanceTypes", "InstanceTypeFamily", "InstanceTypeFamilies", *_AT_LEAST, *_AT_MOST),
    *("MaxResults", "NextToken"),
)
_MOST_TYPES: Final = 1600
"""The most types of one page."""


def _types(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
    wanted = texts("InstanceTypes", parameters["InstanceTypes"]) if "InstanceTypes" in parameters else None
    families = [
        texts(name, parameters[name]) for name in ("InstanceTypeFamily", "InstanceTypeFamilies") if name in parameters
    ]
    least = [(shown_as, amount(name, parameters[name])) for name, shown_as in _AT_LEAST.items() if name in parameters]
    most = [(shown_as, amount(name, parameters[name])) for name, shown_as in _AT_MOST.items() if name in parameters]
    types = scene.instance_types
    named = types.values() if wanted is None else [types[one] for one in dict.fromkeys(wanted) if one in types]
    known = [one for one in named if one.limits_known and all(family_of(one.id) in some for some in families)]
    found = [
        one
        for one in map(_type, known)
        if all(one.get(name, -1) >= bound for name, bound in least) and all(one[name] <= bound for name, bound in most)
    ]
    begin, end = 0, len(found)
    if "MaxResults" in parameters or "NextToken" in parameters:
        begin = number("NextToken", parameters.get("NextToken", 1), 10**9) - 1
        end = begin + number("MaxResults", parameters.get("MaxResults", _MOST_TYPES), _MOST_TYPES)
    return {
        "InstanceTypes": {"InstanceType": found[begin:end]},
        "NextToken": str(end + 1) if end < len(found) else "",
    }


def _type(one: InstanceType) -> Object:
    queues = {} if one.nic_queues is None else {"MaximumQueueNumberPerEni": one.nic_queues}
    known = {
        "CpuCoreCount": one.vcpu,
        "EniPrivateIpAddressQuantity": one.private_ipv4_per_eni,
        "EniQuantity": one.eni_quantity,
        "InstanceTypeFamily": family_of(one.id),
        "InstanceTypeId": one.id,
        **queues,
        "MemorySize": float(one.memory_gib),
        **({} if one.nic_queues is None else {"PrimaryEniQueueNumber": one.nic_queues}),
    }
    wrappers: Object = {
        "Attributes": {"Attribute": []},
        "Clock": {},
        "CpuOptions": {"SupportedTopologyTypes": {"SupportedTopologyType": []}},
        "EnhancedNetwork": {},
        "NetworkCards": {"NetworkCardInfo": []},
        "NetworkInfo": {"BandwidthWeighting": {"WeightingInfos": {"WeightingInfo": []}}},
        "SecurityOptions": {},
        "SupportedBootModes": {"SupportedBootMode": []},
    }
    return dict(sorted({**known, **wrappers}.items()))


REGIONS: Final = (
    *("cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-hangzhou", "cn-shanghai", "cn-shenzhen"),
    *("cn-hongkong", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5", "ap-northeast-1"),
    *("ap-south-1", "us-east-1", "us-west-1", "eu-west-1", "eu-central-1", "me-east-1"),
)
"""The vendor's regions of 2019. Any other region may be used as well, and is listed once something is in it."""


def _regions(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
    product = "ecs" if version == ECS else "vpc"
    used = {one.region_id for one in (*scene.world.regions.values(), scene.region)}
    status = {"Status": "available"} if version == ECS else {}
    found = [
        {"LocalName": one, "RegionEndpoint": f"{product}.{one}.aliyuncs.com", "RegionId": one, **status}
        for one in (*REGIONS, *sorted(used.difference(REGIONS)))
    ]
    return {"Regions": {"Region": found}}


_ZONES: Final = "bcd"
"""The letters of the zones that every region is shown with; others are listed once something is in them."""


def _zones(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
    region = scene.region
    used = {one.zone_id for one in region.vswitches.live_values() if one.account_id == scene.account_id}
    zones = sorted({*filter(None, used), *[f"{region.region_id}-{letter}" for letter in _ZONES]})
    if version == VPC:
        return {"Zones": {"Zone": [{"LocalName": one, "ZoneId": one, "ZoneType": "AvailabilityZone"} for one in zones]}}
    types = [one.id for one in scene.instance_types.values()]
    return {"Zones": {"Zone": [_zone(one, types) for one in zones]}}


def _zone(zone_id: str, types: list[str]) -> Object:
    resources = {
        "DataDiskCategories": {"supportedDataDiskCategory": []},
        "InstanceGenerations": {"supportedInstanceGeneration": []},
        "InstanceTypeFamilies": {"supportedInstanceTypeFamily": sorted({family_of(one) for one in types})},
        "InstanceTypes": {"supportedInstanceType": list(types)},
        "IoOptimized": True,
        "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
        "SystemDiskCategories": {"supportedSystemDiskCategory": []},
    }
    return {
        "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
        "AvailableDiskCategories": {"DiskCategories": []},
        "AvailableInstanceTypes": {"InstanceTypes": list(types)},
        "AvailableResourceCreation": {"ResourceTypes": ["VSwitch", "Instance"]},
        "AvailableResources": {"ResourcesInfo": [resources]},
        "AvailableVolumeCategories": {"VolumeCategories": []},
        "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        "LocalName": zone_id,
        "ZoneId": zone_id,
        "ZoneType": "AvailabilityZone",
    }


def _account_attributes(scene: Scene, parameters: Mapping[str, Any], version: str) -> Object:
    wanted = texts("AttributeName", parameters["AttributeName"]) if "AttributeName" in parameters else tuple(ATTRIBUTES)
    values = {
        name: quota_of(scene.world, scene.region, scene.account_id, quota)
        for name, quota in ATTRIBUTES.items()
        if name in wanted
    }
    found = [
        {"AttributeName": name, "AttributeValues": {"ValueItem": [{"Value": str(value)}]}}
        for name, value in values.items()
        if value != UNKNOWN_QUOTA
    ]
    return {"AccountAttributeItems": {"AccountAttributeItem": found}}


# The table

_OLD_VPC: Final = (
    "CidrBlock CreationTime Description IsDefault RegionId Status UserCidrs VRouterId VSwitchIds VpcId VpcName"
)
_OLD_VSWITCH: Final = (
    "AvailableIpAddressCount CidrBlock CreationTime Description IsDefault Status VSwitchId VSwitchName VpcId ZoneId"
)
_OLD_EIP: Final = (
    "AllocationId AllocationTime Bandwidth ChargeType InstanceId InstanceType InternetChargeType IpAddress "
    "OperationLocks RegionId Status"
)
_PAGES: Final = "PageNumber PageSize"
_TOKENS: Final = "PageNumber PageSize MaxResults NextToken"
_BOTH: Final = (VPC, ECS)


def _row(name: str, versions: tuple[str, ...], answers: Answer, parameters: str, lacks: str = "") -> DescribeAction:
    return DescribeAction(
        name=name,
        versions=versions,
        parameters=tuple(parameters.split()),
        answer=answers,
        not_modelled=frozenset(lacks.split()),
    )


def _old(fields: str) -> Mapping[str, frozenset[str]]:
    return {ECS: frozenset(fields.split())}


def _filters(table: str) -> str:
    return " ".join([*_FILTERS[table], "Tag"])


DESCRIBE_ACTIONS: Final[Mapping[str, DescribeAction]] = read_only(
    {
        row.name: row
        for row in (
            _row(
                "DescribeVpcs",
                _BOTH,
                _list("vpcs", "Vpcs", "Vpc", 50, None, only=_old(_OLD_VPC)),
                f"{_filters('vpcs')} {_PAGES}",
                "DhcpOptionsSetId EnableIpv6 VpcOwnerId",
            ),
            _row(
                "DescribeVpcAttribute",
                (VPC,),
                _attribute(
                    "vpcs",
                    "VpcId",
                    "InvalidVpcID.NotFound",
                    "NatGatewayIds RouterTableIds",
                    AssociatedCens=lambda vpc: {"AssociatedCen": []},
                    AssociatedPropagationSources=lambda vpc: {"AssociatedPropagationSources": []},
                    ClassicLinkEnabled=lambda vpc: vpc.classic_link_enabled,
                    CloudResources=lambda vpc: {"CloudResourceSetType": []},
                ),
                "VpcId",
                "IsDefault",
            ),
            _row(
                "DescribeVSwitches",
                _BOTH,
                _list("vswitches", "VSwitches", "VSwitch", 50, None, only=_old(_OLD_VSWITCH)),
                f"{_filters('vswitches')} {_PAGES}",
                "EnableIpv6 VSwitchOwnerId",
            ),
            _row(
                "DescribeVSwitchAttributes",
                (VPC,),
                _attribute("vswitches", "VSwitchId", "InvalidVswitchID.NotFound"),
                "VSwitchId",
            ),
            _row(
                "DescribeSecurityGroups",
                (ECS,),
                _security_groups,
                f"{_filters('security_groups')} {_TOKENS}",
                "FuzzyQuery IsQueryEcsCount",
            ),
            _row(
                "DescribeSecurityGroupAttribute",
                (ECS,),
                _group_attribute,
                "SecurityGroupId Direction",
                "Attribute MaxResults NextToken NicType",
            ),
            _row(
                "DescribeInstances",
                (ECS,),
                _list("instances", "Instances", "Instance", 100, 100),
                f"{_filters('instances')} {_TOKENS}",
                "AdditionalAttributes DeviceAvailable Filter HpcClusterId HttpEndpoint HttpPutResponseHopLimit "
                "HttpTokens NeedSaleCycle RdmaIpAddresses",
            ),
            _row(
                "DescribeInstanceAttribute",
                (ECS,),
                _attribute(
                    "instances",
                    "InstanceId",
                    "InvalidInstanceId.NotFound",
                    "AdditionalInfo ClockOptions "
                    "CpuOptions DedicatedInstanceAttribute DeletionProtection EcsCapacityReservationAttr "
                    "HibernationOptions ImageOptions InstanceTypeFamily MetadataOptions NetworkInterfaces "
                    "PrivateDnsNameOptions RdmaIpAddress Tags",
                    IoOptimized=lambda one: "optimized" if one.instance_type.io_optimized else "none",
                    NetworkOptions=lambda one: {},
                    SecurityOptions=lambda one: {},
                ),
                "InstanceId",
            ),
            _row("DescribeInstanceStatus", (ECS,), _statuses, f"InstanceId ZoneId {_PAGES}", "ClusterId"),
            _row(
                "DescribeNetworkInterfaces",
                (ECS,),
                _list("network_interfaces", "NetworkInterfaceSets", "NetworkInterfaceSet", 500, 500),
                f"{_filters('network_interfaces')} {_TOKENS}",
            ),
            _row(
                "DescribeNetworkInterfaceAttribute",
                (ECS,),
                _attribute(
                    "network_interfaces",
                    "NetworkInterfaceId",
                    "InvalidEniId.NotFound",
                    Attachment=_attachment,
                    BondInterfaceSpecification=lambda one: {
                        "SlaveInterfaceSpecification": {"SlaveInterfaceSpecificationSet": []}
                    },
                    ConnectionTrackingConfiguration=lambda one: {},
                    EnhancedNetwork=lambda one: {},
                    NetworkInterfaceTrafficConfig=lambda one: {},
                    QoSConfig=lambda one: {"QoS": {}},
                    SlaveInterfaceSpecification=lambda one: {},
                ),
                "NetworkInterfaceId",
                "Attribute Tag",
            ),
            _row(
                "DescribeEipAddresses",
                _BOTH,
                _list("eips", "EipAddresses", "EipAddress", 100, None, only=_old(_OLD_EIP)),
                f"{_filters('eips')} {_PAGES}",
                "Filter IncludeReservationData PublicIpAddressPoolId SecurityProtectionEnabled SegmentInstanceId "
                "ServiceManaged",
            ),
            _row("DescribeInstanceTypes", (ECS,), _types, " ".join(_OF_TYPES)),
            _row("DescribeRegions", (ECS, VPC), _regions, "", "InstanceChargeType ProductType ResourceType"),
            _row("DescribeZones", (ECS, VPC), _zones, "", "InstanceChargeType SpotStrategy Verbose ZoneType"),
            _row("DescribeAccountAttributes", (ECS,), _account_attributes, "AttributeName", "ZoneId"),
        )
    }
)
"""Every Describe action of ecsnet, by name."""


def region_of(action: str, parameters: Mapping[str, Any], default: str) -> str:
    """Returns the region that parameters ask for. Raises `InvalidDescribe` for what is none."""
    region_id = parameters.get("RegionId", default)
    if (problem := region_problem(region_id)) is not None:
        raise InvalidDescribe(
            f"RegionId {problem}", parameter="RegionId", code="InvalidRegionId.NotFound", http_status=404
        )
    return str(region_id)


def parameters_of(action: str, version: str | None, given: Mapping[str, Any]) -> tuple[DescribeAction, str, Object]:
    """Returns an action, the version that is meant, and the parameters under the vendor's names. None and empty text
    count as absent.

    Names may be the vendor's, also flat (``NetworkInterfaceId.1``), or in snake_case. Raises `InvalidDescribe`.
    """
    row = DESCRIBE_ACTIONS.get(action) if isinstance(action, str) else None
    if row is None:
        hint = closest(action, DESCRIBE_ACTIONS) if isinstance(action, str) else ""
        reason = f"unknown action {shown(action)}{hint}"
        raise InvalidDescribe(reason, parameter=None, code="InvalidAction.NotFound", http_status=404)
    if version is not None and version not in row.versions:
        reason = f"{action} is an action of version {' and '.join(row.versions)}, not {shown(version)}"
        raise InvalidDescribe(reason, parameter=None, code="InvalidVersion")
    spelled = _spelled(action)
    parameters: Object = {}
    flat: dict[str, Flat] = {}
    for name, value in given.items():
        head, _, rest = name.partition(".")
        parameter = spelled.get(head)
        if parameter is None:
            if head in row.not_modelled or head in {snake_case(one) for one in row.not_modelled}:
                raise InvalidDescribe(f"{head} of {action} is not modelled: leave it out", parameter=head)
            raise InvalidDescribe(f"{action} has no parameter {shown(name)}{closest(head, spelled)}", parameter=name)
        if value is None or value == "":
            continue
        if rest:
            flat.setdefault(parameter, Flat())[rest] = value
        else:
            parameters[parameter] = value
    if twice := parameters.keys() & flat.keys():
        parameter = min(twice)
        raise InvalidDescribe(f"{parameter} is given as a whole and in parts", parameter=parameter)
    for parameter, parts in flat.items():
        parameters[parameter] = parts if parameter == "Tag" else list(parts.values())
    return row, version or row.versions[0], parameters


@cache
def _spelled(action: str) -> Mapping[str, str]:
    names = (*DESCRIBE_ACTIONS[action].parameters, *EVERYWHERE)
    return {**{snake_case(name): name for name in names}, **{name: name for name in names}}


def answer(row: DescribeAction, version: str, parameters: Mapping[str, Any], scene: Scene) -> Object:
    """Returns the response of an action, in the order of the vendor's fields."""
    response = row.answer(scene, parameters, version)
    response["RequestId"] = _request_id(row.name, parameters, scene)
    return dict(sorted(response.items()))


def _request_id(action: str, parameters: Mapping[str, Any], scene: Scene) -> str:
    """Returns an id in the vendor's form: the same for the same request of the same state."""
    asked = repr((action, sorted(parameters.items()), scene.region.region_id, scene.account_id, scene.world.position))
    text = blake2b(asked.encode(errors="backslashreplace"), digest_size=16).hexdigest().upper()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
