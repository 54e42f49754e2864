"""Images and their support in the guide: images that configure ENIs themselves (4.4), that take secondary addresses
(4.6), and that support multiqueue (5)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

import attrs

from ecsnet._attrs import named_converters
from ecsnet.guest import checks
from ecsnet.guest.errors import GuestError


class Family(StrEnum):
    """The families of systems, by the format of their network configuration."""

    RHEL = "RHEL"
    DEBIAN = "Debian"
    SLES = "SLES"
    WINDOWS = "Windows"


class MultiqueueSupport(StrEnum):
    """The support of multiqueue in an image, by section 5 of the guide."""

    SUPPORTED = "supported"
    IN_DEVELOPMENT = "in development"
    BY_INVITATION = "by invitation"
    UNLISTED = "not listed"


CENTOS, RED_HAT, ALIYUN = "CentOS", "Red Hat Enterprise Linux", "Aliyun Linux"
UBUNTU, DEBIAN = "Ubuntu", "Debian"
SUSE, OPENSUSE = "SUSE Linux Enterprise Server", "openSUSE"
WINDOWS = "Windows Server"
DATA_CENTER = "Data Center"

FAMILIES: Final = {
    CENTOS: Family.RHEL,
    RED_HAT: Family.RHEL,
    ALIYUN: Family.RHEL,
    UBUNTU: Family.DEBIAN,
    DEBIAN: Family.DEBIAN,
    SUSE: Family.SLES,
    OPENSUSE: Family.SLES,
    WINDOWS: Family.WINDOWS,
}
READY: Final = frozenset({(CENTOS, "7.3"), (CENTOS, "6.8"), (WINDOWS, "2016"), (WINDOWS, "2012 R2")})
"""The images that configure an ENI themselves, if 64-bit, and Windows in its Data Center edition: rule
``guest.eni.ready-images``."""
ADDRESSABLE: Final = frozenset(
    {
        *((distribution, major) for distribution in (CENTOS, RED_HAT) for major in ("6", "7")),
        (ALIYUN, "17"),
        *((UBUNTU, major) for major in ("14", "16")),
        *((DEBIAN, major) for major in ("8", "9")),
        *((SUSE, major) for major in ("11", "12")),
        (OPENSUSE, "42"),
    }
)
"""The Linux releases for which the guide says how to set secondary addresses: distribution and major version."""
WITHOUT_SYSTEMD: Final = frozenset({(CENTOS, "6"), (RED_HAT, "6"), (UBUNTU, "14"), (SUSE, "11")})
MULTIQUEUE: Final = {
    **{(CENTOS, version): MultiqueueSupport.SUPPORTED for version in ("6.8", "6.9", "7.2", "7.3", "7.4")},
    **{(UBUNTU, version): MultiqueueSupport.SUPPORTED for version in ("14.04", "16.04")},
    (DEBIAN, "8.9"): MultiqueueSupport.SUPPORTED,
    (SUSE, "12 SP1"): MultiqueueSupport.SUPPORTED,
    (SUSE, "12 SP2"): MultiqueueSupport.IN_DEVELOPMENT,
    (WINDOWS, "2012 R2"): MultiqueueSupport.BY_INVITATION,
    (WINDOWS, "2016"): MultiqueueSupport.BY_INVITATION,
}
"""The support of multiqueue by image, for 32 and 64 bits alike: rule ``guest.multiqueue.images``."""


_WORDS: Final = re.compile(r"[A-Za-z0-9]+(?:[ ._-][A-Za-z0-9]+)*")


def _distribution(value: str, name: str = "distribution") -> str:
    if (text := checks.text(name, value)) not in FAMILIES:
        raise GuestError(f"unknown {name} {text!r}; known are {', '.join(FAMILIES)}")
    return text


def _few_words(value: str, name: str = "version") -> str:
    if _WORDS.fullmatch(text := checks.text(name, value)) is None:
        raise GuestError(f"{name} must be a few letters and digits, such as '16.04' or '12 SP1', not {text!r}")
    return text


def _bits(value: int, name: str = "bits") -> int:
    if (bits := checks.number(name, value, 32, 64)) not in (32, 64):
        raise GuestError(f"{name} must be 32 or 64, not {bits}")
    return bits


@attrs.frozen(kw_only=True, field_transformer=named_converters)
class Image:
    """The operating system of an instance, as far as its network configuration depends on it.

    ``distribution`` is a key of `FAMILIES`. ``version`` is spelled like the vendor's (``"7.2"``, ``"16.04"``,
    ``"12 SP1"``, ``"2012 R2"``). ``edition`` is for Windows only. Raises `GuestError` for an unknown distribution and
    for a malformed version, edition or number of bits, which are printed in scripts.
    """

    distribution: str = attrs.field(converter=_distribution)
    version: str = attrs.field(converter=_few_words)
    bits: int = attrs.field(default=64, converter=_bits)
    edition: str = attrs.field(default=DATA_CENTER, converter=_few_words)

    def __str__(self) -> str:
        edition = f" {self.edition}" if self.family is Family.WINDOWS else ""
        return f"{self.distribution} {self.version}{edition} {self.bits}-bit"

    @property
    def family(self) -> Family:
        """The family of the distribution, which determines the format of its network configuration."""
        return FAMILIES[self.distribution]

    @property
    def release(self) -> tuple[str, str]:
        """The distribution and the major version."""
        return self.distribution, re.split(r"[. ]", self.version)[0]

    @property
    def ready(self) -> bool:
        """True if the image configures an ENI itself (rule ``guest.eni.ready-images``)."""
        listed = (self.distribution, self.version) in READY and self.bits == 64
        return listed and (self.family is not Family.WINDOWS or self.edition == DATA_CENTER)

    @property
    def multiqueue(self) -> MultiqueueSupport:
        """The image's support of NICs with several queues (rule ``guest.multiqueue.images``)."""
        return MULTIQUEUE.get((self.distribution, self.version), MultiqueueSupport.UNLISTED)

    def service(self, verb: str, name: str) -> str:
        """Returns the command that applies a verb, such as ``"restart"``, to a service of the image."""
        return f"service {name} {verb}" if self.release in WITHOUT_SYSTEMD else f"systemctl {verb} {name}"

    @classmethod
    def parse(cls, text: str) -> Image:
        """Returns the image with a name (``"centos 7.2"``, ``"64-bit Windows Server 2012 R2 data center Edition"``) or
        with the id of a public image (``"centos_7_02_64_20G_alibase_20170818.vhd"``).

        The defaults are 64-bit and, for Windows, the Data Center edition. Raises `GuestError` for an unknown image.
        """
        if _SEVERAL.search(checks.text("image", text)):
            raise GuestError(f"{text!r} names several images: name one version, as in 'centos 7.2'")
        words = re.sub(r"[\s_:/-]+", " ", checks.text("image", text).strip().lower())
        words = _BITS_FIRST.sub(r"\2 \1", words)
        for distribution, pattern in _PATTERNS.items():
            found = pattern.match(words)
            if found is not None:
                rest = words[found.end() :]
                return cls(
                    distribution=distribution,
                    version=_version(distribution, found, rest),
                    bits=32 if _BITS_32.search(rest) else 64,
                    edition=next((name for name, named in _EDITIONS.items() if named.search(rest)), DATA_CENTER),
                )
        raise GuestError(f"unknown image {text!r}: name a distribution and its version, as in 'centos 7.2'")


_MINOR = r"(?:[u. ]0?(\d|1\d)(?![\da-z]))?"
_PATTERNS: Final = {
    CENTOS: re.compile(rf"centos(?: linux)?(?: release)? ?(\d)(?!\d){_MINOR}", re.ASCII),
    RED_HAT: re.compile(rf"(?:red ?hat(?: enterprise)?(?: linux)?|rhel) ?(\d)(?!\d){_MINOR}", re.ASCII),
    ALIYUN: re.compile(rf"aliyun(?: ?linux)? ?(\d\d?)(?!\d){_MINOR}", re.ASCII),
    UBUNTU: re.compile(r"ubuntu ?(\d\d)(?:[. ]?(04|10)(?:\d\d)?)?(?!\d)", re.ASCII),
    DEBIAN: re.compile(rf"debian ?(\d\d?)(?!\d){_MINOR}", re.ASCII),
    SUSE: re.compile(r"(?:suse(?: linux)?(?: enterprise server)?|sles) ?(\d\d)(?!\d)(?: ?sp ?(\d))?", re.ASCII),
    OPENSUSE: re.compile(rf"opensuse(?: leap)? ?(\d\d)(?!\d){_MINOR}", re.ASCII),
    WINDOWS: re.compile(r"win(?:dows)?(?: server)? ?(\d{4})(?!\d)()", re.ASCII),
}
_SEVERAL: Final = re.compile(r"\d\s*/\s*\d", re.ASCII)
_BITS_FIRST: Final = re.compile(r"((?:32|64) ?bit) (.*)", re.ASCII)
"""An image's name as the guide also has it: with the number of bits in front."""
_BITS_32: Final = re.compile(r"\b(?:x?32(?: ?bit|位)?|i[3-6]86|x86(?! 64))(?![0-9a-z])")
_EDITIONS: Final = {
    DATA_CENTER: re.compile(r"\b(?:dtc|datactr|data ?cent(?:er|re))\b|数据中心版"),
    "Standard": re.compile(r"\b(?:std|standard)\b|标准版"),
    "Enterprise": re.compile(r"\b(?:ent|enterprise)\b|企业版"),
}


def _version(distribution: str, found: re.Match[str], rest: str) -> str:
    major, minor = found.groups()
    if distribution == WINDOWS:
        return f"{major} R2" if re.search(r"\br2\b", rest) else major
    if minor is None:
        return major
    return f"{major} SP{minor}" if distribution == SUSE else f"{major}.{minor}"
