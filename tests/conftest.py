from __future__ import annotations

import pytest

from tests.support.hypothesis_settings import load_profile
from tests.support.net import Net

load_profile()


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def slow_net() -> Net:
    """A network in which every transition waits until it is settled by hand."""
    return Net(settle_after="manual")
