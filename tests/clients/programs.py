"""The real clients that `install` puts into a folder, as tests run them: unmodified, in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

import pytest

from ecsnet.testing import Aliyun
from tests.clients.conftest import KEYS
from tests.clients.install import folder

LONGEST = 300.0
"""The seconds after which a client has hung."""


def installed(name: str) -> Path:
    """The folder of a kind of client. Skips the test that asks for it where it could not be had."""
    where = folder() / name
    if not (where / "installed").is_file():
        pytest.skip(f"the clients of {name} are not installed: see tests/clients/install.py")
    return where


def environment(api: Aliyun, home: Path, **further: str) -> dict[str, str]:
    """The environment that points a client at the API, without any other proxy or home of this machine."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {**kept, **api.env(), "HOME": str(home), "LC_ALL": "C.UTF-8", **further}


def run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False
    )


class NodeError(Exception):
    """An error of an SDK for Node: its name, code, HTTP status and body."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.name: str = error["name"]
        self.code: str = error["code"]
        self.status: int | None = error.get("status")
        self.data: dict[str, Any] = error.get("data") or {}


class Node:
    """A process of Node that makes calls, one after the other, with either of the vendor's SDKs."""

    def __init__(self) -> None:
        where = installed("node")
        program = shutil.which("node")
        if program is None:
            pytest.skip("there is no Node")
        script = Path(__file__).parent / "node" / "calls.js"
        self._process = subprocess.Popen(
            [program, str(script), str(where)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(
        self, api: Aliyun, sdk: str, product: str, action: str, parameters: dict[str, Any], **settings: Any
    ) -> Any:
        """Makes a call. Returns the body of its answer, or raises `NodeError`."""
        key, secret = next(iter(KEYS.items()))
        asked = {
            "sdk": sdk,
            "product": product,
            "action": action,
            "endpoint": api.endpoint,
            "key": key,
            "secret": secret,
            "parameters": {"RegionId": "cn-hangzhou", **parameters},
            **settings,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        found = json.loads(line)
        if "error" in found:
            raise NodeError(found["error"])
        return found["body"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LONGEST)
        self._process.stdout.close()
