"""`aliyun`: the vendor's API for tests of code that drives it, in the process or on a port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from ecsnet._arguments import shown
from ecsnet.clocks import AT_ONCE, Duration
from ecsnet.cloud import Cloud
from ecsnet.errors import InvalidArgument
from ecsnet.openapi.admin import Admin
from ecsnet.openapi.server import Server
from ecsnet.openapi.service import Call, Service
from ecsnet.testing import _intercept
from ecsnet.testing.faults import Faults, read_faults

KEY: Final = "testid"
SECRET: Final = "testsecret"
_INSIDE: Final = "ecsnet.aliyuncs.com"


class Aliyun:
    """The vendor's API over a cloud, for one test.

    ``cloud`` is the model behind it, ``calls`` are the calls so far, ``faults`` those to be injected; ``endpoint`` is
    what a client is given as its endpoint, host and port. `config`, `old_client` and `env` make clients.
    """

    def __init__(self, service: Service, endpoint: str, keys: Mapping[str, str]) -> None:
        self.service = service
        self.endpoint = endpoint
        self._key, self._secret = next(iter(keys.items()))

    @property
    def cloud(self) -> Cloud:
        """The model behind the API."""
        return self.service.cloud

    @property
    def faults(self) -> Faults:
        """The faults to be injected; those that ``/_ecsnet/faults`` was given replace them."""
        faults: Any = self.service.faults
        return faults  # type: ignore[no-any-return]  # the service knows of a protocol only

    @property
    def calls(self) -> Sequence[Call]:
        """The calls so far, in order."""
        return tuple(self.service.calls)

    @property
    def region_id(self) -> str:
        """The region of the cloud."""
        return self.cloud.region_id

    def config(self, **settings: Any) -> Any:
        """Returns the ``Config`` that makes a client of the vendor's SDK (``alibabacloud-ecs20140526``,
        ``alibabacloud-vpc20160428``) use this API. ``settings`` are further ones of it."""
        from alibabacloud_tea_openapi.utils_models import Config

        return Config(
            **{
                "access_key_id": self._key,
                "access_key_secret": self._secret,
                "endpoint": self.endpoint,
                "protocol": "http",
                "region_id": self.region_id,
                **settings,
            }
        )

    def old_client(self, **settings: Any) -> Any:
        """Returns an ``AcsClient`` of the vendor's former SDK (``aliyun-python-sdk-core``) that uses this API.
        ``settings`` are further ones of it."""
        from aliyunsdkcore.client import AcsClient

        client = AcsClient(self._key, self._secret, self.region_id, **settings)
        for product in ("Ecs", "Vpc"):
            client.add_endpoint(self.region_id, product, self.endpoint)
        return client

    def env(self) -> dict[str, str]:
        """Returns the environment of a subprocess that is to use this API: the endpoint as a proxy for plain HTTP,
        which the vendor's older SDKs of all languages honour, and credentials that are none of a real account."""
        return client_environment(self.endpoint, self.region_id, self._key, self._secret)


def client_environment(endpoint: str, region_id: str, key: str = KEY, secret: str = SECRET) -> dict[str, str]:
    """Returns the environment that makes clients of all languages use an endpoint (a host and a port), if they read
    their credentials from it and honour a proxy for plain HTTP."""
    proxy = f"http://{endpoint}"
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
        "ALICLOUD_ACCESS_KEY": key,
        "ALICLOUD_SECRET_KEY": secret,
        "ALIBABA_CLOUD_REGION_ID": region_id,
        "ALICLOUD_REGION": region_id,
        "ALIBABA_CLOUD_ECS_ENDPOINT": endpoint,
        "ALIBABA_CLOUD_VPC_ENDPOINT": endpoint,
        "HTTP_PROXY": proxy,
        "http_proxy": proxy,
        "NO_PROXY": "",
        "no_proxy": "",
    }


@contextmanager
def aliyun(
    cloud: Cloud | None = None,
    *,
    sockets: bool = False,
    keys: Mapping[str, str] | None = None,
    settle_after: Duration | int = AT_ONCE,
    strict: bool = False,
    faults: Faults | None = None,
) -> Iterator[Aliyun]:
    """Answers the vendor's clients from a cloud, or from a fresh one, as long as the ``with`` lasts.

    Without ``sockets``, requests of Python clients in this process to ``*.aliyuncs.com`` are answered inside of it,
    whatever endpoint they have; with it, a server listens on a free port of this machine, for clients of any kind.
    ``keys`` are secrets by the id of their access key: signatures are then verified. ``settle_after`` is, of a fresh
    cloud, how long transitional states last: a timedelta, ``"manual"``, or the number of Describe calls of a resource
    after which its transition is over. ``strict`` refuses parameters that nothing is done with. ``faults`` are those
    to be injected, none without it.

    Raises `InvalidArgument` for a ``settle_after`` beside a cloud that has its own, unless it is a number of calls and
    the cloud's is ``"manual"``.
    """
    polls = settle_after if isinstance(settle_after, int) and not isinstance(settle_after, bool) else None
    if polls is not None and polls < 1:
        raise InvalidArgument(f"settle_after is at least one call, not {shown(polls)}")
    if cloud is None:
        duration = "manual" if polls is not None else settle_after
        cloud = Cloud(settle_after=duration)  # type: ignore[arg-type]  # a number of polls is not passed on
    elif polls is not None and cloud.settle_after != "manual":
        raise InvalidArgument("settle_after: a cloud that is settled by calls has settle_after='manual'")
    elif polls is None and settle_after != timedelta(0):
        raise InvalidArgument("settle_after is that of the cloud: give it there")
    chosen = Faults() if faults is None else faults
    service = Service(cloud, keys=keys, strict=strict, polls=polls, faults=chosen)
    credentials = dict(keys) if keys else {KEY: SECRET}
    if sockets:
        with Server(service, admin=Admin(service, read_faults=read_faults)) as server:
            yield Aliyun(service, server.endpoint, credentials)
        return
    _intercept.enter(service)
    try:
        yield Aliyun(service, _INSIDE, credentials)
    finally:
        _intercept.leave(service)
