"""Events in a stream of NATS JetStream, which several servers replicate.

Any number of threads and processes, on any number of machines, may share a stream. A store has one thread in the
background, in which its client runs; a child of a fork starts its own.
"""

from __future__ import annotations

import atexit
import os
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit
from weakref import WeakSet

import msgspec

from ecsnet.errors import ReplayError, StoreError
from ecsnet.events.base import NewEvent, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.events.stores.addresses import shown_address
from ecsnet.events.stores.base import numbered
from ecsnet.events.stores.jetstream_appends import Appends
from ecsnet.events.stores.jetstream_link import Link
from ecsnet.events.stores.jetstream_log import Log
from ecsnet.events.stores.jetstream_snapshots import SnapshotStream
from ecsnet.events.stores.jetstream_stream import STREAM_NAME, Append, asked_subject, told_subject
from ecsnet.events.stores.rows import StoredEvent, record_of, restored, row_of
from ecsnet.events.stores.snapshots import Snapshot, digest_of_ends

_AT_ONCE: Final = 100  # appends that are asked for one by one
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[^:\[\]/?#@\s]+)(:\d{1,5})?")


class JetStreamStore:
    """A store in a stream of JetStream, which is created if it is missing.

    ``address`` names servers of the cluster and the stream, ``ecsnet`` by default:
    ``nats://user:password@host1:4222,host2,host3/stream?replicas=3``. A token stands in the place of user and password;
    neither is in a message, log or ``repr``. ``options`` are further ones of ``nats.connect``, such as ``tls`` (a
    context of `ssl`) and ``user_credentials`` (the path of a file). With ``read_only`` the stream must exist and is
    never written to.

    A new stream has as many replicas as ``replicas`` says, or three; in a cluster with fewer servers as many as there
    are.

    Raises `StoreError` for servers that cannot be reached, for a stream that is not a store of ecsnet's, that a newer
    version made, or whose configuration would lose events, and if there are not as many servers as ``replicas`` says.
    """

    def __init__(self, address: str, *, read_only: bool = False, options: Mapping[str, Any] | None = None) -> None:
        self._name, self._servers, self._stream, self._replicas, login = _parsed(address)
        self._options = {**login, **(options or {})}
        self._read_only = read_only
        self._closed = False
        self._lock = Lock()
        self._link: Link | None = None
        self._log = Log(self._stream, self._replicas, read_only=read_only)
        self._appends = Appends(self._log)
        self._snapshots = SnapshotStream(self._stream)
        self._indexing = Lock()
        self._places: dict[str, array[int]] = {}
        """For each resource the positions of the events that name it, each followed by the sequence of its append."""
        self._indexed = 0
        _STORES.add(self)
        try:
            self._used().call(self._log.open)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<JetStreamStore {self._name}, stream {self._stream}>"

    @property
    def replicas(self) -> int:
        """The number of replicas that the stream had when it was opened."""
        return self._log.made.replicas if self._log.made is not None else 0

    def append(self, events: Sequence[NewEvent], expected: Mapping[str, int]) -> Sequence[RecordedEvent]:
        self._check_writable()
        for new in events:
            codec.check(new)
        _check_texts(expected)
        rows = [row_of(record) for record in numbered(events, expected, 0)]
        follows = [new.follows is not None for new in events]
        before = self._used().call(lambda: self._appends.append(rows, follows, dict(expected)))
        return numbered(events, expected, before)

    def read(self, *, after: int = 0, until: int | None = None, naming: str | None = None) -> Iterator[RecordedEvent]:
        appends = self._between(after, until) if naming is None else self._naming(naming, after, until)
        for events in appends:
            for event in events:
                yield record_of(msgspec.structs.astuple(event)[:-1])

    @property
    def keeps_hashes(self) -> bool:
        """True: every event has a hash."""
        return True

    def stored(self, *, after: int = 0, until: int | None = None) -> Iterator[StoredEvent]:
        """Yields the rows with ``after`` < position <= ``until`` and their hashes, in order. Raises `StoreError`."""
        for events in self._between(after, until):
            yield from events

    def restore(self, rows: Iterable[StoredEvent]) -> int:
        """Stores the rows of another store as they are, all or none, and returns their number.

        Raises `StoreError` if there are events already, or more than an atomic batch may have (a thousand messages of
        the size that the servers take); `ReplayError` for a row that this library cannot read.
        """
        self._check_writable()
        events = [StoredEvent(*row) for some, _ in restored(rows) for row in some]
        return self._used().call(lambda: self._appends.restore(events))

    def head(self) -> int:
        return self._used().call(self._log.head)

    def keep_snapshot(self, snapshot: Snapshot) -> bool:
        if self._read_only:
            return False
        self._used().call(lambda: self._snapshots.keep(snapshot, self.replicas))
        return True

    def snapshot(self, kind: str | None, *, until: int, latest: int | None = None) -> Snapshot | None:
        return self._used().call(lambda: self._snapshots.newest(kind, until, latest))

    def snapshot_positions(self, kind: str) -> Sequence[int]:
        return self._used().call(lambda: self._snapshots.positions(kind))

    def history_digest(self, versions: Mapping[str, int]) -> str | None:
        link, log = self._used(), self._log
        try:
            found = link.call(lambda: link.repeated(lambda: log.events_with(versions)))
        except ReplayError:  # whoever reads the events is told so
            return None
        ends = [msgspec.structs.astuple(event) for event in found if event is not None]
        return digest_of_ends(ends) if len(ends) == len(found) else None

    def wait(self, position: int, timeout: float) -> None:
        """Returns when there may be an event after a position, at the latest after some seconds.

        Raises `StoreError` if the store is closed.
        """
        self._used().call(lambda: self._log.news(position, timeout))

    def close(self) -> None:
        self._closed = True
        link = self._link
        if link is not None:
            link.close()

    def __del__(self) -> None:
        link = vars(self).get("_link")
        if link is not None:
            link.close(wait=False)

    def _begin_process(self) -> None:
        """Starts without a link, and with locks that nobody holds."""
        if self._link is not None:
            self._link.abandon()
            _inherited.append(self._link)
        self._lock, self._indexing = Lock(), Lock()
        self._link = None
        self._log = Log(self._stream, self._replicas, read_only=self._read_only, made=self._log.made)
        self._appends = Appends(self._log)

    def _used(self) -> Link:
        """Returns the link of this process, which the first call makes."""
        if self._link is not None and not self._closed:
            return self._link
        with self._lock:
            if self._closed:
                raise StoreError(f"{self._name}: the store is closed")
            if self._link is None:
                log, appends, snapshots = self._log, self._appends, self._snapshots
                asked = None if self._read_only else asked_subject(self._stream, appends.writer)
                self._link = log.link = appends.link = snapshots.link = Link(
                    self._servers,
                    self._options,
                    self._name,
                    told_subject(self._stream),
                    log.told,
                    asked,
                    appends.asked,
                )
            return self._link

    def _between(self, after: int, until: int | None) -> Iterator[list[StoredEvent]]:
        """Yields the events between two positions, those of some appends at a time."""
        for some in self._appended(after, until):
            events = [event for append in some for event in append.events]
            begin, end = max(after, 0), events[-1].position if until is None else until
            if events[0].position <= begin or events[-1].position > end:
                events = [event for event in events if begin < event.position <= end]
            yield events

    def _appended(self, after: int, until: int | None) -> Iterator[list[Append]]:
        after = max(after, 0)
        if until is not None and until <= after:
            self._used()
            return
        link, log = self._used(), self._log
        end = link.call(lambda: log.known_position(until))
        sequence: int | None = None
        while after < end:
            some, sequence = link.call(lambda: log.after(after, end, sequence))  # noqa: B023  # it is called at once
            yield some
            after = some[-1].events[-1].position

    def _naming(self, name: str, after: int, until: int | None) -> Iterator[list[StoredEvent]]:
        """Yields the events between two positions that name a resource, by an index that is made when it is first asked
        for, and brought up to date when it is asked again."""
        link, log = self._used(), self._log
        end = link.call(lambda: log.known_position(until))
        with self._indexing:
            for some in self._appended(self._indexed, None if self._indexed < end else self._indexed):
                for append in some:
                    self._index(append)
            pairs = self._places.get(name, array("q"))
            positions, sequences = pairs[::2], pairs[1::2]
        begin, stop = bisect_right(positions, max(after, 0)), bisect_right(positions, end)
        for at in range(begin, stop, _AT_ONCE):
            wanted = set(positions[at : min(at + _AT_ONCE, stop)])
            begins = dict.fromkeys(sequences[at : min(at + _AT_ONCE, stop)])
            appends = link.call(lambda: log.with_sequences(begins))  # noqa: B023  # it is called at once
            yield [event for append in appends for event in append.events if event.position in wanted]

    def _index(self, append: Append) -> None:
        for event in append.events:
            if event.position > self._indexed:
                for name in record_of(msgspec.structs.astuple(event)[:-1]).event.named_resources():
                    places = self._places.setdefault(name, array("q"))
                    if not places or places[-2] < event.position:  # after an interrupt it may be there already
                        places.extend((event.position, append.sequence))
                self._indexed = event.position

    def _check_writable(self) -> None:
        if self._read_only:
            raise StoreError(f"{self._name}: the store is read-only")


def _check_texts(streams: Iterable[str]) -> None:
    for stream in streams:
        try:
            stream.encode()
        except (AttributeError, UnicodeEncodeError) as error:
            raise StoreError(f"{stream!r} is no name of a stream: {error}") from None


def _parsed(address: str) -> tuple[str, list[str], str, int | None, dict[str, str]]:
    """Returns what is shown of an address, its servers, its stream, the number of replicas and who logs in. Raises
    `StoreError` without a secret."""
    name = shown_address(address)
    unusable = StoreError(f"{name}: this is no address of a NATS stream")
    try:
        parts = urlsplit(address)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise unusable from None
    login, at, hosts = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    if "@" in login or "@" in parts.path + parts.query or parts.fragment or ":" in password:
        raise StoreError(f"{name}: special characters of a user name or password are percent-encoded in an address")
    servers = hosts.split(",")
    if name.endswith("://…") or not all(map(_HOST.fullmatch, servers)):
        raise unusable
    stream = parts.path.removeprefix("/") or "ecsnet"
    if STREAM_NAME.fullmatch(stream) is None:
        raise StoreError(f"{name}: a stream has 1 to 64 letters, digits, hyphens and underscores")
    replicas = parameters.pop("replicas", None)
    if parameters or (replicas is not None and replicas not in {"1", "2", "3", "4", "5"}):
        raise StoreError(f"{name}: the only parameter of an address is replicas, from 1 to 5")
    who = {"user": unquote(user), "password": unquote(password)} if colon else {"token": unquote(user)} if at else {}
    urls = [f"{parts.scheme}://{server}" for server in servers]
    return name, urls, stream, None if replicas is None else int(replicas), who


_STORES: Final[WeakSet[JetStreamStore]] = WeakSet()
_inherited: Final[list[Link]] = []
"""The links of the parent process, of which a child must not end anything."""


def _begin_in_child() -> None:
    for store in list(_STORES):
        store._begin_process()


@atexit.register
def _close_all() -> None:
    for store in list(_STORES):
        store.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
