"""Pacemaker's ``fence_aliyun`` of Debian, unmodified, by sockets: it fences a failed node, and the ENI moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ecsnet.commands import AttachNetworkInterface, DetachNetworkInterface
from ecsnet.testing import Aliyun, aliyun
from tests.clients.conftest import KEYS
from tests.clients.programs import environment, installed, run
from tests.support.net import Net

Fence = Callable[..., CompletedProcess[str]]


@pytest.fixture
def fence(tmp_path: Path) -> Fence:
    """Runs the agent: ``fence(api, "off", instance_id)``."""
    debian, python = installed("debian") / "usr", str(installed("python") / "venv" / "bin" / "python")
    agent = str(debian / "sbin" / "fence_aliyun")

    def call(api: Aliyun, action: str, plug: str | None = None, secret: str = "testsecret") -> CompletedProcess[str]:
        options = ["--region=cn-hangzhou", "--access-key=testid", f"--secret-key={secret}", f"--action={action}"]
        options += [] if plug is None else [f"--plug={plug}"]
        env = environment(api, tmp_path, PYTHONPATH=str(debian / "share" / "fence"))
        return run([python, agent, *options], env)

    return call


def actions_of(api: Aliyun) -> list[str]:
    return [call.action for call in api.calls]


def test_a_failed_node_is_fenced_and_its_eni_moves_to_the_other(fence: Fence) -> None:
    net = Net()
    failed, standby = net.run(), net.run()
    eni = net.attached(failed)
    with aliyun(net.cloud, sockets=True, keys=KEYS) as api:
        done = fence(api, "off", failed.id)
        assert (done.returncode, done.stdout.strip()) == (0, "Success: Powered OFF"), done.stderr
        assert str(net.cloud.instances[failed.id].status) == "Stopped"
        assert actions_of(api) == ["DescribeInstances", "StopInstance", "DescribeInstances"]
        assert api.calls[1].parameters["ForceStop"] == "true"
        net.cloud.execute(DetachNetworkInterface(network_interface_id=eni.id, instance_id=failed.id))
        net.cloud.execute(AttachNetworkInterface(network_interface_id=eni.id, instance_id=standby.id))
        done = fence(api, "on", failed.id)
        assert (done.returncode, done.stdout.strip()) == (0, "Success: Powered ON"), done.stderr
    assert net.cloud.network_interfaces[eni.id].instance_id == standby.id
    assert str(net.cloud.instances[failed.id].status) == "Running"


def test_nodes_are_listed(fence: Fence) -> None:
    net = Net()
    nodes = [net.run(instance_name="web"), net.run()]
    with aliyun(net.cloud, sockets=True, keys=KEYS) as api:
        done = fence(api, "list")
    assert done.stdout.split() == [f"{nodes[0].id},web", f"{nodes[1].id},"]


def test_it_waits_for_a_node_that_is_being_stopped(fence: Fence) -> None:
    net = Net()
    node = net.run()
    slow = net.cloud.fork(settle_after="manual")
    with aliyun(slow, sockets=True, keys=KEYS) as api:
        api.service.polls = 2
        done = fence(api, "off", node.id)
        assert done.returncode == 0, done.stderr
        assert actions_of(api) == ["DescribeInstances", "StopInstance", *["DescribeInstances"] * 3]


REFUSED_STOP = {"action": "StopInstance", "code": "IncorrectInstanceStatus", "http_status": 403}


@pytest.mark.parametrize(
    ("secret", "fault", "said"),
    [
        ("testsecret", REFUSED_STOP, "HTTP Status: 403 Error:IncorrectInstanceStatus"),
        ("another", None, "HTTP Status: 400 Error:InvalidAccessKeySecret"),
    ],
    ids=["a refused stop", "a wrong secret"],
)
def test_a_refusal_arrives_with_its_code(fence: Fence, secret: str, fault: dict[str, Any] | None, said: str) -> None:
    """The former SDK under it makes InvalidAccessKeySecret of SignatureDoesNotMatch, if the answer has the text that it
    signed."""
    net = Net()
    node = net.run()
    with aliyun(net.cloud, sockets=True, keys=KEYS) as api:
        if fault is not None:
            api.faults.add(**fault)
        done = fence(api, "off", node.id, secret=secret)
    assert done.returncode == 1
    assert said in done.stderr
    assert str(net.cloud.instances[node.id].status) == "Running"
