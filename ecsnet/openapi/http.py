"""HTTP messages as bytes: a request is read, and a response is written. Nothing here reads or writes a socket.

Targets may be absolute, as clients send them to a proxy. A message that cannot be read is `MalformedRequest`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import unquote_plus, urlsplit

from ecsnet.errors import EcsnetError

MOST_HEADERS: Final = 200
LONGEST_HEAD: Final = 1 << 20
LONGEST_BODY: Final = 10 << 20
"""The most bytes of a request's body; the longest of the API's, with its user data, has a few hundred thousand."""
LONGEST_LINE: Final = 1 << 16
"""The most bytes of a line of the head, as a server reads it."""
MOST_PARAMETERS: Final = 5_000
_LONGEST_SIZE_LINE: Final = 1_000
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORM: Final = "application/x-www-form-urlencoded"


class MalformedRequest(EcsnetError, ValueError):
    """Bytes that are no request; ``status`` is the HTTP status of the answer."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class HttpRequest(NamedTuple):
    """A request: ``target`` is that of the request line, names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def host(self) -> str:
        """The host that the request is for, in lower case and without port."""
        target = self.target
        named = urlsplit(target).netloc if "://" in target[:10] else self.headers.get("host", "")
        return named.rpartition("@")[2].partition(":")[0].lower()

    @property
    def path(self) -> str:
        """The path of the target, "/" if it has none."""
        return self._split()[0] or "/"

    def _split(self) -> tuple[str, str]:
        target = self.target
        try:
            if "://" in target[:10]:
                parts = urlsplit(target)
                return parts.path, parts.query
        except ValueError as error:
            raise MalformedRequest(f"the target is no URL: {error}") from error
        path, _, query = target.partition("#")[0].partition("?")
        return path, query

    def query(self) -> list[tuple[str, str]]:
        """Returns the parameters of the query, decoded. Raises `MalformedRequest`."""
        return _pairs(self._split()[1])

    def form(self) -> list[tuple[str, str]]:
        """Returns the parameters of a form in the body, decoded; none if the body is no form."""
        if not self.body or not self.headers.get("content-type", _FORM).lower().startswith(_FORM):
            return []
        try:
            return _pairs(self.body.decode())
        except UnicodeDecodeError as error:
            raise MalformedRequest("the form is not UTF-8") from error


class HttpResponse(NamedTuple):
    """A response, whose length and connection are added when it is written."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def to_bytes(self, *, keep_alive: bool = True, head_only: bool = False) -> bytes:
        """Returns the response as it is sent: in one piece, so that it goes out in one packet."""
        lines = [
            f"HTTP/1.1 {self.status} {reason_of(self.status)}",
            *[f"{name}: {value}" for name, value in self.headers.items()],
            f"Content-Length: {len(self.body)}",
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
        ]
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        return head if head_only else head + self.body


_REASONS: Final = {int(status): status.phrase for status in HTTPStatus}


def reason_of(status: int) -> str:
    """Returns the phrase of an HTTP status."""
    return _REASONS.get(status, "Unknown")


def _pairs(text: str) -> list[tuple[str, str]]:
    """Returns the names and values of a query or a form. A name without a value has an empty one."""
    if not text:
        return []
    given = text.split("&")
    if len(given) > MOST_PARAMETERS:
        raise MalformedRequest(f"there are more than {MOST_PARAMETERS} parameters")
    try:
        split = [pair.partition("=") for pair in given if pair]
        if "%" not in text and "+" not in text:
            return [(name, value) for name, _, value in split]
        return [(unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")) for name, _, value in split]
    except UnicodeDecodeError as error:
        raise MalformedRequest("a parameter is not UTF-8") from error


class Head(NamedTuple):
    """The head of a request; ``keeps_alive`` tells whether the client keeps the connection for further requests."""

    method: str
    target: str
    headers: Mapping[str, str]
    keeps_alive: bool


def read_head(head: bytes) -> Head:
    """Returns the head of a request, which is given without the empty line at its end. Raises `MalformedRequest`."""
    line, *fields = head.split(b"\r\n")
    words = line.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1.") or not words[0].isalpha() or not words[1]:
        raise MalformedRequest("the request line is malformed")
    if len(fields) > MOST_HEADERS:
        raise MalformedRequest("there are too many headers", 431)
    headers: dict[str, str] = {}
    for field in fields:
        name, colon, value = field.partition(b":")
        if not colon or not _TOKEN.fullmatch(name):
            raise MalformedRequest("a header is malformed")
        headers[name.decode("ascii").lower()] = value.strip().decode("latin-1")
    connection = headers.get("connection", "").lower()
    keeps_alive = "keep-alive" in connection if words[2] == b"HTTP/1.0" else "close" not in connection
    return Head(words[0].decode("ascii").upper(), words[1].decode("latin-1"), headers, keeps_alive)


def read_request(message: bytes) -> HttpRequest:
    """Returns the request that a whole message is. Raises `MalformedRequest`."""
    head, end, rest = message.partition(b"\r\n\r\n")
    if not end or len(head) > LONGEST_HEAD:
        raise MalformedRequest("the head of the request has no end" if not end else "the head is too long")
    method, target, headers, _ = read_head(head)
    return HttpRequest(method, target, headers, body_of(headers, rest))


def body_of(headers: Mapping[str, str], rest: bytes) -> bytes:
    """Returns the body, of a length that is given or in chunks, of the bytes behind a head."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _joined(rest)
    length = length_of(headers)
    if len(rest) < length:
        raise MalformedRequest("the body ends too soon")
    return rest[:length]


def length_of(headers: Mapping[str, str]) -> int:
    """Returns the length of a body that headers tell. Raises `MalformedRequest`."""
    text = headers.get("content-length", "0")
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise MalformedRequest("Content-Length is no number")
    if int(text) > LONGEST_BODY:
        raise MalformedRequest("the body is too long", 413)
    return int(text)


def _joined(rest: bytes) -> bytes:
    found = bytearray()
    place = 0
    while True:
        end = rest.find(b"\r\n", place, place + _LONGEST_SIZE_LINE)
        digits = rest[place:end].partition(b";")[0].strip() if end >= 0 else b""
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):
            raise MalformedRequest("a chunk of the body is malformed")
        length, place = int(digits, 16), end + 2
        if len(found) + length > LONGEST_BODY:
            raise MalformedRequest("the body is too long", 413)
        if length == 0:
            return bytes(found)
        if len(rest) < place + length + 2:
            raise MalformedRequest("the body ends too soon")
        found += rest[place : place + length]
        place += length + 2
