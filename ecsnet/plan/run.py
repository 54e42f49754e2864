"""Runs a plan on a cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from ecsnet import openapi
from ecsnet._arguments import shown
from ecsnet.clocks import ManualClock
from ecsnet.cloud import Cloud
from ecsnet.errors import CommandDenied, InvalidArgument, InvalidCommand
from ecsnet.events.base import Event
from ecsnet.plan.references import NoValue, value_of
from ecsnet.plan.values import SETTLE, WAIT, Operation, Outcome, Plan, PlanError, filled


def run_plan(plan: Plan, cloud: Cloud) -> Iterator[Outcome]:
    """Runs a plan on a cloud and yields an outcome after each operation.

    Every operation is tried, whatever the outcomes before it. To judge a plan without recording it, run it on
    ``cloud.fork()``. A plan with a *Wait* advances the cloud's clock; if that is no `ManualClock`, it raises
    `PlanError` before anything runs. Raises the `StoreError`s and `ReplayError`s of `Cloud.execute`.
    """
    wait = plan.first_wait()
    if wait is not None and not isinstance(cloud.clock, ManualClock):
        raise PlanError(plan.source, [f"entry {wait.entry} ({WAIT}): needs a clock that can be moved"])
    return _outcomes(plan, cloud)


def _outcomes(plan: Plan, cloud: Cloud) -> Iterator[Outcome]:
    results: dict[str, Outcome] = {}
    for operation in plan.operations:
        if operation.action == WAIT and isinstance(cloud.clock, ManualClock):
            outcome = _advance(operation, cloud.clock)
        else:
            outcome = _resolve_and_run(operation, cloud, results)
        if operation.name is not None:
            results[operation.name] = outcome
        yield outcome


def _resolve_and_run(operation: Operation, cloud: Cloud, results: Mapping[str, Outcome]) -> Outcome:
    try:
        parameters = filled(operation.parameters, lambda reference: value_of(reference, results))
    except NoValue as error:
        return Outcome(operation=operation, verdict="skipped", reason=str(error))
    if operation.action == SETTLE:
        before = cloud.position
        resource_id = parameters.get("ResourceId")
        if not isinstance(resource_id, str | None):
            reason = f"ResourceId must be an id, not {shown(resource_id)}"
            return Outcome(operation=operation, verdict="invalid", reason=reason)
        try:
            settled = cloud.settle(resource_id, outcome=parameters.get("Outcome", "completed"))
        except InvalidArgument as error:
            return Outcome(operation=operation, verdict="invalid", reason=str(error))
        return Outcome(operation=operation, verdict="allowed", resources=settled, events=_recorded(cloud, before))
    try:
        request = openapi.request(operation.action, parameters)
    except InvalidCommand as error:
        return Outcome(operation=operation, verdict="invalid", reason=str(error))
    return _execute(operation, request, cloud)


def _advance(operation: Operation, clock: ManualClock) -> Outcome:
    try:
        clock.advance(timedelta(**{unit.lower(): value for unit, value in operation.parameters.items()}))
    except (OverflowError, InvalidArgument):
        return Outcome(operation=operation, verdict="invalid", reason="the calendar ends with the year 9999")
    return Outcome(operation=operation, verdict="allowed", moment=clock())


def _execute(operation: Operation, request: openapi.Request, cloud: Cloud) -> Outcome:
    command, client_token = request.command, request.client_token
    events: tuple[Event, ...] = ()
    before = 0
    if client_token is None or request.dry_run:
        decision = cloud.check(command)
        if not decision or request.dry_run:
            return Outcome(
                operation=operation,
                verdict="allowed" if decision else "denied",
                events=decision.events,
                violations=decision.violations,
                judged=request.dry_run,
            )
        events = decision.events
    else:
        before = cloud.position  # a repeated token records nothing, which only the history shows
    try:
        result = cloud.execute(command, client_token=client_token)
    except CommandDenied as denied:
        return Outcome(operation=operation, verdict="denied", violations=denied.violations)
    return Outcome(
        operation=operation,
        verdict="allowed",
        resources=result if isinstance(result, tuple) else (result,),
        events=events if client_token is None else _recorded(cloud, before),
    )


def _recorded(cloud: Cloud, before: int) -> tuple[Event, ...]:
    return tuple(record.event for record in cloud.history(after=before))
