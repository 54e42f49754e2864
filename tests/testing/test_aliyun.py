"""`aliyun` and the fixture of the plugin of pytest, without any client of the vendor's."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from ecsnet import Cloud, InvalidArgument
from ecsnet.testing import aliyun, client_environment


def test_a_subprocess_reaches_the_server_by_its_environment() -> None:
    """urllib goes by ``http_proxy``, as the vendor's older SDKs do: the host need not be known."""
    code = (
        "import urllib.request as r;"
        "print(r.urlopen('http://ecs.cn-hangzhou.aliyuncs.com/?Action=CreateVpc&Format=JSON').read().decode())"
    )
    with aliyun(sockets=True) as api:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **api.env()},
            capture_output=True,
            text=True,
            check=True,
        )
        assert '"VpcId"' in done.stdout
        assert len(api.cloud.vpcs) == 1
        assert [one.action for one in api.calls] == ["CreateVpc"]


def test_the_server_ends_with_the_block() -> None:
    with aliyun(sockets=True) as api:
        url = f"http://{api.endpoint}/?Action=DescribeRegions"
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url)


def test_settings_that_contradict_the_cloud_are_refused() -> None:
    for cloud, settle_after in (
        (Cloud(), 2),
        (Cloud(), timedelta(1)),
        (None, 0),
        (Cloud(settle_after="manual"), "manual"),
    ):
        with pytest.raises(InvalidArgument), aliyun(cloud, settle_after=settle_after):  # type: ignore[arg-type]
            pass
    with aliyun(settle_after=timedelta(seconds=3)) as api:
        assert api.cloud.settle_after == timedelta(seconds=3)


def test_the_environment_has_no_credentials_of_a_real_account() -> None:
    with aliyun(Cloud(region_id="cn-beijing"), keys={"id": "secret"}) as api:
        environment = api.env()
        assert environment["ALIBABA_CLOUD_ACCESS_KEY_ID"] == "id"
        assert environment["ALIBABA_CLOUD_REGION_ID"] == "cn-beijing"
    assert client_environment("h:1", "cn-beijing")["http_proxy"] == "http://h:1"


def test_the_fixture_is_there_in_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('number', [1, 2])\n"
        "def test_it(aliyun, number):\n"
        "    assert aliyun.cloud.position == 0\n"
        "    from ecsnet.commands import CreateVpc\n"
        "    aliyun.cloud.execute(CreateVpc(cidr_block='10.0.0.0/8'))\n"
        "    assert aliyun.calls == ()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
