"""A cloud that is folded again from the history of another one."""

from __future__ import annotations

from ecsnet import Cloud
from ecsnet.testing._scenarios import stored_again


def replayed(cloud: Cloud) -> Cloud:
    """Returns a cloud with the settings of another one, and with its history, encoded, decoded and folded again."""
    return Cloud(
        stored_again(cloud.history()),
        region_id=cloud.region_id,
        account_id=cloud.account_id,
        clock=cloud.clock,
        settle_after=cloud.settle_after,
        rules=cloud.rules,
    )
