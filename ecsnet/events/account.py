"""Events of the account itself: its quotas and its requests."""

from __future__ import annotations

from typing import Any

from ecsnet.events.base import Event


class QuotaSet(Event, frozen=True, kw_only=True):
    name: str
    value: int


class ClientTokenUsed(Event, frozen=True, kw_only=True):
    """A command came with a client token: the same token and command give ``resources`` again, for ever.

    ``command`` is the command as text, ``resources`` the answer as plain values of the class that ``resource_type``
    names, ``many`` whether it was answered as a tuple.
    """

    client_token: str
    command: str
    resource_type: str
    resources: tuple[dict[str, Any], ...]
    many: bool = False
