"""A value of each public class of values, by its class."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from ecsnet import (
    Endpoint,
    InstanceType,
    NewNetworkInterface,
    ResourceChange,
    commands,
    guest,
    network_capabilities,
    openapi,
    plan,
    testing,
    traffic_charge,
)
from ecsnet import commands as c
from ecsnet.decision import Denial, Finding
from tests.support.net import Net

PARAMETERS: dict[str, Any] = {
    "cidr_block": "10.0.0.0/16",
    "instance_type": "ecs.g5.large",
    "instance_ids": ("i-1", "i-2"),
    "internet_max_bandwidth_out": 5,
    "name": "interfaces-per-region",
    "private_ip_addresses": ("10.0.1.9",),
    "resource_ids": ("eni-1",),
    "resource_type": "eni",
    "secondary_cidr_block": "172.16.0.0/16",
    "security_group_ids": ("sg-1",),
    "tags": {"team": "web"},
    "value": 7,
}
"""Values of parameters that are no ids."""
ALSO: dict[type[Any], dict[str, Any]] = {
    c.CreateInstance: {"vswitch_id": "vsw-1"},
    c.RunInstances: {"vswitch_id": "vsw-1"},
    c.AssignPrivateIpAddresses: {"secondary_private_ip_address_count": 2},
    c.UnassignPrivateIpAddresses: {"private_ip_addresses": ["10.0.1.9"]},
    c.ModifyEipAddressAttribute: {"description": "of the web"},
    c.ModifyInstanceAttribute: {"description": "of the web"},
    c.ModifyNetworkInterfaceAttribute: {"security_group_ids": ["sg-1"]},
    c.ModifySecurityGroupAttribute: {"description": "of the web"},
    c.ModifyVSwitchAttribute: {"description": "of the web"},
    c.ModifyVpcAttribute: {"description": "of the web"},
    c.UntagResources: {"all": True},
}
"""Parameters with defaults that a command needs all the same."""


def command(operation: type[Any]) -> Any:
    required = [field.name for field in attrs.fields(operation) if field.default is attrs.NOTHING]
    return operation(**{name: PARAMETERS.get(name, f"{name}-1") for name in required}, **ALSO.get(operation, {}))


def values() -> dict[type[Any], Any]:
    """Returns a value of each public class of values."""
    net = Net()
    vm = net.run(internet_max_bandwidth_out=5)
    eni = net.attached(vm)
    eip = net.cloud.execute(c.AllocateEipAddress())
    quota = net.cloud.execute(c.SetQuota(name="interfaces-per-region", value=7))
    denied = net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id))
    operation = plan.Operation(entry=1, action="DeleteVpc", parameters={"VpcId": "$vpc.id", "List": ["a"]})
    request = openapi.request("DeleteVpc", {"VpcId": "vpc-1"})
    answered = openapi.Service(net.cloud)
    answered.respond(b"GET /?Action=CreateVpc&VpcName=main HTTP/1.1\r\n\r\n")
    found = [
        *(command(getattr(commands, name)) for name in commands.__all__ if name != "Command"),
        *(net.vpc, net.cloud.vswitches[eni.vswitch_id], next(iter(net.cloud.security_groups.values()))),
        *(vm, eni, eip, quota),
        *(denied, denied.violations[0], next(iter(net.cloud.permitted(vm.id).values()))),
        Denial(
            command=denied.command,
            violations=denied.violations,
            account_id="1",
            region_id="cn-hangzhou",
            denied_at=datetime(2019, 3, 11, tzinfo=UTC),
        ),
        Finding(position=3, rule="malformed", message="no"),
        InstanceType(id="ecs.mine", eni_quantity=2, private_ipv4_per_eni=3),
        NewNetworkInterface(network_interface_name="web-1"),
        Endpoint("vpc", "1", "cn-hangzhou", "vpc-1", ["sg-1"]),
        net.cloud.intranet_path(vm.id, vm.id),
        net.cloud.limits(vm.id),
        net.cloud.internet_access(vm.id),
        network_capabilities("vpc"),
        traffic_charge("outbound", "internet"),
        testing.Breach("address.unique", "eni-1", "is held twice"),
        testing.Settle("eni-1"),
        testing.Wait(timedelta(hours=1)),
        testing.Exploration(states=1, moves=2, denied=1, depth=1, complete=True),
        plan.Reference(text="$vpc.id", name="vpc", steps=(0, "id")),
        plan.Expectation("denied", frozenset({"vpc.not-found"})),
        operation,
        plan.Plan("net.json", (operation,), start=datetime(2019, 3, 11, tzinfo=UTC)),
        plan.Outcome(operation=operation, verdict="denied", violations=denied.violations),
        guest.Image.parse("centos 7.2"),
        guest.File(path="/etc/x", content="a\n"),
        guest.GuestConfiguration(files=(guest.File(path="/etc/x", content="a\n"),), commands=("ifup eth1",)),
        request,
        request.action,
        openapi.response_of(c.RunInstances),
        answered.calls[-1],
        ResourceChange(before=None, after=net.vpc),
    ]
    return {type(value): value for value in found}


VALUES = values()
