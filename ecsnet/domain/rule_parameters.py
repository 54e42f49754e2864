"""The parameters of a rule's predicate: found by inspection, and filled by their names from the context of a command.

The library's own rules are given the fields of `RuleContext` as they are. Those of users are given what `PARAMETERS`
lists: resources as the collections of a cloud show them, frozen, so that no rule can change the state.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from operator import attrgetter
from types import NoneType
from typing import Any, Final, NamedTuple, get_args

from ecsnet import commands as c
from ecsnet._attrs import frozen
from ecsnet.commands.base import Command
from ecsnet.domain.context import RuleContext, names
from ecsnet.domain.state.records import State
from ecsnet.domain.state.views import VIEWS
from ecsnet.domain.state.world import TAGGED
from ecsnet.resources import Eip, Instance, NetworkInterface, Resource, SecurityGroup, Vpc, VSwitch
from ecsnet.values import InstanceType


class Judge(NamedTuple):
    """A predicate and how it is called.

    ``read`` gives its arguments from the context of a command: a tuple if there are ``several``, and the predicate is
    not called if one of them is None; otherwise one, and it is not called if that is None. The ``parameters`` are those
    of a rule of the library's, which are fields of the context; a user's rule has none here.

    ``exceptional`` is true for a predicate that needs what most contexts lack (`EXCEPTIONAL`): the registry skips these
    as one where a context has nothing of it.
    """

    read: Callable[[RuleContext], Any]
    several: bool
    call: Callable[..., Any]
    exceptional: bool = False
    parameters: tuple[str, ...] = ()


CONTEXT_FIELDS: Final = frozenset({*RuleContext.__struct_fields__, "vswitches"})
ALWAYS_KNOWN: Final = frozenset(
    {
        "account_id",
        "command_type",
        "instance_types",
        "names_own_instance",
        "new_interfaces",
        "now",
        "region",
        "slow",
        "world",
    }
)
"""The fields of a context that are never None."""
EXCEPTIONAL: Final = frozenset({"client_token", "imported_world", "not_found"})
"""The fields of a context that are None for a command without a client token that names only what exists, in a world
into which nothing was imported."""


class UnusablePredicate(Exception):
    """A predicate that could not be called, or never would be."""


# What the rules of users may ask for


@frozen
class RuleParameter:
    """A parameter that a rule of a user's may have.

    ``type`` is what the rule is given. ``given_by`` is the parameter of the command that names it, None for what every
    command has; ``besides`` are the commands that have it without naming it.
    """

    type: Any
    read: Callable[[RuleContext], Any]
    given_by: str | None = None
    besides: tuple[type[Command[Any]], ...] = ()

    def is_of(self, command: type[Command[Any]]) -> bool:
        """Returns whether the command has it."""
        return self.given_by is None or names(command, self.given_by) or command in self.besides


def _shown(table: str, context: RuleContext, state: State | None) -> Any:
    """Returns a resource as the cloud shows it. An instance or an ENI may be in another region than the command."""
    if state is None:
        return None
    region = context.region
    if getattr(region, table)[state.id] is None:
        region = context.world.region_of(table, state.id) or region
    return VIEWS[table](region, state)


def _resource(table: str, field: str) -> Callable[[RuleContext], Any]:
    read = attrgetter(field)
    return lambda context: _shown(table, context, read(context))


def _resources(table: str, field: str) -> Callable[[RuleContext], Any]:
    read = attrgetter(field)

    def shown(context: RuleContext) -> tuple[Any, ...] | None:
        states = read(context)
        return None if states is None else tuple([_shown(table, context, state) for state in states])

    return shown


def _existing_interfaces(context: RuleContext) -> tuple[Any, ...] | None:
    """Returns the ENIs to attach, without those that the command creates."""
    states = context.interfaces_to_attach
    return (
        None
        if states is None
        else tuple([_shown("network_interfaces", context, state) for state in states if state.position])
    )


def _tagged(context: RuleContext) -> tuple[Any, ...] | None:
    """Returns the resources whose tags a command changes."""
    shown: tuple[Any, ...] | None = _resources(TAGGED[context.command.resource_type], "resources")(context)
    return shown


PARAMETERS: Final[dict[str, RuleParameter]] = {
    "command": RuleParameter(Command, attrgetter("command")),
    "now": RuleParameter(datetime, attrgetter("now")),
    "account_id": RuleParameter(str, attrgetter("account_id")),
    "region_id": RuleParameter(str, attrgetter("region.region_id")),
    "vpc": RuleParameter(Vpc, _resource("vpcs", "vpc"), "vpc_id"),
    "vswitch": RuleParameter(
        VSwitch, _resource("vswitches", "vswitch"), "vswitch_id", besides=(c.AssignPrivateIpAddresses,)
    ),
    "security_group": RuleParameter(SecurityGroup, _resource("security_groups", "security_group"), "security_group_id"),
    "source_group": RuleParameter(SecurityGroup, _resource("security_groups", "source_group"), "source_group_id"),
    "security_groups": RuleParameter(
        tuple[SecurityGroup, ...], _resources("security_groups", "security_groups"), "security_group_ids"
    ),
    "instance": RuleParameter(
        Instance,
        _resource("instances", "instance"),
        "instance_id",
        besides=(c.AssignPrivateIpAddresses, c.UnassignPrivateIpAddresses),
    ),
    "instance_type": RuleParameter(InstanceType, attrgetter("instance_type"), "instance_type"),
    "network_interface": RuleParameter(
        NetworkInterface,
        _resource("network_interfaces", "network_interface"),
        "network_interface_id",
        besides=(c.ModifyInstanceVpcAttribute,),
    ),
    "network_interfaces": RuleParameter(tuple[NetworkInterface, ...], _existing_interfaces, "network_interface_ids"),
    "eip": RuleParameter(Eip, _resource("eips", "eip"), "allocation_id"),
    "resources": RuleParameter(tuple[Resource, ...], _tagged, "resource_ids"),
}
"""The values that a user's rule may have as parameters, by name."""


# The parameters of a predicate


@frozen
class _Parameter:
    name: str
    optional: bool
    keyword_only: bool


def _needs(predicate: Callable[..., Any]) -> tuple[_Parameter, ...]:
    """Returns the parameters that have to be filled: one with a default other than None keeps it."""
    if not callable(predicate):
        raise UnusablePredicate(f"{type(predicate).__name__} is nothing that can be called")
    called = getattr(predicate, "__call__", predicate)  # noqa: B004  # of an object: its method, which may be async
    for kind in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction):
        if kind(predicate) or kind(called):
            raise UnusablePredicate("its predicate is a coroutine or a generator, and a rule is a plain function")
    try:
        parameters = _signature(predicate).parameters.values()
    except (TypeError, ValueError) as error:
        raise UnusablePredicate(f"the parameters of its predicate are not known: {error}") from error
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters):
        raise UnusablePredicate(
            "its predicate takes any arguments, so that it is not known what it needs: "
            "name the parameters, or use functools.wraps in the decorator"
        )
    return tuple(
        _Parameter(one.name, _may_be_none(one), one.kind is one.KEYWORD_ONLY)
        for one in parameters
        if one.default is one.empty or one.default is None
    )


def _signature(predicate: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(predicate, eval_str=True)
    except Exception:  # noqa: BLE001  # annotations are code of the user's: names for type checkers alone, say
        return inspect.signature(predicate)


def _may_be_none(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    if parameter.default is None or annotation is None:
        return True
    if isinstance(annotation, str):
        return _names_none(annotation)
    return NoneType in get_args(annotation)


def _names_none(annotation: str) -> bool:
    """Returns whether an annotation that cannot be evaluated has None in its union."""
    try:
        node = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return False
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value).rpartition(".")[2]
        members = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return name == "Optional" or (name == "Union" and any(map(_is_none, members)))
    while isinstance(node, ast.BinOp):
        if _is_none(node.right):
            return True
        node = node.left
    return _is_none(node)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def docstring_of(predicate: Callable[..., Any]) -> str:
    """Returns the docstring of a function, a method, the function of a partial, or a callable object or its class, in
    one line; empty where there is none."""
    while isinstance(predicate, partial):
        predicate = predicate.func
    text = predicate.__doc__
    if not text and not inspect.isroutine(predicate):
        text = type(predicate).__call__.__doc__
    return " ".join((text or "").split())


# Predicates with their parameters filled in


def judge_of_library(predicate: Callable[..., Any], commands: Collection[type[Command[Any]]]) -> Judge:
    """Fills the parameters of one of the library's rules, a plain function, with fields of the context, as they are."""
    code = predicate.__code__  # `inspect.signature` takes longer than all else that is done for a rule at import
    names = code.co_varnames[: code.co_argcount]
    if unknown := set(names) - CONTEXT_FIELDS:
        raise UnusablePredicate(f"a RuleContext has no {', '.join(sorted(unknown))}")
    return Judge(attrgetter(*names), len(names) > 1, predicate, not EXCEPTIONAL.isdisjoint(names), names)


def judge_of_users(predicate: Callable[..., Any], commands: Collection[type[Command[Any]]]) -> Judge:
    """Fills the parameters of a rule of a user's from `PARAMETERS`.

    Raises `UnusablePredicate` for a parameter that one of the commands never has; for an optional one, if none has it.
    """
    needs = _needs(predicate)
    for need in needs:
        parameter = PARAMETERS.get(need.name)
        without = [one for one in commands if parameter is None or not parameter.is_of(one)]
        if without and (not need.optional or len(without) == len(commands)):
            raise UnusablePredicate(_nothing_called(need.name, without[0]))
    positional = [(PARAMETERS[need.name].read, need.optional) for need in needs if not need.keyword_only]
    by_name = [(need.name, PARAMETERS[need.name].read, need.optional) for need in needs if need.keyword_only]

    def read(context: RuleContext) -> tuple[list[Any], dict[str, Any]] | None:
        values: list[Any] = []
        for find, optional in positional:
            value = find(context)
            if value is None and not optional:
                return None
            values.append(value)
        named: dict[str, Any] = {}
        for name, find, optional in by_name:
            named[name] = find(context)
            if named[name] is None and not optional:
                return None
        return values, named

    return Judge(read, False, lambda arguments: predicate(*arguments[0], **arguments[1]))


def _nothing_called(name: str, command: type[Command[Any]]) -> str:
    there = ", ".join(one for one, parameter in PARAMETERS.items() if parameter.is_of(command))
    return f"{command.__name__} has no {name}; a rule for it has {there}"
