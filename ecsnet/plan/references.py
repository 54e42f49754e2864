"""References, ``$name.attribute``: checked when the plan is parsed, and resolved when the named result exists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, get_args, get_type_hints

import attrs

from ecsnet import openapi
from ecsnet._attrs import field_names
from ecsnet.openapi.requests import did_you_mean
from ecsnet.plan.values import Outcome, Reference


class NoValue(Exception):
    """A reference has no value: its entry has no result, or the attribute is not set."""


@attrs.frozen
class Expected:
    """A named result before its operation runs: the class of the resource and the number of resources.

    ``several`` is true where the operation returns a tuple, even of one; ``only_judged`` where it is a dry run, which
    has no result.
    """

    resource: type[Any]
    count: int = 1
    several: bool = False
    only_judged: bool = False


def steps_to(named: Expected, text: str, path: list[str]) -> tuple[str | int, ...]:
    """Returns the indexes and attributes that lead from a result to the value of a reference.

    Raises ValueError if the result cannot have such a value.
    """
    kind = named.resource.__name__
    if named.only_judged:
        raise ValueError(f"{text} is a result that there will never be: its entry is only judged (DryRun)")
    index = 0
    if named.several and path and path[0].isdigit():
        index = int(path.pop(0))
        if index >= named.count:
            raise ValueError(f"{text}: there are only {named.count}, counted from 0")
    elif named.count > 1:
        raise ValueError(f"{text} is {named.count} results: say which, from $name.0 to $name.{named.count - 1}")
    spelled = path.pop(0) if path else "id"
    attribute = openapi.attribute_of(named.resource, spelled)
    if attribute is None:
        nearest = did_you_mean(spelled, field_names(named.resource))
        raise ValueError(f"{text}: {kind} has no attribute {spelled!r}{nearest}")
    if not path:
        return index, attribute
    if "tuple" in str(_annotations(named.resource)[attribute]) and len(path) == 1 and path[0].isdigit():
        return index, attribute, int(path[0])
    raise ValueError(f"{text}: {attribute} of {kind} has no {'.'.join(path)!r}")


def _annotations(resource: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(resource)


def sample(named: Expected, reference: Reference) -> Any:
    """Returns a value of the type that the reference will have."""
    attribute = next((step for step in reference.steps if isinstance(step, str)), None)
    if attribute is None:
        return reference.text
    annotation = _annotations(named.resource)[attribute]
    one = _sample(attribute, annotation, reference.text)
    return [one] if "tuple" in str(annotation) and reference.steps[-1] == attribute else one


def _sample(attribute: str, annotation: Any, text: str) -> Any:
    types = {annotation, *get_args(annotation)}
    for one in types:
        if isinstance(one, type) and issubclass(one, StrEnum):
            return str(next(iter(one)))
    if bool in types:
        return False
    if int in types:
        return 1
    if datetime in types:
        return "2019-03-11T00:00:00Z"
    return _SAMPLES.get(attribute, text)


_SAMPLES: Final = {
    "cidr_block": "10.0.0.0/16",
    "description": "sample",
    "ip_address": "192.0.2.1",
    "name": "interfaces-per-region",  # valid for a quota and for an ENI
    "primary_private_ip": "192.0.2.1",
    "private_ip": "192.0.2.1",
    "private_ips": "192.0.2.1",
    "public_ip": "192.0.2.1",
    "region_id": "cn-hangzhou",
}


def value_of(reference: Reference, results: Mapping[str, Outcome]) -> Any:
    """Returns the value of a reference. Raises `NoValue` if it has none."""
    outcome = results[reference.name]
    if outcome.verdict != "allowed":
        entry = outcome.operation.entry
        raise NoValue(f"${reference.name} has no result: entry {entry} was {outcome.verdict}")
    value: Any = outcome.resources
    for step in reference.steps:
        try:
            value = value[step] if isinstance(step, int) else getattr(value, step)
        except IndexError:
            raise NoValue(f"{reference.text} is not there: there are only {len(value)}, counted from 0") from None
    if value is None:
        raise NoValue(f"{reference.text} has no value: {reference.steps[-1]} is not set")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return list(value) if isinstance(value, tuple) else value
