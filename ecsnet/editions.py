"""Editions: what the vendor's documentation says at a time, where that differs from the guide of March 2019.

An edition is data: the default quotas, and the catalogue of instance types. A history records the edition that it was
made under, unless that is the guide's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

import attrs

from ecsnet._attrs import frozen
from ecsnet.values import QUOTAS, UNKNOWN_QUOTA

Catalogue = Literal["2019-04", "2021-07"]
"""The month whose numbers of ENIs and queues count, where the two differ."""
GUIDE: Final = "2019-03"
"""The edition of the guide, which is the default."""


@frozen(kw_only=True)
class Difference:
    """A statement that differs from the guide's edition.

    ``name`` is a quota, or ``"instance types"``; ``guide`` and ``here`` say what is so in either edition, ``rule`` is
    the id of the rule that it concerns. ``source`` is the vendor's page that says so, ``date`` that of the page, or the
    day on which it was read, of one that has none.
    """

    name: str
    guide: str
    here: str
    rule: str
    source: str
    date: str


@frozen(kw_only=True)
class Edition:
    """The state of the vendor's documentation at a time.

    ``quotas`` are the defaults by name; one that is `ecsnet.values.UNKNOWN_QUOTA` denies nothing until it is set.
    ``catalogue`` is the month of the instance types. ``differences`` from the guide's edition are those of
    ``docs/editions.md``.
    """

    id: str
    quotas: Mapping[str, int] = attrs.field(hash=False)
    catalogue: Catalogue
    differences: tuple[Difference, ...] = ()


_DIFFERENCES: Final = (
    Difference(
        name="addresses-per-available-interface",
        guide="10",
        here="49",
        rule="interface.assign.available-limit",
        source="AssignPrivateIpAddresses and CreateNetworkInterface, in the models of the SDKs 6.0.0 and 7.11.8. The "
        "text of the parameter PrivateIpAddress.N still has lower numbers, as has the resource type of ROS",
        date="2026-11-23",
    ),
    Difference(
        name="addresses-per-interface",
        guide="20",
        here="as many as the instance type allows",
        rule="interface.assign.limit",
        source="AssignPrivateIpAddresses in the SDK 6.0.0: of an ENI that is InUse, the instance type decides alone; "
        "there are types that take 30 and 50",
        date="2026-11-23",
    ),
    Difference(
        name="vswitches-per-vpc",
        guide="24",
        here="150",
        rule="vpc.vswitch-quota",
        source="https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-createvswitch",
        date="2026-09-04",
    ),
    Difference(
        name="instance types",
        guide="numbers of ENIs and queues of 2019-04, where they were published",
        here="those of 2021-07",
        rule="interface.attach.quota",
        source="the tables of instance families, in the vendor's documentation repository AlibabaCloudDocs/ecs",
        date="2021-07-19",
    ),
)

EDITIONS: Final[Mapping[str, Edition]] = MappingProxyType(
    {
        GUIDE: Edition(id=GUIDE, quotas=MappingProxyType(QUOTAS), catalogue="2019-04"),
        "current": Edition(
            id="current",
            quotas=MappingProxyType(
                {
                    **QUOTAS,
                    "addresses-per-available-interface": 49,
                    "addresses-per-interface": UNKNOWN_QUOTA,
                    "vswitches-per-vpc": 150,
                }
            ),
            catalogue="2021-07",
            differences=_DIFFERENCES,
        ),
    }
)
"""The editions by their ids."""


def edition_problem(given: Any) -> str | None:
    """Returns what is wrong with the id of an edition, None if there is such an edition."""
    return None if isinstance(given, str) and given in EDITIONS else f"must be one of {', '.join(EDITIONS)}"
