"""Packer of Debian with its builder ``alicloud-ecs``, which is written in Go, unmodified, by sockets."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ecsnet.events.eip import EipAddressAssociated, EipAddressReleased
from ecsnet.testing import Aliyun, aliyun
from tests.clients.conftest import KEYS
from tests.clients.programs import environment, installed, run

BUILDER = {
    "type": "alicloud-ecs",
    "access_key": "testid",
    "secret_key": "testsecret",
    "region": "cn-hangzhou",
    "source_image": "centos_7",
    "instance_type": "ecs.g5.xlarge",
    "image_name": "web",
    "communicator": "none",
    "skip_image_validation": True,
}


def build(api: Aliyun, folder: Path, **changes: Any) -> CompletedProcess[str]:
    """Builds an image. Without a communicator nothing is done on the instance: it is made, started and stopped."""
    packer = str(installed("debian") / "usr" / "bin" / "packer")
    template = folder / "template.json"
    template.write_text(json.dumps({"builders": [{**BUILDER, **changes}]}), encoding="utf-8")
    return run([packer, "build", str(template)], environment(api, folder, CHECKPOINT_DISABLE="1", PACKER_NO_COLOR="1"))


def actions_of(api: Aliyun) -> list[str]:
    """The actions without those that look, each once. The SDK asks for endpoints by TLS, which is refused."""
    return list(dict.fromkeys(one.action for one in api.calls if one.action and "Describe" not in one.action))


def test_an_image_is_built_in_a_network_that_is_made_and_unmade_for_it(tmp_path: Path) -> None:
    with aliyun(sockets=True, keys=KEYS) as api:
        done = build(api, tmp_path)
        assert done.returncode == 0, done.stdout[-3000:]
        assert "cn-hangzhou: m-" in done.stdout
        assert actions_of(api) == [
            *("CreateKeyPair", "CreateVpc", "CreateVSwitch", "CreateSecurityGroup"),
            *("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroup", "CreateInstance"),
            *("AllocateEipAddress", "AssociateEipAddress", "AttachKeyPair", "StartInstance", "StopInstance"),
            *("CreateImage", "ModifyImageSharePermission", "DetachKeyPair"),
            *("UnassociateEipAddress", "ReleaseEipAddress", "DeleteInstance"),
            *("DeleteSecurityGroup", "DeleteVSwitch", "DeleteVpc", "DeleteKeyPairs"),
        ]
        assert len(api.cloud.history(type=EipAddressAssociated)) == len(api.cloud.history(type=EipAddressReleased)) == 1
        assert repr(api.cloud) == "<Cloud cn-hangzhou: empty>"
        assert [call.code for call in api.calls if call.action and call.code] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"instance_type": "ecs.none.large"}, None),
        ({"secret_key": "another"}, "SignatureDoesNotMatch"),
    ],
    ids=["an unknown type", "a wrong secret"],
)
def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path, changes: dict[str, str], code: str | None) -> None:
    with aliyun(sockets=True, keys=KEYS) as api:
        done = build(api, tmp_path, **changes)
        assert done.returncode == 1
        assert code is None or f"ErrorCode: {code}" in done.stdout
        assert repr(api.cloud) == "<Cloud cn-hangzhou: empty>"


def test_a_refusal_arrives_with_its_code_and_what_was_made_is_deleted(tmp_path: Path) -> None:
    with aliyun(sockets=True, keys=KEYS) as api:
        api.faults.add(action="StartInstance", code="InvalidInstanceStatus.NotRunning", http_status=403)
        done = build(api, tmp_path)
        assert done.returncode == 1
        assert "ErrorCode: InvalidInstanceStatus.NotRunning" in done.stdout
        assert repr(api.cloud) == "<Cloud cn-hangzhou: empty>"
