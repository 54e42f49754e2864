"""Measures calls of the vendor's SDK, in the process and to a server, beside moto's two modes through boto3.

The calls that match are create an ENI, attach and detach it, and describe one by its id. The SDK's own share is that of
a client whose transport answers at once; to a server it includes that of `requests`, which asks an adapter that answers
at once. No server in the process can be faster than one that sends the same bytes without looking at the request: the
floor of calls by sockets. It needs the extra ``bench``.
"""

# a benchmark prints

from __future__ import annotations

import io
import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any

import boto3  # type: ignore[import-untyped]
from alibabacloud_ecs20140526 import models as m  # type: ignore[import-untyped]
from alibabacloud_ecs20140526.client import Client  # type: ignore[import-untyped]
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]
from moto import mock_aws
from moto.server import ThreadedMotoServer

from benchmarks._measure import Contender, Effort, measure, per_operation
from ecsnet import Cloud
from ecsnet import commands as c
from ecsnet.testing import aliyun

REGION = "cn-hangzhou"


class Ours:
    """Calls of the vendor's SDK against a cloud with so many ENIs."""

    def __init__(self, api: Any, vswitch_id: str, group_id: str, instance_id: str, eni_id: str) -> None:
        self.client = Client(api.config())
        self.cloud = api.cloud
        self.new = m.CreateNetworkInterfaceRequest(region_id=REGION, v_switch_id=vswitch_id, security_group_id=group_id)
        self.one = m.DescribeNetworkInterfacesRequest(region_id=REGION, network_interface_id=[eni_id])
        self.page = m.DescribeNetworkInterfacesRequest(region_id=REGION, max_results=100)
        self.put = m.AttachNetworkInterfaceRequest(
            region_id=REGION, network_interface_id=eni_id, instance_id=instance_id
        )
        self.take = m.DetachNetworkInterfaceRequest(
            region_id=REGION, network_interface_id=eni_id, instance_id=instance_id
        )

    def create(self) -> None:
        self.client.create_network_interface(self.new)

    def move(self) -> None:
        self.client.attach_network_interface(self.put)
        self.client.detach_network_interface(self.take)

    def describe(self) -> None:
        self.client.describe_network_interfaces(self.one)

    def describe_page(self) -> None:
        self.client.describe_network_interfaces(self.page)


def network(interfaces: int) -> tuple[Cloud, tuple[str, str, str, str]]:
    """Returns a cloud with so many ENIs, and the ids of a VSwitch, a group, an instance and a free ENI."""
    cloud = Cloud()
    for name in ("interfaces-per-region", "addresses-per-security-group"):
        cloud.execute(c.SetQuota(name=name, value=1_000_000))
    vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/8"))
    vsw = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id=f"{REGION}-b", cidr_block="10.0.0.0/16"))
    sg = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    run = c.RunInstances(instance_type="ecs.g5.xlarge", vswitch_id=vsw.id, security_group_ids=[sg.id])
    (vm,) = cloud.execute(run)
    command = c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id])
    for _ in range(interfaces):
        eni = cloud.execute(command)
    return cloud, (vsw.id, sg.id, vm.id, eni.id)


class Motos:
    """The matching calls of boto3."""

    def __init__(self, endpoint: str | None = None) -> None:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        ec2 = self.ec2 = boto3.client("ec2", region_name="eu-west-1", endpoint_url=endpoint, **keys)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/16")["Subnet"]["SubnetId"]
        self.group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        image = ec2.describe_images()["Images"][0]["ImageId"]
        run = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=self.subnet)
        self.instance = run["Instances"][0]["InstanceId"]
        self.eni = self._create()

    def _create(self) -> str:
        made = self.ec2.create_network_interface(SubnetId=self.subnet, Groups=[self.group])
        eni_id: str = made["NetworkInterface"]["NetworkInterfaceId"]
        return eni_id

    def create(self) -> None:
        self._create()

    def move(self) -> None:
        made = self.ec2.attach_network_interface(NetworkInterfaceId=self.eni, InstanceId=self.instance, DeviceIndex=1)
        self.ec2.detach_network_interface(AttachmentId=made["AttachmentId"])

    def describe(self) -> None:
        self.ec2.describe_network_interfaces(NetworkInterfaceIds=[self.eni])


@contextmanager
def moto_server() -> Iterator[str]:
    """A server of moto's, in a thread."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def canned_server(ours: Ours) -> Iterator[Callable[[], None]]:
    """A server in a thread that sends the answer of a describe without looking at the request, and a call of it."""
    body = json.dumps(ours.client.describe_network_interfaces(ours.one).body.to_map()).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = head.encode() + body
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while connection.recv(65_536):
                connection.sendall(answer)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    endpoint = f"127.0.0.1:{listening.getsockname()[1]}"
    client = Client(Config(access_key_id="a", access_key_secret="b", endpoint=endpoint, protocol="http"))
    try:
        yield lambda: client.describe_network_interfaces(ours.one)
    finally:
        listening.close()


def run(effort: Effort) -> None:
    """Measures the calls, the start and the end, and prints their tables."""
    calls = effort.of(200)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with ExitStack() as stack:
        cloud, ids = network(100)
        sockets = Ours(stack.enter_context(aliyun(cloud, sockets=True)), *ids)
        peer = Motos(stack.enter_context(moto_server()))
        _compare("server in a thread", sockets, peer, calls, effort, "at most a fifth")
        floor = "describe, a server that sends the same bytes"
        canned = stack.enter_context(canned_server(sockets))
        contenders = [
            Contender(floor, _timed(canned, calls)),
            Contender("describe, ecsnet", _timed(sockets.describe, calls), floor, "1 ms"),
        ]
        measure("the floor of calls by sockets", contenders, effort.rounds)
    with ExitStack() as stack:
        cloud, ids = network(100)
        stack.enter_context(mock_aws())
        peer = Motos()
        # entered inside of moto's, so that ecsnet's interception is the outer one
        inside = Ours(stack.enter_context(aliyun(cloud)), *ids)
        _compare("in the process", inside, peer, calls, effort, "at most an eighth")
        page = Contender("a page of 100", _timed(inside.describe_page, calls), target="2 ms")
        floors = [
            Contender("the SDK alone", _timed(_floor(inside), calls)),
            Contender("the SDK and requests alone", _timed(_floor_of_requests(inside), calls)),
            Contender("the SDK alone, a page of 100", _timed(_floor(inside, inside.page), calls)),
        ]
        measure("the SDK's own share, and a page", [*floors, page], effort.rounds)
    sizes = []
    with ExitStack() as stack:
        for size in (effort.of(1_000), effort.of(50_000)):
            cloud, ids = network(size)
            one = Ours(stack.enter_context(aliyun(cloud, sockets=True)), *ids)
            sizes.append(Contender(f"describe by id of {size:,} ENIs", _timed(one.describe, calls)))
        measure("describe by id", sizes, effort.rounds)
    _lives(effort, calls)


def _compare(title: str, ours: Ours, peer: Motos, calls: int, effort: Effort, target: str) -> None:
    for name in ("create", "move", "describe"):
        contenders = [
            Contender("moto", _timed(getattr(peer, name), max(10, calls // 10))),
            Contender("ecsnet", _timed(getattr(ours, name), calls), "moto", target),
        ]
        measure(f"{name} an ENI, {title}", contenders, effort.rounds)


def _timed(work: Callable[[], None], calls: int) -> Callable[[], float]:
    return lambda: per_operation(work, calls)


def _floor(ours: Ours, asked: Any = None) -> Callable[[], None]:
    """The SDK with a transport that answers at once."""
    from darabonba.core import DaraCore, DaraResponse  # type: ignore[import-untyped]

    asked = asked or ours.one
    body = json.dumps(ours.client.describe_network_interfaces(asked).body.to_map()).encode()

    def answer(request: Any, runtime_option: Any = None) -> Any:
        response = DaraResponse()
        response.status_code, response.status_message = 200, "OK"
        response.headers = {"content-type": "application/json"}
        response.body = body
        return response

    return _replacing(DaraCore, "do_action", staticmethod(answer), lambda: _describe(ours, asked))


def _floor_of_requests(ours: Ours) -> Callable[[], None]:
    """The SDK and `requests`, of which an adapter answers at once."""
    from requests import Response
    from requests.adapters import HTTPAdapter

    body = json.dumps(ours.client.describe_network_interfaces(ours.one).body.to_map()).encode()
    server = m.DescribeNetworkInterfacesRequest(region_id=REGION, network_interface_id=ours.one.network_interface_id)
    client = Client(Config(access_key_id="a", access_key_secret="b", endpoint="127.0.0.1", protocol="http"))

    def send(adapter: Any, request: Any, **kwargs: Any) -> Any:
        response = Response()
        response.status_code, response.reason, response.raw = 200, "OK", io.BytesIO(body)
        response.headers["content-type"] = "application/json"
        response.url, response.request = request.url, request
        return response

    return _replacing(HTTPAdapter, "send", send, lambda: client.describe_network_interfaces(server))


def _describe(ours: Ours, asked: Any) -> None:
    ours.client.describe_network_interfaces(asked)


def _replacing(owner: Any, name: str, other: Any, call: Callable[[], object]) -> Callable[[], None]:
    """Returns a call during which an attribute is another one."""
    original = vars(owner)[name]

    def work() -> None:
        setattr(owner, name, other)
        try:
            call()
        finally:
            setattr(owner, name, original)

    return work


def _lives(effort: Effort, calls: int) -> None:
    def inside() -> None:
        with aliyun():
            pass

    def server() -> None:
        with aliyun(sockets=True):
            pass

    contenders = [
        Contender("in the process", _timed(inside, calls), target="1 ms"),
        Contender("server in a thread, start and stop", _timed(server, calls), target="20 ms and 20 ms"),
    ]
    measure("a fresh API", contenders, effort.rounds)
