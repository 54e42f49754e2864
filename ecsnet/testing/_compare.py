"""Compares a system of your own with the model: the interface of a system, the mapping of ids, and the differences.

Ids are mapped between model and system as they are first seen, in the results of commands and in observed attributes. A
system that has the model's ids, as a cloud of ecsnet does, needs no mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol, TypeVar

import attrs

from ecsnet._attrs import field_names
from ecsnet._escaping import escaped
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.domain.state.views import VIEWS
from ecsnet.resources import Resource
from ecsnet.testing._script import Script

T = TypeVar("T")


class System(Protocol):
    """The interface of a system under test. `CloudSystem` adapts a cloud to it."""

    def execute(self, command: Command[Any]) -> object:
        """Executes a command and returns the id of the created resource, an object with an ``id``, or for
        `RunInstances` a sequence of them. None means that the system's ids are the model's.

        A denial raises an exception with a ``code`` (text). An exception without a ``code`` counts as a difference.
        """

    def observe(self, resource_id: str) -> object | None:
        """Returns the resource as the system sees it: a mapping from attributes of the model's resource to values, or
        an object with such attributes; None if the resource does not exist.

        Only the attributes that are present are compared. A set is compared without regard to order.
        """


class CloudSystem:
    """A cloud of ecsnet as a system: a base for a system of your own or for one with deliberate errors."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def execute(self, command: Command[Any]) -> Any:
        """Returns the cloud's result. Raises `CommandDenied`, which has a ``code``."""
        return self.cloud.execute(command)

    def observe(self, resource_id: str) -> Any:
        """Returns the resource of the cloud, None if it does not exist."""
        return look_up(self.cloud, resource_id)

    def settle(self, resource_id: str | None) -> None:
        """Completes the transitions that are due, or that of one resource, as in the model."""
        self.cloud.settle(resource_id)


def look_up(cloud: Cloud, resource_id: str) -> Resource | None:
    """Returns the resource with an id, of any kind; None if it does not exist."""
    world = cloud.folded_state()
    for table, view in VIEWS.items():
        region = world.region_of(table, resource_id)
        if region is not None:
            return view(region, getattr(region, table).get_existing(resource_id))
    return None


class Difference(AssertionError):
    """System and model differ.

    ``step`` is the command after which they differ, None if the difference was found at the end. ``script`` has the
    steps so far. ``rules`` are the rules by which the model denies the command.
    """

    def __init__(self, message: str, step: Command[Any] | None, script: Script, rules: tuple[str, ...] = ()) -> None:
        super().__init__(message, step, script, rules)
        self.message = message
        self.step = step
        self.script = script
        self.rules = rules

    def __str__(self) -> str:
        message = "\n".join(map(escaped, self.message.split("\n")))  # it may contain any text from a system
        return f"{message}\n\nafter\n\n{self.script}"


class Names:
    """The mapping of ids between model and system, in both directions, for resources whose ids differ."""

    def __init__(self) -> None:
        self._of_model: dict[str, str] = {}
        self._of_system: dict[str, str] = {}

    def learn(self, of_model: str, of_system: str) -> None:
        """Maps an id of the model to one of the system, unless either is mapped already."""
        if of_model != of_system and of_model not in self._of_model and of_system not in self._of_system:
            self._of_model[of_model] = of_system
            self._of_system[of_system] = of_model

    def learn_result(self, resources: Iterable[Resource], result: object) -> None:
        """Maps the ids of the resources that the model returned for a command to those in the system's result."""
        if result is None:
            return
        results = result if isinstance(result, list | tuple) else (result,)
        for resource, one in zip(resources, results, strict=False):
            of_system = one if isinstance(one, str) else getattr(one, "id", None)
            if isinstance(of_system, str):
                self.learn(resource.id, of_system)

    def to_system(self, resource_id: str) -> str:
        """Returns the system's id for an id of the model."""
        return self._of_model.get(resource_id, resource_id)

    def command(self, command: Command[Any]) -> Command[Any]:
        """Returns the command with the system's ids."""
        return self._translated(command) if self._of_model else command

    def _translated(self, value: T) -> T:
        changed: dict[str, Any] = {}
        for name in field_names(type(value)):
            given = getattr(value, name)
            if is_resource_id(name) and given is not None:
                changed[name] = _each(given, self.to_system)
            elif name == "network_interfaces":
                changed[name] = tuple([self._translated(one) for one in given])
        return attrs.evolve(value, **changed)  # type: ignore[misc]  # a command, or a value in one

    def read(self, name: str, model: Any, seen: Any) -> Any:
        """Returns the value of a system's attribute with the model's ids, and lists as tuples."""
        if not is_resource_id(name):
            return tuple(seen) if isinstance(seen, list) else seen
        if isinstance(model, str) and isinstance(seen, str):
            self.learn(model, seen)
        elif isinstance(model, tuple) and isinstance(seen, list | tuple) and len(model) == len(seen):
            for one, other in zip(model, seen, strict=True):
                self.learn(one, other)
        return _each(seen, lambda resource_id: self._of_system.get(resource_id, resource_id))


_OTHER_IDS: Final = frozenset({"region_id", "zone_id", "account_id", "source_account_id", "image_id"})


def is_resource_id(name: str) -> bool:
    """Returns whether a parameter or attribute of this name contains ids of resources."""
    return (name == "id" or name.endswith(("_id", "_ids"))) and name not in _OTHER_IDS


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return tuple([change(one) for one in value])
    return {change(one) for one in value} if isinstance(value, AbstractSet) else value


def differences(names: Names, model: Resource | None, seen: object | None) -> list[str]:
    """Returns a text for each attribute in which a system differs from the model.

    Raises TypeError for an attribute that the model's resource does not have.
    """
    if model is None or seen is None:
        if model is None and seen is None:
            return []
        return ["the system still has it" if model is None else "the system has it no more"]
    found = []
    for name, value in _attributes(model, seen).items():
        if not hasattr(model, name):
            raise TypeError(f"a system shows {name!r}, and a {type(model).__name__} has no such attribute")
        expected, shown = getattr(model, name), names.read(name, getattr(model, name), value)
        if (set(expected) if isinstance(shown, AbstractSet) and isinstance(expected, tuple) else expected) != shown:
            found.append(f"{name} is {shown!r}, not {expected!r}")
    return found


def _attributes(model: Resource, seen: object) -> Mapping[str, Any]:
    if isinstance(seen, Mapping):
        return seen
    return {name: getattr(seen, name) for name in field_names(type(model)) if hasattr(seen, name)}
