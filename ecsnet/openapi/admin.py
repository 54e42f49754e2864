"""Answers under ``/_ecsnet/``, besides the vendor's API: health, history, calls, clock, faults, and the past.

``why`` gives all reasons of a refused call, with the ids of the rules and the sections of the guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from ecsnet.clocks import Clock, ManualClock, later
from ecsnet.decision import Violation
from ecsnet.errors import EcsnetError
from ecsnet.events.stores import codec
from ecsnet.openapi.formats import JSON
from ecsnet.openapi.http import HttpRequest, HttpResponse, MalformedRequest
from ecsnet.openapi.service import Call, Faults, Service

MOST_ROWS: Final = 1_000
"""The most calls or events of one answer."""


class ShiftedClock:
    """The time of another clock, moved forward by what was asked for so far."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by = timedelta(0)

    def __call__(self) -> datetime:
        return later(self._clock(), self._by)

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward."""
        self._by += by


class _Impossible(Exception):
    """The request cannot be answered; the arguments are the HTTP status and the reason."""


class Admin:
    """Answers requests under ``/_ecsnet/`` about a service. With ``may_reset`` its cloud may be replaced by a fork of
    its past; a cloud with a store of its own is not. ``read_faults`` makes the faults that are put there."""

    def __init__(
        self,
        service: Service,
        *,
        may_reset: bool = True,
        read_faults: Callable[[list[dict[str, Any]]], Faults] | None = None,
    ) -> None:
        self._service = service
        self._read_faults = read_faults
        self._may_reset = may_reset
        self._start = service.cloud.position

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Returns the answer to a request."""
        name = request.path.removeprefix("/_ecsnet").strip("/")
        try:
            if name not in _ANSWERS:
                raise _Impossible(404, f"there is no /_ecsnet/{name}: there are {', '.join(sorted(_ANSWERS))}")
            works = _ANSWERS[name]
            # a client that can only POST reaches each: what changes something, where there are two
            work = works.get(request.method) or (list(works.values())[-1] if request.method == "POST" else None)
            if work is None:
                raise _Impossible(405, f"/_ecsnet/{name} is for {' and '.join(works)}")
            status, value = 200, work(self, self._arguments(request))
        except _Impossible as error:
            status, value = error.args[0], {"error": error.args[1]}
        except (MalformedRequest, EcsnetError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            status, value = 400, {"error": str(error)}
        return HttpResponse(status, {"Content-Type": JSON}, msgspec.json.encode(value))

    @staticmethod
    def _arguments(request: HttpRequest) -> dict[str, Any]:
        given: dict[str, Any] = dict(request.query())
        if request.body:
            body = msgspec.json.decode(request.body)
            given |= body if isinstance(body, dict) else {"rows": body}
        return given

    # What can be asked for

    def _health(self, given: Mapping[str, Any]) -> Any:
        service = self._service
        return {
            "status": "ok",
            "position": service.cloud.position,
            "region_id": service.cloud.region_id,
            "account_id": service.cloud.account_id,
            "calls": len(service.calls),
            "unknown_actions": dict(service.unknown_actions),
            "ignored": [
                {"action": action, "parameter": name, "count": count}
                for (action, name), count in sorted(service.ignored.items())
            ],
        }

    def _history(self, given: Mapping[str, Any]) -> Any:
        after = _number(given, "after", 0)
        records = self._service.cloud.history(given.get("resource_id"), after=after)[:MOST_ROWS]
        return [
            {
                "position": one.position,
                "stream": one.stream,
                "version": one.version,
                "type": one.type,
                "event": msgspec.Raw(codec.encode(one.event)),
                "recorded_at": one.recorded_at,
                "account_id": one.account_id,
                "command_id": one.command_id,
            }
            for one in records
        ]

    def _calls(self, given: Mapping[str, Any]) -> Any:
        after = _number(given, "after", 0)
        return [_shown(one) for one in tuple(self._service.calls) if one.number > after][:MOST_ROWS]

    def _why(self, given: Mapping[str, Any]) -> Any:
        wanted = str(given.get("call", ""))
        for one in reversed(tuple(self._service.calls)):
            if wanted in (str(one.number), one.request_id) or (not wanted and one.violations):
                return {**_shown(one), "reasons": [_reason(violation) for violation in one.violations]}
        raise _Impossible(404, "there is no such call: give call=, a number or a request id")

    def _reset(self, given: Mapping[str, Any]) -> Any:
        if not self._may_reset:
            raise _Impossible(409, "the history is in a store, and a store is never cut: use /_ecsnet/fork")
        return self._go_on_from(given.get("to", "start"))

    def _fork(self, given: Mapping[str, Any]) -> Any:
        return self._go_on_from(given.get("at", self._service.cloud.position))

    def _go_on_from(self, place: Any) -> Any:
        cloud = self._service.cloud
        position = self._start if place == "start" else place
        if isinstance(position, str):
            position = int(position) if position.isascii() and position.isdigit() else datetime.fromisoformat(position)
        past = cloud if position == cloud.position else cloud.at(position)
        fork = past.fork(clock=cloud.clock) if not isinstance(cloud.clock, ManualClock) else past.fork()
        self._service.cloud = fork
        return {"position": fork.position, "state_digest": fork.state_digest()}

    def _clock(self, given: Mapping[str, Any]) -> Any:
        clock = self._service.cloud.clock
        seconds = given.get("advance", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 10**10:
            raise _Impossible(400, "advance is a number of seconds")
        if seconds:
            if not isinstance(clock, ManualClock | ShiftedClock):
                raise _Impossible(409, "the clock of this cloud cannot be moved")
            clock.advance(timedelta(seconds=seconds))
        return {"now": clock()}

    def _show_faults(self, given: Mapping[str, Any]) -> Any:
        faults = self._service.faults
        return [] if faults is None else faults.described()

    def _put_faults(self, given: Mapping[str, Any]) -> Any:
        rows = given.get("rows")
        if self._read_faults is None:
            raise _Impossible(409, "this server has no faults")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _Impossible(400, "the body is a JSON list of faults, each an object")
        self._service.faults = self._read_faults(rows)
        return {"faults": len(rows)}


def _number(given: Mapping[str, Any], name: str, default: int) -> int:
    value = str(given.get(name, default))
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise _Impossible(400, f"{name} is a number")
    return int(value)


def _shown(call: Call) -> dict[str, Any]:
    return {
        "number": call.number,
        "request_id": call.request_id,
        "action": call.action,
        "version": call.version,
        "parameters": dict(call.parameters),
        "code": call.code,
        "http_status": call.http_status,
        "message": call.message,
        "rules": [violation.rule for violation in call.violations],
        "ignored": list(call.ignored),
        "after": call.after,
        "until": call.until,
        "latency": call.latency,
        "fault": call.fault,
    }


def _reason(violation: Violation) -> Any:
    return {
        "rule": violation.rule,
        "code": violation.code,
        "http_status": violation.http_status,
        "guide": violation.guide,
        "message": violation.message,
        "facts": {name: _plain(value) for name, value in violation.facts.items()},
    }


def _plain(value: Any) -> Any:
    try:
        return msgspec.to_builtins(value)
    except (TypeError, msgspec.MsgspecError):
        return str(value)


_ANSWERS: Final[Mapping[str, Mapping[str, Callable[[Admin, Mapping[str, Any]], Any]]]] = {
    "health": {"GET": Admin._health},
    "history": {"GET": Admin._history},
    "calls": {"GET": Admin._calls},
    "why": {"GET": Admin._why},
    "reset": {"POST": Admin._reset},
    "fork": {"POST": Admin._fork},
    "clock": {"POST": Admin._clock},
    "faults": {"GET": Admin._show_faults, "PUT": Admin._put_faults},
}
