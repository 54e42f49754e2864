from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.attack.budget import PROFILE
from tests.net import Net

settings.register_profile("dev", max_examples=30, deadline=None)
settings.register_profile(
    "ci", max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=20_000, deadline=None)
settings.load_profile(PROFILE)


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def slow_net() -> Net:
    """One in which everything passes until it is settled by hand."""
    return Net(settle_after="manual")
