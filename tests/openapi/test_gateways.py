"""The applications of WSGI and ASGI answer as the service does."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any
from wsgiref.validate import validator

import pytest

from ecsnet import Cloud
from ecsnet.openapi import Service
from ecsnet.openapi.gateways import asgi, wsgi

FORM = b"CidrBlock=10.0.0.0%2F8"


def environment(body: bytes, **more: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "Action=CreateVpc",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_ACCEPT": "application/json",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


def test_wsgi() -> None:
    service = Service(Cloud())
    started: list[Any] = []
    application = validator(wsgi(service))
    parts = application(environment(FORM), lambda status, headers, error=None: started.append((status, headers)))
    body = json.loads(b"".join(parts))
    parts.close()  # type: ignore[attr-defined]
    assert service.cloud.vpcs[body["VpcId"]].cidr_block == "10.0.0.0/8"
    assert started[0][0] == "200 OK"
    assert dict(started[0][1])["x-acs-request-id"] == body["RequestId"]
    refused: list[str] = []
    parts = wsgi(service)(environment(FORM, CONTENT_LENGTH="x"), lambda status, headers: refused.append(status))
    assert b"BadRequest" in b"".join(parts)
    assert refused == ["400 Bad Request"]


@pytest.mark.parametrize(("chunks", "status"), [([FORM[:5], FORM[5:]], 200), ([b"a" * (6 << 20)] * 3, 413)])
def test_asgi(chunks: list[bytes], status: int) -> None:
    service = Service(Cloud())
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": one, "more_body": one is not chunks[-1]} for one in chunks]
    if status == 413:
        waiting[-1]["more_body"] = waiting[0]["more_body"] = True
        waiting[1]["more_body"] = True

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"Action=CreateVpc",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"Accept", b"application/json")],
    }
    asyncio.run(_run(asgi(service), scope, receive, send))
    assert [one["type"] for one in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == status
    assert len(service.cloud.vpcs) == (status == 200)
    asyncio.run(_run(asgi(service), {"type": "lifespan"}, receive, send))
    assert len(sent) == 2


async def _run(application: Any, *arguments: Any) -> None:
    await application(*arguments)
