"""Faults: which calls they strike, and what they do before and after the effect."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ecsnet import Cloud, InvalidArgument
from ecsnet.openapi import Service
from ecsnet.testing import Faults
from ecsnet.testing.faults import read_faults
from tests.support.wire import call, message, status


def service_with(faults: Faults) -> Service:
    return Service(Cloud(), faults=faults)


def codes(service: Service) -> list[str | None]:
    return [one.code for one in service.calls]


def test_the_nth_call_of_an_action_is_struck() -> None:
    faults = Faults()
    rule = faults.add(action="CreateVpc", nth=2, code="OperationConflict")
    service = service_with(faults)
    for action in ("CreateVpc", "DescribeVpcs", "CreateVpc", "CreateVpc"):
        call(service, action)
    assert codes(service) == [None, None, "OperationConflict", None]
    assert service.calls[2].http_status == 409
    assert (rule.seen, rule.struck) == (3, 1)
    assert len(service.cloud.vpcs) == 2


def test_a_pattern_a_predicate_and_a_number_of_times() -> None:
    faults = Faults()
    faults.add(action="Describe*", when=lambda action, parameters: "VpcId" in parameters, times=1, code="Throttling")
    service = service_with(faults)
    for parameters in ({}, {"VpcId": "vpc-1"}, {"VpcId": "vpc-1"}):
        call(service, "DescribeVpcs", **parameters)
    assert codes(service) == [None, "Throttling", None]


def test_a_probability_goes_by_its_seed() -> None:
    def struck(seed: int) -> list[str | None]:
        faults = Faults(seed)
        faults.add(probability=0.5, code="InternalError")
        service = service_with(faults)
        for _ in range(50):
            call(service, "DescribeVpcs")
        return codes(service)

    assert struck(1) == struck(1) != struck(2)
    assert 10 < struck(1).count(None) < 40


def test_throttling_says_how_long_to_wait() -> None:
    faults = Faults()
    faults.add(nth=1, code="Throttling.User", retry_after=1.5)
    answer = service_with(faults).respond(message("DescribeVpcs"))
    assert status(answer) == 400
    assert b"\r\nx-acs-retry-after: 1500\r\n" in answer


def test_a_dropped_answer_is_empty_and_its_effect_is_there_or_not() -> None:
    faults = Faults()
    faults.add(action="CreateVpc", nth=1, drop="before")
    faults.add(action="CreateVpc", nth=1, drop="after")
    service = service_with(faults)
    assert service.respond(message("CreateVpc")) == b""
    assert not service.cloud.vpcs
    assert service.respond(message("CreateVpc")) == b""
    assert len(service.cloud.vpcs) == 1
    assert [one.fault for one in service.calls] == ["drop before", "drop after"]
    assert [len(one.events) for one in service.calls] == [0, 1]


def test_a_slow_call_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    faults = Faults()
    faults.add(slow=2.5, times=1)
    service = service_with(faults)
    call(service, "CreateVpc")
    call(service, "CreateVpc")
    assert waited == [2.5]
    assert [one.fault for one in service.calls] == ["slow 2.5s", None]


def test_stale_reads_lag_behind() -> None:
    faults = Faults()
    faults.read_stale(1)
    service = service_with(faults)
    for expected in (0, 1, 2):
        call(service, "CreateVpc")
        assert call(service, "DescribeVpcs")["TotalCount"] == expected
    faults.clear()
    assert call(service, "DescribeVpcs")["TotalCount"] == 3


def test_a_token_whose_request_failed_has_failed() -> None:
    faults = Faults()
    faults.fail_tokens()
    faults.add(action="CreateVpc", nth=1, code="InternalError")
    service = service_with(faults)
    for token in ("t-1", "t-1", "t-2"):
        call(service, "CreateVpc", ClientToken=token)
    assert codes(service) == ["InternalError", "IdempotentFailed", None]


def test_a_fault_is_no_event() -> None:
    faults = Faults()
    faults.add(code="InternalError", times=3)
    service = service_with(faults)
    for _ in range(3):
        call(service, "CreateVpc")
    assert service.cloud.position == 0


def test_checking_uses_no_fault_up() -> None:
    from ecsnet.commands import CreateVpc

    faults = Faults()
    rule = faults.add(code="InternalError", nth=1)
    service = service_with(faults)
    assert service.cloud.check(CreateVpc(cidr_block="10.0.0.0/8"))
    assert rule.seen == 0


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"code": "X", "drop": "after"},
        {"drop": "sometimes"},
        {"code": "X", "nth": 0},
        {"code": "X", "probability": 1.5},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        Faults().add(**given)


def test_faults_are_read_from_rows() -> None:
    rows = json.loads('[{"action": "CreateVpc", "code": "Throttling"}, {"slow": 0.1, "nth": 3}]')
    faults = read_faults(rows, seed=3)
    assert [(one.action, one.code, one.slow, one.nth) for one in faults.rules] == [
        ("CreateVpc", "Throttling", 0.0, None),
        ("*", None, 0.1, 3),
    ]
    with pytest.raises(InvalidArgument, match="fault 1"):
        read_faults([{"banana": True}])
    with pytest.raises(InvalidArgument):
        Faults().read_stale(-1)
