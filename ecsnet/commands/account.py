"""Commands on an account's quotas."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.errors import InvalidCommand
from ecsnet.resources import Quota
from ecsnet.values import ACCOUNT_QUOTAS


@operation(kw_only=True)
class SetQuota(Command[Quota]):
    """Sets a quota of the account in a region, as a ticket to the vendor does. `ecsnet.values.QUOTAS` has the names.

    ``eips-per-account`` is a quota of the account over all regions, so no ``region_id`` is given for it. A lower limit
    than what is in use takes nothing away; it only refuses more.
    """

    name: str = attrs.field(converter=fields.quota_name)
    value: int = attrs.field(converter=fields.quota_value)
    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)

    def __attrs_post_init__(self) -> None:
        if self.region_id is not None and self.name in ACCOUNT_QUOTAS:
            raise InvalidCommand(
                f"is not given for {self.name}: the account has this quota over all regions", parameter="region_id"
            )
