"""The vendor's SDK of today, unmodified, in the process and by sockets: its calls, its exceptions, its models."""

from __future__ import annotations

import asyncio
import inspect
import re
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from ecsnet import Cloud, Command, NewNetworkInterface
from ecsnet.commands import AllocateEipAddress, RunInstances, SetQuota
from ecsnet.events.network_interface import NetworkInterfaceCreated
from ecsnet.openapi import ACTIONS, respond
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.openapi.further import FURTHER
from ecsnet.openapi.parameters import class_of
from ecsnet.testing import Aliyun, aliyun
from tests.clients.conftest import KEYS
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.support.net import Net
from tests.support.sdk import ECS, VPC, Network, Sdk, can_be_said, model, package_of
from tests.support.wire import flat, message, parameters_of, parsed
from tests.support.witnesses import WITNESSES, Story, named

pytest.importorskip("alibabacloud_ecs20140526")
pytest.importorskip("alibabacloud_vpc20160428")
pytest.importorskip("aiohttp")
AlibabaCloudException = pytest.importorskip("alibabacloud_tea_openapi.exceptions").AlibabaCloudException


@pytest.fixture
def sdk(api: Aliyun) -> Sdk:
    return Sdk(api)


# Stories


def test_the_whole_life_of_an_eni(api: Aliyun, sdk: Sdk) -> None:
    net = Network(sdk)
    first, second = net.instances
    eni = net.eni(NetworkInterfaceName="service", PrimaryIpAddress="10.0.0.77", Tag=[{"Key": "role", "Value": "vip"}])
    eni_id = eni["NetworkInterfaceId"]
    assert (eni["Status"], eni["PrivateIpAddress"]) == ("Available", "10.0.0.77")
    sdk("AttachNetworkInterface", NetworkInterfaceId=eni_id, InstanceId=first)
    assert (net.described(eni_id)["Status"], net.described(eni_id)["InstanceId"]) == ("InUse", first)
    assigned = sdk("AssignPrivateIpAddresses", NetworkInterfaceId=eni_id, SecondaryPrivateIpAddressCount=2)
    addresses = assigned["AssignedPrivateIpAddressesSet"]["PrivateIpSet"]["PrivateIpAddress"]
    assert len(addresses) == 2
    sdk("UnassignPrivateIpAddresses", NetworkInterfaceId=eni_id, PrivateIpAddress=addresses)
    sdk("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni_id, Description="moves", SecurityGroupId=[net.group])
    sdk("DetachNetworkInterface", NetworkInterfaceId=eni_id, InstanceId=first)
    sdk("AttachNetworkInterface", NetworkInterfaceId=eni_id, InstanceId=second)
    shown = net.described(eni_id)
    assert (shown["InstanceId"], shown["Description"], shown["PrivateIpAddress"]) == (second, "moves", "10.0.0.77")
    assert shown["Tags"]["Tag"] == [{"TagKey": "role", "TagValue": "vip"}]
    sdk("DetachNetworkInterface", NetworkInterfaceId=eni_id, InstanceId=second)
    sdk("DeleteNetworkInterface", NetworkInterfaceId=eni_id)
    assert sdk("DescribeNetworkInterfaces", NetworkInterfaceId=[eni_id])["TotalCount"] == 0
    assert eni_id not in api.cloud.network_interfaces
    attached = [one for one in api.calls if one.action == "AttachNetworkInterface"]
    assert [one.events[-1].type for one in attached] == ["NetworkInterfaceAttached"] * 2


def test_the_life_of_a_network_from_its_vpc_to_nothing(api: Aliyun, sdk: Sdk) -> None:
    net = Network(sdk)
    for instance in net.instances:
        sdk("StopInstance", InstanceId=instance)
        sdk("DeleteInstance", InstanceId=instance)
    sdk("DeleteSecurityGroup", SecurityGroupId=net.group)
    sdk("DeleteVSwitch", VSwitchId=net.vswitch)
    sdk("DeleteVpc", VpcId=net.vpc)
    assert repr(api.cloud) == "<Cloud cn-hangzhou: empty>"


def test_instances_are_stopped_started_and_deleted_together(api: Aliyun, sdk: Sdk) -> None:
    net = Network(sdk, instances=3)
    stopped = sdk("StopInstances", InstanceId=net.instances)["InstanceResponses"]["InstanceResponse"]
    assert [(one["InstanceId"], one["CurrentStatus"]) for one in stopped] == [(one, "Stopped") for one in net.instances]
    sdk("StartInstances", InstanceId=net.instances[:2])
    sdk("RebootInstances", InstanceId=net.instances[:2])
    sdk("DeleteInstances", InstanceId=net.instances, Force=True)
    assert not api.cloud.instances


def test_tags_are_given_listed_asked_for_and_taken_away(api: Aliyun, sdk: Sdk) -> None:
    net = Network(sdk)
    first, second = net.instances
    sdk("TagResources", ResourceType="instance", ResourceId=[first], Tag=[{"Key": "role", "Value": "web"}])
    found = sdk("DescribeInstances", Tag=[{"Key": "role", "Value": "web"}])["Instances"]["Instance"]
    assert [(one["InstanceId"], one["Tags"]["Tag"]) for one in found] == [
        (first, [{"TagKey": "role", "TagValue": "web"}])
    ]
    (listed,) = sdk("ListTagResources", ResourceType="instance", ResourceId=[first, second])["TagResources"][
        "TagResource"
    ]
    assert listed == {"ResourceId": first, "ResourceType": "instance", "TagKey": "role", "TagValue": "web"}
    sdk("UntagResources", ResourceType="instance", ResourceId=[first], TagKey=["role"])
    assert api.cloud.instances[first].tags == {}


def test_an_eip_moves_to_another_instance(sdk: Sdk) -> None:
    net = Network(sdk)
    eip = sdk("AllocateEipAddress", Bandwidth="5")
    for instance in net.instances:
        sdk("AssociateEipAddress", AllocationId=eip["AllocationId"], InstanceId=instance)
        (shown,) = sdk("DescribeEipAddresses", AllocationId=eip["AllocationId"])["EipAddresses"]["EipAddress"]
        assert (shown["InstanceId"], shown["IpAddress"], shown["Bandwidth"]) == (instance, eip["EipAddress"], "5")
        assert shown["Status"] == "InUse"
        (vm,) = sdk("DescribeInstances", InstanceIds=f'["{instance}"]')["Instances"]["Instance"]
        assert vm["EipAddress"]["IpAddress"] == eip["EipAddress"]
        sdk("UnassociateEipAddress", AllocationId=eip["AllocationId"], InstanceId=instance)
    sdk("ReleaseEipAddress", AllocationId=eip["AllocationId"])


def test_asynchronous_calls(sdk: Sdk) -> None:
    net = Network(sdk, instances=1)

    async def several() -> list[Any]:
        eni = {"VSwitchId": net.vswitch, "SecurityGroupId": net.group}
        made = [await sdk.asynchronously("CreateNetworkInterface", **eni) for _ in range(3)]
        with pytest.raises(AlibabaCloudException) as refused:
            await sdk.asynchronously("DeleteVpc", VpcId=net.vpc)
        assert refused.value.code.startswith("DependencyViolation")
        return made

    made = asyncio.run(several())
    assert len({one["NetworkInterfaceId"] for one in made}) == 3


def test_250_enis_in_pages(sockets: bool) -> None:
    net = Net()
    net.cloud.execute(SetQuota(name="interfaces-per-region", value=1_000))
    net.vswitch = net.new_vswitch("10.0.8.0/21")
    for _ in range(250):
        net.cloud.execute(net.eni_command())
    with aliyun(net.cloud, sockets=sockets, keys=KEYS) as api:
        sdk = Sdk(api)
        seen: list[str] = []
        more: dict[str, Any] = {}
        while True:
            body = sdk("DescribeNetworkInterfaces", MaxResults=100, **more)
            seen += [one["NetworkInterfaceId"] for one in body["NetworkInterfaceSets"]["NetworkInterfaceSet"]]
            if not body["NextToken"]:
                break
            more = {"NextToken": body["NextToken"]}
        by_number = [
            one["NetworkInterfaceId"]
            for number in (1, 2, 3)
            for one in sdk("DescribeNetworkInterfaces", PageSize=100, PageNumber=number)["NetworkInterfaceSets"][
                "NetworkInterfaceSet"
            ]
        ]
        assert seen == by_number == list(net.cloud.network_interfaces)
        assert len(sdk("DescribeNetworkInterfaces")["NetworkInterfaceSets"]["NetworkInterfaceSet"]) == 10


def test_polling_through_transitional_states(sockets: bool) -> None:
    with aliyun(sockets=sockets, keys=KEYS, settle_after=2) as api:
        sdk = Sdk(api)
        vpc = sdk("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
        seen = [sdk("DescribeVpcs", VpcId=vpc)["Vpcs"]["Vpc"][0]["Status"] for _ in range(3)]
        assert seen == ["Pending", "Pending", "Available"]


# Faults


def retries(exceptions: list[str]) -> Any:
    from darabonba.policy.retry import RetryOptions  # type: ignore[import-untyped]

    condition = {"maxAttempts": 3, "exception": exceptions, "errorCode": ["Throttling"]}
    return RetryOptions(
        {"retryable": True, "retryCondition": [{**condition, "backoff": {"policy": "Fixed", "period": 1}}]}
    )


def test_a_dropped_answer_leaks_without_a_token_and_not_with_one(api: Aliyun) -> None:
    sdk = Sdk(api, retry_options=retries(["RetryError"]))
    net = Network(sdk, instances=1)
    before = len(api.cloud.network_interfaces)
    api.faults.add(action="CreateNetworkInterface", nth=1, drop="after")
    net.eni()
    assert len(api.cloud.network_interfaces) == before + 2
    api.faults.add(action="CreateNetworkInterface", nth=1, drop="after")
    net.eni(ClientToken="token-1")
    assert len(api.cloud.network_interfaces) == before + 3
    created = [one for one in api.calls if one.action == "CreateNetworkInterface"]
    assert [one.fault for one in created] == ["drop after", None, "drop after", None]
    assert [one.code for one in created] == ["ConnectionDropped", None, "ConnectionDropped", None]
    assert len(api.cloud.history(type=NetworkInterfaceCreated)) == 3


def test_the_transport_of_the_sdk_reaches_other_hosts_and_is_itself_again() -> None:
    from darabonba.core import DaraCore  # type: ignore[import-untyped]
    from darabonba.exceptions import RetryError  # type: ignore[import-untyped]
    from darabonba.request import DaraRequest  # type: ignore[import-untyped]

    before = vars(DaraCore)["do_action"]
    asked = DaraRequest()
    asked.headers["host"] = "127.0.0.1"
    asked.port = 1
    with aliyun() as api:
        with pytest.raises(RetryError, match=r"127\.0\.0\.1"):
            DaraCore.do_action(asked, {"connectTimeout": 1000})
        assert api.calls == ()
    assert vars(DaraCore)["do_action"] is before


def test_a_throttled_call_says_when_to_come_back(api: Aliyun) -> None:
    api.faults.add(action="Describe*", nth=1, code="Throttling", retry_after=0.3)
    with pytest.raises(AlibabaCloudException) as refused:
        Sdk(api)("DescribeVpcs")
    assert (refused.value.code, refused.value.retry_after) == ("Throttling", 300)
    assert Sdk(api, retry_options=retries([]))("DescribeVpcs")["TotalCount"] == 0


@pytest.mark.parametrize(("code", "status"), [("InternalError", 500), ("ServiceUnavailable", 503), ("Banana", 400)])
def test_an_injected_code_arrives_and_nothing_happens(api: Aliyun, code: str, status: int) -> None:
    api.faults.add(action="CreateVpc", times=1, code=code)
    with pytest.raises(AlibabaCloudException) as refused:
        Sdk(api)("CreateVpc", CidrBlock="10.0.0.0/8")
    assert (refused.value.code, refused.value.status_code) == (code, status)
    assert api.cloud.position == 0
    assert Sdk(api)("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"] in api.cloud.vpcs


# Refusals


@pytest.mark.parametrize("by_sockets", [False, True], ids=["inside", "sockets"])
@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_every_refusal_arrives_as_the_exception_of_the_sdk(
    rule_id: str, story: Story, options: dict[str, Any], by_sockets: bool
) -> None:
    net = Net(**options)
    command = story(net)
    action = type(command).__name__
    if ACTIONS[action].product == "ecsnet":
        pytest.skip("the API has no such action")
    parameters = parameters_of(command)
    if not can_be_said(action, parameters, command):
        pytest.skip("the parameters of the SDK cannot say this")
    violations = net.cloud.check(command).violations
    before = net.cloud.position
    with aliyun(net.cloud, sockets=by_sockets, keys=KEYS) as api, pytest.raises(AlibabaCloudException) as refused:
        Sdk(api)(action, **parameters)
    assert refused.value.code == violations[0].code
    assert refused.value.status_code == violations[0].http_status
    (only,) = api.calls
    assert only.violations == violations
    assert rule_id in [one.rule for one in only.violations]
    assert all(one.message in refused.value.data["Message"] for one in violations)
    assert net.cloud.position == before


# The SDK's models


FIELD = re.compile(r"result\['([^']+)'\]\s*=\s*(?:\[\]\s+if\s+)?self\.(\w+)")


@cache
def fields_of(kind: Any) -> dict[str, Any]:
    """The names on the wire of a model's fields, each with its type."""
    hints = get_type_hints(kind.__init__)
    return {wire: hints[attribute] for wire, attribute in FIELD.findall(inspect.getsource(kind.to_map))}


def is_model(hint: Any) -> bool:
    return isinstance(hint, type) and hasattr(hint, "to_map")


def wire_names(kind: Any, prefix: str = "") -> set[str]:
    """The names of the parameters of a request model, flat."""
    names: set[str] = set()
    for wire, hint in fields_of(kind).items():
        item = get_args(hint)[0] if get_origin(hint) is list else None
        name = f"{prefix}{wire}{'.N' if item is not None else ''}"
        names |= wire_names(item or hint, f"{name}.") if is_model(item or hint) else {name}
    return names


NOT_IN_THE_SDK = {
    "InstanceNetworkType": "the guide's time had a classic network",
    "InternetMaxBandwidthOut": "RenewInstance of the guide's time",
    "InstanceId": "ReleasePublicIpAddress names its instance here, or the address",
    "RegionId": "accepted everywhere",
}


@pytest.mark.parametrize("action", [name for name, row in ACTIONS.items() if row.product != "ecsnet"])
def test_every_modelled_parameter_is_one_of_the_sdk(action: str) -> None:
    row = ACTIONS[action]
    names = wire_names(model(package_of(action), f"{action}Request"))
    modelled = {name for name in (*row.parameters, *row.only) if name not in ("NetworkInterface.N", "Tag.N")}
    modelled |= {f"Tag.N.{part}" for part in ("Key", "Value") if "Tag.N" in row.parameters}
    modelled |= {f"NetworkInterface.N.{one}" for one in row.new_interface}
    lists = {name.removesuffix(".N") for name in names}
    assert {name for name in modelled - names if name not in lists and name not in NOT_IN_THE_SDK} == set()
    assert all(class_of(action, name) in ("modelled", "remembered", "refused", "ignored") for name in names)


def lost(sent: Any, kept: Any, path: str = "") -> list[str]:
    """The places of a body that the SDK's model dropped or changed."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        return [place for name, value in sent.items() for place in lost(value, kept.get(name), f"{path}.{name}")]
    if isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        return [place for one, other in zip(sent, kept, strict=True) for place in lost(one, other, f"{path}[]")]
    return [] if sent == kept and type(sent) is type(kept) else [path]


def misfits(body: Any, hint: Any, path: str = "") -> list[str]:
    """The places of a body whose type is another than the model's, and the wrappers that are missing."""
    if is_model(hint):
        return [
            place
            for wire, of_field in fields_of(hint).items()
            for place in (
                misfits(body[wire], of_field, f"{path}.{wire}")
                if wire in body
                else [f"{path}.{wire} is missing"] * (get_origin(of_field) is list or is_model(of_field))
            )
        ]
    if get_origin(hint) is list:
        return [place for one in body for place in misfits(one, get_args(hint)[0], f"{path}[]")]
    return [] if type(body) is hint or hint is Any else [f"{path} is no {hint}"]


@pytest.mark.parametrize("package", [ECS, VPC])
def test_answers_fit_the_models_of_the_sdk(package: str) -> None:
    """Nothing of an answer is lost in the model, no type is another, and no wrapper of the model is missing."""
    net = Net()
    vm = net.run()
    net.attached(vm)
    net.cloud.execute(AllocateEipAddress())
    asked = {
        "DescribeVpcAttribute": {"VpcId": net.vpc.id},
        "DescribeVSwitchAttributes": {"VSwitchId": net.vswitch.id},
        "DescribeSecurityGroupAttribute": {"SecurityGroupId": net.group.id},
        "DescribeInstanceAttribute": {"InstanceId": vm.id},
        "DescribeNetworkInterfaceAttribute": {"NetworkInterfaceId": net.eni().id},
    }
    version = {ECS: "2014-05-26", VPC: "2016-04-28"}[package]
    seen = 0
    with aliyun(net.cloud) as api:
        sdk = Sdk(api)
        for action, row in DESCRIBE_ACTIONS.items():
            if version not in row.versions:
                continue
            body = net.cloud.describe(action, version=version, **asked.get(action, {}))
            response = model(package, f"{action}ResponseBody")
            assert lost(body, response().from_map(body).to_map()) == [], action
            if version == row.versions[0]:
                assert misfits(body, response) == [], action
            sdk.body(action, {"RegionId": "cn-hangzhou", **asked.get(action, {})}, package)
            seen += 1
    assert seen > 5


FURTHER_PACKAGES = {"DescribeRouteTableList": VPC, "ModifyEipAddressAttribute": VPC, "ModifyVpcAttribute": VPC}


@pytest.mark.parametrize("action", sorted(set(FURTHER) - set(ACTIONS)))
def test_answers_of_further_actions_fit_the_models_of_the_sdk(action: str) -> None:
    net = Net()
    vm = net.run()
    package = FURTHER_PACKAGES.get(action, ECS)
    with aliyun(net.cloud) as api:
        sdk = Sdk(api)
        sdk("AttachKeyPair", KeyPairName="web", InstanceIds=f'["{vm.id}"]')
        sdk("TagResources", ResourceType="instance", ResourceId=[vm.id], Tag=[{"Key": "role", "Value": "web"}])
        names = fields_of(model(package, f"{action}Request"))
        given = {
            "ImageId": "centos_7" if action.startswith("Describe") else "m-1",
            "InstanceId": [vm.id] if get_origin(names.get("InstanceId")) is list else vm.id,
            "InstanceIds": f'["{vm.id}"]',
            "IpProtocol": "tcp",
            "KeyPairName": "web",
            "KeyPairNames": '["web"]',
            "PortRange": "22/22",
            "PublicKeyBody": "ssh-rsa AAAA",
            "ResourceType": "instance",
            "SecurityGroupId": net.group.id,
            "SnapshotId": "s-1",
        }
        unused = {"DescribeImages": "SnapshotId", "CreateImage": "SnapshotId"}
        asked = {name: one for name, one in given.items() if name in names and unused.get(action) != name}
        found = parsed(respond(message(action, Format="JSON", **dict(flat(asked))), net.cloud))
        response = model(package, f"{action}ResponseBody")
        assert misfits(found, response) == []
        assert lost(found, response().from_map(found).to_map()) == []


def test_a_request_of_the_sdk_arrives_as_the_equal_command(
    api: Aliyun, sdk: Sdk, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[Command[Any]] = []
    execute = Cloud.execute

    def noted(cloud: Cloud, command: Command[Any], **options: Any) -> Any:
        arrived.append(command)
        return execute(cloud, command, **options)

    monkeypatch.setattr(Cloud, "execute", noted)
    net = Network(sdk)
    sdk(
        "RunInstances",
        InstanceType="ecs.g5.large",
        VSwitchId=net.vswitch,
        SecurityGroupIds=[net.group],
        Amount=1,
        NetworkInterface=[{"VSwitchId": net.vswitch, "SecurityGroupId": net.group, "PrimaryIpAddress": "10.0.0.99"}],
        SystemDisk={"Category": "cloud_ssd", "Size": "40"},
        InternetMaxBandwidthOut=5,
    )
    assert arrived[-1] == RunInstances(
        region_id="cn-hangzhou",
        instance_type="ecs.g5.large",
        vswitch_id=net.vswitch,
        security_group_ids=[net.group],
        amount=1,
        internet_max_bandwidth_out=5,
        network_interfaces=[
            NewNetworkInterface(vswitch_id=net.vswitch, security_group_ids=[net.group], primary_ip_address="10.0.0.99")
        ],
    )
