"""The vendor's modules for Ansible, unmodified, by sockets: a playbook with the life of an ENI and moves of an EIP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from ecsnet.events.network_interface import NetworkInterfaceAttached
from ecsnet.openapi import Call
from ecsnet.testing import aliyun
from tests.clients.conftest import KEYS
from tests.clients.programs import environment, installed, run
from tests.support.net import Net


@attrs.frozen
class Played:
    """The results of a playbook's tasks, and the calls that the cloud was sent by them."""

    net: Net
    instances: tuple[str, str]
    results: dict[str, Any]
    calls: tuple[Call, ...]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    where, home = installed("python"), tmp_path_factory.mktemp("ansible")
    net = Net()
    first, second = net.run(), net.run()
    python = where / "venv" / "bin"
    results = home / "results.json"
    variables = {
        "ansible_python_interpreter": str(python / "python"),
        "first": first.id,
        "second": second.id,
        "vswitch": net.vswitch.id,
        "group": net.group.id,
        "results": str(results),
    }
    with aliyun(net.cloud, sockets=True, keys=KEYS) as api:
        env = environment(
            api,
            home,
            ANSIBLE_LIBRARY=str(where / "ansible" / "modules" / "cloud" / "alicloud"),
            ANSIBLE_MODULE_UTILS=str(where / "ansible" / "module_utils"),
        )
        options = ["-i", "localhost,", "-c", "local", "-e", json.dumps(variables)]
        done = run([str(python / "ansible-playbook"), *options, str(Path(__file__).parent / "playbook.yml")], env)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        calls = tuple(api.calls)
    return Played(net, (first.id, second.id), json.loads(results.read_text("utf-8")), calls)


def test_the_life_of_an_eni(played: Played) -> None:
    created, attached = played.results["created"]["interface"], played.results["attached"]["interface"]
    assert (created["name"], created["tags"], created["state"]) == ("vip", {"role": "vip"}, "available")
    assert (attached["instance_id"], attached["state"]) == (played.instances[0], "inuse")
    assert played.results["deleted"] | {"changed": True} == played.results["deleted"]
    assert not played.net.cloud.network_interfaces.where(type="Secondary")


def test_the_failover_of_an_eni_takes_the_module_two_runs(played: Played) -> None:
    detached, moved = played.results["detached"]["interface"], played.results["moved"]["interface"]
    assert (detached["instance_id"], detached["state"]) == ("", "available")
    assert (moved["instance_id"], moved["state"]) == (played.instances[1], "inuse")
    assert played.results["info"]["interfaces"] == [moved]
    attached = [one.event.instance_id for one in played.net.cloud.history(type=NetworkInterfaceAttached)]
    assert attached[-2:] == list(played.instances)


def test_a_refusal_arrives_with_its_code(played: Played) -> None:
    refused = played.results["refused"]
    (code,) = {call.code for call in played.calls} - {None}
    assert refused["failed"]
    assert code == "InvalidOperation.InvalidEniState"
    assert f"HTTP Status: 400 Error:{code}" in refused["msg"]


def test_an_eip_is_moved(played: Played) -> None:
    eips = [played.results[name]["eip"] for name in ("eip_of_first", "eip_of_second")]
    assert [one["instance_id"] for one in eips] == list(played.instances)
    assert len({one["id"] for one in eips}) == 1
    (only,) = played.net.cloud.eips.values()
    assert (only.id, only.instance_id) == (eips[1]["id"], played.instances[1])


def test_every_call_is_a_known_action_and_only_its_marker_is_ignored(played: Played) -> None:
    """Footmark sends its own parameter ``on`` along."""
    assert all(call.code != "InvalidAction.NotFound" for call in played.calls)
    assert {name for call in played.calls for name in call.ignored} <= {"on"}
