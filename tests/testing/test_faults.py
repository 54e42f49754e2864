"""Faults: which calls they strike, and what they do before and after the effect."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from structlog.testing import capture_logs

from ecsnet import Cloud, Command, CommandDenied, InvalidArgument, ManualClock, audit
from ecsnet import commands as c
from ecsnet.lifecycles import NETWORK_INTERFACE
from ecsnet.openapi import Service
from ecsnet.openapi.service import Call, ConnectionDropped
from ecsnet.testing import CloudMachine, CloudSystem, Difference, Faults, aliyun, invariants
from ecsnet.testing._faulty import parameters_of
from ecsnet.testing.faults import OUTCOMES, InjectedRefusal, read_faults
from tests.domain.subjects import stories  # noqa: F401  # registers them
from tests.support.hypothesis_settings import REPRODUCIBLE, budget
from tests.support.net import START, Net
from tests.support.wire import call, flat, message, status
from tests.support.wire import parameters_of as nested_parameters_of
from tests.support.witnesses import WITNESSES, named


def service_with(faults: Faults) -> Service:
    return Service(Cloud(), faults=faults)


def codes(service: Service) -> list[str | None]:
    return [one.code for one in service.calls]


def test_the_nth_call_of_an_action_is_struck() -> None:
    faults = Faults()
    rule = faults.add(action="CreateVpc", nth=2, code="OperationConflict")
    service = service_with(faults)
    for action in ("CreateVpc", "DescribeVpcs", "CreateVpc", "CreateVpc"):
        call(service, action)
    assert codes(service) == [None, None, "OperationConflict", None]
    assert service.calls[2].http_status == 409
    assert (rule.seen, rule.struck) == (3, 1)
    assert len(service.cloud.vpcs) == 2


def test_a_pattern_a_predicate_and_a_number_of_times() -> None:
    faults = Faults()
    faults.add(action="Describe*", when=lambda action, parameters: "VpcId" in parameters, times=1, code="Throttling")
    service = service_with(faults)
    for parameters in ({}, {"VpcId": "vpc-1"}, {"VpcId": "vpc-1"}):
        call(service, "DescribeVpcs", **parameters)
    assert codes(service) == [None, "Throttling", None]


def test_a_probability_goes_by_its_seed() -> None:
    def struck(seed: int) -> list[str | None]:
        faults = Faults(seed)
        faults.add(probability=0.5, code="InternalError")
        service = service_with(faults)
        for _ in range(50):
            call(service, "DescribeVpcs")
        return codes(service)

    assert struck(1) == struck(1) != struck(2)
    assert 10 < struck(1).count(None) < 40


def test_throttling_says_how_long_to_wait() -> None:
    faults = Faults()
    faults.add(nth=1, code="Throttling.User", retry_after=1.5)
    answer = service_with(faults).respond(message("DescribeVpcs"))
    assert status(answer) == 400
    assert b"\r\nx-acs-retry-after: 1500\r\n" in answer


def test_a_dropped_answer_is_empty_and_its_effect_is_there_or_not() -> None:
    faults = Faults()
    faults.add(action="CreateVpc", nth=1, drop="before")
    faults.add(action="CreateVpc", nth=1, drop="after")
    service = service_with(faults)
    assert service.respond(message("CreateVpc")) == b""
    assert not service.cloud.vpcs
    assert service.respond(message("CreateVpc")) == b""
    assert len(service.cloud.vpcs) == 1
    assert [one.fault for one in service.calls] == ["drop before", "drop after"]
    assert [len(one.events) for one in service.calls] == [0, 1]


def test_a_slow_call_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    faults = Faults()
    faults.add(slow=2.5, times=1)
    service = service_with(faults)
    call(service, "CreateVpc")
    call(service, "CreateVpc")
    assert waited == [2.5]
    assert [one.fault for one in service.calls] == ["slow 2.5s", None]


def test_stale_reads_lag_behind() -> None:
    faults = Faults()
    faults.read_stale(1)
    service = service_with(faults)
    for expected in (0, 1, 2):
        call(service, "CreateVpc")
        assert call(service, "DescribeVpcs")["TotalCount"] == expected
    faults.clear()
    assert call(service, "DescribeVpcs")["TotalCount"] == 3


def test_a_token_whose_request_failed_has_failed() -> None:
    faults = Faults()
    faults.fail_tokens()
    faults.add(action="CreateVpc", nth=1, code="InternalError")
    service = service_with(faults)
    for token in ("t-1", "t-1", "t-2"):
        call(service, "CreateVpc", ClientToken=token)
    assert codes(service) == ["InternalError", "IdempotentFailed", None]


def test_a_fault_is_no_event() -> None:
    faults = Faults()
    faults.add(code="InternalError", times=3)
    service = service_with(faults)
    for _ in range(3):
        call(service, "CreateVpc")
    assert service.cloud.position == 0


def test_checking_uses_no_fault_up() -> None:
    from ecsnet.commands import CreateVpc

    faults = Faults()
    rule = faults.add(code="InternalError", nth=1)
    service = service_with(faults)
    assert service.cloud.check(CreateVpc(cidr_block="10.0.0.0/8"))
    assert rule.seen == 0


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"code": "X", "drop": "after"},
        {"drop": "sometimes"},
        {"code": "X", "nth": 0},
        {"code": "X", "probability": 1.5},
        {"code": "X", "outcome": "stuck", "action": "AttachNetworkInterface"},
        {"outcome": "stuck"},
        {"outcome": "stuck", "action": "StopInstance"},
        {"outcome": "failed", "action": "DetachNetworkInterface"},
        {"outcome": "completed", "action": "AttachNetworkInterface"},
        {"outcome": "stuck", "action": "AttachNetworkInterface", "stale": 1},
        {"stale": -1},
        {"stale": 1.5},
        {"slow": -1.0},
        {"late": -1.0, "code": "X"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        Faults().add(**given)


def test_faults_are_read_from_rows() -> None:
    rows = json.loads(
        '[{"action": "CreateVpc", "code": "Throttling", "fails_token": true}, {"slow": 0.1, "nth": 3}, {"stale": 2},'
        ' {"action": "AttachNetworkInterface", "outcome": "failed"}]'
    )
    faults = read_faults(rows, seed=3)
    assert [(one.action, one.code, one.slow, one.nth, one.fails_token) for one in faults.rules[:2]] == [
        ("CreateVpc", "Throttling", 0.0, None, True),
        ("*", None, 0.1, 3, False),
    ]
    assert [one.name for one in faults.rules[2:]] == ["stale by 2", "failed"]
    with pytest.raises(InvalidArgument, match="fault 1"):
        read_faults([{"banana": True}])
    with pytest.raises(InvalidArgument):
        Faults().read_stale(-1)


# One mechanism: the same calls over the wire and of the library, struck by the same faults


class OverTheWire:
    """Calls of a service."""

    def __init__(self, cloud: Cloud, faults: Faults) -> None:
        self._service = Service(cloud, faults=faults)

    @property
    def calls(self) -> list[Call]:
        return list(self._service.calls)

    def execute(self, command: Command[Any], **more: Any) -> None:
        parameters = dict(flat(nested_parameters_of(command)))
        token = {"ClientToken": more["client_token"]} if more else {}
        self._service.respond(message(type(command).__name__, **parameters, **token))

    def enis(self) -> list[Any]:
        body = call(self._service, "DescribeNetworkInterfaces")
        return [] if "Code" in body else body["NetworkInterfaceSets"]["NetworkInterfaceSet"]


class InTheLibrary:
    """Calls of a cloud."""

    def __init__(self, cloud: Cloud, faults: Faults) -> None:
        self._cloud = faults.on(cloud)

    @property
    def calls(self) -> list[Call]:
        return list(self._cloud.calls)

    def execute(self, command: Command[Any], **more: Any) -> None:
        with suppress(CommandDenied, InjectedRefusal, ConnectionDropped):
            self._cloud.execute(command, **more)

    def enis(self) -> list[Any]:
        try:
            return list(self._cloud.network_interfaces.values())
        except InjectedRefusal:
            return []


WAYS = pytest.mark.parametrize("way", [OverTheWire, InTheLibrary])
Way = Callable[[Cloud, Faults], Any]


@WAYS
def test_every_kind_of_fault_has_its_effect_and_is_in_the_calls(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    net = Net()
    faults = Faults()
    for given in (
        {"code": "Throttling"},
        {"code": "InternalError"},
        {"code": "ServiceUnavailable"},
        {"code": "OperationConflict"},
        {"code": "Banana", "http_status": 418},
        {"drop": "before"},
        {"drop": "after"},
        {"slow": 2.0, "late": 3.0, "times": 1, "nth": None},
    ):
        faults.add(**{"action": "CreateNetworkInterface", "nth": 1, **given})
    before = net.cloud.position
    calls = way(net.cloud, faults)
    for _ in range(8):
        calls.execute(net.eni_command())
    assert [(one.code, one.http_status, one.fault, len(one.events)) for one in calls.calls] == [
        ("Throttling", 400, "Throttling", 0),
        ("InternalError", 500, "InternalError", 0),
        ("ServiceUnavailable", 503, "ServiceUnavailable", 0),
        ("OperationConflict", 409, "OperationConflict", 0),
        ("Banana", 418, "Banana", 0),
        ("ConnectionDropped", 0, "drop before", 0),
        ("ConnectionDropped", 0, "drop after", 1),
        (None, 200, "slow 2s, late 3s", 1),
    ]
    assert waited == [2.0, 3.0]
    assert len(calls.enis()) == 2
    assert net.cloud.position == before + 2  # the injection is no event
    assert [one.number for one in calls.calls] == list(range(1, 10))


@WAYS
def test_a_denial_is_in_the_calls_with_all_its_rules(way: Way, net: Net) -> None:
    calls = way(net.cloud, Faults())
    calls.execute(c.DeleteVpc(vpc_id=net.vpc.id))
    (only,) = calls.calls
    assert (only.code, only.fault) == ("DependencyViolation.VSwitch", None)
    assert [one.rule for one in only.violations] == ["vpc.delete.in-use"]


@WAYS
@pytest.mark.parametrize(
    "settle_after", [timedelta(0), timedelta(seconds=5), "manual", {"DetachNetworkInterface": "manual"}]
)
def test_an_attachment_fails_or_sticks_until_it_is_asked_for_again(way: Way, settle_after: Any) -> None:
    clock = ManualClock(START)
    net = Net(clock=clock, settle_after=settle_after)
    build = Net(clock=clock, store=net.cloud.store)
    vm, eni = build.run(), build.eni()
    faults = Faults()
    faults.add(action="AttachNetworkInterface", nth=1, outcome="failed")
    faults.add(action="AttachNetworkInterface", nth=1, outcome="stuck")
    faults.add(action="DetachNetworkInterface", nth=1, outcome="stuck")
    faults.add(action="DeleteNetworkInterface", nth=1, outcome="stuck")
    calls = way(net.cloud, faults)
    both = {"network_interface_id": eni.id, "instance_id": vm.id}
    seen = []
    for command in (
        c.AttachNetworkInterface(**both),
        c.AttachNetworkInterface(**both),
        c.AttachNetworkInterface(**both),
        c.DetachNetworkInterface(**both),
        c.DetachNetworkInterface(**both),
        c.DeleteNetworkInterface(network_interface_id=eni.id),
        c.DeleteNetworkInterface(network_interface_id=eni.id),
    ):
        calls.execute(command)
        clock.advance(timedelta(hours=1))
        net.cloud.settle()
        shown = net.cloud.network_interfaces.get(eni.id)
        seen.append((calls.calls[-1].code, calls.calls[-1].fault, None if shown is None else str(shown.status)))
    assert seen == [
        (None, "failed", "Available"),
        (None, "stuck", "Attaching"),
        (None, None, "InUse"),
        (None, "stuck", "Detaching"),
        (None, None, "Available"),
        (None, "stuck", "Deleting"),
        (None, None, None),
    ]
    assert not audit(net.cloud)
    assert not invariants(net.cloud)
    assert net.cloud.fork().state_digest() == Cloud(net.cloud.store, clock=clock).state_digest()
    for record in net.cloud.history(eni.id):
        assert record.caused_by is None or net.cloud.history()[record.caused_by - 1].event.names(eni.id)


def test_polling_ends_no_transition_that_is_stuck() -> None:
    net = Net(settle_after="manual")
    build = Net(store=net.cloud.store)
    vm, eni = build.run(), build.eni()
    faults = Faults()
    faults.add(action="AttachNetworkInterface", nth=1, outcome="stuck")
    service = Service(net.cloud, polls=2, faults=faults)

    def attach_and_poll() -> list[str]:
        call(service, "AttachNetworkInterface", NetworkInterfaceId=eni.id, InstanceId=vm.id)
        return [
            call(service, "DescribeNetworkInterfaces")["NetworkInterfaceSets"]["NetworkInterfaceSet"][-1]["Status"]
            for _ in range(5)
        ]

    assert attach_and_poll() == ["Attaching"] * 5
    assert attach_and_poll() == ["Attaching", "Attaching", "InUse", "InUse", "InUse"]


def test_outcomes_are_those_that_the_lifecycle_has() -> None:
    of_lifecycle = {
        kind: NETWORK_INTERFACE.transitional[status].outcomes[1:]
        for event, kind in NETWORK_INTERFACE.kinds.items()
        if kind != "CreateNetworkInterface"
        for status in set(NETWORK_INTERFACE.table[event].values()) & set(NETWORK_INTERFACE.transitional)
    }
    assert of_lifecycle == OUTCOMES


@WAYS
def test_a_denied_attachment_has_no_outcome(way: Way, net: Net) -> None:
    faults = Faults()
    faults.add(action="AttachNetworkInterface", outcome="stuck")
    calls = way(net.cloud, faults)
    before = net.cloud.position
    calls.execute(c.AttachNetworkInterface(network_interface_id=net.eni().id, instance_id="i-none"))
    assert calls.calls[-1].code == "InvalidEcsId.NotFound"
    assert net.cloud.position == before + 1


@WAYS
def test_reads_lag_behind_and_catch_up(way: Way, net: Net) -> None:
    faults = Faults()
    faults.add(action="Describe*", times=2, stale=1)
    calls = way(net.cloud, faults)
    for _ in range(3):
        calls.execute(net.eni_command())
    assert [len(calls.enis()) for _ in range(3)] == [2, 2, 3]
    assert [one.fault for one in calls.calls] == [None, None, None, "stale by 1", "stale by 1", None]


@WAYS
def test_a_token_whose_request_was_refused_has_failed(way: Way, net: Net) -> None:
    faults = Faults()
    faults.add(action="CreateNetworkInterface", nth=1, code="InternalError", fails_token=True)
    faults.add(action="CreateNetworkInterface", nth=1, code="ServiceUnavailable")
    calls = way(net.cloud, faults)
    for token in ("t-1", "t-2", "t-1", "t-2", "t-3"):
        calls.execute(net.eni_command(), client_token=token)
    assert [one.code for one in calls.calls] == [
        "InternalError",
        "ServiceUnavailable",
        "IdempotentFailed",
        None,
        None,
    ]


@WAYS
def test_a_predicate_sees_the_parameters_of_the_wire(way: Way, net: Net) -> None:
    vm, eni, other = net.run(), net.eni(), net.eni()
    faults = Faults()
    faults.add(when=lambda action, parameters: parameters.get("NetworkInterfaceId") == other.id, code="InternalError")
    calls = way(net.cloud, faults)
    for one in (eni, other):
        calls.execute(c.AttachNetworkInterface(network_interface_id=one.id, instance_id=vm.id))
    assert [one.code for one in calls.calls] == [None, "InternalError"]


@WAYS
def test_faults_that_only_delay_leave_room_for_one_that_decides(
    way: Way, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    faults = Faults()
    faults.add(slow=1.0)
    faults.add(slow=0.5, code="Throttling", nth=2)
    never = faults.add(slow=4.0, nth=2)
    calls = way(net.cloud, faults)
    for _ in range(2):
        calls.execute(net.eni_command())
    assert [one.fault for one in calls.calls] == ["slow 1s", "slow 1s, Throttling, slow 0.5s"]
    assert waited == [1.0, 1.5]
    assert (never.seen, never.struck) == (1, 0)  # it does not see a call that another one decides


@WAYS
def test_faults_are_in_the_log(way: Way, net: Net) -> None:
    faults = Faults()
    faults.add(action="CreateNetworkInterface", nth=1, code="Throttling")
    calls = way(net.cloud, faults)
    with capture_logs() as entries:
        calls.execute(net.eni_command())
    assert [(one["event"], one["action"], one["code"], one["fault"]) for one in entries] == [
        ("answered", "CreateNetworkInterface", "Throttling", "Throttling")
    ]


@pytest.mark.parametrize("given", [{"code": "InternalError"}, {"drop": "after"}, {"slow": 9.0}])
def test_what_only_judges_is_never_struck(given: dict[str, Any], net: Net) -> None:
    faults = Faults()
    rule = faults.add(**given)
    cloud = faults.on(net.cloud)
    assert cloud.check(net.eni_command())
    assert cloud.permitted(net.vpc.id)
    assert cloud.fork().execute(net.eni_command())
    assert len(cloud.at(cloud.position).vpcs) == 1
    service = Service(net.cloud, faults=faults)
    assert call(service, "CreateVpc", DryRun="true")["Code"] == "DryRunOperation"
    assert (rule.seen, service.calls[-1].fault, list(cloud.calls)) == (0, None, [])


def test_a_faulty_cloud_is_a_view(net: Net) -> None:
    faults = Faults()
    with faults.on(net.cloud) as cloud:
        eni = cloud.execute(net.eni_command())
        other = cloud.as_account("1")
        with pytest.raises(CommandDenied, match="not-found"):
            other.execute(c.DeleteNetworkInterface(network_interface_id=eni.id))
        assert cloud.describe("DescribeNetworkInterfaces")["TotalCount"] == 1
        read = [len(getattr(cloud, one)) for one in ("vpcs", "vswitches", "security_groups", "instances", "eips")]
    assert read == [1, 1, 1, 0, 0]
    assert list(net.cloud.network_interfaces) == [eni.id]  # it is open
    assert [one.action for one in cloud.calls] == [
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeVpcs",
        "DescribeVSwitches",
        "DescribeSecurityGroups",
        "DescribeInstances",
        "DescribeEipAddresses",
    ]


def test_a_command_has_the_parameters_that_the_wire_has() -> None:
    """Those of the tests' own translation are among them, wherever both can say the value."""
    seen: set[type[Command[Any]]] = set()
    for _, story, options in (one.values for one in named(WITNESSES)):
        command: Command[Any] = story(Net(**options))  # type: ignore[operator]
        if type(command) not in seen:
            seen.add(type(command))
            mine, found = dict(flat(nested_parameters_of(command))), parameters_of(command)
            assert {name: found[name].casefold() for name in mine} == {n: v.casefold() for n, v in mine.items()}
    assert len(seen) >= 40


def test_a_slow_call_holds_nobody_else_up() -> None:
    faults = Faults()
    entered, go_on = Event(), Event()

    def wait(action: str, parameters: Any) -> bool:
        return action == "DescribeRegions"

    faults.add(slow=0.001, when=wait)
    service = service_with(faults)

    class Held(Faults):
        def strike(self, action: str, parameters: Any) -> Any:
            struck = faults.strike(action, parameters)
            if struck is not None:
                struck.before = lambda: (entered.set(), go_on.wait(10), None)[2]  # type: ignore[method-assign]
            return struck

    service.faults = Held()
    thread = Thread(target=call, args=(service, "DescribeRegions"))
    thread.start()
    assert entered.wait(10)
    assert "VpcId" in call(service, "CreateVpc")  # while the other one waits
    go_on.set()
    thread.join(10)
    assert [one.action for one in service.calls] == ["CreateVpc", "DescribeRegions"]


def test_the_faults_of_the_api_are_those_that_its_server_was_given() -> None:
    with aliyun(sockets=True, faults=Faults(3)) as api:
        api.service.faults = read_faults([{"code": "Throttling"}])
        assert [one.code for one in api.faults.rules] == ["Throttling"]


# The machine


class Robust(CloudSystem):
    """A program that asks again when no answer comes, with a client token or without."""

    with_token: ClassVar[bool]

    def __init__(self, machine: CloudMachine) -> None:
        options = {"clock": machine.clock, "settle_after": machine.settle_after}
        super().__init__(Cloud(**options, instance_types=machine.instance_types))
        self._calls = machine.faults.on(self.cloud)
        self._tokens = 0

    def execute(self, command: Command[Any]) -> Any:
        self._tokens += 1
        token = f"t-{self._tokens}" if self.with_token else None
        try:
            return self._calls.execute(command, client_token=token)
        except (ConnectionDropped, InjectedRefusal):
            return self._calls.execute(command, client_token=token)


class Careful(Robust):
    with_token = True


class Careless(Robust):
    with_token = False


class Plain(CloudSystem):
    """A program that leaves everything to whoever calls it."""

    def __init__(self, machine: CloudMachine) -> None:
        options = {"clock": machine.clock, "settle_after": machine.settle_after}
        self.faulty = machine.faults.on(Cloud(**options, instance_types=machine.instance_types))
        super().__init__(self.faulty)


STRUCK: set[str | None] = set()


class Struck(CloudMachine):
    make: ClassVar[Any] = Plain
    injects = (
        {"code": "InternalError"},
        {"drop": "before"},
        {"drop": "after"},
        {"action": "AttachNetworkInterface", "outcome": "failed"},
        {"action": "AttachNetworkInterface", "outcome": "stuck"},
        {"action": "DetachNetworkInterface", "outcome": "stuck"},
    )

    def make_system(self) -> Any:
        return self.make(self)

    def teardown(self) -> None:
        if isinstance(self.system, Plain):
            STRUCK.update(one.fault for one in self.system.faulty.calls)
        super().teardown()


class StruckByHand(Struck):
    settle_after = "manual"


class BesideCareful(Struck):
    make = Careful
    injects = ({"code": "InternalError"}, {"drop": "before"}, {"drop": "after"})


class BesideCareless(BesideCareful):
    make = Careless


QUICK = settings(REPRODUCIBLE, max_examples=max(20, budget(40)), stateful_step_count=20, phases=[Phase.generate])


@pytest.mark.parametrize("machine", [Struck, StruckByHand, BesideCareful])
def test_a_system_under_faults_does_as_the_model_does(machine: type[CloudMachine]) -> None:
    STRUCK.clear()
    run_state_machine_as_test(machine, settings=QUICK)
    assert machine is BesideCareful or len(STRUCK) >= 3, STRUCK


def issued_under(machine: CloudMachine, fault: dict[str, Any]) -> CloudMachine:
    """The machine, after an ENI was to be created under a fault."""
    machine.set_up()
    machine.inject([fault])
    place = {
        "vswitch_id": next(iter(machine.model.vswitches)),
        "security_group_ids": list(machine.model.security_groups),
    }
    machine.issue(c.CreateNetworkInterface(**place))
    return machine


@pytest.mark.parametrize("fault", BesideCareful.injects)
def test_a_careful_program_does_a_thing_once(fault: dict[str, Any]) -> None:
    machine = issued_under(BesideCareful(), fault)
    machine.teardown()
    assert len(machine.model.network_interfaces) == 1


def test_the_machine_finds_what_leaks_when_an_answer_is_lost() -> None:
    with pytest.raises(Difference, match="available_ip_address_count is 10, not 11") as found:
        issued_under(BesideCareless(), {"drop": "after"})
    assert "struck by an injected fault, and done: drop after" in str(found.value)


class Stubborn(Plain):
    """Does what a fault refused, and says that it was refused."""

    def execute(self, command: Command[Any]) -> Any:
        try:
            return super().execute(command)
        except InjectedRefusal:
            self.faulty.cloud.execute(command)
            raise


class Crashing(Plain):
    """Fails in a way of its own under a fault."""

    def execute(self, command: Command[Any]) -> Any:
        try:
            return super().execute(command)
        except InjectedRefusal as error:
            raise KeyError("retry") from error


class BesideStubborn(Struck):
    make = Stubborn


class BesideCrashing(Struck):
    make = Crashing


@pytest.mark.parametrize(
    ("machine", "message"),
    [(BesideStubborn, "an injected fault: InternalError"), (BesideCrashing, "the system crashes with KeyError")],
)
def test_a_system_that_does_something_else_under_a_fault_differs(machine: type[Struck], message: str) -> None:
    with pytest.raises(Difference, match=message):
        issued_under(machine(), {"code": "InternalError"}).teardown()


def test_a_fault_that_strikes_no_call_changes_nothing() -> None:
    machine = issued_under(Struck(), {"action": "AttachNetworkInterface", "outcome": "stuck"})
    machine.issue(c.DeleteVpc(vpc_id=next(iter(machine.model.vpcs))))
    machine.inject([{"code": "InternalError", "nth": 2}])
    machine.issue(c.DeleteVpc(vpc_id=next(iter(machine.model.vpcs))))
    machine.teardown()
    assert machine.faults.rules == []
