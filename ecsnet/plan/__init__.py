"""Plans: operations in the vendor's own words, checked as a whole, then carried out in order.

A plan is a JSON list with one object an operation: ``Action`` and parameters as in the vendor's OpenAPI, and besides

- ``"as": "vpc"`` names the result; ``"$vpc"`` is its id from then on, and ``"$vpc.cidr_block"`` (or ``$vpc.CidrBlock``)
  an attribute of it, as it was answered. What has several is counted: ``$vm.0``, ``$eni.private_ips.1``;
- ``"expect"``: ``"allowed"`` if it is not said, ``"denied"``, or ``{"denied": ["rule.id", ...]}``: by exactly these;
- ``"note"``: a comment.

A plan may instead be an object with this list under ``"operations"``, and with what the cloud must be like under
``"start"`` (an ISO 8601 time with its time zone), ``"settle_after"`` (seconds, or ``"manual"``) and ``"account_id"``.

`parse_plan` refuses what can never be right before anything runs; `run_plan` never stops at a denial.
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
