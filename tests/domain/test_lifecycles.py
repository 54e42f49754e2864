"""The lifecycle tables, cell by cell against the `transitions` Machines that they were compiled from."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from transitions import MachineError

from ecsnet import events
from ecsnet.domain.lifecycle import INITIAL, IllegalTransition, Lifecycle, LifecycleError
from ecsnet.domain.subjects.eip import EIP
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface.lifecycle import NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE
from ecsnet.events.instance import InstanceReleased, InstanceStarted

LIFECYCLES: list[Lifecycle[Any]] = [INSTANCE, NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE, EIP]


class Probe:
    """A model for the Machine to move."""

    state: str


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_every_cell_equals_the_move_of_the_machine(lifecycle: Lifecycle[Any]) -> None:
    for status, event in product([INITIAL, *lifecycle.statuses], lifecycle.events()):
        probe: Any = Probe()
        lifecycle.machine.add_model(probe, initial=str(status))
        try:
            probe.trigger(event)
            expected = probe.state
        except MachineError:
            expected = None
        finally:
            lifecycle.machine.remove_model(probe)
        transitions = lifecycle.transitions(events.EVENT_TYPES[event])
        assert transitions.get(status) == expected, f"{status} {event}"
        assert lifecycle.admits(status, events.EVENT_TYPES[event]) == (expected is not None)
        if expected is None:
            with pytest.raises(IllegalTransition, match=event):
                transitions[status]


class Light(StrEnum):
    Red = "Red"
    Green = "Green"


class Off(StrEnum):
    Broken = "Broken"


CREATED, STARTED = events.vpc.VpcCreated, events.instance.InstanceStarted


def test_an_unknown_status_is_a_definition_error() -> None:
    with pytest.raises(LifecycleError, match="unknown status in the row Red VpcCreated Broken"):
        Lifecycle("light", Light, final=[], rows=[(Light.Red, CREATED, Off.Broken)])  # type: ignore[list-item]


def test_an_unreachable_status_is_a_definition_error() -> None:
    with pytest.raises(LifecycleError, match="no row leads to Green"):
        Lifecycle(
            "light", Light, final=[Light.Green], rows=[(INITIAL, CREATED, Light.Red), (Light.Red, STARTED, Light.Red)]
        )


def test_two_rows_for_one_cell_are_a_definition_error() -> None:
    rows = [(INITIAL, CREATED, Light.Red), (Light.Red, STARTED, Light.Green), (Light.Red, STARTED, Light.Red)]
    with pytest.raises(LifecycleError, match="two rows for InstanceStarted in status Red"):
        Lifecycle("light", Light, final=[Light.Green], rows=rows)


def test_an_undeclared_final_status_is_a_definition_error() -> None:
    rows = [(INITIAL, CREATED, Light.Red), (Light.Red, STARTED, Light.Green)]
    with pytest.raises(LifecycleError, match=r"final is \[\], but no row leaves"):
        Lifecycle("light", Light, final=[], rows=rows)
    assert Lifecycle("light", Light, final=[Light.Green], rows=rows).transitions(STARTED) == {"Red": Light.Green}


class Lamp(StrEnum):
    On = "On"
    Off = "Off"


def test_a_lifecycle_can_have_one_status() -> None:
    one = Lifecycle("lamp", [Lamp.On], final=[Lamp.On], rows=[(INITIAL, InstanceStarted, Lamp.On)])
    assert one.transitions(InstanceStarted) == {INITIAL: Lamp.On}


def test_a_row_from_an_unknown_status_is_a_definition_error() -> None:
    rows = [(INITIAL, InstanceStarted, Lamp.On), ("Broken", InstanceReleased, Lamp.On)]
    with pytest.raises(LifecycleError, match="unknown status in the row Broken InstanceReleased On"):
        Lifecycle("lamp", [Lamp.On], final=[], rows=rows)
