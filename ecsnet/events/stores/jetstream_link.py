"""A connection to NATS servers that threads share: one thread in the background runs the client's event loop.

All work is done by coroutines in that thread, each to its end: so an interrupt of the thread that waits for one changes
nothing in it.
"""

from __future__ import annotations

import asyncio
import base64
import selectors
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from itertools import count
from threading import Lock, Thread, current_thread
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from ecsnet.errors import StoreError

T = TypeVar("T")
_CONNECTING: Final = 2  # seconds, for each server
_ANSWERING: Final = 1.5  # seconds; while there is no leader, none comes
_CLOSING: Final = 1.0
_HEALING: Final = 30.0  # seconds during which work is repeated; a cluster needs up to ten to choose a leader
_PAUSE: Final = 0.05
_BYTES_A_SECOND: Final = 5_000_000  # for which a large append is given time
_TEMPORARY: Final = {503, 408}
_FAILURES: Final = (Error, OSError, asyncio.TimeoutError, ValueError)
_NO_RESPONDERS: Final = "503"
_NO_MESSAGE: Final = 10037


class Lost(StoreError):
    """There is no answer: whether the work was done is not known."""


class Refused(StoreError):
    """The engine answered that it does not do something, with the number of its error."""

    def __init__(self, reason: str, number: int) -> None:
        super().__init__(reason)
        self.number = number


class Message(NamedTuple):
    """A message of a stream."""

    sequence: int
    subject: str
    headers: Mapping[str, str]
    data: bytes


class Outgoing(NamedTuple):
    """A message to be published."""

    subject: str
    headers: dict[str, str]
    data: bytes


class _Error(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Answer(msgspec.Struct):
    error: _Error | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode


class _Stored(msgspec.Struct):
    seq: int
    subject: str
    hdrs: str = ""
    data: str = ""


class _Found(msgspec.Struct):
    message: _Stored


_decode_found = msgspec.json.Decoder(_Found).decode


class _Work(Generic[T]):
    """A coroutine that another thread waits for: ``done`` can be acquired when it has ended."""

    __slots__ = ("done", "error", "result", "task", "work")
    result: T
    task: asyncio.Task[None]

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self.work = work
        self.error: BaseException | None = None
        self.done = Lock()
        self.done.acquire()

    def begin(self) -> None:
        self.task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            self.result = await self.work()
        except BaseException as error:  # noqa: BLE001  # it is raised in the thread that waits
            self.error = error
        del self.task  # it is freed in this thread: an exception of a signal handler is dropped where a task is freed
        self.done.release()  # a callback of the task would be called in another turn of the loop


class _Answers(asyncio.Future[Msg]):
    """The future of a subscription of which any number of messages is told at once, without a queue and a task."""

    def __init__(self, told: Callable[[Msg], None], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._told = told

    def set_result(self, message: Msg) -> None:
        self._told(message)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop in which no encrypted connection asks to stay half open at its end, which asyncio would log: the
    client makes a connection encrypted without a word to its protocol."""

    async def start_tls(self, transport: Any, protocol: Any, *arguments: Any, **options: Any) -> Any:
        ended = protocol.eof_received

        def eof_received() -> None:
            ended()

        protocol.eof_received = eof_received
        return await super().start_tls(transport, protocol, *arguments, **options)


class Link:
    """A client of one of several servers, and the thread that it runs in, which ends with `close`.

    A connection that is lost, or on which an answer does not come, is given up; the next request opens another one, to
    another server if there is one. ``told`` is called with every message of the ``subject``, once it is `listening`;
    ``reply`` returns the reply to every request on ``asked_subject``.
    """

    def __init__(
        self,
        servers: Sequence[str],
        options: Mapping[str, Any],
        name: str,
        subject: str,
        told: Callable[[Msg], None],
        asked_subject: str | None,
        reply: Callable[[bytes], Coroutine[Any, Any, bytes]],
    ) -> None:
        self.name = name
        self._servers = list(servers)
        self._options = options
        self._subject, self._told = subject, told
        self._asked_subject, self._reply = asked_subject, reply
        self._replying: set[asyncio.Task[None]] = set()
        self._was_connected = False
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._stop = asyncio.Event()
        self._is_listening = False
        self._taking: dict[str, tuple[asyncio.Future[Any], Callable[[Msg], None]]] = {}
        self._tokens = count(1)
        self._inbox = ""
        self._gate = Lock()
        self._closed = False
        # Unlike the default of Linux, it shares nothing in the system with the children of a fork.
        self._loop = _Loop(getattr(selectors, "PollSelector", selectors.DefaultSelector)())
        self._thread = Thread(target=self._run, name=f"ecsnet {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        await self._stop.wait()
        await self._disconnect()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Does work in the thread of the link, and returns its result. Raises `StoreError` if the link is closed."""
        task = _Work(work)
        with self._gate:
            if self._closed:
                raise self.closed_error()
            self._loop.call_soon_threadsafe(task.begin)
        task.done.acquire()
        if task.error is None:
            return task.result
        if isinstance(task.error, asyncio.CancelledError):
            raise self.closed_error()
        raise task.error

    def close(self, *, wait: bool = True) -> None:
        """Ends the connection and the thread; calls of other threads raise `StoreError`. Closing twice is allowed."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._loop.call_soon_threadsafe(self._stop.set)
        if wait and current_thread() is not self._thread:
            self._thread.join(2 * _CLOSING)

    def abandon(self) -> None:
        """Gives up a link in the child of a fork, which has no such thread: nothing of it is reported any more."""
        self._loop.set_exception_handler(lambda loop, context: None)

    def closed_error(self) -> StoreError:
        """Returns the error of a store that was closed."""
        return StoreError(f"{self.name}: the store is closed")

    # In the thread of the link

    async def repeated(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Does work that may be done twice. If no answer comes, it is repeated for some seconds; before the first
        connection of all, until each server was tried."""
        deadline, left = self._loop.time() + _HEALING, len(self._servers)
        while True:
            try:
                return await work()
            except Lost:
                left -= 1
                if self._loop.time() > deadline or not (left > 0 or self._was_connected):
                    raise
                await asyncio.sleep(_PAUSE)

    def deadline(self) -> float:
        """Returns the time of the loop until which work is repeated that begins now."""
        return self._loop.time() + _HEALING

    def after(self, seconds: float) -> float:
        """Returns the time of the loop in some seconds."""
        return self._loop.time() + seconds

    def future(self) -> asyncio.Future[Any]:
        """Returns a new future of the loop."""
        return self._loop.create_future()

    def is_over(self, deadline: float) -> bool:
        """Returns whether a time of the loop has passed."""
        return self._loop.time() > deadline

    async def largest(self) -> int:
        """Returns how many bytes a message may have, with its headers."""
        return (await self._connected()).max_payload

    async def asked(self, subject: str, question: object = None) -> bytes:
        """Returns the answer of the engine's API to a question. Raises `Refused`, or `Lost` if there is none."""
        data = b"" if question is None else msgspec.json.encode(question)
        return await self._requested(Outgoing(f"$JS.API.{subject}", {}, data))

    async def published(self, messages: Sequence[Outgoing]) -> None:
        """Publishes messages, all but the last without waiting. Raises `Refused`, or `Lost` if no answer comes."""
        *others, last = messages
        client = await self._connected()
        for message in others:
            try:
                await client.publish(message.subject, message.data, headers=message.headers)
            except _FAILURES as error:
                raise await self._lost(client, error) from None
        size = sum(len(message.data) for message in messages)
        await self._requested(last, client, timeout=_ANSWERING + size / _BYTES_A_SECOND)

    async def _requested(self, message: Outgoing, client: Client | None = None, timeout: float = _ANSWERING) -> bytes:
        if client is None:
            client = await self._connected()
        answering: asyncio.Future[Msg] = self._loop.create_future()

        def take(answer: Msg) -> None:
            if not answering.done():
                answering.set_result(answer)

        answer = await self._answered(client, message, answering, take, timeout)
        if answer.headers and answer.headers.get("Status") == _NO_RESPONDERS:
            raise Lost(f"{self.name}: no server answers for the stream")  # it has no leader at the moment
        error = _decode_answer(answer.data).error
        if error is not None:
            reason = f"{self.name}: {error.description}"
            if error.code in _TEMPORARY:
                raise Lost(reason)
            raise Refused(reason, error.err_code)
        return answer.data

    async def _answered(
        self,
        client: Client,
        message: Outgoing,
        done: asyncio.Future[T],
        take: Callable[[Msg], None],
        timeout: float = _ANSWERING,
        *,
        gives_up: bool = True,
    ) -> T:
        """Publishes a message, and has each answer taken until a future is done. Raises `Lost` if it never is; the
        connection is then given up, unless it is another store that does not answer."""
        token = f"{self._inbox}.{next(self._tokens)}"
        self._taking[token] = done, take
        timer = self._loop.call_later(timeout, _fail, done, TimeoutError("no answer came in time"))
        try:
            await client.publish(message.subject, message.data, reply=token, headers=message.headers or None)
            return await done
        except _FAILURES as error:
            if not gives_up and client.is_connected:
                raise Lost(f"{self.name}: {error}") from None
            raise await self._lost(client, error) from None
        finally:
            timer.cancel()
            del self._taking[token]

    async def fetched(self, stream: str, first: int, most: int, most_bytes: int) -> list[Message]:
        """Returns messages of a stream from a sequence on, of any replica: it may not have the last ones yet."""
        client = await self._connected()
        messages: list[Message] = []
        done: asyncio.Future[None] = self._loop.create_future()

        def take(answer: Msg) -> None:
            headers = answer.headers or {}
            if "Status" not in headers:
                messages.append(Message(int(headers["Nats-Sequence"]), headers["Nats-Subject"], headers, answer.data))
            elif not done.done():
                done.set_result(None)

        question = msgspec.json.encode({"seq": first, "batch": most, "max_bytes": most_bytes})
        await self._answered(client, Outgoing(f"$JS.API.DIRECT.GET.{stream}", {}, question), done, take)
        return messages

    async def found(self, stream: str, question: object) -> Message | None:
        """Returns a message that the leader of a stream finds, None if there is none."""
        try:
            answer = await self.asked(f"STREAM.MSG.GET.{stream}", question)
        except Refused as refused:
            if refused.number == _NO_MESSAGE:
                return None
            raise
        found = _decode_found(answer).message
        return Message(found.seq, found.subject, _headers(found.hdrs), base64.b64decode(found.data))

    async def listening(self) -> None:
        """Has the messages of the subject told from now on, also when the connection is another one later."""
        if not self._is_listening:
            self._is_listening = True
            client = await self._connected()
            try:
                await client.subscribe(self._subject, cb=self._subject_told)
                await client.flush(2)
            except _FAILURES as error:
                raise await self._lost(client, error) from None

    def _inbox_told(self, message: Msg) -> None:
        taking = self._taking.get(message.subject)
        if taking is not None:
            taking[1](message)

    async def replied(self, subject: str, question: bytes) -> bytes:
        """Returns the reply of another store. Raises `Lost` if none comes."""
        client = await self._connected()
        answering: asyncio.Future[Msg] = self._loop.create_future()

        def take(answer: Msg) -> None:
            if not answering.done():
                answering.set_result(answer)

        return (await self._answered(client, Outgoing(subject, {}, question), answering, take, gives_up=False)).data

    async def _asked(self, message: Msg) -> None:
        async def reply() -> None:
            answer = await self._reply(message.data)
            with suppress(*_FAILURES):
                await message.respond(answer)

        replying = asyncio.ensure_future(reply())
        self._replying.add(replying)
        replying.add_done_callback(self._replying.discard)

    async def _subject_told(self, message: Msg) -> None:
        self._told(message)

    async def _connected(self) -> Client:
        client = self._client
        if client is not None and client.is_connected:
            return client
        async with self._connecting:
            if self._client is not None and self._client.is_connected:
                return self._client
            await self._disconnect()
            client = Client()

            async def end() -> None:
                if self._client is client:
                    self._end_requests()

            try:
                await client.connect(
                    self._servers[:1],
                    **self._options,
                    name="ecsnet",
                    allow_reconnect=False,  # it is this class that does it
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=_CONNECTING,
                    dont_randomize=True,
                    error_cb=_ignore,
                    closed_cb=end,
                    disconnected_cb=end,
                )
                self._inbox = client.new_inbox()
                await client.subscribe(f"{self._inbox}.*", future=_Answers(self._inbox_told, self._loop))
                if self._asked_subject is not None:
                    await client.subscribe(self._asked_subject, cb=self._asked)
                if self._is_listening:
                    await client.subscribe(self._subject, cb=self._subject_told)
            except _FAILURES as error:
                raise await self._lost(client, error) from None
            self._client = client
            self._was_connected = True
            return client

    async def _lost(self, client: Client, error: BaseException) -> Lost:
        """Gives up a connection, and returns the error to be raised."""
        self._servers.append(self._servers.pop(0))  # the next one may be able to answer
        if self._client is client:
            await self._disconnect()
        else:
            await _closed(client)
        reason = " ".join(str(error).split()) or type(error).__name__
        for key in ("password", "token"):
            if self._options.get(key):
                reason = reason.replace(self._options[key], "…")
        return Lost(f"{self.name}: {reason}")

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        self._end_requests()
        if client is not None:
            await _closed(client)

    def _end_requests(self) -> None:
        for done, _ in self._taking.values():
            _fail(done, ConnectionResetError("the connection was lost"))


def _headers(encoded: str) -> dict[str, str]:
    """Returns the headers of a message as the API has them."""
    lines = base64.b64decode(encoded).decode(errors="replace").split("\r\n")[1:]
    return {name: value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}


def _fail(done: asyncio.Future[Any], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)


async def _closed(client: Client) -> None:
    with suppress(*_FAILURES):
        await asyncio.wait_for(client.close(), _CLOSING)


async def _ignore(error: Exception) -> None:
    """Errors are raised by the work that they end."""
