"""A server for the vendor's API over HTTP, from the standard library: one thread a connection, one write an answer.

An answer that is written in two parts waits forty milliseconds for the client's acknowledgement (Nagle's algorithm
against delayed acknowledgements), so head and body go out together, and the algorithm is switched off.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Final, Self

from ecsnet._log import to_standard_error
from ecsnet.openapi.admin import Admin
from ecsnet.openapi.http import (
    LONGEST_BODY,
    LONGEST_LINE,
    MOST_HEADERS,
    HttpRequest,
    HttpResponse,
    MalformedRequest,
    body_of,
    length_of,
    read_head,
)
from ecsnet.openapi.service import ConnectionDropped, Service

LONGEST_SILENCE: Final = 60.0
"""The seconds after which a connection is closed on which a request does not go on."""


def log_to_standard_error() -> None:
    """Makes the library's log go to the standard error, one line of JSON for each call and each command."""
    to_standard_error()


class _Handler(StreamRequestHandler):
    """Answers the requests of one connection, one after the other."""

    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = LONGEST_SILENCE
    server: Server

    def handle(self) -> None:
        """Answers until the client or the server ends the connection."""
        try:
            while self._answer():
                pass
        except OSError:  # the client has gone, or the server is stopped
            return

    def _answer(self) -> bool:
        """Answers one request. Returns whether the connection is kept."""
        method, keeps_alive = "GET", False
        try:
            lines = self._head()
            if not lines:
                return False
            method, target, headers, keeps_alive = read_head(b"\r\n".join(lines))
            if headers.get("expect", "").lower() == "100-continue":
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
            response = self.server.answer(HttpRequest(method, target, headers, self._body(headers)))
        except MalformedRequest as error:
            keeps_alive, response = False, self.server.service.malformed(error)
        except ConnectionDropped:
            return False
        self._write(response.to_bytes(keep_alive=keeps_alive, head_only=method == "HEAD"))
        return keeps_alive

    def _write(self, message: bytes) -> None:
        self.wfile.write(message)
        self.wfile.flush()

    def _head(self) -> list[bytes]:
        """Returns the lines of a head, none at the end of the connection. Empty lines before it are passed over."""
        lines: list[bytes] = []
        for _ in range(MOST_HEADERS + 2):
            line = self.rfile.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE:
                raise MalformedRequest("a line of the head is too long", 431 if lines else 414)
            if not line.endswith(b"\n"):
                return []
            line = line.rstrip(b"\r\n")
            if line:
                lines.append(line)
            elif lines:
                return lines
        raise MalformedRequest("there are too many headers", 431)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "transfer-encoding" not in headers or "chunked" not in headers["transfer-encoding"].lower():
            length = length_of(headers)
            body = self.rfile.read(length) if length else b""
            if len(body) < length:
                raise MalformedRequest("the body ends too soon")
            return body
        found = bytearray()
        length, total = 1, 0
        while length:
            line = self.rfile.readline(1000)
            digits = line.partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):
                raise MalformedRequest("a chunk of the body is malformed")
            length = int(digits, 16)
            total += length
            if total > LONGEST_BODY:
                raise MalformedRequest("the body is too long", 413)
            found += line
            if length:
                found += self.rfile.read(length + 2)
        while self.rfile.readline(10_000).strip():  # the trailers
            pass
        return body_of(headers, bytes(found))


class Server(ThreadingMixIn, TCPServer):
    """A server of a `Service` in threads of its own. ``port`` 0 is any free one. It serves from `start` to `stop`, or
    inside of a ``with``."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, service: Service, *, host: str = "127.0.0.1", port: int = 0, admin: Admin | None = None) -> None:
        super().__init__((host, port), _Handler)
        self.service = service
        self.admin = admin
        self.host = host
        self.port: int = self.server_address[1]
        self._stopping = False
        self._connections: set[Any] = set()
        self._guard = Lock()
        self._thread = Thread(target=self._accept, name=f"ecsnet server {self.port}", daemon=True)

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def endpoint(self) -> str:
        """The host and the port, as clients are given them."""
        return self.url.removeprefix("http://")

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Returns the answer to a request: the service's, or that of `Admin` for paths that begin with
        ``/_ecsnet/``."""
        if self.admin is not None and request.path.startswith("/_ecsnet"):
            return self.admin.answer(request)
        return self.service.answer(request)

    def start(self) -> Self:
        """Begins to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends all connections and frees the port. A call that is being executed is executed to its end."""
        self._stopping = True
        try:
            with socket.create_connection(
                (self.host if self.host not in ("0.0.0.0", "::") else "127.0.0.1", self.port), 1
            ):
                pass
        except OSError:
            pass
        if self._thread.is_alive():
            self._thread.join(5)
        self.server_close()
        with self._guard:
            connections = tuple(self._connections)
        for one in connections:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def wait(self) -> None:
        """Returns once the server was stopped."""
        self._thread.join()

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, address = self.get_request()
            except OSError:
                if self._stopping:
                    return
                continue
            if self._stopping:
                connection.close()
                return
            with self._guard:
                self._connections.add(connection)
            self.process_request(connection, address)

    def shutdown_request(self, request: Any) -> None:
        """Closes a connection."""
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Writes nothing: a connection that breaks concerns its client."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
