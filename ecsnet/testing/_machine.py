"""`CloudMachine`: Hypothesis issues commands to the model and to a system of your own, and shrinks each difference."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NoReturn, TypeVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ecsnet import commands as c
from ecsnet._attrs import field_names
from ecsnet.clocks import AT_ONCE, ManualClock, Outcome, SettleAfter
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.decision import Decision, Violation
from ecsnet.domain.checks.invariants import breaches
from ecsnet.domain.pace import LIFECYCLES
from ecsnet.domain.state.views import VIEWS
from ecsnet.resources import Resource
from ecsnet.testing._choose import Draw, drawn
from ecsnet.testing._compare import Difference, Names, System, differences, is_resource_id, look_up
from ecsnet.testing._explore import InvariantBroken, settle_moves
from ecsnet.testing._faulty import Ending
from ecsnet.testing._fixtures import START
from ecsnet.testing._generate import GENERATORS, Inventory
from ecsnet.testing._script import Script, Settle, Wait, apply_step, completing_steps
from ecsnet.testing.faults import FaultRule, Faults
from ecsnet.values import ChargeType, InstanceType, NetworkInterfaceType

T = TypeVar("T")
Rule = Callable[..., None]
"""A rule of the machine: a method that Hypothesis calls."""
_MACHINE: Final = st.runner()
TRANSITIONAL: Final = frozenset({str(status) for lifecycle in LIFECYCLES for status in lifecycle.transitional})
"""The transitional statuses of every kind of resource."""


@st.composite
def _generated(draw: Draw, operation: type[Command[Any]]) -> Command[Any]:
    machine: CloudMachine = draw(_MACHINE)
    return GENERATORS[operation](machine.inventory(), drawn(draw))


@st.composite
def _injected(draw: Draw) -> list[Mapping[str, Any]]:
    machine: CloudMachine = draw(_MACHINE)
    faults: list[Mapping[str, Any]] = draw(st.lists(st.sampled_from(machine.injects), min_size=1, max_size=10))
    return faults


def _rule_name(operation: type[Command[Any]]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation.__name__.replace("VSwitch", "Vswitch")).lower()


def _operation(operation: type[Command[Any]]) -> Rule:
    """Returns the rule that issues commands of this class."""

    def issue(self: CloudMachine, command: Command[Any]) -> None:
        self.issue(command)

    issue.__name__ = _rule_name(operation)
    issue.__qualname__ = f"CloudMachine.{issue.__name__}"
    issue.__doc__ = f"Issues a {operation.__name__} with mostly valid parameters."
    decorated: Rule = rule(command=_generated(operation))(issue)
    return decorated


class CloudMachine(RuleBasedStateMachine):
    """A state machine with one rule for each operation. It executes each command on a model and on your system.

    Subclass it, override `make_system`, and run its ``TestCase``. After each operation the verdicts, codes and states
    are compared; the first `Difference` is shrunk and prints as API calls. Without a system, the model is tested alone.
    All invariants of the model are checked after every step.
    """

    settle_after: ClassVar[SettleAfter] = AT_ONCE
    """The model's ``settle_after``. With transitional states, the rules `settle` and `wait` are enabled."""
    outcomes: ClassVar[Sequence[Outcome]] = ("completed",)
    """The ways in which the rule `settle` ends a pending transition: add ``"failed"`` and ``"stuck"`` to test the model
    alone; a system is only told to settle."""
    time_passes: ClassVar[bool] = False
    """If true, the rule `wait` is enabled without transitional states too: it advances the clock by up to a month, for
    tests of what expires."""
    start: ClassVar[datetime] = START
    """The time at which the machine's clock starts."""
    region_ids: ClassVar[Sequence[str]] = ("cn-hangzhou",)
    """The regions in which resources are created; the first one is the model's own region."""
    instance_types: ClassVar[Sequence[InstanceType]] = (
        InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=3),
        InstanceType(id="ecs.one.small", eni_quantity=1, private_ipv4_per_eni=2),
    )
    """The instance types of the model; small ones, so that every limit is reached."""
    operations: ClassVar[Collection[type[Command[Any]]]] = tuple(GENERATORS)
    """The operations that are used; all by default."""
    known_differences: ClassVar[frozenset[str]] = frozenset()
    """Ids of rules that the system is known to lack; a command that one of them denies is not issued."""
    injects: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """The faults that the rule `inject` chooses from, each with parameters of `Faults.add`, such as
    ``{"drop": "after"}``: give the machine's ``faults`` to the system that they are to strike."""
    max_polls: ClassVar[int] = 0
    """The number of calls of `wait_for_system` for a resource that the system shows in a transitional state, or
    otherwise than the model does."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for operation in set(GENERATORS) - set(cls.operations):
            setattr(cls, _rule_name(operation), None)
        # A rule that can do nothing would be chosen all the same.
        setattr(cls, "inject", CloudMachine.inject if cls.injects else None)  # noqa: B010  # it is declared as a method
        # Hypothesis takes far longer to explain a failure than to find it, and the script explains it as well.
        usual = cls.TestCase.settings
        cls.TestCase.settings = settings(usual, phases=[phase for phase in usual.phases if phase is not Phase.explain])

    def __init__(self) -> None:
        super().__init__()
        self.clock: ManualClock = ManualClock(self.start)
        self.type_names: list[str] = [instance_type.id for instance_type in self.instance_types]
        self.script: Script = Script()
        self.names: Names = Names()
        self._existed: set[str] = set()
        self._differs: bool = False
        self.faults: Faults = Faults()
        self._armed: list[Mapping[str, Any]] = []
        self.model: Cloud = self.make_model()
        self.system: System | None = self.make_system()

    # Methods that a subclass may override

    def make_model(self) -> Cloud:
        """Returns the model, a cloud on the machine's ``clock``."""
        return Cloud(
            region_id=self.region_ids[0],
            clock=self.clock,
            settle_after=self.settle_after,
            instance_types=self.instance_types,
        )

    def make_system(self) -> System | None:
        """Returns a new system for one example, None to test the model alone."""
        return None

    def set_up(self) -> None:
        """Creates the resources with which every example begins: a VPC, a VSwitch and a security group."""
        self.issue(c.CreateVpc(cidr_block="10.0.0.0/16"))
        self._complete_transitions()
        (vpc_id,) = self.model.vpcs
        zone_id = self.region_ids[0] + ("-b" if self.region_ids[0].startswith("cn-") else "b")
        self.issue(c.CreateVSwitch(vpc_id=vpc_id, zone_id=zone_id, cidr_block="10.0.0.0/28"))
        self.issue(c.CreateSecurityGroup(vpc_id=vpc_id))
        self._complete_transitions()

    def skips(self, command: Command[Any], decision: Decision) -> bool:
        """Returns whether a command is not issued because the system is known to differ on it."""
        return any(violation.rule in self.known_differences for violation in decision.violations)

    def accepts_code(self, violations: Sequence[Violation], code: str) -> bool:
        """Returns whether the system's code of a denial is right: by default, the code of any of the violations."""
        return any(violation.code == code for violation in violations)

    def settle_system(self, resource_id: str | None) -> None:
        """Completes the system's pending transitions, or that of one resource, after the model's. By default it calls
        the system's ``settle`` if it has one."""
        settle = getattr(self.system, "settle", None)
        if settle is not None:
            settle(None if resource_id is None else self.names.to_system(resource_id))

    def advance_system(self, by: timedelta) -> None:
        """Advances the system's clock after the model's. Does nothing by default."""

    def wait_for_system(self) -> None:
        """Waits before a resource is observed again that is in a transitional state or differs from the model's, at
        most `max_polls` times. Does nothing by default."""

    def inventory(self) -> Inventory:
        """Returns the regions, instance types and resources from which commands are generated."""
        return Inventory(self.model, region_ids=self.region_ids, instance_types=self.type_names)

    # The course of an example

    @initialize(
        instances=st.integers(0, 2),
        public_instances=st.integers(0, 1),
        subscriptions=st.integers(0, 1),
        network_interfaces=st.integers(0, 3),
        secondary_addresses=st.integers(0, 2),
        attached=st.booleans(),
        eips=st.integers(0, 2),
        associated=st.booleans(),
    )
    def begin(
        self,
        instances: int,
        public_instances: int,
        subscriptions: int,
        network_interfaces: int,
        secondary_addresses: int,
        attached: bool,
        eips: int,
        associated: bool,
    ) -> None:
        """Calls `set_up`, then creates some resources so that operations with many prerequisites are reachable."""
        self.set_up()
        vswitch_id, group_id = next(iter(self.model.vswitches)), next(iter(self.model.security_groups))
        place: Any = {"vswitch_id": vswitch_id, "security_group_ids": (group_id,)}
        run: Any = {"instance_type": self.type_names[0], **place}
        for _ in range(instances):
            self._issue_if_allowed(c.RunInstances, **run)
        for _ in range(public_instances):
            self._issue_if_allowed(c.RunInstances, **run, internet_max_bandwidth_out=5)
        for _ in range(subscriptions):
            self._issue_if_allowed(c.RunInstances, **run, instance_charge_type=ChargeType.PrePaid)
        for _ in range(network_interfaces):
            self._issue_if_allowed(
                c.CreateNetworkInterface, **place, secondary_private_ip_address_count=secondary_addresses or None
            )
        for _ in range(eips):
            self._issue_if_allowed(c.AllocateEipAddress)
        self._complete_transitions()
        free = self.model.network_interfaces.where(type=NetworkInterfaceType.Secondary)
        for interface, instance_id in zip(free, self.model.instances, strict=False) if attached else ():
            self._issue_if_allowed(c.AttachNetworkInterface, network_interface_id=interface.id, instance_id=instance_id)
        for eip_id, instance_id in zip(self.model.eips, self.model.instances, strict=False) if associated else ():
            self._issue_if_allowed(c.AssociateEipAddress, allocation_id=eip_id, instance_id=instance_id)
        self._complete_transitions()

    def _issue_if_allowed(self, operation: type[Command[Any]], **parameters: Any) -> None:
        """Issues a command unless its operation is not used or the model denies it."""
        command = operation(**parameters)
        if operation in self.operations and self.model.check(command):
            self.issue(command)

    def _complete_transitions(self) -> None:
        steps = completing_steps(self.settle_after)
        for step in steps:
            if isinstance(step, Wait):
                self._wait(step.by)
        if next(settle_moves(self.model), None) is not None or len(steps) > 1:
            self._settle(Settle())

    def issue(self, command: Command[Any]) -> None:
        """Executes a command on model and system and compares them. Raises `Difference`."""
        decision = self.model.check(command)
        if self.skips(command, decision):
            return
        if self._armed:
            self._issue_struck(command, decision, self.faults.add(times=1, **self._armed.pop(0)))
            return
        concerned = self._concerned(command, decision)
        if decision.allowed:
            result = self.model.execute(command)
            self.script.add(command, result)
            self._system_must_allow(command, result)
            concerned += self._concerned(command, decision)
        else:
            self.script.add(command, _codes(decision.violations))
            self._system_must_deny(command, decision.violations)
        self.compare(concerned, command)

    def _issue_struck(self, command: Command[Any], decision: Decision, fault: FaultRule) -> None:
        """Executes a command on the system while a fault is to strike it, and does on the model what the system did: a
        call that a fault refused, or dropped before its effect, has none, and one whose answer was lost has."""
        assert self.system is not None
        system = self.system
        result, error = _attempt(lambda: system.execute(self.names.command(command)))
        self.faults.clear()
        code = getattr(error, "code", None)
        dropped = fault.struck and fault.drop is not None and error is not None
        if error is not None and not dropped and not isinstance(code, str):
            self._differ(f"the system crashes with {error!r} at {command}", command, crash=error)
        concerned = self._concerned(command, decision)
        if (
            fault.struck
            and error is not None
            and (fault.drop == "before" or (fault.code is not None and code == fault.code))
        ):
            self.script.add(command, f"an injected fault: {fault.name}")
        elif not decision.allowed:
            self.script.add(command, _codes(decision.violations))
            self._compare_denial(command, decision.violations, code)
        else:
            self._perform_struck(command, fault, result, code, lost=bool(dropped))
            concerned += self._concerned(command, decision)
        self.compare(concerned, command)

    def _perform_struck(
        self, command: Command[Any], fault: FaultRule, result: object, code: str | None, *, lost: bool
    ) -> None:
        """Executes a command on the model that the system has executed under a fault."""
        otherwise = fault.outcome if fault.struck else None
        performed = (self.model if otherwise is None else Ending(self.model, otherwise)).execute(command)
        if fault.struck:
            self.script.add(command, f"struck by an injected fault, and done: {fault.name}")
        self.script.add(command, performed)
        self._compare_success(command, performed, None if lost else result, None if lost else code)

    def _system_must_allow(self, command: Command[Any], result: Any) -> None:
        if self.system is None:
            return
        self._compare_success(command, result, *self._execute_on(self.system, command))

    def _compare_success(self, command: Command[Any], result: Any, system_result: object, code: str | None) -> None:
        if code is not None:
            self._differ(f"the model allows a command that the system denies with {code}: {command}", command)
        resources = result if isinstance(result, tuple) else (result,)
        self.names.learn_result([one for one in resources if isinstance(one, Resource)], system_result)

    def _system_must_deny(self, command: Command[Any], violations: Sequence[Violation]) -> None:
        if self.system is None:
            return
        self._compare_denial(command, violations, self._execute_on(self.system, command)[1])

    def _compare_denial(self, command: Command[Any], violations: Sequence[Violation], code: str | None) -> None:
        rules = tuple(violation.rule for violation in violations)
        if code is None:
            message = f"the system allows a command that the model denies by {', '.join(rules)}: {command}"
            self._differ(message, command, rules)
        elif not self.accepts_code(violations, code):
            codes = _codes(violations)
            self._differ(f"the system denies with {code}, the model with {codes}: {command}", command, rules)

    def _execute_on(self, system: System, command: Command[Any]) -> tuple[object, str | None]:
        """Returns the system's result, and the code with which it denies the command or None."""
        result, error = _attempt(lambda: system.execute(self.names.command(command)))
        code = getattr(error, "code", None)
        if error is not None and not isinstance(code, str):
            self._differ(f"the system crashes with {error!r} at {command}", command, crash=error)
        return result, code

    def _differ(
        self,
        message: str,
        step: Command[Any] | None,
        rules: tuple[str, ...] = (),
        *,
        crash: Exception | None = None,
    ) -> NoReturn:
        # Raised in one place only: Hypothesis distinguishes failures by their line and shrinks each separately.
        self._differs = True
        raise Difference(message, step, self.script, rules) from crash

    def _concerned(self, command: Command[Any], decision: Decision) -> list[str]:
        """Returns the ids in a command and its events, and the ids in the attributes of those resources."""
        if self.system is None:
            return []
        named = [resource_id for one in (command, *decision.events) for resource_id in _ids_of(one)]
        resources = [resource for resource_id in named if (resource := self._resource(resource_id)) is not None]
        return [*named, *(resource_id for resource in resources for resource_id in _ids_of(resource))]

    def _resource(self, resource_id: str) -> Resource | None:
        resource = look_up(self.model, resource_id)
        if resource is not None:
            self._existed.add(resource_id)
        return resource

    def compare(self, resource_ids: Sequence[str], step: Command[Any] | None = None) -> None:
        """Compares resources of model and system, ignoring ids that never existed. Raises `Difference`."""
        if self.system is None:
            return
        found = []
        for resource_id in dict.fromkeys(resource_ids):
            model = self._resource(resource_id)
            if resource_id in self._existed:
                seen = self._differences(resource_id, model, step)
                found += [f"{resource_id}: {'; '.join(seen)}"] if seen else []
        if found:
            self._differ("\n".join(found), step)

    def _differences(self, resource_id: str, model: Resource | None, step: Command[Any] | None) -> list[str]:
        for _ in range(self.max_polls):
            seen = self._observe(resource_id, step)
            status = seen.get("status") if isinstance(seen, Mapping) else getattr(seen, "status", None)
            # What is being released or revoked has no transitional status, and yet is not what it will be.
            if status not in TRANSITIONAL and not differences(self.names, model, seen):
                return []
            self.wait_for_system()
        return differences(self.names, model, self._observe(resource_id, step))

    def _observe(self, resource_id: str, step: Command[Any] | None) -> object | None:
        system = self.system
        assert system is not None
        seen, error = _attempt(lambda: system.observe(self.names.to_system(resource_id)))
        if error is not None:
            self._differ(f"the system crashes with {error!r} when {resource_id} is observed", step, crash=error)
        return seen

    @precondition(lambda self: self.injects and self.system is not None)
    @rule(faults=_injected())
    def inject(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Has faults strike the system during the next commands, one each: the first call of its action that the
        system makes to execute the command. The model does what the system did."""
        self._armed = [*faults]

    @precondition(lambda self: self.settle_after != AT_ONCE)
    @rule(number=st.integers(0, 3))
    def settle(self, number: int) -> None:
        """Completes the transitions that are due; under "manual", one pending transition or all of them. With
        `outcomes` one that may fail or get stuck also does."""
        moves = [move for move in settle_moves(self.model) if move.outcome in self.outcomes]
        moves = moves if self.settle_after == "manual" else []
        self._settle(moves[number - 1] if 0 < number <= len(moves) else Settle())

    def _settle(self, step: Settle) -> None:
        settled = apply_step(self.model, step)
        self.script.add(step)
        if self.system is not None:
            self.settle_system(step.resource_id)
            self.compare([i for resource in settled for i in (resource.id, *_ids_of(resource))])

    @precondition(lambda self: self.time_passes or self.settle_after not in (AT_ONCE, "manual"))
    @rule(by=st.sampled_from([timedelta(seconds=1), timedelta(seconds=5), timedelta(hours=6), timedelta(days=31)]))
    def wait(self, by: timedelta) -> None:
        """Advances the clock."""
        self._wait(by)

    def _wait(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.script.add(Wait(by))
        self.advance_system(by)

    @invariant()
    def invariants_hold(self) -> None:
        """Checks every invariant of the model, after every step."""
        if broken := breaches(self.model.folded_state()):
            raise InvariantBroken(broken, self.script)

    def teardown(self) -> None:
        """Compares all resources at the end of an example and closes the system if it has ``close``."""
        try:
            if self.system is not None and not self._differs:
                world = self.model.folded_state()
                self.compare(
                    [i for table in VIEWS for r in world.regions.values() for i in getattr(r, table).snapshot()]
                )
        finally:
            close = getattr(self.system, "close", None)
            if close is not None:
                close()

    # The operations

    create_vpc: Rule = _operation(c.CreateVpc)
    delete_vpc: Rule = _operation(c.DeleteVpc)
    associate_vpc_cidr_block: Rule = _operation(c.AssociateVpcCidrBlock)
    unassociate_vpc_cidr_block: Rule = _operation(c.UnassociateVpcCidrBlock)
    create_vswitch: Rule = _operation(c.CreateVSwitch)
    delete_vswitch: Rule = _operation(c.DeleteVSwitch)
    create_security_group: Rule = _operation(c.CreateSecurityGroup)
    delete_security_group: Rule = _operation(c.DeleteSecurityGroup)
    authorize_security_group: Rule = _operation(c.AuthorizeSecurityGroup)
    revoke_security_group: Rule = _operation(c.RevokeSecurityGroup)
    join_security_group: Rule = _operation(c.JoinSecurityGroup)
    leave_security_group: Rule = _operation(c.LeaveSecurityGroup)
    set_quota: Rule = _operation(c.SetQuota)
    run_instances: Rule = _operation(c.RunInstances)
    create_instance: Rule = _operation(c.CreateInstance)
    start_instance: Rule = _operation(c.StartInstance)
    stop_instance: Rule = _operation(c.StopInstance)
    reboot_instance: Rule = _operation(c.RebootInstance)
    delete_instance: Rule = _operation(c.DeleteInstance)
    modify_instance_vpc_attribute: Rule = _operation(c.ModifyInstanceVpcAttribute)
    modify_instance_network_spec: Rule = _operation(c.ModifyInstanceNetworkSpec)
    renew_instance: Rule = _operation(c.RenewInstance)
    allocate_public_ip_address: Rule = _operation(c.AllocatePublicIpAddress)
    change_public_ip_address: Rule = _operation(c.ChangePublicIpAddress)
    release_public_ip_address: Rule = _operation(c.ReleasePublicIpAddress)
    convert_nat_public_ip_to_eip: Rule = _operation(c.ConvertNatPublicIpToEip)
    allocate_eip_address: Rule = _operation(c.AllocateEipAddress)
    associate_eip_address: Rule = _operation(c.AssociateEipAddress)
    unassociate_eip_address: Rule = _operation(c.UnassociateEipAddress)
    release_eip_address: Rule = _operation(c.ReleaseEipAddress)
    create_network_interface: Rule = _operation(c.CreateNetworkInterface)
    attach_network_interface: Rule = _operation(c.AttachNetworkInterface)
    detach_network_interface: Rule = _operation(c.DetachNetworkInterface)
    delete_network_interface: Rule = _operation(c.DeleteNetworkInterface)
    modify_network_interface_attribute: Rule = _operation(c.ModifyNetworkInterfaceAttribute)
    assign_private_ip_addresses: Rule = _operation(c.AssignPrivateIpAddresses)
    unassign_private_ip_addresses: Rule = _operation(c.UnassignPrivateIpAddresses)
    enable_vpc_classic_link: Rule = _operation(c.EnableVpcClassicLink)
    attach_classic_link_vpc: Rule = _operation(c.AttachClassicLinkVpc)
    detach_classic_link_vpc: Rule = _operation(c.DetachClassicLinkVpc)
    modify_vpc_attribute: Rule = _operation(c.ModifyVpcAttribute)
    modify_vswitch_attribute: Rule = _operation(c.ModifyVSwitchAttribute)
    modify_security_group_attribute: Rule = _operation(c.ModifySecurityGroupAttribute)
    modify_instance_attribute: Rule = _operation(c.ModifyInstanceAttribute)
    modify_eip_address_attribute: Rule = _operation(c.ModifyEipAddressAttribute)
    start_instances: Rule = _operation(c.StartInstances)
    stop_instances: Rule = _operation(c.StopInstances)
    reboot_instances: Rule = _operation(c.RebootInstances)
    delete_instances: Rule = _operation(c.DeleteInstances)
    tag_resources: Rule = _operation(c.TagResources)
    untag_resources: Rule = _operation(c.UntagResources)


def _attempt(call: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """Returns the result of a system's method, or the exception that it raises."""
    try:
        return call(), None
    except HypothesisException:
        raise
    except Exception as error:  # noqa: BLE001  # a system may raise anything
        return None, error


def _ids_of(named: Any) -> list[str]:
    """Returns the ids in the fields of a command, an event or a resource."""
    ids: list[str] = []
    for field in getattr(named, "__struct_fields__", None) or field_names(type(named)):
        if is_resource_id(field):
            value = getattr(named, field)
            if isinstance(value, str):
                ids.append(value)
            elif isinstance(value, tuple):
                ids += value
    return ids


def _codes(violations: Sequence[Violation]) -> str:
    """Returns the distinct error codes of violations, as text."""
    return ", ".join(dict.fromkeys([violation.code for violation in violations]))
