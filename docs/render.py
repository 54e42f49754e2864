"""Writes the pages that are made from the code: `python docs/render.py`. A test holds them current."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable
from enum import Enum
from importlib import import_module
from itertools import groupby, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin

import msgspec

import ecsnet
from ecsnet import (
    Cloud,
    Command,
    ErrorCode,
    Rule,
    RulebookEntry,
    RuleKind,
    commands,
    events,
    guest,
    plan,
    rulebook,
    rules,
    strategies,
    testing,
)
from ecsnet.editions import EDITIONS, GUIDE
from ecsnet.lifecycles import (
    EIP,
    INITIAL,
    INSTANCE,
    NETWORK_INTERFACE,
    PRIMARY_NETWORK_INTERFACE,
    SECURITY_GROUP,
    VPC,
    VSWITCH,
    Lifecycle,
)
from ecsnet.openapi.actions import ACTIONS
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.openapi.further import FURTHER
from ecsnet.openapi.parameters import known_parameters

HERE = Path(__file__).parent


def lifecycles() -> str:
    """docs/lifecycles.md: one network interface step by step, then a diagram and a matrix for each lifecycle."""
    lines = ["# Lifecycles", "", *LIFECYCLES_INTRODUCTION.strip().splitlines()]
    for lifecycle in (VPC, VSWITCH, SECURITY_GROUP, INSTANCE, NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE, EIP):
        lines += ["", f"## {lifecycle.name[0].upper()}{lifecycle.name[1:]}", ""]
        lines += ["```mermaid", *lifecycle.diagram().splitlines(), "```"]
        if lifecycle.transitional:
            lines += ["", "| transitional status | shown as | completed by | fails by | gets stuck by |"]
            lines.append("|---|---|---|---|---|")
            for status, ends in lifecycle.transitional.items():
                completed = ", ".join(event.__name__ for event in ends.completed_by)
                others = [event.__name__ if event else "" for event in (ends.failed_by, ends.stuck_by)]
                lines.append(f"| {status} | {lifecycle.shown[status]} | {completed} | {' | '.join(others)} |")
            lines += ["", "| event | begins a transition of the kind |", "|---|---|"]
            lines += [f"| {event.__name__} | `{kind}` |" for event, kind in lifecycle.kinds.items()]
        lines += ["", *_matrix(lifecycle)]
    return "\n".join(lines) + "\n"


LIFECYCLES_INTRODUCTION = """
Made from the declarations in `ecsnet/domain/subjects` by `python docs/render.py`.

Every resource has a status, and so a lifecycle: a `Machine` of the library
[transitions](https://github.com/pytransitions/transitions), declared in its grammar. The states are the vendor's
statuses. The triggers are the types of events: every event that names such a resource is a trigger of its lifecycle.

An operation that completes at once is one event. One that takes time is two: the *Requested* event leads to a
transitional status, and the event named for the result completes it. Some transitions fail, or get stuck until the
operation is asked for again; both are events too. The kind of a transition is the name of the operation that begins it:
a key of the mapping that `settle_after` may be.

The API has fewer statuses than the model in two places. It shows a VSwitch that is being deleted as Pending, as it does
one that is being created. It has no status for the release of an instance: a Running one is shown as Stopping
(`StoppingForRelease`) and then as Stopped (`Releasing`) until it is gone. A security group has no status in the API:
the model's tells whether it is being deleted. In the diagrams an arrow is a change of status. In
the matrices a cell is the status after the event. Where it is empty the event is not possible: a rule denies a command
that would need it, and a stored history that contains it raises `ReplayError`. `[*]` is the status before the first
event. An import leads from there to the status that is described.

## One network interface, step by step

The module `ecsnet.lifecycles` has the lifecycles. One of them drives an object of yours, in its attribute `status`:

```python
>>> from ecsnet.lifecycles import NETWORK_INTERFACE
>>> class Interface:
...     status = "Available"
>>> interface = Interface()
>>> machine = NETWORK_INTERFACE.bind(interface)
>>> interface.trigger("NetworkInterfaceAttachRequested")
True
>>> interface.status
<NetworkInterfaceStatus.Attaching: 'Attaching'>

```

Attaching is transitional. The declaration tells which event completes it, and which outcomes it may have:

```python
>>> NETWORK_INTERFACE.transitional[interface.status].completed_by
(<class 'ecsnet.events.network_interface.NetworkInterfaceAttached'>,)
>>> NETWORK_INTERFACE.transitional[interface.status].failed_by
<class 'ecsnet.events.network_interface.NetworkInterfaceAttachFailed'>
>>> NETWORK_INTERFACE.transitional[interface.status].outcomes
('completed', 'failed', 'stuck')
>>> interface.trigger("NetworkInterfaceDeleted")
Traceback (most recent call last):
    ...
transitions.core.MachineError: "Can't trigger event NetworkInterfaceDeleted from state Attaching!"
>>> interface.trigger("NetworkInterfaceAttached")
True
>>> print(interface.status)
InUse

```

The events that a cloud records of a network interface drive it in the same way. An object without a status starts at
`[*]`:

```python
>>> from ecsnet import Cloud
>>> from ecsnet import commands as c
>>> cloud = Cloud(settle_after="manual")
>>> vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
>>> completed = cloud.settle()
>>> vsw = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
>>> sg = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
>>> completed = cloud.settle()
>>> (vm,) = cloud.execute(
...     c.RunInstances(instance_type="ecs.g5.xlarge", vswitch_id=vsw.id, security_group_ids=[sg.id])
... )
>>> eni = cloud.execute(c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id]))
>>> completed = cloud.settle()
>>> eni = cloud.execute(c.AttachNetworkInterface(network_interface_id=eni.id, instance_id=vm.id))
>>> completed = cloud.settle()
>>> class Replica:
...     pass
>>> replica = Replica()
>>> machine = NETWORK_INTERFACE.bind(replica)
>>> for record in cloud.history(eni.id):
...     moved = replica.trigger(record.type)
...     print(f"{record.type}: {replica.status}")
NetworkInterfaceCreated: Available
NetworkInterfaceAttachRequested: Attaching
NetworkInterfaceAttached: InUse
>>> replica.status is cloud.network_interfaces[eni.id].status
True

```

The Machine that `bind` returns drives this object alone, so you can add callbacks to it. `NETWORK_INTERFACE.machine` is
the one that the fold's table is compiled from. The [API reference](api.md) has the rest.
"""


def _matrix(lifecycle: Lifecycle[Any]) -> list[str]:
    statuses = [INITIAL, *(status for status in lifecycle.statuses if status not in lifecycle.final)]
    return [
        "| event | " + " | ".join(statuses) + " |",
        "|---" * (len(statuses) + 1) + "|",
        *(
            f"| {event} | " + " | ".join(_cell(lifecycle, event, status) for status in statuses) + " |"
            for event in lifecycle.machine.events
        ),
    ]


def _cell(lifecycle: Lifecycle[Any], event: str, status: str) -> str:
    transitions = lifecycle.machine.get_transitions(event, status)
    if any(transition.conditions for transition in transitions):
        return "as described"
    return "".join(str(transition.dest) for transition in transitions)


def rules_page() -> str:
    """docs/rules.md: the rank of the rules, and the whole rulebook by subject."""
    lines = [
        "# Rules",
        "",
        "Made from `ecsnet.rules` and `ecsnet.rulebook` by `python docs/render.py`.",
        "",
        f"{len(rules)} rules deny commands. A command is judged by all that guard it, and every rule that denies it is",
        "reported, with everything that breaks it: each ENI, group or address, not only the first. Its message is for",
        "people; programs read its facts. A resource that is not found hides nothing that is wrong with the others.",
        "*Guide* is the section of the vendor's guide of March 2019; a dash means that only the real API knows it.",
        "Where the guide leaves room, [Readings](readings.md) tells what is done and why. [Rules of your",
        "own](rules-engine.md) can be added.",
        "",
        "## Rank",
        "",
        "The first rule in this order that a command breaks gives `CommandDenied.code`. In which order the real API",
        "checks is documented nowhere. Here, resources that are not found come first, then the token of the request,",
        "then the subjects, from the network to what is in it. Rules of your own come after these.",
        "",
        *(f"{number}. `{rule_id}`" for number, rule_id in enumerate(rules, 1)),
    ]
    by_id = sorted(rulebook.values(), key=lambda entry: entry.id)
    for subject, group in groupby(by_id, key=lambda entry: entry.id.split(".")[0]):
        lines += ["", f"## {subject}", ""]
        for entry in group:
            lines += _entry(entry)
    return "\n".join(lines).rstrip() + "\n"


def _entry(entry: RulebookEntry) -> Iterable[str]:
    yield f"### `{entry.id}`"
    yield ""
    yield entry.doc
    yield ""
    rule = rules.get(entry.id)
    if rule is None:
        article = "An" if entry.kind is RuleKind.Invariant else "A"
        yield f"- Guide: {entry.guide}. {article} {entry.kind}: it refuses no command of its own."
    else:
        yield f"- Guide: {rule.guide}. Code: `{rule.code}`, HTTP {rule.http_status}."
        for codes, commands in _other_codes(rule):
            told = " or ".join(f"`{code.code}`, HTTP {code.http_status}" for code in codes)
            yield f"- Code for {', '.join(commands)}: {told}."
        yield f"- Guards {', '.join(sorted(command.__name__ for command in rule.commands))}."
    yield ""


def _other_codes(rule: Rule) -> Iterable[tuple[tuple[ErrorCode, ...], list[str]]]:
    by_codes: dict[tuple[ErrorCode, ...], list[str]] = {}
    for command in rule.commands:
        codes = rule.codes_for(command)
        if codes != ((rule.code, rule.http_status),):
            by_codes.setdefault(codes, []).append(command.__name__)
    return by_codes.items()


# The reference of the public names

PUBLIC = {
    "ecsnet": ecsnet.__all__,
    "ecsnet.commands": commands.__all__,
    "ecsnet.events": events.__all__,
    "ecsnet.events.stores.sqlite": ["SqliteStore"],
    "ecsnet.events.stores.postgres": ["PostgresStore"],
    "ecsnet.events.stores.jetstream": ["JetStreamStore"],
    "ecsnet.projections": import_module("ecsnet.projections").__all__,
    "ecsnet.metrics": import_module("ecsnet.metrics").__all__,
    "ecsnet.lifecycles": import_module("ecsnet.lifecycles").__all__,
    "ecsnet.plan": plan.__all__,
    "ecsnet.guest": guest.__all__,
    "ecsnet.testing": testing.__all__,
    "ecsnet.strategies": strategies.__all__,
}
"""The public modules, and their public names."""
OPERATIONS = {name.lower() for name in commands.__all__ if name != "Command"}
LONGEST_SIGNATURE = 100


def api() -> str:
    """docs/api.md: every public name with its signature and its docstring, by module."""
    lines = [
        "# API reference",
        "",
        "Made from the signatures and docstrings by `python docs/render.py`. What stands here is public; every other",
        "module and name may change without notice.",
    ]
    told: dict[int, str] = {}
    for name, names in PUBLIC.items():
        module = import_module(name)
        lines += ["", f"## `{name}`", "", *_doc(module)]
        for public in names:
            value = getattr(module, public)
            if inspect.ismodule(value):
                continue
            lines += ["", f"### `{public}`", ""]
            if id(value) in told:
                lines.append(f"The same as `{told[id(value)]}`.")
                continue
            told[id(value)] = f"{name}.{public}"
            lines += _described(module, public, value)
    collection = type(Cloud().vpcs)
    lines += ["", "## The collections of a cloud", "", "`cloud.instances` and its like are of this class.", ""]
    lines += [f"### `{collection.__name__}`", "", *_class(collection.__name__, collection)]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)) + "\n"  # of what has no docstring, too


def _described(module: ModuleType, name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        return _class(name, value)
    if inspect.isroutine(value):
        return [*_code(name + _signature(value)), "", *_doc(value)]
    return _constant(module, name, value)


def _class(name: str, cls: type) -> list[str]:
    bases = [base.__name__ for base in cls.__bases__ if base.__module__.startswith("ecsnet") and base is not Command]
    lines = _code("class " + name + (f"({', '.join(bases)})" if bases else ""))
    if issubclass(cls, Enum):
        return [*lines, "", *_doc(cls), "", ", ".join(f"`{member.name}`" for member in cls) + "."]
    if "__init__" in dir(cls) and not getattr(cls, "_is_protocol", False) and not _takes_anything(cls):
        lines = _code(name + _signature(cls))
    lines += ["", *_doc(cls)]
    if issubclass(cls, Exception):
        lines += ["", f"Bases: {', '.join(f'`{base.__name__}`' for base in cls.__bases__)}."]
    results = [get_args(base)[0] for base in getattr(cls, "__orig_bases__", ()) if get_origin(base) is Command]
    if cls is not Command and results:
        lines += ["", f"`Cloud.execute` returns `{_annotation(results[0])}`."]
    operations: list[str] = []
    for member, value in vars(cls).items():
        if member.startswith("_"):
            continue
        if member.replace("_", "") in OPERATIONS:
            operations.append(member)
            continue
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if inspect.isfunction(function):
            told = _signature(function)
            if isinstance(value, property):
                told = told.removeprefix("() -> ").join([": ", ""])
            lines += ["", f"#### `{name}.{member}`", "", *_code(member + told), "", *_doc(function)]
    if operations:
        lines += ["", f"One method for each operation: {', '.join(f'`{operation}`' for operation in operations)}."]
    return lines


def _takes_anything(cls: type) -> bool:
    """Returns whether the signature says nothing: that of an error, or of a class which does not define one."""
    return cls.__init__ in (object.__init__, Exception.__init__, ValueError.__init__) and not hasattr(
        cls, "__struct_fields__"
    )


def _constant(module: ModuleType, name: str, value: Any) -> list[str]:
    if get_origin(value) is not None:
        return [*_code(f"{name} = {_annotation(value)}"), "", *_doc_below(module, name)]
    told = f'{name} = "{value}"' if isinstance(value, str) else f"{name}: {type(value).__name__}"
    return [*_code(told), "", *_doc_below(module, name)]


def _doc_below(module: ModuleType, name: str) -> list[str]:
    """Returns the text under the assignment of a constant, in the module which has it."""
    statements = ast.parse(inspect.getsource(module)).body
    for statement, following in pairwise([*statements, ast.Pass()]):
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    return _doc_below(import_module(str(statement.module)), alias.name)
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [])
        assigned = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if assigned and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            return inspect.cleandoc(following.value.value).splitlines()
    return []


def _signature(function: Any) -> str:
    """Returns a signature as one would write it, on several lines if it is long."""
    signature = _struct_signature(function) if hasattr(function, "__struct_fields__") else inspect.signature(function)
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    texts: list[str] = []
    kinds = [one.kind for one in parameters]
    for number, one in enumerate(parameters):
        star = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(one.kind, "")
        annotation = "" if one.annotation is one.empty else f": {_annotation(one.annotation)}"
        default = "" if one.default is one.empty else f" = {_default(one.default)}"
        if one.kind is one.KEYWORD_ONLY and not {one.KEYWORD_ONLY, one.VAR_POSITIONAL} & set(kinds[:number]):
            texts.append("*")
        texts.append(f"{star}{one.name}{annotation}{default}")
        if one.kind is one.POSITIONAL_ONLY and one.POSITIONAL_ONLY not in kinds[number + 1 :]:
            texts.append("/")
    told = signature.return_annotation
    returns = "" if inspect.isclass(function) or told is signature.empty else f" -> {_annotation(told)}"
    line = f"({', '.join(texts)}){returns}"
    if len(line) <= LONGEST_SIGNATURE:
        return line
    return "(\n" + "".join(f"    {text},\n" for text in texts) + f"){returns}"


def _struct_signature(struct: Any) -> inspect.Signature:
    """Returns the signature of a msgspec Struct with its annotations as they are written: msgspec's own evaluates them,
    which fails for a name that is imported for type checkers alone."""
    written: dict[str, Any] = {}
    for cls in reversed(struct.__mro__):
        written.update(inspect.get_annotations(cls))
    fields: tuple[str, ...] = struct.__struct_fields__
    defaults = dict(zip(reversed(fields), reversed(struct.__struct_defaults__), strict=False))
    parameters = []
    for name in fields:
        positional = name in struct.__match_args__
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if positional else inspect.Parameter.KEYWORD_ONLY
        default = defaults.get(name, msgspec.NODEFAULT)
        default = inspect.Parameter.empty if default is msgspec.NODEFAULT else default
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=written[name]))
    return inspect.Signature(parameters)


def editions() -> str:
    """docs/editions.md: what each edition says, and its sources."""
    lines = ["# Editions", "", *EDITIONS_INTRODUCTION.strip().splitlines()]
    for edition in EDITIONS.values():
        if edition.differences:
            lines += ["", f"## `{edition.id}`", "", f"| what | {GUIDE} | {edition.id} | rule | source | date |"]
            lines.append("|---|---|---|---|---|---|")
            for one in edition.differences:
                name = f"`{one.name}`" if one.name in edition.quotas else one.name
                lines.append(f"| {name} | {one.guide} | {one.here} | `{one.rule}` | {one.source} | {one.date} |")
    return "\n".join(lines) + "\n"


EDITIONS_INTRODUCTION = """
Made from `ecsnet/editions.py` by `python docs/render.py`.

The guide of March 2019 is the authority of the model. The cloud has changed since: an **edition** is what the vendor's
documentation says at a time, where that differs from the guide. It is data: the default quotas, and the month of the
catalogue of instance types. What is not listed here is the same in all editions.

```python
>>> from ecsnet import Cloud, audit
>>> from ecsnet import commands as c
>>> cloud = Cloud(edition="current")
>>> vpc = cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16"))
>>> vsw = cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
>>> sg = cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
>>> eni = cloud.execute(
...     c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id], secondary_private_ip_address_count=15)
... )
>>> len(eni.private_ips)
16

```

A history records the edition that it is made under: it is its first event (`EditionChosen`). A history without that
event is the guide's, as are all that older versions wrote. `Cloud(store)` goes on under the edition of the history;
naming another one raises `InvalidArgument`.

```python
>>> cloud.edition
'current'
>>> print(cloud.quotas["vswitches-per-vpc"].value)
150

```

`audit` judges a history by any edition: what would the cloud of another time have said?

```python
>>> for finding in audit(cloud, edition="2019-03"):
...     print(finding.position, finding.rule)
5 interface.assign.available-limit
>>> audit(cloud)
()

```

On the command line, `ecsnet run` and `ecsnet check` have the option `--edition`, and a plan that is an object may have
an `"edition"`, which the option overrides. A quota that was set, or described, precedes that of the edition; a
described instance type precedes that of its catalogue.
"""


def _annotation(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:[a-z_][a-z_0-9]*\.)+(?=[A-Za-z])", "", text)


def _default(value: Any) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if inspect.isroutine(value):
        return value.__name__
    if value is rules:
        return "rules"
    text = repr(value).replace("datetime.", "")
    return "..." if text.startswith("<") else text


def _code(text: str) -> list[str]:
    return ["```python", *text.splitlines(), "```"]


def _doc(thing: Any) -> list[str]:
    """Returns a docstring with its examples in fences."""
    lines: list[str] = []
    example = False
    for line in (inspect.cleandoc(thing.__doc__ or "")).splitlines():
        if line.startswith(">>> ") and not example:
            lines.append("```python")
            example = True
        elif not line and example:
            lines.append("```")
            example = False
        lines.append(line)
    return [*lines, "```"] if example else lines


def wire() -> str:
    """docs/wire.md: each action of the API that ecsnet answers, and the class of each of its parameters."""
    lines = ["# Parameters on the wire", "", *WIRE_INTRODUCTION.strip().splitlines(), ""]
    lines += ["| action | modelled | remembered | refused | ignored |", "|---|---|---|---|---|"]
    for action in sorted({*ACTIONS, *DESCRIBE_ACTIONS}):
        if action in ACTIONS and ACTIONS[action].product == "ecsnet":
            continue
        of_action = known_parameters(action)
        cells = [
            ", ".join(f"`{name}`" for name, one in of_action.items() if one == kind)
            for kind in ("modelled", "remembered", "refused", "ignored")
        ]
        lines.append(f"| `{action}` | {' | '.join(cells)} |")
    others = sorted(set(FURTHER) - {*ACTIONS, *DESCRIBE_ACTIONS})
    lines += ["", "## Further actions", "", *FURTHER_INTRODUCTION.strip().splitlines(), ""]
    lines += [f"- `{action}`" for action in others]
    return "\n".join(lines) + "\n"


WIRE_INTRODUCTION = """
Each action that ecsnet answers over HTTP ([Clients](clients.md)), and what becomes of its parameters: *modelled* ones
are judged, *remembered* ones are shown by descriptions, *refused* ones would change the network and are not modelled,
*ignored* ones are counted. Parameters of the API that no column names are ignored, too. Disks are remembered where an
instance is created; descriptions can be asked for by `Tag.N.Key` and `Tag.N.Value`. This page is made from the code.
"""
FURTHER_INTRODUCTION = """
Real clients call these on their way. They show and change what is remembered, or answer what clients expect to be
there: disks, images, route tables, key pairs.
"""


def promises() -> str:
    """The table of docs/stores.md: each promise of the contract of a store, and the engines that it is tested with."""
    if str(HERE.parent) not in sys.path:
        sys.path.insert(0, str(HERE.parent))  # run as a script, it finds the tests there
    engines = import_module("tests.support.engines").ENGINES.values()
    kept = import_module("ecsnet.testing._event_stores").PROMISES
    lines = [
        f"| promise | {' | '.join(engine.title for engine in engines)} |",
        "|---" * (len(engines) + 1) + "|",
    ]
    for text, promise in kept.items():
        cells = ["yes" if engine.shared or not promise.is_shared else "-" for engine in engines]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_parts(page: str, text: str) -> str:
    """Returns a page that is written by hand with its generated parts, which stand between two comments."""
    for name, render in PARTS[page].items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}{render()}\n{end}{rest.split(end)[1]}"
    return text


PARTS = {"stores.md": {"promises": promises}}
"""Pages that are written by hand, and their generated parts."""
PAGES = {
    "api.md": api,
    "editions.md": editions,
    "lifecycles.md": lifecycles,
    "rules.md": rules_page,
    "wire.md": wire,
}

if __name__ == "__main__":
    for name, render in PAGES.items():
        (HERE / name).write_text(render(), "utf-8")
    for name in PARTS:
        (HERE / name).write_text(with_parts(name, (HERE / name).read_text("utf-8")), "utf-8")
