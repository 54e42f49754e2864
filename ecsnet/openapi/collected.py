"""Collects what Describe responses describe, by kind and id, each resource with its place in the responses.

A resource that several pages describe is collected once; the descriptions must be equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from ecsnet.errors import InvalidResponse
from ecsnet.openapi.describe import (
    DescribedEip,
    DescribedInstance,
    DescribedInterface,
    DescribedSecurityGroup,
    DescribedVpc,
    DescribedVSwitch,
    DescribeResponse,
    read_response,
)
from ecsnet.openapi.group_rules import GroupRules
from ecsnet.openapi.instance_types import TypeReader
from ecsnet.openapi.quotas import read_quotas
from ecsnet.values import InstanceType

T = TypeVar("T")


class Found(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """One described resource; ``path`` is its place in the responses, ``region_id`` None if the response has none."""

    path: str
    region_id: str | None
    one: T


class Collected:
    """The described resources by kind and id. ``paths`` has the place of each in the responses, and ``only_named`` the
    VPCs and VSwitches that no response describes. ``types`` are the described instance types, ``quotas`` the quotas
    by region and name, ``rules`` the rules of groups."""

    def __init__(self, region_id: str, instance_types: Mapping[str, InstanceType]) -> None:
        self.region_id = region_id
        self.types = TypeReader(instance_types)
        self.quotas: dict[str, dict[str, int]] = {}
        self.vpcs: dict[str, Found[DescribedVpc]] = {}
        self.vswitches: dict[str, Found[DescribedVSwitch]] = {}
        self.groups: dict[str, Found[DescribedSecurityGroup]] = {}
        self.rules: dict[str, GroupRules] = {}
        self.groups_with_rules: dict[str, Found[DescribedSecurityGroup]] = {}
        self.instances: dict[str, Found[DescribedInstance]] = {}
        self.interfaces: dict[str, Found[DescribedInterface]] = {}
        self.eips: dict[str, Found[DescribedEip]] = {}
        self.only_named: set[str] = set()
        self.paths: dict[str, str] = {}

    def read(self, place: str, given: Mapping[str, Any]) -> None:
        """Collects the resources of one response, whose place is the name that paths begin with. Raises
        `InvalidResponse`."""
        response = read_response(place, given)
        of_region = self.quotas.setdefault(response.region_id or self.region_id, {})
        read_quotas(
            f"{place}.AccountAttributeItems", response.account_attribute_items.account_attribute_item, of_region
        )
        self.types.read(f"{place}.InstanceTypes.InstanceType", response.instance_types.types)
        self._read_rules(place, response)
        for kind, found, ids, table in (
            ("Vpcs.Vpc", response.vpcs.vpc, "vpc_id", self.vpcs),
            ("VSwitches.VSwitch", response.vswitches.vswitch, "vswitch_id", self.vswitches),
            (
                "SecurityGroups.SecurityGroup",
                response.security_groups.security_group,
                "security_group_id",
                self.groups,
            ),
            ("Instances.Instance", response.instances.instance, "instance_id", self.instances),
            (
                "NetworkInterfaceSets.NetworkInterfaceSet",
                response.network_interface_sets.network_interface_set,
                "network_interface_id",
                self.interfaces,
            ),
            ("EipAddresses.EipAddress", response.eip_addresses.eip_address, "allocation_id", self.eips),
        ):
            described: dict[str, Any] = table
            for number, one in enumerate(found):
                path = f"{place}.{kind}[{number}]"
                region_id = one.region_id or response.region_id or None
                self.collect(described, getattr(one, ids), Found(path, region_id, one))

    def _read_rules(self, place: str, response: DescribeResponse) -> None:
        """Collects the rules of the group of a DescribeSecurityGroupAttribute response, and the group, which no other
        response need describe."""
        group_id, permissions = response.security_group_id, response.permissions.permission
        if not group_id:
            if permissions or response.inner_access_policy:
                raise InvalidResponse("is missing", path=f"{place}.SecurityGroupId")
            return
        self.rules.setdefault(group_id, GroupRules()).read(response.inner_access_policy, permissions)
        group = DescribedSecurityGroup(security_group_id=group_id, vpc_id=response.vpc_id or None)
        self.groups_with_rules.setdefault(group_id, Found(place, response.region_id or None, group))

    def collect(self, table: dict[str, Found[Any]], resource_id: str, found: Found[Any]) -> None:
        """Adds a resource to a table. Pages may overlap, so a second description must equal the first."""
        known = table.get(resource_id)
        if known is None:
            if resource_id in self.paths:
                reason = f"{resource_id} is the id of another resource, at {self.paths[resource_id]}"
                raise InvalidResponse(reason, path=found.path)
            self.paths[resource_id] = found.path
            table[resource_id] = found
            return
        one = msgspec.structs.replace(found.one, region_id=known.one.region_id)
        if one != known.one or (known.region_id and found.region_id and known.region_id != found.region_id):
            raise InvalidResponse(f"{resource_id} is described differently at {known.path}", path=found.path)
        table[resource_id] = Found(known.path, known.region_id or found.region_id, known.one)

    def name(self, table: dict[str, Found[Any]], resource_id: str, found: Found[Any]) -> None:
        """Adds a VPC or a VSwitch by its name alone, if no response describes it."""
        if resource_id not in table:
            self.collect(table, resource_id, found)
            self.only_named.add(resource_id)

    def described_paths(self) -> Mapping[str, str]:
        """Returns the path of each resource that is described, by its id."""
        if not self.only_named:
            return self.paths
        return {one: path for one, path in self.paths.items() if one not in self.only_named}


def primary_ip(one: DescribedInterface) -> str:
    """Returns the primary address of an ENI, empty if its description has none."""
    listed = one.private_ip_sets.private_ip_set
    return (
        one.private_ip_address
        or one.primary_ip_address
        or next((i.private_ip_address for i in listed if i.primary), "")
    )


def private_ips(found: Found[DescribedInterface]) -> tuple[str, ...]:
    """Returns the addresses of an ENI, the primary one first; none if its description has none. The response lists the
    primary one twice: alone, and among all."""
    one = found.one
    primary = one.private_ip_address or one.primary_ip_address
    listed = one.private_ip_sets.private_ip_set
    if primary and (not listed or (len(listed) == 1 and listed[0].private_ip_address in ("", primary))):
        return (primary,)
    ips = [ip.private_ip_address for ip in sorted(listed, key=lambda ip: not ip.primary) if ip.private_ip_address]
    if len(ips) > 1 and len(set(ips)) != len(ips):
        raise InvalidResponse("an address is listed twice", path=f"{found.path}.PrivateIpSets")
    if primary and ips[:1] != [primary]:
        ips = [primary, *(ip for ip in ips if ip != primary)]
    return tuple(ips)


def ipv4_prefixes(found: Found[DescribedInterface]) -> tuple[str, ...]:
    """Returns the IPv4 prefixes of an ENI of sixteen addresses each; those of another size are a reason to hold it."""
    listed = found.one.ipv4_prefix_sets.ipv4_prefix_set
    if not listed:
        return ()
    described = [one.ipv4_prefix for one in listed if one.ipv4_prefix]
    return tuple(dict.fromkeys(prefix for prefix in described if prefix.endswith("/28")))
