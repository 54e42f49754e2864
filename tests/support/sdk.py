"""The vendor's Python SDK, driven by the names of actions and parameters."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from ecsnet import Command
from ecsnet.openapi import ACTIONS, InvalidRequest, request
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.testing import Aliyun
from tests.support.wire import flat, parameters_of

ECS, VPC = "alibabacloud_ecs20140526", "alibabacloud_vpc20160428"


def package_of(action: str) -> str:
    if action in ACTIONS:
        return VPC if ACTIONS[action].product == "vpc" else ECS
    return VPC if action in DESCRIBE_ACTIONS and DESCRIBE_ACTIONS[action].versions[0] == "2016-04-28" else ECS


def model(package: str, name: str) -> Any:
    return getattr(import_module(f"{package}.models"), name)


def can_be_said(action: str, parameters: dict[str, Any], command: Command[Any]) -> bool:
    """Returns whether the SDK's model has the parameters, and the parameters say all of the command."""
    sent = model(package_of(action), f"{action}Request")().from_map(parameters).to_map()
    try:
        return request(action, dict(flat(sent))).command == command
    except InvalidRequest:
        return False


@cache
def _methods(package: str) -> dict[str, str]:
    """The methods of a client by the action in lower case."""
    client = import_module(f"{package}.client").Client
    return {name.replace("_", "").lower(): name for name in dir(client) if not name.startswith("_")}


class Sdk:
    """Calls of the SDK by action: ``sdk("CreateVpc", CidrBlock=...)`` gives the body as a dict."""

    def __init__(self, api: Aliyun, **settings: Any) -> None:
        self._clients: dict[str, Any] = {}
        for package in (ECS, VPC):
            self._clients[package] = import_module(f"{package}.client").Client(api.config(**settings))

    def request(self, action: str, parameters: dict[str, Any], package: str | None = None) -> tuple[Any, str, Any]:
        package = package or package_of(action)
        client = self._clients[package]
        request = model(package, f"{action}Request")().from_map({"RegionId": "cn-hangzhou", **parameters})
        return client, _methods(package)[action.lower()], request

    def body(self, action: str, parameters: dict[str, Any], package: str | None = None) -> Any:
        client, method, request = self.request(action, parameters, package)
        return getattr(client, method)(request).body

    def __call__(self, action: str, **parameters: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.body(action, parameters).to_map()
        return found

    async def asynchronously(self, action: str, **parameters: Any) -> dict[str, Any]:
        client, method, request = self.request(action, parameters)
        found: dict[str, Any] = (await getattr(client, f"{method}_async")(request)).body.to_map()
        return found


class Network:
    """A VPC with a VSwitch, a security group and some instances, made through the SDK."""

    def __init__(self, sdk: Sdk, instances: int = 2) -> None:
        self.sdk = sdk
        self.vpc = sdk("CreateVpc", CidrBlock="10.0.0.0/8", VpcName="main")["VpcId"]
        self.vswitch = sdk("CreateVSwitch", VpcId=self.vpc, ZoneId="cn-hangzhou-b", CidrBlock="10.0.0.0/16")[
            "VSwitchId"
        ]
        self.group = sdk("CreateSecurityGroup", VpcId=self.vpc)["SecurityGroupId"]
        self.instances: list[str] = sdk(
            "RunInstances",
            InstanceType="ecs.g5.xlarge",
            VSwitchId=self.vswitch,
            SecurityGroupId=self.group,
            ImageId="centos_7",
            Amount=instances,
        )["InstanceIdSets"]["InstanceIdSet"]

    def eni(self, **parameters: Any) -> dict[str, Any]:
        return self.sdk("CreateNetworkInterface", VSwitchId=self.vswitch, SecurityGroupId=self.group, **parameters)

    def described(self, eni: str) -> dict[str, Any]:
        body = self.sdk("DescribeNetworkInterfaces", NetworkInterfaceId=[eni])
        found: dict[str, Any] = body["NetworkInterfaceSets"]["NetworkInterfaceSet"][0]
        return found


def sent(command: Command[Any]) -> dict[str, Any] | None:
    """The parameters of a command as the SDK's model has them; None if they do not say all of the command."""
    action = type(command).__name__
    if ACTIONS[action].product == "ecsnet":
        return None
    given = model(package_of(action), f"{action}Request")().from_map(parameters_of(command)).to_map()
    try:
        said: Command[Any] = request(action, dict(flat(given))).command
    except InvalidRequest:
        return None
    return given if said == command else None


class SdkSystem:
    """A network that is reached by the SDK alone, beside the model of a `CloudMachine`."""

    def __init__(self, api: Aliyun) -> None:
        self.api = api
        self._sdk = Sdk(api)

    def execute(self, command: Command[Any]) -> Any:
        given = sent(command)
        assert given is not None, command
        body = self._sdk(type(command).__name__, **given)
        ids = [value for name, value in body.items() if name in RESULTS and isinstance(value, str)]
        return body.get("InstanceIdSets", {}).get("InstanceIdSet") or (ids[0] if ids else None)

    def observe(self, resource_id: str) -> Any:
        raise NotImplementedError("descriptions are compared, not attributes")

    def described(self, action: str, **parameters: Any) -> dict[str, Any]:
        body = self._sdk(action, **parameters)
        return {name: value for name, value in body.items() if name != "RequestId"}

    def settle(self, resource_id: str | None) -> None:
        self.api.cloud.settle(resource_id)


RESULTS = ("VpcId", "VSwitchId", "SecurityGroupId", "InstanceId", "NetworkInterfaceId", "AllocationId")
