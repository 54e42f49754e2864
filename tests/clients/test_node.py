"""The vendor's SDKs for Node, unmodified, by sockets: the one of today (Tea) and the general one (pop-core)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ecsnet.commands import SetQuota
from ecsnet.events.network_interface import NetworkInterfaceCreated
from ecsnet.openapi import ACTIONS
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.testing import Aliyun, aliyun
from tests.clients.conftest import KEYS
from tests.clients.programs import Node, NodeError
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.support.net import Net
from tests.support.sdk import can_be_said
from tests.support.wire import flat, parameters_of
from tests.support.witnesses import WITNESSES, Story, named

pytest.importorskip("alibabacloud_ecs20140526")  # its models say what can be said
pytest.importorskip("alibabacloud_vpc20160428")


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with Node() as entered:
        yield entered


def product_of(action: str) -> str:
    if action in ACTIONS:
        return ACTIONS[action].product
    return "vpc" if action in DESCRIBE_ACTIONS and DESCRIBE_ACTIONS[action].versions[0] == "2016-04-28" else "ecs"


class Sdk:
    """Calls by action, over the API of a cloud."""

    def __init__(self, node: Node, api: Aliyun, sdk: str = "tea", **settings: Any) -> None:
        self._node, self._api, self._sdk, self._settings = node, api, sdk, settings

    def __call__(self, action: str, **parameters: Any) -> Any:
        product = product_of(action)
        if self._sdk == "pop":
            parameters = dict(flat(parameters))
        return self._node.call(self._api, self._sdk, product, action, parameters, **self._settings)


@pytest.fixture
def served(node: Node) -> Iterator[Aliyun]:
    with aliyun(sockets=True, keys=KEYS) as api:
        yield api


@pytest.fixture(params=["tea", "pop", "pop by POST"])
def sdk(request: pytest.FixtureRequest, node: Node, served: Aliyun) -> Sdk:
    name, _, method = request.param.partition(" by ")
    return Sdk(node, served, name, **({"method": method} if method else {}))


def network(sdk: Sdk, instances: int = 2) -> tuple[dict[str, Any], list[str]]:
    """Makes a network through the SDK. Returns the parameters that place an ENI in it, and the ids of its instances."""
    vpc = sdk("CreateVpc", CidrBlock="10.0.0.0/8", VpcName="né & ~*'()")["VpcId"]
    vswitch = sdk("CreateVSwitch", VpcId=vpc, ZoneId="cn-hangzhou-b", CidrBlock="10.0.0.0/16")["VSwitchId"]
    group = sdk("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    where = {"VSwitchId": vswitch, "SecurityGroupId": group}
    made = sdk("RunInstances", InstanceType="ecs.g5.xlarge", ImageId="centos_7", Amount=instances, **where)
    return where, made["InstanceIdSets"]["InstanceIdSet"]


def described(sdk: Sdk, eni_id: str) -> Any:
    (only,) = sdk("DescribeNetworkInterfaces", NetworkInterfaceId=[eni_id])["NetworkInterfaceSets"][
        "NetworkInterfaceSet"
    ]
    return only


def test_the_whole_life_of_an_eni_with_a_failover(sdk: Sdk, served: Aliyun) -> None:
    where, (first, second) = network(sdk)
    tags = [{"Key": "role", "Value": "vip é ~*'()!"}]
    eni = sdk("CreateNetworkInterface", **where, PrimaryIpAddress="10.0.0.77", Tag=tags)["NetworkInterfaceId"]
    sdk("AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=first)
    assigned = sdk("AssignPrivateIpAddresses", NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=2)
    addresses = assigned["AssignedPrivateIpAddressesSet"]["PrivateIpSet"]["PrivateIpAddress"]
    sdk("UnassignPrivateIpAddresses", NetworkInterfaceId=eni, PrivateIpAddress=addresses[:1])
    sdk("DetachNetworkInterface", NetworkInterfaceId=eni, InstanceId=first)
    sdk("AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=second)
    shown = described(sdk, eni)
    assert (shown["Status"], shown["InstanceId"], shown["PrivateIpAddress"]) == ("InUse", second, "10.0.0.77")
    assert shown["Tags"]["Tag"] == [{"TagKey": "role", "TagValue": "vip é ~*'()!"}]
    assert served.cloud.network_interfaces[eni].private_ips == ("10.0.0.77", addresses[1])
    sdk("DetachNetworkInterface", NetworkInterfaceId=eni, InstanceId=second)
    sdk("DeleteNetworkInterface", NetworkInterfaceId=eni)
    assert eni not in served.cloud.network_interfaces
    assert [call.code for call in served.calls if call.code] == []


def test_an_eip_is_moved(sdk: Sdk, served: Aliyun) -> None:
    _, (first, second) = network(sdk)
    eip = sdk("AllocateEipAddress", Bandwidth="5")["AllocationId"]
    sdk("AssociateEipAddress", AllocationId=eip, InstanceId=first)
    with pytest.raises(NodeError) as refused:
        sdk("AssociateEipAddress", AllocationId=eip, InstanceId=second)
    assert refused.value.code == served.calls[-1].code == "IncorrectEipStatus"
    sdk("UnassociateEipAddress", AllocationId=eip, InstanceId=first)
    sdk("AssociateEipAddress", AllocationId=eip, InstanceId=second)
    (shown,) = sdk("DescribeEipAddresses", AllocationId=eip)["EipAddresses"]["EipAddress"]
    assert (shown["InstanceId"], shown["Status"]) == (second, "InUse")
    sdk("UnassociateEipAddress", AllocationId=eip, InstanceId=second)
    sdk("ReleaseEipAddress", AllocationId=eip)
    assert not served.cloud.eips


def test_transitional_states_are_polled_to_their_end(node: Node) -> None:
    with aliyun(sockets=True, keys=KEYS, settle_after=2) as api:
        sdk = Sdk(node, api)
        vpc = sdk("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
        assert polled(sdk, "DescribeVpcs", VpcId=vpc) == ["Pending", "Pending", "Available"]
        of_vpc = {"VpcId": vpc, "ZoneId": "cn-hangzhou-b"}
        vswitch = sdk("CreateVSwitch", **of_vpc, CidrBlock="10.0.0.0/16")["VSwitchId"]
        assert polled(sdk, "DescribeVSwitches", VSwitchId=vswitch)[-1] == "Available"
        where = {"VSwitchId": vswitch, "SecurityGroupId": sdk("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]}
        (vm,) = sdk("RunInstances", InstanceType="ecs.g5.large", **where)["InstanceIdSets"]["InstanceIdSet"]
        assert polled(sdk, "DescribeInstances", InstanceIds=f'["{vm}"]')[-1] == "Running"
        eni = sdk("CreateNetworkInterface", **where)["NetworkInterfaceId"]
        of_eni = {"NetworkInterfaceId": [eni]}
        assert polled(sdk, "DescribeNetworkInterfaces", **of_eni)[-1] == "Available"
        sdk("AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=vm)
        assert polled(sdk, "DescribeNetworkInterfaces", **of_eni) == ["Attaching", "Attaching", "InUse"]


def polled(sdk: Sdk, action: str, **of: Any) -> list[str]:
    """The statuses of a resource that a Describe action shows, until it is in none that passes."""
    statuses: list[str] = []
    while not statuses or statuses[-1] in ("Pending", "Creating", "Starting", "Attaching"):
        (shown,) = next(iter(next(one for one in sdk(action, **of).values() if isinstance(one, dict)).values()))
        statuses.append(shown["Status"])
    return statuses


def ids_of(page: Any) -> list[str]:
    return [one["NetworkInterfaceId"] for one in page["NetworkInterfaceSets"]["NetworkInterfaceSet"]]


def test_250_enis_are_listed_by_pages_and_by_tokens(node: Node) -> None:
    net = Net()
    net.cloud.execute(SetQuota(name="interfaces-per-region", value=300))
    made = {net.eni().id for _ in range(250)}
    with aliyun(net.cloud, sockets=True, keys=KEYS) as api:
        sdk = Sdk(node, api)
        pages = [sdk("DescribeNetworkInterfaces", PageNumber=number, PageSize=100) for number in (1, 2, 3)]
        listed = [
            one["NetworkInterfaceId"] for page in pages for one in page["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        ]
        assert (len(listed), set(listed), pages[0]["TotalCount"]) == (250, made, 250)
        token, found = "", []
        while token or not found:
            page = sdk("DescribeNetworkInterfaces", MaxResults=200, **({"NextToken": token} if token else {}))
            found += ids_of(page)
            token = page["NextToken"]
        assert found == listed


def test_a_repeated_token_gets_the_first_answer_after_a_dropped_one(node: Node) -> None:
    net = Net()
    with aliyun(net.cloud, sockets=True, keys=KEYS) as api:
        sdk = Sdk(node, api)
        api.faults.add(action="CreateNetworkInterface", nth=1, drop="after")
        asked = {"VSwitchId": net.vswitch.id, "SecurityGroupId": net.group.id, "ClientToken": "once"}
        with pytest.raises(NodeError) as dropped:
            sdk("CreateNetworkInterface", **asked)
        assert dropped.value.code == "ECONNRESET"
        eni = sdk("CreateNetworkInterface", **asked)["NetworkInterfaceId"]
        assert [one.event.network_interface_id for one in net.cloud.history(type=NetworkInterfaceCreated)] == [eni]


@pytest.mark.parametrize(
    ("code", "name"), [("Throttling", "ThrottlingError"), ("InternalError", "ServerError"), ("Any.Code", "ClientError")]
)
def test_injected_errors_arrive_as_the_classes_of_the_sdk(node: Node, served: Aliyun, code: str, name: str) -> None:
    served.faults.add(action="DescribeVpcs", code=code)
    with pytest.raises(NodeError) as refused:
        Sdk(node, served)("DescribeVpcs")
    assert (refused.value.name, refused.value.code) == (name, code)


@pytest.mark.parametrize("of", ["tea", "pop"])
def test_a_wrong_secret_is_refused(node: Node, served: Aliyun, of: str) -> None:
    with pytest.raises(NodeError) as refused:
        Sdk(node, served, of, secret="another")("DescribeVpcs")
    assert refused.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_every_refusal_arrives_as_the_error_of_both_sdks(
    node: Node, rule_id: str, story: Story, options: dict[str, Any]
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
    with aliyun(net.cloud, sockets=True, keys=KEYS) as api:
        with pytest.raises(NodeError) as of_tea:
            Sdk(node, api)(action, **parameters)
        with pytest.raises(NodeError) as of_pop:
            Sdk(node, api, "pop")(action, **parameters)
        calls = api.calls
    assert (of_tea.value.code, of_tea.value.status) == (violations[0].code, violations[0].http_status)
    assert (of_pop.value.code, of_pop.value.name) == (violations[0].code, f"{violations[0].code}Error")
    assert [rule_id in [one.rule for one in call.violations] for call in calls] == [True, True]
    assert net.cloud.position == before
