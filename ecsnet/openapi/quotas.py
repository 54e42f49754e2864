"""Quotas as DescribeAccountAttributes has them: in the region that the request named, which the response does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ecsnet.commands.fields import MOST_OF_A_QUOTA
from ecsnet.errors import InvalidResponse
from ecsnet.openapi.describe import DescribedAttribute

ATTRIBUTES: Final = {
    "max-elastic-network-interfaces": "interfaces-per-region",
    "max-security-groups": "security-groups-per-region",
}
"""The quotas of the response that are modelled, each with its name in `ecsnet.values.QUOTAS`."""


def read_quotas(path: str, attributes: Sequence[DescribedAttribute], quotas: dict[str, int]) -> None:
    """Adds the quotas of a response to those of its region. Other attributes, and those without a value, are left out.

    Raises `InvalidResponse` for a value that is no quota, and for a second value that is another one.
    """
    for number, one in enumerate(attributes):
        name = ATTRIBUTES.get(one.attribute_name)
        for place, item in enumerate(one.attribute_values.value_item):
            if name is None or item.value in (None, ""):
                continue
            at = f"{path}.AccountAttributeItem[{number}].AttributeValues.ValueItem[{place}].Value"
            value = _quota(at, str(item.value))
            if quotas.setdefault(name, value) != value:
                raise InvalidResponse(f"{one.attribute_name} is {value} here, and {quotas[name]} before", path=at)


def _quota(path: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 7 and 1 <= int(text) <= MOST_OF_A_QUOTA):
        raise InvalidResponse(f"{text[:40]!r} is no quota: a whole number from 1 to {MOST_OF_A_QUOTA:,}", path=path)
    return int(text)
