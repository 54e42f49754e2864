"""A system of your own beside the model: the same commands to both, and what differs afterwards.

A system has ids of its own. They are learned where they appear, in what the system answers to a command and in what it
shows, and are translated ever after; a system that gives the model's ids, as a cloud of ecsnet does, needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol

import msgspec

from ecsnet._escaping import escaped
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.domain.state.views import VIEWS
from ecsnet.resources import Resource
from ecsnet.testing._script import Script


class System(Protocol):
    """What is tested. `CloudSystem` makes one of a cloud."""

    def execute(self, command: Command[Any]) -> object:
        """Carry a command out, or raise an exception that has a ``code`` (text); one that has none is a crash.

        What is answered names what came to be: its id, or an object with an ``id``, or for `RunInstances` a sequence of
        them. None means that the system's ids are the model's.
        """

    def observe(self, resource_id: str) -> object | None:
        """What the system shows of a resource: a mapping from attributes of the model's resource to values, or an
        object that has such attributes. Only what is there is compared, and a set without order. None: there is no
        such resource.
        """


class CloudSystem:
    """A cloud of ecsnet as a system: to build one of your own on, or to break."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def execute(self, command: Command[Any]) -> Any:
        """What the cloud answers. Raises `CommandDenied`, which has a code."""
        return self.cloud.execute(command)

    def observe(self, resource_id: str) -> Any:
        """The resource as the cloud shows it."""
        return look_up(self.cloud, resource_id)

    def settle(self, resource_id: str | None) -> None:
        """What is passing settles, as in the model."""
        self.cloud.settle(resource_id)


def look_up(cloud: Cloud, resource_id: str) -> Resource | None:
    """The resource of an id, of whatever kind it is."""
    world = cloud.folded_state()
    for table, view in VIEWS.items():
        region = world.region_of(table, resource_id)
        if region is not None:
            return view(region, getattr(region, table).get_existing(resource_id))
    return None


class Difference(AssertionError):
    """System and model differ. ``step`` is the command after which they do, None for what was seen at the end;
    ``script`` is what was done until then, ``rules`` are the rules by which the model refuses the command."""

    def __init__(self, message: str, step: Command[Any] | None, script: Script, rules: tuple[str, ...] = ()) -> None:
        super().__init__(message, step, script, rules)
        self.message = message
        self.step = step
        self.script = script
        self.rules = rules

    def __str__(self) -> str:
        message = "\n".join(map(escaped, self.message.split("\n")))  # what a system answers may be anything
        return f"{message}\n\nafter\n\n{self.script}"


class Names:
    """The system's id of each thing that the model knows by another, and the other way round."""

    def __init__(self) -> None:
        self._of_model: dict[str, str] = {}
        self._of_system: dict[str, str] = {}

    def learn(self, of_model: str, of_system: str) -> None:
        """Two ids are of one thing. What is known already stays."""
        if of_model != of_system and of_model not in self._of_model and of_system not in self._of_system:
            self._of_model[of_model] = of_system
            self._of_system[of_system] = of_model

    def learn_answer(self, resources: Iterable[Resource], answer: object) -> None:
        """What a system answered to a command that the model answered with these resources."""
        if answer is None:
            return
        answers = answer if isinstance(answer, list | tuple) else (answer,)
        for resource, one in zip(resources, answers, strict=False):
            of_system = one if isinstance(one, str) else getattr(one, "id", None)
            if isinstance(of_system, str):
                self.learn(resource.id, of_system)

    def to_system(self, resource_id: str) -> str:
        """The system's id of what the model calls so."""
        return self._of_model.get(resource_id, resource_id)

    def command(self, command: Command[Any]) -> Command[Any]:
        """The command in the system's ids."""
        if not self._of_model:
            return command
        changed = {
            name: _each(value, self.to_system)
            for name in command.__struct_fields__
            if is_resource_id(name) and (value := getattr(command, name)) is not None
        }
        return msgspec.structs.replace(command, **changed)

    def read(self, name: str, model: Any, seen: Any) -> Any:
        """What a system shows for an attribute, in the model's ids and shape."""
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
    """Whether a parameter or attribute of this name has ids of resources."""
    return (name == "id" or name.endswith(("_id", "_ids"))) and name not in {
        "region_id",
        "zone_id",
        "account_id",
        "image_id",
    }


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return tuple([change(one) for one in value])
    return {change(one) for one in value} if isinstance(value, AbstractSet) else value


def differences(names: Names, model: Resource | None, seen: object | None) -> list[str]:
    """What a system shows otherwise than the model does, in words. Raises TypeError for what no such resource has."""
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
    return {name: getattr(seen, name) for name in model.__struct_fields__ if hasattr(seen, name)}
