"""The log: one event for each command, by the application's structlog or the standard library, or silence."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import CapturingLogger, LogCapture, capture_logs

from ecsnet import CommandDenied
from ecsnet import commands as c
from tests.support.net import Net

KEYS = {"action", "command", "command_id", "account_id", "region_id", "positions", "event_types"}


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    """structlog is not configured when a test begins."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def one_of_each(net: Net) -> None:
    net.eni()
    with pytest.raises(CommandDenied):
        net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))


def test_capture_logs_sees_executed_and_denied_commands(net: Net) -> None:
    with capture_logs() as entries:
        one_of_each(net)
    executed, denied = entries
    assert executed.keys() == KEYS | {"event", "log_level"}
    assert denied.keys() == executed.keys() | {"rules", "codes"}
    record = net.cloud.history()[-1]
    assert (executed["event"], executed["log_level"], executed["action"]) == (
        "executed",
        "debug",
        "CreateNetworkInterface",
    )
    assert (executed["command_id"], executed["positions"]) == (record.command_id, [record.position])
    assert executed["event_types"] == ["NetworkInterfaceCreated"]
    assert (executed["account_id"], executed["region_id"]) == (net.cloud.account_id, "cn-hangzhou")
    assert (denied["event"], denied["action"], denied["positions"], denied["event_types"]) == (
        "denied",
        "DeleteVpc",
        [],
        [],
    )
    assert (denied["rules"], denied["codes"]) == (["vpc.delete.in-use"], ["DependencyViolation.VSwitch"])
    assert denied["command_id"]


def test_a_command_that_changes_nothing_is_logged_without_positions(net: Net) -> None:
    authorize = c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=net.group.id)
    net.cloud.execute(authorize)
    with capture_logs() as entries:
        net.cloud.execute(authorize)
    assert [(entry["event"], entry["positions"], bool(entry["command_id"])) for entry in entries] == [
        ("executed", [], True)
    ]


def test_the_applications_processors_are_used_and_its_context_variables_merged(net: Net) -> None:
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        net.eni()
    (entry,) = capture.entries
    assert (entry["request_id"], entry["event"], entry["action"]) == ("r-1", "executed", "CreateNetworkInterface")


def test_the_applications_logger_factory_is_used(net: Net) -> None:
    logger = CapturingLogger()
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=lambda *args: logger)
    net.eni()
    ((method, args, _),) = logger.calls
    assert method == "debug"
    assert '"action": "CreateNetworkInterface"' in args[0]


def test_an_application_that_filters_debug_events_gets_none(net: Net) -> None:
    capture = LogCapture()
    structlog.configure(processors=[capture], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    net.eni()
    assert capture.entries == []


def test_the_standard_library_is_used_while_structlog_is_not_configured(
    net: Net, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "ecsnet"):
        one_of_each(net)
    executed, denied = caplog.records
    assert (executed.getMessage(), denied.getMessage()) == ("executed", "denied")
    assert (executed.levelname, executed.name) == ("DEBUG", "ecsnet")
    facts: dict[str, Any] = vars(executed)
    assert facts.keys() >= KEYS
    assert (facts["event_types"], facts["positions"]) == (["NetworkInterfaceCreated"], [net.cloud.position])
    assert vars(denied)["rules"] == ["vpc.delete.in-use"]


def test_a_structlog_of_the_application_is_used_instead_of_the_standard_library(
    net: Net, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "ecsnet"), capture_logs() as entries:
        net.eni()
    assert len(entries) == 1
    assert not caplog.records


def test_nothing_is_printed_by_default_or_after_capture_logs(net: Net, capfd: pytest.CaptureFixture[str]) -> None:
    one_of_each(net)
    with capture_logs():
        one_of_each(net)
    assert structlog.is_configured()  # to the defaults, which would print
    one_of_each(net)
    assert capfd.readouterr() == ("", "")


def test_structlog_is_neither_imported_nor_configured_until_somebody_listens() -> None:
    code = """
import logging, sys
from ecsnet import Cloud, commands as c
cloud = Cloud()
vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
assert "structlog" not in sys.modules
assert logging.root.handlers == [] and logging.getLogger("ecsnet").level == logging.NOTSET
logging.basicConfig(level=logging.DEBUG, format="%(name)s %(message)s %(action)s")
cloud.execute(c.DeleteVpc(vpc_id=vpc.id))
import structlog
assert not structlog.is_configured()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "ecsnet executed DeleteVpc\n")
