"""For tests: the invariants that no sequence of commands ever breaks."""

from __future__ import annotations

from ecsnet.cloud import Cloud
from ecsnet.domain.invariants import Breach, breaches

__all__ = ["Breach", "invariants"]


def invariants(cloud: Cloud) -> tuple[Breach, ...]:
    """The breaches of the global invariants: always empty, by construction, unless they were imported.

    Quotas are checked as they are set now: a quota that was set below what was in use already counts as a breach.
    """
    return breaches(cloud._world())
