"""A system beside the model: ids of its own, what it may answer and show, and what is and is not a difference."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, make_dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ecsnet import Cloud, Command, CommandDenied, rules
from ecsnet import commands as c
from ecsnet.testing import CloudMachine, Difference, InvariantBroken, Script
from ecsnet.testing._compare import Names, differences, is_resource_id
from ecsnet.testing._generate import GENERATORS
from tests.support.hypothesis_settings import REPRODUCIBLE
from tests.support.net import Net
from tests.support.systems import ByHand, Machine, Right, beside

QUICK = settings(REPRODUCIBLE, max_examples=8, stateful_step_count=15, phases=[Phase.generate])
UNTIL_FOUND = settings(QUICK, max_examples=200)
OWN = "own-"


def whole_id(name: str) -> bool:
    return name == "id" or is_resource_id(name)


def renamed(named: Any, change: Any) -> dict[str, Any]:
    """The fields of a command or resource, with what has ids changed."""
    fields = attrs.asdict(named, recurse=False)
    for name, value in fields.items():
        if name == "network_interfaces":
            fields[name] = [renamed(one, change) for one in value]
        elif whole_id(name) and value is not None:
            fields[name] = tuple(map(change, value)) if isinstance(value, tuple) else change(value)
    return fields


class Own(Right):
    """The same, with a prefix before every id, in whatever it is asked, answers and shows."""

    def execute(self, command: Command[Any]) -> Any:
        def to_cloud(resource_id: str) -> str:
            # an id that there is nowhere is not the system's, and is given as it is
            return resource_id.removeprefix(OWN)

        fields = renamed(command, to_cloud)
        return self.answer(super().execute(type(command)(**fields)))

    def answer(self, answer: Any) -> Any:
        if isinstance(answer, tuple):
            return [self.answer(one) for one in answer]
        return OWN + answer.id if hasattr(answer, "id") else None

    def settle(self, resource_id: str | None) -> None:
        super().settle(None if resource_id is None else resource_id.removeprefix(OWN))

    def observe(self, resource_id: str) -> Any:
        assert resource_id.startswith(OWN), f"{resource_id} is not an id of this system"
        seen = super().observe(resource_id.removeprefix(OWN))
        return None if seen is None else self.show(renamed(seen, lambda one: OWN + one))

    def show(self, fields: dict[str, Any]) -> Any:
        del fields["id"]
        return fields


class OwnWithItsId(Own):
    """Shows its own id among the rest, as the vendor does."""

    def show(self, fields: dict[str, Any]) -> Any:
        return fields


class OwnAsAnswers(Own):
    """Answers with objects that have an ``id``."""

    def answer(self, answer: Any) -> Any:
        one = super().answer(answer)
        return SimpleNamespace(id=one) if isinstance(one, str) else one


class OwnAsTuples(Own):
    """Answers RunInstances with a tuple."""

    def answer(self, answer: Any) -> Any:
        one = super().answer(answer)
        return tuple(one) if isinstance(one, list) else one


class OwnAsObjects(Own):
    """Shows objects with attributes."""

    def show(self, fields: dict[str, Any]) -> Any:
        return SimpleNamespace(**super().show(fields))


class OwnAsSlots(Own):
    """Shows objects whose attributes are in slots."""

    def show(self, fields: dict[str, Any]) -> Any:
        fields = super().show(fields)
        return make_dataclass("Seen", list(fields), slots=True)(**fields)


class OwnAsNamedTuples(Own):
    def show(self, fields: dict[str, Any]) -> Any:
        fields = super().show(fields)
        return namedtuple("Seen", list(fields))(**fields)  # noqa: PYI024


class OwnAsLists(Own):
    """Shows lists for tuples, as JSON has them."""

    def show(self, fields: dict[str, Any]) -> Any:
        shown = super().show(fields)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items()}


class Unordered(Right):
    """Shows sets of what has no order, in the model's ids."""

    def observe(self, resource_id: str) -> Any:
        seen = super().observe(resource_id)
        if seen is None:
            return None
        fields = attrs.asdict(seen)
        return {name: set(value) if isinstance(value, tuple) else value for name, value in fields.items()}


class Silent(Right):
    """Answers nothing, and shows only a status, where there is one."""

    def execute(self, command: Command[Any]) -> Any:
        super().execute(command)

    def observe(self, resource_id: str) -> Any:
        seen = super().observe(resource_id)
        return None if seen is None else {"status": seen.status} if hasattr(seen, "status") else {}


def run(machine: type[CloudMachine]) -> None:
    run_state_machine_as_test(machine, settings=QUICK)


def find(machine: type[CloudMachine], error: type[BaseException] = Difference) -> Any:
    with pytest.raises(error) as found:
        run_state_machine_as_test(machine, settings=UNTIL_FOUND)
    return found.value


# Systems without a bug


@pytest.mark.parametrize("machine", [Machine, ByHand])
@pytest.mark.parametrize("system", [Right, Own])
def test_a_system_with_ids_of_its_own_does_not_differ(system: Any, machine: type[Machine]) -> None:
    run(beside(machine, system))


@pytest.mark.parametrize(
    "system", [OwnWithItsId, OwnAsAnswers, OwnAsTuples, OwnAsObjects, OwnAsSlots, OwnAsNamedTuples, OwnAsLists]
)
def test_a_system_with_other_types_of_results_does_not_differ(system: Any) -> None:
    run_state_machine_as_test(beside(Machine, system), settings=settings(QUICK, max_examples=4))


@pytest.mark.parametrize("system", [Unordered, Silent])
def test_sets_and_hidden_attributes_do_not_differ(system: Any) -> None:
    run(beside(Machine, system))


def test_a_system_with_ids_of_its_own_that_has_a_bug_differs() -> None:
    class Forgets(Own):
        def show(self, fields: dict[str, Any]) -> Any:
            shown = super().show(fields)
            if shown.get("type") == "Secondary":
                shown["instance_id"] = None
            return shown

    difference = find(beside(Machine, Forgets))
    assert "instance_id is None, not 'i-" in difference.message


def test_a_difference_is_reported_with_the_ids_of_the_model() -> None:
    class Confuses(Own):
        def show(self, fields: dict[str, Any]) -> Any:
            shown = super().show(fields)
            if shown.get("type") == "Secondary" and shown["instance_id"] is not None:
                shown["instance_id"] = OWN + list(self.cloud.instances)[-1]
            return shown

    difference = find(beside(Machine, Confuses))
    assert OWN not in difference.message


# Differences


class NoSuchAttribute(Right):
    def observe(self, resource_id: str) -> Any:
        return None if super().observe(resource_id) is None else {"colour": "red"}


def test_an_attribute_unknown_to_the_model_is_an_error_of_the_adapter() -> None:
    error = find(beside(Machine, NoSuchAttribute), TypeError)
    assert str(error) == "a system shows 'colour', and a Vpc has no such attribute"


class Crashes(Right):
    def execute(self, command: Command[Any]) -> Any:
        if isinstance(command, c.CreateNetworkInterface):
            raise ZeroDivisionError("a bug of the system")
        return super().execute(command)


def test_an_exception_without_a_code_counts_as_a_difference() -> None:
    difference = find(beside(Machine, Crashes), Difference)
    assert "the system crashes with ZeroDivisionError('a bug of the system')" in str(difference)
    assert isinstance(difference.__cause__, ZeroDivisionError)
    assert isinstance(difference.step, c.CreateNetworkInterface)


class Blind(Right):
    def observe(self, resource_id: str) -> Any:
        raise ZeroDivisionError("a bug of the system")


def test_an_exception_while_observing_counts_as_a_difference() -> None:
    assert "when vpc-" in str(find(beside(Machine, Blind), Difference))


class NumberedCode(Exception):
    code = 404


class Numbers(Right):
    def execute(self, command: Command[Any]) -> Any:
        try:
            return super().execute(command)
        except CommandDenied:
            raise NumberedCode from None


def test_an_exception_whose_code_is_not_a_string_counts_as_a_difference() -> None:
    assert isinstance(find(beside(Machine, Numbers), Difference).__cause__, NumberedCode)


class Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WrongCode(Right):
    def execute(self, command: Command[Any]) -> Any:
        try:
            return super().execute(command)
        except CommandDenied:
            raise Refused("InternalError") from None


def test_a_wrong_code_is_a_difference() -> None:
    difference = find(beside(Machine, WrongCode))
    assert difference.message.startswith("the system denies with InternalError, the model with ")
    assert difference.rules
    assert difference.step is not None and str(difference.step) in difference.message


class LastCode(Right):
    def execute(self, command: Command[Any]) -> Any:
        try:
            return super().execute(command)
        except CommandDenied as denied:
            raise Refused(denied.violations[-1].code) from None


def test_the_code_of_any_violation_is_accepted() -> None:
    run(beside(Machine, LastCode))


def test_a_machine_can_override_the_comparison_of_codes() -> None:
    class AnyCode(Machine):
        def accepts_code(self, violations: Any, code: str) -> bool:
            assert violations
            return code == "InternalError"

    run(beside(AnyCode, WrongCode))


class RefusesAll(Right):
    def execute(self, command: Command[Any]) -> Any:
        raise Refused("Forbidden")


def test_a_command_that_only_the_system_refuses_is_a_difference() -> None:
    difference = find(beside(Machine, RefusesAll))
    assert difference.message.startswith("the model allows a command that the system denies with Forbidden: CreateVpc(")
    assert difference.rules == ()
    assert len(difference.script) == 1


class AcceptsAll(Right):
    def execute(self, command: Command[Any]) -> Any:
        try:
            return super().execute(command)
        except CommandDenied:
            return None


def test_a_command_that_only_the_model_refuses_is_a_difference() -> None:
    difference = find(beside(Machine, AcceptsAll))
    assert "the system allows a command that the model denies by " in difference.message
    assert difference.rules and difference.rules[0] in difference.message
    assert str(difference) == f"{difference.message}\n\nafter\n\n{difference.script}"


class Keeps(Right):
    """Shows what was deleted as it was before."""

    def __init__(self, machine: CloudMachine) -> None:
        super().__init__(machine)
        self.seen: dict[str, Any] = {}

    def observe(self, resource_id: str) -> Any:
        self.seen[resource_id] = super().observe(resource_id) or self.seen.get(resource_id)
        return self.seen[resource_id]


class Loses(Right):
    def observe(self, resource_id: str) -> Any:
        return None if resource_id.startswith("eni-") else super().observe(resource_id)


@pytest.mark.parametrize(
    ("system", "message"), [(Keeps, "the system still has it"), (Loses, "the system has it no more")]
)
def test_the_existence_of_resources_is_compared(system: Any, message: str) -> None:
    assert message in find(beside(Machine, system)).message


class ChangesWhileNobodyLooks(Right):
    def observe(self, resource_id: str) -> Any:
        seen = super().observe(resource_id)
        if resource_id.startswith("vpc-") and seen is not None:
            return attrs.evolve(seen, cidr_block="10.0.0.0/8")
        return seen


def test_every_resource_is_compared_at_the_end() -> None:
    class LooksAtTheEndOnly(Machine):
        def compare(self, resource_ids: Any, step: Any = None) -> None:
            if step is None:
                super().compare(resource_ids, step)

    difference = find(beside(LooksAtTheEndOnly, ChangesWhileNobodyLooks))
    assert difference.step is None
    assert "cidr_block is '10.0.0.0/8', not '10.0.0.0/16'" in difference.message


# Known differences


class DeletesWhatIsInUse(Right):
    """Says that it deleted a VPC that is in use."""

    def execute(self, command: Command[Any]) -> Any:
        try:
            return super().execute(command)
        except CommandDenied as denied:
            if "vpc.delete.in-use" not in [violation.rule for violation in denied.violations]:
                raise


def test_commands_that_meet_a_known_difference_are_not_generated() -> None:
    assert find(beside(Machine, DeletesWhatIsInUse)).rules == ("vpc.delete.in-use",)
    run(beside(Machine, DeletesWhatIsInUse, known_differences=frozenset({"vpc.delete.in-use"})))


def test_avoided_commands_are_never_executed() -> None:
    given: list[Command[Any]] = []

    class Watches(Right):
        def execute(self, command: Command[Any]) -> Any:
            given.append(command)
            return super().execute(command)

    class Avoids(Machine):
        make = Watches

        def skips(self, command: Command[Any], decision: Any) -> bool:
            return isinstance(command, c.RunInstances) or not decision.allowed

    run(Avoids)
    assert given
    assert not [command for command in given if isinstance(command, c.RunInstances)]


def test_operations_that_are_left_out_are_never_executed() -> None:
    given: set[type[Command[Any]]] = set()

    class Watches(Right):
        def execute(self, command: Command[Any]) -> Any:
            given.add(type(command))
            return super().execute(command)

    class Without(Machine):
        make = Watches
        operations = frozenset(GENERATORS) - {c.AttachNetworkInterface, c.RunInstances, c.SetQuota}

    run_state_machine_as_test(Without, settings=settings(QUICK, max_examples=100))  # enough for each of the others
    assert not given & {c.AttachNetworkInterface, c.RunInstances, c.SetQuota}
    assert c.CreateInstance in given


def test_a_machine_with_all_operations_executes_them() -> None:
    given: set[type[Command[Any]]] = set()

    class Watches(Right):
        def execute(self, command: Command[Any]) -> Any:
            given.add(type(command))
            return super().execute(command)

    run(beside(Machine, Watches))
    assert given & {c.AttachNetworkInterface, c.RunInstances, c.SetQuota}


# A system that settles late


class Late(Right):
    """The model settles at once; what this one shows passes until it was waited for twice."""

    def __init__(self, machine: CloudMachine) -> None:
        super().__init__(machine, settle_after="manual")
        self.waited = 0

    def wait(self) -> None:
        self.waited += 1
        if self.waited % 2 == 0:
            self.cloud.settle()


class Waits(Machine):
    make = Late
    max_polls = 3

    def wait_for_system(self) -> None:
        self.system.wait()  # type: ignore[union-attr]


class LooksEnough(Waits):
    """Waits for everything before it goes on, so that the next command finds it settled."""

    def issue(self, command: Command[Any]) -> None:
        super().issue(command)
        self.system.cloud.settle()  # type: ignore[union-attr]


def test_the_machine_waits_while_the_system_is_in_a_transitional_status() -> None:
    run(LooksEnough)


def test_without_patience_a_transitional_status_is_a_difference() -> None:
    difference = find(beside(LooksEnough, Late, max_polls=0))
    assert "status is <" in difference.message and "ing: '" in difference.message


def test_a_transitional_status_that_outlasts_the_patience_is_a_difference() -> None:
    class Never(Late):
        def wait(self) -> None:
            self.waited += 1

    difference = find(beside(LooksEnough, Never, max_polls=2))
    assert "status is <" in difference.message


def test_the_machine_does_not_wait_for_a_settled_system() -> None:
    class Settled(Machine):
        max_polls = 5

        def wait_for_system(self) -> None:
            raise AssertionError("there is nothing to wait for")

    run(Settled)


def test_advancing_the_clock_reaches_the_system() -> None:
    passed: dict[object, timedelta] = {}

    class InTime(Machine):
        time_passes = True

        def advance_system(self, by: timedelta) -> None:
            passed[self] = passed.get(self, timedelta(0)) + by

    run(InTime)
    assert passed
    assert all(machine.clock() - machine.start == by for machine, by in passed.items())


def test_a_system_is_closed_at_the_end_of_every_example() -> None:
    open_now: list[object] = []

    class Closes(Right):
        def __init__(self, machine: CloudMachine) -> None:
            super().__init__(machine)
            open_now.append(self)

        def close(self) -> None:
            open_now.remove(self)

    run(beside(Machine, Closes))
    find(beside(Machine, type("ClosesAndDiffers", (Closes, RefusesAll), {})))
    assert open_now == []


def test_a_machine_without_a_system_tests_the_model_alone() -> None:
    class WithoutARule(CloudMachine):
        def make_model(self) -> Cloud:
            return Cloud(clock=self.clock, rules=rules.without("vswitch.create.overlap"))

        def set_up(self) -> None:
            super().set_up()
            (vswitch,) = self.model.vswitches.values()
            again = {"vpc_id": vswitch.vpc_id, "zone_id": vswitch.zone_id, "cidr_block": vswitch.cidr_block}
            self.issue(c.CreateVSwitch(**again))

    run(CloudMachine)
    broken = find(WithoutARule, InvariantBroken)
    assert {breach.invariant for breach in broken.breaches} == {"vswitch.create.overlap"}


# Names


def test_learned_ids_are_translated_both_ways() -> None:
    names = Names()
    names.learn("vpc-1", "mine-1")
    assert names.to_system("vpc-1") == "mine-1"
    assert names.read("vpc_id", None, "mine-1") == "vpc-1"
    assert names.to_system("vpc-2") == "vpc-2"


def test_a_learned_id_is_never_replaced() -> None:
    names = Names()
    names.learn("vpc-1", "mine-1")
    names.learn("vpc-1", "mine-2")
    names.learn("vpc-2", "mine-1")
    assert (names.to_system("vpc-1"), names.to_system("vpc-2")) == ("mine-1", "vpc-2")


def test_every_id_in_a_command_is_translated() -> None:
    names = Names()
    for kind in ("vpc", "vsw", "sg", "i", "eni", "eip"):
        names.learn(f"{kind}-1", f"my-{kind}")
    launched = c.RunInstances(
        instance_type="sg-1",
        vswitch_id="vsw-1",
        security_group_ids=["sg-1", "sg-2"],
        zone_id="vpc-1",
        network_interface_ids=["eni-1"],
    )
    assert names.command(launched) == c.RunInstances(
        instance_type="sg-1",
        vswitch_id="my-vsw",
        security_group_ids=["my-sg", "sg-2"],
        zone_id="vpc-1",
        network_interface_ids=["my-eni"],
    )
    new = c.NewNetworkInterface(vswitch_id="vsw-1", security_group_ids=["sg-1"], description="sg-1")
    with_new = attrs.evolve(launched, network_interfaces=[new])
    assert names.command(with_new).network_interfaces == (
        c.NewNetworkInterface(vswitch_id="my-vsw", security_group_ids=["my-sg"], description="sg-1"),
    )
    associated = c.AssociateEipAddress(allocation_id="eip-1", instance_id="i-1")
    assert names.command(associated) == c.AssociateEipAddress(allocation_id="my-eip", instance_id="my-i")
    permitted = c.AuthorizeSecurityGroup(security_group_id="sg-1", source_group_id="sg-1", source_account_id="sg-9")
    assert names.command(permitted).source_group_id == "my-sg"
    owned = attrs.evolve(permitted, source_account_id="sg-1")  # an account is no resource, whatever it is called
    assert names.command(owned).source_account_id == "sg-1"


@pytest.mark.parametrize("answer", ["a list", "a tuple", "objects"])
def test_ids_are_learned_from_results(answer: str) -> None:
    net = Net()
    vms = net.cloud.execute(net.run_command(amount=2))
    ids = ["mine-1", "mine-2"]
    answers = {"a list": ids, "a tuple": tuple(ids), "objects": [SimpleNamespace(id=one) for one in ids]}
    names = Names()
    names.learn_result(vms, answers[answer])
    assert [names.to_system(vm.id) for vm in vms] == ids


@pytest.mark.parametrize("answer", [None, 42, {"RequestId": "1"}, [], SimpleNamespace(id=7)])
def test_a_result_without_an_id_teaches_no_id(answer: Any) -> None:
    names, vm = Names(), Net().run()
    names.learn_result([vm], answer)
    assert names.to_system(vm.id) == vm.id


# What is shown


@dataclass
class Seen:
    status: str
    private_ips: list[str]


def test_an_observation_can_be_an_object() -> None:
    eni = Net().eni(secondary_private_ip_address_count=1)
    right = Seen("Available", list(eni.private_ips))
    assert differences(Names(), eni, right) == []
    assert differences(Names(), eni, vars(right)) == []
    assert differences(Names(), eni, eni) == []
    assert differences(Names(), eni, Seen("InUse", [])) == [
        "status is 'InUse', not <NetworkInterfaceStatus.Available: 'Available'>",
        f"private_ips is (), not {eni.private_ips!r}",
    ]


def test_the_order_of_a_list_is_compared_and_that_of_a_set_is_not() -> None:
    eni = Net().eni(secondary_private_ip_address_count=2)
    backwards = eni.private_ips[::-1]
    assert differences(Names(), eni, {"private_ips": set(backwards)}) == []
    assert differences(Names(), eni, {"private_ips": frozenset(backwards)}) == []
    assert differences(Names(), eni, {"private_ips": backwards}) != []
    assert differences(Names(), eni, {"private_ips": set(backwards[1:])}) != []


def test_ids_in_a_set_are_translated() -> None:
    net = Net()
    vm = net.run(security_group_ids=[net.group.id, net.new_group().id])
    names = Names()
    for number, group_id in enumerate(vm.security_group_ids):
        names.learn(group_id, f"mine-{number}")
    assert differences(names, vm, {"security_group_ids": {"mine-1", "mine-0"}}) == []
    assert differences(names, vm, {"security_group_ids": {"mine-1", "mine-2"}}) != []


def test_ids_are_learned_from_observations() -> None:
    vm, names = Net().run(), Names()
    assert differences(names, vm, {"network_interface_ids": ["my-eni"], "vswitch_id": "my-vsw"}) == []
    assert names.to_system(vm.network_interface_ids[0]) == "my-eni"
    assert differences(names, vm, {"primary_network_interface_id": "my-eni"}) == []
    assert differences(names, vm, {"primary_network_interface_id": "my-vsw"}) != []


def test_a_resource_that_shows_its_own_id_does_not_differ() -> None:
    vm, names = Net().run(), Names()
    names.learn(vm.id, "mine")
    assert differences(names, vm, {"id": "mine", "status": "Running"}) == []
    assert differences(names, vm, {"id": "another", "status": "Running"}) != []


def test_a_resource_that_only_one_side_has_is_a_difference() -> None:
    vm = Net().run()
    assert differences(Names(), None, None) == []
    assert differences(Names(), None, {}) == ["the system still has it"]
    assert differences(Names(), vm, None) == ["the system has it no more"]
    assert differences(Names(), vm, {}) == []


def test_a_difference_without_a_step_has_a_message() -> None:
    difference = Difference("vpc-1: the system has it no more", None, Script())
    assert (difference.step, difference.rules) == (None, ())
    assert str(difference).startswith("vpc-1: the system has it no more\n\nafter\n")
