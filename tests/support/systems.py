"""Systems and machines for the tests of `ecsnet.testing`: a system without a bug, and machines that run beside one."""

from __future__ import annotations

from typing import Any, ClassVar

from ecsnet import Cloud
from ecsnet.testing import CloudMachine, CloudSystem


class Right(CloudSystem):
    """A system without a bug: a cloud of its own."""

    def __init__(self, machine: CloudMachine, **options: Any) -> None:
        usual = {"clock": machine.clock, "settle_after": machine.settle_after, "instance_types": machine.instance_types}
        super().__init__(Cloud(**{**usual, **options}))


class Machine(CloudMachine):
    """A machine beside a system, which a test chooses."""

    make: ClassVar[Any] = Right

    def make_system(self) -> Any:
        return self.make(self)


class ByHand(Machine):
    settle_after = "manual"


def beside(machine: type[Machine], system: Any, **attributes: Any) -> type[Machine]:
    """Returns a machine that runs beside the system and is named after it."""
    return type(system.__name__, (machine,), {"make": system, **attributes})
