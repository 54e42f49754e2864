"""Clouds whose calls are struck by faults, and clouds in which a transition ends otherwise than it should.

Both are views of a cloud: they have its history, and what is executed by the one is seen in the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from types import TracebackType
from typing import Any, Final, TypeVar

from ecsnet import _log
from ecsnet._attrs import field_names
from ecsnet.clocks import Duration, Outcome, SettleAfter
from ecsnet.cloud import Cloud
from ecsnet.commands import Command
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.errors import CommandDenied, InvalidDescribe, StoreError, VersionConflict
from ecsnet.events.base import NewEvent, RecordedEvent
from ecsnet.openapi.actions import ACTIONS
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.service import MOST_CALLS, Call, ConnectionDropped, Fault, Faults

R = TypeVar("R")
_MOST_TRIES: Final = 100


class FaultyCloud(Cloud):
    """A view of a cloud, ``cloud``, whose calls are struck by ``faults``; `Faults.on` makes it.

    Calls are `execute`, `describe`, and reading a collection, which counts as the Describe action of its kind. What
    judges, as `check` and `permitted` do, is never struck, nor are copies of the cloud (`fork`, `at`). ``calls`` are
    the latest calls, with the names and parameters that they have over the wire. Leaving a ``with`` leaves the cloud
    open.
    """

    def __init__(self, cloud: Cloud, faults: Faults) -> None:
        vars(self).update(vars(cloud))  # all that a cloud has: the network, the region and the account
        self.cloud = cloud
        self.faults = faults
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)

    def execute(
        self,
        command: Command[R],
        *,
        client_token: str | None = None,
        remembered: Mapping[str, Any] | None = None,
    ) -> R:
        """Executes a command as `Cloud.execute` does, unless a fault strikes the call. Raises `InjectedRefusal` for a
        code, `ConnectionDropped` where the connection is dropped."""
        parameters = parameters_of(command)
        if client_token is not None:
            parameters["ClientToken"] = client_token

        def perform(cloud: Cloud) -> R:
            return cloud.execute(command, client_token=client_token, remembered=remembered)

        return self._call(type(command).__name__, parameters, perform)

    def describe(self, action: str, /, *, version: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Describes as `Cloud.describe` does, unless a fault strikes the call. Raises as `execute` does."""

        def perform(cloud: Cloud) -> dict[str, Any]:
            return cloud.describe(action, version=version, **parameters)

        return self._call(action, {name: str(value) for name, value in parameters.items()}, perform)

    def as_account(self, account_id: str) -> FaultyCloud:
        """Returns the same view, acting as another account."""
        other = FaultyCloud(self.cloud.as_account(account_id), self.faults)
        other.calls = self.calls
        return other

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def _call(self, action: str, parameters: Mapping[str, str], perform: Callable[[Cloud], R]) -> R:
        started = perf_counter()
        after = self.cloud.position
        fault = self.faults.strike(action, parameters)
        failure: Exception | None = None
        try:
            if fault is None:
                return perform(self.cloud)
            if (refusal := fault.before()) is not None:
                raise refusal
            result = perform(fault.cloud(self.cloud))
            fault.after()
            return result
        except Exception as error:
            failure = error
            raise
        finally:
            self._note(action, parameters, after, perf_counter() - started, fault, failure)

    def _note(
        self,
        action: str,
        parameters: Mapping[str, str],
        after: int,
        latency: float,
        fault: Fault | None,
        failure: Exception | None,
    ) -> None:
        code, status = _outcome(failure)
        until = self.cloud.position
        number = self.calls[-1].number + 1 if self.calls else 1
        self.calls.append(
            Call(
                number=number,
                request_id="",
                action=action,
                version=None,
                parameters=parameters,
                code=code,
                http_status=status,
                message="" if failure is None else str(failure),
                violations=getattr(failure, "violations", ()),
                after=after,
                until=until,
                events=self.cloud.history(after=after) if until > after else (),
                latency=latency,
                fault=None if fault is None else fault.name,
            )
        )
        if fault is not None and _log.enabled():
            _log.answered(action, number, "", status, code, fault.name)


def _outcome(failure: Exception | None) -> tuple[str | None, int]:
    """Returns the code and the HTTP status that a call would have over the wire."""
    match failure:
        case None:
            return None, 200
        case CommandDenied():
            return failure.code, failure.violations[0].http_status
        case ConnectionDropped():
            return "ConnectionDropped", 0
        case Refusal() | InvalidDescribe():
            return failure.code, failure.http_status
        case StoreError():
            return "ServiceUnavailable", 503
        case _:
            return "InternalError", 500


def _collection(name: str, action: str) -> Any:
    def read(self: FaultyCloud) -> Any:
        return self._call(action, {}, lambda cloud: getattr(cloud, name))

    read.__name__ = name
    read.__doc__ = f"{getattr(Cloud, name).__doc__} Reading it is a call of {action}."
    return property(read)


READ_BY: Final[Mapping[str, str]] = {
    "vpcs": "DescribeVpcs",
    "vswitches": "DescribeVSwitches",
    "security_groups": "DescribeSecurityGroups",
    "instances": "DescribeInstances",
    "network_interfaces": "DescribeNetworkInterfaces",
    "eips": "DescribeEipAddresses",
}
"""The collections of a cloud, and the action that reading each of them counts as."""
for _name, _action in READ_BY.items():
    setattr(FaultyCloud, _name, _collection(_name, _action))


# The parameters of commands, as they are over the wire


def parameters_of(command: Command[Any]) -> dict[str, str]:
    """Returns the parameters of a command by the vendor's names, as a request over the wire has them."""
    row = ACTIONS[type(command).__name__]
    found: dict[str, str] = {}
    for name in field_names(type(command)):
        value = getattr(command, name)
        if name == "network_interfaces":
            for number, new in enumerate(value, start=1):
                found.update(_flat(row.new_interface, new, f"NetworkInterface.{number}."))
        elif value is not None:
            found.update(_written(_parameter(row.parameters, name, value), value))
    return found


def _flat(names: Mapping[str, str], new: NewNetworkInterface, prefix: str) -> Iterator[tuple[str, str]]:
    for name in field_names(NewNetworkInterface):
        value = getattr(new, name)
        if value is not None:
            yield from _written(prefix + _parameter(names, name, value), value)


def _parameter(names: Mapping[str, str], field: str, value: Any) -> str:
    """Returns the parameter of a field: of several the one for a list, if the value is one."""
    known = [name for name, one in names.items() if one == field] or [field]
    lists = [name for name in known if ".N" in name]
    return lists[0] if lists and isinstance(value, tuple) else known[0]


def _written(parameter: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for number, (key, of_key) in enumerate(value.items(), start=1):
            yield f"Tag.{number}.Key", str(key)
            yield f"Tag.{number}.Value", str(of_key)
    elif isinstance(value, tuple):
        pattern = parameter if ".N" in parameter else f"{parameter}.N"
        for number, one in enumerate(value, start=1):
            yield pattern.replace(".N", f".{number}", 1), str(one)
    else:
        yield parameter, str(value).lower() if isinstance(value, bool) else str(value)


# Transitions that fail or get stuck


class Ending(Cloud):
    """A view of a cloud in which the transition that a command begins has a given outcome at once."""

    def __init__(self, cloud: Cloud, outcome: Outcome) -> None:
        vars(self).update(vars(cloud))
        self.cloud = cloud
        self.outcome = outcome

    def execute(
        self,
        command: Command[R],
        *,
        client_token: str | None = None,
        remembered: Mapping[str, Any] | None = None,
    ) -> R:
        """Executes a command, and ends the transition of its resource with the outcome."""
        for _ in range(_MOST_TRIES):
            position = self.cloud.position
            fork = self.cloud.fork(settle_after=_by_hand(self.cloud.settle_after, type(command).__name__))
            result: Any = fork.execute(command, client_token=client_token, remembered=remembered)
            if fork.position > position:
                fork.settle(result.id, outcome=self.outcome)
                try:
                    self._record(fork.history(after=position))
                except VersionConflict:
                    continue
            return result  # type: ignore[no-any-return]  # the result of the fork's command
        raise StoreError(f"gave up after {_MOST_TRIES} tries: others append all the time")

    def _record(self, records: tuple[RecordedEvent, ...]) -> None:
        """Appends what was recorded in a fork. Raises `VersionConflict`."""
        first = records[0].position
        expected: dict[str, int] = {}
        for one in records:
            expected.setdefault(one.stream, one.version - 1)
        self.cloud.store.append([_new(one, first) for one in records], expected)


def _by_hand(settle_after: SettleAfter, operation: str) -> dict[str, Duration]:
    others = settle_after if isinstance(settle_after, Mapping) else {"default": settle_after}
    return {**others, operation: "manual"}


def _new(record: RecordedEvent, first: int) -> NewEvent:
    cause = record.caused_by
    together = cause is not None and cause >= first
    return NewEvent(
        record.stream,
        record.event,
        record.recorded_at,
        record.account_id,
        record.command_id,
        None if together else cause,
        record.settles,
        cause - record.position if together and cause is not None else None,
    )
