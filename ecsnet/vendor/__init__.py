"""The vendor's words for ecsnet's commands: actions and parameters as the OpenAPI spells them.

`request` makes a command of an action's name and its parameters, whether they come from a JSON document or, flat, from
a client's query string. `ACTIONS` is the table behind it, one row an action.
"""

from ecsnet.vendor.actions import ACTIONS, Action
from ecsnet.vendor.answers import Answer, answer_of, attribute_of
from ecsnet.vendor.requests import InvalidRequest, Request, request

__all__ = ["ACTIONS", "Action", "Answer", "InvalidRequest", "Request", "answer_of", "attribute_of", "request"]
