"""The one JSON form of what users give and get: `to_json` and `from_json`.

Every value is an object with its class's name under ``kind``, and its fields; so are the values inside it: the command,
the violations and the events of a decision. An event has the fields that are stored, and their ``schema_version``: one
that an older ecsnet wrote is read as a stored one is. A decision also says ``allowed``, for other programs.

The facts of a violation may be anything that a rule finds. Tuples become lists, which are read as tuples; a time
becomes ``{"kind": "datetime", "value": …}``; a value that JSON does not have becomes text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import Any, Final, TypeVar

import attrs
import msgspec

from ecsnet import commands, resources
from ecsnet._arguments import shown
from ecsnet._attrs import field_names
from ecsnet.commands import Command
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.decision import Decision, Finding, Permission, Violation
from ecsnet.domain.checks.invariants import Breach
from ecsnet.errors import InvalidArgument, InvalidCommand
from ecsnet.events.base import Event, RecordedEvent
from ecsnet.events.stores import codec
from ecsnet.values import InstanceType

Fields = dict[str, Any]
J = TypeVar("J", Decision, Permission)
_TIME: Final = "datetime"
_COMMANDS: Final[Mapping[str, type[Command[Any]]]] = {
    name: getattr(commands, name) for name in commands.__all__ if name != "Command"
}


def to_json(value: object) -> str:
    """Returns a command, a decision, an event or a resource as one line of JSON, in ASCII; `from_json` reads it.

    So for a `Violation`, a `Permission`, a `Finding`, a `Breach`, an `InstanceType` and a `NewNetworkInterface`, too.
    Raises `InvalidArgument` for anything else.
    """
    if type(value).__name__ not in _READERS or type(value) not in _CLASSES:
        raise InvalidArgument(f"not a command, decision, event or resource: {shown(value)} has no JSON form")
    return dumps(value)


def from_json(text: str) -> Any:
    """Returns the value that `to_json` wrote; one that was written by hand may leave out the fields with defaults.

    Raises `InvalidArgument`, with the place in the text, for what is no JSON, no such value, or a value that can never
    be right.
    """
    if not isinstance(text, str):
        raise InvalidArgument(f"JSON must be text, not {shown(text)}")
    try:
        return _read(msgspec.json.decode(text), "the JSON")
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidArgument(f"the JSON cannot be read: {error}") from error


def dumps(value: object) -> str:
    """Returns anything as one line of JSON, in ASCII, with the kind in each value that has one."""
    import json  # with the first value that is written: it is imported by nothing else

    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)


# Writing


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Event):
        stored = msgspec.json.decode(codec.encode(value))
        return {"kind": type(value).__name__, "schema_version": value.SCHEMA, **stored}
    if isinstance(value, msgspec.Struct):
        return _object(value, value.__struct_fields__)
    if isinstance(value, type):
        return value.__name__
    if attrs.has(type(value)):
        return _object(value, field_names(type(value)))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | AbstractSet):
        return [_plain(item) for item in value]
    return _time(value) if isinstance(value, datetime) else str(value)


def _object(value: Any, names: Iterable[str]) -> Fields:
    written = {"kind": type(value).__name__, **{name: _plain(getattr(value, name)) for name in names}}
    if isinstance(value, Violation):
        written["facts"] = _plain_facts(value.facts)
    elif isinstance(value, Decision | Permission):
        written["allowed"] = value.allowed
    return written


def _plain_facts(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"kind": _TIME, "value": _time(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain_facts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_facts(item) for item in value]
    return _plain(value)


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


# Reading


def _read(given: Any, where: str, expected: type[Any] = object) -> Any:
    kind = given.get("kind") if isinstance(given, dict) else None
    if not isinstance(kind, str):
        raise InvalidArgument(f'{where}: must be an object with a "kind", not {shown(given)}')
    reader = _READERS.get(kind)
    if reader is None:
        raise InvalidArgument(f"{where}: unknown kind {shown(kind)}{_nearest(kind)}")
    fields = {name: value for name, value in given.items() if name != "kind"}
    value = reader(fields, f"{where}, {kind}")
    if not isinstance(value, expected):
        raise InvalidArgument(f"{where}: must be of kind {expected.__name__}, not {kind}")
    return value


def _nearest(kind: str) -> str:
    import difflib  # only for those who mistype

    near = difflib.get_close_matches(kind[:100], _READERS, n=1)
    return f": did you mean {near[0]}?" if near else ""


def _check_names(cls: type[Any], fields: Fields, where: str, *more: str) -> None:
    own = attrs.fields_dict(cls)
    unknown = [name for name in fields if name not in own and name not in more]
    if unknown:
        raise InvalidArgument(f"{where}: has no field {shown(unknown[0])}; its fields are {', '.join(own)}")
    missing = [name for name, field in own.items() if field.default is attrs.NOTHING and name not in fields]
    if missing:
        raise InvalidArgument(f"{where}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")


def _convert(given: Any, to: Any, where: str) -> Any:
    try:
        return msgspec.convert(given, to)
    except (msgspec.ValidationError, OverflowError) as error:
        raise InvalidArgument(f"{where}: {error}") from error


def _in_utc(value: Any, where: str) -> Any:
    """Returns an aware time in UTC, and any other value as it is."""
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise InvalidArgument(f"{where}: {value.isoformat()} has no timezone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidArgument(f"{where}: {value.isoformat()} is outside the calendar of UTC") from None


def _read_command(cls: type[Any], fields: Fields, where: str) -> Any:
    _check_names(cls, fields, where)
    if "network_interfaces" in fields:
        fields["network_interfaces"] = _read_list(fields, "network_interfaces", where, NewNetworkInterface)
    try:
        return cls(**fields)
    except InvalidCommand as error:
        raise InvalidArgument(f"{where}: {error}") from error


def _read_attrs(cls: type[Any], fields: Fields, where: str) -> Any:
    """Reads a value whose fields are text, numbers, times and lists."""
    _check_names(cls, fields, where)
    value = _convert({name: one for name, one in fields.items() if name != "tags"}, cls, where)
    if "tags" in fields:
        value = attrs.evolve(value, tags=_convert(fields["tags"], dict[str, str], f"{where}, tags"))
    times = {name: one for name in field_names(cls) if isinstance(one := getattr(value, name), datetime)}
    return attrs.evolve(value, **{name: _in_utc(one, where) for name, one in times.items()}) if times else value


def _read_event(kind: str, fields: Fields, where: str) -> Event:
    import json  # which writes numbers of any size

    version = fields.pop("schema_version", codec.EVENT_TYPES[kind].SCHEMA)
    try:
        return codec.decode(kind, _convert(version, int, where), json.dumps(fields))
    except codec.UnreadableEvent as error:
        raise InvalidArgument(f"{where}: {error}") from error


def _read_recorded_event(fields: Fields, where: str) -> RecordedEvent:
    values: Fields = {}
    for field in msgspec.structs.fields(RecordedEvent):
        if field.name not in fields:
            if field.required:
                raise InvalidArgument(f"{where}: {field.name} is missing")
        elif field.name == "event":
            values["event"] = _read(fields["event"], f"{where}, event", Event)
        else:
            place = f"{where}, {field.name}"
            values[field.name] = _in_utc(_convert(fields[field.name], field.type, place), place)
    if unknown := fields.keys() - set(RecordedEvent.__struct_fields__):
        raise InvalidArgument(f"{where}: has no field {shown(min(unknown))}")
    return RecordedEvent(**values)


def _read_violation(fields: Fields, where: str) -> Violation:
    _check_names(Violation, fields, where)
    facts = fields["facts"]
    if not isinstance(facts, dict):
        raise InvalidArgument(f"{where}: facts must be an object, not {shown(facts)}")
    read = {name: _read_facts(value, f"{where}, {name}") for name, value in facts.items()}
    violation: Violation = _convert({**fields, "facts": {}}, Violation, where)
    return attrs.evolve(violation, facts=read)


def _read_facts(given: Any, where: str) -> Any:
    if isinstance(given, list):
        return tuple([_read_facts(item, where) for item in given])
    if isinstance(given, dict):
        if given.keys() == {"kind", "value"} and given["kind"] == _TIME:
            return _in_utc(_convert(given["value"], datetime, where), where)
        return {name: _read_facts(value, where) for name, value in given.items()}
    return given


def _read_violations(fields: Fields, where: str) -> tuple[Violation, ...]:
    return _read_list(fields, "violations", where, Violation)


def _read_list(fields: Fields, name: str, where: str, expected: type[Any]) -> tuple[Any, ...]:
    given = fields.get(name, [])
    if not isinstance(given, list):
        raise InvalidArgument(f"{where}: {name} must be a list, not {shown(given)}")
    return tuple([_read(item, f"{where}, {name}[{number}]", expected) for number, item in enumerate(given)])


def _read_decision(fields: Fields, where: str) -> Decision:
    _check_names(Decision, fields, where, "allowed")
    command = _read(fields["command"], f"{where}, command", Command)
    events = _read_list(fields, "events", where, Event)
    return _judged(Decision(command=command, violations=_read_violations(fields, where), events=events), fields, where)


def _read_permission(fields: Fields, where: str) -> Permission:
    _check_names(Permission, fields, where, "allowed")
    command = _COMMANDS.get(fields["command"]) if isinstance(fields["command"], str) else None
    if command is None:
        raise InvalidArgument(f"{where}: command must be the name of one, not {shown(fields['command'])}")
    return _judged(Permission(command=command, violations=_read_violations(fields, where)), fields, where)


def _judged(judgement: J, fields: Fields, where: str) -> J:
    if fields.get("allowed", judgement.allowed) is not judgement.allowed:
        raise InvalidArgument(f"{where}: allowed is {shown(fields['allowed'])}, which its violations contradict")
    return judgement


Reader = Callable[[Fields, str], Any]
_SIMPLE: Final = (
    resources.Vpc,
    resources.VSwitch,
    resources.SecurityGroup,
    resources.NetworkInterface,
    resources.Instance,
    resources.Eip,
    resources.Quota,
    InstanceType,
    Finding,
    Breach,
)
_READERS: Final[Mapping[str, Reader]] = {
    **{name: partial(_read_command, cls) for name, cls in _COMMANDS.items()},
    "NewNetworkInterface": partial(_read_command, NewNetworkInterface),
    **{name: partial(_read_event, name) for name in codec.EVENT_TYPES},
    **{cls.__name__: partial(_read_attrs, cls) for cls in _SIMPLE},
    "RecordedEvent": _read_recorded_event,
    "Violation": _read_violation,
    "Decision": _read_decision,
    "Permission": _read_permission,
}
_CLASSES: Final[frozenset[type[Any]]] = frozenset(
    {
        *_COMMANDS.values(),
        NewNetworkInterface,
        *codec.EVENT_TYPES.values(),
        *_SIMPLE,
        RecordedEvent,
        Violation,
        Decision,
        Permission,
    }
)
KINDS: Final = tuple(_READERS)
"""The kinds of value that have a JSON form, which are the names of their classes."""
