"""The resources that a command names: which parameter names what, how it is found, and the rules for what is missing.

A parameter has one meaning in every command that has it, so all of this follows from the parameters' names. Only of the
commands on what an EIP is on, ``instance_type`` tells whether ``instance_id`` names an instance or an ENI. A command
finds only what its own account has. What is missing is noted for the rules, which report all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ecsnet._attrs import field_names
from ecsnet.commands.base import Command
from ecsnet.domain.context import NAMING_A_USER, RuleContext, names
from ecsnet.domain.rules import COMMANDS, AnyCommand, Breach, Codes, Facts, SubjectRules
from ecsnet.domain.state.records import (
    EipState,
    InstanceState,
    NetworkInterfaceState,
    SecurityGroupState,
    State,
    VpcState,
    VSwitchState,
)
from ecsnet.domain.state.world import TAGGED, Region, owned
from ecsnet.values import EipInstanceType, InstanceType


def _find_vpc(context: RuleContext, vpc_id: str) -> VpcState | None:
    return owned(context.region.vpcs, vpc_id, context.account_id)


def _find_vswitch(context: RuleContext, vswitch_id: str) -> VSwitchState | None:
    return owned(context.region.vswitches, vswitch_id, context.account_id)


def _find_security_group(context: RuleContext, group_id: str) -> SecurityGroupState | None:
    return owned(context.region.security_groups, group_id, context.account_id)


def _find_source_group(context: RuleContext, group_id: str) -> SecurityGroupState | None:
    owner_id = context.command.source_account_id or context.account_id
    return owned(context.region.security_groups, group_id, owner_id)


# ENIs and instances are looked for in all regions: that they are too far apart is a rule, not a missing resource.


def _find_instance(context: RuleContext, instance_id: str) -> InstanceState | None:
    instance = owned(context.region.instances, instance_id, context.account_id)
    if instance is None:
        region = context.world.region_where_owned("instances", instance_id, context.account_id)
        instance = None if region is None else region.instances[instance_id]
    return instance


def _find_network_interface(context: RuleContext, interface_id: str) -> NetworkInterfaceState | None:
    interface = owned(context.region.network_interfaces, interface_id, context.account_id)
    if interface is None:
        region = context.world.region_where_owned("network_interfaces", interface_id, context.account_id)
        interface = None if region is None else region.network_interfaces[interface_id]
    return interface


def _find_instance_type(context: RuleContext, type_id: str) -> InstanceType | None:
    return context.instance_types.get(type_id)


def _find_eip(context: RuleContext, allocation_id: str) -> EipState | None:
    return owned(context.region.eips, allocation_id, context.account_id)


def _find_tagged(context: RuleContext, resource_id: str) -> State | None:
    table = TAGGED[context.command.resource_type]
    return owned(getattr(context.region, table), resource_id, context.account_id)


# What is not found in the region of the command may be the caller's in another one: the denial names that region.


def _nowhere(context: RuleContext, resource_id: str) -> None:
    return None


def _elsewhere(table: str) -> Callable[[RuleContext, str], str | None]:
    def find(context: RuleContext, resource_id: str) -> str | None:
        region = context.world.region_where_owned(table, resource_id, context.account_id)
        return None if region is None else region.region_id

    return find


_group_elsewhere: Final = _elsewhere("security_groups")


def _source_group_elsewhere(context: RuleContext, group_id: str) -> str | None:
    owner_id = context.command.source_account_id or context.account_id
    return _group_elsewhere(context, group_id) if owner_id == context.account_id else None


def _tagged_elsewhere(context: RuleContext, resource_id: str) -> str | None:
    return _elsewhere(TAGGED[context.command.resource_type])(context, resource_id)


class Lookup(NamedTuple):
    """The lookup of a parameter.

    ``field`` is the field of `RuleContext` that it fills, ``find`` finds one id, ``not_found`` is the rule that denies
    an id that is not found, and ``elsewhere`` returns the region in which that id is the caller's nevertheless.
    ``several`` tells whether the parameter has several ids.
    """

    field: str
    find: Callable[[RuleContext, str], object]
    not_found: str
    elsewhere: Callable[[RuleContext, str], str | None] = _nowhere
    several: bool = False


LOOKUPS: Final[dict[str, Lookup]] = {
    "vpc_id": Lookup("vpc", _find_vpc, "vpc.not-found", _elsewhere("vpcs")),
    "vswitch_id": Lookup("vswitch", _find_vswitch, "vswitch.not-found", _elsewhere("vswitches")),
    "security_group_id": Lookup("security_group", _find_security_group, "security-group.not-found", _group_elsewhere),
    "source_group_id": Lookup("source_group", _find_source_group, "security-group.not-found", _source_group_elsewhere),
    "security_group_ids": Lookup(
        "security_groups", _find_security_group, "security-group.not-found", _group_elsewhere, several=True
    ),
    "instance_id": Lookup("instance", _find_instance, "instance.not-found"),
    "instance_type": Lookup("instance_type", _find_instance_type, "instance-type.not-found"),
    "network_interface_id": Lookup("network_interface", _find_network_interface, "interface.not-found"),
    "network_interface_ids": Lookup(
        "interfaces_to_attach", _find_network_interface, "interface.not-found", several=True
    ),
    "allocation_id": Lookup("eip", _find_eip, "eip.not-found", _elsewhere("eips")),
    "resource_ids": Lookup("resources", _find_tagged, "resource.not-found", _tagged_elsewhere, several=True),
}
"""Every parameter that names something."""

Resolve = Callable[[RuleContext, Command[Any]], None]
_OF_INTERFACE: Final = EipInstanceType.NetworkInterface


def resolver(command: AnyCommand) -> Resolve:
    """Returns the function that finds what a command of this kind names."""
    parameters = {name: name for name in field_names(command) if name in LOOKUPS}
    if command not in NAMING_A_USER:
        return _resolver(parameters)
    del parameters["instance_type"]
    of_instance, of_interface = _resolver(parameters), _resolver({**parameters, "instance_id": "network_interface_id"})

    def resolve(context: RuleContext, command: Any) -> None:
        on_interface = command.instance_type is _OF_INTERFACE
        (of_interface if on_interface else of_instance)(context, command)

    return resolve


def _resolver(parameters: Mapping[str, str]) -> Resolve:
    """Returns the function that finds what parameters name, given the parameter whose lookup each has."""
    lookups = [(name, LOOKUPS[meaning]) for name, meaning in parameters.items()]
    of_one = tuple([(name, lookup.field, lookup.find, lookup) for name, lookup in lookups if not lookup.several])
    of_several = tuple([(name, lookup) for name, lookup in lookups if lookup.several])

    def resolve(context: RuleContext, command: Command[Any]) -> None:
        for parameter, field, find, lookup in of_one:
            named = getattr(command, parameter)
            if named is not None:
                found = find(context, named)
                if found is not None:
                    setattr(context, field, found)
                else:
                    _note(context, lookup, named)
        for parameter, lookup in of_several:
            named = getattr(command, parameter)
            if named is not None:
                found_of = [_found(context, lookup, one) for one in named]
                setattr(context, lookup.field, tuple([one for one in found_of if one is not None]))

    return resolve


def look_up(context: RuleContext, parameter: str, named: str) -> Any:
    """Returns the resource that a parameter with this name would find, None if there is none, which is noted."""
    return _found(context, LOOKUPS[parameter], named)


def _found(context: RuleContext, lookup: Lookup, named: str) -> Any:
    found = lookup.find(context, named)
    if found is None:
        _note(context, lookup, named)
    return found


def _note(context: RuleContext, lookup: Lookup, named: str) -> None:
    if context.not_found is None:
        context.not_found = {}
    context.not_found.setdefault(lookup.not_found, {})[named] = lookup.elsewhere(context, named)


def must_exist(
    rules: SubjectRules,
    rule_id: str,
    noun: str,
    *,
    code: str,
    codes: Codes | None = None,
    message: str | None = None,
) -> None:
    """Adds the rule that everything of a kind that a command names exists. It guards the commands that have a parameter
    for it. ``message`` is another one than that there is no such thing."""
    naming = {name: lookup for name, lookup in LOOKUPS.items() if lookup.not_found == rule_id}
    guarded = [command for command in COMMANDS if any(names(command, parameter) for parameter in naming)]

    def predicate(not_found: dict[str, dict[str, str | None]], region: Region) -> Facts | Breach | None:
        ids = not_found.get(rule_id)
        if ids is None:
            return None
        facts = {"ids": tuple(ids)}
        regions = {name: region_id for name, region_id in ids.items() if region_id is not None}
        if not regions:
            return facts
        elsewhere = {**facts, "region_id": region.region_id, "regions": regions}
        return Breach(elsewhere, message=f"there is no {noun} {{ids}} in {{region_id}}: {{regions:is in}}")

    where = "" if any(lookup.elsewhere is _nowhere for lookup in naming.values()) else " in the command's region"
    owned_too = ", and belongs to the caller" if "instance_type" not in naming else ""
    predicate.__doc__ = f"Every {noun} that a command names exists{where}{owned_too}."
    message = message or f"there is no {noun} {{ids}}"
    add = rules.denies(rule_id, *guarded, code=code, http_status=404, codes=codes, message=message)
    add(predicate)
