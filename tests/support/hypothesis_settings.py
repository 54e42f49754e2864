"""The number of examples that Hypothesis tries, and the settings of tests that must do the same each time."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, settings

_SHARE: Final = {"dev": 0.1, "ci": 1.0, "deep": 50.0}
PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
REPRODUCIBLE: Final = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)
"""For a test whose outcome is fixed, whatever the profile: the same examples each time, none of them stored."""


def load_profile() -> None:
    """Registers the profiles and loads the one that the environment names: few examples, those of CI, or very many."""
    settings.register_profile("dev", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(
        "ci", max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.register_profile("deep", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile(PROFILE)


def budget(tries: int) -> int:
    """Returns how many examples an attack tries: a tenth of ``tries`` by default, all in CI, far more under "deep"."""
    return max(1, round(tries * _SHARE.get(PROFILE, 1.0)))
