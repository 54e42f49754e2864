"""How much an attack tries: a tenth for somebody who passes the tests, all of it in CI, far more at night."""

from __future__ import annotations

import os
from typing import Final

_SHARE: Final = {"dev": 0.1, "ci": 1.0, "deep": 50.0}
PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")


def budget(tries: int) -> int:
    """Returns how often to try what CI tries ``tries`` times."""
    return max(1, round(tries * _SHARE.get(PROFILE, 1.0)))
