"""A `Service` as an application of WSGI and of ASGI, for those who want another server than `ecsnet.openapi.server`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from ecsnet.openapi.http import LONGEST_BODY, HttpRequest, HttpResponse, MalformedRequest, length_of, reason_of
from ecsnet.openapi.service import Service

Wsgi = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]
Asgi = Callable[[Mapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def wsgi(service: Service) -> Wsgi:
    """Returns an application of WSGI. A fault that drops the connection raises `ConnectionDropped` into the server."""

    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = _answered(service, environ)
        headers = [*response.headers.items(), ("Content-Length", str(len(response.body)))]
        start_response(f"{response.status} {reason_of(response.status)}", headers)
        return [response.body]

    return application


def _answered(service: Service, environ: Mapping[str, Any]) -> HttpResponse:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    if not headers.get("content-length"):
        headers["content-length"] = "0"
    query = environ.get("QUERY_STRING", "")
    target = f"{environ.get('PATH_INFO') or '/'}{'?' if query else ''}{query}"
    try:
        body = environ["wsgi.input"].read(length_of(headers))
    except MalformedRequest as error:
        return service.malformed(error)
    return service.answer(HttpRequest(environ["REQUEST_METHOD"], target, headers, body))


def asgi(service: Service) -> Asgi:
    """Returns an application of ASGI, for the scope ``http``. A fault that drops the connection raises
    `ConnectionDropped` into the server."""

    async def application(
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        body = bytearray()
        more = True
        while more and len(body) <= LONGEST_BODY:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope.get("query_string", b"").decode("latin-1")
        target = f"{scope['path'] or '/'}{'?' if query else ''}{query}"
        if more:
            response = service.malformed(MalformedRequest("the body is too long", 413))
        else:
            response = service.answer(HttpRequest(scope["method"], target, headers, bytes(body)))
        written = {**response.headers, "Content-Length": str(len(response.body))}
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in written.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": pairs})
        await send({"type": "http.response.body", "body": response.body})

    return application
