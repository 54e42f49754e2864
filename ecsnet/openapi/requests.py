"""Builds a command from the name of an action and its parameters.

Values may be text, as in a query string, or JSON values. Lists may be flat (``Name.1``, ``Name.2``,
``NetworkInterface.1.NetworkInterfaceId``) or JSON lists; nested parameters are flattened first. The depth of nesting
and the length of names are bounded, far above every request of the API.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from types import NoneType
from typing import Any, Final, Literal, get_args, get_type_hints

import attrs

from ecsnet._arguments import MOST_CHARACTERS, named, region_problem, shown, token_problem, whole_number
from ecsnet._attrs import field_names
from ecsnet.commands import Command
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.errors import InvalidCommand
from ecsnet.openapi.actions import ACTIONS, EVERYWHERE, Action

Kind = Literal["text", "number", "flag", "list"]

MOST_NESTED: Final = 8
"""The deepest nesting of lists and objects; the model itself uses two levels."""
MOST_COMPARED: Final = 200
"""The number of known words that an unknown one is compared with; each costs microseconds."""


class InvalidRequest(InvalidCommand):
    """A malformed request, described by the vendor's names of parameters.

    ``parameter`` is the parameter at fault, None if it is the action or several parameters; ``code`` is the API's
    error code.
    """

    def __init__(self, reason: str, *, parameter: str | None = None, code: str = "InvalidParameter") -> None:
        super().__init__(reason)
        self.parameter = parameter
        self.code = code

    def spelled(self, spell: Callable[[str], str]) -> str:
        """Returns the message, which is in the vendor's words already."""
        return self.reason


@attrs.frozen(kw_only=True)
class Request:
    """A command and the metadata of its request: ``client_token``, ``dry_run`` (judge only), and ``region_id``, which
    the command has too if its class has a region."""

    action: Action
    command: Command[Any]
    client_token: str | None = None
    dry_run: bool = False
    region_id: str | None = None


def request(action: str, parameters: Mapping[str, Any]) -> Request:
    """Returns the request for the name of an action and its parameters.

    Raises `InvalidRequest` for an action or a parameter that the API or the model does not have, for a missing
    parameter, and for a malformed value.
    """
    if not isinstance(parameters, Mapping):
        raise InvalidRequest(f"parameters are given by name, as a mapping, not as {shown(parameters)}")
    row = ACTIONS.get(action) if isinstance(action, str) else None
    if row is None:
        nearest = did_you_mean(action, ACTIONS) if isinstance(action, str) else ""
        raise InvalidRequest(f"unknown action {shown(action)}{nearest}", code="InvalidAction.NotFound")
    given = _gather(row, parameters)
    for parameter, value in row.only.items():
        if parameter in given and _text(parameter, given.pop(parameter)).casefold() != value:
            raise InvalidRequest(f"{parameter} other than {value!r} is not modelled", parameter=parameter)
    region_id = _region_id(given)
    client_token = _text("ClientToken", given.pop("ClientToken")) if "ClientToken" in given else None
    dry_run = _flag("DryRun", given.pop("DryRun")) if "DryRun" in given else False
    if "region_id" not in field_names(row.command):
        given.pop("RegionId", None)
    if client_token is not None and token_problem(client_token) is not None:
        raise InvalidRequest("ClientToken must be 1 to 64 ASCII characters", parameter="ClientToken")
    command = _command(row, given)
    return Request(action=row, command=command, client_token=client_token, dry_run=dry_run, region_id=region_id)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns a suggestion for the end of a message about an unknown word: the nearest of the first 200 known words,
    or nothing if none is near."""
    if len(word) > MOST_CHARACTERS:
        return ""
    spelled = {name.casefold(): name for name in islice(known, MOST_COMPARED)}
    folded = word.casefold()
    begun = [name for name in spelled if len(folded) > 2 and name.startswith(folded)]
    near = begun or difflib.get_close_matches(folded, spelled, n=1)
    return f": did you mean {spelled[near[0]]}?" if near else ""


# Parameters

_NUMBER: Final = re.compile(r"\.([1-9][0-9]{0,8})(?=\.|\Z)")
_INTERFACES: Final = "NetworkInterface.N"
_EXISTING: Final = "NetworkInterfaceId"
_TAGS: Final = "Tag.N"
_OF_TAG: Final = re.compile(r"Tag\.([1-9][0-9]{0,8})\.(Key|Value|key|value)")
_OF_INTERFACE: Final = re.compile(r"NetworkInterface\.([1-9][0-9]{0,8})\.(.+)", re.DOTALL)


def _gather(row: Action, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values by the table's name of the parameter; the items of a list together, in order."""
    known = {*row.parameters, *row.only, *EVERYWHERE, *(("ClientToken",) if row.takes_client_token else ())}
    pairs: list[tuple[str, Any]] = []
    interfaces: dict[int, list[tuple[str, Any]]] = {}
    tags: dict[int, dict[str, Any]] = {}
    for name, value in _flat(parameters):
        if _TAGS in row.parameters and (name == "Tag" or name.startswith("Tag.")):
            _add_tag(tags, name, value)
            continue
        found = _OF_INTERFACE.fullmatch(name) if row.new_interface else None
        if found is None:
            pairs.append((name, value))
        else:
            interfaces.setdefault(int(found[1]), []).append((found[2], value))
    given = _collect(row, known.difference([_INTERFACES, _TAGS]), pairs)
    if tags:
        given[_TAGS] = _tags(tags)
    return given | _interfaces(row, interfaces) if interfaces else given


def _collect(
    row: Action, known: Iterable[str], pairs: Iterable[tuple[str, Any]], number: int | None = None
) -> dict[str, Any]:
    """Returns the values of parameters, or of those of one ENI, whose number stands before their names."""
    before = "" if number is None else f"NetworkInterface.{number}."
    single: dict[str, Any] = {}
    lists: dict[str, dict[int, Any]] = {}
    for name, value in pairs:
        pattern = _NUMBER.sub(".N", name)
        if value == [] and f"{name}.N" in known:
            lists.setdefault(f"{name}.N", {})
        elif pattern not in known or (pattern == name and ".N" in name):
            all_of_them = known if number is None else [f"{_INTERFACES}.{one}" for one in known]
            raise _unknown(row, all_of_them, f"{before}{name}", _NUMBER.sub(".N", f"{before}{name}"))
        elif pattern == name:
            single[name] = value
        else:
            items = lists.setdefault(pattern, {})
            place = int(_NUMBER.findall(name)[0])
            if place in items:
                raise InvalidRequest(f"{before}{name} is given twice", parameter=f"{before}{name}")
            items[place] = value
    for pattern, items in lists.items():
        _check_numbered(f"{before}{pattern}", items)
    return single | {pattern: [items[n] for n in sorted(items)] for pattern, items in lists.items()}


def _check_numbered(pattern: str, items: Mapping[int, Any]) -> None:
    if missing := set(range(1, len(items) + 1)) - items.keys():
        name = pattern.replace(".N", f".{min(missing)}")
        raise InvalidRequest(f"{name} is missing: a list is numbered from 1 without gaps", parameter=name)


def _interfaces(row: Action, interfaces: Mapping[int, list[tuple[str, Any]]]) -> dict[str, Any]:
    """Returns the ids of the ENIs that a new instance gets, and the values that describe its new ones."""
    _check_numbered(_INTERFACES, interfaces)
    ids, new = [], []
    for number in sorted(interfaces):
        before = f"NetworkInterface.{number}."
        given = _collect(row, {_EXISTING, *row.new_interface}, interfaces[number], number)
        if _EXISTING not in given:
            new.append(_new_interface(row, given, before))
            continue
        ids.append(given.pop(_EXISTING))
        if given:
            other = f"{before}{next(iter(given))}"
            reason = f"{before}{_EXISTING} names an ENI that exists: leave out {other}"
            raise InvalidRequest(reason, parameter=other, code="InvalidParameter.Conflict")
    return ({f"{_INTERFACES}.{_EXISTING}": ids} if ids else {}) | ({_INTERFACES: new} if new else {})


def _add_tag(tags: dict[int, dict[str, Any]], name: str, value: Any) -> None:
    """Adds the key or the value of a tag to the others; an empty list adds nothing."""
    if name == "Tag" and value == []:
        return
    found = _OF_TAG.fullmatch(name)
    if found is None:
        reason = f"{named(name)} is none of Tag.1.Key, Tag.1.Value and so on: tags are a list of keys with values"
        raise InvalidRequest(reason, parameter=name)
    tag, part = tags.setdefault(int(found[1]), {}), found[2].capitalize()
    if part in tag:
        raise InvalidRequest(f"{name} is given twice", parameter=name)
    tag[part] = value


def _tags(tags: Mapping[int, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Returns the keys of tags with their values, which may be left out, and are then empty."""
    _check_numbered(_TAGS, tags)
    pairs = []
    for number in sorted(tags):
        key, value = f"Tag.{number}.Key", f"Tag.{number}.Value"
        if "Key" not in tags[number]:
            raise InvalidRequest(f"{key} is missing", parameter=key, code="MissingParameter")
        pairs.append((_text(key, tags[number]["Key"]), _text(value, tags[number].get("Value", ""))))
    return pairs


def _new_interface(row: Action, given: Mapping[str, Any], before: str) -> NewNetworkInterface:
    values: dict[str, Any] = {}
    named: dict[str, str] = {}
    for parameter, value in given.items():
        field, name = row.new_interface[parameter], f"{before}{parameter}"
        if field in named:
            raise _both(named[field], name)
        named[field] = name
        values[field] = _value(name, value, _kinds_of_new()[field])
    try:
        return NewNetworkInterface(**values)
    except InvalidCommand as error:
        raise InvalidRequest(error.spelled(named.__getitem__), parameter=named[error.parameter or ""]) from error


def _both(one: str, other: str) -> InvalidRequest:
    return InvalidRequest(f"give {one} or {other}, not both", parameter=other, code="InvalidParameter.Conflict")


def _flat(parameters: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > MOST_NESTED:
        parameter = prefix.partition(".")[0]
        raise InvalidRequest(f"{named(parameter)} is nested more than {MOST_NESTED} deep", parameter=parameter)
    for name, value in parameters.items():
        if not isinstance(name, str) or len(name) > MOST_CHARACTERS:
            raise InvalidRequest(
                f"the name of a parameter is text of at most {MOST_CHARACTERS} characters, not {shown(name)}"
            )
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.", depth + 1)
        elif isinstance(value, list | tuple) and value:
            items = {str(n): item for n, item in enumerate(value, start=1)}
            yield from _flat(items, f"{prefix}{name}.", depth + 1)
        else:
            yield prefix + name, list(value) if isinstance(value, tuple) else value


def _unknown(row: Action, known: Iterable[str], name: str, pattern: str) -> InvalidRequest:
    parameter, name = name, named(name)
    head = pattern.partition(".")[0]
    if pattern in known or f"{pattern}.N" in known:
        name = name.removesuffix(".N")
        return InvalidRequest(f"{name} is a list: [...], or {name}.1, {name}.2 and so on", parameter=parameter)
    if pattern == f"{head}.N" and head in known:
        return InvalidRequest(f"{head} takes one value, not a list", parameter=head)
    if not row.not_modelled.isdisjoint((head, pattern, pattern.removesuffix(".N"))):
        return InvalidRequest(
            f"{name} is a parameter of the vendor's {row.name} that is not modelled: leave it out", parameter=parameter
        )
    if pattern == "ClientToken":
        return InvalidRequest(f"{row.name} takes no ClientToken", parameter=parameter)
    return InvalidRequest(f"unknown parameter {name}{did_you_mean(pattern, known)}", parameter=parameter)


# Values


def _command(row: Action, given: Mapping[str, Any]) -> Command[Any]:
    kinds = _kinds(row.name)
    values: dict[str, Any] = {}
    named: dict[str, str] = {}
    for parameter, value in given.items():
        field = row.parameters[parameter]
        if field in values:
            raise _both(named[field], parameter)
        named[field] = parameter
        values[field] = value if parameter in (_INTERFACES, _TAGS) else _value(parameter, value, kinds[field])
    missing = []
    for field in _required(row.name):
        if field not in values:
            if kinds[field] == "list":
                values[field] = ()  # whether the list may be empty is decided by the rules
            else:
                missing.append(_parameter_of(row, field))
    if missing:
        raise InvalidRequest(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            parameter=missing[0],
            code="MissingParameter",
        )
    try:
        return row.command(**values)
    except InvalidCommand as error:
        raise _with_vendor_names(row, named, error) from error


def _value(parameter: str, value: Any, kind: Kind) -> Any:
    if kind == "list":
        items = value if parameter.endswith(".N") or ".N." in parameter else [value]
        return tuple([_text(parameter, item) for item in items])
    if kind == "number":
        return _number(parameter, value)
    return _flag(parameter, value) if kind == "flag" else _text(parameter, value)


def _text(parameter: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if whole_number(value) and value.bit_length() <= 256:
        return str(value)  # account ids are digits, and JSON writers may leave the quotes out
    raise InvalidRequest(f"{parameter} must be text, not {_shown(value)}", parameter=parameter)


def _number(parameter: str, value: Any) -> int:
    if whole_number(value):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    raise InvalidRequest(f"{parameter} must be a whole number, not {_shown(value)}", parameter=parameter)


def _flag(parameter: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    raise InvalidRequest(f"{parameter} must be true or false, not {_shown(value)}", parameter=parameter)


def _shown(value: Any) -> str:
    return "null (leave it out instead)" if value is None else shown(value)


def _region_id(given: Mapping[str, Any]) -> str | None:
    if "RegionId" not in given:
        return None
    region_id = _text("RegionId", given["RegionId"])
    if region_problem(region_id) is not None:
        raise InvalidRequest(f"RegionId must look like 'cn-hangzhou', not {shown(region_id)}", parameter="RegionId")
    return region_id


@cache
def _kinds(action: str) -> Mapping[str, Kind]:
    """Returns the kind of value that each field of an action's command accepts, from its annotation."""
    return {name: _kind(annotation) for name, annotation in get_type_hints(ACTIONS[action].command).items()}


@cache
def _kinds_of_new() -> Mapping[str, Kind]:
    return {name: _kind(annotation) for name, annotation in get_type_hints(NewNetworkInterface).items()}


@cache
def _required(action: str) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(ACTIONS[action].command) if field.default is attrs.NOTHING)


def _kind(annotation: Any) -> Kind:
    types = {annotation, *get_args(annotation)} - {NoneType}
    if bool in types:
        return "flag"
    if int in types:
        return "number"
    return "list" if "tuple" in str(annotation) else "text"


def _parameter_of(row: Action, field: str) -> str:
    return next(parameter for parameter, name in row.parameters.items() if name == field)


def _with_vendor_names(row: Action, named: Mapping[str, str], error: InvalidCommand) -> InvalidRequest:
    """Returns the error of a command with the names of its fields replaced by those of the parameters."""

    def spell(field: str) -> str:
        return named.get(field) or _parameter_of(row, field)

    at_fault = error.together if error.parameter is None else (error.parameter,)
    return InvalidRequest(error.spelled(spell), parameter=spell(at_fault[0]) if at_fault else None)
