"""The server: one write an answer, keep-alive, bad clients, concurrency, and what is under ``/_ecsnet/``."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from ecsnet import Cloud, ManualClock
from ecsnet.openapi import Service
from ecsnet.openapi.admin import Admin, ShiftedClock
from ecsnet.openapi.http import LONGEST_BODY
from ecsnet.openapi.server import Server
from ecsnet.testing.faults import Faults, read_faults
from tests.support.net import START, Net


@pytest.fixture
def server() -> Iterator[Server]:
    service = Service(Cloud(clock=ShiftedClock(ManualClock(START))))
    with Server(service, admin=Admin(service, read_faults=read_faults)) as running:
        yield running


def ask(server: Server, method: str, target: str, body: str | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, target, body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def call(server: Server, action: str, **parameters: str) -> Any:
    query = "&".join(f"{name}={value}" for name, value in {"Action": action, "Format": "JSON", **parameters}.items())
    return ask(server, "POST", f"/?{query}")[1]


def test_an_answer_is_one_write_and_nothing_is_delayed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writes would wait for each other: 40 ms a call."""
    written: list[int] = []
    write = socket.SocketIO.write
    monkeypatch.setattr(socket.SocketIO, "write", lambda self, data: (written.append(len(data)), write(self, data))[1])
    options: list[Any] = []
    setup = server.RequestHandlerClass.setup

    def noting(handler: Any) -> None:
        setup(handler)
        options.append(handler.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(server.RequestHandlerClass, "setup", noting)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        for number in range(1, 4):  # one connection, kept alive
            client.sendall(b"GET /?Action=DescribeRegions HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"</DescribeRegionsResponse>"):
                answer += client.recv(1 << 20)
            assert len(written) == number
            assert written[-1] == len(answer)
    assert options == [1]


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\0\0\r\n\r\n",
        b"BREW /pot HTCPCP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 300 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
        b"PUT /?Action=CreateVpc HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"CONNECT ecs.aliyuncs.com:443 HTTP/1.1\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_in_the_vendor_s_form_and_ends(server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while data := client.recv(1 << 16):
            answer += data
    assert b"RequestId" in answer
    assert b"Traceback" not in answer
    assert server.service.cloud.position == 0
    assert "VpcId" in call(server, "CreateVpc")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /?Action=CreateV",
        b"POST / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\nAction=CreateVpc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\nAction=CreateVpc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_client_that_hangs_loses_its_connection_and_holds_nobody_up(
    server: Server, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(server.RequestHandlerClass, "timeout", 0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as hanging:
        hanging.sendall(sent)
        assert "VpcId" in call(server, "CreateVpc")
        answer = b""
        while data := hanging.recv(1 << 16):
            answer += data
    assert b"Traceback" not in answer
    assert answer == b"" or b"RequestId" in answer
    assert len(server.service.cloud.vpcs) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_ten_megabytes_are_read_and_a_byte_more_is_refused_unread(server: Server, chunked: bool) -> None:
    start = b"Action=CreateVpc&Description="
    for length, code in ((LONGEST_BODY, b"InvalidParameter"), (LONGEST_BODY + 1, b"BadRequest")):
        head = b"Transfer-Encoding: chunked\r\n\r\n%x" if chunked else b"Content-Length: %d\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            client.sendall(b"POST / HTTP/1.1\r\nConnection: close\r\n" + head % length + b"\r\n" + start)
            with suppress(OSError):  # the server closes while the client still sends
                client.sendall(b"a" * (length - len(start)) + b"\r\n0\r\n\r\n" * chunked)
            answer = b""
            with suppress(OSError):
                while data := client.recv(1 << 16):
                    answer += data
        assert code in answer or (answer == b"" and length > LONGEST_BODY)
    assert server.service.cloud.position == 0
    assert "VpcId" in call(server, "CreateVpc")


def test_a_body_in_chunks_is_read(server: Server) -> None:
    form = b"Action=CreateVpc&Format=JSON"
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(head + b"%x\r\n%s\r\n3\r\n&a=\r\n0\r\n\r\n" % (len(form), form))
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
    assert len(server.service.cloud.vpcs) == 1


def exchanged(server: Server, sent: bytes) -> bytes:
    """All bytes that come back until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(sent)
        return b"".join(iter(lambda: client.recv(1 << 16), b""))


def test_a_client_that_waits_before_its_body_is_told_to_go_on(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 22\r\n\r\n"
    answer = exchanged(server, head + b"Action=DescribeRegions")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"GET /?Action=DescribeRegions HTTP/1.0\r\n", False),
        (b"GET /?Action=DescribeRegions HTTP/1.0\r\nConnection: Keep-Alive\r\n", True),
        (b"GET /?Action=DescribeRegions HTTP/1.1\r\nConnection: close\r\n", False),
        (b"GET /?Action=DescribeRegions HTTP/1.1\r\n", True),
        (b"HEAD /?Action=DescribeRegions HTTP/1.1\r\n", True),
        (b"\r\n\r\nGET /?Action=DescribeRegions HTTP/1.1\r\n", True),
    ],
)
def test_a_connection_is_kept_as_the_client_asks(server: Server, head: bytes, kept: bool) -> None:
    last = b"GET /?Action=DescribeRegions HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert exchanged(server, head + b"\r\n" + last).count(b"HTTP/1.1 ") == (2 if kept else 1)


def test_requests_at_once_lose_nothing(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda _: call(server, "AllocateEipAddress"), range(20)))
    assert {one["AllocationId"] for one in bodies} == set(server.service.cloud.eips)
    assert len({one["RequestId"] for one in bodies}) == 20
    assert sorted(one.number for one in server.service.calls) == list(range(1, 21))
    assert all(len(one.events) >= 1 for one in server.service.calls)


def test_a_stopped_server_leaves_its_port_and_ends_its_connections() -> None:
    with Server(Service(Cloud())) as first:
        idle = socket.create_connection(("127.0.0.1", first.port), timeout=10)
        idle.sendall(b"GET /?Action=DescribeRegions HTTP/1.1\r\n\r\n")
        assert idle.recv(10) == b"HTTP/1.1 2"
    while idle.recv(1 << 20):
        pass
    idle.close()
    with Server(Service(Cloud()), port=first.port) as second:
        assert call(second, "DescribeRegions")["Regions"]
    assert not [one for one in threading.enumerate() if one.name.startswith("ecsnet server")]


def test_a_dropped_connection_has_no_answer_and_the_effect_is_there() -> None:
    faults = Faults()
    faults.add(action="CreateVpc", nth=1, drop="after")
    with Server(Service(Cloud(), faults=faults)) as server:
        with pytest.raises(http.client.RemoteDisconnected):
            call(server, "CreateVpc")
        assert len(server.service.cloud.vpcs) == 1
        assert server.service.calls[-1].code == "ConnectionDropped"


# /_ecsnet/


def test_why_gives_every_reason_with_rule_and_section() -> None:
    net = Net()
    vm = net.run()
    service = Service(net.cloud)
    with Server(service, admin=Admin(service)) as server:
        interface = vm.primary_network_interface_id or ""
        refused = call(server, "DetachNetworkInterface", NetworkInterfaceId=interface, InstanceId="i-none")
        call(server, "DescribeVpcs")
        for asked in ("", f"?call={refused['RequestId']}", "?call=1"):
            status, why = ask(server, "GET", f"/_ecsnet/why{asked}")
            assert status == 200
            assert [one["rule"] for one in why["reasons"]] == ["instance.not-found", "interface.detach.primary"]
            assert why["reasons"][1]["guide"] == "4.8"
            assert why["reasons"][0]["facts"]["ids"] == ["i-none"]
        assert refused["Recommend"] == "/_ecsnet/why?call=1"
        assert ask(server, "GET", "/_ecsnet/why?call=99")[0] == 404


def test_the_past_can_be_gone_back_to(server: Server) -> None:
    first = call(server, "CreateVpc")["VpcId"]
    second = call(server, "CreateVpc")["VpcId"]
    assert ask(server, "POST", "/_ecsnet/reset", '{"to": 1}')[1]["position"] == 1
    assert list(server.service.cloud.vpcs) == [first]
    assert call(server, "CreateVpc")["VpcId"] == second
    assert [one["type"] for one in ask(server, "GET", "/_ecsnet/history?after=1")[1]] == ["VpcCreated"]
    before = server.service.cloud
    assert ask(server, "POST", "/_ecsnet/fork")[1]["position"] == 2
    assert server.service.cloud is not before
    assert ask(server, "POST", "/_ecsnet/reset")[1]["position"] == 0
    assert not server.service.cloud.vpcs
    assert ask(server, "POST", "/_ecsnet/reset", '{"to": 99}')[0] == 400


def test_a_cloud_with_a_store_is_not_reset() -> None:
    service = Service(Cloud())
    with Server(service, admin=Admin(service, may_reset=False)) as server:
        call(server, "CreateVpc")
        assert ask(server, "POST", "/_ecsnet/reset")[0] == 409
        assert len(service.cloud.vpcs) == 1


def test_health_calls_clock_and_faults(server: Server) -> None:
    call(server, "DescribeBananas")
    call(server, "CreateVpc", Brandnew="1", Password="x")
    health = ask(server, "GET", "/_ecsnet/health")[1]
    assert (health["status"], health["unknown_actions"]) == ("ok", {"DescribeBananas": 1})
    assert {"action": "CreateVpc", "parameter": "Brandnew", "count": 1} in health["ignored"]
    calls = ask(server, "GET", "/_ecsnet/calls")[1]
    assert [(one["action"], one["code"]) for one in calls] == [
        ("DescribeBananas", "InvalidAction.NotFound"),
        ("CreateVpc", None),
    ]
    assert "Password" not in calls[1]["parameters"]
    assert ask(server, "POST", "/_ecsnet/clock", '{"advance": 3600}')[1] == {"now": "2019-03-11T09:00:00Z"}
    assert server.service.cloud.clock() == START + timedelta(hours=1)
    assert ask(server, "POST", "/_ecsnet/clock", '{"advance": -1}')[0] == 400
    rule = '[{"action": "CreateVpc", "nth": 1, "code": "Throttling"}]'
    assert ask(server, "PUT", "/_ecsnet/faults", rule)[1] == {"faults": 1}
    assert call(server, "CreateVpc")["Code"] == "Throttling"
    assert "VpcId" in call(server, "CreateVpc")
    (shown,) = ask(server, "GET", "/_ecsnet/faults")[1]
    assert (shown["action"], shown["nth"], shown["code"]) == ("CreateVpc", 1, "Throttling")
    assert (shown["seen"], shown["struck"]) == (2, 1)
    assert ask(server, "PUT", "/_ecsnet/faults", '[{"banana": 1}]')[0] == 400
    assert ask(server, "PUT", "/_ecsnet/faults", "{}")[0] == 400
    assert ask(server, "GET", "/_ecsnet/banana")[0] == 404
    assert ask(server, "DELETE", "/_ecsnet/reset")[0] == 405
    assert ask(server, "DELETE", "/_ecsnet/faults")[1] == {"error": "/_ecsnet/faults is for GET and PUT"}
    assert ask(server, "POST", "/_ecsnet/clock", "{")[0] == 400
