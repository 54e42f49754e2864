"""Requests over the wire: a command as the parameters of its action, and answers as they were parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from ecsnet import Command, NewNetworkInterface
from ecsnet.openapi import ACTIONS, Service


def message(action: str, *, method: str = "GET", headers: str = "", **parameters: Any) -> bytes:
    """A request as bytes; parameters are named with underscores for points."""
    query = urlencode({"Action": action, **{n.replace("_", "."): v for n, v in parameters.items()}}, quote_via=quote)
    return f"{method} /?{query} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def call(service: Service, action: str, **parameters: Any) -> Any:
    """The body of the answer to a request, which is JSON."""
    return parsed(service.respond(message(action, **{"Format": "JSON", **parameters})))


def parsed(answer: bytes) -> Any:
    """The body of an answer, which is JSON."""
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def parameters_of(command: Command[Any]) -> dict[str, Any]:
    """The parameters of the action that a command is, nested as the models of the vendor's SDK have them."""
    row = ACTIONS[type(command).__name__]
    given: dict[str, Any] = {}
    for field in attrs.fields(type(command)):
        value = getattr(command, field.name)
        if value is None or (value == field.default and not isinstance(value, str)):
            continue
        parameter = _parameter(row.parameters, field.name, value)
        if parameter is None:
            continue
        if parameter == "NetworkInterface.N":
            given.setdefault("NetworkInterface", []).extend(_new(row.new_interface, one) for one in value)
        elif parameter == "NetworkInterface.N.NetworkInterfaceId":
            given.setdefault("NetworkInterface", []).extend({"NetworkInterfaceId": one} for one in value)
        elif parameter == "Tag.N":
            given["Tag"] = [{"Key": key, "Value": of_key} for key, of_key in value.items()]
        elif parameter.endswith(".N"):
            given[parameter.removesuffix(".N")] = [str(one) for one in value]
        else:
            given[parameter] = value[0] if isinstance(value, tuple) else value
    return given


def _parameter(parameters: Any, field: str, value: Any) -> str | None:
    names = [name for name, one in parameters.items() if one == field]
    lists = [name for name in names if name.endswith(".N") or ".N." in name]
    if isinstance(value, tuple):
        return (lists or names)[0] if names and value and (lists or len(value) == 1) else None
    return names[0] if names else None


def _new(names: Any, new: NewNetworkInterface) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for field in attrs.fields(NewNetworkInterface):
        value = getattr(new, field.name)
        if value is None or value == ():
            continue
        name = _parameter(names, field.name, value)
        assert name is not None
        given[name.removesuffix(".N")] = list(value) if isinstance(value, tuple) and name.endswith(".N") else value
    return given


def flat(nested: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested parameters as a client writes them into a query."""
    for name, value in nested.items():
        if isinstance(value, list):
            items = {str(number): one for number, one in enumerate(value, start=1)}
            yield from flat(items, f"{prefix}{name}.")
        elif isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, str(value)
