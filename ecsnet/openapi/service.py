"""The vendor's API over a cloud: requests in, answers out, without I/O of its own.

`respond` answers one request as bytes. A `Service` answers many: it keeps what happened in each call, verifies
signatures, settles transitions after a number of polls, and injects faults. Servers and interceptors are thin shells
around `Service.answer`, which threads may call at once.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from threading import RLock
from time import perf_counter
from typing import Any, Final, Protocol

import attrs

from ecsnet._arguments import region_problem, shown
from ecsnet._attrs import read_only
from ecsnet._log import answered, enabled, failed, ignored, unknown_action
from ecsnet.clocks import Clock, utc_now
from ecsnet.cloud import Cloud
from ecsnet.decision import Violation
from ecsnet.domain.settle import pending_of
from ecsnet.domain.state.pending import STUCK
from ecsnet.errors import CommandDenied, EcsnetError, InvalidArgument, InvalidCommand, InvalidDescribe, StoreError
from ecsnet.events.account import AttributesRemembered, ClientTokenUsed
from ecsnet.events.base import RecordedEvent
from ecsnet.lifecycles import EIP, INSTANCE, NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE, SECURITY_GROUP, VPC, VSWITCH
from ecsnet.openapi.actions import ACTIONS, Action
from ecsnet.openapi.answers import answer_to
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.openapi.formats import written
from ecsnet.openapi.further import FURTHER, is_further, of_one_permission
from ecsnet.openapi.http import HttpRequest, HttpResponse, MalformedRequest, read_request
from ecsnet.openapi.parameters import (
    GENERAL,
    SECRET,
    class_of,
    harmless_values,
    pattern_of,
    refuse,
    remembered_of,
)
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.requests import InvalidRequest
from ecsnet.openapi.requests import request as request_of
from ecsnet.openapi.selection import flag
from ecsnet.openapi.signatures import check_time, nonce_of, verify

MOST_CALLS: Final = 100_000
MOST_NONCES: Final = 100_000
_HOST: Final = re.compile(r"(?:[a-z]+[.-])([a-z]{2}-[a-z0-9-]+)\.aliyuncs\.com")
_ACTION: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,99}")
_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {"CreateVpc": {"CidrBlock": "172.16.0.0/12"}}
"""The values of required parameters that the API has defaults for."""
_ONE: Final[Mapping[str, tuple[str, str]]] = {
    "DescribeInstanceAttribute": ("instances", "InstanceId"),
    "DescribeNetworkInterfaceAttribute": ("network_interfaces", "NetworkInterfaceId"),
    "DescribeSecurityGroupAttribute": ("security_groups", "SecurityGroupId"),
    "DescribeVSwitchAttributes": ("vswitches", "VSwitchId"),
    "DescribeVpcAttribute": ("vpcs", "VpcId"),
}
"""The actions that describe one resource: its table, and the parameter that has its id."""
_PASSED: Final = "the request is valid, and was not executed because of DryRun"


class Fault(Protocol):
    """A fault of one call: see `ecsnet.testing.faults`."""

    @property
    def name(self) -> str:
        """A short text that tells what is wrong."""

    def before(self) -> Refusal | None:
        """Returns the refusal that the call gets instead of its effect; it may raise `ConnectionDropped`, or wait."""

    def cloud(self, cloud: Cloud) -> Cloud:
        """Returns the cloud that the call goes to: the cloud itself, one of its past, or a view of it."""

    def after(self) -> None:
        """Comes after the effect; it may raise `ConnectionDropped`, or wait."""


class Faults(Protocol):
    """Chooses the fault of each call, if it is to have one."""

    def strike(self, action: str, parameters: Mapping[str, str]) -> Fault | None:
        """Returns the fault of a call, and uses it up."""

    def described(self) -> list[dict[str, Any]]:
        """Returns each fault as an object of JSON, with how often it could strike and did."""


class ConnectionDropped(EcsnetError):
    """The connection ends without an answer."""


@attrs.frozen(kw_only=True)
class Call:
    """One request and what came of it.

    ``number`` counts from 1. ``code`` is the error code of the answer, None if the request succeeded; ``violations``
    are all rules that denied its command. ``ignored`` are the parameters that nothing was done with. ``events`` are
    those that were recorded by the call, ``after`` and ``until`` the positions of the history before and after it,
    ``latency`` is in seconds, and ``fault`` the name of the injected fault. Passwords and credentials are not among
    the ``parameters``.
    """

    number: int
    request_id: str
    action: str
    version: str | None
    parameters: Mapping[str, str] = attrs.field(converter=read_only, hash=False)
    code: str | None
    http_status: int
    message: str = ""
    violations: tuple[Violation, ...] = ()
    ignored: tuple[str, ...] = ()
    after: int = 0
    until: int = 0
    latency: float = 0.0
    fault: str | None = None
    events: tuple[RecordedEvent, ...] = attrs.field(default=(), hash=False, repr=False)

    @property
    def allowed(self) -> bool:
        """True if the request succeeded."""
        return self.code is None


@attrs.define
class _Asked:
    """A request as it was read: the action, the version, all parameters, and the form of the answer."""

    action: str
    version: str | None
    parameters: dict[str, str]
    xml: bool
    ignored: list[str] = attrs.field(factory=list)
    fault: str | None = None
    after: int = 0
    until: int = 0
    events: tuple[RecordedEvent, ...] = ()


def _transitional() -> Iterator[str]:
    for lifecycle in (EIP, INSTANCE, NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE, SECURITY_GROUP, VPC, VSWITCH):
        yield from map(str, lifecycle.transitional)


_TRANSITIONAL: Final = frozenset(_transitional())
_ID_NAMES: Final = ("NetworkInterfaceId", "AllocationId", "InstanceId", "VSwitchId", "VpcId")
"""The names of ids in descriptions: an EIP names its instance, too, and a VSwitch its VPC, but its own is before it."""


class Service:
    """Answers requests from a cloud, and keeps what happened in each.

    ``keys`` are secrets by the id of their access key: signatures are then verified, and without them every request is
    taken for one of the cloud's account. A signed request must have been signed within 15 minutes of now, by ``clock``,
    and with a nonce of its own; that is the clock of clients, and need not be the cloud's. ``strict`` refuses
    parameters that nothing is done with. With ``polls``, transitions of a cloud whose ``settle_after`` is ``"manual"``
    end once a Describe action has shown them so often, or the same request was refused so often in a row.

    ``calls`` are the latest of them; ``ignored`` counts parameters that nothing was done with, by action and name;
    ``unknown_actions`` counts the actions that ecsnet does not have.
    """

    def __init__(
        self,
        cloud: Cloud,
        *,
        keys: Mapping[str, str] | None = None,
        strict: bool = False,
        polls: int | None = None,
        faults: Faults | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.cloud = cloud
        self.strict = strict
        self.polls = polls
        self.faults = faults
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.ignored: Counter[tuple[str, str]] = Counter()
        self.unknown_actions: Counter[str] = Counter()
        self._keys = None if keys is None else dict(keys)
        self._clock = clock
        self._lock = RLock()
        self._number = 0
        self._nonces: dict[tuple[str, str], bool] = {}
        self._polled: dict[str, tuple[str, int]] = {}
        self._refused: tuple[tuple[str, dict[str, str]], int] = (("", {}), 0)

    def respond(self, message: bytes) -> bytes:
        """Returns the answer to a request, both as bytes of HTTP. An answer that a fault drops is empty."""
        try:
            request = read_request(message)
        except MalformedRequest as error:
            return self.malformed(error).to_bytes(keep_alive=False)
        try:
            return self.answer(request).to_bytes()
        except ConnectionDropped:
            return b""

    def malformed(self, error: MalformedRequest) -> HttpResponse:
        """Returns the answer to what is no request."""
        return self._finish(_Asked("", None, {}, xml=False), Refusal("BadRequest", error.status, str(error)), 0.0)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Returns the answer to a request. Raises `ConnectionDropped` where a fault drops it."""
        started = perf_counter()
        asked = _Asked("", None, {}, xml=False)
        outcome: Mapping[str, Any] | Refusal
        dropped: ConnectionDropped | None = None
        try:
            asked = _read(request)
            if self._keys is not None:
                self._verify(request, asked)
            outcome = self._perform(request, asked)
        except MalformedRequest as error:
            outcome = Refusal("BadRequest", error.status, str(error))
        except Refusal as error:
            outcome = error
        except ConnectionDropped as error:
            outcome, dropped = Refusal("ConnectionDropped", 0, "the connection was dropped"), error
        except InvalidDescribe as error:
            outcome = Refusal(error.code, error.http_status, str(error))
        except (InvalidCommand, InvalidArgument) as error:
            outcome = Refusal("InvalidParameter", 400, str(error))
        except StoreError as error:
            outcome = Refusal("ServiceUnavailable", 503, str(error))
        except Exception as error:  # noqa: BLE001  # a client gets an error answer, never a traceback
            failed(asked.action, error)
            outcome = Refusal("InternalError", 500, "the request failed due to an error of the server")
        response = self._finish(asked, outcome, started)
        if dropped is not None:
            raise dropped
        return response

    # The steps of a call

    def _verify(self, request: HttpRequest, asked: _Asked) -> None:
        access_key = verify(request, asked.parameters, self._keys or {})
        check_time(request, asked.parameters, self._clock())
        nonce = nonce_of(request, asked.parameters)
        if nonce is None:
            return
        with self._lock:
            if (access_key, nonce) in self._nonces:
                raise Refusal("SignatureNonceUsed", 400, "the nonce of the signature was used before")
            if len(self._nonces) >= MOST_NONCES:
                del self._nonces[next(iter(self._nonces))]
            self._nonces[access_key, nonce] = True

    def _perform(self, request: HttpRequest, asked: _Asked) -> Mapping[str, Any]:
        action = asked.action
        parameters = {name: value for name, value in asked.parameters.items() if name not in GENERAL and value != ""}
        if "RegionId" not in parameters and (of_host := _HOST.fullmatch(request.host)) is not None:
            parameters["RegionId"] = of_host[1]
        asked.after = asked.until = self.cloud.position
        perform = self._performer(action, parameters)
        fault = None
        if self.faults is not None and not _is_dry_run(parameters):
            fault = self.faults.strike(action, parameters)
        if fault is not None:
            asked.fault = fault.name
            if (refusal := fault.before()) is not None:
                raise refusal
        with self._lock:
            asked.after = asked.until = self.cloud.position
            try:
                cloud = self.cloud if fault is None else fault.cloud(self.cloud)
                body: Mapping[str, Any] = perform(asked, parameters, cloud)
            finally:
                self._note_events(asked)
        if fault is not None:
            fault.after()
        return body

    def _performer(self, action: str, parameters: Mapping[str, str]) -> Any:
        if not action:
            raise Refusal("MissingParameter", 400, "Action is missing")
        row = ACTIONS.get(action)
        if is_further(action, parameters):
            return self._further
        if row is not None and row.product != "ecsnet":
            return self._execute
        if action in DESCRIBE_ACTIONS:
            return self._describe
        with self._lock:
            self.unknown_actions[action[:100]] += 1
        unknown_action(action)
        raise Refusal("InvalidAction.NotFound", 404, f"ecsnet has no action {shown(action)}")

    def _execute(self, asked: _Asked, parameters: dict[str, str], cloud: Cloud) -> Mapping[str, Any]:
        row = ACTIONS[asked.action]
        if row.name == "ReleasePublicIpAddress" and "PublicIpAddress" in parameters and "InstanceId" not in parameters:
            parameters["InstanceId"] = _instance_with(cloud, parameters.pop("PublicIpAddress"))
        modelled, others = self._sorted_out(row, asked, of_one_permission(asked.action, parameters))
        self._complete(row, modelled)
        try:
            request = request_of(row.name, modelled)
        except InvalidRequest as error:
            raise Refusal(error.code, 400, str(error)) from error
        remembered = remembered_of(row.name, others) if others else {}
        if request.dry_run:
            decision = cloud.check(request.command)
            if decision.violations:
                raise Refusal.of_violations(decision.violations)
            raise Refusal("DryRunOperation", 400, _PASSED)
        try:
            result = cloud.execute(request.command, client_token=request.client_token, remembered=remembered or None)
        except CommandDenied as error:
            if self.polls is not None:
                self._count_refusals(asked.action, modelled)
            raise Refusal.of(error) from error
        if request.client_token is not None and cloud.position == asked.after:  # nothing was recorded: a repetition
            _check_repetition(cloud, request.client_token, result, remembered)
        for value in modelled.values() if self._polled else ():
            self._polled.pop(value, None)  # what it begins is shown from now on
        return answer_to(request.command, result, remembered)

    def _sorted_out(
        self, row: Action, asked: _Asked, parameters: Mapping[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Returns the parameters that are modelled, and those that are remembered. Raises `Refusal` for one that would
        change the network."""
        modelled: dict[str, str] = {}
        others: dict[str, str] = {}
        for name, value in parameters.items():
            pattern = pattern_of(name)
            match class_of(row.name, pattern):
                case "modelled":
                    modelled[name] = value
                case "remembered":
                    others[name] = value
                case "refused" if value.casefold() not in (harmless_values(row.name, pattern) or ()):
                    raise refuse(row.name, name)
                case _:
                    self._ignore(asked, name)
        return modelled, others

    def _ignore(self, asked: _Asked, name: str) -> None:
        if self.strict and name != "RegionId":
            raise Refusal("InvalidParameter", 400, f"{asked.action} has no parameter {shown(name)} in ecsnet")
        asked.ignored.append(name)
        pattern = (asked.action, pattern_of(name)[:100])
        if pattern not in self.ignored:
            ignored(*pattern)
        self.ignored[pattern] += 1

    def _complete(self, row: Action, modelled: dict[str, str]) -> None:
        for name, value in _DEFAULTS.get(row.name, {}).items():
            modelled.setdefault(name, value)
        if "RegionId" in modelled and region_problem(modelled["RegionId"]) is not None:
            raise Refusal("InvalidRegionId.NotFound", 404, f"there is no region {shown(modelled['RegionId'])}")

    def _further(self, asked: _Asked, parameters: dict[str, str], cloud: Cloud) -> Mapping[str, Any]:
        for name, value in parameters.items():
            harmless = harmless_values(asked.action, pattern_of(name))
            if asked.action.startswith("Modify") and harmless is not None and value.casefold() not in harmless:
                raise refuse(asked.action, name)
        dry_run = _is_dry_run(parameters)
        body = FURTHER[asked.action](cloud.fork() if dry_run else cloud, asked.action, parameters)
        if dry_run:
            raise Refusal("DryRunOperation", 400, _PASSED)
        return body

    # Describe actions

    def _describe(self, asked: _Asked, parameters: dict[str, str], cloud: Cloud) -> Mapping[str, Any]:
        row = DESCRIBE_ACTIONS[asked.action]
        version = asked.version if asked.version in row.versions else row.versions[0]
        given: dict[str, str] = {}
        for name, value in parameters.items():
            head = name.partition(".")[0]
            if head in row.parameters or head == "RegionId":
                given[name] = value
            elif name != "DryRun":
                self._ignore(asked, name)
        if row.name in _ONE and "RegionId" not in given:
            table, name = _ONE[row.name]
            if (one := getattr(cloud, table).get(given.get(name, ""))) is not None:
                given["RegionId"] = one.region_id  # a client names it by its endpoint alone
        paged = "PageSize" in row.parameters
        if paged and not any(name in given for name in ("PageNumber", "PageSize", "MaxResults", "NextToken")):
            given["PageSize"] = "10"
        body = cloud.describe(row.name, version=version, **given)
        if _is_dry_run(parameters):
            raise Refusal("DryRunOperation", 400, _PASSED)
        if row.name == "DescribeSecurityGroupAttribute":
            self._add_permissions(cloud, body, given)
        if self.polls is not None:
            self._count_polls(body)
        _shorten_times(row.name, body)
        return body

    def _add_permissions(self, cloud: Cloud, body: dict[str, Any], given: Mapping[str, str]) -> None:
        direction = given.get("Direction", "all")
        for one in cloud.remembered(body["SecurityGroupId"]).get("Permissions", ()):
            if direction in ("all", one["Direction"]):
                shape = {**dict.fromkeys(_PERMISSION, ""), **one}
                body["Permissions"]["Permission"].append(dict(sorted(shape.items())))

    def _count_polls(self, body: Mapping[str, Any]) -> None:
        for one in _described(body):
            status = str(one.get("Status", ""))
            if status not in _TRANSITIONAL:
                continue
            resource_id = next((one[name] for name in _ID_NAMES if one.get(name)), None)
            if resource_id is None:
                continue
            before, times = self._polled.get(resource_id, ("", 0))
            times = times + 1 if before == status else 1
            self._polled[resource_id] = status, times
            if times >= (self.polls or 0):
                del self._polled[resource_id]
                if not _is_stuck(self.cloud, resource_id):
                    self.cloud.settle(resource_id)

    def _count_refusals(self, action: str, modelled: Mapping[str, str]) -> None:
        """Ends all transitions once a request was refused as often in a row as a Describe action shows a transition:
        clients wait for a deletion by asking again for what it is in the way of."""
        request = (action, {name: value for name, value in modelled.items() if name != "ClientToken"})
        times = self._refused[1] + 1 if self._refused[0] == request else 1
        self._refused = (request, times)
        if times >= (self.polls or 0):
            self.cloud.settle()

    # The answer

    def _note_events(self, asked: _Asked) -> None:
        asked.until = self.cloud.position
        if asked.until > asked.after:
            asked.events = self.cloud.history(after=asked.after)

    def _finish(self, asked: _Asked, outcome: Mapping[str, Any] | Refusal, started: float) -> HttpResponse:
        with self._lock:
            self._number += 1
            number = self._number
        request_id = _request_id(number, asked)
        if isinstance(outcome, Refusal):
            status, code, message, violations = outcome.http_status, outcome.code, outcome.message, outcome.violations
            value: Mapping[str, Any] = {
                "RequestId": request_id,
                "HostId": "ecs.aliyuncs.com",
                "Code": code,
                "Message": message + getattr(outcome, "unkept", ""),
                "Recommend": f"/_ecsnet/why?call={number}" if violations else "",
            }
            root = "Error"
        else:
            status, code, message, violations = 200, None, "", ()
            value = {**outcome, "RequestId": request_id}
            root = f"{asked.action}Response"
        call = Call(
            number=number,
            request_id=request_id,
            action=asked.action,
            version=asked.version,
            parameters={name: one for name, one in asked.parameters.items() if name not in SECRET},
            code=code,
            http_status=status,
            message=message,
            violations=violations,
            ignored=tuple(asked.ignored),
            after=asked.after,
            until=asked.until,
            events=asked.events,
            latency=perf_counter() - started if started else 0.0,
            fault=asked.fault,
        )
        self.calls.append(call)
        log_call(call)
        body, content_type = written(root, value, xml=asked.xml)
        headers = {"Content-Type": content_type, "x-acs-request-id": request_id}
        if isinstance(outcome, Refusal) and (wait := getattr(outcome, "retry_after", None)) is not None:
            headers["x-acs-retry-after"] = str(wait)
        return HttpResponse(status, headers, body)


def respond(request: bytes, cloud: Cloud, *, keys: Mapping[str, str] | None = None, strict: bool = False) -> bytes:
    """Returns the answer of the vendor's API to one request, both as bytes of HTTP.

    The request may be of either product and version, by GET or POST, signed in any way; see `Service` for ``keys`` and
    ``strict``. Nothing but the cloud is kept between two requests.
    """
    return Service(cloud, keys=keys, strict=strict).respond(request)


def _read(request: HttpRequest) -> _Asked:
    if request.method not in ("GET", "POST"):
        raise Refusal("UnsupportedHTTPMethod", 403, f"requests are GET or POST, not {shown(request.method)}")
    parameters = dict(request.query())
    if request.body:
        parameters.update(request.form())
    headers = request.headers
    action = headers.get("x-acs-action") or parameters.get("Action", "")
    version = headers.get("x-acs-version") or parameters.get("Version")
    wanted = parameters.get("Format", "").casefold()
    if wanted in ("json", "xml"):
        xml = wanted == "xml"
    else:
        xml = "x-acs-action" not in headers and "json" not in headers.get("accept", "")
    if action not in ACTIONS and not _ACTION.fullmatch(action):
        if action:
            raise Refusal("InvalidAction.NotFound", 404, f"there is no action {shown(action)}")
        action = ""
    return _Asked(action, version, parameters, xml)


def log_call(call: Call) -> None:
    """Logs a call and how it ended."""
    if enabled():
        answered(call.action, call.number, call.request_id, call.http_status, call.code, call.fault)


def _is_stuck(cloud: Cloud, resource_id: str) -> bool:
    """Returns whether the transition of a resource is stuck: it goes on once it is asked for again, not by waiting."""
    regions = cloud.folded_state().regions.values()
    return any(one.kind == STUCK for region in regions for one in pending_of(region, resource_id))


def _check_repetition(cloud: Cloud, client_token: str, result: Any, remembered: Mapping[str, Any]) -> None:
    """Raises `Refusal` if the request that a client token was used for gave other remembered parameters: the command
    alone, which is compared where it is executed, lacks them."""
    first = result[0] if isinstance(result, tuple) else result
    records = cloud.history(first.id)
    for used in records:
        if isinstance(used.event, ClientTokenUsed) and used.event.client_token == client_token:
            together = [one.event for one in records if one.command_id == used.command_id]
            kept = [dict(one.attributes) for one in together if isinstance(one, AttributesRemembered)]
            if used.account_id == cloud.account_id and kept != ([remembered] if remembered else []):
                reason = f"client token {client_token} was used for a {used.event.command_type} with other parameters"
                raise Refusal("IdempotentParameterMismatch", 400, reason)


def _instance_with(cloud: Cloud, public_ip: str) -> str:
    """Returns the id of the instance that has a public address. Raises `Refusal`."""
    for one in cloud.instances.where(public_ip=public_ip):
        if one.account_id == cloud.account_id:
            return one.id
    raise Refusal("InvalidIpAddress.NotFound", 400, f"no instance has the public address {shown(public_ip)}")


_TIMES: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = {
    "DescribeEipAddresses": (len("2019-03-11T08:00:00"), ("AllocationTime",)),
    "DescribeInstanceAttribute": (len("2019-03-11T08:00"), ("CreationTime", "ExpiredTime")),
    "DescribeInstances": (len("2019-03-11T08:00"), ("CreationTime", "ExpiredTime")),
}
_OTHER_TIMES: Final = (len("2019-03-11T08:00:00"), ("CreationTime",))


def _shorten_times(action: str, body: Mapping[str, Any]) -> None:
    """Cuts the times of described resources to those that the vendor gives: to the second, and of instances to the
    minute. Clients parse them by a fixed form."""
    length, names = _TIMES.get(action, _OTHER_TIMES)
    for one in _described(body):
        for name in names:
            text = one.get(name)
            if type(text) is str and len(text) > length + 1 and text[-1] == "Z" and isinstance(one, dict):
                one[name] = f"{text[:length]}Z"


def _is_dry_run(parameters: Mapping[str, str]) -> bool:
    """Returns whether a request only asks for a judgement, as `Cloud.check` does. Raises `InvalidDescribe`."""
    return "DryRun" in parameters and flag("DryRun", parameters["DryRun"])


def _request_id(number: int, asked: _Asked) -> str:
    known = repr((number, asked.action, asked.until))
    text = blake2b(known.encode(), digest_size=16).hexdigest().upper()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


_PERMISSION: Final = (
    *("CreateTime", "Description", "DestCidrIp", "DestGroupId", "DestGroupName", "DestGroupOwnerAccount"),
    *("DestPrefixListId", "DestPrefixListName", "Direction", "IpProtocol", "Ipv6DestCidrIp", "Ipv6SourceCidrIp"),
    *("NicType", "Policy", "PortRange", "PortRangeListId", "PortRangeListName", "Priority", "SecurityGroupRuleId"),
    *("SourceCidrIp", "SourceGroupId", "SourceGroupName", "SourceGroupOwnerAccount", "SourcePortRange"),
    *("SourcePrefixListId", "SourcePrefixListName"),
)


def _described(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields the resources that a body describes: those of its list, or the one that it is about."""
    yield body
    for outer in body.values():
        if isinstance(outer, dict):
            for inner in outer.values():
                if isinstance(inner, list):
                    yield from (one for one in inner if isinstance(one, dict))
