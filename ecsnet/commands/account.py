"""Commands on an account's quotas."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Quota


@operation(kw_only=True)
class SetQuota(Command[Quota]):
    """Sets a quota of the account in a region, as a ticket to the vendor does. `ecsnet.values.QUOTAS` has the names.

    A lower limit than what is in use takes nothing away; it only refuses more.
    """

    name: str = attrs.field(converter=fields.quota_name)
    value: int = attrs.field(converter=fields.quota_value)
    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)
