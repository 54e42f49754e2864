"""Events of the account itself: its quotas and its requests."""

from __future__ import annotations

from typing import ClassVar

from ecsnet.events.base import Event


class QuotaSet(Event, frozen=True, kw_only=True):
    name: str
    value: int


class EditionChosen(Event, frozen=True, kw_only=True):
    """The history is made under this edition (`ecsnet.editions.EDITIONS`) from its first event on, which this is. A
    history without it is made under that of the guide. Recorded in a stream of its own."""

    edition: str


class ClientTokenUsed(Event, frozen=True, kw_only=True):
    """A command came with a client token: the same token and command have the same result again, for ever.

    ``command_type`` is the name of the command's class and ``parameters`` its canonical JSON
    (`ecsnet.domain.subjects.account.canonical_parameters`). ``resource_ids`` are those of the result, or the name of a
    quota. The result itself is not stored: it is what the history says of these resources up to this event.

    Schema 1 had the command's ``repr`` and the fields of the result.
    """

    SCHEMA: ClassVar[int] = 2
    client_token: str
    command_type: str
    parameters: str
    resource_ids: tuple[str, ...]
