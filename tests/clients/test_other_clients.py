"""The vendor's former SDK and Apache Libcloud, unmodified, in the process and by sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsnet.commands import CreateNetworkInterface
from ecsnet.events.network_interface import NetworkInterfaceCreated
from ecsnet.openapi import ACTIONS, InvalidRequest, request
from ecsnet.testing import Aliyun, aliyun
from tests.clients.conftest import KEYS
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.support.net import Net
from tests.support.wire import flat, parameters_of
from tests.support.witnesses import WITNESSES, Story, named

ServerException = pytest.importorskip("aliyunsdkcore.acs_exception.exceptions").ServerException
CommonRequest = pytest.importorskip("aliyunsdkcore.request").CommonRequest

VERSIONS = {"ecs": "2014-05-26", "vpc": "2016-04-28"}


class OldSdk:
    """Calls of the former SDK by action."""

    def __init__(self, api: Aliyun, **settings: Any) -> None:
        self._client = api.old_client(**settings)
        self._host = api.endpoint

    def __call__(self, action: str, *, product: str = "ecs", method: str = "POST", **parameters: Any) -> Any:
        request = CommonRequest(domain=self._host, version=VERSIONS[product], action_name=action, product=product)
        request.set_method(method)
        request.set_protocol_type("http")
        for name, value in parameters.items():
            request.add_query_param(name.replace("_", "."), value)
        return json.loads(self._client.do_action_with_exception(request))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestOldSdk:
    def test_a_network_with_an_eni_is_built_and_described(self, api: Aliyun) -> None:
        sdk = OldSdk(api)
        name = "né & ~*'()"
        vpc = sdk("CreateVpc", product="vpc", CidrBlock="10.0.0.0/8", VpcName=name)["VpcId"]
        place = {"VpcId": vpc, "ZoneId": "cn-hangzhou-b", "CidrBlock": "10.0.0.0/16"}
        vswitch = sdk("CreateVSwitch", product="ecs", method="GET", **place)["VSwitchId"]
        group = sdk("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
        eni = sdk("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupId=group)
        (shown,) = sdk("DescribeNetworkInterfaces")["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        assert shown["NetworkInterfaceId"] == eni["NetworkInterfaceId"] in api.cloud.network_interfaces
        (found,) = sdk("DescribeVpcs", product="ecs")["Vpcs"]["Vpc"]
        assert (found["VSwitchIds"], found["VpcName"]) == ({"VSwitchId": [vswitch]}, name)

    def test_its_own_requests_find_the_server(self, api: Aliyun) -> None:
        from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import (  # type: ignore[import-untyped]
            DescribeInstancesRequest,
        )

        asked = DescribeInstancesRequest()
        asked.set_InstanceIds('["i-1", "i-2"]')
        body = json.loads(api.old_client().do_action_with_exception(asked))
        assert body["TotalCount"] == 0
        assert api.calls[-1].parameters["InstanceIds"] == '["i-1", "i-2"]'

    def test_a_lost_answer_makes_a_second_eni_that_nobody_knows_of(self, sockets: bool) -> None:
        """The SDK repeats CreateNetworkInterface without a token: the leak that people pay for."""
        from aliyunsdkecs.request.v20140526.CreateNetworkInterfaceRequest import (  # type: ignore[import-untyped]
            CreateNetworkInterfaceRequest,
        )

        net = Net()
        with aliyun(net.cloud, sockets=sockets, keys=KEYS) as api:
            api.faults.add(action="CreateNetworkInterface", nth=1, drop="after")
            asked = CreateNetworkInterfaceRequest()
            asked.set_protocol_type("http")
            asked.set_VSwitchId(net.vswitch.id)
            asked.set_SecurityGroupId(net.group.id)
            body = json.loads(api.old_client().do_action_with_exception(asked))
            assert body["NetworkInterfaceId"] in net.cloud.network_interfaces
            assert len(net.cloud.history(type=NetworkInterfaceCreated)) == 2
            assert [one.fault for one in api.calls] == ["drop after", None]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("rule_id", "story", "options"), named(WITNESSES))
def test_every_refusal_arrives_as_the_exception_of_the_former_sdk(
    rule_id: str, story: Story, options: dict[str, Any]
) -> None:
    net = Net(**options)
    command = story(net)
    action = type(command).__name__
    row = ACTIONS[action]
    if row.product == "ecsnet":
        pytest.skip("the API has no such action")
    parameters = dict(flat(parameters_of(command)))
    try:
        said = request(action, parameters).command
    except InvalidRequest:
        said = None
    if said != command:
        pytest.skip("the parameters of the API cannot say this")
    violations = net.cloud.check(command).violations
    with aliyun(net.cloud, keys=KEYS) as api, pytest.raises(ServerException) as refused:
        OldSdk(api)(action, product=row.product, **parameters)
    assert refused.value.get_error_code() == violations[0].code
    assert refused.value.get_http_status() == violations[0].http_status
    assert rule_id in [one.rule for one in api.calls[-1].violations]


class TestLibcloud:
    @pytest.fixture
    def net(self) -> Net:
        return Net()

    def driver(self, api: Aliyun) -> Any:
        pytest.importorskip("libcloud")
        from libcloud.compute.providers import get_driver  # type: ignore[import-untyped]
        from libcloud.compute.types import Provider  # type: ignore[import-untyped]

        host, _, port = api.endpoint.partition(":")
        make = get_driver(Provider.ALIYUN_ECS)
        return make("testid", "testsecret", region="cn-hangzhou", secure=False, host=host, port=int(port or 80))

    def test_a_node_is_listed_stopped_started_and_destroyed(self, net: Net, sockets: bool) -> None:
        vm = net.run()
        with aliyun(net.cloud, sockets=sockets, keys=KEYS) as api:
            driver = self.driver(api)
            (node,) = driver.list_nodes()
            assert (node.id, node.private_ips, str(node.state)) == (vm.id, [vm.private_ip], "running")
            assert driver.stop_node(node, ex_force_stop=True)
            assert str(net.cloud.instances[vm.id].status) == "Stopped"
            assert driver.start_node(node)
            assert str(net.cloud.instances[vm.id].status) == "Running"
            driver.stop_node(node)
            assert driver.destroy_node(node)
            assert not net.cloud.instances

    def test_a_node_is_created(self, net: Net, sockets: bool) -> None:
        with aliyun(net.cloud, sockets=sockets, keys=KEYS) as api:
            driver = self.driver(api)
            size = next(one for one in driver.list_sizes() if one.id == "ecs.g5.large")
            image = driver.list_images()[0]
            node = driver.create_node(
                "web", size, image, ex_security_group_id=net.group.id, ex_vswitch_id=net.vswitch.id
            )
            assert node.name == "web"
            assert str(net.cloud.instances[node.id].status) == "Running"

    def test_what_it_lists(self, net: Net, sockets: bool) -> None:
        with aliyun(net.cloud, sockets=sockets, keys=KEYS) as api:
            driver = self.driver(api)
            assert "cn-hangzhou" in [one.id for one in driver.list_locations()]
            assert [one.id for one in driver.ex_list_security_groups()] == [net.group.id]
            assert driver.ex_list_zones()

    def test_a_refusal(self, net: Net, sockets: bool) -> None:
        net.run()
        with aliyun(net.cloud, sockets=sockets, keys=KEYS) as api:
            driver = self.driver(api)
            from libcloud.common.exceptions import BaseHTTPError  # type: ignore[import-untyped]

            with pytest.raises(BaseHTTPError, match="DependencyViolation"):
                driver.ex_delete_security_group_by_id(net.group.id)
            assert net.group.id in net.cloud.security_groups


def test_the_interception_leaves_other_hosts_alone_and_ends(api: Aliyun, sockets: bool) -> None:
    requests = pytest.importorskip("requests")
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get("http://127.0.0.1:1/", timeout=1)
    if not sockets:
        assert b"RequestId" in requests.get("https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeVpcs").content


def test_a_client_that_was_made_before_is_answered_from_inside() -> None:
    requests = pytest.importorskip("requests")
    session = requests.Session()
    before = requests.adapters.HTTPAdapter.send
    net = Net()
    net.cloud.execute(CreateNetworkInterface(vswitch_id=net.vswitch.id, security_group_ids=[net.group.id]))
    with aliyun(net.cloud) as outer, aliyun() as inner:
        session.get("https://ecs.aliyuncs.com/", params={"Action": "DescribeVpcs"})
        assert (len(outer.calls), len(inner.calls)) == (0, 1)
    assert requests.adapters.HTTPAdapter.send is before
