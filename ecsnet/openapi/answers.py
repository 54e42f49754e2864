"""The bodies of the answers to commands: what each action returns of the resource that it made or changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ecsnet.commands import AssignPrivateIpAddresses, Command
from ecsnet.openapi.records import route_table_of, router_of
from ecsnet.resources import Eip, Instance, NetworkInterface, SecurityGroup, Vpc, VSwitch

Body = dict[str, Any]
Answer = Callable[[Command[Any], Any, Mapping[str, Any]], Body]


def _vpc(command: Command[Any], vpc: Vpc, remembered: Mapping[str, Any]) -> Body:
    return {
        "ResourceGroupId": remembered.get("ResourceGroupId", ""),
        "RouteTableId": route_table_of(vpc.id),
        "VRouterId": router_of(vpc.id),
        "VpcId": vpc.id,
    }


def _vswitch(command: Command[Any], vswitch: VSwitch, remembered: Mapping[str, Any]) -> Body:
    return {"VSwitchId": vswitch.id}


def _group(command: Command[Any], group: SecurityGroup, remembered: Mapping[str, Any]) -> Body:
    return {"SecurityGroupId": group.id}


def _instances(command: Command[Any], instances: tuple[Instance, ...], remembered: Mapping[str, Any]) -> Body:
    return {"InstanceIdSets": {"InstanceIdSet": [one.id for one in instances]}, "OrderId": "", "TradePrice": 0.0}


def _instance(command: Command[Any], instance: Instance, remembered: Mapping[str, Any]) -> Body:
    return {"InstanceId": instance.id, "OrderId": "", "TradePrice": 0.0}


def _interface(command: Command[Any], eni: NetworkInterface, remembered: Mapping[str, Any]) -> Body:
    primary, *others = eni.private_ips
    return {
        "Description": eni.description or "",
        "Ipv4PrefixSets": {"Ipv4PrefixSet": [{"Ipv4Prefix": one} for one in eni.ipv4_prefixes]},
        "Ipv6PrefixSets": {"Ipv6PrefixSet": []},
        "Ipv6Sets": {"Ipv6Set": []},
        "MacAddress": eni.mac_address,
        "NetworkInterfaceId": eni.id,
        "NetworkInterfaceName": eni.name or "",
        "OwnerId": eni.account_id,
        "PrivateIpAddress": primary,
        "PrivateIpSets": {
            "PrivateIpSet": [
                {"Primary": True, "PrivateIpAddress": primary},
                *[{"Primary": False, "PrivateIpAddress": ip} for ip in others],
            ]
        },
        "ResourceGroupId": remembered.get("ResourceGroupId", ""),
        "SecurityGroupIds": {"SecurityGroupId": list(eni.security_group_ids)},
        "ServiceManaged": False,
        "Status": str(eni.status),
        "Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in eni.tags.items()]},
        "Type": str(eni.type),
        "VSwitchId": eni.vswitch_id,
        "VpcId": eni.vpc_id,
        "ZoneId": eni.zone_id,
    }


def _assigned(command: Command[Any], eni: NetworkInterface, remembered: Mapping[str, Any]) -> Body:
    assert isinstance(command, AssignPrivateIpAddresses)
    addresses = command.private_ip_addresses or _last(eni.private_ips, command.secondary_private_ip_address_count)
    prefixes = command.ipv4_prefixes or _last(eni.ipv4_prefixes, command.ipv4_prefix_count)
    return {
        "AssignedPrivateIpAddressesSet": {
            "Ipv4PrefixSet": {"Ipv4Prefixes": list(prefixes)},
            "NetworkInterfaceId": eni.id,
            "PrivateIpSet": {"PrivateIpAddress": list(addresses)},
        }
    }


def _last(values: tuple[str, ...], count: int | None) -> tuple[str, ...]:
    return values[len(values) - (count or 0) :]


def _eip(command: Command[Any], eip: Eip, remembered: Mapping[str, Any]) -> Body:
    return {
        "AllocationId": eip.id,
        "EipAddress": eip.ip_address,
        "ResourceGroupId": remembered.get("ResourceGroupId", ""),
    }


def _public_ip(command: Command[Any], instance: Instance, remembered: Mapping[str, Any]) -> Body:
    return {"IpAddress": instance.public_ip or ""}


def _order(command: Command[Any], result: Any, remembered: Mapping[str, Any]) -> Body:
    return {"OrderId": ""}


def _batch(command: Command[Any], instances: tuple[Instance, ...], remembered: Mapping[str, Any]) -> Body:
    found = [
        {"Code": "200", "CurrentStatus": str(one.status), "InstanceId": one.id, "Message": "success"}
        for one in instances
    ]
    return {"InstanceResponses": {"InstanceResponse": found}}


def _nothing(command: Command[Any], result: Any, remembered: Mapping[str, Any]) -> Body:
    return {}


ANSWERS: Final[Mapping[str, Answer]] = {
    "CreateVpc": _vpc,
    "CreateVSwitch": _vswitch,
    "CreateSecurityGroup": _group,
    "RunInstances": _instances,
    "CreateInstance": _instance,
    "CreateNetworkInterface": _interface,
    "AssignPrivateIpAddresses": _assigned,
    "AllocateEipAddress": _eip,
    "AllocatePublicIpAddress": _public_ip,
    "RebootInstances": _batch,
    "RenewInstance": _order,
    "StartInstances": _batch,
    "StopInstances": _batch,
    "ModifyInstanceNetworkSpec": _order,
}
"""The answers that say more than that the command was executed."""


def answer_to(command: Command[Any], result: Any, remembered: Mapping[str, Any]) -> Body:
    """Returns the body of the answer to a command, without its RequestId."""
    return ANSWERS.get(type(command).__name__, _nothing)(command, result, remembered)
