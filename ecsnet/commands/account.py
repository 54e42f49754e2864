"""Commands on an account's quotas."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Quota


class SetQuota(Command[Quota], frozen=True, kw_only=True):
    """What a ticket to the vendor does: another limit for the account in a region (`ecsnet.values.QUOTAS` names them).

    A lower limit than what is in use takes nothing away; it only refuses more.
    """

    name: str
    value: int
    region_id: str | None = None
