"""Shared set-up of the tests with real clients, which are skipped where the extra ``clients`` is not installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ecsnet.testing import Aliyun, aliyun

KEYS = {"testid": "testsecret"}


@pytest.fixture(params=[False, True], ids=["inside", "sockets"])
def sockets(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def api(sockets: bool) -> Iterator[Aliyun]:
    """The API over a fresh cloud, in the process and as a server; signatures are verified."""
    with aliyun(sockets=sockets, keys=KEYS) as entered:
        yield entered
