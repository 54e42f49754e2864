"""Requests that no client should send get an answer of the vendor's form, and lose no event."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsnet import Cloud
from ecsnet import commands as c
from ecsnet.openapi import Service
from ecsnet.openapi.admin import Admin
from ecsnet.openapi.http import LONGEST_BODY, HttpRequest, read_request
from ecsnet.openapi.selection import matches
from tests.support import fuzzing
from tests.support.fuzzing import Fuzz, problem_of
from tests.support.hypothesis_settings import budget
from tests.support.net import Net
from tests.support.wire import call, status


@pytest.mark.parametrize("seed", [1, 2])
def test_no_request_makes_an_internal_error(seed: int) -> None:
    codes = Fuzz(seed).send(budget(1_500))
    assert len(codes) > 10
    assert codes["OK"] > codes.total() / 20


def test_what_is_sent_follows_from_the_seed() -> None:
    first, same, other = Fuzz(3), Fuzz(3), Fuzz(4)
    for one in (first, same, other):
        one.look()
    assert [first.request() for _ in range(20)] == [same.request() for _ in range(20)]
    assert first.request() != other.request()


def test_an_internal_error_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*given: Any, **more: Any) -> Any:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(Cloud, "describe", failing)
    with pytest.raises(AssertionError, match="an internal error"):
        Fuzz(1).send(300)


def test_an_event_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Service, "_note_events", lambda service, asked: None)
    with pytest.raises(AssertionError, match="an event is lost"):
        Fuzz(1).send(300)


@pytest.mark.parametrize(
    ("answer", "code", "problem"),
    [
        (b"", "ConnectionDropped", None),
        (b"HTTP/1.1 200 OK\r\n\r\n", "ConnectionDropped", "a dropped call has an answer"),
        (b"HTTP/1.1 500 X\r\n\r\n<Error/>", "X", "an internal error"),
        (b"HTTP/1.1 200 OK\r\n\r\n<a", None, "a body of no form"),
        (b"HTTP/1.1 200 OK\r\n\r\n<a/>", None, "an answer of another form"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{", None, "a body of no form"),
        (b"HTTP/1.1 200 OK\r\n\r\n<a><RequestId>1</RequestId></a>", None, "a malformed request succeeded"),
        (b"HTTP/1.1 400 X\r\n\r\n<a><RequestId>1</RequestId><Code>X</Code></a>", "X", None),
    ],
)
def test_an_answer_that_is_none_is_noticed(answer: bytes, code: str | None, problem: str | None) -> None:
    assert problem_of(answer, code, b"banana") == problem


def test_the_command_sends_so_many_requests() -> None:
    told: list[str] = []
    fuzzing.main(["60", "--seed", "5"], told.append)
    assert told[0].startswith("seed 5: 60 requests")
    assert sum(int(line.split()[0]) for line in told[1:]) == 60


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a*", "abc", True),
        ("*c", "abc", True),
        ("a*c", "abc", True),
        ("a*b*c", "abc", True),
        ("*", "", True),
        ("**", "a", True),
        ("abc", "abc", True),
        ("ab", "abc", False),
        ("a*b", "abc", False),
        ("ab*bc", "abc", False),
        ("*b*b*", "abc", False),
        ("a*\n*c", "a\n\nc", True),
        ("[a]*", "a", False),
        (".*", "a", False),
    ],
)
def test_an_asterisk_stands_for_any_characters(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@given(st.text("ab*", max_size=6), st.text("ab", max_size=8))
def test_a_pattern_means_what_its_regular_expression_means(pattern: str, text: str) -> None:
    as_expression = re.escape(pattern).replace(r"\*", ".*")
    assert matches(pattern, text) is (re.fullmatch(as_expression, text) is not None)


def test_a_pattern_of_many_asterisks_takes_no_time() -> None:
    """By backtracking, it would take longer than anybody waits."""
    net = Net()
    service = Service(net.cloud)
    call(service, "CreateVpc", ResourceGroupId="a" * 100)
    net.cloud.execute(c.ModifyInstanceAttribute(instance_id=net.run().id, instance_name="a" * 100))
    for action, name in (("DescribeVpcs", "ResourceGroupId"), ("DescribeInstances", "InstanceName")):
        assert call(service, action, **{name: "*a" * 50 + "*b"})["TotalCount"] == 0
        assert call(service, action, **{name: "*a" * 50})["TotalCount"] == 1


@pytest.mark.parametrize("parameters", [{"InstanceIds": "[" * 5_000}, {"InstanceName": "[" * 5_000}])
def test_a_list_that_is_nested_too_deep_is_refused(parameters: dict[str, str]) -> None:
    assert call(Service(Cloud()), "DescribeInstances", **parameters)["Code"] == "InvalidParameter"


@pytest.mark.parametrize("action", ["ListTagResources", "DescribeVpcs", "DescribeDisks", "CreateVpc"])
def test_a_region_that_is_none_is_no_internal_error(action: str) -> None:
    service = Service(Cloud())
    call(service, action, RegionId="mars", ResourceType="vpc")
    assert service.calls[-1].code in (None, "InvalidRegionId.NotFound", "InvalidParameter")


def test_a_document_for_the_server_that_is_nested_too_deep_is_refused() -> None:
    answer = Admin(Service(Cloud())).answer(HttpRequest("POST", "/_ecsnet/reset", {}, b"[" * 5_000))
    assert answer.status == 400


def test_a_body_in_many_chunks_is_read_once() -> None:
    """Each chunk that is cut off from the rest would copy the rest."""
    body = b"Action=CreateVpc&Description=" + b"a" * 200_000
    chunks = b"1\r\na\r\n" * 200_000
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n" + body[:29] + b"\r\n"
    assert read_request(head + chunks + b"0\r\n\r\n").body == body


def test_a_body_of_ten_megabytes_is_read_and_a_longer_one_refused() -> None:
    service = Service(Cloud())
    start = b"Action=CreateVpc&Description="
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
    for length, expected in ((LONGEST_BODY, 400), (LONGEST_BODY + 1, 413)):
        body = start + b"a" * (length - len(start))
        assert status(service.respond(head % length + body)) == expected
        chunks = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % length + body + b"\r\n0\r\n\r\n"
        assert status(service.respond(chunks)) == expected
    assert [one.code for one in service.calls] == ["InvalidParameter"] * 2 + ["BadRequest"] * 2
    assert service.cloud.position == 0
