"""`CloudMachine`: Hypothesis gives commands, to the model and to a system of your own, and shrinks what differs."""

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
from ecsnet.clocks import AT_ONCE, ManualClock, SettleAfter
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.decision import Decision, Violation
from ecsnet.domain.checks.invariants import PASSING, breaches
from ecsnet.domain.state.views import VIEWS
from ecsnet.resources import Resource
from ecsnet.testing._choose import Draw, drawn
from ecsnet.testing._compare import Difference, Names, System, differences, is_resource_id, look_up
from ecsnet.testing._explore import InvariantBroken, settle_moves
from ecsnet.testing._fixtures import START
from ecsnet.testing._generate import GENERATORS, Inventory
from ecsnet.testing._script import Script, Settle, Wait
from ecsnet.values import ChargeType, InstanceType, NetworkInterfaceType

T = TypeVar("T")
Rule = Callable[..., None]
"""A rule of the machine: a method that Hypothesis calls."""
_MACHINE: Final = st.runner()


@st.composite
def _asked(draw: Draw, operation: type[Command[Any]]) -> Command[Any]:
    machine: CloudMachine = draw(_MACHINE)
    return GENERATORS[operation](machine.inventory(), drawn(draw))


def _rule_name(operation: type[Command[Any]]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation.__name__.replace("VSwitch", "Vswitch")).lower()


def _operation(operation: type[Command[Any]]) -> Rule:
    """The rule that gives a command of this kind."""

    def issue(self: CloudMachine, command: Command[Any]) -> None:
        self.issue(command)

    issue.__name__ = _rule_name(operation)
    issue.__qualname__ = f"CloudMachine.{issue.__name__}"
    issue.__doc__ = f"{operation.__name__}, with parameters that are mostly right."
    given: Rule = rule(command=_asked(operation))(issue)
    return given


class CloudMachine(RuleBasedStateMachine):
    """A machine with one rule for each operation, which all are given to a model and, if there is one, to your system.

    Subclass it and give `make_system`; run its ``TestCase``. After each operation verdict, code and state are compared;
    the first `Difference` is shrunk, and reads like API calls. Without a system it tests the model alone: all
    invariants are checked after every step.
    """

    settle_after: ClassVar[SettleAfter] = AT_ONCE
    """The model's pace, as `ecsnet.Cloud` has it. Where something passes, the rules `settle` and `wait` are used."""
    time_passes: ClassVar[bool] = False
    """Whether the rule `wait` moves the clock even where nothing passes: hours and months, for what expires."""
    start: ClassVar[datetime] = START
    """When the machine's clock begins."""
    region_ids: ClassVar[Sequence[str]] = ("cn-hangzhou",)
    """Where new things are created; the first one is the model's own region."""
    instance_types: ClassVar[Sequence[InstanceType]] = (
        InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=3),
        InstanceType(id="ecs.one.small", eni_quantity=1, private_ipv4_per_eni=2),
    )
    """The instance types that are run; small ones, so that every limit is near."""
    operations: ClassVar[Collection[type[Command[Any]]]] = tuple(GENERATORS)
    """The operations that are used: all, unless the system does not have them all."""
    known_differences: ClassVar[frozenset[str]] = frozenset()
    """Ids of rules that the system is known not to hold: commands that they refuse are not given at all."""
    max_polls: ClassVar[int] = 0
    """How often `wait_for_system` is called for a resource that the system shows in a transitional state."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for operation in set(GENERATORS) - set(cls.operations):
            setattr(cls, _rule_name(operation), None)
        # To explain a failure takes Hypothesis far longer than to find it, and the script tells as much.
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
        self.model: Cloud = self.make_model()
        self.system: System | None = self.make_system()

    # What a subclass may give

    def make_model(self) -> Cloud:
        """The model, by the machine's ``clock``."""
        return Cloud(
            region_id=self.region_ids[0],
            clock=self.clock,
            settle_after=self.settle_after,
            instance_types=self.instance_types,
        )

    def make_system(self) -> System | None:
        """A fresh system of your own, for one example; None for the model alone."""
        return None

    def set_up(self) -> None:
        """What every example begins with: a VPC, a VSwitch and a security group."""
        self.issue(c.CreateVpc(cidr_block="10.0.0.0/16"))
        (vpc_id,) = self.model.vpcs
        zone_id = self.region_ids[0] + ("-b" if self.region_ids[0].startswith("cn-") else "b")
        self.issue(c.CreateVSwitch(vpc_id=vpc_id, zone_id=zone_id, cidr_block="10.0.0.0/28"))
        self.issue(c.CreateSecurityGroup(vpc_id=vpc_id))

    def skips(self, command: Command[Any], decision: Decision) -> bool:
        """Whether a command is not given, because it is known that the system would differ."""
        return any(violation.rule in self.known_differences for violation in decision.violations)

    def accepts_code(self, violations: Sequence[Violation], code: str) -> bool:
        """Whether the system refuses with the right code: one of those that the model has reasons for."""
        return any(violation.code == code for violation in violations)

    def settle_system(self, resource_id: str | None) -> None:
        """Make the system settle what passes, or one resource, as the model just did. Calls its ``settle``, if any."""
        settle = getattr(self.system, "settle", None)
        if settle is not None:
            settle(None if resource_id is None else self.names.to_system(resource_id))

    def advance_system(self, by: timedelta) -> None:
        """Make time pass in the system, as it just did in the model."""

    def wait_for_system(self) -> None:
        """Give a system that settles late some time; it is looked at again afterwards, ``patience`` times at most."""

    def inventory(self) -> Inventory:
        """What commands are made from: the regions and instance types of the machine, and what is in the model."""
        return Inventory(self.model, region_ids=self.region_ids, instance_types=self.type_names)

    # How an example goes

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
        """What an example begins with: `set_up`, and a network to work on, so that what depends on much is near."""
        self.set_up()
        vswitch_id, group_id = next(iter(self.model.vswitches)), next(iter(self.model.security_groups))
        place: Any = {"vswitch_id": vswitch_id, "security_group_ids": (group_id,)}
        run: Any = {"instance_type": self.type_names[0], **place}
        for _ in range(instances):
            self._use(c.RunInstances, **run)
        for _ in range(public_instances):
            self._use(c.RunInstances, **run, internet_max_bandwidth_out=5)
        for _ in range(subscriptions):
            self._use(c.RunInstances, **run, instance_charge_type=ChargeType.PrePaid)
        for _ in range(network_interfaces):
            self._use(c.CreateNetworkInterface, **place, secondary_private_ip_address_count=secondary_addresses or None)
        for _ in range(eips):
            self._use(c.AllocateEipAddress)
        self._let_pass()
        free = self.model.network_interfaces.where(type=NetworkInterfaceType.Secondary)
        for interface, instance_id in zip(free, self.model.instances, strict=False) if attached else ():
            self._use(c.AttachNetworkInterface, network_interface_id=interface.id, instance_id=instance_id)
        for eip_id, instance_id in zip(self.model.eips, self.model.instances, strict=False) if associated else ():
            self._use(c.AssociateEipAddress, allocation_id=eip_id, instance_id=instance_id)
        self._let_pass()

    def _use(self, operation: type[Command[Any]], **parameters: Any) -> None:
        """Give a command that is allowed, of an operation that is not left out."""
        command = operation(**parameters)
        if operation in self.operations and self.model.check(command):
            self.issue(command)

    def _let_pass(self) -> None:
        if isinstance(self.settle_after, timedelta) and self.settle_after:
            self._wait(self.settle_after)
        if next(settle_moves(self.model), None) is not None or self.settle_after not in (AT_ONCE, "manual"):
            self._settle(None)

    def issue(self, command: Command[Any]) -> None:
        """Give a command to model and system, and compare. Raises `Difference`."""
        decision = self.model.check(command)
        if self.skips(command, decision):
            return
        concerned = self._concerned(command, decision)
        if decision.allowed:
            answer = self.model.execute(command)
            self.script.add(command, answer)
            self._must_accept(command, answer)
            concerned += self._concerned(command, decision)
        else:
            self.script.add(command, _codes(decision.violations))
            self._must_refuse(command, decision.violations)
        self.compare(concerned, command)

    def _must_accept(self, command: Command[Any], answer: Any) -> None:
        if self.system is None:
            return
        answered, code = self._ask(self.system, command)
        if code is not None:
            self._differ(f"the system refuses with {code} what the model accepts: {command}", command)
        resources = answer if isinstance(answer, tuple) else (answer,)
        self.names.learn_answer([one for one in resources if isinstance(one, Resource)], answered)

    def _must_refuse(self, command: Command[Any], violations: Sequence[Violation]) -> None:
        if self.system is None:
            return
        rules = tuple(violation.rule for violation in violations)
        _, code = self._ask(self.system, command)
        if code is None:
            message = f"the system accepts what the model refuses by {', '.join(rules)}: {command}"
            self._differ(message, command, rules)
        elif not self.accepts_code(violations, code):
            self._differ(f"the system answers {code}, the model {_codes(violations)}, to {command}", command, rules)

    def _ask(self, system: System, command: Command[Any]) -> tuple[object, str | None]:
        """What the system answers, or the code that it refuses with."""
        answer, error = _attempt(lambda: system.execute(self.names.command(command)))
        code = getattr(error, "code", None)
        if error is not None and not isinstance(code, str):
            self._differ(f"the system crashes with {error!r} at {command}", command, crash=error)
        return answer, code

    def _differ(
        self,
        message: str,
        step: Command[Any] | None,
        rules: tuple[str, ...] = (),
        *,
        crash: Exception | None = None,
    ) -> NoReturn:
        # Raised in one place only: Hypothesis tells failures apart by where they come from, and shrinks each by itself.
        self._differs = True
        raise Difference(message, step, self.script, rules) from crash

    def _concerned(self, command: Command[Any], decision: Decision) -> list[str]:
        """What a command concerns: what it and its events name, and what that is attached to, in, or part of."""
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
        """Compare what model and system show of resources, those of them that ever were. Raises `Difference`."""
        if self.system is None:
            return
        found = []
        for resource_id in dict.fromkeys(resource_ids):
            model = self._resource(resource_id)
            if resource_id in self._existed:
                seen = differences(self.names, model, self._observe(resource_id, step))
                found += [f"{resource_id}: {'; '.join(seen)}"] if seen else []
        if found:
            self._differ("\n".join(found), step)

    def _observe(self, resource_id: str, step: Command[Any] | None) -> object | None:
        seen, error = _attempt(lambda: self._look_at(self.names.to_system(resource_id)))
        if error is not None:
            self._differ(f"the system crashes with {error!r} when {resource_id} is looked at", step, crash=error)
        return seen

    def _look_at(self, resource_id: str) -> object | None:
        assert self.system is not None
        for _ in range(self.max_polls):
            seen = self.system.observe(resource_id)
            status = seen.get("status") if isinstance(seen, Mapping) else getattr(seen, "status", None)
            if status not in PASSING:
                return seen
            self.wait_for_system()
        return self.system.observe(resource_id)

    @precondition(lambda self: self.settle_after != AT_ONCE)
    @rule(number=st.integers(0, 3))
    def settle(self, number: int) -> None:
        """What is due settles; under "manual", one of what is passing, or all of it."""
        waiting = [move.resource_id for move in settle_moves(self.model)] if self.settle_after == "manual" else []
        one = waiting[number - 1] if 0 < number <= len(waiting) else None
        self._settle(one)

    def _settle(self, resource_id: str | None) -> None:
        settled = self.model.settle(resource_id)
        self.script.add(Settle(resource_id))
        if self.system is not None:
            self.settle_system(resource_id)
            self.compare([i for resource in settled for i in (resource.id, *_ids_of(resource))])

    @precondition(lambda self: self.time_passes or self.settle_after not in (AT_ONCE, "manual"))
    @rule(by=st.sampled_from([timedelta(seconds=1), timedelta(seconds=5), timedelta(hours=6), timedelta(days=31)]))
    def wait(self, by: timedelta) -> None:
        """The clock moves on."""
        self._wait(by)

    def _wait(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.script.add(Wait(by))
        self.advance_system(by)

    @invariant()
    def invariants_hold(self) -> None:
        """Every invariant of the model, after every step."""
        if broken := breaches(self.model.folded_state()):
            raise InvariantBroken(broken, self.script)

    def teardown(self) -> None:
        """At the end of an example all is compared once more, and the system closed if it can be."""
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


def _attempt(call: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """What a system answers, or raises: either may be as it should be, or a difference."""
    try:
        return call(), None
    except HypothesisException:
        raise
    except Exception as error:  # noqa: BLE001  # systems are anybody's
        return None, error


def _ids_of(named: Any) -> list[str]:
    """The ids that a command, an event or a resource has in its fields."""
    ids: list[str] = []
    for field in named.__struct_fields__:
        if is_resource_id(field):
            value = getattr(named, field)
            if isinstance(value, str):
                ids.append(value)
            elif isinstance(value, tuple):
                ids += value
    return ids


def _codes(violations: Sequence[Violation]) -> str:
    """The codes that a command is refused with, each once."""
    return ", ".join(dict.fromkeys([violation.code for violation in violations]))
