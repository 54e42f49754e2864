"""Shows addresses of stores, such as ``postgresql://user@host/database``, without their secrets."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = r"([a-z][a-z0-9+.-]*://)(?:([^:@/?#]*)(:[^/?#]*)?@)?([^@?#]*)(?:[?#][^@]*)?"

_WITH_TOKENS: Final = frozenset({"nats://", "tls://"})
"""Schemes of addresses that have a token, a secret, in the place of a user without a password."""
_HOST: Final = r"(\[[0-9a-fA-F:.%]*\]|[^:\[\]]*)(:\d*)?"


def shown_address(address: str) -> str:
    """Returns an address without its password and its parameters, or only how it begins if it cannot be understood."""
    found = re.fullmatch(_ADDRESS, address, re.DOTALL)
    if found is None or not all(re.fullmatch(_HOST, host) for host in found[4].partition("/")[0].split(",")):
        scheme = address.partition("://")[0]
        return f"{scheme if scheme.isalpha() else ''}://…"
    scheme, user, password, rest = found.groups()
    is_token = password is None and scheme in _WITH_TOKENS
    return f"{scheme}{user}@{rest}" if user and not is_token else f"{scheme}{rest}"
