"""Writes responses and errors as JSON or XML, as the vendor's gateway does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

import msgspec

JSON: Final = "application/json;charset=utf-8"
XML: Final = "text/xml;charset=utf-8"
"""The type that makes the vendor's SDKs read XML: no other answer may have it."""
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_encode: Final = msgspec.json.Encoder().encode


def written(root: str, value: Mapping[str, Any], *, xml: bool) -> tuple[bytes, str]:
    """Returns an answer as bytes, and their content type. ``root`` is the element around XML."""
    if not xml:
        return _encode(value), JSON
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root}>{_fields(value)}</{root}>'
    return text.encode(), XML


def _fields(value: Mapping[str, Any]) -> str:
    return "".join([_element(name, one) for name, one in value.items()])


def _element(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return "".join([_element(name, one) for one in value])
    if isinstance(value, Mapping):
        return f"<{name}>{_fields(value)}</{name}>"
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(_NOT_IN_XML.sub('�', text))}</{name}>"
