"""Shows addresses of stores, such as ``postgresql://user@host/database``, without their secrets."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"([a-z][a-z0-9+.-]*://)(?:([^:@/?#]*)(:[^/?#]*)?@)?([^@?#]*)(?:[?#][^@]*)?", re.DOTALL)

_WITH_TOKENS: Final = frozenset({"nats://", "tls://"})
"""Schemes of addresses that have a token, a secret, in the place of a user without a password."""
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.%]*\]|[^:\[\]]*)(:\d*)?")


def shown_address(address: str) -> str:
    """Returns an address without its password and its parameters, or only how it begins if it cannot be understood."""
    found = _ADDRESS.fullmatch(address)
    if found is None or not all(map(_HOST.fullmatch, found[4].partition("/")[0].split(","))):
        scheme = address.partition("://")[0]
        return f"{scheme if scheme.isalpha() else ''}://…"
    scheme, user, password, rest = found.groups()
    is_token = password is None and scheme in _WITH_TOKENS
    return f"{scheme}{user}@{rest}" if user and not is_token else f"{scheme}{rest}"
