"""``ecsnet serve`` in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud

PROGRAM = """
import signal
from ecsnet.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background inherits that it is ignored
main()
"""


@contextmanager
def served(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-c", PROGRAM, "serve", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline() or "{}")
    finally:
        process.kill()
        process.communicate()


def get(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return json.loads(error.read())


def test_it_says_where_it_is_and_ends_cleanly(tmp_path: Path) -> None:
    store = tmp_path / "network.db"
    faults = tmp_path / "faults.json"
    faults.write_text('[{"action": "CreateVpc", "nth": 2, "code": "Throttling"}]')
    with served("--store", str(store), "--faults", str(faults), "--settle-after", "2", "--strict") as (process, told):
        endpoint = told["endpoint"]
        assert endpoint.startswith("http://127.0.0.1:")
        assert told["environment"]["http_proxy"] == endpoint
        create = f"{endpoint}/?Action=CreateVpc&Format=JSON"
        vpc_id = get(create)["VpcId"]
        assert get(create)["Code"] == "Throttling"
        assert get(f"{create}&Brandnew=1")["Code"] == "InvalidParameter"
        assert get(f"{endpoint}/_ecsnet/health")["status"] == "ok"
        request = urllib.request.Request(f"{endpoint}/_ecsnet/reset", data=b"{}", method="POST")
        with pytest.raises(urllib.error.HTTPError, match="409"):
            urllib.request.urlopen(request, timeout=20)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")
    with Cloud(store) as cloud:
        assert list(cloud.vpcs) == [vpc_id]


def test_its_log_has_a_line_for_each_call_and_no_secrets() -> None:
    with served("--log", "--edition", "current") as (process, told):
        get(f"{told['endpoint']}/?Action=CreateVpc&Format=JSON&Password=Secret-1&AccessKeyId=ak-1&Signature=sig-1")
        get(f"{told['endpoint']}/?Action=DescribeBananas&Format=JSON")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    lines = [json.loads(line) for line in errors.splitlines()]
    answered = [(one["action"], one["http_status"], one["code"]) for one in lines if one["event"] == "answered"]
    assert answered == [("CreateVpc", 200, None), ("DescribeBananas", 404, "InvalidAction.NotFound")]
    assert not [secret for secret in ("Secret-1", "ak-1", "sig-1") if secret in errors]
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--polls", "2", "--settle-after", "3"], "exclude each other"),
        (["--faults", "none.json"], "none.json"),
        (["--port", "99999"], "99999"),
        (["--host", "192.0.2.1"], "ecsnet:"),
        (["--region-id", "banana!"], "region_id"),
    ],
)
def test_what_cannot_be_served_is_said_on_a_line(options: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from ecsnet.cli import main; main()", "serve", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
