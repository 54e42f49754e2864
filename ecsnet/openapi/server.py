"""A server for the vendor's API over HTTP, from the standard library: one thread a connection, one write an answer.

An answer that is written in two parts waits forty milliseconds for the client's acknowledgement (Nagle's algorithm
against delayed acknowledgements), so head and body go out together, and the algorithm is switched off.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Final, Self

from ecsnet._log import to_standard_error
from ecsnet.openapi.admin import Admin
from ecsnet.openapi.http import (
    LONGEST_BODY,
    HttpRequest,
    HttpResponse,
    MalformedRequest,
    body_of,
    length_of,
)
from ecsnet.openapi.service import ConnectionDropped, Service

LONGEST_SILENCE: Final = 60.0
"""The seconds after which a connection is closed on which a request does not go on."""


def log_to_standard_error() -> None:
    """Makes the library's log go to the standard error, one line of JSON for each call and each command."""
    to_standard_error()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = LONGEST_SILENCE
    server: Server

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):  # the client has gone, or the server is stopped
            self.close_connection = True

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            request = HttpRequest(self.command, self.path, headers, self._body(headers))
        except MalformedRequest as error:
            self._send(self.server.service.malformed(error), keep_alive=False)
            return
        try:
            response = self.server.answer(request)
        except ConnectionDropped:
            self.close_connection = True
            return
        self._send(response, keep_alive=not self.close_connection)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_CONNECT = _answer  # noqa: N815

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" not in headers.get("transfer-encoding", "").lower():
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

    def _send(self, response: HttpResponse, *, keep_alive: bool) -> None:
        self.close_connection = not keep_alive
        self.wfile.write(response.to_bytes(keep_alive=keep_alive, head_only=self.command == "HEAD"))
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers what is no HTTP in the vendor's form, and closes the connection."""
        error = MalformedRequest(message or explain or "the request is malformed", int(code))
        self.command = getattr(self, "command", None) or "GET"
        self._send(self.server.service.malformed(error), keep_alive=False)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that the base class has
        """Writes nothing: the service logs calls."""


class Server(ThreadingMixIn, HTTPServer):
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

    def server_bind(self) -> None:
        """Binds the socket, without asking for the name of the host as the base class does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

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
