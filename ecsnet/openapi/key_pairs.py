"""Key pairs, as far as clients ask for them on their way to an instance.

A key pair is no resource of the network: one that is asked for by its name exists, and lists have those that instances
are remembered to have. The private key of `CreateKeyPair` is a real one, since clients parse it before they go on. It
is computed from the account and the name, so that a replayed session has the same; it protects nothing.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b, md5
from itertools import count
from math import gcd, isqrt, lcm, prod
from textwrap import wrap
from typing import Any, Final

import attrs

from ecsnet.cloud import Cloud
from ecsnet.openapi.answers import Body
from ecsnet.openapi.reading import Parameters, ids_of_json, needed, page_of
from ecsnet.openapi.selection import matches

BITS: Final = 2048
_EXPONENT: Final = 65537
_SMALL_PRIMES: Final = prod(
    one for one in range(3, 5000, 2) if all(one % other for other in range(3, isqrt(one) + 1, 2))
)
"""The product of the odd primes below 5,000: most numbers that are not prime have a divisor among them."""
_BASES: Final = (2, 3, 5, 7)
"""The bases of the Miller-Rabin test. Four are enough for random numbers of this size."""


@attrs.frozen
class RsaKey:
    """An RSA key: the modulus, its two primes, and the private exponent."""

    n: int
    p: int
    q: int
    d: int

    @property
    def public_key(self) -> str:
        """The public key as OpenSSH writes it."""
        return f"ssh-rsa {b64encode(self._public_blob()).decode()}"

    @property
    def fingerprint(self) -> str:
        """The MD5 of the public key, in hexadecimal digits."""
        return md5(self._public_blob(), usedforsecurity=False).hexdigest()

    @property
    def pem(self) -> str:
        """The private key as PKCS #1 has it (RFC 8017, A.1.2), in PEM."""
        numbers = (0, self.n, _EXPONENT, self.d, self.p, self.q)
        of_crt = (self.d % (self.p - 1), self.d % (self.q - 1), pow(self.q, -1, self.p))
        content = b"".join(_der(0x02, _bytes_of(one)) for one in (*numbers, *of_crt))
        lines = wrap(b64encode(_der(0x30, content)).decode(), 64)
        return "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----"])

    def _public_blob(self) -> bytes:
        parts = (b"ssh-rsa", _bytes_of(_EXPONENT), _bytes_of(self.n))
        return b"".join(len(one).to_bytes(4, "big") + one for one in parts)


@lru_cache(maxsize=64)
def rsa_key(seed: str) -> RsaKey:
    """Returns the RSA key of a seed: equal seeds have equal keys."""
    primes = _primes(seed, BITS // 2)
    p = next(primes)
    q = next(one for one in primes if one != p)
    return RsaKey(p * q, p, q, pow(_EXPONENT, -1, lcm(p - 1, q - 1)))


def _primes(seed: str, bits: int) -> Iterator[int]:
    """Yields primes whose two highest bits are set, so that the product of two has twice the bits."""
    for number in count():
        parts = (blake2b(f"{seed}/{number}/{one}".encode()).digest() for one in range(bits // 512))
        found = int.from_bytes(b"".join(parts), "big") | (0b11 << (bits - 2)) | 1
        if _is_prime(found) and gcd(found - 1, _EXPONENT) == 1:
            yield found


def _is_prime(number: int) -> bool:
    """Returns whether a large odd number passes the Miller-Rabin test."""
    if gcd(number, _SMALL_PRIMES) != 1:
        return False
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for base in _BASES:
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def _bytes_of(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(size)]) + size + content


# Actions


def _key_of(cloud: Cloud, name: str) -> RsaKey:
    return rsa_key(f"{cloud.account_id}/{name}")


def create(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """CreateKeyPair."""
    name = needed(parameters, "KeyPairName")
    key = _key_of(cloud, name)
    return {
        "KeyPairFingerPrint": key.fingerprint,
        "KeyPairId": f"ssh-{key.fingerprint[:20]}",
        "KeyPairName": name,
        "PrivateKeyBody": key.pem,
    }


def import_key(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """ImportKeyPair."""
    name, public_key = needed(parameters, "KeyPairName"), needed(parameters, "PublicKeyBody")
    return {
        "KeyPairFingerPrint": md5(public_key.encode(), usedforsecurity=False).hexdigest(),
        "KeyPairName": name,
    }


def describe(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """DescribeKeyPairs: the key pairs of the account's instances, each once."""
    names: dict[str, Any] = {}
    region_id = parameters.get("RegionId", cloud.region_id)
    for instance in cloud.instances.values():
        if (instance.account_id, instance.region_id) == (cloud.account_id, region_id):
            name = cloud.remembered(instance.id).get("KeyPairName")
            if name and matches(parameters.get("KeyPairName", "*"), name):
                names.setdefault(name, instance)
    found = [
        {
            "CreationTime": instance.created_at.strftime("%Y-%m-%dT%H:%MZ"),
            "KeyPairFingerPrint": _key_of(cloud, name).fingerprint,
            "KeyPairName": name,
            "PublicKey": "",
            "ResourceGroupId": "",
            "Tags": {"Tag": []},
        }
        for name, instance in sorted(names.items())
    ]
    return page_of(parameters, "KeyPairs", "KeyPair", found)


def bind(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """AttachKeyPair and DetachKeyPair."""
    name, asked = needed(parameters, "KeyPairName"), ids_of_json(needed(parameters, "InstanceIds"))
    results = []
    for one in asked:
        instance = cloud.instances.get(one)
        there = instance is not None and instance.account_id == cloud.account_id
        if there:
            cloud.remember(one, {"KeyPairName": name if action == "AttachKeyPair" else None})
        results.append(
            {
                "Code": "200" if there else "InvalidInstanceId.NotFound",
                "InstanceId": one,
                "Message": "" if there else f"{one} does not exist",
                "Success": str(there).lower(),
            }
        )
    return {
        "FailCount": str(sum(one["Success"] == "false" for one in results)),
        "KeyPairName": name,
        "Results": {"Result": results},
        "TotalCount": str(len(asked)),
    }


def delete(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """DeleteKeyPairs: nothing is kept of key pairs that no instance has."""
    needed(parameters, "KeyPairNames")
    return {}


ACTIONS_OF_KEY_PAIRS: Final[Mapping[str, Any]] = {
    "AttachKeyPair": bind,
    "CreateKeyPair": create,
    "DeleteKeyPairs": delete,
    "DescribeKeyPairs": describe,
    "DetachKeyPair": bind,
    "ImportKeyPair": import_key,
}
