"""Hypothesis as the one who picks: few draws a command, which shrink to what fits and comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from ecsnet import commands as c
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.model import AT_ONCE
from ecsnet.testing.asking import ASKING, Sight, every
from ecsnet.testing.script import Settle, Step, Wait, take

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]
Operations = Sequence[type[Command[Any]]]
Look = Callable[[Cloud], Sight]
BASE: Final = 64
WORDS: Final = st.integers(0, BASE**4 - 1)
MORE: Final = st.integers(0, 11)
MOSTLY: Final = st.integers(0, 3)
BUILDING: Final[Operations] = (
    *(c.RunInstances, c.CreateNetworkInterface, c.AttachNetworkInterface) * 4,
    *(c.AllocateEipAddress, c.AssociateEipAddress, c.CreateSecurityGroup, c.CreateInstance, c.StopInstance) * 2,
    *(c.AssignPrivateIpAddresses, c.UnassignPrivateIpAddresses) * 3,
    *(c.StartInstance, c.JoinSecurityGroup, c.CreateVSwitch),
    *(c.AuthorizeSecurityGroup, c.AllocatePublicIpAddress, c.ModifyInstanceNetworkSpec, c.RenewInstance),
    *(c.ConvertNatPublicIpToEip, c.EnableVpcClassicLink, c.AttachClassicLinkVpc),
)
"""What makes a network worth working on, more often what more depends on."""


class Drawn:
    """Picks by digits of 6 bits of drawn numbers, since a draw costs more than all the rest of a command.

    A small digit means the same option however many there are, so what was shrunk stays as it is when something
    unrelated is taken away.
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._digits: list[int] = []
        self._place = 0

    def __call__(self, options: Sequence[T], /) -> T:
        count = len(options)
        if count == 1:
            return options[0]
        number, reach = self._digit(), BASE
        while reach < count:
            number, reach = number * BASE + self._digit(), reach * BASE
        return options[number % count]

    def _digit(self) -> int:
        if self._place == len(self._digits):
            word = self._draw(WORDS)
            self._digits += [word % BASE, word // BASE % BASE, word // BASE**2 % BASE, word // BASE**3]
        self._place += 1
        return self._digits[self._place - 1]

    def again(self) -> None:
        """Pick once more, from the first digit on."""
        self._place = 0


@st.composite
def judged_commands(draw: Draw, cloud: Cloud, look: Look, legal: bool | None, among: Operations) -> Any:
    """Commands that the cloud allows, or refuses; either for None. What is rare is looked for.

    Where the operation that is drawn has no such command, the next one that has takes its place: drawing again would
    make what was drawn before hard to shrink.
    """
    see, pick = look(cloud), Drawn(draw)
    first = among.index(pick(among))
    for operation in (*among[first:], *among[:first]):
        pick.again()
        pick(among)
        command = ASKING[operation](see, pick)
        if legal is None or cloud.check(command).allowed is legal:
            return command
    for command in every(see, among):
        if cloud.check(command).allowed is legal:
            return command
    return reject()


@st.composite
def _next_steps(draw: Draw, cloud: Cloud, look: Look, among: Operations) -> list[Step]:
    steps: list[Step] = [draw(judged_commands(cloud, look, True, among))]
    pace = cloud._model.settle_after
    if pace != AT_ONCE and draw(MOSTLY):
        steps += (Settle(),) if pace == "manual" else (Wait(pace), Settle())
    return steps


def walk(draw: Draw, cloud: Cloud, look: Look, among: Operations, *, at_least: int, at_most: int) -> Iterator[Step]:
    """Takes drawn steps in a cloud, all of them allowed, and tells which. Between them, what passes mostly settles."""
    for number in range(at_most + 1):
        more = number < at_least or draw(MORE)
        if not more or number == at_most:  # the end is drawn there too, so that one step less has an end as well
            return
        for step in draw(_next_steps(cloud, look, among)):
            take(cloud, step)
            yield step
