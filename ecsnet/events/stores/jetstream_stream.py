"""The stream of a `JetStreamStore`: its configuration, the subjects in it, and the messages of an append.

A message has the events of one append for one stream of the history, as the lines that an export has. An append with
events for several streams, or with more bytes than a message may have, is an atomic batch of messages, each with its
place in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from ecsnet.errors import ReplayError, StoreError
from ecsnet.events.stores.jetstream_link import Link, Message, Outgoing, Refused
from ecsnet.events.stores.rows import StoredEvent

FORMAT: Final = 1
"""The version of the layout, in the metadata of the stream."""
STREAM_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_MESSAGES: Final = 1_000
"""The engine's limit of an atomic batch."""
_NAME_IN_USE: Final = 10058
_FORMAT_KEY: Final = "ecsnet.format"
_TOO_MANY_REPLICAS: Final = frozenset({10005, 10074})
WRONG_LAST_SEQUENCE: Final = frozenset({10071, 10164})
NOT_STORED: Final = frozenset({10176, 10210})
"""The numbers of errors after which a batch may be published again: a message of it is missing, or there are too many
batches."""
FOR_HEADERS: Final = 2_048
"""The bytes of a message that are left for its headers."""
NO_STREAM: Final = 10059

_encode = msgspec.json.Encoder().encode
_decode_lines = msgspec.json.Decoder(StoredEvent).decode_lines


class _Config(msgspec.Struct):
    num_replicas: int = 1
    metadata: dict[str, str] = {}
    subjects: list[str] = []
    storage: str = ""
    retention: str = ""
    discard: str = ""
    max_age: int = 0
    max_msgs: int = -1
    max_msgs_per_subject: int = -1
    deny_delete: bool = False
    deny_purge: bool = False
    allow_atomic: bool = False
    allow_direct: bool = False
    republish: dict[str, Any] = {}


class _Info(msgspec.Struct):
    config: _Config
    created: str = ""


_decode_info = msgspec.json.Decoder(_Info).decode


class Made(NamedTuple):
    """The number of replicas of a stream, and the time of its creation."""

    replicas: int
    created: str


class Append(NamedTuple):
    """An append as the stream has it: the ``sequence`` of its first message and the number of ``messages``; its events
    in their order; the ``key`` by which it is known again, and the ``writer`` that sent it to the engine."""

    sequence: int
    messages: int
    events: Sequence[StoredEvent]
    key: str
    writer: str


def subject_of(name: str, stream: str) -> str:
    """Returns the subject of a stream of the history, in which other characters than letters and digits are escaped."""
    return f"ecsnet.events.{name}.{escaped(stream)}"


def escaped(text: str) -> str:
    """Returns a text as one part of a subject; `urllib.parse.unquote` gives the text back, but an empty one."""
    return quote(text, safe="/").replace(".", "%2E").replace("~", "%7E") or "%"


def asked_subject(name: str, writer: str) -> str:
    """Returns the subject on which a writer is asked to append for others."""
    return f"ecsnet.append.{name}.{writer}"


def told_subject(name: str) -> str:
    """Returns the subjects on which the engine tells each message that it has stored."""
    return f"ecsnet.recorded.{name}.>"


async def prepare(link: Link, name: str, replicas: int | None, *, read_only: bool) -> Made:
    """Creates the stream, unless it is there, and returns what it is. Any number of processes may do so at once.

    Raises `StoreError` for a stream that another program or a newer ecsnet made, for one that may lose events, and for
    one that is not there if it is ``read_only``.
    """
    try:
        return _checked(await link.asked(f"STREAM.INFO.{name}"), link.name, name)
    except Refused as refused:
        if refused.number != NO_STREAM:
            raise
    if read_only:
        raise StoreError(f"{link.name}: there is no stream {name} to read")
    for number in (3, 2, 1) if replicas is None else (replicas,):
        wanted = {**_config(name), "num_replicas": number, "metadata": {_FORMAT_KEY: str(FORMAT)}}
        try:
            answer = await created(link, name, wanted)
        except Refused as refused:
            if refused.number in _TOO_MANY_REPLICAS and replicas is None:
                continue
            raise
        return _checked(answer, link.name, name)
    raise StoreError(f"{link.name}: no server has room for the stream {name}")


async def created(link: Link, name: str, wanted: Mapping[str, Any]) -> bytes:
    """Creates a stream, and returns what the engine tells of it, or of the one that another process was first to
    create. Raises `Refused`."""
    try:
        return await link.asked(f"STREAM.CREATE.{name}", {**wanted, "name": name})
    except Refused as refused:
        if refused.number != _NAME_IN_USE:
            raise
        return await link.asked(f"STREAM.INFO.{name}")


async def creation(link: Link, name: str) -> str:
    """Returns when the stream was created."""
    return _decode_info(await link.asked(f"STREAM.INFO.{name}")).created


def _config(name: str) -> dict[str, Any]:
    """Returns what a stream must be like: nothing in it is ever deleted."""
    return {
        "subjects": [f"ecsnet.events.{name}.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_age": 0,
        "max_msgs": -1,
        "max_msgs_per_subject": -1,
        "deny_delete": True,
        "deny_purge": True,
        "allow_atomic": True,
        "allow_direct": True,
        "republish": {"src": f"ecsnet.events.{name}.>", "dest": told_subject(name)},
    }


def _checked(answer: bytes, store: str, name: str) -> Made:
    info = _decode_info(answer)
    config = info.config
    found = config.metadata.get(_FORMAT_KEY)
    if found is None:
        raise StoreError(f"{store}: stream {name} is not a store of ecsnet's: it belongs to another program")
    if found != str(FORMAT):
        raise StoreError(f"{store}: stream {name} has format {found}; this ecsnet knows {FORMAT}")
    for key, value in _config(name).items():
        if (actual := getattr(config, key)) != value:
            raise StoreError(f"{store}: stream {name} has {key} {actual!r}; a history needs {value!r}")
    return Made(config.num_replicas, info.created)


def pieces_of(name: str, events: Sequence[StoredEvent], largest: int) -> list[tuple[str, bytes]]:
    """Returns the subjects and the data of the messages of an append."""
    if len(events) == 1:
        stream, lines = events[0].stream, _encode(events[0])
        if len(lines) <= largest - FOR_HEADERS:
            return [(subject_of(name, stream), lines)]
    by_stream: dict[str, list[bytes]] = {}
    for event in events:
        by_stream.setdefault(event.stream, []).append(_encode(event))
    most = largest - FOR_HEADERS
    return [
        (subject_of(name, stream), data[begin : begin + most])
        for stream, some in by_stream.items()
        for data in [b"\n".join(some)]
        for begin in range(0, len(data), most)
    ]


def messages_of(appends: Sequence[tuple[str, Sequence[tuple[str, bytes]]]], after: int, writer: str) -> list[Outgoing]:
    """Returns the messages of appends, each with its key and its pieces, after the message with a sequence."""
    total = sum(len(pieces) for _, pieces in appends)
    if total > MOST_MESSAGES:
        raise StoreError(f"an append of {total} messages is too large: NATS takes {MOST_MESSAGES} at once")
    messages: list[Outgoing] = []
    for key, pieces in appends:
        for i, (subject, data) in enumerate(pieces, start=1):
            headers = {} if len(pieces) == 1 else {"Ecsnet-Part": f"{i}/{len(pieces)}"}
            if i == 1:
                headers["Ecsnet-Append"] = key
                if not key.startswith(writer):
                    headers["Ecsnet-Writer"] = writer
            messages.append(Outgoing(subject, headers, data))
    messages[0].headers["Nats-Expected-Last-Sequence"] = str(after)
    if total > 1:
        batch = os.urandom(8).hex()
        for i, message in enumerate(messages, start=1):
            message.headers.update({"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(i)})
        messages[-1].headers["Nats-Batch-Commit"] = "1"
    return messages


def place(message: Message) -> tuple[int, int]:
    """Returns the sequence of the first message of the append that a message belongs to, and the number of them."""
    part = message.headers.get("Ecsnet-Part")
    if part is None:
        return message.sequence, 1
    number, _, total = part.partition("/")
    try:
        return message.sequence - int(number) + 1, int(total)
    except ValueError:
        raise _unreadable(message, f"it is part {part!r}") from None


def append_of(messages: Sequence[Message]) -> Append:
    """Returns the append of which these are all messages. Raises `ReplayError` for one that cannot be read."""
    first = messages[0]
    try:
        if len(messages) == 1:
            events = _decode_lines(first.data)
        else:
            data: dict[str, list[bytes]] = {}
            for message in messages:
                data.setdefault(message.subject, []).append(message.data)
            events = [event for pieces in data.values() for event in _decode_lines(b"".join(pieces))]
            events.sort(key=_position)
        if not events:
            raise ValueError("there is no event in it")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _unreadable(first, str(error)) from error
    key = first.headers.get("Ecsnet-Append", "")
    writer = first.headers.get("Ecsnet-Writer") or key.partition("-")[0]
    return Append(first.sequence, len(messages), events, key, writer)


def appends_of(messages: Iterable[Message]) -> tuple[list[Append], list[Message]]:
    """Returns the appends whose messages are given in order, and the messages that are left over at the end."""
    appends: list[Append] = []
    together: list[Message] = []
    for message in messages:
        first, total = place(message)
        if first != (together[0].sequence if together else message.sequence):
            raise _unreadable(message, "a message of its append is missing")
        together.append(message)
        if len(together) == total:
            appends.append(append_of(together))
            together = []
    return appends, together


def _position(event: StoredEvent) -> int:
    return event.position


def _unreadable(message: Message, reason: str) -> ReplayError:
    return ReplayError(
        f"the message with sequence {message.sequence} cannot be read: {reason}", stream=None, version=None
    )
