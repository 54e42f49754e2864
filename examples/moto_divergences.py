"""Differences between moto's EC2 and the model: `CloudMachine` looks again and again, each time without those known.

pip install '.[bench]'
python examples/moto_divergences.py
"""

# ruff: noqa: T201  # it prints a section of Markdown for each difference as it is found

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from moto_system import BY_DESIGN, SUPPORTED, MotoSystem, has_relative

from ecsnet import commands as c
from ecsnet.decision import Decision, Violation
from ecsnet.testing import CloudMachine, Difference
from ecsnet.values import InstanceType

AT_MOST = 15  # differences
SETTINGS = settings(
    max_examples=100,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    print_blob=False,
)


class BesideMoto(CloudMachine):
    """The model beside moto."""

    instance_types = (
        InstanceType(id="ecs.t5-lc2m1.nano", eni_quantity=2, private_ipv4_per_eni=2),
        InstanceType(id="ecs.g5.large", eni_quantity=2, private_ipv4_per_eni=6),
    )
    operations = SUPPORTED
    known_differences = BY_DESIGN
    left_out: ClassVar[frozenset[tuple[str, ...]]] = frozenset()
    """Forms of commands after which moto is known to differ, though no rule is broken."""
    examples: ClassVar[int] = 0

    def make_system(self) -> MotoSystem:
        BesideMoto.examples += 1
        self.moto = MotoSystem()
        return self.moto

    def set_up(self) -> None:
        """As always, but with a VSwitch that has room: moto crashes where one is full."""
        self.issue(c.CreateVpc(cidr_block="10.0.0.0/16"))
        (vpc_id,) = self.model.vpcs
        self.issue(c.CreateVSwitch(vpc_id=vpc_id, zone_id="cn-hangzhou-b", cidr_block="10.0.9.0/24"))
        self.issue(c.CreateSecurityGroup(vpc_id=vpc_id))

    def skips(self, command: c.Command[Any], decision: Decision) -> bool:
        if not has_relative(command) or form(command) in self.left_out or super().skips(command, decision):
            return True
        return any(map(self._was_chosen, addresses(command)))

    def _was_chosen(self, address: str) -> bool:
        """Returns whether an ENI has this address by the choice of the model, or of moto: they choose differently."""
        return self.moto.chose(address) or any(
            address in interface.private_ips and self.names.to_system(interface.id) not in self.moto.named
            for interface in self.model.network_interfaces.values()
        )

    def accepts_code(self, violations: Sequence[Violation], code: str) -> bool:
        """Another vendor has other codes. A crash is no refusal."""
        return not code.startswith("a crash")


def form(command: c.Command[Any]) -> tuple[str, ...]:
    """The operation, and which of its parameters are given."""
    given = [field.name for field in attrs.fields(type(command)) if getattr(command, field.name) != field.default]
    return (type(command).__name__, *given)


def addresses(command: c.Command[Any]) -> list[str]:
    """The private addresses that a command names."""
    values = [
        getattr(command, name) for name in attrs.fields_dict(type(command)) if name.endswith(("address", "addresses"))
    ]
    return [ip for value in values if value for ip in ([value] if isinstance(value, str) else value)]


def main() -> None:
    begun = time.monotonic()
    for number in range(1, AT_MOST + 1):
        try:
            run_state_machine_as_test(BesideMoto, settings=SETTINGS)
        except Difference as found:
            title = "At the end" if found.step is None else type(found.step).__name__
            print(f"\n### {number}. {': '.join([title, *found.rules])}\n\n{found.message}\n")
            print(f"{len(found.script)} operations, {BesideMoto.examples} examples so far:\n")
            print(f"```python\n{found.script}\n```", flush=True)
            if found.step is None:
                break  # what came of no command cannot be left out
            BesideMoto.known_differences |= frozenset(found.rules)
            BesideMoto.left_out |= frozenset() if found.rules else {form(found.step)}
        else:
            print("\nNothing more was found.")
            break
    print(f"\n{BesideMoto.examples} examples, {time.monotonic() - begun:.0f} seconds")


if __name__ == "__main__":
    main()
