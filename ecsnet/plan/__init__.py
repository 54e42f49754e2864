"""Plans: operations named and parameterised as in the vendor's API, checked as a whole, then run in order.

A plan is a JSON list with one object for each operation. The object has ``Action`` and parameters as in the vendor's
OpenAPI, and optionally

- ``"as": "vpc"``, which names the result. Later entries refer to its id as ``"$vpc"`` and to an attribute of it as
  ``"$vpc.cidr_block"`` (or ``$vpc.CidrBlock``), with the value that the operation returned. Items of several are
  numbered from 0: ``$vm.0``, ``$eni.private_ips.1``;
- ``"expect"``: ``"allowed"`` (the default), ``"denied"``, or ``{"denied": ["rule.id", ...]}`` for a denial by exactly
  these rules;
- ``"note"``: a comment.

A plan may instead be an object with this list under ``"operations"`` and with settings of the cloud: ``"start"`` (an
ISO 8601 time with its time zone), ``"settle_after"`` (seconds, or ``"manual"``), ``"account_id"`` and ``"edition"``.

`parse_plan` reports every malformed entry before anything runs; `run_plan` continues after a denial.
"""

from ecsnet.plan.parse import parse_plan, read_plan
from ecsnet.plan.run import run_plan
from ecsnet.plan.values import SETTLE, WAIT, Expectation, Operation, Outcome, Plan, PlanError, Reference

__all__ = [
    "SETTLE",
    "WAIT",
    "Expectation",
    "Operation",
    "Outcome",
    "Plan",
    "PlanError",
    "Reference",
    "parse_plan",
    "read_plan",
    "run_plan",
]
