"""Verifies the signatures of requests: V1 of the RPC style (HMAC-SHA1), and V3 (ACS3-HMAC-SHA256).

Both are computed over decoded parameters, so that it does not matter which characters a client escapes.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from ecsnet.openapi.http import HttpRequest
from ecsnet.openapi.refusals import Refusal

ACS3: Final = "ACS3-HMAC-SHA256"
_AUTHORIZATION: Final = re.compile(r"Credential=([^,]*),\s*SignedHeaders=([^,]*),\s*Signature=([0-9A-Fa-f]*)")
_EMPTY: Final = sha256(b"").hexdigest()
LONGEST_WAY: Final = timedelta(minutes=15)
"""The longest time between the moment at which a request says that it was signed, and its arrival."""


_MISMATCH: Final = "Specified signature is not matched with our calculation. server string to sign is:"
"""The vendor's words, which its SDKs look for: they compare what follows with what they have signed."""


class WrongSignature(Refusal):
    """A request is not signed with the secret of its key.

    ``unkept`` is the text that had to be signed. It belongs to the answer, and is kept nowhere, since it has all
    parameters of the request.
    """

    def __init__(self, signed: str) -> None:
        super().__init__("SignatureDoesNotMatch", 400, _MISMATCH)
        self.unkept = signed


def quoted(text: str) -> str:
    """Returns text as signatures have it: everything but letters, digits and ``-_.~`` is escaped."""
    return quote(text, safe="-_.~")


def access_key_of(request: HttpRequest, parameters: Mapping[str, str]) -> str | None:
    """Returns the id of the access key that a request names, None if it names none."""
    authorization = _AUTHORIZATION.search(request.headers.get("authorization", ""))
    if authorization is not None:
        return authorization[1]
    return parameters.get("AccessKeyId") or request.headers.get("x-acs-accesskey-id")


def nonce_of(request: HttpRequest, parameters: Mapping[str, str]) -> str | None:
    """Returns the nonce of a request's signature."""
    return request.headers.get("x-acs-signature-nonce") or parameters.get("SignatureNonce")


def verify(request: HttpRequest, parameters: Mapping[str, str], keys: Mapping[str, str]) -> str:
    """Returns the id of the access key that a request is signed with. ``keys`` has the secrets by id.

    Raises `Refusal`.
    """
    access_key = access_key_of(request, parameters)
    if not access_key:
        raise Refusal("MissingAccessKeyId", 400, "AccessKeyId is missing: the request is not signed")
    secret = keys.get(access_key)
    if secret is None:
        raise Refusal("InvalidAccessKeyId.NotFound", 404, "the access key of the request does not exist")
    authorization = request.headers.get("authorization", "")
    signed = _v3(request, authorization, secret) if authorization.startswith(ACS3) else _v1(request, parameters, secret)
    if signed is not None:
        raise WrongSignature(signed)
    return access_key


def _v1(request: HttpRequest, parameters: Mapping[str, str], secret: str) -> str | None:
    """Returns the text that had to be signed, None if the signature is right."""
    given = parameters.get("Signature")
    if not given:
        raise Refusal("IncompleteSignature", 400, "Signature is missing")
    pairs = [pair for pair in (*request.query(), *request.form()) if pair[0] != "Signature"]
    text = f"{request.method}&{quoted('/')}&{quoted(_canonical(pairs))}"
    algorithm = "sha256" if parameters.get("SignatureMethod", "").upper() == "HMAC-SHA256" else "sha1"
    computed = b64encode(hmac.digest(f"{secret}&".encode(), text.encode(), algorithm))
    return None if hmac.compare_digest(computed, given.encode()) else text


def _v3(request: HttpRequest, authorization: str, secret: str) -> str | None:
    """Returns the text that had to be signed, None if the signature is right."""
    parts = _AUTHORIZATION.search(authorization)
    if parts is None:
        raise Refusal("IncompleteSignature", 400, "the Authorization header is malformed")
    content = sha256(request.body).hexdigest() if request.body else _EMPTY
    if request.headers.get("x-acs-content-sha256", content) != content:
        raise Refusal("IncompleteSignature", 400, "x-acs-content-sha256 is not that of the body")
    names = parts[2].split(";")
    headers = "".join([f"{name}:{request.headers.get(name, '').strip()}\n" for name in names])
    query = _canonical(request.query())
    canonical = f"{request.method}\n{request.path}\n{query}\n{headers}\n{parts[2]}\n{content}"
    text = f"{ACS3}\n{sha256(canonical.encode()).hexdigest()}"
    computed = hmac.digest(secret.encode(), text.encode(), "sha256").hex()
    return None if hmac.compare_digest(computed, parts[3].lower()) else text


def _canonical(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value}" for name, value in sorted((quoted(n), quoted(v)) for n, v in pairs)])


def check_time(request: HttpRequest, parameters: Mapping[str, str], now: datetime) -> None:
    """Raises `Refusal` for a signed request that names no time, a malformed one, or one that is too far from now."""
    text = request.headers.get("x-acs-date") or parameters.get("Timestamp")
    if not text:
        raise Refusal("MissingTimestamp", 400, "Timestamp is missing: a signed request says when it was signed")
    try:
        moment = datetime.fromisoformat(text)
        away = abs(moment - now)
    except (ValueError, TypeError) as error:  # a time without a timezone is none of UTC
        raise Refusal("InvalidTimeStamp.Format", 400, "the time of the request is none of UTC in ISO 8601") from error
    if away > LONGEST_WAY:
        raise Refusal("InvalidTimeStamp.Expired", 400, f"the request was signed at {moment}, and now it is {now}")
