"""Answers the vendor's Python clients inside of the process, without sockets.

While at least one service is entered, the functions by which clients send a request are replaced: that of the transport
of today's SDKs (`darabonba`), of `requests` (Libcloud), of the copy of it that the older SDK carries, and of `aiohttp`.
They are looked up at each call, so clients that were made before are reached, too. Requests to other hosts go on as
ever.

The transport itself is replaced, not only what it asks: `requests` would prepare a request that is never sent.
"""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from inspect import getattr_static
from threading import RLock
from types import TracebackType
from typing import Any, Final

from ecsnet.openapi.http import HttpRequest, HttpResponse, reason_of
from ecsnet.openapi.service import ConnectionDropped, Service

VENDOR: Final = ".aliyuncs.com"
_REQUESTS: Final = ("requests.adapters", "aliyunsdkcore.vendored.requests.adapters")
_URL: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)([^#]*)")
_lock: Final = RLock()
_services: list[Service] = []
_undo: list[Callable[[], None]] = []


def enter(service: Service) -> None:
    """Begins to answer requests to the vendor's hosts from a service; the one that was entered last answers."""
    with _lock:
        if not _undo:
            _install()
        _services.append(service)


def leave(service: Service) -> None:
    """Ends that."""
    with _lock:
        _services.remove(service)
        if not _services:
            while _undo:
                _undo.pop()()


def _install() -> None:
    if (core := _module("darabonba.core")) is not None:
        _replace(core.DaraCore, "do_action", _actor(core))
    for name in _REQUESTS:
        if (module := _module(name)) is not None:
            _replace(module.HTTPAdapter, "send", _sender(module))
    if (aiohttp := _module("aiohttp")) is not None:
        _replace(aiohttp.ClientSession, "request", _requester(aiohttp))


def _module(name: str) -> Any:
    """Returns a module, None if its package is not installed."""
    package = name.partition(".")[0]
    return import_module(name) if find_spec(package) is not None else None


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    original = getattr_static(owner, name)
    setattr(owner, name, make(original))
    _undo.append(lambda: setattr(owner, name, original))


def _service_for(netloc: str) -> Service | None:
    host = netloc.rpartition("@")[2].partition(":")[0]
    return _services[-1] if _services and host.lower().endswith(VENDOR) else None


def _split(url: str) -> tuple[str, str]:
    """Returns the host and port of a URL, and the target that its server is asked for; two empty texts if it has
    none."""
    found = _URL.match(url)
    if found is None:
        return "", ""
    netloc, target = found.groups()
    return netloc, target if target.startswith("/") else f"/{target}"


def _actor(core: Any) -> Callable[[Any], Any]:
    def make(original: Any) -> Any:
        def do_action(request: Any, runtime_option: Any = None) -> Any:
            url = core.DaraCore.compose_url(request)
            netloc, target = _split(url)
            service, body = _service_for(netloc), request.body
            if service is None or not (body is None or isinstance(body, str | bytes)):
                return original(request, runtime_option)
            try:
                answer = service.answer(_request(request.method, netloc, target, request.headers, body or b""))
            except ConnectionDropped as error:
                raise core.RetryError(str(error)) from None
            response = core.DaraResponse()
            response.status_code, response.status_message = answer.status, reason_of(answer.status)
            response.headers = {name.lower(): value for name, value in answer.headers.items()}
            response.body = answer.body
            return response

        return staticmethod(do_action)

    return make


def _sender(module: Any) -> Callable[[Any], Any]:
    def make(original: Any) -> Any:
        def send(adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            netloc, target = _split(request.url)
            service = _service_for(netloc)
            if service is None:
                return original(adapter, request, *args, **kwargs)
            try:
                response = service.answer(
                    _request(request.method, netloc, target, request.headers, request.body or b"")
                )
            except ConnectionDropped:
                raise module.ConnectionError("the connection was dropped", request=request) from None
            return _built(module, adapter, request, response)

        return send

    return make


def _built(module: Any, adapter: Any, request: Any, response: HttpResponse) -> Any:
    """Returns a response of `requests`, as its adapter builds it of one of urllib3."""
    built = module.Response()
    built.status_code = response.status
    built.reason = reason_of(response.status)
    built.headers = module.CaseInsensitiveDict(response.headers)
    built.encoding = module.get_encoding_from_headers(built.headers)
    built.raw = io.BytesIO(response.body)
    built.url, built.request, built.connection = request.url, request, adapter
    return built


def _request(method: str, netloc: str, target: str, headers: Mapping[str, Any], body: Any) -> HttpRequest:
    named = {
        str(name).lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }
    named.setdefault("host", netloc)
    return HttpRequest(method.upper(), target, named, body.encode() if isinstance(body, str) else bytes(body))


class _AsyncAnswer:
    """The answer to a request of aiohttp, which is awaited or entered."""

    def __init__(self, answer: Callable[[], Awaitable[_AsyncResponse]]) -> None:
        self._answer = answer

    def __await__(self) -> Any:
        return self._answer().__await__()

    async def __aenter__(self) -> _AsyncResponse:
        return await self._answer()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


class _AsyncResponse:
    """As much of a response of aiohttp as clients use."""

    def __init__(self, response: HttpResponse, url: str) -> None:
        self.status = response.status
        self.reason = reason_of(response.status)
        self.headers = dict(response.headers)
        self.url = url
        self.ok = response.status < 400
        self._body = response.body

    async def read(self) -> bytes:
        """Returns the body."""
        return self._body

    async def text(self, encoding: str = "utf-8") -> str:
        """Returns the body as text."""
        return self._body.decode(encoding)

    async def json(self, **kwargs: Any) -> Any:
        """Returns the body, which is JSON."""
        return import_module("json").loads(self._body)

    def release(self) -> None:
        """Does nothing: no connection was used."""

    def close(self) -> None:
        """Does nothing: no connection was used."""


def _requester(aiohttp: Any) -> Callable[[Any], Any]:
    def make(original: Any) -> Any:
        def request(session: Any, method: str, url: Any, **kwargs: Any) -> Any:
            netloc, target = _split(str(url))
            service = _service_for(netloc)
            if service is None:
                return original(session, method, url, **kwargs)
            asked = _request(method, netloc, target, kwargs.get("headers") or {}, kwargs.get("data") or b"")

            async def answer() -> _AsyncResponse:
                try:
                    if service.faults:  # a slow answer must not hold up everybody else
                        response = await import_module("asyncio").to_thread(service.answer, asked)
                    else:
                        response = service.answer(asked)
                except ConnectionDropped:
                    raise aiohttp.ServerDisconnectedError from None
                return _AsyncResponse(response, str(url))

            return _AsyncAnswer(answer)

        return request

    return make
