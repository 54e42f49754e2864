"""Shows addresses of stores, such as ``postgresql://user@host/database``, without their secrets."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"([a-z][a-z0-9+.-]*://)(?:([^:@/?#]*)(?::[^/?#]*)?@)?([^@?#]*)(?:[?#][^@]*)?", re.DOTALL)

_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.%]*\]|[^:\[\]]*)(:\d*)?")


def shown_address(address: str) -> str:
    """Returns an address without its password and its parameters, or only how it begins if it cannot be understood."""
    found = _ADDRESS.fullmatch(address)
    if found is None or not all(map(_HOST.fullmatch, found[3].partition("/")[0].split(","))):
        scheme = address.partition("://")[0]
        return f"{scheme if scheme.isalpha() else ''}://…"
    scheme, user, rest = found.groups()
    return f"{scheme}{user}@{rest}" if user else f"{scheme}{rest}"
