"""The snapshots of a `JetStreamStore`, in a stream beside that of the events, whose messages may be deleted.

The subject of a message names the kind, the position and the latest time of a snapshot, and which part of its content
the message has. So the subjects of the stream are the list of the snapshots.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import msgspec

from ecsnet.errors import StoreError
from ecsnet.events.stores.jetstream_link import Link, Outgoing, Refused
from ecsnet.events.stores.jetstream_stream import FOR_HEADERS, NO_STREAM, created, escaped
from ecsnet.events.stores.snapshots import Snapshot

_FORMAT: Final = {"ecsnet.snapshots": "1"}


class _Config(msgspec.Struct):
    metadata: dict[str, str] = {}


class _State(msgspec.Struct):
    subjects: dict[str, int] = {}


class _Info(msgspec.Struct):
    config: _Config
    state: _State = msgspec.field(default_factory=_State)


_decode_info = msgspec.json.Decoder(_Info).decode


class _Listed(NamedTuple):
    """A snapshot whose content is in the messages of so many ``parts``."""

    position: int
    latest: int
    kind: str
    parts: int


class SnapshotStream:
    """The snapshots of one store. Its methods are coroutines in the thread of the link."""

    link: Link

    def __init__(self, name: str) -> None:
        self._name = f"{name}-snapshots"

    async def keep(self, snapshot: Snapshot, replicas: int) -> None:
        """Keeps a snapshot in the place of one of the same kind and position, and of other kinds only the newest."""
        await self._prepare(replicas)
        largest = await self.link.largest() - FOR_HEADERS
        pieces = [snapshot.content[at : at + largest] for at in range(0, len(snapshot.content), largest)] or [b""]
        await self._delete(f"{escaped(snapshot.kind)}.{snapshot.position}.>")
        subject = self._subject(_Listed(snapshot.position, snapshot.latest, snapshot.kind, len(pieces)))
        await self.link.published([Outgoing(f"{subject}.{part}", {}, piece) for part, piece in enumerate(pieces)])
        others = sorted(one for one in await self._listed() if one.kind != snapshot.kind)
        newest = {one.kind: one for one in others}
        for one in others:
            if one != newest[one.kind]:
                await self._delete(f"{escaped(one.kind)}.{one.position}.>")

    async def newest(self, kind: str | None, until: int, latest: int | None) -> Snapshot | None:
        """Returns the newest snapshot of a kind, or of any, up to a position and a time, None if there is none."""
        suitable = [
            one
            for one in await self._listed(kind)
            if one.position <= until and (latest is None or one.latest <= latest)
        ]
        if not suitable:
            return None
        one, pieces = max(suitable), []
        for part in range(one.parts):
            message = await self.link.found(self._name, {"last_by_subj": f"{self._subject(one)}.{part}"})
            if message is None:  # it is replaced or deleted just now
                return None
            pieces.append(message.data)
        return Snapshot(one.kind, one.position, one.latest, b"".join(pieces))

    async def positions(self, kind: str) -> Sequence[int]:
        """Returns the positions of all snapshots of a kind, in order."""
        return sorted(one.position for one in await self._listed(kind))

    def _subject(self, one: _Listed) -> str:
        return f"ecsnet.snapshots.{self._name}.{escaped(one.kind)}.{one.position}.{one.latest}.{one.parts}"

    async def _listed(self, kind: str | None = None) -> list[_Listed]:
        """Returns the snapshots of a kind, or of all, of which every part is there."""
        among = f"ecsnet.snapshots.{self._name}.{'*' if kind is None else escaped(kind)}.>"
        try:
            info = _decode_info(await self.link.asked(f"STREAM.INFO.{self._name}", {"subjects_filter": among}))
        except Refused as refused:
            if refused.number == NO_STREAM:
                return []
            raise
        self._check(info)
        parts: dict[_Listed, int] = defaultdict(int)
        for subject in info.state.subjects:
            token, position, latest, total, _ = subject.split(".")[-5:]
            parts[_Listed(int(position), int(latest), unquote(token), int(total))] += 1
        return [one for one, count in parts.items() if count == one.parts]

    async def _prepare(self, replicas: int) -> None:
        """Creates the stream, unless it is there."""
        wanted: dict[str, Any] = {
            "subjects": [f"ecsnet.snapshots.{self._name}.>"],
            "storage": "file",
            "retention": "limits",
            "max_msgs_per_subject": 1,
            "num_replicas": replicas,
            "metadata": _FORMAT,
        }
        try:
            answer = await self.link.asked(f"STREAM.INFO.{self._name}")
        except Refused as refused:
            if refused.number != NO_STREAM:
                raise
            answer = await created(self.link, self._name, wanted)
        self._check(_decode_info(answer))

    def _check(self, info: _Info) -> None:
        if not _FORMAT.items() <= info.config.metadata.items():
            raise StoreError(f"{self.link.name}: the stream {self._name} has no snapshots of this ecsnet's")

    async def _delete(self, subjects: str) -> None:
        among = f"ecsnet.snapshots.{self._name}.{subjects}"
        await self.link.asked(f"STREAM.PURGE.{self._name}", {"filter": among})
