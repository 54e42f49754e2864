"""The plugin of pytest with the fixture `aliyun`: the vendor's API over a fresh cloud, for each test.

The fixture answers Python clients inside of the process. A test that wants a server, or a cloud of its own, uses
`ecsnet.testing.aliyun` as a context manager.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest


@pytest.fixture
def aliyun() -> Iterator[Any]:
    """Yields an `ecsnet.testing.Aliyun`: its ``cloud``, its ``calls``, its ``faults``, and what makes clients."""
    with import_module("ecsnet.testing").aliyun() as entered:
        yield entered
